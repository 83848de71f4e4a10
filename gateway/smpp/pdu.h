/*
 * SMPP 3.4 PDUs as values.
 *
 * Decoding copies nothing: every span points into the frame handed in, and lives as long as it.
 * smpp_pdu_decode() walks every field and TLV first (check.c); only then, for the session PDUs that
 * it serves, a private copy of the mandatory part goes through libsmpp34 (lib.c, decision 0002).
 */
#ifndef WARUNG_SMPP_PDU_H
#define WARUNG_SMPP_PDU_H

#include "gateway/smpp/header.h"
#include "gateway/smpp/status.h"
#include "gateway/smpp/tlv.h"

enum { SMPP_INTERFACE_VERSION = 0x34, SMPP_SHORT_MESSAGE_BYTES_MAX = 254 };

/* Of esm_class (5.2.12). */
enum {
    SMPP_ESM_TYPE_MASK = 0x3C, /* bits 5-2: the message type */
    SMPP_ESM_CONVERSATION_ABORT = 0x18,
    SMPP_ESM_INTERMEDIATE = 0x20, /* an intermediate delivery notification */
    SMPP_ESM_UDHI = 0x40,         /* the text begins with a user data header */
};

struct smpp_address {
    uint8_t ton;
    uint8_t npi;
    struct span digits; /* without the NUL; may be empty */
};

/* bind_receiver, bind_transmitter, bind_transceiver (4.1), outbind (4.1.7: system_id, password) */
struct smpp_bind {
    struct span system_id;
    struct span password;
    struct span system_type;
    uint8_t interface_version;
    struct smpp_address address_range;
};

/* submit_sm (4.4), deliver_sm (4.6), data_sm (4.7: no field between registered_delivery and
 * data_coding, no short_message) */
struct smpp_message {
    struct span service_type;
    struct smpp_address source;
    struct smpp_address destination;
    uint8_t esm_class;
    uint8_t protocol_id;
    uint8_t priority_flag;
    struct span schedule_delivery_time;
    struct span validity_period;
    uint8_t registered_delivery;
    uint8_t replace_if_present_flag;
    uint8_t data_coding;
    uint8_t sm_default_msg_id;
    struct span short_message; /* at most SMPP_SHORT_MESSAGE_BYTES_MAX octets */
};

/* query_sm (4.8) and its response, cancel_sm (4.9), replace_sm (4.10): each has some of these */
struct smpp_query {
    struct span message_id;
    struct span service_type;
    struct smpp_address source;
    struct smpp_address destination;
    struct span schedule_delivery_time;
    struct span validity_period;
    uint8_t registered_delivery;
    uint8_t sm_default_msg_id;
    struct span short_message;
    struct span final_date;
    uint8_t message_state;
    uint8_t error_code;
};

union smpp_body {
    struct smpp_bind bind;
    struct smpp_message message; /* alert_notification too: source_addr and esme_addr */
    struct smpp_query query;
    struct span system_id;  /* bind_*_resp with a body */
    struct span message_id; /* submit_sm_resp, deliver_sm_resp, data_sm_resp; query.message_id */
};

struct smpp_pdu {
    struct smpp_header header;
    union {
        union smpp_body body;
        struct smpp_bind bind;
        struct smpp_message message;
        struct smpp_query query;
        struct span system_id;
        struct span message_id;
    };
    struct span tlvs; /* a walked stream; empty when there are none */
};

/* Decodes one whole frame (as smpp_frame_look() cut it). ESME_ROK, or the status with which the
 * PDU's response refuses it; the header is filled in either case.
 * ESME_RINVCMDID: unknown command_id; the answer to an unknown request is generic_nack.
 * A response is never refused for its body (ESME_RINVCMDID alone): it may lack it, and what cannot
 * be read of it is left empty, because the outcome of our request is in its header. */
enum smpp_status smpp_pdu_decode(struct span frame, struct smpp_pdu *pdu);

/* The text of a message: short_message, or message_payload when short_message is empty. */
struct span smpp_message_text(const struct smpp_pdu *pdu);

/* Encoding. Each writes one whole PDU with its command_length at w's end and returns false (and
 * leaves w where it was) when it does not fit or a field is over its limit (section 4).
 * `tlvs` is an already written stream, possibly empty. */
bool smpp_bind_encode(struct writer *w, uint32_t command_id, uint32_t sequence_number,
                      const struct smpp_bind *bind);
/* `interface_version`: of the bind. One below 0x34 knows no TLVs and gets none (3.4.2). */
bool smpp_bind_resp_encode(struct writer *w, uint32_t command_id, uint32_t command_status,
                           uint32_t sequence_number, const char *system_id,
                           uint8_t interface_version);
/* enquire_link, unbind, their responses, generic_nack, header-only responses */
bool smpp_header_only_encode(struct writer *w, uint32_t command_id, uint32_t command_status,
                             uint32_t sequence_number);
bool smpp_message_encode(struct writer *w, uint32_t command_id, uint32_t sequence_number,
                         const struct smpp_message *message, struct span tlvs);
/* submit_sm_resp and data_sm_resp: message_id on success, header-only on an error;
 * deliver_sm_resp: always the one NUL (17 octets), as ESMEs must (4.6.2). */
bool smpp_message_resp_encode(struct writer *w, uint32_t command_id, uint32_t command_status,
                              uint32_t sequence_number, const char *message_id);

/* query_sm_resp: message_id, final_date ("" while there is none), message_state, error_code on
 * success; header-only on an error. */
bool smpp_query_resp_encode(struct writer *w, uint32_t command_status, uint32_t sequence_number,
                            const struct smpp_query *query);

/* submit_sm and deliver_sm have one layout: makes an encoded one the other. A server sends to the
 * ESMEs that are bound to it what a dialect has written for a centre. data_sm stays what it is. */
void smpp_message_turn_around(uint8_t *pdu);

#endif
