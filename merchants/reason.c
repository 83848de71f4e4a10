#include "merchants/reason.h"

#include <assert.h>
#include <string.h>

static const struct reason reasons[] = {
    {"P01", MERCHANT_PERLU_PERBAIKAN, "Nama beda dengan KTP", "Name differs from KTP", "nama"},
    {"P02", MERCHANT_PERLU_PERBAIKAN, "NIK tidak cocok", "NIK does not match", "nik"},
    {"P03", MERCHANT_PERLU_PERBAIKAN, "Nama usaha kurang jelas", "Business name unclear", "usaha"},
    {"P04", MERCHANT_PERLU_PERBAIKAN, "Jenis usaha belum tepat", "Business type not right",
     "jenis"},
    {"P05", MERCHANT_PERLU_PERBAIKAN, "Lokasi usaha belum tepat", "Business location not right",
     "kab"},
    {"P06", MERCHANT_PERLU_PERBAIKAN, "Nomor HP tidak bisa dihubungi",
     "We could not reach your phone", "telepon"},
    {"T01", MERCHANT_DITOLAK, "Usaha di luar Provinsi Lampung", "Business is outside Lampung", ""},
    {"T02", MERCHANT_DITOLAK, "Sudah terdaftar dengan nomor lain",
     "Already registered under another no", ""},
    {"T03", MERCHANT_DITOLAK, "Usaha di luar ukuran UMKM", "Business is larger than an UMKM", ""},
    {"T04", MERCHANT_DITOLAK, "Data tidak dapat diverifikasi", "Data could not be verified", ""},
    {"T05", MERCHANT_DITOLAK, "Batas waktu perbaikan lewat", "Correction deadline passed", ""},
    {"T06", MERCHANT_DITOLAK, "Jenis usaha tidak termasuk program", "Business type is not in scope",
     ""},
};
enum { REASON_COUNT = sizeof(reasons) / sizeof(reasons[0]) };

static const struct reason status_notes[MERCHANT_STATUS_COUNT] = {
    [MERCHANT_TERKIRIM] = {"S01", MERCHANT_TERKIRIM, "TERKIRIM, menunggu diperiksa",
                           "SENT, waiting to be checked", ""},
    [MERCHANT_DIPERIKSA] = {"S02", MERCHANT_DIPERIKSA, "SEDANG DIPERIKSA petugas",
                            "IN REVIEW by an officer", ""},
    [MERCHANT_PERLU_PERBAIKAN] = {"S03", MERCHANT_PERLU_PERBAIKAN, "PERLU PERBAIKAN, tekan menu 2",
                                  "NEEDS CORRECTION, see menu 2", ""},
    [MERCHANT_DISETUJUI] = {"S04", MERCHANT_DISETUJUI, "DISETUJUI, petugas akan menghubungi",
                            "APPROVED, an officer will contact you", ""},
    [MERCHANT_DITOLAK] = {"S05", MERCHANT_DITOLAK, "BELUM DITERIMA, tekan menu 2",
                          "NOT ACCEPTED, see menu 2", ""},
    [MERCHANT_DIBATALKAN] = {"S06", MERCHANT_DIBATALKAN, "DIBATALKAN atas permintaan Anda",
                             "CANCELLED at your request", ""},
};

/* Our own words: the programme has none for it. */
static const struct reason freeze_note = {"S07", MERCHANT_DRAF, "DITAHAN atas permintaan Anda",
                                          "ON HOLD at your request", ""};

const struct reason *reason_find(const char *code)
{
    for (unsigned i = 0; i < REASON_COUNT; i++) {
        if (strcmp(reasons[i].code, code) == 0)
            return &reasons[i];
    }
    return NULL;
}

const struct reason *reason_at(unsigned row)
{
    return row < REASON_COUNT ? &reasons[row] : NULL;
}

const struct reason *reason_of_status(enum merchant_status status)
{
    assert(status > MERCHANT_DRAF && status < MERCHANT_STATUS_COUNT);
    return &status_notes[status];
}

const struct reason *reason_of_freeze(void)
{
    return &freeze_note;
}
