/*
 * SMS owed: stored with the commit that owes them, sent at once by the gateway that committed,
 * taken over by any other when it is gone, forgotten when the peer took them, refused them for
 * good, or their time ran out. At least once, and never again once the response was seen; one at a
 * time and in order for one subscriber.
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
    int64_t due_ms;                  /* wall clock: not before; 0 = at once */
    int64_t expires_ms;              /* wall clock: not after */
};

/* The stored, sealed form. False when it does not fit. */
bool outbox_encode(const struct outbox_entry *entry, struct vault *vault, struct writer *w);
bool outbox_decode(struct outbox_entry *entry, struct vault *vault, struct span body);

struct outbox;

struct outbox *outbox_new(const struct turn_env *env, struct turn_counters *counters);
/* Sends an entry that this gateway owns in the store. `on_left` (may be NULL) runs exactly once,
 * when a try ended or the entry is given back to the sweep, perhaps before this returns. An entry
 * already under way is ignored. */
void outbox_send(struct outbox *o, struct store_owed_id id, unsigned deliveries,
                 const struct outbox_entry *entry, turn_sent_fn *on_left, void *arg);
/* Entries being sent, waiting for their turn, or being settled. */
size_t outbox_under_way(const struct outbox *o);
/* What is stored stays owed. Store and links are gone by now: nothing is called back. */
void outbox_free(struct outbox *o);

#endif
