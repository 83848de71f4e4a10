#include "gateway/smpp/line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "gateway/smpp/pdu.h"

enum { NUMBER_DIGITS_MIN = 7, VALUE_BYTES = 72 };

struct line {
    char *text;
    size_t size;
};

static void add(struct line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct line *l, const char *format, ...)
{
    size_t left = SMPP_LINE_BYTES - l->size;
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(l->text + l->size, left, format, args);
    va_end(args);
    l->size += (size_t)size < left ? (size_t)size : left - 1;
}

/* What a peer sends as a name goes to a terminal: nothing but visible ASCII may pass. */
static void copy_visible(char value[VALUE_BYTES], struct span s)
{
    size_t size = s.size < VALUE_BYTES - 1 ? s.size : VALUE_BYTES - 1;

    for (size_t i = 0; i < size; i++)
        value[i] = s.data[i] > ' ' && s.data[i] < 0x7F ? (char)s.data[i] : '.';
    value[size] = '\0';
}

static void add_name(struct line *l, const char *key, struct span s)
{
    char value[VALUE_BYTES];

    if (s.size == 0)
        return;
    copy_visible(value, s);
    add(l, " %s=%s", key, value);
}

/* "*384*2*1871994101809999#" -> "*384*": answers may follow the code. */
static void cut_dialled(char *value)
{
    char *behind_code = strpbrk(value + 1, "*#");

    if (behind_code != NULL)
        behind_code[1] = '\0';
}

static unsigned count_digits(const char *value)
{
    unsigned count = 0;

    for (; *value != '\0'; value++)
        count += *value >= '0' && *value <= '9';
    return count;
}

static void add_address(struct line *l, const char *key, const struct smpp_address *a)
{
    char value[VALUE_BYTES], masked[VALUE_BYTES];
    size_t plus;

    if (a->digits.size == 0)
        return;
    copy_visible(value, a->digits);
    cut_dialled(value);
    plus = value[0] == '+';
    if (count_digits(value) >= NUMBER_DIGITS_MIN) {
        log_mask_msisdn(value + plus, masked, sizeof(masked));
        text_copy(value, sizeof(value), masked);
    }
    add(l, " %s=%s", key, value);
}

static void add_hex(struct line *l, const char *key, struct span s)
{
    enum { OCTETS_MAX = 8 };

    add(l, " %s=", key);
    for (size_t i = 0; i < s.size && i < OCTETS_MAX; i++)
        add(l, "%02x", s.data[i]);
    if (s.size > OCTETS_MAX)
        add(l, "...");
}

/* Those whose value is no one's secret; of the others only that they are there. */
static void add_tlvs(struct line *l, struct span tlvs)
{
    static const struct {
        uint16_t tag;
        const char *key;
    } shown[] = {
        {SMPP_TAG_USSD_SERVICE_OP, "op"},
        {SMPP_TAG_ITS_SESSION_INFO, "session"},
        {SMPP_TAG_USER_MESSAGE_REFERENCE, "reference"},
        {SMPP_TAG_SAR_MSG_REF_NUM, "sar_ref"},
        {SMPP_TAG_SAR_TOTAL_SEGMENTS, "sar_total"},
        {SMPP_TAG_SAR_SEGMENT_SEQNUM, "sar_part"},
        {SMPP_TAG_MESSAGE_STATE, "state"},
        {SMPP_TAG_NETWORK_ERROR_CODE, "network_error"},
        {SMPP_TAG_SC_INTERFACE_VERSION, "version"},
    };
    struct smpp_tlv tlv;

    while (smpp_tlv_next(&tlvs, &tlv)) {
        const char *key = NULL;

        for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
            if (shown[i].tag == tlv.tag)
                key = shown[i].key;
        if (key != NULL)
            add_hex(l, key, tlv.value);
        else if (tlv.tag == SMPP_TAG_RECEIPTED_MESSAGE_ID)
            add_name(l, "receipted", tlv.value);
        else
            add(l, " %04x:%zu", tlv.tag, tlv.value.size);
    }
}

static void add_message(struct line *l, const struct smpp_pdu *pdu)
{
    const struct smpp_message *m = &pdu->message;

    add_name(l, "service_type", m->service_type);
    add_address(l, "source", &m->source);
    add_address(l, "destination", &m->destination);
    if (m->esm_class != 0)
        add(l, " esm_class=%02x", m->esm_class);
    if (m->registered_delivery != 0)
        add(l, " registered_delivery=%02x", m->registered_delivery);
    add(l, " dcs=%u octets=%zu", m->data_coding, smpp_message_text(pdu).size);
}

static void add_body(struct line *l, const struct smpp_pdu *pdu)
{
    switch (pdu->header.command_id) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
    case SMPP_OUTBIND:
        add_name(l, "system_id", pdu->bind.system_id);
        add_name(l, "system_type", pdu->bind.system_type);
        break;
    case SMPP_BIND_RECEIVER_RESP:
    case SMPP_BIND_TRANSMITTER_RESP:
    case SMPP_BIND_TRANSCEIVER_RESP:
        add_name(l, "system_id", pdu->system_id);
        break;
    case SMPP_SUBMIT_SM:
    case SMPP_DELIVER_SM:
    case SMPP_DATA_SM:
        add_message(l, pdu);
        break;
    case SMPP_ALERT_NOTIFICATION:
        add_address(l, "source", &pdu->message.source);
        break;
    case SMPP_SUBMIT_SM_RESP:
    case SMPP_DATA_SM_RESP:
        add_name(l, "message_id", pdu->message_id);
        break;
    case SMPP_QUERY_SM:
    case SMPP_QUERY_SM_RESP:
    case SMPP_CANCEL_SM:
    case SMPP_REPLACE_SM:
        add_name(l, "message_id", pdu->query.message_id);
        break;
    default:
        break;
    }
    add_tlvs(l, pdu->tlvs);
}

void smpp_line_format(struct span frame, char line[SMPP_LINE_BYTES])
{
    struct line l = {.text = line};
    struct smpp_pdu pdu;
    enum smpp_status status = smpp_pdu_decode(frame, &pdu);
    const struct smpp_header *h = &pdu.header;

    add(&l, "%s seq=%" PRIu32, smpp_command_name(h->command_id), h->sequence_number);
    if (!smpp_command_is_known(h->command_id))
        add(&l, " command_id=%08" PRIx32, h->command_id);
    if ((h->command_id & SMPP_RESPONSE_BIT) != 0) {
        add(&l, " status=%s", smpp_status_name(h->command_status));
        if (strncmp(smpp_status_name(h->command_status), "ESME_R", 6) != 0)
            add(&l, "(%08" PRIx32 ")", h->command_status);
    }
    if (status == ESME_ROK)
        add_body(&l, &pdu);
    else
        add(&l, " malformed=%s pdu_octets=%zu", smpp_status_name(status), frame.size);
}
