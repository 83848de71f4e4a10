/*
 * TLS under links, in both roles (libevent's OpenSSL bufferevents). TLS from the first octet, 1.2
 * at least; no renegotiation, no compression.
 *
 * A client checks the certificate's name against the host it was told to connect to, unless
 * `verify` is off. A server asks for a client certificate when `verify` is on.
 */
#ifndef WARUNG_LINK_TRANSPORT_TLS_H
#define WARUNG_LINK_TRANSPORT_TLS_H

#include "base/deferred.h"
#include "base/timer.h"
#include "gateway/link/transport.h"

struct event_base;
struct resolver;
struct tls_factory;

enum { TLS_ERROR_BYTES = 256 };

struct tls_settings {
    bool is_server;
    const char *cert_file; /* PEM, the chain with it; a server must have one */
    const char *key_file;
    const char *ca_file;     /* whom to trust; NULL or "" = the system's list */
    bool verify;             /* client: the server's name and chain; server: a client certificate */
    const char *min_version; /* "1.2" (also NULL or "") or "1.3" */
};

/* False on bad settings or files; `error` then says why. *expires_s: when the first of the
 * certificate and its chain ends, Unix time; 0 = there is none. */
bool tls_try_settings(const struct tls_settings *settings, int64_t *expires_s,
                      char error[TLS_ERROR_BYTES]);
/* NULL where tls_try_settings() is false. The settings are copied. */
struct tls_factory *tls_factory_new(struct event_base *base, struct timer_queue *timers,
                                    struct deferred_queue *deferred,
                                    const struct tls_settings *settings,
                                    char error[TLS_ERROR_BYTES]);
/* Reads the files anew. New connections take what was read; running ones keep what they have. On a
 * fault (false) everything stays as it was. */
bool tls_factory_reload(struct tls_factory *factory, char error[TLS_ERROR_BYTES]);
/* Every transport must have been closed; what lingers for its last octets is cut off. */
void tls_factory_free(struct tls_factory *factory);

/* For link_client_new(). host: an IP literal or a name. on_open comes after the handshake; both
 * together may take 10 s for each address of a name; at most four are tried. */
struct transport_factory tls_factory_network(struct tls_factory *factory);
/* What turns names into addresses for it. */
struct resolver *tls_factory_resolver(struct tls_factory *factory);
/* Of an accepted, connected socket, which it then owns. on_open comes after the handshake. */
struct transport *tls_transport_of(struct tls_factory *factory, int fd,
                                   const struct transport_events *events, void *events_ctx);

#endif
