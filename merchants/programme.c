#include "merchants/programme.h"

#include "merchants/reason.h"
#include "merchants/regno.h"
#include "merchants/work.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool programme_begin(struct programme *p, const char *msisdn, struct span record, int64_t now_ms,
                     const struct menu_state *state)
{
    memset(p, 0, offsetof(struct programme, subscriber));
    text_copy(p->msisdn, sizeof(p->msisdn), msisdn);
    p->now_ms = now_ms;
    p->state = state;
    p->voice = (struct programme_voice){state->menu_id, state->language};
    p->periods = programme_periods_default();
    if (record.size != 0)
        return subscriber_decode(&p->subscriber, record);
    subscriber_init(&p->subscriber);
    return true;
}

static bool get_fact(void *ctx, const char *name, char value[MENU_VALUE_BYTES])
{
    return programme_get_fact(ctx, name, value);
}

struct menu_facts programme_facts(struct programme *p)
{
    return (struct menu_facts){.get = get_fact, .ctx = p};
}

const char *programme_act(struct programme *p, const char *action, struct menu_state *state)
{
    const char *result;

    p->need.kind = PROGRAMME_NEEDS_NOTHING;
    p->record_used = true;
    if (p->sms_count == PROGRAMME_SMS_MAX)
        return PROGRAMME_NO_ROOM;
    result = programme_find_action(action)(p, state);
    /* The facts of its text are those at the end of the step, and so of what was done last. */
    if (p->sms_count != 0)
        menu_state_end_walk(state);
    return result;
}

void programme_encode(const struct programme *p, struct writer *w)
{
    subscriber_encode(&p->subscriber, w);
}

void programme_encode_shared(const struct programme *p, struct writer *w)
{
    trainings_encode(&p->trainings, w);
}

/* --- what the parts share ------------------------------------------------------------------- */

void programme_owe(struct programme *p, const char *text)
{
    assert(programme_owes_message(text)); /* else no check says that a menu lacks it */
    for (unsigned i = 0; i < p->sms_count; i++) {
        if (strcmp(p->sms[i], text) == 0)
            return;
    }
    assert(p->sms_count < PROGRAMME_SMS_MAX);
    text_copy(p->sms[p->sms_count++], MENU_NAME_BYTES, text);
}

void programme_note(struct programme *p, const char *member, const char *leave_set,
                    const char *enter_set, const char *event, const char *actor)
{
    struct programme_change *c;

    assert(p->change_count < PROGRAMME_CHANGES_MAX);
    c = &p->changes[p->change_count++];
    text_copy(c->member, sizeof(c->member), member);
    c->leave_set = leave_set;
    c->enter_set = enter_set;
    c->event = event;
    c->actor = actor;
    p->record_changed = true;
    p->record_used = true;
}

void programme_drop_merchant(struct programme *p, unsigned i, const char *event, const char *actor)
{
    struct subscriber *s = &p->subscriber;
    struct merchant *m = &s->merchants[i];

    programme_note(p, m->regno, merchant_status_name(m->status), NULL, event, actor);
    s->merchant_count--;
    memmove(m, m + 1, (s->merchant_count - i) * sizeof(*m));
}

void programme_drop_ticket(struct programme *p, unsigned i, const char *event, const char *actor)
{
    struct subscriber *s = &p->subscriber;
    struct ticket *t = &s->tickets[i];

    programme_note(p, t->number, PROGRAMME_TICKET_SET, NULL, event, actor);
    s->ticket_count--;
    memmove(t, t + 1, (s->ticket_count - i) * sizeof(*t));
}

void programme_arm(struct programme *p, const char *kind, int64_t due_ms)
{
    for (unsigned i = 0; i < p->timer_count; i++) {
        if (strcmp(p->timers[i].kind, kind) == 0) {
            p->timers[i].due_ms = due_ms;
            return;
        }
    }
    assert(p->timer_count < PROGRAMME_TIMERS_MAX);
    p->timers[p->timer_count++] = (struct programme_timer){.kind = kind, .due_ms = due_ms};
}

static int64_t in_sms_hours(int64_t wall_ms)
{
    return calendar_within_hours(wall_ms, PROGRAMME_SMS_FROM_HOUR, PROGRAMME_SMS_UNTIL_HOUR);
}

/* When something that is due is told: after a gateway stood still, too, not at night. */
static int64_t told_at(const struct programme *p, int64_t due_ms)
{
    return in_sms_hours(due_ms > p->now_ms ? due_ms : p->now_ms);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a == 0 || b < a ? b : a;
}

/* One timer of a kind serves all registrations of a number: it is due when the first of them is. */
static void arm_corrections(struct programme *p)
{
    int64_t remind_ms = 0, lapse_ms = 0;

    for (unsigned i = 0; i < p->subscriber.merchant_count; i++) {
        const struct merchant *m = &p->subscriber.merchants[i];

        if (m->status != MERCHANT_PERLU_PERBAIKAN || m->frozen_ms != 0)
            continue;
        lapse_ms = earlier(lapse_ms, told_at(p, m->deadline_ms));
        if (!m->reminded)
            remind_ms = earlier(remind_ms, told_at(p, m->deadline_ms - PROGRAMME_REMIND_BEFORE_MS));
    }
    programme_arm(p, PROGRAMME_TIMER_REMIND, remind_ms);
    programme_arm(p, PROGRAMME_TIMER_LAPSE, lapse_ms);
}

/* A deadline is the end of a day, so that the date a text names is the last on which a correction
 * counts. */
static int64_t end_of_day(int64_t wall_ms)
{
    return calendar_start_ms(calendar_date_at(wall_ms)) + CALENDAR_DAY_MS;
}

void programme_move_untold(struct programme *p, struct merchant *m, enum merchant_event event,
                           const char *actor)
{
    enum merchant_status from = m->status, to;
    bool was_due = from == MERCHANT_PERLU_PERBAIKAN;
    bool is_legal = merchant_next_status(from, event, &to);

    assert(is_legal);
    (void)is_legal;
    m->status = to;
    merchant_note_change(m, p->now_ms);
    m->deadline_ms = event == MERCHANT_EVENT_FIX
                         ? end_of_day(p->now_ms + PROGRAMME_CORRECTION_DAYS * CALENDAR_DAY_MS)
                         : 0;
    m->reminded = false;
    m->frozen_ms = 0; /* only its owner can have moved it then */
    programme_note(p, m->regno, from != MERCHANT_DRAF ? merchant_status_name(from) : NULL,
                   merchant_status_name(to), merchant_event_name(event), actor);
    text_copy(p->focus, sizeof(p->focus), m->regno);
    if (was_due || event == MERCHANT_EVENT_FIX)
        arm_corrections(p);
}

void programme_move(struct programme *p, struct merchant *m, enum merchant_event event,
                    const char *actor)
{
    programme_move_untold(p, m, event, actor);
    programme_owe(p, merchant_event_sms(event));
}

uint64_t programme_take_number(struct programme *p, const char *counter)
{
    for (unsigned i = 0; i < p->numbers.count; i++) {
        if ((p->numbers_taken >> i & 1) != 0 || strcmp(p->numbers.items[i].key, counter) != 0)
            continue;
        p->numbers_taken |= 1u << i;
        return p->numbers.items[i].value;
    }
    p->need.kind = PROGRAMME_NEEDS_NUMBER;
    text_copy(p->need.key, sizeof(p->need.key), counter);
    return 0;
}

bool programme_numbers_add(struct programme_numbers *numbers, const char *key, uint64_t value)
{
    if (numbers->count == PROGRAMME_NUMBERS_MAX)
        return false;
    text_copy(numbers->items[numbers->count].key, sizeof(numbers->items[0].key), key);
    numbers->items[numbers->count++].value = value;
    return true;
}

const char *programme_answer(const struct programme *p, const char *field)
{
    const char *value = p->state != NULL ? menu_state_answer(p->state, field) : NULL;

    return value != NULL && value[0] != '\0' ? value : NULL;
}

struct merchant *programme_shown(struct programme *p, unsigned place)
{
    struct subscriber *s = &p->subscriber;

    if (place >= SUBSCRIBER_LIVE_MAX)
        return NULL;
    for (unsigned i = 0; i < s->merchant_count; i++) {
        if (merchant_status_is_live(s->merchants[i].status) && place-- == 0)
            return &s->merchants[i];
    }
    for (unsigned i = s->merchant_count; i-- > 0;) {
        if (!merchant_status_is_live(s->merchants[i].status) && place-- == 0)
            return &s->merchants[i];
    }
    return NULL;
}

struct merchant *programme_focus(struct programme *p)
{
    const char *chosen = programme_answer(p, "pilih");
    char regno[REGNO_BYTES];

    p->record_used = true;
    if (p->focus[0] != '\0')
        return subscriber_find(&p->subscriber, p->focus);
    if (chosen != NULL && regno_parse(chosen, regno))
        return subscriber_find(&p->subscriber, regno);
    if (chosen != NULL && chosen[0] >= '1' && chosen[0] <= '9' && chosen[1] == '\0')
        return programme_shown(p, (unsigned)(chosen[0] - '1'));
    return programme_shown(p, 0);
}

static bool is_over(const struct tries *t, int64_t period_ms, int64_t now_ms)
{
    return now_ms - t->since_ms >= period_ms || now_ms < t->since_ms;
}

bool tries_is_used_up(const struct tries *t, unsigned limit, int64_t period_ms, int64_t now_ms)
{
    return t->count >= limit && !is_over(t, period_ms, now_ms);
}

bool tries_take(struct tries *t, unsigned limit, int64_t period_ms, int64_t now_ms)
{
    if (is_over(t, period_ms, now_ms))
        *t = (struct tries){.count = 0, .since_ms = now_ms};
    if (t->count >= limit)
        return false;
    t->count++;
    return true;
}

/* --- officers ------------------------------------------------------------------------------- */

const char *programme_verdict_name(enum programme_verdict verdict)
{
    switch (verdict) {
    case PROGRAMME_DONE:
        return "done";
    case PROGRAMME_NO_SUCH_REGISTRATION:
        return "no-such-registration";
    case PROGRAMME_NOT_ALLOWED:
        return "not-allowed";
    case PROGRAMME_BAD_REASON:
        return "bad-reason";
    case PROGRAMME_FROZEN:
        return "frozen";
    }
    abort();
}

/* FIX takes P codes, REJECT T codes, the others none. */
static bool is_reason_for(enum merchant_event event, const char *code)
{
    const struct reason *reason = code != NULL && code[0] != '\0' ? reason_find(code) : NULL;

    if (event == MERCHANT_EVENT_FIX)
        return reason != NULL && reason->status == MERCHANT_PERLU_PERBAIKAN;
    if (event == MERCHANT_EVENT_REJECT)
        return reason != NULL && reason->status == MERCHANT_DITOLAK;
    return code == NULL || code[0] == '\0';
}

enum programme_verdict programme_decide(struct programme *p, const char *regno,
                                        enum merchant_event event, const char *reason)
{
    struct merchant *m = subscriber_find(&p->subscriber, regno);
    enum merchant_status next;

    assert(event == MERCHANT_EVENT_REVIEW || event == MERCHANT_EVENT_FIX ||
           event == MERCHANT_EVENT_APPROVE || event == MERCHANT_EVENT_REJECT);
    if (m == NULL)
        return PROGRAMME_NO_SUCH_REGISTRATION;
    if (!is_reason_for(event, reason))
        return PROGRAMME_BAD_REASON;
    if (m->frozen_ms != 0)
        return PROGRAMME_FROZEN;
    if (!merchant_next_status(m->status, event, &next))
        return PROGRAMME_NOT_ALLOWED;
    text_copy(m->reason, sizeof(m->reason), reason != NULL ? reason : "");
    programme_move(p, m, event, "officer");
    return PROGRAMME_DONE;
}

enum programme_verdict programme_freeze(struct programme *p, const char *regno, bool is_frozen)
{
    struct merchant *m = subscriber_find(&p->subscriber, regno);

    if (m == NULL)
        return PROGRAMME_NO_SUCH_REGISTRATION;
    if (is_frozen == (m->frozen_ms != 0))
        return PROGRAMME_NOT_ALLOWED;
    if (!is_frozen && m->deadline_ms != 0 && p->now_ms > m->frozen_ms)
        m->deadline_ms = end_of_day(m->deadline_ms - 1 + p->now_ms - m->frozen_ms);
    m->frozen_ms = is_frozen ? p->now_ms : 0;
    text_copy(p->focus, sizeof(p->focus), regno);
    programme_note(p, regno, NULL, NULL, is_frozen ? "freeze" : "release", "officer");
    programme_owe(p, is_frozen ? "SMS_TAHAN" : "SMS_LANJUT");
    arm_corrections(p);
    return PROGRAMME_DONE;
}

/* --- timers --------------------------------------------------------------------------------- */

/* Once a draft, and only when nothing was asked or answered for half an hour. The record says so
 * itself: a commit that nobody vouches for yet, or another gateway's, has put the timer away, and
 * who took that before comes here again with what is written. */
static void nudge(struct programme *p, struct menu_state *state)
{
    int64_t due_ms = p->touched_ms + PROGRAMME_NUDGE_AFTER_MS;
    bool is_kept = state->has_draft && state->draft_since_ms + p->periods.draft_ms > p->now_ms;

    programme_arm(p, PROGRAMME_TIMER_NUDGE, 0);
    if (!is_kept || state->is_nudged || p->subscriber.info_sms_stopped)
        return;
    if (due_ms < p->now_ms)
        due_ms = p->now_ms;
    due_ms = in_sms_hours(due_ms);
    if (due_ms > p->now_ms) {
        programme_arm(p, PROGRAMME_TIMER_NUDGE, due_ms);
        return;
    }
    state->is_nudged = true;
    programme_owe(p, "SMS_NUDGE");
    p->sms_until_ms = state->draft_since_ms + p->periods.draft_ms;
}

/* With it go the answers of a dialogue under way, and among them which registration is meant: it
 * begins anew. */
static void drop_draft(struct programme *p, struct menu_state *state)
{
    int64_t due_ms = state->draft_since_ms + p->periods.draft_ms;

    if (state->has_draft && due_ms > p->now_ms) {
        programme_arm(p, PROGRAMME_TIMER_DRAFT, due_ms);
        return;
    }
    programme_arm(p, PROGRAMME_TIMER_DRAFT, 0);
    if (!state->has_draft)
        return;
    menu_state_clear_draft(state);
    menu_state_close_dialogue(state);
}

/* One SMS a commit, so that its facts are about one registration: the timer comes back for the
 * next. */
static void remind(struct programme *p)
{
    for (unsigned i = 0; i < p->subscriber.merchant_count; i++) {
        struct merchant *m = &p->subscriber.merchants[i];

        if (m->status != MERCHANT_PERLU_PERBAIKAN || m->reminded || m->frozen_ms != 0 ||
            told_at(p, m->deadline_ms - PROGRAMME_REMIND_BEFORE_MS) > p->now_ms)
            continue;
        m->reminded = true;
        p->record_changed = true;
        if (m->deadline_ms <= p->now_ms) /* too late to correct it: the rejection says so */
            continue;
        text_copy(p->focus, sizeof(p->focus), m->regno);
        programme_owe(p, "SMS_PERBAIKAN_INGAT");
        p->sms_until_ms = m->deadline_ms;
        break;
    }
    arm_corrections(p);
}

static void lapse(struct programme *p)
{
    for (unsigned i = 0; i < p->subscriber.merchant_count; i++) {
        struct merchant *m = &p->subscriber.merchants[i];

        if (m->status != MERCHANT_PERLU_PERBAIKAN || m->frozen_ms != 0 ||
            told_at(p, m->deadline_ms) > p->now_ms)
            continue;
        text_copy(m->reason, sizeof(m->reason), "T05");
        programme_move(p, m, MERCHANT_EVENT_LAPSE, "timer");
        break;
    }
    arm_corrections(p);
}

static void drop_pending(struct programme *p)
{
    const struct subscriber *s = &p->subscriber;
    int64_t due_ms = texting_due_ms(s);

    if (s->pending_since_ms != 0 && due_ms > p->now_ms) {
        programme_arm(p, PROGRAMME_TIMER_CONSENT, due_ms);
        return;
    }
    if (s->pending_since_ms != 0)
        texting_forget(p);
    else
        programme_arm(p, PROGRAMME_TIMER_CONSENT, 0);
}

static void erase_when_due(struct programme *p, struct menu_state *state)
{
    for (unsigned i = 0; i < p->subscriber.ticket_count; i++) {
        const struct ticket *t = &p->subscriber.tickets[i];
        int64_t due_ms = t->asked_ms + PROGRAMME_ERASE_AFTER_MS;

        if (t->kind != TICKET_ERASE)
            continue;
        if (due_ms > p->now_ms)
            programme_arm(p, PROGRAMME_TIMER_ERASE, due_ms);
        else
            subscription_erase_meant(p, state, t);
        return;
    }
    programme_arm(p, PROGRAMME_TIMER_ERASE, 0);
}

void programme_on_timer(struct programme *p, const char *kind, struct menu_state *state)
{
    p->need.kind = PROGRAMME_NEEDS_NOTHING;
    p->record_used = true;
    if (strcmp(kind, PROGRAMME_TIMER_NUDGE) == 0)
        nudge(p, state);
    else if (strcmp(kind, PROGRAMME_TIMER_DRAFT) == 0)
        drop_draft(p, state);
    else if (strcmp(kind, PROGRAMME_TIMER_REMIND) == 0)
        remind(p);
    else if (strcmp(kind, PROGRAMME_TIMER_LAPSE) == 0)
        lapse(p);
    else if (strcmp(kind, PROGRAMME_TIMER_CONSENT) == 0)
        drop_pending(p);
    else if (strcmp(kind, PROGRAMME_TIMER_ERASE) == 0)
        erase_when_due(p, state);
    else if (strcmp(kind, PROGRAMME_TIMER_TRAINING) == 0)
        joining_remind(p); /* or p->need */
    else if (strncmp(kind, PROGRAMME_TIMER_CLAIMS, strlen(PROGRAMME_TIMER_CLAIMS)) == 0)
        joining_check(p, kind); /* the same */
    else if (strcmp(kind, PROGRAMME_TIMER_MATCH) == 0)
        (void)joining_match_claims(p); /* the same */
    else if (strcmp(kind, PROGRAMME_TIMER_RETAIN) == 0)
        retention_retire(p);
    else if (strcmp(kind, PROGRAMME_TIMER_FORGET) == 0)
        retention_forget(p);
    else if (strncmp(kind, PROGRAMME_TIMER_TWIN, strlen(PROGRAMME_TIMER_TWIN)) == 0)
        retention_flag_twins(p, kind + strlen(PROGRAMME_TIMER_TWIN));
    else /* of a newer gateway, in the middle of an upgrade: it will see to it */
        programme_arm(p, kind, p->now_ms + CALENDAR_HOUR_MS);
}
