/* Sessions at the edge of what can be read: of a newer program, in the middle of an upgrade, which
 * are left as they are for its gateways; and the largest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "menus/state.h"
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
    assert_int_equal(turn_rig.shows, 1); /* no busy text: it would end the dialogue there */
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

/* The merchant's record, too, is left to those who can read it. */
static void test_merchant(void **state)
{
    struct store_commit c = {.msisdn = turn_rig.phones[0].msisdn};
    uint8_t sealed[STORE_MERCHANT_BYTES_MAX];
    struct store_reply reply;
    struct writer w;

    (void)state;
    turn_rig_dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#");
    memory_data_load(turn_rig.data, c.msisdn, &reply);
    writer_init(&w, plain, sizeof(plain));
    assert_true(
        vault_open(turn_rig.vault, VAULT_MERCHANT, c.msisdn, reply.subscriber.merchant.data, &w));
    plain_bytes = writer_size(&w);
    plain[0]++;
    writer_init(&w, sealed, sizeof(sealed));
    assert_true(
        vault_seal(turn_rig.vault, VAULT_MERCHANT, c.msisdn, span_of(plain, plain_bytes), &w));
    c.merchant_version = reply.subscriber.merchant.version;
    c.merchant = writer_span(&w);
    memory_data_commit(turn_rig.data, &c, &reply);
    assert_int_equal(reply.result, STORE_OK);
    turn_rig_restart();
    turn_rig_dial(0, "*384#");
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(turn_rig.shows, 1);
}

/* As if the dialogue were of another menu version, or again of ours. */
static void change_version(const uint8_t *from, const uint8_t *to)
{
    uint8_t *at;

    read_session();
    at = memmem(plain, plain_bytes, from, MENU_ID_BYTES);
    assert_non_null(at);
    memcpy(at, to, MENU_ID_BYTES);
    write_session();
    turn_rig_restart();
}

/* Another gateway has put a version in force just now: answers are for that one, and no choice of
 * another version. When it never comes here, the dialogue begins anew. */
static void test_version(void **state)
{
    const uint8_t *ours = menu_id(turn_rig.menu), other[MENU_ID_BYTES] = {1};

    (void)state;
    begin_draft();
    change_version(ours, other);
    turn_rig_type(0, "WARUNG SITI");
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(turn_rig.shows, 1);
    change_version(other, ours);
    turn_rig_assert_begins(turn_rig_type(0, "WARUNG SITI"), "Langkah 4/9");
    change_version(ours, other);
    turn_rig_pass(6000);
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Tabik pun!"); /* no language was chosen yet */
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Pendaftaran Anda bel");
    assert_int_equal(turn_rig.refusals, 1);
}

/* Only a gateway that can read it could store them: this one gives them up. */
static void test_proofs(void **state)
{
    struct dialect_input dial;

    (void)state;
    turn_rig_dial(0, "*384#");
    dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    turn_rig_deliver(&dial);
    turn_rig_pass(20);
    assert_false(turn_is_drained(turn_rig.engine));
    read_session();
    plain[0]++;
    write_session();
    turn_rig_pass(3000);
    assert_true(turn_is_drained(turn_rig.engine));
}

static void fill(char *text, size_t size)
{
    memset(text, 'A', size);
    text[size] = '\0';
}

/* As much of everything as its limits let in, parts of a long SMS among it. */
static void make_largest(struct session *s)
{
    static struct menu_state state;
    char field[MENU_NAME_BYTES], value[MENU_VALUE_BYTES];
    struct writer w;

    assert_true(menu_state_decode(&state, span_of(s->state, s->state_size)));
    fill(field, sizeof(field) - 1);
    fill(value, MENU_ANSWERS_BYTES / MENU_ANSWERS_MAX - 1);
    while (state.answer_count != 0) /* their names are short */
        menu_state_remove_answer(&state, state.answers[0].field);
    for (unsigned i = 0; state.answer_count < MENU_ANSWERS_MAX; i++) {
        field[0] = (char)('A' + i / 26);
        field[1] = (char)('A' + i % 26);
        assert_true(menu_state_set_answer(&state, field, value));
    }
    for (state.back_count = 0; state.back_count < MENU_BACK_MAX; state.back_count++)
        fill(state.back[state.back_count], MENU_NAME_BYTES - 1);
    writer_init(&w, s->state, sizeof(s->state));
    menu_state_encode(&state, &w);
    assert_false(w.failed);
    s->state_size = (uint16_t)writer_size(&w);
    s->parts_size = PARTS_BYTES_MAX;
    while (s->debt_count < SESSION_DEBTS_MAX)
        s->debts[s->debt_count++] = s->debts[0];
    fill(s->screen, sizeof(s->screen) - 1);
}

static void test_largest(void **state)
{
    static struct session s;
    struct writer w;

    (void)state;
    begin_draft();
    assert_true(session_decode(&s, span_of(plain, plain_bytes)));
    make_largest(&s);
    writer_init(&w, plain, sizeof(plain));
    session_encode(&s, &w);
    assert_false(w.failed);
    plain_bytes = writer_size(&w);
    assert_true(plain_bytes > STORE_MERCHANT_BYTES_MAX);
    write_session();
    turn_rig_restart();
    turn_rig_dial(0, "*384#");
    assert_int_equal(turn_rig.refusals, 0);
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Pendaftaran Anda bel");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_session), TEST(test_state),  TEST(test_merchant),
                                       TEST(test_version), TEST(test_proofs), TEST(test_largest)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
