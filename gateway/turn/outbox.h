/*
 * SMS owed: stored with the commit that owes them, sent at once by the gateway that committed,
 * taken over by any other when it is gone. At least once, and never again once the response was
 * seen; one at a time and in order for one subscriber.
 *
 * An entry ends when the peer refuses it for good or its time runs out; when the peer takes it, and
 * promises no receipt; else by its receipts (receipts.c), or when they do not come.
 */
#ifndef WARUNG_TURN_OUTBOX_H
#define WARUNG_TURN_OUTBOX_H

#include "gateway/turn/turn.h"

struct vault;

/* What one stored entry says. */
struct outbox_entry {
    char msisdn[DIALECT_MSISDN_BYTES];
    char link[32];                   /* smsc to send by; empty = any that may */
    char source[DIALECT_CODE_BYTES]; /* short code that the subscriber sees */
    char text[MENU_TEXT_BYTES];      /* UTF-8 */
    int64_t expires_ms;              /* wall clock: not after */
    bool is_bulk;                    /* nobody waits for it */
};

/* The stored, sealed form. False when it does not fit. */
bool outbox_encode(const struct outbox_entry *entry, struct vault *vault, struct writer *w);
bool outbox_decode(struct outbox_entry *entry, struct vault *vault, struct span body);

struct outbox;
struct wall;

/* Receipts are awaited for receipt_margin_s longer than an entry may be sent; entries in hand are
 * touched well within owed_idle_ms. The settings' strings and the wall outlive the outbox. */
struct outbox *outbox_new(const struct turn_env *env, const struct turn_settings *settings,
                          struct turn_counters *counters, const struct wall *wall);
/* Sends an entry that this gateway owns in the store. `on_left` (may be NULL) runs exactly once,
 * when a try ended or the entry is given back to the sweep, perhaps before this returns. An entry
 * already under way is ignored. */
void outbox_send(struct outbox *o, struct store_owed_id id, unsigned deliveries,
                 const struct outbox_entry *entry, turn_sent_fn *on_left, void *arg);
/* Gives back to the store what waits because it was throttled, now and from now on. */
void outbox_drain(struct outbox *o);
/* Entries being sent, waiting for their turn, or being settled. */
size_t outbox_under_way(const struct outbox *o);
/* Tries so far for which no link here could be found. */
uint64_t outbox_without_link(const struct outbox *o);
/* Counts what the store says has ended now. What a lost reply would have said is counted nowhere
 * but in the store: better too little than twice. */
void outbox_count(struct turn_counters *counters, const struct store_reply *reply);
/* What is stored stays owed. Store and links are gone by now: nothing is called back. */
void outbox_free(struct outbox *o);

#endif
