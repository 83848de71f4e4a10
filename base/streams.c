#include "base/streams.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The lowest free number is given out first. The wrong direction has reads and writes fail. */
void streams_guard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return;
}

bool streams_finish(const char *program)
{
    bool had_failed = ferror(stdout);

    if (fflush(stdout) == 0 && !had_failed)
        return true;
    fprintf(stderr, "%s: cannot write the output\n", program);
    return false;
}
