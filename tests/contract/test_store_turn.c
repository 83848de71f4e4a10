/* What one loop turn asks of Redis shares calls, sixteen to one at most (sessions/redis_group.c):
 * how many calls that makes, that each stands for itself, and what becomes of those whose call
 * fails or is not taken. */
#include "tests/support/store_cases.h"

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TURN_COMMITS = 40 };

static struct store_outcome turn_outcomes[TURN_COMMITS];

/* Each ends once. */
static void commit_in_one_turn(struct store_rig *rig)
{
    char other[24];

    for (unsigned i = 0; i < TURN_COMMITS; i++) {
        struct store_commit c;

        snprintf(other, sizeof(other), "62814%08u", i);
        c = store_case_session(other, 0, "session");
        store_outcome_init(&turn_outcomes[i]);
        (void)store_commit(rig->store, &c, store_outcome_on_reply, &turn_outcomes[i]);
    }
    for (unsigned i = 0; i < TURN_COMMITS; i++)
        if (turn_outcomes[i].calls == 0)
            store_rig_await(rig, &turn_outcomes[i]);
    store_rig_pass(rig, 10);
    for (unsigned i = 0; i < TURN_COMMITS; i++)
        assert_int_equal(turn_outcomes[i].calls, 1);
}

static unsigned count_outcomes(enum store_result result)
{
    unsigned count = 0;

    for (unsigned i = 0; i < TURN_COMMITS; i++)
        count += turn_outcomes[i].reply.result == result;
    return count;
}

/* Of functions, "cmdstat_fcall:calls=N,...". */
static unsigned count_calls(struct store_rig *rig)
{
    redisReply *reply = redis_server_ask(rig->server, "INFO commandstats");
    const char *line = strstr(reply->str, "cmdstat_fcall:calls=");
    unsigned count = 0;

    if (line != NULL)
        sscanf(line, "cmdstat_fcall:calls=%u", &count);
    freeReplyObject(reply);
    return count;
}

/* Neither one for each nor one for all: Redis serves nobody else during a call. */
static void test_commits_of_one_turn_share_a_few_calls(void **state)
{
    struct store_rig *rig = *state;
    unsigned before = count_calls(rig);

    commit_in_one_turn(rig);
    assert_int_equal(count_outcomes(STORE_OK), TURN_COMMITS);
    assert_in_range(count_calls(rig) - before, 2, 5);
}

static void set_memory(struct store_rig *rig, const char *limit)
{
    redisReply *reply = redis_server_ask(rig->server, "CONFIG SET maxmemory %s", limit);

    assert_int_equal(reply->type, REDIS_REPLY_STATUS);
    freeReplyObject(reply);
}

static void test_all_that_share_a_call_hear_its_error(void **state)
{
    struct store_rig *rig = *state;

    set_memory(rig, "1");
    commit_in_one_turn(rig);
    assert_int_equal(count_outcomes(STORE_UNAVAILABLE), TURN_COMMITS);
    set_memory(rig, "0");
}

/* A call counts for all that share it; what finds no room is told so. */
static void test_too_many_commits_in_flight_are_refused(void **state)
{
    struct store_rig *rig = *state, *narrow;
    struct store_redis_settings settings;
    unsigned ok;

    store_rig_redis_defaults(&settings);
    settings.connections = 1;
    settings.in_flight_max = 10;
    narrow = store_rig_new_redis(rig->server, &settings);
    commit_in_one_turn(narrow);
    ok = count_outcomes(STORE_OK);
    assert_in_range(ok, 10, 26); /* the call that passes the limit is taken whole */
    assert_int_equal(count_outcomes(STORE_UNAVAILABLE), TURN_COMMITS - ok);
    store_rig_free(narrow);
}

enum { NEW_SESSION, NEW_MERCHANT, STALE, SETTLED, RECEIPT, DAMAGED, UNHARMED, TOGETHER };

static struct store_owed_id owe_to(struct store_rig *rig, const char *msisdn)
{
    struct store_commit c = {
        .msisdn = msisdn, .owner = "gw1", .owed = {span_of_string("sms")}, .owed_count = 1};

    return store_rig_commit(rig, rig->store, &c)->owed[0];
}

static void ask_together(struct store_rig *rig, struct store_owed_id id,
                         struct store_outcome outcomes[TOGETHER])
{
    static const char *const names[] = {"link/1"};
    struct store_commit plain = store_case_session("62812810", 0, "session"),
                        merchant = store_case_session("62812811", 0, "session"),
                        stale = store_case_session("62812812", 77, "session"),
                        last = store_case_session("62812813", 0, "session");
    struct store_receipt_key key = {.text = names[0], .part = 0};
    struct store_settlement settlement = {.bucket = store_bucket(rig->store, "62812814"),
                                          .subject = "62812814",
                                          .id = id,
                                          .end = STORE_END_AWAITED,
                                          .now_ms = store_rig_wall_ms(rig),
                                          .until_ms = store_rig_wall_ms(rig) + 60000,
                                          .parts = 1,
                                          .keys = &key,
                                          .key_count = 1};
    struct store_receipt receipt = {.bucket = settlement.bucket,
                                    .subject = "62812814",
                                    .end = STORE_END_DELIVERED,
                                    .keys = names,
                                    .key_count = 1,
                                    .now_ms = store_rig_wall_ms(rig),
                                    .park_until_ms = store_rig_wall_ms(rig) + 60000};

    merchant.merchant = span_of_string("merchant");
    merchant.owed[0] = span_of_string("sms");
    merchant.owed_count = 1;
    stale.merchant = span_of_string("merchant");
    for (unsigned i = 0; i < TOGETHER; i++)
        store_outcome_init(&outcomes[i]);
    store_commit(rig->store, &plain, store_outcome_on_reply, &outcomes[NEW_SESSION]);
    store_commit(rig->store, &merchant, store_outcome_on_reply, &outcomes[NEW_MERCHANT]);
    store_commit(rig->store, &stale, store_outcome_on_reply, &outcomes[STALE]);
    store_settle(rig->store, &settlement, store_outcome_on_reply, &outcomes[SETTLED]);
    store_receipt(rig->store, &receipt, store_outcome_on_reply, &outcomes[RECEIPT]);
    receipt.subject = "damaged";
    store_receipt(rig->store, &receipt, store_outcome_on_reply, &outcomes[DAMAGED]);
    store_commit(rig->store, &last, store_outcome_on_reply, &outcomes[UNHARMED]);
    for (unsigned i = 0; i < TOGETHER; i++) {
        if (outcomes[i].calls == 0)
            store_rig_await(rig, &outcomes[i]);
        assert_int_equal(outcomes[i].calls, 1);
    }
}

static uint64_t session_of(struct store_rig *rig, const char *msisdn)
{
    return store_rig_load(rig, rig->store, msisdn)->subscriber.session.version;
}

/* Each for itself: a conflict and a damaged record do not concern the others. */
static void test_one_call_of_many_kinds(void **state)
{
    static struct store_outcome outcomes[TOGETHER];
    struct store_rig *rig = *state;
    struct store_owed_id id = owe_to(rig, "62812814");
    unsigned bucket = store_bucket(rig->store, "62812814");
    const struct store_reply *made = &outcomes[NEW_MERCHANT].reply;

    (void)redis_server_ask_number(rig->server, "LPUSH {b%03u}x:damaged list", bucket);
    freeReplyObject(redis_server_ask(rig->server, "CONFIG RESETSTAT"));
    ask_together(rig, id, outcomes);
    assert_int_equal(count_calls(rig), 1);
    assert_int_equal(redis_server_ask_number(rig->server, "DEL {b%03u}x:damaged", bucket), 1);
    assert_int_equal(outcomes[NEW_SESSION].reply.result, STORE_OK);
    assert_true(outcomes[NEW_SESSION].reply.subscriber.session.version ==
                session_of(rig, "62812810"));
    assert_int_equal(made->result, STORE_OK);
    assert_true(made->subscriber.session.version == session_of(rig, "62812811"));
    assert_true(made->subscriber.merchant.version >= made->subscriber.session.version);
    assert_true(made->owed[0].ms != 0);
    assert_int_equal(outcomes[STALE].reply.result, STORE_CONFLICT);
    assert_true(session_of(rig, "62812812") == 0);
    assert_int_equal(outcomes[SETTLED].reply.fate, STORE_FATE_GOES_ON);
    assert_int_equal(outcomes[RECEIPT].reply.fate, STORE_FATE_ENDED);
    assert_int_equal(outcomes[RECEIPT].reply.end, STORE_END_DELIVERED);
    assert_int_equal(outcomes[DAMAGED].reply.result, STORE_UNKNOWN);
    assert_int_equal(outcomes[UNHARMED].reply.result, STORE_OK);
    assert_true(session_of(rig, "62812813") != 0);
    assert_true(redis_server_ask_number(rig->server, "EXISTS {b%03u}s:62812813",
                                        store_bucket(rig->store, "62812813")) == 1);
}

/* One whose key is of another type, among commits of sessions alone. */
static void test_one_damaged_session_among_others(void **state)
{
    static const char *const numbers[] = {"62812820", "62812821", "62812822"};
    static struct store_outcome outcomes[3];
    struct store_rig *rig = *state;
    unsigned bucket = store_bucket(rig->store, numbers[1]);

    (void)redis_server_ask_number(rig->server, "LPUSH {b%03u}s:62812821 list", bucket);
    for (unsigned i = 0; i < 3; i++) {
        struct store_commit c = store_case_session(numbers[i], 0, "session");

        store_outcome_init(&outcomes[i]);
        store_commit(rig->store, &c, store_outcome_on_reply, &outcomes[i]);
    }
    for (unsigned i = 0; i < 3; i++) {
        if (outcomes[i].calls == 0)
            store_rig_await(rig, &outcomes[i]);
        assert_int_equal(outcomes[i].reply.result, i == 1 ? STORE_UNKNOWN : STORE_OK);
    }
    assert_true(session_of(rig, numbers[0]) != 0 && session_of(rig, numbers[2]) != 0);
    assert_int_equal(redis_server_ask_number(rig->server, "DEL {b%03u}s:62812821", bucket), 1);
}

static int set_up(void **state)
{
    *state = store_rig_new_redis(redis_server_start(NULL), NULL);
    return 0;
}

static int tear_down(void **state)
{
    struct store_rig *rig = *state;
    struct redis_server *server = rig->server;

    store_rig_free(rig);
    redis_server_stop(server);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_commits_of_one_turn_share_a_few_calls),
        CASE(test_all_that_share_a_call_hear_its_error),
        CASE(test_too_many_commits_in_flight_are_refused),
        CASE(test_one_call_of_many_kinds),
        CASE(test_one_damaged_session_among_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
