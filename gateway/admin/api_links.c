#include "gateway/admin/api.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/gateway.h"
#include "gateway/link/link_view.h"
#include "gateway/link/netaddr.h"

enum { DRAIN_DEFAULT_S = 600, DRAIN_MAX_S = 24 * 3600 };

/* ---- what there is ---- */

/* A time of the timer queue's clock as a date. */
static json_t *date_of(const struct gateway *g, uint64_t at_ms)
{
    uint64_t now_ms = gateway_now_ms(g);

    return api_time(clock_wall_ms() - (int64_t)(now_ms - at_ms));
}

static json_t *describe_errors(const struct gateway *g, const struct link_view *view)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < view->error_count; i++)
        json_array_append_new(list,
                              json_pack("{s:o, s:s, s:I}", "at", date_of(g, view->errors[i].at_ms),
                                        "name", view->errors[i].name, "command_status",
                                        (json_int_t)view->errors[i].command_status));
    return list;
}

static json_t *describe_counters(const struct link_counters *n)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "pdus_in",
                     (json_int_t)n->pdus_in, "pdus_out", (json_int_t)n->pdus_out, "messages_in",
                     (json_int_t)n->messages_in, "submits_out", (json_int_t)n->submits_out,
                     "throttled_in", (json_int_t)n->throttled_in, "throttled_out",
                     (json_int_t)n->throttled_out, "malformed_in", (json_int_t)n->malformed_in,
                     "timeouts", (json_int_t)n->timeouts, "reconnects", (json_int_t)n->reconnects);
}

static json_t *describe_view(const struct gateway *g, const struct link *link)
{
    static const char *const binds[] = {"transceiver", "transmitter", "receiver"};
    struct link_view v;

    link_view(link, &v);
    return json_pack(
        "{s:s, s:s, s:o, s:s, s:i, s:i, s:i, s:i, s:f, s:s, s:I, s:I, s:I, s:I, s:o}", "link",
        link_name(link), "state", link_state_name(v.state), "since", date_of(g, v.since_ms), "bind",
        binds[v.bind], "window", (int)v.window, "in_flight", (int)v.in_flight, "queued",
        (int)v.queued, "unanswered", (int)v.unanswered, "rate", v.rate, "pace", v.pace,
        "oldest_in_flight_ms", (json_int_t)v.oldest_in_flight_ms, "round_trip_p50_ms",
        (json_int_t)v.round_trip_p50_ms, "round_trip_p99_ms", (json_int_t)v.round_trip_p99_ms,
        "enquire_link_ms", (json_int_t)v.enquire_link_ms, "errors", describe_errors(g, &v));
}

static json_t *describe_peer(const char *name, const char *role, const struct service *service)
{
    return json_pack("{s:s, s:s, s:s}", "peer", name, "role", role, "service",
                     service_state_name(service->state));
}

static json_t *describe_link(const struct gateway *g, const char *name, const char *role,
                             const struct service *service, const struct link *link)
{
    json_t *object = describe_peer(name, role, service);

    json_object_update_new(object, describe_view(g, link));
    json_object_update_new(object, describe_counters(link_counters(link)));
    return object;
}

struct listing {
    const struct gateway *gateway;
    json_t *list;
};

static void add_partner_link(void *ctx, struct link *link)
{
    struct listing *l = ctx;
    struct service *service = gateway_service(l->gateway, link_account(link));
    json_t *object;
    char address[NETADDR_TEXT_BYTES];

    if (service == NULL)
        return; /* its account has gone, and it is on its way */
    object = describe_link(l->gateway, link_account(link), "partner", service, link);
    link_peer(link, address);
    json_object_set_new(object, "address", json_string(address));
    json_array_append_new(l->list, object);
}

static void add_absent_partners(struct listing *l)
{
    struct partners *ps = gateway_partners(l->gateway);
    const struct partner *p;

    for (size_t i = 0; (p = partners_at(ps, i)) != NULL; i++) {
        json_t *object;

        if (partners_count_links(ps, p) > 0)
            continue;
        object = describe_peer(partner_name(p), "partner", partner_service(p));
        json_object_set_new(object, "link", json_string(partner_name(p)));
        json_object_set_new(object, "state", json_string(link_state_name(LINK_CLOSED)));
        json_array_append_new(l->list, object);
    }
}

static void add_centre_link(struct listing *l, struct centre *c, unsigned index)
{
    json_t *object =
        describe_link(l->gateway, centre_name(c), "smsc", centre_service(c), centre_link(c, index));

    json_object_set_new(object, "reason", json_string(centre_link_reason(c, index)));
    if (centre_lease(c) != NULL)
        json_object_set_new(object, "lease",
                            json_pack("{s:s, s:s, s:I}", "state",
                                      lease_state_name(lease_state(centre_lease(c))), "holder",
                                      lease_holder(centre_lease(c)), "token",
                                      (json_int_t)lease_token(centre_lease(c))));
    json_array_append_new(l->list, object);
}

/* What is to have links, and what has some, is known once the store is. */
static bool reply_starting(const struct gateway *g, struct http_call *call)
{
    if (gateway_state(g) != GATEWAY_STARTING)
        return false;
    http_reply_error(call, 503, "it waits for its store: there are no links yet");
    return true;
}

static void reply_unknown(const struct gateway *g, struct http_call *call, const char *text)
{
    if (!reply_starting(g, call))
        http_reply_error(call, 404, text);
}

void api_on_links(void *ctx, struct http_call *call)
{
    const struct gateway *g = ctx;
    struct listing l = {.gateway = g};
    struct centre *c;

    if (reply_starting(g, call))
        return;
    l.list = json_array();
    for (unsigned i = 0; (c = centres_at(gateway_centres(g), i)) != NULL; i++)
        for (unsigned j = 0; j < centre_link_count(c); j++)
            add_centre_link(&l, c, j);
    partners_each_link(gateway_partners(g), add_partner_link, &l);
    add_absent_partners(&l);
    api_reply(call, l.list);
}

/* ---- orders ---- */

/* The call's object; NULL, and the call is answered, when it is none. The caller's reference. */
static json_t *read_body(struct http_call *call)
{
    struct span body = http_call_body(call);
    json_t *json = json_loadb((const char *)body.data, body.size, 0, NULL);

    if (json_is_object(json))
        return json;
    json_decref(json);
    http_reply_error(call, 400, "a JSON object is needed");
    return NULL;
}

/* A number of seconds; `fallback` when it is not there, 0 when it is none that may be. */
static unsigned seconds_of(const json_t *body, unsigned fallback, unsigned max)
{
    const json_t *value = json_object_get(body, "for_s");
    json_int_t seconds = value == NULL ? (json_int_t)fallback : json_integer_value(value);

    return seconds >= 1 && seconds <= (json_int_t)max ? (unsigned)seconds : 0;
}

/* Finds whom an order is for, has `act` done, and answers. What is refused is no order. */
static void serve_order(struct gateway *g, struct http_call *call, const char *order,
                        bool (*act)(struct gateway *g, struct service *service, const json_t *body))
{
    json_t *body = read_body(call);
    const char *name;
    struct service *service;

    if (body == NULL)
        return;
    name = json_string_value(json_object_get(body, "name"));
    service = name != NULL ? gateway_service(g, name) : NULL;
    if (service == NULL) {
        reply_unknown(g, call, "no smsc and no account of that name");
    } else if (!act(g, service, body)) {
        http_reply_error(call, 400, "for_s is 1 to 86400");
    } else {
        log_info("admin.links", LOG_S("user", http_call_user(call)), LOG_S("order", order),
                 LOG_S("name", name));
        access_log_write(gateway_access_log(g), http_call_user(call), order, name, NULL, NULL, 0);
        api_reply(call, json_pack("{s:s, s:s}", "name", name, "service",
                                  service_state_name(service->state)));
    }
    json_decref(body);
}

static bool enable(struct gateway *g, struct service *service, const json_t *body)
{
    (void)g;
    (void)body;
    service_enable(service);
    return true;
}

void api_on_links_enable(void *ctx, struct http_call *call)
{
    serve_order(ctx, call, "enable", enable);
}

static bool disable(struct gateway *g, struct service *service, const json_t *body)
{
    (void)g;
    (void)body;
    service_disable(service);
    return true;
}

void api_on_links_disable(void *ctx, struct http_call *call)
{
    serve_order(ctx, call, "disable", disable);
}

static bool drain(struct gateway *g, struct service *service, const json_t *body)
{
    unsigned seconds = seconds_of(body, DRAIN_DEFAULT_S, DRAIN_MAX_S);

    if (seconds == 0)
        return false;
    service_drain(service, gateway_config(g)->turn.session_idle_s, seconds);
    return true;
}

void api_on_links_drain(void *ctx, struct http_call *call)
{
    serve_order(ctx, call, "drain", drain);
}

/* ---- looking ---- */

/* A capture holds texts and numbers: what cannot be logged is not shown. */
static void on_tap_logged(void *taps, uint64_t number, bool is_logged)
{
    if (is_logged)
        taps_release(taps, number);
    else
        taps_refuse(taps, number);
}

/* A link is named after its peer, "op1:1", or by its address until it has bound. A slip would show
 * nothing for an hour, as a peer does that says nothing. */
static bool is_link_name(struct gateway *g, const char *name)
{
    const char *colon = strrchr(name, ':');
    char peer[NETADDR_TEXT_BYTES];
    struct netaddr address;

    if (gateway_service(g, name) != NULL || netaddr_parse(&address, name, 0) ||
        strcmp(name, "unix") == 0)
        return true;
    if (colon == NULL || (size_t)(colon - name) >= sizeof(peer))
        return false;
    snprintf(peer, sizeof(peer), "%.*s", (int)(colon - name), name);
    return gateway_service(g, peer) != NULL;
}

/* A text, or not there at all: what is anything else must not pass for "all links". */
static bool is_text_or_none(const json_t *value)
{
    return value == NULL || json_is_string(value);
}

static void open_tap(struct gateway *g, struct http_call *call, const json_t *body)
{
    const json_t *link_value = json_object_get(body, "link");
    const json_t *format_value = json_object_get(body, "format");
    const char *link = json_string_value(link_value), *format = json_string_value(format_value);
    unsigned seconds = seconds_of(body, 60, TAP_SECONDS_MAX);
    bool is_pcap = format != NULL && strcmp(format, "pcap") == 0;
    uint64_t tap;

    if (!is_text_or_none(link_value) || !is_text_or_none(format_value)) {
        http_reply_error(call, 400, "link and format are texts");
        return;
    }
    if (seconds == 0 || (format != NULL && !is_pcap && strcmp(format, "lines") != 0)) {
        http_reply_error(call, 400, "for_s is 1 to 3600, format is lines or pcap");
        return;
    }
    if (link != NULL && link[0] != '\0' && !is_link_name(g, link)) {
        reply_unknown(g, call, "no smsc, no account and no link of that name");
        return;
    }
    tap = taps_open(gateway_taps(g), link != NULL ? link : "", is_pcap ? TAP_PCAP : TAP_LINES,
                    seconds);
    if (tap == 0) {
        http_reply_error(call, 409, "too many are looking already");
        return;
    }
    log_info("admin.tap", LOG_S("user", http_call_user(call)), LOG_U("tap", tap));
    if (is_pcap)
        taps_hold(gateway_taps(g), tap);
    access_log_write(gateway_access_log(g), http_call_user(call), is_pcap ? "pcap" : "trace", link,
                     on_tap_logged, gateway_taps(g), tap);
    api_reply(call, json_pack("{s:I}", "tap", (json_int_t)tap));
}

void api_on_tap_open(void *ctx, struct http_call *call)
{
    json_t *body = read_body(call);

    if (body != NULL)
        open_tap(ctx, call, body);
    json_decref(body);
}

void api_on_tap_read(void *ctx, struct http_call *call)
{
    json_t *body = read_body(call);
    struct evbuffer *out = evbuffer_new();
    enum tap_state state;

    if (out == NULL)
        abort(); /* out of memory */
    if (body != NULL) {
        state = taps_read(gateway_taps(ctx),
                          (uint64_t)json_integer_value(json_object_get(body, "tap")), out);
        if (state == TAP_GONE)
            http_reply_error(call, 404, "no such tap");
        else if (state == TAP_REFUSED)
            http_reply_error(call, 503, "it cannot be written into the journal: nothing is shown");
        else
            http_reply_buffer(call, state == TAP_OPEN ? 206 : 200, "application/octet-stream", out);
    }
    evbuffer_free(out);
    json_decref(body);
}
