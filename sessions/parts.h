/*
 * The parts of long SMS that one subscriber has sent so far: they come in any order and more than
 * once, and a step is taken when the last of a message is there, once.
 *
 * A value inside the session record, so that the commit which takes a part, or steps the menu with
 * the completed message, is the same compared write as any other (docs/decisions/0006). Of a
 * completed message the fingerprints stay for a while: a copy of one of its parts is no new
 * message.
 */
#ifndef WARUNG_SESSIONS_PARTS_H
#define WARUNG_SESSIONS_PARTS_H

#include "base/span.h"

enum {
    PARTS_MAX = 32,          /* of all messages of a subscriber, those taken included */
    PARTS_TEXT_BYTES = 2048, /* all texts together, and NUL: what one input can hold */
    PARTS_BYTES_MAX = 3072,  /* encoded */
};

/* The timer of the store's that ends the wait (store_timer.kind). */
#define PARTS_TIMER "parts"

struct part {
    uint64_t message;     /* which: one number for all its parts */
    uint64_t fingerprint; /* of the PDU that brought it */
    int64_t at_ms;        /* wall clock: the message's first part; of a taken one: its last */
    uint8_t number;       /* 1 to total */
    uint8_t total;
    bool is_taken; /* its message was completed; the text is gone */
    uint16_t text_bytes;
};

struct parts {
    unsigned count;
    struct part items[PARTS_MAX]; /* their texts stand in `text` in the same order, without NULs */
    unsigned text_bytes;
    char text[PARTS_TEXT_BYTES];
    unsigned dropped; /* parts thrown away incomplete since parts_init(); not encoded */
};

enum parts_result {
    PARTS_KEPT,
    PARTS_COPY,     /* known already: nothing changed */
    PARTS_COMPLETE, /* it was the last: `whole` is the message */
    PARTS_TOO_LONG, /* the message cannot be held; nothing of it is */
};

void parts_init(struct parts *p);
/* At most PARTS_BYTES_MAX octets; nothing at all when there are no parts. */
void parts_encode(const struct parts *p, struct writer *w);
/* False when the octets are no parts (then as after init). */
bool parts_decode(struct parts *p, struct span octets);

/* Forgets messages begun before now_ms - keep_ms, and taken ones older than horizon_ms. */
void parts_expire(struct parts *p, int64_t now_ms, int64_t keep_ms, int64_t horizon_ms);
/* When the oldest incomplete message began; 0 = there is none. */
int64_t parts_oldest_ms(const struct parts *p);

/* Takes a part (its text UTF-8) in. Another part of the same number: a new message under an old
 * name, the old one is dropped. Without room the oldest other message is. `whole` has room for
 * PARTS_TEXT_BYTES. */
enum parts_result parts_take(struct parts *p, const struct part *part, const char *text,
                             int64_t now_ms, char *whole);

#endif
