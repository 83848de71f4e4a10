/* dialect_decode(): from a centre's PDU to an input. */
#include "gateway/smpp/dialect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/map.h"
#include "gateway/smpp/dialect_body.h"
#include "gateway/smpp/dialect_knobs.h"
#include "gateway/smpp/udh.h"

enum {
    ADDRESS_OCTETS_MAX = 20,   /* of a submit_sm (4.4.1), by which replies go */
    SHORT_CODE_DIGITS_MAX = 8, /* a subscriber's number has more */
    /* Of an SMS the default alphabet, class 1 (TS 23.038 section 4); in USSD UCS-2 (section 5). */
    DCS_CLASS_1 = 0x11,
};

/* One PDU on its way to an input. */
struct reading {
    const struct dialect *d;
    const struct smpp_pdu *pdu;
    struct dialect_input *input;
    uint8_t data_coding;
    struct span text; /* octets, without a header */
    bool has_op;
    uint8_t op;
    bool has_end_bit;
};

/* ---- the fingerprint ---- */

static void hash_tlv(const struct smpp_pdu *pdu, uint16_t tag, uint64_t *hash)
{
    struct span value;

    if (smpp_tlv_find(pdu->tlvs, tag, &value))
        *hash = map_hash(value, *hash ^ tag);
}

/* Equal for every copy of a PDU that a centre sends again, whatever its sequence_number: the seed
 * is fixed, since gateways must agree, and each field is hashed by itself, so that octets cannot
 * move from one to the next unnoticed. */
static uint64_t fingerprint(const struct dialect *d, const struct smpp_pdu *pdu)
{
    const struct smpp_message *m = &pdu->message;
    const uint8_t octets[] = {m->source.ton,      m->source.npi, m->destination.ton,
                              m->destination.npi, m->esm_class,  m->data_coding};
    uint64_t hash = 0x576172756e672031; /* "Warung 1" */

    hash = map_hash(span_of(octets, sizeof(octets)), hash);
    hash = map_hash(m->source.digits, hash);
    hash = map_hash(m->destination.digits, hash);
    if (d->service_type_is_state)
        hash = map_hash(m->service_type, hash);
    hash_tlv(pdu, d->op_tag, &hash);
    hash_tlv(pdu, SMPP_TAG_ITS_SESSION_INFO, &hash);
    hash_tlv(pdu, SMPP_TAG_USER_MESSAGE_REFERENCE, &hash);
    if (d->session_source == DIALECT_SESSION_TLV)
        hash_tlv(pdu, d->session_tag, &hash);
    hash_tlv(pdu, SMPP_TAG_SAR_MSG_REF_NUM, &hash);
    hash_tlv(pdu, SMPP_TAG_SAR_TOTAL_SEGMENTS, &hash);
    hash_tlv(pdu, SMPP_TAG_SAR_SEGMENT_SEQNUM, &hash);
    return map_hash(smpp_message_text(pdu), hash);
}

/* ---- fields ---- */

static enum smpp_status read_op(struct reading *r)
{
    struct span value;

    r->has_op = r->d->op_tag != 0 && smpp_tlv_find(r->pdu->tlvs, r->d->op_tag, &value);
    if (!r->has_op)
        return ESME_ROK;
    if (value.size == 0 || value.size > 2 || (value.size == 2 && value.data[0] != 0))
        return ESME_RINVPARLEN;
    r->op = value.data[value.size - 1];
    return ESME_ROK;
}

static enum smpp_status read_session(struct reading *r)
{
    struct dialect_session *s = &r->input->session;
    uint16_t tag = dialect_session_tag(r->d);
    struct span info;

    if (tag == 0 || !smpp_tlv_find(r->pdu->tlvs, tag, &info))
        return ESME_ROK;
    if (r->d->session_octets != 0 && info.size != r->d->session_octets)
        return ESME_RINVPARLEN;
    if (!dialect_name_session(r->d, info, s))
        return ESME_RINVPARLEN;
    r->has_end_bit = r->d->session_source == DIALECT_SESSION_ITS && info.size == 2 &&
                     (r->d->end_bit & DIALECT_END_BIT_IN) != 0 &&
                     (s->token[1] & DIALECT_SESSION_END_BIT) != 0;
    return ESME_ROK;
}

static uint8_t tlv_u8(const struct smpp_pdu *pdu, uint16_t tag)
{
    struct span value;

    return smpp_tlv_find(pdu->tlvs, tag, &value) && value.size == 1 ? value.data[0] : 0;
}

/* sar_* parameters; numbers that make no part leave the message whole. */
static void read_sar_part(struct reading *r)
{
    struct dialect_part *p = &r->input->part;
    struct span reference;

    if (!smpp_tlv_find(r->pdu->tlvs, SMPP_TAG_SAR_MSG_REF_NUM, &reference) || reference.size != 2)
        return;
    p->total = tlv_u8(r->pdu, SMPP_TAG_SAR_TOTAL_SEGMENTS);
    p->number = tlv_u8(r->pdu, SMPP_TAG_SAR_SEGMENT_SEQNUM);
    p->reference = (uint16_t)(reference.data[0] << 8 | reference.data[1]);
    p->width = 16;
    if (p->total < 2 || p->number < 1 || p->number > p->total)
        memset(p, 0, sizeof(*p));
}

static bool is_report(const struct smpp_pdu *pdu)
{
    struct span unused;

    return (pdu->message.esm_class & SMPP_ESM_TYPE_MASK) != 0 ||
           smpp_tlv_find(pdu->tlvs, SMPP_TAG_MESSAGE_STATE, &unused) ||
           smpp_tlv_find(pdu->tlvs, SMPP_TAG_RECEIPTED_MESSAGE_ID, &unused);
}

/* A user data header that is longer than its message makes all of it unreadable, but for a report:
 * its text is receipt_read()'s. */
static enum smpp_status read_text(struct reading *r)
{
    struct span header;

    r->text = smpp_message_text(r->pdu);
    if ((r->pdu->message.esm_class & SMPP_ESM_UDHI) == 0) {
        read_sar_part(r);
        return ESME_ROK;
    }
    if (!udh_split(r->text, &header, &r->text))
        return is_report(r->pdu) ? ESME_ROK : ESME_RINVMSGLEN;
    if (!udh_find_part(header, &r->input->part))
        read_sar_part(r);
    return ESME_ROK;
}

/* A septet of 0 is an @, and what a text is filled up with: as a C string's end, or behind seven
 * septets packed. Nobody ends an answer so; a part but the last may end anywhere. */
static void drop_filling(const struct reading *r, char *text)
{
    size_t size = strlen(text);

    if (r->input->part.number < r->input->part.total || r->d->body == DIALECT_BODY_AT_CODE)
        return;
    while (size != 0 && text[size - 1] == '@')
        size--;
    text[size] = '\0';
    text_trim_end(text);
}

/* Some encoders of UTF-16 begin with it. */
static void drop_byte_order_mark(char *text)
{
    static const char mark[] = "\xEF\xBB\xBF";

    if (strncmp(text, mark, strlen(mark)) == 0)
        memmove(text, text + strlen(mark), strlen(text + strlen(mark)) + 1);
}

static void decode_text(struct reading *r, struct span octets, enum text_coding packing)
{
    enum text_coding coding = (enum text_coding)r->d->dcs_in[r->data_coding];

    if (coding == TEXT_GSM)
        coding = packing;
    if (r->input->part.total != 0)
        text_decode_part(coding, octets, r->input->text, sizeof(r->input->text));
    else
        text_decode(coding, octets, r->input->text, sizeof(r->input->text));
    if (coding == TEXT_GSM || coding == TEXT_GSM_PACKED)
        drop_filling(r, r->input->text);
    drop_byte_order_mark(r->input->text);
}

/* False when it does not fit, or holds something else than digits. */
static bool read_msisdn(struct span digits, char *msisdn)
{
    if (digits.size != 0 && digits.data[0] == '+')
        digits = span_of(digits.data + 1, digits.size - 1);
    if (digits.size == 0 || digits.size >= DIALECT_MSISDN_BYTES)
        return false;
    for (size_t i = 0; i < digits.size; i++)
        if (!isdigit(digits.data[i]))
            return false;
    memcpy(msisdn, digits.data, digits.size);
    msisdn[digits.size] = '\0';
    return true;
}

/* An address is printable ASCII: it may become text. */
static bool copy_address(struct span digits, char *address)
{
    if (digits.size >= DIALECT_CODE_BYTES)
        return false;
    for (size_t i = 0; i < digits.size; i++)
        if (digits.data[i] < ' ' || digits.data[i] > '~')
            return false;
    if (digits.size != 0)
        memcpy(address, digits.data, digits.size);
    address[digits.size] = '\0';
    return true;
}

/* Some centres leave the addresses of a receipt as those of its message were. */
static void name_reported(struct reading *r)
{
    char msisdn[DIALECT_MSISDN_BYTES];

    if (strlen(r->input->msisdn) <= SHORT_CODE_DIGITS_MAX &&
        read_msisdn(r->pdu->message.destination.digits, msisdn) &&
        strlen(msisdn) > SHORT_CODE_DIGITS_MAX)
        memcpy(r->input->msisdn, msisdn, sizeof(msisdn));
}

/* A receipt may come from anywhere; everything else is from a subscriber, and to be answered: a
 * data_sm has room for addresses that a reply has none for. */
static enum smpp_status read_addresses(struct reading *r)
{
    const struct smpp_message *m = &r->pdu->message;
    bool is_named = r->input->msisdn[0] != '\0' || read_msisdn(m->source.digits, r->input->msisdn);

    if (r->input->kind == DIALECT_RECEIPT)
        name_reported(r);
    else if (!is_named || strlen(r->input->msisdn) > ADDRESS_OCTETS_MAX)
        return ESME_RINVSRCADR;
    if (m->destination.digits.size > ADDRESS_OCTETS_MAX ||
        !copy_address(m->destination.digits, r->input->session.address))
        return ESME_RINVDSTADR;
    return ESME_ROK;
}

/* ---- the code ---- */

static bool is_dialled(const char *text)
{
    return text[0] == '*' || text[0] == '#';
}

/* "*384*2#" -> "*384#", "*#06#" -> "*#06#": the prefix, the digits behind it, one # at the end. */
static void cut_service_code(const char *dialled, char *code)
{
    size_t prefix = strspn(dialled, "*#");
    size_t size = prefix + strcspn(dialled + prefix, "*#");

    if (size > DIALECT_CODE_BYTES - 2)
        size = DIALECT_CODE_BYTES - 2;
    memcpy(code, dialled, size);
    if (is_dialled(dialled))
        code[size++] = '#';
    code[size] = '\0';
}

/* Some centres write an @ in front of the dialled string (a filler read as a character), or more
 * behind it; some write it into the destination alone. */
static void tidy_dialled(struct dialect_input *input)
{
    char *text = input->text, *end;

    if (text[0] == '@' && is_dialled(text + 1))
        memmove(text, text + 1, strlen(text));
    if (text[0] == '\0')
        text_copy(text, sizeof(input->text), input->session.address);
    end = is_dialled(text) ? strrchr(text, '#') : NULL;
    if (end != NULL && end != text)
        end[1] = '\0';
}

static bool is_code_in_text(const struct reading *r)
{
    if (r->input->kind != DIALECT_BEGIN)
        return false;
    return r->d->code_from == DIALECT_CODE_BEGIN_TEXT ||
           (r->d->code_from == DIALECT_CODE_AUTO && is_dialled(r->input->text));
}

static void find_code(struct reading *r)
{
    struct dialect_input *input = r->input;
    uint8_t octets[DIALECT_CODE_BYTES];
    struct span item;

    if (input->kind == DIALECT_BEGIN)
        tidy_dialled(input);
    if (r->d->code_from == DIALECT_CODE_FIXED) {
        text_copy(input->code, sizeof(input->code), r->d->code_fixed);
        return;
    }
    if (r->d->code_from == DIALECT_CODE_BODY &&
        body_item(r->text, r->d->code_item, octets, sizeof(octets), &item) &&
        copy_address(item, input->code))
        return;
    cut_service_code(is_code_in_text(r) ? input->text : input->session.address, input->code);
}

/* ---- the kind ---- */

static bool has_service_type(const struct dialect *d, const struct smpp_message *m)
{
    size_t size = strlen(d->service_type_in);
    bool is_open = size != 0 && d->service_type_in[size - 1] == '*';

    if (is_open)
        size--;
    if (size == 0 || m->service_type.size < size || (!is_open && m->service_type.size != size))
        return false;
    return strncasecmp((const char *)m->service_type.data, d->service_type_in, size) == 0;
}

static bool is_ussd(const struct reading *r)
{
    unsigned match = r->d->ussd_match;

    if (r->d->service_type_is_state)
        return r->pdu->message.service_type.size == 2;
    return ((match & DIALECT_MATCH_OP) != 0 && r->has_op) ||
           ((match & DIALECT_MATCH_SERVICE_TYPE) != 0 &&
            has_service_type(r->d, &r->pdu->message)) ||
           ((match & DIALECT_MATCH_CODE) != 0 && is_dialled(r->input->text));
}

/* Some centres take USSD on one of the two PDUs only. */
static bool is_right_pdu(const struct reading *r)
{
    bool is_data_sm = r->pdu->header.command_id == SMPP_DATA_SM;

    return r->d->pdu_in == DIALECT_PDU_EITHER ||
           is_data_sm == (r->d->pdu_in == DIALECT_PDU_DATA_SM);
}

static enum dialect_kind kind_by_text(const struct reading *r)
{
    return is_dialled(r->input->text) ? DIALECT_BEGIN : DIALECT_ANSWER;
}

/* A USSD PDU without the operation: with a message type or state it reports that the dialogue is
 * over. */
static enum dialect_kind kind_without_op(const struct reading *r)
{
    if (r->d->op_absent == DIALECT_ABSENT_ABORT || is_report(r->pdu) || r->input->text[0] == '\0')
        return DIALECT_ABORT;
    return kind_by_text(r);
}

static enum dialect_kind kind_of_op(const struct reading *r, enum dialect_op op)
{
    switch (op) {
    case DIALECT_OP_BEGIN:
        return DIALECT_BEGIN;
    case DIALECT_OP_ANSWER:
        return DIALECT_ANSWER;
    case DIALECT_OP_ANSWER_LAST:
        return DIALECT_ANSWER_LAST;
    case DIALECT_OP_NOTIFY_ACK:
        return DIALECT_NOTIFY_ACK;
    case DIALECT_OP_BY_TEXT:
        return kind_by_text(r);
    case DIALECT_OP_ABORT:
    case DIALECT_OP_TIMEOUT:
    case DIALECT_OP_ERROR:
        return DIALECT_ABORT;
    case DIALECT_OP_UNKNOWN:
        break;
    }
    return r->d->op_in_unknown == DIALECT_UNKNOWN_ABORT ? DIALECT_ABORT : DIALECT_ANSWER;
}

static enum smpp_status find_kind_by_op(struct reading *r)
{
    enum dialect_op op = (enum dialect_op)r->d->op_in[r->op];
    enum dialect_kind kind;

    if (!r->has_op) {
        r->input->kind = kind_without_op(r);
        return ESME_ROK;
    }
    if (op == DIALECT_OP_UNKNOWN && r->d->op_in_unknown == DIALECT_UNKNOWN_REJECT)
        return ESME_RINVOPTPARAMVAL;
    kind = kind_of_op(r, op);
    r->input->session.is_phase_1 = r->op == 0 && kind == DIALECT_BEGIN;
    /* The end bit closes whatever the operation says, but for the two that end by themselves. */
    if (r->has_end_bit && kind != DIALECT_NOTIFY_ACK && kind != DIALECT_ANSWER_LAST)
        kind = DIALECT_ABORT;
    r->input->kind = kind;
    return ESME_ROK;
}

/* First letter: Begin, Continue, End, Abort. Second: Request, Notify, A response, Free. */
static void find_kind_by_letters(struct reading *r)
{
    const uint8_t *letters = r->pdu->message.service_type.data;
    char first = (char)toupper(letters[0]), second = (char)toupper(letters[1]);

    if (first == 'A' || second == 'F')
        r->input->kind = DIALECT_ABORT;
    else if (first == 'B')
        r->input->kind = DIALECT_BEGIN;
    else if (first == 'E')
        r->input->kind = second == 'A' ? DIALECT_ANSWER_LAST : DIALECT_ABORT;
    else
        r->input->kind = DIALECT_ANSWER;
}

/* Everything is in the body: the operation around it says no more. */
static enum smpp_status read_pipe_body(struct reading *r)
{
    enum { REQUEST = 1, CLEAN_UP = 2 };
    uint8_t octets[DIALECT_TEXT_BYTES];
    unsigned type = body_type(r->text);
    struct span item;
    bool is_new;

    if (type != REQUEST && type != CLEAN_UP)
        return ESME_RX_R_APPN;
    if (r->d->msisdn_item != 0 &&
        body_item(r->text, r->d->msisdn_item, octets, sizeof(octets), &item) &&
        !read_msisdn(item, r->input->msisdn))
        return ESME_RINVSRCADR;
    if (r->d->session_source == DIALECT_SESSION_BODY &&
        body_item(r->text, r->d->session_tag, octets, sizeof(octets), &item) &&
        !dialect_name_session(r->d, item, &r->input->session))
        return ESME_RX_R_APPN;
    is_new = body_item(r->text, BODY_IS_NEW, octets, sizeof(octets), &item) && item.size == 1 &&
             octets[0] == '1';
    r->input->text[0] = '\0';
    if (body_item(r->text, BODY_INPUT, octets, sizeof(octets), &item))
        decode_text(r, item, r->d->packing);
    r->input->kind = type == CLEAN_UP ? DIALECT_ABORT : is_new ? DIALECT_BEGIN : DIALECT_ANSWER;
    return ESME_ROK;
}

/* "@*384#@..." begins and names the code; "@384@1" answers. */
static void read_at_code_body(struct reading *r)
{
    char *text = r->input->text;
    struct span code, rest;

    if (!body_split_at_code(span_of_string(text), &code, &rest))
        return;
    if (r->input->kind == DIALECT_BEGIN && rest.size == 0)
        rest = code;
    memmove(text, rest.data, rest.size);
    text[rest.size] = '\0';
}

static enum smpp_status find_ussd_kind(struct reading *r)
{
    enum smpp_status status;

    if (!is_right_pdu(r))
        return ESME_RINVSERTYP;
    if (r->d->body == DIALECT_BODY_PIPE_BASE64)
        return read_pipe_body(r);
    if (r->d->service_type_is_state) {
        find_kind_by_letters(r);
        return ESME_ROK;
    }
    status = find_kind_by_op(r);
    if (status == ESME_ROK && r->d->body == DIALECT_BODY_AT_CODE)
        read_at_code_body(r);
    return status;
}

static enum dialect_kind find_plain_kind(const struct reading *r)
{
    if ((r->pdu->message.esm_class & SMPP_ESM_TYPE_MASK) == SMPP_ESM_CONVERSATION_ABORT)
        return DIALECT_ABORT;
    if (is_report(r->pdu) || (r->d->receipt_by_text && receipt_is_text(r->text)))
        return DIALECT_RECEIPT;
    return DIALECT_SMS;
}

/* Where it is not written as a text in USSD is: packed there, it has a septet an octet here. */
static void decode_text_of_sms(struct reading *r)
{
    bool is_packed = r->d->packing == TEXT_GSM_PACKED;
    bool is_class_1 = r->data_coding == DCS_CLASS_1 && r->d->dcs_in[DCS_CLASS_1] == TEXT_UCS2;

    if (is_class_1)
        r->data_coding = 0;
    if (is_packed || is_class_1)
        decode_text(r, r->text, is_packed ? TEXT_GSM : r->d->packing);
}

static enum smpp_status find_kind(struct reading *r)
{
    if (is_ussd(r) &&
        (r->has_op || r->d->service_type_is_state || r->d->op_absent != DIALECT_ABSENT_SMS))
        return find_ussd_kind(r);
    r->input->kind = find_plain_kind(r);
    decode_text_of_sms(r);
    return ESME_ROK;
}

enum smpp_status dialect_decode(const struct dialect *d, const struct smpp_pdu *pdu,
                                struct dialect_input *input)
{
    struct reading r = {
        .d = d, .pdu = pdu, .input = input, .data_coding = pdu->message.data_coding};
    enum smpp_status status;

    memset(&input->session, 0, sizeof(input->session));
    memset(&input->part, 0, sizeof(input->part));
    input->msisdn[0] = '\0';
    input->is_answer_only = false;
    input->fingerprint = fingerprint(d, pdu);
    if ((status = read_op(&r)) != ESME_ROK || (status = read_session(&r)) != ESME_ROK ||
        (status = read_text(&r)) != ESME_ROK)
        return status;
    decode_text(&r, r.text, d->packing);
    if ((status = find_kind(&r)) != ESME_ROK || (status = read_addresses(&r)) != ESME_ROK)
        return status;
    find_code(&r);
    return ESME_ROK;
}
