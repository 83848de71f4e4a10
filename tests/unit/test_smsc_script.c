/*
 * Scripts: what they say, and how a screen is compared with what was expected.
 */
#include "tests/smsc/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_statements_are_read(void **state)
{
    struct script *s = script_parse("t", "# a comment\n\n"
                                         "dial *384#\n"
                                         "| Menu\n"
                                         "|\n"
                                         "| 1. Satu\n"
                                         "nowait answer SITI  AMINAH \n"
                                         "fault mute 5\n"
                                         "wait 50\n");

    (void)state;
    assert_non_null(s);
    assert_int_equal(s->count, 5);
    assert_int_equal(s->steps[0].verb, SCRIPT_DIAL);
    assert_int_equal(s->steps[0].line, 3);
    assert_string_equal(s->steps[0].argument, "*384#");
    assert_int_equal(s->steps[1].verb, SCRIPT_LINES);
    assert_string_equal(s->steps[1].argument, "Menu\n\n1. Satu");
    assert_true(s->steps[2].nowait);
    assert_string_equal(s->steps[2].argument, "SITI  AMINAH ");
    assert_int_equal(s->steps[3].verb, SCRIPT_CONTROL);
    assert_int_equal(s->steps[4].verb, SCRIPT_WAIT);
    script_free(s);
}

/* One that says nothing would pass, whatever the gateway does. */
static void test_a_script_says_something(void **state)
{
    (void)state;
    assert_null(script_parse("t", "# a comment\n\n"));
}

static void test_lines_match_with_wildcards(void **state)
{
    static const struct {
        const char *pattern;
        const char *text;
        bool matches;
    } rows[] = {
        {"a", "a", true},
        {"a", "ab", false},
        {"a*", "ab", true},
        {"*", "", true},
        {"No: *-*", "No: 1871-000042-1", true},
        {"*a*b", "xaxxab", true},
        {"*a*b", "xaxxba", false},
        {"a\nb", "a\nb", true},
        {"a", "a\nb", false},
        {"a\nb", "a", false},
        {"a\n...", "a\nb\nc", true},
        {"a\n...", "a", true},
        {"...\nc", "a\nb\nc", true},
        {"...\nb", "a\nb\nc", false},
        {"a\n...\nc\n...", "a\nb\nc\nd", true},
        {"...\nx\n...", "a\nb", false},
        {"a\n", "a\n", true},
        {"a\n", "a", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (script_matches(rows[i].pattern, rows[i].text) != rows[i].matches)
            fail_msg("row %zu", i);
}

static void test_the_difference_is_shown(void **state)
{
    char out[256] = "";
    FILE *f = fmemopen(out, sizeof(out), "w");

    (void)state;
    script_print_difference("Menu\n1. Tiga", "Menu\n1. Satu\n2. Dua", f);
    fclose(f);
    assert_string_equal(out, "#             Menu\n"
                             "#   expected: 1. Tiga\n"
                             "#        got: 1. Satu\n"
                             "#        got: 2. Dua\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements_are_read),
        cmocka_unit_test(test_a_script_says_something),
        cmocka_unit_test(test_lines_match_with_wildcards),
        cmocka_unit_test(test_the_difference_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
