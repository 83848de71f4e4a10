/* The grammar check says where a fault is, and agrees with libconfig on what is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libconfig.h>
#include <stdio.h>
#include <string.h>

#include "base/syntax.h"

static bool libconfig_takes(const char *text)
{
    config_t config;
    bool ok;

    config_init(&config);
    ok = config_read_string(&config, text) == CONFIG_TRUE;
    config_destroy(&config);
    return ok;
}

static void good_texts_pass(void **state)
{
    static const char *const texts[] = {
        "",
        "a = 1; b : \"x\" \"y\" c = true d = 0x1F, e = -1.5e3;",
        "a = 1L; b = 0xFFLL; c = .5; d = +3; e = 1.; f = 1e-5; g = ( 10, -2 );",
        "g = { a = ( ); b = [ ]; c = ( 1, \"x\", { d = [ 1, 2 ]; }, ( ) ); };",
        "// c\n# d\n/* e\n */ a = 1L; b = FALSE;",
        "*x-1 = \"\\\"\\n\\x41\";",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct syntax_fault fault = {0};

        if (!syntax_check(texts[i], &fault))
            fail_msg("%s: %u:%u %s", texts[i], fault.line, fault.column, fault.text);
        assert_true(libconfig_takes(texts[i]));
    }
}

static void faults_are_placed(void **state)
{
    static const struct {
        const char *text;
        unsigned line, column;
        const char *says;
    } cases[] = {
        {"a = 1;\nb \"x\";\n", 2, 3, "= is expected before \"x\""},
        {"a = ( { b = 1; }\n  { c = 2; } );", 2, 3, "a comma or the closing bracket"},
        {"a = ( 1, 2, );", 1, 11, "no comma may stand behind the last one"},
        {"a = [ 1, \"x\" ];", 1, 10, "values of one kind"},
        {"a = [ { } ];", 1, 7, "groups stand in ( ), not in [ ]"},
        {"a = [ b ];", 1, 7, "a string, number, true or false"},
        {"a = ;", 1, 5, "a value is expected before ;"},
        {"a = 1;\nb = 10s;", 2, 5, "10s is no number"},
        {"a = [ 1, 1,5.0.1 ];", 1, 12, "5.0.1 is no number"},
        {"a = 0x1G;", 1, 5, "0x1G is no number"},
        {"a = yes;", 1, 5, "is yes a text without its quotes?"},
        {"a = { b = 1;", 1, 13, "the text ends here"},
        {"= 1;", 1, 1, "a name"},
        {"a = \"x;\nb = \"y\";\n", 1, 5, "is its closing quote missing?"},
        {"\xC3\xA9 = 1;", 1, 1, "a name"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct syntax_fault fault = {0};

        assert_false(syntax_check(cases[i].text, &fault));
        assert_false(libconfig_takes(cases[i].text));
        if (fault.line != cases[i].line || fault.column != cases[i].column ||
            strstr(fault.text, cases[i].says) == NULL)
            fail_msg("%s: %u:%u %s", cases[i].text, fault.line, fault.column, fault.text);
    }
}

/* libconfig joins them: one value, which nobody meant. */
static void strings_of_an_array_are_not_joined(void **state)
{
    static const char *const texts[] = {"a = \"x\"\n \"y\";", "a = ( \"x\" \"y\" );"};
    struct syntax_fault fault = {0};

    (void)state;
    assert_false(syntax_check("a = [ \"x\",\n \"y\"\n \"z\" ];", &fault));
    assert_int_equal(fault.line, 3);
    assert_int_equal(fault.column, 2);
    assert_string_equal(fault.text, "a comma is missing before this string");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_true(syntax_check(texts[i], &fault));
}

/* Every text of a small alphabet of tokens: the two must agree on all of them. */
static void agrees_with_libconfig(void **state)
{
    static const char *const tokens[] = {"a", "=", "1", "\"x\"", "{", "}",
                                         "(", ")", "[", "]",     ",", ";"};
    enum { TOKENS = sizeof(tokens) / sizeof(tokens[0]), LENGTH = 5 };
    unsigned count = 0;

    (void)state;
    for (unsigned n = 0; n < 248832; n += 7) { /* 12^5, every seventh */
        char text[64] = "a = ";
        struct syntax_fault fault;
        unsigned rest = n;

        for (unsigned i = 0; i < LENGTH; i++, rest /= TOKENS) {
            strcat(text, tokens[rest % TOKENS]);
            strcat(text, " ");
        }
        /* The same name twice is no matter of grammar. */
        if (strstr(text + 4, "a ") != NULL || strstr(text, "[ \"x\" \"x\"") != NULL)
            continue;
        count++;
        if (syntax_check(text, &fault) != libconfig_takes(text))
            fail_msg("%s: libconfig %s it", text, libconfig_takes(text) ? "takes" : "refuses");
    }
    assert_true(count > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts_pass),
        cmocka_unit_test(faults_are_placed),
        cmocka_unit_test(strings_of_an_array_are_not_joined),
        cmocka_unit_test(agrees_with_libconfig),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
