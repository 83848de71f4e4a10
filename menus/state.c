#include "menus/state.h"

#include <stddef.h>
#include <string.h>

enum { STATE_FORMAT = 1 };
enum { FLAG_OPEN = 1, FLAG_DRAFT = 2, FLAG_TIGHT = 4, FLAG_NUDGED = 8 };
enum { ASIDE = 0x80 }; /* in the first octet of a field's name: no name begins so */

void menu_state_init(struct menu_state *state)
{
    memset(state, 0, offsetof(struct menu_state, back));
}

void menu_state_encode(const struct menu_state *state, struct writer *w)
{
    writer_u8(w, STATE_FORMAT);
    writer_u8(w,
              (uint8_t)((state->is_open ? FLAG_OPEN : 0) | (state->has_draft ? FLAG_DRAFT : 0) |
                        (state->is_tight ? FLAG_TIGHT : 0) | (state->is_nudged ? FLAG_NUDGED : 0)));
    writer_bytes(w, state->menu_id, sizeof(state->menu_id));
    writer_string8(w, state->language);
    writer_string8(w, state->screen);
    writer_u16(w, state->page);
    writer_u8(w, state->errors);
    writer_string8(w, state->then);
    writer_u8(w, state->back_count);
    for (unsigned i = 0; i < state->back_count; i++)
        writer_string8(w, state->back[i]);
    if (state->has_draft) {
        writer_string8(w, state->draft_screen);
        writer_u64(w, (uint64_t)state->draft_since_ms);
        writer_bytes(w, state->draft_menu_id, sizeof(state->draft_menu_id));
        writer_string8(w, state->draft_language);
    }
    writer_u8(w, state->answer_count);
    for (unsigned i = 0; i < state->answer_count; i++) {
        const struct menu_answer *a = &state->answers[i];

        writer_span8(w, span_of(a->field, a->field_size));
        writer_span8(w, span_of(state->answer_bytes + a->offset, a->value_size));
    }
}

static int find_answer(const struct menu_state *state, struct span field)
{
    for (int i = 0; i < state->answer_count; i++) {
        const struct menu_answer *a = &state->answers[i];

        if (span_is_equal(span_of(a->field, a->field_size), field))
            return i;
    }
    return -1;
}

const char *menu_state_answer(const struct menu_state *state, const char *field)
{
    int at = find_answer(state, span_of_string(field));

    return at >= 0 ? state->answer_bytes + state->answers[at].offset : NULL;
}

static void remove_at(struct menu_state *state, unsigned at)
{
    unsigned offset = state->answers[at].offset;
    unsigned size = state->answers[at].value_size + 1u;

    memmove(state->answer_bytes + offset, state->answer_bytes + offset + size,
            state->answer_bytes_used - offset - size);
    state->answer_bytes_used = (uint16_t)(state->answer_bytes_used - size);
    memmove(&state->answers[at], &state->answers[at + 1],
            (state->answer_count - at - 1u) * sizeof(state->answers[0]));
    state->answer_count--;
    for (unsigned i = 0; i < state->answer_count; i++)
        if (state->answers[i].offset > offset)
            state->answers[i].offset = (uint16_t)(state->answers[i].offset - size);
}

static void copy_ended(char *to, struct span from)
{
    if (from.size != 0)
        memmove(to, from.data, from.size);
    to[from.size] = '\0';
}

/* Neither holds a NUL. */
static bool set_answer(struct menu_state *state, struct span field, struct span value)
{
    int at = find_answer(state, field);
    size_t freed = at >= 0 ? state->answers[at].value_size + 1u : 0;
    struct menu_answer *a;

    if (value.size >= MENU_VALUE_BYTES || field.size >= MENU_NAME_BYTES ||
        (at < 0 && state->answer_count == MENU_ANSWERS_MAX) ||
        state->answer_bytes_used - freed + value.size + 1 > MENU_ANSWERS_BYTES)
        return false;
    if (freed == value.size + 1) {
        copy_ended(state->answer_bytes + state->answers[at].offset, value);
        return true;
    }
    if (at >= 0)
        remove_at(state, (unsigned)at);
    a = &state->answers[state->answer_count++];
    copy_ended(a->field, field);
    a->field_size = (uint8_t)field.size;
    a->value_size = (uint8_t)value.size;
    a->offset = state->answer_bytes_used;
    copy_ended(state->answer_bytes + a->offset, value);
    state->answer_bytes_used = (uint16_t)(state->answer_bytes_used + value.size + 1);
    return true;
}

bool menu_state_set_answer(struct menu_state *state, const char *field, const char *value)
{
    return set_answer(state, span_of_string(field), span_of_string(value));
}

static bool is_aside(struct span field)
{
    return field.size != 0 && (field.data[0] & ASIDE) != 0;
}

static bool has_nul(struct span text)
{
    return text.size != 0 && memchr(text.data, 0, text.size) != NULL;
}

static void decode_answers(struct menu_state *state, struct reader *r)
{
    unsigned count = reader_u8(r);

    for (unsigned i = 0; i < count && !r->failed; i++) {
        struct span field = reader_span8(r), value = reader_span8(r);

        if (r->failed || is_aside(field) || has_nul(field) || has_nul(value) ||
            !set_answer(state, field, value))
            r->failed = true;
    }
}

static void decode_fields(struct menu_state *state, struct reader *r)
{
    uint8_t flags = reader_u8(r);
    struct span id = reader_bytes(r, sizeof(state->menu_id));

    if (id.size == sizeof(state->menu_id))
        memcpy(state->menu_id, id.data, id.size);
    state->is_open = (flags & FLAG_OPEN) != 0;
    state->has_draft = (flags & FLAG_DRAFT) != 0;
    state->is_tight = (flags & FLAG_TIGHT) != 0;
    state->is_nudged = (flags & FLAG_NUDGED) != 0;
    reader_string8(r, state->language, sizeof(state->language));
    reader_string8(r, state->screen, sizeof(state->screen));
    state->page = reader_u16(r);
    state->errors = reader_u8(r);
    reader_string8(r, state->then, sizeof(state->then));
    state->back_count = reader_u8(r);
    if (state->back_count > MENU_BACK_MAX) {
        r->failed = true;
        return;
    }
    for (unsigned i = 0; i < state->back_count; i++)
        reader_string8(r, state->back[i], sizeof(state->back[i]));
    if (state->has_draft) {
        reader_string8(r, state->draft_screen, sizeof(state->draft_screen));
        state->draft_since_ms = (int64_t)reader_u64(r);
        id = reader_bytes(r, sizeof(state->draft_menu_id));
        if (id.size == sizeof(state->draft_menu_id))
            memcpy(state->draft_menu_id, id.data, id.size);
        reader_string8(r, state->draft_language, sizeof(state->draft_language));
    }
    decode_answers(state, r);
}

bool menu_state_decode(struct menu_state *state, struct span octets)
{
    struct reader r;

    reader_init(&r, octets);
    menu_state_init(state);
    if (reader_u8(&r) == STATE_FORMAT) {
        decode_fields(state, &r);
        if (!r.failed && reader_left(&r) == 0)
            return true;
        menu_state_init(state);
    }
    return false;
}

bool menu_state_is_newer(struct span octets)
{
    return octets.size != 0 && octets.data[0] > STATE_FORMAT;
}

void menu_state_remove_answer(struct menu_state *state, const char *field)
{
    int at = find_answer(state, span_of_string(field));

    if (at >= 0)
        remove_at(state, (unsigned)at);
}

void menu_state_set_aside(struct menu_state *state, menu_state_is_kept_fn *is_kept, const void *arg)
{
    for (unsigned i = 0; i < state->answer_count; i++) {
        char *name = state->answers[i].field;

        if (!is_kept(arg, name))
            name[0] = (char)(name[0] | ASIDE);
    }
}

void menu_state_take_back(struct menu_state *state, menu_state_is_kept_fn *is_kept, const void *arg)
{
    for (unsigned i = state->answer_count; i-- > 0;) {
        char name[MENU_NAME_BYTES];

        text_copy(name, sizeof(name), state->answers[i].field);
        if (!is_aside(span_of_string(name))) {
            if (!is_kept(arg, name))
                remove_at(state, i);
            continue;
        }
        name[0] = (char)(name[0] & ~ASIDE);
        if (is_kept(arg, name) && menu_state_answer(state, name) != NULL)
            remove_at(state, i);
        else
            state->answers[i].field[0] = name[0];
    }
}

void menu_state_end_walk(struct menu_state *state)
{
    state->pending.walk_bytes = 0;
}

void menu_state_close_dialogue(struct menu_state *state)
{
    state->is_open = false;
    state->screen[0] = '\0';
    state->page = 0;
    state->errors = 0;
    state->back_count = 0;
    state->then[0] = '\0';
    state->is_tight = false;
}

void menu_state_clear_draft(struct menu_state *state)
{
    if (state->has_draft) /* else it is of a dialogue that an SMS came into */
        state->then[0] = '\0';
    state->has_draft = false;
    state->draft_screen[0] = '\0';
    state->draft_since_ms = 0;
    state->is_nudged = false;
    memset(state->draft_menu_id, 0, sizeof(state->draft_menu_id));
    state->draft_language[0] = '\0';
    for (unsigned i = state->answer_count; i-- > 0;)
        if (!is_aside(span_of(state->answers[i].field, state->answers[i].field_size)))
            remove_at(state, i);
}
