/*
 * Screens and SMS under way: each is a request of the links', or several parts of one text, with
 * one outcome.
 */
#ifndef WARUNG_GATEWAY_SENDINGS_H
#define WARUNG_GATEWAY_SENDINGS_H

#include "base/list.h"
#include "gateway/link/link.h"
#include "gateway/turn/turn.h"

struct receipt_names;
struct sent;

/* The name that a centre's response gives to a dialogue opened by us with the peer of that name;
 * false when it gives none. */
typedef bool sent_name_fn(void *ctx, const char *pushed_to, const struct link_result *result,
                          struct dialect_session *session);

/* Gives the answer that left or stayed with a reply. */
typedef void sent_answer_fn(void *ctx, struct sent *s, uint32_t command_status);

/* Does the connection of that origin still stand? */
typedef bool sent_is_connected_fn(void *ctx, const struct turn_origin *origin);

/* Has the peer read the answer to the request of that origin? Asked by link_ask_read(). */
typedef bool sent_has_read_fn(void *ctx, const struct turn_origin *origin, uint64_t mark);

struct sendings {
    struct list under_way;
    struct list pool;
    sent_name_fn *name_dialogue;
    sent_answer_fn *answer;
    sent_is_connected_fn *is_connected;
    sent_has_read_fn *has_read;
    void *ctx;
};

/* Its callback runs when every part has its outcome. */
struct sent {
    struct list_node node;
    struct sendings *sendings;
    unsigned parts; /* without an outcome yet */
    unsigned total;
    struct turn_sent outcome;
    char message_id[LINK_MESSAGE_ID_BYTES];
    struct link_request *request; /* of the last part */
    struct link *link;            /* of a reply, set by the owner; while its request is under way */
    struct receipt_names *names;  /* owned; NULL: no receipts were asked for */
    char pushed_to[32];           /* peer with which it opens a dialogue; empty = it opens none */
    struct turn_origin origin;    /* of the input whose reply it is; without link_name */
    bool holds_answer;            /* to that input: it is given when this leaves, or does not */
    uint32_t answer_status;       /* when it leaves */
    bool is_tied;                 /* of a reply: see turn_screen */
    uint64_t read_mark; /* where that is another link's; 0 = the same link, or nothing asked */
    turn_sent_fn *fn;
    void *arg;
};

void sendings_init(struct sendings *all, sent_name_fn *name_dialogue, sent_answer_fn *answer,
                   sent_is_connected_fn *is_connected, sent_has_read_fn *has_read, void *ctx);
/* No callback comes any more. */
void sendings_fini(struct sendings *all);

struct sent *sent_new(struct sendings *all, turn_sent_fn *fn, void *arg);
/* One that came to nothing: its callback does not run. */
void sent_recycle(struct sent *s);
/* Hands one part, a whole PDU, to a link; false when that takes none. */
bool sent_submit(struct sent *s, struct link *link, enum link_lane lane, struct span pdu,
                 uint64_t deadline_ms);
/* The same for a reply, whole in one part, over s->link. One that holds the answer to its input
 * gives it: its answer_status right before it leaves, ESME_RX_T_APPN when it never does, nothing
 * when this is false. */
bool sent_submit_reply(struct sent *s, struct span pdu, uint64_t deadline_ms);
/* False when it has left, some of its parts at least; else it is gone: its callback does not run.
 */
bool sent_withdraw(struct sent *s);

#endif
