#include "gateway/link/link_view.h"

#include "gateway/link/link_private.h"

void link_note_error(struct link *link, uint32_t command_status, const char *name)
{
    link->errors[link->error_count++ % LINK_ERRORS_MAX] =
        (struct link_error){link_now(link), command_status, name};
}

static const char *pace_name(enum pacer_state state)
{
    switch (state) {
    case PACER_PAUSED:
        return "paused";
    case PACER_PROBING:
        return "probing";
    default:
        return "running";
    }
}

static void copy_errors(const struct link *link, struct link_view *view)
{
    unsigned count = link->error_count < LINK_ERRORS_MAX ? link->error_count : LINK_ERRORS_MAX;

    for (unsigned i = 0; i < count; i++)
        view->errors[i] = link->errors[(link->error_count - 1 - i) % LINK_ERRORS_MAX];
    view->error_count = count;
}

void link_view(const struct link *link, struct link_view *view)
{
    uint64_t now = link_now(link);
    struct list_node *oldest = link->window.sent.head.next;

    *view = (struct link_view){
        .state = link_state(link),
        .bind = link->bind,
        .since_ms = link->since_ms,
        .window = link->settings.window,
        .in_flight = link_in_flight(link),
        .queued = link_queued(link),
        .unanswered = link->unanswered,
        .rate = link->pacer.rate,
        .pace = pace_name(link->pacer.state),
        .round_trip_p50_ms = rtt_percentile(&link->rtt, now, 50),
        .round_trip_p99_ms = rtt_percentile(&link->rtt, now, 99),
        .enquire_link_ms = link->enquire_link_ms,
    };
    if (view->in_flight != 0)
        view->oldest_in_flight_ms = now - LIST_ITEM(oldest, struct link_request, node)->sent_ms;
    copy_errors(link, view);
}
