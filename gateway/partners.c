#include "gateway/partners.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "gateway/carrier.h"
#include "gateway/link/door.h"
#include "gateway/tls.h"

enum {
    DOORS_MAX = 16,
    /* Some eight seconds of what a busy bind takes. A partner is not trusted with more: it may have
     * many binds, take nothing, and each screen that waits has a kilobyte. */
    QUEUE_MAX = 8192,
};

/* Outlives the configuration that named the account first. */
struct account_service {
    struct service service;
    struct partners *partners;
    char *name;
};

struct partner {
    const struct config_account *settings; /* of the configuration in force */
    struct account_service *service;
    uint64_t sms_turn; /* when an SMS was given to it last: partners' sms_turns */
};

struct partners {
    struct link_env env;
    struct event_base *base;
    struct socket_factory *sockets;
    struct partners_owner owner;
    struct verifier *verifier;
    struct link_server *server; /* NULL: nowhere to listen */
    struct tls_factory *tls;
    struct door *doors[DOORS_MAX];
    unsigned door_count;
    struct partner *partners;
    size_t count;
    uint64_t sms_turns;
    bool is_stopped;
};

/* ---- what links tell ---- */

static void on_message(void *ctx, struct link *link, struct link_ticket ticket,
                       const struct smpp_pdu *pdu)
{
    struct partners *ps = ctx;
    const struct partner *p = partners_find(ps, link_account(link));

    if (p != NULL)
        ps->owner.on_message(ps->owner.ctx, p, link, ticket, pdu);
    else /* taken out of the configuration; its links are being unbound */
        link_answer(link, ticket, ESME_RX_T_APPN, NULL);
}

static void on_state(void *ctx, struct link *link, enum link_state state, const char *reason)
{
    (void)ctx;
    (void)link;
    (void)state;
    (void)reason; /* the link has logged it; nothing here holds on to links */
}

static const struct link_owner link_owner = {on_message, on_state};

/* ---- accounts ---- */

static struct netblock *parse_networks(const struct config_strings *texts)
{
    struct netblock *blocks = mem_zalloc((texts->count + 1) * sizeof(*blocks));

    for (size_t i = 0; i < texts->count; i++)
        if (!netblock_parse(&blocks[i], texts->items[i]))
            assert(!"the configuration was checked");
    return blocks;
}

static struct link_account_settings *make_settings(const struct config_partners *c)
{
    struct link_account_settings *all = mem_zalloc((c->account_count + 1) * sizeof(*all));

    for (size_t i = 0; i < c->account_count; i++) {
        const struct config_account *a = &c->accounts[i];

        all[i] = (struct link_account_settings){
            .system_id = a->system_id,
            .password = a->password_hash[0] != '\0' ? NULL : a->password,
            .password_hash = a->password_hash[0] != '\0' ? a->password_hash : NULL,
            .allow = parse_networks(&a->allow),
            .allow_count = a->allow.count,
            .max_binds = a->max_binds,
            .in_tps = a->in_tps,
            .link = {.window = a->window,
                     .queue_max = QUEUE_MAX,
                     .tps = a->tps,
                     .enquire_link_s = a->enquire_link_s,
                     .response_timeout_s = a->response_timeout_s,
                     .pdu_timeout_s = a->pdu_timeout_s,
                     .statuses = *dialect_statuses(a->spoken)}};
    }
    return all;
}

static void free_settings(struct link_account_settings *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mem_free((void *)all[i].allow);
    mem_free(all);
}

static void on_service(void *ctx)
{
    const struct account_service *s = ctx;

    log_info("partner.service", LOG_S("account", s->name),
             LOG_S("state", service_state_name(s->service.state)));
    if (s->partners->server != NULL)
        link_server_close_account(s->partners->server, s->name,
                                  s->service.state == SERVICE_DISABLED);
}

static struct account_service *make_service(struct partners *ps, const char *name)
{
    struct account_service *s = mem_zalloc(sizeof(*s));

    s->partners = ps;
    s->name = mem_strdup(name);
    service_init(&s->service, ps->env.timers, on_service, s);
    return s;
}

static void free_service(struct account_service *s)
{
    service_fini(&s->service);
    mem_free(s->name);
    mem_free(s);
}

static void free_partners(struct partner *partners, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (partners[i].service != NULL)
            free_service(partners[i].service);
    mem_free(partners);
}

/* Takes the service of that name out of the list; NULL when there is none. */
static struct account_service *take_service(struct partner *partners, size_t count,
                                            const char *name)
{
    for (size_t i = 0; i < count; i++) {
        struct account_service *s = partners[i].service;

        if (s == NULL || strcmp(s->name, name) != 0)
            continue;
        partners[i].service = NULL;
        return s;
    }
    return NULL;
}

static void keep_partners(struct partners *ps, const struct config_partners *c)
{
    struct partner *old = ps->partners;
    size_t old_count = ps->count;

    ps->partners = mem_zalloc((c->account_count + 1) * sizeof(*ps->partners));
    ps->count = c->account_count;
    for (size_t i = 0; i < ps->count; i++) {
        struct partner *p = &ps->partners[i];

        p->settings = &c->accounts[i];
        p->service = take_service(old, old_count, p->settings->system_id);
        if (p->service == NULL)
            p->service = make_service(ps, p->settings->system_id);
    }
    free_partners(old, old_count);
}

void partners_apply(struct partners *ps, const struct config_partners *config)
{
    struct link_account_settings *all = make_settings(config);

    keep_partners(ps, config);
    if (ps->server != NULL)
        link_server_set_accounts(ps->server, all, config->account_count);
    free_settings(all, config->account_count);
}

/* ---- lifetime ---- */

struct partners *partners_new(const struct link_env *env, struct event_base *base,
                              struct socket_factory *sockets, const struct partners_owner *owner)
{
    struct partners *ps = mem_zalloc(sizeof(*ps));

    ps->env = *env;
    ps->base = base;
    ps->sockets = sockets;
    ps->owner = *owner;
    return ps;
}

static bool make_server(struct partners *ps, const struct config_partners *c, char *error,
                        size_t error_bytes)
{
    struct link_server_settings settings = {.system_id = c->system_id,
                                            .connections_max = c->connections_max,
                                            .unbound_max = c->unbound_max,
                                            .unbound_per_address_max = c->unbound_per_address_max,
                                            .session_init_s = c->session_init_s,
                                            .failures_max = c->bind_failures_max,
                                            .ban_s = c->ban_s};
    struct link_account_settings *all;
    char why[TLS_ERROR_BYTES];

    ps->verifier = verifier_new(ps->base, ps->env.timers);
    if (ps->verifier == NULL) {
        snprintf(error, error_bytes, "no thread for checking passwords");
        return false;
    }
    if (c->tls.is_on) {
        ps->tls = tls_make_factory(&c->tls, true, ps->base, ps->env.timers, ps->env.deferred, why);
        if (ps->tls == NULL) {
            snprintf(error, error_bytes, "partners.tls: %s", why);
            return false;
        }
    }
    all = make_settings(c);
    ps->server =
        link_server_new(&ps->env, &settings, all, c->account_count, ps->verifier, &link_owner, ps);
    free_settings(all, c->account_count);
    return true;
}

bool partners_open(struct partners *ps, const struct config_partners *c, char *error,
                   size_t error_bytes)
{
    keep_partners(ps, c);
    if (c->listen.count == 0)
        return true;
    if (c->listen.count > DOORS_MAX) {
        snprintf(error, error_bytes, "partners.listen: more than %d addresses", DOORS_MAX);
        return false;
    }
    if (!make_server(ps, c, error, error_bytes))
        return false;
    for (size_t i = 0; i < c->listen.count; i++) {
        int problem = 0;
        struct door *door = door_new(ps->base, ps->env.timers, ps->server, ps->sockets, ps->tls,
                                     c->listen.items[i], &problem);

        if (door == NULL) {
            snprintf(error, error_bytes, "cannot listen on %s: %s", c->listen.items[i],
                     strerror(problem));
            return false;
        }
        ps->doors[ps->door_count++] = door;
        log_info("partners.listening", LOG_S("address", c->listen.items[i]),
                 LOG_U("port", door_port(door)), LOG_S("tls", ps->tls != NULL ? "yes" : "no"));
    }
    return true;
}

void partners_reload_certificates(struct partners *ps)
{
    char error[TLS_ERROR_BYTES];

    if (ps->tls != NULL && !tls_factory_reload(ps->tls, error))
        log_error("partners.tls", LOG_S("error", error));
}

static void close_doors(struct partners *ps)
{
    while (ps->door_count > 0)
        door_free(ps->doors[--ps->door_count]);
}

void partners_stop(struct partners *ps)
{
    close_doors(ps);
    if (ps->server != NULL)
        link_server_stop(ps->server);
    ps->is_stopped = true;
}

bool partners_are_stopped(const struct partners *ps)
{
    return ps->is_stopped &&
           (ps->server == NULL || link_server_counters(ps->server)->connections == 0);
}

void partners_free(struct partners *ps)
{
    close_doors(ps);
    if (ps->server != NULL)
        link_server_free(ps->server);
    deferred_run(ps->env.deferred);
    if (ps->tls != NULL)
        tls_factory_free(ps->tls);
    if (ps->verifier != NULL)
        verifier_free(ps->verifier);
    free_partners(ps->partners, ps->count);
    mem_free(ps);
}

/* ---- looking them up ---- */

const struct partner *partners_find(const struct partners *ps, const char *name)
{
    for (size_t i = 0; name != NULL && i < ps->count; i++)
        if (strcmp(ps->partners[i].settings->system_id, name) == 0)
            return &ps->partners[i];
    return NULL;
}

const struct partner *partners_at(const struct partners *ps, size_t index)
{
    return index < ps->count ? &ps->partners[index] : NULL;
}

struct link_count {
    const struct partner *partner;
    unsigned count;
};

static void count_link(void *ctx, struct link *link)
{
    struct link_count *c = ctx;

    c->count += strcmp(link_account(link), partner_name(c->partner)) == 0;
}

unsigned partners_count_links(struct partners *ps, const struct partner *partner)
{
    struct link_count c = {.partner = partner};

    partners_each_link(ps, count_link, &c);
    return c.count;
}

/* Of its own accord, as centres' can_send(). */
static bool can_send(struct partners *ps, const struct partner *p)
{
    return p->service->service.state == SERVICE_SERVING && partners_pick(ps, p) != NULL;
}

static int rank_of(struct partners *ps, const struct partner *p, const char *code,
                   const char *msisdn)
{
    if (!can_send(ps, p))
        return CARRIER_NONE;
    return carrier_rank(&p->settings->codes, &p->settings->prefixes, code, msisdn);
}

static struct partner *best_for(struct partners *ps, const char *code, const char *msisdn)
{
    struct partner *best = NULL;
    int best_rank = CARRIER_NONE;

    for (size_t i = 0; i < ps->count; i++) {
        struct partner *p = &ps->partners[i];
        int rank = rank_of(ps, p, code, msisdn);

        if (rank < best_rank || rank == CARRIER_NONE ||
            (rank == best_rank && p->sms_turn >= best->sms_turn))
            continue;
        best = p;
        best_rank = rank;
    }
    return best;
}

const struct partner *partners_for_sms(struct partners *ps, const char *code, const char *msisdn)
{
    struct partner *best = best_for(ps, code, msisdn);

    if (best != NULL)
        best->sms_turn = ++ps->sms_turns;
    return best;
}

bool partners_carry(struct partners *ps, const char *code, const char *msisdn)
{
    return best_for(ps, code, msisdn) != NULL;
}

size_t partners_room(struct partners *ps)
{
    size_t room = 0;

    for (size_t i = 0; i < ps->count; i++)
        if (can_send(ps, &ps->partners[i]))
            room += link_room(partners_pick(ps, &ps->partners[i]));
    return room;
}

struct link *partners_find_link(struct partners *ps, uint64_t connection)
{
    return ps->server != NULL ? link_server_find(ps->server, connection) : NULL;
}

struct link *partners_pick(struct partners *ps, const struct partner *partner)
{
    return ps->server != NULL ? link_server_pick(ps->server, partner->settings->system_id) : NULL;
}

unsigned partners_bound_count(const struct partners *ps)
{
    return ps->server != NULL ? link_server_counters(ps->server)->bound : 0;
}

void partners_each_link(struct partners *ps, void (*fn)(void *ctx, struct link *link), void *ctx)
{
    if (ps->server != NULL)
        link_server_each(ps->server, fn, ctx);
}

const struct link_server_counters *partners_counters(const struct partners *ps)
{
    return ps->server != NULL ? link_server_counters(ps->server) : NULL;
}

const char *partner_name(const struct partner *p)
{
    return p->settings->system_id;
}

struct service *partner_service(const struct partner *p)
{
    return &p->service->service;
}

const struct config_strings *partner_codes(const struct partner *p)
{
    return &p->settings->codes;
}

const struct dialect *partner_dialect(const struct partner *p)
{
    return p->settings->spoken;
}

struct turn_traits partner_traits(const struct partner *p)
{
    const struct dialect *d = p->settings->spoken;
    struct menu_limits limits = {dialect_limit(d, false), dialect_limit(d, true)};

    return (struct turn_traits){
        .limits = menu_limits_within(limits, p->settings->limit),
        .token = p->settings->turn_token == CONFIG_TOKEN_ECHO ? TURN_TOKEN_ECHO : TURN_TOKEN_NONE};
}
