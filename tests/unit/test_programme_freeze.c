/* A registration on hold, as its owner asked (UU 27/2022 Art. 41): kept, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "merchants/calendar.h"
#include "tests/support/programme.h"

#define DAY CALENDAR_DAY_MS

static enum programme_verdict freeze(const char *regno, bool is_frozen)
{
    enum programme_verdict verdict;

    world_begin();
    verdict = programme_freeze(&world.p, regno, is_frozen);
    world_end();
    return verdict;
}

static const char *register_one(void)
{
    static char regno[MERCHANT_REGNO_BYTES];

    text_copy(regno, sizeof(regno), world_register_merchant());
    return regno;
}

static void test_on_hold_and_off(void **state)
{
    const char *regno = register_one();

    (void)state;
    assert_int_equal(freeze("18720107598", true), PROGRAMME_NO_SUCH_REGISTRATION);
    assert_int_equal(freeze(regno, false), PROGRAMME_NOT_ALLOWED);
    assert_owes(NULL);
    assert_int_equal(freeze(regno, true), PROGRAMME_DONE);
    assert_owes("SMS_TAHAN");
    assert_changed(0, NULL, NULL, "freeze"); /* it keeps its place in the lists */
    assert_string_equal(world.p.changes[0].actor, "officer");
    assert_int_equal(world_merchant_at(0)->frozen_ms, world.now_ms);
    assert_int_equal(world_merchant_at(0)->status, MERCHANT_TERKIRIM);
    assert_int_equal(freeze(regno, true), PROGRAMME_NOT_ALLOWED);
    assert_int_equal(world.p.change_count, 0);

    assert_int_equal(freeze(regno, false), PROGRAMME_DONE);
    assert_owes("SMS_LANJUT");
    assert_changed(0, NULL, NULL, "release");
    assert_int_equal(world_merchant_at(0)->frozen_ms, 0);
}

static void test_nobody_decides_on_it(void **state)
{
    static const enum merchant_event events[] = {MERCHANT_EVENT_REVIEW, MERCHANT_EVENT_FIX,
                                                 MERCHANT_EVENT_APPROVE, MERCHANT_EVENT_REJECT};
    const char *regno = register_one();

    (void)state;
    freeze(regno, true);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        const char *reason = events[i] == MERCHANT_EVENT_FIX      ? "P01"
                             : events[i] == MERCHANT_EVENT_REJECT ? "T01"
                                                                  : NULL;

        assert_int_equal(world_decide(regno, events[i], reason), PROGRAMME_FROZEN);
        assert_owes(NULL);
        assert_int_equal(world.p.change_count, 0);
    }
    freeze(regno, false);
    assert_int_equal(world_decide(regno, MERCHANT_EVENT_REVIEW, NULL), PROGRAMME_DONE);
}

static void test_its_owner_sees_it_and_changes_nothing(void **state)
{
    const char *regno = register_one();

    (void)state;
    assert_string_equal(world_fact("beku"), "");
    freeze(regno, true);
    assert_string_equal(world_fact("beku"), "1");
    assert_string_equal(world_fact("catatan"), "DITAHAN atas permintaan Anda");
    assert_string_equal(world_fact("catatan_en"), "ON HOLD at your request");
    assert_string_equal(world_fact("boleh_ubah"), "");
    world_answer("baru_nama", "SITI AMINAH BINTI ALI");
    assert_string_equal(world_act("ubah"), "terkunci");
    world_answer("sms_nama", "SITI AMINAH BINTI ALI");
    assert_string_equal(world_act("sms_isi"), "terkunci");
    assert_string_equal(world_merchant_at(0)->name, "SITI AMINAH");
    /* by its number, as anybody with the last digits */
    world_answer("noreg_cari", regno);
    world_answer("hp4_cari", "0001");
    assert_string_equal(world_act("cari"), "ada");
    world.p.focus[0] = '\0';
    assert_string_equal(world_fact("beku"), "1");
    assert_string_equal(world_fact("milik"), "");
    /* a copy is a right of its own */
    assert_string_equal(world_act("salinan"), "dikirim");
}

static void test_a_correction_waits_as_long(void **state)
{
    const char *regno = register_one();
    int64_t deadline_ms;

    (void)state;
    world_decide(regno, MERCHANT_EVENT_FIX, "P06");
    deadline_ms = world_merchant_at(0)->deadline_ms;
    world.now_ms += 4 * DAY;
    freeze(regno, true);
    assert_int_equal(world_armed(PROGRAMME_TIMER_LAPSE), 0);
    assert_int_equal(world_armed(PROGRAMME_TIMER_REMIND), 0);
    /* timers that were on their way, and a call that would have been the answer */
    world.now_ms += 30 * DAY;
    world_fire(PROGRAMME_TIMER_REMIND);
    assert_owes(NULL);
    world_fire(PROGRAMME_TIMER_LAPSE);
    assert_owes(NULL);
    world_act("telepon");
    assert_int_equal(world_merchant_at(0)->status, MERCHANT_PERLU_PERBAIKAN);

    freeze(regno, false);
    assert_int_equal(world_merchant_at(0)->deadline_ms, deadline_ms + 30 * DAY);
    assert_int_equal(world_armed(PROGRAMME_TIMER_LAPSE),
                     deadline_ms + 30 * DAY + 8 * CALENDAR_HOUR_MS);
    /* part of a day more is the whole day: the text names a day */
    world.now_ms += 1;
    freeze(regno, true);
    world.now_ms += 1000;
    freeze(regno, false);
    assert_int_equal(world_merchant_at(0)->deadline_ms, deadline_ms + 31 * DAY);
    /* a clock that is wrong takes nothing away */
    freeze(regno, true);
    world.now_ms -= 2 * DAY;
    freeze(regno, false);
    assert_int_equal(world_merchant_at(0)->deadline_ms, deadline_ms + 31 * DAY);
}

/* Only the one on hold: another of the same number goes on. */
static void test_others_of_the_number_go_on(void **state)
{
    char first[MERCHANT_REGNO_BYTES];
    const char *second;
    int64_t due_ms;

    (void)state;
    text_copy(first, sizeof(first), world_register_merchant());
    second = register_one();
    world_decide(first, MERCHANT_EVENT_FIX, "P01");
    world.now_ms += 2 * DAY;
    world_decide(second, MERCHANT_EVENT_FIX, "P01");
    due_ms = world_merchant_at(1)->deadline_ms + 8 * CALENDAR_HOUR_MS;
    freeze(first, true);
    assert_int_equal(world_armed(PROGRAMME_TIMER_LAPSE), due_ms);
    world.now_ms = due_ms;
    world_fire(PROGRAMME_TIMER_LAPSE);
    assert_owes("SMS_DITOLAK");
    assert_int_equal(world_merchant_at(0)->status, MERCHANT_PERLU_PERBAIKAN);
    assert_int_equal(world_merchant_at(1)->status, MERCHANT_DITOLAK);
}

/* By SMS nobody says which: the one on hold does not stand in the other's way. */
static void test_a_correction_by_sms_means_the_other(void **state)
{
    char first[MERCHANT_REGNO_BYTES];

    (void)state;
    text_copy(first, sizeof(first), world_register_merchant());
    register_one();
    world_decide(first, MERCHANT_EVENT_FIX, "P01");
    freeze(first, true);
    world_answer("sms_nama", "SITI AMINAH BINTI ALI");
    assert_string_equal(world_act("sms_isi"), "diubah");
    assert_string_equal(world_merchant_at(0)->name, "SITI AMINAH");
    assert_string_equal(world_merchant_at(1)->name, "SITI AMINAH BINTI ALI");
}

static uint64_t hash_nik(const void *ctx, const char *nik)
{
    (void)ctx;
    (void)nik;
    return UINT64_C(0x0123456789abcdef);
}

/* Put on hold between the walk that found two of one NIK and the timer that says so. */
static void test_it_is_not_marked_as_a_twin(void **state)
{
    const char *regno = register_one();

    (void)state;
    world_begin();
    text_copy(world.p.subscriber.merchants[0].nik, sizeof(world.p.subscriber.merchants[0].nik),
              "1871994101809999");
    world.p.record_changed = true;
    world_end();
    for (int is_frozen = 1; is_frozen >= 0; is_frozen--) {
        freeze(regno, is_frozen);
        world_begin();
        world.p.hash_nik = hash_nik;
        programme_on_timer(&world.p, PROGRAMME_TIMER_TWIN "01234568", &world.state); /* another */
        assert_int_equal(world.p.subscriber.merchants[0].flags & MERCHANT_FLAG_NIK_USED, 0);
        programme_on_timer(&world.p, PROGRAMME_TIMER_TWIN "01234567", &world.state);
        world_end();
        assert_int_equal((world_merchant_at(0)->flags & MERCHANT_FLAG_NIK_USED) == 0, is_frozen);
    }
}

static void test_retention_stands_still(void **state)
{
    struct programme_periods periods = programme_periods_default();
    const char *regno = register_one();

    (void)state;
    world_decide(regno, MERCHANT_EVENT_REVIEW, NULL);
    world_decide(regno, MERCHANT_EVENT_REJECT, "T01");
    freeze(regno, true);
    world.now_ms += 400 * DAY;
    assert_null(programme_find_expired(&world.p.subscriber, 0, world.now_ms, &periods));
    world_fire(PROGRAMME_TIMER_RETAIN); /* of a gateway that read it before */
    assert_int_equal(world.p.change_count, 0);
    freeze(regno, false);
    assert_string_equal(programme_find_expired(&world.p.subscriber, 0, world.now_ms, &periods),
                        PROGRAMME_TIMER_RETAIN);
}

static void test_cancelling_and_erasing_work(void **state)
{
    const char *regno = register_one();

    (void)state;
    freeze(regno, true);
    assert_string_equal(world_act("batal"), "batal");
    assert_owes("SMS_BATAL");
    assert_int_equal(world_merchant_at(0)->frozen_ms, 0);
    assert_int_equal(freeze(regno, true), PROGRAMME_DONE);
    world_begin();
    programme_erase(&world.p, "officer");
    world_end();
    assert_owes("SMS_HAPUS_TANPA");
    assert_int_equal(world.record_size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_on_hold_and_off, world_setup),
        cmocka_unit_test_setup(test_nobody_decides_on_it, world_setup),
        cmocka_unit_test_setup(test_its_owner_sees_it_and_changes_nothing, world_setup),
        cmocka_unit_test_setup(test_a_correction_waits_as_long, world_setup),
        cmocka_unit_test_setup(test_others_of_the_number_go_on, world_setup),
        cmocka_unit_test_setup(test_a_correction_by_sms_means_the_other, world_setup),
        cmocka_unit_test_setup(test_it_is_not_marked_as_a_twin, world_setup),
        cmocka_unit_test_setup(test_retention_stands_still, world_setup),
        cmocka_unit_test_setup(test_cancelling_and_erasing_work, world_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
