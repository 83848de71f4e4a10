#include "gateway/centres.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "gateway/carrier.h"
#include "gateway/tls.h"

/* WAITING: for a predecessor of the same name to leave. */
enum stage { STAGE_WAITING, STAGE_IN_SERVICE, STAGE_LEAVING };

enum { BURIAL_MS = 1000 };

struct entry {
    struct list_node node;
    struct centre *centre;
    struct tls_factory *tls; /* NULL: plain */
    enum stage stage;
    const struct config_smsc *settings; /* not of those that leave */
    uint64_t sms_turn;                  /* when an SMS was given to it last: centres' sms_turns */
};

struct centres {
    struct link_env env;
    struct event_base *base;
    struct transport_factory network;
    struct centre_owner owner; /* of each: this set, but for messages */
    struct centre_sharing sharing;
    uintptr_t next_bind;
    uint64_t sms_turns;
    struct list entries;
    struct list dead; /* their links go at the end of the turn, their factories by the timer */
    struct timer burial;
    struct deferred tidy;
};

static struct entry *entry_of(struct list_node *node)
{
    return LIST_ITEM(node, struct entry, node);
}

static void remove_entry(struct centres *cs, struct entry *e)
{
    list_remove(&cs->entries, &e->node);
    centre_free(e->centre);
    e->centre = NULL;
    list_push_back(&cs->dead, &e->node);
    timer_start(cs->env.timers, &cs->burial, BURIAL_MS);
}

static void bury(struct centres *cs)
{
    LIST_FOREACH(node, &cs->dead) {
        struct entry *e = entry_of(node);

        list_remove(&cs->dead, node);
        if (e->tls != NULL)
            tls_factory_free(e->tls);
        mem_free(e);
    }
}

static void on_burial(struct timer *timer, void *arg)
{
    (void)timer;
    bury(arg);
}

static bool is_awaited(struct centres *cs, const struct entry *waiting)
{
    LIST_FOREACH(node, &cs->entries)
        if (entry_of(node)->stage == STAGE_LEAVING &&
            strcmp(centre_name(entry_of(node)->centre), centre_name(waiting->centre)) == 0)
            return true;
    return false;
}

/* Frees those that have left and lets in who waited for them. */
static void on_tidy(struct deferred *d, void *arg)
{
    struct centres *cs = arg;

    (void)d;
    LIST_FOREACH(node, &cs->entries)
        if (entry_of(node)->stage == STAGE_LEAVING && centre_is_stopped(entry_of(node)->centre))
            remove_entry(cs, entry_of(node));
    LIST_FOREACH(node, &cs->entries) {
        struct entry *e = entry_of(node);

        if (e->stage != STAGE_WAITING || is_awaited(cs, e))
            continue;
        e->stage = STAGE_IN_SERVICE;
        centre_start(e->centre);
    }
}

static void on_stopped(void *ctx)
{
    struct centres *cs = ctx;

    deferred_add(cs->env.deferred, &cs->tidy);
}

struct centres *centres_new(const struct link_env *env, struct event_base *base,
                            const struct transport_factory *network, centre_message_fn *on_message,
                            void *ctx)
{
    struct centres *cs = mem_zalloc(sizeof(*cs));

    cs->env = *env;
    cs->base = base;
    cs->network = *network;
    cs->owner = (struct centre_owner){on_message, ctx, on_stopped, cs};
    cs->next_bind = 1;
    list_init(&cs->entries);
    list_init(&cs->dead);
    timer_init(&cs->burial, on_burial, cs);
    deferred_init(&cs->tidy, on_tidy, cs);
    return cs;
}

void centres_share(struct centres *cs, const struct centre_sharing *sharing)
{
    mem_free((char *)cs->sharing.instance);
    cs->sharing = *sharing;
    cs->sharing.instance = mem_strdup(sharing->instance);
}

static void leave(struct entry *e)
{
    log_info("smsc.leaving", LOG_S("smsc", centre_name(e->centre)));
    e->stage = STAGE_LEAVING;
    e->settings = NULL;
    centre_stop(e->centre);
}

static const struct config_smsc *find_settings(const struct config_smsc *settings, size_t count,
                                               const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(settings[i].name, name) == 0)
            return &settings[i];
    return NULL;
}

static struct entry *find_staying(struct centres *cs, const char *name)
{
    LIST_FOREACH(node, &cs->entries)
        if (entry_of(node)->stage != STAGE_LEAVING &&
            strcmp(centre_name(entry_of(node)->centre), name) == 0)
            return entry_of(node);
    return NULL;
}

/* A centre that is being taken out of service stays so when its settings change, and its dialogues
 * go on as long as was ordered. */
static void succeed(struct centres *cs, struct centre *centre)
{
    struct centre *former = NULL;

    LIST_FOREACH(node, &cs->entries)
        if (strcmp(centre_name(entry_of(node)->centre), centre_name(centre)) == 0)
            former = entry_of(node)->centre;
    if (former != NULL)
        service_succeed(centre_service(centre), centre_service(former));
}

/* NULL (logged) when its certificates cannot be read. */
static struct entry *make_entry(struct centres *cs, const struct config_smsc *settings)
{
    struct entry *e = mem_zalloc(sizeof(*e));
    struct transport_factory network = cs->network;
    char error[TLS_ERROR_BYTES];

    e->stage = STAGE_WAITING;
    e->settings = settings;
    if (settings->tls.is_on) {
        e->tls = tls_make_factory(&settings->tls, false, cs->base, cs->env.timers, cs->env.deferred,
                                  error);
        if (e->tls == NULL) {
            log_error("smsc.tls", LOG_S("smsc", settings->name), LOG_S("error", error));
            mem_free(e);
            return NULL;
        }
        network = tls_factory_network(e->tls);
    }
    e->centre = centre_new(&cs->env, &network, settings, &cs->sharing, &cs->owner, &cs->next_bind);
    succeed(cs, e->centre);
    return e;
}

void centres_apply(struct centres *cs, const struct config_smsc *settings, size_t count)
{
    LIST_FOREACH(node, &cs->entries) {
        struct entry *e = entry_of(node);
        const struct config_smsc *now;

        if (e->stage == STAGE_LEAVING)
            continue;
        now = find_settings(settings, count, centre_name(e->centre));
        if (now != NULL && config_smsc_is_equal(e->settings, now))
            e->settings = now;
        else
            leave(e);
    }
    for (size_t i = 0; i < count; i++) {
        struct entry *e = find_staying(cs, settings[i].name);

        if (e != NULL)
            list_remove(&cs->entries, &e->node);
        else
            e = make_entry(cs, &settings[i]);
        if (e != NULL)
            list_push_back(&cs->entries, &e->node); /* in the order of the configuration */
    }
    deferred_add(cs->env.deferred, &cs->tidy);
}

void centres_reload_certificates(struct centres *cs)
{
    char error[TLS_ERROR_BYTES];

    LIST_FOREACH(node, &cs->entries) {
        struct entry *e = entry_of(node);

        if (e->tls != NULL && !tls_factory_reload(e->tls, error))
            log_error("smsc.tls", LOG_S("smsc", centre_name(e->centre)), LOG_S("error", error));
    }
}

void centres_cut(struct centres *cs, const char *reason)
{
    LIST_FOREACH(node, &cs->entries) {
        const struct centre *c = entry_of(node)->centre;

        for (unsigned i = 0; i < centre_link_count(c); i++)
            link_cut(centre_link(c, i), reason);
    }
}

void centres_stop(struct centres *cs)
{
    LIST_FOREACH(node, &cs->entries)
        if (entry_of(node)->stage != STAGE_LEAVING)
            leave(entry_of(node));
    deferred_add(cs->env.deferred, &cs->tidy);
}

bool centres_are_stopped(const struct centres *cs)
{
    return list_is_empty(&cs->entries);
}

void centres_free(struct centres *cs)
{
    deferred_cancel(cs->env.deferred, &cs->tidy);
    LIST_FOREACH(node, &cs->entries)
        remove_entry(cs, entry_of(node));
    deferred_run(cs->env.deferred);
    bury(cs);
    timer_stop(cs->env.timers, &cs->burial);
    mem_free((char *)cs->sharing.instance);
    mem_free(cs);
}

struct centre *centres_at(const struct centres *cs, unsigned index)
{
    LIST_FOREACH(node, &cs->entries)
        if (entry_of(node)->stage != STAGE_LEAVING && index-- == 0)
            return entry_of(node)->centre;
    return NULL;
}

static struct centre *find(const struct centres *cs, enum stage stage, const char *name)
{
    LIST_FOREACH(node, &cs->entries)
        if (entry_of(node)->stage == stage &&
            strcmp(centre_name(entry_of(node)->centre), name) == 0)
            return entry_of(node)->centre;
    return NULL;
}

struct centre *centres_find(const struct centres *cs, const char *name)
{
    return find(cs, STAGE_IN_SERVICE, name);
}

struct centre *centres_find_waiting(const struct centres *cs, const char *name)
{
    return find(cs, STAGE_WAITING, name);
}

struct centre *centres_find_leaving(const struct centres *cs, const char *name)
{
    return find(cs, STAGE_LEAVING, name);
}

static const struct centre *find_any(const struct centres *cs, const char *name)
{
    const struct centre *centre = centres_find(cs, name);

    return centre != NULL ? centre : centres_find_leaving(cs, name);
}

bool centres_are_one(const struct centres *cs, const char *name, const char *other)
{
    /* A name that is leaving is unknown here in a moment: it may be the same centre's old one. */
    const struct centre *a = centres_find(cs, name), *b = find_any(cs, other);

    return b != NULL && (a == NULL || strcmp(centre_teller(a), centre_teller(b)) == 0);
}

struct link *centres_find_link(const struct centres *cs, uintptr_t bind)
{
    LIST_FOREACH(node, &cs->entries) {
        struct link *link = centre_find_link(entry_of(node)->centre, bind);

        if (link != NULL)
            return link;
    }
    return NULL;
}

/* Of its own accord: one that is being drained sends what its dialogues need, and no more. */
static bool can_send(struct centre *c)
{
    if (centre_service(c)->state != SERVICE_SERVING || !centre_may_act(c))
        return false;
    for (unsigned i = 0; i < centre_link_count(c); i++)
        if (link_can_submit(centre_link(c, i)))
            return true;
    return false;
}

static int rank_of(const struct entry *e, const char *code, const char *msisdn)
{
    if (e->stage != STAGE_IN_SERVICE || !can_send(e->centre))
        return CARRIER_NONE;
    return carrier_rank(&e->settings->codes, &e->settings->prefixes, code, msisdn);
}

static struct entry *best_for(const struct centres *cs, const char *code, const char *msisdn)
{
    struct entry *best = NULL;
    int best_rank = CARRIER_NONE;

    LIST_FOREACH(node, &cs->entries) {
        struct entry *e = entry_of(node);
        int rank = rank_of(e, code, msisdn);

        if (rank < best_rank || rank == CARRIER_NONE ||
            (rank == best_rank && e->sms_turn >= best->sms_turn))
            continue;
        best = e;
        best_rank = rank;
    }
    return best;
}

struct centre *centres_for_sms(struct centres *cs, const char *code, const char *msisdn)
{
    struct entry *best = best_for(cs, code, msisdn);

    if (best == NULL)
        return NULL;
    best->sms_turn = ++cs->sms_turns;
    return best->centre;
}

bool centres_carry(const struct centres *cs, const char *code, const char *msisdn)
{
    return best_for(cs, code, msisdn) != NULL;
}

size_t centres_room(const struct centres *cs)
{
    size_t room = 0;

    LIST_FOREACH(node, &cs->entries)
        if (entry_of(node)->stage == STAGE_IN_SERVICE && can_send(entry_of(node)->centre))
            room += centre_room(entry_of(node)->centre);
    return room;
}

unsigned centres_bound_count(const struct centres *cs)
{
    unsigned bound = 0;

    LIST_FOREACH(node, &cs->entries)
        if (entry_of(node)->stage == STAGE_IN_SERVICE)
            bound += centre_bound_count(entry_of(node)->centre);
    return bound;
}
