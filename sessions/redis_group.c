#include "sessions/redis_request.h"

#include "base/mem.h"

#include <assert.h>
#include <hiredis/hiredis.h>
#include <string.h>

/* Of one call's keys, and of its arguments: an octet of the shape each. The limits of store.h keep
 * a full commit and a settlement well within it. */
enum { WORDS_MAX = 255 };

struct group {
    struct redis_call call;
    struct list_node all;
    struct redis_requests *requests;
    struct list members;
};

static struct group *group_of(struct list_node *n)
{
    return LIST_ITEM(LIST_ITEM(n, struct redis_call, node), struct group, call);
}

/* What one of them hears: its own reply, or the error that all hear; NULL = done or not. */
static const redisReply *reply_of(const redisReply *reply, size_t i)
{
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        return reply;
    return reply->type == REDIS_REPLY_ARRAY && i < reply->elements ? reply->element[i] : NULL;
}

static void on_reply(struct redis_call *call, const struct redisReply *reply)
{
    struct group *g = LIST_ITEM(call, struct group, call);
    struct list_node *n;

    for (size_t i = 0; (n = list_pop_front(&g->members)) != NULL; i++)
        redis_request_take_reply(redis_request_of(n), reply_of(reply, i));
    list_push_front(&g->requests->groups.idle, &g->call.node);
}

static struct group *group_new(struct redis_requests *rs)
{
    struct list_node *n = list_pop_front(&rs->groups.idle);
    struct group *g;

    if (n != NULL)
        return group_of(n);
    g = mem_zalloc(sizeof(*g));
    g->requests = rs;
    g->call.fn = on_reply;
    g->call.is_write = true;
    list_init(&g->members);
    list_push_back(&rs->groups.all, &g->all);
    return g;
}

/* How w_each calls the function; '\0' = never. */
static char letter_of(enum redis_request_kind kind)
{
    switch (kind) {
    case REDIS_COMMIT:
        return 'c';
    case REDIS_COMMIT_ALL:
        return 'a';
    case REDIS_SETTLE:
        return 's';
    case REDIS_RECEIPT:
        return 'r';
    default:
        return '\0';
    }
}

static void add_call(struct redis_groups *gs, size_t at, enum redis_request_kind kind,
                     const struct redis_command *call)
{
    char *shape = &gs->shape[3 * at];

    shape[0] = letter_of(kind);
    shape[1] = (char)call->keys;
    shape[2] = (char)redis_command_arg_count(call);
    redis_command_add_keys(&gs->keys, call);
    redis_command_add_args(&gs->args, call);
}

static void make_command(struct redis_requests *rs)
{
    struct redis_groups *gs = &rs->groups;

    redis_command_start_function(&rs->command, "w_each", gs->keys.words);
    redis_command_add_all(&rs->command, &gs->keys);
    redis_command_add(&rs->command, span_of(gs->shape, 3 * gs->gathered.count));
    redis_command_add_all(&rs->command, &gs->args);
    redis_command_clear(&gs->keys);
    redis_command_clear(&gs->args);
}

/* All that is gathered, by one connection. */
static bool send_group(struct redis_requests *rs, struct redis_conn *conn)
{
    struct group *g = group_new(rs);
    struct list_node *n;

    g->call.more = (unsigned)rs->groups.gathered.count - 1;
    if (!redis_conn_send(conn, &g->call, redis_command_end(&rs->command), rs->timeout_ms, false)) {
        list_push_front(&rs->groups.idle, &g->call.node);
        return false;
    }
    while ((n = list_pop_front(&rs->groups.gathered)) != NULL) {
        redis_request_of(n)->conn = conn;
        list_push_back(&g->members, n);
    }
    return true;
}

static void flush(struct redis_requests *rs)
{
    struct list *gathered = &rs->groups.gathered;
    struct redis_request *first;
    struct redis_conn *conn;
    struct list_node *n;

    if (gathered->count == 0)
        return;
    first = redis_request_of(list_first(gathered));
    if (gathered->count == 1) {
        list_remove(gathered, &first->call.node);
        redis_request_send_alone(first, redis_command_end(&rs->groups.first));
        return;
    }
    make_command(rs);
    conn = rs->is_open ? rs->router->ops->pick(rs->router, first->slot) : NULL;
    if (conn != NULL && send_group(rs, conn))
        return;
    while ((n = list_pop_front(gathered)) != NULL)
        redis_request_refuse(redis_request_of(n));
}

void redis_requests_flush(struct redis_requests *rs, const char *msisdn)
{
    bool is_gathered = false;

    LIST_FOREACH(n, &rs->groups.gathered)
        is_gathered |= strcmp(redis_request_of(n)->name, msisdn) == 0;
    if (is_gathered)
        flush(rs);
}

static void on_flush(struct deferred *d, void *arg)
{
    (void)d;
    flush(arg);
}

static void swap(struct redis_command *a, struct redis_command *b)
{
    struct redis_command kept = *a;

    *a = *b;
    *b = kept;
}

bool redis_request_join(struct redis_request *r)
{
    struct redis_requests *rs = r->requests;
    struct redis_groups *gs = &rs->groups;
    size_t count = gs->gathered.count;

    /* In a Cluster a call has the keys of one bucket only. */
    if (letter_of(r->kind) == '\0' || rs->router->ops->redirect != NULL)
        return false;
    assert(rs->command.keys <= WORDS_MAX && redis_command_arg_count(&rs->command) <= WORDS_MAX);
    if (count == 0)
        swap(&gs->first, &rs->command);
    if (count == 1)
        add_call(gs, 0, redis_request_of(list_first(&gs->gathered))->kind, &gs->first);
    if (count != 0)
        add_call(gs, count, r->kind, &rs->command);
    list_push_back(&gs->gathered, &r->call.node);
    if (gs->gathered.count == REDIS_GROUP_MAX)
        flush(rs);
    else
        deferred_add_first(rs->deferred, &gs->flush); /* before the connections write, and WAIT */
    return true;
}

void redis_groups_init(struct redis_requests *rs)
{
    struct redis_groups *gs = &rs->groups;

    redis_command_init(&gs->first);
    redis_command_init(&gs->keys);
    redis_command_init(&gs->args);
    redis_command_clear(&gs->keys);
    redis_command_clear(&gs->args);
    list_init(&gs->gathered);
    list_init(&gs->all);
    list_init(&gs->idle);
    deferred_init(&gs->flush, on_flush, rs);
}

void redis_groups_fini(struct redis_requests *rs)
{
    struct redis_groups *gs = &rs->groups;
    struct list_node *n;

    deferred_cancel(rs->deferred, &gs->flush);
    while ((n = list_pop_front(&gs->all)) != NULL)
        mem_free(LIST_ITEM(n, struct group, all));
    redis_command_fini(&gs->first);
    redis_command_fini(&gs->keys);
    redis_command_fini(&gs->args);
}
