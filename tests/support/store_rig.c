#include "tests/support/store_rig.h"

#include "base/mem.h"
#include "sessions/store_memory.h"

#include <assert.h>
#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { VIRTUAL_START = 1000000, BUCKETS = 16, CALL_LIMIT_MS = 10000 };

static uint64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int64_t virtual_wall_ms(void *ctx)
{
    const struct store_rig *rig = ctx;

    return rig->virtual_ms;
}

static void on_refused(void *ctx, const char *reason)
{
    struct store_rig *rig = ctx;

    text_copy(rig->refusal, sizeof(rig->refusal), reason);
}

static struct store_rig *new_rig(void)
{
    struct store_rig *rig = mem_zalloc(sizeof(*rig));

    deferred_queue_init(&rig->deferred);
    return rig;
}

struct store_rig *store_rig_new_memory(void)
{
    struct store_rig *rig = new_rig();

    rig->virtual_ms = VIRTUAL_START;
    timer_queue_init(&rig->timers, VIRTUAL_START);
    rig->data = memory_data_new(BUCKETS, virtual_wall_ms, rig);
    rig->store = store_rig_open_other(rig);
    return rig;
}

void store_rig_redis_defaults(struct store_redis_settings *settings)
{
    store_redis_settings_init(settings);
    settings->instance = "test";
    settings->buckets = BUCKETS;
    settings->connections = 2;
    settings->request_timeout_ms = 1000;
    settings->backoff_min_ms = 10;
    settings->backoff_max_ms = 100;
}

struct store_rig *store_rig_new_servers(const struct store_redis_settings *settings)
{
    struct store_rig *rig = new_rig();

    signal(SIGPIPE, SIG_IGN);
    rig->base = event_base_new();
    timer_queue_init(&rig->timers, monotonic_ms());
    rig->settings = *settings;
    rig->settings.base = rig->base;
    rig->settings.timers = &rig->timers;
    rig->settings.deferred = &rig->deferred;
    rig->settings.on_refused = on_refused;
    rig->settings.ctx = rig;
    rig->store = store_rig_open_other(rig);
    return rig;
}

struct store_rig *store_rig_new_redis(struct redis_server *server,
                                      const struct store_redis_settings *settings)
{
    const char *name = redis_server_name(server);
    struct store_redis_settings own;
    struct store_rig *rig;

    if (settings != NULL)
        own = *settings;
    else
        store_rig_redis_defaults(&own);
    own.servers = &name;
    own.server_count = 1;
    rig = store_rig_new_servers(&own);
    rig->server = server;
    assert_true(store_rig_await_ready(rig, rig->store, true, CALL_LIMIT_MS));
    return rig;
}

struct store *store_rig_open_other(struct store_rig *rig)
{
    struct store_memory_settings memory = {
        .data = rig->data, .timers = &rig->timers, .deferred = &rig->deferred};
    struct store_redis_settings redis = rig->settings;
    const char *name;
    char error[200];
    struct store *store;

    if (rig->base == NULL)
        return store_memory_new(&memory);
    if (rig->server != NULL) {
        name = redis_server_name(rig->server);
        redis.servers = &name;
    }
    store = store_redis_new(&redis, error, sizeof(error));
    if (store == NULL)
        fail_msg("%s", error);
    if (rig->store != NULL)
        assert_true(store_rig_await_ready(rig, store, true, CALL_LIMIT_MS));
    return store;
}

void store_rig_free(struct store_rig *rig)
{
    store_free(rig->store);
    deferred_run(&rig->deferred);
    memory_data_free(rig->data);
    timer_queue_fini(&rig->timers);
    if (rig->base != NULL)
        event_base_free(rig->base);
    mem_free(rig);
}

int64_t store_rig_wall_ms(const struct store_rig *rig)
{
    struct timespec now;

    if (rig->base == NULL)
        return rig->virtual_ms;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The next thing that can happen, or the time asked for. */
static unsigned until_next(const struct store_rig *rig, unsigned ms)
{
    uint64_t due_ms, now_ms = rig->base != NULL ? monotonic_ms() : (uint64_t)rig->virtual_ms;

    if (!timer_queue_next(&rig->timers, &due_ms))
        return ms;
    if (due_ms <= now_ms)
        return 0;
    return due_ms - now_ms < ms ? (unsigned)(due_ms - now_ms) : ms;
}

static void wait_events(struct store_rig *rig, unsigned ms)
{
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

    if (ms != 0)
        event_base_loopexit(rig->base, &wait);
    event_base_loop(rig->base, ms != 0 ? EVLOOP_ONCE : EVLOOP_NONBLOCK);
}

void store_rig_turn(struct store_rig *rig, unsigned ms)
{
    unsigned wait_ms = until_next(rig, ms);

    if (rig->base == NULL) {
        rig->virtual_ms += wait_ms;
        timer_queue_run(&rig->timers, (uint64_t)rig->virtual_ms);
    } else {
        wait_events(rig, wait_ms);
        timer_queue_run(&rig->timers, monotonic_ms());
    }
    deferred_run(&rig->deferred);
}

static uint64_t rig_now_ms(const struct store_rig *rig)
{
    return rig->base != NULL ? monotonic_ms() : (uint64_t)rig->virtual_ms;
}

void store_rig_pass(struct store_rig *rig, unsigned ms)
{
    uint64_t end_ms = rig_now_ms(rig) + ms;

    deferred_run(&rig->deferred);
    while (rig_now_ms(rig) < end_ms)
        store_rig_turn(rig, (unsigned)(end_ms - rig_now_ms(rig)));
}

bool store_rig_await_ready(struct store_rig *rig, struct store *store, bool is_ready,
                           unsigned limit_ms)
{
    uint64_t end_ms = rig_now_ms(rig) + limit_ms;

    deferred_run(&rig->deferred);
    while (store_is_ready(store) != is_ready) {
        if (rig_now_ms(rig) >= end_ms)
            return false;
        store_rig_turn(rig, 20);
    }
    return true;
}

void store_rig_await(struct store_rig *rig, struct store_outcome *outcome)
{
    uint64_t end_ms = rig_now_ms(rig) + CALL_LIMIT_MS;

    assert_int_equal(outcome->calls, 0); /* never from inside the call */
    deferred_run(&rig->deferred);
    while (outcome->calls == 0) {
        if (rig_now_ms(rig) >= end_ms)
            fail_msg("no callback within %d ms", CALL_LIMIT_MS);
        store_rig_turn(rig, 20);
    }
    assert_int_equal(outcome->calls, 1);
}

/* --- copies --- */

void store_outcome_init(struct store_outcome *o)
{
    o->calls = 0;
    o->text_used = 0;
    memset(&o->reply, 0, sizeof(o->reply));
    memset(&o->list, 0, sizeof(o->list));
    memset(&o->sweep, 0, sizeof(o->sweep));
}

static void *keep(struct store_outcome *o, const void *octets, size_t size)
{
    char *copy = o->text + o->text_used;

    assert(o->text_used + size + 1 <= sizeof(o->text));
    if (size != 0)
        memcpy(copy, octets, size);
    copy[size] = '\0';
    o->text_used += size + 1;
    return copy;
}

static struct span keep_span(struct store_outcome *o, struct span s)
{
    return span_of(keep(o, s.data, s.size), s.size);
}

static const char *keep_string(struct store_outcome *o, const char *text)
{
    return keep(o, text, strlen(text));
}

void store_outcome_on_reply(void *arg, const struct store_reply *reply)
{
    struct store_outcome *o = arg;
    struct store_subscriber *s = &o->reply.subscriber;

    o->calls++;
    o->reply = *reply;
    s->session.data = keep_span(o, s->session.data);
    s->merchant.data = keep_span(o, s->merchant.data);
    assert(reply->message_count <= STORE_RIG_ITEMS);
    o->reply.messages = o->messages;
    for (size_t i = 0; i < reply->message_count; i++)
        o->messages[i] = reply->messages[i];
}

static void on_list(void *arg, const struct store_list *list)
{
    struct store_outcome *o = arg;

    assert(list->count <= STORE_RIG_ITEMS);
    o->calls++;
    o->list = *list;
    o->list.items = o->items;
    for (size_t i = 0; i < list->count; i++) {
        o->items[i] = list->items[i];
        o->items[i].member = keep_string(o, list->items[i].member);
        o->items[i].msisdn = keep_string(o, list->items[i].msisdn);
    }
}

void store_outcome_on_sweep(void *arg, const struct store_sweep *sweep)
{
    struct store_outcome *o = arg;

    assert(sweep->taken_count <= STORE_RIG_ITEMS && sweep->due_count <= STORE_RIG_ITEMS);
    o->calls++;
    o->sweep = *sweep;
    o->sweep.taken = o->taken;
    o->sweep.due = o->due;
    for (size_t i = 0; i < sweep->taken_count; i++) {
        o->taken[i] = sweep->taken[i];
        o->taken[i].body = keep_span(o, sweep->taken[i].body);
    }
    for (size_t i = 0; i < sweep->due_count; i++) {
        o->due[i].kind = keep_string(o, sweep->due[i].kind);
        o->due[i].msisdn = keep_string(o, sweep->due[i].msisdn);
    }
}

/* --- calls --- */

static const struct store_reply *await_reply(struct store_rig *rig)
{
    store_rig_await(rig, &rig->outcome);
    return &rig->outcome.reply;
}

const struct store_reply *store_rig_load(struct store_rig *rig, struct store *s, const char *msisdn)
{
    store_outcome_init(&rig->outcome);
    (void)store_load(s, msisdn, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_reply *store_rig_commit(struct store_rig *rig, struct store *s,
                                           const struct store_commit *c)
{
    store_outcome_init(&rig->outcome);
    (void)store_commit(s, c, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_reply *store_rig_reserve(struct store_rig *rig, struct store *s,
                                            const char *msisdn, const char *counter)
{
    store_outcome_init(&rig->outcome);
    (void)store_reserve(s, msisdn, counter, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_reply *store_rig_settle(struct store_rig *rig, struct store *s,
                                           const char *msisdn, const struct store_owed_id *ids,
                                           unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct store_settlement settlement = {.bucket = store_bucket(s, msisdn),
                                              .subject = msisdn,
                                              .id = ids[i],
                                              .end = STORE_END_SENT,
                                              .now_ms = store_rig_wall_ms(rig),
                                              .until_ms = store_rig_wall_ms(rig) + 60000};

        (void)store_rig_end(rig, s, &settlement);
    }
    return &rig->outcome.reply;
}

const struct store_reply *store_rig_end(struct store_rig *rig, struct store *s,
                                        const struct store_settlement *settlement)
{
    store_outcome_init(&rig->outcome);
    (void)store_settle(s, settlement, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_reply *store_rig_touch(struct store_rig *rig, struct store *s, unsigned bucket,
                                          const char *owner, struct store_owed_id id)
{
    store_outcome_init(&rig->outcome);
    (void)store_touch(s, bucket, owner, id, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_reply *store_rig_receipt(struct store_rig *rig, struct store *s,
                                            const struct store_receipt *receipt)
{
    store_outcome_init(&rig->outcome);
    (void)store_receipt(s, receipt, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_reply *store_rig_lapse(struct store_rig *rig, struct store *s, unsigned bucket,
                                          const char *subject, int64_t now_ms)
{
    store_outcome_init(&rig->outcome);
    (void)store_lapse(s, bucket, subject, now_ms, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_reply *store_rig_messages(struct store_rig *rig, struct store *s,
                                             unsigned bucket, const char *subject)
{
    store_outcome_init(&rig->outcome);
    (void)store_messages(s, bucket, subject, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_reply *store_rig_tally(struct store_rig *rig, struct store *s, unsigned bucket)
{
    store_outcome_init(&rig->outcome);
    (void)store_tally(s, bucket, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_reply *store_rig_shared_load(struct store_rig *rig, struct store *s,
                                                const char *name)
{
    store_outcome_init(&rig->outcome);
    (void)store_shared_load(s, name, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_reply *store_rig_shared_commit(struct store_rig *rig, struct store *s,
                                                  const char *name, uint64_t version,
                                                  const char *data, uint32_t ttl_s)
{
    store_outcome_init(&rig->outcome);
    (void)store_shared_commit(s, name, version, span_of_string(data), ttl_s, store_outcome_on_reply,
                              &rig->outcome);
    return await_reply(rig);
}

const struct store_list *store_rig_find(struct store_rig *rig, struct store *s, unsigned bucket,
                                        const char *member)
{
    store_outcome_init(&rig->outcome);
    (void)store_find(s, bucket, member, on_list, &rig->outcome);
    store_rig_await(rig, &rig->outcome);
    return &rig->outcome.list;
}

const struct store_list *store_rig_list(struct store_rig *rig, struct store *s, unsigned bucket,
                                        const char *set, size_t limit)
{
    return store_rig_list_behind(rig, s, bucket, set, (struct store_cursor){.member = NULL}, limit);
}

const struct store_list *store_rig_list_behind(struct store_rig *rig, struct store *s,
                                               unsigned bucket, const char *set,
                                               struct store_cursor after, size_t limit)
{
    store_outcome_init(&rig->outcome);
    (void)store_list(s, bucket, set, after, limit, on_list, &rig->outcome);
    store_rig_await(rig, &rig->outcome);
    return &rig->outcome.list;
}

const struct store_reply *store_rig_log_add(struct store_rig *rig, struct store *s, unsigned bucket,
                                            enum store_log log, const char *body)
{
    struct span octets = span_of_string(body);

    store_outcome_init(&rig->outcome);
    (void)store_log_add(s, bucket, log, octets, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_sweep *store_rig_log_read(struct store_rig *rig, struct store *s,
                                             unsigned bucket, enum store_log log,
                                             struct store_owed_id after, size_t limit)
{
    store_outcome_init(&rig->outcome);
    (void)store_log_read(s, bucket, log, after, limit, store_outcome_on_sweep, &rig->outcome);
    store_rig_await(rig, &rig->outcome);
    return &rig->outcome.sweep;
}

const struct store_reply *store_rig_log_trim(struct store_rig *rig, struct store *s,
                                             unsigned bucket, enum store_log log, int64_t before_ms)
{
    store_outcome_init(&rig->outcome);
    (void)store_log_trim(s, bucket, log, before_ms, store_outcome_on_reply, &rig->outcome);
    return await_reply(rig);
}

const struct store_sweep *store_rig_sweep(struct store_rig *rig, struct store *s, unsigned bucket,
                                          const char *owner, uint64_t idle_ms, size_t limit)
{
    store_outcome_init(&rig->outcome);
    (void)store_sweep(s, bucket, owner, idle_ms, store_rig_wall_ms(rig), limit,
                      store_outcome_on_sweep, &rig->outcome);
    store_rig_await(rig, &rig->outcome);
    return &rig->outcome.sweep;
}
