/*
 * A store of either kind on a small loop, for tests: each call runs until its callback has come,
 * and leaves a copy of the result. In memory the clock is virtual; with Redis it is real.
 */
#ifndef WARUNG_TESTS_SUPPORT_STORE_RIG_H
#define WARUNG_TESTS_SUPPORT_STORE_RIG_H

#include "base/deferred.h"
#include "base/timer.h"
#include "sessions/memory_data.h"
#include "sessions/store.h"
#include "sessions/store_redis.h"
#include "tests/support/redis_server.h"

enum { STORE_RIG_ITEMS = 200, STORE_RIG_TEXT_BYTES = 1 << 16 };

/* What a call said, copied. */
struct store_outcome {
    unsigned calls; /* 1 when its callback has come */
    struct store_reply reply;
    struct store_list list;
    struct store_sweep sweep;
    struct store_listed items[STORE_RIG_ITEMS];
    struct store_taken taken[STORE_RIG_ITEMS];
    struct store_due due[STORE_RIG_ITEMS];
    struct store_message messages[STORE_RIG_ITEMS];
    char text[STORE_RIG_TEXT_BYTES];
    size_t text_used;
};

struct store_rig {
    struct event_base *base; /* NULL in memory */
    struct timer_queue timers;
    struct deferred_queue deferred;
    int64_t virtual_ms;
    struct memory_data *data;
    struct redis_server *server; /* the caller's */
    struct store_redis_settings settings;
    struct store *store;
    struct store_outcome outcome; /* of the last call */
    char refusal[160];            /* what on_refused said */
};

struct store_rig *store_rig_new_memory(void);
/* Waits until the store is ready; settings NULL = the defaults, with shorter times. */
struct store_rig *store_rig_new_redis(struct redis_server *server,
                                      const struct store_redis_settings *settings);
/* As new_redis on whatever servers the settings name; does not wait. */
struct store_rig *store_rig_new_servers(const struct store_redis_settings *settings);
void store_rig_redis_defaults(struct store_redis_settings *settings);
void store_rig_free(struct store_rig *rig);
/* Another gateway's handle on the same data; store_free() it before the rig. */
struct store *store_rig_open_other(struct store_rig *rig);

int64_t store_rig_wall_ms(const struct store_rig *rig);
/* One turn of the loop, of at most so many milliseconds. */
void store_rig_turn(struct store_rig *rig, unsigned ms);
/* Lets the time pass, the loop running. */
void store_rig_pass(struct store_rig *rig, unsigned ms);
/* Until the store says that it is (not) ready; false after limit_ms. */
bool store_rig_await_ready(struct store_rig *rig, struct store *store, bool is_ready,
                           unsigned limit_ms);
/* Until the callback of the outcome has come; fails the test after ten seconds. */
void store_rig_await(struct store_rig *rig, struct store_outcome *outcome);

/* Callbacks whose arg is a struct store_outcome. */
void store_outcome_on_reply(void *arg, const struct store_reply *reply);
void store_outcome_on_sweep(void *arg, const struct store_sweep *sweep);
void store_outcome_init(struct store_outcome *outcome);

/* Each runs to its end; the result, also in rig->outcome. */
const struct store_reply *store_rig_load(struct store_rig *rig, struct store *s,
                                         const char *msisdn);
const struct store_reply *store_rig_commit(struct store_rig *rig, struct store *s,
                                           const struct store_commit *c);
const struct store_reply *store_rig_reserve(struct store_rig *rig, struct store *s,
                                            const char *msisdn, const char *counter);
const struct store_reply *store_rig_settle(struct store_rig *rig, struct store *s,
                                           const char *msisdn, const struct store_owed_id *ids,
                                           unsigned count); /* as sent; the number as subject */
const struct store_reply *store_rig_end(struct store_rig *rig, struct store *s,
                                        const struct store_settlement *settlement);
const struct store_reply *store_rig_touch(struct store_rig *rig, struct store *s, unsigned bucket,
                                          const char *owner, struct store_owed_id id);
const struct store_reply *store_rig_receipt(struct store_rig *rig, struct store *s,
                                            const struct store_receipt *receipt);
const struct store_reply *store_rig_lapse(struct store_rig *rig, struct store *s, unsigned bucket,
                                          const char *subject, int64_t now_ms);
const struct store_reply *store_rig_messages(struct store_rig *rig, struct store *s,
                                             unsigned bucket, const char *subject);
const struct store_reply *store_rig_tally(struct store_rig *rig, struct store *s, unsigned bucket);
const struct store_reply *store_rig_shared_load(struct store_rig *rig, struct store *s,
                                                const char *name);
const struct store_reply *store_rig_shared_commit(struct store_rig *rig, struct store *s,
                                                  const char *name, uint64_t version,
                                                  const char *data, uint32_t ttl_s);
const struct store_list *store_rig_find(struct store_rig *rig, struct store *s, unsigned bucket,
                                        const char *member);
const struct store_list *store_rig_list(struct store_rig *rig, struct store *s, unsigned bucket,
                                        const char *set, size_t limit);
const struct store_list *store_rig_list_behind(struct store_rig *rig, struct store *s,
                                               unsigned bucket, const char *set,
                                               struct store_cursor after, size_t limit);
const struct store_reply *store_rig_log_add(struct store_rig *rig, struct store *s, unsigned bucket,
                                            enum store_log log, const char *body);
const struct store_sweep *store_rig_log_read(struct store_rig *rig, struct store *s,
                                             unsigned bucket, enum store_log log,
                                             struct store_owed_id after, size_t limit);
const struct store_reply *store_rig_log_trim(struct store_rig *rig, struct store *s,
                                             unsigned bucket, enum store_log log,
                                             int64_t before_ms);
const struct store_sweep *store_rig_sweep(struct store_rig *rig, struct store *s, unsigned bucket,
                                          const char *owner, uint64_t idle_ms, size_t limit);

#endif
