/*
 * Lines from a descriptor, as they come: a terminal, a pipe, a file or /dev/null.
 */
#ifndef WARUNG_SMSC_INPUT_H
#define WARUNG_SMSC_INPUT_H

#include "tests/smsc/buffer.h"
#include "tests/smsc/loop.h"

enum { INPUT_LINE_BYTES = 4096 };

struct input {
    struct loop *loop;
    int fd;
    struct event *event; /* NULL for files, which are always ready and which epoll refuses */
    struct buffer buffer;
    bool at_end;
    void (*on_ready)(void *ctx); /* there is a line, or the end */
    void *ctx;
};

void input_init(struct input *i, struct loop *loop, int fd, void (*on_ready)(void *ctx), void *ctx);
void input_fini(struct input *i);

enum input_result { INPUT_LINE, INPUT_NOTHING_YET, INPUT_END };

/* The next line without its end (LF or CR LF); a longer one is cut. */
enum input_result input_next(struct input *i, char *line, size_t line_bytes);

#endif
