/* What is kept longer than its period goes: registrations that are over, tickets that nobody
 * closed, and in the end the whole record (UU 27/2022 Art. 42 to 45). */
#include "merchants/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct programme_periods programme_periods_default(void)
{
    return (struct programme_periods){
        .draft_ms = 7 * CALENDAR_DAY_MS,
        .approved_ms = 730 * CALENDAR_DAY_MS,
        .rejected_ms = 183 * CALENDAR_DAY_MS,
        .cancelled_ms = 183 * CALENDAR_DAY_MS,
        .ticket_ms = 183 * CALENDAR_DAY_MS,
        .other_ms = 183 * CALENDAR_DAY_MS,
    };
}

static bool is_over(int64_t since_ms, int64_t period_ms, int64_t now_ms)
{
    return period_ms != 0 && now_ms - since_ms >= period_ms;
}

static int64_t period_of(const struct programme_periods *periods, enum merchant_status status)
{
    switch (status) {
    case MERCHANT_DISETUJUI:
        return periods->approved_ms;
    case MERCHANT_DITOLAK:
        return periods->rejected_ms;
    case MERCHANT_DIBATALKAN:
        return periods->cancelled_ms;
    default:
        return 0; /* an officer or a deadline comes first */
    }
}

static bool is_merchant_over(const struct merchant *m, int64_t now_ms,
                             const struct programme_periods *periods)
{
    /* On hold: nothing is done with it but to keep it, and what its owner asks. */
    return m->frozen_ms == 0 && is_over(m->changed_ms, period_of(periods, m->status), now_ms);
}

/* One that asks for an erasure has a deadline of its own. */
static bool is_ticket_over(const struct ticket *t, int64_t now_ms,
                           const struct programme_periods *periods)
{
    return t->kind != TICKET_ERASE && is_over(t->asked_ms, periods->ticket_ms, now_ms);
}

bool retention_is_idle(const struct subscriber *s)
{
    return s->merchant_count == 0 && s->ticket_count == 0 && s->seat_count == 0 &&
           s->pending_since_ms == 0 && !s->training_news;
}

const char *programme_find_expired(const struct subscriber *s, int64_t known_ms, int64_t now_ms,
                                   const struct programme_periods *periods)
{
    for (unsigned i = 0; i < s->merchant_count; i++)
        if (is_merchant_over(&s->merchants[i], now_ms, periods))
            return PROGRAMME_TIMER_RETAIN;
    for (unsigned i = 0; i < s->ticket_count; i++)
        if (is_ticket_over(&s->tickets[i], now_ms, periods))
            return PROGRAMME_TIMER_RETAIN;
    return retention_is_idle(s) && is_over(known_ms, periods->other_ms, now_ms)
               ? PROGRAMME_TIMER_FORGET
               : NULL;
}

/* With the last registration goes what was kept for it, and the subscriber is told; a draft is a
 * new beginning, and stays. */
void retention_retire(struct programme *p)
{
    struct subscriber *s = &p->subscriber;
    bool had_merchants = s->merchant_count > 0;

    for (unsigned i = s->merchant_count; i-- > 0;)
        if (is_merchant_over(&s->merchants[i], p->now_ms, &p->periods))
            programme_drop_merchant(p, i, "expire", "retention");
    for (unsigned i = s->ticket_count; i-- > 0;)
        if (is_ticket_over(&s->tickets[i], p->now_ms, &p->periods))
            programme_drop_ticket(p, i, "ticket-expire", "retention");
    if (had_merchants)
        retention_forget(p);
}

void retention_forget(struct programme *p)
{
    if (retention_is_idle(&p->subscriber) && (p->state == NULL || !p->state->has_draft))
        programme_erase(p, "retention");
}

/* For the officer, who asks: nothing is refused for it. */
void retention_flag_twins(struct programme *p, const char *hash)
{
    for (unsigned i = 0; p->hash_nik != NULL && i < p->subscriber.merchant_count; i++) {
        struct merchant *m = &p->subscriber.merchants[i];
        char own[17];

        if (m->nik[0] == '\0' || m->frozen_ms != 0 || (m->flags & MERCHANT_FLAG_NIK_USED) != 0)
            continue;
        snprintf(own, sizeof(own), "%016" PRIx64, p->hash_nik(p->hash_ctx, m->nik));
        if (strncmp(own, hash, 8) != 0)
            continue;
        m->flags |= MERCHANT_FLAG_NIK_USED;
        programme_note(p, m->regno, merchant_status_name(m->status),
                       merchant_status_name(m->status), "nik-used", "retention");
    }
}
