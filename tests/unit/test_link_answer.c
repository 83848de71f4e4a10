/* What leaves with a reply, what a peer has read of it, and a peer that never answers. */
#include "tests/support/link_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gateway/smpp/status.h"

/* A window of one, taken; an input that waits for its answer. */
static uint32_t fill_window(struct link_fixture *f)
{
    struct link_client_settings settings = link_fixture_settings();
    uint32_t sequence_number;

    settings.link.window = 1;
    link_fixture_init(f);
    link_fixture_bound(f, &settings);
    assert_non_null(link_fixture_submit(f, LINK_LANE_DIALOGUE, 0, 0));
    link_fixture_turn(f);
    sequence_number = link_fixture_expect_request(f, SMPP_SUBMIT_SM);
    link_fixture_feed_deliver(f, 7);
    link_fixture_expect_nothing(f);
    return sequence_number;
}

static struct link_fixture *the_fixture;

static bool answer(void *arg)
{
    (void)arg;
    link_answer(the_fixture->link, the_fixture->tickets[0], ESME_ROK, NULL);
    return true;
}

static unsigned unsent;

static void on_result(void *arg, const struct link_result *result)
{
    (void)arg;
    unsent += result->kind == LINK_RESULT_UNSENT;
}

static bool stay(void *arg)
{
    (void)arg;
    return false;
}

static struct link_request *reply(struct link_fixture *f, uint64_t deadline_ms)
{
    uint8_t buffer[256];

    the_fixture = f;
    return link_submit_reply(f->link,
                             link_fixture_message(SMPP_SUBMIT_SM, 0, buffer, sizeof(buffer)),
                             deadline_ms, answer, on_result, NULL);
}

static void test_leave_runs_before_a_reply_is_written(void **state)
{
    struct link_fixture f;
    uint32_t sequence_number = fill_window(&f);

    (void)state;
    assert_non_null(reply(&f, 0));
    link_fixture_turn(&f);
    link_fixture_expect_nothing(&f);
    link_fixture_feed_header(&f, SMPP_SUBMIT_SM | SMPP_RESPONSE_BIT, ESME_ROK, sequence_number);
    link_fixture_expect(&f, SMPP_DELIVER_SM | SMPP_RESPONSE_BIT, ESME_ROK, 7);
    sequence_number = link_fixture_expect_request(&f, SMPP_SUBMIT_SM);

    link_fixture_feed_header(&f, SMPP_SUBMIT_SM | SMPP_RESPONSE_BIT, ESME_ROK, sequence_number);
    link_fixture_feed_deliver(&f, 8);
    f.tickets[0] = f.tickets[1];
    assert_non_null(reply(&f, 0)); /* at once, where there is room */
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_DELIVER_SM | SMPP_RESPONSE_BIT, ESME_ROK, 8);
    link_fixture_expect_request(&f, SMPP_SUBMIT_SM);
    link_fixture_fini(&f);
}

static struct link_request *reply_that_stays(struct link_fixture *f)
{
    uint8_t buffer[256];

    return link_submit_reply(f->link,
                             link_fixture_message(SMPP_SUBMIT_SM, 0, buffer, sizeof(buffer)), 0,
                             stay, on_result, NULL);
}

/* What is behind it goes on. */
static void test_a_reply_may_stay_when_it_is_to_leave(void **state)
{
    struct link_fixture f;
    uint32_t sequence_number = fill_window(&f);

    (void)state;
    unsent = 0;
    assert_non_null(reply_that_stays(&f));
    assert_non_null(reply(&f, 0));
    link_fixture_feed_header(&f, SMPP_SUBMIT_SM | SMPP_RESPONSE_BIT, ESME_ROK, sequence_number);
    link_fixture_expect(&f, SMPP_DELIVER_SM | SMPP_RESPONSE_BIT, ESME_ROK, 7);
    sequence_number = link_fixture_expect_request(&f, SMPP_SUBMIT_SM);
    assert_int_equal(unsent, 1);

    link_fixture_feed_header(&f, SMPP_SUBMIT_SM | SMPP_RESPONSE_BIT, ESME_ROK, sequence_number);
    assert_null(reply_that_stays(&f)); /* at once, where there is room */
    link_fixture_turn(&f);
    link_fixture_expect_nothing(&f);
    assert_int_equal(unsent, 1);
    link_fixture_fini(&f);
}

/* ... at once: what has not left is no part of the rate. */
static void test_what_stays_takes_no_turn(void **state)
{
    struct link_client_settings settings = link_fixture_settings();
    struct link_fixture f;

    (void)state;
    settings.link.tps = 1;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 0, 0);
    link_fixture_turn(&f);
    link_fixture_expect_request(&f, SMPP_SUBMIT_SM);
    link_fixture_feed_deliver(&f, 7);
    for (unsigned i = 0; i < 3; i++)
        assert_non_null(reply_that_stays(&f));
    assert_non_null(reply(&f, 0));
    link_fixture_pass(&f, 1100);
    link_fixture_expect(&f, SMPP_DELIVER_SM | SMPP_RESPONSE_BIT, ESME_ROK, 7);
    link_fixture_expect_request(&f, SMPP_SUBMIT_SM);
    link_fixture_fini(&f);
}

/* It was to tell whether a centre that had asked for a pause takes something again: the next one
 * does, without another pause. */
static void test_a_probe_may_stay(void **state)
{
    for (unsigned is_queued = 0; is_queued < 2; is_queued++) {
        struct link_fixture f;

        (void)state;
        link_fixture_init(&f);
        link_fixture_bound(&f, NULL);
        for (unsigned i = 0; i < 3; i++) {
            link_fixture_submit(&f, LINK_LANE_SMS, i, 0);
            link_fixture_turn(&f);
            link_fixture_feed_header(&f, SMPP_SUBMIT_SM | SMPP_RESPONSE_BIT, ESME_RTHROTTLED,
                                     link_fixture_expect_request(&f, SMPP_SUBMIT_SM));
        }
        if (is_queued != 0)
            assert_non_null(reply_that_stays(&f));
        link_fixture_pass(&f, 1301); /* the pause */
        if (is_queued == 0)
            assert_null(reply_that_stays(&f));
        assert_int_equal(link_queued(f.link), 0);
        assert_non_null(link_fixture_submit(&f, LINK_LANE_SMS, 3, 0));
        link_fixture_turn(&f);
        link_fixture_expect_request(&f, SMPP_SUBMIT_SM);
        link_fixture_fini(&f);
    }
}

static void test_leave_does_not_run_for_a_reply_that_stays(void **state)
{
    struct link_fixture f;
    struct link_request *r;

    (void)state;
    fill_window(&f);
    assert_non_null(reply(&f, f.timers.now_ms + 500));
    link_fixture_pass(&f, 500);
    r = reply(&f, 0);
    assert_true(link_withdraw(r));
    assert_non_null(reply(&f, 0));
    link_stop(f.link);
    link_fixture_turn(&f);
    assert_int_equal(link_state(f.link), LINK_UNBINDING);
    link_fixture_expect_nothing(&f);
    link_fixture_fini(&f);
}

static void test_a_peer_tells_how_far_it_has_read(void **state)
{
    struct link_fixture f;
    uint64_t connection, first, second;
    uint32_t sequence;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    connection = link_connection(f.link);
    first = link_ask_read(f.link);
    link_fixture_pass(&f, 0);
    sequence = link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK);
    second = link_ask_read(f.link);
    link_fixture_pass(&f, 0);
    link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK);
    assert_false(link_has_read(f.link, connection, first));
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK_RESP, 0, sequence);
    assert_true(link_has_read(f.link, connection, first));
    assert_false(link_has_read(f.link, connection, second));
    assert_false(link_has_read(f.link, connection + 1, first));
    assert_false(link_has_read(f.link, connection, 0));
    link_fixture_fini(&f);
}

/* However many answers are on their way: who has read the last has read all. */
static void test_later_marks_tell_of_earlier_ones(void **state)
{
    struct link_fixture f;
    uint64_t connection, first, last;
    uint32_t sequence;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    connection = link_connection(f.link);
    first = last = link_ask_read(f.link);
    link_fixture_pass(&f, 0);
    sequence = link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK);
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK_RESP, 0, sequence);
    assert_true(link_has_read(f.link, connection, first));
    for (int i = 0; i < 3000; i++) {
        last = link_ask_read(f.link);
        link_fixture_pass(&f, 0);
        sequence = link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK);
    }
    assert_true(link_has_read(f.link, connection, first));
    assert_false(link_has_read(f.link, connection, first + 1));
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK_RESP, 0, sequence);
    assert_true(link_has_read(f.link, connection, first + 1));
    assert_true(link_has_read(f.link, connection, last));
    assert_false(link_has_read(f.link, connection, last + 1));
    link_fixture_fini(&f);
}

/* Sends one every ten seconds, each of which times out; the centre answers enquire_links alone. */
static void leave_unanswered(struct link_fixture *f, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(link_state(f->link), LINK_BOUND);
        assert_non_null(link_fixture_submit(f, LINK_LANE_SMS, i, 0));
        link_fixture_turn(f);
        link_fixture_expect_request(f, SMPP_SUBMIT_SM);
        link_fixture_feed_header(f, SMPP_ENQUIRE_LINK, ESME_ROK, 1000 + i);
        link_fixture_expect(f, SMPP_ENQUIRE_LINK_RESP, ESME_ROK, 1000 + i);
        link_fixture_pass(f, 10000);
    }
}

static void test_a_centre_that_answers_nothing_is_bound_anew(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    f.is_answering = true;
    leave_unanswered(&f, 5);
    /* A late answer, a nack, a message: somebody is there. */
    link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, ESME_ROK, 2);
    leave_unanswered(&f, 5);
    link_fixture_feed_header(&f, SMPP_GENERIC_NACK, ESME_RINVCMDID, 0x7777);
    leave_unanswered(&f, 5);
    link_fixture_feed_deliver(&f, 1);
    link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_ROK, 1);
    leave_unanswered(&f, 6);
    link_fixture_feed_header(&f, SMPP_UNBIND_RESP, 0, link_fixture_expect_request(&f, SMPP_UNBIND));
    link_fixture_expect_closed(&f, "silent");
    link_fixture_pass(&f, 1000);
    link_fixture_bind(&f, ESME_ROK);
    leave_unanswered(&f, 5); /* counted anew */
    assert_int_equal(link_state(f.link), LINK_BOUND);
    link_fixture_fini(&f);
}

/* The last of the silence comes when it is being unbound already. */
static void test_silent_while_it_unbinds(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    f.is_answering = true;
    leave_unanswered(&f, 5);
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 5, 0);
    link_fixture_pass(&f, 500);
    link_fixture_expect_request(&f, SMPP_SUBMIT_SM);
    link_stop(f.link);
    link_fixture_pass(&f, 9500);
    link_fixture_feed_header(&f, SMPP_UNBIND_RESP, 0, link_fixture_expect_request(&f, SMPP_UNBIND));
    link_fixture_expect_closed(&f, "stopped");
    link_fixture_fini(&f);
}

/* So does the last word that the centre has forgotten the bind. */
static void test_forgotten_while_it_unbinds(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    for (unsigned i = 0; i < 4; i++)
        link_fixture_submit(&f, LINK_LANE_DIALOGUE, i, 0);
    link_stop(f.link);
    link_fixture_turn(&f);
    for (unsigned i = 0; i < 4; i++) {
        link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2 + i);
        link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, ESME_RINVBNDSTS, 2 + i);
    }
    link_fixture_feed_header(&f, SMPP_UNBIND_RESP, 0, link_fixture_expect_request(&f, SMPP_UNBIND));
    link_fixture_expect_closed(&f, "stopped");
    link_fixture_fini(&f);
}

/* Its backend stands still for a while with a full window: rebinding would help nobody. */
static void test_a_centre_that_is_slow_is_kept(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    for (unsigned i = 0; i < 8; i++)
        link_fixture_submit(&f, LINK_LANE_SMS, i, 0);
    link_fixture_pass(&f, 29000);
    assert_int_equal(link_counters(f.link)->timeouts, 8);
    assert_int_equal(link_state(f.link), LINK_BOUND);
    link_fixture_fini(&f);
}

/* A centre that is slow for a while has taken each of them: sent again, they would come twice. */
static void test_late_response_of_an_sms(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_submit(&f, LINK_LANE_SMS, 0, 0);
    link_fixture_submit(&f, LINK_LANE_BULK, 1, 0);
    link_fixture_submit(&f, LINK_LANE_SMS, 2, 0);
    link_fixture_submit(&f, LINK_LANE_SMS, 3, 0);
    link_fixture_pass(&f, 10000);
    assert_int_equal(link_counters(f.link)->timeouts, 4);
    assert_int_equal(link_in_flight(f.link), 0);
    assert_int_equal(f.result_count, 0);
    link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, ESME_ROK, 2);
    assert_int_equal(f.results[0].tag, 0);
    assert_int_equal(f.results[0].kind, LINK_RESULT_ANSWERED);
    link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, ESME_RINVDSTADR, 3);
    assert_int_equal(f.results[1].tag, 1);
    assert_int_equal(f.results[1].command_status, ESME_RINVDSTADR);
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 4, 0); /* the timer of others is theirs */
    link_fixture_pass(&f, 10000);
    assert_int_equal(f.results[2].tag, 4);
    assert_int_equal(f.results[2].kind, LINK_RESULT_TIMEOUT);
    link_fixture_pass(&f, 39999);
    assert_int_equal(f.result_count, 3);
    link_fixture_pass(&f, 1);
    assert_int_equal(f.result_count, 5);
    assert_int_equal(f.results[3].kind, LINK_RESULT_TIMEOUT);
    link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, ESME_ROK, 4); /* matches nothing any more */
    assert_int_equal(f.result_count, 5);
    link_fixture_fini(&f);
}

/* The end of one's time is not the others'. */
static void test_each_late_one_has_its_time(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_submit(&f, LINK_LANE_SMS, 0, 0);
    link_fixture_pass(&f, 15000);
    link_fixture_submit(&f, LINK_LANE_SMS, 1, 0);
    link_fixture_pass(&f, 15000);
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK, ESME_ROK, 1);
    link_fixture_pass(&f, 29000);
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK, ESME_ROK, 2);
    link_fixture_pass(&f, 999);
    assert_int_equal(f.result_count, 0);
    link_fixture_pass(&f, 1);
    assert_int_equal(f.result_count, 1);
    link_fixture_pass(&f, 14999);
    assert_int_equal(f.result_count, 1);
    link_fixture_pass(&f, 1);
    assert_int_equal(f.result_count, 2);
    assert_int_equal(f.results[1].kind, LINK_RESULT_TIMEOUT);
    link_fixture_fini(&f);
}

static void test_late_ones_are_bounded_and_end(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    settings.link.window = 2;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    for (unsigned i = 0; i < 14; i++)
        link_fixture_submit(&f, LINK_LANE_SMS, i, 0);
    for (unsigned i = 0; i < 5; i++) { /* two a timeout, and their places are used again */
        link_fixture_pass(&f, 10000);
        link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, ESME_ROK, 99); /* somebody is there */
    }
    assert_int_equal(link_counters(f.link)->timeouts, 10);
    assert_int_equal(f.result_count, 0);
    link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, ESME_ROK, 2);
    assert_int_equal(f.result_count, 1);
    timer_queue_run(&f.timers, f.timers.now_ms + 100000); /* this process stood still */
    link_fixture_pass(&f, 0);
    assert_int_equal(f.result_count, 12);
    assert_int_equal(link_in_flight(f.link), 2);
    link_fixture_pass(&f, 10000);
    assert_int_equal(f.result_count, 12);
    fake_transport_lose(f.network.last, "reset");
    link_fixture_turn(&f);
    assert_int_equal(f.result_count, 14);
    assert_int_equal(f.results[13].kind, LINK_RESULT_LOST);
    link_fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_peer_tells_how_far_it_has_read),
        cmocka_unit_test(test_later_marks_tell_of_earlier_ones),
        cmocka_unit_test(test_leave_runs_before_a_reply_is_written),
        cmocka_unit_test(test_a_reply_may_stay_when_it_is_to_leave),
        cmocka_unit_test(test_what_stays_takes_no_turn),
        cmocka_unit_test(test_a_probe_may_stay),
        cmocka_unit_test(test_leave_does_not_run_for_a_reply_that_stays),
        cmocka_unit_test(test_a_centre_that_answers_nothing_is_bound_anew),
        cmocka_unit_test(test_silent_while_it_unbinds),
        cmocka_unit_test(test_forgotten_while_it_unbinds),
        cmocka_unit_test(test_a_centre_that_is_slow_is_kept),
        cmocka_unit_test(test_late_response_of_an_sms),
        cmocka_unit_test(test_each_late_one_has_its_time),
        cmocka_unit_test(test_late_ones_are_bounded_and_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
