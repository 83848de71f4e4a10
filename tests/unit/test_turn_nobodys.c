/* A late copy of which another turn holds the reply, and shows it no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

static struct turn_rig_phone *const phone = turn_rig.phones;

static void next_is_slow(enum store_memory_call call, unsigned back_ms)
{
    store_memory_set_next(
        turn_rig.store, call,
        (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = back_ms});
}

/* One gateway has stored the step, and its screen found no room. The copy is late with another, and
 * the text that asks to wait ends so, after so long. */
static struct dialect_input come_late(enum turn_sent_kind ends, bool is_queued, unsigned show_ms)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    turn_rig.traits.reply_limit_ms = 2000;
    turn_rig.show_ends = TURN_SENT_NOT;
    turn_rig_deliver(&input);
    turn_rig_settle();
    turn_rig_change_gateway();
    turn_rig.show_ends = ends;
    turn_rig.is_queued = is_queued;
    turn_rig.show_ms = show_ms;
    turn_rig.answers = turn_rig.refusals = 0;
    next_is_slow(STORE_MEMORY_LOAD, 1560);
    turn_rig_deliver(&input);
    turn_rig_pass(1540);
    next_is_slow(STORE_MEMORY_COMMIT, 300);
    turn_rig_pass(1000);
    assert_int_equal(turn_rig_counters()->late_answers, 1);
    assert_int_equal(turn_rig.answers, 1);
    return input;
}

/* It is given back, and comes again. */
static void comes_again(enum turn_sent_kind ends, bool is_queued, unsigned show_ms)
{
    struct dialect_input input = come_late(ends, is_queued, show_ms);

    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    turn_rig.is_queued = false;
    turn_rig.show_ms = 1;
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_deliver(&input);
    turn_rig_settle();
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
    assert_int_equal(turn_rig.answers, 2);
    assert_int_equal(turn_rig.refusals, 1);
}

static void test_the_wait_text_waits_still(void **state)
{
    (void)state;
    comes_again(TURN_SENT_OK, true, 5000);
}

static void test_the_wait_text_found_no_room(void **state)
{
    (void)state;
    comes_again(TURN_SENT_NOT, false, 100);
}

/* It is on its way with a transmitter that is gone: not known to be on the phone. */
static void test_the_wait_text_may_be_lost(void **state)
{
    (void)state;
    comes_again(TURN_SENT_UNKNOWN, false, 100);
}

/* It is given back before the response says "slower". */
static void test_the_wait_text_is_throttled(void **state)
{
    (void)state;
    comes_again(TURN_SENT_TEMPORARY, false, 500);
}

/* The phone has it, and what it tells of is left to who holds that: a screen behind it would meet a
 * dialogue that has ended. */
static void test_the_wait_text_was_taken(void **state)
{
    (void)state;
    (void)come_late(TURN_SENT_OK, false, 100);
    assert_int_equal(turn_rig.refusals, 0);
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_the_wait_text_waits_still), ON_RIG(test_the_wait_text_found_no_room),
        ON_RIG(test_the_wait_text_may_be_lost), ON_RIG(test_the_wait_text_is_throttled),
        ON_RIG(test_the_wait_text_was_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
