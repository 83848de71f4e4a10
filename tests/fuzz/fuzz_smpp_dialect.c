/*
 * Any message PDU in any dialect: refused, or an input whose texts are sound; the same input again
 * under another sequence_number has the same fingerprint; and the reply to it is a PDU that
 * decodes.
 */
#include "base/mem.h"
#include "gateway/smpp/dialect.h"
#include "gateway/smpp/presets.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PDU_BYTES = 8192 };

static const struct dialect *pick_dialect(uint8_t octet)
{
    size_t count = 0;

    while (preset_at(count) != NULL)
        count++;
    return preset_at(octet % count);
}

static void check_reply(const struct dialect *d, const struct dialect_input *input, uint8_t choice)
{
    struct dialect_reply reply = {
        .kind = (enum dialect_reply_kind)(choice % (DIALECT_ABORT_ACK + 1)),
        .msisdn = input->msisdn,
        .code = input->code,
        .text = input->text,
        .session = input->session,
        .network_initiated = choice >= 0x80,
    };
    uint8_t octets[PDU_BYTES];
    struct smpp_pdu pdu;
    struct writer w;

    reply.session.unit = choice & 0x7F;
    writer_init(&w, octets, sizeof(octets));
    if (dialect_encode(d, &reply, 1, &w))
        assert(smpp_pdu_decode(writer_span(&w), &pdu) == ESME_ROK);
}

static void check_sms(const struct dialect *d, const struct dialect_input *input)
{
    struct dialect_sms sms = {.source = input->code,
                              .msisdn = input->msisdn,
                              .text = input->text,
                              .reference = 7,
                              .validity_s = (uint32_t)input->fingerprint,
                              .now_ms = (int64_t)(input->fingerprint >> 20)};
    unsigned count = dialect_sms_parts(d, input->text);
    uint8_t octets[PDU_BYTES];
    struct smpp_pdu pdu;
    struct writer w;

    assert(count <= DIALECT_SMS_PARTS_MAX);
    for (unsigned i = 0; i <= count; i++) {
        writer_init(&w, octets, sizeof(octets));
        if (dialect_encode_sms_part(d, &sms, i, 1, &w))
            assert(i < count && smpp_pdu_decode(writer_span(&w), &pdu) == ESME_ROK);
        else
            assert(writer_size(&w) == 0);
    }
}

static void check_receipt(const struct smpp_pdu *pdu)
{
    char keys[RECEIPT_KEYS_MAX][RECEIPT_ID_BYTES];
    struct receipt r;

    if (!receipt_read(pdu, &r))
        return;
    assert(strlen(r.id) < RECEIPT_ID_BYTES);
    for (unsigned i = 0; i < receipt_keys(RECEIPT_IDS_AUTO, RECEIPT_ID_FROM_DLR, r.id, keys); i++)
        assert(strlen(keys[i]) < RECEIPT_ID_BYTES && keys[i][0] != '\0');
}

static void check_input(const struct dialect *d, const struct smpp_pdu *pdu, uint8_t choice)
{
    struct dialect_input *input = mem_alloc(2 * sizeof(*input)), *again = input + 1;
    struct smpp_pdu copy = *pdu;

    memset(input, 0xA5, 2 * sizeof(*input));
    copy.header.sequence_number++;
    if (dialect_decode(d, pdu, input) == ESME_ROK) {
        assert(dialect_decode(d, &copy, again) == ESME_ROK);
        assert(input->fingerprint == again->fingerprint && input->kind == again->kind);
        assert(strlen(input->msisdn) < DIALECT_MSISDN_BYTES);
        assert(strlen(input->code) < DIALECT_CODE_BYTES);
        assert(strlen(input->session.address) < DIALECT_CODE_BYTES);
        assert(text_is_utf8(input->text) && strlen(input->text) < DIALECT_TEXT_BYTES);
        assert(input->session.size <= DIALECT_SESSION_BYTES);
        check_reply(d, input, choice);
        check_sms(d, input);
    }
    mem_free(input);
}

/* Dialect, kind of PDU, choice of reply, body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t kinds[] = {SMPP_DELIVER_SM, SMPP_DATA_SM, SMPP_SUBMIT_SM};
    struct smpp_pdu pdu;
    struct writer w;
    uint8_t *frame;

    if (size < 3 || size > 70000)
        return 0;
    frame = mem_alloc(SMPP_HEADER_BYTES + size - 3);
    writer_init(&w, frame, SMPP_HEADER_BYTES + size - 3);
    writer_u32(&w, (uint32_t)(SMPP_HEADER_BYTES + size - 3));
    writer_u32(&w, kinds[data[1] % 3]);
    writer_u32(&w, 0);
    writer_u32(&w, 1);
    writer_bytes(&w, data + 3, size - 3);
    if (smpp_pdu_decode(writer_span(&w), &pdu) == ESME_ROK) {
        check_input(pick_dialect(data[0]), &pdu, data[2]);
        check_receipt(&pdu);
    }
    mem_free(frame);
    return 0;
}
