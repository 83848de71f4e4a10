/* The store's contract on store_memory, and the faults that it can be told to show. */
#include "sessions/store_memory.h"
#include "tests/support/store_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { OWN_TESTS = 7, TESTS_MAX = 64 };

static int set_up(void **state)
{
    *state = store_rig_new_memory();
    return 0;
}

static int tear_down(void **state)
{
    store_rig_free(*state);
    return 0;
}

static const char number[] = "6281234567890";

static enum store_result commit_with(struct store_rig *rig, enum store_memory_fate_kind kind)
{
    struct store_commit c = store_case_session(number, 0, "new");

    store_memory_set_next(rig->store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = kind});
    return store_rig_commit(rig, rig->store, &c)->result;
}

static void test_refused(void **state)
{
    struct store_rig *rig = *state;

    assert_int_equal(commit_with(rig, STORE_MEMORY_REFUSED), STORE_UNAVAILABLE);
    assert_true(store_rig_load(rig, rig->store, number)->subscriber.session.version == 0);
}

static void test_unknown_done_and_not(void **state)
{
    struct store_rig *rig = *state;

    assert_int_equal(commit_with(rig, STORE_MEMORY_UNKNOWN_NOT), STORE_UNKNOWN);
    assert_true(store_rig_load(rig, rig->store, number)->subscriber.session.version == 0);
    assert_int_equal(commit_with(rig, STORE_MEMORY_UNKNOWN_DONE), STORE_UNKNOWN);
    assert_true(rig->outcome.reply.subscriber.session.version == 0);
    assert_true(store_rig_load(rig, rig->store, number)->subscriber.session.version != 0);
}

static void test_conflicting(void **state)
{
    struct store_rig *rig = *state;

    assert_int_equal(commit_with(rig, STORE_MEMORY_CONFLICTING), STORE_CONFLICT);
    assert_true(store_rig_load(rig, rig->store, number)->subscriber.session.version == 0);
    assert_int_equal(commit_with(rig, STORE_MEMORY_DONE), STORE_OK); /* one request's fate only */
}

static void test_not_ready(void **state)
{
    struct store_rig *rig = *state;

    store_memory_set_ready(rig->store, false);
    assert_false(store_is_ready(rig->store));
    assert_int_equal(store_rig_load(rig, rig->store, number)->result, STORE_UNAVAILABLE);
    assert_int_equal(store_rig_list(rig, rig->store, 0, "set", 1)->result, STORE_UNAVAILABLE);
    assert_int_equal(store_rig_sweep(rig, rig->store, 0, "gw1", 0, 1)->result, STORE_UNAVAILABLE);
    store_memory_set_ready(rig->store, true);
    assert_int_equal(store_rig_load(rig, rig->store, number)->result, STORE_OK);
}

/* Done on the way there; the answer takes longer; what is behind waits its turn. */
static void test_delays(void **state)
{
    struct store_rig *rig = *state;
    static struct store_outcome slow, quick;
    struct store_commit c = store_case_session(number, 0, "slow");

    store_outcome_init(&slow);
    store_outcome_init(&quick);
    store_memory_set_next(rig->store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 10, .back_ms = 20});
    (void)store_commit(rig->store, &c, store_outcome_on_reply, &slow);
    (void)store_load(rig->store, number, store_outcome_on_reply, &quick);
    store_rig_pass(rig, 29);
    assert_int_equal(slow.calls + quick.calls, 0);
    assert_int_equal(store_memory_pending(rig->store), 2);
    store_rig_pass(rig, 1);
    assert_int_equal(slow.calls, 1);
    assert_int_equal(quick.calls, 1);
    assert_true(quick.reply.subscriber.session.version == slow.reply.subscriber.session.version);
}

/* A gateway dies: what was on its way is not done, what was done stays. */
static void test_killed_gateway(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = store_case_session(number, 0, "lost");
    static struct store_outcome lost;
    struct store *other = store_rig_open_other(rig);

    store_outcome_init(&lost);
    store_memory_set_next(other, STORE_MEMORY_COMMIT, (struct store_memory_fate){.there_ms = 10});
    (void)store_commit(other, &c, store_outcome_on_reply, &lost);
    store_rig_pass(rig, 5);
    store_free(other);
    store_rig_pass(rig, 50);
    assert_int_equal(lost.calls, 0);
    assert_true(store_rig_load(rig, rig->store, number)->subscriber.session.version == 0);
}

static void test_fail_over_loses_what_the_replica_lacks(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = store_case_session(number, 0, "kept");
    struct memory_data *replica;
    uint64_t version, lost, later;

    c.owed[0] = c.journal[0] = span_of_string("kept");
    c.owed_count = c.journal_count = c.timer_count = c.index_count = 1;
    c.timers[0] = (struct store_timer){.kind = "nudge", .due_ms = 1};
    c.index[0] = (struct store_index){.member = "1", .enter_set = "SET", .at_ms = 1};
    version = store_rig_commit(rig, rig->store, &c)->subscriber.session.version;
    (void)store_rig_shared_commit(rig, rig->store, "menu", 0, "kept", 0);
    (void)store_rig_reserve(rig, rig->store, number, "regno");
    replica = memory_data_copy(rig->data);
    c = store_case_session(number, version, "lost");
    lost = store_rig_commit(rig, rig->store, &c)->subscriber.session.version;
    assert_true(lost > version);
    memory_data_replace(rig->data, replica);
    assert_true(store_rig_load(rig, rig->store, number)->subscriber.session.version == version);
    assert_int_equal(memory_data_owed_count(rig->data), 1);
    assert_non_null(memory_data_journal(rig->data, store_bucket(rig->store, number), 0));
    assert_int_equal(store_rig_reserve(rig, rig->store, number, "regno")->number, 2);
    assert_int_equal(store_rig_find(rig, rig->store, store_bucket(rig->store, number), "1")->count,
                     1);
    assert_int_equal(
        store_rig_sweep(rig, rig->store, store_bucket(rig->store, number), "gw", 0, 9)->due_count,
        1);
    c = store_case_session("6281234567891", 0, "new");
    later = store_rig_commit(rig, rig->store, &c)->subscriber.session.version;
    assert_true(later > version);
    c = store_case_session(number, version, "kept 2");
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    c = store_case_session(number, lost, "from what was lost");
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_CONFLICT);
}

int main(void)
{
    static const struct CMUnitTest own[OWN_TESTS] = {
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_done_and_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_conflicting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_ready, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed_gateway, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fail_over_loses_what_the_replica_lacks, set_up,
                                        tear_down),
    };
    static struct CMUnitTest tests[TESTS_MAX];
    size_t count = 0;

    for (const struct store_case *c; (c = store_case_at(count)) != NULL; count++)
        tests[count] = (struct CMUnitTest){c->name, c->run, set_up, tear_down, NULL};
    memcpy(tests + count, own, sizeof(own));
    return _cmocka_run_group_tests("store_memory", tests, count + OWN_TESTS, NULL, NULL);
}
