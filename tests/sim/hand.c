#include "tests/sim/hand.h"

#include "base/mem.h"
#include "gateway/ctl/shelf.h"
#include "sessions/store_memory.h"
#include "tests/sim/fate.h"

#include <assert.h>
#include <string.h>
#include <time.h>

enum { HAND_TIMEOUT_MS = 6000 };

struct hand {
    struct world *world;
    struct store *store;
};

struct answer {
    bool is_done;
    enum store_result result;
    struct hand_records *records;
    uint64_t *version;
    uint8_t *octets;
    size_t *size;
};

struct page {
    struct answer answer;
    struct hand_items *items;
    bool more;
};

static struct world *clocks; /* one at a time */

/* A command reads the system's clock by itself: it is the world's. */
int clock_gettime(clockid_t id, struct timespec *t)
{
    int64_t now_ms = clocks == NULL         ? 0
                     : id == CLOCK_REALTIME ? world_wall_ms(clocks)
                                            : (int64_t)clocks->timers.now_ms;

    t->tv_sec = now_ms / 1000;
    t->tv_nsec = now_ms % 1000 * 1000000;
    return 0;
}

static struct store_memory_fate decide_fate(void *ctx, enum store_memory_call call)
{
    struct hand *h = ctx;

    return fate_choose(h->world, false, call);
}

struct hand *sim_hand_new(struct world *w, struct memory_data *data)
{
    struct hand *h = mem_zalloc(sizeof(*h));
    struct store_memory_settings settings = {data, &w->timers, &w->deferred, decide_fate, h};

    h->world = clocks = w;
    h->store = store_memory_new(&settings);
    return h;
}

size_t sim_hand_pending(const struct hand *h)
{
    return store_memory_pending(h->store);
}

void hand_close(struct hand *h)
{
    store_free(h->store);
    mem_free(h);
    clocks = NULL;
}

struct store *hand_store(struct hand *h)
{
    return h->store;
}

/* A client that has lost its store asks the sentinels for another. */
bool hand_await(struct hand *h)
{
    struct world *w = h->world;
    uint64_t until_ms = w->timers.now_ms + HAND_TIMEOUT_MS;

    while (w->store == WORLD_STORE_ELECTING && w->timers.now_ms < until_ms)
        world_run(w, w->timers.now_ms + 10);
    return w->store != WORLD_STORE_ELECTING;
}

static void copy(const struct store_record *from, uint64_t *version, uint8_t *to, size_t *size)
{
    *version = from->version;
    *size = from->data.size;
    if (from->data.size != 0)
        memcpy(to, from->data.data, from->data.size);
}

static void on_reply(void *arg, const struct store_reply *reply)
{
    const struct store_subscriber *s = &reply->subscriber;
    struct answer *a = arg;

    a->is_done = true;
    a->result = reply->result;
    if (reply->result != STORE_OK)
        return;
    if (a->records != NULL) {
        copy(&s->session, &a->records->session_version, a->records->session,
             &a->records->session_size);
        copy(&s->merchant, &a->records->merchant_version, a->records->merchant,
             &a->records->merchant_size);
    } else if (a->octets != NULL) {
        copy(&s->session, a->version, a->octets, a->size);
    }
}

/* Each request ends, by the store's own deadline. */
static enum store_result wait_for(struct hand *h, const struct answer *a)
{
    while (!a->is_done)
        world_run(h->world, h->world->timers.now_ms + 1);
    return a->result;
}

enum store_result hand_load(struct hand *h, const char *msisdn, struct hand_records *records)
{
    struct answer a = {.records = records};

    store_load(h->store, msisdn, on_reply, &a);
    return wait_for(h, &a);
}

enum store_result hand_commit(struct hand *h, const struct store_commit *commit)
{
    struct answer a = {.is_done = false};

    store_commit(h->store, commit, on_reply, &a);
    return wait_for(h, &a);
}

enum store_result hand_confirm(struct hand *h, const char *msisdn)
{
    struct answer a = {.is_done = false};

    store_reserve(h->store, msisdn, "confirm", on_reply, &a);
    return wait_for(h, &a);
}

enum store_result hand_shared_load(struct hand *h, const char *name, uint64_t *version,
                                   uint8_t *octets, size_t *size)
{
    struct answer a = {.version = version, .octets = octets, .size = size};

    store_shared_load(h->store, name, on_reply, &a);
    return wait_for(h, &a);
}

enum store_result hand_shared_commit(struct hand *h, const char *name, uint64_t version,
                                     struct span octets, uint32_t ttl_s)
{
    struct answer a = {.is_done = false};

    store_shared_commit(h->store, name, version, octets, ttl_s, on_reply, &a);
    return wait_for(h, &a);
}

enum store_result hand_journal_add(struct hand *h, unsigned bucket, struct span body)
{
    struct answer a = {.is_done = false};

    store_log_add(h->store, bucket, STORE_LOG_JOURNAL, body, on_reply, &a);
    return wait_for(h, &a);
}

static void on_list(void *arg, const struct store_list *list)
{
    struct page *page = arg;

    page->answer.is_done = true;
    page->answer.result = list->result;
    page->more = list->more;
    for (size_t i = 0; list->result == STORE_OK && i < list->count; i++) {
        struct hand_items *items = page->items;
        struct hand_item *item;

        items->items = mem_realloc_array(items->items, items->count + 1, sizeof(*item));
        item = &items->items[items->count++];
        text_copy(item->member, sizeof(item->member), list->items[i].member);
        text_copy(item->msisdn, sizeof(item->msisdn), list->items[i].msisdn);
        item->at_ms = list->items[i].at_ms;
    }
}

/* Of one set: each member stands in it once. */
enum store_result hand_list(struct hand *h, const char *const *sets, struct hand_items *items)
{
    enum store_result result = STORE_OK;

    *items = (struct hand_items){.items = NULL};
    for (unsigned bucket = 0; result == STORE_OK && bucket < h->store->buckets; bucket++) {
        struct store_cursor after = {.member = NULL};
        struct page page = {.items = items, .more = true};
        struct hand_item last;

        while (result == STORE_OK && page.more) {
            page.answer.is_done = false;
            store_list(h->store, bucket, sets[0], after, STORE_LIST_MAX, on_list, &page);
            result = wait_for(h, &page.answer);
            if (result != STORE_OK || !page.more)
                continue;
            last = items->items[items->count - 1]; /* the list moves as it grows */
            after = (struct store_cursor){last.at_ms, last.member};
        }
    }
    return result;
}

void hand_items_free(struct hand_items *items)
{
    mem_free(items->items);
}

void hand_pause(struct hand *h, unsigned ms)
{
    world_run(h->world, h->world->timers.now_ms + ms);
}

enum ctl_status hand_complain(enum store_result result)
{
    if (result == STORE_OK)
        return CTL_DONE;
    return result == STORE_CONFLICT ? CTL_REFUSED : CTL_UNREACHABLE;
}

void ctl_complain(const char *format, ...)
{
    (void)format; /* the status says it */
}

/* --- what opens a dossier from a configuration: not called here ------------------------------- */

struct hand *hand_open(const struct config *config, const struct vault *vault)
{
    (void)config;
    (void)vault;
    return NULL;
}

enum store_result hand_find(struct hand *h, unsigned bucket, const char *member,
                            char msisdn[STORE_MSISDN_BYTES_MAX + 1])
{
    (void)h;
    (void)bucket;
    (void)member;
    (void)msisdn;
    return STORE_UNAVAILABLE;
}

bool ctl_load_setup(const struct ctl_call *call, enum setup_for what, struct setup *setup)
{
    (void)call;
    (void)what;
    (void)setup;
    return false;
}

bool shelf_route(struct hand *hand, const struct config *config, struct router *router)
{
    (void)hand;
    (void)config;
    (void)router;
    return false;
}
