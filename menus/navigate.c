#include "menus/run.h"

#include <string.h>

enum { HOPS_MAX = 64 };

static uint16_t index_of(const struct menu *menu, const struct menu_screen *screen)
{
    return (uint16_t)(screen - menu->screens);
}

static struct menu_target to_screen(uint16_t index)
{
    return (struct menu_target){MENU_TO_SCREEN, index};
}

static bool is_step_there(const struct menu_view *view, const struct menu_flow *flow, unsigned i)
{
    return menu_view_holds(view, view->menu->screens[flow->steps[i]].when);
}

/* Is there nothing to choose from a list? It is below "Other", which is no row, or below what a
 * correction that was given up has taken away: the flow passes it over. */
static bool is_barren(const struct menu_view *view, const struct menu_screen *screen)
{
    return screen->question.kind == MENU_QUESTION_LIST && screen->choice_count == 0 &&
           menu_list_rows(view, &screen->question) == NULL;
}

struct menu_target menu_natural_target(const struct menu_view *view,
                                       const struct menu_screen *screen)
{
    const struct menu_flow *flow;

    if (screen->to.kind != MENU_TO_NOWHERE || screen->flow == MENU_NONE)
        return screen->to;
    flow = &view->menu->flows[screen->flow];
    for (unsigned i = screen->flow_step + 1u; i < flow->step_count; i++)
        if (is_step_there(view, flow, i) && !is_barren(view, &view->menu->screens[flow->steps[i]]))
            return to_screen(flow->steps[i]);
    return (struct menu_target){MENU_TO_MAIN, 0};
}

/* Is it a row that the list has now? A draft may be older than the menu's tables. */
static bool is_row(const struct menu_view *view, const struct menu_question *q, const char *code)
{
    const struct menu_table *table = &view->menu->tables[q->table];
    const struct menu_row *row = menu_table_find(table, code);
    const struct menu_row_group *group = menu_list_rows(view, q);

    return row != NULL && group != NULL && row >= &table->rows[group->first] &&
           row < &table->rows[group->first + group->count];
}

/* Does it set this value? One that is filled in may have been any. */
static bool sets_value(const struct menu_view *view, const struct menu_effect *effect,
                       uint16_t field, const char *answer)
{
    for (unsigned i = 0; i < effect->set_count; i++) {
        const struct menu_set *set = &effect->sets[i];
        char value[MENU_VALUE_BYTES];

        if (set->field != field)
            continue;
        if (!set->value.is_fixed)
            return true;
        menu_template_raw(view, &set->value, value);
        if (strcmp(value, answer) == 0)
            return true;
    }
    return false;
}

static bool takes_answer(const struct menu_view *view, const struct menu_question *q,
                         uint16_t field, const char *answer)
{
    return q->field == field && (q->kind == MENU_QUESTION_INPUT ||
                                 (q->kind == MENU_QUESTION_LIST && is_row(view, q, answer)));
}

/* Can the screen, or a choice or result of it, have given this answer? */
static bool gives_answer(const struct menu_view *view, const struct menu_screen *screen,
                         uint16_t field, const char *answer)
{
    bool gives = takes_answer(view, &screen->question, field, answer);

    for (unsigned i = 0; i < screen->choice_count && !gives; i++)
        gives = sets_value(view, &screen->choices[i].effect, field, answer);
    for (unsigned i = 0; i < screen->result_count && !gives; i++)
        gives = sets_value(view, &screen->results[i].effect, field, answer);
    return gives;
}

/* Can the screen have it, or else what answers in its place ("1. Skip", "Other" and a screen where
 * it is typed, an SMS)? */
static bool is_answer_of(const struct menu_view *view, const struct menu_screen *screen,
                         uint16_t field, const char *answer)
{
    const struct menu *menu = view->menu;
    bool is_given = gives_answer(view, screen, field, answer);

    for (unsigned i = 0; i < menu->screen_count && !is_given; i++)
        is_given = gives_answer(view, &menu->screens[i], field, answer);
    for (unsigned i = 0; i < menu->keyword_count && !is_given; i++) {
        const struct menu_keyword *k = &menu->keywords[i];

        is_given = sets_value(view, &k->effect, field, answer);
        for (unsigned p = 0; p < k->part_count && !is_given; p++)
            is_given = takes_answer(view, &k->parts[p], field, answer);
    }
    return is_given;
}

/* Has the question of a flow's step been answered? A screen without a field (the review) never. */
static bool is_answered(const struct menu_view *view, const struct menu_screen *screen)
{
    uint16_t field = screen->question.field;
    const char *answer;

    if (screen->question.kind == MENU_QUESTION_NONE) {
        field = MENU_NONE;
        for (unsigned i = 0; i < screen->choice_count && field == MENU_NONE; i++)
            if (screen->asks && screen->choices[i].effect.set_count > 0)
                field = screen->choices[i].effect.sets[0].field;
    }
    answer =
        field != MENU_NONE ? menu_state_answer(view->state, view->menu->fields[field].name) : NULL;
    return answer != NULL && (screen->question.kind == MENU_QUESTION_INPUT ||
                              is_answer_of(view, screen, field, answer));
}

uint16_t menu_draft_question(const struct menu_view *view, unsigned *step, unsigned *steps)
{
    const struct menu *menu = view->menu;
    const struct menu_screen *kept;
    const struct menu_flow *flow;
    uint16_t found = MENU_NONE;
    unsigned count = 0;

    if (view->state == NULL || !view->state->has_draft || !menu->begins_drafts ||
        menu->flow_count == 0)
        return MENU_NONE;
    kept = menu_find_screen(menu, view->state->draft_screen);
    flow = &menu->flows[kept != NULL && kept->flow != MENU_NONE ? kept->flow : 0];
    for (unsigned i = 0; i < flow->step_count; i++) {
        if (!is_step_there(view, flow, i))
            continue;
        count++;
        if (found == MENU_NONE && !is_barren(view, &menu->screens[flow->steps[i]]) &&
            !is_answered(view, &menu->screens[flow->steps[i]])) {
            found = flow->steps[i];
            if (step != NULL)
                *step = count;
        }
    }
    if (steps != NULL)
        *steps = count;
    return found;
}

void menu_count_steps(struct menu_view *view, const struct menu_screen *screen)
{
    const struct menu_flow *flow;

    view->step = view->steps = view->draft_step = 0;
    if (screen->shows_draft)
        menu_draft_question(view, &view->draft_step, &view->steps);
    if (screen->flow == MENU_NONE)
        return;
    flow = &view->menu->flows[screen->flow];
    view->steps = 0;
    for (unsigned i = 0; i < flow->step_count; i++) {
        if (is_step_there(view, flow, i))
            view->steps++;
        if (i == screen->flow_step)
            view->step = view->steps;
    }
}

static void push_back(struct menu_state *state, const char *name)
{
    if (state->back_count == MENU_BACK_MAX) {
        memmove(state->back[0], state->back[1], (MENU_BACK_MAX - 1) * sizeof(state->back[0]));
        state->back_count--;
    }
    text_copy(state->back[state->back_count++], MENU_NAME_BYTES, name);
}

/* Going forward to a screen one has come from is going back to it: the way does not grow in
 * circles. Not so a question that is corrected from the review: its `0` leads back there. */
static void move_to(struct menu_state *state, const char *name, bool is_back)
{
    if (strcmp(state->screen, name) == 0)
        return;
    for (unsigned i = 0; i < state->back_count && state->then[0] == '\0'; i++)
        if (strcmp(state->back[i], name) == 0) {
            state->back_count = (uint8_t)i;
            is_back = true;
            break;
        }
    if (!is_back && state->screen[0] != '\0')
        push_back(state, state->screen);
    text_copy(state->screen, MENU_NAME_BYTES, name);
}

static enum menu_arrival show(struct menu_run *run, const struct menu_screen *screen, bool is_back)
{
    struct menu_state *state = run->state;

    run->screen = screen;
    if (run->is_sms)
        return MENU_ARRIVED_END;
    if (strcmp(state->then, screen->name) == 0)
        state->then[0] = '\0'; /* the correction is over, or was given up */
    move_to(state, screen->name, is_back);
    state->is_open = true;
    if (!run->is_refusal) {
        state->page = 0;
        state->errors = 0;
        state->is_tight = false;
    }
    if (!screen->asks)
        state->then[0] = '\0';
    if (state->has_draft && run->menu->begins_drafts && screen->flow != MENU_NONE &&
        state->then[0] == '\0')
        text_copy(state->draft_screen, MENU_NAME_BYTES, screen->name);
    return screen->kind == MENU_SCREEN_END ? MENU_ARRIVED_END : MENU_ARRIVED_ASK;
}

static enum menu_arrival act(struct menu_run *run, const struct menu_screen *screen)
{
    struct menu_pending *pending = &run->state->pending;

    pending->is_on = true;
    pending->is_sms = run->is_sms;
    pending->was_invalid = run->outcome->was_invalid;
    pending->was_back = run->outcome->was_back;
    pending->keyword =
        run->keyword != NULL ? (uint16_t)(run->keyword - run->menu->keywords + 1) : 0;
    pending->action_count++;
    text_copy(pending->screen, sizeof(pending->screen), screen->name);
    run->screen = screen;
    return MENU_ARRIVED_ACTION;
}

static enum menu_arrival end_with(struct menu_run *run, uint16_t index)
{
    const struct menu_text *text = &run->menu->texts[index];

    if (!run->is_sms && menu_template_units(&run->view, menu_view_template(&run->view, text)) >
                            menu_limit_of(run->menu, run->limits, run->view.language))
        return show(run, &run->menu->text_screens[index], false);
    run->screen = NULL;
    run->text = text;
    return MENU_ARRIVED_END;
}

struct menu_target menu_busy_target(const struct menu_run *run)
{
    return (struct menu_target){MENU_TO_TEXT,
                                run->state->has_draft ? run->menu->busy : run->menu->busy_fresh};
}

static enum menu_arrival end_busy(struct menu_run *run)
{
    return end_with(run, menu_busy_target(run).index);
}

/* A draft goes on at its question; the questions before it are what `0` goes back to. */
static struct menu_target resume(struct menu_run *run)
{
    struct menu_state *state = run->state;
    uint16_t question = menu_draft_question(&run->view, NULL, NULL);
    const struct menu_flow *flow;
    const struct menu_screen *screen;

    if (question == MENU_NONE)
        return (struct menu_target){MENU_TO_MAIN, 0};
    screen = &run->menu->screens[question];
    flow = &run->menu->flows[screen->flow];
    state->back_count = 0;
    state->screen[0] = '\0';
    push_back(state, run->menu->screens[run->menu->start].name);
    for (unsigned i = 0; i < screen->flow_step; i++)
        if (is_step_there(&run->view, flow, i) &&
            !is_barren(&run->view, &run->menu->screens[flow->steps[i]]))
            push_back(state, run->menu->screens[flow->steps[i]].name);
    return to_screen(question);
}

/* The screen before, or the way out when there is none. */
static struct menu_target step_back(struct menu_run *run)
{
    const struct menu_screen *start = &run->menu->screens[run->menu->start];
    struct menu_state *state = run->state;

    while (state->back_count > 0) {
        const struct menu_screen *screen =
            menu_find_screen(run->menu, state->back[--state->back_count]);

        if (screen != NULL && menu_view_holds(&run->view, screen->when) &&
            !is_barren(&run->view, screen))
            return to_screen(index_of(run->menu, screen));
    }
    if (run->menu->exit.kind != MENU_TO_NOWHERE &&
        (start->kind != MENU_SCREEN_ASK || strcmp(state->screen, start->name) == 0))
        return run->menu->exit;
    return (struct menu_target){MENU_TO_MAIN, 0};
}

static struct menu_target take_route(const struct menu_run *run, const struct menu_screen *screen)
{
    for (unsigned i = 0; i < screen->route_count; i++)
        if (menu_view_holds(&run->view, screen->routes[i].when))
            return screen->routes[i].to;
    return (struct menu_target){MENU_TO_MAIN, 0};
}

static void start_over(struct menu_state *state)
{
    state->back_count = 0;
    state->screen[0] = '\0';
    state->then[0] = '\0';
}

enum menu_arrival menu_navigate(struct menu_run *run, struct menu_target target)
{
    bool is_back = false;

    for (unsigned hops = 0; hops < HOPS_MAX; hops++) {
        const struct menu_screen *screen;

        switch (target.kind) {
        case MENU_TO_TEXT:
            return end_with(run, target.index);
        case MENU_TO_SILENT:
            return MENU_ARRIVED_SILENT;
        case MENU_TO_SAME:
            return MENU_ARRIVED_ASK;
        case MENU_TO_BACK:
            target = step_back(run);
            is_back = true;
            continue;
        case MENU_TO_DRAFT:
            target = resume(run);
            continue;
        case MENU_TO_NOWHERE:
        case MENU_TO_MAIN:
            start_over(run->state);
            target = to_screen(run->menu->start);
            continue;
        case MENU_TO_SCREEN:
            break;
        }
        screen = &run->menu->screens[target.index];
        if (!menu_view_holds(&run->view, screen->when))
            target = menu_natural_target(&run->view, screen);
        else if (screen->kind == MENU_SCREEN_ROUTE)
            target = take_route(run, screen);
        else if (screen->kind != MENU_SCREEN_ACTION)
            return show(run, screen, is_back);
        else if (run->state->pending.action_count < MENU_STEP_ACTIONS_MAX)
            return act(run, screen);
        else
            return end_busy(run);
    }
    return end_busy(run);
}

/* What was chosen from a list of the answer that is gone, and so on. */
static void forget_below(struct menu_run *run, uint16_t field)
{
    const struct menu *menu = run->menu;

    for (uint16_t i = 0; i < menu->field_count; i++)
        if (menu->fields[i].parent == field &&
            menu_state_answer(run->state, menu->fields[i].name) != NULL) {
            menu_state_remove_answer(run->state, menu->fields[i].name);
            forget_below(run, i);
        }
}

bool menu_keep_answer(struct menu_run *run, uint16_t field, const char *value)
{
    const struct menu *menu = run->menu;
    const char *name = menu->fields[field].name;
    const char *before = menu_state_answer(run->state, name);

    if (before != NULL && strcmp(before, value) == 0)
        return true;
    if (!menu_state_set_answer(run->state, name, value))
        return false;
    forget_below(run, field);
    return true;
}

/* The consent: what was agreed to stays with the draft, whichever version or language it is
 * finished in. */
static void begin_draft(struct menu_run *run)
{
    struct menu_state *state = run->state;

    if (state->has_draft)
        return;
    state->has_draft = true;
    state->draft_since_ms = run->event->now_ms;
    memcpy(state->draft_menu_id, run->menu->id, sizeof(state->draft_menu_id));
    text_copy(state->draft_language, sizeof(state->draft_language),
              run->menu->languages[run->view.language].code);
}

/* Forgets the answers, keeps the consent. */
static void restart_draft(struct menu_state *state)
{
    int64_t since_ms = state->draft_since_ms;
    bool is_nudged = state->is_nudged;
    uint8_t id[MENU_ID_BYTES];
    char language[MENU_NAME_BYTES];

    if (!state->has_draft)
        return;
    memcpy(id, state->draft_menu_id, sizeof(id));
    memcpy(language, state->draft_language, sizeof(language));
    menu_state_clear_draft(state);
    state->has_draft = true;
    state->draft_since_ms = since_ms;
    state->is_nudged = is_nudged;
    memcpy(state->draft_menu_id, id, sizeof(id));
    memcpy(state->draft_language, language, sizeof(language));
}

static void change_draft(struct menu_run *run, enum menu_draft_change change)
{
    switch (change) {
    case MENU_DRAFT_KEEP:
        break;
    case MENU_DRAFT_BEGIN:
        begin_draft(run);
        break;
    case MENU_DRAFT_DROP:
        menu_state_clear_draft(run->state);
        break;
    case MENU_DRAFT_RESTART:
        restart_draft(run->state);
        break;
    }
}

static bool set_answers(struct menu_run *run, const struct menu_effect *effect)
{
    struct menu_state before;
    char value[MENU_VALUE_BYTES];

    if (effect->set_count != 0)
        before = *run->state;
    change_draft(run, effect->draft);
    for (unsigned i = 0; i < effect->set_count; i++) {
        menu_template_raw(&run->view, &effect->sets[i].value, value);
        if (menu_keep_answer(run, effect->sets[i].field, value))
            continue;
        *run->state = before;
        return false;
    }
    return true;
}

bool menu_apply(struct menu_run *run, const struct menu_effect *effect)
{
    const struct menu *menu = run->menu;

    if (!set_answers(run, effect))
        return false;
    if (effect->language != MENU_NONE) {
        text_copy(run->state->language, MENU_NAME_BYTES, menu->languages[effect->language].code);
        run->view.language = effect->language;
    }
    if (effect->then != MENU_NONE && !run->is_sms) /* a dialogue may be open: it is not its own */
        text_copy(run->state->then, MENU_NAME_BYTES, menu->screens[effect->then].name);
    return true;
}

struct menu_target menu_refuse(struct menu_run *run, const struct menu_screen *screen,
                               const struct menu_text *error)
{
    struct menu_state *state = run->state;

    run->outcome->was_invalid = true;
    if (strcmp(state->screen, screen->name) != 0) { /* of an action: back on an earlier screen */
        state->page = 0;
        state->errors = 0;
        state->is_tight = false;
    }
    if (++state->errors >= screen->attempts)
        return state->has_draft ? run->menu->too_many : run->menu->too_many_fresh;
    run->error = error;
    run->is_refusal = true;
    return to_screen(index_of(run->menu, screen));
}
