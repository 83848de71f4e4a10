/*
 * Every screen and every text of the shipped menus, in every language, at the limits that links
 * have, filled in with whatever names there may be: no page breaks a limit, nothing is cut off, and
 * every item stands on exactly one page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "gateway/smpp/text.h"
#include "menus/run.h"
#include "merchants/programme.h"
#include "tests/support/menus.h"

enum { ROUNDS = 12, FACTS_MAX = 128 };

static const struct menu_limits limits[] = {{182, 80}, {160, 70}, {140, 60}};

/* One world of answers and facts: the same for all screens of a round. */
struct world {
    const struct menu *menu;
    struct random_source random;
    char facts[FACTS_MAX][MENU_VALUE_BYTES];
    struct menu_state state;
    struct menu_facts get;
};

/* Extension characters, letters of two octets, and what is folded or replaced. */
static void make_value(struct random_source *r, unsigned characters, char value[MENU_VALUE_BYTES])
{
    static const char *const alphabet[] = {
        "A", "b", "7", " ", "'", "[", "^", "|", "\xE2\x82\xAC", "\xC3\xA9", "\xC4\x81", "{"};
    size_t size = 0;

    for (unsigned i = 0; i < characters && size + 4 < MENU_VALUE_BYTES; i++)
        size += (size_t)sprintf(value + size, "%s",
                                alphabet[random_below(r, sizeof(alphabet) / sizeof(alphabet[0]))]);
    value[size] = '\0';
}

static void make_fact(struct random_source *r, const struct menu_fact *fact,
                      char value[MENU_VALUE_BYTES])
{
    unsigned words = 0;

    switch (fact->kind) {
    case MENU_FACT_TEXT: /* also longer than it is said to be */
        make_value(r, (unsigned)random_below(r, fact->value_max + 9), value);
        break;
    case MENU_FACT_NUMBER:
        sprintf(value, "%u", (unsigned)random_below(r, 100));
        break;
    case MENU_FACT_FLAG:
        strcpy(value, random_below(r, 2) == 0 ? "0" : "1");
        break;
    case MENU_FACT_WORD:
        while (fact->words[words] != NULL)
            words++;
        strcpy(value, fact->words[random_below(r, words)]);
        break;
    }
}

static bool get_fact(void *ctx, const char *name, char value[MENU_VALUE_BYTES])
{
    const struct world *w = ctx;

    for (size_t i = 0; i < programme_vocabulary.fact_count; i++)
        if (strcmp(programme_vocabulary.facts[i].name, name) == 0) {
            strcpy(value, w->facts[i]);
            return true;
        }
    value[0] = '\0';
    return false;
}

/* An answer of each field that fits in the state: a code of its table, or anything. */
static void answer_all(struct world *w)
{
    for (unsigned i = 0; i < w->menu->field_count; i++) {
        const struct menu_field *f = &w->menu->fields[i];
        char value[MENU_VALUE_BYTES];

        if (f->table != MENU_NONE) {
            const struct menu_table *t = &w->menu->tables[f->table];

            strcpy(value, t->rows[random_below(&w->random, t->row_count)].code);
        } else {
            make_value(&w->random, (unsigned)random_below(&w->random, f->value_max + 1u), value);
        }
        if (random_below(&w->random, 8) != 0)
            menu_state_set_answer(&w->state, f->name, value);
    }
}

static void make_world(struct world *w, const struct menu *menu, uint64_t seed)
{
    w->menu = menu;
    w->random = (struct random_source){seed};
    w->get = (struct menu_facts){get_fact, w};
    assert_true(programme_vocabulary.fact_count <= FACTS_MAX);
    for (size_t i = 0; i < programme_vocabulary.fact_count; i++)
        make_fact(&w->random, &programme_vocabulary.facts[i], w->facts[i]);
    menu_state_init(&w->state);
    answer_all(w);
    if (random_below(&w->random, 2) == 0) {
        w->state.has_draft = true;
        w->state.draft_since_ms = 1;
    }
}

static unsigned units_of(const struct menu_view *view, const char *text)
{
    bool is_ucs2 = view->menu->languages[view->language].is_ucs2;
    size_t units = 0;

    assert_true(text_is_utf8(text));
    if (!text_units(is_ucs2 ? TEXT_UCS2 : TEXT_GSM, text, &units))
        fail_msg("not in the alphabet: %s", text);
    return (unsigned)units;
}

/* "12. Label" on a line of its own. */
static bool has_line(const char *text, const char *line)
{
    size_t n = strlen(line);

    for (; text != NULL; text = strchr(text, '\n')) {
        text += *text == '\n';
        if (strncmp(text, line, n) == 0 && (text[n] == '\n' || text[n] == '\0'))
            return true;
    }
    return false;
}

static void line_of(const struct menu_view *view, const struct menu_item *item,
                    char line[MENU_TEXT_BYTES])
{
    const struct menu_text *label = item->row != NULL ? item->row->label : item->choice->label;
    char number[16];
    struct menu_writer w;

    snprintf(number, sizeof(number), "%u", item->number);
    menu_writer_init(&w, line, MENU_TEXT_BYTES, view->menu->languages[view->language].is_ucs2,
                     MENU_TEXT_BYTES);
    menu_writer_text(&w, item->number != 0 ? number : item->choice->key);
    menu_writer_text(&w, ". ");
    menu_template_render(view, menu_view_template(view, label), &w);
}

/* Every word of the text stands on the pages, in its order. */
static void check_words(const struct menu_view *view, const struct menu_screen *s,
                        const char *const *pages, unsigned count)
{
    struct menu_view counted = *view;
    char whole[MENU_TEXT_BYTES];
    const char *at = pages[0];
    struct menu_writer w;
    unsigned page = 0;

    menu_writer_init(&w, whole, sizeof(whole), view->menu->languages[view->language].is_ucs2,
                     MENU_TEXT_BYTES);
    counted.page = 1;
    counted.pages = count;
    menu_template_render(&counted, menu_view_template(view, s->text), &w);
    for (char *rest = whole, *word; (word = strtok_r(rest, " \n", &rest)) != NULL;) {
        const char *found = strstr(at, word);

        while (found == NULL && ++page < count)
            found = strstr(at = pages[page], word);
        if (found == NULL)
            fail_msg("%s: \"%s\" is lost", s->name, word);
        at = found + strlen(word);
    }
}

static void check_screen(const struct menu_view *view, const struct menu_screen *s,
                         struct menu_limits link, bool is_tight)
{
    static char texts[MENU_PAGES_MAX][MENU_TEXT_BYTES];
    static const char *pages[MENU_PAGES_MAX];
    bool is_ucs2 = view->menu->languages[view->language].is_ucs2;
    unsigned limit = is_ucs2 ? link.ucs2_units : link.gsm_septets;
    unsigned room = is_tight ? limit - s->error_units[is_ucs2] - 1 : limit;
    struct menu_items items;
    struct menu_layout layout;

    menu_items_collect(view, s, &items);
    menu_layout_make(view, s, &items, link, is_tight, &layout);
    assert_in_range(layout.page_count, 1, MENU_PAGES_MAX);
    for (unsigned p = 0; p < layout.page_count; p++) {
        struct menu_writer w;

        menu_writer_init(&w, texts[p], sizeof(texts[p]), is_ucs2, MENU_TEXT_BYTES);
        menu_layout_render(view, s, &items, &layout, p, &w);
        pages[p] = texts[p];
        if (units_of(view, texts[p]) > room)
            fail_msg("%s, page %u: %u units of %u:\n%s", s->name, p, units_of(view, texts[p]), room,
                     texts[p]);
        assert_int_equal(units_of(view, texts[p]), w.units);
    }
    for (unsigned i = 0; i < items.count; i++) {
        char line[MENU_TEXT_BYTES];
        unsigned seen = 0;

        line_of(view, &items.items[i], line);
        for (unsigned p = 0; p < layout.page_count; p++)
            seen += has_line(texts[p], line);
        if (seen != 1)
            fail_msg("%s: \"%s\" stands on %u pages", s->name, line, seen);
    }
    check_words(view, s, pages, layout.page_count);
}

static void check_world(struct world *w, unsigned long *checked)
{
    const struct menu *menu = w->menu;

    for (uint16_t lang = 0; lang < menu->language_count; lang++) {
        struct menu_view view = {.menu = menu,
                                 .state = &w->state,
                                 .facts = &w->get,
                                 .code = "*384#",
                                 .language = lang,
                                 .now_ms = INT64_C(1795489200000)};

        for (unsigned i = 0; i < menu->screen_count + menu->text_count; i++) {
            const struct menu_screen *s = i < menu->screen_count
                                              ? &menu->screens[i]
                                              : &menu->text_screens[i - menu->screen_count];

            if (s->text == NULL || (i >= menu->screen_count && s->text->is_message))
                continue;
            menu_count_steps(&view, s);
            for (unsigned k = 0; k < sizeof(limits) / sizeof(limits[0]); k++) {
                check_screen(&view, s, limits[k], false);
                if (s->kind == MENU_SCREEN_ASK)
                    check_screen(&view, s, limits[k], true);
                ++*checked;
            }
        }
        view.step = view.steps = view.draft_step = 0;
    }
}

static void check_menu(const char *path)
{
    char *faults;
    struct menu *menu = menu_from_file(path, &programme_vocabulary, &faults);
    struct world *w = malloc(sizeof(*w));
    unsigned long checked = 0;

    if (menu == NULL)
        fail_msg("%s", faults);
    for (unsigned round = 0; round < ROUNDS; round++) {
        make_world(w, menu, 20261127 + round);
        check_world(w, &checked);
    }
    assert_true(checked >= (unsigned long)ROUNDS * menu->language_count * menu->screen_count);
    free(w);
    menu_free(menu);
}

static void the_programme(void **state)
{
    (void)state;
    check_menu("conf/menus/terususaha.cfg");
}

static void the_market(void **state)
{
    (void)state;
    check_menu("conf/menus/examples/harga-pasar.cfg");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_programme),
        cmocka_unit_test(the_market),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
