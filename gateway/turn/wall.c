#include "gateway/turn/wall.h"

#include "base/log.h"

static int64_t offset_ms(const struct wall *w)
{
    return w->env->wall_ms(w->env->ctx) - (int64_t)w->env->timers->now_ms;
}

static bool has_jumped(const struct wall *w)
{
    return offset_ms(w) - w->offset_ms > STORE_AHEAD_MAX_S * INT64_C(1000);
}

static bool is_told_by_all(const struct wall *w)
{
    return w->agreeing == (int)w->env->store->buckets;
}

void wall_init(struct wall *w, const struct turn_env *env)
{
    *w = (struct wall){.env = env};
    w->offset_ms = offset_ms(w);
}

void wall_on_ask(struct wall *w, unsigned under_way)
{
    if (has_jumped(w)) {
        w->is_doubtful = true;
        w->agreeing = -(int)under_way; /* they were asked by the clock as it was */
    }
    w->offset_ms = offset_ms(w);
}

bool wall_on_told(struct wall *w, int64_t ahead_s)
{
    if (ahead_s != 0) {
        if (w->ahead_s == 0)
            log_error("clock.ahead", LOG_I("by_s", ahead_s));
        w->ahead_s = ahead_s;
        w->is_doubtful = true;
        w->agreeing = 0;
        return false;
    }
    if (!is_told_by_all(w))
        w->agreeing++;
    if (!is_told_by_all(w))
        return true;
    if (w->ahead_s != 0)
        log_info("clock.agrees");
    w->ahead_s = 0;
    w->is_doubtful = false;
    return true;
}

bool wall_agrees(const struct wall *w)
{
    return is_told_by_all(w) && !has_jumped(w);
}

bool wall_is_credible(const struct wall *w)
{
    return !w->is_doubtful && !has_jumped(w);
}
