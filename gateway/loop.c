#include "gateway/loop.h"

#include <event2/event.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"

struct loop {
    struct event_base *base;
    struct event *alarm; /* wakes libevent for the earliest timer */
    uint64_t alarm_ms;   /* when it is set for; UINT64_MAX = not set */
    struct timer_queue timers;
    struct deferred_queue deferred;
    struct random_source random;
    bool is_stopped;
};

static void on_alarm(evutil_socket_t fd, short what, void *arg)
{
    struct loop *loop = arg;

    (void)fd;
    (void)what;
    loop->alarm_ms = UINT64_MAX;
}

/* One base, one thread: no locks. */
static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
        base = event_base_new_with_config(config);
    if (config != NULL)
        event_config_free(config);
    return base;
}

struct loop *loop_new(void)
{
    struct loop *loop = mem_zalloc(sizeof(*loop));
    uint64_t seed = 0;

    loop->base = make_base();
    loop->alarm = loop->base != NULL ? evtimer_new(loop->base, on_alarm, loop) : NULL;
    if (loop->alarm == NULL) {
        if (loop->base != NULL)
            event_base_free(loop->base);
        mem_free(loop);
        return NULL;
    }
    loop->alarm_ms = UINT64_MAX;
    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
        seed = (uint64_t)clock_wall_ms();
    loop->random.state = seed;
    timer_queue_init(&loop->timers, clock_monotonic_ms());
    deferred_queue_init(&loop->deferred);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    deferred_run(&loop->deferred);
    timer_queue_fini(&loop->timers);
    event_free(loop->alarm);
    event_base_free(loop->base);
    mem_free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

struct timer_queue *loop_timers(struct loop *loop)
{
    return &loop->timers;
}

struct deferred_queue *loop_deferred(struct loop *loop)
{
    return &loop->deferred;
}

/* Sets libevent's alarm for the earliest timer; false when it is due already. */
static bool set_alarm(struct loop *loop)
{
    uint64_t due_ms, now_ms = clock_monotonic_ms(), delay_ms;
    struct timeval delay;

    if (!timer_queue_next(&loop->timers, &due_ms))
        due_ms = UINT64_MAX;
    if (due_ms <= now_ms)
        return false;
    /* An alarm that comes too early only costs one empty turn. */
    if (due_ms >= loop->alarm_ms)
        return true;
    delay_ms = due_ms - now_ms;
    delay = (struct timeval){(time_t)(delay_ms / 1000), (suseconds_t)(delay_ms % 1000 * 1000)};
    event_add(loop->alarm, &delay);
    loop->alarm_ms = due_ms;
    return true;
}

static void run_turn(struct loop *loop)
{
    int flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;

    if (!set_alarm(loop))
        flags |= EVLOOP_NONBLOCK;
    event_base_loop(loop->base, flags);
    deferred_run(&loop->deferred);
    timer_queue_run(&loop->timers, clock_monotonic_ms());
    deferred_run(&loop->deferred);
}

void loop_run(struct loop *loop)
{
    loop->is_stopped = false;
    deferred_run(&loop->deferred); /* of what was asked for before: else it waits for an event */
    while (!loop->is_stopped)
        run_turn(loop);
}

void loop_stop(struct loop *loop)
{
    loop->is_stopped = true;
    event_base_loopbreak(loop->base);
}

static void on_timeout(struct timer *timer, void *arg)
{
    (void)timer;
    *(bool *)arg = true;
}

bool loop_run_until(struct loop *loop, const bool *done, uint64_t timeout_ms)
{
    bool is_over = false;
    struct timer timeout;

    timer_init(&timeout, on_timeout, &is_over);
    timer_queue_set_now(&loop->timers, clock_monotonic_ms());
    timer_start(&loop->timers, &timeout, timeout_ms);
    deferred_run(&loop->deferred); /* as in loop_run() */
    while (!*done && !is_over)
        run_turn(loop);
    timer_stop(&loop->timers, &timeout);
    return *done;
}

uint64_t loop_random(void *loop)
{
    return random_next(&((struct loop *)loop)->random);
}

int64_t loop_wall_ms(void *loop)
{
    (void)loop;
    return clock_wall_ms();
}
