/*
 * Latencies in microseconds, counted in log-linear buckets (as HDR histograms do): 1/128 of the
 * value or better, from 0 to 2^40, in a fixed 34 KiB.
 */
#ifndef WARUNG_SMSC_HISTOGRAM_H
#define WARUNG_SMSC_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_SUB_BITS = 7,
    HISTOGRAM_BITS = 40,
    HISTOGRAM_BUCKETS = (HISTOGRAM_BITS - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS,
};

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t count;
    uint64_t max;
    uint64_t sum;
}; /* empty: all zero */

void histogram_add(struct histogram *h, uint64_t value);
/* The smallest value that at least this share (0..1) of all values do not exceed, rounded up to its
 * bucket's top; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *h, double share);
uint64_t histogram_mean(const struct histogram *h);

#endif
