/*
 * A compiled menu: what the loader builds once and the engine reads. Everything is found by index,
 * texts are split into literals and placeholders, names are looked up by hash. Immutable after
 * loading; all of it lives in the menu's own arena and goes with menu_free().
 */
#ifndef WARUNG_MENUS_MODEL_H
#define WARUNG_MENUS_MODEL_H

#include "base/source.h"
#include "menus/condition.h"
#include "menus/menu.h"
#include "menus/rule.h"

enum {
    MENU_NONE = 0xFFFF, /* no screen, text, table, ... */
    MENU_LANGUAGES_MAX = 8,
    MENU_LANGUAGE_MAX = 7, /* characters of its code, in records too */
    MENU_ITEMS_MAX = 256,  /* choices and rows of one screen */
    MENU_FLOW_STEPS_MAX = 32,
};

/* Names to indexes, open addressing. Built once. */
struct menu_index_slot {
    const char *name; /* NULL: free */
    uint16_t index;
};
struct menu_index {
    struct menu_index_slot *slots;
    size_t slot_count; /* a power of two */
};

struct menu_language {
    const char *code;
    const char *name;
    bool is_ucs2;
    bool is_partial;
};

enum menu_part_kind {
    MENU_PART_LITERAL,
    MENU_PART_VALUE,
    MENU_PART_CODE,       /* {kode} */
    MENU_PART_STEP,       /* {s} */
    MENU_PART_STEPS,      /* {t} */
    MENU_PART_DRAFT_STEP, /* {n} */
    MENU_PART_PAGE,       /* {page} */
    MENU_PART_PAGES,      /* {pages} */
    MENU_PART_SHOWN,      /* what a rule shows in its error text */
};

struct menu_part {
    enum menu_part_kind kind;
    const char *literal; /* NUL-ended */
    uint16_t literal_bytes;
    uint16_t units; /* of the literal: septets, or UCS-2 units; of others: the most they can be */
    uint16_t value; /* MENU_PART_VALUE: index */
};

struct menu_template {
    struct menu_part *parts;
    uint16_t part_count;
    uint16_t fixed_units; /* all literals together */
    uint16_t worst_units; /* with every placeholder at its longest */
    bool is_fixed;        /* literals only */
};

struct menu_text {
    const char *name; /* NULL: of a screen, choice, ... */
    uint32_t line;    /* in the source */
    bool is_message;
    bool is_sms_checked; /* the loader's */
    struct menu_template *by_language;
};

/* Where a placeholder's value comes from: the answer, else the fact. */
struct menu_value {
    const char *name;
    const char *field;            /* NULL: no answer */
    const struct menu_fact *fact; /* NULL: no fact */
    uint16_t table;               /* MENU_NONE: shown as it is */
    uint16_t max;                 /* longest shown, in units */
};

struct menu_row {
    const char *code;
    const char *parent; /* NULL: none */
    struct menu_text *label;
    const char **keys; /* folded names: labels and aliases */
    uint16_t key_count;
    uint32_t line;
};

/* The rows of one parent, or all rows of a table without parents. */
struct menu_row_group {
    uint16_t first, count;
};

struct menu_table {
    const char *name;
    struct menu_row *rows; /* in groups, in the file's order */
    uint16_t row_count;
    struct menu_row_group *groups;
    uint16_t group_count;
    struct menu_index by_code, by_parent;
    uint16_t worst_label[MENU_LANGUAGES_MAX]; /* units */
    uint32_t line;
};

struct menu_field {
    const char *name;
    uint16_t parent; /* field whose change makes this one void; MENU_NONE */
    uint16_t table;  /* MENU_NONE */
    uint16_t value_max;
    uint32_t line; /* of the first that gives it */
    bool in_flow;
    bool is_read; /* by a condition or a text */
};

enum menu_target_kind {
    MENU_TO_NOWHERE, /* not set */
    MENU_TO_SCREEN,
    MENU_TO_TEXT,
    MENU_TO_BACK,
    MENU_TO_MAIN,
    MENU_TO_DRAFT,
    MENU_TO_SILENT,
    MENU_TO_SAME, /* engine only: another page of the screen shown */
};
struct menu_target {
    enum menu_target_kind kind;
    uint16_t index; /* of the screen or text */
};

struct menu_set {
    uint16_t field;
    struct menu_template value;
};

enum menu_draft_change { MENU_DRAFT_KEEP, MENU_DRAFT_BEGIN, MENU_DRAFT_DROP, MENU_DRAFT_RESTART };

/* What an accepted choice, result or keyword does besides leading on. */
struct menu_effect {
    struct menu_set *sets;
    uint16_t set_count;
    enum menu_draft_change draft;
    uint16_t language; /* MENU_NONE: unchanged */
    uint16_t then;     /* screen to go on at after a correction; MENU_NONE */
};

struct menu_choice {
    struct menu_text *label;
    const char *key; /* NULL: numbered */
    struct menu_target to;
    struct menu_condition *when; /* NULL: always */
    struct menu_effect effect;
    uint32_t line;
};

struct menu_word_text {
    const char *word;
    uint16_t text;
};

enum menu_question_kind { MENU_QUESTION_NONE, MENU_QUESTION_INPUT, MENU_QUESTION_LIST };

struct menu_question {
    enum menu_question_kind kind;
    uint16_t field;
    struct menu_input_rule rule;         /* INPUT */
    uint16_t table;                      /* LIST */
    uint16_t parent;                     /* LIST: field, or MENU_NONE */
    const struct menu_fact *parent_fact; /* that stands in for it; NULL: none */
    bool takes_names;
    uint16_t guessed; /* field, or MENU_NONE */
    uint16_t error;   /* text */
    struct menu_word_text *word_errors;
    uint16_t word_error_count;
    struct menu_target refused; /* SMS keyword: where a refused value leads */
};

struct menu_result {
    const char *word;
    struct menu_target to;
    uint16_t refuse; /* text, or MENU_NONE */
    struct menu_effect effect;
    uint32_t line;
};

struct menu_route {
    struct menu_condition *when; /* NULL: always */
    struct menu_target to;
    uint32_t line;
};

enum menu_screen_kind { MENU_SCREEN_ASK, MENU_SCREEN_END, MENU_SCREEN_ACTION, MENU_SCREEN_ROUTE };
enum menu_back_kind { MENU_BACK_LINE, MENU_BACK_HIDDEN, MENU_BACK_MAIN, MENU_BACK_OTHER };

struct menu_screen {
    const char *name;
    const char *group; /* NULL: none */
    uint32_t line;
    enum menu_screen_kind kind;
    struct menu_text *text, *more; /* more may be NULL */
    struct menu_choice *choices;
    uint16_t choice_count;
    struct menu_question question;
    struct menu_template *first; /* the first choice's number; NULL: 1 */
    uint16_t first_max;          /* most that this can be: no number of a choice is a key then */
    struct menu_target to, next;
    struct menu_condition *next_when; /* NULL: always */
    enum menu_back_kind back;
    struct menu_target back_to;
    struct menu_text *back_label;
    const struct menu_action *action;
    struct menu_result *results;
    uint16_t result_count;
    struct menu_route *routes;
    uint16_t route_count;
    struct menu_condition *when; /* NULL: always */
    uint8_t attempts;
    bool is_entry;
    bool asks;        /* its answers lead to its own `to`: a question, not a menu */
    bool shows_draft; /* has {n}, or {t} outside a flow */
    uint16_t flow;    /* MENU_NONE: in none */
    uint16_t flow_step;
    uint16_t error_units[2]; /* longest error line of this screen: septets, UCS-2 units */
    uint16_t worst_units[2]; /* all of it on one page, without an error line; 0xFFFF: a list */
};

struct menu_flow {
    const char *name;
    uint16_t *steps; /* screens */
    uint16_t step_count;
};

struct menu_keyword {
    const char **words; /* folded; none: by rule */
    uint16_t word_count;
    const struct menu_rule *rule; /* NULL: by words */
    /* What follows the word, part by part; one part without separators takes all of it. */
    struct menu_question *parts;
    uint16_t part_count;
    const char *separators; /* NULL: `refused` of the one part says where a wrong value leads */
    struct menu_condition *when;
    struct menu_effect effect;
    struct menu_target to;
    uint32_t line;
};

struct menu_constant {
    const char *name;
    struct menu_text *text; /* its plain value in every language */
    const char *value;      /* the same, where it is one string; else NULL */
    const char *near_word;  /* a condition asks for this, which is nearly the value; NULL: none */
    uint32_t line;
    bool is_used;  /* shown or asked */
    bool is_asked; /* by a condition */
    bool is_met;   /* a condition asks for the very value */
};

struct menu_block {
    struct menu_block *next;
};

struct menu {
    struct menu_block *blocks; /* arena */
    struct source *source;
    const char *name;
    uint8_t id[MENU_ID_BYTES];

    struct menu_language languages[MENU_LANGUAGES_MAX];
    uint16_t language_count;
    uint16_t fallback;

    struct menu_screen *screens;
    uint16_t screen_count;
    struct menu_text *texts; /* named ones */
    uint16_t text_count;
    struct menu_screen *text_screens; /* of each: the end screen that shows it page by page */
    struct menu_table *tables;
    uint16_t table_count;
    struct menu_field *fields;
    uint16_t field_count;
    struct menu_value *values;
    uint16_t value_count;
    struct menu_constant *constants;
    uint16_t constant_count;
    struct menu_flow *flows;
    uint16_t flow_count;
    struct menu_keyword *keywords;
    uint16_t keyword_count;
    struct menu_index screen_index, text_index, table_index;

    regex_t **regexes; /* to be freed with the menu */
    size_t regex_count;

    uint16_t start, first, resume; /* screens; first, resume: MENU_NONE */
    struct menu_target exit, otherwise, too_many, too_many_fresh;
    uint16_t invalid, busy, busy_fresh, wait; /* texts; wait: MENU_NONE */
    const char *key_back, *key_main, *key_next;
    struct menu_text *line_back, *line_main, *line_next; /* with their keys: "0. Kembali" */
    const char **number_words;
    uint16_t number_word_count;
    uint16_t page_items, page_gsm, page_ucs2;
    uint8_t attempts;
    uint16_t code_max;
    int64_t draft_ms;
    bool begins_drafts; /* false: a draft that is there is another menu's */
    bool shows_code;    /* in any of its texts */
    bool says_sms;      /* what answers SMS, be it nothing */
    int32_t utc_offset_s;
};

struct menu *menu_model_new(void);
/* Zeroed, aligned for anything, lives as long as the menu. */
void *menu_model_alloc(struct menu *menu, size_t bytes);
char *menu_model_strdup(struct menu *menu, const char *text);

void menu_index_build(struct menu *menu, struct menu_index *index, size_t capacity);
/* The name must live as long as the menu; an older entry of that name stays. */
void menu_index_add(struct menu_index *index, const char *name, uint16_t value);
/* MENU_NONE when there is none. */
uint16_t menu_index_find(const struct menu_index *index, const char *name);

const struct menu_screen *menu_find_screen(const struct menu *menu, const char *name);
const struct menu_text *menu_find_text(const struct menu *menu, const char *name);
/* The index of the field; MENU_NONE when there is none. */
uint16_t menu_find_field(const struct menu *menu, const char *name);
/* What a dialogue stands on: a screen, or a named text that takes several pages. NULL = neither. */
const struct menu_screen *menu_find_shown(const struct menu *menu, const char *name);
bool menu_is_text_screen(const struct menu *menu, const struct menu_screen *screen);
/* The language's index; the fallback's for an empty or unknown code. */
uint16_t menu_find_language(const struct menu *menu, const char *code);
/* NULL when the table has no such code. */
const struct menu_row *menu_table_find(const struct menu_table *table, const char *code);
/* The rows of a parent ("" = of a table without parents); NULL when there are none. */
const struct menu_row_group *menu_table_group(const struct menu_table *table, const char *parent);

#endif
