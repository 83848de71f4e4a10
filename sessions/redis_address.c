#include "sessions/redis_address.h"

#include "base/span.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool is_literal(const char *host)
{
    struct in6_addr octets;

    return inet_pton(AF_INET, host, &octets) == 1 || inet_pton(AF_INET6, host, &octets) == 1;
}

bool redis_address_set(struct redis_address *address, const char *host, long long port)
{
    memset(address, 0, sizeof(*address));
    if (!is_literal(host) || port < 1 || port > 65535)
        return false;
    address->port = (uint16_t)port;
    return text_copy(address->host, sizeof(address->host), host);
}

static bool parse_socket(const char *path, struct redis_address *address)
{
    memset(address, 0, sizeof(*address));
    return path[0] != '\0' && text_copy(address->host, sizeof(address->host), path);
}

bool redis_address_parse(const char *text, struct redis_address *address)
{
    const char *colon = strrchr(text, ':');
    char host[sizeof(address->host)];
    uint64_t port;
    size_t size;

    if (strncmp(text, "unix:", 5) == 0)
        return parse_socket(text + 5, address);
    if (colon == NULL || !text_number(colon + 1, UINT16_MAX, &port))
        return false;
    size = (size_t)(colon - text);
    if (size == 0 || size >= sizeof(host))
        return false;
    if (text[0] == '[' && colon[-1] == ']') {
        text++;
        size -= 2;
    } else if (memchr(text, ':', size) != NULL) {
        return false; /* where an IPv6 address ends is told by its brackets alone */
    }
    memcpy(host, text, size);
    host[size] = '\0';
    return redis_address_set(address, host, (long long)port);
}

bool redis_address_is_equal(const struct redis_address *a, const struct redis_address *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

const char *redis_address_text(const struct redis_address *address, char *text, size_t text_bytes)
{
    bool is_v6 = strchr(address->host, ':') != NULL;

    if (address->port == 0)
        snprintf(text, text_bytes, "unix:%s", address->host);
    else
        snprintf(text, text_bytes, is_v6 ? "[%s]:%u" : "%s:%u", address->host, address->port);
    return text;
}
