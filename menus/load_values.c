#include "menus/loader.h"

#include "base/mem.h"
#include "menus/match.h"

#include <string.h>

enum { FOLDED_BYTES = 128, NUMBER_FACT_MAX = 10, VALUES_MAX = 500 };

const struct menu_fact *menu_load_find_fact(const struct menu_loader *l, const char *name)
{
    for (size_t i = 0; i < l->vocabulary->fact_count; i++)
        if (strcmp(l->vocabulary->facts[i].name, name) == 0)
            return &l->vocabulary->facts[i];
    return NULL;
}

static const char *table_name(void *ctx, size_t i)
{
    const struct menu *menu = ctx;

    return i < menu->table_count ? menu->tables[i].name : NULL;
}

uint16_t menu_load_find_table(struct menu_loader *l, const config_setting_t *setting,
                              const char *name)
{
    uint16_t at = menu_index_find(&l->menu->table_index, name);
    char hint[MENU_NAME_BYTES + 32];

    if (at == MENU_NONE) {
        l->has_lost_way = true;
        menu_load_hint(l, name, table_name, l->menu, hint, sizeof(hint));
        menu_load_fault(l, setting, "there is no table %s%s", name, hint);
        return MENU_NONE;
    }
    l->table_is_used[at] = true;
    return at;
}

/* --- tables ------------------------------------------------------------------------------- */

static void add_key(struct menu_loader *l, struct menu_row *row, const char *name)
{
    char folded[FOLDED_BYTES];

    menu_match_fold(name, folded, sizeof(folded));
    for (unsigned i = 0; i < row->key_count; i++)
        if (strcmp(row->keys[i], folded) == 0)
            return;
    if (folded[0] != '\0')
        row->keys[row->key_count++] = menu_model_strdup(l->menu, folded);
}

static void load_keys(struct menu_loader *l, config_setting_t *group, struct menu_row *row)
{
    config_setting_t *aliases = menu_load_member(l, group, "aliases", CONFIG_TYPE_ARRAY, false);
    int count = aliases != NULL ? config_setting_length(aliases) : 0;

    row->keys =
        menu_model_alloc(l->menu, ((size_t)count + l->menu->language_count) * sizeof(row->keys[0]));
    for (unsigned i = 0; i < l->menu->language_count; i++)
        add_key(l, row, row->label->by_language[i].parts[0].literal);
    for (int i = 0; i < count; i++) {
        const char *alias = menu_load_string_of(l, config_setting_get_elem(aliases, (unsigned)i));

        if (alias != NULL)
            add_key(l, row, alias);
    }
}

static bool load_row(struct menu_loader *l, config_setting_t *group, struct menu_row *row)
{
    static const char *const keys[] = {"code", "label", "parent", "aliases", NULL};
    config_setting_t *label;

    if (config_setting_type(group) != CONFIG_TYPE_GROUP) {
        menu_load_fault(l, group, "a row is a group { code = \"...\"; label = ...; }");
        return false;
    }
    menu_load_check_keys(l, group, "a row", keys);
    row->line = menu_load_line(group);
    row->code = menu_load_string(l, group, "code", true);
    row->parent = menu_load_string(l, group, "parent", false);
    row->label = menu_model_alloc(l->menu, sizeof(*row->label));
    label = config_setting_get_member(group, "label");
    if (label == NULL) {
        menu_load_fault(l, group, "label is missing");
        return false;
    }
    if (!menu_load_text(l, label, MENU_TEXT_FIXED, row->label) || row->code == NULL)
        return false;
    if (row->code[0] == '\0' || strlen(row->code) >= MENU_NAME_BYTES) {
        menu_load_fault(l, group, "a code has 1 to %d octets", MENU_NAME_BYTES - 1);
        return false;
    }
    load_keys(l, group, row);
    return true;
}

static const char *parent_of(const struct menu_row *row)
{
    return row->parent != NULL ? row->parent : "";
}

static void add_group(struct menu_table *table, const char *parent, uint16_t *group)
{
    *group = menu_index_find(&table->by_parent, parent);
    if (*group != MENU_NONE)
        return;
    *group = table->group_count++;
    menu_index_add(&table->by_parent, parent, *group);
}

/* Rows of one parent side by side, in the order of the file. */
static void group_rows(struct menu_loader *l, struct menu_table *table)
{
    size_t bytes = table->row_count * sizeof(struct menu_row);
    struct menu_row *rows = mem_dup(table->rows, bytes);
    uint16_t *group_of = mem_alloc(table->row_count * sizeof(*group_of)), at = 0;

    menu_index_build(l->menu, &table->by_parent, table->row_count);
    table->groups = menu_model_alloc(l->menu, table->row_count * sizeof(struct menu_row_group));
    for (unsigned i = 0; i < table->row_count; i++) {
        add_group(table, parent_of(&rows[i]), &group_of[i]);
        table->groups[group_of[i]].count++;
    }
    for (unsigned g = 0; g < table->group_count; g++) {
        table->groups[g].first = at;
        at = (uint16_t)(at + table->groups[g].count);
        table->groups[g].count = 0;
    }
    for (unsigned i = 0; i < table->row_count; i++) {
        struct menu_row_group *g = &table->groups[group_of[i]];

        table->rows[g->first + g->count++] = rows[i];
    }
    mem_free(rows);
    mem_free(group_of);
}

static void index_rows(struct menu_loader *l, struct menu_table *table)
{
    menu_index_build(l->menu, &table->by_code, table->row_count);
    for (uint16_t i = 0; i < table->row_count; i++) {
        const struct menu_row *row = &table->rows[i];

        if (menu_index_find(&table->by_code, row->code) != MENU_NONE)
            menu_faults_add(&l->faults, false, row->line, 0, "the table %s has the code %s twice",
                            table->name, row->code);
        menu_index_add(&table->by_code, row->code, i);
        for (unsigned lang = 0; lang < l->menu->language_count; lang++)
            if (row->label->by_language[lang].fixed_units > table->worst_label[lang])
                table->worst_label[lang] = row->label->by_language[lang].fixed_units;
    }
}

static void load_table(struct menu_loader *l, config_setting_t *list, struct menu_table *table)
{
    int count = config_setting_length(list);

    table->name = menu_model_strdup(l->menu, config_setting_name(list));
    table->line = menu_load_line(list);
    if (config_setting_type(list) != CONFIG_TYPE_LIST || count == 0 || count >= MENU_NONE) {
        menu_load_fault(l, list, "a table is a list of rows: ( { code = \"...\"; label = ...; } )");
        count = 0;
    }
    menu_load_is_name(l, list, table->name, "table name");
    table->rows = menu_model_alloc(l->menu, (size_t)count * sizeof(*table->rows));
    for (int i = 0; i < count; i++)
        if (load_row(l, config_setting_get_elem(list, (unsigned)i), &table->rows[table->row_count]))
            table->row_count++;
        else
            memset(&table->rows[table->row_count], 0, sizeof(table->rows[0]));
    group_rows(l, table);
    index_rows(l, table);
}

void menu_load_tables(struct menu_loader *l)
{
    struct menu *menu = l->menu;
    config_setting_t *group = menu_load_member(l, l->root, "tables", CONFIG_TYPE_GROUP, false);
    int count = group != NULL ? config_setting_length(group) : 0;

    menu->tables = menu_model_alloc(menu, (size_t)count * sizeof(*menu->tables));
    l->table_is_used = menu_model_alloc(menu, (size_t)count + 1);
    menu_index_build(menu, &menu->table_index, (size_t)count);
    for (int i = 0; i < count; i++) {
        struct menu_table *table = &menu->tables[menu->table_count];

        load_table(l, config_setting_get_elem(group, (unsigned)i), table);
        menu_index_add(&menu->table_index, table->name, menu->table_count++);
    }
}

/* --- names that have a meaning already ---------------------------------------------------- */

static void warn_of_placeholder(struct menu_loader *l, const config_setting_t *setting,
                                const char *name)
{
    if (menu_load_is_builtin(name))
        menu_faults_add(&l->faults, true, menu_load_line(setting), 0,
                        "{%s} on a screen shows something else: take another name than %s", name,
                        name);
}

static void warn_of_taken(struct menu_loader *l, const config_setting_t *setting, const char *name)
{
    warn_of_placeholder(l, setting, name);
    if (menu_condition_is_operand(name))
        menu_faults_add(&l->faults, true, menu_load_line(setting), 0,
                        "%s in a condition means something else: take another name", name);
}

/* --- constants ---------------------------------------------------------------------------- */

void menu_load_constants(struct menu_loader *l)
{
    struct menu *menu = l->menu;
    config_setting_t *group = menu_load_member(l, l->root, "constants", CONFIG_TYPE_GROUP, false);
    int count = group != NULL ? config_setting_length(group) : 0;

    menu->constants = menu_model_alloc(menu, (size_t)count * sizeof(*menu->constants));
    for (int i = 0; i < count; i++) {
        config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        struct menu_constant *c = &menu->constants[menu->constant_count];

        c->name = menu_model_strdup(menu, config_setting_name(member));
        c->line = menu_load_line(member);
        c->text = menu_model_alloc(menu, sizeof(*c->text));
        menu_load_is_name(l, member, c->name, "constant's name");
        warn_of_taken(l, member, c->name);
        menu_load_text(l, member, MENU_TEXT_FIXED, c->text);
        if (config_setting_type(member) == CONFIG_TYPE_STRING)
            c->value = menu_load_string_of(l, member);
        menu->constant_count++;
    }
}

struct menu_constant *menu_load_find_constant(struct menu *menu, const char *name)
{
    for (unsigned i = 0; i < menu->constant_count; i++)
        if (strcmp(menu->constants[i].name, name) == 0)
            return &menu->constants[i];
    return NULL;
}

/* --- fields ------------------------------------------------------------------------------- */

static void add_field(struct menu_loader *l, const config_setting_t *setting, const char *name)
{
    struct menu *menu = l->menu;

    if (name == NULL || menu_find_field(menu, name) != MENU_NONE ||
        !menu_load_is_name(l, setting, name, "field's name"))
        return;
    if (menu->field_count == MENU_ANSWERS_MAX) {
        menu_load_fault(l, setting,
                        "the field %s is one too many: a session keeps the answers of %d", name,
                        MENU_ANSWERS_MAX);
        return;
    }
    warn_of_taken(l, setting, name);
    menu->fields[menu->field_count++] = (struct menu_field){.name = menu_model_strdup(menu, name),
                                                            .parent = MENU_NONE,
                                                            .table = MENU_NONE,
                                                            .line = menu_load_line(setting)};
}

void menu_load_note_read(struct menu_loader *l, const char *name)
{
    uint16_t at = menu_find_field(l->menu, name);

    if (at != MENU_NONE)
        l->menu->fields[at].is_read = true;
}

static void add_field_key(struct menu_loader *l, config_setting_t *group, const char *key)
{
    const char *name;

    if (group != NULL && config_setting_lookup_string(group, key, &name) == CONFIG_TRUE)
        add_field(l, group, name);
}

static void add_set_fields(struct menu_loader *l, config_setting_t *group)
{
    config_setting_t *set = config_setting_get_member(group, "set");

    for (int i = 0; set != NULL && config_setting_is_group(set) && i < config_setting_length(set);
         i++) {
        config_setting_t *member = config_setting_get_elem(set, (unsigned)i);

        add_field(l, member, config_setting_name(member));
    }
}

/* The parts of an SMS keyword's form. */
static void add_form_fields(struct menu_loader *l, config_setting_t *form)
{
    config_setting_t *parts = form != NULL && config_setting_is_group(form)
                                  ? config_setting_get_member(form, "fields")
                                  : NULL;

    for (int i = 0;
         parts != NULL && config_setting_is_list(parts) && i < config_setting_length(parts); i++) {
        config_setting_t *part = config_setting_get_elem(parts, (unsigned)i);

        if (config_setting_is_group(part)) {
            add_field_key(l, part, "field");
            add_field_key(l, config_setting_get_member(part, "list"), "guessed");
        }
    }
}

/* Fields of one screen or keyword, and of the groups in it that may set some. */
static void add_fields_of(struct menu_loader *l, config_setting_t *owner)
{
    static const char *const inner[] = {"choices", "results"};

    if (!config_setting_is_group(owner))
        return;
    add_field_key(l, config_setting_get_member(owner, "input"), "field");
    add_field_key(l, config_setting_get_member(owner, "list"), "field");
    add_field_key(l, config_setting_get_member(owner, "list"), "guessed");
    add_form_fields(l, config_setting_get_member(owner, "form"));
    add_set_fields(l, owner);
    for (unsigned k = 0; k < sizeof(inner) / sizeof(inner[0]); k++) {
        config_setting_t *many = config_setting_get_member(owner, inner[k]);

        for (int i = 0;
             many != NULL && config_setting_is_aggregate(many) && i < config_setting_length(many);
             i++) {
            config_setting_t *one = config_setting_get_elem(many, (unsigned)i);

            if (config_setting_is_group(one))
                add_set_fields(l, one);
        }
    }
}

void menu_load_fields(struct menu_loader *l)
{
    struct menu *menu = l->menu;
    config_setting_t *sms = config_setting_get_member(l->root, "sms");
    config_setting_t *owners[2] = {l->screens, NULL};

    menu->fields = menu_model_alloc(menu, MENU_ANSWERS_MAX * sizeof(*menu->fields));
    if (sms != NULL && config_setting_is_group(sms))
        owners[1] = config_setting_get_member(sms, "keywords");
    for (unsigned k = 0; k < 2; k++)
        for (int i = 0; owners[k] != NULL && config_setting_is_aggregate(owners[k]) &&
                        i < config_setting_length(owners[k]);
             i++)
            add_fields_of(l, config_setting_get_elem(owners[k], (unsigned)i));
}

/* --- values (placeholders) ---------------------------------------------------------------- */

unsigned menu_load_fact_max(const struct menu_fact *fact)
{
    unsigned longest = fact->value_max;

    if (fact->kind == MENU_FACT_WORD)
        for (unsigned i = 0; fact->words != NULL && fact->words[i] != NULL; i++)
            if (strlen(fact->words[i]) > longest)
                longest = (unsigned)strlen(fact->words[i]);
    if (longest == 0)
        longest = fact->kind == MENU_FACT_FLAG ? 1 : NUMBER_FACT_MAX;
    return longest;
}

static unsigned table_max(const struct menu *menu, uint16_t table)
{
    unsigned longest = 0;

    for (unsigned i = 0; i < menu->language_count; i++)
        if (menu->tables[table].worst_label[i] > longest)
            longest = menu->tables[table].worst_label[i];
    return longest;
}

/* Fills in what an entry of `values` does not say. */
static void complete_value(const struct menu *menu, struct menu_value *v)
{
    uint16_t field = v->field != NULL ? menu_find_field(menu, v->field) : MENU_NONE;
    unsigned max = 0;

    if (v->table == MENU_NONE && field != MENU_NONE)
        v->table = menu->fields[field].table;
    if (v->max != 0)
        return;
    if (v->table != MENU_NONE) {
        max = table_max(menu, v->table);
    } else {
        if (field != MENU_NONE)
            max = menu->fields[field].value_max;
        if (v->fact != NULL && menu_load_fact_max(v->fact) > max)
            max = menu_load_fact_max(v->fact);
    }
    v->max = (uint16_t)(max != 0 && max < MENU_VALUE_BYTES ? max : MENU_VALUE_BYTES - 1);
}

uint16_t menu_load_find_value(struct menu_loader *l, const char *name)
{
    struct menu *menu = l->menu;
    uint16_t field = menu_find_field(menu, name);
    const struct menu_fact *fact = menu_load_find_fact(l, name);

    for (uint16_t i = 0; i < menu->value_count; i++)
        if (strcmp(menu->values[i].name, name) == 0)
            return i;
    if ((field == MENU_NONE && fact == NULL) || menu->value_count == VALUES_MAX)
        return MENU_NONE;
    menu->values[menu->value_count] =
        (struct menu_value){.name = menu_model_strdup(menu, name),
                            .field = field != MENU_NONE ? menu->fields[field].name : NULL,
                            .fact = fact,
                            .table = MENU_NONE};
    return menu->value_count++;
}

/* `fact` and `field` of an entry; both by its own name when neither is written. */
static void load_value_source(struct menu_loader *l, config_setting_t *group, struct menu_value *v)
{
    const char *field = menu_load_string(l, group, "field", false);
    const char *fact = menu_load_string(l, group, "fact", false);
    uint16_t at = menu_find_field(l->menu, field != NULL ? field : v->name);
    bool is_own = field == NULL && fact == NULL;

    if (field != NULL || is_own)
        v->field = at != MENU_NONE ? l->menu->fields[at].name : NULL;
    if (fact != NULL || is_own)
        v->fact = menu_load_find_fact(l, fact != NULL ? fact : v->name);
    if (field != NULL && at == MENU_NONE)
        menu_load_fault(l, group, "no screen asks for the field %s", field);
    else if (fact != NULL && v->fact == NULL)
        menu_load_fault(l, group, "the service has no fact %s", fact);
    else if (v->field == NULL && v->fact == NULL)
        menu_load_fault(l, group, "%s is neither an answer nor a fact of the service", v->name);
}

static void load_value(struct menu_loader *l, config_setting_t *group, struct menu_value *v)
{
    static const char *const keys[] = {"field", "fact", "table", "max", NULL};
    const char *table;

    v->name = menu_model_strdup(l->menu, config_setting_name(group));
    v->table = MENU_NONE;
    menu_load_is_name(l, group, v->name, "placeholder's name");
    warn_of_placeholder(l, group, v->name);
    if (config_setting_type(group) != CONFIG_TYPE_GROUP) {
        menu_load_fault(l, group, "a value is a group: { max = 18; }");
        return;
    }
    menu_load_check_keys(l, group, "a value", keys);
    load_value_source(l, group, v);
    table = menu_load_string(l, group, "table", false);
    if (table != NULL)
        v->table = menu_load_find_table(l, group, table);
    v->max = (uint16_t)menu_load_number(l, group, "max", 1, MENU_VALUE_BYTES - 1, 0);
}

void menu_load_values(struct menu_loader *l)
{
    struct menu *menu = l->menu;
    config_setting_t *group = menu_load_member(l, l->root, "values", CONFIG_TYPE_GROUP, false);
    int count = group != NULL ? config_setting_length(group) : 0;

    if (count > VALUES_MAX)
        menu_load_fault(l, group, "more than %d values", VALUES_MAX);
    menu->values = menu_model_alloc(menu, VALUES_MAX * sizeof(*menu->values));
    for (int i = 0; i < count && i < VALUES_MAX; i++) {
        load_value(l, config_setting_get_elem(group, (unsigned)i),
                   &menu->values[menu->value_count]);
        menu->value_count++;
    }
}

void menu_load_complete_values(struct menu_loader *l)
{
    for (unsigned i = 0; i < l->menu->value_count; i++)
        complete_value(l->menu, &l->menu->values[i]);
}
