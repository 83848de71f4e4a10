#include "gateway/smpp/tlv.h"

enum { TLV_HEADER_BYTES = 4 };

struct tlv_length {
    uint16_t tag;
    uint16_t min;
    uint16_t max;
};

/*
 * Section 5.3.2, sorted by tag. Wider than the letter where real peers are: alert_on_message_
 * delivery and ms_validity have their 5.0 forms, ussd_service_op may be two octets,
 * its_session_info is any opaque name that holds at least the two octets of the letter.
 */
static const struct tlv_length lengths[] = {
    {0x0005, 1, 1},     /* dest_addr_subunit */
    {0x0006, 1, 1},     /* dest_network_type */
    {0x0007, 1, 1},     /* dest_bearer_type */
    {0x0008, 2, 2},     /* dest_telematics_id */
    {0x000D, 1, 1},     /* source_addr_subunit */
    {0x000E, 1, 1},     /* source_network_type */
    {0x000F, 1, 1},     /* source_bearer_type */
    {0x0010, 1, 1},     /* source_telematics_id */
    {0x0017, 4, 4},     /* qos_time_to_live */
    {0x0019, 1, 1},     /* payload_type */
    {0x001D, 1, 256},   /* additional_status_info_text */
    {0x001E, 1, 65},    /* receipted_message_id */
    {0x0030, 1, 1},     /* ms_msg_wait_facilities */
    {0x0201, 1, 1},     /* privacy_indicator */
    {0x0202, 2, 23},    /* source_subaddress */
    {0x0203, 2, 23},    /* dest_subaddress */
    {0x0204, 2, 2},     /* user_message_reference */
    {0x0205, 1, 1},     /* user_response_code */
    {0x020A, 2, 2},     /* source_port */
    {0x020B, 2, 2},     /* destination_port */
    {0x020C, 2, 2},     /* sar_msg_ref_num */
    {0x020D, 1, 1},     /* language_indicator */
    {0x020E, 1, 1},     /* sar_total_segments */
    {0x020F, 1, 1},     /* sar_segment_seqnum */
    {0x0210, 1, 1},     /* sc_interface_version */
    {0x0302, 1, 1},     /* callback_num_pres_ind */
    {0x0303, 0, 65},    /* callback_num_atag */
    {0x0304, 1, 1},     /* number_of_messages */
    {0x0381, 4, 19},    /* callback_num */
    {0x0420, 1, 1},     /* dpf_result */
    {0x0421, 1, 1},     /* set_dpf */
    {0x0422, 1, 1},     /* ms_availability_status */
    {0x0423, 3, 3},     /* network_error_code */
    {0x0424, 0, 65535}, /* message_payload */
    {0x0425, 1, 1},     /* delivery_failure_reason */
    {0x0426, 1, 1},     /* more_messages_to_send */
    {0x0427, 1, 1},     /* message_state */
    {0x0501, 1, 2},     /* ussd_service_op */
    {0x1201, 1, 1},     /* display_time */
    {0x1203, 2, 2},     /* sms_signal */
    {0x1204, 1, 4},     /* ms_validity */
    {0x130C, 0, 1},     /* alert_on_message_delivery */
    {0x1380, 1, 1},     /* its_reply_type */
    {0x1383, 2, 65535}, /* its_session_info */
};

bool smpp_tlv_next(struct span *stream, struct smpp_tlv *tlv)
{
    const uint8_t *p = stream->data;
    size_t size;

    if (stream->size < TLV_HEADER_BYTES)
        return false;
    size = (size_t)p[2] << 8 | p[3];
    if (size > stream->size - TLV_HEADER_BYTES)
        return false;
    tlv->tag = (uint16_t)(p[0] << 8 | p[1]);
    tlv->value = span_of(p + TLV_HEADER_BYTES, size);
    stream->data += TLV_HEADER_BYTES + size;
    stream->size -= TLV_HEADER_BYTES + size;
    return true;
}

bool smpp_tlv_find(struct span stream, uint16_t tag, struct span *value)
{
    struct smpp_tlv tlv;

    while (smpp_tlv_next(&stream, &tlv)) {
        if (tlv.tag == tag) {
            *value = tlv.value;
            return true;
        }
    }
    return false;
}

bool smpp_tlv_length_is_legal(uint16_t tag, size_t size)
{
    size_t low = 0, high = sizeof(lengths) / sizeof(lengths[0]);

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (lengths[middle].tag == tag)
            return size >= lengths[middle].min && size <= lengths[middle].max;
        if (lengths[middle].tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    return true;
}

void smpp_tlv_write(struct writer *w, uint16_t tag, struct span value)
{
    writer_u16(w, tag);
    writer_span16(w, value);
}

void smpp_tlv_write_u8(struct writer *w, uint16_t tag, uint8_t value)
{
    smpp_tlv_write(w, tag, span_of(&value, 1));
}

void smpp_tlv_write_u16(struct writer *w, uint16_t tag, uint16_t value)
{
    uint8_t octets[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    smpp_tlv_write(w, tag, span_of(octets, sizeof(octets)));
}
