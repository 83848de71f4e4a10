#include "tests/smsc/wire.h"

#include <string.h>

/* Octets with their NUL (5.2); generous in binds, where peers in the field overstep them. */
enum {
    SERVICE_TYPE_MAX = 6,
    ADDRESS_MAX = 21,
    DATA_ADDRESS_MAX = 65,
    BIND_FIELD_MAX = 65,
    TIME_MAX = 17,
};

static uint32_t u32_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

enum wire_look wire_look(struct span in, uint32_t length_max, struct wire_header *header)
{
    if (in.size < 4)
        return WIRE_NEED_MORE;
    header->command_length = u32_at(in.data);
    if (header->command_length < WIRE_HEADER_BYTES || header->command_length > length_max)
        return WIRE_BROKEN;
    if (in.size < header->command_length)
        return WIRE_NEED_MORE;
    header->command_id = u32_at(in.data + 4);
    header->command_status = u32_at(in.data + 8);
    header->sequence_number = u32_at(in.data + 12);
    return WIRE_WHOLE;
}

/* A C-string of at most max octets, its NUL included; the span is without the NUL. */
static struct span read_string(struct reader *r, size_t max)
{
    size_t left = reader_left(r);
    const uint8_t *start = r->at;
    const uint8_t *nul = left != 0 ? memchr(start, 0, left < max ? left : max) : NULL;

    if (nul == NULL) {
        r->failed = true;
        return span_of(NULL, 0);
    }
    r->at = nul + 1;
    return span_of(start, (size_t)(nul - start));
}

/* WIRE_OK, or `too_long` when the address ends behind its limit. */
static uint32_t read_address(struct reader *r, struct wire_address *a, size_t max,
                             uint32_t too_long)
{
    const uint8_t *at;

    a->ton = reader_u8(r);
    a->npi = reader_u8(r);
    if (r->failed)
        return WIRE_RINVMSGLEN;
    at = r->at;
    a->digits = read_string(r, max);
    if (!r->failed)
        return WIRE_OK;
    return at != r->end && memchr(at, 0, (size_t)(r->end - at)) != NULL ? too_long
                                                                        : WIRE_RINVMSGLEN;
}

void wire_message_init(struct wire_message *m)
{
    memset(m, 0, sizeof(*m));
    m->ussd_service_op = WIRE_NONE;
    m->its_session_info = WIRE_NONE;
    m->user_message_reference = WIRE_NONE;
    m->sar_msg_ref_num = WIRE_NONE;
    m->sar_total_segments = WIRE_NONE;
    m->sar_segment_seqnum = WIRE_NONE;
    m->message_state = WIRE_NONE;
    m->vendor_session = WIRE_NONE;
}

uint32_t wire_bind_decode(struct span body, struct wire_bind *bind)
{
    struct reader r;

    reader_init(&r, body);
    bind->system_id = read_string(&r, BIND_FIELD_MAX);
    bind->password = read_string(&r, BIND_FIELD_MAX);
    bind->system_type = read_string(&r, BIND_FIELD_MAX);
    bind->interface_version = reader_u8(&r);
    reader_u8(&r);
    reader_u8(&r);
    bind->address_range = read_string(&r, BIND_FIELD_MAX);
    return r.failed ? WIRE_RINVMSGLEN : WIRE_OK;
}

static bool take_number(struct span value, size_t size, int *field)
{
    if (value.size != size)
        return false;
    if (*field == WIRE_NONE)
        *field = size == 1 ? value.data[0] : value.data[0] << 8 | value.data[1];
    return true;
}

static bool take_tlv(struct wire_message *m, uint16_t tag, struct span value)
{
    switch (tag) {
    case WIRE_TLV_USSD_SERVICE_OP:
        return take_number(value, 1, &m->ussd_service_op);
    case WIRE_TLV_ITS_SESSION_INFO:
        return take_number(value, 2, &m->its_session_info);
    case WIRE_TLV_USER_MESSAGE_REFERENCE:
        return take_number(value, 2, &m->user_message_reference);
    case WIRE_TLV_SAR_MSG_REF_NUM:
        return take_number(value, 2, &m->sar_msg_ref_num);
    case WIRE_TLV_SAR_TOTAL_SEGMENTS:
        return take_number(value, 1, &m->sar_total_segments);
    case WIRE_TLV_SAR_SEGMENT_SEQNUM:
        return take_number(value, 1, &m->sar_segment_seqnum);
    case WIRE_TLV_MESSAGE_STATE:
        return take_number(value, 1, &m->message_state);
    case WIRE_TLV_VENDOR_SESSION:
        if (value.size == 4)
            m->vendor_session = u32_at(value.data);
        return true;
    case WIRE_TLV_MESSAGE_PAYLOAD:
        if (m->text.size == 0 && !m->has_payload)
            m->text = value;
        m->has_payload = true;
        return true;
    case WIRE_TLV_RECEIPTED_MESSAGE_ID:
        m->receipted_message_id = value;
        if (value.size != 0 && value.data[value.size - 1] == 0)
            m->receipted_message_id.size--;
        return value.size != 0;
    default:
        return true; /* an unknown TLV is ignored (3.3) */
    }
}

static uint32_t read_tlvs(struct reader *r, struct wire_message *m)
{
    while (reader_left(r) != 0) {
        uint16_t tag = reader_u16(r);
        struct span value = reader_span16(r);

        if (r->failed)
            return WIRE_RINVOPTPARSTREAM;
        if (!take_tlv(m, tag, value))
            return WIRE_RINVPARLEN;
    }
    return WIRE_OK;
}

uint32_t wire_message_decode(uint32_t command_id, struct span body, struct wire_message *m)
{
    size_t address_max = command_id == WIRE_DATA_SM ? DATA_ADDRESS_MAX : ADDRESS_MAX;
    struct reader r;
    uint32_t status;

    wire_message_init(m);
    reader_init(&r, body);
    m->service_type = read_string(&r, SERVICE_TYPE_MAX);
    status = read_address(&r, &m->source, address_max, WIRE_RINVSRCADR);
    if (status == WIRE_OK)
        status = read_address(&r, &m->destination, address_max, WIRE_RINVDSTADR);
    if (status != WIRE_OK)
        return status;
    m->esm_class = reader_u8(&r);
    if (command_id != WIRE_DATA_SM) {
        m->protocol_id = reader_u8(&r);
        m->priority_flag = reader_u8(&r);
        read_string(&r, TIME_MAX); /* schedule_delivery_time */
        read_string(&r, TIME_MAX); /* validity_period */
    }
    m->registered_delivery = reader_u8(&r);
    if (command_id != WIRE_DATA_SM)
        reader_u8(&r); /* replace_if_present_flag */
    m->data_coding = reader_u8(&r);
    if (command_id != WIRE_DATA_SM) {
        reader_u8(&r); /* sm_default_msg_id */
        m->text = reader_span8(&r);
        if (m->text.size > WIRE_SHORT_BYTES_MAX)
            return WIRE_RINVMSGLEN;
    }
    if (r.failed)
        return WIRE_RINVMSGLEN;
    return read_tlvs(&r, m);
}

struct span wire_string_decode(struct span body)
{
    struct reader r;

    reader_init(&r, body);
    return read_string(&r, body.size);
}

static void write_string(struct writer *w, struct span s)
{
    writer_bytes(w, s.data, s.size);
    writer_u8(w, 0);
}

static void write_address(struct writer *w, const struct wire_address *a)
{
    writer_u8(w, a->ton);
    writer_u8(w, a->npi);
    write_string(w, a->digits);
}

void wire_header_encode(struct writer *w, uint32_t command_id, uint32_t status, uint32_t sequence)
{
    writer_u32(w, WIRE_HEADER_BYTES);
    writer_u32(w, command_id);
    writer_u32(w, status);
    writer_u32(w, sequence);
}

/* Writes the length of the PDU that began `start` octets into the writer. */
static void finish(struct writer *w, size_t start)
{
    uint8_t *p = w->start + start;
    uint32_t length = (uint32_t)(writer_size(w) - start);

    if (w->failed)
        return;
    p[0] = (uint8_t)(length >> 24);
    p[1] = (uint8_t)(length >> 16);
    p[2] = (uint8_t)(length >> 8);
    p[3] = (uint8_t)length;
}

void wire_bind_encode(struct writer *w, uint32_t command_id, uint32_t sequence,
                      const char *system_id, const char *password, const char *system_type)
{
    size_t start = writer_size(w);

    wire_header_encode(w, command_id, 0, sequence);
    write_string(w, span_of_string(system_id));
    write_string(w, span_of_string(password));
    write_string(w, span_of_string(system_type));
    writer_u8(w, 0x34);
    writer_u8(w, 0); /* addr_ton */
    writer_u8(w, 0); /* addr_npi */
    writer_u8(w, 0); /* address_range: empty */
    finish(w, start);
}

void wire_tlv_encode(struct writer *w, uint16_t tag, struct span value)
{
    writer_u16(w, tag);
    writer_span16(w, value);
}

void wire_bind_resp_encode(struct writer *w, uint32_t command_id, uint32_t status,
                           uint32_t sequence, const char *system_id)
{
    static const uint8_t version = 0x34;
    size_t start = writer_size(w);

    wire_header_encode(w, command_id | WIRE_RESPONSE, status, sequence);
    if (status == WIRE_OK) {
        write_string(w, span_of_string(system_id));
        wire_tlv_encode(w, WIRE_TLV_SC_INTERFACE_VERSION, span_of(&version, 1));
    }
    finish(w, start);
}

static void write_number_tlv(struct writer *w, uint16_t tag, size_t size, int value)
{
    if (value == WIRE_NONE)
        return;
    writer_u16(w, tag);
    writer_u16(w, (uint16_t)size);
    if (size == 1)
        writer_u8(w, (uint8_t)value);
    else
        writer_u16(w, (uint16_t)value);
}

static void write_tlvs(struct writer *w, const struct wire_message *m, bool payload)
{
    write_number_tlv(w, WIRE_TLV_USSD_SERVICE_OP, 1, m->ussd_service_op);
    write_number_tlv(w, WIRE_TLV_ITS_SESSION_INFO, 2, m->its_session_info);
    write_number_tlv(w, WIRE_TLV_USER_MESSAGE_REFERENCE, 2, m->user_message_reference);
    write_number_tlv(w, WIRE_TLV_SAR_MSG_REF_NUM, 2, m->sar_msg_ref_num);
    write_number_tlv(w, WIRE_TLV_SAR_TOTAL_SEGMENTS, 1, m->sar_total_segments);
    write_number_tlv(w, WIRE_TLV_SAR_SEGMENT_SEQNUM, 1, m->sar_segment_seqnum);
    write_number_tlv(w, WIRE_TLV_MESSAGE_STATE, 1, m->message_state);
    if (m->receipted_message_id.size != 0) {
        writer_u16(w, WIRE_TLV_RECEIPTED_MESSAGE_ID);
        writer_u16(w, (uint16_t)(m->receipted_message_id.size + 1));
        write_string(w, m->receipted_message_id);
    }
    if (payload)
        wire_tlv_encode(w, WIRE_TLV_MESSAGE_PAYLOAD, m->text);
    writer_bytes(w, m->extra_tlvs.data, m->extra_tlvs.size);
}

void wire_message_encode(struct writer *w, uint32_t command_id, uint32_t sequence,
                         const struct wire_message *m)
{
    size_t start = writer_size(w);
    bool payload = m->has_payload || command_id == WIRE_DATA_SM;

    wire_header_encode(w, command_id, 0, sequence);
    write_string(w, m->service_type);
    write_address(w, &m->source);
    write_address(w, &m->destination);
    writer_u8(w, m->esm_class);
    if (command_id != WIRE_DATA_SM) {
        writer_u8(w, m->protocol_id);
        writer_u8(w, m->priority_flag);
        writer_u8(w, 0); /* schedule_delivery_time */
        writer_u8(w, 0); /* validity_period */
    }
    writer_u8(w, m->registered_delivery);
    if (command_id != WIRE_DATA_SM)
        writer_u8(w, 0); /* replace_if_present_flag */
    writer_u8(w, m->data_coding);
    if (command_id != WIRE_DATA_SM) {
        writer_u8(w, 0); /* sm_default_msg_id */
        writer_span8(w, payload ? span_of(NULL, 0) : m->text);
    }
    write_tlvs(w, m, payload);
    finish(w, start);
}

void wire_message_resp_encode(struct writer *w, uint32_t request_id, uint32_t status,
                              uint32_t sequence, const char *message_id)
{
    size_t start = writer_size(w);

    wire_header_encode(w, request_id | WIRE_RESPONSE, status, sequence);
    if (request_id == WIRE_DELIVER_SM)
        writer_u8(w, 0);
    else if (status == WIRE_OK)
        write_string(w, span_of_string(message_id));
    finish(w, start);
}

void wire_sequence_set(uint8_t *pdu, uint32_t sequence)
{
    pdu[12] = (uint8_t)(sequence >> 24);
    pdu[13] = (uint8_t)(sequence >> 16);
    pdu[14] = (uint8_t)(sequence >> 8);
    pdu[15] = (uint8_t)sequence;
}

struct name {
    uint32_t value;
    const char *name;
};

static const struct name command_names[] = {
    {WIRE_BIND_RECEIVER, "bind_receiver"},
    {WIRE_BIND_TRANSMITTER, "bind_transmitter"},
    {WIRE_BIND_TRANSCEIVER, "bind_transceiver"},
    {WIRE_QUERY_SM, "query_sm"},
    {WIRE_SUBMIT_SM, "submit_sm"},
    {WIRE_DELIVER_SM, "deliver_sm"},
    {WIRE_UNBIND, "unbind"},
    {WIRE_ENQUIRE_LINK, "enquire_link"},
    {WIRE_ALERT_NOTIFICATION, "alert_notification"},
    {WIRE_DATA_SM, "data_sm"},
    {WIRE_RESPONSE, "generic_nack"},
    {WIRE_RESPONSE | WIRE_BIND_RECEIVER, "bind_receiver_resp"},
    {WIRE_RESPONSE | WIRE_BIND_TRANSMITTER, "bind_transmitter_resp"},
    {WIRE_RESPONSE | WIRE_BIND_TRANSCEIVER, "bind_transceiver_resp"},
    {WIRE_RESPONSE | WIRE_QUERY_SM, "query_sm_resp"},
    {WIRE_RESPONSE | WIRE_SUBMIT_SM, "submit_sm_resp"},
    {WIRE_RESPONSE | WIRE_DELIVER_SM, "deliver_sm_resp"},
    {WIRE_RESPONSE | WIRE_UNBIND, "unbind_resp"},
    {WIRE_RESPONSE | WIRE_ENQUIRE_LINK, "enquire_link_resp"},
    {WIRE_RESPONSE | WIRE_DATA_SM, "data_sm_resp"},
};

static const struct name status_names[] = {
    {WIRE_OK, "ESME_ROK"},
    {WIRE_RINVMSGLEN, "ESME_RINVMSGLEN"},
    {WIRE_RINVCMDLEN, "ESME_RINVCMDLEN"},
    {WIRE_RINVCMDID, "ESME_RINVCMDID"},
    {WIRE_RINVBNDSTS, "ESME_RINVBNDSTS"},
    {WIRE_RALYBND, "ESME_RALYBND"},
    {WIRE_RSYSERR, "ESME_RSYSERR"},
    {WIRE_RINVSRCADR, "ESME_RINVSRCADR"},
    {WIRE_RINVDSTADR, "ESME_RINVDSTADR"},
    {WIRE_RBINDFAIL, "ESME_RBINDFAIL"},
    {WIRE_RINVPASWD, "ESME_RINVPASWD"},
    {WIRE_RINVSYSID, "ESME_RINVSYSID"},
    {WIRE_RMSGQFUL, "ESME_RMSGQFUL"},
    {WIRE_RSUBMITFAIL, "ESME_RSUBMITFAIL"},
    {WIRE_RTHROTTLED, "ESME_RTHROTTLED"},
    {WIRE_RX_T_APPN, "ESME_RX_T_APPN"},
    {WIRE_RX_P_APPN, "ESME_RX_P_APPN"},
    {WIRE_RX_R_APPN, "ESME_RX_R_APPN"},
    {WIRE_RINVOPTPARSTREAM, "ESME_RINVOPTPARSTREAM"},
    {WIRE_RINVPARLEN, "ESME_RINVPARLEN"},
};

static const char *find_name(const struct name *names, size_t count, uint32_t value)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].value == value)
            return names[i].name;
    return "unknown";
}

const char *wire_command_name(uint32_t command_id)
{
    return find_name(command_names, sizeof(command_names) / sizeof(command_names[0]), command_id);
}

const char *wire_status_name(uint32_t status)
{
    return find_name(status_names, sizeof(status_names) / sizeof(status_names[0]), status);
}
