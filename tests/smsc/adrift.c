#include "tests/smsc/adrift.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* READ_MS: from what is acknowledged to what is read. */
enum { TICK_MS = 20, READ_MS = 500 };

static bool is_reset(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof(info);

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == TCP_CLOSE;
}

static bool is_on_its_way(int fd)
{
    int octets = 0;

    return ioctl(fd, SIOCOUTQ, &octets) == 0 && octets != 0 && !is_reset(fd);
}

static void on_tick(struct timer *t, void *arg)
{
    struct adrift *a = arg;

    for (unsigned i = 0; i < a->count;)
        if (is_on_its_way(a->fds[i])) {
            i++;
        } else {
            close(a->fds[i]);
            a->fds[i] = a->fds[--a->count];
        }
    a->quiet_ms = a->timers->now_ms + READ_MS;
    if (a->count != 0)
        timer_start(a->timers, t, TICK_MS);
}

void adrift_init(struct adrift *a, struct timer_queue *timers)
{
    a->timers = timers;
    a->quiet_ms = 0;
    a->count = 0;
    timer_init(&a->tick, on_tick, a);
}

void adrift_fini(struct adrift *a)
{
    timer_stop(a->timers, &a->tick);
    while (a->count != 0)
        close(a->fds[--a->count]);
}

void adrift_close(struct adrift *a, int fd)
{
    if (a->count == ADRIFT_MAX || !is_on_its_way(fd)) {
        close(fd);
        return;
    }
    shutdown(fd, SHUT_RDWR);
    a->fds[a->count++] = fd;
    if (!timer_is_running(&a->tick))
        timer_start(a->timers, &a->tick, TICK_MS);
}

bool adrift_is_quiet(const struct adrift *a)
{
    return a->count == 0 && a->timers->now_ms >= a->quiet_ms;
}
