/* What operators see of a link: round trips, last errors, pace. */
#include "base/log.h"
#include "gateway/link/link_view.h"
#include "gateway/link/rtt.h"
#include "tests/support/link_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_percentiles(void **state)
{
    struct rtt rtt;
    uint64_t now = 5000;

    (void)state;
    rtt_init(&rtt, now);
    assert_int_equal(rtt_percentile(&rtt, now, 50), 0);
    for (uint32_t ms = 1; ms <= 1000; ms++)
        rtt_add(&rtt, now, ms);
    assert_in_range(rtt_percentile(&rtt, now, 50), 500, 563);
    assert_in_range(rtt_percentile(&rtt, now, 99), 990, 1114);
    assert_in_range(rtt_percentile(&rtt, now, 100), 1000, 1125);
    assert_in_range(rtt_percentile(&rtt, now, 1), 10, 11);
    rtt_fini(&rtt);
}

/* Every value lands in a bucket that ends at or above it, by an eighth at most. */
static void test_error_is_an_eighth(void **state)
{
    (void)state;
    for (uint32_t ms = 0; ms < 60000; ms = ms < 300 ? ms + 1 : ms + 37) {
        struct rtt rtt;
        uint32_t got;

        rtt_init(&rtt, 0);
        rtt_add(&rtt, 0, ms);
        got = rtt_percentile(&rtt, 0, 50);
        assert_in_range(got, ms, ms + ms / 8);
        rtt_fini(&rtt);
    }
}

static void test_huge_values(void **state)
{
    struct rtt rtt;

    (void)state;
    rtt_init(&rtt, 0);
    rtt_add(&rtt, 0, UINT32_MAX);
    assert_true(rtt_percentile(&rtt, 0, 50) > 60000);
    rtt_fini(&rtt);
}

static void test_old_round_trips_are_forgotten(void **state)
{
    struct rtt rtt;

    (void)state;
    rtt_init(&rtt, 0);
    for (int i = 0; i < 100; i++)
        rtt_add(&rtt, 1000, 1000);
    rtt_add(&rtt, 61000, 5);
    assert_in_range(rtt_percentile(&rtt, 61000, 50), 1000, 1125); /* the minute before counts */
    assert_int_equal(rtt_percentile(&rtt, 61000 + 60000, 50), 5);
    assert_int_equal(rtt_percentile(&rtt, 61000 + 120000, 50), 0);
    rtt_add(&rtt, 61000 + 120000, 7);
    assert_int_equal(rtt_percentile(&rtt, 61000 + 120000, 99), 7);
    rtt_fini(&rtt);
}

static void submit_and_answer(struct link_fixture *f, uint64_t after_ms, uint32_t status)
{
    uint32_t sequence_number;

    assert_non_null(link_fixture_submit(f, LINK_LANE_SMS, 0, 0));
    link_fixture_turn(f);
    sequence_number = link_fixture_expect_request(f, SMPP_SUBMIT_SM);
    link_fixture_pass(f, after_ms);
    link_fixture_feed_header(f, SMPP_SUBMIT_SM_RESP, status, sequence_number);
}

static void test_view(void **state)
{
    struct link_fixture f;
    struct link_view v;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_view(f.link, &v);
    assert_int_equal(v.state, LINK_BOUND);
    assert_int_equal(v.since_ms, f.timers.now_ms);
    assert_int_equal(v.window, 32);
    assert_int_equal(v.error_count, 0);
    assert_string_equal(v.pace, "running");
    submit_and_answer(&f, 40, ESME_ROK);
    submit_and_answer(&f, 40, ESME_RINVDSTADR);
    link_fixture_feed_deliver(&f, 1);
    link_fixture_submit(&f, LINK_LANE_SMS, 1, 0);
    link_fixture_turn(&f);
    link_fixture_expect_request(&f, SMPP_SUBMIT_SM);
    link_fixture_pass(&f, 3000);
    link_view(f.link, &v);
    assert_in_range(v.round_trip_p50_ms, 40, 45);
    assert_int_equal(v.in_flight, 1);
    assert_int_equal(v.oldest_in_flight_ms, 3000);
    assert_int_equal(v.unanswered, 1);
    assert_int_equal(v.error_count, 1);
    assert_string_equal(v.errors[0].name, "ESME_RINVDSTADR");
    assert_int_equal(v.errors[0].command_status, ESME_RINVDSTADR);
    link_fixture_pass(&f, 7000);
    link_view(f.link, &v);
    assert_int_equal(v.error_count, 2);
    assert_string_equal(v.errors[0].name, "response_timeout");
    for (int i = 0; i < 3; i++) {
        link_view(f.link, &v);
        assert_string_equal(v.pace, "running");
        submit_and_answer(&f, 10, ESME_RTHROTTLED);
    }
    link_view(f.link, &v);
    assert_string_equal(v.pace, "paused");
    fake_transport_lose(f.network.last, "reset");
    link_view(f.link, &v);
    assert_int_equal(v.state, LINK_CLOSED);
    assert_string_equal(v.errors[0].name, "reset");
    link_fixture_fini(&f);
}

static void test_enquire_link_round_trip(void **state)
{
    struct link_fixture f;
    struct link_view v;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_pass(&f, 30000);
    link_fixture_pass(&f, 70);
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK_RESP, 0, 99); /* of nothing */
    link_view(f.link, &v);
    assert_int_equal(v.enquire_link_ms, 0);
    link_fixture_pass(&f, 10);
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK_RESP, 0,
                             link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK));
    link_view(f.link, &v);
    assert_int_equal(v.enquire_link_ms, 80);
    link_fixture_fini(&f);
}

static void test_only_the_last_errors_are_kept(void **state)
{
    struct link_fixture f;
    struct link_view v;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    for (uint32_t i = 0; i < 20; i++)
        submit_and_answer(&f, 1, 0x400 + i);
    link_view(f.link, &v);
    assert_int_equal(v.error_count, LINK_ERRORS_MAX);
    for (uint32_t i = 0; i < LINK_ERRORS_MAX; i++)
        assert_int_equal(v.errors[i].command_status, 0x400 + 19 - i);
    link_fixture_fini(&f);
}

static void keep_event(void *kept, const char *line, size_t line_bytes)
{
    const char *at = memmem(line, line_bytes, "event=", 6);

    snprintf(kept, 160, "%.*s", (int)(line + line_bytes - at), at);
}

/* Which of the two it is, a rate or a full queue; and an answer that came too late. */
static void test_what_the_log_says(void **state)
{
    struct link_fixture f;
    char line[160] = "";

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    log_set_sink(keep_event, line);
    log_set_level(LOG_LEVEL_INFO);
    submit_and_answer(&f, 1, ESME_RTHROTTLED);
    assert_string_equal(line, "event=link.throttled link=op1:1 command_status=ESME_RTHROTTLED\n");
    link_fixture_pass(&f, 5000);
    submit_and_answer(&f, 1, ESME_RMSGQFUL);
    assert_string_equal(line, "event=link.throttled link=op1:1 command_status=ESME_RMSGQFUL\n");
    link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, ESME_ROK, 99);
    assert_string_equal(line, "event=link.unmatched link=op1:1 command=submit_sm_resp "
                              "command_id=2147483652 sequence_number=99\n");
    log_set_level(LOG_LEVEL_OFF);
    log_set_sink(NULL, NULL);
    link_fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_error_is_an_eighth),
        cmocka_unit_test(test_huge_values),
        cmocka_unit_test(test_old_round_trips_are_forgotten),
        cmocka_unit_test(test_view),
        cmocka_unit_test(test_enquire_link_round_trip),
        cmocka_unit_test(test_only_the_last_errors_are_kept),
        cmocka_unit_test(test_what_the_log_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
