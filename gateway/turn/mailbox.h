/*
 * One box a subscriber: the inputs that wait, the turn that lives, the local copy of the records.
 *
 * A box exists while it holds anything. Boxes that hold nothing but a copy form a cache, oldest
 * first out; a copy is only ever a guess that the commit's version check confirms or refuses.
 */
#ifndef WARUNG_TURN_MAILBOX_H
#define WARUNG_TURN_MAILBOX_H

#include "base/list.h"
#include "base/map.h"
#include "gateway/smpp/dialect.h"
#include "sessions/session.h"
#include "sessions/store.h"

enum { MAILBOX_PROOFS_MAX = SESSION_DEBTS_MAX }; /* of older debts the record knows nothing */

struct turn;
struct shown;

/* A record as last seen, opened (unsealed). version 0 with size 0 = known to be absent. */
struct copy {
    uint64_t version;
    uint8_t *data;
    uint32_t size;
    uint32_t capacity;
};

struct box {
    struct map_node by_msisdn;
    struct list_node idle;
    char msisdn[DIALECT_MSISDN_BYTES];
    struct list waiting; /* of struct turn */
    struct turn *live;   /* loading or committing; at most one */
    struct shown *shown; /* replies sent whose outcome is awaited, the newest first */
    bool has_copies;
    struct copy session;
    struct copy merchant;
    /* Proofs, oldest first; folded into the next commit. More than one when the next input overtook
     * the response that proves. */
    unsigned proof_count;
    struct session_proof proofs[MAILBOX_PROOFS_MAX];
    struct list_node unsettled; /* among those whose proof is not stored yet, oldest first */
    uint64_t proved_ms;
};

struct mailbox {
    struct map boxes;
    struct list unsettled; /* of struct box */
    struct list idle;  /* of struct box: nothing waits, lives, is shown or proved; oldest first */
    size_t idle_bytes; /* of memory in them */
    size_t idle_max, idle_bytes_max;
};

/* At most idle_max idle boxes, of idle_bytes_max all together, are kept. */
void mailbox_init(struct mailbox *m, size_t idle_max, size_t idle_bytes_max, uint64_t seed);
void mailbox_fini(struct mailbox *m);
/* The subscriber's box, made when there is none; taken off the idle list. Give it back with
 * mailbox_release() when the caller is done with it. */
struct box *mailbox_take(struct mailbox *m, const char *msisdn);
/* NULL when there is none. Not taken. */
struct box *mailbox_find(const struct mailbox *m, const char *msisdn);
/* Puts a box that holds only a copy among the idle, and drops the oldest beyond the limit; frees
 * one that holds nothing. One with proofs stays until the turn that stores them gives it back. */
void mailbox_release(struct mailbox *m, struct box *box);

void copy_set(struct copy *c, uint64_t version, struct span data);
struct span copy_span(const struct copy *c);
/* Forgets both copies: what the store holds is unknown. The proofs stay true. */
void mailbox_drop_copies(struct mailbox *m, struct box *box);
/* The proofs, too: there is no record to store them in. */
void mailbox_forget(struct mailbox *m, struct box *box);
/* A debt of the session copy is proved answered. Beyond the limit the oldest proof is forgotten:
 * its input is then replayed once if it comes again. */
void mailbox_prove(struct mailbox *m, struct box *box, const struct session_proof *proof,
                   uint64_t now_ms);
/* Puts a box that has proofs behind all others that are to be settled, as one proved at since_ms.
 */
void mailbox_unsettle(struct mailbox *m, struct box *box, uint64_t since_ms);
/* Forgets the `count` oldest proofs: they are stored, or of no use any more. */
void mailbox_unprove(struct mailbox *m, struct box *box, unsigned count);
/* Takes the next box off the unsettled whose proof is not younger than since_ms; NULL = none. It
 * keeps its proof. */
struct box *mailbox_next_unsettled(struct mailbox *m, uint64_t since_ms);

#endif
