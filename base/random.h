/*
 * Pseudo-random numbers from a seed: jitter, identifiers, simulation. Not for secrets.
 */
#ifndef WARUNG_BASE_RANDOM_H
#define WARUNG_BASE_RANDOM_H

#include <stdint.h>

struct random_source {
    uint64_t state;
};

/* splitmix64 (Steele, Lea, Flood 2014): the same seed gives the same sequence everywhere. */
static inline uint64_t random_next(struct random_source *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

/* 0 .. limit-1; limit > 0. */
static inline uint64_t random_below(struct random_source *r, uint64_t limit)
{
    return random_next(r) % limit;
}

#endif
