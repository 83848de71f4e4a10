/*
 * Pushes under way: taken from the outbox, stepped, shown, and forgotten in the store once their
 * end is known (docs/decisions/0008).
 */
#ifndef WARUNG_TURN_PUSHER_H
#define WARUNG_TURN_PUSHER_H

#include "gateway/turn/engine.h"

/* An entry that this gateway owns in the store since `since_ms` (timers' time). One already under
 * way is ignored. */
void pusher_take(struct turn_engine *e, struct store_owed_id id, unsigned deliveries,
                 const struct push_entry *entry, uint64_t since_ms);
/* Its step has run on the records as they were: perhaps not for the last time. */
void pusher_on_step(const struct turn *t);
/* The turn of a push is over: its verdict is carried out. Before its box goes. */
void pusher_on_turn(struct turn *t);
/* What a turn of a push tells its step. */
const struct step_push *pusher_cause(const struct turn *t);
struct store_owed_id pusher_id(const struct push *push);

/* What is stored stays owed. Store and links are gone by now. */
void pusher_free_all(struct turn_engine *e);

#endif
