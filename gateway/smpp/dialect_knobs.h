/*
 * The knobs of a dialect (smpp-ussd.md 2.5): what dialect.c reads and presets.c fills. Private to
 * gateway/smpp.
 */
#ifndef WARUNG_SMPP_DIALECT_KNOBS_H
#define WARUNG_SMPP_DIALECT_KNOBS_H

#include "gateway/smpp/dialect.h"

enum dialect_pdu { DIALECT_PDU_EITHER, DIALECT_PDU_MESSAGE, DIALECT_PDU_DATA_SM };

enum dialect_text_out {
    DIALECT_TEXT_AUTO,    /* short_message up to text_out_octets, else message_payload */
    DIALECT_TEXT_SHORT,   /* short_message only */
    DIALECT_TEXT_PAYLOAD, /* message_payload always */
};

/* What makes a PDU a USSD one; a set. */
enum dialect_ussd_match { DIALECT_MATCH_OP = 1, DIALECT_MATCH_SERVICE_TYPE = 2 };

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
};

enum dialect_op_unknown { DIALECT_UNKNOWN_ANSWER, DIALECT_UNKNOWN_ABORT, DIALECT_UNKNOWN_REJECT };

enum { DIALECT_OP_NONE = -1 }; /* in op_out: the dialect has no such operation */

enum dialect_session_source {
    DIALECT_SESSION_ITS, /* its_session_info */
    DIALECT_SESSION_UMR, /* user_message_reference */
    DIALECT_SESSION_TLV, /* session_tag, session_octets */
    DIALECT_SESSION_NONE,
};

enum dialect_session_out { DIALECT_SESSION_ECHO, DIALECT_SESSION_ECHO_UNIT, DIALECT_SESSION_OMIT };
/* What a network-initiated dialogue sends in the place of the name that it has not got yet. */
enum dialect_session_ni { DIALECT_NI_OMIT, DIALECT_NI_ZERO };

enum dialect_end_bit { DIALECT_END_BIT_IN = 1, DIALECT_END_BIT_OUT = 2 };

enum dialect_code_from { DIALECT_CODE_AUTO, DIALECT_CODE_DESTINATION, DIALECT_CODE_BEGIN_TEXT };

struct dialect_type_of_address {
    uint8_t ton;
    uint8_t npi;
};

struct dialect {
    char name[24];
    enum dialect_pdu pdu_in;
    enum dialect_pdu pdu_out; /* EITHER: submit_sm */
    enum dialect_text_out text_out;
    uint16_t text_out_octets;
    char service_type_out[6];
    char service_type_in[6]; /* the beginning that matches, in any case */
    unsigned ussd_match;
    uint16_t op_tag;
    enum dialect_op_absent op_absent;
    uint8_t op_in[256]; /* enum dialect_op */
    enum dialect_op_unknown op_in_unknown;
    struct {
        int16_t mo_ask, mo_end, ni_ask, ni_notify, ni_end, ask_last, abort, phase_1_end;
    } op_out;
    enum dialect_session_source session_source;
    uint16_t session_tag;
    uint8_t session_octets; /* 0 = as many as come */
    uint16_t session_mask;  /* bits of a two-octet session info that name the dialogue */
    enum dialect_session_out session_out;
    enum dialect_session_ni session_ni;
    unsigned end_bit;
    enum dialect_code_from code_from;
    char source_fixed[21]; /* "" = the address the subscriber used */
    struct dialect_type_of_address source_type;
    struct dialect_type_of_address destination_type;
    uint8_t dcs_in[256]; /* enum text_coding */
    int16_t dcs_gsm;
    int16_t dcs_ucs2; /* -1 = the dialect cannot carry UCS-2 */
    enum text_coding packing;
    uint16_t max_gsm;
    uint16_t max_ucs2;
};

#endif
