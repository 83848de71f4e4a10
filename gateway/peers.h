/*
 * Centres and partners as one: the other side of a dialogue or an SMS, whichever it is.
 */
#ifndef WARUNG_GATEWAY_PEERS_H
#define WARUNG_GATEWAY_PEERS_H

#include "gateway/centres.h"
#include "gateway/partners.h"
#include "gateway/turn/turn.h"

struct peers {
    struct centres *centres;
    struct partners *partners;
};

/* A centre, or a partner towards whom we are the centre. Valid until the configuration changes. */
struct peer {
    const char *name;
    const struct dialect *dialect;
    struct centre *centre;         /* NULL: a partner */
    const struct partner *partner; /* NULL: a centre */
};

/* Stands in an origin for the bind of a partner's, whose link is found by its connection. */
#define PEERS_PARTNER_BIND ((void *)UINTPTR_MAX)

struct peer peer_of_centre(struct centre *centre);
struct peer peer_of_partner(const struct partner *partner);
struct service *peer_service(const struct peer *peer);
/* False: a centre that we only receive from never takes a reply, and waiting does not help. */
bool peer_takes_replies(const struct peer *peer);
/* Centres tell, where they are asked for receipts; partners do not: to them we are the centre. */
bool peer_tells_receipts(const struct peer *peer);
/* For turn_ports.traits. */
struct turn_traits peer_traits(const struct peer *peer);

/* By the name of an entry; false when there is none. */
bool peers_find(const struct peers *all, const char *name, struct peer *peer);
/* Also one that is on its way out: what came from it is gone on with as it began. */
bool peers_find_origin(const struct peers *all, const char *name, struct peer *peer);
/* Who sends an SMS: the one named, when it can; else whoever carries the code, centres first. */
bool peers_find_sender(const struct peers *all, const struct turn_sms *order, struct peer *peer);
/* Is somebody there who sends it? Takes nobody's turn. */
bool peers_have_sender(const struct peers *all, const struct turn_sms *order);
/* The link that an input came by; NULL when its connection is gone. */
struct link *peers_link(const struct peers *all, const struct turn_origin *origin);
/* One that can send to the peer now; NULL = none. */
struct link *peers_pick_link(const struct peers *all, const struct peer *peer);
/* For turn_ports.is_one_centre and .sms_room. */
bool peers_are_one(const struct peers *all, const char *name, const char *other);
size_t peers_room(const struct peers *all);

#endif
