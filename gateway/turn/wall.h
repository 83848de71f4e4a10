/*
 * What our wall clock is worth: each sweep compares it with the store's, and between two sweeps the
 * clock that never steps tells whether it has been set forward.
 */
#ifndef WARUNG_TURN_WALL_H
#define WARUNG_TURN_WALL_H

#include "gateway/turn/turn.h"

struct wall {
    const struct turn_env *env;
    int64_t offset_ms; /* of the wall clock to the one that never steps, at the last sweep asked */
    int agreeing;      /* answers in a row; from below 0 where older ones are under way still */
    int64_t ahead_s;
    bool is_doubtful; /* until a whole round of sweeps agrees */
};

/* env outlives it. */
void wall_init(struct wall *w, const struct turn_env *env);
/* Before a sweep is asked; so many are under way. */
void wall_on_ask(struct wall *w, unsigned under_way);
/* What a sweep says: how far ahead of the store's our clock is, where that is too much; else 0.
 * Returns whether it agrees. Buckets may have clocks of their own, which agree when all do. */
bool wall_on_told(struct wall *w, int64_t ahead_s);
/* As far as is known: all buckets have said so. Else nothing is erased. */
bool wall_agrees(const struct wall *w);
/* Nothing speaks against it, though nobody may have said so yet. Else nothing that is in hand is
 * over by it. */
bool wall_is_credible(const struct wall *w);

#endif
