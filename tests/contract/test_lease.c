/*
 * gateway/lease on the store in memory (a clock of our own) and on a real Redis: one holder at a
 * time, who lets go before another can have it, and a token that only grows.
 */
#include "base/log.h"
#include "base/random.h"
#include "gateway/lease.h"
#include "sessions/store_memory.h"
#include "tests/support/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TTL_S = 2, TTL_MS = TTL_S * 1000, CHANGES_MAX = 32, PATIENCE_MS = 20000 };

struct party {
    struct store_rig *rig;
    struct store *store;
    struct lease *lease;
    enum lease_state changes[CHANGES_MAX];
    unsigned change_count;
    uint64_t lost_ms; /* when it came back to STANDBY */
};

struct scene {
    struct store_rig *rig;
    struct random_source random;
    struct party a, b;
};

static void on_change(void *ctx)
{
    struct party *p = ctx;

    assert_true(p->change_count < CHANGES_MAX);
    p->changes[p->change_count++] = lease_state(p->lease);
    if (lease_state(p->lease) == LEASE_STANDBY)
        p->lost_ms = p->rig->timers.now_ms;
}

static uint64_t next_random(void *ctx)
{
    return random_next(ctx);
}

static void join(struct scene *s, struct party *p, const char *instance, struct store *store)
{
    const struct lease_settings settings = {.store = store,
                                            .timers = &s->rig->timers,
                                            .random = next_random,
                                            .random_ctx = &s->random,
                                            .name = "op1",
                                            .instance = instance,
                                            .ttl_s = TTL_S,
                                            .on_change = on_change,
                                            .ctx = p};

    memset(p, 0, sizeof(*p));
    p->rig = s->rig;
    p->store = store;
    p->lease = lease_new(&settings);
}

/* Its process is gone. */
static void kill_party(struct party *p)
{
    store_free(p->store);
    lease_free(p->lease);
    p->lease = NULL;
}

static struct scene *open_scene(struct store_rig *rig)
{
    static struct scene s;

    memset(&s, 0, sizeof(s));
    s.rig = rig;
    s.random.state = 5;
    join(&s, &s.a, "gw1", store_rig_open_other(rig));
    join(&s, &s.b, "gw2", store_rig_open_other(rig));
    return &s;
}

static int set_up_memory(void **state)
{
    *state = open_scene(store_rig_new_memory());
    return 0;
}

static int set_up_redis(void **state)
{
    *state = open_scene(store_rig_new_redis(redis_server_start(NULL), NULL));
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    struct redis_server *server = s->rig->server;

    if (s->a.lease != NULL)
        kill_party(&s->a);
    if (s->b.lease != NULL)
        kill_party(&s->b);
    store_rig_free(s->rig);
    if (server != NULL)
        redis_server_stop(server);
    return 0;
}

static bool await_state(const struct party *p, enum lease_state state)
{
    for (unsigned ms = 0; ms < PATIENCE_MS && lease_state(p->lease) != state; ms += 10)
        store_rig_pass(p->rig, 10);
    return lease_state(p->lease) == state;
}

static void test_one_holds_it_and_gives_it_back(void **state)
{
    struct scene *s = *state;
    uint64_t first;

    lease_want(s->a.lease, true);
    assert_int_equal(s->a.change_count, 0); /* never from inside */
    assert_true(await_state(&s->a, LEASE_HELD));
    assert_true(lease_is_valid(s->a.lease));
    first = lease_token(s->a.lease);
    assert_true(first != 0);
    lease_want(s->b.lease, true);
    store_rig_pass(s->rig, 3 * TTL_MS); /* renewed all the time */
    assert_int_equal(lease_state(s->b.lease), LEASE_STANDBY);
    assert_string_equal(lease_holder(s->b.lease), "gw1");
    assert_int_equal(lease_state(s->a.lease), LEASE_HELD);
    assert_true(lease_token(s->a.lease) == first);
    assert_int_equal(s->a.change_count, 1);

    lease_want(s->a.lease, false);
    assert_true(await_state(&s->a, LEASE_IDLE));
    assert_true(await_state(&s->b, LEASE_HELD));
    assert_true(lease_token(s->b.lease) > first);
    assert_false(lease_is_valid(s->a.lease));
}

/* Its process is gone: the record runs out, and not before. */
static void test_a_dead_holder_is_followed(void **state)
{
    struct scene *s = *state;
    uint64_t died_ms, first;

    lease_want(s->a.lease, true);
    assert_true(await_state(&s->a, LEASE_HELD));
    first = lease_token(s->a.lease);
    lease_want(s->b.lease, true);
    store_rig_pass(s->rig, 100);
    kill_party(&s->a);
    died_ms = s->rig->timers.now_ms;
    assert_true(await_state(&s->b, LEASE_HELD));
    assert_true(lease_token(s->b.lease) > first);
    /* Its last renewal was at most ttl/4 ago. */
    assert_true(s->rig->timers.now_ms - died_ms >= TTL_MS / 2);
}

/* The same instance again is another process: who knows whether the first is gone. */
static void test_its_own_name_is_no_right(void **state)
{
    struct scene *s = *state;
    uint64_t first;

    lease_want(s->a.lease, true);
    assert_true(await_state(&s->a, LEASE_HELD));
    first = lease_token(s->a.lease);
    kill_party(&s->b);
    join(s, &s->b, "gw1", store_rig_open_other(s->rig));
    lease_want(s->b.lease, true);
    store_rig_pass(s->rig, TTL_MS);
    assert_int_equal(lease_state(s->b.lease), LEASE_STANDBY);
    assert_true(lease_token(s->a.lease) == first);
}

/* Given up while it was asked for, wanted again while it was given back. */
static void test_wanting_to_and_fro(void **state)
{
    struct scene *s = *state;

    lease_want(s->a.lease, true);
    lease_want(s->a.lease, false);
    assert_true(await_state(&s->a, LEASE_IDLE));
    for (unsigned i = 0; i < 5; i++) {
        lease_want(s->a.lease, true);
        store_rig_turn(s->rig, i);
        lease_want(s->a.lease, false);
        store_rig_turn(s->rig, i);
    }
    lease_want(s->a.lease, true);
    assert_true(await_state(&s->a, LEASE_HELD));
    lease_want(s->a.lease, false);
    assert_true(await_state(&s->a, LEASE_IDLE));
    lease_want(s->b.lease, true);
    assert_true(await_state(&s->b, LEASE_HELD));
}

/* The store hangs: the holder renounces at half the time and has let go at three quarters; then it
 * answers again, and one of them has it, with a new token. */
static void test_a_store_that_hangs(void **state)
{
    struct scene *s = *state;
    uint64_t first, paused_ms;

    lease_want(s->a.lease, true);
    assert_true(await_state(&s->a, LEASE_HELD));
    first = lease_token(s->a.lease);
    lease_want(s->b.lease, true);
    store_rig_pass(s->rig, 100);
    redis_server_pause(s->rig->server);
    paused_ms = s->rig->timers.now_ms;
    assert_true(await_state(&s->a, LEASE_RENOUNCED));
    assert_true(lease_is_valid(s->a.lease));
    assert_true(await_state(&s->a, LEASE_STANDBY));
    assert_false(lease_is_valid(s->a.lease));
    assert_true(s->a.lost_ms - paused_ms <= TTL_MS); /* lost at 1.5 s; the rest is the machine's */
    redis_server_resume(s->rig->server);
    for (unsigned ms = 0; ms < PATIENCE_MS && lease_state(s->a.lease) != LEASE_HELD &&
                          lease_state(s->b.lease) != LEASE_HELD;
         ms += 10)
        store_rig_pass(s->rig, 10);
    assert_true(lease_token(s->a.lease) > first || lease_token(s->b.lease) > first);
    assert_false(lease_is_valid(s->a.lease) && lease_is_valid(s->b.lease));
}

/* A process that was stopped wakes up when another has it: by its own clock it has nothing. */
static void test_a_holder_that_slept(void **state)
{
    struct scene *s = *state;

    lease_want(s->a.lease, true);
    assert_true(await_state(&s->a, LEASE_HELD));
    assert_true(lease_is_valid(s->a.lease));
    s->rig->timers.now_ms += TTL_MS; /* as the first callback after the sleep has it */
    assert_false(lease_is_valid(s->a.lease));
    s->rig->timers.now_ms -= TTL_MS;
}

/* What can happen to a request happens, seconds late too. */
static struct store_memory_fate any_fate(void *ctx, enum store_memory_call call)
{
    static const enum store_memory_fate_kind kinds[] = {
        STORE_MEMORY_REFUSED, STORE_MEMORY_UNKNOWN_DONE, STORE_MEMORY_UNKNOWN_NOT};
    struct random_source *random = ctx;
    struct store_memory_fate fate = {.kind = STORE_MEMORY_DONE};

    (void)call;
    if (random_below(random, 10) < 3)
        fate.kind = kinds[random_below(random, 3)];
    if (random_below(random, 10) < 4) {
        fate.there_ms = random_below(random, 1500);
        fate.back_ms = random_below(random, 1500);
    }
    return fate;
}

static struct store *open_fateful(struct scene *s)
{
    const struct store_memory_settings settings = {.data = s->rig->data,
                                                   .timers = &s->rig->timers,
                                                   .deferred = &s->rig->deferred,
                                                   .fate = any_fate,
                                                   .fate_ctx = &s->random};

    return store_memory_new(&settings);
}

/* What a gateway may do at any moment, and what the other must not see. */
static void live(struct scene *s, struct party *p, const char *instance)
{
    uint64_t chance = random_below(&s->random, 1000);

    p->change_count = 0;
    if (chance < 3) {
        kill_party(p);
        join(s, p, instance, open_fateful(s));
        lease_want(p->lease, true);
    } else if (chance < 10) {
        lease_want(p->lease, false);
    } else if (chance < 40) {
        lease_want(p->lease, true);
    }
}

static void test_never_two_at_once(void **state)
{
    struct scene *s = *state;
    uint64_t newest = 0, takes = 0;

    kill_party(&s->a);
    kill_party(&s->b);
    join(s, &s->a, "gw1", open_fateful(s));
    join(s, &s->b, "gw2", open_fateful(s));
    for (unsigned i = 0; i < 200000; i++) {
        struct party *const parties[] = {&s->a, &s->b};

        live(s, &s->a, "gw1");
        live(s, &s->b, "gw2");
        store_rig_pass(s->rig, 50);
        assert_false(lease_is_valid(s->a.lease) && lease_is_valid(s->b.lease));
        for (unsigned k = 0; k < 2; k++) {
            if (!lease_is_valid(parties[k]->lease) || lease_token(parties[k]->lease) == newest)
                continue;
            assert_true(lease_token(parties[k]->lease) > newest);
            newest = lease_token(parties[k]->lease);
            takes++;
        }
    }
    assert_true(takes > 100);
}

#define MEMORY(test) cmocka_unit_test_setup_teardown(test, set_up_memory, tear_down)
#define REDIS(test)  cmocka_unit_test_setup_teardown(test, set_up_redis, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMORY(test_one_holds_it_and_gives_it_back),
        MEMORY(test_a_dead_holder_is_followed),
        MEMORY(test_its_own_name_is_no_right),
        MEMORY(test_wanting_to_and_fro),
        MEMORY(test_a_holder_that_slept),
        MEMORY(test_never_two_at_once),
        REDIS(test_one_holds_it_and_gives_it_back),
        REDIS(test_a_dead_holder_is_followed),
        REDIS(test_wanting_to_and_fro),
        REDIS(test_a_store_that_hangs),
    };

    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
