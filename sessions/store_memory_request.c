#include "sessions/store_memory_request.h"

#include "base/mem.h"

#include <string.h>

struct memory_block {
    struct memory_block *next;
    uint8_t octets[];
};

/* --- copies --- */

void *memory_keep_octets(struct memory_request *r, const void *octets, size_t size)
{
    struct memory_block *b = mem_alloc(sizeof(*b) + size);

    if (size != 0)
        memcpy(b->octets, octets, size);
    b->next = r->blocks;
    r->blocks = b;
    return b->octets;
}

struct span memory_keep_span(struct memory_request *r, struct span s)
{
    return s.size != 0 ? span_of(memory_keep_octets(r, s.data, s.size), s.size) : span_of(NULL, 0);
}

const char *memory_keep_string(struct memory_request *r, const char *text)
{
    return text != NULL ? memory_keep_octets(r, text, strlen(text) + 1) : NULL;
}

void memory_keep_commit(struct memory_request *r, const struct store_commit *c)
{
    struct store_commit *k = memory_keep_octets(r, c, sizeof(*c));

    r->commit = k;
    k->msisdn = memory_keep_string(r, c->msisdn);
    k->owner = memory_keep_string(r, c->owner);
    k->session = memory_keep_span(r, c->session);
    k->merchant = memory_keep_span(r, c->merchant);
    for (unsigned i = 0; i < c->owed_count; i++)
        k->owed[i] = memory_keep_span(r, c->owed[i]);
    for (unsigned i = 0; i < c->index_count; i++) {
        k->index[i].member = memory_keep_string(r, c->index[i].member);
        k->index[i].leave_set = memory_keep_string(r, c->index[i].leave_set);
        k->index[i].enter_set = memory_keep_string(r, c->index[i].enter_set);
    }
    for (unsigned i = 0; i < c->timer_count; i++)
        k->timers[i].kind = memory_keep_string(r, c->timers[i].kind);
    for (unsigned i = 0; i < c->journal_count; i++)
        k->journal[i] = memory_keep_span(r, c->journal[i]);
    for (unsigned i = 0; i < c->consent_count; i++)
        k->consents[i] = memory_keep_span(r, c->consents[i]);
    k->subject = memory_keep_string(r, c->subject);
}

static void keep_reply(struct memory_request *r)
{
    struct store_subscriber *s = &r->reply.subscriber;

    s->session.data = memory_keep_span(r, s->session.data);
    s->merchant.data = memory_keep_span(r, s->merchant.data);
}

/* --- what a request does --- */

static void do_list(struct memory_data *d, struct memory_request *r)
{
    struct store_listed *items;

    if (r->call == STORE_MEMORY_FIND) {
        items = mem_alloc(sizeof(*items));
        r->list.count = memory_data_find(d, r->bucket, r->name, items);
    } else {
        items = mem_alloc(r->limit * sizeof(*items));
        r->list.count =
            memory_data_list(d, r->bucket, r->name, r->cursor, r->limit, items, &r->list.more);
    }
    for (size_t i = 0; i < r->list.count; i++) {
        items[i].member = memory_keep_string(r, items[i].member);
        items[i].msisdn = memory_keep_string(r, items[i].msisdn);
    }
    r->list.items = memory_keep_octets(r, items, r->list.count * sizeof(*items));
    mem_free(items);
}

static void keep_due(struct memory_request *r, const char **members, size_t count)
{
    struct store_due due[STORE_SWEEP_MAX];

    for (size_t i = 0; i < count; i++) {
        char *member = memory_keep_octets(r, members[i], strlen(members[i]) + 1);
        char *colon = strchr(member, ':');

        *colon = '\0';
        due[i] = (struct store_due){.kind = member, .msisdn = colon + 1};
    }
    r->sweep.due = memory_keep_octets(r, due, count * sizeof(due[0]));
    r->sweep.due_count = count;
}

static void do_sweep(struct memory_data *d, struct memory_request *r)
{
    struct store_taken taken[STORE_SWEEP_MAX];
    const char *members[STORE_SWEEP_MAX];
    size_t count;

    r->sweep.ahead_s = memory_data_ahead_s(d, r->now_ms);
    if (r->sweep.ahead_s != 0)
        return;
    count = memory_data_take(d, r->bucket, r->name, r->idle_ms, r->limit, taken);
    for (size_t i = 0; i < count; i++)
        taken[i].body = memory_keep_span(r, taken[i].body);
    r->sweep.taken = memory_keep_octets(r, taken, count * sizeof(taken[0]));
    r->sweep.taken_count = count;
    count = memory_data_due(d, r->bucket, r->now_ms, STORE_SWEEP_MAX, members);
    keep_due(r, members, count);
}

static void do_log_read(struct memory_data *d, struct memory_request *r)
{
    struct store_taken *taken = mem_alloc(r->limit * sizeof(*taken));
    size_t count = memory_data_log_read(d, r->bucket, r->log, r->after, r->limit, taken);

    for (size_t i = 0; i < count; i++)
        taken[i].body = memory_keep_span(r, taken[i].body);
    r->sweep.taken = memory_keep_octets(r, taken, count * sizeof(taken[0]));
    r->sweep.taken_count = count;
    mem_free(taken);
}

static void do_messages(struct memory_data *d, struct memory_request *r)
{
    struct store_message list[STORE_AWAITED_MAX + STORE_ENDED_MAX];

    memory_data_messages(d, r->bucket, r->name, list, &r->reply);
    r->reply.messages = memory_keep_octets(r, list, r->reply.message_count * sizeof(list[0]));
}

static void do_call(struct memory_data *d, struct memory_request *r)
{
    switch (r->call) {
    case STORE_MEMORY_LOAD:
        memory_data_load(d, r->msisdn, &r->reply);
        break;
    case STORE_MEMORY_COMMIT:
        memory_data_commit(d, r->commit, &r->reply);
        break;
    case STORE_MEMORY_RESERVE:
        memory_data_reserve(d, r->msisdn, r->name, &r->reply);
        break;
    case STORE_MEMORY_SETTLE:
        memory_data_settle(d, &r->settlement, &r->reply);
        break;
    case STORE_MEMORY_TOUCH:
        memory_data_touch(d, r->bucket, r->name, r->after, &r->reply);
        break;
    case STORE_MEMORY_RECEIPT:
        memory_data_receipt(d, &r->receipt, &r->reply);
        break;
    case STORE_MEMORY_LAPSE:
        memory_data_lapse(d, r->bucket, r->name, r->now_ms, &r->reply);
        break;
    case STORE_MEMORY_MESSAGES:
        do_messages(d, r);
        break;
    case STORE_MEMORY_TALLY:
        memory_data_tally(d, r->bucket, &r->reply);
        break;
    case STORE_MEMORY_SHARED_LOAD:
        memory_data_shared_load(d, r->name, &r->reply);
        break;
    case STORE_MEMORY_SHARED_COMMIT:
        memory_data_shared_commit(d, r->name, r->version, r->data, r->ttl_s, &r->reply);
        break;
    case STORE_MEMORY_FIND:
    case STORE_MEMORY_LIST:
        do_list(d, r);
        break;
    case STORE_MEMORY_SWEEP:
        do_sweep(d, r);
        break;
    case STORE_MEMORY_LOG_ADD:
        memory_data_log_add(d, r->bucket, r->log, r->data, &r->reply);
        break;
    case STORE_MEMORY_LOG_READ:
        do_log_read(d, r);
        break;
    case STORE_MEMORY_LOG_TRIM:
        memory_data_log_trim(d, r->bucket, r->log, r->now_ms, &r->reply);
        break;
    }
    keep_reply(r);
}

/* As a server would that finds other versions: nothing done, the records as they are. */
static void do_conflict(struct memory_data *d, struct memory_request *r)
{
    if (r->call == STORE_MEMORY_COMMIT)
        memory_data_load(d, r->commit->msisdn, &r->reply);
    else
        memory_data_shared_load(d, r->name, &r->reply);
    keep_reply(r);
}

static void set_result(struct memory_request *r, enum store_result result)
{
    r->reply.result = r->list.result = r->sweep.result = result;
}

/* A reply that was lost tells nothing of what was done. */
static void forget_reply(struct memory_request *r, enum store_result result)
{
    memset(&r->reply, 0, sizeof(r->reply));
    memset(&r->list, 0, sizeof(r->list));
    memset(&r->sweep, 0, sizeof(r->sweep));
    set_result(r, result);
}

void memory_request_do(struct memory_data *d, struct memory_request *r)
{
    switch (r->fate) {
    case STORE_MEMORY_DONE:
        do_call(d, r);
        break;
    case STORE_MEMORY_CONFLICTING:
        do_conflict(d, r);
        set_result(r, STORE_CONFLICT);
        break;
    case STORE_MEMORY_REFUSED:
        forget_reply(r, STORE_UNAVAILABLE);
        break;
    case STORE_MEMORY_UNKNOWN_DONE:
        do_call(d, r);
        forget_reply(r, STORE_UNKNOWN);
        break;
    case STORE_MEMORY_UNKNOWN_NOT:
    case STORE_MEMORY_UNKNOWN_LATE:
        forget_reply(r, STORE_UNKNOWN);
        break;
    }
}

void memory_request_free(struct memory_request *r)
{
    while (r->blocks != NULL) {
        struct memory_block *b = r->blocks;

        r->blocks = b->next;
        mem_free(b);
    }
    mem_free(r);
}
