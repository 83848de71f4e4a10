/* The shipped menu on a real turn engine and the store in memory: what actions need from outside is
 * fetched, and what is owed is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "merchants/calendar.h"
#include "merchants/programme.h"
#include "tests/support/menus.h"
#include "tests/support/turn_rig.h"

/* --- what is shown -------------------------------------------------------------------------- */

static void test_registration_and_its_number(void **state)
{
    (void)state;
    turn_rig_assert_begins(turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1#"),
                           "Langkah 9/9 Periksa:\nSITI AMINAH\n");
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Terima kasih, pendaftaran terkirim.\nNo: 1872-");
    assert_false(turn_rig.phones[0].is_open);
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0], "#TerusUsaha: pendaftaran 1872-");
    turn_rig_assert_begins(turn_rig_dial(0, "*384*2#"), "1872-");
}

static void test_somebodys_status_is_fetched(void **state)
{
    char regno[16] = "";

    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#");
    assert_int_equal(sscanf(turn_rig.phones[0].screen, "%*[^0-9]%13s", regno), 1);
    turn_rig_assert_begins(turn_rig_dial(1, "*384*2*2#"), "Ketik nomor daftar");
    turn_rig_type(1, regno);
    turn_rig_assert_begins(turn_rig_type(1, "9999"), "Angka tidak cocok.\n");
    turn_rig_assert_begins(turn_rig_type(1, "0001"), regno);
    turn_rig_assert_begins(turn_rig_dial(1, "*384*2*2*18710000421#"), "Ketik 4 angka");
    turn_rig_assert_begins(turn_rig_type(1, "0001"),
                           "Angka tidak cocok.\n"); /* nobody has that number */
}

static void test_sms_name_the_code_to_dial(void **state)
{
    (void)state;
    assert_string_equal(turn_rig_sms(0, "STATUS"),
                        "#TerusUsaha: nomor HP ini belum terdaftar. Daftar "
                        "gratis: tekan *384# atau balas DAFTAR");
    turn_rig_assert_begins(turn_rig_sms(0, "DAFTAR#SITI AMINAH#WARUNG SITI#1#METRO#METRO BARAT"),
                           "#TerusUsaha: SITI AMINAH, WARUNG SITI, Metro Barat.");
    turn_rig_assert_begins(turn_rig_sms(0, "YA"), "#TerusUsaha: pendaftaran 1872-");
    assert_string_equal(turn_rig_sms(0, "REG 1871990101809999#1871010203040506"),
                        "#TerusUsaha: ini bukan registrasi kartu SIM (4444). NIK dan KK Anda tidak "
                        "kami simpan. Daftar UMKM: tekan *384#");
}

/* Asked for after the registration, as of who came by SMS or a shortcut. */
static void test_a_language_outlives_the_session(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#");
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Terima kasih");
    turn_rig_assert_begins(turn_rig_dial(0, "*384#"), "Tabik pun!");
    turn_rig_assert_begins(turn_rig_type(0, "2"), "#TerusUsaha Lampung (free)");
    turn_rig.wall_ms += (int64_t)(turn_rig.settings.remember_s + 1000) * 1000;
    turn_rig_assert_begins(turn_rig_dial(0, "*384#"), "#TerusUsaha Lampung (free)");
}

static void test_a_timer_sends_what_is_due(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH#");
    turn_rig.phones[0].sms_count = 0;
    turn_rig.wall_ms += 31 * CALENDAR_MINUTE_MS;
    for (unsigned i = 0; i < 10; i++)
        turn_rig_settle();
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0],
                           "#TerusUsaha: pendaftaran Anda belum selesai.");
}

static void keep_line(void *arg, const char *line, size_t line_bytes)
{
    char *kept = arg;

    if (memmem(line, line_bytes, "turn.no_menu", strlen("turn.no_menu")) != NULL)
        snprintf(kept, 256, "%.*s", (int)line_bytes, line);
}

/* A turn that no input caused has none, whoever's turn was recycled for it. */
static void test_a_timer_without_a_menu_names_no_code_of_others(void **state)
{
    struct menu *menu = turn_rig.menu;
    char line[256] = "";

    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH#");
    turn_rig.menu = NULL;
    turn_rig.wall_ms += 31 * CALENDAR_MINUTE_MS;
    log_set_sink(keep_line, line);
    log_set_level(LOG_LEVEL_WARNING);
    for (unsigned i = 0; i < 10; i++)
        turn_rig_settle();
    log_set_level(LOG_LEVEL_OFF);
    log_set_sink(NULL, NULL);
    turn_rig.menu = menu;
    assert_non_null(strstr(line, "code=\"\""));
}

/* --- two menus ------------------------------------------------------------------------------ */

/* A menu that asks for a call, and for nothing that the programme writes about. */
static const char call_menu[] =
    "menu = \"panggil\"; languages = ( { code = \"id\"; name = \"Indonesia\"; } );\n"
    "start = \"MAIN\"; errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; };\n"
    "lines = { back = \"Kembali\"; next = \"Lanjut\"; };\n"
    "texts = { E = \"Ulangi.\"; OK = \"Kami telepon.\"; };\n"
    "screens = { MAIN = { text = \"Bantuan\"; back = false;\n"
    "  choices = ( { label = \"Minta ditelepon\"; to = \"CALL\"; } ); };\n"
    "  CALL = { action = \"telepon\"; results = { dicatat = \"OK\"; }; }; };\n";

static void dial_other(const char *dialled)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, TURN_RIG_OTHER_CODE, dialled);

    turn_rig_deliver(&input);
    turn_rig_settle();
}

/* What is owed is told in the words of the menu that has them, and by its code, whichever menu was
 * dialled last: with the dialogue alone, and with a record. */
static void test_another_menu_was_dialled_last(void **state)
{
    char *faults = NULL;
    struct menu *other = menu_from_text(call_menu, &programme_vocabulary, &faults);
    struct turn_rig_phone *phone = &turn_rig.phones[0];

    (void)state;
    assert_non_null(other);
    turn_rig.other_menu = other;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH#");
    dial_other("*555#");
    assert_string_equal(phone->screen, "Bantuan\n1. Minta ditelepon");
    phone->sms_count = 0;
    turn_rig.wall_ms += 31 * CALENDAR_MINUTE_MS;
    for (unsigned i = 0; i < 10; i++)
        turn_rig_settle();
    assert_int_equal(phone->sms_count, 1);
    turn_rig_assert_begins(
        phone->sms[0], "#TerusUsaha: pendaftaran Anda belum selesai. Tekan *384# lalu pilih 1 ");

    turn_rig_dial(0, "*384*6*3*1#");
    dial_other("*555*1#");
    assert_string_equal(phone->screen, "Kami telepon.");
    phone->sms_count = 0;
    turn_rig.wall_ms += 2 * CALENDAR_DAY_MS;
    for (unsigned i = 0; i < 10; i++)
        turn_rig_settle();
    assert_int_equal(phone->sms_count, 1);
    turn_rig_assert_begins(phone->sms[0], "#TerusUsaha: semua data Anda (T");
    turn_rig.other_menu = NULL;
    menu_free(other);
    free(faults);
}

/* The code of a service changes: what was begun by the old one is nudged, corrected, erased. */
static void test_a_timer_outlives_its_code(void **state)
{
    struct turn_rig_phone *phone = &turn_rig.phones[0];

    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH#");
    phone->sms_count = 0;
    turn_rig.is_code_gone = true;
    turn_rig.wall_ms += 31 * CALENDAR_MINUTE_MS;
    for (unsigned i = 0; i < 10; i++)
        turn_rig_settle();
    assert_int_equal(phone->sms_count, 1);
    turn_rig_assert_begins(
        phone->sms[0], "#TerusUsaha: pendaftaran Anda belum selesai. Tekan *385# lalu pilih 1 ");
    turn_rig.is_code_gone = false;
    turn_rig_dial(0, "*384*6*3*1#");
    phone->sms_count = 0;
    turn_rig.is_code_gone = true;
    turn_rig.wall_ms += 2 * CALENDAR_DAY_MS;
    for (unsigned i = 0; i < 10; i++)
        turn_rig_settle();
    assert_int_equal(phone->sms_count, 1);
    turn_rig_assert_begins(phone->sms[0], "#TerusUsaha: semua data Anda (T");
}

/* What an action owes proves like an answer that an SMS was taken: the same word, sent once more,
 * is a new one. */
static void test_the_same_word_for_another_business(void **state)
{
    static const char *const forms[] = {"DAFTAR#SITI AMINAH#WARUNG SITI#1#METRO#METRO BARAT",
                                        "DAFTAR#SITI AMINAH#TOKO SITI#1#METRO#METRO BARAT"};
    struct dialect_input yes = turn_rig_input(0, DIALECT_SMS, "384", "YA");

    (void)state;
    turn_rig.is_unread = true; /* the SMS alone tells */
    for (size_t i = 0; i < 2; i++) {
        turn_rig_sms(0, forms[i]);
        turn_rig.phones[0].sms_count = 0;
        turn_rig_deliver(&yes); /* with the same fingerprint each time */
        turn_rig_settle();
        assert_int_equal(turn_rig.phones[0].sms_count, 1);
        turn_rig_assert_begins(turn_rig.phones[0].sms[0], "#TerusUsaha: pendaftaran ");
    }
}

/* "Change my data" where nothing can be changed now, and "ask for a call" from there, in one dial:
 * an officer finds both. */
static void test_a_shortcut_makes_two_tickets(void **state)
{
    struct store_listed items[4];
    unsigned bucket = store_bucket(turn_rig.store, turn_rig.phones[0].msisdn);
    bool more;

    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#");
    turn_rig_assert_begins(turn_rig_dial(0, "*384*6*2*1#"), "Pendaftaran 1872-");
    turn_rig_assert_begins(turn_rig_dial(0, "*384*3*2*00*5*5*1#"),
                           "Baik, petugas akan menelepon pagi");
    assert_int_equal(memory_data_list(turn_rig.data, bucket, PROGRAMME_TICKET_SET,
                                      (struct store_cursor){.member = NULL}, 4, items, &more),
                     2);
}

/* A change, a copy and an erasure in one dial: the first is done and told of, and no more. */
static void test_a_shortcut_ends_where_an_sms_is_owed(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#");
    turn_rig.phones[0].sms_count = 0;
    assert_string_equal(turn_rig_dial(0, "*384*3*2*6*2*0*3*3*0*6*3*1#"),
                        "Data sudah diubah. Bukti dikirim lewat SMS.\n0. Menu utama");
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0], "#TerusUsaha: data penjualan pada 1872-");
    turn_rig_assert_begins(turn_rig_type(0, "0"), "#TerusUsaha Lampung");
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_a_shortcut_ends_where_an_sms_is_owed),
        ON_RIG(test_registration_and_its_number),
        ON_RIG(test_a_shortcut_makes_two_tickets),
        ON_RIG(test_somebodys_status_is_fetched),
        ON_RIG(test_sms_name_the_code_to_dial),
        ON_RIG(test_a_language_outlives_the_session),
        ON_RIG(test_a_timer_sends_what_is_due),
        ON_RIG(test_a_timer_without_a_menu_names_no_code_of_others),
        ON_RIG(test_a_timer_outlives_its_code),
        ON_RIG(test_another_menu_was_dialled_last),
        ON_RIG(test_the_same_word_for_another_business),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
