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
    JOURNAL_BYTES = 192, /* of one entry, and NUL */
    JOURNAL_WORD_BYTES = 48,
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
/* The entry as text; points into `text`. */
struct span journal_encode(const struct journal_entry *e, char text[JOURNAL_BYTES]);
/* False when it is no such entry. */
bool journal_decode(struct journal_entry *e, struct span body);

#endif
