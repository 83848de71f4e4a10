#include "sessions/store_memory.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

struct block {
    struct block *next;
    uint8_t octets[];
};

union callback {
    store_reply_fn *reply;
    store_list_fn *list;
    store_sweep_fn *sweep;
};

/* Arguments and results are copies: the caller's are gone when the request is done, and the data
 * may have changed again when its callback runs. */
struct request {
    struct list_node node;
    enum store_memory_call call;
    enum store_memory_fate_kind fate;
    uint64_t there_ms;
    uint64_t back_ms;
    bool is_cancelled;
    union callback fn;
    void *arg;
    struct block *blocks;

    struct store_commit commit; /* its msisdn and settled serve other calls too */
    const char *name;           /* counter, member, set, owner or shared record */
    unsigned bucket;
    enum store_log log;
    struct store_owed_id after;
    struct store_cursor cursor;
    struct span bodies[STORE_LOG_ADD_MAX];
    unsigned body_count;
    size_t limit;
    uint64_t idle_ms;
    int64_t now_ms;
    uint64_t version;
    struct span data;
    uint32_t ttl_s;

    struct store_reply reply;
    struct store_list list;
    struct store_sweep sweep;
};

struct store_memory {
    struct store store;
    struct store_memory_settings settings;
    struct list there; /* on their way */
    struct list back;  /* done, the answer on its way */
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

/* --- copies --- */

static void *keep_octets(struct request *r, const void *octets, size_t size)
{
    struct block *b = mem_alloc(sizeof(*b) + size);

    if (size != 0)
        memcpy(b->octets, octets, size);
    b->next = r->blocks;
    r->blocks = b;
    return b->octets;
}

static struct span keep_span(struct request *r, struct span s)
{
    return s.size != 0 ? span_of(keep_octets(r, s.data, s.size), s.size) : span_of(NULL, 0);
}

static const char *keep_string(struct request *r, const char *text)
{
    return text != NULL ? keep_octets(r, text, strlen(text) + 1) : NULL;
}

static void keep_commit(struct request *r, const struct store_commit *c)
{
    struct store_commit *k = &r->commit;

    *k = *c;
    k->msisdn = keep_string(r, c->msisdn);
    k->owner = keep_string(r, c->owner);
    k->session = keep_span(r, c->session);
    k->merchant = keep_span(r, c->merchant);
    for (unsigned i = 0; i < c->owed_count; i++)
        k->owed[i] = keep_span(r, c->owed[i]);
    for (unsigned i = 0; i < c->index_count; i++) {
        k->index[i].member = keep_string(r, c->index[i].member);
        k->index[i].leave_set = keep_string(r, c->index[i].leave_set);
        k->index[i].enter_set = keep_string(r, c->index[i].enter_set);
    }
    for (unsigned i = 0; i < c->timer_count; i++)
        k->timers[i].kind = keep_string(r, c->timers[i].kind);
    for (unsigned i = 0; i < c->journal_count; i++)
        k->journal[i] = keep_span(r, c->journal[i]);
    for (unsigned i = 0; i < c->consent_count; i++)
        k->consents[i] = keep_span(r, c->consents[i]);
    k->subject = keep_string(r, c->subject);
}

static void keep_reply(struct request *r)
{
    struct store_subscriber *s = &r->reply.subscriber;

    s->session.data = keep_span(r, s->session.data);
    s->merchant.data = keep_span(r, s->merchant.data);
}

/* --- what a request does --- */

static void do_list(struct store_memory *m, struct request *r)
{
    struct store_listed *items;

    if (r->call == STORE_MEMORY_FIND) {
        items = mem_alloc(sizeof(*items));
        r->list.count = memory_data_find(m->settings.data, r->bucket, r->name, items);
    } else {
        items = mem_alloc(r->limit * sizeof(*items));
        r->list.count = memory_data_list(m->settings.data, r->bucket, r->name, r->cursor, r->limit,
                                         items, &r->list.more);
    }
    for (size_t i = 0; i < r->list.count; i++) {
        items[i].member = keep_string(r, items[i].member);
        items[i].msisdn = keep_string(r, items[i].msisdn);
    }
    r->list.items = keep_octets(r, items, r->list.count * sizeof(*items));
    mem_free(items);
}

static void keep_due(struct request *r, const char **members, size_t count)
{
    struct store_due due[STORE_SWEEP_MAX];

    for (size_t i = 0; i < count; i++) {
        char *member = keep_octets(r, members[i], strlen(members[i]) + 1);
        char *colon = strchr(member, ':');

        *colon = '\0';
        due[i] = (struct store_due){.kind = member, .msisdn = colon + 1};
    }
    r->sweep.due = keep_octets(r, due, count * sizeof(due[0]));
    r->sweep.due_count = count;
}

static void do_sweep(struct store_memory *m, struct request *r)
{
    struct store_taken taken[STORE_SWEEP_MAX];
    const char *members[STORE_SWEEP_MAX];
    size_t count =
        memory_data_take(m->settings.data, r->bucket, r->name, r->idle_ms, r->limit, taken);

    for (size_t i = 0; i < count; i++)
        taken[i].body = keep_span(r, taken[i].body);
    r->sweep.taken = keep_octets(r, taken, count * sizeof(taken[0]));
    r->sweep.taken_count = count;
    count = memory_data_due(m->settings.data, r->bucket, r->now_ms, STORE_SWEEP_MAX, members);
    keep_due(r, members, count);
}

static void do_log_read(struct store_memory *m, struct request *r)
{
    struct store_taken *taken = mem_alloc(r->limit * sizeof(*taken));
    size_t count =
        memory_data_log_read(m->settings.data, r->bucket, r->log, r->after, r->limit, taken);

    for (size_t i = 0; i < count; i++)
        taken[i].body = keep_span(r, taken[i].body);
    r->sweep.taken = keep_octets(r, taken, count * sizeof(taken[0]));
    r->sweep.taken_count = count;
    mem_free(taken);
}

static void do_call(struct store_memory *m, struct request *r)
{
    struct memory_data *d = m->settings.data;

    switch (r->call) {
    case STORE_MEMORY_LOAD:
        memory_data_load(d, r->commit.msisdn, &r->reply);
        break;
    case STORE_MEMORY_COMMIT:
        memory_data_commit(d, &r->commit, &r->reply);
        break;
    case STORE_MEMORY_RESERVE:
        memory_data_reserve(d, r->commit.msisdn, r->name, &r->reply);
        break;
    case STORE_MEMORY_SETTLE:
        memory_data_settle(d, r->commit.msisdn, r->commit.settled, r->commit.settled_count,
                           &r->reply);
        break;
    case STORE_MEMORY_SHARED_LOAD:
        memory_data_shared_load(d, r->name, &r->reply);
        break;
    case STORE_MEMORY_SHARED_COMMIT:
        memory_data_shared_commit(d, r->name, r->version, r->data, r->ttl_s, &r->reply);
        break;
    case STORE_MEMORY_FIND:
    case STORE_MEMORY_LIST:
        do_list(m, r);
        break;
    case STORE_MEMORY_SWEEP:
        do_sweep(m, r);
        break;
    case STORE_MEMORY_LOG_ADD:
        memory_data_log_add(d, r->bucket, r->log, r->bodies, r->body_count, &r->reply);
        break;
    case STORE_MEMORY_LOG_READ:
        do_log_read(m, r);
        break;
    case STORE_MEMORY_LOG_TRIM:
        memory_data_log_trim(d, r->bucket, r->log, r->now_ms, &r->reply);
        break;
    }
    keep_reply(r);
}

/* As a server would that finds other versions: nothing done, the records as they are. */
static void do_conflict(struct store_memory *m, struct request *r)
{
    if (r->call == STORE_MEMORY_COMMIT)
        memory_data_load(m->settings.data, r->commit.msisdn, &r->reply);
    else
        memory_data_shared_load(m->settings.data, r->name, &r->reply);
    keep_reply(r);
}

static void set_result(struct request *r, enum store_result result)
{
    r->reply.result = r->list.result = r->sweep.result = result;
}

/* A reply that was lost tells nothing of what was done. */
static void forget_reply(struct request *r, enum store_result result)
{
    memset(&r->reply, 0, sizeof(r->reply));
    memset(&r->list, 0, sizeof(r->list));
    memset(&r->sweep, 0, sizeof(r->sweep));
    set_result(r, result);
}

static void do_request(struct store_memory *m, struct request *r)
{
    switch (r->fate) {
    case STORE_MEMORY_DONE:
        do_call(m, r);
        break;
    case STORE_MEMORY_CONFLICTING:
        do_conflict(m, r);
        set_result(r, STORE_CONFLICT);
        break;
    case STORE_MEMORY_REFUSED:
        forget_reply(r, STORE_UNAVAILABLE);
        break;
    case STORE_MEMORY_UNKNOWN_DONE:
        do_call(m, r);
        forget_reply(r, STORE_UNKNOWN);
        break;
    case STORE_MEMORY_UNKNOWN_NOT:
        forget_reply(r, STORE_UNKNOWN);
        break;
    }
}

/* --- the way there and back --- */

static void free_request(struct request *r)
{
    while (r->blocks != NULL) {
        struct block *b = r->blocks;

        r->blocks = b->next;
        mem_free(b);
    }
    mem_free(r);
}

static void call_back(struct request *r)
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
        r->fn.sweep(r->arg, &r->sweep);
        break;
    default:
        r->fn.reply(r->arg, &r->reply);
    }
}

static struct request *first(struct list *l)
{
    struct list_node *n = list_first(l);

    return n != NULL ? LIST_ITEM(n, struct request, node) : NULL;
}

static void schedule(struct store_memory *m)
{
    const struct request *there = first(&m->there), *back = first(&m->back);
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

static void run(struct store_memory *m)
{
    uint64_t now_ms = m->settings.timers->now_ms;
    struct request *r;

    while ((r = first(&m->there)) != NULL && r->there_ms <= now_ms) {
        list_remove(&m->there, &r->node);
        do_request(m, r);
        list_push_back(&m->back, &r->node);
    }
    while ((r = first(&m->back)) != NULL && r->back_ms <= now_ms) {
        list_remove(&m->back, &r->node);
        call_back(r);
        free_request(r);
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

static struct request *send(struct store_memory *m, enum store_memory_call call, union callback fn,
                            void *arg)
{
    struct request *r = mem_zalloc(sizeof(*r));
    struct store_memory_fate fate = choose_fate(m, call);
    const struct request *last_there, *last;

    r->call = call;
    r->fn = fn;
    r->arg = arg;
    r->fate = fate.kind;
    last_there = m->there.count != 0 ? LIST_ITEM(m->there.head.prev, struct request, node) : NULL;
    last = last_there;
    if (last == NULL && m->back.count != 0)
        last = LIST_ITEM(m->back.head.prev, struct request, node);
    r->there_ms = m->settings.timers->now_ms + fate.there_ms;
    if (last_there != NULL)
        r->there_ms = later(r->there_ms, last_there->there_ms);
    r->back_ms = r->there_ms + fate.back_ms;
    if (last != NULL)
        r->back_ms = later(r->back_ms, last->back_ms);
    list_push_back(&m->there, &r->node);
    schedule(m);
    return r;
}

/* --- the interface --- */

static struct store_request *handle(struct request *r)
{
    return (struct store_request *)r;
}

static struct store_request *load(struct store *s, const char *msisdn, store_reply_fn *fn,
                                  void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_LOAD, (union callback){.reply = fn}, arg);

    r->commit.msisdn = keep_string(r, msisdn);
    return handle(r);
}

static struct store_request *commit(struct store *s, const struct store_commit *c,
                                    store_reply_fn *fn, void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_COMMIT, (union callback){.reply = fn}, arg);

    keep_commit(r, c);
    return handle(r);
}

static struct store_request *reserve(struct store *s, const char *msisdn, const char *counter,
                                     store_reply_fn *fn, void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_RESERVE, (union callback){.reply = fn}, arg);

    r->commit.msisdn = keep_string(r, msisdn);
    r->name = keep_string(r, counter);
    return handle(r);
}

static struct store_request *find(struct store *s, unsigned bucket, const char *member,
                                  store_list_fn *fn, void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_FIND, (union callback){.list = fn}, arg);

    r->bucket = bucket;
    r->name = keep_string(r, member);
    return handle(r);
}

static struct store_request *list(struct store *s, unsigned bucket, const char *set,
                                  struct store_cursor after, size_t limit, store_list_fn *fn,
                                  void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_LIST, (union callback){.list = fn}, arg);

    r->bucket = bucket;
    r->name = keep_string(r, set);
    r->cursor = (struct store_cursor){after.at_ms, keep_string(r, after.member)};
    r->limit = limit;
    return handle(r);
}

static struct store_request *log_add(struct store *s, unsigned bucket, enum store_log log,
                                     const struct span *bodies, unsigned count, store_reply_fn *fn,
                                     void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_LOG_ADD, (union callback){.reply = fn}, arg);

    r->bucket = bucket;
    r->log = log;
    for (unsigned i = 0; i < count; i++)
        r->bodies[i] = keep_span(r, bodies[i]);
    r->body_count = count;
    return handle(r);
}

static struct store_request *log_read(struct store *s, unsigned bucket, enum store_log log,
                                      struct store_owed_id after, size_t limit, store_sweep_fn *fn,
                                      void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_LOG_READ, (union callback){.sweep = fn}, arg);

    r->bucket = bucket;
    r->log = log;
    r->after = after;
    r->limit = limit;
    return handle(r);
}

static struct store_request *log_trim(struct store *s, unsigned bucket, enum store_log log,
                                      int64_t before_ms, store_reply_fn *fn, void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_LOG_TRIM, (union callback){.reply = fn}, arg);

    r->bucket = bucket;
    r->log = log;
    r->now_ms = before_ms;
    return handle(r);
}

static struct store_request *settle(struct store *s, const char *msisdn,
                                    const struct store_owed_id *ids, unsigned count,
                                    store_reply_fn *fn, void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_SETTLE, (union callback){.reply = fn}, arg);

    r->commit.msisdn = keep_string(r, msisdn);
    memcpy(r->commit.settled, ids, count * sizeof(ids[0]));
    r->commit.settled_count = count;
    return handle(r);
}

static struct store_request *sweep(struct store *s, unsigned bucket, const char *owner,
                                   uint64_t idle_ms, int64_t now_ms, size_t limit,
                                   store_sweep_fn *fn, void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_SWEEP, (union callback){.sweep = fn}, arg);

    r->bucket = bucket;
    r->name = keep_string(r, owner);
    r->idle_ms = idle_ms;
    r->now_ms = now_ms;
    r->limit = limit;
    return handle(r);
}

static struct store_request *shared_load(struct store *s, const char *name, store_reply_fn *fn,
                                         void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_SHARED_LOAD, (union callback){.reply = fn}, arg);

    r->name = keep_string(r, name);
    return handle(r);
}

static struct store_request *shared_commit(struct store *s, const char *name, uint64_t version,
                                           struct span data, uint32_t ttl_s, store_reply_fn *fn,
                                           void *arg)
{
    struct request *r = send(of(s), STORE_MEMORY_SHARED_COMMIT, (union callback){.reply = fn}, arg);

    r->name = keep_string(r, name);
    r->version = version;
    r->data = keep_span(r, data);
    r->ttl_s = ttl_s;
    return handle(r);
}

static void cancel(struct store *s, struct store_request *request)
{
    (void)s;
    ((struct request *)request)->is_cancelled = true;
}

static bool is_ready(const struct store *s)
{
    return ((const struct store_memory *)s)->is_ready;
}

static void free_store(struct store *s)
{
    struct store_memory *m = of(s);
    struct list_node *n;

    while ((n = list_pop_front(&m->there)) != NULL || (n = list_pop_front(&m->back)) != NULL)
        free_request(LIST_ITEM(n, struct request, node));
    timer_stop(m->settings.timers, &m->timer);
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

size_t store_memory_pending(const struct store *s)
{
    const struct store_memory *m = (const struct store_memory *)s;

    return m->there.count + m->back.count;
}
