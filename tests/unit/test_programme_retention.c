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
    world.now_ms += CALENDAR_SECOND_MS; /* each change has a second of its own */
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

static void test_a_ticket_beside_an_old_one_stays(void **state)
{
    (void)state;
    world_act("telepon");
    pass(183 * DAY);
    world_act("penipuan");
    pass(DAY);
    world_fire(PROGRAMME_TIMER_RETAIN);
    assert_int_equal(world.p.subscriber.ticket_count, 1);
    assert_int_equal(world.p.subscriber.tickets[0].kind, TICKET_FRAUD);
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

/* --- an erasure that was asked for, and a new beginning before it is due ---------------------- */

static void erase_when_due(int64_t asked_ms)
{
    world.now_ms = asked_ms + 48 * CALENDAR_HOUR_MS;
    world_fire(PROGRAMME_TIMER_ERASE);
}

static int64_t ask_to_erase(void)
{
    world.now_ms += CALENDAR_HOUR_MS;
    assert_string_equal(world_act("hapus"), "diterima");
    world.now_ms += CALENDAR_HOUR_MS;
    return world.now_ms - CALENDAR_HOUR_MS;
}

static void test_a_registration_since_the_request_stays(void **state)
{
    char old[MERCHANT_REGNO_BYTES], since[MERCHANT_REGNO_BYTES];
    int64_t asked_ms;

    (void)state;
    text_copy(old, sizeof(old), world_register_merchant());
    world_act("telepon");
    world_act("kabari");
    asked_ms = ask_to_erase();
    text_copy(since, sizeof(since), world_register_merchant());
    decide(since, MERCHANT_EVENT_REVIEW, NULL);
    decide(since, MERCHANT_EVENT_APPROVE, NULL);
    erase_when_due(asked_ms);
    assert_false(world.p.is_erased);
    assert_owes("SMS_HAPUS_SELESAI");
    assert_int_equal(world.p.subscriber.merchant_count, 1);
    assert_string_equal(world_merchant_at(0)->regno, since);
    assert_int_equal(world_merchant_at(0)->status, MERCHANT_DISETUJUI);
    assert_int_equal(world.p.subscriber.ticket_count, 0);
    assert_false(world.p.subscriber.training_news);
    assert_int_equal(world_armed(PROGRAMME_TIMER_ERASE), 0);
    assert_int_equal(world.p.change_count, 4);
    assert_changed(0, PROGRAMME_NEWS_SET, NULL, "news-off");
    assert_changed(1, "TERKIRIM", NULL, "erase");
    assert_string_equal(world.p.changes[1].member, old);
    assert_changed(2, PROGRAMME_TICKET_SET, NULL, "erase");
    assert_changed(3, PROGRAMME_TICKET_SET, NULL, "erase");
}

/* ... of who had no registration before, too: a draft, which goes at once, and so do its timers. */
static void test_the_first_registration_since_the_request_stays(void **state)
{
    int64_t asked_ms;

    (void)state;
    world_fill_draft();
    asked_ms = ask_to_erase();
    assert_false(world.state.has_draft);
    assert_int_equal(world_armed(PROGRAMME_TIMER_NUDGE), 0);
    assert_int_equal(world_armed(PROGRAMME_TIMER_DRAFT), 0);
    world_register_merchant();
    erase_when_due(asked_ms);
    assert_false(world.p.is_erased);
    assert_int_equal(world.p.subscriber.merchant_count, 1);
}

/* What was promised since, too, though it had been promised before. */
static void test_a_call_and_news_since_the_request_stay(void **state)
{
    int64_t asked_ms;

    (void)state;
    world_register_merchant();
    world_act("telepon");
    world_act("kabari");
    asked_ms = ask_to_erase();
    world_register_merchant();
    world_act("telepon");
    world_act("kabari");
    erase_when_due(asked_ms);
    assert_false(world.p.is_erased);
    assert_int_equal(world.p.subscriber.ticket_count, 1);
    assert_int_equal(world.p.subscriber.tickets[0].kind, TICKET_CALL);
    assert_true(world.p.subscriber.training_news);
}

/* Asked for once more, and nothing else: that is written, too. */
static void test_a_ticket_that_is_asked_for_since_stays(void **state)
{
    static const char *const actions[] = {"penipuan", "minta_ubah", "macet"};

    for (unsigned i = 0; i < 3; i++) {
        int64_t asked_ms;

        world_setup(state);
        world_register_merchant();
        world_act(actions[i]);
        asked_ms = ask_to_erase();
        world_register_merchant();
        world_act(actions[i]);
        erase_when_due(asked_ms);
        assert_false(world.p.is_erased);
        assert_int_equal(world.p.subscriber.ticket_count, 1);
    }
}

/* ... unless they were declined behind that: an erasure asks for nothing. */
static void test_news_that_were_stopped_since_stay_stopped(void **state)
{
    int64_t asked_ms;

    (void)state;
    world_register_merchant();
    asked_ms = ask_to_erase();
    world_register_merchant();
    world_act("kabari");
    world_act("stop");
    erase_when_due(asked_ms);
    assert_false(world.p.is_erased);
    assert_false(world.p.subscriber.training_news);
}

/* Asked again, that is meant as well. */
static void test_asked_again_a_call_and_news_go(void **state)
{
    int64_t asked_ms;

    (void)state;
    world_register_merchant();
    asked_ms = ask_to_erase();
    world_act("telepon");
    world_act("kabari");
    ask_to_erase();
    world_register_merchant();
    erase_when_due(asked_ms);
    assert_false(world.p.is_erased);
    assert_int_equal(world.p.subscriber.ticket_count, 0);
    assert_false(world.p.subscriber.training_news);
}

static void test_asked_again_the_registration_since_goes_too(void **state)
{
    int64_t asked_ms;

    (void)state;
    world_register_merchant();
    asked_ms = ask_to_erase();
    world_register_merchant();
    ask_to_erase();
    erase_when_due(asked_ms); /* as promised to the first request */
    assert_true(world.p.is_erased);
    assert_int_equal(world.record_size, 0);
}

/* Two gateways' clocks differ: what was sent by the one that is ahead was there all the same. */
static void test_a_request_by_a_clock_behind_means_what_was_sent(void **state)
{
    int64_t asked_ms;

    (void)state;
    world_register_merchant();
    world.now_ms -= CALENDAR_HOUR_MS + 60000;
    asked_ms = ask_to_erase();
    erase_when_due(asked_ms);
    assert_true(world.p.is_erased);
    assert_int_equal(world.record_size, 0);
}

static void test_asked_again_by_a_clock_behind_that_goes_too(void **state)
{
    int64_t asked_ms;

    (void)state;
    asked_ms = ask_to_erase();
    world_register_merchant();
    world.now_ms -= CALENDAR_HOUR_MS + 60000;
    ask_to_erase();
    erase_when_due(asked_ms);
    assert_true(world.p.is_erased);
}

/* ... and what is sent by the one that is behind is sent since. */
static void test_a_registration_since_by_a_clock_behind_stays(void **state)
{
    char since[MERCHANT_REGNO_BYTES];
    int64_t asked_ms;

    (void)state;
    world_register_merchant();
    asked_ms = ask_to_erase();
    world.now_ms = asked_ms - 60000;
    text_copy(since, sizeof(since), world_register_merchant());
    erase_when_due(asked_ms);
    assert_false(world.p.is_erased);
    assert_int_equal(world.p.subscriber.merchant_count, 1);
    assert_string_equal(world_merchant_at(0)->regno, since);
}

/* ... also where the registration that the request means was sent by the one that is ahead, or the
 * request itself was taken by that. */
static void test_a_draft_since_by_a_clock_behind_stays(void **state)
{
    for (int ahead_s = -20; ahead_s <= 20; ahead_s += 20) {
        int64_t asked_ms;

        world_setup(state);
        world_register_merchant();
        world.now_ms -= CALENDAR_HOUR_MS + 60000;
        asked_ms = ask_to_erase();
        world.now_ms = asked_ms - ahead_s * 1000;
        world_fill_draft();
        erase_when_due(asked_ms);
        assert_false(world.p.is_erased);
        assert_true(world.state.has_draft);
        assert_int_equal(world.p.subscriber.merchant_count, 0);
    }
}

/* So with what is asked for by SMS, but for what was begun before it was asked for again. */
static void test_half_a_registration_since_by_a_clock_behind_stays(void **state)
{
    for (unsigned i = 0; i < 4; i++) {
        bool again = i % 2 != 0, is_ahead = i / 2 != 0;
        int64_t asked_ms;

        world_setup(state);
        world_register_merchant();
        world.now_ms -= CALENDAR_HOUR_MS + 60000;
        asked_ms = ask_to_erase();
        world.now_ms = asked_ms + (is_ahead ? -20000 : 20000);
        world_answer("sms_nama", "BUDI SANTOSO");
        assert_string_equal(world_act("sms_daftar"), "kurang");
        if (again)
            ask_to_erase();
        erase_when_due(asked_ms);
        assert_int_equal(world.p.is_erased, again);
        assert_string_equal(world.p.subscriber.pending.name, again ? "" : "BUDI SANTOSO");
    }
}

/* So does a ticket, asked for anew or once more. */
static void test_a_ticket_since_by_a_clock_behind_stays(void **state)
{
    for (unsigned was_open = 0; was_open < 2; was_open++) {
        int64_t asked_ms;

        world_setup(state);
        if (was_open)
            world_act("penipuan");
        world_register_merchant();
        world.now_ms -= CALENDAR_HOUR_MS + 60000;
        asked_ms = ask_to_erase();
        world.now_ms = asked_ms + 20000;
        world_act("penipuan");
        world.now_ms += 60000;
        world_register_merchant();
        erase_when_due(asked_ms);
        assert_false(world.p.is_erased);
        assert_int_equal(world.p.subscriber.merchant_count, 1);
        assert_int_equal(world.p.subscriber.ticket_count, 1);
        assert_int_equal(world.p.subscriber.tickets[0].kind, TICKET_FRAUD);
    }
}

static void test_a_draft_since_the_request_stays(void **state)
{
    int64_t asked_ms;

    (void)state;
    world_register_merchant();
    asked_ms = ask_to_erase();
    world_fill_draft();
    erase_when_due(asked_ms);
    assert_false(world.p.is_erased);
    assert_true(world.state.has_draft);
    assert_int_equal(world.p.subscriber.merchant_count, 0);
}

static void test_a_draft_from_before_the_request_goes(void **state)
{
    int64_t asked_ms;

    (void)state;
    world_fill_draft();
    asked_ms = ask_to_erase();
    world_answer("sms_nama", "BUDI SANTOSO");
    assert_string_equal(world_act("sms_daftar"), "kurang");
    erase_when_due(asked_ms);
    assert_false(world.p.is_erased);
    assert_false(world.state.has_draft);
    assert_int_not_equal(world.p.subscriber.pending_since_ms, 0);
    assert_string_equal(world.p.subscriber.pending.name, "BUDI SANTOSO");
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

/* Half a place that came after the order is of what is to be erased, and no new beginning. */
static void test_erasure_takes_half_a_place(void **state)
{
    (void)state;
    world_register_merchant();
    world_act("hapus");
    world.now_ms += 24 * CALENDAR_HOUR_MS;
    world_answer("sms_kab", "1871");
    assert_string_equal(world_act("sms_isi"), "kurang");
    world.now_ms += 24 * CALENDAR_HOUR_MS;
    world_fire(PROGRAMME_TIMER_ERASE);
    assert_true(world.p.is_erased);
    assert_owes("SMS_HAPUS_SELESAI");
    assert_int_equal(world.record_size, 0);
}

/* ... and of one that was sent after the order, it stays with that. */
static void test_erasure_leaves_half_a_place_of_what_stays(void **state)
{
    char fresh[16];

    (void)state;
    world_register_merchant();
    world_act("hapus");
    world.now_ms += CALENDAR_HOUR_MS;
    text_copy(fresh, sizeof(fresh), world_register_merchant());
    decide(fresh, MERCHANT_EVENT_REVIEW, NULL);
    decide(fresh, MERCHANT_EVENT_FIX, "P01");
    world.now_ms += 24 * CALENDAR_HOUR_MS;
    world_answer("sms_kab", "1806");
    assert_string_equal(world_act("sms_isi"), "kurang");
    world.now_ms += 23 * CALENDAR_HOUR_MS;
    world_fire(PROGRAMME_TIMER_ERASE);
    assert_false(world.p.is_erased);
    assert_int_equal(world.p.subscriber.merchant_count, 1);
    assert_string_equal(world.p.subscriber.pending.regno, fresh);
    assert_int_not_equal(world.p.subscriber.pending_since_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_erasure_takes_half_a_place, world_setup),
        cmocka_unit_test_setup(test_erasure_leaves_half_a_place_of_what_stays, world_setup),
        cmocka_unit_test_setup(test_what_officers_have_not_decided_stays, world_setup),
        cmocka_unit_test_setup(test_rejected_is_kept_for_half_a_year, world_setup),
        cmocka_unit_test_setup(test_approved_is_kept_for_two_years, world_setup),
        cmocka_unit_test_setup(test_other_registrations_stay, world_setup),
        cmocka_unit_test_setup(test_a_draft_is_a_new_beginning, world_setup),
        cmocka_unit_test_setup(test_tickets_that_nobody_closed, world_setup),
        cmocka_unit_test_setup(test_a_ticket_beside_an_old_one_stays, world_setup),
        cmocka_unit_test_setup(test_a_number_without_a_registration_is_forgotten, world_setup),
        cmocka_unit_test_setup(test_who_wants_news_is_remembered, world_setup),
        cmocka_unit_test_setup(test_a_registration_since_the_request_stays, world_setup),
        cmocka_unit_test_setup(test_the_first_registration_since_the_request_stays, world_setup),
        cmocka_unit_test_setup(test_a_call_and_news_since_the_request_stay, world_setup),
        cmocka_unit_test_setup(test_news_that_were_stopped_since_stay_stopped, world_setup),
        cmocka_unit_test_setup(test_a_ticket_that_is_asked_for_since_stays, world_setup),
        cmocka_unit_test_setup(test_asked_again_a_call_and_news_go, world_setup),
        cmocka_unit_test_setup(test_asked_again_the_registration_since_goes_too, world_setup),
        cmocka_unit_test_setup(test_a_request_by_a_clock_behind_means_what_was_sent, world_setup),
        cmocka_unit_test_setup(test_asked_again_by_a_clock_behind_that_goes_too, world_setup),
        cmocka_unit_test_setup(test_a_registration_since_by_a_clock_behind_stays, world_setup),
        cmocka_unit_test_setup(test_a_draft_since_by_a_clock_behind_stays, world_setup),
        cmocka_unit_test_setup(test_half_a_registration_since_by_a_clock_behind_stays, world_setup),
        cmocka_unit_test_setup(test_a_ticket_since_by_a_clock_behind_stays, world_setup),
        cmocka_unit_test_setup(test_a_draft_since_the_request_stays, world_setup),
        cmocka_unit_test_setup(test_a_draft_from_before_the_request_goes, world_setup),
        cmocka_unit_test_setup(test_zero_is_for_ever, world_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
