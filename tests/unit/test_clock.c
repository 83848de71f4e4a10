/* base/clock.h: the loop's time goes on while the machine is suspended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static int64_t awake_s = 1000, suspended_s;

/* In place of libc's: a machine that is suspended at will, as clock_gettime(2) says. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
    *t = (struct timespec){.tv_sec = clock == CLOCK_BOOTTIME ? awake_s + suspended_s : awake_s};
    return 0;
}

/* Else an input that waited in a socket meanwhile would pass for new, and a lease that has run out
 * for our own. */
static void test_a_suspended_machine_notices(void **state)
{
    uint64_t before_ms = clock_monotonic_ms();

    (void)state;
    awake_s += 1;
    assert_int_equal(clock_monotonic_ms() - before_ms, 1000);
    suspended_s += 3600;
    assert_int_equal(clock_monotonic_ms() - before_ms, 3601000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_suspended_machine_notices)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
