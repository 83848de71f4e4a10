/* What an input is to the record that it meets: of which dialogue, and whether new, a copy, ahead
 * of it or overtaken. Reads, and changes nothing. */
#include "gateway/turn/run.h"

#include <string.h>

bool run_is_named_alike(const struct run *run)
{
    const struct session *s = &run->work->session;
    const struct dialect_session *id = &run->input->session;

    return s->id_size == id->size && memcmp(s->id, id->octets, id->size) == 0;
}

static bool is_last_centre(const struct run *run)
{
    const struct turn_ports *ports = &run->env->ports;

    return ports->is_one_centre(ports->ctx, run->work->session.link, run->cause->link_name);
}

/* It may be over. */
static bool is_last_dialogue(const struct run *run)
{
    return is_last_centre(run) && run_is_named_alike(run);
}

/* An answer that carries our own count names its step, and a dial its dialogue. */
bool run_is_exact(const struct run *run)
{
    return run->traits.token == TURN_TOKEN_ECHO && run->input->session.size != 0 &&
           run->input->kind != DIALECT_SMS;
}

/* It names the dialogue before what we push, and a screen of that: typed before the push came. By
 * the name alone nobody could tell where a centre calls all of a subscriber's dialogues alike. */
static bool is_from_before(const struct run *run)
{
    const struct dialect_session *id = &run->input->session;
    unsigned behind = (STEP_UNITS + run->work->session.step - id->unit) % STEP_UNITS;

    return run_is_exact(run) && run_is_named_alike(run) && behind >= 1 &&
           behind <= SESSION_DEBTS_MAX;
}

bool run_is_same_dialogue(const struct run *run)
{
    const struct session *s = &run->work->session;
    const struct dialect_session *id = &run->input->session;
    bool is_equal = run_is_named_alike(run);

    if (!is_last_centre(run))
        return false;
    if (!s->is_open) /* told to wait; an answer proves that the phone was not told */
        return run->input->kind == DIALECT_ANSWER && run->work->state.is_open && !run->is_idle &&
               is_equal && id->size != 0;
    if (!s->is_unnamed) /* a centre may leave the name out of an end; the number is always there */
        return is_equal || (run->input->kind == DIALECT_ABORT && id->size == 0);
    /* What comes in names it; but a dial opens another, and the end of the last dialogue, whose
     * name stands here still, or an answer in it, may come late. */
    return run->input->kind == DIALECT_ABORT
               ? !is_equal || id->size == 0
               : run->input->kind != DIALECT_BEGIN && !is_from_before(run);
}

/* What we have pushed counts on from its first answer, as the centre counts, whichever names it. */
bool run_is_unanswered_push(const struct session *s)
{
    return s->is_pushed && s->holder == 0;
}

/* The answer carries the number of the screen that it answers. Not where that screen was shown
 * before a reload began to number (turn_token): its input is known as one of a link without
 * numbers. */
bool run_has_unit(const struct run *run)
{
    const struct session *s = &run->work->session;

    return run_is_exact(run) && !run_is_unanswered_push(s) &&
           (s->debt_count == 0 || s->debts[0].is_exact || !run_is_same_dialogue(run));
}

/* A copy so late that the ledger has forgotten it, of a numbered dialogue: an answer to a screen
 * from before the ledger's oldest, or, while it is still open, its dial (there is one a dialogue).
 */
bool run_is_late_copy(const struct run *run)
{
    const struct dialect_input *in = run->input;
    const struct session *s = &run->work->session;
    unsigned behind = (STEP_UNITS + s->step - in->session.unit) % STEP_UNITS;

    if (!run_is_exact(run) || run_is_unanswered_push(s))
        return false;
    if (in->kind == DIALECT_BEGIN)
        return run_is_same_dialogue(run);
    return is_last_dialogue(run) && s->debt_count != 0 && s->debts[0].is_exact &&
           behind > SESSION_DEBTS_MAX && behind < STEP_UNITS / 2;
}

/* An answer to a screen that is not stored yet: what was read is an old master's, perhaps, which a
 * fail-over has left behind. */
bool run_is_ahead(const struct run *run)
{
    unsigned ahead = (STEP_UNITS + run->input->session.unit - run->work->session.step) % STEP_UNITS;

    return ahead < STEP_UNITS / 2;
}

bool run_goes_on(const struct run *run)
{
    return run->input->kind != DIALECT_BEGIN && run_is_same_dialogue(run);
}

/* What this input is a copy of; NULL when it is new. The centre's ids come round: a dial that names
 * a dialogue which is long over is a new one; until then it is a copy, though an end or the text
 * that asks to wait has ended its dialogue. */
const struct session_debt *run_find_debt(const struct run *run)
{
    const struct dialect_input *in = run->input;
    const struct session *s = &run->work->session;
    const struct session_debt *debt;

    if (run->cause->is_again)
        return s->debt_count != 0 && s->debts[0].fingerprint == in->fingerprint ? &s->debts[0]
                                                                                : NULL;
    debt = session_find_debt(&run->work->session, in->fingerprint, run->now_ms,
                             step_horizon_ms(run->settings));
    if (debt != NULL && debt->is_exact && in->kind == DIALECT_BEGIN && !run_is_same_dialogue(run) &&
        run->now_ms - debt->at_ms > (int64_t)run->settings->session_idle_s * 1000)
        return NULL;
    return debt;
}

/* Two gateways' clocks decide where what was seen does not tell: what was met may be newer. */
static bool is_opened_since(const struct run *run)
{
    const struct step_seen *seen = &run->cause->seen;
    int64_t opened_ms = run->work->session.opened_ms;

    if (seen->is_any && opened_ms == seen->opened_ms)
        return !run_goes_on(run) && opened_ms > run->cause->arrived_ms;
    return seen->is_sure || opened_ms > run->cause->arrived_ms;
}

/* Told to wait, the subscriber has dialled anew, or a result was pushed to the phone: the input
 * would take the place of a dialogue that he is in, or be an answer to it while it has no name. */
bool run_is_overtaken(const struct run *run)
{
    return run->cause->is_late && run->work->session.is_open &&
           (!run_goes_on(run) || run->work->session.is_unnamed) && is_opened_since(run);
}

struct step_seen run_look(const struct run *run)
{
    const struct session *s = &run->work->session;

    return (struct step_seen){.opened_ms = s->opened_ms,
                              .is_any = true,
                              .is_sure = run_goes_on(run) && !s->is_unnamed && s->id_size != 0};
}
