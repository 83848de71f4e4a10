/*
 * From a menu file to a menu: parse, check everything (check.c), compile.
 *
 * Every fault of a file is reported in one run, as file:line: and a sentence; a menu with any
 * error is never handed out. Files are bounded (size, nesting, includes), read safely around the
 * known traps of libconfig (base/source.h).
 */
#ifndef WARUNG_MENUS_LOAD_H
#define WARUNG_MENUS_LOAD_H

#include "menus/menu.h"

struct menu_fault {
    const char *file;
    unsigned line;
    unsigned column; /* 0 = the whole line */
    bool is_warning;
    const char *text; /* what is wrong, and what to do */
};
/* Called once a fault, in the order of the text (an included file where it is included); the
 * strings are valid during the call. */
typedef void menu_fault_fn(void *arg, const struct menu_fault *fault);

/* NULL when there was an error (a warning is none). vocabulary must outlive the menu. */
struct menu *menu_load_file(const char *path, const struct menu_vocabulary *vocabulary,
                            menu_fault_fn *on_fault, void *arg);

/* The whole menu as one octet string without includes, to be kept in the store by content hash, and
 * back. The span lives as long as the menu. */
struct span menu_source(const struct menu *menu);
struct menu *menu_load_source(struct span source, const struct menu_vocabulary *vocabulary,
                              menu_fault_fn *on_fault, void *arg);

#endif
