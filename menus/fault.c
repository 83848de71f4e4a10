#include "menus/fault.h"

#include "base/mem.h"
#include "menus/locate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void menu_faults_init(struct menu_faults *faults)
{
    memset(faults, 0, sizeof(*faults));
}

void menu_faults_fini(struct menu_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        mem_free(faults->entries[i].text);
    mem_free(faults->entries);
}

static bool is_known(const struct menu_faults *faults, unsigned line, unsigned column,
                     const char *text)
{
    for (size_t i = 0; i < faults->count; i++)
        if (faults->entries[i].line == line && faults->entries[i].column == column &&
            strcmp(faults->entries[i].text, text) == 0)
            return true;
    return false;
}

void menu_faults_add(struct menu_faults *faults, bool is_warning, unsigned line, unsigned column,
                     const char *format, ...)
{
    char text[MENU_FAULT_TEXT_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (is_known(faults, line, column, text))
        return;
    if (!is_warning)
        faults->error_count++;
    if (faults->count == MENU_FAULTS_MAX) {
        faults->untold_count++;
        return;
    }
    if (faults->count == faults->capacity) {
        faults->capacity = faults->capacity != 0 ? 2 * faults->capacity : 16;
        faults->entries =
            mem_realloc_array(faults->entries, faults->capacity, sizeof(*faults->entries));
    }
    faults->entries[faults->count] = (struct menu_fault_entry){
        .line = line, .column = column, .is_warning = is_warning, .text = mem_strdup(text)};
    faults->entries[faults->count].order = faults->count;
    faults->count++;
}

static int by_place(const void *a, const void *b)
{
    const struct menu_fault_entry *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

void menu_faults_tell(const struct menu_faults *faults, const struct source *source,
                      menu_fault_fn *on_fault, void *arg)
{
    if (faults->count > 0)
        qsort(faults->entries, faults->count, sizeof(*faults->entries), by_place);
    for (size_t i = 0; i < faults->count; i++) {
        const struct menu_fault_entry *e = &faults->entries[i];
        struct menu_fault fault = {
            .column = e->column, .is_warning = e->is_warning, .text = e->text};

        if (e->column == 0 && e->line != 0)
            fault.column = menu_locate_name(source_text(source), e->line, NULL);
        source_place(source, e->line, &fault.file, &fault.line);
        on_fault(arg, &fault);
    }
    if (faults->untold_count > 0) {
        char text[80];
        struct menu_fault fault = {.text = text};

        snprintf(text, sizeof(text), "%zu more faults are not shown", faults->untold_count);
        source_place(source, faults->entries[faults->count - 1].line, &fault.file, &fault.line);
        on_fault(arg, &fault);
    }
}
