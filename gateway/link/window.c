#include "gateway/link/window.h"

#include "base/mem.h"
#include "gateway/smpp/header.h"

#include <assert.h>
#include <string.h>

enum {
    PDU_BYTES_FIRST = 256, /* a USSD screen of 182 characters with its TLVs fits */
    PDU_BYTES_KEPT = 1024, /* larger buffers are not kept for the next request */
    SPARES_BEYOND_WINDOW = 256,
    LATE_WINDOWS = 5, /* as many late ones as fit the window so many times */
};

void window_init(struct window *w, unsigned limit, unsigned queue_max)
{
    assert(limit >= 1 && limit <= UINT32_C(1) << 24);
    memset(w, 0, sizeof(*w));
    w->limit = limit;
    w->queue_max = queue_max;
    w->next_sequence = 1;
    list_init(&w->sent);
    list_init(&w->late);
    list_init(&w->ending);
    list_init(&w->spare);
    for (int lane = 0; lane < LINK_LANE_COUNT; lane++)
        list_init(&w->lanes[lane]);
}

static void request_destroy(struct link_request *r)
{
    assert(!timer_is_running(&r->expiry));
    mem_free(r->pdu);
    mem_free(r);
}

static void destroy_all(struct list *l)
{
    struct list_node *n;

    while ((n = list_pop_front(l)) != NULL)
        request_destroy(LIST_ITEM(n, struct link_request, node));
}

void window_fini(struct window *w)
{
    destroy_all(&w->sent);
    destroy_all(&w->late);
    destroy_all(&w->ending);
    destroy_all(&w->spare);
    for (int lane = 0; lane < LINK_LANE_COUNT; lane++)
        destroy_all(&w->lanes[lane]);
    mem_free(w->slots);
    w->slots = NULL;
}

static struct link_request **slot_of(const struct window *w, uint32_t sequence_number)
{
    return &w->slots[sequence_number & (w->slot_count - 1)];
}

uint32_t window_next_sequence(struct window *w)
{
    uint32_t n;

    /* A number whose slot is taken is skipped even when the taker has another number: gaps are
     * legal, and so a slot never holds two. */
    do {
        n = w->next_sequence;
        w->next_sequence = n == WINDOW_SEQUENCE_MAX ? 1 : n + 1;
    } while (w->slots != NULL && *slot_of(w, n) != NULL);
    return n;
}

void window_restart_sequence(struct window *w)
{
    assert(list_is_empty(&w->sent) && list_is_empty(&w->late));
    w->next_sequence = 1;
}

bool window_has_room(const struct window *w)
{
    return w->sent.count < w->limit;
}

unsigned window_in_flight(const struct window *w)
{
    return (unsigned)w->sent.count;
}

struct link_request *window_request_new(struct window *w)
{
    struct list_node *n = list_pop_front(&w->spare);
    struct link_request *r;

    if (n != NULL)
        return LIST_ITEM(n, struct link_request, node);
    r = mem_zalloc(sizeof(*r));
    list_node_init(&r->node);
    return r;
}

void window_request_free(struct window *w, struct link_request *r)
{
    assert(!list_is_linked(&r->node));
    if (w->spare.count >= (size_t)w->limit + SPARES_BEYOND_WINDOW) {
        request_destroy(r);
        return;
    }
    if (r->pdu_capacity > PDU_BYTES_KEPT) {
        mem_free(r->pdu);
        r->pdu = NULL;
        r->pdu_capacity = 0;
    }
    r->state = REQUEST_SPARE;
    list_push_front(&w->spare, &r->node);
}

void window_queue(struct window *w, struct link_request *r, struct span pdu)
{
    assert(w->queued < w->queue_max && pdu.size <= UINT32_MAX);
    if (pdu.size > r->pdu_capacity) {
        mem_free(r->pdu);
        r->pdu_capacity = pdu.size > PDU_BYTES_FIRST ? (uint32_t)pdu.size : PDU_BYTES_FIRST;
        r->pdu = mem_alloc(r->pdu_capacity);
    }
    memcpy(r->pdu, pdu.data, pdu.size);
    r->pdu_bytes = (uint32_t)pdu.size;
    r->state = REQUEST_QUEUED;
    list_push_back(&w->lanes[r->lane], &r->node);
    w->queued++;
}

struct link_request *window_first_queued(struct window *w)
{
    for (int lane = 0; lane < LINK_LANE_COUNT; lane++) {
        struct list_node *n = list_first(&w->lanes[lane]);

        if (n != NULL)
            return LIST_ITEM(n, struct link_request, node);
    }
    return NULL;
}

void window_unqueue(struct window *w, struct link_request *r)
{
    assert(r->state == REQUEST_QUEUED);
    list_remove(&w->lanes[r->lane], &r->node);
    w->queued--;
}

static void make_slots(struct window *w)
{
    /* A quarter stays free: then even old requests that stay unanswered block few numbers. */
    w->slot_count = 8;
    while (w->slot_count < w->limit * 8)
        w->slot_count *= 2;
    w->slots = mem_zalloc(w->slot_count * sizeof(struct link_request *));
}

static void enter_slots(struct window *w, const struct list *requests)
{
    LIST_FOREACH(n, requests) {
        struct link_request *r = LIST_ITEM(n, struct link_request, node);

        *slot_of(w, r->sequence_number) = r;
    }
}

void window_resize(struct window *w, unsigned limit, unsigned queue_max)
{
    w->limit = limit;
    w->queue_max = queue_max;
    if (w->slot_count >= limit * 8)
        return;
    mem_free(w->slots);
    make_slots(w);
    enter_slots(w, &w->sent); /* who had a slot each has one each in a ring twice as large */
    enter_slots(w, &w->late);
}

void window_send(struct window *w, struct link_request *r, uint64_t now_ms)
{
    assert(window_has_room(w) && !list_is_linked(&r->node));
    if (w->slots == NULL)
        make_slots(w);
    r->sequence_number = window_next_sequence(w);
    *slot_of(w, r->sequence_number) = r;
    r->state = REQUEST_SENT;
    r->sent_ms = now_ms;
    list_push_back(&w->sent, &r->node);
}

struct link_request *window_find(const struct window *w, uint32_t sequence_number,
                                 uint32_t command_id)
{
    struct link_request *r;

    if (w->slots == NULL)
        return NULL;
    r = *slot_of(w, sequence_number);
    if (r == NULL || r->sequence_number != sequence_number)
        return NULL;
    if (command_id != SMPP_GENERIC_NACK && command_id != (r->command_id | SMPP_RESPONSE_BIT))
        return NULL;
    return r;
}

struct link_request *window_oldest(struct window *w)
{
    struct list_node *n = list_first(&w->sent);

    return n != NULL ? LIST_ITEM(n, struct link_request, node) : NULL;
}

void window_settle(struct window *w, struct link_request *r)
{
    assert(r->state == REQUEST_SENT || r->state == REQUEST_LATE);
    assert(*slot_of(w, r->sequence_number) == r);
    *slot_of(w, r->sequence_number) = NULL;
    list_remove(r->state == REQUEST_LATE ? &w->late : &w->sent, &r->node);
}

void window_let_wait(struct window *w, struct link_request *r)
{
    assert(r->state == REQUEST_SENT);
    list_remove(&w->sent, &r->node);
    list_push_back(&w->late, &r->node);
    r->state = REQUEST_LATE;
}

struct link_request *window_oldest_late(struct window *w)
{
    struct list_node *n = list_first(&w->late);

    return n != NULL ? LIST_ITEM(n, struct link_request, node) : NULL;
}

bool window_is_crowded(const struct window *w)
{
    return w->late.count > (size_t)w->limit * LATE_WINDOWS;
}

static void end_one(struct window *w, struct link_request *r, bool was_sent)
{
    r->state = REQUEST_ENDING;
    r->was_sent = was_sent;
    list_push_back(&w->ending, &r->node);
}

void window_end_sent(struct window *w)
{
    struct link_request *r;

    while ((r = window_oldest_late(w)) != NULL || (r = window_oldest(w)) != NULL) {
        window_settle(w, r);
        end_one(w, r, true);
    }
}

void window_end_queued(struct window *w)
{
    struct link_request *r;

    while ((r = window_first_queued(w)) != NULL) {
        window_unqueue(w, r);
        end_one(w, r, false);
    }
}

struct link_request *window_take_ending(struct window *w)
{
    struct list_node *n = list_pop_front(&w->ending);

    return n != NULL ? LIST_ITEM(n, struct link_request, node) : NULL;
}
