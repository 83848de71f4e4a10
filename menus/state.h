/*
 * Where one subscriber is in a menu: a value, encoded into the session record.
 *
 * The encoding names screens and fields by their names, never by their index, so that a draft
 * outlives the menu version it was begun with.
 */
#ifndef WARUNG_MENUS_STATE_H
#define WARUNG_MENUS_STATE_H

#include "menus/menu.h"

struct menu_answer {
    char field[MENU_NAME_BYTES];
    uint8_t field_size; /* without NUL, as value_size */
    uint8_t value_size;
    uint16_t offset; /* of its value in answer_bytes */
};
_Static_assert(MENU_VALUE_BYTES <= UINT8_MAX + 1, "the record has its length in an octet");

/* What a step in the middle of an action remembers; never encoded. */
struct menu_pending {
    bool is_on;
    bool is_sms;
    bool was_invalid; /* the input that led to the action was refused */
    bool was_back;    /* ... led back */
    uint8_t action_count;
    char screen[MENU_NAME_BYTES]; /* of the action */
    uint16_t keyword;             /* SMS: index of its keyword plus one; 0 = none matched */
    char walk[MENU_WALK_BYTES];   /* answers of a dial still to be walked, each NUL-ended */
    uint8_t walk_bytes;
};

struct menu_state {
    uint8_t menu_id[MENU_ID_BYTES]; /* version this dialogue is pinned to; zeros = none */
    char language[MENU_NAME_BYTES]; /* empty = not chosen yet; kept per number */
    bool is_open;                   /* a dialogue is under way on `screen` */
    char screen[MENU_NAME_BYTES];
    uint16_t page;              /* 0 = first */
    uint8_t errors;             /* refused inputs in a row on this screen */
    uint8_t back_count;         /* of `back` */
    char then[MENU_NAME_BYTES]; /* screen to go on at after a correction; empty = none */
    bool is_tight;              /* the pages of this screen leave room for an error line */
    /* The draft: answers that were consented to, kept over dialogues. */
    bool has_draft;
    char draft_screen[MENU_NAME_BYTES]; /* the question to resume at */
    int64_t draft_since_ms;
    bool is_nudged; /* its owner was told that it waits: once, whoever else finds that due */
    /* What was consented to: the menu version and the language that the question was asked in. */
    uint8_t draft_menu_id[MENU_ID_BYTES];
    char draft_language[MENU_NAME_BYTES];
    /* Answers of the draft and of this dialogue. */
    uint8_t answer_count;       /* of `answers` */
    uint16_t answer_bytes_used; /* of `answer_bytes` */
    struct menu_pending pending;
    /* Not cleared by menu_state_init(): the counts above say what is valid. */
    char back[MENU_BACK_MAX][MENU_NAME_BYTES];
    struct menu_answer answers[MENU_ANSWERS_MAX];
    char answer_bytes[MENU_ANSWERS_BYTES];
};

void menu_state_init(struct menu_state *state);
void menu_state_encode(const struct menu_state *state, struct writer *w);
/* False when the octets are no state (the state is then as after init). */
bool menu_state_decode(struct menu_state *state, struct span octets);
/* Of one that is not decoded: has a newer program written it? */
bool menu_state_is_newer(struct span octets);

/* NULL when the field has no answer. */
const char *menu_state_answer(const struct menu_state *state, const char *field);
/* Replaces an older answer. False when there is no room (the state is unchanged). */
bool menu_state_set_answer(struct menu_state *state, const char *field, const char *value);
void menu_state_remove_answer(struct menu_state *state, const char *field);
/* Sets every answer aside but those that is_kept() names: they are not there any more. */
typedef bool menu_state_is_kept_fn(const void *arg, const char *field);
void menu_state_set_aside(struct menu_state *state, menu_state_is_kept_fn *is_kept,
                          const void *arg);
/* Takes them back, in place of every answer but those that is_kept() names now. */
void menu_state_take_back(struct menu_state *state, menu_state_is_kept_fn *is_kept,
                          const void *arg);
/* What is left of the answers behind a dial's code is not walked. */
void menu_state_end_walk(struct menu_state *state);
/* The next input begins anew; draft and answers stay. */
void menu_state_close_dialogue(struct menu_state *state);
/* Drops the draft and every answer that is not set aside; language and position stay. */
void menu_state_clear_draft(struct menu_state *state);

#endif
