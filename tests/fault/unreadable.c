/*
 * Preloaded into warungctl: the disk fails under a file. From its n-th opening on, no read of it
 * succeeds.
 *
 *   UNREADABLE=path:n
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FILE *fopen(const char *path, const char *mode)
{
    static FILE *(*real)(const char *, const char *);
    static int opened;
    const char *which = getenv("UNREADABLE");
    size_t size = strlen(path);

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "fopen");
    if (which != NULL && strncmp(which, path, size) == 0 && which[size] == ':' &&
        ++opened >= atoi(which + size + 1))
        path = "/proc/self/mem"; /* EIO: nothing is mapped where it begins */
    return real(path, mode);
}
