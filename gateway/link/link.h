/*
 * One SMPP 3.4 connection in either role: framing, states, window, deadlines, enquire_link.
 *
 * A link reads every octet through smpp_frame_look() and smpp_pdu_decode(), answers what the
 * session itself must answer (enquire_link, unbind, malformed and wrong-state PDUs), and hands
 * messages up. It never answers a message by itself: the owner does, once, with link_answer(). A
 * link is never paused for reading; when `in_flight_max` messages wait for their answer, further
 * ones are answered ESME_RTHROTTLED and counted.
 */
#ifndef WARUNG_LINK_LINK_H
#define WARUNG_LINK_LINK_H

#include "base/deferred.h"
#include "base/timer.h"
#include "gateway/link/transport.h"
#include "gateway/smpp/pdu.h"
#include "gateway/smpp/status.h"

struct link;
struct link_endings;

enum { LINK_MESSAGE_ID_BYTES = 65 }; /* with its NUL (SMPP 3.4 section 5.2.23) */

enum link_bind { LINK_TRANSCEIVER, LINK_TRANSMITTER, LINK_RECEIVER };

enum link_state {
    LINK_CLOSED,
    LINK_CONNECTING,
    LINK_OPEN,    /* TCP is up, no bind yet */
    LINK_BINDING, /* bind sent (client) */
    LINK_BOUND,
    LINK_UNBINDING,
    LINK_STATE_COUNT
};
const char *link_state_name(enum link_state state);

/* Sees every PDU of every link of an environment, also of partners who have not bound: as it comes
 * in, before it is acted on and counted, and as it is written, before it is counted. It must not
 * call the link except for questions. NULL while nobody looks. */
enum link_direction { LINK_PDU_IN, LINK_PDU_OUT };
typedef void link_observer_fn(void *ctx, const struct link *link, enum link_direction direction,
                              struct span pdu);
struct link_watch {
    link_observer_fn *fn;
    void *ctx;
};

/* What the link runs on; the simulator hands in its own. */
struct link_env {
    struct timer_queue *timers;
    struct deferred_queue *deferred;
    uint64_t (*random)(void *ctx);
    void *random_ctx;
    const struct link_watch *watch; /* may change at any time; or NULL */
    struct link_endings *endings;   /* counted there; or NULL */
};

/* A 0 means the default, except for tps. */
struct link_settings {
    const char *name;            /* for logs and metrics: smsc or account name, ":" and a number */
    unsigned window;             /* requests of ours in flight; default 32 */
    unsigned in_flight_max;      /* requests of the peer's waiting for an answer; default 4096 */
    unsigned queue_max;          /* requests of ours waiting for the window; default 65536 */
    unsigned tps;                /* requests of ours per second; 0 = no limit */
    unsigned enquire_link_s;     /* of silence; default 30 */
    unsigned response_timeout_s; /* default 10 */
    unsigned pdu_timeout_s;      /* from the first octet of a frame to its last; default 10 */
    size_t pdu_bytes_max;        /* once bound; default 70 KiB */
    size_t out_bytes_max; /* written, not taken by the peer: then "slow_reader"; default 1 MiB */
    struct smpp_statuses statuses; /* what the peer means by them; default: as SMPP has them */
};

/* Names one request of the peer's, to be answered once. Copy it freely. */
struct link_ticket {
    uint64_t connection; /* of which TCP connection; answers on another one are dropped */
    uint32_t sequence_number;
    uint32_t command_id;
};

enum link_result_kind {
    LINK_RESULT_ANSWERED, /* command_status is the peer's */
    LINK_RESULT_TIMEOUT,  /* no response in time: unknown whether it was taken */
    LINK_RESULT_LOST,     /* the connection went after sending: unknown */
    LINK_RESULT_UNSENT,   /* it never left: connection gone or queue dropped */
};

struct link_result {
    enum link_result_kind kind;
    uint32_t command_status;
    enum smpp_status_class status_class; /* of an answer, as this peer means it */
    struct span message_id;              /* valid during the callback */
    struct span tlvs;                    /* of the response; likewise */
    uint64_t connection; /* on which it was sent; equal to a ticket's = proof of order */
    uint32_t round_trip_ms;
    const char *link_name; /* of who has answered; NULL = nobody; valid during the callback */
};

enum link_lane {
    LINK_LANE_AGAIN, /* screens that were refused once: their inputs are acknowledged, and old */
    LINK_LANE_DIALOGUE,
    LINK_LANE_SMS,
    LINK_LANE_BULK,
    LINK_LANE_COUNT
};

struct link_request;
/* Runs exactly once, or never after link_withdraw(); never from inside link_submit(). */
typedef void link_result_fn(void *arg, const struct link_result *result);
/* Runs right before the request is written, if it ever is; from inside link_submit_reply(), too. It
 * may answer requests of this link or another's, and nothing else. False: it is not to be written
 * any more, and is LINK_RESULT_UNSENT (NULL from inside link_submit_reply()). */
typedef bool link_leave_fn(void *arg);

struct link_owner {
    /* deliver_sm, submit_sm, data_sm, query_sm... of the peer; pdu is valid during the call. */
    void (*on_message)(void *ctx, struct link *link, struct link_ticket ticket,
                       const struct smpp_pdu *pdu);
    /* After the change; `reason` is one word or a status name. LINK_CLOSED comes after every
     * request in flight has been called back. */
    void (*on_state)(void *ctx, struct link *link, enum link_state state, const char *reason);
};

/* Client: connects, binds, keeps bound; reconnects with jittered back-off (1 s doubling to 60 s;
 * 300 s after refused credentials). All strings are copied. */
struct link_client_settings {
    struct link_settings link;
    const char *host;
    uint16_t port;
    enum link_bind bind;
    const char *system_id;
    const char *password;
    const char *system_type;
    const char *address_range;
    unsigned reconnect_min_s; /* between two attempts, where the centre asks for it; 0 = none */
};
struct link *link_client_new(const struct link_env *env, const struct transport_factory *network,
                             const struct link_client_settings *settings,
                             const struct link_owner *owner, void *owner_ctx);

void link_start(struct link *link);
/* Unbinds (waits at most the response timeout), closes, stays closed; then on_state LINK_CLOSED. */
void link_stop(struct link *link);
/* Closes the connection at the end of the loop turn, without unbind; a link that was not stopped
 * connects again after its back-off. */
void link_cut(struct link *link, const char *reason);
/* Stops at once without unbind and frees at the end of the loop turn. No callback comes any more.
 */
void link_free(struct link *link);

enum link_state link_state(const struct link *link);
/* Bound, not about to close, and the bind lets us send requests: a client's transmitter or
 * transceiver, a server's receiver or transceiver. */
bool link_can_submit(const struct link *link);
/* Asks, by an enquire_link behind everything that was written, for a sign that the peer has read so
 * far: for answers after which nothing else goes over this connection. A mark for link_has_read();
 * 0 when the link is not bound. */
uint64_t link_ask_read(struct link *link);
/* Has the peer answered that on this connection, or one asked later? */
bool link_has_read(const struct link *link, uint64_t connection, uint64_t mark);
const char *link_name(const struct link *link);
/* We are the centre of it. */
bool link_is_server(const struct link *link);
uint64_t link_connection(const struct link *link);
/* Still this connection, and not freed: links ask it after each callback. */
bool link_is_on(const struct link *link, uint64_t connection);

/* Answers a request of the peer's: deliver_sm_resp, submit_sm_resp and so on. False when that
 * connection is gone. message_id may be NULL. */
bool link_answer(struct link *link, struct link_ticket ticket, uint32_t command_status,
                 const char *message_id);

/* The same with a whole encoded response PDU (query_sm_resp): the link writes the sequence_number.
 */
bool link_answer_pdu(struct link *link, struct link_ticket ticket, struct span pdu);

/* Queues one encoded request PDU (whole, any sequence_number: the link writes its own) behind those
 * of its lane; lanes go in the order of the enum. It leaves when window and rate allow;
 * expired before that (deadline_ms of the timer queue's clock, 0 = none) it is LINK_RESULT_UNSENT.
 * NULL when the queue is full or the link cannot submit: nothing will be called. The queue is full
 * for BULK when half of it is taken, for SMS when three quarters are: screens always find room. */
struct link_request *link_submit(struct link *link, enum link_lane lane, struct span pdu,
                                 uint64_t deadline_ms, link_result_fn *fn, void *arg);
/* The same in the dialogue lane, for a reply with which something else is to leave. */
struct link_request *link_submit_reply(struct link *link, struct span pdu, uint64_t deadline_ms,
                                       link_leave_fn *leave, link_result_fn *fn, void *arg);
/* How many requests more would leave within some ten seconds as things stand: what a sender with
 * time should queue at most, so that the rest waits where it is safe. 0 while the peer wants a
 * pause. */
unsigned link_room(const struct link *link);
/* Of two links of one peer that can submit: which should take the next request. The one with more
 * room; where neither has any, the one with less in hand; or else the one that has rested longer,
 * so that what one of them does not answer goes over the other when it is sent again. Asking
 * changes nothing. */
bool link_suits_better(const struct link *link, const struct link *other);
/* True while the queue has no room for a screen either. */
bool link_is_full(const struct link *link);
/* Forgets the request when it has not left yet; false when it has: its callback will come. */
bool link_withdraw(struct link_request *request);

/* Counters since the link was made, for metrics and `warungctl links`. */
struct link_counters {
    uint64_t pdus_in, pdus_out, octets_in, octets_out;
    uint64_t messages_in, submits_out, submits_taken, throttled_out, throttled_in, malformed_in,
        timeouts, reconnects;
};
const struct link_counters *link_counters(const struct link *link);
unsigned link_in_flight(const struct link *link);
unsigned link_queued(const struct link *link);

#endif
