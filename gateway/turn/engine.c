/*
 * What runs beside the turns: proofs stored alone, sweeps of the store, and the engine's life.
 */
#include "gateway/turn/engine.h"
#include "gateway/turn/late.h"
#include "gateway/turn/pusher.h"

#include "base/log.h"
#include "base/mem.h"
#include "gateway/turn/receipts.h"
#include "gateway/turn/retention.h"
#include "gateway/turn/turn.h"

#include <string.h>

enum {
    TURN_SWEEP_TICK_MS = 50,
    TURN_SETTLE_AGAIN_MS = 1000,
    TURN_SWEEP_LIMIT = 64, /* entries taken over from one bucket at a time */
    TURN_SWEEP_SPREAD = 4, /* rounds in which a left entry is taken by the one gateway or another */
    TURN_SWEEP_AGAIN = 16, /* sweeps of a bucket in a round that nothing could be sent of */
};

/* --- the proofs ---------------------------------------------------------------------------------
 */

/* A gateway that is on its way out has no next step to take them along. */
static uint64_t settle_ms(const struct turn_engine *e)
{
    return e->is_draining ? 0 : e->settings.settle_ms;
}

static void start_settle(struct turn_engine *e)
{
    struct list_node *node = list_first(&e->mailbox.unsettled);
    uint64_t due_ms;

    if (node == NULL || timer_is_running(&e->settle))
        return;
    due_ms = LIST_ITEM(node, struct box, unsettled)->proved_ms + settle_ms(e);
    timer_start(e->env.timers, &e->settle,
                due_ms > e->env.timers->now_ms ? due_ms - e->env.timers->now_ms : 0);
}

static void settle(struct turn_engine *e, struct box *box)
{
    if (box->live != NULL || !list_is_empty(&box->waiting))
        return;
    mailbox_take(&e->mailbox, box->msisdn);
    turn_enqueue(e, box, turn_make_own(e, box, TURN_BY_PROOFS));
}

/* A proof that no commit has taken along is stored alone: the next input may come to another
 * gateway, which would take it for a copy. */
static void on_settle(struct timer *timer, void *arg)
{
    struct turn_engine *e = arg;
    struct box *box;

    (void)timer;
    while (e->env.timers->now_ms >= settle_ms(e) &&
           (box = mailbox_next_unsettled(&e->mailbox, e->env.timers->now_ms - settle_ms(e))) !=
               NULL)
        settle(e, box);
    start_settle(e);
}

void turn_note_proof(struct turn_engine *e, struct box *box, const struct session_proof *proof,
                     bool at_once)
{
    /* The oldest is forgotten, which a commit under way may have taken along. */
    if (box->proof_count == MAILBOX_PROOFS_MAX && box->live != NULL && box->live->proofs_taken > 0)
        box->live->proofs_taken--;
    mailbox_prove(&e->mailbox, box, proof, e->env.timers->now_ms);
    if (at_once)
        settle(e, box);
    start_settle(e);
}

void turn_settle_again(struct turn_engine *e, struct box *box)
{
    mailbox_unsettle(&e->mailbox, box, e->env.timers->now_ms + TURN_SETTLE_AGAIN_MS);
    start_settle(e);
}

/* --- the sweep ------------------------------------------------------------------------------ */

void turn_deliver_timer(struct turn_engine *e, const struct store_due *due)
{
    struct box *box = mailbox_take(&e->mailbox, due->msisdn);
    struct turn *t;

    /* It stays due until a commit takes it away: when the subscriber is busy, the next sweep will
     * do. */
    if (box->live != NULL || !list_is_empty(&box->waiting) ||
        strlen(due->kind) >= sizeof(t->timer_kind)) {
        mailbox_release(&e->mailbox, box);
        return;
    }
    t = turn_make_own(e, box, TURN_BY_TIMER);
    text_copy(t->timer_kind, sizeof(t->timer_kind), due->kind);
    turn_enqueue(e, box, t);
}

/* It stays: a gateway that has the key, or is newer, will take it. */
static void note_unreadable(struct turn_engine *e, const struct store_taken *taken)
{
    uint8_t plain[STORE_OWED_BYTES_MAX];
    struct writer w;

    writer_init(&w, plain, sizeof(plain));
    if (!vault_open(e->env.vault, VAULT_OWED, "", taken->body, &w))
        turn_note_sealed(e, VAULT_OWED, "");
    else
        log_error("outbox.unreadable", LOG_U("ms", taken->id.ms));
}

/* Ours since we asked: word of it may come late. */
static void take_over(struct turn_engine *e, const struct store_sweep *sweep)
{
    struct outbox_entry entry;
    struct push_entry push;

    for (size_t i = 0; i < sweep->taken_count; i++)
        if (push_decode(&push, e->env.vault, sweep->taken[i].body))
            pusher_take(e, sweep->taken[i].id, sweep->taken[i].deliveries, &push,
                        e->swept[sweep->bucket].asked_ms);
        else if (outbox_decode(&entry, e->env.vault, sweep->taken[i].body))
            outbox_send(e->outbox, sweep->taken[i].id, sweep->taken[i].deliveries, &entry, NULL,
                        NULL);
        else
            note_unreadable(e, &sweep->taken[i]);
}

static size_t in_hand(const struct turn_engine *e)
{
    return outbox_under_way(e->outbox) + map_count(&e->pushes);
}

static void ask_sweep(struct turn_engine *e, unsigned bucket);

static void deliver_due(struct turn_engine *e, const struct store_sweep *sweep)
{
    for (size_t i = 0; i < sweep->due_count; i++)
        if (strcmp(sweep->due[i].kind, STORE_LAPSE_TIMER) == 0)
            receipts_lapse(e, sweep->bucket, sweep->due[i].msisdn);
        else
            turn_deliver_timer(e, &sweep->due[i]);
}

static void on_swept(void *arg, const struct store_sweep *sweep)
{
    struct turn_engine *e = arg;
    struct swept *s = &e->swept[sweep->bucket];
    uint64_t without_link = outbox_without_link(e->outbox);
    size_t before = in_hand(e);

    s->is_asked = false;
    e->sweeps_under_way--;
    if (sweep->result != STORE_OK)
        return;
    /* A bucket asked again says nothing about the others, which all are to agree. */
    if (s->again == 0 && !wall_on_told(&e->wall, sweep->ahead_s))
        return;
    take_over(e, sweep);
    if (outbox_without_link(e->outbox) != without_link)
        s->is_shy = true;
    else if (in_hand(e) != before && s->again == 0)
        s->is_shy = false;
    if (s->again == 0)
        deliver_due(e, sweep);
    /* The oldest come first. What nobody here can send, a whole operator's perhaps, is not idle any
     * more now, and has taken no room: on to what is behind it. */
    if (sweep->taken_count == 0 || in_hand(e) != before || s->again == TURN_SWEEP_AGAIN ||
        e->is_draining)
        return;
    s->again++;
    ask_sweep(e, sweep->bucket);
}

/* By chance: gateways sweep in step, and what the first of them cannot send, or its centre does not
 * take, would come back to it each time, and never to one who can. Who had no link for it leaves it
 * to the others: of its later rounds few are tried at all (outbox.c). */
static unsigned idle_ms(const struct turn_engine *e, unsigned bucket)
{
    unsigned spread_ms = TURN_SWEEP_SPREAD * e->settings.sweep_ms;

    return e->settings.owed_idle_ms + (e->swept[bucket].is_shy ? spread_ms : 0) +
           (unsigned)(e->env.random(e->env.ctx) % spread_ms);
}

static void ask_sweep(struct turn_engine *e, unsigned bucket)
{
    e->swept[bucket].is_asked = true;
    e->swept[bucket].asked_ms = e->env.timers->now_ms;
    e->sweeps_under_way++;
    store_sweep(e->env.store, bucket, e->settings.instance, idle_ms(e, bucket),
                e->env.wall_ms(e->env.ctx), e->swept[bucket].limit, on_swept, e);
}

static void on_sweep(struct timer *timer, void *arg)
{
    struct turn_engine *e = arg;
    unsigned buckets = e->env.store->buckets;
    unsigned apart_ms = e->settings.sweep_ms / buckets;
    unsigned tick_ms = apart_ms > TURN_SWEEP_TICK_MS ? apart_ms : TURN_SWEEP_TICK_MS;
    unsigned ticks = e->settings.sweep_ms / tick_ms;
    unsigned per_tick = ticks != 0 ? (buckets + ticks - 1) / ticks : buckets;
    size_t room;

    timer_start(e->env.timers, timer, tick_ms);
    if (!store_is_ready(e->env.store) || e->is_draining)
        return;
    wall_on_ask(&e->wall, e->sweeps_under_way);
    room = e->env.ports.sms_room(e->env.ports.ctx);
    /* One more once a round, or the same ones would be a tick's last each time, with no room left.
     */
    for (unsigned left = per_tick + (e->sweep_bucket + per_tick >= buckets); left != 0; left--) {
        unsigned bucket = e->sweep_bucket;
        /* An even share for each: what the first ones might take must not keep the others waiting.
         */
        size_t share = (room + left - 1) / left;
        unsigned limit = share < TURN_SWEEP_LIMIT ? (unsigned)share : TURN_SWEEP_LIMIT;

        e->sweep_bucket = (bucket + 1) % buckets;
        if (e->swept[bucket].is_asked)
            continue;
        room -= limit;
        e->swept[bucket] = (struct swept){.limit = limit, .is_shy = e->swept[bucket].is_shy};
        ask_sweep(e, bucket);
    }
}

/* --- the engine ----------------------------------------------------------------------------- */

struct turn_settings turn_settings_default(void)
{
    return (struct turn_settings){
        .instance = "gw1",
        .periods = programme_periods_default(),
        .retention_s = 21600,
        .journal_keep_s = 730U * 86400,
        .consent_keep_s = 1825U * 86400,
        .turns_max = 20000,
        .mailbox_max = 8,
        .cache_max = 200000,
        .cache_bytes_max = 40U << 20,
        .answer_window_ms = 5000,
        .redelivery_horizon_s = 600,
        .session_idle_s = 180,
        .reply_deadline_ms = 8000,
        .draft_ttl_s = 7 * 86400,
        .remember_s = 7 * 86400,
        .sms_expiry_s = 3 * 86400,
        .receipt_margin_s = 86400,
        .owed_idle_ms = 15000,
        .sweep_ms = 1000,
        .settle_ms = 200,
        .parts_max = 10,
        .parts_keep_s = 86400,
        .push_expiry_s = 300,
    };
}

struct turn_engine *turn_engine_new(const struct turn_env *env,
                                    const struct turn_settings *settings)
{
    struct turn_engine *e = mem_zalloc(sizeof(*e));

    e->env = *env;
    e->settings = *settings;
    e->settings.instance = mem_strdup(settings->instance);
    mailbox_init(&e->mailbox, settings->cache_max, settings->cache_bytes_max,
                 env->random(env->ctx));
    e->swept = mem_zalloc(env->store->buckets * sizeof(*e->swept));
    wall_init(&e->wall, &e->env);
    e->step = step_new();
    e->outbox = outbox_new(&e->env, &e->settings, &e->counters, &e->wall);
    list_init(&e->receipts);
    e->dialogues = dialogues_new(&e->env, &e->settings);
    e->backlog = backlog_new(&e->env);
    e->retention = retention_new(e);
    list_init(&e->live);
    list_init(&e->pool);
    list_init(&e->shown);
    list_init(&e->shown_pool);
    list_init(&e->apologies);
    map_init(&e->pushes, env->random(env->ctx));
    timer_init(&e->settle, on_settle, e);
    timer_init(&e->sweep, on_sweep, e);
    timer_start(env->timers, &e->sweep, TURN_SWEEP_TICK_MS);
    return e;
}

void turn_drain(struct turn_engine *e)
{
    e->is_draining = true;
    outbox_drain(e->outbox);
    timer_stop(e->env.timers, &e->settle);
    start_settle(e);
}

unsigned turn_live(const struct turn_engine *e)
{
    return (unsigned)(e->live.count + e->waiting + e->shown.count + e->receipts.count +
                      map_count(&e->pushes) + outbox_under_way(e->outbox));
}

bool turn_is_drained(const struct turn_engine *e)
{
    return turn_live(e) == 0 && list_is_empty(&e->mailbox.unsettled);
}

int64_t turn_clock_ahead_s(const struct turn_engine *e)
{
    return e->wall.ahead_s;
}

bool turn_clock_agrees(const struct turn_engine *e)
{
    return wall_agrees(&e->wall);
}

bool turn_messages_waiting(const struct turn_engine *e, uint64_t *count)
{
    return backlog_is_known(e->backlog, count);
}

const struct turn_counters *turn_counters(const struct turn_engine *e)
{
    return &e->counters;
}

static void free_waiting(struct turn_engine *e)
{
    struct map_node *node = map_first(&e->mailbox.boxes);

    while (node != NULL) {
        struct box *box = MAP_ITEM(node, struct box, by_msisdn);
        struct list_node *n;

        node = map_next(&e->mailbox.boxes, node);
        while ((n = list_pop_front(&box->waiting)) != NULL) {
            late_stop(LIST_ITEM(n, struct turn, node));
            turn_free(LIST_ITEM(n, struct turn, node));
        }
        mailbox_forget(&e->mailbox, box);
        mailbox_release(&e->mailbox, box);
    }
}

void turn_engine_free(struct turn_engine *e)
{
    struct list_node *n;

    timer_stop(e->env.timers, &e->sweep);
    timer_stop(e->env.timers, &e->settle);
    while ((n = list_pop_front(&e->shown)) != NULL) {
        struct shown *s = LIST_ITEM(n, struct shown, node);

        timer_stop(e->env.timers, &s->again);
        if (s->box != NULL)
            s->box->shown = NULL;
        mem_free(s);
    }
    while ((n = list_pop_front(&e->shown_pool)) != NULL)
        mem_free(LIST_ITEM(n, struct shown, node));
    while ((n = list_pop_front(&e->live)) != NULL) {
        struct turn *t = LIST_ITEM(n, struct turn, node);

        t->box->live = NULL;
        late_stop(t);
        turn_free(t);
    }
    while ((n = list_pop_front(&e->pool)) != NULL)
        turn_free(LIST_ITEM(n, struct turn, node));
    free_waiting(e);
    late_free_all(e);
    receipts_free(e);
    pusher_free_all(e);
    outbox_free(e->outbox);
    dialogues_free(e->dialogues);
    backlog_free(e->backlog);
    retention_free(e->retention);
    mailbox_fini(&e->mailbox);
    mem_free(e->swept);
    step_free(e->step);
    mem_free((char *)e->settings.instance);
    mem_free(e);
}
