#include "base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static int open_folder(const char *path)
{
    char copy[PATH_MAX]; /* dirname() cuts it */

    if (!text_copy(copy, sizeof(copy), path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* What was begun goes (fd < 0, path NULL: there is none), and errno stays what went wrong. */
static void give_up(int fd, const char *path)
{
    int error = errno;

    if (fd >= 0)
        close(fd);
    if (path != NULL)
        (void)unlink(path);
    errno = error;
}

/* Where symbolic links lead: whoever made one wants the file there. PATH itself where none is; NULL
 * where what one leads to is not there: a volume, perhaps, that will come with the file. */
static const char *follow(const char *path, char real[PATH_MAX])
{
    struct stat st;

    if (realpath(path, real) != NULL)
        return real;
    if (lstat(path, &st) != 0 || !S_ISLNK(st.st_mode))
        return path;
    errno = ENOENT;
    return NULL;
}

int whole_file_lock(const char *path)
{
    char real[PATH_MAX];
    int fd;

    path = follow(path, real);
    fd = path != NULL ? open_folder(path) : -1;
    if (fd < 0 || flock(fd, LOCK_EX) == 0)
        return fd;
    give_up(fd, NULL);
    return -1;
}

static bool sync_folder(const char *path)
{
    int fd = open_folder(path);
    bool is_good = fd >= 0 && fsync(fd) == 0;

    give_up(fd, NULL);
    return is_good;
}

/* A disk that is full takes a part, and says why at the next one. */
static bool write_all(int fd, struct span text)
{
    size_t done = 0;

    while (done < text.size) {
        ssize_t took = write(fd, text.data + done, text.size - done);

        if (took < 0 && errno != EINTR)
            return false;
        done += took > 0 ? (size_t)took : 0;
    }
    return fsync(fd) == 0;
}

static bool has_rights(int fd, const struct stat *like)
{
    struct stat st;

    /* Who may not give files away need not, where it is his. */
    return fstat(fd, &st) == 0 &&
           ((st.st_uid == like->st_uid && st.st_gid == like->st_gid) ||
            fchown(fd, like->st_uid, like->st_gid) == 0) &&
           fchmod(fd, like->st_mode & 07777) == 0;
}

static bool make(const char *path, struct span text, mode_t mode, const struct stat *like)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

    if (fd < 0)
        return false;
    if ((like == NULL || has_rights(fd, like)) && write_all(fd, text)) {
        close(fd);
        return true;
    }
    give_up(fd, path);
    return false;
}

/* Written beside (PATH.warungctl), to be given its name when it is whole. Not without the lock. */
static bool make_beside(char beside[PATH_MAX], const char *path, struct span text, mode_t mode,
                        const struct stat *like)
{
    if ((size_t)snprintf(beside, PATH_MAX, "%s.warungctl", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    /* Of somebody who was killed: we have the lock, and nobody else calls a file so. (`keys.new`
     * may be the only copy of the keys that there is.) */
    (void)unlink(beside);
    return make(beside, text, mode, like);
}

static bool create_locked(const char *path, struct span text, mode_t mode)
{
    char beside[PATH_MAX];
    bool is_there;

    if (!make_beside(beside, path, text, mode, NULL))
        return false;
    is_there = link(beside, path) == 0; /* unlike rename(), never over another */
    give_up(-1, beside);
    if (is_there && sync_folder(path))
        return true;
    if (is_there)
        give_up(-1, path);
    return false;
}

bool whole_file_create(const char *path, struct span text, mode_t mode)
{
    int lock = whole_file_lock(path);
    bool is_made = lock >= 0 && create_locked(path, text, mode);

    give_up(lock, NULL);
    return is_made;
}

bool whole_file_replace(const char *path, struct span text, const struct stat *like)
{
    char beside[PATH_MAX], real[PATH_MAX];

    path = follow(path, real);
    if (path == NULL || !make_beside(beside, path, text, 0600, like))
        return false;
    if (rename(beside, path) == 0)
        return sync_folder(path);
    give_up(-1, beside);
    return false;
}
