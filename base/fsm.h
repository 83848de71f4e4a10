/*
 * State machines as checked tables.
 *
 * A machine is a const table: one row a state, with its name, the events it accepts and the states
 * that may follow, as bit masks. fsm_enter() is the only way to change a state: an unlisted change
 * is a bug and aborts. fsm_accepts() lets the owner refuse an event that the state does not take.
 */
#ifndef WARUNG_BASE_FSM_H
#define WARUNG_BASE_FSM_H

#include <stdbool.h>
#include <stdint.h>

#define FSM_BIT(n) (UINT32_C(1) << (n))

struct fsm_state {
    const char *name;
    uint32_t events; /* FSM_BIT(event) of each event taken in this state */
    uint32_t next;   /* FSM_BIT(state) of each state that may follow */
};

struct fsm_table {
    const char *name; /* of the machine */
    const struct fsm_state *states;
    unsigned state_count;
};

/* At most 32 states and 32 events. The change is logged as fsm.state (debug level); `who` names
 * the object. */
void fsm_enter(const struct fsm_table *table, unsigned *state, unsigned next, const char *who,
               const char *reason);
bool fsm_accepts(const struct fsm_table *table, unsigned state, unsigned event);
const char *fsm_state_name(const struct fsm_table *table, unsigned state);

#endif
