#include "merchants/calendar.h"

#include <assert.h>
#include <stdio.h>

#define WIB_MS (7 * CALENDAR_HOUR_MS)

static int64_t whole_days(int64_t ms)
{
    return ms / CALENDAR_DAY_MS - (ms % CALENDAR_DAY_MS < 0);
}

struct date calendar_date_at(int64_t wall_ms)
{
    return date_from_days(whole_days(wall_ms + WIB_MS));
}

int64_t calendar_start_ms(struct date date)
{
    return date_to_days(date) * CALENDAR_DAY_MS - WIB_MS;
}

unsigned calendar_minute_at(int64_t wall_ms)
{
    int64_t local = wall_ms + WIB_MS;

    return (unsigned)((local - whole_days(local) * CALENDAR_DAY_MS) / CALENDAR_MINUTE_MS);
}

void calendar_format(int64_t wall_ms, char text[CALENDAR_DATE_BYTES])
{
    struct date date = calendar_date_at(wall_ms);

    assert(date.year >= 0 && date.year <= 9999);
    /* The remainders tell the compiler what calendar_date_at() promises. */
    snprintf(text, CALENDAR_DATE_BYTES, "%02u-%02u-%04u", date.day % 100, date.month % 100,
             (unsigned)date.year % 10000);
}

int64_t calendar_within_hours(int64_t wall_ms, unsigned from_hour, unsigned until_hour)
{
    unsigned minute = calendar_minute_at(wall_ms);
    int64_t midnight = calendar_start_ms(calendar_date_at(wall_ms));

    assert(from_hour < until_hour && until_hour <= 24);
    if (minute < from_hour * 60)
        return midnight + from_hour * CALENDAR_HOUR_MS;
    if (minute >= until_hour * 60)
        return midnight + CALENDAR_DAY_MS + from_hour * CALENDAR_HOUR_MS;
    return wall_ms;
}
