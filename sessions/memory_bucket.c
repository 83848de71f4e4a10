#include "sessions/memory_bucket.h"

#include "sessions/memory_subject.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

static int scored_compare(const struct memory_scored *a, int64_t score, const char *member)
{
    if (a->score != score)
        return a->score < score ? -1 : 1;
    return strcmp(a->member, member);
}

bool memory_set_remove(struct memory_set *set, const char *member)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->items[i].member, member) != 0)
            continue;
        mem_free(set->items[i].member);
        memmove(&set->items[i], &set->items[i + 1], (set->count - i - 1) * sizeof(set->items[0]));
        set->count--;
        return true;
    }
    return false;
}

bool memory_set_add(struct memory_set *set, int64_t score, const char *member)
{
    bool is_new = !memory_set_remove(set, member);
    size_t place = set->count;

    if (set->count == set->capacity) {
        set->capacity = set->capacity != 0 ? set->capacity * 2 : 8;
        set->items = mem_realloc_array(set->items, set->capacity, sizeof(set->items[0]));
    }
    while (place > 0 && scored_compare(&set->items[place - 1], score, member) > 0) {
        set->items[place] = set->items[place - 1];
        place--;
    }
    set->items[place] = (struct memory_scored){.score = score, .member = mem_strdup(member)};
    set->count++;
    return is_new;
}

static void scored_clear(struct memory_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        mem_free(set->items[i].member);
    mem_free(set->items);
    set->items = NULL;
    set->count = set->capacity = 0;
}

static void scored_copy(struct memory_set *to, const struct memory_set *from)
{
    for (size_t i = 0; i < from->count; i++)
        (void)memory_set_add(to, from->items[i].score, from->items[i].member);
}

struct memory_set *memory_bucket_find_set(const struct memory_bucket *b, const char *name)
{
    LIST_FOREACH(n, &b->sets) {
        struct memory_set *set = LIST_ITEM(n, struct memory_set, node);

        if (strcmp(set->name, name) == 0)
            return set;
    }
    return NULL;
}

struct memory_set *memory_bucket_set(struct memory_bucket *b, const char *name)
{
    struct memory_set *set = memory_bucket_find_set(b, name);

    if (set == NULL) {
        set = mem_zalloc(sizeof(*set));
        text_copy(set->name, sizeof(set->name), name);
        list_push_back(&b->sets, &set->node);
    }
    return set;
}

struct memory_owner *memory_bucket_find_owner(const struct memory_bucket *b, const char *member)
{
    LIST_FOREACH(n, &b->owners) {
        struct memory_owner *o = LIST_ITEM(n, struct memory_owner, node);

        if (strcmp(o->member, member) == 0)
            return o;
    }
    return NULL;
}

void memory_bucket_enter(struct memory_bucket *b, const char *member, const char *msisdn)
{
    struct memory_owner *o = memory_bucket_find_owner(b, member);

    if (o == NULL) {
        o = mem_zalloc(sizeof(*o));
        text_copy(o->member, sizeof(o->member), member);
        list_push_back(&b->owners, &o->node);
    }
    text_copy(o->msisdn, sizeof(o->msisdn), msisdn);
    o->sets++;
}

void memory_bucket_leave(struct memory_bucket *b, const char *member)
{
    struct memory_owner *o = memory_bucket_find_owner(b, member);

    assert(o != NULL);
    if (--o->sets == 0) {
        list_remove(&b->owners, &o->node);
        mem_free(o);
    }
}

static struct store_owed_id next_id(struct memory_bucket *b, int64_t now_ms)
{
    if ((uint64_t)now_ms > b->last_id.ms)
        b->last_id = (struct store_owed_id){.ms = (uint64_t)now_ms};
    else
        b->last_id.number++;
    return b->last_id;
}

struct store_owed_id memory_bucket_owe(struct memory_bucket *b, struct span body,
                                       const char *subject, const char *owner, int64_t now_ms)
{
    struct memory_owed *o = mem_zalloc(sizeof(*o));

    o->id = next_id(b, now_ms);
    text_copy(o->subject, sizeof(o->subject), subject != NULL ? subject : "");
    o->touched_ms = owner != NULL ? now_ms : 0;
    o->deliveries = owner != NULL ? 1 : 0;
    text_copy(o->owner, sizeof(o->owner), owner != NULL ? owner : "");
    o->body = mem_dup(body.data, body.size);
    o->size = body.size;
    list_push_back(&b->outbox, &o->node);
    return o->id;
}

static void outbox_remove(struct memory_bucket *b, struct memory_owed *o)
{
    list_remove(&b->outbox, &o->node);
    mem_free(o->body);
    mem_free(o);
}

bool memory_bucket_settle(struct memory_bucket *b, struct store_owed_id id)
{
    LIST_FOREACH(n, &b->outbox) {
        struct memory_owed *o = LIST_ITEM(n, struct memory_owed, node);

        if (o->id.ms == id.ms && o->id.number == id.number) {
            outbox_remove(b, o);
            return true;
        }
    }
    return false;
}

void memory_bucket_forget_owed(struct memory_bucket *b, const char *subject, int64_t until_ms)
{
    LIST_FOREACH(n, &b->outbox) {
        struct memory_owed *o = LIST_ITEM(n, struct memory_owed, node);

        if (o->id.ms > (uint64_t)until_ms || strcmp(o->subject, subject) != 0)
            continue;
        outbox_remove(b, o);
        b->tally.erased++;
    }
}

void memory_bucket_forget(struct memory_bucket *b, const char *subject)
{
    memory_bucket_forget_owed(b, subject, INT64_MAX);
    memory_subject_erase(b, subject);
}

static void log_append(struct memory_log *log, struct store_owed_id id, struct span body)
{
    log->entries = mem_realloc_array(log->entries, log->count + 1, sizeof(log->entries[0]));
    log->entries[log->count++] =
        (struct memory_entry){.id = id, .body = span_of(mem_dup(body.data, body.size), body.size)};
}

void memory_bucket_log(struct memory_bucket *b, enum store_log log, struct span body,
                       int64_t now_ms)
{
    log_append(&b->logs[log], next_id(b, now_ms), body);
}

size_t memory_log_trim(struct memory_log *log, int64_t before_ms)
{
    size_t count = 0;

    while (count < log->count && log->entries[count].id.ms < (uint64_t)before_ms)
        mem_free((void *)log->entries[count++].body.data);
    log->count -= count;
    if (log->count != 0)
        memmove(log->entries, log->entries + count, log->count * sizeof(log->entries[0]));
    return count;
}

void memory_bucket_init(struct memory_bucket *b)
{
    memset(b, 0, sizeof(*b));
    list_init(&b->outbox);
    list_init(&b->sets);
    list_init(&b->counters);
    list_init(&b->owners);
    list_init(&b->subjects);
}

void memory_bucket_fini(struct memory_bucket *b)
{
    LIST_FOREACH(n, &b->outbox)
        outbox_remove(b, LIST_ITEM(n, struct memory_owed, node));
    LIST_FOREACH(n, &b->sets) {
        scored_clear(LIST_ITEM(n, struct memory_set, node));
        mem_free(LIST_ITEM(n, struct memory_set, node));
    }
    LIST_FOREACH(n, &b->counters)
        mem_free(LIST_ITEM(n, struct memory_counter, node));
    LIST_FOREACH(n, &b->owners)
        mem_free(LIST_ITEM(n, struct memory_owner, node));
    memory_subjects_clear(&b->subjects);
    scored_clear(&b->timers);
    scored_clear(&b->people);
    for (unsigned i = 0; i < STORE_LOG_OUTBOX; i++) {
        memory_log_trim(&b->logs[i], INT64_MAX);
        mem_free(b->logs[i].entries);
    }
}

void memory_bucket_copy(struct memory_bucket *to, const struct memory_bucket *from)
{
    memory_bucket_init(to);
    LIST_FOREACH(n, &from->outbox) {
        struct memory_owed *copy = mem_dup(LIST_ITEM(n, struct memory_owed, node), sizeof(*copy));

        copy->body = mem_dup(copy->body, copy->size);
        list_push_back(&to->outbox, &copy->node);
    }
    LIST_FOREACH(n, &from->sets) {
        const struct memory_set *set = LIST_ITEM(n, struct memory_set, node);

        scored_copy(memory_bucket_set(to, set->name), set);
    }
    LIST_FOREACH(n, &from->counters)
        list_push_back(&to->counters,
                       &((struct memory_counter *)mem_dup(LIST_ITEM(n, struct memory_counter, node),
                                                          sizeof(struct memory_counter)))
                            ->node);
    LIST_FOREACH(n, &from->owners)
        list_push_back(&to->owners,
                       &((struct memory_owner *)mem_dup(LIST_ITEM(n, struct memory_owner, node),
                                                        sizeof(struct memory_owner)))
                            ->node);
    scored_copy(&to->timers, &from->timers);
    scored_copy(&to->people, &from->people);
    for (unsigned i = 0; i < STORE_LOG_OUTBOX; i++)
        for (size_t k = 0; k < from->logs[i].count; k++)
            log_append(&to->logs[i], from->logs[i].entries[k].id, from->logs[i].entries[k].body);
    to->last_id = from->last_id;
    memory_subjects_copy(&to->subjects, &from->subjects);
    to->tally = from->tally;
}
