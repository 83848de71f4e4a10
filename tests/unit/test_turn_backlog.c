/* What is owed and has not left, by whoever: read from the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

enum { ROUND_MS = 31000 };

/* As warungctl owes it: no counter of this process knows. */
static void owe(unsigned phone)
{
    turn_rig_owe_push(phone, "MAIN", 3600000);
}

static void test_owed_by_whoever(void **state)
{
    (void)state;
    turn_rig.has_push_link = false;
    turn_rig_pass(ROUND_MS);
    assert_int_equal(turn_messages_waiting(turn_rig.engine), 0);
    owe(0);
    owe(1);
    turn_rig_pass(ROUND_MS);
    assert_int_equal(turn_messages_waiting(turn_rig.engine), 2);
    turn_rig_restart(); /* nor does the next process know */
    turn_rig_pass(ROUND_MS);
    assert_int_equal(turn_messages_waiting(turn_rig.engine), turn_rig_owed());
    turn_rig.has_push_link = true;
    turn_rig_pass(ROUND_MS);
    assert_int_equal(turn_rig_owed(), 0);
    turn_rig_pass(ROUND_MS);
    assert_int_equal(turn_messages_waiting(turn_rig.engine), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_owed_by_whoever)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
