/* What the peer sends: every PDU in every state, malformed input, limits. */
#include "tests/support/link_fixture.h"
#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- messages and answers ---- */

static void test_answer_shapes(void **state)
{
    struct link_fixture f;
    struct span pdu;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    for (uint32_t n = 1; n < 4; n++)
        link_fixture_feed_deliver(&f, n == 3 ? 0xFFFFFFFE : n);
    assert_int_equal(f.message_count, 3);
    link_fixture_expect_nothing(&f); /* the link never answers a message by itself */
    assert_true(link_answer(f.link, f.tickets[1], ESME_ROK, NULL));
    assert_true(link_answer(f.link, f.tickets[2], ESME_RX_T_APPN, NULL));
    assert_true(link_answer(f.link, f.tickets[0], ESME_ROK, ""));
    link_fixture_turn(&f);
    pdu = link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_ROK, 2);
    assert_int_equal(pdu.size, 17);
    pdu = link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_RX_T_APPN, 0xFFFFFFFE);
    assert_int_equal(pdu.size, 17); /* on an error too: libsmpp34 peers refuse 16 octets */
    link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_ROK, 1);
    link_fixture_fini(&f);
}

static void test_answer_on_another_connection(void **state)
{
    struct link_fixture f;
    struct link_ticket old;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    link_fixture_feed_deliver(&f, 1);
    old = f.tickets[0];
    fake_transport_lose(f.network.last, "reset");
    assert_false(link_answer(f.link, old, ESME_ROK, NULL));
    link_fixture_pass(&f, 1000);
    assert_false(link_answer(f.link, old, ESME_ROK, NULL));
    link_fixture_bind(&f, ESME_ROK);
    assert_false(link_answer(f.link, old, ESME_ROK, NULL));
    link_fixture_turn(&f);
    link_fixture_expect_nothing(&f);
    link_fixture_fini(&f);
}

static void test_too_many_unanswered(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    settings.link.in_flight_max = 3;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    for (uint32_t n = 1; n < 6; n++)
        link_fixture_feed_deliver(&f, n);
    assert_int_equal(f.message_count, 3);
    link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_RTHROTTLED, 4);
    link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_RTHROTTLED, 5);
    assert_int_equal(link_counters(f.link)->throttled_out, 2);
    assert_int_equal(link_counters(f.link)->messages_in, 5);
    assert_true(link_answer(f.link, f.tickets[1], ESME_ROK, NULL));
    link_fixture_turn(&f);
    link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_ROK, 2);
    link_fixture_feed_deliver(&f, 6);
    assert_int_equal(f.message_count, 4);
    link_fixture_fini(&f);
}

static void test_ten_in_one_read_and_one_in_ten(void **state)
{
    struct link_fixture f;
    uint8_t stream[2048];
    size_t bytes = 0;

    (void)state;
    link_fixture_init(&f);
    f.is_answering = true;
    link_fixture_bound(&f, NULL);
    for (uint32_t n = 1; n <= 10; n++)
        bytes +=
            link_fixture_message(SMPP_DELIVER_SM, n, stream + bytes, sizeof(stream) - bytes).size;
    link_fixture_feed(&f, span_of(stream, bytes));
    assert_int_equal(f.message_count, 10);
    for (size_t i = 0; i < bytes; i++)
        link_fixture_feed(&f, span_of(stream + i, 1));
    assert_int_equal(f.message_count, 20);
    for (uint32_t n = 1; n <= 20; n++)
        link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_ROK, (n - 1) % 10 + 1);
    link_fixture_fini(&f);
}

static void test_slow_octets_hit_the_pdu_timer(void **state)
{
    struct link_fixture f;
    uint8_t stream[512];
    size_t bytes = link_fixture_message(SMPP_DELIVER_SM, 1, stream, sizeof(stream)).size;
    size_t fed = 0;

    (void)state;
    link_fixture_init(&f);
    f.is_answering = true;
    link_fixture_bound(&f, NULL);
    /* Whole ones in time keep the link, even when each read ends inside the next. */
    for (int i = 0; i < 10; i++) {
        link_fixture_feed(&f, span_of(stream + (i == 0 ? 0 : 20), bytes - (i == 0 ? 0 : 20)));
        link_fixture_feed(&f, span_of(stream, 20));
        link_fixture_pass(&f, 6000);
        assert_int_equal(link_state(f.link), LINK_BOUND);
    }
    link_fixture_feed(&f, span_of(stream + 20, bytes - 20));
    assert_int_equal(f.message_count, 11);
    /* One octet a second does not. */
    link_fixture_pass(&f, 25000);
    while (!link_fixture_is_closed(&f) && fed < bytes) {
        link_fixture_feed(&f, span_of(stream + fed++, 1));
        link_fixture_pass(&f, 1000);
    }
    assert_int_equal(fed, 10);
    link_fixture_expect_closed(&f, "pdu_timeout");
    link_fixture_fini(&f);
}

/* ---- every PDU in every state ---- */

enum outcome { SILENT, ANSWERED, NACKED, HANDED_UP, CLOSES };

struct cell {
    enum outcome outcome;
    uint32_t command_status;
};

enum { IN_BINDING, IN_TRX, IN_TX, IN_RX, IN_UNBINDING, PLACES };

/* SMPP 3.4 section 2.3, seen by an ESME. */
static const struct {
    uint32_t command_id;
    struct cell cells[PLACES];
} matrix[] = {
    {SMPP_DELIVER_SM,
     {{ANSWERED, 0x64}, {HANDED_UP, 0}, {ANSWERED, 4}, {HANDED_UP, 0}, {ANSWERED, 0x64}}},
    {SMPP_DATA_SM, {{ANSWERED, 8}, {HANDED_UP, 0}, {ANSWERED, 4}, {HANDED_UP, 0}, {ANSWERED, 8}}},
    {SMPP_SUBMIT_SM, {{ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 8}}},
    {SMPP_QUERY_SM, {{ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 8}}},
    {SMPP_CANCEL_SM, {{ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 8}}},
    {SMPP_REPLACE_SM, {{ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 8}}},
    {SMPP_SUBMIT_MULTI,
     {{ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 8}}},
    {SMPP_BIND_TRANSCEIVER,
     {{ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}, {ANSWERED, 4}}},
    {SMPP_ENQUIRE_LINK,
     {{ANSWERED, 0}, {ANSWERED, 0}, {ANSWERED, 0}, {ANSWERED, 0}, {ANSWERED, 0}}},
    {SMPP_UNBIND, {{CLOSES, 0}, {CLOSES, 0}, {CLOSES, 0}, {CLOSES, 0}, {CLOSES, 0}}},
    {SMPP_OUTBIND, {{SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}}},
    {SMPP_ALERT_NOTIFICATION, {{SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}}},
    {SMPP_GENERIC_NACK, {{SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}}},
    {SMPP_DELIVER_SM_RESP, {{SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}}},
    {SMPP_SUBMIT_SM_RESP, {{SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}}},
    {SMPP_ENQUIRE_LINK_RESP, {{SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}}},
    {SMPP_BIND_RECEIVER_RESP, {{CLOSES, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}}},
    {0x80000BAD, {{SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}, {SILENT, 0}}},
    {0x00000BAD, {{NACKED, 3}, {NACKED, 3}, {NACKED, 3}, {NACKED, 3}, {NACKED, 3}}},
};

static void go_to(struct link_fixture *f, int place)
{
    struct link_client_settings settings = link_fixture_settings();

    settings.bind = place == IN_TX   ? LINK_TRANSMITTER
                    : place == IN_RX ? LINK_RECEIVER
                                     : LINK_TRANSCEIVER;
    if (place != IN_BINDING) {
        link_fixture_bound(f, &settings);
        if (place == IN_UNBINDING) {
            link_stop(f->link);
            link_fixture_turn(f);
            link_fixture_expect_request(f, SMPP_UNBIND);
        }
        return;
    }
    link_fixture_client(f, &settings);
    link_start(f->link);
    link_fixture_pass(f, 0);
    fake_transport_open(f->network.last);
    link_fixture_turn(f);
    link_fixture_expect_request(f, SMPP_BIND_TRANSCEIVER);
}

/* A well-formed PDU of any command. */
static struct span make_pdu(uint32_t command_id, uint8_t *buffer, size_t bytes)
{
    static const struct {
        uint32_t command_id;
        const char *body;
    } bodies[] = {
        {SMPP_QUERY_SM, "3100000000"},
        {SMPP_CANCEL_SM, "003100000000000000"},
        {SMPP_REPLACE_SM, "31000000000000000000"},
        {SMPP_SUBMIT_MULTI, "00000000010101013600"
                            "00000000000000000000"},
        {SMPP_BIND_TRANSCEIVER, "6100620000340000 00"},
        {SMPP_OUTBIND, "61006200"},
        {SMPP_ALERT_NOTIFICATION, "010136000000 00"},
        {SMPP_DATA_SM, "000101360000 0033000000 00"},
    };
    uint8_t body[64];
    struct span octets = span_of(NULL, 0);
    struct writer w;
    char hex[64] = "";

    if (command_id == SMPP_DELIVER_SM || command_id == SMPP_SUBMIT_SM)
        return link_fixture_message(command_id, 42, buffer, bytes);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        if (bodies[i].command_id != command_id)
            continue;
        for (const char *p = bodies[i].body; *p != '\0'; p++)
            if (*p != ' ')
                strncat(hex, p, 1);
        octets = vector_octets(hex, body, sizeof(body));
    }
    writer_init(&w, buffer, bytes);
    writer_u32(&w, (uint32_t)(SMPP_HEADER_BYTES + octets.size));
    writer_u32(&w, command_id);
    writer_u32(&w, (command_id & SMPP_RESPONSE_BIT) != 0 ? ESME_RSYSERR : 0);
    writer_u32(&w, 42);
    writer_bytes(&w, octets.data, octets.size);
    return writer_span(&w);
}

static void check_cell(struct link_fixture *f, uint32_t command_id, const struct cell *cell)
{
    switch (cell->outcome) {
    case SILENT:
        link_fixture_expect_nothing(f);
        assert_int_equal(f->message_count, 0);
        break;
    case ANSWERED:
        link_fixture_expect(f, command_id | SMPP_RESPONSE_BIT, cell->command_status, 42);
        assert_int_equal(f->message_count, 0);
        break;
    case NACKED:
        link_fixture_expect(f, SMPP_GENERIC_NACK, cell->command_status, 42);
        break;
    case HANDED_UP:
        assert_int_equal(f->message_count, 1);
        link_fixture_expect_nothing(f);
        break;
    case CLOSES:
        if (command_id == SMPP_UNBIND)
            link_fixture_expect(f, SMPP_UNBIND_RESP, 0, 42);
        break;
    }
    assert_int_equal(link_fixture_is_closed(f), cell->outcome == CLOSES);
}

static void test_every_pdu_in_every_state(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof(matrix) / sizeof(matrix[0]); row++)
        for (int place = 0; place < PLACES; place++) {
            struct link_fixture f;
            uint8_t buffer[256];
            struct span pdu = make_pdu(matrix[row].command_id, buffer, sizeof(buffer));
            struct smpp_pdu decoded;

            if (smpp_command_is_known(matrix[row].command_id))
                assert_int_equal(smpp_pdu_decode(pdu, &decoded), ESME_ROK);
            link_fixture_init(&f);
            go_to(&f, place);
            link_fixture_feed(&f, pdu);
            check_cell(&f, matrix[row].command_id, &matrix[row].cells[place]);
            link_fixture_fini(&f);
        }
}

/* ---- malformed input ---- */

static void feed_malformed(struct link_fixture *f, uint32_t n)
{
    link_fixture_feed_header(f, 0x00000BAD, 0, n);
    link_fixture_expect(f, SMPP_GENERIC_NACK, ESME_RINVCMDID, n);
}

static void test_ten_malformed_in_a_minute(void **state)
{
    struct link_fixture f;
    struct link_client_settings settings = link_fixture_settings();

    (void)state;
    settings.link.enquire_link_s = 600;
    link_fixture_init(&f);
    link_fixture_bound(&f, &settings);
    f.is_answering = true;
    /* Nine, then a slow trickle: kept. */
    for (uint32_t n = 1; n <= 9; n++)
        feed_malformed(&f, n);
    link_fixture_pass(&f, 61000 - 7000);
    for (uint32_t n = 10; n <= 40; n++) {
        link_fixture_pass(&f, 7000);
        feed_malformed(&f, n);
        assert_int_equal(link_state(f.link), LINK_BOUND);
    }
    /* The tenth within 60 s, with enquire_links between: unbind and close. */
    link_fixture_pass(&f, 29000);
    feed_malformed(&f, 100);
    link_fixture_pass(&f, 29000);
    feed_malformed(&f, 101);
    link_fixture_pass(&f, 29000);
    for (uint32_t n = 102; n < 109; n++) {
        assert_int_equal(link_state(f.link), LINK_BOUND);
        link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK, 0, n);
        link_fixture_expect(&f, SMPP_ENQUIRE_LINK_RESP, ESME_ROK, n);
        feed_malformed(&f, n);
    }
    feed_malformed(&f, 109);
    link_fixture_feed_header(&f, SMPP_UNBIND_RESP, 0, link_fixture_expect_request(&f, SMPP_UNBIND));
    link_fixture_expect_closed(&f, "malformed");
    assert_true(link_fixture_is_closed(&f));
    link_fixture_fini(&f);
}

/* What one subscriber in a hundred sends must not end the bind for all of them. */
static void test_malformed_among_sound_ones(void **state)
{
    struct link_fixture f;
    uint32_t sequence;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    f.is_answering = true;
    for (uint32_t n = 10; n < 100; n += 10) {
        for (uint32_t i = 0; i < 9; i++)
            feed_malformed(&f, n + i);
        if (n % 20 == 0) {
            link_fixture_feed_deliver(&f, n + 9);
            link_fixture_expect(&f, SMPP_DELIVER_SM_RESP, ESME_ROK, n + 9);
        } else {
            assert_non_null(link_fixture_submit(&f, LINK_LANE_SMS, n, 0));
            link_fixture_pass(&f, 0);
            sequence = link_fixture_expect_request(&f, SMPP_SUBMIT_SM);
            link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, ESME_ROK, sequence);
        }
        assert_int_equal(link_state(f.link), LINK_BOUND);
    }
    /* One that answers nothing of ours says nothing good of the peer. */
    for (uint32_t n = 100; n < 110; n++) {
        link_fixture_feed_header(&f, SMPP_SUBMIT_SM_RESP, ESME_ROK, 0x7000 + n);
        feed_malformed(&f, n);
    }
    link_fixture_expect_request(&f, SMPP_UNBIND);
    link_fixture_fini(&f);
}

static void test_burst_of_nacks_closes(void **state)
{
    static const uint8_t nack[SMPP_HEADER_BYTES] = {0, 0, 0, 16, 0x80, 0, 0, 0, 0, 0, 0, 2};
    uint8_t burst[100 * SMPP_HEADER_BYTES];
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    for (int i = 0; i < 10; i++)
        link_fixture_feed_header(&f, SMPP_GENERIC_NACK, ESME_RINVCMDLEN, 0);
    link_fixture_expect_request(&f, SMPP_UNBIND);
    assert_int_equal(link_state(f.link), LINK_UNBINDING);
    /* It goes on instead of answering the unbind: the same read is not even looked through. */
    for (uint32_t i = 0; i < 100; i++)
        memcpy(burst + i * SMPP_HEADER_BYTES, nack, sizeof(nack));
    link_fixture_feed(&f, span_of(burst, sizeof(burst)));
    link_fixture_expect_closed(&f, "malformed");
    assert_int_equal(link_counters(f.link)->malformed_in, 20);
    link_fixture_fini(&f);
}

/* A centre that does not know enquire_link says so each time, and is none that sends rubbish. */
static void test_nacks_of_our_enquiries(void **state)
{
    struct link_fixture f;
    uint64_t mark;
    uint32_t sequence;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    for (int i = 0; i < 20; i++) {
        mark = link_ask_read(f.link);
        link_fixture_pass(&f, 0);
        sequence = link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK);
        assert_false(link_has_read(f.link, link_connection(f.link), mark));
        link_fixture_feed_header(&f, SMPP_GENERIC_NACK, ESME_RINVCMDID, sequence);
        assert_true(link_has_read(f.link, link_connection(f.link), mark));
    }
    link_fixture_pass(&f, 30000);
    sequence = link_fixture_expect_request(&f, SMPP_ENQUIRE_LINK);
    link_fixture_feed_header(&f, SMPP_GENERIC_NACK, ESME_RINVCMDID, sequence);
    assert_int_equal(link_counters(f.link)->malformed_in, 0);
    assert_int_equal(link_state(f.link), LINK_BOUND);
    /* Once each. */
    for (int i = 0; i < 5; i++) {
        link_fixture_feed_header(&f, SMPP_GENERIC_NACK, ESME_RINVCMDID, sequence);
        link_fixture_feed_header(&f, SMPP_GENERIC_NACK, ESME_RINVCMDID, sequence - 1);
    }
    assert_int_equal(link_counters(f.link)->malformed_in, 10);
    link_fixture_expect_request(&f, SMPP_UNBIND);
    link_fixture_fini(&f);
}

static void test_frame_limit_before_the_bind(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    go_to(&f, IN_BINDING);
    link_fixture_feed_hex(&f, "00000201");
    link_fixture_expect(&f, SMPP_GENERIC_NACK, ESME_RINVCMDLEN, 0);
    assert_true(link_fixture_is_closed(&f));
    link_fixture_fini(&f);
    /* Bound, it is the limit configured. */
    link_fixture_init(&f);
    go_to(&f, IN_TRX);
    link_fixture_feed_hex(&f, "00000201");
    assert_false(link_fixture_is_closed(&f));
    link_fixture_fini(&f);
}

/* Of a centre that could not even read the length: no wait for the bind's timer. */
static void test_nack_without_a_number_ends_the_bind(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    go_to(&f, IN_BINDING);
    link_fixture_feed_header(&f, SMPP_GENERIC_NACK, ESME_RINVCMDLEN, 0);
    link_fixture_expect_closed(&f, "ESME_RINVCMDLEN");
    link_fixture_fini(&f);
}

static void test_stranger_in_the_middle_gets_a_nack(void **state)
{
    struct link_fixture f;

    (void)state;
    link_fixture_init(&f);
    go_to(&f, IN_TRX);
    link_fixture_feed(&f, span_of("HTTP/1.1 400 Bad Request\r\n", 26));
    link_fixture_expect(&f, SMPP_GENERIC_NACK, ESME_RINVCMDLEN, 0);
    link_fixture_expect_closed(&f, "bad_length");
    link_fixture_fini(&f);
}

/* ---- the observer ---- */

static unsigned seen_in;
static unsigned seen_out;

static void observe(void *ctx, const struct link *link, enum link_direction direction,
                    struct span pdu)
{
    assert_ptr_equal(ctx, &seen_in);
    assert_string_equal(link_name(link), "op1:1");
    assert_true(pdu.size >= SMPP_HEADER_BYTES);
    if (direction == LINK_PDU_IN)
        seen_in++;
    else
        seen_out++;
}

static void test_observer_sees_every_pdu(void **state)
{
    struct link_watch watch = {NULL, NULL};
    struct link_fixture f;

    (void)state;
    seen_in = seen_out = 0;
    link_fixture_init(&f);
    f.env.watch = &watch;
    link_fixture_bound(&f, NULL);
    f.is_answering = true;
    watch = (struct link_watch){observe, &seen_in};
    link_fixture_feed_deliver(&f, 1);
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK, 0, 2);
    link_fixture_feed_header(&f, 0x00000BAD, 0, 3);
    link_fixture_submit(&f, LINK_LANE_SMS, 0, 0);
    assert_int_equal(seen_in, 3);
    assert_int_equal(seen_out, 4);
    watch.fn = NULL;
    link_fixture_feed_header(&f, SMPP_ENQUIRE_LINK, 0, 4);
    assert_int_equal(seen_in, 3);
    link_fixture_fini(&f);
}

/* What is read in the turn in which the link was cut is not taken; then it connects again. */
static void test_a_cut_link_takes_nothing_more(void **state)
{
    struct link_fixture f;
    unsigned connects;

    (void)state;
    link_fixture_init(&f);
    link_fixture_bound(&f, NULL);
    connects = f.network.connects;
    link_cut(f.link, "stalled");
    link_fixture_feed_deliver(&f, 7);
    assert_int_equal(f.message_count, 0);
    link_fixture_expect_closed(&f, "stalled");
    link_cut(f.link, "again"); /* harmless */
    link_fixture_pass(&f, 1000);
    assert_int_equal(f.network.connects, connects + 1);
    link_fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_shapes),
        cmocka_unit_test(test_a_cut_link_takes_nothing_more),
        cmocka_unit_test(test_answer_on_another_connection),
        cmocka_unit_test(test_too_many_unanswered),
        cmocka_unit_test(test_ten_in_one_read_and_one_in_ten),
        cmocka_unit_test(test_slow_octets_hit_the_pdu_timer),
        cmocka_unit_test(test_every_pdu_in_every_state),
        cmocka_unit_test(test_ten_malformed_in_a_minute),
        cmocka_unit_test(test_malformed_among_sound_ones),
        cmocka_unit_test(test_burst_of_nacks_closes),
        cmocka_unit_test(test_nacks_of_our_enquiries),
        cmocka_unit_test(test_nack_without_a_number_ends_the_bind),
        cmocka_unit_test(test_frame_limit_before_the_bind),
        cmocka_unit_test(test_stranger_in_the_middle_gets_a_nack),
        cmocka_unit_test(test_observer_sees_every_pdu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
