#include "tests/sim/centre.h"

#include "base/mem.h"
#include "gateway/smpp/pdu.h"
#include "gateway/smpp/text.h"
#include "tests/sim/dues.h"
#include "tests/sim/flow.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    CENTRE_CONNECTIONS_MAX = 64,
    /* Then the delivery counts as lost and comes again: the answer window, a standstill that nobody
     * notices, and the network's time. */
    CENTRE_RESPONSE_MS = 6200,
    CENTRE_AGAIN_MS_MAX = 4000,
    CENTRE_TRIES_MAX = 12,
    CENTRE_SILENCE_MS = 90000, /* a subscriber gives up */
    CENTRE_IDLE_MS_MAX = 3600000,
    CENTRE_STREAM_BYTES = 65536,
    CENTRE_OP_BEGIN = 1,
    CENTRE_OP_ASK = 2,
    CENTRE_OP_NOTIFY = 3,
    CENTRE_OP_END = 17,
    CENTRE_OP_ANSWER = 18,
};

struct connection {
    struct centre *centre;
    struct transport *transport;
    bool is_bound;
    uint32_t next_sequence;
    size_t size;
    uint8_t stream[CENTRE_STREAM_BYTES];
};

struct subscriber {
    struct centre *centre;
    char msisdn[16];
    char regno[16];
    uint8_t session;
    bool is_open;            /* a dialogue, as the centre sees it */
    uint8_t unit;            /* of the last screen: echoed with the answer */
    enum flow_step at;       /* screen on the phone */
    enum flow_step answered; /* screen that the outstanding input answers; FLOW_UNKNOWN: a dial */
    enum flow_step farthest; /* of the draft: steps shown or acknowledged are durable */
    int version;             /* of the menu, in this dialogue; -1 = not seen yet */
    unsigned receipts;       /* SMS that confirm the registration */
    struct dues dues;
    bool is_overtaken; /* the dialogue came late: a newer dial may have taken its place */
    bool is_sent;      /* an acknowledged answer has sent the registration */
    /* The outstanding input: one at a time, delivered until it is taken. */
    bool is_delivering;
    char text[64];
    uint8_t op;
    unsigned tries;
    struct connection *connection; /* where it waits for its response */
    uint32_t sequence_number;
    struct timer response;
    struct timer again;
    struct timer think;
    struct timer silence;
};

struct centre {
    struct world *world;
    struct connection *connections[CENTRE_CONNECTIONS_MAX];
    struct subscriber *subscribers;
    unsigned count;
    bool is_closed;
    struct centre_counters counters;
};

static void deliver(struct subscriber *s);

static void send_octets(struct connection *x, struct writer *w)
{
    /* The pipe holds more than the centre ever has under way; a full one loses the rest, as a
     * broken peer would. */
    transport_write(x->transport, writer_span(w));
}

static struct connection *choose_connection(struct centre *c)
{
    struct connection *bound[CENTRE_CONNECTIONS_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < CENTRE_CONNECTIONS_MAX; i++)
        if (c->connections[i] != NULL && c->connections[i]->is_bound)
            bound[count++] = c->connections[i];
    return count != 0 ? bound[world_between(c->world, 0, count - 1)] : NULL;
}

static void write_deliver(struct subscriber *s, struct connection *x)
{
    uint8_t tlv_octets[32];
    uint8_t octets[512];
    uint8_t session[2] = {s->session,
                          s->centre->world->token == TURN_TOKEN_ECHO ? (uint8_t)(s->unit << 1) : 0};
    struct writer tlvs;
    struct writer w;
    struct smpp_message m = {
        .service_type = span_of_string("USSD"),
        .source = {1, 1, span_of_string(s->msisdn)},
        .destination = {0, 1, span_of_string("*384#")},
        .short_message = span_of_string(s->text), /* plain ASCII is plain GSM here */
    };

    writer_init(&tlvs, tlv_octets, sizeof(tlv_octets));
    smpp_tlv_write_u8(&tlvs, SMPP_TAG_USSD_SERVICE_OP, s->op);
    smpp_tlv_write(&tlvs, SMPP_TAG_ITS_SESSION_INFO, span_of(session, sizeof(session)));
    writer_init(&w, octets, sizeof(octets));
    s->sequence_number = x->next_sequence++;
    smpp_message_encode(&w, SMPP_DELIVER_SM, s->sequence_number, &m, writer_span(&tlvs));
    assert(!w.failed);
    send_octets(x, &w);
}

static void deliver_later(struct subscriber *s)
{
    struct world *w = s->centre->world;

    s->connection = NULL;
    timer_stop(&w->timers, &s->response);
    timer_start(&w->timers, &s->again, world_between(w, 200, CENTRE_AGAIN_MS_MAX));
}

static void go_idle(struct subscriber *s)
{
    struct world *w = s->centre->world;

    s->is_open = false;
    s->is_delivering = false;
    s->connection = NULL;
    timer_stop(&w->timers, &s->response);
    timer_stop(&w->timers, &s->again);
    timer_stop(&w->timers, &s->silence);
    if (s->centre->is_closed)
        timer_stop(&w->timers, &s->think);
    else
        timer_start(&w->timers, &s->think, world_between(w, 1000, CENTRE_IDLE_MS_MAX));
}

static void deliver(struct subscriber *s)
{
    struct centre *c = s->centre;
    struct connection *x = choose_connection(c);

    if (++s->tries > CENTRE_TRIES_MAX) {
        c->counters.given_up++;
        go_idle(s);
        return;
    }
    if (x == NULL) {
        deliver_later(s);
        return;
    }
    if (s->tries == 1) {
        c->counters.delivered++;
    } else {
        c->counters.redelivered++;
        dues_note_copy(&s->dues);
    }
    s->connection = x;
    world_tell(c->world, "%s delivers \"%s\", try %u", s->msisdn, s->text, s->tries);
    write_deliver(s, x);
    /* Two copies alive at a time are only safe where steps are numbered (HALF_OPEN in
     * docs/custody.md). */
    if (c->world->token == TURN_TOKEN_ECHO &&
        world_chance(c->world, c->world->faults.deliver_twice)) {
        uint32_t sequence_number = s->sequence_number;

        write_deliver(s, choose_connection(c));
        s->sequence_number = sequence_number; /* the copy's response says nothing */
        dues_note_copy(&s->dues);
    }
    timer_start(&c->world->timers, &s->response, CENTRE_RESPONSE_MS);
}

static void on_again(struct timer *timer, void *arg)
{
    (void)timer;
    deliver(arg);
}

static void on_response_late(struct timer *timer, void *arg)
{
    (void)timer;
    deliver_later(arg);
}

static void input(struct subscriber *s, uint8_t op, const char *text)
{
    s->is_delivering = true;
    dues_add(&s->dues, s->answered);
    s->op = op;
    s->tries = 0;
    text_copy(s->text, sizeof(s->text), text);
    timer_start(&s->centre->world->timers, &s->silence, CENTRE_SILENCE_MS);
    deliver(s);
}

static void on_silence(struct timer *timer, void *arg)
{
    struct subscriber *s = arg;

    (void)timer;
    s->centre->counters.silences++;
    go_idle(s);
}

static void on_think(struct timer *timer, void *arg)
{
    struct subscriber *s = arg;
    struct centre *c = s->centre;
    const char *text;

    (void)timer;
    if (!s->is_open) {
        s->is_open = true;
        s->session++;
        s->unit = 0;
        s->version = -1;
        s->is_overtaken = false;
        s->answered = FLOW_UNKNOWN;
        c->counters.dials++;
        input(s, CENTRE_OP_BEGIN, "*384#");
        return;
    }
    text = flow_answer(s->at, s->regno[0] != '\0');
    if (text == NULL || world_chance(c->world, c->world->faults.hang_up)) {
        c->counters.hang_ups++;
        go_idle(s);
        return;
    }
    s->answered = s->at;
    c->counters.answers++;
    input(s, CENTRE_OP_ANSWER, text);
}

/* --- what the service sends ------------------------------------------------------------------ */

static void violation(struct subscriber *s, const char *what, enum flow_step next)
{
    char detail[128];

    snprintf(detail, sizeof(detail), "answered %s, farthest %s, shown %s",
             flow_step_name(s->answered), flow_step_name(s->farthest), flow_step_name(next));
    world_violation(s->centre->world, what, s->msisdn, detail);
}

static void check_version(struct subscriber *s, const char *screen, enum flow_step next)
{
    int version = flow_version(screen);

    if (version >= 0 && s->version >= 0 && version != s->version)
        violation(s, "a dialogue has changed its menu version", next);
    if (version >= 0)
        s->version = version;
}

/* Who dials or answers while a copy of the input before is told to wait may be shown the older
 * result when the newer input, at work, has not replaced its dialogue yet: an answer to it begins a
 * new one then. What was taken is kept. */
static bool begin_anew(struct subscriber *s, enum flow_step next)
{
    if (!s->is_overtaken || (next != FLOW_LANG && next != FLOW_MAIN && next != FLOW_RESUME))
        return false;
    s->answered = FLOW_UNKNOWN;
    s->is_overtaken = false;
    return true;
}

static void check_screen(struct subscriber *s, enum flow_step next)
{
    bool is_draft = next >= FLOW_NAMA && next <= FLOW_PERIKSA;

    (void)begin_anew(s, next);
    if (next == FLOW_UNKNOWN)
        violation(s, "a screen nobody knows", next);
    if (s->answered != FLOW_UNKNOWN && !flow_may_follow(s->answered, next))
        violation(s, "a step too far, or one lost", next);
    if (s->answered == FLOW_RESUME && is_draft && next < s->farthest)
        violation(s, "an answer that was shown as taken is gone", next);
    if ((next == FLOW_CONSENT || (next == FLOW_NAMA && s->answered == FLOW_CONSENT)) &&
        (s->farthest > FLOW_NAMA || s->regno[0] != '\0'))
        violation(s, "a draft or registration is gone", next);
    if (is_draft && next > s->farthest)
        s->farthest = next;
}

static void take_regno(struct subscriber *s, const char *screen)
{
    char regno[16];

    if (!flow_regno(screen, regno, sizeof(regno)))
        violation(s, "no number on the last screen", FLOW_SELESAI);
    if (s->regno[0] != '\0' && strcmp(s->regno, regno) != 0)
        violation(s, "registered twice", FLOW_SELESAI);
    if (s->regno[0] == '\0')
        s->centre->counters.registrations++;
    text_copy(s->regno, sizeof(s->regno), regno);
    s->farthest = FLOW_LANG;
}

static void show(struct subscriber *s, uint8_t op, uint8_t unit, const char *screen,
                 enum flow_step next)
{
    struct centre *c = s->centre;

    c->counters.screens++;
    if (next == s->answered)
        c->counters.screens_again++;
    if (next == FLOW_BUSY)
        c->counters.busy++;
    world_tell(c->world, "%s sees %s", s->msisdn, flow_step_name(next));
    if (next == FLOW_WAIT)
        c->counters.waits++;
    check_screen(s, next);
    check_version(s, screen, next);
    if (next == FLOW_SELESAI)
        take_regno(s, screen);
    timer_stop(&c->world->timers, &s->silence);
    timer_stop(&c->world->timers, &s->again);
    timer_stop(&c->world->timers, &s->response);
    s->is_delivering = false;
    s->connection = NULL;
    s->at = next;
    s->unit = unit;
    if (op == CENTRE_OP_END || op == CENTRE_OP_NOTIFY)
        go_idle(s);
    else
        timer_start(&c->world->timers, &s->think, world_between(c->world, 300, 20000));
}

static struct subscriber *find_subscriber(struct centre *c, struct span digits)
{
    for (unsigned i = 0; i < c->count; i++)
        if (span_is_equal(digits, span_of_string(c->subscribers[i].msisdn)))
            return &c->subscribers[i];
    return NULL;
}

static void respond(struct connection *x, uint32_t command_id, uint32_t status,
                    uint32_t sequence_number, const char *message_id)
{
    uint8_t octets[128];
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    if (message_id != NULL)
        smpp_message_resp_encode(&w, command_id, status, sequence_number, message_id);
    else
        smpp_header_only_encode(&w, command_id, status, sequence_number);
    send_octets(x, &w);
}

/* The service opens a dialogue; false when the phone is busy. What comes so, or as an SMS, comes
 * once, to who waits for it. */
static bool take_push(struct subscriber *s, const struct smpp_pdu *pdu, uint8_t op)
{
    char text[1024];
    enum flow_step next;

    if (s->is_open)
        return false;
    s->centre->counters.pushes++;
    s->is_open = true;
    s->session++;
    text_decode(TEXT_GSM, smpp_message_text(pdu), text, sizeof(text));
    next = flow_recognise(text);
    if (begin_anew(s, next))
        dues_begin_anew(&s->dues);
    if (!dues_settle(&s->dues, next, &s->answered))
        violation(s, "a result that nobody waits for", next);
    s->is_overtaken = s->dues.has_current;
    show(s, op, 0, text, next);
    return true;
}

/* A dialogue's screen; false when it is for a dialogue that is over. */
static bool take_screen(struct subscriber *s, const struct smpp_pdu *pdu, uint8_t op)
{
    struct span session;
    char text[1024];
    enum flow_step next;

    if (!smpp_tlv_find(pdu->tlvs, SMPP_TAG_ITS_SESSION_INFO, &session))
        return take_push(s, pdu, op);
    if (!s->is_open || session.size != 2 || session.data[0] != s->session)
        return false;
    text_decode(TEXT_GSM, smpp_message_text(pdu), text, sizeof(text));
    next = flow_recognise(text);
    if (!dues_tell(&s->dues, s->answered, next) && op == CENTRE_OP_END)
        violation(s, "an end told again", next);
    show(s, op, session.data[1] >> 1, text, next);
    return true;
}

/* SMS that belong to a registration, whatever becomes of its dialogue; all others are results. */
static void take_text(struct subscriber *s, const struct smpp_pdu *pdu)
{
    char text[1024];

    s->centre->counters.texts++;
    text_decode(TEXT_GSM, smpp_message_text(pdu), text, sizeof(text));
    world_tell(s->centre->world, "%s gets SMS \"%s\"", s->msisdn, text);
    if (strncmp(text, "#TerusUsaha: ", 13) == 0) {
        if (strstr(text, " terkirim. ") != NULL)
            s->receipts++;
        return;
    }
    if (!dues_take_text(&s->dues, text))
        violation(s, "told by SMS what nobody waits for", flow_recognise(text));
}

static uint32_t judge_text(struct subscriber *s, const struct smpp_pdu *pdu)
{
    if (s->centre->world->is_sms_jammed)
        return world_chance(s->centre->world, 500000) ? ESME_RTHROTTLED : ESME_RMSGQFUL;
    take_text(s, pdu);
    return ESME_ROK;
}

static void on_submit(struct connection *x, const struct smpp_pdu *pdu)
{
    struct centre *c = x->centre;
    struct world *w = c->world;
    struct subscriber *s = find_subscriber(c, pdu->message.destination.digits);
    uint32_t status = ESME_ROK;
    struct span op;

    if (s == NULL)
        world_violation(w, "a message to nobody", "-", "");
    if (world_chance(w, w->faults.submit_throttled))
        status = ESME_RTHROTTLED;
    else if (!smpp_tlv_find(pdu->tlvs, SMPP_TAG_USSD_SERVICE_OP, &op))
        status = judge_text(s, pdu);
    else if (!take_screen(s, pdu, op.data[0]))
        status = ESME_RINVDSTADR;
    if (!world_chance(w, w->faults.submit_resp_lost))
        respond(x, SMPP_SUBMIT_SM_RESP, status, pdu->header.sequence_number, "1");
}

/* Where steps are numbered an acknowledged answer is a step that was taken, screen or not: from now
 * on the draft stands at the next question, or the registration exists. */
static void note_acknowledged(struct subscriber *s)
{
    if (s->centre->world->token != TURN_TOKEN_ECHO || s->op != CENTRE_OP_ANSWER || s->is_overtaken)
        return;
    if (s->answered == FLOW_PERIKSA)
        s->is_sent = true;
    else if (s->answered >= FLOW_NAMA && s->answered < FLOW_PERIKSA && s->answered >= s->farthest)
        s->farthest = s->answered + 1;
}

static void on_deliver_resp(struct connection *x, const struct smpp_pdu *pdu)
{
    struct centre *c = x->centre;

    if (world_chance(c->world, c->world->faults.deliver_resp_lost))
        return;
    for (unsigned i = 0; i < c->count; i++) {
        struct subscriber *s = &c->subscribers[i];

        if (!s->is_delivering || s->connection != x ||
            s->sequence_number != pdu->header.sequence_number)
            continue;
        world_tell(c->world, "%s has status %x", s->msisdn, pdu->header.command_status);
        timer_stop(&c->world->timers, &s->response);
        s->connection = NULL;
        s->is_delivering = pdu->header.command_status != ESME_ROK;
        if (!s->is_delivering)
            note_acknowledged(s);
        if (s->is_delivering) {
            c->counters.refused++;
            deliver_later(s);
        }
        return;
    }
}

static void on_pdu(struct connection *x, const struct smpp_pdu *pdu)
{
    uint32_t id = pdu->header.command_id;

    switch (id) {
    case SMPP_BIND_TRANSCEIVER:
        x->is_bound = true;
        respond(x, SMPP_BIND_TRANSCEIVER_RESP, ESME_ROK, pdu->header.sequence_number, "sim");
        break;
    case SMPP_SUBMIT_SM:
        on_submit(x, pdu);
        break;
    case SMPP_DELIVER_SM_RESP:
        on_deliver_resp(x, pdu);
        break;
    case SMPP_ENQUIRE_LINK:
    case SMPP_UNBIND:
        respond(x, id | SMPP_RESPONSE_BIT, ESME_ROK, pdu->header.sequence_number, NULL);
        if (id == SMPP_UNBIND)
            x->is_bound = false;
        break;
    default:
        world_violation(x->centre->world, "a PDU that no client sends", "-", smpp_command_name(id));
    }
}

static void on_bytes(void *ctx, struct span bytes)
{
    struct connection *x = ctx;
    size_t at = 0;
    struct smpp_header header;

    assert(bytes.size <= sizeof(x->stream) - x->size);
    memcpy(x->stream + x->size, bytes.data, bytes.size);
    x->size += bytes.size;
    while (smpp_frame_look(span_of(x->stream + at, x->size - at), SMPP_PDU_BYTES_DEFAULT,
                           &header) == SMPP_FRAME_WHOLE) {
        struct smpp_pdu pdu;

        if (smpp_pdu_decode(span_of(x->stream + at, header.command_length), &pdu) != ESME_ROK)
            world_violation(x->centre->world, "a malformed PDU", "-", "");
        at += header.command_length;
        on_pdu(x, &pdu);
    }
    memmove(x->stream, x->stream + at, x->size - at);
    x->size -= at;
}

static void on_lost(void *ctx, const char *reason)
{
    struct connection *x = ctx;
    struct centre *c = x->centre;

    (void)reason;
    for (unsigned i = 0; i < c->count; i++)
        if (c->subscribers[i].connection == x)
            deliver_later(&c->subscribers[i]);
    for (unsigned i = 0; i < CENTRE_CONNECTIONS_MAX; i++)
        if (c->connections[i] == x)
            c->connections[i] = NULL;
    transport_close(x->transport);
    mem_free(x);
}

static void on_writable(void *ctx)
{
    (void)ctx;
}

struct network_peer centre_accept(void *centre, struct transport *far_end)
{
    static const struct transport_events events = {
        .on_bytes = on_bytes, .on_lost = on_lost, .on_writable = on_writable};
    struct centre *c = centre;
    struct connection *x = mem_zalloc(sizeof(*x));
    unsigned place = 0;

    while (place < CENTRE_CONNECTIONS_MAX && c->connections[place] != NULL)
        place++;
    assert(place < CENTRE_CONNECTIONS_MAX);
    x->centre = c;
    x->transport = far_end;
    x->next_sequence = 1;
    c->connections[place] = x;
    return (struct network_peer){&events, x};
}

/* --- the whole ---------------------------------------------------------------------------------
 */

static void subscriber_init_at(struct centre *c, unsigned i)
{
    struct subscriber *s = &c->subscribers[i];

    s->centre = c;
    snprintf(s->msisdn, sizeof(s->msisdn), "62812%08u", i + 1);
    s->session = (uint8_t)world_random(c->world);
    timer_init(&s->response, on_response_late, s);
    timer_init(&s->again, on_again, s);
    timer_init(&s->think, on_think, s);
    timer_init(&s->silence, on_silence, s);
    go_idle(s);
}

struct centre *centre_new(struct world *w, unsigned subscribers)
{
    struct centre *c = mem_zalloc(sizeof(*c));

    c->world = w;
    c->count = subscribers;
    c->subscribers = mem_zalloc(subscribers * sizeof(*c->subscribers));
    for (unsigned i = 0; i < subscribers; i++)
        subscriber_init_at(c, i);
    return c;
}

void centre_close(struct centre *c)
{
    c->is_closed = true;
    for (unsigned i = 0; i < c->count; i++)
        if (!c->subscribers[i].is_open)
            timer_stop(&c->world->timers, &c->subscribers[i].think);
}

const struct centre_counters *centre_counters(const struct centre *c)
{
    return &c->counters;
}

unsigned centre_subscribers(const struct centre *c)
{
    return c->count;
}

const char *centre_msisdn(const struct centre *c, unsigned i)
{
    return c->subscribers[i].msisdn;
}

unsigned centre_receipts(const struct centre *c, unsigned i)
{
    return c->subscribers[i].receipts;
}

bool centre_is_sent(const struct centre *c, unsigned i)
{
    return c->subscribers[i].is_sent;
}

const char *centre_regno(const struct centre *c, unsigned i)
{
    return c->subscribers[i].regno;
}

void centre_free(struct centre *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        struct subscriber *s = &c->subscribers[i];

        timer_stop(&c->world->timers, &s->response);
        timer_stop(&c->world->timers, &s->again);
        timer_stop(&c->world->timers, &s->think);
        timer_stop(&c->world->timers, &s->silence);
    }
    for (unsigned i = 0; i < CENTRE_CONNECTIONS_MAX; i++)
        if (c->connections[i] != NULL) {
            transport_close(c->connections[i]->transport);
            mem_free(c->connections[i]);
        }
    mem_free(c->subscribers);
    mem_free(c);
}
