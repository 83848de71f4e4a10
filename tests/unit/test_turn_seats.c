/* Seats on a real turn engine and the store in memory: claimed in the shared record, noted in the
 * subscriber's own, and whether the two agree in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "merchants/calendar.h"
#include "merchants/programme.h"
#include "tests/support/turn_rig.h"

static enum store_result try_write_trainings(const struct trainings *t, uint64_t version)
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

static void write_trainings(const struct trainings *t, uint64_t version)
{
    assert_int_equal(try_write_trainings(t, version), STORE_OK);
}

static const struct trainings *read_trainings(void)
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

/* What another gateway has of phone 0: its records, and that of all trainings. */
struct other {
    uint64_t session_version, trainings_version;
    size_t session_size;
    uint8_t session[STORE_SESSION_BYTES_MAX];
};

static struct other read_as_another(void)
{
    struct other o;
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

static void plan(uint16_t seats)
{
    struct trainings t = {.count = 0};
    struct training item = {.at_ms = TURN_RIG_NOW + 4 * CALENDAR_DAY_MS, .seats = seats};
    char id[TRAINING_ID_BYTES];

    text_copy(item.title, sizeof(item.title), "Foto produk");
    text_copy(item.place, sizeof(item.place), "Balai Desa Natar");
    assert_int_equal(trainings_add(&t, &item, TURN_RIG_NOW, id), TRAINING_DONE);
    write_trainings(&t, 0);
}

/* Without waiting for the screen. */
static void press_one(unsigned phone)
{
    struct dialect_input input = turn_rig_input(phone, DIALECT_ANSWER, "*384#", "1");

    turn_rig_deliver(&input);
}

/* --- what is shown -------------------------------------------------------------------------- */
static void test_a_seat_is_taken_and_given_back(void **state)
{
    (void)state;
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4#"), "Belum ada jadwal");
    plan(1);
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1#"),
                           "Foto produk\n28-11-26 10.00\nBalai Desa Natar\n"
                           "Sisa kursi: 1\n");
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Anda terdaftar pelatihan 28-11-26 10.00");
    assert_int_equal(read_trainings()->items[0].taken, 1);
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0],
                           "#TerusUsaha: Anda terdaftar pelatihan Foto produk");
    turn_rig_assert_begins(turn_rig_dial(1, "*384*4*1*1#"),
                           "Maaf, kursi sudah penuh.\nFoto produk\n");
    turn_rig_assert_begins(turn_rig_sms(0, "BATAL"),
                           "#TerusUsaha: keikutsertaan pelatihan 28-11-26 10.00 dibatalkan");
    turn_rig_pass(2000);
    assert_int_equal(read_trainings()->items[0].taken, 0);
    turn_rig_assert_begins(turn_rig_type(1, "1"), "Anda terdaftar pelatihan");
}

static void wake_at(int64_t wall_ms)
{
    turn_rig.phones[0].sms_count = 0;
    turn_rig.wall_ms = wall_ms;
    for (unsigned i = 0; i < 10; i++)
        turn_rig_settle();
}

/* A phone that is switched on again on the day of the training is not told that it is tomorrow. */
static void test_a_reminder_is_kept_while_it_is_true(void **state)
{
    int64_t day_ms = calendar_start_ms(calendar_date_at(TURN_RIG_NOW + 4 * CALENDAR_DAY_MS));

    (void)state;
    plan(5);
    turn_rig_dial(0, "*384*4*1*1#");
    assert_int_equal(turn_rig.sms_validity_s, 3 * 86400);
    wake_at(day_ms - 14 * CALENDAR_HOUR_MS);
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0], "#TerusUsaha: besok pelatihan");
    assert_in_range(turn_rig.sms_validity_s, 14 * 3600 - 10, 14 * 3600);
}

/* As `warungctl trainings cancel` does it, and is cut off before it tells anybody. */
static void call_off(void)
{
    struct trainings t = *read_trainings();

    assert_true(trainings_cancel(&t, "L1"));
    write_trainings(&t, read_as_another().trainings_version);
}

static void assert_told_of_cancel(void)
{
    assert_int_equal(turn_rig.phones[0].sms_count, 1);
    turn_rig_assert_begins(turn_rig.phones[0].sms[0],
                           "#TerusUsaha: keikutsertaan pelatihan 28-11-26 10.00 dibatalkan");
}

static void test_no_reminder_of_what_was_called_off(void **state)
{
    (void)state;
    plan(5);
    turn_rig_dial(0, "*384*4*1*1#");
    call_off();
    wake_at(TURN_RIG_NOW + 3 * CALENDAR_DAY_MS);
    assert_told_of_cancel();
    wake_at(TURN_RIG_NOW + 5 * CALENDAR_DAY_MS);
    assert_int_equal(turn_rig.phones[0].sms_count, 0);
}

static void test_one_seat_for_two_at_once(void **state)
{
    unsigned booked = 0, refused = 0;

    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    turn_rig_dial(1, "*384*4*1#");
    press_one(0);
    press_one(1);
    turn_rig_settle();
    for (unsigned i = 0; i < 2; i++) {
        booked += strncmp(turn_rig.phones[i].screen, "Anda terdaftar", 14) == 0;
        refused += strncmp(turn_rig.phones[i].screen, "Maaf, kursi", 11) == 0;
    }
    assert_int_equal(booked, 1);
    assert_int_equal(refused, 1);
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

static void test_two_seats_for_two_at_once(void **state)
{
    (void)state;
    plan(5);
    turn_rig_dial(0, "*384*4*1#");
    turn_rig_dial(1, "*384*4*1#");
    press_one(0);
    press_one(1);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar");
    turn_rig_assert_begins(turn_rig.phones[1].screen, "Anda terdaftar");
    assert_int_equal(read_trainings()->items[0].taken, 2);
}

/* Joins until the seat is claimed, and the commit that is to note it is under way for so long. */
static void claim_slowly_by(const struct dialect_input *input, unsigned ms)
{
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 50});
    turn_rig_deliver(input);
    turn_rig_pass(30);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = ms});
    turn_rig_pass(100);
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

static void claim_slowly(void)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");

    claim_slowly_by(&input, 200);
}

/* Called off while the commit that is to note the seat is under way: who has one is listed already.
 */
static void test_a_seat_that_is_noted_behind_a_cancel_is_told(void **state)
{
    (void)state;
    plan(5);
    turn_rig_dial(0, "*384*4*1#");
    claim_slowly();
    call_off();
    turn_rig_pass(1000);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar pelatihan");
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_told_of_cancel();
    wake_at(TURN_RIG_NOW + 3 * CALENDAR_DAY_MS);
    assert_int_equal(turn_rig.phones[0].sms_count, 0);
}

/* Somebody else claims at the same moment. The timer is stored already, and not written anew with
 * each try: of many at once each loses as many. */
static void test_a_claim_that_lost_is_tried_again_without_another_timer(void **state)
{
    (void)state;
    plan(2);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_CONFLICTING, .there_ms = 50});
    press_one(0);
    turn_rig_pass(30);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 200});
    turn_rig_pass(100);
    assert_int_equal(read_trainings()->items[0].taken, 1); /* and that one notes it */
    turn_rig_pass(200);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar pelatihan");
}

/* Nothing is claimed before it is stored: a kill would leave the seat taken. */
static void test_no_claim_without_its_timer(void **state)
{
    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED});
    press_one(0);
    turn_rig_settle();
    assert_int_equal(turn_rig.refusals, 1);
    assert_int_equal(read_trainings()->items[0].taken, 0);
}

/* The gateway is killed between the two writes, and the subscriber does not try again. */
static void test_a_claim_that_nobody_noted_is_given_back(void **state)
{
    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    claim_slowly();
    turn_rig_restart();
    turn_rig_pass(1000);
    assert_int_equal(read_trainings()->items[0].taken, 1);
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(read_trainings()->items[0].taken, 0);
    turn_rig_assert_begins(turn_rig_dial(1, "*384*4*1*1#"), "Anda terdaftar pelatihan");
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

/* The claims of phone 0 are to be looked after now. */
static void arm_look(void)
{
    struct store_commit arming = {
        .msisdn = turn_rig.phones[0].msisdn,
        .timers = {{.kind = PROGRAMME_TIMER_CLAIMS "-0", .due_ms = TURN_RIG_NOW}},
        .timer_count = 1,
    };
    struct store_reply reply;

    memory_data_commit(turn_rig.data, &arming, &reply);
}

/* Another gateway is looking after the claims, and has seen none, when this one makes one and is
 * killed: what that gateway takes away is the timer that it went by. */
static void test_a_claim_keeps_its_own_timer(void **state)
{
    (void)state;
    plan(1);
    turn_rig_change_gateway();
    turn_rig_dial(0, "*384*4*1#");
    turn_drain(turn_rig.engine); /* it takes no timers */
    turn_rig_change_gateway();
    arm_look();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 1000});
    for (unsigned i = 0; i < 500 && store_memory_pending(turn_rig.store) == 0; i++)
        turn_rig_pass(10);
    turn_rig_change_gateway();
    claim_slowly();
    turn_rig_restart();
    turn_drain(turn_rig.engine);
    turn_rig_pass(2000);
    assert_int_equal(read_trainings()->items[0].taken, 1);
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(read_trainings()->items[0].taken, 0);
}

/* Nobody knows whether the claim was written: given back at once where it was; or it is, after the
 * gateway has looked whether it was. */
static void test_a_claim_that_comes_late_is_given_back(void **state)
{
    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_DONE});
    press_one(0);
    turn_rig_pass(1000);
    assert_int_equal(read_trainings()->items[0].taken, 0);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_LATE, .late_ms = 2000});
    press_one(0);
    turn_rig_pass(1000);
    assert_int_equal(read_trainings()->items[0].taken, 0);
    turn_rig_pass(2000);
    assert_int_equal(read_trainings()->items[0].taken, 1);
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(read_trainings()->items[0].taken, 0);
}

/* Writes the session of phone 0, as who notes a seat does. */
static enum store_result note_as_another(const struct other *o)
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

/* Phone 0 has claimed the seat and nobody noted it: it is to be looked after now. */
static void leave_a_claim(void)
{
    struct trainings t = *read_trainings();

    assert_true(training_claim(&t.items[0], turn_rig.phones[0].msisdn));
    write_trainings(&t, read_as_another().trainings_version);
    arm_look();
}

/* Another gateway has made a claim and read of it, and is about to note it, when this one is about
 * to give it back: either that commit loses, or the claim stays. Also of a number without a record.
 */
static void meet_who_notes(bool has_session)
{
    struct other o;

    plan(1);
    if (has_session)
        turn_rig_dial(0, "*384#");
    leave_a_claim();
    o = read_as_another();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 500});
    for (unsigned i = 0; i < 20 && read_as_another().session_version == o.session_version; i++)
        turn_rig_pass(50);
    assert_int_equal(read_trainings()->items[0].taken, 1);
    assert_int_equal(note_as_another(&o), STORE_CONFLICT);
    turn_rig_pass(1000);
    assert_int_equal(read_trainings()->items[0].taken, 0);
}

static void test_who_notes_a_claim_meets_who_gives_it_back(void **state)
{
    (void)state;
    meet_who_notes(true);
}

static void test_who_is_new_meets_who_gives_his_claim_back(void **state)
{
    (void)state;
    meet_who_notes(false);
    wake_at(turn_rig.wall_ms + 2000); /* and nothing of the number stays */
    assert_int_equal(read_as_another().session_version, 0);
}

/* ... before the commit comes, which is under way for so long. */
static void let_claim_be_given_back(unsigned ms)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*4*1*1#");

    plan(1);
    claim_slowly_by(&input, ms);
    turn_rig_change_gateway();
    arm_look();
    turn_rig_pass(ms - 200);
    assert_int_equal(read_trainings()->items[0].taken, 0);
}

/* The other is long done, and has left nothing of the number. */
static void test_who_is_new_notes_behind_who_gave_his_claim_back(void **state)
{
    (void)state;
    let_claim_be_given_back(4000);
    assert_int_equal(read_as_another().session_version, 0);
    store_memory_set_next(turn_rig.other_store, STORE_MEMORY_COMMIT, /* somebody makes a session */
                          (struct store_memory_fate){.kind = STORE_MEMORY_CONFLICTING});
    turn_rig_pass(700);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar pelatihan");
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

/* The claim is made anew, and nobody notes it: with the first the other took away its timer. */
static void test_a_claim_that_is_made_anew_has_a_timer(void **state)
{
    (void)state;
    let_claim_be_given_back(1500);
    store_memory_set_next(turn_rig.other_store, STORE_MEMORY_SHARED_LOAD,
                          (struct store_memory_fate){.there_ms = 400});
    turn_rig_pass(300);
    store_memory_set_next(turn_rig.other_store, STORE_MEMORY_SHARED_LOAD,
                          (struct store_memory_fate){.there_ms = 3000});
    turn_rig_pass(400);
    assert_int_equal(read_trainings()->items[0].taken, 1);
    turn_rig_change_gateway();
    turn_rig_restart();
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_int_equal(read_trainings()->items[0].taken, 0);
}

/* ... and this one notes it, which another gateway is about to give back. */
static void test_a_claim_is_written_anew_by_who_notes_it(void **state)
{
    struct trainings t;
    struct other o;

    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    leave_a_claim();
    turn_drain(turn_rig.engine); /* it takes no timers */
    o = read_as_another();
    t = *read_trainings();
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Anda terdaftar pelatihan");
    training_release(&t.items[0], turn_rig.phones[0].msisdn);
    assert_int_equal(try_write_trainings(&t, o.trainings_version), STORE_CONFLICT);
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

/* ... each time that it has read the number's record, which another may have written as it was. */
static void test_a_claim_is_written_anew_with_each_try(void **state)
{
    struct trainings t;
    struct other o;

    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    claim_slowly();
    o = read_as_another();
    t = *read_trainings();
    assert_int_equal(note_as_another(&o), STORE_OK);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Anda terdaftar pelatihan");
    assert_int_equal(try_write_trainings(&t, o.trainings_version), STORE_CONFLICT);
}

/* This one is giving a claim back that another has written anew meanwhile, and notes then. */
static void test_a_claim_that_was_written_anew_is_not_given_back(void **state)
{
    struct trainings t;
    struct other o;

    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    leave_a_claim();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 200, .back_ms = 1500});
    o = read_as_another();
    for (unsigned i = 0; i < 200 && read_as_another().session_version == o.session_version; i++)
        turn_rig_pass(10);
    assert_true(read_as_another().session_version != o.session_version);
    o = read_as_another();
    t = *read_trainings();
    write_trainings(&t, o.trainings_version);
    turn_rig_pass(250);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT, /* it would be seen */
                          (struct store_memory_fate){.back_ms = 500});
    turn_rig_change_gateway();
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1*1#"), "Anda terdaftar pelatihan");
    for (unsigned i = 0; i < 300; i++) { /* nor for a moment, in which another could have it */
        turn_rig_pass(10);
        assert_int_equal(read_trainings()->items[0].taken, 1);
    }
}

static void let_next_claim_lose(void)
{
    store_memory_set_next(
        turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
        (struct store_memory_fate){.kind = STORE_MEMORY_CONFLICTING, .there_ms = 100});
}

/* While many join it is given up, and comes again by its timer. */
static void test_giving_back_gives_way_to_who_joins(void **state)
{
    (void)state;
    plan(1);
    leave_a_claim();
    let_next_claim_lose();
    for (unsigned i = 0; i < 200 && store_memory_pending(turn_rig.store) == 0; i++)
        turn_rig_pass(10);
    for (unsigned i = 0; i < 3; i++) {
        let_next_claim_lose();
        turn_rig_pass(100);
        assert_int_equal(store_memory_pending(turn_rig.store), 1);
    }
    turn_rig_pass(100);
    assert_int_equal(store_memory_pending(turn_rig.store), 0);
    assert_int_equal(read_trainings()->items[0].taken, 1);
    turn_rig_pass(3000);
    assert_int_equal(read_trainings()->items[0].taken, 0);
}

/* A claim that nobody noted is being given back when the subscriber joins anew, and that write
 * comes late: it finds another record. */
static void test_a_late_write_gives_no_seat_back(void **state)
{
    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){.there_ms = 50});
    press_one(0);
    turn_rig_pass(30);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_LOAD,
                          (struct store_memory_fate){.kind = STORE_MEMORY_REFUSED, .back_ms = 50});
    turn_rig_pass(50);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_COMMIT,
                          (struct store_memory_fate){
                              .kind = STORE_MEMORY_UNKNOWN_LATE, .back_ms = 300, .late_ms = 2000});
    turn_rig_pass(100);
    assert_int_equal(read_trainings()->items[0].taken, 1);
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1*1#"), "Anda terdaftar pelatihan");
    turn_rig_pass(3000);
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

/* It is due with a gateway that has a copy of the record from before the seat was taken. */
static void test_a_timer_goes_by_the_record_in_the_store(void **state)
{
    uint64_t version;

    (void)state;
    plan(1);
    turn_rig_dial(0, "*384#");
    turn_rig_change_gateway();
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1*1#"), "Anda terdaftar pelatihan");
    version = read_as_another().trainings_version;
    turn_drain(turn_rig.engine); /* it takes no timers */
    turn_rig_change_gateway();
    wake_at(turn_rig.wall_ms + 11 * CALENDAR_MINUTE_MS);
    assert_true(read_as_another().trainings_version == version);
}

/* A claim is given back by the gateway that made it, and the seat is somebody else's, when another
 * gateway has read of that claim and is about to note it. */
static void test_a_claim_that_is_given_back_meanwhile_is_not_noted(void **state)
{
    struct trainings t;
    struct other o;

    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    claim_slowly();
    t = *read_trainings();
    training_release(&t.items[0], turn_rig.phones[0].msisdn);
    assert_true(training_claim(&t.items[0], turn_rig.phones[1].msisdn));
    o = read_as_another();
    write_trainings(&t, o.trainings_version);
    assert_int_equal(note_as_another(&o), STORE_OK);
    turn_rig_settle();
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Maaf, kursi sudah penuh.");
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

/* An officer erases while the seat is claimed, and the commit that would note it is under way. */
static void test_an_erasure_leaves_no_claim(void **state)
{
    (void)state;
    plan(1);
    turn_rig_dial(0, "*384*4*1#");
    claim_slowly();
    turn_rig_erase_all(0);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->conflicts, 1);
    assert_int_equal(read_trainings()->items[0].taken, 0);
    turn_rig_assert_begins(turn_rig_dial(1, "*384*4*1*1#"), "Anda terdaftar pelatihan");
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_a_seat_is_taken_and_given_back),
        ON_RIG(test_a_reminder_is_kept_while_it_is_true),
        ON_RIG(test_no_reminder_of_what_was_called_off),
        ON_RIG(test_a_seat_that_is_noted_behind_a_cancel_is_told),
        ON_RIG(test_one_seat_for_two_at_once),
        ON_RIG(test_two_seats_for_two_at_once),
        ON_RIG(test_a_claim_that_lost_is_tried_again_without_another_timer),
        ON_RIG(test_no_claim_without_its_timer),
        ON_RIG(test_a_claim_that_nobody_noted_is_given_back),
        ON_RIG(test_a_claim_keeps_its_own_timer),
        ON_RIG(test_a_claim_that_comes_late_is_given_back),
        ON_RIG(test_who_notes_a_claim_meets_who_gives_it_back),
        ON_RIG(test_who_is_new_meets_who_gives_his_claim_back),
        ON_RIG(test_who_is_new_notes_behind_who_gave_his_claim_back),
        ON_RIG(test_a_claim_that_is_made_anew_has_a_timer),
        ON_RIG(test_a_claim_is_written_anew_by_who_notes_it),
        ON_RIG(test_a_claim_is_written_anew_with_each_try),
        ON_RIG(test_a_claim_that_was_written_anew_is_not_given_back),
        ON_RIG(test_giving_back_gives_way_to_who_joins),
        ON_RIG(test_a_late_write_gives_no_seat_back),
        ON_RIG(test_a_timer_goes_by_the_record_in_the_store),
        ON_RIG(test_a_claim_that_is_given_back_meanwhile_is_not_noted),
        ON_RIG(test_an_erasure_leaves_no_claim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
