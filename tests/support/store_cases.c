#include "tests/support/store_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Cases of one program share their data: each has numbers of its own. */
#define NUMBER(case_number, n) "62812" #case_number "0000" #n

static uint64_t next_of(uint64_t version, const char *data)
{
    return store_next_version(version, span_of_string(data));
}

static void assert_record(const struct store_record *record, uint64_t version, const char *data)
{
    assert_true(record->version == version);
    assert_int_equal(record->data.size, strlen(data));
    assert_memory_equal(record->data.data, data, strlen(data));
}

struct store_commit store_case_session(const char *msisdn, uint64_t version, const char *data)
{
    return (struct store_commit){.msisdn = msisdn,
                                 .session_version = version,
                                 .session = span_of_string(data),
                                 .session_ttl_s = 600};
}

static struct store_commit merchant_commit(const char *msisdn, const char *data)
{
    return (struct store_commit){.msisdn = msisdn, .merchant = span_of_string(data)};
}

/* Commits, expecting OK; the session's new version. */
static uint64_t write_session(struct store_rig *rig, const char *msisdn, uint64_t version,
                              const char *data)
{
    struct store_commit c = store_case_session(msisdn, version, data);
    const struct store_reply *reply = store_rig_commit(rig, rig->store, &c);

    assert_int_equal(reply->result, STORE_OK);
    assert_true(reply->subscriber.session.version != 0);
    return reply->subscriber.session.version;
}

static void test_nothing_is_there_at_first(void **state)
{
    struct store_rig *rig = *state;
    const struct store_reply *reply = store_rig_load(rig, rig->store, NUMBER(01, 1));

    assert_int_equal(reply->result, STORE_OK);
    assert_record(&reply->subscriber.session, 0, "");
    assert_record(&reply->subscriber.merchant, 0, "");
}

static void test_session_is_written_and_read(void **state)
{
    struct store_rig *rig = *state;
    uint64_t first = write_session(rig, NUMBER(02, 1), 0, "one");
    uint64_t second = write_session(rig, NUMBER(02, 1), first, "two");
    const struct store_reply *reply;

    assert_true(second == next_of(first, "two"));
    reply = store_rig_load(rig, rig->store, NUMBER(02, 1));
    assert_record(&reply->subscriber.session, second, "two");
    assert_record(&reply->subscriber.merchant, 0, "");
}

static void test_octets_are_kept_as_they_are(void **state)
{
    struct store_rig *rig = *state;
    uint8_t data[STORE_SESSION_BYTES_MAX];
    struct store_commit c = store_case_session(NUMBER(03, 1), 0, "");
    const struct store_reply *reply;

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    c.session = span_of(data, sizeof(data));
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    reply = store_rig_load(rig, rig->store, NUMBER(03, 1));
    assert_true(span_is_equal(reply->subscriber.session.data, c.session));
}

static void test_wrong_version_is_a_conflict(void **state)
{
    struct store_rig *rig = *state;
    uint64_t version = write_session(rig, NUMBER(04, 1), 0, "kept");
    uint64_t wrong[] = {0, version - 1, version + 1};

    for (unsigned i = 0; i < 3; i++) {
        struct store_commit c = store_case_session(NUMBER(04, 1), wrong[i], "lost");
        const struct store_reply *reply = store_rig_commit(rig, rig->store, &c);

        assert_int_equal(reply->result, STORE_CONFLICT);
        assert_record(&reply->subscriber.session, version, "kept");
    }
    assert_record(&store_rig_load(rig, rig->store, NUMBER(04, 1))->subscriber.session, version,
                  "kept");
}

static void test_version_of_nothing_is_a_conflict(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = store_case_session(NUMBER(05, 1), 7, "lost");
    const struct store_reply *reply = store_rig_commit(rig, rig->store, &c);

    assert_int_equal(reply->result, STORE_CONFLICT);
    assert_record(&reply->subscriber.session, 0, "");
    assert_true(store_rig_load(rig, rig->store, NUMBER(05, 1))->subscriber.session.version == 0);
}

/* Also the conflict of a plain session commit shows the merchant's record. */
static void test_conflict_gives_both_records(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = merchant_commit(NUMBER(06, 1), "merchant");
    uint64_t merchant, session;
    const struct store_reply *reply;

    reply = store_rig_commit(rig, rig->store, &c);
    assert_int_equal(reply->result, STORE_OK);
    merchant = reply->subscriber.merchant.version;
    session = write_session(rig, NUMBER(06, 1), 0, "session");
    c = store_case_session(NUMBER(06, 1), 0, "lost");
    reply = store_rig_commit(rig, rig->store, &c);
    assert_int_equal(reply->result, STORE_CONFLICT);
    assert_record(&reply->subscriber.session, session, "session");
    assert_record(&reply->subscriber.merchant, merchant, "merchant");
    c = merchant_commit(NUMBER(06, 1), "lost");
    reply = store_rig_commit(rig, rig->store, &c);
    assert_int_equal(reply->result, STORE_CONFLICT);
    assert_record(&reply->subscriber.session, session, "session");
    assert_record(&reply->subscriber.merchant, merchant, "merchant");
}

/* A merchant's change by an officer does not look at the session; a dialogue's looks at both. */
static void test_only_what_is_written_is_checked(void **state)
{
    struct store_rig *rig = *state;
    uint64_t session = write_session(rig, NUMBER(07, 1), 0, "session");
    struct store_commit c = merchant_commit(NUMBER(07, 1), "first");
    const struct store_reply *reply = store_rig_commit(rig, rig->store, &c);
    uint64_t merchant;

    assert_int_equal(reply->result, STORE_OK);
    assert_true(reply->subscriber.session.version == 0);
    merchant = reply->subscriber.merchant.version;
    c = store_case_session(NUMBER(07, 1), session, "next");
    c.merchant_checked = true;
    c.merchant_version = merchant + 1;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_CONFLICT);
    c.merchant_version = merchant;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    reply = store_rig_load(rig, rig->store, NUMBER(07, 1));
    assert_record(&reply->subscriber.session, next_of(session, "next"), "next");
    assert_record(&reply->subscriber.merchant, merchant, "first");
}

static void test_both_records_or_none(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = store_case_session(NUMBER(08, 1), 0, "session");
    const struct store_reply *reply;
    uint64_t session, merchant;

    c.merchant = span_of_string("merchant");
    reply = store_rig_commit(rig, rig->store, &c);
    assert_int_equal(reply->result, STORE_OK);
    session = reply->subscriber.session.version;
    merchant = reply->subscriber.merchant.version;
    assert_true(session != 0 && merchant != 0);
    c.session_version = session;
    c.session = span_of_string("session 2");
    c.merchant = span_of_string("merchant 2"); /* its version is still 0: stale */
    reply = store_rig_commit(rig, rig->store, &c);
    assert_int_equal(reply->result, STORE_CONFLICT);
    assert_record(&reply->subscriber.session, session, "session");
    c.merchant_version = merchant;
    reply = store_rig_commit(rig, rig->store, &c);
    assert_int_equal(reply->result, STORE_OK);
    assert_true(reply->subscriber.session.version == next_of(session, "session 2"));
    assert_true(reply->subscriber.merchant.version == next_of(merchant, "merchant 2"));
}

static void test_delete_is_checked_and_deletes(void **state)
{
    struct store_rig *rig = *state;
    uint64_t version = write_session(rig, NUMBER(09, 1), 0, "session");
    struct store_commit c = {.msisdn = NUMBER(09, 1),
                             .session_delete = true,
                             .session_version = version + 1,
                             .merchant = span_of_string("merchant")};
    const struct store_reply *reply = store_rig_commit(rig, rig->store, &c);

    assert_int_equal(reply->result, STORE_CONFLICT);
    assert_record(&reply->subscriber.merchant, 0, "");
    c.session_version = version;
    reply = store_rig_commit(rig, rig->store, &c);
    assert_int_equal(reply->result, STORE_OK);
    assert_true(reply->subscriber.session.version == 0);
    c = (struct store_commit){.msisdn = NUMBER(09, 1),
                              .merchant_delete = true,
                              .merchant_version = reply->subscriber.merchant.version};
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    reply = store_rig_load(rig, rig->store, NUMBER(09, 1));
    assert_record(&reply->subscriber.session, 0, "");
    assert_record(&reply->subscriber.merchant, 0, "");
}

/* A copy kept from before must not pass for current: neither after deletion nor after expiry. */
static void test_new_record_has_a_version_never_used(void **state)
{
    struct store_rig *rig = *state;
    enum { COUNT = 6 };
    uint64_t versions[COUNT] = {write_session(rig, NUMBER(10, 1), 0, "a")}, again;
    struct store_commit c;

    for (unsigned i = 1; i < COUNT; i++)
        versions[i] = write_session(rig, NUMBER(10, 1), versions[i - 1], "b");
    c = (struct store_commit){
        .msisdn = NUMBER(10, 1), .session_delete = true, .session_version = versions[COUNT - 1]};
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    store_rig_pass(rig, COUNT * STORE_VERSION_STEP_MAX / 1000); /* as the pace of commits is */
    again = write_session(rig, NUMBER(10, 1), 0, "c");
    assert_true(again > versions[COUNT - 1]);
    for (unsigned i = 0; i < COUNT; i++) {
        c = store_case_session(NUMBER(10, 1), versions[i], "lost");
        assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_CONFLICT);
    }
}

static void test_session_expires(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = store_case_session(NUMBER(11, 1), 0, "short");
    const struct store_reply *reply;
    uint64_t version;

    c.session_ttl_s = 1;
    c.merchant = span_of_string("merchant");
    reply = store_rig_commit(rig, rig->store, &c);
    version = reply->subscriber.session.version;
    store_rig_pass(rig, 1100);
    reply = store_rig_load(rig, rig->store, NUMBER(11, 1));
    assert_record(&reply->subscriber.session, 0, "");
    assert_true(reply->subscriber.merchant.version != 0);
    c = store_case_session(NUMBER(11, 1), version, "lost");
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_CONFLICT);
    assert_true(write_session(rig, NUMBER(11, 1), 0, "new") > version);
}

static void test_two_gateways_meet(void **state)
{
    struct store_rig *rig = *state;
    struct store *other = store_rig_open_other(rig);
    uint64_t version = write_session(rig, NUMBER(12, 1), 0, "begun");
    struct store_commit ours = store_case_session(NUMBER(12, 1), version, "ours");
    struct store_commit theirs = store_case_session(NUMBER(12, 1), version, "theirs");
    const struct store_reply *reply;

    assert_int_equal(store_rig_commit(rig, other, &theirs)->result, STORE_OK);
    reply = store_rig_commit(rig, rig->store, &ours);
    assert_int_equal(reply->result, STORE_CONFLICT);
    assert_record(&reply->subscriber.session, next_of(version, "theirs"), "theirs");
    store_free(other);
}

static void test_pipelined_commits_keep_their_order(void **state)
{
    enum { COUNT = 50 };
    struct store_rig *rig = *state;
    static struct store_outcome outcomes[COUNT];
    uint64_t versions[COUNT + 1];

    versions[0] = write_session(rig, NUMBER(13, 1), 0, "begun");
    for (unsigned i = 0; i < COUNT; i++) {
        struct store_commit c = store_case_session(NUMBER(13, 1), versions[i], "next");

        versions[i + 1] = next_of(versions[i], "next");
        store_outcome_init(&outcomes[i]);
        (void)store_commit(rig->store, &c, store_outcome_on_reply, &outcomes[i]);
        assert_int_equal(outcomes[i].calls, 0);
    }
    store_rig_await(rig, &outcomes[COUNT - 1]);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(outcomes[i].calls, 1);
        assert_int_equal(outcomes[i].reply.result, STORE_OK);
        assert_true(outcomes[i].reply.subscriber.session.version == versions[i + 1]);
    }
}

/* Commits of one loop turn share calls (sessions/redis_group.c), and stand each for itself: every
 * fifth here names a version that is not there. */
static void test_commits_of_one_turn_stand_for_themselves(void **state)
{
    enum { COUNT = 40 };
    struct store_rig *rig = *state;
    static struct store_outcome outcomes[COUNT];
    char numbers[COUNT][20], data[COUNT][20];

    for (unsigned i = 0; i < COUNT; i++) {
        struct store_commit c;

        snprintf(numbers[i], sizeof(numbers[i]), "62812180%u", i);
        snprintf(data[i], sizeof(data[i]), "of %u", i);
        c = store_case_session(numbers[i], i % 5 == 0 ? 77 : 0, data[i]);
        store_outcome_init(&outcomes[i]);
        store_commit(rig->store, &c, store_outcome_on_reply, &outcomes[i]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        const struct store_record *record;

        if (outcomes[i].calls == 0)
            store_rig_await(rig, &outcomes[i]);
        assert_int_equal(outcomes[i].calls, 1);
        assert_int_equal(outcomes[i].reply.result, i % 5 == 0 ? STORE_CONFLICT : STORE_OK);
        record = &store_rig_load(rig, rig->store, numbers[i])->subscriber.session;
        assert_record(record, outcomes[i].reply.subscriber.session.version,
                      i % 5 == 0 ? "" : data[i]);
    }
}

static void on_list(void *calls, const struct store_list *list)
{
    (void)list;
    ++*(unsigned *)calls;
}

/* What is asked is still done; nobody is told. */
static void test_cancelled_callback_never_runs(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = store_case_session(NUMBER(14, 1), 0, "done");
    static struct store_outcome cancelled;
    unsigned lists = 0;

    store_outcome_init(&cancelled);
    store_cancel(rig->store, store_commit(rig->store, &c, store_outcome_on_reply, &cancelled));
    store_cancel(rig->store, store_find(rig->store, 0, "nobody", on_list, &lists));
    store_cancel(rig->store,
                 store_log_read(rig->store, 0, STORE_LOG_JOURNAL, (struct store_owed_id){0}, 1,
                                store_outcome_on_sweep, &cancelled));
    store_cancel(rig->store, NULL);
    assert_true(store_rig_load(rig, rig->store, NUMBER(14, 1))->subscriber.session.version != 0);
    store_rig_pass(rig, 5);
    assert_int_equal(cancelled.calls, 0);
    assert_int_equal(lists, 0);
}

static void test_numbers_are_never_given_twice(void **state)
{
    struct store_rig *rig = *state;
    struct store *other = store_rig_open_other(rig);
    const char *number = NUMBER(15, 1);

    for (uint64_t i = 1; i <= 6; i++) {
        const struct store_reply *reply =
            store_rig_reserve(rig, i % 2 != 0 ? rig->store : other, number, "regno");

        assert_int_equal(reply->result, STORE_OK);
        assert_true(reply->number == i);
    }
    assert_true(store_rig_reserve(rig, rig->store, number, "ticket")->number == 1);
    store_free(other);
}

static void test_shared_records_compare_and_set(void **state)
{
    struct store_rig *rig = *state;
    const struct store_reply *reply = store_rig_shared_load(rig, rig->store, "menu-24");
    uint64_t version, next;

    assert_int_equal(reply->result, STORE_OK);
    assert_record(&reply->subscriber.session, 0, "");
    reply = store_rig_shared_commit(rig, rig->store, "menu-24", 0, "one", 0);
    assert_int_equal(reply->result, STORE_OK);
    version = reply->subscriber.session.version;
    next = next_of(version, "two");
    reply = store_rig_shared_commit(rig, rig->store, "menu-24", 0, "lost", 0);
    assert_int_equal(reply->result, STORE_CONFLICT);
    assert_record(&reply->subscriber.session, version, "one");
    reply = store_rig_shared_commit(rig, rig->store, "menu-24", version, "two", 0);
    assert_int_equal(reply->result, STORE_OK);
    assert_true(reply->subscriber.session.version == next);
    assert_record(&store_rig_shared_load(rig, rig->store, "menu-24")->subscriber.session, next,
                  "two");
    reply = store_rig_shared_commit(rig, rig->store, "menu-24", version, "", 0);
    assert_int_equal(reply->result, STORE_CONFLICT);
    assert_record(&reply->subscriber.session, next, "two");
    reply = store_rig_shared_commit(rig, rig->store, "menu-24", next, "", 0);
    assert_int_equal(reply->result, STORE_OK);
    assert_true(store_rig_shared_load(rig, rig->store, "menu-24")->subscriber.session.version == 0);
}

static void test_shared_record_expires(void **state)
{
    struct store_rig *rig = *state;
    const struct store_reply *reply =
        store_rig_shared_commit(rig, rig->store, "lease-25", 0, "gw1", 1);
    uint64_t version = reply->subscriber.session.version;

    assert_int_equal(reply->result, STORE_OK);
    store_rig_pass(rig, 1100);
    reply = store_rig_shared_commit(rig, rig->store, "lease-25", version, "gw1", 1);
    assert_int_equal(reply->result, STORE_CONFLICT);
    reply = store_rig_shared_commit(rig, rig->store, "lease-25", 0, "gw2", 1);
    assert_int_equal(reply->result, STORE_OK);
    assert_true(reply->subscriber.session.version > version);
}

static const struct store_case record_cases[] = {
    {"nothing is there at first", test_nothing_is_there_at_first},
    {"session is written and read", test_session_is_written_and_read},
    {"octets are kept as they are", test_octets_are_kept_as_they_are},
    {"wrong version is a conflict", test_wrong_version_is_a_conflict},
    {"version of nothing is a conflict", test_version_of_nothing_is_a_conflict},
    {"conflict gives both records", test_conflict_gives_both_records},
    {"only what is written is checked", test_only_what_is_written_is_checked},
    {"both records or none", test_both_records_or_none},
    {"delete is checked and deletes", test_delete_is_checked_and_deletes},
    {"new record has a version never used", test_new_record_has_a_version_never_used},
    {"session expires", test_session_expires},
    {"two gateways meet", test_two_gateways_meet},
    {"pipelined commits keep their order", test_pipelined_commits_keep_their_order},
    {"commits of one turn stand for themselves", test_commits_of_one_turn_stand_for_themselves},
    {"cancelled callback never runs", test_cancelled_callback_never_runs},
    {"numbers are never given twice", test_numbers_are_never_given_twice},
    {"shared records compare and set", test_shared_records_compare_and_set},
    {"shared record expires", test_shared_record_expires},
    {NULL, NULL},
};

const struct store_case *store_case_at(size_t place)
{
    static const struct store_case *const tables[] = {record_cases, store_bucket_cases,
                                                      store_log_cases, store_message_cases};

    for (size_t table = 0; table < sizeof(tables) / sizeof(tables[0]); table++)
        for (const struct store_case *c = tables[table]; c->name != NULL; c++)
            if (place-- == 0)
                return c;
    return NULL;
}
