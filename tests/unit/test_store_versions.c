/* The versions of records (sessions/store.h). */
#include "sessions/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Two records that went on otherwise from the same one (a fail-over, a backup) never meet in a
 * version, whichever had more commits, or the same ones in another order; but by chance. */
static void test_versions_of_two_histories(void **state)
{
    enum { COMMITS = 40, FROM = 1795514809565000 };
    uint64_t a[COMMITS], b[COMMITS], last[2] = {FROM, FROM};

    (void)state;
    for (unsigned i = 0; i < COMMITS; i++) {
        a[i] = store_next_version(last[0], span_of_string(i % 2 == 0 ? "one" : "two"));
        b[i] = store_next_version(last[1], span_of_string(i % 2 == 0 ? "two" : "one"));
        assert_in_range(a[i] - last[0], 1, STORE_VERSION_STEP_MAX);
        last[0] = a[i];
        last[1] = b[i];
    }
    for (unsigned i = 0; i < COMMITS; i++)
        for (unsigned j = 0; j < COMMITS; j++)
            assert_true(a[i] != b[j]);
    for (uint64_t v = FROM; v < FROM + 8 * STORE_VERSION_STEP_MAX; v++)
        if (store_next_version(v, span_of_string("one")) <= v) /* the store would take it twice */
            fail_msg("%ju", (uintmax_t)v);
    assert_true(store_next_version(FROM, span_of_string("one")) == a[0]);
    assert_true(store_next_version(0, span_of_string("one")) == 0); /* the server says */
}

static void test_next_of_a_version(void **state)
{
    struct store_record record = {.data = span_of_string("one")};

    (void)state;
    record.version = store_next_version(7, record.data);
    assert_true(store_is_next(7, &record));
    assert_false(store_is_next(record.version, &record));
    assert_false(store_is_next(0, &record));
    record.data = span_of_string("two"); /* it is two commits on */
    assert_false(store_is_next(7, &record));
    record.version = 8; /* an older program's */
    assert_true(store_is_next(7, &record));
}

/* Each octet counts, wherever it stands. */
static void test_each_octet_makes_the_version(void **state)
{
    uint8_t data[40] = {0};
    uint64_t version = store_next_version(7, span_of(data, sizeof(data)));

    (void)state;
    for (unsigned i = 0; i < sizeof(data); i++) {
        data[i] = 0x80;
        assert_true(store_next_version(7, span_of(data, sizeof(data))) != version);
        data[i] = 0;
        assert_true(store_next_version(7, span_of(data, i)) != version);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_of_two_histories),
        cmocka_unit_test(test_each_octet_makes_the_version),
        cmocka_unit_test(test_next_of_a_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
