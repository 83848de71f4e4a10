#include "gateway/link/listener.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 512,
    ACCEPTS_PER_TURN = 8, /* so that a flood of callers does not starve bound links */
    REST_MS = 100,
};

struct listener {
    struct timer_queue *timers;
    struct netaddr address;
    listener_accept_fn *fn;
    void *ctx;
    int fd;
    int spare_fd; /* given up to turn a caller away when no descriptor is left */
    struct event *readable;
    struct timer rest;
    bool is_exhausted; /* said already */
    bool *freed;       /* set when it is freed in its callback */
};

static void on_readable(evutil_socket_t fd, short what, void *arg);

/* A socket file without anybody behind it is left from a process that was killed. */
static void remove_stale(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct stat st;

    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
        errno == ECONNREFUSED && lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(address->sun_path);
    close(fd);
}

int listener_bind(const struct netaddr *address)
{
    const struct sockaddr *sa = (const struct sockaddr *)&address->storage;
    int on = 1, error;
    int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (sa->sa_family == AF_UNIX)
        remove_stale((const struct sockaddr_un *)sa);
    else
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, sa, address->size) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void on_rest_over(struct timer *timer, void *arg)
{
    struct listener *l = arg;

    (void)timer;
    event_add(l->readable, NULL);
}

struct listener *listener_new(struct event_base *base, struct timer_queue *timers,
                              const struct netaddr *address, listener_accept_fn *fn, void *ctx,
                              int *error)
{
    int fd = listener_bind(address);
    struct listener *l;

    if (fd < 0 || listen(fd, BACKLOG) != 0) {
        *error = errno;
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    l = mem_zalloc(sizeof(*l));
    l->timers = timers;
    l->address = *address;
    l->fn = fn;
    l->ctx = ctx;
    l->fd = fd;
    l->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    timer_init(&l->rest, on_rest_over, l);
    l->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, l);
    assert(l->readable != NULL);
    event_add(l->readable, NULL);
    return l;
}

void listener_free(struct listener *l)
{
    timer_stop(l->timers, &l->rest);
    event_free(l->readable);
    close(l->fd);
    if (l->spare_fd >= 0)
        close(l->spare_fd);
    if (l->address.storage.ss_family == AF_UNIX)
        unlink(((struct sockaddr_un *)&l->address.storage)->sun_path);
    if (l->freed != NULL)
        *l->freed = true;
    mem_free(l);
}

uint16_t listener_port_of(int fd)
{
    struct sockaddr_storage storage = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(storage);

    if (getsockname(fd, (struct sockaddr *)&storage, &size) != 0)
        return 0;
    if (storage.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&storage)->sin_port);
    if (storage.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&storage)->sin6_port);
    return 0;
}

uint16_t listener_port(const struct listener *l)
{
    return listener_port_of(l->fd);
}

static void turn_away(struct listener *l, int error)
{
    int fd;

    if (!l->is_exhausted)
        log_error("listener.no_descriptor", LOG_S("error", strerror(error)));
    l->is_exhausted = true;
    if (l->spare_fd >= 0) {
        close(l->spare_fd);
        fd = accept(l->fd, NULL, NULL);
        if (fd >= 0)
            close(fd);
        l->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    event_del(l->readable);
    timer_start(l->timers, &l->rest, REST_MS);
}

/* False when no more is to be accepted in this turn. */
static bool accept_one(struct listener *l)
{
    struct sockaddr_storage storage;
    socklen_t size = sizeof(storage);
    struct netaddr peer;
    bool freed = false;
    int fd;

    memset(&storage, 0, sizeof(storage));
    fd = accept4(l->fd, (struct sockaddr *)&storage, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        int error = errno;

        if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM)
            turn_away(l, error);
        /* The caller gave up before we came: the next one may be fine. */
        return error == ECONNABORTED || error == EINTR;
    }
    l->is_exhausted = false;
    netaddr_of(&peer, (struct sockaddr *)&storage);
    l->freed = &freed;
    l->fn(l->ctx, fd, &peer);
    if (freed)
        return false;
    l->freed = NULL;
    return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct listener *l = arg;

    (void)fd;
    (void)what;
    timer_queue_set_now(l->timers, clock_monotonic_ms());
    for (int i = 0; i < ACCEPTS_PER_TURN; i++)
        if (!accept_one(l))
            return;
}
