/*
 * Dates of the Gregorian calendar and the days since 1970-01-01, the same on every machine: without
 * the C library and its zones. Whose midnight a day begins at is the caller's affair.
 */
#ifndef WARUNG_BASE_DATE_H
#define WARUNG_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

struct date {
    int year;
    unsigned month; /* 1-12 */
    unsigned day;   /* 1-31 */
};

bool date_is_real(struct date date);
unsigned date_days_in_month(int year, unsigned month);

/* The date must be real. */
int64_t date_to_days(struct date date);
struct date date_from_days(int64_t days);

#endif
