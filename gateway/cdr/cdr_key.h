/* Signing and verifying with the keys of cdr_file.h; for gateway/cdr alone. */
#ifndef WARUNG_CDR_CDR_KEY_H
#define WARUNG_CDR_CDR_KEY_H

#include <stdbool.h>

struct cdr_key;

enum { CDR_SIGNATURE_BYTES = 89 }; /* base64 of 64 octets, and NUL */

bool cdr_key_sign(const struct cdr_key *key, const char *text, char signature[CDR_SIGNATURE_BYTES]);
bool cdr_key_verify(const struct cdr_key *key, const char *text, const char *signature);

#endif
