/* What the turn engine tells of moves, for the funnel: once for each input that counts, with the
 * screen that was left and the one that came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

/* The last move, and no other one since the last call. */
static const struct turn_move *moved(const char *from, const char *to, enum turn_leave leave,
                                     bool is_entered)
{
    assert_int_equal(turn_rig.moves, 1);
    turn_rig.moves = 0;
    assert_string_equal(turn_rig.move.from.screen, from);
    assert_string_equal(turn_rig.move.to.screen, to);
    assert_int_equal(turn_rig.move.leave, leave);
    assert_int_equal(turn_rig.move.is_entered, is_entered);
    return &turn_rig.move;
}

static void to_main(void)
{
    turn_rig_dial(0, "*384#");
    turn_rig_type(0, "1");
    turn_rig.moves = 0;
}

static void test_answers_and_ways_back(void **state)
{
    const struct turn_move *m;

    (void)state;
    turn_rig_dial(0, "*384#");
    m = moved("", "LANG", TURN_LEFT_NOT, true);
    assert_string_equal(m->to.language, "");
    assert_false(m->has_input);
    turn_rig_pass(5000);
    turn_rig_type(0, "1");
    m = moved("LANG", "MAIN", TURN_LEFT_ANSWERED, true);
    assert_string_equal(m->from.language, "");
    assert_string_equal(m->to.language, "id");
    assert_true(m->has_input && m->now_ms - m->shown_ms >= 5000);
    turn_rig_type(0, "77");
    m = moved("MAIN", "MAIN", TURN_LEFT_NOT, false);
    assert_true(m->was_invalid);
    turn_rig_type(0, "5");
    moved("MAIN", "BANTUAN", TURN_LEFT_ANSWERED, true);
    turn_rig_type(0, "0");
    moved("BANTUAN", "MAIN", TURN_LEFT_BACK, true);
}

static void test_pages_are_one_screen(void **state)
{
    (void)state;
    to_main();
    turn_rig_dial(0, "*384*1*1*Siti Aminah*1*Warung Siti#");
    moved("MAIN", "KATEGORI", TURN_LEFT_ABANDONED, true); /* dialled anew */
    turn_rig_type(0, "98");
    assert_false(moved("KATEGORI", "KATEGORI", TURN_LEFT_NOT, false)->was_invalid);
    turn_rig_type(0, "1");
    moved("KATEGORI", "KAB", TURN_LEFT_ANSWERED, true);
}

static void test_too_many_errors(void **state)
{
    const struct turn_move *m;

    (void)state;
    to_main();
    turn_rig_type(0, "77");
    turn_rig_type(0, "77");
    turn_rig.moves = 0;
    turn_rig_type(0, "77");
    m = moved("MAIN", "ERR_HABIS_AWAL", TURN_LEFT_ABANDONED, true);
    assert_true(m->was_invalid && m->is_end);
}

static void test_a_copy_is_no_move(void **state)
{
    struct dialect_input input;

    (void)state;
    to_main();
    turn_rig.show_ends = TURN_SENT_UNKNOWN; /* nothing proves that the screen came */
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "5");
    turn_rig_deliver(&input);
    turn_rig_settle();
    moved("MAIN", "BANTUAN", TURN_LEFT_ANSWERED, true);
    turn_rig_deliver(&input);
    turn_rig_settle();
    assert_int_equal(turn_rig.moves, 0);
}

static void test_hanging_up(void **state)
{
    struct dialect_input input;

    (void)state;
    to_main();
    input = turn_rig_input(0, DIALECT_ABORT, "*384#", "");
    turn_rig_deliver(&input);
    turn_rig_settle();
    moved("MAIN", "", TURN_LEFT_ABANDONED, false);
    turn_rig_deliver(&input); /* of a dialogue that is over */
    turn_rig_settle();
    assert_int_equal(turn_rig.moves, 0);
}

/* message_state or esm_class alone, without its_session_info: it is of the dialogue that the
 * number has. */
static void test_hanging_up_without_a_name(void **state)
{
    struct dialect_input begin = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    struct dialect_input end = turn_rig_input(0, DIALECT_ABORT, "*384#", "");

    (void)state;
    memcpy(begin.session.octets, "x1", 2);
    begin.session.size = 2;
    turn_rig_deliver(&begin);
    turn_rig_settle();
    turn_rig_answer("x1", "1");
    turn_rig.moves = 0;
    assert_int_equal(end.session.size, 0);
    turn_rig_deliver(&end);
    turn_rig_settle();
    moved("MAIN", "", TURN_LEFT_ABANDONED, false);
}

/* What this gateway knows is of the dialogue before: another has begun the one that ends. */
static void test_hanging_up_what_another_gateway_began(void **state)
{
    struct dialect_input dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#"), abort = dial;

    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_change_gateway();
    dial.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&dial);
    turn_rig_settle();
    turn_rig_change_gateway();
    turn_rig.moves = 0;
    abort.kind = DIALECT_ABORT;
    abort.session = dial.session;
    turn_rig_deliver(&abort);
    turn_rig_settle();
    assert_int_equal(turn_rig.moves, 1);
    assert_int_equal(turn_rig.move.leave, TURN_LEFT_ABANDONED);
}

/* The centre closes with the answer: nothing is shown. */
static void test_the_last_answer(void **state)
{
    struct dialect_input input;

    (void)state;
    to_main();
    input = turn_rig_input(0, DIALECT_ANSWER_LAST, "*384#", "5");
    turn_rig_deliver(&input);
    turn_rig_settle();
    moved("MAIN", "", TURN_LEFT_ANSWERED, false);
}

static void test_sms_are_no_moves(void **state)
{
    (void)state;
    to_main();
    turn_rig_sms(0, "STATUS");
    assert_int_equal(turn_rig.moves, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers_and_ways_back),
        TEST(test_pages_are_one_screen),
        TEST(test_too_many_errors),
        TEST(test_a_copy_is_no_move),
        TEST(test_hanging_up),
        TEST(test_hanging_up_without_a_name),
        TEST(test_hanging_up_what_another_gateway_began),
        TEST(test_the_last_answer),
        TEST(test_sms_are_no_moves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
