#include "gateway/turn/late.h"

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/span.h"
#include "gateway/turn/dialogues.h"
#include "gateway/turn/engine.h"
#include "gateway/turn/show.h"

#include <string.h>

enum {
    LATE_APOLOGY_MS = 10000,
    LATE_LAG_MS = 500, /* of a loop that is busy; who stood still has more */
};

/* A copy of an input whose reply is on its way, or was shown: nobody waits for another. What this
 * turn itself has stored without knowing, or another gateway, counts as that too: its reply goes by
 * the dialogue, for as long as the centre takes it. */
bool late_is_copy(const struct turn *t)
{
    const struct turn_engine *e = t->engine;
    const struct box *box = t->box;

    if (box->live != NULL && box->live != t &&
        box->live->input.fingerprint == t->input.fingerprint) /* none of our own: theirs is 0 */
        return true;
    if (show_is_under_way(box, t->input.fingerprint))
        return true;
    if (box->live == t)
        return t->is_replay;
    return box->has_copies &&
           step_knows(e->step, &e->env, &e->settings, &t->input, copy_span(&box->session));
}

/* The copy may be with another gateway, and the dialogue have gone on there: the text would end it.
 * What was read after a standstill, and timers that ran out in one, are that late; and so it is, at
 * once, where the input's connection is gone. */
static uint64_t too_late_ms(const struct turn *t)
{
    return t->arrived_ms + t->engine->settings.answer_window_ms + LATE_LAG_MS;
}

static bool make_text(struct turn *t, bool is_wait, char text[MENU_TEXT_BYTES])
{
    struct turn_engine *e = t->engine;
    struct step_cause cause = {.input = &t->input, .link_name = t->link_name, .is_late = is_wait};
    struct span session = t->box->has_copies ? copy_span(&t->box->session) : span_of(NULL, 0);

    return step_busy_text(e->step, &e->env, &e->settings, t->box->msisdn, &cause, session, text);
}

static void on_late(struct timer *timer, void *arg)
{
    struct turn *t = arg;
    char text[MENU_TEXT_BYTES];

    (void)timer;
    if (late_is_copy(t) || t->engine->env.timers->now_ms > too_late_ms(t) ||
        !turn_is_connected(t) || !make_text(t, true, text))
        return;
    t->is_late = true;
    t->engine->counters.late_answers++;
    log_info("turn.late", LOG_MSISDN("msisdn", t->box->msisdn), LOG_S("link", t->link_name));
    show_wait(t, text, too_late_ms(t));
}

/* Three quarters of what the link allows: the rest is for the way. And not after the answer window:
 * then the reply would go with the copy. */
void late_start(struct turn *t)
{
    struct turn_engine *e = t->engine;
    uint64_t wait_ms = t->limit_ms - t->limit_ms / 4;

    if (t->origin.link == NULL ||
        (t->input.kind != DIALECT_BEGIN && t->input.kind != DIALECT_ANSWER))
        return;
    if (wait_ms > e->settings.answer_window_ms)
        wait_ms = e->settings.answer_window_ms;
    timer_start(e->env.timers, &t->late, wait_ms);
}

void late_stop(struct turn *t)
{
    timer_stop(t->engine->env.timers, &t->late);
}

void late_init(struct turn *t)
{
    timer_init(&t->late, on_late, t);
}

/* An SMS that is owed nowhere; its record is written when the centre has it. */
struct apology {
    struct list_node node;
    struct turn_engine *engine;
    char text[MENU_TEXT_BYTES];
    uint16_t reference;
    struct turn_record record;
};

void late_drop_apology(struct apology *a)
{
    list_remove(&a->engine->apologies, &a->node);
    mem_free(a);
}

void late_free_all(struct turn_engine *e)
{
    struct list_node *n;

    while ((n = list_first(&e->apologies)) != NULL)
        late_drop_apology(LIST_ITEM(n, struct apology, node));
}

static void on_apologised(void *arg, const struct turn_sent *sent)
{
    struct apology *a = arg;
    struct turn_env *env = &a->engine->env;

    if (sent->kind != TURN_SENT_OK) {
        a->engine->counters.failed_screens++;
    } else if (env->ports.record != NULL) {
        a->record.ended_ms = env->wall_ms(env->ctx);
        turn_record_name_carrier(&a->record, sent);
        env->ports.record(env->ports.ctx, &a->record);
    }
    late_drop_apology(a);
}

static struct apology *make_apology(const struct turn *t, const char *text)
{
    struct turn_engine *e = t->engine;
    struct apology *a = mem_zalloc(sizeof(*a));

    a->engine = e;
    list_node_init(&a->node);
    list_push_back(&e->apologies, &a->node);
    text_copy(a->text, sizeof(a->text), text);
    a->reference = (uint16_t)t->input.fingerprint;
    a->record.kind = TURN_RECORD_SMS_OUT;
    a->record.end = TURN_END_SENT;
    a->record.began_ms = e->env.wall_ms(e->env.ctx);
    a->record.octets_out = (uint32_t)strlen(text);
    text_copy(a->record.msisdn, sizeof(a->record.msisdn), t->box->msisdn);
    text_copy(a->record.link, sizeof(a->record.link), t->link_name);
    text_copy(a->record.code, sizeof(a->record.code), t->input.code);
    return a;
}

void late_send_apology(struct apology *a)
{
    struct turn_engine *e = a->engine;
    const struct turn_ports *ports = &e->env.ports;
    struct turn_sms sms = {.link_name = a->record.link,
                           .source = a->record.code,
                           .msisdn = a->record.msisdn,
                           .text = a->text,
                           .reference = a->reference};

    if (ports->send_sms(ports->ctx, &sms, e->env.timers->now_ms + LATE_APOLOGY_MS, on_apologised,
                        a) != NULL)
        return;
    e->counters.failed_screens++;
    late_drop_apology(a);
}

/* Not where the text has not left, or is lost: that dialogue is open still, and the copy that the
 * centre brings is answered in it, or was. */
void late_apologise(struct turn *t)
{
    struct turn_engine *e = t->engine;
    char text[MENU_TEXT_BYTES];
    struct apology *a;

    show_take_wait_back(t);
    if (!t->is_told && t->told == NULL)
        return;
    if (!make_text(t, false, text)) {
        e->counters.failed_screens++;
        return;
    }
    a = make_apology(t, text);
    if (t->is_told)
        late_send_apology(a);
    else
        show_apologise(t, a);
}
