/*
 * The funnel: what becomes of each screen that is shown, per menu version and language. Counters
 * only: nothing of what was typed, or by whom.
 *
 * Each screen entered is answered, left backwards, abandoned (hung up, dialled anew, too many
 * errors) or times out; until then it waits: entered = answered + back + abandoned + timed_out +
 * waiting, for screens that wait for an answer. What waits is kept as numbers by age, not by
 * subscriber; a dialogue that goes on at another gateway times out here.
 */
#ifndef WARUNG_GATEWAY_FUNNEL_H
#define WARUNG_GATEWAY_FUNNEL_H

#include "base/timer.h"
#include "gateway/turn/turn.h"

enum {
    FUNNEL_ROWS_MAX = 4096,  /* screens, over all versions and languages; more are not counted */
    FUNNEL_VERSIONS_MAX = 8, /* of all menus; the one longest without a dial goes */
    FUNNEL_THINK_BOUNDS = 14,
};

/* Upper bounds of the think-time classes in seconds; the last class has none. */
extern const unsigned funnel_think_bounds_s[FUNNEL_THINK_BOUNDS];

struct funnel_row {
    struct turn_place place;
    bool is_end; /* waits for nothing */
    uint64_t entered, answered, invalid, back, timed_out, abandoned;
    uint64_t waiting; /* now */
    /* From the screen to the input, whatever that was. */
    uint64_t thinks[FUNNEL_THINK_BOUNDS + 1];
    uint64_t think_ms; /* all together */
};

struct funnel;

/* idle_s: after so long without an input a dialogue is over. */
struct funnel *funnel_new(struct timer_queue *timers, int64_t (*wall_ms)(void *ctx), void *wall_ctx,
                          unsigned idle_s);
void funnel_free(struct funnel *f);

void funnel_note(struct funnel *f, const struct turn_move *move);

/* The rows in the order in which their screens were first seen; NULL behind the last. A row is
 * valid until the next funnel_note(). */
const struct funnel_row *funnel_at(const struct funnel *f, size_t index);
/* Screens that were not counted for want of room. */
uint64_t funnel_dropped(const struct funnel *f);

/* The think time that `percent` of the inputs stay below, in milliseconds, as exactly as the
 * classes tell; 0 without any. */
uint64_t funnel_row_think_ms(const struct funnel_row *row, unsigned percent);

#endif
