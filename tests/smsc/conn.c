#include "tests/smsc/conn.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { READ_BYTES = 65536, LISTEN_BACKLOG = 512, HOST_BYTES = 256, PORT_MAX = 65535 };

struct address {
    struct sockaddr_storage storage;
    socklen_t size;
};

static bool parse_unix(const char *path, struct address *a)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&a->storage;

    memset(un, 0, sizeof(*un));
    un->sun_family = AF_UNIX;
    a->size = sizeof(*un);
    if (text_copy(un->sun_path, sizeof(un->sun_path), path))
        return true;
    errno = ENAMETOOLONG;
    return false;
}

bool conn_is_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    uint64_t port;

    if (strncmp(text, "unix:", 5) == 0)
        return text[5] != '\0' && strlen(text + 5) < sizeof(((struct sockaddr_un *)0)->sun_path);
    return colon != NULL && colon - text < HOST_BYTES &&
           (text[0] == '[') == (colon != text && colon[-1] == ']') &&
           text_number(colon + 1, PORT_MAX, &port);
}

/* What a listener that was killed left; no other file. */
static void remove_socket(const char *path)
{
    struct stat s;

    if (lstat(path, &s) == 0 && S_ISSOCK(s.st_mode))
        unlink(path);
}

static bool parse_address(const char *text, struct address *a)
{
    char host[HOST_BYTES];
    const char *colon = strrchr(text, ':');
    size_t size;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found;

    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, a);
    if (!conn_is_address(text))
        return false;
    size = (size_t)(colon - text);
    if (size >= 2 && text[0] == '[' && colon[-1] == ']') {
        text++;
        size -= 2;
    }
    memcpy(host, text, size);
    host[size] = '\0';
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
        return false;
    memcpy(&a->storage, found->ai_addr, found->ai_addrlen);
    a->size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static void prepare(int fd)
{
    int one = 1;

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* refused by unix sockets */
}

int conn_listen(const char *address)
{
    struct address a;
    int one = 1;
    int fd;

    errno = 0;
    if (!parse_address(address, &a))
        return -1;
    fd = socket(a.storage.ss_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    if (a.storage.ss_family == AF_UNIX)
        remove_socket(((struct sockaddr_un *)&a.storage)->sun_path);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&a.storage, a.size) != 0 || listen(fd, LISTEN_BACKLOG) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    prepare(fd);
    return fd;
}

unsigned conn_port(int fd)
{
    struct sockaddr_storage s = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(s);

    if (getsockname(fd, (struct sockaddr *)&s, &size) != 0)
        return 0;
    if (s.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&s)->sin_port);
    return s.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&s)->sin6_port) : 0;
}

static void report_closed(struct deferred *d, void *arg)
{
    struct conn *c = arg;

    (void)d;
    c->owner->on_closed(c->ctx, c->reason);
}

void conn_close(struct conn *c, const char *reason)
{
    if (c->fd < 0)
        return;
    event_free(c->read_event);
    event_free(c->write_event);
    c->read_event = c->write_event = NULL;
    adrift_close(&c->loop->adrift, c->fd);
    c->fd = -1;
    c->reason = reason;
    deferred_cancel(&c->loop->deferred, &c->flush);
    deferred_add(&c->loop->deferred, &c->closed);
}

/* How many octets this write may carry. */
static size_t write_size(const struct conn *c)
{
    size_t size = buffer_size(&c->out);

    return c->trickle && size > 1 ? 1 : size;
}

static void flush(struct deferred *d, void *arg)
{
    struct conn *c = arg;

    (void)d;
    while (c->fd >= 0 && !c->connecting && buffer_size(&c->out) != 0) {
        ssize_t n = send(c->fd, buffer_span(&c->out).data, write_size(c), MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN) {
            conn_close(c, "write failed");
            return;
        }
        if (n > 0)
            buffer_consume(&c->out, (size_t)n);
        if (buffer_size(&c->out) != 0 && (n < 0 || c->trickle)) {
            c->write_blocked = true;
            event_add(c->write_event, NULL);
            return;
        }
    }
    if (c->fd >= 0 && c->close_flushed && buffer_size(&c->out) == 0)
        conn_close(c, c->reason);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;

    (void)fd;
    (void)what;
    if (c->connecting) {
        int error = 0;
        socklen_t size = sizeof(error);

        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            conn_close(c, "connection refused");
            return;
        }
        c->connecting = false;
        event_add(c->read_event, NULL);
        c->owner->on_connected(c->ctx);
    }
    c->write_blocked = false;
    flush(NULL, c);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;
    ssize_t n;

    (void)what;
    do {
        size_t done;

        n = recv(fd, buffer_reserve(&c->in, READ_BYTES), READ_BYTES, 0);
        if (n <= 0)
            break;
        buffer_commit(&c->in, (size_t)n);
        loop_clock_us(c->loop);
        done = c->owner->on_data(c->ctx, buffer_span(&c->in));
        buffer_consume(&c->in, done);
    } while (c->fd >= 0 && n == READ_BYTES);
    if (c->fd < 0 || n > 0)
        return;
    if (n == 0)
        conn_close(c, "closed by peer");
    else if (errno != EAGAIN && errno != EINTR)
        conn_close(c, "connection reset");
}

void conn_init(struct conn *c, struct loop *loop, int fd, const struct conn_owner *owner, void *ctx)
{
    memset(c, 0, sizeof(*c));
    c->loop = loop;
    c->owner = owner;
    c->ctx = ctx;
    c->fd = fd;
    prepare(fd);
    c->read_event = event_new(loop->base, fd, EV_READ | EV_PERSIST, on_readable, c);
    c->write_event = event_new(loop->base, fd, EV_WRITE, on_writable, c);
    assert(c->read_event != NULL && c->write_event != NULL);
    event_add(c->read_event, NULL);
    deferred_init(&c->flush, flush, c);
    deferred_init(&c->closed, report_closed, c);
}

bool conn_connect(struct conn *c, struct loop *loop, const char *address,
                  const struct conn_owner *owner, void *ctx)
{
    struct address a;
    int fd;

    if (!parse_address(address, &a))
        return false;
    fd = socket(a.storage.ss_family, SOCK_STREAM, 0);
    if (fd < 0)
        return false;
    conn_init(c, loop, fd, owner, ctx);
    event_del(c->read_event);
    c->connecting = true;
    if (connect(fd, (struct sockaddr *)&a.storage, a.size) != 0 && errno != EINPROGRESS)
        conn_close(c, "connection refused");
    else
        event_add(c->write_event, NULL);
    return true;
}

void conn_fini(struct conn *c)
{
    conn_close(c, "freed");
    deferred_cancel(&c->loop->deferred, &c->flush);
    deferred_cancel(&c->loop->deferred, &c->closed);
    buffer_fini(&c->in);
    buffer_fini(&c->out);
}

bool conn_is_open(const struct conn *c)
{
    return c->fd >= 0;
}

struct writer conn_reserve(struct conn *c, size_t bytes)
{
    struct writer w;

    writer_init(&w, buffer_reserve(&c->out, bytes), bytes);
    return w;
}

void conn_commit(struct conn *c, const struct writer *w)
{
    assert(!w->failed);
    if (c->fd < 0)
        return;
    buffer_commit(&c->out, writer_size(w));
    if (!c->write_blocked)
        deferred_add(&c->loop->deferred, &c->flush);
}

void conn_write(struct conn *c, struct span octets)
{
    struct writer w = conn_reserve(c, octets.size);

    writer_bytes(&w, octets.data, octets.size);
    conn_commit(c, &w);
}

void conn_close_after_flush(struct conn *c, const char *reason)
{
    if (c->fd < 0)
        return;
    c->close_flushed = true;
    c->reason = reason;
    if (!c->write_blocked)
        deferred_add(&c->loop->deferred, &c->flush);
}
