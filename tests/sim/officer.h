/*
 * An officer of the simulator: decides on registrations and erases subscribers as warungctl does,
 * while gateways and subscribers go on. What he was told to be done must be so at the end.
 */
#ifndef WARUNG_SIM_OFFICER_H
#define WARUNG_SIM_OFFICER_H

#include "merchants/merchant.h"
#include "sessions/memory_data.h"
#include "tests/sim/smsc.h"
#include "tests/sim/world.h"

struct officer;

struct officer_counters {
    uint64_t decisions, erasures, called_off; /* trainings */
};

struct officer *officer_new(struct world *w, struct memory_data *data, struct smsc *smsc);
/* One command, on any subscriber; the world goes on meanwhile. */
void officer_work(struct officer *o);
/* What was begun is ended; the weather is calm. */
void officer_finish(struct officer *o);
/* Requests to the store that are under way. */
size_t officer_pending(const struct officer *o);
const struct officer_counters *officer_counters(const struct officer *o);
/* What is stored of a subscriber, against what he was told; and, where SMS had days to come, that
 * the subscriber was told of the last decision. */
void officer_compare(const struct officer *o, unsigned i, const struct subscriber *record,
                     bool comes_by_sms);
/* The number of the training that he has planned last (tests/sim/seats.h). */
unsigned officer_training(const struct officer *o);
void officer_free(struct officer *o);

#endif
