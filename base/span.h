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
#include <string.h>

struct span {
    const uint8_t *data;
    size_t size;
};

static inline struct span span_of(const void *data, size_t size)
{
    return (struct span){(const uint8_t *)data, size};
}

static inline struct span span_of_string(const char *text)
{
    return span_of(text, strlen(text));
}

static inline bool span_is_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline void reader_init(struct reader *r, struct span s)
{
    r->at = s.data;
    r->end = s.size != 0 ? s.data + s.size : s.data;
    r->failed = false;
}

static inline size_t reader_left(const struct reader *r)
{
    return r->failed ? 0 : (size_t)(r->end - r->at);
}

/* The next `size` octets; an empty span when there are fewer. */
static inline struct span reader_bytes(struct reader *r, size_t size)
{
    const uint8_t *at = r->at;

    if (r->failed || (size_t)(r->end - at) < size) {
        r->failed = true;
        return span_of(NULL, 0);
    }
    r->at += size;
    return span_of(at, size);
}

static inline uint64_t reader_number(struct reader *r, size_t bytes)
{
    struct span s = reader_bytes(r, bytes);
    uint64_t value = 0;

    if (s.size != bytes)
        return 0;
    for (size_t i = 0; i < bytes; i++) /* one load where `bytes` is known */
        value = value << 8 | s.data[i];
    return value;
}

static inline uint8_t reader_u8(struct reader *r)
{
    return (uint8_t)reader_number(r, 1);
}

static inline uint16_t reader_u16(struct reader *r)
{
    return (uint16_t)reader_number(r, 2);
}

static inline uint32_t reader_u32(struct reader *r)
{
    return (uint32_t)reader_number(r, 4);
}

static inline uint64_t reader_u64(struct reader *r)
{
    return reader_number(r, 8);
}

/* Octets behind a u8 or u16 length. */
static inline struct span reader_span8(struct reader *r)
{
    return reader_bytes(r, reader_u8(r));
}

static inline struct span reader_span16(struct reader *r)
{
    return reader_bytes(r, reader_u16(r));
}

/* A number in as few octets as it needs, 7 bits each, lowest first; fails above 64 bits. */
uint64_t reader_varint(struct reader *r);

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

static inline void writer_init(struct writer *w, void *buffer, size_t buffer_bytes)
{
    w->start = (uint8_t *)buffer;
    w->at = w->start;
    w->end = w->start + buffer_bytes;
    w->failed = false;
}

static inline size_t writer_size(const struct writer *w)
{
    return (size_t)(w->at - w->start);
}

static inline struct span writer_span(const struct writer *w)
{
    return span_of(w->start, writer_size(w));
}

static inline void writer_bytes(struct writer *w, const void *data, size_t size)
{
    if (w->failed || (size_t)(w->end - w->at) < size) {
        w->failed = true;
        return;
    }
    if (size != 0)
        memcpy(w->at, data, size);
    w->at += size;
}

static inline void writer_number(struct writer *w, uint64_t value, size_t bytes)
{
    uint8_t octets[8];

    for (size_t i = 0; i < bytes; i++)
        octets[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    writer_bytes(w, octets, bytes);
}

static inline void writer_u8(struct writer *w, uint8_t value)
{
    writer_number(w, value, 1);
}

static inline void writer_u16(struct writer *w, uint16_t value)
{
    writer_number(w, value, 2);
}

static inline void writer_u32(struct writer *w, uint32_t value)
{
    writer_number(w, value, 4);
}

static inline void writer_u64(struct writer *w, uint64_t value)
{
    writer_number(w, value, 8);
}

void writer_varint(struct writer *w, uint64_t value);

/* Length first (u8 or u16), then the octets; fails when the length does not fit. */
void writer_span8(struct writer *w, struct span s);
void writer_span16(struct writer *w, struct span s);
void writer_string8(struct writer *w, const char *text);
void writer_string16(struct writer *w, const char *text);

/* strcmp() == 0, without the call where the first octets differ: for looking through tables. */
static inline bool text_is_equal(const char *a, const char *b)
{
    return a[0] == b[0] && strcmp(a, b) == 0;
}

/* Copies text into a field of field_bytes, cutting at a character of UTF-8 when it is too long;
 * always ends it with NUL. True when all of it fitted. */
bool text_copy(char *field, size_t field_bytes, const char *text);
/* The same with a mark between two texts. */
bool text_join(char *field, size_t field_bytes, const char *a, char mark, const char *b);
/* Decimal digits and NUL, at most TEXT_DECIMAL_BYTES; returns how many digits. Much faster than a
 * format. */
enum { TEXT_DECIMAL_BYTES = 21 };
size_t text_decimal(char *text, uint64_t number);
/* Reads a number that is nothing but decimal digits, at most max; false, and *number as it was, for
 * any other text. */
bool text_number(const char *text, uint64_t max, uint64_t *number);
/* Writes size octets as 2 * size hexadecimal digits, lower case, and NUL. */
void text_hex(char *text, const void *octets, size_t size);
/* Reads size octets back from just such digits; false, and the octets are undefined, for any other
 * text. */
bool text_unhex(const char *text, void *octets, size_t size);

#endif
