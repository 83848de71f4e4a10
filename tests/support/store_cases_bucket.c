#include "tests/support/store_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Cases of one program share their data: each has numbers of its own. */
#define NUMBER(case_number, n) "62812" #case_number "0000" #n

static unsigned bucket_of(const struct store_rig *rig, const char *msisdn)
{
    return store_bucket(rig->store, msisdn);
}

static void owe_two(struct store_rig *rig, const char *msisdn, const char *owner,
                    struct store_owed_id ids[2])
{
    struct store_commit c = {.msisdn = msisdn,
                             .owner = owner,
                             .owed = {span_of_string("sms one"), span_of_string("sms two")},
                             .owed_count = 2};
    const struct store_reply *reply = store_rig_commit(rig, rig->store, &c);

    assert_int_equal(reply->result, STORE_OK);
    memcpy(ids, reply->owed, 2 * sizeof(ids[0]));
    assert_true(ids[0].ms != 0);
    assert_true(ids[1].ms > ids[0].ms || (ids[1].ms == ids[0].ms && ids[1].number > ids[0].number));
}

static void assert_taken(const struct store_sweep *sweep, size_t place,
                         const struct store_owed_id *id, unsigned deliveries, const char *body)
{
    assert_true(place < sweep->taken_count);
    assert_true(sweep->taken[place].id.ms == id->ms && sweep->taken[place].id.number == id->number);
    assert_int_equal(sweep->taken[place].deliveries, deliveries);
    assert_true(span_is_equal(sweep->taken[place].body, span_of_string(body)));
}

/* The gateway that committed an entry sends it; others see it only when it has been idle. */
static void test_owed_entries_are_taken_over_when_idle(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(16, 1);
    unsigned bucket = bucket_of(rig, number);
    struct store_owed_id ids[2];
    const struct store_sweep *sweep;

    owe_two(rig, number, "gw1", ids);
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw2", 60000, 10);
    assert_int_equal(sweep->result, STORE_OK);
    assert_int_equal(sweep->taken_count, 0);
    store_rig_pass(rig, 60);
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw2", 50, 10);
    assert_int_equal(sweep->taken_count, 2);
    assert_taken(sweep, 0, &ids[0], 2, "sms one");
    assert_taken(sweep, 1, &ids[1], 2, "sms two");
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw1", 50, 10);
    assert_int_equal(sweep->taken_count, 0);
    assert_int_equal(store_rig_settle(rig, rig->store, number, ids, 2)->result, STORE_OK);
}

/* An owner at work keeps its entries; one that has lost an entry is told so. */
static void test_touched_entries_stay_their_owners(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(69, 1);
    unsigned bucket = bucket_of(rig, number);
    struct store_owed_id ids[2];

    owe_two(rig, number, "gw1", ids);
    store_rig_pass(rig, 60);
    assert_int_equal(store_rig_touch(rig, rig->store, bucket, "gw1", ids[0])->number, 1);
    assert_int_equal(store_rig_touch(rig, rig->store, bucket, "gw2", ids[1])->number, 0);
    assert_int_equal(store_rig_sweep(rig, rig->store, bucket, "gw2", 50, 10)->taken_count, 1);
    assert_taken(&rig->outcome.sweep, 0, &ids[1], 2, "sms two");
    assert_int_equal(store_rig_touch(rig, rig->store, bucket, "gw1", ids[1])->number, 0);
    assert_int_equal(store_rig_touch(rig, rig->store, bucket, "gw2", ids[1])->number, 1);
    assert_int_equal(store_rig_settle(rig, rig->store, number, ids, 2)->result, STORE_OK);
    assert_int_equal(store_rig_touch(rig, rig->store, bucket, "gw2", ids[1])->number, 0);
}

static void test_nobodys_entries_go_to_the_first_sweep(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(17, 1);
    unsigned bucket = bucket_of(rig, number);
    struct store_owed_id ids[2];
    const struct store_sweep *sweep;

    owe_two(rig, number, NULL, ids);
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw2", 60000, 1);
    assert_int_equal(sweep->taken_count, 1);
    assert_taken(sweep, 0, &ids[0], 1, "sms one");
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw1", 60000, 10);
    assert_int_equal(sweep->taken_count, 1);
    assert_taken(sweep, 0, &ids[1], 1, "sms two");
    assert_int_equal(store_rig_sweep(rig, rig->store, bucket, "gw1", 60000, 10)->taken_count, 0);
    assert_int_equal(store_rig_settle(rig, rig->store, number, ids, 2)->result, STORE_OK);
}

/* Whatever a mass of SMS is in somebody's hand, and stands before it. */
static void test_what_is_idle_is_found_behind_what_is_not(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(70, 1);
    struct store_owed_id in_hand[60][2], left[2];
    const struct store_sweep *sweep;

    for (unsigned i = 0; i < 60; i++)
        owe_two(rig, number, "gw1", in_hand[i]);
    owe_two(rig, number, NULL, left);
    sweep = store_rig_sweep(rig, rig->store, bucket_of(rig, number), "gw2", 60000, 1);
    assert_int_equal(sweep->taken_count, 1);
    assert_taken(sweep, 0, &left[0], 1, "sms one");
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(store_rig_settle(rig, rig->store, number, in_hand[i], 2)->result,
                         STORE_OK);
    assert_int_equal(store_rig_settle(rig, rig->store, number, left, 2)->result, STORE_OK);
}

static void test_settled_entries_are_forgotten(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(18, 1);
    unsigned bucket = bucket_of(rig, number);
    struct store_owed_id ids[2];
    struct store_commit c = store_case_session(number, 0, "session");
    const struct store_sweep *sweep;

    owe_two(rig, number, "gw1", ids);
    c.settled[0] = ids[0];
    c.settled_count = 1;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw1", 0, 10);
    assert_int_equal(sweep->taken_count, 1);
    assert_taken(sweep, 0, &ids[1], 2, "sms two");
    /* What is gone already may be settled again. */
    assert_int_equal(store_rig_settle(rig, rig->store, number, ids, 2)->result, STORE_OK);
    assert_int_equal(store_rig_sweep(rig, rig->store, bucket, "gw1", 0, 10)->taken_count, 0);
}

static void test_conflict_owes_nothing(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(19, 1);
    struct store_commit c = store_case_session(number, 5, "lost");

    c.owed[0] = span_of_string("lost");
    c.owed_count = 1;
    c.index[0] = (struct store_index){.member = "lost", .enter_set = "LOST", .at_ms = 1};
    c.index_count = 1;
    c.timers[0] = (struct store_timer){.kind = "lost", .due_ms = 1};
    c.timer_count = 1;
    c.merchant = span_of_string("lost");
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_CONFLICT);
    assert_int_equal(
        store_rig_sweep(rig, rig->store, bucket_of(rig, number), "gw1", 0, 10)->taken_count, 0);
    assert_int_equal(rig->outcome.sweep.due_count, 0);
    assert_int_equal(store_rig_list(rig, rig->store, bucket_of(rig, number), "LOST", 10)->count, 0);
    assert_true(store_rig_load(rig, rig->store, number)->subscriber.merchant.version == 0);
}

static void test_timers_are_due_until_taken_away(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(20, 1);
    unsigned bucket = bucket_of(rig, number);
    int64_t now_ms = store_rig_wall_ms(rig);
    struct store_commit c = {.msisdn = number,
                             .timers = {{.kind = "nudge", .due_ms = now_ms - 1},
                                        {.kind = "expire", .due_ms = now_ms - 2},
                                        {.kind = "later", .due_ms = now_ms + 3600000}},
                             .timer_count = 3};
    const struct store_sweep *sweep;

    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    for (unsigned i = 0; i < 2; i++) {
        sweep = store_rig_sweep(rig, rig->store, bucket, "gw1", 1000, 10);
        assert_int_equal(sweep->due_count, 2);
        assert_string_equal(sweep->due[0].kind, "expire");
        assert_string_equal(sweep->due[0].msisdn, number);
        assert_string_equal(sweep->due[1].kind, "nudge");
        assert_string_equal(sweep->due[1].msisdn, number);
    }
    c.timers[0].due_ms = 0;
    c.timers[1].due_ms = now_ms + 3600000;
    c.timers[2].due_ms = now_ms - 3;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    sweep = store_rig_sweep(rig, rig->store, bucket, "gw1", 1000, 10);
    assert_int_equal(sweep->due_count, 1);
    assert_string_equal(sweep->due[0].kind, "later");
    c.timers[1].due_ms = c.timers[2].due_ms = 0;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
}

enum { KINDS = 108, KINDS_A_COMMIT = 9, KIND_BYTES = 8 }; /* more than a sweep names */

static void set_many_timers(struct store_rig *rig, const char *number, int64_t due_ms)
{
    for (unsigned i = 0; i < KINDS; i += KINDS_A_COMMIT) {
        struct store_commit c = {.msisdn = number, .timer_count = KINDS_A_COMMIT};
        char kinds[KINDS_A_COMMIT][KIND_BYTES];

        for (unsigned j = 0; j < KINDS_A_COMMIT; j++) {
            snprintf(kinds[j], KIND_BYTES, "k%03u", i + j);
            c.timers[j] = (struct store_timer){.kind = kinds[j], .due_ms = due_ms};
        }
        assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    }
}

/* Those that nobody can carry out stay, and must not be all that a sweep ever names. */
static void test_no_timer_is_behind_others_for_ever(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(20, 2);
    bool is_named[KINDS] = {false};
    unsigned named = 0;

    set_many_timers(rig, number, 1000);
    for (unsigned i = 0; i < 400 && named < KINDS; i++) {
        const struct store_sweep *sweep =
            store_rig_sweep(rig, rig->store, bucket_of(rig, number), "gw1", 1000, 10);

        assert_int_equal(sweep->due_count, STORE_SWEEP_MAX);
        for (size_t j = 0; j < sweep->due_count; j++) {
            unsigned kind = (unsigned)strtoul(sweep->due[j].kind + 1, NULL, 10);

            assert_string_equal(sweep->due[j].msisdn, number);
            assert_true(kind < KINDS);
            named += !is_named[kind];
            is_named[kind] = true;
        }
    }
    assert_int_equal(named, KINDS);
    set_many_timers(rig, number, 0);
    assert_int_equal(
        store_rig_sweep(rig, rig->store, bucket_of(rig, number), "gw1", 1000, 10)->due_count, 0);
}

static void put_in_set(struct store_rig *rig, const char *number, const char *member,
                       const char *leave, const char *enter, int64_t at_ms)
{
    struct store_commit c = {
        .msisdn = number,
        .index = {{.member = member, .leave_set = leave, .enter_set = enter, .at_ms = at_ms}},
        .index_count = 1};

    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
}

static void test_sets_are_listed_oldest_first(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(21, 1);
    unsigned bucket = bucket_of(rig, number);
    const struct store_list *list;

    put_in_set(rig, number, "21-B", NULL, "TERKIRIM21", 200);
    put_in_set(rig, number, "21-A", NULL, "TERKIRIM21", 100);
    put_in_set(rig, number, "21-C", NULL, "TERKIRIM21", 300);
    list = store_rig_list(rig, rig->store, bucket, "TERKIRIM21", 2);
    assert_int_equal(list->result, STORE_OK);
    assert_int_equal(list->count, 2);
    assert_true(list->more);
    assert_string_equal(list->items[0].member, "21-A");
    assert_string_equal(list->items[0].msisdn, number);
    assert_true(list->items[0].at_ms == 100);
    assert_string_equal(list->items[1].member, "21-B");
    list = store_rig_list(rig, rig->store, bucket, "TERKIRIM21", 3);
    assert_int_equal(list->count, 3);
    assert_false(list->more);
    assert_int_equal(store_rig_list(rig, rig->store, bucket, "nothing", 3)->count, 0);
}

static void test_member_moves_between_sets(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(22, 1);
    unsigned bucket = bucket_of(rig, number);
    const struct store_list *list;

    put_in_set(rig, number, "22", NULL, "DRAF22", 1);
    put_in_set(rig, number, "22", "DRAF22", "TERKIRIM22", 2);
    assert_int_equal(store_rig_list(rig, rig->store, bucket, "DRAF22", 9)->count, 0);
    list = store_rig_list(rig, rig->store, bucket, "TERKIRIM22", 9);
    assert_int_equal(list->count, 1);
    assert_true(list->items[0].at_ms == 2);
    /* The same set again: only its time is new. */
    put_in_set(rig, number, "22", "TERKIRIM22", "TERKIRIM22", 3);
    list = store_rig_list(rig, rig->store, bucket, "TERKIRIM22", 9);
    assert_int_equal(list->count, 1);
    assert_true(list->items[0].at_ms == 3);
}

static void test_member_is_found_while_in_a_set(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(23, 1);
    unsigned bucket = bucket_of(rig, number);
    const struct store_list *list;

    assert_int_equal(store_rig_find(rig, rig->store, bucket, "23")->count, 0);
    put_in_set(rig, number, "23", NULL, "DRAF23", 1);
    put_in_set(rig, number, "23", NULL, "kab:1871", 1);
    list = store_rig_find(rig, rig->store, bucket, "23");
    assert_int_equal(list->result, STORE_OK);
    assert_int_equal(list->count, 1);
    assert_string_equal(list->items[0].member, "23");
    assert_string_equal(list->items[0].msisdn, number);
    put_in_set(rig, number, "23", "DRAF23", NULL, 1);
    put_in_set(rig, number, "23", "DRAF23", NULL, 1); /* it has left already */
    assert_int_equal(store_rig_find(rig, rig->store, bucket, "23")->count, 1);
    put_in_set(rig, number, "23", "kab:1871", NULL, 1);
    assert_int_equal(store_rig_find(rig, rig->store, bucket, "23")->count, 0);
}

/* All that a commit may hold, at its limits, in one. */
static void test_full_commit(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(26, 1);
    unsigned bucket = bucket_of(rig, number);
    static uint8_t session[STORE_SESSION_BYTES_MAX], merchant[STORE_MERCHANT_BYTES_MAX],
        owed[STORE_OWED_BYTES_MAX];
    static const char *const names[] = {"26-0", "26-1", "26-2", "26-3"};
    static const char *const kinds[] = {"k0", "k1", "k2", "k3"};
    struct store_commit c = {.msisdn = number,
                             .session = span_of(session, sizeof(session)),
                             .session_ttl_s = 60,
                             .merchant_checked = true,
                             .merchant = span_of(merchant, sizeof(merchant)),
                             .owner = "gw1"};
    const struct store_reply *reply;

    memset(session, 1, sizeof(session));
    memset(merchant, 2, sizeof(merchant));
    memset(owed, 3, sizeof(owed));
    c.owed_count = c.index_count = c.timer_count = c.journal_count = 4;
    for (unsigned i = 0; i < 4; i++) {
        c.owed[i] = c.journal[i] = span_of(owed, sizeof(owed));
        c.index[i] = (struct store_index){
            .member = names[i], .leave_set = "LEAVE26", .enter_set = "ENTER26", .at_ms = i};
        c.timers[i] = (struct store_timer){.kind = kinds[i], .due_ms = 1 + i};
    }
    reply = store_rig_commit(rig, rig->store, &c);
    assert_int_equal(reply->result, STORE_OK);
    c.settled_count = 4;
    memcpy(c.settled, reply->owed, sizeof(c.settled));
    assert_int_equal(store_rig_sweep(rig, rig->store, bucket, "gw1", 0, 10)->taken_count, 4);
    assert_int_equal(rig->outcome.sweep.taken[3].body.size, sizeof(owed));
    assert_int_equal(rig->outcome.sweep.due_count, 4);
    assert_int_equal(store_rig_list(rig, rig->store, bucket, "ENTER26", 10)->count, 4);
    reply = store_rig_load(rig, rig->store, number);
    assert_true(span_is_equal(reply->subscriber.merchant.data, c.merchant));
    c.session_version = reply->subscriber.session.version;
    c.merchant_version = reply->subscriber.merchant.version;
    c.owed_count = 0;
    for (unsigned i = 0; i < 4; i++)
        c.timers[i].due_ms = 0;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    assert_int_equal(store_rig_sweep(rig, rig->store, bucket, "gw1", 0, 10)->taken_count, 0);
    assert_int_equal(rig->outcome.sweep.due_count, 0);
}

/* Its clock runs years ahead: what it would expire, erase and take over is left alone. */
static void test_a_sweep_far_ahead_does_nothing(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(16, 2);
    unsigned bucket = bucket_of(rig, number);
    const struct store_sweep *sweep = &rig->outcome.sweep;
    struct store_owed_id ids[2];

    owe_two(rig, number, NULL, ids);
    store_outcome_init(&rig->outcome);
    (void)store_sweep(rig->store, bucket, "gw2", 0,
                      store_rig_wall_ms(rig) + (STORE_AHEAD_MAX_S + 5) * INT64_C(1000), 10,
                      store_outcome_on_sweep, &rig->outcome);
    store_rig_await(rig, &rig->outcome);
    assert_int_equal(sweep->result, STORE_OK);
    assert_in_range(sweep->ahead_s, STORE_AHEAD_MAX_S + 1, STORE_AHEAD_MAX_S + 5);
    assert_int_equal(sweep->taken_count, 0);
    assert_int_equal(sweep->due_count, 0);

    store_outcome_init(&rig->outcome);
    (void)store_sweep(rig->store, bucket, "gw2", 0,
                      store_rig_wall_ms(rig) + (STORE_AHEAD_MAX_S - 5) * INT64_C(1000), 10,
                      store_outcome_on_sweep, &rig->outcome);
    store_rig_await(rig, &rig->outcome);
    assert_int_equal(sweep->ahead_s, 0);
    assert_int_equal(sweep->taken_count, 2);
    assert_int_equal(store_rig_settle(rig, rig->store, number, ids, 2)->result, STORE_OK);
}

const struct store_case store_bucket_cases[] = {
    {"no timer is behind others for ever", test_no_timer_is_behind_others_for_ever},
    {"a sweep far ahead does nothing", test_a_sweep_far_ahead_does_nothing},
    {"owed entries are taken over when idle", test_owed_entries_are_taken_over_when_idle},
    {"touched entries stay their owner's", test_touched_entries_stay_their_owners},
    {"nobody's entries go to the first sweep", test_nobodys_entries_go_to_the_first_sweep},
    {"what is idle is found behind what is not", test_what_is_idle_is_found_behind_what_is_not},
    {"settled entries are forgotten", test_settled_entries_are_forgotten},
    {"conflict owes nothing", test_conflict_owes_nothing},
    {"timers are due until taken away", test_timers_are_due_until_taken_away},
    {"sets are listed oldest first", test_sets_are_listed_oldest_first},
    {"member moves between sets", test_member_moves_between_sets},
    {"member is found while in a set", test_member_is_found_while_in_a_set},
    {"full commit", test_full_commit},
    {NULL, NULL},
};
