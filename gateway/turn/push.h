/*
 * A network-initiated dialogue owed to a subscriber: an entry of the outbox like an SMS, stored by
 * whoever asks for it (a commit with push_encode()'s octets among its owed), sent by the gateway
 * that owns the entry or, where nobody does, by the next that sweeps the bucket.
 *
 * Two kinds. A screen of a menu, asked for by an operator or a program: the menu steps to it, and
 * the answers step on from there. And a late answer: the reply to an input that could not be given
 * in the dialogue in time. What becomes of them: docs/decisions/0008.
 */
#ifndef WARUNG_TURN_PUSH_H
#define WARUNG_TURN_PUSH_H

#include "gateway/smpp/dialect.h"
#include "menus/menu.h"

struct vault;

struct push_entry {
    char msisdn[DIALECT_MSISDN_BYTES];
    char link[32];                 /* smsc or account to send by; empty = any that may */
    char code[DIALECT_CODE_BYTES]; /* of the service, by which the menu is found: "*384#" */
    char screen[MENU_NAME_BYTES];  /* of the menu; empty: a late answer */
    int64_t expires_ms;            /* wall clock: not begun after */
    /* Of a late answer alone. */
    uint64_t answers; /* fingerprint of the input; another one since: overtaken */
    bool is_ask;
    char text[MENU_TEXT_BYTES]; /* UTF-8 */
};

/* The stored, sealed form; at most STORE_OWED_BYTES_MAX octets. False when it does not fit. */
bool push_encode(const struct push_entry *entry, struct vault *vault, struct writer *w);
/* False for everything else, an owed SMS among it. */
bool push_decode(struct push_entry *entry, struct vault *vault, struct span body);

#endif
