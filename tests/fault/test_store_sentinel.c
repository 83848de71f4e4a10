/* A master dies or hangs under load, behind real sentinels: nothing told done is lost. */
#include "tests/support/redis_group.h"
#include "tests/support/store_cases.h"
#include "tests/support/store_load.h"

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { DOWN_AFTER_MS = 1000, DIALOGUES = 64 };

struct scene {
    struct redis_group *group;
    struct store_rig *rig;
};

static int set_up(void **state)
{
    static struct scene s;
    struct store_redis_settings settings;

    s.group = redis_group_start_sentinels("everysec", DOWN_AFTER_MS);
    store_rig_redis_defaults(&settings);
    redis_group_settings(s.group, &settings);
    s.rig = store_rig_new_servers(&settings);
    if (!store_rig_await_ready(s.rig, s.rig->store, true, 30000))
        return -1;
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    store_rig_free(s->rig);
    redis_group_stop(s->group);
    return 0;
}

static void print(const char *what, const struct store_load_result *r)
{
    print_message("%s: %llu ok, %llu unknown (%llu done, %llu not), %llu unavailable, %llu "
                  "conflicts, gap %u ms\n",
                  what, (unsigned long long)r->ok, (unsigned long long)r->unknown,
                  (unsigned long long)r->resolved_done, (unsigned long long)r->resolved_not,
                  (unsigned long long)r->unavailable, (unsigned long long)r->conflicts,
                  r->longest_gap_ms);
}

static void judge(struct store_load *load, const char *what, unsigned gap_limit_ms)
{
    struct store_load_result result;

    store_load_finish(load, &result);
    store_load_free(load);
    print(what, &result);
    assert_int_equal(result.lost, 0);
    assert_int_equal(result.doubled, 0);
    assert_true(result.ok > 1000);
    assert_true(result.longest_gap_ms >= DOWN_AFTER_MS / 2); /* it did hurt */
    assert_in_range(result.longest_gap_ms, 0, gap_limit_ms);
}

static void test_master_is_killed(void **state)
{
    struct scene *s = *state;
    struct store_load *load = store_load_new(s->rig, 1, DIALOGUES, false);
    unsigned master = redis_group_master(s->group);

    store_load_run(load, 1000);
    redis_server_kill(s->group->servers[master]);
    store_load_run(load, 4000);
    assert_int_not_equal(redis_group_master(s->group), master);
    judge(load, "master killed", 3000); /* 2.25 s, of which ours are some 60 ms */
}

/* It comes back as a replica; full commits with an outbox this time. */
static void test_master_hangs_and_comes_back(void **state)
{
    struct scene *s = *state;
    struct store_load *load = store_load_new(s->rig, 2, DIALOGUES, true);
    unsigned master = redis_group_master(s->group);

    store_load_run(load, 1000);
    redis_server_pause(s->group->servers[master]);
    store_load_run(load, 4000);
    redis_server_resume(s->group->servers[master]);
    store_load_run(load, 1500);
    assert_int_not_equal(redis_group_master(s->group), master);
    judge(load, "master stopped", 4500); /* 3.1 s */
}

/* Sentinels come and go; the master does not: nothing is interrupted. */
static void test_lost_sentinel_is_no_outage(void **state)
{
    struct scene *s = *state;
    struct store_load *load = store_load_new(s->rig, 3, DIALOGUES, false);
    struct store_load_result result;

    store_load_run(load, 300);
    redis_server_kill(s->group->sentinels[0]);
    store_load_run(load, 700);
    redis_server_restart(s->group->sentinels[0]);
    store_load_run(load, 300);
    store_load_finish(load, &result);
    store_load_free(load);
    print("sentinel lost", &result);
    assert_int_equal(result.unknown + result.unavailable + result.lost + result.doubled, 0);
}

/* The sentinels replace a master that is well, which the other replica still follows for a moment
 * and vouches for: by itself the store waits for both (docs/decisions/0004). */
static void test_living_master_is_replaced(void **state)
{
    struct scene *s = *state;
    struct store_load *load = store_load_new(s->rig, 5, DIALOGUES, true);
    unsigned master = redis_group_master(s->group);
    struct store_load_result result;
    redisReply *reply;

    store_load_run(load, 500);
    reply = redis_server_ask(s->group->sentinels[1], "SENTINEL FAILOVER warung");
    assert_int_equal(reply->type, REDIS_REPLY_STATUS);
    freeReplyObject(reply);
    store_load_run(load, 4000);
    assert_int_not_equal(redis_group_master(s->group), master);
    store_load_finish(load, &result);
    store_load_free(load);
    print("living master replaced", &result);
    assert_int_equal(result.lost, 0);
    assert_int_equal(result.doubled, 0);
    assert_in_range(result.longest_gap_ms, 0, 5000);
}

/* Both replicas gone: WAIT is not satisfied, nothing is told done that one machine alone holds. */
static void test_without_replicas_nothing_is_told_done(void **state)
{
    struct scene *s = *state;
    struct store_commit c = store_case_session("6281234567890", 0, "session");
    unsigned master = redis_group_master(s->group);

    for (unsigned i = 0; i < s->group->server_count; i++) {
        if (i != master)
            redis_server_pause(s->group->servers[i]);
    }
    assert_int_equal(store_rig_commit(s->rig, s->rig->store, &c)->result, STORE_UNKNOWN);
    /* A sweep is told nothing that it might lose again: it has taken nothing. */
    assert_int_equal(store_rig_sweep(s->rig, s->rig->store, 0, "gw", 0, 10)->result, STORE_OK);
    for (unsigned i = 0; i < s->group->server_count; i++) {
        if (i != master)
            redis_server_resume(s->group->servers[i]);
    }
    store_rig_pass(s->rig, 300);
    assert_int_equal(store_rig_commit(s->rig, s->rig->store, &c)->result, STORE_CONFLICT);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(test_lost_sentinel_is_no_outage),  SCENE(test_without_replicas_nothing_is_told_done),
        SCENE(test_living_master_is_replaced),   SCENE(test_master_is_killed),
        SCENE(test_master_hangs_and_comes_back),
    };

    return cmocka_run_group_tests_name("store_sentinel", tests, NULL, NULL);
}
