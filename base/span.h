/*
 * A view of octets that somebody else owns, and bounds-checked reading and writing of them.
 *
 * Integers are big endian (network order), as SMPP and Warung's stored records have them.
 * Reader and writer never step over an end: they set `failed` and from then on return zeros or
 * write nothing, so a caller may test once at the end.
 */
#ifndef WARUNG_BASE_SPAN_H
#define WARUNG_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const uint8_t *data;
    size_t size;
};

static inline struct span span_of(const void *data, size_t size)
{
    return (struct span){(const uint8_t *)data, size};
}

struct span span_of_string(const char *text);
bool span_is_equal(struct span a, struct span b);

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

void reader_init(struct reader *r, struct span s);
size_t reader_left(const struct reader *r);
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
/* The next `size` octets; an empty span when there are fewer. */
struct span reader_bytes(struct reader *r, size_t size);
/* Octets behind a u8 or u16 length. */
struct span reader_span8(struct reader *r);
struct span reader_span16(struct reader *r);
/* Copies a u8- or u16-length text and ends it with NUL; fails when text_bytes has no room for it or
 * the text holds a NUL. */
void reader_string8(struct reader *r, char *text, size_t text_bytes);
void reader_string16(struct reader *r, char *text, size_t text_bytes);

struct writer {
    uint8_t *start;
    uint8_t *at;
    uint8_t *end;
    bool failed;
};

void writer_init(struct writer *w, void *buffer, size_t buffer_bytes);
size_t writer_size(const struct writer *w);
struct span writer_span(const struct writer *w);
void writer_u8(struct writer *w, uint8_t value);
void writer_u16(struct writer *w, uint16_t value);
void writer_u32(struct writer *w, uint32_t value);
void writer_u64(struct writer *w, uint64_t value);
void writer_bytes(struct writer *w, const void *data, size_t size);
/* Length first (u8 or u16), then the octets; fails when the length does not fit. */
void writer_span8(struct writer *w, struct span s);
void writer_span16(struct writer *w, struct span s);
void writer_string8(struct writer *w, const char *text);
void writer_string16(struct writer *w, const char *text);

/* Copies text into a field of text_bytes, cutting at a character of UTF-8 when it is too long;
 * always ends it with NUL. True when all of it fitted. */
bool text_copy(char *field, size_t field_bytes, const char *text);

#endif
