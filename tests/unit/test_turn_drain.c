/* A gateway that drains leaves nothing that only it knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/turn_rig.h"

/* The same key answers this screen and the next, which another gateway is asked: what this one
 * knows, that the first was read, makes the second no copy. */
static void test_proofs_are_stored(void **state)
{
    struct dialect_input input;

    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_type(0, "1");
    input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");
    turn_rig_deliver(&input);
    turn_rig_pass(20);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Untuk mendaftar");
    assert_int_equal(turn_live(turn_rig.engine), 0);
    assert_false(turn_is_drained(turn_rig.engine));
    turn_drain(turn_rig.engine);
    turn_rig_pass(20);
    assert_true(turn_is_drained(turn_rig.engine));

    turn_rig_change_gateway();
    turn_rig_deliver(&input);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Langkah 1/9");
    assert_int_equal(turn_rig_counters()->replays, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, turn_rig_setup, turn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_proofs_are_stored)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
