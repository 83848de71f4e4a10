#include "tests/sim/outcome.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    OUTCOME_NOTICED_MS = 2000,    /* a gateway learns so late that a connection is gone */
    OUTCOME_MS = 70 * 1000,       /* longer than one stands still between answer and screen */
    OUTCOME_PUSH_MS = 335 * 1000, /* the officer's are good for so long, by the slowest clock */
};

void outcome_init(struct outcome *o, const struct world *w, const char *msisdn)
{
    *o = (struct outcome){.world = w, .msisdn = msisdn};
}

void outcome_expect(struct outcome *o)
{
    o->is_told = o->is_excused = false;
    o->taken_ms = 0;
    o->link = NULL;
}

void outcome_take(struct outcome *o, const struct connection *x)
{
    o->taken_ms = o->world->timers.now_ms;
    o->link = x;
}

void outcome_told(struct outcome *o)
{
    o->is_told = true;
}

void outcome_excuse(struct outcome *o)
{
    o->is_excused = true;
}

/* The screen goes by the connection of its answer, but where there are pairs: then by another, of
 * which nobody knows here, and the gateway notices later than the centre that it is gone. */
void outcome_lose_connection(struct outcome *o, const struct connection *x)
{
    o->lost_ms = o->world->timers.now_ms;
    o->is_excused = o->is_excused || o->link == x;
}

static bool may_be_lost(const struct outcome *o)
{
    return o->world->bind == CONFIG_BIND_PAIR && o->lost_ms + OUTCOME_NOTICED_MS >= o->taken_ms;
}

void outcome_check(const struct outcome *o)
{
    char detail[64];

    if (o->is_told || o->is_excused || may_be_lost(o) || o->taken_ms == 0 ||
        o->world->timers.now_ms - o->taken_ms < OUTCOME_MS)
        return;
    snprintf(detail, sizeof(detail), "acknowledged at %" PRIu64 " ms", o->taken_ms);
    world_violation(o->world, "an input that nothing came of", o->msisdn, detail);
}

void outcome_order(struct outcome *o)
{
    outcome_check_push(o);
    if (o->ordered_ms != 0)
        return;
    o->ordered_ms = o->world->timers.now_ms;
    o->is_owed = false;
}

void outcome_ordered(struct outcome *o, bool is_owed)
{
    if (is_owed)
        o->is_owed = true;
    else if (!o->is_owed)
        o->ordered_ms = 0;
}

void outcome_drop_push(struct outcome *o)
{
    outcome_check_push(o);
    o->ordered_ms = 0;
}

/* A centre that takes no SMS has gateways send less by the same connections, and pushes among that
 * may find no room until they are too old. */
void outcome_check_push(const struct outcome *o)
{
    const struct world *w = o->world;
    char detail[64];

    if (o->ordered_ms == 0 || !o->is_owed || w->timers.now_ms - o->ordered_ms < OUTCOME_PUSH_MS ||
        w->is_sms_jammed || w->sms_jam_ended_ms >= o->ordered_ms)
        return;
    snprintf(detail, sizeof(detail), "ordered at %" PRIu64 " ms", o->ordered_ms);
    world_violation(w, "a push that was never shown", o->msisdn, detail);
}
