/* Bounds-checked reading and writing of octets. */
#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void test_numbers_are_big_endian(void **state)
{
    uint8_t buffer[15];
    const uint8_t expected[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f};
    struct writer w;
    struct reader r;

    (void)state;
    writer_init(&w, buffer, sizeof(buffer));
    writer_u8(&w, 0x01);
    writer_u16(&w, 0x0203);
    writer_u32(&w, 0x04050607);
    writer_u64(&w, 0x08090a0b0c0d0e0fULL);
    assert_false(w.failed);
    assert_int_equal(writer_size(&w), sizeof(expected));
    assert_memory_equal(buffer, expected, sizeof(expected));

    reader_init(&r, writer_span(&w));
    assert_int_equal(reader_u8(&r), 0x01);
    assert_int_equal(reader_u16(&r), 0x0203);
    assert_int_equal(reader_u32(&r), 0x04050607);
    assert_true(reader_u64(&r) == 0x08090a0b0c0d0e0fULL);
    assert_int_equal(reader_left(&r), 0);
    assert_false(r.failed);
}

static void test_reader_stops_at_the_end(void **state)
{
    const uint8_t octets[] = {0xff, 0xee, 0xdd};
    struct reader r;

    (void)state;
    reader_init(&r, span_of(octets, sizeof(octets)));
    assert_int_equal(reader_u32(&r), 0);
    assert_true(r.failed);
    /* Once failed, nothing more is read, though three octets are there. */
    assert_int_equal(reader_u8(&r), 0);
    assert_int_equal(reader_bytes(&r, 1).size, 0);

    reader_init(&r, span_of(octets, sizeof(octets)));
    assert_int_equal(reader_bytes(&r, 3).size, 3);
    assert_false(r.failed);
    assert_int_equal(reader_bytes(&r, 1).size, 0);
    assert_true(r.failed);
}

static void test_writer_stops_at_the_end(void **state)
{
    uint8_t buffer[4] = {0, 0, 0, 0xaa};
    struct writer w;

    (void)state;
    writer_init(&w, buffer, 3);
    writer_u16(&w, 0x1234);
    writer_u16(&w, 0x5678);
    assert_true(w.failed);
    assert_int_equal(writer_size(&w), 2);
    writer_u8(&w, 1);
    assert_int_equal(writer_size(&w), 2);
    assert_int_equal(buffer[2], 0);
    assert_int_equal(buffer[3], 0xaa);
}

static void test_lengths_before_octets(void **state)
{
    uint8_t buffer[1024], octets[300];
    struct writer w;
    struct reader r;
    struct span s;

    (void)state;
    memset(octets, 'x', sizeof(octets));
    writer_init(&w, buffer, sizeof(buffer));
    writer_span8(&w, span_of(octets, 255));
    writer_span16(&w, span_of(octets, 300));
    assert_false(w.failed);
    reader_init(&r, writer_span(&w));
    s = reader_span8(&r);
    assert_int_equal(s.size, 255);
    s = reader_span16(&r);
    assert_true(span_is_equal(s, span_of(octets, 300)));
    assert_false(r.failed);

    writer_span8(&w, span_of(octets, 256));
    assert_true(w.failed);
    /* A length that points past the end. */
    reader_init(&r, span_of("\x05"
                            "abcd",
                            5));
    assert_int_equal(reader_span8(&r).size, 0);
    assert_true(r.failed);
}

static void test_strings(void **state)
{
    uint8_t buffer[64];
    char text[6];
    struct writer w;
    struct reader r;

    (void)state;
    writer_init(&w, buffer, sizeof(buffer));
    writer_string8(&w, "hello");
    writer_string16(&w, "");
    writer_string8(&w, "longer");
    reader_init(&r, writer_span(&w));
    reader_string8(&r, text, sizeof(text));
    assert_string_equal(text, "hello");
    reader_string16(&r, text, sizeof(text));
    assert_string_equal(text, "");
    assert_false(r.failed);
    reader_string8(&r, text, sizeof(text)); /* no room for the NUL */
    assert_true(r.failed);
    assert_string_equal(text, "");

    reader_init(&r, span_of("\x03"
                            "a\0b",
                            4));
    reader_string8(&r, text, sizeof(text));
    assert_true(r.failed);
}

static void test_varints(void **state)
{
    static const struct {
        uint64_t value;
        size_t octets;
    } rows[] = {{0, 1}, {127, 1}, {128, 2}, {16383, 2}, {16384, 3}, {UINT64_MAX, 10}};
    uint8_t bytes[16];
    struct writer w;
    struct reader r;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        writer_init(&w, bytes, sizeof(bytes));
        writer_varint(&w, rows[i].value);
        assert_int_equal(writer_size(&w), rows[i].octets);
        reader_init(&r, writer_span(&w));
        assert_true(reader_varint(&r) == rows[i].value);
        assert_false(r.failed);
        reader_init(&r, span_of(bytes, rows[i].octets - 1));
        assert_int_equal(reader_varint(&r), 0);
        assert_true(r.failed);
    }
    /* a 65th bit, an eleventh octet */
    reader_init(&r, span_of_string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));
    assert_int_equal(reader_varint(&r), 0);
    assert_true(r.failed);
    reader_init(&r, span_of_string("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"));
    (void)reader_varint(&r);
    assert_true(r.failed);
}

static void test_equality(void **state)
{
    (void)state;
    assert_true(span_is_equal(span_of_string("abc"), span_of("abcd", 3)));
    assert_false(span_is_equal(span_of_string("abc"), span_of_string("abd")));
    assert_false(span_is_equal(span_of_string("abc"), span_of_string("ab")));
    assert_true(span_is_equal(span_of(NULL, 0), span_of_string("")));
}

static void test_text_hex(void **state)
{
    static const uint8_t octets[] = {0x00, 0x7f, 0xa5, 0xff};
    char text[2 * sizeof(octets) + 1];

    (void)state;
    text_hex(text, octets, sizeof(octets));
    assert_string_equal(text, "007fa5ff");
    text_hex(text, octets, 0);
    assert_string_equal(text, "");
}

static void test_text_unhex(void **state)
{
    static const uint8_t expected[] = {0x00, 0x7f, 0xa5, 0xff};
    uint8_t octets[sizeof(expected)];

    (void)state;
    assert_true(text_unhex("007fa5ff", octets, sizeof(octets)));
    assert_memory_equal(octets, expected, sizeof(expected));
    assert_false(text_unhex("007fa5f", octets, sizeof(octets)));
    assert_false(text_unhex("007fa5ff0", octets, sizeof(octets)));
    assert_false(text_unhex("007FA5FF", octets, sizeof(octets)));
    assert_false(text_unhex("007fa5fg", octets, sizeof(octets)));
    assert_false(text_unhex("007fa5gf", octets, sizeof(octets)));
    assert_false(text_unhex("0x7fa5ff", octets, sizeof(octets)));
}

static void test_text_copy_cuts_at_a_character(void **state)
{
    char field[6];

    (void)state;
    assert_true(text_copy(field, sizeof(field), "12345"));
    assert_string_equal(field, "12345");
    assert_false(text_copy(field, sizeof(field), "123456"));
    assert_string_equal(field, "12345");
    /* Three-octet characters: the second would be cut in its middle. */
    assert_false(text_copy(field, sizeof(field), "\xe2\x82\xac\xe2\x82\xac"));
    assert_string_equal(field, "\xe2\x82\xac");
    assert_false(text_copy(field, 1, "x"));
    assert_string_equal(field, "");
}

static void test_text_join(void **state)
{
    char field[6];

    (void)state;
    assert_true(text_join(field, sizeof(field), "ab", '/', "cd"));
    assert_string_equal(field, "ab/cd");
    assert_true(text_join(field, sizeof(field), "", '>', ""));
    assert_string_equal(field, ">");
    assert_true(text_join(field, sizeof(field), "abcd", '/', ""));
    assert_string_equal(field, "abcd/");
    assert_false(text_join(field, sizeof(field), "abc", '/', "de"));
    assert_string_equal(field, "abc/d");
    assert_false(text_join(field, sizeof(field), "abcde", '/', ""));
    assert_string_equal(field, "abcde");
    assert_false(text_join(field, sizeof(field), "abcdef", '/', "g"));
    assert_string_equal(field, "abcde");
}

static void test_text_decimal(void **state)
{
    static const uint64_t numbers[] = {0, 9, 10, 99, 12345, UINT32_MAX, UINT64_MAX};
    char text[TEXT_DECIMAL_BYTES], expected[32];

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        snprintf(expected, sizeof(expected), "%llu", (unsigned long long)numbers[i]);
        assert_int_equal(text_decimal(text, numbers[i]), strlen(expected));
        assert_string_equal(text, expected);
    }
}

static void test_text_number(void **state)
{
    static const char *const none[] = {"",
                                       "-1",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "0x1",
                                       "4294967296",
                                       "18446744073709551617",
                                       "99999999999999999999"};
    uint64_t number = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_false(text_number(none[i], UINT32_MAX, &number));
    assert_int_equal(number, 7);
    assert_true(text_number("4294967295", UINT32_MAX, &number));
    assert_int_equal(number, UINT32_MAX);
    assert_true(text_number("0018446744073709551615", UINT64_MAX, &number));
    assert_true(number == UINT64_MAX);
    assert_false(text_number("18446744073709551616", UINT64_MAX, &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_big_endian),
        cmocka_unit_test(test_reader_stops_at_the_end),
        cmocka_unit_test(test_writer_stops_at_the_end),
        cmocka_unit_test(test_lengths_before_octets),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_varints),
        cmocka_unit_test(test_equality),
        cmocka_unit_test(test_text_hex),
        cmocka_unit_test(test_text_unhex),
        cmocka_unit_test(test_text_copy_cuts_at_a_character),
        cmocka_unit_test(test_text_join),
        cmocka_unit_test(test_text_decimal),
        cmocka_unit_test(test_text_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
