#include "gateway/turn/run.h"

#include "base/log.h"
#include "base/mem.h"
#include "merchants/journal.h"
#include "sessions/vault.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { STEP_UNITS = 128 }; /* its_session_info counts dialogue units in 7 bits */

struct step *step_new(void)
{
    struct step *step = mem_zalloc(sizeof(*step));

    step->work = mem_zalloc(sizeof(*step->work));
    return step;
}

void step_free(struct step *step)
{
    mem_free(step->work);
    mem_free(step);
}

static void load_session(struct run *run, const struct step_records *records)
{
    struct session *s = &run->work->session;

    session_init(s);
    if (records->session.size != 0 && !session_decode(s, records->session))
        log_error("session.unreadable", LOG_MSISDN("msisdn", run->msisdn));
    for (unsigned i = 0; i < records->proof_count; i++)
        run->has_closed = session_close_debt(s, &records->proofs[i]) || run->has_closed;
    parts_init(&run->work->parts);
    if (s->parts_size != 0) {
        if (!parts_decode(&run->work->parts, span_of(s->parts, s->parts_size)))
            log_error("session.parts_unreadable", LOG_MSISDN("msisdn", run->msisdn));
        parts_expire(&run->work->parts, run->now_ms, (int64_t)run->settings->parts_keep_s * 1000,
                     (int64_t)run->settings->redelivery_horizon_s * 1000);
    }
    if (s->state_size == 0)
        menu_state_init(&run->work->state);
    else if (!menu_state_decode(&run->work->state, span_of(s->state, s->state_size)))
        log_error("session.state_unreadable", LOG_MSISDN("msisdn", run->msisdn));
    if (s->is_open && run->now_ms - s->updated_ms > (int64_t)run->settings->session_idle_s * 1000)
        s->is_open = false;
}

static bool is_same_dialogue(const struct run *run)
{
    const struct session *s = &run->work->session;
    const struct dialect_session *id = &run->input->session;

    return s->is_open && strcmp(s->link, run->cause->link_name) == 0 && s->id_size == id->size &&
           memcmp(s->id, id->octets, id->size) == 0;
}

/* TTL of the record: a draft as long as drafts live, else as long as the number's language is
 * remembered; never shorter than a dialogue and the time in which a copy may still come. */
static uint32_t session_ttl_s(const struct run *run)
{
    const struct turn_settings *set = run->settings;
    uint32_t least = set->session_idle_s + set->redelivery_horizon_s;
    uint32_t ttl = run->work->state.has_draft ? set->draft_ttl_s : set->remember_s;

    return ttl > least ? ttl : least;
}

void run_encode_session(struct run *run)
{
    struct step_work *work = run->work;
    struct writer w;

    writer_init(&w, work->session.state, sizeof(work->session.state));
    menu_state_encode(&work->state, &w);
    assert(!w.failed);
    work->session.state_size = (uint16_t)writer_size(&w);
    writer_init(&w, work->session.parts, sizeof(work->session.parts));
    parts_encode(&work->parts, &w);
    assert(!w.failed);
    work->session.parts_size = (uint16_t)writer_size(&w);
    if (work->parts.dropped != 0)
        log_warning("sms.parts_dropped", LOG_MSISDN("msisdn", run->msisdn),
                    LOG_U("parts", work->parts.dropped));
    run->step->parts_dropped = work->parts.dropped;
    if (run->input != NULL)
        work->session.updated_ms = run->now_ms;
    writer_init(&w, work->session_bytes, sizeof(work->session_bytes));
    session_encode(&work->session, &w);
    assert(!w.failed);
    run->step->session = writer_span(&w);
    run->step->session_ttl_s = session_ttl_s(run);
    run->step->kind = STEP_COMMIT;
}

/* A copy of an input that was taken in before: the same answer again, and a write, so that WAIT
 * covers the first copy's commit too (custody.md, mutant B_DUPWAIT). */
static void replay(struct run *run, const struct session_debt *debt)
{
    const struct session *s = &run->work->session;
    bool is_stale = debt->is_exact && debt != &s->debts[0];

    run->step->is_replay = true;
    run->step->debt_ms = debt->at_ms;
    run->step->screen = s->screen;
    run->step->unit = s->step;
    run->step->reply = is_stale || run->input->kind == DIALECT_SMS ? SESSION_REPLY_NONE : s->reply;
    run_encode_session(run);
}

/* An answer that carries our own count names its step, and a dial its dialogue. */
static bool is_exact(const struct run *run)
{
    return run->traits.token == TURN_TOKEN_ECHO && run->input->session.size != 0 &&
           run->input->kind != DIALECT_SMS;
}

/* A copy so late that the ledger has forgotten it, of a numbered dialogue that is still open: its
 * dial (there is one a dialogue), or an answer to a screen from before the ledger's oldest. */
static bool is_late_copy(const struct run *run)
{
    const struct dialect_input *in = run->input;
    unsigned behind = (STEP_UNITS + run->work->session.step - in->session.unit) % STEP_UNITS;

    if (!is_exact(run) || !is_same_dialogue(run))
        return false;
    return in->kind == DIALECT_BEGIN || (behind > SESSION_DEBTS_MAX && behind < STEP_UNITS / 2);
}

/* A late dial gets the screen of now: should the centre's ids have come round, it is a new one. */
static void replay_late(struct run *run)
{
    const struct session *s = &run->work->session;

    run->step->is_replay = true;
    run->step->debt_ms = run->now_ms;
    run->step->screen = s->screen;
    run->step->unit = s->step;
    run->step->reply = run->input->kind == DIALECT_BEGIN ? s->reply : SESSION_REPLY_NONE;
    run_encode_session(run);
}

static bool find_menu(struct run *run, const char *code, const uint8_t *id)
{
    static const uint8_t current[MENU_ID_BYTES];
    const struct turn_ports *ports = &run->env->ports;
    bool is_sms = run->input != NULL && run->input->kind == DIALECT_SMS;

    run->code = code;
    run->menu = id != NULL ? ports->find_menu(ports->ctx, run->cause->link_name, code, is_sms, id,
                                              run->msisdn)
                           : NULL;
    if (run->menu == NULL)
        run->menu = ports->find_menu(ports->ctx, run->link, code, is_sms, current, run->msisdn);
    return run->menu != NULL;
}

static const char *shown_code(const struct run *run)
{
    const struct turn_ports *ports = &run->env->ports;

    return ports->shown_code != NULL ? ports->shown_code(ports->ctx, run->code) : run->code;
}

/* "*384*9#" may have a menu of its own beside "*384#". */
static const char *dialled_code(const struct run *run)
{
    const struct turn_ports *ports = &run->env->ports;
    const struct dialect_input *in = run->input;
    const char *code = NULL;

    if (in->kind == DIALECT_BEGIN && ports->service_code != NULL)
        code = ports->service_code(ports->ctx, run->link, in->text);
    return code != NULL ? code : in->code;
}

/* Which event the input is to the menu. An answer to a dialogue that is not known here (expired,
 * or its record lost) opens a new one: the subscriber sees where to go on, not an error. */
static struct menu_event make_event(struct run *run)
{
    const struct dialect_input *in = run->input;
    struct session *s = &run->work->session;
    struct menu_event event = {.text = in->text, .now_ms = run->now_ms};

    if (in->kind == DIALECT_SMS) {
        event.kind = MENU_EVENT_SMS;
        find_menu(run, in->code, NULL);
    } else if (in->kind == DIALECT_BEGIN || !is_same_dialogue(run)) {
        event.kind = MENU_EVENT_DIAL;
        event.text = in->kind == DIALECT_BEGIN ? in->text : in->code;
        find_menu(run, dialled_code(run), NULL);
    } else {
        event.kind = MENU_EVENT_INPUT;
        find_menu(run, s->code, run->work->state.menu_id);
    }
    event.code = shown_code(run);
    return event;
}

static void owe(struct run *run, const char *text)
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
    e->due_ms = 0;
    e->expires_ms = run->now_ms + (int64_t)run->settings->sms_expiry_s * 1000;
}

static uint64_t hash_nik(const void *vault, const char *nik)
{
    return vault_hash_nik(vault, nik);
}

static bool begin_programme(struct run *run, const struct step_records *records)
{
    struct programme *p = &run->work->programme;
    const struct step_answers *a = run->answers;

    if (!programme_begin(p, run->msisdn, records->merchant, run->now_ms, &run->work->state)) {
        log_error("merchant.unreadable", LOG_MSISDN("msisdn", run->msisdn));
        run->step->kind = STEP_UNREADABLE;
        return false;
    }
    p->periods = run->settings->periods;
    p->hash_nik = hash_nik;
    p->hash_ctx = run->env->vault;
    p->bucket = store_bucket(run->env->store, run->msisdn);
    p->buckets = run->env->store->buckets;
    p->touched_ms = run->work->session.updated_ms;
    p->number = a->number;
    p->has_found = a->has_found;
    p->found = a->has_found && a->found.size != 0 && subscriber_decode(&p->other, a->found);
    text_copy(p->other_msisdn, sizeof(p->other_msisdn), a->found_msisdn);
    p->has_shared = a->has_shared;
    p->shared = a->shared;
    if (run->work->state.language[0] == '\0')
        text_copy(run->work->state.language, sizeof(run->work->state.language),
                  p->subscriber.language);
    return true;
}

/* Steps the menu and carries out its actions until there is something to show. False when an
 * action needs something from outside first. */
static bool run_menu(struct run *run, struct menu_event event)
{
    struct step_work *work = run->work;
    struct menu_facts facts = programme_facts(&work->programme);

    for (unsigned actions = 0;; actions++) {
        menu_step(run->menu, &work->state, &event, &facts, run->traits.limits, &work->outcome);
        if (work->outcome.kind != MENU_ACT)
            break;
        assert(actions < MENU_STEP_ACTIONS_MAX);
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

/* Two hashes: only where they are needed. */
static const char *name_subject(struct run *run)
{
    vault_subject(run->env->vault, run->msisdn, run->work->subject);
    run->step->subject = run->work->subject;
    return run->work->subject;
}

static void note_changes(struct run *run)
{
    struct step *step = run->step;
    struct step_work *work = run->work;
    const struct programme *p = &work->programme;

    if (p->change_count > 0 || p->is_erased || step->owed_count > 0)
        name_subject(run);
    for (unsigned i = 0; i < p->change_count; i++) {
        const struct programme_change *c = &p->changes[i];
        struct journal_entry entry;

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
 * from the menu's version. The time is the log's. */
static void note_consent(struct run *run)
{
    struct step_work *work = run->work;
    const struct programme_consent *c = &work->programme.consent;
    const struct dialect_session *id = &run->input->session;
    char version[2 * MENU_ID_BYTES + 1], words[33] = "-", session[2 * SESSION_ID_BYTES + 1];
    uint8_t digest[VAULT_HASH_BYTES];
    int size;

    text_hex(version, c->version, MENU_ID_BYTES);
    text_hex(session, id->octets, id->size);
    if (!c->is_sms && work->session.screen[0] != '\0') {
        vault_digest(span_of_string(work->session.screen), digest);
        text_hex(words, digest, 16);
    }
    size = snprintf(work->consent, sizeof(work->consent),
                    "%s version=%s words=%s lang=%s by=%s link=%s session=%s", name_subject(run),
                    version, words, c->language, c->is_sms ? "sms" : "ussd", run->cause->link_name,
                    session[0] != '\0' ? session : "-");
    assert(size > 0 && (size_t)size < sizeof(work->consent));
    run->step->consent = span_of(work->consent, (size_t)size);
}

static void owe_texts(struct run *run)
{
    struct step_work *work = run->work;
    struct menu_facts facts = programme_facts(&work->programme);

    for (unsigned i = 0; i < work->programme.sms_count; i++) {
        char text[MENU_TEXT_BYTES];

        if (menu_text(run->menu, &work->state, work->programme.sms[i], &facts, shown_code(run),
                      text))
            owe(run, text);
        else
            log_error("menu.text_missing", LOG_S("menu", menu_name(run->menu)),
                      LOG_S("text", work->programme.sms[i]));
    }
}

static void finish_programme(struct run *run)
{
    struct step_work *work = run->work;
    struct programme *p = &work->programme;
    struct step *step = run->step;
    struct writer w;

    owe_texts(run);
    note_changes(run);
    step->merchant_used = p->record_used;
    step->is_erased = p->is_erased;
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

/* The dialogue as it is after a USSD input: which it is, what it was shown. */
static void note_dialogue(struct run *run)
{
    struct session *s = &run->work->session;
    const struct dialect_input *in = run->input;
    const struct menu_outcome *out = &run->work->outcome;

    text_copy(s->link, sizeof(s->link), run->cause->link_name);
    text_copy(s->code, sizeof(s->code), run->code);
    s->id_size = in->session.size;
    memcpy(s->id, in->session.octets, in->session.size);
    s->step = (uint8_t)((s->step + 1) % STEP_UNITS);
    s->is_open = out->kind == MENU_ASK && in->kind != DIALECT_ANSWER_LAST;
    s->reply = SESSION_REPLY_NONE;
    s->screen[0] = '\0';
    if (in->kind != DIALECT_ANSWER_LAST && (out->kind == MENU_ASK || out->kind == MENU_END)) {
        s->reply = out->kind == MENU_ASK ? SESSION_REPLY_ASK : SESSION_REPLY_END;
        text_copy(s->screen, sizeof(s->screen), out->text);
    }
    run->step->reply = s->reply;
    run->step->screen = s->screen;
    run->step->unit = s->step;
}

static void note_place(const struct run *run, const char *screen, struct turn_place *place)
{
    const struct menu_state *state = &run->work->state;

    memcpy(place->menu_id, state->menu_id, MENU_ID_BYTES);
    text_copy(place->screen, sizeof(place->screen), screen);
    text_copy(place->language, sizeof(place->language), state->language);
}

/* The screen that waits, before the step. */
static void note_from(struct run *run)
{
    struct turn_move *move = &run->step->move;

    move->now_ms = run->now_ms;
    move->shown_ms = run->work->session.updated_ms;
    if (run->work->session.is_open)
        note_place(run, run->work->state.screen, &move->from);
}

/* Where it has led to, after the step. */
static void note_move(struct run *run, bool is_input)
{
    struct turn_move *move = &run->step->move;
    const struct menu_outcome *out = &run->work->outcome;
    bool is_shown = run->input->kind != DIALECT_ANSWER_LAST;
    bool is_same = is_input && (out->was_invalid || out->was_paged) &&
                   strcmp(move->from.screen, out->screen) == 0;
    bool stays = is_same && out->kind == MENU_ASK; /* not so the last page of an end text */

    run->step->has_moved = true;
    move->has_input = is_input && move->from.screen[0] != '\0';
    move->was_invalid = move->has_input && out->was_invalid;
    move->is_end = out->kind == MENU_END;
    move->is_entered = is_shown && !is_same;
    if (is_shown)
        note_place(run, out->screen, &move->to);
    if (move->from.screen[0] == '\0' || (stays && is_shown))
        move->leave = TURN_LEFT_NOT;
    else if (!is_input || (out->was_invalid && (move->is_end || !is_shown)))
        move->leave = TURN_LEFT_ABANDONED;
    else
        move->leave = out->was_back ? TURN_LEFT_BACK : TURN_LEFT_ANSWERED;
}

void run_take_input(struct run *run, const struct step_records *records)
{
    const struct dialect_input *in = run->input;
    struct menu_event event = make_event(run);

    if (run->menu == NULL) {
        run->step->kind = STEP_NO_MENU;
        return;
    }
    if (event.kind == MENU_EVENT_INPUT && is_exact(run) &&
        in->session.unit != run->work->session.step) {
        run->step->kind = STEP_MISMATCH;
        return;
    }
    note_from(run);
    if (!begin_programme(run, records) || !run_menu(run, event))
        return;
    if (run->work->programme.consent.is_given)
        note_consent(run);
    if (in->kind == DIALECT_SMS) {
        if (run->work->outcome.kind != MENU_SILENT) {
            owe(run, run->work->outcome.text);
            run->step->reply_is_owed = true;
        }
    } else {
        note_dialogue(run);
        note_move(run, event.kind == MENU_EVENT_INPUT);
    }
    finish_programme(run);
    run->step->debt_ms = run->now_ms;
    session_add_debt(&run->work->session, in->fingerprint, is_exact(run), run->now_ms,
                     (int64_t)run->settings->redelivery_horizon_s * 1000);
    run_encode_session(run);
}

/* Something of the programme's is due: a reminder, a deadline, an erasure. The session is written
 * again where there is one, so that a dialogue under way and the timer see each other. */
static void take_timer(struct run *run, const struct step_records *records)
{
    const struct session *s = &run->work->session;
    struct programme *p = &run->work->programme;

    if (!begin_programme(run, records))
        return;
    run->link = p->subscriber.link[0] != '\0' ? p->subscriber.link : s->link;
    if (!find_menu(run, p->subscriber.code[0] != '\0' ? p->subscriber.code : s->code, NULL)) {
        run->step->kind = STEP_NO_MENU;
        return;
    }
    programme_on_timer(p, run->cause->timer_kind, &run->work->state);
    if (p->need.kind != PROGRAMME_NEEDS_NOTHING) {
        run->step->kind = STEP_NEEDS;
        run->step->need = p->need;
        return;
    }
    finish_programme(run);
    run_encode_session(run);
    if (records->session.size == 0)
        run->step->session = span_of(NULL, 0);
}

/* The centre says that the dialogue is over: nothing is shown, the draft stays. */
static void take_abort(struct run *run)
{
    struct session *s = &run->work->session;
    struct menu_event event = {.kind = MENU_EVENT_ABORT, .text = "", .now_ms = run->now_ms};
    struct menu_facts facts = {.get = NULL};

    if (!is_same_dialogue(run) || !find_menu(run, s->code, run->work->state.menu_id))
        return;
    note_from(run);
    run->step->has_moved = true;
    run->step->move.leave = TURN_LEFT_ABANDONED;
    event.code = shown_code(run);
    programme_begin(&run->work->programme, run->msisdn, span_of(NULL, 0), run->now_ms,
                    &run->work->state);
    facts = programme_facts(&run->work->programme);
    menu_step(run->menu, &run->work->state, &event, &facts, run->traits.limits,
              &run->work->outcome);
    s->is_open = false;
    run_encode_session(run);
}

static void reset_results(struct step *step)
{
    struct step_work *work = step->work;

    memset(step, 0, offsetof(struct step, owed));
    step->kind = STEP_NOTHING;
    step->work = work;
}

static struct run make_run(struct step *step, const struct turn_env *env,
                           const struct turn_settings *settings, const char *msisdn,
                           const struct step_cause *cause)
{
    return (struct run){
        .step = step,
        .work = step->work,
        .env = env,
        .settings = settings,
        .msisdn = msisdn,
        .cause = cause,
        .input = cause->input,
        .now_ms = env->wall_ms(env->ctx),
        .link = cause->link_name,
        .traits = env->ports.traits(env->ports.ctx, cause->link_name),
    };
}

/* What this input is a copy of; NULL when it is new. The centre's ids come round: a dial that names
 * a dialogue which is over is a new one. */
static const struct session_debt *find_debt(const struct run *run)
{
    const struct dialect_input *in = run->input;
    const struct session_debt *debt =
        session_find_debt(&run->work->session, in->fingerprint, run->now_ms,
                          (int64_t)run->settings->redelivery_horizon_s * 1000);

    if (debt != NULL && debt->is_exact && in->kind == DIALECT_BEGIN && !is_same_dialogue(run))
        return NULL;
    return debt;
}

void step_run(struct step *step, const struct turn_env *env, const struct turn_settings *settings,
              const char *msisdn, const struct step_cause *cause,
              const struct step_records *records, const struct step_answers *answers)
{
    struct run run = make_run(step, env, settings, msisdn, cause);
    const struct session_debt *debt;

    run.answers = answers;
    reset_results(step);
    load_session(&run, records);
    if (cause->input == NULL) {
        if (cause->timer_kind != NULL && strcmp(cause->timer_kind, PARTS_TIMER) == 0)
            run_drop_parts(&run, records);
        else if (cause->timer_kind != NULL)
            take_timer(&run, records);
        else if (run.has_closed)
            run_encode_session(&run);
        return;
    }
    step->is_exact = is_exact(&run);
    if (cause->input->kind == DIALECT_SMS && cause->input->part.total != 0) {
        run_take_part(&run, records);
        return;
    }
    switch (cause->input->kind) {
    case DIALECT_BEGIN:
    case DIALECT_ANSWER:
    case DIALECT_ANSWER_LAST:
    case DIALECT_SMS:
        debt = find_debt(&run);
        if (debt != NULL)
            replay(&run, debt);
        else if (is_late_copy(&run))
            replay_late(&run);
        else
            run_take_input(&run, records);
        break;
    case DIALECT_ABORT:
        take_abort(&run);
        break;
    case DIALECT_NOTIFY_ACK:
    case DIALECT_RECEIPT:
        break;
    }
}

void step_last_screen(struct step *step, struct span session)
{
    struct session *s = &step->work->session;

    reset_results(step);
    if (!session_decode(s, session) || s->debt_count == 0)
        return;
    step->newest = s->debts[0].fingerprint;
    step->reply = s->reply;
    step->screen = s->screen;
    step->code = s->code;
    step->unit = s->step;
}

bool step_busy_text(struct step *step, const struct turn_env *env, const struct turn_settings *set,
                    const char *msisdn, const struct step_cause *cause, struct span session,
                    char text[MENU_TEXT_BYTES])
{
    struct run run = make_run(step, env, set, msisdn, cause);
    struct step_records records = {.session = session};

    load_session(&run, &records);
    if (!find_menu(&run, cause->input->code, NULL))
        return false;
    menu_busy_text(run.menu, session.size != 0 ? &run.work->state : NULL, shown_code(&run), text);
    return true;
}
