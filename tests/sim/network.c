#include "tests/sim/network.h"

#include "base/mem.h"

#include <string.h>

enum {
    NETWORK_DELAY_MS_MAX = 15,
    NETWORK_CONNECT_MS_MAX = 40,
    NETWORK_LOSS_NOTICED_MS_MAX = 2000,
    NETWORK_WINDOW_BYTES = 8192, /* what one direction holds; more is a short write */
};

/* One end of a pipe; what it writes arrives at `other`. */
struct end {
    struct transport transport;
    struct pipe *pipe;
    struct end *other;
    struct timer_queue *timers; /* its owner's */
    bool is_closed;             /* by its owner: nothing is told any more */
    bool is_lost;               /* told on_lost */
    uint8_t buffer[NETWORK_WINDOW_BYTES];
    size_t size; /* written here, not yet arrived at the other end */
    bool wants_room;
    struct timer arrival;
    struct timer loss;
};

struct pipe {
    struct network *network;
    uint16_t port;
    struct list_node node;
    struct end near;
    struct end far;
    bool is_broken;
    struct timer opening;
    struct deferred freeing;
};

struct network {
    struct world *world;
    network_accept_fn *accept;
    void *accept_ctx;
    struct list pipes;
};

static void pipe_free(struct pipe *p)
{
    struct end *ends[] = {&p->near, &p->far};

    for (size_t i = 0; i < 2; i++) {
        timer_stop(ends[i]->other->timers, &ends[i]->arrival);
        timer_stop(ends[i]->timers, &ends[i]->loss);
    }
    timer_stop(p->near.timers, &p->opening);
    deferred_cancel(&p->network->world->deferred, &p->freeing);
    list_remove(&p->network->pipes, &p->node);
    mem_free(p);
}

static void on_free(struct deferred *d, void *arg)
{
    (void)d;
    pipe_free(arg);
}

static void on_loss(struct timer *timer, void *arg)
{
    struct end *e = arg;

    if (e->is_closed || e->is_lost)
        return;
    if (e->other->size != 0) { /* that comes first */
        timer_start(e->timers, timer, NETWORK_DELAY_MS_MAX);
        return;
    }
    e->is_lost = true;
    e->transport.events->on_lost(e->transport.ctx, "peer_gone");
}

static void drop(struct end *e)
{
    timer_stop(e->other->timers, &e->arrival);
    e->size = 0;
}

/* Both ends learn of it, each when it pleases the network; what was on the way is gone, but for
 * what `speaker` has written (NULL = neither end). */
static void pipe_break(struct pipe *p, const struct end *speaker)
{
    struct end *ends[] = {&p->near, &p->far};
    struct world *w = p->network->world;
    uint64_t noticed_ms = 0;

    if (p->is_broken)
        return;
    p->is_broken = true;
    if (timer_is_running(&p->opening)) {
        timer_stop(p->near.timers, &p->opening);
        p->far.is_closed = true; /* nobody was there yet */
    }
    for (size_t i = 0; i < 2; i++) {
        if (ends[i] != speaker)
            drop(ends[i]);
        /* Where steps have no number the gateway learns of it first (custody.pml, HALF_OPEN). */
        noticed_ms = world_between(w, w->token == TURN_TOKEN_NONE ? noticed_ms : 0,
                                   NETWORK_LOSS_NOTICED_MS_MAX);
        timer_start(ends[i]->timers, &ends[i]->loss, noticed_ms);
    }
}

static void start_arrival(struct end *e)
{
    struct world *w = e->pipe->network->world;

    if (!timer_is_running(&e->arrival))
        timer_start(e->other->timers, &e->arrival, world_between(w, 1, NETWORK_DELAY_MS_MAX));
}

/* Some or all of what is on the way arrives, cut anywhere. */
static void on_arrival(struct timer *timer, void *arg)
{
    struct end *e = arg;
    struct end *to = e->other;
    struct world *w = e->pipe->network->world;
    uint8_t octets[NETWORK_WINDOW_BYTES];
    size_t size = e->size;

    (void)timer;
    if (world_chance(w, w->faults.connection_break)) {
        pipe_break(e->pipe, NULL);
        drop(e);
        return;
    }
    if (size > 1 && world_chance(w, 200000))
        size = world_between(w, 1, size);
    memcpy(octets, e->buffer, size);
    memmove(e->buffer, e->buffer + size, e->size - size);
    e->size -= size;
    if (e->size != 0)
        start_arrival(e);
    world_note(w, octets, size);
    if (e->wants_room && !e->is_closed) {
        e->wants_room = false;
        e->transport.events->on_writable(e->transport.ctx);
    }
    if (!to->is_closed && !to->is_lost)
        to->transport.events->on_bytes(to->transport.ctx, span_of(octets, size));
}

static size_t end_write(struct transport *t, struct span bytes)
{
    struct end *e = (struct end *)t;
    size_t room = sizeof(e->buffer) - e->size;
    size_t size = bytes.size < room ? bytes.size : room;
    struct world *w = e->pipe->network->world;

    if (e == &e->pipe->near && size > 1 && world_chance(w, w->faults.short_write))
        size = world_between(w, 1, size - 1);
    if (e->pipe->is_broken)
        return bytes.size; /* the kernel still takes it; it goes nowhere */
    memcpy(e->buffer + e->size, bytes.data, size);
    e->size += size;
    e->wants_room = size < bytes.size;
    if (e->size != 0)
        start_arrival(e);
    return size;
}

static void end_close(struct transport *t)
{
    struct end *e = (struct end *)t;
    struct pipe *p = e->pipe;

    e->is_closed = true;
    /* What the kernel has taken may arrive still: FIN comes behind it, RST takes it away. */
    pipe_break(p, world_chance(p->network->world, 500000) ? e : NULL);
    if (e->other->is_closed)
        deferred_add(&p->network->world->deferred, &p->freeing);
}

static const struct transport_ops end_ops = {.write = end_write, .close = end_close};

static void on_opening(struct timer *timer, void *arg)
{
    struct pipe *p = arg;
    struct network_peer peer =
        p->network->accept(p->network->accept_ctx, &p->far.transport, p->port);

    (void)timer;
    p->far.transport.events = peer.events;
    p->far.transport.ctx = peer.ctx;
    if (!p->near.is_closed)
        p->near.transport.events->on_open(p->near.transport.ctx);
}

static void end_init(struct pipe *p, struct end *e, struct end *other, struct timer_queue *timers)
{
    e->transport.ops = &end_ops;
    e->pipe = p;
    e->other = other;
    e->timers = timers;
    timer_init(&e->arrival, on_arrival, e);
    timer_init(&e->loss, on_loss, e);
}

static struct transport *network_connect(void *ctx, const char *host, uint16_t port, unsigned first,
                                         const struct transport_events *events, void *events_ctx)
{
    const struct network_side *side = ctx;
    struct network *n = side->network;
    struct pipe *p = mem_zalloc(sizeof(*p));

    (void)host;
    (void)first;
    p->network = n;
    p->port = port;
    list_node_init(&p->node);
    list_push_back(&n->pipes, &p->node);
    end_init(p, &p->near, &p->far, side->timers);
    end_init(p, &p->far, &p->near, &n->world->timers);
    p->near.transport.events = events;
    p->near.transport.ctx = events_ctx;
    deferred_init(&p->freeing, on_free, p);
    timer_init(&p->opening, on_opening, p);
    timer_start(side->timers, &p->opening, world_between(n->world, 1, NETWORK_CONNECT_MS_MAX));
    return &p->near.transport;
}

struct network *network_new(struct world *w, network_accept_fn *accept, void *accept_ctx)
{
    struct network *n = mem_zalloc(sizeof(*n));

    n->world = w;
    n->accept = accept;
    n->accept_ctx = accept_ctx;
    list_init(&n->pipes);
    return n;
}

struct transport_factory network_factory(struct network_side *side)
{
    return (struct transport_factory){.connect = network_connect, .ctx = side};
}

void network_free(struct network *n)
{
    LIST_FOREACH(node, &n->pipes)
        pipe_free(LIST_ITEM(node, struct pipe, node));
    mem_free(n);
}
