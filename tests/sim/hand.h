/*
 * A command's hand on the simulated store: gateway/ctl/hand.h with the world going on while it
 * waits, so that gateway/ctl/dossier.c works as it is.
 */
#ifndef WARUNG_SIM_HAND_H
#define WARUNG_SIM_HAND_H

#include "gateway/ctl/hand.h"
#include "sessions/memory_data.h"
#include "tests/sim/world.h"

struct hand *sim_hand_new(struct world *w, struct memory_data *data);
/* Its requests under way: one that nobody waits for any more may be. */
size_t sim_hand_pending(const struct hand *h);

#endif
