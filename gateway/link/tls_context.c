#include "gateway/link/tls_context.h"

#include "gateway/link/netaddr.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool fail(char error[TLS_ERROR_BYTES], const char *what, const char *file)
{
    unsigned long code = ERR_get_error();
    const char *reason = code == 0                ? NULL
                         : ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
                                                  : ERR_reason_error_string(code);

    snprintf(error, TLS_ERROR_BYTES, "%s%s%s%s%s", what, is_set(file) ? " " : "",
             is_set(file) ? file : "", reason != NULL ? ": " : "", reason != NULL ? reason : "");
    ERR_clear_error();
    return false;
}

static bool set_version(SSL_CTX *ctx, const char *min_version, char error[TLS_ERROR_BYTES])
{
    int version = TLS1_2_VERSION;

    if (is_set(min_version) && strcmp(min_version, "1.3") == 0)
        version = TLS1_3_VERSION;
    else if (is_set(min_version) && strcmp(min_version, "1.2") != 0)
        return fail(error, "min_version is not \"1.2\" or \"1.3\":", min_version);
    return SSL_CTX_set_min_proto_version(ctx, version) == 1 ||
           fail(error, "cannot set min_version", min_version);
}

/* OpenSSL would ask at the terminal, if there is one, and the event loop would stand still. */
static int refuse_to_ask(char *password, int size, int is_writing, void *was_asked)
{
    (void)password;
    (void)size;
    (void)is_writing;
    *(bool *)was_asked = true;
    return -1;
}

static bool load_key(SSL_CTX *ctx, const char *key_file, char error[TLS_ERROR_BYTES])
{
    bool is_encrypted = false, is_loaded;

    SSL_CTX_set_default_passwd_cb(ctx, refuse_to_ask);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, &is_encrypted);
    is_loaded = SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
    if (is_encrypted) {
        ERR_clear_error();
        return fail(error,
                    "a password protects the key, and there is nobody to ask for it:", key_file);
    }
    return is_loaded || fail(error, "cannot use the key", key_file);
}

static bool load_identity(SSL_CTX *ctx, const struct tls_settings *s, char error[TLS_ERROR_BYTES])
{
    if (!is_set(s->cert_file) && is_set(s->key_file))
        return fail(error, "no certificate (cert) for the key", s->key_file);
    if (!is_set(s->cert_file))
        return !s->is_server || fail(error, "a server needs a certificate", NULL);
    if (SSL_CTX_use_certificate_chain_file(ctx, s->cert_file) != 1)
        return fail(error, "cannot use the certificate", s->cert_file);
    if (!is_set(s->key_file))
        return fail(error, "no key for the certificate", s->cert_file);
    if (!load_key(ctx, s->key_file, error))
        return false;
    return SSL_CTX_check_private_key(ctx) == 1 ||
           fail(error, "the key is not the certificate's", s->key_file);
}

static bool load_trust(SSL_CTX *ctx, const struct tls_settings *s, char error[TLS_ERROR_BYTES])
{
    STACK_OF(X509_NAME) * names;

    if (!s->verify)
        return true;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (s->is_server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       NULL);
    if (!is_set(s->ca_file))
        return SSL_CTX_set_default_verify_paths(ctx) == 1 ||
               fail(error, "cannot read the system's certificates", NULL);
    if (SSL_CTX_load_verify_locations(ctx, s->ca_file, NULL) != 1)
        return fail(error, "cannot read", s->ca_file);
    if (!s->is_server)
        return true;
    names = SSL_load_client_CA_file(s->ca_file);
    if (names == NULL)
        return fail(error, "cannot read", s->ca_file);
    SSL_CTX_set_client_CA_list(ctx, names);
    return true;
}

SSL_CTX *tls_context_new(const struct tls_settings *s, char error[TLS_ERROR_BYTES])
{
    SSL_CTX *ctx = SSL_CTX_new(s->is_server ? TLS_server_method() : TLS_client_method());

    ERR_clear_error();
    if (ctx == NULL) {
        fail(error, "cannot make a TLS context", NULL);
        return NULL;
    }
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE);
    /* An idle connection gives its 34 KiB of record buffers back. */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    /* Links live for days: resuming a session saves nothing, and its store would cost memory. Nor
     * by a ticket, which with TLS 1.2 the option forbids: OpenSSL ends the handshake of who comes
     * back with one where certificates are verified. */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 0);
    if (!set_version(ctx, s->min_version, error) || !load_identity(ctx, s, error) ||
        !load_trust(ctx, s, error)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

bool tls_set_host(SSL *ssl, const char *host)
{
    struct netaddr address;

    if (netaddr_parse(&address, host, 0))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}
