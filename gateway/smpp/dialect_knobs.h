/*
 * The knobs of a dialect (dialects.cfg(5)): dialect_in.c and dialect_out.c read them, presets.c
 * and dialect_set.c fill them. Private to gateway/smpp.
 */
#ifndef WARUNG_SMPP_DIALECT_KNOBS_H
#define WARUNG_SMPP_DIALECT_KNOBS_H

#include "gateway/smpp/dialect.h"
#include "gateway/smpp/receipt.h"
#include "gateway/smpp/status.h"

enum dialect_pdu { DIALECT_PDU_EITHER, DIALECT_PDU_MESSAGE, DIALECT_PDU_DATA_SM };

enum dialect_text_out {
    DIALECT_TEXT_AUTO,    /* short_message up to text_out_octets, else message_payload */
    DIALECT_TEXT_SHORT,   /* short_message only */
    DIALECT_TEXT_PAYLOAD, /* message_payload always */
};

enum dialect_body {
    DIALECT_BODY_PLAIN,
    DIALECT_BODY_PIPE_BASE64, /* "type|id:base64|id:base64": the whole dialogue is in the text */
    DIALECT_BODY_AT_CODE,     /* "@code@text" */
};

/* What makes a PDU a USSD one; a set. */
enum dialect_ussd_match {
    DIALECT_MATCH_OP = 1,
    DIALECT_MATCH_SERVICE_TYPE = 2, /* service_type_in */
    DIALECT_MATCH_CODE = 4,         /* the text is a dialled string */
};

enum dialect_op_absent { DIALECT_ABSENT_SMS, DIALECT_ABSENT_BEGIN_IF_CODE, DIALECT_ABSENT_ABORT };

/* What an operation of the centre's means. */
enum dialect_op {
    DIALECT_OP_UNKNOWN,
    DIALECT_OP_BEGIN,
    DIALECT_OP_ANSWER,
    DIALECT_OP_ANSWER_LAST,
    DIALECT_OP_NOTIFY_ACK,
    DIALECT_OP_ABORT,
    DIALECT_OP_TIMEOUT,
    DIALECT_OP_ERROR,
    DIALECT_OP_BY_TEXT, /* a dialled string begins, everything else answers */
};

enum dialect_op_unknown { DIALECT_UNKNOWN_ANSWER, DIALECT_UNKNOWN_ABORT, DIALECT_UNKNOWN_REJECT };

enum { DIALECT_NONE = -1 }; /* no such operation, data_coding, ... */

struct dialect_ops_out {
    int16_t mo_ask, mo_end, ni_ask, ni_notify, ni_end, abort, abort_ack, phase_1_end;
};

enum dialect_session_source {
    DIALECT_SESSION_ITS,  /* its_session_info */
    DIALECT_SESSION_UMR,  /* user_message_reference */
    DIALECT_SESSION_TLV,  /* session_tag, session_octets */
    DIALECT_SESSION_BODY, /* item session_tag of the body */
    DIALECT_SESSION_NONE,
};

enum dialect_session_key { DIALECT_KEY_ID_AND_MSISDN, DIALECT_KEY_MSISDN };

enum dialect_session_out { DIALECT_SESSION_ECHO, DIALECT_SESSION_ECHO_UNIT, DIALECT_SESSION_OMIT };
/* What a network-initiated question sends in the place of the name that it has not got yet. */
enum dialect_session_ni { DIALECT_NI_OMIT, DIALECT_NI_ZERO };
/* Where a network-initiated dialogue gets its name. */
enum dialect_ni_session_from {
    DIALECT_NI_FIRST_IN,
    DIALECT_NI_RESP_TLV,
    DIALECT_NI_RESP_MESSAGE_ID
};

/* Who sets the lowest bit of a two-octet its_session_info to end the dialogue (5.3.2.43); a set. */
enum dialect_end_bit { DIALECT_END_BIT_IN = 1, DIALECT_END_BIT_OUT = 2 };
enum { DIALECT_SESSION_END_BIT = 0x01 };

enum dialect_code_from {
    DIALECT_CODE_AUTO,
    DIALECT_CODE_DESTINATION,
    DIALECT_CODE_BEGIN_TEXT,
    DIALECT_CODE_BODY, /* item code_item of the body */
    DIALECT_CODE_FIXED,
};

/* How a text goes that is too long for one SMS. */
enum dialect_sms_parts {
    DIALECT_PARTS_UDH8,
    DIALECT_PARTS_UDH16,
    DIALECT_PARTS_SAR,
    DIALECT_PARTS_PAYLOAD, /* whole, in message_payload: the centre cuts it */
};

/* How validity_period says until when an SMS is worth delivering. */
enum dialect_validity {
    DIALECT_VALIDITY_RELATIVE,
    DIALECT_VALIDITY_ABSOLUTE,
    DIALECT_VALIDITY_NONE
};

struct dialect_type_of_address {
    uint8_t ton;
    uint8_t npi;
};

struct dialect {
    char name[DIALECT_NAME_BYTES];
    enum dialect_pdu pdu_in;
    enum dialect_pdu pdu_out; /* EITHER: submit_sm */
    enum dialect_text_out text_out;
    uint16_t text_out_octets;
    enum dialect_body body;
    char service_type_out[6];
    char service_type_in[8];    /* in any case; an ending * stands for the rest */
    bool service_type_is_state; /* two letters of it are the operation */
    unsigned ussd_match;
    uint16_t op_tag; /* 0 = none */
    enum dialect_op_absent op_absent;
    uint8_t op_in[256]; /* enum dialect_op */
    enum dialect_op_unknown op_in_unknown;
    struct dialect_ops_out op_out;
    enum dialect_session_source session_source;
    uint16_t session_tag;
    uint8_t session_octets; /* 0 = as many as come */
    uint16_t session_mask;  /* bits of a two-octet session info that name the dialogue */
    enum dialect_session_key session_key;
    enum dialect_session_out session_out;
    enum dialect_session_ni session_ni;
    enum dialect_ni_session_from ni_session_from;
    unsigned end_bit;
    enum dialect_code_from code_from;
    uint16_t code_item;
    char code_fixed[DIALECT_CODE_BYTES];
    uint16_t msisdn_item;  /* item of the body that is the msisdn; 0 = source_addr */
    char source_fixed[21]; /* "" = the address the subscriber used */
    struct dialect_type_of_address source_type;
    struct dialect_type_of_address destination_type;
    uint8_t dcs_in[256]; /* enum text_coding; TEXT_GSM: the default alphabet, as `packing` has it */
    int16_t dcs_gsm;
    int16_t dcs_ucs2; /* DIALECT_NONE: the dialect cannot carry UCS-2 */
    enum text_coding packing;
    uint16_t max_gsm;
    uint16_t max_ucs2;
    struct dialect_timers timers;
    enum dialect_sms_parts sms_parts;
    enum dialect_validity validity;
    bool receipt_by_text; /* a text with an id and a state is a receipt, whatever its esm_class */
    enum receipt_ids receipt_ids;
    struct smpp_statuses statuses;
};

/* The tag of the TLV that holds the session info; 0 when none does. */
uint16_t dialect_session_tag(const struct dialect *d);
/* The name of a dialogue from its session info. False when it is longer than such names are. */
bool dialect_name_session(const struct dialect *d, struct span info,
                          struct dialect_session *session);

#endif
