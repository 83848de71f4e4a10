#include "gateway/link/socket_util.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { DRAIN_READS_MAX = 4 };

const char *socket_error_word(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "refused";
    case ECONNRESET:
        return "reset";
    case EPIPE:
        return "broken_pipe";
    case ETIMEDOUT:
        return "timed_out";
    case EHOSTUNREACH:
    case ENETUNREACH:
        return "unreachable";
    case ENOENT:
        return "no_such_socket";
    case EMFILE:
    case ENFILE:
        return "no_descriptor";
    default:
        return "socket_error";
    }
}

void socket_set_options(int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

void socket_read_away(int fd, void *buffer, size_t buffer_bytes)
{
    if (shutdown(fd, SHUT_WR) != 0)
        return;
    for (int i = 0; i < DRAIN_READS_MAX; i++)
        if (recv(fd, buffer, buffer_bytes, MSG_DONTWAIT) <= 0)
            return;
}

void socket_set_abort(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}
