/* Parts of long SMS as a value: order, copies, room, time, encoding. */
#include "sessions/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { KEEP = 86400000, HORIZON = 600000 };
static const int64_t NOW = INT64_C(1764576000123); /* more than 32 bits */

static struct parts parts;
static char whole[PARTS_TEXT_BYTES];

static int set_up(void **state)
{
    (void)state;
    parts_init(&parts);
    strcpy(whole, "untouched");
    return 0;
}

static enum parts_result take_at(uint64_t message, unsigned number, unsigned total,
                                 const char *text, int64_t now_ms)
{
    struct part part = {.message = message,
                        .fingerprint = message * 1000 + number,
                        .number = (uint8_t)number,
                        .total = (uint8_t)total};

    return parts_take(&parts, &part, text, now_ms, whole);
}

static enum parts_result take(uint64_t message, unsigned number, unsigned total, const char *text)
{
    return take_at(message, number, total, text, NOW);
}

/* Through its encoding and back, as between two commits. */
static void store(void)
{
    uint8_t octets[PARTS_BYTES_MAX];
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    parts_encode(&parts, &w);
    assert_false(w.failed);
    assert_true(parts_decode(&parts, writer_span(&w)));
}

static void test_any_order(void **state)
{
    static const unsigned orders[6][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3},
                                          {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    static const char *const texts[] = {"", "one ", "two ", "three"};

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        const unsigned *o = orders[i];

        assert_int_equal(take(i + 1, o[0], 3, texts[o[0]]), PARTS_KEPT);
        store();
        assert_int_equal(take(i + 1, o[1], 3, texts[o[1]]), PARTS_KEPT);
        store();
        assert_int_equal(take(i + 1, o[2], 3, texts[o[2]]), PARTS_COMPLETE);
        assert_string_equal(whole, "one two three");
        store();
        for (unsigned n = 1; n <= 3; n++)
            assert_int_equal(take(i + 1, n, 3, texts[n]), PARTS_COPY);
    }
    assert_int_equal(parts.dropped, 0);
    assert_int_equal(parts.text_bytes, 0);
}

static void test_two_messages_between_each_other(void **state)
{
    (void)state;
    assert_int_equal(take(1, 2, 2, "a2"), PARTS_KEPT);
    assert_int_equal(take(2, 1, 2, "b1"), PARTS_KEPT);
    assert_int_equal(take(2, 1, 2, "b1"), PARTS_COPY);
    store();
    assert_int_equal(take(1, 1, 2, "a1"), PARTS_COMPLETE);
    assert_string_equal(whole, "a1a2");
    assert_int_equal(take(2, 2, 2, "b2"), PARTS_COMPLETE);
    assert_string_equal(whole, "b1b2");
}

/* The handset counts to 255 and begins again: another text under a name known already. */
static void test_a_name_comes_round(void **state)
{
    struct part other = {.message = 1, .fingerprint = 77, .number = 1, .total = 2};

    (void)state;
    assert_int_equal(take(1, 1, 2, "old"), PARTS_KEPT);
    assert_int_equal(parts_take(&parts, &other, "new", NOW, whole), PARTS_KEPT);
    assert_int_equal(parts.dropped, 1);
    assert_int_equal(take(1, 2, 2, "er"), PARTS_COMPLETE);
    assert_string_equal(whole, "newer");
    other.fingerprint = 78; /* after completion too */
    assert_int_equal(parts_take(&parts, &other, "third", NOW, whole), PARTS_KEPT);
    assert_int_equal(take(1, 2, 2, "er"), PARTS_COPY);
}

static void test_time(void **state)
{
    (void)state;
    assert_int_equal(parts_oldest_ms(&parts), 0);
    take(1, 1, 3, "a");
    take_at(1, 2, 3, "b", NOW + KEEP / 2); /* does not prolong it */
    take_at(2, 1, 2, "c", NOW + KEEP / 2);
    store();
    assert_true(parts_oldest_ms(&parts) == NOW);
    parts_expire(&parts, NOW + KEEP, KEEP, HORIZON);
    assert_int_equal(parts.count, 3);
    parts_expire(&parts, NOW + KEEP + 1, KEEP, HORIZON);
    assert_int_equal(parts.dropped, 2);
    assert_true(parts_oldest_ms(&parts) == NOW + KEEP / 2);
    assert_int_equal(take_at(2, 2, 2, "d", NOW + KEEP + 1), PARTS_COMPLETE);
    assert_string_equal(whole, "cd");
    store();
    assert_int_equal(parts_oldest_ms(&parts), 0); /* those taken do not wait */
    parts_expire(&parts, NOW + KEEP + 1 + HORIZON, KEEP, HORIZON);
    assert_int_equal(take(2, 1, 2, "c"), PARTS_COPY);
    parts_expire(&parts, NOW + KEEP + 2 + HORIZON, KEEP, HORIZON);
    assert_int_equal(parts.count, 0);
    assert_int_equal(parts.dropped, 0); /* those taken are not missed */
}

static void test_room_is_made_by_the_oldest(void **state)
{
    char text[601];

    (void)state;
    memset(text, 'x', 600);
    text[600] = '\0';
    for (unsigned i = 1; i <= 3; i++)
        assert_int_equal(take_at(i, 1, 2, text, NOW + i), PARTS_KEPT);
    assert_int_equal(take_at(4, 1, 2, text, NOW + 4), PARTS_KEPT);
    assert_int_equal(parts.dropped, 1);
    text[0] = 'z';
    assert_int_equal(take_at(3, 2, 2, "y", NOW + 5), PARTS_COMPLETE);
    assert_int_equal(strlen(whole), 601);
    assert_int_equal(take_at(4, 2, 2, text, NOW + 5), PARTS_COMPLETE);
    assert_int_equal(strlen(whole), 1200);
    assert_int_equal(whole[600], 'z');
    store();
}

static void test_more_parts_than_places(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PARTS_MAX + 5; i++)
        assert_int_equal(take_at(100 + i, 1, 2, "x", NOW + i), PARTS_KEPT);
    assert_int_equal(parts.count, PARTS_MAX);
    assert_int_equal(parts.dropped, 5);
    assert_true(parts_oldest_ms(&parts) == NOW + 5);
    store();
}

static void test_too_long_alone(void **state)
{
    char text[PARTS_TEXT_BYTES];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0'; /* all that there is room for */
    take(9, 1, 2, "other");
    assert_int_equal(take(1, 1, 3, text), PARTS_KEPT);
    store();
    assert_int_equal(take(1, 2, 3, "y"), PARTS_TOO_LONG);
    assert_int_equal(parts.count, 0);
}

static void test_damage(void **state)
{
    uint8_t octets[PARTS_BYTES_MAX];
    struct writer w;

    (void)state;
    take(1, 1, 2, "text");
    writer_init(&w, octets, sizeof(octets));
    parts_encode(&parts, &w);
    for (size_t size = 1; size < writer_size(&w); size++) {
        assert_false(parts_decode(&parts, span_of(octets, size)));
        assert_int_equal(parts.count, 0);
    }
    octets[22] = 0; /* number 0 */
    assert_false(parts_decode(&parts, writer_span(&w)));
    octets[22] = 3; /* above the total */
    assert_false(parts_decode(&parts, writer_span(&w)));
    assert_true(parts_decode(&parts, span_of(NULL, 0)));
}

/* More parts, or more text, than there is room for. */
static void test_damage_of_the_size(void **state)
{
    static const char text[PARTS_TEXT_BYTES];
    static uint8_t octets[PARTS_TEXT_BYTES + PARTS_BYTES_MAX];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        unsigned count = i == 0 ? PARTS_MAX + 1 : 1;
        struct writer w;

        writer_init(&w, octets, sizeof(octets));
        for (unsigned n = 0; n < count; n++) {
            writer_u64(&w, 1);
            writer_u64(&w, n);
            writer_u16(&w, 0);
            writer_u32(&w, (uint32_t)NOW);
            writer_u8(&w, 1);
            writer_u8(&w, 2);
            writer_span16(&w, span_of(text, i == 0 ? 0 : sizeof(text)));
        }
        assert_false(w.failed);
        assert_false(parts_decode(&parts, writer_span(&w)));
        assert_int_equal(parts.count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_any_order, set_up),
        cmocka_unit_test_setup(test_two_messages_between_each_other, set_up),
        cmocka_unit_test_setup(test_a_name_comes_round, set_up),
        cmocka_unit_test_setup(test_time, set_up),
        cmocka_unit_test_setup(test_room_is_made_by_the_oldest, set_up),
        cmocka_unit_test_setup(test_more_parts_than_places, set_up),
        cmocka_unit_test_setup(test_too_long_alone, set_up),
        cmocka_unit_test_setup(test_damage, set_up),
        cmocka_unit_test_setup(test_damage_of_the_size, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
