#include "tests/support/fake_transport.h"

#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static size_t fake_write(struct transport *transport, struct span bytes)
{
    struct fake_transport *t = (struct fake_transport *)transport;
    size_t size = bytes.size < t->room ? bytes.size : t->room;

    assert(!t->is_closed && bytes.size != 0);
    if (size == 0)
        return 0;
    t->written = mem_realloc_array(t->written, t->written_bytes + size, 1);
    memcpy(t->written + t->written_bytes, bytes.data, size);
    t->written_bytes += size;
    if (t->room != SIZE_MAX)
        t->room -= size;
    t->writes++;
    return size;
}

static void fake_close(struct transport *transport)
{
    struct fake_transport *t = (struct fake_transport *)transport;

    assert(!t->is_closed);
    t->is_closed = true;
}

static void fake_abort(struct transport *transport)
{
    ((struct fake_transport *)transport)->is_aborted = true;
    fake_close(transport);
}

static const struct transport_ops fake_ops = {fake_write, fake_close, fake_abort, NULL};

static struct fake_transport *transport_new(struct fake_network *network,
                                            const struct transport_events *events, void *ctx)
{
    struct fake_transport *t = mem_zalloc(sizeof(*t));

    t->transport.ops = &fake_ops;
    t->transport.events = events;
    t->transport.ctx = ctx;
    t->room = SIZE_MAX;
    list_push_back(&network->transports, &t->node);
    network->last = t;
    return t;
}

static struct transport *fake_connect(void *ctx, const char *host, uint16_t port, unsigned first,
                                      const struct transport_events *events, void *events_ctx)
{
    struct fake_network *network = ctx;

    network->connects++;
    snprintf(network->host, sizeof(network->host), "%s", host);
    network->port = port;
    network->first = first;
    return &transport_new(network, events, events_ctx)->transport;
}

void fake_network_init(struct fake_network *network)
{
    memset(network, 0, sizeof(*network));
    list_init(&network->transports);
}

void fake_network_fini(struct fake_network *network)
{
    struct list_node *n;

    while ((n = list_pop_front(&network->transports)) != NULL) {
        struct fake_transport *t = LIST_ITEM(n, struct fake_transport, node);

        assert(t->is_closed);
        mem_free(t->written);
        mem_free(t);
    }
}

struct transport_factory fake_network_factory(struct fake_network *network)
{
    return (struct transport_factory){fake_connect, network};
}

struct fake_transport *fake_network_accept(struct fake_network *network)
{
    return transport_new(network, NULL, NULL);
}

void fake_transport_open(struct fake_transport *t)
{
    if (!t->is_closed)
        t->transport.events->on_open(t->transport.ctx);
}

void fake_transport_feed(struct fake_transport *t, struct span bytes)
{
    uint8_t *copy;

    if (t->is_closed)
        return;
    /* A copy of just this size, gone afterwards: who keeps a pointer into it is caught. */
    copy = mem_dup(bytes.data, bytes.size);
    t->transport.events->on_bytes(t->transport.ctx, span_of(copy, bytes.size));
    mem_free(copy);
}

void fake_transport_make_room(struct fake_transport *t, size_t room)
{
    t->room = room;
    if (!t->is_closed)
        t->transport.events->on_writable(t->transport.ctx);
}

void fake_transport_lose(struct fake_transport *t, const char *reason)
{
    if (!t->is_closed)
        t->transport.events->on_lost(t->transport.ctx, reason);
}

struct span fake_transport_take(struct fake_transport *t)
{
    const uint8_t *p = t->written + t->looked_at;
    size_t left = t->written_bytes - t->looked_at;
    size_t size;

    if (left < 4)
        return span_of(NULL, 0);
    size = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (size > left || size < 4)
        return span_of(NULL, 0);
    t->looked_at += size;
    return span_of(p, size);
}
