/*
 * How long the programme keeps what: a value for the configuration and the turn engine.
 */
#ifndef WARUNG_MERCHANTS_PERIODS_H
#define WARUNG_MERCHANTS_PERIODS_H

#include <stdint.h>

/* In milliseconds; 0 = for ever. The rest is fixed by what texts promise. */
struct programme_periods {
    int64_t draft_ms;    /* since it was begun */
    int64_t approved_ms; /* since the decision */
    int64_t rejected_ms;
    int64_t cancelled_ms; /* since the merchant did so */
    int64_t ticket_ms;    /* that nobody has closed, since it was asked for */
    int64_t other_ms;     /* a number without a registration: since it is known */
};
struct programme_periods programme_periods_default(void);

#endif
