/*
 * One TCP (or unix) connection: octets in, octets out, one write per loop turn.
 *
 * Embedded in its owner. on_closed comes once, at the end of a loop turn, never from inside a call
 * of this module; after it the owner may conn_fini() and free itself.
 */
#ifndef WARUNG_SMSC_CONN_H
#define WARUNG_SMSC_CONN_H

#include "tests/smsc/buffer.h"
#include "tests/smsc/loop.h"

struct conn;

struct conn_owner {
    void (*on_connected)(void *ctx); /* only after conn_connect() */
    /* All octets not yet consumed; returns how many of them are done with. */
    size_t (*on_data)(void *ctx, struct span data);
    void (*on_closed)(void *ctx, const char *reason);
};

struct conn {
    struct loop *loop;
    const struct conn_owner *owner;
    void *ctx;
    int fd; /* -1 when closed */
    bool connecting;
    bool write_blocked;
    bool trickle;       /* one octet a write: a fault for the peer's frame reader */
    bool close_flushed; /* close when the last octet is written */
    const char *reason;
    struct event *read_event;
    struct event *write_event;
    struct buffer in;
    struct buffer out;
    struct deferred flush;
    struct deferred closed;
};

/* Takes over the descriptor. */
void conn_init(struct conn *c, struct loop *loop, int fd, const struct conn_owner *owner,
               void *ctx);
/* False when the address cannot be used at all; a refusal comes as on_closed. */
bool conn_connect(struct conn *c, struct loop *loop, const char *address,
                  const struct conn_owner *owner, void *ctx);
void conn_fini(struct conn *c);

bool conn_is_open(const struct conn *c);
/* Room for one PDU at the end of what is to be sent; conn_commit() after writing it. */
struct writer conn_reserve(struct conn *c, size_t bytes);
void conn_commit(struct conn *c, const struct writer *w);
void conn_write(struct conn *c, struct span octets);
/* At once; what is not yet written is lost. */
void conn_close(struct conn *c, const char *reason);
/* After what is to be sent has been written. */
void conn_close_after_flush(struct conn *c, const char *reason);

/* A listening socket on "HOST:PORT" (port 0 = any) or "unix:PATH"; -1 with errno set, or with errno
 * 0 when there is no such host. What stood in the way of unix:PATH goes only if it is a socket. */
int conn_listen(const char *address);
/* Whether it has that form; that there is such a host is not asked. */
bool conn_is_address(const char *text);
/* The port that a TCP listener got. */
unsigned conn_port(int fd);

#endif
