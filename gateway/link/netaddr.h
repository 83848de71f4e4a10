/*
 * Network addresses as values: IPv4, IPv6 and unix sockets, and blocks of them (CIDR).
 */
#ifndef WARUNG_LINK_NETADDR_H
#define WARUNG_LINK_NETADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct netaddr {
    struct sockaddr_storage storage;
    socklen_t size;
};

enum { NETADDR_TEXT_BYTES = 64 };

/* "192.0.2.7", "2001:db8::7" or "unix:/path" (the port is nothing to it). False for a name. */
bool netaddr_parse(struct netaddr *address, const char *host, uint16_t port);
/* Where to listen: "192.0.2.7:2776", "[2001:db8::7]:2776", "*:2776" (every IPv4 address),
 * "[::]:2776", "unix:/path". */
bool netaddr_parse_listen(struct netaddr *address, const char *text);
/* An IPv4 address that came in IPv6 clothes (::ffff:192.0.2.7) becomes plain. */
void netaddr_of(struct netaddr *address, const struct sockaddr *sa);
/* Without the port; "unix" for a unix socket. */
void netaddr_format(const struct netaddr *address, char text[NETADDR_TEXT_BYTES]);

/* "192.0.2.0/24", "2001:db8::/32", or one address without a mask. */
struct netblock {
    uint8_t family; /* AF_INET or AF_INET6 */
    uint8_t prefix_bits;
    uint8_t octets[16];
};

/* False for bad text, and for bits set behind the prefix (a likely slip of the writer's). */
bool netblock_parse(struct netblock *block, const char *text);
bool netblock_contains(const struct netblock *block, const struct netaddr *address);

#endif
