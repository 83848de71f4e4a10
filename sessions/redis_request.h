/* One request to the store on its way to Redis: what was asked, and what is told. */
#ifndef WARUNG_SESSIONS_REDIS_REQUEST_H
#define WARUNG_SESSIONS_REDIS_REQUEST_H

#include "sessions/redis_command.h"
#include "sessions/redis_conn.h"
#include "sessions/store.h"

enum redis_request_kind {
    REDIS_LOAD,
    REDIS_COMMIT,        /* of the session alone: the hot path */
    REDIS_COMMIT_RELOAD, /* it met another version: now both records are read */
    REDIS_COMMIT_ALL,
    REDIS_RESERVE,
    REDIS_FIND,
    REDIS_LIST,
    REDIS_SETTLE,
    REDIS_SWEEP,
    REDIS_SHARED_LOAD,
    REDIS_SHARED_COMMIT,
    REDIS_SHARED_RELOAD,
};

struct redis_request {
    struct redis_call call;
    struct list_node all; /* the store's requests, in use or not */
    struct store_redis *store;
    struct redis_conn *conn; /* that carries it */
    enum redis_request_kind kind;
    bool is_cancelled;
    bool is_internal; /* the store's own: goes before the store is ready */
    union {
        store_reply_fn *reply;
        store_list_fn *list;
        store_sweep_fn *sweep;
    } fn;
    void *arg;
    unsigned bucket; /* what the connections are shared out by */
    uint16_t slot;   /* of Redis Cluster */

    /* The version that an update writes; 0 = a new record (the server chooses), or none. */
    uint64_t session_next;
    uint64_t merchant_next;
    bool session_written;
    bool merchant_written;
    unsigned owed_count;
    size_t limit;
    char name[STORE_NAME_BYTES_MAX + 1]; /* number, member or shared record: to ask again by */

    struct store_reply reply;
    struct store_sweep sweep;
    void *kept; /* a sweep's result, copied: it may have to wait for the replicas */
};

/* Requests of which the server's answer is a write that replicas should have. */
bool redis_request_is_write(enum redis_request_kind kind);

#endif
