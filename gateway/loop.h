/*
 * The one thread's loop: libevent for sockets and signals, the timer queue for all deadlines, the
 * deferred queue for the end of each turn.
 */
#ifndef WARUNG_GATEWAY_LOOP_H
#define WARUNG_GATEWAY_LOOP_H

#include "base/deferred.h"
#include "base/timer.h"

struct event_base;
struct loop;

/* NULL when the system gives no event base. */
struct loop *loop_new(void);
/* Everything that stands on it must be gone. */
void loop_free(struct loop *loop);

struct event_base *loop_base(struct loop *loop);
struct timer_queue *loop_timers(struct loop *loop);
struct deferred_queue *loop_deferred(struct loop *loop);

/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
/* Ends loop_run() at the end of the current turn. */
void loop_stop(struct loop *loop);
/* Runs turns until *done or the time is over: for work that is waited for. True when done. */
bool loop_run_until(struct loop *loop, const bool *done, uint64_t timeout_ms);

/* In the shape that links and the turn engine ask for; ctx is the loop. */
uint64_t loop_random(void *loop);
int64_t loop_wall_ms(void *loop);

#endif
