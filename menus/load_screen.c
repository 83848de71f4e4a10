#include "menus/loader.h"

#include <string.h>

static const char *const screen_keys[] = {
    "text",    "more",  "choices", "input",    "list", "to",    "next",  "back",  "end", "action",
    "results", "route", "when",    "attempts", "like", "group", "entry", "first", NULL};

/* --- names -------------------------------------------------------------------------------- */

static void load_name(struct menu_loader *l, config_setting_t *setting)
{
    struct menu *menu = l->menu;
    const char *name = menu_model_strdup(menu, config_setting_name(setting));
    struct menu_screen *screen = &menu->screens[menu->screen_count];

    menu_load_is_name(l, setting, name, "screen's name");
    if (menu_index_find(&menu->text_index, name) != MENU_NONE) {
        menu_load_fault(l, setting, "%s is already the name of a text or message", name);
        l->text_is_used[menu_index_find(&menu->text_index, name)] = true;
    }
    screen->name = name;
    screen->line = menu_load_line(setting);
    screen->flow = MENU_NONE;
    screen->question.field = MENU_NONE;
    menu_index_add(&menu->screen_index, name, menu->screen_count++);
    if (!config_setting_is_group(setting))
        menu_load_fault(l, setting, "a screen is a group: %s = { text = ...; }", name);
    else
        menu_load_check_keys(l, setting, "a screen", screen_keys);
}

void menu_load_screen_names(struct menu_loader *l)
{
    struct menu *menu = l->menu;
    int count;

    l->screens = menu_load_member(l, l->root, "screens", CONFIG_TYPE_GROUP, true);
    count = l->screens != NULL ? config_setting_length(l->screens) : 0;
    menu->screens = menu_model_alloc(menu, ((size_t)count + 1) * sizeof(*menu->screens));
    menu_index_build(menu, &menu->screen_index, (size_t)count);
    for (int i = 0; i < count; i++)
        load_name(l, config_setting_get_elem(l->screens, (unsigned)i));
}

/* A screen's own member, or that of the screen it is like. */
static config_setting_t *screen_member(struct menu_loader *l, config_setting_t *screen,
                                       const char *key)
{
    for (unsigned depth = 0; depth < MENU_LIKE_DEPTH_MAX; depth++) {
        config_setting_t *member, *like;

        if (screen == NULL || !config_setting_is_group(screen))
            return NULL;
        member = config_setting_get_member(screen, key);
        if (member != NULL)
            return member;
        like = config_setting_get_member(screen, "like");
        if (like == NULL || config_setting_type(like) != CONFIG_TYPE_STRING)
            return NULL;
        screen = config_setting_get_member(l->screens, config_setting_get_string(like));
    }
    return NULL;
}

static void check_like(struct menu_loader *l, config_setting_t *screen)
{
    config_setting_t *at = screen, *like = NULL;

    if (!config_setting_is_group(screen) || menu_load_screen_key(l, screen, "like") == MENU_NONE)
        return;
    for (unsigned depth = 0; depth < MENU_LIKE_DEPTH_MAX && at != NULL; depth++) {
        like = config_setting_is_group(at) ? config_setting_get_member(at, "like") : NULL;
        at = like != NULL && config_setting_type(like) == CONFIG_TYPE_STRING
                 ? config_setting_get_member(l->screens, config_setting_get_string(like))
                 : NULL;
    }
    if (at != NULL)
        menu_load_fault(l, config_setting_get_member(screen, "like"),
                        "these screens are like each other in a circle, or deeper than %d",
                        MENU_LIKE_DEPTH_MAX);
}

/* --- flows -------------------------------------------------------------------------------- */

static void load_step(struct menu_loader *l, const config_setting_t *setting,
                      struct menu_flow *flow)
{
    struct menu *menu = l->menu;
    const char *name = menu_load_string_of(l, setting);
    uint16_t at;

    if (name == NULL)
        return;
    at = menu_index_find(&menu->screen_index, name);
    if (at == MENU_NONE) {
        menu_load_fault_at(l, setting, 0, "there is no screen %s", name);
    } else if (menu->screens[at].flow != MENU_NONE) {
        menu_load_fault_at(l, setting, 0, "%s is in a flow already", name);
    } else if (flow->step_count == MENU_FLOW_STEPS_MAX) {
        menu_load_fault_at(l, setting, 0, "a flow has %d steps at most", MENU_FLOW_STEPS_MAX);
    } else {
        menu->screens[at].flow = (uint16_t)(flow - menu->flows);
        menu->screens[at].flow_step = flow->step_count;
        flow->steps[flow->step_count++] = at;
    }
}

void menu_load_flows(struct menu_loader *l)
{
    struct menu *menu = l->menu;
    config_setting_t *group = menu_load_member(l, l->root, "flows", CONFIG_TYPE_GROUP, false);
    int count = group != NULL ? config_setting_length(group) : 0;

    menu->flows = menu_model_alloc(menu, (size_t)count * sizeof(*menu->flows));
    for (int i = 0; i < count; i++) {
        config_setting_t *steps = config_setting_get_elem(group, (unsigned)i);
        struct menu_flow *flow = &menu->flows[menu->flow_count++];

        flow->name = menu_model_strdup(menu, config_setting_name(steps));
        flow->steps = menu_model_alloc(menu, MENU_FLOW_STEPS_MAX * sizeof(*flow->steps));
        menu_load_is_name(l, steps, flow->name, "flow's name");
        if (!config_setting_is_array(steps) && !config_setting_is_list(steps)) {
            menu_load_fault(l, steps, "a flow is an array of screens: [ \"A\", \"B\" ]");
            continue;
        }
        for (int s = 0; s < config_setting_length(steps); s++)
            load_step(l, config_setting_get_elem(steps, (unsigned)s), flow);
        if (flow->step_count == 0)
            menu_load_fault(l, steps, "a flow without steps");
    }
}

/* --- questions: before the texts, whose placeholders ask for the fields ------------------- */

static config_setting_t *screen_setting(struct menu_loader *l, uint16_t at)
{
    return config_setting_get_elem(l->screens, at);
}

static void load_screen_question(struct menu_loader *l, uint16_t at)
{
    struct menu_screen *screen = &l->menu->screens[at];
    config_setting_t *setting = screen_setting(l, at);
    config_setting_t *input = screen_member(l, setting, "input");
    config_setting_t *list = screen_member(l, setting, "list");

    check_like(l, setting);
    if (input != NULL && list != NULL)
        menu_load_fault(l, list, "%s has an input and a list: only one is possible", screen->name);
    menu_load_question(l, input, input == NULL ? list : NULL, NULL, false, &screen->question);
    if (screen->flow != MENU_NONE && screen->question.field != MENU_NONE)
        l->menu->fields[screen->question.field].in_flow = true;
    if (screen->flow != MENU_NONE && screen->question.guessed != MENU_NONE)
        l->menu->fields[screen->question.guessed].in_flow = true;
}

void menu_load_questions(struct menu_loader *l)
{
    for (uint16_t i = 0; i < l->menu->screen_count; i++)
        load_screen_question(l, i);
}

/* --- screens ------------------------------------------------------------------------------ */

static void load_choice(struct menu_loader *l, config_setting_t *group, struct menu_screen *screen,
                        struct menu_choice *choice)
{
    static const char *const keys[] = {"label", "to",   "set", "when", "language",
                                       "draft", "then", "key", NULL};
    config_setting_t *label;

    menu_load_check_keys(l, group, "a choice", keys);
    choice->line = menu_load_line(group);
    choice->label = menu_model_alloc(l->menu, sizeof(*choice->label));
    menu_load_blank_text(l, choice->label);
    label = config_setting_get_member(group, "label");
    if (label == NULL)
        menu_load_fault(l, group, "label is missing: what the subscriber reads");
    else
        menu_load_text(l, label, MENU_TEXT_LABEL, choice->label);
    choice->to = menu_load_target_key(l, group, "to");
    choice->when = menu_load_condition(l, group);
    choice->key = menu_load_string(l, group, "key", false);
    menu_load_effect(l, group, &choice->effect);
    if (choice->effect.set_count > 0 && choice->to.kind == MENU_TO_NOWHERE)
        screen->asks = true;
    for (unsigned i = 0; i < choice->effect.set_count; i++)
        if (screen->flow != MENU_NONE && choice->to.kind == MENU_TO_NOWHERE)
            l->menu->fields[choice->effect.sets[i].field].in_flow = true;
}

static void load_choices(struct menu_loader *l, config_setting_t *setting,
                         struct menu_screen *screen)
{
    config_setting_t *list = screen_member(l, setting, "choices");
    int count = list != NULL ? config_setting_length(list) : 0;

    if (list == NULL)
        return;
    if (!config_setting_is_list(list) || count == 0 || count > MENU_ITEMS_MAX) {
        menu_load_fault(l, list, "choices is a list of 1 to %d groups: ( { label = ...; } )",
                        MENU_ITEMS_MAX);
        return;
    }
    screen->choices = menu_model_alloc(l->menu, (size_t)count * sizeof(*screen->choices));
    for (int i = 0; i < count; i++) {
        config_setting_t *group = config_setting_get_elem(list, (unsigned)i);

        if (config_setting_is_group(group))
            load_choice(l, group, screen, &screen->choices[screen->choice_count++]);
        else
            menu_load_fault(l, group, "a choice is a group { label = ...; to = \"...\"; }");
    }
}

static void load_result(struct menu_loader *l, config_setting_t *setting,
                        struct menu_result *result)
{
    static const char *const keys[] = {"to", "refuse", "set", "draft", "language", "then", NULL};
    config_setting_t *refuse;

    *result = (struct menu_result){.word = menu_model_strdup(l->menu, config_setting_name(setting)),
                                   .line = menu_load_line(setting),
                                   .refuse = MENU_NONE};
    result->effect = (struct menu_effect){.language = MENU_NONE, .then = MENU_NONE};
    if (!config_setting_is_group(setting)) {
        result->to = menu_load_target(l, setting);
        return;
    }
    menu_load_check_keys(l, setting, "a result", keys);
    result->to = menu_load_target_key(l, setting, "to");
    if (config_setting_get_member(setting, "to") == NULL)
        menu_load_fault(l, setting, "to is missing: where this result leads");
    menu_load_effect(l, setting, &result->effect);
    refuse = config_setting_get_member(setting, "refuse");
    if (refuse == NULL)
        return;
    result->refuse = menu_load_text_ref(l, refuse);
    if (result->to.kind != MENU_TO_SCREEN) {
        menu_load_fault(l, refuse, "refuse shows a screen again: to must name one");
        result->refuse = MENU_NONE;
    }
}

static const char *action_name(void *ctx, size_t i)
{
    const struct menu_vocabulary *v = ctx;

    return i < v->action_count ? v->actions[i].name : NULL;
}

static const struct menu_result *find_result(const struct menu_screen *screen, const char *word)
{
    for (unsigned i = 0; i < screen->result_count; i++)
        if (strcmp(screen->results[i].word, word) == 0)
            return &screen->results[i];
    return NULL;
}

/* A menu of before the result goes where another one leads: else no gateway that has a menu of its
 * own would start after an upgrade. False: there is no such other. */
static bool stand_in(struct menu_loader *l, const config_setting_t *group,
                     struct menu_screen *screen, const char *word)
{
    const char *action = screen->action->name;

    for (size_t i = 0; i < l->vocabulary->later_count; i++) {
        const struct menu_later *later = &l->vocabulary->later[i];
        const struct menu_result *instead;

        if (strcmp(later->action, action) != 0 || strcmp(later->result, word) != 0)
            continue;
        instead = find_result(screen, later->instead);
        if (instead == NULL)
            return false;
        menu_faults_add(&l->faults, true, menu_load_line(group), 0,
                        "the action %s can also give %s, which is taken for %s: add its target",
                        action, word, later->instead);
        screen->results[screen->result_count] = *instead;
        screen->results[screen->result_count++].word = later->result;
        return true;
    }
    return false;
}

static void load_results(struct menu_loader *l, config_setting_t *setting,
                         struct menu_screen *screen)
{
    const char *const *words = screen->action->results;
    size_t word_count = 0;
    config_setting_t *group = screen_member(l, setting, "results");
    int count = group != NULL && config_setting_is_group(group) ? config_setting_length(group) : 0;

    if (count == 0) {
        menu_load_fault(l, setting, "results is missing: { word = \"TARGET\"; } for each result");
        return;
    }
    while (words[word_count] != NULL)
        word_count++;
    screen->results =
        menu_model_alloc(l->menu, ((size_t)count + word_count) * sizeof(*screen->results));
    menu_load_check_keys(l, group, screen->action->name, words);
    for (int i = 0; i < count; i++)
        load_result(l, config_setting_get_elem(group, (unsigned)i),
                    &screen->results[screen->result_count++]);
    for (size_t i = 0; i < word_count; i++)
        if (config_setting_get_member(group, words[i]) == NULL &&
            !stand_in(l, group, screen, words[i]))
            menu_load_fault(l, group, "the action %s can also give %s: add its target",
                            screen->action->name, words[i]);
}

static void load_action(struct menu_loader *l, config_setting_t *setting,
                        struct menu_screen *screen)
{
    config_setting_t *member = screen_member(l, setting, "action");
    const char *name = menu_load_string_of(l, member);
    char hint[MENU_NAME_BYTES + 32];

    screen->kind = MENU_SCREEN_ACTION;
    for (size_t i = 0; name != NULL && i < l->vocabulary->action_count; i++)
        if (strcmp(l->vocabulary->actions[i].name, name) == 0)
            screen->action = &l->vocabulary->actions[i];
    if (name == NULL)
        return;
    if (screen->action == NULL) {
        l->has_lost_way = true;
        menu_load_hint(l, name, action_name, (void *)l->vocabulary, hint, sizeof(hint));
        menu_load_fault_at(l, member, 0, "the service has no action %s%s", name, hint);
        return;
    }
    load_results(l, setting, screen);
}

static void load_route(struct menu_loader *l, config_setting_t *list, struct menu_screen *screen)
{
    static const char *const keys[] = {"when", "to", NULL};
    int count = config_setting_is_list(list) ? config_setting_length(list) : 0;

    screen->kind = MENU_SCREEN_ROUTE;
    if (count == 0)
        menu_load_fault(l, list,
                        "a route is a list: ( { when = \"...\"; to = \"A\"; }, { to = \"B\"; } )");
    screen->routes = menu_model_alloc(l->menu, (size_t)count * sizeof(*screen->routes));
    for (int i = 0; i < count; i++) {
        config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
        struct menu_route *route = &screen->routes[screen->route_count];

        if (!config_setting_is_group(group)) {
            menu_load_fault(l, group, "a way is a group { when = \"...\"; to = \"...\"; }");
            continue;
        }
        menu_load_check_keys(l, group, "a way", keys);
        route->line = menu_load_line(group);
        route->when = menu_load_condition(l, group);
        route->to = menu_load_target_key(l, group, "to");
        if (config_setting_get_member(group, "to") == NULL)
            menu_load_fault(l, group, "to is missing: where this way leads");
        if (config_setting_get_member(group, "when") == NULL && i + 1 < count)
            menu_load_fault(l, group, "what comes after a way without `when` is never taken");
        screen->route_count++;
    }
    if (count > 0 && screen->route_count > 0 &&
        screen->routes[screen->route_count - 1].when != NULL)
        menu_load_fault(l, list, "the last way must have no `when`: where do all others go?");
}

static void load_back(struct menu_loader *l, config_setting_t *setting, struct menu_screen *screen)
{
    static const char *const keys[] = {"to", "label", NULL};
    config_setting_t *back = screen_member(l, setting, "back"), *label;
    bool is_start = screen - l->menu->screens == l->menu->start;

    screen->back = is_start ? MENU_BACK_HIDDEN : MENU_BACK_LINE;
    if (back == NULL)
        return;
    if (config_setting_type(back) == CONFIG_TYPE_BOOL) {
        screen->back = config_setting_get_bool(back) ? MENU_BACK_LINE : MENU_BACK_HIDDEN;
    } else if (config_setting_type(back) == CONFIG_TYPE_STRING &&
               strcmp(config_setting_get_string(back), "@main") == 0) {
        screen->back = MENU_BACK_MAIN;
    } else if (config_setting_is_group(back)) {
        menu_load_check_keys(l, back, "back", keys);
        label = config_setting_get_member(back, "label");
        screen->back_to = menu_load_target_key(l, back, "to");
        if (label == NULL || config_setting_get_member(back, "to") == NULL) {
            menu_load_fault(l, back, "back needs to and label");
            return;
        }
        screen->back = MENU_BACK_OTHER;
        screen->back_label = menu_load_key_line(l, label, l->menu->key_back);
    } else {
        menu_load_fault(l, back, "back is true, false, \"@main\", or { to = ...; label = ...; }");
    }
}

static void load_texts(struct menu_loader *l, config_setting_t *setting, struct menu_screen *screen)
{
    config_setting_t *text = screen_member(l, setting, "text");
    config_setting_t *more = screen_member(l, setting, "more");

    if (text != NULL) {
        screen->text = menu_model_alloc(l->menu, sizeof(*screen->text));
        menu_load_text(l, text, MENU_TEXT_SCREEN, screen->text);
    }
    if (more != NULL) {
        screen->more = menu_model_alloc(l->menu, sizeof(*screen->more));
        menu_load_text(l, more, MENU_TEXT_SCREEN, screen->more);
    }
}

static void load_next(struct menu_loader *l, config_setting_t *next, struct menu_screen *screen)
{
    static const char *const keys[] = {"to", "when", NULL};

    if (!config_setting_is_group(next)) {
        screen->next = menu_load_target(l, next);
        return;
    }
    menu_load_check_keys(l, next, "next", keys);
    screen->next = menu_load_target_key(l, next, "to");
    screen->next_when = menu_load_condition(l, next);
    if (config_setting_get_member(next, "to") == NULL)
        menu_load_fault(l, next, "to is missing: where the key of the next page leads");
}

static void load_first(struct menu_loader *l, config_setting_t *setting, struct menu_screen *screen)
{
    config_setting_t *first = screen_member(l, setting, "first");
    struct menu_template *number;

    if (first == NULL)
        return;
    if (screen->question.kind == MENU_QUESTION_LIST)
        menu_load_fault(l, first, "first goes with choices: a list counts its own rows from 1");
    number = menu_model_alloc(l->menu, sizeof(*number));
    if (menu_load_value_template(l, first, number))
        screen->first = number;
}

static void load_shown(struct menu_loader *l, config_setting_t *setting, struct menu_screen *screen)
{
    config_setting_t *end = screen_member(l, setting, "end");
    config_setting_t *next = screen_member(l, setting, "next");

    if (end != NULL && config_setting_type(end) != CONFIG_TYPE_BOOL)
        menu_load_fault(l, end, "end must be true or false");
    screen->kind = end != NULL && config_setting_get_bool(end) ? MENU_SCREEN_END : MENU_SCREEN_ASK;
    load_choices(l, setting, screen);
    if (next != NULL)
        load_next(l, next, screen);
    load_first(l, setting, screen);
    load_back(l, setting, screen);
    if (screen->question.kind != MENU_QUESTION_NONE)
        screen->asks = true;
    if (screen->kind == MENU_SCREEN_END) {
        screen->back = MENU_BACK_HIDDEN;
        if (screen->choice_count > 0 || screen->question.kind != MENU_QUESTION_NONE || next != NULL)
            menu_load_fault(l, setting, "%s ends the dialogue, so it cannot ask anything",
                            screen->name);
    }
}

static void load_silent(struct menu_loader *l, config_setting_t *setting,
                        struct menu_screen *screen, config_setting_t *route)
{
    static const char *const shown_keys[] = {"choices", "input", "list",  "next", "end",
                                             "back",    "more",  "first", NULL};

    if (route != NULL)
        load_route(l, route, screen);
    else
        load_action(l, setting, screen);
    screen->back = MENU_BACK_HIDDEN;
    screen->question.kind = MENU_QUESTION_NONE;
    for (unsigned i = 0; shown_keys[i] != NULL; i++) {
        config_setting_t *member = screen_member(l, setting, shown_keys[i]);

        if (member != NULL)
            menu_load_fault(l, member, "%s shows nothing (it has %s), so %s is out of place",
                            screen->name, route != NULL ? "a route" : "an action", shown_keys[i]);
    }
}

static void load_screen(struct menu_loader *l, uint16_t at)
{
    struct menu_screen *screen = &l->menu->screens[at];
    config_setting_t *setting = screen_setting(l, at), *to, *group, *when;
    config_setting_t *action = screen_member(l, setting, "action");
    config_setting_t *route = screen_member(l, setting, "route");

    if (!config_setting_is_group(setting))
        return;
    screen->attempts = (uint8_t)menu_load_number(l, setting, "attempts", 1, 99, l->menu->attempts);
    screen->is_entry = menu_load_flag(l, setting, "entry");
    group = screen_member(l, setting, "group");
    if (group != NULL)
        screen->group = menu_load_string_of(l, group);
    to = screen_member(l, setting, "to");
    if (to != NULL)
        screen->to = menu_load_target(l, to);
    when = screen_member(l, setting, "when");
    if (when != NULL)
        screen->when = menu_load_condition(l, config_setting_parent(when));
    load_texts(l, setting, screen);
    if (action != NULL || route != NULL) {
        if (screen->text != NULL || (action != NULL && route != NULL))
            menu_load_fault(l, setting, "%s: a screen has a text, an action or a route, only one",
                            screen->name);
        load_silent(l, setting, screen, route);
    } else if (screen->text == NULL) {
        menu_load_fault(l, setting, "%s has no text, action or route", screen->name);
    } else {
        load_shown(l, setting, screen);
    }
}

void menu_load_screens(struct menu_loader *l)
{
    for (uint16_t i = 0; i < l->menu->screen_count; i++)
        load_screen(l, i);
}
