#include "merchants/rehearsal.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORD_BYTES_MAX = 8192,
    COUNTERS_MAX = 64 * REHEARSAL_PHONES_MAX, /* of each: tickets, and the regencies of a menu */
    BUCKETS = 256,
    TIMER_KIND_BYTES = 16,
    FIRST_NUMBER = 1,
};

struct timer_entry {
    char kind[TIMER_KIND_BYTES]; /* empty = free */
    int64_t due_ms;
};

struct phone {
    char msisdn[PROGRAMME_NUMBER_BYTES];
    struct menu_state state;
    uint8_t record[RECORD_BYTES_MAX];
    size_t record_size;
    int64_t touched_ms;
    struct timer_entry timers[PROGRAMME_TIMERS_MAX];
    char sms[REHEARSAL_SMS_MAX][MENU_TEXT_BYTES]; /* oldest first */
    unsigned sms_count;
};

struct counter {
    char name[MENU_NAME_BYTES];
    unsigned bucket;
    uint64_t last;
};

struct rehearsal {
    const struct menu *menu;
    char code[MENU_NAME_BYTES];
    int64_t now_ms;
    struct menu_limits limits;
    struct phone phones[REHEARSAL_PHONES_MAX];
    unsigned phone_count;
    struct phone *phone; /* in hand */
    struct counter counters[COUNTERS_MAX];
    unsigned counter_count;
    uint8_t shared[TRAININGS_BYTES_MAX]; /* the record of all trainings */
    size_t shared_size;
    struct programme programme;
    struct menu_outcome outcome;
    char taken[MENU_TEXT_BYTES];
};

/* --- phones --------------------------------------------------------------------------------- */

bool rehearsal_take_phone(struct rehearsal *r, const char *msisdn)
{
    struct phone *phone;

    for (unsigned i = 0; i < r->phone_count; i++) {
        if (strcmp(r->phones[i].msisdn, msisdn) == 0) {
            r->phone = &r->phones[i];
            return true;
        }
    }
    if (r->phone_count == REHEARSAL_PHONES_MAX)
        return false;
    phone = &r->phones[r->phone_count++];
    text_copy(phone->msisdn, sizeof(phone->msisdn), msisdn);
    menu_state_init(&phone->state);
    r->phone = phone;
    return true;
}

struct rehearsal *rehearsal_new(const struct menu *menu, const char *code, int64_t now_ms)
{
    struct rehearsal *r = mem_zalloc(sizeof(*r));

    r->menu = menu;
    text_copy(r->code, sizeof(r->code), code);
    r->now_ms = now_ms;
    r->limits = menu_limits_of(MENU_GSM_SEPTETS_MAX);
    rehearsal_take_phone(r, "6281200000001");
    return r;
}

void rehearsal_free(struct rehearsal *r)
{
    mem_free(r);
}

/* Its pointers lead to the menu and into itself: a copy is good for nothing but to be put back. */
struct rehearsal *rehearsal_copy(const struct rehearsal *r)
{
    struct rehearsal *copy = mem_alloc(sizeof(*copy));

    *copy = *r;
    return copy;
}

void rehearsal_restore(struct rehearsal *r, struct rehearsal *copy)
{
    *r = *copy;
    mem_free(copy);
}

const struct menu_outcome *rehearsal_outcome(const struct rehearsal *r)
{
    return &r->outcome;
}

void rehearsal_set_limits(struct rehearsal *r, struct menu_limits limits)
{
    r->limits = limits;
}

void rehearsal_set_language(struct rehearsal *r, const char *language)
{
    text_copy(r->phone->state.language, sizeof(r->phone->state.language), language);
}

int64_t rehearsal_now(const struct rehearsal *r)
{
    return r->now_ms;
}

const struct menu_state *rehearsal_state(const struct rehearsal *r)
{
    return &r->phone->state;
}

struct span rehearsal_record(const struct rehearsal *r)
{
    return span_of(r->phone->record, r->phone->record_size);
}

/* --- SMS ------------------------------------------------------------------------------------ */

static void receive_sms(struct phone *phone, const char *text)
{
    if (phone->sms_count == REHEARSAL_SMS_MAX) { /* as a full phone: the oldest goes */
        memmove(phone->sms[0], phone->sms[1], sizeof(phone->sms) - sizeof(phone->sms[0]));
        phone->sms_count--;
    }
    text_copy(phone->sms[phone->sms_count++], MENU_TEXT_BYTES, text);
}

const char *rehearsal_take_sms(struct rehearsal *r)
{
    struct phone *phone = r->phone;

    if (phone->sms_count == 0)
        return NULL;
    memcpy(r->taken, phone->sms[0], sizeof(r->taken));
    phone->sms_count--;
    memmove(phone->sms[0], phone->sms[1], phone->sms_count * sizeof(phone->sms[0]));
    return r->taken;
}

/* --- one turn ------------------------------------------------------------------------------- */

static unsigned bucket_of(const char *msisdn)
{
    unsigned sum = 0;

    for (; *msisdn != '\0'; msisdn++)
        sum = sum * 31 + (unsigned char)*msisdn;
    return sum % BUCKETS;
}

static void begin(struct rehearsal *r)
{
    struct phone *phone = r->phone;
    bool is_readable = programme_begin(&r->programme, phone->msisdn, rehearsal_record(r), r->now_ms,
                                       &phone->state);

    assert(is_readable); /* it was written here */
    (void)is_readable;
    r->programme.bucket = bucket_of(phone->msisdn);
    r->programme.buckets = BUCKETS;
    r->programme.touched_ms = phone->touched_ms;
    if (phone->state.language[0] == '\0')
        text_copy(phone->state.language, sizeof(phone->state.language),
                  r->programme.subscriber.language);
}

static void keep_timer(struct phone *phone, const struct programme_timer *t)
{
    struct timer_entry *entry = NULL;

    for (unsigned i = 0; i < PROGRAMME_TIMERS_MAX; i++) {
        if (strcmp(phone->timers[i].kind, t->kind) == 0) {
            entry = &phone->timers[i];
            break;
        }
        if (entry == NULL && phone->timers[i].kind[0] == '\0')
            entry = &phone->timers[i];
    }
    assert(entry != NULL); /* one of each kind */
    text_copy(entry->kind, sizeof(entry->kind), t->due_ms != 0 ? t->kind : "");
    entry->due_ms = t->due_ms;
}

static void keep_shared(struct rehearsal *r)
{
    struct writer w;

    writer_init(&w, r->shared, sizeof(r->shared));
    programme_encode_shared(&r->programme, &w);
    assert(!w.failed);
    r->shared_size = writer_size(&w);
}

/* What the commits do: the shared record; SMS, timers, record. */
static void finish(struct rehearsal *r)
{
    struct phone *phone = r->phone;
    struct programme *p = &r->programme;
    struct menu_facts facts = programme_facts(p);
    struct writer w;

    if (p->shared_changed)
        keep_shared(r);
    for (unsigned i = 0; i < p->sms_count; i++) {
        char text[MENU_TEXT_BYTES];

        if (menu_text(r->menu, &phone->state, p->sms[i], &facts, r->code, text))
            receive_sms(phone, text);
    }
    for (unsigned i = 0; i < p->timer_count; i++)
        keep_timer(phone, &p->timers[i]);
    if (p->is_erased) {
        phone->record_size = 0;
        menu_state_init(&phone->state);
        return;
    }
    if (!p->record_changed)
        return;
    text_copy(p->subscriber.language, sizeof(p->subscriber.language), phone->state.language);
    writer_init(&w, phone->record, sizeof(phone->record));
    programme_encode(p, &w);
    assert(!w.failed);
    phone->record_size = writer_size(&w);
}

static uint64_t next_number(struct rehearsal *r, const char *name)
{
    unsigned bucket = bucket_of(r->phone->msisdn);
    struct counter *c;

    for (unsigned i = 0; i < r->counter_count; i++) {
        c = &r->counters[i];
        if (c->bucket == bucket && strcmp(c->name, name) == 0)
            return ++c->last;
    }
    assert(r->counter_count < COUNTERS_MAX);
    c = &r->counters[r->counter_count++];
    c->bucket = bucket;
    text_copy(c->name, sizeof(c->name), name);
    c->last = FIRST_NUMBER;
    return c->last;
}

static void find_owner(struct rehearsal *r, const char *regno)
{
    struct programme *p = &r->programme;

    p->has_found = true;
    p->found = false;
    for (unsigned i = 0; i < r->phone_count && !p->found; i++) {
        const struct phone *phone = &r->phones[i];

        p->found = phone->record_size != 0 &&
                   subscriber_decode(&p->other, span_of(phone->record, phone->record_size)) &&
                   subscriber_find(&p->other, regno) != NULL;
        if (p->found)
            text_copy(p->other_msisdn, sizeof(p->other_msisdn), phone->msisdn);
    }
}

static void satisfy(struct rehearsal *r)
{
    struct programme *p = &r->programme;

    switch (p->need.kind) {
    case PROGRAMME_NEEDS_NUMBER:
        if (!programme_numbers_add(&p->numbers, p->need.key, next_number(r, p->need.key)))
            abort(); /* an action needs one at most */
        break;
    case PROGRAMME_NEEDS_RECORD:
        find_owner(r, p->need.key);
        break;
    case PROGRAMME_NEEDS_SHARED:
        p->has_shared = true;
        p->shared = span_of(r->shared, r->shared_size);
        break;
    case PROGRAMME_NEEDS_NOTHING:
        abort(); /* an action that stops says what it needs */
    }
}

static const char *act(struct rehearsal *r, const char *action)
{
    const char *result;

    while ((result = programme_act(&r->programme, action, &r->phone->state)) == NULL)
        satisfy(r);
    return result;
}

/* A state that the store could not give back is none: it goes through its encoding. */
static void keep_state(struct phone *phone)
{
    uint8_t octets[MENU_STATE_BYTES_MAX];
    struct writer w;
    bool is_readable;

    writer_init(&w, octets, sizeof(octets));
    menu_state_encode(&phone->state, &w);
    assert(!w.failed);
    is_readable = menu_state_decode(&phone->state, writer_span(&w));
    assert(is_readable);
    (void)is_readable;
}

static const struct menu_outcome *take_event(struct rehearsal *r, enum menu_event_kind kind,
                                             const char *text)
{
    struct menu_event event = {.kind = kind, .text = text, .code = r->code};
    struct menu_facts facts;
    struct phone *phone = r->phone;

    rehearsal_wait(r, 0); /* what is done at once behind an input: a seat is given back */
    /* No two inputs come in one moment: which was asked last decides what a YA means. */
    event.now_ms = ++r->now_ms;
    begin(r);
    facts = programme_facts(&r->programme);
    for (;;) {
        menu_step(r->menu, &phone->state, &event, &facts, r->limits, &r->outcome);
        if (r->outcome.kind != MENU_ACT)
            break;
        event.kind = MENU_EVENT_RESULT;
        event.text = act(r, r->outcome.action);
    }
    phone->touched_ms = r->now_ms;
    finish(r);
    keep_state(phone);
    return &r->outcome;
}

static bool is_idle(const struct rehearsal *r)
{
    return r->now_ms - r->phone->touched_ms > REHEARSAL_IDLE_S * INT64_C(1000);
}

const struct menu_outcome *rehearsal_dial(struct rehearsal *r, const char *dialled)
{
    return take_event(r, MENU_EVENT_DIAL, dialled);
}

const struct menu_outcome *rehearsal_type(struct rehearsal *r, const char *typed)
{
    if (!r->phone->state.is_open || is_idle(r))
        return take_event(r, MENU_EVENT_DIAL, r->code);
    return take_event(r, MENU_EVENT_INPUT, typed);
}

const struct menu_outcome *rehearsal_sms(struct rehearsal *r, const char *text)
{
    char *whole = mem_alloc(strlen(text) + 1);
    size_t size = 0;

    for (; *text != '\0'; text++) {
        bool is_break = text[0] == '\\' && text[1] == 'n';

        whole[size++] = is_break ? '\n' : *text;
        text += is_break;
    }
    whole[size] = '\0';
    take_event(r, MENU_EVENT_SMS, whole);
    mem_free(whole);
    if (r->outcome.kind != MENU_SILENT)
        receive_sms(r->phone, r->outcome.text);
    return &r->outcome;
}

void rehearsal_hang_up(struct rehearsal *r)
{
    take_event(r, MENU_EVENT_ABORT, "");
}

static const char *newest_regno(const struct rehearsal *r)
{
    const struct subscriber *s = &r->programme.subscriber;

    return s->merchant_count != 0 ? s->merchants[s->merchant_count - 1].regno : "";
}

enum programme_verdict rehearsal_decide(struct rehearsal *r, enum merchant_event event,
                                        const char *reason)
{
    enum programme_verdict verdict;

    begin(r);
    verdict = programme_decide(&r->programme, newest_regno(r), event, reason);
    finish(r);
    return verdict;
}

enum programme_verdict rehearsal_freeze(struct rehearsal *r, bool is_frozen)
{
    enum programme_verdict verdict;

    begin(r);
    verdict = programme_freeze(&r->programme, newest_regno(r), is_frozen);
    finish(r);
    return verdict;
}

/* --- trainings ------------------------------------------------------------------------------ */

static void write_trainings(struct rehearsal *r, const struct trainings *t)
{
    struct writer w;

    writer_init(&w, r->shared, sizeof(r->shared));
    trainings_encode(t, &w);
    assert(!w.failed);
    r->shared_size = writer_size(&w);
}

static struct trainings *read_trainings(struct rehearsal *r)
{
    struct trainings *t = mem_zalloc(sizeof(*t));

    trainings_decode(t, span_of(r->shared, r->shared_size));
    return t;
}

enum training_verdict rehearsal_plan(struct rehearsal *r, const struct training *plan)
{
    struct trainings *t = read_trainings(r);
    struct phone *in_hand = r->phone;
    char id[TRAINING_ID_BYTES];
    enum training_verdict verdict = trainings_add(t, plan, r->now_ms, id);

    write_trainings(r, t);
    mem_free(t);
    if (verdict != TRAINING_DONE)
        return verdict;
    for (unsigned i = 0; i < r->phone_count; i++) {
        struct menu_state kept = r->phones[i].state; /* an officer does not write the session */

        r->phone = &r->phones[i];
        begin(r);
        while (!programme_announce(&r->programme, &r->phone->state))
            satisfy(r);
        finish(r);
        r->phone->state = kept;
    }
    r->phone = in_hand;
    return verdict;
}

bool rehearsal_call_off(struct rehearsal *r, const char *id)
{
    struct trainings *t = read_trainings(r);
    struct phone *in_hand = r->phone;
    bool is_known = trainings_cancel(t, id);

    write_trainings(r, t);
    mem_free(t);
    for (unsigned i = 0; i < r->phone_count && is_known; i++) {
        r->phone = &r->phones[i];
        begin(r);
        programme_training_cancelled(&r->programme, id);
        finish(r);
    }
    r->phone = in_hand;
    return is_known;
}

/* --- time ----------------------------------------------------------------------------------- */

/* The timer that is due first, not later than until_ms; NULL when there is none. */
static struct timer_entry *find_due(struct rehearsal *r, int64_t until_ms, struct phone **owner)
{
    struct timer_entry *first = NULL;

    for (unsigned i = 0; i < r->phone_count; i++) {
        for (unsigned k = 0; k < PROGRAMME_TIMERS_MAX; k++) {
            struct timer_entry *t = &r->phones[i].timers[k];

            if (t->kind[0] == '\0' || t->due_ms > until_ms ||
                (first != NULL && t->due_ms >= first->due_ms))
                continue;
            first = t;
            *owner = &r->phones[i];
        }
    }
    return first;
}

void rehearsal_wait(struct rehearsal *r, int64_t ms)
{
    int64_t until_ms = r->now_ms + ms;
    struct phone *in_hand = r->phone;
    struct timer_entry *due;

    while ((due = find_due(r, until_ms, &r->phone)) != NULL) {
        char kind[TIMER_KIND_BYTES];

        memcpy(kind, due->kind, sizeof(kind));
        if (due->due_ms > r->now_ms)
            r->now_ms = due->due_ms;
        begin(r);
        programme_on_timer(&r->programme, kind, &r->phone->state);
        while (r->programme.need.kind != PROGRAMME_NEEDS_NOTHING) {
            satisfy(r);
            programme_on_timer(&r->programme, kind, &r->phone->state);
        }
        finish(r);
    }
    r->phone = in_hand;
    r->now_ms = until_ms;
}
