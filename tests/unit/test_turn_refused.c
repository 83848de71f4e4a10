/* Copies behind a screen that is refused, or whose answer is not known to be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

static struct turn_rig_phone *const phone = turn_rig.phones;

static void slow_commit(unsigned there_ms, unsigned back_ms)
{
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = there_ms, .back_ms = back_ms});
}

static void refuse_with_a_copy_behind(enum turn_sent_kind copy_ends)
{
    struct dialect_input answer;

    turn_rig_dial(0, "*384*1*1#");
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    turn_rig.show_ms = 1000;
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_deliver(&answer);
    turn_rig_pass(500);
    turn_rig.show_ends = copy_ends;
    turn_rig_deliver(&answer);
    turn_rig_pass(3000);
    assert_int_equal(turn_rig_counters()->replays, 1);
}

/* The copy waits for that screen's outcome: it is answered in the dialogue, as its screen was
 * taken. */
static void test_the_copy_of_a_refused_step_goes_on(void **state)
{
    (void)state;
    refuse_with_a_copy_behind(TURN_SENT_OK);
    turn_rig_assert_begins(phone->screen, "Langkah 2/9");
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Langkah 3/9");
}

/* ... or ends it as the first one would have: what nobody sees would be in the way of a push. */
static void test_a_step_that_is_refused_twice_ends(void **state)
{
    (void)state;
    refuse_with_a_copy_behind(TURN_SENT_PERMANENT);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(5000);
    assert_true(phone->was_pushed);
    assert_int_equal(turn_rig_owed(), 0);
}

/* Two screens are refused at a time, while the copy of the first waits behind an SMS. */
static void test_a_copy_inherits_for_good(void **state)
{
    struct dialect_input answer, next = turn_rig_input(0, DIALECT_ANSWER, "*384#", "0");
    struct dialect_input sms = turn_rig_input(0, DIALECT_SMS, "384", "STATUS");

    (void)state;
    turn_rig_dial(0, "*384*1*1#");
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    turn_rig.show_ms = 1000;
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_deliver(&answer);
    turn_rig_pass(20);
    turn_rig_deliver(&next);
    turn_rig_pass(500);
    slow_commit(0, 1000);
    turn_rig_deliver(&sms);
    turn_rig_deliver(&answer);
    turn_rig_pass(4000);
    assert_int_equal(turn_rig_counters()->replays, 1);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(5000);
    assert_true(phone->was_pushed);
}

/* The copy of the record was dropped, for one was read that nobody wrote, and is there again. */
static void test_a_throttled_screen_comes_again(void **state)
{
    struct dialect_input answer, end = turn_rig_input(0, DIALECT_ABORT, "*384#", "");

    (void)state;
    turn_rig_dial(0, "*384*1*1#");
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    turn_rig.show_ms = 100;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig_deliver(&answer);
    turn_rig_pass(50);
    end.session.size = 1; /* of another dialogue */
    turn_rig_deliver(&end);
    turn_rig_pass(100);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_sms(0, "STATUS");
    turn_rig_pass(1000);
    turn_rig_assert_begins(phone->screen, "Langkah 2/9");
    assert_int_equal(turn_rig.shows_again, 1);
    assert_int_equal(turn_rig_counters()->failed_screens, 0);
}

/* Which shows nothing, and holds nothing. */
static void test_a_late_copy_takes_no_hold(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    struct dialect_input answer;

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    dials.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&dials);
    turn_rig_settle();
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    answer.session = (struct dialect_session){.size = 1, .octets = {7}, .unit = 1};
    turn_rig.show_ms = 1000;
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_deliver(&answer);
    turn_rig_pass(500);
    turn_rig_deliver(&dials);
    turn_rig_pass(3000);
    assert_int_equal(turn_rig_counters()->replays, 1);
    assert_int_equal(turn_rig.shows, 2);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(5000);
    assert_true(phone->was_pushed);
}

/* One at a time, whatever comes meanwhile: a refusal, or the end of the wait for the word. */
static void test_nothing_begins_beside_what_is_at_work(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*1#");
    struct dialect_input other = turn_rig_input(0, DIALECT_SMS, "384", "STATUS");
    struct dialect_input another = turn_rig_input(0, DIALECT_SMS, "384", "BANTUAN");

    for (unsigned i = 0; i < 2; i++) {
        turn_rig.show_ms = 1200;
        turn_rig.show_ends = i == 0 ? TURN_SENT_PERMANENT : TURN_SENT_OK;
        turn_rig.is_pair = turn_rig.is_unread = i == 1;
        turn_rig_deliver(&dials);
        turn_rig_pass(i == 0 ? 1000 : 2300);
        slow_commit(0, 500);
        turn_rig_deliver(&other);
        turn_rig_deliver(&another);
        turn_rig_pass(2000);
        assert_int_equal(turn_rig_counters()->steps, i == 0 ? 4 : 3);
        assert_int_equal(phone->sms_count, 2);
        turn_rig_pass(6000);
        turn_rig_teardown(state);
        turn_rig_setup(state);
    }
}

/* Though the word that the one before was read has been waited for in vain. */
static void test_the_next_screen_is_waited_for_too(void **state)
{
    struct dialect_input answer;

    (void)state;
    turn_rig.is_pair = turn_rig.is_unread = true;
    turn_rig_dial(0, "*384*1*1#");
    turn_rig_pass(6000);
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    turn_rig.show_ms = 1000;
    turn_rig_deliver(&answer);
    turn_rig_pass(100);
    turn_rig_deliver(&answer);
    turn_rig_pass(700);
    assert_int_equal(turn_rig_counters()->replays, 0);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig_counters()->replays, 1);
    turn_rig_pass(6000);
}

/* A centre that responds to screens behind the window, by one bind: nobody gets beyond the second
 * "1" there, and nothing else tells why. */
static void test_a_response_behind_the_window_is_told(void **state)
{
    (void)state;
    for (unsigned late = 0; late < 2; late++) {
        turn_rig.show_ms = late == 0 ? 4900 : 5100;
        turn_rig_dial(0, "*384#");
        turn_rig_pass(6000);
        assert_int_equal(turn_rig_counters()->answers_unread, late);
    }
}

#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_RIG(test_the_copy_of_a_refused_step_goes_on),
        ON_RIG(test_a_step_that_is_refused_twice_ends),
        ON_RIG(test_a_copy_inherits_for_good),
        ON_RIG(test_a_throttled_screen_comes_again),
        ON_RIG(test_a_late_copy_takes_no_hold),
        ON_RIG(test_nothing_begins_beside_what_is_at_work),
        ON_RIG(test_the_next_screen_is_waited_for_too),
        ON_RIG(test_a_response_behind_the_window_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
