/* menus/diff: what changed, by name; layout and order are no change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "menus/diff.h"
#include "menus/load.h"

static const char head[] =
    "menu = \"m\";\nlanguages = ( { code = \"id\"; name = \"Indonesia\"; } );\nstart = \"A\";\n"
    "lines = { back = \"Kembali\"; main = \"Menu\"; next = \"Lanjut\"; };\n"
    "errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; };\n";

static struct menu *load(const char *rest)
{
    static const struct menu_vocabulary none;
    char text[4096];
    struct menu *menu;

    snprintf(text, sizeof(text), "%s%s", head, rest);
    menu = menu_load_source(span_of_string(text), &none, NULL, NULL);
    assert_non_null(menu);
    return menu;
}

static void on_entry(void *arg, const struct menu_diff_entry *entry)
{
    sprintf((char *)arg + strlen(arg), "%c%s/%s\n", "+-*"[entry->kind], entry -> section,
            entry -> name);
}

static void on_line(void *arg, char sign, const char *text)
{
    sprintf((char *)arg + strlen(arg), "%c %s\n", sign, text);
}

static void assert_diff(const char *before, const char *after, const char *wanted)
{
    struct menu *old = load(before), *new = load(after);
    char told[4096] = "";
    struct menu_diff_listener listener = {on_entry, on_line, told};
    unsigned count = menu_diff(old, new, &listener);

    assert_string_equal(told, wanted);
    assert_int_equal(count == 0, wanted[0] == '\0');
    menu_free(old);
    menu_free(new);
}

#define A_TO_B                                                                                     \
    "screens = {\n  A = {\n    text = \"Halo; {a}\";\n    choices = (\n"                           \
    "      { label = \"Info\"; to = \"B\"; },\n      { label = \"Lain\"; to = \"E\"; }\n    );\n"  \
    "  };\n  B = { text = \"satu # dua\"; };\n};\n"
#define CONSTANTS "constants = { a = \"x\"; };\ntexts = { E = \"salah\"; };\n"

static void layout_and_order_are_no_change(void **state)
{
    (void)state;
    assert_diff(CONSTANTS A_TO_B, CONSTANTS A_TO_B, "");
    assert_diff(CONSTANTS A_TO_B, A_TO_B "# remark\n" CONSTANTS "/* ; } */\n", "");
    assert_diff(
        CONSTANTS A_TO_B,
        CONSTANTS "screens = {\n B = { text = \"satu # dua\"; } // }\n A = {\n"
                  "text = \"Halo; {a}\";\nchoices = (\n{ label = \"Info\"; to = \"B\"; },\n"
                  "{ label = \"Lain\"; to = \"E\"; }\n);\n};\n};\n",
        "*screens/B\n- B = { text = \"satu # dua\"; };\n+ B = { text = \"satu # dua\"; }\n");
}

static void changed_lines_are_told_with_one_around(void **state)
{
    (void)state;
    assert_diff(CONSTANTS A_TO_B,
                CONSTANTS "screens = {\n  A = {\n    text = \"Halo; {a}\";\n    choices = (\n"
                          "      { label = \"Kabar\"; to = \"B\"; },\n"
                          "      { label = \"Lain\"; to = \"E\"; }\n    );\n"
                          "  };\n  B = { text = \"satu # dua\"; };\n};\n",
                "*screens/A\n  choices = (\n- { label = \"Info\"; to = \"B\"; },\n"
                "+ { label = \"Kabar\"; to = \"B\"; },\n  { label = \"Lain\"; to = \"E\"; }\n");
}

static void new_and_gone_names_are_told(void **state)
{
    (void)state;
    assert_diff("constants = { a = \"x\"; };\ntexts = { E = \"salah\"; };\n" A_TO_B,
                "attempts = 4;\nconstants = { a = \"x\"; };\ntexts = { E = \"salah\"; };\n"
                "screens = { A = { text = \"{a}\"; choices = ( { label = \"Info\"; to = \"E\"; } "
                "); }; };\n",
                "+/attempts\n+ attempts = 4;\n*screens/A\n- A = {\n- text = \"Halo; {a}\";\n"
                "- choices = (\n- { label = \"Info\"; to = \"B\"; },\n"
                "- { label = \"Lain\"; to = \"E\"; }\n- );\n- };\n"
                "+ A = { text = \"{a}\"; choices = ( { label = \"Info\"; to = \"E\"; } ); };\n"
                "-screens/B\n- B = { text = \"satu # dua\"; };\n");
}

/* The language lets them out; what comes behind is no part of the value before. */
static void semicolons_may_be_left_out(void **state)
{
#define LEAN(attempts, a)                                                                          \
    "attempts = " attempts                                                                         \
    " draft_days = 3 notices = [ \"F\" ]\nconstants = { a = \"x\" \"y\" /* ; */ "                  \
    "b = " a " c = \"z\" }\n"                                                                      \
    "texts = { E = \"salah {a}{b}{c}\" F = \"f\" }\nscreens = { A = { text = \"A\" choices = ( { " \
    "label = \"B\" to = \"E\" } ) } }"
    (void)state;
    assert_diff(LEAN("3", "\"b\""), LEAN("3", "\"b\""), "");
    assert_diff(LEAN("3", "\"b\""), LEAN("4", "\"c\""),
                "*/attempts\n- attempts = 3\n+ attempts = 4\n"
                "*constants/b\n- b = \"b\"\n+ b = \"c\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_and_order_are_no_change),
        cmocka_unit_test(changed_lines_are_told_with_one_around),
        cmocka_unit_test(new_and_gone_names_are_told),
        cmocka_unit_test(semicolons_may_be_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
