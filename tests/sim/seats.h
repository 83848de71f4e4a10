/*
 * The one training that subscribers of the simulator join and leave: its seats are conserved.
 */
#ifndef WARUNG_SIM_SEATS_H
#define WARUNG_SIM_SEATS_H

#include "merchants/merchant.h"
#include "sessions/memory_data.h"
#include "sessions/vault.h"
#include "tests/sim/smsc.h"

/* Plans it, for w->seats. */
void seats_plan(struct world *w, struct memory_data *data);

struct seats {
    const struct world *world;
    struct trainings trainings;
};

/* The check at the end: begin, each subscriber's record, end. */
void seats_begin(struct seats *s, const struct world *w, struct memory_data *data,
                 struct vault *vault);
void seats_compare(struct seats *s, const char *msisdn, const struct subscriber *record,
                   enum seat_belief belief);
void seats_end(const struct seats *s);

#endif
