/* Our codec against libsmpp34: every PDU that both write is the same, and both read it alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/smpp/lib.h"
#include "tests/support/vectors.h"

enum { PDU_BYTES = 2048, ROUNDS = 4000 };

static const uint32_t message_ids[] = {SMPP_SUBMIT_SM, SMPP_DELIVER_SM, SMPP_DATA_SM};
static const uint32_t bind_ids[] = {SMPP_BIND_RECEIVER, SMPP_BIND_TRANSMITTER,
                                    SMPP_BIND_TRANSCEIVER, SMPP_OUTBIND};

/* A small generator of its own, so that a failure repeats itself. */
static uint32_t roll(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

struct material {
    uint32_t seed;
    uint8_t octets[2048];
    size_t used;
};

/* At most max octets, none of them a NUL unless binary. */
static struct span roll_text(struct material *m, size_t max, bool binary)
{
    size_t size = roll(&m->seed, (uint32_t)max + 1);
    uint8_t *start = m->octets + m->used;

    assert_true(m->used + size <= sizeof(m->octets));
    for (size_t i = 0; i < size; i++)
        start[i] = (uint8_t)(binary ? roll(&m->seed, 256) : 1 + roll(&m->seed, 255));
    m->used += size;
    return span_of(start, size);
}

static uint8_t roll_octet(struct material *m)
{
    return (uint8_t)roll(&m->seed, 256);
}

/* TON and NPI as the library's list has them. */
static struct smpp_address roll_address(struct material *m, size_t max)
{
    static const uint8_t npis[] = {0, 1, 3, 4, 6, 8, 9, 10, 14, 18};
    struct smpp_address a = {.ton = (uint8_t)roll(&m->seed, 7)};

    a.npi = npis[roll(&m->seed, sizeof(npis))];
    a.digits = roll_text(m, max, false);
    return a;
}

static struct smpp_message roll_message(struct material *m, uint32_t command_id)
{
    struct smpp_message message = {.service_type = roll_text(m, 5, false)};

    message.source = roll_address(m, 20);
    message.destination = roll_address(m, command_id == SMPP_DATA_SM ? 64 : 20);
    message.esm_class = roll_octet(m);
    message.registered_delivery = roll_octet(m);
    message.data_coding = roll_octet(m);
    if (command_id == SMPP_DATA_SM)
        return message;
    message.protocol_id = roll_octet(m);
    message.priority_flag = roll_octet(m);
    message.replace_if_present_flag = roll_octet(m);
    message.sm_default_msg_id = roll_octet(m);
    if (command_id == SMPP_SUBMIT_SM) {
        message.schedule_delivery_time = roll_text(m, 16, false);
        message.validity_period = roll_text(m, 16, false);
    }
    message.short_message = roll_text(m, 253, true);
    return message;
}

static void expect_same(uint32_t command_id, const void *body, bool own, const struct writer *w,
                        struct material *m)
{
    uint8_t octets[PDU_BYTES];
    struct writer lib;
    struct smpp_pdu pdu;

    writer_init(&lib, octets, sizeof(octets));
    assert_true(own);
    if (!smpp_lib_write(&lib, command_id, m->seed | 1, body))
        fail_msg("libsmpp34 does not write %s", smpp_command_name(command_id));
    assert_int_equal(writer_size(&lib), writer_size(w));
    assert_memory_equal(octets, w->start, writer_size(w));
    assert_int_equal(smpp_pdu_decode(writer_span(&lib), &pdu), ESME_ROK);
    assert_true(smpp_lib_agrees(writer_span(&lib), &pdu));
}

static void messages_are_written_and_read_alike(void **state)
{
    struct material m = {.seed = 1};

    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t command_id = message_ids[roll(&m.seed, 3)];
        struct smpp_message message;
        uint8_t octets[PDU_BYTES];
        struct writer w;
        bool own;

        m.used = 0;
        message = roll_message(&m, command_id);
        writer_init(&w, octets, sizeof(octets));
        own = smpp_message_encode(&w, command_id, m.seed | 1, &message, span_of(NULL, 0));
        expect_same(command_id, &message, own, &w, &m);
    }
}

/* The letter's limits; then the same fields one octet longer, which neither writes. */
static void binds_are_written_and_read_alike(void **state)
{
    struct material m = {.seed = 7};

    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t command_id = bind_ids[roll(&m.seed, 4)];
        struct smpp_bind bind = {.interface_version = SMPP_INTERFACE_VERSION};
        uint8_t octets[PDU_BYTES];
        struct smpp_pdu pdu;
        struct writer w;

        m.used = 0;
        bind.system_id = roll_text(&m, 15, false);
        bind.password = roll_text(&m, 8, false);
        bind.system_type = roll_text(&m, 12, false);
        bind.address_range = roll_address(&m, 40);
        writer_init(&w, octets, sizeof(octets));
        assert_true(smpp_bind_encode(&w, command_id, 5, &bind));
        assert_int_equal(smpp_pdu_decode(writer_span(&w), &pdu), ESME_ROK);
        assert_true(span_is_equal(pdu.bind.system_id, bind.system_id));
        assert_true(span_is_equal(pdu.bind.password, bind.password));
        if (command_id == SMPP_OUTBIND)
            continue;
        assert_int_equal(pdu.bind.interface_version, SMPP_INTERFACE_VERSION);
        assert_true(span_is_equal(pdu.bind.system_type, bind.system_type));
        assert_int_equal(pdu.bind.address_range.ton, bind.address_range.ton);
        assert_int_equal(pdu.bind.address_range.npi, bind.address_range.npi);
        assert_true(span_is_equal(pdu.bind.address_range.digits, bind.address_range.digits));
    }
}

/* What the library would refuse for no reason (docs/decisions/0002) is our peers' daily bread. */
static void values_that_the_library_refuses_are_served(void **state)
{
    struct smpp_bind bind = {.system_id = span_of_string("warung"),
                             .password = span_of_string("secret"),
                             .interface_version = 0x50,
                             .address_range = {7, 2, span_of_string("384")}};
    uint8_t octets[PDU_BYTES];
    struct smpp_pdu pdu;
    struct writer w;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        writer_init(&w, octets, sizeof(octets));
        assert_false(smpp_lib_write(&w, bind_ids[i], 1, &bind));
        assert_int_equal(writer_size(&w), 0);
        assert_true(smpp_bind_encode(&w, bind_ids[i], 0, &bind));
        assert_int_equal(smpp_pdu_decode(writer_span(&w), &pdu), ESME_ROK);
        assert_int_equal(pdu.bind.interface_version, 0x50);
        assert_int_equal(pdu.bind.address_range.ton, 7);
        assert_int_equal(pdu.bind.address_range.npi, 2);
    }
}

static void texts_over_the_letter_s_limits_are_not_cut(void **state)
{
    struct smpp_bind bind = {.system_id = span_of_string("sixteen_letters_"),
                             .interface_version = SMPP_INTERFACE_VERSION};
    uint8_t octets[PDU_BYTES];
    struct writer w;

    (void)state;
    writer_init(&w, octets, sizeof(octets));
    assert_false(smpp_lib_write(&w, SMPP_BIND_TRANSCEIVER, 1, &bind));
    assert_false(smpp_bind_encode(&w, SMPP_BIND_TRANSCEIVER, 1, &bind));
    bind.system_id = span_of("a\0b", 3);
    assert_false(smpp_lib_write(&w, SMPP_BIND_TRANSCEIVER, 1, &bind));
    bind.system_id = span_of_string("warung");
    writer_init(&w, octets, 10);
    assert_false(smpp_lib_write(&w, SMPP_BIND_TRANSCEIVER, 1, &bind));
    assert_int_equal(writer_size(&w), 0);
}

/* Of every vector that is decoded: the library reads the same. */
static void every_vector_is_read_alike(void **state)
{
    enum { BYTES = 80 * 1024 };
    static uint8_t octets[BYTES];
    struct vector_file file;
    unsigned compared = 0;

    (void)state;
    vector_file_load(&file, "tests/vectors/smpp.tsv");
    for (size_t i = 0; i < file.count; i++) {
        struct span s = vector_octets(file.rows[i].columns[1], octets, BYTES);
        struct smpp_header header;
        struct smpp_pdu pdu;

        if (smpp_frame_look(s, SMPP_PDU_BYTES_DEFAULT, &header) != SMPP_FRAME_WHOLE ||
            smpp_pdu_decode(span_of(octets, header.command_length), &pdu) != ESME_ROK ||
            !smpp_lib_covers(header.command_id))
            continue;
        if (!smpp_lib_agrees(span_of(octets, header.command_length), &pdu))
            fail_msg("%s is read differently", file.rows[i].columns[0]);
        compared++;
    }
    assert_true(compared > 60);
    vector_file_free(&file);
}

/* The oracle is no yes-man: every field changed by itself is noticed. */
static void a_difference_is_noticed(void **state)
{
    static const char frame[] = "\0\0\0\x3c\0\0\0\x04\0\0\0\0\0\0\0\x01\0\x05\0ACME\0\x01\x01"
                                "255700000001\0\0\0\0\0\0\x01\0\0\0\x0bHello World";
    struct smpp_pdu pdu;
    struct span whole = span_of(frame, sizeof(frame) - 1);

    (void)state;
    assert_int_equal(smpp_pdu_decode(whole, &pdu), ESME_ROK);
    assert_true(smpp_lib_agrees(whole, &pdu));
    for (unsigned i = 0; i < 8; i++) {
        struct smpp_pdu other = pdu;
        uint8_t *const octets[] = {
            &other.message.source.ton,          &other.message.source.npi,
            &other.message.esm_class,           &other.message.protocol_id,
            &other.message.registered_delivery, &other.message.data_coding,
            &other.message.destination.npi,     &other.message.priority_flag};

        *octets[i] ^= 1;
        assert_false(smpp_lib_agrees(whole, &other));
    }
    pdu.message.short_message.size--;
    assert_false(smpp_lib_agrees(whole, &pdu));
    pdu.message.short_message.size++;
    pdu.message.source.digits.size--;
    assert_false(smpp_lib_agrees(whole, &pdu));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_written_and_read_alike),
        cmocka_unit_test(binds_are_written_and_read_alike),
        cmocka_unit_test(values_that_the_library_refuses_are_served),
        cmocka_unit_test(texts_over_the_letter_s_limits_are_not_cut),
        cmocka_unit_test(every_vector_is_read_alike),
        cmocka_unit_test(a_difference_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
