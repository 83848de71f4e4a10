/* An answer and the reply that goes with it leave together, or neither does. */
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

/* The reply waits for the window: so does the answer, and both leave together. */
static void test_answer_waits_with_its_reply(void **state)
{
    struct link_fixture f;
    uint32_t sequence_number = fill_window(&f);

    (void)state;
    link_answer_with_next(f.link, f.tickets[0]);
    assert_non_null(link_fixture_submit(&f, LINK_LANE_DIALOGUE, 1, 0));
    link_fixture_turn(&f);
    link_fixture_expect_nothing(&f);
    link_fixture_feed_header(&f, SMPP_SUBMIT_SM | SMPP_RESPONSE_BIT, ESME_ROK, sequence_number);
    link_fixture_expect(&f, SMPP_DELIVER_SM | SMPP_RESPONSE_BIT, ESME_ROK, 7);
    link_fixture_expect_request(&f, SMPP_SUBMIT_SM);
    link_fixture_fini(&f);
}

static void test_answer_of_a_reply_that_is_not_sent(void **state)
{
    struct link_fixture f;

    (void)state;
    fill_window(&f);
    link_answer_with_next(f.link, f.tickets[0]);
    assert_non_null(link_fixture_submit(&f, LINK_LANE_DIALOGUE, 1, f.timers.now_ms + 500));
    link_fixture_pass(&f, 499);
    link_fixture_expect_nothing(&f);
    link_fixture_pass(&f, 1);
    link_fixture_expect(&f, SMPP_DELIVER_SM | SMPP_RESPONSE_BIT, ESME_RX_T_APPN, 7);
    link_fixture_fini(&f);
}

static void test_answer_without_a_reply(void **state)
{
    struct link_fixture f;

    (void)state;
    fill_window(&f);
    link_answer_with_next(f.link, f.tickets[0]);
    assert_non_null(link_fixture_submit(&f, LINK_LANE_SMS, 1, 0)); /* not its reply */
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_DELIVER_SM | SMPP_RESPONSE_BIT, ESME_ROK, 7);
    link_fixture_fini(&f);
}

static void test_answer_of_a_withdrawn_reply(void **state)
{
    struct link_fixture f;
    struct link_request *r;

    (void)state;
    fill_window(&f);
    link_answer_with_next(f.link, f.tickets[0]);
    r = link_fixture_submit(&f, LINK_LANE_DIALOGUE, 1, 0);
    link_fixture_turn(&f);
    assert_true(link_withdraw(r));
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_DELIVER_SM | SMPP_RESPONSE_BIT, ESME_ROK, 7);
    link_fixture_fini(&f);
}

/* The bind is being ended: the peer may bring its message again, and is not kept waiting. */
static void test_answer_of_a_reply_that_an_unbind_ends(void **state)
{
    struct link_fixture f;

    (void)state;
    fill_window(&f);
    link_answer_with_next(f.link, f.tickets[0]);
    assert_non_null(link_fixture_submit(&f, LINK_LANE_DIALOGUE, 1, 0));
    link_stop(f.link);
    link_fixture_turn(&f);
    assert_int_equal(link_state(f.link), LINK_UNBINDING);
    link_fixture_expect(&f, SMPP_DELIVER_SM | SMPP_RESPONSE_BIT, ESME_RX_T_APPN, 7);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_peer_tells_how_far_it_has_read),
        cmocka_unit_test(test_answer_waits_with_its_reply),
        cmocka_unit_test(test_answer_of_a_reply_that_is_not_sent),
        cmocka_unit_test(test_answer_without_a_reply),
        cmocka_unit_test(test_answer_of_a_withdrawn_reply),
        cmocka_unit_test(test_answer_of_a_reply_that_an_unbind_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
