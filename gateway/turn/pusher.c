#include "gateway/turn/pusher.h"

#include "base/log.h"
#include "base/mem.h"
#include "gateway/turn/dialogues.h"

#include <string.h>

enum {
    PUSH_KEY_BYTES = 20,
    PUSH_RETRY_MS = 1000, /* of what the store did not take */
    /* What cannot be begun now is tried again from here, but not for so long that another gateway
     * takes it over meanwhile (owed_idle_ms); then it is left to whoever sweeps. */
    PUSH_LATER_MS = 2000,
    PUSH_STALE_MS = 1000, /* from the write of a late question to our word of it */
    PUSH_TOUCHES = 4,     /* of one that the centre has, before another may take it for left */
};

enum push_stage {
    PUSH_STEPPING,
    PUSH_ASKING,  /* whether it is owed still */
    PUSH_WAITING, /* for the subscriber or the centre to have time */
    PUSH_SHOWING,
    PUSH_REFUSED, /* a late answer that goes by SMS now */
    PUSH_SETTLING,
};

struct push {
    struct map_node by_id;
    uint8_t key[PUSH_KEY_BYTES]; /* bucket and id */
    struct turn_engine *engine;
    struct store_owed_id id;
    struct push_entry entry;
    char link[32]; /* it was shown by */
    bool is_ask;   /* what was shown */
    struct step_push cause;
    enum push_stage stage;
    enum store_end end; /* as it is being settled */
    unsigned tries;
    uint64_t touched_ms;
    struct store_request *touching;
    struct timer again;
};

struct store_owed_id pusher_id(const struct push *push)
{
    return push->id;
}

static void push_free(struct push *p)
{
    timer_stop(p->engine->env.timers, &p->again);
    if (p->touching != NULL)
        store_cancel(p->engine->env.store, p->touching);
    map_remove(&p->engine->pushes, &p->by_id);
    mem_free(p);
}

/* --- turns of a push ------------------------------------------------------------------------ */

static struct turn *make_turn(struct turn_engine *e, const char *msisdn)
{
    return turn_make_own(e, mailbox_take(&e->mailbox, msisdn), TURN_BY_PUSH);
}

static void step(struct push *p, enum step_push_job job)
{
    struct turn *t = make_turn(p->engine, p->entry.msisdn);

    p->cause.job = job;
    p->stage = job == STEP_PUSH_JOB_SHOW ? PUSH_STEPPING : PUSH_REFUSED;
    t->push = p;
    turn_enqueue(p->engine, t->box, t);
}

/* For the session alone: the push itself is over. */
static void step_after(struct push *p, enum step_push_job job, const struct dialect_session *name)
{
    struct turn *t = make_turn(p->engine, p->entry.msisdn);

    t->after_push = (struct step_push){.job = job, .fingerprint = p->cause.fingerprint};
    if (name != NULL)
        t->after_push.name = *name;
    turn_enqueue(p->engine, t->box, t);
}

const struct step_push *pusher_cause(const struct turn *t)
{
    return t->push != NULL ? &t->push->cause : &t->after_push;
}

/* --- settling ------------------------------------------------------------------------------- */

static void on_settled(void *arg, const struct store_reply *reply)
{
    struct push *p = arg;

    if (reply->result == STORE_OK)
        push_free(p);
    else
        timer_start(p->engine->env.timers, &p->again, PUSH_RETRY_MS);
}

/* It stays known here until the store has forgotten it: a sweep that brings it back meanwhile must
 * not show it again. */
static void settle(struct push *p, enum store_end end)
{
    const struct turn_env *env = &p->engine->env;
    char subject[VAULT_SUBJECT_BYTES];
    struct store_settlement s = {.bucket = store_bucket(env->store, p->entry.msisdn),
                                 .subject = subject,
                                 .id = p->id,
                                 .end = end,
                                 .now_ms = env->wall_ms(env->ctx),
                                 .until_ms = p->entry.expires_ms};

    p->stage = PUSH_SETTLING;
    p->end = end;
    vault_subject(env->vault, p->entry.msisdn, subject);
    store_settle(env->store, &s, on_settled, p);
}

static bool has_expired(struct turn_engine *e, const struct push_entry *entry)
{
    if (e->env.wall_ms(e->env.ctx) < entry->expires_ms || !wall_is_credible(&e->wall))
        return false;
    e->counters.pushes_expired++;
    log_warning("push.expired", LOG_MSISDN("msisdn", entry->msisdn));
    return true;
}

static void give_up(struct push *p)
{
    step_after(p, STEP_PUSH_JOB_CLOSE, NULL);
    settle(p, STORE_END_EXPIRED);
}

static void try_later(struct push *p)
{
    if (++p->tries * PUSH_LATER_MS > p->engine->settings.owed_idle_ms / 2) {
        push_free(p);
        return;
    }
    p->stage = PUSH_WAITING;
    timer_start(p->engine->env.timers, &p->again, PUSH_LATER_MS);
}

/* --- what the centre has stays ours --------------------------------------------------------- */

/* Less than owed_idle_ms: clocks may differ. */
static uint64_t ours_until_ms(const struct turn_engine *e, uint64_t since_ms)
{
    return since_ms + e->settings.owed_idle_ms / 3 * 2;
}

static void on_touched(void *arg, const struct store_reply *reply)
{
    struct push *p = arg;

    p->touching = NULL;
    if (reply->result == STORE_OK && reply->number != 0)
        p->cause.ours_until_ms = ours_until_ms(p->engine, p->touched_ms);
}

static void touch_later(struct push *p)
{
    const struct turn_engine *e = p->engine;

    timer_start(e->env.timers, &p->again, e->settings.owed_idle_ms / PUSH_TOUCHES);
}

static void ask_store(struct push *p, store_reply_fn *fn)
{
    const struct turn_engine *e = p->engine;

    p->touched_ms = e->env.timers->now_ms;
    p->touching = store_touch(e->env.store, store_bucket(e->env.store, p->entry.msisdn),
                              e->settings.instance, p->id, fn, p);
}

static void touch(struct push *p)
{
    touch_later(p);
    if (p->touching != NULL)
        return;
    ask_store(p, on_touched);
}

static void on_again(struct timer *timer, void *arg)
{
    struct push *p = arg;

    (void)timer;
    if (p->stage == PUSH_SHOWING)
        touch(p);
    else if (p->stage == PUSH_SETTLING)
        settle(p, p->end);
    else if (has_expired(p->engine, &p->entry))
        give_up(p);
    else
        step(p, p->stage == PUSH_WAITING ? STEP_PUSH_JOB_SHOW : STEP_PUSH_JOB_FALL_BACK);
}

/* --- whose number nothing is stored of ------------------------------------------------------- */

static void on_asked(void *arg, const struct store_reply *reply)
{
    struct push *p = arg;

    p->touching = NULL;
    if (reply->result != STORE_OK) {
        try_later(p);
    } else if (reply->number == 0) {
        push_free(p); /* erased with the number, or another gateway's by now */
    } else {
        p->cause.is_owed = true;
        p->cause.ours_until_ms = ours_until_ms(p->engine, p->touched_ms);
        step(p, STEP_PUSH_JOB_SHOW);
    }
}

/* Nobody knows whether it was never known, or has been erased since the push was taken; but an
 * erasure takes along what is owed. */
static void ask(struct push *p)
{
    p->stage = PUSH_ASKING;
    if (p->touching != NULL)
        store_cancel(p->engine->env.store, p->touching); /* of while it was shown: of no use now */
    ask_store(p, on_asked);
}

/* --- showing -------------------------------------------------------------------------------- */

static bool is_late_answer(const struct push *p)
{
    return p->entry.screen[0] == '\0';
}

/* Word comes so late that another gateway may have taken the push over, and show it. */
static bool is_lost(const struct push *p)
{
    return !is_late_answer(p) && p->engine->env.timers->now_ms >= p->cause.ours_until_ms;
}

/* For the dialogue's record, before the answer to it can come. */
static void note_opened(const struct push *p, const struct turn *t,
                        const struct dialect_reply *reply)
{
    dialogues_push(p->engine->dialogues,
                   &(struct dialogue_push){.msisdn = p->entry.msisdn,
                                           .link_name = p->link,
                                           .code = reply->code,
                                           .menu_id = t->menu_id,
                                           .screen = reply->text,
                                           .is_ask = reply->kind == DIALECT_PUSH});
}

static void note_refused(const struct push *p, const struct turn_sent *sent)
{
    if (p->cause.may_be_shown)
        return; /* the first may have been taken: then its answer or the idle time tells */
    if (sent->kind == TURN_SENT_PERMANENT)
        dialogues_push_end(p->engine->dialogues, p->entry.msisdn, TURN_END_FAILED);
    else
        dialogues_push_forget(p->engine->dialogues, p->entry.msisdn);
}

static void note(const struct push *p, const char *outcome, uint32_t command_status)
{
    log_warning("push.not_shown", LOG_MSISDN("msisdn", p->entry.msisdn), LOG_S("link", p->link),
                LOG_S("outcome", outcome), LOG_S("status", smpp_status_name(command_status)));
}

/* Known not to be on the phone. */
static void on_refused(struct push *p, const struct turn_sent *sent)
{
    note(p, sent->kind == TURN_SENT_PERMANENT ? "refused" : "not taken", sent->command_status);
    note_refused(p, sent);
    if (is_late_answer(p)) {
        step(p, STEP_PUSH_JOB_FALL_BACK);
    } else if (sent->kind == TURN_SENT_PERMANENT) {
        p->engine->counters.push_failures++;
        /* The refusal of a repetition says nothing about the first, nor ours about another
         * gateway's: it may be what is in the way. */
        if (!p->cause.may_be_shown && !is_lost(p))
            step_after(p, STEP_PUSH_JOB_CLOSE, NULL);
        settle(p, STORE_END_FAILED);
    } else {
        try_later(p);
    }
}

static void on_sent(void *arg, const struct turn_sent *sent)
{
    struct push *p = arg;

    timer_stop(p->engine->env.timers, &p->again);
    switch (sent->kind) {
    case TURN_SENT_OK:
        p->engine->counters.pushes++;
        if (!p->is_ask)
            dialogues_push_end(p->engine->dialogues, p->entry.msisdn, TURN_END_SCREEN);
        if (sent->session != NULL)
            step_after(p, STEP_PUSH_JOB_NAME, sent->session);
        settle(p, STORE_END_SENT);
        break;
    case TURN_SENT_PERMANENT:
    case TURN_SENT_TEMPORARY:
    case TURN_SENT_NOT:
        on_refused(p, sent);
        break;
    case TURN_SENT_UNKNOWN:
        note(p, "unknown", sent->command_status);
        if (is_late_answer(p)) {
            p->engine->counters.push_failures++;
            settle(p, STORE_END_FAILED); /* once only: docs/decisions/0008 */
        } else {
            push_free(p);
        }
        break;
    }
}

/* The session's screen, by the link that the step has chosen. */
static void show(struct push *p, struct turn *t)
{
    struct turn_engine *e = p->engine;
    const struct turn_ports *ports = &e->env.ports;
    struct step_screen last = step_last_screen(e->step, copy_span(&t->box->session));
    struct turn_screen screen = {
        .origin = {.link_name = p->link},
        .reply = {.msisdn = p->entry.msisdn,
                  .kind = last.reply == SESSION_REPLY_ASK ? DIALECT_PUSH : DIALECT_NOTIFY,
                  .code = last.code,
                  .text = last.text,
                  .session = {.unit = (uint8_t)last.unit},
                  .network_initiated = true},
    };

    p->stage = PUSH_SHOWING;
    if (!t->is_copy)
        p->cause.may_be_shown = false; /* this turn has stepped it: earlier tries only waited */
    text_copy(p->link, sizeof(p->link), last.link);
    p->is_ask = screen.reply.kind == DIALECT_PUSH;
    note_opened(p, t, &screen.reply);
    if (ports->show(ports->ctx, &screen, e->env.timers->now_ms + e->settings.reply_deadline_ms,
                    on_sent, p))
        touch_later(p);
    else
        on_refused(p, &(struct turn_sent){.kind = TURN_SENT_NOT});
}

static void drop(struct push *p)
{
    p->engine->counters.push_failures++;
    log_warning("push.nothing_to_show", LOG_MSISDN("msisdn", p->entry.msisdn),
                LOG_S("screen", p->entry.screen));
    settle(p, STORE_END_FAILED);
}

/* A dial that waits for this turn to end will take the dialogue's place: on the phone, a question
 * from before it could only be answered to the wrong screen. */
static bool is_overtaken(const struct push *p, const struct turn *t)
{
    if (!p->entry.is_ask)
        return false;
    LIST_FOREACH(n, &t->box->waiting) {
        const struct turn *next = LIST_ITEM(n, struct turn, node);

        if (next->origin.link != NULL && next->input.kind == DIALECT_BEGIN)
            return true;
    }
    return false;
}

/* Word of the commit came so late that the subscriber may be in another dialogue by now, with
 * another gateway: he would answer that one, and see this question. */
static bool is_stale(const struct push *p, const struct turn *t)
{
    return p->entry.is_ask && p->engine->env.timers->now_ms - t->commit_ms > PUSH_STALE_MS;
}

void pusher_on_step(const struct turn *t)
{
    t->push->cause.is_owed = false; /* by now it may have been erased */
}

void pusher_on_turn(struct turn *t)
{
    struct push *p = t->push;

    switch (t->push_verdict) {
    case STEP_PUSH_UNKNOWN:
        ask(p);
        break;
    case STEP_PUSH_SHOW:
        if (is_overtaken(p, t))
            settle(p, STORE_END_SENT);
        else if (is_lost(p))
            push_free(p);
        else if (is_stale(p, t))
            step(p, STEP_PUSH_JOB_FALL_BACK);
        else if (t->reply != SESSION_REPLY_NONE)
            show(p, t);
        else
            drop(p); /* not in this version of the menu, or an action that shows nothing */
        break;
    case STEP_PUSH_OVER:
        settle(p, STORE_END_SENT);
        break;
    case STEP_PUSH_SETTLED:
        push_free(p);
        break;
    case STEP_PUSH_LATER:
        if (p->stage == PUSH_REFUSED)
            timer_start(p->engine->env.timers, &p->again, PUSH_RETRY_MS);
        else
            try_later(p);
        break;
    }
}

/* --- from the outbox ------------------------------------------------------------------------ */

/* An entry's name among all of a subscriber's; never 0, which means none. */
static uint64_t fingerprint(struct store_owed_id id)
{
    uint8_t octets[16];
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    writer_u64(&w, id.ms);
    writer_u64(&w, id.number);
    return map_hash(writer_span(&w), 0x70757368 /* "push" */) | 1;
}

void pusher_take(struct turn_engine *e, struct store_owed_id id, unsigned deliveries,
                 const struct push_entry *entry, uint64_t since_ms)
{
    uint8_t key[PUSH_KEY_BYTES];
    struct push *p;
    struct writer w;

    writer_init(&w, key, sizeof(key));
    writer_u32(&w, store_bucket(e->env.store, entry->msisdn));
    writer_u64(&w, id.ms);
    writer_u64(&w, id.number);
    if (map_find(&e->pushes, span_of(key, sizeof(key))) != NULL ||
        map_count(&e->pushes) >= e->settings.turns_max)
        return;
    p = mem_zalloc(sizeof(*p));
    p->engine = e;
    p->id = id;
    p->entry = *entry;
    p->cause.fingerprint = fingerprint(id);
    p->cause.entry = &p->entry;
    p->cause.may_be_shown = deliveries > 1;
    p->cause.ours_until_ms = ours_until_ms(e, since_ms);
    memcpy(p->key, key, sizeof(key));
    timer_init(&p->again, on_again, p);
    map_add(&e->pushes, &p->by_id, span_of(p->key, sizeof(p->key)));
    if (has_expired(e, entry))
        give_up(p);
    else
        step(p, STEP_PUSH_JOB_SHOW);
}

void pusher_free_all(struct turn_engine *e)
{
    struct map_node *node;

    while ((node = map_first(&e->pushes)) != NULL) {
        struct push *p = MAP_ITEM(node, struct push, by_id);

        p->touching = NULL; /* the store is gone */
        push_free(p);
    }
    map_fini(&e->pushes);
}
