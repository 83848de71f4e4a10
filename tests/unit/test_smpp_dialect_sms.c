/* Plain SMS to phones, short and long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/smpp/dialect.h"

enum { PDU_BYTES = 1024 };

/* ---- plain SMS ---- */

static bool encode_sms(const char *source, const char *text, struct smpp_pdu *pdu)
{
    static uint8_t octets[PDU_BYTES];
    const struct dialect *d = dialect_find("spec34");
    struct dialect_sms sms = {
        .source = source, .msisdn = "6281200000001", .text = text, .registered_delivery = 1};
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    if (dialect_sms_parts(d, text) != 1 || !dialect_encode_sms_part(d, &sms, 0, 42, &w)) {
        assert_int_equal(writer_size(&w), 0);
        return false;
    }
    assert_int_equal(smpp_pdu_decode(writer_span(&w), pdu), ESME_ROK);
    assert_int_equal(pdu->header.command_id, SMPP_SUBMIT_SM);
    assert_int_equal(pdu->header.sequence_number, 42);
    return true;
}

static void an_sms_goes_from_a_number_or_a_name(void **state)
{
    struct smpp_pdu pdu;

    (void)state;
    assert_true(encode_sms("384", "Halo @ €", &pdu));
    assert_int_equal(pdu.message.service_type.size, 0);
    assert_int_equal(pdu.message.source.ton, 0);
    assert_int_equal(pdu.message.source.npi, 1);
    assert_int_equal(pdu.message.destination.ton, 1);
    assert_int_equal(pdu.message.destination.npi, 1);
    assert_int_equal(pdu.message.registered_delivery, 1);
    assert_int_equal(pdu.message.data_coding, 0);
    assert_true(span_is_equal(pdu.message.short_message, span_of("Halo \0 \x1b\x65", 9)));
    assert_true(encode_sms("TerusUsaha", "Halo", &pdu));
    assert_int_equal(pdu.message.source.ton, 5);
    assert_int_equal(pdu.message.source.npi, 0);
}

static void check_validity(const char *knob, uint32_t validity_s, const char *expected)
{
    struct dialect *d = dialect_new("x", dialect_find("spec34"));
    struct dialect_sms sms = {.source = "384",
                              .msisdn = "6281200000001",
                              .text = "Halo",
                              .validity_s = validity_s,
                              .now_ms = INT64_C(1795489200900)};
    uint8_t octets[PDU_BYTES];
    char error[128];
    struct smpp_pdu pdu;
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    if (knob != NULL)
        assert_true(dialect_set_knob(d, "validity", knob, error, sizeof(error)));
    assert_true(dialect_encode_sms_part(d, &sms, 0, 42, &w));
    assert_int_equal(smpp_pdu_decode(writer_span(&w), &pdu), ESME_ROK);
    if (!span_is_equal(pdu.message.validity_period, span_of_string(expected)))
        fail_msg("%.*s instead of %s", (int)pdu.message.validity_period.size,
                 (const char *)pdu.message.validity_period.data, expected);
    dialect_free(d);
}

static void an_sms_says_how_long_it_is_worth_delivering(void **state)
{
    (void)state;
    check_validity(NULL, 3 * 86400, "000003000000000R");
    check_validity("relative", 1, "000000000001000R");
    check_validity("relative", 86400 + 3600 * 23 + 59 * 60 + 58, "000001235958000R");
    check_validity("relative", UINT32_MAX, "000031000000000R");
    check_validity("absolute", 86400, "261125030000900+"); /* 2026-11-24T03:00:00.9Z */
    check_validity("none", 86400, "");
    check_validity("relative", 0, "");
    check_validity("absolute", 0, "");
}

static void an_sms_has_one_part(void **state)
{
    char text[256];
    struct smpp_pdu pdu;

    (void)state;
    memset(text, 'a', sizeof(text));
    text[160] = '\0';
    assert_true(encode_sms("384", text, &pdu));
    text[160] = 'a';
    text[161] = '\0';
    assert_false(encode_sms("384", text, &pdu));
    text[0] = '\0';
    for (unsigned i = 0; i < 70; i++)
        strcat(text, "Ж");
    assert_true(encode_sms("384", text, &pdu));
    assert_int_equal(pdu.message.data_coding, 8);
    assert_int_equal(pdu.message.short_message.size, 140);
    strcat(text, "Ж");
    assert_false(encode_sms("384", text, &pdu));
    assert_false(encode_sms("384", "bad \xff", &pdu));
}

/* ---- long SMS ---- */

struct long_case {
    const char *sms_parts; /* the knob */
    const char *unit;      /* the text is this, repeated */
    unsigned times;
    unsigned parts;
    unsigned first_units; /* in the first part */
};

/* Encodes all parts, reads each back through the dialect, and puts them together again. */
static void check_long(const struct long_case *lc)
{
    static char text[DIALECT_TEXT_BYTES], whole[DIALECT_TEXT_BYTES];
    static struct dialect_input input;
    struct dialect *d = dialect_new("x", dialect_find("spec34"));
    struct dialect_sms sms = {"384", "6281200000001", text, 1, 0x12A7, 0, 0};
    bool is_parts = lc->parts > 1;
    char error[128];
    size_t units;

    text[0] = whole[0] = '\0';
    for (unsigned i = 0; i < lc->times; i++)
        strcat(text, lc->unit);
    assert_true(dialect_set_knob(d, "sms_parts", lc->sms_parts, error, sizeof(error)));
    assert_int_equal(dialect_sms_parts(d, text), lc->parts);
    for (unsigned i = 0; i < lc->parts; i++) {
        uint8_t octets[4096];
        struct smpp_pdu pdu;
        struct writer w;

        writer_init(&w, octets, sizeof(octets));
        assert_true(dialect_encode_sms_part(d, &sms, i, i + 1, &w));
        assert_int_equal(smpp_pdu_decode(writer_span(&w), &pdu), ESME_ROK);
        /* As the phone sends it back. */
        pdu.message.source.digits = span_of_string("6281200000001");
        assert_int_equal(dialect_decode(d, &pdu, &input), ESME_ROK);
        assert_int_equal(input.part.total, is_parts ? lc->parts : 0);
        assert_int_equal(input.part.number, is_parts ? i + 1 : 0);
        if (is_parts)
            assert_int_equal(input.part.reference, input.part.width == 8 ? 0xA7 : 0x12A7);
        if (i == 0) {
            assert_true(text_units(pdu.message.data_coding == 8 ? TEXT_UCS2 : TEXT_GSM, input.text,
                                   &units));
            assert_int_equal(units, lc->first_units);
        }
        assert_true(pdu.message.short_message.size <= (pdu.message.data_coding == 8 ? 140 : 160));
        strcat(whole, input.text);
    }
    assert_string_equal(whole, text);
    assert_false(
        dialect_encode_sms_part(d, &sms, lc->parts, 1,
                                &(struct writer){(uint8_t *)whole, (uint8_t *)whole,
                                                 (uint8_t *)whole + sizeof(whole), false}));
    dialect_free(d);
}

static void long_texts_go_in_parts(void **state)
{
    static const struct long_case cases[] = {
        {"udh8", "a", 160, 1, 160},  {"udh8", "a", 161, 2, 153},    {"udh8", "a", 306, 2, 153},
        {"udh8", "a", 307, 3, 153},  {"udh8", "a", 459, 3, 153},    {"udh16", "a", 304, 2, 152},
        {"udh16", "a", 305, 3, 152}, {"sar", "a", 161, 2, 153},     {"payload", "a", 161, 1, 161},
        {"udh8", "€", 80, 1, 160},   {"udh8", "€", 81, 2, 152},     {"udh16", "€", 81, 2, 152},
        {"udh8", "Ж", 70, 1, 70},    {"udh8", "Ж", 71, 2, 67},      {"udh16", "Ж", 71, 2, 66},
        {"udh8", "😀", 35, 1, 70},    {"udh8", "😀", 36, 2, 66},      {"sar", "Ж", 135, 3, 67},
        {"payload", "Ж", 71, 1, 71}, {"payload", "Ж", 400, 1, 400}, {"udh8", "a", 2000, 14, 153},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_long(&cases[i]);
}

static void what_cannot_be_sent_has_no_parts(void **state)
{
    static char text[DIALECT_TEXT_BYTES + 1];
    struct dialect *d = dialect_new("x", dialect_find("spec34"));
    char error[128];

    (void)state;
    memset(text, 'a', DIALECT_TEXT_BYTES);
    assert_int_equal(dialect_sms_parts(d, text), 0);
    text[DIALECT_TEXT_BYTES - 1] = '\0';
    assert_int_equal(dialect_sms_parts(d, text), 14);
    assert_int_equal(dialect_sms_parts(d, "bad \xff"), 0);
    assert_int_equal(dialect_sms_parts(d, ""), 1);
    assert_true(dialect_set_knob(d, "dcs_out", "ucs2:none", error, sizeof(error)));
    assert_int_equal(dialect_sms_parts(d, "Ж"), 0);
    dialect_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_sms_goes_from_a_number_or_a_name),
        cmocka_unit_test(an_sms_says_how_long_it_is_worth_delivering),
        cmocka_unit_test(an_sms_has_one_part),
        cmocka_unit_test(long_texts_go_in_parts),
        cmocka_unit_test(what_cannot_be_sent_has_no_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
