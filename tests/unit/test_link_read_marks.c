/* How far a peer has read. */
#include "gateway/link/read_marks.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MARKS = 64, LAST = 0x7FFFFFFF };

/* Numbers of other requests go between: gaps of 1 to 3. */
static uint32_t next(uint32_t number, unsigned i)
{
    number += 1 + i % 3;
    return number > LAST ? number - LAST : number;
}

static void test_each_once_and_in_any_order(void **state)
{
    struct read_marks m;
    uint32_t numbers[MARKS], number = LAST - 60; /* they begin again at 1 in the first round */

    (void)state;
    read_marks_init(&m);
    for (unsigned round = 0; round < 40; round++) {
        uint64_t first = m.newest + 1;

        for (unsigned i = 0; i < MARKS; i++) {
            number = next(number, i);
            numbers[i] = number;
            assert_int_equal(read_marks_add(&m, number), first + i);
        }
        for (unsigned i = 0; i < MARKS; i++) {
            unsigned at = (i * 37 + 5) % MARKS;

            assert_true(read_marks_answer(&m, numbers[at]));
            assert_true(read_marks_has(&m, first + at));
            assert_false(read_marks_answer(&m, numbers[at]));
        }
        assert_false(read_marks_has(&m, first + MARKS));
    }
    read_marks_fini(&m);
}

static void test_numbers_of_no_mark(void **state)
{
    struct read_marks m;

    (void)state;
    read_marks_init(&m);
    assert_false(read_marks_answer(&m, 1));
    assert_false(read_marks_has(&m, 0));
    read_marks_add(&m, LAST - 1);
    read_marks_add(&m, 2);
    read_marks_add(&m, 5);
    for (uint32_t i = 0; i < 8; i++)
        if (i != 2 && i != 5)
            assert_false(read_marks_answer(&m, i));
    assert_false(read_marks_answer(&m, LAST));
    assert_false(read_marks_answer(&m, LAST - 2));
    assert_false(read_marks_answer(&m, 1 << 30));
    assert_false(read_marks_answer(&m, UINT32_MAX));
    assert_false(read_marks_answer(&m, UINT32_C(0x80000000) | 5));
    assert_false(read_marks_has(&m, 1));
    assert_true(read_marks_answer(&m, 2));
    assert_false(read_marks_answer(&m, UINT32_C(0x80000000) | 2));
    assert_true(read_marks_has(&m, 1)); /* a later one tells */
    assert_false(read_marks_has(&m, 3));
    read_marks_fini(&m);
}

/* The ring is full, and has gone round. */
static void test_more_than_are_kept(void **state)
{
    static const uint32_t last = READ_MARKS_MAX + 3000;
    struct read_marks m;

    (void)state;
    read_marks_init(&m);
    for (uint32_t n = 1; n <= last; n++)
        read_marks_add(&m, n * 2);
    assert_false(read_marks_answer(&m, 2 * (last - READ_MARKS_MAX)));
    assert_false(read_marks_has(&m, 1));
    assert_true(read_marks_answer(&m, 2 * (last - READ_MARKS_MAX + 1)));
    assert_true(read_marks_has(&m, 1));
    assert_true(read_marks_answer(&m, 2 * last));
    assert_true(read_marks_has(&m, last));
    read_marks_fini(&m);
}

/* Each answer comes so many marks late, at a pace that stays: none is forgotten before. */
static void test_answers_that_are_far_behind(void **state)
{
    enum { BEHIND = 5000, COUNT = 40000 };
    struct read_marks m;

    (void)state;
    read_marks_init(&m);
    for (uint32_t n = 1; n <= COUNT; n++) {
        read_marks_add(&m, n * 3);
        if (n <= BEHIND)
            continue;
        assert_true(read_marks_answer(&m, (n - BEHIND) * 3));
        assert_true(read_marks_has(&m, n - BEHIND));
        assert_false(read_marks_has(&m, n - BEHIND + 1));
    }
    assert_in_range(m.capacity, BEHIND, 2 * BEHIND); /* and no more than that costs */
    read_marks_fini(&m);
}

/* What was freed before, by other links perhaps, is full of numbers. */
static void soil_heap(uint32_t number)
{
    enum { COUNT = 1 << 14 };
    uint32_t *numbers = mem_realloc_array(NULL, COUNT, sizeof(*numbers));

    for (unsigned i = 0; i < COUNT; i++)
        numbers[i] = number;
    mem_free(numbers);
}

/* What the ring had let go before it grew is not looked up in it. */
static void test_ring_grows_after_it_went_round(void **state)
{
    enum { ANSWERED = 100, COUNT = 357 };
    struct read_marks m;

    (void)state;
    soil_heap(COUNT - 1);
    read_marks_init(&m);
    for (uint32_t n = 1; n <= COUNT; n++) {
        read_marks_add(&m, n);
        if (n <= ANSWERED)
            assert_true(read_marks_answer(&m, n));
    }
    assert_true(m.capacity > COUNT);
    for (uint32_t n = ANSWERED + 1; n <= COUNT; n++)
        assert_true(read_marks_answer(&m, n));
    assert_false(read_marks_answer(&m, 1));
    read_marks_fini(&m);
}

/* Numbers begin again: the last connection's are not taken for this one's, nor in the way. */
static void test_a_new_connection(void **state)
{
    struct read_marks m;

    (void)state;
    read_marks_init(&m);
    for (uint32_t n = 1; n <= 100; n++)
        read_marks_add(&m, n * 10);
    read_marks_restart(&m);
    assert_false(read_marks_answer(&m, 500));
    assert_int_equal(read_marks_add(&m, 3), 101);
    assert_int_equal(read_marks_add(&m, 500), 102);
    assert_false(read_marks_answer(&m, 1000));
    assert_true(read_marks_answer(&m, 3));
    assert_true(read_marks_has(&m, 101));
    assert_false(read_marks_has(&m, 102));
    assert_true(read_marks_answer(&m, 500));
    read_marks_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_once_and_in_any_order),
        cmocka_unit_test(test_numbers_of_no_mark),
        cmocka_unit_test(test_more_than_are_kept),
        cmocka_unit_test(test_answers_that_are_far_behind),
        cmocka_unit_test(test_ring_grows_after_it_went_round),
        cmocka_unit_test(test_a_new_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
