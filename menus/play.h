/*
 * A phone in a terminal, for whoever writes a menu: what it shows, what that costs, and what the
 * menu keeps in mind.
 *
 * The player reads lines and prints text; what a dialogue does lies behind the stage: the engine
 * alone (menu_stage_alone), or a whole service with its actions and records (merchants/rehearsal).
 */
#ifndef WARUNG_MENUS_PLAY_H
#define WARUNG_MENUS_PLAY_H

#include "menus/menu.h"
#include "menus/state.h"

typedef void menu_play_print_fn(void *arg, const char *text);

struct menu_stage {
    /* Each gives the outcome, valid until the next call; never MENU_ACT. */
    const struct menu_outcome *(*dial)(void *ctx, const char *dialled);
    const struct menu_outcome *(*type)(void *ctx, const char *typed);
    const struct menu_outcome *(*sms)(void *ctx, const char *text);
    void (*hang_up)(void *ctx);
    void (*wait)(void *ctx, int64_t ms);
    /* The oldest SMS to the phone, taken; NULL when there is none. */
    const char *(*take_sms)(void *ctx);
    const struct menu_state *(*state)(void *ctx);
    const struct menu_outcome *(*outcome)(void *ctx); /* the last one again */
    /* All of it as it is now; restore() takes one and frees it, drop() frees it. */
    void *(*save)(void *ctx);
    void (*restore)(void *ctx, void *saved);
    void (*drop)(void *saved);
    void (*set_limits)(void *ctx, struct menu_limits limits);
    void (*set_language)(void *ctx, const char *language);
    /* What a service can do besides, as ".WORD ..." without the full stop: true when it is done,
     * else `say` has told why not. NULL: nothing; order_help says what there is. */
    bool (*order)(void *ctx, const char *order, menu_play_print_fn *say, void *arg);
    const char *order_help;
    void *ctx;
};

enum { MENU_PLAY_BACK_MAX = 64 }; /* lines that can be taken back */

struct menu_play_past {
    void *saved[MENU_PLAY_BACK_MAX]; /* the newest last */
    unsigned count;
};

struct menu_play {
    const struct menu *menu;
    struct menu_stage stage;
    struct menu_limits limits;
    bool is_ucs2;     /* as if the link carried nothing but UCS-2 */
    const char *code; /* "*384#" */
    menu_play_print_fn *print;
    void *arg;
    bool is_open; /* a dialogue waits for an input */
    bool is_over; /* the user has left */
    struct menu_play_past undo, redo;
};

/* Sets language ("" = not known yet) and limits, and prints a greeting. */
void menu_play_begin(struct menu_play *play, const char *language);
/* Frees what it remembers of lines before. */
void menu_play_end(struct menu_play *play);
/* One line of the user's: the answer to the screen, or, with no dialogue open, a dial ("*384*2#").
 * Commands begin with a full stop: .help lists them. */
void menu_play_line(struct menu_play *play, const char *line);

#endif
