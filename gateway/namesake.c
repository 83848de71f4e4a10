#include "gateway/namesake.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { TOLD_AT = 2, KEEP_S = 60, OWN_BYTES = 17 };

struct namesake {
    struct store *store;
    struct timer_queue *timers;
    struct timer look;
    char record[STORE_NAME_BYTES_MAX + 1];
    const char *instance; /* in it */
    char own[OWN_BYTES];
    bool is_written; /* ours, when we last looked */
    unsigned others; /* times that another one's came after it, running */
};

static void rest(struct namesake *n)
{
    timer_start(n->timers, &n->look, NAMESAKE_LOOK_MS);
}

static void note_other(struct namesake *n)
{
    if (++n->others == TOLD_AT)
        log_error("gateway.namesake", LOG_S("instance", n->instance),
                  LOG_S("what", "another gateway has this name: give it another one (instance), "
                                "and restart it"));
}

static void note_own(struct namesake *n)
{
    if (namesake_is_there(n))
        log_info("gateway.namesake_gone", LOG_S("instance", n->instance));
    n->others = 0;
}

static void on_written(void *arg, const struct store_reply *reply)
{
    struct namesake *n = arg;

    n->is_written = reply->result == STORE_OK;
    if (reply->result == STORE_CONFLICT) /* just now, between our load and this */
        note_other(n);
    rest(n);
}

static void on_loaded(void *arg, const struct store_reply *reply)
{
    struct namesake *n = arg;
    const struct store_record *record = &reply->subscriber.session;
    bool was_written = n->is_written;

    n->is_written = false;
    if (reply->result != STORE_OK) {
        rest(n);
        return;
    }
    if (span_is_equal(record->data, span_of_string(n->own)))
        note_own(n);
    else if (record->version != 0 && was_written)
        note_other(n);
    (void)store_shared_commit(n->store, n->record, record->version, span_of_string(n->own), KEEP_S,
                              on_written, n);
}

static void on_look(struct timer *timer, void *arg)
{
    struct namesake *n = arg;

    (void)timer;
    (void)store_shared_load(n->store, n->record, on_loaded, n);
}

struct namesake *namesake_new(struct store *store, struct timer_queue *timers, const char *instance,
                              uint64_t own)
{
    struct namesake *n = mem_zalloc(sizeof(*n));

    assert(strlen(instance) <= 40);
    n->store = store;
    n->timers = timers;
    snprintf(n->record, sizeof(n->record), "instance:%s", instance);
    n->instance = n->record + strlen("instance:");
    snprintf(n->own, sizeof(n->own), "%016" PRIx64, own);
    timer_init(&n->look, on_look, n);
    timer_start(timers, &n->look, 0);
    return n;
}

void namesake_free(struct namesake *n)
{
    if (n == NULL)
        return;
    timer_stop(n->timers, &n->look);
    mem_free(n);
}

bool namesake_is_there(const struct namesake *n)
{
    return n->others >= TOLD_AT;
}
