#include "sessions/store_memory.h"

#include "base/mem.h"
#include "sessions/store_memory_request.h"

#include <assert.h>
#include <string.h>

struct store_memory {
    struct store store;
    struct store_memory_settings settings;
    struct list there; /* on their way */
    struct list back;  /* done, the answer on its way */
    struct list late;  /* given up, but still on their way */
    struct timer late_timer;
    struct timer timer;
    struct deferred deferred;
    bool is_ready;
    bool has_next;
    enum store_memory_call next_call;
    struct store_memory_fate next_fate;
};

static struct store_memory *of(struct store *s)
{
    return (struct store_memory *)s;
}

/* --- the way there and back --- */

static void call_back(struct memory_request *r)
{
    if (r->is_cancelled)
        return;
    switch (r->call) {
    case STORE_MEMORY_FIND:
    case STORE_MEMORY_LIST:
        r->fn.list(r->arg, &r->list);
        break;
    case STORE_MEMORY_SWEEP:
    case STORE_MEMORY_LOG_READ:
        r->sweep.bucket = r->bucket;
        r->fn.sweep(r->arg, &r->sweep);
        break;
    default:
        r->fn.reply(r->arg, &r->reply);
    }
}

static struct memory_request *first(struct list *l)
{
    struct list_node *n = list_first(l);

    return n != NULL ? LIST_ITEM(n, struct memory_request, node) : NULL;
}

static void schedule(struct store_memory *m)
{
    const struct memory_request *there = first(&m->there), *back = first(&m->back);
    uint64_t now_ms = m->settings.timers->now_ms, due_ms = UINT64_MAX;

    if (there != NULL)
        due_ms = there->there_ms;
    if (back != NULL && back->back_ms < due_ms)
        due_ms = back->back_ms;
    if (due_ms == UINT64_MAX)
        timer_stop(m->settings.timers, &m->timer);
    else if (due_ms <= now_ms)
        deferred_add(m->settings.deferred, &m->deferred);
    else
        timer_start(m->settings.timers, &m->timer, due_ms - now_ms);
}

static void start_late(struct store_memory *m)
{
    const struct memory_request *r = first(&m->late);

    if (r != NULL && !timer_is_running(&m->late_timer))
        timer_start(m->settings.timers, &m->late_timer, r->late_ms);
}

static void on_late(struct timer *t, void *arg)
{
    struct store_memory *m = arg;
    struct memory_request *r = first(&m->late);

    (void)t;
    list_remove(&m->late, &r->node);
    memory_request_do(m->settings.data, r);
    memory_request_free(r);
    start_late(m);
}

static void finish(struct store_memory *m, struct memory_request *r)
{
    call_back(r);
    if (r->fate != STORE_MEMORY_UNKNOWN_LATE) {
        memory_request_free(r);
        return;
    }
    r->fate = STORE_MEMORY_DONE;
    list_push_back(&m->late, &r->node);
    start_late(m);
}

static void do_all(struct store_memory *m, uint64_t until_ms)
{
    struct memory_request *r;

    while ((r = first(&m->there)) != NULL && r->there_ms <= until_ms) {
        list_remove(&m->there, &r->node);
        memory_request_do(m->settings.data, r);
        list_push_back(&m->back, &r->node);
    }
}

static void run(struct store_memory *m)
{
    uint64_t now_ms = m->settings.timers->now_ms;
    struct memory_request *r;

    do_all(m, now_ms);
    while ((r = first(&m->back)) != NULL && r->back_ms <= now_ms) {
        list_remove(&m->back, &r->node);
        finish(m, r);
    }
    schedule(m);
}

static void on_timer(struct timer *t, void *arg)
{
    (void)t;
    run(arg);
}

static void on_deferred(struct deferred *d, void *arg)
{
    (void)d;
    run(arg);
}

static struct store_memory_fate choose_fate(struct store_memory *m, enum store_memory_call call)
{
    struct store_memory_fate fate = {.kind = STORE_MEMORY_DONE};

    if (m->settings.fate != NULL)
        fate = m->settings.fate(m->settings.fate_ctx, call);
    if (m->has_next && m->next_call == call) {
        m->has_next = false;
        fate = m->next_fate;
    }
    if (!m->is_ready)
        fate = (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED};
    assert(fate.kind != STORE_MEMORY_CONFLICTING || call == STORE_MEMORY_COMMIT ||
           call == STORE_MEMORY_SHARED_COMMIT);
    return fate;
}

static uint64_t later(uint64_t a_ms, uint64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

static struct memory_request *send(struct store_memory *m, enum store_memory_call call,
                                   union memory_callback fn, void *arg)
{
    struct memory_request *r = mem_zalloc(sizeof(*r));
    struct store_memory_fate fate = choose_fate(m, call);
    const struct memory_request *last_there, *last;

    r->call = call;
    r->fn = fn;
    r->arg = arg;
    r->fate = fate.kind;
    last_there =
        m->there.count != 0 ? LIST_ITEM(m->there.head.prev, struct memory_request, node) : NULL;
    last = last_there;
    if (last == NULL && m->back.count != 0)
        last = LIST_ITEM(m->back.head.prev, struct memory_request, node);
    r->there_ms = m->settings.timers->now_ms + fate.there_ms;
    if (last_there != NULL)
        r->there_ms = later(r->there_ms, last_there->there_ms);
    r->back_ms = r->there_ms + fate.back_ms;
    r->late_ms = fate.late_ms;
    if (last != NULL)
        r->back_ms = later(r->back_ms, last->back_ms);
    list_push_back(&m->there, &r->node);
    schedule(m);
    return r;
}

/* --- the interface --- */

static struct store_request *handle(struct memory_request *r)
{
    return (struct store_request *)r;
}

static struct store_request *load(struct store *s, const char *msisdn, store_reply_fn *fn,
                                  void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_LOAD, (union memory_callback){.reply = fn}, arg);

    r->msisdn = memory_keep_string(r, msisdn);
    return handle(r);
}

static struct store_request *commit(struct store *s, const struct store_commit *c,
                                    store_reply_fn *fn, void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_COMMIT, (union memory_callback){.reply = fn}, arg);

    memory_keep_commit(r, c);
    return handle(r);
}

static struct store_request *reserve(struct store *s, const char *msisdn, const char *counter,
                                     store_reply_fn *fn, void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_RESERVE, (union memory_callback){.reply = fn}, arg);

    r->msisdn = memory_keep_string(r, msisdn);
    r->name = memory_keep_string(r, counter);
    return handle(r);
}

static struct store_request *find(struct store *s, unsigned bucket, const char *member,
                                  store_list_fn *fn, void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_FIND, (union memory_callback){.list = fn}, arg);

    r->bucket = bucket;
    r->name = memory_keep_string(r, member);
    return handle(r);
}

static struct store_request *list(struct store *s, unsigned bucket, const char *set,
                                  struct store_cursor after, size_t limit, store_list_fn *fn,
                                  void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_LIST, (union memory_callback){.list = fn}, arg);

    r->bucket = bucket;
    r->name = memory_keep_string(r, set);
    r->cursor = (struct store_cursor){after.at_ms, memory_keep_string(r, after.member)};
    r->limit = limit;
    return handle(r);
}

static struct store_request *log_add(struct store *s, unsigned bucket, enum store_log log,
                                     struct span body, store_reply_fn *fn, void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_LOG_ADD, (union memory_callback){.reply = fn}, arg);

    r->bucket = bucket;
    r->log = log;
    r->data = memory_keep_span(r, body);
    return handle(r);
}

static struct store_request *log_read(struct store *s, unsigned bucket, enum store_log log,
                                      struct store_owed_id after, size_t limit, store_sweep_fn *fn,
                                      void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_LOG_READ, (union memory_callback){.sweep = fn}, arg);

    r->bucket = bucket;
    r->log = log;
    r->after = after;
    r->limit = limit;
    return handle(r);
}

static struct store_request *log_trim(struct store *s, unsigned bucket, enum store_log log,
                                      int64_t before_ms, store_reply_fn *fn, void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_LOG_TRIM, (union memory_callback){.reply = fn}, arg);

    r->bucket = bucket;
    r->log = log;
    r->now_ms = before_ms;
    return handle(r);
}

static struct store_request *settle(struct store *s, const struct store_settlement *settlement,
                                    store_reply_fn *fn, void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_SETTLE, (union memory_callback){.reply = fn}, arg);
    struct store_receipt_key keys[STORE_RECEIPT_KEYS_MAX];

    r->settlement = *settlement;
    r->settlement.subject = memory_keep_string(r, settlement->subject);
    for (unsigned i = 0; i < settlement->key_count; i++)
        keys[i] = (struct store_receipt_key){memory_keep_string(r, settlement->keys[i].text),
                                             settlement->keys[i].part};
    r->settlement.keys = memory_keep_octets(r, keys, settlement->key_count * sizeof(keys[0]));
    return handle(r);
}

static struct store_request *receipt(struct store *s, const struct store_receipt *receipt,
                                     store_reply_fn *fn, void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_RECEIPT, (union memory_callback){.reply = fn}, arg);
    const char *keys[STORE_RECEIPT_KEYS_MAX];

    r->receipt = *receipt;
    r->receipt.subject = memory_keep_string(r, receipt->subject);
    for (unsigned i = 0; i < receipt->key_count; i++)
        keys[i] = memory_keep_string(r, receipt->keys[i]);
    r->receipt.keys = memory_keep_octets(r, keys, receipt->key_count * sizeof(keys[0]));
    return handle(r);
}

static struct memory_request *send_about(struct store *s, enum store_memory_call call,
                                         unsigned bucket, const char *subject, store_reply_fn *fn,
                                         void *arg)
{
    struct memory_request *r = send(of(s), call, (union memory_callback){.reply = fn}, arg);

    r->bucket = bucket;
    r->name = memory_keep_string(r, subject);
    return r;
}

static struct store_request *touch(struct store *s, unsigned bucket, const char *owner,
                                   struct store_owed_id id, store_reply_fn *fn, void *arg)
{
    struct memory_request *r = send_about(s, STORE_MEMORY_TOUCH, bucket, owner, fn, arg);

    r->after = id;
    return handle(r);
}

static struct store_request *lapse(struct store *s, unsigned bucket, const char *subject,
                                   int64_t now_ms, store_reply_fn *fn, void *arg)
{
    struct memory_request *r = send_about(s, STORE_MEMORY_LAPSE, bucket, subject, fn, arg);

    r->now_ms = now_ms;
    return handle(r);
}

static struct store_request *messages(struct store *s, unsigned bucket, const char *subject,
                                      store_reply_fn *fn, void *arg)
{
    return handle(send_about(s, STORE_MEMORY_MESSAGES, bucket, subject, fn, arg));
}

static struct store_request *tally(struct store *s, unsigned bucket, store_reply_fn *fn, void *arg)
{
    return handle(send_about(s, STORE_MEMORY_TALLY, bucket, NULL, fn, arg));
}

static struct store_request *sweep(struct store *s, unsigned bucket, const char *owner,
                                   uint64_t idle_ms, int64_t now_ms, size_t limit,
                                   store_sweep_fn *fn, void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_SWEEP, (union memory_callback){.sweep = fn}, arg);

    r->bucket = bucket;
    r->name = memory_keep_string(r, owner);
    r->idle_ms = idle_ms;
    r->now_ms = now_ms;
    r->limit = limit;
    return handle(r);
}

static struct store_request *shared_load(struct store *s, const char *name, store_reply_fn *fn,
                                         void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_SHARED_LOAD, (union memory_callback){.reply = fn}, arg);

    r->name = memory_keep_string(r, name);
    return handle(r);
}

static struct store_request *shared_commit(struct store *s, const char *name, uint64_t version,
                                           struct span data, uint32_t ttl_s, store_reply_fn *fn,
                                           void *arg)
{
    struct memory_request *r =
        send(of(s), STORE_MEMORY_SHARED_COMMIT, (union memory_callback){.reply = fn}, arg);

    r->name = memory_keep_string(r, name);
    r->version = version;
    r->data = memory_keep_span(r, data);
    r->ttl_s = ttl_s;
    return handle(r);
}

static void cancel(struct store *s, struct store_request *request)
{
    (void)s;
    ((struct memory_request *)request)->is_cancelled = true;
}

static bool is_ready(const struct store *s)
{
    return ((const struct store_memory *)s)->is_ready;
}

static void free_store(struct store *s)
{
    struct store_memory *m = of(s);
    struct list_node *n;

    while ((n = list_pop_front(&m->there)) != NULL || (n = list_pop_front(&m->back)) != NULL ||
           (n = list_pop_front(&m->late)) != NULL)
        memory_request_free(LIST_ITEM(n, struct memory_request, node));
    timer_stop(m->settings.timers, &m->timer);
    timer_stop(m->settings.timers, &m->late_timer);
    deferred_cancel(m->settings.deferred, &m->deferred);
    mem_free(m);
}

struct store *store_memory_new(const struct store_memory_settings *settings)
{
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
    struct store_memory *m = mem_zalloc(sizeof(*m));

    m->store.ops = &ops;
    m->store.buckets = memory_data_buckets(settings->data);
    m->settings = *settings;
    m->is_ready = true;
    list_init(&m->there);
    list_init(&m->back);
    list_init(&m->late);
    timer_init(&m->late_timer, on_late, m);
    timer_init(&m->timer, on_timer, m);
    deferred_init(&m->deferred, on_deferred, m);
    return &m->store;
}

void store_memory_set_next(struct store *s, enum store_memory_call call,
                           struct store_memory_fate fate)
{
    struct store_memory *m = of(s);

    m->has_next = true;
    m->next_call = call;
    m->next_fate = fate;
}

void store_memory_set_ready(struct store *s, bool ready)
{
    of(s)->is_ready = ready;
}

void store_memory_hasten(struct store *s)
{
    struct store_memory *m = of(s);

    do_all(m, UINT64_MAX);
    schedule(m);
}

size_t store_memory_pending(const struct store *s)
{
    const struct store_memory *m = (const struct store_memory *)s;

    return m->there.count + m->back.count;
}
