#include "tests/support/redis_group.h"

#include "base/mem.h"

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 1000, TRY_US = 20000, SLOTS = 16384, KEYS_MAX = 100, ID_BYTES = 41 };

static void fail(const char *what)
{
    fprintf(stderr, "redis_group: %s\n", what);
    abort();
}

/* The answer must contain the text; NULL = must not be an error. */
static bool says(struct redis_server *s, const char *text, const char *format, ...)
{
    char command[512];
    va_list arguments;
    redisReply *reply;
    bool ok;

    va_start(arguments, format);
    vsnprintf(command, sizeof(command), format, arguments);
    va_end(arguments);
    reply = redis_server_ask(s, command);
    if (reply == NULL)
        return false;
    ok = reply->type != REDIS_REPLY_ERROR;
    if (ok && text != NULL)
        ok = (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS) &&
             strstr(reply->str, text) != NULL;
    freeReplyObject(reply);
    return ok;
}

static struct redis_server *start_server(const char *appendfsync, uint16_t port,
                                         const char *const *arguments)
{
    const struct redis_server_options options = {
        .appendfsync = appendfsync, .port = port, .arguments = arguments};

    return redis_server_start(&options);
}

static void add_server(struct redis_group *g, struct redis_server *s)
{
    if (g->server_count == REDIS_GROUP_SERVERS_MAX)
        fail("too many servers");
    g->servers[g->server_count++] = s;
}

void redis_group_stop(struct redis_group *g)
{
    if (g == NULL)
        return;
    for (unsigned i = 0; i < g->sentinel_count; i++)
        redis_server_stop(g->sentinels[i]);
    for (unsigned i = 0; i < g->server_count; i++)
        redis_server_stop(g->servers[i]);
    mem_free(g);
}

/* --- sentinels --- */

static struct redis_server *start_sentinel(uint16_t master_port, unsigned down_after_ms)
{
    char config[512];
    const struct redis_server_options options = {.port = redis_server_free_port(),
                                                 .sentinel_config = config};

    snprintf(config, sizeof(config),
             "sentinel monitor warung 127.0.0.1 %u 2\n"
             "sentinel down-after-milliseconds warung %u\n"
             "sentinel failover-timeout warung 6000\n",
             master_port, down_after_ms);
    return redis_server_start(&options);
}

static long long sentinel_number(struct redis_server *s, const char *field)
{
    redisReply *reply = redis_server_ask(s, "SENTINEL MASTER warung");
    long long number = -1;

    for (size_t i = 0; reply != NULL && reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements;
         i += 2) {
        if (strcmp(reply->element[i]->str, field) == 0)
            number = strtoll(reply->element[i + 1]->str, NULL, 10);
    }
    if (reply != NULL)
        freeReplyObject(reply);
    return number;
}

static bool sentinels_know_all(const struct redis_group *g)
{
    for (unsigned i = 0; i < g->sentinel_count; i++) {
        if (sentinel_number(g->sentinels[i], "num-slaves") != g->server_count - 1 ||
            sentinel_number(g->sentinels[i], "num-other-sentinels") != g->sentinel_count - 1)
            return false;
    }
    return redis_server_ask_number(g->servers[0], "WAIT 0 0") == 2;
}

struct redis_group *redis_group_start_sentinels(const char *appendfsync, unsigned down_after_ms)
{
    struct redis_group *g = mem_zalloc(sizeof(*g));
    uint16_t master_port = redis_server_free_port();
    char port[8];
    const char *const replica[] = {"--replicaof", "127.0.0.1", port, "--repl-diskless-sync-delay",
                                   "0",           NULL};
    const char *const master[] = {"--repl-diskless-sync-delay", "0", NULL};

    snprintf(port, sizeof(port), "%u", master_port);
    add_server(g, start_server(appendfsync, master_port, master));
    for (unsigned i = 0; i < 2; i++)
        add_server(g, start_server(appendfsync, redis_server_free_port(), replica));
    for (g->sentinel_count = 0; g->sentinel_count < 3; g->sentinel_count++)
        g->sentinels[g->sentinel_count] = start_sentinel(master_port, down_after_ms);
    for (unsigned i = 0; i < TRIES; i++) {
        if (sentinels_know_all(g))
            return g;
        usleep(TRY_US);
    }
    fail("the sentinels do not come together");
    return NULL;
}

unsigned redis_group_master(struct redis_group *g)
{
    redisReply *reply =
        redis_server_ask(g->sentinels[0], "SENTINEL GET-MASTER-ADDR-BY-NAME warung");
    unsigned found = g->server_count;
    char name[64];

    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
        snprintf(name, sizeof(name), "%s:%s", reply->element[0]->str, reply->element[1]->str);
        for (unsigned i = 0; i < g->server_count; i++) {
            if (strcmp(name, redis_server_tcp_name(g->servers[i])) == 0)
                found = i;
        }
    }
    if (reply != NULL)
        freeReplyObject(reply);
    if (found == g->server_count)
        fail("the sentinel names no master of ours");
    return found;
}

void redis_group_settings(struct redis_group *g, struct store_redis_settings *settings)
{
    bool is_cluster = g->sentinel_count == 0;
    struct redis_server **servers = is_cluster ? g->servers : g->sentinels;

    settings->mode = is_cluster ? STORE_REDIS_CLUSTER : STORE_REDIS_SENTINEL;
    settings->sentinel_name = "warung";
    settings->servers = g->names;
    settings->server_count = is_cluster ? g->server_count : g->sentinel_count;
    for (unsigned i = 0; i < settings->server_count; i++)
        g->names[i] = redis_server_tcp_name(servers[i]);
}

/* --- a cluster --- */

static struct redis_server *start_node(const char *appendfsync, unsigned node_timeout_ms)
{
    char timeout[16], bus_port[8];
    const char *const arguments[] = {"--cluster-enabled",
                                     "yes",
                                     "--cluster-node-timeout",
                                     timeout,
                                     "--cluster-port",
                                     bus_port,
                                     "--cluster-require-full-coverage",
                                     "no",
                                     "--repl-diskless-sync-delay",
                                     "0",
                                     NULL};

    snprintf(timeout, sizeof(timeout), "%u", node_timeout_ms);
    snprintf(bus_port, sizeof(bus_port), "%u", redis_server_free_port());
    return start_server(appendfsync, redis_server_free_port(), arguments);
}

static void node_id(struct redis_server *s, char id[ID_BYTES])
{
    redisReply *reply = redis_server_ask(s, "CLUSTER MYID");

    if (reply == NULL || reply->type != REDIS_REPLY_STRING)
        fail("CLUSTER MYID");
    snprintf(id, ID_BYTES, "%s", reply->str);
    freeReplyObject(reply);
}

static unsigned bus_port(struct redis_server *s)
{
    redisReply *reply = redis_server_ask(s, "CONFIG GET cluster-port");
    unsigned port;

    if (reply == NULL || reply->elements != 2)
        fail("CONFIG GET cluster-port");
    port = (unsigned)strtoul(reply->element[1]->str, NULL, 10);
    freeReplyObject(reply);
    return port;
}

static void meet(struct redis_server *s, struct redis_server *other)
{
    const char *name = redis_server_tcp_name(other);

    if (!says(s, NULL, "CLUSTER MEET 127.0.0.1 %s %u", strchr(name, ':') + 1, bus_port(other)))
        fail("CLUSTER MEET");
}

static bool all_say(const struct redis_group *g, const char *text)
{
    for (unsigned i = 0; i < g->server_count; i++) {
        if (!says(g->servers[i], text, "CLUSTER INFO"))
            return false;
    }
    return true;
}

static void await_all(const struct redis_group *g, const char *text)
{
    for (unsigned i = 0; i < TRIES; i++) {
        if (all_say(g, text))
            return;
        usleep(TRY_US);
    }
    fail(text);
}

static void await_replica(struct redis_server *replica)
{
    for (unsigned i = 0; i < TRIES; i++) {
        if (says(replica, "master_link_status:up", "INFO replication"))
            return;
        usleep(TRY_US);
    }
    fail("a replica does not come up");
}

static long long replication_offset(struct redis_server *s, const char *name)
{
    redisReply *reply = redis_server_ask(s, "INFO replication");
    const char *place = strstr(reply->str, name);
    long long offset = place != NULL ? strtoll(place + strlen(name), NULL, 10) : -1;

    freeReplyObject(reply);
    return offset;
}

/* A master may hold back what is written for a second yet, when both sides call the link up. */
static void await_stream(struct redis_server *master, struct redis_server *replica)
{
    if (!says(master, NULL, "FLUSHALL"))
        fail("FLUSHALL");
    for (unsigned i = 0; i < TRIES; i++) {
        if (replication_offset(replica, "slave_repl_offset:") ==
            replication_offset(master, "master_repl_offset:"))
            return;
        usleep(TRY_US);
    }
    fail("a replica does not follow");
}

static void replicate(struct redis_group *g, unsigned replica, unsigned master)
{
    char id[ID_BYTES];

    node_id(g->servers[master], id);
    for (unsigned i = 0; i < TRIES; i++) {
        if (says(g->servers[replica], NULL, "CLUSTER REPLICATE %s", id))
            return;
        usleep(TRY_US);
    }
    fail("CLUSTER REPLICATE");
}

static void give_slots(struct redis_group *g)
{
    unsigned count = g->master_count;

    for (unsigned i = 0; i < count; i++) {
        if (!says(g->servers[i], NULL, "CLUSTER ADDSLOTSRANGE %u %u", i * SLOTS / count,
                  (i + 1) * SLOTS / count - 1))
            fail("CLUSTER ADDSLOTSRANGE");
        if (!says(g->servers[i], NULL, "CLUSTER SET-CONFIG-EPOCH %u", i + 1))
            fail("CLUSTER SET-CONFIG-EPOCH");
    }
}

struct redis_group *redis_group_start_cluster(unsigned masters, unsigned replicas,
                                              const char *appendfsync, unsigned node_timeout_ms)
{
    struct redis_group *g = mem_zalloc(sizeof(*g));
    char known[40];

    g->master_count = masters;
    for (unsigned i = 0; i < masters * (1 + replicas); i++)
        add_server(g, start_node(appendfsync, node_timeout_ms));
    give_slots(g);
    for (unsigned i = 1; i < g->server_count; i++)
        meet(g->servers[0], g->servers[i]);
    snprintf(known, sizeof(known), "cluster_known_nodes:%u\r", g->server_count);
    await_all(g, known);
    await_all(g, "cluster_state:ok");
    for (unsigned i = masters; i < g->server_count; i++)
        replicate(g, i, i % masters);
    for (unsigned i = masters; i < g->server_count; i++)
        await_replica(g->servers[i]);
    for (unsigned i = masters; i < g->server_count; i++)
        await_stream(g->servers[i % masters], g->servers[i]);
    return g;
}

static void migrate(struct redis_server *from, struct redis_server *to, const char *const *keys,
                    size_t count)
{
    const char *words[KEYS_MAX + 8] = {
        "MIGRATE", "127.0.0.1", strchr(redis_server_tcp_name(to), ':') + 1, "", "0",
        "5000",    "KEYS"};
    redisContext *context = redisConnectUnix(redis_server_name(from) + 5);
    redisReply *reply;

    memcpy(words + 7, keys, count * sizeof(keys[0]));
    reply = context != NULL ? redisCommandArgv(context, (int)(7 + count), words, NULL) : NULL;
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        fail(reply != NULL ? reply->str : "MIGRATE");
    freeReplyObject(reply);
    redisFree(context);
}

void redis_group_move_key(struct redis_server *from, struct redis_server *to, const char *key)
{
    migrate(from, to, &key, 1);
}

/* Up to `batch` keys; false when the slot is empty. */
static bool move_keys(unsigned slot, struct redis_server *from, struct redis_server *to,
                      unsigned batch)
{
    redisReply *reply = redis_server_ask(from, "CLUSTER GETKEYSINSLOT %u %u", slot, batch);
    const char *keys[KEYS_MAX];
    size_t count;

    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || reply->elements > KEYS_MAX)
        fail("CLUSTER GETKEYSINSLOT");
    count = reply->elements;
    for (size_t i = 0; i < count; i++)
        keys[i] = reply->element[i]->str;
    if (count != 0)
        migrate(from, to, keys, count);
    freeReplyObject(reply);
    return count != 0;
}

static void set_slot(struct redis_server *s, unsigned slot, const char *how,
                     struct redis_server *other)
{
    char id[ID_BYTES];

    node_id(other, id);
    if (!says(s, NULL, "CLUSTER SETSLOT %u %s %s", slot, how, id))
        fail("CLUSTER SETSLOT");
}

void redis_group_begin_move(struct redis_server *from, struct redis_server *to, unsigned slot)
{
    set_slot(to, slot, "IMPORTING", from);
    set_slot(from, slot, "MIGRATING", to);
}

void redis_group_move_slot(struct redis_group *g, unsigned slot, struct redis_server *from,
                           struct redis_server *to, unsigned batch)
{
    char id[ID_BYTES];

    redis_group_begin_move(from, to, slot);
    while (move_keys(slot, from, to, batch))
        usleep(1000);
    set_slot(to, slot, "NODE", to);
    set_slot(from, slot, "NODE", to);
    node_id(to, id);
    /* Replicas refuse; they hear it from their masters. */
    for (unsigned i = 0; i < g->server_count; i++)
        (void)says(g->servers[i], NULL, "CLUSTER SETSLOT %u NODE %s", slot, id);
}

struct redis_server *redis_group_owner(struct redis_group *g, unsigned slot)
{
    redisReply *reply = NULL;
    char name[64] = "";

    for (unsigned i = 0; reply == NULL && i < g->server_count; i++)
        reply = redis_server_ask(g->servers[i], "CLUSTER SLOTS");
    for (size_t i = 0; reply != NULL && i < reply->elements; i++) {
        redisReply **range = reply->element[i]->element;

        if ((long long)slot >= range[0]->integer && (long long)slot <= range[1]->integer)
            snprintf(name, sizeof(name), "%s:%lld", range[2]->element[0]->str,
                     range[2]->element[1]->integer);
    }
    if (reply != NULL)
        freeReplyObject(reply);
    for (unsigned i = 0; i < g->server_count; i++) {
        if (strcmp(redis_server_tcp_name(g->servers[i]), name) == 0)
            return g->servers[i];
    }
    fail("a slot has no master of ours");
    return NULL;
}

pid_t redis_group_fork_moves(struct redis_group *g, const unsigned *slots, unsigned count,
                             struct redis_server *to, unsigned batch)
{
    pid_t pid = fork();

    if (pid < 0)
        fail("cannot fork");
    if (pid != 0)
        return pid;
    for (unsigned i = 0; i < g->server_count; i++)
        redis_server_forked(g->servers[i]);
    for (unsigned i = 0; i < count; i++) {
        struct redis_server *from = redis_group_owner(g, slots[i]);

        if (from != to)
            redis_group_move_slot(g, slots[i], from, to, batch);
    }
    _exit(0);
}
