#include "gateway/link/pacer.h"

#include <string.h>

static const double RATE_FLOOR = 1.0;
static const double RECOVERY = 1.1;

/* Around the rate that was refused, where it grows slowly. */
static const double NEAR_FROM = 0.9, NEAR_TO = 1.2;

/* So many refusals among the last answers mean us; fewer, their messages. */
enum { FEW = 16, REFUSED_OF_FEW = 3, REFUSED_OF_ALL = 5 };

/* A tenth of a second's worth may leave at once: enough to use the rate up in spite of timers of a
 * millisecond, too little to look like a burst to a centre that counts by the second. */
static double bucket_depth(const struct pacer *p)
{
    return p->rate > 10 ? p->rate / 10 : 1;
}

void pacer_init(struct pacer *p, unsigned tps, uint64_t now_ms)
{
    memset(p, 0, sizeof(*p));
    p->tps = tps;
    p->rate = tps;
    p->ceiling = tps;
    p->tokens = bucket_depth(p);
    p->filled_ms = now_ms;
    p->clean_ms = now_ms;
}

static void count_sent(struct pacer *p, uint64_t now_ms)
{
    uint64_t second = now_ms / 1000;

    if (second != p->second) {
        p->sent_before = second == p->second + 1 ? p->sent_now : 0;
        p->sent_now = 0;
        p->second = second;
    }
    p->sent_now++;
}

static uint64_t recovery_ms(const struct pacer *p)
{
    bool is_near = p->rate >= p->refused * NEAR_FROM && p->rate < p->refused * NEAR_TO;

    return is_near ? PACER_NEAR_MS : PACER_FAR_MS;
}

static void recover(struct pacer *p, uint64_t now_ms)
{
    uint64_t step_ms;

    while (step_ms = recovery_ms(p), now_ms - p->clean_ms >= step_ms) {
        if (p->rate == p->tps) {
            p->clean_ms = now_ms;
            return;
        }
        p->clean_ms += step_ms;
        p->rate *= RECOVERY;
        if (p->rate >= p->ceiling)
            p->rate = p->tps;
    }
}

static void fill(struct pacer *p, uint64_t now_ms)
{
    double depth = bucket_depth(p);

    p->tokens += p->rate * (double)(now_ms - p->filled_ms) / 1000.0;
    if (p->tokens > depth)
        p->tokens = depth;
    p->filled_ms = now_ms;
}

bool pacer_take(struct pacer *p, uint64_t now_ms, uint8_t *ticket)
{
    *ticket = p->epoch;
    if (p->state == PACER_PROBING || now_ms < p->resume_ms)
        return false;
    if (p->state == PACER_PAUSED) {
        p->state = PACER_PROBING;
        p->tokens = 0;
        p->filled_ms = now_ms;
        return true;
    }
    recover(p, now_ms);
    if (p->rate != 0) {
        fill(p, now_ms);
        if (p->tokens < 1)
            return false;
        p->tokens -= 1;
    }
    count_sent(p, now_ms);
    return true;
}

void pacer_give_back(struct pacer *p)
{
    if (p->state == PACER_PROBING) {
        p->state = PACER_PAUSED; /* which is over: the next one is the probe */
        return;
    }
    p->tokens += 1;
    p->sent_now--;
}

uint64_t pacer_wait_ms(const struct pacer *p, uint64_t now_ms)
{
    double missing;

    if (p->state == PACER_PROBING)
        return UINT64_MAX;
    if (p->state == PACER_PAUSED)
        return now_ms < p->resume_ms ? p->resume_ms - now_ms : 0;
    if (p->rate == 0)
        return 0;
    missing = 1 - p->tokens - p->rate * (double)(now_ms - p->filled_ms) / 1000.0;
    if (missing <= 0)
        return 0;
    return (uint64_t)(missing * 1000.0 / p->rate) + 1;
}

uint32_t pacer_ahead(const struct pacer *p, uint64_t now_ms, unsigned seconds)
{
    if (now_ms < p->resume_ms)
        return 0;
    if (p->state != PACER_RUNNING)
        return 1;
    return p->rate != 0 ? (uint32_t)(p->rate * seconds) : UINT32_MAX;
}

/* 0.7 .. 1.3 of the doubled pause, never above the limit and its jitter. */
static uint64_t pause_ms(unsigned pauses, uint64_t random)
{
    uint64_t pause = PACER_PAUSE_MAX_MS;

    if (pauses < 6)
        pause = (uint64_t)PACER_PAUSE_BASE_MS << pauses;
    return pause * 7 / 10 + random % (pause * 6 / 10 + 1);
}

static void halve(struct pacer *p, uint64_t now_ms)
{
    double rate = p->rate;

    if (rate == 0) {
        uint64_t second = now_ms / 1000;
        uint32_t now = second == p->second ? p->sent_now : 0;
        uint32_t before = second == p->second       ? p->sent_before
                          : second == p->second + 1 ? p->sent_now
                                                    : 0;

        rate = now > before ? now : before;
        p->ceiling = rate > RATE_FLOOR ? rate * 2 : RATE_FLOOR * 2;
    }
    p->refused = rate > RATE_FLOOR ? rate : RATE_FLOOR;
    p->rate = rate / 2 > RATE_FLOOR ? rate / 2 : RATE_FLOOR;
}

static unsigned count_bits(uint64_t bits)
{
    unsigned count = 0;

    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

static bool is_too_fast(const struct pacer *p)
{
    uint64_t few = p->answers & ((UINT64_C(1) << FEW) - 1);

    return count_bits(few) >= REFUSED_OF_FEW || count_bits(p->answers) >= REFUSED_OF_ALL;
}

static void start_pause(struct pacer *p, uint64_t now_ms, uint64_t random)
{
    p->state = PACER_PAUSED;
    p->resume_ms = now_ms + pause_ms(p->pauses, random);
    p->pauses++;
    p->epoch++;
    p->answers = 0;
}

void pacer_settle(struct pacer *p, uint64_t now_ms, uint8_t ticket, enum pacer_outcome outcome,
                  uint64_t random)
{
    if (ticket != p->epoch)
        return;
    if (p->state == PACER_PROBING) {
        if (outcome != PACER_TAKEN) {
            start_pause(p, now_ms, random);
            return;
        }
        p->state = PACER_RUNNING;
        p->pauses = 0;
        p->clean_ms = now_ms;
        return;
    }
    if (outcome == PACER_SILENCE)
        return;
    p->answers = p->answers << 1 | (outcome != PACER_TAKEN);
    if (outcome != PACER_TAKEN && is_too_fast(p)) {
        if (outcome == PACER_THROTTLED)
            halve(p, now_ms);
        start_pause(p, now_ms, random);
    }
}
