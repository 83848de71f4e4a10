/*
 * The centre: it carries what subscribers do to the gateway, at least once, and what the gateway
 * says to them.
 *
 * As a centre it listens and the gateway binds; as a partner (an aggregator) it connects to the
 * gateway's own listener and submits. Either way the subscriber's side is the same: inputs go out
 * with centre_deliver() and are delivered until somebody answers them 0: again after retry_ms when
 * they were answered temporary, not answered in response_timeout_ms, or their connection went; on
 * any bind, with a new sequence number (custody.md).
 */
#ifndef WARUNG_SMSC_CENTRE_H
#define WARUNG_SMSC_CENTRE_H

#include "tests/smsc/faults.h"
#include "tests/smsc/peer.h"

#include <stdio.h>

struct centre;

struct centre_settings {
    const char *listen;  /* "HOST:PORT" or "unix:PATH"; NULL as partner */
    const char *connect; /* NULL as centre */
    unsigned binds;      /* as partner: connections to keep */
    bool pair;           /* as partner: receivers and transmitters in turn */
    struct peer_settings peer;
    bool sticky;      /* a subscriber's inputs keep to one bind while it has room */
    bool use_data_sm; /* inputs go out as data_sm */
    uint64_t response_timeout_ms;
    uint64_t retry_ms;
    uint64_t give_up_ms; /* after this long an input that nobody took is given up */
    uint64_t repeat_ms;  /* FAULT_REPEAT: how long after the answer the copy comes */
    uint64_t late_ms;    /* FAULT_LATE */
    FILE *trace;         /* one line a PDU; may be NULL */
};

/* An input on its way. */
struct delivery {
    struct list_node node;
    void *owner;
    uint32_t input;    /* the owner's number for it */
    uint32_t key;      /* of the subscriber, for a sticky choice of bind */
    struct peer *peer; /* while in flight */
    uint32_t sequence_number;
    uint64_t born_us;
    uint64_t due_us; /* in a waiting list: when its time is over */
    uint16_t copies; /* sent so far */
    uint8_t place;   /* which list it is in */
    bool accepted;   /* answered 0 once: what goes on is a repetition */
    bool cancelled;  /* the owner waits no more */
    uint32_t pdu_bytes;
    uint8_t *pdu; /* inline_pdu, or the heap's when it is longer */
    uint8_t inline_pdu[300];
};

struct centre_owner {
    /* The number of binds that take our messages changed. */
    void (*on_binds)(void *ctx, unsigned count);
    /* A message for a subscriber was taken. */
    void (*on_message)(void *ctx, const struct wire_message *message);
    /* A message for a subscriber was turned away by a fault of ours. May be NULL. */
    void (*on_turned_away)(void *ctx, const struct wire_message *message);
    /* Answered 0 for the first time; the delivery is gone after the call. */
    void (*on_accepted)(void *ctx, const struct delivery *delivery);
    /* A repeated copy was answered 0 too. May be NULL. */
    void (*on_repeat_accepted)(void *ctx, const struct delivery *delivery);
    /* Refused for good (status) or given up (WIRE_RX_T_APPN). */
    void (*on_refused)(void *ctx, const struct delivery *delivery, uint32_t status);
    /* We dropped a connection (fault or command): what it carried may be lost. May be NULL. */
    void (*on_dropped)(void *ctx);
};

struct centre_stats {
    uint64_t sent;       /* copies of inputs */
    uint64_t accepted;   /* inputs answered 0, first time */
    uint64_t repeated;   /* copies answered 0 after that */
    uint64_t throttled;  /* copies answered ESME_RTHROTTLED or ESME_RMSGQFUL */
    uint64_t temporary;  /* copies answered with another temporary status */
    uint64_t refused;    /* inputs refused for good or given up */
    uint64_t unanswered; /* copies whose response timer ran out */
    uint64_t cut;        /* copies in flight on a connection that went */
    uint64_t messages;   /* taken from the gateway */
    uint64_t turned_away;
    uint64_t connections; /* binds seen */
    uint64_t disconnects;
};

/* NULL with a message on standard error when it cannot listen or the address makes no sense. */
struct centre *centre_new(struct loop *loop, const struct centre_settings *settings,
                          struct faults *faults, const struct centre_owner *owner, void *ctx);
/* Unbinds every session, waits up to wait_ms for the responses. */
void centre_stop(struct centre *c, uint64_t wait_ms);
/* Without callbacks. */
void centre_free(struct centre *c);

unsigned centre_port(const struct centre *c);
unsigned centre_binds(const struct centre *c);
const struct centre_stats *centre_stats(const struct centre *c);
/* Inputs that are neither accepted nor refused. */
unsigned centre_pending(const struct centre *c);
/* Accepted inputs whose repetition is still on its way. */
unsigned centre_repeating(const struct centre *c);

/* Takes a copy of the message. The delivery belongs to the centre. */
struct delivery *centre_deliver(struct centre *c, const struct wire_message *message, void *owner,
                                uint32_t input, uint32_t key);
/* The owner no longer waits for anything of this owner pointer: its deliveries end silently. */
void centre_forget_owner(struct centre *c, const void *owner);

/* Commands for tests: all sessions' connections at once; the last accepted input once more. */
void centre_drop_all(struct centre *c);
bool centre_repeat_last(struct centre *c);
void centre_set_trickle(struct centre *c, bool trickle);
void centre_set_paused(struct centre *c, bool paused); /* no new inputs leave */

#endif
