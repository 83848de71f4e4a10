/*
 * What a subscriber typed, matched with numbers, keys and names.
 */
#ifndef WARUNG_MENUS_MATCH_H
#define WARUNG_MENUS_MATCH_H

#include "menus/model.h"

/* Trims, and makes one space of every run of blanks; the result is cut at typed_bytes - 1, then
 * *is_cut. */
void menu_match_clean(const char *input, char *typed, size_t typed_bytes, bool *is_cut);
/* The same, but a run of blanks with a line break in it becomes a line break. */
void menu_match_clean_lines(const char *input, char *typed, size_t typed_bytes, bool *is_cut);
/* Cuts emoji off its end, and the blanks among them: they are no part of a value. */
void menu_match_cut_emoji(char *text);
/* Makes blanks of its line breaks; gives the text back. */
char *menu_match_join_lines(char *text);

/* "1", "01", "1.", "1)", "no 1", "no. 1": the number; 0 when it is none (or not 1..9999). Only
 * ASCII digits count. */
unsigned menu_match_number(const struct menu *menu, const char *typed);

/* Letters and digits in lower case, everything else left out: "Way  Pengubuan" -> "waypengubuan".
 * Other alphabets than ASCII are kept as they are. */
void menu_match_fold(const char *text, char *folded, size_t folded_bytes);

/* Upper case, blanks trimmed and collapsed: the form in which SMS keywords are compared. */
void menu_match_fold_keyword(const char *text, char *folded, size_t folded_bytes);

/* "S T O P" and "S.T.O.P." become "STOP". False when the text is no word in single letters; what is
 * left of it then is of no use. */
bool menu_match_join_letters(char *text);

/* The row of a group that a typed name or code means; NULL when none, or more than one, does.
 * *is_guess when letters were wrong. */
const struct menu_row *menu_match_row(const struct menu_table *table,
                                      const struct menu_row_group *group, const char *typed,
                                      bool takes_names, bool *is_guess);

/* Edits between two short texts (insert, delete, replace, swap of neighbours), or limit + 1. */
unsigned menu_match_distance(const char *a, const char *b, unsigned limit);

#endif
