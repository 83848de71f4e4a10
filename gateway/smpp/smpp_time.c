#include "gateway/smpp/smpp_time.h"

#include <stdio.h>
#include <time.h>

enum { DAY_S = 86400, DAYS_MAX = 31 };

void smpp_time_write_absolute(int64_t at_ms, char text[SMPP_TIME_BYTES])
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    snprintf(text, SMPP_TIME_BYTES, "%02u%02u%02u%02u%02u%02u%u00+", (unsigned)utc.tm_year % 100,
             (unsigned)(utc.tm_mon + 1) % 100, (unsigned)utc.tm_mday % 100,
             (unsigned)utc.tm_hour % 100, (unsigned)utc.tm_min % 100, (unsigned)utc.tm_sec % 100,
             (unsigned)(at_ms % 1000 / 100) % 10);
}

void smpp_time_write_relative(uint32_t seconds, char text[SMPP_TIME_BYTES])
{
    if (seconds > DAYS_MAX * DAY_S)
        seconds = DAYS_MAX * DAY_S;
    snprintf(text, SMPP_TIME_BYTES, "0000%02u%02u%02u%02u000R", seconds / DAY_S % 100,
             seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}
