/* Base64 (RFC 4648, section 4), for the one dialect that needs it. */
#ifndef WARUNG_SMSC_BASE64_H
#define WARUNG_SMSC_BASE64_H

#include "base/span.h"

void base64_encode(struct writer *w, struct span octets);
/* Reads up to the first character that is no digit of base64; the writer may fail. */
void base64_decode(struct writer *w, struct span text);

#endif
