#include "tests/sim/phone.h"

#include "gateway/smpp/pdu.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    PHONE_ANSWER_WAIT_MS = 200,
    PHONE_SILENCE_MS = 90000, /* then it gives up */
    PHONE_THINK_MS_MAX = 20000,
    PHONE_DIALOGUE_MS = 100000, /* of the 180 s that a gateway goes by: clocks differ */
    PHONE_THINK_BUSY_MS_MAX = 4000,
    PHONE_FORGOTTEN_MS = 15 * 60 * 1000, /* then nothing of before is under way */
    PHONE_FORGETS_MS = 15 * 60 * 1000,   /* what it asked for before is over */
    PHONE_OFFICER_MS = 60 * 1000,        /* so late his commit may come */
    PHONE_ERASES_AFTER_MS = 48 * 3600 * 1000,
    PHONE_SKEW_MS = 10 * 60 * 1000,
    /* In a million, where there is a training: */
    PHONE_LETTERS = 150000,      /* of what else would be dials */
    PHONE_LETTERS_SLOW = 400000, /* where some of them ask to be erased */
    PHONE_JOINS = 500000,        /* of choices of the main menu */
    /* ... and where it has registered: */
    PHONE_CORRECTS = 250000,
    PHONE_CANCELS = 100000,
};

static uint32_t write_input(struct phone *s, struct connection *x)
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

void phone_go_idle(struct phone *s)
{
    struct world *w = s->smsc->world;

    s->is_open = false;
    outcome_drop_push(&s->outcome);
    delivery_stop(&s->delivery);
    timer_stop(&w->timers, &s->silence);
    if (s->smsc->is_closed)
        timer_stop(&w->timers, &s->think);
    else
        timer_start(&w->timers, &s->think, world_between(w, 1000, w->idle_ms_max));
}

/* --- its answers ----------------------------------------------------------------------------- */

static struct connection *choose(void *ctx)
{
    const struct phone *s = ctx;

    return phone_choose_connection(s);
}

static uint32_t deliver(void *ctx, struct connection *x, unsigned tries)
{
    struct phone *s = ctx;
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
        (void)write_input(s, phone_choose_connection(s));
        dues_note_copy(&s->dues);
    }
    return sequence_number;
}

static void give_up(void *ctx)
{
    phone_go_idle(ctx);
}

static void input(struct phone *s, uint8_t op, const char *text)
{
    dues_add(&s->dues, s->answered);
    s->typed_since_push++;
    outcome_expect(&s->outcome);
    /* Who is busy answers an older result, and a newer dial has taken its place: the record knows
     * the answer, and has another screen. */
    if (s->smsc->world->is_busy && s->is_overtaken)
        outcome_excuse(&s->outcome);
    s->is_shown = false;
    s->op = op;
    s->answers_unit = s->unit;
    text_copy(s->text, sizeof(s->text), text);
    timer_start(&s->smsc->world->timers, &s->silence, PHONE_SILENCE_MS);
    delivery_begin(&s->delivery);
}

static void on_silence(struct timer *timer, void *arg)
{
    struct phone *s = arg;

    (void)timer;
    s->smsc->counters.silences++;
    outcome_check(&s->outcome);
    phone_go_idle(s);
}

static enum flow_wish choose_wish(const struct phone *s)
{
    struct world *w = s->smsc->world;

    if (w->seats != 0 && world_chance(w, PHONE_JOINS))
        return FLOW_WISH_SEAT;
    if (s->regno[0] == '\0')
        return FLOW_WISH_REGISTER;
    if (w->is_busy)
        return FLOW_WISH_STATUS;
    if (!writing_names(s) && world_chance(w, PHONE_CORRECTS))
        return FLOW_WISH_CORRECT;
    return world_chance(w, PHONE_CANCELS) ? FLOW_WISH_CANCEL : FLOW_WISH_STATUS;
}

static void want_seat(struct phone *s)
{
    s->seat = SEAT_UNSURE;
    s->unseated = 0;
    s->is_joining = !letter_is_under_way(&s->writing.letter); /* else that may come behind it */
    s->is_leaving = false;
}

static void dial(struct phone *s)
{
    struct world *w = s->smsc->world;

    if (s->forgotten_ms != 0 && w->timers.now_ms - s->forgotten_ms >= PHONE_FORGETS_MS)
        s->is_forgotten = false;
    s->has_come_back = true;
    s->is_open = true;
    s->opened_ms = w->timers.now_ms;
    s->session++;
    s->unit = 0;
    s->version = -1;
    s->is_overtaken = w->is_busy && s->dues.count != 0;
    s->answered = FLOW_UNKNOWN;
    s->wish = FLOW_WISH_STATUS;
    s->smsc->counters.dials++;
    input(s, SMSC_OP_BEGIN, "*384#");
}

/* By SMS or by dialling. */
static void begin(struct phone *s)
{
    const struct world *w = s->smsc->world;
    uint32_t letters = w->is_slow && w->erases ? PHONE_LETTERS_SLOW : PHONE_LETTERS;

    outcome_drop_push(&s->outcome);
    if (writing_goes_on(s) || (world_chance(s->smsc->world, letters) && writing_send(s)))
        phone_go_idle(s);
    else
        dial(s);
}

/* Who registers by SMS only reads what is pushed meanwhile. */
static bool only_reads(const struct phone *s)
{
    const struct world *w = s->smsc->world;

    if (s->at == FLOW_BANTUAN)
        return s->writing.step != WRITING_NOTHING || letter_is_under_way(&s->writing.letter);
    return s->at == FLOW_FIX && (w->is_busy || w->is_slow);
}

static void on_think(struct timer *timer, void *arg)
{
    struct phone *s = arg;
    struct smsc *c = s->smsc;
    char name[MERCHANT_NAME_BYTES];
    const char *text;

    (void)timer;
    /* The screen has come before the answer: no input goes before that. */
    if (s->delivery.is_under_way) {
        timer_start(&c->world->timers, &s->think, PHONE_ANSWER_WAIT_MS);
        return;
    }
    if (!s->is_open) {
        begin(s);
        return;
    }
    if (phone_is_out_of_time(s)) {
        phone_go_idle(s);
        return;
    }
    if (s->at == FLOW_MAIN)
        s->wish = choose_wish(s);
    text = only_reads(s) ? NULL : flow_answer(s->at, s->wish);
    if (text == NULL || world_chance(c->world, c->world->faults.hang_up)) {
        phone_go_idle(s);
        return;
    }
    s->answered = s->at;
    s->has_consented = s->has_consented || s->at == FLOW_CONSENT;
    if (s->at == FLOW_CONSENT && s->begun_ms[0] == 0)
        s->begun_ms[0] = c->world->timers.now_ms;
    s->has_sent = s->has_sent || s->at == FLOW_PERIKSA;
    if (s->at == FLOW_CONSENT)
        s->consented_ms = c->world->timers.now_ms;
    if (s->at == FLOW_PERIKSA)
        s->sent_ms = c->world->timers.now_ms;
    if (s->at == FLOW_DETAIL)
        want_seat(s);
    if (s->at == FLOW_LATIH_KOSONG) {
        s->wants_news_ms = c->world->timers.now_ms;
        s->told_news_ms = 0;
    }
    if (s->at == FLOW_NAMA_BARU)
        text = deeds_try_name(&s->deeds, name);
    if (s->at == FLOW_YAKIN)
        deeds_try_cancel(&s->deeds);
    c->counters.answers++;
    input(s, SMSC_OP_ANSWER, text);
}

/* Where screens are pushed: a gateway goes by the network's limit, and pushes into what is longer.
 */
bool phone_is_out_of_time(const struct phone *s)
{
    const struct world *w = s->smsc->world;

    return w->pushes && s->is_open && w->timers.now_ms - s->opened_ms >= PHONE_DIALOGUE_MS;
}

void phone_expect_push(struct phone *s, uint64_t until_ms)
{
    if (s->smsc->world->timers.now_ms >= s->pushes_until_ms)
        s->pushes = 0;
    s->pushes++;
    if (!s->is_open && !letter_is_under_way(&s->writing.letter))
        outcome_order(&s->outcome);
    s->may_be_pushed_late = false;
    s->pushes_until_ms = until_ms;
    s->has_come_back = true;
}

void phone_forget_push(struct phone *s)
{
    s->pushes -= s->pushes != 0;
}

void phone_doubt_push(struct phone *s)
{
    s->may_be_pushed_late = true;
}

void phone_lose_draft(struct phone *s)
{
    s->farthest = FLOW_LANG;
    s->begun_ms[0] = s->begun_ms[1] = 0;
}

void phone_forget(struct phone *s)
{
    s->is_forgotten = true;
    s->forgotten_ms = 0;
    outcome_drop_push(&s->outcome);
    s->regno[0] = '\0';
    s->is_sent = false;
    phone_lose_draft(s);
    deeds_forget(&s->deeds);
    s->asked_by_ms = 0;
    s->renewed[0] = '\0';
    s->has_begun_since = false;
    s->asked_news_ms = 0;
    s->receipts = s->decisions = 0;
    writing_forget(s);
    s->seat = SEAT_UNSURE;
}

void phone_forgotten(struct phone *s)
{
    s->forgotten_ms = s->smsc->world->timers.now_ms;
    outcome_drop_push(&s->outcome);
    s->receipts = s->decisions = s->writing.replies = 0;
    letter_forget(&s->writing.letter);
    s->has_come_back = s->is_open || letter_is_under_way(&s->writing.letter) || s->dues.has_current;
    if (!s->has_come_back)
        s->seat = SEAT_NONE;
    s->has_consented = s->has_sent = s->is_open;
}

static bool was_sent_before(const struct phone *s, const struct merchant *m)
{
    int64_t wall_ms = world_wall_ms((void *)s->smsc->world);
    int64_t ago_ms = (int64_t)(s->smsc->world->timers.now_ms - s->asked_ms);

    return m->submitted_ms < wall_ms - ago_ms - PHONE_SKEW_MS;
}

void phone_erased(struct phone *s, const struct subscriber *left)
{
    const struct world *w = s->smsc->world;
    uint64_t now_ms = w->timers.now_ms;

    if (s->officer_ms != 0 && now_ms - s->officer_ms < PHONE_OFFICER_MS)
        return;
    if (s->asked_ms == 0 || now_ms - s->asked_ms < PHONE_ERASES_AFTER_MS - PHONE_SKEW_MS)
        world_violation(w, "erased too early, or unasked", s->msisdn, "");
    if (left == NULL && s->has_begun_since)
        world_violation(w, "erased with what was begun since", s->msisdn, s->renewed);
    for (unsigned i = 0; left != NULL && i < left->merchant_count; i++)
        if (was_sent_before(s, &left->merchants[i]))
            world_violation(w, "outlived its erasure", s->msisdn, left->merchants[i].regno);
    s->erased_ms = now_ms;
    outcome_drop_push(&s->outcome);
    if (left == NULL)
        phone_forgotten(s);
}

bool phone_is_forgotten(const struct phone *s)
{
    return s->is_forgotten && s->forgotten_ms != 0 && !s->has_come_back &&
           s->smsc->world->timers.now_ms - s->forgotten_ms >= PHONE_FORGOTTEN_MS;
}

bool phone_is_unsure(const struct phone *s)
{
    return s->is_forgotten && s->forgotten_ms == 0;
}

bool phone_has_sent(const struct phone *s)
{
    return s->has_sent || phone_is_unsure(s);
}

void phone_think(struct phone *s)
{
    struct world *w = s->smsc->world;

    timer_start(&w->timers, &s->think,
                world_between(w, 300, w->is_busy ? PHONE_THINK_BUSY_MS_MAX : PHONE_THINK_MS_MAX));
}

void phone_init(struct phone *s, struct smsc *c, unsigned number)
{
    static const struct delivery_owner input_owner = {choose, deliver, give_up};

    s->smsc = c;
    s->centre = number % c->world->centres;
    snprintf(s->msisdn, sizeof(s->msisdn), "%s%08u", world_prefix(s->centre), number);
    s->session = (uint8_t)world_random(c->world);
    delivery_init(&s->delivery, c->world, &input_owner, s);
    deeds_init(&s->deeds, c->world, s->msisdn);
    writing_init(s);
    s->seat = SEAT_NONE;
    outcome_init(&s->outcome, c->world, s->msisdn);
    timer_init(&s->think, on_think, s);
    timer_init(&s->silence, on_silence, s);
    phone_go_idle(s);
}

void phone_fini(struct phone *s)
{
    delivery_stop(&s->delivery);
    writing_stop(s);
    timer_stop(&s->smsc->world->timers, &s->think);
    timer_stop(&s->smsc->world->timers, &s->silence);
}
