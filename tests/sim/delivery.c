#include "tests/sim/delivery.h"

enum {
    /* Then it counts as lost and comes again: the answer window, a standstill that nobody notices,
     * and the network's time. */
    DELIVERY_RESPONSE_MS = 6200,
    DELIVERY_AGAIN_MS_MAX = 4000,
    DELIVERY_TRIES_MAX = 12,
};

static void bring(struct delivery *d)
{
    struct connection *x;

    if (++d->tries > DELIVERY_TRIES_MAX) {
        delivery_stop(d);
        d->owner->given_up(d->ctx);
        return;
    }
    x = d->owner->choose(d->ctx);
    if (x == NULL) {
        delivery_later(d);
        return;
    }
    d->connection = x;
    d->sequence_number = d->owner->write(d->ctx, x, d->tries);
    timer_start(&d->world->timers, &d->response, DELIVERY_RESPONSE_MS);
}

static void on_again(struct timer *timer, void *arg)
{
    (void)timer;
    bring(arg);
}

static void on_response_late(struct timer *timer, void *arg)
{
    (void)timer;
    delivery_later(arg);
}

void delivery_init(struct delivery *d, struct world *w, const struct delivery_owner *owner,
                   void *ctx)
{
    *d = (struct delivery){.world = w, .owner = owner, .ctx = ctx};
    timer_init(&d->response, on_response_late, d);
    timer_init(&d->again, on_again, d);
}

void delivery_begin(struct delivery *d)
{
    d->is_under_way = true;
    d->tries = 0;
    bring(d);
}

void delivery_later(struct delivery *d)
{
    d->connection = NULL;
    timer_stop(&d->world->timers, &d->response);
    timer_start(&d->world->timers, &d->again, world_between(d->world, 200, DELIVERY_AGAIN_MS_MAX));
}

void delivery_stop(struct delivery *d)
{
    d->is_under_way = false;
    d->connection = NULL;
    timer_stop(&d->world->timers, &d->response);
    timer_stop(&d->world->timers, &d->again);
}

bool delivery_awaits(const struct delivery *d, const struct connection *x, uint32_t sequence_number)
{
    return d->is_under_way && d->connection == x && d->sequence_number == sequence_number;
}
