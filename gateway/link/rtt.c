#include "gateway/link/rtt.h"

#include "base/mem.h"

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
    rtt->begun_ms = now_ms;
    rtt->counts = NULL;
}

void rtt_fini(struct rtt *rtt)
{
    mem_free(rtt->counts);
}

void rtt_add(struct rtt *rtt, uint64_t now_ms, uint32_t round_trip_ms)
{
    uint64_t age = now_ms - rtt->begun_ms;
    struct rtt_counts *c = rtt->counts;

    if (c == NULL)
        c = rtt->counts = mem_zalloc(sizeof(*c));
    if (age >= RTT_GENERATION_MS) {
        if (age < 2 * (uint64_t)RTT_GENERATION_MS)
            memcpy(c->before, c->now, sizeof(c->before));
        else
            memset(c->before, 0, sizeof(c->before));
        memset(c->now, 0, sizeof(c->now));
        rtt->begun_ms = now_ms;
    }
    c->now[bucket_of(round_trip_ms)]++;
}

static uint64_t count_in(const struct rtt_counts *c, unsigned bucket, uint64_t age)
{
    uint64_t count = 0;

    if (age < 2 * (uint64_t)RTT_GENERATION_MS)
        count += c->now[bucket];
    if (age < RTT_GENERATION_MS)
        count += c->before[bucket];
    return count;
}

uint32_t rtt_percentile(const struct rtt *rtt, uint64_t now_ms, unsigned percent)
{
    uint64_t age = now_ms - rtt->begun_ms;
    uint64_t total = 0;
    uint64_t seen = 0;

    assert(percent >= 1 && percent <= 100);
    if (rtt->counts == NULL)
        return 0;
    for (unsigned b = 0; b < RTT_BUCKETS; b++)
        total += count_in(rtt->counts, b, age);
    if (total == 0)
        return 0;
    for (unsigned b = 0; b < RTT_BUCKETS; b++) {
        seen += count_in(rtt->counts, b, age);
        if (seen * 100 >= total * percent)
            return bucket_end(b);
    }
    return bucket_end(RTT_BUCKETS - 1);
}
