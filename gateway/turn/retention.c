#include "gateway/turn/retention.h"

#include "base/log.h"
#include "base/mem.h"
#include "gateway/turn/engine.h"
#include "gateway/turn/twins.h"
#include "merchants/calendar.h"

#include <stdio.h>
#include <string.h>

enum {
    PAGE = 64,
    TICK_MIN_MS = 10,
    LOGS_S = 21600,    /* a round over all logs, where no record is looked at */
    SMS_FROM_HOUR = 8, /* as the programme's timers */
    SMS_UNTIL_HOUR = 20,
};

struct person {
    char msisdn[STORE_MSISDN_BYTES_MAX + 1];
};

struct retention {
    struct turn_engine *engine;
    struct timer tick;
    bool is_walking;
    int64_t begun_ms;        /* records are judged by this time, though the clock be stepped */
    unsigned bucket;         /* of people */
    unsigned trimmed_bucket; /* of logs: by night, too */
    struct person page[PAGE];
    size_t count, at;
    bool has_more;
    uint64_t looked, found; /* in this round over all buckets */
    struct twins *twins;    /* of this round */
    struct subscriber subscriber;
};

static void look_at_next(struct retention *r);

static int64_t now_ms(const struct retention *r)
{
    const struct turn_env *env = &r->engine->env;

    return env->wall_ms(env->ctx);
}

/* ---- logs ---- */

static void on_trimmed(void *arg, const struct store_reply *reply)
{
    (void)arg;
    (void)reply; /* the next round will do */
}

static void trim(struct retention *r, enum store_log log, unsigned keep_s)
{
    int64_t before_ms = now_ms(r) - (int64_t)keep_s * 1000;

    if (keep_s != 0 && before_ms > 0)
        store_log_trim(r->engine->env.store, r->trimmed_bucket, log, before_ms, on_trimmed, r);
}

static void trim_logs(struct retention *r)
{
    trim(r, STORE_LOG_JOURNAL, r->engine->settings.journal_keep_s);
    trim(r, STORE_LOG_CONSENT, r->engine->settings.consent_keep_s);
    r->trimmed_bucket = (r->trimmed_bucket + 1) % r->engine->env.store->buckets;
}

/* ---- people ---- */

static void end_bucket(struct retention *r)
{
    r->is_walking = false;
    r->bucket = (r->bucket + 1) % r->engine->env.store->buckets;
    if (r->bucket != 0)
        return;
    log_info("retention.walked", LOG_U("records", r->looked), LOG_U("expired", r->found));
    r->looked = r->found = 0;
    twins_clear(r->twins);
}

static void tell_twin(struct retention *r, const char *msisdn, uint64_t hash)
{
    char kind[16];

    snprintf(kind, sizeof(kind), PROGRAMME_TIMER_TWIN "%08x", (unsigned)(hash >> 32));
    turn_deliver_timer(r->engine, &(struct store_due){.kind = kind, .msisdn = msisdn});
}

/* Two numbers with one NIK: an officer should look at both. */
static void look_for_twins(struct retention *r, const struct person *p)
{
    for (unsigned i = 0; i < r->subscriber.merchant_count; i++) {
        const struct merchant *m = &r->subscriber.merchants[i];
        bool is_flagged = (m->flags & MERCHANT_FLAG_NIK_USED) != 0;
        struct twin other;
        uint64_t hash;

        if (m->nik[0] == '\0' || m->frozen_ms != 0)
            continue;
        hash = vault_hash_nik(r->engine->env.vault, m->nik);
        if (!twins_note(r->twins, hash, p->msisdn, is_flagged, &other))
            continue;
        if (!is_flagged)
            tell_twin(r, p->msisdn, hash);
        if (!other.is_flagged)
            tell_twin(r, other.msisdn, hash);
    }
}

/* By its version, which began with the clock. */
static int64_t known_since_ms(const struct store_record *record)
{
    return (int64_t)(record->version / 1000);
}

/* Who has been heard from lately, perhaps this moment in a dialogue, is not forgotten under way. */
static const char *unless_heard_from(const char *kind, const struct store_record *session)
{
    bool is_forgotten = kind != NULL && strcmp(kind, PROGRAMME_TIMER_FORGET) == 0;

    return is_forgotten && session->version != 0 ? NULL : kind;
}

static const char *judge(struct retention *r, const struct person *p,
                         const struct store_subscriber *s)
{
    const struct store_record *record = &s->merchant;
    struct turn_engine *e = r->engine;
    uint8_t plain[STORE_MERCHANT_BYTES_MAX];
    struct writer w;
    const char *kind;

    writer_init(&w, plain, sizeof(plain));
    if (record->version == 0)
        return NULL; /* gone meanwhile */
    if (!vault_open(e->env.vault, VAULT_MERCHANT, p->msisdn, record->data, &w)) {
        turn_note_sealed(e, VAULT_MERCHANT, p->msisdn);
        return NULL;
    }
    if (!subscriber_decode(&r->subscriber, writer_span(&w)))
        return NULL; /* not ours to judge, as a turn would find, too */
    look_for_twins(r, p);
    kind = programme_find_expired(&r->subscriber, known_since_ms(record), r->begun_ms,
                                  &e->settings.periods);
    return unless_heard_from(kind, &s->session);
}

static void on_loaded(void *arg, const struct store_reply *reply)
{
    struct retention *r = arg;
    const struct person *p = &r->page[r->at++];
    const char *kind = reply->result == STORE_OK ? judge(r, p, &reply->subscriber) : NULL;

    r->looked++;
    if (kind != NULL) {
        r->found++;
        turn_deliver_timer(r->engine, &(struct store_due){.kind = kind, .msisdn = p->msisdn});
    }
    look_at_next(r);
}

static void on_page(void *arg, const struct store_list *list)
{
    struct retention *r = arg;

    r->at = r->count = 0;
    r->has_more = list->result == STORE_OK && list->more;
    for (size_t i = 0; list->result == STORE_OK && i < list->count; i++) {
        text_copy(r->page[r->count++].msisdn, sizeof(r->page[0].msisdn), list->items[i].msisdn);
    }
    look_at_next(r);
}

static void ask_page(struct retention *r, struct store_cursor after)
{
    store_list(r->engine->env.store, r->bucket, STORE_PEOPLE_SET, after, PAGE, on_page, r);
}

/* One load at a time: nothing here is in a hurry. */
static void look_at_next(struct retention *r)
{
    if (r->at < r->count) {
        store_load(r->engine->env.store, r->page[r->at].msisdn, on_loaded, r);
    } else if (r->has_more) {
        ask_page(r, (struct store_cursor){.member = r->page[r->count - 1].msisdn});
    } else {
        end_bucket(r);
    }
}

/* ---- the pace ---- */

static bool is_day(const struct retention *r)
{
    int64_t now = now_ms(r);

    return calendar_within_hours(now, SMS_FROM_HOUR, SMS_UNTIL_HOUR) == now;
}

static void on_tick(struct timer *timer, void *arg)
{
    struct retention *r = arg;
    struct turn_engine *e = r->engine;
    bool is_walk_wanted = e->settings.retention_s != 0;
    uint64_t round_s = is_walk_wanted ? e->settings.retention_s : LOGS_S;
    uint64_t every_ms = round_s * 1000 / e->env.store->buckets;

    timer_start(e->env.timers, timer, every_ms > TICK_MIN_MS ? every_ms : TICK_MIN_MS);
    if (e->is_draining || !store_is_ready(e->env.store) || !wall_agrees(&e->wall))
        return;
    trim_logs(r);
    if (!is_walk_wanted || r->is_walking || !is_day(r))
        return;
    r->is_walking = true;
    r->begun_ms = now_ms(r);
    ask_page(r, (struct store_cursor){.member = NULL});
}

struct retention *retention_new(struct turn_engine *e)
{
    struct retention *r = mem_zalloc(sizeof(*r));

    r->engine = e;
    r->twins = twins_new();
    /* Gateways that start together begin at different places. */
    r->bucket = r->trimmed_bucket = (unsigned)(e->env.random(e->env.ctx) % e->env.store->buckets);
    timer_init(&r->tick, on_tick, r);
    timer_start(e->env.timers, &r->tick, TICK_MIN_MS);
    return r;
}

void retention_free(struct retention *r)
{
    timer_stop(r->engine->env.timers, &r->tick);
    twins_free(r->twins);
    mem_free(r);
}
