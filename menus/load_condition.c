#include "menus/loader.h"

#include "menus/match.h"
#include "menus/rule.h"

#include <stdlib.h>
#include <string.h>

static void *alloc_in_menu(void *ctx, size_t bytes)
{
    return menu_model_alloc(ctx, bytes);
}

static const char *operand_name(void *ctx, size_t i)
{
    const struct menu_loader *l = ctx;

    if (i < l->menu->field_count)
        return l->menu->fields[i].name;
    i -= l->menu->field_count;
    if (i < l->vocabulary->fact_count)
        return l->vocabulary->facts[i].name;
    i -= l->vocabulary->fact_count;
    if (i < l->menu->constant_count)
        return l->menu->constants[i].name;
    return menu_condition_operand(i - l->menu->constant_count);
}

/* What the name stands for: an answer, a fact or a constant, the first that there is when the
 * condition is asked. Returns the fact. */
static const struct menu_fact *find_operand(struct menu_loader *l, const config_setting_t *setting,
                                            struct menu_condition_step *step)
{
    const struct menu_fact *fact = menu_load_find_fact(l, step->name);
    struct menu_constant *constant = menu_load_find_constant(l->menu, step->name);
    char hint[MENU_NAME_BYTES + 32];

    menu_load_note_read(l, step->name);
    step->is_fact = fact != NULL;
    step->constant = constant != NULL ? constant->text : NULL;
    if (fact != NULL || menu_find_field(l->menu, step->name) != MENU_NONE)
        return fact;
    if (constant != NULL) {
        constant->is_used = constant->is_asked = true;
        return NULL;
    }
    menu_load_hint(l, step->name, operand_name, l, hint, sizeof(hint));
    menu_load_fault_at(l, setting, step->offset,
                       "nothing is called %s: no answer, fact or constant%s", step->name, hint);
    return NULL;
}

static bool is_clock(const char *text)
{
    return strlen(text) == 5 && text[2] == ':' && strspn(text, "0123456789") == 2 &&
           strspn(text + 3, "0123456789") == 2 && atoi(text) <= 24 && atoi(text + 3) < 60;
}

static bool is_word_of(const struct menu_fact *fact, const char *word)
{
    for (unsigned i = 0; fact->words[i] != NULL; i++)
        if (strcmp(fact->words[i], word) == 0)
            return true;
    return false;
}

/* Why the right side cannot be true of the left one; NULL when it can. */
static const char *wrong_word(const struct menu_loader *l, const struct menu_condition_step *step,
                              const struct menu_fact *fact, const char *word)
{
    int64_t days;

    switch (step->operand) {
    case MENU_OPERAND_LANGUAGE:
        return menu_has_language(l->menu, word) ? NULL : "no language of this menu";
    case MENU_OPERAND_TODAY:
        return menu_date_parse(word, &days) ? NULL : "no date YYYY-MM-DD";
    case MENU_OPERAND_TIME:
        return is_clock(word) ? NULL : "no time HH:MM";
    case MENU_OPERAND_WEEKDAY:
        return strlen(word) == 1 && strchr("1234567", word[0]) != NULL
                   ? NULL
                   : "no weekday: 1 (Monday) to 7 (Sunday)";
    default:
        break;
    }
    if (fact != NULL && fact->kind == MENU_FACT_WORD && fact->words != NULL &&
        !is_word_of(fact, word))
        return "none of the words of this fact";
    return NULL;
}

enum { LETTERS_FOR_ONE = 3, LETTERS_FOR_TWO = 5 };

/* How many letters may be wrong in it: none in "on" and "no", nor where there are figures, as in
 * years and versions; each of those is a word of its own. */
static unsigned wrong_letters_max(const char *word)
{
    size_t length = strlen(word);

    if (length < LETTERS_FOR_ONE || strpbrk(word, "0123456789") != NULL)
        return 0;
    return length < LETTERS_FOR_TWO ? 1 : 2;
}

/* Capitals, blanks or a letter or two apart. */
static bool is_nearly(const char *value, const char *word)
{
    char folded[MENU_VALUE_BYTES], folded_word[MENU_VALUE_BYTES];
    unsigned limit = wrong_letters_max(word);

    menu_match_fold(value, folded, sizeof(folded));
    menu_match_fold(word, folded_word, sizeof(folded_word));
    return menu_match_distance(folded, folded_word, limit) <= limit;
}

/* A constant that is no word of any condition may be meant so; one that is nearly a word is not. */
static void compare_constant(struct menu_loader *l, const struct menu_condition_step *step)
{
    struct menu_constant *c =
        step->constant != NULL ? menu_load_find_constant(l->menu, step->name) : NULL;

    for (unsigned i = 0; c != NULL && c->value != NULL && i < step->word_count; i++) {
        const char *word = step->words[i].text;

        if (strcmp(c->value, word) == 0)
            c->is_met = true;
        else if (is_nearly(c->value, word))
            c->near_word = word;
    }
}

static void check_step(struct menu_loader *l, const config_setting_t *setting,
                       struct menu_condition_step *step)
{
    const struct menu_fact *fact = NULL;

    if (step->operand == MENU_OPERAND_NAME)
        fact = find_operand(l, setting, step);
    compare_constant(l, step);
    for (unsigned i = 0; i < step->word_count; i++) {
        const char *wrong = wrong_word(l, step, fact, step->words[i].text);

        if (wrong != NULL)
            menu_load_fault_at(l, setting, step->offset, "%s is %s", step->words[i].text, wrong);
    }
}

struct menu_condition *menu_load_condition(struct menu_loader *l, config_setting_t *group)
{
    config_setting_t *setting = menu_load_member(l, group, "when", CONFIG_TYPE_STRING, false);
    struct menu_condition *c;
    const char *why;
    unsigned column;

    if (setting == NULL)
        return NULL;
    c = menu_condition_compile(config_setting_get_string(setting), alloc_in_menu, l->menu, &column,
                               &why);
    if (c == NULL) {
        menu_load_fault_at(l, setting, column - 1, "%s", why);
        return NULL;
    }
    for (unsigned i = 0; i < c->step_count; i++)
        if (c->steps[i].kind == MENU_CONDITION_TEST)
            check_step(l, setting, &c->steps[i]);
    return c;
}
