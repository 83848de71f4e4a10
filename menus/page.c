#include "menus/page.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* Lines are separated by one unit each; every line is counted with a separator, and so is the
 * budget (one more than the page holds). */

enum {
    UNITS_AT_LEAST = 8, /* of text on a page, however small the limit */
};

struct measure {
    const struct menu_view *view;
    const struct menu_screen *screen;
    const struct menu_items *items;
    unsigned languages;
    uint16_t language[MENU_LANGUAGES_MAX]; /* the view's own first */
    unsigned budget[MENU_LANGUAGES_MAX];
    unsigned last[MENU_LANGUAGES_MAX]; /* lines under the last page */
    unsigned more[MENU_LANGUAGES_MAX]; /* lines under a page that another follows */
    uint16_t item[MENU_ITEMS_MAX][MENU_LANGUAGES_MAX];
};

static void add_item(struct menu_items *items, const struct menu_choice *choice,
                     const struct menu_row *row, uint16_t *number)
{
    bool is_keyed = choice != NULL && choice->key != NULL;

    if (items->count < MENU_ITEMS_MAX)
        items->items[items->count++] = (struct menu_item){choice, row, is_keyed ? 0 : (*number)++};
}

const struct menu_row_group *menu_list_rows(const struct menu_view *view,
                                            const struct menu_question *q)
{
    const struct menu_facts *facts = view->facts;
    char value[MENU_VALUE_BYTES];
    const char *parent = "";

    if (q->parent != MENU_NONE)
        parent = view->state != NULL
                     ? menu_state_answer(view->state, view->menu->fields[q->parent].name)
                     : NULL;
    if (parent == NULL && q->parent_fact != NULL && facts != NULL && facts->get != NULL &&
        facts->get(facts->ctx, q->parent_fact->name, value))
        parent = value;
    return parent != NULL ? menu_table_group(&view->menu->tables[q->table], parent) : NULL;
}

static void collect_rows(const struct menu_view *view, const struct menu_question *q,
                         struct menu_items *items, uint16_t *number)
{
    const struct menu_table *table = &view->menu->tables[q->table];
    const struct menu_row_group *group = menu_list_rows(view, q);

    for (unsigned i = 0; group != NULL && i < group->count; i++)
        add_item(items, NULL, &table->rows[group->first + i], number);
}

/* Where the screen is one page of several, its numbers run on from those before. */
static uint16_t first_number(const struct menu_view *view, const struct menu_screen *screen)
{
    char value[MENU_VALUE_BYTES];
    unsigned long first;

    if (screen->first == NULL)
        return 1;
    menu_template_raw(view, screen->first, value);
    first = strtoul(value, NULL, 10);
    return first >= 1 && first <= screen->first_max ? (uint16_t)first : 1;
}

bool menu_has_next(const struct menu_view *view, const struct menu_screen *screen)
{
    return screen->next.kind != MENU_TO_NOWHERE && menu_view_holds(view, screen->next_when);
}

void menu_items_collect(const struct menu_view *view, const struct menu_screen *screen,
                        struct menu_items *items)
{
    uint16_t number = first_number(view, screen);

    items->count = 0;
    if (screen->question.kind == MENU_QUESTION_LIST)
        collect_rows(view, &screen->question, items, &number);
    for (unsigned i = 0; i < screen->choice_count; i++)
        if (menu_view_holds(view, screen->choices[i].when))
            add_item(items, &screen->choices[i], NULL, &number);
}

struct menu_limits menu_limits_of(unsigned gsm_septets)
{
    return (struct menu_limits){.gsm_septets = gsm_septets,
                                .ucs2_units = (gsm_septets * 7 + 7) / 8 / 2};
}

struct menu_limits menu_limits_within(struct menu_limits limits, unsigned gsm_septets)
{
    struct menu_limits link = menu_limits_of(gsm_septets);

    if (gsm_septets == 0)
        return limits;
    if (link.gsm_septets < limits.gsm_septets)
        limits.gsm_septets = link.gsm_septets;
    if (link.ucs2_units < limits.ucs2_units)
        limits.ucs2_units = link.ucs2_units;
    return limits;
}

unsigned menu_limit_of(const struct menu *menu, struct menu_limits limits, uint16_t language)
{
    return menu->languages[language].is_ucs2 ? limits.ucs2_units : limits.gsm_septets;
}

static unsigned budget_of(const struct menu_view *view, const struct menu_screen *screen,
                          struct menu_limits limits, bool is_tight, uint16_t language)
{
    const struct menu *menu = view->menu;
    bool is_ucs2 = menu->languages[language].is_ucs2;
    unsigned page = is_ucs2 ? menu->page_ucs2 : menu->page_gsm;
    unsigned link = menu_limit_of(menu, limits, language);
    unsigned reserve = is_tight ? screen->error_units[is_ucs2] + 1u : 0;

    link = link > reserve ? link - reserve : 0;
    return page < link ? page : link;
}

static const struct menu_text *back_line(const struct menu_view *view,
                                         const struct menu_screen *screen)
{
    switch (screen->back) {
    case MENU_BACK_LINE:
        return view->menu->line_back;
    case MENU_BACK_MAIN:
        return view->menu->line_main;
    case MENU_BACK_OTHER:
        return screen->back_label;
    case MENU_BACK_HIDDEN:
        break;
    }
    return NULL;
}

static struct menu_view in_language(const struct menu_view *view, uint16_t language)
{
    struct menu_view other = *view;

    other.language = language;
    return other;
}

static unsigned line_units(const struct menu_view *view, const struct menu_text *text)
{
    unsigned units = text != NULL ? menu_template_units(view, menu_view_template(view, text)) : 0;

    return units != 0 ? units + 1 : 0;
}

static unsigned prefix_units(const struct menu_item *item)
{
    if (item->number == 0)
        return (unsigned)strlen(item->choice->key) + 2;
    return item->number < 10 ? 3 : item->number < 100 ? 4 : 5;
}

static void measure_language(struct measure *m, struct menu_limits limits, bool is_tight,
                             uint16_t language)
{
    struct menu_view view = in_language(m->view, language);
    const struct menu *menu = m->view->menu;
    unsigned l = m->languages++, back = line_units(&view, back_line(&view, m->screen));

    m->language[l] = language;
    m->budget[l] = budget_of(m->view, m->screen, limits, is_tight, language) + 1;
    m->more[l] = back + line_units(&view, menu->line_next);
    m->last[l] = menu_has_next(m->view, m->screen) ? m->more[l] : back;
    for (unsigned i = 0; i < m->items->count; i++) {
        const struct menu_item *item = &m->items->items[i];
        const struct menu_text *label = item->row != NULL ? item->row->label : item->choice->label;

        m->item[i][l] = (uint16_t)(prefix_units(item) + 1 +
                                   menu_template_units(&view, menu_view_template(&view, label)));
    }
}

static void measure_heads(const struct measure *m, const struct menu_text *text, unsigned page,
                          unsigned pages, unsigned head[])
{
    for (unsigned l = 0; l < m->languages; l++) {
        struct menu_view view = in_language(m->view, m->language[l]);

        view.page = page + 1;
        view.pages = pages;
        head[l] = line_units(&view, text);
    }
}

static bool adds_up(const struct measure *m, const unsigned head[], const unsigned under[],
                    unsigned first, unsigned count)
{
    for (unsigned l = 0; l < m->languages; l++) {
        unsigned units = head[l] + under[l];

        for (unsigned i = first; i < first + count; i++)
            units += m->item[i][l];
        if (units > m->budget[l])
            return false;
    }
    return true;
}

/* How many items from `first` stand on a page under `head`; *is_last when nothing is left. */
static unsigned take_items(const struct measure *m, const unsigned head[], unsigned first,
                           bool *is_last)
{
    unsigned rest = m->items->count - first, most = m->view->menu->page_items, count = 0;

    *is_last = rest <= most && adds_up(m, head, m->last, first, rest);
    if (*is_last)
        return rest;
    while (count < most && count < rest && adds_up(m, head, m->more, first, count + 1))
        count++;
    return count;
}

static bool add_page(struct menu_layout *layout, unsigned from, unsigned to, unsigned first,
                     unsigned count)
{
    layout->pages[layout->page_count++] =
        (struct menu_page){(uint16_t)from, (uint16_t)to, (uint16_t)first, (uint16_t)count};
    return layout->page_count < MENU_PAGES_MAX;
}

static void lay_items(const struct measure *m, unsigned first, unsigned pages,
                      struct menu_layout *layout)
{
    unsigned head[MENU_LANGUAGES_MAX] = {0};
    bool is_last = first >= m->items->count, has_room = layout->page_count < MENU_PAGES_MAX;

    while (!is_last && has_room) {
        unsigned count;

        measure_heads(m, m->screen->more, layout->page_count, pages, head);
        count = take_items(m, head, first, &is_last);
        if (count == 0 && !is_last) { /* the check warns of this; rather cut than lost */
            count = 1;
            is_last = first + 1 == m->items->count;
        }
        has_room = add_page(layout, 0, 0, first, count);
        first += count;
    }
}

/* The longest beginning of text that costs at most `units`, ending at a word if there is one. */
static size_t cut_at_word(const char *text, unsigned units, bool is_ucs2)
{
    const char *at = text, *word = NULL;
    unsigned used = 0;

    while (*at != '\0') {
        const char *from = at;
        uint32_t c = utf8_next(&at);

        used += menu_code_point_units(c, is_ucs2);
        if (c == ' ' || c == '\n')
            word = from;
        if (used > units)
            return (size_t)((word != NULL && word > text ? word : from > text ? from : at) - text);
    }
    return (size_t)(at - text);
}

/* The text is too long for one page: pages of it in the view's own language, then the items. */
static void lay_split(struct measure *m, const char *text, unsigned pages,
                      struct menu_layout *layout)
{
    bool is_ucs2 = m->view->menu->languages[m->language[0]].is_ucs2, is_last = false;
    unsigned head[MENU_LANGUAGES_MAX] = {0}, room, count = 0;
    size_t at = 0, size = strlen(text);

    layout->is_split = true;
    room = m->budget[0] > m->more[0] + 1 ? m->budget[0] - m->more[0] - 1 : 0;
    if (room < UNITS_AT_LEAST)
        room = UNITS_AT_LEAST;
    while (at < size && layout->page_count < MENU_PAGES_MAX - 1) {
        size_t end;

        head[0] = menu_text_units(text + at, is_ucs2) + 1;
        count = take_items(m, head, 0, &is_last);
        end = is_last || count > 0 ? size : at + cut_at_word(text + at, room, is_ucs2);
        add_page(layout, (unsigned)at, (unsigned)end, 0, end == size ? count : 0);
        for (at = end; text[at] == ' ' || text[at] == '\n'; at++)
            continue;
    }
    if (!is_last)
        lay_items(m, count, pages, layout);
}

/* Does the text fill half a page in any language? */
static bool is_long(const struct measure *m, const unsigned head[])
{
    unsigned l = 0;

    while (l < m->languages && head[l] <= m->budget[l] / 2)
        l++;
    return l < m->languages;
}

/* A long text and a few choices that would be torn apart ("Yes" here, "No" on the next page):
 * rather the text first and all of them after it. */
static bool keeps_choices_together(const struct measure *m, const unsigned head[], unsigned count,
                                   unsigned pages)
{
    unsigned more[MENU_LANGUAGES_MAX] = {0};
    bool is_last;

    if (count == m->items->count || m->screen->question.kind == MENU_QUESTION_LIST ||
        !is_long(m, head))
        return false;
    measure_heads(m, m->screen->more, 1, pages, more);
    take_items(m, more, 0, &is_last);
    return is_last && adds_up(m, head, m->more, 0, 0);
}

static void lay(struct measure *m, unsigned pages, struct menu_layout *layout)
{
    unsigned head[MENU_LANGUAGES_MAX] = {0}, count;
    bool is_last;

    layout->is_split = false;
    layout->page_count = 0;
    measure_heads(m, m->screen->text, 0, pages, head);
    count = take_items(m, head, 0, &is_last);
    if (count > 0 || is_last) {
        if (keeps_choices_together(m, head, count, pages))
            count = 0;
        add_page(layout, 0, 0, 0, count);
        if (!is_last)
            lay_items(m, count, pages, layout);
    } else {
        char text[MENU_TEXT_BYTES];
        struct menu_view view = *m->view;
        struct menu_writer w;

        view.page = 1;
        view.pages = pages;
        view.is_wide = pages > 9; /* the octets of every page stand at one place in the text */
        menu_writer_init(&w, text, sizeof(text), view.menu->languages[view.language].is_ucs2,
                         MENU_TEXT_BYTES);
        menu_template_render(&view, menu_view_template(&view, m->screen->text), &w);
        lay_split(m, text, pages, layout);
    }
    if (layout->page_count == 0) /* nothing to show, above lines that are longer than the page */
        add_page(layout, 0, 0, 0, 0);
}

/* Certain to fit on one page without measuring anything? */
static bool is_surely_one_page(const struct menu_view *view, const struct menu_screen *screen,
                               const struct menu_items *items, struct menu_limits limits,
                               bool is_tight)
{
    if (items->count > view->menu->page_items)
        return false;
    for (uint16_t l = 0; l < view->menu->language_count; l++)
        if (screen->worst_units[view->menu->languages[l].is_ucs2] >
            budget_of(view, screen, limits, is_tight, l))
            return false;
    return true;
}

void menu_layout_make(const struct menu_view *view, const struct menu_screen *screen,
                      const struct menu_items *items, struct menu_limits limits, bool is_tight,
                      struct menu_layout *layout)
{
    struct measure m;

    if (is_surely_one_page(view, screen, items, limits, is_tight)) {
        layout->is_split = false;
        layout->page_count = 0;
        add_page(layout, 0, 0, 0, items->count);
        return;
    }
    m.view = view;
    m.screen = screen;
    m.items = items;
    m.languages = 0;
    measure_language(&m, limits, is_tight, view->language);
    for (uint16_t l = 0; l < view->menu->language_count; l++)
        if (l != view->language)
            measure_language(&m, limits, is_tight, l);
    lay(&m, 9, layout);
    if (layout->page_count > 9)
        lay(&m, 99, layout);
}

unsigned menu_layout_page_of(const struct menu_layout *layout, unsigned item)
{
    unsigned page = layout->page_count - 1;

    while (page > 0 && (layout->pages[page].count == 0 || layout->pages[page].first > item))
        page--;
    return page;
}

static void new_line(struct menu_writer *w)
{
    if (w->at > w->start && w->at[-1] != '\n')
        menu_writer_text(w, "\n");
}

static void render_item(const struct menu_view *view, const struct menu_item *item,
                        struct menu_writer *w)
{
    const struct menu_text *label = item->row != NULL ? item->row->label : item->choice->label;
    static const char behind[] = ". ";
    char prefix[MENU_NAME_BYTES + sizeof(behind)];

    if (item->number != 0)
        text_decimal(prefix, item->number);
    else
        text_copy(prefix, MENU_NAME_BYTES, item->choice->key);
    memcpy(prefix + strlen(prefix), behind, sizeof(behind));
    new_line(w);
    menu_writer_text(w, prefix);
    menu_template_render(view, menu_view_template(view, label), w);
}

static void render_split(const struct menu_view *view, const struct menu_screen *screen,
                         const struct menu_page *page, struct menu_writer *w)
{
    char text[MENU_TEXT_BYTES];
    struct menu_view v = *view;
    struct menu_writer whole;

    v.is_wide = view->pages > 9; /* as it was cut */
    menu_writer_init(&whole, text, sizeof(text), w->is_ucs2, MENU_TEXT_BYTES);
    menu_template_render(&v, menu_view_template(&v, screen->text), &whole);
    if (page->text_to < sizeof(text))
        text[page->text_to] = '\0';
    menu_writer_text(w, text + page->text_from);
}

static void render_head(const struct menu_view *view, const struct menu_screen *screen,
                        const struct menu_layout *layout, unsigned page, struct menu_writer *w)
{
    if (layout->is_split && layout->pages[page].text_to > layout->pages[page].text_from)
        render_split(view, screen, &layout->pages[page], w);
    else if (page == 0)
        menu_template_render(view, menu_view_template(view, screen->text), w);
    else if (screen->more != NULL)
        menu_template_render(view, menu_view_template(view, screen->more), w);
}

void menu_layout_render(const struct menu_view *view, const struct menu_screen *screen,
                        const struct menu_items *items, const struct menu_layout *layout,
                        unsigned page, struct menu_writer *w)
{
    const struct menu_page *p = &layout->pages[page];
    const struct menu_text *back = back_line(view, screen);
    struct menu_view v = *view;

    v.page = page + 1;
    v.pages = layout->page_count;
    render_head(&v, screen, layout, page, w);
    for (unsigned i = p->first; i < p->first + p->count; i++)
        render_item(&v, &items->items[i], w);
    if (page + 1 < layout->page_count || menu_has_next(view, screen)) {
        new_line(w);
        menu_template_render(&v, menu_view_template(&v, view->menu->line_next), w);
    }
    if (back != NULL) {
        new_line(w);
        menu_template_render(&v, menu_view_template(&v, back), w);
    }
}
