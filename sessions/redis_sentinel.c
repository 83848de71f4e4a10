/*
 * The master that the sentinels name.
 *
 * Each sentinel is asked in turns of POLL_DOWN_MS or POLL_UP_MS, on a connection of its own, for
 * the master's address and its configuration epoch; the address with the greatest epoch is
 * believed. So a sentinel that was cut off and knows only the old master is outvoted by one that
 * has seen the fail-over, and no subscription is needed (hiredis's pub/sub can end the process:
 * docs/decisions/0004). With wait_for_all they are asked for the replicas too, and a write counts
 * when each that could be promoted has it: a sentinel promotes without asking the master, and until
 * the other replicas are moved over they vouch for what will be lost. A node that says in its
 * greeting that it is no master is asked again until it is, or another is named.
 */
#include "base/log.h"
#include "base/mem.h"
#include "sessions/redis_command.h"
#include "sessions/redis_replicas.h"
#include "sessions/redis_router.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_DOWN_MS = 50, POLL_UP_MS = 200, ANSWER_TIMEOUT_MS = 500 };

struct redis_sentinel;

/* One sentinel, and what it said last. */
struct watcher {
    struct redis_sentinel *router;
    struct redis_conn *conn;
    struct redis_call auth_call, address_call, replicas_call, epoch_call;
    bool is_asking; /* an answer is on its way */
    bool has_address;
    bool has_answer; /* address and epoch, of one question */
    struct redis_address address;
    unsigned long long epoch;
    unsigned promotable; /* replicas; of the answer before, when there is none */
    char trouble[160];   /* why it names no master; "" = not known, or it does */
};

struct redis_sentinel {
    struct redis_router router;
    struct redis_router_settings settings;
    struct redis_node *node;
    bool has_master, has_former;
    struct redis_address former; /* the master before this one */
    unsigned long long epoch;    /* of the master that the node is */
    struct watcher *watchers;
    struct redis_call copying_call;
    bool is_asking_master;
    unsigned copying;
    unsigned waited_for; /* replicas; 0 = not told the node yet */
    struct timer poll;
    struct redis_command command;
};

static struct redis_sentinel *of(struct redis_router *r)
{
    return (struct redis_sentinel *)r;
}

/* --- what is believed --- */

static unsigned agreeing(const struct redis_sentinel *s, const struct watcher *with)
{
    unsigned count = 0;

    for (unsigned i = 0; i < s->settings.server_count; i++) {
        const struct watcher *w = &s->watchers[i];

        count += w->has_answer && w->epoch == with->epoch &&
                 redis_address_is_equal(&w->address, &with->address);
    }
    return count;
}

/* The sentinel that leads a fail-over names the new master as soon as it is one; its epoch grows,
 * and the others hear of it, up to a second later. So of answers of one epoch the lonelier is the
 * newer. */
static const struct watcher *best_answer(const struct redis_sentinel *s)
{
    const struct watcher *best = NULL;

    for (unsigned i = 0; i < s->settings.server_count; i++) {
        const struct watcher *w = &s->watchers[i];

        if (w->has_answer && (best == NULL || w->epoch > best->epoch ||
                              (w->epoch == best->epoch && agreeing(s, w) < agreeing(s, best))))
            best = w;
    }
    return best;
}

static void follow(struct redis_sentinel *s, const struct watcher *w)
{
    char server[REDIS_ADDRESS_BYTES];
    bool is_other =
        !s->has_master || !redis_address_is_equal(redis_node_address(s->node), &w->address);

    if (is_other) {
        redis_address_text(&w->address, server, sizeof(server));
        log_info("store.master", LOG_S("server", server), LOG_U("epoch", w->epoch));
        s->has_former = s->has_master;
        s->former = *redis_node_address(s->node);
    }
    s->epoch = w->epoch;
    redis_node_retarget(s->node, &w->address);
    if (!s->has_master)
        redis_node_start(s->node);
    s->has_master = true;
}

/* The most that any sentinel which follows the same master counts, without those that the master
 * still sends everything: they have not left it. */
static void require_replicas(struct redis_sentinel *s)
{
    unsigned count = 0, least = s->settings.node.conn.wait_replicas;

    if (!s->settings.wait_for_all)
        return;
    for (unsigned i = 0; i < s->settings.server_count; i++) {
        const struct watcher *w = &s->watchers[i];

        if (w->has_answer && w->promotable > count &&
            redis_address_is_equal(&w->address, redis_node_address(s->node)))
            count = w->promotable;
    }
    count = count > s->copying ? count - s->copying : 0;
    count = count > least ? count : least;
    if (count == s->waited_for)
        return;
    s->waited_for = count;
    log_info("store.replicas", LOG_U("waited_for", count));
    redis_node_set_wait_replicas(s->node, count);
}

/* A ready master is left only for one that a later fail-over made: of a greater epoch, or of a
 * fail-over that is not over yet. Until that one is followed, the old one's word is worth nothing.
 */
static bool is_newer(const struct redis_sentinel *s, const struct watcher *w)
{
    return w->epoch > s->epoch ||
           (w->epoch == s->epoch &&
            !redis_address_is_equal(&w->address, redis_node_address(s->node)));
}

static void judge(struct redis_sentinel *s)
{
    const struct watcher *best = best_answer(s);

    if (best == NULL)
        return;
    if (!s->has_master || is_newer(s, best) || !redis_node_is_ready(s->node))
        follow(s, best);
    require_replicas(s);
}

/* --- asking --- */

/* Of its three answers one is none: then the others are nothing to go by, either. */
static void take_no_answer(struct watcher *w, const struct redisReply *reply)
{
    if (w->has_address && reply->type == REDIS_REPLY_ERROR)
        text_copy(w->trouble, sizeof(w->trouble), reply->str);
    w->has_address = false;
}

static void on_address(struct redis_call *call, const struct redisReply *reply)
{
    struct watcher *w = LIST_ITEM(call, struct watcher, address_call);

    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        text_copy(w->trouble, sizeof(w->trouble), reply->str);
    else if (reply != NULL && reply->type == REDIS_REPLY_NIL)
        snprintf(w->trouble, sizeof(w->trouble), "knows no master %s (redis.sentinel_name)",
                 w->router->settings.sentinel_name);
    w->has_address = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                     reply->element[0]->type == REDIS_REPLY_STRING &&
                     reply->element[1]->type == REDIS_REPLY_STRING &&
                     redis_address_set(&w->address, reply->element[0]->str,
                                       strtoll(reply->element[1]->str, NULL, 10));
}

static bool read_epoch(const redisReply *reply, unsigned long long *epoch)
{
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2) {
        if (reply->element[i]->type == REDIS_REPLY_STRING &&
            strcmp(reply->element[i]->str, "config-epoch") == 0 &&
            reply->element[i + 1]->type == REDIS_REPLY_STRING) {
            *epoch = strtoull(reply->element[i + 1]->str, NULL, 10);
            return true;
        }
    }
    return false;
}

static void on_epoch(struct redis_call *call, const struct redisReply *reply)
{
    struct watcher *w = LIST_ITEM(call, struct watcher, epoch_call);

    w->is_asking = false;
    if (reply != NULL && !read_epoch(reply, &w->epoch))
        take_no_answer(w, reply);
    w->has_answer = reply != NULL && w->has_address;
    if (w->has_answer)
        judge(w->router);
}

static void on_replicas(struct redis_call *call, const struct redisReply *reply)
{
    struct watcher *w = LIST_ITEM(call, struct watcher, replicas_call);
    const struct redis_address *former = w->router->has_former ? &w->router->former : NULL;
    unsigned count;

    if (reply == NULL)
        return;
    if (redis_replicas_promotable(reply, &w->address, former, &count))
        w->promotable = count;
    else /* fewer would have to vouch for a commit than it could promote */
        take_no_answer(w, reply);
}

static void on_copying(struct redis_call *call, const struct redisReply *reply)
{
    struct redis_sentinel *s = LIST_ITEM(call, struct redis_sentinel, copying_call);
    unsigned count = 0;

    s->is_asking_master = false;
    s->copying = reply != NULL && redis_replicas_copying(reply, &count) ? count : 0;
}

static void question_master(struct redis_sentinel *s)
{
    struct redis_conn *c = redis_node_pick(s->node);

    if (!s->settings.wait_for_all || s->is_asking_master || c == NULL)
        return;
    s->copying_call.fn = on_copying;
    redis_command_start(&s->command, "INFO");
    redis_command_add_string(&s->command, "replication");
    s->is_asking_master = redis_conn_send(c, &s->copying_call, redis_command_end(&s->command),
                                          s->settings.node.conn.connect_timeout_ms, false);
}

static bool ask(struct watcher *w, struct redis_call *call, redis_call_fn *fn, const char *what)
{
    struct redis_sentinel *s = w->router;

    call->fn = fn;
    redis_command_start(&s->command, "SENTINEL");
    redis_command_add_string(&s->command, what);
    redis_command_add_string(&s->command, s->settings.sentinel_name);
    return redis_conn_send(w->conn, call, redis_command_end(&s->command), ANSWER_TIMEOUT_MS, false);
}

static void question(struct watcher *w)
{
    if (w->is_asking || !redis_conn_is_ready(w->conn))
        return;
    /* The last one's answer is the end of the question. */
    w->is_asking =
        ask(w, &w->address_call, on_address, "GET-MASTER-ADDR-BY-NAME") &&
        (!w->router->settings.wait_for_all || ask(w, &w->replicas_call, on_replicas, "REPLICAS")) &&
        ask(w, &w->epoch_call, on_epoch, "MASTER");
}

static void on_poll(struct timer *t, void *arg)
{
    struct redis_sentinel *s = arg;

    (void)t;
    for (unsigned i = 0; i < s->settings.server_count; i++)
        question(&s->watchers[i]);
    question_master(s);
    timer_start(s->settings.node.conn.timers, &s->poll,
                redis_node_is_ready(s->node) ? POLL_UP_MS : POLL_DOWN_MS);
}

static void ask_soon(struct redis_sentinel *s)
{
    timer_start(s->settings.node.conn.timers, &s->poll, 0);
}

static void on_greeted(struct watcher *w)
{
    redis_conn_greeted(w->conn);
    ask_soon(w->router);
}

static void on_auth(struct redis_call *call, const struct redisReply *reply)
{
    struct watcher *w = LIST_ITEM(call, struct watcher, auth_call);

    if (reply == NULL || redis_conn_state(w->conn) != REDIS_CONN_GREETING)
        return;
    if (reply->type == REDIS_REPLY_ERROR)
        redis_conn_drop(w->conn, reply->str);
    else
        on_greeted(w);
}

static void on_watcher_up(void *ctx, struct redis_conn *c)
{
    struct watcher *w = ctx;
    struct redis_sentinel *s = w->router;

    w->auth_call.fn = on_auth;
    if (!redis_greet_auth(&s->command, s->settings.sentinel_username,
                          s->settings.sentinel_password))
        on_greeted(w);
    else if (!redis_conn_send(c, &w->auth_call, redis_command_end(&s->command), ANSWER_TIMEOUT_MS,
                              true))
        redis_conn_drop(c, "no room");
}

static void on_watcher_down(void *ctx, struct redis_conn *c, const char *reason, bool was_ready)
{
    struct watcher *w = ctx;
    char server[REDIS_ADDRESS_BYTES];

    w->is_asking = w->has_answer = false;
    text_copy(w->trouble, sizeof(w->trouble), reason);
    if (was_ready)
        log_warning(
            "store.sentinel_down",
            LOG_S("server", redis_address_text(redis_conn_address(c), server, sizeof(server))),
            LOG_S("reason", reason));
}

/* --- the node --- */

static void on_ready(void *ctx, struct redis_node *n, bool is_ready)
{
    struct redis_sentinel *s = ctx;

    (void)n;
    s->settings.on_ready(s->settings.ctx, is_ready);
    if (!is_ready)
        ask_soon(s);
}

static void on_refused(void *ctx, const char *reason)
{
    struct redis_sentinel *s = ctx;

    s->settings.on_refused(s->settings.ctx, reason);
}

static void start(struct redis_router *r)
{
    struct redis_sentinel *s = of(r);

    for (unsigned i = 0; i < s->settings.server_count; i++)
        redis_conn_start(s->watchers[i].conn);
    timer_start(s->settings.node.conn.timers, &s->poll, POLL_DOWN_MS);
}

static struct redis_conn *pick(struct redis_router *r, uint16_t slot)
{
    (void)slot;
    return redis_node_pick(of(r)->node);
}

static void explain(const struct redis_router *r, char *text, size_t text_bytes)
{
    const struct redis_sentinel *s = (const struct redis_sentinel *)r;
    char server[REDIS_ADDRESS_BYTES];
    size_t used = 0;

    text[0] = '\0';
    if (s->has_master) {
        redis_node_explain(s->node, text, text_bytes);
        return;
    }
    for (unsigned i = 0; i < s->settings.server_count && used < text_bytes; i++) {
        const struct watcher *w = &s->watchers[i];

        used += (size_t)snprintf(
            text + used, text_bytes - used, "%ssentinel %s: %s", i != 0 ? "; " : "",
            redis_address_text(&s->settings.servers[i], server, sizeof(server)),
            w->trouble[0] != '\0' ? w->trouble : "no answer");
    }
}

static void add_stats(const struct redis_router *r, struct redis_node_stats *stats)
{
    redis_node_add_stats(((const struct redis_sentinel *)r)->node, stats);
}

static void free_router(struct redis_router *r)
{
    struct redis_sentinel *s = of(r);

    timer_stop(s->settings.node.conn.timers, &s->poll);
    for (unsigned i = 0; i < s->settings.server_count; i++)
        redis_conn_free(s->watchers[i].conn);
    redis_node_free(s->node);
    redis_command_fini(&s->command);
    mem_free(s->watchers);
    mem_free(s);
}

static void make_watchers(struct redis_sentinel *s)
{
    struct redis_conn_settings conn = s->settings.node.conn;

    conn.on_up = on_watcher_up;
    conn.on_down = on_watcher_down;
    conn.wait_replicas = 0;
    s->watchers = mem_zalloc(s->settings.server_count * sizeof(s->watchers[0]));
    for (unsigned i = 0; i < s->settings.server_count; i++) {
        struct watcher *w = &s->watchers[i];

        w->router = s;
        conn.ctx = w;
        w->conn = redis_conn_new(&conn, &s->settings.servers[i]);
    }
}

struct redis_router *redis_sentinel_new(const struct redis_router_settings *settings)
{
    static const struct redis_router_ops ops = {.start = start,
                                                .pick = pick,
                                                .explain = explain,
                                                .add_stats = add_stats,
                                                .free = free_router};
    struct redis_sentinel *s = mem_zalloc(sizeof(*s));
    struct redis_node_settings node = settings->node;

    s->router.ops = &ops;
    s->settings = *settings;
    node.on_ready = on_ready;
    node.on_refused = on_refused;
    node.ctx = s;
    /* Its address is another's until a sentinel has named the master: it is not started before. */
    s->node = redis_node_new(&node, &settings->servers[0]);
    redis_command_init(&s->command);
    timer_init(&s->poll, on_poll, s);
    make_watchers(s);
    return &s->router;
}
