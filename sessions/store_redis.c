#include "sessions/store_redis.h"

#include "base/log.h"
#include "base/mem.h"
#include "sessions/redis_encode.h"
#include "sessions/redis_request.h"
#include "sessions/redis_router.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The shared record in which the database says what it was begun with. */
static const char database_record[] = ".database";

enum {
    CHECK_RETRY_MS = 200,
    CHECK_EVERY_MS = 5000,
    /* Of all keys together: raised when what an older program wrote is not read any more. */
    DATABASE_FORMAT = 3,
};

struct store_redis {
    struct store store;
    struct store_redis_settings settings;
    struct random_source random;
    char *username, *password, *client_name, *keys;
    char *sentinel_name, *sentinel_username, *sentinel_password;
    struct redis_address *servers;
    struct redis_requests requests;

    struct timer check_timer;
    bool is_up; /* the router's connections; the database is ours: requests.is_open */
    bool is_refused;
    bool is_new;           /* told, or that it was emptied */
    bool are_keys_checked; /* once: a running gateway may be given its first keys */
    bool was_open;         /* a store that is a new one now has lost everything */
    uint64_t emptied;      /* it was found so */
    bool wait_for_all;     /* wait_replicas by mode, with sentinels */
};

static struct store_redis *of(struct store *s)
{
    return (struct store_redis *)s;
}

/* --- requests --- */

static struct redis_request *new_reply_request(struct store *store, enum redis_request_kind kind,
                                               store_reply_fn *fn, void *arg)
{
    struct redis_request *r = redis_request_new(&of(store)->requests, kind, arg);

    r->fn.reply = fn;
    return r;
}

static struct store_request *load(struct store *store, const char *msisdn, store_reply_fn *fn,
                                  void *arg)
{
    struct redis_requests *rs = &of(store)->requests;
    struct redis_request *r = new_reply_request(store, REDIS_LOAD, fn, arg);
    unsigned bucket = store_bucket(store, msisdn);

    text_copy(r->name, sizeof(r->name), msisdn);
    redis_requests_flush(rs, msisdn);
    redis_encode_load(&rs->command, &rs->tags[bucket], msisdn);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *commit(struct store *store, const struct store_commit *c,
                                    store_reply_fn *fn, void *arg)
{
    struct redis_requests *rs = &of(store)->requests;
    bool is_plain = store_commit_is_plain(c);
    struct redis_request *r =
        new_reply_request(store, is_plain ? REDIS_COMMIT : REDIS_COMMIT_ALL, fn, arg);
    unsigned bucket = store_bucket(store, c->msisdn);

    r->session_written = c->session.size != 0;
    r->session_next = store_next_version(c->session_version, c->session);
    r->merchant_written = c->merchant.size != 0;
    r->merchant_next = store_next_version(c->merchant_version, c->merchant);
    r->owed_count = c->owed_count;
    text_copy(r->name, sizeof(r->name), c->msisdn);
    if (is_plain)
        redis_encode_commit(&rs->command, &rs->tags[bucket], c, r->session_next);
    else
        redis_encode_commit_all(&rs->command, &rs->tags[bucket], c, r->session_next,
                                r->merchant_next);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *reserve(struct store *store, const char *msisdn, const char *counter,
                                     store_reply_fn *fn, void *arg)
{
    struct redis_requests *rs = &of(store)->requests;
    struct redis_request *r = new_reply_request(store, REDIS_RESERVE, fn, arg);
    unsigned bucket = store_bucket(store, msisdn);

    redis_encode_reserve(&rs->command, &rs->tags[bucket], counter);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *find(struct store *store, unsigned bucket, const char *member,
                                  store_list_fn *fn, void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = redis_request_new(&s->requests, REDIS_FIND, arg);

    r->fn.list = fn;
    text_copy(r->name, sizeof(r->name), member);
    redis_encode_find(&s->requests.command, &s->requests.tags[bucket], member);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *list(struct store *store, unsigned bucket, const char *set,
                                  struct store_cursor after, size_t limit, store_list_fn *fn,
                                  void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = redis_request_new(&s->requests, REDIS_LIST, arg);

    r->fn.list = fn;
    r->limit = limit;
    redis_encode_list(&s->requests.command, &s->requests.tags[bucket], set, after, limit);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *settle(struct store *store, const struct store_settlement *settlement,
                                    store_reply_fn *fn, void *arg)
{
    struct redis_requests *rs = &of(store)->requests;
    struct redis_request *r = new_reply_request(store, REDIS_SETTLE, fn, arg);

    redis_encode_settle(&rs->command, &rs->tags[settlement->bucket], settlement);
    redis_request_send_to_bucket(r, settlement->bucket);
    return (struct store_request *)r;
}

static struct store_request *touch(struct store *store, unsigned bucket, const char *owner,
                                   struct store_owed_id id, store_reply_fn *fn, void *arg)
{
    struct redis_requests *rs = &of(store)->requests;
    struct redis_request *r = new_reply_request(store, REDIS_TOUCH, fn, arg);

    redis_encode_touch(&rs->command, &rs->tags[bucket], owner, &id);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *receipt(struct store *store, const struct store_receipt *receipt,
                                     store_reply_fn *fn, void *arg)
{
    struct redis_requests *rs = &of(store)->requests;
    struct redis_request *r = new_reply_request(store, REDIS_RECEIPT, fn, arg);

    redis_encode_receipt(&rs->command, &rs->tags[receipt->bucket], receipt);
    redis_request_send_to_bucket(r, receipt->bucket);
    return (struct store_request *)r;
}

static struct store_request *lapse(struct store *store, unsigned bucket, const char *subject,
                                   int64_t now_ms, store_reply_fn *fn, void *arg)
{
    struct redis_requests *rs = &of(store)->requests;
    struct redis_request *r = new_reply_request(store, REDIS_LAPSE, fn, arg);

    redis_encode_lapse(&rs->command, &rs->tags[bucket], subject, now_ms);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *messages(struct store *store, unsigned bucket, const char *subject,
                                      store_reply_fn *fn, void *arg)
{
    struct redis_requests *rs = &of(store)->requests;
    struct redis_request *r = new_reply_request(store, REDIS_MESSAGES, fn, arg);

    redis_encode_messages(&rs->command, &rs->tags[bucket], subject);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *tally(struct store *store, unsigned bucket, store_reply_fn *fn,
                                   void *arg)
{
    struct redis_requests *rs = &of(store)->requests;
    struct redis_request *r = new_reply_request(store, REDIS_TALLY, fn, arg);

    redis_encode_tally(&rs->command, &rs->tags[bucket]);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *sweep(struct store *store, unsigned bucket, const char *owner,
                                   uint64_t idle_ms, int64_t now_ms, size_t limit,
                                   store_sweep_fn *fn, void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = redis_request_new(&s->requests, REDIS_SWEEP, arg);

    r->fn.sweep = fn;
    redis_encode_sweep(&s->requests.command, &s->requests.tags[bucket], owner, idle_ms, now_ms,
                       limit);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *log_add(struct store *store, unsigned bucket, enum store_log log,
                                     struct span body, store_reply_fn *fn, void *arg)
{
    struct redis_requests *rs = &of(store)->requests;
    struct redis_request *r = new_reply_request(store, REDIS_LOG_ADD, fn, arg);

    redis_encode_log_add(&rs->command, &rs->tags[bucket], log, body);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *log_read(struct store *store, unsigned bucket, enum store_log log,
                                      struct store_owed_id after, size_t limit, store_sweep_fn *fn,
                                      void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = redis_request_new(&s->requests, REDIS_LOG_READ, arg);

    r->fn.sweep = fn;
    redis_encode_log_read(&s->requests.command, &s->requests.tags[bucket], log, after, limit);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct store_request *log_trim(struct store *store, unsigned bucket, enum store_log log,
                                      int64_t before_ms, store_reply_fn *fn, void *arg)
{
    struct redis_requests *rs = &of(store)->requests;
    struct redis_request *r = new_reply_request(store, REDIS_LOG_TRIM, fn, arg);

    redis_encode_log_trim(&rs->command, &rs->tags[bucket], log, before_ms);
    redis_request_send_to_bucket(r, bucket);
    return (struct store_request *)r;
}

static struct redis_request *take_shared(struct store_redis *s, enum redis_request_kind kind,
                                         const char *name, store_reply_fn *fn, void *arg)
{
    struct redis_request *r = new_reply_request(&s->store, kind, fn, arg);

    text_copy(r->name, sizeof(r->name), name);
    return r;
}

static struct store_request *shared_load(struct store *store, const char *name, store_reply_fn *fn,
                                         void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = take_shared(s, REDIS_SHARED_LOAD, name, fn, arg);

    redis_encode_shared_load(&s->requests.command, name);
    redis_request_send_to_record(r);
    return (struct store_request *)r;
}

static struct store_request *shared_commit(struct store *store, const char *name, uint64_t version,
                                           struct span data, uint32_t ttl_s, store_reply_fn *fn,
                                           void *arg)
{
    struct store_redis *s = of(store);
    struct redis_request *r = take_shared(s, REDIS_SHARED_COMMIT, name, fn, arg);

    r->session_written = data.size != 0;
    r->session_next = store_next_version(version, data);
    redis_encode_shared_commit(&s->requests.command, name, version, r->session_next, data, ttl_s);
    redis_request_send_to_record(r);
    return (struct store_request *)r;
}

static void cancel(struct store *store, struct store_request *request)
{
    (void)store;
    ((struct redis_request *)request)->is_cancelled = true;
}

static bool is_ready(const struct store *store)
{
    return ((const struct store_redis *)store)->requests.is_open;
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

static void set_open(struct store_redis *s, bool is_open)
{
    s->was_open |= is_open;
    if (s->requests.is_open == is_open)
        return;
    s->requests.is_open = is_open;
    if (s->settings.on_ready != NULL)
        s->settings.on_ready(s->settings.ctx, is_open);
}

static struct span database_text(const struct store_redis *s, char *text, size_t text_bytes)
{
    return span_of(text, (size_t)snprintf(text, text_bytes, "format=%d buckets=%u", DATABASE_FORMAT,
                                          s->store.buckets));
}

static void check_after(struct store_redis *s, uint64_t ms)
{
    if (s->is_up)
        timer_start(s->settings.timers, &s->check_timer, ms);
}

static void load_mark(struct store_redis *s, const char *name, store_reply_fn *fn)
{
    struct redis_request *r = take_shared(s, REDIS_SHARED_LOAD, name, fn, s);

    r->is_internal = true;
    redis_encode_shared_load(&s->requests.command, name);
    redis_request_send_to_record(r);
}

static void create_mark(struct store_redis *s, const char *name, struct span text,
                        store_reply_fn *fn)
{
    struct redis_request *r = take_shared(s, REDIS_SHARED_COMMIT, name, fn, s);

    r->is_internal = true;
    r->session_written = true;
    r->session_next = 0;
    redis_encode_shared_commit(&s->requests.command, name, 0, 0, text, 0);
    redis_request_send_to_record(r);
}

/* As on_database_loaded(). Without this check whoever starts without the keys, or with others,
 * would mix records that nobody can read together. */
static void on_keys_loaded(void *arg, const struct store_reply *reply)
{
    struct store_redis *s = arg;
    const struct store_record *record = &reply->subscriber.session;
    struct span ours = span_of_string(s->keys);

    if (reply->result == STORE_UNAVAILABLE || reply->result == STORE_UNKNOWN) {
        check_after(s, CHECK_RETRY_MS);
    } else if (record->version == 0 && ours.size != 0) {
        create_mark(s, STORE_REDIS_KEYS_RECORD, ours, on_keys_loaded);
    } else if (record->version == 0 || record->data.size == 0 ||
               span_is_equal(record->data, ours)) {
        s->are_keys_checked = true;
        set_open(s, s->is_up);
    } else {
        refuse(s, ours.size == 0 ? "the database's records are sealed, and there are no keys: "
                                   "keys_file"
                                 : "the database's records are sealed with other keys than those "
                                   "of keys_file");
    }
}

/* Of a load, or of the creation: OK without data is a record made just now, or one to be made. */
static void on_database_loaded(void *arg, const struct store_reply *reply)
{
    struct store_redis *s = arg;
    const struct store_record *record = &reply->subscriber.session;
    char ours[32], reason[128];

    if (reply->result == STORE_UNAVAILABLE || reply->result == STORE_UNKNOWN) {
        check_after(s, CHECK_RETRY_MS);
    } else if (record->version == 0) {
        if (s->was_open) {
            s->emptied++;
            log_error("store.emptied");
        } else if (!s->is_new) {
            log_warning("store.new", LOG_S("what", "there is nothing in it, and it is begun"));
        }
        s->was_open = false; /* one of them, once, however often the store takes no mark */
        s->is_new = true;
        /* Those of another database may have been. */
        s->are_keys_checked = s->settings.keys == NULL;
        create_mark(s, database_record, database_text(s, ours, sizeof(ours)), on_database_loaded);
    } else if (record->data.size == 0 ||
               span_is_equal(record->data, database_text(s, ours, sizeof(ours)))) {
        check_after(s, CHECK_EVERY_MS); /* it may be emptied with our connections up */
        if (s->are_keys_checked)
            set_open(s, s->is_up);
        else
            load_mark(s, STORE_REDIS_KEYS_RECORD, on_keys_loaded);
    } else {
        snprintf(reason, sizeof(reason),
                 "the database was begun with %.*s, this program and its configuration "
                 "want %s",
                 (int)(record->data.size < 40 ? record->data.size : 40),
                 (const char *)record->data.data, ours);
        refuse(s, reason);
    }
}

static void check_database(struct store_redis *s)
{
    load_mark(s, database_record, on_database_loaded);
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
        set_open(s, false);
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
    settings->connections = 16; /* Redis reads some 30 KB of each a turn: with `always`, more of
                                 * them share one fsync (tests/bench/bound.c -c) */
    settings->connect_timeout_ms = 2000;
    settings->request_timeout_ms = 2000;
    settings->backoff_min_ms = 50;
    settings->backoff_max_ms = 2000;
    settings->in_flight_max = 8192;
    settings->output_bytes_max = 4U << 20;
    settings->wait_replicas = STORE_REDIS_WAIT_BY_MODE;
    settings->wait_timeout_ms = 500;
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
        .sentinel_username = s->sentinel_username,
        .sentinel_password = s->sentinel_password,
        .wait_for_all = s->wait_for_all,
        .on_ready = on_router_ready,
        .on_refused = on_router_refused,
        .ctx = s,
    };

    switch (x->mode) {
    case STORE_REDIS_STANDALONE:
        return redis_standalone_new(&settings);
    case STORE_REDIS_SENTINEL:
        return redis_sentinel_new(&settings);
    case STORE_REDIS_CLUSTER:
        return redis_cluster_new(&settings);
    }
    assert(!"no such mode");
    return NULL;
}

static void free_store(struct store *store)
{
    struct store_redis *s = of(store);

    if (s->requests.router != NULL)
        s->requests.router->ops->free(s->requests.router);
    timer_stop(s->settings.timers, &s->check_timer);
    redis_requests_fini(&s->requests);
    mem_free(s->servers);
    mem_free(s->username);
    mem_free_secret(s->password);
    mem_free(s->client_name);
    mem_free(s->sentinel_name);
    mem_free(s->sentinel_username);
    mem_free_secret(s->sentinel_password);
    mem_free(s->keys);
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
    .touch = touch,
    .receipt = receipt,
    .lapse = lapse,
    .messages = messages,
    .tally = tally,
    .sweep = sweep,
    .log_add = log_add,
    .log_read = log_read,
    .log_trim = log_trim,
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
    s->wait_for_all = settings->wait_replicas == STORE_REDIS_WAIT_BY_MODE &&
                      settings->mode == STORE_REDIS_SENTINEL;
    if (settings->wait_replicas == STORE_REDIS_WAIT_BY_MODE)
        s->settings.wait_replicas = settings->mode == STORE_REDIS_STANDALONE ? 0 : 1;
    s->random.state = settings->seed;
    snprintf(client_name, sizeof(client_name), "warung-%.64s", settings->instance);
    s->client_name = copy_text(client_name);
    s->username = copy_text(settings->username);
    s->password = copy_text(settings->password);
    s->sentinel_name = copy_text(settings->sentinel_name);
    s->sentinel_username = copy_text(settings->sentinel_username);
    s->sentinel_password = copy_text(settings->sentinel_password);
    s->keys = copy_text(settings->keys);
    s->are_keys_checked = settings->keys == NULL;
    timer_init(&s->check_timer, on_check_timer, s);
    s->requests.timers = settings->timers;
    s->requests.deferred = settings->deferred;
    s->requests.timeout_ms = settings->request_timeout_ms;
    s->requests.wait_replicas = s->settings.wait_replicas;
    redis_requests_init(&s->requests, settings->buckets);
    if (s->settings.mode != STORE_REDIS_STANDALONE && s->settings.wait_replicas == 0)
        log_warning("store.durability",
                    LOG_S("failover_loses", "what the promoted replica had not received"));
    if (!parse_servers(s, error, error_bytes)) {
        free_store(&s->store);
        return NULL;
    }
    s->requests.router = make_router(s);
    s->requests.router->ops->start(s->requests.router);
    return &s->store;
}

const char *store_redis_explain(const struct store *store, char *text, size_t text_bytes)
{
    const struct store_redis *s = (const struct store_redis *)store;
    const struct redis_router *router = s->requests.router;

    text[0] = '\0';
    if (!s->is_up)
        router->ops->explain(router, text, text_bytes);
    else if (!s->requests.is_open)
        text_copy(text, text_bytes, s->requests.error);
    return text;
}

const char *store_redis_rejection(const struct store *store)
{
    return ((const struct store_redis *)store)->requests.rejection;
}

void store_redis_stats(const struct store *store, struct store_redis_stats *stats)
{
    const struct store_redis *s = (const struct store_redis *)store;
    const struct redis_request_stats *requests = &s->requests.stats;
    struct redis_node_stats nodes = {0};

    s->requests.router->ops->add_stats(s->requests.router, &nodes);
    *stats = (struct store_redis_stats){.requests = requests->requests,
                                        .ok = requests->ok,
                                        .conflicts = requests->conflicts,
                                        .unavailable = requests->unavailable,
                                        .unknown = requests->unknown,
                                        .refusals = requests->refusals,
                                        .rejected = requests->rejected,
                                        .emptied = s->emptied,
                                        .connects = nodes.connects,
                                        .disconnects = nodes.disconnects,
                                        .short_waits = nodes.short_waits,
                                        .in_flight = nodes.in_flight,
                                        .connections_up = nodes.up,
                                        .ahead_ms = nodes.ahead_ms};
}
