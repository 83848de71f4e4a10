/* Fingerprints, parts, knobs: what tests/vectors/dialects.tsv has no row for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- presets and knobs ---- */

static void presets_are_found_by_name(void **state)
{
    static const char *const names[] = {"spec34",   "tata",    "mica",   "sixdee",
                                        "smppplus", "datasm",  "fdp",    "comviva",
                                        "bare",     "tlv1501", "letters"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_non_null(preset_at(i));
        assert_string_equal(dialect_name(preset_at(i)), names[i]);
        assert_ptr_equal(dialect_find(names[i]), preset_at(i));
    }
    assert_null(preset_at(sizeof(names) / sizeof(names[0])));
    assert_null(dialect_find("nonesuch"));
    assert_int_equal(dialect_limit(dialect_find("spec34"), false), 182);
    assert_int_equal(dialect_limit(dialect_find("spec34"), true), 80);
    assert_int_equal(dialect_limit(dialect_find("comviva"), true), 0);
    assert_int_equal(dialect_timers(dialect_find("spec34"))->app_reply_s, 8);
    assert_false(dialect_numbers_units(dialect_find("spec34")));
    assert_false(dialect_acks_abort(dialect_find("spec34")));
}

static void knobs_refuse_what_they_do_not_take(void **state)
{
    static const char *const rows[][3] = {
        {"colour", "red", "no dialect knob is called \"colour\""},
        {"pdu_in", "submit_sm", "pdu_in takes either, deliver_sm, data_sm, not \"submit_sm\""},
        {"text_out", "auto(255)", NULL},
        {"text_out", "auto(20)x", NULL},
        {"service_type_out", "TOOLONG", "service_type_out takes a short text, not \"TOOLONG\""},
        {"service_type_state", "letters3", NULL},
        {"ussd_match", "", NULL},
        {"ussd_match", "op nothing", NULL},
        {"ussd_match", "op:USSD", NULL},
        {"ussd_match", "service_type:FAR_TOO_LONG", NULL},
        {"op_tag", "65536", NULL},
        {"op_tag", "x", NULL},
        {"op_in", "1", NULL},
        {"op_in", "256:begin", NULL},
        {"op_in", "1:start", NULL},
        {"op_in", "", NULL},
        {"op_out", "mo_ask:256", NULL},
        {"op_out", "mo_ask:", NULL},
        {"op_out", "ask:2", NULL},
        {"abort_ack_op", "300", NULL},
        {"session_src", "tlv:1501", NULL},
        {"session_src", "tlv:1501,17", NULL},
        {"session_src", "tlv:1501,0", NULL},
        {"session_src", "head", NULL},
        {"session_mask", "0x10000", NULL},
        {"code_from", "fixed:", NULL},
        {"msisdn_from", "dst", NULL},
        {"addr_out", "reply 0/1", NULL},
        {"addr_out", "reply 0/1 256/1", NULL},
        {"addr_out", "123456789012345678901 0/1 1/1", NULL},
        {"addr_out", "reply 0/1 1/1 x", NULL},
        {"dcs_in", "256:gsm", NULL},
        {"dcs_in", "1:ebcdic", NULL},
        {"dcs_out", "gsm:none", NULL},
        {"dcs_out", "latin1:3", NULL},
        {"packing", "ucs2", NULL},
        {"max_gsm", "10", "max_gsm takes a number from 20 to 1000, not \"10\""},
        {"max_ucs2", "-1", NULL},
        {"timers", "8 120", NULL},
        {"timers", "0 120 180", NULL},
        {"timers", "8 120 180 9", NULL},
    };
    struct dialect *d = dialect_new("x", dialect_find("spec34"));
    struct dialect before = *d;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char error[256] = "";

        if (dialect_set_knob(d, rows[i][0], rows[i][1], error, sizeof(error)))
            fail_msg("%s = \"%s\" is taken", rows[i][0], rows[i][1]);
        assert_true(strlen(error) > 10);
        if (rows[i][2] != NULL)
            assert_string_equal(error, rows[i][2]);
        assert_memory_equal(d, &before, sizeof(before));
    }
    dialect_free(d);
}

/* Every value that is taken, one knob after the other, changes the dialect; what each changes is
 * what the vectors show. */
static void knobs_take_their_values(void **state)
{
    static const char *const rows[][2] = {
        {"pdu_in", "data_sm"},
        {"pdu_out", "data_sm"},
        {"text_out", "short"},
        {"text_out", "payload"},
        {"text_out", "auto(140)"},
        {"body", "at_code"},
        {"body", "pipe_base64"},
        {"service_type_out", "CMT"},
        {"service_type_state", "letters2"},
        {"ussd_match", "service_type:US*, code"},
        {"op_tag", "0x1500"},
        {"op_absent", "abort"},
        {"op_in", "none 1:begin, 0x12:answer 146:answer_last"},
        {"op_in_unknown", "reject"},
        {"op_out", "mo_ask:3 abort:128 ni_end:none"},
        {"abort_ack_op", "0x32"},
        {"abort_ack_op", "none"},
        {"session_src", "umr"},
        {"session_src", "tlv:1501,4"},
        {"session_src", "body:110"},
        {"session_src", "none"},
        {"session_mask", "0xFFFE"},
        {"session_key", "msisdn"},
        {"session_out", "echo+unit"},
        {"session_ni", "zero"},
        {"ni_session_from", "resp_tlv"},
        {"end_bit", "out"},
        {"code_from", "begin_text"},
        {"code_from", "body:115"},
        {"code_from", "fixed:*384#"},
        {"msisdn_from", "body:100"},
        {"addr_out", "*384# 5/0 2/8"},
        {"dcs_in", "4:ascii 15:packed7 3:utf8"},
        {"dcs_out", "gsm:15 ucs2:72"},
        {"packing", "latin1"},
        {"max_gsm", "160"},
        {"max_ucs2", "70"},
        {"timers", "5 60 90"},
        {"sms_parts", "sar"},
        {"validity", "absolute"},
        {"receipt_match", "text"},
        {"receipt_ids", "resp_hex_dlr_dec"},
    };
    struct dialect *d = dialect_new("x", dialect_find("spec34"));

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect before = *d;
        char error[256] = "";

        if (!dialect_set_knob(d, rows[i][0], rows[i][1], error, sizeof(error)))
            fail_msg("%s = \"%s\": %s", rows[i][0], rows[i][1], error);
        if (memcmp(d, &before, sizeof(before)) == 0)
            fail_msg("%s = \"%s\" changes nothing", rows[i][0], rows[i][1]);
    }
    dialect_free(d);
}

static void a_push_may_get_its_name_from_the_response(void **state)
{
    static const char resp[] = "\0\0\0\x1a\x80\0\0\x04\0\0\0\0\0\0\0\x01"
                               "A7b\0\x13\x83\0\x02\x0a\x02";
    struct dialect *d = dialect_new("x", dialect_find("spec34"));
    struct dialect_session session = {0};
    struct smpp_pdu pdu;
    char error[128];

    (void)state;
    assert_int_equal(smpp_pdu_decode(span_of(resp, sizeof(resp) - 1), &pdu), ESME_ROK);
    assert_false(dialect_decode_response(d, &pdu, &session));
    assert_true(dialect_set_knob(d, "ni_session_from", "resp_tlv", error, sizeof(error)));
    assert_true(dialect_decode_response(d, &pdu, &session));
    assert_true(span_is_equal(span_of(session.octets, session.size), span_of("\x0a\0", 2)));
    assert_true(span_is_equal(span_of(session.token, session.token_size), span_of("\x0a\x02", 2)));
    assert_true(dialect_set_knob(d, "ni_session_from", "resp_message_id", error, sizeof(error)));
    assert_true(dialect_decode_response(d, &pdu, &session));
    assert_true(span_is_equal(span_of(session.octets, session.size), span_of_string("A7b")));
    pdu.message_id = span_of("12345678901234567", 17);
    assert_false(dialect_decode_response(d, &pdu, &session));
    pdu.message_id = span_of(NULL, 0);
    assert_false(dialect_decode_response(d, &pdu, &session));
    dialect_free(d);
}

/* ---- dialects.cfg ---- */

struct faults {
    unsigned count;
    char text[512];
    unsigned line;
};

static void on_fault(void *arg, const char *file, unsigned line, unsigned column, const char *text)
{
    struct faults *f = arg;

    (void)file;
    (void)column;
    if (f->count++ == 0)
        snprintf(f->text, sizeof(f->text), "%s", text);
    if (f->count == 1)
        f->line = line;
}

static struct dialects *load_text(const char *text, struct faults *f)
{
    char path[] = "/tmp/test_smpp_dialect.XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    struct dialects *dialects;

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    *f = (struct faults){0};
    dialects = dialects_load(path, on_fault, f);
    remove(path);
    return dialects;
}

static void faults_of_a_dialects_file_have_their_lines(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *fault;
    } rows[] = {
        {"dialects = (\n{ name = \"a\"; colour = \"red\"; } );", 2,
         "no dialect knob is called \"colour\""},
        {"dialects = (\n\n{ name = \"a\";\npacking = \"x\"; } );", 4, NULL},
        {"dialects = ( { base = \"mica\"; } );", 1, "a dialect is a group with a name"},
        {"dialects = ( 7 );", 1, "a dialect is a group with a name"},
        {"dialects = ( { name = \"\"; } );", 1, NULL},
        {"dialects = ( { name = \"mica\"; } );", 1, "there is a dialect \"mica\" already"},
        {"dialects = ( { name = \"a\"; },\n{ name = \"a\"; } );", 2,
         "there is a dialect \"a\" already"},
        {"dialects = ( { name = \"a\"; base = \"b\"; } );", 1, "no dialect \"b\" to start from"},
        {"dialects = ( { name = \"a\";\nbase = 5; } );", 2,
         "base: the name of a dialect, in quotes"},
        {"dialects = ( { name = \"a\"; max_gsm = 1.5; } );", 1, "max_gsm: not a text or a number"},
        {"dialects = ( { name = \"a\"; text_out = \"auto(120\"; } );", 1,
         "text_out takes short, payload or auto(octets, at most 254), not \"auto(120\""},
        {"dialects = ( { name = \"a\"; text_out = \"auto(4294967396)\"; } );", 1, NULL},
        {"dialects = ( { name = \"a\"; session_src = \"tlv:1501,4294967300\"; } );", 1, NULL},
        {"dialects = 5;", 1, "dialects is a list: ( { ... }, { ... } )"},
        {"dialect = ();", 1, "unknown key \"dialect\""},
        {"dialects = (", 1, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct faults f;

        assert_null(load_text(rows[i].text, &f));
        assert_int_equal(f.line, rows[i].line);
        if (rows[i].fault != NULL)
            assert_string_equal(f.text, rows[i].fault);
    }
}

static void a_dialect_may_start_from_an_earlier_one(void **state)
{
    struct faults f;
    struct dialects *dialects = load_text("dialects = ( { name = \"a\"; max_gsm = 160; },\n"
                                          "{ name = \"b\"; base = \"a\"; max_ucs2 = \"70\"; } );",
                                          &f);
    const struct dialect *b;

    (void)state;
    assert_non_null(dialects);
    b = dialects_find(dialects, "b");
    assert_non_null(b);
    assert_int_equal(dialect_limit(b, false), 160);
    assert_int_equal(dialect_limit(b, true), 70);
    assert_ptr_equal(dialects_find(dialects, "mica"), dialect_find("mica"));
    assert_null(dialects_find(dialects, "c"));
    assert_ptr_equal(dialects_find(NULL, "mica"), dialect_find("mica"));
    dialects_free(dialects);
    dialects_free(NULL);
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
        cmocka_unit_test(presets_are_found_by_name),
        cmocka_unit_test(knobs_refuse_what_they_do_not_take),
        cmocka_unit_test(knobs_take_their_values),
        cmocka_unit_test(a_push_may_get_its_name_from_the_response),
        cmocka_unit_test(faults_of_a_dialects_file_have_their_lines),
        cmocka_unit_test(a_dialect_may_start_from_an_earlier_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
