/* The walk over all records on a real engine and the store in memory, days in moments: what is over
 * goes, by day, once, however many gateways walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "gateway/turn/engine.h"
#include "merchants/calendar.h"
#include "merchants/merchant.h"
#include "tests/support/turn_rig.h"

static void use(unsigned retention_s)
{
    turn_rig.settings.retention_s = retention_s;
    turn_rig_restart();
}

static void register_and_cancel(void)
{
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#");
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Terima kasih");
    turn_rig_dial(0, "*384*6*2*1#");
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Pendaftaran ");
    turn_rig.phones[0].sms_count = 0;
}

static bool is_known(unsigned phone)
{
    struct store_reply reply;

    memory_data_load(turn_rig.data, turn_rig.phones[phone].msisdn, &reply);
    return reply.subscriber.merchant.version != 0;
}

static size_t listed(const char *set)
{
    struct store_listed items[16];
    size_t count = 0;
    bool more;

    for (unsigned bucket = 0; bucket < TURN_RIG_BUCKETS; bucket++)
        count += memory_data_list(turn_rig.data, bucket, set, (struct store_cursor){.member = NULL},
                                  16, items, &more);
    return count;
}

static void test_what_is_over_goes(void **state)
{
    (void)state;
    use(2);
    register_and_cancel();
    turn_rig_dial(1, "*384*1*1*BUDI*1*TOKO BUDI*1*2*1*1*1*1#"); /* waits for an officer */
    assert_int_equal(listed("DIBATALKAN"), 1);
    turn_rig.wall_ms += 182 * CALENDAR_DAY_MS;
    turn_rig_pass(5000);
    assert_true(is_known(0));
    turn_rig.wall_ms += 2 * CALENDAR_DAY_MS;
    turn_rig_pass(5000);
    assert_false(is_known(0));
    assert_true(is_known(1));
    assert_int_equal(listed("DIBATALKAN"), 0);
    assert_int_equal(listed("TERKIRIM"), 1);
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0],
                           "#TerusUsaha: semua data Anda sudah dihapus pada ");
}

/* The record of an old wish is older than its period; whoever it is of is in a dialogue. */
static void test_nobody_is_forgotten_in_a_dialogue(void **state)
{
    (void)state;
    turn_rig_sms(0, "STOP");
    turn_rig.wall_ms += 184 * CALENDAR_DAY_MS;
    turn_rig_assert_begins(turn_rig_dial(0, "*384*5#"), "Bantuan:");
    use(2);
    turn_rig_pass(5000);
    assert_true(is_known(0));
    turn_rig_assert_begins(turn_rig_type(0, "3"), "Syarat:");
    turn_rig.wall_ms += (int64_t)turn_rig.settings.remember_s * 1000 + CALENDAR_DAY_MS;
    turn_rig_pass(5000);
    assert_false(is_known(0));
}

static void count_agreements(void *count, const char *line, size_t line_bytes)
{
    if (memmem(line, line_bytes, "event=clock.agrees", 18) != NULL)
        ++*(unsigned *)count;
}

/* Its clock is years ahead of the store's: nothing is over yet. That it agrees again is told once.
 */
static void test_a_wrong_clock_erases_nothing(void **state)
{
    unsigned agreements = 0;

    (void)state;
    use(2);
    log_set_sink(count_agreements, &agreements);
    turn_rig_pass(5000);
    register_and_cancel();
    turn_rig.ahead_ms = 1000 * CALENDAR_DAY_MS;
    turn_rig_pass(5000);
    assert_true(is_known(0));
    assert_true(turn_clock_ahead_s(turn_rig.engine) >= 1000 * 86400 - 5);
    turn_rig.ahead_ms = 60000;
    turn_rig_pass(5000);
    log_set_sink(NULL, NULL);
    assert_int_equal(turn_clock_ahead_s(turn_rig.engine), 0);
    assert_int_equal(agreements, 1);
    assert_true(is_known(0));
    turn_rig.wall_ms += 184 * CALENDAR_DAY_MS; /* and so it was, by both clocks */
    turn_rig_pass(5000);
    assert_false(is_known(0));
}

/* ... nor when it is stepped in the middle of a walk, before a sweep could tell. */
static void test_a_clock_that_is_stepped_while_it_walks(void **state)
{
    (void)state;
    use(2);
    turn_rig_pass(5000);
    register_and_cancel();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_LOAD,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 4000});
    turn_rig_pass(3000);
    turn_rig.ahead_ms = 1000 * CALENDAR_DAY_MS;
    turn_rig_pass(5000);
    assert_true(turn_clock_ahead_s(turn_rig.engine) != 0);
    assert_true(is_known(0));
}

/* ... nor right before a walk begins: no sweep could tell yet. The walk comes to each bucket every
 * two seconds. */
static void test_a_clock_that_is_stepped_before_it_walks(void **state)
{
    (void)state;
    use(2);
    register_and_cancel();
    turn_rig_pass(5000);
    for (unsigned i = 0; i < 200; i++) {
        turn_rig_pass(10);
        turn_rig.ahead_ms = 1000 * CALENDAR_DAY_MS;
        turn_rig_pass(130);
        turn_rig.ahead_ms = 0;
        turn_rig_pass(1860);
        assert_true(is_known(0));
    }
}

/* ... nor does it begin with what it would do before it has heard the store's clock. */
static void test_a_wrong_clock_from_the_start(void **state)
{
    (void)state;
    use(2);
    register_and_cancel();
    turn_rig.ahead_ms = 1000 * CALENDAR_DAY_MS;
    use(1);
    turn_rig_pass(5000);
    assert_true(is_known(0));
}

/* Nobody is woken: the walk waits for the morning. */
static void test_not_by_night(void **state)
{
    (void)state;
    use(2);
    register_and_cancel();
    turn_rig.wall_ms += 200 * CALENDAR_DAY_MS + 12 * CALENDAR_HOUR_MS; /* 22:00 in Lampung */
    turn_rig_pass(5000);
    assert_true(is_known(0));
    turn_rig.wall_ms += 12 * CALENDAR_HOUR_MS;
    turn_rig_pass(5000);
    assert_false(is_known(0));
}

static void test_off(void **state)
{
    (void)state;
    use(0);
    register_and_cancel();
    turn_rig.wall_ms += 2000 * CALENDAR_DAY_MS;
    turn_rig_pass(5000);
    assert_true(is_known(0));
}

/* Periods of the configuration, and those of the menu's texts with them. */
static void test_periods_are_configured(void **state)
{
    (void)state;
    turn_rig.settings.periods.cancelled_ms = CALENDAR_DAY_MS;
    use(2);
    register_and_cancel();
    turn_rig.wall_ms += CALENDAR_DAY_MS;
    turn_rig_pass(5000);
    assert_false(is_known(0));
}

static size_t entries(enum store_log log)
{
    static struct store_taken taken[STORE_LOG_READ_MAX];
    size_t count = 0;

    for (unsigned bucket = 0; bucket < TURN_RIG_BUCKETS; bucket++)
        count += memory_data_log_read(turn_rig.data, bucket, log, (struct store_owed_id){0, 0},
                                      STORE_LOG_READ_MAX, taken);
    return count;
}

static void test_logs_are_trimmed(void **state)
{
    (void)state;
    use(2);
    turn_rig_dial(1, "*384*1*1*BUDI*1*TOKO BUDI*1*2*1*1*1*1#");
    assert_int_equal(entries(STORE_LOG_JOURNAL), 1);
    assert_int_equal(entries(STORE_LOG_CONSENT), 1);
    turn_rig.wall_ms += 729 * CALENDAR_DAY_MS;
    turn_rig_pass(5000);
    assert_int_equal(entries(STORE_LOG_JOURNAL), 1);
    turn_rig.wall_ms += 2 * CALENDAR_DAY_MS;
    turn_rig_pass(5000);
    assert_int_equal(entries(STORE_LOG_JOURNAL), 0);
    assert_int_equal(entries(STORE_LOG_CONSENT), 1);
    turn_rig.wall_ms += 1100 * CALENDAR_DAY_MS;
    turn_rig_pass(5000);
    assert_int_equal(entries(STORE_LOG_CONSENT), 0);
}

static void test_logs_are_trimmed_without_a_walk(void **state)
{
    (void)state;
    use(0);
    turn_rig_dial(1, "*384*1*1*BUDI*1*TOKO BUDI*1*2*1*1*1*1#");
    assert_int_equal(entries(STORE_LOG_JOURNAL), 1);
    turn_rig.wall_ms += 731 * CALENDAR_DAY_MS;
    turn_rig_pass(6 * CALENDAR_HOUR_MS);
    assert_int_equal(entries(STORE_LOG_JOURNAL), 0);
}

/* Another gateway finds the same at the same moment: one of them loses in the store. */
static void test_twice_at_once(void **state)
{
    (void)state;
    use(2);
    register_and_cancel();
    turn_rig.wall_ms += 200 * CALENDAR_DAY_MS;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_CONFLICTING});
    turn_rig_pass(5000);
    assert_false(is_known(0));
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    /* The consent outlives it, as a hash. */
    assert_int_equal(entries(STORE_LOG_CONSENT), 1);
}

/* --- one NIK, two numbers ------------------------------------------------------------------- */

#define NIK "1871994101809999"

static void register_with(unsigned phone, const char *nik)
{
    char dialled[128];

    snprintf(dialled, sizeof(dialled), "*384*1*1*BUDI*%s*TOKO BUDI*1*2*1*1*1*1#", nik);
    turn_rig_assert_begins(turn_rig_dial(phone, dialled), "Terima kasih");
}

/* The subscriber as stored, with one registration. */
static struct subscriber *read_one(unsigned phone, struct store_reply *reply)
{
    static uint8_t plain[STORE_MERCHANT_BYTES_MAX];
    static struct subscriber s;
    struct writer w;

    memory_data_load(turn_rig.data, turn_rig.phones[phone].msisdn, reply);
    writer_init(&w, plain, sizeof(plain));
    assert_true(vault_open(turn_rig.vault, VAULT_MERCHANT, turn_rig.phones[phone].msisdn,
                           reply->subscriber.merchant.data, &w));
    assert_true(subscriber_decode(&s, writer_span(&w)));
    assert_int_equal(s.merchant_count, 1);
    return &s;
}

static bool is_flagged(unsigned phone)
{
    struct store_reply reply;

    return (read_one(phone, &reply)->merchants[0].flags & MERCHANT_FLAG_NIK_USED) != 0;
}

/* Puts it on hold, or takes it off, as warungctl does. */
static void freeze(bool is_frozen)
{
    static uint8_t plain[STORE_MERCHANT_BYTES_MAX], sealed[STORE_MERCHANT_BYTES_MAX];
    const char *msisdn = turn_rig.phones[0].msisdn;
    struct store_reply reply;
    struct subscriber *s = read_one(0, &reply);
    struct store_commit commit = {.msisdn = msisdn,
                                  .merchant_version = reply.subscriber.merchant.version};
    struct writer w;

    s->merchants[0].frozen_ms = is_frozen ? 1795489200000 : 0;
    writer_init(&w, plain, sizeof(plain));
    subscriber_encode(s, &w);
    commit.merchant = writer_span(&w);
    writer_init(&w, sealed, sizeof(sealed));
    assert_true(vault_seal(turn_rig.vault, VAULT_MERCHANT, msisdn, commit.merchant, &w));
    commit.merchant = writer_span(&w);
    memory_data_commit(turn_rig.data, &commit, &reply);
    assert_int_equal(reply.result, STORE_OK);
}

static void test_one_nik_of_two_numbers(void **state)
{
    size_t written;

    (void)state;
    use(2);
    register_with(0, NIK);
    register_with(1, "1871994101809998");
    turn_rig_pass(5000);
    assert_false(is_flagged(0));
    register_with(2, NIK);
    turn_rig_pass(5000);
    assert_true(is_flagged(0));
    assert_false(is_flagged(1));
    assert_true(is_flagged(2));
    /* Once: further rounds find nothing new. */
    written = entries(STORE_LOG_JOURNAL);
    assert_int_equal(written, 3 + 2);
    turn_rig_pass(10000);
    assert_int_equal(entries(STORE_LOG_JOURNAL), written);
}

/* On hold it is not compared; once released it is. */
static void test_on_hold_is_no_twin(void **state)
{
    (void)state;
    use(2);
    register_with(0, NIK);
    freeze(true);
    register_with(2, NIK);
    turn_rig_pass(10000);
    assert_false(is_flagged(0));
    assert_false(is_flagged(2));
    freeze(false);
    turn_rig_pass(10000);
    assert_true(is_flagged(0));
    assert_true(is_flagged(2));
}

/* Two gateways find at once that nothing worth keeping is left of a number: the second comes to
 * nothing. */
static void test_forgotten_meanwhile(void **state)
{
    (void)state;
    turn_deliver_timer(turn_rig.engine, &(struct store_due){.kind = PROGRAMME_TIMER_FORGET,
                                                            .msisdn = turn_rig.phones[0].msisdn});
    turn_rig_pass(3000);
    assert_false(is_known(0));
    assert_int_equal(turn_rig.phones[0].sms_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_over_goes),
        TEST(test_nobody_is_forgotten_in_a_dialogue),
        TEST(test_a_wrong_clock_erases_nothing),
        TEST(test_a_clock_that_is_stepped_while_it_walks),
        TEST(test_a_clock_that_is_stepped_before_it_walks),
        TEST(test_a_wrong_clock_from_the_start),
        TEST(test_not_by_night),
        TEST(test_off),
        TEST(test_periods_are_configured),
        TEST(test_logs_are_trimmed),
        TEST(test_logs_are_trimmed_without_a_walk),
        TEST(test_twice_at_once),
        TEST(test_forgotten_meanwhile),
        TEST(test_one_nik_of_two_numbers),
        TEST(test_on_hold_is_no_twin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
