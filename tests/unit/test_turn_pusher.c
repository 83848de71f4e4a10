/* A push in a gateway's hand: what is not taken is tried again, by whom it may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

static const struct turn_rig_phone *const phone = turn_rig.phones;

/* It is known here until the store has forgotten it: else it would be owed as long as this gateway
 * runs. */
static void test_an_end_that_is_not_stored_is_stored_again(void **state)
{
    static const struct store_memory_fate gone = {.kind = STORE_MEMORY_REFUSED};

    (void)state;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SETTLE, gone);
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(1300);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 1);
    turn_rig_pass(1500);
    assert_int_equal(turn_rig_owed(), 0);
    assert_int_equal(phone->screen_count, 1);
}

/* There is a link for it, and that takes nothing. */
static void test_what_no_link_takes_is_tried_again(void **state)
{
    (void)state;
    turn_rig.has_push_link = false;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(1500);
    turn_rig.has_push_link = true;
    turn_rig.has_link = false;
    turn_rig_pass(2000);
    turn_rig.has_link = true;
    assert_int_equal(turn_rig.shows, 1);
    turn_rig_pass(2000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

/* What is typed then is no answer to it. */
static void test_what_was_never_taken_is_closed_at_its_end(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig_owe_push(0, "MAIN", 4000);
    turn_rig_pass(10000);
    assert_int_equal(turn_rig_counters()->pushes_expired, 1);
    assert_int_equal(turn_rig_owed(), 0);
    turn_rig_pass(200000);
    assert_int_equal(turn_rig.record_count, 0); /* no dialogue began */
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "Tabik pun!");
}

/* Its centre takes its time: who has told the store so tries again at once. */
static void test_what_is_kept_in_hand_stays_ours(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig.show_ms = 14000;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(15500);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig.show_ms = 1;
    turn_rig_pass(2000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

/* The first may be on the phone, and be what is in the way. */
static void test_a_refusal_says_nothing_of_the_try_before(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_pass(20000);
    assert_int_equal(turn_rig_counters()->push_failures, 1);
    assert_int_equal(turn_rig_owed(), 0);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "Untuk mendaftar");
}

/* Earlier tries only waited, and of the step itself there was no word at first. */
static void test_a_refusal_of_what_was_stored_unheard(void **state)
{
    (void)state;
    turn_rig.has_push_link = false;
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(25000);
    turn_rig.has_push_link = true;
    turn_rig.push_commit_lost_ms = 100;
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_pass(25000);
    assert_int_equal(turn_rig_counters()->unknown_commits, 1);
    assert_int_equal(turn_rig_counters()->push_failures, 1);
    assert_int_equal(turn_rig_owed(), 0);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "Tabik pun!");
}

/* Its subscriber has hung up: then it was seen. */
static void test_what_was_left_is_not_shown_again(void **state)
{
    struct dialect_input abort = turn_rig_input(0, DIALECT_ABORT, "*384#", "");

    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_deliver(&abort);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(25000);
    assert_int_equal(phone->screen_count, 0);
    assert_int_equal(turn_rig_owed(), 0);
}

/* To the one that takes it over the centre has another name. */
static void test_what_was_left_by_another_name_is_shown(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig.shows, 1);
    turn_rig_restart();
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig.push_link = "op2";
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "Untuk mendaftar");
}

/* It may be on the phone: answered there, it would be by another centre's record. */
static void test_what_was_left_stays_with_its_centre(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_restart();
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig.push_link = "op2";
    turn_rig.is_elsewhere = true;
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 0);
    turn_rig.push_link = NULL;
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "Untuk mendaftar");
    turn_rig_pass(40000);
    assert_int_equal(turn_rig_owed(), 0);
}

/* Who is registered is known, though his last dialogue is not any more. */
static void test_who_has_no_session_is_pushed_to(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#");
    turn_rig_end_session(0);
    turn_rig_restart();
    turn_rig.has_push_link = false;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig.has_push_link = true;
    turn_rig_pass(4000);
    assert_true(phone->was_pushed);
    assert_int_equal(turn_rig_owed(), 0);
}

/* This gateway has a copy of what was erased before the push was asked for. */
static void test_who_was_erased_before_is_pushed_to(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384*1*2#"); /* leads to an end */
    turn_rig_erase_all(0);
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(30000);
    assert_true(phone->was_pushed);
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(turn_rig_owed(), 0);
}

static void dial_late(const char *dialled)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", dialled);

    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 7000});
    turn_rig_deliver(&dials);
    turn_rig_pass(6500);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    turn_rig.show_ends = TURN_SENT_PERMANENT;
}

/* What is typed then is no answer to a question that the phone has not, pushed in vain or not at
 * all. */
static void test_what_goes_by_sms_asks_nothing(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        turn_rig.has_push_link = i == 0;
        dial_late("*384#");
        turn_rig_pass(3000);
        turn_rig.show_ends = TURN_SENT_OK;
        assert_int_equal(phone->sms_count, 1);
        turn_rig_assert_begins(i == 0 ? turn_rig_answer("ab", "1") : turn_rig_type(0, "1"),
                               "Tabik pun!");
        turn_rig_teardown(state);
        turn_rig_setup(state);
    }
}

static void test_who_is_erased_is_told_nothing(void **state)
{
    static const char *const dialled[] = {"*384#", "*384*1*2#"}; /* to a question, to an end */

    for (unsigned i = 0; i < 2; i++) {
        struct store_reply reply;

        dial_late(dialled[i]);
        turn_rig.show_ms = 2000;
        turn_rig_pass(1000);
        turn_rig_erase_all(0);
        turn_rig_pass(3000);
        assert_int_equal(turn_live(turn_rig.engine), 0);
        assert_int_equal(phone->sms_count, 0);
        memory_data_load(turn_rig.data, phone->msisdn, &reply);
        assert_int_equal(reply.subscriber.session.version, 0);
        turn_rig_teardown(state);
        turn_rig_setup(state);
    }
}

/* The push was in vain, and meanwhile the subscriber has dialled: the question is out of place, and
 * a text that asks to dial is, too. */
static void test_who_has_dialled_is_not_asked_to(void **state)
{
    (void)state;
    dial_late("*384#");
    turn_rig.show_ms = 2000;
    turn_rig_pass(1000);
    turn_rig.show_ms = 1;
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_assert_begins(turn_rig_dial(0, "*384*1#"), "Untuk mendaftar");
    turn_rig_pass(3000);
    assert_int_equal(phone->sms_count, 0);
    assert_int_equal(turn_rig_owed(), 0);
}

/* A dial waits for the turn of a result, or of a push: either is told all the same, as nothing in
 * it is asked that the dial takes the place of. */
static void test_a_dial_takes_no_result_away(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1#");

    (void)state;
    dial_late("*384*1*2#");
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig.push_commit_lost_ms = 300;
    turn_rig_pass(600);
    turn_rig_deliver(&dials);
    turn_rig_pass(1000);
    assert_int_equal(turn_rig_counters()->pushes + turn_rig_counters()->sms_sent, 1);
    turn_rig_assert_begins(phone->screen, "Untuk mendaftar");
    assert_int_equal(turn_rig_owed(), 0);
}

/* Another push that waits behind the question is no dial. */
static void test_a_push_overtakes_no_question(void **state)
{
    (void)state;
    dial_late("*384#");
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig.push_commit_lost_ms = 900;
    turn_rig_owe_push(0, "BANTUAN", 5000);
    turn_rig_pass(2000);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
    assert_true(phone->was_pushed);
    turn_rig_pass(8000);
}

/* However many are owed. */
static void test_no_more_are_in_hand_than_turns(void **state)
{
    (void)state;
    turn_rig.settings.turns_max = 1;
    turn_rig_restart();
    turn_rig.show_ms = 3000;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_owe_push(1, "MAIN", 60000);
    turn_rig_pass(2500);
    assert_int_equal(turn_rig.shows, 1);
    turn_rig_pass(30000); /* the other is a sweep's again */
    assert_int_equal(turn_rig.shows, 2);
}

/* The network may have it still: nobody waits for the answer any more, and the next one is shown at
 * once. */
static void test_what_is_over_is_in_nobodys_way(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_owe_push(0, "MAIN", 4000);
    turn_rig_pass(25000);
    assert_int_equal(turn_rig_counters()->pushes_expired, 1);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_owe_push(0, "BANTUAN", 60000);
    turn_rig_pass(3000);
    assert_int_equal(turn_rig_counters()->pushes, 1);
}

/* Who has dialled before the response to the push that names its dialogue is in his own. */
static void test_a_name_that_comes_late_is_no_others(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1#");

    (void)state;
    dials.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig.names_pushes = true;
    turn_rig.show_ms = 3000;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig.show_ms = 1;
    turn_rig_deliver(&dials);
    turn_rig_pass(3000);
    assert_int_equal(turn_rig_owed(), 0);
    turn_rig_assert_begins(turn_rig_answer("\a", "1"), "Langkah 1/9");
}

/* He has hung up, at another gateway: the question would lead nowhere. */
static void test_what_was_left_is_not_told_late(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    struct dialect_input abort = turn_rig_input(0, DIALECT_ABORT, "*384#", "");

    (void)state;
    dials.session = abort.session = (struct dialect_session){.size = 1, .octets = {7}};
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 7000});
    turn_rig_deliver(&dials);
    turn_rig_pass(6500);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    turn_rig_change_gateway();
    turn_rig_deliver(&abort);
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(phone->sms_count, 0);
    assert_int_equal(turn_rig_owed(), 0);
}

/* Its text is for the link that it leaves by, which no input names: cut to that one's pages, with
 * the code to dial there. */
static void test_a_push_is_written_for_its_link(void **state)
{
    (void)state;
    turn_rig.traits.limits.gsm_septets = 100;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_assert_begins(phone->screen, "#TerusUsaha Lampung");
    assert_true(strlen(phone->screen) <= 100);
    turn_rig.traits.limits.gsm_septets = 182;
    turn_rig_owe_push(1, "CONSENT_NO", 60000);
    turn_rig_pass(2000);
    assert_non_null(strstr(phone[1].screen, "tekan *384#."));
}

/* The network's clock of a dialogue runs from the try that began it: the next push waits for it. */
static void test_a_dialogue_begins_with_the_try_that_is_shown(void **state)
{
    (void)state;
    turn_rig.traits.session_max_s = 40;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(30000);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 1);
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "Untuk mendaftar");
    turn_rig_owe_push(0, "BANTUAN", 100000);
    turn_rig_pass(10000);
    assert_int_equal(phone->screen_count, 2);
    turn_rig_pass(40000);
    assert_int_equal(phone->screen_count, 3);
}

/* By this gateway's copy it is in a dialogue, which another has ended. */
static void test_who_has_hung_up_elsewhere_is_pushed_to(void **state)
{
    struct dialect_input abort = turn_rig_input(0, DIALECT_ABORT, "*384#", "");

    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_change_gateway();
    turn_rig_deliver(&abort);
    turn_rig_settle();
    store_memory_set_ready(turn_rig.store, false);
    turn_rig_change_gateway();
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(3000);
    assert_true(phone->was_pushed);
    assert_int_equal(turn_rig_owed(), 0);
}

/* Cut off from the store, while its centre takes its time, a gateway loses the push to another,
 * which shows it: the refusal that comes then is not of that one. */
static void test_a_refusal_of_what_was_lost_ends_nothing(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig.show_ms = 30000;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig.shows, 1);
    store_memory_set_ready(turn_rig.store, false);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig.show_ms = 1;
    turn_rig_change_gateway();
    turn_rig_pass(25000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
    turn_rig_change_gateway();
    store_memory_set_ready(turn_rig.store, true);
    turn_rig_pass(10000);
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "Untuk mendaftar");
}

static void test_a_clock_that_runs_ahead_ends_nothing(void **state)
{
    (void)state;
    turn_rig.has_push_link = false;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(1500);
    turn_rig.ahead_ms = 2 * 3600000;
    turn_rig_pass(3000);
    assert_int_equal(turn_rig_counters()->pushes_expired, 0);
    assert_int_equal(turn_rig_owed(), 1);
    turn_rig.ahead_ms = 0;
    turn_rig.has_push_link = true;
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 1);
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_an_end_that_is_not_stored_is_stored_again),
        ON_RIG(test_what_no_link_takes_is_tried_again),
        ON_RIG(test_what_was_never_taken_is_closed_at_its_end),
        ON_RIG(test_what_is_kept_in_hand_stays_ours),
        ON_RIG(test_a_refusal_says_nothing_of_the_try_before),
        ON_RIG(test_a_refusal_of_what_was_stored_unheard),
        ON_RIG(test_what_was_left_is_not_shown_again),
        ON_RIG(test_what_was_left_by_another_name_is_shown),
        ON_RIG(test_what_was_left_stays_with_its_centre),
        ON_RIG(test_who_has_no_session_is_pushed_to),
        ON_RIG(test_who_was_erased_before_is_pushed_to),
        ON_RIG(test_what_goes_by_sms_asks_nothing),
        ON_RIG(test_who_is_erased_is_told_nothing),
        ON_RIG(test_who_has_dialled_is_not_asked_to),
        ON_RIG(test_a_dial_takes_no_result_away),
        ON_RIG(test_a_push_overtakes_no_question),
        ON_RIG(test_no_more_are_in_hand_than_turns),
        ON_RIG(test_what_is_over_is_in_nobodys_way),
        ON_RIG(test_a_name_that_comes_late_is_no_others),
        ON_RIG(test_what_was_left_is_not_told_late),
        ON_RIG(test_a_push_is_written_for_its_link),
        ON_RIG(test_a_dialogue_begins_with_the_try_that_is_shown),
        ON_RIG(test_who_has_hung_up_elsewhere_is_pushed_to),
        ON_RIG(test_a_refusal_of_what_was_lost_ends_nothing),
        ON_RIG(test_a_clock_that_runs_ahead_ends_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
