/* An OpenSSL context from settings: files, trust, versions; and names to be checked. */
#ifndef WARUNG_LINK_TLS_CONTEXT_H
#define WARUNG_LINK_TLS_CONTEXT_H

#include "gateway/link/transport_tls.h"

#include <openssl/ssl.h>

/* NULL on a fault, which `error` then names. */
SSL_CTX *tls_context_new(const struct tls_settings *settings, char error[TLS_ERROR_BYTES]);
/* Makes this client connection insist on the host: SNI for a name, the certificate for both. */
bool tls_set_host(SSL *ssl, const char *host);

#endif
