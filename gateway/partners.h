/*
 * Partners: who connects to us. The doors they knock at, the accounts, and their binds.
 *
 * Towards partners we are the centre: their submit_sm and data_sm are inputs, our screens and SMS
 * go out as deliver_sm.
 */
#ifndef WARUNG_GATEWAY_PARTNERS_H
#define WARUNG_GATEWAY_PARTNERS_H

#include "gateway/config.h"
#include "gateway/link/server.h"
#include "gateway/link/transport_socket.h"
#include "gateway/service.h"
#include "gateway/turn/turn.h"

struct partners;
struct partner; /* one account */

struct partners_owner {
    /* A submit_sm, data_sm or query_sm of a partner's. */
    void (*on_message)(void *ctx, const struct partner *partner, struct link *link,
                       struct link_ticket ticket, const struct smpp_pdu *pdu);
    void *ctx;
};

/* The environment must outlive it. */
struct partners *partners_new(const struct link_env *env, struct event_base *base,
                              struct socket_factory *sockets, const struct partners_owner *owner);
/* Opens the doors, once. False, with a text for the administrator, when an address cannot be had.
 */
bool partners_open(struct partners *ps, const struct config_partners *config, char *error,
                   size_t error_bytes);
/* Takes the accounts of the configuration over; links of accounts that went or changed are
 * unbound. The configuration must stay until the following call has returned. */
void partners_apply(struct partners *ps, const struct config_partners *config);
/* Reads the certificate files again, for new connections; a fault is logged. */
void partners_reload_certificates(struct partners *ps);
/* Nobody is let in any more, links are unbound. */
void partners_stop(struct partners *ps);
bool partners_are_stopped(const struct partners *ps);
/* Requests under way are not called back. Outside of all callbacks. */
void partners_free(struct partners *ps);

/* NULL when there is no such account. */
const struct partner *partners_find(const struct partners *ps, const char *name);
/* A partner that can take an SMS: chosen as centres_for_sms() does. */
const struct partner *partners_for_sms(struct partners *ps, const char *code, const char *msisdn);
/* As centres_carry(). */
bool partners_carry(struct partners *ps, const char *code, const char *msisdn);
/* As centres_room(). */
size_t partners_room(struct partners *ps);
/* The link of a connection; NULL when it is gone. */
struct link *partners_find_link(struct partners *ps, uint64_t connection);
/* A link of the partner's that can take a message; NULL when there is none. */
struct link *partners_pick(struct partners *ps, const struct partner *partner);
unsigned partners_bound_count(const struct partners *ps);
void partners_each_link(struct partners *ps, void (*fn)(void *ctx, struct link *link), void *ctx);
/* NULL while no partner is configured. */
const struct link_server_counters *partners_counters(const struct partners *ps);

/* In the order of the configuration; NULL at the end. */
const struct partner *partners_at(const struct partners *ps, size_t index);
/* Bound links of one account. */
unsigned partners_count_links(struct partners *ps, const struct partner *partner);

const char *partner_name(const struct partner *p);
struct service *partner_service(const struct partner *p);
/* Which it may speak for; empty = all. */
const struct config_strings *partner_codes(const struct partner *p);
const struct dialect *partner_dialect(const struct partner *p);
struct turn_traits partner_traits(const struct partner *p);

#endif
