#include "gateway/turn/need.h"

#include "base/mem.h"
#include "gateway/turn/engine.h"
#include "merchants/regno.h"

#include <assert.h>

static void on_number(void *arg, const struct store_reply *reply)
{
    struct turn *t = arg;

    if (reply->result != STORE_OK ||
        !programme_numbers_add(&t->answers.numbers, t->number_key, reply->number)) {
        turn_refuse(t, "no number");
        return;
    }
    turn_run(t);
}

static void on_other_loaded(void *arg, const struct store_reply *reply)
{
    struct turn *t = arg;

    if (reply->result != STORE_OK || !turn_open_record(t, VAULT_MERCHANT, t->found_msisdn,
                                                       &reply->subscriber.merchant, &t->found)) {
        turn_refuse(t, "other record");
        return;
    }
    t->answers.found = copy_span(&t->found);
    t->answers.has_found = true;
    turn_run(t);
}

static void on_owner_found(void *arg, const struct store_list *list)
{
    struct turn *t = arg;

    if (list->result != STORE_OK) {
        turn_refuse(t, "no owner");
        return;
    }
    if (list->count == 0) {
        t->answers.has_found = true;
        turn_run(t);
        return;
    }
    text_copy(t->found_msisdn, sizeof(t->found_msisdn), list->items[0].msisdn);
    (void)store_load(t->engine->env.store, t->found_msisdn, on_other_loaded, t);
}

static bool open_shared(struct turn *t, const struct store_record *record)
{
    uint8_t *plain = mem_alloc(record->data.size + 1); /* sealed is never shorter */
    struct writer w;
    bool is_open;

    writer_init(&w, plain, record->data.size);
    is_open = record->version == 0 ||
              vault_open(t->engine->env.vault, VAULT_SHARED, t->shared_key, record->data, &w);
    t->lacks_key = !is_open && vault_lacks_key(t->engine->env.vault, record->data);
    if (is_open)
        copy_set(&t->shared, record->version, writer_span(&w));
    else
        turn_note_sealed(t->engine, VAULT_SHARED, "");
    mem_free(plain);
    return is_open;
}

static void on_shared(void *arg, const struct store_reply *reply)
{
    struct turn *t = arg;

    if (reply->result != STORE_OK || !open_shared(t, &reply->subscriber.session)) {
        turn_refuse(t, "no shared record");
        return;
    }
    t->answers.shared = copy_span(&t->shared);
    t->answers.shared_version = t->shared.version;
    t->answers.has_shared = true;
    turn_run(t);
}

static void load_shared(struct turn *t, const char *key)
{
    text_copy(t->shared_key, sizeof(t->shared_key), key);
    (void)store_shared_load(t->engine->env.store, t->shared_key, on_shared, t);
}

void need_seal_shared(struct turn *t, const struct step *step)
{
    size_t room = step->shared.size + VAULT_OVERHEAD_BYTES;
    uint8_t *sealed = mem_alloc(room);
    struct writer w;
    bool fits;

    writer_init(&w, sealed, room);
    fits = vault_seal(t->engine->env.vault, VAULT_SHARED, step->shared_key, step->shared, &w);
    assert(fits);
    text_copy(t->shared_key, sizeof(t->shared_key), step->shared_key);
    copy_set(&t->sealed, t->answers.shared_version, writer_span(&w));
    mem_free(sealed);
}

static void write_shared(struct turn *t, store_reply_fn *on_written)
{
    (void)store_shared_commit(t->engine->env.store, t->shared_key, t->sealed.version,
                              copy_span(&t->sealed), 0, on_written, t);
}

/* Written, or somebody was faster: either way the step is run again with the record as it is now.
 */
static void on_claimed(void *arg, const struct store_reply *reply)
{
    struct turn *t = arg;

    t->answers.shared_is_ours = t->answers.shared_is_ours || reply->result == STORE_OK;
    t->has_claimed = t->has_claimed || reply->result == STORE_OK || reply->result == STORE_UNKNOWN;
    if (reply->result != STORE_OK && reply->result != STORE_CONFLICT) {
        turn_refuse(t, "shared record not written");
        return;
    }
    load_shared(t, t->shared_key);
}

static void on_watched(void *arg, const struct store_reply *reply)
{
    struct turn *t = arg;

    if (reply->result == STORE_CONFLICT && !turn_is_tired(t)) {
        turn_load(t);
        return;
    }
    if (reply->result != STORE_OK) {
        turn_refuse(t, "shared record not watched");
        return;
    }
    if (reply->subscriber.session.version != 0)
        copy_set(&t->box->session, reply->subscriber.session.version, copy_span(&t->session));
    t->is_watched = true;
    write_shared(t, on_claimed);
}

static void seal_first_session(struct turn *t, int64_t now_ms, struct writer *sealed)
{
    uint8_t plain[STORE_SESSION_BYTES_MAX];
    struct session first;
    struct writer w;
    bool fits;

    session_init(&first);
    first.updated_ms = now_ms;
    writer_init(&w, plain, sizeof(plain));
    session_encode(&first, &w);
    copy_set(&t->session, 0, writer_span(&w));
    fits = vault_seal(t->engine->env.vault, VAULT_SESSION, t->box->msisdn, writer_span(&w), sealed);
    assert(fits);
}

/* A gateway may be killed between the two writes, and a write that was given up come late: a timer
 * looks at both. With it a number that has no session gets one, which says that somebody dials:
 * else whoever looks just now would take that timer away (joining_check()). */
static void watch_claim(struct turn *t)
{
    const struct turn_env *env = &t->engine->env;
    int64_t now_ms = env->wall_ms(env->ctx);
    struct store_commit c = {.msisdn = t->box->msisdn, .timer_count = 1};
    uint8_t sealed[STORE_SESSION_BYTES_MAX];
    struct writer w;

    if (t->engine->step->is_first) {
        writer_init(&w, sealed, sizeof(sealed));
        seal_first_session(t, now_ms, &w);
        c.session_version = t->box->session.version;
        c.session = writer_span(&w);
        c.session_ttl_s = t->engine->settings.session_idle_s;
    }
    c.timers[0] = (struct store_timer){.kind = programme_watch(now_ms),
                                       .due_ms = now_ms + PROGRAMME_WATCH_MS};
    (void)store_commit(env->store, &c, on_watched, t);
}

void need_claim(struct turn *t)
{
    if (t->is_watched) /* and somebody was faster */
        write_shared(t, on_claimed);
    else
        watch_claim(t);
}

static void on_given_back(void *arg, const struct store_reply *reply)
{
    struct turn *t = arg;

    if (reply->result == STORE_OK || (reply->result == STORE_CONFLICT && !turn_is_tired(t)))
        load_shared(t, t->shared_key);
    else
        turn_refuse(t, "shared record not written");
}

void need_give_back(struct turn *t)
{
    write_shared(t, on_given_back);
}

void need_match_claims(struct turn_engine *e, struct box *box)
{
    struct turn *t = turn_make_own(e, box, TURN_BY_TIMER);

    text_copy(t->timer_kind, sizeof(t->timer_kind), PROGRAMME_TIMER_MATCH);
    turn_enqueue(e, box, t);
}

void need_satisfy(struct turn *t, const struct programme_need *need)
{
    struct store *store = t->engine->env.store;

    switch (need->kind) {
    case PROGRAMME_NEEDS_NUMBER:
        text_copy(t->number_key, sizeof(t->number_key), need->key);
        (void)store_reserve(store, t->box->msisdn, need->key, on_number, t);
        break;
    case PROGRAMME_NEEDS_RECORD:
        (void)store_find(store, regno_bucket(need->key, store->buckets), need->key, on_owner_found,
                         t);
        break;
    case PROGRAMME_NEEDS_SHARED:
        load_shared(t, need->key);
        break;
    case PROGRAMME_NEEDS_NOTHING:
        assert(!"a step that needs nothing does not stop");
    }
}
