#include "base/span.h"

#include <string.h>

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

uint64_t reader_varint(struct reader *r)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t octet = reader_u8(r), bits = octet & 0x7F;

        if (bits << shift >> shift != bits)
            break;
        value |= bits << shift;
        if (octet < 0x80)
            return r->failed ? 0 : value;
    }
    r->failed = true;
    return 0;
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

void writer_varint(struct writer *w, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        writer_u8(w, (uint8_t)(value | 0x80));
    writer_u8(w, (uint8_t)value);
}

void writer_span8(struct writer *w, struct span s)
{
    if (w->failed || s.size > UINT8_MAX || (size_t)(w->end - w->at) <= s.size) {
        w->failed = true;
        return;
    }
    *w->at++ = (uint8_t)s.size;
    if (s.size != 0)
        memcpy(w->at, s.data, s.size);
    w->at += s.size;
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

bool text_join(char *field, size_t field_bytes, const char *a, char mark, const char *b)
{
    bool fits = text_copy(field, field_bytes, a);
    size_t size = strlen(field);

    if (!fits || size + 1 == field_bytes)
        return false;
    field[size++] = mark;
    return text_copy(field + size, field_bytes - size, b);
}

size_t text_decimal(char *text, uint64_t number)
{
    char digits[TEXT_DECIMAL_BYTES];
    size_t at = sizeof(digits), size;

    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    size = sizeof(digits) - at;
    memcpy(text, digits + at, size);
    text[size] = '\0';
    return size;
}

bool text_number(const char *text, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *text - '0', &value))
            return false;
    }
    if (value > max)
        return false;
    *number = value;
    return true;
}

void text_hex(char *text, const void *octets, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *octet = octets;

    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[octet[i] >> 4];
        text[2 * i + 1] = digits[octet[i] & 15];
    }
    text[2 * size] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_unhex(const char *text, void *octets, size_t size)
{
    uint8_t *octet = octets;

    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        octet[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
