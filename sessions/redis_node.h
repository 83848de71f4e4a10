/* One Redis server: its connections, each greeted before it carries calls. */
#ifndef WARUNG_SESSIONS_REDIS_NODE_H
#define WARUNG_SESSIONS_REDIS_NODE_H

#include "sessions/redis_conn.h"
#include "sessions/redis_greet.h"

enum { REDIS_NODE_CONNS_MAX = 32 };

struct redis_node;

struct redis_node_settings {
    struct redis_conn_settings conn;               /* without its callbacks */
    const char *username, *password, *client_name; /* outlive the node */
    unsigned connections;

    /* The first connection is ready, or the last one went. */
    void (*on_ready)(void *ctx, struct redis_node *n, bool is_ready);
    /* A connection broke; it tries again by itself. NULL = not told. */
    void (*on_down)(void *ctx, struct redis_node *n, const char *reason);
    void (*on_refused)(void *ctx, const char *reason);
    /* It is a replica: of this server. NULL = not told. */
    void (*on_replica)(void *ctx, const struct redis_address *master);
    void *ctx;
};

struct redis_node *redis_node_new(const struct redis_node_settings *settings,
                                  const struct redis_address *address);
void redis_node_free(struct redis_node *n);
void redis_node_start(struct redis_node *n);
void redis_node_retarget(struct redis_node *n, const struct redis_address *address);
const struct redis_address *redis_node_address(const struct redis_node *n);

/* As redis_conn_set_wait_replicas(), for all. */
void redis_node_set_wait_replicas(struct redis_node *n, unsigned replicas);

/* The connection for the next call; NULL when none is ready. The same one until a batch is in
 * flight on it, so that a quiet store has few system calls and a busy one big batches; with
 * replicas to wait for, the same one until it is full. */
struct redis_conn *redis_node_pick(struct redis_node *n);
bool redis_node_is_ready(const struct redis_node *n);
/* "ADDRESS: why it cannot be used", for people; "" while it is ready. Returns text. */
const char *redis_node_explain(const struct redis_node *n, char *text, size_t text_bytes);
/* Drops every connection: this server is not what we took it for (READONLY, no functions). */
void redis_node_drop(struct redis_node *n, const char *reason);

struct redis_node_stats {
    uint64_t connects, disconnects, short_waits;
    unsigned in_flight, up;
    int64_t ahead_ms; /* our wall clock of a server's, by the one where it differs most */
};
/* Adds to what is there. */
void redis_node_add_stats(const struct redis_node *n, struct redis_node_stats *stats);

#endif
