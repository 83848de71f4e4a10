/* Requests of ours through a bound link: window, lanes, deadlines, rate, results, output. */
#include "tests/support/link_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void answer(struct link_fixture *f, uint32_t sequence_number, uint32_t command_status)
{
    link_fixture_feed_header(f, SMPP_SUBMIT_SM_RESP, command_status, sequence_number);
}

static void test_answered(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    assert_non_null(link_fixture_submit(&f, LINK_LANE_DIALOGUE, 7, 0));
    assert_int_equal(link_in_flight(f.link), 1);
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2);
    link_fixture_pass(&f, 123);
    link_fixture_feed_hex(&f, "00000019800000040000000000000002314132423343344400");
    assert_int_equal(f.result_count, 1);
    assert_int_equal(f.results[0].tag, 7);
    assert_int_equal(f.results[0].kind, LINK_RESULT_ANSWERED);
    assert_int_equal(f.results[0].command_status, ESME_ROK);
    assert_int_equal(f.results[0].round_trip_ms, 123);
    assert_string_equal(f.results[0].message_id, "1A2B3C4D");
    assert_true(f.results[0].connection == link_connection(f.link));
    assert_int_equal(link_in_flight(f.link), 0);
    link_fixture_fini(&f);
}

static void test_window_is_kept(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    settings.link.window = 3;
    settings.link.queue_max = 5;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    for (unsigned i = 0; i < 8; i++)
        assert_non_null(link_fixture_submit(&f, LINK_LANE_DIALOGUE, i, 0));
    assert_null(link_fixture_submit(&f, LINK_LANE_DIALOGUE, 8, 0)); /* full: 3 out, 5 waiting */
    assert_int_equal(link_in_flight(f.link), 3);
    assert_int_equal(link_queued(f.link), 5);
    link_fixture_turn(&f);
    for (uint32_t n = 2; n < 5; n++)
        link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, n);
    link_fixture_expect_nothing(&f);
    answer(&f, 4, ESME_ROK); /* out of order */
    assert_int_equal(f.results[0].tag, 2);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 5);
    link_fixture_expect_nothing(&f);
    answer(&f, 2, ESME_RINVDSTADR);
    answer(&f, 2, ESME_ROK); /* again: matches nothing */
    answer(&f, 3, ESME_ROK);
    assert_int_equal(f.result_count, 3);
    assert_int_equal(f.results[1].tag, 0);
    assert_int_equal(f.results[1].command_status, ESME_RINVDSTADR);
    assert_int_equal(f.results[2].tag, 1);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 6);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 7);
    link_fixture_expect_nothing(&f);
    assert_int_equal(link_in_flight(f.link), 3);
    link_fixture_fini(&f);
}

static void test_enquire_link_is_outside_the_window(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    settings.link.window = 1;
    settings.link.response_timeout_s = 60;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    link_fixture_submit(&f, LINK_LANE_SMS, 0, 0);
    link_fixture_submit(&f, LINK_LANE_SMS, 1, 0);
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2);
    link_fixture_pass(&f, 30000);
    link_fixture_expect(&f, SMPP_ENQUIRE_LINK, 0, 3);
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK_RESP, 0, 3);
    link_fixture_expect_nothing(&f);
    answer(&f, 2, ESME_ROK);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 4);
    link_fixture_fini(&f);
}

static void test_lanes_go_in_order(void **state)
{
    static const enum link_lane lanes[] = {LINK_LANE_BULK, LINK_LANE_SMS,      LINK_LANE_DIALOGUE,
                                           LINK_LANE_BULK, LINK_LANE_DIALOGUE, LINK_LANE_SMS,
                                           LINK_LANE_AGAIN};
    static const unsigned order[] = {100, 6, 2, 4, 1, 5, 0, 3};
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    settings.link.window = 1;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    link_fixture_submit(&f, LINK_LANE_BULK, 100, 0);
    for (unsigned i = 0; i < 7; i++)
        link_fixture_submit(&f, lanes[i], i, 0);
    for (uint32_t i = 0; i < 8; i++) {
        link_fixture_turn(&f);
        answer(&f, 2 + i, ESME_ROK);
        assert_int_equal(f.results[i].tag, order[i]);
    }
    link_fixture_fini(&f);
}

static unsigned submit_until_full(struct link_fixture *f, enum link_lane lane)
{
    unsigned count = 0;

    while (link_fixture_submit(f, lane, count, 0) != NULL)
        count++;
    return count;
}

/* What can wait elsewhere leaves room for what cannot. */
static void test_lanes_leave_room(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    settings.link.window = 1;
    settings.link.queue_max = 8;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    assert_int_equal(link_room(f.link), 4); /* of BULK, which comes last */
    assert_int_equal(submit_until_full(&f, LINK_LANE_BULK), 1 + 4);
    assert_int_equal(link_room(f.link), 0);
    assert_int_equal(submit_until_full(&f, LINK_LANE_SMS), 2);
    assert_false(link_is_full(f.link));
    assert_int_equal(submit_until_full(&f, LINK_LANE_DIALOGUE), 2);
    assert_true(link_is_full(f.link));
    link_fixture_fini(&f);
}

/* Room is what leaves within ten seconds, and never more than four windows. */
static void test_room(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    settings.link.window = 10;
    settings.link.tps = 2;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    assert_int_equal(link_room(f.link), 20);
    link_fixture_submit(&f, LINK_LANE_BULK, 0, 0);
    link_fixture_submit(&f, LINK_LANE_BULK, 1, 0);
    assert_int_equal(link_room(f.link), 18);
    link_fixture_turn(&f);
    answer(&f, 2, ESME_RTHROTTLED);
    assert_int_equal(link_room(f.link), 19);
    link_fixture_submit(&f, LINK_LANE_BULK, 2, 0);
    link_fixture_pass(&f, 1100);
    answer(&f, 3, ESME_RTHROTTLED);
    answer(&f, 4, ESME_RTHROTTLED);
    assert_int_equal(link_room(f.link), 0); /* during a pause */
    link_fixture_fini(&f);

    settings.link.tps = 0;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    assert_int_equal(link_room(f.link), 40);
    link_fixture_fini(&f);
}

static void test_response_timeout(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 0, 0);
    link_fixture_pass(&f, 4000);
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 1, 0);
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 2, 0);
    link_fixture_pass(&f, 5999);
    assert_int_equal(f.result_count, 0);
    link_fixture_pass(&f, 1);
    assert_int_equal(f.result_count, 1);
    assert_int_equal(f.results[0].tag, 0);
    assert_int_equal(f.results[0].kind, LINK_RESULT_TIMEOUT);
    answer(&f, 2, ESME_ROK); /* too late: matches nothing */
    answer(&f, 3, ESME_ROK);
    link_fixture_pass(&f, 3999);
    assert_int_equal(f.result_count, 2);
    link_fixture_pass(&f, 1);
    assert_int_equal(f.result_count, 3);
    assert_int_equal(f.results[2].tag, 2);
    assert_int_equal(f.results[2].kind, LINK_RESULT_TIMEOUT);
    assert_int_equal(link_counters(f.link)->timeouts, 2);
    assert_int_equal(link_state(f.link), LINK_BOUND);
    /* The clock runs again for the next one. */
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 3, 0);
    link_fixture_pass(&f, 10000);
    assert_int_equal(f.results[3].tag, 3);
    link_fixture_fini(&f);
}

static void test_timeout_makes_room(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    settings.link.window = 1;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    link_fixture_submit(&f, LINK_LANE_SMS, 0, 0);
    link_fixture_submit(&f, LINK_LANE_SMS, 1, 0);
    link_fixture_pass(&f, 9999);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2);
    link_fixture_expect_nothing(&f);
    link_fixture_pass(&f, 1);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 3);
    link_fixture_fini(&f);
}

static void test_deadline_while_waiting(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();
    uint64_t now;

    (void)state;
    settings.link.window = 1;
    settings.link.response_timeout_s = 60;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    now = f.timers.now_ms;
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 0, now + 500); /* leaves at once: no deadline now */
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 1, now + 8000);
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 2, now + 3000);
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 3, 0);
    link_fixture_pass(&f, 2999);
    assert_int_equal(f.result_count, 0);
    link_fixture_pass(&f, 1);
    assert_int_equal(f.result_count, 1);
    assert_int_equal(f.results[0].tag, 2);
    assert_int_equal(f.results[0].kind, LINK_RESULT_UNSENT);
    link_fixture_pass(&f, 5000);
    assert_int_equal(f.result_count, 2);
    assert_int_equal(f.results[1].tag, 1);
    assert_int_equal(link_queued(f.link), 1);
    answer(&f, 2, ESME_ROK);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 3);
    link_fixture_expect_nothing(&f);
    link_fixture_fini(&f);
}

static void test_deadline_passed_before(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    assert_non_null(link_fixture_submit(&f, LINK_LANE_DIALOGUE, 0, f.timers.now_ms));
    assert_int_equal(f.result_count, 0);
    link_fixture_pass(&f, 0);
    assert_int_equal(f.results[0].kind, LINK_RESULT_UNSENT);
    link_fixture_expect_nothing(&f);
    link_fixture_fini(&f);
}

static void test_lost_and_unsent_on_disconnect(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();
    uint64_t connection;

    (void)state;
    settings.link.window = 2;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    connection = link_connection(f.link);
    link_fixture_submit(&f, LINK_LANE_SMS, 0, 0);
    link_fixture_submit(&f, LINK_LANE_SMS, 1, 0);
    link_fixture_submit(&f, LINK_LANE_SMS, 2, f.timers.now_ms + 5000);
    link_fixture_submit(&f, LINK_LANE_DIALOGUE, 3, 0);
    f.is_resubmitting = true; /* refused: the link is going down */
    fake_transport_lose(f.network.last, "reset");
    assert_int_equal(f.result_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        static const unsigned order[] = {0, 1, 3, 2};

        assert_int_equal(f.results[i].tag, order[i]);
        assert_int_equal(f.results[i].kind, i < 2 ? LINK_RESULT_LOST : LINK_RESULT_UNSENT);
        assert_true(f.results[i].connection == connection);
    }
    f.is_resubmitting = false;
    link_fixture_expect_closed(&f, "reset");
    assert_int_equal(link_in_flight(f.link), 0);
    assert_int_equal(link_queued(f.link), 0);
    assert_null(link_fixture_submit(&f, LINK_LANE_SMS, 5, 0));
    link_fixture_pass(&f, 1000);
    link_fixture_bind(&f, ESME_ROK);
    assert_true(link_connection(f.link) != connection);
    link_fixture_submit(&f, LINK_LANE_SMS, 6, 0);
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2); /* numbers begin again */
    link_fixture_fini(&f);
}

static void test_free_from_a_result(void **state)
{
    struct link_fixture f;

    (void)state;
    for (int by_loss = 0; by_loss < 2; by_loss++) {
        link_fixture_init(&f);
        link_fixture_bound(&f, NULL);
        for (unsigned i = 0; i < 5; i++)
            link_fixture_submit(&f, LINK_LANE_SMS, i, 0);
        link_fixture_turn(&f);
        f.is_freeing = true;
        if (by_loss)
            fake_transport_lose(f.network.last, "reset");
        else
            answer(&f, 3, ESME_ROK);
        assert_int_equal(f.result_count, 1); /* after link_free() none comes any more */
        link_fixture_fini(&f);
    }
}

static void test_withdraw(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();
    struct link_request *sent;
    struct link_request *waiting;

    (void)state;
    settings.link.window = 1;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    sent = link_fixture_submit(&f, LINK_LANE_DIALOGUE, 0, 0);
    waiting = link_fixture_submit(&f, LINK_LANE_DIALOGUE, 1, f.timers.now_ms + 1000);
    assert_false(link_withdraw(sent));
    assert_true(link_withdraw(waiting));
    link_fixture_pass(&f, 2000);
    answer(&f, 2, ESME_ROK);
    assert_int_equal(f.result_count, 1); /* what had left is told of as ever */
    assert_int_equal(f.results[0].tag, 0);
    assert_int_equal(link_queued(f.link), 0);
    link_fixture_fini(&f);
}

static void test_nack_answers_a_request(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_submit(&f, LINK_LANE_SMS, 0, 0);
    link_fixture_submit(&f, LINK_LANE_SMS, 1, 0);
    link_fixture_turn(&f);
    link_fixture_feed_header(&f, SMPP_GENERIC_NACK, ESME_RINVCMDID, 2);
    assert_int_equal(f.results[0].kind, LINK_RESULT_ANSWERED);
    assert_int_equal(f.results[0].command_status, ESME_RINVCMDID);
    link_fixture_feed_header(&f, SMPP_GENERIC_NACK, ESME_ROK, 3); /* a refusal all the same */
    assert_int_equal(f.results[1].command_status, ESME_RUNKNOWNERR);
    link_fixture_fini(&f);
}

/* The centre has forgotten us, and keeps TCP and enquire_link going. */
static void test_a_forgotten_bind_is_made_again(void **state)
{
    static const uint32_t statuses[] = {ESME_RINVBNDSTS, ESME_RINVBNDSTS, ESME_ROK,
                                        ESME_RINVBNDSTS, ESME_RALYBND,    ESME_RINVBNDSTS};
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(link_state(f.link), LINK_BOUND); /* two may be about their messages */
        link_fixture_submit(&f, LINK_LANE_SMS, i, 0);
        link_fixture_turn(&f);
        link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2 + i);
        answer(&f, 2 + i, statuses[i]);
        assert_int_equal(f.results[i].command_status, statuses[i]);
    }
    link_fixture_expect(&f, SMPP_UNBIND, 0, 8);
    link_fixture_feed_header(&f, SMPP_UNBIND_RESP, ESME_RINVBNDSTS, 8);
    link_fixture_expect_closed(&f, "ESME_RINVBNDSTS");
    link_fixture_fini(&f);
}

static void test_unmatched_responses_are_dropped(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_submit(&f, LINK_LANE_SMS, 0, 0);
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2);
    answer(&f, 1, ESME_ROK);
    answer(&f, 99, ESME_ROK);
    answer(&f, 0x80000002, ESME_ROK);
    link_fixture_feed_header(&f, SMPP_DATA_SM_RESP, 0, 2); /* another command's */
    link_fixture_feed_header(&f, 0x80000bad, 0, 2);
    link_fixture_feed_header(&f, SMPP_BIND_TRANSCEIVER_RESP, 0, 2);
    link_fixture_feed_header(&f, SMPP_UNBIND_RESP, 0, 2);
    assert_int_equal(f.result_count, 0);
    link_fixture_expect_nothing(&f); /* a response is never answered */
    assert_int_equal(link_state(f.link), LINK_BOUND);
    answer(&f, 2, ESME_ROK);
    assert_int_equal(f.result_count, 1);
    link_fixture_fini(&f);
}

static void test_throttled_link_pauses_and_probes(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    for (unsigned i = 0; i < 3; i++) {
        link_fixture_submit(&f, LINK_LANE_SMS, i, 0);
        link_fixture_turn(&f);
        link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, i + 2); /* one refusal, or two, stop nothing */
        answer(&f, i + 2, ESME_RTHROTTLED);
        assert_int_equal(f.results[i].command_status, ESME_RTHROTTLED);
        assert_int_equal(link_counters(f.link)->throttled_in, i + 1);
    }
    for (unsigned i = 3; i < 6; i++)
        assert_non_null(link_fixture_submit(&f, LINK_LANE_SMS, i, 0));
    link_fixture_pass(&f, 699);
    link_fixture_expect_nothing(&f);
    assert_int_equal(link_queued(f.link), 3);
    link_fixture_pass(&f, 602);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 5); /* the probe, and nothing with it */
    link_fixture_expect_nothing(&f);
    link_fixture_pass(&f, 5000);
    link_fixture_expect_nothing(&f);
    answer(&f, 5, ESME_ROK);
    link_fixture_pass(&f, 2100); /* half of three a second */
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 6);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 7);
    link_fixture_expect_nothing(&f);
    link_fixture_fini(&f);
}

static void test_a_peer_has_its_own_statuses(void **state)
{
    static const uint32_t statuses[] = {0x401, ESME_RMSGQFUL, 0x402, 0x402, 0x402};
    static const enum smpp_status_class classes[] = {SMPP_CLASS_SLOW_DOWN, SMPP_CLASS_TEMPORARY,
                                                     SMPP_CLASS_SESSION, SMPP_CLASS_SESSION,
                                                     SMPP_CLASS_SESSION};
    struct link_client_settings settings = link_fixture_settings();
    struct link_fixture f;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_true(smpp_statuses_set(&settings.link.statuses, statuses[i], classes[i]));
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(link_state(f.link), LINK_BOUND);
        link_fixture_submit(&f, LINK_LANE_SMS, i, 0);
        link_fixture_turn(&f);
        link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2 + i);
        answer(&f, 2 + i, statuses[i]);
        assert_int_equal(f.results[i].command_status, statuses[i]);
        assert_int_equal(f.results[i].status_class, classes[i]);
        assert_int_equal(link_counters(f.link)->throttled_in, 1);
    }
    link_fixture_expect(&f, SMPP_UNBIND, 0, 7);
    link_fixture_feed_header(&f, SMPP_UNBIND_RESP, ESME_ROK, 7);
    link_fixture_expect_closed(&f, "ESME_VENDOR");
    link_fixture_fini(&f);
}

static void test_rate(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();
    unsigned sent = 0;

    (void)state;
    settings.link.tps = 20;
    settings.link.window = 1000;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    for (unsigned i = 0; i < 100; i++)
        assert_non_null(link_fixture_submit(&f, LINK_LANE_SMS, i, 0));
    link_fixture_pass(&f, 2000);
    while (fake_transport_take(f.network.last).size != 0)
        sent++;
    assert_in_range(sent, 40, 43);
    link_fixture_fini(&f);
}

static void test_requests_leave_in_one_write(void **state)
{
    struct link_fixture f;
    unsigned writes;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_feed_deliver(&f, 9);
    writes = f.network.last->writes;
    assert_true(link_answer(f.link, f.tickets[0], ESME_ROK, NULL));
    for (unsigned i = 0; i < 10; i++)
        link_fixture_submit(&f, LINK_LANE_DIALOGUE, i, 0);
    assert_int_equal(f.network.last->writes, writes);
    link_fixture_turn(&f);
    assert_int_equal(f.network.last->writes, writes + 1);
    /* Answer first, then the screen: custody rule 2. */
    link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, 0, 9);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2);
    link_fixture_fini(&f);
}

/* At every octet where a write can be cut, the tail follows and nothing is lost or doubled. */
static void test_short_writes_at_every_octet(void **state)
{
    size_t bytes = 1000;

    (void)state;
    for (size_t room = 0; room < bytes; room++) {
        struct link_fixture f;
        size_t before;

        link_fixture_init(&f);
        link_fixture_bound(&f, NULL);
        before = f.network.last->written_bytes;
        f.network.last->room = room;
        link_fixture_submit(&f, LINK_LANE_SMS, 0, 0);
        link_fixture_submit(&f, LINK_LANE_SMS, 1, 0);
        link_fixture_turn(&f);
        assert_true(f.network.last->written_bytes - before <= room);
        link_fixture_submit(&f, LINK_LANE_SMS, 2, 0);
        link_fixture_turn(&f);
        fake_transport_make_room(f.network.last, 1);
        fake_transport_make_room(f.network.last, SIZE_MAX);
        link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2);
        link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 3);
        link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 4);
        link_fixture_expect_nothing(&f);
        bytes = f.network.last->written_bytes - before;
        link_fixture_submit(&f, LINK_LANE_SMS, 3, 0);
        link_fixture_turn(&f);
        link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 5);
        link_fixture_fini(&f);
    }
}

static void test_slow_reader_is_closed(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();
    uint32_t n = 0;

    (void)state;
    settings.link.out_bytes_max = 4096;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    f.is_answering = true;
    f.network.last->room = 0;
    while (!link_fixture_is_closed(&f) && n < 250)
        link_fixture_feed_deliver(&f, ++n);
    assert_in_range(n, 4096 / 17, 4096 / 17 + 2);
    link_fixture_expect_closed(&f, "slow_reader");
    assert_true(f.network.last->is_aborted);
    link_fixture_fini(&f);
}

static void test_receiver_cannot_submit(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    settings.bind = LINK_RECEIVER;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    assert_null(link_fixture_submit(&f, LINK_LANE_SMS, 0, 0));
    link_fixture_fini(&f);
}

static void test_counters(void **state)
{
    struct link_fixture f;
    const struct link_counters *c;

    (void)state;
    link_fixture_init(&f);
    f.is_answering = true;
    link_fixture_bound(&f, NULL);
    link_fixture_feed_deliver(&f, 1);
    link_fixture_submit(&f, LINK_LANE_SMS, 0, 0);
    link_fixture_turn(&f);
    answer(&f, 2, ESME_ROK);
    c = link_counters(f.link);
    assert_int_equal(c->pdus_in, 3);  /* bind_resp, deliver_sm, submit_sm_resp */
    assert_int_equal(c->pdus_out, 3); /* bind, deliver_sm_resp, submit_sm */
    assert_int_equal(c->messages_in, 1);
    assert_int_equal(c->submits_out, 1);
    assert_int_equal(c->octets_out, f.network.last->written_bytes);
    link_fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answered),
        cmocka_unit_test(test_window_is_kept),
        cmocka_unit_test(test_enquire_link_is_outside_the_window),
        cmocka_unit_test(test_lanes_go_in_order),
        cmocka_unit_test(test_lanes_leave_room),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_withdraw),
        cmocka_unit_test(test_response_timeout),
        cmocka_unit_test(test_timeout_makes_room),
        cmocka_unit_test(test_deadline_while_waiting),
        cmocka_unit_test(test_deadline_passed_before),
        cmocka_unit_test(test_lost_and_unsent_on_disconnect),
        cmocka_unit_test(test_free_from_a_result),
        cmocka_unit_test(test_nack_answers_a_request),
        cmocka_unit_test(test_a_forgotten_bind_is_made_again),
        cmocka_unit_test(test_unmatched_responses_are_dropped),
        cmocka_unit_test(test_throttled_link_pauses_and_probes),
        cmocka_unit_test(test_a_peer_has_its_own_statuses),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_requests_leave_in_one_write),
        cmocka_unit_test(test_short_writes_at_every_octet),
        cmocka_unit_test(test_slow_reader_is_closed),
        cmocka_unit_test(test_receiver_cannot_submit),
        cmocka_unit_test(test_counters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
