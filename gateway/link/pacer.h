/*
 * How fast a link may send: a token bucket, and what it does when the peer says "slower"
 * (ESME_RTHROTTLED, ESME_RMSGQFUL; docs/decisions/0003).
 *
 * A refusal now and then is its message's own affair: a phone's queue is full, a second was counted
 * elsewhere. Three among the last 16 answers, or five among 64, are ours: the rate is halved (at
 * least 1/s) and nothing leaves for a pause, 1 s at first, doubling to 60 s as long as the probe
 * behind it is refused, +-30 %. The probe is one request; only when it is taken does the rest
 * follow. Each second then gives back 10 % of the rate; around the rate that was refused, where the
 * limit may still be, 10 s do. A link without a limit gets one while it is throttled: half of what
 * it sent in the last second. A full queue (ESME_RMSGQFUL) says nothing of the pace: behind many
 * there is the pause, and the rate stays.
 *
 * Pure: the time and the randomness are handed in.
 */
#ifndef WARUNG_LINK_PACER_H
#define WARUNG_LINK_PACER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PACER_PAUSE_BASE_MS = 1000,
    PACER_PAUSE_MAX_MS = 60000,
    PACER_FAR_MS = 1000,
    PACER_NEAR_MS = 10000,
};

enum pacer_state { PACER_RUNNING, PACER_PAUSED, PACER_PROBING };

struct pacer {
    double tps;     /* as configured; 0 = no limit */
    double rate;    /* now, per second; 0 = no limit */
    double ceiling; /* to which the rate recovers; above it a link without a limit has none again */
    double refused; /* when it was halved last */
    double tokens;
    uint64_t filled_ms; /* when the tokens were counted */
    enum pacer_state state;
    uint64_t resume_ms; /* end of the pause */
    unsigned pauses;    /* in a row, for the doubling */
    uint64_t clean_ms;  /* when a pause ended, or the last 10 % were given back */
    uint64_t answers;   /* the last 64 since a pause, the newest lowest: 1 = throttled */
    uint8_t epoch;      /* one more with each pause: answers to older requests change nothing */
    /* Requests let go in this and the last whole second. */
    uint64_t second;
    uint32_t sent_now;
    uint32_t sent_before;
};

void pacer_init(struct pacer *p, unsigned tps, uint64_t now_ms);

/* May one request leave now? Then it is counted, and *ticket goes with it to pacer_settle(). */
bool pacer_take(struct pacer *p, uint64_t now_ms, uint8_t *ticket);
/* What was taken last does not leave, after all. */
void pacer_give_back(struct pacer *p);
/* How long pacer_take() will surely say no, at least 1 ms; 0 = it may say yes now. UINT64_MAX while
 * a probe is out: only its answer can change anything. */
uint64_t pacer_wait_ms(const struct pacer *p, uint64_t now_ms);

/* How many requests may leave within the next seconds: UINT32_MAX without a limit, 0 during a
 * pause, 1 for the probe behind it. */
uint32_t pacer_ahead(const struct pacer *p, uint64_t now_ms, unsigned seconds);

enum pacer_outcome {
    PACER_TAKEN,     /* any other answer than the next two */
    PACER_THROTTLED, /* RTHROTTLED */
    PACER_CROWDED,   /* RMSGQFUL */
    PACER_SILENCE,   /* no answer came */
};
/* The answer to a request that left with this ticket. */
void pacer_settle(struct pacer *p, uint64_t now_ms, uint8_t ticket, enum pacer_outcome outcome,
                  uint64_t random);

#endif
