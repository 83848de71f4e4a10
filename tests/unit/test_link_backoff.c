/* When a client that lost its connection, or was refused, tries again; with a fake clock. */
#include "gateway/link/link_view.h"
#include "tests/support/link_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_back_off_doubles_with_jitter(void **state)
{
    struct link_fixture f;
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;

    (void)state;
    link_fixture_init(&f);
    link_fixture_client(&f, NULL);
    link_start(f.link);
    link_fixture_pass(&f, 0);
    for (unsigned i = 0; i < 30; i++) {
        uint64_t full = i < 6 ? UINT64_C(1000) << i : 60000;
        uint64_t delay;

        fake_transport_lose(f.network.last, "refused");
        link_fixture_turn(&f);
        assert_true(link_fixture_is_closed(&f));
        link_fixture_expect_closed(&f, "refused");
        delay = link_fixture_time_to_connect(&f);
        assert_in_range(delay, full / 2, full);
        if (i >= 6) {
            least = delay < least ? delay : least;
            most = delay > most ? delay : most;
        }
    }
    assert_true(most - least > 15000); /* jitter there is */
    assert_int_equal(link_counters(f.link)->reconnects, 30);
    link_fixture_fini(&f);
}

static void fail_to_connect(struct link_fixture *f, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        fake_transport_lose(f->network.last, "refused");
        link_fixture_time_to_connect(f);
    }
}

/* Who takes the connection and no bind does not keep us from the name's other addresses; where a
 * bind was, the next one is tried. */
static void test_another_address_where_no_bind_came(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_client(&f, NULL);
    link_start(f.link);
    link_fixture_pass(&f, 0);
    assert_int_equal(f.network.first, 0);
    fake_transport_open(f.network.last);
    fake_transport_lose(f.network.last, "peer_closed");
    link_fixture_time_to_connect(&f);
    assert_int_equal(f.network.first, 1);
    link_fixture_bind(&f, ESME_RBINDFAIL);
    link_fixture_time_to_connect(&f);
    assert_int_equal(f.network.first, 2);
    for (int i = 0; i < 3; i++) {
        link_fixture_bind(&f, ESME_ROK);
        fake_transport_lose(f.network.last, "reset");
        link_fixture_time_to_connect(&f);
        assert_int_equal(f.network.first, 2);
    }
    link_fixture_fini(&f);
}

static void test_back_off_forgets_after_a_minute_bound(void **state)
{
    (void)state;
    for (int is_long = 0; is_long < 2; is_long++) {
        struct link_fixture f;

        link_fixture_init(&f);
        link_fixture_client(&f, NULL);
        link_start(f.link);
        link_fixture_pass(&f, 0);
        fail_to_connect(&f, 5);
        link_fixture_bind(&f, ESME_ROK);
        link_fixture_pass(&f, is_long ? 29000 : 20000);
        link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK, 0, 9);
        link_fixture_pass(&f, is_long ? 29000 : 20000);
        link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK, 0, 10);
        link_fixture_pass(&f, is_long ? 2000 : 19000);
        fake_transport_lose(f.network.last, "reset");
        if (is_long)
            assert_in_range(link_fixture_time_to_connect(&f), 500, 1000);
        else
            assert_in_range(link_fixture_time_to_connect(&f), 16000, 32000);
        link_fixture_fini(&f);
    }
}

static void test_reconnect_min(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    link_fixture_init(&f);
    settings.reconnect_min_s = 30;
    link_fixture_bound(&f, &settings);
    fake_transport_lose(f.network.last, "reset");
    assert_int_equal(link_fixture_time_to_connect(&f), 30000);
    link_fixture_fini(&f);
}

static void test_refused_credentials_wait_five_minutes(void **state)
{
    static const uint32_t refusals[] = {ESME_RINVSYSID, ESME_RINVPASWD, ESME_RINVSYSTYP, 0x401};
    static const unsigned minima_s[] = {0, 300, 600, 0}; /* the centre's minimum holds as well */

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct link_fixture f;
        struct link_client_settings settings = link_fixture_settings();

        settings.reconnect_min_s = minima_s[i];
        (void)smpp_statuses_set(&settings.link.statuses, 0x401, SMPP_CLASS_CREDENTIALS);
        link_fixture_init(&f);
        link_fixture_client(&f, &settings);
        link_start(f.link);
        link_fixture_pass(&f, 0);
        link_fixture_bind(&f, refusals[i]);
        link_fixture_expect_closed(&f, smpp_status_name(refusals[i]));
        assert_true(link_fixture_is_closed(&f));
        assert_int_equal(link_fixture_time_to_connect(&f), i != 2 ? 300000 : 600000);
        link_fixture_bind(&f, ESME_ROK);
        assert_int_equal(link_state(f.link), LINK_BOUND);
        /* Once it knows us, a loss is like any other. */
        fake_transport_lose(f.network.last, "reset");
        if (i == 0)
            assert_in_range(link_fixture_time_to_connect(&f), 500, 1000);
        link_fixture_fini(&f);
    }
}

static void test_other_refusals_back_off(void **state)
{
    static const uint32_t refusals[] = {ESME_RALYBND, ESME_RBINDFAIL, ESME_RTHROTTLED, ESME_RSYSERR,
                                        0x00000401};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct link_fixture f;
        struct link_view view;

        link_fixture_init(&f);
        link_fixture_client(&f, NULL);
        link_start(f.link);
        link_fixture_pass(&f, 0);
        link_fixture_bind(&f, refusals[i]);
        link_view(f.link, &view);
        assert_int_equal(view.errors[0].command_status, refusals[i]);
        assert_in_range(link_fixture_time_to_connect(&f), 500, 1000);
        link_fixture_bind(&f, refusals[i]);
        assert_in_range(link_fixture_time_to_connect(&f), 1000, 2000);
        link_fixture_fini(&f);
    }
}

/* Lost soon after each bind: the next one comes at once where messages were taken. */
static void test_back_off_forgets_after_work(void **state)
{
    static const struct {
        uint32_t status;
        uint64_t least, most, then_least, then_most;
    } rows[] = {{ESME_ROK, 500, 1000, 1000, 2000}, {ESME_RINVDSTADR, 16000, 32000, 30000, 60000}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct link_fixture f;

        link_fixture_init(&f);
        link_fixture_client(&f, NULL);
        link_start(f.link);
        link_fixture_pass(&f, 0);
        fail_to_connect(&f, 5);
        link_fixture_bind(&f, ESME_ROK);
        for (int messages = 0; messages < 8; messages++) {
            assert_non_null(link_fixture_submit(&f, LINK_LANE_SMS, 0, 0));
            link_fixture_turn(&f);
            link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, rows[i].status,
                                     link_fixture_expect_request(&f, SMPP_SUBMIT_SM));
        }
        fake_transport_lose(f.network.last, "reset");
        assert_in_range(link_fixture_time_to_connect(&f), rows[i].least, rows[i].most);
        /* What an earlier bind took counts no more. */
        link_fixture_bind(&f, ESME_ROK);
        fake_transport_lose(f.network.last, "reset");
        assert_in_range(link_fixture_time_to_connect(&f), rows[i].then_least, rows[i].then_most);
        link_fixture_fini(&f);
    }
}

/* Whoever wants a link that has its connection gets no second one. */
static void test_started_twice(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_start(f.link);
    link_fixture_pass(&f, 1000);
    assert_int_equal(f.network.connects, 1);
    assert_int_equal(link_state(f.link), LINK_BOUND);
    link_fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_back_off_doubles_with_jitter),
        cmocka_unit_test(test_another_address_where_no_bind_came),
        cmocka_unit_test(test_back_off_forgets_after_a_minute_bound),
        cmocka_unit_test(test_reconnect_min),
        cmocka_unit_test(test_refused_credentials_wait_five_minutes),
        cmocka_unit_test(test_other_refusals_back_off),
        cmocka_unit_test(test_back_off_forgets_after_work),
        cmocka_unit_test(test_started_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
