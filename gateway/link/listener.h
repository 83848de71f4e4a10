/*
 * A listening stream socket on the libevent loop.
 *
 * When the process runs out of descriptors it turns one caller away, says so once, and rests for
 * 100 ms instead of spinning.
 */
#ifndef WARUNG_LINK_LISTENER_H
#define WARUNG_LINK_LISTENER_H

#include "base/timer.h"
#include "gateway/link/netaddr.h"

struct event_base;
struct listener;

/* fd is a connected non-blocking socket, the callee's from then on. It may free the listener. */
typedef void listener_accept_fn(void *ctx, int fd, const struct netaddr *peer);

/* A bound non-blocking stream socket; -1 with errno. A unix socket that nobody listens on any more
 * is removed first: another's, and any other file at its path, is EADDRINUSE. */
int listener_bind(const struct netaddr *address);
/* The port that a socket is bound to; 0 for a unix socket. */
uint16_t listener_port_of(int fd);

/* NULL on failure; *error is then the errno. As listener_bind(); a unix socket's path is removed
 * when the listener goes. */
struct listener *listener_new(struct event_base *base, struct timer_queue *timers,
                              const struct netaddr *address, listener_accept_fn *fn, void *ctx,
                              int *error);
void listener_free(struct listener *listener);
/* The port taken, for a port of 0; 0 for a unix socket. */
uint16_t listener_port(const struct listener *listener);

#endif
