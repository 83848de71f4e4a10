#include "tests/smsc/answers.h"

#include "base/mem.h"

enum { MESSAGE_ID_BYTES = 24 };

struct held {
    struct list_node node;
    struct peer *peer;
    uint32_t command_id;
    uint32_t sequence_number;
    uint64_t due_ms;
    char message_id[MESSAGE_ID_BYTES];
};

static void let_go(struct answers *a, struct held *h, bool send)
{
    list_remove(&a->held, &h->node);
    if (send)
        peer_answer(h->peer, h->command_id, h->sequence_number, WIRE_OK, h->message_id);
    mem_free(h);
}

static void on_timer(struct timer *t, void *arg)
{
    struct answers *a = arg;
    uint64_t now_ms = a->loop->timers.now_ms;

    (void)t;
    LIST_FOREACH(node, &a->held) {
        struct held *h = LIST_ITEM(node, struct held, node);

        if (h->due_ms > now_ms) {
            timer_start(&a->loop->timers, &a->timer, h->due_ms - now_ms);
            return;
        }
        let_go(a, h, true);
    }
}

void answers_init(struct answers *a, struct loop *loop, uint64_t delay_ms)
{
    a->loop = loop;
    a->delay_ms = delay_ms;
    list_init(&a->held);
    timer_init(&a->timer, on_timer, a);
}

void answers_fini(struct answers *a)
{
    timer_stop(&a->loop->timers, &a->timer);
    LIST_FOREACH(node, &a->held)
        let_go(a, LIST_ITEM(node, struct held, node), false);
}

void answers_hold(struct answers *a, struct peer *peer, const struct wire_header *request,
                  const char *message_id)
{
    struct held *h = mem_zalloc(sizeof(*h));

    h->peer = peer;
    h->command_id = request->command_id;
    h->sequence_number = request->sequence_number;
    h->due_ms = a->loop->timers.now_ms + a->delay_ms;
    text_copy(h->message_id, sizeof(h->message_id), message_id);
    list_push_back(&a->held, &h->node);
    if (!timer_is_running(&a->timer))
        timer_start(&a->loop->timers, &a->timer, a->delay_ms);
}

static void let_go_of(struct answers *a, const struct peer *peer, bool send)
{
    LIST_FOREACH(node, &a->held) {
        struct held *h = LIST_ITEM(node, struct held, node);

        if (h->peer == peer)
            let_go(a, h, send);
    }
}

void answers_release(struct answers *a, const struct peer *peer)
{
    let_go_of(a, peer, true);
}

void answers_forget(struct answers *a, const struct peer *peer)
{
    let_go_of(a, peer, false);
}
