/* Seats on a real turn engine and the store in memory: claimed in the shared record, noted in the
 * subscriber's own, and whether the two agree in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "merchants/calendar.h"
#include "merchants/programme.h"
#include "tests/support/seats_rig.h"

/* Without waiting for the screen. */
static void press_one(unsigned phone)
{
    struct dialect_input input = turn_rig_input(phone, DIALECT_ANSWER, "*384#", "1");

    turn_rig_deliver(&input);
}

/* --- what is shown -------------------------------------------------------------------------- */
static void test_a_seat_is_taken_and_given_back(void **state)
{
    (void)state;
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4#"), "Belum ada jadwal");
    seats_rig_plan(1);
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1#"),
                           "Foto produk\n28-11-26 10.00\nBalai Desa Natar\n"
                           "Sisa kursi: 1\n");
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Anda terdaftar pelatihan 28-11-26 10.00");
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0],
                           "#TerusUsaha: Anda terdaftar pelatihan Foto produk");
    turn_rig_assert_begins(turn_rig_dial(1, "*384*4*1*1#"),
                           "Maaf, kursi sudah penuh.\nFoto produk\n");
    turn_rig_assert_begins(turn_rig_sms(0, "BATAL"),
                           "#TerusUsaha: keikutsertaan pelatihan 28-11-26 10.00 dibatalkan");
    turn_rig_pass(2000);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
    turn_rig_assert_begins(turn_rig_type(1, "1"), "Anda terdaftar pelatihan");
}

/* A phone that is switched on again on the day of the training is not told that it is tomorrow. */
static void test_a_reminder_is_kept_while_it_is_true(void **state)
{
    int64_t day_ms = calendar_start_ms(calendar_date_at(TURN_RIG_NOW + 4 * CALENDAR_DAY_MS));

    (void)state;
    seats_rig_plan(5);
    turn_rig_dial(0, "*384*4*1*1#");
    assert_int_equal(turn_rig.sms_validity_s, 3 * 86400);
    seats_rig_wake_at(day_ms - 14 * CALENDAR_HOUR_MS);
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0], "#TerusUsaha: besok pelatihan");
    assert_in_range(turn_rig.sms_validity_s, 14 * 3600 - 10, 14 * 3600);
}

/* As `warungctl trainings cancel` does it, and is cut off before it tells anybody. */
static void call_off(void)
{
    struct trainings t = *seats_rig_read();

    assert_true(trainings_cancel(&t, "L1"));
    seats_rig_write(&t, seats_rig_read_as_another().trainings_version);
}

static void assert_told_of_cancel(void)
{
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0],
                           "#TerusUsaha: keikutsertaan pelatihan 28-11-26 10.00 dibatalkan");
}

static void test_no_reminder_of_what_was_called_off(void **state)
{
    (void)state;
    seats_rig_plan(5);
    turn_rig_dial(0, "*384*4*1*1#");
    call_off();
    seats_rig_wake_at(TURN_RIG_NOW + 3 * CALENDAR_DAY_MS);
    assert_told_of_cancel();
    seats_rig_wake_at(TURN_RIG_NOW + 5 * CALENDAR_DAY_MS);
    assert_int_equal(turn_rig.phones[0].sms_count, 0);
}

static void test_one_seat_for_two_at_once(void **state)
{
    unsigned booked = 0, refused = 0;

    (void)state;
    seats_rig_plan(1);
    turn_rig_dial(0, "*384*4*1#");
    turn_rig_dial(1, "*384*4*1#");
    press_one(0);
    press_one(1);
    turn_rig_settle();
    for (unsigned i = 0; i < 2; i++) {
        booked += strncmp(turn_rig.phones[i].screen, "Anda terdaftar", 14) == 0;
        refused += strncmp(turn_rig.phones[i].screen, "Maaf, kursi", 11) == 0;
    }
    assert_int_equal(booked, 1);
    assert_int_equal(refused, 1);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
}

static void test_two_seats_for_two_at_once(void **state)
{
    (void)state;
    seats_rig_plan(5);
    turn_rig_dial(0, "*384*4*1#");
    turn_rig_dial(1, "*384*4*1#");
    press_one(0);
    press_one(1);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar");
    turn_rig_assert_begins(turn_rig.phones[1].screen, "Anda terdaftar");
    assert_int_equal(seats_rig_read()->items[0].taken, 2);
}

/* Called off while the commit that is to note the seat is under way: who has one is listed already.
 */
static void test_a_seat_that_is_noted_behind_a_cancel_is_told(void **state)
{
    (void)state;
    seats_rig_plan(5);
    turn_rig_dial(0, "*384*4*1#");
    seats_rig_claim_slowly();
    call_off();
    turn_rig_pass(1000);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar pelatihan");
    seats_rig_wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_told_of_cancel();
    seats_rig_wake_at(TURN_RIG_NOW + 3 * CALENDAR_DAY_MS);
    assert_int_equal(turn_rig.phones[0].sms_count, 0);
}

/* Somebody else claims at the same moment. The timer is stored already, and not written anew with
 * each try: of many at once each loses as many. */
static void test_a_claim_that_lost_is_tried_again_without_another_timer(void **state)
{
    (void)state;
    seats_rig_plan(2);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_CONFLICTING, .there_ms = 50});
    press_one(0);
    turn_rig_pass(30);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 200});
    turn_rig_pass(100);
    assert_int_equal(seats_rig_read()->items[0].taken, 1); /* and that one notes it */
    turn_rig_pass(200);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar pelatihan");
}

/* Nothing is claimed before it is stored: a kill would leave the seat taken. */
static void test_no_claim_without_its_timer(void **state)
{
    (void)state;
    seats_rig_plan(1);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED});
    press_one(0);
    turn_rig_settle();
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
}

/* The gateway is killed between the two writes, and the subscriber does not try again. */
static void test_a_claim_that_nobody_noted_is_given_back(void **state)
{
    (void)state;
    seats_rig_plan(1);
    turn_rig_dial(0, "*384*4*1#");
    seats_rig_claim_slowly();
    turn_rig_restart();
    turn_rig_pass(1000);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
    seats_rig_wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
    turn_rig_assert_begins(turn_rig_dial(1, "*384*4*1*1#"), "Anda terdaftar pelatihan");
    seats_rig_wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
}

/* Another gateway is looking after the claims, and has seen none, when this one makes one and is
 * killed: what that gateway takes away is the timer that it went by. */
static void test_a_claim_keeps_its_own_timer(void **state)
{
    (void)state;
    seats_rig_plan(1);
    turn_rig_change_gateway();
    turn_rig_dial(0, "*384*4*1#");
    turn_drain(turn_rig.engine); /* it takes no timers */
    turn_rig_change_gateway();
    seats_rig_arm_look();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 1000});
    for (unsigned i = 0; i < 500 && store_memory_pending(turn_rig.store) == 0; i++)
        turn_rig_pass(10);
    turn_rig_change_gateway();
    seats_rig_claim_slowly();
    turn_rig_restart();
    turn_drain(turn_rig.engine);
    turn_rig_pass(2000);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
    seats_rig_wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
}

/* Nobody knows whether the claim was written: given back at once where it was; or it is, after the
 * gateway has looked whether it was. */
static void test_a_claim_that_comes_late_is_given_back(void **state)
{
    (void)state;
    seats_rig_plan(1);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_DONE});
    press_one(0);
    turn_rig_pass(1000);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_LATE, .late_ms = 2000});
    press_one(0);
    turn_rig_pass(1000);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
    turn_rig_pass(2000);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
    seats_rig_wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
}

static void let_next_claim_lose(void)
{
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_CONFLICTING, .there_ms = 100});
}

/* While many join it is given up, and comes again by its timer. */
static void test_giving_back_gives_way_to_who_joins(void **state)
{
    (void)state;
    seats_rig_plan(1);
    seats_rig_leave_a_claim();
    let_next_claim_lose();
    for (unsigned i = 0; i < 200 && store_memory_pending(turn_rig.store) == 0; i++)
        turn_rig_pass(10);
    for (unsigned i = 0; i < 3; i++) {
        let_next_claim_lose();
        turn_rig_pass(100);
        assert_int_equal(store_memory_pending(turn_rig.store), 1);
    }
    turn_rig_pass(100);
    assert_int_equal(store_memory_pending(turn_rig.store), 0);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
    turn_rig_pass(3000);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
}

/* A claim that nobody noted is being given back when the subscriber joins anew, and that write
 * comes late: it finds another record. */
static void test_a_late_write_gives_no_seat_back(void **state)
{
    (void)state;
    seats_rig_plan(1);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 50});
    press_one(0);
    turn_rig_pass(30);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_LOAD,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED, .back_ms = 50});
    turn_rig_pass(50);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){
                              .kind = STORE_MEMORY_UNKNOWN_LATE, .back_ms = 300, .late_ms = 2000});
    turn_rig_pass(100);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1*1#"), "Anda terdaftar pelatihan");
    turn_rig_pass(3000);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
}

/* It is due with a gateway that has a copy of the record from before the seat was taken. */
static void test_a_timer_goes_by_the_record_in_the_store(void **state)
{
    uint64_t version;

    (void)state;
    seats_rig_plan(1);
    turn_rig_dial(0, "*384#");
    turn_rig_change_gateway();
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1*1#"), "Anda terdaftar pelatihan");
    version = seats_rig_read_as_another().trainings_version;
    turn_drain(turn_rig.engine); /* it takes no timers */
    turn_rig_change_gateway();
    seats_rig_wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_true(seats_rig_read_as_another().trainings_version == version);
}

/* A claim is given back by the gateway that made it, and the seat is somebody else's, when another
 * gateway has read of that claim and is about to note it. */
static void test_a_claim_that_is_given_back_meanwhile_is_not_noted(void **state)
{
    struct trainings t;
    struct seats_rig_other o;

    (void)state;
    seats_rig_plan(1);
    turn_rig_dial(0, "*384*4*1#");
    seats_rig_claim_slowly();
    t = *seats_rig_read();
    training_release(&t.items[0], turn_rig.phones[0].msisdn);
    assert_true(training_claim(&t.items[0], turn_rig.phones[1].msisdn));
    o = seats_rig_read_as_another();
    seats_rig_write(&t, o.trainings_version);
    assert_int_equal(seats_rig_note_as_another(&o), STORE_OK);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Maaf, kursi sudah penuh.");
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
}

/* An officer erases while the seat is claimed, and the commit that would note it is under way. */
static void test_an_erasure_leaves_no_claim(void **state)
{
    (void)state;
    seats_rig_plan(1);
    turn_rig_dial(0, "*384*4*1#");
    seats_rig_claim_slowly();
    turn_rig_erase_all(0);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->conflicts, 1);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
    turn_rig_assert_begins(turn_rig_dial(1, "*384*4*1*1#"), "Anda terdaftar pelatihan");
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_a_seat_is_taken_and_given_back),
        ON_RIG(test_a_reminder_is_kept_while_it_is_true),
        ON_RIG(test_no_reminder_of_what_was_called_off),
        ON_RIG(test_a_seat_that_is_noted_behind_a_cancel_is_told),
        ON_RIG(test_one_seat_for_two_at_once),
        ON_RIG(test_two_seats_for_two_at_once),
        ON_RIG(test_a_claim_that_lost_is_tried_again_without_another_timer),
        ON_RIG(test_no_claim_without_its_timer),
        ON_RIG(test_a_claim_that_nobody_noted_is_given_back),
        ON_RIG(test_a_claim_keeps_its_own_timer),
        ON_RIG(test_a_claim_that_comes_late_is_given_back),
        ON_RIG(test_giving_back_gives_way_to_who_joins),
        ON_RIG(test_a_late_write_gives_no_seat_back),
        ON_RIG(test_a_timer_goes_by_the_record_in_the_store),
        ON_RIG(test_a_claim_that_is_given_back_meanwhile_is_not_noted),
        ON_RIG(test_an_erasure_leaves_no_claim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
