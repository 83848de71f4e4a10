/* What a number has with the programme besides its registrations: lookups, wishes, erasure. */
#include "merchants/rules.h"
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

/* --- looking up ----------------------------------------------------------------------------- */

static void give_other(void)
{
    struct merchant *m, dropped;

    subscriber_init(&world.other);
    m = subscriber_add(&world.other, &dropped);
    text_copy(m->regno, sizeof(m->regno), "18710000421");
    text_copy(m->name, sizeof(m->name), "BUDI SANTOSO");
    text_copy(m->reason, sizeof(m->reason), "P01");
    m->status = MERCHANT_PERLU_PERBAIKAN;
    m->submitted_ms = NOW - 3 * DAY;
    world.other_msisdn = "6281300004321";
}

static void test_somebodys_status_shows_no_personal_data(void **state)
{
    (void)state;
    give_other();
    world_answer("noreg_cari", "18710000421");
    world_answer("hp4_cari", "4321");
    assert_string_equal(world_act("cari"), "ada");
    assert_false(world.p.record_changed);
    world_begin(); /* the next turn, without the other record */
    assert_string_equal(world_fact("noreg"), "1871-000042-1");
    assert_string_equal(world_fact("status"), "PERLU_PERBAIKAN");
    assert_string_equal(world_fact("tgl_kirim"), "21-11-2026");
    assert_string_equal(world_fact("alasan"), "Nama beda dengan KTP");
    assert_string_equal(world_fact("milik"), "");
    assert_string_equal(world_fact("nama"), "");
    assert_string_equal(world_fact("boleh_ubah"), "");
    assert_string_equal(world_fact("perbaiki"), "");
}

static void test_a_first_name_makes_the_name_of_a_business(void **state)
{
    static const char *const rows[][2] = {
        {"YUSUF. ALI", "YUSUF"},  {"H. BUDI, S.E.", "BUDI"}, {"D'ANGELO, S.E.", "D'ANGELO"},
        {"M. A. YUSUF", "YUSUF"}, {"A. BE", "BE"},           {"SITI", "SITI"},
    };
    char name[MENU_VALUE_BYTES], value[MENU_VALUE_BYTES];

    (void)state;
    world_act("mulai"); /* facts are asked of a dialogue */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        world_answer("nama", rows[i][0]);
        assert_string_equal(world_fact("nama_depan"), rows[i][1]);
    }
    memset(name, 'X', 60);
    name[60] = '\0';
    world_answer("nama", name);
    snprintf(name, sizeof(name), "USAHA %s", world_fact("nama_depan"));
    assert_null(rule_business(name, value));
}

/* A draft may hold answers of an older version of the menu, too. */
static void test_a_full_dialogue_has_no_room_for_a_status(void **state)
{
    char field[8];

    (void)state;
    give_other();
    world_answer("noreg_cari", "18710000421");
    world_answer("hp4_cari", "4321");
    for (unsigned i = 2; i < MENU_ANSWERS_MAX; i++) {
        snprintf(field, sizeof(field), "f%u", i);
        world_answer(field, "x");
    }
    assert_string_equal(world_act("cari"), "no-room");
    assert_false(world.p.record_changed);
}

static void test_wrong_digits_are_few_an_hour(void **state)
{
    (void)state;
    give_other();
    world_answer("noreg_cari", "18710000421");
    world_answer("hp4_cari", "0000");
    assert_string_equal(world_act("cari"), "salah");
    assert_string_equal(world_act("cari"), "salah");
    world.other_msisdn = NULL; /* no such number: told the same */
    assert_string_equal(world_act("cari"), "habis");
    give_other();
    world_answer("hp4_cari", "4321"); /* right, but too late */
    assert_string_equal(world_act("cari"), "habis");
    world.now_ms += CALENDAR_HOUR_MS - 1;
    assert_string_equal(world_act("cari"), "habis");
    world.now_ms += 1;
    assert_string_equal(world_act("cari"), "ada");
}

static void test_ones_own_number_needs_no_search(void **state)
{
    (void)state;
    world_answer("noreg_cari", world_register_merchant());
    world_answer("hp4_cari", "0001");
    assert_string_equal(world_act("cari"), "ada");
    assert_int_equal(world.p.need.kind, PROGRAMME_NEEDS_NOTHING);
    assert_string_equal(world_fact("status"), "TERKIRIM");
}

static void test_a_copy_goes_to_the_phone(void **state)
{
    (void)state;
    assert_string_equal(world_act("salinan"), "kosong");
    world_register_merchant();
    assert_string_equal(world_act("salinan"), "dikirim");
    assert_owes("SMS_SALINAN");
    assert_string_equal(world_fact("jenis"), "WARUNG");
    assert_string_equal(world_fact("kab"), "1872");
}

static void test_live_ones_are_shown_before_those_that_are_over(void **state)
{
    struct subscriber *s = &world.p.subscriber;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        world_register_merchant();
    for (unsigned i = 0; i < 2; i++) {
        world_decide(world_merchant_at(i)->regno, MERCHANT_EVENT_REVIEW, NULL);
        world_decide(world_merchant_at(i)->regno, MERCHANT_EVENT_REJECT, "T01");
    }
    world_begin();
    for (unsigned place = 0; place < 3; place++)
        assert_ptr_equal(programme_shown(&world.p, place), &s->merchants[2 - place]);
    assert_null(programme_shown(&world.p, 3));
}

/* --- a number's own wishes ------------------------------------------------------------------ */

static void test_stop_and_start(void **state)
{
    (void)state;
    assert_string_equal(world_act("kabari"), "dicatat");
    assert_true(world.p.subscriber.training_news);
    assert_string_equal(world_act("stop"), "berhenti");
    assert_false(world.p.subscriber.training_news);
    assert_string_equal(world_fact("sms_berhenti"), "1");
    assert_int_equal(world_armed(PROGRAMME_TIMER_NUDGE), 0);
    assert_string_equal(world_act("mulai"), "aktif");
    assert_string_equal(world_fact("sms_berhenti"), "");
    world_act("stop"); /* who never wanted news, too */
    world_begin();
    assert_true(world.p.subscriber.info_sms_stopped);
}

static void test_a_call_is_one_ticket(void **state)
{
    char number[TICKET_BYTES];

    (void)state;
    world_answer("waktu_telepon", "1");
    assert_string_equal(world_act("telepon"), "dicatat");
    assert_changed(0, NULL, PROGRAMME_TICKET_SET, "ticket-call");
    assert_string_equal(world_fact("tiket"), "T0010759");
    assert_string_equal(world_fact("slot_en"), "morning");
    text_copy(number, sizeof(number), world.p.ticket);
    world_answer("waktu_telepon", "3");
    world.now_ms += 1000;
    assert_string_equal(world_act("telepon"), "dicatat"); /* asked again: the later slot */
    assert_int_equal(world.p.change_count, 0);
    assert_int_equal(world.p.subscriber.ticket_count, 1);
    assert_int_equal(world.p.subscriber.tickets[0].slot, '3');
    assert_int_equal(world.p.subscriber.tickets[0].again_ms, 0); /* no erasure was asked for */
    menu_state_remove_answer(&world.state, "waktu_telepon");
    assert_string_equal(world_act("telepon"), "dicatat"); /* by SMS */
    assert_int_equal(world.p.subscriber.tickets[0].slot, '3');
    assert_string_equal(world_act("penipuan"), "dicatat");
    assert_string_equal(world_act("minta_ubah"), "dicatat");
    assert_string_equal(world_act("macet"), "dicatat");
    assert_int_equal(world.p.subscriber.ticket_count, 4);

    world_begin();
    assert_true(programme_finish_ticket(&world.p, number));
    assert_changed(0, PROGRAMME_TICKET_SET, NULL, "ticket-done");
    world_end();
    world_begin();
    assert_false(programme_finish_ticket(&world.p, number));
    assert_int_equal(world.p.subscriber.ticket_count, 3);
}

static void test_ticket_numbers_come_round(void **state)
{
    (void)state;
    world.next_number = 10000000 / 256 + 5;
    world_act("penipuan");
    assert_string_equal(world_fact("tiket"), "T0001287"); /* 5 * 256 + 7 */
}

static void test_language_is_kept_with_a_registration(void **state)
{
    (void)state;
    world_act("bahasa");
    assert_false(world.p.record_changed);
    world_register_merchant();
    text_copy(world.state.language, sizeof(world.state.language), "en");
    assert_string_equal(world_act("bahasa"), "ya");
    world_begin();
    assert_string_equal(world.p.subscriber.language, "en");
    world_act("bahasa");
    assert_false(world.p.record_changed);
}

static void test_unknown_sms_are_answered_thrice_a_day(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(world_act("sms_lain"), "bantuan");
    assert_string_equal(world_act("sms_lain"), "diam");
    assert_false(world.p.record_changed);
    world.now_ms += DAY;
    assert_string_equal(world_act("sms_lain"), "bantuan");
}

static void test_machines_are_known_by_their_address(void **state)
{
    static const struct {
        const char *msisdn;
        const char *is_machine;
    } rows[] = {
        {WORLD_MSISDN, ""}, {"60123456789", ""}, {"4444", "1"}, {"TELKOMSEL", "1"}, {"", "1"}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        programme_begin(&world.p, rows[i].msisdn, span_of(NULL, 0), NOW, &world.state);
        assert_string_equal(world_fact("mesin"), rows[i].is_machine);
    }
}

/* --- being forgotten ------------------------------------------------------------------------ */

static void test_erasure_takes_everything(void **state)
{
    char regno[MERCHANT_REGNO_BYTES], ticket[TICKET_BYTES];

    (void)state;
    text_copy(regno, sizeof(regno), world_register_merchant());
    world_act("telepon");
    assert_string_equal(world_act("hapus"), "diterima");
    assert_owes("SMS_HAPUS_TERIMA");
    text_copy(ticket, sizeof(ticket), world.p.ticket);
    assert_int_equal(world_armed(PROGRAMME_TIMER_ERASE), world.now_ms + 48 * CALENDAR_HOUR_MS);
    assert_string_equal(world_act("hapus"), "diterima"); /* asked twice: one ticket, one date */
    assert_string_equal(world.p.ticket, ticket);

    world.now_ms += 48 * CALENDAR_HOUR_MS - 1;
    world_fire(PROGRAMME_TIMER_ERASE);
    assert_false(world.p.is_erased);
    world.now_ms += 1;
    world_fire(PROGRAMME_TIMER_ERASE);
    assert_true(world.p.is_erased);
    assert_owes("SMS_HAPUS_SELESAI");
    assert_string_equal(world_fact("tiket"), ticket);
    assert_string_equal(world_fact("hari_ini"), "26-11-2026");
    assert_int_equal(world.p.change_count, 3);
    assert_string_equal(world.p.changes[0].member, regno);
    assert_changed(0, "TERKIRIM", NULL, "erase");
    assert_changed(1, PROGRAMME_TICKET_SET, NULL, "erase");
    assert_int_equal(world.p.timer_count, PROGRAMME_TIMERS_MAX);
    for (unsigned i = 0; i < world.p.timer_count; i++) /* claims go behind it, noted or not */
        assert_int_equal(world.p.timers[i].due_ms,
                         strcmp(world.p.timers[i].kind, PROGRAMME_TIMER_CLAIMS) == 0 ? world.now_ms
                                                                                     : 0);
    assert_string_equal(world_fact("nama"), "");
    assert_int_equal(world.record_size, 0);
    world_fire(PROGRAMME_TIMER_ERASE);
    assert_false(world.p.is_erased);
    assert_owes(NULL);
}

static void test_an_officer_can_call_an_erasure_off(void **state)
{
    (void)state;
    world_register_merchant();
    world_act("hapus");
    world_act("telepon");
    world_begin();
    assert_true(programme_finish_ticket(&world.p, world.p.subscriber.tickets[1].number));
    assert_int_equal(world_armed(PROGRAMME_TIMER_ERASE), -1); /* called back, and that stays */
    world_end();
    world_begin();
    assert_true(programme_finish_ticket(&world.p, "T0011015"));
    assert_int_equal(world_armed(PROGRAMME_TIMER_ERASE), 0);
    world_end();
    world.now_ms += 4 * DAY;
    world_fire(PROGRAMME_TIMER_ERASE);
    assert_false(world.p.is_erased);
    assert_int_equal(world.p.subscriber.merchant_count, 1);
}

static void test_erasure_by_sms_takes_two(void **state)
{
    (void)state;
    world_register_merchant();
    assert_string_equal(world_act("hapus_ya"), "tanya"); /* out of the blue: asked first */
    world.now_ms += 48 * CALENDAR_HOUR_MS;
    assert_string_equal(world_act("hapus_ya"), "tanya"); /* too late */
    world.now_ms += 1000;
    assert_string_equal(world_act("hapus_ya"), "diterima");
    assert_owes("SMS_HAPUS_TERIMA");
    assert_string_equal(world_act("hapus_tanya"), "tanya");
    assert_owes(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_somebodys_status_shows_no_personal_data, world_setup),
        cmocka_unit_test_setup(test_a_first_name_makes_the_name_of_a_business, world_setup),
        cmocka_unit_test_setup(test_a_full_dialogue_has_no_room_for_a_status, world_setup),
        cmocka_unit_test_setup(test_wrong_digits_are_few_an_hour, world_setup),
        cmocka_unit_test_setup(test_ones_own_number_needs_no_search, world_setup),
        cmocka_unit_test_setup(test_a_copy_goes_to_the_phone, world_setup),
        cmocka_unit_test_setup(test_live_ones_are_shown_before_those_that_are_over, world_setup),
        cmocka_unit_test_setup(test_stop_and_start, world_setup),
        cmocka_unit_test_setup(test_a_call_is_one_ticket, world_setup),
        cmocka_unit_test_setup(test_ticket_numbers_come_round, world_setup),
        cmocka_unit_test_setup(test_language_is_kept_with_a_registration, world_setup),
        cmocka_unit_test_setup(test_unknown_sms_are_answered_thrice_a_day, world_setup),
        cmocka_unit_test_setup(test_machines_are_known_by_their_address, world_setup),
        cmocka_unit_test_setup(test_erasure_takes_everything, world_setup),
        cmocka_unit_test_setup(test_an_officer_can_call_an_erasure_off, world_setup),
        cmocka_unit_test_setup(test_erasure_by_sms_takes_two, world_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
