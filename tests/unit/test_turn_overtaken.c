/* What comes late when the subscriber has gone on: it takes no other dialogue's place. */
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

/* Told to wait by one gateway, the subscriber is in another dialogue with the other by then. */
static void test_a_late_input_leaves_a_newer_dialogue_alone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) { /* a dial, an answer */
        struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

        input.session = (struct dialect_session){.size = 1, .octets = {7}};
        turn_rig.traits.reply_limit_ms = 2000;
        if (i == 1) {
            turn_rig_deliver(&input);
            turn_rig_settle();
            input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
            input.session = phone->session;
        }
        slow_commit(3000, 0);
        turn_rig_deliver(&input);
        turn_rig_pass(1600);
        turn_rig_assert_begins(phone->screen, "Sedang diproses.");
        turn_rig_change_gateway();
        turn_rig_assert_begins(turn_rig_dial(0, "*384*1#"), "Untuk mendaftar");
        turn_rig_pass(3000);
        assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN); /* not said to be taken */
        turn_rig_assert_begins(turn_rig_type(0, "1"), "Langkah 1/9");
        assert_int_equal(turn_rig_owed(), 0);
        turn_rig_teardown(state);
        turn_rig_setup(state);
    }
}

/* Who dials anew while the first dial is being stored has no use for its screen; its centre waits
 * for the answer all the same. */
static void test_an_overtaken_dial_is_answered(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    dials.session = (struct dialect_session){.size = 1, .octets = {7}};
    slow_commit(0, 1000);
    turn_rig_deliver(&dials);
    turn_rig_pass(100);
    dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    dials.session = (struct dialect_session){.size = 1, .octets = {8}};
    turn_rig_deliver(&dials);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig_counters()->screens_withdrawn, 1);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig.answers, 2);
    assert_int_equal(turn_rig.refusals, 0);
}

/* The centre brings it again at once, by another connection, to another gateway perhaps: a text
 * that ends the dialogue would end what the copy has begun. */
static void test_no_text_behind_a_break(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.traits.reply_limit_ms = 2000;
    slow_commit(3000, 0);
    turn_rig_deliver(&dials);
    turn_rig_pass(1000);
    turn_rig.is_disconnected = true;
    turn_rig_pass(2500); /* of what was under way, to wait */
    turn_rig.is_disconnected = false;
    assert_int_equal(turn_rig_counters()->late_answers, 0);

    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_LOAD,
        (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED, .back_ms = 1000});
    dials = turn_rig_input(1, DIALECT_BEGIN, "*384#", "*384#");
    turn_rig_deliver(&dials);
    turn_rig.is_disconnected = true;
    turn_rig_pass(1500); /* of what was not taken, that the service is busy */
    assert_int_equal(turn_rig_counters()->busy, 1);
    assert_int_equal(turn_rig.phones[1].screen_count, 0);
}

/* The dialogue that the dial began is pushed, and has no name yet: an answer from before it is none
 * to its question. */
static void test_a_late_answer_is_none_to_what_was_pushed(void **state)
{
    struct dialect_input answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.traits.reply_limit_ms = 2000;
    turn_rig_dial(0, "*384#");
    answer.session = phone->session;
    slow_commit(5000, 0);
    turn_rig_deliver(&answer);
    turn_rig_pass(1600);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    turn_rig_change_gateway();
    dials.session = (struct dialect_session){.size = 1, .octets = {8}};
    slow_commit(1700, 0);
    turn_rig_deliver(&dials);
    turn_rig_pass(2500);
    assert_true(phone->was_pushed);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
    turn_rig_pass(3000);
    turn_rig_assert_begins(turn_rig_answer("n1", "1"), "#TerusUsaha Lampung");
}

/* The two gateways' clocks do not tell what came first: the one that is told late is ahead. */
static void test_nor_by_a_clock_that_is_ahead(void **state)
{
    struct dialect_input answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.traits.reply_limit_ms = 2000;
    dials.session = answer.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&dials);
    turn_rig_settle();
    slow_commit(5000, 0);
    turn_rig_deliver(&answer);
    turn_rig_pass(1600);
    turn_rig_change_gateway();
    dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    dials.session = (struct dialect_session){.size = 1, .octets = {8}};
    slow_commit(1700, 0);
    turn_rig_deliver(&dials);
    turn_rig_pass(2500);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
    turn_rig.ahead_ms = 60000;
    turn_rig_pass(3000);
    turn_rig.ahead_ms = 0;
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    turn_rig_assert_begins(turn_rig_answer("n1", "1"), "#TerusUsaha Lampung");
}

/* It is behind: an answer to what was pushed is one, though it is late itself. */
static void test_a_clock_behind_takes_a_late_answer(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    struct dialect_input answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");

    (void)state;
    turn_rig.traits.reply_limit_ms = 2000;
    slow_commit(1700, 0);
    turn_rig_deliver(&dials);
    turn_rig_pass(2500);
    assert_true(phone->was_pushed);
    turn_rig_change_gateway();
    turn_rig.ahead_ms = -60000;
    answer.session = (struct dialect_session){.size = 2, .octets = "n1"};
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_NOT, .back_ms = 1700});
    turn_rig_deliver(&answer);
    turn_rig_pass(1600);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    turn_rig_pass(1500);
    turn_rig_assert_begins(phone->screen, "#TerusUsaha Lampung");
}

/* The commit of the push is heard of late: its question may be one of a dialogue that is left. */
static void test_a_question_of_long_ago_is_not_pushed(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    slow_commit(0, 3000); /* the dial's */
    turn_rig.traits.reply_limit_ms = 2000;
    turn_rig_deliver(&input);
    turn_rig_pass(2900);
    slow_commit(0, 200); /* its result is owed */
    turn_rig_pass(200);
    slow_commit(0, 1500); /* the push */
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(phone->sms_count, 1);
    turn_rig_assert_begins(phone->sms[0], "Maaf, layanan sedang sibuk");
    assert_int_equal(turn_rig_owed(), 0);
}

/* A result is news however late: whoever has taken the push over meanwhile leaves it alone, for it
 * may have been shown. */
static void test_a_result_of_long_ago_is_pushed(void **state)
{
    struct dialect_input declines = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*2#");

    (void)state;
    slow_commit(0, 3000);
    turn_rig.traits.reply_limit_ms = 2000;
    turn_rig_deliver(&declines);
    turn_rig_pass(2900);
    slow_commit(0, 200);
    turn_rig_pass(200);
    slow_commit(0, 12000);
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 2); /* told to wait, the result */
    turn_rig_assert_begins(phone->screen, "Baik, data Anda");
    assert_int_equal(phone->sms_count, 0);
    assert_int_equal(turn_rig_owed(), 0);
}

/* An end that goes by SMS, because a newer dialogue is open, leaves that one's screen where it is:
 * a copy of the dial is shown it. */
static void test_a_result_by_sms_leaves_the_newer_screen(void **state)
{
    static const enum turn_token tokens[] = {TURN_TOKEN_NONE, TURN_TOKEN_ECHO};

    for (unsigned i = 0; i < 2; i++) {
        struct dialect_input declines = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*2#");
        struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

        declines.session = (struct dialect_session){.size = 1, .octets = {7}};
        dials.session = (struct dialect_session){.size = 1, .octets = {8}};
        turn_rig.traits.token = tokens[i];
        turn_rig.traits.reply_limit_ms = 2000;
        slow_commit(0, 3000);
        turn_rig_deliver(&declines);
        turn_rig_pass(2900);
        turn_rig.show_ends = TURN_SENT_UNKNOWN;
        turn_rig_deliver(&dials);
        turn_rig_pass(2000);
        turn_rig.show_ends = TURN_SENT_OK;
        assert_int_equal(phone->sms_count, 1);
        turn_rig_assert_begins(phone->sms[0], "Baik, data Anda");
        turn_rig_deliver(&dials);
        turn_rig_settle();
        turn_rig_assert_begins(phone->screen, "Tabik pun!");
        turn_rig_teardown(state);
        turn_rig_setup(state);
    }
}

/* A copy's screen is refused because a text has closed the dialogue, or it has gone on: the answer
 * that is at work elsewhere would begin anew. */
static void test_a_refused_copy_ends_nothing(void **state)
{
    struct dialect_input answer;

    (void)state;
    turn_rig_dial(0, "*384*1*1#");
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_deliver(&answer);
    turn_rig_settle();
    turn_rig_change_gateway();
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_deliver(&answer);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->replays, 1);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_change_gateway();
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Langkah 3/9");
}

/* Nor is a step's where this gateway hears of it so late that another has shown it to the copy, or
 * has gone on from there. */
static void test_a_refused_step_of_before_ends_nothing(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        struct dialect_input answer;

        turn_rig_dial(0, "*384*1*1#");
        answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
        slow_commit(0, 4000);
        turn_rig_deliver(&answer);
        turn_rig_pass(500);
        turn_rig_change_gateway();
        turn_rig_deliver(&answer);
        turn_rig_settle();
        turn_rig_assert_begins(phone->screen, "Langkah 2/9");
        if (i == 1)
            turn_rig_assert_begins(turn_rig_type(0, "1"), "Langkah 3/9");
        turn_rig.show_ends = TURN_SENT_PERMANENT;
        turn_rig_pass(3500);
        turn_rig.show_ends = TURN_SENT_OK;
        turn_rig_assert_begins(turn_rig_type(0, i == 0 ? "1" : "WARUNG SITI"),
                               i == 0 ? "Langkah 3/9" : "Langkah 4/9");
        turn_rig_teardown(state);
        turn_rig_setup(state);
    }
}

/* It ends nothing either where the copy of a dial, which the ledger has forgotten since, was shown
 * its screen. */
static void test_a_refused_step_behind_a_late_dial_ends_nothing(void **state)
{
    static const char *const typed[] = {"SITI AMINAH", "1", "WARUNG SITI", "1", "2", "1", "1", "1"};
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*1#");
    struct dialect_input answer;

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    dials.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&dials);
    turn_rig_settle();
    for (unsigned i = 0; i < 8; i++) {
        if (i == 7)
            slow_commit(0, 4000);
        answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", typed[i]);
        answer.session = phone->session;
        turn_rig_deliver(&answer);
        turn_rig_settle();
    }
    turn_rig_change_gateway();
    turn_rig_deliver(&dials);
    turn_rig_settle();
    turn_rig_assert_begins(phone->screen, "Langkah 9/9");
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_pass(3500);
    turn_rig.show_ends = TURN_SENT_OK;
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "2");
    answer.session = phone->session;
    turn_rig_deliver(&answer);
    turn_rig_settle();
    turn_rig_assert_begins(phone->screen, "Perbaiki");
}

/* The first one's screen may be on the phone: the text that the service is busy would end that. */
static void test_a_copy_without_a_store_ends_nothing(void **state)
{
    static const struct store_memory_fate gone = {.kind = STORE_MEMORY_REFUSED};
    struct dialect_input answer;
    unsigned screens;

    (void)state;
    turn_rig_dial(0, "*384*1*1#");
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_deliver(&answer);
    turn_rig_settle();
    turn_rig.show_ends = TURN_SENT_OK;
    screens = phone->screen_count;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT, gone);
    turn_rig_deliver(&answer);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->busy, 1);
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(phone->screen_count, screens);
    turn_rig_deliver(&answer);
    turn_rig_settle();
    turn_rig_assert_begins(phone->screen, "Langkah 2/9");
}

/* Nor where a conflict tells that another gateway was first: this one's records are from before. */
static void test_a_copy_that_another_took_ends_nothing(void **state)
{
    static const struct store_memory_fate gone = {.kind = STORE_MEMORY_REFUSED};
    struct dialect_input answer;
    unsigned screens;

    (void)state;
    turn_rig_dial(0, "*384*1*1#");
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    turn_rig_change_gateway();
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_deliver(&answer);
    turn_rig_settle();
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_change_gateway();
    screens = phone->screen_count;
    slow_commit(0, 50);
    turn_rig_deliver(&answer);
    turn_rig_pass(20);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT, gone);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->conflicts, 1);
    assert_int_equal(turn_rig_counters()->busy, 1);
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(phone->screen_count, screens);
    turn_rig_deliver(&answer);
    turn_rig_settle();
    turn_rig_assert_begins(phone->screen, "Langkah 2/9");
}

/* Nor where its own reply is slow to be stored: it is not told to wait. */
static void test_a_copy_is_not_told_to_wait(void **state)
{
    struct dialect_input answer;

    (void)state;
    turn_rig_dial(0, "*384*1*1#");
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_deliver(&answer);
    turn_rig_settle();
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_change_gateway();
    turn_rig.traits.reply_limit_ms = 2000;
    slow_commit(0, 3000);
    turn_rig_deliver(&answer);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig_counters()->late_answers, 0);
    turn_rig_pass(1500);
    assert_int_equal(turn_rig_counters()->replays, 1);
    turn_rig_assert_begins(phone->screen, "Langkah 2/9");
}

/* Nor is one whose first is being told that the service is busy: that ends the dialogue already. */
static void test_a_copy_of_what_is_refused_is_not_told_to_wait(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED});
    turn_rig.show_ms = 7000;
    turn_rig_deliver(&dials);
    turn_rig_pass(100);
    turn_rig_assert_begins(phone->screen, "Maaf, layanan sedang sibuk.");
    turn_rig_deliver(&dials);
    turn_rig_pass(6000);
    assert_int_equal(turn_rig_counters()->late_answers, 0);
    turn_rig_pass(10000);
}

/* The copy of a dial that comes while that is being stored is no new dial: it takes no screen away,
 * but waits for it. */
static void test_a_copy_waits_behind_its_screen(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    slow_commit(0, 200);
    turn_rig_deliver(&dials);
    turn_rig_pass(50);
    slow_commit(0, 1000);
    turn_rig_deliver(&dials);
    turn_rig_pass(300);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_counters()->screens_withdrawn, 0);
    turn_rig_pass(1500);
}

/* The newer input is acknowledged with its screen, which goes its own way: a copy of one before
 * shows it too, and the way of that may be worse. */
static void test_a_copy_leaves_the_newer_screen_in_its_queue(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    struct dialect_input answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");

    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_deliver(&dials);
    turn_rig_settle();
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig.is_queued = true;
    turn_rig.show_ms = 1000;
    turn_rig_deliver(&answer);
    turn_rig_pass(100);
    turn_rig_deliver(&dials);
    turn_rig_pass(100);
    assert_int_equal(turn_rig_counters()->replays, 1);
    assert_int_equal(turn_rig_counters()->screens_withdrawn, 0);
    turn_rig_pass(2000);
}

/* What stands beside the dialogue is waited for by the centre: the next one, of the same name or of
 * none, does not take it away. */
static void test_the_answer_to_an_end_leaves_its_queue(void **state)
{
    struct dialect_input end = turn_rig_input(0, DIALECT_ABORT, "*384#", "");
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.traits.acks_abort = true;
    turn_rig_dial(0, "*384#");
    turn_rig.is_queued = true;
    turn_rig.show_ms = 1000;
    turn_rig_deliver(&end);
    turn_rig_pass(100);
    turn_rig_deliver(&dials);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig_counters()->steps, 3);
    assert_int_equal(turn_rig_counters()->screens_withdrawn, 0);
}

/* Nor where the gateway is full. */
static void test_a_copy_that_is_too_many_ends_nothing(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*1#");
    struct dialect_input other;
    unsigned screens;

    (void)state;
    turn_rig.settings.turns_max = 1;
    turn_rig_restart();
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_deliver(&dials);
    turn_rig_settle();
    turn_rig.show_ends = TURN_SENT_OK;
    screens = phone->screen_count;
    slow_commit(0, 50);
    other = turn_rig_input(1, DIALECT_BEGIN, "*384#", "*384#");
    turn_rig_deliver(&other);
    turn_rig_deliver(&dials);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->throttled, 1);
    assert_int_equal(turn_rig.refused_with, ESME_RTHROTTLED);
    assert_int_equal(phone->screen_count, screens);
}

/* Who is in a dialogue goes on while new ones are turned away. */
static void test_a_full_gateway_goes_on_with_its_dialogues(void **state)
{
    struct dialect_input dials = turn_rig_input(2, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.settings.turns_max = 1;
    turn_rig_restart();
    turn_rig_dial(0, "*384#");
    slow_commit(0, 50);
    turn_rig_deliver(&dials);
    turn_rig_assert_begins(turn_rig_type(0, "1"), "#TerusUsaha Lampung");
    slow_commit(0, 50);
    turn_rig_deliver(&dials);
    turn_rig_assert_begins(turn_rig_dial(1, "*384#"), "Maaf, layanan sedang sibuk.");
    assert_int_equal(turn_rig_counters()->throttled, 1);
}

/* Who has more under way than the mailbox holds is refused beside the turn that is at work. */
static void test_an_input_too_many_leaves_the_one_at_work_alone(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*1#");
    struct dialect_input first = turn_rig_input(0, DIALECT_SMS, "384", "STATUS");
    struct dialect_input second = turn_rig_input(0, DIALECT_SMS, "384", "STOP");

    (void)state;
    turn_rig.settings.mailbox_max = 1;
    turn_rig_restart();
    slow_commit(0, 50);
    turn_rig_deliver(&dials);
    turn_rig_deliver(&first);
    turn_rig_deliver(&second);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->throttled, 1);
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(turn_rig_counters()->steps, 2);
    turn_rig_assert_begins(phone->screen, "Langkah 1/9");
    assert_int_equal(phone->sms_count, 1);
}

/* Something else of the same subscriber's is at work: who waits behind it is told so. */
static void test_who_waits_behind_another_input_is_told(void **state)
{
    struct dialect_input first = turn_rig_input(0, DIALECT_SMS, "384", "STATUS");
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    slow_commit(0, 7000);
    turn_rig_deliver(&first);
    turn_rig_deliver(&dials);
    turn_rig_pass(5500);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    turn_rig_pass(3000);
}

/* ... when the gateway's own time is over, though the link would allow more. */
static void test_a_patient_link_is_told_as_soon(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.settings.reply_deadline_ms = 2000;
    turn_rig_restart();
    turn_rig.traits.reply_limit_ms = 60000;
    slow_commit(0, 1700);
    turn_rig_deliver(&dials);
    turn_rig_pass(1600);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    turn_rig_pass(3000);
}

/* What a late step owes beside its screen goes at once, by who has stored it. */
static void test_what_a_late_step_owes_leaves_at_once(void **state)
{
    struct dialect_input confirms;

    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1#");
    confirms = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_RESERVE,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 100});
    turn_rig_deliver(&confirms);
    turn_rig_pass(50);
    slow_commit(0, 7000);
    turn_rig_pass(8000);
    turn_rig_assert_begins(phone->screen, "Terima kasih, pendaftaran terkirim.");
    assert_int_equal(phone->kind, DIALECT_NOTIFY);
    assert_int_equal(phone->sms_count, 1);
    assert_int_equal(turn_rig_counters()->sms_owed, 1);
}

/* What the turn itself has stored, without word of it, nobody has shown. */
static void test_what_a_turn_stored_is_no_copy(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_DONE, .back_ms = 50});
    turn_rig_deliver(&dials);
    turn_rig_pass(20);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED});
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->unknown_commits, 1);
    assert_int_equal(turn_rig_counters()->busy, 1);
    turn_rig_assert_begins(phone->screen, "Maaf, layanan sedang sibuk");
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_a_late_input_leaves_a_newer_dialogue_alone),
        ON_RIG(test_an_overtaken_dial_is_answered),
        ON_RIG(test_no_text_behind_a_break),
        ON_RIG(test_a_late_answer_is_none_to_what_was_pushed),
        ON_RIG(test_nor_by_a_clock_that_is_ahead),
        ON_RIG(test_a_clock_behind_takes_a_late_answer),
        ON_RIG(test_a_result_of_long_ago_is_pushed),
        ON_RIG(test_a_result_by_sms_leaves_the_newer_screen),
        ON_RIG(test_a_refused_copy_ends_nothing),
        ON_RIG(test_a_refused_step_of_before_ends_nothing),
        ON_RIG(test_a_refused_step_behind_a_late_dial_ends_nothing),
        ON_RIG(test_a_copy_is_not_told_to_wait),
        ON_RIG(test_a_copy_of_what_is_refused_is_not_told_to_wait),
        ON_RIG(test_a_copy_waits_behind_its_screen),
        ON_RIG(test_a_copy_leaves_the_newer_screen_in_its_queue),
        ON_RIG(test_the_answer_to_an_end_leaves_its_queue),
        ON_RIG(test_a_copy_without_a_store_ends_nothing),
        ON_RIG(test_a_copy_that_another_took_ends_nothing),
        ON_RIG(test_a_copy_that_is_too_many_ends_nothing),
        ON_RIG(test_a_full_gateway_goes_on_with_its_dialogues),
        ON_RIG(test_an_input_too_many_leaves_the_one_at_work_alone),
        ON_RIG(test_who_waits_behind_another_input_is_told),
        ON_RIG(test_a_patient_link_is_told_as_soon),
        ON_RIG(test_what_a_late_step_owes_leaves_at_once),
        ON_RIG(test_what_a_turn_stored_is_no_copy),
        ON_RIG(test_a_question_of_long_ago_is_not_pushed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
