/*
 * A lease on something that only one gateway may do at a time (the binds of an exclusive smsc
 * entry), kept as a record of the store that expires by the server's clock: "lease:" and the name.
 *
 *   IDLE --want--> STANDBY --taken--> HELD --not renewed for ttl/2--> RENOUNCED
 *                     ^                 ^-----------renewed-------------'   |
 *                     '-------------not renewed for 3/4 of ttl--------------'
 *
 * It is renewed every ttl/4. A renewal counts from when it was sent, which is before the server's
 * clock for it starts: so the holder's own clock runs out first. RENOUNCED, the holder still has it
 * and stops what it does with it; back in STANDBY it must do nothing more of it, at once: a quarter
 * of the ttl is left before another can have it, for clocks that differ. Each take of the lease has
 * a token (the record's version) greater than that of any before.
 */
#ifndef WARUNG_GATEWAY_LEASE_H
#define WARUNG_GATEWAY_LEASE_H

#include "base/timer.h"
#include "sessions/store.h"

enum lease_state { LEASE_IDLE, LEASE_STANDBY, LEASE_HELD, LEASE_RENOUNCED };
const char *lease_state_name(enum lease_state state);

struct lease;

struct lease_settings {
    struct store *store;
    struct timer_queue *timers;
    uint64_t (*random)(void *ctx); /* tells this process from an earlier one of the same instance */
    void *random_ctx;
    const char *name;     /* copied; at most 50 octets */
    const char *instance; /* copied */
    unsigned ttl_s;       /* at least 2 */
    /* The state changed; never from inside a call. */
    void (*on_change)(void *ctx);
    void *ctx;
};

/* IDLE. */
struct lease *lease_new(const struct lease_settings *settings);
/* After the store, or IDLE. A record that is still ours expires. */
void lease_free(struct lease *l);

/* Begins to take it, and keeps it. Not wanted, it is given back at once: the caller has ended what
 * it does with it. */
void lease_want(struct lease *l, bool is_wanted);
enum lease_state lease_state(const struct lease *l);
/* Now, by the timer queue's clock: nobody else can have it. */
bool lease_is_valid(const struct lease *l);
/* Of the last take; 0 = none yet. */
uint64_t lease_token(const struct lease *l);
/* Who holds it, as last read; "" = nobody, or not known. */
const char *lease_holder(const struct lease *l);

#endif
