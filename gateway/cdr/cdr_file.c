#include "gateway/cdr/cdr_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/isotime.h"
#include "base/mem.h"
#include "base/span.h"
#include "gateway/cdr/cdr_tail.h"

struct cdr_file {
    int fd;
    char path[CDR_PATH_BYTES]; /* of the closed file */
    EVP_MD_CTX *digest;        /* of what was written */
    uint64_t size;
    uint64_t lines; /* the head is the first */
    char head[512]; /* not yet written of it: */
    size_t head_size, head_at;
    bool has_rest; /* of a tail that did not come to be the end */
};

static void make_path(const struct cdr_chain *chain, uint64_t sequence, const char *end,
                      char path[CDR_PATH_BYTES])
{
    snprintf(path, CDR_PATH_BYTES, "%s/cdr-%s-%09" PRIu64 ".jsonl%s", chain->directory,
             chain->instance, sequence, end);
}

static struct cdr_file *file_new(const struct cdr_chain *chain, int flags)
{
    struct cdr_file *f = mem_zalloc(sizeof(*f));
    char part[CDR_PATH_BYTES];

    make_path(chain, chain->sequence, "", f->path);
    make_path(chain, chain->sequence, ".part", part);
    f->fd = open(part, flags | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (f->fd < 0) {
        mem_free(f);
        return NULL;
    }
    f->digest = EVP_MD_CTX_new();
    if (f->digest == NULL || EVP_DigestInit_ex(f->digest, EVP_sha256(), NULL) != 1)
        assert(!"no SHA-256");
    return f;
}

void cdr_file_abandon(struct cdr_file *f)
{
    if (f == NULL)
        return;
    close(f->fd);
    EVP_MD_CTX_free(f->digest);
    mem_free(f);
}

static void note(struct cdr_file *f, const char *octets, size_t size)
{
    EVP_DigestUpdate(f->digest, octets, size);
    f->size += size;
    for (size_t i = 0; i < size; i++)
        f->lines += octets[i] == '\n';
}

static size_t write_all(int fd, const char *octets, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t written = write(fd, octets + done, size - done);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break;
        done += (size_t)written;
    }
    return done;
}

static size_t write_octets(struct cdr_file *f, const char *octets, size_t size)
{
    size_t done = write_all(f->fd, octets, size);

    note(f, octets, done);
    return done;
}

static bool cut_rest(struct cdr_file *f)
{
    f->has_rest = f->has_rest && ftruncate(f->fd, (off_t)f->size) != 0;
    return !f->has_rest;
}

static bool write_head(struct cdr_file *f)
{
    if (!cut_rest(f))
        return false;
    f->head_at += write_octets(f, f->head + f->head_at, f->head_size - f->head_at);
    return f->head_at == f->head_size;
}

struct cdr_file *cdr_file_open(const struct cdr_chain *chain)
{
    struct cdr_file *f = file_new(chain, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
    char opened[ISOTIME_BYTES];

    if (f == NULL)
        return NULL;
    isotime_format(clock_wall_ms(), opened);
    f->head_size = (size_t)snprintf(f->head, sizeof(f->head),
                                    "{\"warung_cdr\":1,\"instance\":\"%s\",\"sequence\":%" PRIu64
                                    ",\"previous\":\"%s\",\"opened\":\"%s\"}\n",
                                    chain->instance, chain->sequence, chain->previous, opened);
    (void)write_head(f); /* the rest goes before the first record */
    return f;
}

size_t cdr_file_write(struct cdr_file *f, const char *octets, size_t size)
{
    return write_head(f) ? write_octets(f, octets, size) : 0;
}

bool cdr_file_sync(struct cdr_file *f)
{
    return fdatasync(f->fd) == 0;
}

uint64_t cdr_file_size(const struct cdr_file *f)
{
    return f->size;
}

uint64_t cdr_file_records(const struct cdr_file *f)
{
    return f->lines > 0 ? f->lines - 1 : 0;
}

bool cdr_file_is_there(const struct cdr_file *f)
{
    char part[CDR_PATH_BYTES + 8];
    struct stat open, named;

    snprintf(part, sizeof(part), "%s.part", f->path);
    if (lstat(part, &named) != 0)
        return errno != ENOENT && errno != ENOTDIR;
    if (fstat(f->fd, &open) != 0)
        return true;
    return open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

static void digest_text(const struct cdr_file *f, char sha256[CDR_SHA_BYTES])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    uint8_t hash[32];
    unsigned size = sizeof(hash);
    bool is_done = copy != NULL && EVP_MD_CTX_copy_ex(copy, f->digest) == 1 &&
                   EVP_DigestFinal_ex(copy, hash, &size) == 1;

    assert(is_done);
    (void)is_done;
    EVP_MD_CTX_free(copy);
    text_hex(sha256, hash, sizeof(hash));
}

/* A chain's place is kept beside its files, so that these can be carried away. Always as many
 * octets: a full disk takes them where the last ones stand. */
static bool write_place(const struct cdr_chain *chain, const char *path, int flags)
{
    char text[CDR_SHA_BYTES + 64];
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    int size =
        snprintf(text, sizeof(text), "%-20" PRIu64 " %-64s %-20" PRIu64 "\n", chain->sequence,
                 chain->previous[0] != '\0' ? chain->previous : "-", chain->dropped);
    bool is_good;

    if (fd < 0)
        return false;
    is_good = pwrite(fd, text, (size_t)size, 0) == size && fsync(fd) == 0;
    close(fd);
    return is_good;
}

bool cdr_chain_save(const struct cdr_chain *chain)
{
    char path[CDR_PATH_BYTES], fresh[CDR_PATH_BYTES + 8];

    snprintf(path, sizeof(path), "%s/cdr-%s.state", chain->directory, chain->instance);
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    if (write_place(chain, fresh, O_CREAT | O_TRUNC) && rename(fresh, path) == 0)
        return true;
    unlink(fresh);
    return write_place(chain, path, 0);
}

/* False with errno when it is there and cannot be read: another place would be a second chain. */
static bool load_place(struct cdr_chain *chain)
{
    char path[CDR_PATH_BYTES], previous[CDR_SHA_BYTES];
    uint64_t sequence, dropped;
    int count, error;
    bool is_read;
    FILE *f;

    snprintf(path, sizeof(path), "%s/cdr-%s.state", chain->directory, chain->instance);
    chain->sequence = 1;
    chain->previous[0] = '\0';
    chain->dropped = 0;
    f = fopen(path, "re");
    if (f == NULL && errno != ENOENT)
        return false;
    count = f != NULL ? fscanf(f, "%" SCNu64 " %64s %" SCNu64, &sequence, previous, &dropped) : 0;
    is_read = f == NULL || ferror(f) == 0;
    error = errno;
    if (f != NULL)
        fclose(f);
    errno = error;
    if (count >= 2) {
        chain->sequence = sequence;
        text_copy(chain->previous, sizeof(chain->previous),
                  strcmp(previous, "-") != 0 ? previous : "");
        chain->dropped = count == 3 ? dropped : 0;
    } else {
        sequence = cdr_chain_newest(chain); /* whose number and name are taken: catch_up() */
        chain->sequence = sequence != 0 ? sequence : 1;
    }
    return is_read;
}

static bool move_on(struct cdr_chain *chain, const char *sha256)
{
    chain->sequence++;
    text_copy(chain->previous, sizeof(chain->previous), sha256);
    chain->dropped = 0;
    return cdr_chain_save(chain);
}

static bool write_tail(struct cdr_file *f, const struct cdr_tail *tail, const struct cdr_key *key)
{
    char line[CDR_TAIL_BYTES];
    size_t size = cdr_tail_write(tail, key, line);

    if (!cut_rest(f))
        return false;
    f->has_rest = size > 0;
    return size > 0 && write_all(f->fd, line, size) == size && fdatasync(f->fd) == 0;
}

static bool finish(struct cdr_file *f, struct cdr_chain *chain, const struct cdr_key *key,
                   bool is_recovered)
{
    struct cdr_tail tail = {.records = cdr_file_records(f),
                            .has_dropped = true,
                            .dropped = chain->dropped,
                            .is_recovered = is_recovered};
    char part[CDR_PATH_BYTES + 8];
    int error;

    digest_text(f, tail.sha256);
    snprintf(part, sizeof(part), "%s.part", f->path);
    if (!write_tail(f, &tail, key) || rename(part, f->path) != 0) {
        /* Now or before the next octet, else at the next start. */
        error = errno;
        (void)cut_rest(f);
        errno = error;
        return false;
    }
    /* A place that cannot be saved now is found again by the file itself. */
    (void)move_on(chain, tail.sha256);
    cdr_file_abandon(f);
    return true;
}

bool cdr_file_close(struct cdr_file *f, struct cdr_chain *chain, const struct cdr_key *key)
{
    return write_head(f) && finish(f, chain, key, false);
}

/* ---- what a crash left ---- */

/* Reads it anew up to its last whole line, and cuts off the rest: half a line, or a tail that was
 * written before the name was changed. */
static bool reread(struct cdr_file *f)
{
    FILE *in = fdopen(dup(f->fd), "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    struct cdr_tail tail;
    bool is_read;

    if (in == NULL)
        return false;
    while ((size = getline(&line, &room, in)) > 0) {
        if (line[size - 1] != '\n' || cdr_tail_read(&tail, line, (size_t)size))
            break;
        note(f, line, (size_t)size);
    }
    is_read = !ferror(in);
    free(line);
    fclose(in);
    return is_read && ftruncate(f->fd, (off_t)f->size) == 0;
}

static bool recover(struct cdr_chain *chain, const struct cdr_key *key)
{
    struct cdr_file *f = file_new(chain, O_RDWR | O_APPEND);
    char part[CDR_PATH_BYTES];
    bool is_good = false;
    int error;

    if (f == NULL)
        return errno == ENOENT;
    if (reread(f)) {
        if (f->lines > 0 && finish(f, chain, key, true))
            return true;
        make_path(chain, chain->sequence, ".part", part);
        is_good = f->lines == 0 && unlink(part) == 0; /* not even its head */
    }
    error = errno;
    cdr_file_abandon(f);
    errno = error;
    return is_good;
}

/* Files that were closed after the place was last saved. Also one that cannot be read: what closes
 * under its name would take its place. */
static void catch_up(struct cdr_chain *chain)
{
    char path[CDR_PATH_BYTES];
    struct cdr_tail tail;
    bool is_read;

    for (;;) {
        make_path(chain, chain->sequence, "", path);
        is_read = cdr_tail_read_file(&tail, path);
        if (!is_read && access(path, F_OK) != 0)
            return;
        (void)move_on(chain, is_read ? tail.sha256 : "");
    }
}

bool cdr_chain_init(struct cdr_chain *chain, const char *directory, const char *instance)
{
    memset(chain, 0, sizeof(*chain));
    return text_copy(chain->directory, sizeof(chain->directory), directory) &&
           text_copy(chain->instance, sizeof(chain->instance), instance);
}

static bool make_directory(const struct cdr_chain *chain)
{
    return mkdir(chain->directory, 0750) == 0 || errno == EEXIST;
}

int cdr_chain_lock(const struct cdr_chain *chain)
{
    char path[CDR_PATH_BYTES];
    int fd;

    if (!make_directory(chain))
        return -1;
    snprintf(path, sizeof(path), "%s/cdr-%s.lock", chain->directory, chain->instance);
    fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return fd; /* a file system without locks keeps nobody away */
    close(fd);
    errno = EWOULDBLOCK;
    return -1;
}

bool cdr_chain_open(struct cdr_chain *chain, const struct cdr_key *key)
{
    if (!make_directory(chain))
        return false;
    chain->has_place = chain->has_place || load_place(chain);
    if (!chain->has_place)
        return false;
    catch_up(chain);
    return access(chain->directory, W_OK | X_OK) == 0 && recover(chain, key);
}
