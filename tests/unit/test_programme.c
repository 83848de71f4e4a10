/* Registrations: sending, officers' decisions, corrections, cancelling; what each changes, owes,
 * lists and arms. */
#include "merchants/regno.h"
#include "merchants/work.h"
#include "tests/support/programme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY CALENDAR_DAY_MS
#define NOW WORLD_NOW

/* --- sending -------------------------------------------------------------------------------- */

static void test_consent_arms_the_drafts_timers(void **state)
{
    (void)state;
    world.voice =
        (struct programme_voice){(const uint8_t *)"\x01\x23\x45\x67\x89\xab\xcd\xef", "en"};
    assert_string_equal(world_act("setuju"), "ya");
    assert_true(world.p.consent.is_given && !world.p.consent.is_sms);
    assert_string_equal(world.p.consent.version, "0123456789abcdef");
    assert_string_equal(world.p.consent.language, "en");
    assert_int_equal(world_armed(PROGRAMME_TIMER_NUDGE), NOW + 30 * CALENDAR_MINUTE_MS);
    assert_int_equal(world_armed(PROGRAMME_TIMER_DRAFT), NOW + 7 * DAY);
    assert_false(world.p.record_changed);
}

static void test_sending_makes_a_registration(void **state)
{
    const struct merchant *m;

    (void)state;
    world_fill_draft();
    world_answer("nik", "1871994101809999");
    text_copy(world.state.draft_language, sizeof(world.state.draft_language), "id");
    memcpy(world.state.draft_menu_id, "\x01\x23\x45\x67\x89\xab\xcd\xef", MENU_ID_BYTES);
    assert_string_equal(world_act("daftar"), "terkirim");
    assert_int_equal(world.asked_numbers, 1);
    m = world_merchant_at(0);
    assert_string_equal(m->regno, "18720107597"); /* 42 * 256 + 7 */
    assert_int_equal(regno_bucket(m->regno, 256), 7);
    assert_int_equal(m->status, MERCHANT_TERKIRIM);
    assert_string_equal(m->name, "SITI AMINAH");
    assert_string_equal(m->nik, "1871994101809999");
    assert_string_equal(m->district, "187201");
    assert_int_equal(m->submitted_ms, NOW);
    assert_int_equal(m->flags, 0);
    assert_int_equal(m->consent_ms, NOW);
    assert_string_equal(m->consent_version, "0123456789abcdef");
    assert_string_equal(m->consent_language, "id");
    assert_owes("SMS_TERKIRIM");
    assert_int_equal(world.p.change_count, 1);
    assert_changed(0, NULL, "TERKIRIM", "send");
    assert_string_equal(world.p.changes[0].actor, "merchant");
    assert_int_equal(world_armed(PROGRAMME_TIMER_NUDGE), 0);
    assert_int_equal(world_armed(PROGRAMME_TIMER_DRAFT), 0);
    /* the draft is gone, and the texts are about the new registration */
    assert_false(world.state.has_draft);
    assert_null(menu_state_answer(&world.state, "nama"));
    assert_string_equal(world_fact("noreg"), "1872-010759-7");
    assert_string_equal(world_fact("nama"), "SITI AMINAH");
    assert_string_equal(world_fact("nik4"), "****9999");
    assert_string_equal(world_fact("hp4"), "****0001");
    assert_string_equal(world_fact("tgl_kirim"), "24-11-2026");
}

static void test_sending_one_draft_twice_is_sending_it_once(void **state)
{
    struct menu_state before;
    char first[MERCHANT_REGNO_BYTES];

    (void)state;
    world_fill_draft();
    before = world.state;
    world_act("daftar");
    text_copy(first, sizeof(first), world.p.focus);

    world.state = before;
    world.now_ms += 5000;
    assert_string_equal(world_act("daftar"), "terkirim");
    assert_int_equal(world.asked_numbers, 1);
    assert_string_equal(world.p.focus, first);
    assert_int_equal(world.p.subscriber.merchant_count, 1);
    assert_int_equal(world.p.change_count, 0);
    assert_owes(NULL);
    assert_false(world.p.record_changed);
    assert_false(world.state.has_draft);

    world.state = before;
    world_answer("nama", "SITI AISYAH"); /* another draft */
    assert_string_equal(world_act("daftar"), "terkirim");
    assert_int_equal(world.p.subscriber.merchant_count, 2);
}

static void test_what_is_missing_is_not_sent(void **state)
{
    static const char *const required[] = {"nama", "usaha", "jenis", "kab", "kec"};

    (void)state;
    assert_string_equal(world_act("daftar"), "kurang"); /* no draft at all */
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        world_fill_draft();
        menu_state_remove_answer(&world.state, required[i]);
        assert_string_equal(world_act("daftar"), "kurang");
        assert_true(world.state.has_draft);
    }
    world_fill_draft();
    menu_state_remove_answer(&world.state, "omzet");
    menu_state_remove_answer(&world.state, "hp");
    assert_string_equal(world_act("daftar"), "terkirim");
}

static void test_three_live_registrations_are_the_limit(void **state)
{
    char regnos[3][MERCHANT_REGNO_BYTES];

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        text_copy(regnos[i], sizeof(regnos[i]), world_register_merchant());
    world_fill_draft();
    assert_string_equal(world_act("daftar"), "penuh");
    assert_true(world.state.has_draft);
    assert_string_equal(world_fact("jumlah"), "3");

    /* what is rejected or cancelled makes room */
    world_decide(regnos[0], MERCHANT_EVENT_REVIEW, NULL);
    world_decide(regnos[0], MERCHANT_EVENT_REJECT, "T01");
    assert_string_equal(world_act("daftar"), "terkirim");
    assert_string_equal(world_fact("jumlah"), "3");
    assert_string_equal(world_fact("terdaftar"),
                        "3"); /* live ones first, no more than three shown */
}

static void test_the_oldest_that_is_over_makes_way(void **state)
{
    char first[MERCHANT_REGNO_BYTES];

    (void)state;
    for (unsigned i = 0; i < SUBSCRIBER_MERCHANTS_MAX; i++) {
        world_register_merchant();
        if (i == 0)
            text_copy(first, sizeof(first), world.p.focus);
        assert_string_equal(world_act("batal"), "batal");
    }
    world_register_merchant();
    assert_int_equal(world.p.subscriber.merchant_count, SUBSCRIBER_MERCHANTS_MAX);
    assert_int_equal(world.p.change_count, 2);
    assert_string_equal(world.p.changes[0].member, first);
    assert_changed(0, "DIBATALKAN", NULL, "drop");
    assert_changed(1, NULL, "TERKIRIM", "send");
}

static void test_a_regency_can_run_out_of_numbers(void **state)
{
    (void)state;
    world.next_number = 3907;
    world_fill_draft();
    assert_string_equal(world_act("daftar"), "gagal");
    assert_int_equal(world.p.subscriber.merchant_count, 0);
    assert_true(world.state.has_draft);
}

/* --- officers ------------------------------------------------------------------------------- */

static void test_an_officer_reviews_and_approves(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), world_register_merchant());
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_APPROVE, NULL), PROGRAMME_NOT_ALLOWED);
    assert_owes(NULL);
    assert_false(world.p.record_changed);
    world.now_ms += CALENDAR_MINUTE_MS;
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_REVIEW, NULL), PROGRAMME_DONE);
    assert_int_equal(world_merchant_at(0)->changed_ms, world.now_ms);
    assert_owes("SMS_DIPERIKSA");
    assert_changed(0, "TERKIRIM", "DIPERIKSA", "review");
    assert_string_equal(world.p.changes[0].actor, "officer");
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_APPROVE, ""), PROGRAMME_DONE);
    assert_owes("SMS_DISETUJUI");
    assert_string_equal(world_fact("status"), "DISETUJUI");
    assert_string_equal(world_fact("catatan"), "DISETUJUI, petugas akan menghubungi");
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_APPROVE, NULL), PROGRAMME_NOT_ALLOWED);
    assert_int_equal(world_decide("18720107598", MERCHANT_EVENT_REVIEW, NULL),
                     PROGRAMME_NO_SUCH_REGISTRATION);
}

static void test_reasons_belong_to_decisions(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), world_register_merchant());
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_REVIEW, "P01"), PROGRAMME_BAD_REASON);
    world_decide(regno, MERCHANT_EVENT_REVIEW, NULL);
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_FIX, NULL), PROGRAMME_BAD_REASON);
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_FIX, "T01"), PROGRAMME_BAD_REASON);
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_FIX, "P99"), PROGRAMME_BAD_REASON);
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_REJECT, "P01"), PROGRAMME_BAD_REASON);
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_REJECT, ""), PROGRAMME_BAD_REASON);
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_APPROVE, "T01"), PROGRAMME_BAD_REASON);
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_REJECT, "T04"), PROGRAMME_DONE);
    assert_owes("SMS_DITOLAK");
    assert_string_equal(world_fact("alasan"), "Data tidak dapat diverifikasi");
    assert_string_equal(world_fact("alasan_en"), "Data could not be verified");
}

static void test_a_correction_is_due_in_fourteen_days(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];
    int64_t deadline_ms;

    (void)state;
    text_copy(regno, sizeof(regno), world_register_merchant());
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_FIX, "P05"), PROGRAMME_DONE);
    assert_owes("SMS_PERBAIKAN");
    assert_string_equal(world_fact("alasan"), "Lokasi usaha belum tepat");
    assert_string_equal(world_fact("perbaiki"), "kab");
    assert_string_equal(world_fact("tgl_batas"), "08-12-2026");
    deadline_ms = calendar_start_ms((struct date){2026, 12, 9});
    assert_int_equal(world_merchant_at(0)->deadline_ms, deadline_ms);
    /* at an hour when people are awake */
    assert_int_equal(world_armed(PROGRAMME_TIMER_REMIND),
                     deadline_ms - 3 * DAY + 8 * CALENDAR_HOUR_MS);
    assert_int_equal(world_armed(PROGRAMME_TIMER_LAPSE), deadline_ms + 8 * CALENDAR_HOUR_MS);

    world.now_ms = deadline_ms - 3 * DAY; /* early: nothing yet */
    world_fire(PROGRAMME_TIMER_REMIND);
    assert_owes(NULL);
    assert_int_equal(world_armed(PROGRAMME_TIMER_REMIND),
                     deadline_ms - 3 * DAY + 8 * CALENDAR_HOUR_MS);
    world.now_ms += 8 * CALENDAR_HOUR_MS;
    world_fire(PROGRAMME_TIMER_REMIND);
    assert_owes("SMS_PERBAIKAN_INGAT");
    assert_int_equal(world_armed(PROGRAMME_TIMER_REMIND), 0);
    world_fire(PROGRAMME_TIMER_REMIND); /* given twice: told once */
    assert_owes(NULL);

    world.now_ms = deadline_ms + 8 * CALENDAR_HOUR_MS;
    world_fire(PROGRAMME_TIMER_LAPSE);
    assert_owes("SMS_DITOLAK");
    assert_changed(0, "PERLU_PERBAIKAN", "DITOLAK", "lapse");
    assert_string_equal(world.p.changes[0].actor, "timer");
    assert_string_equal(world_fact("alasan"), "Batas waktu perbaikan lewat");
    assert_int_equal(world_armed(PROGRAMME_TIMER_LAPSE), 0);
    world_fire(PROGRAMME_TIMER_LAPSE);
    assert_owes(NULL);
    assert_int_equal(world.p.change_count, 0);
}

static void test_who_is_sent_back_again_is_reminded_again(void **state)
{
    (void)state;
    world_register_merchant();
    for (unsigned i = 0; i < 2; i++) {
        world_decide(world_merchant_at(0)->regno, MERCHANT_EVENT_FIX, "P02");
        world.now_ms = world_merchant_at(0)->deadline_ms - 2 * DAY - 12 * CALENDAR_HOUR_MS;
        world_fire(PROGRAMME_TIMER_REMIND);
        assert_owes("SMS_PERBAIKAN_INGAT");
        world_answer("baru_nik", "1801994101809999");
        assert_string_equal(world_act("ubah"), "dikirim");
    }
}

static void test_timers_serve_the_first_that_is_due(void **state)
{
    char first[MERCHANT_REGNO_BYTES], second[MERCHANT_REGNO_BYTES];
    int64_t first_ms, second_ms;

    (void)state;
    text_copy(first, sizeof(first), world_register_merchant());
    text_copy(second, sizeof(second), world_register_merchant());
    world_decide(first, MERCHANT_EVENT_FIX, "P01");
    first_ms = world_armed(PROGRAMME_TIMER_LAPSE);
    world.now_ms += 2 * DAY;
    world_decide(second, MERCHANT_EVENT_FIX, "P02");
    assert_int_equal(world_armed(PROGRAMME_TIMER_LAPSE), first_ms);
    second_ms = first_ms + 2 * DAY;

    /* both are late: one at a time, each with its own SMS */
    world.now_ms = second_ms;
    world_fire(PROGRAMME_TIMER_LAPSE);
    assert_owes("SMS_DITOLAK");
    assert_string_equal(world_fact("noreg"), "1872-010759-7");
    assert_int_equal(world_armed(PROGRAMME_TIMER_LAPSE), second_ms);
    world_fire(PROGRAMME_TIMER_LAPSE);
    assert_owes("SMS_DITOLAK");
    assert_string_equal(world.p.focus, second);
    assert_int_equal(world_armed(PROGRAMME_TIMER_LAPSE), 0);
}

static void test_after_a_standstill_nobody_is_told_at_night_or_too_late(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];
    int64_t deadline_ms;

    (void)state;
    text_copy(regno, sizeof(regno), world_register_merchant());
    world_decide(regno, MERCHANT_EVENT_FIX, "P05");
    deadline_ms = world_merchant_at(0)->deadline_ms;
    world.now_ms = deadline_ms - 2 * DAY + 3 * CALENDAR_HOUR_MS;
    world_fire(PROGRAMME_TIMER_REMIND);
    assert_owes(NULL);
    assert_int_equal(world_armed(PROGRAMME_TIMER_REMIND),
                     deadline_ms - 2 * DAY + 8 * CALENDAR_HOUR_MS);

    world.now_ms = deadline_ms + 21 * CALENDAR_HOUR_MS;
    world_fire(PROGRAMME_TIMER_LAPSE);
    assert_owes(NULL);
    assert_int_equal(world_armed(PROGRAMME_TIMER_LAPSE), deadline_ms + DAY + 8 * CALENDAR_HOUR_MS);
    world.now_ms = deadline_ms + DAY + 8 * CALENDAR_HOUR_MS;
    world_fire(PROGRAMME_TIMER_REMIND); /* "until" a day that is over */
    assert_owes(NULL);
    assert_int_equal(world_armed(PROGRAMME_TIMER_REMIND), 0);
    world_fire(PROGRAMME_TIMER_LAPSE);
    assert_owes("SMS_DITOLAK");
}

/* --- correcting and cancelling -------------------------------------------------------------- */

static void test_the_asked_correction_goes_back_to_the_officers(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), world_register_merchant());
    world_decide(regno, MERCHANT_EVENT_FIX, "P02");
    world.now_ms += CALENDAR_MINUTE_MS;
    world_answer("baru_nama", "SITI AMINAH BINTI ALI");
    assert_string_equal(world_act("ubah"), "sudah"); /* not what was asked for */
    assert_int_equal(world_merchant_at(0)->changed_ms, world.now_ms);
    assert_owes("SMS_UBAH");
    assert_string_equal(world_fact("isi"), "nama");
    assert_string_equal(world_fact("status"), "PERLU_PERBAIKAN");
    assert_null(menu_state_answer(&world.state, "baru_nama"));

    world_answer("baru_nik", "1801994101809999");
    assert_string_equal(world_act("ubah"), "dikirim");
    assert_owes("SMS_UBAH");
    assert_string_equal(world_fact("isi"), "NIK");
    assert_string_equal(world_fact("hari_ini"), "24-11-2026");
    assert_changed(0, "PERLU_PERBAIKAN", "TERKIRIM", "correct");
    assert_string_equal(world_merchant_at(0)->reason, "");
    assert_int_equal(world_merchant_at(0)->deadline_ms, 0);
    assert_int_equal(world_armed(PROGRAMME_TIMER_LAPSE), 0);
    assert_int_equal(world_armed(PROGRAMME_TIMER_REMIND), 0);
}

static void test_a_new_place_is_regency_and_district(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), world_register_merchant());
    world_decide(regno, MERCHANT_EVENT_FIX, "P05");
    world_answer("baru_kab", "1871");
    world_answer("baru_kec", "187109");
    world_answer("baru_kec_tebak", "1");
    assert_string_equal(world_act("ubah"), "dikirim");
    assert_string_equal(world_merchant_at(0)->regency, "1871");
    assert_string_equal(world_merchant_at(0)->district, "187109");
    assert_int_equal(world_merchant_at(0)->flags, MERCHANT_FLAG_DISTRICT_FUZZY);
    assert_string_equal(world_fact("isi"), "lokasi usaha");
    assert_string_equal(world_fact("isi_en"), "location");
    assert_string_equal(world_merchant_at(0)->regno, regno); /* the number stays */
}

/* What an officer is to look at is found in what is sent, and again in what is corrected. */
static void test_what_is_odd_is_flagged(void **state)
{
    (void)state;
    world_fill_draft();
    world_answer("nama", "SITI");
    world_act("daftar");
    assert_int_equal(world_merchant_at(0)->flags, MERCHANT_FLAG_NAME_WORDS);
    world_answer("baru_nama", "SITI AMINAH");
    world_act("ubah");
    assert_int_equal(world_merchant_at(0)->flags, 0);
}

/* ... What else is known of it stays until the data that it is about is another. */
static void test_a_correction_keeps_the_flags_of_the_rest(void **state)
{
    const uint32_t both = MERCHANT_FLAG_DISTRICT_FUZZY | MERCHANT_FLAG_NIK_USED;

    (void)state;
    world_fill_draft();
    world_answer("nik", "1871994101809999");
    world_answer("kec_tebak", "1");
    world_act("daftar");
    world_begin();
    world.p.subscriber.merchants[0].flags |= MERCHANT_FLAG_NIK_USED;
    world.p.record_changed = true;
    world_end();
    world_answer("baru_usaha", "WARUNG BARU");
    assert_string_equal(world_act("ubah"), "sudah");
    assert_int_equal(world_merchant_at(0)->flags, both);
    world_answer("baru_nik", "1871994101809999"); /* the same again */
    world_act("ubah");
    assert_int_equal(world_merchant_at(0)->flags, both);
    world_answer("baru_nik", "1871994101809998");
    world_act("ubah");
    assert_int_equal(world_merchant_at(0)->flags, MERCHANT_FLAG_DISTRICT_FUZZY);
    world_answer("baru_kab", "1871");
    world_answer("baru_kec", "187109");
    world_act("ubah");
    assert_int_equal(world_merchant_at(0)->flags, 0);
}

/* Its district was asked for, and the way back taken. */
static void test_a_regency_alone_is_no_correction(void **state)
{
    (void)state;
    world_answer("baru_nama", "BUDI");
    assert_string_equal(world_act("ubah"), "kosong"); /* there is no registration */
    world_register_merchant();
    world_answer("baru_kab", "1871");
    world_answer("baru_nama", "BUDI");
    assert_string_equal(world_act("ubah"), "sudah");
    assert_string_equal(world_merchant_at(0)->name, "BUDI");
    assert_string_equal(world_merchant_at(0)->regency, "1872");
    assert_string_equal(world_fact("isi"), "nama");
    assert_null(menu_state_answer(&world.state, "baru_kab"));
    world_answer("baru_kab", "1871");
    assert_string_equal(world_act("ubah"), "kosong");
}

static void test_data_is_locked_while_it_is_checked(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), world_register_merchant());
    assert_string_equal(world_fact("boleh_ubah"), "1");
    world_decide(regno, MERCHANT_EVENT_REVIEW, NULL);
    assert_string_equal(world_fact("boleh_ubah"), "");
    world_answer("baru_nama", "BUDI");
    assert_string_equal(world_act("ubah"), "terkunci");
    assert_owes(NULL);
    assert_false(world.p.record_changed);
    assert_null(menu_state_answer(&world.state, "baru_nama"));
    assert_string_equal(world_act("ubah"), "kosong");
}

static void test_a_call_answers_a_phone_that_was_not_reached(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), world_register_merchant());
    world_decide(regno, MERCHANT_EVENT_FIX, "P06");
    assert_string_equal(world_fact("perbaiki"), "telepon");
    world_answer("waktu_telepon", "2");
    assert_string_equal(world_act("telepon"), "dicatat");
    assert_string_equal(world_fact("status"), "TERKIRIM");
    assert_string_equal(world_fact("slot"), "siang");
    assert_int_equal(world.p.change_count, 2);
    assert_changed(0, NULL, "TIKET", "ticket-call");
    assert_changed(1, "PERLU_PERBAIKAN", "TERKIRIM", "correct");
    assert_owes(NULL); /* nothing was changed */
}

/* The phone is that of all the registrations. */
static void test_a_call_answers_for_every_registration(void **state)
{
    char regno[SUBSCRIBER_LIVE_MAX][MERCHANT_REGNO_BYTES];

    (void)state;
    for (unsigned i = 0; i < SUBSCRIBER_LIVE_MAX; i++)
        text_copy(regno[i], sizeof(regno[i]), world_register_merchant());
    for (unsigned i = 0; i < SUBSCRIBER_LIVE_MAX; i++)
        world_decide(regno[i], MERCHANT_EVENT_FIX, "P06");
    assert_string_equal(world_act("telepon"), "dicatat");
    assert_int_equal(world.p.change_count, 1 + SUBSCRIBER_LIVE_MAX);
    for (unsigned i = 0; i < SUBSCRIBER_LIVE_MAX; i++)
        assert_int_equal(world_merchant_at(i)->status, MERCHANT_TERKIRIM);
    assert_int_equal(world_armed(PROGRAMME_TIMER_LAPSE), 0);
}

static void test_cancelling(void **state)
{
    (void)state;
    assert_string_equal(world_act("batal"), "tidak");
    world_register_merchant();
    world_register_merchant();
    world_answer("pilih", "2");
    assert_string_equal(world_act("batal"), "batal");
    assert_owes("SMS_BATAL");
    assert_changed(0, "TERKIRIM", "DIBATALKAN", "cancel");
    assert_int_equal(world_merchant_at(0)->status, MERCHANT_TERKIRIM);
    assert_int_equal(world_merchant_at(1)->status, MERCHANT_DIBATALKAN);
    assert_string_equal(world_fact("jumlah"), "1");
    assert_string_equal(world_fact("terdaftar"), "2");
    menu_state_remove_answer(&world.state, "pilih");
    world_act("batal");
    assert_string_equal(world_act("batal"), "tidak");
}

/* An officer decides on it while its screen is shown: now it stands behind the others. */
static void test_the_one_that_was_chosen_is_meant(void **state)
{
    char first[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(first, sizeof(first), world_register_merchant());
    world_register_merchant();
    world_begin();
    world_answer("pilih", world_fact("noreg1"));
    world_decide(first, MERCHANT_EVENT_REVIEW, NULL);
    world_decide(first, MERCHANT_EVENT_REJECT, "T04");
    world_begin();
    assert_string_equal(world_fact("status"), "DITOLAK");
    assert_string_equal(world_act("batal"), "batal");
    assert_string_equal(world_merchant_at(0)->regno, first);
    assert_int_equal(world_merchant_at(0)->status, MERCHANT_DIBATALKAN);
    assert_int_equal(world_merchant_at(1)->status, MERCHANT_TERKIRIM);
    world_answer("pilih", "1871-000042-1"); /* no number of theirs */
    assert_string_equal(world_act("batal"), "tidak");
}

/* --- the tables ----------------------------------------------------------------------------- */

static void test_every_action_and_fact_has_its_function(void **state)
{
    const struct menu_vocabulary *v = &programme_vocabulary;

    (void)state;
    for (size_t i = 0; i < v->action_count; i++) {
        assert_non_null(programme_find_action(v->actions[i].name));
        assert_non_null(v->actions[i].results[0]);
    }
    /* every fact can be asked of nobody and of somebody, and none is longer than it says */
    for (unsigned registered = 0; registered < 2; registered++) {
        world_begin();
        for (size_t i = 0; i < v->fact_count; i++) {
            const char *value = world_fact(v->facts[i].name);

            assert_true(strlen(value) <= v->facts[i].value_max);
        }
        world_register_merchant();
    }
    assert_string_equal(world_fact("no such fact"), "");
}

/* The lines of the manual that begin an item, each between newlines. */
static void read_manual_items(char items[16384])
{
    FILE *file = fopen("docs/man/warung-programme.5", "r");
    char line[256];

    assert_non_null(file);
    strcpy(items, "\n");
    while (fgets(line, sizeof(line), file) != NULL) {
        assert_true(strlen(items) + sizeof(line) < 16384);
        if (strncmp(line, ".It Ic ", 7) == 0)
            strcat(items, line + 6);
    }
    fclose(file);
}

static void assert_item(const char *items, const char *item)
{
    if (strstr(items, item) == NULL)
        fail_msg("the manual does not have \"%s\"", item);
}

static void test_the_manual_has_every_row(void **state)
{
    const struct menu_vocabulary *v = &programme_vocabulary;
    static char items[16384];
    char item[256];

    (void)state;
    read_manual_items(items);
    for (size_t i = 0; i < strlen(items); i++) /* so that every word ends with a blank */
        items[i] = items[i] == '\n' ? ' ' : items[i];
    for (size_t i = 0; i < v->rule_count; i++) {
        snprintf(item, sizeof(item), " %s ", v->rules[i].name);
        assert_item(items, item);
    }
    for (size_t i = 0; i < v->fact_count; i++) {
        snprintf(item, sizeof(item), " %s ", v->facts[i].name);
        assert_item(items, item);
    }
    for (size_t i = 0; i < v->action_count; i++) {
        size_t size = (size_t)snprintf(item, sizeof(item), " %s :", v->actions[i].name);

        for (unsigned k = 0; v->actions[i].results[k] != NULL; k++)
            size +=
                (size_t)snprintf(item + size, sizeof(item) - size, " %s", v->actions[i].results[k]);
        snprintf(item + size, sizeof(item) - size, " ");
        assert_item(items, item);
    }
}

/* As where a menu has one action lead to the next. */
static void test_a_step_owes_four_sms_at_most(void **state)
{
    static const char *const done[][2] = {
        {"salinan", "dikirim"}, {"ubah", "sudah"}, {"hapus", "diterima"}, {"batal", "batal"}};

    (void)state;
    world_register_merchant();
    world_answer("baru_nama", "SITI AISYAH");
    world_begin();
    programme_numbers_add(&world.p.numbers, "tiket", 7);
    for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++)
        assert_string_equal(programme_act(&world.p, done[i][0], &world.state), done[i][1]);
    assert_int_equal(world.p.sms_count, 4);
    assert_string_equal(programme_act(&world.p, "bahasa", &world.state), "no-room");
    world_end();
    assert_int_equal(world_merchant_at(0)->status, MERCHANT_DIBATALKAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_step_owes_four_sms_at_most, world_setup),
        cmocka_unit_test_setup(test_consent_arms_the_drafts_timers, world_setup),
        cmocka_unit_test_setup(test_sending_makes_a_registration, world_setup),
        cmocka_unit_test_setup(test_sending_one_draft_twice_is_sending_it_once, world_setup),
        cmocka_unit_test_setup(test_what_is_missing_is_not_sent, world_setup),
        cmocka_unit_test_setup(test_three_live_registrations_are_the_limit, world_setup),
        cmocka_unit_test_setup(test_the_oldest_that_is_over_makes_way, world_setup),
        cmocka_unit_test_setup(test_a_regency_can_run_out_of_numbers, world_setup),
        cmocka_unit_test_setup(test_an_officer_reviews_and_approves, world_setup),
        cmocka_unit_test_setup(test_reasons_belong_to_decisions, world_setup),
        cmocka_unit_test_setup(test_a_correction_is_due_in_fourteen_days, world_setup),
        cmocka_unit_test_setup(test_who_is_sent_back_again_is_reminded_again, world_setup),
        cmocka_unit_test_setup(test_timers_serve_the_first_that_is_due, world_setup),
        cmocka_unit_test_setup(test_after_a_standstill_nobody_is_told_at_night_or_too_late,
                               world_setup),
        cmocka_unit_test_setup(test_the_asked_correction_goes_back_to_the_officers, world_setup),
        cmocka_unit_test_setup(test_a_new_place_is_regency_and_district, world_setup),
        cmocka_unit_test_setup(test_what_is_odd_is_flagged, world_setup),
        cmocka_unit_test_setup(test_a_correction_keeps_the_flags_of_the_rest, world_setup),
        cmocka_unit_test_setup(test_a_regency_alone_is_no_correction, world_setup),
        cmocka_unit_test_setup(test_data_is_locked_while_it_is_checked, world_setup),
        cmocka_unit_test_setup(test_a_call_answers_a_phone_that_was_not_reached, world_setup),
        cmocka_unit_test_setup(test_a_call_answers_for_every_registration, world_setup),
        cmocka_unit_test_setup(test_cancelling, world_setup),
        cmocka_unit_test_setup(test_the_one_that_was_chosen_is_meant, world_setup),
        cmocka_unit_test_setup(test_every_action_and_fact_has_its_function, world_setup),
        cmocka_unit_test(test_the_manual_has_every_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
