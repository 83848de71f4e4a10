/* HAPUS by the merchant, on a real engine and the store in memory: within the promised time nothing
 * of the number is left but hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "gateway/turn/outbox.h"
#include "merchants/calendar.h"
#include "sessions/session.h"
#include "tests/support/turn_rig.h"

#define PROMISED_MS (3 * CALENDAR_DAY_MS)

static const char *const sets[] = {"TERKIRIM", "DIPERIKSA",     "PERLU_PERBAIKAN", "DISETUJUI",
                                   "DITOLAK",  "DIBATALKAN",    "TIKET",           "LATIH",
                                   "KABAR",    STORE_PEOPLE_SET};

static const char *number(void)
{
    return turn_rig.phones[0].msisdn;
}

static unsigned bucket(void)
{
    return store_bucket(turn_rig.store, number());
}

static size_t listed(void)
{
    struct store_listed items[16];
    size_t count = 0;
    bool more;

    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        count += memory_data_list(turn_rig.data, bucket(), sets[i],
                                  (struct store_cursor){.member = NULL}, 16, items, &more);
    return count;
}

static size_t timers(void)
{
    const char *members[STORE_SWEEP_MAX];
    size_t count = memory_data_due(turn_rig.data, bucket(), INT64_MAX, STORE_SWEEP_MAX, members),
           own = 0;

    for (size_t i = 0; i < count; i++)
        own += strstr(members[i], number()) != NULL;
    return own;
}

static size_t owed(void)
{
    struct store_taken taken[32];
    size_t count = memory_data_log_read(turn_rig.data, bucket(), STORE_LOG_OUTBOX,
                                        (struct store_owed_id){0, 0}, 32, taken),
           own = 0;

    for (size_t i = 0; i < count; i++) {
        struct outbox_entry entry;

        assert_true(outbox_decode(&entry, turn_rig.vault, taken[i].body));
        own += strcmp(entry.msisdn, number()) == 0;
    }
    return own;
}

/* In logs that outlive it. */
static void assert_logs_name_nobody(enum store_log log, size_t least)
{
    struct store_taken taken[64];
    size_t count =
        memory_data_log_read(turn_rig.data, bucket(), log, (struct store_owed_id){0, 0}, 64, taken);

    assert_true(count >= least);
    for (size_t i = 0; i < count; i++) {
        char text[512];

        assert_true(taken[i].body.size < sizeof(text));
        memcpy(text, taken[i].body.data, taken[i].body.size);
        text[taken[i].body.size] = '\0';
        assert_null(strstr(text, number()));
        assert_null(strstr(text, "SITI"));
    }
}

static bool has_records(void)
{
    struct store_reply reply;

    memory_data_load(turn_rig.data, number(), &reply);
    return reply.subscriber.merchant.version != 0 || reply.subscriber.session.version != 0;
}

/* Gives way to nothing: a registration, a ticket, news, half of a long SMS, and an SMS that the
 * centre does not take. */
static void fill(void)
{
    struct dialect_input part;

    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#");
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Terima kasih");
    turn_rig_sms(0, "TELEPON");
    part = turn_rig_input(0, DIALECT_SMS, "384", "DAFTAR#SITI");
    part.part = (struct dialect_part){.reference = 7, .width = 8, .total = 2, .number = 1};
    turn_rig_deliver(&part);
    turn_rig_settle();
    assert_true(listed() >= 3);
    assert_true(timers() >= 1);
}

static void test_everything_goes_in_time(void **state)
{
    int64_t asked_ms;

    (void)state;
    fill();
    turn_rig_assert_begins(turn_rig_sms(0, "HAPUS"), "#TerusUsaha: hapus semua data Anda?");
    turn_rig_sms(0, "HAPUS YA");
    turn_rig_assert_begins(turn_rig.phones[0].sms[0], "#TerusUsaha: permintaan hapus data");
    asked_ms = turn_rig.wall_ms;
    turn_rig.sms_ends = TURN_SENT_TEMPORARY; /* from now on SMS pile up */
    turn_rig_sms(0, "STATUS");
    turn_rig.wall_ms += 47 * CALENDAR_HOUR_MS;
    turn_rig_pass(3000);
    assert_true(has_records());
    assert_true(owed() >= 1);
    turn_rig.wall_ms += CALENDAR_HOUR_MS;
    turn_rig_pass(3000);
    assert_true(turn_rig.wall_ms - asked_ms < PROMISED_MS);
    assert_false(has_records());
    assert_int_equal(listed(), 0);
    assert_int_equal(timers(), 0);
    assert_int_equal(owed(), 1); /* that it is done */
    assert_logs_name_nobody(STORE_LOG_JOURNAL, 3);
    assert_logs_name_nobody(STORE_LOG_CONSENT, 1);
    turn_rig.phones[0].sms_count = 0;
    turn_rig.sms_ends = TURN_SENT_OK;
    for (unsigned i = 0; i < 40 && turn_rig.phones[0].sms_count == 0; i++)
        turn_rig_pass(5000);
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0], "#TerusUsaha: semua data Anda");
    turn_rig_settle();
    assert_int_equal(owed(), 0);
}

/* An hour later, by another name. */
static void register_anew(void)
{
    turn_rig.wall_ms += CALENDAR_HOUR_MS;
    turn_rig_sms(0, "DAFTAR#BUDI SANTOSO#WARUNG BUDI#1#METRO#METRO BARAT");
    turn_rig_sms(0, "YA");
}

/* Of who registers anew meanwhile goes what is owed about the old registration. */
static void test_what_is_owed_since_stays(void **state)
{
    bool is_told_of_new = false;

    (void)state;
    fill();
    turn_rig_sms(0, "HAPUS");
    turn_rig.sms_ends = TURN_SENT_TEMPORARY;
    turn_rig_sms(0, "STATUS");
    turn_rig_sms(0, "HAPUS YA");
    register_anew();
    assert_int_equal(owed(), 4);
    turn_rig.wall_ms += 47 * CALENDAR_HOUR_MS;
    turn_rig_pass(3000);
    assert_int_equal(owed(), 3); /* its question, its confirmation, that the rest is erased */
    turn_rig.sms_ends = TURN_SENT_OK;
    turn_rig.phones[0].sms_count = 0;
    for (unsigned i = 0; i < 40; i++)
        turn_rig_pass(5000);
    assert_int_equal(owed(), 0);
    for (unsigned i = 0; i < turn_rig.phones[0].sms_count; i++) {
        assert_null(strstr(turn_rig.phones[0].sms[i], "permintaan hapus"));
        assert_null(strstr(turn_rig.phones[0].sms[i], "Cek lagi"));
        is_told_of_new |= strstr(turn_rig.phones[0].sms[i], "a.n. BUDI SANTOSO terkirim") != NULL;
    }
    assert_true(is_told_of_new);
}

static void assert_screen_names(const char *name, bool is_named)
{
    static uint8_t octets[STORE_SESSION_BYTES_MAX];
    static struct session session;
    struct store_reply reply;
    struct writer w;

    memory_data_load(turn_rig.data, number(), &reply);
    writer_init(&w, octets, sizeof(octets));
    assert_true(
        vault_open(turn_rig.vault, VAULT_SESSION, number(), reply.subscriber.session.data, &w));
    assert_true(session_decode(&session, writer_span(&w)));
    assert_int_equal(strstr(session.screen, name) != NULL, is_named);
}

/* What was shown last of what goes, goes with it, be the record kept for what stays. */
static void test_no_screen_tells_of_what_went(void **state)
{
    (void)state;
    fill();
    turn_rig_sms(0, "HAPUS");
    turn_rig_sms(0, "HAPUS YA");
    register_anew();
    turn_rig_dial(0, "*384*3*1*1#");
    turn_rig_assert_begins(turn_rig.phones[0].screen, "SITI AMINAH\n");
    assert_screen_names("SITI", true);
    turn_rig.wall_ms += 47 * CALENDAR_HOUR_MS;
    turn_rig_pass(3000);
    assert_true(has_records());
    assert_screen_names("SITI", false);
    turn_rig_dial(0, "*384*3*1#");
    turn_rig_assert_begins(turn_rig.phones[0].screen, "BUDI SANTOSO\n");
}

/* So does that of a draft which ends while its subscriber is remembered longer, or by an order. */
static void test_no_screen_tells_of_a_draft_that_went(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1#");
    turn_rig.wall_ms += 6 * CALENDAR_DAY_MS;
    turn_rig_dial(0, "*384#");
    turn_rig_type(0, "1");
    turn_rig_type(0, "1");
    assert_screen_names("SITI", true);
    turn_rig.wall_ms += CALENDAR_DAY_MS;
    turn_rig_pass(3000);
    assert_screen_names("SITI", false);
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1#");
    assert_screen_names("SITI", true);
    turn_rig_sms(0, "HAPUS");
    assert_screen_names("SITI", true);
    turn_rig_sms(0, "HAPUS YA");
    assert_screen_names("SITI", false);
}

/* ... nor one that has to be tried again; and the copy of its input is answered without one. */
static void test_no_screen_of_a_draft_that_went_is_shown_late(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    unsigned shows;

    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1#");
    turn_rig_sms(0, "HAPUS");
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig_deliver(&input);
    turn_rig_pass(100);
    assert_screen_names("SITI", true);
    shows = turn_rig.shows;
    turn_rig_deliver(
        &(struct dialect_input[]){turn_rig_input(0, DIALECT_SMS, "384", "HAPUS YA")}[0]);
    turn_rig_pass(1000);
    assert_screen_names("SITI", false);
    turn_rig_deliver(&input);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->replays, 1);
    assert_int_equal(turn_rig.shows, shows);
    assert_int_equal(turn_rig.refusals, 0);
}

/* Said again, it means what was owed since it was said first as well. */
static void test_what_is_owed_until_it_is_said_again_goes(void **state)
{
    (void)state;
    fill();
    turn_rig_sms(0, "HAPUS");
    turn_rig_sms(0, "HAPUS YA");
    turn_rig.wall_ms += CALENDAR_HOUR_MS;
    turn_rig_sms(0, "HAPUS");
    turn_rig.sms_ends = TURN_SENT_TEMPORARY;
    turn_rig_sms(0, "STATUS");
    turn_rig_sms(0, "HAPUS YA");
    register_anew();
    assert_int_equal(owed(), 4);
    turn_rig.wall_ms += 46 * CALENDAR_HOUR_MS;
    turn_rig_pass(3000);
    assert_int_equal(owed(), 3);
    turn_rig.sms_ends = TURN_SENT_OK;
    turn_rig.phones[0].sms_count = 0;
    for (unsigned i = 0; i < 40; i++)
        turn_rig_pass(5000);
}

/* A gateway that dies at the moment of the erasure: the next one does it. */
static void test_a_crash_forgets_no_erasure(void **state)
{
    (void)state;
    fill();
    turn_rig_sms(0, "HAPUS");
    turn_rig_sms(0, "HAPUS YA");
    turn_rig.wall_ms += 48 * CALENDAR_HOUR_MS;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_NOT});
    turn_rig_pass(1500);
    turn_rig_restart();
    turn_rig_pass(3000);
    assert_false(has_records());
    assert_int_equal(timers(), 0);
}

/* Longer than a draft is kept no gateway ran: its timers go, and are not tried for ever. */
static void test_timers_of_nobody_go(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH#");
    turn_rig_settle();
    assert_true(timers() >= 1);
    turn_rig.wall_ms += 8 * CALENDAR_DAY_MS;
    turn_rig_pass(3000);
    assert_false(has_records());
    assert_int_equal(timers(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_everything_goes_in_time),
                                       TEST(test_what_is_owed_since_stays),
                                       TEST(test_no_screen_tells_of_what_went),
                                       TEST(test_no_screen_tells_of_a_draft_that_went),
                                       TEST(test_no_screen_of_a_draft_that_went_is_shown_late),
                                       TEST(test_what_is_owed_until_it_is_said_again_goes),
                                       TEST(test_a_crash_forgets_no_erasure),
                                       TEST(test_timers_of_nobody_go)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
