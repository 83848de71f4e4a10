#include "menus/render.h"

#include "base/utf8.h"
#include "gateway/smpp/text.h"

#include <stdio.h>
#include <string.h>

enum { MS_PER_DAY = 86400000 };

unsigned menu_code_point_units(uint32_t code_point, bool is_ucs2)
{
    if (is_ucs2)
        return code_point > 0xFFFF ? 2 : 1;
    return text_gsm_septets(code_point);
}

unsigned menu_text_units(const char *text, bool is_ucs2)
{
    const char *end = text + strlen(text);
    unsigned units = 0;

    for (;;) {
        size_t common = text_common_prefix(text, (size_t)(end - text));

        units += (unsigned)common;
        text += common;
        if (text == end)
            return units;
        units += menu_code_point_units(utf8_next(&text), is_ucs2);
    }
}

void menu_writer_init(struct menu_writer *w, char *text, size_t text_bytes, bool is_ucs2,
                      unsigned limit)
{
    *w = (struct menu_writer){.start = text,
                              .at = text,
                              .end = text + text_bytes - 1,
                              .limit = limit,
                              .is_ucs2 = is_ucs2};
    *text = '\0';
}

/* As far as there is room; returns how many octets those are. */
static size_t write_common(struct menu_writer *w, const char *text, size_t left)
{
    size_t room = (size_t)(w->end - w->at), bytes;

    if (left < room)
        room = left;
    if (w->limit - w->units < room)
        room = w->limit - w->units;
    bytes = text_common_prefix(text, room);
    memcpy(w->at, text, bytes);
    w->at += bytes;
    w->units += (unsigned)bytes;
    return bytes;
}

void menu_writer_text(struct menu_writer *w, const char *text)
{
    const char *end = text + strlen(text);

    while (!w->is_full) {
        const char *next;
        unsigned units;
        size_t bytes;

        text += write_common(w, text, (size_t)(end - text));
        if (text == end)
            break;
        next = text;
        units = menu_code_point_units(utf8_next(&next), w->is_ucs2);
        bytes = (size_t)(next - text);
        if (w->units + units > w->limit || bytes > (size_t)(w->end - w->at)) {
            w->is_full = true;
            break;
        }
        memcpy(w->at, text, bytes);
        w->at += bytes;
        w->units += units;
        text = next;
    }
    *w->at = '\0';
}

/* A literal was counted and checked when the menu was loaded. */
static void write_literal(struct menu_writer *w, const struct menu_part *part)
{
    if (w->is_full || w->units + part->units > w->limit ||
        part->literal_bytes > (size_t)(w->end - w->at)) {
        menu_writer_text(w, part->literal);
        return;
    }
    memcpy(w->at, part->literal, part->literal_bytes + 1u);
    w->at += part->literal_bytes;
    w->units += part->units;
}

/* The raw value: answer, else fact. False when there is none (value is then empty). */
static bool raw_value(const struct menu_view *view, const struct menu_value *value,
                      char raw[MENU_VALUE_BYTES])
{
    if (value->field != NULL && view->state != NULL) {
        const char *answer = menu_state_answer(view->state, value->field);

        if (answer != NULL) {
            text_copy(raw, MENU_VALUE_BYTES, answer);
            return true;
        }
    }
    raw[0] = '\0';
    return value->fact != NULL && view->facts != NULL && view->facts->get != NULL &&
           view->facts->get(view->facts->ctx, value->fact->name, raw);
}

static bool is_plain(const char *text, bool is_ucs2)
{
    for (; *text != '\0'; text++)
        if ((uint8_t)*text < ' ' || (uint8_t)*text >= 0x7F || (!is_ucs2 && *text == '`'))
            return false;
    return true;
}

/* A value must not break lines, nor cost more than the alphabet has: fold it in place. */
static void fold(char value[MENU_VALUE_BYTES], bool is_ucs2)
{
    char folded[MENU_VALUE_BYTES];
    struct menu_writer w;

    if (is_plain(value, is_ucs2))
        return;
    if (is_ucs2)
        text_copy(folded, sizeof(folded), value);
    else
        text_fold_gsm(value, folded, sizeof(folded));
    menu_writer_init(&w, value, MENU_VALUE_BYTES, is_ucs2, MENU_VALUE_BYTES);
    for (const char *at = folded; *at != '\0';) {
        const char *from = at;
        uint32_t c = utf8_next(&at);
        char one[8] = {0};

        if (c < ' ')
            one[0] = ' ';
        else if (menu_code_point_units(c, is_ucs2) == 0)
            one[0] = '?';
        else
            memcpy(one, from, (size_t)(at - from));
        menu_writer_text(&w, one);
    }
}

static void cut(char *text, unsigned max, bool is_ucs2)
{
    size_t common = text_common_prefix(text, strlen(text));
    unsigned units = common < max ? (unsigned)common : max;

    for (const char *at = text + units; *at != '\0';) {
        const char *from = at;

        units += menu_code_point_units(utf8_next(&at), is_ucs2);
        if (units > max) {
            char *end = text + (from - text);

            while (end > text && end[-1] == ' ')
                end--;
            *end = '\0';
            return;
        }
    }
}

/* As it is shown: label of its table, folded to the coding, cut to its longest. */
static void shown_value(const struct menu_view *view, const struct menu_value *value,
                        char shown[MENU_VALUE_BYTES])
{
    bool is_ucs2 = view->menu->languages[view->language].is_ucs2;

    if (raw_value(view, value, shown) && value->table != MENU_NONE) {
        const struct menu_row *row = menu_table_find(&view->menu->tables[value->table], shown);

        if (row != NULL)
            text_copy(shown, MENU_VALUE_BYTES,
                      menu_view_template(view, row->label)->parts[0].literal);
    }
    fold(shown, is_ucs2);
    cut(shown, value->max, is_ucs2);
}

static void part_text(const struct menu_view *view, const struct menu_part *part,
                      char text[MENU_VALUE_BYTES])
{
    switch (part->kind) {
    case MENU_PART_LITERAL:
        text_copy(text, MENU_VALUE_BYTES, part->literal);
        break;
    case MENU_PART_VALUE:
        shown_value(view, &view->menu->values[part->value], text);
        break;
    case MENU_PART_CODE:
        text_copy(text, MENU_VALUE_BYTES, view->code != NULL ? view->code : "");
        cut(text, part->units, false);
        break;
    case MENU_PART_STEP:
        text_decimal(text, view->step);
        break;
    case MENU_PART_STEPS:
        text_decimal(text, view->steps);
        break;
    case MENU_PART_DRAFT_STEP:
        text_decimal(text, view->draft_step);
        break;
    case MENU_PART_PAGE:
        text[0] = '0';
        text_decimal(text + (view->is_wide && view->page < 10), view->page);
        break;
    case MENU_PART_PAGES:
        text_decimal(text, view->pages);
        break;
    case MENU_PART_SHOWN:
        text_copy(text, MENU_VALUE_BYTES, view->shown != NULL ? view->shown : "");
        fold(text, view->menu->languages[view->language].is_ucs2);
        cut(text, part->units, view->menu->languages[view->language].is_ucs2);
        break;
    }
}

unsigned menu_template_units(const struct menu_view *view, const struct menu_template *t)
{
    bool is_ucs2 = view->menu->languages[view->language].is_ucs2;
    unsigned units = t->fixed_units;
    char text[MENU_VALUE_BYTES];

    if (t->is_fixed)
        return units;
    for (unsigned i = 0; i < t->part_count; i++)
        if (t->parts[i].kind != MENU_PART_LITERAL) {
            part_text(view, &t->parts[i], text);
            units += menu_text_units(text, is_ucs2);
        }
    return units;
}

void menu_template_render(const struct menu_view *view, const struct menu_template *t,
                          struct menu_writer *w)
{
    char text[MENU_VALUE_BYTES];

    for (unsigned i = 0; i < t->part_count; i++) {
        if (t->parts[i].kind == MENU_PART_LITERAL) {
            write_literal(w, &t->parts[i]);
        } else {
            part_text(view, &t->parts[i], text);
            menu_writer_text(w, text);
        }
    }
}

void menu_template_raw(const struct menu_view *view, const struct menu_template *t,
                       char value[MENU_VALUE_BYTES])
{
    char text[MENU_VALUE_BYTES];
    struct menu_writer w;

    menu_writer_init(&w, value, MENU_VALUE_BYTES, true, MENU_VALUE_BYTES);
    for (unsigned i = 0; i < t->part_count; i++) {
        if (t->parts[i].kind == MENU_PART_VALUE)
            raw_value(view, &view->menu->values[t->parts[i].value], text);
        else
            part_text(view, &t->parts[i], text);
        menu_writer_text(&w, text);
    }
}

/* Civil time of the menu's place. */
static int64_t local_ms(const struct menu_view *view)
{
    return view->now_ms + (int64_t)view->menu->utc_offset_s * 1000;
}

static int64_t local_day(const struct menu_view *view)
{
    int64_t ms = local_ms(view);

    return (ms >= 0 ? ms : ms - (MS_PER_DAY - 1)) / MS_PER_DAY;
}

/* A text of one literal, as a constant is, stands there ready. */
static const char *template_value(const struct menu_view *view, const struct menu_template *t,
                                  char room[MENU_VALUE_BYTES])
{
    if (t->is_fixed && t->part_count == 1 && t->parts[0].literal_bytes < MENU_VALUE_BYTES)
        return t->parts[0].literal;
    menu_template_raw(view, t, room);
    return room;
}

static const char *name_value(const struct menu_view *view, const struct menu_condition_step *step,
                              char room[MENU_VALUE_BYTES])
{
    const char *name = step->name;
    const char *answer = view->state != NULL ? menu_state_answer(view->state, name) : NULL;

    if (answer != NULL)
        return answer;
    room[0] = '\0';
    if (step->is_fact && view->facts != NULL && view->facts->get != NULL &&
        view->facts->get(view->facts->ctx, name, room))
        return room;
    if (step->constant != NULL)
        return template_value(view, menu_view_template(view, step->constant), room);
    return NULL;
}

static const char *operand_value(void *ctx, const struct menu_condition_step *step,
                                 char room[MENU_VALUE_BYTES])
{
    const struct menu_view *view = ctx;
    int64_t minutes;

    switch (step->operand) {
    case MENU_OPERAND_NAME:
        return name_value(view, step, room);
    case MENU_OPERAND_LANGUAGE:
        return view->menu->languages[view->language].code;
    case MENU_OPERAND_DRAFT:
        return view->state != NULL && view->state->has_draft ? "1" : "0";
    case MENU_OPERAND_TODAY:
        menu_date_format(local_day(view), room);
        return room;
    case MENU_OPERAND_TIME:
        minutes = (local_ms(view) - local_day(view) * MS_PER_DAY) / 60000;
        snprintf(room, MENU_VALUE_BYTES, "%02d:%02d", (int)(minutes / 60), (int)(minutes % 60));
        return room;
    case MENU_OPERAND_WEEKDAY: /* 1970-01-01 was a Thursday */
        snprintf(room, MENU_VALUE_BYTES, "%d", (int)(((local_day(view) + 3) % 7 + 7) % 7) + 1);
        return room;
    }
    return NULL;
}

bool menu_view_holds(const struct menu_view *view, const struct menu_condition *condition)
{
    return condition == NULL || menu_condition_holds(condition, operand_value, (void *)view);
}
