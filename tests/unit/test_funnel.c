/* gateway/funnel: what becomes of screens is counted, and nothing is lost or counted twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/random.h"
#include "gateway/funnel.h"

enum { IDLE_S = 180 };

struct fixture {
    struct timer_queue timers;
    int64_t wall_ms;
    struct funnel *funnel;
};

static int64_t wall_ms(void *ctx)
{
    return ((struct fixture *)ctx)->wall_ms;
}

static void pass(struct fixture *f, uint64_t ms)
{
    f->wall_ms += (int64_t)ms;
    timer_queue_run(&f->timers, f->timers.now_ms + ms);
}

static int start(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));

    f->wall_ms = 1790000000000;
    timer_queue_init(&f->timers, 1000);
    f->funnel = funnel_new(&f->timers, wall_ms, f, IDLE_S);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;

    funnel_free(f->funnel);
    timer_queue_fini(&f->timers);
    mem_free(f);
    return 0;
}

static struct turn_place place(uint8_t version, const char *screen, const char *language)
{
    struct turn_place p = {.menu_id = {version}};

    text_copy(p.screen, sizeof(p.screen), screen);
    text_copy(p.language, sizeof(p.language), language);
    return p;
}

static struct turn_place at(const char *screen)
{
    return place(1, screen, "id");
}

static void dial(struct fixture *f, const char *screen)
{
    struct turn_move move = {.to = at(screen), .now_ms = f->wall_ms, .is_entered = true};

    funnel_note(f->funnel, &move);
}

/* From `from`, shown `ago` ms ago, to `to`. */
static void type(struct fixture *f, const char *from, const char *to, uint64_t ago,
                 enum turn_leave leave)
{
    struct turn_move move = {.from = at(from),
                             .to = at(to),
                             .shown_ms = f->wall_ms - (int64_t)ago,
                             .now_ms = f->wall_ms,
                             .leave = leave,
                             .has_input = leave != TURN_LEFT_ABANDONED,
                             .was_invalid = leave == TURN_LEFT_NOT,
                             .is_entered = leave != TURN_LEFT_NOT};

    funnel_note(f->funnel, &move);
}

static const struct funnel_row *row_of(struct fixture *f, const char *screen)
{
    const struct funnel_row *row;

    for (size_t i = 0; (row = funnel_at(f->funnel, i)) != NULL; i++)
        if (strcmp(row->place.screen, screen) == 0)
            return row;
    fail_msg("no row for %s", screen);
    return NULL;
}

/* On all screens. */
static uint64_t all_waiting(struct fixture *f)
{
    const struct funnel_row *row;
    uint64_t waiting = 0;

    for (size_t i = 0; (row = funnel_at(f->funnel, i)) != NULL; i++)
        waiting += row->waiting;
    return waiting;
}

static void assert_conserved(const struct funnel_row *row)
{
    assert_int_equal(row->entered,
                     row->answered + row->back + row->timed_out + row->abandoned + row->waiting);
}

static void each_way_out_has_its_counter(void **state)
{
    struct fixture *f = *state;
    const struct funnel_row *a;

    for (int i = 0; i < 5; i++)
        dial(f, "A");
    pass(f, 4000);
    type(f, "A", "A", 4000, TURN_LEFT_NOT); /* refused, shown again */
    type(f, "A", "B", 4000, TURN_LEFT_ANSWERED);
    type(f, "A", "C", 4000, TURN_LEFT_BACK);
    type(f, "A", "", 4000, TURN_LEFT_ABANDONED);
    a = row_of(f, "A");
    assert_int_equal(a->entered, 5);
    assert_int_equal(a->invalid, 1);
    assert_int_equal(a->answered, 1);
    assert_int_equal(a->back, 1);
    assert_int_equal(a->abandoned, 1);
    assert_int_equal(a->waiting, 2);
    assert_int_equal(row_of(f, "B")->entered, 1);
    assert_int_equal(all_waiting(f), 4);
    assert_conserved(a);

    pass(f, 100000); /* the one that was shown again is younger, but not so much */
    assert_int_equal(a->timed_out, 0);
    pass(f, 100000);
    assert_int_equal(a->timed_out, 2);
    assert_int_equal(all_waiting(f), 0);
    assert_conserved(a);
}

static void an_end_waits_for_nothing(void **state)
{
    struct fixture *f = *state;
    struct turn_move move = {
        .to = at("END"), .now_ms = f->wall_ms, .is_entered = true, .is_end = true};

    funnel_note(f->funnel, &move);
    pass(f, 400000);
    assert_true(row_of(f, "END")->is_end);
    assert_int_equal(row_of(f, "END")->entered, 1);
    assert_int_equal(row_of(f, "END")->timed_out, 0);
    assert_int_equal(all_waiting(f), 0);
}

/* Begun before our start, or elsewhere: it is counted, and takes nothing away from what waits. */
static void a_dialogue_from_elsewhere_is_no_loss(void **state)
{
    struct fixture *f = *state;

    type(f, "A", "B", 30000, TURN_LEFT_ANSWERED);
    assert_int_equal(row_of(f, "A")->answered, 1);
    assert_int_equal(row_of(f, "A")->waiting, 0);
    type(f, "A", "A", 30000, TURN_LEFT_NOT);
    assert_int_equal(row_of(f, "A")->waiting, 0);
    pass(f, 400000);
    assert_int_equal(row_of(f, "A")->timed_out, 0);
    assert_int_equal(row_of(f, "B")->timed_out, 1);
}

static void think_times_become_percentiles(void **state)
{
    struct fixture *f = *state;
    const struct funnel_row *row;

    for (int i = 0; i < 100; i++) {
        dial(f, "A");
        pass(f, i < 90 ? 4000 : 80000);
        type(f, "A", "", i < 90 ? 4000 : 80000, TURN_LEFT_ANSWERED);
    }
    row = row_of(f, "A");
    assert_in_range(funnel_row_think_ms(row, 50), 3000, 5000);
    assert_in_range(funnel_row_think_ms(row, 99), 60000, 90000);
    assert_int_equal(row->think_ms, 90 * 4000 + 10 * 80000);
    assert_int_equal(funnel_row_think_ms(&(struct funnel_row){.entered = 1}, 50), 0);
}

/* Many versions one after the other: the oldest go, the number of rows stays bounded. */
static void versions_and_screens_are_bounded(void **state)
{
    struct fixture *f = *state;
    size_t count = 0;

    for (unsigned v = 1; v <= 20; v++)
        for (unsigned s = 0; s < 700; s++) {
            char name[16];
            struct turn_move move = {.now_ms = f->wall_ms + v, .is_entered = true};

            snprintf(name, sizeof(name), "S%u", s);
            move.to = place((uint8_t)v, name, s % 2 ? "id" : "en");
            funnel_note(f->funnel, &move);
        }
    while (funnel_at(f->funnel, count) != NULL)
        assert_in_range(funnel_at(f->funnel, count++)->place.menu_id[0], 13, 20);
    assert_in_range(count, 1, FUNNEL_ROWS_MAX);
    assert_true(funnel_dropped(f->funnel) > 0);
}

/* Whatever happens, with a clock that jumps, the numbers add up. */
static void all_is_conserved(void **state)
{
    static const char *const names[] = {"A", "B", "C"};
    struct fixture *f = *state;
    struct random_source random = {4};
    const struct funnel_row *row;

    for (int i = 0; i < 20000; i++) {
        const char *from = names[random_below(&random, 3)], *to = names[random_below(&random, 3)];
        bool is_waiting = false;

        dial(f, to); /* whatever the clock has done: what is too old goes now */
        for (size_t k = 0; (row = funnel_at(f->funnel, k)) != NULL; k++)
            is_waiting = is_waiting || (strcmp(row->place.screen, from) == 0 && row->waiting > 0);
        if (is_waiting)
            type(f, from, to, random_below(&random, 200000),
                 (enum turn_leave)random_below(&random, 4));
        if (random_below(&random, 500) == 0)
            f->wall_ms += (int64_t)random_below(&random, 2000000) - 1000000;
        pass(f, random_below(&random, 3000));
        for (size_t k = 0; (row = funnel_at(f->funnel, k)) != NULL; k++)
            assert_conserved(row);
    }
    pass(f, 10000000);
    for (size_t k = 0; (row = funnel_at(f->funnel, k)) != NULL; k++)
        assert_int_equal(row->waiting, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_way_out_has_its_counter),         TEST(an_end_waits_for_nothing),
        TEST(a_dialogue_from_elsewhere_is_no_loss), TEST(think_times_become_percentiles),
        TEST(versions_and_screens_are_bounded),     TEST(all_is_conserved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
