/* Counting callers and refused binds by address. */
#include "gateway/link/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { NOW = 1000000, BAN = 60000 };

static const struct guard_settings settings = {.unbound_max = 10,
                                               .unbound_per_address_max = 3,
                                               .failures_max = 3,
                                               .ban_ms = BAN,
                                               .addresses_max = 20};

static struct netaddr host(const char *text)
{
    struct netaddr a;

    assert_true(netaddr_parse(&a, text, 1234));
    return a;
}

static struct netaddr number(unsigned n)
{
    char text[32];

    snprintf(text, sizeof(text), "10.0.%u.%u", n / 256, n % 256);
    return host(text);
}

static void test_limits(void **state)
{
    struct guard *g = guard_new(&settings, 1);
    struct netaddr a = number(1);
    struct netaddr more;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(guard_admit(g, &a, NOW), GUARD_ADMITTED);
    assert_int_equal(guard_admit(g, &a, NOW), GUARD_ADDRESS_FULL);
    for (unsigned n = 2; n < 9; n++) {
        more = number(n);
        assert_int_equal(guard_admit(g, &more, NOW), GUARD_ADMITTED);
    }
    more = number(100);
    assert_int_equal(guard_admit(g, &more, NOW), GUARD_FULL);
    assert_int_equal(guard_unbound(g), 10);
    guard_leave(g, &a);
    assert_int_equal(guard_admit(g, &a, NOW), GUARD_ADMITTED);
    guard_leave(g, &a);
    guard_leave(g, &a);
    guard_leave(g, &a);
    assert_int_equal(guard_addresses(g), 7); /* nothing is kept of who is gone in peace */
    guard_free(g);
}

static void test_ban_and_its_end(void **state)
{
    struct guard *g = guard_new(&settings, 1);
    struct netaddr bad = host("192.0.2.7");
    struct netaddr good = host("192.0.2.8");

    (void)state;
    assert_false(guard_fail(g, &bad, "agg1", NOW));
    assert_false(guard_fail(g, &bad, "agg1", NOW + 10));
    assert_true(guard_fail(g, &bad, "agg1", NOW + 20));
    assert_false(guard_fail(g, &bad, "agg1", NOW + 30)); /* is banned already */
    assert_int_equal(guard_admit(g, &bad, NOW + 20 + BAN - 1), GUARD_BANNED);
    assert_int_equal(guard_admit(g, &good, NOW + 20), GUARD_ADMITTED);
    assert_int_equal(guard_admit(g, &bad, NOW + 20 + BAN), GUARD_ADMITTED);
    /* A new count begins. */
    assert_false(guard_fail(g, &bad, "agg1", NOW + 30 + BAN));
    assert_false(guard_fail(g, &bad, "agg1", NOW + 31 + BAN));
    assert_int_equal(guard_admit(g, &bad, NOW + 32 + BAN), GUARD_ADMITTED);
    guard_free(g);
}

static void test_rare_failures_do_not_add_up(void **state)
{
    struct guard *g = guard_new(&settings, 1);
    struct netaddr a = host("192.0.2.7");

    (void)state;
    for (unsigned i = 0; i < 50; i++)
        assert_false(guard_fail(g, &a, "agg1", NOW + i * (BAN / 2 + 1)));
    guard_free(g);
}

static void test_forgiven(void **state)
{
    struct guard *g = guard_new(&settings, 1);
    struct netaddr a = host("192.0.2.7");

    (void)state;
    guard_fail(g, &a, "agg1", NOW);
    guard_fail(g, &a, "agg1", NOW);
    guard_forgive(g, &a, "agg1");
    assert_int_equal(guard_addresses(g), 0);
    assert_false(guard_fail(g, &a, "agg1", NOW));
    assert_false(guard_fail(g, &a, "agg1", NOW));
    guard_free(g);
}

/* One of several connections from there may bind well after the others have earned a ban. */
static void test_a_ban_is_forgiven(void **state)
{
    struct guard *g = guard_new(&settings, 1);
    struct netaddr a = host("192.0.2.7");

    (void)state;
    assert_int_equal(guard_admit(g, &a, NOW), GUARD_ADMITTED);
    for (unsigned i = 0; i < settings.failures_max; i++)
        guard_fail(g, &a, "agg1", NOW);
    assert_int_equal(guard_admit(g, &a, NOW), GUARD_BANNED);
    guard_forgive(g, &a, "agg1");
    assert_int_equal(guard_admit(g, &a, NOW), GUARD_ADMITTED);
    guard_free(g);
}

/* Who has an account of its own guesses at another's, and binds as itself now and then. */
static void test_another_account_forgives_nothing(void **state)
{
    struct guard *g = guard_new(&settings, 1);
    struct netaddr a = host("192.0.2.7");

    (void)state;
    assert_false(guard_fail(g, &a, "agg1", NOW));
    assert_false(guard_fail(g, &a, "agg2", NOW));
    guard_forgive(g, &a, "agg1");
    assert_true(guard_fail(g, &a, "agg2", NOW));
    guard_forgive(g, &a, "agg1");
    assert_int_equal(guard_admit(g, &a, NOW), GUARD_BANNED);
    assert_int_equal(guard_admit(g, &a, NOW + BAN), GUARD_ADMITTED);
    assert_false(guard_fail(g, &a, "agg2", NOW + BAN + 1)); /* the count of before is over */
    guard_forgive(g, &a, "agg2");
    guard_leave(g, &a);
    assert_int_equal(guard_addresses(g), 0);
    guard_free(g);
}

static void test_a_guess_is_forgiven_by_nobody_else(void **state)
{
    static const char *const guessed[][3] = {{"agg2", "agg2", "agg2"}, {"agg1", "agg2", "agg1"}};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct guard *g = guard_new(&settings, 1);
        struct netaddr a = host("192.0.2.7");

        assert_false(guard_fail(g, &a, guessed[i][0], NOW));
        assert_false(guard_fail(g, &a, guessed[i][1], NOW));
        guard_forgive(g, &a, "agg1");
        assert_true(guard_fail(g, &a, guessed[i][2], NOW));
        guard_forgive(g, &a, "agg1");
        assert_int_equal(guard_admit(g, &a, NOW), GUARD_BANNED);
        guard_free(g);
    }
}

static void test_ipv6_is_counted_by_64(void **state)
{
    struct guard *g = guard_new(&settings, 1);
    struct netaddr a = host("2001:db8:0:1::1");
    struct netaddr b = host("2001:db8:0:1:ffff::2");
    struct netaddr c = host("2001:db8:0:2::1");

    (void)state;
    assert_int_equal(guard_admit(g, &a, NOW), GUARD_ADMITTED);
    assert_int_equal(guard_admit(g, &b, NOW), GUARD_ADMITTED);
    assert_int_equal(guard_admit(g, &b, NOW), GUARD_ADMITTED);
    assert_int_equal(guard_admit(g, &a, NOW), GUARD_ADDRESS_FULL);
    assert_int_equal(guard_admit(g, &c, NOW), GUARD_ADMITTED);
    guard_free(g);
}

static void test_memory_is_bounded(void **state)
{
    struct guard *g = guard_new(&settings, 1);
    struct netaddr held = number(5000);

    (void)state;
    assert_int_equal(guard_admit(g, &held, NOW), GUARD_ADMITTED);
    for (unsigned n = 0; n < 1000; n++) {
        struct netaddr a = number(n);

        guard_fail(g, &a, "agg1", NOW + n);
    }
    assert_int_equal(guard_addresses(g), 20);
    guard_leave(g, &held); /* was not the one to give way */
    guard_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_ban_and_its_end),
        cmocka_unit_test(test_rare_failures_do_not_add_up),
        cmocka_unit_test(test_forgiven),
        cmocka_unit_test(test_a_ban_is_forgiven),
        cmocka_unit_test(test_another_account_forgives_nothing),
        cmocka_unit_test(test_a_guess_is_forgiven_by_nobody_else),
        cmocka_unit_test(test_ipv6_is_counted_by_64),
        cmocka_unit_test(test_memory_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
