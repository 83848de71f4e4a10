#include "gateway/link/transport_tls.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/link/resolver.h"
#include "gateway/link/socket_util.h"
#include "gateway/link/tls_context.h"

#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 << 10,
    OUT_BYTES_MAX = 64 << 10, /* encrypted but not sent, before a write is short */
    OPEN_TIMEOUT_MS = 10000,  /* connect and handshake of a client, for each address */
    LINGER_MS = 1000,         /* for the last octets after a close */
};

struct tls_factory {
    struct event_base *base;
    struct timer_queue *timers;
    struct deferred_queue *deferred;
    struct tls_settings settings; /* its strings are owned */
    SSL_CTX *ctx;
    struct resolver *resolver;
    struct list transports; /* alive or lingering */
    uint8_t read_buffer[READ_BYTES];
};

struct tls_transport {
    struct transport transport; /* first */
    struct list_node node;
    struct tls_factory *factory;
    struct bufferevent *bev; /* NULL until a client's host is found */
    char *host_name;         /* of a client */
    struct resolution *host;
    bool is_open;
    bool is_closed;  /* by its owner */
    bool is_waiting; /* a write was short: tell when there is room */
    const char *lost;
    struct timer timer; /* opening, then lingering */
    struct deferred telling;
    struct deferred reap;
};

/* ---- the end ---- */

static void on_reap(struct deferred *d, void *arg)
{
    struct tls_transport *t = arg;

    (void)d;
    list_remove(&t->factory->transports, &t->node);
    mem_free(t->host_name);
    mem_free(t->host);
    mem_free(t);
}

static void drop_socket(struct tls_transport *t)
{
    timer_stop(t->factory->timers, &t->timer);
    ERR_clear_error();
    if (t->bev != NULL)
        bufferevent_free(t->bev);
    t->bev = NULL;
}

static void drop(struct tls_transport *t)
{
    if (t->is_open && t->lost == NULL) {
        SSL *ssl = bufferevent_openssl_get_ssl(t->bev);

        /* Our close_notify goes out; we do not wait for theirs. */
        SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
        SSL_shutdown(ssl);
        socket_read_away(bufferevent_getfd(t->bev), t->factory->read_buffer, READ_BYTES);
    }
    drop_socket(t);
    if (t->host == NULL || !resolver_cancel(t->host)) /* else on_found() comes and reaps */
        deferred_add(t->factory->deferred, &t->reap);
}

static void tls_close(struct transport *transport)
{
    struct tls_transport *t = (struct tls_transport *)transport;

    assert(!t->is_closed);
    t->is_closed = true;
    deferred_cancel(t->factory->deferred, &t->telling);
    if (!t->is_open || t->lost != NULL ||
        evbuffer_get_length(bufferevent_get_output(t->bev)) == 0) {
        drop(t);
        return;
    }
    bufferevent_disable(t->bev, EV_READ);
    timer_start(t->factory->timers, &t->timer, LINGER_MS);
}

static void tls_abort(struct transport *transport)
{
    struct tls_transport *t = (struct tls_transport *)transport;

    if (t->bev != NULL && bufferevent_getfd(t->bev) >= 0)
        socket_set_abort(bufferevent_getfd(t->bev));
    t->is_open = false; /* no lingering, no close_notify */
    tls_close(transport);
}

static void tell_lost(struct deferred *d, void *arg)
{
    struct tls_transport *t = arg;

    (void)d;
    t->transport.events->on_lost(t->transport.ctx, t->lost);
}

static void lose(struct tls_transport *t, const char *reason)
{
    if (t->lost != NULL)
        return;
    t->lost = reason;
    if (t->is_closed)
        drop(t);
    else
        deferred_add(t->factory->deferred, &t->telling);
}

static void connect_next(struct tls_transport *t, const char *reason);

/* Somebody has taken our call, whatever language he speaks. */
static bool is_connected(const struct tls_transport *t)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof(peer);

    return getpeername(bufferevent_getfd(t->bev), (struct sockaddr *)&peer, &size) == 0;
}

static void on_timer(struct timer *timer, void *arg)
{
    struct tls_transport *t = arg;

    (void)timer;
    if (t->is_closed)
        drop(t);
    else
        connect_next(t, is_connected(t) ? "tls_timeout" : "connect_timeout");
}

/* ---- bufferevent's callbacks ---- */

static void on_read(struct bufferevent *bev, void *arg)
{
    struct tls_transport *t = arg;
    struct tls_factory *f = t->factory;

    timer_queue_set_now(f->timers, clock_monotonic_ms());
    while (!t->is_closed && t->lost == NULL) {
        int n = evbuffer_remove(bufferevent_get_input(bev), f->read_buffer, READ_BYTES);

        if (n <= 0)
            return;
        t->transport.events->on_bytes(t->transport.ctx, span_of(f->read_buffer, (size_t)n));
    }
}

static void on_write(struct bufferevent *bev, void *arg)
{
    struct tls_transport *t = arg;

    timer_queue_set_now(t->factory->timers, clock_monotonic_ms());
    if (t->is_closed) {
        if (evbuffer_get_length(bufferevent_get_output(bev)) == 0)
            drop(t);
        return;
    }
    if (!t->is_waiting || t->lost != NULL)
        return;
    t->is_waiting = false;
    t->transport.events->on_writable(t->transport.ctx);
}

static const char *name_of(const struct tls_transport *t)
{
    const struct transport_events *events = t->transport.events;

    return t->is_closed || events->name == NULL ? "" : events->name(t->transport.ctx);
}

/* Who turns our certificate away says so and closes, with TLS 1.3 when the handshake is over for
 * us: then it is a write that fails, and what was said waits to be read. 0 when there is nothing.
 */
static unsigned long alert_behind(SSL *ssl)
{
    unsigned long code = 0;
    uint8_t octet;

    ERR_clear_error();
    if (SSL_read(ssl, &octet, 1) <= 0)
        code = ERR_get_error();
    ERR_clear_error();
    return code;
}

/* Whose word it is that we did not come to terms. OpenSSL counts the alerts that were sent to us up
 * from SSL_AD_REASON_OFFSET. */
static const char *word_of(unsigned long code)
{
    int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;

    if (reason == SSL_R_VERSION_TOO_LOW || reason == SSL_R_UNSUPPORTED_PROTOCOL ||
        reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || reason == SSL_R_INAPPROPRIATE_FALLBACK)
        return "tls_version";
    if (reason == SSL_R_NO_SHARED_CIPHER)
        return "tls_no_cipher";
    if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
        return "tls_no_certificate";
    return reason >= SSL_AD_REASON_OFFSET ? "tls_alert" : "tls_error";
}

static const char *reason_of_error(struct tls_transport *t)
{
    int error = EVUTIL_SOCKET_ERROR();
    unsigned long code = bufferevent_get_openssl_error(t->bev);
    SSL *ssl = bufferevent_openssl_get_ssl(t->bev);
    /* OpenSSL looks at what it was not told to check, too, and goes on. */
    bool is_checked = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
    long verified = is_checked ? SSL_get_verify_result(ssl) : X509_V_OK;

    /* SSL_ERROR_SYSCALL and the like: the socket failed, not its language. */
    if (ERR_GET_LIB(code) == 0 && t->is_open)
        code = alert_behind(ssl);
    if (ERR_GET_LIB(code) == 0)
        return socket_error_word(error);
    log_warning("tls.error", LOG_S("link", name_of(t)),
                LOG_S("reason", ERR_reason_error_string(code)),
                LOG_S("verify", !is_checked             ? "off"
                                : verified == X509_V_OK ? "ok"
                                                        : X509_verify_cert_error_string(verified)));
    return verified != X509_V_OK ? "tls_verify" : word_of(code);
}

/* Where nothing answers in our language, another address of the same name may. */
static void fail(struct tls_transport *t, const char *reason)
{
    if (t->host != NULL && !t->is_open && !t->is_closed)
        connect_next(t, reason);
    else
        lose(t, reason);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct tls_transport *t = arg;

    (void)bev;
    timer_queue_set_now(t->factory->timers, clock_monotonic_ms());
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        timer_stop(t->factory->timers, &t->timer);
        socket_set_options(bufferevent_getfd(t->bev));
        t->is_open = true;
        if (!t->is_closed)
            t->transport.events->on_open(t->transport.ctx);
    } else if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0) {
        fail(t, (what & BEV_EVENT_EOF) != 0 ? "peer_closed" : reason_of_error(t));
    }
}

/* ---- writing ---- */

static size_t tls_write(struct transport *transport, struct span bytes)
{
    struct tls_transport *t = (struct tls_transport *)transport;
    size_t waiting;
    size_t size;

    assert(!t->is_closed);
    if (!t->is_open || t->lost != NULL)
        return 0;
    waiting = evbuffer_get_length(bufferevent_get_output(t->bev));
    size = waiting < OUT_BYTES_MAX ? OUT_BYTES_MAX - waiting : 0;
    if (size > bytes.size)
        size = bytes.size;
    if (size != 0 && bufferevent_write(t->bev, bytes.data, size) != 0)
        size = 0;
    if (size < bytes.size)
        t->is_waiting = true;
    return size;
}

static bool tls_is_open(const struct transport *transport)
{
    return ((const struct tls_transport *)transport)->is_open;
}

static const struct transport_ops tls_ops = {tls_write, tls_close, tls_abort, tls_is_open};

/* ---- opening ---- */

static struct tls_transport *transport_new(struct tls_factory *f,
                                           const struct transport_events *events, void *ctx)
{
    struct tls_transport *t = mem_zalloc(sizeof(*t));

    t->transport = (struct transport){&tls_ops, events, ctx};
    t->factory = f;
    timer_init(&t->timer, on_timer, t);
    deferred_init(&t->telling, tell_lost, t);
    deferred_init(&t->reap, on_reap, t);
    list_push_back(&f->transports, &t->node);
    return t;
}

/* `fd`: -1 before a client has connected. */
static void make_socket(struct tls_transport *t, int fd, SSL *ssl)
{
    enum bufferevent_ssl_state state =
        t->factory->settings.is_server ? BUFFEREVENT_SSL_ACCEPTING : BUFFEREVENT_SSL_CONNECTING;

    t->bev = bufferevent_openssl_socket_new(t->factory->base, fd, ssl, state,
                                            BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    assert(t->bev != NULL);
    bufferevent_setcb(t->bev, on_read, on_write, on_event, t);
    bufferevent_setwatermark(t->bev, EV_WRITE, OUT_BYTES_MAX / 2, 0);
    bufferevent_enable(t->bev, EV_READ | EV_WRITE);
}

/* NULL, or why it has failed at once. */
static const char *start_connect(struct tls_transport *t, const struct netaddr *address)
{
    const struct sockaddr *sa = (const struct sockaddr *)&address->storage;
    SSL *ssl = SSL_new(t->factory->ctx);

    assert(ssl != NULL);
    make_socket(t, -1, ssl);
    timer_start(t->factory->timers, &t->timer, OPEN_TIMEOUT_MS);
    if (!tls_set_host(ssl, t->host_name))
        return "bad_host";
    return bufferevent_socket_connect(t->bev, sa, (int)address->size) == 0 ? NULL : "socket_error";
}

/* Tries the addresses that are left; `reason` is why the last one failed. */
static void connect_next(struct tls_transport *t, const char *reason)
{
    const struct netaddr *address;

    drop_socket(t);
    while ((address = resolution_next(t->host)) != NULL) {
        reason = start_connect(t, address);
        if (reason == NULL)
            return;
        drop_socket(t);
    }
    lose(t, reason);
}

static void on_found(void *ctx, const char *why_none)
{
    struct tls_transport *t = ctx;

    if (t->is_closed)
        deferred_add(t->factory->deferred, &t->reap);
    else
        connect_next(t, why_none);
}

static struct transport *tls_connect(void *ctx, const char *host, uint16_t port, unsigned first,
                                     const struct transport_events *events, void *events_ctx)
{
    struct tls_transport *t = transport_new(ctx, events, events_ctx);

    t->host_name = mem_strdup(host);
    t->host = mem_zalloc(sizeof(*t->host));
    resolver_start(t->factory->resolver, t->host, host, port, first, on_found, t);
    return &t->transport;
}

struct transport *tls_transport_of(struct tls_factory *f, int fd,
                                   const struct transport_events *events, void *events_ctx)
{
    struct tls_transport *t = transport_new(f, events, events_ctx);
    SSL *ssl = SSL_new(f->ctx);

    assert(ssl != NULL && f->settings.is_server);
    socket_set_options(fd); /* before the handshake: Nagle's delay would cost it 40 ms */
    make_socket(t, fd, ssl);
    return &t->transport;
}

/* ---- the factory ---- */

static char *copy(const char *text)
{
    return mem_strdup(text != NULL ? text : "");
}

struct tls_factory *tls_factory_new(struct event_base *base, struct timer_queue *timers,
                                    struct deferred_queue *deferred,
                                    const struct tls_settings *settings,
                                    char error[TLS_ERROR_BYTES])
{
    SSL_CTX *ctx = tls_context_new(settings, error);
    struct tls_factory *f;

    if (ctx == NULL)
        return NULL;
    f = mem_zalloc(sizeof(*f));
    f->base = base;
    f->timers = timers;
    f->deferred = deferred;
    f->ctx = ctx;
    f->settings = *settings;
    f->settings.cert_file = copy(settings->cert_file);
    f->settings.key_file = copy(settings->key_file);
    f->settings.ca_file = copy(settings->ca_file);
    f->settings.min_version = copy(settings->min_version);
    f->resolver = resolver_new(base, timers, RESOLVER_FILE);
    list_init(&f->transports);
    return f;
}

bool tls_factory_reload(struct tls_factory *f, char error[TLS_ERROR_BYTES])
{
    SSL_CTX *ctx = tls_context_new(&f->settings, error);

    if (ctx == NULL)
        return false;
    SSL_CTX_free(f->ctx); /* connections hold on to theirs */
    f->ctx = ctx;
    return true;
}

static void note_end(const X509 *cert, int64_t *first_s)
{
    struct tm end;

    if (cert != NULL && ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end) == 1 &&
        (*first_s == 0 || timegm(&end) < *first_s))
        *first_s = timegm(&end);
}

bool tls_try_settings(const struct tls_settings *settings, int64_t *expires_s,
                      char error[TLS_ERROR_BYTES])
{
    SSL_CTX *ctx = tls_context_new(settings, error);
    STACK_OF(X509) *chain = NULL;

    *expires_s = 0;
    if (ctx == NULL)
        return false;
    note_end(SSL_CTX_get0_certificate(ctx), expires_s);
    SSL_CTX_get0_chain_certs(ctx, &chain);
    for (int i = 0; i < sk_X509_num(chain); i++)
        note_end(sk_X509_value(chain, i), expires_s);
    SSL_CTX_free(ctx);
    return true;
}

void tls_factory_free(struct tls_factory *f)
{
    LIST_FOREACH(n, &f->transports) {
        struct tls_transport *t = LIST_ITEM(n, struct tls_transport, node);

        assert(t->is_closed);
        if (t->bev != NULL)
            drop(t);
    }
    resolver_free(f->resolver);
    /* A bufferevent goes in the turn after its last callback; a lookup that was cancelled says so.
     */
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    deferred_run(f->deferred);
    assert(list_is_empty(&f->transports));
    SSL_CTX_free(f->ctx);
    mem_free((char *)f->settings.cert_file);
    mem_free((char *)f->settings.key_file);
    mem_free((char *)f->settings.ca_file);
    mem_free((char *)f->settings.min_version);
    mem_free(f);
}

struct resolver *tls_factory_resolver(struct tls_factory *f)
{
    return f->resolver;
}

struct transport_factory tls_factory_network(struct tls_factory *factory)
{
    return (struct transport_factory){tls_connect, factory};
}
