#include "gateway/link/link_private.h"

#include "base/log.h"
#include "base/mem.h"
#include "gateway/link/endings.h"

#include <assert.h>
#include <string.h>

enum {
    WINDOW_DEFAULT = 32,
    IN_FLIGHT_DEFAULT = 4096,
    QUEUE_DEFAULT = 65536,
    ENQUIRE_DEFAULT_S = 30,
    RESPONSE_DEFAULT_S = 10,
    PDU_DEFAULT_S = 10,
    OUT_BYTES_DEFAULT = 1 << 20,
};

#define ON_PDU(e) FSM_BIT(LINK_EV_##e)
#define TO(s)     FSM_BIT(LINK_##s)

/* SMPP 3.4, 2.2 and 2.3. In OPEN only a bind and enquire_link are taken: the rest closes. */
static const struct fsm_state states[LINK_STATE_COUNT] = {
    [LINK_CLOSED] = {"closed", 0, TO(CONNECTING) | TO(OPEN)},
    [LINK_CONNECTING] = {"connecting", 0, TO(OPEN) | TO(CLOSED)},
    [LINK_OPEN] = {"open", ON_PDU(BIND) | ON_PDU(ENQUIRE) | ON_PDU(ENQUIRE_RESP) | ON_PDU(NACK),
                   TO(BINDING) | TO(CLOSED)},
    [LINK_BINDING] = {"binding",
                      ON_PDU(BIND_RESP) | ON_PDU(ENQUIRE) | ON_PDU(ENQUIRE_RESP) | ON_PDU(UNBIND) |
                          ON_PDU(NACK) | ON_PDU(NOTICE),
                      TO(BOUND) | TO(OPEN) | TO(CLOSED)},
    [LINK_BOUND] = {"bound",
                    ON_PDU(MESSAGE) | ON_PDU(RESPONSE) | ON_PDU(ENQUIRE) | ON_PDU(ENQUIRE_RESP) |
                        ON_PDU(UNBIND) | ON_PDU(NACK) | ON_PDU(NOTICE),
                    TO(UNBINDING) | TO(CLOSED)},
    [LINK_UNBINDING] = {"unbinding",
                        ON_PDU(RESPONSE) | ON_PDU(ENQUIRE) | ON_PDU(ENQUIRE_RESP) | ON_PDU(UNBIND) |
                            ON_PDU(UNBIND_RESP) | ON_PDU(NACK) | ON_PDU(NOTICE),
                        TO(CLOSED)},
};
const struct fsm_table link_fsm = {"link", states, LINK_STATE_COUNT};

static void on_flush(struct deferred *d, void *arg);
static void on_todo(struct deferred *d, void *arg);
static void on_reap(struct deferred *d, void *arg);
static void on_phase_timer(struct timer *timer, void *arg);
static void on_idle_timer(struct timer *timer, void *arg);
static void on_frame_timer(struct timer *timer, void *arg);

const char *link_state_name(enum link_state state)
{
    return fsm_state_name(&link_fsm, state);
}

/* ---- lifetime ---- */

static void set_default(unsigned *value, unsigned fallback)
{
    if (*value == 0)
        *value = fallback;
}

/* `name` is the link's from here on. */
static void take_settings(struct link *link, const char *name, const struct link_settings *settings)
{
    struct link_settings *s = &link->settings;

    *s = *settings;
    s->name = name;
    set_default(&s->window, WINDOW_DEFAULT);
    set_default(&s->in_flight_max, IN_FLIGHT_DEFAULT);
    set_default(&s->queue_max, QUEUE_DEFAULT);
    set_default(&s->enquire_link_s, ENQUIRE_DEFAULT_S);
    set_default(&s->response_timeout_s, RESPONSE_DEFAULT_S);
    set_default(&s->pdu_timeout_s, PDU_DEFAULT_S);
    if (s->pdu_bytes_max == 0)
        s->pdu_bytes_max = SMPP_PDU_BYTES_DEFAULT;
    if (s->out_bytes_max == 0)
        s->out_bytes_max = OUT_BYTES_DEFAULT;
}

void link_init(struct link *link, const struct link_role *role, const struct link_env *env,
               const struct link_settings *settings, const struct link_owner *owner,
               void *owner_ctx)
{
    memset(link, 0, sizeof(*link));
    link->role = role;
    link->env = *env;
    take_settings(link, mem_strdup(settings->name), settings);
    link->owner = *owner;
    link->owner_ctx = owner_ctx;
    link->state = LINK_CLOSED;
    /* Numbers of two links differ in practice, so that a ticket of one cannot be taken for the
     * other's. */
    link->connection = env->random(env->random_ctx);
    framer_init(&link->framer);
    outbuf_init(&link->out);
    read_marks_init(&link->reads);
    window_init(&link->window, link->settings.window, link->settings.queue_max);
    pacer_init(&link->pacer, link->settings.tps, link_now(link));
    rtt_init(&link->rtt, link_now(link));
    link->since_ms = link_now(link);
    timer_init(&link->phase, on_phase_timer, link);
    timer_init(&link->idle, on_idle_timer, link);
    timer_init(&link->response, link_on_response_timer, link);
    timer_init(&link->late, link_on_late_timer, link);
    timer_init(&link->frame, on_frame_timer, link);
    timer_init(&link->pace, link_on_pace_timer, link);
    deferred_init(&link->flush, on_flush, link);
    deferred_init(&link->todo, on_todo, link);
    deferred_init(&link->reap, on_reap, link);
}

void link_fini(struct link *link)
{
    assert(link->transport == NULL);
    read_marks_fini(&link->reads);
    window_fini(&link->window);
    outbuf_fini(&link->out);
    framer_fini(&link->framer);
    rtt_fini(&link->rtt);
    mem_free((char *)link->settings.name);
}

void link_configure(struct link *link, const struct link_settings *settings)
{
    assert(link_in_flight(link) == 0 && link_queued(link) == 0);
    mem_free((char *)link->settings.name);
    take_settings(link, mem_strdup(settings->name), settings);
    window_fini(&link->window);
    window_init(&link->window, link->settings.window, link->settings.queue_max);
    pacer_init(&link->pacer, link->settings.tps, link_now(link));
}

void link_adjust(struct link *link, const struct link_settings *settings)
{
    const struct link_settings *s = &link->settings;
    unsigned tps = s->tps, enquire_link_s = s->enquire_link_s;

    take_settings(link, s->name, settings);
    window_resize(&link->window, s->window, s->queue_max);
    if (s->tps != tps)
        pacer_init(&link->pacer, s->tps, link_now(link));
    if (s->enquire_link_s != enquire_link_s && !link->is_enquiring)
        timer_start(link->env.timers, &link->idle, (uint64_t)s->enquire_link_s * 1000);
    timer_start(link->env.timers, &link->pace, 1); /* what waits may go now */
}

static void stop_connection_work(struct link *link)
{
    struct timer_queue *q = link->env.timers;

    timer_stop(q, &link->phase);
    timer_stop(q, &link->idle);
    timer_stop(q, &link->response);
    timer_stop(q, &link->late);
    timer_stop(q, &link->frame);
    timer_stop(q, &link->pace);
    deferred_cancel(link->env.deferred, &link->flush);
    if (link->transport != NULL && link->is_dead)
        transport_abort(link->transport);
    else if (link->transport != NULL)
        transport_close(link->transport);
    link->transport = NULL;
    framer_reset(&link->framer);
    outbuf_clear(&link->out);
    link->unanswered = 0;
    link->doom = NULL;
}

void link_free(struct link *link)
{
    assert(!link->is_freed);
    link->is_freed = true;
    link->is_started = false;
    stop_connection_work(link);
    link_stop_expiry(link);
    deferred_cancel(link->env.deferred, &link->todo);
    link->role->quiesce(link);
    deferred_add(link->env.deferred, &link->reap);
}

static void on_reap(struct deferred *d, void *arg)
{
    struct link *link = arg;

    (void)d;
    link->role->destroy(link);
}

/* ---- small questions ---- */

uint64_t link_now(const struct link *link)
{
    return link->env.timers->now_ms;
}

enum link_state link_state(const struct link *link)
{
    return (enum link_state)link->state;
}

const char *link_name(const struct link *link)
{
    return link->settings.name;
}

uint64_t link_connection(const struct link *link)
{
    return link->connection;
}

const struct link_counters *link_counters(const struct link *link)
{
    return &link->counters;
}

unsigned link_in_flight(const struct link *link)
{
    return window_in_flight(&link->window);
}

unsigned link_queued(const struct link *link)
{
    return link->window.queued;
}

bool link_is_server(const struct link *link)
{
    return link->role->is_server;
}

void link_show(const struct link *link, enum link_direction direction, struct span pdu)
{
    const struct link_watch *watch = link->env.watch;

    if (watch != NULL && watch->fn != NULL)
        watch->fn(watch->ctx, link, direction, pdu);
}

static bool is_usable(const struct link *link)
{
    return link->state == LINK_BOUND && link->transport != NULL && !link->is_stopping &&
           link->doom == NULL;
}

/* The ESME sends over a transmitter, the centre over a receiver. */
bool link_can_submit(const struct link *link)
{
    return is_usable(link) &&
           link->bind != (link->role->is_server ? LINK_TRANSMITTER : LINK_RECEIVER);
}

uint64_t link_ask_read(struct link *link)
{
    uint32_t sequence_number;

    if (!is_usable(link))
        return 0;
    sequence_number = window_next_sequence(&link->window);
    link_write_header_only(link, SMPP_ENQUIRE_LINK, ESME_ROK, sequence_number);
    return read_marks_add(&link->reads, sequence_number);
}

bool link_has_read(const struct link *link, uint64_t connection, uint64_t mark)
{
    return link_is_on(link, connection) && read_marks_has(&link->reads, mark);
}

bool link_is_on(const struct link *link, uint64_t connection)
{
    return !link->is_freed && link->transport != NULL && link->connection == connection;
}

/* ---- states ---- */

void link_enter(struct link *link, enum link_state next, const char *reason)
{
    fsm_enter(&link_fsm, &link->state, next, link->settings.name, reason);
    link->since_ms = link_now(link);
    if (next == LINK_CLOSED)
        link->is_stopping = false;
    if (!link->is_quiet)
        link->owner.on_state(link->owner_ctx, link, next, reason);
}

void link_attach(struct link *link, struct transport *transport)
{
    assert(link->transport == NULL);
    link->transport = transport;
    link->connection++;
    link->is_first_read = true;
    link->is_write_blocked = false;
    link->is_dead = false;
    link->is_unbind_by_peer = false;
    link->end_status = 0;
    link->unbound_answers = 0;
    link->silent_count = 0;
    link->malformed_count = 0;
    window_restart_sequence(&link->window);
    read_marks_restart(&link->reads);
}

/* A bind that is gone is worth a warning, but for one that we or a partner have ended in order. An
 * attempt that came to nothing is told by who made it, and what strangers try at our door by the
 * server; but one that waits there in silence may be a partner. */
static void log_loss(const struct link *link, const char *reason)
{
    bool was_bound = link->state == LINK_BOUND || link->state == LINK_UNBINDING;
    bool is_in_order = link->is_stopping || (link->role->is_server && link->is_unbind_by_peer);

    if (was_bound && !is_in_order)
        log_warning("link.lost", LOG_S("link", link->settings.name),
                    LOG_S("state", link_state_name(link->state)), LOG_S("reason", reason));
    else if (was_bound || !link->role->is_server || strcmp(reason, "bind_timeout") == 0 ||
             strcmp(reason, "tls_timeout") == 0)
        log_info("link.closed", LOG_S("link", link->settings.name),
                 LOG_S("state", link_state_name(link->state)), LOG_S("reason", reason));
}

void link_lose(struct link *link, const char *reason)
{
    assert(link->transport != NULL && link->state != LINK_CLOSED);
    stop_connection_work(link);
    link_stop_expiry(link);
    window_end_sent(&link->window);
    window_end_queued(&link->window);
    if (!link_end_requests(link))
        return;
    if (link->is_stopping)
        reason = "stopped";
    else if (link->state == LINK_UNBINDING)
        reason = link->unbind_reason;
    if (strcmp(reason, "stopped") != 0)
        link_note_error(link, link->end_status, reason);
    log_loss(link, reason);
    if (link->env.endings != NULL && (link->state == LINK_BOUND || link->state == LINK_UNBINDING))
        link_endings_note(link->env.endings, link->role->is_server, reason);
    link_enter(link, LINK_CLOSED, reason);
    if (!link->is_freed)
        link->role->on_closed(link);
}

static void flush(struct link *link)
{
    size_t size = outbuf_size(&link->out);
    size_t taken;

    if (size == 0)
        return;
    taken = transport_write(link->transport, outbuf_span(&link->out));
    assert(taken <= size);
    link->is_write_blocked = taken < size;
    outbuf_consume(&link->out, taken);
}

void link_close(struct link *link, const char *reason)
{
    if (!link->is_write_blocked)
        flush(link);
    link_lose(link, reason);
}

void link_doom(struct link *link, const char *reason)
{
    if (link->transport == NULL || link->doom != NULL)
        return;
    link->doom = reason;
    deferred_add(link->env.deferred, &link->todo);
}

void link_enter_bound(struct link *link, enum link_bind bind)
{
    link->bind = bind;
    link->is_enquiring = false;
    link->enquire_misses = 0;
    timer_stop(link->env.timers, &link->phase);
    timer_start(link->env.timers, &link->idle, (uint64_t)link->settings.enquire_link_s * 1000);
    link_enter(link, LINK_BOUND, "bound");
}

/* ---- unbinding ---- */

void link_begin_unbind(struct link *link, const char *reason, bool by_peer)
{
    uint64_t connection = link->connection;
    uint64_t grace =
        by_peer ? LINK_PEER_UNBIND_GRACE_MS : (uint64_t)link->settings.response_timeout_s * 1000;

    assert(link->state == LINK_BOUND);
    link->unbind_reason = reason;
    link->is_unbind_by_peer = by_peer;
    link->is_unbind_sent = false;
    timer_start(link->env.timers, &link->phase, grace);
    link_enter(link, LINK_UNBINDING, reason);
    if (!link_is_on(link, connection))
        return;
    link_stop_expiry(link);
    window_end_queued(&link->window);
    if (link_end_requests(link) && link_is_on(link, connection))
        link_check_unbind(link);
}

static void send_unbind(struct link *link)
{
    link->is_unbind_sent = true;
    link_write_header_only(link, SMPP_UNBIND, ESME_ROK, window_next_sequence(&link->window));
}

void link_check_unbind(struct link *link)
{
    if (link->state != LINK_UNBINDING || link_in_flight(link) != 0 || link->unanswered != 0)
        return;
    if (link->is_unbind_by_peer)
        link_doom(link, link->unbind_reason);
    else if (!link->is_unbind_sent)
        send_unbind(link);
}

void link_start(struct link *link)
{
    assert(link->role->start != NULL);
    link->is_started = true;
    link->role->start(link);
}

void link_stop(struct link *link)
{
    link->is_started = false;
    link->is_stopping = true;
    deferred_add(link->env.deferred, &link->todo);
}

void link_cut(struct link *link, const char *reason)
{
    if (link->state != LINK_CLOSED)
        link_doom(link, reason);
}

static void stop_now(struct link *link)
{
    switch (link->state) {
    case LINK_CLOSED:
        link->is_stopping = false;
        link->role->quiesce(link);
        link->owner.on_state(link->owner_ctx, link, LINK_CLOSED, "stopped");
        if (!link->is_freed && link->is_started)
            link->role->start(link); /* started again before the stop was reported */
        break;
    case LINK_BOUND:
        link_begin_unbind(link, "stopped", false);
        break;
    case LINK_UNBINDING:
        break;
    default:
        link_close(link, "stopped");
    }
}

static void on_todo(struct deferred *d, void *arg)
{
    struct link *link = arg;

    (void)d;
    if (link->doom != NULL)
        link_close(link, link->doom);
    else if (link->is_stopping)
        stop_now(link);
}

/* ---- output ---- */

struct writer link_write_begin(struct link *link, size_t bytes)
{
    return outbuf_writer(&link->out, bytes);
}

void link_write_end(struct link *link, struct writer *w)
{
    if (link->doom != NULL)
        return;
    link_show(link, LINK_PDU_OUT, writer_span(w));
    link->counters.pdus_out++;
    link->counters.octets_out += writer_size(w);
    outbuf_commit(&link->out, w);
    if (outbuf_size(&link->out) > link->settings.out_bytes_max) {
        log_warning("link.slow_reader", LOG_S("link", link->settings.name),
                    LOG_U("octets", outbuf_size(&link->out)));
        link->is_dead = true;
        link_doom(link, "slow_reader");
        return;
    }
    if (!link->is_write_blocked)
        deferred_add(link->env.deferred, &link->flush);
}

void link_write_header_only(struct link *link, uint32_t command_id, uint32_t command_status,
                            uint32_t sequence_number)
{
    struct writer w = link_write_begin(link, SMPP_HEADER_BYTES);
    bool fits = smpp_header_only_encode(&w, command_id, command_status, sequence_number);

    assert(fits);
    link_write_end(link, &w);
}

static void on_flush(struct deferred *d, void *arg)
{
    struct link *link = arg;

    (void)d;
    if (!link->is_write_blocked)
        flush(link);
}

/* ---- the transport's events ---- */

static void on_open(void *ctx)
{
    struct link *link = ctx;

    link->role->on_open(link);
}

static void on_bytes(void *ctx, struct span bytes)
{
    struct link *link = ctx;

    if (link->doom == NULL) /* else it is over at the end of this turn, and nothing more is taken */
        link_receive(link, bytes);
}

static void on_writable(void *ctx)
{
    flush(ctx);
}

static void on_lost(void *ctx, const char *reason)
{
    struct link *link = ctx;

    /* What a caller said where its hello and its certificate belong. A tls_alert is its own word on
     * ours; tls_version and tls_no_cipher are of an old hello, and tls_no_certificate of one
     * without any, as balancers send that look whether we are there. */
    if (link->state == LINK_OPEN &&
        (strcmp(reason, "tls_error") == 0 || strcmp(reason, "tls_verify") == 0))
        link->counters.malformed_in++;
    link_lose(link, reason);
}

static const char *name_of(void *ctx)
{
    return link_name(ctx);
}

const struct transport_events link_transport_events = {on_open, on_bytes, on_writable, on_lost,
                                                       name_of};

/* ---- timers ---- */

static void on_phase_timer(struct timer *timer, void *arg)
{
    struct link *link = arg;

    (void)timer;
    if (link->state != LINK_UNBINDING) {
        link_close(link, transport_is_open(link->transport) ? "bind_timeout" : "tls_timeout");
        return;
    }
    /* What was under way too long goes unanswered; the peer is still told. */
    if (!link->is_unbind_by_peer && !link->is_unbind_sent)
        send_unbind(link);
    link_close(link, link->unbind_reason);
}

static void on_idle_timer(struct timer *timer, void *arg)
{
    struct link *link = arg;
    uint64_t interval = (uint64_t)link->settings.enquire_link_s * 1000;
    uint64_t quiet = link_now(link) - link->last_pdu_ms;

    if (link->is_enquiring && ++link->enquire_misses >= LINK_ENQUIRE_MISSES_MAX) {
        link->is_dead = true;
        link_lose(link, "enquire_link_timeout");
        return;
    }
    if (quiet < interval) {
        timer_start(link->env.timers, timer, interval - quiet);
        return;
    }
    link->is_enquiring = true;
    link->enquire_sent_ms = link_now(link);
    link->enquire_sequence = window_next_sequence(&link->window);
    link_write_header_only(link, SMPP_ENQUIRE_LINK, ESME_ROK, link->enquire_sequence);
    timer_start(link->env.timers, timer, (uint64_t)link->settings.response_timeout_s * 1000);
}

static void on_frame_timer(struct timer *timer, void *arg)
{
    struct link *link = arg;
    uint64_t timeout = (uint64_t)link->settings.pdu_timeout_s * 1000;
    uint64_t age = link_now(link) - link->frame_begun_ms;

    if (!framer_is_partial(&link->framer))
        return;
    if (age < timeout)
        timer_start(link->env.timers, timer, timeout - age);
    else
        link_close(link, "pdu_timeout");
}
