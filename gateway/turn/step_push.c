/* Network-initiated dialogues and late answers (docs/decisions/0008). The ledger that makes inputs
 * once only does it for pushes too: each is a debt under its own fingerprint. */
#include "gateway/turn/run.h"

#include <string.h>

/* In the ledger: of a push that went by SMS. Fingerprints of pushes are odd. */
enum { FALLEN_BACK = 1 };

static bool is_newest(const struct session *s, uint64_t fingerprint)
{
    return s->debt_count != 0 && s->debts[0].fingerprint == fingerprint;
}

/* Whatever has come since. */
static bool has_debt(const struct run *run, uint64_t fingerprint)
{
    return session_find_debt(&run->work->session, fingerprint, run->now_ms,
                             step_horizon_ms(run->settings)) != NULL;
}

/* The centre's dialogue, as far as we know. A question of ours may be answered as long as the
 * centre waits, whatever turn.session_idle_s says. */
static bool is_dialogue_running(const struct run *run)
{
    const struct session *s = &run->work->session;
    const struct turn_ports *ports = &run->env->ports;
    struct turn_traits traits = ports->traits(ports->ctx, s->link);

    if (!s->is_open)
        return false;
    if (traits.user_reply_s != 0 && run->now_ms - s->updated_ms > traits.user_reply_s * 1000)
        return false;
    return traits.session_max_s == 0 || s->opened_ms == 0 ||
           run->now_ms - s->opened_ms <= traits.session_max_s * 1000;
}

/* By which link: the one named, that of the last dialogue, any that carries the code. */
static bool find_link(struct run *run, const char *code)
{
    const struct push_entry *entry = run->cause->push->entry;
    const char *preferred = entry->link[0] != '\0' ? entry->link : run->work->session.link;
    const struct turn_ports *ports = &run->env->ports;

    if (!ports->find_push_link(ports->ctx, preferred, code, run->msisdn, run->work->link,
                               sizeof(run->work->link)))
        return false;
    run->link = run->work->link;
    run->traits = ports->traits(ports->ctx, run->link);
    return true;
}

static void say(struct run *run, enum step_push_verdict verdict)
{
    run->step->push_verdict = verdict;
}

/* The dialogue is ours now, and has no name yet. */
static void open_dialogue(struct run *run, const char *code, enum session_reply reply,
                          const char *screen)
{
    struct session *s = &run->work->session;

    text_copy(s->link, sizeof(s->link), run->link);
    text_copy(s->code, sizeof(s->code), code);
    s->is_pushed = s->is_unnamed = true;
    s->opened_ms = run->now_ms;
    s->step = (uint8_t)((s->step + 1) % STEP_UNITS);
    s->is_open = reply == SESSION_REPLY_ASK;
    s->reply = reply;
    s->holder = 0; /* no input's */
    if (screen != s->screen)
        text_copy(s->screen, sizeof(s->screen), screen);
    run->step->reply = reply;
    session_add_debt(s, run->cause->push->fingerprint, true, run->now_ms,
                     step_horizon_ms(run->settings));
    say(run, STEP_PUSH_SHOW);
}

static void step_menu(struct run *run, const struct step_records *records)
{
    const struct push_entry *entry = run->cause->push->entry;
    const struct menu_outcome *out = &run->work->outcome;
    struct menu_event event = {
        .kind = MENU_EVENT_PUSH, .text = entry->screen, .now_ms = run->now_ms};

    if (!run_find_menu(run, entry->code, NULL)) {
        run->step->kind = STEP_NO_MENU;
        return;
    }
    event.code = run_shown_code(run);
    if (!run_begin_programme(run, records) || !run_menu(run, event))
        return;
    open_dialogue(run, entry->code,
                  out->kind == MENU_ASK   ? SESSION_REPLY_ASK
                  : out->kind == MENU_END ? SESSION_REPLY_END
                                          : SESSION_REPLY_NONE,
                  out->text);
    if (run->step->reply != SESSION_REPLY_NONE)
        run_note_pushed(run);
    run_finish_programme(run);
    /* By the session alone the write would not meet an erasure of who has none. */
    run->step->merchant_used = true;
    run_encode_session(run);
}

/* Tried before, outcome unknown: shown again, unless something has come since: then it was seen, or
 * is of no use any more. The network's dialogue begins with it. */
static void show_again(struct run *run)
{
    const struct turn_ports *ports = &run->env->ports;
    struct session *s = &run->work->session;

    if (!is_newest(s, run->cause->push->fingerprint) ||
        (s->reply == SESSION_REPLY_ASK && !s->is_open)) {
        say(run, STEP_PUSH_OVER);
        return;
    }
    /* The gateway that tried may have another name for the centre. */
    if (find_link(run, s->code) && ports->is_one_centre(ports->ctx, s->link, run->link))
        text_copy(s->link, sizeof(s->link), run->link);
    s->opened_ms = run->now_ms;
    run->step->is_replay = true;
    run->step->reply = s->reply;
    say(run, STEP_PUSH_SHOW);
    run_encode_session(run);
}

/* Something has come since. */
static bool is_past(const struct run *run)
{
    const struct step_push *p = run->cause->push;
    const struct session *s = &run->work->session;

    return !is_newest(s, p->fingerprint) && !is_newest(s, p->entry->answers);
}

/* A question cannot be answered by SMS: then it says where to dial. */
static void fall_back(struct run *run)
{
    const struct push_entry *entry = run->cause->push->entry;
    struct session *s = &run->work->session;
    char text[MENU_TEXT_BYTES];

    if (s->debt_count == 0) { /* erased */
        say(run, STEP_PUSH_OVER);
        return;
    }
    /* Done already, by a commit whose outcome was not known; or a question that has been left. */
    if (has_debt(run, run->cause->push->fingerprint ^ FALLEN_BACK) ||
        (entry->is_ask && is_past(run))) {
        say(run, STEP_PUSH_OVER);
        return;
    }
    run->link = entry->link;
    if (!run_find_menu(run, entry->code, NULL)) {
        run->step->kind = STEP_NO_MENU;
        return;
    }
    text_copy(text, sizeof(text), entry->text);
    if (entry->is_ask)
        menu_busy_text(run->menu, &run->work->state, run_shown_code(run), text);
    if (is_newest(s, run->cause->push->fingerprint))
        s->is_open = false;
    run_owe(run, text, 0);
    session_add_sms_debt(s, run->cause->push->fingerprint ^ FALLEN_BACK, run->now_ms,
                         step_horizon_ms(run->settings));
    run->step->settles_push = true;
    say(run, STEP_PUSH_SETTLED);
    run_encode_session(run);
}

/* Once only, whatever happens: a push of which it is not known whether it was shown is not shown
 * again, and no SMS is sent for it. */
static void show_late(struct run *run)
{
    const struct step_push *p = run->cause->push;
    bool was_tried = has_debt(run, p->fingerprint);
    /* Our own try of which we did not hear, or somebody else's who has taken it over from us. */
    bool may_be_shown = p->may_be_shown || run->env->timers->now_ms >= p->ours_until_ms;

    if ((was_tried && may_be_shown) || has_debt(run, p->fingerprint ^ FALLEN_BACK)) {
        say(run, STEP_PUSH_OVER);
    } else if (is_past(run)) {
        /* The subscriber has gone on: a question is out of place, a result is still news. */
        if (p->entry->is_ask)
            say(run, STEP_PUSH_OVER);
        else
            fall_back(run);
    } else if (!find_link(run, p->entry->code)) {
        fall_back(run);
    } else {
        open_dialogue(run, p->entry->code, p->entry->is_ask ? SESSION_REPLY_ASK : SESSION_REPLY_END,
                      p->entry->text);
        run_encode_session(run);
    }
}

static void show(struct run *run, const struct step_records *records)
{
    const struct step_push *p = run->cause->push;
    /* Another gateway may have taken it over, and shown it. */
    bool is_lost = run->env->timers->now_ms >= p->ours_until_ms;

    if (p->entry->screen[0] == '\0')
        show_late(run);
    else if (!p->is_owed && records->session.size == 0 && records->merchant.size == 0)
        say(run, STEP_PUSH_UNKNOWN);
    else if (!is_lost && has_debt(run, p->fingerprint))
        show_again(run);
    else if (is_lost || is_dialogue_running(run) || !find_link(run, p->entry->code))
        say(run, STEP_PUSH_LATER);
    else
        step_menu(run, records);
}

/* The centre has told the dialogue's name in its response. */
static void take_name(struct run *run)
{
    const struct step_push *p = run->cause->push;
    struct session *s = &run->work->session;

    if (!is_newest(s, p->fingerprint) || !s->is_open || !s->is_unnamed)
        return;
    s->is_unnamed = false;
    s->id_size = p->name.size;
    memcpy(s->id, p->name.octets, p->name.size);
    run_encode_session(run);
}

/* Not shown, and not to be tried any more. */
static void close_unseen(struct run *run)
{
    if (is_newest(&run->work->session, run->cause->push->fingerprint) && run->work->session.is_open)
        run_close_dialogue(run);
}

void run_take_push(struct run *run, const struct step_records *records)
{
    switch (run->cause->push->job) {
    case STEP_PUSH_JOB_SHOW:
        show(run, records);
        break;
    case STEP_PUSH_JOB_FALL_BACK:
        fall_back(run);
        break;
    case STEP_PUSH_JOB_NAME:
        take_name(run);
        break;
    case STEP_PUSH_JOB_CLOSE:
        close_unseen(run);
        break;
    }
}

void run_owe_late(struct run *run, uint64_t answers)
{
    struct session *s = &run->work->session;
    struct push_entry *entry = &run->work->late;

    if (s->reply == SESSION_REPLY_NONE)
        return;
    if (s->reply == SESSION_REPLY_ASK && !run->work->state.is_open) {
        run->step->reply = SESSION_REPLY_NONE; /* aborted meanwhile: it would lead nowhere */
        return;
    }
    memset(entry, 0, offsetof(struct push_entry, text));
    text_copy(entry->msisdn, sizeof(entry->msisdn), run->msisdn);
    text_copy(entry->link, sizeof(entry->link), run->cause->link_name);
    text_copy(entry->code, sizeof(entry->code), s->code);
    text_copy(entry->text, sizeof(entry->text), s->screen);
    entry->is_ask = s->reply == SESSION_REPLY_ASK;
    entry->answers = answers;
    entry->expires_ms = run->now_ms + (int64_t)run->settings->push_expiry_s * 1000;
    run->step->push = entry;
    run_name_subject(run);
    /* The dialogue ended with the text that asked to wait. */
    s->is_open = false;
    s->reply = run->step->reply = SESSION_REPLY_NONE;
}
