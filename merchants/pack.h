/*
 * Values written small: what Redis keeps of each merchant for years is memory times their number. A
 * table names the fields of a struct; written are which of them are not empty, and those. Words and
 * digits that the programme knows take half an octet a digit, or one octet altogether.
 *
 * The form depends on the order of the table and on the list of known words in pack.c. Both are
 * stored formats: new rows and words come last.
 */
#ifndef WARUNG_MERCHANTS_PACK_H
#define WARUNG_MERCHANTS_PACK_H

#include "base/span.h"

enum pack_kind {
    PACK_TEXT,   /* char[]: anything, at most 255 octets */
    PACK_CODE,   /* char[]: known words, digits, hexadecimal digits; other texts to 63 octets */
    PACK_NUMBER, /* unsigned, enum, uint32_t, char, uint8_t */
    PACK_FLAG,   /* bool */
    PACK_TIME,   /* int64_t: by its difference from the one before it in the table */
};

struct pack_field {
    uint16_t at, bytes; /* in the struct */
    uint8_t kind;
};

#define PACK_FIELD(type, member, kind)                                                             \
    {                                                                                              \
        offsetof(type, member), sizeof(((type *)NULL)->member), kind                               \
    }
enum { PACK_FIELDS_MAX = 64 };
#define PACK_COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

void pack_write(struct writer *w, const void *value, const struct pack_field *fields, size_t count);
/* Into a value of zeros. The reader fails where a field does not fit its place. */
void pack_read(struct reader *r, void *value, const struct pack_field *fields, size_t count);

#endif
