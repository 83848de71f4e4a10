#include "gateway/link/rtt.h"

#include <assert.h>
#include <string.h>

/* Below 8 a bucket for each millisecond, above it 8 to each doubling; the last takes the rest. */
static unsigned bucket_of(uint32_t ms)
{
    unsigned exponent;
    unsigned bucket;

    if (ms < 8)
        return ms;
    exponent = 31 - (unsigned)__builtin_clz(ms);
    bucket = (exponent - 2) * 8 + ((ms >> (exponent - 3)) & 7);
    return bucket < RTT_BUCKETS ? bucket : RTT_BUCKETS - 1;
}

/* The largest value that falls into it. */
static uint32_t bucket_end(unsigned bucket)
{
    unsigned shift = bucket / 8 - 1;

    if (bucket < 8)
        return bucket;
    return (((8 + bucket % 8 + 1) << shift) - 1);
}

void rtt_init(struct rtt *rtt, uint64_t now_ms)
{
    memset(rtt, 0, sizeof(*rtt));
    rtt->begun_ms = now_ms;
}

void rtt_add(struct rtt *rtt, uint64_t now_ms, uint32_t round_trip_ms)
{
    uint64_t age = now_ms - rtt->begun_ms;

    if (age >= RTT_GENERATION_MS) {
        if (age < 2 * (uint64_t)RTT_GENERATION_MS)
            memcpy(rtt->before, rtt->now, sizeof(rtt->before));
        else
            memset(rtt->before, 0, sizeof(rtt->before));
        memset(rtt->now, 0, sizeof(rtt->now));
        rtt->begun_ms = now_ms;
    }
    rtt->now[bucket_of(round_trip_ms)]++;
}

static uint64_t count_in(const struct rtt *rtt, unsigned bucket, uint64_t age)
{
    uint64_t count = 0;

    if (age < 2 * (uint64_t)RTT_GENERATION_MS)
        count += rtt->now[bucket];
    if (age < RTT_GENERATION_MS)
        count += rtt->before[bucket];
    return count;
}

uint32_t rtt_percentile(const struct rtt *rtt, uint64_t now_ms, unsigned percent)
{
    uint64_t age = now_ms - rtt->begun_ms;
    uint64_t total = 0;
    uint64_t seen = 0;

    assert(percent >= 1 && percent <= 100);
    for (unsigned b = 0; b < RTT_BUCKETS; b++)
        total += count_in(rtt, b, age);
    if (total == 0)
        return 0;
    for (unsigned b = 0; b < RTT_BUCKETS; b++) {
        seen += count_in(rtt, b, age);
        if (seen * 100 >= total * percent)
            return bucket_end(b);
    }
    return bucket_end(RTT_BUCKETS - 1);
}
