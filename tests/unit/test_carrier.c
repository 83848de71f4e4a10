/* Which codes a partner may speak for. */
#include "gateway/carrier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool takes(const char *mine, const char *code)
{
    const struct config_strings codes = {&mine, 1};

    return carrier_takes(&codes, code);
}

static void test_a_code_takes_itself_and_what_it_serves(void **state)
{
    static const char *const same[] = {"*384#", "*384*2#", "384", "*384"};
    static const char *const other[] = {"*385#", "*38#", "*3841#", "3844",
                                        "38",    "",     "*",      "#384*5#"};
    static const struct config_strings all = {NULL, 0};

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        assert_true(takes("*384#", same[i]));
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        assert_false(takes("*384#", other[i]));
    assert_true(takes("384", "*384#"));
    assert_true(takes("*384*5#", "*384*5#"));
    assert_false(takes("*384*5#", "*384#")); /* a part of a code is not the whole */
    assert_false(takes("*384*5#", "384"));
    assert_false(takes("*384*5#", "3845"));
    assert_true(carrier_takes(&all, "*384#"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_takes_itself_and_what_it_serves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
