#include "gateway/turn/turn.h"

#include "base/fsm.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/turn/act.h"
#include "gateway/turn/engine.h"
#include "gateway/turn/late.h"
#include "gateway/turn/need.h"
#include "gateway/turn/pusher.h"
#include "gateway/turn/show.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum {
    TURN_TRIES_MAX = 4,   /* commits of one input: conflicts, unknown outcomes */
    TURN_POOL_MAX = 4096, /* finished turns kept for reuse */
};

enum turn_state {
    TURN_QUEUED,
    TURN_LOADING,
    TURN_NEEDING,
    TURN_COMMITTING,
    TURN_DONE,
};

static const struct fsm_state turn_states[] = {
    [TURN_QUEUED] = {.name = "queued",
                     .next = FSM_BIT(TURN_LOADING) | FSM_BIT(TURN_NEEDING) |
                             FSM_BIT(TURN_COMMITTING) | FSM_BIT(TURN_DONE)},
    [TURN_LOADING] = {.name = "loading",
                      .next =
                          FSM_BIT(TURN_NEEDING) | FSM_BIT(TURN_COMMITTING) | FSM_BIT(TURN_DONE)},
    [TURN_NEEDING] = {.name = "needing", /* LOADING: something has changed while it was asked for */
                      .next = FSM_BIT(TURN_LOADING) | FSM_BIT(TURN_NEEDING) |
                              FSM_BIT(TURN_COMMITTING) | FSM_BIT(TURN_DONE)},
    [TURN_COMMITTING] = {.name = "committing",
                         .next = FSM_BIT(TURN_LOADING) | FSM_BIT(TURN_NEEDING) |
                                 FSM_BIT(TURN_COMMITTING) | FSM_BIT(TURN_DONE)},
    [TURN_DONE] = {.name = "done", .next = FSM_BIT(TURN_QUEUED)},
};
static const struct fsm_table turn_table = {"turn", turn_states,
                                            sizeof(turn_states) / sizeof(turn_states[0])};

static struct turn *turn_new(struct turn_engine *e)
{
    struct list_node *node = list_pop_front(&e->pool);
    struct turn *t = node != NULL ? LIST_ITEM(node, struct turn, node) : NULL;

    if (t == NULL) {
        t = mem_zalloc(sizeof(*t));
        t->engine = e;
        t->state = TURN_DONE;
        list_node_init(&t->node);
        late_init(t);
    }
    fsm_enter(&turn_table, &t->state, TURN_QUEUED, "", "input");
    t->arrived_ms = timer_queue_unread_ms(e->env.timers);
    t->mark = (uint32_t)e->env.random(e->env.ctx) | 1; /* 0 is nobody's */
    t->limit_ms = e->settings.reply_deadline_ms;
    t->answers.found_msisdn = t->found_msisdn;
    return t;
}

void turn_free(struct turn *t)
{
    mem_free(t->session.data);
    mem_free(t->merchant.data);
    mem_free(t->found.data);
    mem_free(t->shared.data);
    mem_free(t->sealed.data);
    mem_free(t->owed);
    mem_free(t->owed_push);
    mem_free(t);
}

static void turn_recycle(struct turn *t)
{
    struct turn_engine *e = t->engine;

    late_stop(t);
    show_forget_wait(t);
    mem_free(t->owed);
    mem_free(t->owed_push);
    memset(t, 0, offsetof(struct turn, node));
    if (e->pool.count >= TURN_POOL_MAX)
        turn_free(t);
    else
        list_push_front(&e->pool, &t->node);
}

void turn_done(struct turn *t, const char *reason)
{
    struct turn_engine *e = t->engine;
    struct box *box = t->box;

    fsm_enter(&turn_table, &t->state, TURN_DONE, "", reason);
    assert(box->live == t);
    if (t->push != NULL)
        pusher_on_turn(t);
    /* What was read and not written may be what nobody here can go on with: of a newer program,
     * say, whose gateways may make something else of it. A proof is of one debt, whatever else the
     * record holds. */
    if (t->is_fresh)
        mailbox_drop_copies(&e->mailbox, box);
    /* It was to store them, or was in the way of the one that was. */
    if (box->proof_count != 0 && !list_is_linked(&box->unsettled))
        turn_settle_again(e, box);
    if (t->has_claimed)
        need_match_claims(e, box);
    box->live = NULL;
    list_remove(&e->live, &t->node);
    turn_recycle(t);
    turn_box_next(e, box);
}

struct turn *turn_make_own(struct turn_engine *e, struct box *box, enum turn_cause cause)
{
    static const struct dialect_input none;
    struct turn *t = turn_new(e);

    t->box = box;
    t->cause = cause;
    dialect_input_copy(&t->input, &none); /* not that of the turn whose memory it has */
    return t;
}

bool turn_is_connected(const struct turn *t)
{
    const struct turn_ports *ports = &t->engine->env.ports;

    return ports->is_connected(ports->ctx, &t->origin);
}

void turn_answer(struct turn *t, uint32_t command_status)
{
    const struct turn_ports *ports = &t->engine->env.ports;

    if (t->origin.link != NULL)
        ports->answer(ports->ctx, &t->origin, command_status);
}

/* --- what cannot be done now ---------------------------------------------------------------- */

/* Nothing was stored, so nothing is acknowledged; who waits at a phone gets a kind screen: not
 * where a copy may be shown already, or have gone on elsewhere, as that would end its dialogue. */
static void refuse(struct turn *t, uint32_t command_status, const char *reason)
{
    struct turn_engine *e = t->engine;
    struct step_cause cause = {.input = &t->input, .link_name = t->link_name};
    char text[MENU_TEXT_BYTES];

    if (t->origin.link == NULL)
        return;
    e->counters.busy++;
    if (t->is_late || t->is_copy || turn_window_is_over(t) || !turn_is_connected(t) ||
        (t->input.kind != DIALECT_BEGIN && t->input.kind != DIALECT_ANSWER) ||
        !step_busy_text(e->step, &e->env, &e->settings, t->box->msisdn, &cause,
                        t->box->has_copies ? copy_span(&t->box->session) : span_of(NULL, 0),
                        text)) {
        turn_answer(t, command_status);
        if (t->is_late)
            late_apologise(t);
        return;
    }
    log_debug("turn.refused", LOG_MSISDN("msisdn", t->box->msisdn), LOG_S("reason", reason));
    show_refusal(t, text, command_status);
    dialogues_refuse(e->dialogues, &(struct dialogue_step){.input = &t->input,
                                                           .link_name = t->link_name,
                                                           .screen = text,
                                                           .is_last = true});
}

/* Not with the busy text: another gateway may go on with the dialogue, which that would end. */
static void give_back(struct turn *t, uint32_t command_status, const char *reason)
{
    turn_answer(t, command_status);
    if (t->is_late)
        late_apologise(t);
    turn_done(t, reason);
}

void turn_refuse(struct turn *t, const char *reason)
{
    if (t->lacks_key) {
        give_back(t, ESME_RX_T_APPN, reason);
        return;
    }
    refuse(t, ESME_RX_T_APPN, reason);
    turn_done(t, reason);
}

/* --- records -------------------------------------------------------------------------------- */

void turn_note_sealed(struct turn_engine *e, enum vault_kind kind, const char *msisdn)
{
    static const char *const names[] = {[VAULT_SESSION] = "session",
                                        [VAULT_MERCHANT] = "merchant",
                                        [VAULT_OWED] = "sms",
                                        [VAULT_SHARED] = "shared"};

    e->counters.sealed++;
    log_warning("vault.cannot_open", LOG_S("record", names[kind]),
                msisdn[0] != '\0' ? LOG_MSISDN("msisdn", msisdn) : (struct log_field){0});
}

bool turn_open_record(struct turn *t, enum vault_kind kind, const char *msisdn,
                      const struct store_record *record, struct copy *copy)
{
    uint8_t plain[STORE_SESSION_BYTES_MAX]; /* the larger of both */
    struct writer w;

    writer_init(&w, plain, sizeof(plain));
    if (record->version != 0 && !vault_open(t->engine->env.vault, kind, msisdn, record->data, &w)) {
        turn_note_sealed(t->engine, kind, msisdn);
        t->lacks_key = vault_lacks_key(t->engine->env.vault, record->data);
        return false;
    }
    copy_set(copy, record->version, writer_span(&w));
    return true;
}

static bool take_records(struct turn *t, const struct store_subscriber *subscriber)
{
    struct box *box = t->box;

    if (!turn_open_record(t, VAULT_SESSION, box->msisdn, &subscriber->session, &box->session) ||
        !turn_open_record(t, VAULT_MERCHANT, box->msisdn, &subscriber->merchant, &box->merchant)) {
        mailbox_forget(&t->engine->mailbox, box);
        return false;
    }
    box->has_copies = true;
    t->is_fresh = true;
    /* Written before these were read; who wrote these may have taken its timer away (need.h). */
    t->answers.shared_is_ours = t->is_watched = false;
    return true;
}

static void on_loaded(void *arg, const struct store_reply *reply)
{
    struct turn *t = arg;

    if (reply->result != STORE_OK) {
        turn_refuse(t, store_result_name(reply->result));
        return;
    }
    if (!take_records(t, &reply->subscriber)) {
        turn_refuse(t, "sealed");
        return;
    }
    turn_run(t);
}

void turn_load(struct turn *t)
{
    fsm_enter(&turn_table, &t->state, TURN_LOADING, "", "no copy");
    (void)store_load(t->engine->env.store, t->box->msisdn, on_loaded, t);
}

/* --- the commit ----------------------------------------------------------------------------- */

static bool seal(struct turn *t, enum vault_kind kind, struct span plain, struct writer *w)
{
    return plain.size == 0 || vault_seal(t->engine->env.vault, kind, t->box->msisdn, plain, w);
}

/* Keeps what is needed once the write is known to have happened: the step's own results are gone by
 * then. */
static void keep_results(struct turn *t, const struct step *step)
{
    copy_set(&t->session, 0, step->session);
    copy_set(&t->merchant, 0, step->merchant);
    memset(t->menu_id, 0, sizeof(t->menu_id));
    if (step->menu_id != NULL)
        memcpy(t->menu_id, step->menu_id, sizeof(t->menu_id));
    t->has_joined = step->has_joined;
    t->is_exact = step->is_exact;
    t->debt_ms = step->debt_ms;
    t->is_erased = step->is_erased;
    t->is_replay = step->is_replay;
    t->is_left = step->is_left;
    t->is_copy = t->is_copy || (step->is_replay && !t->is_unsure);
    t->is_part = step->is_part;
    t->command_status = step->command_status;
    t->reply = step->reply;
    t->reply_is_owed = step->reply_is_owed;
    t->has_moved = step->has_moved;
    t->move = step->move;
    mem_free(t->owed);
    t->owed =
        step->owed_count != 0 ? mem_dup(step->owed, step->owed_count * sizeof(*step->owed)) : NULL;
    t->owed_count = step->owed_count;
    mem_free(t->owed_push);
    t->push_said = step->push_verdict;
    t->owed_push = step->push != NULL ? mem_dup(step->push, sizeof(*step->push)) : NULL;
}

static void on_committed(void *arg, const struct store_reply *reply);

static void commit(struct turn *t, const struct step *step)
{
    struct turn_engine *e = t->engine;
    uint8_t session[STORE_SESSION_BYTES_MAX];
    uint8_t merchant[STORE_MERCHANT_BYTES_MAX];
    uint8_t owed[STORE_COMMIT_OWED_MAX][STORE_OWED_BYTES_MAX];
    struct store_commit c = {.msisdn = t->box->msisdn, .owner = e->settings.instance};
    struct writer w[2];
    bool fits;

    writer_init(&w[0], session, sizeof(session));
    writer_init(&w[1], merchant, sizeof(merchant));
    fits = seal(t, VAULT_SESSION, step->session, &w[0]) &&
           seal(t, VAULT_MERCHANT, step->merchant, &w[1]);
    for (unsigned i = 0; i < step->owed_count; i++) {
        struct writer o;

        writer_init(&o, owed[i], sizeof(owed[i]));
        fits = fits && outbox_encode(&step->owed[i], e->env.vault, &o);
        c.owed[i] = writer_span(&o);
    }
    c.owed_count = step->owed_count;
    if (step->push != NULL) {
        struct writer o;

        writer_init(&o, owed[c.owed_count], sizeof(owed[0]));
        fits = fits && push_encode(step->push, e->env.vault, &o);
        c.owed[c.owed_count++] = writer_span(&o);
    }
    if (step->settles_push)
        c.settled[c.settled_count++] = pusher_id(t->push);
    assert(fits);
    c.session_version = t->box->session.version;
    c.session = writer_span(&w[0]);
    c.session_ttl_s = step->session_ttl_s;
    c.merchant_checked = step->merchant_used;
    c.merchant_version = t->box->merchant.version;
    c.merchant = writer_span(&w[1]);
    if (step->is_erased)
        c.session = c.merchant = span_of(NULL, 0);
    c.merchant_delete = step->is_erased;
    c.session_delete = c.session.size == 0; /* also where it is none: that is checked, then */
    memcpy(c.index, step->index, step->index_count * sizeof(c.index[0]));
    c.index_count = step->index_count;
    memcpy(c.timers, step->timers, step->timer_count * sizeof(c.timers[0]));
    c.timer_count = step->timer_count;
    memcpy(c.journal, step->journal, step->journal_count * sizeof(c.journal[0]));
    c.journal_count = step->journal_count;
    c.consents[0] = step->consent;
    c.consent_count = step->consent.size != 0 ? 1 : 0;
    c.subject = step->subject;
    c.owed_forgotten = step->is_erased;
    c.owed_cut_ms = step->owed_cut_ms;
    keep_results(t, step);
    e->counters.sms_parts_dropped += step->parts_dropped;
    t->proofs_taken = t->box->proof_count;
    t->commit_ms = e->env.timers->now_ms;
    fsm_enter(&turn_table, &t->state, TURN_COMMITTING, "", "step");
    (void)store_commit(e->env.store, &c, on_committed, t);
}

static void take_commit(struct turn *t, const struct store_reply *reply)
{
    struct box *box = t->box;

    t->is_fresh = false;
    if (t->tries == 0 && t->has_joined) /* else another step's than the one that claimed */
        t->has_claimed = false;
    if (t->is_erased) {
        mailbox_forget(&t->engine->mailbox, box);
        return;
    }
    if (t->session.size != 0)
        copy_set(&box->session, reply->subscriber.session.version, copy_span(&t->session));
    if (t->merchant.size != 0)
        copy_set(&box->merchant, reply->subscriber.merchant.version, copy_span(&t->merchant));
    mailbox_unprove(&t->engine->mailbox, box, t->proofs_taken);
}

/* When its window is over the centre has given the input up, or soon will: the copy is to be
 * answered. A screen sent now could meet a dialogue that has gone on by another gateway. */
bool turn_window_is_over(const struct turn *t)
{
    const struct turn_engine *e = t->engine;

    return t->origin.link != NULL && t->input.kind != DIALECT_ABORT &&
           e->env.timers->now_ms - t->arrived_ms > e->settings.answer_window_ms;
}

bool turn_is_tired(struct turn *t)
{
    return ++t->tries >= TURN_TRIES_MAX;
}

static void on_committed(void *arg, const struct store_reply *reply)
{
    struct turn *t = arg;
    struct turn_engine *e = t->engine;

    switch (reply->result) {
    case STORE_OK:
        take_commit(t, reply);
        if (t->gives_back) {
            fsm_enter(&turn_table, &t->state, TURN_NEEDING, "", t->shared_key);
            need_give_back(t);
        } else {
            act_on_commit(t, reply);
        }
        return;
    case STORE_CONFLICT:
        e->counters.conflicts++;
        if (turn_is_tired(t))
            give_back(t, ESME_RX_T_APPN, "conflicts");
        else if (take_records(t, &reply->subscriber))
            turn_run(t);
        else
            turn_refuse(t, "sealed");
        return;
    case STORE_UNKNOWN:
        /* Written or not: the ledger in the record tells, by which a second run is a replay. */
        e->counters.unknown_commits++;
        t->is_unsure = true;
        if (turn_is_tired(t))
            break;
        turn_load(t);
        return;
    case STORE_UNAVAILABLE:
        break;
    }
    turn_refuse(t, store_result_name(reply->result));
}

/* A local copy may be old: what is written is checked by the commit, and what is given back comes
 * again, but what is refused or passed over because of it must be seen in the store first. */
static bool is_guess(const struct turn *t, const struct step *step)
{
    return step->kind == STEP_MISMATCH ||
           (step->kind == STEP_NOTHING &&
            (t->input.kind == DIALECT_ABORT || t->cause == TURN_BY_PUSH));
}

/* It was not acknowledged: the centre brings it again, if it has not yet. Where nothing names its
 * step, it may be with another gateway, taken and proved there: here it would be a second step. */
static bool is_overdue(const struct turn *t, const struct step *step)
{
    if (step->is_replay || t->origin.link == NULL || t->input.kind == DIALECT_ABORT)
        return false;
    return turn_window_is_over(t) || (!step->is_exact && !turn_is_connected(t));
}

/* A gateway on its way out begins nothing. The copy of a dial that was taken in, here or by
 * another, gets its screen all the same: the busy text would end that dialogue. */
static bool is_turned_away(const struct turn *t, const struct step *step)
{
    return t->begins_in_drain && !step->is_replay &&
           (step->kind == STEP_COMMIT || step->kind == STEP_NEEDS);
}

/* What the step says is done, asked for, or told. */
static void follow(struct turn *t)
{
    struct turn_engine *e = t->engine;

    switch (e->step->kind) {
    case STEP_COMMIT:
        t->gives_back = e->step->shared.size != 0 && t->cause == TURN_BY_TIMER;
        if (e->step->shared.size != 0)
            need_seal_shared(t, e->step);
        if (e->step->shared.size == 0 || t->gives_back) {
            commit(t, e->step);
            break;
        }
        fsm_enter(&turn_table, &t->state, TURN_NEEDING, "", e->step->shared_key);
        need_claim(t);
        break;
    case STEP_NEEDS:
        fsm_enter(&turn_table, &t->state, TURN_NEEDING, "", e->step->need.key);
        need_satisfy(t, &e->step->need);
        break;
    case STEP_NOTHING:
        if (t->cause == TURN_BY_PROOFS) /* their debts are closed already, or gone */
            mailbox_unprove(&e->mailbox, t->box, MAILBOX_PROOFS_MAX);
        turn_answer(t, e->step->command_status);
        show_abort_ack(t);
        t->push_verdict = e->step->push_verdict;
        turn_done(t, "nothing to do");
        break;
    case STEP_NO_MENU:
        log_warning("turn.no_menu", LOG_S("link", t->link_name), LOG_S("code", t->input.code));
        give_back(t, ESME_RX_R_APPN, "no menu");
        break;
    case STEP_MISMATCH:
        e->counters.mismatches++;
        log_warning("turn.unit_mismatch", LOG_S("link", t->link_name),
                    LOG_U("unit", t->input.session.unit));
        give_back(t, e->step->command_status, "mismatch");
        break;
    case STEP_UNREADABLE:
        turn_refuse(t, "unreadable");
        break;
    case STEP_ELSEWHERE:
        if (t->cause == TURN_BY_PROOFS) /* nobody here can store them */
            mailbox_unprove(&e->mailbox, t->box, MAILBOX_PROOFS_MAX);
        give_back(t, ESME_RX_T_APPN, "elsewhere");
        break;
    }
}

/* A copy may be old: what is read now says more, unless the copy had the input's own dialogue. */
static void note_seen(struct turn *t, const struct step_seen *seen)
{
    if (t->seen.is_sure || !seen->is_any)
        return;
    t->seen = *seen;
    t->seen.is_sure = seen->is_sure || t->is_fresh;
}

void turn_run(struct turn *t)
{
    struct turn_engine *e = t->engine;
    struct box *box = t->box;
    struct step_cause cause = {
        .input = t->cause == TURN_BY_INPUT ? &t->input : NULL,
        .timer_kind = t->cause == TURN_BY_TIMER ? t->timer_kind : NULL,
        .link_name = t->link_name,
        .push = t->cause == TURN_BY_PUSH ? pusher_cause(t) : NULL,
        .is_again = t->is_again,
        .is_ours = t->origin.link == NULL,
        .mark = t->mark,
        .is_late = t->is_late,
        .is_told = t->is_told,
        .arrived_ms = e->env.wall_ms(e->env.ctx) - (int64_t)(e->env.timers->now_ms - t->arrived_ms),
        .seen = t->seen,
    };
    struct step_records records = {
        .session = copy_span(&box->session),
        .merchant = copy_span(&box->merchant),
        .proofs = box->proofs,
        .proof_count = box->proof_count,
    };

    step_run(e->step, &e->env, &e->settings, box->msisdn, &cause, &records, &t->answers);
    note_seen(t, &e->step->seen);
    if (t->push != NULL)
        pusher_on_step(t);
    if (!t->is_fresh && (is_guess(t, e->step) || is_turned_away(t, e->step))) {
        turn_load(t);
        return;
    }
    if (is_turned_away(t, e->step)) {
        turn_refuse(t, "draining");
        return;
    }
    if (e->step->kind == STEP_COMMIT && is_overdue(t, e->step)) {
        e->counters.overdue++;
        give_back(t, ESME_RX_T_APPN, "overdue");
        return;
    }
    follow(t);
}

/* --- the mailbox ---------------------------------------------------------------------------- */

/* An input that looks like one whose reply is still on its way may be its copy or the same key
 * pressed again: the reply's outcome will tell. */
static bool must_wait(const struct box *box, const struct turn *t)
{
    return show_is_under_way(box, t->input.fingerprint); /* none of our own is: theirs is 0 */
}

void turn_box_next(struct turn_engine *e, struct box *box)
{
    struct list_node *node = list_first(&box->waiting);
    struct turn *t;

    if (node == NULL || must_wait(box, LIST_ITEM(node, struct turn, node))) {
        mailbox_release(&e->mailbox, box);
        return;
    }
    t = LIST_ITEM(node, struct turn, node);
    list_remove(&box->waiting, node);
    e->waiting--;
    list_push_back(&e->live, &t->node);
    box->live = t;
    t->begins_in_drain = e->is_draining && t->origin.link != NULL && t->input.kind == DIALECT_BEGIN;
    if (box->has_copies)
        turn_run(t);
    else
        turn_load(t);
}

void turn_enqueue(struct turn_engine *e, struct box *box, struct turn *t)
{
    list_push_back(&box->waiting, &t->node);
    e->waiting++;
    if (box->live == NULL)
        turn_box_next(e, box);
}

/* Full: new dials first (they get the busy screen), then everything. */
static bool is_full(const struct turn_engine *e, const struct box *box, enum dialect_kind kind)
{
    size_t turns = e->live.count + e->waiting;
    size_t limit = e->settings.turns_max;

    return box->waiting.count >= e->settings.mailbox_max ||
           turns >= (kind == DIALECT_BEGIN ? limit : 2 * limit);
}

/* The turn counts as live meanwhile: a busy screen that cannot be sent would let the box go. */
static void refuse_at_once(struct turn *t)
{
    struct turn_engine *e = t->engine;
    struct box *box = t->box;
    bool is_alone = box->live == NULL;

    e->counters.throttled++;
    t->is_copy = late_is_copy(t);
    if (is_alone)
        box->live = t;
    refuse(t, ESME_RTHROTTLED, "full");
    fsm_enter(&turn_table, &t->state, TURN_DONE, "", "full");
    turn_recycle(t);
    if (!is_alone)
        return;
    box->live = NULL;
    turn_box_next(e, box);
}

void turn_deliver(struct turn_engine *e, const struct turn_origin *origin,
                  const struct dialect_input *input)
{
    const struct turn_ports *ports = &e->env.ports;
    struct turn *t = turn_new(e);
    struct box *box;
    unsigned limit_ms;

    e->counters.inputs++;
    if (input->kind == DIALECT_ABORT) {
        box = mailbox_find(&e->mailbox, input->msisdn);
        if (box != NULL)
            show_withdraw(e, box, origin->link_name, &input->session);
    }
    box = mailbox_take(&e->mailbox, input->msisdn);
    t->box = box;
    t->origin = *origin;
    dialect_input_copy(&t->input, input);
    text_copy(t->link_name, sizeof(t->link_name), origin->link_name);
    limit_ms = e->env.ports.traits(e->env.ports.ctx, t->link_name).reply_limit_ms;
    if (limit_ms != 0 && limit_ms < t->limit_ms)
        t->limit_ms = limit_ms;
    if (is_full(e, box, input->kind) || ports->is_full(ports->ctx, origin)) {
        refuse_at_once(t);
        return;
    }
    late_start(t);
    turn_enqueue(e, box, t);
}
