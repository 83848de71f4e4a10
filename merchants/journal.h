/*
 * What is written down about registrations: who did or saw what of whom. Five words an entry, no
 * values: names, NIK and numbers never stand in it; a person is a keyed hash, so that an entry
 * outlives an erasure and still cannot be read back to a number. When it happened is the stream's.
 */
#ifndef WARUNG_MERCHANTS_JOURNAL_H
#define WARUNG_MERCHANTS_JOURNAL_H

#include "base/span.h"
#include "merchants/programme.h"

enum {
    JOURNAL_WORD_BYTES = 48,
    JOURNAL_BYTES = 5 * JOURNAL_WORD_BYTES + 1, /* of one entry, packed */
    JOURNAL_CONSENT_BYTES = 192,
};

struct journal_entry {
    char who[JOURNAL_WORD_BYTES];     /* "merchant", "timer", "retention", "unix:sri", "user:sri" */
    char event[JOURNAL_WORD_BYTES];   /* "approve", "show", "export", ... */
    char subject[JOURNAL_WORD_BYTES]; /* keyed hash of the number; "*" = a list of many */
    char object[JOURNAL_WORD_BYTES];  /* registration or ticket number, training, set; "-" = none */
    char detail[JOURNAL_WORD_BYTES]; /* "DIPERIKSA>DISETUJUI", "ok", "refused", "12-records", "-" */
};

/* Fills all five; a word is cut, and what would part it becomes "_". NULL or "" is "-". */
void journal_fill(struct journal_entry *e, const char *who, const char *event, const char *subject,
                  const char *object, const char *detail);
/* A change that the programme made. `who` replaces its actor; NULL = as it is. */
void journal_fill_change(struct journal_entry *e, const struct programme_change *change,
                         const char *who, const char *subject);
/* The entry packed; points into `octets`. */
struct span journal_encode(const struct journal_entry *e, uint8_t octets[JOURNAL_BYTES]);
/* False when it is no such entry. */
bool journal_decode(struct journal_entry *e, struct span body);

/* What somebody agreed to (UU 27/2022 Art. 24), in a log of its own: when is the log's. */
struct journal_consent {
    char subject[JOURNAL_WORD_BYTES]; /* keyed hash of the number */
    char version[17];                 /* of the menu, 16 hexadecimal digits */
    char words[33];   /* 32 of the SHA-256 of the words shown; empty = no screen showed them */
    char language[8]; /* ... in which they were */
    char channel[8];  /* "ussd", "sms" */
    char link[32];
    char session[33]; /* of the dialogue at the centre, hexadecimal; empty = it has no name */
};

struct span journal_encode_consent(const struct journal_consent *c,
                                   uint8_t octets[JOURNAL_CONSENT_BYTES]);
/* False when it is none. */
bool journal_decode_consent(struct journal_consent *c, struct span body);

#endif
