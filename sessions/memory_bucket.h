/* What store_memory keeps of one bucket: outbox, index sets, counters, timers, journal. Values with
 * functions; the rules of a request stand in memory_data.c. */
#ifndef WARUNG_SESSIONS_MEMORY_BUCKET_H
#define WARUNG_SESSIONS_MEMORY_BUCKET_H

#include "base/list.h"
#include "sessions/store.h"

/* Sorted by score, then member, as Redis has it. Timers are one such set: member "kind:msisdn". */
struct memory_scored {
    int64_t score;
    char *member;
};

struct memory_set {
    struct list_node node;
    struct memory_scored *items;
    size_t count;
    size_t capacity;
    char name[STORE_NAME_BYTES_MAX + 1];
};

struct memory_counter {
    struct list_node node;
    uint64_t value;
    char name[STORE_NAME_BYTES_MAX + 1];
};

/* Whose a member is, and in how many sets it stands. */
struct memory_owner {
    struct list_node node;
    unsigned sets;
    char member[STORE_NAME_BYTES_MAX + 1];
    char msisdn[STORE_MSISDN_BYTES_MAX + 1];
};

struct memory_owed {
    struct list_node node;
    struct store_owed_id id;
    int64_t touched_ms; /* 0 = nobody's yet */
    char owner[STORE_NAME_BYTES_MAX + 1];
    unsigned deliveries;
    uint8_t *body;
    size_t size;
    char subject[STORE_SUBJECT_BYTES_MAX + 1];
};

/* Of the journal or of the consents. */
struct memory_entry {
    struct store_owed_id id;
    struct span body;
};

struct memory_log {
    struct memory_entry *entries; /* oldest first */
    size_t count;
};

struct memory_bucket {
    struct list outbox;
    struct list sets;
    struct list counters;
    struct list owners;
    struct memory_set timers;
    struct memory_set people;
    struct memory_log logs[STORE_LOG_OUTBOX]; /* journal, consents */
    struct store_owed_id last_id;
    struct list subjects; /* of struct memory_subject */
    struct store_tally tally;
    size_t sweeps; /* that did not name all that was due */
};

void memory_bucket_init(struct memory_bucket *b);
void memory_bucket_fini(struct memory_bucket *b);
/* Into one that is not initialised. */
void memory_bucket_copy(struct memory_bucket *to, const struct memory_bucket *from);

/* True when the member was not in the set; it has the new score in any case. */
bool memory_set_add(struct memory_set *set, int64_t score, const char *member);
/* True when it was in the set. */
bool memory_set_remove(struct memory_set *set, const char *member);
struct memory_set *memory_bucket_find_set(const struct memory_bucket *b, const char *name);
/* Made when there is none. */
struct memory_set *memory_bucket_set(struct memory_bucket *b, const char *name);

/* The member stands in one set more, or less; whose it is is forgotten with the last. */
void memory_bucket_enter(struct memory_bucket *b, const char *member, const char *msisdn);
void memory_bucket_leave(struct memory_bucket *b, const char *member);
struct memory_owner *memory_bucket_find_owner(const struct memory_bucket *b, const char *member);

struct store_owed_id memory_bucket_owe(struct memory_bucket *b, struct span body,
                                       const char *subject, const char *owner, int64_t now_ms);
/* Of a subject: what was owed until then; or all of that, and its messages. */
void memory_bucket_forget_owed(struct memory_bucket *b, const char *subject, int64_t until_ms);
void memory_bucket_forget(struct memory_bucket *b, const char *subject);
/* False when there is no such entry. */
bool memory_bucket_settle(struct memory_bucket *b, struct store_owed_id id);
void memory_bucket_log(struct memory_bucket *b, enum store_log log, struct span body,
                       int64_t now_ms);
/* How many were older. */
size_t memory_log_trim(struct memory_log *log, int64_t before_ms);

#endif
