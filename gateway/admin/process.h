/*
 * What the process itself uses, from the kernel.
 */
#ifndef WARUNG_ADMIN_PROCESS_H
#define WARUNG_ADMIN_PROCESS_H

#include <stdint.h>

struct process_usage {
    double cpu_s;
    uint64_t resident_bytes;
    unsigned open_fds;
    uint64_t max_fds;
};

/* What the kernel does not tell is 0. */
void process_usage_read(struct process_usage *usage);

#endif
