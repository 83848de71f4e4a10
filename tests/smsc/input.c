#include "tests/smsc/input.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void fill(struct input *i)
{
    ssize_t n = read(i->fd, buffer_reserve(&i->buffer, INPUT_LINE_BYTES), INPUT_LINE_BYTES);

    if (n > 0)
        buffer_commit(&i->buffer, (size_t)n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        i->at_end = true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct input *i = arg;

    (void)fd;
    (void)what;
    loop_clock_us(i->loop); /* nobody may have typed for long */
    fill(i);
    if (i->at_end)
        event_del(i->event);
    i->on_ready(i->ctx);
}

static bool is_pollable(int fd)
{
    struct stat s;

    return isatty(fd) || (fstat(fd, &s) == 0 && (S_ISFIFO(s.st_mode) || S_ISSOCK(s.st_mode)));
}

void input_init(struct input *i, struct loop *loop, int fd, void (*on_ready)(void *ctx), void *ctx)
{
    memset(i, 0, sizeof(*i));
    i->loop = loop;
    i->fd = fd;
    i->on_ready = on_ready;
    i->ctx = ctx;
    if (!is_pollable(fd))
        return;
    i->event = event_new(loop->base, fd, EV_READ | EV_PERSIST, on_readable, i);
    assert(i->event != NULL);
    event_add(i->event, NULL);
}

void input_fini(struct input *i)
{
    if (i->event != NULL)
        event_free(i->event);
    buffer_fini(&i->buffer);
}

static size_t take_line(struct input *i, size_t size, char *line, size_t line_bytes)
{
    struct span s = buffer_span(&i->buffer);
    size_t kept = size < line_bytes ? size : line_bytes - 1;

    if (kept != 0)
        memcpy(line, s.data, kept);
    if (kept != 0 && line[kept - 1] == '\r')
        kept--;
    line[kept] = '\0';
    return kept;
}

enum input_result input_next(struct input *i, char *line, size_t line_bytes)
{
    for (;;) {
        struct span s = buffer_span(&i->buffer);
        const uint8_t *end = s.size != 0 ? memchr(s.data, '\n', s.size) : NULL;

        if (end != NULL || (i->at_end && s.size != 0)) {
            size_t size = end != NULL ? (size_t)(end - s.data) : s.size;

            take_line(i, size, line, line_bytes);
            buffer_consume(&i->buffer, size + (end != NULL));
            return INPUT_LINE;
        }
        if (i->at_end)
            return INPUT_END;
        if (i->event != NULL)
            return INPUT_NOTHING_YET;
        fill(i);
    }
}
