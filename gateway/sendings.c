#include "gateway/sendings.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/receipt_names.h"

enum { SENT_POOL_MAX = 4096 }; /* records of requests kept for reuse */

struct sent *sent_new(struct sendings *all, turn_sent_fn *fn, void *arg)
{
    struct list_node *node = list_pop_front(&all->pool);
    struct sent *s = node != NULL ? LIST_ITEM(node, struct sent, node) : mem_zalloc(sizeof(*s));

    s->sendings = all;
    s->parts = 0;
    s->total = 0;
    s->outcome = (struct turn_sent){.kind = TURN_SENT_OK, .message_id = s->message_id};
    s->message_id[0] = s->pushed_to[0] = '\0';
    s->names = NULL;
    s->holds_answer = false;
    s->read_mark = 0;
    s->fn = fn;
    s->arg = arg;
    list_push_back(&all->under_way, &s->node);
    return s;
}

void sent_recycle(struct sent *s)
{
    struct sendings *all = s->sendings;

    list_remove(&all->under_way, &s->node);
    mem_free(s->names);
    if (all->pool.count < SENT_POOL_MAX)
        list_push_front(&all->pool, &s->node);
    else
        mem_free(s);
}

static enum turn_sent_kind kind_of(const struct link_result *result)
{
    switch (result->kind) {
    case LINK_RESULT_ANSWERED:
        break;
    case LINK_RESULT_TIMEOUT:
    case LINK_RESULT_LOST:
        return TURN_SENT_UNKNOWN;
    case LINK_RESULT_UNSENT:
        return TURN_SENT_NOT;
    }
    switch (result->status_class) {
    case SMPP_CLASS_OK:
        return TURN_SENT_OK;
    case SMPP_CLASS_SLOW_DOWN:
    case SMPP_CLASS_TEMPORARY:
    case SMPP_CLASS_SESSION:
        return TURN_SENT_TEMPORARY;
    case SMPP_CLASS_CREDENTIALS:
    case SMPP_CLASS_PERMANENT:
        break;
    }
    return TURN_SENT_PERMANENT;
}

/* How much an outcome of one part decides about the whole: one that was refused for good ends the
 * message; one that may have been taken must not be sent again as if it were new. */
static unsigned weight(enum turn_sent_kind kind)
{
    static const unsigned weights[] = {
        [TURN_SENT_OK] = 0,      [TURN_SENT_NOT] = 1,       [TURN_SENT_TEMPORARY] = 2,
        [TURN_SENT_UNKNOWN] = 3, [TURN_SENT_PERMANENT] = 4,
    };

    return weights[kind];
}

static void copy_id(struct span id, char text[LINK_MESSAGE_ID_BYTES])
{
    size_t size = id.size < LINK_MESSAGE_ID_BYTES ? id.size : LINK_MESSAGE_ID_BYTES - 1;

    if (size != 0)
        memcpy(text, id.data, size);
    text[size] = '\0';
}

static void give_answer(struct sent *s, uint32_t command_status)
{
    if (!s->holds_answer)
        return;
    s->holds_answer = false;
    s->sendings->answer(s->sendings->ctx, s, command_status);
}

/* Behind a break the input comes again at once: a text would end what its copy begins, and a screen
 * have its subscriber go on from what is not acknowledged. */
static bool on_leave(void *arg)
{
    struct sent *s = arg;

    if (s->is_tied && !s->sendings->is_connected(s->sendings->ctx, &s->origin))
        return false;
    give_answer(s, s->answer_status);
    return true;
}

static void on_part(void *arg, const struct link_result *result)
{
    struct sent *s = arg;
    enum turn_sent_kind kind = kind_of(result);
    char id[LINK_MESSAGE_ID_BYTES];
    struct dialect_session session = {.size = 0};

    assert(s->parts > 0);
    give_answer(s, ESME_RX_T_APPN); /* it has not left */
    copy_id(result->message_id, id);
    if (s->message_id[0] == '\0')
        memcpy(s->message_id, id, sizeof(id));
    if (s->names != NULL && kind == TURN_SENT_OK)
        receipt_names_add_part(s->names, id);
    if (weight(kind) >= weight(s->outcome.kind)) {
        s->outcome.kind = kind;
        s->outcome.command_status =
            result->kind == LINK_RESULT_ANSWERED ? result->command_status : 0;
        s->outcome.is_slow_down =
            result->kind == LINK_RESULT_ANSWERED && result->status_class == SMPP_CLASS_SLOW_DOWN;
        s->outcome.connection = result->connection;
    }
    if (--s->parts > 0)
        return;
    if (s->names != NULL && s->outcome.kind == TURN_SENT_OK)
        receipt_names_give(s->names, &s->outcome);
    if (s->read_mark != 0 && s->sendings->has_read(s->sendings->ctx, &s->origin, s->read_mark))
        s->outcome.connection = s->origin.connection; /* as if the screen had gone over that one */
    else
        s->outcome.unread_mark = s->read_mark;
    if (s->outcome.kind == TURN_SENT_OK && s->pushed_to[0] != '\0' &&
        s->sendings->name_dialogue(s->sendings->ctx, s->pushed_to, result, &session))
        s->outcome.session = &session;
    s->outcome.link_name = result->link_name;
    s->fn(s->arg, &s->outcome);
    sent_recycle(s);
}

static bool count_part(struct sent *s, struct link_request *request)
{
    s->request = request;
    if (request == NULL)
        return false;
    s->parts++;
    s->total++;
    return true;
}

bool sent_submit(struct sent *s, struct link *link, enum link_lane lane, struct span pdu,
                 uint64_t deadline_ms)
{
    return count_part(s, link_submit(link, lane, pdu, deadline_ms, on_part, s));
}

bool sent_submit_reply(struct sent *s, struct span pdu, uint64_t deadline_ms)
{
    return count_part(s, link_submit_reply(s->link, pdu, deadline_ms, on_leave, on_part, s));
}

bool sent_withdraw(struct sent *s)
{
    if (s->total != 1 || !link_withdraw(s->request))
        return false;
    give_answer(s, s->answer_status); /* the dialogue has gone on without it */
    sent_recycle(s);
    return true;
}

void sendings_init(struct sendings *all, sent_name_fn *name_dialogue, sent_answer_fn *answer,
                   sent_is_connected_fn *is_connected, sent_has_read_fn *has_read, void *ctx)
{
    all->name_dialogue = name_dialogue;
    all->answer = answer;
    all->is_connected = is_connected;
    all->has_read = has_read;
    all->ctx = ctx;
    list_init(&all->under_way);
    list_init(&all->pool);
}

void sendings_fini(struct sendings *all)
{
    struct list_node *node;

    while ((node = list_first(&all->under_way)) != NULL)
        sent_recycle(LIST_ITEM(node, struct sent, node));
    while ((node = list_pop_front(&all->pool)) != NULL)
        mem_free(LIST_ITEM(node, struct sent, node));
}
