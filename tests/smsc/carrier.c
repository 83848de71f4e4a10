#include "tests/smsc/carrier.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum { CHUNK = 256, TICK_MS = 10 };

/* Where a delivery is. The lists behind PLACE_READY are ordered by due time, because each has one
 * constant delay. */
enum place {
    PLACE_FREE,
    PLACE_READY,
    PLACE_IN_FLIGHT,
    PLACE_COOLING,
    PLACE_UNSEEN, /* FAULT_LOSE_RESP */
    PLACE_REPEATING,
};

/* Deliveries come from a pool, so that a step in steady state allocates nothing. */
struct delivery_chunk {
    struct delivery_chunk *next;
    struct delivery deliveries[CHUNK];
};

static void move(struct carrier *c, struct delivery *d, enum place place)
{
    if (list_is_linked(&d->node))
        list_remove(&c->places[d->place], &d->node);
    d->place = (uint8_t)place;
    list_push_back(&c->places[place], &d->node);
}

static void add_chunk(struct carrier *c)
{
    struct delivery_chunk *chunk = mem_zalloc(sizeof(*chunk));

    chunk->next = c->chunks;
    c->chunks = chunk;
    for (int i = 0; i < CHUNK; i++) {
        list_node_init(&chunk->deliveries[i].node);
        move(c, &chunk->deliveries[i], PLACE_FREE);
    }
}

static struct delivery *take_delivery(struct carrier *c)
{
    struct delivery *d;

    if (list_is_empty(&c->places[PLACE_FREE]))
        add_chunk(c);
    d = LIST_ITEM(list_pop_front(&c->places[PLACE_FREE]), struct delivery, node);
    d->owner = NULL;
    d->peer = NULL;
    d->accepted = d->adrift = false;
    d->cancelled = d->withdrawn = false;
    d->pdu = d->inline_pdu;
    d->born_us = c->loop->now_us;
    return d;
}

static void free_pdu(struct delivery *d)
{
    if (d->pdu != d->inline_pdu)
        mem_free(d->pdu);
    d->pdu = NULL;
}

static void release(struct carrier *c, struct delivery *d)
{
    free_pdu(d);
    move(c, d, PLACE_FREE);
}

static void wait_in(struct carrier *c, struct delivery *d, enum place place, uint64_t wait_ms)
{
    d->due_us = c->loop->now_us + wait_ms * 1000;
    move(c, d, place);
    if (!timer_is_running(&c->tick))
        timer_start(&c->loop->timers, &c->tick, TICK_MS);
}

static void make_ready(struct carrier *c, struct delivery *d)
{
    move(c, d, PLACE_READY);
    carrier_push(c);
}

/* What waits to come again by a fault of ours comes before it is further behind than a centre
 * brings it, and a gateway knows it: eight inputs (docs/custody.md). */
static void bring_copies(struct carrier *c, uint32_t key, uint32_t input)
{
    for (int place = PLACE_UNSEEN; place <= PLACE_REPEATING; place++)
        LIST_FOREACH(node, &c->places[place]) {
            struct delivery *d = LIST_ITEM(node, struct delivery, node);

            if (d->owner != NULL && d->key == key && input - d->input >= CARRIER_BEHIND_MAX)
                move(c, d, PLACE_READY);
        }
}

void carrier_add(struct carrier *c, const struct wire_message *message, bool by_data_sm,
                 void *owner, uint32_t input, uint32_t key)
{
    uint32_t command_id = by_data_sm ? WIRE_DATA_SM : c->settings->command_id;
    struct delivery *d = take_delivery(c);
    struct writer w;

    writer_init(&w, d->inline_pdu, sizeof(d->inline_pdu));
    wire_message_encode(&w, command_id, 0, message);
    if (w.failed) {
        d->pdu = mem_alloc(WIRE_PDU_BYTES_MAX);
        writer_init(&w, d->pdu, WIRE_PDU_BYTES_MAX);
        wire_message_encode(&w, command_id, 0, message);
        assert(!w.failed);
    }
    d->pdu_bytes = (uint32_t)writer_size(&w);
    d->owner = owner;
    d->cancelled = owner == NULL;
    d->input = input;
    d->key = key;
    if (owner != NULL)
        bring_copies(c, key, input);
    make_ready(c, d);
}

void carrier_forget(struct carrier *c, const void *owner)
{
    for (int place = PLACE_READY; place < CARRIER_PLACES; place++)
        LIST_FOREACH(node, &c->places[place]) {
            struct delivery *d = LIST_ITEM(node, struct delivery, node);

            if (d->owner == owner)
                d->cancelled = true;
        }
}

void carrier_withdraw(struct carrier *c, const void *owner, uint32_t input, uint32_t key)
{
    for (int place = PLACE_READY; place < CARRIER_PLACES; place++)
        LIST_FOREACH(node, &c->places[place]) {
            struct delivery *d = LIST_ITEM(node, struct delivery, node);

            if (d->owner != owner || d->input != input || d->key != key)
                continue;
            d->cancelled = d->withdrawn = true;
            if (place != PLACE_IN_FLIGHT)
                release(c, d);
            return;
        }
}

static void pump(struct deferred *deferred, void *arg)
{
    struct carrier *c = arg;
    struct list_node *node;

    (void)deferred;
    while (!c->paused && (node = list_first(&c->places[PLACE_READY])) != NULL) {
        struct delivery *d = LIST_ITEM(node, struct delivery, node);
        struct peer *p = c->owner->pick(c->ctx, d);

        if (p == NULL)
            return;
        d->peer = p;
        d->sequence_number = peer_request(p, span_of(d->pdu, d->pdu_bytes), d);
        c->stats.sent++;
        wait_in(c, d, PLACE_IN_FLIGHT, c->settings->response_timeout_ms);
        c->owner->on_sent(c->ctx, d);
    }
}

void carrier_push(struct carrier *c)
{
    deferred_add(&c->loop->deferred, &c->pump);
}

void carrier_set_paused(struct carrier *c, bool paused)
{
    c->paused = paused;
    carrier_push(c);
}

static void refuse(struct carrier *c, struct delivery *d, uint32_t status)
{
    if (!d->accepted) {
        c->stats.refused++;
        if (!d->cancelled)
            c->owner->on_refused(c->ctx, d, status);
    }
    release(c, d);
}

static void try_later(struct carrier *c, struct delivery *d, enum place place)
{
    uint64_t age_us = c->loop->now_us - d->born_us;

    d->peer = NULL;
    if (d->withdrawn) {
        release(c, d);
        return;
    }
    if (age_us > c->settings->give_up_ms * 1000) {
        refuse(c, d, WIRE_RX_T_APPN);
        return;
    }
    wait_in(c, d, place, c->settings->retry_ms);
    if (!d->cancelled)
        c->owner->on_retry(c->ctx, d);
}

static void copy_delivery(struct delivery *to, const struct delivery *from)
{
    to->owner = from->owner;
    to->input = from->input;
    to->key = from->key;
    to->cancelled = from->cancelled;
    to->pdu_bytes = from->pdu_bytes;
    memcpy(to->inline_pdu, from->inline_pdu, from->pdu_bytes);
}

static void accept_input(struct carrier *c, struct delivery *d)
{
    if (d->accepted) {
        c->stats.repeated++;
        if (!d->cancelled)
            c->owner->on_repeat_accepted(c->ctx, d);
        release(c, d);
        return;
    }
    c->stats.accepted++;
    if (d->pdu == d->inline_pdu && d->owner != NULL)
        copy_delivery(c->last_accepted, d);
    if (!d->cancelled)
        c->owner->on_accepted(c->ctx, d);
    d->accepted = true;
    if (faults_strikes(c->faults, FAULT_REPEAT))
        wait_in(c, d, PLACE_REPEATING, c->settings->repeat_ms);
    else
        release(c, d);
}

static bool is_temporary(uint32_t status)
{
    return status == WIRE_RX_T_APPN || status == WIRE_RSYSERR || status == WIRE_RMSGQFUL ||
           status == WIRE_RTHROTTLED || status == WIRE_RSUBMITFAIL;
}

void carrier_on_response(struct carrier *c, void *tag, uint32_t command_status)
{
    struct delivery *d = tag;

    d->adrift = false;
    carrier_push(c);
    if (command_status == WIRE_OK) {
        if (faults_strikes(c->faults, FAULT_LOSE_RESP))
            try_later(c, d, PLACE_UNSEEN);
        else
            accept_input(c, d);
        return;
    }
    if (command_status == WIRE_RTHROTTLED || command_status == WIRE_RMSGQFUL)
        c->stats.throttled++;
    else if (is_temporary(command_status))
        c->stats.temporary++;
    if (is_temporary(command_status))
        try_later(c, d, PLACE_COOLING);
    else
        refuse(c, d, command_status);
}

void carrier_on_lost(struct carrier *c, void *tag)
{
    struct delivery *d = tag;

    c->stats.cut++;
    d->adrift = true;
    try_later(c, d, PLACE_COOLING);
}

bool carrier_repeat_last(struct carrier *c)
{
    struct delivery *d;

    if (c->last_accepted->pdu_bytes == 0)
        return false;
    d = take_delivery(c);
    copy_delivery(d, c->last_accepted);
    d->accepted = true;
    make_ready(c, d);
    return true;
}

static bool take_due(struct carrier *c, enum place place, struct delivery **d)
{
    struct list_node *node = list_first(&c->places[place]);

    if (node == NULL)
        return false;
    *d = LIST_ITEM(node, struct delivery, node);
    return (*d)->due_us <= c->loop->now_us;
}

static void on_tick(struct timer *t, void *arg)
{
    struct carrier *c = arg;
    struct delivery *d;

    (void)t;
    while (take_due(c, PLACE_IN_FLIGHT, &d)) {
        c->stats.unanswered++;
        peer_forget(d->peer, d->sequence_number);
        d->adrift = true;
        try_later(c, d, PLACE_COOLING);
    }
    for (int place = PLACE_COOLING; place < CARRIER_PLACES; place++)
        while (take_due(c, place, &d))
            make_ready(c, d);
    for (int place = PLACE_IN_FLIGHT; place < CARRIER_PLACES; place++)
        if (!list_is_empty(&c->places[place]) && !timer_is_running(&c->tick))
            timer_start(&c->loop->timers, &c->tick, TICK_MS);
}

void carrier_init(struct carrier *c, struct loop *loop, const struct carrier_settings *settings,
                  struct faults *faults, const struct carrier_owner *owner, void *ctx)
{
    memset(c, 0, sizeof(*c));
    c->loop = loop;
    c->settings = settings;
    c->faults = faults;
    c->owner = owner;
    c->ctx = ctx;
    for (int place = 0; place < CARRIER_PLACES; place++)
        list_init(&c->places[place]);
    c->last_accepted = mem_zalloc(sizeof(*c->last_accepted));
    deferred_init(&c->pump, pump, c);
    timer_init(&c->tick, on_tick, c);
}

void carrier_fini(struct carrier *c)
{
    timer_stop(&c->loop->timers, &c->tick);
    deferred_cancel(&c->loop->deferred, &c->pump);
    for (int place = PLACE_READY; place < CARRIER_PLACES; place++)
        LIST_FOREACH(node, &c->places[place])
            free_pdu(LIST_ITEM(node, struct delivery, node));
    while (c->chunks != NULL) {
        struct delivery_chunk *next = c->chunks->next;

        mem_free(c->chunks);
        c->chunks = next;
    }
    mem_free(c->last_accepted);
}

static unsigned count_where(const struct carrier *c, bool accepted)
{
    unsigned count = 0;

    for (int place = PLACE_READY; place < CARRIER_PLACES; place++)
        LIST_FOREACH(node, &c->places[place])
            count += LIST_ITEM(node, struct delivery, node)->accepted == accepted;
    return count;
}

unsigned carrier_pending(const struct carrier *c)
{
    return count_where(c, false);
}

unsigned carrier_repeating(const struct carrier *c)
{
    return count_where(c, true);
}
