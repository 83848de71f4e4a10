/* Which dialogue an input is of, and what else it is to who has none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

static struct turn_rig_phone *const phone = turn_rig.phones;

static struct dialect_input named(enum dialect_kind kind, const char *text, uint8_t name)
{
    struct dialect_input input = turn_rig_input(0, kind, "*384#", text);

    input.session = (struct dialect_session){.size = name != 0, .octets = {name}};
    return input;
}

static const char *deliver(const struct dialect_input *input)
{
    phone->screen[0] = '\0';
    turn_rig_deliver(input);
    turn_rig_settle();
    return phone->screen;
}

static void assert_does_not_begin(const char *text, const char *begin)
{
    if (strncmp(text, begin, strlen(begin)) == 0)
        fail_msg("shown: %s", text);
}

/* A push is shown to who is in no dialogue. */
static void assert_is_over(void)
{
    unsigned screens = phone->screen_count;

    turn_rig_owe_push(0, "BANTUAN", 60000);
    turn_rig_pass(3000);
    assert_int_equal(phone->screen_count, screens + 1);
    assert_int_equal(phone->kind, DIALECT_PUSH);
}

static void test_who_was_away_for_long_begins_anew(void **state)
{
    for (uint8_t name = 0; name < 2; name++) {
        struct dialect_input input = named(DIALECT_BEGIN, "*384*1*1#", name);

        turn_rig_assert_begins(deliver(&input), "Langkah 1/9");
        turn_rig_pass(181000);
        input = named(DIALECT_ANSWER, "SITI AMINAH", name);
        assert_does_not_begin(deliver(&input), "Langkah 2/9");
        turn_rig_teardown(state);
        turn_rig_setup(state);
    }
}

/* Each centre has names of its own. */
static void test_the_same_name_at_another_centre_is_another(void **state)
{
    struct turn_origin origin = {.link = &turn_rig, .link_name = "op2", .connection = 2};
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1*1#", 7);

    (void)state;
    turn_rig_assert_begins(deliver(&input), "Langkah 1/9");
    input = named(DIALECT_ANSWER, "SITI AMINAH", 7);
    turn_deliver(turn_rig.engine, &origin, &input);
    turn_rig_settle();
    assert_does_not_begin(phone->screen, "Langkah 2/9");
}

/* The end of a dialogue that we have begun gives it its name. */
static void test_the_end_of_a_push_without_a_name(void **state)
{
    struct dialect_input input;

    (void)state;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    input = named(DIALECT_ABORT, "", 7);
    (void)deliver(&input);
    assert_is_over();
}

static void test_an_end_is_taken_behind_a_break(void **state)
{
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1*1#", 7);

    (void)state;
    (void)deliver(&input);
    turn_rig.is_disconnected = true;
    input = named(DIALECT_ABORT, "", 7);
    (void)deliver(&input);
    turn_rig.is_disconnected = false;
    assert_is_over();
}

/* The centre has closed it, and shows nothing more. */
static void test_a_last_answer_ends_the_dialogue(void **state)
{
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1*1#", 7);

    (void)state;
    (void)deliver(&input);
    input = named(DIALECT_ANSWER_LAST, "SITI AMINAH", 7);
    assert_string_equal(deliver(&input), "");
    assert_is_over();
}

static void test_a_code_without_a_menu_is_refused_for_good(void **state)
{
    (void)state;
    turn_rig.is_code_gone = true;
    turn_rig_dial(0, "*384#");
    assert_int_equal(turn_rig.refused_with, ESME_RX_R_APPN);
}

/* Nor does the end of a dialogue need one that is gone. */
static void test_an_end_without_a_menu_changes_nothing(void **state)
{
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1*1#", 7);

    (void)state;
    (void)deliver(&input);
    turn_rig.is_code_gone = true;
    input = named(DIALECT_ABORT, "", 7);
    (void)deliver(&input);
    assert_int_equal(turn_rig_counters()->steps, 1);
}

/* It waits for a centre that has no room: who has left is shown nothing more. */
static void test_what_is_to_be_tried_again_goes_with_the_dialogue(void **state)
{
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1*1#", 7);

    (void)state;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig_deliver(&input);
    turn_rig_pass(100);
    turn_rig.show_ends = TURN_SENT_OK;
    input = named(DIALECT_ABORT, "", 7);
    turn_rig_deliver(&input);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig.shows, 1);
    assert_int_equal(turn_rig_counters()->screens_withdrawn, 1);
}

/* The text that asks to wait was refused: that says nothing of the dialogue, whose step is stored
 * then. */
static void test_a_refused_wait_text_ends_nothing(void **state)
{
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1*1#", 7);

    (void)state;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 5200});
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_deliver(&input);
    turn_rig_pass(5100);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(1000);
    assert_int_equal(turn_rig.refusals, 1); /* its window is over: it comes again */
    turn_rig_assert_begins(deliver(&input), "Langkah 1/9");
    input = named(DIALECT_ANSWER, "SITI AMINAH", 7);
    turn_rig_assert_begins(deliver(&input), "Langkah 2/9");
}

/* A record of which nothing is worth keeping is kept for the copies that may come. */
static void test_a_copy_is_known_longer_than_its_subscriber(void **state)
{
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1*2#", 7);

    (void)state;
    turn_rig.settings.remember_s = 1;
    turn_rig_restart();
    turn_rig.show_connection = 2;
    turn_rig_assert_begins(deliver(&input), "Baik, data Anda");
    turn_rig_pass(100000);
    turn_rig_restart();
    turn_rig_assert_begins(deliver(&input), "Baik, data Anda");
    assert_int_equal(turn_rig_counters()->replays, 1);
    assert_int_equal(turn_rig_counters()->steps, 0);
}

/* What is shown to a copy is the screen of its own dialogue. */
static void test_a_copy_shows_nothing_of_another_dialogue(void **state)
{
    struct dialect_input first = named(DIALECT_BEGIN, "*384#", 7);
    struct dialect_input second = named(DIALECT_BEGIN, "*384*1*1#", 8);
    struct dialect_input sms = turn_rig_input(0, DIALECT_SMS, "384", "STATUS");

    (void)state;
    turn_rig.show_connection = 2;
    turn_rig.is_unread = true;
    turn_rig_deliver(&sms);
    turn_rig_settle();
    (void)deliver(&first);
    (void)deliver(&second);
    assert_string_equal(deliver(&first), "");
    assert_int_equal(phone->screen_count, 2);
    turn_rig_deliver(&sms);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->replays, 2);
    assert_int_equal(phone->screen_count, 2);
    turn_rig_pass(6000);
}

/* Nor, on a link that gives dialogues no names, is an SMS answered with the screen of one. */
static void test_a_copy_of_an_sms_shows_no_screen(void **state)
{
    struct dialect_input sms = turn_rig_input(0, DIALECT_SMS, "384", "STATUS");

    (void)state;
    turn_rig.show_connection = 2;
    turn_rig.is_unread = true;
    turn_rig_dial(0, "*384*1*1#");
    turn_rig_deliver(&sms);
    turn_rig_settle();
    turn_rig_deliver(&sms);
    turn_rig_pass(6000);
    assert_int_equal(turn_rig_counters()->replays, 1);
    assert_int_equal(phone->screen_count, 1);
}

/* What an SMS has of a session numbers nothing: who sends the same word again means it. */
static void test_an_sms_with_a_session_has_no_number(void **state)
{
    struct dialect_input sms = turn_rig_input(0, DIALECT_SMS, "384", "STATUS");

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    sms.session = (struct dialect_session){.size = 1, .octets = {7}};
    for (unsigned i = 0; i < 2; i++) {
        turn_rig_deliver(&sms);
        turn_rig_settle();
    }
    assert_int_equal(turn_rig_counters()->steps, 2);
}

/* Twelve answers to a main menu, and more than the ledger holds. */
static void go_far(void)
{
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1#", 7);

    turn_rig.traits.token = TURN_TOKEN_ECHO;
    (void)deliver(&input);
    for (uint8_t unit = 1; unit <= 12; unit++) {
        input = named(DIALECT_ANSWER, "00", 7);
        input.session.unit = unit;
        turn_rig_assert_begins(deliver(&input), "#TerusUsaha Lampung");
    }
}

/* What the network numbers anew is no copy of long ago. */
static void test_numbers_are_of_one_dialogue(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        struct dialect_input input;

        go_far();
        if (i == 0) {
            input = named(DIALECT_ABORT, "", 7);
            (void)deliver(&input);
            turn_rig.names_pushes = true;
            turn_rig_owe_push(0, "MAIN", 60000);
            turn_rig_pass(2000);
            input = named(DIALECT_ANSWER, "1", 0);
            input.session = (struct dialect_session){.size = 2, .octets = "ni", .unit = 1};
        } else {
            input = named(DIALECT_ANSWER, "1", 8);
            input.session.unit = 1;
        }
        assert_string_not_equal(deliver(&input), "");
        assert_int_equal(turn_rig.refusals, 0);
        turn_rig_teardown(state);
        turn_rig_setup(state);
    }
}

/* The centre has the dialogue still that is over here, when something is pushed: what is typed at
 * one of its last screens is no answer to that. */
static void test_an_answer_from_before_a_push_begins_anew(void **state)
{
    static const struct {
        uint8_t unit;
        const char *shown;
    } rows[] = {
        {13, "Tabik pun!"}, {6, "Tabik pun!"}, {5, "Untuk mendaftar"}, {14, "Untuk mendaftar"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect_input input = named(DIALECT_ANSWER, "1", 7);

        go_far();
        assert_int_equal(phone->session.unit, 13);
        turn_rig.traits.user_reply_s = 1;
        turn_rig_pass(2000);
        turn_rig_owe_push(0, "MAIN", 60000);
        turn_rig_pass(2000);
        assert_int_equal(phone->kind, DIALECT_PUSH);
        input.session.unit = rows[i].unit;
        turn_rig_assert_begins(deliver(&input), rows[i].shown);
        turn_rig_teardown(state);
        turn_rig_setup(state);
    }
}

/* A copy that had to wait for its record ends the dialogue with the text that asks to wait: what
 * that was at comes by itself, though the copy is of an answer long before. */
static void test_a_late_copy_brings_back_what_it_has_ended(void **state)
{
    struct dialect_input dials = named(DIALECT_BEGIN, "*384*1*1#", 7);
    struct dialect_input input = named(DIALECT_ANSWER, "SITI AMINAH", 7);

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    input.session.unit = 1;
    (void)deliver(&dials);
    turn_rig_assert_begins(deliver(&input), "Langkah 2/9");
    turn_rig_restart();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_LOAD,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 5200});
    turn_rig_deliver(&dials);
    turn_rig_pass(5100);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    turn_rig_pass(1000);
    assert_int_equal(phone->kind, DIALECT_PUSH);
    turn_rig_assert_begins(phone->screen, "Langkah 2/9");
}

/* In the dialogue that is over, whatever it numbers. */
static void test_an_answer_behind_the_end_begins_anew(void **state)
{
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1*2#", 7);

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    turn_rig_assert_begins(deliver(&input), "Baik, data Anda");
    input = named(DIALECT_ANSWER, "1", 7);
    input.session.unit = 5;
    turn_rig_assert_begins(deliver(&input), "Tabik pun!");
}

/* Counted anew, the dialogue's third answer would have that one's number, be the same key, and be
 * taken for a copy of it: answered, and no screen shown. */
static void test_a_dialogue_that_was_erased_keeps_its_numbers(void **state)
{
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1#", 7);

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    (void)deliver(&input);
    turn_rig_erase_all(0);
    for (uint8_t unit = 3; unit <= 6; unit++) {
        input = named(DIALECT_ANSWER, "1", 7);
        input.session.unit = unit;
        turn_rig_assert_begins(deliver(&input), unit == 3 ? "Tabik pun!" : "");
        assert_int_equal(phone->session.unit, unit + 1);
    }
    assert_int_equal(turn_rig.refusals, 0);
}

/* Told to wait by one gateway, answered to the end by the other: not told once more. */
static void test_an_end_that_was_shown_elsewhere_is_not_pushed(void **state)
{
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1*2#", 7);

    (void)state;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 7000});
    turn_rig_deliver(&input);
    turn_rig_pass(5200);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    turn_rig_change_gateway();
    turn_rig_assert_begins(deliver(&input), "Baik, data Anda");
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(phone->sms_count, 0);
    assert_int_equal(turn_rig_owed(), 0);
}

/* A late dial takes the place of a dialogue that is over by then. */
static void test_a_late_dial_behind_a_dialogue_that_is_over(void **state)
{
    struct dialect_input first = named(DIALECT_BEGIN, "*384#", 7);
    struct dialect_input second = named(DIALECT_BEGIN, "*384*1*2#", 8);

    (void)state;
    turn_rig.settings.answer_window_ms = 6000;
    turn_rig.traits.reply_limit_ms = 4000;
    turn_rig_restart();
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_LOAD,
        (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .there_ms = 4000, .back_ms = 100});
    turn_rig_deliver(&first);
    turn_rig_pass(3100);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    turn_rig_change_gateway();
    turn_rig_assert_begins(deliver(&second), "Baik, data Anda");
    turn_rig_pass(3000);
    assert_int_equal(phone->kind, DIALECT_PUSH);
    turn_rig_assert_begins(phone->screen, "Tabik pun!");
}

/* Whose record is asked for cannot be looked for, or read, now: that is no answer. */
static void test_what_cannot_be_asked_is_not_told(void **state)
{
    static const struct store_memory_fate gone = {.kind = STORE_MEMORY_REFUSED};
    static const enum store_memory_call calls[] = {STORE_MEMORY_FIND, STORE_MEMORY_LOAD};
    char regno[16];

    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1#");
    assert_int_equal(sscanf(strstr(turn_rig_type(0, "1"), "No: "), "No: %15s", regno), 1);
    turn_rig_dial(1, "*384*2*2#");
    turn_rig_type(1, regno);
    for (unsigned i = 0; i < 2; i++) {
        store_memory_set_next(turn_rig.store, calls[i], gone);
        turn_rig_assert_begins(turn_rig_type(1, "0001"), "Maaf, layanan sedang sibuk.");
    }
    assert_non_null(strstr(turn_rig_type(1, "0001"), regno));
}

/* The text that ends a dialogue which we have begun goes as one of ours; of a dial it does not. */
static void test_the_busy_text_in_a_push(void **state)
{
    static const struct store_memory_fate gone = {.kind = STORE_MEMORY_REFUSED};

    (void)state;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT, gone);
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "Maaf, layanan sedang sibuk.");
    assert_true(phone->was_pushed);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT, gone);
    turn_rig_assert_begins(turn_rig_dial(0, "*384#"), "Maaf, layanan sedang sibuk.");
    assert_false(phone->was_pushed);
}

/* ... and in its language, though nobody knows whether the last commit was done. */
static void test_the_busy_text_behind_a_commit_without_an_answer(void **state)
{
    struct dialect_input answer;

    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_assert_begins(turn_rig_type(0, "2"), "#TerusUsaha Lampung (free)");
    answer = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_NOT, .back_ms = 50});
    turn_rig_deliver(&answer);
    turn_rig_pass(20);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_LOAD,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED});
    turn_rig_settle();
    turn_rig_assert_begins(phone->screen, "Sorry");
}

/* The counter of registrations cannot be asked: nobody is registered under a number that another
 * may have. */
static void test_no_registration_without_a_number(void **state)
{
    (void)state;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_RESERVE,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED});
    turn_rig_assert_begins(turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#"),
                           "Maaf, layanan sedang sibuk.");
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(phone->sms_count, 0);
}

/* Another gateway has gone on: a number that is wrong by a copy of the record is looked at again.
 */
static void test_a_number_that_is_right_elsewhere(void **state)
{
    struct dialect_input input = named(DIALECT_BEGIN, "*384*1*1#", 7);

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    (void)deliver(&input);
    turn_rig_change_gateway();
    input = named(DIALECT_ANSWER, "SITI AMINAH", 7);
    input.session.unit = 1;
    turn_rig_assert_begins(deliver(&input), "Langkah 2/9");
    turn_rig_change_gateway();
    input = named(DIALECT_ANSWER, "1", 7);
    input.session.unit = 2;
    turn_rig_assert_begins(deliver(&input), "Langkah 3/9");
    assert_int_equal(turn_rig.refusals, 0);
}

/* A dial that was stored while the key's record was being read is met by its first run, and no
 * older for that. */
static void test_the_first_look_met_a_newer_dialogue(void **state)
{
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    struct dialect_input key = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    struct store *slow;

    (void)state;
    turn_rig.traits.reply_limit_ms = 2000;
    dials.session = key.session = (struct dialect_session){.size = 1, .octets = {7}};
    turn_rig_deliver(&dials);
    turn_rig_settle();
    turn_rig_change_gateway();
    slow = turn_rig.store;
    store_memory_set_next(slow, STORE_MEMORY_LOAD, (struct store_memory_fate){.there_ms = 1200});
    turn_rig_deliver(&key);
    turn_rig_pass(200);
    turn_rig_change_gateway();
    turn_rig_assert_begins(turn_rig_dial(0, "*384*1#"), "Untuk mendaftar");
    store_memory_set_next(
        slow, STORE_MEMORY_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_NOT, .back_ms = 1700});
    turn_rig_pass(5000);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Langkah 1/9");
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_who_was_away_for_long_begins_anew),
        ON_RIG(test_the_same_name_at_another_centre_is_another),
        ON_RIG(test_the_end_of_a_push_without_a_name),
        ON_RIG(test_an_end_is_taken_behind_a_break),
        ON_RIG(test_a_last_answer_ends_the_dialogue),
        ON_RIG(test_a_code_without_a_menu_is_refused_for_good),
        ON_RIG(test_an_end_without_a_menu_changes_nothing),
        ON_RIG(test_what_is_to_be_tried_again_goes_with_the_dialogue),
        ON_RIG(test_a_refused_wait_text_ends_nothing),
        ON_RIG(test_a_copy_is_known_longer_than_its_subscriber),
        ON_RIG(test_a_copy_shows_nothing_of_another_dialogue),
        ON_RIG(test_a_copy_of_an_sms_shows_no_screen),
        ON_RIG(test_an_sms_with_a_session_has_no_number),
        ON_RIG(test_numbers_are_of_one_dialogue),
        ON_RIG(test_an_answer_from_before_a_push_begins_anew),
        ON_RIG(test_a_late_copy_brings_back_what_it_has_ended),
        ON_RIG(test_an_answer_behind_the_end_begins_anew),
        ON_RIG(test_a_dialogue_that_was_erased_keeps_its_numbers),
        ON_RIG(test_an_end_that_was_shown_elsewhere_is_not_pushed),
        ON_RIG(test_a_late_dial_behind_a_dialogue_that_is_over),
        ON_RIG(test_what_cannot_be_asked_is_not_told),
        ON_RIG(test_the_busy_text_in_a_push),
        ON_RIG(test_the_busy_text_behind_a_commit_without_an_answer),
        ON_RIG(test_no_registration_without_a_number),
        ON_RIG(test_a_number_that_is_right_elsewhere),
        ON_RIG(test_the_first_look_met_a_newer_dialogue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
