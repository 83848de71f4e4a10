/*
 * SMPP 3.4 as octets: the simulated centre's own codec.
 *
 * It shares no line with gateway/smpp and knows no libsmpp34, so that the two are each other's
 * witness. Everything decoded is a view into the caller's octets; nothing is allocated.
 * Sources: SMPP v3.4 issue 1.2, sections 3.2 (header), 4 (PDUs), 5.2 (fields), 5.3 (TLVs).
 */
#ifndef WARUNG_SMSC_WIRE_H
#define WARUNG_SMSC_WIRE_H

#include "base/span.h"

enum {
    WIRE_HEADER_BYTES = 16,
    WIRE_PDU_BYTES_MAX = 70000, /* a message with a payload of 65,535 octets fits */
    WIRE_SHORT_BYTES_MAX = 254,
};

#define WIRE_RESPONSE UINT32_C(0x80000000)

enum {
    WIRE_BIND_RECEIVER = 0x01,
    WIRE_BIND_TRANSMITTER = 0x02,
    WIRE_QUERY_SM = 0x03,
    WIRE_SUBMIT_SM = 0x04,
    WIRE_DELIVER_SM = 0x05,
    WIRE_UNBIND = 0x06,
    WIRE_BIND_TRANSCEIVER = 0x09,
    WIRE_ENQUIRE_LINK = 0x15,
    WIRE_ALERT_NOTIFICATION = 0x102,
    WIRE_DATA_SM = 0x103,
};

enum {
    WIRE_OK = 0x00,
    WIRE_RINVMSGLEN = 0x01,
    WIRE_RINVCMDLEN = 0x02,
    WIRE_RINVCMDID = 0x03,
    WIRE_RINVBNDSTS = 0x04,
    WIRE_RALYBND = 0x05,
    WIRE_RSYSERR = 0x08,
    WIRE_RINVSRCADR = 0x0A,
    WIRE_RINVDSTADR = 0x0B,
    WIRE_RBINDFAIL = 0x0D,
    WIRE_RINVPASWD = 0x0E,
    WIRE_RINVSYSID = 0x0F,
    WIRE_RMSGQFUL = 0x14,
    WIRE_RSUBMITFAIL = 0x45,
    WIRE_RTHROTTLED = 0x58,
    WIRE_RX_T_APPN = 0x64,
    WIRE_RX_P_APPN = 0x65,
    WIRE_RX_R_APPN = 0x66,
    WIRE_RINVOPTPARSTREAM = 0xC0,
    WIRE_RINVPARLEN = 0xC2,
};

enum {
    WIRE_TLV_RECEIPTED_MESSAGE_ID = 0x001E,
    WIRE_TLV_USER_MESSAGE_REFERENCE = 0x0204,
    WIRE_TLV_SAR_MSG_REF_NUM = 0x020C,
    WIRE_TLV_SAR_TOTAL_SEGMENTS = 0x020E,
    WIRE_TLV_SAR_SEGMENT_SEQNUM = 0x020F,
    WIRE_TLV_SC_INTERFACE_VERSION = 0x0210,
    WIRE_TLV_MESSAGE_PAYLOAD = 0x0424,
    WIRE_TLV_MESSAGE_STATE = 0x0427,
    WIRE_TLV_USSD_SERVICE_OP = 0x0501,
    WIRE_TLV_ITS_SESSION_INFO = 0x1383,
    WIRE_TLV_VENDOR_SESSION = 0x1501,
};

enum {
    WIRE_USSD_BEGIN = 1,
    WIRE_USSD_ASK = 2,
    WIRE_USSD_NOTIFY = 3,
    WIRE_USSD_END = 17,
    WIRE_USSD_ANSWER = 18,
    WIRE_USSD_NOTIFY_ACK = 19
};

enum { WIRE_ESM_RECEIPT = 0x04, WIRE_ESM_UDHI = 0x40 };

struct wire_header {
    uint32_t command_length;
    uint32_t command_id;
    uint32_t command_status;
    uint32_t sequence_number;
};

enum wire_look { WIRE_NEED_MORE, WIRE_WHOLE, WIRE_BROKEN };

/* What stands at the front of `in`. WIRE_WHOLE: in.data[0 .. command_length) is one PDU.
 * WIRE_BROKEN: a length below 16 or above length_max; framing is lost. */
enum wire_look wire_look(struct span in, uint32_t length_max, struct wire_header *header);

struct wire_bind {
    struct span system_id;
    struct span password;
    struct span system_type;
    struct span address_range;
    uint8_t interface_version;
};

struct wire_address {
    uint8_t ton;
    uint8_t npi;
    struct span digits;
};

enum { WIRE_NONE = -1 };

/* submit_sm, deliver_sm and data_sm. */
struct wire_message {
    struct span service_type;
    struct wire_address source;
    struct wire_address destination;
    uint8_t esm_class;
    uint8_t protocol_id;
    uint8_t priority_flag;
    uint8_t registered_delivery;
    uint8_t data_coding;
    bool has_payload;     /* the text travels in message_payload (always so in data_sm) */
    struct span text;     /* as it is on the wire, header (UDH) included */
    int ussd_service_op;  /* WIRE_NONE when there is none */
    int its_session_info; /* 16 bits, WIRE_NONE when there is none */
    int user_message_reference;
    int sar_msg_ref_num;
    int sar_total_segments;
    int sar_segment_seqnum;
    int message_state;
    int64_t vendor_session; /* TLV 0x1501 of four octets, read only; WIRE_NONE when there is none */
    struct span receipted_message_id; /* without its NUL */
    struct span extra_tlvs;           /* encode only: whole TLVs, appended as they are */
};

/* All zero and all TLVs absent. */
void wire_message_init(struct wire_message *m);

/* The body of a PDU (what follows the 16 octets of the header). WIRE_OK, or the status to answer.
 */
uint32_t wire_bind_decode(struct span body, struct wire_bind *bind);
uint32_t wire_message_decode(uint32_t command_id, struct span body, struct wire_message *m);
/* A C-string at the front of a response's body; empty when there is none. */
struct span wire_string_decode(struct span body);

/* Each writes one whole PDU; writer->failed when it does not fit. */
void wire_header_encode(struct writer *w, uint32_t command_id, uint32_t status, uint32_t sequence);
void wire_bind_encode(struct writer *w, uint32_t command_id, uint32_t sequence,
                      const char *system_id, const char *password, const char *system_type);
/* With system_id and sc_interface_version on success, header only for an error. */
void wire_bind_resp_encode(struct writer *w, uint32_t command_id, uint32_t status,
                           uint32_t sequence, const char *system_id);
void wire_message_encode(struct writer *w, uint32_t command_id, uint32_t sequence,
                         const struct wire_message *m);
/* A submit_sm_resp or data_sm_resp error has no body; a deliver_sm_resp always has its one NUL. */
void wire_message_resp_encode(struct writer *w, uint32_t request_id, uint32_t status,
                              uint32_t sequence, const char *message_id);
void wire_tlv_encode(struct writer *w, uint16_t tag, struct span value);
/* Writes another sequence_number into an encoded PDU. */
void wire_sequence_set(uint8_t *pdu, uint32_t sequence);

/* "deliver_sm_resp", "ESME_RTHROTTLED"; "unknown" for others. */
const char *wire_command_name(uint32_t command_id);
const char *wire_status_name(uint32_t status);

#endif
