#include "base/fsm.h"

#include "base/log.h"

#include <assert.h>

const char *fsm_state_name(const struct fsm_table *table, unsigned state)
{
    assert(state < table->state_count);
    return table->states[state].name;
}

bool fsm_accepts(const struct fsm_table *table, unsigned state, unsigned event)
{
    assert(state < table->state_count && event < 32);
    return (table->states[state].events & FSM_BIT(event)) != 0;
}

void fsm_enter(const struct fsm_table *table, unsigned *state, unsigned next, const char *who,
               const char *reason)
{
    assert(*state < table->state_count && next < table->state_count);
    assert((table->states[*state].next & FSM_BIT(next)) != 0);
    log_debug("fsm.state", LOG_S("machine", table->name), LOG_S("who", who),
              LOG_S("old", table->states[*state].name), LOG_S("new", table->states[next].name),
              LOG_S("reason", reason));
    *state = next;
}
