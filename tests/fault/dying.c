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

static int countdown(const char *point, int times)
{
    static int left = -1;
    const char *where = getenv("DIE_AT");
    size_t size = strlen(point);

    if (where == NULL || strncmp(where, point, size) != 0 || where[size] != ':')
        return 0;
    if (left < 0)
        left = atoi(where + size + 1);
    left -= times;
    return left <= 0;
}

/* So often at once: one write has as many commits as came together. */
static void pass(const char *point, int times)
{
    if (countdown(point, times))
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

/* Of the calls that one w_each makes (functions.lua), how many are commits? at: behind its name. */
static int count_in_each(const char *at, const char *end)
{
    int commits = 0;
    size_t size;
    const char *word = next_word(&at, end, &size);

    for (unsigned long keys = word != NULL ? strtoul(word, NULL, 10) : 0; keys > 0; keys--)
        (void)next_word(&at, end, &size);
    word = next_word(&at, end, &size);
    for (size_t i = 0; word != NULL && i < size; i += 3)
        commits += word[i] == 'c' || word[i] == 'a';
    return commits;
}

/* Calls, not the library that they are in. */
static int count_commits(const char *octets, size_t size)
{
    static const char alone[] = "\r\nw_commit", each[] = "\r\nw_each\r\n";
    const char *end = octets + size;
    int commits = 0;

    for (const char *at = octets;
         (at = memmem(at, (size_t)(end - at), alone, sizeof(alone) - 1)) != NULL; commits++)
        at += sizeof(alone) - 1;
    for (const char *at = octets;
         (at = memmem(at, (size_t)(end - at), each, sizeof(each) - 1)) != NULL;) {
        at += sizeof(each) - 1;
        commits += count_in_each(at, end);
    }
    return commits;
}

ssize_t write(int fd, const void *octets, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    int commits = count_commits(octets, size);
    ssize_t written;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    if (commits > 0)
        pass("before-commit", commits);
    written = real(fd, octets, size);
    if (commits > 0)
        pass("after-commit", commits);
    return written;
}

/* Octets begin with a PDU, as far as we hand them on in whole ones. */
static int count_answers(const uint8_t *octets, size_t size)
{
    static const uint8_t deliver_sm_resp[] = {0x80, 0, 0, 5}; /* to a centre */
    static const uint8_t submit_sm_resp[] = {0x80, 0, 0, 4};  /* to a partner */
    int answers = 0;

    for (size_t length; size >= 16; octets += length, size -= length) {
        const uint8_t *id = octets + 4;

        answers += memcmp(id, deliver_sm_resp, sizeof(deliver_sm_resp)) == 0 ||
                   memcmp(id, submit_sm_resp, sizeof(submit_sm_resp)) == 0;
        length =
            (size_t)octets[0] << 24 | (size_t)octets[1] << 16 | (size_t)octets[2] << 8 | octets[3];
        if (length < 16 || length > size)
            break;
    }
    return answers;
}

ssize_t send(int fd, const void *octets, size_t size, int flags)
{
    static ssize_t (*real)(int, const void *, size_t, int);
    int answers = count_answers(octets, size);
    ssize_t sent;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "send");
    if (answers > 0)
        pass("before-answer", answers);
    sent = real(fd, octets, size, flags);
    if (answers > 0)
        pass("after-answer", answers);
    return sent;
}

/* libevent's way to a peer that speaks TLS. */
int SSL_write(SSL *ssl, const void *octets, int size)
{
    static int (*real)(SSL *, const void *, int);
    int answers = size > 0 ? count_answers(octets, (size_t)size) : 0;
    int sent;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "SSL_write");
    if (answers > 0)
        pass("before-answer", answers);
    sent = real(ssl, octets, size);
    if (answers > 0 && sent > 0)
        pass("after-answer", answers);
    return sent;
}
