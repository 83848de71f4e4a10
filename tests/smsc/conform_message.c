/*
 * Cases of single messages: what is answered, and how.
 */
#include "tests/smsc/conform_kit.h"

#include "base/mem.h"

#include <string.h>

enum { BURST = 200, MANY_TLVS = 1000 };

static bool is_busy(uint32_t status)
{
    return status == WIRE_RTHROTTLED || status == WIRE_RX_T_APPN || status == WIRE_RMSGQFUL;
}

/* Sends an encoded message, bent: `length` octets of it are announced and sent. */
static bool send_bent(struct kit *k, uint8_t *pdu, size_t size, uint32_t *status)
{
    uint32_t sequence = kit_sequence(k);

    pdu[0] = pdu[1] = 0;
    pdu[2] = (uint8_t)(size >> 8);
    pdu[3] = (uint8_t)size;
    wire_sequence_set(pdu, sequence);
    kit_send(k, span_of(pdu, size));
    return kit_expect_response(k, kit_input_command(k), sequence, status);
}

static size_t encode_sms(struct kit *k, uint8_t *pdu, size_t pdu_bytes, struct span tlvs)
{
    struct wire_message m;
    struct writer w;

    kit_fill_sms(k, &m, span_of_string("BANTUAN"));
    m.extra_tlvs = tlvs;
    writer_init(&w, pdu, pdu_bytes);
    wire_message_encode(&w, kit_input_command(k), 1, &m);
    return writer_size(&w);
}

/* The message, with these octets behind it, is answered with a status that the mask allows. */
static bool tail_is_answered(struct kit *k, struct span tail, const uint32_t *allowed, size_t count)
{
    uint8_t pdu[512];
    size_t size = encode_sms(k, pdu, sizeof(pdu), tail);
    uint32_t status;

    if (!send_bent(k, pdu, size, &status))
        return false;
    for (size_t i = 0; i < count; i++)
        if (allowed[i] == status)
            return kit_expect_alive(k);
    return kit_fail(k, "expected %s, got %s (0x%x)", wire_status_name(allowed[0]),
                    wire_status_name(status), status);
}

#define TAIL(k, octets, ...)                                                                       \
    tail_is_answered(k, span_of(octets, sizeof(octets) - 1), (const uint32_t[]){__VA_ARGS__},      \
                     sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static bool plain(struct kit *k)
{
    return tail_is_answered(k, span_of(NULL, 0), (const uint32_t[]){WIRE_OK}, 1);
}

static bool unknown_tlv(struct kit *k)
{
    return TAIL(k, "\x14\x99\0\2xy", WIRE_OK);
}

static bool tlv_twice(struct kit *k)
{
    return TAIL(k, "\x02\x04\0\2\0\1\x02\x04\0\2\0\2", WIRE_OK);
}

static bool tlv_header_cut(struct kit *k)
{
    return TAIL(k, "\x05\x01\0", WIRE_RINVOPTPARSTREAM, WIRE_RINVMSGLEN, WIRE_OK);
}

static bool tlv_value_missing(struct kit *k)
{
    return TAIL(k, "\x05\x01\0\1", WIRE_RINVOPTPARSTREAM, WIRE_RINVMSGLEN, WIRE_RINVPARLEN);
}

static bool tlv_beyond_the_pdu(struct kit *k)
{
    return TAIL(k, "\x05\x01\xff\xff\1", WIRE_RINVOPTPARSTREAM, WIRE_RINVMSGLEN, WIRE_RINVPARLEN);
}

static bool many_tlvs(struct kit *k)
{
    size_t size = MANY_TLVS * 5;
    uint8_t *tlvs = mem_alloc(size);
    uint8_t *pdu = mem_alloc(size + 512);
    uint32_t status;
    bool answered;

    for (size_t i = 0; i < MANY_TLVS; i++)
        memcpy(tlvs + i * 5, "\x14\x00\0\1x", 5);
    answered = send_bent(k, pdu, encode_sms(k, pdu, size + 512, span_of(tlvs, size)), &status);
    mem_free(tlvs);
    mem_free(pdu);
    return answered && kit_expect_alive(k);
}

/* Where sm_length stands in encode_sms()'s PDU: before the text. */
static bool sm_length_beyond_the_pdu(struct kit *k)
{
    uint8_t pdu[512];
    size_t size = encode_sms(k, pdu, sizeof(pdu), span_of(NULL, 0));
    uint32_t status;

    pdu[size - strlen("BANTUAN") - 1] = 200;
    if (!send_bent(k, pdu, size, &status))
        return false;
    if (status == WIRE_OK)
        return kit_fail(k, "expected ESME_RINVMSGLEN, got ESME_ROK");
    return kit_expect_alive(k);
}

static bool no_end_of_string(struct kit *k)
{
    uint8_t pdu[512];
    size_t size = encode_sms(k, pdu, sizeof(pdu), span_of(NULL, 0));
    uint32_t status;

    memset(pdu + WIRE_HEADER_BYTES, 'A', size - WIRE_HEADER_BYTES);
    if (!send_bent(k, pdu, size, &status))
        return false;
    if (status == WIRE_OK)
        return kit_fail(k, "expected an error for a PDU without a single NUL, got ESME_ROK");
    return kit_expect_alive(k);
}

static bool body_missing(struct kit *k)
{
    uint32_t sequence = kit_sequence(k);
    uint32_t status;

    kit_send_header(k, kit_input_command(k), sequence);
    if (!kit_expect_response(k, kit_input_command(k), sequence, &status))
        return false;
    if (status == WIRE_OK)
        return kit_fail(k, "expected ESME_RINVMSGLEN for an empty body, got ESME_ROK");
    return kit_expect_alive(k);
}

static bool source_too_long(struct kit *k)
{
    struct wire_message m;
    uint32_t sequence;
    uint32_t status;

    kit_fill_sms(k, &m, span_of_string("BANTUAN"));
    m.source.digits = span_of_string("628120000000000000000000000001");
    sequence = kit_send_message(k, kit_input_command(k), &m);
    if (!kit_expect_response(k, kit_input_command(k), sequence, &status))
        return false;
    if (status != WIRE_RINVSRCADR)
        return kit_fail(k, "expected ESME_RINVSRCADR, got %s (0x%x)", wire_status_name(status),
                        status);
    return kit_expect_alive(k);
}

static bool message_payload(struct kit *k)
{
    struct wire_message m;
    uint32_t sequence;
    uint32_t status;

    kit_fill_sms(k, &m, span_of_string("BANTUAN"));
    m.has_payload = true;
    sequence = kit_send_message(k, kit_input_command(k), &m);
    if (!kit_expect_response(k, kit_input_command(k), sequence, &status))
        return false;
    return status == WIRE_OK || kit_fail(k, "expected ESME_ROK, got 0x%x", status);
}

static bool data_sm(struct kit *k)
{
    struct wire_message m;
    uint32_t sequence;
    uint32_t status;

    kit_fill_sms(k, &m, span_of_string("BANTUAN"));
    sequence = kit_send_message(k, WIRE_DATA_SM, &m);
    if (!kit_expect_response(k, WIRE_DATA_SM, sequence, &status))
        return false;
    return kit_expect_alive(k);
}

static bool header_beyond_the_text(struct kit *k)
{
    struct wire_message m;
    uint32_t sequence;
    uint32_t status;

    kit_fill_sms(k, &m, span_of("\xff\0\3\7\2\1", 6));
    m.esm_class = WIRE_ESM_UDHI;
    sequence = kit_send_message(k, kit_input_command(k), &m);
    return kit_expect_response(k, kit_input_command(k), sequence, &status) && kit_expect_alive(k);
}

/* Parts 3, 1, 2 of one message: each is taken. */
static bool long_message(struct kit *k)
{
    static const char numbers[] = {3, 1, 2};

    for (int i = 0; i < 3; i++) {
        uint8_t text[20] = {5, 0, 3, 0x77, 3, (uint8_t)numbers[i], 'B', 'A', 'N'};
        struct wire_message m;
        uint32_t sequence;
        uint32_t status;

        kit_fill_sms(k, &m, span_of(text, 9));
        m.esm_class = WIRE_ESM_UDHI;
        sequence = kit_send_message(k, kit_input_command(k), &m);
        if (!kit_expect_response(k, kit_input_command(k), sequence, &status))
            return false;
        if (status != WIRE_OK)
            return kit_fail(k, "expected part %d to be taken, got 0x%x", numbers[i], status);
    }
    return true;
}

static bool receipt(struct kit *k)
{
    struct wire_message m;
    uint32_t sequence;
    uint32_t status;

    kit_fill_sms(k, &m,
                 span_of_string("id:1A2B sub:001 dlvrd:001 submit date:2611240000 done "
                                "date:2611240001 stat:DELIVRD err:000 text:x"));
    m.esm_class = WIRE_ESM_RECEIPT;
    m.message_state = 2;
    m.receipted_message_id = span_of_string("1A2B");
    sequence = kit_send_message(k, WIRE_DELIVER_SM, &m);
    if (!kit_expect_response(k, WIRE_DELIVER_SM, sequence, &status))
        return false;
    return status == WIRE_OK || kit_fail(k, "expected ESME_ROK, got 0x%x", status);
}

static bool fits_number(const struct kit_pdu *pdu, const void *what)
{
    return pdu->header.sequence_number == *(const uint32_t *)what;
}

/* deliver_sm_resp has one NUL behind the header (4.6.2); libsmpp34 refuses it without. */
static bool response_shape(struct kit *k)
{
    struct wire_message m;
    uint32_t sequence;
    struct kit_pdu *pdu;
    size_t size;

    kit_fill_sms(k, &m, span_of_string("BANTUAN"));
    sequence = kit_send_message(k, kit_input_command(k), &m);
    pdu = kit_take(k, fits_number, &sequence, kit_limit_ms(k));
    if (pdu == NULL)
        return kit_fail(k, "expected a response, none came");
    size = pdu->size;
    mem_free(pdu);
    if (k->role == KIT_CENTRE && size != WIRE_HEADER_BYTES + 1)
        return kit_fail(k, "expected a deliver_sm_resp of 17 octets, got %zu", size);
    if (k->role == KIT_PARTNER && size <= WIRE_HEADER_BYTES + 1)
        return kit_fail(k, "expected a message_id in submit_sm_resp, got %zu octets", size);
    return true;
}

/* All are answered: taken, or told to come again. */
static bool burst(struct kit *k)
{
    uint32_t first = 0;

    for (unsigned i = 0; i < BURST; i++) {
        struct wire_message m;
        uint32_t sequence;

        kit_next_phone(k);
        kit_fill_sms(k, &m, span_of_string("BANTUAN"));
        sequence = kit_send_message(k, kit_input_command(k), &m);
        first = i == 0 ? sequence : first;
    }
    for (uint32_t i = 0; i < BURST; i++) {
        uint32_t status;

        if (!kit_expect_response(k, kit_input_command(k), first + i, &status))
            return false;
        if (status != WIRE_OK && !is_busy(status))
            return kit_fail(k, "expected 0 or a busy status, got 0x%x", status);
    }
    return true;
}

const struct kit_case kit_message_cases[] = {
    {"message: a plain one is taken", KIT_BOTH, plain, NULL},
    {"message: the response has its body", KIT_BOTH, response_shape, NULL},
    {"message: text in message_payload", KIT_BOTH, message_payload, NULL},
    {"message: data_sm is answered", KIT_BOTH, data_sm, NULL},
    {"message: parts of a long one in any order", KIT_BOTH, long_message, NULL},
    {"message: an unknown TLV is ignored", KIT_BOTH, unknown_tlv, NULL},
    {"message: a TLV twice", KIT_BOTH, tlv_twice, NULL},
    {"message: a TLV's header is cut", KIT_BOTH, tlv_header_cut, NULL},
    {"message: a TLV's value is missing", KIT_BOTH, tlv_value_missing, NULL},
    {"message: a TLV goes beyond the PDU", KIT_BOTH, tlv_beyond_the_pdu, NULL},
    {"message: a thousand TLVs are answered", KIT_BOTH, many_tlvs, NULL},
    {"message: sm_length goes beyond the PDU", KIT_BOTH, sm_length_beyond_the_pdu, NULL},
    {"message: no string has an end", KIT_BOTH, no_end_of_string, NULL},
    {"message: the body is missing", KIT_BOTH, body_missing, NULL},
    {"message: a source_addr of 30 digits", KIT_BOTH, source_too_long, NULL},
    {"message: a user data header goes beyond the text", KIT_BOTH, header_beyond_the_text, NULL},
    {"message: a receipt for nothing we know is taken", KIT_CENTRE, receipt, NULL},
    {"message: two hundred at once are all answered", KIT_BOTH, burst, NULL},
    {NULL, 0, NULL, NULL},
};
