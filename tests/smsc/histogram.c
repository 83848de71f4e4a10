#include "tests/smsc/histogram.h"

#include <math.h>

enum { SUB_COUNT = 1 << HISTOGRAM_SUB_BITS };

/* Below 2^7 each value has its own bucket; above, each power of two has 2^7 of them. */
static unsigned bucket_of(uint64_t value)
{
    unsigned shift;

    if (value < SUB_COUNT)
        return (unsigned)value;
    if (value >> HISTOGRAM_BITS != 0)
        return HISTOGRAM_BUCKETS - 1;
    shift = 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
    return ((shift + 1) << HISTOGRAM_SUB_BITS) + (unsigned)((value >> shift) - SUB_COUNT);
}

static uint64_t top_of(unsigned bucket)
{
    unsigned shift = bucket >> HISTOGRAM_SUB_BITS;
    uint64_t place = bucket & (SUB_COUNT - 1);

    if (shift == 0)
        return place;
    return ((place + SUB_COUNT + 1) << (shift - 1)) - 1;
}

void histogram_add(struct histogram *h, uint64_t value)
{
    h->counts[bucket_of(value)]++;
    h->count++;
    h->sum += value;
    if (value > h->max)
        h->max = value;
}

uint64_t histogram_quantile(const struct histogram *h, double share)
{
    uint64_t wanted = (uint64_t)ceil(share * (double)h->count);
    uint64_t seen = 0;

    if (wanted == 0)
        wanted = 1;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->counts[i];
        if (seen >= wanted && h->counts[i] != 0)
            return top_of(i) < h->max ? top_of(i) : h->max;
    }
    return h->max;
}

uint64_t histogram_mean(const struct histogram *h)
{
    return h->count != 0 ? h->sum / h->count : 0;
}
