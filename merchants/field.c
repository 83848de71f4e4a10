#include "merchants/field.h"

#include <stddef.h>
#include <string.h>

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
