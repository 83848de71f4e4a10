/*
 * What receipts may call the parts of an SMS: the ids that a centre gives, in each way in which it
 * may write them, behind the centre's name.
 */
#ifndef WARUNG_GATEWAY_RECEIPT_NAMES_H
#define WARUNG_GATEWAY_RECEIPT_NAMES_H

#include "gateway/smpp/dialect.h"
#include "gateway/turn/turn.h"

enum { RECEIPT_NAME_BYTES = STORE_RECEIPT_KEY_BYTES_MAX + 1 };

/* Of one id. Returns how many; 0 for an empty id. */
unsigned receipt_names_make(const char *peer, enum receipt_ids ids, enum receipt_id_from from,
                            const char *id, char names[RECEIPT_KEYS_MAX][RECEIPT_NAME_BYTES]);

/* Those of an SMS of so many parts, STORE_PARTS_MAX at most, that is under way; mem_free() it. */
struct receipt_names;
struct receipt_names *receipt_names_new(const char *peer, enum receipt_ids ids, unsigned parts);
/* The next part was taken; id: of its response. */
void receipt_names_add_part(struct receipt_names *n, const char *id);
/* Fills keys, key_count and parts, which live as long as `n`; nothing when a part has no id, since
 * then nobody could tell when the message has ended. */
void receipt_names_give(const struct receipt_names *n, struct turn_sent *sent);

#endif
