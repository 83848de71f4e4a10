/*
 * Work put off to the end of the current loop turn: flushing buffers with one write, freeing
 * objects whose callback may still be on the stack. The loop (or the simulator) calls
 * deferred_run() after each round of events.
 */
#ifndef WARUNG_BASE_DEFERRED_H
#define WARUNG_BASE_DEFERRED_H

#include "base/list.h"

struct deferred;
typedef void deferred_fn(struct deferred *d, void *arg);

struct deferred {
    struct list_node node;
    deferred_fn *fn;
    void *arg;
};

struct deferred_queue {
    struct list pending;
};

void deferred_queue_init(struct deferred_queue *q);
void deferred_init(struct deferred *d, deferred_fn *fn, void *arg);
/* Once, however often it is called before the end of the turn. */
void deferred_add(struct deferred_queue *q, struct deferred *d);
/* Before all that is pending now. */
void deferred_add_first(struct deferred_queue *q, struct deferred *d);
void deferred_cancel(struct deferred_queue *q, struct deferred *d);
/* Runs until nothing is pending, what the work itself adds included. */
void deferred_run(struct deferred_queue *q);

#endif
