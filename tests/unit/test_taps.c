/* What operators see pass: lines without secrets, captures, and an end to each tap. */
#include "gateway/link/pcap.h"
#include "gateway/service.h"
#include "gateway/smpp/line.h"
#include "gateway/taps.h"
#include "tests/support/link_fixture.h"
#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <event2/buffer.h>

/* ---- lines ---- */

static void expect_line(const char *hex, const char *expected)
{
    uint8_t octets[512];
    char line[SMPP_LINE_BYTES];

    smpp_line_format(vector_octets(hex, octets, sizeof(octets)), line);
    assert_string_equal(line, expected);
}

static void test_lines(void **state)
{
    (void)state;
    expect_line(
        "0000002900000009000000000000000175737364677700736563726574303800555353440034000000",
        "bind_transceiver seq=1 system_id=ussdgw system_type=USSD");
    expect_line("00000010800000090000000e00000001",
                "bind_transceiver_resp seq=1 status=ESME_RINVPASWD");
    expect_line(
        "000000440000000500000000000000655553534400010132353537303030303030303100000131323300"
        "000000000000000000052a313233230501000101138300020a00",
        "deliver_sm seq=101 service_type=USSD source=25570***0001 destination=123 dcs=0 "
        "octets=5 op=01 session=0a00");
    expect_line("0000001980000004000000000000000131414232433344440"
                "0",
                "submit_sm_resp seq=1 status=ESME_ROK message_id=1AB2C3DD");
    expect_line("0000001000000bad0000000000000005",
                "unknown seq=5 command_id=00000bad malformed=ESME_RINVCMDID pdu_octets=16");
    expect_line("00000010800000040000040000000001",
                "submit_sm_resp seq=1 status=ESME_VENDOR(00000400)");
}

/* A dialled string carries answers, a name what its sender likes. */
static void test_lines_hide(void **state)
{
    struct smpp_message m = {.source = {1, 1, span_of_string("+6281200000061")},
                             .destination = {0, 1, span_of_string("*384*1*187199410180#")},
                             .short_message = span_of_string("SITI AMINAH")};
    uint8_t octets[256];
    char line[SMPP_LINE_BYTES];
    struct writer w;

    (void)state;
    m.service_type = span_of_string("\x1b[2J");
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_message_encode(&w, SMPP_DELIVER_SM, 7, &m, span_of(NULL, 0)));
    smpp_line_format(writer_span(&w), line);
    assert_string_equal(line, "deliver_sm seq=7 service_type=.[2J source=62812***0061 "
                              "destination=*384* dcs=0 octets=11");
}

/* Whatever form a peer gives to a number or to what was dialled. */
static void test_lines_hide_numbers_of_any_form(void **state)
{
    static const struct {
        const char *address, *shown;
    } rows[] = {
        {"0812-0000-0061", "0812-***0061"},
        {"+62 812 0000 061", "62.81***.061"},
        {"384*1*187199410180#", "384*"},
        {"#384#187199410180#", "#384#"},
        {"*1871994101800001#", "*1871***001#"},
        {"*384#", "*384#"},
        {"97000", "97000"},
        {"TERUSUSAHA", "TERUSUSAHA"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct smpp_message m = {.source = {0, 1, span_of_string(rows[i].address)},
                                 .short_message = span_of_string("x")};
        uint8_t octets[256];
        char line[SMPP_LINE_BYTES], expected[SMPP_LINE_BYTES];
        struct writer w;

        writer_init(&w, octets, sizeof(octets));
        assert_true(smpp_message_encode(&w, SMPP_DELIVER_SM, 7, &m, span_of(NULL, 0)));
        smpp_line_format(writer_span(&w), line);
        snprintf(expected, sizeof(expected), "deliver_sm seq=7 source=%s dcs=0 octets=1",
                 rows[i].shown);
        assert_string_equal(line, expected);
    }
}

/* ---- taps ---- */

struct scene {
    struct link_fixture f;
    struct taps *taps;
    struct evbuffer *out;
};

static int64_t noon(void *ctx)
{
    (void)ctx;
    return INT64_C(1764244800123); /* 2025-11-27 12:00:00.123 */
}

static void begin(struct scene *s)
{
    link_fixture_init(&s->f);
    s->taps = taps_new(&s->f.timers, noon, NULL);
    s->f.env.watch = taps_watch(s->taps);
    s->out = evbuffer_new();
    link_fixture_bound(&s->f, NULL);
    s->f.is_answering = true;
}

static void end(struct scene *s)
{
    taps_free(s->taps);
    evbuffer_free(s->out);
    link_fixture_fini(&s->f);
}

static const char *text_of(struct scene *s)
{
    evbuffer_add(s->out, "", 1);
    return (const char *)evbuffer_pullup(s->out, -1);
}

static void test_a_tap_tells_what_passes_until_its_end(void **state)
{
    struct scene s;
    uint64_t tap;

    (void)state;
    begin(&s);
    assert_int_equal(taps_read(s.taps, 1, s.out), TAP_GONE);
    tap = taps_open(s.taps, "op1", TAP_LINES, 10);
    link_fixture_feed_header(&s.f, SMPP_ENQUIRE_LINK, 0, 5);
    assert_int_equal(taps_read(s.taps, tap, s.out), TAP_OPEN);
    assert_string_equal(text_of(&s), "12:00:00.123 op1:1 < enquire_link seq=5\n"
                                     "12:00:00.123 op1:1 > enquire_link_resp seq=5 "
                                     "status=ESME_ROK\n");
    link_fixture_pass(&s.f, 10000);
    link_fixture_feed_header(&s.f, SMPP_ENQUIRE_LINK, 0, 6); /* too late for it */
    evbuffer_drain(s.out, evbuffer_get_length(s.out));
    assert_int_equal(taps_read(s.taps, tap, s.out), TAP_OVER);
    assert_null(strstr(text_of(&s), "seq=6"));
    assert_int_equal(taps_read(s.taps, tap, s.out), TAP_GONE);
    assert_null(taps_watch(s.taps)->fn);
    end(&s);
}

static void test_a_refused_tap_shows_nothing_and_says_so(void **state)
{
    struct scene s;
    uint64_t tap;

    (void)state;
    begin(&s);
    tap = taps_open(s.taps, "op1", TAP_PCAP, 10);
    taps_hold(s.taps, tap);
    link_fixture_feed_header(&s.f, SMPP_ENQUIRE_LINK, 0, 5);
    taps_refuse(s.taps, tap);
    assert_int_equal(taps_read(s.taps, tap, s.out), TAP_REFUSED);
    assert_int_equal(evbuffer_get_length(s.out), 0);
    assert_int_equal(taps_read(s.taps, tap, s.out), TAP_GONE);
    assert_null(taps_watch(s.taps)->fn);
    end(&s);
}

static void test_names_choose(void **state)
{
    static const struct {
        const char *name;
        bool is_meant;
    } rows[] = {{"", true}, {"op1", true}, {"op1:1", true}, {"op", false}, {"op1:12", false}};
    struct scene s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t tap = taps_open(s.taps, rows[i].name, TAP_LINES, 1);

        link_fixture_feed_header(&s.f, SMPP_ENQUIRE_LINK, 0, 5);
        taps_read(s.taps, tap, s.out);
        assert_int_equal(evbuffer_get_length(s.out) > 0, rows[i].is_meant);
        evbuffer_drain(s.out, evbuffer_get_length(s.out));
    }
    end(&s);
}

static void test_taps_are_few_and_do_not_outlive_their_readers(void **state)
{
    struct scene s;
    uint64_t tap = 0;

    (void)state;
    begin(&s);
    for (int i = 0; i < TAPS_MAX; i++)
        assert_int_not_equal(tap = taps_open(s.taps, "", TAP_LINES, 3600), 0);
    assert_int_equal(taps_open(s.taps, "", TAP_LINES, 3600), 0);
    link_fixture_pass(&s.f, TAP_UNREAD_MS + 1000);
    assert_int_equal(taps_read(s.taps, tap, s.out), TAP_GONE);
    assert_int_not_equal(taps_open(s.taps, "", TAP_LINES, 3600), 0);
    end(&s);
}

static void test_a_slow_reader_costs_no_more_than_its_buffer(void **state)
{
    struct scene s;
    uint64_t tap;

    (void)state;
    begin(&s);
    tap = taps_open(s.taps, "", TAP_PCAP, 3600);
    for (uint32_t i = 0; i < TAP_BYTES_MAX / 2 / (PCAP_OVERHEAD_BYTES + SMPP_HEADER_BYTES) + 1000;
         i++) {
        link_fixture_feed_header(&s.f, SMPP_ENQUIRE_LINK, 0, i + 1);
        link_fixture_expect(&s.f, SMPP_ENQUIRE_LINK_RESP, ESME_ROK, i + 1);
    }
    assert_int_equal(taps_read(s.taps, tap, s.out), TAP_OPEN);
    assert_in_range(evbuffer_get_length(s.out), TAP_BYTES_MAX - 200, TAP_BYTES_MAX);
    end(&s);
}

/* ---- captures ---- */

static void test_a_capture_has_no_password(void **state)
{
    struct scene s;
    uint64_t tap;
    size_t size;
    const char *octets;

    (void)state;
    begin(&s);
    tap = taps_open(s.taps, "", TAP_PCAP, 60);
    link_fixture_feed_hex(&s.f,
                          "00000029000000090000000000000001757373646777007365637265743038005553"
                          "53440034000000");
    taps_read(s.taps, tap, s.out);
    size = evbuffer_get_length(s.out);
    octets = (const char *)evbuffer_pullup(s.out, -1);
    assert_int_equal(size,
                     PCAP_FILE_HEADER_BYTES + PCAP_OVERHEAD_BYTES + 41 + PCAP_OVERHEAD_BYTES + 16);
    assert_null(memmem(octets, size, "secret08", 8));
    assert_non_null(memmem(octets, size, "ussdgw\0********\0USSD", 20));
    end(&s);
}

static unsigned packets_in(struct evbuffer *out)
{
    const uint8_t *at = evbuffer_pullup(out, -1) + PCAP_FILE_HEADER_BYTES;
    const uint8_t *stop = at + evbuffer_get_length(out) - PCAP_FILE_HEADER_BYTES;
    unsigned count = 0;

    while (at < stop) {
        uint32_t size;

        memcpy(&size, at + 8, sizeof(size));
        assert_true(size <= UINT16_MAX);
        at += 16 + size;
        count++;
    }
    assert_ptr_equal(at, stop);
    return count;
}

/* An IP packet ends at 65,535 octets; a PDU need not. */
static void test_a_large_pdu_is_several_packets(void **state)
{
    static uint8_t payload[65535];
    static uint8_t octets[70000];
    struct smpp_message m = {.source = {1, 1, span_of_string("6281200000061")},
                             .destination = {0, 1, span_of_string("384")}};
    static uint8_t stream[66000];
    struct writer tlvs, w;
    struct scene s;
    uint64_t tap;

    (void)state;
    begin(&s);
    tap = taps_open(s.taps, "", TAP_PCAP, 60);
    writer_init(&tlvs, stream, sizeof(stream));
    smpp_tlv_write(&tlvs, SMPP_TAG_MESSAGE_PAYLOAD, span_of(payload, sizeof(payload)));
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_message_encode(&w, SMPP_DELIVER_SM, 1, &m, writer_span(&tlvs)));
    link_fixture_feed(&s.f, writer_span(&w));
    taps_read(s.taps, tap, s.out);
    assert_int_equal(packets_in(s.out), 3); /* two of the deliver_sm, one of its response */
    end(&s);
}

/* ---- service ---- */

static unsigned changes;

static void on_change(void *ctx)
{
    (void)ctx;
    changes++;
}

static void pass(struct timer_queue *timers, uint64_t ms)
{
    for (uint64_t end_ms = timers->now_ms + ms; timers->now_ms < end_ms;)
        timer_queue_run(timers, timers->now_ms + 100);
}

static void test_a_drain_ends_with_quiet_or_with_its_time(void **state)
{
    struct timer_queue timers;
    struct service s;

    (void)state;
    timer_queue_init(&timers, 1000);
    service_init(&s, &timers, on_change, NULL);
    changes = 0;
    service_drain(&s, 10, 60);
    pass(&timers, 9000);
    service_note_input(&s);
    pass(&timers, 9000);
    assert_int_equal(s.state, SERVICE_DRAINING);
    pass(&timers, 2000);
    assert_int_equal(s.state, SERVICE_DISABLED);
    assert_int_equal(changes, 2);
    service_drain(&s, 10, 60);
    assert_int_equal(s.state, SERVICE_DISABLED);
    service_enable(&s);
    assert_int_equal(s.state, SERVICE_SERVING);
    service_drain(&s, 1000, 5);
    pass(&timers, 6000);
    assert_int_equal(s.state, SERVICE_DISABLED);
    service_enable(&s);
    service_drain(&s, 1000, 5);
    service_enable(&s); /* thought better of it */
    pass(&timers, 6000);
    assert_int_equal(s.state, SERVICE_SERVING);
    service_fini(&s);
    timer_queue_fini(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_lines_hide),
        cmocka_unit_test(test_lines_hide_numbers_of_any_form),
        cmocka_unit_test(test_a_tap_tells_what_passes_until_its_end),
        cmocka_unit_test(test_a_refused_tap_shows_nothing_and_says_so),
        cmocka_unit_test(test_names_choose),
        cmocka_unit_test(test_taps_are_few_and_do_not_outlive_their_readers),
        cmocka_unit_test(test_a_slow_reader_costs_no_more_than_its_buffer),
        cmocka_unit_test(test_a_capture_has_no_password),
        cmocka_unit_test(test_a_large_pdu_is_several_packets),
        cmocka_unit_test(test_a_drain_ends_with_quiet_or_with_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
