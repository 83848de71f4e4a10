/*
 * Responses that are held back on purpose (FAULT_LATE, FAULT_SHUFFLE).
 */
#ifndef WARUNG_SMSC_ANSWERS_H
#define WARUNG_SMSC_ANSWERS_H

#include "tests/smsc/loop.h"
#include "tests/smsc/peer.h"

struct answers {
    struct loop *loop;
    uint64_t delay_ms; /* after which one is sent at the latest */
    struct list held;  /* in the order of their due times */
    struct timer timer;
};

void answers_init(struct answers *a, struct loop *loop, uint64_t delay_ms);
/* What is still held is forgotten. */
void answers_fini(struct answers *a);
void answers_hold(struct answers *a, struct peer *peer, const struct wire_header *request,
                  const char *message_id);
/* Sends all that is held for this peer. */
void answers_release(struct answers *a, const struct peer *peer);
/* The peer goes: forgets what is held for it. */
void answers_forget(struct answers *a, const struct peer *peer);

#endif
