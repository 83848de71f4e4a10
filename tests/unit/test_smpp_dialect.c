/* Fingerprints and parts: what tests/vectors/dialects.tsv has no row for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/dialects.h"
#include "gateway/smpp/dialect_knobs.h"
#include "gateway/smpp/presets.h"

enum { PDU_BYTES = 1024 };

/* One deliver_sm whose pieces a test changes one at a time. */
struct draft {
    struct smpp_message message;
    uint8_t op;
    uint16_t session;
    uint16_t reference; /* user_message_reference; 0 = none */
    struct span sar;    /* reference, total, number; empty = none */
    uint32_t sequence_number;
    uint32_t command_id;
};

static struct draft draft_begin(void)
{
    return (struct draft){
        .message = {.service_type = span_of_string("USSD"),
                    .source = {1, 1, span_of_string("6281200000001")},
                    .destination = {0, 1, span_of_string("384")},
                    .short_message = span_of_string("*384#")},
        .op = 1,
        .session = 0x0a00,
        .sequence_number = 1,
        .command_id = SMPP_DELIVER_SM,
    };
}

static enum smpp_status draft_status(const struct draft *draft, const struct dialect *d,
                                     struct dialect_input *input)
{
    uint8_t octets[PDU_BYTES], tlv_octets[128];
    struct writer w, tlvs;
    struct smpp_pdu pdu;

    writer_init(&tlvs, tlv_octets, sizeof(tlv_octets));
    if (draft->op != 0xFF)
        smpp_tlv_write_u8(&tlvs, SMPP_TAG_USSD_SERVICE_OP, draft->op);
    if (draft->session != 0xFFFF)
        smpp_tlv_write_u16(&tlvs, SMPP_TAG_ITS_SESSION_INFO, draft->session);
    if (draft->reference != 0)
        smpp_tlv_write_u16(&tlvs, SMPP_TAG_USER_MESSAGE_REFERENCE, draft->reference);
    if (draft->sar.size == 4) {
        smpp_tlv_write(&tlvs, SMPP_TAG_SAR_MSG_REF_NUM, span_of(draft->sar.data, 2));
        smpp_tlv_write_u8(&tlvs, SMPP_TAG_SAR_TOTAL_SEGMENTS, draft->sar.data[2]);
        smpp_tlv_write_u8(&tlvs, SMPP_TAG_SAR_SEGMENT_SEQNUM, draft->sar.data[3]);
    }
    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_message_encode(&w, draft->command_id, draft->sequence_number, &draft->message,
                                    writer_span(&tlvs)));
    assert_int_equal(smpp_pdu_decode(writer_span(&w), &pdu), ESME_ROK);
    return dialect_decode(d, &pdu, input);
}

static void draft_decode(const struct draft *draft, const struct dialect *d,
                         struct dialect_input *input)
{
    assert_int_equal(draft_status(draft, d, input), ESME_ROK);
}

static uint64_t fingerprint_of(const struct draft *draft)
{
    static struct dialect_input input;

    draft_decode(draft, dialect_find("spec34"), &input);
    return input.fingerprint;
}

/* ---- addresses ---- */

/* A data_sm has room for 64 octets, the submit_sm that answers it for 20. */
static void addresses_that_a_reply_has_no_room_for_are_refused(void **state)
{
    static const char digits[] = "628120000000123456789"; /* 21 */
    const struct dialect *d = dialect_find("spec34");
    static struct dialect_input input;
    struct draft draft = draft_begin();

    (void)state;
    draft.command_id = SMPP_DATA_SM;
    draft.message.short_message = span_of(NULL, 0);
    draft.message.source.digits = span_of(digits, 20);
    draft.message.destination.digits = span_of(digits, 20);
    assert_int_equal(draft_status(&draft, d, &input), ESME_ROK);
    draft.message.source.digits = span_of_string(digits);
    assert_int_equal(draft_status(&draft, d, &input), ESME_RINVSRCADR);
    draft.message.source.digits = span_of(digits, 13);
    draft.message.destination.digits = span_of_string(digits);
    assert_int_equal(draft_status(&draft, d, &input), ESME_RINVDSTADR);
}

/* ---- the fingerprint ---- */

static void a_copy_under_another_sequence_number_is_the_same_input(void **state)
{
    struct draft a = draft_begin(), b = draft_begin();

    (void)state;
    b.sequence_number = 0x7FFFFFFF;
    assert_true(fingerprint_of(&a) == fingerprint_of(&b));
    b.message.priority_flag = 1; /* no part of what was said */
    assert_true(fingerprint_of(&a) == fingerprint_of(&b));
}

/* Gateways of different builds share a store: the value is part of the format. */
static void the_fingerprint_does_not_change_between_builds(void **state)
{
    struct draft a = draft_begin();

    (void)state;
    assert_true(fingerprint_of(&a) == UINT64_C(0xe60368dc8a9da5a5));
}

static void every_field_counts(void **state)
{
    struct draft drafts[16];
    unsigned count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(drafts) / sizeof(drafts[0]); i++)
        drafts[i] = draft_begin();
    count++;
    drafts[count++].message.source.digits = span_of_string("6281200000002");
    drafts[count++].message.source.ton = 2;
    drafts[count++].message.source.npi = 0;
    drafts[count++].message.destination.digits = span_of_string("385");
    drafts[count++].message.destination.ton = 1;
    drafts[count++].message.esm_class = 0x80;
    drafts[count++].message.data_coding = 15;
    drafts[count++].message.short_message = span_of_string("*384*1#");
    drafts[count++].op = 18;
    drafts[count++].session = 0x0a02;
    drafts[count++].reference = 9;
    drafts[count++].sar = span_of("\0\x01\x02\x01", 4);
    drafts[count++].sar = span_of("\0\x01\x02\x02", 4);
    /* Digits that move from one address to the other, octets from an address to the text. */
    drafts[count].message.source.digits = span_of_string("62812000000013");
    drafts[count++].message.destination.digits = span_of_string("84");
    drafts[count].message.destination.digits = span_of_string("384*");
    drafts[count++].message.short_message = span_of_string("384#");
    assert_int_equal(count, sizeof(drafts) / sizeof(drafts[0]));
    for (unsigned i = 0; i < count; i++)
        for (unsigned j = 0; j < i; j++)
            if (fingerprint_of(&drafts[i]) == fingerprint_of(&drafts[j]))
                fail_msg("drafts %u and %u have one fingerprint", i, j);
}

/* ---- parts ---- */

static struct dialect_part part_of(const char *udh, size_t udh_size, struct span sar)
{
    static struct dialect_input input;
    struct draft draft = draft_begin();

    draft.message.service_type = span_of(NULL, 0);
    draft.op = 0xFF;
    draft.session = 0xFFFF;
    draft.sar = sar;
    if (udh_size != 0) {
        draft.message.esm_class = 0x40;
        draft.message.short_message = span_of(udh, udh_size);
    }
    draft_decode(&draft, dialect_find("spec34"), &input);
    assert_int_equal(input.kind, DIALECT_SMS);
    if (udh_size != 0)
        assert_string_equal(input.text, "tail");
    return input.part;
}

/* As they are written: dialect_encode_sms_part(). */
static void sms_are_unpacked_where_ussd_is_packed(void **state)
{
    struct dialect *d = dialect_new("x", dialect_find("spec34"));
    static struct dialect_input input;
    struct draft draft = draft_begin();
    char error[256];

    (void)state;
    assert_true(dialect_set_knob(d, "packing", "packed7", error, sizeof(error)));
    draft.message.short_message = span_of("\xaa\x19\x8e\x36\x02", 5); /* *384# */
    draft_decode(&draft, d, &input);
    assert_int_equal(input.kind, DIALECT_BEGIN);
    assert_string_equal(input.text, "*384#");
    draft.message.short_message = span_of("\x31\xd9\x8c\x56\xb3\xdd\0", 7);
    draft_decode(&draft, d, &input);
    assert_string_equal(input.text, "1234567"); /* of eight septets the last is filling */
    draft.op = 0xFF;
    draft.session = 0xFFFF;
    draft.message.service_type = span_of(NULL, 0);
    draft.message.short_message = span_of_string("STATUS");
    draft_decode(&draft, d, &input);
    assert_int_equal(input.kind, DIALECT_SMS);
    assert_string_equal(input.text, "STATUS");
    draft.message.esm_class = 0x40;
    draft.message.short_message = span_of("\x05\0\x03\xa7\x02\x01STA", 9);
    draft_decode(&draft, d, &input);
    assert_string_equal(input.text, "STA");
    draft.message.data_coding = 0x11; /* class 1, in any SMS; in USSD UCS-2 */
    draft_decode(&draft, d, &input);
    assert_string_equal(input.text, "STA");
    draft_decode(&draft, dialect_find("spec34"), &input);
    assert_string_equal(input.text, "STA");
    assert_true(dialect_set_knob(d, "dcs_in", "0:ucs2 17:ascii", error, sizeof(error)));
    draft_decode(&draft, d, &input);
    assert_string_equal(input.text, "STA"); /* where it is said what it is, it is that */
    dialect_free(d);
}

static const char *answered(const char *dialect, uint8_t data_coding, struct span octets)
{
    static struct dialect_input input;
    struct draft draft = draft_begin();

    draft.op = 18;
    draft.message.data_coding = data_coding;
    draft.message.short_message = octets;
    draft_decode(&draft, dialect_find(dialect), &input);
    return input.text;
}

/* A C string with its NUL, or with what was left of its buffer; and seven septets packed with zeros
 * behind them, unpacked again as eight. */
static void what_a_text_is_filled_up_with_is_none_of_it(void **state)
{
    (void)state;
    assert_string_equal(answered("spec34", 0x11, span_of("\0001\0002", 4)), "12");
    assert_string_equal(answered("spec34", 0, span_of("1\0", 2)), "1");
    assert_string_equal(answered("spec34", 0, span_of("BU SITI\0", 8)), "BU SITI");
    assert_string_equal(answered("spec34", 0, span_of("1 \0\0\0", 5)), "1");
    assert_string_equal(answered("spec34", 0, span_of("\0", 1)), "");
    assert_string_equal(answered("spec34", 0, span_of("a\0b", 3)), "a@b");
    assert_string_equal(answered("spec34", 8, span_of("\0a\0@", 4)), "a@");
    assert_string_equal(answered("spec34", 8, span_of("\xFE\xFF\0001", 4)), "1");
    assert_string_equal(answered("spec34", 8, span_of("\xFE\xFF", 2)), "");
}

/* "BUDI@" and "WARUNG" of "budi@warung". */
static void what_ends_a_part_may_stand_in_the_text(void **state)
{
    static struct dialect_input input;
    struct draft draft = draft_begin();

    (void)state;
    draft.op = 0xFF;
    draft.session = 0xFFFF;
    draft.message.service_type = span_of(NULL, 0);
    draft.sar = span_of("\0\1\2\1", 4);
    draft.message.short_message = span_of("BUDI\0", 5);
    draft_decode(&draft, dialect_find("spec34"), &input);
    assert_int_equal(input.part.number, 1);
    assert_string_equal(input.text, "BUDI@");
    draft.sar = span_of("\0\1\2\2", 4); /* the last one's is the whole text's */
    draft_decode(&draft, dialect_find("spec34"), &input);
    assert_string_equal(input.text, "BUDI");
}

static void parts_are_read(void **state)
{
    static const struct {
        const char *udh;
        size_t udh_size;
        const char *sar;
        struct dialect_part part;
    } rows[] = {
        {"\x05\0\x03\xa7\x02\x02tail", 10, NULL, {0xa7, 8, 2, 2}},
        {"\x06\x08\x04\x12\x34\x03\x01tail", 11, NULL, {0x1234, 16, 3, 1}},
        {NULL, 0, "\x01\x02\x02\x01", {0x0102, 16, 2, 1}},
        /* Another element in front: destination and source port. */
        {"\x0b\x05\x04\x0b\x84\x23\xf0\0\x03\xa7\x03\x01tail", 16, NULL, {0xa7, 8, 3, 1}},
        /* No parts: number 0, number above total, one of one. */
        {"\x05\0\x03\xa7\x02\x00tail", 10, NULL, {0}},
        {"\x05\0\x03\xa7\x02\x03tail", 10, NULL, {0}},
        {"\x05\0\x03\xa7\x01\x01tail", 10, NULL, {0}},
        {"\x05\0\x03\xa7\x00\x00tail", 10, NULL, {0}},
        {NULL, 0, "\x01\x02\x02\x03", {0}},
        {NULL, 0, "\x01\x02\x00\x00", {0}},
        /* Elements that run out of the header. */
        {"\x05\0\x09\xa7\x02\x01tail", 10, NULL, {0}},
        {"\x01\0tail", 6, NULL, {0}},
        {"\0tail", 5, NULL, {0}},
        /* Both: the header is nearer to the text. */
        {"\x05\0\x03\xa7\x02\x01tail", 10, "\x01\x02\x03\x03", {0xa7, 8, 2, 1}},
        {"\x04\x70\x02\x01\x02tail", 9, "\x01\x02\x03\x03", {0x0102, 16, 3, 3}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span sar = span_of(rows[i].sar, rows[i].sar != NULL ? 4 : 0);
        struct dialect_part part = part_of(rows[i].udh, rows[i].udh_size, sar);

        assert_int_equal(part.reference, rows[i].part.reference);
        assert_int_equal(part.width, rows[i].part.width);
        assert_int_equal(part.total, rows[i].part.total);
        assert_int_equal(part.number, rows[i].part.number);
    }
}

static enum smpp_status status_of_sms(uint8_t esm_class, const char *text,
                                      struct dialect_input *input)
{
    struct draft draft = draft_begin();

    draft.message.service_type = span_of(NULL, 0);
    draft.op = 0xFF;
    draft.session = 0xFFFF;
    draft.message.esm_class = esm_class;
    draft.message.short_message = span_of_string(text);
    return draft_status(&draft, dialect_find("spec34"), input);
}

/* A receipt with the bit of the message that it reports on, and no header. */
static void a_header_that_is_not_there_makes_an_sms_unreadable_but_no_receipt(void **state)
{
    struct dialect_input input;

    (void)state;
    assert_int_equal(status_of_sms(0x40, "id:9 stat:DELIVRD", &input), ESME_RINVMSGLEN);
    assert_int_equal(status_of_sms(0x44, "id:9 stat:DELIVRD", &input), ESME_ROK);
    assert_int_equal(input.kind, DIALECT_RECEIPT);
    assert_int_equal(status_of_sms(0x44, "", &input), ESME_ROK);
    assert_int_equal(input.kind, DIALECT_RECEIPT);
}

static const char *reported(const char *source, const char *destination)
{
    static struct dialect_input input;
    struct draft draft = draft_begin();

    draft.message.service_type = span_of(NULL, 0);
    draft.op = 0xFF;
    draft.session = 0xFFFF;
    draft.message.esm_class = 4;
    draft.message.short_message = span_of_string("id:9 stat:DELIVRD");
    draft.message.source.digits = span_of_string(source);
    draft.message.destination.digits = span_of_string(destination);
    assert_int_equal(draft_status(&draft, dialect_find("spec34"), &input), ESME_ROK);
    assert_int_equal(input.kind, DIALECT_RECEIPT);
    return input.msisdn;
}

/* Some centres do not turn the addresses round; a code is nobody who got a message. */
static void a_receipt_is_about_the_subscriber_whichever_way_round(void **state)
{
    (void)state;
    assert_string_equal(reported("6281200000001", "384"), "6281200000001");
    assert_string_equal(reported("384", "6281200000001"), "6281200000001");
    assert_string_equal(reported("384", "+6281200000001"), "6281200000001");
    assert_string_equal(reported("TERUSUSAHA", "081200000001"), "081200000001");
    assert_string_equal(reported("6281200000001", "628110000384"), "6281200000001");
    assert_string_equal(reported("384", "99384"), "384");
    assert_string_equal(reported("TERUSUSAHA", "384"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_that_a_reply_has_no_room_for_are_refused),
        cmocka_unit_test(a_copy_under_another_sequence_number_is_the_same_input),
        cmocka_unit_test(the_fingerprint_does_not_change_between_builds),
        cmocka_unit_test(every_field_counts),
        cmocka_unit_test(sms_are_unpacked_where_ussd_is_packed),
        cmocka_unit_test(what_a_text_is_filled_up_with_is_none_of_it),
        cmocka_unit_test(parts_are_read),
        cmocka_unit_test(a_header_that_is_not_there_makes_an_sms_unreadable_but_no_receipt),
        cmocka_unit_test(what_ends_a_part_may_stand_in_the_text),
        cmocka_unit_test(a_receipt_is_about_the_subscriber_whichever_way_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
