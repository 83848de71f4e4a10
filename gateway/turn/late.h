/*
 * Late answers: an input whose reply is not there before its dialogue's time is over. The
 * subscriber is told to wait, which ends the dialogue; the result is owed by push (step_push.c).
 */
#ifndef WARUNG_TURN_LATE_H
#define WARUNG_TURN_LATE_H

#include <stdbool.h>

struct apology;
struct turn;
struct turn_engine;

void late_init(struct turn *t);
/* The clock of an input runs from its arrival. */
void late_start(struct turn *t);
void late_stop(struct turn *t);
/* Of an input that is at work here, or whose reply is on its way, or was shown. */
bool late_is_copy(const struct turn *t);
/* Told to wait in vain: nothing could be stored, so nothing can be owed. One SMS says so, if the
 * centre has taken that text, or when it does, and the SMS can be sent at once. */
void late_apologise(struct turn *t);
/* That SMS: either, once. */
void late_send_apology(struct apology *a);
void late_drop_apology(struct apology *a);
/* Those that are under way, with the engine. */
void late_free_all(struct turn_engine *e);

#endif
