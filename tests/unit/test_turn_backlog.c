/* What is owed and has not left, by whoever: read from the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

enum { ROUND_MS = 31000 };

/* As warungctl owes it: no counter of this process knows. */
static void owe(unsigned phone)
{
    turn_rig_owe_push(phone, "MAIN", 3600000);
}

/* Gives a phone a number whose bucket is that of another's. */
static void find_neighbour(unsigned phone, unsigned of)
{
    unsigned bucket = store_bucket(turn_rig.store, turn_rig.phones[of].msisdn);
    char *number = turn_rig.phones[phone].msisdn;

    for (unsigned i = 100; i < 1000 && store_bucket(turn_rig.store, number) != bucket; i++)
        snprintf(number, sizeof(turn_rig.phones[phone].msisdn), "6281300000%u", i);
    assert_int_equal(store_bucket(turn_rig.store, number), bucket);
}

static uint64_t waiting(void)
{
    uint64_t count;

    assert_true(turn_messages_waiting(turn_rig.engine, &count));
    return count;
}

static bool is_known(void)
{
    uint64_t count;

    return turn_messages_waiting(turn_rig.engine, &count);
}

static void test_owed_by_whoever(void **state)
{
    (void)state;
    turn_rig.has_push_link = false;
    turn_rig_pass(ROUND_MS);
    assert_int_equal(waiting(), 0);
    owe(0);
    owe(1);
    turn_rig_pass(ROUND_MS);
    assert_int_equal(waiting(), 2);
    turn_rig_restart(); /* nor does the next process know */
    turn_rig_pass(ROUND_MS);
    assert_int_equal(waiting(), turn_rig_owed());
    turn_rig.has_push_link = true;
    turn_rig_pass(ROUND_MS);
    assert_int_equal(turn_rig_owed(), 0);
    turn_rig_pass(ROUND_MS);
    assert_int_equal(waiting(), 0);
}

/* A figure of before would look as if nothing moved. */
static void test_unknown_without_a_store(void **state)
{
    (void)state;
    turn_rig_pass(ROUND_MS / 2);
    assert_false(is_known()); /* half of the buckets are read */
    turn_rig_pass(ROUND_MS);
    assert_int_equal(waiting(), 0);
    turn_rig.has_push_link = false;
    owe(0);
    store_memory_set_ready(turn_rig.store, false);
    turn_rig_pass(ROUND_MS);
    assert_true(is_known()); /* a short fault leaves no hole */
    turn_rig_pass(3 * ROUND_MS);
    assert_false(is_known());
    store_memory_set_ready(turn_rig.store, true);
    turn_rig_pass(ROUND_MS);
    assert_int_equal(waiting(), 1);
}

/* Gateways sweep in step: whichever is the first must not get back again and again what only the
 * other can send. */
static void test_sent_by_who_can(void **state)
{
    (void)state;
    turn_rig_pass(730);
    turn_rig_change_gateway();
    for (unsigned i = 0; i < 6; i++) {
        unsigned phone = i % TURN_RIG_PHONES;

        turn_rig.cut_off = i % 2 == 0 ? "gw2" : "gw1";
        assert_string_equal(turn_rig_sms(phone, "BANTUAN"), "");
        turn_rig_change_gateway();
        turn_rig_pass(20 * 60000);
        assert_int_equal(turn_rig.phones[phone].sms_count, 1);
    }
}

/* ... nor what the centre of the one does not take, and the other's would: who comes a moment
 * behind the first would be the later one each time. */
static void test_sent_by_whose_centre_takes_it(void **state)
{
    (void)state;
    turn_rig_pass(60);
    turn_rig_change_gateway();
    turn_rig.ailing = "gw1";
    turn_rig_change_gateway();
    for (unsigned i = 0; i < TURN_RIG_PHONES; i++) {
        assert_string_equal(turn_rig_sms(i, "BANTUAN"), "");
        turn_rig_pass(20 * 60000);
        assert_int_equal(turn_rig.phones[i].sms_count, 1);
    }
}

/* Of two gateways one has no link to the centre, as the stand-by of an exclusive bind: what it took
 * goes to the other at the next round, and not to it again. */
static void test_left_to_who_can(void **state)
{
    (void)state;
    turn_rig_pass(730);
    turn_rig_change_gateway();
    turn_rig.cut_off = "gw2";
    for (unsigned i = 0; i < 24; i++) {
        struct turn_rig_phone *phone = &turn_rig.phones[i % TURN_RIG_PHONES];

        phone->sms_count = 0;
        assert_string_equal(turn_rig_sms(i % TURN_RIG_PHONES, "STATUS"), "");
        turn_rig_pass(45000);
        assert_int_equal(phone->sms_count, 1);
    }
}

/* ... and when its centre was gone for long, in rounds that nobody could send it in, not only at
 * the few that are tried of an old one. */
static void test_sent_soon_behind_an_absence(void **state)
{
    (void)state;
    turn_rig_pass(730);
    turn_rig_change_gateway();
    turn_rig.cut_off = "gw2";
    for (unsigned i = 0; i < 8; i++) {
        struct turn_rig_phone *phone = &turn_rig.phones[i % TURN_RIG_PHONES];

        phone->sms_count = 0;
        turn_rig.unreached = phone->msisdn;
        assert_string_equal(turn_rig_sms(i % TURN_RIG_PHONES, "STATUS"), "");
        turn_rig_pass((5 + i) * 60000);
        turn_rig.unreached = NULL;
        turn_rig_pass(150000);
        assert_int_equal(phone->sms_count, 1);
    }
}

/* One operator is gone, and owed more than fits between two tries of the oldest; behind it waits
 * what another would take. */
static void test_what_nobody_sends_keeps_nobody_waiting(void **state)
{
    char text[32];

    (void)state;
    turn_rig.sms_room = 1;
    find_neighbour(1, 0);
    turn_rig.has_link = false;
    for (unsigned i = 0; i < 40; i++) {
        snprintf(text, sizeof(text), "STATUS %u", i);
        assert_string_equal(turn_rig_sms(0, text), "");
    }
    assert_string_equal(turn_rig_sms(1, "BANTUAN"), "");
    turn_rig.has_link = true;
    turn_rig.unreached = turn_rig.phones[0].msisdn;
    turn_rig_pass(30 * 60000);
    assert_int_equal(turn_rig.phones[1].sms_count, 1);
    assert_int_equal(turn_rig.phones[0].sms_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_owed_by_whoever),
                                       TEST(test_unknown_without_a_store),
                                       TEST(test_sent_by_who_can),
                                       TEST(test_sent_by_whose_centre_takes_it),
                                       TEST(test_left_to_who_can),
                                       TEST(test_sent_soon_behind_an_absence),
                                       TEST(test_what_nobody_sends_keeps_nobody_waiting)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
