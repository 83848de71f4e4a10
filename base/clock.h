/*
 * The system's clocks, for the outermost code only: the loop and whoever libevent calls. Everything
 * else takes the time from its timer queue or is told it.
 *
 * The loop sleeps inside libevent and cannot look at the clock between waking and the first
 * callback. So every libevent callback begins with
 *
 *     timer_queue_set_now(timers, clock_monotonic_ms());
 */
#ifndef WARUNG_BASE_CLOCK_H
#define WARUNG_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds that never go back, and go on while the machine is suspended, as those of our peers
 * do; no date. */
static inline uint64_t clock_monotonic_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_BOOTTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Milliseconds since 1970 UTC. */
static inline int64_t clock_wall_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
