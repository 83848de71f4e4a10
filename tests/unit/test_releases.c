/* gateway/releases: who tries a version that is on trial; how many files are remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "gateway/releases.h"

enum { PEOPLE = 2000 };

static bool is_for(uint8_t version, unsigned percent, unsigned person)
{
    struct release trial = {.id = {version, [MENU_ID_BYTES - 1] = 7}, .percent = (uint8_t)percent};
    char msisdn[RELEASES_MSISDN_BYTES];

    snprintf(msisdn, sizeof(msisdn), "62812%08u", person);
    return release_is_for(&trial, msisdn);
}

static unsigned count(unsigned percent)
{
    unsigned tries = 0;

    for (unsigned i = 0; i < PEOPLE; i++)
        tries += is_for(1, percent, i);
    return tries;
}

/* Numbers come in blocks: neighbours are no share of their own. */
static void test_a_share_is_that_many(void **state)
{
    (void)state;
    assert_int_equal(count(0), 0);
    assert_in_range(count(1), PEOPLE / 200, PEOPLE / 50);
    assert_in_range(count(20), PEOPLE * 17 / 100, PEOPLE * 23 / 100);
    assert_in_range(count(99), PEOPLE * 98 / 100, PEOPLE - 1);
    assert_int_equal(count(100), PEOPLE);
}

static void test_who_is_in_stays_in(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PEOPLE; i++)
        for (unsigned percent = 10; percent < 100; percent += 10)
            assert_true(!is_for(1, percent, i) || is_for(1, percent + 10, i));
}

/* A fifth of a fifth by chance. */
static void test_another_version_is_tried_by_others(void **state)
{
    unsigned both = 0;

    (void)state;
    for (unsigned i = 0; i < PEOPLE; i++)
        both += is_for(1, 20, i) && is_for(2, 20, i);
    assert_in_range(both, PEOPLE * 2 / 100, PEOPLE * 6 / 100);
}

static void test_who_is_named_tries_it(void **state)
{
    char numbers[2][RELEASES_MSISDN_BYTES] = {"6281200000001", "6281200000002"};
    const struct release trial = {.number_count = 2, .numbers = numbers};

    (void)state;
    assert_true(release_is_for(&trial, numbers[0]));
    assert_true(release_is_for(&trial, numbers[1]));
    assert_false(release_is_for(&trial, "628120000000"));
    assert_false(release_is_for(&trial, "6281200000003"));
}

static void test_more_instances_than_are_remembered(void **state)
{
    static struct releases releases;
    char name[16];
    uint8_t id[MENU_ID_BYTES] = {1};

    (void)state;
    releases_init(&releases);
    for (unsigned i = 0; i < RELEASES_FILES_MAX + 2; i++) {
        snprintf(name, sizeof(name), "gw%u", i);
        releases_offer(&releases, name, "m", id, 1790000000000);
        assert_string_equal(releases.files[0].instance, name);
    }
    assert_int_equal(releases.file_count, RELEASES_FILES_MAX);
    assert_string_equal(releases.files[RELEASES_FILES_MAX - 1].instance, "gw2");
    releases_fini(&releases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_share_is_that_many),
        cmocka_unit_test(test_who_is_in_stays_in),
        cmocka_unit_test(test_another_version_is_tried_by_others),
        cmocka_unit_test(test_who_is_named_tries_it),
        cmocka_unit_test(test_more_instances_than_are_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
