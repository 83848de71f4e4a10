/*
 * The store in Redis 7: one server, a master behind Sentinel, or a Cluster; hiredis on libevent.
 *
 * Nothing is queued while there is no connection: requests are UNAVAILABLE at once, so that the
 * subscriber hears so. What was sent and not answered is UNKNOWN. The server must be trusted and
 * reached over a unix socket or an IP literal: hiredis takes as much as a reply says that it holds,
 * and looks names up while the loop stands.
 */
#ifndef WARUNG_SESSIONS_STORE_REDIS_H
#define WARUNG_SESSIONS_STORE_REDIS_H

#include "base/deferred.h"
#include "base/timer.h"
#include "sessions/store.h"

#include <limits.h>

struct event_base;

/* The shared record that names the keys which the database's records are sealed with; empty, or not
 * there, before there are any. */
#define STORE_REDIS_KEYS_RECORD ".keys"

/* No replica on a single server, one in a Cluster; behind Sentinel every one that could be
 * promoted, and at least one. */
#define STORE_REDIS_WAIT_BY_MODE UINT_MAX

enum store_redis_mode { STORE_REDIS_STANDALONE, STORE_REDIS_SENTINEL, STORE_REDIS_CLUSTER };

struct store_redis_settings {
    enum store_redis_mode mode;
    /* "unix:/path", "127.0.0.1:6379" or "[::1]:6379": the server, the sentinels, or some nodes of
     * the cluster. Copied. */
    const char *const *servers;
    unsigned server_count;
    const char *sentinel_name;     /* of the master, as the sentinels know it */
    const char *username;          /* NULL or "" = Redis's default user */
    const char *password;          /* NULL or "" = none */
    const char *sentinel_username; /* those for the sentinels; likewise */
    const char *sentinel_password;
    const char *instance; /* this gateway's name: CLIENT SETNAME */
    const char *keys;     /* the vault's name, "" = plain; must be the database's. NULL = any */
    unsigned buckets;     /* 1 .. 16384; must be what the database was begun with */
    unsigned connections; /* to each server, filled one after the other */
    unsigned connect_timeout_ms;
    unsigned request_timeout_ms; /* an older request takes the connection down: all UNKNOWN */
    unsigned backoff_min_ms;     /* reconnecting: doubled up to the maximum, with jitter */
    unsigned backoff_max_ms;
    unsigned in_flight_max;  /* requests of a connection; more are UNAVAILABLE */
    size_t output_bytes_max; /* not yet written to a connection; more are UNAVAILABLE */
    /* A write is OK when so many replicas have it; 0 = do not ask. */
    unsigned wait_replicas;
    unsigned wait_timeout_ms; /* later it is UNKNOWN */
    uint64_t seed;            /* of the jitter */

    struct event_base *base;
    struct timer_queue *timers;
    struct deferred_queue *deferred;

    /* The database is not for us and never will be: another bucket count, other keys, a newer
     * library, Redis older than 7. The text says which; it lives during the call. The store stays
     * not ready. */
    void (*on_refused)(void *ctx, const char *reason);
    /* is_ready changed. Either may be NULL. */
    void (*on_ready)(void *ctx, bool is_ready);
    void *ctx;
};

/* The defaults of all but servers, instance and what is handed in. */
void store_redis_settings_init(struct store_redis_settings *settings);
/* Begins to connect. False, with a text for the administrator, when a server's name is not one. */
struct store *store_redis_new(const struct store_redis_settings *settings, char *error,
                              size_t error_bytes);

/* Why it is not ready, for people: the server and what it said. "" while it is. Returns text. */
const char *store_redis_explain(const struct store *s, char *text, size_t text_bytes);
/* What Redis said when it last took no room for a request: full, read only, no right. "" = never.
 * It lives until the next one. */
const char *store_redis_rejection(const struct store *s);

struct store_redis_stats {
    uint64_t requests, ok, conflicts, unavailable, unknown; /* requests by their end */
    uint64_t connects, disconnects, refusals;               /* connections; error replies */
    uint64_t rejected;    /* of those: it is full, in memory or on its disk */
    uint64_t short_waits; /* times that too few replicas had what was committed */
    uint64_t emptied; /* times that everything in it was gone; in a cluster as one node tells it */
    unsigned in_flight;
    unsigned connections_up;
    int64_t ahead_ms; /* our wall clock of Redis's, when a connection was made */
};
void store_redis_stats(const struct store *s, struct store_redis_stats *stats);

#endif
