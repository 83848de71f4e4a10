/*
 * Where partners knock: a listening socket, plain or TLS, that hands its callers to a server.
 */
#ifndef WARUNG_LINK_DOOR_H
#define WARUNG_LINK_DOOR_H

#include "gateway/link/server.h"
#include "gateway/link/transport_socket.h"
#include "gateway/link/transport_tls.h"

struct door;

/* `address`: netaddr_parse_listen(). `tls` NULL: plain. NULL on failure; *error is then an errno,
 * or EINVAL for an address that is none. Everything handed in must outlive the door. */
struct door *door_new(struct event_base *base, struct timer_queue *timers,
                      struct link_server *server, struct socket_factory *sockets,
                      struct tls_factory *tls, const char *address, int *error);
uint16_t door_port(const struct door *door);
/* Stops listening; who is in stays in. */
void door_free(struct door *door);

#endif
