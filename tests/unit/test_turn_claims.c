/* One claim of a seat and two gateways on a real turn engine and the store in memory: one that
 * makes and notes it, and one that gives it back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "merchants/calendar.h"
#include "merchants/programme.h"
#include "tests/support/menus.h"
#include "tests/support/seats_rig.h"

/* Another gateway has made a claim and read of it, and is about to note it, when this one is about
 * to give it back: either that commit loses, or the claim stays. Also of a number without a record.
 */
static void meet_who_notes(bool has_session)
{
    struct seats_rig_other o;

    seats_rig_plan(1);
    if (has_session)
        turn_rig_dial(0, "*384#");
    seats_rig_leave_a_claim();
    o = seats_rig_read_as_another();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 500});
    for (unsigned i = 0; i < 20 && seats_rig_read_as_another().session_version == o.session_version;
         i++)
        turn_rig_pass(50);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
    assert_int_equal(seats_rig_note_as_another(&o), STORE_CONFLICT);
    turn_rig_pass(1000);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
}

static void test_who_notes_a_claim_meets_who_gives_it_back(void **state)
{
    (void)state;
    meet_who_notes(true);
}

static void test_who_is_new_meets_who_gives_his_claim_back(void **state)
{
    (void)state;
    meet_who_notes(false);
    seats_rig_wake_at(turn_rig.wall_ms + 2000); /* and nothing of the number stays */
    assert_int_equal(seats_rig_read_as_another().session_version, 0);
}

/* The session that is made for it goes by itself: who gives back may be killed behind it, another
 * have taken the timer away, and the number be that of who was erased. */
static void test_who_gives_a_claim_back_leaves_no_session(void **state)
{
    (void)state;
    seats_rig_plan(1);
    seats_rig_leave_a_claim();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 500});
    for (unsigned i = 0; i < 20 && seats_rig_read_as_another().session_version == 0; i++)
        turn_rig_pass(50);
    assert_int_not_equal(seats_rig_read_as_another().session_version, 0);
    turn_rig.wall_ms += 61 * (int64_t)1000;
    assert_int_equal(seats_rig_read_as_another().session_version, 0);
}

/* Nor does who is killed between a claim of who is new and the commit that is to note it. */
static void test_a_first_claim_leaves_no_session(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*4*1*1#");

    (void)state;
    seats_rig_plan(1);
    seats_rig_claim_slowly_by(&input, 200);
    turn_rig_restart();
    assert_int_not_equal(seats_rig_read_as_another().session_version, 0);
    turn_rig.wall_ms += (turn_rig.settings.session_idle_s + 1) * (int64_t)1000;
    assert_int_equal(seats_rig_read_as_another().session_version, 0);
}

/* ... an officer having erased him, before the commit comes, which is under way for so long. */
static void let_claim_be_given_back(unsigned ms)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*4*1*1#");

    seats_rig_plan(1);
    seats_rig_claim_slowly_by(&input, ms);
    turn_rig_change_gateway();
    turn_rig_end_session(0);
    seats_rig_arm_look();
    turn_rig_pass(ms - 200);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
}

/* The other is long done, and has left nothing of the number. */
static void test_who_is_new_notes_behind_who_gave_his_claim_back(void **state)
{
    (void)state;
    let_claim_be_given_back(4000);
    assert_int_equal(seats_rig_read_as_another().session_version, 0);
    store_memory_set_next(turn_rig.other_store, STORE_MEMORY_COMMIT, /* somebody makes a session */
                          (struct store_memory_fate){.kind = STORE_MEMORY_CONFLICTING});
    turn_rig_pass(700);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar pelatihan");
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
}

/* The claim is made anew, and nobody notes it: with the first the other took away its timer. */
static void test_a_claim_that_is_made_anew_has_a_timer(void **state)
{
    (void)state;
    let_claim_be_given_back(1500);
    store_memory_set_next(turn_rig.other_store, STORE_MEMORY_SHARED_LOAD,
                          (struct store_memory_fate){.there_ms = 400});
    turn_rig_pass(300);
    store_memory_set_next(turn_rig.other_store, STORE_MEMORY_SHARED_LOAD,
                          (struct store_memory_fate){.there_ms = 3000});
    turn_rig_pass(400);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
    turn_rig_change_gateway();
    turn_rig_restart();
    seats_rig_wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
}

/* It has been stored that a claim is to come, and there is none when another gateway looks after
 * those of who is new; who makes it is killed behind it. */
static void look_before_the_claim(bool was_looked_after)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*4*1*1#");

    seats_rig_plan(1);
    turn_rig_change_gateway();
    turn_rig_change_gateway();
    if (was_looked_after)
        seats_rig_leave_a_claim();
    for (unsigned i = 0; i < 200 && was_looked_after && seats_rig_read()->items[0].taken != 0; i++)
        turn_rig_pass(10);
    assert_int_equal(seats_rig_read_as_another().session_version != 0, was_looked_after);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 3000, .back_ms = 1000});
    turn_rig_deliver(&input);
    turn_rig_pass(50);
    turn_rig_change_gateway();
    seats_rig_arm_look();
    turn_rig_pass(2500);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
    turn_rig_pass(600);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
    turn_rig_change_gateway();
    turn_rig_restart();
    seats_rig_wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
}

static void test_a_claim_that_is_to_come_keeps_its_timer(void **state)
{
    (void)state;
    look_before_the_claim(false);
}

/* ... when there is a session, but one that is nobody's. */
static void test_a_second_claim_that_is_to_come_keeps_its_timer(void **state)
{
    (void)state;
    look_before_the_claim(true);
}

/* ... also where the other has read that there is no session, and one is made behind that. */
static void test_a_timer_is_not_taken_away_by_what_was_read_before(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*4*1*1#");

    (void)state;
    seats_rig_plan(1);
    turn_rig_change_gateway();
    turn_rig_dial(1, "*384#");
    seats_rig_arm_look();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 1000});
    turn_rig_change_gateway();
    turn_drain(turn_rig.engine); /* it takes no timers */
    for (unsigned i = 0; i < 500 && store_memory_pending(turn_rig.other_store) == 0; i++)
        turn_rig_pass(10);
    assert_int_equal(store_memory_pending(turn_rig.other_store), 1);
    turn_rig_restart();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 3000, .back_ms = 1000});
    turn_rig_deliver(&input);
    turn_rig_pass(3100);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
    turn_rig_restart();
    seats_rig_wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
}

/* ... and this one notes it, which another gateway is about to give back. */
static void test_a_claim_is_written_anew_by_who_notes_it(void **state)
{
    struct trainings t;
    struct seats_rig_other o;

    (void)state;
    seats_rig_plan(1);
    turn_rig_dial(0, "*384*4*1#");
    seats_rig_leave_a_claim();
    turn_drain(turn_rig.engine); /* it takes no timers */
    o = seats_rig_read_as_another();
    t = *seats_rig_read();
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Anda terdaftar pelatihan");
    training_release(&t.items[0], turn_rig.phones[0].msisdn);
    assert_int_equal(seats_rig_try_write(&t, o.trainings_version), STORE_CONFLICT);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
}

/* ... each time that it has read the number's record, which another may have written as it was. */
static void test_a_claim_is_written_anew_with_each_try(void **state)
{
    struct trainings t;
    struct seats_rig_other o;

    (void)state;
    seats_rig_plan(1);
    turn_rig_dial(0, "*384*4*1#");
    seats_rig_claim_slowly();
    o = seats_rig_read_as_another();
    t = *seats_rig_read();
    assert_int_equal(seats_rig_note_as_another(&o), STORE_OK);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar pelatihan");
    assert_int_equal(seats_rig_try_write(&t, o.trainings_version), STORE_CONFLICT);
}

/* This one is giving a claim back that another has written anew meanwhile, and notes then. */
static void test_a_claim_that_was_written_anew_is_not_given_back(void **state)
{
    struct trainings t;
    struct seats_rig_other o;

    (void)state;
    seats_rig_plan(1);
    turn_rig_dial(0, "*384*4*1#");
    seats_rig_leave_a_claim();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 200, .back_ms = 1500});
    o = seats_rig_read_as_another();
    for (unsigned i = 0;
         i < 200 && seats_rig_read_as_another().session_version == o.session_version; i++)
        turn_rig_pass(10);
    assert_true(seats_rig_read_as_another().session_version != o.session_version);
    o = seats_rig_read_as_another();
    t = *seats_rig_read();
    seats_rig_write(&t, o.trainings_version);
    turn_rig_pass(250);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT, /* it would be seen */
                          (struct store_memory_fate){.back_ms = 500});
    turn_rig_change_gateway();
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1*1#"), "Anda terdaftar pelatihan");
    for (unsigned i = 0; i < 300; i++) { /* nor for a moment, in which another could have it */
        turn_rig_pass(10);
        assert_int_equal(seats_rig_read()->items[0].taken, 1);
    }
}

/* Who looked after it would read the record of all trainings once more for each seat. */
static void test_a_claim_that_is_noted_is_not_looked_after(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*4*1*1#");

    (void)state;
    seats_rig_plan(1);
    seats_rig_claim_slowly_by(&input, 200);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_LOAD,
                          (struct store_memory_fate){.there_ms = 5000});
    turn_rig_pass(1000);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar pelatihan");
    assert_int_equal(store_memory_pending(turn_rig.store), 0);
}

/* A menu that has nothing of seats. */
static const char other_menu[] =
    "menu = \"lain\"; languages = ( { code = \"id\"; name = \"Indonesia\"; } );\n"
    "start = \"MAIN\"; errors = { invalid = \"E\"; too_many = \"E\"; busy = \"E\"; };\n"
    "lines = { back = \"Kembali\"; next = \"Lanjut\"; };\n"
    "texts = { E = \"Ulangi.\"; OK = \"Terima kasih.\"; };\n"
    "screens = { MAIN = { text = \"Menu lain\"; back = false;\n"
    "  choices = ( { label = \"Selesai\"; to = \"OK\"; } ); }; };\n";

/* The menu is reloaded behind the claim: what is stored then joins nothing. */
static void test_a_claim_that_the_step_does_not_note_is_given_back(void **state)
{
    struct dialect_input input =
        turn_rig_input(0, DIALECT_BEGIN, TURN_RIG_OTHER_CODE, "*555*4*1*1#");
    char *faults = NULL;
    struct menu *other = menu_from_text(other_menu, &programme_vocabulary, &faults);

    (void)state;
    assert_non_null(other);
    turn_rig.other_menu = turn_rig.menu;
    seats_rig_plan(1);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.back_ms = 50});
    turn_rig_deliver(&input);
    turn_rig_pass(30);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
    turn_rig.other_menu = other;
    turn_rig_pass(1000);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Menu lain");
    assert_int_equal(seats_rig_read()->items[0].taken, 0);
    turn_rig.other_menu = NULL;
    menu_free(other);
    free(faults);
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_who_notes_a_claim_meets_who_gives_it_back),
        ON_RIG(test_who_is_new_meets_who_gives_his_claim_back),
        ON_RIG(test_who_gives_a_claim_back_leaves_no_session),
        ON_RIG(test_a_first_claim_leaves_no_session),
        ON_RIG(test_who_is_new_notes_behind_who_gave_his_claim_back),
        ON_RIG(test_a_claim_that_is_made_anew_has_a_timer),
        ON_RIG(test_a_claim_that_is_to_come_keeps_its_timer),
        ON_RIG(test_a_second_claim_that_is_to_come_keeps_its_timer),
        ON_RIG(test_a_timer_is_not_taken_away_by_what_was_read_before),
        ON_RIG(test_a_claim_is_written_anew_by_who_notes_it),
        ON_RIG(test_a_claim_is_written_anew_with_each_try),
        ON_RIG(test_a_claim_that_was_written_anew_is_not_given_back),
        ON_RIG(test_a_claim_that_is_noted_is_not_looked_after),
        ON_RIG(test_a_claim_that_the_step_does_not_note_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
