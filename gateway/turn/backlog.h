/*
 * How many messages are owed and have not left, whoever owes them: other gateways and warungctl
 * too, so it is read from the store, bucket by bucket, all of them in half a minute.
 */
#ifndef WARUNG_TURN_BACKLOG_H
#define WARUNG_TURN_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>

struct turn_env;
struct backlog;

struct backlog *backlog_new(const struct turn_env *env); /* outlives it */
/* The store is gone by now: nothing is called back. */
void backlog_free(struct backlog *b);
/* False: a bucket could not be read yet, or in the last two minutes. */
bool backlog_is_known(const struct backlog *b, uint64_t *waiting);

#endif
