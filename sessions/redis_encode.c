#include "sessions/redis_encode.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    KEY_BYTES_MAX = sizeof(((struct redis_tag *)0)->text) + 4 + STORE_NAME_BYTES_MAX,
    MEMBER_BYTES_MAX = STORE_NAME_BYTES_MAX + STORE_MSISDN_BYTES_MAX + 2,
    VERSION_BYTES = 8,
};

void redis_tag_init(struct redis_tag *tag, unsigned bucket, unsigned buckets)
{
    int digits = snprintf(NULL, 0, "%u", buckets - 1);
    int size = snprintf(tag->text, sizeof(tag->text), "{b%0*u}", digits < 3 ? 3 : digits, bucket);

    assert(size > 0 && (size_t)size < sizeof(tag->text));
    tag->size = (uint8_t)size;
    tag->slot = store_crc16(tag->text + 1, tag->size - 2U) % REDIS_SLOTS;
}

static size_t shared_key(char key[KEY_BYTES_MAX], const char *name)
{
    size_t size = strlen(name);

    memcpy(key, "w:", 2);
    memcpy(key + 2, name, size);
    return size + 2;
}

uint16_t redis_shared_slot(const char *name)
{
    char key[KEY_BYTES_MAX];
    size_t size = shared_key(key, name);

    return store_crc16(key, size) % REDIS_SLOTS;
}

/* "{b007}" + "s:" + "62812..." */
static void add_key(struct redis_command *c, const struct redis_tag *tag, const char *what,
                    const char *name)
{
    char key[KEY_BYTES_MAX];
    size_t what_size = strlen(what), name_size = strlen(name), size = tag->size;

    assert(size + what_size + name_size <= sizeof(key));
    memcpy(key, tag->text, size);
    memcpy(key + size, what, what_size);
    memcpy(key + size + what_size, name, name_size);
    redis_command_add(c, span_of(key, size + what_size + name_size));
}

static void add_shared_key(struct redis_command *c, const char *name)
{
    char key[KEY_BYTES_MAX];
    size_t size = shared_key(key, name);

    redis_command_add(c, span_of(key, size));
}

static struct span version_octets(uint8_t octets[VERSION_BYTES], uint64_t version)
{
    for (unsigned i = 0; i < VERSION_BYTES; i++)
        octets[i] = (uint8_t)(version >> (8 * (VERSION_BYTES - 1 - i)));
    return span_of(octets, VERSION_BYTES);
}

/* What must be there: nothing at all for version 0. */
static void add_expected(struct redis_command *c, uint64_t version)
{
    uint8_t octets[VERSION_BYTES];
    struct span s = version_octets(octets, version);

    redis_command_add(c, version != 0 ? s : span_of(NULL, 0));
}

/* The record with its version; before a new one, 0, the server puts its own. */
static void add_record(struct redis_command *c, uint64_t version, struct span data)
{
    uint8_t octets[VERSION_BYTES];

    if (version != 0)
        redis_command_add_pair(c, version_octets(octets, version), data);
    else
        redis_command_add(c, data);
}

static void add_id(struct redis_command *c, const struct store_owed_id *id)
{
    char text[48];
    int size = snprintf(text, sizeof(text), "%llu-%llu", (unsigned long long)id->ms,
                        (unsigned long long)id->number);

    redis_command_add(c, span_of(text, (size_t)size));
}

void redis_encode_load(struct redis_command *c, const struct redis_tag *tag, const char *msisdn)
{
    redis_command_start(c, "MGET");
    add_key(c, tag, "s:", msisdn);
    add_key(c, tag, "m:", msisdn);
}

void redis_encode_load_session(struct redis_command *c, const struct redis_tag *tag,
                               const char *msisdn)
{
    redis_command_start(c, "GET");
    add_key(c, tag, "s:", msisdn);
}

void redis_encode_load_merchant(struct redis_command *c, const struct redis_tag *tag,
                                const char *msisdn)
{
    redis_command_start(c, "GET");
    add_key(c, tag, "m:", msisdn);
}

void redis_encode_commit(struct redis_command *c, const struct redis_tag *tag,
                         const struct store_commit *commit, uint64_t session_next)
{
    redis_command_start_function(c, "w_commit", 1);
    add_key(c, tag, "s:", commit->msisdn);
    add_expected(c, commit->session_version);
    add_record(c, session_next, commit->session);
    redis_command_add_number(c, commit->session_ttl_s);
}

/* What a commit needs of w_commit_all: the words it is sent. */
struct shape {
    char session, merchant; /* written, deleted, only checked, left alone: w, d, c, - */
    char forgotten;         /* of what is owed: all, until a time, nothing: 1, 2, 0 */
    bool has_person;        /* the merchant's number comes or goes */
    bool has_subject;
    bool has_outbox;
    bool has_counters;
    bool has_timers;
    unsigned ending, beginning; /* timers */
};

static char mode(bool is_written, bool is_deleted, bool is_checked)
{
    if (is_written)
        return 'w';
    if (is_deleted)
        return 'd';
    return is_checked ? 'c' : '-';
}

/* The last word about a timer counts. */
static bool is_superseded(const struct store_commit *commit, unsigned i)
{
    for (unsigned later = i + 1; later < commit->timer_count; later++) {
        if (strcmp(commit->timers[later].kind, commit->timers[i].kind) == 0)
            return true;
    }
    return false;
}

static struct shape shape_of(const struct store_commit *commit)
{
    struct shape s = {
        .session = mode(commit->session.size != 0, commit->session_delete, false),
        .merchant =
            mode(commit->merchant.size != 0, commit->merchant_delete, commit->merchant_checked),
        .forgotten = commit->owed_forgotten     ? '1'
                     : commit->owed_cut_ms != 0 ? '2'
                                                : '0',
    };

    for (unsigned i = 0; i < commit->timer_count; i++) {
        if (!is_superseded(commit, i))
            *(commit->timers[i].due_ms == 0 ? &s.ending : &s.beginning) += 1;
    }
    s.has_subject = s.forgotten != '0' || commit->owed_count != 0;
    s.has_counters = s.forgotten != '0' || commit->settled_count != 0;
    s.has_person = s.merchant == 'w' || s.merchant == 'd';
    s.has_outbox = s.has_subject || s.has_counters;
    s.has_timers = commit->owed_forgotten || s.ending != 0 || s.beginning != 0;
    return s;
}

static unsigned key_count(const struct shape *s, const struct store_commit *commit)
{
    unsigned count = 2U + s->has_person + s->has_outbox + s->has_counters + commit->owed_forgotten +
                     (commit->index_count != 0) + s->has_timers + (commit->journal_count != 0) +
                     (commit->consent_count != 0);

    for (unsigned i = 0; i < commit->index_count; i++)
        count += (commit->index[i].leave_set != NULL) + (commit->index[i].enter_set != NULL);
    return count;
}

static void add_keys(struct redis_command *c, const struct redis_tag *tag, const struct shape *s,
                     const struct store_commit *commit)
{
    add_key(c, tag, "s:", commit->msisdn);
    add_key(c, tag, "m:", commit->msisdn);
    if (s->has_person)
        add_key(c, tag, "p", "");
    if (s->has_outbox)
        add_key(c, tag, "o", "");
    if (s->has_counters)
        add_key(c, tag, "n", "");
    if (commit->owed_forgotten)
        add_key(c, tag, "x:", commit->subject);
    if (commit->index_count != 0)
        add_key(c, tag, "r", "");
    if (s->has_timers)
        add_key(c, tag, "t", "");
    if (commit->journal_count != 0)
        add_key(c, tag, "j", "");
    if (commit->consent_count != 0)
        add_key(c, tag, "c", "");
    for (unsigned i = 0; i < commit->index_count; i++) {
        if (commit->index[i].leave_set != NULL)
            add_key(c, tag, "i:", commit->index[i].leave_set);
        if (commit->index[i].enter_set != NULL)
            add_key(c, tag, "i:", commit->index[i].enter_set);
    }
}

static void add_shape(struct redis_command *c, const struct shape *s,
                      const struct store_commit *commit)
{
    const char octets[] = {
        s->session,
        s->merchant,
        s->forgotten,
        (char)('0' + commit->owed_count),
        (char)('0' + commit->settled_count),
        (char)('0' + commit->index_count),
        (char)('0' + s->ending),
        (char)('0' + s->beginning),
        (char)('0' + commit->journal_count),
        (char)('0' + commit->consent_count),
    };

    redis_command_add(c, span_of(octets, sizeof(octets)));
}

static void add_records(struct redis_command *c, const struct shape *s,
                        const struct store_commit *commit, uint64_t session_next,
                        uint64_t merchant_next)
{
    if (s->session != '-')
        add_expected(c, commit->session_version);
    if (s->session == 'w') {
        add_record(c, session_next, commit->session);
        redis_command_add_number(c, commit->session_ttl_s);
    }
    if (s->merchant != '-')
        add_expected(c, commit->merchant_version);
    if (s->merchant == 'w')
        add_record(c, merchant_next, commit->merchant);
}

static void add_index(struct redis_command *c, const struct store_commit *commit)
{
    static const char *const moves[2][2] = {{"n", "e"}, {"l", "b"}};

    for (unsigned i = 0; i < commit->index_count; i++) {
        const struct store_index *row = &commit->index[i];

        redis_command_add_string(c, row->member);
        redis_command_add_number(c, row->at_ms);
        redis_command_add_string(c, moves[row->leave_set != NULL][row->enter_set != NULL]);
    }
}

/* Those that end, or those that begin. */
static void add_timers(struct redis_command *c, const struct store_commit *commit, bool is_begun)
{
    char member[MEMBER_BYTES_MAX];

    for (unsigned i = 0; i < commit->timer_count; i++) {
        const struct store_timer *timer = &commit->timers[i];

        if (is_superseded(commit, i) || (timer->due_ms != 0) != is_begun)
            continue;
        if (is_begun)
            redis_command_add_number(c, timer->due_ms);
        snprintf(member, sizeof(member), "%s:%s", timer->kind, commit->msisdn);
        redis_command_add_string(c, member);
    }
}

static void add_bodies(struct redis_command *c, const struct span *bodies, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        redis_command_add(c, bodies[i]);
}

void redis_encode_commit_all(struct redis_command *c, const struct redis_tag *tag,
                             const struct store_commit *commit, uint64_t session_next,
                             uint64_t merchant_next)
{
    struct shape shape = shape_of(commit);

    redis_command_start_function(c, "w_commit_all", key_count(&shape, commit));
    add_keys(c, tag, &shape, commit);
    add_shape(c, &shape, commit);
    add_records(c, &shape, commit, session_next, merchant_next);
    if (shape.has_person || commit->index_count != 0)
        redis_command_add_string(c, commit->msisdn);
    if (shape.has_subject)
        redis_command_add_string(c, commit->subject != NULL ? commit->subject : "");
    if (shape.forgotten == '2')
        redis_command_add_number(c, commit->owed_cut_ms);
    if (commit->owed_count != 0)
        redis_command_add_string(c, commit->owner != NULL ? commit->owner : "");
    add_bodies(c, commit->owed, commit->owed_count);
    for (unsigned i = 0; i < commit->settled_count; i++)
        add_id(c, &commit->settled[i]);
    add_index(c, commit);
    add_timers(c, commit, false);
    add_timers(c, commit, true);
    add_bodies(c, commit->journal, commit->journal_count);
    add_bodies(c, commit->consents, commit->consent_count);
}

void redis_encode_reserve(struct redis_command *c, const struct redis_tag *tag, const char *counter)
{
    redis_command_start(c, "HINCRBY");
    add_key(c, tag, "n", "");
    redis_command_add_string(c, counter);
    redis_command_add_number(c, 1);
}

void redis_encode_find(struct redis_command *c, const struct redis_tag *tag, const char *member)
{
    redis_command_start(c, "HGET");
    add_key(c, tag, "r", "");
    redis_command_add_string(c, member);
}

void redis_encode_list(struct redis_command *c, const struct redis_tag *tag, const char *set,
                       struct store_cursor after, size_t limit)
{
    bool is_people = strcmp(set, STORE_PEOPLE_SET) == 0;

    redis_command_start_function(c, "w_list", 2);
    add_key(c, tag, "r", "");
    if (is_people)
        add_key(c, tag, "p", "");
    else
        add_key(c, tag, "i:", set);
    redis_command_add_number(c, (int64_t)limit);
    redis_command_add_number(c, after.at_ms);
    redis_command_add_string(c, after.member != NULL ? after.member : "");
    redis_command_add_string(c, is_people ? "1" : "0");
}

static void add_log_key(struct redis_command *c, const struct redis_tag *tag, enum store_log log)
{
    static const char *const keys[] = {
        [STORE_LOG_JOURNAL] = "j", [STORE_LOG_CONSENT] = "c", [STORE_LOG_OUTBOX] = "o"};

    add_key(c, tag, keys[log], "");
}

void redis_encode_log_add(struct redis_command *c, const struct redis_tag *tag, enum store_log log,
                          struct span body)
{
    redis_command_start_function(c, "w_log", 1);
    add_log_key(c, tag, log);
    redis_command_add(c, body);
}

void redis_encode_log_read(struct redis_command *c, const struct redis_tag *tag, enum store_log log,
                           struct store_owed_id after, size_t limit)
{
    char from[48];

    snprintf(from, sizeof(from), "(%llu-%llu", (unsigned long long)after.ms,
             (unsigned long long)after.number);
    redis_command_start(c, "XRANGE");
    add_log_key(c, tag, log);
    redis_command_add_string(c, from);
    redis_command_add_string(c, "+");
    redis_command_add_string(c, "COUNT");
    redis_command_add_number(c, (int64_t)limit);
}

void redis_encode_log_trim(struct redis_command *c, const struct redis_tag *tag, enum store_log log,
                           int64_t before_ms)
{
    redis_command_start(c, "XTRIM");
    add_log_key(c, tag, log);
    redis_command_add_string(c, "MINID");
    redis_command_add_number(c, before_ms);
}

static void add_end(struct redis_command *c, enum store_end end)
{
    const char letter = (char)end;

    redis_command_add(c, span_of(&letter, 1));
}

void redis_encode_settle(struct redis_command *c, const struct redis_tag *tag,
                         const struct store_settlement *settlement)
{
    redis_command_start_function(c, "w_settle", 4);
    add_key(c, tag, "o", "");
    add_key(c, tag, "t", "");
    add_key(c, tag, "n", "");
    add_key(c, tag, "x:", settlement->subject);
    redis_command_add_string(c, settlement->subject);
    add_id(c, &settlement->id);
    add_end(c, settlement->end);
    redis_command_add_number(c, settlement->now_ms);
    redis_command_add_number(c, settlement->until_ms);
    redis_command_add_number(c, settlement->now_ms + STORE_TOLD_MS);
    redis_command_add_number(c, settlement->parts);
    for (unsigned i = 0; i < settlement->key_count; i++) {
        redis_command_add_number(c, settlement->keys[i].part);
        redis_command_add_string(c, settlement->keys[i].text);
    }
}

void redis_encode_touch(struct redis_command *c, const struct redis_tag *tag, const char *owner,
                        const struct store_owed_id *id)
{
    redis_command_start_function(c, "w_touch", 1);
    add_key(c, tag, "o", "");
    redis_command_add_string(c, owner);
    add_id(c, id);
}

static void add_subject_keys(struct redis_command *c, const struct redis_tag *tag,
                             const char *subject)
{
    add_key(c, tag, "t", "");
    add_key(c, tag, "n", "");
    add_key(c, tag, "x:", subject);
    redis_command_add_string(c, subject);
}

void redis_encode_receipt(struct redis_command *c, const struct redis_tag *tag,
                          const struct store_receipt *receipt)
{
    redis_command_start_function(c, "w_receipt", 3);
    add_subject_keys(c, tag, receipt->subject);
    add_end(c, receipt->end);
    redis_command_add_number(c, receipt->now_ms);
    redis_command_add_number(c, receipt->now_ms + STORE_TOLD_MS);
    redis_command_add_number(c, receipt->park_until_ms);
    for (unsigned i = 0; i < receipt->key_count; i++)
        redis_command_add_string(c, receipt->keys[i]);
}

void redis_encode_lapse(struct redis_command *c, const struct redis_tag *tag, const char *subject,
                        int64_t now_ms)
{
    redis_command_start_function(c, "w_lapse", 3);
    add_subject_keys(c, tag, subject);
    redis_command_add_number(c, now_ms);
    redis_command_add_number(c, now_ms + STORE_TOLD_MS);
}

void redis_encode_messages(struct redis_command *c, const struct redis_tag *tag,
                           const char *subject)
{
    redis_command_start_function(c, "w_messages", 1);
    add_key(c, tag, "x:", subject);
}

void redis_encode_tally(struct redis_command *c, const struct redis_tag *tag)
{
    redis_command_start_function(c, "w_tally", 2);
    add_key(c, tag, "n", "");
    add_key(c, tag, "o", "");
}

void redis_encode_sweep(struct redis_command *c, const struct redis_tag *tag, const char *owner,
                        uint64_t idle_ms, int64_t now_ms, size_t limit)
{
    redis_command_start_function(c, "w_sweep", 2);
    add_key(c, tag, "o", "");
    add_key(c, tag, "t", "");
    redis_command_add_string(c, owner);
    redis_command_add_number(c, (int64_t)idle_ms);
    redis_command_add_number(c, now_ms);
    redis_command_add_number(c, (int64_t)limit);
}

void redis_encode_shared_load(struct redis_command *c, const char *name)
{
    redis_command_start(c, "GET");
    add_shared_key(c, name);
}

void redis_encode_shared_commit(struct redis_command *c, const char *name, uint64_t version,
                                uint64_t next, struct span data, uint32_t ttl_s)
{
    redis_command_start_function(c, data.size != 0 ? "w_commit" : "w_delete", 1);
    add_shared_key(c, name);
    add_expected(c, version);
    if (data.size == 0)
        return;
    add_record(c, next, data);
    redis_command_add_number(c, ttl_s);
}
