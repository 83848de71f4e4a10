#include "gateway/turn/backlog.h"

#include "base/mem.h"
#include "gateway/turn/turn.h"

/* Known for longer than a round, so that a short fault of Redis leaves no hole. */
enum { ROUND_MS = 30000, TICK_MIN_MS = 10, KNOWN_MS = 4 * ROUND_MS };

struct backlog {
    const struct turn_env *env;
    struct timer tick;
    bool is_asking;
    unsigned bucket; /* the next one */
    struct {
        uint64_t waiting;
        uint64_t read_ms; /* 0 = never */
    } of[];               /* by bucket */
};

static void on_tally(void *arg, const struct store_reply *reply)
{
    struct backlog *b = arg;

    b->is_asking = false;
    if (reply->result == STORE_OK) {
        b->of[b->bucket].waiting = reply->tally.waiting;
        b->of[b->bucket].read_ms = b->env->timers->now_ms;
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
    struct backlog *b = mem_zalloc(sizeof(*b) + buckets * sizeof(b->of[0]));

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

bool backlog_is_known(const struct backlog *b, uint64_t *waiting)
{
    *waiting = 0;
    for (unsigned i = 0; i < b->env->store->buckets; i++) {
        if (b->of[i].read_ms == 0 || b->env->timers->now_ms - b->of[i].read_ms > KNOWN_MS)
            return false;
        *waiting += b->of[i].waiting;
    }
    return true;
}
