/*
 * The store as a command uses it: one call at a time, waited for; or many, a window of them under
 * way. What goes wrong is told on standard error.
 */
#ifndef WARUNG_CTL_HAND_H
#define WARUNG_CTL_HAND_H

#include "gateway/config.h"
#include "gateway/ctl/command.h"
#include "sessions/store.h"
#include "sessions/vault.h"

struct hand;

/* NULL (told) when the store is not there within the configured connect time, or not for us;
 * with a vault also when its records are sealed with other keys. */
struct hand *hand_open(const struct config *config, const struct vault *vault);
void hand_close(struct hand *h);
struct store *hand_store(struct hand *h);
/* Waits until the store can be used again, as long as hand_open() does; false = it cannot. */
bool hand_await(struct hand *h);

/* Lets the connections work for so long: to a store that has just gone they are made anew. */
void hand_pause(struct hand *h, unsigned ms);

/* Both records of a subscriber, sealed as they are; copied. */
struct hand_records {
    uint64_t session_version, merchant_version;
    size_t session_size, merchant_size;
    uint8_t session[STORE_SESSION_BYTES_MAX];
    uint8_t merchant[STORE_MERCHANT_BYTES_MAX];
};
enum store_result hand_load(struct hand *h, const char *msisdn, struct hand_records *records);
enum store_result hand_commit(struct hand *h, const struct store_commit *commit);
/* After a commit without an answer: a read alone may show what a fail-over still loses. STORE_OK:
 * what the subscriber's bucket had before this call no fail-over loses. */
enum store_result hand_confirm(struct hand *h, const char *msisdn);
/* Whose a member of a bucket is; STORE_OK with an empty msisdn: nobody's. */
enum store_result hand_find(struct hand *h, unsigned bucket, const char *member,
                            char msisdn[STORE_MSISDN_BYTES_MAX + 1]);

/* A shared record, sealed as it is; version 0 = there is none. `octets` has HAND_SHARED_BYTES. */
enum { HAND_SHARED_BYTES = STORE_SHARED_BYTES_MAX };
enum store_result hand_shared_load(struct hand *h, const char *name, uint64_t *version,
                                   uint8_t *octets, size_t *size);
enum store_result hand_shared_commit(struct hand *h, const char *name, uint64_t version,
                                     struct span octets, uint32_t ttl_s);

/* Adds one entry to the journal of a bucket. */
enum store_result hand_journal_add(struct hand *h, unsigned bucket, struct span body);
/* Hands on every entry of a log of a bucket, oldest first. */
typedef void hand_entry_fn(void *arg, const struct store_taken *entry);
enum store_result hand_log_each(struct hand *h, unsigned bucket, enum store_log log,
                                hand_entry_fn *fn, void *arg);
/* Those written after since_ms, by Redis's clock. */
enum store_result hand_log_since(struct hand *h, unsigned bucket, enum store_log log,
                                 int64_t since_ms, hand_entry_fn *fn, void *arg);

/* What all buckets have owed, ever, and what has become of it. */
enum store_result hand_tally(struct hand *h, struct store_tally *tally);
/* A subject's messages, oldest first; `list` has HAND_MESSAGES_MAX. */
enum { HAND_MESSAGES_MAX = STORE_AWAITED_MAX + STORE_ENDED_MAX };
enum store_result hand_messages(struct hand *h, unsigned bucket, const char *subject,
                                struct store_message *list, size_t *count);

struct hand_item {
    char member[STORE_NAME_BYTES_MAX + 1];
    char msisdn[STORE_MSISDN_BYTES_MAX + 1];
    int64_t at_ms;
};
struct hand_items {
    struct hand_item *items; /* oldest first over all buckets; free with hand_items_free() */
    size_t count;
};
/* The members of some sets (names, NULL-ended) in every bucket, each once. */
enum store_result hand_list(struct hand *h, const char *const *sets, struct hand_items *items);
void hand_items_free(struct hand_items *items);

/* Loads the subscribers of many items and hands each on, in their order. The records live during
 * the call of fn. */
typedef void hand_loaded_fn(void *arg, const struct hand_item *item,
                            const struct store_subscriber *subscriber);
enum store_result hand_load_items(struct hand *h, const struct hand_items *items,
                                  hand_loaded_fn *fn, void *arg);

/* The status of a command whose call ended so; what is not STORE_OK is told on standard error. */
enum ctl_status hand_complain(enum store_result result);

#endif
