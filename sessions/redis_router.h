/*
 * Which connection leads to a slot: one server (redis_standalone.c), the master that sentinels name
 * (redis_sentinel.c), or the nodes of a cluster (redis_cluster.c).
 */
#ifndef WARUNG_SESSIONS_REDIS_ROUTER_H
#define WARUNG_SESSIONS_REDIS_ROUTER_H

#include "sessions/redis_node.h"

struct redis_router;

struct redis_router_settings {
    struct redis_node_settings node; /* without its callbacks */
    const struct redis_address *servers;
    unsigned server_count;
    const char *sentinel_name;                         /* outlives the router, and these: */
    const char *sentinel_username, *sentinel_password; /* as a node's */
    /* With sentinels: every replica that could be promoted must have a write; else as many as
     * node.conn says. */
    bool wait_for_all;

    /* There are connections to work with, or none any more. */
    void (*on_ready)(void *ctx, bool is_ready);
    void (*on_refused)(void *ctx, const char *reason);
    void *ctx;
};

struct redis_router_ops {
    void (*start)(struct redis_router *r);
    /* NULL when there is none now. */
    struct redis_conn *(*pick)(struct redis_router *r, uint16_t slot);
    /* A node answered MOVED, ASK, TRYAGAIN or CLUSTERDOWN: where to now; NULL = ask pick() a little
     * later. *is_asking: ASKING goes first. NULL where no server says such things. */
    struct redis_conn *(*redirect)(struct redis_router *r, const char *error, bool *is_asking);
    /* Why there are no connections to work with: which servers, and what they said. */
    void (*explain)(const struct redis_router *r, char *text, size_t text_bytes);
    void (*add_stats)(const struct redis_router *r, struct redis_node_stats *stats);
    void (*free)(struct redis_router *r);
};

struct redis_router {
    const struct redis_router_ops *ops;
};

struct redis_router *redis_standalone_new(const struct redis_router_settings *settings);
struct redis_router *redis_sentinel_new(const struct redis_router_settings *settings);
struct redis_router *redis_cluster_new(const struct redis_router_settings *settings);

#endif
