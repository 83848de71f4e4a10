/*
 * One connection to one Redis server: hiredis behind a door.
 *
 * It connects, is greeted by its owner, carries calls, and after a break connects again with
 * jittered back-off. Nothing is queued while it is not ready. Every call has a deadline; when the
 * oldest passes it the server hangs, the connection goes, and every call in flight with it. Its
 * owner may know of the hanging by another connection, and probe this one.
 */
#ifndef WARUNG_SESSIONS_REDIS_CONN_H
#define WARUNG_SESSIONS_REDIS_CONN_H

#include "base/deferred.h"
#include "base/random.h"
#include "base/span.h"
#include "base/timer.h"
#include "sessions/redis_address.h"

struct event_base;
struct redisReply;
struct redis_conn;
struct redis_call;

enum redis_conn_state {
    REDIS_CONN_STOPPED,
    REDIS_CONN_WAITING, /* for its next try */
    REDIS_CONN_CONNECTING,
    REDIS_CONN_GREETING,
    REDIS_CONN_READY,
    REDIS_CONN_CLOSING,
};

/* The reply lives during the call; NULL = the connection broke after the command was given to it:
 * done or not. Exactly once a call that redis_conn_send() took, unless the connection is freed. */
typedef void redis_call_fn(struct redis_call *call, const struct redisReply *reply);
/* What a call was held for: true = the replicas have it. */
typedef void redis_held_fn(struct redis_call *call, bool is_replicated);

/* Embedded by whoever sends; zeroed at first. */
struct redis_call {
    struct list_node node;
    uint64_t deadline_ms;
    redis_call_fn *fn;
    redis_held_fn *held_fn;
    bool is_write; /* replicas should have it: a WAIT follows where there are any to wait for */
    unsigned more; /* it stands for so many requests beyond one */
};

struct redis_conn_settings {
    struct event_base *base;
    struct timer_queue *timers;
    struct deferred_queue *deferred;
    struct random_source *random;
    unsigned connect_timeout_ms; /* greeting included */
    unsigned backoff_min_ms;
    unsigned backoff_max_ms;
    unsigned in_flight_max;
    size_t output_bytes_max;
    unsigned wait_replicas; /* 0: calls are never held */
    unsigned wait_timeout_ms;

    /* Connected. The owner sends its greeting, then calls redis_conn_greeted() or _drop(). */
    void (*on_up)(void *ctx, struct redis_conn *c);
    /* A call is overdue; the connection will break at the end of this loop turn. */
    void (*on_overdue)(void *ctx, struct redis_conn *c); /* may be NULL */
    /* It broke; all its calls have been told. It will try again by itself. */
    void (*on_down)(void *ctx, struct redis_conn *c, const char *reason, bool was_ready);
    void *ctx;
};

struct redis_conn *redis_conn_new(const struct redis_conn_settings *settings,
                                  const struct redis_address *address);
/* Calls in flight are forgotten without a word. Not from inside its callbacks. */
void redis_conn_free(struct redis_conn *c);
/* Connects soon; harmless when it has begun. */
void redis_conn_start(struct redis_conn *c);
#define REDIS_CONN_REPLACED "another server is master"
/* Where to connect from now on. A connection to another server goes, with REDIS_CONN_REPLACED; a
 * wait is cut short. */
void redis_conn_retarget(struct redis_conn *c, const struct redis_address *address);
const struct redis_address *redis_conn_address(const struct redis_conn *c);

/* False: not taken, and nothing will be called: not ready (nor greeting, when is_greeting), or one
 * of the limits is reached. The octets are copied; all of one loop turn leave in one write. */
bool redis_conn_send(struct redis_conn *c, struct redis_call *call, struct span command,
                     unsigned timeout_ms, bool is_greeting);
/* From a call's fn, after a write: held_fn will tell when the replicas have it. Only with
 * wait_replicas. */
void redis_conn_hold(struct redis_conn *c, struct redis_call *call);
/* The greeting went well: calls are taken from now on. */
void redis_conn_greeted(struct redis_conn *c);
/* From now on so many replicas must have a write, those of WAITs under way included. Only with
 * wait_replicas, and not 0. */
void redis_conn_set_wait_replicas(struct redis_conn *c, unsigned replicas);
/* Breaks the connection unless something is answered in time: a call, or else a PING. Harmless when
 * it is not ready, or a WAIT is in flight: the server may hold that, and it has its deadline. */
void redis_conn_probe(struct redis_conn *c, unsigned timeout_ms);
/* Breaks the connection at the end of this loop turn. */
void redis_conn_drop(struct redis_conn *c, const char *reason);

enum redis_conn_state redis_conn_state(const struct redis_conn *c);
bool redis_conn_is_ready(const struct redis_conn *c);
/* Requests, so a call with `more` counts for several. */
unsigned redis_conn_in_flight(const struct redis_conn *c);
/* WAITs that fewer replicas answered than must. */
uint64_t redis_conn_short_waits(const struct redis_conn *c);

#endif
