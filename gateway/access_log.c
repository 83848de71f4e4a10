#include "gateway/access_log.h"

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "merchants/journal.h"

struct access_log {
    struct store *store;
    struct list under_way;
};

struct entry {
    struct list_node node;
    struct access_log *log;
    struct journal_entry words;
    access_logged_fn *fn;
    void *ctx;
    uint64_t number;
};

struct access_log *access_log_new(struct store *store)
{
    struct access_log *log = mem_zalloc(sizeof(*log));

    log->store = store;
    list_init(&log->under_way);
    return log;
}

void access_log_free(struct access_log *log)
{
    struct list_node *node;

    if (log == NULL)
        return;
    while ((node = list_pop_front(&log->under_way)) != NULL)
        mem_free(LIST_ITEM(node, struct entry, node));
    mem_free(log);
}

static void on_written(void *arg, const struct store_reply *reply)
{
    struct entry *e = arg;
    bool is_logged = reply->result == STORE_OK;

    if (!is_logged)
        log_error("access.unlogged", LOG_S("who", e->words.who), LOG_S("did", e->words.event),
                  LOG_S("object", e->words.object),
                  LOG_S("reason", store_result_name(reply->result)));
    list_remove(&e->log->under_way, &e->node);
    if (e->fn != NULL)
        e->fn(e->ctx, e->number, is_logged);
    mem_free(e);
}

void access_log_write(struct access_log *log, const char *who, const char *event,
                      const char *object, access_logged_fn *fn, void *ctx, uint64_t number)
{
    struct entry *e = mem_zalloc(sizeof(*e));
    uint8_t octets[JOURNAL_BYTES];

    e->log = log;
    e->fn = fn;
    e->ctx = ctx;
    e->number = number;
    journal_fill(&e->words, who, event, "*", object, "ok");
    list_node_init(&e->node);
    list_push_back(&log->under_way, &e->node);
    store_log_add(log->store, 0, STORE_LOG_JOURNAL, journal_encode(&e->words, octets), on_written,
                  e);
}
