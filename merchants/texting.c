/* Registration by SMS: the fields come in one message or one by one, wait two days for the
 * merchant's YA, and only then become a registration. */
#include "merchants/work.h"

#include <string.h>
#include <strings.h>

/* Answers that SMS keywords take in. */
#define SMS_PREFIX "sms_"

/* The two days stand in each question, and each field that is given asks anew. */
int64_t texting_due_ms(const struct subscriber *s)
{
    int64_t asked_ms = s->pending.changed_ms;

    return (asked_ms > s->pending_since_ms ? asked_ms : s->pending_since_ms) + PROGRAMME_CONSENT_MS;
}

/* Something waits and is not too old: a registration, or (with a number) the half of a correction.
 */
static bool has_pending(const struct programme *p)
{
    return p->subscriber.pending_since_ms != 0 && p->now_ms < texting_due_ms(&p->subscriber);
}

static bool has_registration(const struct programme *p)
{
    return has_pending(p) && p->subscriber.pending.regno[0] == '\0';
}

void texting_forget(struct programme *p)
{
    p->subscriber.pending_since_ms = 0;
    memset(&p->subscriber.pending, 0, sizeof(p->subscriber.pending));
    p->record_changed = true;
    programme_arm(p, PROGRAMME_TIMER_CONSENT, 0);
}

static void begin_pending(struct programme *p)
{
    texting_forget(p);
    p->subscriber.pending_since_ms = p->now_ms;
    programme_arm(p, PROGRAMME_TIMER_CONSENT, p->now_ms + PROGRAMME_CONSENT_MS);
}

/* What this SMS gave; taken out of the state, so that nothing of it stays but in the record. */
static void take_fields(struct menu_state *state, struct merchant *fresh)
{
    field_read_answers(state, SMS_PREFIX, fresh);
    field_remove_answers(state, SMS_PREFIX);
}

static void merge_fields(struct merchant *pending, const struct merchant *fresh)
{
    /* A district belongs to its regency: another regency asks for it anew. */
    if (fresh->regency[0] != '\0' && strcmp(fresh->regency, pending->regency) != 0)
        pending->district[0] = '\0';
    for (unsigned row = 0; field_at(row) != NULL; row++) {
        const struct programme_field *f = field_at(row);

        if (field_value(f, fresh)[0] != '\0')
            text_copy(field_of(f, pending), f->bytes, field_value(f, fresh));
    }
    if (fresh->district[0] != '\0')
        pending->flags = fresh->flags;
}

static const struct programme_field *find_missing(const struct merchant *pending)
{
    for (unsigned row = 0; field_at(row) != NULL; row++) {
        const struct programme_field *f = field_at(row);

        if (field_is_required(f) && field_value(f, pending)[0] == '\0')
            return f;
    }
    return NULL;
}

/* The question that a YA answers is asked in the words of the menu of now, which may be another by
 * then: they are noted here. */
static const char *ask_on(struct programme *p, const struct merchant *fresh)
{
    struct merchant *pending = &p->subscriber.pending;

    merge_fields(pending, fresh);
    pending->changed_ms = p->now_ms;
    p->record_changed = true;
    p->sms_until_ms = texting_due_ms(&p->subscriber);
    p->field = find_missing(pending);
    if (p->field != NULL)
        return "kurang";
    registration_note_consent(pending, p->voice.menu_id, p->voice.language, p->now_ms);
    return "lengkap";
}

/* The registration that a form sent once more would make again: in all that the form says the same,
 * not over, and not to be erased. */
static const struct merchant *find_same(struct subscriber *s, const struct merchant *form)
{
    for (unsigned i = 0; i < s->merchant_count; i++) {
        const struct merchant *m = &s->merchants[i];
        bool is_same =
            merchant_status_is_live(m->status) && !subscription_is_to_go(s, m->submitted_ms);

        for (unsigned row = 0; is_same && field_at(row) != NULL; row++) {
            const char *said = field_value(field_at(row), form);

            is_same = said[0] == '\0' || strcasecmp(said, field_value(field_at(row), m)) == 0;
        }
        if (is_same)
            return m;
    }
    return NULL;
}

const char *texting_register(struct programme *p, struct menu_state *state)
{
    const struct merchant *same;
    struct merchant fresh;

    take_fields(state, &fresh);
    same = find_missing(&fresh) == NULL ? find_same(&p->subscriber, &fresh) : NULL;
    if (same == NULL && subscriber_count_live(&p->subscriber) >= SUBSCRIBER_LIVE_MAX)
        return "penuh";
    begin_pending(p);
    return ask_on(p, &fresh);
}

/* The registration that a correction by SMS means: the one whose new regency waits for its
 * district, else the one that waits for just this, else one that waits for a correction, else one
 * that may be changed, else the first, which then says no. */
static struct merchant *find_correctable(struct programme *p, const struct merchant *fresh)
{
    struct subscriber *s = &p->subscriber;
    struct merchant *editable = NULL, *due = NULL, *halved = NULL;

    if (has_pending(p) && fresh->district[0] != '\0' && fresh->regency[0] == '\0')
        halved = subscriber_find(s, s->pending.regno);
    if (halved != NULL && merchant_is_editable(halved))
        return halved;
    for (unsigned i = 0; i < s->merchant_count; i++) {
        struct merchant *m = &s->merchants[i];

        if (!merchant_is_editable(m))
            continue;
        if (registration_is_answered(m, fresh))
            return m;
        if (due == NULL && m->status == MERCHANT_PERLU_PERBAIKAN)
            due = m;
        if (editable == NULL)
            editable = m;
    }
    if (due != NULL)
        return due;
    return editable != NULL ? editable : programme_shown(p, 0);
}

const struct merchant *texting_find_placed(struct programme *p)
{
    static const struct merchant district_alone = {.district = "?"};
    const struct merchant *pending = &p->subscriber.pending, *m;

    if (has_registration(p))
        return pending;
    m = find_correctable(p, &district_alone);
    return has_pending(p) && m != NULL && strcmp(pending->regno, m->regno) == 0 ? pending : m;
}

/* A new regency alone would leave a wrong place: it waits for its district. */
static const char *correct_regency(struct programme *p, const struct merchant *m,
                                   const struct merchant *fresh)
{
    struct merchant *pending = &p->subscriber.pending;

    begin_pending(p);
    text_copy(pending->regno, sizeof(pending->regno), m->regno);
    text_copy(pending->regency, sizeof(pending->regency), fresh->regency);
    p->field = field_find("kec");
    return "kurang";
}

static const char *correct(struct programme *p, struct merchant *fresh)
{
    struct merchant *m = find_correctable(p, fresh);
    bool has_regency = fresh->regency[0] != '\0', has_district = fresh->district[0] != '\0';

    if (m == NULL)
        return "kosong";
    if (!merchant_is_editable(m))
        return "terkunci";
    if (has_regency && !has_district)
        return correct_regency(p, m, fresh);
    if (has_district && has_pending(p)) { /* another field leaves half a place waiting */
        if (strcmp(p->subscriber.pending.regno, m->regno) == 0)
            text_copy(fresh->regency, sizeof(fresh->regency), p->subscriber.pending.regency);
        texting_forget(p);
    }
    registration_change(p, m, fresh);
    return "diubah";
}

/* One field: of the registration being put together, else of one that may still be changed. */
const char *texting_give(struct programme *p, struct menu_state *state)
{
    struct merchant fresh;

    take_fields(state, &fresh);
    return has_registration(p) ? ask_on(p, &fresh) : correct(p, &fresh);
}

/* YA and TIDAK are to the question that came last: whether to erase, or to register, which each
 * field that is given asks anew. */
static bool is_about_erasing(const struct programme *p)
{
    const struct subscriber *s = &p->subscriber;
    int64_t asked_ms = s->erase_asked_ms;

    return asked_ms != 0 && p->now_ms - asked_ms < PROGRAMME_ERASE_CONFIRM_MS &&
           (!has_pending(p) ||
            (asked_ms > s->pending_since_ms && asked_ms > s->pending.changed_ms));
}

const char *texting_agree(struct programme *p, struct menu_state *state)
{
    struct merchant draft = p->subscriber.pending;
    const struct merchant *same;
    const char *result;

    (void)state;
    if (is_about_erasing(p))
        return "hapus"; /* but that takes a HAPUS YA */
    if (!has_registration(p))
        return "kosong";
    p->field = find_missing(&draft);
    same = p->field == NULL ? find_same(&p->subscriber, &draft) : NULL;
    if (same != NULL) {
        text_copy(p->focus, sizeof(p->focus), same->regno);
        texting_forget(p);
        return "sudah";
    }
    draft.consent_ms = p->now_ms;
    result = registration_make(p, &draft);
    if (result != NULL && strcmp(result, "terkirim") == 0) {
        texting_forget(p);
        registration_log_consent(p, draft.consent_version, draft.consent_language, true);
    }
    return result;
}

const char *texting_refuse(struct programme *p, struct menu_state *state)
{
    bool is_half;

    if (is_about_erasing(p)) {
        p->subscriber.erase_asked_ms = 0;
        p->record_changed = true;
        return "kosong";
    }
    if (p->subscriber.pending_since_ms != 0) {
        is_half = p->subscriber.pending.regno[0] != '\0';
        texting_forget(p);
        return is_half ? "kosong" : "dibuang"; /* the registration that it is of stays */
    }
    return retention_is_idle(&p->subscriber) && !state->has_draft ? "dibuang"
                                                                  : "kosong"; /* and stays */
}

/* Of several an officer asks something about one, and its deadline runs; else it is one that does
 * not go with an erasure. */
static void focus_on_due(struct programme *p)
{
    struct subscriber *s = &p->subscriber;
    const struct merchant *kept = NULL;

    for (unsigned i = 0; i < s->merchant_count; i++) {
        const struct merchant *m = &s->merchants[i];

        if (m->status == MERCHANT_PERLU_PERBAIKAN && m->frozen_ms == 0) {
            kept = m;
            break;
        }
        if (kept == NULL && merchant_status_is_live(m->status) &&
            !subscription_is_to_go(s, m->submitted_ms))
            kept = m;
    }
    if (kept != NULL)
        text_copy(p->focus, sizeof(p->focus), kept->regno);
}

/* By SMS only one's own: somebody else's needs the last digits of the phone, which only a dialogue
 * asks for. */
const char *texting_status(struct programme *p, struct menu_state *state)
{
    const char *regno = menu_state_answer(state, SMS_PREFIX "noreg");

    if (programme_shown(p, 0) == NULL)
        return "kosong";
    if (regno == NULL || regno[0] == '\0') {
        focus_on_due(p);
        return "ada";
    }
    if (subscriber_find(&p->subscriber, regno) == NULL)
        return "salah";
    text_copy(p->focus, sizeof(p->focus), regno);
    return "ada";
}
