/*
 * Between the links and the turn engine: PDUs of centres and partners become inputs, screens and
 * SMS become PDUs, outcomes become what the engine asks about them.
 */
#ifndef WARUNG_GATEWAY_PORTS_H
#define WARUNG_GATEWAY_PORTS_H

#include "gateway/cdr/cdr_line.h"
#include "gateway/centres.h"
#include "gateway/funnel.h"
#include "gateway/partners.h"
#include "gateway/router.h"
#include "gateway/turn/turn.h"

struct ports;

struct ports_counters {
    uint64_t refused_in; /* messages that are no input: unreadable, or not taken of this peer now */
    uint64_t unencodable; /* screens and SMS that the dialect could not carry */
    uint64_t unsent;      /* ... that no link could take */
};

struct ports *ports_new(void);
/* After the links are gone; what they have not called back is forgotten. */
void ports_free(struct ports *p);

/* Set once, before the first message. All outlive the ports' use. funnel: NULL = nothing counted.
 */
void ports_connect(struct ports *p, struct centres *centres, struct partners *partners,
                   const struct router *router, struct turn_engine *engine, struct funnel *funnel,
                   const struct vault *vault);

/* Where records go from now on; NULL = nowhere. Before the engine is made. */
struct cdr_writer;
void ports_set_cdr(struct ports *p, struct cdr_writer *writer, enum cdr_number number);

/* For turn_env.ports. */
struct turn_ports ports_for_turns(struct ports *p);
/* A centre_message_fn; ctx is the ports. */
void ports_on_message(void *ctx, struct centre *centre, uintptr_t bind, struct link *link,
                      struct link_ticket ticket, const struct smpp_pdu *pdu);
/* For partners_owner.on_message; likewise. */
void ports_on_partner_message(void *ctx, const struct partner *partner, struct link *link,
                              struct link_ticket ticket, const struct smpp_pdu *pdu);
const struct ports_counters *ports_counters(const struct ports *p);

#endif
