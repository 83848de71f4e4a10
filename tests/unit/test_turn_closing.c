/* Texts that end a dialogue and are in no record, busy and "please wait": until when they may
 * leave. And what is tried twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

enum { WINDOW_MS = 5000, LAG_MS = 500 };

static const struct turn_rig_phone *const phone = &turn_rig.phones[0];

static void load_ends(enum store_memory_fate_kind kind, unsigned back_ms)
{
    store_memory_set_next(turn_rig.store, STORE_MEMORY_LOAD,
                          (struct store_memory_fate){.kind = kind, .back_ms = back_ms});
}

static uint64_t begin(void)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    turn_rig_deliver(&input);
    return turn_rig.timers.now_ms;
}

/* A bind that is throttled let it go when the dialogue was nine steps on, at another gateway. */
static void test_busy_leaves_inside_the_window(void **state)
{
    uint64_t arrived_ms;

    (void)state;
    load_ends(STORE_MEMORY_REFUSED, 2000);
    arrived_ms = begin();
    turn_rig_pass(2100);
    turn_rig_assert_begins(phone->screen, "Maaf, layanan sedang sibuk.");
    assert_int_equal(turn_rig.show_by_ms, arrived_ms + WINDOW_MS);
    assert_int_equal(turn_rig.refusals, 1);
    turn_rig_assert_begins(turn_rig_dial(0, "*384#"), "Tabik pun!");
    assert_int_equal(turn_rig.refusals, 1); /* the next one is taken */
}

/* A copy's dialogue is told to be busy; the screen of the first is not shown behind that, where the
 * text was throttled. */
static void test_busy_is_not_tried_again(void **state)
{
    struct dialect_input dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig_deliver(&dial);
    turn_rig_settle();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED});
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig_deliver(&dial);
    turn_rig_pass(1000);
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(turn_rig.shows, 2);
}

/* A screen that a throttled centre did not take is tried once more, and not behind its time. */
static void test_a_screen_is_tried_twice(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    begin();
    turn_rig_pass(5000);
    assert_int_equal(turn_rig.shows, 2);
    turn_rig.show_ms = 7800;
    begin();
    turn_rig_pass(10000);
    assert_int_equal(turn_rig.shows, 3);
}

/* Nor is it the screen of a dialogue that has begun meanwhile. */
static void test_the_second_try_is_of_the_same_screen(void **state)
{
    struct dialect_input dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    unsigned screens;

    (void)state;
    dial.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig_deliver(&dial);
    turn_rig_pass(100);
    turn_rig.show_ends = TURN_SENT_OK;
    dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1#");
    dial.session = (struct dialect_session){.size = 1, .octets = {8}};
    turn_rig_deliver(&dial);
    turn_rig_pass(100);
    screens = phone->screen_count;
    turn_rig_pass(2000);
    assert_int_equal(phone->screen_count, screens);
}

/* What a copy that waited for long is shown has a quarter of its time all the same. */
static void test_a_copy_that_waited_has_time_to_leave(void **state)
{
    struct dialect_input dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.traits.reply_limit_ms = 2000;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig.show_ms = 3000;
    turn_rig_deliver(&dial);
    turn_rig_pass(100);
    turn_rig_deliver(&dial);
    turn_rig_pass(3000);
    assert_int_equal(turn_rig.shows, 2);
    assert_in_range(turn_rig.show_by_ms, turn_rig.timers.now_ms + 300,
                    turn_rig.timers.now_ms + 500);
    turn_rig_pass(5000);
}

/* A centre that has refused a screen has not ended the dialogue: it waits for no acknowledgement.
 */
static void test_our_own_end_is_not_acknowledged(void **state)
{
    (void)state;
    turn_rig.traits.acks_abort = true;
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    begin();
    turn_rig_pass(1000);
    assert_int_equal(turn_rig.shows, 1);
}

/* Told to wait, and word of that comes when its turn is long over: it is not that of another. */
static void test_word_of_a_wait_text_comes_when_its_turn_is_over(void **state)
{
    struct dialect_input dial;

    (void)state;
    load_ends(STORE_MEMORY_REFUSED, 6000);
    turn_rig.show_ms = 12000;
    begin();
    turn_rig_pass(6100);
    assert_int_equal(turn_rig_counters()->late_answers, 1);
    turn_rig.show_ms = 1;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    load_ends(STORE_MEMORY_REFUSED, 12000);
    dial = turn_rig_input(1, DIALECT_BEGIN, "*384#", "*384#");
    turn_rig_deliver(&dial);
    turn_rig_pass(13000);
    assert_int_equal(turn_rig_counters()->late_answers, 2);
    assert_int_equal(turn_rig.phones[1].sms_count, 0); /* nobody knows that this one was told */
}

static void test_wait_leaves_with_the_window(void **state)
{
    uint64_t arrived_ms;

    (void)state;
    load_ends(STORE_MEMORY_DONE, 5200);
    arrived_ms = begin();
    turn_rig_pass(5100);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    assert_int_equal(turn_rig.show_by_ms, arrived_ms + WINDOW_MS + LAG_MS);
    turn_rig_pass(1000);
}

/* A link that shows nothing later has its own. */
static void test_a_tight_limit_stays(void **state)
{
    uint64_t arrived_ms;

    (void)state;
    turn_rig.traits.reply_limit_ms = 3000;
    load_ends(STORE_MEMORY_REFUSED, 100);
    arrived_ms = begin();
    turn_rig_pass(200);
    turn_rig_assert_begins(phone->screen, "Maaf, layanan sedang sibuk.");
    assert_int_equal(turn_rig.show_by_ms, arrived_ms + 3000);
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_busy_leaves_inside_the_window),
        ON_RIG(test_busy_is_not_tried_again),
        ON_RIG(test_a_screen_is_tried_twice),
        ON_RIG(test_the_second_try_is_of_the_same_screen),
        ON_RIG(test_a_copy_that_waited_has_time_to_leave),
        ON_RIG(test_our_own_end_is_not_acknowledged),
        ON_RIG(test_word_of_a_wait_text_comes_when_its_turn_is_over),
        ON_RIG(test_wait_leaves_with_the_window),
        ON_RIG(test_a_tight_limit_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
