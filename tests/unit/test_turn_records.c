/* The records of dialogues and SMS: each end has its cause, its counts and its times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/support/turn_rig.h"

static const struct turn_record *only(enum turn_record_kind kind)
{
    const struct turn_record *found = NULL;

    for (unsigned i = 0; i < turn_rig.record_count; i++) {
        if (turn_rig.records[i].kind != kind)
            continue;
        assert_null(found);
        found = &turn_rig.records[i];
    }
    assert_non_null(found);
    return found;
}

static const struct turn_record *only_dialogue(enum turn_end end)
{
    const struct turn_record *r = only(TURN_RECORD_DIALOGUE);

    assert_string_equal(turn_end_name(r->end), turn_end_name(end));
    return r;
}

static void test_last_screen(void **state)
{
    const struct turn_record *r;
    int64_t began_ms = turn_rig.wall_ms;
    size_t octets_out;

    (void)state;
    octets_out = strlen(turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1#"));
    assert_int_equal(turn_rig.record_count, 0);
    octets_out += strlen(turn_rig_type(0, "1"));
    r = only_dialogue(TURN_END_SCREEN);
    assert_true(r->began_ms == began_ms && r->ended_ms >= began_ms + 500);
    assert_string_equal(r->msisdn, turn_rig.phones[0].msisdn);
    assert_string_equal(r->link, "op1");
    assert_string_equal(r->code, "*384#");
    assert_memory_equal(r->menu_id, menu_id(turn_rig.menu), MENU_ID_BYTES);
    assert_int_equal(r->turns, 2);
    assert_int_equal(r->octets_in,
                     strlen("*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1#") + strlen("1"));
    assert_int_equal(r->octets_out, octets_out);
    assert_int_equal(r->begins, 1);
    assert_int_equal(r->answers, 1);
    assert_int_equal(r->asks, 1);
    assert_int_equal(r->ends, 1);
}

static void test_last_answer(void **state)
{
    struct dialect_input input;

    (void)state;
    turn_rig_dial(0, "*384#");
    input = turn_rig_input(0, DIALECT_ANSWER_LAST, "*384#", "1");
    turn_rig_deliver(&input);
    turn_rig_settle();
    assert_int_equal(only_dialogue(TURN_END_LAST)->turns, 2);
}

static void abort_dialogue(void)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_ABORT, "*384#", "");

    turn_rig_deliver(&input);
    turn_rig_settle();
}

/* A second abort is of nothing. */
static void test_abort(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384#");
    abort_dialogue();
    assert_int_equal(only_dialogue(TURN_END_ABORT)->asks, 1);
    abort_dialogue();
    assert_int_equal(turn_rig.record_count, 1);
}

static void test_timeout(void **state)
{
    const struct turn_record *r;

    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_pass(60 * 1000);
    turn_rig_type(0, "1");
    turn_rig_pass(170 * 1000);
    assert_int_equal(turn_rig.record_count, 0);
    turn_rig_pass(20 * 1000);
    r = only_dialogue(TURN_END_TIMEOUT);
    assert_int_equal(r->turns, 2);
    assert_true(r->ended_ms - r->began_ms >= 230 * 1000);
}

static void test_replaced(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_dial(1, "*384#");
    turn_rig_dial(0, "*384#");
    assert_string_equal(only_dialogue(TURN_END_REPLACED)->msisdn, turn_rig.phones[0].msisdn);
}

static void test_refused(void **state)
{
    const struct turn_record *r;

    (void)state;
    store_memory_set_ready(turn_rig.store, false);
    turn_rig_dial(0, "*384#");
    r = only_dialogue(TURN_END_REFUSED);
    assert_int_equal(r->turns, 1);
    assert_int_equal(r->ends, 1);
    store_memory_set_ready(turn_rig.store, true);
}

static void test_failed_screen(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_dial(0, "*384#");
    turn_rig.show_ends = TURN_SENT_OK;
    only_dialogue(TURN_END_FAILED);
}

static void test_stopped(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_restart();
    only_dialogue(TURN_END_STOPPED);
    turn_rig.record_count = 0;
    turn_rig_type(0, "1"); /* goes on here: a part of its own */
    abort_dialogue();
    assert_int_equal(only_dialogue(TURN_END_ABORT)->begins, 0);
}

/* A copy of an input counts once. */
static void test_copies_do_not_count(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_deliver(&input);
    turn_rig_settle();
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_deliver(&input);
    turn_rig_settle();
    abort_dialogue();
    assert_int_equal(only_dialogue(TURN_END_ABORT)->turns, 1);
}

static void test_sms(void **state)
{
    const struct turn_record *in, *out;
    const char *answer = turn_rig_sms(0, "BANTUAN");

    (void)state;
    in = only(TURN_RECORD_SMS_IN);
    assert_int_equal(in->end, TURN_END_TAKEN);
    assert_int_equal(in->octets_in, strlen("BANTUAN"));
    assert_string_equal(in->code, "384");
    assert_memory_equal(in->menu_id, menu_id(turn_rig.menu), MENU_ID_BYTES);
    out = only(TURN_RECORD_SMS_OUT);
    assert_int_equal(out->end, TURN_END_SENT);
    assert_int_equal(out->octets_out, strlen(answer));
    assert_string_equal(out->msisdn, turn_rig.phones[0].msisdn);
    assert_true(out->ended_ms >= out->began_ms && out->began_ms >= TURN_RIG_NOW);
    turn_rig.record_count = 0;
    turn_rig.sms_ends = TURN_SENT_PERMANENT;
    turn_rig_sms(0, "BANTUAN");
    assert_int_equal(only(TURN_RECORD_SMS_OUT)->end, TURN_END_REJECTED);
    assert_string_equal(only(TURN_RECORD_SMS_OUT)->link, "op1");
}

/* Its answer comes too late to be taken, and the copy that follows counts no more. */
static void test_an_sms_that_is_stored_late(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_SMS, "384", "BANTUAN");

    (void)state;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 6000});
    turn_rig_deliver(&input);
    turn_rig_pass(7000);
    assert_int_equal(turn_rig.refusals, 1);
    turn_rig_deliver(&input);
    turn_rig_settle();
    assert_int_equal(only(TURN_RECORD_SMS_IN)->end, TURN_END_TAKEN);
}

/* It came by op1, which cannot send: whoever has carried or refused the answer counts it. */
static void test_sms_of_another_carrier(void **state)
{
    (void)state;
    turn_rig.sms_link = "agg:1:12";
    turn_rig_sms(0, "BANTUAN");
    assert_string_equal(only(TURN_RECORD_SMS_IN)->link, "op1");
    assert_string_equal(only(TURN_RECORD_SMS_OUT)->link, "agg:1");
    turn_rig.record_count = 0;
    turn_rig.sms_ends = TURN_SENT_PERMANENT;
    turn_rig_sms(0, "BANTUAN");
    assert_string_equal(only(TURN_RECORD_SMS_OUT)->link, "agg:1");
}

/* More open dialogues than the gateway keeps in mind: the oldest is given up. */
static void test_many(void **state)
{
    (void)state;
    turn_rig.settings.turns_max = 2;
    turn_rig_restart();
    turn_rig_dial(0, "*384#");
    turn_rig_dial(1, "*384#");
    turn_rig_dial(2, "*384#");
    assert_string_equal(only_dialogue(TURN_END_LOST)->msisdn, turn_rig.phones[0].msisdn);
}

/* --- dialogues that we open ------------------------------------------------------------------- */

enum { IDLE_MS = 190 * 1000 };

/* The only move since the last call. */
static const struct turn_move *only_move(void)
{
    assert_int_equal(turn_rig.moves, 1);
    turn_rig.moves = 0;
    return &turn_rig.move;
}

static void test_a_push_that_nobody_answers(void **state)
{
    static const uint8_t no_menu[MENU_ID_BYTES];
    const struct turn_record *r;

    (void)state;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    assert_string_equal(only_move()->to.screen, "MAIN");
    assert_true(turn_rig.move.is_entered && !turn_rig.move.is_end && !turn_rig.move.has_input);
    assert_int_equal(turn_rig.record_count, 0);
    turn_rig_pass(IDLE_MS);
    r = only_dialogue(TURN_END_TIMEOUT);
    assert_int_equal(r->pushes, 1);
    assert_int_equal(r->begins + r->answers + r->turns + r->ends, 0);
    assert_int_equal(r->asks, 1);
    assert_int_equal(r->octets_out, strlen(turn_rig.phones[0].screen));
    assert_string_equal(r->msisdn, turn_rig.phones[0].msisdn);
    assert_string_equal(r->link, "op1");
    assert_string_equal(r->code, "*384#");
    assert_memory_not_equal(r->menu_id, no_menu, sizeof(no_menu));
}

static void test_a_push_that_is_answered(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "5");
    const struct turn_record *r;

    (void)state;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    only_move();
    input.session.size = 1;
    turn_rig_deliver(&input);
    turn_rig_settle();
    assert_string_equal(only_move()->from.screen, "MAIN");
    assert_int_equal(turn_rig.move.leave, TURN_LEFT_ANSWERED);
    turn_rig_pass(IDLE_MS);
    r = only_dialogue(TURN_END_TIMEOUT);
    assert_int_equal(r->pushes, 1);
    assert_int_equal(r->turns, 1);
    assert_int_equal(r->asks, 2);
}

static void test_a_notice_is_over_when_it_is_taken(void **state)
{
    const struct turn_record *r;

    (void)state;
    turn_rig_owe_push(0, "KELUAR", 60000);
    turn_rig_pass(2000);
    assert_true(only_move()->is_end);
    r = only_dialogue(TURN_END_SCREEN);
    assert_int_equal(r->pushes, 1);
    assert_int_equal(r->ends, 1);
    assert_int_equal(r->asks, 0);
}

static void test_a_push_that_is_refused(void **state)
{
    const struct turn_record *r;

    (void)state;
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig.show_ends = TURN_SENT_OK;
    r = only_dialogue(TURN_END_FAILED);
    assert_int_equal(r->pushes, 1);
    assert_int_equal(turn_rig.moves, 2); /* it came, and nobody waits at it */
    assert_int_equal(turn_rig.move.leave, TURN_LEFT_ABANDONED);
    assert_string_equal(turn_rig.move.from.screen, "MAIN");
}

static void test_a_push_that_is_tried_again_has_one_record(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(4000);
    assert_int_equal(turn_rig.record_count, 0);
    only_move();
    turn_rig_pass(IDLE_MS);
    assert_int_equal(only_dialogue(TURN_END_TIMEOUT)->pushes, 1);
}

/* It may be on the phone: that a repetition is refused says nothing about it. */
static void test_a_push_whose_repetition_is_refused(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig.shows, 1);
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_pass(30000);
    assert_int_equal(turn_rig.shows, 2);
    turn_rig.show_ends = TURN_SENT_OK;
    assert_int_equal(turn_rig.record_count, 0);
    turn_rig_pass(IDLE_MS);
    only_dialogue(TURN_END_TIMEOUT);
}

/* The dialogue ends with the text that asks to wait; the result opens another. */
static void test_a_late_answer_has_two(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 7000});
    turn_rig_deliver(&input);
    turn_rig_pass(9000);
    assert_int_equal(turn_rig.phones[0].kind, DIALECT_PUSH);
    assert_string_equal(only_move()->to.screen, "LANG");
    assert_int_equal(only_dialogue(TURN_END_SCREEN)->pushes, 0);
    assert_int_equal(turn_rig.records[0].turns, 1);
    assert_int_equal(turn_rig.records[0].ends, 1);
    turn_rig_pass(IDLE_MS);
    assert_int_equal(turn_rig.record_count, 2);
    assert_int_equal(turn_rig.records[1].end, TURN_END_TIMEOUT);
    assert_int_equal(turn_rig.records[1].pushes, 1);
    assert_int_equal(turn_rig.records[1].asks, 1);
}

/* The store ends up taking nothing: the SMS that takes "please wait" back is owed nowhere. */
static void test_told_to_wait_in_vain(void **state)
{
    const struct turn_rig_phone *phone = &turn_rig.phones[0];
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    const struct turn_record *r;

    (void)state;
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED, .back_ms = 7000});
    turn_rig.sms_link = "op2:1";
    turn_rig_deliver(&input);
    turn_rig_pass(9000);
    assert_int_equal(phone->sms_count, 1);
    r = only(TURN_RECORD_SMS_OUT);
    assert_string_equal(turn_end_name(r->end), turn_end_name(TURN_END_SENT));
    assert_string_equal(r->msisdn, phone->msisdn);
    assert_string_equal(r->link, "op2");
    assert_string_equal(r->code, "*384#");
    assert_int_equal(r->octets_out, strlen(phone->sms[0]));
    assert_true(r->ended_ms >= r->began_ms && r->began_ms != 0);
}

static void test_what_is_refused_in_vain_is_no_sms(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED, .back_ms = 7000});
    turn_rig.sms_ends = TURN_SENT_PERMANENT;
    turn_rig_deliver(&input);
    turn_rig_pass(9000);
    for (unsigned i = 0; i < turn_rig.record_count; i++)
        assert_int_not_equal(turn_rig.records[i].kind, TURN_RECORD_SMS_OUT);
    assert_int_equal(turn_rig_counters()->failed_screens, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_last_screen),
        TEST(test_last_answer),
        TEST(test_abort),
        TEST(test_timeout),
        TEST(test_replaced),
        TEST(test_refused),
        TEST(test_failed_screen),
        TEST(test_stopped),
        TEST(test_copies_do_not_count),
        TEST(test_sms),
        TEST(test_an_sms_that_is_stored_late),
        TEST(test_sms_of_another_carrier),
        TEST(test_many),
        TEST(test_a_push_that_nobody_answers),
        TEST(test_a_push_that_is_answered),
        TEST(test_a_notice_is_over_when_it_is_taken),
        TEST(test_a_push_that_is_refused),
        TEST(test_a_push_that_is_tried_again_has_one_record),
        TEST(test_a_push_whose_repetition_is_refused),
        TEST(test_a_late_answer_has_two),
        TEST(test_told_to_wait_in_vain),
        TEST(test_what_is_refused_in_vain_is_no_sms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
