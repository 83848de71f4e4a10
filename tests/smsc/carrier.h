/*
 * Inputs on their way to the gateway, at least once (docs/custody.md): each is sent until somebody
 * answers it 0: again after retry_ms when it was answered temporary, not answered in
 * response_timeout_ms, or its connection went; with a new sequence number, on any bind.
 */
#ifndef WARUNG_SMSC_CARRIER_H
#define WARUNG_SMSC_CARRIER_H

#include "base/deferred.h"
#include "tests/smsc/faults.h"
#include "tests/smsc/loop.h"
#include "tests/smsc/peer.h"

/* A gateway knows eight inputs back (docs/custody.md). */
enum { DELIVERY_INLINE_BYTES = 300, CARRIER_PLACES = 6, CARRIER_BEHIND_MAX = 7 };

/* An input. It belongs to the carrier; the owner sees it in callbacks. */
struct delivery {
    struct list_node node;
    void *owner;
    uint32_t input;    /* the owner's number for it: the subscriber's inputs are counted on */
    uint32_t key;      /* of the subscriber, for a sticky choice of bind */
    struct peer *peer; /* while in flight */
    uint32_t sequence_number;
    uint32_t pdu_bytes;
    uint64_t born_us;
    uint64_t due_us; /* while waiting: when its time is over */
    uint8_t place;   /* which list it is in */
    bool accepted;   /* answered 0 once: what goes on is a repetition */
    bool cancelled;  /* the owner waits no more */
    bool adrift;     /* its last copy was not answered: it may still be on its way */
    bool withdrawn;  /* ... and it is not to be delivered again */
    uint8_t *pdu;    /* inline_pdu, or the heap's when it is longer */
    uint8_t inline_pdu[DELIVERY_INLINE_BYTES];
};

struct carrier_settings {
    uint32_t command_id; /* deliver_sm or submit_sm */
    uint64_t response_timeout_ms;
    uint64_t retry_ms;
    uint64_t give_up_ms; /* after this long an input that nobody took is given up */
    uint64_t repeat_ms;  /* FAULT_REPEAT: how long after the answer the copy comes */
};

struct carrier_owner {
    /* A bind with room, or NULL: then carrier_push() once there is one. */
    struct peer *(*pick)(void *ctx, const struct delivery *delivery);
    /* One copy was written to delivery->peer. */
    void (*on_sent)(void *ctx, const struct delivery *delivery);
    /* Answered 0 for the first time; the delivery is gone after the call. */
    void (*on_accepted)(void *ctx, const struct delivery *delivery);
    /* A further copy was answered 0 too. */
    void (*on_repeat_accepted)(void *ctx, const struct delivery *delivery);
    /* Refused for good (status) or given up (WIRE_RX_T_APPN). */
    void (*on_refused)(void *ctx, const struct delivery *delivery, uint32_t status);
    /* A copy was answered temporary, was not answered or was cut off: another will follow. */
    void (*on_retry)(void *ctx, const struct delivery *delivery);
};

struct carrier_stats {
    uint64_t sent;       /* copies */
    uint64_t accepted;   /* inputs answered 0, first time */
    uint64_t repeated;   /* copies answered 0 after that */
    uint64_t throttled;  /* copies answered ESME_RTHROTTLED or ESME_RMSGQFUL */
    uint64_t temporary;  /* copies answered with another temporary status */
    uint64_t refused;    /* inputs refused for good or given up */
    uint64_t unanswered; /* copies whose response timer ran out */
    uint64_t cut;        /* copies in flight on a connection that went */
};

struct delivery_chunk;

struct carrier {
    struct loop *loop;
    const struct carrier_settings *settings;
    struct faults *faults;
    const struct carrier_owner *owner;
    void *ctx;
    bool paused;
    struct list places[CARRIER_PLACES];
    struct delivery_chunk *chunks;
    struct delivery *last_accepted; /* a copy, for carrier_repeat_last() */
    struct deferred pump;
    struct timer tick;
    struct carrier_stats stats;
};

/* What is pointed to must outlive the carrier. */
void carrier_init(struct carrier *c, struct loop *loop, const struct carrier_settings *settings,
                  struct faults *faults, const struct carrier_owner *owner, void *ctx);
/* Every peer that a delivery may be in flight on must be gone. */
void carrier_fini(struct carrier *c);

/* Takes a copy of the message; it leaves at the end of the loop turn, or when there is room. Nobody
 * is told what becomes of it when owner is NULL. */
void carrier_add(struct carrier *c, const struct wire_message *message, bool by_data_sm,
                 void *owner, uint32_t input, uint32_t key);
/* The deliveries of this owner pointer end without callbacks. */
void carrier_forget(struct carrier *c, const void *owner);
/* This input of the subscriber is not delivered again; one in flight ends with whatever its answer
 * is, unheard. */
void carrier_withdraw(struct carrier *c, const void *owner, uint32_t input, uint32_t key);
/* Sends the last accepted input once more; false when there was none. */
bool carrier_repeat_last(struct carrier *c);
/* There may be room in a window again. */
void carrier_push(struct carrier *c);
void carrier_set_paused(struct carrier *c, bool paused);

/* From the peer's callbacks: `tag` is what peer_request() was given, a delivery. */
void carrier_on_response(struct carrier *c, void *tag, uint32_t command_status);
void carrier_on_lost(struct carrier *c, void *tag);

/* How many are neither accepted nor refused; how many accepted ones still repeat. */
unsigned carrier_pending(const struct carrier *c);
unsigned carrier_repeating(const struct carrier *c);

#endif
