#include "gateway/clock_watch.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* A clock that is slewed gains or loses far less between two looks. */
enum { LOOK_MS = 2000, STEP_MS = 1000 };

struct clock_watch {
    struct timer_queue *timers;
    struct timer look;
    int64_t offset_ms; /* of the wall clock to the one that never steps */
};

static int64_t offset_ms(void)
{
    return clock_wall_ms() - (int64_t)clock_monotonic_ms();
}

static void on_look(struct timer *timer, void *arg)
{
    struct clock_watch *w = arg;
    int64_t by_ms = offset_ms() - w->offset_ms;

    w->offset_ms += by_ms;
    if (by_ms < -STEP_MS || by_ms > STEP_MS)
        log_warning("clock.stepped", LOG_I("by_ms", by_ms));
    timer_start(w->timers, timer, LOOK_MS);
}

struct clock_watch *clock_watch_new(struct timer_queue *timers)
{
    struct clock_watch *w = mem_zalloc(sizeof(*w));

    w->timers = timers;
    w->offset_ms = offset_ms();
    timer_init(&w->look, on_look, w);
    timer_start(timers, &w->look, LOOK_MS);
    return w;
}

void clock_watch_free(struct clock_watch *w)
{
    if (w == NULL)
        return;
    timer_stop(w->timers, &w->look);
    mem_free(w);
}
