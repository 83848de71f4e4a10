/* gateway/namesake on the store in memory: two gateways of one name know of each other, and nobody
 * else is taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "gateway/namesake.h"
#include "sessions/store_memory.h"

static struct timer_queue timers;
static struct deferred_queue deferred;
static struct memory_data *data;

struct here {
    struct store *store;
    struct namesake *namesake;
};

static void pass(uint64_t ms)
{
    uint64_t end = timers.now_ms + ms, due;

    deferred_run(&deferred);
    while (timer_queue_next(&timers, &due) && due <= end) {
        timer_queue_run(&timers, due > timers.now_ms ? due : timers.now_ms);
        deferred_run(&deferred);
    }
    timer_queue_set_now(&timers, end);
}

static struct here begin(const char *instance, uint64_t own)
{
    struct store_memory_settings settings = {
        .data = data, .timers = &timers, .deferred = &deferred};
    struct here h = {.store = store_memory_new(&settings)};

    h.namesake = namesake_new(h.store, &timers, instance, own);
    return h;
}

static void end(struct here *h)
{
    store_free(h->store);
    namesake_free(h->namesake);
}

static int64_t wall_ms(void *ctx)
{
    (void)ctx;
    return 1800000000000 + (int64_t)timers.now_ms;
}

static int set_up(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_OFF);
    timer_queue_init(&timers, 1000);
    deferred_queue_init(&deferred);
    data = memory_data_new(16, wall_ms, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    memory_data_free(data);
    timer_queue_fini(&timers);
    return 0;
}

static void test_two_of_one_name_know_of_each_other(void **state)
{
    struct here a = begin("gw1", 1), b;

    (void)state;
    pass(2000);
    b = begin("gw1", 2);
    pass(3 * NAMESAKE_LOOK_MS);
    assert_true(namesake_is_there(a.namesake));
    assert_true(namesake_is_there(b.namesake));
    /* The other one has got a name of its own. */
    end(&b);
    b = begin("gw2", 2);
    pass(2 * NAMESAKE_LOOK_MS);
    assert_false(namesake_is_there(a.namesake));
    pass(10 * NAMESAKE_LOOK_MS);
    assert_false(namesake_is_there(a.namesake));
    assert_false(namesake_is_there(b.namesake));
    end(&a);
    end(&b);
}

/* Of two in step one is always the second: its write finds the other's. */
static void test_two_in_step_are_told_by_one_at_least(void **state)
{
    struct here a = begin("gw1", 1), b = begin("gw1", 2);

    (void)state;
    pass(4 * NAMESAKE_LOOK_MS);
    assert_true(namesake_is_there(a.namesake) || namesake_is_there(b.namesake));
    end(&a);
    end(&b);
}

static void test_who_was_killed_is_none(void **state)
{
    (void)state;
    for (uint64_t i = 1; i < 20; i++) {
        struct here a = begin("gw1", i);

        pass(i * 700);
        assert_false(namesake_is_there(a.namesake));
        end(&a);
    }
}

/* A write that was lost in a fail-over, or of which nothing is known, is no other gateway. */
static void test_a_store_that_fails_is_none(void **state)
{
    static const enum store_memory_fate_kind kinds[] = {
        STORE_MEMORY_REFUSED, STORE_MEMORY_CONFLICTING, STORE_MEMORY_UNKNOWN_DONE,
        STORE_MEMORY_UNKNOWN_NOT};
    struct here gone = begin("gw1", 1), a, b;

    (void)state;
    pass(100);
    end(&gone);
    a = begin("gw1", 2);
    for (unsigned i = 0; i < 8; i++) {
        enum store_memory_call call =
            i % 2 == 0 ? STORE_MEMORY_SHARED_COMMIT : STORE_MEMORY_SHARED_LOAD;

        if (call == STORE_MEMORY_SHARED_COMMIT || kinds[i / 2] != STORE_MEMORY_CONFLICTING)
            store_memory_set_next(a.store, call, (struct store_memory_fate){.kind = kinds[i / 2]});
        pass(2 * NAMESAKE_LOOK_MS);
        assert_false(namesake_is_there(a.namesake));
    }
    store_memory_set_ready(a.store, false);
    pass(100 * 1000);
    store_memory_set_ready(a.store, true);
    pass(100 * 1000);
    assert_false(namesake_is_there(a.namesake));
    /* It is still looked for. */
    b = begin("gw1", 3);
    pass(3 * NAMESAKE_LOOK_MS);
    assert_true(namesake_is_there(a.namesake) || namesake_is_there(b.namesake));
    end(&b);
    end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_of_one_name_know_of_each_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_in_step_are_told_by_one_at_least, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_who_was_killed_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_store_that_fails_is_none, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
