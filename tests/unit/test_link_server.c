/* The server role: who is let in, binds and refusals, and what a bound partner may do. */
#include "tests/support/server_fixture.h"

#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void on_result(void *arg, const struct link_result *result)
{
    (void)arg;
    (void)result;
}

static void test_binds(void **state)
{
    static const struct {
        uint32_t command_id;
        bool can_submit; /* deliver_sm */
    } rows[] = {
        {SMPP_BIND_TRANSCEIVER, true}, {SMPP_BIND_TRANSMITTER, false}, {SMPP_BIND_RECEIVER, true}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct server_fixture x = {.settings = {.system_id = "WARUNG"}};
        char peer[NETADDR_TEXT_BYTES];
        struct span resp;

        server_fixture_init(&x);
        assert_true(server_fixture_call_in(&x, "127.0.0.9"));
        assert_int_equal(x.f.state_count, 0); /* of unbound ones the owner hears nothing */
        server_fixture_feed_bind(&x, rows[i].command_id, "agg1", "secret");
        /* The response of its own kind, unlike osmo-msc's. */
        resp = link_fixture_expect(&x.f, rows[i].command_id | SMPP_RESPONSE_BIT, ESME_ROK, 77);
        assert_string_equal((const char *)resp.data + 16, "WARUNG");
        assert_int_equal(x.f.state_count, 1);
        assert_int_equal(x.f.states[0], LINK_BOUND);
        assert_int_equal(link_can_submit(x.f.link), rows[i].can_submit);
        assert_string_equal(link_account(x.f.link), "agg1");
        assert_string_equal(link_name(x.f.link), "agg1:1");
        link_peer(x.f.link, peer);
        assert_string_equal(peer, "127.0.0.9");
        assert_int_equal(link_server_counters(x.server)->bound, 1);
        server_fixture_fini(&x);
    }
}

static void test_refusals(void **state)
{
    struct server_fixture x = {.settings = {.failures_max = 100}};
    struct link *first;

    (void)state;
    server_fixture_init(&x);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_expect_refused(&x, "agg1", "Secret", ESME_RINVPASWD);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_expect_refused(&x, "agg1", "", ESME_RINVPASWD);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_expect_refused(&x, "agg1", "secret1", ESME_RINVPASWD);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_expect_refused(&x, "agg1", "secre", ESME_RINVPASWD);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_expect_refused(&x, "agg9", "secret", ESME_RINVSYSID);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_expect_refused(&x, "", "", ESME_RINVSYSID);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_expect_refused(&x, "agg2", "other", ESME_RINVSYSID); /* not from this address */
    first = server_fixture_bound(&x);
    server_fixture_bound(&x);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_expect_refused(&x, "agg1", "secret", ESME_RALYBND);
    assert_int_equal(link_server_counters(x.server)->bind_failures, 8);
    assert_int_equal(link_server_counters(x.server)->connections, 2);
    assert_int_equal(link_state(first), LINK_BOUND); /* an honest partner notices nothing */
    server_fixture_fini(&x);
}

static void test_malformed_binds(void **state)
{
    static const char *const binds[] = {
        "00000010000000090000000000000001",                        /* no body */
        "0000001800000009000000000000000161(61*7)",                /* no NUL */
        "000000300000000900000000000000016100620000003400(ff*24)", /* a tail that is no TLV */
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct server_fixture x = {0};
        struct span resp;

        server_fixture_init(&x);
        assert_true(server_fixture_call_in(&x, "127.0.0.1"));
        link_fixture_feed_hex(&x.f, binds[i]);
        resp = fake_transport_take(x.f.network.last);
        assert_int_equal(resp.size, 16);
        assert_int_equal(resp.data[4], 0x80);
        assert_int_equal(resp.data[7], 9);
        assert_int_not_equal(resp.data[11], 0);
        assert_true(link_fixture_is_closed(&x.f));
        server_fixture_fini(&x);
    }
}

static void test_only_a_bind_is_taken_first(void **state)
{
    static const uint32_t commands[] = {SMPP_SUBMIT_SM, SMPP_UNBIND, SMPP_QUERY_SM, 0x00000BAD};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct server_fixture x = {0};

        server_fixture_init(&x);
        assert_true(server_fixture_call_in(&x, "127.0.0.1"));
        link_fixture_feed_header(&x.f, SMPP_ENQUIRE_LINK, 0, 5); /* but for this one */
        link_fixture_expect(&x.f, SMPP_ENQUIRE_LINK_RESP, 0, 5);
        link_fixture_feed_header(&x.f, SMPP_BIND_TRANSCEIVER_RESP, 0, 1);
        link_fixture_expect_nothing(&x.f);
        link_fixture_feed_header(&x.f, commands[i], 0, 6);
        link_fixture_expect_nothing(&x.f);
        assert_true(link_fixture_is_closed(&x.f));
        assert_int_equal(x.f.state_count, 0);
        server_fixture_fini(&x);
    }
}

/* Neither needs a bind. */
static void test_a_caller_that_talks_on_is_closed(void **state)
{
    static const uint32_t commands[] = {SMPP_ENQUIRE_LINK, SMPP_SUBMIT_SM_RESP};
    struct server_fixture x = {.settings = {.failures_max = 2}};

    (void)state;
    server_fixture_init(&x);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(server_fixture_call_in(&x, "127.0.0.9"));
        for (uint32_t n = 1; n <= 64; n++)
            link_fixture_feed_header(&x.f, commands[i], ESME_ROK, n);
        assert_false(link_fixture_is_closed(&x.f));
        link_fixture_feed_header(&x.f, commands[i], ESME_ROK, 65);
        assert_true(link_fixture_is_closed(&x.f));
    }
    assert_int_equal(link_server_counters(x.server)->bans, 1);
    assert_false(server_fixture_call_in(&x, "127.0.0.9"));
    /* Who has bound may. */
    assert_true(server_fixture_call_in(&x, "127.0.0.8"));
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg1", "secret");
    for (uint32_t n = 1; n <= 100; n++)
        link_fixture_feed_header(&x.f, commands[0], ESME_ROK, n);
    assert_false(link_fixture_is_closed(&x.f));
    server_fixture_fini(&x);
}

static void test_session_init_timer(void **state)
{
    struct server_fixture x = {0};

    (void)state;
    server_fixture_init(&x);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    for (int i = 0; i < 9; i++) {
        link_fixture_pass(&x.f, 1000);
        link_fixture_feed_header(&x.f, SMPP_ENQUIRE_LINK, 0, 5); /* does not help */
    }
    link_fixture_pass(&x.f, 999);
    assert_false(link_fixture_is_closed(&x.f));
    link_fixture_pass(&x.f, 1);
    assert_true(link_fixture_is_closed(&x.f));
    assert_int_equal(link_server_counters(x.server)->connections, 0);
    server_fixture_fini(&x);
}

static void test_addresses_are_checked_first(void **state)
{
    struct server_fixture x = {0};

    (void)state;
    server_fixture_init(&x);
    assert_false(server_fixture_call_in(&x, "203.0.113.5"));
    assert_int_equal(x.f.network.transports.count, 0);
    assert_int_equal(link_server_counters(x.server)->refused_unknown, 1);
    assert_true(server_fixture_call_in(&x, "192.0.2.5"));
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg3", ""); /* an empty password is one */
    link_fixture_expect(&x.f, SMPP_BIND_TRANSCEIVER_RESP, ESME_ROK, 77);
    server_fixture_fini(&x);
}

static void test_unbound_callers_are_capped(void **state)
{
    struct server_fixture x = {.settings = {.unbound_per_address_max = 3}};

    (void)state;
    server_fixture_init(&x);
    for (int i = 0; i < 3; i++)
        assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    assert_false(server_fixture_call_in(&x, "127.0.0.1"));
    assert_int_equal(link_server_counters(x.server)->refused_full, 1);
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg1",
                             "secret"); /* one is no caller any more */
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    assert_false(server_fixture_call_in(&x, "127.0.0.1"));
    link_fixture_pass(&x.f, 10000); /* the silent ones go */
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_fini(&x);
}

static void test_silent_callers_give_way(void **state)
{
    struct server_fixture x = {.settings = {.unbound_max = 4, .unbound_per_address_max = 2}};
    static const char *const strangers[] = {"127.0.1.1", "127.0.1.1", "127.0.1.2", "127.0.1.2"};
    struct fake_transport *first = NULL;

    (void)state;
    server_fixture_init(&x);
    for (int i = 0; i < 4; i++) {
        assert_true(server_fixture_call_in(&x, strangers[i]));
        first = first != NULL ? first : x.f.network.last;
        link_fixture_pass(&x.f, 10);
    }
    /* An address that has all it may have drives nobody out. */
    assert_false(server_fixture_call_in(&x, "127.0.1.1"));
    assert_false(first->is_closed);
    assert_true(server_fixture_call_in(&x, "127.0.0.9"));
    assert_true(first->is_closed);
    assert_int_equal(link_server_counters(x.server)->connections, 4);
    assert_int_equal(link_server_counters(x.server)->refused_full, 2);
    assert_int_equal(link_server_counters(x.server)->bans, 0);
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg1", "secret");
    link_fixture_expect(&x.f, SMPP_BIND_TRANSCEIVER_RESP, ESME_ROK, 77);
    /* Who has bound is driven out by nobody. */
    for (int i = 0; i < 40; i++) {
        char from[24];

        snprintf(from, sizeof(from), "127.0.2.%d", i);
        assert_true(server_fixture_call_in(&x, from));
    }
    assert_int_equal(link_server_counters(x.server)->bound, 1);
    assert_int_equal(link_server_counters(x.server)->connections, 5);
    server_fixture_fini(&x);
}

static void test_connections_are_capped(void **state)
{
    struct server_fixture x = {.settings = {.connections_max = 2}};

    (void)state;
    server_fixture_init(&x);
    server_fixture_bound(&x);
    server_fixture_bound(&x);
    assert_false(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_fini(&x);
}

static void test_ban_after_bad_binds_and_garbage(void **state)
{
    struct server_fixture x = {.settings = {.failures_max = 4, .ban_s = 60}};
    struct link *honest;

    (void)state;
    server_fixture_init(&x);
    honest = server_fixture_bound(&x);
    assert_true(server_fixture_call_in(&x, "127.0.0.2"));
    server_fixture_expect_refused(&x, "agg1", "wrong", ESME_RINVPASWD);
    assert_true(server_fixture_call_in(&x, "127.0.0.2"));
    link_fixture_feed(&x.f, span_of("GET / HTTP/1.0\r\n\r\n", 18));
    link_fixture_expect_nothing(&x.f);
    assert_true(link_fixture_is_closed(&x.f));
    assert_true(server_fixture_call_in(&x, "127.0.0.2"));
    link_fixture_feed_hex(&x.f, "7fffffff00000009");
    assert_true(link_fixture_is_closed(&x.f));
    assert_true(server_fixture_call_in(&x, "127.0.0.2"));
    fake_transport_lose(x.f.network.last, "peer_closed"); /* a mere look is no failure */
    link_fixture_turn(&x.f);
    assert_true(server_fixture_call_in(&x, "127.0.0.2"));
    link_fixture_feed_header(&x.f, SMPP_SUBMIT_SM, 0, 1);
    assert_false(server_fixture_call_in(&x, "127.0.0.2"));
    assert_int_equal(link_server_counters(x.server)->bans, 1);
    assert_int_equal(link_server_counters(x.server)->refused_banned, 1);
    assert_true(server_fixture_call_in(&x, "127.0.0.3"));
    assert_int_equal(link_state(honest), LINK_BOUND);
    link_fixture_pass(&x.f, 60000);
    assert_true(server_fixture_call_in(&x, "127.0.0.2"));
    server_fixture_fini(&x);
}

/* ---- a bound partner ---- */

static void test_messages_both_ways(void **state)
{
    struct server_fixture x = {0};
    uint8_t buffer[256];
    struct span pdu;
    struct link *link;

    (void)state;
    server_fixture_init(&x);
    link = server_fixture_bound(&x);
    link_fixture_feed(&x.f, link_fixture_message(SMPP_SUBMIT_SM, 9, buffer, sizeof(buffer)));
    assert_int_equal(x.f.message_count, 1);
    assert_true(link_answer(link, x.f.tickets[0], ESME_ROK, "id-1"));
    link_fixture_turn(&x.f);
    pdu = link_fixture_expect(&x.f, SMPP_SUBMIT_SM_RESP, ESME_ROK, 9);
    assert_string_equal((const char *)pdu.data + 16, "id-1");
    link_fixture_feed_deliver(&x.f, 10); /* the centre's word, not the partner's */
    link_fixture_expect(&x.f, SMPP_DELIVER_SM_RESP, ESME_RINVBNDSTS, 10);
    link_fixture_feed(&x.f, link_fixture_message(SMPP_DATA_SM, 11, buffer, sizeof(buffer)));
    assert_int_equal(x.f.message_count, 2);
    assert_true(link_answer(link, x.f.tickets[1], ESME_RINVDSTADR, NULL));
    link_fixture_turn(&x.f);
    pdu = link_fixture_expect(&x.f, SMPP_DATA_SM_RESP, ESME_RINVDSTADR, 11);
    assert_int_equal(pdu.size, 16);
    pdu = link_fixture_message(SMPP_DELIVER_SM, 0, buffer, sizeof(buffer));
    assert_non_null(link_submit(link, LINK_LANE_DIALOGUE, pdu, 0, on_result, NULL));
    link_fixture_turn(&x.f);
    link_fixture_expect(&x.f, SMPP_DELIVER_SM, 0, 1);
    assert_int_equal(link_in_flight(link), 1);
    link_fixture_feed_header(&x.f, SMPP_DELIVER_SM_RESP, 0, 1);
    assert_int_equal(link_in_flight(link), 0);
    server_fixture_fini(&x);
}

static void test_second_bind(void **state)
{
    struct server_fixture x = {0};
    struct link *link;

    (void)state;
    server_fixture_init(&x);
    link = server_fixture_bound(&x);
    server_fixture_feed_bind(&x, SMPP_BIND_RECEIVER, "agg1", "secret");
    link_fixture_expect(&x.f, SMPP_BIND_RECEIVER_RESP, ESME_RALYBND, 77);
    assert_int_equal(link_state(link), LINK_BOUND);
    server_fixture_fini(&x);
}

static void test_wrong_bind_for_a_message(void **state)
{
    struct server_fixture x = {0};
    uint8_t buffer[256];

    (void)state;
    server_fixture_init(&x);
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_feed_bind(&x, SMPP_BIND_RECEIVER, "agg1", "secret");
    link_fixture_expect(&x.f, SMPP_BIND_RECEIVER_RESP, ESME_ROK, 77);
    link_fixture_feed(&x.f, link_fixture_message(SMPP_SUBMIT_SM, 3, buffer, sizeof(buffer)));
    link_fixture_expect(&x.f, SMPP_SUBMIT_SM_RESP, ESME_RINVBNDSTS, 3);
    assert_int_equal(x.f.message_count, 0);
    server_fixture_fini(&x);
}

static void test_rate_of_an_account_is_shared(void **state)
{
    struct server_fixture x = {0};
    uint8_t buffer[256];
    struct fake_transport *lines[2];
    unsigned throttled = 0;

    (void)state;
    server_fixture_init(&x);
    for (int i = 0; i < 2; i++) {
        assert_true(server_fixture_call_in(&x, "192.0.2.1"));
        server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg2", "other");
        lines[i] = x.f.network.last;
        link_fixture_expect(&x.f, SMPP_BIND_TRANSCEIVER_RESP, ESME_ROK, 77);
    }
    for (uint32_t n = 1; n <= 40; n++) { /* 20 a second where 5 are allowed */
        struct span pdu = link_fixture_message(SMPP_SUBMIT_SM, n, buffer, sizeof(buffer));

        fake_transport_feed(lines[n % 2], pdu);
        link_fixture_pass(&x.f, 50);
    }
    for (int i = 0; i < 2; i++) {
        struct span pdu;

        while ((pdu = fake_transport_take(lines[i])).size != 0)
            throttled += pdu.data[11] == ESME_RTHROTTLED;
    }
    assert_in_range(x.f.message_count, 10, 11);
    assert_int_equal(throttled, 40 - x.f.message_count);
    server_fixture_fini(&x);
}

/* The parts of a long SMS come in one write, and must not trip the limit. */
static void test_a_second_may_come_at_once(void **state)
{
    struct server_fixture x = {0};
    uint8_t buffer[256];

    (void)state;
    server_fixture_init(&x);
    assert_true(server_fixture_call_in(&x, "192.0.2.1"));
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSCEIVER, "agg2", "other");
    for (unsigned second = 1; second <= 2; second++) {
        for (uint32_t n = 1; n <= 7; n++)
            link_fixture_feed(&x.f,
                              link_fixture_message(SMPP_SUBMIT_SM, n, buffer, sizeof(buffer)));
        assert_int_equal(x.f.message_count, 5 * second);
        link_fixture_pass(&x.f, 1000);
    }
    server_fixture_fini(&x);
}

static void keep_throttling(void *kept, const char *line, size_t line_bytes)
{
    const char *at = memmem(line, line_bytes, "event=link.throttling", 21);

    if (at != NULL)
        snprintf(kept, 80, "%.*s", (int)(line + line_bytes - at), at);
}

/* A reload that changes in_tps changes it for the binds that are up. Who asks why they are refused
 * is told which limit it was. */
static void test_rate_is_changed_under_a_bind(void **state)
{
    struct server_fixture x = {0};
    struct link_account_settings accounts[3];
    char line[80] = "";
    uint8_t buffer[256];

    (void)state;
    server_fixture_init(&x);
    server_fixture_bound(&x);
    server_fixture_accounts(accounts);
    accounts[0].in_tps = 2;
    link_server_set_accounts(x.server, accounts, 3);
    log_set_sink(keep_throttling, line);
    log_set_level(LOG_LEVEL_INFO);
    for (uint32_t n = 1; n <= 4; n++)
        link_fixture_feed(&x.f, link_fixture_message(SMPP_SUBMIT_SM, n, buffer, sizeof(buffer)));
    log_set_level(LOG_LEVEL_OFF);
    log_set_sink(NULL, NULL);
    assert_int_equal(x.f.message_count, 2);
    assert_string_equal(line, "event=link.throttling link=agg1:1 limit=in_tps\n");
    server_fixture_fini(&x);
}

/* So it is with what we may send, and when we ask whether it is there. */
static void test_limits_are_changed_under_a_bind(void **state)
{
    struct server_fixture x = {0};
    struct link_account_settings accounts[3];
    uint32_t number;

    (void)state;
    server_fixture_init(&x);
    server_fixture_bound(&x);
    server_fixture_accounts(accounts);
    accounts[0].link.window = 1;
    accounts[0].link.enquire_link_s = 5;
    link_server_set_accounts(x.server, accounts, 3);
    for (unsigned tag = 0; tag < 4; tag++)
        link_fixture_submit(&x.f, LINK_LANE_DIALOGUE, tag, 0);
    link_fixture_turn(&x.f);
    number = link_fixture_expect_request(&x.f, SMPP_SUBMIT_SM);
    link_fixture_expect_nothing(&x.f);
    accounts[0].link.window = 32;
    accounts[0].link.tps = 2;
    link_server_set_accounts(x.server, accounts, 3);
    link_fixture_pass(&x.f, 1);
    link_fixture_expect_request(&x.f, SMPP_SUBMIT_SM);
    link_server_set_accounts(x.server, accounts, 3); /* the same is no new second */
    link_fixture_pass(&x.f, 1);
    link_fixture_expect_nothing(&x.f);
    link_fixture_pass(&x.f, 501);
    link_fixture_expect_request(&x.f, SMPP_SUBMIT_SM);
    accounts[0].link.tps = 0;
    link_server_set_accounts(x.server, accounts, 3);
    link_fixture_pass(&x.f, 1);
    link_fixture_expect_request(&x.f, SMPP_SUBMIT_SM);
    link_fixture_feed_header(&x.f, SMPP_SUBMIT_SM_RESP, ESME_ROK, number);
    assert_int_equal(x.f.results[0].tag, 0);
    link_fixture_pass(&x.f, 5000);
    link_fixture_expect_request(&x.f, SMPP_ENQUIRE_LINK);
    accounts[0].link.enquire_link_s = 1; /* who was asked has time to answer still */
    link_server_set_accounts(x.server, accounts, 3);
    link_fixture_pass(&x.f, 2000);
    link_fixture_expect_nothing(&x.f);
    server_fixture_fini(&x);
}

static void test_partner_goes(void **state)
{
    struct server_fixture x = {0};
    struct link *link;
    uint64_t connection;

    (void)state;
    server_fixture_init(&x);
    link = server_fixture_bound(&x);
    connection = link_connection(link);
    assert_ptr_equal(link_server_find(x.server, connection), link);
    link_fixture_feed_header(&x.f, SMPP_UNBIND, 0, 5);
    link_fixture_expect(&x.f, SMPP_UNBIND_RESP, 0, 5);
    assert_true(link_fixture_is_closed(&x.f));
    link_fixture_expect_closed(&x.f, "peer_unbind");
    assert_null(link_server_find(x.server, connection));
    assert_int_equal(link_server_counters(x.server)->connections, 0);
    assert_int_equal(link_server_counters(x.server)->bound, 0);
    server_fixture_fini(&x);
}

static void test_dead_partner_is_noticed(void **state)
{
    struct server_fixture x = {0};

    (void)state;
    server_fixture_init(&x);
    server_fixture_bound(&x);
    link_fixture_pass(&x.f, 30000);
    link_fixture_expect_request(&x.f, SMPP_ENQUIRE_LINK);
    link_fixture_pass(&x.f, 20000);
    link_fixture_expect_closed(&x.f, "enquire_link_timeout");
    server_fixture_fini(&x);
}

static void test_names_are_used_again(void **state)
{
    struct server_fixture x = {0};
    struct fake_transport *first;

    (void)state;
    server_fixture_init(&x);
    server_fixture_bound(&x);
    first = x.f.network.last;
    assert_string_equal(link_name(server_fixture_bound(&x)), "agg1:2");
    fake_transport_lose(first, "reset");
    link_fixture_turn(&x.f);
    assert_string_equal(link_name(server_fixture_bound(&x)), "agg1:1");
    server_fixture_fini(&x);
}

static void test_pick_takes_turns(void **state)
{
    struct server_fixture x = {0};
    struct link *a;
    struct link *b;

    (void)state;
    server_fixture_init(&x);
    assert_null(link_server_pick(x.server, "agg1"));
    assert_null(link_server_pick(x.server, "agg9"));
    assert_true(server_fixture_call_in(&x, "127.0.0.1"));
    server_fixture_feed_bind(&x, SMPP_BIND_TRANSMITTER, "agg1", "secret");
    link_fixture_expect(&x.f, SMPP_BIND_TRANSMITTER_RESP, ESME_ROK, 77);
    assert_null(link_server_pick(x.server, "agg1")); /* nothing goes out over a transmitter */
    a = x.f.link;
    link_stop(a);
    link_fixture_turn(&x.f);
    link_fixture_feed_header(&x.f, SMPP_UNBIND_RESP, 0,
                             link_fixture_expect_request(&x.f, SMPP_UNBIND));
    a = server_fixture_bound(&x);
    b = server_fixture_bound(&x);
    for (int i = 0; i < 6; i++) {
        struct link *picked = link_server_pick(x.server, "agg1");
        uint8_t buffer[64];

        assert_ptr_equal(picked, link_server_pick(x.server, "agg1")); /* to ask is not to use */
        assert_true(picked == (i % 2 == 0 ? a : b));
        assert_non_null(link_submit(
            picked, LINK_LANE_SMS, link_fixture_message(SMPP_DELIVER_SM, 0, buffer, sizeof(buffer)),
            0, on_result, NULL));
        link_fixture_pass(&x.f, 1);
    }
    server_fixture_fini(&x);
}

/* Where none has room either: a queue behind one of them waits, while the other's has gone. */
static void test_pick_fills_queues_alike(void **state)
{
    struct server_fixture x = {0};
    struct link *links[2];
    uint8_t buffer[64];

    (void)state;
    server_fixture_init(&x);
    links[0] = server_fixture_bound(&x);
    links[1] = server_fixture_bound(&x);
    for (int i = 0; i < 1000; i++)
        assert_non_null(link_submit(
            link_server_pick(x.server, "agg1"), LINK_LANE_DIALOGUE,
            link_fixture_message(SMPP_DELIVER_SM, 0, buffer, sizeof(buffer)), 0, on_result, NULL));
    assert_int_equal(link_room(links[0]) + link_room(links[1]), 0);
    assert_int_equal(link_queued(links[0]), link_queued(links[1]));
    server_fixture_fini(&x);
}

/* Only the partner can bind anew. */
static void test_a_partner_that_answers_nothing_stays_bound(void **state)
{
    struct server_fixture x = {.settings = {0}};

    (void)state;
    server_fixture_init(&x);
    server_fixture_bound(&x);
    for (unsigned i = 0; i < 8; i++) {
        assert_non_null(link_fixture_submit(&x.f, LINK_LANE_DIALOGUE, i, 0));
        link_fixture_feed_header(&x.f, SMPP_ENQUIRE_LINK, ESME_ROK, 10 + i);
        link_fixture_pass(&x.f, 10000);
    }
    assert_int_equal(x.f.result_count, 8);
    assert_int_equal(link_state(x.f.link), LINK_BOUND);
    for (unsigned i = 0; i < 4; i++) {
        assert_non_null(link_fixture_submit(&x.f, LINK_LANE_DIALOGUE, i, 0));
        link_fixture_turn(&x.f);
        link_fixture_feed_header(&x.f, SMPP_SUBMIT_SM_RESP, ESME_RINVBNDSTS, 9 + i);
    }
    assert_int_equal(x.f.results[11].command_status, ESME_RINVBNDSTS);
    assert_int_equal(link_state(x.f.link), LINK_BOUND);
    server_fixture_fini(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binds),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_malformed_binds),
        cmocka_unit_test(test_only_a_bind_is_taken_first),
        cmocka_unit_test(test_a_caller_that_talks_on_is_closed),
        cmocka_unit_test(test_session_init_timer),
        cmocka_unit_test(test_addresses_are_checked_first),
        cmocka_unit_test(test_unbound_callers_are_capped),
        cmocka_unit_test(test_silent_callers_give_way),
        cmocka_unit_test(test_connections_are_capped),
        cmocka_unit_test(test_ban_after_bad_binds_and_garbage),
        cmocka_unit_test(test_messages_both_ways),
        cmocka_unit_test(test_second_bind),
        cmocka_unit_test(test_wrong_bind_for_a_message),
        cmocka_unit_test(test_rate_of_an_account_is_shared),
        cmocka_unit_test(test_a_second_may_come_at_once),
        cmocka_unit_test(test_rate_is_changed_under_a_bind),
        cmocka_unit_test(test_limits_are_changed_under_a_bind),
        cmocka_unit_test(test_partner_goes),
        cmocka_unit_test(test_dead_partner_is_noticed),
        cmocka_unit_test(test_names_are_used_again),
        cmocka_unit_test(test_pick_takes_turns),
        cmocka_unit_test(test_pick_fills_queues_alike),
        cmocka_unit_test(test_a_partner_that_answers_nothing_stays_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
