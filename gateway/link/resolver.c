#include "gateway/link/resolver.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/timer.h"

#include <event2/dns.h>
#include <event2/util.h>
#include <string.h>
#include <sys/socket.h>

struct resolver {
    struct event_base *base;
    struct timer_queue *timers;
    struct evdns_base *dns;
};

struct resolver *resolver_new(struct event_base *base, struct timer_queue *timers)
{
    struct resolver *r = mem_zalloc(sizeof(*r));

    r->base = base;
    r->timers = timers;
    return r;
}

void resolver_free(struct resolver *r)
{
    if (r->dns != NULL)
        evdns_base_free(r->dns, 1);
    mem_free(r);
}

struct evdns_base *resolver_dns(struct resolver *r)
{
    if (r->dns == NULL)
        r->dns = evdns_base_new(r->base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
                                             EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    return r->dns;
}

static void on_lookup(int result, struct evutil_addrinfo *found, void *arg)
{
    struct resolution *n = arg;

    timer_queue_set_now(n->timers, clock_monotonic_ms());
    n->request = NULL;
    for (struct evutil_addrinfo *a = found; a != NULL && n->count < RESOLVER_ADDRESSES_MAX;
         a = a->ai_next) {
        struct netaddr *address = &n->addresses[n->count];

        if (a->ai_addrlen > sizeof(address->storage))
            continue;
        memcpy(&address->storage, a->ai_addr, a->ai_addrlen);
        address->size = (socklen_t)a->ai_addrlen;
        n->count++;
    }
    if (found != NULL)
        evutil_freeaddrinfo(found);
    n->found(n->ctx, result == EVUTIL_EAI_NONAME ? "unknown_host" : "lookup_failed");
}

void resolver_start(struct resolver *r, struct resolution *n, const char *host, uint16_t port,
                    resolver_found_fn *found, void *ctx)
{
    struct evutil_addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = EVUTIL_AI_ADDRCONFIG};
    struct evdns_getaddrinfo_request *request;
    char service[8];

    memset(n, 0, sizeof(*n));
    n->timers = r->timers;
    n->found = found;
    n->ctx = ctx;
    if (netaddr_parse(&n->addresses[0], host, port)) {
        n->count = 1;
        found(ctx, "socket_error");
        return;
    }
    if (resolver_dns(r) == NULL) {
        found(ctx, "no_name_servers");
        return;
    }
    evutil_snprintf(service, sizeof(service), "%u", port);
    /* May call on_lookup() at once (a name of /etc/hosts): then it returns NULL. */
    request = evdns_getaddrinfo(r->dns, host, service, &hints, on_lookup, n);
    if (request != NULL)
        n->request = request;
}

bool resolver_cancel(struct resolution *n)
{
    if (n->request == NULL)
        return false;
    evdns_getaddrinfo_cancel(n->request);
    return true;
}
