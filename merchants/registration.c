/* Registrations: consent, sending, correcting, cancelling, looking up. */
#include "merchants/reason.h"
#include "merchants/regno.h"
#include "merchants/work.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A correction's answers stand beside the draft's, which may be another registration half done. */
#define CORRECTION_PREFIX "baru_"

/* --- consent and sending -------------------------------------------------------------------- */

/* The draft begins with the consent: from now on it may be dropped, and is too old one day. */
const char *registration_consent(struct programme *p, struct menu_state *state)
{
    char version[MERCHANT_VERSION_BYTES];

    (void)state;
    text_hex(version, p->voice.menu_id, MENU_ID_BYTES);
    registration_log_consent(p, version, p->voice.language, false);
    programme_arm(p, PROGRAMME_TIMER_NUDGE,
                  calendar_within_hours(p->now_ms + PROGRAMME_NUDGE_AFTER_MS,
                                        PROGRAMME_SMS_FROM_HOUR, PROGRAMME_SMS_UNTIL_HOUR));
    programme_arm(p, PROGRAMME_TIMER_DRAFT, p->now_ms + p->periods.draft_ms);
    return "ya";
}

void registration_note_consent(struct merchant *m, const uint8_t version[MENU_ID_BYTES],
                               const char *language, int64_t at_ms)
{
    m->consent_ms = at_ms;
    text_hex(m->consent_version, version, MENU_ID_BYTES);
    text_copy(m->consent_language, sizeof(m->consent_language), language);
}

void registration_log_consent(struct programme *p, const char *version, const char *language,
                              bool is_sms)
{
    p->consent = (struct programme_consent){.is_given = true, .is_sms = is_sms};
    text_copy(p->consent.version, sizeof(p->consent.version), version);
    text_copy(p->consent.language, sizeof(p->consent.language), language);
}

static bool is_complete(const struct merchant *m)
{
    for (unsigned row = 0; field_at(row) != NULL; row++) {
        if (field_is_required(field_at(row)) && field_value(field_at(row), m)[0] == '\0')
            return false;
    }
    return true;
}

/* The registration that was made of this very draft, if it was sent before: the same consent and
 * the same answers. */
static const struct merchant *find_sent(const struct subscriber *s, const struct merchant *draft)
{
    for (unsigned i = 0; i < s->merchant_count; i++) {
        const struct merchant *m = &s->merchants[i];
        bool is_same = m->consent_ms == draft->consent_ms;

        for (unsigned row = 0; is_same && field_at(row) != NULL; row++)
            is_same = strcmp(field_value(field_at(row), m), field_value(field_at(row), draft)) == 0;
        if (is_same)
            return m;
    }
    return NULL;
}

/* What the data itself shows is found anew; what else is known of it stays. */
static void refresh_flags(struct programme *p, struct merchant *m)
{
    const uint32_t kept = MERCHANT_FLAG_DISTRICT_FUZZY | MERCHANT_FLAG_NIK_USED;

    m->flags = (m->flags & kept) | merchant_find_flags(m, p->msisdn, p->now_ms);
}

const char *registration_make(struct programme *p, const struct merchant *draft)
{
    char regno[REGNO_BYTES];
    struct merchant *m, dropped;
    uint64_t number;

    if (!is_complete(draft))
        return "kurang";
    if (subscriber_count_live(&p->subscriber) >= SUBSCRIBER_LIVE_MAX)
        return "penuh";
    number = programme_take_number(p, draft->regency);
    if (number == 0)
        return NULL;
    if (!regno_make(draft->regency, number, p->bucket, p->buckets, regno))
        return "gagal";

    m = subscriber_add(&p->subscriber, &dropped);
    assert(m != NULL); /* there are more places than live ones */
    if (dropped.regno[0] != '\0')
        programme_note(p, dropped.regno, merchant_status_name(dropped.status), NULL, "drop",
                       "merchant");
    *m = *draft;
    m->changed_ms = 0; /* a draft by SMS has that of its last question */
    text_copy(m->regno, sizeof(m->regno), regno);
    m->submitted_ms = subscription_sent_ms(p);
    refresh_flags(p, m);
    programme_move(p, m, MERCHANT_EVENT_SEND, "merchant");
    return "terkirim";
}

/* Sending twice (a retry, a key pressed again) is sending once. */
const char *registration_send(struct programme *p, struct menu_state *state)
{
    const struct merchant *sent;
    struct merchant draft;
    const char *result = "terkirim";

    if (!state->has_draft)
        return "kurang";
    field_read_answers(state, "", &draft);
    registration_note_consent(&draft, state->draft_menu_id, state->draft_language,
                              state->draft_since_ms);
    sent = find_sent(&p->subscriber, &draft);
    if (sent != NULL)
        text_copy(p->focus, sizeof(p->focus), sent->regno);
    else
        result = registration_make(p, &draft);
    if (result == NULL || strcmp(result, "terkirim") != 0)
        return result;
    menu_state_clear_draft(state);
    programme_arm(p, PROGRAMME_TIMER_NUDGE, 0);
    programme_arm(p, PROGRAMME_TIMER_DRAFT, 0);
    return result;
}

/* --- correcting ----------------------------------------------------------------------------- */

/* The field that the officer asked for; a place is two of them. */
static bool is_asked_field(const struct merchant *m, const struct programme_field *f)
{
    const struct reason *reason = reason_find(m->reason);

    return reason != NULL && (strcmp(reason->field, f->name) == 0 ||
                              (strcmp(reason->field, "kab") == 0 && strcmp(f->name, "kec") == 0));
}

bool registration_is_answered(const struct merchant *m, const struct merchant *fresh)
{
    for (unsigned row = 0; field_at(row) != NULL; row++)
        if (field_value(field_at(row), fresh)[0] != '\0' && is_asked_field(m, field_at(row)))
            return true;
    return false;
}

void registration_change(struct programme *p, struct merchant *m, const struct merchant *fresh)
{
    bool is_answered = registration_is_answered(m, fresh);
    uint32_t outdated = 0;

    assert(merchant_is_editable(m));
    if (fresh->district[0] != '\0')
        outdated |= MERCHANT_FLAG_DISTRICT_FUZZY;
    if (fresh->nik[0] != '\0' && strcmp(fresh->nik, m->nik) != 0)
        outdated |= MERCHANT_FLAG_NIK_USED; /* who else has this one will be seen */
    for (unsigned row = 0; field_at(row) != NULL; row++) {
        const struct programme_field *f = field_at(row);

        if (field_value(f, fresh)[0] == '\0')
            continue;
        text_copy(field_of(f, m), f->bytes, field_value(f, fresh));
        p->field = strcmp(f->name, "kec") == 0 ? field_place() : f;
    }
    m->flags = (m->flags & ~outdated) | (fresh->flags & outdated);
    refresh_flags(p, m);
    text_copy(p->focus, sizeof(p->focus), m->regno);
    if (m->status == MERCHANT_PERLU_PERBAIKAN && is_answered) {
        m->reason[0] = '\0';
        programme_move(p, m, MERCHANT_EVENT_CORRECT, "merchant");
        return;
    }
    merchant_note_change(m, p->now_ms);
    programme_note(p, m->regno, merchant_status_name(m->status), merchant_status_name(m->status),
                   "change", "merchant");
    programme_owe(p, merchant_event_sms(MERCHANT_EVENT_CORRECT));
}

static bool is_empty(const struct merchant *m)
{
    for (unsigned row = 0; field_at(row) != NULL; row++)
        if (field_value(field_at(row), m)[0] != '\0')
            return false;
    return true;
}

/* Takes the answers of a correction out of the dialogue. False when there are none. */
static bool take_correction(struct menu_state *state, struct merchant *fresh)
{
    field_read_answers(state, CORRECTION_PREFIX, fresh);
    field_remove_answers(state, CORRECTION_PREFIX);
    if (fresh->district[0] == '\0') /* left over from one that was given up: half a place */
        fresh->regency[0] = '\0';
    return !is_empty(fresh);
}

const char *registration_correct(struct programme *p, struct menu_state *state)
{
    struct merchant *m = programme_focus(p);
    struct merchant fresh;
    bool has_any = take_correction(state, &fresh);
    bool was_due;

    if (m == NULL || !has_any)
        return "kosong";
    if (!merchant_is_editable(m))
        return "terkunci";
    was_due = m->status == MERCHANT_PERLU_PERBAIKAN;
    registration_change(p, m, &fresh);
    return was_due && m->status == MERCHANT_TERKIRIM ? "dikirim" : "sudah";
}

/* --- cancelling and looking up -------------------------------------------------------------- */

const char *registration_cancel(struct programme *p, struct menu_state *state)
{
    struct merchant *m = programme_focus(p);
    enum merchant_status next;

    (void)state;
    if (m == NULL || !merchant_next_status(m->status, MERCHANT_EVENT_CANCEL, &next))
        return "tidak";
    programme_move(p, m, MERCHANT_EVENT_CANCEL, "merchant");
    return "batal";
}

static bool has_last4(const char *msisdn, const char *last4)
{
    size_t size = strlen(msisdn);

    return size >= 4 && strcmp(msisdn + size - 4, last4) == 0;
}

/* Keeps what a status screen shows of somebody's registration: no personal data, and as answers of
 * the dialogue, so that the screen can be shown again. */
static bool keep_looked_up(struct menu_state *state, const struct merchant *m)
{
    char text[MENU_VALUE_BYTES];

    snprintf(text, sizeof(text), "%s %u %" PRId64 " %s %d", m->regno, (unsigned)m->status,
             m->submitted_ms, m->reason[0] != '\0' ? m->reason : "-", m->frozen_ms != 0);
    return menu_state_set_answer(state, "lihat", text);
}

/* Whether the number exists is not told apart from wrong digits, and only a few tries an hour are
 * free: else the numbers of all merchants could be tried out. */
const char *registration_look_up(struct programme *p, struct menu_state *state)
{
    const char *regno = programme_answer(p, "noreg_cari");
    const char *last4 = programme_answer(p, "hp4_cari");
    struct tries *tries = &p->subscriber.status_tries;
    struct merchant *m;
    const char *msisdn = p->msisdn;

    if (tries_is_used_up(tries, PROGRAMME_STATUS_TRIES, PROGRAMME_STATUS_TRIES_MS, p->now_ms))
        return "habis";
    if (regno == NULL || last4 == NULL)
        return "salah";
    m = subscriber_find(&p->subscriber, regno);
    if (m == NULL) {
        if (!p->has_found) {
            p->need.kind = PROGRAMME_NEEDS_RECORD;
            text_copy(p->need.key, sizeof(p->need.key), regno);
            return NULL;
        }
        m = p->found ? subscriber_find(&p->other, regno) : NULL;
        msisdn = p->other_msisdn;
    }
    if (m != NULL && has_last4(msisdn, last4))
        return keep_looked_up(state, m) ? "ada" : PROGRAMME_NO_ROOM;
    tries_take(tries, PROGRAMME_STATUS_TRIES, PROGRAMME_STATUS_TRIES_MS, p->now_ms);
    p->record_changed = true;
    return tries->count >= PROGRAMME_STATUS_TRIES ? "habis" : "salah";
}

const char *registration_copy(struct programme *p, struct menu_state *state)
{
    (void)state;
    if (programme_focus(p) == NULL)
        return "kosong";
    programme_owe(p, "SMS_SALINAN");
    return "dikirim";
}
