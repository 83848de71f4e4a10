/*
 * The fields of a registration that a merchant can change, and how texts call them.
 */
#ifndef WARUNG_MERCHANTS_FIELD_H
#define WARUNG_MERCHANTS_FIELD_H

#include "menus/state.h"
#include "merchants/merchant.h"

struct programme_field {
    const char *name;     /* "usaha": the draft's answer; "baru_usaha" is a correction's */
    const char *words_id; /* {isi}: at most 14 characters */
    const char *words_en; /* {isi_en} */
    const char *example;  /* {contoh}: the SMS that gives it, at most 20; "" = not by SMS */
    size_t offset;        /* of the text in struct merchant */
    size_t bytes;
};

/* Row by row, in the order of the questions; NULL behind the last. */
const struct programme_field *field_at(unsigned row);
/* NULL when there is no such field. */
const struct programme_field *field_find(const char *name);
/* The field's text in a registration. */
char *field_of(const struct programme_field *f, struct merchant *m);
const char *field_value(const struct programme_field *f, const struct merchant *m);
/* What texts call regency and district together: no field of its own. */
const struct programme_field *field_place(void);
/* Required of every registration, by whatever way it came. */
bool field_is_required(const struct programme_field *f);

/* The answers that are called as the fields are, behind a prefix (of a draft ""), fill a
 * registration that is empty but for them; with them comes whether the district's name was a guess.
 */
void field_read_answers(const struct menu_state *state, const char *prefix, struct merchant *m);
/* Takes those answers out of the state. */
void field_remove_answers(struct menu_state *state, const char *prefix);

#endif
