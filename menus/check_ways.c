#include "menus/check.h"

#include "base/mem.h"
#include "menus/edge.h"

#include <string.h>

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct search {
    struct menu_loader *l;
    bool *is_reached;
    uint16_t *queue;
    unsigned head, tail;
    enum mark *marks; /* of the search for circles */
};

/* --- what is reached ---------------------------------------------------------------------- */

static void reach(struct search *s, struct menu_target target)
{
    if (target.kind != MENU_TO_SCREEN || s->is_reached[target.index])
        return;
    s->is_reached[target.index] = true;
    s->queue[s->tail++] = target.index;
}

static void reach_screen(struct search *s, uint16_t screen)
{
    if (screen != MENU_NONE)
        reach(s, (struct menu_target){MENU_TO_SCREEN, screen});
}

static void follow(void *ctx, const struct menu_edge *edge)
{
    reach(ctx, edge->to);
}

static void reach_further(struct search *s)
{
    while (s->head < s->tail)
        menu_edges_of(s->l->menu, &s->l->menu->screens[s->queue[s->head++]], follow, s);
}

static void reach_dialogues(struct search *s)
{
    const struct menu *menu = s->l->menu;

    reach_screen(s, menu->start);
    reach_screen(s, menu->first);
    reach_screen(s, menu->resume);
    reach(s, menu->exit);
    reach(s, menu->too_many);
    reach(s, menu->too_many_fresh);
    for (uint16_t i = 0; i < menu->screen_count; i++)
        if (menu->screens[i].is_entry)
            reach_screen(s, i);
    reach_further(s);
}

static void reach_sms(struct search *s)
{
    const struct menu *menu = s->l->menu;

    reach(s, menu->otherwise);
    for (unsigned i = 0; i < menu->keyword_count; i++) {
        reach(s, menu->keywords[i].to);
        for (unsigned p = 0; p < menu->keywords[i].part_count; p++)
            reach(s, menu->keywords[i].parts[p].refused);
    }
    reach_further(s);
}

static void check_silence(void *ctx, const struct menu_edge *edge)
{
    struct search *s = ctx;

    if (edge->to.kind == MENU_TO_SILENT)
        menu_faults_add(&s->l->faults, false, edge->line, 0,
                        "%s leads to @silent, but a dialogue waits for an answer",
                        edge->from->name);
}

/* Of what dialogues reach: only an SMS may go without an answer. */
static void check_dialogues(struct search *s)
{
    for (unsigned i = 0; i < s->l->menu->screen_count; i++)
        if (s->is_reached[i])
            menu_edges_of(s->l->menu, &s->l->menu->screens[i], check_silence, s);
}

static void check_reached(struct search *s)
{
    const struct menu *menu = s->l->menu;

    if (s->l->has_lost_way)
        return;
    reach_dialogues(s);
    check_dialogues(s);
    reach_sms(s);
    for (unsigned i = 0; i < menu->screen_count; i++)
        if (!s->is_reached[i])
            menu_faults_add(&s->l->faults, false, menu->screens[i].line, 0,
                            "%s is never reached: lead a choice to it, or take it out",
                            menu->screens[i].name);
}

static bool is_parent(const struct menu *menu, unsigned field)
{
    for (unsigned i = 0; i < menu->field_count; i++)
        if (menu->fields[i].parent == field)
            return true;
    return false;
}

/* The screen that carries the action out; NULL = none. */
static const struct menu_screen *find_acting(const struct menu *menu, const char *action)
{
    for (unsigned i = 0; i < menu->screen_count; i++)
        if (menu->screens[i].action != NULL && strcmp(menu->screens[i].action->name, action) == 0)
            return &menu->screens[i];
    return NULL;
}

/* The first screen that carries out one of them; NULL = none. */
static const struct menu_screen *find_acting_any(const struct menu *menu,
                                                 const char *const *actions)
{
    const struct menu_screen *acting = NULL;

    for (; *actions != NULL && acting == NULL; actions++)
        acting = find_acting(menu, *actions);
    return acting;
}

static const struct menu_kept *find_answer(const struct menu_kept *answers, const char *name)
{
    while (answers->name != NULL && strcmp(answers->name, name) != 0)
        answers++;
    return answers->name != NULL ? answers : NULL;
}

/* Does an action of this menu keep what is chosen for it? A list of its own may have its name. */
static bool is_kept(const struct menu *menu, const struct menu_kept *answer)
{
    return answer != NULL && answer->actions != NULL &&
           find_acting_any(menu, answer->actions) != NULL;
}

/* Is it kept whole? */
static bool check_code(struct menu_loader *l, uint32_t line, const char *code,
                       const struct menu_kept *answer)
{
    size_t size = strlen(code), digits = strspn(code, "0123456789");

    if (answer->code_digits != 0 && (size != answer->code_digits || digits != size))
        menu_faults_add(&l->faults, false, line, 0,
                        "the code %s is kept as the answer %s, which has %u digits", code,
                        answer->name, answer->code_digits);
    else if (answer->code_max != 0 && size > answer->code_max)
        menu_faults_add(&l->faults, false, line, 0,
                        "the code %s is kept as the answer %s, of %u characters: %u too many", code,
                        answer->name, answer->code_max, (unsigned)size - answer->code_max);
    else
        return true;
    return false;
}

/* Of a table the first fault is enough. */
static void check_codes(struct menu_loader *l, const struct menu_table *table,
                        const struct menu_kept *answer)
{
    unsigned i = 0;

    while (i < table->row_count && check_code(l, table->rows[i].line, table->rows[i].code, answer))
        i++;
}

/* Choices that stand for a list give its codes. One that is filled in comes from elsewhere, and an
 * empty one takes the answer away. */
static void check_sets(struct menu_loader *l, const struct menu_choice *choice)
{
    for (unsigned i = 0; i < choice->effect.set_count; i++) {
        const struct menu_set *set = &choice->effect.sets[i];
        const struct menu_kept *answer =
            find_answer(l->vocabulary->answers, l->menu->fields[set->field].name);

        if (is_kept(l->menu, answer) && set->value.is_fixed &&
            set->value.parts[0].literal_bytes > 0)
            check_code(l, choice->line, set->value.parts[0].literal, answer);
    }
}

static bool has_actions(const struct menu *menu)
{
    for (unsigned i = 0; i < menu->screen_count; i++)
        if (menu->screens[i].action != NULL)
            return true;
    return false;
}

/* A question is easily added to a flow; that no action takes its answer is not seen in the menu.
 * One without actions keeps none, and knows it. */
static void check_answers(struct menu_loader *l)
{
    const struct menu *menu = l->menu;
    bool is_told = l->vocabulary->answers != NULL && has_actions(menu);

    for (unsigned i = 0; is_told && i < menu->field_count; i++) {
        const struct menu_field *f = &menu->fields[i];
        const struct menu_kept *answer = find_answer(l->vocabulary->answers, f->name);

        if (is_kept(menu, answer) && f->table != MENU_NONE)
            check_codes(l, &menu->tables[f->table], answer);
        if (!f->is_read && !is_parent(menu, i) && answer == NULL)
            menu_faults_add(&l->faults, true, f->line, 0,
                            "the answer %s is kept for nobody: no text, condition or action reads "
                            "it, and it goes with the dialogue or the draft",
                            f->name);
    }
    for (unsigned i = 0; is_told && i < menu->screen_count; i++)
        for (unsigned k = 0; k < menu->screens[i].choice_count; k++)
            check_sets(l, &menu->screens[i].choices[k]);
}

static bool is_blank(const struct menu_template *t)
{
    for (unsigned i = 0; i < t->part_count; i++)
        if (strspn(t->parts[i].literal, " \n") < t->parts[i].literal_bytes)
            return false;
    return true;
}

/* In some language. */
static bool is_blank_somewhere(const struct menu *menu, const struct menu_text *constant)
{
    for (unsigned i = 0; i < menu->language_count; i++)
        if (is_blank(&constant->by_language[i]))
            return true;
    return false;
}

static void check_used(struct menu_loader *l)
{
    const struct menu *menu = l->menu;

    /* Messages are also sent by the service itself. */
    for (unsigned i = 0; i < menu->text_count; i++)
        if (!l->text_is_used[i] && !menu->texts[i].is_message)
            menu_faults_add(&l->faults, true, menu->texts[i].line, 0,
                            "the text %s is not used: take it out, or name it in notices = [ ... ]",
                            menu->texts[i].name);
    for (unsigned i = 0; i < menu->constant_count; i++) {
        const struct menu_constant *c = &menu->constants[i];

        if (!c->is_used)
            menu_faults_add(&l->faults, true, c->line, 0, "the constant %s is not used", c->name);
        else if (!c->is_asked && is_blank_somewhere(menu, c->text))
            menu_faults_add(&l->faults, true, c->line, 0,
                            "the constant %s is empty: nothing stands where texts show it, and no "
                            "condition asks for it",
                            c->name);
        if (!c->is_met && c->near_word != NULL)
            menu_faults_add(&l->faults, true, c->line, 0,
                            "no condition asks whether %s is %s; did you mean %s?", c->name,
                            c->value, c->near_word);
    }
}

static bool has_word(const struct menu_template *t, const char *word)
{
    for (unsigned i = 0; i < t->part_count; i++)
        if (t->parts[i].kind == MENU_PART_LITERAL && strstr(t->parts[i].literal, word) != NULL)
            return true;
    return false;
}

/* A warning that stands in an SMS, as of fraud, is not to get lost when its text is written anew.
 */
static void check_says(struct menu_loader *l, const struct menu_text *text,
                       const char *const *words)
{
    for (unsigned i = 0; i < l->menu->language_count; i++)
        for (unsigned w = 0; words[w] != NULL; w++)
            if (!has_word(&text->by_language[i], words[w]))
                menu_faults_add(&l->faults, true, text->line, 0,
                                "%s in %s does not say %s, as this SMS must", text->name,
                                l->menu->languages[i].name, words[w]);
}

/* What the actions of the menu owe by SMS, its messages say. */
static void check_owed(struct menu_loader *l)
{
    for (size_t i = 0; i < l->vocabulary->owed_count; i++) {
        const struct menu_owed *owed = &l->vocabulary->owed[i];
        const struct menu_text *text = menu_find_text(l->menu, owed->message);
        const struct menu_screen *acting = find_acting_any(l->menu, owed->actions);

        if (acting != NULL && (text == NULL || !text->is_message))
            menu_faults_add(&l->faults, false, acting->line, 0,
                            "the action %s owes the SMS %s: add it to the messages",
                            acting->action->name, owed->message);
        else if (acting != NULL && owed->says != NULL)
            check_says(l, text, owed->says);
    }
}

/* Whoever comes to it has answered in vain, each time. */
static void check_needs(struct menu_loader *l)
{
    for (size_t i = 0; i < l->vocabulary->need_count; i++) {
        const struct menu_need *need = &l->vocabulary->needs[i];
        const struct menu_screen *acting = find_acting(l->menu, need->action);

        if (acting != NULL && need->is_of_draft && !l->menu->begins_drafts)
            menu_faults_add(&l->faults, false, acting->line, 0,
                            "the action %s never succeeds without a draft: add draft = \"begin\" "
                            "to the choice that is the consent",
                            need->action);
        for (const char *const *name = need->answers; acting != NULL && *name != NULL; name++)
            if (menu_find_field(l->menu, *name) == MENU_NONE)
                menu_faults_add(&l->faults, false, acting->line, 0,
                                "the action %s never succeeds without the answer %s: ask for it",
                                need->action, *name);
    }
}

/* --- what leads nowhere ------------------------------------------------------------------- */

/* Has the screen a target of its own, or is there a later step in its flow? */
static bool has_natural_target(const struct menu *menu, const struct menu_screen *s)
{
    return s->to.kind != MENU_TO_NOWHERE ||
           (s->flow != MENU_NONE && s->flow_step + 1u < menu->flows[s->flow].step_count);
}

/* Of a last step whose `when` may hold, all before it lead on; but a flow that ends in steps that
 * may be missing has no certain end. */
static void check_flow_end(struct menu_loader *l, const struct menu_flow *flow)
{
    const struct menu_screen *last;

    if (flow->step_count == 0)
        return;
    last = &l->menu->screens[flow->steps[flow->step_count - 1]];
    if (last->when != NULL && last->to.kind == MENU_TO_NOWHERE)
        menu_faults_add(&l->faults, false, last->line, 0,
                        "%s is the last step of its flow and may be passed over: give it a `to`",
                        last->name);
}

/* Its list has no rows before the answer that they depend on. */
static void check_flow_order(struct menu_loader *l, const struct menu_flow *flow)
{
    for (unsigned i = 0; i < flow->step_count; i++) {
        const struct menu_screen *step = &l->menu->screens[flow->steps[i]], *later = NULL;
        const struct menu_question *q = &step->question;

        for (unsigned k = 0; k < flow->step_count && q->kind == MENU_QUESTION_LIST; k++) {
            const struct menu_screen *other = &l->menu->screens[flow->steps[k]];

            if (other->question.kind == MENU_QUESTION_NONE || other->question.field != q->parent)
                continue;
            later = k > i ? other : NULL;
            break;
        }
        if (later != NULL)
            menu_faults_add(&l->faults, true, step->line, 0,
                            "the list of %s depends on what %s asks, a later step of its flow: "
                            "put %s behind that",
                            step->name, later->name, step->name);
    }
}

static bool leads_somewhere(struct menu_target target)
{
    return target.kind != MENU_TO_NOWHERE;
}

static void check_choice_ways(struct menu_loader *l, const struct menu_screen *s)
{
    for (unsigned i = 0; i < s->choice_count; i++) {
        const struct menu_choice *c = &s->choices[i];

        if (!leads_somewhere(c->to) && !has_natural_target(l->menu, s))
            menu_faults_add(&l->faults, false, c->line, 0,
                            "this choice leads nowhere: give it a to, or the screen %s one",
                            s->name);
    }
}

static void check_screen_ways(struct menu_loader *l, const struct menu_screen *s)
{
    bool is_question = s->question.kind != MENU_QUESTION_NONE;
    bool has_way_on = is_question || s->choice_count != 0 || leads_somewhere(s->next);

    if (s->when != NULL && !has_natural_target(l->menu, s))
        menu_faults_add(&l->faults, false, s->line, 0,
                        "%s may be passed over (it has a when), but leads nowhere: give it a to",
                        s->name);
    if (s->kind != MENU_SCREEN_ASK)
        return;
    check_choice_ways(l, s);
    if (is_question && !has_natural_target(l->menu, s))
        menu_faults_add(&l->faults, false, s->line, 0,
                        "the answer to %s leads nowhere: give it a to, or put it in a flow",
                        s->name);
    if (l->has_lost_way)
        return;
    if (!has_way_on && s->back == MENU_BACK_HIDDEN)
        menu_faults_add(&l->faults, false, s->line, 0,
                        "%s is a dead end: add choices, next or back, or end = true", s->name);
    else if (!has_way_on && s->flow != MENU_NONE)
        menu_faults_add(&l->faults, true, s->line, 0,
                        "nobody comes past %s, a step of a flow that asks nothing: give it an "
                        "input, a list or choices",
                        s->name);
    if (!is_question && leads_somewhere(s->to) && !s->asks && s->when == NULL)
        menu_faults_add(&l->faults, true, s->line, 0, "%s asks nothing, so its to is never taken",
                        s->name);
}

/* --- circles of screens that show nothing ------------------------------------------------- */

static void search_circle(struct search *s, uint16_t at);

static void follow_silent(void *ctx, const struct menu_edge *edge)
{
    struct search *s = ctx;
    const struct menu *menu = s->l->menu;
    const struct menu_screen *to;

    if (edge->to.kind != MENU_TO_SCREEN ||
        (edge->from->kind == MENU_SCREEN_ASK && edge->kind != MENU_EDGE_PASS) ||
        edge->kind == MENU_EDGE_THEN)
        return;
    to = &menu->screens[edge->to.index];
    if (menu_edge_is_shown(edge, to))
        return;
    if (s->marks[edge->to.index] == MARK_OPEN)
        menu_faults_add(&s->l->faults, false, edge->line, 0,
                        "from here %s leads back to %s without showing anything: a circle",
                        edge->from->name, to->name);
    else if (s->marks[edge->to.index] == MARK_NEW)
        search_circle(s, edge->to.index);
}

/* The depth is bounded by the number of screens in a row that show nothing. */
static void search_circle(struct search *s, uint16_t at)
{
    const struct menu_screen *screen = &s->l->menu->screens[at];

    s->marks[at] = MARK_OPEN;
    menu_edges_of(s->l->menu, screen, follow_silent, s);
    s->marks[at] = MARK_DONE;
}

/* --- SMS ---------------------------------------------------------------------------------- */

static void check_sms_screen(struct search *s, struct menu_target target, uint32_t line);

struct sms_search {
    struct search *s;
    uint32_t line;
};

static void follow_sms(void *ctx, const struct menu_edge *edge)
{
    struct sms_search *sms = ctx;

    if (edge->kind != MENU_EDGE_THEN)
        check_sms_screen(sms->s, edge->to, sms->line);
}

/* An SMS gets one answer: nothing on its way may wait for an input. */
static void check_sms_screen(struct search *s, struct menu_target target, uint32_t line)
{
    const struct menu *menu = s->l->menu;
    const struct menu_screen *screen;

    if (target.kind == MENU_TO_BACK || target.kind == MENU_TO_MAIN ||
        target.kind == MENU_TO_DRAFT) {
        if (!s->l->has_lost_way)
            menu_faults_add(&s->l->faults, false, line, 0,
                            "an SMS has no way back and no main menu: lead it to a message");
        return;
    }
    if (target.kind == MENU_TO_TEXT && !menu->texts[target.index].is_message)
        menu_check_sms_length(s->l, &menu->texts[target.index], menu->texts[target.index].name);
    if (target.kind != MENU_TO_SCREEN || s->marks[target.index] != MARK_NEW)
        return;
    s->marks[target.index] = MARK_DONE;
    screen = &menu->screens[target.index];
    if (screen->kind == MENU_SCREEN_END)
        menu_check_sms_length(s->l, screen->text, screen->name);
    if (screen->kind == MENU_SCREEN_ASK)
        menu_faults_add(&s->l->faults, false, line, 0,
                        "this SMS leads to %s, which asks something: an SMS gets one answer only",
                        screen->name);
    else /* of an end: where it is passed over */
        menu_edges_of(menu, screen, follow_sms, &(struct sms_search){s, line});
}

static void check_sms(struct search *s)
{
    const struct menu *menu = s->l->menu;

    for (unsigned i = 0; i < menu->keyword_count; i++) {
        memset(s->marks, 0, menu->screen_count * sizeof(*s->marks));
        check_sms_screen(s, menu->keywords[i].to, menu->keywords[i].line);
        for (unsigned p = 0; p < menu->keywords[i].part_count; p++)
            check_sms_screen(s, menu->keywords[i].parts[p].refused, menu->keywords[i].line);
    }
    memset(s->marks, 0, menu->screen_count * sizeof(*s->marks));
    check_sms_screen(s, menu->otherwise, s->l->otherwise_line);
}

static void check_ends(struct menu_loader *l, uint16_t screen, const char *key)
{
    if (screen != MENU_NONE && l->menu->screens[screen].kind == MENU_SCREEN_END)
        menu_faults_add(&l->faults, false, l->menu->screens[screen].line, 0,
                        "%s is the %s screen, so it must not end the dialogue",
                        l->menu->screens[screen].name, key);
}

void menu_check_ways(struct menu_loader *l)
{
    const struct menu *menu = l->menu;
    size_t count = menu->screen_count + 1u;
    struct search s = {.l = l,
                       .is_reached = mem_zalloc(count),
                       .queue = mem_alloc(count * sizeof(*s.queue)),
                       .marks = mem_zalloc(count * sizeof(*s.marks))};

    check_ends(l, menu->start, "start");
    check_ends(l, menu->first, "first");
    check_ends(l, menu->resume, "resume");
    for (unsigned i = 0; i < menu->screen_count; i++)
        check_screen_ways(l, &menu->screens[i]);
    for (unsigned i = 0; i < menu->flow_count; i++) {
        check_flow_end(l, &menu->flows[i]);
        check_flow_order(l, &menu->flows[i]);
    }
    check_reached(&s);
    check_used(l);
    check_owed(l);
    check_needs(l);
    check_answers(l);
    for (uint16_t i = 0; i < menu->screen_count; i++)
        if (s.marks[i] == MARK_NEW)
            search_circle(&s, i);
    check_sms(&s);
    mem_free(s.is_reached);
    mem_free(s.queue);
    mem_free(s.marks);
}
