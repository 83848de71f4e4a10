/*
 * What a step needs from outside before it can go on: numbers, somebody else's record, records that
 * belong to nobody. Each ends in the turn's next run, or in its refusal.
 */
#ifndef WARUNG_TURN_NEED_H
#define WARUNG_TURN_NEED_H

#include "gateway/turn/step.h"

struct turn;

void need_satisfy(struct turn *t, const struct programme_need *need);
/* Writes the step's shared record; the step is then run again with it as it is. */
void need_write_shared(struct turn *t, const struct step *step);

#endif
