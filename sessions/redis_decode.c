#include "sessions/redis_decode.h"

#include "base/mem.h"

#include <assert.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION_BYTES = 8 };

enum redis_error redis_decode_error(const redisReply *reply)
{
    static const struct {
        const char *begins;
        enum redis_error error;
    } errors[] = {
        {"MOVED ", REDIS_ERROR_REDIRECT},
        {"ASK ", REDIS_ERROR_REDIRECT},
        {"TRYAGAIN", REDIS_ERROR_REDIRECT},
        {"CLUSTERDOWN", REDIS_ERROR_REDIRECT},
        {"MISCONF", REDIS_ERROR_REFUSED},
        {"OOM", REDIS_ERROR_REFUSED},
        {"NOREPLICAS", REDIS_ERROR_REFUSED},
        {"BUSY", REDIS_ERROR_REFUSED},
        {"NOPERM ACL failure in script", REDIS_ERROR_HALFWAY}, /* Redis 7.2 */
        {"ERR The user executing the script can't", REDIS_ERROR_HALFWAY},
        {"NOPERM", REDIS_ERROR_REFUSED},
        {"READONLY", REDIS_ERROR_STRANGE},
        {"LOADING", REDIS_ERROR_STRANGE},
        {"MASTERDOWN", REDIS_ERROR_STRANGE},
        {"NOAUTH", REDIS_ERROR_STRANGE},
        {"UNBLOCKED", REDIS_ERROR_OTHER},
        {"ERR Function not found", REDIS_ERROR_STRANGE},
    };

    if (reply->type != REDIS_REPLY_ERROR)
        return REDIS_ERROR_NONE;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (strncmp(reply->str, errors[i].begins, strlen(errors[i].begins)) == 0)
            return errors[i].error;
    }
    return REDIS_ERROR_OTHER;
}

static uint64_t read_version(const char *octets)
{
    uint64_t version = 0;

    for (unsigned i = 0; i < VERSION_BYTES; i++)
        version = version << 8 | (uint8_t)octets[i];
    return version;
}

static bool decode_record(const redisReply *reply, struct store_record *record)
{
    memset(record, 0, sizeof(*record));
    if (reply->type == REDIS_REPLY_NIL)
        return true;
    if (reply->type != REDIS_REPLY_STRING || reply->len < VERSION_BYTES)
        return false;
    record->version = read_version(reply->str);
    record->data = span_of(reply->str + VERSION_BYTES, reply->len - VERSION_BYTES);
    return record->version != 0;
}

static bool decode_records(const redisReply *session, const redisReply *merchant,
                           struct store_subscriber *subscriber)
{
    return decode_record(session, &subscriber->session) &&
           decode_record(merchant, &subscriber->merchant);
}

static bool is_array(const redisReply *reply, size_t elements)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements >= elements;
}

static bool is_string(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING;
}

/* "MS-NUMBER", and what stands between it and a next one. */
static bool take_id(const char **at, struct store_owed_id *id)
{
    char *end;

    id->ms = strtoull(*at, &end, 10);
    if (*end != '-')
        return false;
    id->number = strtoull(end + 1, &end, 10);
    *at = end + (*end == ' ');
    return true;
}

static bool decode_id(const redisReply *reply, struct store_owed_id *id)
{
    const char *at = reply->str;

    return is_string(reply) && take_id(&at, id) && at == reply->str + reply->len;
}

/* The function says 1 for an update: its version is the one that we sent. */
static uint64_t written_version(bool is_written, uint64_t next, long long replied)
{
    if (!is_written)
        return 0;
    return next != 0 ? next : (uint64_t)replied;
}

static enum redis_decoded decode_commit(struct redis_request *request, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_INTEGER)
        return REDIS_DECODED_STRANGE;
    if (reply->integer == 0)
        return REDIS_DECODED_RELOAD;
    request->reply.result = STORE_OK;
    request->reply.subscriber.session.version =
        written_version(request->session_written, request->session_next, reply->integer);
    return REDIS_DECODED;
}

/* An update's version is the one that we sent; that of a new record is in the reply. */
static bool take_version(const redisReply *reply, const char **at, bool is_written, uint64_t next,
                         uint64_t *version)
{
    *version = written_version(is_written, next, 0);
    if (!is_written || next != 0)
        return true;
    if (reply->len < (size_t)(*at - reply->str) + VERSION_BYTES)
        return false;
    *version = read_version(*at);
    *at += VERSION_BYTES;
    return true;
}

/* A conflict tells both records; else: versions of new records, ids of what is owed. */
static enum redis_decoded decode_commit_all(struct redis_request *request, const redisReply *reply)
{
    struct store_reply *r = &request->reply;
    const char *at = reply->str;

    if (is_array(reply, 2)) {
        r->result = STORE_CONFLICT;
        return decode_records(reply->element[0], reply->element[1], &r->subscriber)
                   ? REDIS_DECODED
                   : REDIS_DECODED_STRANGE;
    }
    r->result = STORE_OK;
    if (!is_string(reply) ||
        !take_version(reply, &at, request->session_written, request->session_next,
                      &r->subscriber.session.version) ||
        !take_version(reply, &at, request->merchant_written, request->merchant_next,
                      &r->subscriber.merchant.version))
        return REDIS_DECODED_STRANGE;
    for (unsigned i = 0; i < request->owed_count; i++) {
        if (!take_id(&at, &r->owed[i]))
            return REDIS_DECODED_STRANGE;
    }
    return at == reply->str + reply->len ? REDIS_DECODED : REDIS_DECODED_STRANGE;
}

static enum redis_decoded decode_pair(struct redis_request *request, const redisReply *reply)
{
    request->reply.result = request->load_result;
    if (!is_array(reply, 2) ||
        !decode_records(reply->element[0], reply->element[1], &request->reply.subscriber))
        return REDIS_DECODED_STRANGE;
    return REDIS_DECODED;
}

static enum redis_decoded decode_session(struct redis_request *request, const redisReply *reply)
{
    struct store_record *session = &request->reply.subscriber.session;

    if (!decode_record(reply, session))
        return REDIS_DECODED_STRANGE;
    mem_free(request->kept);
    request->kept = mem_dup(session->data.data, session->data.size);
    session->data.data = request->kept;
    return REDIS_DECODED_HALF;
}

/* Beside the session that was read before. */
static enum redis_decoded decode_merchant(struct redis_request *request, const redisReply *reply)
{
    request->reply.result = request->load_result;
    return decode_record(reply, &request->reply.subscriber.merchant) ? REDIS_DECODED
                                                                     : REDIS_DECODED_STRANGE;
}

static enum redis_decoded decode_shared(struct redis_request *request, const redisReply *reply,
                                        enum store_result result)
{
    request->reply.result = result;
    return decode_record(reply, &request->reply.subscriber.session) ? REDIS_DECODED
                                                                    : REDIS_DECODED_STRANGE;
}

/* --- the outbox's ends --- */

static bool is_end(char letter)
{
    return letter != '\0' && strchr("Asdef", letter) != NULL;
}

static bool decode_end(const redisReply *reply, enum store_end *end)
{
    if (!is_string(reply) || reply->len != 1 || !is_end(reply->str[0]))
        return false;
    *end = (enum store_end)reply->str[0];
    return true;
}

/* As fate_of() in functions.lua made it: end + 256 * (fate + 8 * evicted). */
static enum redis_decoded decode_fate(struct store_reply *r, const redisReply *reply)
{
    uint64_t number = (uint64_t)reply->integer;

    if (reply->type != REDIS_REPLY_INTEGER || reply->integer < 0 ||
        !is_end((char)(number & 0xff)) || (number >> 8 & 7) > STORE_FATE_UNKNOWN)
        return REDIS_DECODED_STRANGE;
    r->result = STORE_OK;
    r->end = (enum store_end)(number & 0xff);
    r->fate = (enum store_fate)(number >> 8 & 7);
    r->tally.expired = number >> 11;
    return REDIS_DECODED;
}

static enum redis_decoded decode_lapse(struct store_reply *r, const redisReply *reply)
{
    if (!is_array(reply, 2) || reply->element[0]->type != REDIS_REPLY_INTEGER ||
        reply->element[1]->type != REDIS_REPLY_INTEGER)
        return REDIS_DECODED_STRANGE;
    r->result = STORE_OK;
    r->tally.expired = (uint64_t)reply->element[0]->integer;
    r->tally.failed = (uint64_t)reply->element[1]->integer;
    return REDIS_DECODED;
}

static enum redis_decoded decode_tally(struct store_reply *r, const redisReply *reply)
{
    uint64_t *fields[] = {&r->tally.owed,    &r->tally.sent,   &r->tally.delivered,
                          &r->tally.expired, &r->tally.failed, &r->tally.erased,
                          &r->tally.waiting};
    size_t count = sizeof(fields) / sizeof(fields[0]);

    if (!is_array(reply, count))
        return REDIS_DECODED_STRANGE;
    for (size_t i = 0; i < count; i++) {
        if (!is_string(reply->element[i]))
            return REDIS_DECODED_STRANGE;
        *fields[i] = strtoull(reply->element[i]->str, NULL, 10);
    }
    r->result = STORE_OK;
    return REDIS_DECODED;
}

static int compare_messages(const void *a, const void *b)
{
    const struct store_message *x = a, *y = b;

    if (x->id.ms != y->id.ms)
        return x->id.ms < y->id.ms ? -1 : 1;
    return x->id.number < y->id.number ? -1 : x->id.number > y->id.number;
}

static enum redis_decoded decode_messages(struct redis_request *request, const redisReply *reply)
{
    struct store_message *m;
    size_t count;

    if (!is_array(reply, 0) || reply->elements % 3 != 0)
        return REDIS_DECODED_STRANGE;
    count = reply->elements / 3;
    mem_free(request->kept);
    request->kept = m = mem_zalloc((count + 1) * sizeof(*m));
    for (size_t i = 0; i < count; i++) {
        redisReply **row = &reply->element[3 * i];

        if (!decode_id(row[0], &m[i].id) || !decode_end(row[1], &m[i].end) || !is_string(row[2]))
            return REDIS_DECODED_STRANGE;
        m[i].at_ms = strtoll(row[2]->str, NULL, 10);
    }
    qsort(m, count, sizeof(*m), compare_messages);
    request->reply.result = STORE_OK;
    request->reply.messages = m;
    request->reply.message_count = count;
    return REDIS_DECODED;
}

enum redis_decoded redis_decode_reply(struct redis_request *request, const redisReply *reply)
{
    if (request->kind != REDIS_LOAD_MERCHANT)
        memset(&request->reply, 0, sizeof(request->reply));
    switch (request->kind) {
    case REDIS_LOAD:
        return decode_pair(request, reply);
    case REDIS_LOAD_SESSION:
        return decode_session(request, reply);
    case REDIS_LOAD_MERCHANT:
        return decode_merchant(request, reply);
    case REDIS_COMMIT:
    case REDIS_SHARED_COMMIT:
        return decode_commit(request, reply);
    case REDIS_COMMIT_ALL:
        return decode_commit_all(request, reply);
    case REDIS_SHARED_LOAD:
        return decode_shared(request, reply, STORE_OK);
    case REDIS_SHARED_RELOAD:
        return decode_shared(request, reply, STORE_CONFLICT);
    case REDIS_SETTLE:
    case REDIS_RECEIPT:
        return decode_fate(&request->reply, reply);
    case REDIS_LAPSE:
        return decode_lapse(&request->reply, reply);
    case REDIS_MESSAGES:
        return decode_messages(request, reply);
    case REDIS_TALLY:
        return decode_tally(&request->reply, reply);
    case REDIS_RESERVE:
    case REDIS_TOUCH:
    case REDIS_LOG_ADD:
    case REDIS_LOG_TRIM:
        if (reply->type != REDIS_REPLY_INTEGER)
            return REDIS_DECODED_STRANGE;
        request->reply.result = STORE_OK;
        request->reply.number = (uint64_t)reply->integer;
        return REDIS_DECODED;
    case REDIS_FIND:
    case REDIS_LIST:
    case REDIS_SWEEP:
    case REDIS_LOG_READ:
        break;
    }
    assert(!"not such a reply");
    return REDIS_DECODED_STRANGE;
}

/* --- sweeps --- */

static size_t text_bytes(const redisReply *list)
{
    size_t size = 0;

    for (size_t i = 0; i < list->elements; i++)
        size += is_string(list->element[i]) ? list->element[i]->len + 1 : 0;
    return size;
}

static char *keep_text(char **at, const redisReply *reply)
{
    char *text = *at;

    memcpy(text, reply->str, reply->len + 1);
    *at += reply->len + 1;
    return text;
}

static bool decode_taken(const redisReply *list, struct store_taken *taken, char **at)
{
    for (size_t i = 0; i < list->elements / 3; i++) {
        const redisReply *deliveries = list->element[3 * i + 1], *body = list->element[3 * i + 2];

        if (!decode_id(list->element[3 * i], &taken[i].id) ||
            deliveries->type != REDIS_REPLY_INTEGER || !is_string(body))
            return false;
        taken[i].deliveries = (unsigned)deliveries->integer;
        taken[i].body = span_of(keep_text(at, body), body->len);
    }
    return true;
}

static bool decode_due(const redisReply *list, struct store_due *due, char **at)
{
    for (size_t i = 0; i < list->elements; i++) {
        char *member, *colon;

        if (!is_string(list->element[i]))
            return false;
        member = keep_text(at, list->element[i]);
        colon = strchr(member, ':');
        if (colon == NULL)
            return false;
        *colon = '\0';
        due[i] = (struct store_due){.kind = member, .msisdn = colon + 1};
    }
    return true;
}

enum redis_decoded redis_decode_sweep(struct redis_request *request, const redisReply *reply)
{
    const redisReply *taken_list, *due_list;
    struct store_taken *taken;
    struct store_due *due;
    char *at;

    memset(&request->sweep, 0, sizeof(request->sweep));
    if (reply->type == REDIS_REPLY_INTEGER) {
        request->sweep.ahead_s = reply->integer;
        return REDIS_DECODED;
    }
    if (!is_array(reply, 2) || !is_array(reply->element[0], 0) || !is_array(reply->element[1], 0))
        return REDIS_DECODED_STRANGE;
    taken_list = reply->element[0];
    due_list = reply->element[1];
    if (taken_list->elements == 0 && due_list->elements == 0)
        return REDIS_DECODED;
    request->kept =
        mem_alloc(taken_list->elements / 3 * sizeof(*taken) + due_list->elements * sizeof(*due) +
                  text_bytes(taken_list) + text_bytes(due_list));
    taken = request->kept;
    due = (struct store_due *)(void *)(taken + taken_list->elements / 3);
    at = (char *)(due + due_list->elements);
    if (!decode_taken(taken_list, taken, &at) || !decode_due(due_list, due, &at))
        return REDIS_DECODED_STRANGE;
    request->sweep = (struct store_sweep){.result = STORE_OK,
                                          .taken = taken,
                                          .taken_count = taken_list->elements / 3,
                                          .due = due,
                                          .due_count = due_list->elements};
    return REDIS_DECODED;
}

/* --- logs --- */

/* {id, {"b", body, ...}} */
static const redisReply *entry_body(const redisReply *entry)
{
    if (!is_array(entry, 2) || !is_array(entry->element[1], 2) ||
        !is_string(entry->element[1]->element[1]))
        return NULL;
    return entry->element[1]->element[1];
}

enum redis_decoded redis_decode_log(struct redis_request *request, const redisReply *reply)
{
    size_t bytes = 0;
    struct store_taken *taken;
    char *at;

    memset(&request->sweep, 0, sizeof(request->sweep));
    if (!is_array(reply, 0))
        return REDIS_DECODED_STRANGE;
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *body = entry_body(reply->element[i]);

        if (body == NULL)
            return REDIS_DECODED_STRANGE;
        bytes += body->len + 1;
    }
    taken = request->kept = mem_alloc(reply->elements * sizeof(*taken) + bytes + 1);
    at = (char *)(taken + reply->elements);
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *body = entry_body(reply->element[i]);

        if (!decode_id(reply->element[i]->element[0], &taken[i].id))
            return REDIS_DECODED_STRANGE;
        taken[i].deliveries = 0;
        taken[i].body = span_of(keep_text(&at, body), body->len);
    }
    request->sweep.taken = taken;
    request->sweep.taken_count = reply->elements;
    return REDIS_DECODED;
}

/* --- lists --- */

/* "COUNT MSISDN"; the string stays the reply's. */
static const char *member_msisdn(const redisReply *reply)
{
    const char *space = is_string(reply) ? strchr(reply->str, ' ') : NULL;

    return space != NULL ? space + 1 : NULL;
}

static enum redis_decoded decode_find(const struct redis_request *request, const redisReply *reply,
                                      struct store_listed *items, struct store_list *list)
{
    if (reply->type == REDIS_REPLY_NIL)
        return REDIS_DECODED;
    items[0] = (struct store_listed){.member = request->name, .msisdn = member_msisdn(reply)};
    list->count = 1;
    return items[0].msisdn != NULL ? REDIS_DECODED : REDIS_DECODED_STRANGE;
}

enum redis_decoded redis_decode_list(const struct redis_request *request, const redisReply *reply,
                                     struct store_listed *items, struct store_list *list)
{
    *list = (struct store_list){.result = STORE_OK, .items = items};
    if (request->kind == REDIS_FIND)
        return decode_find(request, reply, items, list);
    if (!is_array(reply, 0) || reply->elements % 3 != 0)
        return REDIS_DECODED_STRANGE;
    list->more = reply->elements / 3 > request->limit;
    for (size_t i = 0; i < reply->elements / 3 && i < request->limit; i++) {
        redisReply **row = &reply->element[3 * i];

        if (!is_string(row[0]) || !is_string(row[1]))
            return REDIS_DECODED_STRANGE;
        items[i] = (struct store_listed){.member = row[0]->str,
                                         .msisdn = member_msisdn(row[2]),
                                         .at_ms = strtoll(row[1]->str, NULL, 10)};
        if (items[i].msisdn == NULL)
            return REDIS_DECODED_STRANGE;
        list->count++;
    }
    return REDIS_DECODED;
}
