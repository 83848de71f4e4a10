/*
 * Message text to and from UTF-8: GSM 03.38 (3GPP TS 23.038, one septet per octet or packed),
 * UCS-2/UTF-16BE, Latin-1, ASCII, UTF-8.
 */
#ifndef WARUNG_SMPP_TEXT_H
#define WARUNG_SMPP_TEXT_H

#include "base/span.h"

enum text_coding {
    TEXT_GSM,        /* GSM 03.38 default alphabet with extension table, one septet per octet */
    TEXT_GSM_PACKED, /* the same, packed 8 septets in 7 octets, CR filling as for USSD (6.1.2.3.1)
                      */
    TEXT_UCS2,       /* big endian, surrogate pairs kept */
    TEXT_LATIN1,
    TEXT_ASCII,
    TEXT_UTF8,
};

/* Decodes to UTF-8 with a closing NUL. Never fails: what cannot be decoded (a lone surrogate, an
 * odd last octet but a NUL, bad UTF-8) becomes U+FFFD. NUL, CR (unless CR LF -> LF) and trailing
 * spaces are trimmed: what phones and centres leave there means nothing. Stops at text_bytes - 1,
 * at a whole character. */
size_t text_decode(enum text_coding coding, struct span octets, char *text, size_t text_bytes);
/* The same for a part of a longer text: spaces at its end stand between two words, and half a
 * surrogate pair, or a GSM escape at the end, whose other half may stand in the next part, is three
 * octets that are no UTF-8 as long as text_join_parts() has not seen the whole. */
size_t text_decode_part(enum text_coding coding, struct span octets, char *text, size_t text_bytes);
/* Of such parts that were put together: two halves become their character, a lone one U+FFFD. The
 * text gets no longer. */
void text_join_parts(char *text);
/* Takes spaces off the end; what is left. */
size_t text_trim_end(char *text);

/* Encodes UTF-8. False when a character is not in the alphabet or `octets` is too small. */
bool text_encode(enum text_coding coding, const char *text, struct writer *octets);

/* What a text costs: septets (an extension character counts 2) for the GSM codings, UTF-16 units
 * for UCS-2, octets for the others. False when a character is not in the alphabet. */
bool text_units(enum text_coding coding, const char *text, size_t *units);

/* Octets of the longest beginning of a text that costs at most max_units and ends at a whole
 * character (never inside an extension or surrogate pair); it ends before a character that is not
 * in the alphabet. */
size_t text_prefix(enum text_coding coding, const char *text, size_t max_units);

/* Folds towards GSM 03.38 (curly quotes, dashes, marks not in the table, ...);
 * true when the result is all GSM. folded is always a NUL-ended UTF-8 text. */
bool text_fold_gsm(const char *text, char *folded, size_t folded_bytes);

/* How many octets at the front of a text of size octets are characters whose ASCII code is their
 * septet in GSM 03.38 too (letters, digits, most marks, line feed): one octet and one unit each in
 * every coding but UCS-2's two octets. Nearly all of nearly every text, so it is worth to take them
 * together. */
size_t text_common_prefix(const char *text, size_t size);

bool text_is_utf8(const char *text);
/* Septets of one code point in GSM 03.38: 1, 2, or 0 when it is not in the tables. */
unsigned text_gsm_septets(uint32_t code_point);

#endif
