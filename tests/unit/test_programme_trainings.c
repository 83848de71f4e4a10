/* Trainings: planning, seats, and a subscriber's way through them, seat by seat and SMS by SMS. */
#include "merchants/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MSISDN "6281200000001"
#define DAY    CALENDAR_DAY_MS
#define HOUR   CALENDAR_HOUR_MS

/* Tuesday 24 November 2026, 10:00 in Lampung. */
#define NOW (INT64_C(1795453200000) + 10 * HOUR)

static struct world {
    struct programme p;
    struct menu_state state;
    struct trainings trainings; /* what the store holds, decoded */
    uint8_t shared[TRAININGS_BYTES_MAX];
    uint8_t record[8192];
    size_t record_size;
    int64_t now_ms;
} world;

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    menu_state_init(&world.state);
    world.now_ms = NOW;
    return 0;
}

static struct training plan(const char *title, int64_t at_ms, const char *regency, uint16_t seats)
{
    struct training t = {.at_ms = at_ms, .seats = seats};

    text_copy(t.title, sizeof(t.title), title);
    text_copy(t.place, sizeof(t.place), "Balai Desa Natar");
    text_copy(t.regency, sizeof(t.regency), regency);
    return t;
}

static const char *add(const char *title, int64_t at_ms, const char *regency, uint16_t seats)
{
    static char id[TRAINING_ID_BYTES];
    struct training t = plan(title, at_ms, regency, seats);

    assert_int_equal(trainings_add(&world.trainings, &t, world.now_ms, id), TRAINING_DONE);
    return id;
}

static struct span encode_shared(void)
{
    struct writer w;

    writer_init(&w, world.shared, sizeof(world.shared));
    trainings_encode(&world.trainings, &w);
    assert_false(w.failed);
    return writer_span(&w);
}

static void begin(void)
{
    assert_true(programme_begin(&world.p, MSISDN, span_of(world.record, world.record_size),
                                world.now_ms, &world.state));
    world.p.bucket = 7;
    world.p.buckets = 256;
}

/* As the driver does: the shared record is written first. */
static void end(void)
{
    struct writer w;

    if (world.p.shared_changed) {
        writer_init(&w, world.shared, sizeof(world.shared));
        programme_encode_shared(&world.p, &w);
        assert_false(w.failed);
        assert_true(trainings_decode(&world.trainings, writer_span(&w)));
    }
    if (!world.p.record_changed)
        return;
    writer_init(&w, world.record, sizeof(world.record));
    programme_encode(&world.p, &w);
    assert_false(w.failed);
    world.record_size = writer_size(&w);
}

static void begin_with_shared(void)
{
    begin();
    world.p.has_shared = true;
    world.p.shared = encode_shared();
}

static const char *run(const char *action)
{
    const char *result;

    begin();
    result = programme_act(&world.p, action, &world.state);
    if (result == NULL) {
        assert_int_equal(world.p.need.kind, PROGRAMME_NEEDS_SHARED);
        assert_string_equal(world.p.need.key, "trainings");
        begin_with_shared();
        result = programme_act(&world.p, action, &world.state);
    }
    assert_non_null(result);
    return result;
}

static const char *act(const char *action)
{
    const char *result = run(action);

    end();
    return result;
}

static const char *fact(const char *name)
{
    static char value[MENU_VALUE_BYTES];
    struct menu_facts facts = programme_facts(&world.p);

    return facts.get(facts.ctx, name, value) ? value : "";
}

static void choose(const char *place)
{
    assert_true(menu_state_set_answer(&world.state, "latih_pilih", place));
}

static int64_t armed_for(const char *kind)
{
    for (unsigned i = 0; i < world.p.timer_count; i++) {
        if (strcmp(world.p.timers[i].kind, kind) == 0)
            return world.p.timers[i].due_ms;
    }
    return -1;
}

static int64_t armed(void)
{
    return armed_for(PROGRAMME_TIMER_TRAINING);
}

static void fire(const char *kind)
{
    begin_with_shared();
    programme_on_timer(&world.p, kind, &world.state);
    end();
}

/* A draft may hold answers of an older version of the menu, too. */
static void fill_dialogue(void)
{
    char field[8];

    for (unsigned i = 0; i <= MENU_ANSWERS_MAX; i++) {
        snprintf(field, sizeof(field), "f%u", i);
        menu_state_set_answer(&world.state, field, "x");
    }
    assert_int_equal(world.state.answer_count, MENU_ANSWERS_MAX);
}

/* --- planning ------------------------------------------------------------------------------- */

static void test_plans_are_checked(void **state)
{
    static const struct {
        const char *title;
        int64_t in_ms;
        uint16_t seats;
        enum training_verdict verdict;
    } rows[] = {
        {"Foto produk", DAY, 20, TRAINING_DONE},
        {"", DAY, 20, TRAINING_BAD_TEXT},
        {"  ", DAY, 20, TRAINING_BAD_TEXT},
        {"ABCDEFGHIJKLMNOPQRSTUVWX", DAY, 20, TRAINING_DONE}, /* 24 characters */
        {"ABCDEFGHIJKLMNOPQRSTUVWXY", DAY, 20, TRAINING_BAD_TEXT},
        {"Foto | produk", DAY, 20, TRAINING_BAD_TEXT},
        {"Foto\nproduk", DAY, 20, TRAINING_BAD_TEXT},
        {"Caf\xC3\xA9", DAY, 20, TRAINING_BAD_TEXT},
        {"Foto produk", DAY, 0, TRAINING_BAD_SEATS},
        {"Foto produk", DAY, TRAINING_SEATS_MAX + 1, TRAINING_BAD_SEATS},
        {"Foto produk", 0, 20, TRAINING_PAST},
        {"Foto produk", -DAY, 20, TRAINING_PAST},
        {"Foto produk", 100 * 365 * DAY, 20, TRAINING_FAR}, /* shown as if it were of these years */
    };
    char id[TRAINING_ID_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct training t = plan(rows[i].title, NOW + rows[i].in_ms, "", rows[i].seats);

        assert_int_equal(trainings_add(&world.trainings, &t, NOW, id), rows[i].verdict);
        assert_true(strlen(training_verdict_name(rows[i].verdict)) > 0);
    }
    assert_int_equal(world.trainings.count, 2);
}

static void test_the_same_plan_is_no_other(void **state)
{
    (void)state;
    add("Foto produk", NOW + DAY, "", 20);
    add("Foto produk", NOW + DAY, "", 20);
    assert_int_equal(world.trainings.count, 1);
    add("Foto produk", NOW + DAY, "", 21);
    assert_int_equal(world.trainings.count, 2);
}

static void test_plans_are_kept_by_time_and_forgotten(void **state)
{
    struct training t = plan("Lagi", NOW + 40 * DAY, "", 20);
    char id[TRAINING_ID_BYTES];

    (void)state;
    for (unsigned i = 0; i < TRAININGS_MAX; i++)
        add("Foto produk", NOW + (TRAININGS_MAX - i) * DAY, "", 20);
    for (unsigned i = 1; i < TRAININGS_MAX; i++)
        assert_true(world.trainings.items[i - 1].at_ms < world.trainings.items[i].at_ms);
    assert_int_equal(trainings_add(&world.trainings, &t, NOW, id), TRAINING_TOO_MANY);
    /* the first two are over */
    assert_int_equal(trainings_add(&world.trainings, &t, NOW + 2 * DAY, id), TRAINING_DONE);
    assert_string_equal(id, "L17"); /* ids are not used again */
    assert_int_equal(world.trainings.count, TRAININGS_MAX - 1);
    assert_non_null(trainings_find(&world.trainings, "L17"));
    assert_true(trainings_cancel(&world.trainings, "L17"));
    assert_false(trainings_cancel(&world.trainings, "L17"));
    assert_null(trainings_find(&world.trainings, "L17"));
}

static void test_seats_are_claimed_once(void **state)
{
    struct training *t;

    (void)state;
    t = trainings_find(&world.trainings, add("Foto produk", NOW + DAY, "", 2));
    assert_true(training_claim(t, "6281200000001"));
    assert_true(training_claim(t, "6281200000001"));
    assert_int_equal(t->taken, 1);
    assert_true(training_claim(t, "6281200000002"));
    assert_false(training_claim(t, "6281200000003"));
    training_release(t, "6281200000003");
    assert_int_equal(t->taken, 2);
    training_release(t, "6281200000001");
    assert_int_equal(t->taken, 1);
    assert_true(training_claim(t, "6281200000003"));
    assert_true(training_claim(t, "6281200000002")); /* kept through it all */
    assert_int_equal(t->taken, 2);
}

static void test_record_survives_storage(void **state)
{
    static struct trainings after;
    struct span record;

    (void)state;
    for (unsigned i = 0; i < TRAININGS_MAX; i++) {
        struct training *t =
            trainings_find(&world.trainings, add("ABCDEFGHIJKLMNOPQRSTUVWX", NOW + (i + 1) * DAY,
                                                 "1871", TRAINING_SEATS_MAX));

        for (unsigned k = 0; k < TRAINING_SEATS_MAX; k++) {
            char msisdn[24];

            snprintf(msisdn, sizeof(msisdn), "62812%08u", k);
            assert_true(training_claim(t, msisdn));
        }
    }
    record = encode_shared();
    assert_true(trainings_decode(&after, record));
    assert_memory_equal(&after, &world.trainings, sizeof(after));
    assert_true(trainings_decode(&after, span_of(NULL, 0)));
    assert_int_equal(after.count, 0);
    for (size_t cut = 1; cut < record.size; cut += 7)
        assert_false(trainings_decode(&after, span_of(world.shared, cut)));
    world.shared[0] = 2; /* a later format */
    assert_false(trainings_decode(&after, span_of(world.shared, record.size)));
    assert_int_equal(after.count, 0);
}

static void test_ones_own_regency_comes_first(void **state)
{
    const struct training *list[2];

    (void)state;
    add("Jauh", NOW + DAY, "1801", 5);
    add("Semua", NOW + 3 * DAY, "", 5);
    add("Dekat", NOW + 2 * DAY, "1872", 5);
    assert_int_equal(trainings_upcoming(&world.trainings, "1872", NOW, list, 2), 3);
    assert_string_equal(list[0]->title, "Dekat");
    assert_string_equal(list[1]->title, "Semua");
    assert_int_equal(trainings_upcoming(&world.trainings, "", NOW + 2 * DAY, list, 2), 1);
    assert_string_equal(list[0]->title, "Semua");
}

/* --- a subscriber --------------------------------------------------------------------------- */

static void test_a_seat_is_taken(void **state)
{
    int64_t at_ms = calendar_start_ms((struct date){2026, 11, 28}) + 9 * HOUR;

    (void)state;
    assert_string_equal(act("latih"), "kosong");
    add("Foto produk", at_ms, "", 1);
    assert_string_equal(act("latih"), "ada");
    assert_string_equal(fact("judul1"), "Foto produk 28/11");
    assert_string_equal(fact("judul2"), "");
    choose("1");
    begin(); /* the detail is shown again without the shared record */
    assert_string_equal(fact("judul"), "Foto produk");
    assert_string_equal(fact("waktu"), "28-11-26 09.00");
    assert_string_equal(fact("tempat"), "Balai Desa Natar");
    assert_string_equal(fact("sisa"), "1");

    assert_string_equal(act("latih_ikut"), "ikut");
    assert_string_equal(world.p.sms[0], "SMS_LATIH_OK");
    assert_int_equal(world.trainings.items[0].taken, 1);
    assert_int_equal(world.p.change_count, 1);
    assert_string_equal(world.p.changes[0].member, "L1/" MSISDN);
    assert_string_equal(world.p.changes[0].enter_set, PROGRAMME_TRAINING_SET);
    assert_int_equal(armed(), at_ms - 23 * HOUR); /* the day before, at 10 */

    assert_string_equal(act("latih_ikut"), "ikut"); /* again: told again, nothing taken */
    assert_false(world.p.shared_changed);
    assert_false(world.p.record_changed);
    assert_int_equal(world.trainings.items[0].taken, 1);
}

static void test_a_lost_write_takes_no_second_seat(void **state)
{
    (void)state;
    add("Foto produk", NOW + 4 * DAY, "", 1);
    act("latih");
    choose("1");
    run("latih_ikut");
    world.p.record_changed = false; /* the shared write went through, the subscriber's did not */
    end();
    assert_int_equal(world.trainings.items[0].taken, 1);
    assert_int_equal(world.record_size, 0);
    assert_string_equal(act("latih_ikut"), "ikut"); /* the same step again */
    assert_int_equal(world.trainings.items[0].taken, 1);
    assert_int_equal(world.p.subscriber.seat_count, 1);
}

static void test_full_and_gone(void **state)
{
    (void)state;
    training_claim(trainings_find(&world.trainings, add("Foto produk", NOW + 4 * DAY, "", 1)),
                   "6281300000002");
    act("latih");
    assert_string_equal(fact("sisa"), "");
    choose("1");
    assert_string_equal(fact("sisa"), "0");
    assert_string_equal(act("latih_ikut"), "penuh");
    assert_false(world.p.shared_changed);
    assert_false(world.p.record_changed);
    trainings_cancel(&world.trainings, "L1");
    assert_string_equal(act("latih_ikut"), "hilang");
    choose("3");
    assert_string_equal(act("latih_ikut"), "hilang");
    assert_string_equal(act("latih_info"), "hilang");
}

static void test_pages_go_round(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        add("Foto produk", NOW + (i + 1) * DAY, "", 5);
        assert_string_equal(act("latih"), i < 3 ? "ada" : "banyak");
    }
    assert_string_equal(fact("judul3"), "Foto produk 27/11");
    assert_string_equal(act("latih_lanjut"), "banyak");
    assert_string_equal(fact("judul1"), "Foto produk 28/11");
    assert_string_equal(fact("judul2"), "");
    assert_string_equal(act("latih_lanjut"), "banyak");
    assert_string_equal(fact("judul1"), "Foto produk 25/11");
    choose("2");
    assert_string_equal(act("latih_info"), "dikirim");
    assert_string_equal(world.p.sms[0], "SMS_LATIH_INFO");
    assert_string_equal(fact("waktu"), "26-11-26 10.00");
}

static const char *pick(const char *number)
{
    assert_true(menu_state_set_answer(&world.state, "latih_nomor", number));
    return act("latih_nomor");
}

static void test_numbers_run_on(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 7; i++)
        add("Foto produk", NOW + (i + 1) * DAY, "", 5);
    act("latih");
    assert_string_equal(fact("latih_awal"), "1");
    assert_string_equal(fact("latih_lagi"), "1");
    act("latih_lanjut");
    assert_string_equal(fact("latih_awal"), "4");
    assert_string_equal(fact("latih_lagi"), "1");
    act("latih_lanjut");
    assert_string_equal(fact("latih_awal"), "7");
    assert_string_equal(fact("latih_lagi"), "");
    assert_string_equal(pick("2"), "ada");
    assert_string_equal(fact("waktu"), "26-11-26 10.00");
    assert_string_equal(fact("latih_awal"), "1");
    assert_string_equal(pick("6"), "ada");
    assert_string_equal(fact("waktu"), "30-11-26 10.00");
    assert_string_equal(fact("latih_awal"), "4");
    assert_string_equal(pick("8"), "salah");
    assert_string_equal(pick("0"), "salah");
    assert_string_equal(fact("latih_awal"), "4");                       /* the page stays */
    assert_true(menu_state_set_answer(&world.state, "latih_hal", "1")); /* of an older gateway */
    assert_string_equal(fact("latih_awal"), "4");
    assert_string_equal(fact("latih_lagi"), "");
}

static void test_nothing_is_behind_a_last_page_that_is_full(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++)
        add("Foto produk", NOW + (i + 1) * DAY, "", 5);
    act("latih");
    act("latih_lanjut");
    assert_string_equal(fact("latih_awal"), "4");
    assert_string_equal(fact("latih_lagi"), "");
    act("latih_lanjut");
    assert_string_equal(fact("latih_awal"), "1");
}

static void test_reminder_the_day_before(void **state)
{
    (void)state;
    add("Foto produk", NOW + 4 * DAY, "", 5);
    add("Kemasan", NOW + 5 * DAY, "", 5);
    act("latih");
    choose("2"); /* the later one first: the seats are in order all the same */
    act("latih_ikut");
    choose("1");
    act("latih_ikut");
    assert_int_equal(armed(), NOW + 3 * DAY);
    for (world.now_ms = NOW + 3 * DAY - 1; world.now_ms <= NOW + 3 * DAY; world.now_ms++) {
        fire(PROGRAMME_TIMER_TRAINING);
        assert_int_equal(world.p.sms_count, world.now_ms == NOW + 3 * DAY);
    }
    assert_string_equal(world.p.sms[0], "SMS_LATIH_INGAT");
    assert_string_equal(fact("judul"), "Foto produk");
    assert_int_equal(armed(), NOW + 4 * DAY); /* for the other */
    fire(PROGRAMME_TIMER_TRAINING);
    assert_int_equal(world.p.sms_count, 0);   /* once, as is written down */
    world.now_ms = NOW + 4 * DAY + 10 * HOUR; /* late: at night, and then it is not tomorrow */
    fire(PROGRAMME_TIMER_TRAINING);
    assert_int_equal(world.p.sms_count, 0);
    world.now_ms = NOW + 5 * DAY;
    fire(PROGRAMME_TIMER_TRAINING);
    assert_int_equal(world.p.subscriber.seat_count, 1); /* the first is over */
    assert_int_equal(world.p.change_count, 1);
    assert_string_equal(world.p.changes[0].event, "training-over");
    assert_null(world.p.changes[0].enter_set);
    world.now_ms = NOW + 6 * DAY;
    fire(PROGRAMME_TIMER_TRAINING);
    assert_int_equal(world.p.subscriber.seat_count, 0);
    assert_int_equal(armed(), 0);
}

static void test_joining_late_needs_no_reminder(void **state)
{
    (void)state;
    add("Foto produk", NOW + 12 * HOUR, "", 5);
    act("latih");
    choose("1");
    act("latih_ikut");
    assert_int_equal(armed(), NOW + 36 * HOUR); /* only to forget it */
}

static void test_giving_a_seat_back(void **state)
{
    (void)state;
    assert_string_equal(act("latih_batal"), "kosong");
    add("Foto produk", NOW + 4 * DAY, "", 5);
    act("latih");
    choose("1");
    act("latih_ikut");
    assert_string_equal(act("latih_batal"), "batal");
    assert_int_equal(world.trainings.items[0].taken, 1); /* until it is noted that it is free */
    assert_int_equal(armed_for(PROGRAMME_TIMER_CLAIMS), NOW);
    assert_string_equal(fact("waktu"), "28-11-26 10.00");
    assert_string_equal(world.p.changes[0].leave_set, PROGRAMME_TRAINING_SET);
    assert_int_equal(armed(), 0);
    fire(PROGRAMME_TIMER_CLAIMS);
    assert_int_equal(world.trainings.items[0].taken, 0);
    act("latih_ikut");
    world.now_ms += 4 * DAY; /* it has begun: too late */
    assert_string_equal(act("latih_batal"), "kosong");
}

static void test_seats_of_one_number_are_few(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= SUBSCRIBER_SEATS_MAX; i++)
        add("Foto produk", NOW + (i + 2) * DAY, "", 5);
    act("latih");
    for (unsigned i = 0; i < 3; i++) {
        choose(i == 0 ? "1" : i == 1 ? "2" : "3");
        assert_string_equal(act("latih_ikut"), "ikut");
    }
    act("latih_lanjut");
    choose("1");
    assert_string_equal(act("latih_ikut"), "ikut");
    choose("2");
    assert_string_equal(act("latih_ikut"), "cukup"); /* there are seats, for others */
    assert_int_equal(world.trainings.items[4].taken, 0);
    world.now_ms += 3 * DAY; /* one is over and makes room */
    world.trainings.items[4].seats = 0;
    assert_string_equal(act("latih_ikut"), "penuh");
    assert_string_equal(fact("waktu"), "30-11-26 10.00"); /* of this one, not of the one over */
    world.trainings.items[4].seats = 5;
    assert_string_equal(act("latih_ikut"), "ikut");
}

/* --- by SMS --------------------------------------------------------------------------------- */

static void test_a_number_means_the_list_that_was_read(void **state)
{
    (void)state;
    menu_state_set_answer(&world.state, "sms_ikut", "1");
    assert_string_equal(act("sms_ikut"), "hilang"); /* nothing was offered */
    assert_string_equal(act("sms_latih"), "kosong");
    add("Foto produk", NOW + 4 * DAY, "", 5);
    assert_string_equal(act("sms_latih"), "satu");
    add("Kemasan", NOW + 2 * DAY, "", 5); /* would be the first by now */
    assert_string_equal(act("sms_ikut"), "ikut");
    assert_string_equal(fact("judul"), "Foto produk");
    assert_string_equal(act("sms_latih"), "dua");
    add("Lagi", NOW + 3 * DAY, "", 5);
    assert_string_equal(act("sms_latih"), "tiga");
    add("Dan lagi", NOW + 3 * DAY, "", 5);
    assert_string_equal(act("sms_latih"), "tiga");
}

/* --- being told ----------------------------------------------------------------------------- */

static void announce(void)
{
    begin();
    if (!programme_announce(&world.p, &world.state)) {
        assert_int_equal(world.p.need.kind, PROGRAMME_NEEDS_SHARED);
        begin_with_shared();
        assert_true(programme_announce(&world.p, &world.state));
    }
    end();
}

static void be_registered(const char *regency)
{
    struct merchant dropped, *m;

    begin();
    m = subscriber_add(&world.p.subscriber, &dropped);
    m->status = MERCHANT_DISETUJUI;
    text_copy(m->regency, sizeof(m->regency), regency);
    world.p.record_changed = true;
    end();
}

static void test_who_asked_is_told_once(void **state)
{
    (void)state;
    add("Foto produk", NOW + 4 * DAY, "1801", 5);
    announce();
    assert_int_equal(world.p.sms_count, 0); /* nobody asked */
    be_registered("1872");
    act("kabari");
    assert_string_equal(world.p.changes[0].member, "KABAR/" MSISDN);
    announce();
    assert_int_equal(world.p.sms_count, 0); /* not where this merchant is */
    add("Kemasan", NOW + 6 * DAY, "1872", 5);
    announce();
    assert_int_equal(world.p.sms_count, 1);
    assert_string_equal(world.p.sms[0], "SMS_LATIH_DAFTAR2");
    assert_string_equal(fact("judul1"), "Kemasan 30/11");
    assert_string_equal(world.p.changes[0].leave_set, PROGRAMME_NEWS_SET);
    announce();
    assert_int_equal(world.p.sms_count, 0);
    act("kabari");
    act("stop");
    announce();
    assert_int_equal(world.p.sms_count, 0);
}

static void test_erasure_takes_seats_and_wishes(void **state)
{
    (void)state;
    add("Foto produk", NOW + 4 * DAY, "", 5);
    act("latih");
    choose("1");
    act("latih_ikut");
    act("kabari");
    assert_int_equal(world.trainings.items[0].taken, 1);
    begin();
    programme_erase(&world.p, "officer");
    assert_false(world.p.shared_changed);
    assert_int_equal(armed_for(PROGRAMME_TIMER_CLAIMS), world.p.now_ms);
    assert_int_equal(world.p.change_count, 2);
    for (unsigned i = 0; i < world.p.change_count; i++)
        assert_null(world.p.changes[i].enter_set);
    assert_int_equal(armed(), 0);
}

static void test_a_full_dialogue_has_no_list(void **state)
{
    static const char *const actions[] = {"latih", "latih_lanjut", "latih_nomor", "sms_latih"};

    (void)state;
    add("Foto produk", NOW + DAY, "", 20);
    assert_true(menu_state_set_answer(&world.state, "latih_nomor", "1"));
    fill_dialogue();
    for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        assert_string_equal(run(actions[i]), "no-room");
    assert_false(world.p.record_changed);
    menu_state_init(&world.state);
    assert_string_equal(act("latih"), "ada");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_plans_are_checked, setup),
        cmocka_unit_test_setup(test_the_same_plan_is_no_other, setup),
        cmocka_unit_test_setup(test_plans_are_kept_by_time_and_forgotten, setup),
        cmocka_unit_test_setup(test_seats_are_claimed_once, setup),
        cmocka_unit_test_setup(test_record_survives_storage, setup),
        cmocka_unit_test_setup(test_ones_own_regency_comes_first, setup),
        cmocka_unit_test_setup(test_a_seat_is_taken, setup),
        cmocka_unit_test_setup(test_a_lost_write_takes_no_second_seat, setup),
        cmocka_unit_test_setup(test_full_and_gone, setup),
        cmocka_unit_test_setup(test_pages_go_round, setup),
        cmocka_unit_test_setup(test_numbers_run_on, setup),
        cmocka_unit_test_setup(test_nothing_is_behind_a_last_page_that_is_full, setup),
        cmocka_unit_test_setup(test_reminder_the_day_before, setup),
        cmocka_unit_test_setup(test_joining_late_needs_no_reminder, setup),
        cmocka_unit_test_setup(test_giving_a_seat_back, setup),
        cmocka_unit_test_setup(test_seats_of_one_number_are_few, setup),
        cmocka_unit_test_setup(test_a_number_means_the_list_that_was_read, setup),
        cmocka_unit_test_setup(test_who_asked_is_told_once, setup),
        cmocka_unit_test_setup(test_a_full_dialogue_has_no_list, setup),
        cmocka_unit_test_setup(test_erasure_takes_seats_and_wishes, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
