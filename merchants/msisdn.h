/*
 * Subscriber numbers: Indonesian mobile numbers in their one stored form (62 and 9-12 digits).
 */
#ifndef WARUNG_MERCHANTS_MSISDN_H
#define WARUNG_MERCHANTS_MSISDN_H

#include <stdbool.h>

enum { MSISDN_BYTES = 16 }; /* 62, at most 12 digits, NUL */

/* +62, 62, 0062, 0 or a bare 8, also "+62 0812"; spaces . - ( ) are separators. False when it
 * cannot be an Indonesian mobile number (then out is empty): a roamer, a short code, a name. */
bool msisdn_normalise(const char *text, char out[MSISDN_BYTES]);

/* Does a normalised number begin as those of an Indonesian mobile operator do? */
bool msisdn_has_known_prefix(const char *msisdn);

#endif
