#include "tests/sim/node.h"

#include "base/mem.h"
#include "gateway/ports.h"
#include "gateway/smpp/dialect_knobs.h"
#include "sessions/store_memory.h"
#include "sessions/vault.h"
#include "tests/sim/fate.h"
#include "tests/sim/menus.h"

#include <stdio.h>
#include <string.h>

enum {
    NODE_LINKS = 2,
    NODE_LIMIT = 182, /* septets a page */
    NODE_DRAIN_MS = 10000,
    NODE_DRAIN_POLL_MS = 100,
    NODE_UNBIND_MS = 1000,
    NODE_PARTITION_MS_MAX = 60000,
    NODE_STILL_MS_MAX = 60000,
    NODE_OUT_MS_MAX = 30000,
    NODE_RELOAD_POLL_MS = 1000,
    NODE_RECEIPT_MARGIN_S = 600,
    NODE_LEASE_S = 10,
    /* Of its wall clock, either way: two differ by all that docs/custody.md assumes, less the time
     * that a subscriber takes to answer, and, where gateways stand still or one alone is bound,
     * that he then waits. */
    NODE_SKEW_MS = 75000,
    NODE_SKEW_STILL_MS = 35000,
};

struct node {
    struct world *world;
    struct world_process *process;
    struct network_side side;
    struct memory_data *data;
    struct dialect *dialect;
    char name[16];
    bool is_spared;
    unsigned crashes;
    struct turn_counters buried; /* counters of dead incarnations */
    struct timer life;
    struct timer drain;
    struct timer partition;
    struct timer clock;
    struct timer standstill;
    struct timer reload;
    uint64_t drain_ends_ms;
    bool is_unbinding;
    bool is_cut; /* off from the store */
    int64_t skew_ms;
    /* One incarnation; NULL while dead. */
    struct vault *vault;
    struct store *store;
    struct config_smsc smsc[2][WORLD_CENTRES_MAX]; /* one list is in force, one was before */
    unsigned in_force;
    bool is_out; /* the entry, of the configuration */
    struct link_watch watch;
    struct link_env link_env;
    struct centres *centres;
    struct partners *partners; /* there are none */
    struct ports *ports;
    struct turn_engine *engine;
};

static void on_pdu(void *ctx, const struct link *link, enum link_direction direction,
                   struct span pdu)
{
    const struct node *n = ctx;
    struct smpp_header header;

    if (smpp_frame_look(pdu, pdu.size, &header) == SMPP_FRAME_WHOLE)
        world_tell(n->world, "%s, link %s, %s %s %u, status %x", n->name, link_name(link),
                   direction == LINK_PDU_IN ? "takes" : "sends",
                   smpp_command_name(header.command_id), header.sequence_number,
                   header.command_status);
}

void counters_add(struct turn_counters *sum, const struct turn_counters *c)
{
    /* All members are uint64_t. */
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)c;

    for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
        to[i] += from[i];
}

static struct store_memory_fate decide_fate(void *ctx, enum store_memory_call call)
{
    const struct node *n = ctx;

    return fate_choose(n->world, n->is_cut, call);
}

static int64_t node_wall_ms(void *ctx)
{
    const struct node *n = ctx;

    return world_wall_ms(n->world) + n->skew_ms;
}

static uint64_t node_random(void *ctx)
{
    const struct node *n = ctx;

    return world_random(n->world);
}

/* As gateway.c does. */
static void on_gap(void *ctx, uint64_t gap_ms)
{
    struct node *n = ctx;

    (void)gap_ms;
    centres_cut(n->centres, "stalled");
}

static struct config_smsc choose_entry(const struct node *n)
{
    static const unsigned windows[] = {1, 2, 32, 32}, rates[] = {0, 0, 1, 5};
    static const char *const names[] = {"op1", "op1", "op2"};
    struct world *w = n->world;
    struct config_smsc entry = n->smsc[n->in_force][0];

    if (!w->is_exclusive) /* the lease has the entry's name */
        entry.name = names[world_between(w, 0, 2)];
    entry.window = windows[world_between(w, 0, 3)];
    entry.tps = rates[world_between(w, 0, 3)];
    if (w->bind != CONFIG_BIND_PAIR)
        entry.binds = (unsigned)world_between(w, 1, NODE_LINKS);
    return entry;
}

/* Of one of the centres. */
static struct config_smsc make_entry(const struct node *n, unsigned centre)
{
    static const char *prefixes[WORLD_CENTRES_MAX];
    const struct world *w = n->world;

    prefixes[centre] = world_prefix(centre);
    return (struct config_smsc){
        .name = centre == 0 ? "op1" : "op3",
        .host = "centre",
        .port = WORLD_PORT + centre,
        .system_id = "warung",
        .password = "secret",
        .password_file = "",
        .system_type = "",
        .address_range = "",
        .centre = centre == 0 ? "op" : "other",
        .prefixes = {&prefixes[centre], 1},
        .bind = w->bind,
        .binds = w->bind == CONFIG_BIND_PAIR ? 1 : NODE_LINKS,
        .receipts = w->tells,
        .exclusive = w->is_exclusive,
        .lease_s = NODE_LEASE_S,
        .window = w->window,
        .tps = w->tps,
        .dialect = "spec34",
        .spoken = n->dialect,
        .turn_token = w->token == TURN_TOKEN_ECHO ? CONFIG_TOKEN_ECHO : CONFIG_TOKEN_NONE,
        .limit = NODE_LIMIT,
        .tls = {.cert = "", .key = "", .ca = ""},
    };
}

static void make_links(struct node *n)
{
    struct transport_factory network = network_factory(&n->side);
    struct partners_owner nobody = {ports_on_partner_message, n->ports};
    const struct world *w = n->world;

    for (unsigned i = 0; i < w->centres; i++)
        n->smsc[n->in_force][i] = make_entry(n, i);
    n->watch = (struct link_watch){on_pdu, n};
    n->link_env = (struct link_env){&n->process->timers,
                                    &n->world->deferred,
                                    world_random,
                                    n->world,
                                    w->is_verbose ? &n->watch : NULL,
                                    NULL};
    n->centres = centres_new(&n->link_env, NULL, &network, ports_on_message, n->ports);
    n->partners = partners_new(&n->link_env, NULL, NULL, &nobody);
}

static void make_engine(struct node *n)
{
    struct store_memory_settings store = {n->data, &n->process->timers, &n->world->deferred,
                                          decide_fate, n};
    struct turn_settings settings = turn_settings_default();
    struct turn_env env = {
        .timers = &n->process->timers,
        .wall_ms = node_wall_ms,
        .random = node_random,
        .ctx = n,
        .ports = ports_for_turns(n->ports),
    };

    settings.instance = n->name;
    settings.sms_expiry_s = n->world->sms_expiry_s;
    if (n->world->sms_expiry_s < NODE_RECEIPT_MARGIN_S) /* they come to that within a history */
        settings.receipt_margin_s = NODE_RECEIPT_MARGIN_S;
    settings.sweep_ms = 5000;          /* most of a quiet hour is sweeps */
    settings.reply_deadline_ms = 1000; /* many a reply is late */
    n->vault = vault_new_plain();
    n->store = store_memory_new(&store);
    env.store = n->store;
    env.vault = n->vault;
    n->engine = turn_engine_new(&env, &settings);
    timer_queue_watch(&n->process->timers, settings.answer_window_ms + WORLD_PULSE_MS, on_gap, n);
}

static void node_wake(struct node *n)
{
    world_tell(n->world, "%s starts", n->name);
    n->is_unbinding = false;
    n->drain_ends_ms = 0;
    n->ports = ports_new();
    make_links(n);
    make_engine(n);
    ports_connect(n->ports, n->centres, n->partners, n->world->menus->router, n->engine, NULL,
                  n->vault);
    centres_share(n->centres, &(struct centre_sharing){n->store, n->name});
    n->is_out = false;
    centres_apply(n->centres, n->smsc[n->in_force], n->world->centres);
}

/* kill -9: nothing is finished, nothing is told. */
static void node_die(struct node *n)
{
    timer_queue_watch(&n->process->timers, 0, NULL, NULL);
    n->process->is_still = false;
    timer_queue_set_now(&n->process->timers, n->world->timers.now_ms);
    counters_add(&n->buried, turn_counters(n->engine));
    store_free(n->store);
    centres_free(n->centres);
    partners_free(n->partners);
    turn_engine_free(n->engine);
    ports_free(n->ports);
    vault_free(n->vault);
    n->engine = NULL;
}

static void start(struct node *n, struct timer *timer, uint32_t per_hour)
{
    if (per_hour != 0 && !n->is_spared)
        timer_start(&n->world->timers, timer, world_next(n->world, per_hour));
}

/* Killed; starts again soon. */
static void on_life(struct timer *timer, void *arg)
{
    struct node *n = arg;
    struct world *w = n->world;

    if (n->engine != NULL && !n->is_spared) {
        n->crashes++;
        world_tell(w, "%s is killed", n->name);
        node_die(n);
        timer_start(&w->timers, timer, world_between(w, 10, 20000));
        return;
    }
    if (n->engine == NULL)
        node_wake(n);
    start(n, timer, w->faults.gateway_crashes_per_hour);
}

/* An upgrade: no new dials, what lives ends, links unbind, a new process. */
static void on_drain(struct timer *timer, void *arg)
{
    struct node *n = arg;
    struct world *w = n->world;

    if (n->is_spared && n->drain_ends_ms == 0)
        return;
    if (n->engine == NULL) { /* dead just now */
        start(n, timer, w->faults.gateway_drains_per_hour);
    } else if (n->process->is_still) { /* the signal waits */
        timer_start(&w->timers, timer, NODE_DRAIN_POLL_MS);
    } else if (n->drain_ends_ms == 0) {
        w->drains++;
        world_tell(w, "%s drains", n->name);
        turn_drain(n->engine);
        n->drain_ends_ms = w->timers.now_ms + NODE_DRAIN_MS;
        timer_start(&w->timers, timer, NODE_DRAIN_POLL_MS);
    } else if (n->is_unbinding) {
        node_die(n);
        node_wake(n);
        start(n, timer, w->faults.gateway_drains_per_hour);
    } else if (turn_is_drained(n->engine) || w->timers.now_ms >= n->drain_ends_ms) {
        centres_stop(n->centres);
        n->is_unbinding = true;
        timer_start(&w->timers, timer, NODE_UNBIND_MS);
    } else {
        timer_start(&w->timers, timer, NODE_DRAIN_POLL_MS);
    }
}

static void on_partition(struct timer *timer, void *arg)
{
    struct node *n = arg;
    struct world *w = n->world;

    n->is_cut = !n->is_cut && !n->is_spared;
    world_tell(w, "%s is %s the store", n->name, n->is_cut ? "cut off from" : "back at");
    if (n->is_cut) {
        w->partitions++;
        timer_start(&w->timers, timer, world_between(w, 100, NODE_PARTITION_MS_MAX));
    } else {
        start(n, timer, w->faults.partitions_per_hour);
    }
}

static void on_clock(struct timer *timer, void *arg)
{
    struct node *n = arg;
    const struct world *w = n->world;
    uint64_t most_ms = w->faults.standstills_per_hour != 0 || w->is_exclusive || w->pushes
                           ? NODE_SKEW_STILL_MS
                           : NODE_SKEW_MS;

    n->world->clock_steps++;
    n->skew_ms = (int64_t)world_between(n->world, 0, 2 * most_ms) - (int64_t)most_ms;
    start(n, timer, n->world->faults.clock_steps_per_hour);
}

/* SIGSTOP, a host that gives the machine to others. What it asked of the store may have left it. */
static void on_standstill(struct timer *timer, void *arg)
{
    static const uint64_t ends_ms[] = {1000, 6000, NODE_STILL_MS_MAX};
    struct node *n = arg;
    struct world *w = n->world;

    if (!n->process->is_still && n->engine != NULL && !n->is_spared) {
        w->standstills++;
        n->process->is_still = true;
        if (world_chance(w, 500000))
            store_memory_hasten(n->store);
        world_tell(w, "%s stands still", n->name);
        timer_start(&w->timers, timer, world_between(w, 10, ends_ms[world_between(w, 0, 2)]));
        return;
    }
    if (n->process->is_still) {
        world_tell(w, "%s goes on", n->name);
        n->process->is_still = false;
        timer_queue_set_now(&n->process->timers, w->timers.now_ms);
    }
    start(n, timer, w->faults.standstills_per_hour);
}

/* SIGHUP: the entry is another, or it goes and comes back a little later. */
static void on_reload(struct timer *timer, void *arg)
{
    struct node *n = arg;
    struct world *w = n->world;

    if (n->is_spared && !n->is_out)
        return;
    if (n->engine == NULL || n->process->is_still || n->drain_ends_ms != 0) {
        timer_start(&w->timers, timer, NODE_RELOAD_POLL_MS);
        return;
    }
    w->reloads++;
    n->in_force = 1 - n->in_force;
    memcpy(n->smsc[n->in_force], n->smsc[1 - n->in_force], sizeof(n->smsc[0]));
    n->is_out = !n->is_out && !n->is_spared && world_chance(w, 250000);
    if (!n->is_out)
        n->smsc[n->in_force][0] = choose_entry(n);
    world_tell(w, "%s reloads: %u of %s, window %u, %u a second", n->name,
               n->is_out ? 0 : n->smsc[n->in_force][0].binds, n->smsc[n->in_force][0].name,
               n->smsc[n->in_force][0].window, n->smsc[n->in_force][0].tps);
    centres_apply(n->centres, &n->smsc[n->in_force][n->is_out], w->centres - n->is_out);
    if (n->is_out)
        timer_start(&w->timers, timer, world_between(w, 10, NODE_OUT_MS_MAX));
    else
        start(n, timer, w->faults.reloads_per_hour);
}

static struct dialect *make_dialect(enum turn_token token)
{
    struct dialect *d = mem_dup(dialect_find("spec34"), sizeof(*d));

    if (token == TURN_TOKEN_ECHO)
        d->session_out = DIALECT_SESSION_ECHO_UNIT;
    return d;
}

struct node *node_new(struct world *w, unsigned number, struct network *network,
                      struct memory_data *data)
{
    struct node *n = mem_zalloc(sizeof(*n));

    n->world = w;
    n->process = &w->processes[number - 1];
    n->side = (struct network_side){network, &n->process->timers};
    n->data = data;
    n->dialect = make_dialect(w->token);
    snprintf(n->name, sizeof(n->name), "gw%u", number);
    timer_init(&n->life, on_life, n);
    timer_init(&n->drain, on_drain, n);
    timer_init(&n->partition, on_partition, n);
    timer_init(&n->clock, on_clock, n);
    timer_init(&n->standstill, on_standstill, n);
    timer_init(&n->reload, on_reload, n);
    node_wake(n);
    start(n, &n->life, w->faults.gateway_crashes_per_hour);
    start(n, &n->drain, w->faults.gateway_drains_per_hour);
    start(n, &n->partition, w->faults.partitions_per_hour);
    start(n, &n->clock, w->faults.clock_steps_per_hour);
    start(n, &n->standstill, w->faults.standstills_per_hour);
    start(n, &n->reload, w->faults.reloads_per_hour);
    return n;
}

size_t node_store_pending(const struct node *n)
{
    return n->engine != NULL ? store_memory_pending(n->store) : 0;
}

void node_spare(struct node *n)
{
    n->is_spared = true;
    n->is_cut = false;
}

struct turn_counters node_counters(const struct node *n)
{
    struct turn_counters sum = n->buried;

    if (n->engine != NULL)
        counters_add(&sum, turn_counters(n->engine));
    return sum;
}

static bool is_held(const struct centre *c)
{
    return c != NULL && lease_is_valid(centre_lease(c));
}

/* Who stands still does nothing with it; he looks at his clock first when he goes on. */
bool node_has_lease(const struct node *n)
{
    return n->engine != NULL && !n->process->is_still &&
           (is_held(centres_at(n->centres, 0)) || is_held(centres_find_leaving(n->centres, "op1")));
}

unsigned node_crashes(const struct node *n)
{
    return n->crashes;
}

void node_free(struct node *n)
{
    timer_stop(&n->world->timers, &n->life);
    timer_stop(&n->world->timers, &n->drain);
    timer_stop(&n->world->timers, &n->partition);
    timer_stop(&n->world->timers, &n->clock);
    timer_stop(&n->world->timers, &n->standstill);
    timer_stop(&n->world->timers, &n->reload);
    if (n->engine != NULL)
        node_die(n);
    mem_free(n->dialect);
    mem_free(n);
}
