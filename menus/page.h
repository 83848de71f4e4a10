/*
 * Screens cut into pages by what they cost on the wire.
 *
 * A page holds at most the menu's number of items and units, and never more than the link carries.
 * It is cut between items, or, where the text itself is too long, between words. Cuts between items
 * are the same in every language, so that a number stands on the same page whatever the language.
 */
#ifndef WARUNG_MENUS_PAGE_H
#define WARUNG_MENUS_PAGE_H

#include "menus/render.h"

enum {
    MENU_PAGES_MAX = 100,
    MENU_FIRST_MAX = 90, /* most that the number of any screen's first choice can be */
};

/* One numbered line: of a choice or of a table's row. */
struct menu_item {
    const struct menu_choice *choice; /* NULL: a row */
    const struct menu_row *row;
    uint16_t number; /* 0: has a key of its own */
};

struct menu_items {
    unsigned count;
    struct menu_item items[MENU_ITEMS_MAX];
};

/* The rows of a list that are there to choose now: those of its parent's answer, else (by SMS,
 * where answers are given in earlier messages) of the fact of that name. NULL when there are none.
 */
const struct menu_row_group *menu_list_rows(const struct menu_view *view,
                                            const struct menu_question *q);
/* What is there to choose now: choices whose condition holds, rows of the parent that was chosen.
 */
void menu_items_collect(const struct menu_view *view, const struct menu_screen *screen,
                        struct menu_items *items);
/* Has the screen a screen behind it now, which the key of the next page leads to? */
bool menu_has_next(const struct menu_view *view, const struct menu_screen *screen);

struct menu_page {
    uint16_t text_from, text_to; /* octets of the screen's text; only when it is split */
    uint16_t first, count;       /* items */
};

struct menu_layout {
    bool is_split; /* the text stands on several pages */
    unsigned page_count;
    struct menu_page pages[MENU_PAGES_MAX];
};

/* `is_tight`: leave room for the screen's longest error line. */
void menu_layout_make(const struct menu_view *view, const struct menu_screen *screen,
                      const struct menu_items *items, struct menu_limits limits, bool is_tight,
                      struct menu_layout *layout);
/* The page on which an item stands. */
unsigned menu_layout_page_of(const struct menu_layout *layout, unsigned item);
/* Adds a page (from 0) to what the writer holds. */
void menu_layout_render(const struct menu_view *view, const struct menu_screen *screen,
                        const struct menu_items *items, const struct menu_layout *layout,
                        unsigned page, struct menu_writer *w);

/* The link's limit for a language. */
unsigned menu_limit_of(const struct menu *menu, struct menu_limits limits, uint16_t language);

#endif
