/*
 * Requests of ours on one link: those waiting in lanes for the window, and those in flight.
 *
 * In flight they are found by sequence number (a ring of slots: one look), and by age (a list,
 * oldest first: all have the same timeout, so the first is due first). Objects and their octets are
 * recycled; in the steady state nothing is allocated. Values and lists only: no I/O, no callbacks.
 */
#ifndef WARUNG_LINK_WINDOW_H
#define WARUNG_LINK_WINDOW_H

#include "base/list.h"
#include "base/span.h"
#include "base/timer.h"
#include "gateway/link/link.h"

enum {
    WINDOW_SEQUENCE_MAX = 0x7FFFFFFF, /* SMPP 3.4 section 3.2 */
};

enum link_request_state {
    REQUEST_SPARE,
    REQUEST_QUEUED,
    REQUEST_SENT,
    REQUEST_LATE, /* its place in the window is another's */
    REQUEST_ENDING
};

struct link_request {
    struct list_node node; /* in the spare list, a lane, or one of sent, late, ending */
    struct timer expiry;   /* runs while it is queued with a deadline */
    struct link *link;
    link_leave_fn *leave; /* NULL: nothing leaves with it */
    link_result_fn *fn;
    void *arg;
    uint64_t sent_ms;
    uint32_t sequence_number; /* while REQUEST_SENT or REQUEST_LATE */
    uint32_t command_id;
    enum link_request_state state;
    enum link_lane lane;
    bool was_sent;        /* while REQUEST_ENDING */
    uint8_t pacer_ticket; /* while REQUEST_SENT */
    uint8_t *pdu;         /* octets while REQUEST_QUEUED; kept for the next request if small */
    uint32_t pdu_bytes;
    uint32_t pdu_capacity;
};

struct window {
    struct link_request **slots; /* slot_count, a power of two; NULL before the first request */
    unsigned slot_count;
    unsigned limit; /* in flight at once */
    unsigned queue_max;
    struct list sent; /* oldest first */
    struct list late; /* likewise */
    struct list lanes[LINK_LANE_COUNT];
    struct list ending; /* to be called back: window_take_ending() */
    struct list spare;
    unsigned queued;
    uint32_t next_sequence;
};

/* limit >= 1 */
void window_init(struct window *w, unsigned limit, unsigned queue_max);
/* Other limits, as in window_init(); what is in flight or waits stays, even beyond them. */
void window_resize(struct window *w, unsigned limit, unsigned queue_max);
/* Nothing is called back: what is left is forgotten. Expiry timers must have been stopped. */
void window_fini(struct window *w);

/* 1 .. 0x7FFFFFFF, rising by one; numbers still in flight are skipped. */
uint32_t window_next_sequence(struct window *w);
/* Back to 1, as is usual on a new connection. Nothing may be in flight. */
void window_restart_sequence(struct window *w);

bool window_has_room(const struct window *w);
unsigned window_in_flight(const struct window *w);

/* A fresh request in no list, with no octets. */
struct link_request *window_request_new(struct window *w);
/* Gives back a request that is in no list. */
void window_request_free(struct window *w, struct link_request *r);

/* Copies the octets and puts the request at the end of its lane. The queue must not be full. */
void window_queue(struct window *w, struct link_request *r, struct span pdu);
/* The next to go by lane and age; NULL when nothing waits. It stays queued. */
struct link_request *window_first_queued(struct window *w);
void window_unqueue(struct window *w, struct link_request *r);

/* Gives the request the next sequence_number and counts it in flight. */
void window_send(struct window *w, struct link_request *r, uint64_t now_ms);
/* The request that this response answers; NULL when it matches nothing. command_id is the
 * response's; SMPP_GENERIC_NACK matches any request. */
struct link_request *window_find(const struct window *w, uint32_t sequence_number,
                                 uint32_t command_id);
struct link_request *window_oldest(struct window *w);
/* In flight, or late. */
void window_settle(struct window *w, struct link_request *r);
/* Takes one in flight out of the window; its number stays its own, and window_find() knows it. */
void window_let_wait(struct window *w, struct link_request *r);
struct link_request *window_oldest_late(struct window *w);
/* There are more late ones than there are numbers for. */
bool window_is_crowded(const struct window *w);

/* Move what is in flight or late, or what waits, to the ending list. */
void window_end_sent(struct window *w);
void window_end_queued(struct window *w);
/* The next of the ending list, in no list any more; NULL at its end. */
struct link_request *window_take_ending(struct window *w);

#endif
