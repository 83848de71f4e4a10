/*
 * Delivery receipts (SMPP 3.4 5.2.12, appendix B): TLVs first, then the text,
 * which every centre writes in its own way.
 */
#ifndef WARUNG_SMPP_RECEIPT_H
#define WARUNG_SMPP_RECEIPT_H

#include "gateway/smpp/pdu.h"

enum { RECEIPT_ID_BYTES = 65 };

/* message_state's own values (5.2.28, and 0 and 9 of SMPP 5.0) */
enum receipt_state {
    RECEIPT_SCHEDULED = 0,
    RECEIPT_ENROUTE = 1,
    RECEIPT_DELIVERED = 2,
    RECEIPT_EXPIRED = 3,
    RECEIPT_DELETED = 4,
    RECEIPT_UNDELIVERABLE = 5,
    RECEIPT_ACCEPTED = 6,
    RECEIPT_UNKNOWN = 7,
    RECEIPT_REJECTED = 8,
    RECEIPT_SKIPPED = 9,
};
const char *receipt_state_name(enum receipt_state state);

struct receipt {
    char id[RECEIPT_ID_BYTES]; /* as the centre writes it; "" when it names no message */
    enum receipt_state state;
    /* Nothing else will come about the message: by its state, and no intermediate notification.
     * "Unknown", which is also every word that nobody here knows, says no such thing. */
    bool is_final;
};

/* From a decoded deliver_sm or data_sm. False when it tells no state: then it is no receipt. */
bool receipt_read(const struct smpp_pdu *pdu, struct receipt *receipt);
/* Whether a text alone has the form of a receipt (an id and a state), for centres that leave
 * esm_class 0. */
bool receipt_is_text(struct span text);

/* How a centre writes message ids in submit_sm_resp and in receipts. */
enum receipt_ids {
    RECEIPT_IDS_AUTO,   /* find out: both bases are tried */
    RECEIPT_IDS_STRING, /* the same text in both */
    RECEIPT_IDS_RESP_HEX_DLR_DEC,
    RECEIPT_IDS_RESP_DEC_DLR_HEX,
};
enum receipt_id_from { RECEIPT_ID_FROM_RESP, RECEIPT_ID_FROM_DLR };

enum { RECEIPT_KEYS_MAX = 2 };

/* The keys under which an id of a response is kept and one of a receipt is looked up: lower case,
 * without leading zeros and blanks about it, in one base; other octets as they are. AUTO may give
 * two keys for an id that is a number in either base; a look-up that finds two different messages
 * is ambiguous and none of them is meant. Returns how many; 0 for an empty id. */
unsigned receipt_keys(enum receipt_ids ids, enum receipt_id_from from, const char *text,
                      char keys[RECEIPT_KEYS_MAX][RECEIPT_ID_BYTES]);

#endif
