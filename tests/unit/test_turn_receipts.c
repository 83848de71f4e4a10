/* Receipts on a real engine, the store in memory: answered when stored, counted once. */
#include "base/log.h"
#include "tests/support/turn_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void receive(enum receipt_state state, bool is_final, const char *msisdn, const char *name)
{
    struct turn_origin origin = {.link = &turn_rig, .link_name = "op1", .connection = 1};
    struct turn_receipt receipt = {.msisdn = msisdn,
                                   .state = state,
                                   .is_final = is_final,
                                   .keys = &name,
                                   .key_count = name != NULL};

    turn_take_receipt(turn_rig.engine, &origin, &receipt);
    turn_rig_settle();
}

static struct store_tally tally(void)
{
    struct store_tally sum = {0};
    struct store_reply reply;

    for (unsigned bucket = 0; bucket < TURN_RIG_BUCKETS; bucket++) {
        memory_data_tally(turn_rig.data, bucket, &reply);
        sum.owed += reply.tally.owed;
        sum.delivered += reply.tally.delivered;
        sum.failed += reply.tally.failed;
        sum.expired += reply.tally.expired;
        sum.waiting += reply.tally.waiting;
    }
    return sum;
}

/* An SMS to the phone that the centre calls so. */
static const char *owe(unsigned phone, const char *name)
{
    turn_rig.receipt_name = name;
    assert_string_not_equal(turn_rig_sms(phone, "BANTUAN"), "");
    return turn_rig.phones[phone].msisdn;
}

static void any_gateway_may_be_told(void **state)
{
    const char *msisdn = owe(0, "op1/1");

    (void)state;
    turn_rig_restart();
    receive(RECEIPT_DELIVERED, true, msisdn, "op1/1");
    assert_int_equal(turn_rig.refusals, 0);
    assert_int_equal(turn_rig_counters()->sms_delivered, 1);
    assert_int_equal(tally().delivered, 1);
    owe(1, "op1/2");
    receive(RECEIPT_REJECTED, true, turn_rig.phones[1].msisdn, "op1/2");
    assert_int_equal(turn_rig_counters()->sms_failed, 1);
    owe(2, "op1/3");
    receive(RECEIPT_EXPIRED, true, turn_rig.phones[2].msisdn, "op1/3");
    assert_int_equal(turn_rig_counters()->sms_expired, 1);
    assert_int_equal(tally().owed, 3);
    assert_int_equal(tally().waiting, 0);
}

static void what_ends_nothing_is_answered_at_once(void **state)
{
    const char *msisdn = owe(0, "op1/1");

    (void)state;
    receive(RECEIPT_ENROUTE, false, msisdn, "op1/1");
    receive(RECEIPT_DELIVERED, true, "", "op1/1");
    receive(RECEIPT_DELIVERED, true, msisdn, NULL);
    assert_int_equal(turn_rig.refusals, 0);
    assert_int_equal(turn_rig_counters()->receipts, 3);
    assert_int_equal(turn_rig_counters()->receipts_unmatched, 2);
    receive(RECEIPT_DELIVERED, true, msisdn, "op1/1");
    assert_int_equal(tally().delivered, 1);
    assert_int_equal(turn_rig_counters()->receipts_claimed, 0); /* none was here before it */
}

static void one_that_is_not_stored_is_not_acknowledged(void **state)
{
    static const enum store_memory_fate_kind fates[] = {
        STORE_MEMORY_REFUSED, STORE_MEMORY_UNKNOWN_NOT, STORE_MEMORY_UNKNOWN_DONE};
    const char *msisdn = owe(0, "op1/1");

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        store_memory_set_next(turn_rig.store, STORE_MEMORY_RECEIPT,
                              (struct store_memory_fate){.kind = fates[i]});
        receive(RECEIPT_DELIVERED, true, msisdn, "op1/1");
        assert_int_equal(turn_rig.refusals, i + 1);
        assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    }
    receive(RECEIPT_DELIVERED, true, msisdn, "op1/1"); /* the centre brings it once more */
    assert_int_equal(turn_rig.refusals, 3);
    assert_int_equal(tally().delivered, 1);
    assert_int_equal(turn_rig_counters()->receipts_refused, 3);
}

static void one_may_be_here_before_the_response(void **state)
{
    (void)state;
    receive(RECEIPT_DELIVERED, true, turn_rig.phones[0].msisdn, "op1/1");
    assert_int_equal(turn_rig_counters()->receipts_early, 1);
    assert_int_equal(turn_rig_counters()->receipts_unmatched, 0);
    owe(0, "op1/1");
    assert_int_equal(turn_rig_counters()->receipts_claimed, 1);
    assert_int_equal(turn_rig_counters()->sms_delivered, 1);
    assert_int_equal(tally().delivered, 1);
}

static void too_many_without_a_message_are_refused(void **state)
{
    static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8",
                                        "9", "a", "b", "c", "d", "e", "f", "g"};

    (void)state;
    for (unsigned i = 0; i <= STORE_PARKED_MAX; i++)
        receive(RECEIPT_DELIVERED, true, turn_rig.phones[0].msisdn, names[i]);
    assert_int_equal(turn_rig_counters()->receipts_early, STORE_PARKED_MAX);
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
}

static void keep_ambiguous(void *kept, const char *line, size_t line_bytes)
{
    const char *at = memmem(line, line_bytes, "event=receipt.ambiguous", 23);

    if (at != NULL)
        snprintf(kept, 80, "%.*s", (int)(line + line_bytes - at), at);
}

/* The centre has given one id to two messages: who looks into it is told which link. */
static void one_that_may_mean_two_names_its_link(void **state)
{
    char line[80] = "";

    (void)state;
    owe(0, "op1/1");
    owe(0, "op1/1");
    log_set_sink(keep_ambiguous, line);
    receive(RECEIPT_DELIVERED, true, turn_rig.phones[0].msisdn, "op1/1");
    log_set_sink(NULL, NULL);
    assert_string_equal(line, "event=receipt.ambiguous link=op1\n");
    assert_int_equal(turn_rig_counters()->receipts_unmatched, 1);
    assert_int_equal(turn_rig_counters()->receipts_refused, 0);
    assert_int_equal(tally().delivered, 0);
}

/* Nor do those that are being stored grow without bound, however slow the store is. */
static void too_many_at_once_are_throttled(void **state)
{
    const char *msisdn;

    (void)state;
    turn_rig.settings.turns_max = 1;
    turn_rig_restart();
    msisdn = owe(0, "op1/1");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_RECEIPT,
                          (struct store_memory_fate){.back_ms = 1000});
    receive(RECEIPT_DELIVERED, true, msisdn, "op1/1");
    receive(RECEIPT_DELIVERED, true, msisdn, "op1/2");
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(turn_rig.refused_with, ESME_RTHROTTLED);
    assert_int_equal(turn_rig_counters()->receipts_refused, 1);
    turn_rig_pass(1000);
}

/* Nothing is heard of it: it has expired when its time and the margin are over. */
static void silence_ends_it(void **state)
{
    (void)state;
    turn_rig.settings.sms_expiry_s = 20;
    turn_rig.settings.receipt_margin_s = 10;
    turn_rig_restart();
    owe(0, "op1/1");
    turn_rig_pass(28000);
    assert_int_equal(tally().expired, 0);
    turn_rig_pass(4000);
    assert_int_equal(tally().expired, 1);
    assert_int_equal(turn_rig_counters()->sms_expired, 1);
    turn_rig_pass(4000);
    assert_int_equal(turn_rig_counters()->sms_expired, 1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        CASE(any_gateway_may_be_told),
        CASE(what_ends_nothing_is_answered_at_once),
        CASE(one_that_is_not_stored_is_not_acknowledged),
        CASE(one_may_be_here_before_the_response),
        CASE(too_many_without_a_message_are_refused),
        CASE(too_many_at_once_are_throttled),
        CASE(one_that_may_mean_two_names_its_link),
        CASE(silence_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
