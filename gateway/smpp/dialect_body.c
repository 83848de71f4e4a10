#include "gateway/smpp/dialect_body.h"

#include <stdio.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(uint8_t c)
{
    const char *p = c != '\0' ? strchr(digits, c) : NULL;

    return p != NULL ? (int)(p - digits) : -1;
}

/* Padding may be missing: some clients leave it out. */
static bool decode_base64(struct span text, uint8_t *octets, size_t octets_bytes, size_t *size)
{
    uint32_t bits = 0;
    unsigned count = 0;

    while (text.size != 0 && text.data[text.size - 1] == '=')
        text.size--;
    *size = 0;
    for (size_t i = 0; i < text.size; i++) {
        int value = value_of(text.data[i]);

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        if (*size == octets_bytes)
            return false;
        octets[(*size)++] = (uint8_t)(bits >> count);
    }
    return text.size % 4 != 1;
}

static void write_base64(struct writer *w, struct span s)
{
    for (size_t i = 0; i < s.size; i += 3) {
        size_t left = s.size - i;
        uint32_t bits = (uint32_t)s.data[i] << 16;

        if (left > 1)
            bits |= (uint32_t)s.data[i + 1] << 8;
        if (left > 2)
            bits |= s.data[i + 2];
        writer_u8(w, (uint8_t)digits[bits >> 18]);
        writer_u8(w, (uint8_t)digits[bits >> 12 & 63]);
        writer_u8(w, left > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=');
        writer_u8(w, left > 2 ? (uint8_t)digits[bits & 63] : '=');
    }
}

/* Takes the piece in front of the next `separator` off. */
static struct span take_piece(struct span *rest, uint8_t separator)
{
    struct span piece = *rest;
    const uint8_t *end;
    size_t taken;

    if (rest->size == 0)
        return piece;
    end = memchr(rest->data, separator, rest->size);
    if (end != NULL)
        piece.size = (size_t)(end - rest->data);
    taken = end != NULL ? piece.size + 1 : piece.size;
    *rest = span_of(rest->data + taken, rest->size - taken);
    return piece;
}

/* 0 for anything but a small positive number. */
static unsigned number_of(struct span s)
{
    unsigned value = 0;

    if (s.size == 0 || s.size > 4)
        return 0;
    for (size_t i = 0; i < s.size; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return 0;
        value = value * 10 + (s.data[i] - '0');
    }
    return value;
}

unsigned body_type(struct span text)
{
    struct span rest = text, type = take_piece(&rest, '|');

    return type.size < text.size ? number_of(type) : 0;
}

bool body_item(struct span text, unsigned id, uint8_t *octets, size_t octets_bytes,
               struct span *value)
{
    struct span rest = text;

    take_piece(&rest, '|');
    while (rest.size != 0) {
        struct span item = take_piece(&rest, '|');
        size_t size;

        if (number_of(take_piece(&item, ':')) != id)
            continue;
        if (!decode_base64(item, octets, octets_bytes, &size))
            return false;
        *value = span_of(octets, size);
        return true;
    }
    return false;
}

static void write_number(struct writer *w, unsigned number)
{
    char text[12];
    int size = snprintf(text, sizeof(text), "%u", number);

    writer_bytes(w, text, (size_t)size);
}

void body_write_type(struct writer *w, unsigned type)
{
    write_number(w, type);
}

void body_write_item(struct writer *w, unsigned id, struct span value)
{
    writer_u8(w, '|');
    write_number(w, id);
    writer_u8(w, ':');
    write_base64(w, value);
}

bool body_split_at_code(struct span text, struct span *code, struct span *rest)
{
    if (text.size == 0 || text.data[0] != '@')
        return false;
    *rest = span_of(text.data + 1, text.size - 1);
    if (memchr(rest->data, '@', rest->size) == NULL)
        return false;
    *code = take_piece(rest, '@');
    return true;
}
