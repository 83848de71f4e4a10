#include "tests/smsc/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <string.h>
#include <time.h>

enum { US_PER_MS = 1000, US_PER_S = 1000000, GRAIN_US = 100 };

uint64_t loop_clock_us(struct loop *l)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    l->now_us = (uint64_t)t.tv_sec * US_PER_S + (uint64_t)t.tv_nsec / 1000;
    timer_queue_set_now(&l->timers, l->now_us / US_PER_MS);
    return l->now_us;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct loop *l = arg;

    (void)fd;
    (void)what;
    l->wake_us = 0;
}

void loop_init(struct loop *l)
{
    struct event_config *config = event_config_new();

    memset(l, 0, sizeof(*l));
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    l->base = event_base_new_with_config(config);
    event_config_free(config);
    assert(l->base != NULL);
    l->wake = evtimer_new(l->base, on_wake, l);
    assert(l->wake != NULL);
    timer_queue_init(&l->timers, loop_clock_us(l) / US_PER_MS);
    deferred_queue_init(&l->deferred);
    adrift_init(&l->adrift, &l->timers);
}

void loop_fini(struct loop *l)
{
    deferred_run(&l->deferred);
    adrift_fini(&l->adrift);
    timer_queue_fini(&l->timers);
    event_free(l->wake);
    event_base_free(l->base);
}

static void set_wake(struct loop *l)
{
    uint64_t due_ms;
    uint64_t due_us = l->fine_us != 0 ? l->fine_us : UINT64_MAX;
    struct timeval delay;
    uint64_t left;

    if (timer_queue_next(&l->timers, &due_ms) && due_ms * US_PER_MS < due_us)
        due_us = due_ms * US_PER_MS;
    l->fine_us = 0;
    if (due_us == UINT64_MAX || due_us == l->wake_us)
        return;
    left = due_us > l->now_us ? due_us - l->now_us : 0;
    delay.tv_sec = (time_t)(left / US_PER_S);
    delay.tv_usec = (suseconds_t)(left % US_PER_S);
    evtimer_add(l->wake, &delay);
    l->wake_us = due_us;
}

void loop_turn(struct loop *l)
{
    bool has_work = !list_is_empty(&l->deferred.pending); /* put off between two turns */

    set_wake(l);
    event_base_loop(l->base, (has_work ? EVLOOP_NONBLOCK : EVLOOP_ONCE) | EVLOOP_NO_EXIT_ON_EMPTY);
    timer_queue_run(&l->timers, loop_clock_us(l) / US_PER_MS);
    if (l->on_turn != NULL)
        l->on_turn(l->on_turn_ctx);
    deferred_run(&l->deferred);
}

void loop_run(struct loop *l)
{
    while (!l->stopped)
        loop_turn(l);
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
}

void loop_wake_at(struct loop *l, uint64_t due_us)
{
    /* Rounded up, so that a busy open loop does not turn for every single input. */
    due_us = (due_us / GRAIN_US + 1) * GRAIN_US;
    if (l->fine_us == 0 || due_us < l->fine_us)
        l->fine_us = due_us;
}
