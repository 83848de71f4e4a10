/* Told to wait for what cannot be stored: one SMS takes the promise back, where it was made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

static struct turn_rig_phone *const phone = turn_rig.phones;

static void dial_in_vain(unsigned after_ms)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED, .back_ms = after_ms});
    turn_rig_deliver(&input);
}

static void test_in_vain(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) { /* behind the window, within it: that dialogue is closed */
        turn_rig.traits.reply_limit_ms = i == 0 ? 0 : 2000;
        dial_in_vain(i == 0 ? 7000 : 1700);
        turn_rig_pass(9000);
        assert_int_equal(turn_rig.refusals, i + 1);
        assert_int_equal(phone->screen_count, i + 1);
        assert_int_equal(phone->sms_count, i + 1);
        turn_rig_assert_begins(phone->sms[i], "Maaf, layanan sedang sibuk.");
    }
}

/* Nothing can be stored, and the centre has not said yet whether it has taken the promise: it may
 * be on the phone already. */
static void test_the_centre_tells_late(void **state)
{
    (void)state;
    turn_rig.show_ms = 3000;
    dial_in_vain(7000);
    turn_rig_pass(7500);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(phone->sms_count, 0);
    turn_rig_pass(1000);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    assert_int_equal(phone->sms_count, 1);
    turn_rig_assert_begins(phone->sms[0], "Maaf, layanan sedang sibuk.");
    turn_rig.show_ends = TURN_SENT_UNKNOWN; /* the dialogue may be open still */
    dial_in_vain(7000);
    turn_rig_pass(20000);
    assert_int_equal(turn_rig.refusals, 2);
    assert_int_equal(phone->sms_count, 1);
}

/* The key is ahead of what is stored here: its copy may be stepped elsewhere, and this one not. */
static void test_the_step_is_another(void **state)
{
    struct dialect_input dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");
    struct dialect_input key = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    dial.session = (struct dialect_session){.size = 1, .octets = {7}};
    key.session = (struct dialect_session){.size = 1, .octets = {7}, .unit = 5};
    turn_rig_deliver(&dial);
    turn_rig_pass(30000);
    turn_rig.traits.reply_limit_ms = 2000;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_LOAD,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 1700});
    turn_rig_deliver(&key);
    turn_rig_pass(9000);
    assert_int_equal(turn_rig_counters()->mismatches, 1);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    turn_rig_assert_begins(phone->screen, "Sedang diproses.");
    assert_int_equal(phone->sms_count, 1);
    turn_rig_assert_begins(phone->sms[0], "Maaf, layanan sedang sibuk.");
}

/* What has not left makes no promise: the copy finds the dialogue open. */
static void test_the_text_has_not_left(void **state)
{
    (void)state;
    turn_rig.traits.reply_limit_ms = 4000;
    turn_rig.is_queued = true;
    turn_rig.show_ms = 60000;
    dial_in_vain(4000);
    turn_rig_pass(3900);
    assert_int_equal(turn_live(turn_rig.engine), 2); /* the turn, that text */
    turn_rig_pass(200);
    assert_int_equal(turn_rig.refused_with, ESME_RX_T_APPN);
    assert_int_equal(turn_live(turn_rig.engine), 0);
    turn_rig_pass(90000);
    assert_int_equal(phone->sms_count, 0);
}

#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_RIG(test_in_vain),
        ON_RIG(test_the_centre_tells_late),
        ON_RIG(test_the_step_is_another),
        ON_RIG(test_the_text_has_not_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
