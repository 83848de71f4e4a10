/*
 * The walker: one table says which mandatory fields each PDU has, with their limits and the status
 * that refuses each (SMPP 3.4 sections 4 and 5.1.3). Decoding and encoding both follow it, so that
 * a PDU is one row of the table.
 */
#ifndef WARUNG_SMPP_CHECK_H
#define WARUNG_SMPP_CHECK_H

#include "gateway/smpp/pdu.h"

enum { SMPP_TLVS_MAX = 256 }; /* in one PDU; more are refused as ESME_RINVOPTPARSTREAM */

struct smpp_layout;

/* NULL for a command_id that SMPP 3.4 does not have. */
const struct smpp_layout *smpp_layout_find(uint32_t command_id);

/* Walks all octets after the header, notes each field in `pdu` (its body is zeroed first) and the
 * TLV stream in pdu->tlvs. ESME_ROK, or the status that refuses the PDU.
 *
 * A response is never refused: it is the answer to something of ours, and dropping it for its body
 * would make a known outcome unknown. What cannot be read of it is left empty. */
enum smpp_status smpp_check_body(const struct smpp_layout *layout, struct span octets,
                                 struct smpp_pdu *pdu);

/* Writes the mandatory fields from a body value of the layout's type (struct smpp_bind,
 * smpp_message, smpp_query or span). False when a field is over the limit for sending or does not
 * fit; what was written of it is the caller's to take back. */
bool smpp_layout_write(const struct smpp_layout *layout, const void *body, struct writer *w);

#endif
