#include "gateway/turn/backlog.h"

#include "base/mem.h"
#include "gateway/turn/turn.h"

enum { ROUND_MS = 30000, TICK_MIN_MS = 10 };

struct backlog {
    const struct turn_env *env;
    struct timer tick;
    bool is_asking;
    unsigned bucket; /* the next one */
    uint64_t total;
    uint64_t waiting[]; /* by bucket */
};

static void on_tally(void *arg, const struct store_reply *reply)
{
    struct backlog *b = arg;

    b->is_asking = false;
    if (reply->result == STORE_OK) {
        b->total += reply->tally.waiting - b->waiting[b->bucket];
        b->waiting[b->bucket] = reply->tally.waiting;
    }
    b->bucket = (b->bucket + 1) % b->env->store->buckets;
}

static void on_tick(struct timer *timer, void *arg)
{
    struct backlog *b = arg;
    uint64_t every_ms = ROUND_MS / b->env->store->buckets;

    timer_start(b->env->timers, timer, every_ms > TICK_MIN_MS ? every_ms : TICK_MIN_MS);
    if (b->is_asking || !store_is_ready(b->env->store))
        return;
    b->is_asking = true;
    store_tally(b->env->store, b->bucket, on_tally, b);
}

struct backlog *backlog_new(const struct turn_env *env)
{
    unsigned buckets = env->store->buckets;
    struct backlog *b = mem_zalloc(sizeof(*b) + buckets * sizeof(b->waiting[0]));

    b->env = env;
    timer_init(&b->tick, on_tick, b);
    timer_start(env->timers, &b->tick, TICK_MIN_MS);
    return b;
}

void backlog_free(struct backlog *b)
{
    timer_stop(b->env->timers, &b->tick);
    mem_free(b);
}

uint64_t backlog_waiting(const struct backlog *b)
{
    return b->total;
}
