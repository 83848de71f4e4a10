/* Requests as Redis commands, and the names of keys (docs/architecture.md: Redis). */
#ifndef WARUNG_SESSIONS_REDIS_ENCODE_H
#define WARUNG_SESSIONS_REDIS_ENCODE_H

#include "sessions/redis_command.h"
#include "sessions/store.h"

/* "{b007}": what all keys of a bucket begin with, so that they share one slot of a Cluster. */
struct redis_tag {
    char text[10];
    uint8_t size;
    uint16_t slot;
};

enum { REDIS_SLOTS = 16384 };

void redis_tag_init(struct redis_tag *tag, unsigned bucket, unsigned buckets);
uint16_t redis_shared_slot(const char *name);

/* Each begins and fills the command; the caller ends it. */
void redis_encode_load(struct redis_command *c, const struct redis_tag *tag, const char *msisdn);
void redis_encode_load_session(struct redis_command *c, const struct redis_tag *tag,
                               const char *msisdn);
void redis_encode_load_merchant(struct redis_command *c, const struct redis_tag *tag,
                                const char *msisdn);
/* store_commit_is_plain(commit). The next versions are those of store_next_version(). */
void redis_encode_commit(struct redis_command *c, const struct redis_tag *tag,
                         const struct store_commit *commit, uint64_t session_next);
void redis_encode_commit_all(struct redis_command *c, const struct redis_tag *tag,
                             const struct store_commit *commit, uint64_t session_next,
                             uint64_t merchant_next);
void redis_encode_reserve(struct redis_command *c, const struct redis_tag *tag,
                          const char *counter);
void redis_encode_find(struct redis_command *c, const struct redis_tag *tag, const char *member);
void redis_encode_list(struct redis_command *c, const struct redis_tag *tag, const char *set,
                       struct store_cursor after, size_t limit);
void redis_encode_log_add(struct redis_command *c, const struct redis_tag *tag, enum store_log log,
                          struct span body);
void redis_encode_log_read(struct redis_command *c, const struct redis_tag *tag, enum store_log log,
                           struct store_owed_id after, size_t limit);
void redis_encode_log_trim(struct redis_command *c, const struct redis_tag *tag, enum store_log log,
                           int64_t before_ms);
void redis_encode_settle(struct redis_command *c, const struct redis_tag *tag,
                         const struct store_settlement *settlement);
void redis_encode_touch(struct redis_command *c, const struct redis_tag *tag, const char *owner,
                        const struct store_owed_id *id);
void redis_encode_receipt(struct redis_command *c, const struct redis_tag *tag,
                          const struct store_receipt *receipt);
void redis_encode_lapse(struct redis_command *c, const struct redis_tag *tag, const char *subject,
                        int64_t now_ms);
void redis_encode_messages(struct redis_command *c, const struct redis_tag *tag,
                           const char *subject);
void redis_encode_tally(struct redis_command *c, const struct redis_tag *tag);
void redis_encode_sweep(struct redis_command *c, const struct redis_tag *tag, const char *owner,
                        uint64_t idle_ms, int64_t now_ms, size_t limit);
void redis_encode_shared_load(struct redis_command *c, const char *name);
void redis_encode_shared_commit(struct redis_command *c, const char *name, uint64_t version,
                                uint64_t next, struct span data, uint32_t ttl_s);

#endif
