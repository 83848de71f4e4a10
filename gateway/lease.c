#include "gateway/lease.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum {
    LOOK_MS = 1000, /* another one's lease */
    AGAIN_MS = 200, /* after a failure */
    NAME_BYTES = STORE_NAME_BYTES_MAX,
    RECORD_BYTES = 64, /* "gw1 0123456789abcdef" */
};

struct lease {
    struct lease_settings settings;
    char name[NAME_BYTES]; /* the record's */
    char instance[NAME_BYTES];
    char ours[RECORD_BYTES];
    char holder[NAME_BYTES];
    enum lease_state state;
    bool is_wanted;
    bool is_asking;
    bool is_ours; /* the record, as last read or written; its version: */
    uint64_t version;
    uint64_t token;
    uint64_t sent_ms;  /* the write under way */
    uint64_t since_ms; /* the last write that is known to be done was sent */
    struct timer again, renounce, lose;
};

static const char *const state_names[] = {"idle", "standby", "held", "renounced"};

const char *lease_state_name(enum lease_state state)
{
    return state_names[state];
}

static uint64_t ttl_ms(const struct lease *l)
{
    return (uint64_t)l->settings.ttl_s * 1000;
}

static void enter(struct lease *l, enum lease_state state)
{
    l->state = state;
    l->settings.on_change(l->settings.ctx);
}

static void rest(struct lease *l, uint64_t delay_ms)
{
    timer_start(l->settings.timers, &l->again, delay_ms);
}

/* ---- having it ---- */

static void on_renounce(struct timer *timer, void *arg)
{
    struct lease *l = arg;

    (void)timer;
    log_warning("lease.renounced", LOG_S("lease", l->settings.name), LOG_U("token", l->token),
                LOG_S("reason", "it could not be renewed"));
    enter(l, LEASE_RENOUNCED);
}

static void lose(struct lease *l, const char *reason)
{
    timer_stop(l->settings.timers, &l->renounce);
    timer_stop(l->settings.timers, &l->lose);
    if (l->state != LEASE_HELD && l->state != LEASE_RENOUNCED)
        return;
    log_warning("lease.lost", LOG_S("lease", l->settings.name), LOG_U("token", l->token),
                LOG_S("reason", reason));
    enter(l, LEASE_STANDBY);
}

static void on_lose(struct timer *timer, void *arg)
{
    (void)timer;
    lose(arg, "it runs out");
}

static void start_clocks(struct lease *l)
{
    uint64_t age_ms = l->settings.timers->now_ms - l->since_ms;

    assert(age_ms < ttl_ms(l) / 2);
    timer_start(l->settings.timers, &l->renounce, ttl_ms(l) / 2 - age_ms);
    timer_start(l->settings.timers, &l->lose, ttl_ms(l) * 3 / 4 - age_ms);
}

/* The write of since_ms is done. */
static void keep(struct lease *l, bool is_take)
{
    start_clocks(l);
    rest(l, ttl_ms(l) / 4);
    if (is_take || l->state == LEASE_STANDBY) {
        l->token = l->version;
        log_info("lease.taken", LOG_S("lease", l->settings.name), LOG_U("token", l->token));
    } else if (l->state == LEASE_RENOUNCED) {
        log_info("lease.renewed", LOG_S("lease", l->settings.name), LOG_U("token", l->token));
    }
    if (l->state != LEASE_HELD)
        enter(l, LEASE_HELD);
}

/* ---- asking ---- */

static void ask(struct lease *l);

static void on_again(struct timer *timer, void *arg)
{
    (void)timer;
    ask(arg);
}

/* What the record says. */
static void take_note(struct lease *l, const struct store_record *record)
{
    char holder[NAME_BYTES] = "";

    for (size_t i = 0; i < record->data.size && i + 1 < sizeof(holder); i++) {
        if (record->data.data[i] == ' ')
            break;
        holder[i] = (char)record->data.data[i];
    }
    l->is_ours = record->version != 0 && span_is_equal(record->data, span_of_string(l->ours));
    if (l->is_ours)
        l->version = record->version;
    else if (holder[0] != '\0' && strcmp(holder, l->holder) != 0)
        log_info("lease.standby", LOG_S("lease", l->settings.name), LOG_S("holder", holder));
    text_copy(l->holder, sizeof(l->holder), holder);
}

static void take_written(struct lease *l, uint64_t version)
{
    bool is_take = !l->is_ours;

    l->is_ours = true;
    l->version = version;
    text_copy(l->holder, sizeof(l->holder), l->instance);
    if (!l->is_wanted)
        return;
    if (l->settings.timers->now_ms - l->sent_ms >= ttl_ms(l) / 2) {
        rest(l, 0); /* it took so long that little is left of it */
        return;
    }
    l->since_ms = l->sent_ms;
    keep(l, is_take);
}

static void on_written(void *arg, const struct store_reply *reply)
{
    struct lease *l = arg;
    const struct store_record *record = &reply->subscriber.session;

    l->is_asking = false;
    if (reply->result == STORE_OK) {
        take_written(l, record->version);
    } else if (reply->result == STORE_CONFLICT) {
        take_note(l, record);
        if (!l->is_ours && record->version != 0)
            lose(l, "another gateway has it");
        rest(l, l->is_ours || record->version == 0 ? 0 : LOOK_MS);
    } else {
        /* Unknown: the record itself tells. */
        l->is_ours = l->is_ours && reply->result == STORE_UNAVAILABLE;
        rest(l, AGAIN_MS);
    }
    if (!l->is_wanted)
        ask(l);
}

static void write_record(struct lease *l)
{
    l->is_asking = true;
    l->sent_ms = l->settings.timers->now_ms;
    (void)store_shared_commit(l->settings.store, l->name, l->is_ours ? l->version : 0,
                              span_of_string(l->ours), l->settings.ttl_s, on_written, l);
}

static void on_loaded(void *arg, const struct store_reply *reply)
{
    struct lease *l = arg;
    const struct store_record *record = &reply->subscriber.session;

    l->is_asking = false;
    if (reply->result != STORE_OK) {
        rest(l, AGAIN_MS);
        return;
    }
    take_note(l, record);
    if (!l->is_wanted) {
        ask(l);
    } else if (l->is_ours || record->version == 0) {
        write_record(l);
    } else {
        lose(l, "another gateway has it");
        rest(l, LOOK_MS);
    }
}

static void on_released(void *arg, const struct store_reply *reply)
{
    struct lease *l = arg;

    l->is_asking = false;
    log_info("lease.released", LOG_S("lease", l->settings.name), LOG_U("token", l->token),
             LOG_S("result", store_result_name(reply->result)));
    l->is_ours = false;
    l->holder[0] = '\0';
    if (l->is_wanted)
        ask(l);
    else
        enter(l, LEASE_IDLE);
}

/* At most one request at a time; its answer asks on. */
static void ask(struct lease *l)
{
    if (l->is_asking)
        return;
    timer_stop(l->settings.timers, &l->again);
    if (!l->is_wanted && !l->is_ours) {
        if (l->state != LEASE_IDLE)
            enter(l, LEASE_IDLE);
    } else if (!l->is_wanted) {
        l->is_asking = true;
        (void)store_shared_commit(l->settings.store, l->name, l->version, span_of(NULL, 0), 0,
                                  on_released, l);
    } else if (l->is_ours) {
        write_record(l);
    } else {
        l->is_asking = true;
        (void)store_shared_load(l->settings.store, l->name, on_loaded, l);
    }
}

void lease_want(struct lease *l, bool is_wanted)
{
    if (l->is_wanted == is_wanted)
        return;
    l->is_wanted = is_wanted;
    /* Wanted again before it was given back, it is taken anew. */
    timer_stop(l->settings.timers, &l->renounce);
    timer_stop(l->settings.timers, &l->lose);
    if (is_wanted)
        l->state = LEASE_STANDBY;
    rest(l, 0);
}

/* ---- life ---- */

struct lease *lease_new(const struct lease_settings *settings)
{
    struct lease *l = mem_zalloc(sizeof(*l));

    assert(settings->ttl_s >= 2 && strlen(settings->name) <= 50);
    l->settings = *settings;
    snprintf(l->name, sizeof(l->name), "lease:%s", settings->name);
    l->settings.name = l->name + strlen("lease:");
    text_copy(l->instance, sizeof(l->instance), settings->instance);
    snprintf(l->ours, sizeof(l->ours), "%.40s %016" PRIx64, settings->instance,
             settings->random(settings->random_ctx));
    timer_init(&l->again, on_again, l);
    timer_init(&l->renounce, on_renounce, l);
    timer_init(&l->lose, on_lose, l);
    return l;
}

void lease_free(struct lease *l)
{
    if (l == NULL)
        return;
    timer_stop(l->settings.timers, &l->again);
    timer_stop(l->settings.timers, &l->renounce);
    timer_stop(l->settings.timers, &l->lose);
    mem_free(l);
}

enum lease_state lease_state(const struct lease *l)
{
    return l->state;
}

bool lease_is_valid(const struct lease *l)
{
    return l->is_wanted && (l->state == LEASE_HELD || l->state == LEASE_RENOUNCED) &&
           l->settings.timers->now_ms - l->since_ms < ttl_ms(l) * 3 / 4;
}

uint64_t lease_token(const struct lease *l)
{
    return l->token;
}

const char *lease_holder(const struct lease *l)
{
    return l->holder;
}
