/* The programme's part of a step: its record and actions, what it owes and writes down. */
#include "gateway/turn/run.h"

#include "base/log.h"
#include "merchants/journal.h"
#include "sessions/vault.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Two hashes: only where they are needed. */
const char *run_name_subject(struct run *run)
{
    if (run->step->subject == NULL)
        vault_subject(run->env->vault, run->msisdn, run->work->subject);
    run->step->subject = run->work->subject;
    return run->work->subject;
}

void run_owe(struct run *run, const char *text, int64_t until_ms)
{
    struct step *step = run->step;
    struct outbox_entry *e;

    assert(step->owed_count < STORE_COMMIT_OWED_MAX);
    e = &step->owed[step->owed_count++];
    memset(e, 0, offsetof(struct outbox_entry, text));
    text_copy(e->msisdn, sizeof(e->msisdn), run->msisdn);
    text_copy(e->link, sizeof(e->link), run->link);
    text_copy(e->source, sizeof(e->source), run->code);
    text_copy(e->text, sizeof(e->text), text);
    e->is_bulk = run->cause->input == NULL; /* a reminder */
    e->expires_ms = run->now_ms + (int64_t)run->settings->sms_expiry_s * 1000;
    if (until_ms != 0 && until_ms < e->expires_ms)
        e->expires_ms = until_ms;
    run_name_subject(run);
}

static uint64_t hash_nik(const void *vault, const char *nik)
{
    return vault_hash_nik(vault, nik);
}

bool run_begin_programme(struct run *run, const struct step_records *records)
{
    struct programme *p = &run->work->programme;
    const struct step_answers *a = run->answers;

    if (!programme_begin(p, run->msisdn, records->merchant, run->now_ms, &run->work->state)) {
        log_error("merchant.unreadable", LOG_MSISDN("msisdn", run->msisdn));
        run->step->kind = subscriber_is_newer(records->merchant) ? STEP_ELSEWHERE : STEP_UNREADABLE;
        return false;
    }
    p->periods = run->settings->periods;
    p->hash_nik = hash_nik;
    p->hash_ctx = run->env->vault;
    if (a->numbers.count != 0) { /* a number of one's own is made of both */
        p->bucket = store_bucket(run->env->store, run->msisdn);
        p->buckets = run->env->store->buckets;
    }
    p->touched_ms = run->work->session.updated_ms;
    p->numbers = a->numbers;
    p->has_found = a->has_found;
    p->found = a->has_found && a->found.size != 0 && subscriber_decode(&p->other, a->found);
    text_copy(p->other_msisdn, sizeof(p->other_msisdn), a->found_msisdn);
    p->has_shared = a->has_shared;
    p->shared = a->shared;
    p->shared_is_ours = a->shared_is_ours;
    if (run->work->state.language[0] == '\0')
        text_copy(run->work->state.language, sizeof(run->work->state.language),
                  p->subscriber.language);
    return true;
}

bool run_menu(struct run *run, struct menu_event event)
{
    struct step_work *work = run->work;
    struct menu_facts facts = programme_facts(&work->programme);

    for (unsigned actions = 0;; actions++) {
        menu_step(run->menu, &work->state, &event, &facts, run->traits.limits, &work->outcome);
        if (work->outcome.kind != MENU_ACT)
            break;
        assert(actions < MENU_STEP_ACTIONS_MAX);
        work->programme.voice = (struct programme_voice){
            menu_id(run->menu), menu_language_shown(run->menu, work->state.language)};
        event.kind = MENU_EVENT_RESULT;
        event.text = programme_act(&work->programme, work->outcome.action, &work->state);
        if (event.text == NULL) {
            run->step->kind = STEP_NEEDS;
            run->step->need = work->programme.need;
            return false;
        }
    }
    run->step->menu_id = menu_id(run->menu);
    return true;
}

static void note_changes(struct run *run)
{
    struct step *step = run->step;
    struct step_work *work = run->work;
    const struct programme *p = &work->programme;

    if (p->change_count > 0 || p->is_erased || p->owed_cut_ms != 0)
        run_name_subject(run);
    for (unsigned i = 0; i < p->change_count; i++) {
        const struct programme_change *c = &p->changes[i];
        struct journal_entry entry;

        if (c->leave_set != c->enter_set) /* who stays in a list keeps the place in it */
            step->index[step->index_count++] = (struct store_index){
                .member = c->member,
                .leave_set = c->leave_set,
                .enter_set = c->enter_set,
                .at_ms = run->now_ms,
            };
        journal_fill_change(&entry, c, NULL, work->subject);
        step->journal[step->journal_count++] = journal_encode(&entry, work->journal[i]);
    }
    for (unsigned i = 0; i < p->timer_count; i++)
        step->timers[step->timer_count++] =
            (struct store_timer){.kind = p->timers[i].kind, .due_ms = p->timers[i].due_ms};
    if (p->is_erased)
        step->timers[step->timer_count++] = (struct store_timer){.kind = PARTS_TIMER};
}

/* What was agreed to: the words that stood on the screen, as a digest that anybody can make again
 * from the menu's version; none where a shortcut walked over it. The time is the log's. */
void run_note_consent(struct run *run, bool was_shown)
{
    struct step_work *work = run->work;
    const struct programme_consent *c = &work->programme.consent;
    const struct dialect_session *id = &run->input->session;
    struct journal_consent consent = {.language = ""};
    uint8_t digest[VAULT_HASH_BYTES];

    text_copy(consent.subject, sizeof(consent.subject), run_name_subject(run));
    text_copy(consent.version, sizeof(consent.version), c->version);
    text_hex(consent.session, id->octets, id->size);
    if (was_shown && work->session.screen[0] != '\0') {
        vault_digest(span_of_string(work->session.screen), digest);
        text_hex(consent.words, digest, sizeof(consent.words) / 2);
    }
    text_copy(consent.language, sizeof(consent.language), c->language);
    text_copy(consent.channel, sizeof(consent.channel), c->is_sms ? "sms" : "ussd");
    text_copy(consent.link, sizeof(consent.link), run->cause->link_name);
    run->step->consent = journal_encode_consent(&consent, work->consent);
}

/* Where the code last used leads to no menu any more, or to one which is none of the programme's:
 * a menu that is, and its code. NULL: nobody has the text. */
static const struct menu *find_teller(const struct run *run, const char *name, const char **code)
{
    const struct turn_ports *ports = &run->env->ports;

    if (run->menu != NULL && menu_has_text(run->menu, name))
        return run->menu;
    return ports->find_text(ports->ctx, name, code);
}

bool run_can_tell(const struct run *run)
{
    const struct programme *p = &run->work->programme;
    const char *code;

    for (unsigned i = 0; run->menu == NULL && i < p->sms_count; i++)
        if (find_teller(run, p->sms[i], &code) == NULL)
            return false;
    return true;
}

static void owe_text(struct run *run, const char *name)
{
    struct step_work *work = run->work;
    struct menu_facts facts = programme_facts(&work->programme);
    const char *own = run->code, *shown = run_shown_code(run);
    const struct menu *menu = find_teller(run, name, &shown);
    char text[MENU_TEXT_BYTES];

    if (menu == NULL) {
        log_error("menu.text_missing", LOG_S("menu", menu_name(run->menu)), LOG_S("text", name));
        return;
    }
    menu_text(menu, &work->state, name, &facts, shown, text);
    run->code = menu != run->menu ? shown : own;
    run_owe(run, text, work->programme.sms_until_ms);
    run->code = own;
}

static void owe_texts(struct run *run)
{
    for (unsigned i = 0; i < run->work->programme.sms_count; i++)
        owe_text(run, run->work->programme.sms[i]);
}

/* A language chosen where no action says so, too: of who has registered it outlives the session. */
static void keep_language(struct run *run)
{
    struct programme *p = &run->work->programme;
    char language[sizeof(p->subscriber.language)];

    text_copy(language, sizeof(language), run->work->state.language);
    if (p->subscriber.merchant_count > 0 && strcmp(p->subscriber.language, language) != 0)
        p->record_changed = p->record_used = true;
}

void run_finish_programme(struct run *run)
{
    struct step_work *work = run->work;
    struct programme *p = &work->programme;
    struct step *step = run->step;
    struct writer w;

    keep_language(run);
    owe_texts(run);
    note_changes(run);
    step->merchant_used = p->record_used;
    step->has_joined = p->has_joined;
    step->is_first = p->touched_ms == 0;
    step->is_erased = p->is_erased;
    step->owed_cut_ms = p->owed_cut_ms;
    if (p->shared_changed) {
        writer_init(&w, work->shared_bytes, sizeof(work->shared_bytes));
        programme_encode_shared(p, &w);
        assert(!w.failed);
        step->shared = writer_span(&w);
        step->shared_key = PROGRAMME_TRAININGS_KEY;
    }
    if (!p->record_changed)
        return;
    if (run->input != NULL) {
        text_copy(p->subscriber.link, sizeof(p->subscriber.link), run->cause->link_name);
        text_copy(p->subscriber.code, sizeof(p->subscriber.code), run->code);
    }
    text_copy(p->subscriber.language, sizeof(p->subscriber.language), work->state.language);
    writer_init(&w, work->merchant_bytes, sizeof(work->merchant_bytes));
    programme_encode(p, &w);
    assert(!w.failed);
    step->merchant = writer_span(&w);
}
