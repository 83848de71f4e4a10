#include "menus/loader.h"

#include "menus/match.h"

#include <string.h>

enum { WORD_BYTES = 64, KEYWORDS_MAX = 500, WORDS_MAX = 50 };

static void load_words(struct menu_loader *l, config_setting_t *group, struct menu_keyword *k)
{
    config_setting_t *words = menu_load_member(l, group, "words", CONFIG_TYPE_ARRAY, false);
    int count = words != NULL ? config_setting_length(words) : 0;

    if (words != NULL && (count == 0 || count > WORDS_MAX)) {
        menu_load_fault(l, words, "a keyword has 1 to %d words", WORDS_MAX);
        count = 0;
    }
    k->words = menu_model_alloc(l->menu, (size_t)count * sizeof(k->words[0]));
    for (int i = 0; i < count; i++) {
        config_setting_t *setting = config_setting_get_elem(words, (unsigned)i);
        const char *word = menu_load_string_of(l, setting);
        char folded[WORD_BYTES];

        if (word == NULL)
            continue;
        menu_match_fold_keyword(word, folded, sizeof(folded));
        if (folded[0] == '\0' || strlen(word) >= sizeof(folded))
            menu_load_fault(l, setting, "a keyword has 1 to %d characters", WORD_BYTES - 1);
        else
            k->words[k->word_count++] = menu_model_strdup(l->menu, folded);
    }
}

/* input or list: all that follows the word is one value. */
static void load_single_part(struct menu_loader *l, config_setting_t *group, struct menu_keyword *k)
{
    config_setting_t *input = config_setting_get_member(group, "input");
    config_setting_t *list = config_setting_get_member(group, "list");
    config_setting_t *either = input != NULL ? input : list;

    k->parts = menu_model_alloc(l->menu, sizeof(*k->parts));
    if (menu_load_question(l, input, input == NULL ? list : NULL, NULL, true, &k->parts[0]))
        k->part_count = 1;
    if (config_setting_is_group(either) && config_setting_get_member(either, "error") == NULL)
        menu_load_fault(l, either, "error is missing: the target when the value is refused");
}

static void load_part(struct menu_loader *l, config_setting_t *part, struct menu_keyword *k)
{
    static const char *const keys[] = {"field", "rule", "upper", "list", NULL};
    config_setting_t *list;

    if (!config_setting_is_group(part)) {
        menu_load_fault(l, part, "a part is a group { field = \"...\"; rule = \"...\"; }");
        return;
    }
    menu_load_check_keys(l, part, "a part", keys);
    list = config_setting_get_member(part, "list");
    if (menu_load_question(l, list == NULL ? part : NULL, list, part, true,
                           &k->parts[k->part_count]))
        k->part_count++;
}

/* Values with separators between them. */
static void load_form(struct menu_loader *l, config_setting_t *form, struct menu_keyword *k)
{
    static const char *const keys[] = {"separators", "fields", NULL};
    config_setting_t *parts;
    int count;

    if (!config_setting_is_group(form)) {
        menu_load_fault(l, form, "a form is a group { separators = \"#\"; fields = ( ... ); }");
        return;
    }
    menu_load_check_keys(l, form, "a form", keys);
    k->separators = menu_load_string(l, form, "separators", true);
    if (k->separators == NULL || k->separators[0] == '\0')
        k->separators = "#";
    parts = menu_load_member(l, form, "fields", CONFIG_TYPE_LIST, true);
    count = parts != NULL ? config_setting_length(parts) : 0;
    k->parts = menu_model_alloc(l->menu, (size_t)count * sizeof(*k->parts));
    for (int i = 0; i < count; i++)
        load_part(l, config_setting_get_elem(parts, (unsigned)i), k);
    if (parts != NULL && count == 0)
        menu_load_fault(l, parts, "a form without fields");
}

/* What follows the word: nothing, one value, or several. */
static void load_parts(struct menu_loader *l, config_setting_t *group, struct menu_keyword *k)
{
    static const char *const ways[] = {"input", "list", "form"};
    unsigned count = 0;

    for (unsigned i = 0; i < 3; i++)
        count += config_setting_get_member(group, ways[i]) != NULL;
    if (count > 1)
        menu_load_fault(l, group, "a keyword has an input, a list or a form, only one");
    else if (config_setting_get_member(group, "form") != NULL)
        load_form(l, config_setting_get_member(group, "form"), k);
    else if (count == 1)
        load_single_part(l, group, k);
}

static void load_keyword(struct menu_loader *l, config_setting_t *group, struct menu_keyword *k)
{
    static const char *const keys[] = {"words", "rule",  "input",    "list", "form", "when",
                                       "set",   "draft", "language", "to",   NULL};
    const config_setting_t *rule;

    menu_load_check_keys(l, group, "a keyword", keys);
    k->line = menu_load_line(group);
    load_words(l, group, k);
    rule = menu_load_member(l, group, "rule", CONFIG_TYPE_STRING, false);
    if (rule != NULL)
        k->rule = menu_load_rule(l, rule);
    if ((config_setting_get_member(group, "words") == NULL) ==
        (config_setting_get_member(group, "rule") == NULL))
        menu_load_fault(l, group, "a keyword has words or a rule: words = [ \"STATUS\" ]");
    load_parts(l, group, k);
    k->when = menu_load_condition(l, group);
    menu_load_effect(l, group, &k->effect);
    k->to = menu_load_target_key(l, group, "to");
    if (config_setting_get_member(group, "to") == NULL)
        menu_load_fault(l, group, "to is missing: the message or action of this keyword");
}

/* Two keywords with one word: the later is never reached, unless only one of them takes a value or
 * a condition stands before it. */
static void check_double_words(struct menu_loader *l, const struct menu_keyword *k)
{
    const struct menu *menu = l->menu;

    for (const struct menu_keyword *other = menu->keywords; other < k; other++)
        for (unsigned a = 0; a < other->word_count; a++)
            for (unsigned b = 0; b < k->word_count; b++)
                if (strcmp(other->words[a], k->words[b]) == 0 && other->when == NULL &&
                    (other->part_count != 0) == (k->part_count != 0))
                    menu_faults_add(&l->faults, false, k->line, 0,
                                    "the keyword %s is already taken by an earlier one",
                                    k->words[b]);
}

void menu_load_sms(struct menu_loader *l)
{
    static const char *const keys[] = {"keywords", "otherwise", NULL};
    struct menu *menu = l->menu;
    config_setting_t *sms = menu_load_member(l, l->root, "sms", CONFIG_TYPE_GROUP, false), *list;
    const config_setting_t *otherwise;
    int count;

    menu->otherwise.kind = MENU_TO_SILENT;
    menu->says_sms = sms != NULL;
    if (sms == NULL)
        return;
    menu_load_check_keys(l, sms, "sms", keys);
    otherwise = config_setting_get_member(sms, "otherwise");
    if (otherwise != NULL) {
        menu->otherwise = menu_load_target(l, otherwise);
        l->otherwise_line = menu_load_line(otherwise);
    } else {
        menu_load_fault(l, sms,
                        "otherwise is missing: what answers an SMS without a keyword "
                        "(\"@silent\": nothing)");
    }
    list = menu_load_member(l, sms, "keywords", CONFIG_TYPE_LIST, false);
    count = list != NULL ? config_setting_length(list) : 0;
    if (count > KEYWORDS_MAX) {
        menu_load_fault(l, list, "more than %d keywords", KEYWORDS_MAX);
        return;
    }
    menu->keywords = menu_model_alloc(menu, (size_t)count * sizeof(*menu->keywords));
    for (int i = 0; i < count; i++) {
        config_setting_t *group = config_setting_get_elem(list, (unsigned)i);

        if (!config_setting_is_group(group)) {
            menu_load_fault(l, group, "a keyword is a group { words = [ ... ]; to = \"...\"; }");
            continue;
        }
        load_keyword(l, group, &menu->keywords[menu->keyword_count]);
        check_double_words(l, &menu->keywords[menu->keyword_count++]);
    }
}
