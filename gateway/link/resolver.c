#include "gateway/link/resolver.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/timer.h"

#include <event2/dns.h>
#include <event2/util.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum {
    RETIRED_MS = 60000, /* longer than a lookup takes */
    FILES = 2,
};

static const char HOSTS_FILE[] = "/etc/hosts"; /* libevent's choice */

/* The files as they were read once. */
struct names {
    struct list_node node;  /* of the retired */
    struct evdns_base *dns; /* NULL: the resolver is gone */
    bool is_alone;          /* no name server: /etc/hosts is all there is */
    unsigned lookups;       /* under way */
    uint64_t retired_ms;
};

struct stamp {
    ino_t inode;
    off_t size;
    struct timespec written;
};

struct resolver {
    struct event_base *base;
    struct timer_queue *timers;
    const char *conf_file;
    struct names *names; /* NULL: to be read */
    struct stamp stamps[FILES];
    struct list retired;
};

struct resolver *resolver_new(struct event_base *base, struct timer_queue *timers,
                              const char *conf_file)
{
    struct resolver *r = mem_zalloc(sizeof(*r));

    r->base = base;
    r->timers = timers;
    r->conf_file = conf_file;
    list_init(&r->retired);
    return r;
}

/* libevent asks a name server that failed now and then whether it is back. Such a question would
 * outlive its name server, and be answered into freed memory: it is cancelled first. */
static void dns_free(struct evdns_base *dns)
{
    evdns_base_clear_nameservers_and_suspend(dns);
    evdns_base_free(dns, 1);
}

static void names_free(struct names *names)
{
    if (names->dns != NULL)
        dns_free(names->dns);
    names->dns = NULL;
    if (names->lookups == 0) /* else the last of them frees it */
        mem_free(names);
}

void resolver_free(struct resolver *r)
{
    struct list_node *n;

    if (r->names != NULL)
        names_free(r->names);
    while ((n = list_pop_front(&r->retired)) != NULL)
        names_free(LIST_ITEM(n, struct names, node));
    mem_free(r);
}

/* ---- the files ---- */

static struct stamp stamp_of(const char *file)
{
    struct stat st = {.st_ino = 0};

    (void)stat(file, &st); /* one that is missing is as good a state as any */
    return (struct stamp){st.st_ino, st.st_size, st.st_mtim};
}

static bool is_equal(const struct stamp *a, const struct stamp *b)
{
    return a->inode == b->inode && a->size == b->size && a->written.tv_sec == b->written.tv_sec &&
           a->written.tv_nsec == b->written.tv_nsec;
}

/* A network that came up after us, a VPN, an address put into /etc/hosts at night: libevent reads
 * the files once. Lookups that are under way end with what they began with. */
static void follow_files(struct resolver *r)
{
    const struct stamp now[FILES] = {stamp_of(r->conf_file), stamp_of(HOSTS_FILE)};

    LIST_FOREACH(n, &r->retired) {
        struct names *names = LIST_ITEM(n, struct names, node);

        if (names->lookups != 0 || r->timers->now_ms - names->retired_ms < RETIRED_MS)
            continue;
        list_remove(&r->retired, &names->node);
        names_free(names);
    }
    if (r->names != NULL && is_equal(&now[0], &r->stamps[0]) && is_equal(&now[1], &r->stamps[1]))
        return;
    memcpy(r->stamps, now, sizeof(now));
    if (r->names == NULL)
        return;
    r->names->retired_ms = r->timers->now_ms;
    list_push_back(&r->retired, &r->names->node);
    r->names = NULL;
}

/* What evdns_base_resolv_conf_parse() returns where libevent's names end. */
enum { NO_FILE = 1, NO_NAME_SERVERS = 6 };

struct evdns_base *resolver_dns(struct resolver *r)
{
    struct evdns_base *dns;
    int fault;

    follow_files(r);
    if (r->names != NULL)
        return r->names->dns;
    dns = evdns_base_new(r->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    if (dns == NULL)
        return NULL;
    fault = evdns_base_resolv_conf_parse(dns, DNS_OPTIONS_ALL, r->conf_file);
    if (fault != 0 && fault != NO_FILE && fault != NO_NAME_SERVERS) {
        evdns_base_free(dns, 0);
        return NULL;
    }
    r->names = mem_zalloc(sizeof(*r->names));
    r->names->dns = dns;
    r->names->is_alone = fault != 0;
    return dns;
}

/* ---- a lookup ---- */

static void leave(struct names *names)
{
    names->lookups--;
    if (names->dns == NULL)
        names_free(names);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct netaddr));
}

static void on_lookup(int result, struct evutil_addrinfo *found, void *arg)
{
    struct resolution *n = arg;
    const char *why_none = "lookup_failed";

    timer_queue_set_now(n->timers, clock_monotonic_ms());
    n->request = NULL;
    if (result == EVUTIL_EAI_NONAME)
        why_none = "unknown_host";
    else if (n->names->is_alone)
        why_none = "no_name_servers";
    leave(n->names);
    for (struct evutil_addrinfo *a = found; a != NULL; a = a->ai_next) {
        /* The last place is for the other kind, if any: this machine may have it alone. */
        bool is_full = n->count == RESOLVER_ADDRESSES_MAX;
        struct netaddr *address = &n->addresses[n->count - is_full];

        if (a->ai_addrlen > sizeof(address->storage) ||
            (is_full && address->storage.ss_family == a->ai_family))
            continue;
        memcpy(&address->storage, a->ai_addr, a->ai_addrlen);
        address->size = (socklen_t)a->ai_addrlen;
        n->count += !is_full;
    }
    if (found != NULL)
        evutil_freeaddrinfo(found);
    /* Who counts on is not to meet the same one for ever at a name server that turns them, too. */
    if (n->first != 0)
        qsort(n->addresses, n->count, sizeof(n->addresses[0]), compare);
    n->found(n->ctx, why_none);
}

void resolver_start(struct resolver *r, struct resolution *n, const char *host, uint16_t port,
                    unsigned first, resolver_found_fn *found, void *ctx)
{
    /* Without EVUTIL_AI_ADDRCONFIG: libevent looks once which kinds of address this machine has,
     * and at its start one may not be up yet. */
    struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct evdns_getaddrinfo_request *request;
    char service[8];

    memset(n, 0, sizeof(*n));
    n->first = first;
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
    n->names = r->names;
    n->names->lookups++;
    evutil_snprintf(service, sizeof(service), "%u", port);
    /* May call on_lookup() at once (a name of /etc/hosts): then it returns NULL. */
    request = evdns_getaddrinfo(r->names->dns, host, service, &hints, on_lookup, n);
    if (request == NULL)
        return;
    n->request = request;
    if (n->names->is_alone) /* libevent would ask this machine */
        evdns_getaddrinfo_cancel(request);
}

const struct netaddr *resolution_next(struct resolution *n)
{
    return n->tried < n->count ? &n->addresses[(n->first + n->tried++) % n->count] : NULL;
}

bool resolver_cancel(struct resolution *n)
{
    if (n->request == NULL)
        return false;
    evdns_getaddrinfo_cancel(n->request);
    return true;
}
