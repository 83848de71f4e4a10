/*
 * Conditions of a menu file ("status == DISETUJUI and not draft"), compiled to a postfix program.
 */
#ifndef WARUNG_MENUS_CONDITION_H
#define WARUNG_MENUS_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "menus/vocabulary.h"

enum { MENU_CONDITION_STEPS_MAX = 64, MENU_CONDITION_WORDS_MAX = 32 };

enum menu_operand_kind {
    MENU_OPERAND_NAME, /* answer, fact or constant */
    MENU_OPERAND_LANGUAGE,
    MENU_OPERAND_DRAFT,
    MENU_OPERAND_TODAY,
    MENU_OPERAND_TIME,
    MENU_OPERAND_WEEKDAY,
};

enum menu_compare {
    MENU_COMPARE_TRUE, /* there and neither empty nor "0" */
    MENU_COMPARE_EQUAL,
    MENU_COMPARE_DIFFERENT,
    MENU_COMPARE_LESS,
    MENU_COMPARE_AT_MOST,
    MENU_COMPARE_MORE,
    MENU_COMPARE_AT_LEAST,
    MENU_COMPARE_IN,
};

enum menu_condition_step_kind {
    MENU_CONDITION_TEST,
    MENU_CONDITION_NOT,
    MENU_CONDITION_AND,
    MENU_CONDITION_OR,
};

struct menu_condition_word {
    const char *text;
    bool is_number; /* of at most 18 characters */
    int64_t number;
};

struct menu_text;

struct menu_condition_step {
    enum menu_condition_step_kind kind;
    enum menu_operand_kind operand;
    enum menu_compare compare;
    uint32_t offset;                   /* of the test in the text */
    const char *name;                  /* MENU_OPERAND_NAME */
    bool is_fact;                      /* the vocabulary has a fact of this name */
    const struct menu_text *constant;  /* of this name; NULL: none */
    struct menu_condition_word *words; /* right side: one, or the list of "in" */
    uint16_t word_count;
};

struct menu_condition {
    const char *text; /* as written */
    struct menu_condition_step *steps;
    uint16_t step_count;
};

/* The value of a step's left side, in `room` or where it stands anyway; NULL when there is none. */
typedef const char *menu_condition_get_fn(void *ctx, const struct menu_condition_step *step,
                                          char room[MENU_VALUE_BYTES]);

/* Has the name a meaning of its own in conditions ("today")? Else it is an answer's or a fact's. */
bool menu_condition_is_operand(const char *name);
/* Those names; NULL behind the last. */
const char *menu_condition_operand(size_t i);
bool menu_condition_holds(const struct menu_condition *condition, menu_condition_get_fn *get,
                          void *ctx);

/* Compiles; the memory comes from `alloc`. NULL on a fault: then *column (from 1) and *why say
 * where and what. */
typedef void *menu_condition_alloc_fn(void *ctx, size_t bytes);
struct menu_condition *menu_condition_compile(const char *text, menu_condition_alloc_fn *alloc,
                                              void *ctx, unsigned *column, const char **why);

#endif
