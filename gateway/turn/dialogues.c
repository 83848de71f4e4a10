#include "gateway/turn/dialogues.h"

#include "base/map.h"
#include "base/mem.h"

#include <string.h>

struct dialogue {
    struct map_node by_msisdn;
    struct list_node by_age;
    uint64_t touched_ms;
    struct turn_record record;
};

struct dialogues {
    const struct turn_env *env;
    size_t max;
    uint64_t idle_ms;
    struct map map;
    struct list by_age; /* the longest untouched first */
    struct timer timer;
};

static int64_t wall_ms(const struct dialogues *d)
{
    return d->env->wall_ms(d->env->ctx);
}

static void emit(struct dialogues *d, struct turn_record *r, enum turn_end end)
{
    r->end = end;
    r->ended_ms = wall_ms(d);
    d->env->ports.record(d->env->ports.ctx, r);
}

static struct dialogue *find(const struct dialogues *d, const char *msisdn)
{
    struct map_node *node = map_find(&d->map, span_of_string(msisdn));

    return node != NULL ? MAP_ITEM(node, struct dialogue, by_msisdn) : NULL;
}

static void drop(struct dialogues *d, struct dialogue *dialogue)
{
    map_remove(&d->map, &dialogue->by_msisdn);
    list_remove(&d->by_age, &dialogue->by_age);
    mem_free(dialogue);
}

static void end(struct dialogues *d, struct dialogue *dialogue, enum turn_end how)
{
    emit(d, &dialogue->record, how);
    drop(d, dialogue);
}

static struct dialogue *oldest(struct dialogues *d)
{
    struct list_node *node = list_first(&d->by_age);

    return node != NULL ? LIST_ITEM(node, struct dialogue, by_age) : NULL;
}

static void arm(struct dialogues *d)
{
    struct timer_queue *timers = d->env->timers;
    struct dialogue *first = oldest(d);
    uint64_t due_ms;

    if (first == NULL || timer_is_running(&d->timer))
        return;
    due_ms = first->touched_ms + d->idle_ms;
    timer_start(timers, &d->timer, due_ms > timers->now_ms ? due_ms - timers->now_ms : 0);
}

static void on_timer(struct timer *timer, void *arg)
{
    struct dialogues *d = arg;
    struct dialogue *first;

    (void)timer;
    while ((first = oldest(d)) != NULL && d->env->timers->now_ms - first->touched_ms >= d->idle_ms)
        end(d, first, TURN_END_TIMEOUT);
    arm(d);
}

static void fill(const struct dialogues *d, struct turn_record *r, const struct dialect_input *in,
                 const char *link_name)
{
    memset(r, 0, sizeof(*r));
    r->began_ms = wall_ms(d);
    text_copy(r->msisdn, sizeof(r->msisdn), in->msisdn);
    text_copy(r->link, sizeof(r->link), link_name);
    text_copy(r->code, sizeof(r->code), in->code);
}

/* `r` has its number, which is in no dialogue yet. */
static struct dialogue *open(struct dialogues *d, const struct turn_record *r)
{
    struct dialogue *dialogue = mem_zalloc(sizeof(*dialogue));

    if (map_count(&d->map) >= d->max)
        end(d, oldest(d), TURN_END_LOST);
    dialogue->record = *r;
    list_node_init(&dialogue->by_age);
    map_add(&d->map, &dialogue->by_msisdn, span_of_string(dialogue->record.msisdn));
    list_push_back(&d->by_age, &dialogue->by_age);
    return dialogue;
}

static void touch(struct dialogues *d, struct dialogue *dialogue)
{
    list_remove(&d->by_age, &dialogue->by_age);
    list_push_back(&d->by_age, &dialogue->by_age);
    dialogue->touched_ms = d->env->timers->now_ms;
}

/* A dial opens one. So does an answer to a dialogue that another gateway began. */
static struct dialogue *take(struct dialogues *d, const struct dialogue_step *step)
{
    struct dialogue *dialogue = find(d, step->input->msisdn);
    struct turn_record r;

    if (dialogue != NULL && step->input->kind == DIALECT_BEGIN) {
        end(d, dialogue, TURN_END_REPLACED);
        dialogue = NULL;
    }
    if (dialogue == NULL) {
        fill(d, &r, step->input, step->link_name);
        dialogue = open(d, &r);
    }
    touch(d, dialogue);
    return dialogue;
}

static void count(struct turn_record *r, const struct dialogue_step *step)
{
    r->turns++;
    r->octets_in += (uint32_t)strlen(step->input->text);
    r->begins += step->input->kind == DIALECT_BEGIN;
    r->answers += step->input->kind != DIALECT_BEGIN;
    if (step->menu_id != NULL)
        memcpy(r->menu_id, step->menu_id, sizeof(r->menu_id));
    r->octets_out += (uint32_t)strlen(step->screen);
    r->asks += !step->is_last && step->screen[0] != '\0';
    r->ends += step->is_last;
}

void dialogues_step(struct dialogues *d, const struct dialogue_step *step)
{
    struct dialogue *dialogue;

    if (d == NULL)
        return;
    dialogue = take(d, step);
    count(&dialogue->record, step);
    if (step->input->kind == DIALECT_ANSWER_LAST)
        end(d, dialogue, TURN_END_LAST);
    else if (step->is_last)
        end(d, dialogue, TURN_END_SCREEN);
    arm(d);
}

void dialogues_refuse(struct dialogues *d, const struct dialogue_step *step)
{
    struct dialogue *dialogue;

    if (d == NULL)
        return;
    dialogue = take(d, step);
    count(&dialogue->record, step);
    end(d, dialogue, TURN_END_REFUSED);
    arm(d);
}

static bool is_unanswered_push(const struct dialogue *dialogue)
{
    return dialogue != NULL && dialogue->record.pushes != 0 && dialogue->record.turns == 0;
}

void dialogues_push(struct dialogues *d, const struct dialogue_push *push)
{
    struct dialogue *dialogue = d != NULL ? find(d, push->msisdn) : NULL;
    struct turn_record r = {.pushes = 1,
                            .octets_out = (uint32_t)strlen(push->screen),
                            .asks = push->is_ask,
                            .ends = !push->is_ask};

    if (d == NULL)
        return;
    if (dialogue != NULL && !is_unanswered_push(dialogue)) {
        end(d, dialogue, TURN_END_TIMEOUT); /* we would not push into one that goes on */
        dialogue = NULL;
    }
    if (dialogue == NULL) {
        r.began_ms = wall_ms(d);
        text_copy(r.msisdn, sizeof(r.msisdn), push->msisdn);
        text_copy(r.link, sizeof(r.link), push->link_name);
        text_copy(r.code, sizeof(r.code), push->code);
        memcpy(r.menu_id, push->menu_id, sizeof(r.menu_id));
        dialogue = open(d, &r);
    }
    touch(d, dialogue);
    arm(d);
}

void dialogues_push_end(struct dialogues *d, const char *msisdn, enum turn_end how)
{
    struct dialogue *dialogue = d != NULL ? find(d, msisdn) : NULL;

    if (is_unanswered_push(dialogue))
        end(d, dialogue, how);
}

void dialogues_push_forget(struct dialogues *d, const char *msisdn)
{
    struct dialogue *dialogue = d != NULL ? find(d, msisdn) : NULL;

    if (is_unanswered_push(dialogue))
        drop(d, dialogue);
}

void dialogues_end(struct dialogues *d, const char *msisdn, enum turn_end how)
{
    struct dialogue *dialogue = d != NULL ? find(d, msisdn) : NULL;

    if (dialogue != NULL)
        end(d, dialogue, how);
}

void dialogues_sms(struct dialogues *d, const struct dialect_input *input, const char *link_name,
                   const uint8_t *menu_id)
{
    struct turn_record r;

    if (d == NULL)
        return;
    fill(d, &r, input, link_name);
    r.kind = TURN_RECORD_SMS_IN;
    r.turns = 1;
    r.octets_in = (uint32_t)strlen(input->text);
    memcpy(r.menu_id, menu_id, sizeof(r.menu_id));
    emit(d, &r, TURN_END_TAKEN);
}

struct dialogues *dialogues_new(const struct turn_env *env, const struct turn_settings *settings)
{
    struct dialogues *d;

    if (env->ports.record == NULL)
        return NULL;
    d = mem_zalloc(sizeof(*d));
    d->env = env;
    d->max = settings->turns_max;
    d->idle_ms = (uint64_t)settings->session_idle_s * 1000;
    map_init(&d->map, env->random(env->ctx));
    list_init(&d->by_age);
    timer_init(&d->timer, on_timer, d);
    return d;
}

void dialogues_free(struct dialogues *d)
{
    if (d == NULL)
        return;
    timer_stop(d->env->timers, &d->timer);
    while (oldest(d) != NULL)
        end(d, oldest(d), TURN_END_STOPPED);
    map_fini(&d->map);
    mem_free(d);
}

/* "op1:2" is a bind of "op1". */
void turn_record_name_carrier(struct turn_record *r, const struct turn_sent *sent)
{
    char *colon;

    if (sent->link_name == NULL)
        return;
    text_copy(r->link, sizeof(r->link), sent->link_name);
    colon = strrchr(r->link, ':');
    if (colon != NULL)
        *colon = '\0';
}

const char *turn_end_name(enum turn_end how)
{
    static const char *const names[] = {
        [TURN_END_SCREEN] = "screen",     [TURN_END_LAST] = "last-answer",
        [TURN_END_ABORT] = "abort",       [TURN_END_TIMEOUT] = "timeout",
        [TURN_END_REPLACED] = "replaced", [TURN_END_REFUSED] = "refused",
        [TURN_END_FAILED] = "failed",     [TURN_END_LOST] = "lost",
        [TURN_END_STOPPED] = "stopped",   [TURN_END_TAKEN] = "taken",
        [TURN_END_SENT] = "sent",         [TURN_END_REJECTED] = "rejected",
        [TURN_END_EXPIRED] = "expired",
    };

    return names[how];
}
