/*
 * What the parts of the menu loader share: the text under reading, and readers that report what is
 * wrong with it. Reading goes on after a fault, so that one run finds them all.
 */
#ifndef WARUNG_MENUS_LOADER_H
#define WARUNG_MENUS_LOADER_H

#include <libconfig.h>

#include "menus/fault.h"
#include "menus/model.h"

enum { MENU_LIKE_DEPTH_MAX = 8 };

struct menu_loader {
    struct menu *menu;
    config_setting_t *root;
    const struct menu_vocabulary *vocabulary;
    struct menu_faults faults;
    config_setting_t *screens; /* the group */
    /* every text, for the pass that counts them */
    struct menu_text **texts;
    size_t text_count, text_capacity;
    bool *text_is_used; /* of menu->texts */
    bool *table_is_used;
    uint32_t otherwise_line; /* of an SMS */
    /* A way could not be read: what seems unreachable or without an end may be its consequence. */
    bool has_lost_way;
};

/* load_read.c: settings with their types. Each reports a missing required key or a wrong type, and
 * then gives NULL or the default. */
void menu_load_fault(struct menu_loader *l, const config_setting_t *setting, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));
/* At octet `offset` of a setting's string value, with line and column. */
void menu_load_fault_at(struct menu_loader *l, const config_setting_t *setting, size_t offset,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Reports members of the group that are not among the NULL-ended keys. */
void menu_load_check_keys(struct menu_loader *l, config_setting_t *group, const char *what,
                          const char *const *keys);
config_setting_t *menu_load_member(struct menu_loader *l, config_setting_t *group, const char *key,
                                   int type, bool is_required);
/* In the menu's memory. */
const char *menu_load_string(struct menu_loader *l, config_setting_t *group, const char *key,
                             bool is_required);
const char *menu_load_string_of(struct menu_loader *l, const config_setting_t *setting);
int64_t menu_load_number(struct menu_loader *l, config_setting_t *group, const char *key,
                         int64_t min, int64_t max, int64_t otherwise);
bool menu_load_flag(struct menu_loader *l, config_setting_t *group, const char *key);
/* Letters, digits, _ and -, beginning with a letter, at most 31. */
bool menu_load_is_name(struct menu_loader *l, const config_setting_t *setting, const char *name,
                       const char *what);
/* "; did you mean X?" or "" in hint: that too after the first many faults, which would take long.
 */
typedef const char *menu_load_name_fn(void *ctx, size_t i); /* NULL behind the last */
void menu_load_hint(const struct menu_loader *l, const char *wrong, menu_load_name_fn *names,
                    void *ctx, char *hint, size_t hint_bytes);
unsigned menu_load_line(const config_setting_t *setting);

/* load_text.c: texts and templates. */
enum menu_text_use {
    MENU_TEXT_PLAIN,  /* a named text, a message, ... */
    MENU_TEXT_SCREEN, /* {page}, {pages}, {s}, {t} */
    MENU_TEXT_LABEL,  /* one line */
    MENU_TEXT_FIXED,  /* no placeholders */
};
/* Has {name} a meaning of its own on a screen ({page}, {t})? */
bool menu_load_is_builtin(const char *name);
/* Fills text from a string or a group of languages; false when it could not. */
bool menu_load_text(struct menu_loader *l, const config_setting_t *setting, enum menu_text_use use,
                    struct menu_text *text);
/* An empty one in place of a missing one, so that the check can go on. */
void menu_load_blank_text(struct menu_loader *l, struct menu_text *text);
/* The same text with a key before it: "0. Kembali". */
struct menu_text *menu_load_key_line(struct menu_loader *l, const config_setting_t *setting,
                                     const char *key);
/* A value that a choice sets. */
bool menu_load_value_template(struct menu_loader *l, const config_setting_t *setting,
                              struct menu_template *t);
/* Counts every text's worst case. Once, when all fields and values are known. */
void menu_load_count_texts(struct menu_loader *l);

/* load_values.c: tables, constants, fields, placeholders. */
void menu_load_tables(struct menu_loader *l);
void menu_load_constants(struct menu_loader *l);
void menu_load_fields(struct menu_loader *l);
void menu_load_values(struct menu_loader *l);
/* Once, when all fields are known: what the entries of `values` do not say themselves. */
void menu_load_complete_values(struct menu_loader *l);
/* An answer of this name, if there is one, is read. */
void menu_load_note_read(struct menu_loader *l, const char *name);
/* The longest value of a fact, in characters. */
unsigned menu_load_fact_max(const struct menu_fact *fact);
uint16_t menu_load_find_table(struct menu_loader *l, const config_setting_t *setting,
                              const char *name);
/* NULL when there is none of that name. */
struct menu_constant *menu_load_find_constant(struct menu *menu, const char *name);
const struct menu_fact *menu_load_find_fact(const struct menu_loader *l, const char *name);
/* The placeholder's index in menu->values, made when it is the first of its name; MENU_NONE when
 * nothing has that name. */
uint16_t menu_load_find_value(struct menu_loader *l, const char *name);
/* The group's `when`; NULL when it has none, or a faulty one. */
struct menu_condition *menu_load_condition(struct menu_loader *l, config_setting_t *group);

/* load_screen.c */
void menu_load_screen_names(struct menu_loader *l);
void menu_load_flows(struct menu_loader *l);
void menu_load_questions(struct menu_loader *l);
void menu_load_screens(struct menu_loader *l);

/* load_target.c: where something leads, and what it does. */
struct menu_target menu_load_target(struct menu_loader *l, const config_setting_t *setting);
/* Nowhere when the group has no such key. */
struct menu_target menu_load_target_key(struct menu_loader *l, config_setting_t *group,
                                        const char *key);
uint16_t menu_load_screen_key(struct menu_loader *l, config_setting_t *group, const char *key);
uint16_t menu_load_text_ref(struct menu_loader *l, const config_setting_t *setting);
void menu_load_effect(struct menu_loader *l, config_setting_t *group, struct menu_effect *effect);
/* `named` is the group that has the key `field` (NULL: input or list itself). */
bool menu_load_question(struct menu_loader *l, config_setting_t *input, config_setting_t *list,
                        config_setting_t *named, bool is_sms, struct menu_question *q);

/* The rule of the vocabulary that the string names; NULL after a fault. */
const struct menu_rule *menu_load_rule(struct menu_loader *l, const config_setting_t *setting);

/* load_sms.c */
void menu_load_sms(struct menu_loader *l);

/* check.c: what can only be seen when the whole menu is there. */
void menu_check(struct menu_loader *l);

#endif
