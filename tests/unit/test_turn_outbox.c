/*
 * The outbox: what becomes of an SMS owed.
 */
#include "gateway/smpp/status.h"
#include "sessions/vault.h"
#include "tests/support/outbox_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void taken_is_settled_and_forgotten(void **state)
{
    struct outbox_rig *f = *state;
    struct turn_sent sent = {.kind = TURN_SENT_OK, .message_id = "1A", .parts = 1};

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    assert_int_equal(f->send_count, 1);
    f->sends[0].fn(f->sends[0].arg, &sent);
    assert_int_equal(f->left, 1);
    assert_int_equal(f->settles, 1);
    assert_int_equal(f->end, STORE_END_SENT);
    f->settle_fn(
        f->settle_arg,
        &(struct store_reply){.result = STORE_OK, .fate = STORE_FATE_ENDED, .end = STORE_END_SENT});
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->counters.sms_sent, 1);
    assert_int_equal(f->counters.sms_delivered, 0);
    assert_int_equal(f->counters.receipts_claimed, 0);
}

/* What the centre calls the message is stored until its receipts may come no more. */
static void receipts_are_awaited(void **state)
{
    struct outbox_rig *f = *state;
    const struct store_receipt_key keys[] = {{"op1/1a", 0}, {"op1/26", 0}, {"op1/1b", 1}};
    struct turn_sent sent = {
        .kind = TURN_SENT_OK, .message_id = "1A", .keys = keys, .key_count = 3, .parts = 2};

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    f->sends[0].fn(f->sends[0].arg, &sent);
    assert_int_equal(f->end, STORE_END_AWAITED);
    assert_int_equal(f->until_ms, f->wall_ms + 1000 + OUTBOX_RIG_MARGIN_MS);
    assert_int_equal(f->parts, 2);
    assert_int_equal(f->key_count, 3);
    outbox_rig_end_settle(f, STORE_UNKNOWN); /* and once more, the same */
    f->key_count = 0;
    timer_queue_run(&f->timers, 5000);
    assert_int_equal(f->settles, 2);
    assert_int_equal(f->key_count, 3);
    assert_string_equal(f->keys[2], "op1/1b");
    /* One that was here already decides. */
    f->settle_fn(f->settle_arg, &(struct store_reply){.result = STORE_OK,
                                                      .fate = STORE_FATE_ENDED,
                                                      .end = STORE_END_DELIVERED});
    assert_int_equal(f->counters.sms_delivered, 1);
    assert_int_equal(f->counters.receipts_claimed, 2);
    assert_int_equal(outbox_under_way(f->outbox), 0);
}

/* The first reply was lost; meanwhile its receipt has ended it, and was counted. */
static void what_was_settled_before_is_not_counted(void **state)
{
    struct outbox_rig *f = *state;

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_end_send(f, 0, TURN_SENT_OK);
    outbox_rig_end_settle(f, STORE_UNKNOWN);
    timer_queue_run(&f->timers, 5000);
    assert_int_equal(f->settles, 2);
    f->settle_fn(f->settle_arg, &(struct store_reply){.result = STORE_OK,
                                                      .fate = STORE_FATE_TOLD,
                                                      .end = STORE_END_DELIVERED});
    assert_int_equal(f->counters.sms_delivered, 0);
    assert_int_equal(outbox_under_way(f->outbox), 0);
}

static void what_was_taken_is_never_sent_again(void **state)
{
    struct outbox_rig *f = *state;

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_end_send(f, 0, TURN_SENT_OK);
    outbox_rig_end_settle(
        f, STORE_UNKNOWN); /* still in the store, perhaps: a sweep may bring it back */
    outbox_rig_owe(f, 1, 2, "6281200000001", "one");
    assert_int_equal(f->send_count, 1);
    assert_int_equal(f->left, 2);
    timer_queue_run(&f->timers, 5000);
    assert_int_equal(f->settles, 2);
    outbox_rig_end_settle(f, STORE_OK);
    assert_int_equal(outbox_under_way(f->outbox), 0);
}

static void a_failure_gives_the_lane_back(void **state)
{
    struct outbox_rig *f = *state;

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_owe(f, 2, 1, "6281200000001", "two");
    outbox_rig_end_send(f, 0, TURN_SENT_UNKNOWN);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->settles, 0);
    assert_int_equal(f->left, 2);
    outbox_rig_owe(f, 1, 2, "6281200000001", "one");
    assert_string_equal(f->sends[1].text, "one");
}

static void refused_for_good_is_settled(void **state)
{
    struct outbox_rig *f = *state;

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_end_send(f, 0, TURN_SENT_PERMANENT);
    assert_int_equal(f->settles, 1);
    assert_int_equal(f->end, STORE_END_FAILED);
    outbox_rig_end_settle(f, STORE_OK);
    assert_int_equal(f->counters.sms_failed, 1);
}

static void owe_expired(struct outbox_rig *f)
{
    struct outbox_entry e = outbox_rig_entry(f, "6281200000001", "late");

    e.expires_ms = f->wall_ms;
    outbox_send(f->outbox, (struct store_owed_id){1, 1}, 1, &e, NULL, NULL);
}

static void expired_is_not_sent(void **state)
{
    struct outbox_rig *f = *state;

    owe_expired(f);
    assert_int_equal(f->send_count, 0);
    assert_int_equal(f->settles, 1);
    assert_int_equal(f->end, STORE_END_EXPIRED);
    outbox_rig_end_settle(f, STORE_OK);
    assert_int_equal(f->counters.sms_expired, 1);
}

/* It was set years ahead while one waited to be tried again: who is asked, the store, has not said
 * yet which clock is right. */
static void nothing_expires_by_a_clock_that_jumps(void **state)
{
    struct outbox_rig *f = *state;
    const struct turn_sent slower = {.kind = TURN_SENT_TEMPORARY,
                                     .command_status = ESME_RTHROTTLED,
                                     .is_slow_down = true,
                                     .message_id = ""};

    outbox_rig_owe(f, 1, 1, "6281200000001", "one");
    outbox_rig_owe(f, 2, 1, "6281200000001", "two");
    f->sends[0].fn(f->sends[0].arg, &slower);
    f->wall_ms += INT64_C(1000) * 86400 * 1000;
    timer_queue_run(&f->timers, f->timers.now_ms + 1000);
    assert_int_equal(f->settles, 0);
    assert_int_equal(f->left, 2);
    assert_int_equal(outbox_under_way(f->outbox), 0); /* the sweep of one that knows is awaited */

    wall_on_ask(&f->wall, 1);
    for (unsigned told = 0; told <= f->store.buckets; told++) { /* the first was asked before */
        owe_expired(f);
        assert_int_equal(f->settles, 0);
        assert_true(wall_on_told(&f->wall, 0));
    }
    owe_expired(f);
    assert_int_equal(f->settles, 1);
    assert_int_equal(f->end, STORE_END_EXPIRED);
}

static void without_a_link_it_waits_in_the_store(void **state)
{
    struct outbox_rig *f = *state;

    f->has_link = false;
    outbox_rig_owe(f, 2, 1, "6281200000002", "no link");
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->settles, 0);
    assert_int_equal(f->left, 1);
    assert_int_equal(f->left_kind, TURN_SENT_NOT);
    outbox_rig_owe(f, 2, 65, "6281200000002",
                   "no link"); /* nor in all the rounds before, perhaps */
    assert_int_equal(outbox_without_link(f->outbox), 2);
    f->has_link = true;
    outbox_rig_owe(f, 2, 66, "6281200000002", "a link");
    assert_int_equal(f->send_count, 1);
}

static void fail_round(struct outbox_rig *f, unsigned round)
{
    unsigned before = f->send_count;

    outbox_rig_owe(f, 1, round, "6281200000001", "again");
    if (f->send_count != before)
        outbox_rig_end_send(f, before, round % 2 != 0 ? TURN_SENT_TEMPORARY : TURN_SENT_UNKNOWN);
}

static void late_rounds_are_tried_less_often(void **state)
{
    struct outbox_rig *f = *state;

    for (unsigned round = 1; round <= 67; round++) {
        if (round > 64) /* 63, 127, 191 minutes */
            timer_queue_run(&f->timers, (round - 64) * 64 * 60000 - 60000);
        fail_round(f, round);
    }
    /* 1 2 3 4 8 16 32 64, and 67: who refused it so long ago may take it now */
    assert_int_equal(f->send_count, 9);
}

/* A refusal, and a send without an answer. What has expired meanwhile ends in any round. */
static void each_failure_is_a_try(void **state)
{
    static const enum turn_sent_kind kinds[] = {TURN_SENT_TEMPORARY, TURN_SENT_UNKNOWN};
    struct outbox_rig *f = *state;

    for (unsigned i = 0; i < 2; i++) {
        struct outbox_entry e = outbox_rig_entry(f, "6281200000001", "again");
        unsigned first = f->send_count;

        for (unsigned round = 1; round <= 97; round++) {
            unsigned before = f->send_count;

            outbox_rig_owe(f, i + 1, round, e.msisdn, e.text);
            if (f->send_count != before)
                outbox_rig_end_send(f, before, kinds[i]);
        }
        assert_int_equal(f->send_count - first, 9); /* 1 2 3 4 8 16 32 64 96 */
        e.expires_ms = f->wall_ms;
        outbox_send(f->outbox, (struct store_owed_id){1, i + 1}, 98, &e, NULL, NULL);
        assert_int_equal(f->settles, i + 1);
        outbox_rig_end_settle(f, STORE_OK);
    }
}

static void the_stored_form_comes_back(void **state)
{
    struct outbox_rig *f = *state;
    struct vault *vault = vault_new_plain();
    struct outbox_entry e = outbox_rig_entry(f, "6281200000001", "halo");
    struct outbox_entry back;
    uint8_t octets[STORE_OWED_BYTES_MAX];
    struct writer w;

    e.is_bulk = true;
    writer_init(&w, octets, sizeof(octets));
    assert_true(outbox_encode(&e, vault, &w));
    assert_true(outbox_decode(&back, vault, writer_span(&w)));
    assert_string_equal(back.msisdn, e.msisdn);
    assert_string_equal(back.link, e.link);
    assert_string_equal(back.source, e.source);
    assert_string_equal(back.text, e.text);
    assert_int_equal(back.expires_ms, e.expires_ms);
    assert_true(back.is_bulk);
    for (size_t size = 0; size < writer_size(&w); size++)
        assert_false(outbox_decode(&back, vault, span_of(octets, size)));
    vault_free(vault);
}

/* What a gateway of before has left: format 2, with a due time of 0. */
static void the_form_of_before_is_read(void **state)
{
    static const char stored[] = "\2\xd"
                                 "6281200000001"
                                 "\3op1"
                                 "\5*384#"
                                 "\0\4halo"
                                 "\0\0\0\0\0\0\0\0"
                                 "\0\0\0\0\0\0\0\7"
                                 "\1";
    struct vault *vault = vault_new_plain();
    struct outbox_entry back;
    uint8_t octets[STORE_OWED_BYTES_MAX];
    struct writer w;

    (void)state;
    writer_init(&w, octets, sizeof(octets));
    assert_true(vault_seal(vault, VAULT_OWED, "", span_of(stored, sizeof(stored) - 1), &w));
    assert_true(outbox_decode(&back, vault, writer_span(&w)));
    assert_string_equal(back.text, "halo");
    assert_int_equal(back.expires_ms, 7);
    assert_true(back.is_bulk);
    vault_free(vault);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, outbox_rig_set_up, outbox_rig_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(taken_is_settled_and_forgotten),
        CASE(receipts_are_awaited),
        CASE(what_was_settled_before_is_not_counted),
        CASE(what_was_taken_is_never_sent_again),
        CASE(a_failure_gives_the_lane_back),
        CASE(refused_for_good_is_settled),
        CASE(expired_is_not_sent),
        CASE(nothing_expires_by_a_clock_that_jumps),
        CASE(without_a_link_it_waits_in_the_store),
        CASE(late_rounds_are_tried_less_often),
        CASE(each_failure_is_a_try),
        CASE(the_stored_form_comes_back),
        CASE(the_form_of_before_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
