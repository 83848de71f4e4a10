/*
 * The simulated centre's codec: PDUs known octet by octet, cut and bent ones.
 */
#include "tests/smsc/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct octets {
    uint8_t data[512];
    size_t size;
};

static struct octets from_hex(const char *hex)
{
    struct octets o = {.size = 0};
    unsigned value;

    while (sscanf(hex + o.size * 2, "%2x", &value) == 1)
        o.data[o.size++] = (uint8_t)value;
    return o;
}

static uint32_t decode(const struct octets *o, struct wire_header *h, struct wire_message *m)
{
    assert_int_equal(wire_look(span_of(o->data, o->size), 1024, h), WIRE_WHOLE);
    return wire_message_decode(
        h->command_id, span_of(o->data + WIRE_HEADER_BYTES, o->size - WIRE_HEADER_BYTES), m);
}

static void assert_span(struct span s, const char *text)
{
    assert_true(span_is_equal(s, span_of_string(text)));
}

static const char begin_hex[] =
    "00000044000000050000000000000065555353440001013235353730303030303030310000013132330000000000"
    "0000000000052a313233230501000101138300020a00";

static void test_begin_is_read(void **state)
{
    struct octets o = from_hex(begin_hex);
    struct wire_header h;
    struct wire_message m;

    (void)state;
    assert_int_equal(decode(&o, &h, &m), WIRE_OK);
    assert_int_equal(h.command_id, WIRE_DELIVER_SM);
    assert_int_equal(h.sequence_number, 0x65);
    assert_span(m.service_type, "USSD");
    assert_int_equal(m.source.ton, 1);
    assert_span(m.source.digits, "255700000001");
    assert_span(m.destination.digits, "123");
    assert_span(m.text, "*123#");
    assert_int_equal(m.ussd_service_op, WIRE_USSD_BEGIN);
    assert_int_equal(m.its_session_info, 0x0A00);
    assert_int_equal(m.sar_msg_ref_num, WIRE_NONE);
}

static void test_begin_is_written(void **state)
{
    struct octets o = from_hex(begin_hex);
    uint8_t pdu[256];
    struct wire_message m;
    struct writer w;

    (void)state;
    wire_message_init(&m);
    m.service_type = span_of_string("USSD");
    m.source = (struct wire_address){1, 1, span_of_string("255700000001")};
    m.destination = (struct wire_address){0, 1, span_of_string("123")};
    m.text = span_of_string("*123#");
    m.ussd_service_op = WIRE_USSD_BEGIN;
    m.its_session_info = 0x0A00;
    writer_init(&w, pdu, sizeof(pdu));
    wire_message_encode(&w, WIRE_DELIVER_SM, 1, &m);
    wire_sequence_set(pdu, 0x65);
    assert_true(span_is_equal(writer_span(&w), span_of(o.data, o.size)));
}

static void test_payload_goes_both_ways(void **state)
{
    struct octets o = from_hex("0000004100000103000000000000006c5553534400010132353537303030303030"
                               "303100000131323300000000042400052a3132332305010001011383000212"
                               "34");
    uint8_t pdu[256];
    struct wire_header h;
    struct wire_message m, again;
    struct writer w;

    (void)state;
    assert_int_equal(decode(&o, &h, &m), WIRE_OK);
    assert_true(m.has_payload);
    assert_span(m.text, "*123#");
    assert_int_equal(m.its_session_info, 0x1234);
    writer_init(&w, pdu, sizeof(pdu));
    wire_message_encode(&w, WIRE_DATA_SM, 7, &m);
    assert_int_equal(
        wire_message_decode(WIRE_DATA_SM,
                            span_of(pdu + WIRE_HEADER_BYTES, writer_size(&w) - WIRE_HEADER_BYTES),
                            &again),
        WIRE_OK);
    assert_span(again.text, "*123#");
    assert_int_equal(again.ussd_service_op, WIRE_USSD_BEGIN);
}

/* Whatever a message is cut to, it is refused and nothing behind the cut is read (ASan watches). */
static void test_every_cut_is_refused(void **state)
{
    struct octets o = from_hex(begin_hex);
    size_t body = o.size - WIRE_HEADER_BYTES;
    size_t before_tlvs = body - 11;

    (void)state;
    for (size_t size = 0; size < body; size++) {
        uint8_t *copy = malloc(size != 0 ? size : 1);
        struct wire_message m;
        uint32_t status;

        memcpy(copy, o.data + WIRE_HEADER_BYTES, size);
        status = wire_message_decode(WIRE_DELIVER_SM, span_of(copy, size), &m);
        if (size == before_tlvs || size == before_tlvs + 5)
            assert_int_equal(status, WIRE_OK);
        else
            assert_int_equal(status, size > before_tlvs ? WIRE_RINVOPTPARSTREAM : WIRE_RINVMSGLEN);
        free(copy);
    }
}

static void test_operation_of_two_octets_is_refused(void **state)
{
    struct octets o =
        from_hex("000000450000000500000000000000655553534400010132353537303030303030303100000131"
                 "323300000000000000000000052a31323323050100020001138300020a00");
    struct wire_header h;
    struct wire_message m;

    (void)state;
    assert_int_equal(decode(&o, &h, &m), WIRE_RINVPARLEN);
}

static void test_lengths_are_judged_before_the_body_is_there(void **state)
{
    struct octets o = from_hex("0000000f");
    struct wire_header h;

    (void)state;
    assert_int_equal(wire_look(span_of(o.data, 3), 100, &h), WIRE_NEED_MORE);
    assert_int_equal(wire_look(span_of(o.data, 4), 100, &h), WIRE_BROKEN);
    o = from_hex("ffffffff");
    assert_int_equal(wire_look(span_of(o.data, 4), 100, &h), WIRE_BROKEN);
    o = from_hex("00000010000000150000000000000002");
    for (size_t size = 4; size < 16; size++)
        assert_int_equal(wire_look(span_of(o.data, size), 100, &h), WIRE_NEED_MORE);
    assert_int_equal(wire_look(span_of(o.data, 16), 100, &h), WIRE_WHOLE);
    assert_int_equal(h.sequence_number, 2);
}

static void test_responses_have_the_shapes_of_the_field(void **state)
{
    static const struct {
        uint32_t request;
        uint32_t status;
        const char *id;
        const char *hex;
    } rows[] = {
        {WIRE_DELIVER_SM, WIRE_OK, "", "0000001180000005000000000000006500"},
        {WIRE_DELIVER_SM, WIRE_RX_T_APPN, "", "0000001180000005000000640000006500"},
        {WIRE_SUBMIT_SM, WIRE_OK, "1A2B3C4D", "00000019800000040000000000000065314132423343344400"},
        {WIRE_SUBMIT_SM, WIRE_RTHROTTLED, "x", "00000010800000040000005800000065"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct octets o = from_hex(rows[i].hex);
        uint8_t pdu[64];
        struct writer w;

        writer_init(&w, pdu, sizeof(pdu));
        wire_message_resp_encode(&w, rows[i].request, rows[i].status, 0x65, rows[i].id);
        assert_true(span_is_equal(writer_span(&w), span_of(o.data, o.size)));
    }
}

static void test_bind_goes_both_ways(void **state)
{
    uint8_t pdu[128];
    struct writer w;
    struct wire_bind bind;

    (void)state;
    writer_init(&w, pdu, sizeof(pdu));
    wire_bind_encode(&w, WIRE_BIND_TRANSCEIVER, 1, "warung", "secret", "USSD");
    assert_int_equal(
        wire_bind_decode(span_of(pdu + WIRE_HEADER_BYTES, writer_size(&w) - WIRE_HEADER_BYTES),
                         &bind),
        WIRE_OK);
    assert_span(bind.system_id, "warung");
    assert_span(bind.password, "secret");
    assert_span(bind.system_type, "USSD");
    assert_int_equal(bind.interface_version, 0x34);
    assert_int_equal(wire_bind_decode(span_of(pdu + WIRE_HEADER_BYTES, 5), &bind), WIRE_RINVMSGLEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begin_is_read),
        cmocka_unit_test(test_begin_is_written),
        cmocka_unit_test(test_payload_goes_both_ways),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_operation_of_two_octets_is_refused),
        cmocka_unit_test(test_lengths_are_judged_before_the_body_is_there),
        cmocka_unit_test(test_responses_have_the_shapes_of_the_field),
        cmocka_unit_test(test_bind_goes_both_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
