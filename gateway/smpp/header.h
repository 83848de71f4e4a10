/*
 * SMPP 3.4 framing: the 16-octet header (section 3.2) and where one PDU ends in a byte stream.
 */
#ifndef WARUNG_SMPP_HEADER_H
#define WARUNG_SMPP_HEADER_H

#include "base/span.h"

enum {
    SMPP_HEADER_BYTES = 16,
    SMPP_PDU_BYTES_OPEN = 512,          /* limit before a bind: no legal bind is larger */
    SMPP_PDU_BYTES_DEFAULT = 70 * 1024, /* limit after a bind: one 64 KiB TLV and the rest */
};

/* SMPP 3.4 section 5.1.2.1 */
enum smpp_command_id {
    SMPP_GENERIC_NACK = 0x80000000,
    SMPP_BIND_RECEIVER = 0x00000001,
    SMPP_BIND_RECEIVER_RESP = 0x80000001,
    SMPP_BIND_TRANSMITTER = 0x00000002,
    SMPP_BIND_TRANSMITTER_RESP = 0x80000002,
    SMPP_QUERY_SM = 0x00000003,
    SMPP_QUERY_SM_RESP = 0x80000003,
    SMPP_SUBMIT_SM = 0x00000004,
    SMPP_SUBMIT_SM_RESP = 0x80000004,
    SMPP_DELIVER_SM = 0x00000005,
    SMPP_DELIVER_SM_RESP = 0x80000005,
    SMPP_UNBIND = 0x00000006,
    SMPP_UNBIND_RESP = 0x80000006,
    SMPP_REPLACE_SM = 0x00000007,
    SMPP_REPLACE_SM_RESP = 0x80000007,
    SMPP_CANCEL_SM = 0x00000008,
    SMPP_CANCEL_SM_RESP = 0x80000008,
    SMPP_BIND_TRANSCEIVER = 0x00000009,
    SMPP_BIND_TRANSCEIVER_RESP = 0x80000009,
    SMPP_OUTBIND = 0x0000000B,
    SMPP_ENQUIRE_LINK = 0x00000015,
    SMPP_ENQUIRE_LINK_RESP = 0x80000015,
    SMPP_SUBMIT_MULTI = 0x00000021,
    SMPP_SUBMIT_MULTI_RESP = 0x80000021,
    SMPP_ALERT_NOTIFICATION = 0x00000102,
    SMPP_DATA_SM = 0x00000103,
    SMPP_DATA_SM_RESP = 0x80000103,
};

#define SMPP_RESPONSE_BIT UINT32_C(0x80000000)

struct smpp_header {
    uint32_t command_length;
    uint32_t command_id;
    uint32_t command_status;
    uint32_t sequence_number; /* opaque on receive: 0 and values above 0x7FFFFFFF occur */
};

enum smpp_frame {
    SMPP_FRAME_MORE,       /* not whole yet, nothing wrong so far */
    SMPP_FRAME_WHOLE,      /* header filled; the PDU is the first command_length octets */
    SMPP_FRAME_BAD_LENGTH, /* below 16 or above max_bytes: generic_nack, then close */
    SMPP_FRAME_NOT_SMPP,   /* the first octets are HTTP, TLS or RDP: close without an answer */
};

/* Looks at the front of a stream. A bad length is told from the first 4 octets on, without waiting
 * for a body; the header is filled as far as its octets are there (the rest is 0). */
enum smpp_frame smpp_frame_look(struct span stream, size_t max_bytes, struct smpp_header *header);

/* "HTTP", "TLS", "RDP" or "SSH" when a stream of that kind begins so; else NULL. */
const char *smpp_stranger_name(uint32_t first_octets);

/* "deliver_sm", "submit_sm_resp", ...; "unknown" for others. */
const char *smpp_command_name(uint32_t command_id);
bool smpp_command_is_known(uint32_t command_id);

#endif
