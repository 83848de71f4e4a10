#include "tests/sim/flow.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BIT(step) (UINT64_C(1) << (step))

static const uint64_t drafts = BIT(FLOW_NAMA) | BIT(FLOW_NIK) | BIT(FLOW_USAHA) |
                               BIT(FLOW_KATEGORI) | BIT(FLOW_KAB) | BIT(FLOW_KEC) |
                               BIT(FLOW_OMZET) | BIT(FLOW_HP) | BIT(FLOW_PERIKSA);

static const struct {
    const char *name;
    const char *mark; /* text that only this screen has */
    const char *answer;
    uint64_t next;
} steps[FLOW_STEP_COUNT] = {
    /* A draft may have been begun from what was pushed, before the language was asked for. */
    [FLOW_LANG] = {"LANG", "Pilih bahasa", "1", BIT(FLOW_MAIN) | BIT(FLOW_RESUME)},
    [FLOW_MAIN] = {"MAIN", "1. Daftar UMKM", "",
                   BIT(FLOW_CONSENT) | BIT(FLOW_DUP) | BIT(FLOW_RESUME) | BIT(FLOW_STATUS) |
                       BIT(FLOW_FIX) | BIT(FLOW_CARI) | BIT(FLOW_KOSONG) | BIT(FLOW_DATA) |
                       BIT(FLOW_PILIH) | BIT(FLOW_BERHENTI) | BIT(FLOW_LATIH) |
                       BIT(FLOW_LATIH_KOSONG)},
    [FLOW_CONSENT] = {"CONSENT", "Setuju?", "1", BIT(FLOW_NAMA)},
    [FLOW_NAMA] = {"NAMA", "Ketik nama lengkap", "SITI AMINAH", BIT(FLOW_NIK)},
    [FLOW_NIK] = {"NIK", "Ketik NIK", "1", BIT(FLOW_USAHA)},
    [FLOW_USAHA] = {"USAHA", "Ketik nama usaha", "WARUNG SITI", BIT(FLOW_KATEGORI)},
    [FLOW_KATEGORI] = {"KATEGORI", "Jenis usaha", "1", BIT(FLOW_KAB)},
    [FLOW_KAB] = {"KAB", "Kab/kota", "1", BIT(FLOW_KEC)},
    [FLOW_KEC] = {"KEC", "Kecamatan (", "1", BIT(FLOW_OMZET)},
    [FLOW_OMZET] = {"OMZET", "Penjualan per bulan", "1", BIT(FLOW_HP)},
    [FLOW_HP] = {"HP", "HP pintar untuk usaha", "1", BIT(FLOW_PERIKSA)},
    [FLOW_PERIKSA] = {"PERIKSA", "Periksa:", "1", BIT(FLOW_SELESAI)},
    [FLOW_SELESAI] = {"SELESAI", "pendaftaran terkirim", NULL, 0},
    [FLOW_RESUME] = {"RESUME", "belum selesai", "1", 0},
    [FLOW_DUP] = {"DUP", "sudah terdaftar", "1", BIT(FLOW_STATUS) | BIT(FLOW_FIX) | BIT(FLOW_CARI)},
    [FLOW_FIX] = {"FIX", "Status: PERLU PERBAIKAN", "1", BIT(FLOW_NAMA_BARU) | BIT(FLOW_STATUS)},
    [FLOW_STATUS] = {"STATUS", "Status:", NULL, 0},
    [FLOW_CARI] = {"CARI", "Cek status:", "1", BIT(FLOW_PILIH)},
    [FLOW_PILIH] = {"PILIH", "Pilih usaha:", "1",
                    BIT(FLOW_STATUS) | BIT(FLOW_FIX) | BIT(FLOW_DATA) | BIT(FLOW_YAKIN)},
    [FLOW_DATA] = {"DATA", "Data saya:", "2",
                   BIT(FLOW_UBAH) | BIT(FLOW_TERKUNCI) | BIT(FLOW_STATUS)},
    [FLOW_UBAH] = {"UBAH", "Ubah yang mana?", "1", BIT(FLOW_NAMA_BARU)},
    [FLOW_NAMA_BARU] = {"NAMA_BARU", "Ketik nama lengkap", "",
                        BIT(FLOW_UBAH_OK) | BIT(FLOW_TERKUNCI) | BIT(FLOW_STATUS)},
    [FLOW_UBAH_OK] = {"UBAH_OK", "Data sudah diubah", NULL, 0},
    [FLOW_TERKUNCI] = {"TERKUNCI", "belum bisa diubah", NULL, 0},
    [FLOW_BERHENTI] = {"BERHENTI", "2. Batalkan pendaftaran", "2",
                       BIT(FLOW_YAKIN) | BIT(FLOW_PILIH) | BIT(FLOW_STATUS) | BIT(FLOW_KOSONG)},
    [FLOW_YAKIN] = {"YAKIN", "1. Ya, batalkan", "1", BIT(FLOW_BATAL_OK) | BIT(FLOW_STATUS)},
    [FLOW_BATAL_OK] = {"BATAL_OK", "dibatalkan. Data berhenti", NULL, 0},
    [FLOW_KOSONG] = {"KOSONG", "Belum ada pendaftaran", NULL, 0},
    [FLOW_LATIH] = {"LATIH", "Pelatihan gratis:", "1", BIT(FLOW_DETAIL)},
    [FLOW_DETAIL] = {"DETAIL", "Sisa kursi:", "1",
                     BIT(FLOW_SEAT) | BIT(FLOW_REFUSED) | BIT(FLOW_LATIH) | BIT(FLOW_LATIH_KOSONG)},
    [FLOW_SEAT] = {"SEAT", "Anda terdaftar pelatihan", NULL, 0},
    [FLOW_LATIH_KOSONG] = {"LATIH_KOSONG", "Belum ada jadwal", "1", BIT(FLOW_KABARI_OK)},
    [FLOW_KABARI_OK] = {"KABARI_OK", "kami kabari lewat SMS", NULL, 0},
    [FLOW_INFO] = {"INFO", "kami kirim lewat SMS", NULL, 0},
    [FLOW_BANTUAN] = {"BANTUAN", "Bantuan:", "0", BIT(FLOW_MAIN)},
    [FLOW_REFUSED] = {"REFUSED", "pilihan belum sesuai", NULL, 0},
    [FLOW_BUSY] = {"BUSY", "sedang sibuk", NULL, 0},
    [FLOW_WAIT] = {"WAIT", "Sedang diproses", NULL, 0},
    [FLOW_UNKNOWN] = {"UNKNOWN", "", NULL, 0},
};

/* Questions are asked again, without a step, for what is registered. */
static bool is_on(const char *screen, unsigned step)
{
    return strstr(screen, steps[step].mark) != NULL &&
           ((drafts & BIT(step)) == 0 || flow_version(screen) >= 0);
}

enum flow_step flow_recognise(const char *screen)
{
    unsigned step = 0;

    while (step != FLOW_UNKNOWN && !is_on(screen, step))
        step++;
    return (enum flow_step)step;
}

const char *flow_step_name(enum flow_step step)
{
    return steps[step].name;
}

const char *flow_answer(enum flow_step step, enum flow_wish wish)
{
    static const char *const of_main[] = {[FLOW_WISH_REGISTER] = "1",
                                          [FLOW_WISH_STATUS] = "2",
                                          [FLOW_WISH_CORRECT] = "3",
                                          [FLOW_WISH_SEAT] = "4",
                                          [FLOW_WISH_CANCEL] = "6"};

    if (step == FLOW_DATA && wish != FLOW_WISH_CORRECT)
        return NULL;
    return step == FLOW_MAIN ? of_main[wish] : steps[step].answer;
}

bool flow_is_of_registration(enum flow_step step)
{
    return step == FLOW_SELESAI || (step >= FLOW_DUP && step <= FLOW_TERKUNCI) ||
           step == FLOW_YAKIN || step == FLOW_BATAL_OK;
}

bool flow_may_follow(enum flow_step step, enum flow_step next)
{
    uint64_t follow = steps[step].next | BIT(step) | BIT(FLOW_BUSY) | BIT(FLOW_WAIT);

    if (step == FLOW_RESUME)
        follow |= drafts;
    return (follow & BIT(next)) != 0;
}

unsigned flow_training(const char *screen)
{
    static const char mark[] = "Balai Desa ";
    const char *at = strstr(screen, mark);

    return at != NULL ? (unsigned)strtoul(at + sizeof(mark) - 1, NULL, 10) : 0;
}

int flow_version(const char *screen)
{
    if (strstr(screen, "Langkah ") != NULL)
        return 0;
    return strstr(screen, "Tahap ") != NULL ? 1 : -1;
}

bool flow_regno(const char *screen, char *regno, size_t regno_bytes)
{
    const char *at = strstr(screen, "No: ");
    size_t size = 0;

    if (at == NULL)
        at = strpbrk(screen, "0123456789");
    else
        at += 4;
    if (at == NULL)
        return false;
    for (; (*at >= '0' && *at <= '9') || *at == '-'; at++)
        if (*at != '-' && size < regno_bytes - 1)
            regno[size++] = *at;
    regno[size] = '\0';
    return true;
}
