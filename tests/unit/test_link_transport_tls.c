/* A client's TLS transport against plain sockets of the test: how a connection fails, and its
 * reason. */
#include "gateway/link/tls_context.h"
#include "gateway/link/transport_tls.h"
#include "gateway/loop.h"
#include "tests/support/tls_files.h"
#include "tests/support/until.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char folder[64];
    struct tls_identity ca, server;
    struct loop *loop;
    struct tls_factory *tls;
    struct transport *transport;
    const char *lost;
    int listener, fd; /* fd: the centre's end of the transport */
    SSL_CTX *ctx;
    SSL *ssl; /* of a centre that speaks TLS */
};

static void ignore(void *ctx)
{
    (void)ctx;
}

static void ignore_bytes(void *ctx, struct span bytes)
{
    (void)ctx;
    (void)bytes;
}

static void on_lost(void *ctx, const char *reason)
{
    struct world *w = ctx;

    w->lost = reason;
    transport_close(w->transport);
}

static const struct transport_events events = {ignore, ignore_bytes, ignore, on_lost, NULL};

static int make_world(void **state)
{
    static struct world w;
    struct tls_settings settings = {.verify = true};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char error[TLS_ERROR_BYTES];

    memset(&w, 0, sizeof(w));
    *state = &w;
    log_set_level(LOG_LEVEL_OFF);
    snprintf(w.folder, sizeof(w.folder), "/tmp/warung-tls-XXXXXX");
    assert_non_null(mkdtemp(w.folder));
    tls_identity_make(&w.ca, w.folder, "ca", NULL, NULL);
    tls_identity_make(&w.server, w.folder, "server", "IP:127.0.0.1", &w.ca);
    settings.ca_file = w.ca.cert;
    w.loop = loop_new();
    w.tls = tls_factory_new(loop_base(w.loop), loop_timers(w.loop), loop_deferred(w.loop),
                            &settings, error);
    assert_non_null(w.tls);
    w.fd = -1;
    w.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(w.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    return 0;
}

static int end_world(void **state)
{
    struct world *w = *state;

    close(w->listener);
    if (w->fd >= 0)
        close(w->fd);
    SSL_free(w->ssl);
    SSL_CTX_free(w->ctx);
    tls_factory_free(w->tls);
    loop_free(w->loop);
    unlink(w->ca.cert);
    unlink(w->ca.key);
    unlink(w->server.cert);
    unlink(w->server.key);
    return rmdir(w->folder);
}

static void connect_transport(struct world *w, const struct transport_events *e)
{
    struct transport_factory network = tls_factory_network(w->tls);
    struct sockaddr_in address;
    socklen_t size = sizeof(address);

    assert_int_equal(getsockname(w->listener, (struct sockaddr *)&address, &size), 0);
    w->transport = network.connect(network.ctx, "127.0.0.1", ntohs(address.sin_port), 0, e, w);
}

/* The centre takes the call and waits for all of our hello, which it does not answer. */
static void take_hello(struct world *w, int flags)
{
    char hello[2048];

    w->fd = accept(w->listener, NULL, NULL);
    UNTIL(w, recv(w->fd, hello, sizeof(hello), flags | MSG_DONTWAIT) > 0);
}

static void reset(struct world *w)
{
    static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(w->fd);
    w->fd = -1;
}

/* The socket's own faults keep their names under TLS. */
static void test_nobody_listens(void **state)
{
    struct world *w = *state;

    connect_transport(w, &events);
    UNTIL(w, w->lost != NULL);
    assert_string_equal(w->lost, "refused");
}

static void test_a_reset(void **state)
{
    struct world *w = *state;

    assert_int_equal(listen(w->listener, 1), 0);
    connect_transport(w, &events);
    take_hello(w, 0);
    reset(w);
    UNTIL(w, w->lost != NULL);
    assert_string_equal(w->lost, "reset");
}

static void test_an_end(void **state)
{
    struct world *w = *state;

    assert_int_equal(listen(w->listener, 1), 0);
    connect_transport(w, &events);
    take_hello(w, 0);
    close(w->fd);
    w->fd = -1;
    UNTIL(w, w->lost != NULL);
    assert_string_equal(w->lost, "peer_closed");
}

/* A centre without TLS waits for our bind in the clear; nothing is wrong with the way there. */
static void test_silence(void **state)
{
    struct world *w = *state;
    struct timer_queue *timers = loop_timers(w->loop);

    assert_int_equal(listen(w->listener, 1), 0);
    connect_transport(w, &events);
    take_hello(w, 0);
    timer_queue_run(timers, timers->now_ms + 10000);
    UNTIL(w, w->lost != NULL);
    assert_string_equal(w->lost, "tls_timeout");
}

/* What is wrong with our certificate, a centre says when the handshake is over for us (TLS 1.3); it
 * resets then, and our first octets fail before we have heard why. */
static void on_open_to_strict(void *ctx)
{
    struct world *w = ctx;

    assert_int_not_equal(SSL_accept(w->ssl), 1);
    reset(w);
    assert_int_equal(transport_write(w->transport, span_of("bind", 4)), 4);
}

static void test_an_alert_behind_a_failed_write(void **state)
{
    static const struct transport_events strict = {on_open_to_strict, ignore_bytes, ignore, on_lost,
                                                   NULL};
    struct world *w = *state;
    struct tls_settings settings = {.is_server = true,
                                    .verify = true,
                                    .cert_file = w->server.cert,
                                    .key_file = w->server.key,
                                    .ca_file = w->ca.cert};
    char error[TLS_ERROR_BYTES];

    w->ctx = tls_context_new(&settings, error);
    assert_non_null(w->ctx);
    w->ssl = SSL_new(w->ctx);
    assert_int_equal(listen(w->listener, 1), 0);
    connect_transport(w, &strict);
    take_hello(w, MSG_PEEK);
    assert_int_equal(fcntl(w->fd, F_SETFL, O_NONBLOCK), 0);
    SSL_set_fd(w->ssl, w->fd);
    assert_int_not_equal(SSL_accept(w->ssl), 1); /* half of it; the rest is on_open_to_strict()'s */
    UNTIL(w, w->lost != NULL);
    assert_string_equal(w->lost, "tls_alert");
}

/* A peer that has vanished is not waited for, and gets nothing of what is under way. */
static void test_abort_resets(void **state)
{
    struct world *w = *state;
    char octet;

    assert_int_equal(listen(w->listener, 1), 0);
    connect_transport(w, &events);
    take_hello(w, 0);
    transport_abort(w->transport);
    UNTIL(w, recv(w->fd, &octet, 1, MSG_DONTWAIT) == 0 || errno != EAGAIN);
    assert_int_equal(errno, ECONNRESET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobody_listens, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_a_reset, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_an_end, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_silence, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_an_alert_behind_a_failed_write, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_abort_resets, make_world, end_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
