/*
 * How many messages are owed and have not left, whoever owes them: other gateways and warungctl
 * too, so it is read from the store, bucket by bucket, all of them in half a minute.
 */
#ifndef WARUNG_TURN_BACKLOG_H
#define WARUNG_TURN_BACKLOG_H

#include <stdint.h>

struct turn_env;
struct backlog;

struct backlog *backlog_new(const struct turn_env *env); /* outlives it */
/* The store is gone by now: nothing is called back. */
void backlog_free(struct backlog *b);
/* As last read of each bucket; 0 of those not read yet. */
uint64_t backlog_waiting(const struct backlog *b);

#endif
