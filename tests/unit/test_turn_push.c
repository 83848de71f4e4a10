/* Network-initiated dialogues on a real engine; late answers: test_turn_late.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/support/turn_rig.h"

static struct turn_rig_phone *const phone = turn_rig.phones;

static void abort_dialogue(const char *name)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_ABORT, "*384#", "");

    input.session.size = (uint8_t)strlen(name);
    memcpy(input.session.octets, name, strlen(name));
    turn_rig_deliver(&input);
    turn_rig_settle();
}

/* --- pushes --------------------------------------------------------------------------------- */

static void test_a_question_and_its_answers(void **state)
{
    (void)state;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_assert_begins(phone->screen, "#TerusUsaha Lampung (gratis)");
    assert_int_equal(phone->kind, DIALECT_PUSH);
    assert_true(phone->was_pushed);
    assert_int_equal(phone->session.size, 0);
    assert_int_equal(turn_rig_owed(), 0);
    assert_int_equal(turn_rig_counters()->pushes, 1);
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "Untuk mendaftar");
    assert_int_equal(phone->kind, DIALECT_ASK);
    assert_true(phone->was_pushed);
    assert_memory_equal(phone->session.octets, "ab", 2);
    /* From now on the name is its own: another one is another dialogue. */
    turn_rig_assert_begins(turn_rig_answer("cd", "1"), "Tabik pun!");
    assert_false(phone->was_pushed);
}

/* With our own count of before, it could come to the number that the first answer had. */
static void test_it_counts_on_from_its_first_answer(void **state)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_ANSWER, "*384#", "1");

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    input.session = (struct dialect_session){.size = 2, .octets = "ab", .unit = 127};
    turn_rig_deliver(&input);
    turn_rig_settle();
    turn_rig_assert_begins(phone->screen, "Untuk mendaftar");
    assert_int_equal(phone->session.unit, 0);
}

/* Whatever number a dial has: those of the dialogue that it leaves were used a moment ago. */
static void test_a_dial_counts_on_from_the_push(void **state)
{
    struct dialect_input dial = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    turn_rig_dial(0, "*384*1*2#"); /* leads to an end */
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    assert_int_equal(phone->session.unit, 2);
    dial.session = (struct dialect_session){.size = 2, .octets = "cd", .unit = 0};
    turn_rig_deliver(&dial);
    turn_rig_settle();
    assert_int_equal(phone->session.unit, 3);
}

static void test_a_notice(void **state)
{
    struct dialect_input ack = turn_rig_input(0, DIALECT_NOTIFY_ACK, "*384#", "");

    (void)state;
    turn_rig_owe_push(0, "KELUAR", 60000);
    turn_rig_pass(2000);
    assert_int_equal(phone->kind, DIALECT_NOTIFY);
    turn_rig_assert_begins(phone->screen, "Terima kasih");
    turn_rig_deliver(&ack);
    turn_rig_settle();
    assert_int_equal(turn_rig.answers, 1);
    assert_int_equal(phone->screen_count, 1);
    /* A dial afterwards is a dial. */
    turn_rig_dial(0, "*384#");
    assert_int_equal(phone->kind, DIALECT_ASK);
    assert_false(phone->was_pushed);
}

static void test_nothing_of_that_name(void **state)
{
    (void)state;
    turn_rig_owe_push(0, "SMS_BANTUAN", 60000);
    turn_rig_owe_push(0, "NIRVANA", 60000);
    turn_rig_pass(2000);
    assert_int_equal(phone->screen_count, 0);
    assert_int_equal(turn_rig_counters()->push_failures, 2);
    assert_int_equal(turn_rig_owed(), 0);
}

static void test_it_waits_for_a_running_dialogue(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(5000);
    assert_int_equal(phone->screen_count, 1);
    abort_dialogue("");
    turn_rig_pass(3000);
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(phone->kind, DIALECT_PUSH);
    assert_int_equal(turn_rig_owed(), 0);
}

static void test_who_is_erased_meanwhile_is_left_alone(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_erase_all(0);
    turn_rig_pass(60000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

/* The write that would begin it meets the erasure. */
static void test_who_is_erased_in_between_is_left_alone(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384*1*2#"); /* leads to an end */
    turn_rig_pass(2000);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 3000});
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_erase_all(0);
    turn_rig_pass(60000);
    assert_int_equal(turn_rig_counters()->conflicts, 1);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

/* Likewise, of somebody whose session is over since long: of him there is the other record alone.
 */
static void test_who_is_erased_without_a_session_is_left_alone(void **state)
{
    (void)state;
    turn_rig_assert_begins(turn_rig_dial(0, "*384*4*1#"), "Baik, kami kabari");
    turn_rig_pass(2000);
    turn_rig_end_session(0);
    turn_rig_restart();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 3000});
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_erase_all(0);
    turn_rig_pass(60000);
    assert_int_equal(turn_rig_counters()->conflicts, 1);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

/* The push is in hand, and nothing has been read yet: then nothing tells that he was ever known. */
static void test_who_is_erased_before_the_first_look_is_left_alone(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384*1*2#"); /* leads to an end */
    turn_rig_pass(2000);
    turn_rig_restart();
    store_memory_set_next(turn_rig.store, STORE_MEMORY_LOAD,
                          (struct store_memory_fate){.there_ms = 3000});
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_erase_all(0);
    turn_rig_pass(60000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

/* The store does not say whether it is owed still: it is tried again. */
static void test_who_is_new_is_pushed_to_when_the_store_is_back(void **state)
{
    (void)state;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_TOUCH,
                          (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_NOT});
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(1500);
    assert_int_equal(phone->screen_count, 0);
    turn_rig_pass(5000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

/* Of him nothing was known before, nor is a copy of what the push wrote kept here. */
static void test_who_is_erased_while_the_centre_is_slow_is_left_alone(void **state)
{
    (void)state;
    turn_rig.settings.cache_max = 0;
    turn_rig_restart();
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2500);
    assert_int_equal(turn_rig.shows, 1);
    turn_rig_erase_all(0);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(60000);
    assert_int_equal(turn_rig.shows, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

/* What is told late is owed under his name: as a push, and where no link takes one as an SMS. */
static void test_what_is_late_goes_with_who_is_erased(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct dialect_input dial = turn_rig_input(i, DIALECT_BEGIN, "*384#", "*384#");
        struct store_memory_fate late = {.kind = STORE_MEMORY_DONE, .back_ms = 7000};

        turn_rig.has_push_link = i == 0;
        turn_rig.sms_ends = TURN_SENT_TEMPORARY;
        store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT, late);
        turn_rig_deliver(&dial);
        turn_rig_pass(6500);
        turn_rig.show_ms = 10000; /* the push is under way */
        turn_rig_pass(6000);
        assert_int_equal(turn_rig_owed(), 1);
        turn_rig_erase_all(i);
        assert_int_equal(turn_rig_owed(), 0);
        turn_rig_pass(10000);
    }
}

static void test_the_links_clock_ends_a_dialogue_for_pushes(void **state)
{
    (void)state;
    turn_rig.traits.user_reply_s = 30;
    turn_rig_dial(0, "*384#");
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(29000);
    assert_int_equal(phone->screen_count, 1);
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 2);
    turn_rig.traits.user_reply_s = 0;
    turn_rig.traits.session_max_s = 40;
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(18000);
    assert_int_equal(phone->screen_count, 2);
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 3);
}

static void test_it_expires(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_owe_push(0, "MAIN", 20000);
    turn_rig_pass(40000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_counters()->pushes_expired, 1);
    assert_int_equal(turn_rig_owed(), 0);
    /* The dialogue that was in its way is left alone. */
    turn_rig_assert_begins(turn_rig_type(0, "1"), "#TerusUsaha Lampung");
}

static void test_a_refusal_ends_it(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig_counters()->push_failures, 1);
    assert_int_equal(turn_rig_owed(), 0);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 0);
    turn_rig_dial(0, "*384#"); /* nothing is left of it */
    assert_false(phone->was_pushed);
}

/* The phone is in a dialogue still, by its centre's clock. Earlier tries only waited for the end of
 * that: nothing of the push can be on the phone, and what is typed there is no answer to it. */
static void test_a_refusal_of_what_had_to_wait(void **state)
{
    (void)state;
    turn_rig.traits.user_reply_s = 30;
    turn_rig_dial(0, "*384#");
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(60000);
    assert_int_equal(turn_rig_counters()->push_failures, 1);
    assert_int_equal(turn_rig_owed(), 0);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_assert_begins(turn_rig_type(0, "1"), "Tabik pun!");
}

/* Throttled, or no link: it stays owed, and the menu is stepped once. */
static void test_a_centre_that_cannot_now(void **state)
{
    (void)state;
    turn_rig.has_push_link = false;
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig_owed(), 1);
    turn_rig.has_push_link = true;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig_pass(20000);
    assert_int_equal(turn_rig_owed(), 1);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
    assert_int_equal(turn_rig_counters()->steps, 0);
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "Untuk mendaftar");
}

/* While the screen's action reads what all share, for a subscriber whose records are known here. */
static void test_the_link_goes_in_between(void **state)
{
    static const struct store_memory_fate slow = {.kind = STORE_MEMORY_DONE, .there_ms = 3000};

    (void)state;
    turn_rig_dial(0, "*384*9#");
    abort_dialogue("");
    store_memory_set_next(turn_rig.store, STORE_MEMORY_SHARED_LOAD, slow);
    turn_rig_owe_push(0, "LATIHAN", 100000);
    turn_rig_pass(2000);
    turn_rig.has_push_link = false;
    turn_rig_pass(4000);
    assert_int_equal(turn_rig_owed(), 1);
    turn_rig.has_push_link = true;
    turn_rig_pass(4000);
    turn_rig_assert_begins(phone->screen, "Belum ada jadwal");
    assert_int_equal(turn_rig_owed(), 0);
}

/* The outcome is not known: repeated, until it is, or an answer proves that it was shown. */
static void test_an_unknown_outcome(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(2000);
    assert_int_equal(turn_rig_owed(), 1);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_restart();
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);

    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    abort_dialogue("");
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(2000);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_assert_begins(turn_rig_answer("ab", "1"), "Untuk mendaftar");
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 2); /* the answer's alone */
    assert_int_equal(turn_rig_owed(), 0);
}

/* Killed between the commit and the show. */
static void test_a_push_outlives_its_gateway(void **state)
{
    static const struct store_memory_fate slow = {
        .kind = STORE_MEMORY_DONE, .there_ms = 0, .back_ms = 5000};

    (void)state;
    turn_rig_owe_push(0, "MAIN", 100000);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT, slow);
    turn_rig_pass(2000);
    turn_rig_restart();
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 1);
    turn_rig_assert_begins(phone->screen, "#TerusUsaha Lampung");
    assert_int_equal(turn_rig_owed(), 0);
}

/* One gateway stands still with it in hand, another takes it over and shows it. */
static void test_who_stood_still_does_not_show_it_again(void **state)
{
    static const struct store_memory_fate slow = {.kind = STORE_MEMORY_DONE, .there_ms = 30000};
    struct store_reply reply;
    uint64_t version;

    (void)state;
    turn_rig_dial(0, "*384#");
    turn_rig_owe_push(0, "MAIN", 100000);
    turn_rig_pass(1500);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_LOAD, slow);
    turn_rig_pass(1500);
    turn_rig_change_gateway();
    abort_dialogue("");
    turn_rig_pass(25000);
    assert_int_equal(phone->screen_count, 2);
    memory_data_load(turn_rig.data, phone->msisdn, &reply);
    version = reply.subscriber.session.version;
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 2);
    memory_data_load(turn_rig.data, phone->msisdn, &reply);
    assert_true(reply.subscriber.session.version == version);
    assert_int_equal(turn_rig_owed(), 0);
}

static void is_shown_once_when_it_waited_for(enum store_memory_call call)
{
    static const struct store_memory_fate slow = {.kind = STORE_MEMORY_DONE, .back_ms = 30000};

    turn_rig_owe_push(0, "MAIN", 100000);
    store_memory_set_next(turn_rig.store, call, slow);
    turn_rig_pass(2000);
    turn_rig_change_gateway();
    turn_rig_pass(25000);
    assert_int_equal(phone->screen_count, 1);
    turn_rig_pass(20000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

static void test_who_stood_still_in_a_commit_does_not_show_it_again(void **state)
{
    (void)state;
    is_shown_once_when_it_waited_for(STORE_MEMORY_COMMIT);
}

/* The sweep gave it the push. */
static void test_who_hears_late_that_it_is_its_own_does_not_show_it_again(void **state)
{
    (void)state;
    is_shown_once_when_it_waited_for(STORE_MEMORY_SWEEP);
}

/* A centre that takes its time: it is not left, and nobody else shows it. */
static void test_a_slow_centre_is_waited_for(void **state)
{
    (void)state;
    turn_rig.show_ms = 80000;
    turn_rig_change_gateway();
    for (unsigned i = 0; i < TURN_RIG_PHONES; i++)
        turn_rig_owe_push(i, "MAIN", 100000);
    turn_rig_pass(79000);
    assert_int_equal(turn_rig_owed(), TURN_RIG_PHONES);
    turn_rig_pass(10000);
    assert_int_equal(turn_rig_owed(), 0);
    for (unsigned i = 0; i < TURN_RIG_PHONES; i++)
        assert_int_equal(turn_rig.phones[i].screen_count, 1);
}

/* A gateway that the store is slow for hears that another has its push when that has been shown. */
static void test_what_another_has_is_not_shown_again(void **state)
{
    (void)state;
    turn_rig.show_ends = TURN_SENT_TEMPORARY;
    turn_rig.show_ms = 40000;
    turn_rig_owe_push(0, "MAIN", 100000);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_TOUCH,
                          (struct store_memory_fate){.there_ms = 30000});
    turn_rig_pass(2000);
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig.show_ms = 1;
    turn_rig_change_gateway();
    turn_rig_pass(28000);
    assert_int_equal(phone->screen_count, 1);
    turn_rig_pass(30000);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

/* Nothing of it comes behind its end: the word that it is still ours, the time to ask again. */
static void test_a_slow_push_that_is_over(void **state)
{
    static const struct store_memory_fate slow = {.back_ms = 30000};
    struct dialect_input dial = turn_rig_input(1, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    turn_rig.show_ends = TURN_SENT_UNKNOWN;
    turn_rig.show_ms = 8000;
    turn_rig_owe_push(0, "MAIN", 12000);
    store_memory_set_next(turn_rig.store, STORE_MEMORY_TOUCH, slow);
    turn_rig_pass(60000);

    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.back_ms = 7000});
    turn_rig.show_ends = TURN_SENT_OK;
    turn_rig_deliver(&dial);
    turn_rig_pass(6500); /* told to wait */
    turn_rig.show_ends = TURN_SENT_PERMANENT;
    turn_rig.show_ms = 3000;
    turn_rig_pass(2000); /* its result is pushed */
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.there_ms = 5000});
    turn_rig_pass(20000); /* refused, it goes by SMS */
    assert_int_equal(turn_rig.phones[1].sms_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

/* A late answer, shown by a gateway that dies before the response; then the subscriber dials, and
 * what was shown is not the newest any more when another takes the entry over. */
static void test_a_result_is_not_told_again_behind_a_dial(void **state)
{
    struct dialect_input declines = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*1*2#");
    struct dialect_input dials = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384#");

    (void)state;
    store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                          (struct store_memory_fate){.kind = STORE_MEMORY_DONE, .back_ms = 7000});
    turn_rig_deliver(&declines);
    turn_rig_pass(6500);
    turn_rig.show_ms = 20000;
    turn_rig_pass(2000);
    turn_rig_assert_begins(phone->screen, "Baik, data Anda");
    turn_rig_restart();
    turn_rig.show_ms = 0;
    turn_rig_deliver(&dials);
    turn_rig_pass(40000);
    assert_int_equal(phone->screen_count, 3); /* told to wait, the result, the dial's */
    assert_int_equal(phone->sms_count, 0);
    assert_int_equal(turn_rig_owed(), 0);
}

/* All buckets are looked into at once, and the links have room for little more than one each: those
 * that come first in the round must not have it all. */
static void test_little_room_is_shared_by_the_buckets(void **state)
{
    (void)state;
    turn_rig.settings.sweep_ms = 50;
    turn_rig_restart();
    turn_rig.sms_room = TURN_RIG_BUCKETS + 4;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(500);
    assert_int_equal(phone->screen_count, 1);
    assert_int_equal(turn_rig_owed(), 0);
}

static void test_the_response_names_the_dialogue(void **state)
{
    (void)state;
    turn_rig.names_pushes = true;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    assert_int_equal(phone->screen_count, 1);
    turn_rig_assert_begins(turn_rig_answer("zz", "1"), "Tabik pun!"); /* not its name */
    abort_dialogue("zz");
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_assert_begins(turn_rig_answer("ni", "1"), "Untuk mendaftar");
}

/* ... and where steps are numbered, the first answer's number is the centre's all the same. */
static void test_who_is_named_counts_on_from_the_first_answer(void **state)
{
    (void)state;
    turn_rig.traits.token = TURN_TOKEN_ECHO;
    turn_rig.names_pushes = true;
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    turn_rig_assert_begins(turn_rig_answer("ni", "1"), "Untuk mendaftar");
    assert_int_equal(phone->session.unit, 1);
    assert_string_equal(turn_rig_answer("ni", "2"), ""); /* of the same number: it has gone on */
    assert_int_equal(turn_rig_counters()->mismatches, 1);
}

static void test_the_end_of_the_dialogue_before_comes_late(void **state)
{
    struct dialect_input begin = turn_rig_input(0, DIALECT_BEGIN, "*384#", "*384*9#");

    (void)state;
    begin.session.size = 1;
    begin.session.octets[0] = 'o';
    turn_rig_deliver(&begin);
    turn_rig_settle();
    turn_rig.traits.user_reply_s = 1; /* the centre has given up, and says so later */
    turn_rig_pass(2000);
    turn_rig_owe_push(0, "MAIN", 60000);
    turn_rig_pass(2000);
    assert_int_equal(phone->kind, DIALECT_PUSH);
    abort_dialogue("o");
    turn_rig_assert_begins(turn_rig_answer("n", "1"), "Untuk mendaftar");
}

static void test_aborts_are_confirmed_where_the_centre_wants_it(void **state)
{
    (void)state;
    turn_rig_dial(0, "*384#");
    abort_dialogue("");
    assert_int_equal(phone->screen_count, 1);
    turn_rig.traits.acks_abort = true;
    abort_dialogue(""); /* also of a dialogue that is not known here */
    assert_int_equal(phone->screen_count, 2);
    assert_int_equal(phone->kind, DIALECT_ABORT_ACK);
    turn_rig_dial(0, "*384#");
    abort_dialogue("");
    assert_int_equal(phone->kind, DIALECT_ABORT_ACK);
    assert_int_equal(turn_rig.refusals, 0);
}

int main(void)
{
#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, turn_rig_setup, turn_rig_teardown)
    const struct CMUnitTest tests[] = {
        ON_RIG(test_a_question_and_its_answers),
        ON_RIG(test_it_counts_on_from_its_first_answer),
        ON_RIG(test_a_dial_counts_on_from_the_push),
        ON_RIG(test_a_notice),
        ON_RIG(test_nothing_of_that_name),
        ON_RIG(test_it_waits_for_a_running_dialogue),
        ON_RIG(test_who_is_erased_meanwhile_is_left_alone),
        ON_RIG(test_who_is_erased_in_between_is_left_alone),
        ON_RIG(test_who_is_erased_without_a_session_is_left_alone),
        ON_RIG(test_who_is_erased_before_the_first_look_is_left_alone),
        ON_RIG(test_who_is_new_is_pushed_to_when_the_store_is_back),
        ON_RIG(test_who_is_erased_while_the_centre_is_slow_is_left_alone),
        ON_RIG(test_what_is_late_goes_with_who_is_erased),
        ON_RIG(test_the_links_clock_ends_a_dialogue_for_pushes),
        ON_RIG(test_it_expires),
        ON_RIG(test_a_refusal_ends_it),
        ON_RIG(test_a_refusal_of_what_had_to_wait),
        ON_RIG(test_a_centre_that_cannot_now),
        ON_RIG(test_the_link_goes_in_between),
        ON_RIG(test_an_unknown_outcome),
        ON_RIG(test_a_push_outlives_its_gateway),
        ON_RIG(test_who_stood_still_does_not_show_it_again),
        ON_RIG(test_who_stood_still_in_a_commit_does_not_show_it_again),
        ON_RIG(test_who_hears_late_that_it_is_its_own_does_not_show_it_again),
        ON_RIG(test_a_slow_centre_is_waited_for),
        ON_RIG(test_what_another_has_is_not_shown_again),
        ON_RIG(test_a_slow_push_that_is_over),
        ON_RIG(test_a_result_is_not_told_again_behind_a_dial),
        ON_RIG(test_little_room_is_shared_by_the_buckets),
        ON_RIG(test_the_response_names_the_dialogue),
        ON_RIG(test_who_is_named_counts_on_from_the_first_answer),
        ON_RIG(test_the_end_of_the_dialogue_before_comes_late),
        ON_RIG(test_aborts_are_confirmed_where_the_centre_wants_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
