/*
 * The store in this process's memory: the same contract as Redis, for tests and the simulator.
 *
 * The data stand apart from the handle. Several gateways of one simulation each have a handle on
 * the same data; killing a gateway is store_free() of its handle. A fate function, asked once a
 * request, decides what the network and the server do to it.
 */
#ifndef WARUNG_SESSIONS_STORE_MEMORY_H
#define WARUNG_SESSIONS_STORE_MEMORY_H

#include "base/deferred.h"
#include "base/timer.h"
#include "sessions/memory_data.h"
#include "sessions/store.h"

enum store_memory_call {
    STORE_MEMORY_LOAD,
    STORE_MEMORY_COMMIT,
    STORE_MEMORY_RESERVE,
    STORE_MEMORY_FIND,
    STORE_MEMORY_LIST,
    STORE_MEMORY_SETTLE,
    STORE_MEMORY_TOUCH,
    STORE_MEMORY_RECEIPT,
    STORE_MEMORY_LAPSE,
    STORE_MEMORY_MESSAGES,
    STORE_MEMORY_TALLY,
    STORE_MEMORY_SWEEP,
    STORE_MEMORY_SHARED_LOAD,
    STORE_MEMORY_SHARED_COMMIT,
    STORE_MEMORY_LOG_ADD,
    STORE_MEMORY_LOG_READ,
    STORE_MEMORY_LOG_TRIM,
};

enum store_memory_fate_kind {
    STORE_MEMORY_DONE,         /* as it should be */
    STORE_MEMORY_REFUSED,      /* not done; UNAVAILABLE */
    STORE_MEMORY_CONFLICTING,  /* not done; CONFLICT with the records as they are (commits) */
    STORE_MEMORY_UNKNOWN_DONE, /* done; UNKNOWN */
    STORE_MEMORY_UNKNOWN_NOT,  /* not done; UNKNOWN */
    STORE_MEMORY_UNKNOWN_LATE, /* UNKNOWN; done late_ms after that was told */
};

/* Requests of one handle are done, and answered, in the order in which they were made: a delay
 * holds up what comes behind it. 0 and 0 = answered at the end of this loop turn. */
struct store_memory_fate {
    enum store_memory_fate_kind kind;
    uint64_t there_ms; /* until it is done */
    uint64_t back_ms;  /* from then until the callback */
    uint64_t late_ms;
};
typedef struct store_memory_fate store_memory_fate_fn(void *ctx, enum store_memory_call call);

struct store_memory_settings {
    struct memory_data *data;        /* the caller's; outlives the handle */
    struct timer_queue *timers;      /* for delays */
    struct deferred_queue *deferred; /* callbacks of requests without delay */
    store_memory_fate_fn *fate;      /* NULL = all is done at once */
    void *fate_ctx;
};

/* End it with store_free(). */
struct store *store_memory_new(const struct store_memory_settings *settings);
/* The next request of this kind meets this fate, whatever the fate function says. One at a time. */
void store_memory_set_next(struct store *s, enum store_memory_call call,
                           struct store_memory_fate fate);
/* Not ready: every new request is UNAVAILABLE. Ready at first. */
void store_memory_set_ready(struct store *s, bool is_ready);
/* All that is on its way is done now; its answers take their time. */
void store_memory_hasten(struct store *s);
/* Requests whose callback has not run. */
size_t store_memory_pending(const struct store *s);

#endif
