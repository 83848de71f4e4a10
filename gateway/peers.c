#include "gateway/peers.h"

#include <string.h>

struct peer peer_of_centre(struct centre *centre)
{
    return (struct peer){
        .name = centre_name(centre), .dialect = centre_dialect(centre), .centre = centre};
}

struct peer peer_of_partner(const struct partner *partner)
{
    return (struct peer){
        .name = partner_name(partner), .dialect = partner_dialect(partner), .partner = partner};
}

struct service *peer_service(const struct peer *peer)
{
    return peer->centre != NULL ? centre_service(peer->centre) : partner_service(peer->partner);
}

bool peer_takes_replies(const struct peer *peer)
{
    return peer->centre == NULL || centre_has_transmitter(peer->centre);
}

bool peer_tells_receipts(const struct peer *peer)
{
    return peer->centre != NULL && centre_tells_receipts(peer->centre);
}

struct turn_traits peer_traits(const struct peer *peer)
{
    const struct dialect_timers *timers = dialect_timers(peer->dialect);
    struct turn_traits traits =
        peer->partner != NULL ? partner_traits(peer->partner) : centre_traits(peer->centre);

    traits.reply_limit_ms = timers->app_reply_s * 1000U;
    traits.user_reply_s = timers->user_reply_s;
    traits.session_max_s = timers->session_max_s;
    traits.acks_abort = dialect_acks_abort(peer->dialect);
    return traits;
}

static bool take_centre(struct centre *centre, struct peer *peer)
{
    if (centre != NULL)
        *peer = peer_of_centre(centre);
    return centre != NULL;
}

static bool take_partner(const struct partner *partner, struct peer *peer)
{
    if (partner != NULL)
        *peer = peer_of_partner(partner);
    return partner != NULL;
}

bool peers_find(const struct peers *all, const char *name, struct peer *peer)
{
    return take_centre(centres_find(all->centres, name), peer) ||
           take_partner(partners_find(all->partners, name), peer);
}

bool peers_find_origin(const struct peers *all, const char *name, struct peer *peer)
{
    return peers_find(all, name, peer) ||
           take_centre(centres_find_leaving(all->centres, name), peer);
}

static bool find_named(const struct peers *all, const struct turn_sms *order, struct peer *peer)
{
    return peers_find(all, order->link_name, peer) &&
           peer_service(peer)->state == SERVICE_SERVING && peers_pick_link(all, peer) != NULL;
}

bool peers_find_sender(const struct peers *all, const struct turn_sms *order, struct peer *peer)
{
    return find_named(all, order, peer) ||
           take_centre(centres_for_sms(all->centres, order->source, order->msisdn), peer) ||
           take_partner(partners_for_sms(all->partners, order->source, order->msisdn), peer);
}

bool peers_have_sender(const struct peers *all, const struct turn_sms *order)
{
    struct peer peer;

    return find_named(all, order, &peer) ||
           centres_carry(all->centres, order->source, order->msisdn) ||
           partners_carry(all->partners, order->source, order->msisdn);
}

struct link *peers_link(const struct peers *all, const struct turn_origin *origin)
{
    return origin->link == PEERS_PARTNER_BIND
               ? partners_find_link(all->partners, origin->connection)
               : centres_find_link(all->centres, (uintptr_t)origin->link);
}

struct link *peers_pick_link(const struct peers *all, const struct peer *peer)
{
    return peer->centre != NULL ? centre_transmitter(peer->centre)
                                : partners_pick(all->partners, peer->partner);
}

bool peers_are_one(const struct peers *all, const char *name, const char *other)
{
    return strcmp(name, other) == 0 || (partners_find(all->partners, name) == NULL &&
                                        centres_are_one(all->centres, name, other));
}

size_t peers_room(const struct peers *all)
{
    return centres_room(all->centres) + partners_room(all->partners);
}
