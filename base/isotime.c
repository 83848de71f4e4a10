#include "base/isotime.h"

#include <time.h>

void isotime_format(int64_t wall_ms, char text[ISOTIME_BYTES])
{
    time_t seconds = (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0));
    struct tm utc;

    text[0] = '\0';
    if (gmtime_r(&seconds, &utc) != NULL && utc.tm_year < 8100 && utc.tm_year >= -1900)
        strftime(text, ISOTIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
