#include "merchants/region.h"

bool region_parse_regency(const char *text, char regency[REGION_REGENCY_BYTES])
{
    for (unsigned i = 0; i < REGION_REGENCY_BYTES - 1; i++, text++) {
        if (i == 2 && *text == '.')
            text++;
        if (*text < '0' || *text > '9')
            return false;
        *regency++ = *text;
    }
    *regency = '\0';
    return *text == '\0';
}
