#include "merchants/pack.h"

#include <assert.h>

/* The first octet of a code: the length of a text that follows; a number of digits, two an octet;
 * or a known word, and nothing follows. */
enum { DIGITS = 0x40, LENGTH_MAX = 0x3F, WORD = 0x80 };

/* Only ever longer: a word's place is stored. */
static const char *const words[] = {
    /* clang-format off */
    "id", "en", "1", "2", "3", "4", "5", "6", "-", "*", "ok", "sms", "ussd",
    "WARUNG", "KULINER", "JASA", "FESYEN", "KRIYA", "TANI", "OLAHAN", "OJEK", "AGEN", "LAIN",
    "merchant", "officer", "timer", "retention",
    "send", "review", "fix", "correct", "approve", "reject", "lapse", "cancel", "change", "show",
    ">TERKIRIM", "TERKIRIM>DIPERIKSA", "TERKIRIM>PERLU_PERBAIKAN", "TERKIRIM>TERKIRIM",
    "TERKIRIM>DIBATALKAN", "DIPERIKSA>PERLU_PERBAIKAN", "DIPERIKSA>DISETUJUI", "DIPERIKSA>DITOLAK",
    "DIPERIKSA>DIBATALKAN", "PERLU_PERBAIKAN>TERKIRIM", "PERLU_PERBAIKAN>DITOLAK",
    "PERLU_PERBAIKAN>DIBATALKAN", "DISETUJUI>DIBATALKAN", "DITOLAK>DIBATALKAN",
    "freeze", "release", ">",
    /* clang-format on */
};
enum { WORD_COUNT = sizeof(words) / sizeof(words[0]) };

static unsigned find_word(const char *text)
{
    unsigned i = 0;

    while (i < WORD_COUNT && !text_is_equal(words[i], text))
        i++;
    return i;
}

static unsigned digit_of(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static bool is_digits(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!(text[i] >= '0' && text[i] <= '9') && !(text[i] >= 'a' && text[i] <= 'f'))
            return false;
    return true;
}

static void write_digits(struct writer *w, const char *text, size_t size)
{
    writer_u8(w, (uint8_t)(DIGITS | size));
    for (size_t i = 0; i < size; i += 2)
        writer_u8(w,
                  (uint8_t)(digit_of(text[i]) << 4 | (i + 1 < size ? digit_of(text[i + 1]) : 0)));
}

static void write_code(struct writer *w, const char *text)
{
    size_t size = strlen(text);
    unsigned word;

    if (size > 1 && size <= LENGTH_MAX && is_digits(text, size)) { /* as no word is */
        write_digits(w, text, size);
        return;
    }
    word = find_word(text);
    if (word < WORD_COUNT)
        writer_u8(w, (uint8_t)(WORD | word));
    else if (size > LENGTH_MAX)
        w->failed = true;
    else
        writer_string8(w, text);
}

static bool read_digits(struct reader *r, char *text, size_t size)
{
    struct span octets = reader_bytes(r, (size + 1) / 2);
    char digits[2 * (LENGTH_MAX + 1)];

    text_hex(digits, octets.data, octets.size);
    memcpy(text, digits, size);
    text[size] = '\0';
    return size % 2 == 0 || digits[size] == '0';
}

static void read_code(struct reader *r, char *text, size_t bytes)
{
    uint8_t first = reader_left(r) > 0 ? *r->at : 0;
    size_t size = first & LENGTH_MAX;

    if (first < DIGITS) {
        reader_string8(r, text, bytes);
        return;
    }
    (void)reader_u8(r);
    if (first < WORD)
        r->failed |=
            size >= bytes || reader_left(r) < (size + 1) / 2 || !read_digits(r, text, size);
    else
        r->failed |= first - WORD >= WORD_COUNT || !text_copy(text, bytes, words[first - WORD]);
}

/* Unsigned in the struct, whatever its type says: pack.h has none that is negative. */
static uint64_t get_number(const uint8_t *at, size_t bytes)
{
    uint32_t number;

    if (bytes == 1)
        return *at;
    assert(bytes == sizeof(number));
    memcpy(&number, at, sizeof(number));
    return number;
}

static void read_number(struct reader *r, uint8_t *at, size_t bytes)
{
    uint64_t value = reader_varint(r);
    uint32_t number = (uint32_t)value;

    if (value > (bytes == 1 ? UINT8_MAX : UINT32_MAX))
        r->failed = true;
    else if (bytes == 1)
        *at = (uint8_t)value;
    else
        memcpy(at, &number, sizeof(number));
}

/* Small numbers for small differences of either sign; any difference comes back, modulo 2^64. */
static void write_time(struct writer *w, const uint8_t *at, uint64_t *last)
{
    uint64_t value, step;

    memcpy(&value, at, sizeof(value));
    step = value - *last;
    writer_varint(w, step >> 63 != 0 ? ~(step << 1) : step << 1);
    *last = value;
}

static void read_time(struct reader *r, uint8_t *at, uint64_t *last)
{
    uint64_t coded = reader_varint(r), step = coded >> 1;

    *last += (coded & 1) != 0 ? ~step : step;
    memcpy(at, last, sizeof(*last));
}

static bool is_empty(const uint8_t *at, const struct pack_field *f)
{
    uint64_t time;

    switch ((enum pack_kind)f->kind) {
    case PACK_TEXT:
    case PACK_CODE:
        return *at == '\0';
    case PACK_NUMBER:
    case PACK_FLAG:
        return get_number(at, f->bytes) == 0;
    case PACK_TIME:
        assert(f->bytes == sizeof(time));
        memcpy(&time, at, sizeof(time));
        return time == 0;
    }
    return true;
}

void pack_write(struct writer *w, const void *value, const struct pack_field *fields, size_t count)
{
    const uint8_t *start = value;
    uint64_t there = 0, time = 0;

    assert(count <= PACK_FIELDS_MAX);
    for (size_t i = 0; i < count; i++)
        there |= (uint64_t)!is_empty(start + fields[i].at, &fields[i]) << i;
    writer_varint(w, there);
    for (size_t i = 0; i < count; i++) {
        const struct pack_field *f = &fields[i];
        const uint8_t *at = start + f->at;

        if ((there >> i & 1) == 0)
            continue;
        if (f->kind == PACK_TEXT)
            writer_string8(w, (const char *)at);
        else if (f->kind == PACK_CODE)
            write_code(w, (const char *)at);
        else if (f->kind == PACK_NUMBER)
            writer_varint(w, get_number(at, f->bytes));
        else if (f->kind == PACK_TIME)
            write_time(w, at, &time);
    }
}

void pack_read(struct reader *r, void *value, const struct pack_field *fields, size_t count)
{
    uint64_t there = reader_varint(r), time = 0;
    uint8_t *start = value;

    assert(count <= PACK_FIELDS_MAX);
    r->failed |= count < PACK_FIELDS_MAX && there >> count != 0;
    for (size_t i = 0; i < count && !r->failed; i++) {
        const struct pack_field *f = &fields[i];
        uint8_t *at = start + f->at;

        if ((there >> i & 1) == 0)
            continue;
        if (f->kind == PACK_TEXT)
            reader_string8(r, (char *)at, f->bytes);
        else if (f->kind == PACK_CODE)
            read_code(r, (char *)at, f->bytes);
        else if (f->kind == PACK_NUMBER)
            read_number(r, at, f->bytes);
        else if (f->kind == PACK_FLAG)
            *at = 1;
        else
            read_time(r, at, &time);
    }
}
