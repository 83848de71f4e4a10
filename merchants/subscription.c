/* What a number wants besides its registrations: info SMS on or off, a call, help, its language, to
 * be forgotten. */
#include "merchants/work.h"

#include <stdio.h>
#include <string.h>

/* --- SMS and language ----------------------------------------------------------------------- */

void subscription_set_news(struct programme *p, bool is_wanted, const char *actor)
{
    char member[PROGRAMME_MEMBER_BYTES];

    if (p->subscriber.training_news == is_wanted)
        return;
    p->subscriber.training_news = is_wanted;
    snprintf(member, sizeof(member), PROGRAMME_NEWS_SET "/%s", p->msisdn);
    programme_note(p, member, is_wanted ? NULL : PROGRAMME_NEWS_SET,
                   is_wanted ? PROGRAMME_NEWS_SET : NULL, is_wanted ? "news-on" : "news-off",
                   actor);
}

const char *subscription_stop(struct programme *p, struct menu_state *state)
{
    (void)state;
    p->subscriber.info_sms_stopped = true;
    p->record_changed = true;
    subscription_set_news(p, false, "merchant");
    programme_arm(p, PROGRAMME_TIMER_NUDGE, 0);
    return "berhenti";
}

const char *subscription_start(struct programme *p, struct menu_state *state)
{
    (void)state;
    p->subscriber.info_sms_stopped = false;
    p->record_changed = true;
    return "aktif";
}

const char *subscription_want_news(struct programme *p, struct menu_state *state)
{
    (void)state;
    p->subscriber.is_news_since = subscription_is_to_be_erased(&p->subscriber);
    p->record_changed = p->record_changed || p->subscriber.is_news_since;
    subscription_set_news(p, true, "merchant");
    return "dicatat";
}

/* A number without a registration keeps its language in the session alone. */
const char *subscription_set_language(struct programme *p, struct menu_state *state)
{
    struct subscriber *s = &p->subscriber;

    if (s->merchant_count > 0 && strcmp(s->language, state->language) != 0) {
        text_copy(s->language, sizeof(s->language), state->language);
        p->record_changed = true;
    }
    return "ya";
}

/* SMS that nobody understands are answered a few times a day at most: two machines must not keep
 * each other busy. */
const char *subscription_answer_unknown(struct programme *p, struct menu_state *state)
{
    (void)state;
    if (!tries_take(&p->subscriber.help_sms, PROGRAMME_HELP_SMS, PROGRAMME_HELP_SMS_MS, p->now_ms))
        return "diam";
    p->record_changed = true;
    return "bantuan";
}

/* --- tickets -------------------------------------------------------------------------------- */

enum { TICKET_COUNTER_END = 10000000 };

static struct ticket *find_ticket(struct subscriber *s, enum ticket_kind kind)
{
    for (unsigned i = 0; i < s->ticket_count; i++) {
        if (s->tickets[i].kind == kind)
            return &s->tickets[i];
    }
    return NULL;
}

bool subscription_is_to_be_erased(struct subscriber *s)
{
    return find_ticket(s, TICKET_ERASE) != NULL;
}

/* Seven digits that lead to the bucket, as registration numbers do. They begin anew when they are
 * used up: by then the first ones are long done. */
static void make_ticket_number(const struct programme *p, uint64_t number, char text[TICKET_BYTES])
{
    uint64_t counter = number % (TICKET_COUNTER_END / p->buckets) * p->buckets + p->bucket;

    snprintf(text, TICKET_BYTES, "T%07u", (unsigned)(counter % TICKET_COUNTER_END));
}

/* The open ticket of that kind, made when there is none; NULL: p->need. */
static struct ticket *open_ticket(struct programme *p, enum ticket_kind kind, const char *event)
{
    struct subscriber *s = &p->subscriber;
    struct ticket *t = find_ticket(s, kind);
    int64_t at_ms = kind == TICKET_ERASE ? p->now_ms : subscription_sent_ms(p);

    if (t == NULL) {
        uint64_t number = programme_take_number(p, "tiket");

        if (number == 0)
            return NULL;
        t = &s->tickets[s->ticket_count++]; /* one a kind: there is room */
        *t = (struct ticket){.kind = kind, .asked_ms = at_ms};
        make_ticket_number(p, number, t->number);
        programme_note(p, t->number, NULL, PROGRAMME_TICKET_SET, event, "merchant");
    } else if (subscription_is_to_be_erased(s)) {
        t->again_ms = at_ms;
        p->record_changed = true;
    }
    text_copy(p->ticket, sizeof(p->ticket), t->number);
    return t;
}

/* Officers who could not reach a merchant ask for a sign of life, and this is one, for each
 * registration of the number. No SMS_UBAH: nothing was changed, and it would frighten. */
static void correct_phone(struct programme *p)
{
    struct subscriber *s = &p->subscriber;

    for (unsigned i = 0; i < s->merchant_count; i++) {
        struct merchant *m = &s->merchants[i];

        if (m->status != MERCHANT_PERLU_PERBAIKAN || !merchant_is_editable(m) ||
            strcmp(m->reason, "P06") != 0)
            continue;
        m->reason[0] = '\0';
        programme_move_untold(p, m, MERCHANT_EVENT_CORRECT, "merchant");
    }
}

const char *subscription_ask_call(struct programme *p, struct menu_state *state)
{
    const char *slot = menu_state_answer(state, "waktu_telepon");
    struct ticket *t = open_ticket(p, TICKET_CALL, "ticket-call");

    if (t == NULL)
        return NULL;
    if (slot != NULL) /* an SMS does not say when: what was said before stays */
        t->slot = slot[0];
    p->slot = t->slot;
    p->record_changed = true;
    correct_phone(p);
    return "dicatat";
}

const char *subscription_report_fraud(struct programme *p, struct menu_state *state)
{
    (void)state;
    return open_ticket(p, TICKET_FRAUD, "ticket-fraud") != NULL ? "dicatat" : NULL;
}

const char *subscription_ask_change(struct programme *p, struct menu_state *state)
{
    (void)state;
    return open_ticket(p, TICKET_CHANGE, "ticket-change") != NULL ? "dicatat" : NULL;
}

const char *subscription_ask_help(struct programme *p, struct menu_state *state)
{
    (void)state;
    return open_ticket(p, TICKET_STUCK, "ticket-stuck") != NULL ? "dicatat" : NULL;
}

bool programme_finish_ticket(struct programme *p, const char *number)
{
    struct subscriber *s = &p->subscriber;

    for (unsigned i = 0; i < s->ticket_count; i++) {
        struct ticket *t = &s->tickets[i];

        if (strcmp(t->number, number) != 0)
            continue;
        if (t->kind == TICKET_ERASE)
            programme_arm(p, PROGRAMME_TIMER_ERASE, 0);
        programme_drop_ticket(p, i, "ticket-done", "officer");
        return true;
    }
    return false;
}

/* --- being forgotten ------------------------------------------------------------------------ */

/* What is not sent yet goes at once: whoever registers after all is asked for a consent that is
 * younger than the wish to be forgotten, and a YA too many registers nobody. */
static void forget_unsent(struct programme *p, struct menu_state *state)
{
    texting_forget(p);
    if (!state->has_draft)
        return;
    if (state->pending.is_sms) /* a dialogue under way may be among its questions */
        menu_state_close_dialogue(state);
    menu_state_clear_draft(state);
    programme_arm(p, PROGRAMME_TIMER_NUDGE, 0);
    programme_arm(p, PROGRAMME_TIMER_DRAFT, 0);
}

static int64_t meant_until_ms(const struct ticket *request)
{
    return request->again_ms > request->asked_ms ? request->again_ms : request->asked_ms;
}

static bool is_after(int64_t at_ms, const struct ticket *request)
{
    return at_ms > meant_until_ms(request);
}

/* What is there was there before, also by the clock of a gateway that is ahead of this one. */
static void mean_what_is_there(const struct subscriber *s, struct ticket *request)
{
    for (unsigned i = 0; i < s->merchant_count; i++)
        if (is_after(s->merchants[i].submitted_ms, request))
            request->again_ms = s->merchants[i].submitted_ms;
}

bool subscription_is_to_go(struct subscriber *s, int64_t sent_ms)
{
    const struct ticket *request = find_ticket(s, TICKET_ERASE);

    return request != NULL && !is_after(sent_ms, request);
}

int64_t subscription_sent_ms(struct programme *p)
{
    const struct ticket *request = find_ticket(&p->subscriber, TICKET_ERASE);

    if (request == NULL || is_after(p->now_ms, request))
        return p->now_ms;
    return meant_until_ms(request) + 1;
}

const char *subscription_erase(struct programme *p, struct menu_state *state)
{
    struct ticket *t = open_ticket(p, TICKET_ERASE, "ticket-erase");

    if (t == NULL)
        return NULL;
    mean_what_is_there(&p->subscriber, t);
    forget_unsent(p, state);
    joining_mean_all(&p->subscriber);
    p->subscriber.is_news_since = false;
    p->subscriber.erase_asked_ms = 0;
    p->record_changed = true;
    programme_arm(p, PROGRAMME_TIMER_ERASE, t->asked_ms + PROGRAMME_ERASE_AFTER_MS);
    programme_owe(p, "SMS_HAPUS_TERIMA");
    return "diterima";
}

const char *subscription_ask_erase(struct programme *p, struct menu_state *state)
{
    (void)state;
    p->subscriber.erase_asked_ms = p->now_ms;
    p->record_changed = true;
    return "tanya";
}

const char *subscription_confirm_erase(struct programme *p, struct menu_state *state)
{
    int64_t asked_ms = p->subscriber.erase_asked_ms;

    if (asked_ms == 0 || p->now_ms - asked_ms >= PROGRAMME_ERASE_CONFIRM_MS)
        return subscription_ask_erase(p, state);
    return subscription_erase(p, state);
}

static const char *const timer_kinds[] = {
    PROGRAMME_TIMER_NUDGE,   PROGRAMME_TIMER_DRAFT, PROGRAMME_TIMER_REMIND,   PROGRAMME_TIMER_LAPSE,
    PROGRAMME_TIMER_CONSENT, PROGRAMME_TIMER_ERASE, PROGRAMME_TIMER_TRAINING,
};

void programme_erase(struct programme *p, const char *actor)
{
    struct subscriber *s = &p->subscriber;
    const struct ticket *t = find_ticket(s, TICKET_ERASE);

    joining_erase(p, true, actor);
    text_copy(p->ticket, sizeof(p->ticket), t != NULL ? t->number : "");
    for (unsigned i = 0; i < s->merchant_count; i++)
        programme_note(p, s->merchants[i].regno, merchant_status_name(s->merchants[i].status), NULL,
                       "erase", actor);
    for (unsigned i = 0; i < s->ticket_count; i++)
        programme_note(p, s->tickets[i].number, PROGRAMME_TICKET_SET, NULL, "erase", actor);
    subscription_set_news(p, false, actor);
    for (unsigned i = 0; i < sizeof(timer_kinds) / sizeof(timer_kinds[0]); i++)
        programme_arm(p, timer_kinds[i], 0);
    programme_owe(p, p->ticket[0] != '\0' ? "SMS_HAPUS_SELESAI" : "SMS_HAPUS_TANPA");
    subscriber_init(s);
    p->is_erased = true;
    p->record_changed = true;
    p->record_used = true;
}

/* By SMS; not half a place, which goes or stays with the registration that it is of. */
static bool has_begun_by_sms(const struct subscriber *s)
{
    return s->pending_since_ms != 0 && s->pending.regno[0] == '\0';
}

/* Has a registration been sent or begun since? What was not sent yet went each time that it was
 * asked for (forget_unsent()): what there is was begun since, whatever its gateway's clock says. */
static bool has_begun_after(const struct subscriber *s, const struct menu_state *state,
                            const struct ticket *request)
{
    bool has_begun = state->has_draft || has_begun_by_sms(s);

    for (unsigned i = 0; i < s->merchant_count; i++)
        has_begun = has_begun || is_after(s->merchants[i].submitted_ms, request);
    return has_begun;
}

static void erase_merchants(struct programme *p, const struct ticket *request)
{
    for (unsigned i = p->subscriber.merchant_count; i-- > 0;)
        if (!is_after(p->subscriber.merchants[i].submitted_ms, request))
            programme_drop_merchant(p, i, "erase", "timer");
}

static void erase_tickets(struct programme *p, const struct ticket *request)
{
    for (unsigned i = p->subscriber.ticket_count; i-- > 0;)
        if (!is_after(p->subscriber.tickets[i].asked_ms, request) &&
            !is_after(p->subscriber.tickets[i].again_ms, request))
            programme_drop_ticket(p, i, "erase", "timer");
}

/* Who registers anew while the old data waits for its end has consented anew: that stays. */
void subscription_erase_meant(struct programme *p, struct menu_state *state,
                              const struct ticket *request)
{
    struct subscriber *s = &p->subscriber;
    const struct ticket meant = *request;

    if (!has_begun_after(s, state, &meant)) {
        programme_erase(p, "timer");
        return;
    }
    joining_erase(p, false, "timer");
    memset(s->offered, 0, sizeof(s->offered));
    subscription_set_news(p, s->training_news && s->is_news_since, "timer");
    erase_merchants(p, &meant);
    erase_tickets(p, &meant);
    if (s->pending.regno[0] != '\0' && subscriber_find(s, s->pending.regno) == NULL)
        texting_forget(p);
    text_copy(p->ticket, sizeof(p->ticket), meant.number);
    p->owed_cut_ms = meant_until_ms(&meant);
    programme_arm(p, PROGRAMME_TIMER_ERASE, 0);
    programme_owe(p, "SMS_HAPUS_SELESAI");
}

void programme_tell_breach(struct programme *p, const char *name, int64_t day_ms)
{
    p->breach_ms = day_ms;
    programme_note(p, name, NULL, NULL, PROGRAMME_BREACH_EVENT, "officer");
    programme_owe(p, "SMS_BOCOR");
}
