/* SMS to the service: when the same word is a copy, what does not wait for an answer, and the
 * answer itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/support/turn_rig.h"

/* Where answers and SMS go apart, by a receiver and a transmitter or by two binds, the peer is
 * asked whether it has read the answer. While it does not say so, the same word is a copy. */
static void test_the_same_word_where_sms_go_by_another_connection(void **state)
{
    struct dialect_input word = turn_rig_input(0, DIALECT_SMS, "384", "STATUS");

    (void)state;
    turn_rig.show_connection = 2;
    turn_rig_deliver(&word);
    turn_rig_settle();
    turn_rig.is_unread = true;
    turn_rig_deliver(&word);
    turn_rig_pass(5000);
    assert_int_equal(turn_rig.phones[0].sms_count, 2);
    turn_rig_deliver(&word);
    turn_rig_settle();
    assert_int_equal(turn_rig.phones[0].sms_count, 2);
    assert_int_equal(turn_rig_counters()->replays, 1);
    turn_rig_pass(5000);
    turn_rig.is_unread = false; /* the answer to a copy is read: whatever comes now is none */
    turn_rig_deliver(&word);
    turn_rig_settle();
    assert_int_equal(turn_rig_counters()->replays, 2);
    turn_rig_deliver(&word);
    turn_rig_settle();
    assert_int_equal(turn_rig.phones[0].sms_count, 3);
}

/* An SMS waits for the one before it, which the centre does not take: nothing that the subscriber
 * sends waits for that, and the same word is a new one. */
static void test_nobody_waits_for_an_sms_that_waits(void **state)
{
    struct dialect_input word = turn_rig_input(0, DIALECT_SMS, "384", "BANTUAN");

    (void)state;
    turn_rig.sms_ms = 10000;
    turn_rig_sms(0, "STATUS");
    turn_rig_deliver(&word);
    turn_rig_settle();
    turn_rig_deliver(&word);
    turn_rig_dial(0, "*384#");
    turn_rig_pass(2000);
    turn_rig_assert_begins(turn_rig.phones[0].screen, "Tabik pun!");
    turn_rig_deliver(&word);
    turn_rig_pass(40000);
    assert_int_equal(turn_rig.phones[0].sms_count, 4);
    assert_int_equal(turn_rig_counters()->replays, 0);
}

/* It has been asked for when an SMS leaves that waited for so long. */
static void test_the_word_is_asked_for_once(void **state)
{
    struct dialect_input word = turn_rig_input(0, DIALECT_SMS, "384", "STATUS");

    (void)state;
    turn_rig.is_unread = true;
    turn_rig.show_connection = 2;
    turn_rig.sms_ms = 2000;
    turn_rig_deliver(&word);
    turn_rig_pass(900);
    assert_int_equal(turn_rig.reads_asked, 0);
    turn_rig_pass(200);
    assert_int_equal(turn_rig.reads_asked, 1);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig.reads_asked, 1);
    turn_rig_pass(4000);
}

/* What is answered by nothing is a new one each time, too: four of a word that says nothing. */
static void test_the_same_word_where_nothing_answers(void **state)
{
    struct dialect_input word = turn_rig_input(0, DIALECT_SMS, "384", "BATAL");

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        turn_rig_deliver(&word);
        turn_rig_settle();
    }
    assert_int_equal(turn_rig.phones[0].sms_count, 3); /* a day */
    assert_int_equal(turn_rig_counters()->replays, 0);
}

/* Nor is it a copy where the gateway was killed a moment after the first was answered: nothing else
 * comes of a subscriber who has got his SMS, so its proof waits for nothing. */
static void test_the_same_word_after_a_kill(void **state)
{
    struct dialect_input word = turn_rig_input(0, DIALECT_SMS, "384", "STATUS");

    (void)state;
    for (unsigned connection = 1; connection <= 2; connection++) {
        turn_rig.show_connection = connection; /* 2: a transmitter beside the receiver */
        turn_rig_deliver(&word);
        turn_rig_pass(50);
        turn_rig_restart();
    }
    turn_rig_deliver(&word);
    turn_rig_settle();
    assert_int_equal(turn_rig.phones[0].sms_count, 3);
    assert_int_equal(turn_rig_counters()->replays, 0);
}

/* A second that has begun counts: none ends before what it is owed for. */
static void test_a_validity_is_never_too_short(void **state)
{
    (void)state;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 50});
    turn_rig_sms(0, "BANTUAN");
    assert_int_equal(turn_rig.sms_validity_s, turn_rig.settings.sms_expiry_s);
}

/* Who gets it later than the registration waits would answer YA in vain. */
static void test_a_question_is_good_as_long_as_its_answer(void **state)
{
    (void)state;
    turn_rig_sms(0, "DAFTAR#SITI AMINAH#WARUNG SITI#1#METRO");
    assert_non_null(strstr(turn_rig_sms(0, "KEC METRO BARAT"), "Balas YA"));
    assert_int_equal(turn_rig.sms_validity_s, 48 * 3600);
    turn_rig_sms(0, "YA");
    assert_int_equal(turn_rig.sms_validity_s, turn_rig.settings.sms_expiry_s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_same_word_where_sms_go_by_another_connection,
                                        turn_rig_setup, turn_rig_teardown),
        cmocka_unit_test_setup_teardown(test_nobody_waits_for_an_sms_that_waits, turn_rig_setup,
                                        turn_rig_teardown),
        cmocka_unit_test_setup_teardown(test_the_word_is_asked_for_once, turn_rig_setup,
                                        turn_rig_teardown),
        cmocka_unit_test_setup_teardown(test_the_same_word_where_nothing_answers, turn_rig_setup,
                                        turn_rig_teardown),
        cmocka_unit_test_setup_teardown(test_the_same_word_after_a_kill, turn_rig_setup,
                                        turn_rig_teardown),
        cmocka_unit_test_setup_teardown(test_a_validity_is_never_too_short, turn_rig_setup,
                                        turn_rig_teardown),
        cmocka_unit_test_setup_teardown(test_a_question_is_good_as_long_as_its_answer,
                                        turn_rig_setup, turn_rig_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
