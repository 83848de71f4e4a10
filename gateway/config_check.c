#include "gateway/config_check.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/link/netaddr.h"
#include "gateway/link/verifier.h"

static bool is_made_of(const char *value, const char *others)
{
    for (; *value != '\0'; value++)
        if (!(*value >= 'a' && *value <= 'z') && !(*value >= 'A' && *value <= 'Z') &&
            !(*value >= '0' && *value <= '9') && strchr(others, *value) == NULL)
            return false;
    return true;
}

static bool is_ip(const char *host)
{
    uint8_t octets[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, octets) == 1 || inet_pton(AF_INET6, host, octets) == 1;
}

/* Digits only, min to max. */
static bool parse_number(const char *text, unsigned max, unsigned *number)
{
    size_t length = strlen(text);

    if (length == 0 || length > 5 || strspn(text, "0123456789") != length)
        return false;
    *number = (unsigned)strtoul(text, NULL, 10);
    return *number <= max;
}

const char *config_check_name(const char *value)
{
    return is_made_of(value, "._-") ? NULL
                                    : "may hold only letters, digits, dot, dash and underscore";
}

const char *config_check_host(const char *value)
{
    if (strncmp(value, "unix:/", 6) == 0)
        return NULL;
    return is_ip(value) || is_made_of(value, ".-") ? NULL : "is no host name and no IP address";
}

bool config_split_address(const char *value, char *host, size_t host_bytes, uint16_t *port)
{
    const char *colon = strrchr(value, ':'), *from = value, *to = colon;
    unsigned number;

    if (colon == NULL || !parse_number(colon + 1, 65535, &number))
        return false;
    if (*value == '[') {
        from = value + 1;
        to = colon - 1;
        if (to <= from || *to != ']')
            return false;
    } else if (memchr(value, ':', (size_t)(colon - value)) != NULL) {
        return false; /* IPv6 without its brackets */
    }
    if (to == from || (size_t)(to - from) >= host_bytes)
        return false;
    memcpy(host, from, (size_t)(to - from));
    host[to - from] = '\0';
    *port = (uint16_t)number;
    return true;
}

const char *config_check_server(const char *value)
{
    char host[256];
    uint16_t port;

    if (strncmp(value, "unix:", 5) == 0)
        return value[5] != '\0' ? NULL : "names no socket after unix:";
    if (!config_split_address(value, host, sizeof(host), &port) || port == 0)
        return "is neither unix:PATH nor HOST:PORT";
    return config_check_host(host);
}

const char *config_check_listen(const char *value)
{
    struct netaddr address;

    return *value == '\0' || netaddr_parse_listen(&address, value)
               ? NULL
               : "is no ADDRESS:PORT (an IP address, IPv6 in brackets)";
}

const char *config_check_network(const char *value)
{
    struct netblock block;

    return netblock_parse(&block, value)
               ? NULL
               : "is no IP address and no network such as 192.0.2.0/24 (no bits behind the mask)";
}

const char *config_check_hash(const char *value)
{
    return *value == '\0' || verifier_is_hash(value)
               ? NULL
               : "is no hash of crypt(5); `openssl passwd -6` makes one";
}

const char *config_check_digits(const char *value)
{
    size_t length = strlen(value);

    return length > 0 && strspn(value, "0123456789") == length ? NULL : "is no number";
}

const char *config_check_code(const char *value)
{
    size_t length = strlen(value);

    return length > 0 && strspn(value, "0123456789*#") == length
               ? NULL
               : "is no service code (digits, * and #)";
}
