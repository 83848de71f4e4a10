/*
 * One smsc entry at work: its binds to the centre, kept up by their links.
 *
 * `pair` makes two links a bind, a receiver and a transmitter, which starts first. The first link
 * starts at once, each further one 2 s after the one before. An `exclusive` entry binds only while
 * it holds the lease of its name: of several gateways one is bound, the others stand by.
 */
#ifndef WARUNG_GATEWAY_CENTRE_H
#define WARUNG_GATEWAY_CENTRE_H

#include "gateway/config.h"
#include "gateway/lease.h"
#include "gateway/link/link.h"
#include "gateway/service.h"
#include "gateway/smpp/dialect.h"
#include "gateway/turn/turn.h"

struct centre;

/* A deliver_sm or data_sm of the centre's. `bind` names the link for as long as the process runs:
 * it is never given twice. */
typedef void centre_message_fn(void *ctx, struct centre *centre, uintptr_t bind, struct link *link,
                               struct link_ticket ticket, const struct smpp_pdu *pdu);

struct centre_owner {
    centre_message_fn *on_message;
    void *message_ctx;
    /* centre_is_stopped() has become true. */
    void (*on_stopped)(void *ctx);
    void *ctx;
};

/* What leases need; of exclusive entries alone. It is copied. */
struct centre_sharing {
    struct store *store;
    const char *instance; /* outlives the centre */
};

/* What is needed of the settings is copied. `next_bind` numbers links; it outlives the centre. */
struct centre *centre_new(const struct link_env *env, const struct transport_factory *network,
                          const struct config_smsc *settings, const struct centre_sharing *sharing,
                          const struct centre_owner *owner, uintptr_t *next_bind);
/* Connects, unless it is out of service; an exclusive one when it has its lease. */
void centre_start(struct centre *c);
/* Unbinds every link and gives the lease back; on_stopped when that is done. */
void centre_stop(struct centre *c);
bool centre_is_stopped(const struct centre *c);
/* Requests under way are not called back: stop it first where that matters. */
void centre_free(struct centre *c);

const char *centre_name(const struct centre *c);
const struct dialect *centre_dialect(const struct centre *c);
/* What its entry says; what its dialect does is left out. */
struct turn_traits centre_traits(const struct centre *c);

/* Delivery receipts are asked of it. */
bool centre_tells_receipts(const struct centre *c);
/* Whose message ids those are, and whose dialogues: several entries may lead to one centre. */
const char *centre_teller(const struct centre *c);

/* Some bind of it, up or not, is one that can submit. */
bool centre_has_transmitter(const struct centre *c);
/* The link that should submit next (link_suits_better()); NULL when there is none. */
struct link *centre_transmitter(struct centre *c);
/* link_room() of all its links. */
size_t centre_room(const struct centre *c);
/* NULL when the bind is none of this centre's, or its lease is over. */
struct link *centre_find_link(const struct centre *c, uintptr_t bind);
unsigned centre_link_count(const struct centre *c);
struct link *centre_link(const struct centre *c, unsigned index);
unsigned centre_bound_count(const struct centre *c);
struct service *centre_service(struct centre *c);
/* NULL: it is not exclusive. */
const struct lease *centre_lease(const struct centre *c);
/* It has its lease, or needs none. */
bool centre_may_act(const struct centre *c);
/* Why the link was closed last; "" = never. */
const char *centre_link_reason(const struct centre *c, unsigned index);

#endif
