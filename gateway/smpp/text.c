#include "gateway/smpp/text.h"

#include <string.h>

#include "base/utf8.h"
#include "gateway/smpp/alphabet.h"

enum { BLOCK_BYTES = 16 };

/* An escape that ended a part, as utf8_put() writes it: no character, and half a pair to
 * utf8_join_halves(), which does not know of it. */
#define ESCAPE_CODE_POINT 0xD81B
static const char escape[] = "\xED\xA0\x9B";

/* As utf8_next(), but tells a malformed octet from a written U+FFFD. */
static bool next_code_point(const char **text, uint32_t *code_point)
{
    size_t size = utf8_take(*text, UTF8_BYTES_MAX, code_point);

    *text += size != 0 ? size : 1;
    return size != 0;
}

bool text_is_utf8(const char *text)
{
    uint32_t c;

    while (*text != '\0')
        if (!next_code_point(&text, &c))
            return false;
    return true;
}

unsigned text_gsm_septets(uint32_t code_point)
{
    uint8_t septets[GSM_SEPTETS_MAX];

    return alphabet_septets(code_point, septets);
}

/* ---- what most texts are made of ---- */

static bool is_common(uint8_t c)
{
    return (c >= ' ' && c <= 'Z' && c != '$' && c != '@') || (c >= 'a' && c <= 'z') || c == '\n';
}

/* All of them at once: the compiler makes vector instructions of it where there are any. */
typedef uint8_t block __attribute__((vector_size(BLOCK_BYTES)));

static bool is_common_block(const char *text)
{
    block b, others;
    uint64_t halves[2];

    memcpy(&b, text, sizeof(b));
    others = (block)(((b < ' ') | (b > 'Z') | (b == '$') | (b == '@')) & ((b < 'a') | (b > 'z')) &
                     (b != '\n'));
    memcpy(halves, &others, sizeof(halves));
    return (halves[0] | halves[1]) == 0;
}

size_t text_common_prefix(const char *text, size_t size)
{
    size_t at = 0;

    while (size - at >= BLOCK_BYTES && is_common_block(text + at))
        at += BLOCK_BYTES;
    if (size > BLOCK_BYTES && size - at < BLOCK_BYTES && is_common_block(text + size - BLOCK_BYTES))
        return size;
    while (at < size && is_common((uint8_t)text[at]))
        at++;
    return at;
}

/* ---- decoding ---- */

struct output {
    char *start;
    char *at;
    char *end; /* the NUL's place at the latest */
    bool keeps_halves;
};

/* False when there is no room for the whole character: then the text ends here. */
static bool put_character(struct output *o, uint32_t c)
{
    uint8_t octets[UTF8_BYTES_MAX];
    size_t size;

    if (c == 0 || c == '\r') /* NUL ends a C text; CR LF is LF, and a filler CR is nothing */
        return true;
    size = utf8_put(c, octets);
    if ((size_t)(o->end - o->at) < size)
        return false;
    memcpy(o->at, octets, size);
    o->at += size;
    return true;
}

/* Returns how many octets it took. */
static size_t put_common(struct output *o, const uint8_t *octets, size_t left)
{
    size_t room = (size_t)(o->end - o->at);
    size_t size = text_common_prefix((const char *)octets, left < room ? left : room);

    memcpy(o->at, octets, size);
    o->at += size;
    return size;
}

/* The septet that an escape at the end of a part belongs to begins the next part. */
static void put_last_escape(struct output *o)
{
    if (o->keeps_halves)
        put_character(o, ESCAPE_CODE_POINT);
}

static void decode_septets(struct span s, struct output *o)
{
    for (size_t i = 0; i < s.size; i++) {
        uint8_t septet;

        i += put_common(o, s.data + i, s.size - i);
        if (i == s.size)
            return;
        septet = s.data[i];
        if (septet != GSM_ESC) {
            if (!put_character(o, alphabet_of_septet(septet)))
                return;
        } else if (i + 1 == s.size) {
            put_last_escape(o);
        } else if (!put_character(o, alphabet_of_extension(s.data[++i]))) {
            return;
        }
    }
}

static uint8_t packed_septet(struct span s, size_t index)
{
    size_t bit = index * 7, octet = bit / 8, shift = bit % 8;
    unsigned window = s.data[octet];

    if (octet + 1 < s.size)
        window |= (unsigned)s.data[octet + 1] << 8;
    return window >> shift & 0x7F;
}

/* TS 23.038 6.1.2.3.1: a CR that ends on an octet boundary is filling. */
static void decode_packed(struct span s, struct output *o)
{
    size_t count = s.size * 8 / 7;

    if (count != 0 && s.size % 7 == 0 && packed_septet(s, count - 1) == GSM_CR)
        count--;
    for (size_t i = 0; i < count; i++) {
        uint8_t septet = packed_septet(s, i);
        uint32_t c;

        if (septet != GSM_ESC) {
            c = alphabet_of_septet(septet);
        } else {
            if (++i >= count) {
                put_last_escape(o);
                return;
            }
            c = alphabet_of_extension(packed_septet(s, i));
        }
        if (!put_character(o, c))
            return;
    }
}

static void decode_ucs2(struct span s, struct output *o)
{
    size_t i = 0;

    if (s.size % 2 == 1 && s.data[s.size - 1] == 0) /* a C string's end */
        s.size--;
    while (i < s.size) {
        uint32_t c = UTF8_REPLACEMENT;

        if (i + 1 < s.size) {
            c = (uint32_t)s.data[i] << 8 | s.data[i + 1];
            if (c >= 0xD800 && c <= 0xDBFF && i + 3 < s.size && (s.data[i + 2] & 0xFC) == 0xDC) {
                uint32_t low = (uint32_t)(s.data[i + 2] & 3) << 8 | s.data[i + 3];

                c = 0x10000 + ((c & 0x3FF) << 10 | low);
                i += 2;
            } else if (c >= 0xD800 && c <= 0xDFFF && !o->keeps_halves) {
                c = UTF8_REPLACEMENT;
            }
        }
        i += 2;
        if (!put_character(o, c))
            return;
    }
}

static void decode_octets(struct span s, uint8_t highest, struct output *o)
{
    for (size_t i = 0; i < s.size; i++)
        if (!put_character(o, s.data[i] <= highest ? s.data[i] : UTF8_REPLACEMENT))
            return;
}

static void decode_utf8(struct span s, struct output *o)
{
    size_t i = 0;

    while (i < s.size) {
        uint32_t c;
        size_t size = utf8_take(s.data + i, s.size - i, &c);

        if (!put_character(o, size != 0 ? c : UTF8_REPLACEMENT))
            return;
        i += size != 0 ? size : 1;
    }
}

static size_t decode(enum text_coding coding, struct span octets, struct output o)
{
    switch (coding) {
    case TEXT_GSM:
        decode_septets(octets, &o);
        break;
    case TEXT_GSM_PACKED:
        decode_packed(octets, &o);
        break;
    case TEXT_UCS2:
        decode_ucs2(octets, &o);
        break;
    case TEXT_LATIN1:
        decode_octets(octets, 0xFF, &o);
        break;
    case TEXT_ASCII:
        decode_octets(octets, 0x7F, &o);
        break;
    case TEXT_UTF8:
        decode_utf8(octets, &o);
        break;
    }
    *o.at = '\0';
    return (size_t)(o.at - o.start);
}

size_t text_decode(enum text_coding coding, struct span octets, char *text, size_t text_bytes)
{
    decode(coding, octets, (struct output){text, text, text + text_bytes - 1, false});
    return text_trim_end(text);
}

size_t text_decode_part(enum text_coding coding, struct span octets, char *text, size_t text_bytes)
{
    return decode(coding, octets, (struct output){text, text, text + text_bytes - 1, true});
}

void text_join_parts(char *text)
{
    char *to = text;

    for (const char *at = text; *at != '\0';) {
        uint8_t septets[GSM_SEPTETS_MAX];
        const char *behind = at + strlen(escape);
        uint32_t c;

        if (strncmp(at, escape, strlen(escape)) != 0) {
            *to++ = *at++;
        } else if (*behind == '\0') {
            break;
        } else if (next_code_point(&behind, &c) && alphabet_septets(c, septets) == 1) {
            to += utf8_put(alphabet_of_extension(septets[0]), to);
            at = behind;
        } else {
            memmove(to, at, strlen(escape));
            to += strlen(escape);
            at += strlen(escape);
        }
    }
    *to = '\0';
    utf8_join_halves(text);
}

size_t text_trim_end(char *text)
{
    size_t size = strlen(text);

    while (size != 0 && text[size - 1] == ' ')
        size--;
    text[size] = '\0';
    return size;
}

/* ---- encoding ---- */

/* Units of one character; 0 when the alphabet lacks it. */
static unsigned character_units(enum text_coding coding, uint32_t c)
{
    uint8_t octets[UTF8_BYTES_MAX];

    switch (coding) {
    case TEXT_GSM:
    case TEXT_GSM_PACKED:
        return text_gsm_septets(c);
    case TEXT_UCS2:
        return c > 0xFFFF ? 2 : 1;
    case TEXT_LATIN1:
        return c <= 0xFF ? 1 : 0;
    case TEXT_ASCII:
        return c <= 0x7F ? 1 : 0;
    case TEXT_UTF8:
        return (unsigned)utf8_put(c, octets);
    }
    return 0;
}

bool text_units(enum text_coding coding, const char *text, size_t *units)
{
    const char *p = text, *end = text + strlen(text);

    *units = 0;
    for (;;) {
        size_t common = text_common_prefix(p, (size_t)(end - p));
        uint32_t c;
        unsigned cost;

        p += common;
        *units += common;
        if (p == end)
            return true;
        cost = next_code_point(&p, &c) ? character_units(coding, c) : 0;
        if (cost == 0)
            return false;
        *units += cost;
    }
}

size_t text_prefix(enum text_coding coding, const char *text, size_t max_units)
{
    const char *p = text, *end = text + strlen(text);
    size_t units = 0;

    for (;;) {
        size_t left = (size_t)(end - p), room = max_units - units;
        size_t common = text_common_prefix(p, left < room ? left : room);
        const char *behind;
        uint32_t c;
        unsigned cost;

        p += common;
        units += common;
        if (p == end)
            break;
        behind = p;
        cost = next_code_point(&behind, &c) ? character_units(coding, c) : 0;
        if (cost == 0 || units + cost > max_units)
            break;
        units += cost;
        p = behind;
    }
    return (size_t)(p - text);
}

struct packer {
    struct writer *octets;
    unsigned bits; /* not written yet, lowest first */
    unsigned bit_count;
    size_t septet_count;
    uint8_t last;
};

static void pack_septet(struct packer *p, uint8_t septet)
{
    p->bits |= (unsigned)septet << p->bit_count;
    p->bit_count += 7;
    if (p->bit_count >= 8) {
        writer_u8(p->octets, (uint8_t)p->bits);
        p->bits >>= 8;
        p->bit_count -= 8;
    }
    p->septet_count++;
    p->last = septet;
}

/* TS 23.038 6.1.2.3.1: seven spare bits would read as an @, and a real CR on an octet boundary as
 * filling. */
static void pack_end(struct packer *p)
{
    if (p->septet_count % 8 == 7 ||
        (p->septet_count != 0 && p->septet_count % 8 == 0 && p->last == GSM_CR))
        pack_septet(p, GSM_CR);
    if (p->bit_count != 0)
        writer_u8(p->octets, (uint8_t)p->bits);
}

static void write_utf16(struct writer *w, uint32_t c)
{
    if (c > 0xFFFF) {
        writer_u16(w, (uint16_t)(0xD800 | (c - 0x10000) >> 10));
        writer_u16(w, (uint16_t)(0xDC00 | ((c - 0x10000) & 0x3FF)));
    } else {
        writer_u16(w, (uint16_t)c);
    }
}

static void write_character(enum text_coding coding, uint32_t c, struct packer *packer)
{
    uint8_t octets[UTF8_BYTES_MAX];
    unsigned count;

    switch (coding) {
    case TEXT_GSM:
        count = alphabet_septets(c, octets);
        writer_bytes(packer->octets, octets, count);
        break;
    case TEXT_GSM_PACKED:
        count = alphabet_septets(c, octets);
        for (unsigned i = 0; i < count; i++)
            pack_septet(packer, octets[i]);
        break;
    case TEXT_UCS2:
        write_utf16(packer->octets, c);
        break;
    case TEXT_LATIN1:
    case TEXT_ASCII:
        writer_u8(packer->octets, (uint8_t)c);
        break;
    case TEXT_UTF8:
        count = (unsigned)utf8_put(c, octets);
        writer_bytes(packer->octets, octets, count);
        break;
    }
}

bool text_encode(enum text_coding coding, const char *text, struct writer *octets)
{
    struct packer packer = {.octets = octets};
    const char *end = text + strlen(text);
    uint8_t *start = octets->at;
    bool has_common = coding != TEXT_GSM_PACKED && coding != TEXT_UCS2;

    if (octets->failed)
        return false;
    for (;;) {
        size_t common = has_common ? text_common_prefix(text, (size_t)(end - text)) : 0;
        uint32_t c;

        writer_bytes(octets, text, common);
        text += common;
        if (text == end)
            break;
        if (!next_code_point(&text, &c) || character_units(coding, c) == 0) {
            octets->at = start;
            return false;
        }
        write_character(coding, c, &packer);
    }
    if (coding == TEXT_GSM_PACKED)
        pack_end(&packer);
    if (octets->failed) {
        octets->at = start;
        octets->failed = false;
        return false;
    }
    return true;
}

/* ---- folding ---- */

/* CR LF is one line end; a letter and the mark behind it are one letter when the table has it. */
static uint32_t next_composed(const char **text)
{
    uint32_t c = utf8_next(text), composed;
    const char *behind = *text;

    if (c == '\r' && *behind == '\n') {
        *text = behind + 1;
        return '\n';
    }
    if (c < 0x80 && *behind != '\0') {
        composed = alphabet_compose(c, utf8_next(&behind));
        if (composed != 0) {
            *text = behind;
            return composed;
        }
    }
    return c;
}

bool text_fold_gsm(const char *text, char *folded, size_t folded_bytes)
{
    struct output o = {folded, folded, folded + folded_bytes - 1, false};
    bool is_gsm = true;

    while (*text != '\0') {
        uint32_t c = next_composed(&text);
        char stand_in[ALPHABET_STAND_IN_BYTES];
        size_t size;

        if ((c == '\r' || text_gsm_septets(c) == 0 || c == '\f') &&
            alphabet_stand_in(c, stand_in)) {
            size = strlen(stand_in);
            if ((size_t)(o.end - o.at) < size) {
                is_gsm = false;
                break;
            }
            memcpy(o.at, stand_in, size);
            o.at += size;
            continue;
        }
        is_gsm = is_gsm && text_gsm_septets(c) != 0;
        if (!put_character(&o, c)) {
            is_gsm = false;
            break;
        }
    }
    *o.at = '\0';
    return is_gsm;
}
