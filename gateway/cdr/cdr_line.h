/*
 * One record as one line of JSON: times, counts, the cause of the end out of a fixed list; the
 * number masked or as a keyed hash, never whole; no text.
 */
#ifndef WARUNG_CDR_CDR_LINE_H
#define WARUNG_CDR_CDR_LINE_H

#include "gateway/turn/turn.h"

struct vault;

enum cdr_number { CDR_NUMBER_MASKED, CDR_NUMBER_HASHED };
enum { CDR_LINE_BYTES = 768 };

/* With its newline; the octets written. `vault` is asked when numbers are hashed. */
size_t cdr_line_write(const struct turn_record *record, enum cdr_number number,
                      const struct vault *vault, char line[CDR_LINE_BYTES]);

#endif
