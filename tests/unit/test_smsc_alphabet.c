/*
 * The simulated centre's alphabets: every GSM character there and back, and what is none.
 */
#include "tests/smsc/alphabet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_decodes(enum alphabet alphabet, const char *octets, size_t size,
                           const char *utf8)
{
    char text[256];

    assert_int_equal(alphabet_decode(alphabet, span_of(octets, size), text, sizeof(text)),
                     strlen(utf8));
    assert_string_equal(text, utf8);
}

static void test_every_septet_comes_back(void **state)
{
    (void)state;
    for (unsigned septet = 0; septet < 128; septet++) {
        uint8_t octet = (uint8_t)septet;
        uint8_t again[4];
        char text[8];
        size_t size;

        if (septet == 0x1B)
            continue;
        alphabet_decode(ALPHABET_GSM, span_of(&octet, 1), text, sizeof(text));
        assert_true(alphabet_encode_gsm(text, again, sizeof(again), &size));
        assert_int_equal(size, 1);
        assert_int_equal(again[0], septet);
    }
}

static void test_extension_takes_two_septets(void **state)
{
    uint8_t octets[32];
    size_t size;

    (void)state;
    assert_true(alphabet_encode_gsm("^{}\\[~]|€", octets, sizeof(octets), &size));
    assert_int_equal(size, 18);
    assert_memory_equal(octets,
                        "\x1b\x14\x1b\x28\x1b\x29\x1b\x2f\x1b\x3c\x1b\x3d\x1b\x3e\x1b\x40"
                        "\x1b\x65",
                        18);
    assert_decodes(ALPHABET_GSM, (char *)octets, size, "^{}\\[~]|€");
    assert_decodes(ALPHABET_GSM, "a\x1b", 2, "a ");
    assert_decodes(ALPHABET_GSM, "\x1b\x41", 2, "A");
}

static void test_what_is_no_gsm_goes_as_ucs2(void **state)
{
    uint8_t octets[32];
    size_t size;
    uint8_t dcs;

    (void)state;
    assert_true(alphabet_encode("WARUNG @_$", octets, sizeof(octets), &size, &dcs));
    assert_int_equal(dcs, 0);
    assert_memory_equal(octets, "WARUNG \0\x11\x02", 10);
    assert_true(alphabet_encode("\u2018a\U0001F600", octets, sizeof(octets), &size, &dcs));
    assert_int_equal(dcs, 8);
    assert_int_equal(size, 8);
    assert_memory_equal(octets, "\x20\x18\x00\x61\xd8\x3d\xde\x00", 8);
    assert_decodes(ALPHABET_UCS2, (char *)octets, size, "\u2018a\U0001F600");
}

static void test_limits_hold(void **state)
{
    uint8_t octets[4];
    char text[6];
    size_t size;

    (void)state;
    assert_true(alphabet_encode_gsm("abcd", octets, sizeof(octets), &size));
    assert_false(alphabet_encode_gsm("abcde", octets, sizeof(octets), &size));
    assert_false(alphabet_encode_gsm("abc\xc3", octets, sizeof(octets), &size));
    assert_false(alphabet_encode_gsm("`", octets, sizeof(octets), &size));
    assert_int_equal(alphabet_decode(ALPHABET_GSM, span_of("abc\x05\x05", 5), text, sizeof(text)),
                     5);
    assert_string_equal(text, "abcé");
    assert_int_equal(alphabet_of(0), ALPHABET_GSM);
    assert_int_equal(alphabet_of(0x0F), ALPHABET_GSM);
    assert_int_equal(alphabet_of(0x48), ALPHABET_UCS2);
    assert_int_equal(alphabet_of(0xF4), ALPHABET_LATIN1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_septet_comes_back),
        cmocka_unit_test(test_extension_takes_two_septets),
        cmocka_unit_test(test_what_is_no_gsm_goes_as_ucs2),
        cmocka_unit_test(test_limits_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
