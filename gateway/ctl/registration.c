#include "gateway/ctl/registration.h"

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

static void write_regno(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->merchant->regno);
}

static void write_msisdn(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->msisdn);
}

static void write_status(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", merchant_status_name(r->merchant->status));
}

static void write_name(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->merchant->name);
}

static void write_business(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->merchant->business);
}

static void write_nik(const struct registration *r, char *cell, size_t bytes)
{
    const char *nik = r->merchant->nik;
    size_t length = strlen(nik);

    if (r->is_revealed || length <= 4)
        snprintf(cell, bytes, "%s", nik);
    else
        snprintf(cell, bytes, "************%s", nik + length - 4);
}

static void write_category(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->merchant->category);
}

static void write_regency(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->merchant->regency);
}

static void write_regency_name(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", registration_label(r, "kab", r->merchant->regency));
}

static void write_district(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->merchant->district);
}

static void write_district_name(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", registration_label(r, "kec", r->merchant->district));
}

static void write_sales(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->merchant->sales);
}

static void write_smartphone(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->merchant->smartphone);
}

static void write_language(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->subscriber->language);
}

/* Empty for 0. */
static void write_time(int64_t wall_ms, char *cell, size_t bytes)
{
    char text[ISOTIME_BYTES] = "";

    if (wall_ms != 0)
        isotime_format(wall_ms, text);
    snprintf(cell, bytes, "%s", text);
}

static void write_submitted(const struct registration *r, char *cell, size_t bytes)
{
    write_time(r->merchant->submitted_ms, cell, bytes);
}

static void write_changed(const struct registration *r, char *cell, size_t bytes)
{
    write_time(r->merchant->changed_ms, cell, bytes);
}

static void write_deadline(const struct registration *r, char *cell, size_t bytes)
{
    write_time(r->merchant->deadline_ms, cell, bytes);
}

static void write_frozen(const struct registration *r, char *cell, size_t bytes)
{
    write_time(r->merchant->frozen_ms, cell, bytes);
}

static void write_reason(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->merchant->reason);
}

static void write_consent(const struct registration *r, char *cell, size_t bytes)
{
    write_time(r->merchant->consent_ms, cell, bytes);
}

static void write_consent_version(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", r->merchant->consent_version);
}

static void write_size_class(const struct registration *r, char *cell, size_t bytes)
{
    snprintf(cell, bytes, "%s", category_size_class(r->merchant->sales));
}

static void write_kbli2020(const struct registration *r, char *cell, size_t bytes)
{
    const struct category *category = category_find(r->merchant->category);

    snprintf(cell, bytes, "%s", category != NULL ? category->kbli2020 : "");
}

static void write_kbli2025(const struct registration *r, char *cell, size_t bytes)
{
    const struct category *category = category_find(r->merchant->category);

    snprintf(cell, bytes, "%s", category != NULL ? category->kbli2025 : "");
}

static void write_route(const struct registration *r, char *cell, size_t bytes)
{
    const struct category *category = category_find(r->merchant->category);

    snprintf(cell, bytes, "%s", category != NULL ? category->route : "");
}

static void write_flags(const struct registration *r, char *cell, size_t bytes)
{
    size_t used = 0;

    cell[0] = '\0';
    for (unsigned bit = 0; bit < MERCHANT_FLAG_COUNT; bit++)
        if ((r->merchant->flags & UINT32_C(1) << bit) != 0 && used < bytes)
            used += (size_t)snprintf(cell + used, bytes - used, "%s%s", used > 0 ? " " : "",
                                     merchant_flag_name(bit));
}

const struct registration_column registration_columns[] = {
    {"regno", write_regno},
    {"msisdn", write_msisdn},
    {"status", write_status},
    {"name", write_name},
    {"nik", write_nik},
    {"business", write_business},
    {"category", write_category},
    {"regency", write_regency},
    {"regency_name", write_regency_name},
    {"district", write_district},
    {"district_name", write_district_name},
    {"sales", write_sales},
    {"smartphone", write_smartphone},
    {"language", write_language},
    {"submitted_at", write_submitted},
    {"changed_at", write_changed},
    {"deadline_at", write_deadline},
    {"reason", write_reason},
    {"flags", write_flags},
    {"consent_at", write_consent},
    {"consent_version", write_consent_version},
    {"size_class", write_size_class},
    {"kbli2020", write_kbli2020},
    {"kbli2025", write_kbli2025},
    {"route", write_route},
    {"frozen_at", write_frozen},
};
const size_t registration_column_count =
    sizeof(registration_columns) / sizeof(registration_columns[0]);

json_t *registration_json(const struct registration *r)
{
    json_t *object = json_object(), *flags = json_array(), *others = json_array();

    for (size_t i = 0; i < registration_column_count; i++) {
        char cell[REGISTRATION_CELL_BYTES];

        registration_columns[i].write(r, cell, sizeof(cell));
        json_object_set_new(object, registration_columns[i].name, json_string(cell));
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

static void print_cell(const struct registration *r, const char *what,
                       void (*write)(const struct registration *, char *, size_t))
{
    char cell[REGISTRATION_CELL_BYTES];

    write(r, cell, sizeof(cell));
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
    print_cell(r, "on hold since", write_frozen);
    print_line("reason", m->reason, reason != NULL ? reason->text_id : "");
    print_cell(r, "deadline", write_deadline);
    print_cell(r, "phone", write_msisdn);
    print_cell(r, "name", write_name);
    print_cell(r, "NIK", write_nik);
    print_cell(r, "business", write_business);
    print_line("category", m->category, registration_label(r, "jenis", m->category));
    print_cell(r, "KBLI 2025", write_kbli2025);
    print_cell(r, "route", write_route);
    print_line("regency", m->regency, registration_label(r, "kab", m->regency));
    print_line("district", m->district, registration_label(r, "kec", m->district));
    print_line("sales", m->sales, registration_label(r, "omzet", m->sales));
    print_cell(r, "size class", write_size_class);
    print_line("smartphone", m->smartphone, registration_label(r, "hp", m->smartphone));
    print_cell(r, "language", write_language);
    print_cell(r, "submitted", write_submitted);
    print_cell(r, "changed", write_changed);
    print_cell(r, "consent", write_consent);
    print_cell(r, "look at", write_flags);
    for (unsigned i = 0; i < r->subscriber->merchant_count; i++)
        if (&r->subscriber->merchants[i] != m) {
            regno_format(r->subscriber->merchants[i].regno, display);
            print_line("also", display, merchant_status_name(r->subscriber->merchants[i].status));
        }
}
