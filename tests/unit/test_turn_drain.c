/* A gateway that drains leaves nothing that only it knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

/* The same key answers this screen and the next: what this gateway knows, that the first was read,
 * makes the second no copy. */
static struct dialect_input answer_and_drain(void)
{
    struct dialect_input input;

    turn_rig_dial(0, "*384#");
    turn_rig_type(0, "1");
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    turn_rig_deliver(&input);
    turn_rig_pass(20);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Untuk mendaftar");
    assert_int_equal(turn_live(turn_rig.engine), 0);
    assert_false(turn_is_drained(turn_rig.engine));
    return input;
}

static void assert_another_gateway_goes_on(const struct dialect_input *input)
{
    turn_rig_change_gateway();
    turn_rig_deliver(input);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Langkah 1/9");
    assert_int_equal(turn_rig_counters()->replays, 0);
}

static void test_proofs_are_stored(void **state)
{
    struct dialect_input input = answer_and_drain();

    (void)state;
    turn_drain(turn_rig.engine);
    turn_rig_pass(20);
    assert_true(turn_is_drained(turn_rig.engine));
    assert_another_gateway_goes_on(&input);
}

/* The store is away for a moment just then. */
static void test_proofs_wait_for_the_store(void **state)
{
    struct dialect_input input = answer_and_drain();

    (void)state;
    store_memory_set_ready(turn_rig.store, false);
    turn_drain(turn_rig.engine);
    turn_rig_pass(500);
    assert_int_equal(turn_live(turn_rig.engine), 0);
    assert_false(turn_is_drained(turn_rig.engine));
    store_memory_set_ready(turn_rig.store, true);
    turn_rig_pass(2000);
    assert_true(turn_is_drained(turn_rig.engine));
    assert_another_gateway_goes_on(&input);
}

/* While they were to be stored, another input was at work, which the store then refused. */
static void test_proofs_outlive_a_refused_input(void **state)
{
    struct dialect_input input = answer_and_drain();
    struct dialect_input dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED, .back_ms = 500});
    turn_rig_deliver(&dial);
    turn_rig_pass(1000);
    assert_int_equal(turn_rig.refusals, 1);
    turn_rig_pass(2000);
    assert_true(turn_is_drained(turn_rig.engine));
    assert_another_gateway_goes_on(&input);
}

/* No copies are kept at all: a proof outlives the copy that it came to, taken along by the next
 * step or stored alone. */
static void test_proofs_without_a_cache(void **state)
{
    static const char *const screens[] = {"#TerusUsaha Lampung", "Untuk mendaftar", "Langkah 1/9"};
    struct dialect_input input;

    (void)state;
    turn_rig.settings.cache_max = 0;
    turn_rig_restart();
    turn_rig_dial(0, "*384#");
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    for (int i = 0; i < 3; i++) {
        turn_rig_deliver(&input);
        turn_rig_pass(i == 0 ? 20 : 500);
        turn_rig_assert_begins(turn_rig.phones[0].screen, screens[i]);
    }
    assert_int_equal(turn_rig_counters()->replays, 0);
    assert_in_range(turn_rig_counters()->settles, 2, 3); /* the dial, too */
}

/* What came between read the record anew, and had nothing to write: the end of a dialogue that our
 * text has ended is told by the centre, too. */
static void test_proofs_outlive_the_end_of_a_dialogue(void **state)
{
    struct dialect_input input, end;

    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_type(0, "1");
    turn_rig_type(0, "1");
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "2");
    end = turn_rig_input(0, DIALECT_ABORT, "*384#", "");
    turn_rig_deliver(&input);
    turn_rig_pass(20);
    assert_int_equal(turn_rig.phones[0].kind, DIALECT_END);
    turn_rig_deliver(&end);
    turn_rig_settle();
    turn_rig_pass(2000);
    turn_rig_dial(0, "*384#");
    turn_rig_deliver(&input);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Belum ada");
    assert_int_equal(turn_rig_counters()->replays, 0);
}

/* The first try to store them had no answer, and was not done. */
static void test_proofs_outlive_a_try_of_unknown_outcome(void **state)
{
    struct dialect_input input = answer_and_drain();

    (void)state;
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_NOT, .back_ms = 100});
    turn_drain(turn_rig.engine);
    turn_rig_pass(3000);
    assert_true(turn_is_drained(turn_rig.engine));
    assert_another_gateway_goes_on(&input);
}

/* "1", and "1" again before the clock has moved on: the proof of the first is stored with the
 * second, and brought again where it is not known whether it was. It is no proof of the second. */
static void test_proofs_of_one_millisecond(void **state)
{
    struct dialect_input key = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    int64_t taken_ms;

    (void)state;
    turn_rig_dial(0, "*384#");
    taken_ms = turn_rig.wall_ms;
    turn_rig_deliver(&key);
    turn_rig_pass(20);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "#TerusUsaha Lampung");
    turn_rig.wall_ms = taken_ms; /* the steps of the rig's clock are longer */
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_DONE, .back_ms = 100});
    turn_rig_deliver(&key);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->unknown_commits, 1);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Untuk mendaftar");
}

/* An officer has erased the subscriber: their debts are gone, and nothing is to be stored. */
static void test_proofs_of_nobody(void **state)
{
    (void)state;
    answer_and_drain();
    turn_rig_erase_all(0);
    turn_drain(turn_rig.engine);
    turn_rig_pass(20);
    assert_true(turn_is_drained(turn_rig.engine));
}

/* The bind that an input came by is being ended, by a reload or by the centre: no screen leaves by
 * it any more. The input is taken, and comes again by the next bind. */
static void test_an_input_without_a_way_back(void **state)
{
    struct dialect_input input;
    unsigned shows;

    (void)state;
    turn_rig_dial(0, "*384#");
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    shows = turn_rig.shows;
    turn_rig.is_unbinding = true;
    turn_rig_deliver(&input);
    turn_rig_settle();
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(turn_rig.shows, shows);
    turn_rig.is_unbinding = false;
    turn_rig_deliver(&input);
    turn_rig_settle();
    assert_int_equal(turn_rig.refusals, 1);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "#TerusUsaha Lampung");
    assert_int_equal(turn_rig_counters()->steps, 2);
    assert_int_equal(turn_rig_counters()->replays, 1);
}

/* It breaks while the input is stored. The screen leaves with the answer, or neither does: shown by
 * another bind, the subscriber would go on from it, and the copy pass for the key after that. */
static void test_an_input_whose_connection_breaks(void **state)
{
    struct dialect_input input;
    unsigned shows;

    (void)state;
    turn_rig_dial(0, "*384#");
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    shows = turn_rig.shows;
    turn_rig_deliver(&input);
    turn_rig.is_disconnected = true;
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->steps, 2);
    assert_int_equal(turn_rig.shows, shows);
    turn_rig.is_disconnected = false;
    turn_rig_deliver(&input);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "#TerusUsaha Lampung");
    assert_int_equal(turn_rig_counters()->replays, 1);
}

/* Its number tells the copy from a key. */
static void test_a_numbered_one_is_shown_by_another_bind(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    unsigned shows;

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    input.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&input);
    turn_rig_settle();
    shows = turn_rig.shows;
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    input.session = (struct dialect_session){.size = 1, .octets = {7}, .unit = 1};
    turn_rig_deliver(&input);
    turn_rig.is_disconnected = true;
    turn_rig_settle();
    assert_int_equal(turn_rig.shows, shows + 1);
}

/* ... also where it is gone before the step. */
static void test_a_numbered_one_is_stepped_behind_a_break(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    input.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig.is_disconnected = true;
    turn_rig_deliver(&input);
    turn_rig_settle();
    assert_int_equal(turn_rig.shows, 1);
    assert_int_equal(turn_rig_counters()->steps, 1);
}

/* Turns that store nothing do not put it off. */
static void test_a_proof_is_stored_in_time(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    struct dialect_input end = turn_rig_input(0, DIALECT_ABORT, "*384#", "");

    (void)state;
    turn_rig_deliver(&dials);
    turn_rig_pass(100);
    end.session.size = 1; /* of another dialogue */
    turn_rig_deliver(&end);
    turn_rig_pass(300);
    assert_int_equal(turn_rig_counters()->settles, 1);
}

/* Of a quick phone, while the responses to its screens come late and all together. */
static void test_proofs_that_come_together(void **state)
{
    static const char *const typed[] = {"2", "4", "2", "5", "1"};
    struct dialect_input inputs[5];

    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI#");
    turn_rig_pass(1000);
    turn_rig.show_ms = 150;
    for (unsigned i = 0; i < 5; i++) {
        inputs[i] = turn_rig_input(0, DIALECT_ANSWER, "*384#", typed[i]);
        turn_rig_deliver(&inputs[i]);
        turn_rig_pass(5);
    }
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Langkah 9/9");
    turn_rig_pass(160);
    turn_rig_deliver(&inputs[0]); /* the same key again */
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->replays, 0);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Perbaiki");
}

/* So late that the oldest is forgotten while a commit that takes it along is under way: what came
 * last is stored all the same. */
static void test_more_proofs_than_are_kept(void **state)
{
    static const char *const typed[] = {"SITI AMINAH", "1", "WARUNG SITI", "1", "2",
                                        "1",           "1", "1",           "2"};
    struct dialect_input input;

    (void)state;
    turn_rig_dial(0, "*384*1*1#");
    turn_rig_pass(1000);
    turn_rig.show_ms = 500;
    for (unsigned i = 0; i < 9; i++) {
        input = turn_rig_input(0, DIALECT_ANSWER, "*384#", typed[i]);
        turn_rig_deliver(&input);
        turn_rig_pass(10);
    }
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Perbaiki");
    turn_rig_pass(480); /* eight of nine have come */
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.back_ms = 100});
    turn_rig_deliver(&(struct dialect_input[]){turn_rig_input(0, DIALECT_ANSWER, "*384#", "0")}[0]);
    turn_rig_pass(2000);
    turn_rig_deliver(&input); /* the same key again */
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->replays, 0);
}

/* A screen that is known to be shown, and not yet that its answer was read: the dialogue goes on,
 * and the proof is not lost for that. */
static void test_a_proof_outlives_the_next_step(void **state)
{
    struct dialect_input first, next = turn_rig_input(0, DIALECT_ANSWER, "*384#", "5");

    (void)state;
    turn_rig.is_pair = true;
    turn_rig_dial(0, "*384#");
    first = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    turn_rig.is_unread = true;
    turn_rig_deliver(&first);
    turn_rig_pass(30);
    turn_rig_deliver(&next);
    turn_rig_pass(30);
    assert_int_equal(turn_rig_counters()->screens, 3);
    turn_rig.is_unread = false;
    turn_rig_settle();
    turn_rig_deliver(&first); /* the same key again */
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->replays, 0);
    assert_int_equal(turn_rig_counters()->screens_withdrawn, 0);
}

/* The word that it was read is looked for as long as it proves something: not by who leaves. */
static void test_the_word_is_not_waited_for(void **state)
{
    (void)state;
    turn_rig.is_pair = turn_rig.is_unread = true;
    turn_rig_dial(0, "*384#");
    turn_rig_pass(1500);
    assert_int_equal(turn_live(turn_rig.engine), 1);
    turn_drain(turn_rig.engine);
    turn_rig_pass(700);
    assert_true(turn_is_drained(turn_rig.engine));
}

/* Nor behind a break, of which the link tells. */
static void test_nor_is_the_word_of_who_is_gone(void **state)
{
    (void)state;
    turn_rig.is_pair = turn_rig.is_unread = true;
    turn_rig_dial(0, "*384#");
    turn_rig_pass(1500);
    assert_int_equal(turn_live(turn_rig.engine), 1);
    turn_rig.is_disconnected = true;
    turn_rig_pass(700);
    assert_int_equal(turn_live(turn_rig.engine), 0);
    assert_int_equal(turn_rig_counters()->answers_unread, 0);
}

/* One that a centre has no room for is left to the gateways that stay. */
static void test_an_sms_that_is_to_be_tried_again_is_left(void **state)
{
    (void)state;
    turn_rig.sms_ends = TURN_SENT_TEMPORARY;
    turn_rig_sms(0, "STATUS");
    turn_rig_pass(1000);
    assert_int_not_equal(turn_live(turn_rig.engine), 0);
    turn_drain(turn_rig.engine);
    turn_rig_pass(20);
    assert_true(turn_is_drained(turn_rig.engine));
    assert_int_equal(turn_rig_owed(), 1);
}

/* A new dial is turned away; the copy of one that was taken in is not. */
static void test_the_copy_of_a_dial(void **state)
{
    struct dialect_input dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    struct turn_rig_phone *phone = &turn_rig.phones[0];

    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN; /* nothing proves that the phone has it */
    turn_rig_deliver(&dial);
    turn_rig_settle();
    turn_rig.show_ends = TURN_SENT_OK;
    turn_drain(turn_rig.engine);
    turn_rig_deliver(&dial);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->replays, 1);
    assert_int_equal(turn_rig.refusals, 0);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
    turn_rig_dial(1, "*384#");
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    turn_rig_assert_begins(turn_rig.phones[1].screen, "Maaf");
}

/* ... nor is one that another has taken in, whatever this one knows of before. */
static void test_the_copy_of_a_dial_that_another_took(void **state)
{
    struct dialect_input dial;

    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_change_gateway();
    dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1#");
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_deliver(&dial);
    turn_rig_settle();
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_change_gateway();
    turn_drain(turn_rig.engine);
    turn_rig_deliver(&dial);
    turn_rig_settle();
    assert_int_equal(turn_rig.refusals, 0);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Untuk mendaftar");
}

/* What another has left is for those that stay. */
static void test_nothing_is_taken_over(void **state)
{
    (void)state;
    turn_drain(turn_rig.engine);
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(3000);
    assert_int_equal(turn_rig.phones[0].screen_count, 0);
    assert_int_equal(turn_rig_owed(), 1);
}

/* Who is turned away has cost nothing: no number of a registration is used up. */
static void test_who_is_turned_away_takes_no_number(void **state)
{
    static const char dialled[] = "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#";
    char screens[2][MENU_TEXT_BYTES];

    for (unsigned i = 0; i < 2; i++) {
        if (i == 1) {
            turn_drain(turn_rig.engine);
            turn_rig_assert_begins(turn_rig_dial(0, dialled), "Maaf, layanan sedang sibuk.");
            turn_rig_change_gateway();
        }
        text_copy(screens[i], sizeof(screens[i]), turn_rig_dial(0, dialled));
        turn_rig_assert_begins(screens[i], "Terima kasih, pendaftaran terkirim.");
        turn_rig_teardown(state);
        turn_rig_setup(state);
    }
    assert_string_equal(screens[0], screens[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_proofs_are_stored),
                                       TEST(test_proofs_wait_for_the_store),
                                       TEST(test_proofs_outlive_a_refused_input),
                                       TEST(test_proofs_without_a_cache),
                                       TEST(test_proofs_outlive_the_end_of_a_dialogue),
                                       TEST(test_proofs_outlive_a_try_of_unknown_outcome),
                                       TEST(test_proofs_of_one_millisecond),
                                       TEST(test_proofs_of_nobody),
                                       TEST(test_an_input_without_a_way_back),
                                       TEST(test_an_input_whose_connection_breaks),
                                       TEST(test_a_numbered_one_is_shown_by_another_bind),
                                       TEST(test_a_numbered_one_is_stepped_behind_a_break),
                                       TEST(test_a_proof_is_stored_in_time),
                                       TEST(test_proofs_that_come_together),
                                       TEST(test_more_proofs_than_are_kept),
                                       TEST(test_a_proof_outlives_the_next_step),
                                       TEST(test_the_word_is_not_waited_for),
                                       TEST(test_nor_is_the_word_of_who_is_gone),
                                       TEST(test_an_sms_that_is_to_be_tried_again_is_left),
                                       TEST(test_the_copy_of_a_dial),
                                       TEST(test_the_copy_of_a_dial_that_another_took),
                                       TEST(test_nothing_is_taken_over),
                                       TEST(test_who_is_turned_away_takes_no_number)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
