#include "menus/loader.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- targets ------------------------------------------------------------------------------ */

static const struct {
    const char *word;
    enum menu_target_kind kind;
} specials[] = {{"@back", MENU_TO_BACK},
                {"@main", MENU_TO_MAIN},
                {"@draft", MENU_TO_DRAFT},
                {"@silent", MENU_TO_SILENT}};
enum { SPECIALS = sizeof(specials) / sizeof(specials[0]) };

static const char *target_name(void *ctx, size_t i)
{
    const struct menu *menu = ctx;

    if (i < SPECIALS)
        return specials[i].word;
    i -= SPECIALS;
    if (i < menu->screen_count)
        return menu->screens[i].name;
    i -= menu->screen_count;
    return i < menu->text_count ? menu->texts[i].name : NULL;
}

static bool special_target(const char *word, struct menu_target *target)
{
    for (size_t i = 0; i < SPECIALS; i++)
        if (strcmp(word, specials[i].word) == 0) {
            target->kind = specials[i].kind;
            return true;
        }
    return false;
}

struct menu_target menu_load_target(struct menu_loader *l, const config_setting_t *setting)
{
    struct menu_target target = {MENU_TO_NOWHERE, 0};
    const char *name = menu_load_string_of(l, setting);
    char hint[MENU_NAME_BYTES + 32];
    uint16_t at;

    if (name == NULL || special_target(name, &target))
        return target;
    at = menu_index_find(&l->menu->screen_index, name);
    if (at != MENU_NONE)
        return (struct menu_target){MENU_TO_SCREEN, at};
    at = menu_index_find(&l->menu->text_index, name);
    if (at != MENU_NONE) {
        l->text_is_used[at] = true;
        return (struct menu_target){MENU_TO_TEXT, at};
    }
    l->has_lost_way = true;
    menu_load_hint(l, name, target_name, l->menu, hint, sizeof(hint));
    if (name[0] == '@' && hint[0] == '\0')
        snprintf(hint, sizeof(hint), "; there are @back, @main, @draft, @silent");
    menu_load_fault_at(l, setting, 0, "there is no screen, text or message %s%s", name, hint);
    return (struct menu_target){MENU_TO_MAIN, 0}; /* in its place, so that the check can go on */
}

struct menu_target menu_load_target_key(struct menu_loader *l, config_setting_t *group,
                                        const char *key)
{
    config_setting_t *setting = config_setting_get_member(group, key);

    return setting != NULL ? menu_load_target(l, setting)
                           : (struct menu_target){MENU_TO_NOWHERE, 0};
}

static const char *screen_name(void *ctx, size_t i)
{
    const struct menu *menu = ctx;

    return i < menu->screen_count ? menu->screens[i].name : NULL;
}

uint16_t menu_load_screen_key(struct menu_loader *l, config_setting_t *group, const char *key)
{
    config_setting_t *setting = menu_load_member(l, group, key, CONFIG_TYPE_STRING, false);
    char hint[MENU_NAME_BYTES + 32];
    const char *name;
    uint16_t at;

    if (setting == NULL)
        return MENU_NONE;
    name = config_setting_get_string(setting);
    at = menu_index_find(&l->menu->screen_index, name);
    if (at == MENU_NONE) {
        l->has_lost_way = true;
        menu_load_hint(l, name, screen_name, l->menu, hint, sizeof(hint));
        menu_load_fault_at(l, setting, 0, "there is no screen %s%s", name, hint);
    }
    return at;
}

static const char *text_name(void *ctx, size_t i)
{
    const struct menu *menu = ctx;

    return i < menu->text_count ? menu->texts[i].name : NULL;
}

uint16_t menu_load_text_ref(struct menu_loader *l, const config_setting_t *setting)
{
    const char *name = menu_load_string_of(l, setting);
    char hint[MENU_NAME_BYTES + 32];
    uint16_t at;

    if (name == NULL)
        return MENU_NONE;
    at = menu_index_find(&l->menu->text_index, name);
    if (at == MENU_NONE) {
        menu_load_hint(l, name, text_name, l->menu, hint, sizeof(hint));
        menu_load_fault_at(l, setting, 0, "there is no text %s in texts%s", name, hint);
    } else {
        l->text_is_used[at] = true;
    }
    return at;
}

/* --- effects ------------------------------------------------------------------------------ */

/* How long a set value can be: for the length check of the placeholders that show it. */
static unsigned set_max(const struct menu *menu, const struct menu_template *t)
{
    unsigned longest = 0;

    for (unsigned i = 0; i < t->part_count; i++) {
        const struct menu_value *v = &menu->values[t->parts[i].value];

        if (t->parts[i].kind == MENU_PART_LITERAL)
            longest += t->parts[i].units;
        else if (t->parts[i].kind == MENU_PART_VALUE && v->fact != NULL)
            longest += menu_load_fact_max(v->fact);
        else
            longest += MENU_NAME_BYTES;
    }
    return longest < MENU_VALUE_BYTES ? longest : MENU_VALUE_BYTES - 1;
}

static void load_sets(struct menu_loader *l, config_setting_t *group, struct menu_effect *effect)
{
    config_setting_t *sets = menu_load_member(l, group, "set", CONFIG_TYPE_GROUP, false);
    int count = sets != NULL ? config_setting_length(sets) : 0;

    effect->sets = menu_model_alloc(l->menu, (size_t)count * sizeof(*effect->sets));
    for (int i = 0; i < count; i++) {
        config_setting_t *member = config_setting_get_elem(sets, (unsigned)i);
        struct menu_set *set = &effect->sets[effect->set_count];
        struct menu_field *field;

        set->field = menu_find_field(l->menu, config_setting_name(member));
        if (set->field == MENU_NONE || !menu_load_value_template(l, member, &set->value))
            continue;
        field = &l->menu->fields[set->field];
        if (set_max(l->menu, &set->value) > field->value_max)
            field->value_max = (uint16_t)set_max(l->menu, &set->value);
        effect->set_count++;
    }
}

static void load_draft(struct menu_loader *l, config_setting_t *group, struct menu_effect *effect)
{
    static const char *const words[] = {"begin", "drop", "restart", NULL};
    config_setting_t *setting = menu_load_member(l, group, "draft", CONFIG_TYPE_STRING, false);

    if (setting == NULL)
        return;
    for (unsigned i = 0; words[i] != NULL; i++)
        if (strcmp(config_setting_get_string(setting), words[i]) == 0) {
            effect->draft = (enum menu_draft_change)(MENU_DRAFT_BEGIN + i);
            return;
        }
    menu_load_fault_at(l, setting, 0, "draft is \"begin\", \"drop\" or \"restart\"");
}

static void load_language(struct menu_loader *l, config_setting_t *group,
                          struct menu_effect *effect)
{
    config_setting_t *setting = menu_load_member(l, group, "language", CONFIG_TYPE_STRING, false);

    if (setting == NULL)
        return;
    for (uint16_t i = 0; i < l->menu->language_count; i++)
        if (strcmp(l->menu->languages[i].code, config_setting_get_string(setting)) == 0)
            effect->language = i;
    if (effect->language == MENU_NONE)
        menu_load_fault_at(l, setting, 0, "%s is no language of this menu",
                           config_setting_get_string(setting));
}

void menu_load_effect(struct menu_loader *l, config_setting_t *group, struct menu_effect *effect)
{
    *effect = (struct menu_effect){.language = MENU_NONE, .then = MENU_NONE};
    load_sets(l, group, effect);
    load_draft(l, group, effect);
    load_language(l, group, effect);
    effect->then = menu_load_screen_key(l, group, "then");
}

/* --- questions ---------------------------------------------------------------------------- */

static const char *rule_name(void *ctx, size_t i)
{
    const struct menu_vocabulary *v = ctx;

    return i < v->rule_count ? v->rules[i].name : NULL;
}

const struct menu_rule *menu_load_rule(struct menu_loader *l, const config_setting_t *setting)
{
    const char *name = config_setting_get_string(setting);
    char hint[MENU_NAME_BYTES + 32];

    for (size_t i = 0; i < l->vocabulary->rule_count; i++)
        if (strcmp(l->vocabulary->rules[i].name, name) == 0)
            return &l->vocabulary->rules[i];
    menu_load_hint(l, name, rule_name, (void *)l->vocabulary, hint, sizeof(hint));
    menu_load_fault_at(l, setting, 0, "the service has no rule %s%s", name, hint);
    return NULL;
}

static void load_named_rule(struct menu_loader *l, const config_setting_t *setting,
                            struct menu_input_rule *rule)
{
    rule->kind = MENU_RULE_NAMED;
    rule->named = menu_load_rule(l, setting);
    if (rule->named == NULL)
        *rule = (struct menu_input_rule){.kind = MENU_RULE_LENGTH, .min = 1, .max = 160};
}

static bool rule_kind(struct menu_loader *l, config_setting_t *group, enum menu_rule_kind *kind)
{
    static const struct {
        const char *word;
        enum menu_rule_kind kind;
    } kinds[] = {{"length", MENU_RULE_LENGTH}, {"digits", MENU_RULE_DIGITS},
                 {"number", MENU_RULE_NUMBER}, {"charset", MENU_RULE_CHARSET},
                 {"date", MENU_RULE_DATE},     {"pattern", MENU_RULE_PATTERN}};
    const char *word = menu_load_string(l, group, "kind", true);

    for (size_t i = 0; word != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(word, kinds[i].word) == 0) {
            *kind = kinds[i].kind;
            return true;
        }
    if (word != NULL)
        menu_load_fault_at(l, config_setting_get_member(group, "kind"), 0,
                           "a rule's kind is length, digits, number, charset, date or pattern");
    return false;
}

/* Repetitions are written out when an expression is compiled, one in another multiplies, and what
 * may be empty costs by the square: of (a{1,255}){1,255} regcomp() makes 250 MB in a second, of
 * (a?){1,3000} a gigabyte in ten. What may be empty repeated without end makes a circle, on which
 * each further choice doubles: (((a{0,5}){0,3}){0,5}){2,} takes it half a minute and more. */
enum { REGEX_ATOMS_MAX = 1000, REGEX_DEPTH_MAX = 16 };
static const char too_large[] =
    "its repetitions come to more than 1000 characters when written out";

/* Behind a bracket expression's end. */
static const char *skip_bracket(const char *c)
{
    c++;
    if (*c == '^')
        c++;
    if (*c == ']')
        c++;
    while (*c != '\0' && *c != ']') {
        if (*c == '[' && (c[1] == ':' || c[1] == '.' || c[1] == '=')) {
            const char end[] = {c[1], ']', '\0'};
            const char *found = strstr(c + 2, end);

            c = found != NULL ? found + 1 : c;
        }
        c++;
    }
    return *c != '\0' ? c + 1 : c;
}

struct repetition {
    unsigned long least, times; /* times: how often what stands before it is written out */
    bool is_endless;
};

/* {3}, {1,60}, {2,}, {,5}, *, +, ?. *c is left behind it. Braces with anything else in them
 * regcomp() refuses. */
static struct repetition take_repetition(const char **c)
{
    struct repetition r = {.is_endless = **c == '*' || **c == '+'};
    char *end;

    if (**c != '{') {
        r.least = **c == '+';
        r.times = 1 + r.least;
        ++*c;
        return r;
    }
    r.least = r.times = strtoul(*c + 1, &end, 10);
    if (*end == ',') {
        r.is_endless = *++end == '}';
        r.times = r.is_endless ? r.least + 1 : strtoul(end, &end, 10);
    }
    *c = *end == '}' ? end + 1 : *c + 1;
    r.times = r.times <= 1 ? 1 : r.times <= RE_DUP_MAX ? r.times : RE_DUP_MAX;
    return r;
}

/* One atom that is no group: does it match nothing? *c is left behind it. */
static bool take_atom(const char **c)
{
    const char *at = *c;

    *c = *at == '[' ? skip_bracket(at) : at + (*at == '\\' && at[1] != '\0') + 1;
    if (*at == '\\')
        return at[1] != '\0' && strchr("bB<>`'", at[1]) != NULL;
    return strchr("^$*+?{", *at) != NULL; /* a repetition of nothing is passed over */
}

struct regex_group {
    unsigned long atoms;
    bool is_empty;  /* the branch may be, up to what stands last */
    bool has_empty; /* a branch before it may be */
};

/* What is wrong with an expression that need not be right; NULL: nothing, or regcomp() says it.
 * Groups deeper than that, or more atoms: too large. */
static const char *regex_complaint(const char *c)
{
    struct regex_group groups[REGEX_DEPTH_MAX] = {{.is_empty = true}}, *g = groups;
    unsigned long last = 0;
    bool is_empty = true; /* may what stands last be */

    while (*c != '\0') {
        if (strchr("*+?{", *c) != NULL && last != 0) {
            struct repetition r = take_repetition(&c);
            unsigned long times = is_empty ? 2 * r.times : r.times;

            if (is_empty && r.is_endless)
                return "it repeats without end what may be empty";
            g->atoms += last * (times - 1) + 1;
            last = last * times + 1;
            is_empty = is_empty || r.least == 0;
        } else if (*c == '(') {
            g->is_empty = g->is_empty && is_empty;
            if (++g == groups + REGEX_DEPTH_MAX)
                return too_large;
            *g = (struct regex_group){.is_empty = true};
            is_empty = true;
            last = 0;
            c++;
        } else if (*c == '|') {
            g->has_empty = g->has_empty || (g->is_empty && is_empty);
            g->is_empty = is_empty = true;
            g->atoms++;
            last = 0;
            c++;
        } else if (*c == ')' && g > groups) {
            is_empty = g->has_empty || (g->is_empty && is_empty);
            last = g->atoms + 1;
            (--g)->atoms += last;
            c++;
        } else {
            g->is_empty = g->is_empty && is_empty;
            is_empty = take_atom(&c);
            last = 1;
            g->atoms++;
        }
        if (g->atoms > REGEX_ATOMS_MAX)
            return too_large;
    }
    return NULL;
}

static void load_regex(struct menu_loader *l, config_setting_t *group, struct menu_input_rule *rule)
{
    struct menu *menu = l->menu;
    const char *text = menu_load_string(l, group, "regex", true);
    const char *complaint;
    regex_t *regex;
    char why[128];
    int code;

    if (text == NULL)
        return;
    /* Back references make matching exponential; nothing typed on a phone needs them. */
    for (const char *c = text; (c = strchr(c, '\\')) != NULL && c[1] != '\0'; c += 2)
        if (c[1] >= '1' && c[1] <= '9') {
            menu_load_fault_at(l, config_setting_get_member(group, "regex"), (size_t)(c - text),
                               "back references are not possible");
            return;
        }
    complaint = regex_complaint(text);
    if (complaint != NULL) {
        menu_load_fault_at(l, config_setting_get_member(group, "regex"), 0, "%s", complaint);
        return;
    }
    regex = menu_model_alloc(menu, sizeof(*regex));
    code = regcomp(regex, text, REG_EXTENDED);
    if (code != 0) {
        regerror(code, regex, why, sizeof(why));
        menu_load_fault_at(l, config_setting_get_member(group, "regex"), 0,
                           "no regular expression: %s", why);
        return;
    }
    menu->regexes = mem_realloc_array(menu->regexes, menu->regex_count + 1, sizeof(regex_t *));
    menu->regexes[menu->regex_count++] = regex;
    rule->regex = regex;
}

static int64_t load_day(struct menu_loader *l, config_setting_t *group, const char *key,
                        int64_t otherwise)
{
    config_setting_t *setting = menu_load_member(l, group, key, CONFIG_TYPE_STRING, false);
    int64_t days = otherwise;

    if (setting != NULL && !menu_date_parse(config_setting_get_string(setting), &days))
        menu_load_fault_at(l, setting, 0, "%s is no date YYYY-MM-DD",
                           config_setting_get_string(setting));
    return days;
}

static void load_date_rule(struct menu_loader *l, config_setting_t *group,
                           struct menu_input_rule *rule)
{
    enum { DAYS_IN_1900 = -25567, DAYS_IN_2100 = 47482 };
    const char *format = menu_load_string(l, group, "format", false);

    rule->min = load_day(l, group, "min", DAYS_IN_1900);
    rule->max = load_day(l, group, "max", DAYS_IN_2100);
    rule->is_short_year = format != NULL && strcmp(format, "DDMMYY") == 0;
    if (format != NULL && !rule->is_short_year && strcmp(format, "DDMMYYYY") != 0)
        menu_load_fault(l, config_setting_get_member(group, "format"),
                        "a date's format is DDMMYYYY or DDMMYY");
}

static void load_general_rule(struct menu_loader *l, config_setting_t *group,
                              struct menu_input_rule *rule)
{
    static const char *const keys[][6] = {
        [MENU_RULE_LENGTH] = {"kind", "min", "max", NULL},
        [MENU_RULE_DIGITS] = {"kind", "min", "max", NULL},
        [MENU_RULE_NUMBER] = {"kind", "min", "max", NULL},
        [MENU_RULE_CHARSET] = {"kind", "min", "max", "chars", NULL},
        [MENU_RULE_DATE] = {"kind", "min", "max", "format", NULL},
        [MENU_RULE_PATTERN] = {"kind", "max", "regex", NULL},
    };
    static const char *const names[] = {
        [MENU_RULE_LENGTH] = "a length rule", [MENU_RULE_DIGITS] = "a digits rule",
        [MENU_RULE_NUMBER] = "a number rule", [MENU_RULE_CHARSET] = "a charset rule",
        [MENU_RULE_DATE] = "a date rule",     [MENU_RULE_PATTERN] = "a pattern rule",
    };
    int64_t most = 160, least = 1;

    rule->kind = MENU_RULE_LENGTH;
    if (!rule_kind(l, group, &rule->kind))
        return;
    menu_load_check_keys(l, group, names[rule->kind], keys[rule->kind]);
    if (rule->kind == MENU_RULE_NUMBER) {
        least = -999999999999999;
        most = 999999999999999;
    }
    if (rule->kind == MENU_RULE_DATE) {
        load_date_rule(l, group, rule);
    } else {
        rule->min =
            menu_load_number(l, group, "min", least, most, rule->kind == MENU_RULE_NUMBER ? 0 : 1);
        rule->max = menu_load_number(l, group, "max", least, most, most);
    }
    if (rule->min > rule->max)
        menu_load_fault(l, group, "min is larger than max: nothing would be accepted");
    if (rule->kind == MENU_RULE_CHARSET)
        rule->chars = menu_load_string(l, group, "chars", true);
    if (rule->kind == MENU_RULE_CHARSET && rule->chars == NULL)
        rule->chars = "";
    if (rule->kind == MENU_RULE_PATTERN)
        load_regex(l, group, rule);
    if (rule->kind == MENU_RULE_PATTERN && rule->regex == NULL)
        rule->kind = MENU_RULE_LENGTH;
}

static void load_rule(struct menu_loader *l, config_setting_t *input, struct menu_input_rule *rule)
{
    config_setting_t *setting = config_setting_get_member(input, "rule");

    rule->kind = MENU_RULE_LENGTH;
    rule->min = 1;
    rule->max = 160;
    rule->is_upper = menu_load_flag(l, input, "upper");
    if (setting == NULL)
        menu_load_fault(l, input, "rule is missing: the name of a rule, or { kind = \"length\"; }");
    else if (config_setting_type(setting) == CONFIG_TYPE_STRING)
        load_named_rule(l, setting, rule);
    else if (config_setting_type(setting) == CONFIG_TYPE_GROUP)
        load_general_rule(l, setting, rule);
    else
        menu_load_fault(l, setting, "a rule is a name, or a group { kind = \"length\"; ... }");
}

static void load_word_errors(struct menu_loader *l, config_setting_t *input,
                             struct menu_question *q)
{
    config_setting_t *group = menu_load_member(l, input, "errors", CONFIG_TYPE_GROUP, false);
    int count = group != NULL ? config_setting_length(group) : 0;
    const char *const *words =
        q->rule.named != NULL ? q->rule.named->errors : (const char *const[]){"invalid", NULL};

    if (group != NULL)
        menu_load_check_keys(l, group, "this rule", words);
    q->word_errors = menu_model_alloc(l->menu, (size_t)count * sizeof(*q->word_errors));
    for (int i = 0; i < count; i++) {
        config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        uint16_t text = menu_load_text_ref(l, member);

        if (text != MENU_NONE)
            q->word_errors[q->word_error_count++] = (struct menu_word_text){
                menu_model_strdup(l->menu, config_setting_name(member)), text};
    }
}

static void load_input(struct menu_loader *l, config_setting_t *input, struct menu_question *q)
{
    static const char *const keys[] = {"field", "rule", "upper", "error", "errors", NULL};
    struct menu_field *field = q->field != MENU_NONE ? &l->menu->fields[q->field] : NULL;

    menu_load_check_keys(l, input, "an input", keys);
    q->kind = MENU_QUESTION_INPUT;
    load_rule(l, input, &q->rule);
    load_word_errors(l, input, q);
    if (field != NULL && menu_rule_value_max(&q->rule) > field->value_max)
        field->value_max = (uint16_t)(menu_rule_value_max(&q->rule) < MENU_VALUE_BYTES
                                          ? menu_rule_value_max(&q->rule)
                                          : MENU_VALUE_BYTES - 1);
}

static void load_list(struct menu_loader *l, config_setting_t *list, struct menu_question *q)
{
    static const char *const keys[] = {"table",   "field", "parent", "names",
                                       "guessed", "error", NULL};
    config_setting_t *parent = menu_load_member(l, list, "parent", CONFIG_TYPE_STRING, false);
    const char *table = menu_load_string(l, list, "table", true);
    const char *guessed = menu_load_string(l, list, "guessed", false);

    menu_load_check_keys(l, list, "a list", keys);
    q->table = table != NULL
                   ? menu_load_find_table(l, config_setting_get_member(list, "table"), table)
                   : MENU_NONE;
    q->kind = q->table != MENU_NONE ? MENU_QUESTION_LIST : MENU_QUESTION_NONE;
    q->takes_names = menu_load_flag(l, list, "names");
    q->guessed = guessed != NULL ? menu_find_field(l->menu, guessed) : MENU_NONE;
    if (parent != NULL) {
        q->parent = menu_find_field(l->menu, config_setting_get_string(parent));
        q->parent_fact = menu_load_find_fact(l, config_setting_get_string(parent));
        if (q->parent == MENU_NONE)
            menu_load_fault_at(l, parent, 0, "no screen asks for the field %s",
                               config_setting_get_string(parent));
    }
    if (q->field != MENU_NONE) {
        l->menu->fields[q->field].table = q->table;
        l->menu->fields[q->field].parent = q->parent;
    }
}

bool menu_load_question(struct menu_loader *l, config_setting_t *input, config_setting_t *list,
                        config_setting_t *named, bool is_sms, struct menu_question *q)
{
    config_setting_t *group = input != NULL ? input : list;
    config_setting_t *error;
    const char *field;

    *q = (struct menu_question){.field = MENU_NONE,
                                .table = MENU_NONE,
                                .parent = MENU_NONE,
                                .guessed = MENU_NONE,
                                .error = MENU_NONE};
    if (group == NULL)
        return false;
    if (!config_setting_is_group(group)) {
        menu_load_fault(l, group, "%s is a group { field = \"...\"; ... }",
                        config_setting_name(group));
        return false;
    }
    field = menu_load_string(l, named != NULL ? named : group, "field", true);
    q->field = field != NULL ? menu_find_field(l->menu, field) : MENU_NONE;
    if (input != NULL)
        load_input(l, input, q);
    else
        load_list(l, list, q);
    error = config_setting_get_member(group, "error");
    if (error != NULL && is_sms)
        q->refused = menu_load_target(l, error);
    else if (error != NULL)
        q->error = menu_load_text_ref(l, error);
    if (q->field == MENU_NONE)
        q->kind = MENU_QUESTION_NONE;
    return q->kind != MENU_QUESTION_NONE;
}
