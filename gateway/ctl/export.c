/*
 * warungctl export: everything that is held of one subscriber (UU 27/2022 Art. 7, 32), as JSON.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/registration.h"
#include "gateway/ctl/trail.h"
#include "gateway/turn/outbox.h"
#include "gateway/turn/push.h"

static json_t *describe_registration(const struct dossier *d, const struct merchant *m)
{
    struct registration r = {.msisdn = d->msisdn,
                             .subscriber = &d->programme.subscriber,
                             .merchant = m,
                             .labels = dossier_labels(&d->setup),
                             .is_revealed = true};
    json_t *object = registration_json(&r);

    json_object_set_new(object, "consent_language", json_string(m->consent_language));
    json_object_set_new(object, "reminded", json_boolean(m->reminded));
    return object;
}

static json_t *describe_registrations(const struct dossier *d)
{
    const struct subscriber *s = &d->programme.subscriber;
    json_t *list = json_array();

    for (unsigned i = 0; i < s->merchant_count; i++)
        json_array_append_new(list, describe_registration(d, &s->merchants[i]));
    return list;
}

static json_t *describe_pending(const struct dossier *d)
{
    const struct subscriber *s = &d->programme.subscriber;

    return s->pending_since_ms != 0 ? describe_registration(d, &s->pending) : json_null();
}

static json_t *describe_tickets(const struct subscriber *s)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < s->ticket_count; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:o, s:o}", "number", s->tickets[i].number,
                                        "kind", ticket_kind_name(s->tickets[i].kind), "slot",
                                        ticket_slot_name(s->tickets[i].slot), "asked_at",
                                        ctl_time(s->tickets[i].asked_ms), "asked_again_at",
                                        ctl_time(s->tickets[i].again_ms)));
    return list;
}

static json_t *describe_seats(const struct subscriber *s)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < s->seat_count; i++)
        json_array_append_new(
            list,
            json_pack("{s:s, s:o, s:s, s:s, s:b, s:b, s:b}", "id", s->seats[i].id, "at",
                      ctl_time(s->seats[i].at_ms), "title", s->seats[i].title, "place",
                      s->seats[i].place, "reminded", (int)s->seats[i].reminded, "named_last",
                      (int)s->seats[i].is_named, "since_erase_asked", (int)s->seats[i].is_since));
    return list;
}

/* The trainings of the last list by SMS: what IKUT 2 means. */
static json_t *describe_offered(const struct subscriber *s)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < SUBSCRIBER_OFFERED_MAX; i++)
        if (s->offered[i][0] != '\0')
            json_array_append_new(list, json_string(s->offered[i]));
    return list;
}

static json_t *describe_tries(const struct tries *t)
{
    return json_pack("{s:i, s:o}", "count", (int)t->count, "since", ctl_time(t->since_ms));
}

/* Of long SMS that are not whole yet. */
static json_t *describe_parts(const struct session *s)
{
    json_t *list = json_array();
    struct parts parts;
    const char *at = parts.text;

    parts_decode(&parts, span_of(s->parts, s->parts_size));
    for (unsigned i = 0; i < parts.count; i++) {
        const struct part *part = &parts.items[i];
        char text[PARTS_TEXT_BYTES];

        snprintf(text, sizeof(text), "%.*s", (int)part->text_bytes, at);
        at += part->text_bytes;
        utf8_join_halves(text);
        if (!part->is_taken)
            json_array_append_new(list, json_pack("{s:i, s:i, s:s, s:o}", "number",
                                                  (int)part->number, "total", (int)part->total,
                                                  "text", text, "since", ctl_time(part->at_ms)));
    }
    return list;
}

static json_t *describe_session(const struct dossier *d)
{
    const struct session *s = &d->session;
    char version[2 * MENU_ID_BYTES + 1];
    json_t *answers;

    if (d->records.session_version == 0)
        return json_null();
    answers = json_object();
    for (unsigned i = 0; i < d->state.answer_count; i++)
        json_object_set_new(answers, d->state.answers[i].field,
                            json_string(d->state.answer_bytes + d->state.answers[i].offset));
    text_hex(version, d->state.draft_menu_id, d->state.has_draft ? MENU_ID_BYTES : 0);
    return json_pack("{s:b, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:b, s:o, s:o}", "is_open",
                     (int)s->is_open, "link", s->link, "code", s->code, "language",
                     d->state.language, "last_screen", s->screen, "updated_at",
                     ctl_time(s->updated_ms), "draft_since", ctl_time(d->state.draft_since_ms),
                     "draft_consent_version", version, "draft_consent_language",
                     d->state.draft_language, "draft_reminded", (int)d->state.is_nudged, "answers",
                     answers, "sms_parts", describe_parts(s));
}

struct owed_walk {
    struct dossier *dossier;
    json_t *sms, *dialogues;
    unsigned unreadable;
};

static json_t *describe_sms(const struct outbox_entry *entry)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "text", entry->text, "from", entry->source, "link",
                     entry->link, "expires_at", ctl_time(entry->expires_ms));
}

/* A late answer has its text, another push the name of its screen. */
static json_t *describe_push(const struct push_entry *entry)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "screen", entry->screen, "text", entry->text,
                     "code", entry->code, "link", entry->link, "expires_at",
                     ctl_time(entry->expires_ms));
}

static void on_owed(void *arg, const struct store_taken *taken)
{
    struct owed_walk *w = arg;
    struct vault *vault = w->dossier->setup.vault;
    const char *msisdn = w->dossier->msisdn;
    struct outbox_entry sms;
    struct push_entry push;

    if (outbox_decode(&sms, vault, taken->body)) {
        if (strcmp(sms.msisdn, msisdn) == 0)
            json_array_append_new(w->sms, describe_sms(&sms));
    } else if (push_decode(&push, vault, taken->body)) {
        if (strcmp(push.msisdn, msisdn) == 0)
            json_array_append_new(w->dialogues, describe_push(&push));
    } else {
        w->unreadable++;
    }
}

static enum store_result add_logs(struct dossier *d, json_t *whole, unsigned *unreadable)
{
    struct owed_walk owed = {.dossier = d, .sms = json_array(), .dialogues = json_array()};
    json_t *journal = json_array(), *consents = json_array();
    enum store_result result = hand_log_each(d->hand, store_bucket(hand_store(d->hand), d->msisdn),
                                             STORE_LOG_OUTBOX, on_owed, &owed);

    if (result == STORE_OK)
        result = trail_add_journal(d, "", journal);
    if (result == STORE_OK)
        result = trail_add_consents(d, consents);
    json_object_set_new(whole, "sms_owed", owed.sms);
    json_object_set_new(whole, "dialogues_owed", owed.dialogues);
    json_object_set_new(whole, "consents", consents);
    json_object_set_new(whole, "journal", journal);
    *unreadable = owed.unreadable;
    return result;
}

static json_t *describe(const struct dossier *d)
{
    const struct subscriber *s = &d->programme.subscriber;
    char subject[VAULT_SUBJECT_BYTES], who[JOURNAL_WORD_BYTES];

    vault_subject(d->setup.vault, d->msisdn, subject);
    access_who(who);
    return json_pack(
        "{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:o}",
        "msisdn", d->msisdn, "subject", subject, "exported_at", ctl_time(clock_wall_ms()),
        "exported_by", who, "language", s->language, "link", s->link, "code", s->code,
        "info_sms_stopped", (int)s->info_sms_stopped, "training_news", (int)s->training_news,
        "news_since_erase_asked", (int)s->is_news_since, "erase_asked_at",
        ctl_time(s->erase_asked_ms), "registrations", describe_registrations(d), "pending_since",
        ctl_time(s->pending_since_ms), "pending_by_sms", describe_pending(d), "tickets",
        describe_tickets(s), "trainings", describe_seats(s), "trainings_offered",
        describe_offered(s), "wrong_last_digits", describe_tries(&s->status_tries), "help_sms",
        describe_tries(&s->help_sms), "session", describe_session(d));
}

static enum ctl_status show(struct dossier *d, const struct ctl_call *call)
{
    char regno[MERCHANT_REGNO_BYTES];
    enum ctl_status status = dossier_identify(d, call->words[0], regno);
    enum store_result result;
    unsigned unreadable;
    json_t *whole;

    if (status == CTL_DONE)
        status = dossier_load(d);
    if (status != CTL_DONE)
        return status;
    whole = describe(d);
    result = add_logs(d, whole, &unreadable);
    status =
        result == STORE_OK ? access_log(d, "export-person", NULL, "ok,NIK") : hand_complain(result);
    if (status == CTL_DONE)
        ctl_print_json(whole);
    json_decref(whole);
    if (status != CTL_DONE || unreadable == 0)
        return status;
    ctl_complain("%u entries of the outbox could not be opened: it may not be all", unreadable);
    return CTL_REFUSED;
}

enum ctl_status ctl_export(const struct ctl_call *call)
{
    return dossier_with(call, show);
}
