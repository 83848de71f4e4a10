/* Servers that are none, or others than the configuration says: the store is not ready, and tells
 * why.
 */
#include "base/log.h"
#include "tests/support/store_cases.h"

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char number[] = "6281234567890";

/* What an operator reads, who has nothing else to go by. */
static void assert_explained(struct store_rig *rig, const char *expected)
{
    char why[256];

    store_redis_explain(rig->store, why, sizeof(why));
    if (strstr(why, expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, why);
}

/* Nobody listens there: not ready, nothing refused for good, no callback missing. */
static void test_no_server_at_all(void **state)
{
    static const char *const names[] = {"unix:/nonexistent/socket"};
    struct store_redis_settings settings;
    struct store_rig *rig;

    (void)state;
    store_rig_redis_defaults(&settings);
    settings.servers = names;
    settings.server_count = 1;
    rig = store_rig_new_servers(&settings);
    store_rig_pass(rig, 100);
    assert_false(store_is_ready(rig->store));
    assert_int_equal(store_rig_load(rig, rig->store, number)->result, STORE_UNAVAILABLE);
    assert_string_equal(rig->refusal, "");
    assert_explained(rig, "unix:/nonexistent/socket: No such file or directory");
    store_rig_free(rig);
}

static void assert_no_server(const char *name)
{
    struct store_redis_settings settings;
    char error[200] = "";

    store_rig_redis_defaults(&settings);
    settings.servers = &name;
    settings.server_count = 1;
    assert_null(store_redis_new(&settings, error, sizeof(error)));
    assert_non_null(strstr(error, name));
}

static void test_names_that_are_no_servers(void **state)
{
    (void)state;
    assert_no_server("localhost:6379");
    assert_no_server("unix:");
    assert_no_server("127.0.0.1");
    assert_no_server("127.0.0.1:0");
    assert_no_server("127.0.0.1:65536");
    assert_no_server("127.0.0.1:63x");
    assert_no_server("::1:6379");
}

/* A password, a user, and a server that takes a password only. */
static void test_password(void **state)
{
    static const char *const arguments[] = {"--requirepass", "secret", NULL};
    const struct redis_server_options options = {.appendfsync = "no", .arguments = arguments};
    struct redis_server *server = redis_server_start(&options);
    const char *name = redis_server_name(server);
    struct store_redis_settings settings;
    struct store_commit c = store_case_session(number, 0, "session");
    struct store_rig *rig;

    (void)state;
    store_rig_redis_defaults(&settings);
    settings.servers = &name;
    settings.server_count = 1;
    settings.password = "wrong";
    rig = store_rig_new_servers(&settings);
    store_rig_pass(rig, 200);
    assert_false(store_is_ready(rig->store));
    assert_explained(rig, ": WRONGPASS ");
    store_rig_free(rig);
    settings.username = "default";
    settings.password = "secret";
    rig = store_rig_new_servers(&settings);
    assert_true(store_rig_await_ready(rig, rig->store, true, 30000));
    assert_explained(rig, "");
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    store_rig_free(rig);
    redis_server_stop(server);
}

/* A store with these settings is not ready within a while, and says this of it. */
static void assert_useless_with(const struct store_redis_settings *settings, const char *expected)
{
    struct store_rig *rig = store_rig_new_servers(settings);
    char why[256] = "";

    for (unsigned i = 0; i < 200 && strstr(why, expected) == NULL; i++) {
        store_rig_pass(rig, 50);
        store_redis_explain(rig->store, why, sizeof(why));
    }
    assert_explained(rig, expected);
    assert_false(store_is_ready(rig->store));
    store_rig_free(rig);
}

static void assert_useless(struct redis_server *server, enum store_redis_mode mode,
                           const char *expected)
{
    const char *name = redis_server_tcp_name(server);
    struct store_redis_settings settings;

    store_rig_redis_defaults(&settings);
    settings.mode = mode;
    settings.servers = &name;
    settings.server_count = 1;
    settings.sentinel_name = "warung";
    assert_useless_with(&settings, expected);
}

static void count_durability(void *arg, const char *line, size_t line_bytes)
{
    unsigned *count = arg;

    *count += memmem(line, line_bytes, "event=store.durability",
                     strlen("event=store.durability")) != NULL;
}

static void await_explained(struct store_rig *rig, const char *expected)
{
    char why[256] = "";

    for (unsigned i = 0; i < 200 && strstr(why, expected) == NULL; i++) {
        store_rig_pass(rig, 50);
        store_redis_explain(rig->store, why, sizeof(why));
    }
    assert_explained(rig, expected);
}

/* As while it reads its files (LOADING): what a crash can lose is told when it lets us in, not at
 * each try. */
static void test_server_that_does_not_let_us_in_yet(void **state)
{
    const struct redis_server_options options = {.appendfsync = "no"};
    struct redis_server *server = redis_server_start(&options);
    const char *name = redis_server_name(server);
    struct store_redis_settings settings;
    struct store_rig *rig;
    unsigned told = 0;

    (void)state;
    freeReplyObject(redis_server_ask(server, "ACL SETUSER default -function|list"));
    store_rig_redis_defaults(&settings);
    settings.servers = &name;
    settings.server_count = 1;
    log_set_sink(count_durability, &told);
    rig = store_rig_new_servers(&settings);
    await_explained(rig, ": NOPERM ");
    store_rig_pass(rig, 500); /* some tries more */
    assert_int_equal(told, 0);
    freeReplyObject(redis_server_ask(server, "ACL SETUSER default +function|list"));
    assert_true(store_rig_await_ready(rig, rig->store, true, 10000));
    /* One connection tells it: another may be ready before. */
    for (unsigned i = 0; i < 200 && told == 0; i++)
        store_rig_pass(rig, 50);
    store_rig_pass(rig, 200);
    log_set_sink(NULL, NULL);
    assert_int_equal(told, 1);
    store_rig_free(rig);
    redis_server_stop(server);
}

/* A master and the one sentinel that watches it. The first line of its configuration is the user
 * of docs/operations.md. */
static void test_sentinel_with_users(void **state)
{
    struct redis_server_options options = {.appendfsync = "no", .port = redis_server_free_port()};
    struct redis_server *master = redis_server_start(&options), *sentinel;
    struct store_redis_settings settings;
    struct store_commit c = store_case_session(number, 0, "session");
    struct store_rig *rig;
    char config[512];
    const char *name;

    (void)state;
    snprintf(config, sizeof(config),
             "user warung on >secret resetkeys resetchannels -@all +auth +ping "
             "+sentinel|get-master-addr-by-name +sentinel|master +sentinel|replicas\n"
             "user default on >other +@all\n"
             "sentinel monitor warung 127.0.0.1 %u 1\n",
             options.port);
    options =
        (struct redis_server_options){.port = redis_server_free_port(), .sentinel_config = config};
    sentinel = redis_server_start(&options);
    name = redis_server_tcp_name(sentinel);
    store_rig_redis_defaults(&settings);
    settings.mode = STORE_REDIS_SENTINEL;
    settings.servers = &name;
    settings.server_count = 1;
    settings.sentinel_name = "warung";
    settings.sentinel_username = "warung";
    settings.sentinel_password = "secreT";
    assert_useless_with(&settings, ": WRONGPASS ");
    settings.sentinel_password = NULL;
    assert_useless_with(&settings, ": NOAUTH ");
    settings.sentinel_password = "secret";
    settings.wait_replicas = 0;
    rig = store_rig_new_servers(&settings);
    assert_true(store_rig_await_ready(rig, rig->store, true, 30000));
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    store_rig_free(rig);
    redis_server_stop(sentinel);
    redis_server_stop(master);
}

/* Each answers, and is not what the configuration takes it for. */
static void test_server_of_another_kind(void **state)
{
    char bus_port[8]; /* else its port and 10,000, of which there may be none */
    const char *const arguments[] = {"--cluster-enabled", "yes", "--cluster-port", bus_port, NULL};
    struct redis_server_options options = {.appendfsync = "no", .port = redis_server_free_port()};
    struct redis_server *server = redis_server_start(&options);
    redisReply *reply;

    (void)state;
    assert_useless(server, STORE_REDIS_CLUSTER, "ERR This instance has cluster support disabled");
    assert_useless(server, STORE_REDIS_SENTINEL, "ERR unknown command 'SENTINEL'");
    reply = redis_server_ask(server, "REPLICAOF 127.0.0.1 1");
    freeReplyObject(reply);
    assert_useless(server, STORE_REDIS_STANDALONE, ": it is not a master");
    redis_server_stop(server);
    options.arguments = arguments;
    snprintf(bus_port, sizeof(bus_port), "%u", redis_server_free_port());
    options.port = redis_server_free_port();
    server = redis_server_start(&options);
    assert_useless(server, STORE_REDIS_CLUSTER,
                   "16384 of 16384 slots of the cluster have no master");
    reply = redis_server_ask(server, "CLUSTER ADDSLOTSRANGE 0 16000");
    freeReplyObject(reply);
    assert_useless(server, STORE_REDIS_CLUSTER, "383 of 16384 slots of the cluster have no master");
    assert_useless(server, STORE_REDIS_STANDALONE, "CLUSTERDOWN ");
    redis_server_stop(server);
}

/* Who may ask a sentinel for a part of what must be known is told so, and goes on with nothing:
 * without the replicas fewer would vouch for a commit than could be promoted. */
static void test_sentinel_that_does_not_say_all(void **state)
{
    struct redis_server_options options = {.appendfsync = "no", .port = redis_server_free_port()};
    struct redis_server *master = redis_server_start(&options), *sentinel;
    struct store_redis_settings settings;
    char config[512];
    const char *name;

    (void)state;
    snprintf(config, sizeof(config),
             "user warung on >secret resetkeys resetchannels -@all +auth +ping "
             "+sentinel|get-master-addr-by-name +sentinel|master\n"
             "sentinel monitor warung 127.0.0.1 %u 1\n",
             options.port);
    options =
        (struct redis_server_options){.port = redis_server_free_port(), .sentinel_config = config};
    sentinel = redis_server_start(&options);
    name = redis_server_tcp_name(sentinel);
    store_rig_redis_defaults(&settings);
    settings.mode = STORE_REDIS_SENTINEL;
    settings.servers = &name;
    settings.server_count = 1;
    settings.sentinel_name = "warung";
    settings.sentinel_username = "warung";
    settings.sentinel_password = "secret";
    settings.wait_replicas = -1;
    assert_useless_with(&settings, ": NOPERM ");
    freeReplyObject(
        redis_server_ask(sentinel, "ACL SETUSER warung +sentinel|replicas -sentinel|master"));
    assert_useless_with(&settings, ": NOPERM ");
    redis_server_stop(sentinel);
    redis_server_stop(master);
}

/* Before anything is written: what a function has done when it meets the right that it lacks
 * stands.
 */
static void test_user_whose_rights_do_not_do(void **state)
{
    const struct redis_server_options options = {.appendfsync = "no"};
    struct redis_server *server = redis_server_start(&options);
    const char *name = redis_server_name(server);
    struct store_redis_settings settings;
    struct store_rig *rig;

    (void)state;
    freeReplyObject(redis_server_ask(server, "ACL SETUSER default -zadd -xgroup|create"));
    store_rig_redis_defaults(&settings);
    settings.servers = &name;
    settings.server_count = 1;
    rig = store_rig_new_servers(&settings);
    await_explained(rig, ": NOPERM the user has no right to xgroup|create, zadd");
    assert_false(store_is_ready(rig->store));
    freeReplyObject(redis_server_ask(server, "ACL SETUSER default +zadd +xgroup|create"));
    assert_true(store_rig_await_ready(rig, rig->store, true, 10000));
    store_rig_free(rig);
    redis_server_stop(server);
}

static void count_rejections(void *arg, const char *line, size_t line_bytes)
{
    static const char event[] =
        "event=store.rejected reply=\"ERR The user executing the script can't";
    unsigned *count = arg;

    *count += memmem(line, line_bytes, event, strlen(event)) != NULL;
}

/* A right that a function lacks ends it wherever it is: what was done is not known, and what is
 * missing is told, not at each commit. */
static void test_user_without_a_right_of_a_function(void **state)
{
    const struct redis_server_options options = {.appendfsync = "no"};
    struct redis_server *server = redis_server_start(&options);
    const char *name = redis_server_name(server);
    struct store_commit c = store_case_session(number, 0, "session");
    struct store_redis_settings settings;
    struct store_redis_stats stats;
    struct store_rig *rig;
    unsigned told = 0;

    (void)state;
    store_rig_redis_defaults(&settings);
    settings.servers = &name;
    settings.server_count = 1;
    rig = store_rig_new_servers(&settings);
    assert_true(store_rig_await_ready(rig, rig->store, true, 10000));
    freeReplyObject(redis_server_ask(server, "ACL SETUSER default -setex"));
    log_set_sink(count_rejections, &told);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_UNKNOWN);
    log_set_sink(NULL, NULL);
    assert_int_equal(told, 1);
    store_redis_stats(rig->store, &stats);
    assert_int_equal(stats.rejected, 3);
    assert_non_null(strstr(store_redis_rejection(rig->store), "can't run this command"));
    store_rig_free(rig);
    redis_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_server_at_all),
        cmocka_unit_test(test_names_that_are_no_servers),
        cmocka_unit_test(test_password),
        cmocka_unit_test(test_server_that_does_not_let_us_in_yet),
        cmocka_unit_test(test_sentinel_with_users),
        cmocka_unit_test(test_sentinel_that_does_not_say_all),
        cmocka_unit_test(test_user_whose_rights_do_not_do),
        cmocka_unit_test(test_user_without_a_right_of_a_function),
        cmocka_unit_test(test_server_of_another_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
