#include "gateway/ctl/table.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { GAP = 2 };

struct table {
    size_t columns;
    char **cells;
    size_t count;
    size_t *widths;
};

static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* What a subscriber typed must not steer an officer's terminal. */
static char *clean(const char *text)
{
    char *copy = mem_strdup(text != NULL && text[0] != '\0' ? text : "-");

    for (char *c = copy; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
    return copy;
}

struct table *table_new(const char *const *heads)
{
    struct table *t = mem_zalloc(sizeof(*t));

    while (heads[t->columns] != NULL)
        t->columns++;
    t->widths = mem_zalloc(t->columns * sizeof(*t->widths));
    table_add(t, heads);
    return t;
}

void table_add(struct table *t, const char *const *cells)
{
    t->cells = mem_realloc_array(t->cells, t->count + t->columns, sizeof(*t->cells));
    for (size_t i = 0; i < t->columns; i++) {
        char *cell = clean(cells[i]);

        t->cells[t->count + i] = cell;
        if (width_of(cell) > t->widths[i])
            t->widths[i] = width_of(cell);
    }
    t->count += t->columns;
}

void table_free(struct table *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->count; i++)
        mem_free(t->cells[i]);
    mem_free(t->cells);
    mem_free(t->widths);
    mem_free(t);
}

void table_print(struct table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        size_t column = i % t->columns;
        bool is_last = column + 1 == t->columns;
        int fill = is_last ? 0 : (int)(t->widths[column] - width_of(t->cells[i]) + GAP);

        printf("%s%*s%s", t->cells[i], fill, "", is_last ? "\n" : "");
    }
    table_free(t);
}
