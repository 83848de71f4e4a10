/* Ids that prove themselves. */
#include "gateway/message_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sessions/vault.h"

#define NOW INT64_C(1795489200123)

static struct message_origin origin_of(const char *account, const char *source)
{
    return (struct message_origin){account, message_id_source(span_of_string(source))};
}

static void an_id_tells_when_it_was_given(void **state)
{
    struct vault *vault = vault_new_plain();
    struct message_origin o = origin_of("agg1", "6281200000001");
    struct message_origin other_account = origin_of("agg2", "6281200000001");
    struct message_origin other_source = origin_of("agg1", "6281200000002");
    char id[MESSAGE_ID_BYTES], second[MESSAGE_ID_BYTES];

    (void)state;
    message_id_make(vault, &o, NOW, 7, id);
    message_id_make(vault, &o, NOW, 8, second);
    assert_string_not_equal(id, second);
    assert_true(message_id_read(vault, &o, span_of_string(id)) == NOW);
    assert_true(message_id_read(vault, &o, span_of_string(second)) == NOW);
    assert_int_equal(message_id_read(vault, &other_account, span_of_string(id)), -1);
    assert_int_equal(message_id_read(vault, &other_source, span_of_string(id)), -1);
    vault_free(vault);
}

static void a_changed_id_is_none(void **state)
{
    struct vault *vault = vault_new_plain();
    struct message_origin o = origin_of("agg1", "");
    char id[MESSAGE_ID_BYTES], changed[MESSAGE_ID_BYTES];

    (void)state;
    message_id_make(vault, &o, NOW, UINT32_MAX, id);
    for (size_t i = 0; i < strlen(id); i++) {
        memcpy(changed, id, sizeof(id));
        changed[i] = changed[i] == 'a' ? 'b' : 'a';
        assert_int_equal(message_id_read(vault, &o, span_of_string(changed)), -1);
        changed[i] = '\0';
        assert_int_equal(message_id_read(vault, &o, span_of(changed, strlen(id))), -1);
        assert_int_equal(message_id_read(vault, &o, span_of(id, i)), -1);
    }
    vault_free(vault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_tells_when_it_was_given),
        cmocka_unit_test(a_changed_id_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
