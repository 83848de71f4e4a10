/* base/utf8: every character there and back, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static void every_character_comes_back(void **state)
{
    (void)state;
    for (uint32_t c = 1; c <= 0x10FFFF; c++) {
        char text[UTF8_BYTES_MAX + 1] = "";
        const char *at = text;
        size_t size = utf8_put(c, text);
        uint32_t taken = 0;

        if (c >= 0xD800 && c <= 0xDFFF) {
            if (utf8_take(text, size, &taken) != 0)
                fail_msg("the surrogate U+%04X is taken", c);
            continue;
        }
        if (size != (c < 0x80      ? 1
                     : c < 0x800   ? 2
                     : c < 0x10000 ? 3
                                   : 4) ||
            utf8_take(text, size, &taken) != size || taken != c)
            fail_msg("U+%04X", c);
        if (utf8_take(text, size - 1, &taken) != 0 && size > 1)
            fail_msg("U+%04X is taken without its last octet", c);
        if (utf8_next(&at) != c || *at != '\0')
            fail_msg("U+%04X is not the next", c);
    }
}

static void what_is_malformed_is_replaced_octet_by_octet(void **state)
{
    static const char *const malformed[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xC3",
        "\xC3(",
        "\xE0\x9F\xBF",
        "\xE2\x82",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xE2(\x80",
        "\xE2\x82(",
        "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xF0\x9F\x98",
        "\xF8",
        "\xFF",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        const char *at = malformed[i];
        uint32_t c;

        if (utf8_take(at, strlen(at), &c) != 0 || utf8_next(&at) != UTF8_REPLACEMENT ||
            at != malformed[i] + 1)
            fail_msg("%zu", i);
    }
}

static void the_end_is_not_passed(void **state)
{
    const char *text = "";

    (void)state;
    assert_int_equal(utf8_next(&text), 0);
    assert_int_equal(utf8_next(&text), 0);
    assert_string_equal(text, "");
}

/* The bounds of the first half and of the second, and what is no pair. */
static void halves_are_joined(void **state)
{
    static const char *const rows[][2] = {
        {"\xED\xA0\x80\xED\xB0\x80", "\xF0\x90\x80\x80"},
        {"\xED\xAF\xBF\xED\xBF\xBF", "\xF4\x8F\xBF\xBF"},
        {"a\xED\xA0\xBD\xED\xB8\x8A.", "a\xF0\x9F\x98\x8A."},
        {"\xED\xB0\x80\xED\xB0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xED\xA0\x80\xED\xAF\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xED\xA0\x80\xED\xA0\x80\xED\xB0\x80", "\xEF\xBF\xBD\xF0\x90\x80\x80"},
        {"\xED\xA0\x80x", "\xEF\xBF\xBDx"},
        {"\xE2\xA0\x80\xE2\xB0\x80", "\xE2\xA0\x80\xE2\xB0\x80"},
        {"\xED\x9F\xBF\xED\xB0", "\xED\x9F\xBF\xED\xB0"}, /* none of it is a half */
        {"\xED", "\xED"},
        {"\xED\xA0", "\xED\xA0"},
    };
    char text[16];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        strcpy(text, rows[i][0]);
        utf8_join_halves(text);
        assert_string_equal(text, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(what_is_malformed_is_replaced_octet_by_octet),
        cmocka_unit_test(the_end_is_not_passed),
        cmocka_unit_test(halves_are_joined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
