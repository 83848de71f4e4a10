/* Which numbers gave the same hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "gateway/turn/twins.h"

static void test_the_first_is_named(void **state)
{
    struct twins *t = twins_new();
    struct twin other;

    (void)state;
    assert_false(twins_note(t, 7, "6281200000001", false, &other));
    assert_false(twins_note(t, 7, "6281200000001", false, &other)); /* its own second one */
    assert_false(twins_note(t, 8, "6281200000002", true, &other));
    assert_true(twins_note(t, 7, "6281200000002", false, &other));
    assert_string_equal(other.msisdn, "6281200000001");
    assert_false(other.is_flagged);
    assert_true(twins_note(t, 7, "6281200000003", false, &other));
    assert_true(other.is_flagged); /* told once */
    assert_true(twins_note(t, 8, "6281200000003", false, &other));
    assert_true(other.is_flagged);
    twins_clear(t);
    assert_false(twins_note(t, 7, "6281200000003", false, &other));
    assert_false(twins_note(t, 9, "", false, &other));
    assert_false(twins_note(t, 9, "9999999999999999999", false, &other)); /* no such number */
    twins_free(t);
}

static void test_many(void **state)
{
    struct twins *t = twins_new();
    struct twin other;
    char msisdn[24];

    (void)state;
    for (uint64_t i = 1; i <= 100000; i++) {
        snprintf(msisdn, sizeof(msisdn), "62812%08u", (unsigned)i);
        assert_false(twins_note(t, i * UINT64_C(0x9E3779B97F4A7C15), msisdn, false, &other));
    }
    for (uint64_t i = 1; i <= 100000; i += 997) {
        assert_true(
            twins_note(t, i * UINT64_C(0x9E3779B97F4A7C15), "6281399999999", false, &other));
        snprintf(msisdn, sizeof(msisdn), "62812%08u", (unsigned)i);
        assert_string_equal(other.msisdn, msisdn);
    }
    twins_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_first_is_named),
                                       cmocka_unit_test(test_many)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
