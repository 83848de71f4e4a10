#include "gateway/smpp/header.h"

#include <string.h>

/* What strangers say first on an SMPP port. As a command_length each is far above any limit. A TLS
 * alert is how a TLS port answers a bind in the clear. */
static const struct {
    uint8_t size;
    char octets[5];
    const char *name;
} strangers[] = {
    {4, "HTTP", "HTTP"}, {4, "GET ", "HTTP"},    {4, "POST", "HTTP"},    {4, "HEAD", "HTTP"},
    {4, "PUT ", "HTTP"}, {4, "OPTI", "HTTP"},    {4, "CONN", "HTTP"},    {4, "DELE", "HTTP"},
    {4, "PRI ", "HTTP"}, {2, "\x16\x03", "TLS"}, {2, "\x15\x03", "TLS"}, {3, "\x03\0\0", "RDP"},
    {4, "SSH-", "SSH"},
};

const char *smpp_stranger_name(uint32_t first_octets)
{
    const uint8_t octets[] = {(uint8_t)(first_octets >> 24), (uint8_t)(first_octets >> 16),
                              (uint8_t)(first_octets >> 8), (uint8_t)first_octets};

    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
        if (memcmp(octets, strangers[i].octets, strangers[i].size) == 0)
            return strangers[i].name;
    return NULL;
}

/* A field that is not whole yet reads as 0. */
static uint32_t header_field(struct span stream, size_t offset)
{
    const uint8_t *p = stream.data + offset;

    if (stream.size < offset + 4)
        return 0;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

enum smpp_frame smpp_frame_look(struct span stream, size_t max_bytes, struct smpp_header *header)
{
    header->command_length = header_field(stream, 0);
    header->command_id = header_field(stream, 4);
    header->command_status = header_field(stream, 8);
    header->sequence_number = header_field(stream, 12);
    if (stream.size < 4)
        return SMPP_FRAME_MORE;
    if (header->command_length > max_bytes)
        return smpp_stranger_name(header->command_length) != NULL ? SMPP_FRAME_NOT_SMPP
                                                                  : SMPP_FRAME_BAD_LENGTH;
    if (header->command_length < SMPP_HEADER_BYTES)
        return SMPP_FRAME_BAD_LENGTH;
    return stream.size < header->command_length ? SMPP_FRAME_MORE : SMPP_FRAME_WHOLE;
}

static const struct {
    uint32_t command_id; /* of the request */
    const char *request;
    const char *response; /* NULL where there is none */
} commands[] = {
    {SMPP_SUBMIT_SM, "submit_sm", "submit_sm_resp"},
    {SMPP_DELIVER_SM, "deliver_sm", "deliver_sm_resp"},
    {SMPP_DATA_SM, "data_sm", "data_sm_resp"},
    {SMPP_ENQUIRE_LINK, "enquire_link", "enquire_link_resp"},
    {SMPP_BIND_RECEIVER, "bind_receiver", "bind_receiver_resp"},
    {SMPP_BIND_TRANSMITTER, "bind_transmitter", "bind_transmitter_resp"},
    {SMPP_BIND_TRANSCEIVER, "bind_transceiver", "bind_transceiver_resp"},
    {SMPP_UNBIND, "unbind", "unbind_resp"},
    {SMPP_QUERY_SM, "query_sm", "query_sm_resp"},
    {SMPP_CANCEL_SM, "cancel_sm", "cancel_sm_resp"},
    {SMPP_REPLACE_SM, "replace_sm", "replace_sm_resp"},
    {SMPP_SUBMIT_MULTI, "submit_multi", "submit_multi_resp"},
    {SMPP_OUTBIND, "outbind", NULL},
    {SMPP_ALERT_NOTIFICATION, "alert_notification", NULL},
    {0, NULL, "generic_nack"},
};

static const char *find_name(uint32_t command_id)
{
    uint32_t request = command_id & ~SMPP_RESPONSE_BIT;

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (commands[i].command_id == request)
            return command_id == request ? commands[i].request : commands[i].response;
    return NULL;
}

const char *smpp_command_name(uint32_t command_id)
{
    const char *name = find_name(command_id);

    return name != NULL ? name : "unknown";
}

bool smpp_command_is_known(uint32_t command_id)
{
    return find_name(command_id) != NULL;
}
