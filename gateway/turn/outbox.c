#include "gateway/turn/outbox.h"

#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "gateway/smpp/status.h"
#include "gateway/turn/dialogues.h"
#include "gateway/turn/tried.h"
#include "gateway/turn/wall.h"
#include "sessions/vault.h"

#include <string.h>

enum {
    OUTBOX_FORMAT = 3,
    OUTBOX_FORMAT_DUE = 2, /* had a due time, which was always 0 */
    OUTBOX_KEY_BYTES = 20,
    OUTBOX_SETTLE_RETRY_MS = 1000,
    OUTBOX_SEND_DEADLINE_MS = 90000, /* longer than the longest pause of a throttled bind */
    OUTBOX_TOUCHES = 4,              /* of an entry in hand, before another may take it for left */
    OUTBOX_SLOW_DOWNS_MAX = 20,      /* in a row, before the entry goes back to the store */
    OUTBOX_LATER_MS = 1000,          /* the wait after the first, doubling */
    OUTBOX_LATER_MAX_MS = 60000,
    /* A sweep brings a failed entry back at a steady pace; it is tried on its first four rounds,
     * then on powers of two, and at least every 32nd; but on any where it was not tried here
     * lately: rounds that nobody could send it in are no refusals. */
    OUTBOX_EAGER_ROUNDS = 4,
    OUTBOX_LAZY_ROUNDS = 32,
};

struct lane {
    struct map_node by_msisdn;
    char msisdn[DIALECT_MSISDN_BYTES];
    struct list owed;
};

struct owed {
    struct map_node by_id;
    uint8_t key[OUTBOX_KEY_BYTES];
    struct outbox *outbox;
    struct lane *lane;
    struct list_node in_lane; /* self-linked once it is being settled */
    struct store_owed_id id;
    struct outbox_entry entry;
    struct turn_sending *sending; /* NULL: it waits for those before it, `later` or the store */
    uint64_t touched_ms;
    struct store_request *touching;
    bool has_waited; /* and may be owed no more: its subscriber may have been erased meanwhile */
    bool is_asked;   /* whether it is still owed, by `touching` */
    unsigned slow_downs;
    struct timer later;
    /* Once it is being settled. */
    enum store_end end;
    char (*key_texts)[STORE_RECEIPT_KEY_BYTES_MAX + 1];
    struct store_receipt_key *keys;
    unsigned key_count, parts;
    struct timer settle_again;
    turn_sent_fn *on_left; /* NULL once it ran */
    void *on_left_arg;
};

struct outbox {
    struct turn_env env;
    struct turn_counters *counters;
    const struct wall *wall;
    const char *instance;
    int64_t receipt_margin_ms;
    unsigned touch_ms;
    struct timer touch;
    struct map owed;
    struct map lanes;
    uint64_t without_link;
    struct tried *tried;
    bool is_draining;
};

bool outbox_encode(const struct outbox_entry *entry, struct vault *vault, struct writer *w)
{
    uint8_t plain[STORE_OWED_BYTES_MAX];
    struct writer p;

    writer_init(&p, plain, sizeof(plain));
    writer_u8(&p, OUTBOX_FORMAT);
    writer_string8(&p, entry->msisdn);
    writer_string8(&p, entry->link);
    writer_string8(&p, entry->source);
    writer_string16(&p, entry->text);
    writer_u64(&p, (uint64_t)entry->expires_ms);
    writer_u8(&p, entry->is_bulk);
    return !p.failed && vault_seal(vault, VAULT_OWED, "", writer_span(&p), w);
}

bool outbox_decode(struct outbox_entry *entry, struct vault *vault, struct span body)
{
    uint8_t plain[STORE_OWED_BYTES_MAX];
    struct writer p;
    struct reader r;
    uint8_t format;

    writer_init(&p, plain, sizeof(plain));
    if (!vault_open(vault, VAULT_OWED, "", body, &p))
        return false;
    reader_init(&r, writer_span(&p));
    format = reader_u8(&r);
    if (format != OUTBOX_FORMAT && format != OUTBOX_FORMAT_DUE)
        return false;
    reader_string8(&r, entry->msisdn, sizeof(entry->msisdn));
    reader_string8(&r, entry->link, sizeof(entry->link));
    reader_string8(&r, entry->source, sizeof(entry->source));
    reader_string16(&r, entry->text, sizeof(entry->text));
    if (format == OUTBOX_FORMAT_DUE)
        (void)reader_u64(&r);
    entry->expires_ms = (int64_t)reader_u64(&r);
    entry->is_bulk = reader_u8(&r) != 0;
    return !r.failed && reader_left(&r) == 0;
}

static void on_touch_timer(struct timer *timer, void *arg);

struct outbox *outbox_new(const struct turn_env *env, const struct turn_settings *settings,
                          struct turn_counters *counters, const struct wall *wall)
{
    struct outbox *o = mem_zalloc(sizeof(*o));

    o->env = *env;
    o->counters = counters;
    o->wall = wall;
    o->instance = settings->instance;
    o->receipt_margin_ms = (int64_t)settings->receipt_margin_s * 1000;
    o->touch_ms = settings->owed_idle_ms / OUTBOX_TOUCHES;
    timer_init(&o->touch, on_touch_timer, o);
    timer_start(env->timers, &o->touch, o->touch_ms);
    map_init(&o->owed, env->random(env->ctx));
    map_init(&o->lanes, env->random(env->ctx));
    o->tried = tried_new(2UL * OUTBOX_LAZY_ROUNDS * settings->owed_idle_ms, env->timers->now_ms);
    return o;
}

size_t outbox_under_way(const struct outbox *o)
{
    return map_count(&o->owed);
}

uint64_t outbox_without_link(const struct outbox *o)
{
    return o->without_link;
}

static struct lane *lane_find_or_make(struct outbox *o, const char *msisdn)
{
    struct map_node *node = map_find(&o->lanes, span_of_string(msisdn));
    struct lane *lane;

    if (node != NULL)
        return MAP_ITEM(node, struct lane, by_msisdn);
    lane = mem_zalloc(sizeof(*lane));
    text_copy(lane->msisdn, sizeof(lane->msisdn), msisdn);
    list_init(&lane->owed);
    map_add(&o->lanes, &lane->by_msisdn, span_of_string(lane->msisdn));
    return lane;
}

static void owed_leave_lane(struct owed *d)
{
    struct lane *lane = d->lane;

    if (lane == NULL)
        return;
    list_remove(&lane->owed, &d->in_lane);
    d->lane = NULL;
    if (list_is_empty(&lane->owed)) {
        map_remove(&d->outbox->lanes, &lane->by_msisdn);
        mem_free(lane);
    }
}

static void report(struct owed *d, const struct turn_sent *sent)
{
    turn_sent_fn *fn = d->on_left;

    d->on_left = NULL;
    if (fn != NULL)
        fn(d->on_left_arg, sent);
}

static void owed_free(struct owed *d)
{
    struct outbox *o = d->outbox;

    report(d, &(struct turn_sent){.kind = TURN_SENT_NOT, .message_id = ""});
    owed_leave_lane(d);
    timer_stop(o->env.timers, &d->settle_again);
    timer_stop(o->env.timers, &d->later);
    if (d->touching != NULL)
        store_cancel(o->env.store, d->touching);
    map_remove(&o->owed, &d->by_id);
    mem_free(d->key_texts);
    mem_free(d->keys);
    mem_free(d);
}

static void settle(struct owed *d);

void outbox_count(struct turn_counters *counters, const struct store_reply *reply)
{
    counters->sms_failed += reply->tally.failed;
    counters->sms_expired += reply->tally.expired;
    if (reply->fate != STORE_FATE_ENDED)
        return;
    counters->sms_delivered += reply->end == STORE_END_DELIVERED;
    counters->sms_failed += reply->end == STORE_END_FAILED;
    counters->sms_expired += reply->end == STORE_END_EXPIRED;
}

static void on_settled(void *arg, const struct store_reply *reply)
{
    struct owed *d = arg;

    if (reply->result == STORE_OK) {
        outbox_count(d->outbox->counters, reply);
        if (d->end == STORE_END_AWAITED && reply->fate == STORE_FATE_ENDED)
            d->outbox->counters->receipts_claimed += d->parts; /* they were here before */
        owed_free(d);
    } else
        timer_start(d->outbox->env.timers, &d->settle_again, OUTBOX_SETTLE_RETRY_MS);
}

static void on_settle_again(struct timer *timer, void *arg)
{
    (void)timer;
    settle(arg);
}

/* The entry stays known here until the store has taken it from the outbox: a sweep that brings it
 * back meanwhile must not send it again. */
static void settle(struct owed *d)
{
    struct outbox *o = d->outbox;
    char subject[VAULT_SUBJECT_BYTES];
    struct store_settlement s = {.bucket = store_bucket(o->env.store, d->entry.msisdn),
                                 .subject = subject,
                                 .id = d->id,
                                 .end = d->end,
                                 .now_ms = o->env.wall_ms(o->env.ctx),
                                 .until_ms = d->entry.expires_ms + o->receipt_margin_ms,
                                 .parts = d->parts,
                                 .keys = d->keys,
                                 .key_count = d->key_count};

    vault_subject(o->env.vault, d->entry.msisdn, subject);
    store_settle(o->env.store, &s, on_settled, d);
}

static void end(struct owed *d, enum store_end how)
{
    d->end = how;
    owed_leave_lane(d);
    settle(d);
}

static void keep_keys(struct owed *d, const struct turn_sent *sent)
{
    d->parts = sent->parts;
    d->key_count = sent->key_count;
    d->keys = mem_zalloc(sent->key_count * sizeof(*d->keys));
    d->key_texts = mem_zalloc(sent->key_count * sizeof(*d->key_texts));
    for (unsigned i = 0; i < sent->key_count; i++) {
        text_copy(d->key_texts[i], sizeof(d->key_texts[i]), sent->keys[i].text);
        d->keys[i] = (struct store_receipt_key){d->key_texts[i], sent->keys[i].part};
    }
}

static void lane_send(struct lane *lane);
static void ask(struct owed *d);

/* The peer has not said that the message shall go away. Not at once: the queue may be that of this
 * one phone, and each further refusal would slow the bind down for everybody. */
static bool is_for_later(struct owed *d, const struct turn_sent *sent)
{
    return sent->kind == TURN_SENT_TEMPORARY && sent->is_slow_down && !d->outbox->is_draining &&
           ++d->slow_downs <= OUTBOX_SLOW_DOWNS_MAX;
}

static void wait_for_later(struct owed *d)
{
    uint64_t wait_ms = OUTBOX_LATER_MS;

    for (unsigned i = 1; i < d->slow_downs && wait_ms < OUTBOX_LATER_MAX_MS; i++)
        wait_ms *= 2;
    d->has_waited = true;
    timer_start(d->outbox->env.timers, &d->later,
                wait_ms < OUTBOX_LATER_MAX_MS ? wait_ms : OUTBOX_LATER_MAX_MS);
}

static void on_later(struct timer *timer, void *arg)
{
    struct owed *d = arg;

    (void)timer;
    lane_send(d->lane);
}

/* Still owed: the next sweep brings it back. Later ones of the same subscriber wait for it there
 * too, so that order is kept; what is before it in its lane stays. */
static void give_back(struct owed *d)
{
    struct lane *lane = d->lane;

    while (lane->owed.head.prev != &d->in_lane)
        owed_free(LIST_ITEM(lane->owed.head.prev, struct owed, in_lane));
    owed_free(d);
}

void outbox_drain(struct outbox *o)
{
    struct map_node *next;

    o->is_draining = true;
    for (struct map_node *n = map_first(&o->lanes); n != NULL; n = next) {
        struct lane *lane = MAP_ITEM(n, struct lane, by_msisdn);
        struct owed *first = LIST_ITEM(list_first(&lane->owed), struct owed, in_lane);

        next = map_next(&o->lanes, n);
        if (timer_is_running(&first->later)) /* only the first of a lane is ever tried */
            give_back(first);
    }
}

/* `sent`: NULL where it has not left. */
static void record(const struct owed *d, enum turn_end end, const struct turn_sent *sent)
{
    const struct turn_env *env = &d->outbox->env;
    struct turn_record r = {.kind = TURN_RECORD_SMS_OUT,
                            .end = end,
                            .began_ms = (int64_t)d->id.ms,
                            .ended_ms = env->wall_ms(env->ctx),
                            .octets_out = (uint32_t)strlen(d->entry.text)};

    if (env->ports.record == NULL)
        return;
    text_copy(r.msisdn, sizeof(r.msisdn), d->entry.msisdn);
    text_copy(r.link, sizeof(r.link), d->entry.link);
    if (sent != NULL)
        turn_record_name_carrier(&r, sent);
    text_copy(r.code, sizeof(r.code), d->entry.source);
    env->ports.record(env->ports.ctx, &r);
}

static void note_tried(struct owed *d)
{
    struct outbox *o = d->outbox;

    tried_note(o->tried, span_of(d->key, sizeof(d->key)), o->env.timers->now_ms);
}

static void on_sent(void *arg, const struct turn_sent *sent)
{
    struct owed *d = arg;
    struct outbox *o = d->outbox;
    struct lane *lane = d->lane;
    bool is_last = lane->owed.count == 1;

    d->sending = NULL;
    if (is_for_later(d, sent)) {
        wait_for_later(d);
        return;
    }
    report(d, sent);
    switch (sent->kind) {
    case TURN_SENT_OK:
        o->counters->sms_sent++;
        record(d, TURN_END_SENT, sent);
        keep_keys(d, sent);
        end(d, sent->key_count != 0 ? STORE_END_AWAITED : STORE_END_SENT);
        break;
    case TURN_SENT_PERMANENT:
        record(d, TURN_END_REJECTED, sent);
        log_warning("outbox.refused", LOG_MSISDN("msisdn", d->entry.msisdn),
                    LOG_S("link", sent->link_name != NULL ? sent->link_name : d->entry.link),
                    LOG_S("command_status", smpp_status_name(sent->command_status)),
                    LOG_U("status", sent->command_status));
        end(d, STORE_END_FAILED);
        break;
    case TURN_SENT_TEMPORARY:
        log_warning("outbox.put_off", LOG_MSISDN("msisdn", d->entry.msisdn),
                    LOG_S("link", sent->link_name != NULL ? sent->link_name : d->entry.link),
                    LOG_S("command_status", smpp_status_name(sent->command_status)),
                    LOG_U("status", sent->command_status));
        note_tried(d);
        give_back(d);
        return;
    case TURN_SENT_UNKNOWN:
        note_tried(d);
        give_back(d);
        return;
    case TURN_SENT_NOT:
        give_back(d);
        return;
    }
    if (!is_last)
        lane_send(lane);
}

static bool is_over(const struct outbox_entry *e, int64_t now_ms)
{
    return now_ms >= e->expires_ms;
}

static struct turn_sms order_of(const struct outbox_entry *e, struct store_owed_id id)
{
    return (struct turn_sms){.link_name = e->link,
                             .source = e->source,
                             .msisdn = e->msisdn,
                             .text = e->text,
                             .reference = (uint16_t)(id.ms * 31 + id.number),
                             .is_bulk = e->is_bulk};
}

/* True when the entry is under way; false when it is no longer (or not yet) to be sent from here.
 */
static bool owed_try(struct owed *d)
{
    const struct turn_env *env = &d->outbox->env;
    const struct outbox_entry *e = &d->entry;
    struct turn_sms sms = order_of(e, d->id);
    int64_t now_ms = env->wall_ms(env->ctx);

    if (is_over(e, now_ms) && !wall_is_credible(d->outbox->wall)) {
        owed_free(d); /* the next sweep tells whether it is */
        return false;
    }
    if (is_over(e, now_ms)) {
        record(d, TURN_END_EXPIRED, NULL);
        log_warning("outbox.expired", LOG_MSISDN("msisdn", e->msisdn));
        end(d, STORE_END_EXPIRED);
        return false;
    }
    if (d->has_waited) {
        ask(d);
        return true;
    }
    sms.now_ms = now_ms;
    sms.validity_s = (uint32_t)((e->expires_ms - now_ms + 999) / 1000);
    d->sending = env->ports.send_sms(env->ports.ctx, &sms,
                                     env->timers->now_ms + OUTBOX_SEND_DEADLINE_MS, on_sent, d);
    if (d->sending != NULL)
        return true;
    d->outbox->without_link++;
    owed_free(d);
    return false;
}

static void lane_send(struct lane *lane)
{
    bool is_last;

    do {
        struct owed *d = LIST_ITEM(list_first(&lane->owed), struct owed, in_lane);

        is_last = lane->owed.count == 1;
        if (d->sending != NULL || timer_is_running(&d->later) || owed_try(d))
            return;
    } while (!is_last);
}

/* --- entries in hand stay ours ----------------------------------------------------------------
 */

/* What cannot be told to be owed is left to the sweep. */
static void on_asked(struct owed *d, bool is_owed)
{
    if (!is_owed) {
        give_back(d);
        return;
    }
    d->has_waited = list_first(&d->lane->owed) != &d->in_lane; /* an older one came meanwhile */
    lane_send(d->lane);
}

/* Another gateway has taken it, while we stood still perhaps; or its subscriber was erased. What
 * has not left is not ours to send. */
static void on_touched(void *arg, const struct store_reply *reply)
{
    struct owed *d = arg;
    const struct turn_ports *ports = &d->outbox->env.ports;

    d->touching = NULL;
    if (d->lane == NULL)
        return;
    if (d->is_asked) {
        d->is_asked = false;
        on_asked(d, reply->result == STORE_OK && reply->number != 0);
        return;
    }
    if (reply->result != STORE_OK || reply->number != 0)
        return;
    if (d->sending != NULL && !ports->withdraw(ports->ctx, d->sending))
        return;
    give_back(d);
}

static void touch(struct owed *d)
{
    struct outbox *o = d->outbox;

    d->touched_ms = o->env.timers->now_ms;
    d->touching = store_touch(o->env.store, store_bucket(o->env.store, d->entry.msisdn),
                              o->instance, d->id, on_touched, d);
}

static void ask(struct owed *d)
{
    if (d->is_asked)
        return;
    if (d->touching != NULL)
        store_cancel(d->outbox->env.store, d->touching); /* it may tell of before */
    d->is_asked = true;
    touch(d);
}

static void on_touch_timer(struct timer *timer, void *arg)
{
    struct outbox *o = arg;
    uint64_t now_ms = o->env.timers->now_ms;

    timer_start(o->env.timers, timer, o->touch_ms);
    for (struct map_node *n = map_first(&o->owed); n != NULL; n = map_next(&o->owed, n)) {
        struct owed *d = MAP_ITEM(n, struct owed, by_id);

        if (d->touching == NULL && now_ms - d->touched_ms >= o->touch_ms)
            touch(d);
    }
}

static void make_key(uint8_t key[OUTBOX_KEY_BYTES], unsigned bucket, struct store_owed_id id)
{
    struct writer w;

    writer_init(&w, key, OUTBOX_KEY_BYTES);
    writer_u32(&w, bucket);
    writer_u64(&w, id.ms);
    writer_u64(&w, id.number);
}

static bool is_this_round_tried(unsigned deliveries)
{
    return deliveries <= OUTBOX_EAGER_ROUNDS || (deliveries & (deliveries - 1)) == 0 ||
           deliveries % OUTBOX_LAZY_ROUNDS == 0;
}

static bool is_untried(struct outbox *o, struct span key, const struct turn_sms *order)
{
    bool has_sender = o->env.ports.has_sms_sender(o->env.ports.ctx, order);

    o->without_link += !has_sender;
    return has_sender && !tried_has(o->tried, key, o->env.timers->now_ms);
}

static bool is_before(struct store_owed_id a, struct store_owed_id b)
{
    return a.ms != b.ms ? a.ms < b.ms : a.number < b.number;
}

/* In order, but behind what is being sent: that stays the first of its lane. */
static void lane_insert(struct lane *lane, struct owed *d)
{
    struct list_node *where = lane->owed.head.prev;

    while (where != &lane->owed.head) {
        const struct owed *before = LIST_ITEM(where, struct owed, in_lane);

        if (before->sending != NULL || !is_before(d->id, before->id))
            break;
        where = where->prev;
    }
    list_insert_before(&lane->owed, where->next, &d->in_lane);
    d->lane = lane;
}

void outbox_send(struct outbox *o, struct store_owed_id id, unsigned deliveries,
                 const struct outbox_entry *entry, turn_sent_fn *on_left, void *arg)
{
    uint8_t key[OUTBOX_KEY_BYTES];
    struct turn_sms order = order_of(entry, id);
    struct owed *d;

    make_key(key, store_bucket(o->env.store, entry->msisdn), id);
    if (!(is_this_round_tried(deliveries) || is_over(entry, o->env.wall_ms(o->env.ctx)) ||
          is_untried(o, span_of(key, sizeof(key)), &order)) ||
        map_find(&o->owed, span_of(key, sizeof(key))) != NULL) {
        if (on_left != NULL)
            on_left(arg, &(struct turn_sent){.kind = TURN_SENT_NOT, .message_id = ""});
        return;
    }
    d = mem_zalloc(sizeof(*d));
    memcpy(d->key, key, sizeof(key));
    d->outbox = o;
    d->id = id;
    d->entry = *entry;
    d->touched_ms = o->env.timers->now_ms;
    d->on_left = on_left;
    d->on_left_arg = arg;
    list_node_init(&d->in_lane);
    timer_init(&d->settle_again, on_settle_again, d);
    timer_init(&d->later, on_later, d);
    map_add(&o->owed, &d->by_id, span_of(d->key, sizeof(d->key)));
    lane_insert(lane_find_or_make(o, entry->msisdn), d);
    d->has_waited = d->lane->owed.count > 1;
    lane_send(d->lane);
}

void outbox_free(struct outbox *o)
{
    struct map_node *node;

    timer_stop(o->env.timers, &o->touch);
    while ((node = map_first(&o->owed)) != NULL) {
        struct owed *d = MAP_ITEM(node, struct owed, by_id);

        d->on_left = NULL;
        d->touching = NULL; /* the store is gone */
        owed_free(d);
    }
    map_fini(&o->owed);
    map_fini(&o->lanes);
    tried_free(o->tried);
    mem_free(o);
}
