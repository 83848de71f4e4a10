/* PDUs out of a stream, however it is sliced. */
#include "gateway/link/framer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STREAM_BYTES = 4096 };

/* Writes a PDU-shaped frame: length, and octets that differ from frame to frame. */
static size_t put_frame(uint8_t *stream, size_t bytes, uint8_t fill)
{
    memset(stream, fill, bytes);
    stream[0] = 0;
    stream[1] = (uint8_t)(bytes >> 16);
    stream[2] = (uint8_t)(bytes >> 8);
    stream[3] = (uint8_t)bytes;
    return bytes;
}

static const size_t sizes[] = {16, 17, 40, 16, 300, 16, 130, 1000, 16};
enum { FRAMES = sizeof(sizes) / sizeof(sizes[0]) };

static size_t make_stream(uint8_t *stream)
{
    size_t bytes = 0;

    for (size_t i = 0; i < FRAMES; i++)
        bytes += put_frame(stream + bytes, sizes[i], (uint8_t)(i + 1));
    return bytes;
}

/* Takes all frames there are now and compares them with the stream's. */
static void take(struct framer *f, size_t *frames, size_t *offset, const uint8_t *stream)
{
    struct span frame;
    struct smpp_header header;
    enum smpp_frame kind;

    while ((kind = framer_next(f, SMPP_PDU_BYTES_DEFAULT, &frame, &header)) == SMPP_FRAME_WHOLE) {
        assert_true(*frames < FRAMES);
        assert_int_equal(frame.size, sizes[*frames]);
        assert_int_equal(header.command_length, frame.size);
        assert_memory_equal(frame.data, stream + *offset, frame.size);
        *offset += frame.size;
        (*frames)++;
    }
    assert_int_equal(kind, SMPP_FRAME_MORE);
}

/* A slice in memory of its own, gone after it was fed. */
static void feed(struct framer *f, const uint8_t *data, size_t bytes, size_t *frames,
                 size_t *offset, const uint8_t *stream)
{
    uint8_t *slice = malloc(bytes != 0 ? bytes : 1);

    memcpy(slice, data, bytes);
    framer_feed(f, span_of(slice, bytes));
    take(f, frames, offset, stream);
    free(slice);
}

static void test_every_split(void **state)
{
    uint8_t stream[STREAM_BYTES];
    size_t bytes = make_stream(stream);

    (void)state;
    for (size_t split = 0; split <= bytes; split++) {
        struct framer f;
        size_t frames = 0;
        size_t offset = 0;

        framer_init(&f);
        feed(&f, stream, split, &frames, &offset, stream);
        assert_int_equal(framer_is_partial(&f), split != offset);
        feed(&f, stream + split, bytes - split, &frames, &offset, stream);
        assert_int_equal(frames, FRAMES);
        assert_false(framer_is_partial(&f));
        framer_fini(&f);
    }
}

static void test_octet_by_octet_and_random_slices(void **state)
{
    uint8_t stream[STREAM_BYTES];
    size_t bytes = make_stream(stream);

    (void)state;
    srand(3);
    for (int round = 0; round < 200; round++) {
        struct framer f;
        size_t frames = 0;
        size_t offset = 0;

        framer_init(&f);
        for (size_t at = 0; at < bytes;) {
            size_t slice = round == 0 ? 1 : 1 + (size_t)rand() % (round * 3 + 1);

            if (slice > bytes - at)
                slice = bytes - at;
            feed(&f, stream + at, slice, &frames, &offset, stream);
            at += slice;
        }
        assert_int_equal(frames, FRAMES);
        framer_fini(&f);
    }
}

static void expect_bad(const char *octets, size_t size, size_t max, enum smpp_frame kind)
{
    for (size_t split = 0; split <= size; split++) {
        struct framer f;
        struct span frame;
        struct smpp_header header;
        enum smpp_frame got;

        framer_init(&f);
        framer_feed(&f, span_of(octets, split));
        got = framer_next(&f, max, &frame, &header);
        if (got == SMPP_FRAME_MORE) {
            framer_feed(&f, span_of(octets + split, size - split));
            got = framer_next(&f, max, &frame, &header);
        }
        assert_int_equal(got, kind);
        assert_true(f.rest_capacity <= 128); /* nothing was set aside for what was announced */
        framer_fini(&f);
    }
}

static void test_bad_lengths_at_every_split(void **state)
{
    (void)state;
    expect_bad("\0\0\0\0", 4, 512, SMPP_FRAME_BAD_LENGTH);
    expect_bad("\0\0\0\017\0\0\0\025", 8, 512, SMPP_FRAME_BAD_LENGTH);
    expect_bad("\0\0\002\001", 4, 512, SMPP_FRAME_BAD_LENGTH);
    expect_bad("\177\377\377\377", 4, SMPP_PDU_BYTES_DEFAULT, SMPP_FRAME_BAD_LENGTH);
    expect_bad("\377\377\377\377\0\0\0\025", 8, SMPP_PDU_BYTES_DEFAULT, SMPP_FRAME_BAD_LENGTH);
    expect_bad("GET / HTTP/1.1\r\n", 16, 512, SMPP_FRAME_NOT_SMPP);
}

static void test_memory_follows_octets_not_promises(void **state)
{
    uint8_t head[16] = {0, 1, 0, 0}; /* 64 KiB announced */
    struct framer f;
    struct span frame;
    struct smpp_header header;

    (void)state;
    framer_init(&f);
    framer_feed(&f, span_of(head, sizeof(head)));
    assert_int_equal(framer_next(&f, SMPP_PDU_BYTES_DEFAULT, &frame, &header), SMPP_FRAME_MORE);
    assert_true(f.rest_capacity <= 128);
    framer_fini(&f);
}

static void test_large_rest_is_given_back(void **state)
{
    enum { LARGE = 65000 };
    uint8_t *stream = malloc(LARGE + 16);
    struct framer f;
    struct span frame;
    struct smpp_header header;

    (void)state;
    put_frame(stream, LARGE, 1);
    put_frame(stream + LARGE, 16, 2);
    framer_init(&f);
    framer_feed(&f, span_of(stream, 20));
    assert_int_equal(framer_next(&f, SMPP_PDU_BYTES_DEFAULT, &frame, &header), SMPP_FRAME_MORE);
    framer_feed(&f, span_of(stream + 20, LARGE - 4));
    assert_int_equal(framer_next(&f, SMPP_PDU_BYTES_DEFAULT, &frame, &header), SMPP_FRAME_WHOLE);
    assert_int_equal(frame.size, LARGE);
    assert_memory_equal(frame.data, stream, LARGE);
    assert_int_equal(framer_next(&f, SMPP_PDU_BYTES_DEFAULT, &frame, &header), SMPP_FRAME_WHOLE);
    assert_int_equal(frame.size, 16);
    assert_int_equal(f.rest_capacity, 0);
    framer_fini(&f);
    free(stream);
}

static void test_reset_forgets(void **state)
{
    uint8_t stream[STREAM_BYTES];
    size_t bytes = make_stream(stream);
    struct framer f;
    size_t frames = 0;
    size_t offset = 0;

    (void)state;
    framer_init(&f);
    framer_feed(&f, span_of("\0\0\0\100abc", 7));
    take(&f, &frames, &offset, stream);
    assert_true(framer_is_partial(&f));
    framer_reset(&f);
    assert_false(framer_is_partial(&f));
    feed(&f, stream, bytes, &frames, &offset, stream);
    assert_int_equal(frames, FRAMES);
    framer_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_split),
        cmocka_unit_test(test_octet_by_octet_and_random_slices),
        cmocka_unit_test(test_bad_lengths_at_every_split),
        cmocka_unit_test(test_memory_follows_octets_not_promises),
        cmocka_unit_test(test_large_rest_is_given_back),
        cmocka_unit_test(test_reset_forgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
