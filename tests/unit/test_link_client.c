/* The client's life: connect, bind, lose, come back, stop; with a fake clock. */
#include "gateway/link/link_view.h"
#include "tests/support/link_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_connects_and_binds(void **state)
{
    static const struct {
        enum link_bind bind;
        uint32_t command_id;
        bool can_submit;
    } rows[] = {
        {LINK_TRANSCEIVER, SMPP_BIND_TRANSCEIVER, true},
        {LINK_TRANSMITTER, SMPP_BIND_TRANSMITTER, true},
        {LINK_RECEIVER, SMPP_BIND_RECEIVER, false},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct link_fixture f;
        struct link_client_settings settings = link_fixture_settings();
        struct smpp_pdu pdu;
        struct span frame;

        link_fixture_init(&f);
        settings.bind = rows[i].bind;
        settings.system_type = "USSD";
        link_fixture_client(&f, &settings);
        link_start(f.link);
        assert_int_equal(f.network.connects, 0); /* nothing from inside link_start() */
        assert_int_equal(f.state_count, 0);
        link_fixture_pass(&f, 0);
        assert_int_equal(f.network.connects, 1);
        assert_string_equal(f.network.host, "centre.example");
        assert_int_equal(f.network.port, 2775);
        fake_transport_open(f.network.last);
        link_fixture_turn(&f);
        frame = link_fixture_expect(&f, rows[i].command_id, ESME_ROK, 1);
        assert_int_equal(smpp_pdu_decode(frame, &pdu), ESME_ROK);
        assert_memory_equal(pdu.bind.system_id.data, "warung", 6);
        assert_memory_equal(pdu.bind.password.data, "secret", 6);
        assert_memory_equal(pdu.bind.system_type.data, "USSD", 4);
        assert_int_equal(pdu.bind.interface_version, 0x34);
        assert_false(link_can_submit(f.link));
        link_fixture_feed_header(&f, rows[i].command_id | SMPP_RESPONSE_BIT, ESME_ROK, 1);
        assert_int_equal(f.state_count, 4);
        assert_int_equal(f.states[0], LINK_CONNECTING);
        assert_int_equal(f.states[1], LINK_OPEN);
        assert_int_equal(f.states[2], LINK_BINDING);
        assert_int_equal(f.states[3], LINK_BOUND);
        assert_int_equal(link_can_submit(f.link), rows[i].can_submit);
        link_fixture_fini(&f);
    }
}

static void test_bind_answers_in_every_shape(void **state)
{
    struct link_fixture f;

    (void)state;
    /* With system_id and TLV; the sequence_number is the bind's. */
    link_fixture_init(&f);
    link_fixture_client(&f, NULL);
    link_start(f.link);
    link_fixture_pass(&f, 0);
    fake_transport_open(f.network.last);
    link_fixture_feed_hex(&f, "0000001c800000090000000000000001534d53433031000210000134");
    assert_int_equal(link_state(f.link), LINK_BOUND);
    link_fixture_fini(&f);

    /* generic_nack to the bind */
    link_fixture_init(&f);
    link_fixture_client(&f, NULL);
    link_start(f.link);
    link_fixture_pass(&f, 0);
    fake_transport_open(f.network.last);
    link_fixture_feed_header(&f, SMPP_GENERIC_NACK, ESME_RINVCMDID, 1);
    link_fixture_expect_closed(&f, "ESME_RINVCMDID");
    link_fixture_fini(&f);
}

static void test_bind_without_answer_times_out(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_client(&f, NULL);
    link_start(f.link);
    link_fixture_pass(&f, 0);
    fake_transport_open(f.network.last);
    link_fixture_pass(&f, 29999);
    assert_int_equal(link_state(f.link), LINK_BINDING);
    link_fixture_pass(&f, 1);
    link_fixture_expect_closed(&f, "bind_timeout");
    link_fixture_fini(&f);
}

static void test_bind_that_does_not_fit(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    settings.system_id = "a-system-id-of-more-than-fifteen";
    link_fixture_init(&f);
    link_fixture_client(&f, &settings);
    link_start(f.link);
    link_fixture_pass(&f, 0);
    fake_transport_open(f.network.last);
    link_fixture_turn(&f);
    link_fixture_expect_closed(&f, "bind_too_long");
    link_fixture_expect_nothing(&f);
    assert_int_equal(link_fixture_time_to_connect(&f), 300000);
    link_fixture_fini(&f);
}

/* ---- liveness ---- */

static void test_enquires_after_silence(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_pass(&f, 29999);
    link_fixture_expect_nothing(&f);
    link_fixture_pass(&f, 1);
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK_RESP, 0,
                             link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK));
    link_fixture_pass(&f, 29999);
    link_fixture_expect_nothing(&f);
    link_fixture_pass(&f, 1);
    link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK);
    link_fixture_fini(&f);
}

static void test_any_pdu_is_a_sign_of_life(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    f.is_answering = true;
    link_fixture_bound(&f, NULL);
    for (uint32_t i = 1; i < 10; i++) {
        link_fixture_pass(&f, 20000);
        link_fixture_feed_deliver(&f, i);
        link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_ROK, i);
        link_fixture_expect_nothing(&f);
    }
    link_fixture_pass(&f, 30000);
    link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK);
    /* Its response is missing, but another PDU comes: all is well, and both misses begin anew. */
    link_fixture_pass(&f, 5000);
    link_fixture_feed_deliver(&f, 100);
    link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_ROK, 100);
    link_fixture_pass(&f, 29999);
    link_fixture_expect_nothing(&f);
    link_fixture_pass(&f, 1);
    link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK);
    assert_int_equal(link_state(f.link), LINK_BOUND);
    link_fixture_fini(&f);
}

static void test_two_missed_enquires_close(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_pass(&f, 30000);
    link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK);
    link_fixture_pass(&f, 10000);
    link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK);
    link_fixture_pass(&f, 9999);
    assert_int_equal(link_state(f.link), LINK_BOUND);
    link_fixture_pass(&f, 1);
    link_fixture_expect_closed(&f, "enquire_link_timeout");
    link_fixture_expect_nothing(&f);         /* no unbind: nobody listens */
    assert_true(f.network.last->is_aborted); /* what it has not got must not come later */
    assert_int_equal(f.endings.count, 1);
    assert_string_equal(f.endings.rows[0].reason, "enquire_link_timeout");
    assert_int_equal(f.endings.rows[0].smsc, 1);
    assert_int_equal(f.endings.rows[0].partner, 0);
    link_fixture_fini(&f);
}

/* What has too many names is counted all the same. */
static void test_endings_are_bounded(void **state)
{
    static char names[2 * LINK_ENDINGS_MAX][16];
    struct link_endings e = {.count = 0};
    uint64_t all = 0;

    (void)state;
    for (int i = 0; i < 2 * LINK_ENDINGS_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "r%d", i);
        link_endings_note(&e, true, names[i]);
    }
    link_endings_note(&e, false, "r0");
    assert_int_equal(e.count, LINK_ENDINGS_MAX);
    assert_string_equal(e.rows[LINK_ENDINGS_MAX - 1].reason, "other");
    for (unsigned i = 0; i < e.count; i++)
        all += e.rows[i].partner;
    assert_int_equal(all, 2 * LINK_ENDINGS_MAX);
    assert_int_equal(e.rows[0].smsc, 1);
}

static void test_answers_enquires(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_client(&f, NULL);
    link_start(f.link);
    link_fixture_pass(&f, 0);
    fake_transport_open(f.network.last);
    link_fixture_turn(&f);
    link_fixture_expect_request(&f, SMPP_BIND_TRANSCEIVER);
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK, 0, 0x80000005); /* before the bind's answer */
    link_fixture_expect(&f, SMPP_ENQUIRE_LINK_RESP, 0, 0x80000005);
    link_fixture_feed_header(&f, SMPP_BIND_TRANSCEIVER_RESP, 0, 1);
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK, 0, 0);
    link_fixture_expect(&f, SMPP_ENQUIRE_LINK_RESP, 0, 0);
    link_fixture_fini(&f);
}

/* ---- unbind and stop ---- */

static void test_peers_unbind(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_feed_header(&f, SMPP_UNBIND, 0, 77);
    link_fixture_expect(&f, SMPP_UNBIND_RESP, 0, 77);
    assert_true(link_fixture_is_closed(&f));
    assert_int_equal(f.state_count, 2);
    assert_int_equal(f.states[0], LINK_UNBINDING);
    link_fixture_expect_closed(&f, "peer_unbind");
    assert_in_range(link_fixture_time_to_connect(&f), 500, 1000);
    link_fixture_fini(&f);
}

static void test_peers_unbind_lets_answers_through(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_feed_deliver(&f, 5);
    assert_non_null(link_fixture_submit(&f, LINK_LANE_SMS, 1, 0));
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2);
    link_fixture_feed_header(&f, SMPP_UNBIND, 0, 77);
    link_fixture_expect(&f, SMPP_UNBIND_RESP, 0, 77);
    assert_int_equal(link_state(f.link), LINK_UNBINDING);
    assert_null(link_fixture_submit(&f, LINK_LANE_SMS, 2, 0));
    link_fixture_feed_deliver(&f, 6); /* nothing new is taken */
    link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_RX_T_APPN, 6);
    link_fixture_pass(&f, 1000);
    assert_true(link_answer(f.link, f.tickets[0], ESME_ROK, NULL));
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_ROK, 5);
    assert_false(link_fixture_is_closed(&f));
    link_fixture_feed_hex(&f, "00000019800000040000000000000002414231324333443400");
    assert_int_equal(f.results[0].kind, LINK_RESULT_ANSWERED);
    assert_true(link_fixture_is_closed(&f));
    link_fixture_fini(&f);
}

/* A second unbind, or one that crosses ours, takes no answer away. */
static void test_two_unbinds_let_answers_through(void **state)
{
    (void)state;
    for (int is_ours = 0; is_ours < 2; is_ours++) {
        struct link_fixture f;

        link_fixture_init(&f);
        link_fixture_bound(&f, NULL);
        link_fixture_feed_deliver(&f, 5);
        if (is_ours)
            link_stop(f.link);
        else
            link_fixture_feed_header(&f, SMPP_UNBIND, 0, 76);
        link_fixture_turn(&f);
        if (!is_ours)
            link_fixture_expect(&f, SMPP_UNBIND_RESP, 0, 76);
        assert_int_equal(link_state(f.link), LINK_UNBINDING);
        link_fixture_feed_header(&f, SMPP_UNBIND, 0, 77);
        link_fixture_expect(&f, SMPP_UNBIND_RESP, 0, 77);
        assert_false(link_fixture_is_closed(&f));
        assert_true(link_answer(f.link, f.tickets[0], ESME_ROK, NULL));
        link_fixture_turn(&f);
        link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_ROK, 5);
        link_fixture_turn(&f);
        assert_true(link_fixture_is_closed(&f));
        link_fixture_fini(&f);
    }
}

static void test_peers_unbind_waits_two_seconds(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    assert_non_null(link_fixture_submit(&f, LINK_LANE_SMS, 1, 0));
    link_fixture_feed_header(&f, SMPP_UNBIND, 0, 77);
    link_fixture_pass(&f, 1999);
    assert_false(link_fixture_is_closed(&f));
    link_fixture_pass(&f, 1);
    assert_true(link_fixture_is_closed(&f));
    assert_int_equal(f.results[0].kind, LINK_RESULT_LOST);
    link_fixture_fini(&f);
}

static void test_stop_unbinds(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_stop(f.link);
    assert_int_equal(f.state_count, 0); /* nothing from inside link_stop() */
    assert_false(link_can_submit(f.link));
    link_fixture_turn(&f);
    assert_int_equal(link_state(f.link), LINK_UNBINDING);
    link_fixture_expect(&f, SMPP_UNBIND, 0, 2);
    link_fixture_feed_header(&f, SMPP_UNBIND_RESP, 0, 2);
    link_fixture_expect_closed(&f, "stopped");
    link_fixture_pass(&f, 3600 * 1000);
    assert_int_equal(f.network.connects, 1);
    assert_int_equal(f.state_count, 2);
    link_fixture_fini(&f);
}

static void test_stop_waits_for_what_is_under_way(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_feed_deliver(&f, 5);
    link_fixture_submit(&f, LINK_LANE_SMS, 1, 0);
    link_stop(f.link);
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_SUBMIT_SM, 0, 2);
    link_fixture_expect_nothing(&f); /* no unbind yet */
    link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, ESME_RSYSERR, 2);
    assert_int_equal(f.results[0].command_status, ESME_RSYSERR);
    link_fixture_expect_nothing(&f);
    assert_true(link_answer(f.link, f.tickets[0], ESME_ROK, NULL));
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, 0, 5);
    link_fixture_expect(&f, SMPP_UNBIND, 0, 3);
    link_fixture_fini(&f);
}

static void test_stop_ends_after_the_response_timeout(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_feed_deliver(&f, 5); /* its owner never answers */
    link_stop(f.link);
    link_fixture_turn(&f);
    link_fixture_pass(&f, 9999);
    link_fixture_expect_nothing(&f);
    link_fixture_pass(&f, 1);
    link_fixture_expect(&f, SMPP_UNBIND, 0, 2); /* the peer is told all the same */
    link_fixture_expect_closed(&f, "stopped");
    assert_false(link_answer(f.link, f.tickets[0], ESME_ROK, NULL));
    link_fixture_fini(&f);
}

static void test_stop_in_other_states(void **state)
{
    (void)state;
    for (int where = 0; where < 4; where++) {
        struct link_fixture f;

        link_fixture_init(&f);
        link_fixture_client(&f, NULL);
        if (where >= 1)
            link_start(f.link);
        if (where >= 2)
            link_fixture_pass(&f, 0);
        if (where == 3)
            fake_transport_open(f.network.last);
        f.state_count = 0;
        link_stop(f.link);
        link_fixture_turn(&f);
        assert_int_equal(f.state_count, 1);
        link_fixture_expect_closed(&f, "stopped");
        link_fixture_pass(&f, 600000);
        assert_int_equal(f.state_count, 1);
        assert_int_equal(f.network.connects, where >= 2);
        link_fixture_fini(&f);
    }
}

static void test_stop_while_waiting_to_retry_then_start_again(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    fake_transport_lose(f.network.last, "reset");
    link_stop(f.link);
    link_fixture_turn(&f);
    link_fixture_expect_closed(&f, "stopped");
    link_fixture_pass(&f, 600000);
    assert_int_equal(f.network.connects, 1);
    link_start(f.link);
    link_fixture_pass(&f, 0);
    link_fixture_bind(&f, ESME_ROK);
    assert_int_equal(link_state(f.link), LINK_BOUND);
    /* Stopped and started in one turn: it stops, then comes back by itself. */
    link_stop(f.link);
    link_start(f.link);
    link_fixture_turn(&f);
    link_fixture_feed_header(&f, SMPP_UNBIND_RESP, 0, 2);
    link_fixture_expect_closed(&f, "stopped");
    link_fixture_pass(&f, 1000);
    assert_int_equal(f.network.connects, 3);
    /* So it does where it had no connection. */
    fake_transport_lose(f.network.last, "reset");
    link_stop(f.link);
    link_start(f.link);
    link_fixture_pass(&f, 0);
    assert_int_equal(f.network.connects, 4);
    link_fixture_fini(&f);
}

static void lose_in_the_middle(struct link_fixture *f)
{
    link_fixture_feed_deliver(f, 5); /* nobody answers it */
    link_fixture_feed_hex(f, "0000001000000015");
    fake_transport_make_room(f->network.last, 0);
    link_fixture_submit(f, LINK_LANE_SMS, 1, 0);
    link_fixture_turn(f);
    fake_transport_lose(f->network.last, "reset");
}

static void unbind_by_peer(struct link_fixture *f)
{
    link_fixture_feed_header(f, SMPP_UNBIND, 0, 77);
}

static void miss_two_enquires(struct link_fixture *f)
{
    link_fixture_pass(f, 50000);
    assert_true(f->network.last->is_aborted);
}

static void stop_and_start(struct link_fixture *f)
{
    link_stop(f->link);
    link_fixture_turn(f);
    link_fixture_feed_header(f, SMPP_UNBIND_RESP, 0, 2);
    link_start(f->link);
}

/* Nothing that the last connection left behind is the next one's. */
static void test_next_connection_begins_anew(void **state)
{
    static void (*const ends[])(struct link_fixture *) = {lose_in_the_middle, unbind_by_peer,
                                                          miss_two_enquires, stop_and_start};

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct link_fixture f;

        link_fixture_init(&f);
        link_fixture_bound(&f, NULL);
        ends[i](&f);
        assert_true(link_fixture_is_closed(&f));
        link_fixture_time_to_connect(&f);
        link_fixture_bind(&f, ESME_ROK);
        assert_int_equal(link_state(f.link), LINK_BOUND);
        assert_true(link_can_submit(f.link));
        f.state_count = 0;
        link_stop(f.link);
        link_fixture_turn(&f);
        link_fixture_expect(&f, SMPP_UNBIND, 0, 2);
        link_fixture_feed_header(&f, SMPP_UNBIND_RESP, 0, 2);
        link_fixture_expect_closed(&f, "stopped");
        assert_false(f.network.last->is_aborted); /* it reads what we wrote last */
        link_fixture_fini(&f);
    }
}

static void test_free_in_every_callback(void **state)
{
    struct link_fixture f;

    (void)state;
    for (int step = 0; step < 5; step++) {
        link_fixture_init(&f);
        link_fixture_client(&f, NULL);
        link_start(f.link);
        f.is_freeing = step == 0; /* CONNECTING */
        link_fixture_pass(&f, 0);
        f.is_freeing = step == 1; /* OPEN */
        if (step == 2) {          /* BOUND */
            fake_transport_open(f.network.last);
            f.is_freeing = true;
            link_fixture_feed_header(&f, SMPP_BIND_TRANSCEIVER_RESP, 0, 1);
        } else if (step != 0) {
            fake_transport_open(f.network.last);
            link_fixture_turn(&f);
        }
        if (step == 3) {
            link_fixture_feed_header(&f, SMPP_BIND_TRANSCEIVER_RESP, 0, 1);
            f.is_freeing = true;
            link_fixture_feed_deliver(&f, 9);
        }
        if (step == 4) {
            f.is_freeing = true;
            fake_transport_lose(f.network.last, "reset");
        }
        assert_null(f.link);
        assert_true(link_fixture_is_closed(&f));
        link_fixture_fini(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connects_and_binds),
        cmocka_unit_test(test_bind_answers_in_every_shape),
        cmocka_unit_test(test_bind_without_answer_times_out),
        cmocka_unit_test(test_bind_that_does_not_fit),
        cmocka_unit_test(test_enquires_after_silence),
        cmocka_unit_test(test_any_pdu_is_a_sign_of_life),
        cmocka_unit_test(test_two_missed_enquires_close),
        cmocka_unit_test(test_endings_are_bounded),
        cmocka_unit_test(test_answers_enquires),
        cmocka_unit_test(test_peers_unbind),
        cmocka_unit_test(test_peers_unbind_lets_answers_through),
        cmocka_unit_test(test_two_unbinds_let_answers_through),
        cmocka_unit_test(test_peers_unbind_waits_two_seconds),
        cmocka_unit_test(test_stop_unbinds),
        cmocka_unit_test(test_stop_waits_for_what_is_under_way),
        cmocka_unit_test(test_stop_ends_after_the_response_timeout),
        cmocka_unit_test(test_stop_in_other_states),
        cmocka_unit_test(test_stop_while_waiting_to_retry_then_start_again),
        cmocka_unit_test(test_next_connection_begins_anew),
        cmocka_unit_test(test_free_in_every_callback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
