/*
 * Two codecs, written apart, must agree: the gateway's (gateway/smpp) and the simulated centre's
 * (tests/smsc/wire.c, alphabet.c). On every vector, on messages made by chance in both directions,
 * and on every character of GSM 03.38.
 */
#include "tests/smsc/alphabet.c"
#include "tests/smsc/wire.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "gateway/smpp/pdu.h"
#include "gateway/smpp/text.h"
#include "tests/support/vectors.h"

enum { COLUMN_NAME, COLUMN_OCTETS, PDU_BYTES = 70000, CHANCE_MESSAGES = 5000 };

static uint8_t frame_octets[PDU_BYTES];

static void assert_spans(const char *where, const char *field, struct span a, struct span b)
{
    if (!span_is_equal(a, b))
        fail_msg("%s: %s: %zu and %zu octets, not the same", where, field, a.size, b.size);
}

static void assert_number(const char *where, struct span tlvs, uint16_t tag, int number)
{
    struct span value;
    int theirs = WIRE_NONE;

    if (smpp_tlv_find(tlvs, tag, &value))
        theirs = value.size == 1 ? value.data[0] : value.data[0] << 8 | value.data[1];
    if (theirs != number)
        fail_msg("%s: TLV 0x%04x: %d and %d", where, tag, theirs, number);
}

static void assert_same(const char *where, const struct smpp_pdu *theirs,
                        const struct wire_message *ours)
{
    const struct smpp_message *m = &theirs->message;

    assert_spans(where, "service_type", m->service_type, ours->service_type);
    assert_spans(where, "source", m->source.digits, ours->source.digits);
    assert_spans(where, "destination", m->destination.digits, ours->destination.digits);
    assert_int_equal(m->source.ton, ours->source.ton);
    assert_int_equal(m->source.npi, ours->source.npi);
    assert_int_equal(m->destination.ton, ours->destination.ton);
    assert_int_equal(m->destination.npi, ours->destination.npi);
    assert_int_equal(m->esm_class, ours->esm_class);
    assert_int_equal(m->registered_delivery, ours->registered_delivery);
    assert_int_equal(m->data_coding, ours->data_coding);
    assert_spans(where, "text", smpp_message_text(theirs), ours->text);
    assert_number(where, theirs->tlvs, WIRE_TLV_USSD_SERVICE_OP, ours->ussd_service_op);
    assert_number(where, theirs->tlvs, WIRE_TLV_ITS_SESSION_INFO, ours->its_session_info);
    assert_number(where, theirs->tlvs, WIRE_TLV_USER_MESSAGE_REFERENCE,
                  ours->user_message_reference);
    assert_number(where, theirs->tlvs, WIRE_TLV_SAR_MSG_REF_NUM, ours->sar_msg_ref_num);
    assert_number(where, theirs->tlvs, WIRE_TLV_SAR_TOTAL_SEGMENTS, ours->sar_total_segments);
    assert_number(where, theirs->tlvs, WIRE_TLV_SAR_SEGMENT_SEQNUM, ours->sar_segment_seqnum);
    assert_number(where, theirs->tlvs, WIRE_TLV_MESSAGE_STATE, ours->message_state);
}

static bool is_message(uint32_t command_id)
{
    return command_id == WIRE_SUBMIT_SM || command_id == WIRE_DELIVER_SM ||
           command_id == WIRE_DATA_SM;
}

/* Both look at the front of the stream, then at the body of a message. */
static void vector_is_read_alike(void **state)
{
    const struct vector_row *row = *state;
    const char *name = row->columns[COLUMN_NAME];
    struct span stream = vector_octets(row->columns[COLUMN_OCTETS], frame_octets, PDU_BYTES);
    struct wire_header ours;
    struct smpp_header theirs;
    enum wire_look look = wire_look(stream, WIRE_PDU_BYTES_MAX, &ours);
    enum smpp_frame frame = smpp_frame_look(stream, WIRE_PDU_BYTES_MAX, &theirs);
    struct wire_message message;
    struct smpp_pdu pdu;
    uint32_t our_status, their_status;

    if (look != WIRE_WHOLE) {
        assert_true(look == WIRE_NEED_MORE ? frame == SMPP_FRAME_MORE
                                           : frame != SMPP_FRAME_WHOLE && frame != SMPP_FRAME_MORE);
        return;
    }
    assert_int_equal(frame, SMPP_FRAME_WHOLE);
    assert_int_equal(ours.command_length, theirs.command_length);
    assert_int_equal(ours.command_id, theirs.command_id);
    assert_int_equal(ours.command_status, theirs.command_status);
    assert_int_equal(ours.sequence_number, theirs.sequence_number);
    if (!is_message(ours.command_id))
        return;
    their_status = smpp_pdu_decode(span_of(stream.data, ours.command_length), &pdu);
    our_status = wire_message_decode(
        ours.command_id,
        span_of(stream.data + WIRE_HEADER_BYTES, ours.command_length - WIRE_HEADER_BYTES),
        &message);
    /* The gateway's codec leaves the length of a TLV to whoever asks for it: its dialects. */
    if (our_status == WIRE_RINVPARLEN && their_status == WIRE_OK)
        return;
    if ((their_status == WIRE_OK) != (our_status == WIRE_OK))
        fail_msg("%s: 0x%x and 0x%x", name, their_status, our_status);
    if (our_status == WIRE_OK)
        assert_same(name, &pdu, &message);
}

/* ---- messages by chance ---- */

static struct random_source chance;

static unsigned below(unsigned limit)
{
    return (unsigned)random_below(&chance, limit);
}

static struct span digits(char *buffer, unsigned most)
{
    unsigned size = below(most + 1);

    for (unsigned i = 0; i < size; i++)
        buffer[i] = (char)('0' + below(10));
    return span_of(buffer, size);
}

static int maybe(unsigned limit)
{
    return below(2) == 0 ? WIRE_NONE : (int)below(limit);
}

static void make(struct wire_message *m, char source[20], char destination[20], uint8_t text[300])
{
    static const char *const types[] = {"", "USSD", "CMT", "WAP"};

    wire_message_init(m);
    m->service_type = span_of_string(types[below(4)]);
    m->source = (struct wire_address){(uint8_t)below(7), (uint8_t)below(19), digits(source, 20)};
    m->destination =
        (struct wire_address){(uint8_t)below(7), (uint8_t)below(19), digits(destination, 20)};
    m->esm_class = (uint8_t)(below(4) << 2); /* no UDHI: the text is no header */
    m->registered_delivery = (uint8_t)below(32);
    m->data_coding = (uint8_t)below(256);
    m->has_payload = below(4) == 0;
    for (int i = 0; i < 300; i++)
        text[i] = (uint8_t)below(256);
    m->text = span_of(text, below(m->has_payload ? 300 : 255));
    m->ussd_service_op = maybe(256);
    m->its_session_info = maybe(65536);
    m->user_message_reference = maybe(65536);
    m->sar_msg_ref_num = maybe(65536);
    m->sar_total_segments = maybe(256);
    m->sar_segment_seqnum = maybe(256);
    m->message_state = maybe(10);
}

static void test_the_gateway_reads_what_the_centre_writes(void **state)
{
    static const uint32_t commands[] = {WIRE_SUBMIT_SM, WIRE_DELIVER_SM, WIRE_DATA_SM};

    (void)state;
    chance.state = 1;
    for (int i = 0; i < CHANCE_MESSAGES; i++) {
        char source[20], destination[20];
        uint8_t text[300];
        struct wire_message m;
        struct smpp_pdu pdu;
        struct writer w;

        make(&m, source, destination, text);
        writer_init(&w, frame_octets, sizeof(frame_octets));
        wire_message_encode(&w, commands[below(3)], (uint32_t)i + 1, &m);
        assert_false(w.failed);
        assert_int_equal(smpp_pdu_decode(writer_span(&w), &pdu), WIRE_OK);
        assert_int_equal(pdu.header.sequence_number, i + 1);
        assert_same("written by the centre", &pdu, &m);
    }
}

static void test_the_centre_reads_what_the_gateway_writes(void **state)
{
    (void)state;
    chance.state = 2;
    for (int i = 0; i < CHANCE_MESSAGES; i++) {
        char source[20], destination[20];
        uint8_t text[300], tlv_octets[400];
        struct wire_message m, again;
        struct smpp_message out = {0};
        struct smpp_pdu pdu;
        struct writer w, tlvs;

        make(&m, source, destination, text);
        out.service_type = m.service_type;
        out.source = (struct smpp_address){m.source.ton, m.source.npi, m.source.digits};
        out.destination =
            (struct smpp_address){m.destination.ton, m.destination.npi, m.destination.digits};
        out.esm_class = m.esm_class;
        out.registered_delivery = m.registered_delivery;
        out.data_coding = m.data_coding;
        writer_init(&tlvs, tlv_octets, sizeof(tlv_octets));
        if (m.ussd_service_op != WIRE_NONE)
            smpp_tlv_write_u8(&tlvs, WIRE_TLV_USSD_SERVICE_OP, (uint8_t)m.ussd_service_op);
        if (m.its_session_info != WIRE_NONE)
            smpp_tlv_write_u16(&tlvs, WIRE_TLV_ITS_SESSION_INFO, (uint16_t)m.its_session_info);
        if (m.has_payload)
            smpp_tlv_write(&tlvs, WIRE_TLV_MESSAGE_PAYLOAD, m.text);
        else
            out.short_message = m.text;
        writer_init(&w, frame_octets, sizeof(frame_octets));
        assert_true(smpp_message_encode(&w, WIRE_SUBMIT_SM, 7, &out, writer_span(&tlvs)));
        assert_int_equal(smpp_pdu_decode(writer_span(&w), &pdu), WIRE_OK);
        assert_int_equal(wire_message_decode(WIRE_SUBMIT_SM,
                                             span_of(frame_octets + WIRE_HEADER_BYTES,
                                                     writer_size(&w) - WIRE_HEADER_BYTES),
                                             &again),
                         WIRE_OK);
        assert_same("written by the gateway", &pdu, &again);
        assert_spans("written by the gateway", "text", again.text, m.text);
    }
}

/* ---- text ---- */

static void test_both_alphabets_have_the_same_characters(void **state)
{
    (void)state;
    for (unsigned c = 0x20; c < 0x3000; c++) {
        uint8_t utf8[8], ours[8], theirs[8];
        struct writer w;
        size_t size = 0;
        bool is_ours;

        writer_init(&w, utf8, sizeof(utf8));
        put_utf8(&w, c);
        writer_u8(&w, 0);
        is_ours = alphabet_encode_gsm((char *)utf8, ours, sizeof(ours), &size);
        writer_init(&w, theirs, sizeof(theirs));
        if (is_ours != text_encode(TEXT_GSM, (char *)utf8, &w))
            fail_msg("U+%04X", c);
        if (is_ours)
            assert_spans((char *)utf8, "septets", span_of(ours, size), writer_span(&w));
    }
}

static void test_both_decode_a_screen_alike(void **state)
{
    static const char text[] = "Menu é Ç {x}\n1. €5 @ [a]\n2. Ωb";
    uint8_t octets[200];
    char ours[200], theirs[200];
    size_t size;

    (void)state;
    assert_true(alphabet_encode_gsm(text, octets, sizeof(octets), &size));
    alphabet_decode(ALPHABET_GSM, span_of(octets, size), ours, sizeof(ours));
    text_decode(TEXT_GSM, span_of(octets, size), theirs, sizeof(theirs));
    assert_string_equal(ours, text);
    assert_string_equal(theirs, text);
    assert_true(alphabet_encode_ucs2("a\u4e00\U0001F600", octets, sizeof(octets), &size));
    alphabet_decode(ALPHABET_UCS2, span_of(octets, size), ours, sizeof(ours));
    text_decode(TEXT_UCS2, span_of(octets, size), theirs, sizeof(theirs));
    assert_string_equal(ours, theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_gateway_reads_what_the_centre_writes),
        cmocka_unit_test(test_the_centre_reads_what_the_gateway_writes),
        cmocka_unit_test(test_both_alphabets_have_the_same_characters),
        cmocka_unit_test(test_both_decode_a_screen_alike),
    };
    struct vector_file file;
    struct CMUnitTest *rows;
    int failed;

    vector_file_load(&file, "tests/vectors/smpp.tsv");
    rows = calloc(file.count, sizeof(rows[0]));
    for (size_t i = 0; i < file.count; i++)
        rows[i] = (struct CMUnitTest){.name = file.rows[i].columns[COLUMN_NAME],
                                      .test_func = vector_is_read_alike,
                                      .initial_state = &file.rows[i]};
    failed = _cmocka_run_group_tests("two codecs", rows, file.count, NULL, NULL);
    free(rows);
    vector_file_free(&file);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
