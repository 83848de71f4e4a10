/*
 * What can only be seen when the whole menu is there: screens that nobody reaches or leaves, keys
 * that mean two things, texts that do not fit. Each part reports through the loader's faults.
 */
#ifndef WARUNG_MENUS_CHECK_H
#define WARUNG_MENUS_CHECK_H

#include "menus/loader.h"

enum {
    MENU_CHECK_GSM_MAX = MENU_GSM_SEPTETS_MAX,
    MENU_CHECK_GSM_GOOD = 160,
    MENU_CHECK_UCS2_MAX = 80,
    MENU_CHECK_UCS2_GOOD = 70,
    MENU_CHECK_SMS_GSM = 160,
    MENU_CHECK_SMS_UCS2 = 70,
};

/* check_ways.c: targets, dead ends, circles, what is never reached or used. */
void menu_check_ways(struct menu_loader *l);
/* check_keys.c: choices, keys, lists and their tables, flows, answers. */
void menu_check_keys(struct menu_loader *l);
/* check_length.c: measures every screen for the engine, and reports what does not fit. */
void menu_check_lengths(struct menu_loader *l);
/* A text that answers an SMS is better one SMS. Told once, however many SMS it answers. */
void menu_check_sms_length(struct menu_loader *l, struct menu_text *text, const char *name);

#endif
