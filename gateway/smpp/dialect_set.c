/* dialect_set_knob(): a table of knobs, their places and the values they take. */
#include "gateway/smpp/dialect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/smpp/dialect_knobs.h"

struct word {
    const char *text;
    int value;
};

struct knob {
    const char *name;
    bool (*set)(struct dialect *d, const struct knob *knob, const char *value);
    size_t offset;
    size_t size;              /* texts: of the field */
    const struct word *words; /* ended by an empty one */
    long min, max;
    const char *takes; /* for the error */
};

/* ---- pieces of values ---- */

/* Decimal, or hex with 0x. */
static bool parse_number(const char *text, long min, long max, long *number)
{
    char *end;

    errno = 0;
    *number = strtol(text, &end, 0);
    return end != text && *end == '\0' && errno == 0 && *number >= min && *number <= max;
}

static bool find_word(const struct word *words, const char *text, int *value)
{
    for (; words->text != NULL; words++) {
        if (strcmp(words->text, text) == 0) {
            *value = words->value;
            return true;
        }
    }
    return false;
}

/* Calls fn for each "left:right" of a list separated by spaces; a piece without a colon has right =
 * "". False as soon as fn says so, or when the list is empty or too long. */
typedef bool pair_fn(struct dialect *d, const struct knob *knob, const char *left,
                     const char *right);

static bool for_each_pair(struct dialect *d, const struct knob *knob, const char *value,
                          pair_fn *fn)
{
    char copy[1024], *rest = copy, *piece;
    bool any = false;

    if (!text_copy(copy, sizeof(copy), value))
        return false;
    while ((piece = strsep(&rest, " ,")) != NULL) {
        char *colon = strchr(piece, ':');

        if (piece[0] == '\0')
            continue;
        if (colon != NULL)
            *colon = '\0';
        if (!fn(d, knob, piece, colon != NULL ? colon + 1 : ""))
            return false;
        any = true;
    }
    return any;
}

/* ---- kinds of knobs ---- */

static void *place(struct dialect *d, const struct knob *knob)
{
    return (char *)d + knob->offset;
}

static bool set_word(struct dialect *d, const struct knob *knob, const char *value)
{
    int number;

    if (!find_word(knob->words, value, &number))
        return false;
    *(unsigned *)place(d, knob) = (unsigned)number; /* an enum */
    return true;
}

static bool set_u16(struct dialect *d, const struct knob *knob, const char *value)
{
    long number;

    if (!parse_number(value, knob->min, knob->max, &number))
        return false;
    *(uint16_t *)place(d, knob) = (uint16_t)number;
    return true;
}

static bool set_i16(struct dialect *d, const struct knob *knob, const char *value)
{
    long number = DIALECT_NONE;

    if (strcmp(value, "none") != 0 && !parse_number(value, knob->min, knob->max, &number))
        return false;
    *(int16_t *)place(d, knob) = (int16_t)number;
    return true;
}

static bool set_text(struct dialect *d, const struct knob *knob, const char *value)
{
    if (strlen(value) >= knob->size)
        return false;
    return text_copy(place(d, knob), knob->size, value);
}

/* ---- knobs with a form of their own ---- */

static bool set_text_out(struct dialect *d, const struct knob *knob, const char *value)
{
    unsigned octets;
    char close, end;

    if (sscanf(value, "auto(%3u%c%c", &octets, &close, &end) == 2 && close == ')' &&
        octets <= 254) {
        d->text_out = DIALECT_TEXT_AUTO;
        d->text_out_octets = (uint16_t)octets;
        return true;
    }
    return set_word(d, knob, value);
}

static bool set_flag(struct dialect *d, const struct knob *knob, const char *value)
{
    int number;

    if (!find_word(knob->words, value, &number))
        return false;
    *(bool *)place(d, knob) = number != 0;
    return true;
}

static bool add_match(struct dialect *d, const struct knob *knob, const char *left,
                      const char *right)
{
    int number;

    if (!find_word(knob->words, left, &number))
        return false;
    d->ussd_match |= (unsigned)number;
    if (right[0] == '\0')
        return true;
    if (number != DIALECT_MATCH_SERVICE_TYPE || strlen(right) >= sizeof(d->service_type_in))
        return false;
    return text_copy(d->service_type_in, sizeof(d->service_type_in), right);
}

static bool set_match(struct dialect *d, const struct knob *knob, const char *value)
{
    d->ussd_match = 0;
    return for_each_pair(d, knob, value, add_match);
}

static bool set_one_op_in(struct dialect *d, const struct knob *knob, const char *left,
                          const char *right)
{
    long op;
    int meaning;

    if (strcmp(left, "none") == 0) {
        memset(d->op_in, DIALECT_OP_UNKNOWN, sizeof(d->op_in));
        return right[0] == '\0';
    }
    if (!parse_number(left, 0, 255, &op) || !find_word(knob->words, right, &meaning))
        return false;
    d->op_in[op] = (uint8_t)meaning;
    return true;
}

static bool set_op_in(struct dialect *d, const struct knob *knob, const char *value)
{
    return for_each_pair(d, knob, value, set_one_op_in);
}

static bool set_one_op_out(struct dialect *d, const struct knob *knob, const char *left,
                           const char *right)
{
    long op = DIALECT_NONE;
    int offset;

    if (!find_word(knob->words, left, &offset))
        return false;
    if (strcmp(right, "none") != 0 && !parse_number(right, 0, 255, &op))
        return false;
    *(int16_t *)((char *)&d->op_out + offset) = (int16_t)op;
    return true;
}

static bool set_op_out(struct dialect *d, const struct knob *knob, const char *value)
{
    return for_each_pair(d, knob, value, set_one_op_out);
}

/* its | umr | none | tlv:TTTT,LEN (hex tag, octets) | body:ITEM */
static bool set_session_src(struct dialect *d, const struct knob *knob, const char *value)
{
    unsigned tag, octets;
    char end;

    if (sscanf(value, "tlv:%4x,%3u%c", &tag, &octets, &end) == 2) {
        if (octets == 0 || octets > DIALECT_SESSION_BYTES)
            return false;
        d->session_source = DIALECT_SESSION_TLV;
    } else if (sscanf(value, "body:%3u%c", &tag, &end) == 1) {
        d->session_source = DIALECT_SESSION_BODY;
        octets = 0;
    } else {
        tag = octets = 0;
        if (!set_word(d, knob, value))
            return false;
    }
    d->session_tag = (uint16_t)tag;
    d->session_octets = (uint8_t)octets;
    return true;
}

/* auto | dst | begin_text | body:ITEM | fixed:CODE */
static bool set_code_from(struct dialect *d, const struct knob *knob, const char *value)
{
    unsigned item;
    char end;

    if (sscanf(value, "body:%3u%c", &item, &end) == 1) {
        d->code_from = DIALECT_CODE_BODY;
        d->code_item = (uint16_t)item;
        return true;
    }
    if (strncmp(value, "fixed:", 6) == 0 && value[6] != '\0') {
        d->code_from = DIALECT_CODE_FIXED;
        return text_copy(d->code_fixed, sizeof(d->code_fixed), value + 6);
    }
    return set_word(d, knob, value);
}

/* src | body:ITEM */
static bool set_msisdn_from(struct dialect *d, const struct knob *knob, const char *value)
{
    unsigned item;
    char end;

    (void)knob;
    if (strcmp(value, "src") == 0)
        d->msisdn_item = 0;
    else if (sscanf(value, "body:%3u%c", &item, &end) == 1)
        d->msisdn_item = (uint16_t)item;
    else
        return false;
    return true;
}

/* "reply 0/1 1/1": the source address (reply: the one that the subscriber used), its TON and NPI,
 * those of the destination. */
static bool set_addr_out(struct dialect *d, const struct knob *knob, const char *value)
{
    unsigned ton[2], npi[2];
    char source[32], end;

    (void)knob;
    if (sscanf(value, "%31s %3u/%3u %3u/%3u %c", source, &ton[0], &npi[0], &ton[1], &npi[1],
               &end) != 5)
        return false;
    for (unsigned i = 0; i < 2; i++)
        if (ton[i] > UINT8_MAX || npi[i] > UINT8_MAX)
            return false;
    d->source_type = (struct dialect_type_of_address){(uint8_t)ton[0], (uint8_t)npi[0]};
    d->destination_type = (struct dialect_type_of_address){(uint8_t)ton[1], (uint8_t)npi[1]};
    if (strcmp(source, "reply") == 0)
        source[0] = '\0';
    return text_copy(d->source_fixed, sizeof(d->source_fixed), source);
}

static bool set_one_dcs_in(struct dialect *d, const struct knob *knob, const char *left,
                           const char *right)
{
    long data_coding;
    int coding;

    if (!parse_number(left, 0, 255, &data_coding) || !find_word(knob->words, right, &coding))
        return false;
    d->dcs_in[data_coding] = (uint8_t)coding;
    return true;
}

static bool set_dcs_in(struct dialect *d, const struct knob *knob, const char *value)
{
    return for_each_pair(d, knob, value, set_one_dcs_in);
}

static bool set_one_dcs_out(struct dialect *d, const struct knob *knob, const char *left,
                            const char *right)
{
    bool is_ucs2 = strcmp(left, "ucs2") == 0;
    long data_coding = DIALECT_NONE;

    (void)knob;
    if (!is_ucs2 && strcmp(left, "gsm") != 0)
        return false;
    if (!(is_ucs2 && strcmp(right, "none") == 0) && !parse_number(right, 0, 255, &data_coding))
        return false;
    *(is_ucs2 ? &d->dcs_ucs2 : &d->dcs_gsm) = (int16_t)data_coding;
    return true;
}

static bool set_dcs_out(struct dialect *d, const struct knob *knob, const char *value)
{
    return for_each_pair(d, knob, value, set_one_dcs_out);
}

/* "8 120 180": app_reply, user_reply, session_max in seconds. */
static bool set_timers(struct dialect *d, const struct knob *knob, const char *value)
{
    unsigned s[3];
    char end;

    (void)knob;
    if (sscanf(value, "%5u %5u %5u %c", &s[0], &s[1], &s[2], &end) != 3)
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (s[i] == 0 || s[i] > 3600)
            return false;
    d->timers = (struct dialect_timers){(uint16_t)s[0], (uint16_t)s[1], (uint16_t)s[2]};
    return true;
}

static bool set_one_status(struct dialect *d, const struct knob *knob, const char *left,
                           const char *right)
{
    long status;
    int status_class;

    if (strcmp(left, "none") == 0) {
        memset(&d->statuses, 0, sizeof(d->statuses));
        return right[0] == '\0';
    }
    return parse_number(left, 1, UINT32_MAX, &status) &&
           find_word(knob->words, right, &status_class) &&
           smpp_statuses_set(&d->statuses, (uint32_t)status, (enum smpp_status_class)status_class);
}

static bool set_status(struct dialect *d, const struct knob *knob, const char *value)
{
    return for_each_pair(d, knob, value, set_one_status);
}

/* ---- the table ---- */

static const struct word pdu_in_words[] = {{"either", DIALECT_PDU_EITHER},
                                           {"deliver_sm", DIALECT_PDU_MESSAGE},
                                           {"data_sm", DIALECT_PDU_DATA_SM},
                                           {0}};
static const struct word pdu_out_words[] = {
    {"submit_sm", DIALECT_PDU_MESSAGE}, {"data_sm", DIALECT_PDU_DATA_SM}, {0}};
static const struct word text_out_words[] = {
    {"short", DIALECT_TEXT_SHORT}, {"payload", DIALECT_TEXT_PAYLOAD}, {0}};
static const struct word body_words[] = {{"plain", DIALECT_BODY_PLAIN},
                                         {"pipe_base64", DIALECT_BODY_PIPE_BASE64},
                                         {"at_code", DIALECT_BODY_AT_CODE},
                                         {0}};
static const struct word state_words[] = {{"none", 0}, {"letters2", 1}, {0}};
static const struct word match_words[] = {{"op", DIALECT_MATCH_OP},
                                          {"service_type", DIALECT_MATCH_SERVICE_TYPE},
                                          {"code", DIALECT_MATCH_CODE},
                                          {0}};
static const struct word op_absent_words[] = {{"sms", DIALECT_ABSENT_SMS},
                                              {"begin_if_code", DIALECT_ABSENT_BEGIN_IF_CODE},
                                              {"abort", DIALECT_ABSENT_ABORT},
                                              {0}};
static const struct word op_in_words[] = {
    {"unknown", DIALECT_OP_UNKNOWN},       {"begin", DIALECT_OP_BEGIN},
    {"answer", DIALECT_OP_ANSWER},         {"answer_last", DIALECT_OP_ANSWER_LAST},
    {"notify_ack", DIALECT_OP_NOTIFY_ACK}, {"abort", DIALECT_OP_ABORT},
    {"timeout", DIALECT_OP_TIMEOUT},       {"error", DIALECT_OP_ERROR},
    {"by_text", DIALECT_OP_BY_TEXT},       {0}};
static const struct word op_unknown_words[] = {{"answer", DIALECT_UNKNOWN_ANSWER},
                                               {"abort", DIALECT_UNKNOWN_ABORT},
                                               {"reject", DIALECT_UNKNOWN_REJECT},
                                               {0}};
static const struct word op_out_words[] = {
    {"mo_ask", offsetof(struct dialect_ops_out, mo_ask)},
    {"mo_end", offsetof(struct dialect_ops_out, mo_end)},
    {"ni_ask", offsetof(struct dialect_ops_out, ni_ask)},
    {"ni_notify", offsetof(struct dialect_ops_out, ni_notify)},
    {"ni_end", offsetof(struct dialect_ops_out, ni_end)},
    {"abort", offsetof(struct dialect_ops_out, abort)},
    {"phase_1_end", offsetof(struct dialect_ops_out, phase_1_end)},
    {0}};
static const struct word session_words[] = {{"its", DIALECT_SESSION_ITS},
                                            {"umr", DIALECT_SESSION_UMR},
                                            {"none", DIALECT_SESSION_NONE},
                                            {0}};
static const struct word session_key_words[] = {
    {"id+msisdn", DIALECT_KEY_ID_AND_MSISDN}, {"msisdn", DIALECT_KEY_MSISDN}, {0}};
static const struct word session_out_words[] = {{"echo", DIALECT_SESSION_ECHO},
                                                {"echo+unit", DIALECT_SESSION_ECHO_UNIT},
                                                {"omit", DIALECT_SESSION_OMIT},
                                                {0}};
static const struct word session_ni_words[] = {
    {"omit", DIALECT_NI_OMIT}, {"zero", DIALECT_NI_ZERO}, {0}};
static const struct word ni_session_from_words[] = {{"first_in", DIALECT_NI_FIRST_IN},
                                                    {"resp_tlv", DIALECT_NI_RESP_TLV},
                                                    {"resp_message_id", DIALECT_NI_RESP_MESSAGE_ID},
                                                    {0}};
static const struct word end_bit_words[] = {{"none", 0},
                                            {"in", DIALECT_END_BIT_IN},
                                            {"out", DIALECT_END_BIT_OUT},
                                            {"both", DIALECT_END_BIT_IN | DIALECT_END_BIT_OUT},
                                            {0}};
static const struct word code_from_words[] = {{"auto", DIALECT_CODE_AUTO},
                                              {"dst", DIALECT_CODE_DESTINATION},
                                              {"begin_text", DIALECT_CODE_BEGIN_TEXT},
                                              {0}};
static const struct word sms_parts_words[] = {{"udh8", DIALECT_PARTS_UDH8},
                                              {"udh16", DIALECT_PARTS_UDH16},
                                              {"sar", DIALECT_PARTS_SAR},
                                              {"payload", DIALECT_PARTS_PAYLOAD},
                                              {0}};
static const struct word validity_words[] = {{"relative", DIALECT_VALIDITY_RELATIVE},
                                             {"absolute", DIALECT_VALIDITY_ABSOLUTE},
                                             {"none", DIALECT_VALIDITY_NONE},
                                             {0}};
static const struct word receipt_match_words[] = {{"type", 0}, {"text", 1}, {0}};
static const struct word receipt_ids_words[] = {{"auto", RECEIPT_IDS_AUTO},
                                                {"string", RECEIPT_IDS_STRING},
                                                {"resp_hex_dlr_dec", RECEIPT_IDS_RESP_HEX_DLR_DEC},
                                                {"resp_dec_dlr_hex", RECEIPT_IDS_RESP_DEC_DLR_HEX},
                                                {0}};
static const struct word coding_words[] = {{"gsm", TEXT_GSM},
                                           {"packed7", TEXT_GSM_PACKED},
                                           {"ucs2", TEXT_UCS2},
                                           {"latin1", TEXT_LATIN1},
                                           {"ascii", TEXT_ASCII},
                                           {"utf8", TEXT_UTF8},
                                           {0}};
static const struct word packing_words[] = {{"unpacked", TEXT_GSM}, {"packed7", TEXT_GSM_PACKED},
                                            {"ascii", TEXT_ASCII},  {"latin1", TEXT_LATIN1},
                                            {"utf8", TEXT_UTF8},    {0}};

static const struct word status_words[] = {
    {"slow_down", SMPP_CLASS_SLOW_DOWN}, {"temporary", SMPP_CLASS_TEMPORARY},
    {"session", SMPP_CLASS_SESSION},     {"credentials", SMPP_CLASS_CREDENTIALS},
    {"permanent", SMPP_CLASS_PERMANENT}, {0}};

#define AT(member) .offset = offsetof(struct dialect, member)
#define WORD(name, member, w)                                                                      \
    {                                                                                              \
        name, set_word, AT(member), .words = w                                                     \
    }
#define FORM(name, fn, w, t)                                                                       \
    {                                                                                              \
        name, fn, .words = w, .takes = t                                                           \
    }
#define FIELD(name, member)                                                                        \
    {                                                                                              \
        name, set_text, AT(member), .size = sizeof(((struct dialect *)0)->member),                 \
                                    .takes = "a short text"                                        \
    }

static const struct knob knobs[] = {
    WORD("pdu_in", pdu_in, pdu_in_words),
    WORD("pdu_out", pdu_out, pdu_out_words),
    {"text_out", set_text_out, AT(text_out), .words = text_out_words,
     .takes = "short, payload or auto(octets, at most 254)"},
    WORD("body", body, body_words),
    FIELD("service_type_out", service_type_out),
    {"service_type_state", set_flag, AT(service_type_is_state), .words = state_words},
    WORD("sms_parts", sms_parts, sms_parts_words),
    WORD("validity", validity, validity_words),
    {"receipt_match", set_flag, AT(receipt_by_text), .words = receipt_match_words},
    WORD("receipt_ids", receipt_ids, receipt_ids_words),
    FORM("status", set_status, status_words,
         "none, or a list of STATUS:slow_down|temporary|session|credentials|permanent, at most 16"),
    FORM("ussd_match", set_match, match_words, "a list of op, service_type[:BEGINNING*], code"),
    {"op_tag", set_u16, AT(op_tag), .max = 0xFFFF, .takes = "a tag such as 0x0501, or 0 for none"},
    WORD("op_absent", op_absent, op_absent_words),
    FORM("op_in", set_op_in, op_in_words,
         "none, or a list of OP:begin|answer|answer_last|notify_ack|abort|timeout|error|by_text"),
    WORD("op_in_unknown", op_in_unknown, op_unknown_words),
    FORM("op_out", set_op_out, op_out_words,
         "a list of mo_ask|mo_end|ni_ask|ni_notify|ni_end|abort|phase_1_end:OP or none"),
    {"abort_ack_op", set_i16, AT(op_out.abort_ack), .max = 255, .takes = "an operation or none"},
    {"session_src", set_session_src, AT(session_source), .words = session_words,
     .takes = "its, umr, none, tlv:TAG,OCTETS (tag in hex) or body:ITEM"},
    {"session_mask", set_u16, AT(session_mask), .max = 0xFFFF, .takes = "16 bits, such as 0xFFFE"},
    WORD("session_key", session_key, session_key_words),
    WORD("session_out", session_out, session_out_words),
    WORD("session_ni", session_ni, session_ni_words),
    WORD("ni_session_from", ni_session_from, ni_session_from_words),
    WORD("end_bit", end_bit, end_bit_words),
    {"code_from", set_code_from, AT(code_from), .words = code_from_words,
     .takes = "auto, dst, begin_text, body:ITEM or fixed:CODE"},
    FORM("msisdn_from", set_msisdn_from, NULL, "src or body:ITEM"),
    FORM("addr_out", set_addr_out, NULL,
         "reply or an address, then TON/NPI of source and destination"),
    FORM("dcs_in", set_dcs_in, coding_words,
         "a list of DATA_CODING:gsm|packed7|ucs2|latin1|ascii|utf8"),
    FORM("dcs_out", set_dcs_out, NULL, "a list of gsm:DATA_CODING, ucs2:DATA_CODING or ucs2:none"),
    WORD("packing", packing, packing_words),
    {"max_gsm", set_u16, AT(max_gsm), .min = 20, .max = 1000, .takes = "a number from 20 to 1000"},
    {"max_ucs2", set_u16, AT(max_ucs2), .min = 10, .max = 500, .takes = "a number from 10 to 500"},
    FORM("timers", set_timers, NULL,
         "app_reply, user_reply and session_max in seconds, each 1 to 3600"),
};

static const struct knob *find_knob(const char *name)
{
    for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++)
        if (strcmp(knobs[i].name, name) == 0)
            return &knobs[i];
    return NULL;
}

static void explain(const struct knob *knob, const char *value, char *error, size_t error_bytes)
{
    size_t used = (size_t)snprintf(error, error_bytes, "%s takes ", knob->name);

    if (knob->takes != NULL) {
        snprintf(error + used, error_bytes - used, "%s, not \"%s\"", knob->takes, value);
        return;
    }
    for (const struct word *w = knob->words; w->text != NULL && used < error_bytes; w++)
        used += (size_t)snprintf(error + used, error_bytes - used, "%s%s", w->text,
                                 w[1].text != NULL ? ", " : "");
    if (used < error_bytes)
        snprintf(error + used, error_bytes - used, ", not \"%s\"", value);
}

bool dialect_set_knob(struct dialect *d, const char *name, const char *value, char *error,
                      size_t error_bytes)
{
    const struct knob *knob = find_knob(name);
    struct dialect changed = *d;

    if (knob == NULL) {
        snprintf(error, error_bytes, "no dialect knob is called \"%s\"", name);
        return false;
    }
    /* On a copy: half a list must not stay behind. */
    if (!knob->set(&changed, knob, value)) {
        explain(knob, value, error, error_bytes);
        return false;
    }
    *d = changed;
    return true;
}
