/* dialect_encode(): from a reply to the PDU that the centre understands. */
#include "gateway/smpp/dialect.h"

#include <string.h>

#include "gateway/smpp/dialect_body.h"
#include "gateway/smpp/dialect_knobs.h"

enum {
    TEXT_OCTETS_MAX = 2 * DIALECT_TEXT_BYTES,
    BODY_OCTETS_MAX = 2 * TEXT_OCTETS_MAX,
    TLV_ROOM = 64, /* for everything but the payload */
};

struct limits {
    unsigned gsm;
    unsigned ucs2;
};

/* The default alphabet when it has every character, else UCS-2. */
static bool encode_text(const struct dialect *d, enum text_coding coding, struct limits limits,
                        const char *text, uint8_t *data_coding, struct writer *octets)
{
    size_t units;

    if (text_units(coding, text, &units)) {
        *data_coding = (uint8_t)d->dcs_gsm;
        return units <= limits.gsm && text_encode(coding, text, octets);
    }
    if (d->dcs_ucs2 == DIALECT_NONE || !text_units(TEXT_UCS2, text, &units) || units > limits.ucs2)
        return false;
    *data_coding = (uint8_t)d->dcs_ucs2;
    return text_encode(TEXT_UCS2, text, octets);
}

static bool has_text(const struct dialect_reply *reply)
{
    return reply->kind != DIALECT_RELEASE && reply->kind != DIALECT_ABORT_ACK;
}

/* Nothing of ours may follow. */
static bool is_last(const struct dialect_reply *reply)
{
    return reply->kind == DIALECT_END || reply->kind == DIALECT_RELEASE ||
           reply->session.is_phase_1;
}

static int16_t find_op(const struct dialect *d, const struct dialect_reply *reply)
{
    const struct dialect_ops_out *ops = &d->op_out;

    if (reply->session.is_phase_1 && has_text(reply))
        return ops->phase_1_end;
    switch (reply->kind) {
    case DIALECT_ASK:
        return reply->network_initiated ? ops->ni_ask : ops->mo_ask;
    case DIALECT_END:
        return reply->network_initiated ? ops->ni_end : ops->mo_end;
    case DIALECT_NOTIFY:
        return ops->ni_notify;
    case DIALECT_PUSH:
        return ops->ni_ask;
    case DIALECT_RELEASE:
        return ops->abort;
    case DIALECT_ABORT_ACK:
        return ops->abort_ack;
    }
    return DIALECT_NONE;
}

/* The state in two letters; NULL where there are none for it. */
static const char *find_letters(const struct dialect_reply *reply)
{
    switch (reply->kind) {
    case DIALECT_ASK:
        return "CR";
    case DIALECT_END:
        return "EF";
    case DIALECT_NOTIFY:
        return "BN";
    case DIALECT_PUSH:
        return "BR";
    case DIALECT_RELEASE:
        return "AF";
    case DIALECT_ABORT_ACK:
        break;
    }
    return NULL;
}

/* Sets service_type and operation. False when the dialect has none for this reply. */
static bool set_operation(const struct dialect *d, const struct dialect_reply *reply,
                          struct smpp_message *m, struct writer *tlvs)
{
    const char *letters = find_letters(reply);
    int16_t op = find_op(d, reply);

    if (d->service_type_is_state) {
        if (letters != NULL)
            m->service_type = span_of_string(letters);
        return letters != NULL;
    }
    m->service_type = span_of_string(d->service_type_out);
    if (op != DIALECT_NONE && d->op_tag != 0)
        smpp_tlv_write_u8(tlvs, d->op_tag, (uint8_t)op);
    return op != DIALECT_NONE;
}

static void set_unit_and_end(const struct dialect *d, const struct dialect_reply *reply,
                             uint8_t *octet)
{
    if (d->session_out == DIALECT_SESSION_ECHO_UNIT)
        *octet = (uint8_t)(reply->session.unit << 1) | (*octet & DIALECT_SESSION_END_BIT);
    if (d->end_bit != 0)
        *octet &= (uint8_t)~DIALECT_SESSION_END_BIT;
    if (is_last(reply) && (d->end_bit & DIALECT_END_BIT_OUT) != 0)
        *octet |= DIALECT_SESSION_END_BIT;
}

/* What to write as session info; an empty span for nothing. */
static struct span session_info(const struct dialect *d, const struct dialect_reply *reply,
                                uint8_t octets[DIALECT_SESSION_BYTES])
{
    const struct dialect_session *s = &reply->session;
    bool has_token = s->token_size != 0;
    size_t size = has_token ? s->token_size : s->size;

    if (d->session_out == DIALECT_SESSION_OMIT)
        return span_of(NULL, 0);
    memcpy(octets, has_token ? s->token : s->octets, DIALECT_SESSION_BYTES);
    if (size == 0) {
        if (reply->kind != DIALECT_PUSH || d->session_ni == DIALECT_NI_OMIT)
            return span_of(NULL, 0);
        size = d->session_octets != 0 ? d->session_octets : 2;
        memset(octets, 0, size);
    }
    if (d->session_source == DIALECT_SESSION_ITS && size == 2)
        set_unit_and_end(d, reply, &octets[1]);
    return span_of(octets, size);
}

static void write_session(const struct dialect *d, const struct dialect_reply *reply,
                          struct writer *tlvs)
{
    uint8_t octets[DIALECT_SESSION_BYTES];
    struct span info = session_info(d, reply, octets);
    uint16_t tag = dialect_session_tag(d);

    if (tag != 0 && info.size != 0)
        smpp_tlv_write(tlvs, tag, info);
}

static void write_pipe_body(const struct dialect *d, const struct dialect_reply *reply,
                            struct span text, struct writer *w)
{
    uint8_t octets[DIALECT_SESSION_BYTES];
    struct span info = session_info(d, reply, octets);

    body_write_type(w, 1);
    if (d->session_source == DIALECT_SESSION_BODY && info.size != 0)
        body_write_item(w, d->session_tag, info);
    body_write_item(w, BODY_TEXT, text);
    body_write_item(w, BODY_FREE_FLOW, span_of_string(is_last(reply) ? "FB" : "FC"));
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

/* "@code@" in front of the text; false when there is no room. */
static bool put_code_in_front(const struct dialect_reply *reply, char *text, size_t text_bytes)
{
    text[0] = '@';
    return text_copy(text + 1, text_bytes - 1, reply->code) &&
           text_copy(text + strlen(text), text_bytes - strlen(text), "@") &&
           text_copy(text + strlen(text), text_bytes - strlen(text), reply->text);
}

/* The octets of the text as they go out, and its data_coding. */
static bool make_text(const struct dialect *d, const struct dialect_reply *reply,
                      uint8_t *data_coding, struct writer *w)
{
    uint8_t octets[TEXT_OCTETS_MAX];
    char with_code[DIALECT_TEXT_BYTES];
    struct limits limits = {d->max_gsm, d->max_ucs2};
    const char *text = has_text(reply) ? reply->text : "";
    struct writer inner;

    if (d->body == DIALECT_BODY_AT_CODE && has_text(reply)) {
        if (!put_code_in_front(reply, with_code, sizeof(with_code)))
            return false;
        text = with_code;
    }
    if (d->body != DIALECT_BODY_PIPE_BASE64)
        return encode_text(d, d->packing, limits, text, data_coding, w);
    writer_init(&inner, octets, sizeof(octets));
    if (!encode_text(d, d->packing, limits, text, data_coding, &inner))
        return false;
    write_pipe_body(d, reply, writer_span(&inner), w);
    return !w->failed;
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
    return !tlvs->failed && (is_payload || text.size <= SMPP_SHORT_MESSAGE_BYTES_MAX);
}

bool dialect_encode(const struct dialect *d, const struct dialect_reply *reply,
                    uint32_t sequence_number, struct writer *w)
{
    uint8_t octets[BODY_OCTETS_MAX], tlv_octets[BODY_OCTETS_MAX + TLV_ROOM];
    uint32_t command_id = d->pdu_out == DIALECT_PDU_DATA_SM ? SMPP_DATA_SM : SMPP_SUBMIT_SM;
    struct smpp_message m = {0};
    struct writer text, tlvs;

    writer_init(&text, octets, sizeof(octets));
    writer_init(&tlvs, tlv_octets, sizeof(tlv_octets));
    if (!set_operation(d, reply, &m, &tlvs) || !make_text(d, reply, &m.data_coding, &text))
        return false;
    set_addresses(d, source_address(d, reply),
                  reply->session.subscriber[0] != '\0' ? reply->session.subscriber : reply->msisdn,
                  &m);
    write_session(d, reply, &tlvs);
    if (!place_text(d, writer_span(&text), &m, &tlvs))
        return false;
    return smpp_message_encode(w, command_id, sequence_number, &m, writer_span(&tlvs));
}
