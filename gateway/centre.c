#include "gateway/centre.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { SPREAD_MS = 2000 };

struct bind {
    uintptr_t id;
    struct centre *centre;
    struct link *link;
    struct timer start;
    char reason[48];
};

struct centre {
    char name[24];
    struct dialect *dialect; /* a copy: a reload replaces the one of the configuration */
    unsigned limit;
    enum turn_token turn_token;
    bool tells_receipts;
    char teller[24]; /* of receipts; several entries may have it */
    struct timer_queue *timers;
    struct service service;
    struct lease *lease; /* NULL: not exclusive */
    struct centre_owner owner;
    struct bind *binds;
    unsigned bind_count;
    enum config_bind bind_mode;
    bool is_started, is_stopping;
};

static bool are_links_closed(const struct centre *c)
{
    for (unsigned i = 0; i < c->bind_count; i++)
        if (link_state(c->binds[i].link) != LINK_CLOSED)
            return false;
    return true;
}

static bool is_wanted(const struct centre *c)
{
    return !c->is_stopping && c->service.state != SERVICE_DISABLED;
}

static void on_message(void *ctx, struct link *link, struct link_ticket ticket,
                       const struct smpp_pdu *pdu)
{
    struct bind *b = ctx;

    if (!centre_may_act(b->centre)) {
        /* This process has slept, and another gateway may be bound by now: the input is left to the
         * centre, which delivers it there. */
        link_cut(link, "lease_over");
        return;
    }
    b->centre->owner.on_message(b->centre->owner.message_ctx, b->centre, b->id, link, ticket, pdu);
}

static void tell_stopped(struct centre *c)
{
    if (centre_is_stopped(c))
        c->owner.on_stopped(c->owner.ctx);
}

static void on_state(void *ctx, struct link *link, enum link_state state, const char *reason)
{
    struct bind *b = ctx;

    (void)link;
    if (state != LINK_CLOSED)
        return;
    text_copy(b->reason, sizeof(b->reason), reason);
    if (b->centre->lease != NULL && !is_wanted(b->centre) && are_links_closed(b->centre))
        lease_want(b->centre->lease, false);
    tell_stopped(b->centre);
}

static const struct link_owner link_owner = {on_message, on_state};

static void on_start(struct timer *timer, void *arg)
{
    struct bind *b = arg;

    (void)timer;
    link_start(b->link);
}

static enum link_bind bind_kind(enum config_bind bind, unsigned index)
{
    switch (bind) {
    case CONFIG_BIND_TRANSMITTER:
        return LINK_TRANSMITTER;
    case CONFIG_BIND_RECEIVER:
        return LINK_RECEIVER;
    case CONFIG_BIND_PAIR:
        return index % 2 == 0 ? LINK_RECEIVER : LINK_TRANSMITTER;
    case CONFIG_BIND_TRANSCEIVER:
        break;
    }
    return LINK_TRANSCEIVER;
}

static struct link *make_link(const struct link_env *env, const struct transport_factory *network,
                              const struct config_smsc *s, unsigned index, struct bind *b)
{
    char name[40];
    struct link_client_settings settings = {
        .link = {.name = name,
                 .window = s->window,
                 .in_flight_max = s->in_flight_max,
                 .queue_max = s->queue_max,
                 .tps = s->tps,
                 .enquire_link_s = s->enquire_link_s,
                 .response_timeout_s = s->response_timeout_s,
                 .pdu_timeout_s = s->pdu_timeout_s,
                 .pdu_bytes_max = s->pdu_bytes_max,
                 .statuses = *dialect_statuses(s->spoken)},
        .host = s->host,
        .port = (uint16_t)s->port,
        .bind = bind_kind(s->bind, index),
        .system_id = s->system_id,
        .password = s->password,
        .system_type = s->system_type,
        .address_range = s->address_range,
        .reconnect_min_s = s->reconnect_min_s,
    };

    snprintf(name, sizeof(name), "%s:%u", s->name, index + 1);
    return link_client_new(env, network, &settings, &link_owner, b);
}

static void stop_links(struct centre *c)
{
    for (unsigned i = 0; i < c->bind_count; i++) {
        timer_stop(c->timers, &c->binds[i].start);
        link_stop(c->binds[i].link);
    }
}

/* Of a pair, what takes replies before what brings inputs. */
static void start_links(struct centre *c)
{
    for (unsigned i = 0; i < c->bind_count; i++) {
        uint64_t place = c->bind_mode == CONFIG_BIND_PAIR ? i ^ 1U : i;

        timer_start(c->timers, &c->binds[i].start, place * SPREAD_MS);
    }
}

static void on_lease(void *ctx)
{
    struct centre *c = ctx;

    switch (lease_state(c->lease)) {
    case LEASE_HELD:
        if (is_wanted(c))
            start_links(c);
        break;
    case LEASE_RENOUNCED:
        stop_links(c);
        break;
    case LEASE_STANDBY:
        stop_links(c);
        for (unsigned i = 0; i < c->bind_count; i++)
            link_cut(c->binds[i].link, "lease_over");
        break;
    case LEASE_IDLE:
        tell_stopped(c);
        break;
    }
}

static struct lease *make_lease(struct centre *c, const struct link_env *env, unsigned ttl_s,
                                const struct centre_sharing *sharing)
{
    const struct lease_settings settings = {.store = sharing->store,
                                            .timers = env->timers,
                                            .random = env->random,
                                            .random_ctx = env->random_ctx,
                                            .name = c->name,
                                            .instance = sharing->instance,
                                            .ttl_s = ttl_s,
                                            .on_change = on_lease,
                                            .ctx = c};

    return lease_new(&settings);
}

static void on_service(void *ctx)
{
    struct centre *c = ctx;

    log_info("smsc.service", LOG_S("smsc", c->name),
             LOG_S("state", service_state_name(c->service.state)));
    if (c->is_stopping)
        return;
    if (c->service.state == SERVICE_DISABLED)
        stop_links(c);
    else if (c->service.state == SERVICE_SERVING && c->is_started)
        centre_start(c);
}

struct centre *centre_new(const struct link_env *env, const struct transport_factory *network,
                          const struct config_smsc *settings, const struct centre_sharing *sharing,
                          const struct centre_owner *owner, uintptr_t *next_bind)
{
    struct centre *c = mem_zalloc(sizeof(*c));

    text_copy(c->name, sizeof(c->name), settings->name);
    c->dialect = dialect_new(settings->dialect, settings->spoken);
    c->limit = settings->limit;
    c->turn_token = settings->turn_token == CONFIG_TOKEN_ECHO ? TURN_TOKEN_ECHO : TURN_TOKEN_NONE;
    c->tells_receipts = settings->receipts;
    text_copy(c->teller, sizeof(c->teller),
              settings->centre[0] != '\0' ? settings->centre : settings->name);
    c->timers = env->timers;
    service_init(&c->service, env->timers, on_service, c);
    if (settings->exclusive)
        c->lease = make_lease(c, env, settings->lease_s, sharing);
    c->owner = *owner;
    c->bind_mode = settings->bind;
    c->bind_count = settings->binds * (settings->bind == CONFIG_BIND_PAIR ? 2 : 1);
    c->binds = mem_zalloc(c->bind_count * sizeof(*c->binds));
    for (unsigned i = 0; i < c->bind_count; i++) {
        struct bind *b = &c->binds[i];

        b->id = (*next_bind)++;
        b->centre = c;
        timer_init(&b->start, on_start, b);
        b->link = make_link(env, network, settings, i, b);
    }
    return c;
}

void centre_start(struct centre *c)
{
    c->is_started = true;
    if (c->service.state == SERVICE_DISABLED)
        return;
    if (c->lease != NULL)
        lease_want(c->lease, true);
    /* With a lease already when it was taken out of service and put back before its links closed.
     */
    if (centre_may_act(c))
        start_links(c);
}

void centre_stop(struct centre *c)
{
    c->is_stopping = true;
    stop_links(c);
}

bool centre_is_stopped(const struct centre *c)
{
    return c->is_stopping && are_links_closed(c) &&
           (c->lease == NULL || lease_state(c->lease) == LEASE_IDLE);
}

void centre_free(struct centre *c)
{
    service_fini(&c->service);
    lease_free(c->lease);
    for (unsigned i = 0; i < c->bind_count; i++) {
        timer_stop(c->timers, &c->binds[i].start);
        link_free(c->binds[i].link);
    }
    mem_free(c->binds);
    dialect_free(c->dialect);
    mem_free(c);
}

const char *centre_name(const struct centre *c)
{
    return c->name;
}

const struct dialect *centre_dialect(const struct centre *c)
{
    return c->dialect;
}

struct turn_traits centre_traits(const struct centre *c)
{
    struct menu_limits limits = {dialect_limit(c->dialect, false), dialect_limit(c->dialect, true)};

    return (struct turn_traits){.limits = menu_limits_within(limits, c->limit),
                                .token = c->turn_token};
}

bool centre_has_transmitter(const struct centre *c)
{
    return c->bind_mode != CONFIG_BIND_RECEIVER;
}

struct link *centre_transmitter(struct centre *c)
{
    struct link *best = NULL;

    if (!centre_may_act(c))
        return NULL;
    for (unsigned i = 0; i < c->bind_count; i++) {
        struct link *link = c->binds[i].link;

        if (link_can_submit(link) && (best == NULL || link_suits_better(link, best)))
            best = link;
    }
    return best;
}

size_t centre_room(const struct centre *c)
{
    size_t room = 0;

    for (unsigned i = 0; i < c->bind_count; i++)
        room += link_room(c->binds[i].link);
    return room;
}

bool centre_tells_receipts(const struct centre *c)
{
    return c->tells_receipts;
}

const char *centre_teller(const struct centre *c)
{
    return c->teller;
}

struct link *centre_find_link(const struct centre *c, uintptr_t bind)
{
    if (!centre_may_act(c))
        return NULL;
    for (unsigned i = 0; i < c->bind_count; i++)
        if (c->binds[i].id == bind)
            return c->binds[i].link;
    return NULL;
}

unsigned centre_link_count(const struct centre *c)
{
    return c->bind_count;
}

struct link *centre_link(const struct centre *c, unsigned index)
{
    assert(index < c->bind_count);
    return c->binds[index].link;
}

unsigned centre_bound_count(const struct centre *c)
{
    unsigned bound = 0;

    for (unsigned i = 0; i < c->bind_count; i++)
        bound += link_state(c->binds[i].link) == LINK_BOUND;
    return bound;
}

const struct lease *centre_lease(const struct centre *c)
{
    return c->lease;
}

bool centre_may_act(const struct centre *c)
{
    return c->lease == NULL || lease_is_valid(c->lease);
}

struct service *centre_service(struct centre *c)
{
    return &c->service;
}

const char *centre_link_reason(const struct centre *c, unsigned index)
{
    assert(index < c->bind_count);
    return c->binds[index].reason;
}
