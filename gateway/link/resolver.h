/*
 * From a host's name to its addresses, in the order in which they are worth a try: a name of
 * several of which the first is dead must still lead to the centre.
 */
#ifndef WARUNG_LINK_RESOLVER_H
#define WARUNG_LINK_RESOLVER_H

#include "gateway/link/netaddr.h"

struct event_base;
struct evdns_base;
struct evdns_getaddrinfo_request;
struct timer_queue;

#define RESOLVER_FILE "/etc/resolv.conf"

enum { RESOLVER_ADDRESSES_MAX = 4 };

struct names;
struct resolver;

/* `why_none`: the reason of a loss when no address was found. */
typedef void resolver_found_fn(void *ctx, const char *why_none);

/* One name; the caller's memory, which must live until its callback has run. */
struct resolution {
    struct netaddr addresses[RESOLVER_ADDRESSES_MAX];
    unsigned count;
    unsigned first; /* to be tried, counted round; the name server's order is that of 0 alone */
    unsigned tried;
    struct timer_queue *timers;
    struct names *names;                       /* by which it is looked up */
    struct evdns_getaddrinfo_request *request; /* under way */
    resolver_found_fn *found;
    void *ctx;
};

/* `conf_file`: RESOLVER_FILE, but for a test; it must live as long. When it or /etc/hosts has
 * changed, the next lookup goes by what they say then. */
struct resolver *resolver_new(struct event_base *base, struct timer_queue *timers,
                              const char *conf_file);
/* Lookups that are under way end by their callbacks in one more turn of the loop. */
void resolver_free(struct resolver *r);

/* `host`: a name or an IP address; `first`: of its addresses, counted round. found(ctx) is called
 * once; for an IP address, and for a name of /etc/hosts, before this returns. */
void resolver_start(struct resolver *r, struct resolution *resolution, const char *host,
                    uint16_t port, unsigned first, resolver_found_fn *found, void *ctx);
/* The address to be tried next; NULL: all have been. */
const struct netaddr *resolution_next(struct resolution *resolution);
/* True when a lookup was under way: its callback comes all the same, soon. */
bool resolver_cancel(struct resolution *resolution);

/* The library's own, by what the files say now; NULL when the first is there and cannot be read. */
struct evdns_base *resolver_dns(struct resolver *r);

#endif
