/*
 * The server (centre) role: partners connect to us and bind.
 *
 * A caller is counted and, where its address is banned, unknown to every account or over its share,
 * turned away before its first octet is read. Bound, it is an ordinary link (link.h): its
 * submit_sm, data_sm and query_sm come up through on_message, deliver_sm goes out with
 * link_submit(). The owner hears of a link from LINK_BOUND to LINK_CLOSED, and must not use it once
 * on_state(LINK_CLOSED) has returned; the server frees it.
 */
#ifndef WARUNG_LINK_SERVER_H
#define WARUNG_LINK_SERVER_H

#include "gateway/link/link.h"
#include "gateway/link/netaddr.h"
#include "gateway/link/verifier.h"

struct link_server;

struct link_account_settings {
    const char *system_id;
    const char *password;         /* or NULL */
    const char *password_hash;    /* crypt(3), when password is NULL */
    const struct netblock *allow; /* none = from anywhere */
    size_t allow_count;
    unsigned max_binds; /* default 4 */
    unsigned in_tps; /* messages of the partner's per second over all its binds; more are answered
                        ESME_RTHROTTLED; 0 = no limit */
    struct link_settings link; /* of each bind; the name is made here: "agg1:1" */
};

struct link_server_settings {
    const char *system_id;            /* ours, in bind_*_resp; default "warung" */
    unsigned session_init_s;          /* from the connect to a good bind; default 10 */
    unsigned connections_max;         /* default 10000 */
    unsigned unbound_max;             /* default 1000 */
    unsigned unbound_per_address_max; /* default 5; an IPv6 address is its /64 */
    unsigned failures_max; /* refused binds and garbage in ban_s, then a ban; default 5 */
    unsigned ban_s;        /* default 60 */
};

/* The accounts are copied. `verifier` checks hashed passwords and must outlive the server; NULL
 * when no account has one. */
struct link_server *link_server_new(const struct link_env *env,
                                    const struct link_server_settings *settings,
                                    const struct link_account_settings *accounts,
                                    size_t account_count, struct verifier *verifier,
                                    const struct link_owner *owner, void *owner_ctx);
/* Takes over new accounts. Links of accounts that are gone, changed their password or no longer
 * allow the address are unbound; the others' limits and times change at once. */
void link_server_set_accounts(struct link_server *server,
                              const struct link_account_settings *accounts, size_t account_count);

/* Closed, an account stays configured: its links are unbound and its binds answered
 * ESME_RBINDFAIL until it is opened again. Nothing when there is no such account. */
void link_server_close_account(struct link_server *server, const char *system_id, bool is_closed);

/* Makes a transport of an accepted descriptor, which it then owns; called at most once, from inside
 * link_server_accept(). */
typedef struct transport *link_attach_fn(void *ctx, int fd, const struct transport_events *events,
                                         void *events_ctx);
/* A caller. False when it is turned away: fd is still the caller's, to be closed. */
bool link_server_accept(struct link_server *server, int fd, const struct netaddr *peer,
                        link_attach_fn *attach, void *attach_ctx);

/* No caller is let in any more, unbound ones are closed, bound ones unbound (link_stop()). */
void link_server_stop(struct link_server *server);
/* Closes everything at once, without a callback; freed at the end of the loop turn. */
void link_server_free(struct link_server *server);

/* The bound link of this connection (link_connection(), link_ticket); NULL when it is gone. The
 * safe way to an answer that was long under way. */
struct link *link_server_find(struct link_server *server, uint64_t connection);
/* The link of this account that should submit next (link_suits_better()); NULL when none is bound
 * so.
 */
struct link *link_server_pick(struct link_server *server, const char *system_id);
/* The account of a server's link; NULL for a client's. */
const char *link_account(const struct link *link);
/* Where the partner connected from. */
void link_peer(const struct link *link, char text[NETADDR_TEXT_BYTES]);
/* Calls fn for each bound link; fn may stop it. */
void link_server_each(struct link_server *server, void (*fn)(void *ctx, struct link *link),
                      void *ctx);

struct link_server_counters {
    uint64_t accepted;
    uint64_t refused_banned;  /* address banned for a while */
    uint64_t refused_unknown; /* address in no account's list */
    uint64_t refused_full;    /* over a limit of connections */
    uint64_t binds;
    uint64_t bind_failures;
    uint64_t bans;
    unsigned connections; /* now */
    unsigned bound;       /* now */
};
const struct link_server_counters *link_server_counters(const struct link_server *server);

#endif
