/*
 * What the files of one link share: link.c (lifetime, states, output), link_receive.c (PDUs of the
 * peer's), link_submit.c (requests of ours), and the roles client.c and server.c.
 */
#ifndef WARUNG_LINK_LINK_PRIVATE_H
#define WARUNG_LINK_LINK_PRIVATE_H

#include "base/fsm.h"
#include "gateway/link/framer.h"
#include "gateway/link/link_view.h"
#include "gateway/link/outbuf.h"
#include "gateway/link/pacer.h"
#include "gateway/link/read_marks.h"
#include "gateway/link/rtt.h"
#include "gateway/link/window.h"

enum {
    LINK_BIND_TIMEOUT_MS = 30000,
    LINK_PEER_UNBIND_GRACE_MS = 2000, /* for answers under way, after the peer said unbind */
    LINK_ENQUIRE_MISSES_MAX = 2,
    LINK_UNBOUND_ANSWERS_MAX = 3, /* in a row */
    LINK_UNBOUND_PDUS_MAX = 64,   /* of a caller, before it has bound */
    LINK_SILENT_MAX = 3,          /* requests without a response, in a row ... */
    LINK_SILENT_MS = 60000,       /* ... and for so long, as Kannel's wait-ack */
    LINK_MALFORMED_MAX = 10,      /* in LINK_MALFORMED_WINDOW_MS */
    LINK_MALFORMED_WINDOW_MS = 60000,
};

/* What a state takes: see the table in link.c. */
enum link_event {
    LINK_EV_BIND,
    LINK_EV_BIND_RESP,
    LINK_EV_MESSAGE,  /* submit_sm, deliver_sm, data_sm, query_sm... */
    LINK_EV_RESPONSE, /* to a request of ours, or of an unknown command */
    LINK_EV_ENQUIRE,
    LINK_EV_ENQUIRE_RESP,
    LINK_EV_UNBIND,
    LINK_EV_UNBIND_RESP,
    LINK_EV_NACK,
    LINK_EV_NOTICE, /* outbind, alert_notification: have no answer */
};

/* Where client and server differ. */
struct link_role {
    bool is_server;
    void (*on_open)(struct link *link);
    /* A bind request (server) or the bind's response or generic_nack (client); `status` is the
     * decoder's. */
    void (*on_bind)(struct link *link, const struct smpp_pdu *pdu, enum smpp_status status);
    /* After the owner was told of LINK_CLOSED. */
    void (*on_closed)(struct link *link);
    void (*start)(struct link *link);
    /* Stops the role's own timers; then, at the end of the turn, frees the whole. */
    void (*quiesce)(struct link *link);
    void (*destroy)(struct link *link);
};

/* How many messages the peer may send in a second, at once or spread: it counts by the second as
 * well, and the parts of a long SMS come together. */
struct link_in_rate {
    unsigned limit; /* 0 = none */
    unsigned taken; /* in this second */
    uint64_t second;
};

struct link {
    const struct link_role *role;
    struct link_env env;
    struct link_settings settings; /* name is owned */
    struct link_owner owner;
    void *owner_ctx;

    unsigned state; /* enum link_state; changed by link_enter() alone */
    uint64_t since_ms;
    enum link_bind bind;
    bool is_started;  /* client: to be kept bound */
    bool is_stopping; /* link_stop() was called, LINK_CLOSED not reported yet */
    bool is_freed;
    bool is_quiet; /* server, before the bind: the owner is told nothing */

    struct transport *transport; /* NULL without a connection */
    uint64_t connection;
    struct framer framer;
    struct outbuf out;
    bool is_write_blocked; /* the transport took less than it was given */
    bool is_first_read;    /* nothing has been cut from this connection yet */
    /* The peer does not take what we send. What the kernel still holds must not reach it later,
     * when the same messages have left again on another connection. */
    bool is_dead;

    struct window window;
    struct pacer pacer;
    struct link_in_rate *in_rate; /* shared by the binds of an account; or NULL */
    unsigned unanswered;          /* messages handed up, not answered yet */

    const char *doom;          /* why the connection is closed at the end of this turn; or NULL */
    const char *unbind_reason; /* while LINK_UNBINDING */
    bool is_unbind_by_peer;
    bool is_unbind_sent;
    uint32_t bind_sequence; /* client: of the bind sent */
    uint32_t end_status;    /* client: what refused the bind; 0 = nothing */

    struct timer phase; /* bind, session_init, unbind */
    struct timer idle; /* enquire_link: last_pdu_ms is looked at when it fires, not moved per PDU */
    struct timer response;
    struct timer late;
    struct timer frame;
    struct timer pace;
    uint64_t last_pdu_ms;
    uint64_t frame_begun_ms;
    uint64_t enquire_sent_ms;
    uint32_t enquire_sequence;
    uint32_t enquire_link_ms;
    uint64_t submitted_ms; /* when a request left last, on any connection */
    struct read_marks reads;
    bool is_enquiring;
    unsigned enquire_misses;

    uint64_t malformed_ms[LINK_MALFORMED_MAX]; /* of the last ones, as a ring */
    unsigned malformed_count;                  /* since the last sound message or response */
    unsigned unbound_answers;                  /* in a row that said that we are not bound */
    unsigned silent_count;    /* requests timed out since the last response or message */
    uint64_t silent_since_ms; /* when the first of them was sent */

    struct deferred flush;
    struct deferred todo; /* doom, stop */
    struct deferred reap;

    struct link_counters counters;
    struct rtt rtt;
    struct link_error errors[LINK_ERRORS_MAX]; /* a ring */
    unsigned error_count;
};

/* link.c */

extern const struct fsm_table link_fsm;
/* Fills in everything; the settings' zeros become defaults; the name is copied. */
void link_init(struct link *link, const struct link_role *role, const struct link_env *env,
               const struct link_settings *settings, const struct link_owner *owner,
               void *owner_ctx);
void link_fini(struct link *link);
/* Other settings, before anything was submitted. */
void link_configure(struct link *link, const struct link_settings *settings);
/* The same while it is bound: its name and what is under way stay. */
void link_adjust(struct link *link, const struct link_settings *settings);
uint64_t link_now(const struct link *link);
/* For whoever looks. */
void link_show(const struct link *link, enum link_direction direction, struct span pdu);
/* Takes a transport as the new connection; the state is the caller's. */
void link_attach(struct link *link, struct transport *transport);
extern const struct transport_events link_transport_events; /* ctx: the link */
/* Changes the state and tells the owner, who may free the link. */
void link_enter(struct link *link, enum link_state next, const char *reason);
/* The connection is gone: fails all requests, then LINK_CLOSED. */
void link_lose(struct link *link, const char *reason);
/* Sends what is written, then link_lose(). */
void link_close(struct link *link, const char *reason);
/* link_close() at the end of the turn, from where no callback may run. */
void link_doom(struct link *link, const char *reason);
/* LINK_BOUND, and the timers that go with it. */
void link_enter_bound(struct link *link, enum link_bind bind);
/* From LINK_BOUND to LINK_UNBINDING; what waits is LINK_RESULT_UNSENT. */
void link_begin_unbind(struct link *link, const char *reason, bool by_peer);
/* Goes on with unbinding when nothing is under way any more. */
void link_check_unbind(struct link *link);
/* A writer for one PDU of at most `bytes`; link_write_end() takes it over and has it sent at the
 * end of the turn, or drops it when the connection is doomed. */
struct writer link_write_begin(struct link *link, size_t bytes);
void link_write_end(struct link *link, struct writer *w);
void link_write_header_only(struct link *link, uint32_t command_id, uint32_t command_status,
                            uint32_t sequence_number);

/* link_receive.c */
void link_receive(struct link *link, struct span bytes);
/* The response to a request of the peer's, whatever its kind. */
void link_write_response(struct link *link, uint32_t command_id, uint32_t command_status,
                         uint32_t sequence_number, const char *message_id);

/* link_submit.c */

/* The peer's response to a request in flight. */
void link_settle(struct link *link, struct link_request *r, uint32_t command_status,
                 struct span message_id, struct span tlvs);
/* Calls back what is in the window's ending list; false when the link went in a callback. */
bool link_end_requests(struct link *link);
/* Stops the timers of requests that wait. */
void link_stop_expiry(struct link *link);
void link_on_response_timer(struct timer *timer, void *arg);
void link_on_late_timer(struct timer *timer, void *arg);
void link_on_pace_timer(struct timer *timer, void *arg);

/* link_view.c */

/* `name` is static. */
void link_note_error(struct link *link, uint32_t command_status, const char *name);

#endif
