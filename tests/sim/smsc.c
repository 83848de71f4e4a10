#include "tests/sim/smsc.h"

#include "base/mem.h"
#include "gateway/smpp/pdu.h"
#include "gateway/smpp/text.h"
#include "tests/sim/delivery.h"
#include "tests/sim/dues.h"
#include "tests/sim/flow.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    SMSC_CONNECTIONS_MAX = 64,
    SMSC_ANSWER_WAIT_MS = 200,
    SMSC_SILENCE_MS = 90000, /* a subscriber gives up */
    SMSC_THINK_MS_MAX = 20000,
    SMSC_THINK_BUSY_MS_MAX = 4000,
    SMSC_IDLE_MS_MAX = 3600000,
    SMSC_IDLE_BUSY_MS_MAX = 20000,
    SMSC_OP_BEGIN = 1,
    SMSC_OP_ASK = 2,
    SMSC_OP_NOTIFY = 3,
    SMSC_OP_END = 17,
    SMSC_OP_ANSWER = 18,
};

struct subscriber {
    struct smsc *smsc;
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
    struct delivery delivery;
    char text[64];
    uint8_t op;
    uint8_t answers_unit;
    struct timer think;
    struct timer silence;
};

struct smsc {
    struct world *world;
    struct connection *connections[SMSC_CONNECTIONS_MAX];
    struct subscriber *subscribers;
    unsigned count;
    bool is_closed;
    struct smsc_counters counters;
};

/* Answers come by one connection, screens by another: a screen says nothing of its answer. */
static bool answers_alone(const struct world *w)
{
    return w->bind == CONFIG_BIND_PAIR;
}

static struct connection *choose_connection(const struct smsc *c)
{
    struct connection *bound[SMSC_CONNECTIONS_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < SMSC_CONNECTIONS_MAX; i++)
        if (c->connections[i] != NULL && connection_takes_inputs(c->connections[i]))
            bound[count++] = c->connections[i];
    return count != 0 ? bound[world_between(c->world, 0, count - 1)] : NULL;
}

static uint32_t write_input(struct subscriber *s, struct connection *x)
{
    uint8_t tlv_octets[32];
    uint8_t octets[512];
    uint32_t sequence_number;
    uint8_t session[2] = {
        s->session, s->smsc->world->token == TURN_TOKEN_ECHO ? (uint8_t)(s->answers_unit << 1) : 0};
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
    sequence_number = connection_next_sequence(x);
    smpp_message_encode(&w, SMPP_DELIVER_SM, sequence_number, &m, writer_span(&tlvs));
    assert(!w.failed);
    connection_send(x, writer_span(&w));
    return sequence_number;
}

static void go_idle(struct subscriber *s)
{
    struct world *w = s->smsc->world;

    s->is_open = false;
    delivery_stop(&s->delivery);
    timer_stop(&w->timers, &s->silence);
    if (s->smsc->is_closed)
        timer_stop(&w->timers, &s->think);
    else
        timer_start(&w->timers, &s->think,
                    world_between(w, 1000, w->is_busy ? SMSC_IDLE_BUSY_MS_MAX : SMSC_IDLE_MS_MAX));
}

static struct connection *choose(void *ctx)
{
    const struct subscriber *s = ctx;

    return choose_connection(s->smsc);
}

static uint32_t deliver(void *ctx, struct connection *x, unsigned tries)
{
    struct subscriber *s = ctx;
    struct smsc *c = s->smsc;
    uint32_t sequence_number;

    if (tries > 1) {
        c->counters.redelivered++;
        dues_note_copy(&s->dues);
    }
    world_tell(c->world, "%s delivers \"%s\", try %u", s->msisdn, s->text, tries);
    sequence_number = write_input(s, x);
    /* Two copies alive at a time are only safe where steps are numbered (HALF_OPEN in
     * docs/custody.md). The copy's response says nothing. */
    if (c->world->token == TURN_TOKEN_ECHO &&
        world_chance(c->world, c->world->faults.deliver_twice)) {
        (void)write_input(s, choose_connection(c));
        dues_note_copy(&s->dues);
    }
    return sequence_number;
}

static void give_up(void *ctx)
{
    go_idle(ctx);
}

static void input(struct subscriber *s, uint8_t op, const char *text)
{
    dues_add(&s->dues, s->answered);
    s->op = op;
    s->answers_unit = s->unit;
    text_copy(s->text, sizeof(s->text), text);
    timer_start(&s->smsc->world->timers, &s->silence, SMSC_SILENCE_MS);
    delivery_begin(&s->delivery);
}

static void on_silence(struct timer *timer, void *arg)
{
    struct subscriber *s = arg;

    (void)timer;
    s->smsc->counters.silences++;
    go_idle(s);
}

static void on_think(struct timer *timer, void *arg)
{
    struct subscriber *s = arg;
    struct smsc *c = s->smsc;
    const char *text;

    (void)timer;
    if (s->delivery
            .is_under_way) { /* the screen has come before the answer: no input goes before it */
        timer_start(&c->world->timers, &s->think, SMSC_ANSWER_WAIT_MS);
        return;
    }
    if (!s->is_open) {
        s->is_open = true;
        s->session++;
        s->unit = 0;
        s->version = -1;
        s->is_overtaken = c->world->is_busy && s->dues.count != 0;
        s->answered = FLOW_UNKNOWN;
        c->counters.dials++;
        input(s, SMSC_OP_BEGIN, "*384#");
        return;
    }
    text = flow_answer(s->at, s->regno[0] != '\0');
    if (text == NULL || world_chance(c->world, c->world->faults.hang_up)) {
        go_idle(s);
        return;
    }
    s->answered = s->at;
    c->counters.answers++;
    input(s, SMSC_OP_ANSWER, text);
}

/* --- what the service sends ------------------------------------------------------------------ */

static void violation(struct subscriber *s, const char *what, enum flow_step next)
{
    char detail[128];

    snprintf(detail, sizeof(detail), "answered %s, farthest %s, shown %s",
             flow_step_name(s->answered), flow_step_name(s->farthest), flow_step_name(next));
    world_violation(s->smsc->world, what, s->msisdn, detail);
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
    s->is_overtaken = s->smsc->world->is_busy; /* by more than one */
    return true;
}

static void check_screen(struct subscriber *s, enum flow_step next)
{
    bool is_draft = next >= FLOW_NAMA && next <= FLOW_PERIKSA;

    if (s->answered != FLOW_UNKNOWN)
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
    text_copy(s->regno, sizeof(s->regno), regno);
    s->farthest = FLOW_LANG;
}

/* Its answer was taken, and the next screen is on the phone: nobody answers it once more, as
 * docs/custody.md assumes where steps have no number. */
static bool is_passed(const struct subscriber *s, enum flow_step next)
{
    const struct world *w = s->smsc->world;

    return (w->is_busy || answers_alone(w)) && w->token == TURN_TOKEN_NONE && next == s->answered &&
           s->at != s->answered;
}

static void show(struct subscriber *s, uint8_t op, uint8_t unit, const char *screen,
                 enum flow_step next)
{
    struct smsc *c = s->smsc;

    c->counters.screens++;
    if (next == s->answered)
        c->counters.screens_again++;
    if (next == FLOW_BUSY)
        c->counters.busy++;
    world_tell(c->world, "%s sees %s", s->msisdn, flow_step_name(next));
    if (next == FLOW_WAIT)
        c->counters.waits++;
    if (is_passed(s, next))
        return;
    check_screen(s, next);
    check_version(s, screen, next);
    if (next == FLOW_SELESAI)
        take_regno(s, screen);
    timer_stop(&c->world->timers, &s->silence);
    if (!answers_alone(c->world))
        delivery_stop(&s->delivery);
    s->at = next;
    s->unit = unit;
    if (op == SMSC_OP_END || op == SMSC_OP_NOTIFY)
        go_idle(s);
    else if (!s->delivery.is_under_way || next != s->answered) /* else it was answered just now */
        timer_start(&c->world->timers, &s->think,
                    world_between(c->world, 300,
                                  c->world->is_busy ? SMSC_THINK_BUSY_MS_MAX : SMSC_THINK_MS_MAX));
}

static struct subscriber *find_subscriber(struct smsc *c, struct span digits)
{
    for (unsigned i = 0; i < c->count; i++)
        if (span_is_equal(digits, span_of_string(c->subscribers[i].msisdn)))
            return &c->subscribers[i];
    return NULL;
}

/* The service opens a dialogue; false when the phone is busy. What comes so, or as an SMS, comes
 * once, to who waits for it. */
static bool take_push(struct subscriber *s, const struct smpp_pdu *pdu, uint8_t op)
{
    char text[1024];
    enum flow_step next;
    bool was_current;

    if (s->is_open)
        return false;
    s->smsc->counters.pushes++;
    s->is_open = true;
    s->session++;
    text_decode(TEXT_GSM, smpp_message_text(pdu), text, sizeof(text));
    next = flow_recognise(text);
    if (begin_anew(s, next) && !s->smsc->world->is_busy)
        dues_begin_anew(&s->dues);
    was_current = s->dues.has_current;
    if (!dues_settle(&s->dues, next, &s->answered) &&
        !(s->smsc->world->is_busy && dues_settle_any(&s->dues, &s->answered)))
        violation(s, "a result that nobody waits for", next);
    s->is_overtaken = !was_current || s->dues.has_current; /* it is not the newest input's */
    if (s->is_overtaken && s->smsc->world->is_busy)
        s->answered = FLOW_UNKNOWN; /* of an older place than has been shown since, perhaps */
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
    if (!dues_tell(&s->dues, s->answered, next) && op == SMSC_OP_END)
        violation(s, "an end told again", next);
    show(s, op, session.data[1] >> 1, text, next);
    return true;
}

/* SMS that belong to a registration, whatever becomes of its dialogue; all others are results. */
static void take_text(struct subscriber *s, const struct smpp_pdu *pdu)
{
    char text[1024];

    s->smsc->counters.texts++;
    text_decode(TEXT_GSM, smpp_message_text(pdu), text, sizeof(text));
    world_tell(s->smsc->world, "%s gets SMS \"%s\"", s->msisdn, text);
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
    if (s->smsc->world->is_sms_jammed)
        return world_chance(s->smsc->world, 500000) ? ESME_RTHROTTLED : ESME_RMSGQFUL;
    take_text(s, pdu);
    return ESME_ROK;
}

static void on_submit(struct smsc *c, struct connection *x, const struct smpp_pdu *pdu)
{
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
        connection_respond(x, SMPP_SUBMIT_SM_RESP, status, pdu->header.sequence_number, "1");
}

/* Where steps are numbered an acknowledged answer is a step that was taken, screen or not: from now
 * on the draft stands at the next question, or the registration exists. */
static void note_acknowledged(struct subscriber *s)
{
    if (s->smsc->world->token != TURN_TOKEN_ECHO || s->op != SMSC_OP_ANSWER || s->is_overtaken)
        return;
    if (s->answered == FLOW_PERIKSA)
        s->is_sent = true;
    else if (s->answered >= FLOW_NAMA && s->answered < FLOW_PERIKSA && s->answered >= s->farthest)
        s->farthest = s->answered + 1;
}

static void on_deliver_resp(struct smsc *c, struct connection *x, const struct smpp_pdu *pdu)
{
    /* What stands behind it in the same stream is read: the screen, which says as much. Where there
     * is none, an enquire_link, which would prove too much. */
    if (!answers_alone(c->world) && world_chance(c->world, c->world->faults.deliver_resp_lost))
        return;
    for (unsigned i = 0; i < c->count; i++) {
        struct subscriber *s = &c->subscribers[i];

        if (!delivery_awaits(&s->delivery, x, pdu->header.sequence_number))
            continue;
        world_tell(c->world, "%s has status %x", s->msisdn, pdu->header.command_status);
        if (pdu->header.command_status == ESME_ROK) {
            delivery_stop(&s->delivery);
            note_acknowledged(s);
        } else {
            c->counters.refused++;
            delivery_later(&s->delivery);
        }
        return;
    }
}

static void on_request(void *ctx, struct connection *x, const struct smpp_pdu *pdu)
{
    struct smsc *c = ctx;

    if (pdu->header.command_id == SMPP_SUBMIT_SM)
        on_submit(c, x, pdu);
    else
        on_deliver_resp(c, x, pdu);
}

static void on_lost(void *ctx, struct connection *x)
{
    struct smsc *c = ctx;

    for (unsigned i = 0; i < c->count; i++)
        if (c->subscribers[i].delivery.connection == x)
            delivery_later(&c->subscribers[i].delivery);
    for (unsigned i = 0; i < SMSC_CONNECTIONS_MAX; i++)
        if (c->connections[i] == x)
            c->connections[i] = NULL;
}

struct network_peer smsc_accept(void *smsc, struct transport *far_end)
{
    static const struct connection_owner owner = {on_request, on_lost};
    struct smsc *c = smsc;
    unsigned place = 0;

    while (place < SMSC_CONNECTIONS_MAX && c->connections[place] != NULL)
        place++;
    assert(place < SMSC_CONNECTIONS_MAX);
    c->connections[place] = connection_new(c->world, far_end, &owner, c);
    return connection_peer(c->connections[place]);
}

/* --- the whole ------------------------------------------------------------------------------- */

static void subscriber_init_at(struct smsc *c, unsigned i)
{
    static const struct delivery_owner input_owner = {choose, deliver, give_up};
    struct subscriber *s = &c->subscribers[i];

    s->smsc = c;
    snprintf(s->msisdn, sizeof(s->msisdn), "62812%08u", i + 1);
    s->session = (uint8_t)world_random(c->world);
    delivery_init(&s->delivery, c->world, &input_owner, s);
    timer_init(&s->think, on_think, s);
    timer_init(&s->silence, on_silence, s);
    go_idle(s);
}

struct smsc *smsc_new(struct world *w, unsigned subscribers)
{
    struct smsc *c = mem_zalloc(sizeof(*c));

    c->world = w;
    c->count = subscribers;
    c->subscribers = mem_zalloc(subscribers * sizeof(*c->subscribers));
    for (unsigned i = 0; i < subscribers; i++)
        subscriber_init_at(c, i);
    return c;
}

void smsc_close(struct smsc *c)
{
    c->is_closed = true;
    for (unsigned i = 0; i < c->count; i++)
        if (!c->subscribers[i].is_open)
            timer_stop(&c->world->timers, &c->subscribers[i].think);
}

const struct smsc_counters *smsc_counters(const struct smsc *c)
{
    return &c->counters;
}

unsigned smsc_subscribers(const struct smsc *c)
{
    return c->count;
}

const char *smsc_msisdn(const struct smsc *c, unsigned i)
{
    return c->subscribers[i].msisdn;
}

unsigned smsc_receipts(const struct smsc *c, unsigned i)
{
    return c->subscribers[i].receipts;
}

bool smsc_is_sent(const struct smsc *c, unsigned i)
{
    return c->subscribers[i].is_sent;
}

const char *smsc_regno(const struct smsc *c, unsigned i)
{
    return c->subscribers[i].regno;
}

void smsc_free(struct smsc *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        struct subscriber *s = &c->subscribers[i];

        delivery_stop(&s->delivery);
        timer_stop(&c->world->timers, &s->think);
        timer_stop(&c->world->timers, &s->silence);
    }
    for (unsigned i = 0; i < SMSC_CONNECTIONS_MAX; i++)
        if (c->connections[i] != NULL)
            connection_free(c->connections[i]);
    mem_free(c->subscribers);
    mem_free(c);
}
