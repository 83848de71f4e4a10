#include "menus/check.h"

#include "menus/page.h"

#include <string.h>

enum { ROW_PREFIX_UNITS = 4 }; /* "12. " */

/* --- what things cost --------------------------------------------------------------------- */

static unsigned units_in(const struct menu_text *text, unsigned language)
{
    return text != NULL ? text->by_language[language].worst_units : 0;
}

static unsigned line_units(const struct menu_text *text, unsigned language)
{
    return text != NULL ? units_in(text, language) + 1 : 0;
}

/* "12. " before a label: two digits, or the choice's own key; three where the numbers may go on
 * from an earlier page. */
static unsigned prefix_units(const struct menu_screen *s, unsigned choice)
{
    if (s->choices[choice].key != NULL)
        return (unsigned)strlen(s->choices[choice].key) + 2;
    return s->first != NULL && MENU_FIRST_MAX + choice > 99 ? 5 : 4;
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

static unsigned error_in(const struct menu *menu, const struct menu_screen *s, unsigned language)
{
    const struct menu_question *q = &s->question;
    unsigned error =
        menu->invalid != MENU_NONE ? units_in(&menu->texts[menu->invalid], language) : 0;

    if (q->kind == MENU_QUESTION_NONE)
        return error;
    if (q->error != MENU_NONE && units_in(&menu->texts[q->error], language) > error)
        error = units_in(&menu->texts[q->error], language);
    for (unsigned i = 0; i < q->word_error_count; i++)
        if (units_in(&menu->texts[q->word_errors[i].text], language) > error)
            error = units_in(&menu->texts[q->word_errors[i].text], language);
    return error;
}

static void keep_most(uint16_t *most, unsigned units)
{
    if (units > *most)
        *most = clamp(units);
}

static void measure(const struct menu *menu, struct menu_screen *s, unsigned language)
{
    bool is_ucs2 = menu->languages[language].is_ucs2;
    unsigned units = units_in(s->text, language) + line_units(back_line(menu, s), language);

    for (unsigned i = 0; i < s->choice_count; i++)
        units += prefix_units(s, i) + line_units(s->choices[i].label, language);
    if (s->next.kind != MENU_TO_NOWHERE)
        units += line_units(menu->line_next, language);
    keep_most(&s->worst_units[is_ucs2], units);
    keep_most(&s->error_units[is_ucs2], error_in(menu, s, language));
    if (s->question.kind == MENU_QUESTION_LIST)
        s->worst_units[is_ucs2] = MENU_NONE;
}

/* An action that refuses shows its line above the screen it leads to. */
static void measure_refusals(const struct menu *menu, const struct menu_screen *s)
{
    for (unsigned r = 0; r < s->result_count; r++) {
        const struct menu_result *result = &s->results[r];

        if (result->refuse == MENU_NONE || result->to.kind != MENU_TO_SCREEN)
            continue;
        for (unsigned i = 0; i < menu->language_count; i++)
            keep_most(&menu->screens[result->to.index].error_units[menu->languages[i].is_ucs2],
                      units_in(&menu->texts[result->refuse], i));
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

/* --- what does not fit -------------------------------------------------------------------- */

static unsigned most(bool is_ucs2)
{
    return is_ucs2 ? MENU_CHECK_UCS2_MAX : MENU_CHECK_GSM_MAX;
}

static unsigned good(bool is_ucs2)
{
    return is_ucs2 ? MENU_CHECK_UCS2_GOOD : MENU_CHECK_GSM_GOOD;
}

static const char *unit_word(bool is_ucs2)
{
    return is_ucs2 ? "UCS-2 units" : "septets";
}

/* The longest numbered line of a screen. */
static unsigned longest_item(const struct menu *menu, const struct menu_screen *s,
                             unsigned language)
{
    unsigned longest = 0;

    for (unsigned i = 0; i < s->choice_count; i++) {
        unsigned units = prefix_units(s, i) + line_units(s->choices[i].label, language);

        if (units > longest)
            longest = units;
    }
    if (s->question.kind == MENU_QUESTION_LIST) {
        unsigned units = ROW_PREFIX_UNITS + menu->tables[s->question.table].worst_label[language];

        if (units + 1 > longest)
            longest = units + 1;
    }
    return longest;
}

/* The least that must stand on one page: the text, one line to choose, the lines under it. */
static void check_page(struct menu_loader *l, const struct menu_screen *s, unsigned language)
{
    const struct menu *menu = l->menu;
    const struct menu_language *lang = &menu->languages[language];
    unsigned item = longest_item(menu, s, language), text = units_in(s->text, language);
    unsigned under = line_units(back_line(menu, s), language), whole;
    unsigned error = s->error_units[lang->is_ucs2] + 1u;
    bool has_more =
        s->next.kind != MENU_TO_NOWHERE ||
        s->worst_units[lang->is_ucs2] > (lang->is_ucs2 ? menu->page_ucs2 : menu->page_gsm);

    if (has_more)
        under += line_units(menu->line_next, language);
    whole = text + item + under;
    if (whole + error > most(lang->is_ucs2))
        menu_faults_add(
            &l->faults, false, s->text->line, 0,
            "%s in %s: the text, one choice, the lines under them and the longest error "
            "line can be %u %s, %u too many: %s",
            s->name, lang->name, whole + error, unit_word(lang->is_ucs2),
            whole + error - most(lang->is_ucs2),
            item > text ? "shorten the longest choice"
                        : "shorten the text, or go on in another screen (next)");
    else if (whole > good(lang->is_ucs2))
        menu_faults_add(&l->faults, true, s->text->line, 0,
                        "%s in %s: the text and its first choice can be %u %s; over %u some links "
                        "will cut the text in two pages",
                        s->name, lang->name, whole, unit_word(lang->is_ucs2), good(lang->is_ucs2));
}

/* What is shown once and has no second page. */
static void check_end(struct menu_loader *l, const struct menu_text *text, const char *name,
                      unsigned language, unsigned limit, unsigned wish)
{
    const struct menu_language *lang = &l->menu->languages[language];
    unsigned units = units_in(text, language);

    if (units > limit)
        menu_faults_add(&l->faults, false, text->line, 0,
                        "%s in %s can be %u %s; %u is the most: shorten it by %u", name, lang->name,
                        units, unit_word(lang->is_ucs2), limit, units - limit);
    else if (units > wish)
        menu_faults_add(&l->faults, true, text->line, 0,
                        "%s in %s can be %u %s; some links carry only %u", name, lang->name, units,
                        unit_word(lang->is_ucs2), wish);
}

void menu_check_sms_length(struct menu_loader *l, struct menu_text *text, const char *name)
{
    for (unsigned i = 0; i < l->menu->language_count && !text->is_sms_checked; i++) {
        unsigned limit = l->menu->languages[i].is_ucs2 ? MENU_CHECK_SMS_UCS2 : MENU_CHECK_SMS_GSM;

        if (units_in(text, i) > limit)
            menu_faults_add(&l->faults, true, text->line, 0,
                            "%s in %s answers an SMS and can be %u %s; over %u it goes in parts, "
                            "each paid for: shorten it by %u",
                            name, l->menu->languages[i].name, units_in(text, i),
                            unit_word(l->menu->languages[i].is_ucs2), limit,
                            units_in(text, i) - limit);
    }
    text->is_sms_checked = true;
}

static void check_screen(struct menu_loader *l, const struct menu_screen *s)
{
    for (unsigned i = 0; i < l->menu->language_count && s->text != NULL; i++) {
        bool is_ucs2 = l->menu->languages[i].is_ucs2;

        if (s->kind == MENU_SCREEN_ASK)
            check_page(l, s, i);
        else if (s->kind == MENU_SCREEN_END)
            check_end(l, s->text, s->name, i, most(is_ucs2), good(is_ucs2));
    }
}

static void check_named_texts(struct menu_loader *l)
{
    for (unsigned t = 0; t < l->menu->text_count; t++) {
        const struct menu_text *text = &l->menu->texts[t];

        for (unsigned i = 0; i < l->menu->language_count; i++) {
            bool is_ucs2 = l->menu->languages[i].is_ucs2;
            unsigned sms = is_ucs2 ? MENU_CHECK_SMS_UCS2 : MENU_CHECK_SMS_GSM;

            if (text->is_message)
                check_end(l, text, text->name, i, sms, sms);
            else
                check_end(l, text, text->name, i, most(is_ucs2), good(is_ucs2));
        }
    }
}

static void check_counters(struct menu_loader *l, const struct menu_screen *s)
{
    const struct menu *menu = l->menu;
    bool has_step =
        has_part(menu, s->text, MENU_PART_STEP) || has_part(menu, s->more, MENU_PART_STEP);

    if (s->text != NULL && s->flow == MENU_NONE && has_step)
        menu_faults_add(&l->faults, false, s->text->line, 0,
                        "%s shows {s} but is a step of no flow: add it to one, or take {s} out",
                        s->name);
    if (s->text != NULL && menu->flow_count == 0 && s->shows_draft)
        menu_faults_add(&l->faults, false, s->text->line, 0,
                        "%s counts steps, but the menu has no flow", s->name);
}

void menu_check_lengths(struct menu_loader *l)
{
    struct menu *menu = l->menu;

    for (unsigned i = 0; i < menu->screen_count; i++)
        for (unsigned lang = 0; lang < menu->language_count; lang++)
            measure(menu, &menu->screens[i], lang);
    for (unsigned i = 0; i < menu->text_count; i++)
        for (unsigned lang = 0; lang < menu->language_count; lang++)
            measure(menu, &menu->text_screens[i], lang);
    for (unsigned i = 0; i < menu->screen_count; i++)
        measure_refusals(menu, &menu->screens[i]);
    for (unsigned i = 0; i < menu->screen_count; i++) {
        struct menu_screen *s = &menu->screens[i];

        s->shows_draft = has_part(menu, s->text, MENU_PART_DRAFT_STEP) ||
                         (s->flow == MENU_NONE && has_part(menu, s->text, MENU_PART_STEPS));
        check_counters(l, s);
        check_screen(l, s);
    }
    check_named_texts(l);
}
