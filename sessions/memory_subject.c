#include "sessions/memory_subject.h"

#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    MESSAGES_MAX = STORE_AWAITED_MAX + STORE_ENDED_MAX + 1,
    NAMES_MAX = MESSAGES_MAX * STORE_RECEIPT_KEYS_MAX,
    PARKED_NAMES_MAX = STORE_PARKED_MAX * STORE_RECEIPT_KEYS_MAX,
};

struct message {
    struct store_owed_id id;
    enum store_end state, worst;
    unsigned parts; /* still to come */
    int64_t at_ms, until_ms;
};

/* What a receipt may say, and which part it then is about. */
struct name {
    char text[STORE_RECEIPT_KEY_BYTES_MAX + 1];
    struct store_owed_id id;
    unsigned part;
    bool is_ambiguous;
};

struct parked {
    char text[STORE_RECEIPT_KEY_BYTES_MAX + 1];
    char first[STORE_RECEIPT_KEY_BYTES_MAX + 1]; /* of its receipt's names */
    enum store_end state;
    int64_t until_ms;
};

struct memory_subject {
    struct list_node node;
    char name[STORE_NAME_BYTES_MAX + 1];
    int64_t expires_ms; /* 0 = it awaits something */
    struct message messages[MESSAGES_MAX];
    struct name *names;
    struct parked *parked;
    size_t message_count, name_count, parked_count;
};

static struct memory_subject *subject_of(struct list_node *n)
{
    return LIST_ITEM(n, struct memory_subject, node);
}

static void subject_remove(struct list *subjects, struct memory_subject *x)
{
    list_remove(subjects, &x->node);
    mem_free(x->names);
    mem_free(x->parked);
    mem_free(x);
}

void memory_subjects_clear(struct list *subjects)
{
    LIST_FOREACH(n, subjects)
        subject_remove(subjects, subject_of(n));
}

void memory_subjects_copy(struct list *to, const struct list *from)
{
    LIST_FOREACH(n, from) {
        struct memory_subject *copy = mem_dup(subject_of(n), sizeof(*copy));

        copy->names = mem_dup(copy->names, copy->name_count * sizeof(*copy->names));
        copy->parked = mem_dup(copy->parked, copy->parked_count * sizeof(*copy->parked));
        list_node_init(&copy->node);
        list_push_back(to, &copy->node);
    }
}

static void forget_parked_at(struct memory_subject *x, size_t i)
{
    x->parked[i] = x->parked[--x->parked_count];
}

/* As it is now: what has expired is gone. */
static struct memory_subject *subject_open(struct memory_bucket *b, const char *name,
                                           int64_t now_ms)
{
    struct memory_subject *x = NULL;

    LIST_FOREACH(n, &b->subjects)
        if (strcmp(subject_of(n)->name, name) == 0)
            x = subject_of(n);
    if (x != NULL && x->expires_ms != 0 && x->expires_ms <= now_ms) {
        subject_remove(&b->subjects, x);
        x = NULL;
    }
    if (x == NULL) {
        x = mem_zalloc(sizeof(*x));
        text_copy(x->name, sizeof(x->name), name);
        list_push_back(&b->subjects, &x->node);
    }
    for (size_t i = x->parked_count; i-- > 0;)
        if (x->parked[i].until_ms <= now_ms)
            forget_parked_at(x, i);
    return x;
}

static bool is_same(struct store_owed_id a, struct store_owed_id b)
{
    return a.ms == b.ms && a.number == b.number;
}

static struct message *find_message(struct memory_subject *x, struct store_owed_id id)
{
    for (size_t i = 0; i < x->message_count; i++)
        if (is_same(x->messages[i].id, id))
            return &x->messages[i];
    return NULL;
}

static struct name *find_name(struct memory_subject *x, const char *text)
{
    for (size_t i = 0; i < x->name_count; i++)
        if (strcmp(x->names[i].text, text) == 0)
            return &x->names[i];
    return NULL;
}

static struct parked *find_parked(struct memory_subject *x, const char *text)
{
    for (size_t i = 0; i < x->parked_count; i++)
        if (strcmp(x->parked[i].text, text) == 0)
            return &x->parked[i];
    return NULL;
}

/* part STORE_PARTS_MAX: of every part. */
static void forget_names(struct memory_subject *x, struct store_owed_id id, unsigned part)
{
    for (size_t i = x->name_count; i-- > 0;)
        if (!x->names[i].is_ambiguous && is_same(x->names[i].id, id) &&
            (part == STORE_PARTS_MAX || x->names[i].part == part))
            x->names[i] = x->names[--x->name_count];
}

static void tally_end(struct store_tally *tally, enum store_end end)
{
    tally->sent += end == STORE_END_SENT;
    tally->delivered += end == STORE_END_DELIVERED;
    tally->expired += end == STORE_END_EXPIRED;
    tally->failed += end == STORE_END_FAILED;
}

static void end_message(struct memory_bucket *b, struct memory_subject *x, struct message *m,
                        enum store_end end, int64_t now_ms)
{
    m->state = end;
    m->parts = 0;
    m->at_ms = now_ms;
    if (m->until_ms < now_ms + STORE_TOLD_MS)
        m->until_ms = now_ms + STORE_TOLD_MS;
    forget_names(x, m->id, STORE_PARTS_MAX);
    tally_end(&b->tally, end);
}

static void count_receipt(struct memory_bucket *b, struct memory_subject *x, struct message *m,
                          enum store_end end, int64_t now_ms)
{
    /* delivered, expired, failed: in the order of their letters */
    if (end > m->worst)
        m->worst = end;
    if (--m->parts == 0)
        end_message(b, x, m, m->worst, now_ms);
}

/* Ids grow, so the first in order is the oldest. */
static struct message *oldest(struct memory_subject *x, bool is_awaited, size_t *count)
{
    struct message *found = NULL;

    *count = 0;
    for (size_t i = 0; i < x->message_count; i++) {
        struct message *m = &x->messages[i];

        if ((m->state == STORE_END_AWAITED) != is_awaited)
            continue;
        (*count)++;
        if (found == NULL || m->id.ms < found->id.ms ||
            (m->id.ms == found->id.ms && m->id.number < found->id.number))
            found = m;
    }
    return found;
}

struct timer_name {
    char text[STORE_NAME_BYTES_MAX + sizeof(STORE_LAPSE_TIMER) + 1];
};

static struct timer_name timer_of(const struct memory_subject *x)
{
    struct timer_name name;

    snprintf(name.text, sizeof(name.text), STORE_LAPSE_TIMER ":%s", x->name);
    return name;
}

/* Called last: keeps to the limits, sets timer and expiry. */
static void tidy(struct memory_bucket *b, struct memory_subject *x)
{
    int64_t due_ms = INT64_MAX, last_ms = 0;
    struct message *m;
    size_t count;

    while ((m = oldest(x, false, &count)) != NULL && count > STORE_ENDED_MAX)
        *m = x->messages[--x->message_count];
    for (size_t i = 0; i < x->message_count; i++) {
        m = &x->messages[i];
        if (m->state == STORE_END_AWAITED && m->until_ms < due_ms)
            due_ms = m->until_ms;
        if (m->until_ms > last_ms)
            last_ms = m->until_ms;
    }
    for (size_t i = 0; i < x->parked_count; i++)
        if (x->parked[i].until_ms > last_ms)
            last_ms = x->parked[i].until_ms;
    x->expires_ms = 0;
    if (due_ms != INT64_MAX) {
        memory_set_add(&b->timers, due_ms, timer_of(x).text);
        return;
    }
    memory_set_remove(&b->timers, timer_of(x).text);
    x->name_count = 0;
    x->expires_ms = last_ms;
    if (last_ms == 0)
        subject_remove(&b->subjects, x);
}

static void tell(const struct message *m, struct store_reply *reply)
{
    reply->fate = m->state == STORE_END_AWAITED ? STORE_FATE_GOES_ON : STORE_FATE_ENDED;
    reply->end = m->state;
}

static void add_name(struct memory_subject *x, const struct store_receipt_key *key,
                     struct store_owed_id id)
{
    struct name *name = find_name(x, key->text);

    if (name != NULL) {
        name->is_ambiguous = true;
        return;
    }
    assert(x->name_count < NAMES_MAX);
    x->names = mem_realloc_array(x->names, x->name_count + 1, sizeof(*name));
    name = &x->names[x->name_count++];
    *name = (struct name){.id = id, .part = key->part};
    text_copy(name->text, sizeof(name->text), key->text);
}

static void forget_parked(struct memory_subject *x, const char *first)
{
    char text[STORE_RECEIPT_KEY_BYTES_MAX + 1];

    text_copy(text, sizeof(text), first);
    for (size_t i = x->parked_count; i-- > 0;)
        if (strcmp(x->parked[i].first, text) == 0)
            forget_parked_at(x, i);
}

/* The names of a message's parts, of which some may have been told already. */
static void await(struct memory_bucket *b, struct memory_subject *x, struct message *m,
                  const struct store_settlement *s)
{
    enum store_end told[STORE_PARTS_MAX] = {0};

    for (unsigned i = 0; i < s->key_count; i++) {
        struct parked *p = find_parked(x, s->keys[i].text);

        if (p == NULL || told[s->keys[i].part] != 0)
            continue;
        told[s->keys[i].part] = p->state;
        forget_parked(x, p->first);
    }
    for (unsigned i = 0; i < s->key_count; i++)
        if (told[s->keys[i].part] == 0)
            add_name(x, &s->keys[i], s->id);
    for (unsigned i = 0; i < s->parts; i++)
        if (told[i] != 0)
            count_receipt(b, x, m, told[i], s->now_ms);
}

void memory_subject_settle(struct memory_bucket *b, const struct store_settlement *s,
                           struct store_reply *reply)
{
    bool was_there = memory_bucket_settle(b, s->id);
    struct memory_subject *x = subject_open(b, s->subject, s->now_ms);
    struct message *m = find_message(x, s->id), *first;
    size_t count;

    if (!was_there) {
        reply->fate = m != NULL ? STORE_FATE_TOLD : STORE_FATE_UNKNOWN;
        reply->end = m != NULL ? m->state : STORE_END_AWAITED;
        if (m == NULL)
            tidy(b, x);
        return;
    }
    m = &x->messages[x->message_count++];
    *m = (struct message){.id = s->id,
                          .state = STORE_END_AWAITED,
                          .worst = STORE_END_DELIVERED,
                          .parts = s->parts,
                          .at_ms = s->now_ms,
                          .until_ms = s->until_ms};
    if (s->end == STORE_END_AWAITED) {
        await(b, x, m, s);
        first = oldest(x, true, &count);
        if (count > STORE_AWAITED_MAX) {
            end_message(b, x, first, STORE_END_EXPIRED, s->now_ms);
            reply->tally.expired = 1;
        }
    } else {
        end_message(b, x, m, s->end, s->now_ms);
    }
    tell(m, reply);
    tidy(b, x);
}

static bool park(struct memory_subject *x, const struct store_receipt *r)
{
    size_t receipts = 0;

    for (size_t i = 0; i < x->parked_count; i++)
        receipts += strcmp(x->parked[i].text, x->parked[i].first) == 0;
    if (receipts >= STORE_PARKED_MAX)
        return false;
    assert(x->parked_count + r->key_count <= PARKED_NAMES_MAX);
    x->parked = mem_realloc_array(x->parked, x->parked_count + r->key_count, sizeof(*x->parked));
    for (unsigned i = 0; i < r->key_count; i++) {
        struct parked *p = &x->parked[x->parked_count++];

        *p = (struct parked){.state = r->end, .until_ms = r->park_until_ms};
        text_copy(p->text, sizeof(p->text), r->keys[i]);
        text_copy(p->first, sizeof(p->first), r->keys[0]);
    }
    return true;
}

void memory_subject_receipt(struct memory_bucket *b, const struct store_receipt *receipt,
                            struct store_reply *reply)
{
    struct memory_subject *x = subject_open(b, receipt->subject, receipt->now_ms);
    const struct name *meant = NULL;
    struct message *m;

    reply->end = STORE_END_AWAITED;
    for (unsigned i = 0; i < receipt->key_count; i++) {
        const struct name *name = find_name(x, receipt->keys[i]);
        bool is_other = name != NULL && meant != NULL &&
                        (!is_same(name->id, meant->id) || name->part != meant->part);

        if (is_other || (name != NULL && name->is_ambiguous)) {
            reply->fate = STORE_FATE_AMBIGUOUS;
            return;
        }
        if (name != NULL)
            meant = name;
        if (find_parked(x, receipt->keys[i]) != NULL) {
            reply->fate = STORE_FATE_PARKED;
            return;
        }
    }
    if (meant == NULL) {
        reply->fate = park(x, receipt) ? STORE_FATE_PARKED : STORE_FATE_CROWDED;
        tidy(b, x);
        return;
    }
    m = find_message(x, meant->id);
    forget_names(x, meant->id, meant->part);
    count_receipt(b, x, m, receipt->end, receipt->now_ms);
    tell(m, reply);
    tidy(b, x);
}

void memory_subject_lapse(struct memory_bucket *b, const char *subject, int64_t now_ms,
                          struct store_reply *reply)
{
    struct memory_subject *x = subject_open(b, subject, now_ms);

    for (size_t i = 0; i < x->message_count; i++) {
        struct message *m = &x->messages[i];
        enum store_end end = m->worst == STORE_END_FAILED ? STORE_END_FAILED : STORE_END_EXPIRED;

        if (m->state != STORE_END_AWAITED || m->until_ms > now_ms)
            continue;
        end_message(b, x, m, end, now_ms);
        tally_end(&reply->tally, end);
    }
    tidy(b, x);
}

void memory_subject_erase(struct memory_bucket *b, const char *subject)
{
    LIST_FOREACH(n, &b->subjects) {
        struct memory_subject *x = subject_of(n);

        if (strcmp(x->name, subject) != 0)
            continue;
        for (size_t i = 0; i < x->message_count; i++)
            b->tally.erased += x->messages[i].state == STORE_END_AWAITED;
        memory_set_remove(&b->timers, timer_of(x).text);
        subject_remove(&b->subjects, x);
    }
}

size_t memory_subject_list(struct memory_bucket *b, const char *subject, int64_t now_ms,
                           struct store_message *list)
{
    struct memory_subject *x = subject_open(b, subject, now_ms);
    size_t count = x->message_count;

    for (size_t i = 0; i < count; i++) {
        const struct message *m = &x->messages[i];
        size_t at = i;

        for (; at > 0 && (m->id.ms < list[at - 1].id.ms || (m->id.ms == list[at - 1].id.ms &&
                                                            m->id.number < list[at - 1].id.number));
             at--)
            list[at] = list[at - 1];
        list[at] = (struct store_message){.id = m->id, .end = m->state, .at_ms = m->at_ms};
    }
    tidy(b, x);
    return count;
}
