#include "gateway/link/pcap.h"

#include <string.h>

enum {
    MAGIC = 0xA1B2C3D4,
    LINKTYPE_RAW = 101, /* packets begin with their IP header */
    IP_HEADER_BYTES = 20,
    TCP_HEADER_BYTES = 20,
    TCP_PSH_ACK = 0x18,
    CENTRE_PORT = 2775,
    EPHEMERAL_PORT = 58000, /* no other protocol of Wireshark's has a port from here on */
    EPHEMERAL_COUNT = 7000,
    OUR_ADDRESS = (int)0xC0000201, /* 192.0.2.1, RFC 5737 */
    PEER_ADDRESS = 0x0A000000,     /* 10.0.0.0, and 24 bits: two would seldom meet by chance */
    PEER_COUNT = 1 << 24,
};

/* One packet's way. */
struct flow {
    uint32_t source, destination; /* IPv4 */
    uint16_t source_port, destination_port;
    uint32_t sequence, acknowledged;
};

static void write_u16_native(struct writer *w, uint16_t value)
{
    writer_bytes(w, &value, sizeof(value));
}

static void write_u32_native(struct writer *w, uint32_t value)
{
    writer_bytes(w, &value, sizeof(value));
}

/* The reader tells the order of octets by the magic number. */
void pcap_write_file_header(struct writer *w)
{
    write_u32_native(w, MAGIC);
    write_u16_native(w, 2);
    write_u16_native(w, 4);
    write_u32_native(w, 0);
    write_u32_native(w, 0);
    write_u32_native(w, UINT16_MAX);
    write_u32_native(w, LINKTYPE_RAW);
}

size_t pcap_room(size_t pdu_bytes)
{
    return pdu_bytes + (pdu_bytes / PCAP_PACKET_OCTETS_MAX + 1) * PCAP_OVERHEAD_BYTES;
}

/* RFC 1071, without the final complement. */
static uint32_t add_words(const uint8_t *data, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
    return sum;
}

static void put_checksum(uint8_t *at, uint32_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    at[0] = (uint8_t)(~sum >> 8);
    at[1] = (uint8_t)~sum;
}

static void write_ip_header(struct writer *w, const struct flow *f, size_t payload_bytes)
{
    uint8_t *start = w->at;

    writer_u16(w, 0x4500);
    writer_u16(w, (uint16_t)(IP_HEADER_BYTES + TCP_HEADER_BYTES + payload_bytes));
    writer_u32(w, 0x00004000); /* do not fragment */
    writer_u16(w, 0x4006);     /* TTL 64, TCP */
    writer_u16(w, 0);
    writer_u32(w, f->source);
    writer_u32(w, f->destination);
    put_checksum(start + 10, add_words(start, IP_HEADER_BYTES));
}

static void write_tcp(struct writer *w, const struct flow *f, struct span payload)
{
    uint8_t *start = w->at;
    uint32_t sum;

    writer_u16(w, f->source_port);
    writer_u16(w, f->destination_port);
    writer_u32(w, f->sequence);
    writer_u32(w, f->acknowledged);
    writer_u16(w, 0x5000 | TCP_PSH_ACK);
    writer_u16(w, UINT16_MAX); /* window */
    writer_u32(w, 0);          /* checksum, urgent pointer */
    writer_bytes(w, payload.data, payload.size);
    /* The pseudo header's addresses stand right before. */
    sum = add_words(start - 8, 8 + TCP_HEADER_BYTES + payload.size);
    put_checksum(start + 16, sum + 6 + (uint32_t)(TCP_HEADER_BYTES + payload.size));
}

static void write_packet(struct writer *w, const struct flow *f, struct span payload,
                         int64_t wall_ms)
{
    uint32_t size = (uint32_t)(IP_HEADER_BYTES + TCP_HEADER_BYTES + payload.size);

    write_u32_native(w, (uint32_t)(wall_ms / 1000));
    write_u32_native(w, (uint32_t)(wall_ms % 1000 * 1000));
    write_u32_native(w, size);
    write_u32_native(w, size);
    write_ip_header(w, f, payload.size);
    write_tcp(w, f, payload);
}

static struct flow flow_of(const struct link *link, enum link_direction direction)
{
    const struct link_counters *c = link_counters(link);
    uint16_t ephemeral = (uint16_t)(EPHEMERAL_PORT + link_connection(link) % EPHEMERAL_COUNT);
    uint32_t peer = PEER_ADDRESS + (uint32_t)(link_connection(link) / EPHEMERAL_COUNT % PEER_COUNT);
    bool is_out = direction == LINK_PDU_OUT;
    bool is_from_centre = is_out == link_is_server(link);

    return (struct flow){
        .source = is_out ? (uint32_t)OUR_ADDRESS : peer,
        .destination = is_out ? peer : (uint32_t)OUR_ADDRESS,
        .source_port = is_from_centre ? CENTRE_PORT : ephemeral,
        .destination_port = is_from_centre ? ephemeral : CENTRE_PORT,
        .sequence = 1 + (uint32_t)(is_out ? c->octets_out : c->octets_in),
        .acknowledged = 1 + (uint32_t)(is_out ? c->octets_in : c->octets_out),
    };
}

/* A bind's password as asterisks; the whole body where the field cannot be found. Binds are at most
 * SMPP_PDU_BYTES_OPEN octets: larger ones are refused by their length, and not shown here. */
static struct span without_password(struct span frame, uint8_t copy[SMPP_PDU_BYTES_OPEN])
{
    struct smpp_pdu pdu;
    enum smpp_status status = smpp_pdu_decode(frame, &pdu);
    struct span secret;

    switch (pdu.header.command_id) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
    case SMPP_OUTBIND:
        break;
    default:
        return frame;
    }
    secret = span_of(frame.data + SMPP_HEADER_BYTES, frame.size - SMPP_HEADER_BYTES);
    if (status == ESME_ROK)
        secret = pdu.bind.password;
    if (frame.size > SMPP_PDU_BYTES_OPEN)
        return span_of(frame.data, SMPP_HEADER_BYTES);
    memcpy(copy, frame.data, frame.size);
    if (secret.size > 0)
        memset(copy + (secret.data - frame.data), '*', secret.size);
    return span_of(copy, frame.size);
}

void pcap_write_pdu(struct writer *w, const struct link *link, enum link_direction direction,
                    struct span pdu, int64_t wall_ms)
{
    struct flow f = flow_of(link, direction);
    uint8_t copy[SMPP_PDU_BYTES_OPEN];
    struct span left = without_password(pdu, copy);

    while (left.size > 0) {
        size_t size = left.size < PCAP_PACKET_OCTETS_MAX ? left.size : PCAP_PACKET_OCTETS_MAX;

        write_packet(w, &f, span_of(left.data, size), wall_ms);
        f.sequence += (uint32_t)size;
        left = span_of(left.data + size, left.size - size);
    }
}
