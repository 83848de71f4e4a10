#include "menus/loader.h"

#include "menus/locate.h"
#include "menus/match.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { HINTS_MAX = 50 };

unsigned menu_load_line(const config_setting_t *setting)
{
    return setting != NULL ? config_setting_source_line(setting) : 0;
}

/* Not looked for any more where faults are not kept any more. */
static unsigned column_of(const struct menu_loader *l, const config_setting_t *setting)
{
    if (setting == NULL || l->faults.count >= MENU_FAULTS_MAX)
        return 0;
    return menu_locate_name(source_text(l->menu->source), menu_load_line(setting),
                            config_setting_name(setting));
}

void menu_load_fault(struct menu_loader *l, const config_setting_t *setting, const char *format,
                     ...)
{
    char text[MENU_FAULT_TEXT_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    menu_faults_add(&l->faults, false, menu_load_line(setting), column_of(l, setting), "%s", text);
}

void menu_load_fault_at(struct menu_loader *l, const config_setting_t *setting, size_t offset,
                        const char *format, ...)
{
    char text[MENU_FAULT_TEXT_BYTES];
    unsigned line = menu_load_line(setting), column = 0;
    const char *value = config_setting_get_string(setting);
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (value != NULL && l->faults.count < MENU_FAULTS_MAX)
        menu_locate_string(source_text(l->menu->source), line, config_setting_name(setting), value,
                           offset, &line, &column);
    menu_faults_add(&l->faults, false, line, column, "%s", text);
}

void menu_load_hint(const struct menu_loader *l, const char *wrong, menu_load_name_fn *names,
                    void *ctx, char *hint, size_t hint_bytes)
{
    size_t n = strlen(wrong);
    unsigned best = n < 2 ? 1 : n < 4 ? 2 : n < 8 ? 3 : 4;
    const char *name, *found = NULL;
    char wrong_folded[MENU_NAME_BYTES], folded[MENU_NAME_BYTES];

    hint[0] = '\0';
    if (l->faults.count >= HINTS_MAX)
        return;
    menu_match_fold(wrong, wrong_folded, sizeof(wrong_folded));
    for (size_t i = 0; best > 0 && (name = names(ctx, i)) != NULL; i++) {
        unsigned d = menu_match_distance(wrong, name, best - 1);

        /* Capitals and blanks are not seen by who mistakes them, however many there are. */
        menu_match_fold(name, folded, sizeof(folded));
        if (folded[0] != '\0' && strcmp(folded, wrong_folded) == 0)
            d = 0;
        if (d < best) {
            best = d;
            found = name;
        }
    }
    if (found != NULL)
        snprintf(hint, hint_bytes, "; did you mean %s?", found);
}

/* A menu_load_name_fn of a NULL-ended array. */
static const char *array_name(void *ctx, size_t i)
{
    return ((const char *const *)ctx)[i];
}

void menu_load_check_keys(struct menu_loader *l, config_setting_t *group, const char *what,
                          const char *const *keys)
{
    char hint[MENU_NAME_BYTES + 32];

    for (int i = 0; i < config_setting_length(group); i++) {
        config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(member);
        bool is_known = false;

        for (unsigned k = 0; keys[k] != NULL && !is_known; k++)
            is_known = strcmp(keys[k], name) == 0;
        if (is_known)
            continue;
        l->has_lost_way = true;
        menu_load_hint(l, name, array_name, (void *)keys, hint, sizeof(hint));
        menu_load_fault(l, member, "%s has no key %s%s", what, name, hint);
    }
}

static const char *type_name(int type)
{
    switch (type) {
    case CONFIG_TYPE_STRING:
        return "a string in quotes";
    case CONFIG_TYPE_GROUP:
        return "a group { ... }";
    case CONFIG_TYPE_LIST:
        return "a list ( ... )";
    case CONFIG_TYPE_ARRAY:
        return "an array [ ... ]";
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return "a whole number";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    default:
        return "a number";
    }
}

static bool is_type(const config_setting_t *setting, int type)
{
    int is = config_setting_type(setting);

    if (type == CONFIG_TYPE_INT)
        return is == CONFIG_TYPE_INT || is == CONFIG_TYPE_INT64;
    /* ( ) and [ ] with nothing or strings in them: either will do. */
    if (type == CONFIG_TYPE_LIST || type == CONFIG_TYPE_ARRAY)
        return is == CONFIG_TYPE_LIST || is == CONFIG_TYPE_ARRAY;
    return is == type;
}

config_setting_t *menu_load_member(struct menu_loader *l, config_setting_t *group, const char *key,
                                   int type, bool is_required)
{
    config_setting_t *member = config_setting_get_member(group, key);

    if (member == NULL) {
        if (is_required) {
            l->has_lost_way = true;
            menu_load_fault(l, group, "%s is missing: add %s = %s", key, key, type_name(type));
        }
        return NULL;
    }
    if (!is_type(member, type)) {
        l->has_lost_way = true;
        menu_load_fault(l, member, "%s must be %s, not %s", key, type_name(type),
                        type_name(config_setting_type(member)));
        return NULL;
    }
    return member;
}

const char *menu_load_string_of(struct menu_loader *l, const config_setting_t *setting)
{
    if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
        menu_load_fault(l, setting, "%s, not %s, is expected here", type_name(CONFIG_TYPE_STRING),
                        type_name(config_setting_type(setting)));
        return NULL;
    }
    return menu_model_strdup(l->menu, config_setting_get_string(setting));
}

const char *menu_load_string(struct menu_loader *l, config_setting_t *group, const char *key,
                             bool is_required)
{
    config_setting_t *member = menu_load_member(l, group, key, CONFIG_TYPE_STRING, is_required);

    return member != NULL ? menu_model_strdup(l->menu, config_setting_get_string(member)) : NULL;
}

int64_t menu_load_number(struct menu_loader *l, config_setting_t *group, const char *key,
                         int64_t min, int64_t max, int64_t otherwise)
{
    config_setting_t *member = menu_load_member(l, group, key, CONFIG_TYPE_INT, false);
    int64_t number;

    if (member == NULL)
        return otherwise;
    number = config_setting_type(member) == CONFIG_TYPE_INT64 ? config_setting_get_int64(member)
                                                              : config_setting_get_int(member);
    if (number >= min && number <= max)
        return number;
    menu_load_fault(l, member, "%s must be between %lld and %lld", key, (long long)min,
                    (long long)max);
    return otherwise;
}

bool menu_load_flag(struct menu_loader *l, config_setting_t *group, const char *key)
{
    config_setting_t *member = menu_load_member(l, group, key, CONFIG_TYPE_BOOL, false);

    return member != NULL && config_setting_get_bool(member);
}

bool menu_load_is_name(struct menu_loader *l, const config_setting_t *setting, const char *name,
                       const char *what)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t n = strlen(name);

    if (n == 0 || strchr(letters, name[0]) == NULL ||
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != n) {
        menu_load_fault(l, setting,
                        "\"%s\" is no %s: letters, digits, _ and -, beginning with a letter", name,
                        what);
        return false;
    }
    if (n >= MENU_NAME_BYTES) {
        menu_load_fault(l, setting, "the %s %s is too long: %d characters at most", what, name,
                        MENU_NAME_BYTES - 1);
        return false;
    }
    return true;
}
