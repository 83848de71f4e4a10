/* What is kept longer than its period: found, and taken away with all that hangs on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "merchants/calendar.h"
#include "tests/support/programme.h"

#define DAY CALENDAR_DAY_MS

static const char *find_at(int64_t known_ms)
{
    struct programme_periods periods = programme_periods_default();

    world_begin();
    return programme_find_expired(&world.p.subscriber, known_ms, world.now_ms, &periods);
}

static void assert_found(const char *kind)
{
    const char *found = find_at(world.now_ms);

    if (kind == NULL)
        assert_null(found);
    else
        assert_string_equal(found, kind);
}

static void pass(int64_t ms)
{
    world.now_ms += ms;
}

static void decide(const char *regno, enum merchant_event event, const char *reason)
{
    assert_int_equal(world_decide(regno, event, reason), PROGRAMME_DONE);
}

static void test_what_officers_have_not_decided_stays(void **state)
{
    (void)state;
    world_register_merchant();
    pass(2000 * DAY);
    assert_found(NULL);
}

static void test_rejected_is_kept_for_half_a_year(void **state)
{
    const char *regno = world_register_merchant();

    (void)state;
    decide(regno, MERCHANT_EVENT_REVIEW, NULL);
    decide(regno, MERCHANT_EVENT_REJECT, "T01");
    pass(183 * DAY - 1);
    assert_found(NULL);
    pass(1);
    assert_found(PROGRAMME_TIMER_RETAIN);
    world_fire(PROGRAMME_TIMER_RETAIN);
    assert_true(world.p.is_erased);
    assert_changed(0, "DITOLAK", NULL, "expire");
    assert_string_equal(world.p.changes[0].actor, "retention");
    assert_owes("SMS_HAPUS_TANPA");
    assert_int_equal(world.record_size, 0);
}

static void test_approved_is_kept_for_two_years(void **state)
{
    const char *regno = world_register_merchant();

    (void)state;
    decide(regno, MERCHANT_EVENT_REVIEW, NULL);
    decide(regno, MERCHANT_EVENT_APPROVE, NULL);
    pass(730 * DAY - 1);
    assert_found(NULL);
    pass(1);
    assert_found(PROGRAMME_TIMER_RETAIN);
}

/* The one that is over goes; the other stays, and nobody is told. */
static void test_other_registrations_stay(void **state)
{
    char first[16];

    (void)state;
    text_copy(first, sizeof(first), world_register_merchant());
    decide(first, MERCHANT_EVENT_REVIEW, NULL);
    decide(first, MERCHANT_EVENT_REJECT, "T01");
    world_register_merchant();
    pass(200 * DAY);
    world_fire(PROGRAMME_TIMER_RETAIN);
    assert_false(world.p.is_erased);
    assert_int_equal(world.p.subscriber.merchant_count, 1);
    assert_string_not_equal(world.p.subscriber.merchants[0].regno, first);
    assert_owes(NULL);
    assert_found(NULL);
}

static void test_a_draft_is_a_new_beginning(void **state)
{
    const char *regno = world_register_merchant();

    (void)state;
    decide(regno, MERCHANT_EVENT_REVIEW, NULL);
    decide(regno, MERCHANT_EVENT_REJECT, "T01");
    pass(200 * DAY);
    world.state.has_draft = true;
    world_fire(PROGRAMME_TIMER_RETAIN);
    assert_false(world.p.is_erased);
    assert_int_equal(world.p.subscriber.merchant_count, 0);
}

static void test_tickets_that_nobody_closed(void **state)
{
    (void)state;
    world_act("telepon");
    pass(182 * DAY);
    assert_found(NULL);
    pass(2 * DAY);
    assert_found(PROGRAMME_TIMER_RETAIN);
    world_fire(PROGRAMME_TIMER_RETAIN);
    assert_changed(0, PROGRAMME_TICKET_SET, NULL, "ticket-expire");
    assert_false(world.p.is_erased); /* a number without a registration has a period of its own */
    assert_int_equal(world.p.subscriber.ticket_count, 0);
}

static void test_a_number_without_a_registration_is_forgotten(void **state)
{
    int64_t known_ms = world.now_ms;

    (void)state;
    world_act("stop");
    pass(182 * DAY);
    assert_null(find_at(known_ms));
    pass(2 * DAY);
    assert_string_equal(find_at(known_ms), PROGRAMME_TIMER_FORGET);
    world_act("telepon"); /* something is to be done again */
    assert_null(find_at(known_ms));
    world_fire(PROGRAMME_TIMER_FORGET);
    assert_false(world.p.is_erased);
    world_begin();
    assert_true(programme_finish_ticket(&world.p, world.p.subscriber.tickets[0].number));
    world_end();
    world_fire(PROGRAMME_TIMER_FORGET);
    assert_true(world.p.is_erased);
}

static void test_who_wants_news_is_remembered(void **state)
{
    int64_t known_ms = world.now_ms;

    (void)state;
    world_act("kabari");
    pass(2000 * DAY);
    assert_null(find_at(known_ms));
}

static void test_zero_is_for_ever(void **state)
{
    struct programme_periods periods = {0};
    const char *regno = world_register_merchant();

    (void)state;
    decide(regno, MERCHANT_EVENT_REVIEW, NULL);
    decide(regno, MERCHANT_EVENT_REJECT, "T01");
    pass(20000 * DAY);
    world_begin();
    assert_null(programme_find_expired(&world.p.subscriber, 0, world.now_ms, &periods));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_officers_have_not_decided_stays, world_setup),
        cmocka_unit_test_setup(test_rejected_is_kept_for_half_a_year, world_setup),
        cmocka_unit_test_setup(test_approved_is_kept_for_two_years, world_setup),
        cmocka_unit_test_setup(test_other_registrations_stay, world_setup),
        cmocka_unit_test_setup(test_a_draft_is_a_new_beginning, world_setup),
        cmocka_unit_test_setup(test_tickets_that_nobody_closed, world_setup),
        cmocka_unit_test_setup(test_a_number_without_a_registration_is_forgotten, world_setup),
        cmocka_unit_test_setup(test_who_wants_news_is_remembered, world_setup),
        cmocka_unit_test_setup(test_zero_is_for_ever, world_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
