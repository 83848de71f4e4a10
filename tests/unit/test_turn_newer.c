/* Records of a newer program, in the middle of an upgrade: left as they are, for its gateways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sessions/session.h"
#include "tests/support/turn_rig.h"

static uint8_t plain[STORE_SESSION_BYTES_MAX];
static size_t plain_bytes;

static void read_session(void)
{
    struct store_reply reply;
    struct writer w;

    memory_data_load(turn_rig.data, turn_rig.phones[0].msisdn, &reply);
    writer_init(&w, plain, sizeof(plain));
    assert_true(vault_open(turn_rig.vault, VAULT_SESSION, turn_rig.phones[0].msisdn,
                           reply.subscriber.session.data, &w));
    plain_bytes = writer_size(&w);
}

static void write_session(void)
{
    struct store_commit c = {.msisdn = turn_rig.phones[0].msisdn};
    uint8_t sealed[STORE_SESSION_BYTES_MAX];
    struct store_reply reply;
    struct writer w;

    writer_init(&w, sealed, sizeof(sealed));
    assert_true(
        vault_seal(turn_rig.vault, VAULT_SESSION, c.msisdn, span_of(plain, plain_bytes), &w));
    memory_data_load(turn_rig.data, c.msisdn, &reply);
    c.session_version = reply.subscriber.session.version;
    c.session = writer_span(&w);
    memory_data_commit(turn_rig.data, &c, &reply);
    assert_int_equal(reply.result, STORE_OK);
}

/* Whatever comes is given back to the centre until the record is what it was; then the dialogue
 * goes on with its draft. */
static void stays_while_newer(uint8_t *format)
{
    uint8_t newer[STORE_SESSION_BYTES_MAX], was = *format;

    *format = was + 1;
    write_session();
    memcpy(newer, plain, plain_bytes);
    turn_rig_type(0, "WARUNG SITI"); /* by the copy that this gateway has */
    turn_rig_dial(0, "*384#");
    turn_rig_restart();
    turn_rig_dial(0, "*384#");
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(turn_rig.refusals, 3);
    read_session();
    assert_memory_equal(plain, newer, plain_bytes);

    *format = was;
    write_session();
    turn_rig_dial(0, "*384#");
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Pendaftaran Anda bel"); /* the language first */
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Langkah 3/9");
}

static void begin_draft(void)
{
    turn_rig_assert_begins(turn_rig_dial(0, "*384*1*1*SITI AMINAH*1#"), "Langkah 3/9");
    read_session();
}

static void test_session(void **state)
{
    (void)state;
    begin_draft();
    stays_while_newer(&plain[0]);
}

/* The menu's state has a format of its own. */
static void test_state(void **state)
{
    struct session s;
    uint8_t *at;

    (void)state;
    begin_draft();
    assert_true(session_decode(&s, span_of(plain, plain_bytes)));
    at = memmem(plain, plain_bytes, s.state, s.state_size);
    assert_non_null(at);
    stays_while_newer(at);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_session), TEST(test_state)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
