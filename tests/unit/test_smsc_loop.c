/*
 * The simulated centre's loop: what comes after a long silence.
 */
#include "tests/smsc/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

enum { SILENCE_US = 300000, PATIENCE_MS = 200 };

struct typist {
    struct loop loop;
    struct input input;
    struct timer deadline;
    bool is_over;
};

static void on_deadline(struct timer *timer, void *arg)
{
    struct typist *t = arg;

    (void)timer;
    t->is_over = true;
}

static void on_line(void *ctx)
{
    struct typist *t = ctx;

    timer_start(&t->loop.timers, &t->deadline, PATIENCE_MS);
}

/* Else a phone that lay idle for longer than that gives the first dial up as it sends it. */
static void test_a_deadline_begins_with_what_was_typed(void **state)
{
    struct typist t = {.is_over = false};
    char line[INPUT_LINE_BYTES];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    loop_init(&t.loop);
    timer_init(&t.deadline, on_deadline, &t);
    input_init(&t.input, &t.loop, ends[0], on_line, &t);
    usleep(SILENCE_US);
    assert_int_equal(write(ends[1], "*384#\n", 6), 6);
    loop_turn(&t.loop);
    assert_int_equal(input_next(&t.input, line, sizeof(line)), INPUT_LINE);
    assert_string_equal(line, "*384#");
    assert_false(t.is_over);
    while (!t.is_over)
        loop_turn(&t.loop);
    input_fini(&t.input);
    loop_fini(&t.loop);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_deadline_begins_with_what_was_typed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
