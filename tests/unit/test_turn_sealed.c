/* Records that no key opens, wherever the engine meets one: counted, told, and left as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "merchants/programme.h"
#include "tests/support/turn_rig.h"

/* As a record of another key, or a damaged one. */
static const struct span strange = {(const uint8_t *)"\xffstrange", 8};

static void write_record(bool is_merchant, struct span record)
{
    struct store_commit c = {.msisdn = turn_rig.phones[0].msisdn};
    struct store_reply reply;

    memory_data_load(turn_rig.data, c.msisdn, &reply);
    c.session_version = reply.subscriber.session.version;
    c.merchant_version = reply.subscriber.merchant.version;
    if (is_merchant)
        c.merchant = record;
    else
        c.session = record;
    memory_data_commit(turn_rig.data, &c, &reply);
    assert_int_equal(reply.result, STORE_OK);
}

static void write_strange(bool is_merchant)
{
    write_record(is_merchant, strange);
}

/* As a gateway that has had a new key already. */
static struct vault *vault_of_another(void)
{
    char folder[] = "/tmp/warung-sealed.XXXXXX", path[64], error[256];
    struct vault *vault;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/keys", folder);
    assert_true(vault_create_file(path, false, error, sizeof(error)));
    vault = vault_open_file(path, error, sizeof(error));
    assert_non_null(vault);
    unlink(path);
    rmdir(folder);
    return vault;
}

/* The other has the next input: the busy text would end the dialogue before that. */
static void stays_with_another(bool is_merchant)
{
    static const uint8_t plain[] = "whatever it may be";
    struct vault *another = vault_of_another();
    uint8_t sealed[100];
    struct writer w;
    unsigned shows;

    turn_rig_dial(0, "*384*1*1#");
    shows = turn_rig.shows;
    writer_init(&w, sealed, sizeof(sealed));
    assert_true(vault_seal(another, is_merchant ? VAULT_MERCHANT : VAULT_SESSION,
                           turn_rig.phones[0].msisdn, span_of(plain, sizeof(plain)), &w));
    write_record(is_merchant, writer_span(&w));
    if (is_merchant)
        turn_rig_restart();
    turn_rig_type(0, "1"); /* else by the copy that this gateway has */
    turn_rig_dial(0, "*384#");
    assert_int_equal(turn_rig_counters()->sealed, 2);
    assert_int_equal(turn_rig.refusals, 2);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(turn_rig.shows, shows);
    vault_free(another);
}

static void test_of_a_session_with_another_key(void **state)
{
    (void)state;
    stays_with_another(false);
}

static void test_of_a_record_with_another_key(void **state)
{
    (void)state;
    stays_with_another(true);
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
    assert_int_equal(turn_rig.shows, 1); /* the busy text: no gateway can open that */
}

/* It opens, and is no record: as with one that does not. */
static void test_of_a_record_that_says_nothing(void **state)
{
    uint8_t sealed[100];
    struct store_reply reply;
    struct writer w;

    (void)state;
    writer_init(&w, sealed, sizeof(sealed));
    assert_true(vault_seal(turn_rig.vault, VAULT_MERCHANT, turn_rig.phones[0].msisdn,
                           span_of_string("\1nonsense"), &w));
    write_record(true, writer_span(&w));
    turn_rig_dial(0, "*384#");
    assert_int_equal(turn_rig_counters()->steps, 0);
    assert_int_equal(turn_rig.shows, 1);
    memory_data_load(turn_rig.data, turn_rig.phones[0].msisdn, &reply);
    assert_true(span_is_equal(reply.subscriber.merchant.data, writer_span(&w)));
    assert_int_equal(reply.subscriber.session.version, 0);
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

static void test_of_all_with_another_key(void **state)
{
    struct vault *another = vault_of_another();
    struct store_reply reply;
    uint8_t sealed[100];
    struct writer w;

    (void)state;
    writer_init(&w, sealed, sizeof(sealed));
    assert_true(vault_seal(another, VAULT_SHARED, PROGRAMME_TRAININGS_KEY, strange, &w));
    memory_data_shared_commit(turn_rig.data, PROGRAMME_TRAININGS_KEY, 0, writer_span(&w), 0,
                              &reply);
    assert_int_equal(reply.result, STORE_OK);
    turn_rig_dial(0, "*384*4#");
    assert_int_equal(turn_rig_counters()->sealed, 1);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(turn_rig.shows, 0);
    vault_free(another);
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

static void count_line(void *count, const char *line, size_t line_bytes)
{
    (void)line_bytes;
    *(unsigned *)count += strstr(line, "vault.cannot_open") != NULL;
}

/* Between a rotation and the reload of this gateway each input of who was with another is one. */
static void test_very_many_do_not_fill_the_log(void **state)
{
    unsigned lines = 0;

    (void)state;
    write_strange(false);
    log_set_sink(count_line, &lines);
    for (unsigned i = 0; i < 500; i++)
        turn_rig_dial(0, "*384#");
    log_set_sink(NULL, NULL);
    assert_int_equal(turn_rig_counters()->sealed, 500);
    assert_in_range(lines, 1, 2 * LOG_LINES_AT_ONCE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_of_the_subscriber),
        TEST(test_of_a_record_that_says_nothing),
        TEST(test_of_somebody_else),
        TEST(test_of_all),
        TEST(test_of_all_with_another_key),
        TEST(test_of_an_sms_owed),
        TEST(test_of_retention),
        TEST(test_of_a_session_with_another_key),
        TEST(test_of_a_record_with_another_key),
        TEST(test_very_many_do_not_fill_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
