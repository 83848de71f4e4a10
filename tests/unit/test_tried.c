/* What was tried lately (gateway/turn/tried.h). */
#include "gateway/turn/tried.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PERIOD_MS = 1000 };

static bool has(struct tried *t, const char *key, uint64_t now_ms)
{
    return tried_has(t, span_of_string(key), now_ms);
}

static void what_is_noted_is_known_for_a_period_and_no_longer_than_two(void **state)
{
    struct tried *t = tried_new(PERIOD_MS, 0);

    (void)state;
    assert_false(has(t, "one", 0));
    tried_note(t, span_of_string("one"), 0);
    assert_true(has(t, "one", PERIOD_MS - 1));
    assert_false(has(t, "two", PERIOD_MS - 1));
    assert_true(has(t, "one", PERIOD_MS)); /* of the period before */
    assert_true(has(t, "one", 2 * PERIOD_MS - 1));
    assert_false(has(t, "one", 2 * PERIOD_MS));

    /* Others that are noted behind it push nothing out, in a later period, too. */
    tried_note(t, span_of_string("two"), 2 * PERIOD_MS);
    tried_note(t, span_of_string("three"), 2 * PERIOD_MS + 1);
    tried_note(t, span_of_string("four"), 2 * PERIOD_MS + 2);
    assert_true(has(t, "two", 3 * PERIOD_MS - 1));

    /* Of a long silence nothing is left, though nobody asked meanwhile. */
    assert_false(has(t, "four", 4 * PERIOD_MS + 2));
    tried_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_noted_is_known_for_a_period_and_no_longer_than_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
