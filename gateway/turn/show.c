#include "gateway/turn/show.h"

#include "base/log.h"
#include "base/mem.h"
#include "gateway/turn/late.h"
#include "gateway/turn/step.h"

#include <string.h>

enum {
    SHOW_POOL_MAX = 4096,   /* records of screens kept for reuse */
    SHOW_AGAIN_MS = 500,    /* a throttled screen is tried once more after this */
    SHOW_READ_MS = 5,       /* an answer that is not read yet is looked after, twice as late each */
    SHOW_READ_MAX_MS = 640, /* ... time; an equal input waits a second and a quarter for that */
    SHOW_LEAVE_MS = 1000,   /* an SMS that has not left by then may wait for long */
    SHOW_TOLD_EVERY_MS = 10000,
    SHOW_COMPARED_MAX = 16, /* newest ones of a subscriber that an input is compared with */
};

static void enter_box(struct shown *s, struct box *box)
{
    s->box = box;
    s->next = box->shown;
    s->link = &box->shown;
    if (s->next != NULL)
        s->next->link = &s->next;
    box->shown = s;
}

static void leave_box(struct shown *s)
{
    *s->link = s->next;
    if (s->next != NULL)
        s->next->link = s->link;
}

static void shown_free(struct shown *s)
{
    struct turn_engine *e = s->engine;

    list_remove(&e->shown, &s->node);
    if (e->shown_pool.count < SHOW_POOL_MAX)
        list_push_front(&e->shown_pool, &s->node);
    else
        mem_free(s);
}

/* What the outbox has is kept for its word, in nobody's way. */
static void shown_end(struct shown *s)
{
    struct turn_engine *e = s->engine;
    struct box *box = s->box;

    if (s->tells != NULL)
        s->tells->told = NULL;
    if (s->apology != NULL)
        late_drop_apology(s->apology);
    leave_box(s);
    s->box = NULL;
    if (!s->is_owed)
        shown_free(s);
    if (box->live == NULL)
        turn_box_next(e, box);
}

static bool is_too_late(const struct shown *s)
{
    const struct turn_engine *e = s->engine;

    return e->env.timers->now_ms - s->arrived_ms > e->settings.answer_window_ms;
}

/* Nothing else shows it: the screens come, but the same key shows the last one again. */
static void tell_unread(const struct shown *s)
{
    struct turn_engine *e = s->engine;
    uint64_t now_ms = e->env.timers->now_ms;

    e->counters.answers_unread++;
    if (e->unread_told_ms != 0 && now_ms < e->unread_told_ms + SHOW_TOLD_EVERY_MS)
        return;
    e->unread_told_ms = now_ms;
    log_warning("answer.unread", LOG_S("link", s->link_name));
}

/* Answer first, reply second, on one connection: the reply's response proves that the answer was
 * read, and within the window that the centre will not send that input again (docs/custody.md:
 * proof). The centre's own timer runs since it sent the input, so the window begins with the
 * arrival. */
static void note_proof(struct shown *s, const struct turn_sent *sent)
{
    struct session_proof proof = {s->fingerprint, s->debt_ms};

    if (!s->proves || sent->connection != s->origin.connection)
        return;
    if (is_too_late(s))
        tell_unread(s);
    else
        turn_note_proof(s->engine, s->box, &proof, s->is_sms);
}

static void on_shown(void *arg, const struct turn_sent *sent);

/* With its answer, while the centre waits for that: behind the window the input comes again. */
static uint64_t leave_by_ms(const struct shown *s, bool answers)
{
    uint64_t window_ms = s->arrived_ms + s->engine->settings.answer_window_ms;

    return answers && window_ms < s->deadline_ms ? window_ms : s->deadline_ms;
}

static bool send_screen(struct shown *s, const struct dialect_reply *reply, bool answers)
{
    const struct turn_ports *ports = &s->engine->env.ports;
    struct turn_screen screen = {.origin = s->origin,
                                 .reply = *reply,
                                 .answers = answers,
                                 .answer_status = s->answer_status,
                                 .is_tied = s->is_aside || (answers && s->proves),
                                 .is_again = s->was_tried_again};

    screen.origin.link_name = s->link_name;
    screen.reply.msisdn = s->box->msisdn;
    screen.reply.session = s->session;
    screen.reply.session.unit = reply->session.unit;
    s->sending = ports->show(ports->ctx, &screen, leave_by_ms(s, answers), on_shown, s);
    return s->sending != NULL;
}

static struct dialect_reply reply_of(const struct step_screen *screen)
{
    return (struct dialect_reply){
        .kind = screen->reply == SESSION_REPLY_ASK ? DIALECT_ASK : DIALECT_END,
        .code = screen->code,
        .text = screen->text,
        .session = {.unit = (uint8_t)screen->unit},
        .network_initiated = screen->is_pushed,
    };
}

static void fail(struct shown *s, const char *outcome, uint32_t command_status)
{
    s->engine->counters.failed_screens++;
    log_warning("turn.screen_failed", LOG_MSISDN("msisdn", s->box->msisdn),
                LOG_S("link", s->link_name), LOG_S("outcome", outcome),
                LOG_U("status", command_status));
}

/* Where answer and screen have a connection each, the screen's response may overtake the word that
 * the answer was read. Until then an equal input waits (turn_box_next()): a copy, or the same key
 * at the next screen. */
static bool wait_for_reader(struct shown *s, uint64_t unread_mark)
{
    if (unread_mark == 0 || !s->proves)
        return false;
    s->unread_mark = unread_mark;
    s->wait_ms = SHOW_READ_MS;
    timer_start(s->engine->env.timers, &s->again, s->wait_ms);
    return true;
}

/* Of an SMS the answer has been given already. */
static bool ask_reader(struct shown *s)
{
    const struct turn_ports *ports = &s->engine->env.ports;

    return !is_too_late(s) && wait_for_reader(s, ports->ask_read(ports->ctx, &s->origin));
}

/* A busy centre answers an enquire_link after seconds. The word is looked for as long as it proves
 * something, in nobody's way: without it the same key would be a copy for as long as debts last. */
static void look_on(struct shown *s)
{
    struct turn_engine *e = s->engine;
    const struct turn_ports *ports = &e->env.ports;
    bool may_come = !e->is_draining && ports->is_connected(ports->ctx, &s->origin);

    if (is_too_late(s) || !may_come) {
        if (may_come)
            tell_unread(s);
        shown_end(s);
        return;
    }
    timer_start(e->env.timers, &s->again, s->wait_ms);
    s->lets_pass = true;
    if (s->box->live == NULL)
        turn_box_next(e, s->box);
}

static void look_after_reader(struct shown *s)
{
    const struct turn_ports *ports = &s->engine->env.ports;

    if (ports->has_read(ports->ctx, &s->origin, s->unread_mark)) {
        note_proof(s, &(struct turn_sent){.connection = s->origin.connection});
        shown_end(s);
    } else if (s->wait_ms < SHOW_READ_MAX_MS) {
        s->wait_ms *= 2;
        timer_start(s->engine->env.timers, &s->again, s->wait_ms);
    } else {
        look_on(s);
    }
}

static void on_again(struct timer *timer, void *arg)
{
    struct shown *s = arg;
    struct step_screen screen;
    struct dialect_reply reply;

    (void)timer;
    if (s->unread_mark != 0) {
        look_after_reader(s);
        return;
    }
    if (s->is_owed) {
        if (!ask_reader(s))
            shown_end(s);
        return;
    }
    screen = step_last_screen(s->engine->step, copy_span(&s->box->session));
    reply = reply_of(&screen);
    if (screen.reply != SESSION_REPLY_NONE && screen.fingerprint == s->fingerprint &&
        send_screen(s, &reply, false))
        return;
    fail(s, "overtaken", 0);
    shown_end(s);
}

static bool try_again(struct shown *s)
{
    struct timer_queue *timers = s->engine->env.timers;

    if (!s->is_step || s->was_tried_again || timers->now_ms + SHOW_AGAIN_MS >= s->deadline_ms)
        return false;
    s->was_tried_again = true;
    timer_start(timers, &s->again, SHOW_AGAIN_MS);
    return true;
}

/* A copy that waits for that word is shown the reply next, and holds it: it may be answered, and is
 * refused for itself. */
static void leave_to_copies(const struct shown *s)
{
    LIST_FOREACH(n, &s->box->waiting) {
        struct turn *t = LIST_ITEM(n, struct turn, node);

        t->is_heir = t->is_heir || t->input.fingerprint == s->fingerprint;
    }
}

/* The centre has refused to go on with it. */
static void end_dialogue(const struct shown *s)
{
    struct turn *t = turn_make_own(s->engine, s->box, TURN_BY_INPUT);

    t->mark = s->mark;
    text_copy(t->link_name, sizeof(t->link_name), s->link_name);
    t->input.kind = DIALECT_ABORT;
    text_copy(t->input.msisdn, sizeof(t->input.msisdn), s->box->msisdn);
    t->input.session = s->session;
    turn_enqueue(s->engine, s->box, t);
}

static void on_shown(void *arg, const struct turn_sent *sent)
{
    struct shown *s = arg;

    s->sending = NULL;
    if (s->tells != NULL) {
        s->tells->is_told = sent->kind == TURN_SENT_OK;
        if (sent->kind != TURN_SENT_OK && sent->kind != TURN_SENT_UNKNOWN)
            s->tells->is_late = false; /* the dialogue may be open still: the reply goes there */
    }
    if (s->apology != NULL && sent->kind == TURN_SENT_OK) {
        late_send_apology(s->apology);
        s->apology = NULL;
    }
    switch (sent->kind) {
    case TURN_SENT_OK:
        s->engine->counters.screens++;
        if (wait_for_reader(s, sent->unread_mark))
            return;
        note_proof(s, sent);
        break;
    case TURN_SENT_TEMPORARY:
        if (try_again(s))
            return;
        fail(s, smpp_status_name(sent->command_status), sent->command_status);
        break;
    case TURN_SENT_PERMANENT:
        fail(s, smpp_status_name(sent->command_status), sent->command_status);
        /* What a copy is shown may be refused because the dialogue has gone on elsewhere. */
        if (s->is_step && !s->is_replay) {
            leave_to_copies(s);
            end_dialogue(s);
        }
        break;
    case TURN_SENT_UNKNOWN:
        fail(s, "unknown", 0);
        break;
    case TURN_SENT_NOT:
        fail(s, "unsent", 0);
        break;
    }
    shown_end(s);
}

bool show_is_same_dialogue(const struct dialect_session *a, const struct dialect_session *b)
{
    return a->size == b->size && memcmp(a->octets, b->octets, a->size) == 0;
}

bool show_is_under_way(const struct box *box, uint64_t fingerprint)
{
    const struct shown *s = box->shown;

    for (unsigned i = 0; s != NULL && i < SHOW_COMPARED_MAX; i++, s = s->next)
        if (s->fingerprint == fingerprint && !s->lets_pass)
            return true;
    return false;
}

static bool take_back(struct shown *s)
{
    const struct turn_ports *ports = &s->engine->env.ports;

    if (s->unread_mark != 0 || s->is_owed)
        return false; /* it was shown, or is an SMS */
    if (timer_is_running(&s->again)) {
        timer_stop(s->engine->env.timers, &s->again);
        return true;
    }
    return s->sending != NULL && ports->withdraw(ports->ctx, s->sending);
}

static bool is_of(const struct shown *s, const char *link_name,
                  const struct dialect_session *session)
{
    const struct turn_ports *ports = &s->engine->env.ports;

    return ports->is_one_centre(ports->ctx, s->link_name, link_name) &&
           show_is_same_dialogue(&s->session, session);
}

void show_withdraw(struct turn_engine *e, struct box *box, const char *link_name,
                   const struct dialect_session *session)
{
    struct shown *s = box->shown;

    for (unsigned i = 0; s != NULL && i < SHOW_COMPARED_MAX; i++, s = s->next) {
        if (!is_of(s, link_name, session) || !take_back(s))
            continue;
        e->counters.screens_withdrawn++;
        shown_end(s);
        return; /* the box may be gone; a dialogue has one screen under way */
    }
}

void show_supersede(const struct turn *t)
{
    struct turn_engine *e = t->engine;
    struct shown *s = t->box->shown, *next;

    for (unsigned i = 0; s != NULL && i < SHOW_COMPARED_MAX; i++, s = next) {
        next = s->next;
        if (!s->is_step || !is_of(s, t->link_name, &t->input.session) || !take_back(s))
            continue;
        e->counters.screens_withdrawn++;
        shown_end(s); /* the box is kept: this turn is live in it */
    }
}

static struct shown *show_expect(struct turn *t)
{
    struct turn_engine *e = t->engine;
    uint64_t now_ms = e->env.timers->now_ms;
    struct list_node *node = list_pop_front(&e->shown_pool);
    struct shown *s = node != NULL ? LIST_ITEM(node, struct shown, node) : mem_zalloc(sizeof(*s));

    list_node_init(&s->node);
    list_push_back(&e->shown, &s->node);
    s->engine = e;
    enter_box(s, t->box);
    s->sending = NULL;
    s->origin = t->origin;
    text_copy(s->link_name, sizeof(s->link_name), t->link_name);
    s->session = t->input.session;
    s->fingerprint = t->input.fingerprint;
    s->mark = t->mark;
    s->arrived_ms = t->arrived_ms;
    s->debt_ms = t->debt_ms;
    s->deadline_ms = t->arrived_ms + t->limit_ms;
    if (s->deadline_ms < now_ms + t->limit_ms / 4) /* of a copy: late.c */
        s->deadline_ms = now_ms + t->limit_ms / 4;
    s->proves = !t->is_exact;
    s->is_step = true;
    s->is_aside = false;
    s->is_replay = t->is_replay && !t->is_heir;
    s->answer_status = ESME_ROK;
    s->is_sms = t->input.kind == DIALECT_SMS;
    s->is_owed = false;
    s->was_tried_again = false;
    s->unread_mark = 0;
    s->lets_pass = false;
    s->tells = NULL;
    s->apology = NULL;
    timer_init(&s->again, on_again, s);
    return s;
}

/* It may wait in the outbox for long: for others to the same phone, or for a centre that says
 * "slower". What the subscriber sends meanwhile does not wait for that. */
struct shown *show_expect_sms(struct turn *t)
{
    struct shown *s = show_expect(t);

    s->is_owed = true;
    timer_start(t->engine->env.timers, &s->again, SHOW_LEAVE_MS);
    return s;
}

void show_nothing(struct turn *t)
{
    struct shown *s = show_expect(t);

    if (!ask_reader(s))
        shown_end(s);
}

void show_on_left(void *shown, const struct turn_sent *sent)
{
    struct shown *s = shown;
    bool is_behind = sent->kind == TURN_SENT_OK && sent->connection == s->origin.connection;

    s->is_owed = false;
    if (s->box == NULL) {
        shown_free(s);
        return;
    }
    if (s->unread_mark != 0) /* that tells, too */
        return;
    timer_stop(s->engine->env.timers, &s->again);
    if (is_behind)
        note_proof(s, sent);
    else if (ask_reader(s))
        return;
    shown_end(s);
}

static bool show(struct shown *s, const struct dialect_reply *reply, bool answers)
{
    if (send_screen(s, reply, answers))
        return true;
    fail(s, "no link", 0);
    shown_end(s);
    return false;
}

void show_reply(struct turn *t, const struct step_screen *screen)
{
    struct dialect_reply reply = reply_of(screen);

    (void)show(show_expect(t), &reply, true);
}

/* For what the record does not hold. */
static struct shown *expect_no_proof(struct turn *t)
{
    struct shown *s = show_expect(t);

    s->proves = s->is_step = false;
    return s;
}

/* For a text beside the dialogue that ends it. */
static struct shown *expect_aside(struct turn *t)
{
    struct shown *s = expect_no_proof(t);

    s->is_aside = true;
    return s;
}

static struct dialect_reply closing_text(const struct turn *t, const char *text)
{
    struct step_screen last = step_last_screen(t->engine->step, copy_span(&t->box->session));

    return (struct dialect_reply){.kind = DIALECT_END,
                                  .code = t->input.code,
                                  .text = text,
                                  .network_initiated =
                                      last.is_pushed && t->input.kind != DIALECT_BEGIN};
}

/* Refused at once, with the text behind it for want of room, the input would be brought to another
 * gateway, or by another bind, and the text would end the dialogue that has begun there. */
void show_refusal(struct turn *t, const char *text, uint32_t command_status)
{
    struct dialect_reply reply = closing_text(t, text);
    struct shown *s = expect_aside(t);

    s->answer_status = command_status;
    (void)show(s, &reply, true);
}

/* One that has to wait for window or rate leaves while nobody else can have the dialogue, or not at
 * all. */
void show_wait(struct turn *t, const char *text, uint64_t leave_by_ms)
{
    struct dialect_reply reply = closing_text(t, text);
    struct shown *s = expect_aside(t);

    t->told = s;
    s->tells = t;
    if (leave_by_ms < s->deadline_ms)
        s->deadline_ms = leave_by_ms;
    if (!show(s, &reply, false))
        t->is_late = false;
}

void show_forget_wait(struct turn *t)
{
    if (t->told != NULL)
        t->told->tells = NULL;
    t->told = NULL;
}

void show_take_wait_back(struct turn *t)
{
    if (t->told != NULL && take_back(t->told))
        shown_end(t->told);
}

void show_apologise(struct turn *t, struct apology *a)
{
    t->told->apology = a;
}

void show_abort_ack(struct turn *t)
{
    const struct turn_ports *ports = &t->engine->env.ports;
    struct dialect_reply ack = {.kind = DIALECT_ABORT_ACK, .code = t->input.code, .text = ""};

    if (t->origin.link != NULL && t->input.kind == DIALECT_ABORT &&
        ports->traits(ports->ctx, t->link_name).acks_abort)
        (void)show(expect_no_proof(t), &ack, false);
}
