/*
 * A set of SMPP sessions on one address: accepted there, or connected to it and kept connected.
 */
#ifndef WARUNG_SMSC_PEERS_H
#define WARUNG_SMSC_PEERS_H

#include "tests/smsc/peer.h"

enum { PEERS_MAX = 1024 };

struct peers_settings {
    const char *listen; /* "HOST:PORT" or "unix:PATH"; NULL = connect */
    const char *connect;
    unsigned binds;            /* connecting: sessions to keep */
    bool pair;                 /* connecting: of each bind a receiver and a transmitter */
    struct peer_settings peer; /* its role and bind_command fit the above */
};

struct peers {
    struct loop *loop;
    const struct peers_settings *settings;
    struct peer_settings transmitter; /* the other half of a pair */
    const struct peer_owner *owner;
    void *ctx;
    struct peer *all[PEERS_MAX];
    unsigned count;
    unsigned numbers; /* given so far */
    bool stopping;
    bool is_refused; /* connecting: the last bind was refused */
    int listener;
    struct event *accept_event;
    struct timer reconnect;
};

/* The owner's callbacks get `ctx`; after its on_closed the peer is freed here. False with a message
 * on standard error when the address cannot be used. What is pointed to must outlive the set. */
bool peers_init(struct peers *set, struct loop *loop, const struct peers_settings *settings,
                const struct peer_owner *owner, void *ctx);
/* Without callbacks. */
void peers_fini(struct peers *set);

/* The port listened on; 0 when there is none. */
unsigned peers_port(const struct peers *set);
/* Unbinds every session and takes no more. */
void peers_stop(struct peers *set);

#endif
