/*
 * What is said about a master's replicas: by a sentinel, which of them it could promote now; by the
 * master, which of those that follow it are not whole yet.
 *
 * Together they tell how many must vouch for a write. A replica that could be promoted and does not
 * vouch may be a master already, and what the others vouch for may be lost (docs/decisions/0004).
 */
#ifndef WARUNG_SESSIONS_REDIS_REPLICAS_H
#define WARUNG_SESSIONS_REDIS_REPLICAS_H

#include "sessions/redis_address.h"

struct redisReply;

/* Of SENTINEL REPLICAS: how many are well, without the master itself (a sentinel lists what it has
 * just promoted until the others are moved over) and without the master before it as long as it
 * takes itself for one (sentinels call it a replica some eight seconds before they make it one;
 * NULL = none). False when it is no such reply. */
bool redis_replicas_promotable(const struct redisReply *reply, const struct redis_address *master,
                               const struct redis_address *former, unsigned *count);
/* Of the master's INFO replication: how many follow it and still copy. False likewise. */
bool redis_replicas_copying(const struct redisReply *reply, unsigned *count);

#endif
