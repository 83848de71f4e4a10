/*
 * One step under way: what the parts of the engine hand to each other.
 *
 * answer.c finds out what an input means (effects and a target), navigate.c follows targets until
 * something is shown, ends, or must be carried out; step.c ties them together and renders.
 */
#ifndef WARUNG_MENUS_RUN_H
#define WARUNG_MENUS_RUN_H

#include "menus/page.h"

struct menu_run {
    const struct menu *menu;
    struct menu_state *state;
    const struct menu_event *event;
    struct menu_limits limits;
    struct menu_outcome *outcome;
    struct menu_view view;
    bool is_sms;
    const struct menu_keyword *keyword; /* SMS: NULL when none matched */
    bool is_refusal;                    /* the input was refused: errors are counted, not reset */
    const struct menu_text *error;      /* line above the screen; NULL: none */
    char shown[MENU_VALUE_BYTES];       /* what a rule shows in it */
    const struct menu_screen *screen;   /* shown or acting */
    const struct menu_text *text;       /* the end text when no screen is shown */
};

enum menu_arrival {
    MENU_ARRIVED_ASK,    /* run->screen is shown and waits */
    MENU_ARRIVED_END,    /* run->screen or run->text is the last */
    MENU_ARRIVED_ACTION, /* run->screen's action is to be carried out */
    MENU_ARRIVED_SILENT,
};

/* Follows a target. Ends with the busy text when a menu leads round in circles. */
enum menu_arrival menu_navigate(struct menu_run *run, struct menu_target target);
/* Answers, draft and language change as the effect says. False when the state has no room for an
 * answer (it is then as before): an action further on would take its absence for another. */
bool menu_apply(struct menu_run *run, const struct menu_effect *effect);
/* Keeps an answer; answers that depend on it are forgotten when it changed. False when the state
 * has no room for it (it is then as before). */
bool menu_keep_answer(struct menu_run *run, uint16_t field, const char *value);
/* The question that a draft waits at; MENU_NONE when there is no draft or no such question. *step
 * (may be NULL) is its number, *steps that of all. */
uint16_t menu_draft_question(const struct menu_view *view, unsigned *step, unsigned *steps);
/* Fills in the step counters for a screen. */
void menu_count_steps(struct menu_view *view, const struct menu_screen *screen);
/* Where a screen's answer leads of itself. */
struct menu_target menu_natural_target(const struct menu_view *view,
                                       const struct menu_screen *screen);
/* The end that says to try again. */
struct menu_target menu_busy_target(const struct menu_run *run);
/* Counts a refused input of the screen; the target is that screen, or the end after too many. */
struct menu_target menu_refuse(struct menu_run *run, const struct menu_screen *screen,
                               const struct menu_text *error);

/* What an input on a shown screen means. True: accepted; effects are applied, *target is where it
 * leads. False: refused; *error is the line that says why. */
bool menu_answer(struct menu_run *run, const struct menu_screen *screen, const char *input,
                 struct menu_target *target, const struct menu_text **error);
/* A typed value for a question, by itself (SMS). As menu_answer. */
bool menu_answer_question(struct menu_run *run, const struct menu_question *question,
                          const char *typed, const struct menu_text **error);
/* What stands behind a keyword: its first line, since what phones and operators write below it,
 * thanks, and the next field are no part of a value; all of it where that line is refused or says
 * nothing. Changes `value`. */
bool menu_answer_keyword(struct menu_run *run, const struct menu_question *question, char *value);
/* A part of a form. Between "#" a name may go over two lines, and thanks may stand below the last:
 * the first line is taken where all is refused. Changes `part`. */
bool menu_answer_part(struct menu_run *run, const struct menu_question *question, char *part);

#endif
