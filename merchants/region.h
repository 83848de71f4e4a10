/*
 * Region codes (Kemendagri) in their one stored form, digits only: regency "1871", district
 * "187101". Names, menu order and old spellings are data: conf/regions.cfg.
 */
#ifndef WARUNG_MERCHANTS_REGION_H
#define WARUNG_MERCHANTS_REGION_H

#include <stdbool.h>

enum {
    REGION_REGENCY_BYTES = 5,  /* 4 digits and NUL */
    REGION_DISTRICT_BYTES = 7, /* 6 digits and NUL */
};

/* "18.71" or "1871"; false when it is no regency code. */
bool region_parse_regency(const char *text, char regency[REGION_REGENCY_BYTES]);
/* "18.71.01" or "187101"; false when it is no district code. */
bool region_parse_district(const char *text, char district[REGION_DISTRICT_BYTES]);
/* A district lies in the regency that its code begins with. Both in stored form. */
bool region_is_within(const char *district, const char *regency);

#endif
