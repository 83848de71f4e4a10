/*
 * The Indonesian identity number (NIK): PPKKCC DDMMYY NNNN, that is province, regency and district
 * of first registration, date of birth (day + 40 for women), serial.
 *
 * It has no check digit: a well-formed NIK proves nothing, so only what cannot be is refused, and
 * what is merely odd is accepted and flagged for an officer. District codes are not compared with
 * today's list, since people keep the number of a district that has moved.
 */
#ifndef WARUNG_MERCHANTS_NIK_H
#define WARUNG_MERCHANTS_NIK_H

#include <stdbool.h>
#include <stdint.h>

enum { NIK_BYTES = 17 }; /* 16 digits and NUL */

enum nik_verdict {
    NIK_OK,     /* well-formed; flags may tell what is odd about it */
    NIK_LENGTH, /* not 16 ASCII digits */
    NIK_MONTH,
    NIK_DAY,    /* no such day in that month, or a 29 February of a year not divisible by 4 */
    NIK_SERIAL, /* 0000 */
};

enum nik_flag {
    NIK_FLAG_PROVINCE = 1 << 0,        /* not one of the 38 provinces (old papers: 54) */
    NIK_FLAG_OUTSIDE_LAMPUNG = 1 << 1, /* first registered elsewhere */
    NIK_FLAG_REGION = 1 << 2,          /* regency or district 00 */
    NIK_FLAG_AGE = 1 << 3,             /* in neither century between 17 and 100 years old */
};

struct nik {
    char digits[NIK_BYTES]; /* what was typed without separators; only when well-formed */
    bool is_female;
    unsigned flags;       /* nik_flag */
    unsigned digit_count; /* ASCII digits that were typed, at most 99 */
    bool has_other;       /* something was typed that is neither a digit nor a separator */
};

/* Reads what was typed (space . - are separators); `now_ms` is wall clock, for the age. Pure. */
enum nik_verdict nik_check(const char *typed, int64_t now_ms, struct nik *nik);

#endif
