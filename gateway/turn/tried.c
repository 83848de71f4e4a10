#include "gateway/turn/tried.h"

#include "base/map.h"
#include "base/mem.h"

#include <string.h>

enum { TRIED_BITS = 1 << 18, TRIED_BYTES = TRIED_BITS / 8 };

struct tried {
    uint64_t period_ms, since_ms;
    uint8_t *now, *before; /* of now, and of as long before */
};

struct tried *tried_new(uint64_t period_ms, uint64_t now_ms)
{
    struct tried *t = mem_zalloc(sizeof(*t));

    t->period_ms = period_ms;
    t->since_ms = now_ms;
    t->now = mem_zalloc(TRIED_BYTES);
    t->before = mem_zalloc(TRIED_BYTES);
    return t;
}

static void grow_old(struct tried *t, uint64_t now_ms)
{
    uint8_t *before = t->before;

    if (now_ms - t->since_ms < t->period_ms)
        return;
    if (now_ms - t->since_ms >= 2 * t->period_ms)
        memset(t->now, 0, TRIED_BYTES);
    memset(before, 0, TRIED_BYTES);
    t->before = t->now;
    t->now = before;
    t->since_ms = now_ms;
}

static unsigned bit_of(struct span key)
{
    return (unsigned)(map_hash(key, 0) % TRIED_BITS);
}

void tried_note(struct tried *t, struct span key, uint64_t now_ms)
{
    unsigned bit = bit_of(key);

    grow_old(t, now_ms);
    t->now[bit / 8] |= (uint8_t)(1U << bit % 8);
}

bool tried_has(struct tried *t, struct span key, uint64_t now_ms)
{
    unsigned bit = bit_of(key);

    grow_old(t, now_ms);
    return ((t->now[bit / 8] | t->before[bit / 8]) >> bit % 8 & 1) != 0;
}

void tried_free(struct tried *t)
{
    mem_free(t->now);
    mem_free(t->before);
    mem_free(t);
}
