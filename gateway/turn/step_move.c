/* What a step does to a dialogue, for the funnel: which screen it has left and how, which one it
 * shows. */
#include "gateway/turn/run.h"

#include <string.h>

static void note_place(const struct run *run, const char *screen, struct turn_place *place)
{
    const struct menu_state *state = &run->work->state;

    memcpy(place->menu_id, state->menu_id, MENU_ID_BYTES);
    text_copy(place->screen, sizeof(place->screen), screen);
    text_copy(place->language, sizeof(place->language), state->language);
}

void run_note_from(struct run *run)
{
    struct turn_move *move = &run->step->move;

    move->now_ms = run->now_ms;
    move->shown_ms = run->work->session.updated_ms;
    if (run->work->session.is_open)
        note_place(run, run->work->state.screen, &move->from);
}

void run_note_pushed(struct run *run)
{
    struct turn_move *move = &run->step->move;

    run->step->has_moved = move->is_entered = true;
    move->now_ms = run->now_ms;
    move->is_end = run->work->outcome.kind == MENU_END;
    note_place(run, run->work->outcome.screen, &move->to);
}

void run_note_move(struct run *run, bool is_input)
{
    struct turn_move *move = &run->step->move;
    const struct menu_outcome *out = &run->work->outcome;
    bool is_shown = run->input->kind != DIALECT_ANSWER_LAST;
    bool is_same = is_input && (out->was_invalid || out->was_paged) &&
                   strcmp(move->from.screen, out->screen) == 0;
    bool stays = is_same && out->kind == MENU_ASK; /* not so the last page of an end text */

    run->step->has_moved = true;
    move->has_input = is_input && move->from.screen[0] != '\0';
    move->was_invalid = move->has_input && out->was_invalid;
    move->is_end = out->kind == MENU_END;
    move->is_entered = is_shown && !is_same;
    if (is_shown)
        note_place(run, out->screen, &move->to);
    if (move->from.screen[0] == '\0' || (stays && is_shown))
        move->leave = TURN_LEFT_NOT;
    else if (!is_input || (out->was_invalid && (move->is_end || !is_shown)))
        move->leave = TURN_LEFT_ABANDONED;
    else
        move->leave = out->was_back ? TURN_LEFT_BACK : TURN_LEFT_ANSWERED;
}
