/*
 * The ways that lead from a screen to others: for the check, the graph and pushes.
 */
#ifndef WARUNG_MENUS_EDGE_H
#define WARUNG_MENUS_EDGE_H

#include "menus/model.h"

enum menu_edge_kind {
    MENU_EDGE_CHOICE,
    MENU_EDGE_ANSWER, /* the screen's own `to`, or the flow's next step */
    MENU_EDGE_NEXT,
    MENU_EDGE_BACK, /* a back line with a target of its own */
    MENU_EDGE_RESULT,
    MENU_EDGE_ROUTE,
    MENU_EDGE_THEN, /* where a correction goes on */
    MENU_EDGE_PASS, /* the screen's condition does not hold */
};

struct menu_edge {
    enum menu_edge_kind kind;
    const struct menu_screen *from;
    struct menu_target to;
    const struct menu_text *label; /* CHOICE, BACK: else NULL */
    const char *word;              /* RESULT: its word; ROUTE: its condition; else NULL */
    bool is_refusal;               /* RESULT that shows a screen again */
    bool is_correction;            /* CHOICE that comes back by a THEN */
    uint32_t line;
};
typedef void menu_edge_fn(void *ctx, const struct menu_edge *edge);

void menu_edges_of(const struct menu *menu, const struct menu_screen *screen, menu_edge_fn *fn,
                   void *ctx);

/* Led to under its very own condition, a screen is shown, not passed over. */
bool menu_edge_is_shown(const struct menu_edge *edge, const struct menu_screen *to);

/* Can coming to it carry out an action, at once or where it is passed over, that is no entry? */
bool menu_acts_at_once(const struct menu *menu, const struct menu_screen *screen);

#endif
