/*
 * Plain TCP (and unix sockets) under links: raw non-blocking sockets with libevent I/O events.
 *
 * One read buffer serves all sockets of a factory; a socket is watched for writing only after a
 * short write. TCP_NODELAY, SO_KEEPALIVE and CLOEXEC are set. Names are resolved without blocking.
 */
#ifndef WARUNG_LINK_TRANSPORT_SOCKET_H
#define WARUNG_LINK_TRANSPORT_SOCKET_H

#include "base/deferred.h"
#include "base/timer.h"
#include "gateway/link/transport.h"

struct event_base;

struct socket_factory;

/* All arguments must outlive the factory. */
struct socket_factory *socket_factory_new(struct event_base *base, struct timer_queue *timers,
                                          struct deferred_queue *deferred);
/* Every transport must have been closed, and the deferred queue run since. */
void socket_factory_free(struct socket_factory *factory);

/* For link_client_new(). host is an IP literal, a name, or "unix:/path" (then the port is nothing).
 * Each address of a name has 10 s to answer; at most four are tried. */
struct transport_factory socket_factory_network(struct socket_factory *factory);

/* Makes a transport of an accepted, connected socket, which it then owns. It reads from the next
 * loop turn on. */
struct transport *socket_transport_of(struct socket_factory *factory, int fd,
                                      const struct transport_events *events, void *events_ctx);

#endif
