/* NIK, MSISDN, registration and region numbers, and the dates behind them: the programme's test
 * vectors and the edges around them. */
#include "merchants/calendar.h"
#include "merchants/msisdn.h"
#include "merchants/nik.h"
#include "merchants/region.h"
#include "merchants/regno.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The programme's own rows; the age ones hold on this day. */
#define TODAY calendar_start_ms((struct date){2026, 11, 24})

static const struct {
    const char *typed;
    enum nik_verdict verdict;
    unsigned flags;
    bool is_female;
} nik_rows[] = {
    {"1871990101809999", NIK_OK, 0, false},
    {"1871994101809999", NIK_OK, 0, true},
    {"1871 9941-0180.9999", NIK_OK, 0, true},
    {"187199010180999", NIK_LENGTH, 0, false},
    {"18719901018099990", NIK_LENGTH, 0, false},
    {"1871993102809999", NIK_DAY, 0, false},
    {"1871993002809999", NIK_DAY, 0, false},
    {"1871992902809999", NIK_OK, 0, false},
    {"1871992902819999", NIK_DAY, 0, false},
    {"1871997101809999", NIK_OK, 0, true},
    {"1871997201809999", NIK_DAY, 0, true},
    {"1871993201809999", NIK_DAY, 0, false},
    {"1871990113809999", NIK_MONTH, 0, false},
    {"1871990101800000", NIK_SERIAL, 0, false},
    {"9971990101809999", NIK_OK, NIK_FLAG_PROVINCE | NIK_FLAG_OUTSIDE_LAMPUNG, false},
    {"5471990101809999", NIK_OK, NIK_FLAG_PROVINCE | NIK_FLAG_OUTSIDE_LAMPUNG, false},
    {"3171990101809999", NIK_OK, NIK_FLAG_OUTSIDE_LAMPUNG, false},
    {"1801990101809999", NIK_OK, 0, false},
    {"1871990101159999", NIK_OK, NIK_FLAG_AGE, false},
    {"1871990101099999", NIK_OK, 0, false},
    {"1871000101809999", NIK_OK, NIK_FLAG_REGION, false},
    {"１８７１９９０１０１８０９９９９", NIK_LENGTH, 0, false},
    {"187199O101809999", NIK_LENGTH, 0, false},
    /* beyond the programme's rows */
    {"", NIK_LENGTH, 0, false},
    {"1871990001809999", NIK_DAY, 0, false}, /* day 00 */
    {"1871994001809999", NIK_DAY, 0, false}, /* day 40: day 00 of a woman is 40, and 40 is no day */
    {"1871990100809999", NIK_MONTH, 0, false}, /* month 00 */
    {"1871996902009999", NIK_OK, 0, true},     /* 29 February 2000 */
    {"1800990101809999", NIK_OK, NIK_FLAG_REGION, false},
    {"1871990101809999x", NIK_LENGTH, 0, false},
};

static void test_nik_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nik_rows); i++) {
        struct nik nik;
        enum nik_verdict verdict = nik_check(nik_rows[i].typed, TODAY, &nik);

        if (verdict != nik_rows[i].verdict || nik.flags != nik_rows[i].flags)
            fail_msg("NIK %s: verdict %d flags %x", nik_rows[i].typed, (int)verdict, nik.flags);
        if (verdict == NIK_OK) {
            assert_int_equal(nik.is_female, nik_rows[i].is_female);
            assert_int_equal(strlen(nik.digits), 16);
        }
    }
}

static void test_nik_tells_what_was_typed(void **state)
{
    struct nik nik;

    (void)state;
    nik_check("1871 9941-0180.9999", TODAY, &nik);
    assert_string_equal(nik.digits, "1871994101809999");
    assert_int_equal(nik_check("12a4", TODAY, &nik), NIK_LENGTH);
    assert_int_equal(nik.digit_count, 3);
    assert_true(nik.has_other);
}

static void test_nik_age_turns_on_the_birthday(void **state)
{
    struct nik nik;

    (void)state;
    /* born 24 November 2009: 17 today, 16 yesterday */
    nik_check("1871992411099999", TODAY, &nik);
    assert_int_equal(nik.flags, 0);
    nik_check("1871992411099999", TODAY - CALENDAR_HOUR_MS, &nik);
    assert_int_equal(nik.flags, NIK_FLAG_AGE);
    /* born in 1926: 100 until the birthday; as 2026 not born yet */
    nik_check("1871992411269999", TODAY, &nik);
    assert_int_equal(nik.flags, 0);
    nik_check("1871992311259999", TODAY, &nik);
    assert_int_equal(nik.flags, NIK_FLAG_AGE);
}

static const struct {
    const char *typed;
    const char *stored; /* NULL = no Indonesian mobile number */
} msisdn_rows[] = {
    {"081200000001", "6281200000001"},
    {"+6281200000001", "6281200000001"},
    {"6281200000001", "6281200000001"},
    {"0062 812-0000-0001", "6281200000001"},
    {"81200000001", "6281200000001"},
    {"0812000001", "62812000001"},
    {"081200000", NULL},
    {"08120000000000", NULL},
    {"0840000000001", NULL},
    {"080912345678", NULL},
    {"0721700000", NULL},
    {"+62 0812 0000 0001", "6281200000001"},
    {"+60123456789", NULL},
    /* beyond the programme's rows */
    {"(0812) 0000.0001", "6281200000001"},
    {"0812000000012", "62812000000012"},
    {"+81200000001", NULL}, /* Japan, not a bare 8 */
    {"0081200000001", NULL},
    {"6200812000001", NULL},
    {"", NULL},
    {"+", NULL},
    {"++6281200000001", NULL},
    {"384", NULL},
    {"TELKOMSEL", NULL},
    {"0812 0000 0001x", NULL},
    {"08120000000100000000000000", NULL},
};

static void test_msisdn_normalises(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(msisdn_rows); i++) {
        char stored[MSISDN_BYTES];
        bool is_number = msisdn_normalise(msisdn_rows[i].typed, stored);

        if (is_number != (msisdn_rows[i].stored != NULL))
            fail_msg("%s: taken for %s", msisdn_rows[i].typed, stored);
        assert_string_equal(stored, is_number ? msisdn_rows[i].stored : "");
        if (is_number) {
            char again[MSISDN_BYTES];

            assert_true(msisdn_normalise(stored, again));
            assert_string_equal(again, stored);
        }
    }
}

static void test_msisdn_prefixes(void **state)
{
    static const char *const known[] = {"6281", "6282", "6283", "6285", "6287", "6288", "6289"};
    unsigned count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        for (char next = '0'; next <= '9'; next++) {
            char number[24];

            snprintf(number, sizeof(number), "%s%c0000001", known[i], next);
            count += msisdn_has_known_prefix(number);
        }
    assert_int_equal(count, 38);
    assert_true(msisdn_has_known_prefix("6281200000001"));
    assert_true(msisdn_has_known_prefix("6285154000001"));
    assert_true(msisdn_has_known_prefix("6289900000001"));
    assert_false(msisdn_has_known_prefix("6283400000001"));
    assert_false(msisdn_has_known_prefix("6285400000001"));
    assert_false(msisdn_has_known_prefix("6012345678"));
}

static void test_regno_vectors(void **state)
{
    char regno[REGNO_BYTES];

    (void)state;
    assert_true(regno_parse("18710000421", regno));
    assert_true(regno_parse("18010000011", regno));
    assert_true(regno_parse("18721234565", regno));
    assert_false(regno_parse("18710000241", regno)); /* adjacent swap */
    assert_false(regno_parse("18710000431", regno)); /* one digit wrong */
    assert_true(regno_parse(" 1871-000042-1 ", regno));
    assert_true(regno_parse("1871-000042-1.", regno)); /* the end of a sentence */
    assert_string_equal(regno, "18710000421");
    assert_false(regno_parse("1871000042", regno));
    assert_false(regno_parse("187100004210", regno));
    assert_false(regno_parse("1871000042I", regno));
    assert_false(regno_parse("", regno));
}

static void test_regno_finds_every_single_error_and_swap(void **state)
{
    const char *good = "18710000421";
    char bad[REGNO_BYTES];
    char regno[REGNO_BYTES];

    (void)state;
    for (size_t i = 0; i < strlen(good); i++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            memcpy(bad, good, sizeof(bad));
            bad[i] = digit;
            assert_int_equal(regno_parse(bad, regno), digit == good[i]);
        }
        if (i == 0 || good[i] == good[i - 1])
            continue;
        memcpy(bad, good, sizeof(bad));
        bad[i] = good[i - 1];
        bad[i - 1] = good[i];
        assert_false(regno_parse(bad, regno));
    }
}

static void test_regno_is_made_for_a_bucket(void **state)
{
    char regno[REGNO_BYTES];
    char display[REGNO_DISPLAY_BYTES];

    (void)state;
    assert_true(regno_make("1871", 42, 0, 1, regno));
    assert_string_equal(regno, "18710000421");
    regno_format(regno, display);
    assert_string_equal(display, "1871-000042-1");

    for (unsigned bucket = 0; bucket < 256; bucket += 5) {
        for (uint64_t number = 1; number < 3906; number += 617) {
            char parsed[REGNO_BYTES];

            if (!regno_make("1802", number, bucket, 256, regno))
                fail_msg("number %u of bucket %u", (unsigned)number, bucket);
            assert_true(regno_parse(regno, parsed));
            assert_int_equal(regno_bucket(regno, 256), bucket);
            assert_memory_equal(regno, "1802", 4);
        }
    }
}

static void test_regno_runs_out(void **state)
{
    char regno[REGNO_BYTES];

    (void)state;
    assert_true(regno_make("1871", 3906, 63, 256, regno)); /* 999999 */
    assert_false(regno_make("1871", 3906, 64, 256, regno));
    assert_false(regno_make("1871", UINT64_MAX, 0, 256, regno));
    assert_false(regno_make("187", 1, 0, 256, regno));
    assert_false(regno_make("18.7", 1, 0, 256, regno));
    assert_false(regno_make("", 1, 0, 256, regno));
}

static void test_region_codes(void **state)
{
    char regency[REGION_REGENCY_BYTES];

    (void)state;
    memset(regency, '9', sizeof(regency));
    assert_true(region_parse_regency("18.71", regency));
    assert_string_equal(regency, "1871");
    assert_true(region_parse_regency("1871", regency));
    assert_false(region_parse_regency("18.7", regency));
    assert_false(region_parse_regency("18.71.01", regency));
    assert_false(region_parse_regency("", regency));
    assert_false(region_parse_regency("1", regency));
}

static void test_calendar_counts_lampung_days(void **state)
{
    struct date date;
    char text[CALENDAR_DATE_BYTES];

    (void)state;
    /* 2026-11-23T17:00:00Z is midnight in Lampung */
    assert_int_equal(TODAY, INT64_C(1795453200000));
    date = calendar_date_at(INT64_C(1795453200000) - 1);
    assert_int_equal(date.day, 23);
    calendar_format(INT64_C(1795453200000), text);
    assert_string_equal(text, "24-11-2026");
    assert_int_equal(calendar_minute_at(INT64_C(1795453200000) + 61 * CALENDAR_MINUTE_MS), 61);
    for (int64_t at = -INT64_C(2208988800000); at < INT64_C(4102444800000);
         at += 13 * CALENDAR_DAY_MS + CALENDAR_HOUR_MS) {
        date = calendar_date_at(at);
        assert_true(date_is_real(date));
        assert_true(calendar_start_ms(date) <= at &&
                    at - calendar_start_ms(date) < CALENDAR_DAY_MS);
    }
    assert_false(date_is_real((struct date){2026, 2, 29}));
    assert_true(date_is_real((struct date){2028, 2, 29}));
    assert_false(date_is_real((struct date){2100, 2, 29}));
    assert_true(date_is_real((struct date){2000, 2, 29}));
}

static void test_calendar_keeps_to_hours(void **state)
{
    int64_t midnight = TODAY;

    (void)state;
    assert_int_equal(calendar_within_hours(midnight, 8, 20), midnight + 8 * CALENDAR_HOUR_MS);
    assert_int_equal(calendar_within_hours(midnight + 8 * CALENDAR_HOUR_MS, 8, 20),
                     midnight + 8 * CALENDAR_HOUR_MS);
    assert_int_equal(calendar_within_hours(midnight + 20 * CALENDAR_HOUR_MS - 1, 8, 20),
                     midnight + 20 * CALENDAR_HOUR_MS - 1);
    assert_int_equal(calendar_within_hours(midnight + 20 * CALENDAR_HOUR_MS, 8, 20),
                     midnight + 32 * CALENDAR_HOUR_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nik_verdicts),
        cmocka_unit_test(test_nik_tells_what_was_typed),
        cmocka_unit_test(test_nik_age_turns_on_the_birthday),
        cmocka_unit_test(test_msisdn_normalises),
        cmocka_unit_test(test_msisdn_prefixes),
        cmocka_unit_test(test_regno_vectors),
        cmocka_unit_test(test_regno_finds_every_single_error_and_swap),
        cmocka_unit_test(test_regno_is_made_for_a_bucket),
        cmocka_unit_test(test_regno_runs_out),
        cmocka_unit_test(test_region_codes),
        cmocka_unit_test(test_calendar_counts_lampung_days),
        cmocka_unit_test(test_calendar_keeps_to_hours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
