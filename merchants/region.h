/*
 * Region codes (Kemendagri) in their one stored form, digits only: regency "1871", district
 * "187101". Names, menu order and old spellings are data: conf/regions.cfg.
 */
#ifndef WARUNG_MERCHANTS_REGION_H
#define WARUNG_MERCHANTS_REGION_H

#include <stdbool.h>

enum { REGION_REGENCY_BYTES = 5 }; /* 4 digits and NUL */

/* "18.71" or "1871"; false when it is no regency code. */
bool region_parse_regency(const char *text, char regency[REGION_REGENCY_BYTES]);

#endif
