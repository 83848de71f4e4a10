/*
 * The shipped menu in two versions, in a real router that all simulated gateways share.
 */
#ifndef WARUNG_SIM_MENUS_H
#define WARUNG_SIM_MENUS_H

#include "gateway/router.h"

struct sim_menus {
    struct router *router;
    struct releases versions[2]; /* each says that it is in force */
};

/* False when the menu cannot be read; each fault is printed. */
bool sim_menus_load(struct sim_menus *m);
/* For new dials; dialogues stay with what they began with. */
void sim_menus_put_in_force(const struct sim_menus *m, unsigned version);
void sim_menus_free(struct sim_menus *m);

#endif
