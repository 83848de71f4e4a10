/*
 * Optional parameters (SMPP 3.4 section 5.3): read by their own length, never by their type's.
 */
#ifndef WARUNG_SMPP_TLV_H
#define WARUNG_SMPP_TLV_H

#include "base/span.h"

enum smpp_tag {
    SMPP_TAG_RECEIPTED_MESSAGE_ID = 0x001E,
    SMPP_TAG_USER_MESSAGE_REFERENCE = 0x0204,
    SMPP_TAG_SAR_MSG_REF_NUM = 0x020C,
    SMPP_TAG_SAR_TOTAL_SEGMENTS = 0x020E,
    SMPP_TAG_SAR_SEGMENT_SEQNUM = 0x020F,
    SMPP_TAG_SC_INTERFACE_VERSION = 0x0210,
    SMPP_TAG_NETWORK_ERROR_CODE = 0x0423,
    SMPP_TAG_MESSAGE_PAYLOAD = 0x0424,
    SMPP_TAG_MESSAGE_STATE = 0x0427,
    SMPP_TAG_USSD_SERVICE_OP = 0x0501,
    SMPP_TAG_ITS_SESSION_INFO = 0x1383,
};

struct smpp_tlv {
    uint16_t tag;
    struct span value; /* points into the PDU */
};

/* Takes the next TLV off the front of a walked stream; false at its end. */
bool smpp_tlv_next(struct span *stream, struct smpp_tlv *tlv);
/* The first with this tag (a second one is ignored); false when there is none. */
bool smpp_tlv_find(struct span stream, uint16_t tag, struct span *value);
/* Whether a value of a known tag has a length that its type can have; true for every unknown tag.
 */
bool smpp_tlv_length_is_legal(uint16_t tag, size_t size);

void smpp_tlv_write(struct writer *w, uint16_t tag, struct span value);
void smpp_tlv_write_u8(struct writer *w, uint16_t tag, uint8_t value);
void smpp_tlv_write_u16(struct writer *w, uint16_t tag, uint16_t value);

#endif
