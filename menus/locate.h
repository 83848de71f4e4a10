/*
 * Finds the place of a string in a libconfig text: libconfig itself keeps only the line of a
 * setting, and a wrong character deserves its column.
 */
#ifndef WARUNG_MENUS_LOCATE_H
#define WARUNG_MENUS_LOCATE_H

#include <stdbool.h>
#include <stddef.h>

/* Searches from `line` on for the string value `value` of the setting `name` (NULL: of any, an
 * array's element) and gives line and column (from 1, in characters) of its octet `offset`. False
 * when it is not found. */
bool menu_locate_string(const char *text, unsigned line, const char *name, const char *value,
                        size_t offset, unsigned *found_line, unsigned *column);

/* The column (from 1) of the setting `name` on its line; of the first character that is no blank
 * when there is none of that name (or name is NULL). */
unsigned menu_locate_name(const char *text, unsigned line, const char *name);

#endif
