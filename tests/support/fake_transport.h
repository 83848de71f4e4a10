/*
 * A network without sockets for tests of links: the test opens, feeds, blocks and cuts connections,
 * and reads what was written to them.
 */
#ifndef WARUNG_TESTS_FAKE_TRANSPORT_H
#define WARUNG_TESTS_FAKE_TRANSPORT_H

#include "base/list.h"
#include "gateway/link/transport.h"

struct fake_network {
    struct list transports; /* all ever made, closed ones too */
    unsigned connects;
    struct fake_transport *last; /* the newest; NULL before the first */
    char host[64];               /* of the newest connect */
    uint16_t port;
    unsigned first; /* address */
};

struct fake_transport {
    struct transport transport; /* first */
    struct list_node node;
    uint8_t *written; /* all of it */
    size_t written_bytes;
    size_t looked_at; /* what the test has taken */
    size_t room;      /* how many octets it takes before it is full */
    unsigned writes;  /* calls that took something */
    bool is_closed;
    bool is_aborted; /* closed so that nothing written arrives any more */
};

void fake_network_init(struct fake_network *network);
void fake_network_fini(struct fake_network *network);
struct transport_factory fake_network_factory(struct fake_network *network);
/* An incoming connection, for servers. */
struct fake_transport *fake_network_accept(struct fake_network *network);

/* Each of these is one event of the transport's; on a closed one nothing happens. */
void fake_transport_open(struct fake_transport *t);
void fake_transport_feed(struct fake_transport *t, struct span bytes);
void fake_transport_make_room(struct fake_transport *t, size_t room);
void fake_transport_lose(struct fake_transport *t, const char *reason);

/* The next whole PDU written, by its command_length; an empty span when there is none. */
struct span fake_transport_take(struct fake_transport *t);

#endif
