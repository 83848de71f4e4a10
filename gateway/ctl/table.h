/*
 * Tables for people: aligned columns on standard output.
 */
#ifndef WARUNG_CTL_TABLE_H
#define WARUNG_CTL_TABLE_H

#include <stddef.h>

struct table;

/* Column heads, NULL-ended; they are copied. */
struct table *table_new(const char *const *heads);
/* One text a column; NULL is written as "-". */
void table_add(struct table *t, const char *const *cells);
/* Prints and frees. Widths are counted in characters of UTF-8; control characters become spaces. */
void table_print(struct table *t);
void table_free(struct table *t);

#endif
