/* Every PDU of tests/vectors/smpp.tsv through framing, decoding and encoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "gateway/smpp/pdu.h"
#include "tests/support/vectors.h"

enum { COLUMN_NAME, COLUMN_OCTETS, COLUMN_LOOK, COLUMN_STATUS, COLUMN_ENCODE, COLUMN_FIELDS };
enum { FRAME_BYTES = 80 * 1024, FIELDS_BYTES = 4096 };

static const char *look_name(enum smpp_frame frame)
{
    static const char *const names[] = {
        [SMPP_FRAME_MORE] = "more",
        [SMPP_FRAME_WHOLE] = "whole",
        [SMPP_FRAME_BAD_LENGTH] = "bad_length",
        [SMPP_FRAME_NOT_SMPP] = "not_smpp",
    };

    return names[frame];
}

/* Text of all fields, in the notation of the vector file. */
struct printer {
    char text[FIELDS_BYTES];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void put(struct printer *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    p->used += (size_t)vsnprintf(p->text + p->used, sizeof(p->text) - p->used, format, args);
    va_end(args);
    assert_true(p->used < sizeof(p->text));
}

static void put_text(struct printer *p, const char *name, struct span s)
{
    put(p, " %s=%.*s", name, s.size != 0 ? (int)s.size : 1,
        s.size != 0 ? (const char *)s.data : "-");
}

static void put_address(struct printer *p, const char *name, const struct smpp_address *a)
{
    put(p, " %s=%u/%u/%.*s", name, a->ton, a->npi, (int)a->digits.size,
        (const char *)a->digits.data);
}

static void put_octets(struct printer *p, const char *prefix, struct span s)
{
    char notation[FIELDS_BYTES];

    vector_notation(s, notation, sizeof(notation));
    put(p, "%s%s", prefix, notation);
}

static void put_bind(struct printer *p, const struct smpp_pdu *pdu)
{
    put_text(p, "system_id", pdu->bind.system_id);
    put_text(p, "password", pdu->bind.password);
    if (pdu->header.command_id == SMPP_OUTBIND)
        return;
    put_text(p, "system_type", pdu->bind.system_type);
    put(p, " version=%02x", pdu->bind.interface_version);
    put_address(p, "range", &pdu->bind.address_range);
}

static void put_message(struct printer *p, const struct smpp_pdu *pdu)
{
    const struct smpp_message *m = &pdu->message;
    bool is_data = pdu->header.command_id == SMPP_DATA_SM;

    put_text(p, "service_type", m->service_type);
    put_address(p, "source", &m->source);
    put_address(p, "destination", &m->destination);
    put(p, " esm_class=%02x", m->esm_class);
    if (!is_data) {
        put(p, " protocol=%02x priority=%02x", m->protocol_id, m->priority_flag);
        put_text(p, "schedule", m->schedule_delivery_time);
        put_text(p, "validity", m->validity_period);
    }
    put(p, " registered=%02x", m->registered_delivery);
    if (!is_data)
        put(p, " replace=%02x", m->replace_if_present_flag);
    put(p, " coding=%02x", m->data_coding);
    if (!is_data) {
        put(p, " default_msg=%02x", m->sm_default_msg_id);
        put_octets(p, " message=", m->short_message);
    }
}

static void put_query(struct printer *p, const struct smpp_pdu *pdu)
{
    const struct smpp_query *q = &pdu->query;

    if (pdu->header.command_id == SMPP_CANCEL_SM)
        put_text(p, "service_type", q->service_type);
    put_text(p, "message_id", q->message_id);
    if (pdu->header.command_id == SMPP_QUERY_SM_RESP) {
        put_text(p, "final_date", q->final_date);
        put(p, " state=%02x error=%02x", q->message_state, q->error_code);
        return;
    }
    put_address(p, "source", &q->source);
    if (pdu->header.command_id == SMPP_CANCEL_SM)
        put_address(p, "destination", &q->destination);
    if (pdu->header.command_id == SMPP_REPLACE_SM) {
        put_text(p, "schedule", q->schedule_delivery_time);
        put_text(p, "validity", q->validity_period);
        put(p, " registered=%02x default_msg=%02x", q->registered_delivery, q->sm_default_msg_id);
        put_octets(p, " message=", q->short_message);
    }
}

static void put_tlvs(struct printer *p, struct span stream)
{
    const char *separator = "";
    struct smpp_tlv tlv;

    put(p, " tlvs=%s", stream.size == 0 ? "-" : "");
    while (smpp_tlv_next(&stream, &tlv)) {
        put(p, "%s%04x:", separator, tlv.tag);
        put_octets(p, "", tlv.value);
        separator = ",";
    }
}

static void put_body(struct printer *p, const struct smpp_pdu *pdu)
{
    switch (pdu->header.command_id) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
    case SMPP_OUTBIND:
        put_bind(p, pdu);
        break;
    case SMPP_BIND_RECEIVER_RESP:
    case SMPP_BIND_TRANSMITTER_RESP:
    case SMPP_BIND_TRANSCEIVER_RESP:
        put_text(p, "system_id", pdu->system_id);
        break;
    case SMPP_SUBMIT_SM:
    case SMPP_DELIVER_SM:
    case SMPP_DATA_SM:
        put_message(p, pdu);
        break;
    case SMPP_SUBMIT_SM_RESP:
    case SMPP_DELIVER_SM_RESP:
    case SMPP_DATA_SM_RESP:
        put_text(p, "message_id", pdu->message_id);
        break;
    case SMPP_QUERY_SM:
    case SMPP_QUERY_SM_RESP:
    case SMPP_CANCEL_SM:
    case SMPP_REPLACE_SM:
        put_query(p, pdu);
        break;
    case SMPP_ALERT_NOTIFICATION:
        put_address(p, "source", &pdu->message.source);
        put_address(p, "destination", &pdu->message.destination);
        break;
    default:
        break;
    }
}

static void check_fields(const struct vector_row *row, const struct smpp_pdu *pdu)
{
    struct printer p = {.used = 0};

    put(&p, "command=%s status=%x sequence=%x", smpp_command_name(pdu->header.command_id),
        pdu->header.command_status, pdu->header.sequence_number);
    put_body(&p, pdu);
    if (pdu->header.command_id != SMPP_SUBMIT_MULTI)
        put_tlvs(&p, pdu->tlvs);
    assert_string_equal(p.text, row->columns[COLUMN_FIELDS]);
}

static const char *as_string(struct span s, char *text, size_t text_bytes)
{
    snprintf(text, text_bytes, "%.*s", (int)s.size, s.size != 0 ? (const char *)s.data : "");
    return text;
}

static bool encode_again(const struct smpp_pdu *pdu, struct writer *w)
{
    const struct smpp_header *h = &pdu->header;
    char text[128];

    switch (h->command_id) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
    case SMPP_OUTBIND:
        return smpp_bind_encode(w, h->command_id, h->sequence_number, &pdu->bind);
    case SMPP_BIND_RECEIVER_RESP:
    case SMPP_BIND_TRANSMITTER_RESP:
    case SMPP_BIND_TRANSCEIVER_RESP:
        return smpp_bind_resp_encode(w, h->command_id, h->command_status, h->sequence_number,
                                     as_string(pdu->system_id, text, sizeof(text)),
                                     pdu->tlvs.size != 0 ? SMPP_INTERFACE_VERSION : 0);
    case SMPP_SUBMIT_SM:
    case SMPP_DELIVER_SM:
    case SMPP_DATA_SM:
        return smpp_message_encode(w, h->command_id, h->sequence_number, &pdu->message, pdu->tlvs);
    case SMPP_SUBMIT_SM_RESP:
    case SMPP_DELIVER_SM_RESP:
    case SMPP_DATA_SM_RESP:
        return smpp_message_resp_encode(w, h->command_id, h->command_status, h->sequence_number,
                                        as_string(pdu->message_id, text, sizeof(text)));
    default:
        return smpp_header_only_encode(w, h->command_id, h->command_status, h->sequence_number);
    }
}

static void check_encoding(const struct vector_row *row, struct span frame,
                           const struct smpp_pdu *pdu)
{
    const char *expected = row->columns[COLUMN_ENCODE];
    uint8_t *octets = mem_alloc(FRAME_BYTES);
    struct smpp_pdu again;
    struct writer w;
    bool encoded;

    writer_init(&w, octets, FRAME_BYTES);
    encoded = encode_again(pdu, &w);
    assert_true(encoded == (strcmp(expected, "refused") != 0));
    if (!encoded) {
        assert_int_equal(writer_size(&w), 0);
    } else if (strcmp(expected, "same") == 0) {
        assert_int_equal(writer_size(&w), frame.size);
        assert_memory_equal(octets, frame.data, frame.size);
        /* One octet less of room: refused, and nothing written. */
        writer_init(&w, octets, frame.size - 1);
        assert_false(encode_again(pdu, &w));
        assert_int_equal(writer_size(&w), 0);
    } else {
        assert_false(span_is_equal(writer_span(&w), frame));
        assert_int_equal(smpp_pdu_decode(writer_span(&w), &again), ESME_ROK);
    }
    mem_free(octets);
}

static void vector_behaves_as_its_row_says(void **state)
{
    const struct vector_row *row = *state;
    uint8_t *octets = mem_alloc(FRAME_BYTES);
    struct span stream = vector_octets(row->columns[COLUMN_OCTETS], octets, FRAME_BYTES);
    struct smpp_header header;
    enum smpp_frame look = smpp_frame_look(stream, SMPP_PDU_BYTES_DEFAULT, &header);

    assert_string_equal(look_name(look), row->columns[COLUMN_LOOK]);
    if (look == SMPP_FRAME_WHOLE) {
        /* An exact copy, so that a sanitizer sees the first octet behind it. */
        uint8_t *exact = mem_dup(octets, header.command_length);
        struct span frame = span_of(exact, header.command_length);
        struct smpp_pdu pdu;
        enum smpp_status status = smpp_pdu_decode(frame, &pdu);

        assert_string_equal(smpp_status_name(status), row->columns[COLUMN_STATUS]);
        assert_memory_equal(&pdu.header, &header, sizeof(header));
        if (status == ESME_ROK)
            check_fields(row, &pdu);
        if (strcmp(row->columns[COLUMN_ENCODE], "none") != 0)
            check_encoding(row, frame, &pdu);
        mem_free(exact);
    }
    mem_free(octets);
}

/* Of every vector, every cut: never whole before its last octet. */
static void every_prefix_waits_or_is_refused(void **state)
{
    struct vector_file file;
    uint8_t *octets = mem_alloc(FRAME_BYTES);

    (void)state;
    vector_file_load(&file, "tests/vectors/smpp.tsv");
    for (size_t i = 0; i < file.count; i++) {
        struct span s = vector_octets(file.rows[i].columns[COLUMN_OCTETS], octets, FRAME_BYTES);

        for (size_t size = 0; size < s.size && size < 400; size++) {
            uint8_t *exact = mem_dup(octets, size);
            struct smpp_header header;
            enum smpp_frame look =
                smpp_frame_look(span_of(exact, size), SMPP_PDU_BYTES_DEFAULT, &header);

            if (size < 4)
                assert_int_equal(look, SMPP_FRAME_MORE);
            if (look == SMPP_FRAME_WHOLE)
                assert_true(header.command_length <= size);
            mem_free(exact);
        }
    }
    mem_free(octets);
    vector_file_free(&file);
}

/* Of every whole vector, every shorter PDU with its command_length set right: decoded or refused,
 * within its octets (the sanitizer build sees to that). */
static void every_cut_pdu_is_decoded_or_refused(void **state)
{
    struct vector_file file;
    uint8_t *octets = mem_alloc(FRAME_BYTES);

    (void)state;
    vector_file_load(&file, "tests/vectors/smpp.tsv");
    for (size_t i = 0; i < file.count; i++) {
        struct span s = vector_octets(file.rows[i].columns[COLUMN_OCTETS], octets, FRAME_BYTES);

        for (size_t size = SMPP_HEADER_BYTES; size < s.size && size < 400; size++) {
            uint8_t *exact = mem_dup(octets, size);
            struct smpp_pdu pdu;

            exact[0] = exact[1] = 0;
            exact[2] = (uint8_t)(size >> 8);
            exact[3] = (uint8_t)size;
            if (smpp_pdu_decode(span_of(exact, size), &pdu) == ESME_ROK)
                assert_true(pdu.tlvs.size == 0 || pdu.tlvs.data + pdu.tlvs.size <= exact + size);
            mem_free(exact);
        }
    }
    mem_free(octets);
    vector_file_free(&file);
}

/* One test a row, named after it. */
int main(void)
{
    const struct CMUnitTest cuts[] = {
        cmocka_unit_test(every_prefix_waits_or_is_refused),
        cmocka_unit_test(every_cut_pdu_is_decoded_or_refused),
    };
    struct vector_file file;
    struct CMUnitTest *rows;
    int failed;

    vector_file_load(&file, "tests/vectors/smpp.tsv");
    rows = mem_realloc_array(NULL, file.count, sizeof(rows[0]));
    for (size_t i = 0; i < file.count; i++)
        rows[i] = (struct CMUnitTest){.name = file.rows[i].columns[COLUMN_NAME],
                                      .test_func = vector_behaves_as_its_row_says,
                                      .initial_state = &file.rows[i]};
    failed = _cmocka_run_group_tests("vectors", rows, file.count, NULL, NULL);
    mem_free(rows);
    vector_file_free(&file);
    return failed + cmocka_run_group_tests(cuts, NULL, NULL);
}
