/*
 * Ids of messages that partners submit. An id proves itself: it holds when it was given and a keyed
 * hash of that, of the account and of the source address. So any gateway can tell, at any time and
 * without keeping anything, what has become of a message that any other has taken: an id is given
 * only when the message has been done and stored.
 */
#ifndef WARUNG_GATEWAY_MESSAGE_ID_H
#define WARUNG_GATEWAY_MESSAGE_ID_H

#include "base/span.h"

struct vault;

enum {
    MESSAGE_ID_BYTES = 33,         /* 32 hexadecimal digits and NUL */
    MESSAGE_ID_TOLD_S = 7 * 86400, /* queries about older ones fail */
};

/* What of a message stands in its id, beside the time. */
struct message_origin {
    const char *account;
    uint64_t source; /* message_id_source() */
};
uint64_t message_id_source(struct span source_addr);

/* `number` makes ids of one millisecond differ. */
void message_id_make(const struct vault *vault, const struct message_origin *origin, int64_t now_ms,
                     uint32_t number, char id[MESSAGE_ID_BYTES]);
/* When it was given; -1: not by us, or for another account or source address. */
int64_t message_id_read(const struct vault *vault, const struct message_origin *origin,
                        struct span id);

#endif
