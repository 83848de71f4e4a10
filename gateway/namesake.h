/*
 * Tells when another gateway uses the store under our instance's name: the two take what the other
 * owes for their own, and bring their menu files back into force by turns (warung.cfg(5),
 * instance).
 *
 * Each process writes a number of its own into a shared record, "instance:" and the name, at every
 * look. Who finds another one's there, where his own was, knows that it was written since; a
 * gateway that is gone writes nothing. Told at the second time running: a fail-over of the store
 * may bring back what stood there before.
 */
#ifndef WARUNG_GATEWAY_NAMESAKE_H
#define WARUNG_GATEWAY_NAMESAKE_H

#include "base/timer.h"
#include "sessions/store.h"

enum { NAMESAKE_LOOK_MS = 5000 };

struct namesake;

/* `own` tells this process from every other. The name, of at most 40 octets, is copied. */
struct namesake *namesake_new(struct store *store, struct timer_queue *timers, const char *instance,
                              uint64_t own);
/* After the store. */
void namesake_free(struct namesake *n);

/* At the last looks there was one. */
bool namesake_is_there(const struct namesake *n);

#endif
