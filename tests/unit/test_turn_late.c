/* Late answers on a real engine: told to wait, then the result by itself, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

static struct turn_rig_phone *const phone = turn_rig.phones;

static const char wait_text[] = "Sedang diproses.";
static const char end[] = "*384*1*2#"; /* leads to an end, "Baik, data Anda tidak disimpan." */

/* The next request of that kind ends so, after so long. */
static void next_ends(enum store_memory_call call, enum store_memory_fate_kind kind,
                      unsigned there_ms, unsigned back_ms)
{
    store_memory_set_next(
        turn_rig.store, call,
        (struct store_memory_fate){.kind = kind, .there_ms = there_ms, .back_ms = back_ms});
}

static void slow_commit(unsigned back_ms)
{
    next_ends(STORE_MEMORY_COMMIT, STORE_MEMORY_DONE, 0, back_ms);
}

static void begin(const char *dialled)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", dialled);

    turn_rig_deliver(&input);
}

static void test_the_wait_text_then_the_question_by_push(void **state)
{
    (void)state;
    slow_commit(7000);
    begin("*384#");
    turn_rig_pass(4990);
    assert_int_equal(phone->screen_count, 0);
    turn_rig_pass(20); /* the answer window; three quarters of 8 seconds would be later */
    turn_rig_assert_begins(phone->screen, wait_text);
    assert_int_equal(phone->kind, DIALECT_END);
    assert_int_equal(turn_rig.answers, 0); /* nothing is known to be stored */
    turn_rig_pass(3000);
    assert_int_equal(turn_rig.answers, 1); /* too late to be taken: a copy will come, and be told */
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(phone->kind, DIALECT_PUSH);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
    assert_int_equal(turn_rig_owed(), 0);
    assert_int_equal(turn_rig_counters()->steps, 1);
    assert_int_equal(turn_rig_counters()->late_answers, 1);
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "#TerusUsaha Lampung");
    assert_true(phone->was_pushed);
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 3);
    assert_int_equal(phone->sms_count, 0);
}

static void test_the_links_limit_counts(void **state)
{
    (void)state;
    turn_rig.traits.reply_limit_ms = 2000;
    slow_commit(1400);
    begin("*384#");
    turn_rig_pass(3000);
    turn_rig_assert_begins(phone->screen, "Tabik pun!"); /* in time */
    assert_int_equal(phone->kind, DIALECT_ASK);
    slow_commit(1600);
    begin("*384#");
    turn_rig_pass(1550);
    turn_rig_assert_begins(phone->screen, wait_text);
    turn_rig_pass(2000);
    assert_int_equal(phone->kind, DIALECT_PUSH);
}

/* Late while it loads: one commit holds the step and what is owed. */
static void test_late_before_the_step(void **state)
{
    (void)state;
    turn_rig.traits.reply_limit_ms = 4000;
    next_ends(STORE_MEMORY_LOAD, STORE_MEMORY_DONE, 0, 4000);
    begin("*384#");
    turn_rig_pass(3500);
    turn_rig_assert_begins(phone->screen, wait_text);
    turn_rig_pass(2000);
    assert_int_equal(phone->kind, DIALECT_PUSH);
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(turn_rig_counters()->replays + turn_rig_counters()->steps, 1);
}

/* After the centre's own timer: the input may be elsewhere by now, and is not stepped any more. */
static void test_too_late_for_the_step(void **state)
{
    (void)state;
    next_ends(STORE_MEMORY_LOAD, STORE_MEMORY_DONE, 0, 7000);
    begin("*384#");
    turn_rig_pass(9000);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(turn_rig_counters()->steps, 0);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(phone->sms_count, 1);
    turn_rig_assert_begins(phone->sms[0], "Maaf, layanan sedang sibuk.");
}

static void on_gap(void *ctx, uint64_t gap_ms)
{
    (void)ctx;
    (void)gap_ms;
}

static void stand_still(unsigned ms)
{
    timer_queue_watch(&turn_rig.timers, 5500, on_gap, NULL);
    turn_rig.wall_ms += ms;
    timer_queue_run(&turn_rig.timers, turn_rig.timers.now_ms + ms);
}

/* Nor does anybody tell to wait behind the window: that would end what another gateway, which has
 * the copy, goes on with. */
static void test_no_wait_text_after_a_standstill(void **state)
{
    (void)state;
    next_ends(STORE_MEMORY_LOAD, STORE_MEMORY_DONE, 0, 7000);
    begin("*384#");
    turn_rig_pass(4000);
    stand_still(2000);
    turn_rig_pass(2000);
    next_ends(STORE_MEMORY_LOAD, STORE_MEMORY_DONE, 0, 7000);
    stand_still(2000);
    begin("*384#"); /* it may have come when the sleep began */
    turn_rig_pass(8000);
    assert_int_equal(turn_rig.refusals, 2);
    assert_int_equal(turn_rig_counters()->late_answers, 0);
    assert_int_equal(phone->screen_count + phone->sms_count, 0);
    next_ends(STORE_MEMORY_LOAD, STORE_MEMORY_REFUSED, 0, 3500);
    stand_still(2000);
    begin("*384#"); /* the busy text would end it as well */
    turn_rig_pass(4000);
    assert_int_equal(turn_rig.refusals, 3);
    assert_int_equal(phone->screen_count + phone->sms_count, 0);
    turn_rig.traits.reply_limit_ms = 2000; /* and within it as ever */
    next_ends(STORE_MEMORY_LOAD, STORE_MEMORY_DONE, 0, 2500);
    stand_still(2000);
    begin("*384#");
    turn_rig_pass(1600);
    turn_rig_assert_begins(phone->screen, wait_text);
    turn_rig_pass(2000);
}

/* Nor the busy text where others write the record all the time: another gateway has the dialogue,
 * and this was a copy. (Half-open connections: a dial ended what had gone on elsewhere.) */
static void test_no_busy_text_among_conflicts(void **state)
{
    (void)state;
    begin("*384#");
    turn_rig_pass(100);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
    next_ends(STORE_MEMORY_COMMIT, STORE_MEMORY_CONFLICTING, 0, 100);
    begin("*384*1#");
    for (unsigned i = 0; i < 3; i++) {
        next_ends(STORE_MEMORY_COMMIT, STORE_MEMORY_CONFLICTING, 0, 100);
        turn_rig_pass(100);
    }
    turn_rig_pass(100);
    assert_int_equal(turn_rig_counters()->conflicts, 4);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(phone->screen_count, 1);
}

/* The screen that ends a registration: by SMS where the centre does not push. */
static void test_else_by_sms(void **state)
{
    static const enum turn_sent_kind kinds[] = {TURN_SENT_PERMANENT, TURN_SENT_TEMPORARY,
                                                TURN_SENT_NOT};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        unsigned sms = phone->sms_count;

        slow_commit(7000);
        begin(end);
        turn_rig_pass(6500);
        turn_rig_assert_begins(phone->screen, wait_text);
        turn_rig.show_ends = kinds[i];
        turn_rig_pass(2000);
        turn_rig.show_ends = TURN_SENT_OK;
        turn_rig_pass(30000);
        assert_int_equal(phone->sms_count, sms + 1);
        turn_rig_assert_begins(phone->sms[sms], "Baik, data Anda");
        assert_int_equal(phone->screen_count, i + 1);
        assert_int_equal(turn_rig_owed(), 0);
    }
}

static void test_a_question_by_sms_says_where_to_dial(void **state)
{
    (void)state;
    turn_rig.has_push_link = false;
    slow_commit(7000);
    begin("*384#");
    turn_rig_pass(9000);
    assert_int_equal(phone->sms_count, 1);
    turn_rig_assert_begins(phone->sms[0], "Maaf, layanan sedang sibuk.");
    assert_int_equal(phone->screen_count, 1);
}

/* Once only: nothing is sent for a push that may have been shown. */
static void test_an_unknown_push_is_not_told_again(void **state)
{
    (void)state;
    slow_commit(7000);
    begin("*384#");
    turn_rig_pass(6500);
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_pass(2000);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(40000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(phone->sms_count, 0);
    assert_int_equal(turn_rig_owed(), 0);
    assert_int_equal(turn_rig_counters()->push_failures, 1);
}

/* The commit before it is shown: heard of late, it may be that of a gateway that took it over. */
static void test_what_may_be_anothers_is_not_told_again(void **state)
{
    static const struct {
        unsigned lost_ms, screens;
    } rows[] = {{500, 2}, {12000, 1}}; /* the wait text, and the result */

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        unsigned before = phone->screen_count;

        slow_commit(7000);
        begin("*384#");
        turn_rig.push_commit_lost_ms = rows[i].lost_ms;
        turn_rig_pass(40000);
        assert_int_equal(phone->screen_count - before, rows[i].screens);
        assert_int_equal(phone->sms_count, 0);
        assert_int_equal(turn_rig_owed(), 0);
    }
}

/* What is owed is ours from the write on, not from when it was heard of: 15 seconds after it
 * another gateway takes it over. */
static void test_what_was_written_long_ago_is_not_told_again(void **state)
{
    (void)state;
    turn_rig.traits.reply_limit_ms = 4000;
    next_ends(STORE_MEMORY_LOAD, STORE_MEMORY_DONE, 0, 4000);
    begin("*384#");
    slow_commit(7000);
    turn_rig.push_commit_lost_ms = 8500;
    turn_rig_pass(40000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(phone->sms_count, 0);
    assert_int_equal(turn_rig_owed(), 0);
}

/* The fall-back's own commit: not done, or done and not known. */
static void test_the_fall_back_is_once_only_too(void **state)
{
    static const enum store_memory_fate_kind kinds[] = {
        STORE_MEMORY_REFUSED, STORE_MEMORY_UNKNOWN_DONE, STORE_MEMORY_UNKNOWN_NOT};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        unsigned tried = turn_rig.shows + 2; /* the wait text, the push */

        slow_commit(7000);
        begin("*384#");
        turn_rig_pass(6500);
        turn_rig.show_ends = TURN_SENT_PERMANENT;
        while (turn_rig.shows < tried)
            turn_rig_pass(10);
        turn_rig.show_ends = TURN_SENT_OK;
        next_ends(STORE_MEMORY_COMMIT, kinds[i], 0, 0);
        turn_rig_pass(40000);
        assert_int_equal(phone->sms_count, i + 1);
        assert_int_equal(phone->screen_count, i + 1);
        assert_int_equal(turn_rig_owed(), 0);
    }
}

/* The centre sees no answer for long, and sends the input again. */
static void test_copies_of_a_late_input(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    slow_commit(30000);
    turn_rig_deliver(&input);
    turn_rig_pass(10000);
    turn_rig_deliver(&input);
    turn_rig_pass(17000);
    turn_rig_deliver(&input);                 /* in time for an answer, when the store is back */
    assert_int_equal(phone->screen_count, 1); /* told to wait once */
    turn_rig_pass(8000);
    turn_rig_deliver(&input);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig.answers, 4);
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(turn_rig_counters()->steps, 1);
}

static void test_a_dial_overtakes_the_result(void **state)
{
    (void)state;
    slow_commit(7000);
    begin("*384#");
    turn_rig_pass(6500);
    begin("*384#");
    turn_rig_pass(5000);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
    assert_int_equal(phone->kind, DIALECT_ASK);
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(phone->sms_count, 0);
    assert_int_equal(turn_rig_owed(), 0);
}

/* The dial comes when the question is about to be pushed, and waits for its turn to end. */
static void test_a_dial_overtakes_the_question(void **state)
{
    (void)state;
    slow_commit(7000);
    begin("*384#");
    turn_rig.push_commit_lost_ms = 500;
    turn_rig_pass(7100);
    begin("*384*1#");
    turn_rig_pass(3000);
    turn_rig_assert_begins(phone->screen, "Untuk mendaftar");
    assert_int_equal(phone->kind, DIALECT_ASK);
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 2); /* the wait text, the dial's */
    assert_int_equal(phone->sms_count, 0);
    assert_int_equal(turn_rig_owed(), 0);
}

/* The dialogue is open still: the result goes there. */
static void test_a_wait_text_that_was_not_shown(void **state)
{
    (void)state;
    turn_rig.traits.reply_limit_ms = 4000;
    slow_commit(4500);
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    begin("*384#");
    turn_rig_pass(3500);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(2000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(phone->kind, DIALECT_ASK);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 1);
}

/* Its input is acknowledged: no copy brings it back, and others have waited for less long. */
static void test_a_refused_screen_goes_before_others(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    begin("*384#");
    turn_rig_pass(300);
    assert_int_equal(turn_rig.shows, 1);
    assert_int_equal(turn_rig.shows_again, 0);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(500);
    assert_int_equal(turn_rig.shows, 2);
    assert_int_equal(turn_rig.shows_again, 1);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
}

/* Nor is there a way to say it: nobody was promised anything, and the result comes as ever. */
static void test_a_wait_text_without_a_link(void **state)
{
    (void)state;
    turn_rig.traits.reply_limit_ms = 4000;
    slow_commit(4500);
    turn_rig.has_link = false;
    begin("*384#");
    turn_rig_pass(3500);
    assert_int_equal(turn_rig_counters()->failed_screens, 1);
    turn_rig.has_link = true;
    turn_rig_pass(2000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(phone->kind, DIALECT_ASK);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

static void test_a_late_answer_outlives_its_gateway(void **state)
{
    (void)state;
    slow_commit(7000);
    begin(end);
    turn_rig_pass(6500);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig.has_link = false; /* nothing leaves any more */
    turn_rig_pass(490);
    turn_rig_restart();
    turn_rig.has_link = true;
    turn_rig_pass(40000);
    /* Whatever was committed when it died: at most one result came. */
    assert_true(phone->screen_count + phone->sms_count <= 2);
    assert_int_equal(turn_rig_owed(), 0);
}

/* --- a copy that another gateway answers meanwhile ------------------------------------------- */

#define NO  "2" /* to the consent: an end, "Baik, data Anda tidak disimpan." */
#define YES "1" /* a question */

/* Steps are: two copies of one may be under way. */
static int numbered(void **state)
{
    if (turn_rig_setup(state) != 0)
        return -1;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    return 0;
}

/* The store is slow for one of two gateways that have a copy; its screen is answered already. */
static void test_a_copy_does_not_show_what_was_answered(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    input.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&input);
    turn_rig_settle();
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    input.session = phone->session;
    turn_rig_change_gateway();
    turn_rig_deliver(&input);
    turn_rig_settle();
    phone->screen_count = 0;

    turn_rig_change_gateway();
    next_ends(STORE_MEMORY_COMMIT, STORE_MEMORY_DONE, 0, 600);
    turn_rig_deliver(&input);
    turn_rig_pass(100);
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    input.session = phone->session;
    turn_rig_deliver(&input);
    turn_rig_pass(1500);
    turn_rig_assert_begins(phone->screen, "Untuk mendaftar");
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_counters()->replays, 1);
}

/* An answer to the consent; told to wait after 1.5 s, which may get lost; what became of the commit
 * is heard of after 3 s. */
static struct dialect_input answer_late(const char *text, enum store_memory_fate_kind commit,
                                        enum turn_sent_kind wait_ends)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1#");

    turn_rig.traits.reply_limit_ms = 2000;
    input.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&input);
    turn_rig_settle();
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", text);
    input.session = phone->session;
    phone->screen_count = 0;
    next_ends(STORE_MEMORY_COMMIT, commit, 0, 3000);
    turn_rig.show_ends = wait_ends;
    turn_rig_deliver(&input);
    turn_rig_pass(1600);
    turn_rig.show_ends = TURN_SENT_OK;
    assert_int_equal(turn_rig_counters()->late_answers, 1);
    return input;
}

static void deliver_copy_to_the_other(const struct dialect_input *input)
{
    turn_rig_change_gateway();
    turn_rig_deliver(input);
    turn_rig_settle();
}

static void assert_told(unsigned screens, unsigned sms)
{
    turn_rig_pass(40000);
    assert_int_equal(phone->screen_count, screens);
    assert_int_equal(phone->sms_count, sms);
    assert_int_equal(turn_rig_owed(), 0);
}

/* The wait text is lost; the dialogue is open, and the copy is answered in it: by a replay, or by
 * the step, where the commit was not done. */
static void test_the_copy_was_answered(void **state)
{
    static const enum store_memory_fate_kind commits[] = {
        STORE_MEMORY_DONE, STORE_MEMORY_UNKNOWN_DONE, STORE_MEMORY_UNKNOWN_NOT};

    for (unsigned i = 0; i < 6; i++) {
        struct dialect_input input =
            answer_late(i < 3 ? NO : YES, commits[i % 3], TURN_SENT_UNKNOWN);

        deliver_copy_to_the_other(&input);
        assert_int_equal(phone->kind, i < 3 ? DIALECT_END : DIALECT_ASK);
        assert_told(1, 0);
        turn_rig_teardown(state);
        numbered(state);
    }
}

/* Steps are not numbered: the copy comes when the connection is lost, and its screen proves it. */
static void test_the_copy_was_answered_and_proved(void **state)
{
    struct dialect_input input;

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_NONE;
    input = answer_late(NO, STORE_MEMORY_UNKNOWN_DONE, TURN_SENT_UNKNOWN);
    deliver_copy_to_the_other(&input);
    turn_rig.is_disconnected = true;
    turn_rig_pass(2000);
    turn_rig.is_disconnected = false;
    assert_int_equal(phone->kind, DIALECT_END);
    assert_told(1, 0);
}

static void test_the_question_of_a_copy_is_answered(void **state)
{
    struct dialect_input input = answer_late(YES, STORE_MEMORY_DONE, TURN_SENT_UNKNOWN);

    (void)state;
    deliver_copy_to_the_other(&input);
    turn_rig_pass(2000);
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    input.session = phone->session;
    turn_rig_deliver(&input);
    turn_rig_settle();
    turn_rig_assert_begins(phone->screen, "Langkah 2/9");
    assert_told(2, 0);
}

/* A copy of the dial has shown its screen again: what is typed there is no answer to the question
 * that is being pushed meanwhile. */
static void test_an_answer_from_before_is_not_taken_by_the_push(void **state)
{
    struct dialect_input input = answer_late(YES, STORE_MEMORY_DONE, TURN_SENT_OK);

    (void)state;
    turn_rig.show_ms = 10000;
    turn_rig_pass(2000);
    text_copy(input.text, sizeof(input.text), "2");
    input.fingerprint = ++turn_rig.fingerprint;
    turn_rig_deliver(&input);
    turn_rig_pass(40000);
    turn_rig_assert_begins(phone->screen, "Tabik pun!"); /* begun anew */
}

/* Killed between its write and its screen: whoever gets the next copy answers. */
static void test_who_answered_the_copy_was_killed(void **state)
{
    struct dialect_input input = answer_late(NO, STORE_MEMORY_DONE, TURN_SENT_UNKNOWN);

    (void)state;
    turn_rig_change_gateway();
    slow_commit(300);
    turn_rig_deliver(&input);
    turn_rig_pass(200);
    turn_rig_restart();
    turn_rig_pass(2000);
    assert_int_equal(phone->screen_count, 0);
    turn_rig_deliver(&input);
    turn_rig_settle();
    assert_int_equal(phone->kind, DIALECT_END);
    assert_told(1, 0);
}

/* The other way round: what is owed already is not shown by a copy. The centre, whose dialogue is
 * open, takes no push; so it comes by SMS. */
static void test_the_copy_comes_when_the_result_is_owed(void **state)
{
    struct dialect_input input = answer_late(NO, STORE_MEMORY_DONE, TURN_SENT_UNKNOWN);

    (void)state;
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_pass(1500);
    turn_rig.show_ends = TURN_SENT_OK;
    deliver_copy_to_the_other(&input);
    assert_told(0, 1);
    turn_rig_assert_begins(phone->sms[0], "Baik, data Anda");
}

/* The wait text was taken before the question of the copy came: that has no dialogue any more. */
static void test_the_wait_text_came_before_the_question(void **state)
{
    struct dialect_input input = answer_late(YES, STORE_MEMORY_DONE, TURN_SENT_OK);

    (void)state;
    turn_rig.show_ends = TURN_SENT_NOT;
    deliver_copy_to_the_other(&input);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(2000);
    turn_rig_assert_begins(phone->screen, "Langkah 1/9");
    assert_int_equal(phone->kind, DIALECT_PUSH);
    assert_told(2, 0);
}

/* Done, and not heard of: nobody else has the reply. */
static void test_an_unknown_commit_was_our_own(void **state)
{
    (void)state;
    answer_late(NO, STORE_MEMORY_UNKNOWN_DONE, TURN_SENT_UNKNOWN);
    turn_rig_pass(2000);
    assert_int_equal(phone->kind, DIALECT_NOTIFY);
    assert_told(1, 0);
}

int main(void)
{
#define ON_RIG(test)      cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
#define ON_NUMBERED(test) cmocka_unit_test_setup_teardown(test, numbered, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_the_wait_text_then_the_question_by_push),
        ON_RIG(test_the_links_limit_counts),
        ON_RIG(test_a_refused_screen_goes_before_others),
        ON_RIG(test_late_before_the_step),
        ON_RIG(test_too_late_for_the_step),
        ON_RIG(test_no_wait_text_after_a_standstill),
        ON_RIG(test_no_busy_text_among_conflicts),
        ON_RIG(test_else_by_sms),
        ON_RIG(test_a_question_by_sms_says_where_to_dial),
        ON_RIG(test_an_unknown_push_is_not_told_again),
        ON_RIG(test_what_may_be_anothers_is_not_told_again),
        ON_RIG(test_what_was_written_long_ago_is_not_told_again),
        ON_RIG(test_the_fall_back_is_once_only_too),
        ON_RIG(test_copies_of_a_late_input),
        ON_RIG(test_a_dial_overtakes_the_result),
        ON_RIG(test_a_dial_overtakes_the_question),
        ON_RIG(test_a_wait_text_that_was_not_shown),
        ON_RIG(test_a_wait_text_without_a_link),
        ON_RIG(test_a_late_answer_outlives_its_gateway),
        ON_NUMBERED(test_the_copy_was_answered),
        ON_NUMBERED(test_the_copy_was_answered_and_proved),
        ON_NUMBERED(test_the_question_of_a_copy_is_answered),
        ON_NUMBERED(test_an_answer_from_before_is_not_taken_by_the_push),
        ON_NUMBERED(test_who_answered_the_copy_was_killed),
        ON_NUMBERED(test_the_copy_comes_when_the_result_is_owed),
        ON_NUMBERED(test_the_wait_text_came_before_the_question),
        ON_NUMBERED(test_an_unknown_commit_was_our_own),
        ON_NUMBERED(test_a_copy_does_not_show_what_was_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
