/* Where a Redis server listens: a unix socket or an IP literal. Names are refused: hiredis would
 * look them up and block the loop. */
#ifndef WARUNG_SESSIONS_REDIS_ADDRESS_H
#define WARUNG_SESSIONS_REDIS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REDIS_ADDRESS_BYTES = 128 };

struct redis_address {
    char host[108]; /* path of the socket, or the literal without brackets */
    uint16_t port;  /* 0 = a unix socket */
};

/* "unix:/path", "127.0.0.1:6379", "[::1]:6379"; false for anything else. */
bool redis_address_parse(const char *text, struct redis_address *address);
/* From a host and a port as Sentinel and Cluster give them. */
bool redis_address_set(struct redis_address *address, const char *host, long long port);
bool redis_address_is_equal(const struct redis_address *a, const struct redis_address *b);
/* As parse takes it. */
const char *redis_address_text(const struct redis_address *address, char *text, size_t text_bytes);

#endif
