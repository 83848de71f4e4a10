/* What leaves with a reply, and what a peer has read of it. */
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

static void answer(void *arg)
{
    (void)arg;
    link_answer(the_fixture->link, the_fixture->tickets[0], ESME_ROK, NULL);
}

static struct link_request *reply(struct link_fixture *f, uint64_t deadline_ms)
{
    uint8_t buffer[256];

    the_fixture = f;
    return link_submit_reply(f->link,
                             link_fixture_message(SMPP_SUBMIT_SM, 0, buffer, sizeof(buffer)),
                             deadline_ms, answer, NULL, NULL);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_peer_tells_how_far_it_has_read),
        cmocka_unit_test(test_later_marks_tell_of_earlier_ones),
        cmocka_unit_test(test_leave_runs_before_a_reply_is_written),
        cmocka_unit_test(test_leave_does_not_run_for_a_reply_that_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
