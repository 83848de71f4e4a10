#include "tests/smsc/centre.h"

#include "base/mem.h"
#include "tests/smsc/answers.h"
#include "tests/smsc/trace.h"

enum { SHUFFLE_WAIT_MS = 20, MESSAGE_ID_BYTES = 24 };

struct centre {
    struct loop *loop;
    const struct centre_settings *settings;
    struct faults *faults;
    const struct centre_owner *owner;
    void *ctx;
    struct carrier carrier;
    struct receipts receipts;
    struct peers peers;
    unsigned cursor; /* of the next bind to take */
    unsigned bind_count;
    bool stopping;
    struct answers late;
    struct answers shuffled;
    uint64_t message_number;
    struct centre_stats stats; /* without the carrier's */
};

/* ---- inputs out ---- */

/* A subscriber's own among the binds that inputs may go over; NULL: there is none. */
static struct peer *own_peer(const struct centre *c, uint32_t key)
{
    unsigned takers = 0;

    for (unsigned i = 0; i < c->peers.count; i++)
        takers += peer_takes_messages(c->peers.all[i]);
    for (unsigned i = 0, at = takers != 0 ? key % takers : 0; i < c->peers.count; i++)
        if (peer_takes_messages(c->peers.all[i]) && at-- == 0)
            return c->peers.all[i];
    return NULL;
}

static struct peer *pick(void *ctx, const struct delivery *d)
{
    struct centre *c = ctx;
    struct peer *own = c->settings->sticky ? own_peer(c, d->key) : NULL;

    if (own != NULL && peer_has_room(own))
        return own;
    for (unsigned i = 0; i < c->peers.count; i++) {
        if (c->cursor >= c->peers.count)
            c->cursor = 0;
        if (peer_has_room(c->peers.all[c->cursor++]))
            return c->peers.all[c->cursor - 1];
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

static void answer_message(struct centre *c, struct peer *p, const struct wire_header *h,
                           const struct wire_message *m)
{
    char id[MESSAGE_ID_BYTES];

    write_message_id(c, id);
    receipts_add(&c->receipts, m, c->message_number);
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
    if (!peer_takes_messages(p) && c->owner->on_apart != NULL)
        c->owner->on_apart(c->ctx, m);
    c->owner->on_message(c->ctx, m);
    answer_message(c, p, h, m);
}

/* ---- binds ---- */

static void count_binds(struct centre *c)
{
    unsigned count = 0;

    for (unsigned i = 0; i < c->peers.count; i++)
        count += peer_takes_messages(c->peers.all[i]);
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
    if (status != WIRE_OK)
        return;
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
    count_binds(c);
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

/* ---- life ---- */

struct centre *centre_new(struct loop *loop, const struct centre_settings *settings,
                          struct faults *faults, const struct centre_owner *owner, void *ctx)
{
    struct centre *c = mem_zalloc(sizeof(*c));

    c->loop = loop;
    c->settings = settings;
    c->faults = faults;
    c->owner = owner;
    c->ctx = ctx;
    carrier_init(&c->carrier, loop, &settings->carrier, faults, &carrier_owner, c);
    receipts_init(&c->receipts, loop, &settings->receipts, &c->carrier, faults->random.state);
    answers_init(&c->late, loop, settings->late_ms);
    answers_init(&c->shuffled, loop, SHUFFLE_WAIT_MS);
    if (peers_init(&c->peers, loop, &settings->peers,
                   settings->trace != NULL ? &traced_owner : &plain_owner, c))
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
    peers_stop(&c->peers);
    timer_init(&deadline, on_stop_deadline, &is_over);
    timer_start(&c->loop->timers, &deadline, wait_ms);
    while (c->peers.count != 0 && !is_over)
        loop_turn(c->loop);
    timer_stop(&c->loop->timers, &deadline);
}

void centre_free(struct centre *c)
{
    peers_fini(&c->peers);
    receipts_fini(&c->receipts);
    answers_fini(&c->late);
    answers_fini(&c->shuffled);
    carrier_fini(&c->carrier);
    mem_free(c);
}

unsigned centre_port(const struct centre *c)
{
    return peers_port(&c->peers);
}

unsigned centre_binds(const struct centre *c)
{
    return c->bind_count;
}

bool centre_is_quiet(const struct centre *c)
{
    for (unsigned i = 0; i < c->peers.count; i++)
        if (peer_is_behind(c->peers.all[i]))
            return false;
    return adrift_is_quiet(&c->loop->adrift);
}

struct centre_stats centre_stats(const struct centre *c)
{
    struct centre_stats stats = c->stats;

    stats.carrier = c->carrier.stats;
    stats.receipts = c->receipts.sent;
    return stats;
}

struct carrier *centre_carrier(struct centre *c)
{
    return &c->carrier;
}

size_t centre_receipts_owed(const struct centre *c)
{
    return receipts_owed(&c->receipts);
}

uint64_t centre_now_us(const struct centre *c)
{
    return c->loop->now_us;
}

void centre_drop_all(struct centre *c)
{
    for (unsigned i = 0; i < c->peers.count; i++)
        drop(c, c->peers.all[i], false);
}

void centre_set_trickle(struct centre *c, bool trickle)
{
    for (unsigned i = 0; i < c->peers.count; i++)
        peer_set_trickle(c->peers.all[i], trickle);
}
