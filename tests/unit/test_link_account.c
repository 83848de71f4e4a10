/* Accounts of a server: reload, stop, and passwords kept as hashes. */
#include "base/log.h"
#include "tests/support/server_fixture.h"

#include <crypt.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- reload, stop, free ---- */

static void test_changed_accounts(void **state)
{
    struct server_fixture x = {0};
    struct link_account_settings accounts[3];
    struct fake_transport *lines[2];

    (void)state;
    server_fixture_init(&x);
    server_fixture_bound(&x);
    lines[0] = x.f.network.last;
    assert_true(server_fixture_call_in(&x, "192.0.2.1"));
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg2", "other");
    lines[1] = x.f.network.last;
    link_fixture_expect(&x.f, SMPP_BIND_TRANSCEIVER_RESP, ESME_ROK, 77);
    server_fixture_accounts(accounts);
    link_server_set_accounts(x.server, accounts, 3); /* the same: nothing happens */
    link_fixture_turn(&x.f);
    link_fixture_expect_nothing(&x.f);
    accounts[0].password = "new";
    accounts[1] = accounts[2]; /* agg2 is gone */
    link_server_set_accounts(x.server, accounts, 2);
    link_fixture_turn(&x.f);
    for (int i = 0; i < 2; i++) {
        struct span unbind = fake_transport_take(lines[i]);

        assert_int_equal(unbind.data[7], SMPP_UNBIND);
        fake_transport_lose(lines[i], "peer_closed");
        link_fixture_turn(&x.f);
    }
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_expect_refused(&x, "agg1", "secret", ESME_RINVPASWD);
    assert_true(server_fixture_call_in(&x, "192.0.2.1"));
    server_fixture_expect_refused(&x, "agg2", "other", ESME_RINVSYSID);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg1", "new");
    link_fixture_expect(&x.f, SMPP_BIND_TRANSCEIVER_RESP, ESME_ROK, 77);
    server_fixture_fini(&x);
}

/* From where an account may bind is part of it. */
static void test_changed_addresses(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct server_fixture x = {0};
        struct link_account_settings accounts[3];
        struct netblock elsewhere;

        server_fixture_init(&x);
        server_fixture_bound(&x);
        server_fixture_accounts(accounts);
        assert_true(netblock_parse(&elsewhere, "192.0.2.0/24"));
        accounts[0].allow = &elsewhere;
        accounts[0].allow_count = i; /* 0: from anywhere */
        link_server_set_accounts(x.server, accounts, 3);
        link_fixture_turn(&x.f);
        link_fixture_expect_request(&x.f, SMPP_UNBIND);
        server_fixture_fini(&x);
    }
}

static void test_stop(void **state)
{
    struct server_fixture x = {0};
    struct fake_transport *line;

    (void)state;
    server_fixture_init(&x);
    server_fixture_bound(&x);
    line = x.f.network.last;
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    link_server_stop(x.server);
    assert_false(server_fixture_call_in(&x, "127.0.0.1"));
    link_fixture_turn(&x.f);
    assert_true(link_fixture_is_closed(&x.f)); /* the unbound one */
    assert_false(line->is_closed);
    x.f.network.last = line;
    link_fixture_feed_header(&x.f, SMPP_UNBIND_RESP, 0,
                             link_fixture_expect_request(&x.f, SMPP_UNBIND));
    link_fixture_expect_closed(&x.f, "stopped");
    assert_int_equal(link_server_counters(x.server)->connections, 0);
    server_fixture_fini(&x);
}

static void test_free_with_everything_open(void **state)
{
    struct server_fixture x = {0};
    unsigned before;

    (void)state;
    server_fixture_init(&x);
    server_fixture_bound(&x);
    link_fixture_submit(&x.f, LINK_LANE_SMS, 1, 0);
    server_fixture_bound(&x);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    before = x.f.state_count;
    link_server_free(x.server);
    x.server = NULL;
    link_fixture_turn(&x.f);
    assert_int_equal(x.f.state_count, before);
    assert_int_equal(x.f.result_count, 0);
    server_fixture_fini(&x);
}

/* ---- hashed passwords ---- */

/* Real time, which a verifier sets; the fixture's own clock stays where the test puts it. */
static struct timer_queue the_clock;

struct answer {
    unsigned count;
    bool is_right;
    uint64_t id;
};

static void on_verified(void *ctx, uint64_t id, bool is_right)
{
    struct answer *a = ctx;

    a->count++;
    a->id = id;
    a->is_right = is_right;
}

static void make_hash(const char *password, char hash[CRYPT_OUTPUT_SIZE])
{
    static struct crypt_data data;

    /* The cheapest that crypt knows: tests should be quick. */
    snprintf(hash, CRYPT_OUTPUT_SIZE, "%s", crypt_r(password, "$5$rounds=1000$saltsalt$", &data));
}

/* Some ten milliseconds, as a real one: what waits behind it waits. */
static void make_slow_hash(const char *password, char hash[CRYPT_OUTPUT_SIZE])
{
    static struct crypt_data data;

    snprintf(hash, CRYPT_OUTPUT_SIZE, "%s", crypt_r(password, "$5$rounds=100000$saltsalt$", &data));
}

static void wait_for(struct event_base *base, const unsigned *count, unsigned wanted)
{
    for (int i = 0; i < 2000 && *count < wanted; i++) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        usleep(1000);
    }
    assert_int_equal(*count, wanted);
}

static void test_verifier(void **state)
{
    struct event_base *base = event_base_new();
    struct verifier *v = verifier_new(base, &the_clock);
    struct answer a = {0};
    struct answer forgotten = {0};
    char hash[CRYPT_OUTPUT_SIZE];
    char longest[100];

    (void)state;
    make_hash("secret", hash);
    for (unsigned round = 0; round < 2; round++) { /* the second from memory */
        assert_true(verifier_check(v, span_of_string("secret"), hash, 7 + round, on_verified, &a));
        assert_int_equal(a.count, 2 * round); /* never from inside */
        wait_for(base, &a.count, 2 * round + 1);
        assert_true(a.is_right && a.id == 7 + round);
        assert_true(verifier_check(v, span_of_string("Secret"), hash, 9, on_verified, &a));
        wait_for(base, &a.count, 2 * round + 2);
        assert_false(a.is_right);
    }
    assert_true(verifier_check(v, span_of_string("secret"), "not a hash", 1, on_verified, &a));
    wait_for(base, &a.count, 5);
    assert_false(a.is_right);
    memset(longest, 'x', sizeof(longest));
    assert_true(verifier_check(v, span_of(longest, 100), hash, 1, on_verified, &a));
    wait_for(base, &a.count, 6);
    assert_false(a.is_right);
    for (int i = 0; i < 20; i++)
        assert_true(verifier_check(v, span_of_string("wrong"), hash, 1, on_verified,
                                   i % 2 ? &a : &forgotten));
    verifier_forget(v, &forgotten);
    wait_for(base, &a.count, 16);
    assert_int_equal(forgotten.count, 0);
    assert_true(verifier_check(v, span_of_string("wrong"), hash, 1, on_verified, &a));
    verifier_free(v); /* with work under way */
    event_base_free(base);
    assert_int_equal(a.count, 16);
}

static void test_verifier_is_bounded(void **state)
{
    struct event_base *base = event_base_new();
    struct verifier *v = verifier_new(base, &the_clock);
    struct answer a = {0};
    char hash[CRYPT_OUTPUT_SIZE];
    unsigned taken = 0;

    (void)state;
    make_slow_hash("secret", hash);
    while (taken < 1000 && verifier_check(v, span_of_string("x"), hash, 1, on_verified, &a))
        taken++;
    assert_int_equal(taken, 256);
    verifier_withdraw(v, &a, 2);
    verifier_withdraw(v, v, 1);
    assert_false(verifier_check(v, span_of_string("x"), hash, 1, on_verified, &a));
    verifier_withdraw(v, &a, 1);
    assert_true(verifier_check(v, span_of_string("x"), hash, 1, on_verified, &a));
    verifier_free(v);
    event_base_free(base);
}

static void test_bind_with_a_hash(void **state)
{
    struct event_base *base = event_base_new();
    struct verifier *v = verifier_new(base, &the_clock);
    struct server_fixture x = {.settings = {.failures_max = 100}};
    struct link_account_settings account = {.system_id = "agg4"};
    char hash[CRYPT_OUTPUT_SIZE];

    (void)state;
    make_hash("geheim", hash);
    account.password_hash = hash;
    server_fixture_init_with(&x, &account, 1, v);

    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg4", "geheim");
    link_fixture_expect_nothing(&x.f);
    /* While it is checked: */
    link_fixture_feed_header(&x.f, SMPP_ENQUIRE_LINK, 0, 5);
    link_fixture_expect(&x.f, SMPP_ENQUIRE_LINK_RESP, 0, 5);
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg4", "geheim");
    link_fixture_expect(&x.f, SMPP_BIND_TRANSCEIVER_RESP, ESME_RALYBND, 77);
    wait_for(base, &x.f.state_count, 1);
    link_fixture_turn(&x.f);
    link_fixture_expect(&x.f, SMPP_BIND_TRANSCEIVER_RESP, ESME_ROK, 77);

    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg4", "falsch");
    for (int i = 0; i < 2000 && !link_fixture_is_closed(&x.f); i++) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        usleep(1000);
    }
    link_fixture_expect(&x.f, SMPP_BIND_TRANSCEIVER_RESP, ESME_RINVPASWD, 77);

    /* Gone, or the whole server gone, before the answer. */
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg4", "falsch2");
    fake_transport_lose(x.f.network.last, "reset");
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg4", "falsch3");
    server_fixture_fini(&x);
    usleep(20000);
    event_base_loop(base, EVLOOP_NONBLOCK);
    verifier_free(v);
    event_base_free(base);
}

/* A flood of binds: what cannot be checked in time is told to come back, and is no failure. */
static void test_bind_while_the_verifier_is_full(void **state)
{
    struct event_base *base = event_base_new();
    struct verifier *v = verifier_new(base, &the_clock);
    struct server_fixture x = {.settings = {.failures_max = 1}};
    struct link_account_settings account = {.system_id = "agg4"};
    struct answer a = {0};
    char hash[CRYPT_OUTPUT_SIZE];

    (void)state;
    make_hash("geheim", hash);
    account.password_hash = hash;
    server_fixture_init_with(&x, &account, 1, v);
    while (verifier_check(v, span_of_string("x"), hash, 1, on_verified, &a))
        ;
    for (int i = 0; i < 3; i++) {
        assert_true(server_fixture_call_in(&x, "192.0.2.1"));
        server_fixture_expect_refused(&x, "agg4", "geheim", ESME_RTHROTTLED);
    }
    server_fixture_fini(&x);
    verifier_free(v);
    event_base_free(base);
}

/* One address that binds and is gone before the answer, again and again, and one that has bound
 * before. */
static void test_callers_who_are_gone_keep_nobody_out(void **state)
{
    struct event_base *base = event_base_new();
    struct verifier *v = verifier_new(base, &the_clock);
    struct server_fixture x = {.settings = {.failures_max = 1}};
    struct link_account_settings account = {.system_id = "agg4", .max_binds = 9};
    struct answer a = {0};
    char slow[CRYPT_OUTPUT_SIZE];

    (void)state;
    make_slow_hash("geheim", slow);
    account.password_hash = slow;
    server_fixture_init_with(&x, &account, 1, v);
    for (int i = 0; i < 300; i++) {
        assert_true(server_fixture_call_in(&x, "192.0.2.1"));
        server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg4", "falsch");
        fake_transport_lose(x.f.network.last, "reset");
        link_fixture_turn(&x.f);
        event_base_loop(base, EVLOOP_NONBLOCK);
    }
    for (unsigned bound = 0; bound < 2; bound++) {
        assert_true(server_fixture_call_in(&x, "192.0.2.2"));
        server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg4", "geheim");
        wait_for(base, &x.f.state_count, bound + 1);
        link_fixture_turn(&x.f);
        link_fixture_expect(&x.f, SMPP_BIND_TRANSCEIVER_RESP, ESME_ROK, 77);
        while (verifier_check(v, span_of_string("x"), slow, 1, on_verified, &a))
            ; /* the second comes from memory */
    }
    server_fixture_fini(&x);
    verifier_free(v);
    event_base_free(base);
}

/* All that wait have said who they are: none of them gives way to a newcomer. */
static void test_binds_that_are_looked_at_keep_their_places(void **state)
{
    struct event_base *base = event_base_new();
    struct verifier *v = verifier_new(base, &the_clock);
    struct server_fixture x = {.settings = {.unbound_max = 2}};
    struct link_account_settings account = {.system_id = "agg4"};
    char hash[CRYPT_OUTPUT_SIZE];

    (void)state;
    make_hash("geheim", hash);
    account.password_hash = hash;
    server_fixture_init_with(&x, &account, 1, v);
    for (int i = 0; i < 2; i++) {
        assert_true(server_fixture_call_in(&x, i == 0 ? "192.0.2.1" : "192.0.2.2"));
        server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg4", "geheim");
    }
    assert_false(server_fixture_call_in(&x, "192.0.2.3"));
    assert_int_equal(link_server_counters(x.server)->connections, 2);
    server_fixture_fini(&x);
    verifier_free(v);
    event_base_free(base);
}

/* One that was forgiven with a bind, and garbage of who has bound: that link alone ends. */
static void test_what_does_not_lead_to_a_ban(void **state)
{
    struct server_fixture x = {.settings = {.failures_max = 2}};

    (void)state;
    server_fixture_init(&x);
    for (int i = 0; i < 3; i++) {
        assert_true(server_fixture_call_in(&x, "127.0.0.1"));
        server_fixture_expect_refused(&x, "agg1", "wrong", ESME_RINVPASWD);
        server_fixture_bound(&x);
        link_fixture_feed_hex(&x.f, "7fffffff00000009");
        assert_true(link_fixture_is_closed(&x.f));
        link_fixture_turn(&x.f);
        x.f.state_count = 0;
    }
    assert_int_equal(link_server_counters(x.server)->bans, 0);
    server_fixture_fini(&x);
}

static void test_guessed_names_lead_to_a_ban(void **state)
{
    struct server_fixture x = {.settings = {.failures_max = 2, .ban_s = 60}};

    (void)state;
    server_fixture_init(&x);
    assert_true(server_fixture_call_in(&x, "127.0.0.2"));
    server_fixture_expect_refused(&x, "agg8", "secret", ESME_RINVSYSID);
    assert_true(server_fixture_call_in(&x, "127.0.0.2"));
    server_fixture_expect_refused(&x, "agg9", "secret", ESME_RINVSYSID);
    assert_false(server_fixture_call_in(&x, "127.0.0.2"));
    server_fixture_fini(&x);
}

static void keep_line(void *ctx, const char *line, size_t line_bytes)
{
    snprintf(ctx, 256, "%.*s", (int)line_bytes, line);
}

/* A bind whose password is right, but looked at still, when a reload leaves these accounts. */
static void expect_refused_by_reload(const struct link_account_settings *accounts, size_t count,
                                     const char *why)
{
    struct event_base *base = event_base_new();
    struct verifier *v = verifier_new(base, &the_clock);
    struct server_fixture x = {0};
    struct link_account_settings account = {.system_id = "agg4"};
    char hash[CRYPT_OUTPUT_SIZE], line[256] = "";

    make_hash("geheim", hash);
    account.password_hash = hash;
    server_fixture_init_with(&x, &account, 1, v);
    assert_true(server_fixture_call_in(&x, "192.0.2.1"));
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg4", "geheim");
    link_server_set_accounts(x.server, accounts, count);
    log_set_sink(keep_line, line);
    log_set_level(LOG_LEVEL_WARNING);
    for (int i = 0; i < 2000 && !link_fixture_is_closed(&x.f); i++) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        usleep(1000);
    }
    log_set_level(LOG_LEVEL_OFF);
    log_set_sink(NULL, NULL);
    link_fixture_expect(&x.f, SMPP_BIND_TRANSCEIVER_RESP, ESME_RBINDFAIL, 77);
    assert_non_null(strstr(line, why));
    assert_int_equal(x.f.state_count, 0);
    server_fixture_fini(&x);
    verifier_free(v);
    event_base_free(base);
}

static void test_account_goes_while_its_bind_is_checked(void **state)
{
    (void)state;
    expect_refused_by_reload(NULL, 0, " why=unknown");
}

/* The password is known to others, and another takes its place: those who bind with it just then
 * must not stay bound. */
static void test_password_changes_while_its_bind_is_checked(void **state)
{
    struct link_account_settings account = {.system_id = "agg4"};
    char hash[CRYPT_OUTPUT_SIZE];

    (void)state;
    make_hash("baru", hash);
    account.password_hash = hash;
    expect_refused_by_reload(&account, 1, " why=changed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_accounts),
        cmocka_unit_test(test_changed_addresses),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_free_with_everything_open),
        cmocka_unit_test(test_verifier),
        cmocka_unit_test(test_verifier_is_bounded),
        cmocka_unit_test(test_bind_with_a_hash),
        cmocka_unit_test(test_bind_while_the_verifier_is_full),
        cmocka_unit_test(test_binds_that_are_looked_at_keep_their_places),
        cmocka_unit_test(test_what_does_not_lead_to_a_ban),
        cmocka_unit_test(test_guessed_names_lead_to_a_ban),
        cmocka_unit_test(test_callers_who_are_gone_keep_nobody_out),
        cmocka_unit_test(test_account_goes_while_its_bind_is_checked),
        cmocka_unit_test(test_password_changes_while_its_bind_is_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
