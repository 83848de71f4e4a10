#include "gateway/smpp/pdu.h"

#include <assert.h>

#include "gateway/smpp/check.h"
#include "gateway/smpp/lib.h"

static void read_header(struct span frame, struct smpp_header *header)
{
    struct reader r;

    reader_init(&r, frame);
    header->command_length = reader_u32(&r);
    header->command_id = reader_u32(&r);
    header->command_status = reader_u32(&r);
    header->sequence_number = reader_u32(&r);
}

static bool is_session_request(uint32_t command_id)
{
    return command_id == SMPP_BIND_RECEIVER || command_id == SMPP_BIND_TRANSMITTER ||
           command_id == SMPP_BIND_TRANSCEIVER || command_id == SMPP_OUTBIND;
}

enum smpp_status smpp_pdu_decode(struct span frame, struct smpp_pdu *pdu)
{
    const struct smpp_layout *layout;
    enum smpp_status status;
    struct span body;

    read_header(frame, &pdu->header);
    if (frame.size < SMPP_HEADER_BYTES || frame.size != pdu->header.command_length)
        return ESME_RINVCMDLEN;
    layout = smpp_layout_find(pdu->header.command_id);
    if (layout == NULL)
        return ESME_RINVCMDID;
    body = span_of(frame.data + SMPP_HEADER_BYTES, frame.size - SMPP_HEADER_BYTES);
    status = smpp_check_body(layout, body, pdu);
    /* Two codecs must agree on who binds. */
    if (status == ESME_ROK && is_session_request(pdu->header.command_id) &&
        !smpp_lib_agrees(frame, pdu))
        return ESME_RSYSERR;
    return status;
}

struct span smpp_message_text(const struct smpp_pdu *pdu)
{
    struct span payload;

    if (pdu->message.short_message.size == 0 &&
        smpp_tlv_find(pdu->tlvs, SMPP_TAG_MESSAGE_PAYLOAD, &payload))
        return payload;
    return pdu->message.short_message;
}

/* Ends a PDU that began at `start`: writes its length, or takes all of it back. */
static bool finish(struct writer *w, uint8_t *start, bool good)
{
    size_t size = (size_t)(w->at - start);

    if (!good || w->failed) {
        w->at = start;
        w->failed = false;
        return false;
    }
    start[0] = (uint8_t)(size >> 24);
    start[1] = (uint8_t)(size >> 16);
    start[2] = (uint8_t)(size >> 8);
    start[3] = (uint8_t)size;
    return true;
}

static void write_header(struct writer *w, uint32_t command_id, uint32_t command_status,
                         uint32_t sequence_number)
{
    writer_u32(w, 0);
    writer_u32(w, command_id);
    writer_u32(w, command_status);
    writer_u32(w, sequence_number);
}

static bool encode(struct writer *w, const struct smpp_header *header, const void *body,
                   struct span tlvs)
{
    const struct smpp_layout *layout = smpp_layout_find(header->command_id);
    uint8_t *start = w->at;
    bool good;

    assert(layout != NULL);
    if (w->failed)
        return false;
    write_header(w, header->command_id, header->command_status, header->sequence_number);
    good = body == NULL || smpp_layout_write(layout, body, w);
    writer_bytes(w, tlvs.data, tlvs.size);
    return finish(w, start, good);
}

bool smpp_bind_encode(struct writer *w, uint32_t command_id, uint32_t sequence_number,
                      const struct smpp_bind *bind)
{
    struct smpp_header header = {.command_id = command_id, .sequence_number = sequence_number};

    assert(is_session_request(command_id));
    return smpp_lib_write(w, command_id, sequence_number, bind) ||
           encode(w, &header, bind, span_of(NULL, 0));
}

bool smpp_bind_resp_encode(struct writer *w, uint32_t command_id, uint32_t command_status,
                           uint32_t sequence_number, const char *system_id,
                           uint8_t interface_version)
{
    struct smpp_header header = {.command_id = command_id,
                                 .command_status = command_status,
                                 .sequence_number = sequence_number};
    struct span value = span_of_string(system_id != NULL ? system_id : "");
    uint8_t octets[8];
    struct writer tlvs;

    if (command_status != ESME_ROK)
        return encode(w, &header, NULL, span_of(NULL, 0));
    writer_init(&tlvs, octets, sizeof(octets));
    if (interface_version >= SMPP_INTERFACE_VERSION)
        smpp_tlv_write_u8(&tlvs, SMPP_TAG_SC_INTERFACE_VERSION, SMPP_INTERFACE_VERSION);
    return encode(w, &header, &value, writer_span(&tlvs));
}

bool smpp_header_only_encode(struct writer *w, uint32_t command_id, uint32_t command_status,
                             uint32_t sequence_number)
{
    struct smpp_header header = {.command_id = command_id,
                                 .command_status = command_status,
                                 .sequence_number = sequence_number};

    return encode(w, &header, NULL, span_of(NULL, 0));
}

bool smpp_message_encode(struct writer *w, uint32_t command_id, uint32_t sequence_number,
                         const struct smpp_message *message, struct span tlvs)
{
    struct smpp_header header = {.command_id = command_id, .sequence_number = sequence_number};

    assert(command_id == SMPP_SUBMIT_SM || command_id == SMPP_DELIVER_SM ||
           command_id == SMPP_DATA_SM);
    /* data_sm has no short_message: a text left there would be lost without a word. */
    if (command_id == SMPP_DATA_SM && message->short_message.size != 0)
        return false;
    return encode(w, &header, message, tlvs);
}

bool smpp_message_resp_encode(struct writer *w, uint32_t command_id, uint32_t command_status,
                              uint32_t sequence_number, const char *message_id)
{
    struct smpp_header header = {.command_id = command_id,
                                 .command_status = command_status,
                                 .sequence_number = sequence_number};
    struct span value = span_of_string(message_id != NULL ? message_id : "");

    if (command_id == SMPP_DELIVER_SM_RESP)
        value = span_of(NULL, 0);
    else if (command_status != ESME_ROK)
        return encode(w, &header, NULL, span_of(NULL, 0));
    return encode(w, &header, &value, span_of(NULL, 0));
}

bool smpp_query_resp_encode(struct writer *w, uint32_t command_status, uint32_t sequence_number,
                            const struct smpp_query *query)
{
    struct smpp_header header = {.command_id = SMPP_QUERY_SM_RESP,
                                 .command_status = command_status,
                                 .sequence_number = sequence_number};

    return encode(w, &header, command_status == ESME_ROK ? query : NULL, span_of(NULL, 0));
}

void smpp_message_turn_around(uint8_t *pdu)
{
    uint8_t *command = &pdu[7]; /* the last octet of command_id: 4 and 5 */

    if (pdu[6] == 0)
        *command = *command == SMPP_SUBMIT_SM ? SMPP_DELIVER_SM : SMPP_SUBMIT_SM;
}
