/* Which dialogue an input is of, and what else it is to who has none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
    turn_rig_pass(3000);
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
    turn_rig_pass(3000);
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
        ON_RIG(test_a_copy_is_known_longer_than_its_subscriber),
        ON_RIG(test_a_copy_shows_nothing_of_another_dialogue),
        ON_RIG(test_a_copy_of_an_sms_shows_no_screen),
        ON_RIG(test_an_sms_with_a_session_has_no_number),
        ON_RIG(test_a_number_that_is_right_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
