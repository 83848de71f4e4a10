#include "base/timer.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum {
    STILL_MS = 1000, /* without a timer: the process stood still */
    WAKING_MS = 200, /* then what had come meanwhile is read */
};

void timer_queue_init(struct timer_queue *q, uint64_t now_ms)
{
    memset(q, 0, sizeof(*q));
    q->now_ms = now_ms;
}

void timer_queue_fini(struct timer_queue *q)
{
    assert(q->count == 0);
    mem_free(q->heap);
    q->heap = NULL;
}

void timer_queue_set_now(struct timer_queue *q, uint64_t now_ms)
{
    uint64_t gap_ms = now_ms > q->now_ms ? now_ms - q->now_ms : 0;

    if (gap_ms >= STILL_MS) {
        q->asleep_ms = q->now_ms;
        q->awake_ms = now_ms;
    }
    q->now_ms += gap_ms;
    if (q->gap_ms != 0 && gap_ms >= q->gap_ms)
        q->on_gap(q->gap_ctx, gap_ms);
}

uint64_t timer_queue_unread_ms(const struct timer_queue *q)
{
    bool is_waking = q->gap_ms != 0 && q->awake_ms != 0 && q->now_ms - q->awake_ms < WAKING_MS;

    return is_waking ? q->asleep_ms : q->now_ms;
}

void timer_queue_watch(struct timer_queue *q, uint64_t gap_ms,
                       void (*fn)(void *ctx, uint64_t gap_ms), void *ctx)
{
    q->gap_ms = gap_ms;
    q->on_gap = fn;
    q->gap_ctx = ctx;
}

static bool is_before(const struct timer_entry *a, const struct timer_entry *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void put(struct timer_queue *q, size_t place, struct timer_entry e)
{
    q->heap[place - 1] = e;
    e.timer->place = place;
}

static void sift_up(struct timer_queue *q, struct timer_entry e, size_t place)
{
    while (place > 1 && is_before(&e, &q->heap[place / 2 - 1])) {
        put(q, place, q->heap[place / 2 - 1]);
        place /= 2;
    }
    put(q, place, e);
}

static void sift_down(struct timer_queue *q, struct timer_entry e, size_t place)
{
    for (;;) {
        size_t child = place * 2;

        if (child > q->count)
            break;
        if (child < q->count && is_before(&q->heap[child], &q->heap[child - 1]))
            child++;
        if (!is_before(&q->heap[child - 1], &e))
            break;
        put(q, place, q->heap[child - 1]);
        place = child;
    }
    put(q, place, e);
}

static void remove_at(struct timer_queue *q, struct timer *t)
{
    size_t place = t->place;
    struct timer_entry last = q->heap[q->count - 1];

    q->count--;
    t->place = 0;
    if (last.timer == t)
        return;
    if (place > 1 && is_before(&last, &q->heap[place / 2 - 1]))
        sift_up(q, last, place);
    else
        sift_down(q, last, place);
}

void timer_init(struct timer *t, timer_fn *fn, void *arg)
{
    memset(t, 0, sizeof(*t));
    t->fn = fn;
    t->arg = arg;
}

void timer_start(struct timer_queue *q, struct timer *t, uint64_t delay_ms)
{
    assert(t->fn != NULL);
    timer_stop(q, t);
    t->due_ms = q->now_ms + delay_ms;
    if (q->count == q->capacity) {
        q->capacity = q->capacity != 0 ? q->capacity * 2 : 64;
        q->heap = mem_realloc_array(q->heap, q->capacity, sizeof(q->heap[0]));
    }
    q->count++;
    sift_up(q, (struct timer_entry){t->due_ms, q->next_order++, t}, q->count);
}

void timer_stop(struct timer_queue *q, struct timer *t)
{
    if (t->place != 0)
        remove_at(q, t);
}

bool timer_is_running(const struct timer *t)
{
    return t->place != 0;
}

bool timer_queue_next(const struct timer_queue *q, uint64_t *due_ms)
{
    if (q->count == 0)
        return false;
    *due_ms = q->heap[0].due_ms;
    return true;
}

void timer_queue_run(struct timer_queue *q, uint64_t now_ms)
{
    uint64_t started_before = q->next_order;

    timer_queue_set_now(q, now_ms);
    /* A timer started by a callback with no delay waits for the next call: else two timers that
     * start each other would never let the loop go on. */
    while (q->count != 0 && q->heap[0].due_ms <= q->now_ms && q->heap[0].order < started_before) {
        struct timer *t = q->heap[0].timer;

        remove_at(q, t);
        t->fn(t, t->arg);
    }
}
