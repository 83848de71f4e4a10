#include "merchants/calendar.h"

#include <assert.h>
#include <stdio.h>

#define WIB_MS (7 * CALENDAR_HOUR_MS)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Days since 1970-01-01 of a date of the Gregorian calendar, with years that begin in March so that
 * the leap day is the last of its year. */
static int64_t days_from_date(struct calendar_date date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month = (date.month + 9) % 12;
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static struct calendar_date date_from_days(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = floor_div(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct calendar_date date;

    date.day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
    date.month = (unsigned)(month < 10 ? month + 3 : month - 9);
    date.year = (int)(year_of_era + era * 400 + (date.month <= 2));
    return date;
}

struct calendar_date calendar_date_at(int64_t wall_ms)
{
    return date_from_days(floor_div(wall_ms + WIB_MS, CALENDAR_DAY_MS));
}

int64_t calendar_start_ms(struct calendar_date date)
{
    assert(calendar_is_date(date));
    return days_from_date(date) * CALENDAR_DAY_MS - WIB_MS;
}

unsigned calendar_minute_at(int64_t wall_ms)
{
    int64_t local = wall_ms + WIB_MS;

    return (unsigned)((local - floor_div(local, CALENDAR_DAY_MS) * CALENDAR_DAY_MS) /
                      CALENDAR_MINUTE_MS);
}

unsigned calendar_days_in_month(int year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    assert(month >= 1 && month <= 12);
    return days[month - 1] + (month == 2 && is_leap);
}

bool calendar_is_date(struct calendar_date date)
{
    return date.month >= 1 && date.month <= 12 && date.day >= 1 &&
           date.day <= calendar_days_in_month(date.year, date.month);
}

void calendar_format(int64_t wall_ms, char text[CALENDAR_DATE_BYTES])
{
    struct calendar_date date = calendar_date_at(wall_ms);

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
