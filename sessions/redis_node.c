#include "sessions/redis_node.h"

#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Some 30 KB of commits: what Redis reads of a connection at a time. One connection filled so far
 * before the next costs both sides the fewest system calls; the next ones, so that all that is
 * there shares one fsync (tests/bench/bound.c -c). Where WAIT follows the commits they all take one
 * connection: what comes behind a WAIT gathers there and shares the next one, while WAITs of
 * several connections each cost the replicas an fsync (bench_store -m sentinel: six times slower).
 */
enum { BATCH_CALLS = 64 };

/* An answer that is overdue on one connection is often all that tells of a server that stands
 * still: the others are idle, and each would cost its first caller a whole deadline. They get this
 * part of connect_timeout_ms to show that it lives. */
enum { PROBE_PART = 4 };

struct line {
    struct redis_node *node;
    struct redis_conn *conn;
    struct redis_greet greet;
};

struct redis_node {
    struct redis_node_settings settings;
    struct redis_greet_settings greeting;
    struct redis_address address;
    struct line lines[REDIS_NODE_CONNS_MAX];
    unsigned current; /* the line that is being filled */
    unsigned up;
    bool is_told_down; /* once a break and answer, not once a try */
    char told[128];    /* the reason that was told last, as long as those of a connection */
    char down[160];    /* why the last connection went, or did not come */
    uint64_t connects, disconnects;
};

static void log_up(const struct redis_node *n)
{
    char server[REDIS_ADDRESS_BYTES];

    redis_address_text(&n->address, server, sizeof(server));
    log_info("store.up", LOG_S("server", server));
}

static void log_down(struct redis_node *n, const char *reason)
{
    char server[REDIS_ADDRESS_BYTES];

    redis_address_text(&n->address, server, sizeof(server));
    text_copy(n->told, sizeof(n->told), reason);
    log_warning("store.down", LOG_S("server", server), LOG_S("reason", reason));
}

/* Of a reason too long to be kept, such as that of Redis' protected mode, as much as is kept. */
static bool is_told(const struct redis_node *n, const char *reason)
{
    char kept[sizeof(n->told)];

    text_copy(kept, sizeof(kept), reason);
    return strcmp(n->told, kept) == 0;
}

static void on_up(void *ctx, struct redis_conn *c)
{
    struct line *l = ctx;

    redis_greet_start(&l->greet, c);
}

static void on_greeted(struct redis_greet *g, enum redis_greet_result result, const char *reason)
{
    struct line *l = LIST_ITEM(g, struct line, greet);
    struct redis_node *n = l->node;

    if (result == REDIS_GREET_OK) {
        redis_conn_greeted(l->conn);
        n->connects++;
        n->is_told_down = false;
        if (++n->up == 1) {
            log_up(n);
            n->settings.on_ready(n->settings.ctx, n, true);
        }
        return;
    }
    if (g->is_replica && n->settings.on_replica != NULL) {
        if (n->up == 0 && !n->is_told_down) { /* it was never up: nobody misses it */
            text_copy(n->told, sizeof(n->told), reason);
            n->is_told_down = true;
        }
        n->settings.on_replica(n->settings.ctx, &g->master);
    }
    /* It broke off, and what keeps us out since is another: a password that was changed, no master
     * any more, a file that it reads first. */
    if (n->up == 0 && n->is_told_down && !is_told(n, reason))
        log_down(n, reason);
    redis_conn_drop(l->conn, reason);
    if (result == REDIS_GREET_REFUSED)
        n->settings.on_refused(n->settings.ctx, reason);
}

static void on_overdue(void *ctx, struct redis_conn *c)
{
    const struct line *l = ctx;
    const struct redis_node *n = l->node;

    (void)c;
    for (unsigned i = 0; i < n->settings.connections; i++)
        redis_conn_probe(n->lines[i].conn, n->settings.conn.connect_timeout_ms / PROBE_PART);
}

static void on_down(void *ctx, struct redis_conn *c, const char *reason, bool was_ready)
{
    struct line *l = ctx;
    struct redis_node *n = l->node;

    (void)c;
    if (was_ready) {
        n->disconnects++;
        n->up--;
    }
    text_copy(n->down, sizeof(n->down), reason);
    if (n->up == 0 && !n->is_told_down && strcmp(reason, REDIS_CONN_REPLACED) != 0) {
        n->is_told_down = true;
        log_down(n, reason);
    }
    if (was_ready && n->up == 0)
        n->settings.on_ready(n->settings.ctx, n, false);
    if (n->settings.on_down != NULL)
        n->settings.on_down(n->settings.ctx, n, reason);
}

struct redis_node *redis_node_new(const struct redis_node_settings *settings,
                                  const struct redis_address *address)
{
    struct redis_node *n = mem_zalloc(sizeof(*n));
    struct redis_conn_settings conn = settings->conn;

    assert(settings->connections != 0 && settings->connections <= REDIS_NODE_CONNS_MAX);
    n->settings = *settings;
    n->address = *address;
    n->greeting = (struct redis_greet_settings){.username = settings->username,
                                                .password = settings->password,
                                                .client_name = settings->client_name,
                                                .fn = on_greeted};
    conn.on_up = on_up;
    conn.on_overdue = on_overdue;
    conn.on_down = on_down;
    for (unsigned i = 0; i < settings->connections; i++) {
        struct line *l = &n->lines[i];

        l->node = n;
        redis_greet_init(&l->greet, &n->greeting, i == 0);
        conn.ctx = l;
        l->conn = redis_conn_new(&conn, address);
    }
    return n;
}

void redis_node_free(struct redis_node *n)
{
    if (n == NULL)
        return;
    for (unsigned i = 0; i < n->settings.connections; i++) {
        redis_conn_free(n->lines[i].conn);
        redis_greet_fini(&n->lines[i].greet);
    }
    mem_free(n);
}

void redis_node_start(struct redis_node *n)
{
    for (unsigned i = 0; i < n->settings.connections; i++)
        redis_conn_start(n->lines[i].conn);
}

void redis_node_retarget(struct redis_node *n, const struct redis_address *address)
{
    if (!redis_address_is_equal(&n->address, address)) {
        if (n->up != 0) /* when its connections end the name is the new one's */
            log_down(n, REDIS_CONN_REPLACED);
        n->is_told_down = false;
        n->down[0] = '\0';
    }
    n->address = *address;
    for (unsigned i = 0; i < n->settings.connections; i++)
        redis_conn_retarget(n->lines[i].conn, address);
}

void redis_node_set_wait_replicas(struct redis_node *n, unsigned replicas)
{
    for (unsigned i = 0; i < n->settings.connections; i++)
        redis_conn_set_wait_replicas(n->lines[i].conn, replicas);
}

const struct redis_address *redis_node_address(const struct redis_node *n)
{
    return &n->address;
}

/* From `from` on, the first ready line with fewer calls in flight; settings.connections = none. */
static unsigned find_line(const struct redis_node *n, unsigned from, unsigned in_flight_max)
{
    unsigned count = n->settings.connections;

    for (unsigned i = 0; i < count; i++) {
        unsigned at = (from + i) % count;
        const struct redis_conn *c = n->lines[at].conn;

        if (redis_conn_is_ready(c) && redis_conn_in_flight(c) < in_flight_max)
            return at;
    }
    return count;
}

struct redis_conn *redis_node_pick(struct redis_node *n)
{
    unsigned count = n->settings.connections, most = n->settings.conn.in_flight_max;
    unsigned at =
        find_line(n, n->current, n->settings.conn.wait_replicas != 0 ? most : BATCH_CALLS);

    if (at == count)
        at = find_line(n, n->current + 1, most);
    if (at == count)
        return NULL;
    n->current = at;
    return n->lines[at].conn;
}

bool redis_node_is_ready(const struct redis_node *n)
{
    return n->up != 0;
}

const char *redis_node_explain(const struct redis_node *n, char *text, size_t text_bytes)
{
    char server[REDIS_ADDRESS_BYTES];

    text[0] = '\0';
    if (n->up == 0)
        snprintf(text, text_bytes, "%s: %s",
                 redis_address_text(&n->address, server, sizeof(server)),
                 n->down[0] != '\0' ? n->down : "no answer");
    return text;
}

void redis_node_drop(struct redis_node *n, const char *reason)
{
    for (unsigned i = 0; i < n->settings.connections; i++)
        redis_conn_drop(n->lines[i].conn, reason);
}

void redis_node_add_stats(const struct redis_node *n, struct redis_node_stats *stats)
{
    stats->connects += n->connects;
    stats->disconnects += n->disconnects;
    stats->up += n->up;
    for (unsigned i = 0; i < n->settings.connections; i++) {
        stats->in_flight += redis_conn_in_flight(n->lines[i].conn);
        stats->short_waits += redis_conn_short_waits(n->lines[i].conn);
    }
    if (llabs(n->lines[0].greet.ahead_ms) > llabs(stats->ahead_ms))
        stats->ahead_ms = n->lines[0].greet.ahead_ms;
}
