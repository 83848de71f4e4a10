#include "gateway/smpp/presets.h"

/*
 * SMPP 3.4 to the letter (sections 5.3.2.43 and 44), and the base of every other dialect.
 *
 * its_session_info: octet 1 alone names the dialogue, because the rest may count units; all of it
 * is echoed, so that centres that take 15 or 16 bits for the name read theirs.
 * data_coding: an octet may come from SMPP's list or from the one of TS 23.038; where both have a
 * meaning for it, the one that USSD centres use (smpp-ussd.md 3.3).
 */
/* clang-format off */
#define SPEC34                                                                                     \
    .pdu_in = DIALECT_PDU_EITHER, .pdu_out = DIALECT_PDU_MESSAGE,                                  \
    .text_out = DIALECT_TEXT_AUTO, .text_out_octets = 254,                                         \
    .service_type_out = "USSD", .service_type_in = "USSD",                                         \
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
               .ask_last = DIALECT_OP_NONE, .abort = DIALECT_OP_NONE, .phase_1_end = 16},          \
    .session_source = DIALECT_SESSION_ITS, .session_mask = 0xFF00,                                 \
    .session_out = DIALECT_SESSION_ECHO, .session_ni = DIALECT_NI_OMIT,                            \
    .end_bit = DIALECT_END_BIT_IN | DIALECT_END_BIT_OUT,                                           \
    .code_from = DIALECT_CODE_AUTO,                                                                \
    .source_type = {0, 1}, .destination_type = {1, 1},                                             \
    .dcs_in = {[0x02] = TEXT_LATIN1, [0x03] = TEXT_LATIN1, [0x04] = TEXT_LATIN1,                   \
               [0x08] = TEXT_UCS2, [0x11] = TEXT_UCS2, [0x18 ... 0x1B] = TEXT_UCS2,                \
               [0x44 ... 0x47] = TEXT_LATIN1, [0x48 ... 0x4B] = TEXT_UCS2,                         \
               [0x54 ... 0x57] = TEXT_LATIN1, [0x58 ... 0x5B] = TEXT_UCS2,                         \
               [0xF4 ... 0xF7] = TEXT_LATIN1, [0xFC ... 0xFF] = TEXT_LATIN1},                      \
    .dcs_gsm = 0x00, .dcs_ucs2 = 0x08, .packing = TEXT_GSM, .max_gsm = 182, .max_ucs2 = 80
/* clang-format on */

_Static_assert(TEXT_GSM == 0, "a data_coding that dcs_in does not name is the default alphabet");

static const struct dialect presets[] = {
    {.name = "spec34", SPEC34},
};

const struct dialect *preset_at(size_t index)
{
    return index < sizeof(presets) / sizeof(presets[0]) ? &presets[index] : NULL;
}
