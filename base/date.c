#include "base/date.h"

#include <assert.h>

enum { DAYS_IN_ERA = 146097, DAYS_BEFORE_1970 = 719468 };

/* Years begin in March here, so that the leap day is the last of its year, and come in eras of 400,
 * after which the calendar repeats. */

static int64_t era_of(int64_t count, int64_t in_era)
{
    return (count >= 0 ? count : count - in_era + 1) / in_era;
}

int64_t date_to_days(struct date date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = era_of(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month = (date.month + 9) % 12;
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    assert(date_is_real(date));
    return era * DAYS_IN_ERA + day_of_era - DAYS_BEFORE_1970;
}

struct date date_from_days(int64_t days)
{
    int64_t shifted = days + DAYS_BEFORE_1970;
    int64_t era = era_of(shifted, DAYS_IN_ERA);
    int64_t day_of_era = shifted - era * DAYS_IN_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct date date;

    date.day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
    date.month = (unsigned)(month < 10 ? month + 3 : month - 9);
    date.year = (int)(year_of_era + era * 400 + (date.month <= 2));
    return date;
}

unsigned date_days_in_month(int year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    assert(month >= 1 && month <= 12);
    return days[month - 1] + (month == 2 && is_leap);
}

bool date_is_real(struct date date)
{
    return date.month >= 1 && date.month <= 12 && date.day >= 1 &&
           date.day <= date_days_in_month(date.year, date.month);
}
