#include "menus/model.h"

#include "base/mem.h"
#include "menus/match.h"

#include <limits.h>
#include <string.h>

struct menu *menu_model_new(void)
{
    struct menu *menu = mem_zalloc(sizeof(*menu));

    menu->first = menu->resume = menu->start = MENU_NONE;
    menu->invalid = menu->busy = menu->busy_fresh = menu->wait = MENU_NONE;
    return menu;
}

void *menu_model_alloc(struct menu *menu, size_t bytes)
{
    size_t head = (sizeof(struct menu_block) + 15) & ~(size_t)15;
    struct menu_block *block = mem_zalloc(head + bytes);

    block->next = menu->blocks;
    menu->blocks = block;
    return (char *)block + head;
}

char *menu_model_strdup(struct menu *menu, const char *text)
{
    size_t bytes = strlen(text) + 1;

    return memcpy(menu_model_alloc(menu, bytes), text, bytes);
}

void menu_free(struct menu *menu)
{
    if (menu == NULL)
        return;
    for (size_t i = 0; i < menu->regex_count; i++)
        regfree(menu->regexes[i]);
    mem_free(menu->regexes);
    source_free(menu->source);
    while (menu->blocks != NULL) {
        struct menu_block *block = menu->blocks;

        menu->blocks = block->next;
        mem_free(block);
    }
    mem_free(menu);
}

/* FNV-1a: short names, no attacker (the names are the menu author's own). */
static size_t hash_name(const char *name)
{
    uint32_t h = 2166136261u;

    for (; *name != '\0'; name++)
        h = (h ^ (uint8_t)*name) * 16777619u;
    return h ^ h >> 15;
}

/* Filled to a half at most, so that a search for what is not there is short. */
void menu_index_build(struct menu *menu, struct menu_index *index, size_t capacity)
{
    index->slot_count = 4;
    while (index->slot_count < 2 * capacity)
        index->slot_count *= 2;
    index->slots = menu_model_alloc(menu, index->slot_count * sizeof(*index->slots));
}

static struct menu_index_slot *find_slot(const struct menu_index *index, const char *name)
{
    size_t at = hash_name(name) & (index->slot_count - 1);

    while (index->slots[at].name != NULL && strcmp(index->slots[at].name, name) != 0)
        at = (at + 1) & (index->slot_count - 1);
    return &index->slots[at];
}

void menu_index_add(struct menu_index *index, const char *name, uint16_t value)
{
    struct menu_index_slot *slot = find_slot(index, name);

    if (slot->name == NULL)
        *slot = (struct menu_index_slot){name, value};
}

uint16_t menu_index_find(const struct menu_index *index, const char *name)
{
    const struct menu_index_slot *slot;

    if (index->slot_count == 0)
        return MENU_NONE;
    slot = find_slot(index, name);
    return slot->name != NULL ? slot->index : MENU_NONE;
}

const struct menu_screen *menu_find_screen(const struct menu *menu, const char *name)
{
    uint16_t at = menu_index_find(&menu->screen_index, name);

    return at != MENU_NONE ? &menu->screens[at] : NULL;
}

const struct menu_text *menu_find_text(const struct menu *menu, const char *name)
{
    uint16_t at = menu_index_find(&menu->text_index, name);

    return at != MENU_NONE ? &menu->texts[at] : NULL;
}

uint16_t menu_find_field(const struct menu *menu, const char *name)
{
    for (uint16_t i = 0; i < menu->field_count; i++)
        if (strcmp(menu->fields[i].name, name) == 0)
            return i;
    return MENU_NONE;
}

const struct menu_screen *menu_find_shown(const struct menu *menu, const char *name)
{
    uint16_t screen = menu_index_find(&menu->screen_index, name);
    uint16_t text = screen == MENU_NONE ? menu_index_find(&menu->text_index, name) : MENU_NONE;

    if (screen != MENU_NONE)
        return &menu->screens[screen];
    return text != MENU_NONE ? &menu->text_screens[text] : NULL;
}

bool menu_is_text_screen(const struct menu *menu, const struct menu_screen *screen)
{
    return screen >= menu->text_screens && screen < menu->text_screens + menu->text_count;
}

uint16_t menu_find_language(const struct menu *menu, const char *code)
{
    for (uint16_t i = 0; i < menu->language_count; i++)
        if (strcmp(menu->languages[i].code, code) == 0)
            return i;
    return menu->fallback;
}

const struct menu_row *menu_table_find(const struct menu_table *table, const char *code)
{
    uint16_t at = menu_index_find(&table->by_code, code);

    return at != MENU_NONE ? &table->rows[at] : NULL;
}

const struct menu_row_group *menu_table_group(const struct menu_table *table, const char *parent)
{
    uint16_t at = menu_index_find(&table->by_parent, parent);

    return at != MENU_NONE ? &table->groups[at] : NULL;
}

const char *menu_table_label(const struct menu *menu, const char *table, const char *code,
                             const char *language)
{
    uint16_t at = menu_index_find(&menu->table_index, table);
    const struct menu_row *row = at != MENU_NONE ? menu_table_find(&menu->tables[at], code) : NULL;
    uint16_t l = menu_find_language(menu, language != NULL ? language : "");

    return row != NULL ? row->label->by_language[l].parts[0].literal : NULL;
}

const char *menu_table_code(const struct menu *menu, const char *table, const char *word)
{
    uint16_t at = menu_index_find(&menu->table_index, table);
    const struct menu_row_group all = {.count = at != MENU_NONE ? menu->tables[at].row_count : 0};
    const struct menu_row *row;
    bool is_guess;

    if (at == MENU_NONE)
        return NULL;
    row = menu_match_row(&menu->tables[at], &all, word, true, &is_guess);
    return row != NULL && !is_guess ? row->code : NULL;
}

bool menu_has_table(const struct menu *menu, const char *table)
{
    return menu_index_find(&menu->table_index, table) != MENU_NONE;
}

bool menu_has_language(const struct menu *menu, const char *code)
{
    return strcmp(menu->languages[menu_find_language(menu, code)].code, code) == 0;
}

const char *menu_language_shown(const struct menu *menu, const char *code)
{
    return menu->languages[menu_find_language(menu, code)].code;
}

const char *menu_name(const struct menu *menu)
{
    return menu->name;
}

const uint8_t *menu_id(const struct menu *menu)
{
    return menu->id;
}

bool menu_id_is(const struct menu *menu, const uint8_t id[MENU_ID_BYTES])
{
    return memcmp(menu->id, id, MENU_ID_BYTES) == 0;
}

bool menu_begins_drafts(const struct menu *menu)
{
    return menu->begins_drafts;
}

unsigned menu_code_max(const struct menu *menu)
{
    return menu->shows_code ? menu->code_max : UINT_MAX;
}

int64_t menu_draft_ms(const struct menu *menu)
{
    return menu->draft_ms;
}

bool menu_says_sms(const struct menu *menu)
{
    return menu->says_sms;
}

const char *menu_shared_answer(const struct menu *menu, const struct menu *other)
{
    for (unsigned i = 0; i < menu->field_count; i++)
        for (unsigned k = 0; k < other->field_count && menu->fields[i].in_flow; k++)
            if (strcmp(menu->fields[i].name, other->fields[k].name) == 0)
                return other->fields[k].name;
    return NULL;
}

bool menu_has_text(const struct menu *menu, const char *name)
{
    return menu_find_text(menu, name) != NULL;
}
