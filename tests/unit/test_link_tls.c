/* TLS under links: our client against our server over real sockets, and what must not be let in. */
#include "gateway/link/door.h"
#include "gateway/link/resolver.h"
#include "gateway/link/tls_context.h"
#include "gateway/loop.h"
#include "tests/support/tls_files.h"
#include "tests/support/until.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <event2/dns.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* One run's files; made once, they are the same for all tests. */
struct files {
    char folder[64];
    struct tls_identity ca, other_ca, server, client, stranger;
};

static struct files files;

struct side {
    struct link *link;
    enum link_state state;
    char reason[48];
    unsigned closes;
    unsigned messages;
    unsigned results;
};

struct world {
    struct loop *loop;
    struct link_env env;
    struct socket_factory *sockets;
    struct tls_factory *server_tls;
    struct tls_factory *client_tls;
    struct link_server *server;
    struct door *door;
    struct side here;  /* the client */
    struct side there; /* the server's newest link */
};

static void on_message(void *ctx, struct link *link, struct link_ticket ticket,
                       const struct smpp_pdu *pdu)
{
    struct side *s = ctx;

    (void)pdu;
    s->messages++;
    link_answer(link, ticket, ESME_ROK, "1");
}

static void on_state(void *ctx, struct link *link, enum link_state state, const char *reason)
{
    struct side *s = ctx;

    s->link = link;
    s->state = state;
    s->closes += state == LINK_CLOSED;
    snprintf(s->reason, sizeof(s->reason), "%s", reason);
}

static const struct link_owner owner = {on_message, on_state};

static const struct link_account_settings account = {
    .system_id = "agg1", .password = "secret", .max_binds = 10, .link = {.name = ""}};

static struct tls_factory *make_tls(struct world *w, const struct tls_settings *settings)
{
    char error[TLS_ERROR_BYTES] = "";
    struct tls_factory *f = tls_factory_new(loop_base(w->loop), loop_timers(w->loop),
                                            loop_deferred(w->loop), settings, error);

    if (f == NULL)
        print_error("%s\n", error);
    assert_non_null(f);
    return f;
}

static void world_init_strict(struct world *w, const struct tls_settings *server,
                              const struct tls_settings *client, unsigned failures_max)
{
    struct link_server_settings settings = {.failures_max = failures_max};
    int error;

    memset(w, 0, sizeof(*w));
    log_set_level(LOG_LEVEL_OFF);
    w->loop = loop_new();
    w->env = (struct link_env){
        loop_timers(w->loop), loop_deferred(w->loop), loop_random, w->loop, NULL, NULL};
    w->sockets =
        socket_factory_new(loop_base(w->loop), loop_timers(w->loop), loop_deferred(w->loop));
    w->server_tls = make_tls(w, server);
    w->client_tls = make_tls(w, client);
    w->server = link_server_new(&w->env, &settings, &account, 1, NULL, &owner, &w->there);
    w->door = door_new(loop_base(w->loop), loop_timers(w->loop), w->server, w->sockets,
                       w->server_tls, "127.0.0.1:0", &error);
    assert_non_null(w->door);
}

static void world_init(struct world *w, const struct tls_settings *server,
                       const struct tls_settings *client)
{
    world_init_strict(w, server, client, 100);
}

static void connect_to(struct world *w, const char *host)
{
    struct transport_factory network = tls_factory_network(w->client_tls);
    struct link_client_settings settings = {.link = {.name = "op1:1"},
                                            .host = host,
                                            .port = door_port(w->door),
                                            .system_id = "agg1",
                                            .password = "secret"};

    if (w->here.link != NULL)
        link_free(w->here.link);
    memset(&w->here, 0, sizeof(w->here));
    w->here.link = link_client_new(&w->env, &network, &settings, &owner, &w->here);
    link_start(w->here.link);
}

static void world_fini(struct world *w)
{
    bool never = false;

    if (w->here.link != NULL)
        link_free(w->here.link);
    door_free(w->door);
    link_server_free(w->server);
    loop_run_until(w->loop, &never, 5);
    tls_factory_free(w->client_tls);
    tls_factory_free(w->server_tls);
    socket_factory_free(w->sockets);
    loop_free(w->loop);
}

static struct tls_settings server_settings(void)
{
    return (struct tls_settings){
        .is_server = true, .cert_file = files.server.cert, .key_file = files.server.key};
}

static struct tls_settings client_settings(void)
{
    return (struct tls_settings){.ca_file = files.ca.cert, .verify = true};
}

static void on_result(void *arg, const struct link_result *result)
{
    struct side *s = arg;

    assert_int_equal(result->kind, LINK_RESULT_ANSWERED);
    assert_int_equal(result->command_status, ESME_ROK);
    s->results++;
}

static struct span make_submit(uint8_t *buffer, size_t buffer_bytes, size_t payload_bytes)
{
    struct smpp_message message = {.destination = {1, 1, span_of_string("6281200000001")}};
    uint8_t *octets = mem_zalloc(payload_bytes);
    uint8_t *stream = mem_alloc(payload_bytes + 4);
    struct writer tlvs;
    struct writer w;

    writer_init(&tlvs, stream, payload_bytes + 4);
    smpp_tlv_write(&tlvs, SMPP_TAG_MESSAGE_PAYLOAD, span_of(octets, payload_bytes));
    writer_init(&w, buffer, buffer_bytes);
    assert_true(smpp_message_encode(&w, SMPP_SUBMIT_SM, 0, &message, writer_span(&tlvs)));
    mem_free(octets);
    mem_free(stream);
    return writer_span(&w);
}

static void test_bind_and_messages(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    static uint8_t buffer[70000];
    struct tls_settings server = server_settings();
    struct tls_settings client = client_settings();

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world w;
        struct span pdu = make_submit(buffer, sizeof(buffer), 60000);

        world_init(&w, &server, &client);
        connect_to(&w, hosts[i]);
        UNTIL(&w, w.here.state == LINK_BOUND && w.there.state == LINK_BOUND);
        /* More than a TLS buffer holds, so that writes are short and go on. */
        for (int n = 0; n < 12; n++) {
            assert_non_null(link_submit(w.here.link, LINK_LANE_SMS, pdu, 0, on_result, &w.here));
            UNTIL(&w, n < 6 || w.here.results > (unsigned)n - 6);
        }
        UNTIL(&w, w.here.results == 12);
        assert_int_equal(w.there.messages, 12);
        link_stop(w.here.link);
        UNTIL(&w, w.here.state == LINK_CLOSED && w.there.state == LINK_CLOSED);
        assert_string_equal(w.here.reason, "stopped");
        assert_string_equal(w.there.reason, "peer_unbind"); /* the last octets arrived */
        world_fini(&w);
    }
}

static void expect_refused(const struct tls_settings *server, const struct tls_settings *client,
                           const char *host, const char *reason)
{
    struct world w;

    world_init(&w, server, client);
    connect_to(&w, host);
    UNTIL(&w, w.here.closes != 0);
    if (reason != NULL)
        assert_string_equal(w.here.reason, reason);
    assert_int_equal(link_server_counters(w.server)->binds, 0);
    world_fini(&w);
}

static void test_names_and_trust_are_checked(void **state)
{
    struct tls_settings server = server_settings();
    struct tls_settings client = client_settings();
    struct world w;

    (void)state;
    server.cert_file = files.stranger.cert; /* the right authority, another name */
    server.key_file = files.stranger.key;
    expect_refused(&server, &client, "localhost", "tls_verify");
    expect_refused(&server, &client, "127.0.0.1", "tls_verify");
    server = server_settings();
    client.ca_file = files.other_ca.cert;
    expect_refused(&server, &client, "localhost", "tls_verify");
    client.ca_file = NULL; /* the system's list does not know it either */
    expect_refused(&server, &client, "localhost", "tls_verify");
    client.verify = false;
    world_init(&w, &server, &client);
    connect_to(&w, "localhost");
    UNTIL(&w, w.here.state == LINK_BOUND);
    world_fini(&w);
}

/* A name of two addresses, of which nobody answers at the first. */
static void test_next_address(void **state)
{
    struct tls_settings server = server_settings();
    struct tls_settings client = client_settings();
    char hosts[TLS_PATH_BYTES];
    FILE *file;
    struct world w;

    (void)state;
    client.verify = false; /* the certificate has another name */
    snprintf(hosts, sizeof(hosts), "%s/hosts", files.folder);
    file = fopen(hosts, "w");
    fprintf(file, "127.0.0.9 centre.test\n127.0.0.1 centre.test\n127.0.0.8 nobody.test\n");
    fclose(file);
    world_init(&w, &server, &client);
    assert_int_equal(evdns_base_load_hosts(resolver_dns(tls_factory_resolver(w.client_tls)), hosts),
                     0);
    remove(hosts);
    connect_to(&w, "centre.test");
    UNTIL(&w, w.here.state == LINK_BOUND || w.here.closes != 0);
    assert_int_equal(w.here.closes, 0);
    connect_to(&w, "nobody.test");
    UNTIL(&w, w.here.closes != 0);
    world_fini(&w);
}

static void test_client_certificate(void **state)
{
    struct tls_settings server = server_settings();
    struct tls_settings client = client_settings();
    struct world w;

    (void)state;
    server.verify = true;
    server.ca_file = files.ca.cert;
    expect_refused(&server, &client, "localhost", NULL);
    client.verify = false; /* it is we who are turned away, whoever they are */
    expect_refused(&server, &client, "localhost", "tls_alert");
    client.verify = true;
    client.cert_file = files.client.cert;
    client.key_file = files.client.key;
    world_init(&w, &server, &client);
    connect_to(&w, "localhost");
    UNTIL(&w, w.here.state == LINK_BOUND);
    world_fini(&w);
    server.ca_file = files.other_ca.cert;
    expect_refused(&server, &client, "localhost", NULL);
}

static void copy_file(const char *from, const char *to)
{
    char buffer[8192];
    FILE *in = fopen(from, "r");
    FILE *out = fopen(to, "w");
    size_t bytes = fread(buffer, 1, sizeof(buffer), in);

    assert_int_equal(fwrite(buffer, 1, bytes, out), bytes);
    fclose(in);
    fclose(out);
}

static void test_reload(void **state)
{
    struct tls_settings server = server_settings();
    struct tls_settings client = client_settings();
    char cert[TLS_PATH_BYTES];
    char key[TLS_PATH_BYTES];
    char error[TLS_ERROR_BYTES];
    struct world w;
    struct link *old;

    (void)state;
    snprintf(cert, sizeof(cert), "%s/live.pem", files.folder);
    snprintf(key, sizeof(key), "%s/live.key", files.folder);
    copy_file(files.server.cert, cert);
    copy_file(files.server.key, key);
    server.cert_file = cert;
    server.key_file = key;
    world_init(&w, &server, &client);
    connect_to(&w, "localhost");
    UNTIL(&w, w.here.state == LINK_BOUND);
    old = w.here.link;
    w.here.link = NULL;
    copy_file(files.stranger.cert, cert); /* the key does not go with it */
    assert_false(tls_factory_reload(w.server_tls, error));
    assert_non_null(strstr(error, key));
    connect_to(&w, "localhost");
    UNTIL(&w, w.here.state == LINK_BOUND); /* the old identity is still in use */
    copy_file(files.stranger.key, key);
    assert_true(tls_factory_reload(w.server_tls, error));
    assert_int_equal(link_state(old), LINK_BOUND);
    connect_to(&w, "localhost");
    UNTIL(&w, w.here.closes != 0);
    assert_string_equal(w.here.reason, "tls_verify");
    assert_int_equal(link_state(old), LINK_BOUND);
    link_free(old);
    world_fini(&w);
}

/* It is refused: nobody is asked, neither at a terminal nor on standard input. */
static void test_key_with_a_password(void **state)
{
    struct tls_settings s = server_settings();
    char error[TLS_ERROR_BYTES], path[TLS_PATH_BYTES];
    FILE *file = fopen(files.server.key, "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);

    (void)state;
    fclose(file);
    snprintf(path, sizeof(path), "%s/live.key", files.folder);
    file = fopen(path, "w");
    assert_int_equal(
        PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(), (const uint8_t *)"word", 4, NULL, NULL),
        1);
    fclose(file);
    EVP_PKEY_free(key);
    s.key_file = path;
    assert_null(tls_context_new(&s, error));
    assert_non_null(strstr(error, "password"));
    assert_non_null(strstr(error, path));
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_bad_files(void **state)
{
    struct tls_settings s = server_settings();
    char error[TLS_ERROR_BYTES];

    (void)state;
    s.cert_file = "/nonexistent/cert.pem";
    assert_null(tls_context_new(&s, error));
    assert_non_null(strstr(error, "/nonexistent/cert.pem"));
    s = server_settings();
    s.cert_file = NULL;
    assert_null(tls_context_new(&s, error));
    assert_non_null(strstr(error, s.key_file));
    s.key_file = NULL;
    assert_null(tls_context_new(&s, error));
    s = client_settings();
    s.key_file = files.client.key; /* who has no certificate shows none, whatever the key */
    assert_null(tls_context_new(&s, error));
    s = server_settings();
    s.key_file = files.client.key;
    assert_null(tls_context_new(&s, error));
    s = server_settings();
    s.min_version = "1.1";
    assert_null(tls_context_new(&s, error));
    assert_non_null(strstr(error, "min_version"));
    s = client_settings();
    s.ca_file = files.ca.key;
    assert_null(tls_context_new(&s, error));
    assert_int_equal(ERR_peek_error(), 0); /* nothing is left for somebody else to find */
}

static void test_versions(void **state)
{
    struct tls_settings s = server_settings();
    char error[TLS_ERROR_BYTES];
    SSL_CTX *ctx = tls_context_new(&s, error);

    (void)state;
    assert_int_equal(SSL_CTX_get_min_proto_version(ctx), TLS1_2_VERSION);
    SSL_CTX_free(ctx);
    s.min_version = "1.3";
    ctx = tls_context_new(&s, error);
    assert_int_equal(SSL_CTX_get_min_proto_version(ctx), TLS1_3_VERSION);
    SSL_CTX_free(ctx);
}

/* By which a partner with several certificates chooses. */
static void test_partners_are_told_whose_certificates(void **state)
{
    struct tls_settings s = server_settings();
    char error[TLS_ERROR_BYTES];
    SSL_CTX *ctx;

    (void)state;
    s.verify = true;
    s.ca_file = files.ca.cert;
    ctx = tls_context_new(&s, error);
    assert_int_equal(sk_X509_NAME_num(SSL_CTX_get_client_CA_list(ctx)), 1);
    SSL_CTX_free(ctx);
}

/* A raw socket to the TLS port. */
static int call_raw(struct world *w)
{
    struct netaddr to;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(netaddr_parse(&to, "127.0.0.1", door_port(w->door)));
    assert_int_equal(connect(fd, (struct sockaddr *)&to.storage, to.size), 0);
    return fd;
}

static void test_plain_octets_on_the_tls_port(void **state)
{
    static const uint8_t bind[] = {0, 0, 0, 16, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1};
    struct tls_settings server = server_settings();
    struct tls_settings client = client_settings();
    struct world w;
    char buffer[64];
    ssize_t n;
    int fd;

    (void)state;
    world_init(&w, &server, &client);
    fd = call_raw(&w);
    UNTIL(&w, link_server_counters(w.server)->connections == 1);
    assert_int_equal(write(fd, bind, sizeof(bind)), sizeof(bind));
    UNTIL(&w, link_server_counters(w.server)->connections == 0);
    do {
        n = -1;
        UNTIL(&w, (n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT)) >= 0 || errno != EAGAIN);
        assert_true(n <= 0 || buffer[0] != 0); /* an alert at most, no PDU */
    } while (n > 0);
    close(fd);
    /* Silence is ended by session_init: here only that closing in the handshake is clean. */
    fd = call_raw(&w);
    UNTIL(&w, link_server_counters(w.server)->connections == 1);
    world_fini(&w);
    close(fd);
}

static void rubbish(struct world *w)
{
    int fd = call_raw(w);

    UNTIL(w, link_server_counters(w->server)->connections == 1);
    assert_int_equal(write(fd, "rubbish", 7), 7);
    UNTIL(w, link_server_counters(w->server)->connections == 0);
    close(fd);
}

/* HAProxy's ssl-hello-chk: SSL 3, and it is content with our alert. */
static void say_old_hello(struct world *w)
{
    static const uint8_t hello[50] = {22, 3,  0, 0, 45,       1,           0,
                                      0,  41, 3, 0, [45] = 2, [47] = 0x2F, [48] = 1};
    int fd = call_raw(w);

    UNTIL(w, link_server_counters(w->server)->connections == 1);
    assert_int_equal(write(fd, hello, sizeof(hello)), sizeof(hello));
    UNTIL(w, link_server_counters(w->server)->connections == 0);
    close(fd);
}

/* As in the clear; but who turns our certificate away is no stranger, nor is a balancer's check. */
static void test_rubbish_is_banned(void **state)
{
    struct tls_settings server = server_settings();
    struct tls_settings client = client_settings();
    struct world w;

    (void)state;
    client.ca_file = files.other_ca.cert;
    world_init_strict(&w, &server, &client, 2);
    for (unsigned i = 0; i < 3; i++) {
        connect_to(&w, "localhost");
        UNTIL(&w, w.here.closes != 0 && link_server_counters(w.server)->connections == 0);
    }
    for (unsigned i = 0; i < 3; i++)
        say_old_hello(&w);
    assert_int_equal(link_server_counters(w.server)->refused_banned, 0);
    rubbish(&w);
    assert_int_equal(link_server_counters(w.server)->bans, 0);
    rubbish(&w);
    assert_int_equal(link_server_counters(w.server)->bans, 1);
    connect_to(&w, "localhost");
    UNTIL(&w, link_server_counters(w.server)->refused_banned == 1);
    world_fini(&w);
}

/* A balancer's health check says nothing, or half a hello at most. */
static void test_who_says_nothing_is_not_banned(void **state)
{
    static const char *const said[] = {"", "\x16\x03", "\x16\x03\x01\x02"};
    struct tls_settings server = server_settings();
    struct tls_settings client = client_settings();
    struct world w;

    (void)state;
    world_init_strict(&w, &server, &client, 1);
    for (unsigned i = 0; i < 3; i++) {
        int fd = call_raw(&w);

        UNTIL(&w, link_server_counters(w.server)->connections == 1);
        assert_int_equal(write(fd, said[i], strlen(said[i])), strlen(said[i]));
        close(fd);
        UNTIL(&w, link_server_counters(w.server)->connections == 0);
        assert_int_equal(link_server_counters(w.server)->bans, 0);
    }
    world_fini(&w);
}

/* HAProxy's check-ssl: a whole handshake without a certificate, and with TLS 1.3 it is content. */
static void test_who_shows_no_certificate_is_not_banned(void **state)
{
    struct tls_settings server = server_settings();
    struct tls_settings client = client_settings();
    struct world w;

    (void)state;
    server.verify = true;
    server.ca_file = files.ca.cert;
    world_init_strict(&w, &server, &client, 1);
    connect_to(&w, "localhost");
    UNTIL(&w, w.here.closes != 0 && link_server_counters(w.server)->connections == 0);
    assert_int_equal(link_server_counters(w.server)->accepted, 1);
    assert_int_equal(link_server_counters(w.server)->bans, 0);
    world_fini(&w);
}

/* A certificate that is not ours is as good as a wrong password. */
static void test_strange_certificates_are_banned(void **state)
{
    struct tls_settings server = server_settings();
    struct tls_settings client = client_settings();
    struct world w;

    (void)state;
    server.verify = true;
    server.ca_file = files.other_ca.cert;
    client.cert_file = files.client.cert;
    client.key_file = files.client.key;
    world_init_strict(&w, &server, &client, 1);
    connect_to(&w, "localhost");
    UNTIL(&w, link_server_counters(w.server)->bans == 1);
    world_fini(&w);
}

static void test_client_without_a_server(void **state)
{
    struct tls_settings server = server_settings();
    struct tls_settings client = client_settings();
    struct world w;

    (void)state;
    world_init(&w, &server, &client);
    connect_to(&w, "localhost");
    link_free(w.here.link); /* while connecting */
    w.here.link = NULL;
    connect_to(&w, "127.0.0.1");
    link_stop(w.here.link);
    UNTIL(&w, w.here.closes == 1);
    assert_string_equal(w.here.reason, "stopped");
    world_fini(&w);
}

static int make_files(void **state)
{
    (void)state;
    snprintf(files.folder, sizeof(files.folder), "/tmp/warung-tls-XXXXXX");
    assert_non_null(mkdtemp(files.folder));
    tls_identity_make(&files.ca, files.folder, "ca", NULL, NULL);
    tls_identity_make(&files.other_ca, files.folder, "other-ca", NULL, NULL);
    tls_identity_make(&files.server, files.folder, "server", "DNS:localhost,IP:127.0.0.1",
                      &files.ca);
    tls_identity_make(&files.client, files.folder, "client", NULL, &files.ca);
    tls_identity_make(&files.stranger, files.folder, "stranger",
                      "DNS:elsewhere.example,IP:10.0.0.1", &files.ca);
    return 0;
}

static int remove_files(void **state)
{
    static const char *const names[] = {"ca", "other-ca", "server", "client", "stranger", "live"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[TLS_PATH_BYTES];

        snprintf(path, sizeof(path), "%s/%s.pem", files.folder, names[i]);
        unlink(path);
        snprintf(path, sizeof(path), "%s/%s.key", files.folder, names[i]);
        unlink(path);
    }
    return rmdir(files.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bind_and_messages),
        cmocka_unit_test(test_names_and_trust_are_checked),
        cmocka_unit_test(test_next_address),
        cmocka_unit_test(test_client_certificate),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_key_with_a_password),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_partners_are_told_whose_certificates),
        cmocka_unit_test(test_plain_octets_on_the_tls_port),
        cmocka_unit_test(test_rubbish_is_banned),
        cmocka_unit_test(test_who_says_nothing_is_not_banned),
        cmocka_unit_test(test_who_shows_no_certificate_is_not_banned),
        cmocka_unit_test(test_strange_certificates_are_banned),
        cmocka_unit_test(test_client_without_a_server),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
