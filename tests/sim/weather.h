/*
 * What befalls the whole simulated world: the store gets slow, fails over, the menu changes.
 *
 * A fail-over loses what the replica lacks, but nothing that a gateway was told to be done, as WAIT
 * has it: while commits are made that will be lost, nobody gets an OK, though loads see them.
 */
#ifndef WARUNG_SIM_WEATHER_H
#define WARUNG_SIM_WEATHER_H

#include "sessions/memory_data.h"
#include "tests/sim/mail.h"
#include "tests/sim/node.h"
#include "tests/sim/officer.h"

struct weather;

struct weather *weather_new(struct world *w, struct memory_data *data, struct mail *mail,
                            struct node **nodes, unsigned node_count,
                            const struct officer *officer);
/* How many gateways have the lease of the binds, where they are exclusive. */
unsigned weather_leases(const struct weather *weather);
/* Ends it: what is broken gets well, nothing more breaks. */
void weather_calm(struct weather *weather);
void weather_free(struct weather *weather);

#endif
