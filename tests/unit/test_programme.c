/* The programme's actions, decisions and timers on one subscriber: what each changes, owes, lists
 * and arms. The menu is not here: a state with answers stands for the dialogue. */
#include "merchants/regno.h"
#include "merchants/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MSISDN "6281200000001"
#define DAY    CALENDAR_DAY_MS

/* Tuesday 24 November 2026, 10:00 in Lampung. */
#define NOW (INT64_C(1795453200000) + 10 * CALENDAR_HOUR_MS)

/* One subscriber from turn to turn: what the store would keep. */
struct world {
    struct programme p;
    struct menu_state state;
    uint8_t record[8192];
    size_t record_size;
    int64_t now_ms;
    uint64_t next_number;
    unsigned asked_numbers;
    /* somebody else's record, for lookups */
    struct subscriber other;
    const char *other_msisdn;
};

static struct world world;

static void begin(void)
{
    bool is_readable = programme_begin(&world.p, MSISDN, span_of(world.record, world.record_size),
                                       world.now_ms, &world.state);

    assert_true(is_readable);
    world.p.bucket = 7;
    world.p.buckets = 256;
}

static void end(void)
{
    struct writer w;

    if (!world.p.record_changed)
        return;
    writer_init(&w, world.record, sizeof(world.record));
    programme_encode(&world.p, &w);
    assert_false(w.failed);
    world.record_size = world.p.is_erased ? 0 : writer_size(&w);
}

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    menu_state_init(&world.state);
    text_copy(world.state.language, sizeof(world.state.language), "id");
    world.now_ms = NOW;
    world.next_number = 42;
    return 0;
}

/* As the driver does: runs the action anew once a need is satisfied. */
static const char *act(const char *action)
{
    const char *result;

    begin();
    result = programme_act(&world.p, action, &world.state);
    if (result == NULL && world.p.need.kind == PROGRAMME_NEEDS_NUMBER) {
        world.asked_numbers++;
        begin();
        world.p.number = world.next_number++;
        result = programme_act(&world.p, action, &world.state);
    } else if (result == NULL && world.p.need.kind == PROGRAMME_NEEDS_RECORD) {
        begin();
        world.p.has_found = true;
        world.p.found = world.other_msisdn != NULL;
        world.p.other = world.other;
        if (world.p.found)
            text_copy(world.p.other_msisdn, sizeof(world.p.other_msisdn), world.other_msisdn);
        result = programme_act(&world.p, action, &world.state);
    }
    assert_non_null(result);
    end();
    return result;
}

static enum programme_verdict decide(const char *regno, enum merchant_event event,
                                     const char *reason)
{
    enum programme_verdict verdict;

    begin();
    verdict = programme_decide(&world.p, regno, event, reason);
    end();
    return verdict;
}

static void fire(const char *kind)
{
    begin();
    programme_on_timer(&world.p, kind, &world.state);
    end();
}

static void answer(const char *field, const char *value)
{
    assert_true(menu_state_set_answer(&world.state, field, value));
}

static void fill_draft(const char *name)
{
    world.state.has_draft = true;
    world.state.draft_since_ms = world.now_ms;
    answer("nama", name);
    answer("usaha", "WARUNG SITI");
    answer("jenis", "WARUNG");
    answer("kab", "1872");
    answer("kec", "187201");
    answer("omzet", "1");
    answer("hp", "3");
}

static const char *fact(const char *name)
{
    static char value[MENU_VALUE_BYTES];
    struct menu_facts facts = programme_facts(&world.p);

    return facts.get(facts.ctx, name, value) ? value : "";
}

static const char *register_merchant(void)
{
    static char regno[MERCHANT_REGNO_BYTES];

    fill_draft("SITI AMINAH");
    assert_string_equal(act("daftar"), "terkirim");
    text_copy(regno, sizeof(regno), world.p.focus);
    world.now_ms += 1000;
    return regno;
}

static const struct merchant *merchant_at(unsigned i)
{
    assert_true(i < world.p.subscriber.merchant_count);
    return &world.p.subscriber.merchants[i];
}

static int64_t armed(const char *kind)
{
    for (unsigned i = 0; i < world.p.timer_count; i++) {
        if (strcmp(world.p.timers[i].kind, kind) == 0)
            return world.p.timers[i].due_ms;
    }
    return -1;
}

static void assert_owes(const char *text)
{
    if (text == NULL) {
        assert_int_equal(world.p.sms_count, 0);
        return;
    }
    assert_int_equal(world.p.sms_count, 1);
    assert_string_equal(world.p.sms[0], text);
}

static void assert_changed(unsigned i, const char *leave, const char *enter, const char *event)
{
    assert_true(i < world.p.change_count);
    if (leave == NULL)
        assert_null(world.p.changes[i].leave_set);
    else
        assert_string_equal(world.p.changes[i].leave_set, leave);
    if (enter == NULL)
        assert_null(world.p.changes[i].enter_set);
    else
        assert_string_equal(world.p.changes[i].enter_set, enter);
    assert_string_equal(world.p.changes[i].event, event);
}

/* --- sending -------------------------------------------------------------------------------- */

static void test_consent_arms_the_drafts_timers(void **state)
{
    (void)state;
    assert_string_equal(act("setuju"), "ya");
    assert_int_equal(armed(PROGRAMME_TIMER_NUDGE), NOW + 30 * CALENDAR_MINUTE_MS);
    assert_int_equal(armed(PROGRAMME_TIMER_DRAFT), NOW + 7 * DAY);
    assert_false(world.p.record_changed);
}

static void test_sending_makes_a_registration(void **state)
{
    const struct merchant *m;

    (void)state;
    fill_draft("SITI AMINAH");
    answer("nik", "1871994101809999");
    text_copy(world.state.draft_language, sizeof(world.state.draft_language), "id");
    memcpy(world.state.draft_menu_id, "\x01\x23\x45\x67\x89\xab\xcd\xef", MENU_ID_BYTES);
    assert_string_equal(act("daftar"), "terkirim");
    assert_int_equal(world.asked_numbers, 1);
    m = merchant_at(0);
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
    assert_int_equal(armed(PROGRAMME_TIMER_NUDGE), 0);
    assert_int_equal(armed(PROGRAMME_TIMER_DRAFT), 0);
    /* the draft is gone, and the texts are about the new registration */
    assert_false(world.state.has_draft);
    assert_null(menu_state_answer(&world.state, "nama"));
    assert_string_equal(fact("noreg"), "1872-010759-7");
    assert_string_equal(fact("nama"), "SITI AMINAH");
    assert_string_equal(fact("nik4"), "****9999");
    assert_string_equal(fact("hp4"), "****0001");
    assert_string_equal(fact("tgl_kirim"), "24-11-2026");
}

static void test_sending_one_draft_twice_is_sending_it_once(void **state)
{
    struct menu_state before;
    char first[MERCHANT_REGNO_BYTES];

    (void)state;
    fill_draft("SITI AMINAH");
    before = world.state;
    act("daftar");
    text_copy(first, sizeof(first), world.p.focus);

    world.state = before;
    world.now_ms += 5000;
    assert_string_equal(act("daftar"), "terkirim");
    assert_int_equal(world.asked_numbers, 1);
    assert_string_equal(world.p.focus, first);
    assert_int_equal(world.p.subscriber.merchant_count, 1);
    assert_int_equal(world.p.change_count, 0);
    assert_owes(NULL);
    assert_false(world.p.record_changed);
    assert_false(world.state.has_draft);
}

static void test_what_is_missing_is_not_sent(void **state)
{
    static const char *const required[] = {"nama", "usaha", "jenis", "kab", "kec"};

    (void)state;
    assert_string_equal(act("daftar"), "kurang"); /* no draft at all */
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        fill_draft("SITI AMINAH");
        menu_state_remove_answer(&world.state, required[i]);
        assert_string_equal(act("daftar"), "kurang");
        assert_true(world.state.has_draft);
    }
    fill_draft("SITI AMINAH");
    menu_state_remove_answer(&world.state, "omzet");
    menu_state_remove_answer(&world.state, "hp");
    assert_string_equal(act("daftar"), "terkirim");
}

static void test_three_live_registrations_are_the_limit(void **state)
{
    char regnos[3][MERCHANT_REGNO_BYTES];

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        text_copy(regnos[i], sizeof(regnos[i]), register_merchant());
    fill_draft("SITI AMINAH");
    assert_string_equal(act("daftar"), "penuh");
    assert_true(world.state.has_draft);
    assert_string_equal(fact("jumlah"), "3");

    /* what is rejected or cancelled makes room */
    decide(regnos[0], MERCHANT_EVENT_REVIEW, NULL);
    decide(regnos[0], MERCHANT_EVENT_REJECT, "T01");
    assert_string_equal(act("daftar"), "terkirim");
    assert_string_equal(fact("jumlah"), "3");
    assert_string_equal(fact("terdaftar"), "3"); /* live ones first, no more than three shown */
}

static void test_the_oldest_that_is_over_makes_way(void **state)
{
    char first[MERCHANT_REGNO_BYTES];

    (void)state;
    for (unsigned i = 0; i < SUBSCRIBER_MERCHANTS_MAX; i++) {
        register_merchant();
        if (i == 0)
            text_copy(first, sizeof(first), world.p.focus);
        assert_string_equal(act("batal"), "batal");
    }
    register_merchant();
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
    fill_draft("SITI AMINAH");
    assert_string_equal(act("daftar"), "gagal");
    assert_int_equal(world.p.subscriber.merchant_count, 0);
    assert_true(world.state.has_draft);
}

/* --- officers ------------------------------------------------------------------------------- */

static void test_an_officer_reviews_and_approves(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), register_merchant());
    assert_int_equal(decide(regno, MERCHANT_EVENT_APPROVE, NULL), PROGRAMME_NOT_ALLOWED);
    assert_owes(NULL);
    assert_false(world.p.record_changed);
    assert_int_equal(decide(regno, MERCHANT_EVENT_REVIEW, NULL), PROGRAMME_DONE);
    assert_owes("SMS_DIPERIKSA");
    assert_changed(0, "TERKIRIM", "DIPERIKSA", "review");
    assert_string_equal(world.p.changes[0].actor, "officer");
    assert_int_equal(decide(regno, MERCHANT_EVENT_APPROVE, ""), PROGRAMME_DONE);
    assert_owes("SMS_DISETUJUI");
    assert_string_equal(fact("status"), "DISETUJUI");
    assert_string_equal(fact("catatan"), "DISETUJUI, petugas akan menghubungi");
    assert_int_equal(decide(regno, MERCHANT_EVENT_APPROVE, NULL), PROGRAMME_NOT_ALLOWED);
    assert_int_equal(decide("18720107598", MERCHANT_EVENT_REVIEW, NULL),
                     PROGRAMME_NO_SUCH_REGISTRATION);
}

static void test_reasons_belong_to_decisions(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), register_merchant());
    assert_int_equal(decide(regno, MERCHANT_EVENT_REVIEW, "P01"), PROGRAMME_BAD_REASON);
    decide(regno, MERCHANT_EVENT_REVIEW, NULL);
    assert_int_equal(decide(regno, MERCHANT_EVENT_FIX, NULL), PROGRAMME_BAD_REASON);
    assert_int_equal(decide(regno, MERCHANT_EVENT_FIX, "T01"), PROGRAMME_BAD_REASON);
    assert_int_equal(decide(regno, MERCHANT_EVENT_FIX, "P99"), PROGRAMME_BAD_REASON);
    assert_int_equal(decide(regno, MERCHANT_EVENT_REJECT, "P01"), PROGRAMME_BAD_REASON);
    assert_int_equal(decide(regno, MERCHANT_EVENT_REJECT, ""), PROGRAMME_BAD_REASON);
    assert_int_equal(decide(regno, MERCHANT_EVENT_APPROVE, "T01"), PROGRAMME_BAD_REASON);
    assert_int_equal(decide(regno, MERCHANT_EVENT_REJECT, "T04"), PROGRAMME_DONE);
    assert_owes("SMS_DITOLAK");
    assert_string_equal(fact("alasan"), "Data tidak dapat diverifikasi");
    assert_string_equal(fact("alasan_en"), "Data could not be verified");
}

static void test_a_correction_is_due_in_fourteen_days(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];
    int64_t deadline_ms;

    (void)state;
    text_copy(regno, sizeof(regno), register_merchant());
    assert_int_equal(decide(regno, MERCHANT_EVENT_FIX, "P05"), PROGRAMME_DONE);
    assert_owes("SMS_PERBAIKAN");
    assert_string_equal(fact("alasan"), "Lokasi usaha belum tepat");
    assert_string_equal(fact("perbaiki"), "kab");
    assert_string_equal(fact("tgl_batas"), "08-12-2026");
    deadline_ms = calendar_start_ms((struct calendar_date){2026, 12, 9});
    assert_int_equal(merchant_at(0)->deadline_ms, deadline_ms);
    /* at an hour when people are awake */
    assert_int_equal(armed(PROGRAMME_TIMER_REMIND), deadline_ms - 3 * DAY + 8 * CALENDAR_HOUR_MS);
    assert_int_equal(armed(PROGRAMME_TIMER_LAPSE), deadline_ms + 8 * CALENDAR_HOUR_MS);

    world.now_ms = deadline_ms - 3 * DAY; /* early: nothing yet */
    fire(PROGRAMME_TIMER_REMIND);
    assert_owes(NULL);
    assert_int_equal(armed(PROGRAMME_TIMER_REMIND), deadline_ms - 3 * DAY + 8 * CALENDAR_HOUR_MS);
    world.now_ms += 8 * CALENDAR_HOUR_MS;
    fire(PROGRAMME_TIMER_REMIND);
    assert_owes("SMS_PERBAIKAN_INGAT");
    assert_int_equal(armed(PROGRAMME_TIMER_REMIND), 0);
    fire(PROGRAMME_TIMER_REMIND); /* given twice: told once */
    assert_owes(NULL);

    world.now_ms = deadline_ms + 8 * CALENDAR_HOUR_MS;
    fire(PROGRAMME_TIMER_LAPSE);
    assert_owes("SMS_DITOLAK");
    assert_changed(0, "PERLU_PERBAIKAN", "DITOLAK", "lapse");
    assert_string_equal(world.p.changes[0].actor, "timer");
    assert_string_equal(fact("alasan"), "Batas waktu perbaikan lewat");
    assert_int_equal(armed(PROGRAMME_TIMER_LAPSE), 0);
    fire(PROGRAMME_TIMER_LAPSE);
    assert_owes(NULL);
    assert_int_equal(world.p.change_count, 0);
}

static void test_timers_serve_the_first_that_is_due(void **state)
{
    char first[MERCHANT_REGNO_BYTES], second[MERCHANT_REGNO_BYTES];
    int64_t first_ms, second_ms;

    (void)state;
    text_copy(first, sizeof(first), register_merchant());
    text_copy(second, sizeof(second), register_merchant());
    decide(first, MERCHANT_EVENT_FIX, "P01");
    first_ms = armed(PROGRAMME_TIMER_LAPSE);
    world.now_ms += 2 * DAY;
    decide(second, MERCHANT_EVENT_FIX, "P02");
    assert_int_equal(armed(PROGRAMME_TIMER_LAPSE), first_ms);
    second_ms = first_ms + 2 * DAY;

    /* both are late: one at a time, each with its own SMS */
    world.now_ms = second_ms;
    fire(PROGRAMME_TIMER_LAPSE);
    assert_owes("SMS_DITOLAK");
    assert_string_equal(fact("noreg"), "1872-010759-7");
    assert_int_equal(armed(PROGRAMME_TIMER_LAPSE), second_ms);
    fire(PROGRAMME_TIMER_LAPSE);
    assert_owes("SMS_DITOLAK");
    assert_string_equal(world.p.focus, second);
    assert_int_equal(armed(PROGRAMME_TIMER_LAPSE), 0);
}

/* --- correcting and cancelling -------------------------------------------------------------- */

static void test_the_asked_correction_goes_back_to_the_officers(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), register_merchant());
    decide(regno, MERCHANT_EVENT_FIX, "P02");
    answer("baru_nama", "SITI AMINAH BINTI ALI");
    assert_string_equal(act("ubah"), "sudah"); /* not what was asked for */
    assert_owes("SMS_UBAH");
    assert_string_equal(fact("isi"), "nama");
    assert_string_equal(fact("status"), "PERLU_PERBAIKAN");
    assert_null(menu_state_answer(&world.state, "baru_nama"));

    answer("baru_nik", "1801994101809999");
    assert_string_equal(act("ubah"), "dikirim");
    assert_owes("SMS_UBAH");
    assert_string_equal(fact("isi"), "NIK");
    assert_string_equal(fact("hari_ini"), "24-11-2026");
    assert_changed(0, "PERLU_PERBAIKAN", "TERKIRIM", "correct");
    assert_string_equal(merchant_at(0)->reason, "");
    assert_int_equal(merchant_at(0)->deadline_ms, 0);
    assert_int_equal(armed(PROGRAMME_TIMER_LAPSE), 0);
    assert_int_equal(armed(PROGRAMME_TIMER_REMIND), 0);
}

static void test_a_new_place_is_regency_and_district(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), register_merchant());
    decide(regno, MERCHANT_EVENT_FIX, "P05");
    answer("baru_kab", "1871");
    answer("baru_kec", "187109");
    answer("baru_kec_tebak", "1");
    assert_string_equal(act("ubah"), "dikirim");
    assert_string_equal(merchant_at(0)->regency, "1871");
    assert_string_equal(merchant_at(0)->district, "187109");
    assert_int_equal(merchant_at(0)->flags, MERCHANT_FLAG_DISTRICT_FUZZY);
    assert_string_equal(fact("isi"), "lokasi usaha");
    assert_string_equal(fact("isi_en"), "location");
    assert_string_equal(merchant_at(0)->regno, regno); /* the number stays */
}

static void test_data_is_locked_while_it_is_checked(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), register_merchant());
    assert_string_equal(fact("boleh_ubah"), "1");
    decide(regno, MERCHANT_EVENT_REVIEW, NULL);
    assert_string_equal(fact("boleh_ubah"), "");
    answer("baru_nama", "BUDI");
    assert_string_equal(act("ubah"), "terkunci");
    assert_owes(NULL);
    assert_false(world.p.record_changed);
    assert_null(menu_state_answer(&world.state, "baru_nama"));
    assert_string_equal(act("ubah"), "kosong");
}

static void test_a_call_answers_a_phone_that_was_not_reached(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), register_merchant());
    decide(regno, MERCHANT_EVENT_FIX, "P06");
    assert_string_equal(fact("perbaiki"), "telepon");
    answer("waktu_telepon", "2");
    assert_string_equal(act("telepon"), "dicatat");
    assert_string_equal(fact("status"), "TERKIRIM");
    assert_string_equal(fact("slot"), "siang");
    assert_int_equal(world.p.change_count, 2);
    assert_changed(0, NULL, "TIKET", "ticket-call");
    assert_changed(1, "PERLU_PERBAIKAN", "TERKIRIM", "correct");
}

static void test_cancelling(void **state)
{
    (void)state;
    assert_string_equal(act("batal"), "tidak");
    register_merchant();
    register_merchant();
    answer("pilih", "2");
    assert_string_equal(act("batal"), "batal");
    assert_owes("SMS_BATAL");
    assert_changed(0, "TERKIRIM", "DIBATALKAN", "cancel");
    assert_int_equal(merchant_at(0)->status, MERCHANT_TERKIRIM);
    assert_int_equal(merchant_at(1)->status, MERCHANT_DIBATALKAN);
    assert_string_equal(fact("jumlah"), "1");
    assert_string_equal(fact("terdaftar"), "2");
    menu_state_remove_answer(&world.state, "pilih");
    act("batal");
    assert_string_equal(act("batal"), "tidak");
}

/* --- looking up ----------------------------------------------------------------------------- */

static void give_other(const char *msisdn)
{
    struct merchant *m, dropped;

    subscriber_init(&world.other);
    m = subscriber_add(&world.other, &dropped);
    text_copy(m->regno, sizeof(m->regno), "18710000421");
    text_copy(m->name, sizeof(m->name), "BUDI SANTOSO");
    text_copy(m->reason, sizeof(m->reason), "P01");
    m->status = MERCHANT_PERLU_PERBAIKAN;
    m->submitted_ms = NOW - 3 * DAY;
    world.other_msisdn = msisdn;
}

static void test_somebodys_status_shows_no_personal_data(void **state)
{
    (void)state;
    give_other("6281300004321");
    answer("noreg_cari", "18710000421");
    answer("hp4_cari", "4321");
    assert_string_equal(act("cari"), "ada");
    assert_false(world.p.record_changed);
    begin(); /* the next turn, without the other record */
    assert_string_equal(fact("noreg"), "1871-000042-1");
    assert_string_equal(fact("status"), "PERLU_PERBAIKAN");
    assert_string_equal(fact("tgl_kirim"), "21-11-2026");
    assert_string_equal(fact("alasan"), "Nama beda dengan KTP");
    assert_string_equal(fact("milik"), "");
    assert_string_equal(fact("nama"), "");
    assert_string_equal(fact("boleh_ubah"), "");
    assert_string_equal(fact("perbaiki"), "");
}

static void test_wrong_digits_are_few_an_hour(void **state)
{
    (void)state;
    give_other("6281300004321");
    answer("noreg_cari", "18710000421");
    answer("hp4_cari", "0000");
    assert_string_equal(act("cari"), "salah");
    assert_string_equal(act("cari"), "salah");
    world.other_msisdn = NULL; /* no such number: told the same */
    assert_string_equal(act("cari"), "habis");
    give_other("6281300004321");
    answer("hp4_cari", "4321"); /* right, but too late */
    assert_string_equal(act("cari"), "habis");
    world.now_ms += CALENDAR_HOUR_MS - 1;
    assert_string_equal(act("cari"), "habis");
    world.now_ms += 1;
    assert_string_equal(act("cari"), "ada");
}

static void test_ones_own_number_needs_no_search(void **state)
{
    (void)state;
    answer("noreg_cari", register_merchant());
    answer("hp4_cari", "0001");
    assert_string_equal(act("cari"), "ada");
    assert_int_equal(world.p.need.kind, PROGRAMME_NEEDS_NOTHING);
    assert_string_equal(fact("status"), "TERKIRIM");
}

static void test_a_copy_goes_to_the_phone(void **state)
{
    (void)state;
    assert_string_equal(act("salinan"), "kosong");
    register_merchant();
    assert_string_equal(act("salinan"), "dikirim");
    assert_owes("SMS_SALINAN");
    assert_string_equal(fact("jenis"), "WARUNG");
    assert_string_equal(fact("kab"), "1872");
}

/* --- a number's own wishes ------------------------------------------------------------------ */

static void test_stop_and_start(void **state)
{
    (void)state;
    assert_string_equal(act("kabari"), "dicatat");
    assert_true(world.p.subscriber.training_news);
    assert_string_equal(act("stop"), "berhenti");
    assert_false(world.p.subscriber.training_news);
    assert_string_equal(fact("sms_berhenti"), "1");
    assert_int_equal(armed(PROGRAMME_TIMER_NUDGE), 0);
    assert_string_equal(act("mulai"), "aktif");
    assert_string_equal(fact("sms_berhenti"), "");
}

static void test_a_call_is_one_ticket(void **state)
{
    char number[TICKET_BYTES];

    (void)state;
    answer("waktu_telepon", "1");
    assert_string_equal(act("telepon"), "dicatat");
    assert_changed(0, NULL, PROGRAMME_TICKET_SET, "ticket-call");
    assert_string_equal(fact("tiket"), "T0010759");
    assert_string_equal(fact("slot_en"), "morning");
    text_copy(number, sizeof(number), world.p.ticket);
    answer("waktu_telepon", "3");
    assert_string_equal(act("telepon"), "dicatat"); /* asked again: the later slot */
    assert_int_equal(world.p.change_count, 0);
    assert_int_equal(world.p.subscriber.ticket_count, 1);
    assert_int_equal(world.p.subscriber.tickets[0].slot, '3');
    assert_string_equal(act("penipuan"), "dicatat");
    assert_string_equal(act("minta_ubah"), "dicatat");
    assert_string_equal(act("macet"), "dicatat");
    assert_int_equal(world.p.subscriber.ticket_count, 4);

    begin();
    assert_true(programme_finish_ticket(&world.p, number));
    assert_changed(0, PROGRAMME_TICKET_SET, NULL, "ticket-done");
    end();
    begin();
    assert_false(programme_finish_ticket(&world.p, number));
    assert_int_equal(world.p.subscriber.ticket_count, 3);
}

static void test_ticket_numbers_come_round(void **state)
{
    (void)state;
    world.next_number = 10000000 / 256 + 5;
    act("penipuan");
    assert_string_equal(fact("tiket"), "T0001287"); /* 5 * 256 + 7 */
}

static void test_language_is_kept_with_a_registration(void **state)
{
    (void)state;
    act("bahasa");
    assert_false(world.p.record_changed);
    register_merchant();
    text_copy(world.state.language, sizeof(world.state.language), "en");
    assert_string_equal(act("bahasa"), "ya");
    assert_string_equal(world.p.subscriber.language, "en");
    act("bahasa");
    assert_false(world.p.record_changed);
}

static void test_unknown_sms_are_answered_thrice_a_day(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(act("sms_lain"), "bantuan");
    assert_string_equal(act("sms_lain"), "diam");
    assert_false(world.p.record_changed);
    world.now_ms += DAY;
    assert_string_equal(act("sms_lain"), "bantuan");
}

static void test_machines_are_known_by_their_address(void **state)
{
    static const struct {
        const char *msisdn;
        const char *is_machine;
    } rows[] = {{MSISDN, ""}, {"60123456789", ""}, {"4444", "1"}, {"TELKOMSEL", "1"}, {"", "1"}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        programme_begin(&world.p, rows[i].msisdn, span_of(NULL, 0), NOW, &world.state);
        assert_string_equal(fact("mesin"), rows[i].is_machine);
    }
}

/* --- being forgotten ------------------------------------------------------------------------ */

static void test_erasure_takes_everything(void **state)
{
    char regno[MERCHANT_REGNO_BYTES], ticket[TICKET_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), register_merchant());
    act("telepon");
    assert_string_equal(act("hapus"), "diterima");
    assert_owes("SMS_HAPUS_TERIMA");
    text_copy(ticket, sizeof(ticket), world.p.ticket);
    assert_int_equal(armed(PROGRAMME_TIMER_ERASE), world.now_ms + 48 * CALENDAR_HOUR_MS);
    assert_string_equal(act("hapus"), "diterima"); /* asked twice: one ticket, one date */
    assert_string_equal(world.p.ticket, ticket);

    world.now_ms += 48 * CALENDAR_HOUR_MS - 1;
    fire(PROGRAMME_TIMER_ERASE);
    assert_false(world.p.is_erased);
    world.now_ms += 1;
    fire(PROGRAMME_TIMER_ERASE);
    assert_true(world.p.is_erased);
    assert_owes("SMS_HAPUS_SELESAI");
    assert_string_equal(fact("tiket"), ticket);
    assert_string_equal(fact("hari_ini"), "26-11-2026");
    assert_int_equal(world.p.change_count, 3);
    assert_string_equal(world.p.changes[0].member, regno);
    assert_changed(0, "TERKIRIM", NULL, "erase");
    assert_changed(1, PROGRAMME_TICKET_SET, NULL, "erase");
    assert_int_equal(world.p.timer_count, PROGRAMME_TIMERS_MAX);
    for (unsigned i = 0; i < world.p.timer_count; i++)
        assert_int_equal(world.p.timers[i].due_ms, 0);
    assert_string_equal(fact("nama"), "");
    assert_int_equal(world.record_size, 0);
    fire(PROGRAMME_TIMER_ERASE);
    assert_false(world.p.is_erased);
    assert_owes(NULL);
}

static void test_an_officer_can_call_an_erasure_off(void **state)
{
    (void)state;
    register_merchant();
    act("hapus");
    begin();
    assert_true(programme_finish_ticket(&world.p, "T0011015"));
    assert_int_equal(armed(PROGRAMME_TIMER_ERASE), 0);
    end();
    world.now_ms += 4 * DAY;
    fire(PROGRAMME_TIMER_ERASE);
    assert_false(world.p.is_erased);
    assert_int_equal(world.p.subscriber.merchant_count, 1);
}

static void test_erasure_by_sms_takes_two(void **state)
{
    (void)state;
    register_merchant();
    assert_string_equal(act("hapus_ya"), "tanya"); /* out of the blue: asked first */
    world.now_ms += 48 * CALENDAR_HOUR_MS;
    assert_string_equal(act("hapus_ya"), "tanya"); /* too late */
    world.now_ms += 1000;
    assert_string_equal(act("hapus_ya"), "diterima");
    assert_owes("SMS_HAPUS_TERIMA");
    assert_string_equal(act("hapus_tanya"), "tanya");
    assert_owes(NULL);
}

/* --- drafts --------------------------------------------------------------------------------- */

static void test_a_dropped_draft_is_nudged_once_by_day(void **state)
{
    int64_t morning =
        calendar_start_ms((struct calendar_date){2026, 11, 25}) + 8 * CALENDAR_HOUR_MS;

    (void)state;
    fill_draft("SITI AMINAH");
    begin();
    world.p.touched_ms = NOW - 10 * CALENDAR_MINUTE_MS; /* went on in between */
    programme_on_timer(&world.p, PROGRAMME_TIMER_NUDGE, &world.state);
    assert_owes(NULL);
    assert_int_equal(armed(PROGRAMME_TIMER_NUDGE), NOW + 20 * CALENDAR_MINUTE_MS);

    world.now_ms = NOW + 12 * CALENDAR_HOUR_MS; /* 22:00 */
    begin();
    world.p.touched_ms = NOW;
    programme_on_timer(&world.p, PROGRAMME_TIMER_NUDGE, &world.state);
    assert_owes(NULL);
    assert_int_equal(armed(PROGRAMME_TIMER_NUDGE), morning);

    world.now_ms = morning;
    begin();
    world.p.touched_ms = NOW;
    programme_on_timer(&world.p, PROGRAMME_TIMER_NUDGE, &world.state);
    assert_owes("SMS_NUDGE");
    assert_int_equal(armed(PROGRAMME_TIMER_NUDGE), 0);
    assert_string_equal(fact("tgl_draf"), "01-12-2026");
}

static void test_no_nudge_without_a_draft_or_after_stop(void **state)
{
    (void)state;
    fire(PROGRAMME_TIMER_NUDGE);
    assert_owes(NULL);
    assert_int_equal(armed(PROGRAMME_TIMER_NUDGE), 0);
    fill_draft("SITI AMINAH");
    act("stop");
    fire(PROGRAMME_TIMER_NUDGE);
    assert_owes(NULL);
}

static void test_a_draft_is_dropped_after_a_week(void **state)
{
    (void)state;
    fill_draft("SITI AMINAH");
    world.now_ms += 7 * DAY - 1;
    fire(PROGRAMME_TIMER_DRAFT);
    assert_true(world.state.has_draft);
    assert_int_equal(armed(PROGRAMME_TIMER_DRAFT), NOW + 7 * DAY);
    world.now_ms += 1;
    fire(PROGRAMME_TIMER_DRAFT);
    assert_false(world.state.has_draft);
    assert_null(menu_state_answer(&world.state, "nama"));
    assert_int_equal(armed(PROGRAMME_TIMER_DRAFT), 0);
}

static void test_an_unknown_timer_is_put_off(void **state)
{
    (void)state;
    fire("later-version");
    assert_int_equal(armed("later-version"), NOW + CALENDAR_HOUR_MS);
    assert_false(world.p.record_changed);
}

/* --- by SMS --------------------------------------------------------------------------------- */

static void forget_answers(void)
{
    menu_state_clear_draft(&world.state);
}

static void give_all_by_sms(void)
{
    answer("sms_nama", "SITI AMINAH");
    answer("sms_usaha", "WARUNG SITI");
    answer("sms_jenis", "WARUNG");
    answer("sms_kab", "1872");
    answer("sms_kec", "187201");
}

static void test_registration_by_sms_needs_a_yes(void **state)
{
    (void)state;
    give_all_by_sms();
    assert_string_equal(act("sms_daftar"), "lengkap");
    assert_owes(NULL);
    assert_int_equal(armed(PROGRAMME_TIMER_CONSENT), NOW + 48 * CALENDAR_HOUR_MS);
    assert_string_equal(fact("sms_nama"), "SITI AMINAH");
    assert_string_equal(fact("sms_kec"), "187201");
    assert_string_equal(fact("jumlah"), "0");
    forget_answers();
    world.now_ms += CALENDAR_HOUR_MS;
    assert_string_equal(act("sms_ya"), "terkirim");
    assert_owes("SMS_TERKIRIM");
    assert_int_equal(armed(PROGRAMME_TIMER_CONSENT), 0);
    assert_int_equal(merchant_at(0)->consent_ms, world.now_ms);
    assert_string_equal(merchant_at(0)->category, "WARUNG");
    assert_int_equal(world.p.subscriber.pending_since_ms, 0);
    assert_string_equal(world.p.subscriber.pending.name, "");
    assert_string_equal(act("sms_ya"), "kosong");
}

static void test_missing_fields_are_asked_one_by_one(void **state)
{
    (void)state;
    answer("sms_nama", "SITI AMINAH");
    answer("sms_jenis", "WARUNG");
    assert_string_equal(act("sms_daftar"), "kurang");
    assert_string_equal(fact("isi"), "nama usaha");
    assert_string_equal(fact("isi_en"), "business name");
    assert_string_equal(fact("contoh"), "USAHA WARUNG SITI");
    forget_answers();
    assert_string_equal(act("sms_ya"), "kurang"); /* yes to what? */
    assert_string_equal(fact("isi"), "nama usaha");
    answer("sms_usaha", "WARUNG SITI");
    assert_string_equal(act("sms_isi"), "kurang");
    assert_string_equal(fact("contoh"), "KAB METRO");
    forget_answers();
    answer("sms_kab", "1872");
    assert_string_equal(act("sms_isi"), "kurang");
    assert_string_equal(fact("contoh"), "KEC METRO BARAT");
    assert_string_equal(fact("sms_kab"), "1872"); /* where the district is looked up */
    forget_answers();
    answer("sms_kec", "187201");
    answer("sms_kec_tebak", "1");
    assert_string_equal(act("sms_isi"), "lengkap");
    forget_answers();
    answer("sms_kab", "1871"); /* elsewhere: the district is asked anew */
    assert_string_equal(act("sms_isi"), "kurang");
    assert_string_equal(fact("isi"), "kecamatan");
    forget_answers();
    answer("sms_kec", "187109");
    assert_string_equal(act("sms_isi"), "lengkap");
    assert_string_equal(act("sms_ya"), "terkirim");
    assert_int_equal(merchant_at(0)->flags, 0);
}

static void test_no_answer_is_a_no(void **state)
{
    (void)state;
    give_all_by_sms();
    act("sms_daftar");
    forget_answers();
    fire(PROGRAMME_TIMER_CONSENT); /* early */
    assert_int_equal(armed(PROGRAMME_TIMER_CONSENT), NOW + 48 * CALENDAR_HOUR_MS);
    world.now_ms += 48 * CALENDAR_HOUR_MS;
    assert_string_equal(act("sms_ya"), "kosong");
    fire(PROGRAMME_TIMER_CONSENT);
    assert_int_equal(world.p.subscriber.pending_since_ms, 0);
    assert_string_equal(world.p.subscriber.pending.name, "");
    assert_int_equal(armed(PROGRAMME_TIMER_CONSENT), 0);
}

static void test_no_is_a_no(void **state)
{
    (void)state;
    give_all_by_sms();
    act("sms_daftar");
    forget_answers();
    assert_string_equal(act("sms_tidak"), "dibuang");
    assert_string_equal(world.p.subscriber.pending.name, "");
    assert_int_equal(armed(PROGRAMME_TIMER_CONSENT), 0);
    assert_string_equal(act("sms_ya"), "kosong");
    assert_string_equal(act("sms_tidak"), "dibuang");
}

static void test_a_field_by_sms_corrects_a_registration(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    answer("sms_nama", "SITI");
    assert_string_equal(act("sms_isi"), "kosong");
    forget_answers();
    text_copy(regno, sizeof(regno), register_merchant());
    answer("sms_nama", "SITI AMINAH BINTI ALI");
    assert_string_equal(act("sms_isi"), "diubah");
    assert_owes("SMS_UBAH");
    assert_string_equal(fact("isi"), "nama");
    assert_string_equal(merchant_at(0)->name, "SITI AMINAH BINTI ALI");
    forget_answers();

    /* a regency alone waits for its district */
    answer("sms_kab", "1871");
    assert_string_equal(act("sms_isi"), "kurang");
    assert_owes(NULL);
    assert_string_equal(fact("isi"), "kecamatan");
    assert_string_equal(merchant_at(0)->regency, "1872");
    forget_answers();
    begin();
    assert_string_equal(fact("sms_kab"), "1871");
    assert_string_equal(act("sms_ya"), "kosong"); /* nothing to agree to */
    answer("sms_kec", "187109");
    assert_string_equal(act("sms_isi"), "diubah");
    assert_string_equal(merchant_at(0)->regency, "1871");
    assert_string_equal(merchant_at(0)->district, "187109");
    assert_int_equal(world.p.subscriber.pending_since_ms, 0);
    forget_answers();

    decide(regno, MERCHANT_EVENT_REVIEW, NULL);
    answer("sms_nama", "BUDI");
    assert_string_equal(act("sms_isi"), "terkunci");
    assert_string_equal(fact("catatan"), "SEDANG DIPERIKSA petugas");
}

static void test_sms_registration_knows_the_limit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        register_merchant();
    give_all_by_sms();
    assert_string_equal(act("sms_daftar"), "penuh");
    assert_int_equal(world.p.subscriber.pending_since_ms, 0);
}

static void test_status_by_sms(void **state)
{
    char first[MERCHANT_REGNO_BYTES];

    (void)state;
    assert_string_equal(act("sms_status"), "kosong");
    text_copy(first, sizeof(first), register_merchant());
    register_merchant();
    assert_string_equal(act("sms_status"), "ada");
    assert_string_equal(fact("catatan_en"), "SENT, waiting to be checked");
    answer("sms_noreg", first);
    assert_string_equal(act("sms_status"), "ada");
    assert_string_equal(world.p.focus, first);
    answer("sms_noreg", "18710000421"); /* somebody else's */
    assert_string_equal(act("sms_status"), "salah");
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
        begin();
        for (size_t i = 0; i < v->fact_count; i++) {
            const char *value = fact(v->facts[i].name);

            assert_true(strlen(value) <= v->facts[i].value_max);
            assert_true(strlen(v->facts[i].example) <= v->facts[i].value_max);
        }
        register_merchant();
    }
    assert_string_equal(fact("no such fact"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_consent_arms_the_drafts_timers, setup),
        cmocka_unit_test_setup(test_sending_makes_a_registration, setup),
        cmocka_unit_test_setup(test_sending_one_draft_twice_is_sending_it_once, setup),
        cmocka_unit_test_setup(test_what_is_missing_is_not_sent, setup),
        cmocka_unit_test_setup(test_three_live_registrations_are_the_limit, setup),
        cmocka_unit_test_setup(test_the_oldest_that_is_over_makes_way, setup),
        cmocka_unit_test_setup(test_a_regency_can_run_out_of_numbers, setup),
        cmocka_unit_test_setup(test_an_officer_reviews_and_approves, setup),
        cmocka_unit_test_setup(test_reasons_belong_to_decisions, setup),
        cmocka_unit_test_setup(test_a_correction_is_due_in_fourteen_days, setup),
        cmocka_unit_test_setup(test_timers_serve_the_first_that_is_due, setup),
        cmocka_unit_test_setup(test_the_asked_correction_goes_back_to_the_officers, setup),
        cmocka_unit_test_setup(test_a_new_place_is_regency_and_district, setup),
        cmocka_unit_test_setup(test_data_is_locked_while_it_is_checked, setup),
        cmocka_unit_test_setup(test_a_call_answers_a_phone_that_was_not_reached, setup),
        cmocka_unit_test_setup(test_cancelling, setup),
        cmocka_unit_test_setup(test_somebodys_status_shows_no_personal_data, setup),
        cmocka_unit_test_setup(test_wrong_digits_are_few_an_hour, setup),
        cmocka_unit_test_setup(test_ones_own_number_needs_no_search, setup),
        cmocka_unit_test_setup(test_a_copy_goes_to_the_phone, setup),
        cmocka_unit_test_setup(test_stop_and_start, setup),
        cmocka_unit_test_setup(test_a_call_is_one_ticket, setup),
        cmocka_unit_test_setup(test_ticket_numbers_come_round, setup),
        cmocka_unit_test_setup(test_language_is_kept_with_a_registration, setup),
        cmocka_unit_test_setup(test_unknown_sms_are_answered_thrice_a_day, setup),
        cmocka_unit_test_setup(test_machines_are_known_by_their_address, setup),
        cmocka_unit_test_setup(test_erasure_takes_everything, setup),
        cmocka_unit_test_setup(test_an_officer_can_call_an_erasure_off, setup),
        cmocka_unit_test_setup(test_erasure_by_sms_takes_two, setup),
        cmocka_unit_test_setup(test_a_dropped_draft_is_nudged_once_by_day, setup),
        cmocka_unit_test_setup(test_no_nudge_without_a_draft_or_after_stop, setup),
        cmocka_unit_test_setup(test_a_draft_is_dropped_after_a_week, setup),
        cmocka_unit_test_setup(test_an_unknown_timer_is_put_off, setup),
        cmocka_unit_test_setup(test_registration_by_sms_needs_a_yes, setup),
        cmocka_unit_test_setup(test_missing_fields_are_asked_one_by_one, setup),
        cmocka_unit_test_setup(test_no_answer_is_a_no, setup),
        cmocka_unit_test_setup(test_no_is_a_no, setup),
        cmocka_unit_test_setup(test_a_field_by_sms_corrects_a_registration, setup),
        cmocka_unit_test_setup(test_sms_registration_knows_the_limit, setup),
        cmocka_unit_test_setup(test_status_by_sms, setup),
        cmocka_unit_test_setup(test_every_action_and_fact_has_its_function, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
