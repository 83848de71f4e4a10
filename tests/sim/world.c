#include "tests/sim/world.h"

#include "base/map.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MILLION = 1000000, HOUR_MS = 3600000 };

/* 2026-03-02 10:00 in Lampung (UTC+7): a Monday morning, within SMS hours. */
static const int64_t wall_start_ms = INT64_C(1772420400000);

void world_init(struct world *w, uint64_t seed, const struct world_faults *faults)
{
    *w = (struct world){.faults = *faults, .random = {.state = seed}};
    timer_queue_init(&w->timers, 0);
    for (unsigned i = 0; i < WORLD_GATEWAYS_MAX; i++)
        timer_queue_init(&w->processes[i].timers, 0);
    deferred_queue_init(&w->deferred);
}

void world_fini(struct world *w)
{
    deferred_run(&w->deferred);
    for (unsigned i = 0; i < WORLD_GATEWAYS_MAX; i++)
        timer_queue_fini(&w->processes[i].timers);
    timer_queue_fini(&w->timers);
}

/* Whose timer is next, and when; NULL for nobody's. */
static struct timer_queue *find_next(struct world *w, uint64_t *next_ms)
{
    struct timer_queue *found = timer_queue_next(&w->timers, next_ms) ? &w->timers : NULL;
    uint64_t due_ms;

    for (unsigned i = 0; i < WORLD_GATEWAYS_MAX; i++) {
        struct world_process *p = &w->processes[i];

        if (p->is_still || !timer_queue_next(&p->timers, &due_ms) ||
            (found != NULL && due_ms >= *next_ms))
            continue;
        found = &p->timers;
        *next_ms = due_ms;
    }
    return found;
}

static void pass(struct world *w, uint64_t now_ms)
{
    while (w->timers.now_ms < now_ms) {
        uint64_t next_ms = w->timers.now_ms + WORLD_PULSE_MS;

        timer_queue_set_now(&w->timers, next_ms < now_ms ? next_ms : now_ms);
        for (unsigned i = 0; i < WORLD_GATEWAYS_MAX; i++)
            if (!w->processes[i].is_still)
                timer_queue_set_now(&w->processes[i].timers, w->timers.now_ms);
    }
}

void world_run(struct world *w, uint64_t until_ms)
{
    struct timer_queue *next;
    uint64_t due_ms;

    while ((next = find_next(w, &due_ms)) != NULL && due_ms <= until_ms) {
        pass(w, due_ms); /* what came in a standstill is due since then */
        timer_queue_run(next, w->timers.now_ms);
        deferred_run(&w->deferred);
    }
    pass(w, until_ms);
}

const char *world_prefix(unsigned centre)
{
    return centre == 0 ? "62812" : "62857";
}

int64_t world_wall_ms(void *world)
{
    const struct world *w = world;

    return wall_start_ms + (int64_t)w->timers.now_ms;
}

uint64_t world_random(void *world)
{
    struct world *w = world;

    return random_next(&w->random);
}

bool world_chance(struct world *w, uint32_t per_million)
{
    return per_million != 0 && random_below(&w->random, MILLION) < per_million;
}

uint64_t world_between(struct world *w, uint64_t least, uint64_t most)
{
    return least + random_below(&w->random, most - least + 1);
}

uint64_t world_next(struct world *w, uint32_t per_hour)
{
    return world_between(w, 1, 2 * HOUR_MS / per_hour);
}

void world_tell(const struct world *w, const char *format, ...)
{
    va_list args;

    if (!w->is_verbose)
        return;
    printf("%10.3f ", (double)w->timers.now_ms / 1000);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

void world_note(struct world *w, const void *data, size_t bytes)
{
    w->trace = map_hash(span_of(data, bytes), w->trace + w->timers.now_ms);
}

_Noreturn void world_violation(const struct world *w, const char *what, const char *msisdn,
                               const char *detail)
{
    fflush(stdout);
    fprintf(stderr, "VIOLATION at %" PRIu64 " ms: %s (%s): %s\n", w->timers.now_ms, what, msisdn,
            detail);
    exit(3);
}
