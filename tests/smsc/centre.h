/*
 * The centre: it carries what subscribers do to the gateway, and what the gateway says to them.
 *
 * As a centre it listens and the gateway binds; as a partner (an aggregator) it connects to the
 * gateway's own listener and submits. Either way the subscriber's side is the same: inputs go out
 * through a carrier (carrier.h), messages come in.
 */
#ifndef WARUNG_SMSC_CENTRE_H
#define WARUNG_SMSC_CENTRE_H

#include "tests/smsc/carrier.h"
#include "tests/smsc/peers.h"
#include "tests/smsc/receipts.h"

#include <stdio.h>

struct centre;

struct centre_settings {
    struct peers_settings peers;
    struct carrier_settings carrier;
    struct receipts_settings receipts;
    bool sticky;      /* a subscriber's inputs keep to one bind while it has room */
    uint64_t late_ms; /* FAULT_LATE */
    FILE *trace;      /* one line a PDU; may be NULL */
};

struct centre_owner {
    /* The number of binds that take our messages changed; with its own context. */
    void (*on_binds)(void *binds_ctx, unsigned count);
    void *binds_ctx;
    /* A message for a subscriber was taken. */
    void (*on_message)(void *ctx, const struct wire_message *message);
    /* Before on_message: it came by a bind that no answer to an input comes by. May be NULL. */
    void (*on_apart)(void *ctx, const struct wire_message *message);
    /* A message for a subscriber was turned away by a fault of ours. May be NULL. */
    void (*on_turned_away)(void *ctx, const struct wire_message *message);
    /* As in struct carrier_owner; on_repeat_accepted and on_retry may be NULL. */
    void (*on_accepted)(void *ctx, const struct delivery *delivery);
    void (*on_repeat_accepted)(void *ctx, const struct delivery *delivery);
    void (*on_refused)(void *ctx, const struct delivery *delivery, uint32_t status);
    void (*on_retry)(void *ctx, const struct delivery *delivery);
    /* We dropped a connection (fault or command): what it carried may be lost. May be NULL. */
    void (*on_dropped)(void *ctx);
};

struct centre_stats {
    struct carrier_stats carrier;
    uint64_t messages; /* taken from the gateway */
    uint64_t turned_away;
    uint64_t receipts;
    uint64_t binds;
    uint64_t disconnects;
};

/* NULL with a message on standard error when the address cannot be used. What is pointed to must
 * outlive the centre. */
struct centre *centre_new(struct loop *loop, const struct centre_settings *settings,
                          struct faults *faults, const struct centre_owner *owner, void *ctx);
/* Unbinds every session, waits up to wait_ms for the responses. */
void centre_stop(struct centre *c, uint64_t wait_ms);
/* Without callbacks. */
void centre_free(struct centre *c);

/* The port it listens on; 0 as partner. */
unsigned centre_port(const struct centre *c);
unsigned centre_binds(const struct centre *c);
/* Nothing is on its way to a gateway but what is waited for. */
bool centre_is_quiet(const struct centre *c);
struct centre_stats centre_stats(const struct centre *c);
struct carrier *centre_carrier(struct centre *c);
/* Receipts that are still to be sent. */
size_t centre_receipts_owed(const struct centre *c);
/* The loop's clock. */
uint64_t centre_now_us(const struct centre *c);

/* Commands for tests: every session's connection at once; octets of ours one by one. */
void centre_drop_all(struct centre *c);
void centre_set_trickle(struct centre *c, bool trickle);

#endif
