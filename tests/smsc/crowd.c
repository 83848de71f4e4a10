#include "tests/smsc/crowd.h"

#include "base/mem.h"
#include "tests/smsc/alphabet.h"
#include "tests/smsc/roster.h"

#include <string.h>

enum {
    CODE_BYTES = 24,
    ANSWER_BYTES = 182,
    FINISHED_ENOUGH = 20,
};

enum slot_state {
    SLOT_FREE,
    SLOT_WAITING, /* an input is on its way, or its screen is still to come */
    SLOT_ASKED,   /* open loop: a question is shown, the answer not yet due */
    SLOT_HELD,    /* a question is shown, and the answer to it must_wait() */
    SLOT_OVER,    /* open loop: the dialogue is over; free when its turn in `due` comes */
};

struct slot {
    struct list_node free;
    struct list_node waiting;
    struct list_node due;
    struct list_node again;
    uint32_t place;       /* in load.slots */
    uint32_t phone;       /* the subscriber's place in the range */
    uint32_t input;       /* the subscriber's count of inputs at the last one, so that an old
                             delivery is told from the current one */
    uint32_t inputs;      /* of this dialogue */
    uint64_t intended_us; /* when the current input was due */
    uint64_t give_up_us;  /* when its screen is missed */
    uint64_t start_us;    /* open loop: when the dialogue was due */
    uint64_t due_us;      /* open loop: when it acts next */
    uint64_t again_us;    /* when to type once more ... */
    uint32_t again_input; /* ... if this input is still without its screen */
    uint8_t state;
    bool is_taken; /* the current input was answered 0 */
    uint8_t session;
    uint8_t unit;
    uint8_t asked_step; /* whose answer is next */
};

/* Every slot is in `due` once while its dialogue runs with think_us. */
struct crowd {
    struct loop *loop;
    const struct crowd_settings *settings;
    const struct flow *flow;
    struct faults *faults;
    const struct crowd_owner *owner;
    void *ctx;
    struct centre *centre;
    char code[CODE_BYTES]; /* what the flow dials, without * and # */

    struct roster roster;

    struct slot **slots;
    size_t slot_count;
    size_t busy_count;
    struct list free_slots;
    struct list waiting; /* for a screen, the oldest first */
    struct list due;     /* by when they act next */
    struct list again;   /* by when they type once more */
    bool is_adrift;      /* a copy of some subscriber's input may be */

    uint64_t started;
    uint64_t finished;        /* reached the flow's end ... */
    uint64_t finished_inputs; /* ... with so many inputs in all */
    unsigned samples;         /* of wrong screens, printed so far */
};

/* ---- subscribers ---- */

static struct ledger_row *row_of(struct crowd *c, uint32_t phone)
{
    return &c->roster.rows[phone];
}

/* His next input would leave a copy that is adrift further behind than a gateway knows it. */
static bool is_far_ahead(struct crowd *c, uint32_t phone)
{
    const struct ledger_row *r = row_of(c, phone);

    return r->adrift != 0 && r->inputs + 1 - r->adrift >= CARRIER_BEHIND_MAX;
}

/* Where steps have no number, no centre brings an input before the one before it is answered. */
static bool must_wait(struct crowd *c, const struct slot *s)
{
    return is_far_ahead(c, s->phone) || (!c->settings->echo_unit && !s->is_taken);
}

/* The next subscriber who is in no dialogue and not far ahead; false when there is none. */
static bool take_phone(struct crowd *c, uint32_t *phone)
{
    for (uint64_t tries = 0; tries < c->roster.size; tries++) {
        *phone = roster_next(&c->roster);
        if (c->roster.slot_of[*phone] == 0 && !is_far_ahead(c, *phone))
            return true;
    }
    return false;
}

/* ---- dialogues ---- */

static void send_input(struct crowd *c, struct slot *s, enum speech_act act, struct span gsm)
{
    const struct crowd_settings *settings = c->settings;
    struct speech_room room;
    struct wire_message m;
    char phone[ROSTER_DIGITS_BYTES];
    struct speech_input in = {.act = act,
                              .msisdn = phone,
                              .code = c->code,
                              .gsm = gsm,
                              .session = s->session,
                              .unit = settings->echo_unit ? s->unit : 0,
                              .by_payload = settings->by_payload};

    s->input = row_of(c, s->phone)->inputs;
    s->is_taken = false;
    roster_write(&c->roster, s->phone, phone);
    if (!speech_write(settings->speech, &in, &room, &m)) {
        in.gsm = span_of(NULL, 0); /* the dialect cannot carry this answer */
        speech_write(settings->speech, &in, &room, &m);
    }
    carrier_add(centre_carrier(c->centre), &m, settings->by_data_sm || settings->speech->is_data_sm,
                s, s->input, s->phone);
}

static void wait_for_screen(struct crowd *c, struct slot *s, uint64_t intended_us)
{
    s->state = SLOT_WAITING;
    s->inputs++;
    s->intended_us = intended_us;
    s->give_up_us = c->loop->now_us + c->settings->screen_timeout_us;
    if (list_is_linked(&s->waiting))
        list_remove(&c->waiting, &s->waiting);
    list_push_back(&c->waiting, &s->waiting);
    ledger_on_input(row_of(c, s->phone));
}

static void answer(struct crowd *c, struct slot *s, uint64_t intended_us)
{
    uint8_t gsm[ANSWER_BYTES];
    char phone[ROSTER_DIGITS_BYTES];
    struct flow_subscriber who = {phone, s->phone, c->settings->seed};
    size_t size;

    roster_write(&c->roster, s->phone, phone);
    size = flow_answer(c->flow, s->asked_step, &who, gsm, sizeof(gsm));
    wait_for_screen(c, s, intended_us);
    send_input(c, s, SPEECH_ANSWER, span_of(gsm, size));
}

static struct slot *take_slot(struct crowd *c)
{
    struct list_node *node = list_pop_front(&c->free_slots);
    struct slot *s;

    if (node == NULL && c->slot_count == c->settings->dialogues_max)
        return NULL;
    c->busy_count++;
    if (node != NULL)
        return LIST_ITEM(node, struct slot, free);
    s = mem_zalloc(sizeof(*s));
    s->place = (uint32_t)c->slot_count;
    /* Another run's dialogue of the same subscriber shall have another number. */
    s->session = (uint8_t)(c->loop->now_us >> 16);
    list_node_init(&s->free);
    list_node_init(&s->waiting);
    list_node_init(&s->due);
    list_node_init(&s->again);
    c->slots[c->slot_count++] = s;
    return s;
}

static void begin_dialogue(struct crowd *c, struct slot *s, uint32_t phone, uint64_t intended_us)
{
    uint8_t gsm[FLOW_DIAL_BYTES];
    size_t size = strlen(c->flow->dial);

    memcpy(gsm, c->flow->dial, size); /* digits, * and # are the same in GSM 03.38 */
    s->phone = phone;
    s->session = s->session == UINT8_MAX ? 1 : (uint8_t)(s->session + 1);
    s->unit = 0;
    s->inputs = 0;
    s->start_us = intended_us;
    c->roster.slot_of[phone] = s->place + 1;
    c->started++;
    ledger_on_dialogue(row_of(c, phone));
    wait_for_screen(c, s, intended_us);
    send_input(c, s, SPEECH_BEGIN, span_of(gsm, size));
}

static void free_slot(struct crowd *c, struct slot *s)
{
    s->state = SLOT_FREE;
    c->busy_count--;
    list_push_back(&c->free_slots, &s->free);
}

static void leave(struct crowd *c, struct slot *s)
{
    if (list_is_linked(&s->waiting))
        list_remove(&c->waiting, &s->waiting);
    if (list_is_linked(&s->again))
        list_remove(&c->again, &s->again);
    c->roster.slot_of[s->phone] = 0;
}

/* Closed loop: the next subscriber takes the place at once. */
static void end_dialogue(struct crowd *c, struct slot *s)
{
    uint32_t phone;

    leave(c, s);
    if (c->settings->think_us != 0)
        s->state = SLOT_OVER;
    else if (c->owner->may_begin(c->ctx) && take_phone(c, &phone))
        begin_dialogue(c, s, phone, c->loop->now_us);
    else
        free_slot(c, s);
}

/* The service ended the dialogue as busy: an input that it did not take is not delivered again, for
 * there is no dialogue any more. Nobody takes the place before crowd_begin(): a service that is
 * down would turn away thousands a second. */
static void turn_away(struct crowd *c, struct slot *s)
{
    carrier_withdraw(centre_carrier(c->centre), s, s->input, s->phone);
    leave(c, s);
    if (c->settings->think_us != 0)
        s->state = SLOT_OVER;
    else
        free_slot(c, s);
}

static void hang_up(struct crowd *c, struct slot *s)
{
    ledger_on_hang_up(row_of(c, s->phone));
    send_input(c, s, SPEECH_HANG_UP, span_of(NULL, 0));
    end_dialogue(c, s);
}

static void walk_off(struct crowd *c, struct slot *s)
{
    ledger_on_walk_off(row_of(c, s->phone));
    end_dialogue(c, s);
}

static bool rolls(struct crowd *c, unsigned percent)
{
    return percent != 0 && random_below(&c->faults->random, 100) < percent;
}

/* A question stands on the screen: answered at once, or when the clock says so. */
static void on_question(struct crowd *c, struct slot *s, unsigned step)
{
    uint64_t due_us = c->loop->now_us;

    s->asked_step = (uint8_t)step;
    if (must_wait(c, s)) {
        s->state = SLOT_HELD;
        return;
    }
    if (rolls(c, c->settings->hang_up_percent)) {
        hang_up(c, s);
        return;
    }
    if (rolls(c, c->settings->walk_off_percent)) {
        walk_off(c, s);
        return;
    }
    if (c->settings->think_us != 0)
        due_us = s->start_us + s->inputs * c->settings->think_us;
    if (s->state == SLOT_HELD && due_us < c->loop->now_us)
        due_us = c->loop->now_us; /* it is not the service that was late */
    if (due_us > c->loop->now_us)
        s->state = SLOT_ASKED;
    else
        answer(c, s, due_us);
}

/* ---- what the gateway says ---- */

static void print_sample(struct crowd *c, uint32_t phone, struct span gsm,
                         enum ledger_verdict verdict)
{
    char text[512];

    if ((verdict != LEDGER_DOUBLE && verdict != LEDGER_WRONG) ||
        c->samples++ >= c->settings->samples_max)
        return;
    alphabet_decode(ALPHABET_GSM, gsm, text, sizeof(text));
    fprintf(stderr, "warung-smsc: a %s screen for %llu at step %u: %s\n",
            verdict == LEDGER_DOUBLE ? "doubled" : "wrong",
            (unsigned long long)(c->roster.first + phone), row_of(c, phone)->step, text);
}

static void count_step(struct crowd *c, struct slot *s, bool ended)
{
    if (list_is_linked(&s->waiting))
        list_remove(&c->waiting, &s->waiting);
    c->owner->on_step(c->ctx, c->loop->now_us - s->intended_us, ended);
}

/* The answer that acknowledges what was eaten may yet be on its way by another connection. */
static void plan_reentry(struct crowd *c, struct slot *s)
{
    const struct ledger_row *r = row_of(c, s->phone);

    if (c->settings->reenter_us == 0 || !r->is_waiting || !(r->is_accepted || r->is_apart) ||
        s->inputs < 2 || list_is_linked(&s->again))
        return;
    s->again_us = c->loop->now_us + c->settings->reenter_us;
    s->again_input = s->input;
    list_push_back(&c->again, &s->again);
}

static void reenter_due(struct crowd *c)
{
    struct list_node *node;

    while ((node = list_first(&c->again)) != NULL) {
        struct slot *s = LIST_ITEM(node, struct slot, again);

        if (s->again_us > c->loop->now_us)
            return;
        list_remove(&c->again, &s->again);
        if (s->input != s->again_input || s->state != SLOT_WAITING ||
            !row_of(c, s->phone)->is_accepted)
            continue;
        ledger_on_eaten(row_of(c, s->phone));
        answer(c, s, c->loop->now_us);
    }
}

static void on_screen(struct crowd *c, struct slot *s, uint8_t unit, struct span gsm)
{
    unsigned step = 0;
    enum ledger_verdict verdict = ledger_on_screen(row_of(c, s->phone), c->flow, gsm, &step);

    switch (verdict) {
    case LEDGER_STEP:
        s->unit = unit;
        count_step(c, s, false);
        on_question(c, s, step);
        return;
    case LEDGER_END:
        count_step(c, s, true);
        c->finished++;
        c->finished_inputs += s->inputs;
        break;
    case LEDGER_BUSY:
        count_step(c, s, false);
        turn_away(c, s);
        return;
    case LEDGER_DUPLICATE:
        plan_reentry(c, s);
        return;
    case LEDGER_LATE:
        return;
    case LEDGER_DOUBLE:
    case LEDGER_WRONG:
        print_sample(c, s->phone, gsm, verdict);
        break;
    }
    end_dialogue(c, s);
}

/* The text as unpacked septets, however it came. */
static struct span to_gsm(const struct speech_output *out, uint8_t *gsm, size_t gsm_bytes)
{
    char text[1024];
    size_t size;

    if (out->alphabet == ALPHABET_GSM)
        return out->text;
    alphabet_decode(out->alphabet, out->text, text, sizeof(text));
    if (!alphabet_encode_gsm(text, gsm, gsm_bytes, &size))
        return out->text;
    return span_of(gsm, size);
}

static void on_message(void *ctx, const struct wire_message *m)
{
    struct crowd *c = ctx;
    struct speech_room room;
    struct speech_output out;
    uint8_t buffer[512];
    struct span gsm;
    unsigned step;
    uint32_t phone;

    if (!roster_find(&c->roster, m->destination.digits, &phone))
        return;
    speech_read(c->settings->speech, m, &room, &out);
    gsm = to_gsm(&out, buffer, sizeof(buffer));
    if (out.kind == SPEECH_SMS)
        ledger_on_sms(row_of(c, phone), c->flow, gsm);
    else if (out.kind == SPEECH_RELEASE)
        return;
    else if (c->roster.slot_of[phone] != 0)
        on_screen(c, c->slots[c->roster.slot_of[phone] - 1], out.unit, gsm);
    else
        print_sample(c, phone, gsm, ledger_on_screen(row_of(c, phone), c->flow, gsm, &step));
}

static void on_apart(void *ctx, const struct wire_message *m)
{
    struct crowd *c = ctx;
    uint32_t phone;

    if (roster_find(&c->roster, m->destination.digits, &phone))
        ledger_on_apart(row_of(c, phone));
}

static void on_turned_away(void *ctx, const struct wire_message *m)
{
    struct crowd *c = ctx;
    uint32_t phone;

    if (roster_find(&c->roster, m->destination.digits, &phone))
        ledger_on_disturbed(row_of(c, phone));
}

static void on_dropped(void *ctx)
{
    struct crowd *c = ctx;

    for (size_t i = 0; i < c->roster.count; i++)
        ledger_on_disturbed(&c->roster.rows[i]);
}

static bool is_current(const struct crowd *c, const struct delivery *d)
{
    const struct slot *s = d->owner;

    return s->input == d->input && c->roster.slot_of[d->key] == s->place + 1;
}

static void on_accepted(void *ctx, const struct delivery *d)
{
    struct crowd *c = ctx;
    struct slot *s = d->owner;

    ledger_on_accepted(row_of(c, d->key), is_current(c, d));
    if (!is_current(c, d))
        return;
    s->is_taken = true;
    if (s->state == SLOT_HELD)
        on_question(c, s, s->asked_step);
    else if (s->state == SLOT_WAITING)
        c->owner->on_answer(c->ctx, c->loop->now_us - s->intended_us);
}

static void on_repeat_accepted(void *ctx, const struct delivery *d)
{
    struct crowd *c = ctx;

    ledger_on_repeat_accepted(row_of(c, d->key));
}

static void on_retry(void *ctx, const struct delivery *d)
{
    struct crowd *c = ctx;

    ledger_on_retry(row_of(c, d->key));
    if (!d->adrift)
        return;
    ledger_on_adrift(row_of(c, d->key), (uint16_t)d->input);
    c->is_adrift = true;
}

static void release_held(struct crowd *c)
{
    if (!c->is_adrift || !centre_is_quiet(c->centre))
        return;
    c->is_adrift = false;
    for (size_t i = 0; i < c->roster.count; i++)
        c->roster.rows[i].adrift = 0;
    for (size_t i = 0; i < c->slot_count; i++)
        if (c->slots[i]->state == SLOT_HELD)
            on_question(c, c->slots[i], c->slots[i]->asked_step);
}

static void on_refused(void *ctx, const struct delivery *d, uint32_t status)
{
    struct crowd *c = ctx;
    struct slot *s = d->owner;

    (void)status;
    if (!is_current(c, d))
        return;
    ledger_on_untaken(row_of(c, d->key), true);
    if (s->state == SLOT_WAITING)
        end_dialogue(c, s);
    else if (s->state == SLOT_HELD)
        walk_off(c, s);
}

bool crowd_begin(struct crowd *c, uint64_t due_us)
{
    struct slot *s = take_slot(c);
    uint32_t phone;

    if (s == NULL)
        return false;
    if (!take_phone(c, &phone)) {
        free_slot(c, s);
        return false;
    }
    begin_dialogue(c, s, phone, due_us);
    if (c->settings->think_us != 0) {
        s->due_us = due_us + c->settings->think_us;
        list_push_back(&c->due, &s->due);
    }
    return true;
}

/* All think equally long, so each goes to the tail when its turn came, and the list stays in order.
 * One whose screen is late is passed by: it answers as soon as the screen is there, and its latency
 * counts from when it should have. */
void crowd_act(struct crowd *c)
{
    struct list_node *node;

    while ((node = list_first(&c->due)) != NULL) {
        struct slot *s = LIST_ITEM(node, struct slot, due);

        if (s->due_us > c->loop->now_us) {
            loop_wake_at(c->loop, s->due_us);
            return;
        }
        list_remove(&c->due, &s->due);
        if (s->state == SLOT_OVER) {
            free_slot(c, s);
            continue;
        }
        if (s->state == SLOT_ASKED && !must_wait(c, s))
            answer(c, s, s->due_us);
        s->due_us += c->settings->think_us;
        list_push_back(&c->due, &s->due);
    }
}

/* An input that nobody has taken yet is the carrier's to give up; its wait begins anew. */
void crowd_miss_screens(struct crowd *c, bool all)
{
    struct list_node *node;

    release_held(c);
    reenter_due(c);
    while ((node = list_first(&c->waiting)) != NULL) {
        struct slot *s = LIST_ITEM(node, struct slot, waiting);
        struct ledger_row *r = row_of(c, s->phone);

        if (!all && s->give_up_us > c->loop->now_us)
            return;
        list_remove(&c->waiting, &s->waiting);
        if (!all && !r->is_accepted) {
            s->give_up_us = c->loop->now_us + c->settings->screen_timeout_us;
            list_push_back(&c->waiting, &s->waiting);
            continue;
        }
        ledger_on_no_screen(r);
        end_dialogue(c, s);
    }
}

/* ---- life ---- */

struct crowd *crowd_new(struct loop *loop, const struct crowd_settings *settings,
                        const struct flow *flow, struct faults *faults,
                        const struct crowd_owner *owner, void *ctx)
{
    struct crowd *c = mem_zalloc(sizeof(*c));

    c->loop = loop;
    c->settings = settings;
    c->flow = flow;
    c->faults = faults;
    c->owner = owner;
    c->ctx = ctx;
    snprintf(c->code, sizeof(c->code), "%.*s", (int)strspn(flow->dial + 1, "0123456789"),
             flow->dial + 1);
    roster_init(&c->roster, settings->first_phone, settings->phones);
    c->slots = mem_zalloc(settings->dialogues_max * sizeof(struct slot *));
    list_init(&c->free_slots);
    list_init(&c->waiting);
    list_init(&c->due);
    list_init(&c->again);
    return c;
}

void crowd_free(struct crowd *c)
{
    for (size_t i = 0; i < c->slot_count; i++)
        mem_free(c->slots[i]);
    mem_free(c->slots);
    roster_fini(&c->roster);
    mem_free(c);
}

void crowd_fill_owner(struct centre_owner *owner)
{
    owner->on_message = on_message;
    owner->on_apart = on_apart;
    owner->on_turned_away = on_turned_away;
    owner->on_accepted = on_accepted;
    owner->on_repeat_accepted = on_repeat_accepted;
    owner->on_refused = on_refused;
    owner->on_retry = on_retry;
    owner->on_dropped = on_dropped;
}

void crowd_set_centre(struct crowd *c, struct centre *centre)
{
    c->centre = centre;
}

uint64_t crowd_started(const struct crowd *c)
{
    return c->started;
}

double crowd_inputs_per_dialogue(const struct crowd *c)
{
    if (c->finished < FINISHED_ENOUGH)
        return c->flow->inputs;
    return (double)c->finished_inputs / (double)c->finished;
}

size_t crowd_at_once(const struct crowd *c)
{
    return c->slot_count;
}

bool crowd_is_idle(const struct crowd *c)
{
    return c->busy_count == 0;
}

const struct ledger_row *crowd_rows(const struct crowd *c, size_t *count)
{
    *count = c->roster.count;
    return c->roster.rows;
}
