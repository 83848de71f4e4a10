/* Delivery receipts as centres write them, and the ids that lead back to messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/smpp/receipt.h"
#include "gateway/smpp/text.h"
#include "tests/support/vectors.h"

/* A deliver_sm with this text and these TLVs, decoded. */
static void make_pdu(uint8_t esm_class, struct span text, struct span tlvs, struct smpp_pdu *pdu)
{
    static uint8_t octets[1024];
    struct smpp_message m = {.source = {1, 1, span_of_string("6281200000001")},
                             .destination = {0, 1, span_of_string("384")},
                             .esm_class = esm_class,
                             .short_message = text};
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    assert_true(smpp_message_encode(&w, SMPP_DELIVER_SM, 1, &m, tlvs));
    assert_int_equal(smpp_pdu_decode(writer_span(&w), pdu), ESME_ROK);
}

static bool read_text(const char *text, struct receipt *r)
{
    struct smpp_pdu pdu;

    make_pdu(0x04, span_of_string(text), span_of(NULL, 0), &pdu);
    return receipt_read(&pdu, r);
}

static const struct {
    const char *text;
    const char *id;
    enum receipt_state state;
} texts[] = {
    /* The letter. */
    {"id:0439041101 sub:001 dlvrd:001 submit date:2601021530 done date:2601021531 stat:DELIVRD "
     "err:000 text:Hello World",
     "0439041101", RECEIPT_DELIVERED},
    /* An empty text. */
    {"id:1A2B3C4D sub:001 dlvrd:000 submit date:260102153000 done date:260102153500 "
     "stat:UNDELIV err:27a Text:",
     "1A2B3C4D", RECEIPT_UNDELIVERABLE},
    /* Another order, missing labels, any case, spaces about the colon. */
    {"STAT:Rejectd ID : 55 ERR: 12", "55", RECEIPT_REJECTED},
    {"id:9 stat:ENROUTE", "9", RECEIPT_ENROUTE},
    {"stat:DELIVRD", "", RECEIPT_DELIVERED},
    {"id:9\nstat:ACCEPTD\ndone date:2601021530", "9", RECEIPT_ACCEPTED},
    /* Words out of the list. */
    {"id:9 stat:EXPIRED", "9", RECEIPT_EXPIRED},
    {"id:9 stat:FAILED", "9", RECEIPT_UNDELIVERABLE},
    {"id:9 stat:ACKED", "9", RECEIPT_ACCEPTED},
    {"id:9 stat:BUFFRED", "9", RECEIPT_ENROUTE},
    {"id:9 stat:BUFFERD", "9", RECEIPT_ENROUTE},
    {"id:9 stat:SKIPPED", "9", RECEIPT_SKIPPED},
    {"id:9 stat:DELETED", "9", RECEIPT_DELETED},
    {"id:9 stat:WHATEVER", "9", RECEIPT_UNKNOWN},
    {"id:9 stat:DELIVERED", "9", RECEIPT_DELIVERED},
    /* Labels within the message belong to it; without an own label in front they count. */
    {"id:9 stat:DELIVRD err:0 text:id:7 stat:EXPIRED", "9", RECEIPT_DELIVERED},
    {"text:Hi there id:9 stat:DELIVRD", "9", RECEIPT_DELIVERED},
    {"paid:3 id:9 stat:DELIVRD", "9", RECEIPT_DELIVERED},
    /* Octets that no text has. */
    {"id:9 stat:DELIVRD text:a\xff", "9", RECEIPT_DELIVERED},
    /* An id of 64 characters; one of 65 is no id. */
    {"id:1234567890123456789012345678901234567890123456789012345678901234 stat:DELIVRD",
     "1234567890123456789012345678901234567890123456789012345678901234", RECEIPT_DELIVERED},
    {"id:12345678901234567890123456789012345678901234567890123456789012345 stat:DELIVRD", "",
     RECEIPT_DELIVERED},
};

static void texts_are_read_by_their_labels(void **state)
{
    static const enum receipt_state ends[] = {RECEIPT_DELIVERED, RECEIPT_EXPIRED,
                                              RECEIPT_DELETED,   RECEIPT_UNDELIVERABLE,
                                              RECEIPT_REJECTED,  RECEIPT_SKIPPED};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct receipt r;
        bool is_end = false;

        for (size_t j = 0; j < sizeof(ends) / sizeof(ends[0]); j++)
            is_end = is_end || texts[i].state == ends[j];
        assert_true(read_text(texts[i].text, &r));
        assert_string_equal(r.id, texts[i].id);
        assert_int_equal(r.state, texts[i].state);
        assert_true(r.is_final == is_end);
        assert_true(receipt_is_text(span_of_string(texts[i].text)) == (r.id[0] != '\0'));
    }
}

static void texts_without_a_state_are_no_receipts(void **state)
{
    static const char *const rows[] = {"",      "id:9",     "Halo, id: berapa?", "stat",
                                       "stat:", "status:x", "id:9 stat: \x01"};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct receipt r;

        assert_false(read_text(rows[i], &r));
        assert_false(receipt_is_text(span_of_string(rows[i])));
    }
}

static void nuls_and_odd_octets_do_no_harm(void **state)
{
    static const char text[] = "id:9\0 stat:DELIVRD\0\0";
    struct smpp_pdu pdu;
    struct receipt r;

    (void)state;
    make_pdu(0x04, span_of(text, sizeof(text) - 1), span_of(NULL, 0), &pdu);
    assert_true(receipt_read(&pdu, &r));
    assert_string_equal(r.id, "9");
    assert_int_equal(r.state, RECEIPT_DELIVERED);
}

/* As of a centre whose message was in UCS-2; even where data_coding says nothing of it. */
static void texts_in_ucs2_are_read(void **state)
{
    static const char text[] = "id:0439041101 sub:001 dlvrd:000 submit date:2601021530 done date:"
                               "2601021531 stat:UNDELIV err:012 text:\xc3\xa9\xe2\x82\xac";
    uint8_t octets[sizeof(text) * 2], tlv_octets[sizeof(text) * 2 + 4];
    struct writer w, tlvs;
    struct smpp_pdu pdu;
    struct receipt r;

    (void)state;
    writer_init(&w, octets, sizeof(octets));
    assert_true(text_encode(TEXT_UCS2, text, &w));
    assert_true(receipt_is_text(writer_span(&w)));
    make_pdu(0x04, writer_span(&w), span_of(NULL, 0), &pdu);
    for (int i = 0; i < 2; i++) {
        assert_true(receipt_read(&pdu, &r));
        assert_string_equal(r.id, "0439041101");
        assert_int_equal(r.state, RECEIPT_UNDELIVERABLE);
        writer_init(&tlvs, tlv_octets, sizeof(tlv_octets));
        smpp_tlv_write(&tlvs, SMPP_TAG_MESSAGE_PAYLOAD, writer_span(&w));
        make_pdu(0x04, span_of(NULL, 0), writer_span(&tlvs), &pdu);
    }
}

static void tlvs_count_more_than_the_text(void **state)
{
    static const char text[] = "id:0439041101 stat:ENROUTE err:000 text:x";
    uint8_t octets[64];
    struct smpp_pdu pdu;
    struct receipt r;
    struct writer tlvs;

    (void)state;
    writer_init(&tlvs, octets, sizeof(octets));
    smpp_tlv_write(&tlvs, SMPP_TAG_RECEIPTED_MESSAGE_ID, span_of("1A2B3C4D", 9));
    smpp_tlv_write_u8(&tlvs, SMPP_TAG_MESSAGE_STATE, RECEIPT_UNDELIVERABLE);
    make_pdu(0x04, span_of_string(text), writer_span(&tlvs), &pdu);
    assert_true(receipt_read(&pdu, &r));
    assert_string_equal(r.id, "1A2B3C4D");
    assert_int_equal(r.state, RECEIPT_UNDELIVERABLE);
    assert_true(r.is_final);
    /* An intermediate notification is never the last word. */
    make_pdu(0x20, span_of_string(text), writer_span(&tlvs), &pdu);
    assert_true(receipt_read(&pdu, &r));
    assert_false(r.is_final);
}

static void one_of_the_two_is_enough(void **state)
{
    uint8_t octets[64];
    struct smpp_pdu pdu;
    struct receipt r;
    struct writer tlvs;

    (void)state;
    /* The id in a TLV without its NUL, the state in the text. */
    writer_init(&tlvs, octets, sizeof(octets));
    smpp_tlv_write(&tlvs, SMPP_TAG_RECEIPTED_MESSAGE_ID, span_of_string("77"));
    make_pdu(0x04, span_of_string("stat:DELIVRD"), writer_span(&tlvs), &pdu);
    assert_true(receipt_read(&pdu, &r));
    assert_string_equal(r.id, "77");
    assert_int_equal(r.state, RECEIPT_DELIVERED);
    /* A TLV of padding is no id. */
    writer_init(&tlvs, octets, sizeof(octets));
    smpp_tlv_write(&tlvs, SMPP_TAG_RECEIPTED_MESSAGE_ID, span_of_string(" \r\n"));
    make_pdu(0x04, span_of_string("id:77 stat:DELIVRD"), writer_span(&tlvs), &pdu);
    assert_true(receipt_read(&pdu, &r));
    assert_string_equal(r.id, "77");
    /* The state in a TLV, the id in the text; a state that nobody knows. */
    writer_init(&tlvs, octets, sizeof(octets));
    smpp_tlv_write_u8(&tlvs, SMPP_TAG_MESSAGE_STATE, 200);
    make_pdu(0x04, span_of_string("id:78"), writer_span(&tlvs), &pdu);
    assert_true(receipt_read(&pdu, &r));
    assert_string_equal(r.id, "78");
    assert_int_equal(r.state, RECEIPT_UNKNOWN);
    assert_false(r.is_final);
}

/* An id is any octets up to a NUL (SMPP 3.4 section 5.2.23): a receipt's is found under the
 * response's, however it tells it. */
static void ids_of_any_octets_meet(void **state)
{
    static const char *const ids[] = {
        "\xff\xfe\x80\x01", "\xff\xfe", "AB\xc3\xa9", "\x7f", "12 34", " 9 ", "Z1\r\n", "\x01\n"};
    char resp[RECEIPT_KEYS_MAX][RECEIPT_ID_BYTES], dlr[RECEIPT_KEYS_MAX][RECEIPT_ID_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        for (unsigned nul = 0; nul < 2; nul++) {
            uint8_t octets[128];
            struct smpp_pdu pdu;
            struct receipt r;
            struct writer tlvs;

            writer_init(&tlvs, octets, sizeof(octets));
            smpp_tlv_write(&tlvs, SMPP_TAG_RECEIPTED_MESSAGE_ID,
                           span_of(ids[i], strlen(ids[i]) + nul));
            smpp_tlv_write_u8(&tlvs, SMPP_TAG_MESSAGE_STATE, RECEIPT_DELIVERED);
            make_pdu(0x04, span_of(NULL, 0), writer_span(&tlvs), &pdu);
            assert_true(receipt_read(&pdu, &r));
            assert_string_equal(r.id, ids[i]);
            assert_int_equal(receipt_keys(RECEIPT_IDS_AUTO, RECEIPT_ID_FROM_RESP, ids[i], resp), 1);
            assert_int_equal(receipt_keys(RECEIPT_IDS_AUTO, RECEIPT_ID_FROM_DLR, r.id, dlr), 1);
            assert_string_equal(resp[0], dlr[0]);
        }
    }
}

/* In the text a blank ends it. */
static void ids_of_high_octets_are_read_from_the_text(void **state)
{
    struct receipt r;

    (void)state;
    assert_true(read_text("id:\xff\xfe\x80 sub:001 dlvrd:001 stat:DELIVRD err:000", &r));
    assert_string_equal(r.id, "\xff\xfe\x80");
    assert_int_equal(r.state, RECEIPT_DELIVERED);
}

static void a_header_in_front_is_no_part_of_it(void **state)
{
    struct smpp_pdu pdu;
    struct receipt r;

    (void)state;
    make_pdu(0x44, span_of("\x05\0\x03\xa7\x01\x01id:9 stat:DELIVRD", 6 + 17), span_of(NULL, 0),
             &pdu);
    assert_true(receipt_read(&pdu, &r));
    assert_string_equal(r.id, "9");
}

/* The bit is the reported message's. Its first octet as a length would leave out the id. */
static void the_bit_of_a_header_that_is_not_there_hides_nothing(void **state)
{
    struct smpp_pdu pdu;
    struct receipt r;

    (void)state;
    make_pdu(0x44, span_of_string(texts[0].text), span_of(NULL, 0), &pdu);
    assert_true(receipt_read(&pdu, &r));
    assert_string_equal(r.id, texts[0].id);
    assert_int_equal(r.state, texts[0].state);
}

static void the_reference_vectors_are_read(void **state)
{
    static const struct {
        const char *name;
        const char *id;
        enum receipt_state state;
        bool is_final;
    } rows[] = {
        {"dlr_text_and_tlv", "1A2B3C4D", RECEIPT_DELIVERED, true},
        {"dlr_text_only_undeliv", "1A2B3C4D", RECEIPT_UNDELIVERABLE, true},
        {"dlr_network_error", "1A2B3C4D", RECEIPT_UNDELIVERABLE, true},
        {"dlr_intermediate", "1A2B3C4D", RECEIPT_ENROUTE, false},
    };
    struct vector_file file;
    unsigned seen = 0;

    (void)state;
    vector_file_load(&file, "tests/vectors/smpp.tsv");
    for (size_t i = 0; i < file.count; i++) {
        for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
            uint8_t octets[1024];
            struct smpp_pdu pdu;
            struct receipt r;

            if (strcmp(file.rows[i].columns[0], rows[j].name) != 0)
                continue;
            assert_int_equal(
                smpp_pdu_decode(vector_octets(file.rows[i].columns[1], octets, sizeof(octets)),
                                &pdu),
                ESME_ROK);
            assert_true(receipt_read(&pdu, &r));
            assert_string_equal(r.id, rows[j].id);
            assert_int_equal(r.state, rows[j].state);
            assert_true(r.is_final == rows[j].is_final);
            seen++;
        }
    }
    assert_int_equal(seen, sizeof(rows) / sizeof(rows[0]));
    vector_file_free(&file);
}

/* Whether an id of a receipt is found under one of a response's keys. */
static bool meet(enum receipt_ids ids, const char *resp, const char *dlr)
{
    char a[RECEIPT_KEYS_MAX][RECEIPT_ID_BYTES], b[RECEIPT_KEYS_MAX][RECEIPT_ID_BYTES];
    unsigned a_count = receipt_keys(ids, RECEIPT_ID_FROM_RESP, resp, a);
    unsigned b_count = receipt_keys(ids, RECEIPT_ID_FROM_DLR, dlr, b);

    for (unsigned i = 0; i < a_count; i++)
        for (unsigned j = 0; j < b_count; j++)
            if (strcmp(a[i], b[j]) == 0)
                return true;
    return false;
}

static void ids_meet_in_their_bases(void **state)
{
    static const struct {
        enum receipt_ids ids;
        const char *resp, *dlr;
        bool meet;
    } rows[] = {
        {RECEIPT_IDS_STRING, "1A2B", "1a2b", true},
        {RECEIPT_IDS_STRING, "007", "7", true},
        {RECEIPT_IDS_STRING, "1A2B", "6699", false},
        {RECEIPT_IDS_RESP_HEX_DLR_DEC, "1A2B3C4D", "439041101", true},
        {RECEIPT_IDS_RESP_HEX_DLR_DEC, "1A2B3C4D", "0439041101", true},
        {RECEIPT_IDS_RESP_HEX_DLR_DEC, "10", "16", true},
        {RECEIPT_IDS_RESP_HEX_DLR_DEC, "10", "10", false},
        {RECEIPT_IDS_RESP_DEC_DLR_HEX, "439041101", "1a2b3c4d", true},
        {RECEIPT_IDS_RESP_DEC_DLR_HEX, "16", "10", true},
        {RECEIPT_IDS_RESP_HEX_DLR_DEC, "abc-1", "ABC-1", true},
        {RECEIPT_IDS_AUTO, "1A2B3C4D", "439041101", true},
        {RECEIPT_IDS_AUTO, "439041101", "1A2B3C4D", true},
        {RECEIPT_IDS_AUTO, "1A2B3C4D", "1a2b3c4d", true},
        {RECEIPT_IDS_AUTO, "0001", "1", true},
        {RECEIPT_IDS_AUTO, "a0f1-22", "A0F1-22", true},
        {RECEIPT_IDS_AUTO, "123456789012345678901234567890", "123456789012345678901234567890",
         true},
        {RECEIPT_IDS_AUTO, "1A2B3C4D", "439041102", false},
        {RECEIPT_IDS_AUTO, "ffffffffffffffff", "18446744073709551615", true},
        {RECEIPT_IDS_AUTO, "", "", false},
        {RECEIPT_IDS_AUTO, " 1A2B ", "6699", true}, /* padded */
        {RECEIPT_IDS_AUTO, "1A2B", "6699 ", true},
        {RECEIPT_IDS_AUTO, " ", " ", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (meet(rows[i].ids, rows[i].resp, rows[i].dlr) != rows[i].meet)
            fail_msg("%s and %s", rows[i].resp, rows[i].dlr);
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(receipt_state_name(RECEIPT_SCHEDULED), "scheduled");
    assert_string_equal(receipt_state_name(RECEIPT_DELIVERED), "delivered");
    assert_string_equal(receipt_state_name(RECEIPT_UNDELIVERABLE), "undeliverable");
    assert_string_equal(receipt_state_name(RECEIPT_SKIPPED), "skipped");
    assert_string_equal(receipt_state_name((enum receipt_state)77), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_by_their_labels),
        cmocka_unit_test(texts_without_a_state_are_no_receipts),
        cmocka_unit_test(nuls_and_odd_octets_do_no_harm),
        cmocka_unit_test(texts_in_ucs2_are_read),
        cmocka_unit_test(tlvs_count_more_than_the_text),
        cmocka_unit_test(one_of_the_two_is_enough),
        cmocka_unit_test(ids_of_any_octets_meet),
        cmocka_unit_test(ids_of_high_octets_are_read_from_the_text),
        cmocka_unit_test(a_header_in_front_is_no_part_of_it),
        cmocka_unit_test(the_bit_of_a_header_that_is_not_there_hides_nothing),
        cmocka_unit_test(the_reference_vectors_are_read),
        cmocka_unit_test(ids_meet_in_their_bases),
        cmocka_unit_test(states_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
