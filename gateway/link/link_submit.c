#include "gateway/link/link_private.h"

#include "base/log.h"

#include <assert.h>
#include <string.h>

enum {
    SEQUENCE_OFFSET = 12, /* SMPP 3.4 section 3.2 */
    LATE_TIMES = 6,       /* an SMS's response is known for so many times response_timeout_s */
};

/* Sends what waits as far as window and rate allow. */
static void pump(struct link *link);

static uint64_t response_timeout_ms(const struct link *link)
{
    return (uint64_t)link->settings.response_timeout_s * 1000;
}

static uint32_t read_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void patch_sequence(uint8_t *pdu, uint32_t sequence_number)
{
    pdu[SEQUENCE_OFFSET] = (uint8_t)(sequence_number >> 24);
    pdu[SEQUENCE_OFFSET + 1] = (uint8_t)(sequence_number >> 16);
    pdu[SEQUENCE_OFFSET + 2] = (uint8_t)(sequence_number >> 8);
    pdu[SEQUENCE_OFFSET + 3] = (uint8_t)sequence_number;
}

/* False: it is not to leave any more. */
static bool send_request(struct link *link, struct link_request *r, struct span pdu)
{
    struct writer w;

    if (r->leave != NULL && !r->leave(r->arg))
        return false;
    w = link_write_begin(link, pdu.size);
    window_send(&link->window, r, link_now(link));
    writer_bytes(&w, pdu.data, pdu.size);
    patch_sequence(w.start, r->sequence_number);
    link_write_end(link, &w);
    link->counters.submits_out++;
    link->submitted_ms = link_now(link);
    if (!timer_is_running(&link->response))
        timer_start(link->env.timers, &link->response, response_timeout_ms(link));
    return true;
}

/* ---- results ---- */

/* The request is in no list; it is given back before the callback, which may submit again. */
static void call_back(struct link *link, struct link_request *r, const struct link_result *result)
{
    link_result_fn *fn = r->fn;
    void *arg = r->arg;

    window_request_free(&link->window, r);
    fn(arg, result);
}

static void settle_pacer(struct link *link, const struct link_request *r,
                         enum pacer_outcome outcome)
{
    uint64_t random = outcome != PACER_TAKEN ? link->env.random(link->env.random_ctx) : 0;

    if (outcome == PACER_THROTTLED || outcome == PACER_CROWDED)
        link->counters.throttled_in++;
    pacer_settle(&link->pacer, link_now(link), r->pacer_ticket, outcome, random);
}

static enum pacer_outcome outcome_of(const struct link_result *result)
{
    if (result->status_class != SMPP_CLASS_SLOW_DOWN)
        return PACER_TAKEN;
    return result->command_status == ESME_RMSGQFUL ? PACER_CROWDED : PACER_THROTTLED;
}

/* The peer may have forgotten our bind while TCP goes on: only another one mends that. A
 * single answer of the kind may mean its message alone. */
static bool has_lost_our_bind(struct link *link, const struct link_result *result)
{
    if (result->status_class != SMPP_CLASS_SESSION || link->role->is_server)
        link->unbound_answers = 0;
    else
        link->unbound_answers++;
    return link->unbound_answers >= LINK_UNBOUND_ANSWERS_MAX;
}

void link_settle(struct link *link, struct link_request *r, uint32_t command_status,
                 struct span message_id, struct span tlvs)
{
    uint64_t connection = link->connection;
    struct link_result result = {
        .kind = LINK_RESULT_ANSWERED,
        .command_status = command_status,
        .status_class = smpp_statuses_class(&link->settings.statuses, command_status),
        .message_id = message_id,
        .tlvs = tlvs,
        .connection = connection,
        .link_name = link->settings.name,
        .round_trip_ms = (uint32_t)(link_now(link) - r->sent_ms),
    };
    enum pacer_outcome outcome = outcome_of(&result);
    bool is_lost = has_lost_our_bind(link, &result);

    window_settle(&link->window, r);
    rtt_add(&link->rtt, link_now(link), result.round_trip_ms);
    if (command_status == ESME_ROK)
        link->counters.submits_taken++;
    else
        link_note_error(link, command_status, smpp_status_name(command_status));
    if (outcome != PACER_TAKEN)
        log_info("link.throttled", LOG_S("link", link->settings.name),
                 LOG_S("command_status", smpp_status_name(command_status)));
    settle_pacer(link, r, outcome);
    call_back(link, r, &result);
    if (!link_is_on(link, connection))
        return;
    if (is_lost && link->state == LINK_BOUND)
        link_begin_unbind(link, smpp_status_name(command_status), false);
    else
        pump(link);
    if (link_is_on(link, connection))
        link_check_unbind(link);
}

static void unsent(struct link *link, struct link_request *r)
{
    struct link_result result = {.kind = LINK_RESULT_UNSENT, .connection = link->connection};

    timer_stop(link->env.timers, &r->expiry);
    call_back(link, r, &result);
}

bool link_end_requests(struct link *link)
{
    struct link_request *r;

    while (!link->is_freed && (r = window_take_ending(&link->window)) != NULL) {
        struct link_result result = {
            .kind = r->was_sent ? LINK_RESULT_LOST : LINK_RESULT_UNSENT,
            .connection = link->connection,
        };

        if (r->was_sent)
            settle_pacer(link, r, PACER_SILENCE);
        call_back(link, r, &result);
    }
    return !link->is_freed;
}

/* ---- timers ---- */

static void on_expiry_timer(struct timer *timer, void *arg)
{
    struct link_request *r = arg;

    (void)timer;
    window_unqueue(&r->link->window, r);
    unsent(r->link, r);
}

void link_stop_expiry(struct link *link)
{
    for (int lane = 0; lane < LINK_LANE_COUNT; lane++)
        LIST_FOREACH(n, &link->window.lanes[lane])
            timer_stop(link->env.timers, &LIST_ITEM(n, struct link_request, node)->expiry);
}

static void give_up(struct link *link, struct link_request *r)
{
    struct link_result result = {
        .kind = LINK_RESULT_TIMEOUT,
        .connection = link->connection,
        .round_trip_ms = (uint32_t)(link_now(link) - r->sent_ms),
    };

    window_settle(&link->window, r);
    call_back(link, r, &result);
}

static void wait_for_late(struct link *link)
{
    const struct link_request *r = window_oldest_late(&link->window);
    uint64_t now = link_now(link), due;

    if (r == NULL || timer_is_running(&link->late))
        return;
    due = r->sent_ms + LATE_TIMES * response_timeout_ms(link);
    timer_start(link->env.timers, &link->late, due > now ? due - now : 0);
}

/* Its owner would send an SMS again, and again, to somebody who has got it each time: a response
 * that comes late still says so. A screen is worth nothing by then. */
static void let_wait(struct link *link, struct link_request *r)
{
    window_let_wait(&link->window, r);
    if (window_is_crowded(&link->window))
        give_up(link, window_oldest_late(&link->window));
    else
        wait_for_late(link);
}

void link_on_late_timer(struct timer *timer, void *arg)
{
    struct link *link = arg;
    uint64_t connection = link->connection;
    uint64_t limit = LATE_TIMES * response_timeout_ms(link);
    struct link_request *r;

    (void)timer;
    while ((r = window_oldest_late(&link->window)) != NULL &&
           link_now(link) - r->sent_ms >= limit) {
        give_up(link, r);
        if (!link_is_on(link, connection))
            return;
    }
    wait_for_late(link);
}

static void time_out(struct link *link, struct link_request *r)
{
    link->counters.timeouts++;
    link_note_error(link, 0, "response_timeout");
    log_warning("link.response_timeout", LOG_S("link", link->settings.name),
                LOG_S("command", smpp_command_name(r->command_id)),
                LOG_U("sequence_number", r->sequence_number));
    if (link->silent_count++ == 0)
        link->silent_since_ms = r->sent_ms;
    settle_pacer(link, r, PACER_SILENCE);
    if (r->lane == LINK_LANE_SMS || r->lane == LINK_LANE_BULK)
        let_wait(link, r);
    else
        give_up(link, r);
}

/* A centre whose door answers enquire_link while nobody behind it takes what we send: another bind
 * may find somebody. A partner's bind is his to mend. */
static bool is_silent(const struct link *link)
{
    return !link->role->is_server && link->state == LINK_BOUND &&
           link->silent_count >= LINK_SILENT_MAX &&
           link_now(link) - link->silent_since_ms >= LINK_SILENT_MS;
}

void link_on_response_timer(struct timer *timer, void *arg)
{
    struct link *link = arg;
    uint64_t connection = link->connection;
    uint64_t now = link_now(link);
    uint64_t timeout = response_timeout_ms(link);
    struct link_request *r;

    while ((r = window_oldest(&link->window)) != NULL && now - r->sent_ms >= timeout) {
        time_out(link, r);
        if (!link_is_on(link, connection))
            return;
    }
    if (r != NULL)
        timer_start(link->env.timers, timer, timeout - (now - r->sent_ms));
    if (is_silent(link))
        link_begin_unbind(link, "silent", false);
    else
        pump(link);
    if (link_is_on(link, connection))
        link_check_unbind(link);
}

void link_on_pace_timer(struct timer *timer, void *arg)
{
    (void)timer;
    pump(arg);
}

/* When the rate holds back what the window would let go. */
static void wait_for_pacer(struct link *link)
{
    uint64_t wait = pacer_wait_ms(&link->pacer, link_now(link));

    if (wait != UINT64_MAX && !timer_is_running(&link->pace))
        timer_start(link->env.timers, &link->pace, wait != 0 ? wait : 1);
}

static void pump(struct link *link)
{
    uint64_t connection = link->connection;
    struct link_request *r;

    while (link_can_submit(link) && window_has_room(&link->window) &&
           (r = window_first_queued(&link->window)) != NULL) {
        if (timer_is_running(&r->expiry) && r->expiry.due_ms <= link_now(link)) {
            window_unqueue(&link->window, r);
            unsent(link, r);
            if (!link_is_on(link, connection))
                return;
            continue;
        }
        if (!pacer_take(&link->pacer, link_now(link), &r->pacer_ticket)) {
            wait_for_pacer(link);
            return;
        }
        timer_stop(link->env.timers, &r->expiry);
        window_unqueue(&link->window, r);
        if (send_request(link, r, span_of(r->pdu, r->pdu_bytes)))
            continue;
        pacer_give_back(&link->pacer);
        unsent(link, r);
        if (!link_is_on(link, connection))
            return;
    }
}

/* ---- the owner's calls ---- */

static void queue_request(struct link *link, struct link_request *r, struct span pdu,
                          uint64_t deadline_ms)
{
    uint64_t now = link_now(link);

    window_queue(&link->window, r, pdu);
    if (deadline_ms != 0) {
        timer_init(&r->expiry, on_expiry_timer, r);
        timer_start(link->env.timers, &r->expiry, deadline_ms > now ? deadline_ms - now : 0);
    }
    if (window_has_room(&link->window))
        wait_for_pacer(link);
}

static unsigned lane_max(const struct window *w, enum link_lane lane)
{
    switch (lane) {
    case LINK_LANE_BULK:
        return w->queue_max - w->queue_max / 2;
    case LINK_LANE_SMS:
        return w->queue_max - w->queue_max / 4;
    default:
        return w->queue_max;
    }
}

bool link_is_full(const struct link *link)
{
    return link->window.queued >= link->window.queue_max;
}

static struct link_request *submit(struct link *link, enum link_lane lane, struct span pdu,
                                   uint64_t deadline_ms, link_leave_fn *leave, link_result_fn *fn,
                                   void *arg)
{
    struct window *w = &link->window;
    bool is_late = deadline_ms != 0 && deadline_ms <= link_now(link);
    struct link_request *r;

    assert(pdu.size >= SMPP_HEADER_BYTES && (unsigned)lane < LINK_LANE_COUNT);
    if (!link_can_submit(link) || w->queued >= lane_max(w, lane))
        return NULL;
    r = window_request_new(w);
    r->link = link;
    r->leave = leave;
    r->fn = fn;
    r->arg = arg;
    r->lane = lane;
    r->command_id = read_u32(pdu.data + 4);
    assert((r->command_id & SMPP_RESPONSE_BIT) == 0);
    if (is_late || w->queued != 0 || !window_has_room(w) ||
        !pacer_take(&link->pacer, link_now(link), &r->pacer_ticket)) {
        queue_request(link, r, pdu, deadline_ms);
    } else if (!send_request(link, r, pdu)) {
        pacer_give_back(&link->pacer);
        window_request_free(w, r);
        return NULL;
    }
    return r;
}

struct link_request *link_submit(struct link *link, enum link_lane lane, struct span pdu,
                                 uint64_t deadline_ms, link_result_fn *fn, void *arg)
{
    return submit(link, lane, pdu, deadline_ms, NULL, fn, arg);
}

struct link_request *link_submit_reply(struct link *link, struct span pdu, uint64_t deadline_ms,
                                       link_leave_fn *leave, link_result_fn *fn, void *arg)
{
    return submit(link, LINK_LANE_DIALOGUE, pdu, deadline_ms, leave, fn, arg);
}

static unsigned in_hand(const struct link *link)
{
    return link->window.queued + window_in_flight(&link->window);
}

unsigned link_room(const struct link *link)
{
    enum { WINDOWS = 4, AHEAD_S = 10 };
    unsigned limit = link->window.limit * WINDOWS;
    unsigned used = in_hand(link);
    unsigned pace = pacer_ahead(&link->pacer, link_now(link), AHEAD_S);

    if (!link_can_submit(link))
        return 0;
    if (limit > lane_max(&link->window, LINK_LANE_BULK))
        limit = lane_max(&link->window, LINK_LANE_BULK);
    if (pace < limit)
        limit = pace;
    return limit > used ? limit - used : 0;
}

bool link_suits_better(const struct link *link, const struct link *other)
{
    unsigned room = link_room(link), other_room = link_room(other);
    unsigned used = in_hand(link), other_used = in_hand(other);

    if (room != other_room)
        return room > other_room;
    return used != other_used ? used < other_used : link->submitted_ms < other->submitted_ms;
}

bool link_withdraw(struct link_request *r)
{
    struct window *w = &r->link->window;

    assert(r->state != REQUEST_SPARE);
    if (r->state != REQUEST_QUEUED)
        return false;
    timer_stop(r->link->env.timers, &r->expiry);
    window_unqueue(w, r);
    window_request_free(w, r);
    return true;
}

bool link_answer(struct link *link, struct link_ticket ticket, uint32_t command_status,
                 const char *message_id)
{
    if (!link_is_on(link, ticket.connection))
        return false;
    assert(link->unanswered > 0);
    link->unanswered--;
    link_write_response(link, ticket.command_id, command_status, ticket.sequence_number,
                        message_id != NULL ? message_id : "");
    link_check_unbind(link);
    return true;
}

bool link_answer_pdu(struct link *link, struct link_ticket ticket, struct span pdu)
{
    struct writer w;

    assert(pdu.size >= SMPP_HEADER_BYTES);
    if (!link_is_on(link, ticket.connection))
        return false;
    assert(link->unanswered > 0);
    link->unanswered--;
    w = link_write_begin(link, pdu.size);
    writer_bytes(&w, pdu.data, pdu.size);
    patch_sequence(w.start, ticket.sequence_number);
    link_write_end(link, &w);
    link_check_unbind(link);
    return true;
}
