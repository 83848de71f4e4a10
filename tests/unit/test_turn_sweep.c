/* What gateways take over from the store, and what they learn by asking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

/* What is old by our clock is removed for good where the store agrees: not where it says nothing.
 */
static void test_a_sweep_that_fails_tells_nothing_of_the_clock(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        store_memory_set_next(turn_rig.store, STORE_MEMORY_SWEEP,
                              (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED});
        turn_rig_pass(10);
    }
    assert_false(turn_clock_agrees(turn_rig.engine));
    turn_rig_pass(2000);
    assert_true(turn_clock_agrees(turn_rig.engine));
}

static void move_to_last_bucket(char msisdn[static 24])
{
    for (unsigned i = 100; store_bucket(turn_rig.store, msisdn) != TURN_RIG_BUCKETS - 1; i++)
        snprintf(msisdn, 24, "6281300000%u", i);
}

/* More would wait here, where another gateway may have room. */
static void test_no_more_is_taken_than_there_is_room_for(void **state)
{
    (void)state;
    move_to_last_bucket(turn_rig.phones[0].msisdn);
    turn_rig.settings.sweep_ms = 50; /* all buckets at a time */
    turn_rig_restart();
    turn_rig.sms_room = TURN_RIG_BUCKETS;
    turn_rig.show_ms = 1000;
    for (unsigned i = 0; i < 4; i++)
        turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(60);
    assert_int_equal(turn_live(turn_rig.engine), 1);
    turn_rig.sms_room = 0;
    turn_rig_pass(5000);
}

/* It does not go to the same buckets each round. */
static void test_little_room_comes_to_each_bucket(void **state)
{
    (void)state;
    move_to_last_bucket(turn_rig.phones[0].msisdn);
    turn_rig.settings.sweep_ms = 200; /* four at a time */
    turn_rig_restart();
    turn_rig.sms_room = 1;
    turn_rig.phones[0].screen[0] = '\0';
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(4000);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "#TerusUsaha");
}

/* One bucket that is asked again and again, as nobody here can send what it has, tells nothing of
 * the others. */
static void test_a_sweep_again_tells_nothing_of_other_buckets(void **state)
{
    (void)state;
    turn_rig.sms_ends = TURN_SENT_TEMPORARY;
    for (unsigned i = 0; i < 12; i++)
        (void)turn_rig_sms(0, "STATUS");
    turn_rig.unreached = turn_rig.phones[0].msisdn;
    turn_rig.sms_room = 1;
    turn_rig.wall_ms += 60000;
    turn_rig_restart();
    turn_rig_pass(800);
    assert_false(turn_clock_agrees(turn_rig.engine));
    turn_rig_pass(1000);
    assert_true(turn_clock_agrees(turn_rig.engine));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_a_sweep_that_fails_tells_nothing_of_the_clock),
                                       TEST(test_a_sweep_again_tells_nothing_of_other_buckets),
                                       TEST(test_no_more_is_taken_than_there_is_room_for),
                                       TEST(test_little_room_comes_to_each_bucket)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
