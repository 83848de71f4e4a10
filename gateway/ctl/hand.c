#include "gateway/ctl/hand.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "gateway/loop.h"
#include "gateway/redis_settings.h"

/* Calls under way at once: enough to hide the round trip, few enough for any queue. */
enum { WINDOW = 256, PAGE = 200 };
/* A clock may differ by so much without a word. */
enum { CLOCK_DIFFERENCE_S = 60 };

struct hand {
    struct loop *loop;
    struct store *store;
    uint64_t timeout_ms;
    bool is_ready; /* or refused: either way there is no more to wait for */
    bool is_told;  /* what Redis said */
    char refused[256];
};

static void on_ready(void *ctx, bool is_ready)
{
    struct hand *h = ctx;

    h->is_ready = h->is_ready || is_ready;
}

static void on_refused(void *ctx, const char *reason)
{
    struct hand *h = ctx;

    text_copy(h->refused, sizeof(h->refused), reason);
    h->is_ready = true;
}

static void complain_of_store(const struct hand *h, const struct config *config)
{
    char why[512];

    if (store_redis_explain(h->store, why, sizeof(why))[0] != '\0')
        ctl_complain("Redis cannot be used: %s", why);
    else
        ctl_complain("no answer from Redis at %s", config->redis.servers.items[0]);
}

static bool connect_store(struct hand *h, const struct config *config, const struct vault *vault)
{
    struct store_redis_settings settings;
    char error[256], name[64], keys[VAULT_SUBJECT_BYTES];

    redis_settings_fill(&settings, config, h->loop);
    snprintf(name, sizeof(name), "%.40s-ctl%ld", config->instance, (long)getpid());
    settings.instance = name;
    settings.connections = 1;
    if (vault != NULL) {
        vault_name(vault, keys);
        settings.keys = keys;
    }
    settings.on_refused = on_refused;
    settings.on_ready = on_ready;
    settings.ctx = h;
    h->store = store_redis_new(&settings, error, sizeof(error));
    if (h->store == NULL) {
        ctl_complain("%s", error);
        return false;
    }
    if (!loop_run_until(h->loop, &h->is_ready, h->timeout_ms)) {
        complain_of_store(h, config);
        return false;
    }
    if (h->refused[0] != '\0')
        ctl_complain("%s", h->refused);
    return h->refused[0] == '\0';
}

/* Gateways have a log and alerts for it; an SMS that is owed by a clock of last week expires at
 * once. */
static void complain_of_clock(const struct hand *h)
{
    struct store_redis_stats stats;
    long long ahead_s;

    store_redis_stats(h->store, &stats);
    ahead_s = stats.ahead_ms / 1000;
    if (llabs(ahead_s) > CLOCK_DIFFERENCE_S)
        ctl_complain("this machine's clock is %lld seconds %s Redis's: what is changed by it has a "
                     "wrong date, and SMS that it owes may expire unsent",
                     llabs(ahead_s), ahead_s > 0 ? "ahead of" : "behind");
}

struct hand *hand_open(const struct config *config, const struct vault *vault)
{
    struct hand *h = mem_zalloc(sizeof(*h));

    h->timeout_ms =
        (uint64_t)config->redis.connect_timeout_ms + config->redis.request_timeout_ms + 1000;
    h->loop = loop_new();
    if (h->loop != NULL && connect_store(h, config, vault)) {
        complain_of_clock(h);
        return h;
    }
    hand_close(h);
    return NULL;
}

void hand_close(struct hand *h)
{
    if (h == NULL)
        return;
    if (h->store != NULL)
        store_free(h->store);
    loop_free(h->loop);
    mem_free(h);
}

bool hand_await(struct hand *h)
{
    h->is_ready = store_is_ready(h->store);
    return loop_run_until(h->loop, &h->is_ready, h->timeout_ms) && h->refused[0] == '\0';
}

struct store *hand_store(struct hand *h)
{
    return h->store;
}

void hand_pause(struct hand *h, unsigned ms)
{
    bool never = false;

    loop_run_until(h->loop, &never, ms);
}

/* ---- one call at a time ---- */

/* Its callback copies what it was given; the store's own deadline ends the wait in any case. */
struct waiting {
    bool is_done;
    enum store_result result;
    struct hand_records *records; /* load */
    char *msisdn;                 /* find */
    uint64_t *version;            /* shared load */
    uint8_t *octets;
    size_t *size;
    struct store_message *messages; /* messages */
    size_t *message_count;
};

/* hand_complain() says what came of it; here is what Redis says: full, read only, no right, be it
 * in the middle of a function. Once: a command may ask again. */
static void tell_why(struct hand *h, enum store_result result)
{
    const char *rejection = store_redis_rejection(h->store);
    char why[512];

    if (h->is_told ||
        (result != STORE_UNAVAILABLE && (result != STORE_UNKNOWN || rejection[0] == '\0')))
        return;
    store_redis_explain(h->store, why, sizeof(why));
    h->is_told = true;
    if (why[0] != '\0')
        ctl_complain("Redis cannot be used: %s", why);
    else if (rejection[0] != '\0')
        ctl_complain("Redis takes nothing: %s", rejection);
}

static void wait_for(struct hand *h, struct waiting *w)
{
    while (!w->is_done)
        loop_run_until(h->loop, &w->is_done, h->timeout_ms);
    tell_why(h, w->result);
}

static void copy_record(const struct store_record *from, uint64_t *version, uint8_t *to,
                        size_t room, size_t *size)
{
    assert(from->data.size <= room);
    *version = from->version;
    *size = from->data.size;
    if (from->data.size > 0)
        memcpy(to, from->data.data, from->data.size);
}

static void on_reply(void *arg, const struct store_reply *reply)
{
    struct waiting *w = arg;
    const struct store_subscriber *s = &reply->subscriber;

    w->result = reply->result;
    w->is_done = true;
    if (w->records == NULL || reply->result != STORE_OK)
        return;
    copy_record(&s->session, &w->records->session_version, w->records->session,
                sizeof(w->records->session), &w->records->session_size);
    copy_record(&s->merchant, &w->records->merchant_version, w->records->merchant,
                sizeof(w->records->merchant), &w->records->merchant_size);
}

static void on_found(void *arg, const struct store_list *list)
{
    struct waiting *w = arg;

    w->result = list->result;
    w->is_done = true;
    if (list->result == STORE_OK && list->count > 0)
        text_copy(w->msisdn, STORE_MSISDN_BYTES_MAX + 1, list->items[0].msisdn);
}

enum store_result hand_load(struct hand *h, const char *msisdn, struct hand_records *records)
{
    struct waiting w = {.records = records};

    store_load(h->store, msisdn, on_reply, &w);
    wait_for(h, &w);
    return w.result;
}

static void on_shared(void *arg, const struct store_reply *reply)
{
    struct waiting *w = arg;

    w->result = reply->result;
    w->is_done = true;
    if (reply->result == STORE_OK && w->octets != NULL)
        copy_record(&reply->subscriber.session, w->version, w->octets, HAND_SHARED_BYTES, w->size);
}

enum store_result hand_shared_load(struct hand *h, const char *name, uint64_t *version,
                                   uint8_t *octets, size_t *size)
{
    struct waiting w = {.version = version, .octets = octets, .size = size};

    store_shared_load(h->store, name, on_shared, &w);
    wait_for(h, &w);
    return w.result;
}

enum store_result hand_shared_commit(struct hand *h, const char *name, uint64_t version,
                                     struct span octets, uint32_t ttl_s)
{
    struct waiting w = {.octets = NULL};

    store_shared_commit(h->store, name, version, octets, ttl_s, on_shared, &w);
    wait_for(h, &w);
    return w.result;
}

enum store_result hand_commit(struct hand *h, const struct store_commit *commit)
{
    struct waiting w = {.records = NULL};

    store_commit(h->store, commit, on_reply, &w);
    wait_for(h, &w);
    return w.result;
}

/* Any write does: replicas that have it have all before it. A number of a counter that nobody uses
 * changes nothing else. */
enum store_result hand_confirm(struct hand *h, const char *msisdn)
{
    struct waiting w = {.records = NULL};

    store_reserve(h->store, msisdn, "confirm", on_reply, &w);
    wait_for(h, &w);
    return w.result;
}

enum store_result hand_find(struct hand *h, unsigned bucket, const char *member,
                            char msisdn[STORE_MSISDN_BYTES_MAX + 1])
{
    struct waiting w = {.msisdn = msisdn};

    msisdn[0] = '\0';
    store_find(h->store, bucket, member, on_found, &w);
    wait_for(h, &w);
    return w.result;
}

static void on_messages(void *arg, const struct store_reply *reply)
{
    struct waiting *w = arg;

    w->result = reply->result;
    w->is_done = true;
    if (reply->result != STORE_OK)
        return;
    assert(reply->message_count <= HAND_MESSAGES_MAX);
    *w->message_count = reply->message_count;
    for (size_t i = 0; i < reply->message_count; i++)
        w->messages[i] = reply->messages[i];
}

enum store_result hand_messages(struct hand *h, unsigned bucket, const char *subject,
                                struct store_message *list, size_t *count)
{
    struct waiting w = {.messages = list, .message_count = count};

    *count = 0;
    store_messages(h->store, bucket, subject, on_messages, &w);
    wait_for(h, &w);
    return w.result;
}

/* ---- logs ---- */

enum store_result hand_journal_add(struct hand *h, unsigned bucket, struct span body)
{
    struct waiting w = {.records = NULL};

    store_log_add(h->store, bucket, STORE_LOG_JOURNAL, body, on_reply, &w);
    wait_for(h, &w);
    return w.result;
}

struct log_walk {
    struct waiting waiting; /* first */
    hand_entry_fn *fn;
    void *arg;
    struct store_owed_id last;
    size_t count;
};

static void on_entries(void *arg, const struct store_sweep *page)
{
    struct log_walk *walk = arg;

    walk->waiting.is_done = true;
    walk->waiting.result = page->result;
    walk->count = page->result == STORE_OK ? page->taken_count : 0;
    for (size_t i = 0; i < walk->count; i++)
        walk->fn(walk->arg, &page->taken[i]);
    if (walk->count > 0)
        walk->last = page->taken[walk->count - 1].id;
}

enum store_result hand_log_since(struct hand *h, unsigned bucket, enum store_log log,
                                 int64_t since_ms, hand_entry_fn *fn, void *arg)
{
    struct log_walk walk = {.fn = fn, .arg = arg, .last = {.ms = (uint64_t)since_ms}};

    do {
        walk.waiting.is_done = false;
        store_log_read(h->store, bucket, log, walk.last, PAGE, on_entries, &walk);
        wait_for(h, &walk.waiting);
    } while (walk.waiting.result == STORE_OK && walk.count == PAGE);
    return walk.waiting.result;
}

enum store_result hand_log_each(struct hand *h, unsigned bucket, enum store_log log,
                                hand_entry_fn *fn, void *arg)
{
    return hand_log_since(h, bucket, log, 0, fn, arg);
}

/* ---- the outbox ---- */

struct tallying {
    struct store_tally *sum;
    unsigned under_way;
    bool is_done;
    enum store_result result;
};

static void on_tally(void *arg, const struct store_reply *reply)
{
    struct tallying *t = arg;

    t->is_done = --t->under_way == 0;
    if (reply->result != STORE_OK) {
        t->result = reply->result;
        return;
    }
    t->sum->owed += reply->tally.owed;
    t->sum->sent += reply->tally.sent;
    t->sum->delivered += reply->tally.delivered;
    t->sum->expired += reply->tally.expired;
    t->sum->failed += reply->tally.failed;
    t->sum->erased += reply->tally.erased;
    t->sum->waiting += reply->tally.waiting;
}

enum store_result hand_tally(struct hand *h, struct store_tally *tally)
{
    struct tallying t = {.sum = tally, .result = STORE_OK};

    memset(tally, 0, sizeof(*tally));
    for (unsigned bucket = 0; t.result == STORE_OK && bucket < h->store->buckets;) {
        for (; bucket < h->store->buckets && t.under_way < WINDOW; bucket++, t.under_way++)
            store_tally(h->store, bucket, on_tally, &t);
        for (t.is_done = false; !t.is_done;)
            loop_run_until(h->loop, &t.is_done, h->timeout_ms);
    }
    tell_why(h, t.result);
    return t.result;
}

/* ---- lists ---- */

struct listing {
    struct hand *hand;
    const char *const *sets;
    size_t set_count;
    struct hand_items *items;
    size_t capacity;
    size_t next, total; /* bucket and set as one number */
    size_t under_way;
    bool is_done;
    enum store_result result;
};

/* One set of one bucket, page by page. */
struct walk {
    struct listing *listing;
    unsigned bucket;
    const char *set;
};

static void ask_lists(struct listing *l);

static void add_item(struct listing *l, const struct store_listed *from)
{
    struct hand_item *item;

    if (l->items->count == l->capacity) {
        l->capacity = l->capacity > 0 ? 2 * l->capacity : 256;
        l->items->items = mem_realloc_array(l->items->items, l->capacity, sizeof(*item));
    }
    item = &l->items->items[l->items->count++];
    text_copy(item->member, sizeof(item->member), from->member);
    text_copy(item->msisdn, sizeof(item->msisdn), from->msisdn);
    item->at_ms = from->at_ms;
}

static void on_listed(void *arg, const struct store_list *list)
{
    struct walk *w = arg;
    struct listing *l = w->listing;

    if (list->result != STORE_OK)
        l->result = list->result;
    for (size_t i = 0; list->result == STORE_OK && i < list->count; i++)
        add_item(l, &list->items[i]);
    if (l->result == STORE_OK && list->more) {
        const struct store_listed *last = &list->items[list->count - 1];

        store_list(l->hand->store, w->bucket, w->set,
                   (struct store_cursor){last->at_ms, last->member}, PAGE, on_listed, w);
        return;
    }
    mem_free(w);
    l->under_way--;
    ask_lists(l);
}

static void ask_lists(struct listing *l)
{
    while (l->result == STORE_OK && l->next < l->total && l->under_way < WINDOW) {
        struct walk *w = mem_zalloc(sizeof(*w));

        w->listing = l;
        w->bucket = (unsigned)(l->next / l->set_count);
        w->set = l->sets[l->next % l->set_count];
        l->next++;
        l->under_way++;
        store_list(l->hand->store, w->bucket, w->set, (struct store_cursor){.member = NULL}, PAGE,
                   on_listed, w);
    }
    l->is_done = l->under_way == 0;
}

static int compare_items(const void *a, const void *b)
{
    const struct hand_item *x = a, *y = b;

    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return strcmp(x->member, y->member);
}

/* A registration that changed its status while the list was read stands in two sets: the record
 * has the last word, the newer place is kept. */
static void drop_doubles(struct hand_items *items)
{
    struct map seen;
    struct map_node *nodes = mem_zalloc(items->count * sizeof(*nodes));
    size_t kept = items->count;

    map_init(&seen, 0);
    for (size_t i = items->count; i-- > 0;) {
        struct span member = span_of_string(items->items[i].member);

        if (map_find(&seen, member) != NULL)
            continue;
        kept--;
        if (kept != i)
            items->items[kept] = items->items[i];
        map_add(&seen, &nodes[kept], span_of_string(items->items[kept].member));
    }
    map_fini(&seen);
    mem_free(nodes);
    items->count -= kept;
    memmove(items->items, items->items + kept, items->count * sizeof(items->items[0]));
}

enum store_result hand_list(struct hand *h, const char *const *sets, struct hand_items *items)
{
    struct listing l = {.hand = h, .sets = sets, .items = items, .result = STORE_OK};

    memset(items, 0, sizeof(*items));
    while (sets[l.set_count] != NULL)
        l.set_count++;
    l.total = l.set_count * h->store->buckets;
    ask_lists(&l);
    while (!l.is_done)
        loop_run_until(h->loop, &l.is_done, h->timeout_ms);
    if (l.result == STORE_OK && items->count > 0) {
        qsort(items->items, items->count, sizeof(*items->items), compare_items);
        drop_doubles(items);
    }
    tell_why(h, l.result);
    return l.result;
}

void hand_items_free(struct hand_items *items)
{
    mem_free(items->items);
    memset(items, 0, sizeof(*items));
}

/* ---- many loads ---- */

/* Answers of one connection come in the order of the questions, but two connections may overtake
 * each other: each answer waits in its place until those before it are handed on. */
struct loading {
    struct hand *hand;
    const struct hand_items *items;
    struct place {
        struct loading *loading;
        struct hand_records *records; /* NULL until it is here */
    } places[WINDOW];
    size_t next_asked, next_given;
    hand_loaded_fn *fn;
    void *arg;
    bool is_done;
    enum store_result result;
};

static void on_item_loaded(void *arg, const struct store_reply *reply);

static void ask_loads(struct loading *l)
{
    while (l->result == STORE_OK && l->next_asked < l->items->count &&
           l->next_asked - l->next_given < WINDOW) {
        struct place *place = &l->places[l->next_asked % WINDOW];

        place->loading = l;
        place->records = NULL;
        store_load(l->hand->store, l->items->items[l->next_asked++].msisdn, on_item_loaded, place);
    }
}

static void give(struct loading *l, struct place *place)
{
    struct hand_records *r = place->records;
    struct store_subscriber s = {{r->session_version, span_of(r->session, r->session_size)},
                                 {r->merchant_version, span_of(r->merchant, r->merchant_size)}};

    if (l->result == STORE_OK)
        l->fn(l->arg, &l->items->items[l->next_given], &s);
    mem_free(r);
    place->records = NULL;
    l->next_given++;
}

static void on_item_loaded(void *arg, const struct store_reply *reply)
{
    struct place *place = arg;
    struct loading *l = place->loading;
    struct waiting w = {.records = mem_zalloc(sizeof(*w.records))};

    on_reply(&w, reply);
    if (reply->result != STORE_OK)
        l->result = reply->result;
    place->records = w.records;
    while (l->next_given < l->next_asked && l->places[l->next_given % WINDOW].records != NULL)
        give(l, &l->places[l->next_given % WINDOW]);
    ask_loads(l);
    l->is_done = l->next_given == l->next_asked;
}

enum store_result hand_load_items(struct hand *h, const struct hand_items *items,
                                  hand_loaded_fn *fn, void *arg)
{
    struct loading *l = mem_zalloc(sizeof(*l));
    enum store_result result;

    *l = (struct loading){.hand = h, .items = items, .fn = fn, .arg = arg, .result = STORE_OK};
    ask_loads(l);
    l->is_done = l->next_asked == 0;
    while (!l->is_done)
        loop_run_until(h->loop, &l->is_done, h->timeout_ms);
    result = l->result;
    mem_free(l);
    tell_why(h, result);
    return result;
}

enum ctl_status hand_complain(enum store_result result)
{
    switch (result) {
    case STORE_UNAVAILABLE:
        ctl_complain("the store is not available; nothing was changed");
        break;
    case STORE_UNKNOWN:
        ctl_complain("the store did not answer; look whether it was done");
        break;
    case STORE_CONFLICT:
        ctl_complain("somebody else was faster each time; nothing was changed, try again");
        return CTL_REFUSED;
    case STORE_OK:
        return CTL_DONE;
    }
    return CTL_UNREACHABLE;
}
