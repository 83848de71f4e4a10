#include "tests/sim/weather.h"

#include "base/mem.h"
#include "tests/sim/menus.h"

enum {
    WEATHER_SLOW_MS_MAX = 60000,
    WEATHER_POLL_MS = 5,
    WEATHER_ELECTION_MS = 5000,  /* no fail-over when requests take longer to end */
    WEATHER_UNSAFE_MS_MAX = 100, /* the replica lacks that much, or, when it hangs, ... */
    WEATHER_UNSAFE_LONG_MS_MAX = 10000,
    WEATHER_LEASES_MS = 50, /* between looks at who has the lease */
    WEATHER_JAM_MS_MAX = 10 * 60 * 1000,
};

struct weather {
    struct world *world;
    struct memory_data *data;
    struct memory_data *replica; /* NULL but in a fail-over */
    struct mail *mail;
    struct node **nodes;
    unsigned node_count;
    const struct officer *officer;
    uint64_t election_ends_ms;
    struct timer slow;
    struct timer failover;
    struct timer menu;
    struct timer jam;
    struct timer leases;
};

static void start(struct weather *e, struct timer *timer, uint32_t per_hour)
{
    if (per_hour != 0)
        timer_start(&e->world->timers, timer, world_next(e->world, per_hour));
}

static void on_slow(struct timer *timer, void *arg)
{
    struct weather *e = arg;
    struct world *w = e->world;

    if (w->store == WORLD_STORE_WELL) {
        w->slow_stores++;
        w->store = WORLD_STORE_SLOW;
        world_tell(w, "the store gets slow");
        timer_start(&w->timers, timer, world_between(w, 1000, WEATHER_SLOW_MS_MAX));
        return;
    }
    if (w->store == WORLD_STORE_SLOW)
        w->store = WORLD_STORE_WELL;
    start(e, timer, w->faults.slow_stores_per_hour);
}

static size_t pending(const struct weather *e)
{
    size_t count = officer_pending(e->officer);

    for (unsigned i = 0; i < e->node_count; i++)
        count += node_store_pending(e->nodes[i]);
    return count;
}

static void begin_unsafe(struct weather *e)
{
    struct world *w = e->world;
    uint64_t unsafe_ms = world_between(
        w, 1, world_chance(w, 500000) ? WEATHER_UNSAFE_MS_MAX : WEATHER_UNSAFE_LONG_MS_MAX);

    e->replica = memory_data_copy(e->data);
    mail_copied(e->mail);
    w->store = WORLD_STORE_UNSAFE;
    w->store_until_ms = w->timers.now_ms + unsafe_ms;
    timer_start(&w->timers, &e->failover, unsafe_ms);
}

static void fail_over(struct weather *e)
{
    struct world *w = e->world;

    memory_data_replace(e->data, e->replica);
    e->replica = NULL;
    mail_failed_over(e->mail);
    w->failovers++;
    w->store = WORLD_STORE_WELL;
    world_tell(w, "the store has failed over");
}

static void on_failover(struct timer *timer, void *arg)
{
    struct weather *e = arg;
    struct world *w = e->world;

    switch (w->store) {
    case WORLD_STORE_WELL: /* first, what is under way ends: it is on the replica */
        w->store = WORLD_STORE_ELECTING;
        e->election_ends_ms = w->timers.now_ms + WEATHER_ELECTION_MS;
        timer_start(&w->timers, timer, WEATHER_POLL_MS);
        return;
    case WORLD_STORE_ELECTING:
        if (pending(e) == 0) {
            begin_unsafe(e);
            return;
        }
        if (w->timers.now_ms < e->election_ends_ms) {
            timer_start(&w->timers, timer, WEATHER_POLL_MS);
            return;
        }
        w->store = WORLD_STORE_WELL;
        break;
    case WORLD_STORE_UNSAFE:
        fail_over(e);
        break;
    case WORLD_STORE_SLOW:
        break;
    }
    start(e, timer, w->faults.failovers_per_hour);
}

static void on_menu(struct timer *timer, void *arg)
{
    struct weather *e = arg;

    e->world->menu = 1 - e->world->menu;
    e->world->menu_changes++;
    sim_menus_put_in_force(e->world->menus, e->world->menu);
    world_tell(e->world, "menu version %u is in force", e->world->menu);
    start(e, timer, e->world->faults.menu_changes_per_hour);
}

static void on_jam(struct timer *timer, void *arg)
{
    struct weather *e = arg;
    struct world *w = e->world;

    w->is_sms_jammed = !w->is_sms_jammed;
    world_tell(w, "the centre takes %s SMS", w->is_sms_jammed ? "no" : "all");
    if (w->is_sms_jammed) {
        timer_start(&w->timers, timer, world_between(w, 1000, WEATHER_JAM_MS_MAX));
    } else {
        w->sms_jam_ended_ms = w->timers.now_ms;
        start(e, timer, w->faults.sms_jams_per_hour);
    }
}

unsigned weather_leases(const struct weather *e)
{
    unsigned count = 0;

    for (unsigned i = 0; i < e->node_count; i++)
        count += node_has_lease(e->nodes[i]);
    return count;
}

static void on_leases(struct timer *timer, void *arg)
{
    struct weather *e = arg;

    if (weather_leases(e) > 1)
        world_violation(e->world, "two gateways have the lease", "-", "");
    timer_start(&e->world->timers, timer, WEATHER_LEASES_MS);
}

struct weather *weather_new(struct world *w, struct memory_data *data, struct mail *mail,
                            struct node **nodes, unsigned node_count, const struct officer *officer)
{
    struct weather *e = mem_zalloc(sizeof(*e));

    e->world = w;
    e->data = data;
    e->mail = mail;
    e->nodes = nodes;
    e->node_count = node_count;
    e->officer = officer;
    timer_init(&e->slow, on_slow, e);
    timer_init(&e->failover, on_failover, e);
    timer_init(&e->menu, on_menu, e);
    timer_init(&e->jam, on_jam, e);
    timer_init(&e->leases, on_leases, e);
    if (w->is_exclusive)
        timer_start(&w->timers, &e->leases, WEATHER_LEASES_MS);
    start(e, &e->jam, w->faults.sms_jams_per_hour);
    start(e, &e->slow, w->faults.slow_stores_per_hour);
    start(e, &e->failover, w->faults.failovers_per_hour);
    start(e, &e->menu, w->faults.menu_changes_per_hour);
    return e;
}

void weather_calm(struct weather *e)
{
    struct world *w = e->world;

    timer_stop(&w->timers, &e->slow);
    timer_stop(&w->timers, &e->failover);
    timer_stop(&w->timers, &e->menu);
    timer_stop(&w->timers, &e->jam);
    if (w->is_sms_jammed)
        w->sms_jam_ended_ms = w->timers.now_ms;
    w->is_sms_jammed = false;
    if (e->replica != NULL)
        fail_over(e);
    w->store = WORLD_STORE_WELL;
}

void weather_free(struct weather *e)
{
    weather_calm(e);
    timer_stop(&e->world->timers, &e->leases);
    mem_free(e);
}
