/*
 * Preloaded into any program: its wall clock runs ahead by the microseconds that the file
 * CLOCK_AHEAD holds, 8 octets in the machine's order, read at each call, so that a test can step
 * the time of all programs at once. What measures durations, the monotonic clock, is left alone.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *ahead_us;

__attribute__((constructor)) static void map_clock(void)
{
    const char *file = getenv("CLOCK_AHEAD");
    int fd = file != NULL ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    void *map;

    if (fd < 0)
        return;
    map = mmap(NULL, sizeof(*ahead_us), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED)
        ahead_us = map;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    int result = (int)syscall(SYS_clock_gettime, clock, t);

    if (result == 0 && clock == CLOCK_REALTIME && ahead_us != NULL) {
        int64_t us = t->tv_nsec / 1000 + *ahead_us;

        t->tv_sec += us / 1000000 - (us % 1000000 < 0);
        t->tv_nsec = (us % 1000000 + (us % 1000000 < 0 ? 1000000 : 0)) * 1000;
    }
    return result;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec t;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    *tv = (struct timeval){.tv_sec = t.tv_sec, .tv_usec = t.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *result)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    if (result != NULL)
        *result = t.tv_sec;
    return t.tv_sec;
}
