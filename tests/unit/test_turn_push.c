/* Network-initiated dialogues and late answers on a real engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/support/turn_rig.h"

static struct turn_rig_phone *const phone = turn_rig.phones;

static const struct turn_counters *counters(void)
{
    return turn_counters(turn_rig.engine);
}

static size_t owed(void)
{
    return memory_data_owed_count(turn_rig.data);
}

/* The answer to a push, under the name that the centre gives the dialogue with it. */
static const char *answer(const char *name, const char *text)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_ANSWER, "*384#", text);

    input.session.size = (uint8_t)strlen(name);
    memcpy(input.session.octets, name, strlen(name));
    phone->screen[0] = '\0';
    turn_rig_deliver(&input);
    turn_rig_settle();
    return phone->screen;
}

static void abort_dialogue(const char *name)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_ABORT, "*384#", "");

    input.session.size = (uint8_t)strlen(name);
    memcpy(input.session.octets, name, strlen(name));
    turn_rig_deliver(&input);
    turn_rig_settle();
}

/* --- pushes --------------------------------------------------------------------------------- */

static void test_a_question_and_its_answers(void **state)
{
    (void)state;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_assert_begins(phone->screen, "#TerusUsaha Lampung (gratis)");
    assert_int_equal(phone->kind, DIALECT_PUSH);
    assert_true(phone->was_pushed);
    assert_int_equal(phone->session.size, 0);
    assert_int_equal(owed(), 0);
    assert_int_equal(counters()->pushes, 1);
    turn_rig_assert_begins(answer("ab", "1"), "Untuk mendaftar");
    assert_int_equal(phone->kind, DIALECT_ASK);
    assert_true(phone->was_pushed);
    assert_memory_equal(phone->session.octets, "ab", 2);
    /* From now on the name is its own: another one is another dialogue. */
    turn_rig_assert_begins(answer("cd", "1"), "Tabik pun!");
    assert_false(phone->was_pushed);
}

static void test_a_notice(void **state)
{
    struct dialect_input ack = turn_rig_input(0, DIALECT_NOTIFY_ACK, "*384#", "");

    (void)state;
    turn_rig_owe_push(0, "KELUAR", 60000);
    turn_rig_pass(2000);
    assert_int_equal(phone->kind, DIALECT_NOTIFY);
    turn_rig_assert_begins(phone->screen, "Terima kasih");
    turn_rig_deliver(&ack);
    turn_rig_settle();
    assert_int_equal(turn_rig.answers, 1);
    assert_int_equal(phone->screen_count, 1);
    /* A dial afterwards is a dial. */
    turn_rig_dial(0, "*384#");
    assert_int_equal(phone->kind, DIALECT_ASK);
    assert_false(phone->was_pushed);
}

static void test_nothing_of_that_name(void **state)
{
    (void)state;
    turn_rig_owe_push(0, "SMS_BANTUAN", 60000);
    turn_rig_owe_push(0, "NIRVANA", 60000);
    turn_rig_pass(2000);
    assert_int_equal(phone->screen_count, 0);
    assert_int_equal(counters()->push_failures, 2);
    assert_int_equal(owed(), 0);
}

static void test_it_waits_for_a_running_dialogue(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(5000);
    assert_int_equal(phone->screen_count, 1);
    abort_dialogue("");
    turn_rig_pass(3000);
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(phone->kind, DIALECT_PUSH);
    assert_int_equal(owed(), 0);
}

static void test_the_links_clock_ends_a_dialogue_for_pushes(void **state)
{
    (void)state;
    turn_rig.traits.user_reply_s = 30;
    turn_rig_dial(0, "*384#");
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(29000);
    assert_int_equal(phone->screen_count, 1);
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 2);
    turn_rig.traits.user_reply_s = 0;
    turn_rig.traits.session_max_s = 40;
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(18000);
    assert_int_equal(phone->screen_count, 2);
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 3);
}

static void test_it_expires(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_owe_push(0, "MAIN", 20000);
    turn_rig_pass(40000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(counters()->pushes_expired, 1);
    assert_int_equal(owed(), 0);
    /* The dialogue that was in its way is left alone. */
    turn_rig_assert_begins(turn_rig_type(0, "1"), "#TerusUsaha Lampung");
}

static void test_a_refusal_ends_it(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    assert_int_equal(counters()->push_failures, 1);
    assert_int_equal(owed(), 0);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 0);
    turn_rig_dial(0, "*384#"); /* nothing is left of it */
    assert_false(phone->was_pushed);
}

/* Throttled, or no link: it stays owed, and the menu is stepped once. */
static void test_a_centre_that_cannot_now(void **state)
{
    (void)state;
    turn_rig.has_push_link = false;
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(2000);
    assert_int_equal(owed(), 1);
    turn_rig.has_push_link = true;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig_pass(20000);
    assert_int_equal(owed(), 1);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(owed(), 0);
    assert_int_equal(counters()->steps, 0);
    turn_rig_assert_begins(answer("ab", "1"), "Untuk mendaftar");
}

/* The outcome is not known: repeated, until it is, or an answer proves that it was shown. */
static void test_an_unknown_outcome(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(2000);
    assert_int_equal(owed(), 1);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_restart();
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(owed(), 0);

    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    abort_dialogue("");
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(2000);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_assert_begins(answer("ab", "1"), "Untuk mendaftar");
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 2); /* the answer's alone */
    assert_int_equal(owed(), 0);
}

/* Killed between the commit and the show. */
static void test_a_push_outlives_its_gateway(void **state)
{
    static const struct store_memory_fate slow = {
        .kind = STORE_MEMORY_DONE, .there_ms = 0, .back_ms = 5000};

    (void)state;
    turn_rig_owe_push(0, "MAIN", 100000);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT, slow);
    turn_rig_pass(2000);
    turn_rig_restart();
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 1);
    turn_rig_assert_begins(phone->screen, "#TerusUsaha Lampung");
    assert_int_equal(owed(), 0);
}

/* All buckets are looked into at once, and the links have room for little more than one each: those
 * that come first in the round must not have it all. */
static void test_little_room_is_shared_by_the_buckets(void **state)
{
    (void)state;
    turn_rig.settings.sweep_ms = 50;
    turn_rig_restart();
    turn_rig.sms_room = TURN_RIG_BUCKETS + 4;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(500);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(owed(), 0);
}

static void test_the_response_names_the_dialogue(void **state)
{
    (void)state;
    turn_rig.names_pushes = true;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    assert_int_equal(phone->screen_count, 1);
    turn_rig_assert_begins(answer("zz", "1"), "Tabik pun!"); /* not its name */
    abort_dialogue("zz");
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_assert_begins(answer("ni", "1"), "Untuk mendaftar");
}

static void test_the_end_of_the_dialogue_before_comes_late(void **state)
{
    struct dialect_input begin = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*9#");

    (void)state;
    begin.session.size = 1;
    begin.session.octets[0] = 'o';
    turn_rig_deliver(&begin);
    turn_rig_settle();
    turn_rig.traits.user_reply_s = 1; /* the centre has given up, and says so later */
    turn_rig_pass(2000);
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    assert_int_equal(phone->kind, DIALECT_PUSH);
    abort_dialogue("o");
    turn_rig_assert_begins(answer("n", "1"), "Untuk mendaftar");
}

static void test_aborts_are_confirmed_where_the_centre_wants_it(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384#");
    abort_dialogue("");
    assert_int_equal(phone->screen_count, 1);
    turn_rig.traits.acks_abort = true;
    abort_dialogue(""); /* also of a dialogue that is not known here */
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(phone->kind, DIALECT_ABORT_ACK);
    turn_rig_dial(0, "*384#");
    abort_dialogue("");
    assert_int_equal(phone->kind, DIALECT_ABORT_ACK);
    assert_int_equal(turn_rig.refusals, 0);
}

/* --- late answers --------------------------------------------------------------------------- */

static const char wait_text[] = "Sedang diproses.";

/* The next commit takes so long. */
static void slow_commit(unsigned there_ms, unsigned back_ms)
{
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){
                              .kind = STORE_MEMORY_DONE, .there_ms = there_ms, .back_ms = back_ms});
}

static void begin(const char *dialled)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", dialled);

    turn_rig_deliver(&input);
}

static void test_the_wait_text_then_the_question_by_push(void **state)
{
    (void)state;
    slow_commit(0, 7000);
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
    assert_int_equal(owed(), 0);
    assert_int_equal(counters()->steps, 1);
    assert_int_equal(counters()->late_answers, 1);
    turn_rig_assert_begins(answer("ab", "1"), "#TerusUsaha Lampung");
    assert_true(phone->was_pushed);
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 3);
    assert_int_equal(phone->sms_count, 0);
}

static void test_the_links_limit_counts(void **state)
{
    (void)state;
    turn_rig.traits.reply_limit_ms = 2000;
    slow_commit(0, 1400);
    begin("*384#");
    turn_rig_pass(3000);
    turn_rig_assert_begins(phone->screen, "Tabik pun!"); /* in time */
    assert_int_equal(phone->kind, DIALECT_ASK);
    slow_commit(0, 1600);
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
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_LOAD,
        (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .there_ms = 0, .back_ms = 4000});
    begin("*384#");
    turn_rig_pass(3500);
    turn_rig_assert_begins(phone->screen, wait_text);
    turn_rig_pass(2000);
    assert_int_equal(phone->kind, DIALECT_PUSH);
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(counters()->replays + counters()->steps, 1);
}

/* After the centre's own timer: the input may be elsewhere by now, and is not stepped any more. */
static void test_too_late_for_the_step(void **state)
{
    (void)state;
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_LOAD,
        (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .there_ms = 0, .back_ms = 7000});
    begin("*384#");
    turn_rig_pass(9000);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(counters()->steps, 0);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(phone->sms_count, 1);
    turn_rig_assert_begins(phone->sms[0], "Maaf, layanan sedang sibuk.");
}

/* The screen that ends a registration: by SMS where the centre does not push. */
static void test_else_by_sms(void **state)
{
    static const enum turn_sent_kind kinds[] = {TURN_SENT_PERMANENT, TURN_SENT_TEMPORARY,
                                                TURN_SENT_NOT};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        unsigned sms = phone->sms_count;

        slow_commit(0, 7000);
        begin("*384*9#"); /* a text that is no dialogue */
        turn_rig_pass(6500);
        turn_rig_assert_begins(phone->screen, wait_text);
        turn_rig.show_ends = kinds[i];
        turn_rig_pass(2000);
        turn_rig.show_ends = TURN_SENT_OK;
        turn_rig_pass(30000);
        assert_int_equal(phone->sms_count, sms + 1);
        assert_int_equal(phone->screen_count, i + 1);
        assert_int_equal(owed(), 0);
    }
}

static void test_a_question_by_sms_says_where_to_dial(void **state)
{
    (void)state;
    turn_rig.has_push_link = false;
    slow_commit(0, 7000);
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
    slow_commit(0, 7000);
    begin("*384#");
    turn_rig_pass(6500);
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_pass(2000);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(40000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(phone->sms_count, 0);
    assert_int_equal(owed(), 0);
    assert_int_equal(counters()->push_failures, 1);
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

        slow_commit(0, 7000);
        begin("*384#");
        turn_rig.push_commit_lost_ms = rows[i].lost_ms;
        turn_rig_pass(40000);
        assert_int_equal(phone->screen_count - before, rows[i].screens);
        assert_int_equal(phone->sms_count, 0);
        assert_int_equal(owed(), 0);
    }
}

/* The fall-back's own commit: not done, or done and not known. */
static void test_the_fall_back_is_once_only_too(void **state)
{
    static const enum store_memory_fate_kind kinds[] = {
        STORE_MEMORY_REFUSED, STORE_MEMORY_UNKNOWN_DONE, STORE_MEMORY_UNKNOWN_NOT};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        unsigned tried = turn_rig.shows + 2; /* the wait text, the push */

        slow_commit(0, 7000);
        begin("*384#");
        turn_rig_pass(6500);
        turn_rig.show_ends = TURN_SENT_PERMANENT;
        while (turn_rig.shows < tried)
            turn_rig_pass(10);
        turn_rig.show_ends = TURN_SENT_OK;
        store_memory_set_next(
            turn_rig.store, STORE_MEMORY_COMMIT,
            (struct store_memory_fate){.kind = kinds[i], .there_ms = 0, .back_ms = 0});
        turn_rig_pass(40000);
        assert_int_equal(phone->sms_count, i + 1);
        assert_int_equal(phone->screen_count, i + 1);
        assert_int_equal(owed(), 0);
    }
}

/* The centre sees no answer for long, and sends the input again. */
static void test_copies_of_a_late_input(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    slow_commit(0, 30000);
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
    assert_int_equal(counters()->steps, 1);
}

static void test_a_dial_overtakes_the_result(void **state)
{
    (void)state;
    slow_commit(0, 7000);
    begin("*384#");
    turn_rig_pass(6500);
    begin("*384#");
    turn_rig_pass(5000);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
    assert_int_equal(phone->kind, DIALECT_ASK);
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(phone->sms_count, 0);
    assert_int_equal(owed(), 0);
}

/* The dialogue is open still: the result goes there. */
static void test_a_wait_text_that_was_not_shown(void **state)
{
    (void)state;
    turn_rig.traits.reply_limit_ms = 4000;
    slow_commit(0, 4500);
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

/* The store ends up taking nothing: one SMS takes the promise back. */
static void test_told_to_wait_in_vain(void **state)
{
    (void)state;
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED, .there_ms = 0, .back_ms = 7000});
    begin("*384#");
    turn_rig_pass(9000);
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(phone->sms_count, 1);
    turn_rig_assert_begins(phone->sms[0], "Maaf, layanan sedang sibuk.");
}

static void test_a_late_answer_outlives_its_gateway(void **state)
{
    (void)state;
    slow_commit(0, 7000);
    begin("*384*9#");
    turn_rig_pass(6500);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig.has_link = false; /* nothing leaves any more */
    turn_rig_pass(490);
    turn_rig_restart();
    turn_rig.has_link = true;
    turn_rig_pass(40000);
    /* Whatever was committed when it died: at most one result came. */
    assert_true(phone->screen_count + phone->sms_count <= 2);
    assert_int_equal(owed(), 0);
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_a_question_and_its_answers),
        ON_RIG(test_a_notice),
        ON_RIG(test_nothing_of_that_name),
        ON_RIG(test_it_waits_for_a_running_dialogue),
        ON_RIG(test_the_links_clock_ends_a_dialogue_for_pushes),
        ON_RIG(test_it_expires),
        ON_RIG(test_a_refusal_ends_it),
        ON_RIG(test_a_centre_that_cannot_now),
        ON_RIG(test_an_unknown_outcome),
        ON_RIG(test_a_push_outlives_its_gateway),
        ON_RIG(test_little_room_is_shared_by_the_buckets),
        ON_RIG(test_the_response_names_the_dialogue),
        ON_RIG(test_the_end_of_the_dialogue_before_comes_late),
        ON_RIG(test_aborts_are_confirmed_where_the_centre_wants_it),
        ON_RIG(test_the_wait_text_then_the_question_by_push),
        ON_RIG(test_the_links_limit_counts),
        ON_RIG(test_late_before_the_step),
        ON_RIG(test_too_late_for_the_step),
        ON_RIG(test_else_by_sms),
        ON_RIG(test_a_question_by_sms_says_where_to_dial),
        ON_RIG(test_an_unknown_push_is_not_told_again),
        ON_RIG(test_what_may_be_anothers_is_not_told_again),
        ON_RIG(test_the_fall_back_is_once_only_too),
        ON_RIG(test_copies_of_a_late_input),
        ON_RIG(test_a_dial_overtakes_the_result),
        ON_RIG(test_a_wait_text_that_was_not_shown),
        ON_RIG(test_told_to_wait_in_vain),
        ON_RIG(test_a_late_answer_outlives_its_gateway),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
