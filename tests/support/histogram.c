#include "tests/support/histogram.h"

enum { STEP_BITS = 6 };

static unsigned place_of(uint64_t us)
{
    unsigned octave;

    if (us < HISTOGRAM_STEPS)
        return (unsigned)us;
    octave = 63U - (unsigned)__builtin_clzll(us) - STEP_BITS;
    if (octave + 2 > HISTOGRAM_OCTAVES)
        return HISTOGRAM_OCTAVES * HISTOGRAM_STEPS - 1;
    return (octave + 1) * HISTOGRAM_STEPS + (unsigned)(us >> octave) - HISTOGRAM_STEPS;
}

static uint64_t value_at(unsigned place)
{
    unsigned octave = place / HISTOGRAM_STEPS;

    if (octave == 0)
        return place;
    return (uint64_t)(place % HISTOGRAM_STEPS + HISTOGRAM_STEPS) << (octave - 1);
}

void histogram_add(struct histogram *h, uint64_t us)
{
    h->counts[place_of(us)]++;
    h->total++;
}

uint64_t histogram_percentile(const struct histogram *h, double share)
{
    uint64_t rank = (uint64_t)((double)h->total * share), seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_OCTAVES * HISTOGRAM_STEPS; i++) {
        seen += h->counts[i];
        if (seen > rank)
            return value_at(i);
    }
    return 0;
}
