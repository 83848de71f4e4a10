/*
 * Timers as data: a heap of due times, run by whoever owns the clock.
 *
 * The gateway's loop and the simulator drive the same queue; nothing here knows libevent or asks
 * the system for the time. Times are milliseconds of a monotonic clock. A struct timer is embedded
 * in its owner; it must be zeroed (or timer_init) before its first use and stopped before it goes.
 * A callback never runs inside timer_start(): only from timer_queue_run(). It may start, stop or
 * free any timer, its own included. Timers due at the same millisecond run in the order started.
 */
#ifndef WARUNG_BASE_TIMER_H
#define WARUNG_BASE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer;
typedef void timer_fn(struct timer *timer, void *arg);

struct timer {
    uint64_t due_ms;
    size_t place; /* 1-based index in the heap; 0 = not running */
    timer_fn *fn;
    void *arg;
};

/* What the heap is ordered by stands in it: comparing touches no timer. */
struct timer_entry {
    uint64_t due_ms;
    uint64_t order;
    struct timer *timer;
};

struct timer_queue {
    struct timer_entry *heap;
    size_t count;
    size_t capacity;
    uint64_t next_order;
    uint64_t now_ms; /* as of the last timer_queue_set_now() or timer_queue_run() */
    uint64_t gap_ms; /* 0: nobody watches */
    void (*on_gap)(void *ctx, uint64_t gap_ms);
    void *gap_ctx;
    uint64_t asleep_ms, awake_ms; /* the last time that it stood still, from and to; 0: never */
};

void timer_queue_init(struct timer_queue *q, uint64_t now_ms);
/* No timer may be running. */
void timer_queue_fini(struct timer_queue *q);
/* Tells the queue the time without running anything; time never goes back. */
void timer_queue_set_now(struct timer_queue *q, uint64_t now_ms);
/* Tells when the time has moved on by gap_ms or more in one go, before anything else learns of it:
 * the process stood still, if a timer has run more often than that. fn must not touch timers that
 * are due. */
void timer_queue_watch(struct timer_queue *q, uint64_t gap_ms,
                       void (*fn)(void *ctx, uint64_t gap_ms), void *ctx);
/* Since when what is read now may have waited: now, but when a watched queue, of which a timer is
 * to run twice a second, has just stood still. */
uint64_t timer_queue_unread_ms(const struct timer_queue *q);
/* Runs everything due up to now_ms; timers started meanwhile run in the next call. */
void timer_queue_run(struct timer_queue *q, uint64_t now_ms);
/* When the earliest timer is due; false when none runs. */
bool timer_queue_next(const struct timer_queue *q, uint64_t *due_ms);

void timer_init(struct timer *t, timer_fn *fn, void *arg);
/* Due delay_ms after the queue's now; a running timer is moved. */
void timer_start(struct timer_queue *q, struct timer *t, uint64_t delay_ms);
/* Harmless when it does not run. */
void timer_stop(struct timer_queue *q, struct timer *t);
bool timer_is_running(const struct timer *t);

#endif
