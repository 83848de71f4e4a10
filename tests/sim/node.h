/*
 * One simulated gateway: the real link, dialect, turn, menu and outbox code on the world's clock,
 * network and store. It can be killed at any moment and comes back as a new incarnation.
 */
#ifndef WARUNG_SIM_NODE_H
#define WARUNG_SIM_NODE_H

#include "gateway/turn/turn.h"
#include "menus/menu.h"
#include "sessions/memory_data.h"
#include "tests/sim/network.h"

struct node;

struct node *node_new(struct world *w, unsigned number, struct network *network,
                      struct memory_data *data);
/* Requests of its store's that are not over. */
size_t node_store_pending(const struct node *n);
/* Begins no more of its faults, so that what is owed can be finished; what is under way ends. */
void node_spare(struct node *n);
void counters_add(struct turn_counters *sum, const struct turn_counters *c);
/* Of all incarnations. */
struct turn_counters node_counters(const struct node *n);
/* Where binds are exclusive: it may use them now. */
bool node_has_lease(const struct node *n);
unsigned node_crashes(const struct node *n);
void node_free(struct node *n);

#endif
