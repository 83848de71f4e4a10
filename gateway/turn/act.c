#include "gateway/turn/act.h"

#include "gateway/turn/engine.h"
#include "gateway/turn/pusher.h"
#include "gateway/turn/run.h"
#include "gateway/turn/show.h"

static void send_owed(struct turn *t, const struct store_owed_id *ids)
{
    struct turn_engine *e = t->engine;

    e->counters.sms_owed += t->owed_count;
    for (unsigned i = 0; i < t->owed_count; i++) {
        bool is_reply = i == 0 && t->reply_is_owed;

        outbox_send(e->outbox, ids[i], 1, &t->owed[i], is_reply ? show_on_left : NULL,
                    is_reply ? show_expect_sms(t) : NULL);
    }
    if (t->owed_push != NULL)
        pusher_take(e, ids[t->owed_count], 1, t->owed_push, t->commit_ms);
}

/* A copy of an input is no input; an abort that is known here was of this very dialogue; after the
 * text that asks to wait nothing more is shown in it. */
static void note_record(struct turn *t, const char *screen)
{
    struct dialogues *d = t->engine->dialogues;

    if (t->is_replay || t->cause != TURN_BY_INPUT)
        return;
    switch (t->input.kind) {
    case DIALECT_BEGIN:
    case DIALECT_ANSWER:
    case DIALECT_ANSWER_LAST:
        dialogues_step(
            d, &(struct dialogue_step){.input = &t->input,
                                       .link_name = t->link_name,
                                       .menu_id = t->menu_id,
                                       .screen = screen,
                                       .is_last = t->is_late || t->reply == SESSION_REPLY_END});
        break;
    case DIALECT_SMS:
        dialogues_sms(d, &t->input, t->link_name, t->menu_id);
        break;
    case DIALECT_ABORT:
        dialogues_end(d, t->box->msisdn, t->origin.link != NULL ? TURN_END_ABORT : TURN_END_FAILED);
        break;
    case DIALECT_NOTIFY_ACK:
    case DIALECT_RECEIPT:
        break;
    }
}

static void note_move(const struct turn *t)
{
    const struct turn_ports *ports = &t->engine->env.ports;

    if (t->has_moved)
        ports->moved(ports->ctx, &t->move);
}

/* To the very screen that this turn would show, or to a later one: another gateway has shown it.
 * Where steps are numbered; elsewhere it may as well be a late copy of an answer before. */
static bool is_answered_by(const struct turn *t, const struct step_screen *screen,
                           const struct dialect_input *next)
{
    unsigned ahead = (STEP_UNITS + next->session.unit - screen->unit) % STEP_UNITS;

    return t->is_exact && next->kind == DIALECT_ANSWER && ahead < STEP_UNITS / 2;
}

/* A copy of a dial shows the last screen of its own dialogue at most, and nothing where steps are
 * numbered (step.c): it is no new dial, and another's screen is waited for. */
static bool is_silent_copy(const struct turn *t, const struct turn *next)
{
    struct turn_engine *e = t->engine;

    return (t->is_exact || !show_is_same_dialogue(&next->input.session, &t->input.session)) &&
           step_knows(e->step, &e->env, &e->settings, &next->input, copy_span(&t->box->session));
}

/* The subscriber has hung up meanwhile, dialled anew or gone on: nobody waits for this reply any
 * more. */
static bool is_over(const struct turn *t, const struct step_screen *screen)
{
    LIST_FOREACH(n, &t->box->waiting) {
        const struct turn *next = LIST_ITEM(n, struct turn, node);

        if (next->origin.link == NULL || next->input.fingerprint == t->input.fingerprint)
            continue;
        if ((next->input.kind == DIALECT_BEGIN && !is_silent_copy(t, next)) ||
            ((next->input.kind == DIALECT_ABORT || is_answered_by(t, screen, &next->input)) &&
             show_is_same_dialogue(&next->input.session, &t->input.session)))
            return true;
    }
    return false;
}

/* Where it has not, the input comes again, by the next bind perhaps, and is shown then what is
 * stored now. So it does where its connection is gone: by another bind the screen would leave
 * without its answer, the subscriber go on from it, and the copy be taken for the key after that,
 * where nothing names its step. */
static bool has_way_back(const struct turn *t)
{
    const struct turn_ports *ports = &t->engine->env.ports;
    struct turn_origin origin = t->origin;

    origin.link_name = t->link_name;
    return (t->is_exact || turn_is_connected(t)) && ports->has_way_back(ports->ctx, &origin);
}

static void count(struct turn *t)
{
    struct turn_counters *c = &t->engine->counters;

    if (t->is_again || t->cause == TURN_BY_PUSH)
        return;
    if (t->is_replay)
        c->replays++;
    else if (t->is_part)
        c->sms_parts++;
    else if (t->cause == TURN_BY_PROOFS)
        c->settles++;
    else
        c->steps++;
}

/* A copy that is late leaves the reply to the turn that holds it. That may have failed with it, and
 * the text that asks to wait is not known to be taken: perhaps nobody would see anything. The next
 * copy is shown the reply. */
static bool is_nobodys(struct turn *t)
{
    if (!t->is_left || t->is_told)
        return false;
    show_take_wait_back(t);
    return true;
}

static void answer_with_screen(struct turn *t)
{
    struct turn_engine *e = t->engine;
    struct step_screen screen = step_last_screen(e->step, copy_span(&t->box->session));

    note_record(t, screen.text);
    if (is_over(t, &screen)) {
        turn_answer(t, t->command_status);
        e->counters.screens_withdrawn++;
    } else {
        show_reply(t, &screen);
    }
}

void act_on_commit(struct turn *t, const struct store_reply *reply)
{
    struct turn_engine *e = t->engine;

    count(t);
    if (t->is_late && t->reply != SESSION_REPLY_NONE) {
        /* The commit was on its way when the dialogue's time was over: the reply it holds is owed
         * by another one, and the input acknowledged after that. */
        send_owed(t, reply->owed);
        note_record(t, "");
        note_move(t);
        t->is_again = true;
        turn_run(t);
        return;
    }
    if (!t->is_replay && t->reply != SESSION_REPLY_NONE)
        show_supersede(t);
    if (turn_window_is_over(t)) {
        e->counters.overdue++;
        turn_answer(t, ESME_RX_T_APPN);
        note_record(t, "");
    } else if (is_nobodys(t)) {
        turn_answer(t, ESME_RX_T_APPN);
    } else if (t->reply == SESSION_REPLY_NONE || t->origin.link == NULL) {
        turn_answer(t, t->command_status);
        note_record(t, "");
    } else if (!has_way_back(t)) {
        turn_answer(t, ESME_RX_T_APPN);
        note_record(t, "");
    } else {
        answer_with_screen(t);
    }
    if (t->input.kind == DIALECT_SMS && !t->reply_is_owed && !t->is_part)
        show_nothing(t);
    show_abort_ack(t);
    send_owed(t, reply->owed);
    note_move(t);
    t->push_verdict = t->push_said;
    turn_done(t, "committed");
}
