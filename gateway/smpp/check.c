#include "gateway/smpp/check.h"

#include <string.h>

enum field_kind {
    FIELD_U8,
    FIELD_C_STRING,      /* limits count the NUL */
    FIELD_SHORT_MESSAGE, /* sm_length and that many octets */
    FIELD_DESTINATIONS,  /* submit_multi: number_of_dests and dest_address(es) */
    FIELD_FAILURES,      /* submit_multi_resp: no_unsuccess and unsuccess_sme(s) */
};

struct field {
    uint8_t kind;
    uint8_t limit_in;  /* what a peer may send: for binds more than the letter, as some do */
    uint8_t limit_out; /* the letter */
    uint8_t status;    /* refuses a value that is over limit_in */
    uint16_t offset;   /* of the value in the body; FIELD_NOWHERE: walked only */
};

enum { FIELD_NOWHERE = UINT16_MAX, DESTINATIONS_MAX = 254 };

struct smpp_layout {
    uint32_t command_id;
    uint8_t field_count;
    const struct field *fields;
};

#define U8(type, member)                                                                           \
    {                                                                                              \
        FIELD_U8, 1, 1, 0, offsetof(struct type, member)                                           \
    }
#define TEXT(type, member, limit_in, limit_out, status)                                            \
    {                                                                                              \
        FIELD_C_STRING, limit_in, limit_out, status, offsetof(struct type, member)                 \
    }
#define ADDRESS(type, member, limit_in, limit_out, status)                                         \
    U8(type, member.ton), U8(type, member.npi),                                                    \
        TEXT(type, member.digits, limit_in, limit_out, status)

static const struct field bind_fields[] = {
    TEXT(smpp_bind, system_id, 65, 16, ESME_RINVSYSID),
    TEXT(smpp_bind, password, 65, 9, ESME_RINVPASWD),
    TEXT(smpp_bind, system_type, 65, 13, ESME_RINVSYSTYP),
    U8(smpp_bind, interface_version),
    ADDRESS(smpp_bind, address_range, 65, 41, ESME_RBINDFAIL),
};

/* The first two of a bind. */
static const struct field outbind_fields[] = {
    TEXT(smpp_bind, system_id, 65, 16, ESME_RINVSYSID),
    TEXT(smpp_bind, password, 65, 9, ESME_RINVPASWD),
};

static const struct field bind_resp_fields[] = {
    {FIELD_C_STRING, 65, 16, ESME_RINVSYSID, 0},
};

/* submit_sm (4.4.1) and deliver_sm (4.6.1) */
static const struct field message_fields[] = {
    TEXT(smpp_message, service_type, 6, 6, ESME_RINVSERTYP),
    ADDRESS(smpp_message, source, 21, 21, ESME_RINVSRCADR),
    ADDRESS(smpp_message, destination, 21, 21, ESME_RINVDSTADR),
    U8(smpp_message, esm_class),
    U8(smpp_message, protocol_id),
    U8(smpp_message, priority_flag),
    TEXT(smpp_message, schedule_delivery_time, 17, 17, ESME_RINVSCHED),
    TEXT(smpp_message, validity_period, 17, 17, ESME_RINVEXPIRY),
    U8(smpp_message, registered_delivery),
    U8(smpp_message, replace_if_present_flag),
    U8(smpp_message, data_coding),
    U8(smpp_message, sm_default_msg_id),
    {FIELD_SHORT_MESSAGE, 0, 0, ESME_RINVMSGLEN, offsetof(struct smpp_message, short_message)},
};

/* 4.7.1 */
static const struct field data_sm_fields[] = {
    TEXT(smpp_message, service_type, 6, 6, ESME_RINVSERTYP),
    ADDRESS(smpp_message, source, 65, 65, ESME_RINVSRCADR),
    ADDRESS(smpp_message, destination, 65, 65, ESME_RINVDSTADR),
    U8(smpp_message, esm_class),
    U8(smpp_message, registered_delivery),
    U8(smpp_message, data_coding),
};

/* 4.5.1: the second address is a list, of which nothing is kept */
static const struct field submit_multi_fields[] = {
    TEXT(smpp_message, service_type, 6, 6, ESME_RINVSERTYP),
    ADDRESS(smpp_message, source, 21, 21, ESME_RINVSRCADR),
    {FIELD_DESTINATIONS, 0, 0, ESME_RINVNUMDESTS, FIELD_NOWHERE},
    U8(smpp_message, esm_class),
    U8(smpp_message, protocol_id),
    U8(smpp_message, priority_flag),
    TEXT(smpp_message, schedule_delivery_time, 17, 17, ESME_RINVSCHED),
    TEXT(smpp_message, validity_period, 17, 17, ESME_RINVEXPIRY),
    U8(smpp_message, registered_delivery),
    U8(smpp_message, replace_if_present_flag),
    U8(smpp_message, data_coding),
    U8(smpp_message, sm_default_msg_id),
    {FIELD_SHORT_MESSAGE, 0, 0, ESME_RINVMSGLEN, offsetof(struct smpp_message, short_message)},
};

static const struct field message_resp_fields[] = {
    {FIELD_C_STRING, 65, 65, ESME_RINVMSGID, 0},
};

static const struct field submit_multi_resp_fields[] = {
    {FIELD_C_STRING, 65, 65, ESME_RINVMSGID, 0},
    {FIELD_FAILURES, 0, 0, ESME_RINVNUMDESTS, FIELD_NOWHERE},
};

/* 4.8.1 */
static const struct field query_fields[] = {
    TEXT(smpp_query, message_id, 65, 65, ESME_RINVMSGID),
    ADDRESS(smpp_query, source, 21, 21, ESME_RINVSRCADR),
};

static const struct field query_resp_fields[] = {
    TEXT(smpp_query, message_id, 65, 65, ESME_RINVMSGID),
    TEXT(smpp_query, final_date, 17, 17, ESME_RINVSCHED),
    U8(smpp_query, message_state),
    U8(smpp_query, error_code),
};

/* 4.9.1 */
static const struct field cancel_fields[] = {
    TEXT(smpp_query, service_type, 6, 6, ESME_RINVSERTYP),
    TEXT(smpp_query, message_id, 65, 65, ESME_RINVMSGID),
    ADDRESS(smpp_query, source, 21, 21, ESME_RINVSRCADR),
    ADDRESS(smpp_query, destination, 21, 21, ESME_RINVDSTADR),
};

/* 4.10.1 */
static const struct field replace_fields[] = {
    TEXT(smpp_query, message_id, 65, 65, ESME_RINVMSGID),
    ADDRESS(smpp_query, source, 21, 21, ESME_RINVSRCADR),
    TEXT(smpp_query, schedule_delivery_time, 17, 17, ESME_RINVSCHED),
    TEXT(smpp_query, validity_period, 17, 17, ESME_RINVEXPIRY),
    U8(smpp_query, registered_delivery),
    U8(smpp_query, sm_default_msg_id),
    {FIELD_SHORT_MESSAGE, 0, 0, ESME_RINVMSGLEN, offsetof(struct smpp_query, short_message)},
};

/* 4.12.1: esme_addr is noted as the destination */
static const struct field alert_fields[] = {
    ADDRESS(smpp_message, source, 65, 65, ESME_RINVSRCADR),
    ADDRESS(smpp_message, destination, 65, 65, ESME_RINVDSTADR),
};

#define LAYOUT(id, fields)                                                                         \
    {                                                                                              \
        id, sizeof(fields) / sizeof(fields[0]), fields                                             \
    }
#define HEADER_ONLY(id)                                                                            \
    {                                                                                              \
        id, 0, NULL                                                                                \
    }

/* The busiest first: the table is searched from its front. */
static const struct smpp_layout layouts[] = {
    LAYOUT(SMPP_DELIVER_SM, message_fields),
    LAYOUT(SMPP_SUBMIT_SM, message_fields),
    LAYOUT(SMPP_SUBMIT_SM_RESP, message_resp_fields),
    LAYOUT(SMPP_DELIVER_SM_RESP, message_resp_fields),
    LAYOUT(SMPP_DATA_SM, data_sm_fields),
    LAYOUT(SMPP_DATA_SM_RESP, message_resp_fields),
    HEADER_ONLY(SMPP_ENQUIRE_LINK),
    HEADER_ONLY(SMPP_ENQUIRE_LINK_RESP),
    HEADER_ONLY(SMPP_GENERIC_NACK),
    HEADER_ONLY(SMPP_UNBIND),
    HEADER_ONLY(SMPP_UNBIND_RESP),
    LAYOUT(SMPP_BIND_TRANSCEIVER, bind_fields),
    LAYOUT(SMPP_BIND_TRANSCEIVER_RESP, bind_resp_fields),
    LAYOUT(SMPP_BIND_RECEIVER, bind_fields),
    LAYOUT(SMPP_BIND_RECEIVER_RESP, bind_resp_fields),
    LAYOUT(SMPP_BIND_TRANSMITTER, bind_fields),
    LAYOUT(SMPP_BIND_TRANSMITTER_RESP, bind_resp_fields),
    LAYOUT(SMPP_OUTBIND, outbind_fields),
    LAYOUT(SMPP_QUERY_SM, query_fields),
    LAYOUT(SMPP_QUERY_SM_RESP, query_resp_fields),
    LAYOUT(SMPP_CANCEL_SM, cancel_fields),
    HEADER_ONLY(SMPP_CANCEL_SM_RESP),
    LAYOUT(SMPP_REPLACE_SM, replace_fields),
    HEADER_ONLY(SMPP_REPLACE_SM_RESP),
    LAYOUT(SMPP_SUBMIT_MULTI, submit_multi_fields),
    LAYOUT(SMPP_SUBMIT_MULTI_RESP, submit_multi_resp_fields),
    LAYOUT(SMPP_ALERT_NOTIFICATION, alert_fields),
};

const struct smpp_layout *smpp_layout_find(uint32_t command_id)
{
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
        if (layouts[i].command_id == command_id)
            return &layouts[i];
    return NULL;
}

/* No NUL in all that is left: the field runs past the PDU. A NUL behind the limit: a field that is
 * too long, which has a status of its own. */
static enum smpp_status walk_c_string(struct reader *r, size_t limit, enum smpp_status too_long,
                                      struct span *value)
{
    size_t left = reader_left(r);
    size_t window = left < limit ? left : limit;
    const uint8_t *nul = window != 0 ? memchr(r->at, 0, window) : NULL;

    if (nul == NULL) {
        if (left > window && memchr(r->at + window, 0, left - window) != NULL)
            return too_long;
        return ESME_RINVMSGLEN;
    }
    *value = span_of(r->at, (size_t)(nul - r->at));
    r->at = nul + 1;
    return ESME_ROK;
}

static enum smpp_status walk_destination(struct reader *r)
{
    uint8_t dest_flag = reader_u8(r);
    struct span unused;

    if (dest_flag == 1) {
        reader_bytes(r, 2);
        return walk_c_string(r, 21, ESME_RINVDSTADR, &unused);
    }
    if (dest_flag == 2)
        return walk_c_string(r, 21, ESME_RINVDLNAME, &unused);
    return r->failed ? ESME_RINVMSGLEN : ESME_RINVDESTFLAG;
}

static enum smpp_status walk_failure(struct reader *r)
{
    enum smpp_status status;
    struct span unused;

    reader_bytes(r, 2);
    status = walk_c_string(r, 21, ESME_RINVDSTADR, &unused);
    reader_u32(r);
    return status;
}

static enum smpp_status walk_list(struct reader *r, enum smpp_status (*walk_item)(struct reader *),
                                  unsigned min, unsigned max)
{
    unsigned count = reader_u8(r);

    if (!r->failed && (count < min || count > max))
        return ESME_RINVNUMDESTS;
    for (unsigned i = 0; i < count && !r->failed; i++) {
        enum smpp_status status = walk_item(r);

        if (status != ESME_ROK)
            return status;
    }
    return ESME_ROK;
}

static enum smpp_status walk_short_message(struct reader *r, struct span *value)
{
    uint8_t sm_length = reader_u8(r);

    if (sm_length > SMPP_SHORT_MESSAGE_BYTES_MAX)
        return ESME_RINVMSGLEN;
    *value = reader_bytes(r, sm_length);
    return ESME_ROK;
}

static enum smpp_status walk_field(const struct field *f, struct reader *r, char *body)
{
    switch ((enum field_kind)f->kind) {
    case FIELD_U8:
        *(uint8_t *)(body + f->offset) = reader_u8(r);
        return ESME_ROK;
    case FIELD_C_STRING:
        return walk_c_string(r, f->limit_in, f->status, (struct span *)(body + f->offset));
    case FIELD_SHORT_MESSAGE:
        return walk_short_message(r, (struct span *)(body + f->offset));
    case FIELD_DESTINATIONS:
        return walk_list(r, walk_destination, 1, DESTINATIONS_MAX);
    case FIELD_FAILURES:
        return walk_list(r, walk_failure, 0, UINT8_MAX);
    }
    return ESME_RSYSERR;
}

static enum smpp_status walk_fields(const struct smpp_layout *layout, struct reader *r, void *body)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        enum smpp_status status = walk_field(&layout->fields[i], r, body);

        if (status == ESME_ROK && r->failed)
            status = ESME_RINVMSGLEN;
        if (status != ESME_ROK)
            return status;
    }
    return ESME_ROK;
}

/* ussd_service_op: one octet, or two of which the first is 00, as some centres write it. */
static bool is_tlv_well_formed(const struct smpp_tlv *tlv)
{
    if (!smpp_tlv_length_is_legal(tlv->tag, tlv->value.size))
        return false;
    return tlv->tag != SMPP_TAG_USSD_SERVICE_OP || tlv->value.size == 1 || tlv->value.data[0] == 0;
}

/* On a refusal *good is the stream in front of the bad parameter. */
static enum smpp_status walk_tlvs(struct span stream, struct span *good)
{
    struct span rest = stream;
    struct smpp_tlv tlv;
    unsigned count = 0;

    *good = span_of(stream.data, 0);
    while (smpp_tlv_next(&rest, &tlv)) {
        if (!is_tlv_well_formed(&tlv))
            return ESME_RINVPARLEN;
        if (++count > SMPP_TLVS_MAX)
            return ESME_RINVOPTPARSTREAM;
        good->size = stream.size - rest.size;
    }
    return rest.size == 0 ? ESME_ROK : ESME_RINVOPTPARSTREAM;
}

static bool is_lenient(const struct smpp_layout *layout)
{
    return (layout->command_id & SMPP_RESPONSE_BIT) != 0 || layout->field_count == 0;
}

enum smpp_status smpp_check_body(const struct smpp_layout *layout, struct span octets,
                                 struct smpp_pdu *pdu)
{
    enum smpp_status status;
    struct reader r;

    memset(&pdu->body, 0, sizeof(pdu->body));
    pdu->tlvs = span_of(NULL, 0);
    reader_init(&r, octets);
    status = walk_fields(layout, &r, &pdu->body);
    if (status == ESME_ROK)
        status = walk_tlvs(span_of(r.at, reader_left(&r)), &pdu->tlvs);
    return is_lenient(layout) ? ESME_ROK : status;
}

static bool write_field(const struct field *f, const char *body, struct writer *w)
{
    struct span value;

    switch ((enum field_kind)f->kind) {
    case FIELD_U8:
        writer_u8(w, *(const uint8_t *)(body + f->offset));
        return true;
    case FIELD_C_STRING:
        value = *(const struct span *)(body + f->offset);
        if (value.size >= f->limit_out ||
            (value.size != 0 && memchr(value.data, 0, value.size) != NULL))
            return false;
        writer_bytes(w, value.data, value.size);
        writer_u8(w, 0);
        return true;
    case FIELD_SHORT_MESSAGE:
        value = *(const struct span *)(body + f->offset);
        if (value.size > SMPP_SHORT_MESSAGE_BYTES_MAX)
            return false;
        writer_span8(w, value);
        return true;
    case FIELD_DESTINATIONS:
    case FIELD_FAILURES:
        break;
    }
    return false; /* nothing here sends submit_multi */
}

bool smpp_layout_write(const struct smpp_layout *layout, const void *body, struct writer *w)
{
    for (size_t i = 0; i < layout->field_count; i++)
        if (!write_field(&layout->fields[i], body, w))
            return false;
    return !w->failed;
}
