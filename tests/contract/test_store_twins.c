/*
 * The same random calls to store_memory and to Redis: memory_data.c is the twin of functions.lua,
 * and this keeps the two from drifting apart. TWINS_CALLS=100000 for the long form; a failure
 * prints the seed, and TWINS_SEED=n repeats it.
 */
#include "base/random.h"
#include "tests/support/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CALLS = 4000, SUBSCRIBERS = 6, OWED_MAX = 64, TEXT_BYTES = 40, FAR_MS = 3600000 };

static const char *const numbers[SUBSCRIBERS] = {"628120000001", "628120000002", "628120000003",
                                                 "628120000004", "628120000005", "628120000006"};
static const char *const sets[] = {"DRAF", "TERKIRIM", "kab:1871"};
static const char *const members[] = {"R1", "R2", "R3", "R4"};
static const char *const kinds[] = {"nudge", "expire"};
static const char *const owners[] = {"gw1", "gw2"};
static const char *const subjects[] = {"a1", "b2", "c3"};
static const char *const shared[] = {"menu-a", "menu-b"};

#define PICK(t, array) (array)[random_below(&(t)->random, sizeof(array) / sizeof((array)[0]))]

/* What each side calls the same thing. */
struct versions {
    uint64_t memory, redis;
};
struct owed {
    unsigned subscriber;
    struct store_owed_id memory, redis;
};

struct twins {
    struct store_rig *memory, *redis;
    struct random_source random;
    struct versions sessions[SUBSCRIBERS], merchants[SUBSCRIBERS], records[2];
    struct owed owed[OWED_MAX];
    unsigned owed_count;
    char texts[16][TEXT_BYTES];
    unsigned calls;
};

static bool chance(struct twins *t, unsigned percent)
{
    return random_below(&t->random, 100) < percent;
}

static struct span text(struct twins *t, unsigned place, unsigned limit)
{
    int size = snprintf(t->texts[place], TEXT_BYTES, "text-%u-%u", t->calls,
                        (unsigned)random_below(&t->random, 1000));

    return span_of(t->texts[place], (size_t)size < limit ? (size_t)size : limit);
}

static void assert_same_record(const struct store_record *memory, const struct store_record *redis)
{
    assert_int_equal(memory->version != 0, redis->version != 0);
    assert_true(span_is_equal(memory->data, redis->data));
}

static void assert_same_reply(const struct store_reply *memory, const struct store_reply *redis)
{
    assert_int_equal(memory->result, redis->result);
    assert_same_record(&memory->subscriber.session, &redis->subscriber.session);
    assert_same_record(&memory->subscriber.merchant, &redis->subscriber.merchant);
    assert_true(memory->number == redis->number);
    assert_int_equal(memory->fate, redis->fate);
    assert_int_equal(memory->end, redis->end);
    assert_memory_equal(&memory->tally, &redis->tally, sizeof(memory->tally));
}

/* --- each call, to both --- */

static void learn(struct versions *v, const struct store_record *memory,
                  const struct store_record *redis)
{
    v->memory = memory->version;
    v->redis = redis->version;
}

static void load(struct twins *t)
{
    unsigned who = (unsigned)random_below(&t->random, SUBSCRIBERS);
    const struct store_reply *m = store_rig_load(t->memory, t->memory->store, numbers[who]);
    const struct store_reply *r = store_rig_load(t->redis, t->redis->store, numbers[who]);

    assert_same_reply(m, r);
    learn(&t->sessions[who], &m->subscriber.session, &r->subscriber.session);
    learn(&t->merchants[who], &m->subscriber.merchant, &r->subscriber.merchant);
}

/* Mostly what is there; at times a version that is not. */
static struct versions expected(struct twins *t, struct versions known)
{
    if (chance(t, 10))
        return (struct versions){0};
    if (chance(t, 10))
        return (struct versions){known.memory + 1, known.redis + 1};
    return known;
}

static void add_rows(struct twins *t, struct store_commit *c, int64_t now_ms)
{
    c->index_count = (unsigned)random_below(&t->random, 3);
    for (unsigned i = 0; i < c->index_count; i++)
        c->index[i] = (struct store_index){.member = PICK(t, members),
                                           .leave_set = chance(t, 60) ? PICK(t, sets) : NULL,
                                           .enter_set = chance(t, 60) ? PICK(t, sets) : NULL,
                                           .at_ms = (int64_t)random_below(&t->random, 5)};
    c->timer_count = (unsigned)random_below(&t->random, 3);
    for (unsigned i = 0; i < c->timer_count; i++)
        c->timers[i] = (struct store_timer){
            .kind = PICK(t, kinds),
            .due_ms = chance(t, 30)   ? 0
                      : chance(t, 50) ? now_ms - (int64_t)random_below(&t->random, 1000) - 1
                                      : now_ms + FAR_MS};
    c->journal_count = chance(t, 20) ? 1 : 0;
    for (unsigned i = 0; i < c->journal_count; i++)
        c->journal[i] = text(t, 8 + i, TEXT_BYTES);
    c->subject = chance(t, 80) ? PICK(t, subjects) : NULL;
    c->owed_forgotten = c->subject != NULL && chance(t, 5);
    if (c->subject != NULL && chance(t, 5))
        c->owed_cut_ms = chance(t, 50) ? 1 : INT64_MAX; /* their clocks have no time in common */
}

static void add_owed(struct twins *t, struct store_commit *c)
{
    c->owner = chance(t, 70) ? PICK(t, owners) : NULL;
    c->owed_count = (unsigned)random_below(&t->random, 3);
    if (t->owed_count + c->owed_count > OWED_MAX)
        c->owed_count = 0;
    for (unsigned i = 0; i < c->owed_count; i++)
        c->owed[i] = text(t, 4 + i, TEXT_BYTES);
}

/* Settles one entry of this subscriber; takes it from the list when the commit was done. */
static int add_settled(struct twins *t, unsigned who, struct store_commit *m,
                       struct store_commit *r)
{
    for (unsigned i = 0; i < t->owed_count; i++) {
        if (t->owed[i].subscriber != who || chance(t, 50))
            continue;
        m->settled[0] = t->owed[i].memory;
        r->settled[0] = t->owed[i].redis;
        m->settled_count = r->settled_count = 1;
        return (int)i;
    }
    return -1;
}

static void remember(struct twins *t, unsigned who, unsigned count, const struct store_reply *m,
                     const struct store_reply *r)
{
    for (unsigned i = 0; i < count; i++)
        t->owed[t->owed_count++] =
            (struct owed){.subscriber = who, .memory = m->owed[i], .redis = r->owed[i]};
}

static void choose_records(struct twins *t, struct store_commit *c)
{
    unsigned what = (unsigned)random_below(&t->random, 4);

    if (chance(t, 80))
        c->session = text(t, 0, TEXT_BYTES);
    else
        c->session_delete = chance(t, 50);
    c->session_ttl_s = chance(t, 80) ? 600 : 0;
    if (what == 1)
        c->merchant = text(t, 1, TEXT_BYTES);
    c->merchant_delete = what == 2 && chance(t, 30);
    c->merchant_checked = what == 3;
}

static void learn_commit(struct twins *t, unsigned who, const struct store_commit *c,
                         const struct store_reply *m, const struct store_reply *r)
{
    bool is_conflict = m->result == STORE_CONFLICT;

    if (is_conflict || c->session.size != 0 || c->session_delete)
        learn(&t->sessions[who], &m->subscriber.session, &r->subscriber.session);
    if (is_conflict || c->merchant.size != 0 || c->merchant_delete)
        learn(&t->merchants[who], &m->subscriber.merchant, &r->subscriber.merchant);
}

static void commit(struct twins *t)
{
    unsigned who = (unsigned)random_below(&t->random, SUBSCRIBERS);
    struct store_commit for_memory = {.msisdn = numbers[who]}, for_redis;
    struct versions session = expected(t, t->sessions[who]);
    struct versions merchant = expected(t, t->merchants[who]);
    const struct store_reply *m, *r;
    int settled = -1;

    choose_records(t, &for_memory);
    if (chance(t, 60)) {
        add_rows(t, &for_memory, store_rig_wall_ms(t->redis));
        add_owed(t, &for_memory);
    }
    for_memory.session_version = session.memory;
    for_memory.merchant_version = merchant.memory;
    for_redis = for_memory;
    for_redis.session_version = session.redis;
    for_redis.merchant_version = merchant.redis;
    if (chance(t, 40))
        settled = add_settled(t, who, &for_memory, &for_redis);
    m = store_rig_commit(t->memory, t->memory->store, &for_memory);
    r = store_rig_commit(t->redis, t->redis->store, &for_redis);
    assert_same_reply(m, r);
    learn_commit(t, who, &for_memory, m, r);
    if (m->result != STORE_OK)
        return;
    if (settled >= 0)
        t->owed[settled] = t->owed[--t->owed_count];
    remember(t, who, for_memory.owed_count, m, r);
}

/* Few enough names that they collide. */
static const char *some_name(struct twins *t, unsigned place)
{
    text(t, place, TEXT_BYTES);
    snprintf(t->texts[place], TEXT_BYTES, "op1/%x", (unsigned)random_below(&t->random, 12));
    return t->texts[place];
}

static void settle(struct twins *t)
{
    static const enum store_end ends[] = {STORE_END_AWAITED, STORE_END_AWAITED, STORE_END_SENT,
                                          STORE_END_FAILED};
    struct store_receipt_key keys[4];
    struct store_settlement s = {.end = PICK(t, ends),
                                 .now_ms = store_rig_wall_ms(t->redis),
                                 .parts = 1 + (unsigned)random_below(&t->random, 3),
                                 .keys = keys,
                                 .key_count = 4};
    struct store_settlement for_redis;
    const struct owed *o;
    unsigned place;

    if (t->owed_count == 0)
        return;
    place = (unsigned)random_below(&t->random, t->owed_count);
    o = &t->owed[place];
    s.until_ms = s.now_ms + (chance(t, 30) ? 0 : FAR_MS); /* the clocks are not the same */
    s.subject = numbers[o->subscriber];
    s.bucket = store_bucket(t->memory->store, s.subject);
    for (unsigned i = 0; i < s.key_count; i++)
        keys[i] = (struct store_receipt_key){some_name(t, i), (uint8_t)(i % s.parts)};
    for_redis = s;
    s.id = o->memory;
    for_redis.id = o->redis;
    assert_same_reply(store_rig_end(t->memory, t->memory->store, &s),
                      store_rig_end(t->redis, t->redis->store, &for_redis));
    if (chance(t, 80))
        t->owed[place] = t->owed[--t->owed_count]; /* else it is settled once more */
}

static void receive(struct twins *t)
{
    static const enum store_end ends[] = {STORE_END_DELIVERED, STORE_END_FAILED, STORE_END_EXPIRED};
    const char *keys[] = {some_name(t, 0), some_name(t, 1)};
    struct store_receipt r = {.subject = PICK(t, numbers),
                              .end = PICK(t, ends),
                              .keys = keys,
                              .key_count = strcmp(keys[0], keys[1]) == 0 || chance(t, 50) ? 1 : 2,
                              .now_ms = store_rig_wall_ms(t->redis)};

    r.bucket = store_bucket(t->memory->store, r.subject);
    r.park_until_ms = r.now_ms + (chance(t, 30) ? 0 : FAR_MS);
    assert_same_reply(store_rig_receipt(t->memory, t->memory->store, &r),
                      store_rig_receipt(t->redis, t->redis->store, &r));
}

static void account(struct twins *t)
{
    const char *subject = PICK(t, numbers);
    unsigned bucket = store_bucket(t->memory->store, subject);
    int64_t now_ms = store_rig_wall_ms(t->redis);
    const struct store_reply *m, *r;

    if (chance(t, 50))
        assert_same_reply(store_rig_lapse(t->memory, t->memory->store, bucket, subject, now_ms),
                          store_rig_lapse(t->redis, t->redis->store, bucket, subject, now_ms));
    assert_same_reply(store_rig_tally(t->memory, t->memory->store, bucket),
                      store_rig_tally(t->redis, t->redis->store, bucket));
    m = store_rig_messages(t->memory, t->memory->store, bucket, subject);
    r = store_rig_messages(t->redis, t->redis->store, bucket, subject);
    assert_int_equal(m->message_count, r->message_count);
    for (size_t i = 0; i < m->message_count; i++) {
        assert_int_equal(m->messages[i].end, r->messages[i].end);
        assert_true(m->messages[i].at_ms == r->messages[i].at_ms);
    }
}

/* Idle is all or nothing here: the clocks are not the same. */
static void sweep(struct twins *t)
{
    unsigned bucket = store_bucket(t->memory->store, PICK(t, numbers));
    uint64_t idle_ms = chance(t, 50) ? 0 : FAR_MS;
    size_t limit = (size_t)random_below(&t->random, 4);
    const char *owner = PICK(t, owners);
    const struct store_sweep *m, *r;

    m = store_rig_sweep(t->memory, t->memory->store, bucket, owner, idle_ms, limit);
    r = store_rig_sweep(t->redis, t->redis->store, bucket, owner, idle_ms, limit);
    assert_int_equal(m->result, r->result);
    assert_int_equal(m->taken_count, r->taken_count);
    for (size_t i = 0; i < m->taken_count; i++) {
        assert_int_equal(m->taken[i].deliveries, r->taken[i].deliveries);
        assert_true(span_is_equal(m->taken[i].body, r->taken[i].body));
    }
    assert_int_equal(m->due_count, r->due_count);
    for (size_t i = 0; i < m->due_count; i++) {
        assert_string_equal(m->due[i].kind, r->due[i].kind);
        assert_string_equal(m->due[i].msisdn, r->due[i].msisdn);
    }
}

static void assert_same_list(const struct store_list *m, const struct store_list *r)
{
    assert_int_equal(m->result, r->result);
    assert_int_equal(m->count, r->count);
    assert_int_equal(m->more, r->more);
    for (size_t i = 0; i < m->count; i++) {
        assert_string_equal(m->items[i].member, r->items[i].member);
        assert_string_equal(m->items[i].msisdn, r->items[i].msisdn);
        assert_true(m->items[i].at_ms == r->items[i].at_ms);
    }
}

static void list(struct twins *t)
{
    unsigned bucket = store_bucket(t->memory->store, PICK(t, numbers));
    const char *set = PICK(t, sets), *member = PICK(t, members);
    size_t limit = 1 + (size_t)random_below(&t->random, 4);

    assert_same_list(store_rig_list(t->memory, t->memory->store, bucket, set, limit),
                     store_rig_list(t->redis, t->redis->store, bucket, set, limit));
    assert_same_list(store_rig_find(t->memory, t->memory->store, bucket, member),
                     store_rig_find(t->redis, t->redis->store, bucket, member));
}

static void reserve(struct twins *t)
{
    const char *number = PICK(t, numbers), *counter = PICK(t, kinds);

    assert_same_reply(store_rig_reserve(t->memory, t->memory->store, number, counter),
                      store_rig_reserve(t->redis, t->redis->store, number, counter));
}

static void share(struct twins *t)
{
    unsigned which = (unsigned)random_below(&t->random, 2);
    struct versions version = expected(t, t->records[which]);
    const char *data = chance(t, 20) ? "" : "shared";
    const struct store_reply *m, *r;

    if (chance(t, 30)) {
        m = store_rig_shared_load(t->memory, t->memory->store, shared[which]);
        r = store_rig_shared_load(t->redis, t->redis->store, shared[which]);
    } else {
        m = store_rig_shared_commit(t->memory, t->memory->store, shared[which], version.memory,
                                    data, 0);
        r = store_rig_shared_commit(t->redis, t->redis->store, shared[which], version.redis, data,
                                    0);
    }
    assert_same_reply(m, r);
    learn(&t->records[which], &m->subscriber.session, &r->subscriber.session);
}

static unsigned long setting(const char *name, unsigned long usual)
{
    const char *value = getenv(name);

    return value != NULL ? strtoul(value, NULL, 10) : usual;
}

static void test_twins(void **state)
{
    static void (*const calls[])(struct twins *) = {load,   commit, commit,  commit,  commit,
                                                    settle, settle, receive, receive, account,
                                                    sweep,  list,   reserve, share};
    static struct twins t;
    struct redis_server *server = redis_server_start(NULL);
    unsigned long limit = setting("TWINS_CALLS", CALLS);
    unsigned long seed = setting("TWINS_SEED", (unsigned long)getpid());

    (void)state;
    print_message("TWINS_SEED=%lu TWINS_CALLS=%lu\n", seed, limit);
    t.random.state = seed;
    t.memory = store_rig_new_memory();
    t.redis = store_rig_new_redis(server, NULL);
    for (t.calls = 0; t.calls < limit; t.calls++) {
        t.memory->virtual_ms = store_rig_wall_ms(t.redis);
        PICK(&t, calls)(&t);
    }
    store_rig_free(t.memory);
    store_rig_free(t.redis);
    redis_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_twins)};

    return cmocka_run_group_tests_name("store_twins", tests, NULL, NULL);
}
