#include "sessions/store_redis.h"

#include "base/log.h"
#include "base/mem.h"
#include "sessions/redis_decode.h"
#include "sessions/redis_encode.h"
#include "sessions/redis_router.h"

#include <assert.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The shared record in which the database says what it was begun with. */
static const char database_record[] = ".database";

enum { CHECK_RETRY_MS = 200 };

struct store_redis {
    struct store store;
    struct store_redis_settings settings;
    struct random_source random;
    char *username, *password, *client_name, *sentinel_name;
    struct redis_address *servers;
    struct redis_router *router;
    struct redis_tag *tags; /* one a bucket */
    struct redis_command command;

    struct list all;     /* every request there is */
    struct list idle;    /* those to use again */
    struct list refused; /* not taken: told at the end of the loop turn */
    struct deferred deferred;
    struct timer check_timer;
    bool is_up;      /* the router's connections */
    bool is_checked; /* the database is ours */
    bool is_refused;
    struct store_redis_stats stats;
};

bool redis_request_is_write(enum redis_request_kind kind)
{
    return kind == REDIS_COMMIT || kind == REDIS_COMMIT_ALL || kind == REDIS_RESERVE ||
           kind == REDIS_SETTLE || kind == REDIS_SWEEP || kind == REDIS_SHARED_COMMIT;
}

static struct store_redis *of(struct store *s)
{
    return (struct store_redis *)s;
}

static struct redis_request *request_of(struct list_node *n)
{
    return LIST_ITEM(LIST_ITEM(n, struct redis_call, node), struct redis_request, call);
}

/* --- the end of a request --- */

static void count_result(struct store_redis *s, enum store_result result)
{
    switch (result) {
    case STORE_OK:
        s->stats.ok++;
        break;
    case STORE_CONFLICT:
        s->stats.conflicts++;
        break;
    case STORE_UNAVAILABLE:
        s->stats.unavailable++;
        break;
    case STORE_UNKNOWN:
        s->stats.unknown++;
        break;
    }
}

static void release(struct redis_request *r)
{
    mem_free(r->kept);
    r->kept = NULL;
    list_push_front(&r->store->idle, &r->call.node);
}

static void tell_reply(struct redis_request *r)
{
    count_result(r->store, r->reply.result);
    if (!r->is_cancelled)
        r->fn.reply(r->arg, &r->reply);
    release(r);
}

static void tell_sweep(struct redis_request *r)
{
    count_result(r->store, r->sweep.result);
    if (!r->is_cancelled)
        r->fn.sweep(r->arg, &r->sweep);
    release(r);
}

static void tell_list(struct redis_request *r, const struct store_list *list)
{
    count_result(r->store, list->result);
    if (!r->is_cancelled)
        r->fn.list(r->arg, list);
    release(r);
}

static void tell_failure(struct redis_request *r, enum store_result result)
{
    struct store_list list = {.result = result};

    switch (r->kind) {
    case REDIS_FIND:
    case REDIS_LIST:
        tell_list(r, &list);
        break;
    case REDIS_SWEEP:
        memset(&r->sweep, 0, sizeof(r->sweep));
        r->sweep.result = result;
        tell_sweep(r);
        break;
    default:
        memset(&r->reply, 0, sizeof(r->reply));
        r->reply.result = result;
        tell_reply(r);
    }
}

static void on_held(struct redis_call *call, bool is_replicated)
{
    struct redis_request *r = LIST_ITEM(call, struct redis_request, call);

    if (!is_replicated)
        tell_failure(r, STORE_UNKNOWN);
    else if (r->kind == REDIS_SWEEP)
        tell_sweep(r);
    else
        tell_reply(r);
}

static bool has_written(const struct redis_request *r)
{
    if (r->kind == REDIS_SWEEP)
        return r->sweep.taken_count != 0;
    return redis_request_is_write(r->kind) && r->reply.result == STORE_OK;
}

/* The result stands in the request. */
static void finish(struct redis_request *r)
{
    if (has_written(r) && r->store->settings.wait_replicas != 0)
        redis_conn_hold(r->conn, &r->call);
    else if (r->kind == REDIS_SWEEP)
        tell_sweep(r);
    else
        tell_reply(r);
}

static void finish_list(struct redis_request *r, const redisReply *reply)
{
    size_t limit = r->kind == REDIS_FIND ? 1 : r->limit;
    struct store_listed *items = mem_alloc(limit * sizeof(*items));
    struct store_list list;

    if (redis_decode_list(r, reply, items, &list) == REDIS_DECODED)
        tell_list(r, &list);
    else
        tell_failure(r, STORE_UNKNOWN);
    mem_free(items);
}

static void send(struct redis_request *r);

/* Nothing was written: what is there is read, for the caller to begin again from. */
static void reload(struct redis_request *r)
{
    r->call.held_fn = NULL;
    if (r->kind == REDIS_COMMIT) {
        r->kind = REDIS_COMMIT_RELOAD;
        redis_encode_load(&r->store->command, &r->store->tags[r->bucket], r->name);
    } else {
        r->kind = REDIS_SHARED_RELOAD;
        redis_encode_shared_load(&r->store->command, r->name);
    }
    send(r);
}

static void on_error(struct redis_request *r, const redisReply *reply)
{
    enum redis_error error = redis_decode_error(reply);

    r->store->stats.refusals++;
    if (error == REDIS_ERROR_STRANGE)
        redis_conn_drop(r->conn, reply->str);
    if (error == REDIS_ERROR_OTHER)
        log_error("store.error", LOG_S("reply", reply->str));
    else
        log_debug("store.refused", LOG_S("reply", reply->str));
    tell_failure(r, error == REDIS_ERROR_OTHER ? STORE_UNKNOWN : STORE_UNAVAILABLE);
}

static void on_reply(struct redis_call *call, const struct redisReply *reply)
{
    struct redis_request *r = LIST_ITEM(call, struct redis_request, call);
    enum redis_decoded decoded;

    if (reply == NULL) {
        tell_failure(r, STORE_UNKNOWN);
        return;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        on_error(r, reply);
        return;
    }
    if (r->kind == REDIS_FIND || r->kind == REDIS_LIST) {
        finish_list(r, reply);
        return;
    }
    decoded = r->kind == REDIS_SWEEP ? redis_decode_sweep(r, reply) : redis_decode_reply(r, reply);
    if (decoded == REDIS_DECODED_RELOAD) {
        reload(r);
    } else if (decoded == REDIS_DECODED) {
        finish(r);
    } else {
        log_error("store.strange", LOG_U("kind", r->kind));
        tell_failure(r, STORE_UNKNOWN);
    }
}

/* --- its beginning --- */

static void on_deferred(struct deferred *d, void *arg)
{
    struct store_redis *s = arg;
    struct list_node *n;

    (void)d;
    while ((n = list_pop_front(&s->refused)) != NULL)
        tell_failure(request_of(n), STORE_UNAVAILABLE);
}

static struct redis_request *take(struct store_redis *s, enum redis_request_kind kind, void *arg)
{
    struct list_node *n = list_pop_front(&s->idle);
    struct redis_request *r = n != NULL ? request_of(n) : mem_zalloc(sizeof(*r));

    if (n == NULL)
        list_push_back(&s->all, &r->all);
    r->store = s;
    r->kind = kind;
    r->is_cancelled = r->is_internal = false;
    r->arg = arg;
    r->call.fn = on_reply;
    r->call.held_fn = redis_request_is_write(kind) ? on_held : NULL;
    s->stats.requests++;
    return r;
}

/* Hands on what stands in s->command, or puts the request with the refused. */
static void send(struct redis_request *r)
{
    struct store_redis *s = r->store;
    bool may_go = s->is_checked || r->is_internal;

    r->conn = may_go ? s->router->ops->pick(s->router, r->slot, r->bucket) : NULL;
    if (r->conn != NULL && redis_conn_send(r->conn, &r->call, redis_command_end(&s->command),
                                           s->settings.request_timeout_ms, false))
        return;
    list_push_back(&s->refused, &r->call.node);
    deferred_add(s->settings.deferred, &s->deferred);
}

static struct store_request *send_to_bucket(struct redis_request *r, unsigned bucket)
{
    r->bucket = bucket;
    r->slot = r->store->tags[bucket].slot;
    send(r);
    return (struct store_request *)r;
}

static struct store_request *send_to_record(struct redis_request *r)
{
    r->bucket = 0;
    r->slot = redis_shared_slot(r->name);
    send(r);
    return (struct store_request *)r;
}

static struct store_request *load(struct store *store, const char *msisdn, store_reply_fn *fn,
                                  void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = take(s, REDIS_LOAD, arg);
    unsigned bucket = store_bucket(store, msisdn);

    r->fn.reply = fn;
    redis_encode_load(&s->command, &s->tags[bucket], msisdn);
    return send_to_bucket(r, bucket);
}

static struct store_request *commit(struct store *store, const struct store_commit *c,
                                    store_reply_fn *fn, void *arg)
{
    struct store_redis *s = of(store);
    bool is_plain = store_commit_is_plain(c);
    struct redis_request *r = take(s, is_plain ? REDIS_COMMIT : REDIS_COMMIT_ALL, arg);
    unsigned bucket = store_bucket(store, c->msisdn);

    r->fn.reply = fn;
    r->session_written = c->session.size != 0;
    r->session_next = c->session_version != 0 ? c->session_version + 1 : 0;
    r->merchant_written = c->merchant.size != 0;
    r->merchant_next = c->merchant_version != 0 ? c->merchant_version + 1 : 0;
    r->owed_count = c->owed_count;
    text_copy(r->name, sizeof(r->name), c->msisdn);
    if (is_plain)
        redis_encode_commit(&s->command, &s->tags[bucket], c);
    else
        redis_encode_commit_all(&s->command, &s->tags[bucket], c, s->settings.journal_keep_s);
    return send_to_bucket(r, bucket);
}

static struct store_request *reserve(struct store *store, const char *msisdn, const char *counter,
                                     store_reply_fn *fn, void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = take(s, REDIS_RESERVE, arg);
    unsigned bucket = store_bucket(store, msisdn);

    r->fn.reply = fn;
    redis_encode_reserve(&s->command, &s->tags[bucket], counter);
    return send_to_bucket(r, bucket);
}

static struct store_request *find(struct store *store, unsigned bucket, const char *member,
                                  store_list_fn *fn, void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = take(s, REDIS_FIND, arg);

    r->fn.list = fn;
    text_copy(r->name, sizeof(r->name), member);
    redis_encode_find(&s->command, &s->tags[bucket], member);
    return send_to_bucket(r, bucket);
}

static struct store_request *list(struct store *store, unsigned bucket, const char *set,
                                  size_t limit, store_list_fn *fn, void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = take(s, REDIS_LIST, arg);

    r->fn.list = fn;
    r->limit = limit;
    redis_encode_list(&s->command, &s->tags[bucket], set, limit);
    return send_to_bucket(r, bucket);
}

static struct store_request *settle(struct store *store, const char *msisdn,
                                    const struct store_owed_id *ids, unsigned count,
                                    store_reply_fn *fn, void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = take(s, REDIS_SETTLE, arg);
    unsigned bucket = store_bucket(store, msisdn);

    r->fn.reply = fn;
    redis_encode_settle(&s->command, &s->tags[bucket], ids, count);
    return send_to_bucket(r, bucket);
}

static struct store_request *sweep(struct store *store, unsigned bucket, const char *owner,
                                   uint64_t idle_ms, int64_t now_ms, size_t limit,
                                   store_sweep_fn *fn, void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = take(s, REDIS_SWEEP, arg);

    r->fn.sweep = fn;
    redis_encode_sweep(&s->command, &s->tags[bucket], owner, idle_ms, now_ms, limit);
    return send_to_bucket(r, bucket);
}

static struct redis_request *take_shared(struct store_redis *s, enum redis_request_kind kind,
                                         const char *name, store_reply_fn *fn, void *arg)
{
    struct redis_request *r = take(s, kind, arg);

    r->fn.reply = fn;
    text_copy(r->name, sizeof(r->name), name);
    return r;
}

static struct store_request *shared_load(struct store *store, const char *name, store_reply_fn *fn,
                                         void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = take_shared(s, REDIS_SHARED_LOAD, name, fn, arg);

    redis_encode_shared_load(&s->command, name);
    return send_to_record(r);
}

static struct store_request *shared_commit(struct store *store, const char *name, uint64_t version,
                                           struct span data, uint32_t ttl_s, store_reply_fn *fn,
                                           void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = take_shared(s, REDIS_SHARED_COMMIT, name, fn, arg);

    r->session_written = data.size != 0;
    r->session_next = version != 0 ? version + 1 : 0;
    redis_encode_shared_commit(&s->command, name, version, data, ttl_s);
    return send_to_record(r);
}

static void cancel(struct store *store, struct store_request *request)
{
    (void)store;
    ((struct redis_request *)request)->is_cancelled = true;
}

static bool is_ready(const struct store *store)
{
    return ((const struct store_redis *)store)->is_checked;
}

/* --- is this database ours? --- */

static void refuse(struct store_redis *s, const char *reason)
{
    if (s->is_refused)
        return;
    s->is_refused = true;
    log_error("store.refused", LOG_S("reason", reason));
    if (s->settings.on_refused != NULL)
        s->settings.on_refused(s->settings.ctx, reason);
}

static void set_checked(struct store_redis *s, bool is_checked)
{
    if (s->is_checked == is_checked)
        return;
    s->is_checked = is_checked;
    if (s->settings.on_ready != NULL)
        s->settings.on_ready(s->settings.ctx, is_checked);
}

static struct span database_text(const struct store_redis *s, char *text, size_t text_bytes)
{
    return span_of(text, (size_t)snprintf(text, text_bytes, "buckets=%u", s->store.buckets));
}

static void check_again(struct store_redis *s)
{
    if (s->is_up)
        timer_start(s->settings.timers, &s->check_timer, CHECK_RETRY_MS);
}

static void on_database_loaded(void *arg, const struct store_reply *reply);

static void create_database(struct store_redis *s)
{
    struct redis_request *r =
        take_shared(s, REDIS_SHARED_COMMIT, database_record, on_database_loaded, s);
    char text[32];

    r->is_internal = true;
    r->session_written = true;
    r->session_next = 0;
    redis_encode_shared_commit(&s->command, database_record, 0,
                               database_text(s, text, sizeof(text)), 0);
    (void)send_to_record(r);
}

/* Of a load, or of the creation: OK without data is a record made just now, or one to be made. */
static void on_database_loaded(void *arg, const struct store_reply *reply)
{
    struct store_redis *s = arg;
    const struct store_record *record = &reply->subscriber.session;
    char ours[32], reason[128];

    if (reply->result == STORE_UNAVAILABLE || reply->result == STORE_UNKNOWN) {
        check_again(s);
    } else if (record->version == 0) {
        create_database(s);
    } else if (record->data.size == 0 ||
               span_is_equal(record->data, database_text(s, ours, sizeof(ours)))) {
        set_checked(s, s->is_up);
    } else {
        snprintf(reason, sizeof(reason),
                 "the database was begun with %.*s, the configuration says "
                 "buckets=%u",
                 (int)(record->data.size < 40 ? record->data.size : 40),
                 (const char *)record->data.data, s->store.buckets);
        refuse(s, reason);
    }
}

static void check_database(struct store_redis *s)
{
    struct redis_request *r =
        take_shared(s, REDIS_SHARED_LOAD, database_record, on_database_loaded, s);

    r->is_internal = true;
    redis_encode_shared_load(&s->command, database_record);
    (void)send_to_record(r);
}

static void on_check_timer(struct timer *t, void *arg)
{
    (void)t;
    check_database(arg);
}

static void on_router_ready(void *ctx, bool is_up)
{
    struct store_redis *s = ctx;

    s->is_up = is_up;
    timer_stop(s->settings.timers, &s->check_timer);
    if (!is_up)
        set_checked(s, false);
    else if (!s->is_refused)
        check_database(s);
}

static void on_router_refused(void *ctx, const char *reason)
{
    refuse(ctx, reason);
}

/* --- life --- */

void store_redis_settings_init(struct store_redis_settings *settings)
{
    memset(settings, 0, sizeof(*settings));
    settings->buckets = 256;
    settings->connections = 8; /* Redis reads some 30 KB of each a turn: with `always`, more of them
                                * share one fsync (tests/bench/bound.c -c) */
    settings->connect_timeout_ms = 2000;
    settings->request_timeout_ms = 2000;
    settings->backoff_min_ms = 50;
    settings->backoff_max_ms = 2000;
    settings->in_flight_max = 8192;
    settings->output_bytes_max = 4U << 20;
    settings->wait_timeout_ms = 500;
    settings->journal_keep_s = UINT64_C(5) * 365 * 86400;
    settings->seed = 1;
}

static bool parse_servers(struct store_redis *s, char *error, size_t error_bytes)
{
    const struct store_redis_settings *settings = &s->settings;

    if (settings->server_count == 0) {
        snprintf(error, error_bytes, "no Redis server is named");
        return false;
    }
    if (settings->mode == STORE_REDIS_STANDALONE && settings->server_count != 1) {
        snprintf(error, error_bytes, "a standalone Redis is one server, not %u",
                 settings->server_count);
        return false;
    }
    s->servers = mem_zalloc(settings->server_count * sizeof(s->servers[0]));
    for (unsigned i = 0; i < settings->server_count; i++) {
        if (redis_address_parse(settings->servers[i], &s->servers[i]))
            continue;
        snprintf(error, error_bytes,
                 "\"%s\" is no Redis server: use \"unix:/path\" or an IP address and a port",
                 settings->servers[i]);
        return false;
    }
    return true;
}

static struct redis_router *make_router(struct store_redis *s)
{
    const struct store_redis_settings *x = &s->settings;
    struct redis_router_settings settings = {
        .node = {.conn = {.base = x->base,
                          .timers = x->timers,
                          .deferred = x->deferred,
                          .random = &s->random,
                          .connect_timeout_ms = x->connect_timeout_ms,
                          .backoff_min_ms = x->backoff_min_ms,
                          .backoff_max_ms = x->backoff_max_ms,
                          .in_flight_max = x->in_flight_max,
                          .output_bytes_max = x->output_bytes_max,
                          .wait_replicas = x->wait_replicas,
                          .wait_timeout_ms = x->wait_timeout_ms},
                 .username = s->username,
                 .password = s->password,
                 .client_name = s->client_name,
                 .connections = x->connections},
        .servers = s->servers,
        .server_count = x->server_count,
        .sentinel_name = s->sentinel_name,
        .on_ready = on_router_ready,
        .on_refused = on_router_refused,
        .ctx = s,
    };

    return redis_standalone_new(&settings);
}

static void free_requests(struct store_redis *s)
{
    struct list_node *n;

    while ((n = list_pop_front(&s->all)) != NULL) {
        struct redis_request *r = LIST_ITEM(n, struct redis_request, all);

        mem_free(r->kept);
        mem_free(r);
    }
}

static void free_store(struct store *store)
{
    struct store_redis *s = of(store);

    if (s->router != NULL)
        s->router->ops->free(s->router);
    deferred_cancel(s->settings.deferred, &s->deferred);
    timer_stop(s->settings.timers, &s->check_timer);
    free_requests(s);
    redis_command_fini(&s->command);
    mem_free(s->servers);
    mem_free(s->tags);
    mem_free(s->username);
    mem_free(s->password);
    mem_free(s->client_name);
    mem_free(s->sentinel_name);
    mem_free(s);
}

static char *copy_text(const char *text)
{
    return mem_strdup(text != NULL ? text : "");
}

static const struct store_ops ops = {
    .load = load,
    .commit = commit,
    .reserve = reserve,
    .find = find,
    .list = list,
    .settle = settle,
    .sweep = sweep,
    .shared_load = shared_load,
    .shared_commit = shared_commit,
    .cancel = cancel,
    .is_ready = is_ready,
    .free = free_store,
};

struct store *store_redis_new(const struct store_redis_settings *settings, char *error,
                              size_t error_bytes)
{
    struct store_redis *s = mem_zalloc(sizeof(*s));
    char client_name[STORE_NAME_BYTES_MAX + 16];

    assert(settings->buckets >= 1 && settings->buckets <= REDIS_SLOTS);
    s->store = (struct store){.ops = &ops, .buckets = settings->buckets};
    s->settings = *settings;
    s->random.state = settings->seed;
    snprintf(client_name, sizeof(client_name), "warung-%.64s", settings->instance);
    s->client_name = copy_text(client_name);
    s->username = copy_text(settings->username);
    s->password = copy_text(settings->password);
    s->sentinel_name = copy_text(settings->sentinel_name);
    redis_command_init(&s->command);
    list_init(&s->all);
    list_init(&s->idle);
    list_init(&s->refused);
    deferred_init(&s->deferred, on_deferred, s);
    timer_init(&s->check_timer, on_check_timer, s);
    s->tags = mem_alloc(settings->buckets * sizeof(s->tags[0]));
    for (unsigned i = 0; i < settings->buckets; i++)
        redis_tag_init(&s->tags[i], i, settings->buckets);
    if (!parse_servers(s, error, error_bytes)) {
        free_store(&s->store);
        return NULL;
    }
    s->router = make_router(s);
    s->router->ops->start(s->router);
    return &s->store;
}

void store_redis_stats(const struct store *store, struct store_redis_stats *stats)
{
    const struct store_redis *s = (const struct store_redis *)store;
    struct redis_node_stats nodes = {0};

    s->router->ops->add_stats(s->router, &nodes);
    *stats = s->stats;
    stats->connects = nodes.connects;
    stats->disconnects = nodes.disconnects;
    stats->in_flight = nodes.in_flight;
    stats->connections_up = nodes.up;
}
