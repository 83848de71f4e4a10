/*
 * What store_memory keeps, and what each request does to it: the twin of functions.lua, without
 * time or callbacks. tests/contract holds the two against each other.
 */
#ifndef WARUNG_SESSIONS_MEMORY_DATA_H
#define WARUNG_SESSIONS_MEMORY_DATA_H

#include "sessions/store.h"

struct memory_data;

typedef int64_t memory_data_clock_fn(void *ctx); /* wall clock, milliseconds */

struct memory_data *memory_data_new(unsigned buckets, memory_data_clock_fn *wall_ms, void *ctx);
void memory_data_free(struct memory_data *d);
unsigned memory_data_buckets(const struct memory_data *d);
/* A copy of everything, with the same clock: what a replica has. */
struct memory_data *memory_data_copy(const struct memory_data *d);
/* A fail-over: from now on `d` holds what `replica` holds; `replica` is freed. */
void memory_data_replace(struct memory_data *d, struct memory_data *replica);

/* Each does its work at once. Spans of a reply live until the next call on the data. */
void memory_data_load(struct memory_data *d, const char *msisdn, struct store_reply *reply);
void memory_data_commit(struct memory_data *d, const struct store_commit *c,
                        struct store_reply *reply);
void memory_data_reserve(struct memory_data *d, const char *msisdn, const char *counter,
                         struct store_reply *reply);
void memory_data_settle(struct memory_data *d, const struct store_settlement *settlement,
                        struct store_reply *reply);
void memory_data_touch(struct memory_data *d, unsigned bucket, const char *owner,
                       struct store_owed_id id, struct store_reply *reply);
void memory_data_receipt(struct memory_data *d, const struct store_receipt *receipt,
                         struct store_reply *reply);
void memory_data_lapse(struct memory_data *d, unsigned bucket, const char *subject, int64_t now_ms,
                       struct store_reply *reply);
/* `list` has room for STORE_AWAITED_MAX + STORE_ENDED_MAX. */
void memory_data_messages(struct memory_data *d, unsigned bucket, const char *subject,
                          struct store_message *list, struct store_reply *reply);
void memory_data_tally(struct memory_data *d, unsigned bucket, struct store_reply *reply);
void memory_data_shared_load(struct memory_data *d, const char *name, struct store_reply *reply);
void memory_data_shared_commit(struct memory_data *d, const char *name, uint64_t version,
                               struct span data, uint32_t ttl_s, struct store_reply *reply);
/* How far now_ms is ahead of the data's own clock, in seconds, where that is more than
 * STORE_AHEAD_MAX_S; else 0. */
int64_t memory_data_ahead_s(const struct memory_data *d, int64_t now_ms);
/* Arrays of at least `limit` items (find: one), filled from the front. */
size_t memory_data_find(struct memory_data *d, unsigned bucket, const char *member,
                        struct store_listed *item);
size_t memory_data_list(struct memory_data *d, unsigned bucket, const char *set,
                        struct store_cursor after, size_t limit, struct store_listed *items,
                        bool *more);
size_t memory_data_take(struct memory_data *d, unsigned bucket, const char *owner, uint64_t idle_ms,
                        size_t limit, struct store_taken *taken);
/* The members "kind:msisdn" of timers that are due, earliest first; of more than `limit`, from any
 * on. */
size_t memory_data_due(struct memory_data *d, unsigned bucket, int64_t now_ms, size_t limit,
                       const char **members);

void memory_data_log_add(struct memory_data *d, unsigned bucket, enum store_log log,
                         struct span body, struct store_reply *reply);
size_t memory_data_log_read(struct memory_data *d, unsigned bucket, enum store_log log,
                            struct store_owed_id after, size_t limit, struct store_taken *taken);
void memory_data_log_trim(struct memory_data *d, unsigned bucket, enum store_log log,
                          int64_t before_ms, struct store_reply *reply);

/* For checkers: entries in every outbox; journal entries of a bucket, oldest first (NULL = no
 * such). */
size_t memory_data_owed_count(const struct memory_data *d);
const struct span *memory_data_journal(const struct memory_data *d, unsigned bucket, size_t place);
/* ... `fn` is called after each commit that is done; a copy has none. */
typedef void memory_data_watch_fn(void *ctx, const struct store_commit *c);
void memory_data_watch(struct memory_data *d, memory_data_watch_fn *fn, void *ctx);

#endif
