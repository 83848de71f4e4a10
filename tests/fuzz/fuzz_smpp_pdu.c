/*
 * Any octets as a stream of PDUs, or (first octet not 0) as the body of one PDU of each kind:
 * framed, walked, decoded. What was decoded lies within its frame, is read alike by libsmpp34, and
 * encodes to what is decoded again.
 */
#include "base/mem.h"
#include "gateway/smpp/lib.h"
#include "gateway/smpp/pdu.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t kinds[] = {
    SMPP_DELIVER_SM,        SMPP_SUBMIT_SM,       SMPP_DATA_SM,
    SMPP_SUBMIT_SM_RESP,    SMPP_DELIVER_SM_RESP, SMPP_BIND_TRANSCEIVER,
    SMPP_BIND_RECEIVER,     SMPP_OUTBIND,         SMPP_BIND_TRANSCEIVER_RESP,
    SMPP_SUBMIT_MULTI,      SMPP_QUERY_SM,        SMPP_QUERY_SM_RESP,
    SMPP_SUBMIT_MULTI_RESP, SMPP_CANCEL_SM,       SMPP_REPLACE_SM,
    SMPP_ENQUIRE_LINK,      SMPP_DATA_SM_RESP,    SMPP_ALERT_NOTIFICATION,
};

enum { BODY_BYTES_MAX = 70000 };

static void check_within(struct span part, struct span frame)
{
    assert(part.size == 0 || (part.data >= frame.data + SMPP_HEADER_BYTES &&
                              part.data + part.size <= frame.data + frame.size));
}

static void check_tlvs(const struct smpp_pdu *pdu, struct span frame)
{
    struct span stream = pdu->tlvs;
    struct smpp_tlv tlv;

    check_within(stream, frame);
    while (smpp_tlv_next(&stream, &tlv)) {
        check_within(tlv.value, frame);
        assert(smpp_tlv_length_is_legal(tlv.tag, tlv.value.size));
    }
    assert(stream.size == 0);
}

static void check_message(const struct smpp_pdu *pdu, struct span frame)
{
    uint8_t *octets = mem_alloc(frame.size);
    struct writer w;

    check_within(pdu->message.source.digits, frame);
    check_within(pdu->message.destination.digits, frame);
    check_within(smpp_message_text(pdu), frame);
    writer_init(&w, octets, frame.size);
    assert(smpp_message_encode(&w, pdu->header.command_id, pdu->header.sequence_number,
                               &pdu->message, pdu->tlvs));
    assert(writer_size(&w) == frame.size);
    /* All but the status, which a request has none of. */
    assert(memcmp(octets, frame.data, 8) == 0 &&
           memcmp(octets + 12, frame.data + 12, frame.size - 12) == 0);
    mem_free(octets);
}

static void decode(const uint8_t *data, size_t size)
{
    struct span frame = span_of(mem_dup(data, size), size);
    struct smpp_pdu pdu;
    enum smpp_status status = smpp_pdu_decode(frame, &pdu);

    assert(status != ESME_RSYSERR); /* the library does not agree on a bind */
    if ((pdu.header.command_id & SMPP_RESPONSE_BIT) != 0)
        assert(status == ESME_ROK || status == ESME_RINVCMDID);
    if (status == ESME_ROK) {
        check_tlvs(&pdu, frame);
        if (smpp_lib_covers(pdu.header.command_id))
            assert(smpp_lib_agrees(frame, &pdu));
        if (pdu.header.command_id == SMPP_SUBMIT_SM || pdu.header.command_id == SMPP_DELIVER_SM ||
            pdu.header.command_id == SMPP_DATA_SM)
            check_message(&pdu, frame);
        else if ((pdu.header.command_id & SMPP_RESPONSE_BIT) != 0)
            check_within(pdu.message_id, frame);
    }
    mem_free((void *)frame.data);
}

static void decode_stream(struct span stream)
{
    for (;;) {
        struct smpp_header header;
        enum smpp_frame look = smpp_frame_look(stream, SMPP_PDU_BYTES_DEFAULT, &header);

        if (look != SMPP_FRAME_WHOLE)
            return;
        assert(header.command_length >= SMPP_HEADER_BYTES && header.command_length <= stream.size);
        decode(stream.data, header.command_length);
        stream = span_of(stream.data + header.command_length, stream.size - header.command_length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *frame;
    struct writer w;

    if (size == 0 || size > BODY_BYTES_MAX)
        return 0;
    if (data[0] == 0) {
        decode_stream(span_of(data + 1, size - 1));
        return 0;
    }
    frame = mem_alloc(SMPP_HEADER_BYTES + size - 1);
    writer_init(&w, frame, SMPP_HEADER_BYTES + size - 1);
    writer_u32(&w, (uint32_t)(SMPP_HEADER_BYTES + size - 1));
    writer_u32(&w, kinds[data[0] % (sizeof(kinds) / sizeof(kinds[0]))]);
    writer_u32(&w, data[0] >= 0xE0 ? ESME_RX_T_APPN : ESME_ROK);
    writer_u32(&w, data[0]);
    writer_bytes(&w, data + 1, size - 1);
    decode(frame, writer_size(&w));
    mem_free(frame);
    return 0;
}
