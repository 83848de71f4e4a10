/*
 * The centre's dialects against PDUs known octet by octet.
 */
#include "tests/smsc/base64.h"
#include "tests/smsc/speech.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
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

static void test_inputs_are_written_to_the_octet(void **state)
{
    static const struct {
        const char *dialect;
        enum speech_act act;
        uint16_t session;
        uint8_t unit;
        const char *text;
        uint32_t command_id;
        uint32_t sequence;
        const char *hex;
    } rows[] = {
        {"spec34", SPEECH_BEGIN, 0x0A, 0, "*123#", WIRE_DELIVER_SM, 0x65,
         "00000044000000050000000000000065555353440001013235353730303030303030310000013132330000"
         "0000000000000000052a313233230501000101138300020a00"},
        {"spec34", SPEECH_ANSWER, 0x0A, 2, "1", WIRE_DELIVER_SM, 0x66,
         "00000040000000050000000000000066555353440001013235353730303030303030310000013132330000"
         "000000000000000001310501000112138300020a02"},
        {"spec34", SPEECH_HANG_UP, 0x0A, 2, "", WIRE_DELIVER_SM, 0x69,
         "0000003f000000050000000000000069555353440001013235353730303030303030310000013132330000"
         "0000000000000000000501000112138300020a03"},
        {"mica", SPEECH_BEGIN, 0x3039, 0, "*123*4#", WIRE_DELIVER_SM, 0x65,
         "00000042000000050000000000000065000101323535373030303030303031000001313233000000000000"
         "00000000072a3132332a34230501000101020400023039"},
        {"mica", SPEECH_HANG_UP, 0x3039, 0, "", WIRE_DELIVER_SM, 0x6a,
         "0000003b00000005000000000000006a000101323535373030303030303031000001313233000000000000"
         "00000000000501000181020400023039"},
        {"tlv1501", SPEECH_BEGIN, 0xBEEF, 0, "*123#", WIRE_DELIVER_SM, 0x65,
         "00000046000000050000000000000065555353440001013235353730303030303030310000013132330000"
         "0000000000000000052a3132332305010001011501000400"
         "00beef"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct octets want = from_hex(rows[i].hex);
        struct speech_input in = {.act = rows[i].act,
                                  .msisdn = "255700000001",
                                  .code = "123",
                                  .gsm = span_of_string(rows[i].text),
                                  .session = rows[i].session,
                                  .unit = rows[i].unit};
        struct speech_room room;
        struct wire_message m;
        uint8_t pdu[512];
        struct writer w;

        assert_true(speech_write(speech_find(rows[i].dialect), &in, &room, &m));
        writer_init(&w, pdu, sizeof(pdu));
        wire_message_encode(&w, rows[i].command_id, rows[i].sequence, &m);
        if (!span_is_equal(writer_span(&w), span_of(want.data, want.size)))
            fail_msg("row %zu (%s)", i, rows[i].dialect);
    }
}

static void test_what_the_gateway_says_is_understood(void **state)
{
    static const struct {
        const char *dialect;
        enum speech_kind kind;
        uint16_t session;
        const char *text;
        const char *hex;
    } rows[] = {
        {"spec34", SPEECH_ASK, 0x0A, "1 Balance\n2 Buy",
         "0000004e00000004000000000000000755535344000001313233000101323535373030303030303031000000"
         "000000000000000f312042616c616e63650a32204275790501000102138300020a00"},
        {"spec34", SPEECH_END, 0x0A, "Balance 10",
         "0000004900000004000000000000000855535344000001313233000101323535373030303030303031000000"
         "000000000000000a42616c616e63652031300501000111138300020a03"},
        {"spec34", SPEECH_NOTICE, 0, "Top-up received",
         "0000004800000004000000000000000a55535344000001313233000101323535373030303030303031000000"
         "000000000000000f546f702d75702072656365697665640501000103"},
        {"mica", SPEECH_END, 0x3039, "bye",
         "0000003e00000004000000000000000700000131323300010132353537303030303030303100000000000000"
         "000000036279650501000117020400023039"},
        {"smppplus", SPEECH_END, 5, "PIN?",
         "0000004300000004000000000000000755535344000001313233000101323535373030303030303031000000"
         "000000000000000450494e3f0501000182020400020005"},
        {"letters", SPEECH_ASK, 0, "1 First\n2 Second",
         "0000004300000004000000000000000742520000012a313131000101323535373030303030303031000000000"
         "0"
         "000000000010312046697273740a32205365636f6e64"},
        {"spec34", SPEECH_ASK, 0x0A, "Меню",
         "00000047000000040000000000000007555353440000013132330001013235353730303030303030310000000"
         "00000000048"
         "0008041c0435043d044e0501000102138300020a00"},
        {"spec34", SPEECH_SMS, 0, "Hello World",
         "0000003c00000004000000000000000100050041434d450001013235353730303030303030310000000000000"
         "1"
         "0000000b48656c6c6f20576f726c64"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct octets o = from_hex(rows[i].hex);
        struct wire_message m;
        struct speech_room room;
        struct speech_output out;
        char text[200];

        assert_int_equal(wire_message_decode(WIRE_SUBMIT_SM, span_of(o.data + 16, o.size - 16), &m),
                         WIRE_OK);
        speech_read(speech_find(rows[i].dialect), &m, &room, &out);
        assert_int_equal(out.kind, rows[i].kind);
        assert_int_equal(out.session, rows[i].session);
        alphabet_decode(out.alphabet, out.text, text, sizeof(text));
        assert_string_equal(text, rows[i].text);
    }
}

static void test_comviva_packs_everything_into_the_body(void **state)
{
    static const char want[] = "1|100:MjU1NzAwMDAwMDAx|109:KjEyMyM=|110:Nw==|115:KjEyMyM=|123:MQ==";
    struct speech_input in = {.act = SPEECH_BEGIN,
                              .msisdn = "255700000001",
                              .code = "123",
                              .gsm = span_of_string("*123#"),
                              .session = 7};
    struct speech_room room;
    struct wire_message m;
    struct speech_output out;

    (void)state;
    assert_true(speech_write(speech_find("comviva"), &in, &room, &m));
    assert_true(span_is_equal(m.text, span_of_string(want)));
    m.text = span_of_string("1|110:Nw==|121:TWVudQ==|117:RkM=");
    speech_read(speech_find("comviva"), &m, &room, &out);
    assert_int_equal(out.kind, SPEECH_ASK);
    assert_int_equal(out.session, 7);
    assert_true(span_is_equal(out.text, span_of_string("Menu")));
    m.text = span_of_string("1|110:Nw==|121:QnllIQ==|117:RkI=");
    speech_read(speech_find("comviva"), &m, &room, &out);
    assert_int_equal(out.kind, SPEECH_END);
}

static void test_what_a_dialect_cannot_carry_is_refused(void **state)
{
    uint8_t e_acute = 0x05;
    struct speech_input in = {
        .act = SPEECH_ANSWER, .msisdn = "1", .code = "1", .gsm = span_of(&e_acute, 1)};
    struct speech_room room;
    struct wire_message m;

    (void)state;
    assert_true(speech_write(speech_find("spec34"), &in, &room, &m));
    assert_false(speech_write(speech_find("letters"), &in, &room, &m));
    assert_null(speech_find("nix"));
}

static void test_base64_of_every_rest(void **state)
{
    static const char *const rows[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}};
    char out[32];
    struct writer w;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        writer_init(&w, out, sizeof(out));
        base64_encode(&w, span_of_string(rows[i][0]));
        assert_true(span_is_equal(writer_span(&w), span_of_string(rows[i][1])));
        writer_init(&w, out, sizeof(out));
        base64_decode(&w, span_of_string(rows[i][1]));
        assert_true(span_is_equal(writer_span(&w), span_of_string(rows[i][0])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs_are_written_to_the_octet),
        cmocka_unit_test(test_what_the_gateway_says_is_understood),
        cmocka_unit_test(test_comviva_packs_everything_into_the_body),
        cmocka_unit_test(test_what_a_dialect_cannot_carry_is_refused),
        cmocka_unit_test(test_base64_of_every_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
