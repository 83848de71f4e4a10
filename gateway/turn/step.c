#include "gateway/turn/run.h"

#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum {
    VERSION_WAIT_MS = 5000, /* gateways follow one another within a second */
    GIVE_BACK_S = 60,       /* more than what is behind it takes */
};

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
    if (records->session.size != 0 && !session_decode(s, records->session)) {
        log_error("session.unreadable", LOG_MSISDN("msisdn", run->msisdn));
        run->is_newer = session_is_newer(records->session);
    }
    for (unsigned i = 0; i < records->proof_count; i++)
        run->has_closed = session_close_debt(s, &records->proofs[i]) || run->has_closed;
    parts_init(&run->work->parts);
    if (s->parts_size != 0) {
        if (!parts_decode(&run->work->parts, span_of(s->parts, s->parts_size)))
            log_error("session.parts_unreadable", LOG_MSISDN("msisdn", run->msisdn));
        parts_expire(&run->work->parts, run->now_ms, (int64_t)run->settings->parts_keep_s * 1000,
                     step_horizon_ms(run->settings));
    }
    if (s->state_size == 0)
        menu_state_init(&run->work->state);
    else if (!menu_state_decode(&run->work->state, span_of(s->state, s->state_size))) {
        log_error("session.state_unreadable", LOG_MSISDN("msisdn", run->msisdn));
        run->is_newer = menu_state_is_newer(span_of(s->state, s->state_size));
    }
    run->is_idle = run->now_ms - s->updated_ms > (int64_t)run->settings->session_idle_s * 1000;
    if (run->is_idle)
        s->is_open = false;
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
    if (run->input != NULL || run->cause->push != NULL)
        work->session.updated_ms = run->now_ms;
    writer_init(&w, work->session_bytes, sizeof(work->session_bytes));
    session_encode(&work->session, &w);
    assert(!w.failed);
    run->step->session = writer_span(&w);
    run->step->session_ttl_s = session_ttl_s(run);
    run->step->kind = STEP_COMMIT;
}

/* Another turn, perhaps another gateway's, has taken this reply on itself after the step: it shows
 * it in the dialogue, if that is open still. So an end is left to it: twice is worse than not at
 * all (docs/decisions/0008). A question is not where our text has closed the dialogue before it
 * came. */
static bool is_held_elsewhere(const struct run *run)
{
    const struct step_cause *cause = run->cause;

    return run->work->session.holder != cause->mark &&
           (run->step->reply == SESSION_REPLY_END || !cause->is_told);
}

/* A copy of an input that was taken in before: the same answer again, and a write, so that WAIT
 * covers the first copy's commit too (docs/custody.md). */
static void replay(struct run *run, const struct session_debt *found)
{
    struct session *s = &run->work->session;
    struct session_debt *debt = &s->debts[found - s->debts];
    bool is_newest = debt == &s->debts[0];
    bool is_late = run->cause->is_late;

    /* A reload has ended the numbers: this may be the same key at a later screen. It is shown what
     * is stored, as without numbers, and the proof of that closes the debt. */
    debt->is_exact = debt->is_exact && run_is_exact(run);
    run->step->is_replay = true;
    run->step->debt_ms = debt->at_ms;
    run->step->reply = s->reply;
    if (run->input->kind == DIALECT_SMS)
        run->step->reply = SESSION_REPLY_NONE;
    /* The last screen is not this dialogue's, or one too far for a step that is numbered; but told
     * to wait, the dialogue has ended, and what it was at comes by itself. */
    if (!is_newest && (s->is_unnamed || !run_is_named_alike(run) || (debt->is_exact && !is_late)))
        run->step->reply = SESSION_REPLY_NONE;
    run->step->is_left =
        is_late && run->step->reply != SESSION_REPLY_NONE && is_held_elsewhere(run);
    if (run->step->is_left)
        run->step->reply = SESSION_REPLY_NONE;
    if (run->step->reply != SESSION_REPLY_NONE && is_late)
        run_owe_late(run, s->debts[0].fingerprint);
    else if (run->step->reply != SESSION_REPLY_NONE)
        run->work->session.holder = run->cause->mark;
    run_encode_session(run);
}

/* A late dial gets the screen of now: should the centre's ids have come round, it is a new one. */
static void replay_late(struct run *run)
{
    const struct session *s = &run->work->session;

    run->step->is_replay = true;
    run->step->reply = run->input->kind == DIALECT_BEGIN ? s->reply : SESSION_REPLY_NONE;
    if (run->step->reply != SESSION_REPLY_NONE)
        run->work->session.holder = run->cause->mark;
    run_encode_session(run);
}

bool run_find_menu(struct run *run, const char *code, const uint8_t *id)
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

const char *run_shown_code(const struct run *run)
{
    const struct turn_ports *ports = &run->env->ports;

    return ports->shown_code(ports->ctx, run->code);
}

/* "*384*9#" may have a menu of its own beside "*384#". */
static const char *dialled_code(const struct run *run)
{
    const struct turn_ports *ports = &run->env->ports;
    const struct dialect_input *in = run->input;
    const char *code = in->kind == DIALECT_BEGIN
                           ? ports->service_code(ports->ctx, run->link, in->text, in->code)
                           : NULL;

    return code != NULL ? code : in->code;
}

/* The menu of the dialogue that the USSD input goes on with, or of the one that it opens. */
static bool find_dialogue_menu(struct run *run, bool goes_on)
{
    if (goes_on)
        return run_find_menu(run, run->work->session.code, run->work->state.menu_id);
    return !run->input->is_answer_only && run_find_menu(run, dialled_code(run), NULL);
}

/* Which event the input is to the menu. An answer to a dialogue that is not known here (expired,
 * or its record lost) opens a new one: the subscriber sees where to go on, not an error. */
static struct menu_event make_event(struct run *run)
{
    const struct dialect_input *in = run->input;
    struct menu_event event = {.text = in->text, .now_ms = run->now_ms};

    if (in->kind == DIALECT_SMS) {
        event.kind = MENU_EVENT_SMS;
        run_find_menu(run, in->code, NULL);
    } else if (run_goes_on(run)) {
        event.kind = MENU_EVENT_INPUT;
        find_dialogue_menu(run, true);
    } else {
        event.kind = MENU_EVENT_DIAL;
        event.text = in->kind == DIALECT_BEGIN ? in->text : in->code;
        find_dialogue_menu(run, false);
    }
    event.code = run->menu != NULL ? run_shown_code(run) : "";
    return event;
}

/* The dialogue as it is after a USSD input: which it is, what it was shown. */
static void note_dialogue(struct run *run, bool is_new)
{
    struct session *s = &run->work->session;
    const struct dialect_input *in = run->input;
    const struct menu_outcome *out = &run->work->outcome;
    unsigned step;

    if (is_new) {
        s->is_pushed = false;
        s->opened_ms = run->now_ms;
    }
    /* Our own count could come to the number of a push's first answer again, or of one to a
     * dialogue that was erased meanwhile, and the same key be taken for a copy. */
    step = run_is_unanswered_push(s) || (is_new && in->kind != DIALECT_BEGIN && run_is_exact(run))
               ? in->session.unit
               : s->step;
    s->is_unnamed = false;
    text_copy(s->link, sizeof(s->link), run->cause->link_name);
    text_copy(s->code, sizeof(s->code), run->code);
    s->id_size = in->session.size;
    memcpy(s->id, in->session.octets, in->session.size);
    s->step = (uint8_t)((step + 1) % STEP_UNITS);
    s->is_open = out->kind == MENU_ASK && in->kind != DIALECT_ANSWER_LAST;
    s->reply = SESSION_REPLY_NONE;
    s->holder = run->cause->mark;
    s->screen[0] = '\0';
    if (in->kind != DIALECT_ANSWER_LAST && (out->kind == MENU_ASK || out->kind == MENU_END)) {
        s->reply = out->kind == MENU_ASK ? SESSION_REPLY_ASK : SESSION_REPLY_END;
        text_copy(s->screen, sizeof(s->screen), out->text);
    }
    run->step->reply = s->reply;
    if (run->cause->is_late)
        run_owe_late(run, in->fingerprint);
}

static int64_t add_debt(struct run *run)
{
    const struct dialect_input *in = run->input;
    int64_t horizon_ms = step_horizon_ms(run->settings);

    if (in->kind == DIALECT_SMS)
        return session_add_sms_debt(&run->work->session, in->fingerprint, run->now_ms, horizon_ms);
    return session_add_debt(&run->work->session, in->fingerprint, run_is_exact(run), run->now_ms,
                            horizon_ms);
}

/* Another gateway has put a version in force that is not here yet, or cannot be: the centre brings
 * the input again, and perhaps to that one. For a while; then the menu here begins anew. */
static bool is_version_awaited(const struct run *run)
{
    int64_t age_ms = run->now_ms - run->work->session.updated_ms;

    return !menu_id_is(run->menu, run->work->state.menu_id) && age_ms < VERSION_WAIT_MS &&
           age_ms > -VERSION_WAIT_MS;
}

/* What has gone, other than by a key in the dialogue, may stand on the last screen. */
static void forget_screen(struct run *run, bool had_draft)
{
    struct session *s = &run->work->session;

    if (run->work->programme.owed_cut_ms == 0 && (!had_draft || run->work->state.has_draft))
        return;
    s->reply = SESSION_REPLY_NONE;
    s->screen[0] = '\0';
}

void run_take_input(struct run *run, const struct step_records *records)
{
    const struct dialect_input *in = run->input;
    struct menu_event event = make_event(run);
    bool had_draft = run->work->state.has_draft;

    if (run->menu == NULL) {
        run->step->kind = STEP_NO_MENU;
        return;
    }
    if (event.kind == MENU_EVENT_INPUT && run_has_unit(run) &&
        in->session.unit != run->work->session.step) {
        run->step->kind = STEP_MISMATCH;
        run->step->command_status = run_is_ahead(run) ? ESME_RX_T_APPN : ESME_RX_R_APPN;
        return;
    }
    if (event.kind == MENU_EVENT_INPUT && is_version_awaited(run)) {
        run->step->kind = STEP_ELSEWHERE;
        return;
    }
    run_note_from(run);
    if (!run_begin_programme(run, records) || !run_menu(run, event))
        return;
    if (run->work->programme.consent.is_given)
        run_note_consent(run, event.kind == MENU_EVENT_INPUT);
    if (in->kind == DIALECT_SMS) {
        if (run->work->outcome.kind != MENU_SILENT)
            run_owe(run, run->work->outcome.text, run->work->programme.sms_until_ms);
        forget_screen(run, had_draft);
    } else {
        note_dialogue(run, event.kind == MENU_EVENT_DIAL);
        run_note_move(run, event.kind == MENU_EVENT_INPUT);
    }
    run_finish_programme(run);
    /* The answer, or what an action owes in its place: proof either way. */
    run->step->reply_is_owed = in->kind == DIALECT_SMS && run->step->owed_count != 0;
    run->step->debt_ms = add_debt(run);
    run_encode_session(run);
}

/* Something of the programme's is due: a reminder, a deadline, an erasure. The session is written
 * again where there is one, so that a dialogue under way and the timer see each other; and where
 * there is none, so that who joins a training sees that the claim is being given back. */
static void take_timer(struct run *run, const struct step_records *records)
{
    struct step_work *work = run->work;
    const struct session *s = &work->session;
    struct programme *p = &work->programme;
    const struct subscriber *who = &p->subscriber;
    /* Of a draft, say, that ended while no gateway ran, or of what another gateway has erased just
     * now: nobody is left to be told, and the timer goes. */
    bool is_orphan = records->session.size == 0 && records->merchant.size == 0;
    bool had_draft = work->state.has_draft;

    if (!run_begin_programme(run, records))
        return;
    /* Copies: an erasure takes the subscriber away, and its last SMS goes by them. */
    text_copy(work->link, sizeof(work->link), who->link[0] != '\0' ? who->link : s->link);
    text_copy(work->code, sizeof(work->code), who->code[0] != '\0' ? who->code : s->code);
    run->link = work->link;
    run_find_menu(run, work->code, NULL); /* the code may be gone since: what is due stays due */
    programme_on_timer(p, run->cause->timer_kind, &run->work->state);
    forget_screen(run, had_draft);
    if (p->need.kind != PROGRAMME_NEEDS_NOTHING) {
        run->step->kind = STEP_NEEDS;
        run->step->need = p->need;
        return;
    }
    if (is_orphan)
        p->sms_count = 0;
    if (!run_can_tell(run)) {
        run->step->kind = STEP_NO_MENU;
        return;
    }
    run_finish_programme(run);
    run_encode_session(run);
    if (s->updated_ms != 0)
        return;
    /* It is made for that alone, and of a number that is erased nothing is to stay, though this
     * gateway be killed, and another have taken the timer away. */
    if (p->shared_changed)
        run->step->session_ttl_s = GIVE_BACK_S;
    else if (records->session.size == 0)
        run->step->session = span_of(NULL, 0);
    else
        run->step->session_ttl_s = 1;
}

void run_close_dialogue(struct run *run)
{
    struct session *s = &run->work->session;
    struct menu_event event = {.kind = MENU_EVENT_ABORT, .text = "", .now_ms = run->now_ms};
    struct menu_facts facts = {.get = NULL};

    if (!run_find_menu(run, s->code, run->work->state.menu_id))
        return;
    run_note_from(run);
    run->step->has_moved = true;
    run->step->move.leave = TURN_LEFT_ABANDONED;
    event.code = run_shown_code(run);
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

    memset(step, 0, offsetof(struct step, index));
    step->kind = STEP_NOTHING;
    step->work = work;
}

/* Another turn has shown that step again, or has gone on from it. */
static bool is_refusal_past(const struct run *run)
{
    return run->cause->is_ours && run->work->session.holder != run->cause->mark;
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

void step_run(struct step *step, const struct turn_env *env, const struct turn_settings *settings,
              const char *msisdn, const struct step_cause *cause,
              const struct step_records *records, const struct step_answers *answers)
{
    struct run run = make_run(step, env, settings, msisdn, cause);
    const struct session_debt *debt;

    run.answers = answers;
    reset_results(step);
    load_session(&run, records);
    if (run.is_newer) { /* its debts and draft would be lost with it */
        step->kind = STEP_ELSEWHERE;
        return;
    }
    if (cause->push != NULL) {
        run_take_push(&run, records);
        return;
    }
    if (cause->input == NULL) {
        if (cause->timer_kind != NULL && strcmp(cause->timer_kind, PARTS_TIMER) == 0)
            run_drop_parts(&run, records);
        else if (cause->timer_kind != NULL)
            take_timer(&run, records);
        else if (run.has_closed)
            run_encode_session(&run);
        return;
    }
    step->is_exact = run_is_exact(&run);
    step->seen = run_look(&run);
    if (cause->input->kind == DIALECT_SMS && cause->input->part.total != 0) {
        run_take_part(&run, records);
        return;
    }
    switch (cause->input->kind) {
    case DIALECT_BEGIN:
    case DIALECT_ANSWER:
    case DIALECT_ANSWER_LAST:
    case DIALECT_SMS:
        debt = run_find_debt(&run);
        if (debt != NULL)
            replay(&run, debt);
        else if (cause->is_again || run_is_overtaken(&run)) /* another gateway has gone on */
            step->command_status = cause->is_again ? ESME_ROK : ESME_RX_T_APPN;
        else if (run_is_late_copy(&run))
            replay_late(&run);
        else
            run_take_input(&run, records);
        break;
    case DIALECT_ABORT: /* the centre says so */
        if (run_is_same_dialogue(&run) && !is_refusal_past(&run))
            run_close_dialogue(&run);
        break;
    case DIALECT_NOTIFY_ACK:
    case DIALECT_RECEIPT:
        break;
    }
}

bool step_knows(struct step *step, const struct turn_env *env, const struct turn_settings *set,
                const struct dialect_input *input, struct span session)
{
    struct session *s = &step->work->session;

    return session_decode(s, session) &&
           session_find_debt(s, input->fingerprint, env->wall_ms(env->ctx), step_horizon_ms(set)) !=
               NULL;
}

struct step_screen step_last_screen(struct step *step, struct span session)
{
    const struct session *s = &step->work->session;

    if (!session_decode(&step->work->session, session) || s->debt_count == 0)
        return (struct step_screen){.reply = SESSION_REPLY_NONE, .text = ""};
    return (struct step_screen){.reply = s->reply,
                                .text = s->screen,
                                .link = s->link,
                                .code = s->code,
                                .unit = s->step,
                                .is_pushed = s->is_pushed,
                                .fingerprint = s->debts[0].fingerprint};
}

bool step_busy_text(struct step *step, const struct turn_env *env, const struct turn_settings *set,
                    const char *msisdn, const struct step_cause *cause, struct span session,
                    char text[MENU_TEXT_BYTES])
{
    struct run run = make_run(step, env, set, msisdn, cause);
    struct step_records records = {.session = session};
    const struct menu_state *state = session.size != 0 ? &run.work->state : NULL;

    load_session(&run, &records);
    if (!find_dialogue_menu(&run, run_goes_on(&run)))
        return false;
    if (cause->is_late)
        menu_wait_text(run.menu, state, run_shown_code(&run), text);
    else
        menu_busy_text(run.menu, state, run_shown_code(&run), text);
    return true;
}
