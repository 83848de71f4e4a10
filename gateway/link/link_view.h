/*
 * What an operator wants to know of a link: `warungctl links`, metrics.
 */
#ifndef WARUNG_LINK_LINK_VIEW_H
#define WARUNG_LINK_LINK_VIEW_H

#include "gateway/link/link.h"

enum { LINK_ERRORS_MAX = 8 };

/* Something that went wrong: a refused request, a missing answer, a lost connection. */
struct link_error {
    uint64_t at_ms;          /* of the timer queue's clock */
    uint32_t command_status; /* 0 when it was not the peer's answer */
    const char *name;        /* "ESME_RTHROTTLED", "response_timeout", "peer_closed"; static */
};

struct link_view {
    enum link_state state;
    enum link_bind bind;
    uint64_t since_ms; /* of the state; the timer queue's clock */
    unsigned window;
    unsigned in_flight;
    unsigned queued;
    unsigned unanswered;          /* the peer's messages that wait for our answer */
    uint64_t oldest_in_flight_ms; /* its age; 0 when nothing is in flight */
    double rate;                  /* allowed now, per second; 0 = no limit */
    const char *pace;             /* "running", "paused", "probing" */
    uint32_t round_trip_p50_ms;   /* of our requests, the last minute or two */
    uint32_t round_trip_p99_ms;
    uint32_t enquire_link_ms;                  /* the last one's round trip */
    struct link_error errors[LINK_ERRORS_MAX]; /* the newest first */
    unsigned error_count;
};

void link_view(const struct link *link, struct link_view *view);

#endif
