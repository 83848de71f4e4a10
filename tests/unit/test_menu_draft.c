/* Drafts and corrections where lists depend on each other, and where several menus share a number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/menus.h"

#define HEAD                                                                                       \
    "languages = ( { code = \"a\"; name = \"A\"; } ); start = \"MAIN\";\n"                         \
    "lines = { back = \"Back\"; next = \"Next\"; };\n"                                             \
    "errors = { invalid = \"NO\"; too_many = \"NO\"; busy = \"NO\"; };\n"                          \
    "texts = { NO = \"No.\"; BYE = \"Bye.\"; };\n"
#define INPUT(field) "input = { field = \"" field "\"; rule = { kind = \"length\"; max = 9; }; }; "
/* Regencies a, districts b below a, villages c below b; posts e below a. */
#define PLACES                                                                                     \
    "tables = { a = ( { code = \"a1\"; label = \"A1\"; }, { code = \"a2\"; label = \"A2\"; } );\n" \
    "  b = ( { code = \"b1\"; label = \"B1\"; parent = \"a1\"; },\n"                               \
    "        { code = \"b2\"; label = \"B2\"; parent = \"a2\"; } );\n"                             \
    "  c = ( { code = \"c1\"; label = \"C1\"; parent = \"b1\"; },\n"                               \
    "        { code = \"c2\"; label = \"C2\"; parent = \"b2\"; } );\n"                             \
    "  e = ( { code = \"e1\"; label = \"E1\"; parent = \"a1\"; },\n"                               \
    "        { code = \"e2\"; label = \"E2\"; parent = \"a2\"; } ); };\n"
#define B "B = { text = \"B\"; list = { table = \"b\"; field = \"b\"; parent = \"a\"; }; "
#define C "C = { text = \"C\"; list = { table = \"c\"; field = \"c\"; parent = \"b\"; }; };\n"
#define E "E = { text = \"E\"; list = { table = \"e\"; field = \"e\"; parent = \"a\"; }; };\n"
#define REVIEW                                                                                     \
    "ALL = { text = \"{a} {b} {c} {e}\"; choices = ( { label = \"Change\"; to = \"A\"; then = "    \
    "\"ALL\"; }, { label = \"Post\"; to = \"E\"; then = \"ALL\"; }, { label = \"Send\"; draft = "  \
    "\"drop\"; to = \"BYE\"; } ); };\n"
#define REVIEWED(answers) answers "\n1. Change\n2. Post\n3. Send\n0. Back"
#define WAYS                                                                                       \
    "MAIN = { text = \"M\"; choices = ( { label = \"Go\"; draft = \"begin\"; to = \"A\"; } ); "    \
    "};\n"                                                                                         \
    "ON = { text = \"{n} of {t}\"; choices = ( { label = \"On\"; to = \"@draft\"; } ); };\n"

static struct menu *load(const char *text)
{
    char *faults;
    struct menu *menu = menu_from_text(text, &menu_test_vocabulary, &faults);

    if (menu == NULL || faults != NULL)
        fail_msg("%s", faults);
    return menu;
}

/* --- lists ---------------------------------------------------------------------------------- */

/* Who typed or chose something else than a row has no rows below it. */
static void no_list_without_rows_is_asked(void **state)
{
    struct menu *menu = load(
        "menu = \"m\"; resume = \"ON\"; flows = { f = [ \"A\", \"E\", \"B\", \"C\", \"ALL\" "
        "]; };\n" HEAD PLACES "screens = {\n" WAYS
        "A = { text = \"A\"; list = { table = \"a\"; field = \"a\"; }; };\n" E B
        "choices = ( { label = \"Other\"; set = { b = \"other\"; }; } ); };\n" C REVIEW "};\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384*1*1*1#");
    assert_string_equal(menu_phone_type(&p, "2"), REVIEWED("A1 ot  E1"));
    menu_phone_type(&p, "2");
    assert_string_equal(menu_phone_type(&p, "1"), REVIEWED("A1 ot  E1"));
    assert_string_equal(menu_phone_dial(&p, "*384#"), "5 of 5\n1. On\n0. Back");
    assert_string_equal(menu_phone_type(&p, "1"), REVIEWED("A1 ot  E1"));
    assert_string_equal(menu_phone_type(&p, "0"), "B\n1. B1\n2. Other\n0. Back");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "1"), REVIEWED("A1 B1 C1 E1"));
    menu_phone_type(&p, "1");
    menu_phone_type(&p, "2");
    menu_phone_type(&p, "0");
    assert_string_equal(menu_phone_type(&p, "0"), REVIEWED("A2   "));
    assert_string_equal(menu_phone_type(&p, "0"), "B\n1. B2\n2. Other\n0. Back");
    menu_free(menu);
}

/* As one of a list does, a choice of the screen, and a screen of no flow, leaves the lists below
 * to be asked. */
static void whatever_corrects_asks_the_lists_below(void **state)
{
    struct menu *menu = load(
        "menu = \"m\"; notices = [ \"BYE\" ]; resume = \"ON\"; flows = { f = [ \"A\", \"E\", "
        "\"B\", \"C\", \"ALL\" ]; "
        "};\n" HEAD PLACES "screens = {\n" WAYS
        "A = { text = \"A?\"; choices = ( { label = \"One\"; set = { a = \"a1\"; }; }, { label = "
        "\"Two\"; set = { a = \"a2\"; }; }, { label = \"All\"; to = \"LIST\"; } ); };\n"
        "LIST = { text = \"A\"; to = \"ALL\"; list = { table = \"a\"; field = \"a\"; }; };\n" E
        "NEW = { text = \"New\"; to = \"B\"; " INPUT(
            "e") "};\n" B "};\n" C "ALL = { text = \"{a} {b} {c} {e}\"; choices = ( { label = "
                 "\"Change\"; to = \"A\"; then = "
                 "\"ALL\"; }, { label = \"New\"; to = \"NEW\"; then = \"ALL\"; } ); };\n};\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384*1*1*1*1#");
    assert_string_equal(menu_phone_type(&p, "1"), "A1 B1 C1 E1\n1. Change\n2. New\n0. Back");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "2"), "E\n1. E2\n0. Back");
    menu_phone_type(&p, "0");
    menu_phone_type(&p, "0");
    menu_phone_type(&p, "2");
    assert_string_equal(menu_phone_type(&p, "new"), "B\n1. B2\n0. Back");
    assert_string_equal(menu_phone_type(&p, "1"), "C\n1. C2\n0. Back");
    assert_string_equal(menu_phone_type(&p, "1"), "A2 B2 C2 ne\n1. Change\n2. New\n0. Back");
    menu_phone_type(&p, "1");
    menu_phone_type(&p, "3");
    assert_string_equal(menu_phone_type(&p, "1"), "E\n1. E1\n0. Back");
    assert_string_equal(menu_phone_type(&p, "1"), "B\n1. B1\n0. Back");
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "1"), "A1 B1 C1 E1\n1. Change\n2. New\n0. Back");
    menu_free(menu);
}

#define CHOICE(code)                                                                               \
    "menu = \"m\"; resume = \"ON\"; flows = { f = [ \"A\", \"B\", \"ALL\" ]; };\n" HEAD            \
    "tables = { a = ( { code = \"a1\"; label = \"A1\"; }, { code = \"" code                        \
    "\"; label = \"A2\"; } );\n"                                                                   \
    "  b = ( { code = \"b1\"; label = \"B1\"; parent = \"a1\"; }, { code = \"b2\"; label = "       \
    "\"B2\"; "                                                                                     \
    "parent = \"" code "\"; } ); };\n"                                                             \
    "screens = {\n" WAYS                                                                           \
    "A = { text = \"A?\"; choices = ( { label = \"One\"; set = { a = \"a1\"; }; }, { label = "     \
    "\"Two\"; set = { a = \"" code "\"; }; }, { label = \"All\"; to = \"LIST\"; } ); };\n"         \
    "LIST = { text = \"A\"; to = \"B\"; list = { table = \"a\"; field = \"a\"; }; };\n" B "};\n"   \
    "ALL = { text = \"{a} {b}\"; choices = ( { label = \"Send\"; draft = \"drop\"; to = "          \
    "\"BYE\"; } ); };\n};\n"

/* What a draft chose may have gone from the choices, too. */
static void a_draft_outlives_a_choice(void **state)
{
    struct menu *menu = load(CHOICE("a2")), *later = load(CHOICE("a3"));
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384*1*2*1#");
    p.menu = later;
    assert_string_equal(menu_phone_dial(&p, "*384#"), "1 of 3\n1. On\n0. Back");
    p.menu = menu;
    assert_string_equal(menu_phone_dial(&p, "*384#"), "3 of 3\n1. On\n0. Back");
    menu_free(later);
    menu_free(menu);
}

static bool is_gold(void *ctx, const char *name, char value[MENU_VALUE_BYTES])
{
    (void)ctx;
    value[0] = '\0';
    return strcmp(name, "level") == 0 && strcpy(value, "GOLD") != NULL;
}

static void a_list_below_a_fact_shows_its_rows(void **state)
{
    struct menu *menu = load(
        "menu = \"m\"; notices = [ \"BYE\" ];\n" HEAD
        "tables = { level = ( { code = \"GOLD\"; label = \"Gold\"; }, { code = \"TIN\"; label = "
        "\"Tin\"; } );\n"
        "  gift = ( { code = \"g\"; label = \"Ring\"; parent = \"GOLD\"; }, { code = \"t\"; label "
        "= \"Spoon\"; parent = \"TIN\"; } ); };\n"
        "screens = { MAIN = { text = \"M\"; choices = ( { label = \"Gift\"; to = \"GIFT\"; }, { "
        "label = \"Level\"; to = \"LEVEL\"; } ); };\n"
        "  LEVEL = { text = \"L\"; to = \"@main\"; list = { table = \"level\"; field = \"level\"; "
        "}; };\n"
        "  GIFT = { text = \"Gift\"; to = \"GOT\"; list = { table = \"gift\"; field = \"gift\"; "
        "parent = \"level\"; }; };\n"
        "  GOT = { text = \"{gift}\"; }; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    p.facts.get = is_gold;
    menu_phone_dial(&p, "*384#");
    assert_string_equal(menu_phone_type(&p, "1"), "Gift\n1. Ring\n0. Back");
    assert_string_equal(menu_phone_type(&p, "1"), "Ring\n0. Back");
    menu_phone_dial(&p, "*384*2*2#");
    assert_string_equal(menu_phone_type(&p, "1"), "Gift\n1. Spoon\n0. Back");
    menu_free(menu);
}

/* --- menus ---------------------------------------------------------------------------------- */

#define REGISTERS(last)                                                                            \
    "menu = \"m\"; resume = \"ON\"; flows = { f = [ \"A\", \"AGE\", \"" last                       \
    "\", \"ALL\" ]; };\n" HEAD "messages = { GOT = \"Got {name}\"; };\n"                           \
    "sms = { otherwise = \"GOT\"; keywords = ( { words = [ \"REG\" ]; draft = \"begin\"; to = "    \
    "\"GOT\"; input = { field = \"name\"; rule = { kind = \"length\"; max = 9; }; error = "        \
    "\"GOT\"; }; } ); };\n"                                                                        \
    "screens = {\n" WAYS "A = { text = \"Name?\"; " INPUT(                                         \
        "name") "};\n"                                                                             \
                "AGE = { text = \"Age?\"; " INPUT(                                                 \
                    "age") "};\n" last                                                             \
                           " = { text = \"Town?\"; " INPUT(                                        \
                               "town") "};\n"                                                      \
                                       "ALL = { text = \"{name} {age} {town}\"; choices = ( { "    \
                                       "label = \"Send\"; draft = \"drop\"; "                      \
                                       "to = \"BYE\"; } ); };\n};\n"

/* One that begins no draft has a flow of its own, and answers to it. */
static void a_menu_of_questions_leaves_a_draft_alone(void **state)
{
    struct menu *menu = load(REGISTERS("TOWN"));
    struct menu *other = load(
        "menu = \"o\"; draft_days = 1; flows = { f = [ \"Q1\", \"Q2\" ]; };\n" HEAD
        "messages = { GOT = \"O\"; }; sms = { otherwise = \"GOT\"; };\n"
        "screens = { MAIN = { text = \"O\"; choices = ( { label = \"Ask\"; to = \"Q1\"; } ); };\n"
        "  Q1 = { text = \"{s}/{t} {q1}\"; " INPUT(
            "q1") "};\n"
                  "  Q2 = { text = \"{s}/{t} {q1}\"; to = \"BYE\"; " INPUT("q2") "}; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384*1*Siti*30#");
    p.menu = other;
    p.now_ms += INT64_C(2) * 86400000;
    for (unsigned i = 0; i < 2; i++) {
        menu_phone_dial(&p, "*385#");
        assert_string_equal(menu_phone_type(&p, "1"), "1/2 \n0. Back");
        assert_string_equal(menu_phone_type(&p, "yes"), "2/2 yes\n0. Back");
    }
    p.menu = menu;
    assert_string_equal(menu_phone_dial(&p, "*384#"), "3 of 4\n1. On\n0. Back");
    assert_null(menu_state_answer(&p.state, "q1"));
    menu_phone_type(&p, "1");
    assert_string_equal(menu_phone_type(&p, "Metro"), "Siti 30 Metro\n1. Send\n0. Back");
    menu_phone_type(&p, "1");
    menu_phone_sms(&p, "REG Budi"); /* waits at no question yet */
    p.menu = other;
    menu_phone_dial(&p, "*385#");
    menu_phone_sms(&p, "hello");
    p.menu = menu;
    assert_string_equal(menu_phone_dial(&p, "*384#"), "2 of 4\n1. On\n0. Back");
    menu_free(other);
    menu_free(menu);
}

/* Of a version that is not here, or not yet: the same number may be another choice in it. */
static void an_answer_is_taken_by_no_other_version(void **state)
{
    struct menu *menu = load(CHOICE("a2")), *later = load(CHOICE("a3"));
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    assert_string_equal(menu_phone_dial(&p, "*384*1#"), "A?\n1. One\n2. Two\n3. All\n0. Back");
    p.menu = later;
    assert_string_equal(menu_phone_type(&p, "2"), "1 of 3\n1. On\n0. Back");
    assert_null(menu_state_answer(&p.state, "a"));
    menu_phone_type(&p, "1");
    menu_phone_type(&p, "2");
    assert_string_equal(menu_state_answer(&p.state, "a"), "a3");
    menu_free(later);
    menu_free(menu);
}

/* The question that it waits at may have got another name. */
static void a_draft_of_an_earlier_version_is_too_old_one_day(void **state)
{
    struct menu *menu = load(REGISTERS("TOWN")), *later = load(REGISTERS("PLACE"));
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384*1*Siti*30#");
    p.menu = later;
    assert_string_equal(menu_phone_dial(&p, "*384#"), "3 of 4\n1. On\n0. Back");
    p.now_ms += INT64_C(8) * 86400000;
    assert_string_equal(menu_phone_dial(&p, "*384#"), "M\n1. Go");
    assert_int_equal(p.state.answer_count, 0);
    menu_free(later);
    menu_free(menu);
}

static void an_sms_ends_no_correction(void **state)
{
    struct menu *menu = load(
        "menu = \"m\"; notices = [ \"BYE\" ];\n" HEAD "messages = { GONE = \"Gone.\"; };\n"
        "sms = { otherwise = \"GONE\"; keywords = ( { words = [ \"DROP\" ]; draft = \"drop\"; to = "
        "\"GONE\"; } ); };\n"
        "screens = { MAIN = { text = \"Name?\"; to = \"TOWN\"; " INPUT(
            "name") "};\n"
                    "  TOWN = { text = \"Town?\"; to = \"ALL\"; " INPUT(
                        "town") "};\n"
                                "  ALL = { text = \"{name}, {town}\"; choices = ( { label = "
                                "\"Name\"; to = \"MAIN\"; then = "
                                "\"ALL\"; } ); }; };\n");
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384*Siti*Metro*1#");
    menu_phone_sms(&p, "DROP");
    assert_string_equal(menu_phone_type(&p, "Ani"), "Ani, Metro\n1. Name\n0. Back");
    menu_free(menu);
}

/* A choice that gives an answer for which there is no room is not taken without it: whatever asks
 * for the answer would find none, and the programme the first registration instead of the second.
 */
static void no_choice_is_taken_without_its_answer(void **state)
{
    struct menu *menu =
        load("menu = \"m\";\n" HEAD "screens = { MAIN = { text = \"M\"; choices = (\n"
             "  { label = \"One\"; set = { which = \"first\"; also = \"1\"; }; to = \"SHOW\"; },\n"
             "  { label = \"Two\"; to = \"SHOW\"; } ); };\n"
             "SHOW = { text = \"<{which}{also}>\"; next = \"BYE\"; }; };\n");
    char name[] = "x0", value[MENU_VALUE_BYTES];
    struct menu_phone p;

    (void)state;
    menu_phone_init(&p, menu);
    menu_phone_dial(&p, "*384#");
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (; name[1] < '5'; name[1]++)
        assert_true(menu_state_set_answer(&p.state, name, value));
    value[sizeof(value) - 8] = '\0'; /* room for "first", and not for "1" */
    assert_true(menu_state_set_answer(&p.state, name, value));
    assert_string_equal(menu_phone_type(&p, "1"), "No.");
    assert_false(p.state.is_open);
    assert_null(menu_state_answer(&p.state, "which"));
    menu_phone_dial(&p, "*384#");
    assert_string_equal(menu_phone_type(&p, "1"), "<first1>\n98. Next\n0. Back");
    menu_free(menu);
}

/* What is chosen from lists takes room, too. */
static void answers_without_room_are_told_by_the_check(void **state)
{
    static char text[16384];
    size_t used = (size_t)snprintf(
        text, sizeof(text),
        "menu = \"m\";\n" HEAD "tables = { t = ( { code = "
        "\"abcdefghijklmnopqrstuvwxyz12345\"; label = \"T\"; } ); };\nscreens = {\n");
    struct menu *menu;
    char *faults;

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        char name[8] = "MAIN", next[8] = "BYE";

        if (i > 0)
            snprintf(name, sizeof(name), "S%u", i);
        if (i < 59)
            snprintf(next, sizeof(next), "S%u", i + 1);
        used += (size_t)snprintf(text + used, sizeof(text) - used,
                                 "%s = { text = \"S\"; list = { table = \"t\"; field = "
                                 "\"f%u\"; }; to = \"%s\"; };\n",
                                 name, i, next);
    }
    snprintf(text + used, sizeof(text) - used, "};\n");
    menu = menu_from_text(text, &menu_test_vocabulary, &faults);
    if (menu == NULL)
        fail_msg("%s", faults);
    assert_non_null(strstr(faults, "all answers together can have 1920 octets"));
    free(faults);
    menu_free(menu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_list_without_rows_is_asked),
        cmocka_unit_test(whatever_corrects_asks_the_lists_below),
        cmocka_unit_test(a_draft_outlives_a_choice),
        cmocka_unit_test(a_list_below_a_fact_shows_its_rows),
        cmocka_unit_test(a_menu_of_questions_leaves_a_draft_alone),
        cmocka_unit_test(an_answer_is_taken_by_no_other_version),
        cmocka_unit_test(a_draft_of_an_earlier_version_is_too_old_one_day),
        cmocka_unit_test(an_sms_ends_no_correction),
        cmocka_unit_test(no_choice_is_taken_without_its_answer),
        cmocka_unit_test(answers_without_room_are_told_by_the_check),
    };

    return cmocka_run_group_tests_name("menu_draft", tests, NULL, NULL);
}
