/*
 * One registration as officers see it: JSON, lines for reading, cells of a table.
 */
#ifndef WARUNG_CTL_REGISTRATION_H
#define WARUNG_CTL_REGISTRATION_H

#include <jansson.h>

#include "gateway/setup.h"
#include "merchants/merchant.h"
#include "merchants/region.h"

struct registration {
    const char *msisdn;
    const struct subscriber *subscriber;
    const struct merchant *merchant;
    const struct menu *labels; /* whose tables name regions and kinds; may be NULL */
    bool is_revealed;          /* the whole NIK; else its last four digits */
};

/* The contract's keys and more; the caller's reference. */
json_t *registration_json(const struct registration *r);
void registration_print(const struct registration *r);

/* Columns of the CSV export, and keys of the JSON. */
enum { REGISTRATION_CELL_BYTES = 320 };
extern const size_t registration_column_count;
const char *registration_column_name(size_t column);
void registration_cell(const struct registration *r, size_t column,
                       char cell[REGISTRATION_CELL_BYTES]);

/* Takes a regency's code or name (--regency), as the labels have them; where they have none, any
 * code. False after telling why. */
bool registration_take_regency(const struct menu *labels, const char *word,
                               char regency[REGION_REGENCY_BYTES]);
/* "Metro" for "1872" of "kab"; the code itself where there is no label. */
const char *registration_label(const struct registration *r, const char *table, const char *code);

#endif
