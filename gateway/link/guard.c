#include "gateway/link/guard.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/span.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

enum {
    KEY_BYTES = 9, /* family, then 4 or 8 octets */
    SYSTEM_ID_BYTES = 17,
};

struct record {
    struct map_node node;
    struct list_node age; /* longest untouched first */
    uint8_t key[KEY_BYTES];
    unsigned unbound;
    unsigned failures;               /* since failing_ms */
    char failed_as[SYSTEM_ID_BYTES]; /* the first of them */
    bool is_mixed;                   /* a later one as another */
    uint64_t failing_ms;
    uint64_t banned_until_ms;
};

struct guard {
    struct guard_settings settings;
    struct map records;
    struct list by_age;
    unsigned unbound;
};

struct guard *guard_new(const struct guard_settings *settings, uint64_t seed)
{
    struct guard *g = mem_zalloc(sizeof(*g));

    assert(settings->addresses_max > 0 && settings->failures_max > 0);
    g->settings = *settings;
    map_init(&g->records, seed);
    list_init(&g->by_age);
    return g;
}

static void remove_record(struct guard *g, struct record *r)
{
    map_remove(&g->records, &r->node);
    list_remove(&g->by_age, &r->age);
    mem_free(r);
}

void guard_free(struct guard *g)
{
    struct list_node *n;

    while ((n = list_first(&g->by_age)) != NULL)
        remove_record(g, LIST_ITEM(n, struct record, age));
    map_fini(&g->records);
    mem_free(g);
}

static void make_key(const struct netaddr *peer, uint8_t key[KEY_BYTES])
{
    memset(key, 0, KEY_BYTES);
    key[0] = (uint8_t)peer->storage.ss_family;
    if (peer->storage.ss_family == AF_INET)
        memcpy(key + 1, &((const struct sockaddr_in *)&peer->storage)->sin_addr, 4);
    else if (peer->storage.ss_family == AF_INET6)
        memcpy(key + 1, &((const struct sockaddr_in6 *)&peer->storage)->sin6_addr, 8);
}

static struct record *find(struct guard *g, const struct netaddr *peer)
{
    uint8_t key[KEY_BYTES];
    struct map_node *n;

    make_key(peer, key);
    n = map_find(&g->records, span_of(key, KEY_BYTES));
    return n != NULL ? MAP_ITEM(n, struct record, node) : NULL;
}

/* Makes room for one more: the longest untouched that holds no connection goes. */
static bool make_room(struct guard *g)
{
    if (map_count(&g->records) < g->settings.addresses_max)
        return true;
    LIST_FOREACH(n, &g->by_age) {
        struct record *r = LIST_ITEM(n, struct record, age);

        if (r->unbound != 0)
            continue;
        remove_record(g, r);
        return true;
    }
    return false;
}

static struct record *find_or_add(struct guard *g, const struct netaddr *peer)
{
    struct record *r = find(g, peer);

    if (r != NULL) {
        list_remove(&g->by_age, &r->age);
        list_push_back(&g->by_age, &r->age);
        return r;
    }
    if (!make_room(g))
        return NULL;
    r = mem_zalloc(sizeof(*r));
    make_key(peer, r->key);
    map_add(&g->records, &r->node, span_of(r->key, KEY_BYTES));
    list_push_back(&g->by_age, &r->age);
    return r;
}

/* Nothing to remember of it: no connection, no failure. */
static void drop_if_idle(struct guard *g, struct record *r)
{
    if (r->unbound == 0 && r->failures == 0)
        remove_record(g, r);
}

enum guard_verdict guard_admit(struct guard *g, const struct netaddr *peer, uint64_t now_ms)
{
    struct record *r = find(g, peer);

    if (r != NULL && now_ms < r->banned_until_ms)
        return GUARD_BANNED;
    if (r != NULL && r->unbound >= g->settings.unbound_per_address_max)
        return GUARD_ADDRESS_FULL;
    if (g->unbound >= g->settings.unbound_max)
        return GUARD_FULL;
    r = find_or_add(g, peer);
    if (r == NULL)
        return GUARD_FULL;
    r->unbound++;
    g->unbound++;
    return GUARD_ADMITTED;
}

void guard_leave(struct guard *g, const struct netaddr *peer)
{
    struct record *r = find(g, peer);

    assert(r != NULL && r->unbound > 0 && g->unbound > 0);
    r->unbound--;
    g->unbound--;
    drop_if_idle(g, r);
}

bool guard_fail(struct guard *g, const struct netaddr *peer, const char *system_id, uint64_t now_ms)
{
    struct record *r = find_or_add(g, peer);

    if (r == NULL)
        return false;
    if (now_ms - r->failing_ms > g->settings.ban_ms)
        r->failures = 0;
    if (r->failures == 0) {
        r->failing_ms = now_ms;
        text_copy(r->failed_as, sizeof(r->failed_as), system_id);
        r->is_mixed = false;
    }
    r->is_mixed = r->is_mixed || strcmp(r->failed_as, system_id) != 0;
    r->failures++;
    if (r->failures < g->settings.failures_max || now_ms < r->banned_until_ms)
        return false;
    r->banned_until_ms = now_ms + g->settings.ban_ms;
    return true;
}

void guard_forgive(struct guard *g, const struct netaddr *peer, const char *system_id)
{
    struct record *r = find(g, peer);

    if (r == NULL || (r->failures != 0 && (r->is_mixed || strcmp(r->failed_as, system_id) != 0)))
        return;
    r->failures = 0;
    r->banned_until_ms = 0;
    drop_if_idle(g, r);
}

unsigned guard_unbound(const struct guard *g)
{
    return g->unbound;
}

size_t guard_addresses(const struct guard *g)
{
    return map_count(&g->records);
}
