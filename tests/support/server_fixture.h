/*
 * A server on a fake network and a fake clock, with three accounts: agg1 (password "secret", from
 * 127.0.0.0/8, 2 binds), agg2 ("other", from 192.0.2.0/24, 5 messages a second), agg3 ("", the
 * same).
 */
#ifndef WARUNG_TESTS_SERVER_FIXTURE_H
#define WARUNG_TESTS_SERVER_FIXTURE_H

#include "gateway/link/server.h"
#include "tests/support/link_fixture.h"

struct server_fixture {
    struct link_fixture f; /* clock, network, and the newest link under f.link */
    struct link_server *server;
    struct link_server_settings settings; /* set before init */
};

void server_fixture_init(struct server_fixture *x);
/* With accounts of the test's own. */
void server_fixture_init_with(struct server_fixture *x,
                              const struct link_account_settings *accounts, size_t count,
                              struct verifier *verifier);
void server_fixture_fini(struct server_fixture *x);
void server_fixture_accounts(struct link_account_settings accounts[3]);

/* A caller; its connection is then x->f.network.last. */
bool server_fixture_call_in(struct server_fixture *x, const char *from);
void server_fixture_feed_bind(struct server_fixture *x, uint32_t command_id, const char *system_id,
                              const char *password);
/* A bound transceiver of agg1; its connection is the newest. */
struct link *server_fixture_bound(struct server_fixture *x);
/* A bind_transceiver of the newest connection, refused and closed, and the owner heard nothing. */
void server_fixture_expect_refused(struct server_fixture *x, const char *system_id,
                                   const char *password, uint32_t status);

#endif
