/*
 * libsmpp34, behind walls: the only file that includes it is lib.c.
 *
 * The library writes past its own buffers on small legal PDUs, so nothing reaches it but a private
 * copy of mandatory fields that the walker has measured, without TLVs, with every value that it
 * would refuse for no reason replaced by a harmless one. It serves the session PDUs, and is the
 * second opinion in the differential tests of our own codec (docs/decisions/0002).
 */
#ifndef WARUNG_SMPP_LIB_H
#define WARUNG_SMPP_LIB_H

#include "gateway/smpp/pdu.h"

/* bind_receiver, bind_transmitter, bind_transceiver, outbind, submit_sm, deliver_sm, data_sm */
bool smpp_lib_covers(uint32_t command_id);

/* Whether the library reads from the mandatory fields of this frame what our walker read. */
bool smpp_lib_agrees(struct span frame, const struct smpp_pdu *pdu);

/* Writes a whole PDU without TLVs, from a struct smpp_bind or smpp_message. False, and nothing
 * written, when it does not fit or the library does not write such values (TON and NPI outside its
 * list, sequence_number 0, a short_message of 254 octets, texts over the letter's limits, ...). */
bool smpp_lib_write(struct writer *w, uint32_t command_id, uint32_t sequence_number,
                    const void *body);

#endif
