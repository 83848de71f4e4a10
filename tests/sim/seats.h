/*
 * The one training that subscribers of the simulator join and leave: its seats are conserved. Its
 * place has its number: another that takes the place of one that is called off has the next.
 */
#ifndef WARUNG_SIM_SEATS_H
#define WARUNG_SIM_SEATS_H

#include "merchants/merchant.h"
#include "sessions/memory_data.h"
#include "sessions/vault.h"
#include "tests/sim/phone.h"

#define SEATS_FIRST_ID "L1"

/* One with w->seats. */
struct training seats_make(const struct world *w, unsigned number);
/* Plans the first. */
void seats_plan(struct world *w, struct memory_data *data);

struct seats {
    const struct world *world;
    struct trainings trainings;
};

/* The check at the end: begin, with the number of the training that there is to be, each
 * subscriber's record, end. */
void seats_begin(struct seats *s, const struct world *w, struct memory_data *data,
                 struct vault *vault, unsigned number);
void seats_compare(struct seats *s, const struct phone *phone, const struct subscriber *record,
                   bool comes_by_sms);
void seats_end(const struct seats *s);

#endif
