#include "sessions/memory_data.h"

#include "base/map.h"
#include "base/mem.h"
#include "sessions/memory_bucket.h"
#include "sessions/memory_subject.h"

#include <assert.h>
#include <string.h>

struct record {
    uint64_t version;   /* 0 = there is none */
    int64_t expires_ms; /* 0 = never */
    uint8_t *data;
    size_t size;
};

struct subscriber {
    struct map_node node;
    struct record session;
    struct record merchant;
    char msisdn[STORE_MSISDN_BYTES_MAX + 1];
};

struct shared {
    struct map_node node;
    struct record record;
    char name[STORE_NAME_BYTES_MAX + 1];
};

struct memory_data {
    unsigned bucket_count;
    struct memory_bucket *buckets;
    struct map subscribers;
    struct map shared;
    uint64_t last_version; /* the greatest ever written */
    memory_data_clock_fn *wall_ms;
    void *ctx;
    memory_data_watch_fn *on_commit; /* NULL = nobody watches */
    void *watcher;
};

static void record_clear(struct record *r)
{
    mem_free(r->data);
    memset(r, 0, sizeof(*r));
}

static void record_expire(struct record *r, int64_t now_ms)
{
    if (r->expires_ms != 0 && now_ms >= r->expires_ms)
        record_clear(r);
}

static struct store_record record_view(const struct record *r)
{
    return (struct store_record){.version = r->version, .data = span_of(r->data, r->size)};
}

/* Of a new record: the clock in microseconds, as Redis has it, or more when that is not new. */
static uint64_t next_version(const struct memory_data *d, const struct record *r, struct span data)
{
    uint64_t fresh = (uint64_t)d->wall_ms(d->ctx) * 1000;

    if (r->version != 0)
        return store_next_version(r->version, data);
    return fresh > d->last_version ? fresh : d->last_version + 1;
}

static uint64_t record_write(struct memory_data *d, struct record *r, struct span data,
                             uint32_t ttl_s)
{
    uint64_t version = next_version(d, r, data);

    mem_free(r->data);
    r->data = mem_dup(data.data, data.size);
    r->size = data.size;
    r->version = version;
    if (version > d->last_version)
        d->last_version = version;
    r->expires_ms = ttl_s != 0 ? d->wall_ms(d->ctx) + (int64_t)ttl_s * 1000 : 0;
    return version;
}

static void record_copy(struct record *to, const struct record *from)
{
    *to = *from;
    to->data = from->version != 0 ? mem_dup(from->data, from->size) : NULL;
}

/* --- the whole --- */

struct memory_data *memory_data_new(unsigned buckets, memory_data_clock_fn *wall_ms, void *ctx)
{
    struct memory_data *d = mem_zalloc(sizeof(*d));

    assert(buckets != 0 && wall_ms != NULL);
    d->bucket_count = buckets;
    d->buckets = mem_alloc(buckets * sizeof(d->buckets[0]));
    for (unsigned i = 0; i < buckets; i++)
        memory_bucket_init(&d->buckets[i]);
    map_init(&d->subscribers, 0);
    map_init(&d->shared, 0);
    d->wall_ms = wall_ms;
    d->ctx = ctx;
    return d;
}

static void remove_subscriber(struct memory_data *d, struct subscriber *s)
{
    map_remove(&d->subscribers, &s->node);
    record_clear(&s->session);
    record_clear(&s->merchant);
    mem_free(s);
}

static void remove_shared(struct memory_data *d, struct shared *s)
{
    map_remove(&d->shared, &s->node);
    record_clear(&s->record);
    mem_free(s);
}

static void clear(struct memory_data *d)
{
    struct map_node *n;

    while ((n = map_first(&d->subscribers)) != NULL)
        remove_subscriber(d, MAP_ITEM(n, struct subscriber, node));
    while ((n = map_first(&d->shared)) != NULL)
        remove_shared(d, MAP_ITEM(n, struct shared, node));
    map_fini(&d->subscribers);
    map_fini(&d->shared);
    for (unsigned i = 0; i < d->bucket_count; i++)
        memory_bucket_fini(&d->buckets[i]);
    mem_free(d->buckets);
}

void memory_data_free(struct memory_data *d)
{
    if (d == NULL)
        return;
    clear(d);
    mem_free(d);
}

unsigned memory_data_buckets(const struct memory_data *d)
{
    return d->bucket_count;
}

static struct subscriber *get_subscriber(struct memory_data *d, const char *msisdn)
{
    struct map_node *n = map_find(&d->subscribers, span_of_string(msisdn));
    struct subscriber *s;

    if (n != NULL)
        return MAP_ITEM(n, struct subscriber, node);
    s = mem_zalloc(sizeof(*s));
    text_copy(s->msisdn, sizeof(s->msisdn), msisdn);
    map_add(&d->subscribers, &s->node, span_of_string(s->msisdn));
    return s;
}

static struct shared *get_shared(struct memory_data *d, const char *name)
{
    struct map_node *n = map_find(&d->shared, span_of_string(name));
    struct shared *s;

    if (n != NULL)
        return MAP_ITEM(n, struct shared, node);
    s = mem_zalloc(sizeof(*s));
    text_copy(s->name, sizeof(s->name), name);
    map_add(&d->shared, &s->node, span_of_string(s->name));
    return s;
}

struct memory_data *memory_data_copy(const struct memory_data *d)
{
    struct memory_data *copy = memory_data_new(d->bucket_count, d->wall_ms, d->ctx);

    for (unsigned i = 0; i < d->bucket_count; i++)
        memory_bucket_copy(&copy->buckets[i], &d->buckets[i]);
    for (struct map_node *n = map_first(&d->subscribers); n != NULL;
         n = map_next(&d->subscribers, n)) {
        const struct subscriber *from = MAP_ITEM(n, struct subscriber, node);
        struct subscriber *to = get_subscriber(copy, from->msisdn);

        record_copy(&to->session, &from->session);
        record_copy(&to->merchant, &from->merchant);
    }
    for (struct map_node *n = map_first(&d->shared); n != NULL; n = map_next(&d->shared, n)) {
        const struct shared *from = MAP_ITEM(n, struct shared, node);

        record_copy(&get_shared(copy, from->name)->record, &from->record);
    }
    copy->last_version = d->last_version;
    return copy;
}

/* The maps' lists point into themselves: subscribers and shared records are moved one by one. */
void memory_data_replace(struct memory_data *d, struct memory_data *replica)
{
    struct map_node *n;

    assert(d->bucket_count == replica->bucket_count);
    clear(d);
    map_init(&d->subscribers, 0);
    map_init(&d->shared, 0);
    while ((n = map_first(&replica->subscribers)) != NULL) {
        map_remove(&replica->subscribers, n);
        map_add(&d->subscribers, n, span_of_string(MAP_ITEM(n, struct subscriber, node)->msisdn));
    }
    while ((n = map_first(&replica->shared)) != NULL) {
        map_remove(&replica->shared, n);
        map_add(&d->shared, n, span_of_string(MAP_ITEM(n, struct shared, node)->name));
    }
    d->buckets = replica->buckets; /* their lists' heads stay where they are */
    if (replica->last_version > d->last_version)
        d->last_version = replica->last_version;
    map_fini(&replica->subscribers);
    map_fini(&replica->shared);
    mem_free(replica);
}

static struct memory_bucket *bucket_of(struct memory_data *d, const char *msisdn)
{
    return &d->buckets[store_crc16(msisdn, strlen(msisdn)) % d->bucket_count];
}

/* --- requests --- */

static void reply_init(struct store_reply *reply)
{
    memset(reply, 0, sizeof(*reply));
    reply->result = STORE_OK;
}

static struct subscriber *open_subscriber(struct memory_data *d, const char *msisdn)
{
    struct subscriber *s = get_subscriber(d, msisdn);

    record_expire(&s->session, d->wall_ms(d->ctx));
    return s;
}

static void close_subscriber(struct memory_data *d, struct subscriber *s)
{
    if (s->session.version == 0 && s->merchant.version == 0)
        remove_subscriber(d, s);
}

void memory_data_load(struct memory_data *d, const char *msisdn, struct store_reply *reply)
{
    struct subscriber *s = open_subscriber(d, msisdn);

    reply_init(reply);
    reply->subscriber.session = record_view(&s->session);
    reply->subscriber.merchant = record_view(&s->merchant);
    close_subscriber(d, s);
}

static bool is_current(const struct subscriber *s, const struct store_commit *c)
{
    if ((c->session.size != 0 || c->session_delete) && s->session.version != c->session_version)
        return false;
    if ((c->merchant_checked || c->merchant.size != 0 || c->merchant_delete) &&
        s->merchant.version != c->merchant_version)
        return false;
    return true;
}

static void commit_index(struct memory_bucket *b, const struct store_index *row, const char *msisdn)
{
    /* Enter first: a member that moves from its only set to another is known throughout. */
    if (row->enter_set != NULL &&
        memory_set_add(memory_bucket_set(b, row->enter_set), row->at_ms, row->member))
        memory_bucket_enter(b, row->member, msisdn);
    if (row->leave_set != NULL &&
        (row->enter_set == NULL || strcmp(row->leave_set, row->enter_set) != 0) &&
        memory_set_remove(memory_bucket_set(b, row->leave_set), row->member))
        memory_bucket_leave(b, row->member);
}

static void commit_timer(struct memory_bucket *b, const struct store_timer *t, const char *msisdn)
{
    char member[STORE_NAME_BYTES_MAX + STORE_MSISDN_BYTES_MAX + 2];
    struct writer w;

    writer_init(&w, member, sizeof(member));
    writer_bytes(&w, t->kind, strlen(t->kind));
    writer_bytes(&w, ":", 1);
    writer_bytes(&w, msisdn, strlen(msisdn) + 1);
    if (t->due_ms != 0)
        (void)memory_set_add(&b->timers, t->due_ms, member);
    else
        (void)memory_set_remove(&b->timers, member);
}

static void commit_rest(struct memory_data *d, const struct store_commit *c,
                        struct store_reply *reply)
{
    struct memory_bucket *b = bucket_of(d, c->msisdn);

    if (c->owed_forgotten)
        memory_bucket_forget(b, c->subject);
    else if (c->owed_cut_ms != 0)
        memory_bucket_forget_owed(b, c->subject, c->owed_cut_ms);
    for (unsigned i = 0; i < c->owed_count; i++)
        reply->owed[i] = memory_bucket_owe(b, c->owed[i], c->subject, c->owner, d->wall_ms(d->ctx));
    b->tally.owed += c->owed_count;
    for (unsigned i = 0; i < c->settled_count; i++)
        b->tally.sent += memory_bucket_settle(b, c->settled[i]);
    for (unsigned i = 0; i < c->index_count; i++)
        commit_index(b, &c->index[i], c->msisdn);
    for (unsigned i = 0; i < c->timer_count; i++)
        commit_timer(b, &c->timers[i], c->msisdn);
    for (unsigned i = 0; i < c->journal_count; i++)
        memory_bucket_log(b, STORE_LOG_JOURNAL, c->journal[i], d->wall_ms(d->ctx));
    for (unsigned i = 0; i < c->consent_count; i++)
        memory_bucket_log(b, STORE_LOG_CONSENT, c->consents[i], d->wall_ms(d->ctx));
}

void memory_data_commit(struct memory_data *d, const struct store_commit *c,
                        struct store_reply *reply)
{
    struct subscriber *s = open_subscriber(d, c->msisdn);

    reply_init(reply);
    if (!is_current(s, c)) {
        reply->result = STORE_CONFLICT;
        reply->subscriber.session = record_view(&s->session);
        reply->subscriber.merchant = record_view(&s->merchant);
        close_subscriber(d, s);
        return;
    }
    if (c->session.size != 0)
        reply->subscriber.session.version =
            record_write(d, &s->session, c->session, c->session_ttl_s);
    if (c->session_delete)
        record_clear(&s->session);
    if (c->merchant.size != 0 && c->merchant_version == 0)
        (void)memory_set_add(&bucket_of(d, c->msisdn)->people, 0, c->msisdn);
    if (c->merchant.size != 0)
        reply->subscriber.merchant.version = record_write(d, &s->merchant, c->merchant, 0);
    if (c->merchant_delete) {
        (void)memory_set_remove(&bucket_of(d, c->msisdn)->people, c->msisdn);
        record_clear(&s->merchant);
    }
    commit_rest(d, c, reply);
    close_subscriber(d, s);
    if (d->on_commit != NULL)
        d->on_commit(d->watcher, c);
}

void memory_data_reserve(struct memory_data *d, const char *msisdn, const char *counter,
                         struct store_reply *reply)
{
    struct memory_bucket *b = bucket_of(d, msisdn);
    struct memory_counter *found = NULL;

    reply_init(reply);
    LIST_FOREACH(n, &b->counters) {
        struct memory_counter *c = LIST_ITEM(n, struct memory_counter, node);

        if (strcmp(c->name, counter) == 0)
            found = c;
    }
    if (found == NULL) {
        found = mem_zalloc(sizeof(*found));
        text_copy(found->name, sizeof(found->name), counter);
        list_push_back(&b->counters, &found->node);
    }
    reply->number = ++found->value;
}

void memory_data_settle(struct memory_data *d, const struct store_settlement *settlement,
                        struct store_reply *reply)
{
    reply_init(reply);
    memory_subject_settle(&d->buckets[settlement->bucket], settlement, reply);
}

void memory_data_touch(struct memory_data *d, unsigned bucket, const char *owner,
                       struct store_owed_id id, struct store_reply *reply)
{
    reply_init(reply);
    LIST_FOREACH(n, &d->buckets[bucket].outbox) {
        struct memory_owed *o = LIST_ITEM(n, struct memory_owed, node);

        if (o->id.ms != id.ms || o->id.number != id.number || strcmp(o->owner, owner) != 0)
            continue;
        o->touched_ms = d->wall_ms(d->ctx);
        reply->number = 1;
    }
}

void memory_data_receipt(struct memory_data *d, const struct store_receipt *receipt,
                         struct store_reply *reply)
{
    reply_init(reply);
    memory_subject_receipt(&d->buckets[receipt->bucket], receipt, reply);
}

void memory_data_lapse(struct memory_data *d, unsigned bucket, const char *subject, int64_t now_ms,
                       struct store_reply *reply)
{
    reply_init(reply);
    memory_subject_lapse(&d->buckets[bucket], subject, now_ms, reply);
}

void memory_data_messages(struct memory_data *d, unsigned bucket, const char *subject,
                          struct store_message *list, struct store_reply *reply)
{
    reply_init(reply);
    reply->messages = list;
    reply->message_count =
        memory_subject_list(&d->buckets[bucket], subject, d->wall_ms(d->ctx), list);
}

void memory_data_tally(struct memory_data *d, unsigned bucket, struct store_reply *reply)
{
    reply_init(reply);
    reply->tally = d->buckets[bucket].tally;
    reply->tally.waiting = d->buckets[bucket].outbox.count;
}

static struct shared *open_shared(struct memory_data *d, const char *name)
{
    struct shared *s = get_shared(d, name);

    record_expire(&s->record, d->wall_ms(d->ctx));
    return s;
}

void memory_data_shared_load(struct memory_data *d, const char *name, struct store_reply *reply)
{
    struct shared *s = open_shared(d, name);

    reply_init(reply);
    reply->subscriber.session = record_view(&s->record);
    if (s->record.version == 0)
        remove_shared(d, s);
}

void memory_data_shared_commit(struct memory_data *d, const char *name, uint64_t version,
                               struct span data, uint32_t ttl_s, struct store_reply *reply)
{
    struct shared *s = open_shared(d, name);

    reply_init(reply);
    if (s->record.version != version) {
        reply->result = STORE_CONFLICT;
        reply->subscriber.session = record_view(&s->record);
    } else if (data.size != 0) {
        reply->subscriber.session.version = record_write(d, &s->record, data, ttl_s);
    } else {
        record_clear(&s->record);
    }
    if (s->record.version == 0)
        remove_shared(d, s);
}

size_t memory_data_find(struct memory_data *d, unsigned bucket, const char *member,
                        struct store_listed *item)
{
    const struct memory_owner *o = memory_bucket_find_owner(&d->buckets[bucket], member);

    if (o == NULL)
        return 0;
    *item = (struct store_listed){.member = o->member, .msisdn = o->msisdn};
    return 1;
}

static bool is_behind(const struct memory_scored *item, struct store_cursor after)
{
    if (after.member == NULL || item->score != after.at_ms)
        return after.member == NULL || item->score > after.at_ms;
    return strcmp(item->member, after.member) > 0;
}

size_t memory_data_list(struct memory_data *d, unsigned bucket, const char *set_name,
                        struct store_cursor after, size_t limit, struct store_listed *items,
                        bool *more)
{
    const struct memory_bucket *b = &d->buckets[bucket];
    bool is_people = strcmp(set_name, STORE_PEOPLE_SET) == 0;
    const struct memory_set *set = is_people ? &b->people : memory_bucket_find_set(b, set_name);
    size_t count = 0;

    *more = false;
    for (size_t i = 0; set != NULL && i < set->count && !*more; i++) {
        const char *member = set->items[i].member;

        if (!is_behind(&set->items[i], after))
            continue;
        *more = count == limit;
        if (count < limit)
            items[count++] = (struct store_listed){
                .member = member,
                .msisdn = is_people ? member : memory_bucket_find_owner(b, member)->msisdn,
                .at_ms = set->items[i].score};
    }
    return count;
}

void memory_data_log_add(struct memory_data *d, unsigned bucket, enum store_log log,
                         struct span body, struct store_reply *reply)
{
    reply_init(reply);
    memory_bucket_log(&d->buckets[bucket], log, body, d->wall_ms(d->ctx));
    reply->number = 1;
}

static bool is_after(struct store_owed_id id, struct store_owed_id after)
{
    return id.ms != after.ms ? id.ms > after.ms : id.number > after.number;
}

size_t memory_data_log_read(struct memory_data *d, unsigned bucket, enum store_log log,
                            struct store_owed_id after, size_t limit, struct store_taken *taken)
{
    const struct memory_bucket *b = &d->buckets[bucket];
    size_t count = 0;

    if (log == STORE_LOG_OUTBOX) {
        LIST_FOREACH(n, &b->outbox) {
            const struct memory_owed *o = LIST_ITEM(n, struct memory_owed, node);

            if (count < limit && is_after(o->id, after))
                taken[count++] =
                    (struct store_taken){.id = o->id, .body = span_of(o->body, o->size)};
        }
        return count;
    }
    for (size_t i = 0; i < b->logs[log].count && count < limit; i++) {
        const struct memory_entry *e = &b->logs[log].entries[i];

        if (is_after(e->id, after))
            taken[count++] = (struct store_taken){.id = e->id, .body = e->body};
    }
    return count;
}

void memory_data_log_trim(struct memory_data *d, unsigned bucket, enum store_log log,
                          int64_t before_ms, struct store_reply *reply)
{
    reply_init(reply);
    reply->number = memory_log_trim(&d->buckets[bucket].logs[log], before_ms);
}

size_t memory_data_take(struct memory_data *d, unsigned bucket, const char *owner, uint64_t idle_ms,
                        size_t limit, struct store_taken *taken)
{
    int64_t now_ms = d->wall_ms(d->ctx);
    size_t count = 0;

    LIST_FOREACH(n, &d->buckets[bucket].outbox) {
        struct memory_owed *o = LIST_ITEM(n, struct memory_owed, node);

        if (count == limit)
            break;
        if (o->touched_ms != 0 && now_ms - o->touched_ms < (int64_t)idle_ms)
            continue;
        o->touched_ms = now_ms;
        o->deliveries++;
        text_copy(o->owner, sizeof(o->owner), owner);
        taken[count++] = (struct store_taken){
            .id = o->id, .deliveries = o->deliveries, .body = span_of(o->body, o->size)};
    }
    return count;
}

int64_t memory_data_ahead_s(const struct memory_data *d, int64_t now_ms)
{
    int64_t ahead_s = now_ms / 1000 - d->wall_ms(d->ctx) / 1000;

    return ahead_s > STORE_AHEAD_MAX_S ? ahead_s : 0;
}

size_t memory_data_due(struct memory_data *d, unsigned bucket, int64_t now_ms, size_t limit,
                       const char **members)
{
    struct memory_bucket *b = &d->buckets[bucket];
    const struct memory_set *timers = &b->timers;
    size_t count = 0, first = 0;

    while (count < timers->count && timers->items[count].score <= now_ms)
        count++;
    if (count > limit) {
        first = b->sweeps++ % (count - limit + 1);
        count = limit;
    }
    for (size_t i = 0; i < count; i++)
        members[i] = timers->items[first + i].member;
    return count;
}

size_t memory_data_owed_count(const struct memory_data *d)
{
    size_t count = 0;

    for (unsigned i = 0; i < d->bucket_count; i++)
        count += d->buckets[i].outbox.count;
    return count;
}

const struct span *memory_data_journal(const struct memory_data *d, unsigned bucket, size_t place)
{
    const struct memory_bucket *b = &d->buckets[bucket];

    return place < b->logs[STORE_LOG_JOURNAL].count
               ? &b->logs[STORE_LOG_JOURNAL].entries[place].body
               : NULL;
}

void memory_data_watch(struct memory_data *d, memory_data_watch_fn *fn, void *ctx)
{
    d->on_commit = fn;
    d->watcher = ctx;
}
