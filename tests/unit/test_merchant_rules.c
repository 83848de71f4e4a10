/* What merchants may type. */
#include "merchants/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *typed;
    const char *error; /* NULL = accepted */
    const char *value;
};

static void check(menu_rule_fn *rule, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char value[MENU_VALUE_BYTES];
        const char *error = rule(rows[i].typed, value);

        if ((error == NULL) != (rows[i].error == NULL) ||
            (error != NULL && strcmp(error, rows[i].error) != 0))
            fail_msg("\"%s\": %s", rows[i].typed, error != NULL ? error : "accepted");
        if (rows[i].value != NULL)
            assert_string_equal(value, rows[i].value);
    }
}

#define CHECK(rule, rows) check(rule, rows, sizeof(rows) / sizeof((rows)[0]))
#define TEN               "ABCDEFGHIJ"
#define SIXTY             TEN TEN TEN TEN TEN TEN

static void test_names(void **state)
{
    static const struct row rows[] = {
        {"siti  aminah", NULL, "SITI AMINAH"},
        {"  Siti\tAminah ", NULL, "SITI AMINAH"},
        {"Supardi", NULL, "SUPARDI"},
        {"H. Ma'ruf, S.Pd.-I", NULL, "H. MA'RUF, S.PD.-I"},
        {"Ma\xE2\x80\x99ruf", NULL, "MA'RUF"},
        {"Ren\xC3\xA9 \xC3\x85se", NULL, "RENE ASE"},
        {"Rene\xCC\x81 A\xCC\x8Ase", NULL, "RENE ASE"}, /* accents by themselves */
        {"\xCC\x81Siti", "ISI", ""},
        {"Al", NULL, "AL"},
        {SIXTY, NULL, SIXTY},
        {SIXTY "  ", NULL, SIXTY},
        {"A", "ISI", ""},
        {"A.", "ISI", ""},
        {"A 1 B", "ISI", ""},
        {"SITI2", "ISI", ""},
        {"", "ISI", ""},
        {"   ", "ISI", ""},
        {SIXTY "K", "ISI", ""},
        {SIXTY " K", "ISI", ""},
        {"\xD0\xA1\xD0\x98", "ISI", ""},      /* Cyrillic letters that look Latin */
        {"\xF0\x9F\x98\x80 SITI", "ISI", ""}, /* an emoji */
        {"SITI\xC3", "ISI", ""},              /* cut UTF-8 */
        {"\xE0\x80\x80SITI", "ISI", ""},      /* a NUL in three octets */
        {"SITI \xC3\x97 AMIN", "ISI", ""},    /* a multiplication sign is no letter */
        {"*SITI#", "ISI", ""},
    };

    (void)state;
    CHECK(rule_name, rows);
}

static void test_businesses(void **state)
{
    static const struct row rows[] = {
        {"Warung  Bu Siti", NULL, "Warung Bu Siti"},
        {"Toko 99 & Co. (cabang 2/3)", NULL, "Toko 99 & Co. (cabang 2/3)"},
        {"Caf\xC3\xA9 Kopi", NULL, "Caf\xC3\xA9 Kopi"},
        {"Cafe\xCC\x81", NULL, "Cafe"},
        {"Caf\xC3\xAA", NULL, "Cafe"}, /* no such letter on a GSM phone */
        {"24", "ISI", ""},
        {"A1", "ISI", ""},
        {"Toko @", "ISI", ""},
        {"Toko {}", "ISI", ""},
        {"Toko \xE2\x82\xAC", "ISI", ""},
        {SIXTY, NULL, SIXTY},
        {SIXTY "K", "ISI", ""},
        {"", "ISI", ""},
    };

    (void)state;
    CHECK(rule_business, rows);
}

static void test_niks(void **state)
{
    static const struct row rows[] = {
        {"1871 9941-0180.9999", NULL, "1871994101809999"},
        {"9971990101809999", NULL, "9971990101809999"}, /* odd, but an officer's matter */
        {"187199010180999", "PANJANG", "15"},
        {"18719901018099990", "PANJANG", "17"},
        {"siti", "PANJANG", "0"},
        {"1871993002809999", "ISI", ""},
        {"1871990101800000", "ISI", ""},
        {"1871990101809999 x", "ISI", ""}, /* 16 digits: to say so would puzzle */
    };

    (void)state;
    CHECK(rule_nik, rows);
}

static void test_registration_numbers(void **state)
{
    static const struct row rows[] = {
        {"18710000421", NULL, "18710000421"},
        {"1871-000042-1", NULL, "18710000421"},
        {"18710000241", "SALAH", ""},
        {"1871", "SALAH", ""},
        {"", "SALAH", ""},
    };

    (void)state;
    CHECK(rule_regno, rows);
}

static void test_registration_numbers_in_words(void **state)
{
    static const struct row rows[] = {
        {"18710000421", NULL, "18710000421"},
        {"pendaftaran no. 1871-000042-1", NULL, "18710000421"},
        {"1871-000042-1 terima kasih", NULL, "18710000421"},
        {"1871-000042-1 2", "SALAH", ""},
        {"saya", NULL, ""},
        {"18710000241", "SALAH", ""},
        {"no 1871", "SALAH", ""},
        {"123", "SALAH", ""},
        {"saya 2 minggu lalu", NULL, ""},
        {"tgl 2 Desember, no 1871-000042-1", NULL, "18710000421"},
    };

    (void)state;
    CHECK(rule_regno_in_words, rows);
}

static void test_last_digits(void **state)
{
    static const struct row rows[] = {
        {"0001", NULL, "0001"},
        {" 00 01 ", NULL, "0001"},
        {"001", "SALAH", ""},
        {"00011", "SALAH", ""},
        {"000a", "SALAH", ""},
        {"", "SALAH", ""},
        {"\xEF\xBC\x91\xEF\xBC\x91\xEF\xBC\x91\xEF\xBC\x91", "SALAH", ""},
    };

    (void)state;
    CHECK(rule_last4, rows);
}

static void test_sim_registrations(void **state)
{
    static const struct row rows[] = {
        {"DAFTAR#1871990101809999#1871010203040506", NULL, ""},
        {"reg 1871990101809999 1871010203040506", NULL, ""},
        {"ULANG*1871-9901-0180-9999*1871.0102.0304.0506", NULL, ""},
        {"1871990101809999\n1871010203040506", NULL, ""},
        {"18719901018099991871010203040506", NULL, ""},
        {"1871990101809999", "BUKAN", ""},
        {"DAFTAR#SITI AMINAH#WARUNG SITI#1#METRO#METRO BARAT", "BUKAN", ""},
        {"STATUS 18710000421", "BUKAN", ""},
        {"187199010180999 187101020304050", "BUKAN", ""},
        {"", "BUKAN", ""},
    };

    (void)state;
    CHECK(rule_sim_registration, rows);
}

static void test_a_plain_yes(void **state)
{
    static const struct row rows[] = {
        {"ya", NULL, ""},
        {"YA.", NULL, ""},
        {"*Iya*", NULL, ""},
        {"ya \U0001F64F", NULL, ""},
        {"ya \U0001F44D\U0001F3FD \u2764\uFE0F \u2705", NULL, ""},
        {"ya \U0001F44E", "BUKAN", ""},
        {"ya \U0001F6AB", "BUKAN", ""},
        {"\u274C ya", "BUKAN", ""},
        {"ya \U0001D5E7\U0001D5D6", "BUKAN", ""}, /* a "TI..." of a fancy font */
        {"\u201Cya\u201D", NULL, ""},
        {"Ya, benar. Terima kasih!", NULL, ""},
        {"ya saya setuju data disimpan", NULL, ""},
        {"ya\npak", NULL, ""},
        {"saya setuju", NULL, ""},
        {"setuju", NULL, ""},
        {"ya \u203C\u2026 \u204A", NULL, ""},
        {"ya?", "BUKAN", ""},
        {"ya \u2049\uFE0F", "BUKAN", ""},
        {"ya \u2047", "BUKAN", ""},
        {"ya \u203D", "BUKAN", ""},
        {"ya,tidak", "BUKAN", ""},
        {"ya salah", "BUKAN", ""},
        {"ya gak jadi", "BUKAN", ""},
        {"ya bukan saya", "BUKAN", ""},
        {"iya, batal", "BUKAN", ""},
        {"setuju dihapus", "BUKAN", ""},
        {"ya hapus", "BUKAN", ""},
        {"saya tidak setuju", "BUKAN", ""},
        {"saya ya", "BUKAN", ""},
        {"ya 2", "BUKAN", ""},
        {"ya\u5426", "BUKAN", ""},
        {"ya \xFF", "BUKAN", ""},
        {"yayasan", "BUKAN", ""},
        {"ya terimakasihhhhhhhhhhhhhh", "BUKAN", ""},
        {"terima kasih ya", "BUKAN", ""},
        {"", "BUKAN", ""},
    };

    (void)state;
    CHECK(rule_yes, rows);
}

static void test_an_order_to_erase(void **state)
{
    static const struct row rows[] = {
        {"HAPUS YA", NULL, ""},
        {"hapus, iya.", NULL, ""},
        {"HAPUS#YA", NULL, ""},
        {"\"hapusya\"", NULL, ""},
        {"hapus ya pak, hapus semua data saya", NULL, ""},
        {"hapus ya, tidak jadi", "BUKAN", ""},
        {"HAPUS YA?", "BUKAN", ""},
        {"HAPUS YA \u2049\uFE0F", "BUKAN", ""},
        {"HAPUS YA \U0001F64F", NULL, ""},
        {"HAPUS YA \U0001F6AB", "BUKAN", ""},
        {"hapus ya jangan", "BUKAN", ""},
        {"hapus ya daftar", "BUKAN", ""},
        {"hapus yang lama", "BUKAN", ""},
        {"HAPUS", "BUKAN", ""},
        {"hapus data ya", "BUKAN", ""},
        {"ya hapus", "BUKAN", ""},
        {"hapusya nanti", "BUKAN", ""},
        {"", "BUKAN", ""},
    };

    (void)state;
    CHECK(rule_erase_yes, rows);
}

static void test_a_plain_start(void **state)
{
    static const struct row rows[] = {
        {"MULAI", NULL, ""},
        {"mulai.", NULL, ""},
        {"Mulai lagi pak, kirim info", NULL, ""},
        {"mulai lg", NULL, ""},
        {"mulai sekarang jangan kirim SMS lagi", "BUKAN", ""},
        {"mulai kapan?", "BUKAN", ""},
        {"mulai usaha", "BUKAN", ""},
        {"", "BUKAN", ""},
    };

    (void)state;
    CHECK(rule_start, rows);
}

static void test_sentences(void **state)
{
    static const struct row rows[] = {
        {"Nama sudah benar", NULL, ""},
        {"nama salah", NULL, ""},
        {"NAMA: sesuai KTP", NULL, ""},
        {"nama saya kurang huruf", NULL, ""},
        {"nama usaha salah", NULL, ""},
        {"usaha saya sudah tutup", NULL, ""},
        {"nama saya dihapus saja", NULL, ""},
        {"nama saya jangan disimpan", NULL, ""},
        {"nama saya jgn dipakai", NULL, ""},
        {"usaha saya batalkan", NULL, ""},
        {"usaha jasa saya pindah", NULL, ""},
        {"usaha saya blm ada", NULL, ""},
        {"USAHA JANGAN LUPA", "BUKAN", ""},
        {"USAHA JASA PINDAH RUMAH", "BUKAN", ""},
        {"nama usaha jasa hapus tato", "BUKAN", ""},
        {"Nama lengkap", NULL, ""},
        {"nama saya", NULL, ""},
        {"nama usaha saya?", NULL, ""},
        {"USAHA SAYA 99", "BUKAN", ""},
        {"nama saya LENGKAP JAYA", "BUKAN", ""},
        {"nama usaha", "BUKAN", ""},
        {"nama budi\nusaha bakso", NULL, ""},
        {"nama budi, kec natar", NULL, ""},
        {"nama siti aminah\nTerima kasih", "BUKAN", ""},
        {"nama\nsiti aminah\nmakasih, pak!", "BUKAN", ""},
        {"nama siti aminah\nterima kasih, nama tidak benar", NULL, ""},
        {"nama sudah benar\nterima kasih", NULL, ""},
        {"nama saya\nterima kasih", NULL, ""},
        {"nama usaha ANEKA USAHA", "BUKAN", ""},
        {"NAMA SITI AMINAH", "BUKAN", ""},
        {"nama saya M. Kasih, S.Pd", "BUKAN", ""},
        {"NAMA SALAHUDDIN", "BUKAN", ""},
        {"NAMA YANG MEI LING", "BUKAN", ""},
        {"USAHA GANTI OLI", "BUKAN", ""},
        {"nama usaha TERIMA JAHITAN", "BUKAN", ""},
        {"USAHA 3 SAUDARA", "BUKAN", ""},
        {"NAMA", "BUKAN", ""},
        {"namanya salah", "BUKAN", ""},
        {"KEC salah", "BUKAN", ""},
        {"nama penjahitpenjahitpenjahit", "BUKAN", ""},
        {"", "BUKAN", ""},
    };

    (void)state;
    CHECK(rule_sentence, rows);
}

static void test_anything(void **state)
{
    static const struct row rows[] = {{"", NULL, ""}, {"1871990101809999", NULL, ""}};

    (void)state;
    CHECK(rule_anything, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_businesses),
        cmocka_unit_test(test_niks),
        cmocka_unit_test(test_registration_numbers),
        cmocka_unit_test(test_registration_numbers_in_words),
        cmocka_unit_test(test_last_digits),
        cmocka_unit_test(test_sim_registrations),
        cmocka_unit_test(test_a_plain_yes),
        cmocka_unit_test(test_an_order_to_erase),
        cmocka_unit_test(test_a_plain_start),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
