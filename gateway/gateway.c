#include "gateway/gateway.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/admin/http.h"
#include "gateway/admin/pages.h"
#include "gateway/cdr/cdr_writer.h"
#include "gateway/clock_watch.h"
#include "gateway/link/endings.h"
#include "gateway/link/transport_socket.h"
#include "gateway/namesake.h"
#include "gateway/peers.h"
#include "gateway/redis_settings.h"
#include "gateway/tls.h"
#include "gateway/versions.h"
#include "merchants/programme.h"

enum { DRAIN_LOOK_MS = 20, UNBIND_MS = 5000, PULSE_MS = 500 };

struct gateway {
    struct loop *loop;
    struct gateway_owner owner;
    enum gateway_state state;
    struct setup setup;
    struct socket_factory *sockets;
    struct taps *taps;
    struct clock_watch *clock_watch;
    struct namesake *namesake;
    struct link_env link_env;
    struct link_endings endings;
    struct store *store;
    struct turn_engine *turns;
    struct ports *ports;
    struct funnel *funnel;
    struct access_log *access;
    struct cdr_writer *cdr; /* NULL when cdr.directory is empty */
    struct centres *centres;
    struct partners *partners;
    struct versions *versions;   /* from the time that the store is there */
    struct http_server *http;    /* NULL when admin.listen is empty */
    struct http_server *control; /* NULL when control is empty */
    struct timer start_timeout;
    struct timer drain_look;
    struct timer pulse; /* so that a gap in time means that we stood still */
    bool has_failed;
    uint64_t drain_until_ms;
    uint64_t unbind_until_ms; /* 0 = turns are still waited for */
    struct gateway_counters counters;
    char needs_restart[4096]; /* see gateway_needs_restart() */
};

static const char *const state_names[] = {"starting", "ready", "draining", "stopped"};

const char *gateway_state_name(enum gateway_state state)
{
    return state_names[state];
}

static void stop(struct gateway *g, bool is_clean)
{
    if (g->state == GATEWAY_STOPPED)
        return;
    g->state = GATEWAY_STOPPED;
    timer_stop(loop_timers(g->loop), &g->start_timeout);
    timer_stop(loop_timers(g->loop), &g->drain_look);
    log_info("gateway.stopped", LOG_S("instance", g->setup.config->instance));
    g->owner.on_stopped(g->owner.ctx, is_clean);
}

/* ---- the store ---- */

static void on_versions_loaded(void *ctx)
{
    struct gateway *g = ctx;
    const struct config *c = g->setup.config;

    if (g->state != GATEWAY_STARTING)
        return;
    g->state = GATEWAY_READY;
    timer_stop(loop_timers(g->loop), &g->start_timeout);
    centres_apply(g->centres, c->smsc, c->smsc_count);
    log_info("gateway.ready", LOG_S("instance", c->instance), LOG_U("smsc", c->smsc_count),
             LOG_U("menus", c->menu_count));
    g->owner.on_ready(g->owner.ctx);
}

static void on_store_ready(void *ctx, bool is_ready)
{
    struct gateway *g = ctx;
    struct versions_settings settings = {.store = g->store,
                                         .timers = loop_timers(g->loop),
                                         .wall_ms = loop_wall_ms,
                                         .wall_ctx = g->loop,
                                         .router = g->setup.router,
                                         .vocabulary = &programme_vocabulary,
                                         .instance = g->setup.config->instance,
                                         .on_loaded = on_versions_loaded,
                                         .ctx = g};

    if (is_ready && g->versions == NULL && g->state == GATEWAY_STARTING)
        g->versions = versions_new(&settings);
}

static void on_store_refused(void *ctx, const char *reason)
{
    struct gateway *g = ctx;

    log_error("gateway.failed", LOG_S("reason", reason));
    g->has_failed = true;
    /* A running one leaves its binds to the gateways that can serve them. */
    if (g->state == GATEWAY_READY)
        gateway_drain(g);
    else if (g->state != GATEWAY_DRAINING)
        stop(g, false);
}

static void on_start_timeout(struct timer *timer, void *arg)
{
    struct gateway *g = arg;
    char why[512];

    (void)timer;
    log_error("gateway.failed", LOG_S("reason", "no store"),
              LOG_S("server", g->setup.config->redis.servers.items[0]),
              LOG_S("error", store_redis_explain(g->store, why, sizeof(why))),
              LOG_U("start_timeout_s", g->setup.config->start_timeout_s));
    stop(g, false);
}

static struct store *make_store(struct gateway *g, char *error, size_t error_bytes)
{
    struct store_redis_settings s;
    char keys[VAULT_SUBJECT_BYTES];

    redis_settings_fill(&s, g->setup.config, g->loop);
    vault_name(g->setup.vault, keys);
    s.keys = keys;
    s.on_refused = on_store_refused;
    s.on_ready = on_store_ready;
    s.ctx = g;
    return store_redis_new(&s, error, error_bytes);
}

/* ---- turns and links ---- */

static struct turn_engine *make_turns(struct gateway *g)
{
    struct turn_settings settings = config_turn_settings(g->setup.config);
    struct turn_env env = {
        .timers = loop_timers(g->loop),
        .wall_ms = loop_wall_ms,
        .random = loop_random,
        .ctx = g->loop,
        .store = g->store,
        .vault = g->setup.vault,
        .ports = ports_for_turns(g->ports),
    };

    return turn_engine_new(&env, &settings);
}

static void make_links(struct gateway *g)
{
    struct transport_factory network;
    struct partners_owner partners_owner = {ports_on_partner_message, g->ports};

    g->sockets =
        socket_factory_new(loop_base(g->loop), loop_timers(g->loop), loop_deferred(g->loop));
    network = socket_factory_network(g->sockets);
    g->taps = taps_new(loop_timers(g->loop), loop_wall_ms, g->loop);
    link_endings_init(&g->endings);
    g->link_env = (struct link_env){loop_timers(g->loop), loop_deferred(g->loop),
                                    loop_random,          g->loop,
                                    taps_watch(g->taps),  &g->endings};
    g->centres =
        centres_new(&g->link_env, loop_base(g->loop), &network, ports_on_message, g->ports);
    g->partners = partners_new(&g->link_env, loop_base(g->loop), g->sockets, &partners_owner);
}

static bool clock_agrees(void *gateway)
{
    const struct gateway *g = gateway;

    return turn_clock_agrees(g->turns);
}

static bool open_cdr(struct gateway *g, char *error, size_t error_bytes)
{
    const struct config_cdr *c = &g->setup.config->cdr;
    struct cdr_writer_settings settings = {.directory = c->directory,
                                           .instance = g->setup.config->instance,
                                           .key_file = c->key_file,
                                           .rotate_s = c->rotate_s,
                                           .rotate_bytes = (uint64_t)c->rotate_mib << 20,
                                           .queue_bytes = (size_t)c->queue_kib << 10,
                                           .keep_s = c->keep_d * 86400,
                                           .timers = loop_timers(g->loop),
                                           .clock_agrees = clock_agrees,
                                           .arg = g};

    if (c->directory[0] == '\0')
        return true;
    g->cdr = cdr_writer_new(&settings, error, error_bytes);
    if (g->cdr != NULL)
        ports_set_cdr(g->ports, g->cdr, c->number);
    return g->cdr != NULL;
}

/* ---- HTTP ---- */

static struct http_server *make_http(struct gateway *g, const struct auth *const *auth)
{
    struct http_settings settings = {.base = loop_base(g->loop),
                                     .timers = loop_timers(g->loop),
                                     .routes = pages_routes,
                                     .route_count = pages_route_count,
                                     .ctx = g,
                                     .auth = auth,
                                     .connections_max = g->setup.config->admin.connections_max};

    return http_server_new(&settings);
}

static bool open_http(struct gateway *g, char *error, size_t error_bytes)
{
    const struct config *c = g->setup.config;

    if (c->admin.listen[0] != '\0') {
        g->http = make_http(g, (const struct auth *const *)&g->setup.auth);
        if (!http_server_listen(g->http, c->admin.listen, error, error_bytes))
            return false;
        log_info("http.listening", LOG_S("address", c->admin.listen),
                 LOG_U("port", http_server_port(g->http)));
    }
    if (c->control[0] != '\0') {
        g->control = make_http(g, NULL);
        if (!http_server_listen_unix(g->control, c->control, error, error_bytes))
            return false;
    }
    return true;
}

/* ---- standing still ---- */

static void on_pulse(struct timer *timer, void *arg)
{
    struct gateway *g = arg;

    timer_start(loop_timers(g->loop), timer, PULSE_MS);
}

static void cut_partner(void *ctx, struct link *link)
{
    (void)ctx;
    link_cut(link, "stalled");
}

/* Longer than a peer waits for an answer: what stands in our sockets has been, or will be,
 * delivered again, elsewhere too. It is not ours any more. */
static void on_gap(void *ctx, uint64_t gap_ms)
{
    struct gateway *g = ctx;

    log_warning("gateway.stalled", LOG_U("ms", gap_ms));
    centres_cut(g->centres, "stalled");
    partners_each_link(g->partners, cut_partner, NULL);
}

static void watch_time(struct gateway *g)
{
    timer_start(loop_timers(g->loop), &g->pulse, PULSE_MS);
    timer_queue_watch(loop_timers(g->loop), g->setup.config->turn.answer_window_ms + PULSE_MS,
                      on_gap, g);
}

/* ---- lifetime ---- */

static void on_drain_look(struct timer *timer, void *arg);

struct gateway *gateway_new(struct loop *loop, struct setup *setup,
                            const struct gateway_owner *owner, char *error, size_t error_bytes)
{
    struct gateway *g = mem_zalloc(sizeof(*g));

    g->loop = loop;
    g->owner = *owner;
    g->setup = *setup;
    g->counters.started_ms = g->counters.reloaded_ms = clock_wall_ms();
    timer_init(&g->start_timeout, on_start_timeout, g);
    timer_init(&g->drain_look, on_drain_look, g);
    timer_init(&g->pulse, on_pulse, g);
    g->clock_watch = clock_watch_new(loop_timers(loop));
    g->ports = ports_new();
    g->funnel =
        funnel_new(loop_timers(loop), loop_wall_ms, loop, g->setup.config->turn.session_idle_s);
    make_links(g);
    if (open_cdr(g, error, error_bytes))
        g->store = make_store(g, error, error_bytes);
    if (g->store != NULL) {
        g->access = access_log_new(g->store);
        g->namesake =
            namesake_new(g->store, loop_timers(loop), g->setup.config->instance, loop_random(loop));
        centres_share(g->centres, &(struct centre_sharing){g->store, g->setup.config->instance});
        g->turns = make_turns(g);
        ports_connect(g->ports, g->centres, g->partners, g->setup.router, g->turns, g->funnel,
                      g->setup.vault);
    }
    if (g->store == NULL || !open_http(g, error, error_bytes) ||
        !partners_open(g->partners, &g->setup.config->partners, error, error_bytes)) {
        memset(&g->setup, 0, sizeof(g->setup)); /* stays the caller's */
        gateway_free(g);
        return NULL;
    }
    if (vault_is_plain(g->setup.vault))
        log_warning("vault.plain", LOG_S("keys_file", g->setup.config->keys_file),
                    LOG_S("what", "personal data is stored in the clear: warungctl keys init"));
    memset(setup, 0, sizeof(*setup));
    watch_time(g);
    timer_start(loop_timers(loop), &g->start_timeout,
                (uint64_t)g->setup.config->start_timeout_s * 1000);
    return g;
}

void gateway_free(struct gateway *g)
{
    if (g == NULL)
        return;
    timer_stop(loop_timers(g->loop), &g->start_timeout);
    timer_stop(loop_timers(g->loop), &g->pulse);
    timer_queue_watch(loop_timers(g->loop), 0, NULL, NULL);
    timer_stop(loop_timers(g->loop), &g->drain_look);
    http_server_free(g->http);
    http_server_free(g->control);
    /* The engine goes after all that could call it back. */
    if (g->store != NULL)
        store_free(g->store);
    versions_free(g->versions);
    namesake_free(g->namesake);
    centres_free(g->centres);
    partners_free(g->partners);
    deferred_run(loop_deferred(g->loop));
    taps_free(g->taps);
    clock_watch_free(g->clock_watch);
    if (g->turns != NULL)
        turn_engine_free(g->turns);
    ports_free(g->ports);
    funnel_free(g->funnel);
    cdr_writer_free(g->cdr);
    access_log_free(g->access);
    socket_factory_free(g->sockets);
    setup_free(&g->setup);
    mem_free(g);
}

/* ---- reload ---- */

static void log_fault(void *arg, const char *file, unsigned line, unsigned column, const char *text)
{
    char at[512];

    (void)arg;
    if (column > 0)
        snprintf(at, sizeof(at), "%s:%u:%u", file, line, column);
    else if (line > 0)
        snprintf(at, sizeof(at), "%s:%u", file, line);
    else
        snprintf(at, sizeof(at), "%s", file); /* all of it */
    if (strncmp(text, SOURCE_WARNING, strlen(SOURCE_WARNING)) == 0)
        log_warning("config.doubt", LOG_S("at", at), LOG_S("text", text + strlen(SOURCE_WARNING)));
    else
        log_error("config.fault", LOG_S("at", at), LOG_S("text", text));
}

static void log_needs_restart(void *arg, const char *path)
{
    struct gateway *g = arg;
    size_t used = strlen(g->needs_restart);

    log_warning("config.needs_restart", LOG_S("key", path));
    snprintf(g->needs_restart + used, sizeof(g->needs_restart) - used, "%s%s", used > 0 ? " " : "",
             path);
}

static void take_config(struct gateway *g, struct config *config, struct auth *auth)
{
    struct config *old = g->setup.config;

    g->needs_restart[0] = '\0';
    config_keep_until_restart(old, config, log_needs_restart, g);
    if (g->state == GATEWAY_READY)
        centres_apply(g->centres, config->smsc, config->smsc_count);
    centres_reload_certificates(g->centres);
    partners_apply(g->partners, &config->partners);
    partners_reload_certificates(g->partners);
    auth_free(g->setup.auth);
    g->setup.auth = auth;
    g->setup.config = config;
    config_free(old);
}

/* A key that was added, or the first one; without a file the keys stay as they are. */
static bool reload_keys(struct gateway *g, const struct config *config)
{
    char error[512];

    if (access(config->keys_file, F_OK) != 0 && vault_is_plain(g->setup.vault))
        return true;
    if (vault_reload_file(g->setup.vault, config->keys_file, error, sizeof(error)))
        return true;
    log_error("config.fault", LOG_S("at", config->keys_file), LOG_S("text", error));
    return false;
}

static void reject(struct gateway *g, const char *what)
{
    g->counters.reloads_rejected++;
    log_error("config.rejected", LOG_S("file", g->setup.config->path), LOG_S("what", what));
}

bool gateway_reload(struct gateway *g)
{
    struct config *config;
    struct auth *auth;

    /* Its links work on with the settings that they have, and no new ones may come. */
    if (g->state == GATEWAY_DRAINING || g->state == GATEWAY_STOPPED) {
        reject(g, "the gateway is draining");
        return false;
    }
    config = config_load(g->setup.config->path, log_fault, NULL);
    auth = config != NULL ? setup_load_users(config, log_fault, NULL) : NULL;
    /* The menus last: they are taken at once, all or none. */
    if (auth == NULL || !tls_check_config(config, log_fault, NULL) ||
        !reload_keys(g, g->setup.config) ||
        !setup_load_menus(g->setup.router, config, log_fault, NULL)) {
        reject(g, "the running configuration stays");
        auth_free(auth);
        config_free(config);
        return false;
    }
    config_doubt(config, log_fault, NULL);
    config_doubt_certificates(config, clock_wall_ms() / 1000, log_fault, NULL);
    take_config(g, config, auth);
    g->owner.on_reloaded(g->owner.ctx);
    if (g->versions != NULL)
        versions_offer_files(g->versions);
    g->counters.reloads++;
    g->counters.reloaded_ms = clock_wall_ms();
    log_info("gateway.reloaded", LOG_S("instance", config->instance),
             LOG_U("smsc", config->smsc_count), LOG_U("menus", config->menu_count));
    return true;
}

/* ---- drain ---- */

static void on_drain_look(struct timer *timer, void *arg)
{
    struct gateway *g = arg;
    uint64_t now_ms = loop_timers(g->loop)->now_ms;

    if (g->unbind_until_ms == 0 && (turn_is_drained(g->turns) || now_ms >= g->drain_until_ms)) {
        g->unbind_until_ms = now_ms + UNBIND_MS;
        centres_stop(g->centres);
        partners_stop(g->partners);
    }
    if (g->unbind_until_ms != 0 &&
        ((centres_are_stopped(g->centres) && partners_are_stopped(g->partners)) ||
         now_ms >= g->unbind_until_ms)) {
        stop(g, !g->has_failed);
        return;
    }
    timer_start(loop_timers(g->loop), timer, DRAIN_LOOK_MS);
}

void gateway_drain(struct gateway *g)
{
    struct timer_queue *timers = loop_timers(g->loop);
    uint64_t timeout_ms = (uint64_t)g->setup.config->drain_timeout_s * 1000;

    if (g->state == GATEWAY_DRAINING || g->state == GATEWAY_STOPPED)
        return;
    log_info("gateway.draining", LOG_U("live", turn_live(g->turns)));
    g->state = GATEWAY_DRAINING;
    turn_drain(g->turns);
    timer_stop(timers, &g->start_timeout);
    g->drain_until_ms = timers->now_ms + timeout_ms;
    /* Not at once, where there is nothing to wait for: who asked for it gets his answer. */
    timer_start(timers, &g->drain_look, DRAIN_LOOK_MS);
}

/* ---- for those who look ---- */

enum gateway_state gateway_state(const struct gateway *g)
{
    return g->state;
}

const char *gateway_missing(const struct gateway *g)
{
    if (g->state != GATEWAY_READY)
        return gateway_state_name(g->state);
    if (!store_is_ready(g->store))
        return "no store";
    if (centres_bound_count(g->centres) + partners_bound_count(g->partners) == 0)
        return "no link is bound";
    return NULL;
}

bool gateway_is_standby(const struct gateway *g)
{
    const struct centre *c;
    unsigned count = 0;

    for (; (c = centres_at(g->centres, count)) != NULL; count++) {
        if (centre_lease(c) == NULL || lease_is_valid(centre_lease(c)))
            return false;
    }
    return g->state == GATEWAY_READY && store_is_ready(g->store) && count != 0 &&
           g->setup.config->partners.account_count == 0;
}

bool gateway_has_namesake(const struct gateway *g)
{
    return namesake_is_there(g->namesake);
}

const struct gateway_counters *gateway_counters(const struct gateway *g)
{
    return &g->counters;
}

const char *gateway_needs_restart(const struct gateway *g)
{
    return g->needs_restart;
}

const struct config *gateway_config(const struct gateway *g)
{
    return g->setup.config;
}

const struct centres *gateway_centres(const struct gateway *g)
{
    return g->centres;
}

uint64_t gateway_now_ms(const struct gateway *g)
{
    return loop_timers(g->loop)->now_ms;
}

const struct link_endings *gateway_link_endings(const struct gateway *g)
{
    return &g->endings;
}

struct taps *gateway_taps(const struct gateway *g)
{
    return g->taps;
}

struct service *gateway_service(const struct gateway *g, const char *name)
{
    const struct peers peers = {g->centres, g->partners};
    struct centre *waiting;
    struct peer peer;

    if (peers_find(&peers, name, &peer))
        return peer_service(&peer);
    waiting = centres_find_waiting(g->centres, name);
    return waiting != NULL ? centre_service(waiting) : NULL;
}

struct partners *gateway_partners(const struct gateway *g)
{
    return g->partners;
}

const struct router *gateway_router(const struct gateway *g)
{
    return g->setup.router;
}

const struct releases *gateway_releases(const struct gateway *g)
{
    return g->versions != NULL ? versions_releases(g->versions) : NULL;
}

const struct funnel *gateway_funnel(const struct gateway *g)
{
    return g->funnel;
}

const struct ports *gateway_ports(const struct gateway *g)
{
    return g->ports;
}

struct access_log *gateway_access_log(const struct gateway *g)
{
    return g->access;
}

struct cdr_writer *gateway_cdr(const struct gateway *g)
{
    return g->cdr;
}

const struct turn_engine *gateway_turns(const struct gateway *g)
{
    return g->turns;
}

const struct store *gateway_store(const struct gateway *g)
{
    return g->store;
}
