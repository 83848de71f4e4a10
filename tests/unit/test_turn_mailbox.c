#include "gateway/turn/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void give_copy(struct box *box, const char *session)
{
    copy_set(&box->session, 7, span_of_string(session));
    copy_set(&box->merchant, 0, span_of(NULL, 0));
    box->has_copies = true;
}

static void a_box_is_found_again(void **state)
{
    struct mailbox m;
    struct box *box;

    (void)state;
    mailbox_init(&m, 2, SIZE_MAX, 1);
    assert_null(mailbox_find(&m, "6281200000001"));
    box = mailbox_take(&m, "6281200000001");
    assert_ptr_equal(mailbox_take(&m, "6281200000001"), box);
    give_copy(box, "one");
    mailbox_release(&m, box);
    assert_ptr_equal(mailbox_find(&m, "6281200000001"), box);
    mailbox_fini(&m);
}

static void an_empty_box_goes(void **state)
{
    struct mailbox m;

    (void)state;
    mailbox_init(&m, 2, SIZE_MAX, 1);
    mailbox_release(&m, mailbox_take(&m, "6281200000001"));
    assert_null(mailbox_find(&m, "6281200000001"));
    mailbox_fini(&m);
}

static void the_oldest_idle_copy_goes_first(void **state)
{
    struct mailbox m;
    char msisdn[24];

    (void)state;
    mailbox_init(&m, 2, SIZE_MAX, 1);
    for (unsigned i = 0; i < 3; i++) {
        struct box *box;

        snprintf(msisdn, sizeof(msisdn), "628120000000%u", i);
        box = mailbox_take(&m, msisdn);
        give_copy(box, msisdn);
        mailbox_release(&m, box);
    }
    assert_null(mailbox_find(&m, "6281200000000"));
    assert_non_null(mailbox_find(&m, "6281200000001"));
    assert_non_null(mailbox_find(&m, "6281200000002"));
    mailbox_fini(&m);
}

static void idle_copies_keep_to_their_memory(void **state)
{
    enum { RECORD_BYTES = 1000, LIMIT_BYTES = 20000 };
    struct mailbox m;
    char msisdn[24], record[RECORD_BYTES];

    (void)state;
    memset(record, 'x', sizeof(record));
    mailbox_init(&m, 1000, LIMIT_BYTES, 1);
    for (unsigned i = 0; i < 100; i++) {
        struct box *box;

        snprintf(msisdn, sizeof(msisdn), "62812000%05u", i % 50);
        box = mailbox_take(&m, msisdn);
        copy_set(&box->session, 1, span_of(record, sizeof(record)));
        box->has_copies = true;
        mailbox_release(&m, box);
        assert_in_range(m.idle_bytes, RECORD_BYTES, LIMIT_BYTES);
    }
    assert_in_range(m.idle.count, 10, LIMIT_BYTES / RECORD_BYTES);
    while (!list_is_empty(&m.idle)) {
        struct box *box = LIST_ITEM(list_first(&m.idle), struct box, idle);

        mailbox_forget(&m, box);
        mailbox_release(&m, box);
    }
    assert_int_equal(m.idle_bytes, 0);
    mailbox_fini(&m);
}

static void a_box_in_use_is_never_dropped(void **state)
{
    struct mailbox m;
    struct box *used;
    struct box *other;

    (void)state;
    mailbox_init(&m, 0, SIZE_MAX, 1);
    used = mailbox_take(&m, "6281200000001");
    give_copy(used, "used");
    used->shown = (struct shown *)used; /* whatever it is */
    mailbox_release(&m, used);
    other = mailbox_take(&m, "6281200000002");
    give_copy(other, "other");
    mailbox_release(&m, other);
    assert_null(mailbox_find(&m, "6281200000002"));
    assert_ptr_equal(mailbox_find(&m, "6281200000001"), used);
    used->shown = NULL;
    mailbox_release(&m, used);
    mailbox_fini(&m);
}

static void a_proof_is_never_dropped(void **state)
{
    struct mailbox m;
    struct box *box;

    (void)state;
    mailbox_init(&m, 0, 0, 1);
    box = mailbox_take(&m, "6281200000001");
    give_copy(box, "one");
    mailbox_prove(&m, box, &(struct session_proof){11, 1}, 100);
    mailbox_release(&m, box);
    assert_ptr_equal(mailbox_find(&m, "6281200000001"), box);
    assert_ptr_equal(mailbox_next_unsettled(&m, 100), box);
    mailbox_unprove(&m, box, 1);
    mailbox_release(&m, box);
    assert_null(mailbox_find(&m, "6281200000001"));
    mailbox_fini(&m);
}

static void a_copy_grows_and_shrinks(void **state)
{
    struct copy c = {0};
    char longer[300];

    (void)state;
    memset(longer, 'x', sizeof(longer));
    copy_set(&c, 1, span_of_string("short"));
    assert_true(span_is_equal(copy_span(&c), span_of_string("short")));
    copy_set(&c, 2, span_of(longer, sizeof(longer)));
    assert_true(span_is_equal(copy_span(&c), span_of(longer, sizeof(longer))));
    copy_set(&c, 3, span_of(NULL, 0));
    assert_int_equal(copy_span(&c).size, 0);
    assert_int_equal(c.version, 3);
    free(c.data);
}

static void proofs_are_forgotten_oldest_first(void **state)
{
    struct mailbox m;
    struct box *box;

    (void)state;
    mailbox_init(&m, 2, SIZE_MAX, 1);
    box = mailbox_take(&m, "6281200000001");
    give_copy(box, "one");
    mailbox_prove(&m, box, &(struct session_proof){11, 1}, 100);
    mailbox_prove(&m, box, &(struct session_proof){12, 1}, 150);
    assert_null(mailbox_next_unsettled(&m, 149));
    mailbox_unprove(&m, box, 1);
    assert_int_equal(box->proof_count, 1);
    assert_int_equal(box->proofs[0].fingerprint, 12);
    assert_ptr_equal(mailbox_next_unsettled(&m, 150), box);
    assert_int_equal(box->proof_count, 1);
    for (uint64_t i = 0; i < MAILBOX_PROOFS_MAX; i++)
        mailbox_prove(&m, box, &(struct session_proof){20 + i, 1}, 200);
    assert_int_equal(box->proof_count, MAILBOX_PROOFS_MAX);
    assert_int_equal(box->proofs[0].fingerprint, 20);
    mailbox_unprove(&m, box, MAILBOX_PROOFS_MAX);
    assert_null(mailbox_next_unsettled(&m, 1000));
    mailbox_release(&m, box);
    mailbox_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_is_found_again),
        cmocka_unit_test(an_empty_box_goes),
        cmocka_unit_test(the_oldest_idle_copy_goes_first),
        cmocka_unit_test(idle_copies_keep_to_their_memory),
        cmocka_unit_test(a_box_in_use_is_never_dropped),
        cmocka_unit_test(a_proof_is_never_dropped),
        cmocka_unit_test(a_copy_grows_and_shrinks),
        cmocka_unit_test(proofs_are_forgotten_oldest_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
