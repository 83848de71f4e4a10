/*
 * A subscriber at a menu, for tests: dial, answer, text, and what the screen shows.
 */
#ifndef WARUNG_TESTS_SUPPORT_MENUS_H
#define WARUNG_TESTS_SUPPORT_MENUS_H

#include "menus/load.h"
#include "menus/state.h"

/* Of a small club. Rules: member (4 digits; errors LENGTH, which shows {jml}, and DIGITS),
 * two_codes. Actions: join (ok, full), find (ok, wrong), gift
 * (ok; owes SMS_GIFT). Facts: joined (flag), level (GOLD, TIN),
 * card. */
extern const struct menu_vocabulary menu_test_vocabulary;

struct menu_phone {
    const struct menu *menu;
    const char *code;
    struct menu_limits limits;
    struct menu_facts facts;
    int64_t now_ms;
    struct menu_state state;
    struct menu_outcome outcome;
};

/* Loads a menu from a string; faults are collected as lines "LINE:COLUMN: text" (column only when
 * there is one, "warning: " before a warning) in *faults, which the caller frees. */
struct menu *menu_from_text(const char *text, const struct menu_vocabulary *vocabulary,
                            char **faults);
struct menu *menu_from_file(const char *path, const struct menu_vocabulary *vocabulary,
                            char **faults);

void menu_phone_init(struct menu_phone *phone, const struct menu *menu);
/* Each gives the text shown. The state goes through its encoding on every step. */
const char *menu_phone_dial(struct menu_phone *phone, const char *dialled);
const char *menu_phone_type(struct menu_phone *phone, const char *input);
const char *menu_phone_sms(struct menu_phone *phone, const char *text);
const char *menu_phone_event(struct menu_phone *phone, enum menu_event_kind kind, const char *text);

#endif
