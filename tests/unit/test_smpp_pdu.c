/* Framing, statuses, TLVs, and the limit of every field that comes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "gateway/smpp/check.h"
#include "gateway/smpp/pdu.h"

enum { BUFFER_BYTES = 70 * 1024 };

/* ---- framing ---- */

static void frame_is_told_from_its_first_octets(void **state)
{
    static const struct {
        const char *octets;
        size_t size;
        enum smpp_frame frame;
    } rows[] = {
        {"", 0, SMPP_FRAME_MORE},
        {"GET", 3, SMPP_FRAME_MORE},
        {"GET ", 4, SMPP_FRAME_NOT_SMPP},
        {"POST", 4, SMPP_FRAME_NOT_SMPP},
        {"SSH-2.0", 7, SMPP_FRAME_NOT_SMPP},
        {"\x16\x03\x03\x01", 4, SMPP_FRAME_NOT_SMPP},
        {"\x15\x03\x01\0\x02\x02\x46", 7, SMPP_FRAME_NOT_SMPP}, /* a TLS port's answer to a bind */
        {"\x03\0\0\x2f", 4, SMPP_FRAME_NOT_SMPP},
        {"\0\0\0\x0f", 4, SMPP_FRAME_BAD_LENGTH},
        {"\0\0\0\x10", 4, SMPP_FRAME_MORE},
        {"\0\0\x02\0", 4, SMPP_FRAME_MORE},
        {"\0\0\x02\x01", 4, SMPP_FRAME_BAD_LENGTH},
        {"\xff\xff\xff\xff", 4, SMPP_FRAME_BAD_LENGTH},
        {"\x80\0\0\x10", 4, SMPP_FRAME_BAD_LENGTH},
        {"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x05", 15, SMPP_FRAME_MORE},
        {"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x05", 16, SMPP_FRAME_WHOLE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct smpp_header header;

        assert_int_equal(
            smpp_frame_look(span_of(rows[i].octets, rows[i].size), SMPP_PDU_BYTES_OPEN, &header),
            rows[i].frame);
    }
}

static void header_is_filled_as_far_as_it_is_there(void **state)
{
    static const char octets[] = "\0\0\0\x10\x80\0\0\x15\0\0\0\x08\xde\xad\xbe\xef";
    struct smpp_header header;

    (void)state;
    for (size_t size = 0; size <= 16; size++) {
        smpp_frame_look(span_of(octets, size), SMPP_PDU_BYTES_OPEN, &header);
        assert_int_equal(header.command_length, size >= 4 ? 16 : 0);
        assert_int_equal(header.command_id, size >= 8 ? SMPP_ENQUIRE_LINK_RESP : 0);
        assert_int_equal(header.command_status, size >= 12 ? ESME_RSYSERR : 0);
        assert_int_equal(header.sequence_number, size >= 16 ? 0xdeadbeef : 0);
    }
}

static void commands_have_names(void **state)
{
    (void)state;
    assert_string_equal(smpp_command_name(SMPP_DELIVER_SM), "deliver_sm");
    assert_string_equal(smpp_command_name(SMPP_SUBMIT_SM_RESP), "submit_sm_resp");
    assert_string_equal(smpp_command_name(SMPP_GENERIC_NACK), "generic_nack");
    assert_string_equal(smpp_command_name(SMPP_BIND_TRANSCEIVER_RESP), "bind_transceiver_resp");
    assert_string_equal(smpp_command_name(0), "unknown");
    assert_string_equal(smpp_command_name(0x0BAD), "unknown");
    assert_string_equal(smpp_command_name(0x80000BAD), "unknown");
    assert_string_equal(smpp_command_name(0x8000000B), "unknown");
    assert_string_equal(smpp_command_name(0x80000102), "unknown");
    assert_false(smpp_command_is_known(0));
    assert_true(smpp_command_is_known(SMPP_OUTBIND));
}

/* The name table and the layout table know the same commands. */
static void every_named_command_has_a_layout(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < 0x200; id++) {
        assert_true(smpp_command_is_known(id) == (smpp_layout_find(id) != NULL));
        assert_true(smpp_command_is_known(id | SMPP_RESPONSE_BIT) ==
                    (smpp_layout_find(id | SMPP_RESPONSE_BIT) != NULL));
    }
}

/* ---- status ---- */

static void statuses_have_names_and_classes(void **state)
{
    static const struct {
        uint32_t status;
        const char *name;
        enum smpp_status_class class;
    } rows[] = {
        {ESME_ROK, "ESME_ROK", SMPP_CLASS_OK},
        {ESME_RTHROTTLED, "ESME_RTHROTTLED", SMPP_CLASS_SLOW_DOWN},
        {ESME_RMSGQFUL, "ESME_RMSGQFUL", SMPP_CLASS_SLOW_DOWN},
        {ESME_RSYSERR, "ESME_RSYSERR", SMPP_CLASS_TEMPORARY},
        {ESME_RX_T_APPN, "ESME_RX_T_APPN", SMPP_CLASS_TEMPORARY},
        {ESME_RSUBMITFAIL, "ESME_RSUBMITFAIL", SMPP_CLASS_TEMPORARY},
        {ESME_RDELIVERYFAILURE, "ESME_RDELIVERYFAILURE", SMPP_CLASS_TEMPORARY},
        {ESME_RUNKNOWNERR, "ESME_RUNKNOWNERR", SMPP_CLASS_TEMPORARY},
        {ESME_RINVSCHED, "ESME_RINVSCHED", SMPP_CLASS_TEMPORARY},
        {0x102, "ESME_RSERTYPUNAVAIL", SMPP_CLASS_TEMPORARY},
        {ESME_RINVBNDSTS, "ESME_RINVBNDSTS", SMPP_CLASS_SESSION},
        {ESME_RALYBND, "ESME_RALYBND", SMPP_CLASS_SESSION},
        {ESME_RBINDFAIL, "ESME_RBINDFAIL", SMPP_CLASS_SESSION},
        {ESME_RINVPASWD, "ESME_RINVPASWD", SMPP_CLASS_CREDENTIALS},
        {ESME_RINVSYSID, "ESME_RINVSYSID", SMPP_CLASS_CREDENTIALS},
        {ESME_RINVSYSTYP, "ESME_RINVSYSTYP", SMPP_CLASS_CREDENTIALS},
        {ESME_RINVDSTADR, "ESME_RINVDSTADR", SMPP_CLASS_PERMANENT},
        {ESME_RINVOPTPARAMVAL, "ESME_RINVOPTPARAMVAL", SMPP_CLASS_PERMANENT},
        {0x400, "ESME_VENDOR", SMPP_CLASS_PERMANENT},
        {0x4FF, "ESME_VENDOR", SMPP_CLASS_PERMANENT},
        {0x500, "ESME_UNKNOWN", SMPP_CLASS_PERMANENT},
        {0x09, "ESME_UNKNOWN", SMPP_CLASS_PERMANENT},
        {0xFFFFFFFF, "ESME_UNKNOWN", SMPP_CLASS_PERMANENT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(smpp_status_name(rows[i].status), rows[i].name);
        assert_int_equal(smpp_status_class(rows[i].status), rows[i].class);
    }
}

/* ---- TLVs ---- */

static void tlvs_are_taken_by_their_own_length(void **state)
{
    static const char octets[] = "\x05\x01\0\x01\x12\x13\x83\0\x02\x0a\x02\x05\x01\0\x01\x01";
    struct span stream = span_of(octets, sizeof(octets) - 1), value;
    struct smpp_tlv tlv;

    (void)state;
    assert_true(smpp_tlv_find(stream, SMPP_TAG_USSD_SERVICE_OP, &value));
    assert_int_equal(value.size, 1);
    assert_int_equal(value.data[0], 0x12); /* the first of two */
    assert_false(smpp_tlv_find(stream, SMPP_TAG_MESSAGE_STATE, &value));
    assert_true(smpp_tlv_next(&stream, &tlv));
    assert_true(smpp_tlv_next(&stream, &tlv));
    assert_int_equal(tlv.tag, SMPP_TAG_ITS_SESSION_INFO);
    assert_true(smpp_tlv_next(&stream, &tlv));
    assert_false(smpp_tlv_next(&stream, &tlv));
    assert_int_equal(stream.size, 0);
}

static void tlv_lengths_are_those_of_their_types(void **state)
{
    static const struct {
        uint16_t tag;
        size_t min, max;
    } rows[] = {
        {0x0005, 1, 1},     {0x001D, 1, 256},   {0x001E, 1, 65}, {0x0204, 2, 2},
        {0x020C, 2, 2},     {0x020E, 1, 1},     {0x0210, 1, 1},  {0x0423, 3, 3},
        {0x0427, 1, 1},     {0x0424, 0, 65535}, {0x0501, 1, 2},  {0x1204, 1, 4},
        {0x1383, 2, 65535}, {0x1400, 0, 65535}, {0, 0, 65535},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].min > 0)
            assert_false(smpp_tlv_length_is_legal(rows[i].tag, rows[i].min - 1));
        assert_true(smpp_tlv_length_is_legal(rows[i].tag, rows[i].min));
        assert_true(smpp_tlv_length_is_legal(rows[i].tag, rows[i].max));
        if (rows[i].max < 65535)
            assert_false(smpp_tlv_length_is_legal(rows[i].tag, rows[i].max + 1));
    }
}

static void tlvs_are_written(void **state)
{
    uint8_t octets[16];
    struct writer w;

    (void)state;
    writer_init(&w, octets, sizeof(octets));
    smpp_tlv_write_u8(&w, SMPP_TAG_USSD_SERVICE_OP, 2);
    smpp_tlv_write_u16(&w, SMPP_TAG_ITS_SESSION_INFO, 0x0a02);
    assert_int_equal(writer_size(&w), 11);
    assert_memory_equal(octets, "\x05\x01\0\x01\x02\x13\x83\0\x02\x0a\x02", 11);
}

/* ---- decoding: limits, counts ---- */

/* Writes a PDU of any shape: header, then pieces. */
struct draft {
    uint8_t octets[BUFFER_BYTES];
    struct writer w;
};

static struct draft *draft_new(uint32_t command_id, uint32_t command_status)
{
    struct draft *d = mem_alloc(sizeof(*d));

    writer_init(&d->w, d->octets, sizeof(d->octets));
    writer_u32(&d->w, 0);
    writer_u32(&d->w, command_id);
    writer_u32(&d->w, command_status);
    writer_u32(&d->w, 1);
    return d;
}

static void draft_c_string(struct draft *d, size_t size)
{
    for (size_t i = 0; i < size; i++)
        writer_u8(&d->w, '5');
    writer_u8(&d->w, 0);
}

static void draft_octets(struct draft *d, uint8_t value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        writer_u8(&d->w, value);
}

/* Decodes an exact copy and frees the draft; *pdu's spans are not to be looked into. */
static enum smpp_status draft_decode(struct draft *d, struct smpp_pdu *pdu)
{
    size_t size = writer_size(&d->w);
    enum smpp_status status;
    uint8_t *exact;

    assert_false(d->w.failed);
    exact = mem_dup(d->octets, size);
    exact[0] = (uint8_t)(size >> 24);
    exact[1] = (uint8_t)(size >> 16);
    exact[2] = (uint8_t)(size >> 8);
    exact[3] = (uint8_t)size;
    status = smpp_pdu_decode(span_of(exact, size), pdu);
    mem_free(exact);
    mem_free(d);
    return status;
}

/* Sizes of the C-strings of a message PDU, without their NULs. */
struct sizes {
    size_t service_type, source, destination, schedule, validity;
};

static struct draft *draft_message(uint32_t command_id, struct sizes s, uint8_t sm_length,
                                   size_t octets)
{
    struct draft *d = draft_new(command_id, 0);

    draft_c_string(d, s.service_type);
    draft_octets(d, 1, 2);
    draft_c_string(d, s.source);
    draft_octets(d, 1, 2);
    draft_c_string(d, s.destination);
    if (command_id == SMPP_DATA_SM) {
        draft_octets(d, 0, 3);
        return d;
    }
    draft_octets(d, 0, 3);
    draft_c_string(d, s.schedule);
    draft_c_string(d, s.validity);
    draft_octets(d, 0, 4);
    writer_u8(&d->w, sm_length);
    draft_octets(d, 'x', octets);
    return d;
}

static void message_field_limits_have_their_own_statuses(void **state)
{
    static const struct {
        uint32_t command_id;
        struct sizes sizes;
        enum smpp_status status;
    } rows[] = {
        {SMPP_SUBMIT_SM, {5, 20, 20, 16, 16}, ESME_ROK},
        {SMPP_DELIVER_SM, {6, 20, 20, 16, 16}, ESME_RINVSERTYP},
        {SMPP_SUBMIT_SM, {5, 21, 20, 16, 16}, ESME_RINVSRCADR},
        {SMPP_SUBMIT_SM, {5, 20, 21, 16, 16}, ESME_RINVDSTADR},
        {SMPP_SUBMIT_SM, {5, 20, 20, 17, 16}, ESME_RINVSCHED},
        {SMPP_DELIVER_SM, {5, 20, 20, 16, 17}, ESME_RINVEXPIRY},
        {SMPP_DATA_SM, {5, 64, 64, 0, 0}, ESME_ROK},
        {SMPP_DATA_SM, {5, 65, 64, 0, 0}, ESME_RINVSRCADR},
        {SMPP_DATA_SM, {5, 64, 65, 0, 0}, ESME_RINVDSTADR},
        {SMPP_SUBMIT_SM, {5, 600, 20, 0, 0}, ESME_RINVSRCADR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct smpp_pdu pdu;

        assert_int_equal(draft_decode(draft_message(rows[i].command_id, rows[i].sizes, 0, 0), &pdu),
                         rows[i].status);
    }
}

static void short_message_is_at_most_254_octets(void **state)
{
    static const struct sizes none = {0};
    struct smpp_pdu pdu;

    (void)state;
    assert_int_equal(draft_decode(draft_message(SMPP_SUBMIT_SM, none, 254, 254), &pdu), ESME_ROK);
    assert_int_equal(pdu.message.short_message.size, 254);
    assert_int_equal(draft_decode(draft_message(SMPP_SUBMIT_SM, none, 255, 255), &pdu),
                     ESME_RINVMSGLEN);
    assert_int_equal(draft_decode(draft_message(SMPP_SUBMIT_SM, none, 254, 253), &pdu),
                     ESME_RINVMSGLEN);
    assert_int_equal(draft_decode(draft_message(SMPP_SUBMIT_SM, none, 10, 12), &pdu),
                     ESME_RINVOPTPARSTREAM);
}

/* Peers send longer passwords than the letter has; the account decides. */
static void bind_fields_are_taken_up_to_64_octets(void **state)
{
    static const struct {
        size_t system_id, password, system_type, range;
        enum smpp_status status;
    } rows[] = {
        {15, 8, 12, 40, ESME_ROK},        {64, 64, 64, 64, ESME_ROK},
        {65, 8, 12, 40, ESME_RINVSYSID},  {15, 65, 12, 40, ESME_RINVPASWD},
        {15, 8, 65, 40, ESME_RINVSYSTYP}, {15, 8, 12, 65, ESME_RBINDFAIL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct draft *d = draft_new(SMPP_BIND_TRANSCEIVER, 0);
        struct smpp_pdu pdu;

        draft_c_string(d, rows[i].system_id);
        draft_c_string(d, rows[i].password);
        draft_c_string(d, rows[i].system_type);
        draft_octets(d, 0x34, 1);
        draft_octets(d, 0, 2);
        draft_c_string(d, rows[i].range);
        assert_int_equal(draft_decode(d, &pdu), rows[i].status);
    }
}

static void up_to_256_tlvs_are_walked(void **state)
{
    static const struct sizes none = {0};
    struct smpp_pdu pdu;

    (void)state;
    for (unsigned count = 255; count <= 257; count++) {
        struct draft *d = draft_message(SMPP_DELIVER_SM, none, 0, 0);

        draft_octets(d, 0, 4 * count);
        assert_int_equal(draft_decode(d, &pdu),
                         count <= SMPP_TLVS_MAX ? ESME_ROK : ESME_RINVOPTPARSTREAM);
    }
}

static void ussd_service_op_is_one_octet_or_two_with_a_leading_zero(void **state)
{
    static const struct {
        const char *tlv;
        size_t size;
        enum smpp_status status;
    } rows[] = {
        {"\x05\x01\0\0", 4, ESME_RINVPARLEN},
        {"\x05\x01\0\x01\x02", 5, ESME_ROK},
        {"\x05\x01\0\x02\0\x02", 6, ESME_ROK},
        {"\x05\x01\0\x02\x30\x32", 6, ESME_RINVPARLEN},
        {"\x05\x01\0\x03\0\0\x02", 7, ESME_RINVPARLEN},
    };
    static const struct sizes none = {0};
    struct smpp_pdu pdu;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct draft *d = draft_message(SMPP_DELIVER_SM, none, 0, 0);

        writer_bytes(&d->w, rows[i].tlv, rows[i].size);
        assert_int_equal(draft_decode(d, &pdu), rows[i].status);
    }
}

static void submit_multi_is_walked(void **state)
{
    static const struct {
        const char *list;
        size_t size;
        enum smpp_status status;
    } rows[] = {
        {"\x02\x01\x01\x01"
         "62\0\x02staff",
         13, ESME_ROK},
        {"\0", 1, ESME_RINVNUMDESTS},
        {"\xff", 1, ESME_RINVNUMDESTS},
        {"\x01\x03\x01\x01"
         "62",
         7, ESME_RINVDESTFLAG},
        {"\x01\x02"
         "123456789012345678901",
         24, ESME_RINVDLNAME},
        {"\x01\x01\x01\x01"
         "123456789012345678901",
         26, ESME_RINVDSTADR},
        {"\x05\x01\x01\x01"
         "62",
         7, ESME_RINVDESTFLAG},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct draft *d = draft_new(SMPP_SUBMIT_MULTI, 0);
        struct smpp_pdu pdu;

        draft_c_string(d, 0);
        draft_octets(d, 1, 2);
        draft_c_string(d, 3);
        writer_bytes(&d->w, rows[i].list, rows[i].size);
        draft_octets(d, 0, 11);
        assert_int_equal(draft_decode(d, &pdu), rows[i].status);
    }
}

/* ---- decoding: responses ---- */

static void responses_are_never_refused_for_their_body(void **state)
{
    static const struct {
        uint32_t command_id;
        uint32_t command_status;
        const char *body;
        size_t size;
        size_t id_size;
    } rows[] = {
        {SMPP_SUBMIT_SM_RESP, 0, "", 0, 0},
        {SMPP_SUBMIT_SM_RESP, 0, "1A2B\0", 5, 4},
        {SMPP_SUBMIT_SM_RESP, 0, "1A2B", 4, 0},                    /* no NUL */
        {SMPP_SUBMIT_SM_RESP, 0x401, "", 0, 0},                    /* a vendor's status */
        {SMPP_SUBMIT_SM_RESP, 0x58, "\0", 1, 0},                   /* an error with a body */
        {SMPP_SUBMIT_SM_RESP, 0, "1A2B\0\x04", 6, 4},              /* a stray octet */
        {SMPP_DATA_SM_RESP, 0, "1A2B\0\x04\x25\0\x01\x02", 10, 4}, /* delivery_failure_reason */
        {SMPP_DELIVER_SM_RESP, 0, "77\0", 3, 2},
        {SMPP_BIND_TRANSCEIVER_RESP, 0x0D, "", 0, 0},
        {SMPP_BIND_TRANSCEIVER_RESP, 0, "SMSC\0\x02\x10\0\x01\x34", 10, 4},
        {SMPP_ENQUIRE_LINK_RESP, 0, "x", 1, 0},
        {SMPP_GENERIC_NACK, 3, "abcdef", 6, 0},
        {SMPP_QUERY_SM_RESP, 0, "1A2B\0", 5, 4},
        {SMPP_SUBMIT_MULTI_RESP, 0, "1A2B\0\x01\x01\x01", 8, 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct draft *d = draft_new(rows[i].command_id, rows[i].command_status);
        struct smpp_pdu pdu;

        writer_bytes(&d->w, rows[i].body, rows[i].size);
        assert_int_equal(draft_decode(d, &pdu), ESME_ROK);
        assert_int_equal(pdu.message_id.size, rows[i].id_size);
        assert_int_equal(pdu.header.command_status, rows[i].command_status);
    }
}

static void header_only_requests_may_have_a_tail(void **state)
{
    struct draft *d = draft_new(SMPP_ENQUIRE_LINK, 0);
    struct smpp_pdu pdu;

    (void)state;
    draft_octets(d, 0xAA, 3);
    assert_int_equal(draft_decode(d, &pdu), ESME_ROK);
    assert_int_equal(pdu.tlvs.size, 0);
}

static void a_frame_is_as_long_as_it_says(void **state)
{
    static const char octets[] = "\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x05\0";
    struct smpp_pdu pdu;

    (void)state;
    assert_int_equal(smpp_pdu_decode(span_of(octets, 16), &pdu), ESME_ROK);
    assert_int_equal(smpp_pdu_decode(span_of(octets, 17), &pdu), ESME_RINVCMDLEN);
    assert_int_equal(smpp_pdu_decode(span_of(octets, 15), &pdu), ESME_RINVCMDLEN);
    assert_int_equal(smpp_pdu_decode(span_of(octets, 3), &pdu), ESME_RINVCMDLEN);
    assert_int_equal(smpp_pdu_decode(span_of(NULL, 0), &pdu), ESME_RINVCMDLEN);
}

static void text_is_the_short_message_or_the_payload(void **state)
{
    static const struct {
        const char *body;
        size_t size;
        const char *text;
    } rows[] = {
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03one\x04\x24\0\x03two", 27, "one"},
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\x24\0\x03two", 24, "two"},
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct smpp_pdu pdu;
        uint8_t frame[64] = {[3] = (uint8_t)(16 + rows[i].size), [7] = SMPP_SUBMIT_SM};

        memcpy(frame + 16, rows[i].body, rows[i].size);
        assert_int_equal(smpp_pdu_decode(span_of(frame, frame[3]), &pdu), ESME_ROK);
        assert_true(span_is_equal(smpp_message_text(&pdu), span_of_string(rows[i].text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_is_told_from_its_first_octets),
        cmocka_unit_test(header_is_filled_as_far_as_it_is_there),
        cmocka_unit_test(commands_have_names),
        cmocka_unit_test(every_named_command_has_a_layout),
        cmocka_unit_test(statuses_have_names_and_classes),
        cmocka_unit_test(tlvs_are_taken_by_their_own_length),
        cmocka_unit_test(tlv_lengths_are_those_of_their_types),
        cmocka_unit_test(tlvs_are_written),
        cmocka_unit_test(message_field_limits_have_their_own_statuses),
        cmocka_unit_test(short_message_is_at_most_254_octets),
        cmocka_unit_test(bind_fields_are_taken_up_to_64_octets),
        cmocka_unit_test(up_to_256_tlvs_are_walked),
        cmocka_unit_test(ussd_service_op_is_one_octet_or_two_with_a_leading_zero),
        cmocka_unit_test(submit_multi_is_walked),
        cmocka_unit_test(responses_are_never_refused_for_their_body),
        cmocka_unit_test(header_only_requests_may_have_a_tail),
        cmocka_unit_test(a_frame_is_as_long_as_it_says),
        cmocka_unit_test(text_is_the_short_message_or_the_payload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
