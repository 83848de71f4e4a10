#include "tests/sim/fate.h"

enum {
    FATE_SLOW_MS_MAX = 4000,
    FATE_WAY_MS = 8, /* there and back */
    FATE_WAIT_MS = 1000,
    FATE_UNKNOWN_MS_MAX = 8000, /* until a request counts as lost */
};

static void choose_unknown(struct world *w, struct store_memory_fate *fate)
{
    static const enum store_memory_fate_kind kinds[] = {
        STORE_MEMORY_UNKNOWN_DONE, STORE_MEMORY_UNKNOWN_NOT, STORE_MEMORY_UNKNOWN_LATE};

    fate->kind = kinds[world_between(w, 0, 2)];
    fate->back_ms = world_between(w, 0, world_chance(w, 100000) ? FATE_UNKNOWN_MS_MAX : 2000);
    fate->late_ms = world_between(w, 1, 3000);
}

/* The replica will not have it: done, and not confirmed: WAIT times out. What is only read comes
 * back at once, that which will be lost as well. */
static void choose_unsafe(struct world *w, enum store_memory_call call,
                          struct store_memory_fate *fate)
{
    uint64_t left_ms = w->store_until_ms - w->timers.now_ms;

    if (left_ms <= FATE_WAY_MS) {
        /* What the old master was asked is not done, and not answered, by the new one. */
        fate->kind = STORE_MEMORY_REFUSED;
        return;
    }
    if (call == STORE_MEMORY_LOAD || call == STORE_MEMORY_FIND || call == STORE_MEMORY_LIST ||
        call == STORE_MEMORY_SHARED_LOAD || call == STORE_MEMORY_LOG_READ)
        return;
    fate->kind = STORE_MEMORY_UNKNOWN_DONE;
    fate->back_ms = world_between(w, 100, FATE_WAIT_MS);
    if (fate->back_ms > left_ms - FATE_WAY_MS)
        fate->back_ms = left_ms - FATE_WAY_MS;
}

struct store_memory_fate fate_choose(struct world *w, bool is_cut, enum store_memory_call call)
{
    struct store_memory_fate fate = {.there_ms = world_between(w, 0, FATE_WAY_MS / 2),
                                     .back_ms = world_between(w, 0, FATE_WAY_MS / 2)};

    if (w->store == WORLD_STORE_SLOW) {
        fate.there_ms = world_between(w, 0, FATE_SLOW_MS_MAX);
        fate.back_ms = world_between(w, 0, FATE_SLOW_MS_MAX);
    }
    if (w->store == WORLD_STORE_UNSAFE) {
        choose_unsafe(w, call, &fate);
    } else if (w->store == WORLD_STORE_ELECTING || is_cut ||
               world_chance(w, w->faults.store_unavailable)) {
        fate.kind = STORE_MEMORY_REFUSED;
        fate.back_ms = world_between(w, 0, w->store == WORLD_STORE_ELECTING ? 100 : 2000);
    } else if (world_chance(w, w->faults.commit_unknown)) {
        choose_unknown(w, &fate);
    }
    return fate;
}
