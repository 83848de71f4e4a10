/* The store's contract on a real Cluster; then a master dies, and slots move, under load. */
#include "tests/support/redis_group.h"
#include "tests/support/store_cases.h"
#include "tests/support/store_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { NODE_TIMEOUT_MS = 1000, DIALOGUES = 64, MASTERS = 3, REPLICAS = 2, TESTS_MAX = 64 };

static struct redis_group *group;

static int set_up(void **state)
{
    struct store_redis_settings settings;
    struct store_rig *rig;

    group = redis_group_start_cluster(MASTERS, REPLICAS, "everysec", NODE_TIMEOUT_MS);
    store_rig_redis_defaults(&settings);
    redis_group_settings(group, &settings);
    rig = store_rig_new_servers(&settings);
    *state = rig;
    return store_rig_await_ready(rig, rig->store, true, 30000) ? 0 : -1;
}

static int tear_down(void **state)
{
    store_rig_free(*state);
    redis_group_stop(group);
    return 0;
}

static void finish(struct store_load *load, const char *what, struct store_load_result *r)
{
    store_load_finish(load, r);
    store_load_free(load);
    print_message("%s: %llu ok, %llu unknown (%llu done, %llu not), %llu unavailable, %llu "
                  "conflicts, gap %u ms\n",
                  what, (unsigned long long)r->ok, (unsigned long long)r->unknown,
                  (unsigned long long)r->resolved_done, (unsigned long long)r->resolved_not,
                  (unsigned long long)r->unavailable, (unsigned long long)r->conflicts,
                  r->longest_gap_ms);
    assert_int_equal(r->lost, 0);
    assert_int_equal(r->doubled, 0);
    assert_true(r->ok > 1000);
}

/* Slot of a bucket of the rig, as redis_tag_init() makes it. */
static unsigned slot_of(unsigned bucket)
{
    char tag[16];
    int size = snprintf(tag, sizeof(tag), "b%03u", bucket);

    return store_crc16(tag, (size_t)size) % 16384;
}

/* All buckets to one master and then to the next, a key at a time, while every dialogue goes on. */
static void test_slots_move_under_load(void **state)
{
    enum { BUCKETS = 16 };
    struct store_rig *rig = *state;
    struct store_load *load = store_load_new(rig, 1, DIALOGUES, true);
    struct store_load_result result;
    struct store_redis_stats stats;
    unsigned slots[BUCKETS];
    int status;

    for (unsigned bucket = 0; bucket < BUCKETS; bucket++)
        slots[bucket] = slot_of(bucket);
    store_load_run(load, 300);
    for (unsigned master = 0; master < 2; master++) {
        pid_t pid = redis_group_fork_moves(group, slots, BUCKETS, group->servers[master], 1);

        while (waitpid(pid, &status, WNOHANG) == 0)
            store_load_run(load, 20);
        assert_int_equal(status, 0);
    }
    store_load_run(load, 300);
    finish(load, "slots moved", &result);
    store_redis_stats(rig->store, &stats);
    print_message("refusals met: %llu\n", (unsigned long long)stats.refusals);
    assert_true(stats.refusals > 50); /* MOVED, ASK, TRYAGAIN: the load did meet the moves */
    assert_int_equal(result.unavailable, 0);
    assert_int_equal(result.unknown, 0);
}

/* While keys of a slot stand here and there: each is found, through ASK. */
static void test_half_moved_slot_is_served(void **state)
{
    struct store_rig *rig = *state;
    const char *number = "6281234567890";
    unsigned bucket = store_bucket(rig->store, number), slot = slot_of(bucket);
    struct redis_server *from = redis_group_owner(group, slot);
    struct redis_server *to = group->servers[from == group->servers[2] ? 0 : 2];
    struct store_commit c = store_case_session(number, 0, "one");
    char key[64];
    uint64_t version = store_rig_commit(rig, rig->store, &c)->subscriber.session.version, next;

    snprintf(key, sizeof(key), "{b%03u}s:%s", bucket, number);
    redis_group_begin_move(from, to, slot);
    redis_group_move_key(from, to, key);
    c = store_case_session(number, version, "two");
    next = store_next_version(version, c.session);
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    c = store_case_session(number, version, "lost");
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_CONFLICT);
    assert_true(rig->outcome.reply.subscriber.session.version == next);
    redis_group_move_slot(group, slot, from, to, 100);
    assert_true(store_rig_load(rig, rig->store, number)->subscriber.session.version == next);
}

/* Dialogues of the other masters go on; those of the dead one go on with its replica. */
static void test_master_is_killed(void **state)
{
    enum { NUMBERS = 32 };
    struct store_rig *rig = *state;
    struct store_load *load;
    struct store_load_result result;
    struct redis_server *owners[NUMBERS];
    char numbers[NUMBERS][24];
    unsigned slots[8], dead = 0;
    int status;

    for (unsigned bucket = 0; bucket < 8; bucket++)
        slots[bucket] = slot_of(bucket);
    waitpid(redis_group_fork_moves(group, slots, 8, group->servers[2], 100), &status, 0);
    assert_int_equal(status, 0);
    for (unsigned i = 0; i < NUMBERS; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "62855%08u", i * 7919);
        owners[i] = redis_group_owner(group, slot_of(store_bucket(rig->store, numbers[i])));
        dead += owners[i] == group->servers[1];
    }
    assert_in_range(dead, 1, NUMBERS - 1);
    load = store_load_new(rig, 2, DIALOGUES, true);
    store_load_run(load, 500);
    redis_server_kill(group->servers[1]);
    store_load_run(load, 200);
    assert_true(store_is_ready(rig->store));
    for (unsigned i = 0; i < NUMBERS; i++)
        assert_int_equal(store_rig_load(rig, rig->store, numbers[i])->result,
                         owners[i] == group->servers[1] ? STORE_UNAVAILABLE : STORE_OK);
    store_load_run(load, 5000);
    for (unsigned i = 0; i < NUMBERS; i++)
        assert_int_equal(store_rig_load(rig, rig->store, numbers[i])->result, STORE_OK);
    finish(load, "master killed", &result);
    assert_true(result.unknown + result.unavailable > 0);
}

int main(void)
{
    static const struct CMUnitTest own[] = {
        cmocka_unit_test(test_slots_move_under_load),
        cmocka_unit_test(test_half_moved_slot_is_served),
        cmocka_unit_test(test_master_is_killed),
    };
    static struct CMUnitTest tests[TESTS_MAX];
    size_t count = 0;

    for (const struct store_case *c; (c = store_case_at(count)) != NULL; count++)
        tests[count] = (struct CMUnitTest){c->name, c->run, NULL, NULL, NULL};
    memcpy(tests + count, own, sizeof(own));
    count += sizeof(own) / sizeof(own[0]);
    return _cmocka_run_group_tests("store_cluster", tests, count, set_up, tear_down);
}
