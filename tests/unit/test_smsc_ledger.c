/*
 * The ledger's verdicts, one misbehaviour at a time, and the histogram's percentiles.
 */
#include "tests/smsc/faults.h"
#include "tests/smsc/histogram.h"
#include "tests/smsc/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct flow *flow;

static int set_up(void **state)
{
    (void)state;
    flow = flow_parse("t", "dial *1#\n"
                           "screen \"one\" answer 1\n"
                           "maybe \"extra\" answer 1\n"
                           "screen \"two\" answer 2\n"
                           "screen \"three\" answer 3\n"
                           "end \"bye\" save \"No: \"\n"
                           "sms \"sms\"\n"
                           "busy \"busy\"\n");
    return flow == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    flow_free(flow);
    return 0;
}

static enum ledger_verdict show(struct ledger_row *r, const char *text)
{
    unsigned step = 0;

    return ledger_on_screen(r, flow, span_of_string(text), &step);
}

static void input(struct ledger_row *r)
{
    ledger_on_input(r);
    ledger_on_accepted(r, true);
}

static struct ledger_row begun(void)
{
    struct ledger_row r;

    memset(&r, 0, sizeof(r));
    ledger_on_dialogue(&r);
    input(&r);
    return r;
}

static struct ledger_sum sum_of(const struct ledger_row *r)
{
    return ledger_add_up(r, 1, flow);
}

static void test_a_whole_dialogue_is_clean(void **state)
{
    struct ledger_row r = begun();
    struct ledger_sum s;

    (void)state;
    assert_int_equal(show(&r, "one"), LEDGER_STEP);
    input(&r);
    assert_int_equal(show(&r, "two"), LEDGER_STEP);
    input(&r);
    assert_int_equal(show(&r, "three"), LEDGER_STEP);
    input(&r);
    assert_int_equal(show(&r, "bye\nNo: 77"), LEDGER_END);
    assert_string_equal(r.saved, "77");
    s = sum_of(&r);
    assert_int_equal(s.sms_missing, 1);
    assert_false(ledger_is_clean(&s));
    assert_true(ledger_on_sms(&r, flow, span_of_string("sms 1")));
    s = sum_of(&r);
    assert_true(ledger_is_clean(&s));
    assert_int_equal(s.inputs, 4);
    assert_int_equal(s.screens, 4);
    assert_int_equal(s.unanswered, 0);
}

static void test_an_optional_screen_may_come(void **state)
{
    struct ledger_row r = begun();

    (void)state;
    assert_int_equal(show(&r, "one"), LEDGER_STEP);
    input(&r);
    assert_int_equal(show(&r, "extra"), LEDGER_STEP);
    input(&r);
    assert_int_equal(show(&r, "two"), LEDGER_STEP);
}

static void test_a_copy_of_a_screen_is_a_duplicate(void **state)
{
    struct ledger_row r = begun();

    (void)state;
    assert_int_equal(show(&r, "one"), LEDGER_STEP);
    assert_int_equal(show(&r, "one"), LEDGER_DUPLICATE);
    input(&r);
    assert_int_equal(show(&r, "one"), LEDGER_DUPLICATE);
    assert_int_equal(show(&r, "two"), LEDGER_STEP);
    assert_int_equal(show(&r, "one"), LEDGER_DUPLICATE);
    assert_int_equal(r.duplicates, 3);
    assert_int_equal(sum_of(&r).doubled, 0);
}

static void test_what_comes_too_soon_is_double(void **state)
{
    struct ledger_row r = begun();

    (void)state;
    assert_int_equal(show(&r, "three"), LEDGER_DOUBLE); /* a step was passed by */
    r = begun();
    assert_int_equal(show(&r, "one"), LEDGER_STEP);
    assert_int_equal(show(&r, "two"), LEDGER_DOUBLE); /* nobody has answered yet */
    r = begun();
    assert_int_equal(show(&r, "one"), LEDGER_STEP);
    ledger_on_input(&r);
    assert_int_equal(show(&r, "two"), LEDGER_DOUBLE); /* the answer is not yet acknowledged */
    r = begun();
    assert_int_equal(show(&r, "one"), LEDGER_STEP);
    assert_int_equal(show(&r, "one!"), LEDGER_DOUBLE); /* a replay that differs */
    assert_int_equal(sum_of(&r).doubled, 1);
    assert_true(sum_of(&r).is_balanced);
    assert_false(ledger_is_clean(&(struct ledger_sum){.doubled = 1, .is_balanced = true}));
}

static void test_after_a_repetition_a_screen_may_overtake_its_answer(void **state)
{
    struct ledger_row r = begun();

    (void)state;
    assert_int_equal(show(&r, "one"), LEDGER_STEP);
    ledger_on_input(&r);
    ledger_on_retry(&r);
    assert_int_equal(show(&r, "two"), LEDGER_STEP);
    ledger_on_accepted(&r, true);
    assert_int_equal(sum_of(&r).unanswered, 0);
}

/* By a pair of binds it may, too; what is done twice shows at the next step. */
static void test_by_another_connection_a_screen_may_overtake_its_answer(void **state)
{
    struct ledger_row r = begun();

    (void)state;
    ledger_on_apart(&r);
    assert_int_equal(show(&r, "one"), LEDGER_STEP);
    ledger_on_input(&r);
    ledger_on_apart(&r);
    assert_int_equal(show(&r, "two"), LEDGER_STEP);
    ledger_on_accepted(&r, true);
    assert_int_equal(sum_of(&r).doubled, 0);
    assert_int_equal(show(&r, "three"), LEDGER_DOUBLE); /* nobody has answered yet */
    ledger_on_dialogue(&r);
    ledger_on_input(&r);
    assert_int_equal(show(&r, "one"), LEDGER_DOUBLE); /* this one is no pair's */
}

static void test_an_unknown_screen_is_wrong(void **state)
{
    struct ledger_row r = begun();

    (void)state;
    assert_int_equal(show(&r, "Maaf, salah. one"), LEDGER_WRONG);
    assert_int_equal(sum_of(&r).wrong, 1);
    assert_true(sum_of(&r).is_balanced);
}

static void test_busy_ends_without_a_fault(void **state)
{
    struct ledger_row r = begun();
    struct ledger_sum s;

    (void)state;
    assert_int_equal(show(&r, "busy, come again"), LEDGER_BUSY);
    s = sum_of(&r);
    assert_true(ledger_is_clean(&s));
    assert_int_equal(s.busy, 1);
    /* A copy of the input that was still on its way; the next dialogue counts as ever. */
    assert_int_equal(show(&r, "one"), LEDGER_LATE);
    s = sum_of(&r);
    assert_true(ledger_is_clean(&s));
    ledger_on_dialogue(&r);
    assert_int_equal(show(&r, "one"), LEDGER_DOUBLE);
}

static void test_a_screen_that_never_comes(void **state)
{
    struct ledger_row r = begun();

    (void)state;
    ledger_on_no_screen(&r);
    assert_int_equal(sum_of(&r).lost, 1);
    assert_int_equal(show(&r, "one"), LEDGER_LATE);
    assert_int_equal(sum_of(&r).lost, 0);
    assert_true(sum_of(&r).is_balanced);

    r = begun();
    ledger_on_disturbed(&r);
    ledger_on_no_screen(&r);
    assert_int_equal(sum_of(&r).lost, 0);
    assert_int_equal(sum_of(&r).explained, 1);

    memset(&r, 0, sizeof(r));
    ledger_on_dialogue(&r);
    ledger_on_input(&r);
    ledger_on_no_screen(&r);
    assert_int_equal(sum_of(&r).lost, 0);
    assert_int_equal(sum_of(&r).untaken, 1);
    assert_true(sum_of(&r).is_balanced);
}

static void test_a_hang_up_wants_no_screen(void **state)
{
    struct ledger_row r = begun();
    struct ledger_sum s;

    (void)state;
    assert_int_equal(show(&r, "one"), LEDGER_STEP);
    ledger_on_hang_up(&r);
    ledger_on_accepted(&r, true);
    assert_int_equal(show(&r, "one"), LEDGER_DUPLICATE);
    s = sum_of(&r);
    assert_true(ledger_is_clean(&s));
    assert_int_equal(s.aborts, 1);
    assert_int_equal(show(&r, "two"), LEDGER_DOUBLE);
}

static void test_what_was_eaten_is_typed_again(void **state)
{
    struct ledger_row r = begun();
    struct ledger_sum s;

    (void)state;
    assert_int_equal(show(&r, "one"), LEDGER_STEP);
    input(&r);
    assert_int_equal(show(&r, "one"), LEDGER_DUPLICATE);
    ledger_on_eaten(&r);
    input(&r);
    assert_int_equal(show(&r, "two"), LEDGER_STEP);
    s = sum_of(&r);
    assert_int_equal(s.eaten, 1);
    assert_true(ledger_is_clean(&s));
}

static void test_done_but_never_answered_is_told(void **state)
{
    struct ledger_row r;

    (void)state;
    memset(&r, 0, sizeof(r));
    ledger_on_dialogue(&r);
    ledger_on_input(&r);
    ledger_on_retry(&r);
    assert_int_equal(show(&r, "one"), LEDGER_STEP);
    assert_int_equal(sum_of(&r).unanswered, 1);
}

static void test_quantiles_are_within_a_percent(void **state)
{
    static struct histogram h, small;

    (void)state;
    assert_int_equal(histogram_quantile(&h, 0.5), 0);
    for (uint64_t v = 1; v <= 100000; v++)
        histogram_add(&h, v);
    assert_in_range(histogram_quantile(&h, 0.5), 50000, 50500);
    assert_in_range(histogram_quantile(&h, 0.99), 99000, 99900);
    assert_int_equal(histogram_quantile(&h, 1), 100000);
    assert_int_equal(histogram_mean(&h), 50000);
    histogram_add(&h, UINT64_C(1) << 50);
    assert_int_equal(h.max, UINT64_C(1) << 50);
    for (uint64_t v = 0; v < 100; v++)
        histogram_add(&small, v);
    assert_int_equal(histogram_quantile(&small, 0.5), 49); /* exact below 128 */
}

static void test_faults_strike_as_often_as_told(void **state)
{
    struct faults f;
    const char *bad = NULL;
    unsigned count = 0;

    (void)state;
    faults_init(&f, 1);
    assert_false(f.is_any);
    assert_true(faults_parse(&f, "throttle=5,repeat=0.5", &bad));
    assert_true(f.is_any);
    for (int i = 0; i < 100000; i++)
        count += faults_strikes(&f, FAULT_THROTTLE);
    assert_in_range(count, 4600, 5400);
    assert_int_equal(f.struck[FAULT_THROTTLE], count);
    assert_false(faults_strikes(&f, FAULT_MUTE));
    assert_true(faults_parse(&f, "mute=100", &bad));
    for (int i = 0; i < 1000; i++)
        assert_true(faults_strikes(&f, FAULT_MUTE));
    assert_false(faults_parse(&f, "mute=1,nix=1", &bad));
    assert_string_equal(bad, "nix=1");
    assert_false(faults_parse(&f, "mute=101", &bad));
    assert_false(faults_parse(&f, "mute", &bad));
}

/* A gateway knows so many inputs back: what counts is the earliest that is on its way. */
static void test_the_earliest_input_adrift_is_kept(void **state)
{
    struct ledger_row row = {0};

    (void)state;
    ledger_on_adrift(&row, 5);
    assert_int_equal(row.adrift, 5);
    ledger_on_adrift(&row, 3);
    ledger_on_adrift(&row, 7);
    assert_int_equal(row.adrift, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_dialogue_is_clean),
        cmocka_unit_test(test_an_optional_screen_may_come),
        cmocka_unit_test(test_a_copy_of_a_screen_is_a_duplicate),
        cmocka_unit_test(test_what_comes_too_soon_is_double),
        cmocka_unit_test(test_after_a_repetition_a_screen_may_overtake_its_answer),
        cmocka_unit_test(test_by_another_connection_a_screen_may_overtake_its_answer),
        cmocka_unit_test(test_an_unknown_screen_is_wrong),
        cmocka_unit_test(test_busy_ends_without_a_fault),
        cmocka_unit_test(test_a_screen_that_never_comes),
        cmocka_unit_test(test_a_hang_up_wants_no_screen),
        cmocka_unit_test(test_what_was_eaten_is_typed_again),
        cmocka_unit_test(test_done_but_never_answered_is_told),
        cmocka_unit_test(test_quantiles_are_within_a_percent),
        cmocka_unit_test(test_faults_strike_as_often_as_told),
        cmocka_unit_test(test_the_earliest_input_adrift_is_kept),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
