#include "base/utf8.h"

size_t utf8_take(const void *octets, size_t left, uint32_t *code_point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *p = octets;
    size_t size = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    uint32_t value;

    if (size == 0 || size > left || p[0] > 0xF4)
        return 0;
    value = size == 1 ? p[0] : p[0] & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3Fu);
    }
    if (value < smallest[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *code_point = value;
    return size;
}

size_t utf8_put(uint32_t c, void *octets)
{
    uint8_t *to = octets;

    if (c < 0x80) {
        to[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (uint8_t)(0xC0 | c >> 6);
        to[1] = (uint8_t)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (uint8_t)(0xE0 | c >> 12);
        to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        to[2] = (uint8_t)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (uint8_t)(0xF0 | c >> 18);
    to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
    to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    to[3] = (uint8_t)(0x80 | (c & 0x3F));
    return 4;
}

uint32_t utf8_next(const char **text)
{
    uint32_t code_point;
    size_t size;

    if (**text == '\0')
        return 0;
    size = utf8_take(*text, UTF8_BYTES_MAX, &code_point);
    *text += size != 0 ? size : 1;
    return size != 0 ? code_point : UTF8_REPLACEMENT;
}

/* Half a surrogate pair as utf8_put() writes it, or 0. Never looks behind a NUL. */
static uint32_t half_at(const char *text)
{
    const uint8_t *p = (const uint8_t *)text;

    if (p[0] != 0xED || (p[1] & 0xE0) != 0xA0 || (p[2] & 0xC0) != 0x80)
        return 0;
    return 0xD000u | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
}

void utf8_join_halves(char *text)
{
    char *to = text;

    for (const char *at = text; *at != '\0';) {
        uint32_t half = half_at(at), low = half != 0 ? half_at(at + 3) : 0;

        if (half == 0) {
            *to++ = *at++;
        } else if (half < 0xDC00 && low >= 0xDC00) {
            to += utf8_put(0x10000 + ((half & 0x3FF) << 10 | (low & 0x3FF)), to);
            at += 6;
        } else {
            to += utf8_put(UTF8_REPLACEMENT, to);
            at += 3;
        }
    }
    *to = '\0';
}
