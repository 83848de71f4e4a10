/*
 * A request of store_memory's: its copies of what it was given, what it does to the data, what it
 * tells. Private to store_memory.c.
 */
#ifndef WARUNG_SESSIONS_STORE_MEMORY_REQUEST_H
#define WARUNG_SESSIONS_STORE_MEMORY_REQUEST_H

#include "sessions/store_memory.h"

union memory_callback {
    store_reply_fn *reply;
    store_list_fn *list;
    store_sweep_fn *sweep;
};

/* Arguments and results are copies: the caller's are gone when the request is done, and the data
 * may have changed again when its callback runs. */
struct memory_block;

struct memory_request {
    struct list_node node;
    enum store_memory_call call;
    enum store_memory_fate_kind fate;
    uint64_t there_ms;
    uint64_t back_ms;
    uint64_t late_ms;
    bool is_cancelled;
    union memory_callback fn;
    void *arg;
    struct memory_block *blocks; /* the copies */

    const char *msisdn;
    struct store_commit *commit; /* of a commit alone, which is larger than all the rest */
    struct store_settlement settlement;
    struct store_receipt receipt;
    const char *name; /* counter, member, set, owner, subject or shared record */
    unsigned bucket;
    enum store_log log;
    struct store_owed_id after; /* of a log; or the entry itself */
    struct store_cursor cursor;
    size_t limit;
    uint64_t idle_ms;
    int64_t now_ms;
    uint64_t version;
    struct span data;
    uint32_t ttl_s;

    struct store_reply reply;
    struct store_list list;
    struct store_sweep sweep;
};

/* Copies that live as long as the request. NULL text stays NULL. */
void *memory_keep_octets(struct memory_request *r, const void *octets, size_t size);
struct span memory_keep_span(struct memory_request *r, struct span s);
const char *memory_keep_string(struct memory_request *r, const char *text);
void memory_keep_commit(struct memory_request *r, const struct store_commit *c);

/* Meets its fate: what it does is done to the data, what it tells stands in the request. */
void memory_request_do(struct memory_data *d, struct memory_request *r);
void memory_request_free(struct memory_request *r);

#endif
