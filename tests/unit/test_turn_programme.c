/* The shipped menu on a real turn engine and the store in memory: what actions need from outside is
 * fetched, what they change in shared records is written first, and what is owed is sent. */
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

static void write_trainings(const struct trainings *t, uint64_t version)
{
    static uint8_t plain[TRAININGS_BYTES_MAX], sealed[TRAININGS_BYTES_MAX + VAULT_OVERHEAD_BYTES];
    struct writer w, s;
    struct store_reply reply;

    writer_init(&w, plain, sizeof(plain));
    trainings_encode(t, &w);
    writer_init(&s, sealed, sizeof(sealed));
    assert_true(
        vault_seal(turn_rig.vault, VAULT_SHARED, PROGRAMME_TRAININGS_KEY, writer_span(&w), &s));
    memory_data_shared_commit(turn_rig.data, PROGRAMME_TRAININGS_KEY, version, writer_span(&s), 0,
                              &reply);
    assert_int_equal(reply.result, STORE_OK);
}

static const struct trainings *read_trainings(void)
{
    static uint8_t plain[TRAININGS_BYTES_MAX];
    static struct trainings t;
    struct store_reply reply;
    struct writer w;

    memory_data_shared_load(turn_rig.data, PROGRAMME_TRAININGS_KEY, &reply);
    writer_init(&w, plain, sizeof(plain));
    assert_true(vault_open(turn_rig.vault, VAULT_SHARED, PROGRAMME_TRAININGS_KEY,
                           reply.subscriber.session.data, &w));
    assert_true(trainings_decode(&t, writer_span(&w)));
    return &t;
}

static void plan(uint16_t seats)
{
    struct trainings t = {.count = 0};
    struct training item = {.at_ms = TURN_RIG_NOW + 4 * CALENDAR_DAY_MS, .seats = seats};
    char id[TRAINING_ID_BYTES];

    text_copy(item.title, sizeof(item.title), "Foto produk");
    text_copy(item.place, sizeof(item.place), "Balai Desa Natar");
    assert_int_equal(trainings_add(&t, &item, TURN_RIG_NOW, id), TRAINING_DONE);
    write_trainings(&t, 0);
}

/* Without waiting for the screen. */
static void press_one(unsigned phone)
{
    struct dialect_input input = turn_rig_input(phone, DIALECT_ANSWER, "*384#", "1");

    turn_rig_deliver(&input);
}

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

/* --- shared records ------------------------------------------------------------------------- */

static void test_a_seat_is_taken_and_given_back(void **state)
{
    (void)state;
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4#"), "Belum ada jadwal");
    plan(1);
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1#"),
                           "Foto produk\n28-11-26 10.00\nBalai Desa Natar\n"
                           "Sisa kursi: 1\n");
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Anda terdaftar pelatihan 28-11-26 10.00");
    assert_int_equal(read_trainings()->items[0].taken, 1);
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0],
                           "#TerusUsaha: Anda terdaftar pelatihan Foto produk");
    turn_rig_assert_begins(turn_rig_dial(1, "*384*4*1*1#"),
                           "Maaf, kursi sudah penuh.\nFoto produk\n");
    turn_rig_assert_begins(turn_rig_sms(0, "BATAL"),
                           "#TerusUsaha: keikutsertaan pelatihan 28-11-26 10.00 dibatalkan");
    turn_rig_pass(2000);
    assert_int_equal(read_trainings()->items[0].taken, 0);
    turn_rig_assert_begins(turn_rig_type(1, "1"), "Anda terdaftar pelatihan");
}

static void wake_at(int64_t wall_ms)
{
    turn_rig.phones[0].sms_count = 0;
    turn_rig.wall_ms = wall_ms;
    for (unsigned i = 0; i < 10; i++)
        turn_rig_settle();
}

/* A phone that is switched on again on the day of the training is not told that it is tomorrow. */
static void test_a_reminder_is_kept_while_it_is_true(void **state)
{
    int64_t day_ms = calendar_start_ms(calendar_date_at(TURN_RIG_NOW + 4 * CALENDAR_DAY_MS));

    (void)state;
    plan(5);
    turn_rig_dial(0, "*384*4*1*1#");
    assert_int_equal(turn_rig.sms_validity_s, 3 * 86400);
    wake_at(day_ms - 14 * CALENDAR_HOUR_MS);
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0], "#TerusUsaha: besok pelatihan");
    assert_in_range(turn_rig.sms_validity_s, 14 * 3600 - 10, 14 * 3600);
}

/* As `warungctl trainings cancel` does it, and is cut off before it tells anybody. */
static void call_off(void)
{
    struct trainings t = *read_trainings();
    struct store_reply reply;

    memory_data_shared_load(turn_rig.data, PROGRAMME_TRAININGS_KEY, &reply);
    assert_true(trainings_cancel(&t, "L1"));
    write_trainings(&t, reply.subscriber.session.version);
}

static void assert_told_of_cancel(void)
{
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0],
                           "#TerusUsaha: keikutsertaan pelatihan 28-11-26 10.00 dibatalkan");
}

static void test_no_reminder_of_what_was_called_off(void **state)
{
    (void)state;
    plan(5);
    turn_rig_dial(0, "*384*4*1*1#");
    call_off();
    wake_at(TURN_RIG_NOW + 3 * CALENDAR_DAY_MS);
    assert_told_of_cancel();
    wake_at(TURN_RIG_NOW + 5 * CALENDAR_DAY_MS);
    assert_int_equal(turn_rig.phones[0].sms_count, 0);
}

static void test_one_seat_for_two_at_once(void **state)
{
    unsigned booked = 0, refused = 0;

    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    turn_rig_dial(1, "*384*4*1#");
    press_one(0);
    press_one(1);
    turn_rig_settle();
    for (unsigned i = 0; i < 2; i++) {
        booked += strncmp(turn_rig.phones[i].screen, "Anda terdaftar", 14) == 0;
        refused += strncmp(turn_rig.phones[i].screen, "Maaf, kursi", 11) == 0;
    }
    assert_int_equal(booked, 1);
    assert_int_equal(refused, 1);
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

static void test_two_seats_for_two_at_once(void **state)
{
    (void)state;
    plan(5);
    turn_rig_dial(0, "*384*4*1#");
    turn_rig_dial(1, "*384*4*1#");
    press_one(0);
    press_one(1);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar");
    turn_rig_assert_begins(turn_rig.phones[1].screen, "Anda terdaftar");
    assert_int_equal(read_trainings()->items[0].taken, 2);
}

/* Press 1 (join) until the seat is claimed, and the commit that is to note it is under way. */
static void claim_slowly(void)
{
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 50});
    press_one(0);
    turn_rig_pass(30);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 200});
    turn_rig_pass(100);
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

/* Called off while the commit that is to note the seat is under way: who has one is listed already.
 */
static void test_a_seat_that_is_noted_behind_a_cancel_is_told(void **state)
{
    (void)state;
    plan(5);
    turn_rig_dial(0, "*384*4*1#");
    claim_slowly();
    call_off();
    turn_rig_pass(1000);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar pelatihan");
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_told_of_cancel();
    wake_at(TURN_RIG_NOW + 3 * CALENDAR_DAY_MS);
    assert_int_equal(turn_rig.phones[0].sms_count, 0);
}

/* Somebody else claims at the same moment. The timer is stored already, and not written anew with
 * each try: of many at once each loses as many. */
static void test_a_claim_that_lost_is_tried_again_without_another_timer(void **state)
{
    (void)state;
    plan(2);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_CONFLICTING, .there_ms = 50});
    press_one(0);
    turn_rig_pass(30);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 200});
    turn_rig_pass(100);
    assert_int_equal(read_trainings()->items[0].taken, 1); /* and that one notes it */
    turn_rig_pass(200);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar pelatihan");
}

/* Nothing is claimed before it is stored: a kill would leave the seat taken. */
static void test_no_claim_without_its_timer(void **state)
{
    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED});
    press_one(0);
    turn_rig_settle();
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(read_trainings()->items[0].taken, 0);
}

/* The gateway is killed between the two writes, and the subscriber does not try again. */
static void test_a_claim_that_nobody_noted_is_given_back(void **state)
{
    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    claim_slowly();
    turn_rig_restart();
    turn_rig_pass(1000);
    assert_int_equal(read_trainings()->items[0].taken, 1);
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(read_trainings()->items[0].taken, 0);
    turn_rig_assert_begins(turn_rig_dial(1, "*384*4*1*1#"), "Anda terdaftar pelatihan");
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

/* Another gateway is looking after the claims, and has seen none, when this one makes one and is
 * killed: what that gateway takes away is the timer that it went by. */
static void test_a_claim_keeps_its_own_timer(void **state)
{
    struct store_commit arming = {
        .msisdn = turn_rig.phones[0].msisdn,
        .timers = {{.kind = PROGRAMME_TIMER_CLAIMS "-0", .due_ms = TURN_RIG_NOW}},
        .timer_count = 1,
    };
    struct store_reply reply;

    (void)state;
    plan(1);
    turn_rig_change_gateway();
    turn_rig_dial(0, "*384*4*1#");
    turn_drain(turn_rig.engine); /* it takes no timers */
    turn_rig_change_gateway();
    memory_data_commit(turn_rig.data, &arming, &reply);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 1000});
    for (unsigned i = 0; i < 500 && store_memory_pending(turn_rig.store) == 0; i++)
        turn_rig_pass(10);
    turn_rig_change_gateway();
    claim_slowly();
    turn_rig_restart();
    turn_drain(turn_rig.engine);
    turn_rig_pass(2000);
    assert_int_equal(read_trainings()->items[0].taken, 1);
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(read_trainings()->items[0].taken, 0);
}

/* Nobody knows whether the claim was written: given back at once where it was; or it is, after the
 * gateway has looked whether it was. */
static void test_a_claim_that_comes_late_is_given_back(void **state)
{
    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_DONE});
    press_one(0);
    turn_rig_pass(1000);
    assert_int_equal(read_trainings()->items[0].taken, 0);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_LATE, .late_ms = 2000});
    press_one(0);
    turn_rig_pass(1000);
    assert_int_equal(read_trainings()->items[0].taken, 0);
    turn_rig_pass(2000);
    assert_int_equal(read_trainings()->items[0].taken, 1);
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(read_trainings()->items[0].taken, 0);
}

/* A claim that nobody noted is being given back when the subscriber joins anew, and that write
 * comes after the seat is noted. */
static void test_a_seat_that_a_late_write_gives_back_is_claimed_again(void **state)
{
    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 50});
    press_one(0);
    turn_rig_pass(30);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_LOAD,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED, .back_ms = 50});
    turn_rig_pass(50);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){
                              .kind = STORE_MEMORY_UNKNOWN_LATE, .back_ms = 300, .late_ms = 2000});
    turn_rig_pass(100);
    assert_int_equal(read_trainings()->items[0].taken, 1);
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1*1#"), "Anda terdaftar pelatihan");
    turn_rig_pass(3000);
    assert_int_equal(read_trainings()->items[0].taken, 0);
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

/* It is due with a gateway that has a copy of the record from before the seat was taken. */
static void test_a_timer_goes_by_the_record_in_the_store(void **state)
{
    struct store_reply reply;
    uint64_t version;

    (void)state;
    plan(1);
    turn_rig_dial(0, "*384#");
    turn_rig_change_gateway();
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1*1#"), "Anda terdaftar pelatihan");
    memory_data_shared_load(turn_rig.data, PROGRAMME_TRAININGS_KEY, &reply);
    version = reply.subscriber.session.version;
    turn_drain(turn_rig.engine); /* it takes no timers */
    turn_rig_change_gateway();
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    memory_data_shared_load(turn_rig.data, PROGRAMME_TRAININGS_KEY, &reply);
    assert_true(reply.subscriber.session.version == version);
}

/* An officer erases while the seat is claimed, and the commit that would note it is under way. */
static void test_an_erasure_leaves_no_claim(void **state)
{
    struct store_commit erasure = {.msisdn = turn_rig.phones[0].msisdn, .session_delete = true};
    struct store_reply reply;

    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    claim_slowly();
    memory_data_load(turn_rig.data, erasure.msisdn, &reply);
    erasure.session_version = reply.subscriber.session.version;
    memory_data_commit(turn_rig.data, &erasure, &reply);
    assert_int_equal(reply.result, STORE_OK);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->conflicts, 1);
    assert_int_equal(read_trainings()->items[0].taken, 0);
    turn_rig_assert_begins(turn_rig_dial(1, "*384*4*1*1#"), "Anda terdaftar pelatihan");
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
        ON_RIG(test_a_seat_is_taken_and_given_back),
        ON_RIG(test_a_reminder_is_kept_while_it_is_true),
        ON_RIG(test_no_reminder_of_what_was_called_off),
        ON_RIG(test_a_seat_that_is_noted_behind_a_cancel_is_told),
        ON_RIG(test_one_seat_for_two_at_once),
        ON_RIG(test_two_seats_for_two_at_once),
        ON_RIG(test_a_claim_that_lost_is_tried_again_without_another_timer),
        ON_RIG(test_no_claim_without_its_timer),
        ON_RIG(test_a_claim_that_nobody_noted_is_given_back),
        ON_RIG(test_a_claim_keeps_its_own_timer),
        ON_RIG(test_a_claim_that_comes_late_is_given_back),
        ON_RIG(test_a_seat_that_a_late_write_gives_back_is_claimed_again),
        ON_RIG(test_a_timer_goes_by_the_record_in_the_store),
        ON_RIG(test_an_erasure_leaves_no_claim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
