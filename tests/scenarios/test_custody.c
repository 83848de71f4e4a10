/* The counterexamples of tests/model/custody.pml on the real turn engine: each test is named after
 * the variant of the model that breaks its rule. A copy of an input must be answered with the
 * screen that the input was answered with; a step too many would show the next question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/support/turn_rig.h"

#define STEP_2 "Langkah 2/9"
#define STEP_3 "Langkah 3/9"

static struct dialect_input
    the_input; /* the one under test: its copies are equal to the last bit */

static void deliver_text(const char *text)
{
    the_input = turn_rig_input(0, DIALECT_ANSWER, "*384#", text);
    turn_rig_deliver(&the_input);
}

/* The screen that a copy is answered with. */
static const char *deliver_copy(void)
{
    turn_rig.phones[0].screen[0] = '\0';
    turn_rig_deliver(&the_input);
    turn_rig_settle();
    return turn_rig.phones[0].screen;
}

static int at_name(void **state)
{
    if (turn_rig_setup(state) != 0)
        return -1;
    turn_rig_dial(0, "*384*1*1#");
    return 0;
}

static void next_commit(enum store_memory_fate_kind kind, uint64_t there_ms, uint64_t back_ms)
{
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){kind, there_ms, back_ms, 0});
}

static void test_early(void **state)
{
    unsigned answers = turn_rig.answers;

    (void)state;
    next_commit(STORE_MEMORY_DONE, 1000, 1000);
    deliver_text("SITI AMINAH");
    turn_rig_pass(1900);
    assert_int_equal(turn_rig.answers, answers);
    turn_rig_pass(200);
    assert_int_equal(turn_rig.answers, answers + 1);
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_2);
}

static void test_no_dedupe(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    deliver_text("SITI AMINAH");
    turn_rig_settle();
    turn_rig_restart();
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_assert_begins(deliver_copy(), STEP_2);
}

static void test_close_at_once(void **state)
{
    (void)state;
    deliver_text("SITI AMINAH");
    turn_rig_pass(0);
    turn_rig_restart(); /* before anything was proved */
    turn_rig_assert_begins(deliver_copy(), STEP_2);
}

static void test_no_tombstone(void **state)
{
    unsigned sms;

    (void)state;
    turn_rig_assert_begins(turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1#"),
                           "Langkah 9/9");
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    deliver_text("1");
    turn_rig_settle();
    sms = turn_rig.phones[0].sms_count;
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_assert_begins(deliver_copy(), "Terima kasih, pendaftaran terkirim.");
    assert_int_equal(turn_rig.phones[0].sms_count, sms);
}

/* The proof comes when the centre may have given up on the answer. */
static void test_no_window(void **state)
{
    (void)state;
    turn_rig.show_ms = turn_rig.settings.answer_window_ms + 100;
    deliver_text("SITI AMINAH");
    turn_rig_pass(turn_rig.show_ms + 1000);
    turn_rig_assert_begins(deliver_copy(), STEP_2);
    turn_rig_pass(turn_rig.show_ms);
}

static void test_window_from_answer(void **state)
{
    (void)state;
    turn_rig.show_ms = turn_rig.settings.answer_window_ms / 2;
    next_commit(STORE_MEMORY_DONE, 0, turn_rig.settings.answer_window_ms - 100);
    deliver_text("SITI AMINAH");
    turn_rig_pass(2 * turn_rig.settings.answer_window_ms);
    turn_rig_assert_begins(deliver_copy(), STEP_2);
    turn_rig_pass(turn_rig.show_ms);
}

static void assert_given_back(unsigned screens)
{
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(turn_rig.phones[0].screen_count, screens);
    assert_int_equal(turn_counters(turn_rig.engine)->overdue, 1);
}

/* The store's connection broke, and by the time that the record is seen again another gateway may
 * have taken the input, shown the screen and closed the debt. */
static void test_late_step(void **state)
{
    unsigned screens = turn_rig.phones[0].screen_count;

    (void)state;
    next_commit(STORE_MEMORY_UNKNOWN_NOT, 0, turn_rig.settings.answer_window_ms + 100);
    deliver_text("SITI AMINAH");
    turn_rig_pass(turn_rig.settings.answer_window_ms + 500);
    assert_given_back(screens + 1); /* told to wait */
    turn_rig_assert_begins(deliver_copy(), STEP_2);
}

static void test_late_step_by_a_lost_connection(void **state)
{
    unsigned screens = turn_rig.phones[0].screen_count;

    (void)state;
    next_commit(STORE_MEMORY_UNKNOWN_NOT, 0, 1000);
    deliver_text("SITI AMINAH");
    turn_rig.is_disconnected = true;
    turn_rig_pass(1500);
    assert_given_back(screens);
    turn_rig.is_disconnected = false;
    turn_rig_assert_begins(deliver_copy(), STEP_2);
}

/* Stored, but too late for this delivery: told to wait, then the screen by itself; the copy is
 * acknowledged. */
static void test_late_step_answered(void **state)
{
    unsigned screens = turn_rig.phones[0].screen_count;

    (void)state;
    next_commit(STORE_MEMORY_DONE, 0, turn_rig.settings.answer_window_ms + 100);
    deliver_text("SITI AMINAH");
    turn_rig_pass(turn_rig.settings.answer_window_ms + 500);
    assert_given_back(screens + 2);
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_2);
    assert_string_equal(deliver_copy(), "");
    assert_int_equal(turn_rig.refusals, 1);
}

/* An answer's outcome is told by a screen on its own connection alone. */
static void test_any_connection(void **state)
{
    (void)state;
    turn_rig.show_connection = 2;
    deliver_text("SITI AMINAH");
    turn_rig_settle();
    turn_rig_assert_begins(deliver_copy(), STEP_2);
    turn_rig.show_connection = 1;
    turn_rig_assert_begins(deliver_copy(), STEP_2); /* and this one proves it */
    turn_rig_assert_begins(deliver_copy(), "NIK");  /* so that this is the same keys again */
}

static void test_unknown_done(void **state)
{
    (void)state;
    next_commit(STORE_MEMORY_UNKNOWN_NOT, 0, 100);
    deliver_text("SITI AMINAH");
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_2);
    turn_rig_restart();
    turn_rig_assert_begins(turn_rig_type(0, "1"), STEP_3); /* it was stored */
}

static void test_unknown_again(void **state)
{
    (void)state;
    next_commit(STORE_MEMORY_UNKNOWN_DONE, 0, 100);
    deliver_text("SITI AMINAH");
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_2);
    assert_int_equal(turn_counters(turn_rig.engine)->replays, 1);
    turn_rig_assert_begins(turn_rig_type(0, "1"), STEP_3);
}

static void test_conflict_done(void **state)
{
    (void)state;
    next_commit(STORE_MEMORY_CONFLICTING, 0, 0);
    deliver_text("SITI AMINAH");
    turn_rig_settle();
    turn_rig_restart();
    turn_rig_assert_begins(turn_rig_type(0, "1"), STEP_3);
}

/* Numbered steps: a copy of a step before the last gets an OK and nothing else, proved or not. */
static void test_ledger_closes(void **state)
{
    struct dialect_input older;
    unsigned screens;

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    older = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*1#");
    older.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&older);
    turn_rig_settle();
    older = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    older.session = turn_rig.phones[0].session;
    turn_rig_deliver(&older);
    turn_rig_settle();
    the_input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    the_input.session = turn_rig.phones[0].session;
    turn_rig_deliver(&the_input);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_3);
    screens = turn_rig.phones[0].screen_count;
    turn_rig_deliver(&older);
    turn_rig_settle();
    assert_int_equal(turn_rig.refusals, 0);
    assert_int_equal(turn_rig.phones[0].screen_count, screens);
    turn_rig_assert_begins(deliver_copy(), STEP_3);
}

/* Numbered steps: a centre whose timer ran out while we slept delivers again when the dialogue is
 * many steps on, further than the ledger goes back. (A fault round, stop-gateway-long.) */
static void test_copies_older_than_the_ledger(void **state)
{
    struct dialect_input dial, answer;
    unsigned screens;
    char text[MENU_TEXT_BYTES];

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*1#");
    dial.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&dial);
    turn_rig_settle();
    for (unsigned i = 0; i < 10; i++) {
        the_input = turn_rig_input(0, DIALECT_ANSWER, "*384#", i % 2 == 0 ? "SITI AMINAH" : "0");
        the_input.session = turn_rig.phones[0].session;
        if (i == 0)
            answer = the_input;
        turn_rig_deliver(&the_input);
        turn_rig_settle();
    }
    text_copy(text, sizeof(text), turn_rig.phones[0].screen);
    screens = turn_rig.phones[0].screen_count;
    turn_rig_deliver(&dial);
    turn_rig_settle();
    assert_int_equal(turn_rig.phones[0].screen_count, screens + 1);
    assert_string_equal(turn_rig.phones[0].screen, text);
    turn_rig_deliver(&answer);
    turn_rig_settle();
    assert_int_equal(turn_rig.phones[0].screen_count, screens + 1);
    assert_int_equal(turn_rig.refusals, 0);
    assert_int_equal(turn_counters(turn_rig.engine)->mismatches, 0);
    the_input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    the_input.session = turn_rig.phones[0].session;
    turn_rig_deliver(&the_input);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_2);
    screens = turn_rig.phones[0].screen_count;

    /* Nor does it open another one when it is over. */
    dial = turn_rig_input(0, DIALECT_ABORT, "*384#", "");
    dial.session = the_input.session;
    turn_rig_deliver(&dial);
    turn_rig_settle();
    turn_rig_deliver(&answer);
    turn_rig_settle();
    assert_int_equal(turn_rig.phones[0].screen_count, screens);
    assert_int_equal(turn_rig.refusals, 0);
    the_input.session =
        turn_rig.phones[0].session; /* but who answers what is shown sees where to go on */
    turn_rig_deliver(&the_input);
    turn_rig_settle();
    assert_int_equal(turn_rig.phones[0].screen_count, screens + 1);
}

/* A reload that begins to number: the screens of running dialogues went out before it, so that
 * answers to them carry no number of ours, however many steps they have made. Their copies are
 * known, and the next answer is held to its number. (An audit: warung-smsc load, a reload into
 * "echo".) */
static void numbers_begin_after(unsigned answers)
{
    struct dialect_input answer;
    unsigned screens;

    turn_rig.traits.token = TURN_TOKEN_NONE;
    the_input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*1#");
    the_input.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&the_input);
    turn_rig_settle();
    for (unsigned i = 0; i <= answers; i++) {
        if (i == answers)
            turn_rig.traits.token = TURN_TOKEN_ECHO;
        answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", i % 2 == 0 ? "SITI AMINAH" : "0");
        answer.session = (struct dialect_session){.size = 1, .octets = {7}};
        screens = turn_rig.phones[0].screen_count;
        turn_rig_deliver(&answer);
        turn_rig_settle();
        assert_int_equal(turn_rig.phones[0].screen_count, screens + 1);
    }
    assert_int_equal(turn_rig.refusals, 0);
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_2);
    turn_rig_deliver(&answer);
    turn_rig_settle();
    assert_int_equal(turn_counters(turn_rig.engine)->replays, 1);
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_2);
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "0");
    answer.session = turn_rig.phones[0].session;
    answer.session.unit++;
    turn_rig_deliver(&answer);
    turn_rig_settle();
    assert_int_equal(turn_counters(turn_rig.engine)->mismatches, 1);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN); /* what was read may be old */
    answer.session.unit -= 2;
    text_copy(answer.text, sizeof(answer.text), "98");
    answer.fingerprint++;
    turn_rig_deliver(&answer);
    turn_rig_settle();
    assert_int_equal(turn_counters(turn_rig.engine)->mismatches, 2);
    assert_int_equal(turn_rig.refused_with, ESME_RX_R_APPN);
}

static void test_numbers_begin_in_a_dialogue(void **state)
{
    (void)state;
    numbers_begin_after(2);
}

static void test_numbers_begin_late_in_a_dialogue(void **state)
{
    (void)state;
    numbers_begin_after(12);
}

/* A reload that ends the numbers: the number in what the centre echoes stands still, and an answer
 * that was given once with it may be given again at a later screen. As elsewhere without numbers,
 * the last screen comes again, and what is typed once more is a step. */
static void test_numbers_end_in_a_dialogue(void **state)
{
    struct dialect_session session;
    uint64_t given;
    unsigned screens;

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    the_input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*1#");
    the_input.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&the_input);
    turn_rig_settle();
    session = turn_rig.phones[0].session;
    given = the_input.fingerprint + 1000;
    for (unsigned i = 0; i < 4; i++) {
        if (i == 1)
            turn_rig.traits.token = TURN_TOKEN_NONE;
        the_input = turn_rig_input(0, DIALECT_ANSWER, "*384#", i == 1 ? "0" : "SITI AMINAH");
        the_input.session = session;
        if (i != 1)
            the_input.fingerprint = given;
        screens = turn_rig.phones[0].screen_count;
        turn_rig_deliver(&the_input);
        turn_rig_settle();
        assert_int_equal(turn_rig.phones[0].screen_count, screens + 1);
    }
    assert_int_equal(turn_counters(turn_rig.engine)->replays, 1);
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_2);
    assert_int_equal(turn_rig.refusals, 0);
}

/* Numbered steps: the copy of a dial whose dialogue is over already, by an end or because its
 * result is late, is carried out no more. Ids come round: much later it is a new dial. (The
 * simulator.) */
static void test_copies_of_a_dial_that_is_over(void **state)
{
    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    the_input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*2#");
    the_input.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&the_input);
    turn_rig_settle();
    turn_rig_assert_begins(deliver_copy(), "Baik, data Anda");
    assert_int_equal(turn_counters(turn_rig.engine)->replays, 1);
    turn_rig_pass(turn_rig.settings.session_idle_s * 1000 + 1000);
    turn_rig_assert_begins(deliver_copy(), "Baik, data Anda");
    assert_int_equal(turn_counters(turn_rig.engine)->replays, 1);

    next_commit(STORE_MEMORY_DONE, 0, turn_rig.settings.answer_window_ms + 100);
    the_input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    the_input.session = (struct dialect_session){.size = 1, .octets = {8}};
    turn_rig_deliver(&the_input);
    turn_rig_pass(turn_rig.settings.answer_window_ms + 500);
    assert_int_equal(turn_rig.phones[0].kind, DIALECT_PUSH);
    assert_string_equal(deliver_copy(), "");
    assert_int_equal(turn_counters(turn_rig.engine)->replays, 2);
}

/* The key of two screens before, whose screen's response is still out: not even where another
 * answer came in between is it taken for a copy, but waits for what that response proves. */
static void test_the_key_of_two_screens_before(void **state)
{
    struct dialect_input name;

    (void)state;
    turn_rig_dial(0, "*384*1#");
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Untuk mendaftar");
    turn_rig.show_ms = 400;
    the_input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    name = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    turn_rig_deliver(&the_input);
    turn_rig_pass(50);
    turn_rig_deliver(&name);
    turn_rig_pass(50);
    turn_rig_deliver(&the_input);
    turn_rig_pass(50);
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_2);
    turn_rig_pass(1000);
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_3);
    assert_int_equal(turn_counters(turn_rig.engine)->replays, 0);
}

/* Numbered steps, and a centre that repeats the dial while an answer to its screen is at work: the
 * copy shows nothing, and takes no screen away. (warung-smsc load --fault repeat=1.) */
static void test_a_copy_of_the_dial_behind_an_answer(void **state)
{
    struct dialect_input dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    dial.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&dial);
    turn_rig_settle();
    the_input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    the_input.session = turn_rig.phones[0].session;
    next_commit(STORE_MEMORY_DONE, 0, 100);
    turn_rig_deliver(&the_input);
    turn_rig_deliver(&dial);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "#TerusUsaha Lampung");
    assert_int_equal(turn_counters(turn_rig.engine)->screens_withdrawn, 0);
    assert_int_equal(turn_counters(turn_rig.engine)->replays, 1);
}

/* The gateway dies between the commit and the answer, and an SMS comes before the copy. */
static void test_an_sms_before_the_copy(void **state)
{
    struct dialect_input dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*1#");

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    dial.session = (struct dialect_session){.size = 1, .octets = {1}};
    turn_rig_deliver(&dial);
    turn_rig_settle();
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    the_input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "SITI AMINAH");
    the_input.session = turn_rig.phones[0].session;
    turn_rig_deliver(&the_input);
    turn_rig_settle();
    turn_rig_restart();
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_assert_begins(turn_rig_sms(0, "STATUS"), "#TerusUsaha: nomor HP ini belum");
    turn_rig_assert_begins(deliver_copy(), STEP_2);
}

/* The centre is busy for a moment, and meanwhile an SMS comes. */
static void test_an_sms_before_the_second_try(void **state)
{
    struct dialect_input sms = turn_rig_input(0, DIALECT_SMS, "384", "STATUS");

    (void)state;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    deliver_text("SITI AMINAH");
    turn_rig_pass(100);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_deliver(&sms);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, STEP_2);
}

/* A gateway has read what a fail-over takes back, without a write of its own; another one writes
 * that version anew. */
static void test_a_copy_from_before_the_fail_over(void **state)
{
    static const char *const answers[] = {"1", "WARUNG SITI", "1", "2", "1", "1", "1"};
    struct memory_data *replica = memory_data_copy(turn_rig.data);
    struct dialect_input abort = turn_rig_input(0, DIALECT_ABORT, "*384#", "");

    (void)state;
    turn_rig_assert_begins(turn_rig_type(0, "SITI AMINAH"), STEP_2);
    turn_rig_change_gateway();
    abort.session = (struct dialect_session){.size = 1, .octets = {9}}; /* of another dialogue */
    turn_rig_deliver(&abort);
    turn_rig_settle();
    memory_data_replace(turn_rig.data, replica);
    turn_rig_change_gateway();
    turn_rig_restart();
    turn_rig_assert_begins(turn_rig_type(0, "BUDI SANTOSO"), STEP_2);
    turn_rig_change_gateway();
    for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        turn_rig_type(0, answers[i]);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Langkah 9/9");
    assert_non_null(strstr(turn_rig.phones[0].screen, "BUDI SANTOSO"));
}

#define SCENARIO(test) cmocka_unit_test_setup_teardown(test, at_name, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(test_early),
        SCENARIO(test_no_dedupe),
        SCENARIO(test_close_at_once),
        SCENARIO(test_no_tombstone),
        SCENARIO(test_no_window),
        SCENARIO(test_window_from_answer),
        SCENARIO(test_late_step),
        SCENARIO(test_late_step_by_a_lost_connection),
        SCENARIO(test_late_step_answered),
        SCENARIO(test_any_connection),
        SCENARIO(test_unknown_done),
        SCENARIO(test_unknown_again),
        SCENARIO(test_conflict_done),
        SCENARIO(test_ledger_closes),
        SCENARIO(test_copies_older_than_the_ledger),
        SCENARIO(test_a_copy_from_before_the_fail_over),
        SCENARIO(test_an_sms_before_the_copy),
        SCENARIO(test_an_sms_before_the_second_try),
        cmocka_unit_test_setup_teardown(test_the_key_of_two_screens_before, turn_rig_setup,
                                        turn_rig_teardown),
        cmocka_unit_test_setup_teardown(test_a_copy_of_the_dial_behind_an_answer, turn_rig_setup,
                                        turn_rig_teardown),
        cmocka_unit_test_setup_teardown(test_numbers_begin_in_a_dialogue, turn_rig_setup,
                                        turn_rig_teardown),
        cmocka_unit_test_setup_teardown(test_numbers_begin_late_in_a_dialogue, turn_rig_setup,
                                        turn_rig_teardown),
        cmocka_unit_test_setup_teardown(test_numbers_end_in_a_dialogue, turn_rig_setup,
                                        turn_rig_teardown),
        cmocka_unit_test_setup_teardown(test_copies_of_a_dial_that_is_over, turn_rig_setup,
                                        turn_rig_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
