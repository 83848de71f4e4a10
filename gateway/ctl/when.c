#include "gateway/ctl/when.h"

#include <time.h>

#include "merchants/calendar.h"

bool when_parse(const char *text, const char *format, int64_t *at_ms)
{
    struct tm tm = {0};
    const char *rest = strptime(text, format, &tm);
    struct date date = {tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday};

    if (rest == NULL || *rest != '\0' || !date_is_real(date))
        return false;
    *at_ms = calendar_start_ms(date) + (tm.tm_hour * 60 + tm.tm_min) * CALENDAR_MINUTE_MS;
    return true;
}
