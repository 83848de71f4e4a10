/* What plain and TLS transports do alike with a socket. */
#ifndef WARUNG_LINK_SOCKET_UTIL_H
#define WARUNG_LINK_SOCKET_UTIL_H

#include <stddef.h>

/* One word for an errno, for the log: "refused", "reset". */
const char *socket_error_word(int error);
/* TCP_NODELAY and SO_KEEPALIVE; where they do not apply (unix sockets) nothing is lost. */
void socket_set_options(int fd);
/* Before a close: says that no more comes from us, and throws away what the peer sent. Octets left
 * unread would turn the close into a reset, which can overtake our last answer. */
void socket_read_away(int fd, void *buffer, size_t buffer_bytes);
/* Its close() is then a reset: what is in the kernel's send buffer goes with it. */
void socket_set_abort(int fd);

#endif
