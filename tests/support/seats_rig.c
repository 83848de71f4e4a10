#include "tests/support/seats_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "merchants/calendar.h"
#include "merchants/programme.h"

enum store_result seats_rig_try_write(const struct trainings *t, uint64_t version)
{
    static uint8_t plain[TRAININGS_BYTES_MAX], sealed[TRAININGS_BYTES_MAX + VAULT_OVERHEAD_BYTES];
    struct writer w, s;
    struct store_reply reply;

    writer_init(&w, plain, sizeof(plain));
    trainings_encode(t, &w);
    writer_init(&s, sealed, sizeof(sealed));
    assert_true(
        vault_seal(turn_rig.vault, VAULT_SHARED, PROGRAMME_TRAININGS_KEY, writer_span(&w), &s));
    memory_data_shared_commit(turn_rig.data, PROGRAMME_TRAININGS_KEY, version, writer_span(&s), 0,
                              &reply);
    return reply.result;
}

void seats_rig_write(const struct trainings *t, uint64_t version)
{
    assert_int_equal(seats_rig_try_write(t, version), STORE_OK);
}

const struct trainings *seats_rig_read(void)
{
    static uint8_t plain[TRAININGS_BYTES_MAX];
    static struct trainings t;
    struct store_reply reply;
    struct writer w;

    memory_data_shared_load(turn_rig.data, PROGRAMME_TRAININGS_KEY, &reply);
    writer_init(&w, plain, sizeof(plain));
    assert_true(vault_open(turn_rig.vault, VAULT_SHARED, PROGRAMME_TRAININGS_KEY,
                           reply.subscriber.session.data, &w));
    assert_true(trainings_decode(&t, writer_span(&w)));
    return &t;
}

struct seats_rig_other seats_rig_read_as_another(void)
{
    struct seats_rig_other o;
    struct store_reply reply;

    memory_data_load(turn_rig.data, turn_rig.phones[0].msisdn, &reply);
    o.session_version = reply.subscriber.session.version;
    o.session_size = reply.subscriber.session.data.size;
    if (o.session_size != 0)
        memcpy(o.session, reply.subscriber.session.data.data, o.session_size);
    memory_data_shared_load(turn_rig.data, PROGRAMME_TRAININGS_KEY, &reply);
    o.trainings_version = reply.subscriber.session.version;
    return o;
}

void seats_rig_plan(uint16_t seats)
{
    struct trainings t = {.count = 0};
    struct training item = {.at_ms = TURN_RIG_NOW + 4 * CALENDAR_DAY_MS, .seats = seats};
    char id[TRAINING_ID_BYTES];

    text_copy(item.title, sizeof(item.title), "Foto produk");
    text_copy(item.place, sizeof(item.place), "Balai Desa Natar");
    assert_int_equal(trainings_add(&t, &item, TURN_RIG_NOW, id), TRAINING_DONE);
    seats_rig_write(&t, 0);
}

void seats_rig_wake_at(int64_t wall_ms)
{
    turn_rig.phones[0].sms_count = 0;
    turn_rig.wall_ms = wall_ms;
    for (unsigned i = 0; i < 10; i++)
        turn_rig_settle();
}

void seats_rig_claim_slowly_by(const struct dialect_input *input, unsigned ms)
{
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 50});
    turn_rig_deliver(input);
    turn_rig_pass(30);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = ms});
    turn_rig_pass(100);
    assert_int_equal(seats_rig_read()->items[0].taken, 1);
}

void seats_rig_arm_look(void)
{
    struct store_commit arming = {
        .msisdn = turn_rig.phones[0].msisdn,
        .timers = {{.kind = PROGRAMME_TIMER_CLAIMS "-0", .due_ms = TURN_RIG_NOW}},
        .timer_count = 1,
    };
    struct store_reply reply;

    memory_data_commit(turn_rig.data, &arming, &reply);
}

enum store_result seats_rig_note_as_another(const struct seats_rig_other *o)
{
    struct store_commit c = {.msisdn = turn_rig.phones[0].msisdn,
                             .session_version = o->session_version,
                             .session = span_of(o->session, o->session_size)};
    struct store_reply reply;

    if (c.session.size == 0)
        c.session = span_of_string("a dialogue");
    memory_data_commit(turn_rig.data, &c, &reply);
    return reply.result;
}

void seats_rig_leave_a_claim(void)
{
    struct trainings t = *seats_rig_read();

    assert_true(training_claim(&t.items[0], turn_rig.phones[0].msisdn));
    seats_rig_write(&t, seats_rig_read_as_another().trainings_version);
    seats_rig_arm_look();
}

void seats_rig_claim_slowly(void)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");

    seats_rig_claim_slowly_by(&input, 200);
}
