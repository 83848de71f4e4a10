#include "tests/support/server_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct netblock loopback;
static struct netblock office;

void server_fixture_accounts(struct link_account_settings accounts[3])
{
    assert_true(netblock_parse(&loopback, "127.0.0.0/8"));
    assert_true(netblock_parse(&office, "192.0.2.0/24"));
    memset(accounts, 0, 3 * sizeof(*accounts));
    accounts[0].system_id = "agg1";
    accounts[0].password = "secret";
    accounts[0].allow = &loopback;
    accounts[0].allow_count = 1;
    accounts[0].max_binds = 2;
    accounts[1].system_id = "agg2";
    accounts[1].password = "other";
    accounts[1].allow = &office;
    accounts[1].allow_count = 1;
    accounts[1].in_tps = 5;
    accounts[2].system_id = "agg3";
    accounts[2].password = "";
    accounts[2].allow = &office;
    accounts[2].allow_count = 1;
}

static void on_state(void *ctx, struct link *link, enum link_state state, const char *reason)
{
    struct link_fixture *f = ctx;

    assert_int_equal(link_state(link), state);
    assert_non_null(link_account(link));
    f->link = state == LINK_CLOSED ? NULL : link;
    f->states[f->state_count] = state;
    snprintf(f->reasons[f->state_count], sizeof(f->reasons[0]), "%s", reason);
    f->state_count++;
    assert_true(f->state_count < FIXTURE_STATES_MAX);
}

void server_fixture_init_with(struct server_fixture *x,
                              const struct link_account_settings *accounts, size_t count,
                              struct verifier *verifier)
{
    struct link_owner owner;

    link_fixture_init(&x->f);
    owner = x->f.owner;
    owner.on_state = on_state;
    x->server = link_server_new(&x->f.env, &x->settings, accounts, count, verifier, &owner, &x->f);
}

void server_fixture_init(struct server_fixture *x)
{
    struct link_account_settings accounts[3];

    server_fixture_accounts(accounts);
    server_fixture_init_with(x, accounts, 3, NULL);
}

void server_fixture_fini(struct server_fixture *x)
{
    if (x->server != NULL)
        link_server_free(x->server);
    x->f.link = NULL;
    link_fixture_fini(&x->f);
}

static struct transport *attach(void *ctx, int fd, const struct transport_events *events,
                                void *events_ctx)
{
    struct link_fixture *f = ctx;
    struct fake_transport *t = fake_network_accept(&f->network);

    assert_int_equal(fd, 42);
    t->transport.events = events;
    t->transport.ctx = events_ctx;
    return &t->transport;
}

bool server_fixture_call_in(struct server_fixture *x, const char *from)
{
    struct netaddr peer;

    assert_true(netaddr_parse(&peer, from, 5555));
    return link_server_accept(x->server, 42, &peer, attach, &x->f);
}

void server_fixture_feed_bind(struct server_fixture *x, uint32_t command_id, const char *system_id,
                              const char *password)
{
    struct smpp_bind bind = {.system_id = span_of_string(system_id),
                             .password = span_of_string(password),
                             .interface_version = 0x34};
    uint8_t buffer[256];
    struct writer w;

    writer_init(&w, buffer, sizeof(buffer));
    assert_true(smpp_bind_encode(&w, command_id, 77, &bind));
    link_fixture_feed(&x->f, writer_span(&w));
}

struct link *server_fixture_bound(struct server_fixture *x)
{
    assert_true(server_fixture_call_in(x, "127.0.0.1"));
    server_fixture_feed_bind(x, SMPP_BIND_TRANSCEIVER, "agg1", "secret");
    link_fixture_expect(&x->f, SMPP_BIND_TRANSCEIVER_RESP, ESME_ROK, 77);
    assert_non_null(x->f.link);
    return x->f.link;
}

void server_fixture_expect_refused(struct server_fixture *x, const char *system_id,
                                   const char *password, uint32_t status)
{
    unsigned before = x->f.state_count;

    server_fixture_feed_bind(x, SMPP_BIND_TRANSCEIVER, system_id, password);
    link_fixture_expect(&x->f, SMPP_BIND_TRANSCEIVER_RESP, status, 77);
    assert_true(link_fixture_is_closed(&x->f));
    assert_int_equal(x->f.state_count, before);
}
