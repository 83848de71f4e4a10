/*
 * Subscriber numbers: Indonesian mobile numbers in their one stored form (62 and 9-12 digits), and
 * whose prefix they carry (for reports and other people's numbers; the link a message came in on
 * decides its route).
 */
#ifndef WARUNG_MERCHANTS_MSISDN_H
#define WARUNG_MERCHANTS_MSISDN_H

#include <stdbool.h>
#include <stddef.h>

enum { MSISDN_BYTES = 16 }; /* 62, at most 12 digits, NUL */

/* +62, 62, 0062, 0 or a bare 8, also "+62 0812"; spaces . - ( ) are separators. False when it
 * cannot be an Indonesian mobile number (then out is empty): a roamer, a short code, a name. */
bool msisdn_normalise(const char *text, char out[MSISDN_BYTES]);

struct msisdn_prefix {
    const char *prefix; /* national, "0812" */
    const char *brand;
    const char *group;
};

/* All known prefixes, in order. */
const struct msisdn_prefix *msisdn_prefixes(size_t *count);
/* By a normalised number; NULL when its prefix is not in the table. */
const struct msisdn_prefix *msisdn_find_prefix(const char *msisdn);

#endif
