/* The store on a small Cluster and behind sentinels: the short form of tests/fault. */
#include "base/log.h"
#include "tests/support/redis_group.h"
#include "tests/support/store_cases.h"
#include "tests/support/store_load.h"

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TESTS_MAX = 64, MASTERS = 3, DIALOGUES = 16, DOWN_AFTER_MS = 300, LINE_BYTES = 256 };

static struct redis_group *group;

static struct store_rig *open_rig(unsigned wait_replicas)
{
    struct store_redis_settings settings;
    struct store_rig *rig;

    store_rig_redis_defaults(&settings);
    redis_group_settings(group, &settings);
    settings.wait_replicas = wait_replicas;
    rig = store_rig_new_servers(&settings);
    assert_true(store_rig_await_ready(rig, rig->store, true, 30000));
    return rig;
}

static int set_up_cluster(void **state)
{
    group = redis_group_start_cluster(MASTERS, 0, "everysec", 1000);
    *state = open_rig(0);
    return 0;
}

static int set_up_replicas(void **state)
{
    (void)state;
    group = redis_group_start_cluster(MASTERS, 1, "everysec", 1000);
    return 0;
}

static int stop_replicas(void **state)
{
    (void)state;
    redis_group_stop(group);
    return 0;
}

static int set_up_sentinels(void **state)
{
    group = redis_group_start_sentinels("everysec", DOWN_AFTER_MS);
    *state = open_rig(STORE_REDIS_WAIT_BY_MODE);
    return 0;
}

static int tear_down(void **state)
{
    store_rig_free(*state);
    redis_group_stop(group);
    return 0;
}

/* A number, its slot, where it is, and another master. */
struct place {
    const char *number;
    unsigned slot;
    struct redis_server *from, *to;
    char session_key[64];
};

static struct place place_of(const struct store_rig *rig, const char *number)
{
    struct place p = {.number = number};
    unsigned bucket = store_bucket(rig->store, number);
    char tag[16];
    int size = snprintf(tag, sizeof(tag), "b%03u", bucket);

    p.slot = store_crc16(tag, (size_t)size) % 16384;
    p.from = redis_group_owner(group, p.slot);
    p.to = group->servers[p.from == group->servers[0] ? 1 : 0];
    snprintf(p.session_key, sizeof(p.session_key), "{%s}s:%s", tag, number);
    return p;
}

static uint64_t write_session(struct store_rig *rig, const char *number)
{
    struct store_commit c = store_case_session(number, 0, "one");
    const struct store_reply *reply = store_rig_commit(rig, rig->store, &c);

    assert_int_equal(reply->result, STORE_OK);
    return reply->subscriber.session.version;
}

/* The map is old: MOVED tells. */
static void test_moved_slot(void **state)
{
    struct store_rig *rig = *state;
    struct place p = place_of(rig, "6281290000001");
    uint64_t version = write_session(rig, p.number);
    struct store_commit c = store_case_session(p.number, version, "two");
    struct store_redis_stats before, after;

    store_redis_stats(rig->store, &before);
    redis_group_move_slot(group, p.slot, p.from, p.to, 100);
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    assert_true(store_rig_load(rig, rig->store, p.number)->subscriber.session.version ==
                store_next_version(version, c.session));
    store_redis_stats(rig->store, &after);
    assert_true(after.refusals > before.refusals);
    redis_group_move_slot(group, p.slot, p.to, p.from, 100);
}

/* The session has gone ahead, the merchant never was: ASK for one key, TRYAGAIN for two. */
static void test_half_moved_slot(void **state)
{
    struct store_rig *rig = *state;
    struct place p = place_of(rig, "6281290000002");
    uint64_t version = write_session(rig, p.number);
    struct store_commit c = store_case_session(p.number, version, "two");
    uint64_t next = store_next_version(version, c.session);
    const struct store_reply *reply;

    redis_group_begin_move(p.from, p.to, p.slot);
    redis_group_move_key(p.from, p.to, p.session_key);
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    reply = store_rig_load(rig, rig->store, p.number);
    assert_int_equal(reply->result, STORE_OK);
    assert_true(reply->subscriber.session.version == next);
    assert_true(span_is_equal(reply->subscriber.session.data, span_of_string("two")));
    assert_true(reply->subscriber.merchant.version == 0);
    /* Stale: the conflict shows both all the same. */
    reply = store_rig_commit(rig, rig->store, &c);
    assert_int_equal(reply->result, STORE_CONFLICT);
    assert_true(reply->subscriber.session.version == next);
    /* A commit of both records waits for the slot, in vain: certainly nothing is written. */
    c = store_case_session(p.number, next, "three");
    c.merchant = span_of_string("merchant");
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_UNAVAILABLE);
    redis_group_move_slot(group, p.slot, p.from, p.to, 100);
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    redis_group_move_slot(group, p.slot, p.to, p.from, 100);
}

/* The node that a slot moves to hangs, and the store goes while it is asked: nothing is left (under
 * AddressSanitizer). */
static void test_freed_while_asking(void **state)
{
    struct store_rig *rig = *state;
    struct place p = place_of(rig, "6281290000005");
    struct store_commit c = store_case_session(p.number, write_session(rig, p.number), "two");
    struct store *other = store_rig_open_other(rig);
    struct store_redis_stats stats = {0};

    assert_true(store_rig_await_ready(rig, other, true, 30000));
    redis_group_begin_move(p.from, p.to, p.slot);
    redis_group_move_key(p.from, p.to, p.session_key);
    redis_server_pause(p.to);
    store_commit(other, &c, store_outcome_on_reply, &rig->outcome);
    while (stats.refusals == 0) {
        store_rig_turn(rig, 10);
        store_redis_stats(other, &stats);
    }
    store_free(other);
    redis_server_resume(p.to);
    redis_group_move_slot(group, p.slot, p.from, p.to, 100);
    redis_group_move_slot(group, p.slot, p.to, p.from, 100);
}

struct unserved {
    bool is_rejected, is_told;
};

/* A node that stood still in the test before may say first that the cluster is down. */
static void note_unserved(void *arg, const char *line, size_t line_bytes)
{
    static const char rejected[] =
        "event=store.rejected reply=\"CLUSTERDOWN Hash slot not served\"";
    static const char told[] = "event=store.unserved slots=1\n";
    struct unserved *u = arg;

    u->is_rejected |= memmem(line, line_bytes, rejected, sizeof(rejected) - 1) != NULL;
    u->is_told |= memmem(line, line_bytes, told, sizeof(told) - 1) != NULL;
}

/* Its node does not know that a slot is its own, as after a fail-over behind a move (Redis 7.0):
 * the log tells, the other slots are served. While the map is that node's, no node is asked and
 * none refuses: the map tells then. */
static void test_slot_that_nobody_serves(void **state)
{
    struct store_rig *rig = *state;
    struct place p = place_of(rig, "6281290000006");
    struct unserved told = {false, false};
    redisReply *reply;

    write_session(rig, p.number);
    reply = redis_server_ask(p.from, "CLUSTER DELSLOTS %u", p.slot);
    assert_string_equal(reply->str, "OK");
    freeReplyObject(reply);
    log_set_sink(note_unserved, &told);
    for (unsigned i = 0; i < 100 && !(told.is_rejected && told.is_told); i++) {
        assert_int_equal(store_rig_load(rig, rig->store, p.number)->result, STORE_UNAVAILABLE);
        store_rig_pass(rig, 50 + i % 7 * 60); /* not in step with the map, asked for each 200 ms */
    }
    log_set_sink(NULL, NULL);
    assert_true(told.is_rejected);
    assert_true(told.is_told);
    assert_true(store_is_ready(rig->store));
    reply = redis_server_ask(p.from, "CLUSTER ADDSLOTS %u", p.slot);
    freeReplyObject(reply);
    for (unsigned i = 0; i < 100; i++) { /* the map is to be asked for again */
        if (store_rig_load(rig, rig->store, p.number)->result == STORE_OK)
            return;
        store_rig_pass(rig, 50);
    }
    fail_msg("the slot is not served again");
}

/* No replica takes its place: its slots are gone, the others are served. */
static void test_lost_node_takes_its_slots_alone(void **state)
{
    struct store_rig *rig = *state;
    struct place mine = place_of(rig, "6281290000003");
    char other[24];
    unsigned served = 0, refused = 0;

    redis_server_kill(mine.from);
    store_rig_pass(rig, 100);
    assert_true(store_is_ready(rig->store));
    assert_int_equal(store_rig_load(rig, rig->store, mine.number)->result, STORE_UNAVAILABLE);
    for (unsigned i = 0; i < 16; i++) {
        enum store_result result;

        snprintf(other, sizeof(other), "62855%08u", i * 7919);
        result = store_rig_load(rig, rig->store, other)->result;
        served += result == STORE_OK;
        refused += result == STORE_UNAVAILABLE;
    }
    assert_int_equal(served + refused, 16);
    assert_true(served > 0);
    redis_server_restart(mine.from);
    for (unsigned i = 0; i < 100; i++) {
        if (store_rig_load(rig, rig->store, mine.number)->result == STORE_OK)
            return;
        store_rig_pass(rig, 50);
    }
    fail_msg("the node came back and is not used");
}

/* ... nor does what was to be asked again, and has no node to ask, wait for it for ever. */
static void test_what_is_to_be_asked_again_ends_with_its_time(void **state)
{
    struct store_rig *rig = *state;
    struct place p = place_of(rig, "6281290000007");
    struct store_commit c = store_case_session(p.number, write_session(rig, p.number), "two");
    struct store_redis_stats before, now;

    c.merchant = span_of_string("merchant");
    redis_group_begin_move(p.from, p.to, p.slot);
    redis_group_move_key(p.from, p.to, p.session_key);
    store_redis_stats(rig->store, &before);
    store_outcome_init(&rig->outcome);
    (void)store_commit(rig->store, &c, store_outcome_on_reply, &rig->outcome);
    do {
        store_rig_turn(rig, 10);
        store_redis_stats(rig->store, &now);
    } while (now.refusals == before.refusals);
    redis_server_kill(p.from);
    store_rig_await(rig, &rig->outcome);
    assert_int_equal(rig->outcome.reply.result, STORE_UNAVAILABLE);
    redis_server_restart(p.from);
}

static void note_unserved_node(void *arg, const char *line, size_t line_bytes)
{
    static const char told[] = "event=store.unserved slots=5";
    bool *is_told = arg;

    *is_told |= memmem(line, line_bytes, told, sizeof(told) - 1) != NULL;
}

/* Its folder is lost: it comes back as another node, and the others know no address for its slots
 * ("", 0). What they say of theirs is followed still. Last of its group, which stays so. */
static void test_node_that_has_forgotten_who_it_was(void **state)
{
    struct store_rig *rig = *state;
    struct place p = place_of(rig, "6281290000003");
    bool is_told = false;

    freeReplyObject(redis_server_ask(p.from, "FLUSHALL"));
    freeReplyObject(redis_server_ask(p.from, "CLUSTER RESET HARD"));
    log_set_sink(note_unserved_node, &is_told);
    for (unsigned i = 0; i < 400 && !is_told; i++)
        store_rig_pass(rig, 50);
    log_set_sink(NULL, NULL);
    assert_true(is_told);
    assert_true(store_is_ready(rig->store));
}

/* What store.down and store.up have named, one after the other. */
static void note_server(void *arg, const char *line, size_t line_bytes)
{
    char *kept = arg, text[LINE_BYTES], *server;

    snprintf(text, sizeof(text), "%.*s", (int)line_bytes, line);
    server = strstr(text, "server=");
    if (server == NULL ||
        (strstr(text, "event=store.down") == NULL && strstr(text, "event=store.up") == NULL))
        return;
    snprintf(kept + strlen(kept), LINE_BYTES - strlen(kept), "%s %.*s\n",
             strstr(text, "event=store.down") != NULL ? "down" : "up",
             (int)strcspn(server + 7, " \n"), server + 7);
}

/* It lives on, and the log says of the old one that it is no master any more. */
static void test_planned_change_names_the_old_master(void **state)
{
    struct store_rig *rig = *state;
    unsigned old = redis_group_master(group), master = old;
    char told[LINE_BYTES] = "", expected[LINE_BYTES];

    log_set_sink(note_server, told);
    freeReplyObject(redis_server_ask(group->sentinels[0], "SENTINEL FAILOVER warung"));
    for (unsigned i = 0; i < 200 && (master == old || strstr(told, "up ") == NULL); i++) {
        store_rig_pass(rig, 50);
        master = redis_group_master(group);
    }
    log_set_sink(NULL, NULL);
    snprintf(expected, sizeof(expected), "down %s\nup %s\n",
             redis_server_tcp_name(group->servers[old]),
             redis_server_tcp_name(group->servers[master]));
    assert_string_equal(told, expected);
}

static void test_new_master_is_followed(void **state)
{
    struct store_rig *rig = *state;
    struct store_load *load = store_load_new(rig, 1, DIALOGUES, true);
    unsigned master = redis_group_master(group);
    struct store_load_result result;

    store_load_run(load, 300);
    redis_server_kill(group->servers[master]);
    for (unsigned i = 0; i < 100 && redis_group_master(group) == master; i++)
        store_load_run(load, 50);
    assert_true(store_rig_await_ready(rig, rig->store, true, 30000));
    store_load_run(load, 300);
    store_load_finish(load, &result);
    store_load_free(load);
    assert_int_equal(result.lost, 0);
    assert_int_equal(result.doubled, 0);
    assert_true(result.ok > 100 && result.unknown > 0);
}

/* With one replica left, then none: what cannot be replicated is not told done. Nor what is taken
 * over: a fail-over would leave it to a second gateway, too. */
static void test_write_without_replicas_is_unknown(void **state)
{
    static const char number[] = "6281290000004";
    struct store_rig *rig = *state;
    unsigned master = redis_group_master(group), bucket = store_bucket(rig->store, number);
    struct store_commit c = store_case_session(number, 0, "session");
    struct store_commit owes = {
        .msisdn = number, .owner = "gw1", .owed = {span_of_string("sms")}, .owed_count = 1};
    struct store_redis_stats before, now;

    assert_int_equal(store_rig_commit(rig, rig->store, &owes)->result, STORE_OK);
    store_rig_pass(rig, 20);
    store_redis_stats(rig->store, &before);
    for (unsigned i = 0; i < group->server_count; i++) {
        if (i != master && redis_server_pid(group->servers[i]) != 0)
            redis_server_pause(group->servers[i]);
    }
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_UNKNOWN);
    assert_int_equal(store_rig_sweep(rig, rig->store, bucket, "gw2", 60000, 10)->result, STORE_OK);
    assert_int_equal(store_rig_sweep(rig, rig->store, bucket, "gw2", 10, 10)->result,
                     STORE_UNKNOWN);
    store_redis_stats(rig->store, &now);
    assert_true(now.short_waits > before.short_waits);
    for (unsigned i = 0; i < group->server_count; i++) {
        if (i != master && redis_server_pid(group->servers[i]) != 0)
            redis_server_resume(group->servers[i]);
    }
}

/* So often has the master been asked to WAIT. */
static unsigned count_waits(void)
{
    redisReply *reply =
        redis_server_ask(group->servers[redis_group_master(group)], "INFO commandstats");
    const char *line;
    unsigned count = 0;

    assert_non_null(reply);
    line = strstr(reply->str, "cmdstat_wait:calls=");
    if (line != NULL)
        sscanf(line, "cmdstat_wait:calls=%u", &count);
    freeReplyObject(reply);
    return count;
}

/* A number that is taken and commits that are gathered leave before it: none waits for a second. */
static void test_one_loop_turn_shares_a_wait(void **state)
{
    enum { COUNT = 4 };
    static struct store_outcome outcomes[COUNT];
    struct store_rig *rig = *state;
    char number[20];
    unsigned before = count_waits();

    for (unsigned i = 0; i < COUNT; i++) {
        struct store_commit c;

        snprintf(number, sizeof(number), "628129100000%u", i);
        c = store_case_session(number, 0, "session");
        store_outcome_init(&outcomes[i]);
        if (i == 0)
            store_reserve(rig->store, number, "n", store_outcome_on_reply, &outcomes[i]);
        else
            store_commit(rig->store, &c, store_outcome_on_reply, &outcomes[i]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        if (outcomes[i].calls == 0)
            store_rig_await(rig, &outcomes[i]);
        assert_int_equal(outcomes[i].reply.result, STORE_OK);
    }
    assert_int_equal(count_waits() - before, 1);
}

/* What a conflict reads is no write: it is waited for by nobody. */
static void test_a_conflict_waits_once(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = store_case_session("6281291000010", 7, "stale");
    unsigned before = count_waits();

    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_CONFLICT);
    assert_int_equal(count_waits() - before, 1);
}

static void count_downs(void *arg, const char *line, size_t line_bytes)
{
    unsigned *count = arg;

    *count += memmem(line, line_bytes, "event=store.down", strlen("event=store.down")) != NULL;
}

/* A store that begins with some of the nodes. */
static struct store_rig *open_rig_on(unsigned first, unsigned count)
{
    struct store_redis_settings settings;

    store_rig_redis_defaults(&settings);
    redis_group_settings(group, &settings);
    settings.servers += first;
    settings.server_count = count;
    return store_rig_new_servers(&settings);
}

/* "Some nodes of the cluster": after fail-overs they may all be replicas. That is nothing to wake
 * somebody for. */
static void test_nodes_to_begin_with_are_replicas(void **state)
{
    struct store_rig *rig = open_rig_on(MASTERS, MASTERS);
    unsigned downs = 0;

    (void)state;
    log_set_sink(count_downs, &downs);
    assert_true(store_rig_await_ready(rig, rig->store, true, 10000));
    log_set_sink(NULL, NULL);
    assert_int_equal(downs, 0);
    write_session(rig, "6281290000007");
    store_rig_free(rig);
}

static void take_over(struct redis_server *replica, struct redis_server *old)
{
    redisReply *reply = redis_server_ask(replica, "CLUSTER FAILOVER TAKEOVER");
    bool is_replaced = false;

    freeReplyObject(reply);
    for (unsigned i = 0; i < 500 && !is_replaced; i++) {
        usleep(10000);
        reply = redis_server_ask(old, "ROLE");
        is_replaced = strcmp(reply->element[0]->str, "slave") == 0;
        freeReplyObject(reply);
    }
    assert_true(is_replaced);
}

static void end_connections(struct redis_server *server)
{
    freeReplyObject(redis_server_ask(server, "CLIENT KILL TYPE normal"));
}

/* One of the gateway's, which are those with a name. */
static void end_connection(struct redis_server *server)
{
    redisReply *reply = redis_server_ask(server, "CLIENT LIST TYPE normal");
    char *line, *rest = reply->str, command[64] = "";

    while (command[0] == '\0' && (line = strtok_r(rest, "\n", &rest)) != NULL)
        if (strstr(line, " name= ") == NULL)
            snprintf(command, sizeof(command), "CLIENT KILL ID %ld", strtol(line + 3, NULL, 10));
    assert_string_not_equal(command, "");
    freeReplyObject(reply);
    freeReplyObject(redis_server_ask(server, command));
}

/* While we were cut off: whom we knew as masters know the new ones. */
static void test_every_master_is_replaced_meanwhile(void **state)
{
    struct store_rig *rig = open_rig_on(0, MASTERS);

    (void)state;
    assert_true(store_rig_await_ready(rig, rig->store, true, 10000));
    for (unsigned i = 0; i < MASTERS; i++) {
        take_over(group->servers[MASTERS + i], group->servers[i]);
        end_connections(group->servers[i]);
    }
    store_rig_pass(rig, 100);
    assert_true(store_rig_await_ready(rig, rig->store, true, 10000));
    write_session(rig, "6281290000008");
    store_rig_free(rig);
}

/* A connection comes to a replica while others are up, which were to the master: the server is not
 * down before they are. */
static void test_one_connection_finds_a_replica(void **state)
{
    struct store_rig *rig = open_rig_on(0, 2 * MASTERS);
    struct redis_server *old = group->servers[MASTERS];
    unsigned downs = 0;

    (void)state;
    assert_true(store_rig_await_ready(rig, rig->store, true, 10000));
    take_over(group->servers[0], old);
    log_set_sink(count_downs, &downs);
    end_connection(old);
    store_rig_pass(rig, 500);
    assert_int_equal(downs, 0);
    end_connections(old);
    store_rig_pass(rig, 500);
    log_set_sink(NULL, NULL);
    assert_in_range(downs, 1, 2); /* that they ended, and then, that it is no master */
    store_rig_free(rig);
}

/* What lives by the clock is the same everywhere, and slow. */
static bool is_quick(const struct store_case *c)
{
    return strstr(c->name, "expires") == NULL;
}

int main(void)
{
    static const struct CMUnitTest cluster[] = {
        cmocka_unit_test(test_moved_slot),
        cmocka_unit_test(test_half_moved_slot),
        cmocka_unit_test(test_freed_while_asking),
        cmocka_unit_test(test_slot_that_nobody_serves),
        cmocka_unit_test(test_lost_node_takes_its_slots_alone),
        cmocka_unit_test(test_what_is_to_be_asked_again_ends_with_its_time),
        cmocka_unit_test(test_node_that_has_forgotten_who_it_was),
    };
    static const struct CMUnitTest replicas[] = {
        cmocka_unit_test(test_nodes_to_begin_with_are_replicas),
        cmocka_unit_test(test_every_master_is_replaced_meanwhile),
        cmocka_unit_test(test_one_connection_finds_a_replica),
    };
    static const struct CMUnitTest sentinels[] = {
        cmocka_unit_test(test_one_loop_turn_shares_a_wait),
        cmocka_unit_test(test_a_conflict_waits_once),
        cmocka_unit_test(test_planned_change_names_the_old_master),
        cmocka_unit_test(test_new_master_is_followed),
        cmocka_unit_test(test_write_without_replicas_is_unknown),
    };
    static struct CMUnitTest tests[TESTS_MAX], quick[TESTS_MAX];
    size_t cases = 0, count;
    int failed;

    for (size_t i = 0; store_case_at(i) != NULL; i++) {
        const struct store_case *c = store_case_at(i);

        if (is_quick(c))
            quick[cases++] = (struct CMUnitTest){c->name, c->run, NULL, NULL, NULL};
    }
    memcpy(tests, quick, sizeof(quick));
    memcpy(tests + cases, cluster, sizeof(cluster));
    count = cases + sizeof(cluster) / sizeof(cluster[0]);
    failed = _cmocka_run_group_tests("store_cluster", tests, count, set_up_cluster, tear_down);
    failed +=
        cmocka_run_group_tests_name("store_replicas", replicas, set_up_replicas, stop_replicas);
    memcpy(tests + cases, sentinels, sizeof(sentinels));
    count = cases + sizeof(sentinels) / sizeof(sentinels[0]);
    failed += _cmocka_run_group_tests("store_sentinels", tests, count, set_up_sentinels, tear_down);
    return failed;
}
