/*
 * Connections that were closed while the other end had not acknowledged all that was written: the
 * kernel goes on bringing it, and where the network was cut it comes seconds later, behind what
 * was sent since by other connections.
 */
#ifndef WARUNG_SMSC_ADRIFT_H
#define WARUNG_SMSC_ADRIFT_H

#include "base/timer.h"

enum { ADRIFT_MAX = 64 };

struct adrift {
    struct timer_queue *timers;
    struct timer tick;
    uint64_t quiet_ms; /* when the last of them will have been read */
    unsigned count;
    int fds[ADRIFT_MAX];
};

/* The timers must outlive it. */
void adrift_init(struct adrift *a, struct timer_queue *timers);
void adrift_fini(struct adrift *a);
/* Closes the descriptor: for the other end at once. */
void adrift_close(struct adrift *a, int fd);
/* All that they carried has been read, or never will be; `timers` know the time. */
bool adrift_is_quiet(const struct adrift *a);

#endif
