/*
 * Where sessions and merchant records live: one narrow, asynchronous interface over Redis
 * (store_redis) and memory (store_memory, for tests and the simulator).
 *
 * Everything of one subscriber lies in one bucket, crc16(msisdn) % buckets, so that one commit is
 * one atomic write (docs/architecture.md: Redis). Records are opaque octets to the store; it knows
 * only their versions. A version is never 0 and grows by a step that its data choose
 * (store_next_version()), so that the same version has the same data also where a fail-over, a
 * crash or a backup took a record back and it went on otherwise; a record made anew starts at the
 * wall clock in microseconds, which no earlier one of that subscriber has used, so that a copy kept
 * from before an expiry cannot pass for current.
 *
 * Every call returns before its callback runs; the callback runs exactly once, or never after
 * store_cancel(). Each has a deadline: passing it is a result.
 */
#ifndef WARUNG_SESSIONS_STORE_H
#define WARUNG_SESSIONS_STORE_H

#include "base/span.h"

enum {
    STORE_SESSION_BYTES_MAX = 9216,
    STORE_MERCHANT_BYTES_MAX = 8192,
    STORE_OWED_BYTES_MAX = 2048,
    STORE_COMMIT_OWED_MAX = 5,
    STORE_COMMIT_INDEX_MAX = 16, /* an erasure takes all of a subscriber's away at once */
    STORE_COMMIT_TIMER_MAX = 9,
    STORE_COMMIT_JOURNAL_MAX = 17, /* ... and says so */
    STORE_COMMIT_CONSENT_MAX = 2,
    STORE_SUBJECT_BYTES_MAX = 32, /* of a keyed hash of a number, as text */
    STORE_SHARED_BYTES_MAX = 1 << 20,
    STORE_MSISDN_BYTES_MAX = 32, /* of a subscriber's number, without NUL; not empty */
    STORE_NAME_BYTES_MAX = 64,   /* of owners, members, sets, kinds, counters, shared names */
    STORE_LIST_MAX = 1000,       /* items asked of one bucket at a time */
    STORE_SWEEP_MAX = 100,
    STORE_LOG_READ_MAX = 1000,        /* entries of a log at a time */
    STORE_PARTS_MAX = 32,             /* of a message whose receipts are awaited */
    STORE_RECEIPT_KEY_BYTES_MAX = 96, /* without NUL */
    STORE_AWAITED_MAX = 64,           /* messages of one subject whose receipts are awaited */
    STORE_ENDED_MAX = 8,              /* ... that have ended and are still told of */
    STORE_TOLD_MS = 86400000,         /* ... at least for so long */
    STORE_PARKED_MAX = 16,            /* receipts of one subject without a message */
    /* 33 ms on average: behind the clock as long as a record has fewer than 30 commits a second. */
    STORE_VERSION_STEP_MAX = 1 << 16,
};

enum store_result {
    STORE_OK,
    STORE_CONFLICT, /* a version is not the expected one; nothing written, the records are given */
    STORE_UNAVAILABLE, /* not connected, queue full, or refused (READONLY, OOM, MISCONF, LOADING):
                          certainly nothing written */
    STORE_UNKNOWN,     /* sent, no reply: written or not; find out by loading */
};
const char *store_result_name(enum store_result result);

struct store_record {
    uint64_t version; /* 0: there is no such record, data is empty */
    struct span data;
};

struct store_subscriber {
    struct store_record session;
    struct store_record merchant;
};

/* An entry of the outbox, named by its bucket and the stream id that the store gave it. */
struct store_owed_id {
    uint64_t ms;
    uint64_t number;
};

/* How an entry of the outbox ends, if it has. (The letters stand in Redis.) */
enum store_end {
    STORE_END_AWAITED = 'A', /* taken by the centre, whose receipts are still to come */
    STORE_END_SENT = 's',    /* taken, and no receipt was asked for */
    STORE_END_DELIVERED = 'd',
    STORE_END_EXPIRED = 'e', /* not in time, or never heard of again */
    STORE_END_FAILED = 'f',  /* refused for good, by the centre or by a receipt */
};
const char *store_end_name(enum store_end end);

/* One way in which a receipt may name one part of a message. */
struct store_receipt_key {
    const char *text;
    uint8_t part; /* from 0 */
};
enum { STORE_RECEIPT_KEYS_MAX = 2 * STORE_PARTS_MAX };

/* What has become of an outbox entry. Its message is told of (store_messages()) under a subject:
 * the store's name for a subscriber that the caller chose, so that it need not be a number. */
struct store_settlement {
    unsigned bucket; /* the subscriber's */
    const char *subject;
    struct store_owed_id id;
    enum store_end end;
    int64_t now_ms;   /* wall clock */
    int64_t until_ms; /* awaited, and told of, until then */
    /* STORE_END_AWAITED: over how many receipts, and what each may say. */
    unsigned parts;
    const struct store_receipt_key *keys;
    unsigned key_count;
};

/* A receipt that ends a part of a message. */
struct store_receipt {
    unsigned bucket;
    const char *subject;
    enum store_end end; /* DELIVERED, EXPIRED or FAILED */
    const char *const *keys;
    unsigned key_count;
    int64_t now_ms;
    int64_t park_until_ms; /* kept until then, when its message is not known yet */
};

enum store_fate {
    STORE_FATE_GOES_ON,   /* receipts of the message are still awaited */
    STORE_FATE_ENDED,     /* the message has ended now */
    STORE_FATE_TOLD,      /* settle: it was settled before; `end` is what has become of it */
    STORE_FATE_PARKED,    /* the receipt waits for its message */
    STORE_FATE_AMBIGUOUS, /* it may mean two messages: forgotten */
    STORE_FATE_CROWDED,   /* STORE_PARKED_MAX wait already: not kept */
    STORE_FATE_UNKNOWN,   /* no such entry: somebody else has settled it */
};

/* Entries of the outbox, by what has become of them. */
struct store_tally {
    uint64_t owed; /* ever */
    uint64_t sent, delivered, expired, failed;
    uint64_t erased;  /* with their subscriber, before they ended */
    uint64_t waiting; /* to be sent */
};

struct store_message {
    struct store_owed_id id;
    enum store_end end;
    int64_t at_ms; /* of that */
};

/* A member may be in several sets; store_find() knows it as long as it is in one. */
struct store_index {
    const char *member;    /* registration number */
    const char *leave_set; /* set names: status words; NULL = none */
    const char *enter_set;
    int64_t at_ms; /* wall clock; the order within a set */
};

struct store_timer {
    const char *kind; /* a short word without ':': "nudge", ... one a kind and subscriber */
    int64_t due_ms;   /* wall clock; 0 = take it away */
};

struct store_commit {
    const char *msisdn;
    /* The session record: written when session.size != 0, deleted when session_delete; then, and
     * only then, its version is checked. */
    uint64_t session_version; /* expected; 0 = there must be none */
    struct span session;
    uint32_t session_ttl_s; /* 0 = for ever */
    bool session_delete;
    /* The merchant record: checked when merchant_checked, written when merchant.size != 0, deleted
     * when merchant_delete. Writing and deleting imply the check. */
    bool merchant_checked;
    uint64_t merchant_version;
    struct span merchant;
    bool merchant_delete;
    /* What goes with it, all or nothing. */
    const char *owner; /* the instance that will send what is owed; NULL = whoever sweeps first */
    struct span owed[STORE_COMMIT_OWED_MAX];
    unsigned owed_count;
    struct store_owed_id settled[STORE_COMMIT_OWED_MAX]; /* entries that were sent, to forget */
    unsigned settled_count;
    struct store_index index[STORE_COMMIT_INDEX_MAX];
    unsigned index_count;
    struct store_timer timers[STORE_COMMIT_TIMER_MAX];
    unsigned timer_count;
    struct span journal[STORE_COMMIT_JOURNAL_MAX];
    unsigned journal_count;
    struct span consents[STORE_COMMIT_CONSENT_MAX];
    unsigned consent_count;
    /* A keyed hash of the number, that what is owed carries in the clear; NULL = none. With
     * owed_forgotten all entries and messages of that hash go, before those of this commit come;
     * else the entries that were owed until owed_cut_ms, by the store's clock. */
    const char *subject;
    bool owed_forgotten;
    int64_t owed_cut_ms; /* 0 = none */
};

/* What is only added to, a stream each a bucket. */
enum store_log {
    STORE_LOG_JOURNAL,
    STORE_LOG_CONSENT,
    STORE_LOG_OUTBOX, /* to be read only: what is owed, whoever has it in hand */
};

/* Set name under which store_list() gives the numbers that have a merchant record, in order; at_ms
 * is 0. */
#define STORE_PEOPLE_SET "*"

struct store_reply {
    enum store_result result;
    /* Load: both records. Commit: CONFLICT = both as they are; OK = the new versions of what was
     * written, without data (0 = not written, or deleted). */
    struct store_subscriber subscriber;
    struct store_owed_id owed[STORE_COMMIT_OWED_MAX]; /* commit OK: ids of its entries, in order */
    uint64_t number;                                  /* reserve */
    enum store_fate fate;                             /* settle, receipt */
    enum store_end end;                               /* ... when it has ended */
    /* tally: all of the bucket. settle and lapse: messages that ended by the way, by their end. */
    struct store_tally tally;
    const struct store_message *messages; /* messages: oldest first */
    size_t message_count;
};

/* What a sweep took over; valid during the callback. */
struct store_taken {
    struct store_owed_id id;
    unsigned deliveries; /* how often it was handed out, this time included */
    struct span body;
};
struct store_due {
    const char *kind;
    const char *msisdn;
};
struct store_sweep {
    enum store_result result;
    unsigned bucket;
    const struct store_taken *taken;
    size_t taken_count;
    const struct store_due *due;
    size_t due_count;
    int64_t ahead_s; /* not 0: now_ms is so far ahead of the store's clock, and nothing was done */
};

struct store_listed {
    const char *member;
    const char *msisdn;
    int64_t at_ms; /* find: 0 */
};
struct store_list {
    enum store_result result;
    const struct store_listed *items;
    size_t count;
    bool more; /* the limit cut the list */
};

/* Spans and arrays given to a callback are valid during the call. */
typedef void store_reply_fn(void *arg, const struct store_reply *reply);
typedef void store_sweep_fn(void *arg, const struct store_sweep *sweep);
typedef void store_list_fn(void *arg, const struct store_list *list);

/* Where a list goes on: behind this item of the last page. */
struct store_cursor {
    int64_t at_ms;
    const char *member; /* NULL = from the start */
};

struct store_request;
struct store;

struct store_ops {
    struct store_request *(*load)(struct store *s, const char *msisdn, store_reply_fn *fn,
                                  void *arg);
    struct store_request *(*commit)(struct store *s, const struct store_commit *c,
                                    store_reply_fn *fn, void *arg);
    struct store_request *(*reserve)(struct store *s, const char *msisdn, const char *counter,
                                     store_reply_fn *fn, void *arg);
    struct store_request *(*find)(struct store *s, unsigned bucket, const char *member,
                                  store_list_fn *fn, void *arg);
    struct store_request *(*list)(struct store *s, unsigned bucket, const char *set,
                                  struct store_cursor after, size_t limit, store_list_fn *fn,
                                  void *arg);
    struct store_request *(*settle)(struct store *s, const struct store_settlement *settlement,
                                    store_reply_fn *fn, void *arg);
    struct store_request *(*touch)(struct store *s, unsigned bucket, const char *owner,
                                   struct store_owed_id id, store_reply_fn *fn, void *arg);
    struct store_request *(*receipt)(struct store *s, const struct store_receipt *receipt,
                                     store_reply_fn *fn, void *arg);
    struct store_request *(*lapse)(struct store *s, unsigned bucket, const char *subject,
                                   int64_t now_ms, store_reply_fn *fn, void *arg);
    struct store_request *(*messages)(struct store *s, unsigned bucket, const char *subject,
                                      store_reply_fn *fn, void *arg);
    struct store_request *(*tally)(struct store *s, unsigned bucket, store_reply_fn *fn, void *arg);
    struct store_request *(*sweep)(struct store *s, unsigned bucket, const char *owner,
                                   uint64_t idle_ms, int64_t now_ms, size_t limit,
                                   store_sweep_fn *fn, void *arg);
    struct store_request *(*shared_load)(struct store *s, const char *name, store_reply_fn *fn,
                                         void *arg);
    struct store_request *(*shared_commit)(struct store *s, const char *name, uint64_t version,
                                           struct span data, uint32_t ttl_s, store_reply_fn *fn,
                                           void *arg);
    struct store_request *(*log_add)(struct store *s, unsigned bucket, enum store_log log,
                                     struct span body, store_reply_fn *fn, void *arg);
    struct store_request *(*log_read)(struct store *s, unsigned bucket, enum store_log log,
                                      struct store_owed_id after, size_t limit, store_sweep_fn *fn,
                                      void *arg);
    struct store_request *(*log_trim)(struct store *s, unsigned bucket, enum store_log log,
                                      int64_t before_ms, store_reply_fn *fn, void *arg);
    void (*cancel)(struct store *s, struct store_request *r);
    bool (*is_ready)(const struct store *s);
    void (*free)(struct store *s);
};

struct store {
    const struct store_ops *ops;
    unsigned buckets;
};

/* CRC-16/XMODEM, what Redis Cluster uses for its slots. */
uint16_t store_crc16(const void *octets, size_t size);
/* store_crc16() of the number, modulo the bucket count. */
unsigned store_bucket(const struct store *s, const char *msisdn);

/* The version of a record that is written over that one: 1 to STORE_VERSION_STEP_MAX more. 0, which
 * the store replaces by its clock, when there is none yet. */
uint64_t store_next_version(uint64_t version, struct span data);
/* Was the record written over that version, with none between? Programs of before counted by one.
 */
bool store_is_next(uint64_t version, const struct store_record *record);
/* True when nothing but the session record is written: one key, one write. For implementations. */
bool store_commit_is_plain(const struct store_commit *c);

/* Both records of a subscriber. */
struct store_request *store_load(struct store *s, const char *msisdn, store_reply_fn *fn,
                                 void *arg);
/* All of it or nothing. *c is copied before the call returns. Limits that *c breaks are bugs. */
struct store_request *store_commit(struct store *s, const struct store_commit *c,
                                   store_reply_fn *fn, void *arg);
/* The next number of a named counter of the subscriber's bucket, from 1; never given twice. */
struct store_request *store_reserve(struct store *s, const char *msisdn, const char *counter,
                                    store_reply_fn *fn, void *arg);
/* Whose is this member (registration number)? At most one item. */
struct store_request *store_find(struct store *s, unsigned bucket, const char *member,
                                 store_list_fn *fn, void *arg);
/* The members of a set in one bucket, oldest first, those of one instant by name; from behind
 * `after` on. A member that moves meanwhile may be missed, or come twice. */
struct store_request *store_list(struct store *s, unsigned bucket, const char *set,
                                 struct store_cursor after, size_t limit, store_list_fn *fn,
                                 void *arg);
/* Takes an entry from the outbox: it has ended, or its receipts are awaited. Receipts that were
 * here before it count. The same again changes nothing. A subject with more than
 * STORE_AWAITED_MAX awaited messages loses the oldest as expired. */
struct store_request *store_settle(struct store *s, const struct store_settlement *settlement,
                                   store_reply_fn *fn, void *arg);
/* The owner is still at work on an entry: it stays its own for idle_ms of a sweep more.
 * reply.number: 1, or 0 when the entry is gone or another's. */
struct store_request *store_touch(struct store *s, unsigned bucket, const char *owner,
                                  struct store_owed_id id, store_reply_fn *fn, void *arg);
/* Counts a receipt for the message that it means; or keeps it for a while. */
struct store_request *store_receipt(struct store *s, const struct store_receipt *receipt,
                                    store_reply_fn *fn, void *arg);
/* Ends what a subject has awaited too long: a timer of kind STORE_LAPSE_TIMER with the subject in
 * place of the number is due then. */
#define STORE_LAPSE_TIMER "lapse"
struct store_request *store_lapse(struct store *s, unsigned bucket, const char *subject,
                                  int64_t now_ms, store_reply_fn *fn, void *arg);
/* A subject's messages that are awaited, or ended lately. */
struct store_request *store_messages(struct store *s, unsigned bucket, const char *subject,
                                     store_reply_fn *fn, void *arg);
/* What a bucket has owed, ever. */
struct store_request *store_tally(struct store *s, unsigned bucket, store_reply_fn *fn, void *arg);
/* A sweep whose now_ms is further ahead of the store's clock does nothing: records would be erased
 * and messages expire too early, of all gateways, and for good. */
enum { STORE_AHEAD_MAX_S = 3600 };
/* Takes over up to `limit` outbox entries of a bucket (0 = leaves it alone) that nobody owns or
 * whose owner has not touched them for idle_ms, and names up to STORE_SWEEP_MAX timers due at
 * now_ms, of more any (they stay until a commit takes them away). */
struct store_request *store_sweep(struct store *s, unsigned bucket, const char *owner,
                                  uint64_t idle_ms, int64_t now_ms, size_t limit,
                                  store_sweep_fn *fn, void *arg);
/* Records that belong to no subscriber (menu versions, trainings, ...); reply.subscriber.session.
 * A commit with empty data deletes; ttl_s 0 = for ever. */
struct store_request *store_shared_load(struct store *s, const char *name, store_reply_fn *fn,
                                        void *arg);
struct store_request *store_shared_commit(struct store *s, const char *name, uint64_t version,
                                          struct span data, uint32_t ttl_s, store_reply_fn *fn,
                                          void *arg);
/* Adds an entry to a bucket's journal or consents. */
struct store_request *store_log_add(struct store *s, unsigned bucket, enum store_log log,
                                    struct span body, store_reply_fn *fn, void *arg);
/* Entries behind an id (zeros = from the start), oldest first: `taken`, whose deliveries are 0.
 * Fewer than the limit: there are no more. */
struct store_request *store_log_read(struct store *s, unsigned bucket, enum store_log log,
                                     struct store_owed_id after, size_t limit, store_sweep_fn *fn,
                                     void *arg);
/* Forgets what is older. reply.number: how many there were. */
struct store_request *store_log_trim(struct store *s, unsigned bucket, enum store_log log,
                                     int64_t before_ms, store_reply_fn *fn, void *arg);
/* The callback will not run; what was asked may still be done. NULL is no request. */
void store_cancel(struct store *s, struct store_request *r);
bool store_is_ready(const struct store *s);
/* Pending requests are forgotten without a call. Not from inside a callback of this store. */
void store_free(struct store *s);

#endif
