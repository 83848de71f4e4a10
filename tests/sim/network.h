/*
 * The simulated network: pipes of octets with delay, arbitrary cuts, and sudden ends.
 */
#ifndef WARUNG_SIM_NETWORK_H
#define WARUNG_SIM_NETWORK_H

#include "gateway/link/transport.h"
#include "tests/sim/world.h"

struct network;

/* The far end of each new pipe is handed to `accept`, with the port that is called, which gives the
 * events to tell it. */
struct network_peer {
    const struct transport_events *events;
    void *ctx;
};
typedef struct network_peer network_accept_fn(void *ctx, struct transport *far_end, uint16_t port);

struct network *network_new(struct world *w, network_accept_fn *accept, void *accept_ctx);
/* Where a gateway's connections begin. */
struct network_side {
    struct network *network;
    struct timer_queue *timers; /* the gateway's: it learns of nothing while they stand still */
};
/* For link_client_new(): the host is ignored. The side outlives it. */
struct transport_factory network_factory(struct network_side *side);
void network_free(struct network *n);

#endif
