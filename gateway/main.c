/*
 * warungd: options, signals, exit statuses. Everything else is gateway.c's.
 */
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/streams.h"
#include "base/version.h"
#include "gateway/core_dump.h"
#include "gateway/descriptors.h"
#include "gateway/gateway.h"
#include "gateway/notify.h"

enum { EXIT_BAD_CONFIG = 1, EXIT_USAGE = 2, EXIT_NO_START = 3, EXIT_FAULT = 4 };

#define DEFAULT_CONFIG "/etc/warung/warung.cfg"

struct options {
    const char *config;
    bool check_only;
    bool is_verbose;
};

struct daemon {
    struct loop *loop;
    struct gateway *gateway;
    struct timer watchdog;
    uint64_t watchdog_ms;
    bool is_verbose;
    bool is_stopping;
    int status;
};

static void print_usage(FILE *out)
{
    fputs("usage: warungd [-c FILE] [-n] [-v]\n"
          "       warungd --version | --help\n"
          "  -c FILE    configuration (default " DEFAULT_CONFIG ")\n"
          "  -n         check configuration and menus, print every fault, and end\n"
          "  -v         log at level debug, whatever the configuration says\n",
          out);
}

/* True when the program is to go on; else *status is how it ends. */
static bool parse_options(int argc, char **argv, struct options *options, int *status)
{
    static const struct option longs[] = {
        {"version", no_argument, NULL, 'V'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    int c;

    *status = EXIT_SUCCESS;
    while ((c = getopt_long(argc, argv, "c:nvh", longs, NULL)) != -1)
        switch (c) {
        case 'c':
            options->config = optarg;
            break;
        case 'n':
            options->check_only = true;
            break;
        case 'v':
            options->is_verbose = true;
            break;
        case 'V':
            puts("warungd " WARUNG_VERSION);
            return false;
        case 'h':
            print_usage(stdout);
            return false;
        default:
            *status = EXIT_USAGE;
            print_usage(stderr);
            return false;
        }
    if (optind == argc)
        return true;
    fprintf(stderr, "warungd: what is \"%s\"?\n", argv[optind]);
    print_usage(stderr);
    *status = EXIT_USAGE;
    return false;
}

static void set_log(const struct config *config, bool is_verbose)
{
    log_set_level(is_verbose ? LOG_LEVEL_DEBUG : config->log.level);
    log_set_format(config->log.format);
    log_set_show_msisdn(config->log.show_msisdn);
}

/* ---- systemd ---- */

static void on_watchdog(struct timer *timer, void *arg)
{
    struct daemon *d = arg;

    notify_send("WATCHDOG=1");
    timer_start(loop_timers(d->loop), timer, d->watchdog_ms);
}

static void on_ready(void *ctx)
{
    (void)ctx;
    notify_send("READY=1");
}

/* By a signal or by warungctl. */
static void on_reloaded(void *ctx)
{
    struct daemon *d = ctx;

    set_log(gateway_config(d->gateway), d->is_verbose);
}

static void on_stopped(void *ctx, bool is_clean)
{
    struct daemon *d = ctx;

    d->status = is_clean ? EXIT_SUCCESS : EXIT_NO_START;
    loop_stop(d->loop);
}

/* ---- signals ---- */

static void stop(struct daemon *d)
{
    if (d->is_stopping) {
        loop_stop(d->loop);
        return;
    }
    d->is_stopping = true;
    notify_send("STOPPING=1");
    gateway_drain(d->gateway);
}

static void reload(struct daemon *d)
{
    notify_send_reloading();
    (void)gateway_reload(d->gateway);
    notify_send("READY=1");
}

static void on_signal(evutil_socket_t signal_number, short what, void *arg)
{
    struct daemon *d = arg;

    (void)what;
    /* One that cannot be made runs the loop for a last turn, in which a signal may be told. */
    if (d->gateway == NULL)
        return;
    timer_queue_set_now(loop_timers(d->loop), clock_monotonic_ms());
    if (signal_number == SIGHUP)
        reload(d);
    else
        stop(d);
}

static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

enum { SIGNAL_COUNT = sizeof(signals) / sizeof(signals[0]) };

static bool catch_signals(struct daemon *d, struct event *events[SIGNAL_COUNT])
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a full disk, not the end */
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        events[i] = evsignal_new(loop_base(d->loop), signals[i], on_signal, d);
        if (events[i] == NULL || event_add(events[i], NULL) != 0)
            return false;
    }
    return true;
}

static void release_signals(struct event *events[SIGNAL_COUNT])
{
    for (int i = 0; i < SIGNAL_COUNT; i++)
        if (events[i] != NULL)
            event_free(events[i]);
}

/* ---- libevent's own words ---- */

static void on_libevent_log(int severity, const char *text)
{
    if (severity >= EVENT_LOG_WARN)
        log_warning("libevent", LOG_S("text", text));
}

static void on_libevent_fatal(int error)
{
    log_error("libevent.fatal", LOG_I("error", error));
    _exit(EXIT_FAULT);
}

/* ---- running ---- */

static int run_gateway(struct daemon *d, struct setup *setup)
{
    struct gateway_owner owner = {on_ready, on_reloaded, on_stopped, d};
    char error[512];

    d->gateway = gateway_new(d->loop, setup, &owner, error, sizeof(error));
    if (d->gateway == NULL) {
        log_error("gateway.failed", LOG_S("reason", error));
        return EXIT_NO_START;
    }
    d->watchdog_ms = notify_watchdog_ms();
    timer_init(&d->watchdog, on_watchdog, d);
    if (d->watchdog_ms > 0)
        timer_start(loop_timers(d->loop), &d->watchdog, 0);
    loop_run(d->loop);
    timer_stop(loop_timers(d->loop), &d->watchdog);
    gateway_free(d->gateway);
    return d->status;
}

static int run(struct setup *setup, bool is_verbose)
{
    struct daemon d = {.loop = loop_new(), .is_verbose = is_verbose};
    struct event *events[SIGNAL_COUNT] = {NULL};
    int status = EXIT_FAULT;

    if (d.loop == NULL) {
        log_error("gateway.failed", LOG_S("reason", "no event loop"));
        return EXIT_FAULT;
    }
    if (catch_signals(&d, events))
        status = run_gateway(&d, setup);
    release_signals(events);
    loop_free(d.loop);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = {.config = DEFAULT_CONFIG};
    struct setup setup;
    int status;

    streams_guard();
    if (!parse_options(argc, argv, &options, &status))
        return streams_finish("warungd") ? status : EXIT_FAULT;
    core_dump_forbid();
    descriptors_raise();
    event_set_log_callback(on_libevent_log);
    event_set_fatal_callback(on_libevent_fatal);
    if (!setup_load(&setup, options.config, SETUP_DAEMON, config_print_fault, stderr))
        return EXIT_BAD_CONFIG;
    if (!options.check_only) {
        log_open_terminal();
        set_log(setup.config, options.is_verbose);
        status = run(&setup, options.is_verbose);
    }
    setup_free(&setup);
    return status;
}
