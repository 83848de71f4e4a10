/* Drafts and corrections where lists depend on each other, and where several menus share a number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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
    struct menu *menu =
        load("menu = \"m\"; resume = \"ON\"; flows = { f = [ \"A\", \"E\", \"B\", \"C\", \"ALL\" "
             "]; };\n" HEAD PLACES "screens = {\n" WAYS
             "A = { text = \"A\"; list = { table = \"a\"; field = \"a\"; }; };\n" E B
             "choices = ( { label = \"Other\"; set = { b = \"other\"; }; to = \"ALL\"; } ); };\n" C
                 REVIEW "};\n");
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
        "LIST = { text = \"A\"; to = \"E\"; list = { table = \"a\"; field = \"a\"; }; };\n" E
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_list_without_rows_is_asked),
        cmocka_unit_test(whatever_corrects_asks_the_lists_below),
        cmocka_unit_test(a_list_below_a_fact_shows_its_rows),
    };

    return cmocka_run_group_tests_name("menu_draft", tests, NULL, NULL);
}
