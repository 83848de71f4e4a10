/*
 * One input on its way from the centre to the service: brought again until it is taken, or given
 * up.
 */
#ifndef WARUNG_SIM_DELIVERY_H
#define WARUNG_SIM_DELIVERY_H

#include "tests/sim/connection.h"

struct delivery_owner {
    /* Where to bring it this time; NULL: nowhere yet. */
    struct connection *(*choose)(void *ctx);
    /* Writes it, for the `tries`th time; its sequence number. */
    uint32_t (*write)(void *ctx, struct connection *x, unsigned tries);
    void (*given_up)(void *ctx);
};

struct delivery {
    struct world *world;
    const struct delivery_owner *owner;
    void *ctx;
    bool is_under_way;
    unsigned tries;
    struct connection *connection; /* where it waits for its response */
    uint32_t sequence_number;
    struct timer response;
    struct timer again;
};

void delivery_init(struct delivery *d, struct world *w, const struct delivery_owner *owner,
                   void *ctx);
void delivery_begin(struct delivery *d);
/* This try is lost, or refused. */
void delivery_later(struct delivery *d);
/* Taken, or nobody waits for it any more. */
void delivery_stop(struct delivery *d);
/* Is this response its own? */
bool delivery_awaits(const struct delivery *d, const struct connection *x,
                     uint32_t sequence_number);

#endif
