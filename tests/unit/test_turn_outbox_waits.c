/*
 * SMS that wait in the gateway: for those before them, for a peer that has said "slower", for the
 * store to say that they are still owed.
 */
#include "gateway/smpp/status.h"
#include "tests/support/outbox_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A queue may be full for long, and be that of this one phone: it waits longer each time, and those
 * behind it with it. */
static void a_throttled_one_is_tried_again_later(void **state)
{
    struct outbox_rig *f = *state;
    const struct turn_sent slower = {.kind = TURN_SENT_TEMPORARY,
                                     .command_status = ESME_RMSGQFUL,
                                     .is_slow_down = true,
                                     .message_id = ""};
    uint64_t now_ms = f->timers.now_ms, wait_ms = 1000;

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_owe(f, 2, 1, "6281200000001", "two");
    for (unsigned i = 0; i < 20; i++) {
        f->sends[i].fn(f->sends[i].arg, &slower);
        timer_queue_run(&f->timers, now_ms + wait_ms - 1);
        assert_int_equal(f->send_count, i + 1);
        if (i == 3) {
            outbox_rig_owe(f, 3, 1, "6281200000001", "three");
            assert_int_equal(f->send_count, i + 1);
        }
        timer_queue_run(&f->timers, now_ms += wait_ms);
        assert_int_equal(f->send_count, i + 1);
        outbox_rig_end_touch(f, 1); /* it is still owed */
        assert_int_equal(f->send_count, i + 2);
        assert_string_equal(f->sends[i + 1].text, "one");
        assert_int_equal(f->sends[i + 1].reference, f->sends[0].reference);
        wait_ms = wait_ms < 30000 ? wait_ms * 2 : 60000;
        assert_int_equal(f->left, 0);
    }
    f->sends[20].fn(f->sends[20].arg, &slower); /* enough: the store keeps them for a while */
    assert_int_equal(f->send_count, 21);
    assert_int_equal(f->left, 3);
    assert_int_equal(f->settles, 0);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    timer_queue_run(&f->timers, now_ms + 200000);
    assert_int_equal(f->send_count, 21);
}

/* An older one, brought by a sweep, goes first meanwhile, and the one that waits after it. */
static void what_waits_for_later_keeps_its_place(void **state)
{
    struct outbox_rig *f = *state;
    const struct turn_sent slower = {.kind = TURN_SENT_TEMPORARY,
                                     .command_status = ESME_RTHROTTLED,
                                     .is_slow_down = true,
                                     .message_id = ""};

    outbox_rig_owe(f, 2, 1, "6281200000001", "two");
    f->sends[0].fn(f->sends[0].arg, &slower);
    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_end_touch(f, 1);
    assert_int_equal(f->send_count, 2);
    assert_string_equal(f->sends[1].text, "one");
    timer_queue_run(&f->timers, f->timers.now_ms + 1500);
    assert_int_equal(f->send_count, 2); /* one at a time */
    outbox_rig_end_send(f, 1, TURN_SENT_OK);
    outbox_rig_end_touch(f, 1);
    assert_int_equal(f->send_count, 3);
    assert_string_equal(f->sends[2].text, "two");
    assert_int_equal(f->sends[2].reference, f->sends[0].reference);
    assert_int_not_equal(f->sends[2].reference, f->sends[1].reference);
}

/* It may be minutes, and another gateway can do it. */
static void a_drain_waits_for_no_throttled_one(void **state)
{
    struct outbox_rig *f = *state;
    const struct turn_sent slower = {.kind = TURN_SENT_TEMPORARY,
                                     .command_status = ESME_RTHROTTLED,
                                     .is_slow_down = true,
                                     .message_id = ""};

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_owe(f, 2, 1, "6281200000001", "two");
    outbox_rig_owe(f, 1, 1, "6281200000002", "other");
    f->sends[0].fn(f->sends[0].arg, &slower);
    outbox_drain(f->outbox);
    assert_int_equal(outbox_under_way(f->outbox), 1);
    f->sends[1].fn(f->sends[1].arg, &slower);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->left, 3);
    assert_int_equal(f->settles, 0);
}

static void one_at_a_time_in_order(void **state)
{
    struct outbox_rig *f = *state;

    outbox_rig_owe(f, 2, 1, "6281200000001", "second");
    outbox_rig_owe(f, 3, 1, "6281200000001", "third");
    outbox_rig_owe(f, 1, 1, "6281200000002", "other");
    assert_int_equal(f->send_count, 2);
    assert_string_equal(f->sends[0].text, "second");
    assert_string_equal(f->sends[1].text, "other");
    outbox_rig_end_send(f, 0, TURN_SENT_OK);
    outbox_rig_end_touch(f, 1);
    assert_int_equal(f->send_count, 3);
    assert_string_equal(f->sends[2].text, "third");
}

/* What is in hand for long is kept; what another has taken meanwhile is left to it. */
static void entries_in_hand_are_touched(void **state)
{
    struct outbox_rig *f = *state;

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_pass(f, 14999);
    assert_int_equal(f->touches, 0);
    outbox_rig_pass(f, 15001);
    assert_int_equal(f->touches, 1);
    assert_int_equal(f->touched_ms, 1);
    outbox_rig_end_touch(f, 1);
    outbox_rig_pass(f, 15000);
    assert_int_equal(f->touches, 2);
    assert_int_equal(f->touched_ms, 1);
    f->has_left = true;
    outbox_rig_end_touch(f, 0); /* too late to take it back: its outcome decides */
    assert_int_equal(outbox_under_way(f->outbox), 1);
    outbox_rig_pass(f, 15000);
    f->has_left = false;
    outbox_rig_end_touch(f, 0);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->left, 1);
    assert_int_equal(f->settles, 0);
}

/* The one that waits was taken by another gateway: the one being sent is not touched by that. */
static void what_waits_is_given_back_alone(void **state)
{
    struct outbox_rig *f = *state;

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_owe(f, 2, 1, "6281200000001", "two");
    outbox_rig_pass(f, 15001);
    assert_int_equal(f->touches, 2);
    outbox_rig_end_touch(f, 0); /* of the second */
    assert_int_equal(outbox_under_way(f->outbox), 1);
    assert_int_equal(f->left, 1);
    outbox_rig_end_send(f, 0, TURN_SENT_OK);
    assert_int_equal(f->settles, 1);
    outbox_rig_end_settle(f, STORE_OK);
    assert_int_equal(outbox_under_way(f->outbox), 0);
}

/* Its subscriber was erased while it waited: for the phone to take it, or for the one before. */
static void what_is_owed_no_more_does_not_leave(void **state)
{
    struct outbox_rig *f = *state;
    const struct turn_sent slower = {.kind = TURN_SENT_TEMPORARY,
                                     .command_status = ESME_RMSGQFUL,
                                     .is_slow_down = true,
                                     .message_id = ""};

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    f->sends[0].fn(f->sends[0].arg, &slower);
    outbox_rig_pass(f, 1000);
    assert_int_equal(f->touches, 1);
    outbox_rig_end_touch(f, 0);
    assert_int_equal(f->send_count, 1);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->left_kind, TURN_SENT_NOT);
    outbox_rig_owe(f, 2, 1, "6281200000001", "two");
    outbox_rig_owe(f, 3, 1, "6281200000001", "three");
    outbox_rig_end_send(f, 1, TURN_SENT_OK);
    outbox_rig_end_settle(f, STORE_OK);
    outbox_rig_end_touch(f, 0);
    assert_int_equal(f->send_count, 2);
    assert_int_equal(outbox_under_way(f->outbox), 0);
}

/* Whether it is still owed cannot be told: the sweep brings it when the store is back. */
static void what_cannot_be_asked_for_is_given_back(void **state)
{
    struct outbox_rig *f = *state;

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_owe(f, 2, 1, "6281200000001", "two");
    outbox_rig_end_send(f, 0, TURN_SENT_OK);
    outbox_rig_end_settle(f, STORE_OK);
    f->touch_fn(f->touch_arg, &(struct store_reply){.result = STORE_UNKNOWN, .number = 1});
    assert_int_equal(f->send_count, 1);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->settles, 1);
}

/* What was asked before it had waited enough may tell of before the erasure. An older one that a
 * sweep brings meanwhile goes first, and is asked for by itself. */
static void each_that_waited_is_asked_for(void **state)
{
    struct outbox_rig *f = *state;

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_owe(f, 3, 1, "6281200000001", "three");
    outbox_rig_pass(f, 15001);
    assert_int_equal(f->touches, 2);
    outbox_rig_end_send(f, 0, TURN_SENT_OK);
    outbox_rig_end_settle(f, STORE_OK);
    assert_int_equal(f->touches, 3);
    assert_int_equal(f->send_count, 1);
    outbox_rig_owe(f, 2, 2, "6281200000001", "two");
    assert_int_equal(f->touches, 4);
    outbox_rig_end_touch(f, 1);
    assert_int_equal(f->send_count, 2);
    assert_string_equal(f->sends[1].text, "two");
    outbox_rig_end_send(f, 1, TURN_SENT_OK);
    assert_int_equal(f->send_count, 2);
}

/* Nobody waits for the answer about one that ran out meanwhile. */
static void one_asked_for_may_expire(void **state)
{
    struct outbox_rig *f = *state;

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_owe(f, 2, 1, "6281200000001", "two");
    outbox_rig_end_send(f, 0, TURN_SENT_OK);
    outbox_rig_end_settle(f, STORE_OK);
    f->wall_ms += 1000;
    outbox_rig_owe(f, 3, 1, "6281200000001", "three");
    assert_int_equal(f->end, STORE_END_EXPIRED);
    outbox_rig_end_touch(f, 0);
    assert_int_equal(f->send_count, 1);
}

/* A sweep brings an older one back while a newer is on its way: it must neither overtake nor be
 * forgotten twice when that fails. */
static void an_older_one_waits_behind_what_is_being_sent(void **state)
{
    struct outbox_rig *f = *state;

    outbox_rig_owe(f, 2, 1, "6281200000001", "newer");
    outbox_rig_owe(f, 1, 2, "6281200000001", "older");
    assert_int_equal(f->send_count, 1);
    outbox_rig_end_send(f, 0, TURN_SENT_TEMPORARY);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->left, 2);
    outbox_rig_owe(f, 2, 2, "6281200000001", "newer");
    outbox_rig_owe(f, 1, 3, "6281200000001", "older");
    outbox_rig_end_send(f, 1, TURN_SENT_OK);
    outbox_rig_end_touch(f, 1);
    assert_int_equal(f->send_count, 3);
    assert_string_equal(f->sends[2].text, "older");
    outbox_rig_end_settle(f, STORE_OK);
    outbox_rig_end_send(f, 2, TURN_SENT_OK);
    outbox_rig_end_settle(f, STORE_OK);
    assert_int_equal(outbox_under_way(f->outbox), 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, outbox_rig_set_up, outbox_rig_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_throttled_one_is_tried_again_later),
        CASE(what_waits_for_later_keeps_its_place),
        CASE(a_drain_waits_for_no_throttled_one),
        CASE(one_at_a_time_in_order),
        CASE(entries_in_hand_are_touched),
        CASE(what_waits_is_given_back_alone),
        CASE(what_is_owed_no_more_does_not_leave),
        CASE(what_cannot_be_asked_for_is_given_back),
        CASE(each_that_waited_is_asked_for),
        CASE(one_asked_for_may_expire),
        CASE(an_older_one_waits_behind_what_is_being_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
