#include "base/deferred.h"

void deferred_queue_init(struct deferred_queue *q)
{
    list_init(&q->pending);
}

void deferred_init(struct deferred *d, deferred_fn *fn, void *arg)
{
    list_node_init(&d->node);
    d->fn = fn;
    d->arg = arg;
}

void deferred_add(struct deferred_queue *q, struct deferred *d)
{
    if (!list_is_linked(&d->node))
        list_push_back(&q->pending, &d->node);
}

void deferred_add_first(struct deferred_queue *q, struct deferred *d)
{
    if (!list_is_linked(&d->node))
        list_push_front(&q->pending, &d->node);
}

void deferred_cancel(struct deferred_queue *q, struct deferred *d)
{
    if (list_is_linked(&d->node))
        list_remove(&q->pending, &d->node);
}

void deferred_run(struct deferred_queue *q)
{
    struct list_node *n;

    while ((n = list_pop_front(&q->pending)) != NULL) {
        struct deferred *d = LIST_ITEM(n, struct deferred, node);

        d->fn(d, d->arg);
    }
}
