/*
 * What follows a commit: the answer, the screen, what is owed, the counts and records.
 */
#ifndef WARUNG_TURN_ACT_H
#define WARUNG_TURN_ACT_H

#include "sessions/store.h"

struct turn;

/* The commit of t, whose results its box has, is done. The turn is over, or runs once more. */
void act_on_commit(struct turn *t, const struct store_reply *reply);

#endif
