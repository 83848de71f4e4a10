/*
 * The program's event loop: libevent for descriptors, base/timer for deadlines, base/deferred for
 * work at the end of a turn. One per process run; everything else holds a pointer to it.
 */
#ifndef WARUNG_SMSC_LOOP_H
#define WARUNG_SMSC_LOOP_H

#include "base/deferred.h"
#include "base/timer.h"
#include "tests/smsc/adrift.h"

struct event_base;
struct event;

struct loop {
    struct event_base *base;
    struct event *wake;
    struct timer_queue timers;
    struct deferred_queue deferred;
    struct adrift adrift;
    uint64_t now_us;  /* of the monotonic clock, as of the start of this turn */
    uint64_t wake_us; /* when `wake` is set for; 0 = not set */
    uint64_t fine_us; /* somebody must run at this time; 0 = nobody */
    bool stopped;
    void (*on_turn)(void *ctx); /* each turn, before the deferred work; may be NULL */
    void *on_turn_ctx;
};

void loop_init(struct loop *l);
void loop_fini(struct loop *l);
/* One turn: waits for descriptors or the next deadline, runs what is due, then the deferred work.
 */
void loop_turn(struct loop *l);
/* Turns until loop_stop(). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* Reads the clock again: for measurements within a turn, and before a timer is started for what
 * came from outside. Also updates now_us and the time of the timers. */
uint64_t loop_clock_us(struct loop *l);
/* The coming turn begins no later than 0.1 ms after due_us (timers only know whole ms). */
void loop_wake_at(struct loop *l, uint64_t due_us);

#endif
