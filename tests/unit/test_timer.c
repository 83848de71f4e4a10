/* The timer heap: order, moving, stopping from inside callbacks. */
#include "base/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/random.h"

enum { TIMERS = 500 };

struct trace {
    struct timer_queue *queue;
    struct timer *order[TIMERS * 4];
    size_t count;
    struct timer *to_stop;
    struct timer *to_start;
};

static void note(struct timer *t, void *arg)
{
    struct trace *trace = arg;

    trace->order[trace->count++] = t;
    if (trace->to_stop != NULL)
        timer_stop(trace->queue, trace->to_stop);
    if (trace->to_start != NULL)
        timer_start(trace->queue, trace->to_start, 0);
}

static void test_runs_in_order_of_due_time_then_of_start(void **state)
{
    struct timer_queue q;
    struct timer t[4];
    struct trace trace = {.queue = &q};
    uint64_t due = 0;

    (void)state;
    timer_queue_init(&q, 1000);
    assert_false(timer_queue_next(&q, &due));
    for (int i = 0; i < 4; i++)
        timer_init(&t[i], note, &trace);
    timer_start(&q, &t[0], 20);
    timer_start(&q, &t[1], 10);
    timer_start(&q, &t[2], 20);
    timer_start(&q, &t[3], 10);
    assert_true(timer_queue_next(&q, &due));
    assert_int_equal(due, 1010);
    timer_queue_run(&q, 1009);
    assert_int_equal(trace.count, 0);
    timer_queue_run(&q, 1020);
    assert_int_equal(trace.count, 4);
    assert_ptr_equal(trace.order[0], &t[1]);
    assert_ptr_equal(trace.order[1], &t[3]);
    assert_ptr_equal(trace.order[2], &t[0]);
    assert_ptr_equal(trace.order[3], &t[2]);
    assert_false(timer_is_running(&t[0]));
    timer_queue_fini(&q);
}

static void test_a_running_timer_is_moved(void **state)
{
    struct timer_queue q;
    struct timer t;
    struct trace trace = {.queue = &q};

    (void)state;
    timer_queue_init(&q, 0);
    timer_init(&t, note, &trace);
    timer_start(&q, &t, 10);
    timer_start(&q, &t, 50);
    timer_queue_run(&q, 49);
    assert_int_equal(trace.count, 0);
    timer_queue_run(&q, 50);
    assert_int_equal(trace.count, 1);
    timer_stop(&q, &t);
    timer_queue_fini(&q);
}

static void test_a_callback_stops_a_timer_that_is_due_too(void **state)
{
    struct timer_queue q;
    struct timer first, second;
    struct trace trace = {.queue = &q, .to_stop = &second};

    (void)state;
    timer_queue_init(&q, 0);
    timer_init(&first, note, &trace);
    timer_init(&second, note, &trace);
    timer_start(&q, &first, 1);
    timer_start(&q, &second, 1);
    timer_queue_run(&q, 5);
    assert_int_equal(trace.count, 1);
    assert_false(timer_is_running(&second));
    timer_queue_fini(&q);
}

static void test_a_timer_that_starts_itself_lets_the_loop_go_on(void **state)
{
    struct timer_queue q;
    struct timer t;
    struct trace trace = {.queue = &q, .to_start = &t};

    (void)state;
    timer_queue_init(&q, 0);
    timer_init(&t, note, &trace);
    timer_start(&q, &t, 0);
    timer_queue_run(&q, 0);
    assert_int_equal(trace.count, 1);
    timer_queue_run(&q, 0);
    assert_int_equal(trace.count, 2);
    timer_stop(&q, &t);
    timer_queue_fini(&q);
}

static void test_time_never_goes_back(void **state)
{
    struct timer_queue q;

    (void)state;
    timer_queue_init(&q, 100);
    timer_queue_set_now(&q, 50);
    assert_int_equal(q.now_ms, 100);
    timer_queue_run(&q, 70);
    assert_int_equal(q.now_ms, 100);
    timer_queue_fini(&q);
}

static void test_many_random_timers_keep_their_order(void **state)
{
    static struct timer t[TIMERS];
    static struct trace trace;
    struct random_source random = {.state = 42};
    struct timer_queue q;
    size_t running = 0;

    (void)state;
    trace.queue = &q;
    timer_queue_init(&q, 0);
    for (int i = 0; i < TIMERS; i++)
        timer_init(&t[i], note, &trace);
    for (int i = 0; i < TIMERS * 10; i++) {
        struct timer *one = &t[random_below(&random, TIMERS)];

        if (random_below(&random, 3) == 0)
            timer_stop(&q, one);
        else
            timer_start(&q, one, random_below(&random, 1000));
    }
    for (int i = 0; i < TIMERS; i++)
        running += timer_is_running(&t[i]);
    assert_int_equal(running, q.count);
    timer_queue_run(&q, 1000);
    assert_int_equal(trace.count, running);
    for (size_t i = 1; i < trace.count; i++)
        assert_true(trace.order[i - 1]->due_ms <= trace.order[i]->due_ms);
    timer_queue_fini(&q);
}

static void note_gap(void *ctx, uint64_t gap_ms)
{
    *(uint64_t *)ctx += gap_ms;
}

static void test_a_gap_is_told_before_timers_run(void **state)
{
    struct timer_queue q;
    uint64_t told_ms = 0;

    (void)state;
    timer_queue_init(&q, 100);
    timer_queue_set_now(&q, 100000); /* nobody watches yet */
    timer_queue_watch(&q, 500, note_gap, &told_ms);
    timer_queue_set_now(&q, 100499);
    timer_queue_run(&q, 100998);
    assert_true(told_ms == 0);
    timer_queue_run(&q, 101498);
    assert_true(told_ms == 500);
    timer_queue_set_now(&q, 100000);
    assert_true(told_ms == 500);
    timer_queue_fini(&q);
}

/* What stands in sockets then has waited, perhaps since the beginning. */
static void test_what_is_read_after_a_sleep_is_old(void **state)
{
    struct timer_queue q;
    uint64_t told_ms = 0;

    (void)state;
    timer_queue_init(&q, 100);
    timer_queue_set_now(&q, 10000);
    assert_true(timer_queue_unread_ms(&q) == 10000); /* nobody watches: no timer need run */
    timer_queue_watch(&q, 5000, note_gap, &told_ms);
    timer_queue_set_now(&q, 10999);
    assert_true(timer_queue_unread_ms(&q) == 10999);
    timer_queue_set_now(&q, 13999);
    assert_true(timer_queue_unread_ms(&q) == 10999);
    timer_queue_set_now(&q, 14198);
    assert_true(timer_queue_unread_ms(&q) == 10999);
    timer_queue_set_now(&q, 14199);
    assert_true(timer_queue_unread_ms(&q) == 14199);
    assert_true(told_ms == 0);
    timer_queue_fini(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_in_order_of_due_time_then_of_start),
        cmocka_unit_test(test_a_running_timer_is_moved),
        cmocka_unit_test(test_a_callback_stops_a_timer_that_is_due_too),
        cmocka_unit_test(test_a_timer_that_starts_itself_lets_the_loop_go_on),
        cmocka_unit_test(test_time_never_goes_back),
        cmocka_unit_test(test_a_gap_is_told_before_timers_run),
        cmocka_unit_test(test_what_is_read_after_a_sleep_is_old),
        cmocka_unit_test(test_many_random_timers_keep_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
