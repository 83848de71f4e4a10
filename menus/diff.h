/*
 * What changed from one menu to another, told by the names that its author gave: which screens,
 * texts, tables and settings are new, gone or different, and their lines that differ. Comments
 * between them, their order and their indentation are no difference.
 */
#ifndef WARUNG_MENUS_DIFF_H
#define WARUNG_MENUS_DIFF_H

#include "menus/menu.h"

enum menu_diff_kind { MENU_DIFF_ADDED, MENU_DIFF_REMOVED, MENU_DIFF_CHANGED };

struct menu_diff_entry {
    enum menu_diff_kind kind;
    const char *section; /* "screens", "texts", ...; "" = a setting at the top */
    const char *name;    /* "HELP" */
};

/* One by one, in the order of the new menu, then those that are gone. `on_line` tells the lines of
 * the entry last told: sign is '-', '+' or ' ', text is without its indentation. */
struct menu_diff_listener {
    void (*on_entry)(void *arg, const struct menu_diff_entry *entry);
    void (*on_line)(void *arg, char sign, const char *text);
    void *arg;
};

/* The number of entries that differ. */
unsigned menu_diff(const struct menu *before, const struct menu *after,
                   const struct menu_diff_listener *listener);

#endif
