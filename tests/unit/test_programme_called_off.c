/* A training that was called off: those who have a seat are told, by who calls it off, or, when
 * that was cut off or the seat was noted behind its list, by a timer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "merchants/calendar.h"
#include "merchants/programme.h"
#include "merchants/training.h"

#define MSISDN "6281200000001"
#define NOW    (INT64_C(1795453200000) + 10 * CALENDAR_HOUR_MS) /* 2026-11-24 10:00, Lampung */
#define DAY    CALENDAR_DAY_MS

static struct {
    struct programme p;
    struct menu_state state;
    struct trainings trainings;
    struct subscriber subscriber;
    uint8_t shared[TRAININGS_BYTES_MAX];
    uint8_t record[8192];
} world;

static void add_seat(unsigned place, const char *title, int64_t at_ms)
{
    struct training t = {.at_ms = at_ms, .seats = 5, .place = "Balai Desa Natar"};
    struct seat *seat = &world.subscriber.seats[place];

    text_copy(t.title, sizeof(t.title), title);
    assert_int_equal(trainings_add(&world.trainings, &t, NOW, seat->id), TRAINING_DONE);
    assert_true(training_claim(trainings_find(&world.trainings, seat->id), MSISDN));
    seat->at_ms = at_ms;
    text_copy(seat->title, sizeof(seat->title), title);
    world.subscriber.seat_count++;
}

/* Seats at two trainings; the first, L1 on the 28th, is called off. */
static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    menu_state_init(&world.state);
    subscriber_init(&world.subscriber);
    add_seat(0, "Foto produk", NOW + 4 * DAY);
    add_seat(1, "Kemasan", NOW + 6 * DAY);
    assert_true(trainings_cancel(&world.trainings, "L1"));
    return 0;
}

static void begin(int64_t now_ms)
{
    struct writer w;

    writer_init(&w, world.record, sizeof(world.record));
    subscriber_encode(&world.subscriber, &w);
    assert_true(programme_begin(&world.p, MSISDN, writer_span(&w), now_ms, &world.state));
}

static void fire(const char *kind, int64_t now_ms)
{
    struct writer w;

    begin(now_ms);
    programme_on_timer(&world.p, kind, &world.state);
    assert_int_equal(world.p.need.kind, PROGRAMME_NEEDS_SHARED);
    begin(now_ms);
    writer_init(&w, world.shared, sizeof(world.shared));
    trainings_encode(&world.trainings, &w);
    world.p.has_shared = true;
    world.p.shared = writer_span(&w);
    programme_on_timer(&world.p, kind, &world.state);
    assert_int_equal(world.p.need.kind, PROGRAMME_NEEDS_NOTHING);
    world.subscriber = world.p.subscriber;
}

static int64_t armed(const char *kind)
{
    for (unsigned i = 0; i < world.p.timer_count; i++) {
        if (strcmp(world.p.timers[i].kind, kind) == 0)
            return world.p.timers[i].due_ms;
    }
    return -1;
}

static void assert_told_of_first(void)
{
    assert_int_equal(world.p.sms_count, 1);
    assert_string_equal(world.p.sms[0], "SMS_LATIH_BATAL");
    assert_string_equal(world.p.seat.title, "Foto produk");
    assert_int_equal(world.p.change_count, 1);
    assert_string_equal(world.p.changes[0].member, "L1/" MSISDN);
    assert_string_equal(world.p.changes[0].event, "training-cancel");
    assert_string_equal(world.p.changes[0].leave_set, PROGRAMME_TRAINING_SET);
    assert_int_equal(world.subscriber.seat_count, 1);
    assert_string_equal(world.subscriber.seats[0].id, "L2");
    assert_int_equal(armed(PROGRAMME_TIMER_TRAINING), NOW + 5 * DAY); /* for the other */
}

static void test_at_once(void **state)
{
    (void)state;
    begin(NOW);
    assert_false(programme_training_cancelled(&world.p, "L3"));
    assert_false(world.p.record_changed);
    assert_true(programme_training_cancelled(&world.p, "L1"));
    world.subscriber = world.p.subscriber;
    assert_told_of_first();
}

static void test_instead_of_its_reminder(void **state)
{
    (void)state;
    fire(PROGRAMME_TIMER_TRAINING, NOW + 3 * DAY);
    assert_told_of_first();
    fire(PROGRAMME_TIMER_TRAINING, NOW + 5 * DAY);
    assert_string_equal(world.p.sms[0], "SMS_LATIH_INGAT");
}

/* A reminder that is late is none: it says "tomorrow". This one keeps people from travelling. */
static void test_late_rather_than_not(void **state)
{
    (void)state;
    fire(PROGRAMME_TIMER_TRAINING, NOW + 4 * DAY - 1);
    assert_told_of_first();
}

/* It is forgotten by who plans others, once it has begun. */
static void test_what_is_over_was_not_called_off(void **state)
{
    (void)state;
    fire(PROGRAMME_TIMER_TRAINING, NOW + 4 * DAY);
    assert_int_equal(world.p.sms_count, 0);
    assert_int_equal(world.subscriber.seat_count, 2);
}

/* One of a later format is read as none. */
static void test_a_record_without_trainings_calls_none_off(void **state)
{
    (void)state;
    memset(&world.trainings, 0, sizeof(world.trainings));
    fire(PROGRAMME_TIMER_TRAINING, NOW + 3 * DAY);
    assert_string_equal(world.p.sms[0], "SMS_LATIH_INGAT");
    assert_int_equal(world.subscriber.seat_count, 2);
}

/* Called off between the claim and its note: a look ten minutes later tells it. */
static void test_behind_the_list(void **state)
{
    (void)state;
    fire(PROGRAMME_TIMER_CLAIMS, NOW);
    assert_told_of_first();
    assert_int_equal(armed(PROGRAMME_TIMER_CLAIMS), -1); /* comes again: for another such */
    fire(PROGRAMME_TIMER_CLAIMS, NOW);
    assert_int_equal(world.p.sms_count, 0);
    assert_int_equal(armed(PROGRAMME_TIMER_CLAIMS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_at_once, setup),
        cmocka_unit_test_setup(test_instead_of_its_reminder, setup),
        cmocka_unit_test_setup(test_late_rather_than_not, setup),
        cmocka_unit_test_setup(test_what_is_over_was_not_called_off, setup),
        cmocka_unit_test_setup(test_a_record_without_trainings_calls_none_off, setup),
        cmocka_unit_test_setup(test_behind_the_list, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
