#include "tests/smsc/peer.h"

#include "base/fsm.h"
#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    BOUND_PDU_BYTES = WIRE_PDU_BYTES_MAX,
    OPEN_PDU_BYTES = 512, /* nobody gets a big buffer before the bind */
    CONTROL_PDU_BYTES = 256,
    SEQUENCE_MAX = 0x7FFFFFFF,
};

enum peer_state {
    PEER_CONNECTING,
    PEER_OPEN,    /* connected; the bind is still to come */
    PEER_BINDING, /* as ESME: the bind was sent */
    PEER_BOUND,
    PEER_UNBINDING,
    PEER_CLOSED,
    PEER_STATE_COUNT
};

struct in_flight {
    uint32_t sequence_number; /* 0 = free */
    void *tag;
};

struct peer {
    struct conn conn;
    struct loop *loop;
    const struct peer_settings *settings;
    const struct peer_owner *owner;
    void *ctx;
    unsigned state;
    unsigned number;
    uint32_t bind_command;
    uint32_t next_sequence;
    struct in_flight *in_flight; /* index: sequence_number & mask */
    uint32_t mask;
    unsigned in_flight_count;
    unsigned forgotten; /* requests that may yet be answered */
    uint32_t enquiry;   /* sequence_number of our enquire_link, 0 = none is out */
    uint64_t heard_us;
    struct timer timer;  /* bind wait, silence, answer to enquire_link or unbind: by state */
    struct timer frame;  /* looks whether a PDU comes to its end; not moved with every PDU */
    uint64_t partial_us; /* when the PDU began that has not ended; 0 = none */
};

enum { EVENT_MESSAGE, EVENT_BIND };

static const struct fsm_state peer_states[PEER_STATE_COUNT] = {
    [PEER_CONNECTING] = {"connecting", 0, FSM_BIT(PEER_OPEN) | FSM_BIT(PEER_CLOSED)},
    [PEER_OPEN] = {"open", FSM_BIT(EVENT_BIND),
                   FSM_BIT(PEER_BINDING) | FSM_BIT(PEER_BOUND) | FSM_BIT(PEER_CLOSED)},
    [PEER_BINDING] = {"binding", 0, FSM_BIT(PEER_BOUND) | FSM_BIT(PEER_CLOSED)},
    [PEER_BOUND] = {"bound", FSM_BIT(EVENT_MESSAGE),
                    FSM_BIT(PEER_UNBINDING) | FSM_BIT(PEER_CLOSED)},
    [PEER_UNBINDING] = {"unbinding", FSM_BIT(EVENT_MESSAGE), FSM_BIT(PEER_CLOSED)},
    [PEER_CLOSED] = {"closed", 0, 0},
};

static const struct fsm_table peer_table = {"peer", peer_states, PEER_STATE_COUNT};

static void enter(struct peer *p, enum peer_state state, const char *reason)
{
    char who[16];

    snprintf(who, sizeof(who), "%u", p->number);
    fsm_enter(&peer_table, &p->state, state, who, reason);
}

static void commit(struct peer *p, struct writer *w)
{
    if (p->owner->on_pdu != NULL)
        p->owner->on_pdu(p->ctx, p, true, writer_span(w));
    conn_commit(&p->conn, w);
}

static uint32_t take_sequence(struct peer *p)
{
    uint32_t sequence = p->next_sequence;

    p->next_sequence = sequence == SEQUENCE_MAX ? 1 : sequence + 1;
    return sequence;
}

static void send_header(struct peer *p, uint32_t command_id, uint32_t status, uint32_t sequence)
{
    struct writer w = conn_reserve(&p->conn, CONTROL_PDU_BYTES);

    wire_header_encode(&w, command_id, status, sequence);
    commit(p, &w);
}

/* ---- timers ---- */

static void on_timer(struct timer *t, void *arg)
{
    struct peer *p = arg;
    uint64_t silent_ms = (p->loop->now_us - p->heard_us) / 1000;

    (void)t;
    if (p->state != PEER_BOUND) {
        peer_close(p, p->state == PEER_OPEN ? "no bind came" : "no response came");
        return;
    }
    if (p->enquiry != 0) {
        peer_close(p, "enquire_link not answered");
        return;
    }
    if (silent_ms < p->settings->enquire_link_ms) {
        timer_start(&p->loop->timers, &p->timer, p->settings->enquire_link_ms - silent_ms);
        return;
    }
    p->enquiry = take_sequence(p);
    send_header(p, WIRE_ENQUIRE_LINK, 0, p->enquiry);
    timer_start(&p->loop->timers, &p->timer, p->settings->response_timeout_ms);
}

static void on_frame_timer(struct timer *t, void *arg)
{
    struct peer *p = arg;
    uint64_t age_ms = (p->loop->now_us - p->partial_us) / 1000;

    if (p->partial_us == 0)
        return;
    if (age_ms >= p->settings->response_timeout_ms)
        peer_close(p, "a PDU without end");
    else
        timer_start(&p->loop->timers, t, p->settings->response_timeout_ms - age_ms);
}

static size_t note_partial(struct peer *p, size_t done, size_t size)
{
    if (done > 0 || p->partial_us == 0)
        p->partial_us = done < size ? p->loop->now_us : 0;
    if (done < size && !timer_is_running(&p->frame))
        timer_start(&p->loop->timers, &p->frame, p->settings->response_timeout_ms);
    return done;
}

static void watch_silence(struct peer *p)
{
    timer_stop(&p->loop->timers, &p->timer);
    if (p->settings->enquire_link_ms != 0)
        timer_start(&p->loop->timers, &p->timer, p->settings->enquire_link_ms);
}

/* ---- what the peer sends ---- */

static bool is_demanded(const char *demanded, struct span given)
{
    return *demanded == '\0' || span_is_equal(span_of_string(demanded), given);
}

static uint32_t judge_bind(const struct peer *p, uint32_t status, const struct wire_bind *bind)
{
    if (status != WIRE_OK)
        return status;
    if (p->state != PEER_OPEN)
        return WIRE_RALYBND;
    if (!is_demanded(p->settings->system_id, bind->system_id))
        return WIRE_RINVSYSID;
    return is_demanded(p->settings->password, bind->password) ? WIRE_OK : WIRE_RINVPASWD;
}

static void on_bind(struct peer *p, const struct wire_header *h, struct span body)
{
    struct wire_bind bind = {0};
    uint32_t status = judge_bind(p, wire_bind_decode(body, &bind), &bind);
    struct writer w;

    if (p->settings->role == PEER_ESME)
        status = WIRE_RINVBNDSTS;
    w = conn_reserve(&p->conn, CONTROL_PDU_BYTES);
    wire_bind_resp_encode(&w, h->command_id, status, h->sequence_number, "warung-smsc");
    commit(p, &w);
    if (status != WIRE_OK) {
        if (p->state == PEER_OPEN)
            peer_close_after_flush(p, "bind refused");
        return;
    }
    p->bind_command = h->command_id;
    enter(p, PEER_BOUND, "bind");
    watch_silence(p);
    p->owner->on_bound(p->ctx, p, status);
}

static void on_bind_resp(struct peer *p, const struct wire_header *h)
{
    if (p->state != PEER_BINDING)
        return;
    if (h->command_status == WIRE_OK) {
        enter(p, PEER_BOUND, "bind_resp");
        watch_silence(p);
    }
    p->owner->on_bound(p->ctx, p, h->command_status);
    if (h->command_status != WIRE_OK)
        peer_close(p, wire_status_name(h->command_status));
}

/* A receiver of messages may send none: submit_sm on a receiver bind is in the wrong state (2.3).
 */
static bool may_send_messages(const struct peer *p)
{
    if (p->settings->role == PEER_CENTRE)
        return p->bind_command != WIRE_BIND_RECEIVER;
    return p->bind_command != WIRE_BIND_TRANSMITTER;
}

/* What only we may send. */
static uint32_t own_command(const struct peer *p)
{
    return p->settings->role == PEER_CENTRE ? WIRE_DELIVER_SM : WIRE_SUBMIT_SM;
}

static void on_message(struct peer *p, const struct wire_header *h, struct span body)
{
    struct wire_message message;
    uint32_t status = wire_message_decode(h->command_id, body, &message);

    if (!may_send_messages(p) || h->command_id == own_command(p))
        status = WIRE_RINVBNDSTS;
    if (status != WIRE_OK)
        peer_answer(p, h->command_id, h->sequence_number, status, "");
    else
        p->owner->on_message(p->ctx, p, h, &message);
}

static struct in_flight *find_in_flight(struct peer *p, uint32_t sequence)
{
    struct in_flight *f = &p->in_flight[sequence & p->mask];

    return sequence != 0 && f->sequence_number == sequence ? f : NULL;
}

static void free_in_flight(struct peer *p, struct in_flight *f)
{
    f->sequence_number = 0;
    p->in_flight_count--;
}

static void on_response(struct peer *p, const struct wire_header *h, struct span body)
{
    struct in_flight *f = find_in_flight(p, h->sequence_number);

    if (h->sequence_number == p->enquiry && p->enquiry != 0) {
        p->enquiry = 0;
        watch_silence(p);
        return;
    }
    if (f == NULL) { /* late, or to nothing: dropped */
        p->forgotten -= p->forgotten != 0;
        return;
    }
    free_in_flight(p, f);
    p->owner->on_response(p->ctx, p, h, f->tag, wire_string_decode(body));
}

static void on_request(struct peer *p, const struct wire_header *h, struct span body)
{
    switch (h->command_id) {
    case WIRE_BIND_RECEIVER:
    case WIRE_BIND_TRANSMITTER:
    case WIRE_BIND_TRANSCEIVER:
        on_bind(p, h, body);
        return;
    case WIRE_ENQUIRE_LINK: /* answered in every state: some send it before the bind is done */
        send_header(p, WIRE_ENQUIRE_LINK | WIRE_RESPONSE, 0, h->sequence_number);
        return;
    case WIRE_UNBIND:
        send_header(p, WIRE_UNBIND | WIRE_RESPONSE, 0, h->sequence_number);
        peer_close_after_flush(p, "unbind");
        return;
    case WIRE_SUBMIT_SM:
    case WIRE_DELIVER_SM:
    case WIRE_DATA_SM:
        if (fsm_accepts(&peer_table, p->state, EVENT_MESSAGE))
            on_message(p, h, body);
        else
            peer_close_after_flush(p, "message before the bind");
        return;
    case WIRE_ALERT_NOTIFICATION: /* has no response */
        return;
    default:
        send_header(p, WIRE_RESPONSE, WIRE_RINVCMDID, h->sequence_number);
        return;
    }
}

static void on_pdu(struct peer *p, const struct wire_header *h, struct span pdu)
{
    struct span body = span_of(pdu.data + WIRE_HEADER_BYTES, h->command_length - WIRE_HEADER_BYTES);

    if (p->owner->on_pdu != NULL)
        p->owner->on_pdu(p->ctx, p, false, span_of(pdu.data, h->command_length));
    switch (h->command_id) {
    case WIRE_RESPONSE | WIRE_BIND_RECEIVER:
    case WIRE_RESPONSE | WIRE_BIND_TRANSMITTER:
    case WIRE_RESPONSE | WIRE_BIND_TRANSCEIVER:
        on_bind_resp(p, h);
        return;
    case WIRE_RESPONSE | WIRE_UNBIND:
        if (p->state == PEER_UNBINDING)
            peer_close(p, "unbound");
        return;
    default:
        if (h->command_id & WIRE_RESPONSE)
            on_response(p, h, body);
        else
            on_request(p, h, body);
        return;
    }
}

static size_t on_data(void *ctx, struct span data)
{
    struct peer *p = ctx;
    size_t done = 0;
    struct wire_header h;

    p->heard_us = p->loop->now_us;
    while (conn_is_open(&p->conn) && !p->conn.close_flushed) {
        struct span rest = span_of(data.data + done, data.size - done);
        uint32_t length_max = p->state == PEER_OPEN ? OPEN_PDU_BYTES : BOUND_PDU_BYTES;

        switch (wire_look(rest, length_max, &h)) {
        case WIRE_NEED_MORE:
            return note_partial(p, done, data.size);
        case WIRE_BROKEN:
            send_header(p, WIRE_RESPONSE, WIRE_RINVCMDLEN, 0);
            peer_close_after_flush(p, "framing is lost");
            return data.size;
        case WIRE_WHOLE:
            on_pdu(p, &h, rest);
            done += h.command_length;
            break;
        }
    }
    return data.size;
}

/* ---- the connection ---- */

static void on_connected(void *ctx)
{
    struct peer *p = ctx;
    const struct peer_settings *s = p->settings;
    struct writer w = conn_reserve(&p->conn, CONTROL_PDU_BYTES);

    enter(p, PEER_OPEN, "connected");
    wire_bind_encode(&w, s->bind_command, take_sequence(p), s->system_id, s->password,
                     s->system_type);
    commit(p, &w);
    enter(p, PEER_BINDING, "bind");
    timer_start(&p->loop->timers, &p->timer, s->response_timeout_ms);
}

static void on_closed(void *ctx, const char *reason)
{
    struct peer *p = ctx;

    timer_stop(&p->loop->timers, &p->timer);
    timer_stop(&p->loop->timers, &p->frame);
    if (p->state != PEER_CLOSED)
        enter(p, PEER_CLOSED, reason);
    for (uint32_t i = 0; i <= p->mask; i++)
        if (p->in_flight[i].sequence_number != 0) {
            free_in_flight(p, &p->in_flight[i]);
            p->owner->on_lost(p->ctx, p, p->in_flight[i].tag);
        }
    p->owner->on_closed(p->ctx, p, reason);
}

static const struct conn_owner conn_owner = {on_connected, on_data, on_closed};

static struct peer *peer_new(struct loop *loop, const struct peer_settings *settings,
                             const struct peer_owner *owner, void *ctx)
{
    struct peer *p = mem_zalloc(sizeof(*p));
    uint32_t slots = 16;

    /* Twice the window, so that a request that is never answered seldom stands in a number's way.
     */
    while (slots < settings->window * 2)
        slots *= 2;
    p->in_flight = mem_zalloc(slots * sizeof(*p->in_flight));
    p->mask = slots - 1;
    p->loop = loop;
    p->settings = settings;
    p->owner = owner;
    p->ctx = ctx;
    p->next_sequence = 1;
    p->heard_us = loop->now_us;
    p->bind_command = settings->bind_command;
    timer_init(&p->timer, on_timer, p);
    timer_init(&p->frame, on_frame_timer, p);
    return p;
}

struct peer *peer_accept(struct loop *loop, int fd, const struct peer_settings *settings,
                         const struct peer_owner *owner, void *ctx)
{
    struct peer *p = peer_new(loop, settings, owner, ctx);

    p->state = PEER_OPEN;
    conn_init(&p->conn, loop, fd, &conn_owner, p);
    p->conn.trickle = settings->trickle;
    if (settings->session_init_ms != 0)
        timer_start(&loop->timers, &p->timer, settings->session_init_ms);
    return p;
}

struct peer *peer_connect(struct loop *loop, const char *address,
                          const struct peer_settings *settings, const struct peer_owner *owner,
                          void *ctx)
{
    struct peer *p = peer_new(loop, settings, owner, ctx);

    p->state = PEER_CONNECTING;
    if (!conn_connect(&p->conn, loop, address, &conn_owner, p)) {
        mem_free(p->in_flight);
        mem_free(p);
        return NULL;
    }
    p->conn.trickle = settings->trickle;
    timer_start(&loop->timers, &p->timer, settings->response_timeout_ms);
    return p;
}

void peer_free(struct peer *p)
{
    if (p == NULL)
        return;
    timer_stop(&p->loop->timers, &p->timer);
    timer_stop(&p->loop->timers, &p->frame);
    conn_fini(&p->conn);
    mem_free(p->in_flight);
    mem_free(p);
}

static bool is_bound(const struct peer *p)
{
    return p->state == PEER_BOUND && conn_is_open(&p->conn) && !p->conn.close_flushed;
}

bool peer_takes_messages(const struct peer *p)
{
    if (!is_bound(p))
        return false;
    if (p->settings->role == PEER_CENTRE)
        return p->bind_command != WIRE_BIND_TRANSMITTER;
    return p->bind_command != WIRE_BIND_RECEIVER;
}

bool peer_has_room(const struct peer *p)
{
    return p->in_flight_count < p->settings->window && peer_takes_messages(p);
}

void peer_set_number(struct peer *p, unsigned number)
{
    p->number = number;
}

unsigned peer_number(const struct peer *p)
{
    return p->number;
}

uint32_t peer_bind_command(const struct peer *p)
{
    return p->bind_command;
}

uint32_t peer_request(struct peer *p, struct span pdu, void *tag)
{
    struct writer w = conn_reserve(&p->conn, pdu.size);
    uint32_t sequence;
    struct in_flight *f;

    assert(peer_has_room(p));
    /* Skip numbers whose slot an older request still holds; the window leaves half of them free. */
    do {
        sequence = take_sequence(p);
        f = &p->in_flight[sequence & p->mask];
    } while (f->sequence_number != 0);
    f->sequence_number = sequence;
    f->tag = tag;
    p->in_flight_count++;
    writer_bytes(&w, pdu.data, pdu.size);
    wire_sequence_set(w.start, sequence);
    commit(p, &w);
    return sequence;
}

void peer_forget(struct peer *p, uint32_t sequence_number)
{
    struct in_flight *f = find_in_flight(p, sequence_number);

    if (f == NULL)
        return;
    free_in_flight(p, f);
    p->forgotten++;
}

bool peer_is_behind(const struct peer *p)
{
    return p->forgotten != 0;
}

void peer_answer(struct peer *p, uint32_t command_id, uint32_t sequence_number, uint32_t status,
                 const char *message_id)
{
    struct writer w;

    if (!conn_is_open(&p->conn))
        return;
    w = conn_reserve(&p->conn, CONTROL_PDU_BYTES);
    wire_message_resp_encode(&w, command_id, status, sequence_number, message_id);
    commit(p, &w);
}

void peer_write_raw(struct peer *p, struct span octets)
{
    conn_write(&p->conn, octets);
}

void peer_set_trickle(struct peer *p, bool trickle)
{
    p->conn.trickle = trickle;
}

void peer_unbind(struct peer *p)
{
    if (!is_bound(p)) {
        peer_close(p, "unbind");
        return;
    }
    enter(p, PEER_UNBINDING, "asked to");
    send_header(p, WIRE_UNBIND, 0, take_sequence(p));
    timer_start(&p->loop->timers, &p->timer, p->settings->response_timeout_ms);
}

void peer_close(struct peer *p, const char *reason)
{
    conn_close(&p->conn, reason);
}

void peer_close_after_flush(struct peer *p, const char *reason)
{
    conn_close_after_flush(&p->conn, reason);
}
