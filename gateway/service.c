#include "gateway/service.h"

#include <string.h>

enum { LOOK_MS = 200 };

const char *service_state_name(enum service_state state)
{
    static const char *const names[] = {"serving", "draining", "disabled"};

    return names[state];
}

static void enter(struct service *s, enum service_state state)
{
    timer_stop(s->timers, &s->look);
    s->state = state;
    s->on_change(s->ctx);
}

static void on_look(struct timer *timer, void *arg)
{
    struct service *s = arg;
    uint64_t now_ms = s->timers->now_ms;

    if (now_ms >= s->until_ms || now_ms - s->input_ms >= s->quiet_ms)
        enter(s, SERVICE_DISABLED);
    else
        timer_start(s->timers, timer, LOOK_MS);
}

void service_init(struct service *s, struct timer_queue *timers, void (*on_change)(void *ctx),
                  void *ctx)
{
    memset(s, 0, sizeof(*s));
    s->timers = timers;
    s->input_ms = timers->now_ms;
    s->on_change = on_change;
    s->ctx = ctx;
    timer_init(&s->look, on_look, s);
}

void service_fini(struct service *s)
{
    timer_stop(s->timers, &s->look);
}

void service_note_input(struct service *s)
{
    s->input_ms = s->timers->now_ms;
}

void service_enable(struct service *s)
{
    if (s->state != SERVICE_SERVING)
        enter(s, SERVICE_SERVING);
}

void service_disable(struct service *s)
{
    if (s->state != SERVICE_DISABLED)
        enter(s, SERVICE_DISABLED);
}

void service_drain(struct service *s, unsigned quiet_s, unsigned for_s)
{
    if (s->state == SERVICE_DISABLED)
        return;
    s->quiet_ms = (uint64_t)quiet_s * 1000;
    s->until_ms = s->timers->now_ms + (uint64_t)for_s * 1000;
    enter(s, SERVICE_DRAINING);
    timer_start(s->timers, &s->look, LOOK_MS);
}

void service_succeed(struct service *s, const struct service *former)
{
    if (former->state == SERVICE_SERVING)
        return;
    s->input_ms = former->input_ms;
    s->quiet_ms = former->quiet_ms;
    s->until_ms = former->until_ms;
    enter(s, former->state);
    if (s->state == SERVICE_DRAINING)
        timer_start(s->timers, &s->look, LOOK_MS);
}
