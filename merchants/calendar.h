/*
 * Dates as the programme counts them: Lampung's civil time (WIB, UTC+7, no summer time), made from
 * wall-clock milliseconds without the C library's zone files, so that every gateway agrees.
 */
#ifndef WARUNG_MERCHANTS_CALENDAR_H
#define WARUNG_MERCHANTS_CALENDAR_H

#include <stdint.h>

#include "base/date.h"

enum { CALENDAR_DATE_BYTES = 11 }; /* "24-11-2026" and NUL */

#define CALENDAR_SECOND_MS INT64_C(1000)
#define CALENDAR_MINUTE_MS (60 * CALENDAR_SECOND_MS)
#define CALENDAR_HOUR_MS   (60 * CALENDAR_MINUTE_MS)
#define CALENDAR_DAY_MS    (24 * CALENDAR_HOUR_MS)

/* The date in Lampung at a wall-clock time (milliseconds since 1970 UTC). */
struct date calendar_date_at(int64_t wall_ms);
/* Wall-clock time at which that date begins in Lampung. The date must be real. */
int64_t calendar_start_ms(struct date date);
/* Minutes since midnight in Lampung, 0-1439. */
unsigned calendar_minute_at(int64_t wall_ms);
/* "24-11-2026"; years outside 0-9999 are a bug. */
void calendar_format(int64_t wall_ms, char text[CALENDAR_DATE_BYTES]);
/* The same time if it lies between the two hours of the day (from inclusive, until exclusive), else
 * the next `from_hour` o'clock. */
int64_t calendar_within_hours(int64_t wall_ms, unsigned from_hour, unsigned until_hour);

#endif
