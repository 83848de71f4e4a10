/* Texts that end a dialogue and are in no record, busy and "please wait": until when they may
 * leave.
 */
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
        ON_RIG(test_wait_leaves_with_the_window),
        ON_RIG(test_a_tight_limit_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
