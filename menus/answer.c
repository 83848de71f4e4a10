#include "menus/match.h"
#include "menus/run.h"

#include <stdlib.h>
#include <string.h>

static const struct menu_text *question_error(const struct menu *menu,
                                              const struct menu_question *q, const char *word)
{
    for (unsigned i = 0; i < q->word_error_count; i++)
        if (strcmp(q->word_errors[i].word, word) == 0)
            return &menu->texts[q->word_errors[i].text];
    return &menu->texts[q->error != MENU_NONE ? q->error : menu->invalid];
}

/* The draft's choice of a row, and whether its name was a guess. */
static bool keep_row(struct menu_run *run, const struct menu_question *q,
                     const struct menu_row *row, bool is_guess)
{
    if (!menu_keep_answer(run, q->field, row->code))
        return false;
    if (q->guessed == MENU_NONE)
        return true;
    if (is_guess)
        return menu_keep_answer(run, q->guessed, "1");
    menu_state_remove_answer(run->state, run->menu->fields[q->guessed].name);
    return true;
}

static bool answer_list(struct menu_run *run, const struct menu_question *q, const char *typed)
{
    const struct menu_table *table = &run->menu->tables[q->table];
    const struct menu_row_group *group = menu_list_rows(&run->view, q);
    const struct menu_row *row;
    unsigned number;
    bool is_guess = false;

    if (group == NULL)
        return false;
    number = menu_match_number(run->menu, typed);
    if (number >= 1 && number <= group->count)
        row = &table->rows[group->first + number - 1];
    else
        row = menu_match_row(table, group, typed, q->takes_names, &is_guess);
    return row != NULL && keep_row(run, q, row, is_guess);
}

/* A whole number is understood as the number of a choice is: "no. 4", "4)". */
static const char *plain_number(const struct menu *menu, const struct menu_question *q,
                                const char *typed, char digits[MENU_VALUE_BYTES])
{
    unsigned number = q->rule.kind == MENU_RULE_NUMBER ? menu_match_number(menu, typed) : 0;

    if (number == 0)
        return typed;
    text_decimal(digits, number);
    return digits;
}

bool menu_answer_question(struct menu_run *run, const struct menu_question *question,
                          const char *typed, const struct menu_text **error)
{
    const char *word = "";
    char value[MENU_VALUE_BYTES] = ""; /* rules that show nothing leave it */
    char digits[MENU_VALUE_BYTES];

    if (question->kind == MENU_QUESTION_LIST) {
        if (answer_list(run, question, typed))
            return true;
    } else if (typed[0] != '\0') {
        word = menu_rule_apply(&question->rule, plain_number(run->menu, question, typed, digits),
                               value);
        if (word == NULL && menu_keep_answer(run, question->field, value))
            return true;
        text_copy(run->shown, sizeof(run->shown), value);
    }
    *error = question_error(run->menu, question, word != NULL ? word : "");
    return false;
}

static bool takes_value(struct menu_run *run, const struct menu_question *question, char *value)
{
    const struct menu_text *error;

    menu_match_cut_emoji(value); /* a rule sees them: a question may be one */
    return menu_answer_question(run, question, value, &error);
}

static bool has_answer(const struct menu_run *run, const struct menu_question *question)
{
    const char *answer = menu_state_answer(run->state, run->menu->fields[question->field].name);

    return answer != NULL && answer[0] != '\0';
}

bool menu_answer_keyword(struct menu_run *run, const struct menu_question *question, char *value)
{
    char line[MENU_TEXT_BYTES];
    size_t bytes = strcspn(value, "\n");

    if (value[bytes] != '\0') {
        memcpy(line, value, bytes);
        line[bytes] = '\0';
        if (takes_value(run, question, line) && has_answer(run, question))
            return true;
    }
    return takes_value(run, question, menu_match_join_lines(value));
}

static bool takes_all(struct menu_run *run, const struct menu_question *question, const char *raw)
{
    char value[MENU_VALUE_BYTES];
    bool is_cut;

    menu_match_clean(raw, value, sizeof(value), &is_cut);
    return !is_cut && takes_value(run, question, value);
}

bool menu_answer_part(struct menu_run *run, const struct menu_question *question, char *part)
{
    if (takes_all(run, question, part))
        return true;
    part += strspn(part, " \n");
    part[strcspn(part, "\n")] = '\0';
    return takes_all(run, question, part);
}

static void lay_out(const struct menu_run *run, const struct menu_screen *screen,
                    struct menu_items *items, struct menu_layout *layout)
{
    struct menu_view view = run->view;

    menu_count_steps(&view, screen);
    menu_items_collect(&view, screen, items);
    menu_layout_make(&view, screen, items, run->limits, run->state->is_tight, layout);
}

/* `98`: the next page, or the screen's next. */
static bool answer_next(struct menu_run *run, const struct menu_screen *screen,
                        struct menu_target *target)
{
    struct menu_items items;
    struct menu_layout layout;

    lay_out(run, screen, &items, &layout);
    if (run->state->page + 1u < layout.page_count) {
        run->state->page++;
        run->state->errors = 0;
        run->screen = screen;
        target->kind = MENU_TO_SAME;
        return true;
    }
    *target = screen->next;
    return menu_has_next(&run->view, screen);
}

static bool answer_key(struct menu_run *run, const struct menu_screen *screen, const char *typed,
                       struct menu_target *target, bool *is_key)
{
    const struct menu *menu = run->menu;
    const char *start = menu->screens[menu->start].name;

    *is_key = true;
    if (strcmp(typed, menu->key_main) == 0) {
        target->kind = MENU_TO_MAIN;
        run->outcome->was_back = true;
        return true;
    }
    if (strcmp(typed, menu->key_next) == 0)
        return answer_next(run, screen, target);
    *is_key = strcmp(typed, menu->key_back) == 0;
    if (!*is_key)
        return false;
    if (screen->back == MENU_BACK_MAIN)
        target->kind = MENU_TO_MAIN;
    else if (screen->back == MENU_BACK_OTHER)
        *target = screen->back_to;
    else
        target->kind = MENU_TO_BACK;
    run->outcome->was_back = run->state->back_count > 0 || menu->exit.kind != MENU_TO_NOWHERE ||
                             strcmp(screen->name, start) != 0;
    return run->outcome->was_back;
}

/* A key typed with a full stop is still the key. */
static void plain_key(const struct menu *menu, char *typed)
{
    const char *keys[] = {menu->key_back, menu->key_main, menu->key_next};

    for (unsigned i = 0; i < 3; i++) {
        size_t n = strlen(keys[i]);

        if (strncmp(typed, keys[i], n) == 0 && strcmp(typed + n, ".") == 0)
            typed[n] = '\0';
    }
}

/* A key of its own is typed as numbers are: "9.", "no 9". */
static bool is_key_of(const struct menu_choice *choice, unsigned number)
{
    return number != 0 && choice->key[0] != '0' && (unsigned)atoi(choice->key) == number;
}

static const struct menu_item *find_item(const struct menu *menu, const struct menu_items *items,
                                         const char *typed)
{
    unsigned number = menu_match_number(menu, typed);
    const struct menu_item *found = NULL;

    for (unsigned i = 0; i < items->count; i++) {
        const struct menu_item *item = &items->items[i];

        if (item->number == 0 && strcmp(item->choice->key, typed) == 0)
            return item; /* "05" to the letter, where "5" is a key, too */
        if (found == NULL &&
            (item->number != 0 ? item->number == number : is_key_of(item->choice, number)))
            found = item;
    }
    return found;
}

/* What the answer depends on in the end: itself, where its list depends on nothing. */
static uint16_t root_of(const struct menu *menu, uint16_t field)
{
    for (unsigned i = 0; i < menu->field_count && menu->fields[field].parent != MENU_NONE; i++)
        field = menu->fields[field].parent;
    return field;
}

/* The lists that a correction may have left without an answer: below what it gave. */
struct correction {
    const struct menu_screen *screen;
    const struct menu_choice *choice; /* that answered it; NULL: its question */
};

static bool gives(const struct correction *c, uint16_t field)
{
    for (unsigned i = 0; c->choice != NULL && i < c->choice->effect.set_count; i++)
        if (c->choice->effect.sets[i].field == field)
            return true;
    return field != MENU_NONE && c->screen->question.field == field;
}

/* Of one tree with what it gave? */
static bool is_near(const struct menu *menu, const struct correction *c, uint16_t list)
{
    for (uint16_t i = 0; i < menu->field_count; i++)
        if (gives(c, i) && root_of(menu, i) == root_of(menu, list))
            return true;
    return false;
}

static bool is_step_of(const struct correction *c, const struct menu_screen *step)
{
    for (unsigned i = 0; i < step->choice_count; i++)
        for (unsigned k = 0; k < step->choices[i].effect.set_count; k++)
            if (gives(c, step->choices[i].effect.sets[k].field))
                return true;
    return gives(c, step->question.field);
}

/* The step behind this one. A screen of no flow stands in for the step that has its field. */
static unsigned next_step(const struct menu *menu, const struct menu_flow *flow,
                          const struct correction *c)
{
    unsigned i = 0;

    if (c->screen->flow != MENU_NONE)
        return c->screen->flow_step + 1u;
    while (i < flow->step_count && !is_step_of(c, &menu->screens[flow->steps[i]]))
        i++;
    return i + 1;
}

/* A later list of the flow whose answer went with a corrected one; MENU_NONE when there is none. */
static uint16_t find_forgotten(const struct menu_run *run, const struct correction *c,
                               const struct menu_screen *then)
{
    const struct menu *menu = run->menu;
    uint16_t at = c->screen->flow != MENU_NONE ? c->screen->flow : then->flow;
    const struct menu_flow *flow = at != MENU_NONE ? &menu->flows[at] : NULL;

    for (unsigned i = flow != NULL ? next_step(menu, flow, c) : 0;
         flow != NULL && i < flow->step_count; i++) {
        const struct menu_screen *step = &menu->screens[flow->steps[i]];
        const struct menu_question *q = &step->question;

        /* Not one below "Other", which has no rows, and which the flow has passed over, too. */
        if (q->kind == MENU_QUESTION_LIST && q->parent != MENU_NONE && is_near(menu, c, q->field) &&
            menu_list_rows(&run->view, q) != NULL &&
            menu_state_answer(run->state, menu->fields[q->field].name) == NULL &&
            menu_view_holds(&run->view, step->when))
            return flow->steps[i];
    }
    return MENU_NONE;
}

/* Where the answer to a question leads: onwards, or back to where a correction came from, by way
 * of the lists that depend on what was just answered: the same regency again may be the way to
 * another district. */
static struct menu_target after_answer(struct menu_run *run, const struct menu_screen *screen,
                                       const struct menu_choice *choice)
{
    const struct menu_screen *then = menu_find_screen(run->menu, run->state->then);
    struct menu_target natural = menu_natural_target(&run->view, screen);
    const struct correction c = {screen, choice};
    uint16_t forgotten;

    if (then == NULL || !screen->asks)
        return natural;
    if (natural.kind == MENU_TO_SCREEN) {
        const struct menu_question *q = &run->menu->screens[natural.index].question;

        if (q->kind == MENU_QUESTION_LIST && gives(&c, q->parent))
            return natural;
    }
    forgotten = find_forgotten(run, &c, then);
    if (forgotten != MENU_NONE)
        return (struct menu_target){MENU_TO_SCREEN, forgotten};
    run->state->then[0] = '\0';
    return (struct menu_target){MENU_TO_SCREEN, (uint16_t)(then - run->menu->screens)};
}

static bool choose(struct menu_run *run, const struct menu_screen *screen,
                   const struct menu_item *item, struct menu_target *target)
{
    if (item->row != NULL) {
        if (!keep_row(run, &screen->question, item->row, false))
            return false;
        *target = after_answer(run, screen, NULL);
        return true;
    }
    if (!menu_apply(run, &item->choice->effect)) {
        *target = menu_busy_target(run);
        return true;
    }
    *target = item->choice->to;
    if (target->kind == MENU_TO_NOWHERE)
        *target = after_answer(run, screen, item->choice);
    return true;
}

bool menu_answer(struct menu_run *run, const struct menu_screen *screen, const char *input,
                 struct menu_target *target, const struct menu_text **error)
{
    const struct menu *menu = run->menu;
    struct menu_items items;
    const struct menu_item *item;
    char typed[MENU_VALUE_BYTES];
    bool is_cut, is_key;

    *error = &menu->texts[menu->invalid];
    menu_match_clean(input, typed, sizeof(typed), &is_cut);
    plain_key(menu, typed);
    if (screen->kind == MENU_SCREEN_END) /* the rest of an end text that was cut: any key */
        return answer_next(run, screen, target);
    if (answer_key(run, screen, typed, target, &is_key))
        return true;
    if (is_key)
        return false;
    menu_items_collect(&run->view, screen, &items);
    item = find_item(menu, &items, typed);
    if (item != NULL)
        return choose(run, screen, item, target);
    if (screen->question.kind == MENU_QUESTION_NONE || is_cut)
        return false;
    if (!menu_answer_question(run, &screen->question, typed, error))
        return false;
    *target = after_answer(run, screen, NULL);
    return true;
}
