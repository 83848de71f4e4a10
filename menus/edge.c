#include "menus/edge.h"

#include <string.h>

/* Do answers of the screen that name no target lead to its own? */
static bool has_answer(const struct menu_screen *screen)
{
    return screen->kind == MENU_SCREEN_ASK && screen->asks;
}

static void emit(menu_edge_fn *fn, void *ctx, struct menu_edge edge)
{
    if (edge.to.kind != MENU_TO_NOWHERE)
        fn(ctx, &edge);
}

/* In a flow: every step that may come next, up to the first that is always there. */
static void emit_natural(const struct menu *menu, const struct menu_screen *s,
                         enum menu_edge_kind kind, menu_edge_fn *fn, void *ctx)
{
    struct menu_edge edge = {.kind = kind, .from = s, .to = s->to, .line = s->line};
    const struct menu_flow *flow;

    if (s->to.kind != MENU_TO_NOWHERE || s->flow == MENU_NONE) {
        emit(fn, ctx, edge);
        return;
    }
    flow = &menu->flows[s->flow];
    for (unsigned i = s->flow_step + 1u; i < flow->step_count; i++) {
        edge.to = (struct menu_target){MENU_TO_SCREEN, flow->steps[i]};
        fn(ctx, &edge);
        if (menu->screens[flow->steps[i]].when == NULL)
            return;
    }
}

static void emit_then(const struct menu_screen *s, const struct menu_effect *effect, uint32_t line,
                      menu_edge_fn *fn, void *ctx)
{
    if (effect->then != MENU_NONE)
        fn(ctx, &(struct menu_edge){.kind = MENU_EDGE_THEN,
                                    .from = s,
                                    .to = {MENU_TO_SCREEN, effect->then},
                                    .line = line});
}

static void emit_shown(const struct menu_screen *s, menu_edge_fn *fn, void *ctx)
{
    for (unsigned i = 0; i < s->choice_count; i++) {
        const struct menu_choice *c = &s->choices[i];

        emit(fn, ctx,
             (struct menu_edge){.kind = MENU_EDGE_CHOICE,
                                .from = s,
                                .to = c->to,
                                .label = c->label,
                                .is_correction = c->effect.then != MENU_NONE,
                                .line = c->line});
        emit_then(s, &c->effect, c->line, fn, ctx);
    }
    emit(fn, ctx,
         (struct menu_edge){.kind = MENU_EDGE_NEXT, .from = s, .to = s->next, .line = s->line});
    if (s->back == MENU_BACK_OTHER)
        emit(fn, ctx,
             (struct menu_edge){.kind = MENU_EDGE_BACK,
                                .from = s,
                                .to = s->back_to,
                                .label = s->back_label,
                                .line = s->line});
}

void menu_edges_of(const struct menu *menu, const struct menu_screen *screen, menu_edge_fn *fn,
                   void *ctx)
{
    const struct menu_screen *s = screen;

    if (s->kind == MENU_SCREEN_ASK)
        emit_shown(s, fn, ctx);
    if (has_answer(s))
        emit_natural(menu, s, MENU_EDGE_ANSWER, fn, ctx);
    if (s->when != NULL)
        emit_natural(menu, s, MENU_EDGE_PASS, fn, ctx);
    for (unsigned i = 0; i < s->result_count; i++) {
        const struct menu_result *r = &s->results[i];

        emit(fn, ctx,
             (struct menu_edge){.kind = MENU_EDGE_RESULT,
                                .from = s,
                                .to = r->to,
                                .word = r->word,
                                .is_refusal = r->refuse != MENU_NONE,
                                .line = r->line});
        emit_then(s, &r->effect, r->line, fn, ctx);
    }
    for (unsigned i = 0; i < s->route_count; i++)
        emit(
            fn, ctx,
            (struct menu_edge){.kind = MENU_EDGE_ROUTE,
                               .from = s,
                               .to = s->routes[i].to,
                               .word = s->routes[i].when != NULL ? s->routes[i].when->text : "else",
                               .line = s->routes[i].line});
}

bool menu_edge_is_shown(const struct menu_edge *edge, const struct menu_screen *to)
{
    return edge->kind == MENU_EDGE_ROUTE && to->when != NULL &&
           (to->kind == MENU_SCREEN_ASK || to->kind == MENU_SCREEN_END) &&
           strcmp(edge->word, to->when->text) == 0;
}

struct acting {
    const struct menu *menu;
    bool acts;
};

static void follow_unasked(void *ctx, const struct menu_edge *edge)
{
    struct acting *a = ctx;
    const struct menu_screen *to;

    if ((edge->kind != MENU_EDGE_ROUTE && edge->kind != MENU_EDGE_PASS) ||
        edge->to.kind != MENU_TO_SCREEN)
        return;
    to = &a->menu->screens[edge->to.index];
    a->acts = a->acts || (!menu_edge_is_shown(edge, to) && menu_acts_at_once(a->menu, to));
}

/* These ways lead in no circle: the check has followed them, too. */
bool menu_acts_at_once(const struct menu *menu, const struct menu_screen *screen)
{
    struct acting a = {menu, screen->kind == MENU_SCREEN_ACTION && !screen->is_entry};

    if (!a.acts)
        menu_edges_of(menu, screen, follow_unasked, &a);
    return a.acts;
}
