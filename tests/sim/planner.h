/*
 * An officer of the simulator who calls the training off that subscribers join, plans another, and
 * tells who asked for that, by gateway/ctl/planning.h: a command that does not come through is
 * given again.
 */
#ifndef WARUNG_SIM_PLANNER_H
#define WARUNG_SIM_PLANNER_H

#include "gateway/ctl/dossier.h"
#include "tests/sim/world.h"

struct planner {
    struct world *world;
    struct dossier *dossier;
    unsigned next;              /* command */
    bool is_begun;              /* the others are to follow */
    char id[TRAINING_ID_BYTES]; /* of the one that there is */
    unsigned number;
    uint64_t announced_ms; /* who had asked then has been told; 0 = never */
    unsigned called_off;   /* so many times */
};

/* Works with the officer's dossier; the first training is there. */
void planner_init(struct planner *p, struct world *w, struct dossier *d);
/* The next command. */
void planner_work(struct planner *p);
/* Ends what was begun; the weather is calm. */
void planner_finish(struct planner *p);

#endif
