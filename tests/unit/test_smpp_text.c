/* GSM 03.38, packing, UCS-2, Latin-1, UTF-8, counting and folding: exhaustive where it can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "gateway/smpp/alphabet.h"
#include "gateway/smpp/text.h"

/* The default alphabet in order, ESC left out (3GPP TS 23.038 6.2.1). */
static const char *const default_alphabet =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1b"
    "ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà";

static const struct {
    uint8_t septet;
    const char *character;
} extension[] = {
    {0x0A, "\f"}, {0x14, "^"}, {0x28, "{"}, {0x29, "}"}, {0x2F, "\\"},
    {0x3C, "["},  {0x3D, "~"}, {0x3E, "]"}, {0x40, "|"}, {0x65, "€"},
};

static void to_utf8(uint32_t c, char text[8])
{
    uint8_t units[4];
    struct writer w;

    writer_init(&w, units, sizeof(units));
    if (c > 0xFFFF) {
        writer_u16(&w, (uint16_t)(0xD800 + ((c - 0x10000) >> 10)));
        writer_u16(&w, (uint16_t)(0xDC00 + ((c - 0x10000) & 0x3FF)));
    } else {
        writer_u16(&w, (uint16_t)c);
    }
    text_decode(TEXT_UCS2, writer_span(&w), text, 8);
}

static void expect_decoded(enum text_coding coding, const char *octets, size_t size,
                           const char *expected)
{
    char text[256];

    assert_int_equal(text_decode(coding, span_of(octets, size), text, sizeof(text)),
                     strlen(expected));
    assert_string_equal(text, expected);
}

#define EXPECT_DECODED(coding, octets, expected)                                                   \
    expect_decoded(coding, octets, sizeof(octets) - 1, expected)

static void expect_encoded(enum text_coding coding, const char *text, const char *octets,
                           size_t size)
{
    uint8_t buffer[512];
    struct writer w;

    writer_init(&w, buffer, sizeof(buffer));
    assert_true(text_encode(coding, text, &w));
    assert_int_equal(writer_size(&w), size);
    assert_memory_equal(buffer, octets, size);
    if (size == 0)
        return;
    /* Just enough room, then one octet too little: refused, and nothing written. */
    writer_init(&w, buffer, size);
    assert_true(text_encode(coding, text, &w));
    writer_init(&w, buffer, size - 1);
    assert_false(text_encode(coding, text, &w));
    assert_int_equal(writer_size(&w), 0);
    assert_false(w.failed);
}

#define EXPECT_ENCODED(coding, text, octets)                                                       \
    expect_encoded(coding, text, octets, sizeof(octets) - 1)

static void default_alphabet_is_the_standard_s(void **state)
{
    const char *p = default_alphabet;

    (void)state;
    for (unsigned septet = 0; septet < 128; septet++) {
        uint32_t c = utf8_next(&p);
        uint8_t back[GSM_SEPTETS_MAX];

        assert_int_equal(alphabet_of_septet((uint8_t)septet), c);
        if (septet == GSM_ESC) {
            assert_int_equal(alphabet_septets(c, back), 0);
            continue;
        }
        assert_int_equal(alphabet_septets(c, back), 1);
        assert_int_equal(back[0], septet);
    }
    assert_int_equal(*p, '\0');
    for (unsigned octet = 128; octet < 256; octet++)
        assert_int_equal(alphabet_of_septet((uint8_t)octet), 0xFFFD);
}

/* Of all of Unicode, exactly 127 characters cost one septet and 10 cost two. */
static void no_other_character_is_gsm(void **state)
{
    unsigned counts[3] = {0};

    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++)
        counts[text_gsm_septets(c)]++;
    assert_int_equal(counts[1], 127);
    assert_int_equal(counts[2], 10);
}

static void extension_table_is_the_standard_s(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(extension) / sizeof(extension[0]); i++) {
        char octets[2] = {GSM_ESC, (char)extension[i].septet};

        expect_decoded(TEXT_GSM, octets, 2, extension[i].character);
        expect_encoded(TEXT_GSM, extension[i].character, octets, 2);
    }
}

static void every_pair_behind_esc_is_shown(void **state)
{
    (void)state;
    for (unsigned septet = 0; septet < 128; septet++) {
        char octets[3] = {'a', GSM_ESC, (char)septet}, text[16];
        bool is_extension = false;

        for (size_t i = 0; i < sizeof(extension) / sizeof(extension[0]); i++)
            is_extension = is_extension || extension[i].septet == septet;
        if (is_extension || septet == GSM_ESC || septet == GSM_CR || septet == ' ')
            continue;
        text_decode(TEXT_GSM, span_of(octets, 3), text, sizeof(text));
        octets[1] = (char)septet;
        expect_decoded(TEXT_GSM, octets, 2, text); /* the default character of that code */
    }
    EXPECT_DECODED(TEXT_GSM,
                   "a\x1b\x1b"
                   "b",
                   "a b");
    EXPECT_DECODED(TEXT_GSM, "a\x1b", "a");
    EXPECT_DECODED(TEXT_GSM, "\x1b", "");
}

static void gsm_texts_go_both_ways(void **state)
{
    (void)state;
    EXPECT_ENCODED(TEXT_GSM, "", "");
    EXPECT_ENCODED(TEXT_GSM, "Hello World", "Hello World");
    EXPECT_ENCODED(TEXT_GSM, "a@b", "a\0b");
    EXPECT_ENCODED(TEXT_GSM, "a€({[<>]})\\@|b", "a\x1b\x65(\x1b(\x1b<<>\x1b>\x1b))\x1b/\0\x1b@b");
    EXPECT_DECODED(TEXT_GSM, "a\x80z", "a\xEF\xBF\xBDz");
}

static void characters_outside_the_alphabet_are_told(void **state)
{
    static const struct {
        enum text_coding coding;
        const char *text;
        size_t bad_offset;
    } rows[] = {
        {TEXT_GSM, "ab\xC3\xA7", 2},
        {TEXT_GSM, "è’", 2},
        {TEXT_GSM, "\t", 0},
        {TEXT_GSM, "a\x1b", 1},
        {TEXT_GSM, "a\xFFz", 1},
        {TEXT_GSM_PACKED, "aж", 1},
        {TEXT_LATIN1, "é€", 2},
        {TEXT_ASCII, "aé", 1},
        {TEXT_UTF8, "a\xC3", 1},
        {TEXT_UCS2, "a\xED\xA0\x80", 1},
        {TEXT_UCS2, "\xC0\x80", 0},
        {TEXT_UTF8, "\xF5\x80\x80\x80", 0},
        {TEXT_UTF8, "z\xE0\x80\x80", 1},
        {TEXT_UTF8, "z\xF4\x90\x80\x80", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t units;
        uint8_t buffer[64];
        struct writer w;

        writer_init(&w, buffer, sizeof(buffer));
        writer_u8(&w, 'x');
        assert_false(text_encode(rows[i].coding, rows[i].text, &w));
        assert_int_equal(writer_size(&w), 1);
        assert_int_equal(text_prefix(rows[i].coding, rows[i].text, SIZE_MAX), rows[i].bad_offset);
        assert_false(text_units(rows[i].coding, rows[i].text, &units));
    }
}

/* Each octet at each place of texts of all lengths around the blocks that they are looked through
 * by. */
static void common_octets_are_ascii_s_and_gsm_s_alike(void **state)
{
    (void)state;
    for (unsigned octet = 1; octet < 256; octet++) {
        uint8_t septet = (uint8_t)octet;
        char decoded[8], text[41];
        bool is_common = octet < 0x80 && octet != '\r' &&
                         text_decode_part(TEXT_GSM, span_of(&septet, 1), decoded, 8) == 1 &&
                         (uint8_t)decoded[0] == octet;

        for (size_t size = 1; size < sizeof(text); size++) {
            for (size_t at = 0; at < size; at++) {
                memset(text, 'a', size);
                text[at] = (char)octet;
                assert_int_equal(text_common_prefix(text, size), is_common ? size : at);
            }
        }
    }
    assert_int_equal(text_common_prefix("abc", 0), 0);
}

/* Marks with other codes, or two, between runs of common octets, in and behind whole blocks. */
static void rare_characters_between_common_ones_go_both_ways(void **state)
{
    static const char text[] = "Harga $5 @ Pasar_Baru {promo} [1]\n"
                               "0123456789012345678901234567890123456789 \xC3\xA9\xE2\x82\xAC~";
    enum text_coding codings[] = {TEXT_GSM, TEXT_GSM_PACKED, TEXT_UCS2, TEXT_UTF8};

    (void)state;
    for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
        uint8_t octets[256];
        char decoded[256];
        struct writer w;
        size_t units;

        writer_init(&w, octets, sizeof(octets));
        assert_true(text_encode(codings[i], text, &w));
        text_decode(codings[i], writer_span(&w), decoded, sizeof(decoded));
        assert_string_equal(decoded, text);
        assert_true(text_units(codings[i], text, &units));
        if (codings[i] == TEXT_GSM || codings[i] == TEXT_UTF8)
            assert_int_equal(units, writer_size(&w));
        for (size_t room = 0; room < writer_size(&w); room++) {
            struct writer less;

            writer_init(&less, octets, room);
            assert_false(text_encode(codings[i], text, &less));
            assert_int_equal(writer_size(&less), 0);
        }
    }
}

static void units_are_counted(void **state)
{
    static const struct {
        enum text_coding coding;
        const char *text;
        size_t units;
    } rows[] = {
        {TEXT_GSM, "", 0},       {TEXT_GSM, "abc\n", 4},     {TEXT_GSM, "€{}[]\\~^|", 18},
        {TEXT_GSM, "èΔ§", 3},    {TEXT_GSM_PACKED, "a€", 3}, {TEXT_UCS2, "aж€", 3},
        {TEXT_UCS2, "ok😀", 4},   {TEXT_LATIN1, "café£", 5},  {TEXT_ASCII, "abc", 3},
        {TEXT_UTF8, "aé€😀", 10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t units = 99;

        assert_true(text_units(rows[i].coding, rows[i].text, &units));
        assert_int_equal(units, rows[i].units);
    }
}

/* TS 23.038 6.1.2.3.1: a CR fills seven spare bits; a real one on an octet boundary gets another.
 */
static void packing_follows_the_ussd_rules(void **state)
{
    (void)state;
    EXPECT_ENCODED(TEXT_GSM_PACKED, "", "");
    EXPECT_ENCODED(TEXT_GSM_PACKED, "*123#", "\xAA\x98\x6C\x36\x02");
    EXPECT_ENCODED(TEXT_GSM_PACKED, "*#06#", "\xAA\x11\xCC\x36\x02");
    EXPECT_ENCODED(TEXT_GSM_PACKED, "hello", "\xE8\x32\x9B\xFD\x06");
    EXPECT_ENCODED(TEXT_GSM_PACKED, "1234567", "\x31\xD9\x8C\x56\xB3\xDD\x1A");
    EXPECT_ENCODED(TEXT_GSM_PACKED, "12345678", "\x31\xD9\x8C\x56\xB3\xDD\x70");
    EXPECT_ENCODED(TEXT_GSM_PACKED, "1234567\r", "\x31\xD9\x8C\x56\xB3\xDD\x1A\x0D");
    EXPECT_ENCODED(TEXT_GSM_PACKED, "123456\r", "\x31\xD9\x8C\x56\xB3\x35\x1A");
    EXPECT_DECODED(TEXT_GSM_PACKED, "\xAA\x98\x6C\x36\x02", "*123#");
    EXPECT_DECODED(TEXT_GSM_PACKED, "\x31\xD9\x8C\x56\xB3\xDD\x1A", "1234567");
    EXPECT_DECODED(TEXT_GSM_PACKED, "\x31\xD9\x8C\x56\xB3\xDD\x70", "12345678");
    /* Packed as for SMS: the spare bits read as an @. */
    EXPECT_DECODED(TEXT_GSM_PACKED, "\x31\xD9\x8C\x56\xB3\xDD\x00", "1234567@");
    EXPECT_DECODED(TEXT_GSM_PACKED, "", "");
}

static void packing_182_septets_takes_160_octets(void **state)
{
    char text[184];
    uint8_t buffer[256];
    struct writer w;

    (void)state;
    memset(text, 'A', sizeof(text) - 1);
    text[182] = '\0';
    writer_init(&w, buffer, sizeof(buffer));
    assert_true(text_encode(TEXT_GSM_PACKED, text, &w));
    assert_int_equal(writer_size(&w), 160);
    text[182] = 'A';
    text[183] = '\0';
    writer_init(&w, buffer, sizeof(buffer));
    assert_true(text_encode(TEXT_GSM_PACKED, text, &w));
    assert_int_equal(writer_size(&w), 161);
}

/* Every length up to 40 with every character of the alphabet at its end comes back. */
static void packing_comes_back(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 40; size++) {
        for (unsigned septet = 0; septet < 128; septet++) {
            char text[64], last[8], back[64];
            uint8_t buffer[64];
            struct writer w;

            /* CR and trailing spaces are trimmed from input. */
            if (septet == GSM_ESC || septet == GSM_CR || septet == ' ')
                continue;
            memset(text, 'x', size);
            text[size - 1] = '\0';
            to_utf8(alphabet_of_septet((uint8_t)septet), last);
            strcat(text, last);
            writer_init(&w, buffer, sizeof(buffer));
            assert_true(text_encode(TEXT_GSM_PACKED, text, &w));
            assert_int_equal(writer_size(&w), (size * 7 + 7) / 8);
            text_decode(TEXT_GSM_PACKED, writer_span(&w), back, sizeof(back));
            assert_string_equal(back, text);
        }
    }
}

static void ucs2_keeps_surrogate_pairs_and_marks_lone_ones(void **state)
{
    (void)state;
    EXPECT_ENCODED(TEXT_UCS2, "Привет", "\x04\x1f\x04\x40\x04\x38\x04\x32\x04\x35\x04\x42");
    EXPECT_ENCODED(TEXT_UCS2, "ok😀", "\0o\0k\xd8\x3d\xde\x00");
    EXPECT_DECODED(TEXT_UCS2, "\0o\0k\xd8\x3d\xde\x00", "ok😀");
    EXPECT_DECODED(TEXT_UCS2, "\x04\x1f\x04\x40\x04", "Пр\xEF\xBF\xBD");
    EXPECT_DECODED(TEXT_UCS2, "\0Y\0A\0",
                   "YA"); /* some encoders write a C string's end behind it */
    EXPECT_DECODED(TEXT_UCS2, "\xd8\x3d\0a",
                   "\xEF\xBF\xBD"
                   "a");
    EXPECT_DECODED(TEXT_UCS2, "\0a\xde\x00\0b",
                   "a\xEF\xBF\xBD"
                   "b");
    EXPECT_DECODED(TEXT_UCS2, "\0a\xd8\x3d", "a\xEF\xBF\xBD");
    EXPECT_DECODED(TEXT_UCS2, "\xdf\xff\0a", "\uFFFDa");
    EXPECT_DECODED(TEXT_UCS2, "\xd8\x3d\xde", "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_DECODED(TEXT_UCS2, "x", "\xEF\xBF\xBD");
}

static const char *joined(enum text_coding coding, struct span whole, size_t cut)
{
    static char text[32];
    size_t size = text_decode_part(coding, span_of(whole.data, cut), text, sizeof(text));

    text_decode_part(coding, span_of(whole.data + cut, whole.size - cut), text + size,
                     sizeof(text) - size);
    text_join_parts(text);
    return text;
}

/* Some phones cut a long SMS between the two halves of an emoji. */
static void halves_of_two_parts_are_one_character(void **state)
{
    static const uint8_t whole[] = {0, 'a', 0xD8, 0x3D, 0xDE, 0x0A, 0, 'b'};
    static const uint8_t lone[] = {0xDE, 0x0A, 0xD8, 0x3D, 0, 'b', 0xD8, 0x3D};
    static const uint8_t as_escape[] = {0xD8, 0x1B, 0xDC, 0x00};

    (void)state;
    for (size_t cut = 0; cut <= sizeof(whole); cut += 2)
        assert_string_equal(joined(TEXT_UCS2, span_of(whole, sizeof(whole)), cut), "a\U0001F60Ab");
    assert_string_equal(joined(TEXT_UCS2, span_of(lone, sizeof(lone)), sizeof(lone)),
                        "\uFFFD\uFFFDb\uFFFD");
    assert_string_equal(joined(TEXT_UCS2, span_of(as_escape, sizeof(as_escape)), 2), "\U00016C00");
}

/* ... or between an escape and the septet that it is for. */
static void an_escape_and_its_septet_are_one_character(void **state)
{
    static const uint8_t whole[] = {'a', 0x1B, 0x3D, 0x1B, 'e', 0x1B, 'b', 0x1B};
    static const uint8_t twice[] = {'a', 0x1B, 0x1B, '(', 'b'};
    static const uint8_t packed[] = {'a' | (0x1B << 7 & 0x80), 0x1B >> 1, 'e', 0};
    char text[12];

    (void)state;
    for (size_t cut = 0; cut <= sizeof(whole); cut++)
        assert_string_equal(joined(TEXT_GSM, span_of(whole, sizeof(whole)), cut), "a~€b");
    assert_string_equal(joined(TEXT_GSM, span_of(twice, sizeof(twice)), 3), "a (b");
    assert_string_equal(joined(TEXT_GSM_PACKED, span_of(packed, 3), 2), "a€");
    text_copy(text, sizeof(text), "\xED\xA0\x9B(\xED\xA0\x9B\u4E2D");
    text_join_parts(text); /* no septet behind the second */
    assert_string_equal(text, "{\uFFFD\u4E2D");
    text_decode(TEXT_GSM, span_of(whole, 2), text, sizeof(text));
    assert_string_equal(text, "a");
}

/* Every scalar value of Unicode, there and back, in UCS-2 and UTF-8. */
static void every_character_comes_back(void **state)
{
    (void)state;
    for (uint32_t c = 0x21; c <= 0x10FFFF; c++) {
        char text[8], back[8];
        const char *p = text;
        uint8_t buffer[8];
        struct writer w;

        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        to_utf8(c, text);
        if (utf8_next(&p) != c || *p != '\0')
            fail_msg("U+%04X does not come back", c);
        writer_init(&w, buffer, sizeof(buffer));
        text_encode(TEXT_UCS2, text, &w);
        text_decode(TEXT_UCS2, writer_span(&w), back, sizeof(back));
        if (strcmp(back, text) != 0)
            fail_msg("U+%04X does not come back", c);
        text_decode(TEXT_UTF8, span_of_string(text), back, sizeof(back));
        if (strcmp(back, text) != 0 || !text_is_utf8(text))
            fail_msg("U+%04X does not come back", c);
    }
}

static void latin1_and_ascii_go_both_ways(void **state)
{
    (void)state;
    for (unsigned c = 0x21; c < 0x100; c++) {
        char octet = (char)c, text[8];

        to_utf8(c, text);
        expect_decoded(TEXT_LATIN1, &octet, 1, text);
        expect_encoded(TEXT_LATIN1, text, &octet, 1);
        expect_decoded(TEXT_ASCII, &octet, 1, c < 0x80 ? text : "\xEF\xBF\xBD");
    }
    EXPECT_ENCODED(TEXT_ASCII, "plain", "plain");
}

static void malformed_utf8_becomes_replacement_characters(void **state)
{
    (void)state;
    EXPECT_DECODED(TEXT_UTF8, "aé€😀", "aé€😀");
    EXPECT_DECODED(TEXT_UTF8, "a\xC3", "a\xEF\xBF\xBD");
    EXPECT_DECODED(TEXT_UTF8, "\xC0\xAF!", "\xEF\xBF\xBD\xEF\xBF\xBD!");
    EXPECT_DECODED(TEXT_UTF8, "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_DECODED(TEXT_UTF8, "\xE2\x82z", "\xEF\xBF\xBD\xEF\xBF\xBDz");
    assert_true(text_is_utf8(""));
    assert_false(text_is_utf8("\x80"));
    assert_false(text_is_utf8("a\xE2\x82"));
}

static void input_is_trimmed(void **state)
{
    (void)state;
    EXPECT_DECODED(TEXT_ASCII, "a\0b\0\0", "ab");
    EXPECT_DECODED(TEXT_ASCII, "a\r\nb\r", "a\nb");
    EXPECT_DECODED(TEXT_ASCII, " 1  ", " 1");
    EXPECT_DECODED(TEXT_ASCII, "   ", "");
    EXPECT_DECODED(TEXT_GSM, "12\r", "12");
    EXPECT_DECODED(TEXT_GSM, "1 \0", "1 @");
    EXPECT_DECODED(TEXT_UCS2, "\0a\0\0\0 ", "a");
}

static void decoding_stops_at_a_whole_character(void **state)
{
    static const char ucs2[] = "\0a\x20\xac\x20\xac";
    char text[8];

    (void)state;
    for (size_t bytes = 1; bytes <= sizeof(text); bytes++) {
        memset(text, 'Z', sizeof(text));
        assert_true(text_decode(TEXT_UCS2, span_of(ucs2, 6), text, bytes) < bytes);
        assert_true(text_is_utf8(text));
        assert_int_equal(strlen(text), bytes == 1 ? 0 : bytes < 5 ? 1 : bytes < 8 ? 4 : 7);
    }
}

static void expect_folded(const char *text, const char *expected, bool is_gsm)
{
    char folded[128];

    assert_true(text_fold_gsm(text, folded, sizeof(folded)) == is_gsm);
    assert_string_equal(folded, expected);
}

static void folding_follows_the_rules(void **state)
{
    static const struct {
        const char *text;
        const char *folded;
    } rows[] = {
        {"plain\nèéàñÄ£€{}", "plain\nèéàñÄ£€{}"},
        {"‘a’ ‚b′ `c`", "'a' 'b' 'c'"},
        {"“a” „b”", "\"a\" \"b\""},
        {"1–2—3‑4", "1-2-3-4"},
        {"wait…", "wait..."},
        {"• one · two", "- one - two"},
        {"a\u00A0b\u2009c\u2000d\u200Ae", "a b c d e"},
        {"© Warung™", "(c) WarungTM"},
        {"a\tb", "a b"},
        {"a\r\nb\rc\n", "a\nb\nc\n"},
        {"a\u200Bb\uFEFFc\u00ADd\u200D", "abcd"},
        {"ã ê ç ŷ Ç", "a e c y Ç"},
        {"Łódź Đurđica Çelik œuvre", "Lodz Durdica Çelik oeuvre"},
        {"ΑΒΕΖΗΙΚΜΝΟΡΤΥΧΔΦ", "ABEZHIKMNOPTYXΔΦ"},
        {"e\u0301 n\u0303 A\u030A C\u0327 c\u0327 o\u0302", "é ñ Å Ç c o"},
        {"Nguyễn Thị", "Nguyen Thi"},
        {"a\x01\x1b\x7f\fb", "ab"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_folded(rows[i].text, rows[i].folded, true);
    expect_folded("Пить’", "Пить'", false);
    expect_folded("ok😀", "ok😀", false);
    expect_folded("a\xFFz", "a\xEF\xBF\xBDz", false);
}

/* Whatever folding calls GSM can be encoded; what was GSM stays as it is. */
static void folding_tells_the_truth(void **state)
{
    (void)state;
    for (uint32_t c = 0x21; c <= 0x2FFF; c++) {
        char text[8], folded[16];
        size_t units;
        bool is_gsm;

        to_utf8(c, text);
        is_gsm = text_fold_gsm(text, folded, sizeof(folded));
        assert_true(text_is_utf8(folded));
        assert_true(text_units(TEXT_GSM, folded, &units) == is_gsm);
        if (text_gsm_septets(c) != 0)
            assert_string_equal(folded, text);
    }
}

static void folding_into_too_little_room_is_told(void **state)
{
    char folded[4];

    (void)state;
    assert_true(text_fold_gsm("abc", folded, sizeof(folded)));
    assert_false(text_fold_gsm("abcd", folded, sizeof(folded)));
    assert_string_equal(folded, "abc");
    assert_false(text_fold_gsm("a…", folded, sizeof(folded)));
    assert_string_equal(folded, "a");
    assert_false(text_fold_gsm("abcè", folded, sizeof(folded)));
    assert_string_equal(folded, "abc");
}

static void code_points_come_off_the_front(void **state)
{
    const char *p = "aé\xC3(😀";

    (void)state;
    assert_int_equal(utf8_next(&p), 'a');
    assert_int_equal(utf8_next(&p), 0xE9);
    assert_int_equal(utf8_next(&p), 0xFFFD);
    assert_int_equal(utf8_next(&p), '(');
    assert_int_equal(utf8_next(&p), 0x1F600);
    assert_int_equal(utf8_next(&p), 0);
    assert_int_equal(utf8_next(&p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_alphabet_is_the_standard_s),
        cmocka_unit_test(no_other_character_is_gsm),
        cmocka_unit_test(extension_table_is_the_standard_s),
        cmocka_unit_test(every_pair_behind_esc_is_shown),
        cmocka_unit_test(gsm_texts_go_both_ways),
        cmocka_unit_test(characters_outside_the_alphabet_are_told),
        cmocka_unit_test(common_octets_are_ascii_s_and_gsm_s_alike),
        cmocka_unit_test(rare_characters_between_common_ones_go_both_ways),
        cmocka_unit_test(units_are_counted),
        cmocka_unit_test(packing_follows_the_ussd_rules),
        cmocka_unit_test(packing_182_septets_takes_160_octets),
        cmocka_unit_test(packing_comes_back),
        cmocka_unit_test(ucs2_keeps_surrogate_pairs_and_marks_lone_ones),
        cmocka_unit_test(halves_of_two_parts_are_one_character),
        cmocka_unit_test(an_escape_and_its_septet_are_one_character),
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(latin1_and_ascii_go_both_ways),
        cmocka_unit_test(malformed_utf8_becomes_replacement_characters),
        cmocka_unit_test(input_is_trimmed),
        cmocka_unit_test(decoding_stops_at_a_whole_character),
        cmocka_unit_test(folding_follows_the_rules),
        cmocka_unit_test(folding_tells_the_truth),
        cmocka_unit_test(folding_into_too_little_room_is_told),
        cmocka_unit_test(code_points_come_off_the_front),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
