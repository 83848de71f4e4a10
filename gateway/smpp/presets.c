#include "gateway/smpp/presets.h"

/*
 * SMPP 3.4 to the letter (sections 5.3.2.43 and 44), and the base of every other dialect.
 *
 * its_session_info: octet 1 alone names the dialogue, because the rest may count units; all of it
 * is echoed, so that centres that take 15 or 16 bits for the name read theirs.
 * data_coding: an octet may come from SMPP's list or from the one of TS 23.038; where both have a
 * meaning for it, the one that USSD centres use.
 */
/* clang-format off */
#define SPEC34                                                                                     \
    .pdu_in = DIALECT_PDU_EITHER, .pdu_out = DIALECT_PDU_MESSAGE,                                  \
    .text_out = DIALECT_TEXT_AUTO, .text_out_octets = 254,                                         \
    .service_type_out = "USSD", .service_type_in = "USSD*",                                        \
    .ussd_match = DIALECT_MATCH_OP | DIALECT_MATCH_SERVICE_TYPE,                                   \
    .op_tag = SMPP_TAG_USSD_SERVICE_OP, .op_absent = DIALECT_ABSENT_BEGIN_IF_CODE,                 \
    .op_in = {[0] = DIALECT_OP_BEGIN, [1] = DIALECT_OP_BEGIN,                                      \
              [2] = DIALECT_OP_ANSWER, [18] = DIALECT_OP_ANSWER,                                   \
              [19] = DIALECT_OP_NOTIFY_ACK, [146] = DIALECT_OP_ANSWER_LAST,                        \
              [5] = DIALECT_OP_ABORT, [17] = DIALECT_OP_ABORT, [33] = DIALECT_OP_ABORT,            \
              [65] = DIALECT_OP_ABORT, [129] = DIALECT_OP_ABORT,                                   \
              [66] = DIALECT_OP_ERROR, [67] = DIALECT_OP_ERROR},                                   \
    .op_in_unknown = DIALECT_UNKNOWN_ANSWER,                                                       \
    .op_out = {.mo_ask = 2, .mo_end = 17, .ni_ask = 2, .ni_notify = 3, .ni_end = 3,                \
               .abort = DIALECT_NONE, .abort_ack = DIALECT_NONE,         \
               .phase_1_end = 16},                                                                 \
    .session_source = DIALECT_SESSION_ITS, .session_mask = 0xFF00,                                 \
    .end_bit = DIALECT_END_BIT_IN | DIALECT_END_BIT_OUT,                                           \
    .source_type = {0, 1}, .destination_type = {1, 1},                                             \
    .dcs_in = {[0x02] = TEXT_LATIN1, [0x03] = TEXT_LATIN1, [0x04] = TEXT_LATIN1,                   \
               [0x08] = TEXT_UCS2, [0x11] = TEXT_UCS2, [0x18 ... 0x1B] = TEXT_UCS2,                \
               [0x44 ... 0x47] = TEXT_LATIN1, [0x48 ... 0x4B] = TEXT_UCS2,                         \
               [0x54 ... 0x57] = TEXT_LATIN1, [0x58 ... 0x5B] = TEXT_UCS2,                         \
               [0xF4 ... 0xF7] = TEXT_LATIN1, [0xFC ... 0xFF] = TEXT_LATIN1},                      \
    .dcs_gsm = 0x00, .dcs_ucs2 = 0x08, .packing = TEXT_GSM, .max_gsm = 182, .max_ucs2 = 80,        \
    .timers = {.app_reply_s = 8, .user_reply_s = 120, .session_max_s = 180}
/* clang-format on */

_Static_assert(TEXT_GSM == 0, "a data_coding that dcs_in does not name is the default alphabet");
_Static_assert(DIALECT_OP_UNKNOWN == 0, "an operation that op_in does not name is unknown");

/* Each dialect is the letter with some knobs turned: the later value stands. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"

static const struct dialect presets[] = {
    {.name = "spec34", SPEC34},
    /* Asks and ends with the same operation: the end bit alone tells. Any other operation is an
     * abort. */
    {.name = "tata",
     SPEC34,
     .op_in = {[1] = DIALECT_OP_BEGIN, [2] = DIALECT_OP_ANSWER, [18] = DIALECT_OP_ANSWER},
     .op_in_unknown = DIALECT_UNKNOWN_ABORT,
     .op_out.mo_end = 2,
     .op_out.ni_notify = 2,
     .op_out.ni_end = 2,
     .op_out.phase_1_end = 2,
     .session_mask = 0xFFFE,
     .session_ni = DIALECT_NI_ZERO},
    {.name = "mica",
     SPEC34,
     .service_type_out = "",
     .op_out.mo_end = 0x17,
     .session_source = DIALECT_SESSION_UMR,
     .end_bit = 0,
     .code_from = DIALECT_CODE_BEGIN_TEXT},
    {.name = "sixdee",
     SPEC34,
     .op_out.mo_end = 0x17,
     .session_mask = 0xFFFE,
     .code_from = DIALECT_CODE_BEGIN_TEXT},
    {.name = "smppplus",
     SPEC34,
     .pdu_in = DIALECT_PDU_MESSAGE,
     .op_out.ni_notify = 131,
     .op_out.abort = 128,
     .session_source = DIALECT_SESSION_UMR,
     .end_bit = 0},
    {.name = "datasm",
     SPEC34,
     .pdu_in = DIALECT_PDU_DATA_SM,
     .pdu_out = DIALECT_PDU_DATA_SM,
     .text_out = DIALECT_TEXT_PAYLOAD,
     .op_in[128] = DIALECT_OP_ABORT,
     .op_out.abort = 68},
    /* All 16 bits name the dialogue; one that we opened is ended by a notice. */
    {.name = "fdp", SPEC34, .session_mask = 0xFFFF, .end_bit = 0},
    {.name = "comviva",
     SPEC34,
     .text_out = DIALECT_TEXT_PAYLOAD,
     .body = DIALECT_BODY_PIPE_BASE64,
     .op_out.ni_ask = 1,
     .session_source = DIALECT_SESSION_BODY,
     .session_tag = 110,
     .end_bit = 0,
     .code_from = DIALECT_CODE_BODY,
     .code_item = 115,
     .msisdn_item = 100,
     .dcs_ucs2 = DIALECT_NONE,
     .packing = TEXT_UTF8},
    {.name = "bare",
     SPEC34,
     .session_source = DIALECT_SESSION_NONE,
     .session_key = DIALECT_KEY_MSISDN,
     .end_bit = 0},
    {.name = "tlv1501",
     SPEC34,
     .session_source = DIALECT_SESSION_TLV,
     .session_tag = 0x1501,
     .session_octets = 4,
     .end_bit = 0,
     .dcs_ucs2 = 0x48},
    {.name = "letters",
     SPEC34,
     .service_type_is_state = true,
     .op_tag = 0,
     .session_source = DIALECT_SESSION_NONE,
     .session_key = DIALECT_KEY_MSISDN,
     .end_bit = 0,
     .source_type = {1, 1},
     .dcs_in[4] = TEXT_ASCII,
     .dcs_gsm = 4,
     .packing = TEXT_ASCII},
};

#pragma GCC diagnostic pop

const struct dialect *preset_at(size_t index)
{
    return index < sizeof(presets) / sizeof(presets[0]) ? &presets[index] : NULL;
}
