/*
 * What a subscriber must get to see: an outcome of each input that was acknowledged, a screen or an
 * SMS, and each push that the officer was told is owed. Excused by what he may not hear of only.
 */
#ifndef WARUNG_SIM_OUTCOME_H
#define WARUNG_SIM_OUTCOME_H

#include "tests/sim/connection.h"
#include "tests/sim/world.h"

struct outcome {
    const struct world *world;
    const char *msisdn;
    /* Of the last input: */
    bool is_told;                  /* anything came since */
    bool is_excused;               /* what was to come may be lost, or comes late */
    uint64_t taken_ms;             /* it was acknowledged; 0 = not */
    const struct connection *link; /* that the answer came by */
    uint64_t lost_ms;              /* a connection of its centre was */
    /* Of the oldest push that is waited for: */
    uint64_t ordered_ms; /* 0 = none is */
    bool is_owed;        /* the officer was told so */
};

void outcome_init(struct outcome *o, const struct world *w, const char *msisdn);
/* A new input, which is the end of what was before. */
void outcome_expect(struct outcome *o);
/* It was acknowledged. */
void outcome_take(struct outcome *o, const struct connection *x);
/* A screen or an SMS that may be its outcome. */
void outcome_told(struct outcome *o);
/* The centre has not taken a screen; or its result is owed beside the dialogue, by SMS or a push,
 * which may have to wait for longer. */
void outcome_excuse(struct outcome *o);
/* A connection of its centre is gone, with what was on the way. */
void outcome_lose_connection(struct outcome *o, const struct connection *x);
/* It was waited for long enough, and nothing else was done. */
void outcome_check(const struct outcome *o);

/* A push is being ordered. */
void outcome_order(struct outcome *o);
/* ... and is owed, or not known to be. */
void outcome_ordered(struct outcome *o, bool is_owed);
/* It is shown; or may stay away: its subscriber does something, or is being erased. */
void outcome_drop_push(struct outcome *o);
/* Whether one has not come in time. */
void outcome_check_push(const struct outcome *o);

#endif
