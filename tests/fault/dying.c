/*
 * Preloaded into warungd: kill -9 at a named point, the n-th time that it comes there.
 *
 *   DIE_AT=before-commit:n   a commit is about to be written to Redis
 *          after-commit:n    it has been written; nobody has read the reply
 *          before-answer:n   the answer and what goes with it are about to be written to the peer
 *          after-answer:n    they have been written; no response was read
 */
#include <dlfcn.h>
#include <openssl/ssl.h>
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

/* The next word of a Redis command, behind which at stands then; NULL: it is not whole in there. */
static const char *next_word(const char **at, const char *end, size_t *size)
{
    const char *word = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;

    if (word == NULL || **at != '$')
        return NULL;
    *size = strtoul(*at + 1, NULL, 10);
    *at = ++word + *size + 2;
    return *at <= end ? word : NULL;
}

/* Of the calls that one w_each makes (functions.lua), is one a commit? at: behind its name. */
static int has_commit(const char *at, const char *end)
{
    size_t size;
    const char *word = next_word(&at, end, &size);

    for (unsigned long keys = word != NULL ? strtoul(word, NULL, 10) : 0; keys > 0; keys--)
        (void)next_word(&at, end, &size);
    word = next_word(&at, end, &size);
    for (size_t i = 0; word != NULL && i < size; i += 3)
        if (word[i] == 'c' || word[i] == 'a')
            return 1;
    return 0;
}

/* Calls, not the library that they are in. */
static int is_commit(const char *octets, size_t size)
{
    static const char each[] = "\r\nw_each\r\n";
    const char *at = octets, *end = octets + size;

    if (memmem(octets, size, "\r\nw_commit", 10) != NULL)
        return 1;
    while ((at = memmem(at, (size_t)(end - at), each, sizeof(each) - 1)) != NULL) {
        at += sizeof(each) - 1;
        if (has_commit(at, end))
            return 1;
    }
    return 0;
}

ssize_t write(int fd, const void *octets, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    int commits = is_commit(octets, size);
    ssize_t written;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    if (commits)
        pass("before-commit");
    written = real(fd, octets, size);
    if (commits)
        pass("after-commit");
    return written;
}

static int is_answer(const void *octets, size_t size)
{
    static const uint8_t deliver_sm_resp[] = {0x80, 0, 0, 5}; /* to a centre */
    static const uint8_t submit_sm_resp[] = {0x80, 0, 0, 4};  /* to a partner */
    const uint8_t *id = (const uint8_t *)octets + 4;

    return size >= 16 && (memcmp(id, deliver_sm_resp, sizeof(deliver_sm_resp)) == 0 ||
                          memcmp(id, submit_sm_resp, sizeof(submit_sm_resp)) == 0);
}

ssize_t send(int fd, const void *octets, size_t size, int flags)
{
    static ssize_t (*real)(int, const void *, size_t, int);
    int answers = is_answer(octets, size);
    ssize_t sent;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "send");
    if (answers)
        pass("before-answer");
    sent = real(fd, octets, size, flags);
    if (answers)
        pass("after-answer");
    return sent;
}

/* libevent's way to a peer that speaks TLS. */
int SSL_write(SSL *ssl, const void *octets, int size)
{
    static int (*real)(SSL *, const void *, int);
    int answers = size > 0 && is_answer(octets, (size_t)size);
    int sent;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "SSL_write");
    if (answers)
        pass("before-answer");
    sent = real(ssl, octets, size);
    if (answers && sent > 0)
        pass("after-answer");
    return sent;
}
