#include "gateway/smpp/smpp_time.h"

#include <string.h>
#include <time.h>

enum { DAY_S = 86400, DAYS_MAX = 31 };

/* The last two digits; where the next go. */
static char *put_two(char *text, unsigned number)
{
    text[0] = (char)('0' + number / 10 % 10);
    text[1] = (char)('0' + number % 10);
    return text + 2;
}

void smpp_time_write_absolute(int64_t at_ms, char text[SMPP_TIME_BYTES])
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    text = put_two(text, (unsigned)utc.tm_year);
    text = put_two(text, (unsigned)utc.tm_mon + 1);
    text = put_two(text, (unsigned)utc.tm_mday);
    text = put_two(text, (unsigned)utc.tm_hour);
    text = put_two(text, (unsigned)utc.tm_min);
    text = put_two(text, (unsigned)utc.tm_sec);
    *text++ = (char)('0' + at_ms % 1000 / 100);
    memcpy(text, "00+", sizeof("00+"));
}

void smpp_time_write_relative(uint32_t seconds, char text[SMPP_TIME_BYTES])
{
    if (seconds > DAYS_MAX * DAY_S)
        seconds = DAYS_MAX * DAY_S;
    text = put_two(text, 0);
    text = put_two(text, 0);
    text = put_two(text, seconds / DAY_S);
    text = put_two(text, seconds / 3600 % 24);
    text = put_two(text, seconds / 60 % 60);
    text = put_two(text, seconds % 60);
    memcpy(text, "000R", sizeof("000R"));
}
