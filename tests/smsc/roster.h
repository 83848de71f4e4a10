/*
 * A crowd's subscribers: a range of numbers, of which each that was ever used has a row.
 */
#ifndef WARUNG_SMSC_ROSTER_H
#define WARUNG_SMSC_ROSTER_H

#include "base/span.h"
#include "tests/smsc/ledger.h"

#include <stddef.h>

enum { ROSTER_DIGITS_BYTES = 24 };

/* rows and slot_of go by the subscriber's place in the range. */
struct roster {
    uint64_t first; /* the first number */
    uint64_t size;
    struct ledger_row *rows;
    uint32_t *slot_of; /* 0 = in no dialogue, else the place of its slot + 1 */
    size_t count;
    size_t capacity;
    uint64_t next;
};

void roster_init(struct roster *r, uint64_t first, uint64_t size);
void roster_fini(struct roster *r);
/* The range in turn; whoever comes has a row. */
uint32_t roster_next(struct roster *r);
/* digits has ROSTER_DIGITS_BYTES. */
void roster_write(const struct roster *r, uint32_t phone, char *digits);
/* False for who never came. */
bool roster_find(const struct roster *r, struct span digits, uint32_t *phone);

#endif
