#include "gateway/config_check.h"

#include <arpa/inet.h>
#include <string.h>

#include "gateway/link/netaddr.h"
#include "gateway/link/verifier.h"
#include "gateway/smpp/text.h"
#include "sessions/redis_address.h"

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

const char *config_check_name(const char *value)
{
    return is_made_of(value, "._-") ? NULL
                                    : "may hold only letters, digits, dot, dash and underscore";
}

const char *config_check_utf8(const char *value)
{
    return text_is_utf8(value) ? NULL : "is no UTF-8";
}

const char *config_check_host(const char *value)
{
    struct netaddr address;

    if (strncmp(value, "unix:/", 6) == 0)
        return netaddr_parse(&address, value, 1) ? NULL : "is too long for a socket";
    return is_ip(value) || is_made_of(value, ".-") ? NULL : "is no host name and no IP address";
}

const char *config_check_server(const char *value)
{
    struct redis_address address;

    if (strcmp(value, "unix:") == 0)
        return "names no socket after unix:";
    return redis_address_parse(value, &address)
               ? NULL
               : "is neither unix:PATH nor ADDRESS:PORT (an IP address, IPv6 in brackets)";
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
