/*
 * What a service lends its menus: named rules for inputs, actions, facts and their longest values.
 *
 * The engine knows nothing of any programme. Whoever loads a menu hands in a const vocabulary (the
 * programme's is merchants/vocabulary.c; a menu without actions needs none), and `menu check` uses
 * the same tables to refuse names that do not exist.
 */
#ifndef WARUNG_MENUS_VOCABULARY_H
#define WARUNG_MENUS_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>

enum { MENU_VALUE_BYTES = 256 }; /* one answer, fact or rendered value: UTF-8 and NUL */

/* A named rule turns what was typed into the value to keep ("siti  aminah" -> "SITI AMINAH").
 * NULL: accepted. Else one of the rule's error words; then `value` holds what the error text may
 * show (its placeholder is `shows`, for instance "jml"). Pure. */
typedef const char *menu_rule_fn(const char *typed, char value[MENU_VALUE_BYTES]);

struct menu_rule {
    const char *name;
    menu_rule_fn *fn;
    const char *const *errors; /* NULL-ended */
    const char *shows;         /* placeholder that its error texts may use, or NULL */
    unsigned value_max;        /* longest accepted value, in characters */
};

/* An action is named by a screen; the driver carries it out and feeds a result word back. */
struct menu_action {
    const char *name;
    const char *const *results; /* NULL-ended; every one needs a target (but see menu_later) */
};

/* A result that an action has not always had: a menu of before, which does not name it, goes where
 * another of its results leads, and is warned. */
struct menu_later {
    const char *action, *result;
    const char *instead;
};

/* A message that the service owes by itself, by SMS, because one of these actions was carried out,
 * then or later: a menu with such an action needs a message of that name. */
struct menu_owed {
    const char *message;
    const char *const *actions; /* NULL-ended */
    const char *const *says;    /* NULL-ended words that it must hold in every language; or NULL */
};

/* What an action never succeeds without. */
struct menu_need {
    const char *action;
    const char *const *answers; /* NULL-ended */
    bool is_of_draft;           /* ... which are those of a draft */
};

enum menu_fact_kind { MENU_FACT_TEXT, MENU_FACT_NUMBER, MENU_FACT_FLAG, MENU_FACT_WORD };

/* A fact is asked by conditions and shown by placeholders. */
struct menu_fact {
    const char *name;
    enum menu_fact_kind kind;
    unsigned value_max;       /* longest text, in characters */
    const char *const *words; /* MENU_FACT_WORD: NULL-ended list of its values */
};

/* An answer that actions read, and what those that keep it keep of the codes of its list. */
struct menu_kept {
    const char *name;
    const char *const *actions; /* NULL-ended: these keep it; NULL = of no code less than all */
    unsigned code_max;          /* longest code, in octets; 0 = any */
    unsigned code_digits;       /* its exact number of digits; 0 = any code */
};

struct menu_vocabulary {
    const struct menu_rule *rules;
    size_t rule_count;
    const struct menu_action *actions;
    size_t action_count;
    const struct menu_later *later;
    size_t later_count;
    const struct menu_fact *facts;
    size_t fact_count;
    const struct menu_owed *owed;
    size_t owed_count;
    const struct menu_need *needs;
    size_t need_count;
    const struct menu_kept *answers; /* ended by one without a name; NULL: nobody knows */
};

/* Facts at hand during one step. get() writes the value of a named fact and returns true, or false
 * when it has none now (shown as empty, false in conditions). Pure: same step, same answers. */
struct menu_facts {
    bool (*get)(void *ctx, const char *name, char value[MENU_VALUE_BYTES]);
    void *ctx;
};

#endif
