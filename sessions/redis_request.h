/* Requests to the store on their way to Redis: sent, sent again where a Cluster says so, and told
 * their end. */
#ifndef WARUNG_SESSIONS_REDIS_REQUEST_H
#define WARUNG_SESSIONS_REDIS_REQUEST_H

#include "sessions/redis_command.h"
#include "sessions/redis_conn.h"
#include "sessions/redis_encode.h"
#include "sessions/redis_router.h"
#include "sessions/store.h"

enum { REDIS_GROUP_MAX = 16 }; /* twice as many give Redis 2% more */

/* Functions that one loop turn calls, several to one call (w_each): what a call costs Redis by
 * itself is a quarter of a plain commit. Only where one node has all keys. */
struct redis_groups {
    struct redis_command first; /* whole, as long as it is the only one */
    struct redis_command keys, args;
    char shape[3 * REDIS_GROUP_MAX];
    struct list gathered; /* requests */
    struct list all;
    struct list idle;
    struct deferred flush;
};

enum redis_request_kind {
    REDIS_LOAD,
    /* A load, key by key: while the slot is on its way to another node, a command of two keys of
     * which one does not exist is not answered. */
    REDIS_LOAD_SESSION,
    REDIS_LOAD_MERCHANT,
    REDIS_COMMIT, /* of the session alone: the hot path */
    REDIS_COMMIT_ALL,
    REDIS_RESERVE,
    REDIS_FIND,
    REDIS_LIST,
    REDIS_SETTLE,
    REDIS_TOUCH,
    REDIS_RECEIPT,
    REDIS_LAPSE,
    REDIS_MESSAGES,
    REDIS_TALLY,
    REDIS_SWEEP,
    REDIS_SHARED_LOAD,
    REDIS_SHARED_COMMIT,
    REDIS_SHARED_RELOAD,
    REDIS_LOG_ADD,
    REDIS_LOG_READ,
    REDIS_LOG_TRIM,
};

struct redis_requests;

struct redis_request {
    struct redis_call call;
    struct redis_call asking; /* before it, to the node that a slot moves to */
    bool is_asking;           /* that is on its way */
    struct list_node all;     /* every request there is, in use or not */
    struct redis_requests *requests;
    struct redis_conn *conn; /* that carries it */
    enum redis_request_kind kind;
    bool is_cancelled;
    bool is_internal; /* the store's own: goes before the store is open */
    union {
        store_reply_fn *reply;
        store_list_fn *list;
        store_sweep_fn *sweep;
    } fn;
    void *arg;
    unsigned bucket;
    uint16_t slot; /* of Redis Cluster */

    /* The version that an update writes; 0 = a new record (the server chooses), or none. */
    uint64_t session_next;
    uint64_t merchant_next;
    bool session_written;
    bool merchant_written;
    unsigned owed_count;
    size_t limit;
    enum store_result load_result; /* what a load is told as: OK, or CONFLICT after a commit */
    char name[STORE_NAME_BYTES_MAX + 1]; /* number, member or shared record: to ask again by */

    /* The command, kept where it may have to be sent to another node; and until when. */
    uint8_t *command;
    size_t command_size, command_capacity;
    uint64_t give_up_ms;

    struct store_reply reply;
    struct store_sweep sweep;
    /* A copy: of a sweep's result, which may have to wait for the replicas; of a session. */
    void *kept;
};

static inline struct redis_request *redis_request_of(struct list_node *n)
{
    return LIST_ITEM(LIST_ITEM(n, struct redis_call, node), struct redis_request, call);
}

struct redis_request_stats {
    uint64_t requests, ok, conflicts, unavailable, unknown, refusals, rejected;
};

struct redis_requests {
    struct timer_queue *timers;
    struct deferred_queue *deferred;
    struct redis_router *router;
    unsigned timeout_ms;
    unsigned wait_replicas;
    bool is_open; /* else all but the store's own are UNAVAILABLE */

    struct redis_tag *tags;       /* one a bucket */
    struct redis_command command; /* of the request that is being made */
    struct redis_groups groups;
    struct list all;
    struct list idle;    /* those to use again */
    struct list refused; /* not taken: told at the end of the loop turn */
    struct list waiting; /* a Cluster says: try again */
    struct deferred told;
    struct timer again;
    struct redis_request_stats stats;
    char error[160];     /* the last that a server answered */
    char rejection[160]; /* the last for which it took no room */
    uint64_t rejection_told_ms;
};

/* The fields above `tags` are the caller's to fill before. */
void redis_requests_init(struct redis_requests *rs, unsigned buckets);
/* The router is gone already: nobody is called. */
void redis_requests_fini(struct redis_requests *rs);

/* The caller fills in fn and what the kind needs, and rs->command. */
struct redis_request *redis_request_new(struct redis_requests *rs, enum redis_request_kind kind,
                                        void *arg);
/* Each hands on what stands in rs->command, alone or with others; the callback comes in any case,
 * later. */
void redis_request_send_to_bucket(struct redis_request *r, unsigned bucket);
/* To the slot of the shared record r->name. */
void redis_request_send_to_record(struct redis_request *r);

/* Before anything else is asked about a subscriber: what is gathered of theirs leaves first. */
void redis_requests_flush(struct redis_requests *rs, const char *msisdn);

/* --- between redis_request.c and redis_group.c --- */

void redis_groups_init(struct redis_requests *rs);
void redis_groups_fini(struct redis_requests *rs);
/* Whether it may go with others; it does then, at the end of the loop turn. */
bool redis_request_join(struct redis_request *r);
void redis_request_send_alone(struct redis_request *r, struct span command);
/* Certainly not done; the caller hears so when it has returned. */
void redis_request_refuse(struct redis_request *r);
/* NULL = done or not. */
void redis_request_take_reply(struct redis_request *r, const struct redisReply *reply);

#endif
