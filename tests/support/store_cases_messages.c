/* What becomes of outbox entries: receipts, in any order, and none at all. */
#include "tests/support/store_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Cases of one program share their data: each has numbers of its own. */
#define NUMBER(case_number, n) "62812" #case_number "0000" #n

static struct store_owed_id owe(struct store_rig *rig, const char *number)
{
    struct store_commit c = {
        .msisdn = number, .owner = "gw1", .owed = {span_of_string("sms")}, .owed_count = 1};
    const struct store_reply *reply = store_rig_commit(rig, rig->store, &c);

    assert_int_equal(reply->result, STORE_OK);
    return reply->owed[0];
}

/* With the two names that each part may have; the number is the subject too. */
static struct store_settlement awaited(struct store_rig *rig, const char *number,
                                       struct store_owed_id id, unsigned parts,
                                       const struct store_receipt_key *keys, unsigned key_count)
{
    return (struct store_settlement){.bucket = store_bucket(rig->store, number),
                                     .subject = number,
                                     .id = id,
                                     .end = STORE_END_AWAITED,
                                     .now_ms = store_rig_wall_ms(rig),
                                     .until_ms = store_rig_wall_ms(rig) + 60000,
                                     .parts = parts,
                                     .keys = keys,
                                     .key_count = key_count};
}

static struct store_owed_id await_one(struct store_rig *rig, const char *number, const char *key)
{
    struct store_receipt_key keys[] = {{key, 0}};
    struct store_owed_id id = owe(rig, number);
    struct store_settlement s = awaited(rig, number, id, 1, keys, 1);
    const struct store_reply *reply = store_rig_end(rig, rig->store, &s);

    assert_int_equal(reply->result, STORE_OK);
    assert_int_equal(reply->fate, STORE_FATE_GOES_ON);
    return id;
}

static const struct store_reply *receive(struct store_rig *rig, const char *number,
                                         enum store_end end, const char *key, const char *other)
{
    const char *keys[] = {key, other};
    struct store_receipt r = {.bucket = store_bucket(rig->store, number),
                              .subject = number,
                              .end = end,
                              .keys = keys,
                              .key_count = other != NULL ? 2 : 1,
                              .now_ms = store_rig_wall_ms(rig),
                              .park_until_ms = store_rig_wall_ms(rig) + 60000};
    const struct store_reply *reply = store_rig_receipt(rig, rig->store, &r);

    assert_int_equal(reply->result, STORE_OK);
    return reply;
}

static struct store_tally tally_of(struct store_rig *rig, const char *number)
{
    const struct store_reply *reply =
        store_rig_tally(rig, rig->store, store_bucket(rig->store, number));

    assert_int_equal(reply->result, STORE_OK);
    return reply->tally;
}

static size_t waiting_in_outbox(struct store_rig *rig, const char *number)
{
    return store_rig_sweep(rig, rig->store, store_bucket(rig->store, number), "gw1", 0, 10)
        ->taken_count;
}

static bool is_lapse_due(struct store_rig *rig, const char *number, int64_t now_ms)
{
    store_outcome_init(&rig->outcome);
    (void)store_sweep(rig->store, store_bucket(rig->store, number), "gw1", 1000, now_ms, 0,
                      store_outcome_on_sweep, &rig->outcome);
    store_rig_await(rig, &rig->outcome);
    assert_int_equal(rig->outcome.sweep.bucket, store_bucket(rig->store, number));
    for (size_t i = 0; i < rig->outcome.sweep.due_count; i++)
        if (strcmp(rig->outcome.due[i].kind, STORE_LAPSE_TIMER) == 0 &&
            strcmp(rig->outcome.due[i].msisdn, number) == 0)
            return true;
    return false;
}

static void test_a_receipt_ends_its_message(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(60, 1);
    struct store_tally before = tally_of(rig, number), after;
    const struct store_reply *reply;
    struct store_owed_id id = await_one(rig, number, "op1/\xff\xfe\x01 \n");

    assert_int_equal(waiting_in_outbox(rig, number), 0);
    reply = receive(rig, number, STORE_END_DELIVERED, "op1/\xff\xfe\x01 \n", NULL);
    assert_int_equal(reply->fate, STORE_FATE_ENDED);
    assert_int_equal(reply->end, STORE_END_DELIVERED);
    after = tally_of(rig, number);
    assert_int_equal(after.owed, before.owed + 1);
    assert_int_equal(after.delivered, before.delivered + 1);
    assert_int_equal(after.waiting, before.waiting);
    reply = store_rig_messages(rig, rig->store, store_bucket(rig->store, number), number);
    assert_int_equal(reply->message_count, 1);
    assert_true(reply->messages[0].id.ms == id.ms);
    assert_int_equal(reply->messages[0].end, STORE_END_DELIVERED);
    assert_false(is_lapse_due(rig, number, store_rig_wall_ms(rig) + 120000));
    /* The same receipt again is about nothing. */
    assert_int_equal(receive(rig, number, STORE_END_DELIVERED, "op1/\xff\xfe\x01 \n", NULL)->fate,
                     STORE_FATE_PARKED);
    assert_int_equal(tally_of(rig, number).delivered, after.delivered);
}

static void test_a_message_ends_with_its_last_part(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(61, 1);
    const struct store_receipt_key keys[] = {
        {"op1/a", 0}, {"op1/10", 0}, {"op1/b", 1}, {"op1/11", 1}, {"op1/c", 2}};
    struct store_settlement s = awaited(rig, number, owe(rig, number), 3, keys, 5);
    struct store_tally before = tally_of(rig, number);
    const struct store_reply *reply;

    assert_int_equal(store_rig_end(rig, rig->store, &s)->fate, STORE_FATE_GOES_ON);
    assert_int_equal(receive(rig, number, STORE_END_FAILED, "op1/11", NULL)->fate,
                     STORE_FATE_GOES_ON);
    assert_int_equal(receive(rig, number, STORE_END_EXPIRED, "op1/a", NULL)->fate,
                     STORE_FATE_GOES_ON);
    /* The other name of a part that was told is forgotten with it. */
    assert_int_equal(receive(rig, number, STORE_END_DELIVERED, "op1/b", NULL)->fate,
                     STORE_FATE_PARKED);
    reply = receive(rig, number, STORE_END_DELIVERED, "op1/c", NULL);
    assert_int_equal(reply->fate, STORE_FATE_ENDED);
    assert_int_equal(reply->end, STORE_END_FAILED);
    assert_int_equal(tally_of(rig, number).failed, before.failed + 1);
}

static void test_a_receipt_may_be_here_first(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(62, 1);
    const struct store_receipt_key keys[] = {{"op1/16", 0}, {"op1/22", 0}, {"op1/17", 1}};
    struct store_owed_id id = owe(rig, number);
    struct store_settlement s = awaited(rig, number, id, 2, keys, 3);
    const struct store_reply *reply;

    assert_int_equal(receive(rig, number, STORE_END_DELIVERED, "op1/22", "op1/34")->fate,
                     STORE_FATE_PARKED);
    assert_int_equal(receive(rig, number, STORE_END_DELIVERED, "op1/22", "op1/34")->fate,
                     STORE_FATE_PARKED); /* once more is once */
    assert_int_equal(store_rig_end(rig, rig->store, &s)->fate, STORE_FATE_GOES_ON);
    assert_int_equal(receive(rig, number, STORE_END_EXPIRED, "op1/17", "op1/23")->end,
                     STORE_END_EXPIRED);
    /* Told again, settling says what has become of it. */
    reply = store_rig_end(rig, rig->store, &s);
    assert_int_equal(reply->fate, STORE_FATE_TOLD);
    assert_int_equal(reply->end, STORE_END_EXPIRED);
    s.id.number += 77;
    assert_int_equal(store_rig_end(rig, rig->store, &s)->fate, STORE_FATE_UNKNOWN);

    /* All of them first: the message ends at once. */
    assert_int_equal(receive(rig, number, STORE_END_DELIVERED, "op1/30", NULL)->fate,
                     STORE_FATE_PARKED);
    s = awaited(rig, number, owe(rig, number), 1, &(struct store_receipt_key){"op1/30", 0}, 1);
    reply = store_rig_end(rig, rig->store, &s);
    assert_int_equal(reply->fate, STORE_FATE_ENDED);
    assert_int_equal(reply->end, STORE_END_DELIVERED);
}

static void test_a_parked_receipt_is_forgotten(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(63, 1), *keys[] = {"op1/1"};
    struct store_receipt r = {.bucket = store_bucket(rig->store, number),
                              .subject = number,
                              .end = STORE_END_DELIVERED,
                              .keys = keys,
                              .key_count = 1,
                              .now_ms = store_rig_wall_ms(rig),
                              .park_until_ms = store_rig_wall_ms(rig) + 50};

    assert_int_equal(store_rig_receipt(rig, rig->store, &r)->fate, STORE_FATE_PARKED);
    store_rig_pass(rig, 60);
    await_one(rig, number, "op1/1");
}

static void test_what_may_mean_two_means_none(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(64, 1);

    await_one(rig, number, "op1/10");
    await_one(rig, number, "op1/16");
    assert_int_equal(receive(rig, number, STORE_END_DELIVERED, "op1/10", "op1/16")->fate,
                     STORE_FATE_AMBIGUOUS);
    assert_int_equal(receive(rig, number, STORE_END_DELIVERED, "op1/10", NULL)->fate,
                     STORE_FATE_ENDED);
    await_one(rig, number, "op1/16"); /* the centre gave the same id again */
    assert_int_equal(receive(rig, number, STORE_END_DELIVERED, "op1/16", NULL)->fate,
                     STORE_FATE_AMBIGUOUS);
    /* Another subscriber's is another's. */
    await_one(rig, NUMBER(64, 2), "op1/16");
    assert_int_equal(receive(rig, NUMBER(64, 2), STORE_END_DELIVERED, "op1/16", NULL)->fate,
                     STORE_FATE_ENDED);
}

static void test_what_is_never_told_lapses(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(65, 1);
    const struct store_receipt_key keys[] = {{"op1/a", 0}, {"op1/b", 1}};
    int64_t now_ms = store_rig_wall_ms(rig);
    unsigned bucket = store_bucket(rig->store, number);
    struct store_settlement s = awaited(rig, number, owe(rig, number), 1, keys, 1);
    struct store_tally before = tally_of(rig, number), after;
    const struct store_reply *reply;

    s.until_ms = now_ms + 1000;
    store_rig_end(rig, rig->store, &s);
    s = awaited(rig, number, owe(rig, number), 2, keys, 2);
    s.until_ms = now_ms + 5000;
    store_rig_end(rig, rig->store, &s);
    assert_false(is_lapse_due(rig, number, now_ms + 999));
    assert_true(is_lapse_due(rig, number, now_ms + 1000));
    reply = store_rig_lapse(rig, rig->store, bucket, number, now_ms + 1000);
    assert_int_equal(reply->tally.expired, 1);
    assert_int_equal(reply->tally.failed, 0);
    assert_int_equal(receive(rig, number, STORE_END_FAILED, "op1/b", NULL)->fate,
                     STORE_FATE_GOES_ON);
    assert_false(is_lapse_due(rig, number, now_ms + 4999));
    assert_true(is_lapse_due(rig, number, now_ms + 5000));
    reply = store_rig_lapse(rig, rig->store, bucket, number, now_ms + 5000);
    assert_int_equal(reply->tally.failed, 1); /* a part of it did fail */
    assert_false(is_lapse_due(rig, number, now_ms + 600000));
    reply = store_rig_messages(rig, rig->store, bucket, number);
    assert_int_equal(reply->message_count, 2); /* told of for a while */
    assert_int_equal(reply->messages[0].end, STORE_END_EXPIRED);
    after = tally_of(rig, number);
    assert_int_equal(after.expired, before.expired + 1);
    assert_int_equal(after.failed, before.failed + 1);
}

static void test_a_subject_is_bounded(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(66, 1);
    struct store_tally before = tally_of(rig, number), after;
    char key[16];

    for (unsigned i = 0; i < STORE_AWAITED_MAX + 2; i++) {
        snprintf(key, sizeof(key), "op1/%x", i);
        await_one(rig, number, key);
        assert_int_equal(rig->outcome.reply.tally.expired, i >= STORE_AWAITED_MAX);
    }
    after = tally_of(rig, number);
    assert_int_equal(after.expired, before.expired + 2);
    assert_int_equal(receive(rig, number, STORE_END_DELIVERED, "op1/0", NULL)->fate,
                     STORE_FATE_PARKED);
    for (unsigned i = 2; i < STORE_ENDED_MAX + 2; i++) {
        snprintf(key, sizeof(key), "op1/%x", i);
        assert_int_equal(receive(rig, number, STORE_END_DELIVERED, key, NULL)->fate,
                         STORE_FATE_ENDED);
    }
    assert_int_equal(store_rig_messages(rig, rig->store, store_bucket(rig->store, number), number)
                         ->message_count,
                     STORE_AWAITED_MAX);
    for (unsigned i = 1; i < STORE_PARKED_MAX + 2; i++) {
        snprintf(key, sizeof(key), "op2/%x", i);
        assert_int_equal(receive(rig, number, STORE_END_DELIVERED, key, NULL)->fate,
                         i < STORE_PARKED_MAX ? STORE_FATE_PARKED : STORE_FATE_CROWDED);
    }
}

static void test_every_entry_is_accounted_for(void **state)
{
    static const enum store_end ends[] = {STORE_END_SENT, STORE_END_DELIVERED, STORE_END_EXPIRED,
                                          STORE_END_FAILED};
    struct store_rig *rig = *state;
    const char *number = NUMBER(67, 1);
    struct store_tally before = tally_of(rig, number), after;

    for (unsigned i = 0; i < 4; i++) {
        struct store_settlement s = awaited(rig, number, owe(rig, number), 1, NULL, 0);

        s.end = ends[i];
        assert_int_equal(store_rig_end(rig, rig->store, &s)->end, ends[i]);
        store_rig_end(rig, rig->store, &s); /* twice is once */
    }
    owe(rig, number);
    after = tally_of(rig, number);
    assert_int_equal(after.owed - before.owed, 5);
    assert_int_equal(after.sent - before.sent, 1);
    assert_int_equal(after.delivered - before.delivered, 1);
    assert_int_equal(after.expired - before.expired, 1);
    assert_int_equal(after.failed - before.failed, 1);
    assert_int_equal(after.waiting - before.waiting, 1);
}

/* Erased: what waits and what is awaited, and all that is known of the rest. */
static void test_an_erased_subject_is_forgotten(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(68, 1);
    struct store_commit erase = {
        .msisdn = number, .subject = number, .owed_forgotten = true, .session_delete = true};
    struct store_commit owing = {.msisdn = number,
                                 .subject = number,
                                 .owner = "gw1",
                                 .owed = {span_of_string("sms")},
                                 .owed_count = 1};
    struct store_tally before = tally_of(rig, number), after;
    int64_t far_ms = store_rig_wall_ms(rig) + 600000;

    await_one(rig, number, "op1/1");
    await_one(rig, number, "op1/2");
    assert_int_equal(receive(rig, number, STORE_END_DELIVERED, "op1/2", NULL)->fate,
                     STORE_FATE_ENDED);
    assert_int_equal(store_rig_commit(rig, rig->store, &owing)->result, STORE_OK);
    assert_int_equal(store_rig_commit(rig, rig->store, &erase)->result, STORE_OK);
    assert_int_equal(store_rig_messages(rig, rig->store, store_bucket(rig->store, number), number)
                         ->message_count,
                     0);
    assert_false(is_lapse_due(rig, number, far_ms));
    assert_int_equal(receive(rig, number, STORE_END_DELIVERED, "op1/1", NULL)->fate,
                     STORE_FATE_PARKED);
    after = tally_of(rig, number);
    assert_int_equal(after.owed - before.owed, 3);
    assert_int_equal(after.erased - before.erased, 2);
    assert_int_equal(after.delivered - before.delivered, 1);
    assert_int_equal(after.waiting - before.waiting, 0);
}

const struct store_case store_message_cases[] = {
    {"a receipt ends its message", test_a_receipt_ends_its_message},
    {"a message ends with its last part", test_a_message_ends_with_its_last_part},
    {"a receipt may be here first", test_a_receipt_may_be_here_first},
    {"a parked receipt is forgotten", test_a_parked_receipt_is_forgotten},
    {"what may mean two means none", test_what_may_mean_two_means_none},
    {"what is never told lapses", test_what_is_never_told_lapses},
    {"a subject is bounded", test_a_subject_is_bounded},
    {"every entry is accounted for", test_every_entry_is_accounted_for},
    {"an erased subject is forgotten", test_an_erased_subject_is_forgotten},
    {NULL, NULL},
};
