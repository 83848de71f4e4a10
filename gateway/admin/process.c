#include "gateway/admin/process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static unsigned count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

static uint64_t read_resident(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long whole, resident = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu %lu", &whole, &resident) != 2)
        resident = 0;
    fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void process_usage_read(struct process_usage *usage)
{
    struct rusage cpu;
    struct rlimit fds;

    memset(usage, 0, sizeof(*usage));
    if (getrusage(RUSAGE_SELF, &cpu) == 0)
        usage->cpu_s = seconds(cpu.ru_utime) + seconds(cpu.ru_stime);
    if (getrlimit(RLIMIT_NOFILE, &fds) == 0)
        usage->max_fds = fds.rlim_cur;
    usage->open_fds = count_fds();
    usage->resident_bytes = read_resident();
}
