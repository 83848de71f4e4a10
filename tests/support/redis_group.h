/*
 * Several private Redis servers on ports of 127.0.0.1 that work together: a master with replicas
 * and sentinels, or a Cluster. Failing to bring them up ends the test program.
 */
#ifndef WARUNG_TESTS_SUPPORT_REDIS_GROUP_H
#define WARUNG_TESTS_SUPPORT_REDIS_GROUP_H

#include "sessions/store_redis.h"
#include "tests/support/redis_server.h"

enum { REDIS_GROUP_SERVERS_MAX = 12, REDIS_GROUP_SENTINELS_MAX = 5 };

struct redis_group {
    struct redis_server *servers[REDIS_GROUP_SERVERS_MAX];
    unsigned server_count;
    unsigned master_count; /* of a cluster: the first servers are its masters */
    struct redis_server *sentinels[REDIS_GROUP_SENTINELS_MAX];
    unsigned sentinel_count;
    const char *names[REDIS_GROUP_SERVERS_MAX]; /* for the store's settings */
};

/* A master, two replicas, three sentinels (master name "warung"); ready when each sentinel knows
 * all. */
struct redis_group *redis_group_start_sentinels(const char *appendfsync, unsigned down_after_ms);
/* Masters with as many replicas each, node timeout as given; ready when every node says so. */
struct redis_group *redis_group_start_cluster(unsigned masters, unsigned replicas,
                                              const char *appendfsync, unsigned node_timeout_ms);
void redis_group_stop(struct redis_group *g);

/* Servers, mode and name into settings that have the rig's defaults. */
void redis_group_settings(struct redis_group *g, struct store_redis_settings *settings);
/* The place in servers of the one that the sentinels call master now. */
unsigned redis_group_master(struct redis_group *g);
/* Of a cluster: moves one slot, keys and all, while clients work; `batch` keys at a time. */
void redis_group_move_slot(struct redis_group *g, unsigned slot, struct redis_server *from,
                           struct redis_server *to, unsigned batch);
/* The same for several slots in a process of its own; its pid. waitpid() tells 0 when all went
 * well. */
pid_t redis_group_fork_moves(struct redis_group *g, const unsigned *slots, unsigned count,
                             struct redis_server *to, unsigned batch);
/* Of a cluster: the master that the map gives the slot to now. */
struct redis_server *redis_group_owner(struct redis_group *g, unsigned slot);
/* The same in steps: from now on the slot is on its way; one key; redis_group_move_slot() ends it.
 */
void redis_group_begin_move(struct redis_server *from, struct redis_server *to, unsigned slot);
void redis_group_move_key(struct redis_server *from, struct redis_server *to, const char *key);

#endif
