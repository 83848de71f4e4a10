/*
 * Tells when this machine's wall clock is stepped: dialogues, debts and SMS owed end by it, on
 * every gateway by its own (docs/custody.md).
 */
#ifndef WARUNG_GATEWAY_CLOCK_WATCH_H
#define WARUNG_GATEWAY_CLOCK_WATCH_H

#include "base/timer.h"

struct clock_watch;

struct clock_watch *clock_watch_new(struct timer_queue *timers);
void clock_watch_free(struct clock_watch *w);

#endif
