#include "sessions/redis_request.h"

#include "base/log.h"
#include "base/mem.h"
#include "sessions/redis_decode.h"

#include <hiredis/hiredis.h>
#include <string.h>

enum { AGAIN_MS = 20, REJECTION_TOLD_EVERY_MS = 10000 };

/* Its answer is a write that replicas should have. */
static bool is_write(enum redis_request_kind kind)
{
    return kind == REDIS_COMMIT || kind == REDIS_COMMIT_ALL || kind == REDIS_RESERVE ||
           kind == REDIS_SETTLE || kind == REDIS_TOUCH || kind == REDIS_RECEIPT ||
           kind == REDIS_LAPSE || kind == REDIS_SWEEP || kind == REDIS_SHARED_COMMIT ||
           kind == REDIS_LOG_ADD || kind == REDIS_LOG_TRIM;
}

/* --- telling --- */

static void count_result(struct redis_request_stats *stats, enum store_result result)
{
    switch (result) {
    case STORE_OK:
        stats->ok++;
        break;
    case STORE_CONFLICT:
        stats->conflicts++;
        break;
    case STORE_UNAVAILABLE:
        stats->unavailable++;
        break;
    case STORE_UNKNOWN:
        stats->unknown++;
        break;
    }
}

static void release(struct redis_request *r)
{
    mem_free(r->kept);
    r->kept = NULL;
    list_push_front(&r->requests->idle, &r->call.node);
}

static void tell_reply(struct redis_request *r)
{
    count_result(&r->requests->stats, r->reply.result);
    if (!r->is_cancelled)
        r->fn.reply(r->arg, &r->reply);
    release(r);
}

static void tell_sweep(struct redis_request *r)
{
    r->sweep.bucket = r->bucket;
    count_result(&r->requests->stats, r->sweep.result);
    if (!r->is_cancelled)
        r->fn.sweep(r->arg, &r->sweep);
    release(r);
}

static void tell_list(struct redis_request *r, const struct store_list *list)
{
    count_result(&r->requests->stats, list->result);
    if (!r->is_cancelled)
        r->fn.list(r->arg, list);
    release(r);
}

static void tell_failure(struct redis_request *r, enum store_result result)
{
    struct store_list list = {.result = result};

    switch (r->kind) {
    case REDIS_FIND:
    case REDIS_LIST:
        tell_list(r, &list);
        break;
    case REDIS_SWEEP:
    case REDIS_LOG_READ:
        memset(&r->sweep, 0, sizeof(r->sweep));
        r->sweep.result = result;
        tell_sweep(r);
        break;
    default:
        memset(&r->reply, 0, sizeof(r->reply));
        r->reply.result = result;
        tell_reply(r);
    }
}

static void on_told(struct deferred *d, void *arg)
{
    struct redis_requests *rs = arg;
    struct list_node *n;

    (void)d;
    while ((n = list_pop_front(&rs->refused)) != NULL)
        tell_failure(redis_request_of(n), STORE_UNAVAILABLE);
}

void redis_request_refuse(struct redis_request *r)
{
    list_push_back(&r->requests->refused, &r->call.node);
    deferred_add(r->requests->deferred, &r->requests->told);
}

/* --- sending --- */

static bool hand_on(struct redis_request *r, struct span command)
{
    return r->conn != NULL &&
           redis_conn_send(r->conn, &r->call, command, r->requests->timeout_ms, false);
}

static void keep_command(struct redis_request *r, struct span command)
{
    if (command.size > r->command_capacity) {
        r->command_capacity = command.size;
        r->command = mem_realloc_array(r->command, command.size, 1);
    }
    memcpy(r->command, command.data, command.size);
    r->command_size = command.size;
    r->give_up_ms = r->requests->timers->now_ms + r->requests->timeout_ms;
}

void redis_request_send_alone(struct redis_request *r, struct span command)
{
    struct redis_requests *rs = r->requests;
    const struct redis_router_ops *ops = rs->router->ops;

    if (ops->redirect != NULL)
        keep_command(r, command);
    r->conn = rs->is_open || r->is_internal ? ops->pick(rs->router, r->slot) : NULL;
    if (!hand_on(r, command))
        redis_request_refuse(r);
}

static void send(struct redis_request *r)
{
    redis_request_send_alone(r, redis_command_end(&r->requests->command));
}

void redis_request_send_to_bucket(struct redis_request *r, unsigned bucket)
{
    r->bucket = bucket;
    r->slot = r->requests->tags[bucket].slot;
    if (!redis_request_join(r))
        send(r);
}

void redis_request_send_to_record(struct redis_request *r)
{
    r->bucket = 0;
    r->slot = redis_shared_slot(r->name);
    send(r);
}

/* --- sending again: what a node refused, nothing being done --- */

static void on_asking(struct redis_call *call, const struct redisReply *reply)
{
    (void)reply; /* the command behind it tells */
    LIST_ITEM(call, struct redis_request, asking)->is_asking = false;
}

/* Before a command that a slot on its way is asked for at its new node. False: not now; the last
 * one may be under way still, when the command behind it was not taken. */
static bool send_asking(struct redis_request *r)
{
    static const char asking[] = "*1\r\n$6\r\nASKING\r\n";

    if (r->is_asking)
        return false;
    r->asking.fn = on_asking;
    r->is_asking = redis_conn_send(r->conn, &r->asking, span_of(asking, sizeof(asking) - 1),
                                   r->requests->timeout_ms, false);
    return r->is_asking;
}

static void wait_a_little(struct redis_request *r)
{
    struct redis_requests *rs = r->requests;

    list_push_back(&rs->waiting, &r->call.node);
    if (!timer_is_running(&rs->again))
        timer_start(rs->timers, &rs->again, AGAIN_MS);
}

static void on_again(struct timer *t, void *arg)
{
    struct redis_requests *rs = arg;
    size_t count = rs->waiting.count;

    (void)t;
    while (count-- != 0) {
        struct redis_request *r = redis_request_of(list_pop_front(&rs->waiting));

        r->conn = rs->router->ops->pick(rs->router, r->slot);
        if (hand_on(r, span_of(r->command, r->command_size)))
            continue;
        if (rs->timers->now_ms < r->give_up_ms)
            wait_a_little(r);
        else
            tell_failure(r, STORE_UNAVAILABLE);
    }
}

/* Each bucket's sweep is rejected while it lasts: a line each would fill the disk that may be full
 * already. The metric counts them. */
static void tell_rejection(struct redis_requests *rs, const char *reply)
{
    uint64_t now_ms = rs->timers->now_ms;
    char text[sizeof(rs->rejection)];

    text_copy(text, sizeof(text), reply);
    if (strcmp(text, rs->rejection) == 0 &&
        now_ms < rs->rejection_told_ms + REJECTION_TOLD_EVERY_MS)
        return;
    text_copy(rs->rejection, sizeof(rs->rejection), text);
    rs->rejection_told_ms = now_ms;
    log_warning("store.rejected", LOG_S("reply", reply));
}

static void redirect(struct redis_request *r, const char *error)
{
    struct redis_requests *rs = r->requests;
    bool is_asking = false;

    if (rs->timers->now_ms >= r->give_up_ms) {
        tell_rejection(rs, error); /* of a slot that nobody serves nothing else tells */
        tell_failure(r, STORE_UNAVAILABLE);
        return;
    }
    r->conn = rs->router->ops->redirect(rs->router, error, &is_asking);
    if (is_asking && r->conn != NULL && !send_asking(r))
        r->conn = NULL;
    if (!hand_on(r, span_of(r->command, r->command_size)))
        wait_a_little(r);
}

/* --- answers --- */

static void on_held(struct redis_call *call, bool is_replicated)
{
    struct redis_request *r = LIST_ITEM(call, struct redis_request, call);

    if (!is_replicated)
        tell_failure(r, STORE_UNKNOWN);
    else if (r->kind == REDIS_SWEEP)
        tell_sweep(r);
    else
        tell_reply(r);
}

static bool has_written(const struct redis_request *r)
{
    if (r->kind == REDIS_SWEEP)
        return r->sweep.taken_count != 0;
    return is_write(r->kind) && r->reply.result == STORE_OK;
}

/* The result stands in the request. */
static void finish(struct redis_request *r)
{
    if (has_written(r) && r->requests->wait_replicas != 0)
        redis_conn_hold(r->conn, &r->call);
    else if (r->kind == REDIS_SWEEP || r->kind == REDIS_LOG_READ)
        tell_sweep(r);
    else
        tell_reply(r);
}

static void finish_list(struct redis_request *r, const redisReply *reply)
{
    size_t limit = r->kind == REDIS_FIND ? 1 : r->limit;
    struct store_listed *items = mem_alloc(limit * sizeof(*items));
    struct store_list list;

    if (redis_decode_list(r, reply, items, &list) == REDIS_DECODED)
        tell_list(r, &list);
    else
        tell_failure(r, STORE_UNKNOWN);
    mem_free(items);
}

/* Nothing was written: what is there is read, for the caller to begin again from. */
static void reload(struct redis_request *r)
{
    struct redis_requests *rs = r->requests;

    r->call.is_write = false;
    r->load_result = STORE_CONFLICT;
    if (r->kind == REDIS_COMMIT) {
        r->kind = REDIS_LOAD;
        redis_encode_load(&rs->command, &rs->tags[r->bucket], r->name);
    } else {
        r->kind = REDIS_SHARED_RELOAD;
        redis_encode_shared_load(&rs->command, r->name);
    }
    send(r);
}

static void load_session(struct redis_request *r)
{
    struct redis_requests *rs = r->requests;

    r->kind = REDIS_LOAD_SESSION;
    redis_encode_load_session(&rs->command, &rs->tags[r->bucket], r->name);
    send(r);
}

static void load_merchant(struct redis_request *r)
{
    struct redis_requests *rs = r->requests;

    r->kind = REDIS_LOAD_MERCHANT;
    redis_encode_load_merchant(&rs->command, &rs->tags[r->bucket], r->name);
    send(r);
}

static void on_error(struct redis_request *r, const redisReply *reply)
{
    enum redis_error error = redis_decode_error(reply);

    r->requests->stats.refusals++;
    text_copy(r->requests->error, sizeof(r->requests->error), reply->str);
    if (error == REDIS_ERROR_OTHER) {
        log_error("store.error", LOG_S("reply", reply->str));
        tell_failure(r, STORE_UNKNOWN);
        return;
    }
    if (error == REDIS_ERROR_REFUSED || error == REDIS_ERROR_HALFWAY) {
        r->requests->stats.rejected++;
        tell_rejection(r->requests, reply->str);
    } else {
        log_debug("store.refused", LOG_S("reply", reply->str));
    }
    if (error == REDIS_ERROR_HALFWAY) {
        tell_failure(r, STORE_UNKNOWN);
        return;
    }
    if (r->kind == REDIS_LOAD && strncmp(reply->str, "TRYAGAIN", 8) == 0) {
        load_session(r);
        return;
    }
    if (error == REDIS_ERROR_REDIRECT && r->requests->router->ops->redirect != NULL) {
        redirect(r, reply->str);
        return;
    }
    if (error == REDIS_ERROR_STRANGE)
        redis_conn_drop(r->conn, reply->str);
    tell_failure(r, STORE_UNAVAILABLE);
}

static enum redis_decoded decode(struct redis_request *r, const redisReply *reply)
{
    if (r->kind == REDIS_SWEEP)
        return redis_decode_sweep(r, reply);
    return r->kind == REDIS_LOG_READ ? redis_decode_log(r, reply) : redis_decode_reply(r, reply);
}

void redis_request_take_reply(struct redis_request *r, const struct redisReply *reply)
{
    enum redis_decoded decoded;

    if (reply == NULL) {
        tell_failure(r, STORE_UNKNOWN);
        return;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        on_error(r, reply);
        return;
    }
    if (r->kind == REDIS_FIND || r->kind == REDIS_LIST) {
        finish_list(r, reply);
        return;
    }
    decoded = decode(r, reply);
    if (decoded == REDIS_DECODED_RELOAD) {
        reload(r);
    } else if (decoded == REDIS_DECODED_HALF) {
        load_merchant(r);
    } else if (decoded == REDIS_DECODED) {
        finish(r);
    } else {
        log_error("store.strange", LOG_U("kind", r->kind));
        tell_failure(r, STORE_UNKNOWN);
    }
}

static void on_reply(struct redis_call *call, const struct redisReply *reply)
{
    redis_request_take_reply(LIST_ITEM(call, struct redis_request, call), reply);
}

/* --- life --- */

struct redis_request *redis_request_new(struct redis_requests *rs, enum redis_request_kind kind,
                                        void *arg)
{
    struct list_node *n = list_pop_front(&rs->idle);
    struct redis_request *r = n != NULL ? redis_request_of(n) : mem_zalloc(sizeof(*r));

    if (n == NULL)
        list_push_back(&rs->all, &r->all);
    r->requests = rs;
    r->kind = kind;
    r->is_cancelled = r->is_internal = false;
    r->load_result = STORE_OK;
    r->name[0] = '\0';
    r->arg = arg;
    r->call.fn = on_reply;
    r->call.held_fn = on_held;
    r->call.is_write = is_write(kind);
    rs->stats.requests++;
    return r;
}

void redis_requests_init(struct redis_requests *rs, unsigned buckets)
{
    redis_command_init(&rs->command);
    redis_groups_init(rs);
    list_init(&rs->all);
    list_init(&rs->idle);
    list_init(&rs->refused);
    list_init(&rs->waiting);
    deferred_init(&rs->told, on_told, rs);
    timer_init(&rs->again, on_again, rs);
    rs->tags = mem_alloc(buckets * sizeof(rs->tags[0]));
    for (unsigned i = 0; i < buckets; i++)
        redis_tag_init(&rs->tags[i], i, buckets);
}

void redis_requests_fini(struct redis_requests *rs)
{
    struct list_node *n;

    deferred_cancel(rs->deferred, &rs->told);
    timer_stop(rs->timers, &rs->again);
    while ((n = list_pop_front(&rs->all)) != NULL) {
        struct redis_request *r = LIST_ITEM(n, struct redis_request, all);

        mem_free(r->kept);
        mem_free(r->command);
        mem_free(r);
    }
    redis_command_fini(&rs->command);
    redis_groups_fini(rs);
    mem_free(rs->tags);
}
