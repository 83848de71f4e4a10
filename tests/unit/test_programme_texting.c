/* merchants/texting.c against the programme's rules: a registration by SMS, question by question.
 */
#include "merchants/work.h"
#include "tests/support/programme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW WORLD_NOW

static void forget_answers(void)
{
    menu_state_clear_draft(&world.state);
}

static void give_all_by_sms(void)
{
    world_answer("sms_nama", "SITI AMINAH");
    world_answer("sms_usaha", "WARUNG SITI");
    world_answer("sms_jenis", "WARUNG");
    world_answer("sms_kab", "1872");
    world_answer("sms_kec", "187201");
}

static void test_registration_by_sms_needs_a_yes(void **state)
{
    (void)state;
    give_all_by_sms();
    assert_string_equal(world_act("sms_daftar"), "lengkap");
    assert_int_equal(world.state.answer_count, 0); /* the record alone has it, and its periods */
    assert_owes(NULL);
    assert_int_equal(world_armed(PROGRAMME_TIMER_CONSENT), NOW + 48 * CALENDAR_HOUR_MS);
    assert_string_equal(world_fact("sms_nama"), "SITI AMINAH");
    assert_string_equal(world_fact("sms_kec"), "187201");
    assert_string_equal(world_fact("jumlah"), "0");
    forget_answers();
    world.now_ms += CALENDAR_HOUR_MS;
    assert_string_equal(world_act("sms_ya"), "terkirim");
    assert_owes("SMS_TERKIRIM");
    assert_int_equal(world_armed(PROGRAMME_TIMER_CONSENT), 0);
    assert_int_equal(world_merchant_at(0)->consent_ms, world.now_ms);
    assert_string_equal(world_merchant_at(0)->category, "WARUNG");
    assert_int_equal(world.p.subscriber.pending_since_ms, 0);
    assert_string_equal(world.p.subscriber.pending.name, "");
    assert_string_equal(world_act("sms_ya"), "kosong");
}

static const char *send_form_again(void)
{
    give_all_by_sms();
    world_act("sms_daftar");
    forget_answers();
    return world_act("sms_ya");
}

/* Who hears nothing for a while sends the form once more. */
static void test_the_same_form_again_is_one_registration(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    assert_string_equal(send_form_again(), "terkirim");
    assert_int_equal(world_merchant_at(0)->changed_ms, world.now_ms);
    text_copy(regno, sizeof(regno), world_merchant_at(0)->regno);
    assert_string_equal(send_form_again(), "sudah");
    assert_owes(NULL);
    assert_string_equal(world_fact("jumlah"), "1");
    assert_string_equal(world.p.focus, regno);
    assert_int_equal(world_armed(PROGRAMME_TIMER_CONSENT), 0);
    assert_int_equal(world.p.subscriber.pending_since_ms, 0);
    assert_string_equal(world_act("sms_ya"), "kosong");

    give_all_by_sms();
    world_answer("sms_usaha", "warung siti"); /* as it is typed this time */
    world_act("sms_daftar");
    forget_answers();
    assert_string_equal(world_act("sms_ya"), "sudah");
    give_all_by_sms();
    world_answer("sms_usaha", "WARUNG SITI DUA"); /* another */
    world_act("sms_daftar");
    forget_answers();
    assert_string_equal(world_act("sms_ya"), "terkirim");
    assert_string_equal(send_form_again(), "sudah"); /* the one meant, of two */
    assert_string_equal(world.p.focus, regno);
    give_all_by_sms();
    world_answer("sms_nama", "SITI AISYAH"); /* another's */
    world_act("sms_daftar");
    forget_answers();
    assert_string_equal(world_act("sms_ya"), "terkirim");
}

static void test_the_same_form_as_the_third(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        world_register_merchant();                   /* by USSD, where it is asked */
    assert_string_equal(send_form_again(), "sudah"); /* and not that there are three */
    world_answer("sms_nama", "SITI AMINAH");
    assert_string_equal(world_act("sms_daftar"), "penuh"); /* which would it be? */
    forget_answers();
}

static void test_the_same_form_after_a_rejection_is_a_new_one(void **state)
{
    (void)state;
    assert_string_equal(send_form_again(), "terkirim");
    world_decide(world_merchant_at(0)->regno, MERCHANT_EVENT_REVIEW, NULL);
    world_decide(world_merchant_at(0)->regno, MERCHANT_EVENT_REJECT, "T01");
    assert_string_equal(send_form_again(), "terkirim");
    assert_int_equal(world.p.subscriber.merchant_count, 2);
}

/* What stands there goes with the erasure; the new consent is younger, and what it is for stays. */
static void test_the_same_form_behind_an_erasure_is_a_new_one(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    assert_string_equal(send_form_again(), "terkirim");
    world_act("hapus_tanya");
    assert_string_equal(world_act("hapus_ya"), "diterima");
    assert_string_equal(send_form_again(), "terkirim");
    assert_int_equal(world.p.subscriber.merchant_count, 2);
    text_copy(regno, sizeof(regno), world_merchant_at(1)->regno);
    assert_string_equal(send_form_again(), "sudah"); /* the new one, which stays */
    assert_string_equal(world.p.focus, regno);
}

/* Who has never dialled has no dialogue whose menu could be named; and the YA may come when another
 * menu is in force, or when another language was chosen. */
static void test_a_yes_by_sms_is_to_the_words_that_asked(void **state)
{
    static const struct programme_voice asked = {
        (const uint8_t *)"\x01\x23\x45\x67\x89\xab\xcd\xef", "id"};

    (void)state;
    world.state.language[0] = '\0';
    give_all_by_sms();
    world.voice = asked;
    assert_string_equal(world_act("sms_daftar"), "lengkap");
    forget_answers();
    world.now_ms += CALENDAR_HOUR_MS;
    world.voice = (struct programme_voice){(const uint8_t *)"another.", "en"};
    assert_string_equal(world_act("sms_ya"), "terkirim");
    assert_string_equal(world_merchant_at(0)->consent_version, "0123456789abcdef");
    assert_string_equal(world_merchant_at(0)->consent_language, "id");
    assert_int_equal(world_merchant_at(0)->consent_ms, world.now_ms);
    assert_true(world.p.consent.is_given && world.p.consent.is_sms);
    assert_string_equal(world.p.consent.version, "0123456789abcdef");
    assert_string_equal(world.p.consent.language, "id");
}

static void test_missing_fields_are_asked_one_by_one(void **state)
{
    (void)state;
    world_answer("sms_nama", "SITI AMINAH");
    world_answer("sms_jenis", "WARUNG");
    assert_string_equal(world_act("sms_daftar"), "kurang");
    assert_string_equal(world_fact("isi"), "nama usaha");
    assert_string_equal(world_fact("isi_en"), "business name");
    assert_string_equal(world_fact("contoh"), "USAHA WARUNG SITI");
    forget_answers();
    assert_string_equal(world_act("sms_ya"), "kurang"); /* yes to what? */
    assert_string_equal(world_fact("isi"), "nama usaha");
    world_answer("sms_usaha", "WARUNG SITI");
    assert_string_equal(world_act("sms_isi"), "kurang");
    assert_string_equal(world_fact("contoh"), "KAB METRO");
    forget_answers();
    world_answer("sms_kab", "1872");
    assert_string_equal(world_act("sms_isi"), "kurang");
    assert_string_equal(world_fact("contoh"), "KEC METRO BARAT");
    assert_string_equal(world_fact("sms_kab"), "1872"); /* where the district is looked up */
    forget_answers();
    world_answer("sms_kec", "187201");
    world_answer("sms_kec_tebak", "1");
    assert_string_equal(world_act("sms_isi"), "lengkap");
    forget_answers();
    world_answer("sms_kab", "1871"); /* elsewhere: the district is asked anew */
    assert_string_equal(world_act("sms_isi"), "kurang");
    assert_string_equal(world_fact("isi"), "kecamatan");
    forget_answers();
    world_answer("sms_kec", "187109");
    assert_string_equal(world_act("sms_isi"), "lengkap");
    assert_string_equal(world_act("sms_ya"), "terkirim");
    assert_int_equal(world_merchant_at(0)->flags, 0);
}

/* An officer looks at a district that was guessed, also where another field came behind it. */
static void test_a_guessed_district_stays_a_guess(void **state)
{
    (void)state;
    world_answer("sms_usaha", "WARUNG SITI");
    world_answer("sms_jenis", "WARUNG");
    world_answer("sms_kab", "1872");
    world_answer("sms_kec", "187201");
    world_answer("sms_kec_tebak", "1");
    assert_string_equal(world_act("sms_daftar"), "kurang");
    forget_answers();
    world_answer("sms_nama", "SITI AMINAH");
    assert_string_equal(world_act("sms_isi"), "lengkap");
    assert_string_equal(world_act("sms_ya"), "terkirim");
    assert_int_equal(world_merchant_at(0)->flags, MERCHANT_FLAG_DISTRICT_FUZZY);
}

static void test_no_answer_is_a_no(void **state)
{
    (void)state;
    give_all_by_sms();
    world_act("sms_daftar");
    forget_answers();
    world_fire(PROGRAMME_TIMER_CONSENT); /* early */
    assert_int_equal(world_armed(PROGRAMME_TIMER_CONSENT), NOW + 48 * CALENDAR_HOUR_MS);
    world.now_ms += 48 * CALENDAR_HOUR_MS;
    assert_string_equal(world_act("sms_ya"), "kosong");
    world_fire(PROGRAMME_TIMER_CONSENT);
    assert_int_equal(world.p.subscriber.pending_since_ms, 0);
    assert_string_equal(world.p.subscriber.pending.name, "");
    assert_int_equal(world_armed(PROGRAMME_TIMER_CONSENT), 0);
}

/* "Tanpa balasan, dihapus 48 jam" stands in each question, and counts from there. */
static void test_the_last_question_waits_its_two_days(void **state)
{
    (void)state;
    give_all_by_sms();
    world_act("sms_daftar");
    forget_answers();
    world.now_ms += 40 * CALENDAR_HOUR_MS;
    world_answer("sms_nama", "SITI AMINAH BINTI");
    assert_string_equal(world_act("sms_isi"), "lengkap");
    forget_answers();
    world.now_ms += 8 * CALENDAR_HOUR_MS;
    world_fire(PROGRAMME_TIMER_CONSENT);
    assert_int_equal(world_armed(PROGRAMME_TIMER_CONSENT), NOW + 88 * CALENDAR_HOUR_MS);
    world.now_ms += 40 * CALENDAR_HOUR_MS - 1;
    assert_string_equal(world_act("sms_ya"), "terkirim");
    assert_string_equal(world_merchant_at(0)->name, "SITI AMINAH BINTI");
}

static void test_no_is_a_no(void **state)
{
    (void)state;
    give_all_by_sms();
    world_act("sms_daftar");
    forget_answers();
    assert_string_equal(world_act("sms_tidak"), "dibuang");
    assert_string_equal(world.p.subscriber.pending.name, "");
    assert_int_equal(world_armed(PROGRAMME_TIMER_CONSENT), 0);
    assert_string_equal(world_act("sms_ya"), "kosong");
    assert_string_equal(world_act("sms_tidak"), "dibuang");
    world_register_merchant(); /* which is not what was waiting: it stays, and nothing else is said
                                */
    assert_string_equal(world_act("sms_tidak"), "kosong");
    assert_int_equal(world.p.subscriber.merchant_count, 1);
    forget_answers();
    world_answer("sms_kab", "1871");
    assert_string_equal(world_act("sms_isi"), "kurang");
    assert_string_equal(world_act("sms_tidak"), "kosong"); /* half a correction goes, no more */
    assert_int_equal(world.p.subscriber.pending_since_ms, 0);
    assert_int_equal(world.p.subscriber.merchant_count, 1);
}

static void test_no_where_only_a_call_is_kept(void **state)
{
    (void)state;
    assert_string_equal(world_act("sms_tidak"), "dibuang");
    world_act("telepon");
    assert_string_equal(world_act("sms_tidak"), "kosong"); /* the officer calls */
}

static void test_yes_and_no_are_to_the_last_question(void **state)
{
    (void)state;
    give_all_by_sms();
    world_act("sms_daftar");
    world.now_ms += CALENDAR_MINUTE_MS;
    world_act("hapus_tanya");
    assert_string_equal(world_act("sms_ya"), "hapus"); /* nothing is registered */
    assert_int_equal(world.p.subscriber.merchant_count, 0);
    assert_string_equal(world_act("sms_tidak"), "kosong"); /* and nothing dropped */
    assert_string_equal(world_act("sms_ya"), "terkirim");
    world_act("hapus_tanya");
    world.now_ms += 48 * CALENDAR_HOUR_MS;
    assert_string_equal(world_act("sms_ya"), "kosong");
    world_act("hapus_tanya");
    assert_string_equal(world_act("sms_tidak"), "kosong");
    assert_string_equal(world_act("hapus_ya"), "tanya"); /* it was withdrawn */
    give_all_by_sms();
    world_answer("sms_usaha", "WARUNG SITI DUA");
    world.now_ms += CALENDAR_MINUTE_MS;
    world_act("sms_daftar"); /* asked later */
    assert_string_equal(world_act("sms_ya"), "terkirim");
}

static void test_a_field_asks_its_question_anew(void **state)
{
    (void)state;
    world_answer("sms_nama", "SITI AMINAH");
    world_act("sms_daftar");
    world.now_ms += CALENDAR_MINUTE_MS;
    world_act("hapus_tanya");
    world.now_ms += CALENDAR_MINUTE_MS;
    give_all_by_sms();
    assert_string_equal(world_act("sms_isi"), "lengkap"); /* whether to register is asked last */
    assert_string_equal(world_act("sms_ya"), "terkirim");
    forget_answers();
    give_all_by_sms();
    world_act("sms_daftar");
    world.now_ms += CALENDAR_MINUTE_MS;
    world_act("hapus_tanya");
    world.now_ms += CALENDAR_MINUTE_MS;
    world_answer("sms_usaha", "WARUNG BARU");
    world_act("sms_isi");
    assert_string_equal(world_act("sms_tidak"), "dibuang"); /* and a no keeps nothing of it */
    assert_int_equal(world.p.subscriber.pending_since_ms, 0);
    assert_string_equal(world_act("hapus_ya"), "diterima"); /* within its 48 hours still */
}

static void test_a_field_by_sms_corrects_a_registration(void **state)
{
    char regno[MERCHANT_REGNO_BYTES];

    (void)state;
    world_answer("sms_nama", "SITI");
    assert_string_equal(world_act("sms_isi"), "kosong");
    forget_answers();
    text_copy(regno, sizeof(regno), world_register_merchant());
    world_answer("sms_nama", "SITI AMINAH BINTI ALI");
    assert_string_equal(world_act("sms_isi"), "diubah");
    assert_owes("SMS_UBAH");
    assert_string_equal(world_fact("isi"), "nama");
    assert_string_equal(world_merchant_at(0)->name, "SITI AMINAH BINTI ALI");
    forget_answers();

    /* a regency alone waits for its district */
    world_answer("sms_kab", "1871");
    assert_string_equal(world_act("sms_isi"), "kurang");
    assert_owes(NULL);
    assert_string_equal(world_fact("isi"), "kecamatan");
    assert_string_equal(world_merchant_at(0)->regency, "1872");
    forget_answers();
    world_begin();
    assert_string_equal(world_fact("sms_kab"), "1871");
    assert_string_equal(world_act("sms_ya"), "kosong"); /* nothing to agree to */
    world_answer("sms_kec", "187109");
    assert_string_equal(world_act("sms_isi"), "diubah");
    assert_string_equal(world_merchant_at(0)->regency, "1871");
    assert_string_equal(world_merchant_at(0)->district, "187109");
    assert_int_equal(world.p.subscriber.pending_since_ms, 0);
    forget_answers();

    world_decide(regno, MERCHANT_EVENT_REVIEW, NULL);
    world_answer("sms_nama", "BUDI");
    assert_string_equal(world_act("sms_isi"), "terkunci");
    assert_string_equal(world_fact("catatan"), "SEDANG DIPERIKSA petugas");
}

static void send_back(unsigned index, const char *reason)
{
    char regno[MERCHANT_REGNO_BYTES];

    text_copy(regno, sizeof(regno), world_merchant_at(index)->regno);
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_REVIEW, NULL), PROGRAMME_DONE);
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_FIX, reason), PROGRAMME_DONE);
}

/* Of several it is the first that an officer has sent back, though for something else. */
static void test_a_field_by_sms_corrects_what_was_sent_back(void **state)
{
    static const char name[] = "SITI AMINAH BINTI ALI";

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        world_register_merchant();
    send_back(1, "P03");
    send_back(2, "P03");
    world_answer("sms_nama", name);
    assert_string_equal(world_act("sms_isi"), "diubah");
    for (unsigned i = 0; i < 3; i++)
        assert_true((strcmp(world_merchant_at(i)->name, name) == 0) == (i == 1));
}

/* Half a place waits for the other half; a whole one is no half of that. */
static void test_a_whole_place_goes_to_who_was_asked_for_it(void **state)
{
    (void)state;
    world_register_merchant();
    world_register_merchant();
    world_answer("sms_kab", "1871");
    assert_string_equal(world_act("sms_isi"), "kurang");
    forget_answers();
    send_back(1, "P05");
    world_answer("sms_kab", "1871");
    world_answer("sms_kec", "187109");
    assert_string_equal(world_act("sms_isi"), "diubah");
    assert_string_equal(world_merchant_at(0)->district, "187201");
    assert_string_equal(world_merchant_at(1)->district, "187109");
}

static void test_sms_registration_knows_the_limit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        world_register_merchant();
    give_all_by_sms();
    world_answer("sms_usaha", "WARUNG SITI DUA");
    assert_string_equal(world_act("sms_daftar"), "penuh");
    assert_int_equal(world.p.subscriber.pending_since_ms, 0);
}

static void test_status_by_sms(void **state)
{
    char first[MERCHANT_REGNO_BYTES];

    (void)state;
    assert_string_equal(world_act("sms_status"), "kosong");
    text_copy(first, sizeof(first), world_register_merchant());
    world_register_merchant();
    assert_string_equal(world_act("sms_status"), "ada");
    assert_string_equal(world_fact("catatan_en"), "SENT, waiting to be checked");
    world_answer("sms_noreg", first);
    assert_string_equal(world_act("sms_status"), "ada");
    assert_string_equal(world.p.focus, first);
    world_answer("sms_noreg", "18710000421"); /* somebody else's */
    assert_string_equal(world_act("sms_status"), "salah");
}
static void test_status_by_sms_is_not_of_what_is_erased(void **state)
{
    (void)state;
    world_register_merchant();
    world.now_ms += CALENDAR_HOUR_MS;
    assert_string_equal(world_act("hapus"), "diterima");
    world.now_ms += CALENDAR_HOUR_MS;
    assert_string_equal(world_act("sms_status"), "ada");
    assert_string_equal(world_fact("jumlah"), "1"); /* it is still there */
    world_register_merchant();
    assert_string_equal(world_act("sms_status"), "ada");
    assert_string_equal(world.p.focus, world_merchant_at(1)->regno);
}

static void test_status_by_sms_is_of_the_first_that_is_due(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        world_register_merchant();
    send_back(1, "P03");
    send_back(2, "P03");
    assert_string_equal(world_act("sms_status"), "ada");
    assert_string_equal(world.p.focus, world_merchant_at(1)->regno);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_registration_by_sms_needs_a_yes, world_setup),
        cmocka_unit_test_setup(test_the_same_form_again_is_one_registration, world_setup),
        cmocka_unit_test_setup(test_the_same_form_as_the_third, world_setup),
        cmocka_unit_test_setup(test_the_same_form_after_a_rejection_is_a_new_one, world_setup),
        cmocka_unit_test_setup(test_the_same_form_behind_an_erasure_is_a_new_one, world_setup),
        cmocka_unit_test_setup(test_a_yes_by_sms_is_to_the_words_that_asked, world_setup),
        cmocka_unit_test_setup(test_missing_fields_are_asked_one_by_one, world_setup),
        cmocka_unit_test_setup(test_a_guessed_district_stays_a_guess, world_setup),
        cmocka_unit_test_setup(test_no_answer_is_a_no, world_setup),
        cmocka_unit_test_setup(test_the_last_question_waits_its_two_days, world_setup),
        cmocka_unit_test_setup(test_no_is_a_no, world_setup),
        cmocka_unit_test_setup(test_no_where_only_a_call_is_kept, world_setup),
        cmocka_unit_test_setup(test_yes_and_no_are_to_the_last_question, world_setup),
        cmocka_unit_test_setup(test_a_field_asks_its_question_anew, world_setup),
        cmocka_unit_test_setup(test_a_field_by_sms_corrects_a_registration, world_setup),
        cmocka_unit_test_setup(test_a_field_by_sms_corrects_what_was_sent_back, world_setup),
        cmocka_unit_test_setup(test_a_whole_place_goes_to_who_was_asked_for_it, world_setup),
        cmocka_unit_test_setup(test_sms_registration_knows_the_limit, world_setup),
        cmocka_unit_test_setup(test_status_by_sms, world_setup),
        cmocka_unit_test_setup(test_status_by_sms_is_not_of_what_is_erased, world_setup),
        cmocka_unit_test_setup(test_status_by_sms_is_of_the_first_that_is_due, world_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
