#include "tests/smsc/alphabet.h"

#include <string.h>

enum { ESCAPE = 0x1B };

static const uint16_t gsm_default[128] = {
    /* 0 */ '@',   0xA3,  '$',   0xA5,   0xE8,  0xE9,  0xF9,  0xEC,
    0xF2,          0xC7,  '\n',  0xD8,   0xF8,  '\r',  0xC5,  0xE5,
    /* 1 */ 0x394, '_',   0x3A6, 0x393,  0x39B, 0x3A9, 0x3A0, 0x3A8,
    0x3A3,         0x398, 0x39E, ESCAPE, 0xC6,  0xE6,  0xDF,  0xC9,
    /* 2 */ ' ',   '!',   '"',   '#',    0xA4,  '%',   '&',   '\'',
    '(',           ')',   '*',   '+',    ',',   '-',   '.',   '/',
    /* 3 */ '0',   '1',   '2',   '3',    '4',   '5',   '6',   '7',
    '8',           '9',   ':',   ';',    '<',   '=',   '>',   '?',
    /* 4 */ 0xA1,  'A',   'B',   'C',    'D',   'E',   'F',   'G',
    'H',           'I',   'J',   'K',    'L',   'M',   'N',   'O',
    /* 5 */ 'P',   'Q',   'R',   'S',    'T',   'U',   'V',   'W',
    'X',           'Y',   'Z',   0xC4,   0xD6,  0xD1,  0xDC,  0xA7,
    /* 6 */ 0xBF,  'a',   'b',   'c',    'd',   'e',   'f',   'g',
    'h',           'i',   'j',   'k',    'l',   'm',   'n',   'o',
    /* 7 */ 'p',   'q',   'r',   's',    't',   'u',   'v',   'w',
    'x',           'y',   'z',   0xE4,   0xF6,  0xF1,  0xFC,  0xE0,
};

static const struct {
    uint8_t septet;
    uint16_t character;
} gsm_extension[] = {
    {0x0A, 0x0C}, {0x14, '^'}, {0x28, '{'}, {0x29, '}'}, {0x2F, '\\'},
    {0x3C, '['},  {0x3D, '~'}, {0x3E, ']'}, {0x40, '|'}, {0x65, 0x20AC},
};

enum { EXTENSION_COUNT = sizeof(gsm_extension) / sizeof(gsm_extension[0]) };

enum alphabet alphabet_of(uint8_t data_coding)
{
    switch (data_coding) {
    case 0x08:
    case 0x11:
    case 0x48:
        return ALPHABET_UCS2;
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x44:
        return ALPHABET_LATIN1;
    default:
        return (data_coding & 0xF4) == 0xF4 ? ALPHABET_LATIN1 : ALPHABET_GSM;
    }
}

/* The next character of a NUL-ended text; 0 at its end, UINT32_MAX when it is no UTF-8. */
static uint32_t next_character(const char **text)
{
    const uint8_t *p = (const uint8_t *)*text;
    unsigned more = p[0] < 0x80 ? 0 : p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : 1;
    uint32_t c = more == 0 ? p[0] : p[0] & (0x3Fu >> more);

    if (p[0] == 0)
        return 0;
    if (p[0] >= 0x80 && (p[0] < 0xC2 || p[0] > 0xF4))
        return UINT32_MAX;
    for (unsigned i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return UINT32_MAX;
        c = c << 6 | (p[i] & 0x3F);
    }
    *text += more + 1;
    return c;
}

static bool encode_character(struct writer *w, uint32_t c)
{
    if (c != ESCAPE) {
        if (c < 128 && gsm_default[c] == c) {
            writer_u8(w, (uint8_t)c);
            return true;
        }
        for (unsigned i = 0; i < 128; i++)
            if (gsm_default[i] == c) {
                writer_u8(w, (uint8_t)i);
                return true;
            }
    }
    for (unsigned i = 0; i < EXTENSION_COUNT; i++)
        if (gsm_extension[i].character == c) {
            writer_u8(w, ESCAPE);
            writer_u8(w, gsm_extension[i].septet);
            return true;
        }
    return false;
}

bool alphabet_encode_gsm(const char *utf8, uint8_t *octets, size_t octets_bytes, size_t *size)
{
    struct writer w;
    uint32_t c;

    writer_init(&w, octets, octets_bytes);
    while ((c = next_character(&utf8)) != 0)
        if (c == UINT32_MAX || !encode_character(&w, c))
            return false;
    *size = writer_size(&w);
    return !w.failed;
}

bool alphabet_encode_ucs2(const char *utf8, uint8_t *octets, size_t octets_bytes, size_t *size)
{
    struct writer w;
    uint32_t c;

    writer_init(&w, octets, octets_bytes);
    while ((c = next_character(&utf8)) != 0) {
        if (c == UINT32_MAX)
            return false;
        if (c >= 0x10000) {
            writer_u16(&w, (uint16_t)(0xD800 | (c - 0x10000) >> 10));
            c = 0xDC00 | (c & 0x3FF);
        }
        writer_u16(&w, (uint16_t)c);
    }
    *size = writer_size(&w);
    return !w.failed;
}

bool alphabet_encode(const char *utf8, uint8_t *octets, size_t octets_bytes, size_t *size,
                     uint8_t *data_coding)
{
    *data_coding = 0;
    if (alphabet_encode_gsm(utf8, octets, octets_bytes, size))
        return true;
    *data_coding = 8;
    return alphabet_encode_ucs2(utf8, octets, octets_bytes, size);
}

/* False when there is no room for the character and a NUL. */
static bool put_utf8(struct writer *w, uint32_t c)
{
    size_t need = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    if ((size_t)(w->end - w->at) < need + 1)
        return false;
    switch (need) {
    case 1:
        writer_u8(w, (uint8_t)c);
        return true;
    case 2:
        writer_u8(w, (uint8_t)(0xC0 | c >> 6));
        break;
    case 3:
        writer_u8(w, (uint8_t)(0xE0 | c >> 12));
        writer_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
        break;
    default:
        writer_u8(w, (uint8_t)(0xF0 | c >> 18));
        writer_u8(w, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
        writer_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
        break;
    }
    writer_u8(w, (uint8_t)(0x80 | (c & 0x3F)));
    return true;
}

static uint32_t next_gsm(struct reader *r)
{
    uint8_t septet = reader_u8(r) & 0x7F;

    if (septet != ESCAPE)
        return gsm_default[septet];
    if (reader_left(r) == 0)
        return ' ';
    septet = reader_u8(r) & 0x7F;
    for (unsigned i = 0; i < EXTENSION_COUNT; i++)
        if (gsm_extension[i].septet == septet)
            return gsm_extension[i].character;
    /* 23.038: an extension that the receiver does not know shows the default table's character. */
    return septet == ESCAPE ? ' ' : gsm_default[septet];
}

static uint32_t next_ucs2(struct reader *r)
{
    uint32_t c = reader_u16(r);

    if (c >= 0xD800 && c < 0xDC00 && reader_left(r) >= 2)
        c = 0x10000 + ((c & 0x3FF) << 10 | (reader_u16(r) & 0x3FF));
    return c;
}

static size_t copy_utf8(struct span octets, char *utf8, size_t utf8_bytes)
{
    size_t size = octets.size < utf8_bytes ? octets.size : utf8_bytes - 1;

    while (size < octets.size && size != 0 && (octets.data[size] & 0xC0) == 0x80)
        size--;
    if (size != 0)
        memcpy(utf8, octets.data, size);
    utf8[size] = '\0';
    return size;
}

size_t alphabet_decode(enum alphabet alphabet, struct span octets, char *utf8, size_t utf8_bytes)
{
    struct reader r;
    struct writer w;
    size_t unit = alphabet == ALPHABET_UCS2 ? 2 : 1;

    if (alphabet == ALPHABET_UTF8)
        return copy_utf8(octets, utf8, utf8_bytes);

    reader_init(&r, octets);
    writer_init(&w, utf8, utf8_bytes);
    while (reader_left(&r) >= unit) {
        uint32_t c = alphabet == ALPHABET_GSM    ? next_gsm(&r)
                     : alphabet == ALPHABET_UCS2 ? next_ucs2(&r)
                                                 : reader_u8(&r);

        if (!put_utf8(&w, c))
            break;
    }
    *w.at = '\0';
    return writer_size(&w);
}
