#include "tests/smsc/centre.h"

#include "base/mem.h"
#include "tests/smsc/trace.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PEERS_MAX = 1024,
    CHUNK = 256,
    TICK_MS = 10,
    RECONNECT_MS = 500,
    SHUFFLE_WAIT_US = 20000,
    MESSAGE_ID_BYTES = 24,
};

/* Where a delivery is. The lists of PLACE_IN_FLIGHT and after are ordered by due time, because each
 * has one constant delay. */
enum place {
    PLACE_FREE,
    PLACE_READY,
    PLACE_IN_FLIGHT,
    PLACE_COOLING,
    PLACE_REPEATING,
    PLACE_COUNT
};

/* A response held back by FAULT_LATE or FAULT_SHUFFLE. */
struct held {
    struct list_node node;
    struct peer *peer;
    uint32_t command_id;
    uint32_t sequence_number;
    uint64_t due_us;
    char message_id[MESSAGE_ID_BYTES];
};

struct chunk {
    struct chunk *next;
    struct delivery deliveries[CHUNK];
};

struct centre {
    struct loop *loop;
    const struct centre_settings *settings;
    struct faults *faults;
    const struct centre_owner *owner;
    void *ctx;
    int listener;
    struct event *accept_event;
    struct peer *peers[PEERS_MAX];
    unsigned peer_count;
    unsigned cursor;
    unsigned peer_numbers;
    unsigned bind_count;
    bool stopping;
    bool paused;
    struct list places[PLACE_COUNT];
    struct list late;
    struct list shuffled; /* at most one a peer */
    struct chunk *chunks;
    struct delivery *last_accepted; /* a spare copy for centre_repeat_last() */
    struct deferred pump;
    struct timer tick;
    struct timer reconnect;
    uint64_t message_number;
    struct centre_stats stats;
};

/* ---- deliveries: a pool, so that a step in steady state allocates nothing ---- */

static void move(struct centre *c, struct delivery *d, enum place place)
{
    if (list_is_linked(&d->node))
        list_remove(&c->places[d->place], &d->node);
    d->place = (uint8_t)place;
    list_push_back(&c->places[place], &d->node);
}

static void add_chunk(struct centre *c)
{
    struct chunk *chunk = mem_zalloc(sizeof(*chunk));

    chunk->next = c->chunks;
    c->chunks = chunk;
    for (int i = 0; i < CHUNK; i++) {
        list_node_init(&chunk->deliveries[i].node);
        move(c, &chunk->deliveries[i], PLACE_FREE);
    }
}

static struct delivery *take_delivery(struct centre *c)
{
    struct delivery *d;

    if (list_is_empty(&c->places[PLACE_FREE]))
        add_chunk(c);
    d = LIST_ITEM(list_pop_front(&c->places[PLACE_FREE]), struct delivery, node);
    d->owner = NULL;
    d->peer = NULL;
    d->copies = 0;
    d->accepted = false;
    d->cancelled = false;
    d->born_us = c->loop->now_us;
    return d;
}

static void free_pdu(struct delivery *d)
{
    if (d->pdu != d->inline_pdu)
        mem_free(d->pdu);
    d->pdu = NULL;
}

static void release(struct centre *c, struct delivery *d)
{
    free_pdu(d);
    move(c, d, PLACE_FREE);
}

static void start_tick(struct centre *c)
{
    if (!timer_is_running(&c->tick))
        timer_start(&c->loop->timers, &c->tick, TICK_MS);
}

static void wait_in(struct centre *c, struct delivery *d, enum place place, uint64_t wait_ms)
{
    d->due_us = c->loop->now_us + wait_ms * 1000;
    move(c, d, place);
    start_tick(c);
}

static void make_ready(struct centre *c, struct delivery *d)
{
    move(c, d, PLACE_READY);
    deferred_add(&c->loop->deferred, &c->pump);
}

static uint32_t input_command(const struct centre *c)
{
    if (c->settings->use_data_sm)
        return WIRE_DATA_SM;
    return c->settings->connect != NULL ? WIRE_SUBMIT_SM : WIRE_DELIVER_SM;
}

struct delivery *centre_deliver(struct centre *c, const struct wire_message *message, void *owner,
                                uint32_t input, uint32_t key)
{
    struct delivery *d = take_delivery(c);
    struct writer w;

    writer_init(&w, d->inline_pdu, sizeof(d->inline_pdu));
    wire_message_encode(&w, input_command(c), 0, message);
    d->pdu = d->inline_pdu;
    if (w.failed) {
        d->pdu = mem_alloc(WIRE_PDU_BYTES_MAX);
        writer_init(&w, d->pdu, WIRE_PDU_BYTES_MAX);
        wire_message_encode(&w, input_command(c), 0, message);
        assert(!w.failed);
    }
    d->pdu_bytes = (uint32_t)writer_size(&w);
    d->owner = owner;
    d->input = input;
    d->key = key;
    make_ready(c, d);
    return d;
}

static void forget_in(struct centre *c, enum place place, const void *owner)
{
    LIST_FOREACH(node, &c->places[place])
    {
        struct delivery *d = LIST_ITEM(node, struct delivery, node);

        if (d->owner == owner)
            d->cancelled = true;
    }
}

void centre_forget_owner(struct centre *c, const void *owner)
{
    for (int place = PLACE_READY; place < PLACE_COUNT; place++)
        forget_in(c, (enum place)place, owner);
}

/* ---- sending ---- */

static struct peer *pick_peer(struct centre *c, const struct delivery *d)
{
    if (c->settings->sticky && c->peer_count != 0) {
        struct peer *p = c->peers[d->key % c->peer_count];

        if (peer_has_room(p))
            return p;
    }
    for (unsigned i = 0; i < c->peer_count; i++) {
        if (c->cursor >= c->peer_count)
            c->cursor = 0;
        if (peer_has_room(c->peers[c->cursor++]))
            return c->peers[c->cursor - 1];
    }
    return NULL;
}

static void drop(struct centre *c, struct peer *p, bool after_flush)
{
    if (after_flush)
        peer_close_after_flush(p, "dropped by a fault");
    else
        peer_close(p, "dropped by a fault");
    if (c->owner->on_dropped != NULL)
        c->owner->on_dropped(c->ctx);
}

static void pump(struct deferred *deferred, void *arg)
{
    struct centre *c = arg;
    struct list_node *node;

    (void)deferred;
    while (!c->paused && (node = list_first(&c->places[PLACE_READY])) != NULL) {
        struct delivery *d = LIST_ITEM(node, struct delivery, node);
        struct peer *p = pick_peer(c, d);

        if (p == NULL)
            return;
        d->peer = p;
        d->copies++;
        d->sequence_number = peer_request(p, span_of(d->pdu, d->pdu_bytes), d);
        c->stats.sent++;
        wait_in(c, d, PLACE_IN_FLIGHT, c->settings->response_timeout_ms);
        if (faults_strikes(c->faults, FAULT_DROP_SENT))
            drop(c, p, true);
    }
}

/* ---- answers to inputs ---- */

static void refuse(struct centre *c, struct delivery *d, uint32_t status)
{
    if (!d->accepted) {
        c->stats.refused++;
        if (!d->cancelled)
            c->owner->on_refused(c->ctx, d, status);
    }
    release(c, d);
}

static void try_later(struct centre *c, struct delivery *d)
{
    uint64_t age_us = c->loop->now_us - d->born_us;

    d->peer = NULL;
    if (age_us > c->settings->give_up_ms * 1000)
        refuse(c, d, WIRE_RX_T_APPN);
    else
        wait_in(c, d, PLACE_COOLING, c->settings->retry_ms);
}

static void remember_accepted(struct centre *c, const struct delivery *d)
{
    struct delivery *last = c->last_accepted;

    if (d->pdu != d->inline_pdu)
        return;
    memcpy(last->inline_pdu, d->inline_pdu, d->pdu_bytes);
    last->pdu_bytes = d->pdu_bytes;
    last->input = d->input;
    last->key = d->key;
    last->owner = d->owner;
}

static void accept_input(struct centre *c, struct delivery *d)
{
    if (d->accepted) {
        c->stats.repeated++;
        if (!d->cancelled && c->owner->on_repeat_accepted != NULL)
            c->owner->on_repeat_accepted(c->ctx, d);
    } else {
        c->stats.accepted++;
        remember_accepted(c, d);
        if (!d->cancelled)
            c->owner->on_accepted(c->ctx, d);
        d->accepted = true;
        if (faults_strikes(c->faults, FAULT_REPEAT)) {
            wait_in(c, d, PLACE_REPEATING, c->settings->repeat_ms);
            return;
        }
    }
    release(c, d);
}

static bool is_temporary(uint32_t status)
{
    return status == WIRE_RX_T_APPN || status == WIRE_RSYSERR || status == WIRE_RMSGQFUL ||
           status == WIRE_RTHROTTLED || status == WIRE_RSUBMITFAIL;
}

static void on_response(void *ctx, struct peer *peer, const struct wire_header *h, void *tag,
                        struct span message_id)
{
    struct centre *c = ctx;
    struct delivery *d = tag;

    (void)peer;
    (void)message_id;
    deferred_add(&c->loop->deferred, &c->pump); /* there is room in a window again */
    if (h->command_status == WIRE_OK) {
        if (faults_strikes(c->faults, FAULT_LOSE_RESP))
            try_later(c, d);
        else
            accept_input(c, d);
        return;
    }
    if (h->command_status == WIRE_RTHROTTLED || h->command_status == WIRE_RMSGQFUL)
        c->stats.throttled++;
    else if (is_temporary(h->command_status))
        c->stats.temporary++;
    if (is_temporary(h->command_status))
        try_later(c, d);
    else
        refuse(c, d, h->command_status);
}

static void on_lost(void *ctx, struct peer *peer, void *tag)
{
    struct centre *c = ctx;

    (void)peer;
    c->stats.cut++;
    try_later(c, tag);
}

/* ---- messages of the gateway ---- */

static void hold(struct centre *c, struct list *list, struct peer *p, const struct wire_header *h,
                 uint64_t wait_us, const char *message_id)
{
    struct held *held = mem_zalloc(sizeof(*held));

    held->peer = p;
    held->command_id = h->command_id;
    held->sequence_number = h->sequence_number;
    held->due_us = c->loop->now_us + wait_us;
    text_copy(held->message_id, sizeof(held->message_id), message_id);
    list_push_back(list, &held->node);
    start_tick(c);
}

static void let_go(struct list *list, struct held *held, bool answer)
{
    list_remove(list, &held->node);
    if (answer)
        peer_answer(held->peer, held->command_id, held->sequence_number, WIRE_OK, held->message_id);
    mem_free(held);
}

static void let_go_of_peer(struct list *list, const struct peer *p, bool answer)
{
    LIST_FOREACH(node, list)
    {
        struct held *held = LIST_ITEM(node, struct held, node);

        if (held->peer == p)
            let_go(list, held, answer);
    }
}

static void write_message_id(struct centre *c, char *id)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t n = ++c->message_number;

    for (int i = 15; i >= 0; i--, n >>= 4)
        id[i] = digits[n & 15];
    id[16] = '\0';
}

static void answer_message(struct centre *c, struct peer *p, const struct wire_header *h)
{
    char id[MESSAGE_ID_BYTES];

    write_message_id(c, id);
    if (!c->faults->is_any) {
        peer_answer(p, h->command_id, h->sequence_number, WIRE_OK, id);
        return;
    }
    if (faults_strikes(c->faults, FAULT_MUTE))
        return;
    if (faults_strikes(c->faults, FAULT_LATE)) {
        hold(c, &c->late, p, h, c->settings->late_ms * 1000, id);
        return;
    }
    if (faults_strikes(c->faults, FAULT_SHUFFLE)) {
        hold(c, &c->shuffled, p, h, SHUFFLE_WAIT_US, id);
        return;
    }
    peer_answer(p, h->command_id, h->sequence_number, WIRE_OK, id);
    let_go_of_peer(&c->shuffled, p, true);
    if (faults_strikes(c->faults, FAULT_DROP_AFTER))
        drop(c, p, true);
}

/* True when a fault kept the message from being taken. */
static bool turn_away(struct centre *c, struct peer *p, const struct wire_header *h,
                      const struct wire_message *m)
{
    uint32_t status = faults_strikes(c->faults, FAULT_THROTTLE)     ? WIRE_RTHROTTLED
                      : faults_strikes(c->faults, FAULT_QUEUE_FULL) ? WIRE_RMSGQFUL
                      : faults_strikes(c->faults, FAULT_SYSERR)     ? WIRE_RSYSERR
                                                                    : WIRE_OK;
    bool swallowed = status == WIRE_OK && faults_strikes(c->faults, FAULT_SWALLOW);
    bool dropped = status == WIRE_OK && !swallowed && faults_strikes(c->faults, FAULT_DROP_BEFORE);

    if (status == WIRE_OK && !swallowed && !dropped)
        return false;
    if (status != WIRE_OK)
        peer_answer(p, h->command_id, h->sequence_number, status, "");
    c->stats.turned_away++;
    if (c->owner->on_turned_away != NULL)
        c->owner->on_turned_away(c->ctx, m);
    if (dropped)
        drop(c, p, false);
    return true;
}

static void on_message(void *ctx, struct peer *p, const struct wire_header *h,
                       const struct wire_message *m)
{
    struct centre *c = ctx;

    if (c->faults->is_any && turn_away(c, p, h, m))
        return;
    c->stats.messages++;
    c->owner->on_message(c->ctx, m);
    answer_message(c, p, h);
}

/* ---- binds ---- */

static void count_binds(struct centre *c)
{
    unsigned count = 0;

    for (unsigned i = 0; i < c->peer_count; i++)
        count += peer_takes_messages(c->peers[i]);
    if (count == c->bind_count)
        return;
    c->bind_count = count;
    c->owner->on_binds(c->ctx, count);
}

static void on_bound(void *ctx, struct peer *peer, uint32_t status)
{
    struct centre *c = ctx;

    (void)peer;
    if (status != WIRE_OK) {
        fprintf(stderr, "warung-smsc: the gateway refused our bind: %s\n",
                wire_status_name(status));
        return;
    }
    c->stats.connections++;
    count_binds(c);
    deferred_add(&c->loop->deferred, &c->pump);
}

static void on_closed(void *ctx, struct peer *peer, const char *reason)
{
    struct centre *c = ctx;

    (void)reason;
    c->stats.disconnects++;
    let_go_of_peer(&c->late, peer, false);
    let_go_of_peer(&c->shuffled, peer, false);
    for (unsigned i = 0; i < c->peer_count; i++)
        if (c->peers[i] == peer) {
            c->peers[i] = c->peers[--c->peer_count];
            break;
        }
    peer_free(peer);
    count_binds(c);
    if (c->settings->connect != NULL && !c->stopping && !timer_is_running(&c->reconnect))
        timer_start(&c->loop->timers, &c->reconnect, RECONNECT_MS);
}

static void on_pdu(void *ctx, struct peer *peer, bool sent, struct span pdu)
{
    struct centre *c = ctx;

    trace_pdu(c->settings->trace, peer_number(peer), sent, pdu);
}

static const struct peer_owner peer_owner = {on_bound, on_message, on_response,
                                             on_lost,  on_closed,  NULL};
static const struct peer_owner traced_peer_owner = {on_bound, on_message, on_response,
                                                    on_lost,  on_closed,  on_pdu};

static const struct peer_owner *owner_of_peers(const struct centre *c)
{
    return c->settings->trace != NULL ? &traced_peer_owner : &peer_owner;
}

static void add_peer(struct centre *c, struct peer *p)
{
    peer_set_number(p, ++c->peer_numbers);
    c->peers[c->peer_count++] = p;
}

static void on_accept(evutil_socket_t listener, short what, void *arg)
{
    struct centre *c = arg;
    int fd;

    (void)what;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        if (c->peer_count == PEERS_MAX || c->stopping)
            close(fd);
        else
            add_peer(c, peer_accept(c->loop, fd, &c->settings->peer, owner_of_peers(c), c));
    }
}

static bool connect_all(struct centre *c)
{
    while (c->peer_count < c->settings->binds && c->peer_count < PEERS_MAX) {
        struct peer *p =
            peer_connect(c->loop, c->settings->connect, &c->settings->peer, owner_of_peers(c), c);

        if (p == NULL)
            return false;
        add_peer(c, p);
    }
    return true;
}

static void on_reconnect(struct timer *t, void *arg)
{
    (void)t;
    connect_all(arg);
}

/* ---- time ---- */

static bool take_due(struct centre *c, enum place place, struct delivery **d)
{
    struct list_node *node = list_first(&c->places[place]);

    if (node == NULL)
        return false;
    *d = LIST_ITEM(node, struct delivery, node);
    return (*d)->due_us <= c->loop->now_us;
}

static void let_go_due(struct centre *c, struct list *list)
{
    LIST_FOREACH(node, list)
    {
        struct held *held = LIST_ITEM(node, struct held, node);

        if (held->due_us > c->loop->now_us)
            return;
        let_go(list, held, true);
    }
}

static void on_tick(struct timer *t, void *arg)
{
    struct centre *c = arg;
    struct delivery *d;

    (void)t;
    while (take_due(c, PLACE_IN_FLIGHT, &d)) {
        c->stats.unanswered++;
        peer_forget(d->peer, d->sequence_number);
        try_later(c, d);
    }
    while (take_due(c, PLACE_COOLING, &d))
        make_ready(c, d);
    while (take_due(c, PLACE_REPEATING, &d))
        make_ready(c, d);
    let_go_due(c, &c->late);
    let_go_due(c, &c->shuffled);
    if (!list_is_empty(&c->places[PLACE_IN_FLIGHT]) || !list_is_empty(&c->places[PLACE_COOLING]) ||
        !list_is_empty(&c->places[PLACE_REPEATING]) || !list_is_empty(&c->late) ||
        !list_is_empty(&c->shuffled))
        start_tick(c);
}

/* ---- life ---- */

static bool start_listening(struct centre *c)
{
    c->listener = conn_listen(c->settings->listen);
    if (c->listener < 0) {
        fprintf(stderr, "warung-smsc: cannot listen on %s: %s\n", c->settings->listen,
                errno != 0 ? strerror(errno) : "not HOST:PORT");
        return false;
    }
    c->accept_event = event_new(c->loop->base, c->listener, EV_READ | EV_PERSIST, on_accept, c);
    assert(c->accept_event != NULL);
    event_add(c->accept_event, NULL);
    return true;
}

struct centre *centre_new(struct loop *loop, const struct centre_settings *settings,
                          struct faults *faults, const struct centre_owner *owner, void *ctx)
{
    struct centre *c = mem_zalloc(sizeof(*c));
    bool ok;

    c->loop = loop;
    c->settings = settings;
    c->faults = faults;
    c->owner = owner;
    c->ctx = ctx;
    c->listener = -1;
    for (int i = 0; i < PLACE_COUNT; i++)
        list_init(&c->places[i]);
    list_init(&c->late);
    list_init(&c->shuffled);
    deferred_init(&c->pump, pump, c);
    timer_init(&c->tick, on_tick, c);
    timer_init(&c->reconnect, on_reconnect, c);
    c->last_accepted = mem_zalloc(sizeof(*c->last_accepted));
    ok = settings->connect != NULL ? connect_all(c) : start_listening(c);
    if (!ok && settings->connect != NULL)
        fprintf(stderr, "warung-smsc: cannot connect to %s: not HOST:PORT\n", settings->connect);
    if (ok)
        return c;
    centre_free(c);
    return NULL;
}

static void on_stop_deadline(struct timer *t, void *arg)
{
    (void)t;
    *(bool *)arg = true;
}

void centre_stop(struct centre *c, uint64_t wait_ms)
{
    struct timer deadline;
    bool is_over = false;

    c->stopping = true;
    for (unsigned i = 0; i < c->peer_count; i++)
        peer_unbind(c->peers[i]);
    timer_init(&deadline, on_stop_deadline, &is_over);
    timer_start(&c->loop->timers, &deadline, wait_ms);
    while (c->peer_count != 0 && !is_over)
        loop_turn(c->loop);
    timer_stop(&c->loop->timers, &deadline);
}

static void free_held(struct list *list)
{
    LIST_FOREACH(node, list)
    let_go(list, LIST_ITEM(node, struct held, node), false);
}

void centre_free(struct centre *c)
{
    for (unsigned i = 0; i < c->peer_count; i++)
        peer_free(c->peers[i]);
    if (c->accept_event != NULL)
        event_free(c->accept_event);
    if (c->listener >= 0)
        close(c->listener);
    timer_stop(&c->loop->timers, &c->tick);
    timer_stop(&c->loop->timers, &c->reconnect);
    deferred_cancel(&c->loop->deferred, &c->pump);
    free_held(&c->late);
    free_held(&c->shuffled);
    for (int place = PLACE_READY; place < PLACE_COUNT; place++)
        LIST_FOREACH(node, &c->places[place])
    free_pdu(LIST_ITEM(node, struct delivery, node));
    while (c->chunks != NULL) {
        struct chunk *next = c->chunks->next;

        mem_free(c->chunks);
        c->chunks = next;
    }
    mem_free(c->last_accepted);
    mem_free(c);
}

unsigned centre_port(const struct centre *c)
{
    return c->listener >= 0 ? conn_port(c->listener) : 0;
}

unsigned centre_binds(const struct centre *c)
{
    return c->bind_count;
}

const struct centre_stats *centre_stats(const struct centre *c)
{
    return &c->stats;
}

static unsigned count_where(const struct centre *c, bool accepted)
{
    unsigned count = 0;

    for (int place = PLACE_READY; place < PLACE_COUNT; place++)
        LIST_FOREACH(node, &c->places[place])
    count += LIST_ITEM(node, struct delivery, node)->accepted == accepted;
    return count;
}

unsigned centre_pending(const struct centre *c)
{
    return count_where(c, false);
}

unsigned centre_repeating(const struct centre *c)
{
    return count_where(c, true);
}

void centre_drop_all(struct centre *c)
{
    for (unsigned i = 0; i < c->peer_count; i++)
        drop(c, c->peers[i], false);
}

bool centre_repeat_last(struct centre *c)
{
    const struct delivery *last = c->last_accepted;
    struct delivery *d;

    if (last->pdu_bytes == 0)
        return false;
    d = take_delivery(c);
    memcpy(d->inline_pdu, last->inline_pdu, last->pdu_bytes);
    d->pdu = d->inline_pdu;
    d->pdu_bytes = last->pdu_bytes;
    d->owner = last->owner;
    d->input = last->input;
    d->key = last->key;
    d->accepted = true;
    make_ready(c, d);
    return true;
}

void centre_set_trickle(struct centre *c, bool trickle)
{
    for (unsigned i = 0; i < c->peer_count; i++)
        peer_set_trickle(c->peers[i], trickle);
}

void centre_set_paused(struct centre *c, bool paused)
{
    c->paused = paused;
    deferred_add(&c->loop->deferred, &c->pump);
}
