/* Latencies in microseconds, to about 1.6 percent: 64 steps an octave. */
#ifndef WARUNG_TESTS_SUPPORT_HISTOGRAM_H
#define WARUNG_TESTS_SUPPORT_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_OCTAVES = 32, HISTOGRAM_STEPS = 64 };

struct histogram {
    uint64_t counts[HISTOGRAM_OCTAVES * HISTOGRAM_STEPS];
    uint64_t total;
};

void histogram_add(struct histogram *h, uint64_t us);
/* share 0 .. 1: the latency that so many stay below; 0 of an empty one. */
uint64_t histogram_percentile(const struct histogram *h, double share);

#endif
