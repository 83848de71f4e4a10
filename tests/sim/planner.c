#include "tests/sim/planner.h"

#include "gateway/ctl/planning.h"
#include "tests/sim/seats.h"

void planner_init(struct planner *p, struct world *w, struct dossier *d)
{
    *p = (struct planner){.world = w, .dossier = d, .number = 1};
    text_copy(p->id, sizeof(p->id), SEATS_FIRST_ID);
}

static enum ctl_status call_off(struct planner *p)
{
    bool was_there;
    unsigned told;
    enum ctl_status status = planning_call_off(p->dossier, p->id, &was_there, &told);

    p->called_off += status == CTL_DONE;
    return status;
}

static enum ctl_status plan(struct planner *p)
{
    struct training next = seats_make(p->world, p->number + 1);
    enum ctl_status status = planning_add(p->dossier, &next, p->id);

    p->number += status == CTL_DONE;
    return status;
}

static enum ctl_status announce(struct planner *p)
{
    uint64_t begun_ms = p->world->timers.now_ms;
    unsigned told;
    enum ctl_status status = planning_announce(p->dossier, &told);

    if (status == CTL_DONE)
        p->announced_ms = begun_ms;
    return status;
}

void planner_work(struct planner *p)
{
    static enum ctl_status (*const works[])(struct planner *) = {call_off, plan, announce};
    enum ctl_status status = works[p->next](p);

    world_tell(p->world, "training %u, %s: work %u, status %d", p->number, p->id, p->next,
               (int)status);
    p->is_begun = p->next != sizeof(works) / sizeof(works[0]) - 1 || status != CTL_DONE;
    if (status == CTL_DONE)
        p->next = p->is_begun ? p->next + 1 : 0;
    p->dossier->is_bulk = false;
}

void planner_finish(struct planner *p)
{
    while (p->is_begun)
        planner_work(p);
}
