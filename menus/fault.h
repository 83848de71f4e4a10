/*
 * The faults found while a menu is loaded, kept until all are known, then told in the order of the
 * text.
 */
#ifndef WARUNG_MENUS_FAULT_H
#define WARUNG_MENUS_FAULT_H

#include "base/source.h"
#include "menus/load.h"

enum { MENU_FAULTS_MAX = 500, MENU_FAULT_TEXT_BYTES = 400 };

struct menu_fault_entry {
    unsigned line; /* of the whole text */
    unsigned column;
    bool is_warning;
    size_t order;
    char *text;
};

struct menu_faults {
    struct menu_fault_entry *entries;
    size_t count, capacity;
    size_t error_count;
    size_t untold_count; /* found, not kept */
};

void menu_faults_init(struct menu_faults *faults);
void menu_faults_fini(struct menu_faults *faults);
/* The same sentence at the same place is kept once; what is beyond MENU_FAULTS_MAX is only counted.
 */
void menu_faults_add(struct menu_faults *faults, bool is_warning, unsigned line, unsigned column,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));
void menu_faults_tell(const struct menu_faults *faults, const struct source *source,
                      menu_fault_fn *on_fault, void *arg);

#endif
