#include "gateway/admin/metrics.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "gateway/admin/funnel_view.h"
#include "gateway/admin/process.h"
#include "gateway/cdr/cdr_writer.h"
#include "gateway/gateway.h"
#include "gateway/link/endings.h"
#include "gateway/link/link_view.h"
#include "sessions/store_redis.h"

static void head(struct evbuffer *out, const char *name, const char *type, const char *help)
{
    evbuffer_add_printf(out, "# HELP warung_%s %s\n# TYPE warung_%s %s\n", name, help, name, type);
}

/* A metric without labels. */
static void plain(struct evbuffer *out, const char *name, const char *type, const char *help,
                  double value)
{
    head(out, name, type, help);
    evbuffer_add_printf(out, "warung_%s %.17g\n", name, value);
}

/* A whole number of a counters structure as a metric: one row a metric. */
struct counter_row {
    const char *name;
    const char *help;
    size_t offset;
};

#define ROW(structure, member, name, help)                                                         \
    {                                                                                              \
        name, help, offsetof(struct structure, member)                                             \
    }

static uint64_t counter_of(const void *counters, const struct counter_row *row)
{
    uint64_t value;

    memcpy(&value, (const char *)counters + row->offset, sizeof(value));
    return value;
}

static const struct counter_row turn_rows[] = {
    ROW(turn_counters, inputs, "turn_inputs_total", "Inputs of subscribers taken in."),
    ROW(turn_counters, steps, "turn_steps_total", "Inputs that moved a dialogue on."),
    ROW(turn_counters, settles, "turn_settles_total", "Proofs stored without a step."),
    ROW(turn_counters, replays, "turn_replays_total",
        "Repeated inputs, answered with the screen of the first."),
    ROW(turn_counters, mismatches, "turn_mismatches_total",
        "Answers to a screen that is not the last one."),
    ROW(turn_counters, conflicts, "turn_conflicts_total",
        "Commits that another gateway was ahead of."),
    ROW(turn_counters, busy, "turn_busy_total", "Inputs that could not be done then."),
    ROW(turn_counters, sealed, "turn_sealed_total",
        "Times that no key opened a record: a subscriber's, one of all, an SMS owed."),
    ROW(turn_counters, overdue, "turn_overdue_total",
        "Inputs given back to the centre: too old, or their connection gone."),
    ROW(turn_counters, throttled, "turn_throttled_total",
        "Inputs refused because too many were at work."),
    ROW(turn_counters, unknown_commits, "turn_unknown_commits_total",
        "Commits whose outcome had to be read back."),
    ROW(turn_counters, screens, "turn_screens_total", "Screens that a centre took."),
    ROW(turn_counters, failed_screens, "turn_failed_screens_total", "Screens that no centre took."),
    ROW(turn_counters, screens_withdrawn, "turn_screens_withdrawn_total",
        "Screens not sent because their dialogue was over."),
    ROW(turn_counters, answers_unread, "turn_answers_unread_total",
        "Answers of which the peer did not say in time that it has read them."),
    ROW(turn_counters, sms_owed, "sms_owed_total", "SMS that steps of this gateway came to owe."),
    ROW(turn_counters, sms_sent, "sms_sent_total", "SMS owed that a centre took."),
    ROW(turn_counters, pushes, "pushes_total", "Network-initiated dialogues taken by a centre."),
    ROW(turn_counters, push_failures, "push_failures_total",
        "Network-initiated dialogues refused, or of unknown outcome and not repeated."),
    ROW(turn_counters, pushes_expired, "pushes_expired_total",
        "Network-initiated dialogues given up before they were begun."),
    ROW(turn_counters, late_answers, "late_answers_total",
        "Inputs answered by a request to wait; their result followed."),
    ROW(turn_counters, sms_parts, "sms_parts_total", "Parts of long SMS that wait for others."),
    ROW(turn_counters, sms_parts_dropped, "sms_parts_dropped_total",
        "Parts of long SMS given up: the others did not come."),
    ROW(turn_counters, sms_delivered, "sms_delivered_total", "SMS that receipts call delivered."),
    ROW(turn_counters, sms_failed, "sms_failed_total",
        "SMS refused for good, by a centre or by a receipt."),
    ROW(turn_counters, sms_expired, "sms_expired_total",
        "SMS not sent in time, expired by a receipt, or never heard of again."),
    ROW(turn_counters, receipts, "receipts_total", "Delivery receipts taken in."),
    ROW(turn_counters, receipts_early, "receipts_early_total",
        "Receipts that were here before their message."),
    ROW(turn_counters, receipts_claimed, "receipts_claimed_total",
        "Early receipts whose message came."),
    ROW(turn_counters, receipts_unmatched, "receipts_unmatched_total",
        "Receipts that name no message, or may mean two."),
    ROW(turn_counters, receipts_refused, "receipts_refused_total",
        "Receipts that could not be stored then; the centre was told to repeat them."),
};

static const struct counter_row ports_rows[] = {
    ROW(ports_counters, refused_in, "messages_refused_total",
        "Messages refused: unreadable, or not taken of that peer now."),
    ROW(ports_counters, unencodable, "messages_unencodable_total",
        "Screens and SMS that the dialect cannot carry."),
    ROW(ports_counters, unsent, "messages_unsent_total",
        "Screens and SMS that no link could take."),
};

static const struct counter_row gateway_rows[] = {
    ROW(gateway_counters, reloads, "config_reloads_total", "Reloads that were put to work."),
    ROW(gateway_counters, reloads_rejected, "config_reloads_rejected_total",
        "Reloads refused because of a fault."),
};

static const struct counter_row cdr_rows[] = {
    ROW(cdr_counters, records, "cdr_records_total", "Call detail records made."),
    ROW(cdr_counters, dropped, "cdr_dropped_total",
        "Call detail records lost because the disk took none."),
    ROW(cdr_counters, written_bytes, "cdr_written_bytes_total",
        "Octets of call detail records written."),
    ROW(cdr_counters, files, "cdr_files_total", "Files of call detail records closed and signed."),
    ROW(cdr_counters, failures, "cdr_failures_total",
        "Tries to write call detail records that failed."),
};

static const struct counter_row partner_rows[] = {
    ROW(link_server_counters, accepted, "partner_accepted_total", "Connections let in."),
    ROW(link_server_counters, refused_banned, "partner_refused_banned_total",
        "Connections from banned addresses."),
    ROW(link_server_counters, refused_unknown, "partner_refused_unknown_total",
        "Connections from addresses that no account names."),
    ROW(link_server_counters, refused_full, "partner_refused_full_total",
        "Connections over a limit."),
    ROW(link_server_counters, binds, "partner_binds_total", "Binds accepted."),
    ROW(link_server_counters, bind_failures, "partner_bind_failures_total", "Binds refused."),
    ROW(link_server_counters, bans, "partner_bans_total", "Addresses banned for a while."),
};

static const struct counter_row link_rows[] = {
    ROW(link_counters, pdus_in, "link_pdus_received_total", "PDUs of the centre."),
    ROW(link_counters, pdus_out, "link_pdus_sent_total", "PDUs to the centre."),
    ROW(link_counters, octets_in, "link_received_bytes_total", "Octets of the centre."),
    ROW(link_counters, octets_out, "link_sent_bytes_total", "Octets to the centre."),
    ROW(link_counters, messages_in, "link_messages_total", "Messages handed on."),
    ROW(link_counters, submits_out, "link_submits_total", "Messages sent."),
    ROW(link_counters, throttled_in, "link_throttled_by_peer_total",
        "Responses that asked us to slow down."),
    ROW(link_counters, throttled_out, "link_throttled_total",
        "Messages of the centre that we throttled."),
    ROW(link_counters, malformed_in, "link_malformed_total", "Malformed PDUs of the centre."),
    ROW(link_counters, timeouts, "link_timeouts_total", "Requests without a response in time."),
    ROW(link_counters, reconnects, "link_reconnects_total", "Attempts to connect after the first."),
};

#define WRITE_ROWS(out, rows, counters)                                                            \
    write_rows(out, rows, sizeof(rows) / sizeof(rows[0]), counters)

static void write_rows(struct evbuffer *out, const struct counter_row *rows, size_t count,
                       const void *counters)
{
    for (size_t i = 0; i < count; i++)
        plain(out, rows[i].name, "counter", rows[i].help, (double)counter_of(counters, &rows[i]));
}

typedef double link_gauge_fn(const struct link_view *view);

static double gauge_bound(const struct link_view *v)
{
    return v->state == LINK_BOUND;
}

static double gauge_in_flight(const struct link_view *v)
{
    return v->in_flight;
}

static double gauge_queued(const struct link_view *v)
{
    return v->queued;
}

static double gauge_unanswered(const struct link_view *v)
{
    return v->unanswered;
}

static double gauge_window(const struct link_view *v)
{
    return v->window;
}

static double gauge_rate(const struct link_view *v)
{
    return v->rate;
}

static double gauge_oldest(const struct link_view *v)
{
    return (double)v->oldest_in_flight_ms / 1000;
}

static double gauge_p50(const struct link_view *v)
{
    return v->round_trip_p50_ms / 1000.0;
}

static double gauge_p99(const struct link_view *v)
{
    return v->round_trip_p99_ms / 1000.0;
}

static double gauge_enquire_link(const struct link_view *v)
{
    return v->enquire_link_ms / 1000.0;
}

static const struct {
    const char *name;
    const char *help;
    link_gauge_fn *fn;
} link_gauges[] = {
    {"link_bound", "1 while the link is bound.", gauge_bound},
    {"link_in_flight", "Requests waiting for their response.", gauge_in_flight},
    {"link_queued", "Requests waiting for the window.", gauge_queued},
    {"link_unanswered", "Messages of the peer waiting for our answer.", gauge_unanswered},
    {"link_window", "Requests that may wait for their response.", gauge_window},
    {"link_rate_per_second", "Requests that may leave; 0 = no limit.", gauge_rate},
    {"link_oldest_in_flight_seconds", "Age of the oldest request in flight.", gauge_oldest},
    {"link_round_trip_median_seconds", "Median round trip of the last minute or two.", gauge_p50},
    {"link_round_trip_p99_seconds", "99th percentile of the same.", gauge_p99},
    {"link_enquire_link_seconds", "Round trip of the last enquire_link.", gauge_enquire_link},
};

/* One metric over all links: a counter by its row, or a gauge by its function. */
struct link_metric {
    struct evbuffer *out;
    const char *name;
    const struct counter_row *row;
    link_gauge_fn *gauge;
};

enum { LABEL_BYTES = 128 }; /* more than a system_id and a number, all escaped */

/* A label's value with the escapes of the format. Instances, centres and what menus name are
 * letters, digits, dot, dash and underscore; a partner's system_id, and so its links' names, may be
 * any text. */
static const char *escaped(const char *text, char out[LABEL_BYTES])
{
    size_t used = 0;

    for (; *text != '\0' && used + 2 < LABEL_BYTES; text++) {
        if (*text == '"' || *text == '\\' || *text == '\n')
            out[used++] = '\\';
        out[used++] = (char)(*text == '\n' ? 'n' : *text);
    }
    out[used] = '\0';
    return out;
}

static void write_link(const struct link_metric *m, const char *peer, const struct link *link)
{
    char of[LABEL_BYTES], name[LABEL_BYTES];
    struct link_view view;
    double value;

    if (m->row != NULL) {
        value = (double)counter_of(link_counters(link), m->row);
    } else {
        link_view(link, &view);
        value = m->gauge(&view);
    }
    evbuffer_add_printf(m->out, "warung_%s{peer=\"%s\",link=\"%s\"} %.17g\n", m->name,
                        escaped(peer, of), escaped(link_name(link), name), value);
}

static void write_partner_link(void *ctx, struct link *link)
{
    write_link(ctx, link_account(link), link);
}

static void write_link_metric(struct link_metric *m, const struct gateway *g, const char *type,
                              const char *help)
{
    struct centre *c;

    head(m->out, m->name, type, help);
    for (unsigned i = 0; (c = centres_at(gateway_centres(g), i)) != NULL; i++)
        for (unsigned j = 0; j < centre_link_count(c); j++)
            write_link(m, centre_name(c), centre_link(c, j));
    partners_each_link(gateway_partners(g), write_partner_link, m);
}

static void write_lease_metric(struct evbuffer *out, const struct gateway *g, const char *name,
                               const char *help, double (*value)(const struct lease *))
{
    const struct centre *c;

    head(out, name, "gauge", help);
    for (unsigned i = 0; (c = centres_at(gateway_centres(g), i)) != NULL; i++)
        if (centre_lease(c) != NULL)
            evbuffer_add_printf(out, "warung_%s{peer=\"%s\"} %.17g\n", name, centre_name(c),
                                value(centre_lease(c)));
}

static double lease_held(const struct lease *l)
{
    return lease_is_valid(l);
}

static double lease_number(const struct lease *l)
{
    return (double)lease_token(l);
}

static void write_serving(struct evbuffer *out, const char *peer, const struct service *service)
{
    char of[LABEL_BYTES];

    evbuffer_add_printf(out, "warung_peer_serving{peer=\"%s\"} %d\n", escaped(peer, of),
                        service->state == SERVICE_SERVING);
}

static void write_services(struct evbuffer *out, const struct gateway *g)
{
    const struct partner *partner;
    struct centre *centre;

    head(out, "peer_serving", "gauge", "0 while an operator has drained or disabled it.");
    for (unsigned i = 0; (centre = centres_at(gateway_centres(g), i)) != NULL; i++)
        write_serving(out, centre_name(centre), centre_service(centre));
    for (size_t i = 0; (partner = partners_at(gateway_partners(g), i)) != NULL; i++)
        write_serving(out, partner_name(partner), partner_service(partner));
}

static void write_endings(struct evbuffer *out, const struct link_endings *e)
{
    head(out, "link_ends_total", "counter", "Bound connections that ended, by reason.");
    for (unsigned i = 0; i < e->count; i++) {
        const struct link_ending *row = &e->rows[i];

        evbuffer_add_printf(out,
                            "warung_link_ends_total{role=\"smsc\",reason=\"%s\"} %" PRIu64 "\n",
                            row->reason, row->smsc);
        evbuffer_add_printf(out,
                            "warung_link_ends_total{role=\"partner\",reason=\"%s\"} %" PRIu64 "\n",
                            row->reason, row->partner);
    }
}

static void write_links(struct evbuffer *out, const struct gateway *g)
{
    for (size_t r = 0; r < sizeof(link_rows) / sizeof(link_rows[0]); r++) {
        struct link_metric m = {.out = out, .name = link_rows[r].name, .row = &link_rows[r]};

        write_link_metric(&m, g, "counter", link_rows[r].help);
    }
    for (size_t r = 0; r < sizeof(link_gauges) / sizeof(link_gauges[0]); r++) {
        struct link_metric m = {
            .out = out, .name = link_gauges[r].name, .gauge = link_gauges[r].fn};

        write_link_metric(&m, g, "gauge", link_gauges[r].help);
    }
    write_services(out, g);
    write_lease_metric(out, g, "lease_held", "1 while this gateway may be bound exclusively.",
                       lease_held);
    write_lease_metric(out, g, "lease_token", "Token of the last take of the lease; it only grows.",
                       lease_number);
}

static void write_certificate(struct evbuffer *out, const char *of, const struct config_tls *tls)
{
    if (tls->is_on && tls->expires_s != 0)
        evbuffer_add_printf(out, "warung_certificate_expiry_time_seconds{of=\"%s\"} %" PRId64 "\n",
                            of, tls->expires_s);
}

static void write_certificates(struct evbuffer *out, const struct config *config)
{
    head(out, "certificate_expiry_time_seconds", "gauge",
         "When the first of a certificate that we show and its chain ends, Unix time.");
    for (size_t i = 0; i < config->smsc_count; i++)
        write_certificate(out, config->smsc[i].name, &config->smsc[i].tls);
    write_certificate(out, "partners", &config->partners.tls);
}

static void write_partners(struct evbuffer *out, const struct link_server_counters *c)
{
    if (c == NULL)
        return;
    WRITE_ROWS(out, partner_rows, c);
    plain(out, "partner_connections", "gauge", "Connections of partners.", c->connections);
    plain(out, "partner_bound", "gauge", "Bound connections of partners.", c->bound);
}

static void write_store(struct evbuffer *out, const struct store *store)
{
    struct store_redis_stats s;

    store_redis_stats(store, &s);
    plain(out, "store_ready", "gauge", "1 while the store can be used.", store_is_ready(store));
    plain(out, "store_requests_total", "counter", "Requests to the store.", (double)s.requests);
    head(out, "store_results_total", "counter", "Requests to the store by their end.");
    evbuffer_add_printf(out, "warung_store_results_total{result=\"ok\"} %" PRIu64 "\n", s.ok);
    evbuffer_add_printf(out, "warung_store_results_total{result=\"conflict\"} %" PRIu64 "\n",
                        s.conflicts);
    evbuffer_add_printf(out, "warung_store_results_total{result=\"unavailable\"} %" PRIu64 "\n",
                        s.unavailable);
    evbuffer_add_printf(out, "warung_store_results_total{result=\"unknown\"} %" PRIu64 "\n",
                        s.unknown);
    plain(out, "store_connects_total", "counter", "Connections made to Redis.", (double)s.connects);
    plain(out, "store_disconnects_total", "counter", "Connections to Redis lost.",
          (double)s.disconnects);
    plain(out, "store_refusals_total", "counter", "Error replies of Redis.", (double)s.refusals);
    plain(out, "store_rejected_total", "counter", "Requests that Redis took no room for.",
          (double)s.rejected);
    plain(out, "store_not_replicated_total", "counter",
          "Times that too few replicas had what was committed.", (double)s.short_waits);
    plain(out, "store_emptied_total", "counter", "Times that everything in Redis was gone.",
          (double)s.emptied);
    plain(out, "store_in_flight", "gauge", "Requests waiting for Redis.", s.in_flight);
    plain(out, "store_connections", "gauge", "Connections to Redis that are up.", s.connections_up);
}

static void write_menus(struct evbuffer *out, const struct router *router)
{
    const struct menu *menu;

    head(out, "menu_info", "gauge", "Menus in force, by name and version.");
    for (unsigned i = 0; (menu = router_at(router, i)) != NULL; i++) {
        char version[2 * MENU_ID_BYTES + 1];

        text_hex(version, menu_id(menu), MENU_ID_BYTES);
        evbuffer_add_printf(out, "warung_menu_info{menu=\"%s\",index=\"%u\",version=\"%s\"} 1\n",
                            menu_name(menu), i, version);
    }
    plain(out, "menu_versions", "gauge", "Versions of menus kept for running dialogues.",
          router_version_count(router));
}

static void write_process(struct evbuffer *out, const struct gateway *g)
{
    struct process_usage usage;

    process_usage_read(&usage);
    plain(out, "process_cpu_seconds_total", "counter", "CPU time used.", usage.cpu_s);
    plain(out, "process_resident_memory_bytes", "gauge", "Memory in use.",
          (double)usage.resident_bytes);
    plain(out, "process_open_fds", "gauge", "Open file descriptors.", usage.open_fds);
    plain(out, "process_max_fds", "gauge", "Limit of open file descriptors.",
          (double)usage.max_fds);
    plain(out, "process_start_time_seconds", "gauge", "When the gateway started, Unix time.",
          (double)gateway_counters(g)->started_ms / 1000);
    plain(out, "log_lost_total", "counter", "Lines of the log that nobody took.",
          (double)log_lost());
    plain(out, "config_loaded_time_seconds", "gauge",
          "When the configuration in force was loaded, Unix time.",
          (double)gateway_counters(g)->reloaded_ms / 1000);
}

static void write_cdr(struct evbuffer *out, struct cdr_writer *writer)
{
    struct cdr_counters c;

    if (writer == NULL)
        return;
    c = cdr_writer_counters(writer);
    WRITE_ROWS(out, cdr_rows, &c);
    plain(out, "cdr_queued_bytes", "gauge", "Octets of call detail records not written yet.",
          (double)c.queued_bytes);
    plain(out, "cdr_failing", "gauge", "1 while call detail records cannot be written.",
          c.is_failing);
}

/* Nothing rather than a figure of before: it would look as if nothing moved. */
static void write_waiting(struct evbuffer *out, const struct turn_engine *turns)
{
    uint64_t waiting;

    head(out, "sms_waiting", "gauge",
         "SMS and pushes owed in the store that have not left, of all gateways and warungctl.");
    if (turn_messages_waiting(turns, &waiting))
        evbuffer_add_printf(out, "warung_sms_waiting %" PRIu64 "\n", waiting);
}

void metrics_write(const struct gateway *g, struct evbuffer *out)
{
    head(out, "build_info", "gauge", "The program and the instance.");
    evbuffer_add_printf(out, "warung_build_info{version=\"%s\",instance=\"%s\"} 1\n",
                        WARUNG_VERSION, gateway_config(g)->instance);
    plain(out, "ready", "gauge", "1 while dialogues are served: as /readyz.",
          gateway_missing(g) == NULL);
    plain(out, "standby", "gauge", "1 while nothing is missing but exclusive centres' leases.",
          gateway_is_standby(g));
    plain(out, "namesake", "gauge",
          "1 while another gateway uses the store under the name of this instance.",
          gateway_has_namesake(g));
    plain(out, "turns_live", "gauge", "Inputs at work, replies and SMS under way.",
          turn_live(gateway_turns(g)));
    write_waiting(out, gateway_turns(g));
    plain(out, "clock_ahead_seconds", "gauge",
          "Our clock ahead of Redis's, where that stops timers, retention and the outbox; else 0.",
          (double)turn_clock_ahead_s(gateway_turns(g)));
    plain(out, "time_seconds", "gauge", "Our wall clock.", (double)clock_wall_ms() / 1000.0);
    WRITE_ROWS(out, turn_rows, turn_counters(gateway_turns(g)));
    WRITE_ROWS(out, ports_rows, ports_counters(gateway_ports(g)));
    WRITE_ROWS(out, gateway_rows, gateway_counters(g));
    write_cdr(out, gateway_cdr(g));
    write_links(out, g);
    write_endings(out, gateway_link_endings(g));
    write_partners(out, partners_counters(gateway_partners(g)));
    write_certificates(out, gateway_config(g));
    write_store(out, gateway_store(g));
    write_menus(out, gateway_router(g));
    funnel_view_write_metrics(g, out);
    write_process(out, g);
}
