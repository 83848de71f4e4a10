#include "base/span.h"

#include <string.h>

struct span span_of_string(const char *text)
{
    return span_of(text, strlen(text));
}

bool span_is_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

void reader_init(struct reader *r, struct span s)
{
    r->at = s.data;
    r->end = s.size != 0 ? s.data + s.size : s.data;
    r->failed = false;
}

size_t reader_left(const struct reader *r)
{
    return r->failed ? 0 : (size_t)(r->end - r->at);
}

static const uint8_t *take(struct reader *r, size_t size)
{
    const uint8_t *at = r->at;

    if (r->failed || (size_t)(r->end - r->at) < size) {
        r->failed = true;
        return NULL;
    }
    r->at += size;
    return at;
}

static uint64_t read_number(struct reader *r, size_t size)
{
    const uint8_t *p = take(r, size);
    uint64_t value = 0;

    if (p == NULL)
        return 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | p[i];
    return value;
}

uint8_t reader_u8(struct reader *r)
{
    return (uint8_t)read_number(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
    return (uint16_t)read_number(r, 2);
}

uint32_t reader_u32(struct reader *r)
{
    return (uint32_t)read_number(r, 4);
}

uint64_t reader_u64(struct reader *r)
{
    return read_number(r, 8);
}

struct span reader_bytes(struct reader *r, size_t size)
{
    const uint8_t *p = take(r, size);

    return p != NULL ? span_of(p, size) : span_of(NULL, 0);
}

struct span reader_span8(struct reader *r)
{
    return reader_bytes(r, reader_u8(r));
}

struct span reader_span16(struct reader *r)
{
    return reader_bytes(r, reader_u16(r));
}

static void copy_string(struct reader *r, struct span s, char *text, size_t text_bytes)
{
    text[0] = '\0';
    if (r->failed)
        return;
    if (s.size >= text_bytes || (s.size != 0 && memchr(s.data, 0, s.size) != NULL)) {
        r->failed = true;
        return;
    }
    if (s.size != 0)
        memcpy(text, s.data, s.size);
    text[s.size] = '\0';
}

void reader_string8(struct reader *r, char *text, size_t text_bytes)
{
    struct span s = reader_span8(r);

    copy_string(r, s, text, text_bytes);
}

void reader_string16(struct reader *r, char *text, size_t text_bytes)
{
    struct span s = reader_span16(r);

    copy_string(r, s, text, text_bytes);
}

void writer_init(struct writer *w, void *buffer, size_t buffer_bytes)
{
    w->start = buffer;
    w->at = buffer;
    w->end = w->start + buffer_bytes;
    w->failed = false;
}

size_t writer_size(const struct writer *w)
{
    return (size_t)(w->at - w->start);
}

struct span writer_span(const struct writer *w)
{
    return span_of(w->start, writer_size(w));
}

void writer_bytes(struct writer *w, const void *data, size_t size)
{
    if (w->failed || (size_t)(w->end - w->at) < size) {
        w->failed = true;
        return;
    }
    if (size != 0)
        memcpy(w->at, data, size);
    w->at += size;
}

static void write_number(struct writer *w, uint64_t value, size_t size)
{
    uint8_t octets[8];

    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    writer_bytes(w, octets, size);
}

void writer_u8(struct writer *w, uint8_t value)
{
    write_number(w, value, 1);
}

void writer_u16(struct writer *w, uint16_t value)
{
    write_number(w, value, 2);
}

void writer_u32(struct writer *w, uint32_t value)
{
    write_number(w, value, 4);
}

void writer_u64(struct writer *w, uint64_t value)
{
    write_number(w, value, 8);
}

void writer_span8(struct writer *w, struct span s)
{
    if (s.size > UINT8_MAX)
        w->failed = true;
    writer_u8(w, (uint8_t)s.size);
    writer_bytes(w, s.data, s.size);
}

void writer_span16(struct writer *w, struct span s)
{
    if (s.size > UINT16_MAX)
        w->failed = true;
    writer_u16(w, (uint16_t)s.size);
    writer_bytes(w, s.data, s.size);
}

void writer_string8(struct writer *w, const char *text)
{
    writer_span8(w, span_of_string(text));
}

void writer_string16(struct writer *w, const char *text)
{
    writer_span16(w, span_of_string(text));
}

bool text_copy(char *field, size_t field_bytes, const char *text)
{
    size_t size = strlen(text);
    bool fits = size < field_bytes;

    if (!fits) {
        size = field_bytes - 1;
        while (size != 0 && ((uint8_t)text[size] & 0xC0) == 0x80)
            size--;
    }
    memcpy(field, text, size);
    field[size] = '\0';
    return fits;
}
