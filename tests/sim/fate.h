/*
 * What network and servers do to each request of the simulated store.
 */
#ifndef WARUNG_SIM_FATE_H
#define WARUNG_SIM_FATE_H

#include "sessions/store_memory.h"
#include "tests/sim/world.h"

/* Of whoever can reach it, or is cut off. */
struct store_memory_fate fate_choose(struct world *w, bool is_cut, enum store_memory_call call);

#endif
