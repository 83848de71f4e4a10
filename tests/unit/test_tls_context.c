/* gateway/link/tls_context: whose certificate a client takes for a centre's, by handshakes in
 * memory. */
#include "gateway/link/tls_context.h"
#include "tests/support/tls_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define CENTRE "gw1.smsc.example"

static char folder[64];
static struct tls_identity ca;

static void remove_identity(const struct tls_identity *identity)
{
    unlink(identity->cert);
    unlink(identity->key);
}

static int make_ca(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/warung-ctx-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    tls_identity_make(&ca, folder, "ca", NULL, NULL);
    return 0;
}

static int remove_ca(void **state)
{
    (void)state;
    remove_identity(&ca);
    return rmdir(folder);
}

static SSL *open_end(SSL_CTX *ctx, BIO *bio, bool is_client)
{
    SSL *ssl = SSL_new(ctx);

    SSL_set_bio(ssl, bio, bio);
    if (is_client)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    return ssl;
}

/* Does a client that was told to dial CENTRE take the certificate of those names? */
static bool is_taken(const char *san)
{
    struct tls_identity server;
    char error[TLS_ERROR_BYTES];
    SSL_CTX *here, *there;
    SSL *client, *centre;
    BIO *near, *far;
    bool is_good;

    tls_identity_make(&server, folder, "server", san, &ca);
    here = tls_context_new(&(struct tls_settings){.ca_file = ca.cert, .verify = true}, error);
    there = tls_context_new(
        &(struct tls_settings){.cert_file = server.cert, .key_file = server.key, .is_server = true},
        error);
    assert_true(here != NULL && there != NULL);
    assert_int_equal(BIO_new_bio_pair(&near, 0, &far, 0), 1);
    client = open_end(here, near, true);
    centre = open_end(there, far, false);
    assert_true(tls_set_host(client, CENTRE));
    for (unsigned i = 0; i < 8; i++) {
        SSL_do_handshake(client);
        SSL_do_handshake(centre);
    }
    is_good = SSL_is_init_finished(client) == 1;
    assert_true(is_good || SSL_get_verify_result(client) == X509_V_ERR_HOSTNAME_MISMATCH);
    SSL_free(client);
    SSL_free(centre);
    SSL_CTX_free(here);
    SSL_CTX_free(there);
    remove_identity(&server);
    return is_good;
}

/* A star is a whole label (RFC 6125 6.4.3 lets a client refuse anything else, and we do). */
static void test_a_star_is_a_whole_label(void **state)
{
    (void)state;
    assert_true(is_taken("DNS:" CENTRE));
    assert_true(is_taken("DNS:*.smsc.example"));
    assert_false(is_taken("DNS:gw2.smsc.example"));
    assert_false(is_taken("DNS:gw*.smsc.example"));
    assert_false(is_taken("DNS:*1.smsc.example"));
    assert_false(is_taken("DNS:*.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_star_is_a_whole_label)};

    return cmocka_run_group_tests(tests, make_ca, remove_ca);
}
