#include "merchants/region.h"

#include <stddef.h>
#include <string.h>

/* `pairs` pairs of digits, all or none of them parted by dots. */
static bool parse_pairs(const char *text, unsigned pairs, char *code)
{
    bool has_dots = text[0] != '\0' && text[1] != '\0' && text[2] == '.';

    for (unsigned i = 0; i < pairs; i++) {
        if (i > 0 && has_dots && *text++ != '.')
            return false;
        for (unsigned k = 0; k < 2; k++, text++) {
            if (*text < '0' || *text > '9')
                return false;
            *code++ = *text;
        }
    }
    *code = '\0';
    return *text == '\0';
}

bool region_parse_regency(const char *text, char regency[REGION_REGENCY_BYTES])
{
    return parse_pairs(text, 2, regency);
}

bool region_parse_district(const char *text, char district[REGION_DISTRICT_BYTES])
{
    return parse_pairs(text, 3, district);
}

bool region_is_within(const char *district, const char *regency)
{
    return strlen(district) == REGION_DISTRICT_BYTES - 1 &&
           strlen(regency) == REGION_REGENCY_BYTES - 1 &&
           strncmp(district, regency, REGION_REGENCY_BYTES - 1) == 0;
}
