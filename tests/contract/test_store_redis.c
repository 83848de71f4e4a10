/* The store's contract on a real Redis, and what happens when it dies, hangs, comes back or is not
 * ours. */
#include "base/log.h"
#include "tests/support/store_cases.h"

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TESTS_MAX = 64 };

/* One server for the cases of the contract; the faults have one of their own each. */
static int set_up_group(void **state)
{
    *state = store_rig_new_redis(redis_server_start(NULL), NULL);
    return 0;
}

static int tear_down_group(void **state)
{
    struct store_rig *rig = *state;
    struct redis_server *server = rig->server;

    store_rig_free(rig);
    redis_server_stop(server);
    return 0;
}

static const char number[] = "6281234567890";

static enum store_result try_commit(struct store_rig *rig, uint64_t version)
{
    struct store_commit c = store_case_session(number, version, "session");

    return store_rig_commit(rig, rig->store, &c)->result;
}

static uint64_t stored_version(struct store_rig *rig)
{
    const struct store_reply *reply = store_rig_load(rig, rig->store, number);

    assert_int_equal(reply->result, STORE_OK);
    return reply->subscriber.session.version;
}

static void test_keys_of_a_bucket_share_one_tag(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = store_case_session(number, 0, "session");
    char keys[128];
    redisReply *reply;

    c.merchant = span_of_string("merchant");
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    snprintf(keys, sizeof(keys), "{b%03u}", store_bucket(rig->store, number));
    reply = redis_server_ask(rig->server, "EXISTS %ss:%s %sm:%s", keys, number, keys, number);
    assert_int_equal(reply->integer, 2);
    freeReplyObject(reply);
    reply = redis_server_ask(rig->server, "TTL %ss:%s", keys, number);
    assert_in_range(reply->integer, 590, 600);
    freeReplyObject(reply);
}

/* Not of the pending list alone: the text of an SMS must be gone. */
static void test_settled_entry_leaves_no_body(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = {
        .msisdn = number, .owner = "gw1", .owed = {span_of_string("sms")}, .owed_count = 1};
    unsigned bucket = store_bucket(rig->store, number);
    const struct store_reply *reply = store_rig_commit(rig, rig->store, &c);
    struct store_owed_id id = reply->owed[0];

    assert_int_equal(redis_server_ask_number(rig->server, "XLEN {b%03u}o", bucket), 1);
    assert_int_equal(store_rig_settle(rig, rig->store, number, &id, 1)->result, STORE_OK);
    assert_int_equal(redis_server_ask_number(rig->server, "XLEN {b%03u}o", bucket), 0);
}

/* --- a record that is taken back, by a fail-over or from a backup, and goes on otherwise --- */

static const char taken_back[] = "6281234567811";

/* The key of the record, or of a shared one, as it is; put_back() frees it. */
static redisReply *keep(struct store_rig *rig, const char *key)
{
    return redis_server_ask(rig->server, "GET %s", key);
}

static void put_back(struct store_rig *rig, const char *key, redisReply *kept)
{
    freeReplyObject(redis_server_ask(rig->server, "SET %s %b", key, kept->str, kept->len));
    freeReplyObject(kept);
}

static void test_what_was_lost_is_no_version_of_what_came(void **state)
{
    struct store_rig *rig = *state;
    struct store_commit c = store_case_session(taken_back, 0, "session");
    struct store_record begun[2], lost[2];
    redisReply *kept[2];
    char keys[2][64];

    c.merchant = span_of_string("merchant");
    begun[0] = store_rig_commit(rig, rig->store, &c)->subscriber.session;
    begun[1] = rig->outcome.reply.subscriber.merchant;
    for (unsigned i = 0; i < 2; i++) {
        snprintf(keys[i], sizeof(keys[i]), "{b%03u}%c:%s", store_bucket(rig->store, taken_back),
                 "sm"[i], taken_back);
        kept[i] = keep(rig, keys[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        c = store_case_session(taken_back, begun[0].version, i == 0 ? "lost" : "came");
        c.merchant = c.session;
        c.merchant_version = begun[1].version;
        assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
        if (i != 0)
            continue;
        lost[0] = rig->outcome.reply.subscriber.session;
        lost[1] = rig->outcome.reply.subscriber.merchant;
        put_back(rig, keys[0], kept[0]);
        put_back(rig, keys[1], kept[1]);
    }
    c = store_case_session(taken_back, lost[0].version, "from what was lost");
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_CONFLICT);
    c = (struct store_commit){.msisdn = taken_back,
                              .merchant_version = lost[1].version,
                              .merchant = span_of_string("from what was lost")};
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_CONFLICT);
}

static void test_a_lost_shared_record_neither(void **state)
{
    struct store_rig *rig = *state;
    uint64_t begun, lost;
    redisReply *kept;

    begun =
        store_rig_shared_commit(rig, rig->store, "seats", 0, "none", 0)->subscriber.session.version;
    kept = keep(rig, "w:seats");
    lost = store_rig_shared_commit(rig, rig->store, "seats", begun, "lost", 0)
               ->subscriber.session.version;
    put_back(rig, "w:seats", kept);
    assert_int_equal(store_rig_shared_commit(rig, rig->store, "seats", begun, "came", 0)->result,
                     STORE_OK);
    assert_int_equal(store_rig_shared_commit(rig, rig->store, "seats", lost, "mixed", 0)->result,
                     STORE_CONFLICT);
}

/* --- each with a server of its own --- */

struct fault {
    struct redis_server *server;
    struct store_rig *rig;
};

/* The store is ready with the first of them. */
static void await_connections(struct store_rig *rig, unsigned count)
{
    struct store_redis_stats stats;

    do {
        store_rig_turn(rig, 10);
        store_redis_stats(rig->store, &stats);
    } while (stats.connections_up != count);
}

static int set_up_fault(void **state)
{
    static struct fault f;
    const struct redis_server_options options = {.appendfsync = "always"};

    f.server = redis_server_start(&options);
    f.rig = store_rig_new_redis(f.server, NULL);
    await_connections(f.rig, 2);
    *state = &f;
    return 0;
}

static int tear_down_fault(void **state)
{
    struct fault *f = *state;

    store_rig_free(f->rig);
    redis_server_stop(f->server);
    return 0;
}

/* Functions and records come back from the append-only file. */
static void test_server_is_killed_and_comes_back(void **state)
{
    struct fault *f = *state;
    uint64_t version;

    assert_int_equal(try_commit(f->rig, 0), STORE_OK);
    version = stored_version(f->rig);
    redis_server_kill(f->server);
    assert_true(store_rig_await_ready(f->rig, f->rig->store, false, 20000));
    assert_int_equal(try_commit(f->rig, version), STORE_UNAVAILABLE);
    assert_int_equal(store_rig_load(f->rig, f->rig->store, number)->result, STORE_UNAVAILABLE);
    assert_int_equal(store_rig_list(f->rig, f->rig->store, 0, "set", 1)->result, STORE_UNAVAILABLE);
    assert_int_equal(store_rig_sweep(f->rig, f->rig->store, 0, "gw", 0, 1)->result,
                     STORE_UNAVAILABLE);
    redis_server_restart(f->server);
    assert_true(store_rig_await_ready(f->rig, f->rig->store, true, 30000));
    assert_true(stored_version(f->rig) == version);
    assert_int_equal(try_commit(f->rig, version), STORE_OK);
}

static void test_server_comes_back_empty(void **state)
{
    struct fault *f = *state;

    redis_server_kill(f->server);
    redis_server_forget(f->server);
    redis_server_restart(f->server);
    assert_true(store_rig_await_ready(f->rig, f->rig->store, false, 20000));
    assert_true(store_rig_await_ready(f->rig, f->rig->store, true, 30000));
    assert_int_equal(try_commit(f->rig, 0), STORE_OK);
}

/* Whoever comes to the new database with other keys is refused, as in the old one. */
static void test_keys_of_an_empty_database_are_noted_again(void **state)
{
    struct fault *f = *state;
    struct store_redis_settings settings;
    struct store_rig *rig;

    store_rig_redis_defaults(&settings);
    settings.keys = "one";
    rig = store_rig_new_redis(f->server, &settings);
    redis_server_kill(f->server);
    redis_server_forget(f->server);
    assert_true(store_rig_await_ready(rig, rig->store, false, 20000));
    store_rig_free(f->rig); /* it has no keys to note */
    redis_server_restart(f->server);
    assert_true(store_rig_await_ready(rig, rig->store, true, 30000));
    assert_true(
        span_is_equal(store_rig_shared_load(rig, rig->store, ".keys")->subscriber.session.data,
                      span_of_string("one")));
    f->rig = rig;
}

/* The server dies with commits in its socket: each ends, as unknown; reading tells what was done.
 */
static void test_commit_in_flight_is_unknown(void **state)
{
    enum { COUNT = 20 };
    struct fault *f = *state;
    static struct store_outcome outcomes[COUNT];
    struct store_commit c = store_case_session(number, 0, "session");

    redis_server_pause(f->server);
    for (unsigned i = 0; i < COUNT; i++) {
        store_outcome_init(&outcomes[i]);
        (void)store_commit(f->rig->store, &c, store_outcome_on_reply, &outcomes[i]);
    }
    store_rig_pass(f->rig, 20);
    redis_server_kill(f->server);
    for (unsigned i = 0; i < COUNT; i++) {
        if (outcomes[i].calls == 0)
            store_rig_await(f->rig, &outcomes[i]);
        assert_int_equal(outcomes[i].reply.result, STORE_UNKNOWN);
    }
    redis_server_restart(f->server);
    assert_true(store_rig_await_ready(f->rig, f->rig->store, true, 30000));
    (void)stored_version(f->rig);
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(outcomes[i].calls, 1);
}

static void test_hanging_server_is_left_after_the_deadline(void **state)
{
    struct fault *f = *state;
    uint64_t began_ms;

    redis_server_pause(f->server);
    began_ms = f->rig->timers.now_ms;
    assert_int_equal(try_commit(f->rig, 0), STORE_UNKNOWN);
    /* Not sooner than told; how much later is the machine's business. */
    assert_true(f->rig->timers.now_ms - began_ms >= 900);
    redis_server_resume(f->server);
    assert_true(store_rig_await_ready(f->rig, f->rig->store, true, 30000));
    /* It was done when the server woke up, perhaps only after our new connection was greeted: the
     * next try must not do it again. */
    for (unsigned i = 0; i < 100 && stored_version(f->rig) == 0; i++)
        store_rig_pass(f->rig, 50);
    assert_true(stored_version(f->rig) != 0);
    assert_int_equal(try_commit(f->rig, 0), STORE_CONFLICT);
}

static struct store_rig *open_sixteen(struct fault *f)
{
    struct store_redis_settings settings;
    struct store_rig *rig;

    store_rig_redis_defaults(&settings);
    settings.connections = 16;
    rig = store_rig_new_redis(f->server, &settings);
    await_connections(rig, 16);
    return rig;
}

/* One call that is overdue, and the fifteen idle connections are asked: a server that stands still
 * is no store, though nobody else waits for it. */
static void test_hanging_server_is_known_by_one_call(void **state)
{
    struct fault *f = *state;
    struct store_rig *rig = open_sixteen(f);
    struct store_redis_stats stats;

    redis_server_pause(f->server);
    assert_int_equal(try_commit(rig, 0), STORE_UNKNOWN);
    assert_true(store_rig_await_ready(rig, rig->store, false, 20000));
    assert_int_equal(try_commit(rig, 0), STORE_UNAVAILABLE);
    redis_server_resume(f->server);
    assert_true(store_rig_await_ready(rig, rig->store, true, 30000));
    for (unsigned i = 0; i < 100 && stored_version(rig) == 0; i++)
        store_rig_pass(rig, 50);
    assert_true(stored_version(rig) != 0);
    store_redis_stats(rig->store, &stats);
    assert_true(stats.disconnects >= 16);
    store_rig_free(rig);
}

/* A server that is late for one call and answers the others keeps them; again where this very
 * machine took too long to wake it up. */
static void test_late_server_keeps_what_it_answers(void **state)
{
    struct fault *f = *state;
    struct store_rig *rig = open_sixteen(f);
    struct store_redis_stats before, after;
    unsigned tries = 0;

    do {
        assert_true(tries++ < 10);
        store_redis_stats(rig->store, &before);
        redis_server_pause(f->server);
        assert_int_equal(try_commit(rig, 1), STORE_UNKNOWN);
        redis_server_resume(f->server);
        store_rig_pass(rig, 1000);
        assert_true(store_rig_await_ready(rig, rig->store, true, 30000));
        store_redis_stats(rig->store, &after);
    } while (after.disconnects != before.disconnects + 1);
    store_rig_free(rig);
}

static void test_killed_connection_comes_back(void **state)
{
    struct fault *f = *state;
    struct store_redis_stats stats;

    assert_true(redis_server_ask_number(f->server, "CLIENT KILL TYPE normal SKIPME yes") >= 2);
    store_rig_pass(f->rig, 200);
    assert_true(store_rig_await_ready(f->rig, f->rig->store, true, 30000));
    assert_int_equal(try_commit(f->rig, 0), STORE_OK);
    store_redis_stats(f->rig->store, &stats);
    assert_int_equal(stats.connections_up, 2);
    assert_true(stats.connects >= 4 && stats.disconnects >= 2);
}

/* One of two connections lost: the other carries everything. */
static void test_one_lost_connection_is_no_outage(void **state)
{
    struct fault *f = *state;
    redisReply *reply = redis_server_ask(f->server, "CLIENT LIST TYPE normal");
    char *line = strstr(reply->str, "name=warung-test");
    char *id;

    assert_non_null(line);
    while (line > reply->str && line[-1] != '\n')
        line--;
    id = strstr(line, "id=");
    assert_int_equal(redis_server_ask_number(f->server, "CLIENT KILL ID %s", strtok(id + 3, " ")),
                     1);
    freeReplyObject(reply);
    store_rig_pass(f->rig, 50); /* a call on it before we see the end of it would be UNKNOWN */
    for (unsigned i = 0; i < 16; i++) {
        char other[24];
        struct store_commit c;

        snprintf(other, sizeof(other), "62813%08u", i);
        c = store_case_session(other, 0, "session");
        assert_int_equal(store_rig_commit(f->rig, f->rig->store, &c)->result, STORE_OK);
        store_rig_turn(f->rig, 1);
    }
    assert_true(store_is_ready(f->rig->store));
}

static void test_lost_functions_are_loaded_again(void **state)
{
    struct fault *f = *state;
    redisReply *reply = redis_server_ask(f->server, "FUNCTION FLUSH");

    assert_non_null(reply);
    freeReplyObject(reply);
    assert_int_equal(try_commit(f->rig, 0), STORE_UNAVAILABLE);
    store_rig_pass(f->rig, 300);
    assert_true(store_rig_await_ready(f->rig, f->rig->store, true, 30000));
    assert_int_equal(try_commit(f->rig, 0), STORE_OK);
}

static void set_config(struct fault *f, const char *name, const char *value)
{
    redisReply *reply = redis_server_ask(f->server, "CONFIG SET %s %s", name, value);

    assert_int_equal(reply->type, REDIS_REPLY_STATUS);
    freeReplyObject(reply);
}

static void count_rejections(void *count, const char *line, size_t line_bytes)
{
    *(unsigned *)count += memmem(line, line_bytes, "event=store.rejected ", 21) != NULL;
}

/* A full server says so: certainly not written; reading goes on. Where its disk is full, too, not
 * everything that it says is to be written there. */
static void test_full_memory_is_unavailable(void **state)
{
    struct fault *f = *state;
    unsigned told = 0;

    set_config(f, "maxmemory", "1");
    log_set_sink(count_rejections, &told);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(try_commit(f->rig, 0), STORE_UNAVAILABLE);
    log_set_sink(NULL, NULL);
    assert_int_equal(told, 1);
    assert_int_equal(try_commit(f->rig, 0), STORE_UNAVAILABLE);
    assert_true(stored_version(f->rig) == 0);
    assert_int_equal(store_rig_reserve(f->rig, f->rig->store, number, "regno")->result,
                     STORE_UNAVAILABLE);
    set_config(f, "maxmemory", "0");
    assert_int_equal(try_commit(f->rig, 0), STORE_OK);
}

static void test_missing_replicas_are_unavailable(void **state)
{
    struct fault *f = *state;

    set_config(f, "min-replicas-to-write", "1");
    assert_int_equal(try_commit(f->rig, 0), STORE_UNAVAILABLE);
    set_config(f, "min-replicas-to-write", "0");
    assert_int_equal(try_commit(f->rig, 0), STORE_OK);
}

static void test_too_many_in_flight_are_refused(void **state)
{
    enum { COUNT = 30 };
    struct fault *f = *state;
    static struct store_outcome outcomes[COUNT];
    struct store_redis_settings settings;
    struct store_rig *rig;
    unsigned ok = 0, refused = 0;

    store_rig_redis_defaults(&settings);
    settings.connections = 1;
    settings.in_flight_max = 10;
    rig = store_rig_new_redis(f->server, &settings);
    for (unsigned i = 0; i < COUNT; i++) {
        store_outcome_init(&outcomes[i]);
        (void)store_load(rig->store, number, store_outcome_on_reply, &outcomes[i]);
    }
    store_rig_pass(rig, 100);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(outcomes[i].calls, 1);
        ok += outcomes[i].reply.result == STORE_OK;
        refused += outcomes[i].reply.result == STORE_UNAVAILABLE;
    }
    assert_int_equal(ok, 10);
    assert_int_equal(refused, COUNT - 10);
    store_rig_free(rig);
}

static void await_refusal(struct store_rig *rig)
{
    for (unsigned i = 0; i < 200 && rig->refusal[0] == '\0'; i++)
        store_rig_pass(rig, 10);
    assert_false(store_is_ready(rig->store));
}

static struct store_rig *open_with(struct fault *f, unsigned buckets)
{
    static const char *name;
    struct store_redis_settings settings;

    name = redis_server_name(f->server);
    store_rig_redis_defaults(&settings);
    settings.servers = &name;
    settings.server_count = 1;
    settings.buckets = buckets;
    return store_rig_new_servers(&settings);
}

static void test_another_bucket_count_is_refused(void **state)
{
    struct fault *f = *state;
    struct store_rig *rig = open_with(f, 17);

    await_refusal(rig);
    assert_string_equal(rig->refusal,
                        "the database was begun with format=3 buckets=16, this program "
                        "and its configuration want format=3 buckets=17");
    /* There is a connection: what it leads to is not ours. */
    assert_int_equal(store_rig_load(rig, rig->store, "6281234567890")->result, STORE_UNAVAILABLE);
    store_rig_free(rig);
}

static void load_library(struct fault *f, unsigned version)
{
    char code[256];
    redisReply *reply;

    snprintf(code, sizeof(code),
             "#!lua name=warung\nlocal LIBRARY_VERSION = %u\n"
             "redis.register_function('w_other', function() return LIBRARY_VERSION end)\n",
             version);
    reply = redis_server_ask(f->server, "FUNCTION LOAD REPLACE %s", code);
    assert_int_equal(reply->type, REDIS_REPLY_STRING);
    freeReplyObject(reply);
}

static void test_newer_library_is_refused(void **state)
{
    struct fault *f = *state;
    struct store_rig *rig;

    load_library(f, 999);
    rig = open_with(f, 16);
    await_refusal(rig);
    assert_non_null(strstr(rig->refusal, "newer"));
    store_rig_free(rig);
    assert_int_equal(redis_server_ask_number(f->server, "FCALL w_other 0"), 999);
}

/* A newer gateway's library, which serves us: taken as it is. Its only function tells that it is
 * still there; what we call is not, so that it is asked by hand. */
static void test_newer_library_that_serves_us_is_kept(void **state)
{
    struct fault *f = *state;
    char code[256];
    redisReply *reply;
    struct store_rig *rig;

    snprintf(code, sizeof(code),
             "#!lua name=warung\nlocal LIBRARY_VERSION = 999\nlocal SERVES_FROM = 1\n"
             "redis.register_function('w_other', function() return LIBRARY_VERSION end)\n");
    reply = redis_server_ask(f->server, "FUNCTION LOAD REPLACE %s", code);
    assert_int_equal(reply->type, REDIS_REPLY_STRING);
    freeReplyObject(reply);
    rig = open_with(f, 16);
    assert_true(store_rig_await_ready(rig, rig->store, true, 30000));
    assert_string_equal(rig->refusal, "");
    store_rig_free(rig);
    assert_int_equal(redis_server_ask_number(f->server, "FCALL w_other 0"), 999);
}

/* Sixteen connections find none, in one loop turn; where each put its own in place, a late one
 * could put it in place of what a newer gateway brought meanwhile. */
static void test_library_that_is_missing_is_loaded_once(void **state)
{
    struct fault *f = *state;
    unsigned calls = 0, rejected = 0, failed = 0;
    const char *line;
    redisReply *reply;

    freeReplyObject(redis_server_ask(f->server, "FUNCTION FLUSH"));
    freeReplyObject(redis_server_ask(f->server, "CONFIG RESETSTAT"));
    store_rig_free(open_sixteen(f));
    reply = redis_server_ask(f->server, "INFO commandstats");
    line = strstr(reply->str, "cmdstat_function|load:");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "%*[^=]=%u,%*[^,],%*[^,],rejected_calls=%u,failed_calls=%u",
                            &calls, &rejected, &failed),
                     3);
    freeReplyObject(reply);
    assert_int_equal(calls - rejected - failed, 1);
}

static void test_older_library_is_replaced(void **state)
{
    struct fault *f = *state;
    struct store_rig *rig;

    load_library(f, 0);
    rig = open_with(f, 16);
    assert_true(store_rig_await_ready(rig, rig->store, true, 30000));
    assert_int_equal(redis_server_ask_number(f->server, "FCALL w_other 0"), -1);
    store_rig_free(rig);
}

#define FAULT(test) cmocka_unit_test_setup_teardown(test, set_up_fault, tear_down_fault)

int main(void)
{
    static const struct CMUnitTest own[] = {
        cmocka_unit_test(test_keys_of_a_bucket_share_one_tag),
        cmocka_unit_test(test_settled_entry_leaves_no_body),
        cmocka_unit_test(test_what_was_lost_is_no_version_of_what_came),
        cmocka_unit_test(test_a_lost_shared_record_neither),
    };
    const struct CMUnitTest faults[] = {
        FAULT(test_server_is_killed_and_comes_back),
        FAULT(test_server_comes_back_empty),
        FAULT(test_keys_of_an_empty_database_are_noted_again),
        FAULT(test_commit_in_flight_is_unknown),
        FAULT(test_hanging_server_is_left_after_the_deadline),
        FAULT(test_hanging_server_is_known_by_one_call),
        FAULT(test_late_server_keeps_what_it_answers),
        FAULT(test_killed_connection_comes_back),
        FAULT(test_one_lost_connection_is_no_outage),
        FAULT(test_lost_functions_are_loaded_again),
        FAULT(test_full_memory_is_unavailable),
        FAULT(test_missing_replicas_are_unavailable),
        FAULT(test_too_many_in_flight_are_refused),
        FAULT(test_another_bucket_count_is_refused),
        FAULT(test_newer_library_is_refused),
        FAULT(test_newer_library_that_serves_us_is_kept),
        FAULT(test_library_that_is_missing_is_loaded_once),
        FAULT(test_older_library_is_replaced),
    };
    static struct CMUnitTest tests[TESTS_MAX];
    size_t count = 0;
    int failed;

    for (const struct store_case *c; (c = store_case_at(count)) != NULL; count++)
        tests[count] = (struct CMUnitTest){c->name, c->run, NULL, NULL, NULL};
    memcpy(tests + count, own, sizeof(own));
    count += sizeof(own) / sizeof(own[0]);
    failed = _cmocka_run_group_tests("store_redis", tests, count, set_up_group, tear_down_group);
    failed += cmocka_run_group_tests_name("store_redis_faults", faults, NULL, NULL);
    return failed;
}
