#include "gateway/smpp/dialect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/map.h"
#include "gateway/smpp/dialect_knobs.h"
#include "gateway/smpp/presets.h"

/* esm_class bits 5-2: the message type (5.2.12) */
enum {
    ESM_TYPE_MASK = 0x3C,
    ESM_CONVERSATION_ABORT = 0x18,
    ESM_UDHI = 0x40,
    END_BIT = 0x01,
};

const struct dialect *dialect_find(const char *name)
{
    const struct dialect *d;

    for (size_t i = 0; (d = preset_at(i)) != NULL; i++)
        if (strcmp(d->name, name) == 0)
            return d;
    return NULL;
}

const char *dialect_name(const struct dialect *d)
{
    return d->name;
}

unsigned dialect_limit(const struct dialect *d, bool ucs2)
{
    return ucs2 ? d->max_ucs2 : d->max_gsm;
}

/* ---- decoding ---- */

/* One PDU on its way to an input. */
struct reading {
    const struct dialect *d;
    const struct smpp_pdu *pdu;
    struct dialect_input *input;
    struct span text; /* octets, without a header */
    bool has_op;
    uint8_t op;
    bool has_end_bit;
};

static void hash_tlv(const struct smpp_pdu *pdu, uint16_t tag, uint64_t *hash)
{
    struct span value;

    if (smpp_tlv_find(pdu->tlvs, tag, &value))
        *hash = map_hash(value, *hash ^ tag);
}

/* Equal for every copy of a PDU that a centre sends again, whatever its sequence_number: the seed
 * is fixed, since gateways must agree, and each field is hashed by itself, so that octets cannot
 * move from one to the next unnoticed. */
static uint64_t fingerprint(const struct dialect *d, const struct smpp_pdu *pdu)
{
    const struct smpp_message *m = &pdu->message;
    const uint8_t octets[] = {m->source.ton,      m->source.npi, m->destination.ton,
                              m->destination.npi, m->esm_class,  m->data_coding};
    uint64_t hash = 0x576172756e672031; /* "Warung 1" */

    hash = map_hash(span_of(octets, sizeof(octets)), hash);
    hash = map_hash(m->source.digits, hash);
    hash = map_hash(m->destination.digits, hash);
    hash_tlv(pdu, d->op_tag, &hash);
    hash_tlv(pdu, SMPP_TAG_ITS_SESSION_INFO, &hash);
    hash_tlv(pdu, SMPP_TAG_USER_MESSAGE_REFERENCE, &hash);
    if (d->session_source == DIALECT_SESSION_TLV)
        hash_tlv(pdu, d->session_tag, &hash);
    hash_tlv(pdu, SMPP_TAG_SAR_MSG_REF_NUM, &hash);
    hash_tlv(pdu, SMPP_TAG_SAR_TOTAL_SEGMENTS, &hash);
    hash_tlv(pdu, SMPP_TAG_SAR_SEGMENT_SEQNUM, &hash);
    return map_hash(smpp_message_text(pdu), hash);
}

/* False when it does not fit, or holds something else than digits. */
static bool read_msisdn(struct span digits, char *msisdn)
{
    if (digits.size != 0 && digits.data[0] == '+')
        digits = span_of(digits.data + 1, digits.size - 1);
    if (digits.size == 0 || digits.size >= DIALECT_MSISDN_BYTES)
        return false;
    for (size_t i = 0; i < digits.size; i++)
        if (!isdigit(digits.data[i]))
            return false;
    memcpy(msisdn, digits.data, digits.size);
    msisdn[digits.size] = '\0';
    return true;
}

/* An address is printable ASCII: it may become text. */
static bool copy_address(struct span digits, char *address)
{
    if (digits.size >= DIALECT_CODE_BYTES)
        return false;
    for (size_t i = 0; i < digits.size; i++)
        if (digits.data[i] < ' ' || digits.data[i] > '~')
            return false;
    memcpy(address, digits.data, digits.size);
    address[digits.size] = '\0';
    return true;
}

static bool is_dialled(const char *text)
{
    return text[0] == '*' || text[0] == '#';
}

/* "*384*2#" -> "*384#", "*#06#" -> "*#06#": the prefix, the digits behind it, one # at the end. */
static void cut_service_code(const char *dialled, char *code)
{
    size_t prefix = strspn(dialled, "*#");
    size_t size = prefix + strcspn(dialled + prefix, "*#");

    if (size > DIALECT_CODE_BYTES - 2)
        size = DIALECT_CODE_BYTES - 2;
    memcpy(code, dialled, size);
    if (is_dialled(dialled))
        code[size++] = '#';
    code[size] = '\0';
}

/* Some centres write the dialled string into the destination alone. */
static void find_code(struct reading *r)
{
    const char *address = r->input->session.address;
    const char *text = r->input->text;
    bool is_begin = r->input->kind == DIALECT_BEGIN;
    bool by_text = r->d->code_from == DIALECT_CODE_BEGIN_TEXT ||
                   (r->d->code_from == DIALECT_CODE_AUTO && is_dialled(text));

    if (is_begin && text[0] == '\0')
        text_copy(r->input->text, sizeof(r->input->text), address);
    cut_service_code(is_begin && by_text ? text : address, r->input->code);
}

static enum smpp_status read_its_session_info(struct reading *r, struct span value)
{
    struct dialect_session *s = &r->input->session;
    uint8_t mask[2] = {(uint8_t)(r->d->session_mask >> 8), (uint8_t)r->d->session_mask};

    if (value.size > DIALECT_SESSION_BYTES)
        return ESME_RINVPARLEN;
    memcpy(s->octets, value.data, value.size);
    s->size = (uint8_t)value.size;
    if (value.size != sizeof(mask)) /* not the letter's: an opaque name */
        return ESME_ROK;
    s->octets[0] &= mask[0];
    s->octets[1] &= mask[1];
    s->unit = value.data[1] >> 1;
    s->rest = value.data[1] & (uint8_t)~mask[1];
    r->has_end_bit = (r->d->end_bit & DIALECT_END_BIT_IN) != 0 && (value.data[1] & END_BIT) != 0;
    if (r->d->end_bit != 0)
        s->rest &= (uint8_t)~END_BIT;
    return ESME_ROK;
}

static uint16_t session_tag(const struct dialect *d)
{
    switch (d->session_source) {
    case DIALECT_SESSION_ITS:
        return SMPP_TAG_ITS_SESSION_INFO;
    case DIALECT_SESSION_UMR:
        return SMPP_TAG_USER_MESSAGE_REFERENCE;
    case DIALECT_SESSION_TLV:
        return d->session_tag;
    case DIALECT_SESSION_NONE:
        break;
    }
    return 0;
}

static enum smpp_status read_session(struct reading *r)
{
    struct dialect_session *s = &r->input->session;
    struct span value;

    if (r->d->session_source == DIALECT_SESSION_NONE ||
        !smpp_tlv_find(r->pdu->tlvs, session_tag(r->d), &value))
        return ESME_ROK;
    if (r->d->session_source == DIALECT_SESSION_ITS)
        return read_its_session_info(r, value);
    if (value.size > DIALECT_SESSION_BYTES ||
        (r->d->session_octets != 0 && value.size != r->d->session_octets))
        return ESME_RINVPARLEN;
    memcpy(s->octets, value.data, value.size);
    s->size = (uint8_t)value.size;
    return ESME_ROK;
}

static bool has_service_type(const struct dialect *d, const struct smpp_message *m)
{
    size_t size = strlen(d->service_type_in);

    return size != 0 && m->service_type.size >= size &&
           strncasecmp((const char *)m->service_type.data, d->service_type_in, size) == 0;
}

static bool is_ussd(const struct reading *r)
{
    bool is_data_sm = r->pdu->header.command_id == SMPP_DATA_SM;

    if ((r->d->pdu_in == DIALECT_PDU_MESSAGE && is_data_sm) ||
        (r->d->pdu_in == DIALECT_PDU_DATA_SM && !is_data_sm))
        return false;
    return ((r->d->ussd_match & DIALECT_MATCH_OP) != 0 && r->has_op) ||
           ((r->d->ussd_match & DIALECT_MATCH_SERVICE_TYPE) != 0 &&
            has_service_type(r->d, &r->pdu->message));
}

static enum dialect_kind kind_of_op(const struct reading *r, enum dialect_op op)
{
    switch (op) {
    case DIALECT_OP_BEGIN:
        return DIALECT_BEGIN;
    case DIALECT_OP_ANSWER:
        return DIALECT_ANSWER;
    case DIALECT_OP_ANSWER_LAST:
        return DIALECT_ANSWER_LAST;
    case DIALECT_OP_NOTIFY_ACK:
        return DIALECT_NOTIFY_ACK;
    case DIALECT_OP_ABORT:
    case DIALECT_OP_TIMEOUT:
    case DIALECT_OP_ERROR:
        return DIALECT_ABORT;
    case DIALECT_OP_UNKNOWN:
        break;
    }
    return r->d->op_in_unknown == DIALECT_UNKNOWN_ABORT ? DIALECT_ABORT : DIALECT_ANSWER;
}

static bool is_report(const struct smpp_pdu *pdu)
{
    struct span unused;

    return (pdu->message.esm_class & ESM_TYPE_MASK) != 0 ||
           smpp_tlv_find(pdu->tlvs, SMPP_TAG_MESSAGE_STATE, &unused) ||
           smpp_tlv_find(pdu->tlvs, SMPP_TAG_RECEIPTED_MESSAGE_ID, &unused);
}

/* A USSD PDU without the operation (smpp-ussd.md 2.3 c): with a message type or state it reports
 * that the dialogue is over. */
static enum dialect_kind kind_without_op(const struct reading *r)
{
    if (r->d->op_absent == DIALECT_ABSENT_ABORT || is_report(r->pdu))
        return DIALECT_ABORT;
    if (is_dialled(r->input->text))
        return DIALECT_BEGIN;
    return r->input->text[0] != '\0' ? DIALECT_ANSWER : DIALECT_ABORT;
}

/* False: the dialect refuses the operation. */
static bool find_ussd_kind(struct reading *r)
{
    enum dialect_op op = r->has_op ? (enum dialect_op)r->d->op_in[r->op] : DIALECT_OP_UNKNOWN;

    if (!r->has_op) {
        r->input->kind = kind_without_op(r);
        return true;
    }
    if (op == DIALECT_OP_UNKNOWN && r->d->op_in_unknown == DIALECT_UNKNOWN_REJECT)
        return false;
    r->input->kind = kind_of_op(r, op);
    r->input->session.is_phase_1 = r->op == 0 && r->input->kind == DIALECT_BEGIN;
    /* The end bit closes whatever the operation says, but for the two that end by themselves. */
    if (r->has_end_bit && r->input->kind != DIALECT_NOTIFY_ACK &&
        r->input->kind != DIALECT_ANSWER_LAST)
        r->input->kind = DIALECT_ABORT;
    return true;
}

static enum dialect_kind find_plain_kind(const struct smpp_pdu *pdu)
{
    if ((pdu->message.esm_class & ESM_TYPE_MASK) == ESM_CONVERSATION_ABORT)
        return DIALECT_ABORT;
    return is_report(pdu) ? DIALECT_RECEIPT : DIALECT_SMS;
}

/* Cuts a user data header off. A header that is longer than the message makes all of it
 * unreadable. */
static enum smpp_status read_text(struct reading *r)
{
    const struct smpp_message *m = &r->pdu->message;

    r->text = smpp_message_text(r->pdu);
    if ((m->esm_class & ESM_UDHI) != 0) {
        size_t header = r->text.size != 0 ? (size_t)r->text.data[0] + 1 : 1;

        if (header > r->text.size)
            return ESME_RINVMSGLEN;
        r->text = span_of(r->text.data + header, r->text.size - header);
    }
    return ESME_ROK;
}

static void decode_text(struct reading *r)
{
    enum text_coding coding = (enum text_coding)r->d->dcs_in[r->pdu->message.data_coding];

    if (coding == TEXT_GSM)
        coding = r->d->packing;
    text_decode(coding, r->text, r->input->text, sizeof(r->input->text));
}

static enum smpp_status read_op(struct reading *r)
{
    struct span value;

    r->has_op = r->d->op_tag != 0 && smpp_tlv_find(r->pdu->tlvs, r->d->op_tag, &value);
    if (!r->has_op)
        return ESME_ROK;
    if (value.size == 0 || value.size > 2 || (value.size == 2 && value.data[0] != 0))
        return ESME_RINVPARLEN;
    r->op = value.data[value.size - 1];
    return ESME_ROK;
}

/* A receipt may come about any destination, also one with a name; everything else is from a
 * subscriber. */
static enum smpp_status read_addresses(struct reading *r)
{
    const struct smpp_message *m = &r->pdu->message;

    if (!read_msisdn(m->source.digits, r->input->msisdn) && r->input->kind != DIALECT_RECEIPT)
        return ESME_RINVSRCADR;
    if (!copy_address(m->destination.digits, r->input->session.address))
        return ESME_RINVDSTADR;
    return ESME_ROK;
}

enum smpp_status dialect_decode(const struct dialect *d, const struct smpp_pdu *pdu,
                                struct dialect_input *input)
{
    struct reading r = {.d = d, .pdu = pdu, .input = input};
    enum smpp_status status;

    memset(&input->session, 0, sizeof(input->session));
    memset(&input->part, 0, sizeof(input->part));
    input->msisdn[0] = '\0';
    input->fingerprint = fingerprint(d, pdu);
    if ((status = read_op(&r)) != ESME_ROK || (status = read_session(&r)) != ESME_ROK ||
        (status = read_text(&r)) != ESME_ROK)
        return status;
    decode_text(&r);
    if (!is_ussd(&r))
        input->kind = find_plain_kind(pdu);
    else if (!find_ussd_kind(&r))
        return ESME_RINVOPTPARAMVAL;
    status = read_addresses(&r);
    if (status == ESME_ROK)
        find_code(&r);
    return status;
}

/* ---- encoding ---- */

enum {
    MESSAGE_OCTETS_MAX = 2 * DIALECT_TEXT_BYTES,
    SHORT_MESSAGE_OCTETS = 254,
    TLV_ROOM = 64, /* everything but the payload */
    SMS_GSM_SEPTETS = 160,
    SMS_UCS2_UNITS = 70,
};

struct limits {
    unsigned gsm;
    unsigned ucs2;
};

/* The default alphabet when it has every character, else UCS-2. */
static bool encode_text(const struct dialect *d, enum text_coding coding, struct limits limits,
                        const char *text, struct smpp_message *m, struct writer *octets)
{
    size_t units;

    if (text_units(coding, text, &units, NULL)) {
        m->data_coding = (uint8_t)d->dcs_gsm;
        return units <= limits.gsm && text_encode(coding, text, octets);
    }
    if (d->dcs_ucs2 < 0 || !text_units(TEXT_UCS2, text, &units, NULL) || units > limits.ucs2)
        return false;
    m->data_coding = (uint8_t)d->dcs_ucs2;
    return text_encode(TEXT_UCS2, text, octets);
}

/* Puts the text where the dialect wants it. */
static bool place_text(const struct dialect *d, struct span text, struct smpp_message *m,
                       struct writer *tlvs)
{
    bool is_payload = d->pdu_out == DIALECT_PDU_DATA_SM || d->text_out == DIALECT_TEXT_PAYLOAD ||
                      (d->text_out == DIALECT_TEXT_AUTO && text.size > d->text_out_octets);

    if (is_payload)
        smpp_tlv_write(tlvs, SMPP_TAG_MESSAGE_PAYLOAD, text);
    else
        m->short_message = text;
    return is_payload || text.size <= SHORT_MESSAGE_OCTETS;
}

static int16_t op_of_reply(const struct dialect *d, const struct dialect_reply *reply)
{
    if (reply->session.is_phase_1 && reply->kind != DIALECT_RELEASE)
        return d->op_out.phase_1_end;
    switch (reply->kind) {
    case DIALECT_ASK:
        return reply->network_initiated ? d->op_out.ni_ask : d->op_out.mo_ask;
    case DIALECT_END:
        return reply->network_initiated ? d->op_out.ni_end : d->op_out.mo_end;
    case DIALECT_NOTIFY:
        return d->op_out.ni_notify;
    case DIALECT_PUSH:
        return d->op_out.ni_ask;
    case DIALECT_RELEASE:
        return d->op_out.abort;
    case DIALECT_ASK_LAST:
        return d->op_out.ask_last;
    }
    return DIALECT_OP_NONE;
}

static bool is_last(const struct dialect_reply *reply)
{
    return reply->kind == DIALECT_END || reply->kind == DIALECT_RELEASE ||
           reply->session.is_phase_1;
}

static void write_session(const struct dialect *d, const struct dialect_reply *reply,
                          struct writer *tlvs)
{
    struct dialect_session s = reply->session;

    if (d->session_out == DIALECT_SESSION_OMIT || d->session_source == DIALECT_SESSION_NONE)
        return;
    if (s.size == 0) {
        if (d->session_ni == DIALECT_NI_OMIT ||
            (reply->kind != DIALECT_PUSH && reply->kind != DIALECT_NOTIFY))
            return;
        s.size = d->session_octets != 0 ? d->session_octets : 2;
        s.rest = 0;
        s.unit = 0;
    }
    if (d->session_source == DIALECT_SESSION_ITS && s.size == 2) {
        s.octets[1] |=
            d->session_out == DIALECT_SESSION_ECHO_UNIT ? (uint8_t)(s.unit << 1) : s.rest;
        if (is_last(reply) && (d->end_bit & DIALECT_END_BIT_OUT) != 0)
            s.octets[1] |= END_BIT;
    }
    smpp_tlv_write(tlvs, session_tag(d), span_of(s.octets, s.size));
}

/* Digits of a service code; an address as it is. */
static struct span source_address(const struct dialect *d, const struct dialect_reply *reply)
{
    const char *code = reply->code;
    size_t skip;

    if (d->source_fixed[0] != '\0')
        return span_of_string(d->source_fixed);
    if (reply->session.address[0] != '\0')
        return span_of_string(reply->session.address);
    skip = strspn(code, "*#");
    return span_of(code + skip, strcspn(code + skip, "*#"));
}

static void set_addresses(const struct dialect *d, struct span source, const char *msisdn,
                          struct smpp_message *m)
{
    m->source = (struct smpp_address){d->source_type.ton, d->source_type.npi, source};
    m->destination = (struct smpp_address){d->destination_type.ton, d->destination_type.npi,
                                           span_of_string(msisdn)};
}

bool dialect_encode(const struct dialect *d, const struct dialect_reply *reply,
                    uint32_t sequence_number, struct writer *w)
{
    uint8_t octets[MESSAGE_OCTETS_MAX], tlv_octets[MESSAGE_OCTETS_MAX + TLV_ROOM];
    struct smpp_message m = {.service_type = span_of_string(d->service_type_out)};
    struct limits limits = {d->max_gsm, d->max_ucs2};
    const char *text = reply->kind == DIALECT_RELEASE ? "" : reply->text;
    int16_t op = op_of_reply(d, reply);
    struct writer text_writer, tlvs;

    writer_init(&text_writer, octets, sizeof(octets));
    writer_init(&tlvs, tlv_octets, sizeof(tlv_octets));
    if (op == DIALECT_OP_NONE || !encode_text(d, d->packing, limits, text, &m, &text_writer))
        return false;
    set_addresses(d, source_address(d, reply), reply->msisdn, &m);
    smpp_tlv_write_u8(&tlvs, d->op_tag, (uint8_t)op);
    write_session(d, reply, &tlvs);
    if (!place_text(d, writer_span(&text_writer), &m, &tlvs) || tlvs.failed)
        return false;
    return smpp_message_encode(w, d->pdu_out == DIALECT_PDU_DATA_SM ? SMPP_DATA_SM : SMPP_SUBMIT_SM,
                               sequence_number, &m, writer_span(&tlvs));
}

bool dialect_encode_sms(const struct dialect *d, const char *source, const char *msisdn,
                        const char *text, uint8_t registered_delivery, uint32_t sequence_number,
                        struct writer *w)
{
    uint8_t octets[2 * SMS_GSM_SEPTETS];
    struct smpp_message m = {.registered_delivery = registered_delivery};
    struct limits limits = {SMS_GSM_SEPTETS, SMS_UCS2_UNITS};
    /* Septets are packed in USSD only: an SMS tells their number by its length. */
    enum text_coding coding = d->packing == TEXT_GSM_PACKED ? TEXT_GSM : d->packing;
    struct writer text_writer;

    writer_init(&text_writer, octets, sizeof(octets));
    if (!encode_text(d, coding, limits, text, &m, &text_writer))
        return false;
    set_addresses(d, span_of_string(source), msisdn, &m);
    if (source[strspn(source, "+0123456789")] != '\0')
        m.source = (struct smpp_address){5, 0, span_of_string(source)};
    m.short_message = writer_span(&text_writer);
    return smpp_message_encode(w, SMPP_SUBMIT_SM, sequence_number, &m, span_of(NULL, 0));
}
