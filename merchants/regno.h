/*
 * Registration numbers: 4 digits of the regency, a 6-digit counter, a Damm check digit. Digits only
 * (letters are slow on keypads), typed 18710000421, shown 1871-000042-1.
 *
 * The counter is (number of the subscriber's bucket's own counter) x buckets + bucket, so numbers
 * are unique without a shared counter and the number itself leads to the bucket of its record.
 */
#ifndef WARUNG_MERCHANTS_REGNO_H
#define WARUNG_MERCHANTS_REGNO_H

#include <stdbool.h>
#include <stdint.h>

enum {
    REGNO_BYTES = 12,         /* 11 digits and NUL */
    REGNO_DISPLAY_BYTES = 14, /* with two dashes */
    REGNO_REGENCY_DIGITS = 4,
};

/* `regency` is 4 digits ("1871"), bucket < buckets. False when the regency is none or the counter
 * would pass 999999: the regency's numbers of this bucket are used up. */
bool regno_make(const char *regency, uint64_t number, unsigned bucket, unsigned buckets,
                char regno[REGNO_BYTES]);
/* With or without dashes, spaces and full stops; false when it is not 11 digits or the check digit
 * is wrong. */
bool regno_parse(const char *typed, char regno[REGNO_BYTES]);
/* `regno` is valid. */
void regno_format(const char *regno, char display[REGNO_DISPLAY_BYTES]);
/* The bucket that a valid number leads to. */
unsigned regno_bucket(const char *regno, unsigned buckets);

#endif
