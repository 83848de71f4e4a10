/* Records that no key opens, wherever the engine meets one: counted, told, and left as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "merchants/programme.h"
#include "tests/support/turn_rig.h"

/* As a record of another key, or a damaged one. */
static const struct span strange = {(const uint8_t *)"\xffstrange", 8};

static void write_strange(bool is_merchant)
{
    struct store_commit c = {.msisdn = turn_rig.phones[0].msisdn};
    struct store_reply reply;

    memory_data_load(turn_rig.data, c.msisdn, &reply);
    c.session_version = reply.subscriber.session.version;
    c.merchant_version = reply.subscriber.merchant.version;
    if (is_merchant)
        c.merchant = strange;
    else
        c.session = strange;
    memory_data_commit(turn_rig.data, &c, &reply);
    assert_int_equal(reply.result, STORE_OK);
}

static void register_first(char regno[16])
{
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#");
    assert_int_equal(sscanf(turn_rig.phones[0].screen, "%*[^0-9]%13s", regno), 1);
}

static void test_of_the_subscriber(void **state)
{
    (void)state;
    write_strange(false);
    turn_rig_dial(0, "*384#");
    assert_int_equal(turn_rig_counters()->sealed, 1);
    assert_int_equal(turn_rig_counters()->steps, 0);
}

static void test_of_somebody_else(void **state)
{
    char regno[16];

    (void)state;
    register_first(regno);
    write_strange(true);
    turn_rig_dial(1, "*384*2*2#");
    turn_rig_type(1, regno);
    turn_rig_type(1, "0001");
    assert_int_equal(turn_rig_counters()->sealed, 1);
}

static void test_of_all(void **state)
{
    struct store_reply reply;

    (void)state;
    memory_data_shared_commit(turn_rig.data, PROGRAMME_TRAININGS_KEY, 0, strange, 0, &reply);
    assert_int_equal(reply.result, STORE_OK);
    turn_rig_dial(0, "*384*4#");
    assert_int_equal(turn_rig_counters()->sealed, 1);
}

static void test_of_an_sms_owed(void **state)
{
    struct store_commit c = {.msisdn = turn_rig.phones[0].msisdn, .owed_count = 1};
    struct store_reply reply;

    (void)state;
    c.owed[0] = strange;
    memory_data_commit(turn_rig.data, &c, &reply);
    assert_int_equal(reply.result, STORE_OK);
    turn_rig_pass(5000);
    assert_true(turn_rig_counters()->sealed > 0);
    assert_int_equal(turn_rig_owed(), 1);
}

static void test_of_retention(void **state)
{
    char regno[16];

    (void)state;
    turn_rig.settings.retention_s = 2;
    turn_rig_restart();
    register_first(regno);
    turn_rig_pass(5000);
    assert_int_equal(turn_rig_counters()->sealed, 0);
    write_strange(true);
    turn_rig_pass(5000);
    assert_true(turn_rig_counters()->sealed > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_of_the_subscriber), TEST(test_of_somebody_else), TEST(test_of_all),
        TEST(test_of_an_sms_owed),    TEST(test_of_retention),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
