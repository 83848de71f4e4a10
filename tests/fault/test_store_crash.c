/*
 * One Redis dies under load, round after round: killed, without power, its disk full. What was told
 * done is there afterwards, and nothing is there twice. FAULT_ROUNDS=n for the long form.
 */
#include "base/random.h"
#include "tests/support/store_cases.h"
#include "tests/support/store_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROUNDS = 5, DIALOGUES = 64 };

static unsigned rounds(void)
{
    const char *value = getenv("FAULT_ROUNDS");

    return value != NULL ? (unsigned)strtoul(value, NULL, 10) : ROUNDS;
}

/* Beside this program, where the Makefile put it. */
static const char *preload(char path[4096])
{
    ssize_t size = readlink("/proc/self/exe", path, 4000);

    assert_true(size > 0);
    path[size] = '\0';
    strcpy(strrchr(path, '/'), "/synced.so");
    assert_int_equal(access(path, R_OK), 0);
    return path;
}

static void report(const char *what, const struct store_load_result *r)
{
    print_message("%s: %llu ok, %llu unknown (%llu done, %llu not), gap %u ms, lost %llu\n", what,
                  (unsigned long long)r->ok, (unsigned long long)r->unknown,
                  (unsigned long long)r->resolved_done, (unsigned long long)r->resolved_not,
                  r->longest_gap_ms, (unsigned long long)r->lost);
}

/* Each round: load, death at a random moment, what `hurt` does to the files, life again. */
static void run_rounds(const struct redis_server_options *options, bool owes,
                       void (*hurt)(struct redis_server *s, struct random_source *random),
                       struct store_load_result *result)
{
    struct redis_server *server = redis_server_start(options);
    struct store_rig *rig = store_rig_new_redis(server, NULL);
    struct random_source random = {.state = (uint64_t)getpid()};
    struct store_load *load = store_load_new(rig, 1, DIALOGUES, owes);

    print_message("seed %llu\n", (unsigned long long)random.state);
    for (unsigned i = 0; i < rounds(); i++) {
        store_load_run(load, 100 + (unsigned)random_below(&random, 300));
        redis_server_kill(server);
        hurt(server, &random);
        redis_server_launch(server);
        store_load_run(load, 300);
        assert_true(store_rig_await_ready(rig, rig->store, true, 30000));
    }
    store_load_finish(load, result);
    store_load_free(load);
    store_rig_free(rig);
    redis_server_stop(server);
}

static void hurt_nothing(struct redis_server *s, struct random_source *random)
{
    (void)s;
    (void)random;
}

static void hurt_power(struct redis_server *s, struct random_source *random)
{
    redis_server_lose_power(s, (double)random_below(random, 1001) / 1000);
}

/* With everysec even a kill may lose: while a background fsync is slow Redis answers before it
 * writes (docs/decisions/0004). */
static void test_killed(void **state)
{
    const struct redis_server_options options = {.appendfsync = "always"};
    struct store_load_result result;

    (void)state;
    run_rounds(&options, true, hurt_nothing, &result);
    report("killed, always", &result);
    assert_int_equal(result.lost, 0);
    assert_int_equal(result.doubled, 0);
    assert_true(result.ok > 100 && result.unknown > 0);
}

static void test_power_lost_with_always(void **state)
{
    char path[4096];
    const struct redis_server_options options = {.appendfsync = "always", .preload = preload(path)};
    struct store_load_result result;

    (void)state;
    run_rounds(&options, true, hurt_power, &result);
    report("power lost, always", &result);
    assert_int_equal(result.lost, 0);
    assert_int_equal(result.doubled, 0);
    assert_true(result.ok > 100);
}

/* The counter-check: the same with everysec does lose, so that the test above can. */
static void test_power_lost_with_everysec_loses(void **state)
{
    char path[4096];
    const struct redis_server_options options = {.appendfsync = "everysec",
                                                 .preload = preload(path)};
    struct store_load_result result;

    (void)state;
    run_rounds(&options, false, hurt_power, &result);
    report("power lost, everysec", &result);
    assert_true(result.lost > 0);
}

/* A full disk: refused, not lost; with room again the work goes on. */
static void test_full_disk(void **state)
{
    const struct redis_server_options options = {.appendfsync = "everysec",
                                                 .file_bytes_max = 2U << 20};
    struct redis_server *server = redis_server_start(&options);
    struct store_rig *rig = store_rig_new_redis(server, NULL);
    struct store_load *load = store_load_new(rig, 1, DIALOGUES, false);
    struct store_commit c = store_case_session("6281234567890", 0, "session");
    struct store_load_result result;

    (void)state;
    store_load_run(load, 4000);
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_UNAVAILABLE);
    assert_int_equal(store_rig_load(rig, rig->store, "6281234567890")->result, STORE_OK);
    redis_server_set_file_limit(server, 0);
    store_load_run(load, 3000);
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    store_load_finish(load, &result);
    store_load_free(load);
    report("full disk", &result);
    assert_true(result.unavailable > 0);
    assert_int_equal(result.lost, 0);
    assert_int_equal(result.doubled, 0);
    store_rig_free(rig);
    redis_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_power_lost_with_always),
        cmocka_unit_test(test_power_lost_with_everysec_loses),
        cmocka_unit_test(test_full_disk),
    };

    return cmocka_run_group_tests_name("store_crash", tests, NULL, NULL);
}
