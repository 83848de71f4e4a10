#include "gateway/link/door.h"

#include "base/mem.h"
#include "gateway/link/listener.h"

#include <errno.h>
#include <unistd.h>

struct door {
    struct listener *listener;
    struct link_server *server;
    struct socket_factory *sockets;
    struct tls_factory *tls;
};

static struct transport *attach(void *ctx, int fd, const struct transport_events *events,
                                void *events_ctx)
{
    struct door *d = ctx;

    if (d->tls != NULL)
        return tls_transport_of(d->tls, fd, events, events_ctx);
    return socket_transport_of(d->sockets, fd, events, events_ctx);
}

static void on_accept(void *ctx, int fd, const struct netaddr *peer)
{
    struct door *d = ctx;

    if (!link_server_accept(d->server, fd, peer, attach, d))
        close(fd);
}

struct door *door_new(struct event_base *base, struct timer_queue *timers,
                      struct link_server *server, struct socket_factory *sockets,
                      struct tls_factory *tls, const char *address, int *error)
{
    struct netaddr where;
    struct door *d;

    if (!netaddr_parse_listen(&where, address)) {
        *error = EINVAL;
        return NULL;
    }
    d = mem_zalloc(sizeof(*d));
    d->server = server;
    d->sockets = sockets;
    d->tls = tls;
    d->listener = listener_new(base, timers, &where, on_accept, d, error);
    if (d->listener != NULL)
        return d;
    mem_free(d);
    return NULL;
}

uint16_t door_port(const struct door *d)
{
    return listener_port(d->listener);
}

void door_free(struct door *d)
{
    listener_free(d->listener);
    mem_free(d);
}
