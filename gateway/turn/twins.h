/*
 * Which numbers gave the same NIK: seen in one round of the retention walk, kept in memory as keyed
 * hashes and forgotten with the round, so that there is no index to keep right, to seal or to
 * erase.
 */
#ifndef WARUNG_TURN_TWINS_H
#define WARUNG_TURN_TWINS_H

#include <stdbool.h>
#include <stdint.h>

enum { TWINS_MAX = 700000, TWINS_MSISDN_BYTES = 24 };

struct twins;

struct twins *twins_new(void);
void twins_free(struct twins *t);
void twins_clear(struct twins *t);

struct twin {
    char msisdn[TWINS_MSISDN_BYTES];
    bool is_flagged;
};
/* Notes that a number (digits, at most 18) has given a NIK of this hash. True when another number
 * was noted with it before in this round: *other. Beyond TWINS_MAX nothing is noted. */
bool twins_note(struct twins *t, uint64_t hash, const char *msisdn, bool is_flagged,
                struct twin *other);

#endif
