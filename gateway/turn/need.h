/*
 * What a step needs from outside before it can go on: numbers, somebody else's record, records that
 * belong to nobody. Each ends in the turn's next run, or in its refusal.
 */
#ifndef WARUNG_TURN_NEED_H
#define WARUNG_TURN_NEED_H

#include "gateway/turn/step.h"

struct box;
struct turn;
struct turn_engine;

void need_satisfy(struct turn *t, const struct programme_need *need);
/* What a number has claimed in a shared record, and what it has noted of that in its own, are two
 * writes. Who claims writes the shared record behind reading the number's, each time that he reads
 * that, and notes it after it. Who finds a claim that nobody has noted reads the shared record,
 * writes the number's as it is, and then gives the claim back: so one who is about to note it loses
 * either to that write, or has written the shared record since, and it is kept. A number without a
 * session gets one before it claims: that there is none would be so again as soon as the one that
 * such a write makes has expired. It says that somebody dials: the timers of the others are taken
 * away (joining_check()). */

/* Keeps the step's shared record, to be written by one of the next two. */
void need_seal_shared(struct turn *t, const struct step *step);
/* Writes it; the step is then run again with it as it is. */
void need_claim(struct turn *t);
/* Writes it behind the number's; the step is then run again with it as it is. */
void need_give_back(struct turn *t);
/* What was claimed may be noted, or not: an officer's erasure may have been faster. A turn of its
 * own looks. A claim of which there was no word may come still: its timer looks again. */
void need_match_claims(struct turn_engine *e, struct box *box);

#endif
