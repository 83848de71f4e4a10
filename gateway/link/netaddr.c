#include "gateway/link/netaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/span.h"

static const char UNIX_PREFIX[] = "unix:";

static bool parse_unix(struct netaddr *address, const char *path)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&address->storage;
    size_t size = strlen(path);

    if (size == 0 || size >= sizeof(un->sun_path))
        return false;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, size + 1);
    address->size = sizeof(*un);
    return true;
}

bool netaddr_parse(struct netaddr *address, const char *host, uint16_t port)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&address->storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->storage;

    memset(address, 0, sizeof(*address));
    if (strncmp(host, UNIX_PREFIX, sizeof(UNIX_PREFIX) - 1) == 0)
        return parse_unix(address, host + sizeof(UNIX_PREFIX) - 1);
    if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        address->size = sizeof(*in);
        return true;
    }
    if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(port);
        address->size = sizeof(*in6);
        return true;
    }
    return false;
}

bool netaddr_parse_listen(struct netaddr *address, const char *text)
{
    char host[INET6_ADDRSTRLEN + 2];
    const char *colon = strrchr(text, ':');
    uint64_t port;
    size_t size;

    if (strncmp(text, UNIX_PREFIX, sizeof(UNIX_PREFIX) - 1) == 0)
        return netaddr_parse(address, text, 0);
    if (colon == NULL || !text_number(colon + 1, UINT16_MAX, &port))
        return false;
    size = (size_t)(colon - text);
    if (size >= 2 && text[0] == '[' && text[size - 1] == ']') {
        text++;
        size -= 2;
    } else if (memchr(text, ':', size) != NULL) {
        return false; /* an IPv6 address without brackets: where does its port begin? */
    }
    if (size >= sizeof(host))
        return false;
    memcpy(host, text, size);
    host[size] = '\0';
    return netaddr_parse(address, strcmp(host, "*") == 0 ? "0.0.0.0" : host, (uint16_t)port);
}

void netaddr_of(struct netaddr *address, const struct sockaddr *sa)
{
    memset(address, 0, sizeof(*address));
    address->storage.ss_family = sa->sa_family;
    if (sa->sa_family == AF_INET) {
        memcpy(&address->storage, sa, sizeof(struct sockaddr_in));
        address->size = sizeof(struct sockaddr_in);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, sa, sizeof(in6));
        if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
            struct sockaddr_in *in = (struct sockaddr_in *)&address->storage;

            in->sin_family = AF_INET;
            in->sin_port = in6.sin6_port;
            memcpy(&in->sin_addr, in6.sin6_addr.s6_addr + 12, 4);
            address->size = sizeof(*in);
        } else {
            memcpy(&address->storage, &in6, sizeof(in6));
            address->size = sizeof(in6);
        }
    }
}

/* The octets of the host part; their count, or 0 when there is none (unix). */
static size_t host_octets(const struct netaddr *address, uint8_t octets[16])
{
    if (address->storage.ss_family == AF_INET) {
        memcpy(octets, &((const struct sockaddr_in *)&address->storage)->sin_addr, 4);
        return 4;
    }
    if (address->storage.ss_family == AF_INET6) {
        memcpy(octets, &((const struct sockaddr_in6 *)&address->storage)->sin6_addr, 16);
        return 16;
    }
    return 0;
}

void netaddr_format(const struct netaddr *address, char text[NETADDR_TEXT_BYTES])
{
    uint8_t octets[16];

    if (host_octets(address, octets) == 0 ||
        inet_ntop(address->storage.ss_family, octets, text, NETADDR_TEXT_BYTES) == NULL)
        snprintf(text, NETADDR_TEXT_BYTES, "unix");
}

static bool has_bits_behind(const uint8_t *octets, size_t size, unsigned prefix_bits)
{
    for (unsigned bit = prefix_bits; bit < size * 8; bit++)
        if ((octets[bit / 8] & 0x80 >> bit % 8) != 0)
            return true;
    return false;
}

/* "::ffff:192.0.2.0/120" is 192.0.2.0/24: whoever comes from there, netaddr_of() makes IPv4 of it.
 */
static void unmap(struct netblock *block)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (block->family != AF_INET6 || block->prefix_bits < 96 ||
        memcmp(block->octets, mapped, sizeof(mapped)) != 0)
        return;
    memmove(block->octets, block->octets + 12, 4);
    memset(block->octets + 4, 0, 12);
    block->family = AF_INET;
    block->prefix_bits -= 96;
}

bool netblock_parse(struct netblock *block, const char *text)
{
    char host[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t size = slash != NULL ? (size_t)(slash - text) : strlen(text);
    struct netaddr address;
    uint64_t bits;

    memset(block, 0, sizeof(*block));
    if (size >= sizeof(host))
        return false;
    memcpy(host, text, size);
    host[size] = '\0';
    if (!netaddr_parse(&address, host, 0) || address.storage.ss_family == AF_UNIX)
        return false;
    size = host_octets(&address, block->octets);
    bits = size * 8;
    if (slash != NULL && !text_number(slash + 1, size * 8, &bits))
        return false;
    block->family = (uint8_t)address.storage.ss_family;
    block->prefix_bits = (uint8_t)bits;
    if (has_bits_behind(block->octets, size, block->prefix_bits))
        return false;
    unmap(block);
    return true;
}

bool netblock_contains(const struct netblock *block, const struct netaddr *address)
{
    uint8_t octets[16];
    unsigned whole = block->prefix_bits / 8;
    unsigned rest = block->prefix_bits % 8;

    if (block->family != address->storage.ss_family || host_octets(address, octets) == 0)
        return false;
    if (memcmp(octets, block->octets, whole) != 0)
        return false;
    return rest == 0 || ((octets[whole] ^ block->octets[whole]) & (uint8_t)(0xFF00 >> rest)) == 0;
}
