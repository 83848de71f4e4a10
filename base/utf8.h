/*
 * Characters of UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef WARUNG_BASE_UTF8_H
#define WARUNG_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum { UTF8_BYTES_MAX = 4 /* of a character */, UTF8_REPLACEMENT = 0xFFFD };

/* How many octets the character at the front of `left` (at least one) has, with *code_point; 0 when
 * it is malformed or cut off. Never looks behind a NUL. */
size_t utf8_take(const void *octets, size_t left, uint32_t *code_point);
/* How many octets were written; half a surrogate pair is three that are no UTF-8. */
size_t utf8_put(uint32_t code_point, void *octets);
/* One code point off the front of a NUL-ended text; advances *text. UTF8_REPLACEMENT (and one
 * octet) for a malformed one; 0 at the end. */
uint32_t utf8_next(const char **text);
/* Of parts that were put together: two such halves become their character, a lone one U+FFFD. */
void utf8_join_halves(char *text);

#endif
