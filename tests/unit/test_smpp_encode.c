/* Encoding: the limits for sending, and the shapes of responses that peers take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/smpp/pdu.h"

static char long_text[128];

static struct span text_of(size_t size)
{
    memset(long_text, '7', sizeof(long_text));
    return span_of(long_text, size);
}

static bool encodes_message(uint32_t command_id, const struct smpp_message *m)
{
    uint8_t octets[1024];
    struct writer w;
    bool encoded;

    writer_init(&w, octets, sizeof(octets));
    writer_u8(&w, 'x'); /* what stands in front stays */
    encoded = smpp_message_encode(&w, command_id, 1, m, span_of(NULL, 0));
    assert_true(encoded == (writer_size(&w) > 1));
    assert_int_equal(octets[0], 'x');
    return encoded;
}

static void limits_hold_for_sending(void **state)
{
    struct smpp_message m = {0};

    (void)state;
    assert_true(encodes_message(SMPP_SUBMIT_SM, &m));
    m.service_type = text_of(6);
    assert_false(encodes_message(SMPP_SUBMIT_SM, &m));
    m = (struct smpp_message){.source.digits = text_of(20)};
    assert_true(encodes_message(SMPP_SUBMIT_SM, &m));
    m.source.digits = text_of(21);
    assert_false(encodes_message(SMPP_SUBMIT_SM, &m));
    assert_true(encodes_message(SMPP_DATA_SM, &m));
    m = (struct smpp_message){.destination.digits = text_of(21)};
    assert_false(encodes_message(SMPP_DELIVER_SM, &m));
    m = (struct smpp_message){.destination.digits = span_of("62\0"
                                                            "1",
                                                            4)};
    assert_false(encodes_message(SMPP_SUBMIT_SM, &m));
    m = (struct smpp_message){.short_message = text_of(5)};
    assert_false(encodes_message(SMPP_DATA_SM, &m));
}

static void bind_limits_are_the_letter_s(void **state)
{
    struct smpp_bind bind = {.system_id = text_of(15),
                             .password = text_of(8),
                             .system_type = text_of(12),
                             .interface_version = 0x34};
    uint8_t octets[256];
    struct writer w;

    (void)state;
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_bind_encode(&w, SMPP_BIND_TRANSMITTER, 1, &bind));
    bind.password = text_of(9);
    assert_false(smpp_bind_encode(&w, SMPP_BIND_TRANSMITTER, 2, &bind));
    bind.password = text_of(8);
    bind.system_id = text_of(16);
    assert_false(smpp_bind_encode(&w, SMPP_BIND_TRANSMITTER, 2, &bind));
    assert_int_equal(writer_size(&w), 16 + 16 + 9 + 13 + 1 + 2 + 1);
}

static void responses_have_the_shapes_that_peers_take(void **state)
{
    static const struct {
        uint32_t command_id;
        uint32_t command_status;
        const char *message_id;
        size_t size;
    } rows[] = {
        {SMPP_SUBMIT_SM_RESP, 0, "42", 19},  {SMPP_SUBMIT_SM_RESP, 0x58, "42", 16},
        {SMPP_DATA_SM_RESP, 0, "42", 19},    {SMPP_DATA_SM_RESP, 0, NULL, 17},
        {SMPP_DATA_SM_RESP, 0x64, NULL, 16}, {SMPP_DELIVER_SM_RESP, 0, NULL, 17},
        {SMPP_DELIVER_SM_RESP, 0, "42", 17}, {SMPP_DELIVER_SM_RESP, 0x64, NULL, 17},
    };
    uint8_t octets[64];
    struct writer w;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        writer_init(&w, octets, sizeof(octets));
        assert_true(smpp_message_resp_encode(&w, rows[i].command_id, rows[i].command_status, 9,
                                             rows[i].message_id));
        assert_int_equal(writer_size(&w), rows[i].size);
        assert_int_equal(octets[3], rows[i].size);
        assert_int_equal(octets[11], rows[i].command_status);
        assert_int_equal(octets[15], 9);
    }
    writer_init(&w, octets, sizeof(octets));
    assert_true(
        smpp_bind_resp_encode(&w, SMPP_BIND_RECEIVER_RESP, ESME_RINVPASWD, 1, "warung", 0x34));
    assert_int_equal(writer_size(&w), 16);
    assert_false(
        smpp_bind_resp_encode(&w, SMPP_BIND_RECEIVER_RESP, 0, 1, "sixteen_letters_", 0x34));
}

/* Who says that it speaks less than 3.4, or nothing sensible, is told by no TLV (3.4.2). */
static void a_bind_of_an_older_version_gets_no_tlv(void **state)
{
    static const struct {
        uint8_t interface_version;
        size_t size;
    } rows[] = {{0x00, 23}, {0x03, 23}, {0x33, 23}, {0x34, 28}, {0x50, 28}};
    uint8_t octets[64];
    struct writer w;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        writer_init(&w, octets, sizeof(octets));
        assert_true(smpp_bind_resp_encode(&w, SMPP_BIND_TRANSCEIVER_RESP, 0, 1, "warung",
                                          rows[i].interface_version));
        assert_int_equal(writer_size(&w), rows[i].size);
    }
}

static void queries_are_answered(void **state)
{
    struct smpp_query query = {.message_id = span_of_string("1A2B3C4D"),
                               .final_date = span_of_string("260102153100000+"),
                               .message_state = 2};
    uint8_t octets[128];
    struct smpp_pdu pdu;
    struct writer w;

    (void)state;
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_query_resp_encode(&w, ESME_ROK, 20, &query));
    assert_int_equal(smpp_pdu_decode(writer_span(&w), &pdu), ESME_ROK);
    assert_int_equal(pdu.header.command_id, SMPP_QUERY_SM_RESP);
    assert_true(span_is_equal(pdu.query.message_id, query.message_id));
    assert_true(span_is_equal(pdu.query.final_date, query.final_date));
    assert_int_equal(pdu.query.message_state, 2);
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_query_resp_encode(&w, ESME_RQUERYFAIL, 20, &query));
    assert_int_equal(writer_size(&w), 16);
    query.final_date = span_of_string("260102153100000+x");
    assert_false(smpp_query_resp_encode(&w, ESME_ROK, 20, &query));
}

static void a_message_can_be_turned_around(void **state)
{
    struct smpp_message m = {.destination.digits = span_of_string("384")};
    uint8_t octets[128];
    struct smpp_pdu pdu;
    struct writer w;

    (void)state;
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_message_encode(&w, SMPP_SUBMIT_SM, 1, &m, span_of(NULL, 0)));
    smpp_message_turn_around(octets);
    assert_int_equal(smpp_pdu_decode(writer_span(&w), &pdu), ESME_ROK);
    assert_int_equal(pdu.header.command_id, SMPP_DELIVER_SM);
    smpp_message_turn_around(octets);
    assert_int_equal(octets[7], SMPP_SUBMIT_SM);
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_message_encode(&w, SMPP_DATA_SM, 1, &m, span_of(NULL, 0)));
    smpp_message_turn_around(octets);
    assert_int_equal(smpp_pdu_decode(writer_span(&w), &pdu), ESME_ROK);
    assert_int_equal(pdu.header.command_id, SMPP_DATA_SM);
}

/* A full writer refuses; one that has failed before stays as it is. */
static void a_failed_writer_stays_failed(void **state)
{
    uint8_t octets[20];
    struct writer w;

    (void)state;
    writer_init(&w, octets, 15);
    assert_false(smpp_header_only_encode(&w, SMPP_UNBIND, 0, 1));
    assert_false(w.failed);
    assert_int_equal(writer_size(&w), 0);
    writer_u32(&w, 0);
    writer_u64(&w, 0);
    writer_u64(&w, 0);
    assert_true(w.failed);
    assert_false(smpp_header_only_encode(&w, SMPP_UNBIND, 0, 1));
    assert_true(w.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_hold_for_sending),
        cmocka_unit_test(bind_limits_are_the_letter_s),
        cmocka_unit_test(responses_have_the_shapes_that_peers_take),
        cmocka_unit_test(a_bind_of_an_older_version_gets_no_tlv),
        cmocka_unit_test(queries_are_answered),
        cmocka_unit_test(a_message_can_be_turned_around),
        cmocka_unit_test(a_failed_writer_stays_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
