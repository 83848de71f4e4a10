/* dialect_encode_sms_part(): plain SMS, cut into parts where they are too long for one. */
#include "gateway/smpp/dialect.h"

#include <string.h>

#include "gateway/smpp/dialect_knobs.h"
#include "gateway/smpp/smpp_time.h"
#include "gateway/smpp/udh.h"

enum {
    SMS_OCTETS = 140,
    PAYLOAD_OCTETS_MAX = 4 * DIALECT_TEXT_BYTES,
    TON_ALPHANUMERIC = 5,
};

/* How a text goes out. */
struct plan {
    enum text_coding coding;
    uint8_t data_coding;
    bool is_whole;     /* one PDU */
    bool is_payload;   /* too long for short_message */
    unsigned per_part; /* units; of a whole text: all */
};

/* Units that fit into 140 octets behind a header. */
static unsigned units_behind(const struct dialect *d, bool is_ucs2)
{
    unsigned header = d->sms_parts == DIALECT_PARTS_UDH16 ? UDH_BYTES_16 : UDH_BYTES_8;

    return is_ucs2 ? (SMS_OCTETS - header) / 2 : (SMS_OCTETS - header) * 8 / 7;
}

/* GSM when it allows, else UCS-2; false when neither. Septets are packed in USSD only: an SMS tells
 * their number by its length. */
static bool make_plan(const struct dialect *d, const char *text, struct plan *plan)
{
    enum text_coding coding = d->packing == TEXT_GSM_PACKED ? TEXT_GSM : d->packing;
    size_t units;
    bool is_ucs2 = !text_units(coding, text, &units);

    if (is_ucs2 && (d->dcs_ucs2 == DIALECT_NONE || !text_units(TEXT_UCS2, text, &units)))
        return false;
    plan->coding = is_ucs2 ? TEXT_UCS2 : coding;
    plan->data_coding = (uint8_t)(is_ucs2 ? d->dcs_ucs2 : d->dcs_gsm);
    plan->is_payload = units > (is_ucs2 ? SMS_OCTETS / 2 : SMS_OCTETS * 8 / 7) &&
                       d->sms_parts == DIALECT_PARTS_PAYLOAD;
    plan->is_whole = units <= (is_ucs2 ? SMS_OCTETS / 2 : SMS_OCTETS * 8 / 7) || plan->is_payload;
    plan->per_part = plan->is_whole ? (unsigned)units : units_behind(d, is_ucs2);
    return true;
}

/* Finds piece `index` of the text; returns how many there are. */
static unsigned cut(const struct plan *plan, const char *text, unsigned index, struct span *piece)
{
    unsigned count = 0;

    *piece = span_of(text, 0);
    do {
        size_t size = text_prefix(plan->coding, text, plan->per_part);

        if (count == index)
            *piece = span_of(text, size);
        text += size;
        count++;
    } while (*text != '\0' && count <= DIALECT_SMS_PARTS_MAX);
    return count;
}

unsigned dialect_sms_parts(const struct dialect *d, const char *text)
{
    struct span unused;
    struct plan plan;
    unsigned count;

    if (!make_plan(d, text, &plan) || strlen(text) >= DIALECT_TEXT_BYTES)
        return 0;
    count = plan.is_whole ? 1 : cut(&plan, text, 0, &unused);
    return count <= DIALECT_SMS_PARTS_MAX ? count : 0;
}

static bool encode_piece(const struct plan *plan, struct span piece, struct writer *w)
{
    char text[DIALECT_TEXT_BYTES];

    if (piece.size >= sizeof(text))
        return false;
    memcpy(text, piece.data, piece.size);
    text[piece.size] = '\0';
    return text_encode(plan->coding, text, w);
}

static void set_addresses(const struct dialect *d, const struct dialect_sms *sms,
                          struct smpp_message *m)
{
    bool is_number = sms->source[strspn(sms->source, "+0123456789")] == '\0';

    m->source =
        (struct smpp_address){d->source_type.ton, d->source_type.npi, span_of_string(sms->source)};
    if (!is_number) {
        m->source.ton = TON_ALPHANUMERIC;
        m->source.npi = 0;
    }
    m->destination = (struct smpp_address){d->destination_type.ton, d->destination_type.npi,
                                           span_of_string(sms->msisdn)};
}

/* `text` holds it as long as the message is in use. */
static void set_validity(const struct dialect *d, const struct dialect_sms *sms,
                         char text[SMPP_TIME_BYTES], struct smpp_message *m)
{
    if (sms->validity_s == 0 || d->validity == DIALECT_VALIDITY_NONE)
        return;
    if (d->validity == DIALECT_VALIDITY_ABSOLUTE)
        smpp_time_write_absolute(sms->now_ms + (int64_t)sms->validity_s * 1000, text);
    else
        smpp_time_write_relative(sms->validity_s, text);
    m->validity_period = span_of_string(text);
}

static void write_sar(struct writer *tlvs, const struct dialect_part *part)
{
    smpp_tlv_write_u16(tlvs, SMPP_TAG_SAR_MSG_REF_NUM, part->reference);
    smpp_tlv_write_u8(tlvs, SMPP_TAG_SAR_TOTAL_SEGMENTS, part->total);
    smpp_tlv_write_u8(tlvs, SMPP_TAG_SAR_SEGMENT_SEQNUM, part->number);
}

bool dialect_encode_sms_part(const struct dialect *d, const struct dialect_sms *sms, unsigned index,
                             uint32_t sequence_number, struct writer *w)
{
    uint8_t octets[PAYLOAD_OCTETS_MAX], tlv_octets[PAYLOAD_OCTETS_MAX + 16];
    struct smpp_message m = {.registered_delivery = sms->registered_delivery};
    struct dialect_part part = {.reference = sms->reference,
                                .width = d->sms_parts == DIALECT_PARTS_UDH8 ? 8 : 16,
                                .number = (uint8_t)(index + 1)};
    unsigned count = dialect_sms_parts(d, sms->text);
    char validity[SMPP_TIME_BYTES];
    struct writer text, tlvs;
    struct span piece;
    struct plan plan;

    if (index >= count || !make_plan(d, sms->text, &plan))
        return false;
    writer_init(&text, octets, sizeof(octets));
    writer_init(&tlvs, tlv_octets, sizeof(tlv_octets));
    cut(&plan, sms->text, index, &piece);
    part.total = (uint8_t)count;
    if (!plan.is_whole && d->sms_parts == DIALECT_PARTS_SAR) {
        write_sar(&tlvs, &part);
    } else if (!plan.is_whole) {
        m.esm_class = SMPP_ESM_UDHI;
        udh_write_part(&text, &part);
    }
    if (!encode_piece(&plan, piece, &text))
        return false;
    m.data_coding = plan.data_coding;
    set_addresses(d, sms, &m);
    set_validity(d, sms, validity, &m);
    if (plan.is_payload)
        smpp_tlv_write(&tlvs, SMPP_TAG_MESSAGE_PAYLOAD, writer_span(&text));
    else
        m.short_message = writer_span(&text);
    return smpp_message_encode(w, SMPP_SUBMIT_SM, sequence_number, &m, writer_span(&tlvs));
}
