#include "menus/check.h"

#include "menus/page.h"

#include <stdlib.h>
#include <string.h>

static bool is_menu_key(const struct menu *menu, const char *key)
{
    return strcmp(key, menu->key_back) == 0 || strcmp(key, menu->key_main) == 0 ||
           strcmp(key, menu->key_next) == 0;
}

/* Can both choices be there at once? Conditions on them are taken to exclude each other. */
static bool can_meet(const struct menu_choice *a, const struct menu_choice *b)
{
    return a->when == NULL || b->when == NULL;
}

static void check_key(struct menu_loader *l, const struct menu_screen *s, unsigned at,
                      unsigned largest)
{
    const struct menu_choice *c = &s->choices[at];
    int number;

    if (strspn(c->key, "0123456789") != strlen(c->key) || c->key[0] == '\0' || strlen(c->key) > 3) {
        menu_faults_add(&l->faults, false, c->line, 0,
                        "a key is 1 to 3 digits (phones take * and # for a new dial)");
        return;
    }
    if (is_menu_key(l->menu, c->key))
        menu_faults_add(&l->faults, false, c->line, 0,
                        "the key %s of this choice is the menu's own: take another", c->key);
    number = atoi(c->key);
    if (number >= 1 && (unsigned)number <= largest)
        menu_faults_add(&l->faults, false, c->line, 0,
                        "the key %s is also the number of another choice: take another", c->key);
    for (unsigned i = 0; i < at; i++)
        if (s->choices[i].key != NULL && strcmp(s->choices[i].key, c->key) == 0 &&
            can_meet(&s->choices[i], c))
            menu_faults_add(&l->faults, false, c->line, 0, "two choices have the key %s", c->key);
}

static unsigned largest_group(const struct menu_table *table)
{
    unsigned most = 0;

    for (unsigned i = 0; i < table->group_count; i++)
        if (table->groups[i].count > most)
            most = table->groups[i].count;
    return most;
}

/* The menu's own keys are tried before the numbers. One that begins with a 0 is no number. */
static void check_own_keys(struct menu_loader *l, const struct menu_screen *s, unsigned largest)
{
    const struct {
        const char *key, *way;
    } own[] = {{l->menu->key_back, "back"},
               {l->menu->key_main, "to the main menu"},
               {l->menu->key_next, "to the next page"}};

    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (own[i].key[0] != '0' && (unsigned)atoi(own[i].key) <= largest)
            menu_faults_add(&l->faults, false, s->line, 0,
                            "the numbers of %s can go up to %u, but %s is the key %s: fewer "
                            "choices, or another key",
                            s->name, largest, own[i].key, own[i].way);
}

static void keep_below(struct menu_screen *s, const char *key, unsigned numbers)
{
    unsigned number = (unsigned)atoi(key);

    if (number > numbers && number - numbers < s->first_max)
        s->first_max = (uint16_t)(number - numbers);
}

/* Numbers that run on end before any key that is a number. */
static void bound_first(const struct menu *menu, struct menu_screen *s, unsigned numbers)
{
    s->first_max = MENU_FIRST_MAX;
    keep_below(s, menu->key_back, numbers);
    keep_below(s, menu->key_main, numbers);
    keep_below(s, menu->key_next, numbers);
    for (unsigned i = 0; i < s->choice_count; i++)
        if (s->choices[i].key != NULL)
            keep_below(s, s->choices[i].key, numbers);
}

static void check_choices(struct menu_loader *l, struct menu_screen *s)
{
    unsigned numbers = 0, largest;

    if (s->question.kind == MENU_QUESTION_LIST)
        numbers = largest_group(&l->menu->tables[s->question.table]);
    for (unsigned i = 0; i < s->choice_count; i++)
        numbers += s->choices[i].key == NULL;
    bound_first(l->menu, s, numbers);
    largest = s->first != NULL ? 2 * numbers : numbers; /* two pages that run on, at the least */
    for (unsigned i = 0; i < s->choice_count; i++)
        if (s->choices[i].key != NULL)
            check_key(l, s, i, largest);
    check_own_keys(l, s, largest);
    if (numbers > MENU_ITEMS_MAX)
        menu_faults_add(&l->faults, false, s->line, 0, "%s can have %u choices; %d is the most",
                        s->name, numbers, MENU_ITEMS_MAX);
}

/* --- lists and their tables --------------------------------------------------------------- */

static void check_parent(struct menu_loader *l, const struct menu_screen *s)
{
    const struct menu *menu = l->menu;
    const struct menu_question *q = &s->question;
    const struct menu_table *table = &menu->tables[q->table], *parents;
    const struct menu_field *field = &menu->fields[q->parent];

    if (field->table == MENU_NONE) {
        menu_faults_add(&l->faults, false, s->line, 0,
                        "%s depends on %s, which is not the answer of a list", s->name,
                        field->name);
        return;
    }
    parents = &menu->tables[field->table];
    for (unsigned i = 0; i < table->row_count; i++) {
        const struct menu_row *row = &table->rows[i];

        if (row->parent == NULL || menu_table_find(parents, row->parent) == NULL)
            menu_faults_add(&l->faults, false, row->line, 0,
                            "%s of table %s has no parent in table %s", row->code, table->name,
                            parents->name);
    }
    for (unsigned i = 0; i < parents->row_count; i++)
        if (menu_table_group(table, parents->rows[i].code) == NULL)
            /* A condition may say that it is not asked there; which it says is not known here. */
            menu_faults_add(&l->faults, s->when != NULL, parents->rows[i].line, 0,
                            "%s of table %s has no rows in table %s: %s would have nothing to "
                            "choose%s",
                            parents->rows[i].code, parents->name, table->name, s->name,
                            s->when != NULL ? ", were it asked there" : "");
}

/* ... for a list that names no parent. */
static bool has_no_rows(const struct menu_table *table)
{
    return table->row_count > 0 && menu_table_group(table, "") == NULL;
}

static void check_list(struct menu_loader *l, const struct menu_screen *s)
{
    const struct menu_table *table = &l->menu->tables[s->question.table];

    if (s->question.parent != MENU_NONE)
        check_parent(l, s);
    else if (has_no_rows(table))
        menu_faults_add(&l->faults, false, s->line, 0,
                        "the rows of table %s have parents: name the field in parent = \"...\"",
                        table->name);
}

/* Whatever is sent would be refused. A warning: such menus were taken before, and the rest of them
 * works. */
static void check_sent_lists(struct menu_loader *l, const struct menu_keyword *k)
{
    for (unsigned i = 0; i < k->part_count; i++) {
        const struct menu_question *q = &k->parts[i];

        if (q->kind == MENU_QUESTION_LIST && q->parent == MENU_NONE &&
            has_no_rows(&l->menu->tables[q->table]))
            menu_faults_add(&l->faults, true, k->line, 0,
                            "the rows of table %s have parents: without parent = \"...\" none is "
                            "found, whatever is sent",
                            l->menu->tables[q->table].name);
    }
}

/* Two rows of one parent with one name: a typed name would mean neither. */
static void check_names(struct menu_loader *l, const struct menu_table *table,
                        const struct menu_row *a, const struct menu_row *b)
{
    for (unsigned i = 0; i < a->key_count; i++)
        for (unsigned k = 0; k < b->key_count; k++)
            if (strcmp(a->keys[i], b->keys[k]) == 0) {
                menu_faults_add(&l->faults, true, b->line, 0,
                                "%s and %s of table %s have the name %s in common: typed, it means "
                                "neither",
                                a->code, b->code, table->name, a->keys[i]);
                return;
            }
}

static void check_tables(struct menu_loader *l)
{
    for (unsigned t = 0; t < l->menu->table_count; t++) {
        const struct menu_table *table = &l->menu->tables[t];

        if (!l->table_is_used[t])
            menu_faults_add(&l->faults, true, table->line, 0, "the table %s is not used",
                            table->name);
        for (unsigned g = 0; g < table->group_count; g++) {
            const struct menu_row *rows = &table->rows[table->groups[g].first];

            if (table->groups[g].count > MENU_ITEMS_MAX)
                continue; /* the list that uses it is refused */
            for (unsigned a = 0; a < table->groups[g].count; a++)
                for (unsigned b = a + 1; b < table->groups[g].count; b++)
                    check_names(l, table, &rows[a], &rows[b]);
        }
    }
}

/* --- answers ------------------------------------------------------------------------------ */

static unsigned longest_code(const struct menu *menu, const struct menu_field *field)
{
    const struct menu_table *table = field->table != MENU_NONE ? &menu->tables[field->table] : NULL;
    unsigned longest = 0;

    for (unsigned i = 0; table != NULL && i < table->row_count; i++)
        if (strlen(table->rows[i].code) > longest)
            longest = (unsigned)strlen(table->rows[i].code);
    return longest;
}

/* All answers must find room in a state. */
static void check_room(struct menu_loader *l)
{
    const struct menu *menu = l->menu;
    unsigned octets = 0;

    for (unsigned i = 0; i < menu->field_count; i++) {
        unsigned code = longest_code(menu, &menu->fields[i]);

        octets += (code > menu->fields[i].value_max ? code : menu->fields[i].value_max) + 1u;
    }
    if (octets > MENU_ANSWERS_BYTES)
        menu_faults_add(&l->faults, true, 0, 0,
                        "all answers together can have %u octets, a session keeps %d", octets,
                        MENU_ANSWERS_BYTES);
}

static void check_draft(struct menu_loader *l)
{
    struct menu *menu = l->menu;
    bool begins = false;

    for (unsigned i = 0; i < menu->screen_count && !begins; i++) {
        const struct menu_screen *s = &menu->screens[i];

        for (unsigned c = 0; c < s->choice_count; c++)
            begins = begins || s->choices[c].effect.draft == MENU_DRAFT_BEGIN;
        for (unsigned r = 0; r < s->result_count; r++)
            begins = begins || s->results[r].effect.draft == MENU_DRAFT_BEGIN;
    }
    for (unsigned i = 0; i < menu->keyword_count; i++)
        begins = begins || menu->keywords[i].effect.draft == MENU_DRAFT_BEGIN;
    menu->begins_drafts = begins;
    if (menu->resume != MENU_NONE && !begins)
        menu_faults_add(&l->faults, false, menu->screens[menu->resume].line, 0,
                        "resume is set, but nothing begins a draft: add draft = \"begin\" to the "
                        "choice that is the consent");
    if (menu->resume != MENU_NONE && menu->flow_count == 0)
        menu_faults_add(&l->faults, false, menu->screens[menu->resume].line, 0,
                        "resume is set, but there is no flow to go on with");
}

static void check_lines(struct menu_loader *l, const struct menu_screen *s)
{
    if (s->back == MENU_BACK_MAIN && l->menu->line_main == NULL)
        menu_faults_add(&l->faults, false, s->line, 0,
                        "%s shows the line back to the main menu: add main to lines", s->name);
}

void menu_check_keys(struct menu_loader *l)
{
    for (unsigned i = 0; i < l->menu->screen_count; i++) {
        struct menu_screen *s = &l->menu->screens[i];

        check_lines(l, s);
        check_choices(l, s);
        if (s->question.kind == MENU_QUESTION_LIST)
            check_list(l, s);
    }
    for (unsigned i = 0; i < l->menu->keyword_count; i++)
        check_sent_lists(l, &l->menu->keywords[i]);
    check_tables(l);
    check_room(l);
    check_draft(l);
}
