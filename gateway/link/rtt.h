/*
 * Round trips of the last minute or two, as a histogram: percentiles within an eighth of their
 * value.
 *
 * Two generations: what is counted now, and the minute before. Pure: the time is handed in.
 */
#ifndef WARUNG_LINK_RTT_H
#define WARUNG_LINK_RTT_H

#include <stdint.h>

enum { RTT_BUCKETS = 120, RTT_GENERATION_MS = 60000 };

struct rtt_counts {
    uint32_t now[RTT_BUCKETS];
    uint32_t before[RTT_BUCKETS];
};

struct rtt {
    uint64_t begun_ms;         /* of the generation that is counted now */
    struct rtt_counts *counts; /* NULL until something is counted: thousands of links are idle */
};

void rtt_init(struct rtt *rtt, uint64_t now_ms);
void rtt_fini(struct rtt *rtt);
void rtt_add(struct rtt *rtt, uint64_t now_ms, uint32_t round_trip_ms);
/* percent 1 .. 100; 0 when nothing was counted lately. */
uint32_t rtt_percentile(const struct rtt *rtt, uint64_t now_ms, unsigned percent);

#endif
