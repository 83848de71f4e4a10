#include "gateway/ctl/registration.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/isotime.h"
#include "gateway/ctl/command.h"
#include "merchants/category.h"
#include "merchants/reason.h"
#include "merchants/regno.h"

const char *registration_label(const struct registration *r, const char *table, const char *code)
{
    const char *label = r->labels != NULL && code[0] != '\0'
                            ? menu_table_label(r->labels, table, code, NULL)
                            : NULL;

    return label != NULL ? label : code;
}

bool registration_take_regency(const struct menu *labels, const char *word,
                               char regency[REGION_REGENCY_BYTES])
{
    const char *code = word;

    if (labels != NULL && menu_has_table(labels, "kab"))
        code = menu_table_code(labels, "kab", word);
    if (code != NULL && region_parse_regency(code, regency))
        return true;
    ctl_complain("there is no regency %s: its code (1871) or its name is wanted", word);
    return false;
}

/* --- columns ------------------------------------------------------------------------------- */

struct column {
    const char *name;
    void (*write)(const struct registration *r, const struct column *c, char *cell);
    size_t offset; /* of the value in what `write` takes it from */
};

static void set_cell(char *cell, const char *text)
{
    text_copy(cell, REGISTRATION_CELL_BYTES, text);
}

static const void *of_merchant(const struct registration *r, const struct column *c)
{
    return (const char *)r->merchant + c->offset;
}

static void write_text(const struct registration *r, const struct column *c, char *cell)
{
    set_cell(cell, of_merchant(r, c));
}

/* Empty for 0. */
static void write_time(const struct registration *r, const struct column *c, char *cell)
{
    int64_t wall_ms = *(const int64_t *)of_merchant(r, c);

    cell[0] = '\0';
    if (wall_ms != 0)
        isotime_format(wall_ms, cell);
}

static void write_regency_name(const struct registration *r, const struct column *c, char *cell)
{
    set_cell(cell, registration_label(r, "kab", of_merchant(r, c)));
}

static void write_district_name(const struct registration *r, const struct column *c, char *cell)
{
    set_cell(cell, registration_label(r, "kec", of_merchant(r, c)));
}

static void write_of_category(const struct registration *r, const struct column *c, char *cell)
{
    const struct category *category = category_find(r->merchant->category);

    set_cell(cell,
             category != NULL ? *(const char *const *)((const char *)category + c->offset) : "");
}

static void write_msisdn(const struct registration *r, const struct column *c, char *cell)
{
    (void)c;
    set_cell(cell, r->msisdn);
}

static void write_status(const struct registration *r, const struct column *c, char *cell)
{
    (void)c;
    set_cell(cell, merchant_status_name(r->merchant->status));
}

static void write_nik(const struct registration *r, const struct column *c, char *cell)
{
    const char *nik = of_merchant(r, c);
    size_t length = strlen(nik);

    if (r->is_revealed || length <= 4)
        set_cell(cell, nik);
    else
        snprintf(cell, REGISTRATION_CELL_BYTES, "************%s", nik + length - 4);
}

static void write_language(const struct registration *r, const struct column *c, char *cell)
{
    (void)c;
    set_cell(cell, r->subscriber->language);
}

static void write_size_class(const struct registration *r, const struct column *c, char *cell)
{
    set_cell(cell, category_size_class(of_merchant(r, c)));
}

static void write_flags(const struct registration *r, const struct column *c, char *cell)
{
    size_t used = 0, bytes = REGISTRATION_CELL_BYTES;

    (void)c;
    cell[0] = '\0';
    for (unsigned bit = 0; bit < MERCHANT_FLAG_COUNT; bit++)
        if ((r->merchant->flags & UINT32_C(1) << bit) != 0 && used < bytes)
            used += (size_t)snprintf(cell + used, bytes - used, "%s%s", used > 0 ? " " : "",
                                     merchant_flag_name(bit));
}

#define OF(type, member) offsetof(struct type, member)

static const struct column columns[] = {
    {"regno", write_text, OF(merchant, regno)},
    {"msisdn", write_msisdn, 0},
    {"status", write_status, 0},
    {"name", write_text, OF(merchant, name)},
    {"nik", write_nik, OF(merchant, nik)},
    {"business", write_text, OF(merchant, business)},
    {"category", write_text, OF(merchant, category)},
    {"regency", write_text, OF(merchant, regency)},
    {"regency_name", write_regency_name, OF(merchant, regency)},
    {"district", write_text, OF(merchant, district)},
    {"district_name", write_district_name, OF(merchant, district)},
    {"sales", write_text, OF(merchant, sales)},
    {"smartphone", write_text, OF(merchant, smartphone)},
    {"language", write_language, 0},
    {"submitted_at", write_time, OF(merchant, submitted_ms)},
    {"changed_at", write_time, OF(merchant, changed_ms)},
    {"deadline_at", write_time, OF(merchant, deadline_ms)},
    {"reason", write_text, OF(merchant, reason)},
    {"flags", write_flags, 0},
    {"consent_at", write_time, OF(merchant, consent_ms)},
    {"consent_version", write_text, OF(merchant, consent_version)},
    {"size_class", write_size_class, OF(merchant, sales)},
    {"kbli2020", write_of_category, OF(category, kbli2020)},
    {"kbli2025", write_of_category, OF(category, kbli2025)},
    {"route", write_of_category, OF(category, route)},
    {"frozen_at", write_time, OF(merchant, frozen_ms)},
};
const size_t registration_column_count = sizeof(columns) / sizeof(columns[0]);

const char *registration_column_name(size_t column)
{
    return columns[column].name;
}

void registration_cell(const struct registration *r, size_t column,
                       char cell[REGISTRATION_CELL_BYTES])
{
    columns[column].write(r, &columns[column], cell);
}

/* --- the whole ------------------------------------------------------------------------------ */

json_t *registration_json(const struct registration *r)
{
    json_t *object = json_object(), *flags = json_array(), *others = json_array();

    for (size_t i = 0; i < registration_column_count; i++) {
        char cell[REGISTRATION_CELL_BYTES];

        registration_cell(r, i, cell);
        json_object_set_new(object, columns[i].name, json_string(cell));
    }
    for (unsigned bit = 0; bit < MERCHANT_FLAG_COUNT; bit++)
        if ((r->merchant->flags & UINT32_C(1) << bit) != 0)
            json_array_append_new(flags, json_string(merchant_flag_name(bit)));
    json_object_set_new(object, "flags", flags);
    /* Of the same subscriber. */
    for (unsigned i = 0; i < r->subscriber->merchant_count; i++)
        if (&r->subscriber->merchants[i] != r->merchant)
            json_array_append_new(others, json_string(r->subscriber->merchants[i].regno));
    json_object_set_new(object, "others", others);
    return object;
}

static void print_line(const char *what, const char *value, const char *more)
{
    if (value[0] == '\0' && more[0] == '\0')
        return;
    printf("%-14s%s%s%s%s\n", what, value, more[0] != '\0' ? " (" : "", more,
           more[0] != '\0' ? ")" : "");
}

static void print_cell(const struct registration *r, const char *what, const char *column)
{
    char cell[REGISTRATION_CELL_BYTES];
    size_t i = 0;

    for (; strcmp(columns[i].name, column) != 0; i++)
        assert(i + 1 < registration_column_count);
    registration_cell(r, i, cell);
    print_line(what, cell, "");
}

void registration_print(const struct registration *r)
{
    const struct merchant *m = r->merchant;
    const struct reason *reason = m->reason[0] != '\0' ? reason_find(m->reason) : NULL;
    char display[REGNO_DISPLAY_BYTES];

    regno_format(m->regno, display);
    print_line("number", display, "");
    print_line("status", merchant_status_name(m->status), "");
    print_cell(r, "on hold since", "frozen_at");
    print_line("reason", m->reason, reason != NULL ? reason->text_id : "");
    print_cell(r, "deadline", "deadline_at");
    print_cell(r, "phone", "msisdn");
    print_cell(r, "name", "name");
    print_cell(r, "NIK", "nik");
    print_cell(r, "business", "business");
    print_line("category", m->category, registration_label(r, "jenis", m->category));
    print_cell(r, "KBLI 2025", "kbli2025");
    print_cell(r, "route", "route");
    print_line("regency", m->regency, registration_label(r, "kab", m->regency));
    print_line("district", m->district, registration_label(r, "kec", m->district));
    print_line("sales", m->sales, registration_label(r, "omzet", m->sales));
    print_cell(r, "size class", "size_class");
    print_line("smartphone", m->smartphone, registration_label(r, "hp", m->smartphone));
    print_cell(r, "language", "language");
    print_cell(r, "submitted", "submitted_at");
    print_cell(r, "changed", "changed_at");
    print_cell(r, "consent", "consent_at");
    print_cell(r, "look at", "flags");
    for (unsigned i = 0; i < r->subscriber->merchant_count; i++)
        if (&r->subscriber->merchants[i] != m) {
            regno_format(r->subscriber->merchants[i].regno, display);
            print_line("also", display, merchant_status_name(r->subscriber->merchants[i].status));
        }
}
