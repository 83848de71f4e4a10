/* Claims of seats, which the record of all trainings has, and the seats that a number has: where
 * they are not the same, the number's count. */
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
#define NOW    INT64_C(1795737600000) /* 2026-11-27 00:00 UTC */

static struct programme p;
static struct menu_state state_;
static uint8_t shared[TRAININGS_BYTES_MAX];

/* Two trainings; the number has a seat at the first of them, and a claim at the other. */
static void begin(void)
{
    static struct trainings t;
    struct training one = {.at_ms = NOW + CALENDAR_DAY_MS, .seats = 5};
    char id[TRAINING_ID_BYTES];
    struct writer w;

    memset(&t, 0, sizeof(t));
    text_copy(one.place, sizeof(one.place), "Balai");
    text_copy(one.title, sizeof(one.title), "Foto");
    assert_int_equal(trainings_add(&t, &one, NOW, id), TRAINING_DONE);
    text_copy(one.title, sizeof(one.title), "Kemasan");
    one.at_ms += CALENDAR_DAY_MS;
    assert_int_equal(trainings_add(&t, &one, NOW, id), TRAINING_DONE);
    assert_true(training_claim(&t.items[1], MSISDN));
    menu_state_init(&state_);
    assert_true(programme_begin(&p, MSISDN, span_of(NULL, 0), NOW, &state_));
    p.subscriber.seat_count = 1;
    text_copy(p.subscriber.seats[0].id, sizeof(p.subscriber.seats[0].id), t.items[0].id);
    writer_init(&w, shared, sizeof(shared));
    trainings_encode(&t, &w);
    p.shared = writer_span(&w);
}

static int64_t find_due(const char *kind)
{
    for (unsigned i = 0; i < p.timer_count; i++)
        if (strcmp(p.timers[i].kind, kind) == 0)
            return p.timers[i].due_ms;
    return -1;
}

static void test_claims_follow_the_seats(void **state)
{
    (void)state;
    begin();
    programme_on_timer(&p, PROGRAMME_TIMER_CLAIMS, &state_);
    assert_int_equal(p.need.kind, PROGRAMME_NEEDS_SHARED);
    assert_int_equal(p.timer_count, 0); /* it is not known yet that all is well */
    p.has_shared = true;
    programme_on_timer(&p, PROGRAMME_TIMER_CLAIMS, &state_);
    assert_true(p.shared_changed);
    assert_int_equal(p.trainings.items[0].taken, 1);
    assert_int_equal(p.trainings.items[1].taken, 0);
}

/* A day after a training nothing says who had a seat, only how many had. */
static void test_claims_go_when_a_training_is_over(void **state)
{
    struct trainings *t = &p.trainings;
    struct writer w;

    (void)state;
    begin();
    p.has_shared = true;
    programme_on_timer(&p, PROGRAMME_TIMER_CLAIMS, &state_); /* now the seat is claimed */
    writer_init(&w, shared, sizeof(shared));
    programme_encode_shared(&p, &w);
    p.shared = writer_span(&w);
    p.subscriber.seats[0].at_ms = t->items[0].at_ms;
    p.now_ms = t->items[0].at_ms + CALENDAR_DAY_MS;
    programme_on_timer(&p, PROGRAMME_TIMER_TRAINING, &state_);
    assert_int_equal(p.subscriber.seat_count, 0);
    assert_int_equal(find_due(PROGRAMME_TIMER_CLAIMS), p.now_ms);
    p.shared_changed = false;
    programme_on_timer(&p, PROGRAMME_TIMER_CLAIMS, &state_);
    assert_true(p.shared_changed);
    assert_int_equal(t->items[0].taken, 1);
    assert_int_equal(t->items[0].claims[0], 0);
}

/* Not before: the record may stay, when the store does not take the erasure. */
static void test_claims_go_behind_an_erasure(void **state)
{
    struct span trainings;
    bool has_watch = false;
    struct writer w;

    (void)state;
    begin();
    trainings = p.shared;
    programme_erase(&p, "officer");
    assert_false(p.shared_changed);
    assert_int_equal(p.timers[0].due_ms, NOW);
    assert_string_equal(p.timers[0].kind, PROGRAMME_TIMER_CLAIMS);
    assert_true(programme_begin(&p, MSISDN, span_of(NULL, 0), NOW, &state_));
    p.has_shared = true;
    p.shared = trainings;
    programme_on_timer(&p, PROGRAMME_TIMER_CLAIMS, &state_);
    assert_true(p.shared_changed);
    assert_int_equal(p.trainings.items[0].taken, 0);
    assert_int_equal(p.trainings.items[1].taken, 0);

    /* Written, it is looked at again, and no timer keeps the number until its ten minutes end. */
    writer_init(&w, shared, sizeof(shared));
    programme_encode_shared(&p, &w);
    assert_true(programme_begin(&p, MSISDN, span_of(NULL, 0), NOW, &state_));
    p.has_shared = true;
    p.shared = writer_span(&w);
    programme_on_timer(&p, PROGRAMME_TIMER_CLAIMS, &state_);
    assert_false(p.shared_changed);
    for (unsigned i = 0; i < p.timer_count; i++) {
        assert_int_equal(p.timers[i].due_ms, 0);
        has_watch = has_watch || strcmp(p.timers[i].kind, programme_watch(NOW)) == 0;
    }
    assert_true(has_watch);
    assert_int_equal(p.timer_count, 5); /* the one at hand, and each that a dialogue may have set */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_claims_follow_the_seats),
                                       cmocka_unit_test(test_claims_go_when_a_training_is_over),
                                       cmocka_unit_test(test_claims_go_behind_an_erasure)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
