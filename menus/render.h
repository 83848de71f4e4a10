/*
 * Texts with their placeholders filled in, and what they cost on the wire.
 *
 * Everything is counted in units of the language's coding: GSM 03.38 septets (an extension
 * character costs two) or UCS-2 units.
 */
#ifndef WARUNG_MENUS_RENDER_H
#define WARUNG_MENUS_RENDER_H

#include "menus/model.h"
#include "menus/state.h"

#include <assert.h>

/* What a text is filled in with. */
struct menu_view {
    const struct menu *menu;
    const struct menu_state *state; /* NULL: nobody in particular */
    const struct menu_facts *facts; /* NULL: none */
    const char *code;               /* of the service */
    const char *shown;              /* what a rule shows in its error text; NULL: nothing */
    uint16_t language;
    int64_t now_ms;
    unsigned step, steps, draft_step; /* 0: unknown */
    unsigned page, pages;             /* from 1 */
    bool is_wide;                     /* {page} has two digits on every page: "01" */
};

/* Collects a text up to a limit in units, at whole characters. */
struct menu_writer {
    char *start, *at, *end; /* *end is for the NUL */
    unsigned units, limit;
    bool is_ucs2;
    bool is_full; /* something did not fit */
};

void menu_writer_init(struct menu_writer *w, char *text, size_t text_bytes, bool is_ucs2,
                      unsigned limit);
void menu_writer_text(struct menu_writer *w, const char *text);

/* Units of one character: 0 when the coding has none for it. */
unsigned menu_code_point_units(uint32_t code_point, bool is_ucs2);
unsigned menu_text_units(const char *text, bool is_ucs2);

unsigned menu_template_units(const struct menu_view *view, const struct menu_template *t);
void menu_template_render(const struct menu_view *view, const struct menu_template *t,
                          struct menu_writer *w);
/* With raw, uncut values: what a choice sets. */
void menu_template_raw(const struct menu_view *view, const struct menu_template *t,
                       char value[MENU_VALUE_BYTES]);

/* The text of the view's language. */
static inline const struct menu_template *menu_view_template(const struct menu_view *view,
                                                             const struct menu_text *text)
{
    assert(text != NULL);
    return &text->by_language[view->language];
}

/* Does the condition hold for the view? NULL always does. */
bool menu_view_holds(const struct menu_view *view, const struct menu_condition *condition);

#endif
