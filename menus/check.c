#include "menus/loader.h"

#include <string.h>

/* What a screen costs on one page, and its longest error line, for the engine's short cut. */

static unsigned worst_of(const struct menu *menu, const struct menu_text *text, bool is_ucs2)
{
    unsigned worst = 0;

    for (unsigned i = 0; text != NULL && i < menu->language_count; i++)
        if (menu->languages[i].is_ucs2 == is_ucs2 && text->by_language[i].worst_units > worst)
            worst = text->by_language[i].worst_units;
    return worst;
}

static unsigned line_worst(const struct menu *menu, const struct menu_text *text, bool is_ucs2)
{
    return text != NULL ? worst_of(menu, text, is_ucs2) + 1 : 0;
}

static const struct menu_text *back_line(const struct menu *menu, const struct menu_screen *s)
{
    return s->back == MENU_BACK_LINE    ? menu->line_back
           : s->back == MENU_BACK_MAIN  ? menu->line_main
           : s->back == MENU_BACK_OTHER ? s->back_label
                                        : NULL;
}

static uint16_t clamp(unsigned units)
{
    return (uint16_t)(units < MENU_NONE ? units : MENU_NONE);
}

static void measure_screen(const struct menu *menu, struct menu_screen *s, bool is_ucs2)
{
    enum { KEY_UNITS = 5 };
    unsigned units = worst_of(menu, s->text, is_ucs2);
    unsigned error =
        menu->invalid != MENU_NONE ? worst_of(menu, &menu->texts[menu->invalid], is_ucs2) : 0;

    for (unsigned i = 0; i < s->choice_count; i++)
        units += KEY_UNITS + line_worst(menu, s->choices[i].label, is_ucs2);
    units += line_worst(menu, back_line(menu, s), is_ucs2);
    if (s->next.kind != MENU_TO_NOWHERE)
        units += line_worst(menu, menu->line_next, is_ucs2);
    s->worst_units[is_ucs2] = s->question.kind == MENU_QUESTION_LIST ? MENU_NONE : clamp(units);
    if (s->question.error != MENU_NONE && s->question.kind != MENU_QUESTION_NONE &&
        worst_of(menu, &menu->texts[s->question.error], is_ucs2) > error)
        error = worst_of(menu, &menu->texts[s->question.error], is_ucs2);
    for (unsigned i = 0; i < s->question.word_error_count; i++)
        if (worst_of(menu, &menu->texts[s->question.word_errors[i].text], is_ucs2) > error)
            error = worst_of(menu, &menu->texts[s->question.word_errors[i].text], is_ucs2);
    s->error_units[is_ucs2] = clamp(error);
}

/* An action that refuses shows its line above the screen it leads to. */
static void measure_refusals(const struct menu *menu, bool is_ucs2)
{
    for (unsigned i = 0; i < menu->screen_count; i++)
        for (unsigned r = 0; r < menu->screens[i].result_count; r++) {
            const struct menu_result *result = &menu->screens[i].results[r];
            struct menu_screen *to;
            unsigned units;

            if (result->refuse == MENU_NONE || result->to.kind != MENU_TO_SCREEN)
                continue;
            to = &menu->screens[result->to.index];
            units = worst_of(menu, &menu->texts[result->refuse], is_ucs2);
            if (units > to->error_units[is_ucs2])
                to->error_units[is_ucs2] = clamp(units);
        }
}

static bool has_part(const struct menu *menu, const struct menu_text *text,
                     enum menu_part_kind kind)
{
    for (unsigned i = 0; text != NULL && i < menu->language_count; i++)
        for (unsigned p = 0; p < text->by_language[i].part_count; p++)
            if (text->by_language[i].parts[p].kind == kind)
                return true;
    return false;
}

static void note_draft(const struct menu *menu, struct menu_screen *s)
{
    s->shows_draft = has_part(menu, s->text, MENU_PART_DRAFT_STEP) ||
                     (s->flow == MENU_NONE && has_part(menu, s->text, MENU_PART_STEPS));
}

void menu_check(struct menu_loader *l)
{
    struct menu *menu = l->menu;

    for (unsigned i = 0; i < menu->screen_count; i++) {
        measure_screen(menu, &menu->screens[i], false);
        measure_screen(menu, &menu->screens[i], true);
        note_draft(menu, &menu->screens[i]);
    }
    measure_refusals(menu, false);
    measure_refusals(menu, true);
}
