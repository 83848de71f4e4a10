/*
 * A byte stream under a link: raw non-blocking socket, TLS, or the simulator's.
 *
 * The link owns its transport. Nothing is called back from inside a factory's connect(),
 * transport_write() or transport_close(); after transport_close() or transport_abort() nothing at
 * all.
 */
#ifndef WARUNG_LINK_TRANSPORT_H
#define WARUNG_LINK_TRANSPORT_H

#include "base/span.h"

struct transport_events {
    void (*on_open)(void *ctx);
    /* Octets in the order sent; the span is the transport's, valid during the call. */
    void (*on_bytes)(void *ctx, struct span bytes);
    /* After a short write: there is room again. */
    void (*on_writable)(void *ctx);
    /* The peer closed, or an error, or the connect failed; `reason` is one word for the log. The
     * transport is dead and must still be closed. */
    void (*on_lost)(void *ctx, const char *reason);
    /* Who it is, for the log; NULL = nobody asks. */
    const char *(*name)(void *ctx);
};

struct transport {
    const struct transport_ops *ops;
    const struct transport_events *events;
    void *ctx;
};

struct transport_ops {
    /* Takes as many octets as fit now and returns the count (0 .. size). */
    size_t (*write)(struct transport *t, struct span bytes);
    /* Closes and frees (at the end of the loop turn). */
    void (*close)(struct transport *t);
    /* Likewise, and what was written and has not arrived never does. NULL: as close. */
    void (*abort)(struct transport *t);
    /* False as long as its handshake goes on. NULL: it has none. */
    bool (*is_open)(const struct transport *t);
};

static inline size_t transport_write(struct transport *t, struct span bytes)
{
    return t->ops->write(t, bytes);
}

static inline void transport_close(struct transport *t)
{
    t->ops->close(t);
}

static inline void transport_abort(struct transport *t)
{
    if (t->ops->abort != NULL)
        t->ops->abort(t);
    else
        t->ops->close(t);
}

static inline bool transport_is_open(const struct transport *t)
{
    return t->ops->is_open == NULL || t->ops->is_open(t);
}

/* Makes outgoing transports: the gateway hands in sockets, the simulator its own network. */
struct transport_factory {
    /* Starts connecting to host (an IP literal or a name) and port; on_open or on_lost follows.
     * `first`: with which of a name's addresses to begin, counted round. */
    struct transport *(*connect)(void *ctx, const char *host, uint16_t port, unsigned first,
                                 const struct transport_events *events, void *events_ctx);
    void *ctx;
};

#endif
