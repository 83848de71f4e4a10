#include "tests/sim/smsc.h"

#include "base/mem.h"
#include "gateway/smpp/pdu.h"
#include "gateway/smpp/text.h"
#include "merchants/merchant.h"
#include "tests/sim/phone.h"
#include "tests/sim/reports.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    SMSC_ON_ITS_WAY_MS = 60 * 1000, /* a gateway notices so soon that an SMS is owed no more */
    SMSC_DRAFT_MS = 7 * 24 * 3600 * 1000,
    SMSC_SKEW_MS = 10 * 60 * 1000, /* of clocks, and until a timer is looked after */
    SMSC_AGAIN_MS = 6 * 3600 * 1000,
    SMSC_REMINDERS_MS = 10 * 24 * 3600 * 1000,
    SMSC_LEDGER = 8,               /* inputs that a record knows */
    SMSC_NEWS_MS = 15 * 60 * 1000, /* then nothing of a question, or of an SMS, is under way */
};

/* Answers come by one connection, screens by another: a screen says nothing of its answer. */
static bool answers_alone(const struct world *w)
{
    return w->bind == CONFIG_BIND_PAIR;
}

/* --- what the service sends ------------------------------------------------------------------ */

static void violation(struct phone *s, const char *what, enum flow_step next)
{
    char detail[128];

    snprintf(detail, sizeof(detail), "answered %s, farthest %s, shown %s",
             flow_step_name(s->answered), flow_step_name(s->farthest), flow_step_name(next));
    world_violation(s->smsc->world, what, s->msisdn, detail);
}

static void check_version(struct phone *s, const char *screen, enum flow_step next)
{
    int version = flow_version(screen);

    if (version >= 0 && s->version >= 0 && version != s->version && !s->is_forgotten)
        violation(s, "a dialogue has changed its menu version", next);
    if (version >= 0)
        s->version = version;
}

/* Of who dials while told to wait, and answers an older result, the answer may be taken for one to
 * the dial's, which is on its way. */
static bool is_taken_for_another(const struct phone *s, enum flow_step next)
{
    return s->smsc->world->is_busy && !flow_may_follow(s->answered, next) &&
           (flow_may_follow(FLOW_LANG, next) || flow_may_follow(FLOW_MAIN, next) ||
            flow_may_follow(FLOW_RESUME, next) || next == FLOW_DATA || next == FLOW_INFO);
}

/* Who dials or answers while a copy of the input before is told to wait may be shown the older
 * result when the newer input, at work, has not replaced its dialogue yet: an answer to it begins a
 * new one then. What was taken is kept. */
static bool begin_anew(struct phone *s, enum flow_step next)
{
    if (!s->is_overtaken || (next != FLOW_LANG && next != FLOW_MAIN && next != FLOW_RESUME &&
                             !is_taken_for_another(s, next)))
        return false;
    s->answered = FLOW_UNKNOWN;
    s->version = -1;                           /* of another dialogue, then */
    s->is_overtaken = s->smsc->world->is_busy; /* by more than one */
    return true;
}

/* A draft is kept for so long since it was begun. */
static void note_draft(struct phone *s, enum flow_step next)
{
    uint64_t now_ms = s->smsc->world->timers.now_ms;
    bool is_anew = next == FLOW_CONSENT || (next == FLOW_NAMA && s->answered == FLOW_CONSENT);

    if (is_anew && s->begun_ms[0] != 0 && now_ms >= s->begun_ms[0] + SMSC_DRAFT_MS - SMSC_SKEW_MS)
        phone_lose_draft(s);
    if (next == FLOW_RESUME && s->begun_ms[1] != 0 &&
        now_ms >= s->begun_ms[1] + SMSC_DRAFT_MS + SMSC_SKEW_MS)
        violation(s, "a draft that is too old", next);
    if (next > FLOW_NAMA && next <= FLOW_PERIKSA && s->begun_ms[1] == 0)
        s->begun_ms[1] = now_ms;
}

/* It has asked to be erased before that. */
static bool is_since(const struct phone *s, uint64_t at_ms)
{
    return s->asked_by_ms != 0 && at_ms > s->asked_by_ms + SMSC_SKEW_MS;
}

/* In the middle of a dialogue, too: that begins anew. */
static void lose_old_draft(struct phone *s, enum flow_step next)
{
    if (s->begun_ms[0] == 0 || s->answered == FLOW_UNKNOWN || flow_may_follow(s->answered, next) ||
        (next != FLOW_LANG && next != FLOW_MAIN) ||
        s->smsc->world->timers.now_ms < s->begun_ms[0] + SMSC_DRAFT_MS - SMSC_SKEW_MS)
        return;
    s->answered = FLOW_UNKNOWN;
    phone_lose_draft(s);
}

static void check_screen(struct phone *s, enum flow_step next)
{
    bool is_draft = next >= FLOW_NAMA && next <= FLOW_PERIKSA;

    if (s->is_forgotten) {
        s->has_begun_since = s->has_begun_since || (is_draft && is_since(s, s->consented_ms));
        return;
    }
    if (s->answered != FLOW_UNKNOWN)
        (void)begin_anew(s, next);
    lose_old_draft(s, next);
    if (next == FLOW_UNKNOWN)
        violation(s, "a screen nobody knows", next);
    if (flow_is_of_registration(next) && !s->has_sent)
        violation(s, "a registration that nobody has sent", next);
    if (next == FLOW_RESUME && !s->has_consented)
        violation(s, "a draft that nobody has begun", next);
    if (s->answered != FLOW_UNKNOWN && !flow_may_follow(s->answered, next))
        violation(s, "a step too far, or one lost", next);
    if (s->answered == FLOW_LANG && next == FLOW_RESUME && !s->smsc->world->pushes)
        violation(s, "a draft before the language", next);
    note_draft(s, next);
    if (s->answered == FLOW_RESUME && is_draft && next < s->farthest)
        violation(s, "an answer that was shown as taken is gone", next);
    /* Who is busy, and begins anew, may register again what was rejected. */
    s->registers_again =
        s->smsc->world->is_busy &&
        (s->answered == FLOW_UNKNOWN || (s->registers_again && s->answered == FLOW_CONSENT));
    if ((next == FLOW_CONSENT || (next == FLOW_NAMA && s->answered == FLOW_CONSENT)) &&
        (s->farthest > FLOW_NAMA || (s->regno[0] != '\0' && !s->registers_again)))
        violation(s, "a draft or registration is gone", next);
    if (next == FLOW_NAMA && s->answered == FLOW_CONSENT && s->registers_again)
        s->regno[0] = '\0';
    if (next == FLOW_KOSONG && s->regno[0] != '\0')
        violation(s, "a registration is gone", next);
    if (is_draft && next > s->farthest)
        s->farthest = next;
}

/* Where nothing names the step, and a screen proves its answer, no copy is about when it has come.
 */
static void check_end(struct phone *s, enum flow_step next)
{
    const struct world *w = s->smsc->world;

    if ((next == FLOW_BUSY || next == FLOW_WAIT) && s->is_shown && !answers_alone(w) &&
        w->token == TURN_TOKEN_NONE)
        violation(s, "what has gone on is ended as if it had not", next);
}

static void take_regno(struct phone *s, const char *screen)
{
    char regno[16];

    if (!flow_regno(screen, regno, sizeof(regno)))
        violation(s, "no number on the last screen", FLOW_SELESAI);
    if (s->is_forgotten) {
        if (is_since(s, s->sent_ms))
            text_copy(s->renewed, sizeof(s->renewed), regno);
        return;
    }
    if (s->regno[0] != '\0' && strcmp(s->regno, regno) != 0 && !s->deeds.is_cancelling)
        violation(s, "registered twice", FLOW_SELESAI);
    text_copy(s->regno, sizeof(s->regno), regno);
    phone_lose_draft(s);
}

/* Its answer was taken, and the next screen is on the phone: nobody answers it once more, as
 * docs/custody.md assumes where steps have no number. */
static bool is_passed(const struct phone *s, enum flow_step next)
{
    const struct world *w = s->smsc->world;

    return (w->is_busy || answers_alone(w)) && w->token == TURN_TOKEN_NONE && next == s->answered &&
           s->at != s->answered;
}

/* A copy of an input from before the one that is answered got its screen late: the same holds. */
static bool is_of_older_copy(const struct phone *s, uint8_t unit, enum flow_step next)
{
    const struct world *w = s->smsc->world;
    unsigned behind = (SMSC_UNITS + s->answers_unit - unit) % SMSC_UNITS;

    return w->is_busy && w->token == TURN_TOKEN_ECHO && s->op == SMSC_OP_ANSWER &&
           next != FLOW_BUSY && next != FLOW_WAIT && behind != 0 && behind < SMSC_UNITS / 2;
}

static void show(struct phone *s, uint8_t op, uint8_t unit, const char *screen, enum flow_step next)
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
    check_end(s, next);
    if (next == FLOW_SELESAI)
        take_regno(s, screen);
    timer_stop(&c->world->timers, &s->silence);
    if (!answers_alone(c->world))
        delivery_stop(&s->delivery);
    s->at = next;
    s->unit = unit;
    if (op == SMSC_OP_END || op == SMSC_OP_NOTIFY)
        phone_go_idle(s);
    else if (!s->delivery.is_under_way || next != s->answered) /* else it was answered just now */
        phone_think(s);
}

struct phone *smsc_find(const struct smsc *c, struct span digits)
{
    for (unsigned i = 0; i < c->count; i++)
        if (span_is_equal(digits, span_of_string(c->phones[i].msisdn)))
            return &c->phones[i];
    return NULL;
}

/* At most as often as one was owed, as far back as the record knows inputs; again as long as no
 * answer to it was taken: the response to it may be lost. */
static void check_push(struct phone *s)
{
    const struct world *w = s->smsc->world;
    bool is_known_before = s->pushes == 0 && s->typed_since_push >= SMSC_LEDGER;

    if (s->forgotten_ms != 0 && !s->has_come_back && !s->may_be_pushed_late &&
        w->timers.now_ms - s->forgotten_ms >= SMSC_ON_ITS_WAY_MS)
        violation(s, "pushed to who was erased", FLOW_BANTUAN);
    if (s->is_pushed)
        return;
    if ((s->pushes == 0 && !is_known_before) || w->timers.now_ms >= s->pushes_until_ms)
        violation(s, "pushed again, or late, or by nobody", FLOW_BANTUAN);
    s->pushes -= !is_known_before;
    s->is_pushed = true;
    s->typed_since_push = 0;
}

/* The service opens a dialogue; false when the phone is busy. What comes so, or as an SMS, comes
 * once, to who waits for it. */
static bool take_push(struct phone *s, const struct smpp_pdu *pdu, uint8_t op)
{
    char text[1024];
    enum flow_step next;
    bool was_current;

    if (phone_is_out_of_time(s))
        phone_go_idle(s);
    if (s->is_open)
        return false;
    text_decode(TEXT_GSM, smpp_message_text(pdu), text, sizeof(text));
    next = flow_recognise(text);
    s->smsc->counters.pushes++;
    outcome_told(&s->outcome);
    outcome_drop_push(&s->outcome);
    if (next == FLOW_BANTUAN)
        check_push(s);
    s->is_open = true;
    s->opened_ms = s->smsc->world->timers.now_ms;
    s->has_come_back = true;
    s->session++;
    if (next == FLOW_BANTUAN) {
        s->version = -1;
        s->answered = FLOW_UNKNOWN;
        s->is_overtaken = s->dues.has_current;
        show(s, op, 0, text, next);
        return true;
    }
    if (begin_anew(s, next) && !s->smsc->world->is_busy)
        dues_begin_anew(&s->dues);
    was_current = s->dues.has_current;
    if (!dues_settle(&s->dues, next, &s->answered) && !s->is_forgotten &&
        !(s->smsc->world->is_busy && dues_settle_any(&s->dues, &s->answered)))
        violation(s, "a result that nobody waits for", next);
    s->is_overtaken = !was_current || s->dues.has_current; /* it is not the newest input's */
    if (s->is_overtaken && s->smsc->world->is_busy)
        s->answered = FLOW_UNKNOWN; /* of an older place than has been shown since, perhaps */
    show(s, op, 0, text, next);
    return true;
}

static void take_seat(struct phone *s, const char *screen)
{
    s->smsc->counters.seats++;
    s->seat_number = flow_training(screen);
    if (s->is_joining && !s->is_forgotten)
        s->seat = SEAT_TAKEN;
}

static bool says_cancelled(const struct phone *s, const char *screen, enum flow_step next)
{
    char regno[MERCHANT_REGNO_BYTES];

    return next == FLOW_BATAL_OK ||
           (s->deeds.is_cancelling && strstr(screen, "Status: DIBATALKAN") != NULL &&
            flow_regno(screen, regno, sizeof(regno)) && strcmp(regno, s->regno) == 0);
}

/* What it has done to its registration is shown. */
static void note_deed(struct phone *s, const char *screen, enum flow_step next)
{
    bool is_sent_anew = next == FLOW_STATUS && strstr(screen, "Status: TERKIRIM") != NULL;

    if (s->is_forgotten || s->smsc->world->is_busy)
        return;
    if (s->answered == FLOW_NAMA_BARU && (next == FLOW_UBAH_OK || is_sent_anew)) {
        s->smsc->counters.corrections++;
        deeds_note_name(&s->deeds);
    }
    if (!says_cancelled(s, screen, next))
        return;
    s->smsc->counters.cancellations++;
    deeds_note_cancel(&s->deeds, s->regno);
    s->regno[0] = '\0';
}

/* The dialogue waits for its subscriber: such a screen is a late one. */
static bool refuses(const struct phone *s)
{
    return s->is_shown && !s->delivery.is_under_way && world_chance(s->smsc->world, 500000);
}

/* A dialogue's screen; false when it is for a dialogue that is over. */
static bool take_screen(struct phone *s, const struct smpp_pdu *pdu, uint8_t op)
{
    struct span session;
    char text[1024];
    enum flow_step next;

    if (!smpp_tlv_find(pdu->tlvs, SMPP_TAG_ITS_SESSION_INFO, &session))
        return take_push(s, pdu, op);
    if (!s->is_open || session.size != 2 || session.data[0] != s->session)
        return false;
    if (refuses(s))
        return false;
    text_decode(TEXT_GSM, smpp_message_text(pdu), text, sizeof(text));
    next = flow_recognise(text);
    if (is_of_older_copy(s, session.data[1] >> 1, next))
        return true;
    outcome_told(&s->outcome);
    if (!dues_tell(&s->dues, s->answered, next) && op == SMSC_OP_END && !s->is_forgotten)
        violation(s, "an end told again", next);
    if (next == FLOW_SEAT && s->answered == FLOW_DETAIL)
        take_seat(s, text);
    if (next == FLOW_KABARI_OK && !s->is_forgotten)
        s->asked_news_ms = s->smsc->world->timers.now_ms;
    note_deed(s, text, next);
    s->is_pushed = s->is_pushed && (next == FLOW_BUSY || next == FLOW_WAIT);
    show(s, op, session.data[1] >> 1, text, next);
    return true;
}

static unsigned decision_in(const char *text)
{
    static const struct {
        enum merchant_status status;
        const char *words;
    } texts[] = {{MERCHANT_DIPERIKSA, " sedang diperiksa. "},
                 {MERCHANT_PERLU_PERBAIKAN, " perlu perbaikan: "},
                 {MERCHANT_DISETUJUI, " DISETUJUI. "},
                 {MERCHANT_DITOLAK, " belum dapat diterima: "}};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strstr(text, texts[i].words) != NULL)
            return 1U << texts[i].status;
    return 0;
}

/* All others are results of a dialogue: the main menu begins so, too. */
static bool is_of_service(const char *text)
{
    static const char name[] = "#TerusUsaha";

    return strncmp(text, name, sizeof(name) - 1) == 0 && flow_recognise(text) != FLOW_MAIN;
}

/* What was owed to who was erased goes with him, but for the word of it; what has left comes. */
static void check_forgotten(const struct phone *s, const char *text)
{
    const struct world *w = s->smsc->world;

    if (s->forgotten_ms != 0 && !s->has_come_back && strstr(text, "dihapus") == NULL &&
        w->timers.now_ms - s->forgotten_ms >= SMSC_ON_ITS_WAY_MS)
        world_violation(w, "an SMS to who was erased", s->msisdn, text);
}

/* Once for each time that it was asked for; the last may have come twice, or crossed the question.
 */
static void note_news(struct phone *s)
{
    uint64_t now_ms = s->smsc->world->timers.now_ms;

    s->asked_news_ms = 0;
    if (now_ms - s->wants_news_ms < SMSC_NEWS_MS || s->is_forgotten || s->smsc->world->is_busy)
        return;
    if (s->told_news_ms == 0)
        s->told_news_ms = now_ms;
    else if (now_ms - s->told_news_ms >= 2 * SMSC_NEWS_MS)
        world_violation(s->smsc->world, "told of a training, and has not asked again", s->msisdn,
                        "");
}

/* Once for each correction that an officer asked for, 11 days before; the SMS may come twice. */
static void note_reminder(struct phone *s)
{
    uint64_t now_ms = s->smsc->world->timers.now_ms, since_ms = now_ms - s->reminded_ms;

    if (s->reminded_ms != 0 && since_ms >= SMSC_AGAIN_MS && since_ms < SMSC_REMINDERS_MS)
        world_violation(s->smsc->world, "reminded again of one correction", s->msisdn, "");
    if (s->reminded_ms == 0 || since_ms >= SMSC_REMINDERS_MS)
        s->reminded_ms = now_ms;
}

/* SMS that belong to a registration or a seat, whatever becomes of its dialogue, and answers to an
 * SMS; all others are results. */
static void take_text(struct phone *s, const struct smpp_pdu *pdu)
{
    enum flow_step answered;
    char text[1024];

    s->smsc->counters.texts++;
    text_decode(TEXT_GSM, smpp_message_text(pdu), text, sizeof(text));
    world_tell(s->smsc->world, "%s gets SMS \"%s\"", s->msisdn, text);
    check_forgotten(s, text);
    if (is_of_service(text)) {
        if (strstr(text, "pelatihan gratis: 1.") != NULL)
            note_news(s);
        if (strstr(text, " masih perlu perbaikan sampai ") != NULL)
            note_reminder(s);
        s->unseated += strstr(text, " keikutsertaan pelatihan ") != NULL;
        s->decisions |= decision_in(text);
        writing_read(s, text);
        return;
    }
    outcome_told(&s->outcome);
    if (!dues_take_text(&s->dues, text) && !s->is_forgotten &&
        !(s->smsc->world->is_busy && dues_settle_any(&s->dues, &answered)))
        violation(s, "told by SMS what nobody waits for", flow_recognise(text));
}

static uint32_t judge_text(struct phone *s, const struct smpp_pdu *pdu, const char *message_id)
{
    if (s->smsc->world->is_sms_jammed)
        return world_chance(s->smsc->world, 500000) ? ESME_RTHROTTLED : ESME_RMSGQFUL;
    take_text(s, pdu);
    if (pdu->message.registered_delivery != 0)
        reports_plan(s->smsc->reports, s, message_id);
    return ESME_ROK;
}

/* The phone is out of reach. */
static uint32_t lose_dialogue(struct phone *s)
{
    world_tell(s->smsc->world, "%s is out of reach", s->msisdn);
    if (s->is_open)
        phone_go_idle(s);
    return ESME_RSUBMITFAIL;
}

static void on_submit(struct smsc *c, struct connection *x, const struct smpp_pdu *pdu)
{
    struct world *w = c->world;
    struct phone *s = smsc_find(c, pdu->message.destination.digits);
    uint32_t status = ESME_ROK;
    enum flow_step answered;
    char message_id[16];
    bool is_proof, is_screen;
    struct span op;

    /* No number in any base: such may be taken for each other. */
    snprintf(message_id, sizeof(message_id), "s%u", ++c->messages);
    if (s == NULL)
        world_violation(w, "a message to nobody", "-", "");
    if (connection_centre(x) != s->centre)
        world_violation(w, "a message by another's centre", s->msisdn, "");
    is_proof = !s->delivery.is_under_way || s->delivery.connection == x;
    answered = s->answered;
    is_screen = smpp_tlv_find(pdu->tlvs, SMPP_TAG_USSD_SERVICE_OP, &op);
    if (world_chance(w, w->faults.submit_throttled)) {
        status = ESME_RTHROTTLED;
        if (is_screen)
            outcome_excuse(&s->outcome);
    } else if (!is_screen)
        status = judge_text(s, pdu, message_id);
    else if (world_chance(w, w->faults.submit_refused))
        status = lose_dialogue(s);
    else if (take_screen(s, pdu, op.data[0]))
        s->is_shown = is_proof && !(w->is_busy && s->at == answered); /* else a copy's, perhaps */
    else
        status = ESME_RINVDSTADR;
    if (!world_chance(w, w->faults.submit_resp_lost))
        connection_respond_in(x, world_between(w, 0, w->faults.submit_resp_ms), SMPP_SUBMIT_SM_RESP,
                              status, pdu->header.sequence_number, message_id);
}

/* Where steps are numbered an acknowledged answer is a step that was taken, screen or not: from now
 * on the draft stands at the next question, or the registration exists. */
static void note_acknowledged(struct phone *s)
{
    if (s->smsc->world->token != TURN_TOKEN_ECHO || s->op != SMSC_OP_ANSWER || s->is_overtaken ||
        s->is_forgotten)
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
    for (unsigned i = 0; i < c->count; i++)
        if (letter_respond(&c->phones[i].writing.letter, x, pdu->header.sequence_number,
                           pdu->header.command_status))
            return;
    if (reports_respond(c->reports, x, pdu->header.sequence_number, pdu->header.command_status))
        return;
    if (!answers_alone(c->world) && world_chance(c->world, c->world->faults.deliver_resp_lost))
        return;
    for (unsigned i = 0; i < c->count; i++) {
        struct phone *s = &c->phones[i];

        if (!delivery_awaits(&s->delivery, x, pdu->header.sequence_number))
            continue;
        world_tell(c->world, "%s has status %x", s->msisdn, pdu->header.command_status);
        if (pdu->header.command_status == ESME_ROK) {
            delivery_stop(&s->delivery);
            outcome_take(&s->outcome, x);
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

    for (unsigned i = 0; i < c->count; i++) {
        struct phone *s = &c->phones[i];

        if (s->delivery.connection == x)
            delivery_later(&s->delivery);
        letter_lose_connection(&s->writing.letter, x);
        if (connection_centre(x) == s->centre)
            outcome_lose_connection(&s->outcome, x);
    }
    reports_lose_connection(c->reports, x);
    for (unsigned i = 0; i < SMSC_CONNECTIONS_MAX; i++)
        if (c->connections[i] == x)
            c->connections[i] = NULL;
}

struct network_peer smsc_accept(void *smsc, struct transport *far_end, uint16_t port)
{
    static const struct connection_owner owner = {on_request, on_lost};
    struct smsc *c = smsc;
    unsigned place = 0;

    while (place < SMSC_CONNECTIONS_MAX && c->connections[place] != NULL)
        place++;
    assert(place < SMSC_CONNECTIONS_MAX);
    c->connections[place] = connection_new(c->world, far_end, port - WORLD_PORT, &owner, c);
    return connection_peer(c->connections[place]);
}

struct connection *phone_choose_connection(const struct phone *s)
{
    const struct smsc *c = s->smsc;
    struct connection *bound[SMSC_CONNECTIONS_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < SMSC_CONNECTIONS_MAX; i++)
        if (c->connections[i] != NULL && connection_takes_inputs(c->connections[i]) &&
            connection_centre(c->connections[i]) == s->centre)
            bound[count++] = c->connections[i];
    return count != 0 ? bound[world_between(c->world, 0, count - 1)] : NULL;
}

/* --- the whole ------------------------------------------------------------------------------- */

struct smsc *smsc_new(struct world *w, unsigned subscribers)
{
    struct smsc *c = mem_zalloc(sizeof(*c));

    c->world = w;
    c->count = subscribers;
    c->reports = reports_new(w);
    c->phones = mem_zalloc(subscribers * sizeof(*c->phones));
    for (unsigned i = 0; i < subscribers; i++)
        phone_init(&c->phones[i], c, i + 1);
    return c;
}

void smsc_close(struct smsc *c)
{
    c->is_closed = true;
    for (unsigned i = 0; i < c->count; i++)
        if (!c->phones[i].is_open)
            timer_stop(&c->world->timers, &c->phones[i].think);
}

const struct smsc_counters *smsc_counters(const struct smsc *c)
{
    return &c->counters;
}

unsigned smsc_subscribers(const struct smsc *c)
{
    return c->count;
}

struct phone *smsc_phone(const struct smsc *c, unsigned i)
{
    return &c->phones[i];
}

const struct reports *smsc_reports(const struct smsc *c)
{
    return c->reports;
}

void smsc_free(struct smsc *c)
{
    reports_free(c->reports);
    for (unsigned i = 0; i < c->count; i++)
        phone_fini(&c->phones[i]);
    for (unsigned i = 0; i < SMSC_CONNECTIONS_MAX; i++)
        if (c->connections[i] != NULL)
            connection_free(c->connections[i]);
    mem_free(c->phones);
    mem_free(c);
}
