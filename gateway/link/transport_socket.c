#include "gateway/link/transport_socket.h"

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/link/resolver.h"
#include "gateway/link/socket_util.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 << 10,
    CONNECT_TIMEOUT_MS = 10000,
};

struct socket_factory {
    struct event_base *base;
    struct timer_queue *timers;
    struct deferred_queue *deferred;
    struct resolver *resolver;
    unsigned transports;
    uint8_t read_buffer[READ_BYTES];
};

struct socket_transport {
    struct transport transport; /* first */
    struct socket_factory *factory;
    int fd; /* -1 while none is open */
    bool is_open;
    bool is_closed;   /* by its owner */
    const char *lost; /* to be told at the end of the turn */
    struct event *readable;
    struct event *writable; /* connecting, or after a short write */
    struct timer connect_timer;
    struct resolution *host; /* NULL for an accepted socket */
    struct deferred telling; /* of `lost` */
    struct deferred reap;
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);
static void connect_next(struct socket_transport *t, const char *reason);

/* ---- losing and closing ---- */

static void stop_watching(struct socket_transport *t)
{
    if (t->readable != NULL)
        event_del(t->readable);
    if (t->writable != NULL)
        event_del(t->writable);
}

static void tell_lost(struct deferred *d, void *arg)
{
    struct socket_transport *t = arg;

    (void)d;
    stop_watching(t);
    t->transport.events->on_lost(t->transport.ctx, t->lost);
}

/* Not from inside a call of the owner's: at the end of the turn. */
static void lose_later(struct socket_transport *t, const char *reason)
{
    if (t->lost != NULL)
        return;
    t->lost = reason;
    deferred_add(t->factory->deferred, &t->telling);
}

static void drop_socket(struct socket_transport *t)
{
    timer_stop(t->factory->timers, &t->connect_timer);
    if (t->readable != NULL)
        event_free(t->readable);
    if (t->writable != NULL)
        event_free(t->writable);
    t->readable = t->writable = NULL;
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

static void reap(struct deferred *d, void *arg)
{
    struct socket_transport *t = arg;

    (void)d;
    t->factory->transports--;
    mem_free(t->host);
    mem_free(t);
}

static void socket_close(struct transport *transport)
{
    struct socket_transport *t = (struct socket_transport *)transport;

    assert(!t->is_closed);
    t->is_closed = true;
    deferred_cancel(t->factory->deferred, &t->telling);
    if (t->fd >= 0 && t->is_open && t->lost == NULL)
        socket_read_away(t->fd, t->factory->read_buffer, READ_BYTES);
    drop_socket(t);
    if (t->host == NULL || !resolver_cancel(t->host)) /* else on_found() comes and reaps */
        deferred_add(t->factory->deferred, &t->reap);
}

/* ---- reading and writing ---- */

static void socket_abort(struct transport *transport)
{
    struct socket_transport *t = (struct socket_transport *)transport;

    if (t->fd >= 0)
        socket_set_abort(t->fd);
    t->is_open = false; /* nothing is waited for */
    socket_close(transport);
}

static size_t socket_write(struct transport *transport, struct span bytes)
{
    struct socket_transport *t = (struct socket_transport *)transport;
    ssize_t n;

    assert(!t->is_closed);
    if (!t->is_open || t->lost != NULL)
        return 0;
    n = send(t->fd, bytes.data, bytes.size, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        lose_later(t, socket_error_word(errno));
        return 0;
    }
    if (n < 0)
        n = 0;
    if ((size_t)n < bytes.size)
        event_add(t->writable, NULL);
    return (size_t)n;
}

static const struct transport_ops socket_ops = {socket_write, socket_close, socket_abort, NULL};

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct socket_transport *t = arg;
    struct socket_factory *f = t->factory;
    ssize_t n;

    (void)what;
    timer_queue_set_now(f->timers, clock_monotonic_ms());
    n = recv(fd, f->read_buffer, READ_BYTES, 0);
    if (n > 0) {
        t->transport.events->on_bytes(t->transport.ctx, span_of(f->read_buffer, (size_t)n));
        return;
    }
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    stop_watching(t);
    deferred_cancel(f->deferred, &t->telling);
    t->lost = n == 0 ? "peer_closed" : socket_error_word(errno);
    t->transport.events->on_lost(t->transport.ctx, t->lost);
}

/* ---- connecting ---- */

static void make_events(struct socket_transport *t)
{
    t->readable = event_new(t->factory->base, t->fd, EV_READ | EV_PERSIST, on_readable, t);
    t->writable = event_new(t->factory->base, t->fd, EV_WRITE, on_writable, t);
    assert(t->readable != NULL && t->writable != NULL);
}

static int start_connect(struct socket_transport *t, const struct netaddr *address)
{
    const struct sockaddr *sa = (const struct sockaddr *)&address->storage;

    t->fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->fd < 0)
        return errno;
    socket_set_options(t->fd);
    if (connect(t->fd, sa, address->size) != 0 && errno != EINPROGRESS) {
        int error = errno;

        drop_socket(t);
        return error;
    }
    make_events(t);
    event_add(t->writable, NULL);
    timer_start(t->factory->timers, &t->connect_timer, CONNECT_TIMEOUT_MS);
    return 0;
}

/* Tries the addresses that are left; `reason` is why the last one failed. */
static void connect_next(struct socket_transport *t, const char *reason)
{
    const struct netaddr *address;

    drop_socket(t);
    while ((address = resolution_next(t->host)) != NULL) {
        int error = start_connect(t, address);

        if (error == 0)
            return;
        reason = socket_error_word(error);
    }
    lose_later(t, reason);
}

static void on_connect_timer(struct timer *timer, void *arg)
{
    (void)timer;
    connect_next(arg, "connect_timeout");
}

static void on_connected(struct socket_transport *t)
{
    int error = 0;
    socklen_t size = sizeof(error);

    timer_stop(t->factory->timers, &t->connect_timer);
    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error != 0) {
        connect_next(t, socket_error_word(error));
        return;
    }
    t->is_open = true;
    event_add(t->readable, NULL);
    t->transport.events->on_open(t->transport.ctx);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct socket_transport *t = arg;

    (void)fd;
    (void)what;
    timer_queue_set_now(t->factory->timers, clock_monotonic_ms());
    if (!t->is_open)
        on_connected(t);
    else if (t->lost == NULL)
        t->transport.events->on_writable(t->transport.ctx);
}

/* ---- opening ---- */

static void on_found(void *ctx, const char *why_none)
{
    struct socket_transport *t = ctx;

    if (t->is_closed)
        deferred_add(t->factory->deferred, &t->reap);
    else
        connect_next(t, why_none);
}

static struct socket_transport *transport_new(struct socket_factory *f,
                                              const struct transport_events *events, void *ctx)
{
    struct socket_transport *t = mem_zalloc(sizeof(*t));

    t->transport.ops = &socket_ops;
    t->transport.events = events;
    t->transport.ctx = ctx;
    t->factory = f;
    t->fd = -1;
    timer_init(&t->connect_timer, on_connect_timer, t);
    deferred_init(&t->telling, tell_lost, t);
    deferred_init(&t->reap, reap, t);
    f->transports++;
    return t;
}

static struct transport *socket_connect(void *ctx, const char *host, uint16_t port, unsigned first,
                                        const struct transport_events *events, void *events_ctx)
{
    struct socket_transport *t = transport_new(ctx, events, events_ctx);

    t->host = mem_zalloc(sizeof(*t->host));
    resolver_start(t->factory->resolver, t->host, host, port, first, on_found, t);
    return &t->transport;
}

struct transport *socket_transport_of(struct socket_factory *factory, int fd,
                                      const struct transport_events *events, void *events_ctx)
{
    struct socket_transport *t = transport_new(factory, events, events_ctx);

    t->fd = fd;
    t->is_open = true;
    socket_set_options(fd);
    make_events(t);
    event_add(t->readable, NULL);
    return &t->transport;
}

/* ---- the factory ---- */

struct socket_factory *socket_factory_new(struct event_base *base, struct timer_queue *timers,
                                          struct deferred_queue *deferred)
{
    struct socket_factory *f = mem_zalloc(sizeof(*f));

    f->base = base;
    f->timers = timers;
    f->deferred = deferred;
    f->resolver = resolver_new(base, timers, RESOLVER_FILE);
    return f;
}

void socket_factory_free(struct socket_factory *f)
{
    resolver_free(f->resolver);
    /* In one more turn a lookup that was cancelled says so, and lets its transport go, and so does
     * what libevent had asked a dead name server, whose memory is lost else. */
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    deferred_run(f->deferred);
    assert(f->transports == 0);
    mem_free(f);
}

struct transport_factory socket_factory_network(struct socket_factory *factory)
{
    return (struct transport_factory){socket_connect, factory};
}
