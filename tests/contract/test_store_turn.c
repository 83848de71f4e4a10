/* Plain commits of one loop turn share calls to Redis, sixteen at most (sessions/redis_group.c).
 * That each stands for itself says the contract (store_cases.c); here is how many calls they make,
 * and what becomes of those whose call fails or is not taken. */
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
