#include "tests/smsc/centre.h"

#include "base/mem.h"
#include "tests/smsc/answers.h"
#include "tests/smsc/trace.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEERS_MAX = 1024, RECONNECT_MS = 500, SHUFFLE_WAIT_MS = 20, MESSAGE_ID_BYTES = 24 };

struct centre {
    struct loop *loop;
    const struct centre_settings *settings;
    struct peer_settings transmitter; /* the other half of a pair */
    struct faults *faults;
    const struct centre_owner *owner;
    void *ctx;
    struct carrier carrier;
    int listener;
    struct event *accept_event;
    struct peer *peers[PEERS_MAX];
    unsigned peer_count;
    unsigned cursor;
    unsigned peer_numbers;
    unsigned bind_count;
    bool stopping;
    struct answers late;
    struct answers shuffled;
    struct timer reconnect;
    uint64_t message_number;
    struct centre_stats stats; /* without the carrier's */
};

/* ---- inputs out ---- */

static struct peer *pick(void *ctx, const struct delivery *d)
{
    struct centre *c = ctx;

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

static void on_sent(void *ctx, const struct delivery *d)
{
    struct centre *c = ctx;

    if (faults_strikes(c->faults, FAULT_DROP_SENT))
        drop(c, d->peer, true);
}

static void on_accepted(void *ctx, const struct delivery *d)
{
    struct centre *c = ctx;

    c->owner->on_accepted(c->ctx, d);
}

static void on_repeat_accepted(void *ctx, const struct delivery *d)
{
    struct centre *c = ctx;

    if (c->owner->on_repeat_accepted != NULL)
        c->owner->on_repeat_accepted(c->ctx, d);
}

static void on_refused(void *ctx, const struct delivery *d, uint32_t status)
{
    struct centre *c = ctx;

    c->owner->on_refused(c->ctx, d, status);
}

static void on_retry(void *ctx, const struct delivery *d)
{
    struct centre *c = ctx;

    if (c->owner->on_retry != NULL)
        c->owner->on_retry(c->ctx, d);
}

static const struct carrier_owner carrier_owner = {
    pick, on_sent, on_accepted, on_repeat_accepted, on_refused, on_retry};

/* ---- messages in ---- */

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
        answers_hold(&c->late, p, h, id);
        return;
    }
    if (faults_strikes(c->faults, FAULT_SHUFFLE)) {
        answers_hold(&c->shuffled, p, h, id);
        return;
    }
    peer_answer(p, h->command_id, h->sequence_number, WIRE_OK, id);
    answers_release(&c->shuffled, p);
    if (faults_strikes(c->faults, FAULT_DROP_AFTER))
        drop(c, p, true);
}

static uint32_t roll_refusal(struct faults *f)
{
    if (faults_strikes(f, FAULT_THROTTLE))
        return WIRE_RTHROTTLED;
    if (faults_strikes(f, FAULT_QUEUE_FULL))
        return WIRE_RMSGQFUL;
    return faults_strikes(f, FAULT_SYSERR) ? WIRE_RSYSERR : WIRE_OK;
}

/* True when a fault kept the message from being taken. */
static bool turn_away(struct centre *c, struct peer *p, const struct wire_header *h,
                      const struct wire_message *m)
{
    uint32_t status = roll_refusal(c->faults);
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
    if (!c->stopping)
        c->owner->on_binds(c->owner->binds_ctx, count);
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
    c->stats.binds++;
    count_binds(c);
    carrier_push(&c->carrier);
}

static void on_response(void *ctx, struct peer *peer, const struct wire_header *h, void *tag,
                        struct span message_id)
{
    struct centre *c = ctx;

    (void)peer;
    (void)message_id;
    carrier_on_response(&c->carrier, tag, h->command_status);
}

static void on_lost(void *ctx, struct peer *peer, void *tag)
{
    struct centre *c = ctx;

    (void)peer;
    carrier_on_lost(&c->carrier, tag);
}

static void on_closed(void *ctx, struct peer *peer, const char *reason)
{
    struct centre *c = ctx;

    (void)reason;
    c->stats.disconnects++;
    answers_forget(&c->late, peer);
    answers_forget(&c->shuffled, peer);
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

static const struct peer_owner plain_owner = {on_bound, on_message, on_response,
                                              on_lost,  on_closed,  NULL};
static const struct peer_owner traced_owner = {on_bound, on_message, on_response,
                                               on_lost,  on_closed,  on_pdu};

static const struct peer_owner *owner_of_peers(const struct centre *c)
{
    return c->settings->trace != NULL ? &traced_owner : &plain_owner;
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

/* In a pair the settings of `peer` are the receiver's; odd connections are transmitters. */
static bool connect_all(struct centre *c)
{
    unsigned wanted = c->settings->pair ? c->settings->binds * 2 : c->settings->binds;

    while (c->peer_count < wanted && c->peer_count < PEERS_MAX) {
        unsigned transmitters = 0;
        struct peer *p;

        for (unsigned i = 0; i < c->peer_count; i++)
            transmitters += peer_bind_command(c->peers[i]) == WIRE_BIND_TRANSMITTER;
        p = peer_connect(c->loop, c->settings->connect,
                         c->settings->pair && transmitters < c->settings->binds
                             ? &c->transmitter
                             : &c->settings->peer,
                         owner_of_peers(c), c);
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

static bool start_connecting(struct centre *c)
{
    if (connect_all(c))
        return true;
    fprintf(stderr, "warung-smsc: cannot connect to %s: not HOST:PORT\n", c->settings->connect);
    return false;
}

struct centre *centre_new(struct loop *loop, const struct centre_settings *settings,
                          struct faults *faults, const struct centre_owner *owner, void *ctx)
{
    struct centre *c = mem_zalloc(sizeof(*c));

    c->loop = loop;
    c->settings = settings;
    c->transmitter = settings->peer;
    c->transmitter.bind_command = WIRE_BIND_TRANSMITTER;
    c->faults = faults;
    c->owner = owner;
    c->ctx = ctx;
    c->listener = -1;
    carrier_init(&c->carrier, loop, &settings->carrier, faults, &carrier_owner, c);
    answers_init(&c->late, loop, settings->late_ms);
    answers_init(&c->shuffled, loop, SHUFFLE_WAIT_MS);
    timer_init(&c->reconnect, on_reconnect, c);
    if (settings->connect != NULL ? start_connecting(c) : start_listening(c))
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

void centre_free(struct centre *c)
{
    for (unsigned i = 0; i < c->peer_count; i++)
        peer_free(c->peers[i]);
    if (c->accept_event != NULL)
        event_free(c->accept_event);
    if (c->listener >= 0)
        close(c->listener);
    timer_stop(&c->loop->timers, &c->reconnect);
    answers_fini(&c->late);
    answers_fini(&c->shuffled);
    carrier_fini(&c->carrier);
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

struct centre_stats centre_stats(const struct centre *c)
{
    struct centre_stats stats = c->stats;

    stats.carrier = c->carrier.stats;
    return stats;
}

struct carrier *centre_carrier(struct centre *c)
{
    return &c->carrier;
}

void centre_drop_all(struct centre *c)
{
    for (unsigned i = 0; i < c->peer_count; i++)
        drop(c, c->peers[i], false);
}

void centre_set_trickle(struct centre *c, bool trickle)
{
    for (unsigned i = 0; i < c->peer_count; i++)
        peer_set_trickle(c->peers[i], trickle);
}
