/*
 * The outbox against a store that only settles and a link that does as it is told.
 */
#include "gateway/smpp/status.h"
#include "gateway/turn/outbox.h"
#include "gateway/turn/wall.h"
#include "sessions/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SENDS_MAX = 32, MARGIN_MS = 5000 };

struct send {
    char msisdn[24];
    char text[64];
    turn_sent_fn *fn;
    void *arg;
    uint16_t reference;
};

struct fixture {
    struct store store;
    struct timer_queue timers;
    struct vault *vault;
    int64_t wall_ms;
    struct turn_env env;
    struct turn_counters counters;
    struct wall wall;
    struct outbox *outbox;
    bool has_link;
    struct send sends[SENDS_MAX];
    unsigned send_count;
    store_reply_fn *settle_fn;
    void *settle_arg;
    unsigned settles, touches;
    uint64_t touched_ms; /* which one, by its id */
    store_reply_fn *touch_fn;
    void *touch_arg;
    bool has_left; /* what is being sent cannot be taken back */
    enum store_end end;
    int64_t until_ms;
    unsigned parts, key_count;
    char keys[4][32];
    unsigned left;
    enum turn_sent_kind left_kind;
};

static struct fixture *of_store(struct store *s)
{
    return (struct fixture *)s;
}

static struct store_request *fake_settle(struct store *s, const struct store_settlement *settlement,
                                         store_reply_fn *fn, void *arg)
{
    struct fixture *f = of_store(s);

    assert_int_equal(strlen(settlement->subject), VAULT_SUBJECT_BYTES - 1);
    f->settles++;
    f->end = settlement->end;
    f->until_ms = settlement->until_ms;
    f->parts = settlement->parts;
    f->key_count = settlement->key_count;
    for (unsigned i = 0; i < settlement->key_count; i++)
        text_copy(f->keys[i], sizeof(f->keys[i]), settlement->keys[i].text);
    f->settle_fn = fn;
    f->settle_arg = arg;
    return NULL;
}

static struct store_request *fake_touch(struct store *s, unsigned bucket, const char *owner,
                                        struct store_owed_id id, store_reply_fn *fn, void *arg)
{
    struct fixture *f = of_store(s);

    assert_string_equal(owner, "gw1");
    assert_true(bucket < s->buckets);
    f->touches++;
    f->touched_ms = id.ms;
    f->touch_fn = fn;
    f->touch_arg = arg;
    return (struct store_request *)(void *)f;
}

static void fake_cancel(struct store *s, struct store_request *r)
{
    (void)r;
    of_store(s)->touch_fn = NULL;
}

static const struct store_ops fake_ops = {
    .settle = fake_settle, .touch = fake_touch, .cancel = fake_cancel};

static int64_t fake_wall(void *ctx)
{
    return ((struct fixture *)ctx)->wall_ms;
}

static uint64_t fake_random(void *ctx)
{
    (void)ctx;
    return 1;
}

static struct turn_sending *fake_send(void *ctx, const struct turn_sms *sms, uint64_t deadline_ms,
                                      turn_sent_fn *fn, void *arg)
{
    struct fixture *f = ctx;
    struct send *s = &f->sends[f->send_count];

    assert_string_equal(sms->link_name, "op1");
    assert_string_equal(sms->source, "*384#");
    assert_true(deadline_ms > f->timers.now_ms);
    if (!f->has_link)
        return NULL;
    assert_true(f->send_count < SENDS_MAX);
    f->send_count++;
    text_copy(s->msisdn, sizeof(s->msisdn), sms->msisdn);
    text_copy(s->text, sizeof(s->text), sms->text);
    s->reference = sms->reference;
    s->fn = fn;
    s->arg = arg;
    return (struct turn_sending *)s;
}

static bool fake_has_sender(void *ctx, const struct turn_sms *sms)
{
    return sms != NULL && ((const struct fixture *)ctx)->has_link;
}

static bool fake_withdraw(void *ctx, struct turn_sending *sending)
{
    struct fixture *f = ctx;

    assert_ptr_equal(sending, &f->sends[f->send_count - 1]);
    return !f->has_left;
}

static int set_up(void **state)
{
    static const struct turn_settings settings = {
        .instance = "gw1", .receipt_margin_s = MARGIN_MS / 1000, .owed_idle_ms = 60000};
    struct fixture *f = calloc(1, sizeof(*f));

    f->store.ops = &fake_ops;
    f->store.buckets = 16;
    f->wall_ms = 1000000;
    f->has_link = true;
    timer_queue_init(&f->timers, 0);
    f->env = (struct turn_env){.timers = &f->timers,
                               .wall_ms = fake_wall,
                               .random = fake_random,
                               .ctx = f,
                               .store = &f->store,
                               .vault = f->vault = vault_new_plain(),
                               .ports = {.send_sms = fake_send,
                                         .has_sms_sender = fake_has_sender,
                                         .withdraw = fake_withdraw,
                                         .ctx = f}};
    wall_init(&f->wall, &f->env);
    f->outbox = outbox_new(&f->env, &settings, &f->counters, &f->wall);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    outbox_free(f->outbox);
    vault_free(f->vault);
    timer_queue_fini(&f->timers);
    free(f);
    return 0;
}

static void on_left(void *arg, const struct turn_sent *sent)
{
    struct fixture *f = arg;

    f->left++;
    f->left_kind = sent->kind;
}

static struct outbox_entry entry_of(const struct fixture *f, const char *msisdn, const char *text)
{
    struct outbox_entry e = {.link = "op1", .source = "*384#", .expires_ms = f->wall_ms + 1000};

    text_copy(e.msisdn, sizeof(e.msisdn), msisdn);
    text_copy(e.text, sizeof(e.text), text);
    return e;
}

static void owe(struct fixture *f, uint64_t number, unsigned deliveries, const char *msisdn,
                const char *text)
{
    struct outbox_entry e = entry_of(f, msisdn, text);

    outbox_send(f->outbox, (struct store_owed_id){.ms = 1, .number = number}, deliveries, &e,
                on_left, f);
}

static void end_send(struct fixture *f, unsigned i, enum turn_sent_kind kind)
{
    f->sends[i].fn(f->sends[i].arg, &(struct turn_sent){.kind = kind, .message_id = ""});
}

static void end_settle(struct fixture *f, enum store_result result)
{
    f->settle_fn(f->settle_arg,
                 &(struct store_reply){.result = result,
                                       .fate = f->end == STORE_END_AWAITED ? STORE_FATE_GOES_ON
                                                                           : STORE_FATE_ENDED,
                                       .end = f->end});
}

static void taken_is_settled_and_forgotten(void **state)
{
    struct fixture *f = *state;
    struct turn_sent sent = {.kind = TURN_SENT_OK, .message_id = "1A", .parts = 1};

    owe(f, 1, 1, "6281200000001", "one");
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
    struct fixture *f = *state;
    const struct store_receipt_key keys[] = {{"op1/1a", 0}, {"op1/26", 0}, {"op1/1b", 1}};
    struct turn_sent sent = {
        .kind = TURN_SENT_OK, .message_id = "1A", .keys = keys, .key_count = 3, .parts = 2};

    owe(f, 1, 1, "6281200000001", "one");
    f->sends[0].fn(f->sends[0].arg, &sent);
    assert_int_equal(f->end, STORE_END_AWAITED);
    assert_int_equal(f->until_ms, f->wall_ms + 1000 + MARGIN_MS);
    assert_int_equal(f->parts, 2);
    assert_int_equal(f->key_count, 3);
    end_settle(f, STORE_UNKNOWN); /* and once more, the same */
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

/* A queue may be full for long, and be that of this one phone: it waits longer each time, and those
 * behind it with it. */
static void a_throttled_one_is_tried_again_later(void **state)
{
    struct fixture *f = *state;
    const struct turn_sent slower = {
        .kind = TURN_SENT_TEMPORARY, .command_status = ESME_RMSGQFUL, .message_id = ""};
    uint64_t now_ms = f->timers.now_ms, wait_ms = 1000;

    owe(f, 1, 1, "6281200000001", "one");
    owe(f, 2, 1, "6281200000001", "two");
    for (unsigned i = 0; i < 20; i++) {
        f->sends[i].fn(f->sends[i].arg, &slower);
        timer_queue_run(&f->timers, now_ms + wait_ms - 1);
        assert_int_equal(f->send_count, i + 1);
        if (i == 3) {
            owe(f, 3, 1, "6281200000001", "three");
            assert_int_equal(f->send_count, i + 1);
        }
        timer_queue_run(&f->timers, now_ms += wait_ms);
        assert_int_equal(f->send_count, i + 2);
        assert_string_equal(f->sends[i + 1].text, "one");
        assert_int_equal(f->sends[i + 1].reference, f->sends[0].reference);
        wait_ms = wait_ms < 30000 ? wait_ms * 2 : 60000;
        assert_int_equal(f->left, 0);
    }
    f->sends[20].fn(f->sends[20].arg, &slower); /* enough: the store keeps them for a while */
    assert_int_equal(f->send_count, 21);
    assert_int_equal(f->left, 3);
    assert_int_equal(f->settles, 0);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    timer_queue_run(&f->timers, now_ms + 200000);
    assert_int_equal(f->send_count, 21);
}

/* An older one, brought by a sweep, goes first meanwhile, and the one that waits after it. */
static void what_waits_for_later_keeps_its_place(void **state)
{
    struct fixture *f = *state;
    const struct turn_sent slower = {
        .kind = TURN_SENT_TEMPORARY, .command_status = ESME_RTHROTTLED, .message_id = ""};

    owe(f, 2, 1, "6281200000001", "two");
    f->sends[0].fn(f->sends[0].arg, &slower);
    owe(f, 1, 1, "6281200000001", "one");
    assert_int_equal(f->send_count, 2);
    assert_string_equal(f->sends[1].text, "one");
    timer_queue_run(&f->timers, f->timers.now_ms + 1500);
    assert_int_equal(f->send_count, 2); /* one at a time */
    end_send(f, 1, TURN_SENT_OK);
    assert_int_equal(f->send_count, 3);
    assert_string_equal(f->sends[2].text, "two");
    assert_int_equal(f->sends[2].reference, f->sends[0].reference);
    assert_int_not_equal(f->sends[2].reference, f->sends[1].reference);
}

/* It may be minutes, and another gateway can do it. */
static void a_drain_waits_for_no_throttled_one(void **state)
{
    struct fixture *f = *state;
    const struct turn_sent slower = {
        .kind = TURN_SENT_TEMPORARY, .command_status = ESME_RTHROTTLED, .message_id = ""};

    owe(f, 1, 1, "6281200000001", "one");
    owe(f, 2, 1, "6281200000001", "two");
    owe(f, 1, 1, "6281200000002", "other");
    f->sends[0].fn(f->sends[0].arg, &slower);
    outbox_drain(f->outbox);
    assert_int_equal(outbox_under_way(f->outbox), 1);
    f->sends[1].fn(f->sends[1].arg, &slower);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->left, 3);
    assert_int_equal(f->settles, 0);
}

/* The first reply was lost; meanwhile its receipt has ended it, and was counted. */
static void what_was_settled_before_is_not_counted(void **state)
{
    struct fixture *f = *state;

    owe(f, 1, 1, "6281200000001", "one");
    end_send(f, 0, TURN_SENT_OK);
    end_settle(f, STORE_UNKNOWN);
    timer_queue_run(&f->timers, 5000);
    assert_int_equal(f->settles, 2);
    f->settle_fn(f->settle_arg, &(struct store_reply){.result = STORE_OK,
                                                      .fate = STORE_FATE_TOLD,
                                                      .end = STORE_END_DELIVERED});
    assert_int_equal(f->counters.sms_delivered, 0);
    assert_int_equal(outbox_under_way(f->outbox), 0);
}

static void one_at_a_time_in_order(void **state)
{
    struct fixture *f = *state;

    owe(f, 2, 1, "6281200000001", "second");
    owe(f, 3, 1, "6281200000001", "third");
    owe(f, 1, 1, "6281200000002", "other");
    assert_int_equal(f->send_count, 2);
    assert_string_equal(f->sends[0].text, "second");
    assert_string_equal(f->sends[1].text, "other");
    end_send(f, 0, TURN_SENT_OK);
    assert_int_equal(f->send_count, 3);
    assert_string_equal(f->sends[2].text, "third");
}

static void what_was_taken_is_never_sent_again(void **state)
{
    struct fixture *f = *state;

    owe(f, 1, 1, "6281200000001", "one");
    end_send(f, 0, TURN_SENT_OK);
    end_settle(f, STORE_UNKNOWN); /* still in the store, perhaps: a sweep may bring it back */
    owe(f, 1, 2, "6281200000001", "one");
    assert_int_equal(f->send_count, 1);
    assert_int_equal(f->left, 2);
    timer_queue_run(&f->timers, 5000);
    assert_int_equal(f->settles, 2);
    end_settle(f, STORE_OK);
    assert_int_equal(outbox_under_way(f->outbox), 0);
}

static void a_failure_gives_the_lane_back(void **state)
{
    struct fixture *f = *state;

    owe(f, 1, 1, "6281200000001", "one");
    owe(f, 2, 1, "6281200000001", "two");
    end_send(f, 0, TURN_SENT_UNKNOWN);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->settles, 0);
    assert_int_equal(f->left, 2);
    owe(f, 1, 2, "6281200000001", "one");
    assert_string_equal(f->sends[1].text, "one");
}

static void end_touch(struct fixture *f, uint64_t number)
{
    f->touch_fn(f->touch_arg, &(struct store_reply){.result = STORE_OK, .number = number});
}

static void pass(struct fixture *f, uint64_t ms)
{
    timer_queue_run(&f->timers, f->timers.now_ms + ms);
}

/* What is in hand for long is kept; what another has taken meanwhile is left to it. */
static void entries_in_hand_are_touched(void **state)
{
    struct fixture *f = *state;

    owe(f, 1, 1, "6281200000001", "one");
    pass(f, 14999);
    assert_int_equal(f->touches, 0);
    pass(f, 15001);
    assert_int_equal(f->touches, 1);
    assert_int_equal(f->touched_ms, 1);
    end_touch(f, 1);
    pass(f, 15000);
    assert_int_equal(f->touches, 2);
    assert_int_equal(f->touched_ms, 1);
    f->has_left = true;
    end_touch(f, 0); /* too late to take it back: its outcome decides */
    assert_int_equal(outbox_under_way(f->outbox), 1);
    pass(f, 15000);
    f->has_left = false;
    end_touch(f, 0);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->left, 1);
    assert_int_equal(f->settles, 0);
}

/* The one that waits was taken by another gateway: the one being sent is not touched by that. */
static void what_waits_is_given_back_alone(void **state)
{
    struct fixture *f = *state;

    owe(f, 1, 1, "6281200000001", "one");
    owe(f, 2, 1, "6281200000001", "two");
    pass(f, 15001);
    assert_int_equal(f->touches, 2);
    end_touch(f, 0); /* of the second */
    assert_int_equal(outbox_under_way(f->outbox), 1);
    assert_int_equal(f->left, 1);
    end_send(f, 0, TURN_SENT_OK);
    assert_int_equal(f->settles, 1);
    end_settle(f, STORE_OK);
    assert_int_equal(outbox_under_way(f->outbox), 0);
}

static void refused_for_good_is_settled(void **state)
{
    struct fixture *f = *state;

    owe(f, 1, 1, "6281200000001", "one");
    end_send(f, 0, TURN_SENT_PERMANENT);
    assert_int_equal(f->settles, 1);
    assert_int_equal(f->end, STORE_END_FAILED);
    end_settle(f, STORE_OK);
    assert_int_equal(f->counters.sms_failed, 1);
}

static void owe_expired(struct fixture *f)
{
    struct outbox_entry e = entry_of(f, "6281200000001", "late");

    e.expires_ms = f->wall_ms;
    outbox_send(f->outbox, (struct store_owed_id){1, 1}, 1, &e, NULL, NULL);
}

static void expired_is_not_sent(void **state)
{
    struct fixture *f = *state;

    owe_expired(f);
    assert_int_equal(f->send_count, 0);
    assert_int_equal(f->settles, 1);
    assert_int_equal(f->end, STORE_END_EXPIRED);
    end_settle(f, STORE_OK);
    assert_int_equal(f->counters.sms_expired, 1);
}

/* It was set years ahead while one waited to be tried again: who is asked, the store, has not said
 * yet which clock is right. */
static void nothing_expires_by_a_clock_that_jumps(void **state)
{
    struct fixture *f = *state;
    const struct turn_sent slower = {
        .kind = TURN_SENT_TEMPORARY, .command_status = ESME_RTHROTTLED, .message_id = ""};

    owe(f, 1, 1, "6281200000001", "one");
    owe(f, 2, 1, "6281200000001", "two");
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
    struct fixture *f = *state;

    f->has_link = false;
    owe(f, 2, 1, "6281200000002", "no link");
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->settles, 0);
    assert_int_equal(f->left, 1);
    assert_int_equal(f->left_kind, TURN_SENT_NOT);
    owe(f, 2, 65, "6281200000002", "no link"); /* nor in all the rounds before, perhaps */
    assert_int_equal(outbox_without_link(f->outbox), 2);
    f->has_link = true;
    owe(f, 2, 66, "6281200000002", "a link");
    assert_int_equal(f->send_count, 1);
}

static void fail_round(struct fixture *f, unsigned round)
{
    unsigned before = f->send_count;

    owe(f, 1, round, "6281200000001", "again");
    if (f->send_count != before)
        end_send(f, before, round % 2 != 0 ? TURN_SENT_TEMPORARY : TURN_SENT_UNKNOWN);
}

static void late_rounds_are_tried_less_often(void **state)
{
    struct fixture *f = *state;

    for (unsigned round = 1; round <= 67; round++) {
        if (round > 64) /* 63, 127, 191 minutes */
            timer_queue_run(&f->timers, (round - 64) * 64 * 60000 - 60000);
        fail_round(f, round);
    }
    /* 1 2 3 4 8 16 32 64, and 67: who refused it so long ago may take it now */
    assert_int_equal(f->send_count, 9);
}

static void the_stored_form_comes_back(void **state)
{
    struct fixture *f = *state;
    struct vault *vault = vault_new_plain();
    struct outbox_entry e = entry_of(f, "6281200000001", "halo");
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

/* A sweep brings an older one back while a newer is on its way: it must neither overtake nor be
 * forgotten twice when that fails. */
static void an_older_one_waits_behind_what_is_being_sent(void **state)
{
    struct fixture *f = *state;

    owe(f, 2, 1, "6281200000001", "newer");
    owe(f, 1, 2, "6281200000001", "older");
    assert_int_equal(f->send_count, 1);
    end_send(f, 0, TURN_SENT_TEMPORARY);
    assert_int_equal(outbox_under_way(f->outbox), 0);
    assert_int_equal(f->left, 2);
    owe(f, 2, 2, "6281200000001", "newer");
    owe(f, 1, 3, "6281200000001", "older");
    end_send(f, 1, TURN_SENT_OK);
    assert_int_equal(f->send_count, 3);
    assert_string_equal(f->sends[2].text, "older");
    end_settle(f, STORE_OK);
    end_send(f, 2, TURN_SENT_OK);
    end_settle(f, STORE_OK);
    assert_int_equal(outbox_under_way(f->outbox), 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(an_older_one_waits_behind_what_is_being_sent),
        CASE(taken_is_settled_and_forgotten),
        CASE(receipts_are_awaited),
        CASE(a_throttled_one_is_tried_again_later),
        CASE(what_waits_for_later_keeps_its_place),
        CASE(a_drain_waits_for_no_throttled_one),
        CASE(what_was_settled_before_is_not_counted),
        CASE(one_at_a_time_in_order),
        CASE(what_was_taken_is_never_sent_again),
        CASE(a_failure_gives_the_lane_back),
        CASE(entries_in_hand_are_touched),
        CASE(what_waits_is_given_back_alone),
        CASE(refused_for_good_is_settled),
        CASE(expired_is_not_sent),
        CASE(nothing_expires_by_a_clock_that_jumps),
        CASE(without_a_link_it_waits_in_the_store),
        CASE(late_rounds_are_tried_less_often),
        CASE(the_stored_form_comes_back),
        CASE(the_form_of_before_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
