#include "merchants/field.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Answered where the name of the district was a guess. */
#define GUESSED "kec_tebak"

#define TEXT(member) offsetof(struct merchant, member), sizeof(((struct merchant *)0)->member)

static const struct programme_field fields[] = {
    {"nama", "nama", "name", "NAMA SITI AMINAH", TEXT(name)},
    {"nik", "NIK", "NIK", "", TEXT(nik)},
    {"usaha", "nama usaha", "business name", "USAHA WARUNG SITI", TEXT(business)},
    {"jenis", "jenis usaha", "business type", "JENIS 1", TEXT(category)},
    {"kab", "kabupaten", "regency", "KAB METRO", TEXT(regency)},
    {"kec", "kecamatan", "district", "KEC METRO BARAT", TEXT(district)},
    {"omzet", "penjualan", "sales", "", TEXT(sales)},
    {"hp", "HP pintar", "smartphone", "", TEXT(smartphone)},
};

const struct programme_field *field_place(void)
{
    static const struct programme_field place = {"lokasi", "lokasi usaha", "location", "", 0, 0};

    return &place;
}

const struct programme_field *field_at(unsigned row)
{
    return row < sizeof(fields) / sizeof(fields[0]) ? &fields[row] : NULL;
}

const struct programme_field *field_find(const char *name)
{
    for (unsigned row = 0; field_at(row) != NULL; row++) {
        if (strcmp(fields[row].name, name) == 0)
            return &fields[row];
    }
    return NULL;
}

char *field_of(const struct programme_field *f, struct merchant *m)
{
    return (char *)m + f->offset;
}

const char *field_value(const struct programme_field *f, const struct merchant *m)
{
    return (const char *)m + f->offset;
}

bool field_is_required(const struct programme_field *f)
{
    return f->example[0] != '\0';
}

static const char *name_answer(const char *prefix, const char *field, char name[MENU_NAME_BYTES])
{
    if (prefix[0] == '\0')
        return field;
    snprintf(name, MENU_NAME_BYTES, "%s%s", prefix, field);
    return name;
}

void field_read_answers(const struct menu_state *state, const char *prefix, struct merchant *m)
{
    char name[MENU_NAME_BYTES];

    memset(m, 0, sizeof(*m));
    for (unsigned row = 0; field_at(row) != NULL; row++) {
        const struct programme_field *f = field_at(row);
        const char *answer = menu_state_answer(state, name_answer(prefix, f->name, name));

        if (answer != NULL)
            text_copy(field_of(f, m), f->bytes, answer);
    }
    if (menu_state_answer(state, name_answer(prefix, GUESSED, name)) != NULL)
        m->flags |= MERCHANT_FLAG_DISTRICT_FUZZY;
}

void field_remove_answers(struct menu_state *state, const char *prefix)
{
    char name[MENU_NAME_BYTES];

    for (unsigned row = 0; field_at(row) != NULL; row++)
        menu_state_remove_answer(state, name_answer(prefix, field_at(row)->name, name));
    menu_state_remove_answer(state, name_answer(prefix, GUESSED, name));
}
