#include "sessions/store.h"

#include "base/map.h"

#include <assert.h>
#include <string.h>

const char *store_result_name(enum store_result result)
{
    switch (result) {
    case STORE_OK:
        return "ok";
    case STORE_CONFLICT:
        return "conflict";
    case STORE_UNAVAILABLE:
        return "unavailable";
    case STORE_UNKNOWN:
        return "unknown";
    }
    assert(!"no such store result");
    return "";
}

const char *store_end_name(enum store_end end)
{
    switch (end) {
    case STORE_END_AWAITED:
        return "awaited";
    case STORE_END_SENT:
        return "sent";
    case STORE_END_DELIVERED:
        return "delivered";
    case STORE_END_EXPIRED:
        return "expired";
    case STORE_END_FAILED:
        return "failed";
    }
    assert(!"no such end");
    return "";
}

uint16_t store_crc16(const void *octets, size_t size)
{
    const uint8_t *p = octets;
    uint16_t crc = 0;

    /* CRC-16/XMODEM: polynomial x^16 + x^12 + x^5 + 1, a nibble at a time without a table. */
    for (size_t i = 0; i < size; i++) {
        uint8_t x = (uint8_t)(crc >> 8 ^ p[i]);

        x ^= x >> 4;
        crc = (uint16_t)(crc << 8 ^ (uint16_t)(x << 12) ^ (uint16_t)(x << 5) ^ x);
    }
    return crc;
}

unsigned store_bucket(const struct store *s, const char *msisdn)
{
    return store_crc16(msisdn, strlen(msisdn)) % s->buckets;
}

static bool is_name(const char *text)
{
    return text != NULL && text[0] != '\0' && strlen(text) <= STORE_NAME_BYTES_MAX;
}

static bool is_subscriber(const char *msisdn)
{
    return msisdn != NULL && msisdn[0] != '\0' && strlen(msisdn) <= STORE_MSISDN_BYTES_MAX;
}

static bool is_receipt_key(const char *text)
{
    return text[0] != '\0' && strlen(text) <= STORE_RECEIPT_KEY_BYTES_MAX;
}

static void check_commit(const struct store_commit *c)
{
    assert(is_subscriber(c->msisdn));
    assert(c->session.size <= STORE_SESSION_BYTES_MAX);
    assert(c->merchant.size <= STORE_MERCHANT_BYTES_MAX);
    assert(!(c->session_delete && c->session.size != 0));
    assert(!(c->merchant_delete && c->merchant.size != 0));
    assert(c->owner == NULL || is_name(c->owner));
    assert(c->owed_count <= STORE_COMMIT_OWED_MAX && c->settled_count <= STORE_COMMIT_OWED_MAX);
    assert(c->index_count <= STORE_COMMIT_INDEX_MAX && c->timer_count <= STORE_COMMIT_TIMER_MAX);
    assert(c->journal_count <= STORE_COMMIT_JOURNAL_MAX);
    assert(c->consent_count <= STORE_COMMIT_CONSENT_MAX);
    assert(c->subject == NULL || strlen(c->subject) <= STORE_SUBJECT_BYTES_MAX);
    assert((!c->owed_forgotten && c->owed_cut_ms == 0) ||
           (c->subject != NULL && c->subject[0] != '\0'));
    for (unsigned i = 0; i < c->consent_count; i++)
        assert(c->consents[i].size <= STORE_OWED_BYTES_MAX);
    for (unsigned i = 0; i < c->owed_count; i++)
        assert(c->owed[i].size <= STORE_OWED_BYTES_MAX);
    for (unsigned i = 0; i < c->journal_count; i++)
        assert(c->journal[i].size <= STORE_OWED_BYTES_MAX);
    for (unsigned i = 0; i < c->index_count; i++)
        assert(is_name(c->index[i].member) &&
               (c->index[i].leave_set == NULL || is_name(c->index[i].leave_set)) &&
               (c->index[i].enter_set == NULL || is_name(c->index[i].enter_set)));
    for (unsigned i = 0; i < c->timer_count; i++)
        assert(is_name(c->timers[i].kind) && strchr(c->timers[i].kind, ':') == NULL);
}

/* A hash of both, a third as dear as map_hash() alone, which ends it: each step makes one. */
static uint64_t digest(uint64_t version, struct span data)
{
    const uint64_t odd = 0x9e3779b97f4a7c15ULL;
    uint64_t a = version, b = data.size, words[2];
    size_t at = 0;

    for (; data.size - at >= sizeof(words); at += sizeof(words)) {
        memcpy(words, data.data + at, sizeof(words));
        a = (a ^ words[0]) * odd;
        b = (b ^ words[1]) * odd;
        a ^= a >> 32;
        b ^= b >> 32;
    }
    return map_hash(span_of(data.data + at, data.size - at), a ^ b * odd);
}

uint64_t store_next_version(uint64_t version, struct span data)
{
    return version != 0 ? version + 1 + digest(version, data) % STORE_VERSION_STEP_MAX : 0;
}

bool store_is_next(uint64_t version, const struct store_record *record)
{
    return record->version == version + 1 ||
           (version != 0 && record->version == store_next_version(version, record->data));
}

bool store_commit_is_plain(const struct store_commit *c)
{
    return c->session.size != 0 && !c->merchant_checked && c->merchant.size == 0 &&
           !c->merchant_delete && c->owed_count == 0 && c->settled_count == 0 &&
           c->index_count == 0 && c->timer_count == 0 && c->journal_count == 0 &&
           c->consent_count == 0 && !c->owed_forgotten && c->owed_cut_ms == 0;
}

struct store_request *store_load(struct store *s, const char *msisdn, store_reply_fn *fn, void *arg)
{
    assert(is_subscriber(msisdn) && fn != NULL);
    return s->ops->load(s, msisdn, fn, arg);
}

struct store_request *store_commit(struct store *s, const struct store_commit *c,
                                   store_reply_fn *fn, void *arg)
{
    assert(fn != NULL);
    check_commit(c);
    return s->ops->commit(s, c, fn, arg);
}

struct store_request *store_reserve(struct store *s, const char *msisdn, const char *counter,
                                    store_reply_fn *fn, void *arg)
{
    assert(is_subscriber(msisdn) && is_name(counter) && fn != NULL);
    return s->ops->reserve(s, msisdn, counter, fn, arg);
}

struct store_request *store_find(struct store *s, unsigned bucket, const char *member,
                                 store_list_fn *fn, void *arg)
{
    assert(bucket < s->buckets && is_name(member) && fn != NULL);
    return s->ops->find(s, bucket, member, fn, arg);
}

struct store_request *store_list(struct store *s, unsigned bucket, const char *set,
                                 struct store_cursor after, size_t limit, store_list_fn *fn,
                                 void *arg)
{
    assert(bucket < s->buckets && is_name(set) && fn != NULL);
    assert(limit != 0 && limit <= STORE_LIST_MAX);
    assert(after.member == NULL || is_name(after.member));
    return s->ops->list(s, bucket, set, after, limit, fn, arg);
}

struct store_request *store_settle(struct store *s, const struct store_settlement *settlement,
                                   store_reply_fn *fn, void *arg)
{
    const struct store_settlement *x = settlement;

    assert(x->bucket < s->buckets && is_name(x->subject) && fn != NULL);
    assert(x->end != STORE_END_AWAITED || (x->parts >= 1 && x->parts <= STORE_PARTS_MAX));
    assert(x->key_count <= STORE_RECEIPT_KEYS_MAX);
    for (unsigned i = 0; i < x->key_count; i++)
        assert(is_receipt_key(x->keys[i].text) && x->keys[i].part < x->parts);
    return s->ops->settle(s, settlement, fn, arg);
}

struct store_request *store_touch(struct store *s, unsigned bucket, const char *owner,
                                  struct store_owed_id id, store_reply_fn *fn, void *arg)
{
    assert(bucket < s->buckets && is_name(owner) && fn != NULL);
    return s->ops->touch(s, bucket, owner, id, fn, arg);
}

struct store_request *store_receipt(struct store *s, const struct store_receipt *receipt,
                                    store_reply_fn *fn, void *arg)
{
    assert(receipt->bucket < s->buckets && is_name(receipt->subject) && fn != NULL);
    assert(receipt->end == STORE_END_DELIVERED || receipt->end == STORE_END_EXPIRED ||
           receipt->end == STORE_END_FAILED);
    assert(receipt->key_count >= 1 && receipt->key_count <= STORE_RECEIPT_KEYS_MAX);
    for (unsigned i = 0; i < receipt->key_count; i++)
        assert(is_receipt_key(receipt->keys[i]));
    return s->ops->receipt(s, receipt, fn, arg);
}

struct store_request *store_lapse(struct store *s, unsigned bucket, const char *subject,
                                  int64_t now_ms, store_reply_fn *fn, void *arg)
{
    assert(bucket < s->buckets && is_name(subject) && fn != NULL);
    return s->ops->lapse(s, bucket, subject, now_ms, fn, arg);
}

struct store_request *store_messages(struct store *s, unsigned bucket, const char *subject,
                                     store_reply_fn *fn, void *arg)
{
    assert(bucket < s->buckets && is_name(subject) && fn != NULL);
    return s->ops->messages(s, bucket, subject, fn, arg);
}

struct store_request *store_tally(struct store *s, unsigned bucket, store_reply_fn *fn, void *arg)
{
    assert(bucket < s->buckets && fn != NULL);
    return s->ops->tally(s, bucket, fn, arg);
}

struct store_request *store_sweep(struct store *s, unsigned bucket, const char *owner,
                                  uint64_t idle_ms, int64_t now_ms, size_t limit,
                                  store_sweep_fn *fn, void *arg)
{
    assert(bucket < s->buckets && is_name(owner) && fn != NULL);
    assert(limit <= STORE_SWEEP_MAX);
    return s->ops->sweep(s, bucket, owner, idle_ms, now_ms, limit, fn, arg);
}

struct store_request *store_shared_load(struct store *s, const char *name, store_reply_fn *fn,
                                        void *arg)
{
    assert(is_name(name) && fn != NULL);
    return s->ops->shared_load(s, name, fn, arg);
}

struct store_request *store_shared_commit(struct store *s, const char *name, uint64_t version,
                                          struct span data, uint32_t ttl_s, store_reply_fn *fn,
                                          void *arg)
{
    assert(is_name(name) && data.size <= STORE_SHARED_BYTES_MAX && fn != NULL);
    return s->ops->shared_commit(s, name, version, data, ttl_s, fn, arg);
}

struct store_request *store_log_add(struct store *s, unsigned bucket, enum store_log log,
                                    struct span body, store_reply_fn *fn, void *arg)
{
    assert(bucket < s->buckets && log != STORE_LOG_OUTBOX && fn != NULL);
    assert(body.size != 0 && body.size <= STORE_OWED_BYTES_MAX);
    return s->ops->log_add(s, bucket, log, body, fn, arg);
}

struct store_request *store_log_read(struct store *s, unsigned bucket, enum store_log log,
                                     struct store_owed_id after, size_t limit, store_sweep_fn *fn,
                                     void *arg)
{
    assert(bucket < s->buckets && limit != 0 && limit <= STORE_LOG_READ_MAX && fn != NULL);
    return s->ops->log_read(s, bucket, log, after, limit, fn, arg);
}

struct store_request *store_log_trim(struct store *s, unsigned bucket, enum store_log log,
                                     int64_t before_ms, store_reply_fn *fn, void *arg)
{
    assert(bucket < s->buckets && log != STORE_LOG_OUTBOX && before_ms >= 0 && fn != NULL);
    return s->ops->log_trim(s, bucket, log, before_ms, fn, arg);
}

void store_cancel(struct store *s, struct store_request *r)
{
    if (r != NULL)
        s->ops->cancel(s, r);
}

bool store_is_ready(const struct store *s)
{
    return s->ops->is_ready(s);
}

void store_free(struct store *s)
{
    if (s != NULL)
        s->ops->free(s);
}
