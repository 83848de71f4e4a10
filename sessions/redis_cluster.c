/*
 * The nodes of a Redis Cluster: which of them has a slot, as CLUSTER SLOTS and the redirections
 * say.
 *
 * The map is asked for again when a node is lost or a redirection shows that it is old, from any
 * master that answers. A node that the map no longer names is let go. Servers of the configuration
 * are seeds: those that are replicas refuse in their greeting, which names their master, and are
 * let go with the first map.
 */
#include "base/log.h"
#include "base/mem.h"
#include "sessions/redis_command.h"
#include "sessions/redis_encode.h"
#include "sessions/redis_router.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES_MAX = 64,
    NO_NODE = 255,
    ASK_TIMEOUT_MS = 1000,
    ASK_SOON_MS = 50,
    ASK_TROUBLED_MS = 200,
    ASK_CALM_MS = 5000,
    UNUSED_MS = 60000, /* a node outside the map may be one that slots are moving to */
    UNSERVED_TOLD_EVERY_MS = 10000,
};

struct redis_cluster {
    struct redis_router router;
    struct redis_router_settings settings;
    struct redis_node_settings node_settings;
    struct redis_node *nodes[NODES_MAX]; /* NULL = a free place */
    uint64_t used_ms[NODES_MAX];         /* when it was last asked for by its address */
    uint8_t map[REDIS_SLOTS];            /* place in nodes, or NO_NODE */
    bool has_map;
    bool is_ready;
    uint64_t unserved_told_ms; /* 0 = never */
    unsigned next_asked;       /* whom to ask for the map: each in turn */
    bool is_asking;
    struct redis_call call;
    unsigned asked;   /* place of the node that was asked */
    char no_map[160]; /* what a node answered instead of a map; "" = it gave one */
    struct timer ask;
    struct deferred prune;
    struct redis_command command;
};

static struct redis_cluster *of(struct redis_router *r)
{
    return (struct redis_cluster *)r;
}

static struct timer_queue *timers(const struct redis_cluster *c)
{
    return c->settings.node.conn.timers;
}

static void ask_within(struct redis_cluster *c, unsigned ms)
{
    if (!timer_is_running(&c->ask) || c->ask.due_ms > timers(c)->now_ms + ms)
        timer_start(timers(c), &c->ask, ms);
}

/* --- nodes --- */

static unsigned find_node(const struct redis_cluster *c, const struct redis_address *address)
{
    for (unsigned i = 0; i < NODES_MAX; i++) {
        if (c->nodes[i] != NULL && redis_address_is_equal(redis_node_address(c->nodes[i]), address))
            return i;
    }
    return NO_NODE;
}

/* The node at this address, made and started when it is new; NO_NODE when there are too many. */
static unsigned get_node(struct redis_cluster *c, const struct redis_address *address)
{
    unsigned place = find_node(c, address);

    for (unsigned i = 0; place == NO_NODE && i < NODES_MAX; i++) {
        if (c->nodes[i] != NULL)
            continue;
        c->nodes[i] = redis_node_new(&c->node_settings, address);
        redis_node_start(c->nodes[i]);
        place = i;
    }
    if (place != NO_NODE)
        c->used_ms[place] = timers(c)->now_ms;
    return place;
}

static unsigned unserved_slots(const struct redis_cluster *c)
{
    unsigned count = 0;

    for (unsigned i = 0; i < REDIS_SLOTS; i++)
        count += c->map[i] == NO_NODE;
    return count;
}

static bool is_mapped(const struct redis_cluster *c, unsigned place)
{
    return memchr(c->map, (int)place, sizeof(c->map)) != NULL;
}

/* Every slot has a node, and each of those a connection. */
static bool is_whole(const struct redis_cluster *c)
{
    if (!c->has_map || is_mapped(c, NO_NODE))
        return false;
    for (unsigned i = 0; i < NODES_MAX; i++) {
        if (c->nodes[i] != NULL && is_mapped(c, i) && !redis_node_is_ready(c->nodes[i]))
            return false;
    }
    return true;
}

static bool has_ready_node(const struct redis_cluster *c)
{
    for (unsigned i = 0; i < NODES_MAX; i++) {
        if (c->nodes[i] != NULL && is_mapped(c, i) && redis_node_is_ready(c->nodes[i]))
            return true;
    }
    return false;
}

/* Ready with the first whole map; then as long as some slots can be served: the others' requests
 * are UNAVAILABLE one by one, and their subscribers alone wait. */
static void update_ready(struct redis_cluster *c)
{
    bool is_ready = c->is_ready ? has_ready_node(c) : is_whole(c);

    if (is_ready == c->is_ready)
        return;
    c->is_ready = is_ready;
    c->settings.on_ready(c->settings.ctx, is_ready);
}

static void on_node_ready(void *ctx, struct redis_node *n, bool is_ready)
{
    struct redis_cluster *c = ctx;

    (void)n;
    if (!c->has_map || !is_ready)
        ask_within(c, ASK_SOON_MS);
    update_ready(c);
}

static void on_node_down(void *ctx, struct redis_node *n, const char *reason)
{
    (void)n;
    (void)reason;
    ask_within(ctx, ASK_TROUBLED_MS);
}

static void on_node_refused(void *ctx, const char *reason)
{
    struct redis_cluster *c = ctx;

    c->settings.on_refused(c->settings.ctx, reason);
}

/* The servers of the configuration may all be replicas, and all that we knew as masters may have
 * become ones while we were cut off. */
static void on_node_replica(void *ctx, const struct redis_address *master)
{
    (void)get_node(ctx, master);
}

static bool is_unused(const struct redis_cluster *c, unsigned place)
{
    return c->nodes[place] != NULL && !is_mapped(c, place) &&
           timers(c)->now_ms - c->used_ms[place] > UNUSED_MS &&
           !(c->is_asking && c->asked == place);
}

/* At the end of a loop turn: never from inside a callback of the node that goes. Its calls, if any,
 * are told first. */
static void on_prune(struct deferred *d, void *arg)
{
    struct redis_cluster *c = arg;

    (void)d;
    for (unsigned i = 0; i < NODES_MAX; i++) {
        if (!is_unused(c, i))
            continue;
        if (redis_node_is_ready(c->nodes[i])) {
            redis_node_drop(c->nodes[i], "no longer in the cluster");
            deferred_add(c->settings.node.conn.deferred, &c->prune);
            continue;
        }
        redis_node_free(c->nodes[i]);
        c->nodes[i] = NULL;
    }
}

/* --- the map --- */

/* [host, port, ...]: an empty host is that of the node which says so. */
static unsigned node_of_reply(struct redis_cluster *c, const redisReply *reply)
{
    const char *own = redis_node_address(c->nodes[c->asked])->host;
    struct redis_address address;
    const redisReply *host;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2 ||
        reply->element[1]->type != REDIS_REPLY_INTEGER)
        return NO_NODE;
    host = reply->element[0];
    if (!redis_address_set(&address,
                           host->type == REDIS_REPLY_STRING && host->len != 0 ? host->str : own,
                           reply->element[1]->integer))
        return NO_NODE;
    return get_node(c, &address);
}

/* ["", 0, ...]: a master whose server has come back as another node, its folder lost. Nobody serves
 * its slots, and the rest of the map is true. */
static bool is_without_address(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2 &&
           reply->element[1]->type == REDIS_REPLY_INTEGER && reply->element[1]->integer == 0;
}

static bool read_range(struct redis_cluster *c, uint8_t *map, const redisReply *range)
{
    long long first, last;
    unsigned place;

    if (range->type != REDIS_REPLY_ARRAY || range->elements < 3 ||
        range->element[0]->type != REDIS_REPLY_INTEGER ||
        range->element[1]->type != REDIS_REPLY_INTEGER)
        return false;
    first = range->element[0]->integer;
    last = range->element[1]->integer;
    place = node_of_reply(c, range->element[2]);
    if (first < 0 || last < first || last >= REDIS_SLOTS ||
        (place == NO_NODE && !is_without_address(range->element[2])))
        return false;
    memset(map + first, (int)place, (size_t)(last - first + 1));
    return true;
}

static bool read_map(struct redis_cluster *c, const redisReply *reply)
{
    uint8_t map[REDIS_SLOTS];

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0)
        return false;
    memset(map, NO_NODE, sizeof(map));
    for (size_t i = 0; i < reply->elements; i++) {
        if (!read_range(c, map, reply->element[i]))
            return false;
    }
    memcpy(c->map, map, sizeof(map));
    return true;
}

/* No node is asked for them, so none refuses, and the store is ready for the others. */
static void tell_unserved(struct redis_cluster *c)
{
    unsigned slots = unserved_slots(c);
    uint64_t now_ms = timers(c)->now_ms;

    if (!c->is_ready || slots == 0 ||
        (c->unserved_told_ms != 0 && now_ms < c->unserved_told_ms + UNSERVED_TOLD_EVERY_MS))
        return;
    c->unserved_told_ms = now_ms;
    log_warning("store.unserved", LOG_U("slots", slots));
}

static void on_map(struct redis_call *call, const struct redisReply *reply)
{
    struct redis_cluster *c = LIST_ITEM(call, struct redis_cluster, call);

    c->is_asking = false;
    c->no_map[0] = '\0';
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        text_copy(c->no_map, sizeof(c->no_map), reply->str);
    if (reply != NULL && read_map(c, reply)) {
        c->has_map = true;
        deferred_add(c->settings.node.conn.deferred, &c->prune);
    }
    ask_within(c, is_whole(c) ? ASK_CALM_MS : ASK_TROUBLED_MS);
    update_ready(c);
    tell_unserved(c);
}

static bool ask_node(struct redis_cluster *c, unsigned place)
{
    struct redis_conn *conn = c->nodes[place] != NULL ? redis_node_pick(c->nodes[place]) : NULL;

    if (conn == NULL)
        return false;
    c->asked = place;
    redis_command_start(&c->command, "CLUSTER");
    redis_command_add_string(&c->command, "SLOTS");
    return redis_conn_send(conn, &c->call, redis_command_end(&c->command), ASK_TIMEOUT_MS, false);
}

static void on_ask(struct timer *t, void *arg)
{
    struct redis_cluster *c = arg;

    (void)t;
    for (unsigned i = 0; i < NODES_MAX && !c->is_asking; i++) {
        c->next_asked = (c->next_asked + 1) % NODES_MAX;
        c->is_asking = ask_node(c, c->next_asked);
    }
    ask_within(c, ASK_TROUBLED_MS);
}

/* --- the router --- */

static struct redis_conn *pick(struct redis_router *r, uint16_t slot)
{
    struct redis_cluster *c = of(r);
    unsigned place = c->map[slot];

    return place != NO_NODE ? redis_node_pick(c->nodes[place]) : NULL;
}

/* "MOVED 3999 127.0.0.1:6381" and "ASK ..." name the node. */
static unsigned node_of_error(struct redis_cluster *c, const char *error, unsigned *slot)
{
    char word[8], name[REDIS_ADDRESS_BYTES];
    struct redis_address address;
    char *colon;

    if (sscanf(error, "%7s %u %127s", word, slot, name) != 3 || *slot >= REDIS_SLOTS)
        return NO_NODE;
    colon = strrchr(name, ':');
    if (colon == NULL)
        return NO_NODE;
    *colon = '\0';
    /* An IPv6 host stands there without brackets. */
    if (!redis_address_set(&address, name, strtoll(colon + 1, NULL, 10)))
        return NO_NODE;
    return get_node(c, &address);
}

static struct redis_conn *redirect(struct redis_router *r, const char *error, bool *is_asking)
{
    struct redis_cluster *c = of(r);
    bool is_moved = strncmp(error, "MOVED ", 6) == 0;
    unsigned slot, place;

    if (!is_moved && strncmp(error, "ASK ", 4) != 0) {
        ask_within(c, ASK_TROUBLED_MS);
        return NULL;
    }
    place = node_of_error(c, error, &slot);
    ask_within(c, is_moved ? ASK_SOON_MS : ASK_CALM_MS);
    if (place == NO_NODE)
        return NULL;
    if (is_moved)
        c->map[slot] = (uint8_t)place;
    *is_asking = !is_moved;
    return redis_node_pick(c->nodes[place]);
}

static void start(struct redis_router *r)
{
    struct redis_cluster *c = of(r);

    for (unsigned i = 0; i < c->settings.server_count; i++)
        (void)get_node(c, &c->settings.servers[i]);
}

/* The first node that is in the way, else the map. */
static void explain(const struct redis_router *r, char *text, size_t text_bytes)
{
    const struct redis_cluster *c = (const struct redis_cluster *)r;
    unsigned missing = unserved_slots(c);

    text[0] = '\0';
    for (unsigned i = 0; i < NODES_MAX && text[0] == '\0'; i++) {
        if (c->nodes[i] != NULL && (!c->has_map || is_mapped(c, i)))
            redis_node_explain(c->nodes[i], text, text_bytes);
    }
    if (text[0] == '\0' && c->no_map[0] != '\0')
        text_copy(text, text_bytes, c->no_map);
    else if (text[0] == '\0' && missing != 0)
        snprintf(text, text_bytes,
                 "%u of %d slots of the cluster have no master (redis-cli --cluster check)",
                 missing, REDIS_SLOTS);
}

static void add_stats(const struct redis_router *r, struct redis_node_stats *stats)
{
    const struct redis_cluster *c = (const struct redis_cluster *)r;

    for (unsigned i = 0; i < NODES_MAX; i++) {
        if (c->nodes[i] != NULL)
            redis_node_add_stats(c->nodes[i], stats);
    }
}

static void free_router(struct redis_router *r)
{
    struct redis_cluster *c = of(r);

    timer_stop(timers(c), &c->ask);
    deferred_cancel(c->settings.node.conn.deferred, &c->prune);
    for (unsigned i = 0; i < NODES_MAX; i++)
        redis_node_free(c->nodes[i]);
    redis_command_fini(&c->command);
    mem_free(c);
}

struct redis_router *redis_cluster_new(const struct redis_router_settings *settings)
{
    static const struct redis_router_ops ops = {.start = start,
                                                .pick = pick,
                                                .redirect = redirect,
                                                .explain = explain,
                                                .add_stats = add_stats,
                                                .free = free_router};
    struct redis_cluster *c = mem_zalloc(sizeof(*c));

    c->router.ops = &ops;
    c->settings = *settings;
    c->node_settings = settings->node;
    c->node_settings.on_ready = on_node_ready;
    c->node_settings.on_down = on_node_down;
    c->node_settings.on_refused = on_node_refused;
    c->node_settings.on_replica = on_node_replica;
    c->node_settings.ctx = c;
    memset(c->map, NO_NODE, sizeof(c->map));
    c->call.fn = on_map;
    redis_command_init(&c->command);
    timer_init(&c->ask, on_ask, c);
    deferred_init(&c->prune, on_prune, c);
    return &c->router;
}
