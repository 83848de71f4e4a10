#include "tests/sim/connection.h"

#include "base/list.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum { CONNECTION_STREAM_BYTES = 65536 };

struct connection {
    struct world *world;
    struct transport *transport;
    struct connection_owner owner;
    void *ctx;
    unsigned centre;
    bool takes_inputs;
    uint32_t next_sequence;
    size_t size;
    uint8_t *stream; /* CONNECTION_STREAM_BYTES of room */
    uint8_t *unsent; /* what the pipe had no room for */
    size_t unsent_size;
    struct list later;
};

/* A response that takes its time. */
struct later {
    struct list_node node;
    struct connection *connection;
    struct timer timer;
    uint32_t command_id, status, sequence_number;
    char message_id[16];
};

void connection_send(struct connection *x, struct span pdu)
{
    size_t size = x->unsent_size == 0 ? transport_write(x->transport, pdu) : 0;

    if (size == pdu.size)
        return;
    x->unsent = mem_realloc_array(x->unsent, x->unsent_size + pdu.size - size, 1);
    memcpy(x->unsent + x->unsent_size, pdu.data + size, pdu.size - size);
    x->unsent_size += pdu.size - size;
}

void connection_respond(struct connection *x, uint32_t command_id, uint32_t status,
                        uint32_t sequence_number, const char *message_id)
{
    uint8_t octets[128];
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    if (message_id != NULL)
        smpp_message_resp_encode(&w, command_id, status, sequence_number, message_id);
    else
        smpp_header_only_encode(&w, command_id, status, sequence_number);
    connection_send(x, writer_span(&w));
}

static void later_free(struct later *l)
{
    timer_stop(&l->connection->world->timers, &l->timer);
    list_remove(&l->connection->later, &l->node);
    mem_free(l);
}

static void on_later(struct timer *timer, void *arg)
{
    struct later *l = arg;

    (void)timer;
    connection_respond(l->connection, l->command_id, l->status, l->sequence_number, l->message_id);
    later_free(l);
}

void connection_respond_in(struct connection *x, uint64_t ms, uint32_t command_id, uint32_t status,
                           uint32_t sequence_number, const char *message_id)
{
    struct later *l = mem_zalloc(sizeof(*l));

    *l = (struct later){.connection = x,
                        .command_id = command_id,
                        .status = status,
                        .sequence_number = sequence_number};
    text_copy(l->message_id, sizeof(l->message_id), message_id);
    list_node_init(&l->node);
    list_push_back(&x->later, &l->node);
    timer_init(&l->timer, on_later, l);
    timer_start(&x->world->timers, &l->timer, ms);
}

static void take(struct connection *x, const struct smpp_pdu *pdu)
{
    uint32_t id = pdu->header.command_id;

    switch (id) {
    case SMPP_BIND_TRANSCEIVER:
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
        x->takes_inputs = id != SMPP_BIND_TRANSMITTER;
        connection_respond(x, id | SMPP_RESPONSE_BIT, ESME_ROK, pdu->header.sequence_number, "sim");
        break;
    case SMPP_SUBMIT_SM:
    case SMPP_DELIVER_SM_RESP:
        x->owner.on_pdu(x->ctx, x, pdu);
        break;
    case SMPP_ENQUIRE_LINK:
    case SMPP_UNBIND:
        connection_respond(x, id | SMPP_RESPONSE_BIT, ESME_ROK, pdu->header.sequence_number, NULL);
        if (id == SMPP_UNBIND)
            x->takes_inputs = false;
        break;
    default:
        world_violation(x->world, "a PDU that no client sends", "-", smpp_command_name(id));
    }
}

static void on_bytes(void *ctx, struct span bytes)
{
    struct connection *x = ctx;
    size_t at = 0;
    struct smpp_header header;

    assert(bytes.size <= CONNECTION_STREAM_BYTES - x->size);
    memcpy(x->stream + x->size, bytes.data, bytes.size);
    x->size += bytes.size;
    while (smpp_frame_look(span_of(x->stream + at, x->size - at), SMPP_PDU_BYTES_DEFAULT,
                           &header) == SMPP_FRAME_WHOLE) {
        struct smpp_pdu pdu;

        if (smpp_pdu_decode(span_of(x->stream + at, header.command_length), &pdu) != ESME_ROK)
            world_violation(x->world, "a malformed PDU", "-", "");
        at += header.command_length;
        take(x, &pdu);
    }
    memmove(x->stream, x->stream + at, x->size - at);
    x->size -= at;
}

static void on_lost(void *ctx, const char *reason)
{
    struct connection *x = ctx;

    (void)reason;
    x->owner.on_lost(x->ctx, x);
    connection_free(x);
}

static void on_writable(void *ctx)
{
    struct connection *x = ctx;
    size_t size = transport_write(x->transport, span_of(x->unsent, x->unsent_size));

    memmove(x->unsent, x->unsent + size, x->unsent_size - size);
    x->unsent_size -= size;
}

struct connection *connection_new(struct world *w, struct transport *transport, unsigned centre,
                                  const struct connection_owner *owner, void *ctx)
{
    struct connection *x = mem_zalloc(sizeof(*x));

    x->world = w;
    x->centre = centre;
    x->transport = transport;
    x->owner = *owner;
    x->ctx = ctx;
    x->next_sequence = 1;
    list_init(&x->later);
    x->stream = mem_alloc(CONNECTION_STREAM_BYTES);
    return x;
}

struct network_peer connection_peer(struct connection *x)
{
    static const struct transport_events events = {
        .on_bytes = on_bytes, .on_lost = on_lost, .on_writable = on_writable};

    return (struct network_peer){&events, x};
}

unsigned connection_centre(const struct connection *x)
{
    return x->centre;
}

bool connection_takes_inputs(const struct connection *x)
{
    return x->takes_inputs;
}

uint32_t connection_next_sequence(struct connection *x)
{
    return x->next_sequence++;
}

void connection_free(struct connection *x)
{
    struct list_node *n;

    while ((n = list_first(&x->later)) != NULL)
        later_free(LIST_ITEM(n, struct later, node));
    transport_close(x->transport);
    mem_free(x->stream);
    mem_free(x->unsent);
    mem_free(x);
}
