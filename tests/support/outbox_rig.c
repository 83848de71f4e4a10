#include "tests/support/outbox_rig.h"

#include "sessions/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct outbox_rig *of_store(struct store *s)
{
    return (struct outbox_rig *)s;
}

static struct store_request *fake_settle(struct store *s, const struct store_settlement *settlement,
                                         store_reply_fn *fn, void *arg)
{
    struct outbox_rig *f = of_store(s);

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
    struct outbox_rig *f = of_store(s);

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
    return ((struct outbox_rig *)ctx)->wall_ms;
}

static uint64_t fake_random(void *ctx)
{
    (void)ctx;
    return 1;
}

static struct turn_sending *fake_send(void *ctx, const struct turn_sms *sms, uint64_t deadline_ms,
                                      turn_sent_fn *fn, void *arg)
{
    struct outbox_rig *f = ctx;
    struct outbox_rig_send *s = &f->sends[f->send_count];

    assert_string_equal(sms->link_name, "op1");
    assert_string_equal(sms->source, "*384#");
    assert_true(deadline_ms > f->timers.now_ms);
    if (!f->has_link)
        return NULL;
    assert_true(f->send_count < OUTBOX_RIG_SENDS_MAX);
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
    return sms != NULL && ((const struct outbox_rig *)ctx)->has_link;
}

static bool fake_withdraw(void *ctx, struct turn_sending *sending)
{
    struct outbox_rig *f = ctx;

    assert_ptr_equal(sending, &f->sends[f->send_count - 1]);
    return !f->has_left;
}

int outbox_rig_set_up(void **state)
{
    static const struct turn_settings settings = {
        .instance = "gw1", .receipt_margin_s = OUTBOX_RIG_MARGIN_MS / 1000, .owed_idle_ms = 60000};
    struct outbox_rig *f = calloc(1, sizeof(*f));

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

int outbox_rig_tear_down(void **state)
{
    struct outbox_rig *f = *state;

    outbox_free(f->outbox);
    vault_free(f->vault);
    timer_queue_fini(&f->timers);
    free(f);
    return 0;
}

static void on_left(void *arg, const struct turn_sent *sent)
{
    struct outbox_rig *f = arg;

    f->left++;
    f->left_kind = sent->kind;
}

struct outbox_entry outbox_rig_entry(const struct outbox_rig *f, const char *msisdn,
                                     const char *text)
{
    struct outbox_entry e = {.link = "op1", .source = "*384#", .expires_ms = f->wall_ms + 1000};

    text_copy(e.msisdn, sizeof(e.msisdn), msisdn);
    text_copy(e.text, sizeof(e.text), text);
    return e;
}

void outbox_rig_owe(struct outbox_rig *f, uint64_t number, unsigned deliveries, const char *msisdn,
                    const char *text)
{
    struct outbox_entry e = outbox_rig_entry(f, msisdn, text);

    outbox_send(f->outbox, (struct store_owed_id){.ms = 1, .number = number}, deliveries, &e,
                on_left, f);
}

void outbox_rig_end_send(struct outbox_rig *f, unsigned i, enum turn_sent_kind kind)
{
    f->sends[i].fn(f->sends[i].arg, &(struct turn_sent){.kind = kind, .message_id = ""});
}

void outbox_rig_end_settle(struct outbox_rig *f, enum store_result result)
{
    f->settle_fn(f->settle_arg,
                 &(struct store_reply){.result = result,
                                       .fate = f->end == STORE_END_AWAITED ? STORE_FATE_GOES_ON
                                                                           : STORE_FATE_ENDED,
                                       .end = f->end});
}

void outbox_rig_end_touch(struct outbox_rig *f, uint64_t number)
{
    f->touch_fn(f->touch_arg, &(struct store_reply){.result = STORE_OK, .number = number});
}

void outbox_rig_pass(struct outbox_rig *f, uint64_t ms)
{
    timer_queue_run(&f->timers, f->timers.now_ms + ms);
}
