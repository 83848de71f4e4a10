/*
 * The text of short messages and USSD strings: GSM 03.38 (one septet an octet), UCS-2, Latin-1.
 * The centre's own tables and code (3GPP TS 23.038, 6.2.1), independent of gateway/smpp/text.
 */
#ifndef WARUNG_SMSC_ALPHABET_H
#define WARUNG_SMSC_ALPHABET_H

#include "base/span.h"

enum alphabet { ALPHABET_GSM, ALPHABET_UCS2, ALPHABET_LATIN1, ALPHABET_UTF8 };

/* Which alphabet a data_coding means, by SMPP's list and the CBS values that USSD centres use. */
enum alphabet alphabet_of(uint8_t data_coding);

/* UTF-8 to unpacked septets. False when a character is in neither the default table nor the
 * extension, when the text is no UTF-8, or when octets_bytes is too small. */
bool alphabet_encode_gsm(const char *utf8, uint8_t *octets, size_t octets_bytes, size_t *size);
/* UTF-8 to UTF-16BE; false when it is no UTF-8 or too long. */
bool alphabet_encode_ucs2(const char *utf8, uint8_t *octets, size_t octets_bytes, size_t *size);
/* GSM where the text allows it, else UCS-2; data_coding becomes 0 or 8. */
bool alphabet_encode(const char *utf8, uint8_t *octets, size_t octets_bytes, size_t *size,
                     uint8_t *data_coding);

/* To UTF-8, always ended with NUL, cut at a character when it does not fit. Returns its length. */
size_t alphabet_decode(enum alphabet alphabet, struct span octets, char *utf8, size_t utf8_bytes);

#endif
