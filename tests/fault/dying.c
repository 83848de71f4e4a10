/*
 * Preloaded into warungd: kill -9 at a named point, the n-th time that it comes there.
 *
 *   DIE_AT=before-commit:n   a commit is about to be written to Redis
 *          after-commit:n    it has been written; nobody has read the reply
 *          before-answer:n   the answer and what goes with it are about to be written to the centre
 *          after-answer:n    they have been written; no response was read
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int countdown(const char *point)
{
    static int left = -1;
    const char *where = getenv("DIE_AT");
    size_t size = strlen(point);

    if (where == NULL || strncmp(where, point, size) != 0 || where[size] != ':')
        return 0;
    if (left < 0)
        left = atoi(where + size + 1);
    return left > 0 && --left == 0;
}

static void pass(const char *point)
{
    if (countdown(point))
        kill(getpid(), SIGKILL);
}

ssize_t write(int fd, const void *octets, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    /* A call, not the library that it is in. */
    int is_commit = memmem(octets, size, "\r\nw_commit", 10) != NULL ||
                    memmem(octets, size, "\r\nw_each", 8) != NULL;
    ssize_t written;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    if (is_commit)
        pass("before-commit");
    written = real(fd, octets, size);
    if (is_commit)
        pass("after-commit");
    return written;
}

ssize_t send(int fd, const void *octets, size_t size, int flags)
{
    static ssize_t (*real)(int, const void *, size_t, int);
    static const uint8_t deliver_sm_resp[] = {0x80, 0, 0, 5};
    int is_answer = size >= 16 && memcmp((const uint8_t *)octets + 4, deliver_sm_resp, 4) == 0;
    ssize_t sent;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "send");
    if (is_answer)
        pass("before-answer");
    sent = real(fd, octets, size, flags);
    if (is_answer)
        pass("after-answer");
    return sent;
}
