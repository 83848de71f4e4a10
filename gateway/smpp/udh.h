/*
 * The user data header in front of a message with esm_class bit 6 (3GPP TS 23.040 9.2.3.24).
 */
#ifndef WARUNG_SMPP_UDH_H
#define WARUNG_SMPP_UDH_H

#include "gateway/smpp/dialect.h"

enum { UDH_BYTES_8 = 6, UDH_BYTES_16 = 7 }; /* of a header that has the part alone */

/* Cuts the header off. False when it is longer than the message (an empty message has none). */
bool udh_split(struct span message, struct span *header, struct span *text);
/* The concatenation element, with 8- or 16-bit reference, of a header (without its length octet).
 * False when there is none, or its numbers make no part (number 0 or above total, total below 2).
 */
bool udh_find_part(struct span header, struct dialect_part *part);
/* Length octet and concatenation element. */
void udh_write_part(struct writer *w, const struct dialect_part *part);

#endif
