#include "tests/support/store_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Cases of one program share their data: each has numbers of its own. */
#define NUMBER(case_number, n) "62812" #case_number "0000" #n

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

static struct store_commit merchant_commit(const char *msisdn, uint64_t version, const char *data)
{
    return (struct store_commit){
        .msisdn = msisdn, .merchant_version = version, .merchant = span_of_string(data)};
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

    assert_true(second == first + 1);
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
    struct store_commit c = merchant_commit(NUMBER(06, 1), 0, "merchant");
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
    c = merchant_commit(NUMBER(06, 1), 0, "lost");
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
    struct store_commit c = merchant_commit(NUMBER(07, 1), 0, "first");
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
    assert_record(&reply->subscriber.session, session + 1, "next");
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
    assert_true(reply->subscriber.session.version == session + 1);
    assert_true(reply->subscriber.merchant.version == merchant + 1);
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
    uint64_t version = write_session(rig, NUMBER(10, 1), 0, "a"), again;
    struct store_commit c;

    for (unsigned i = 0; i < 5; i++)
        version = write_session(rig, NUMBER(10, 1), version, "b");
    c = (struct store_commit){
        .msisdn = NUMBER(10, 1), .session_delete = true, .session_version = version};
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    again = write_session(rig, NUMBER(10, 1), 0, "c");
    assert_true(again > version);
    c = store_case_session(NUMBER(10, 1), version, "lost");
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_CONFLICT);
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
    assert_record(&reply->subscriber.session, version + 1, "theirs");
    store_free(other);
}

static void test_pipelined_commits_keep_their_order(void **state)
{
    enum { COUNT = 50 };
    struct store_rig *rig = *state;
    static struct store_outcome outcomes[COUNT];
    uint64_t version = write_session(rig, NUMBER(13, 1), 0, "begun");

    for (unsigned i = 0; i < COUNT; i++) {
        struct store_commit c = store_case_session(NUMBER(13, 1), version + i, "next");

        store_outcome_init(&outcomes[i]);
        (void)store_commit(rig->store, &c, store_outcome_on_reply, &outcomes[i]);
        assert_int_equal(outcomes[i].calls, 0);
    }
    store_rig_await(rig, &outcomes[COUNT - 1]);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(outcomes[i].calls, 1);
        assert_int_equal(outcomes[i].reply.result, STORE_OK);
        assert_true(outcomes[i].reply.subscriber.session.version == version + i + 1);
    }
}

/* What is asked is still done; nobody is told. */
static void test_cancelled_callback_never_runs(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = store_case_session(NUMBER(14, 1), 0, "done");
    static struct store_outcome cancelled;
    struct store_request *request;

    store_outcome_init(&cancelled);
    request = store_commit(rig->store, &c, store_outcome_on_reply, &cancelled);
    store_cancel(rig->store, request);
    store_cancel(rig->store, NULL);
    assert_true(store_rig_load(rig, rig->store, NUMBER(14, 1))->subscriber.session.version != 0);
    store_rig_pass(rig, 5);
    assert_int_equal(cancelled.calls, 0);
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

static unsigned bucket_of(const struct store_rig *rig, const char *msisdn)
{
    return store_bucket(rig->store, msisdn);
}

static void owe_two(struct store_rig *rig, const char *msisdn, const char *owner,
                    struct store_owed_id ids[2])
{
    struct store_commit c = {.msisdn = msisdn,
                             .owner = owner,
                             .owed = {span_of_string("sms one"), span_of_string("sms two")},
                             .owed_count = 2};
    const struct store_reply *reply = store_rig_commit(rig, rig->store, &c);

    assert_int_equal(reply->result, STORE_OK);
    memcpy(ids, reply->owed, 2 * sizeof(ids[0]));
    assert_true(ids[0].ms != 0);
    assert_true(ids[1].ms > ids[0].ms || (ids[1].ms == ids[0].ms && ids[1].number > ids[0].number));
}

static void assert_taken(const struct store_sweep *sweep, size_t place,
                         const struct store_owed_id *id, unsigned deliveries, const char *body)
{
    assert_true(place < sweep->taken_count);
    assert_true(sweep->taken[place].id.ms == id->ms && sweep->taken[place].id.number == id->number);
    assert_int_equal(sweep->taken[place].deliveries, deliveries);
    assert_true(span_is_equal(sweep->taken[place].body, span_of_string(body)));
}

/* The gateway that committed an entry sends it; others see it only when it has been idle. */
static void test_owed_entries_are_taken_over_when_idle(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(16, 1);
    unsigned bucket = bucket_of(rig, number);
    struct store_owed_id ids[2];
    const struct store_sweep *sweep;

    owe_two(rig, number, "gw1", ids);
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw2", 60000, 10);
    assert_int_equal(sweep->result, STORE_OK);
    assert_int_equal(sweep->taken_count, 0);
    store_rig_pass(rig, 60);
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw2", 50, 10);
    assert_int_equal(sweep->taken_count, 2);
    assert_taken(sweep, 0, &ids[0], 2, "sms one");
    assert_taken(sweep, 1, &ids[1], 2, "sms two");
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw1", 50, 10);
    assert_int_equal(sweep->taken_count, 0);
    assert_int_equal(store_rig_settle(rig, rig->store, number, ids, 2)->result, STORE_OK);
}

static void test_nobodys_entries_go_to_the_first_sweep(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(17, 1);
    unsigned bucket = bucket_of(rig, number);
    struct store_owed_id ids[2];
    const struct store_sweep *sweep;

    owe_two(rig, number, NULL, ids);
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw2", 60000, 1);
    assert_int_equal(sweep->taken_count, 1);
    assert_taken(sweep, 0, &ids[0], 1, "sms one");
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw1", 60000, 10);
    assert_int_equal(sweep->taken_count, 1);
    assert_taken(sweep, 0, &ids[1], 1, "sms two");
    assert_int_equal(store_rig_sweep(rig, rig->store, bucket, "gw1", 60000, 10)->taken_count, 0);
    assert_int_equal(store_rig_settle(rig, rig->store, number, ids, 2)->result, STORE_OK);
}

static void test_settled_entries_are_forgotten(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(18, 1);
    unsigned bucket = bucket_of(rig, number);
    struct store_owed_id ids[2];
    struct store_commit c = store_case_session(number, 0, "session");
    const struct store_sweep *sweep;

    owe_two(rig, number, "gw1", ids);
    c.settled[0] = ids[0];
    c.settled_count = 1;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw1", 0, 10);
    assert_int_equal(sweep->taken_count, 1);
    assert_taken(sweep, 0, &ids[1], 2, "sms two");
    /* What is gone already may be settled again. */
    assert_int_equal(store_rig_settle(rig, rig->store, number, ids, 2)->result, STORE_OK);
    assert_int_equal(store_rig_sweep(rig, rig->store, bucket, "gw1", 0, 10)->taken_count, 0);
}

static void test_conflict_owes_nothing(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(19, 1);
    struct store_commit c = store_case_session(number, 5, "lost");

    c.owed[0] = span_of_string("lost");
    c.owed_count = 1;
    c.index[0] = (struct store_index){.member = "lost", .enter_set = "LOST", .at_ms = 1};
    c.index_count = 1;
    c.timers[0] = (struct store_timer){.kind = "lost", .due_ms = 1};
    c.timer_count = 1;
    c.merchant = span_of_string("lost");
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_CONFLICT);
    assert_int_equal(
        store_rig_sweep(rig, rig->store, bucket_of(rig, number), "gw1", 0, 10)->taken_count, 0);
    assert_int_equal(rig->outcome.sweep.due_count, 0);
    assert_int_equal(store_rig_list(rig, rig->store, bucket_of(rig, number), "LOST", 10)->count, 0);
    assert_true(store_rig_load(rig, rig->store, number)->subscriber.merchant.version == 0);
}

static void test_timers_are_due_until_taken_away(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(20, 1);
    unsigned bucket = bucket_of(rig, number);
    int64_t now_ms = store_rig_wall_ms(rig);
    struct store_commit c = {.msisdn = number,
                             .timers = {{.kind = "nudge", .due_ms = now_ms - 1},
                                        {.kind = "expire", .due_ms = now_ms - 2},
                                        {.kind = "later", .due_ms = now_ms + 3600000}},
                             .timer_count = 3};
    const struct store_sweep *sweep;

    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    for (unsigned i = 0; i < 2; i++) {
        sweep = store_rig_sweep(rig, rig->store, bucket, "gw1", 1000, 10);
        assert_int_equal(sweep->due_count, 2);
        assert_string_equal(sweep->due[0].kind, "expire");
        assert_string_equal(sweep->due[0].msisdn, number);
        assert_string_equal(sweep->due[1].kind, "nudge");
        assert_string_equal(sweep->due[1].msisdn, number);
    }
    c.timers[0].due_ms = 0;
    c.timers[1].due_ms = now_ms + 3600000;
    c.timers[2].due_ms = now_ms - 3;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw1", 1000, 10);
    assert_int_equal(sweep->due_count, 1);
    assert_string_equal(sweep->due[0].kind, "later");
    c.timers[1].due_ms = c.timers[2].due_ms = 0;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
}

static void put_in_set(struct store_rig *rig, const char *number, const char *member,
                       const char *leave, const char *enter, int64_t at_ms)
{
    struct store_commit c = {
        .msisdn = number,
        .index = {{.member = member, .leave_set = leave, .enter_set = enter, .at_ms = at_ms}},
        .index_count = 1};

    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
}

static void test_sets_are_listed_oldest_first(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(21, 1);
    unsigned bucket = bucket_of(rig, number);
    const struct store_list *list;

    put_in_set(rig, number, "21-B", NULL, "TERKIRIM21", 200);
    put_in_set(rig, number, "21-A", NULL, "TERKIRIM21", 100);
    put_in_set(rig, number, "21-C", NULL, "TERKIRIM21", 300);
    list = store_rig_list(rig, rig->store, bucket, "TERKIRIM21", 2);
    assert_int_equal(list->result, STORE_OK);
    assert_int_equal(list->count, 2);
    assert_true(list->more);
    assert_string_equal(list->items[0].member, "21-A");
    assert_string_equal(list->items[0].msisdn, number);
    assert_true(list->items[0].at_ms == 100);
    assert_string_equal(list->items[1].member, "21-B");
    list = store_rig_list(rig, rig->store, bucket, "TERKIRIM21", 3);
    assert_int_equal(list->count, 3);
    assert_false(list->more);
    assert_int_equal(store_rig_list(rig, rig->store, bucket, "nothing", 3)->count, 0);
}

static void test_member_moves_between_sets(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(22, 1);
    unsigned bucket = bucket_of(rig, number);
    const struct store_list *list;

    put_in_set(rig, number, "22", NULL, "DRAF22", 1);
    put_in_set(rig, number, "22", "DRAF22", "TERKIRIM22", 2);
    assert_int_equal(store_rig_list(rig, rig->store, bucket, "DRAF22", 9)->count, 0);
    list = store_rig_list(rig, rig->store, bucket, "TERKIRIM22", 9);
    assert_int_equal(list->count, 1);
    assert_true(list->items[0].at_ms == 2);
    /* The same set again: only its time is new. */
    put_in_set(rig, number, "22", "TERKIRIM22", "TERKIRIM22", 3);
    list = store_rig_list(rig, rig->store, bucket, "TERKIRIM22", 9);
    assert_int_equal(list->count, 1);
    assert_true(list->items[0].at_ms == 3);
}

static void test_member_is_found_while_in_a_set(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(23, 1);
    unsigned bucket = bucket_of(rig, number);
    const struct store_list *list;

    assert_int_equal(store_rig_find(rig, rig->store, bucket, "23")->count, 0);
    put_in_set(rig, number, "23", NULL, "DRAF23", 1);
    put_in_set(rig, number, "23", NULL, "kab:1871", 1);
    list = store_rig_find(rig, rig->store, bucket, "23");
    assert_int_equal(list->result, STORE_OK);
    assert_int_equal(list->count, 1);
    assert_string_equal(list->items[0].member, "23");
    assert_string_equal(list->items[0].msisdn, number);
    put_in_set(rig, number, "23", "DRAF23", NULL, 1);
    put_in_set(rig, number, "23", "DRAF23", NULL, 1); /* it has left already */
    assert_int_equal(store_rig_find(rig, rig->store, bucket, "23")->count, 1);
    put_in_set(rig, number, "23", "kab:1871", NULL, 1);
    assert_int_equal(store_rig_find(rig, rig->store, bucket, "23")->count, 0);
}

static void test_shared_records_compare_and_set(void **state)
{
    struct store_rig *rig = *state;
    const struct store_reply *reply = store_rig_shared_load(rig, rig->store, "menu-24");
    uint64_t version;

    assert_int_equal(reply->result, STORE_OK);
    assert_record(&reply->subscriber.session, 0, "");
    reply = store_rig_shared_commit(rig, rig->store, "menu-24", 0, "one", 0);
    assert_int_equal(reply->result, STORE_OK);
    version = reply->subscriber.session.version;
    reply = store_rig_shared_commit(rig, rig->store, "menu-24", 0, "lost", 0);
    assert_int_equal(reply->result, STORE_CONFLICT);
    assert_record(&reply->subscriber.session, version, "one");
    reply = store_rig_shared_commit(rig, rig->store, "menu-24", version, "two", 0);
    assert_int_equal(reply->result, STORE_OK);
    assert_true(reply->subscriber.session.version == version + 1);
    assert_record(&store_rig_shared_load(rig, rig->store, "menu-24")->subscriber.session,
                  version + 1, "two");
    reply = store_rig_shared_commit(rig, rig->store, "menu-24", version, "", 0);
    assert_int_equal(reply->result, STORE_CONFLICT);
    assert_record(&reply->subscriber.session, version + 1, "two");
    reply = store_rig_shared_commit(rig, rig->store, "menu-24", version + 1, "", 0);
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

/* All that a commit may hold, at its limits, in one. */
static void test_full_commit(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(26, 1);
    unsigned bucket = bucket_of(rig, number);
    static uint8_t session[STORE_SESSION_BYTES_MAX], merchant[STORE_MERCHANT_BYTES_MAX],
        owed[STORE_OWED_BYTES_MAX];
    static const char *const names[] = {"26-0", "26-1", "26-2", "26-3"};
    static const char *const kinds[] = {"k0", "k1", "k2", "k3"};
    struct store_commit c = {.msisdn = number,
                             .session = span_of(session, sizeof(session)),
                             .session_ttl_s = 60,
                             .merchant_checked = true,
                             .merchant = span_of(merchant, sizeof(merchant)),
                             .owner = "gw1"};
    const struct store_reply *reply;

    memset(session, 1, sizeof(session));
    memset(merchant, 2, sizeof(merchant));
    memset(owed, 3, sizeof(owed));
    c.owed_count = c.index_count = c.timer_count = c.journal_count = 4;
    for (unsigned i = 0; i < 4; i++) {
        c.owed[i] = c.journal[i] = span_of(owed, sizeof(owed));
        c.index[i] = (struct store_index){
            .member = names[i], .leave_set = "LEAVE26", .enter_set = "ENTER26", .at_ms = i};
        c.timers[i] = (struct store_timer){.kind = kinds[i], .due_ms = 1 + i};
    }
    reply = store_rig_commit(rig, rig->store, &c);
    assert_int_equal(reply->result, STORE_OK);
    c.settled_count = 4;
    memcpy(c.settled, reply->owed, sizeof(c.settled));
    assert_int_equal(store_rig_sweep(rig, rig->store, bucket, "gw1", 0, 10)->taken_count, 4);
    assert_int_equal(rig->outcome.sweep.taken[3].body.size, sizeof(owed));
    assert_int_equal(rig->outcome.sweep.due_count, 4);
    assert_int_equal(store_rig_list(rig, rig->store, bucket, "ENTER26", 10)->count, 4);
    reply = store_rig_load(rig, rig->store, number);
    assert_true(span_is_equal(reply->subscriber.merchant.data, c.merchant));
    c.session_version = reply->subscriber.session.version;
    c.merchant_version = reply->subscriber.merchant.version;
    c.owed_count = 0;
    for (unsigned i = 0; i < 4; i++)
        c.timers[i].due_ms = 0;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    assert_int_equal(store_rig_sweep(rig, rig->store, bucket, "gw1", 0, 10)->taken_count, 0);
    assert_int_equal(rig->outcome.sweep.due_count, 0);
}

const struct store_case store_cases[] = {
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
    {"cancelled callback never runs", test_cancelled_callback_never_runs},
    {"numbers are never given twice", test_numbers_are_never_given_twice},
    {"owed entries are taken over when idle", test_owed_entries_are_taken_over_when_idle},
    {"nobody's entries go to the first sweep", test_nobodys_entries_go_to_the_first_sweep},
    {"settled entries are forgotten", test_settled_entries_are_forgotten},
    {"conflict owes nothing", test_conflict_owes_nothing},
    {"timers are due until taken away", test_timers_are_due_until_taken_away},
    {"sets are listed oldest first", test_sets_are_listed_oldest_first},
    {"member moves between sets", test_member_moves_between_sets},
    {"member is found while in a set", test_member_is_found_while_in_a_set},
    {"shared records compare and set", test_shared_records_compare_and_set},
    {"shared record expires", test_shared_record_expires},
    {"full commit", test_full_commit},
    {NULL, NULL},
};
