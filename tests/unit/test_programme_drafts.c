/* Drafts of a registration: the one SMS that tells of them, and their end. */
#include "merchants/rules.h"
#include "merchants/work.h"
#include "tests/support/programme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY CALENDAR_DAY_MS
#define NOW WORLD_NOW

static void test_a_dropped_draft_is_nudged_once_by_day(void **state)
{
    int64_t morning = calendar_start_ms((struct date){2026, 11, 25}) + 8 * CALENDAR_HOUR_MS;

    (void)state;
    world_fill_draft();
    world_begin();
    world.p.touched_ms = NOW - 10 * CALENDAR_MINUTE_MS; /* went on in between */
    programme_on_timer(&world.p, PROGRAMME_TIMER_NUDGE, &world.state);
    assert_owes(NULL);
    assert_int_equal(world_armed(PROGRAMME_TIMER_NUDGE), NOW + 20 * CALENDAR_MINUTE_MS);

    world.now_ms = NOW + 12 * CALENDAR_HOUR_MS; /* 22:00 */
    world_begin();
    world.p.touched_ms = NOW;
    programme_on_timer(&world.p, PROGRAMME_TIMER_NUDGE, &world.state);
    assert_owes(NULL);
    assert_int_equal(world_armed(PROGRAMME_TIMER_NUDGE), morning);

    world.now_ms = morning;
    world_begin();
    world.p.touched_ms = NOW;
    programme_on_timer(&world.p, PROGRAMME_TIMER_NUDGE, &world.state);
    assert_owes("SMS_NUDGE");
    assert_int_equal(world_armed(PROGRAMME_TIMER_NUDGE), 0);
    assert_string_equal(world_fact("tgl_draf"),
                        "30-11-2026"); /* it goes in the course of the 1st */
}

/* Gateways find the same timer due at a time, and a commit that no replica vouches for yet is
 * stepped again on what it wrote: what was armed tells neither. */
static void test_who_finds_a_nudge_written_owes_no_other(void **state)
{
    uint8_t octets[2048];
    struct writer w;

    (void)state;
    for (unsigned drafts = 0; drafts < 2; drafts++) {
        world_fill_draft();
        world.now_ms = world.state.draft_since_ms + CALENDAR_HOUR_MS;
        world_begin();
        world.p.touched_ms = world.state.draft_since_ms;
        programme_on_timer(&world.p, PROGRAMME_TIMER_NUDGE, &world.state);
        assert_owes("SMS_NUDGE");

        writer_init(&w, octets, sizeof(octets));
        menu_state_encode(&world.state, &w);
        assert_true(menu_state_decode(&world.state, writer_span(&w)));
        world_begin();
        world.p.touched_ms = world.state.draft_since_ms;
        programme_on_timer(&world.p, PROGRAMME_TIMER_NUDGE, &world.state);
        assert_owes(NULL);
        assert_int_equal(world_armed(PROGRAMME_TIMER_NUDGE), 0);
        menu_state_clear_draft(&world.state); /* another is told of again */
    }
}

static void test_no_nudge_names_a_day_that_is_over(void **state)
{
    (void)state;
    world_fill_draft();
    world.now_ms = world.state.draft_since_ms + 7 * DAY - 30 * CALENDAR_MINUTE_MS;
    world_begin();
    world.p.touched_ms = NOW;
    programme_on_timer(&world.p, PROGRAMME_TIMER_NUDGE, &world.state);
    assert_owes("SMS_NUDGE");                                  /* the gateway had stood still */
    assert_string_equal(world_fact("tgl_draf"), "01-12-2026"); /* not the last whole one */
    assert_int_equal(world.p.sms_until_ms, world.state.draft_since_ms + 7 * DAY);

    world.state.is_nudged = false; /* as if it had stood still until now */
    world.now_ms += 30 * CALENDAR_MINUTE_MS;
    world_begin();
    world.p.touched_ms = NOW;
    programme_on_timer(&world.p, PROGRAMME_TIMER_NUDGE, &world.state);
    assert_owes(NULL); /* it is about to go */
}

static void test_no_nudge_without_a_draft_or_after_stop(void **state)
{
    (void)state;
    world_fire(PROGRAMME_TIMER_NUDGE);
    assert_owes(NULL);
    assert_int_equal(world_armed(PROGRAMME_TIMER_NUDGE), 0);
    world_fill_draft();
    world_act("stop");
    world_fire(PROGRAMME_TIMER_NUDGE);
    assert_owes(NULL);
}

static void test_a_draft_is_dropped_after_a_week(void **state)
{
    (void)state;
    world_fill_draft();
    world.now_ms += 7 * DAY - 1;
    world_fire(PROGRAMME_TIMER_DRAFT);
    assert_true(world.state.has_draft);
    assert_int_equal(world_armed(PROGRAMME_TIMER_DRAFT), NOW + 7 * DAY);
    world.now_ms += 1;
    world_fire(PROGRAMME_TIMER_DRAFT);
    assert_false(world.state.has_draft);
    assert_null(menu_state_answer(&world.state, "nama"));
    assert_int_equal(world_armed(PROGRAMME_TIMER_DRAFT), 0);
}

static void test_an_unknown_timer_is_put_off(void **state)
{
    (void)state;
    world_fire("later-version");
    assert_int_equal(world_armed("later-version"), NOW + CALENDAR_HOUR_MS);
    assert_false(world.p.record_changed);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_dropped_draft_is_nudged_once_by_day, world_setup),
        cmocka_unit_test_setup(test_who_finds_a_nudge_written_owes_no_other, world_setup),
        cmocka_unit_test_setup(test_no_nudge_names_a_day_that_is_over, world_setup),
        cmocka_unit_test_setup(test_no_nudge_without_a_draft_or_after_stop, world_setup),
        cmocka_unit_test_setup(test_a_draft_is_dropped_after_a_week, world_setup),
        cmocka_unit_test_setup(test_an_unknown_timer_is_put_off, world_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
