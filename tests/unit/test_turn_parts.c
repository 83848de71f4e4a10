/* Long SMS on a real engine: acknowledged when stored, stepped once, in any order, over a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "merchants/calendar.h"
#include "merchants/work.h"
#include "sessions/session.h"
#include "tests/support/turn_rig.h"

static const char *const texts[] = {"DAFTAR#SITI AMINAH#WARUNG ", "SITI#1#METRO ", "#METRO BARAT"};
static const char done[] = "#TerusUsaha: SITI AMINAH, WARUNG SITI, Metro Barat.";

static struct dialect_input part_of(unsigned phone, unsigned number, uint8_t width, unsigned total)
{
    struct dialect_input in =
        turn_rig_input(phone, DIALECT_SMS, "384", number <= 3 ? texts[number - 1] : "x");

    in.part = (struct dialect_part){
        .reference = 7, .width = width, .total = (uint8_t)total, .number = (uint8_t)number};
    in.fingerprint = width * 1000 + number + 100 * phone;
    return in;
}

static void deliver(unsigned number)
{
    struct dialect_input in = part_of(0, number, 8, 3);

    turn_rig_deliver(&in);
    turn_rig_settle();
}

static unsigned sms_count(void)
{
    return turn_rig.phones[0].sms_count;
}

static void test_three_one_two_with_a_restart(void **state)
{
    (void)state;
    deliver(3);
    deliver(1);
    assert_int_equal(turn_rig.answers, 2);
    assert_int_equal(sms_count(), 0);
    turn_rig_restart();
    deliver(2);
    assert_int_equal(sms_count(), 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0], done);
    assert_int_equal(turn_rig_counters()->steps, 1);
}

/* No debt is to be closed: nothing is asked, and nothing stored. */
static void test_a_part_alone_is_one_write(void **state)
{
    (void)state;
    deliver(1);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig_counters()->sms_parts, 1);
    assert_int_equal(turn_rig_counters()->settles, 0);
    assert_int_equal(turn_rig.reads_asked, 0);
}

static void test_copies_before_and_after(void **state)
{
    (void)state;
    deliver(3);
    deliver(3);
    deliver(1);
    turn_rig_restart();
    deliver(1);
    deliver(2);
    assert_int_equal(sms_count(), 1);
    for (unsigned i = 1; i <= 3; i++)
        deliver(i);
    turn_rig_restart();
    for (unsigned i = 1; i <= 3; i++)
        deliver(i);
    assert_int_equal(sms_count(), 1);
    assert_int_equal(turn_rig.answers, 11);
    assert_int_equal(turn_rig.refusals, 0);
    assert_int_equal(turn_rig_counters()->replays, 3);
}

/* An emoji whose halves stand in two parts is one all the same, and no part of the value. */
static void test_an_emoji_cut_in_two(void **state)
{
    static const char *const halves[] = {
        "DAFTAR#SITI AMINAH#WARUNG SITI#1#METRO#METRO BARAT \xED\xA0\xBD", "\xED\xB8\x8A"};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct dialect_input in = part_of(0, i + 1, 8, 2);

        text_copy(in.text, sizeof(in.text), halves[i]);
        turn_rig_deliver(&in);
        turn_rig_settle();
    }
    turn_rig_assert_begins(turn_rig.phones[0].sms[0], done);
}

/* Not stored, not acknowledged; the centre sends it again. */
static void test_a_part_that_is_not_stored(void **state)
{
    static const struct store_memory_fate refused = {.kind = STORE_MEMORY_REFUSED};

    (void)state;
    deliver(1);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT, refused);
    deliver(2);
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    deliver(3);
    assert_int_equal(sms_count(), 0);
    deliver(2);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0], done);
}

/* The reply of the commit is lost: it is found out by loading, and not done again. */
static void test_the_outcome_of_the_last_part_is_unknown(void **state)
{
    static const enum store_memory_fate_kind kinds[] = {STORE_MEMORY_UNKNOWN_DONE,
                                                        STORE_MEMORY_UNKNOWN_NOT};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct store_memory_fate fate = {.kind = kinds[i]};
        struct dialect_input in;

        for (unsigned n = 1; n <= 3; n++) {
            in = part_of(i, n, 16, 3);
            if (n == 3)
                store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT, fate);
            turn_rig_deliver(&in);
            turn_rig_settle();
        }
        turn_rig_pass(2000); /* a sweep sends what was owed without our knowing */
        assert_int_equal(turn_rig.phones[i].sms_count, i == 0 ? 0 : 1);
    }
    turn_rig_pass(20000);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(turn_rig.phones[i].sms_count, 1);
        turn_rig_assert_begins(turn_rig.phones[i].sms[0], done);
    }
}

/* One reference of 8 and one of 16 bits, two references, codes or subscribers are different
 * messages. */
static void test_what_makes_a_message(void **state)
{
    struct dialect_input in;

    (void)state;
    for (unsigned n = 1; n <= 2; n++) {
        in = part_of(0, n, 8, 3);
        turn_rig_deliver(&in);
    }
    in = part_of(0, 3, 16, 3);
    turn_rig_deliver(&in);
    in = part_of(1, 3, 8, 3);
    turn_rig_deliver(&in);
    in = part_of(0, 3, 8, 4);
    in.fingerprint++;
    turn_rig_deliver(&in);
    in = part_of(0, 3, 8, 3);
    in.fingerprint += 2;
    in.part.reference += 0x100;
    turn_rig_deliver(&in);
    in = part_of(0, 3, 8, 3);
    in.fingerprint += 3;
    text_copy(in.code, sizeof(in.code), "385");
    turn_rig_deliver(&in);
    turn_rig_settle();
    assert_int_equal(turn_rig.answers, 7);
    assert_int_equal(sms_count() + turn_rig.phones[1].sms_count, 0);
    deliver(3);
    assert_int_equal(sms_count(), 1);
}

static void test_too_many_parts(void **state)
{
    struct dialect_input in = part_of(0, 1, 8, turn_rig.settings.parts_max + 1);

    (void)state;
    turn_rig_deliver(&in);
    turn_rig_settle();
    assert_int_equal(turn_rig.refused_with, ESME_RX_R_APPN);
    in = part_of(0, 1, 8, turn_rig.settings.parts_max);
    in.fingerprint++;
    turn_rig_deliver(&in);
    turn_rig_settle();
    assert_int_equal(turn_rig.refusals, 1);
}

/* What one phone holds of parts, in the store. */
static unsigned stored_parts(void)
{
    static struct session s;
    uint8_t plain[STORE_SESSION_BYTES_MAX];
    struct parts parts;
    struct store_reply reply;
    struct writer w;

    memory_data_load(turn_rig.data, turn_rig.phones[0].msisdn, &reply);
    if (reply.subscriber.session.version == 0)
        return 0;
    writer_init(&w, plain, sizeof(plain));
    assert_true(vault_open(turn_rig.vault, VAULT_SESSION, turn_rig.phones[0].msisdn,
                           reply.subscriber.session.data, &w));
    assert_true(session_decode(&s, writer_span(&w)));
    assert_true(parts_decode(&parts, span_of(s.parts, s.parts_size)));
    return parts.count;
}

static void test_parts_that_wait_too_long_are_erased(void **state)
{
    (void)state;
    deliver(1);
    deliver(2);
    assert_int_equal(stored_parts(), 2);
    turn_rig.wall_ms += (int64_t)turn_rig.settings.parts_keep_s * 1000;
    turn_rig_pass(2000);
    assert_int_equal(stored_parts(), 0);
    assert_int_equal(turn_rig_counters()->sms_parts_dropped, 2);
    deliver(3);
    assert_int_equal(sms_count(), 0);
}

/* Of who is gone since, nothing is written because some of a message was missing. */
static void test_parts_of_who_is_gone_leave_nothing(void **state)
{
    struct store_reply reply;

    (void)state;
    deliver(1);
    turn_rig_end_session(0);
    turn_rig.wall_ms += (int64_t)turn_rig.settings.parts_keep_s * 1000;
    turn_rig_pass(2000);
    memory_data_load(turn_rig.data, turn_rig.phones[0].msisdn, &reply);
    assert_int_equal(reply.subscriber.session.version, 0);
}

static void test_erasure_takes_parts_along(void **state)
{
    (void)state;
    turn_rig_sms(0, "DAFTAR#SITI AMINAH#WARUNG SITI#1#METRO#METRO BARAT");
    turn_rig_sms(0, "YA");
    turn_rig_assert_begins(turn_rig_sms(0, "HAPUS"), "#TerusUsaha");
    turn_rig_assert_begins(turn_rig_sms(0, "HAPUS YA"), "#TerusUsaha");
    turn_rig.wall_ms += PROGRAMME_ERASE_AFTER_MS - CALENDAR_MINUTE_MS;
    deliver(1);
    assert_int_equal(stored_parts(), 1);
    turn_rig.wall_ms += CALENDAR_MINUTE_MS;
    turn_rig_pass(2000);
    assert_int_equal(stored_parts(), 0);
    for (unsigned i = 0; i < TURN_RIG_BUCKETS; i++) {
        const char *timers[1];

        assert_int_equal(memory_data_due(turn_rig.data, i, INT64_MAX, 1, timers), 0);
    }
}

/* What has no room as a whole is refused for good, and none of it is kept: acknowledged, it would
 * be lost. */
static void test_a_message_that_is_too_long(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 8 && turn_rig.refusals == 0; i++) {
        struct dialect_input in = part_of(0, i, 8, 8);

        memset(in.text, 'A', 300);
        in.text[300] = '\0';
        turn_rig_deliver(&in);
        turn_rig_settle();
        assert_int_equal(turn_rig.answers, i);
    }
    assert_int_equal(turn_rig.answers, 7);
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(turn_rig.refused_with, ESME_RX_R_APPN);
    assert_int_equal(stored_parts(), 0);
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_three_one_two_with_a_restart),
        ON_RIG(test_a_part_alone_is_one_write),
        ON_RIG(test_copies_before_and_after),
        ON_RIG(test_an_emoji_cut_in_two),
        ON_RIG(test_a_part_that_is_not_stored),
        ON_RIG(test_the_outcome_of_the_last_part_is_unknown),
        ON_RIG(test_what_makes_a_message),
        ON_RIG(test_too_many_parts),
        ON_RIG(test_a_message_that_is_too_long),
        ON_RIG(test_parts_that_wait_too_long_are_erased),
        ON_RIG(test_parts_of_who_is_gone_leave_nothing),
        ON_RIG(test_erasure_takes_parts_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
