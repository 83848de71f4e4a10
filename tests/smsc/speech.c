#include "tests/smsc/speech.h"

#include "tests/smsc/base64.h"

#include <stdio.h>
#include <string.h>

enum {
    END_BIT = 1,
    OP_NOTICE = 3,
    OP_ABORT_HEARD = 0x32,
    OP_NOTICE_ACK = 19,
    BODY_MSISDN = 100,
    BODY_INPUT = 109,
    BODY_SESSION = 110,
    BODY_CODE = 115,
    BODY_STATUS = 116,
    BODY_GOES_ON = 117,
    BODY_TEXT = 121,
    BODY_IS_NEW = 123,
    BODY_VALUE_BYTES = 512,
};

/* A row a dialect. */
static const struct speech speeches[] = {
    {"spec34", "USSD", SPEECH_SESSION_ITS_UNITS, 1, 18, WIRE_NONE, 2, .ucs2_coding = 8},
    {"tata", "USSD", SPEECH_SESSION_ITS_15, 1, 18, 17, 2, .ucs2_coding = 8},
    {"mica", "", SPEECH_SESSION_UMR, 1, 18, 0x81, 2, .ucs2_coding = 8},
    {"sixdee", "USSD", SPEECH_SESSION_ITS_15, 1, 18, 0x81, 2, .ucs2_coding = 8},
    {"smppplus", "USSD", SPEECH_SESSION_UMR, 1, 18, 129, 2, .ucs2_coding = 8},
    {"datasm", "USSD", SPEECH_SESSION_ITS_UNITS, 1, 18, 65, 2, .is_data_sm = true,
     .ucs2_coding = 8},
    {"digitalpulse", "USSD", SPEECH_SESSION_ITS_16, 1, 18, 129, 2, .ucs2_coding = 8},
    {"fdp", "USSD", SPEECH_SESSION_ITS_16, 1, 18, 5, 2, .ucs2_coding = 8},
    {"smpp4j", "USSD", SPEECH_SESSION_ITS_UNITS, 1, 18, WIRE_NONE, 2, .is_ascii = true},
    {"scripts", "USSD", SPEECH_SESSION_UMR, 1, 1, 33, 2, .ucs2_coding = 8,
     .abort_heard = OP_ABORT_HEARD},
    {"comviva", "USSD", SPEECH_SESSION_BODY, 1, 1, 1, 2, .has_body = true},
    {"p2", "P2", SPEECH_SESSION_NONE, 1, 18, 129, 2, .is_ascii = true, .data_coding = 0x0F},
    {"tlv1501", "USSD", SPEECH_SESSION_TLV, 1, 18, 129, 2, .ucs2_coding = 0x48},
    {"bare", "", SPEECH_SESSION_NONE, 1, 18, 129, 2, .ucs2_coding = 8},
    {"letters", "", SPEECH_SESSION_NONE, WIRE_NONE, WIRE_NONE, WIRE_NONE, WIRE_NONE,
     .has_letters = true, .is_ascii = true, .data_coding = 4},
    {"smppsim", "", SPEECH_SESSION_UMR, 1, 18, 129, 2, .has_wide_op = true, .destination = "555",
     .ucs2_coding = 8},
};

const struct speech *speech_at(size_t index)
{
    return index < sizeof(speeches) / sizeof(speeches[0]) ? &speeches[index] : NULL;
}

const struct speech *speech_find(const char *name)
{
    const struct speech *s;

    for (size_t i = 0; (s = speech_at(i)) != NULL; i++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

/* ---- what the subscriber does ---- */

static int op_of(const struct speech *s, enum speech_act act)
{
    switch (act) {
    case SPEECH_BEGIN:
        return s->begin;
    case SPEECH_ANSWER:
        return s->answer;
    case SPEECH_HANG_UP:
        return s->hang_up != WIRE_NONE ? s->hang_up : s->answer;
    case SPEECH_NOTIFY_ACK:
        return s->has_letters ? WIRE_NONE : OP_NOTICE_ACK;
    }
    return WIRE_NONE;
}

/* First letter: B begin, C continue, E end, A abort. Second: R request, A response, F release. */
static const char *letters_of(enum speech_act act)
{
    switch (act) {
    case SPEECH_BEGIN:
        return "BR";
    case SPEECH_ANSWER:
        return "CA";
    case SPEECH_HANG_UP:
        return "AR";
    case SPEECH_NOTIFY_ACK:
        return "EA";
    }
    return "";
}

static void write_session(const struct speech *s, const struct speech_input *in,
                          struct writer *tlvs, struct wire_message *m)
{
    /* Where hanging up has an operation of its own, the end bit need not say it again. */
    int end = (in->act == SPEECH_HANG_UP && s->hang_up == WIRE_NONE) || in->act == SPEECH_NOTIFY_ACK
                  ? END_BIT
                  : 0;

    switch (s->session) {
    case SPEECH_SESSION_ITS_UNITS:
        m->its_session_info = (in->session & 0xFF) << 8 | (in->unit & ~END_BIT) | end;
        break;
    case SPEECH_SESSION_ITS_15:
        m->its_session_info = (in->session << 1 & 0xFFFE) | end;
        break;
    case SPEECH_SESSION_ITS_16:
        m->its_session_info = in->session;
        break;
    case SPEECH_SESSION_UMR:
        m->user_message_reference = in->session;
        break;
    case SPEECH_SESSION_TLV:
        writer_u16(tlvs, WIRE_TLV_VENDOR_SESSION);
        writer_u16(tlvs, 4);
        writer_u32(tlvs, in->session);
        break;
    case SPEECH_SESSION_NONE:
    case SPEECH_SESSION_BODY:
        break;
    }
}

static void write_item(struct writer *w, unsigned id, const void *value, size_t size)
{
    char number[8];

    snprintf(number, sizeof(number), "|%u:", id);
    writer_bytes(w, number, strlen(number));
    base64_encode(w, span_of(value, size));
}

static void write_body(const struct speech_input *in, struct writer *w)
{
    char session[8];
    char code[32];
    char text[BODY_VALUE_BYTES];
    size_t size = alphabet_decode(ALPHABET_GSM, in->gsm, text, sizeof(text));

    snprintf(session, sizeof(session), "%u", in->session);
    snprintf(code, sizeof(code), "*%s#", in->code);
    writer_u8(w, in->act == SPEECH_HANG_UP ? '2' : '1');
    write_item(w, BODY_MSISDN, in->msisdn, strlen(in->msisdn));
    if (in->act == SPEECH_HANG_UP) {
        write_item(w, BODY_SESSION, session, strlen(session));
        write_item(w, BODY_STATUS, "5", 1);
        return;
    }
    write_item(w, BODY_INPUT, text, size);
    write_item(w, BODY_SESSION, session, strlen(session));
    write_item(w, BODY_CODE, code, strlen(code));
    if (in->act == SPEECH_BEGIN)
        write_item(w, BODY_IS_NEW, "1", 1);
}

static bool write_text(const struct speech *s, const struct speech_input *in, struct writer *w,
                       struct wire_message *m)
{
    char text[SPEECH_TEXT_BYTES];

    m->data_coding = s->data_coding;
    if (s->has_body) {
        write_body(in, w);
        m->text = writer_span(w);
        return !w->failed && in->ucs2.size == 0;
    }
    if (in->ucs2.size != 0) {
        m->data_coding = s->ucs2_coding;
        m->text = in->ucs2;
        return s->ucs2_coding != 0;
    }
    m->text = in->gsm;
    if (!s->is_ascii)
        return true;
    writer_bytes(w, text, alphabet_decode(ALPHABET_GSM, in->gsm, text, sizeof(text)));
    m->text = writer_span(w);
    for (size_t i = 0; i < m->text.size; i++)
        if (m->text.data[i] >= 0x80)
            return false;
    return !w->failed;
}

bool speech_write(const struct speech *s, const struct speech_input *input,
                  struct speech_room *room, struct wire_message *m)
{
    struct writer text, tlvs;
    int op = op_of(s, input->act);

    writer_init(&text, room->text, sizeof(room->text));
    writer_init(&tlvs, room->tlvs, sizeof(room->tlvs));
    wire_message_init(m);
    m->service_type = span_of_string(s->has_letters ? letters_of(input->act) : s->service_type);
    m->source = (struct wire_address){1, 1, span_of_string(input->msisdn)};
    m->destination = (struct wire_address){
        0, 1, span_of_string(s->destination != NULL ? s->destination : input->code)};
    m->has_payload = input->by_payload || s->is_data_sm;
    write_session(s, input, &tlvs, m);
    if (s->has_wide_op && op != WIRE_NONE) {
        writer_u16(&tlvs, WIRE_TLV_USSD_SERVICE_OP);
        writer_u16(&tlvs, 2);
        writer_u16(&tlvs, (uint16_t)op);
    } else
        m->ussd_service_op = op;
    m->extra_tlvs = writer_span(&tlvs);
    if (!write_text(s, input, &text, m))
        return false;
    m->has_payload |= m->text.size > WIRE_SHORT_BYTES_MAX;
    return true;
}

/* ---- what the gateway says ---- */

/* The value of one item of a body, decoded into the writer; false when there is none. */
static bool read_item(struct span body, unsigned id, struct writer *w)
{
    char prefix[8];
    size_t size;

    snprintf(prefix, sizeof(prefix), "|%u:", id);
    size = strlen(prefix);
    for (size_t at = 0; at + size <= body.size; at++)
        if (memcmp(body.data + at, prefix, size) == 0) {
            base64_decode(w, span_of(body.data + at + size, body.size - at - size));
            return true;
        }
    return false;
}

static void read_body(const struct wire_message *m, struct speech_room *room,
                      struct speech_output *out)
{
    char session[16] = "";
    char state[8] = "";
    struct writer w;
    unsigned number;

    writer_init(&w, session, sizeof(session) - 1);
    read_item(m->text, BODY_SESSION, &w);
    writer_init(&w, state, sizeof(state) - 1);
    read_item(m->text, BODY_GOES_ON, &w);
    out->has_session = sscanf(session, "%u", &number) == 1;
    out->session = out->has_session ? (uint16_t)number : 0;
    writer_init(&w, room->text, sizeof(room->text));
    read_item(m->text, BODY_TEXT, &w);
    out->text = writer_span(&w);
    out->alphabet = ALPHABET_UTF8;
    out->kind = strcmp(state, "FC") == 0 ? SPEECH_ASK : SPEECH_END;
}

static void read_session(const struct speech *s, const struct wire_message *m,
                         struct speech_output *out)
{
    switch (s->session) {
    case SPEECH_SESSION_ITS_UNITS:
        out->has_session = m->its_session_info != WIRE_NONE && m->its_session_info >> 8 != 0;
        out->session = (uint16_t)(m->its_session_info >> 8);
        out->unit = out->has_session ? (uint8_t)m->its_session_info : 0;
        break;
    case SPEECH_SESSION_ITS_15:
        out->has_session = m->its_session_info > 1;
        out->session = (uint16_t)m->its_session_info >> 1;
        break;
    case SPEECH_SESSION_ITS_16:
        out->has_session = m->its_session_info > 0;
        out->session = (uint16_t)m->its_session_info;
        break;
    case SPEECH_SESSION_UMR:
        out->has_session = m->user_message_reference != WIRE_NONE;
        out->session = (uint16_t)m->user_message_reference;
        break;
    case SPEECH_SESSION_TLV:
        out->has_session = m->vendor_session != WIRE_NONE;
        out->session = (uint16_t)m->vendor_session;
        break;
    case SPEECH_SESSION_NONE:
    case SPEECH_SESSION_BODY:
        break;
    }
}

static bool has_end_bit(const struct speech *s, const struct wire_message *m)
{
    return (s->session == SPEECH_SESSION_ITS_UNITS || s->session == SPEECH_SESSION_ITS_15) &&
           m->its_session_info != WIRE_NONE && m->its_session_info & END_BIT;
}

static enum speech_kind kind_by_letters(struct span service_type)
{
    if (service_type.size != 2)
        return SPEECH_SMS;
    if (service_type.data[0] == 'A')
        return SPEECH_RELEASE;
    if (service_type.data[1] == 'R')
        return SPEECH_ASK;
    return service_type.data[1] == 'N' ? SPEECH_NOTICE : SPEECH_END;
}

static enum speech_kind kind_by_op(const struct speech *s, const struct wire_message *m)
{
    if (m->ussd_service_op == WIRE_NONE)
        return span_is_equal(m->service_type, span_of_string("USSD")) ? SPEECH_END : SPEECH_SMS;
    if (has_end_bit(s, m))
        return SPEECH_END;
    if (m->ussd_service_op == s->ask)
        return SPEECH_ASK;
    if (m->ussd_service_op == OP_ABORT_HEARD && m->text.size == 0)
        return SPEECH_RELEASE;
    /* A notice opens a dialogue that nobody began; `scripts` ends with the same operation. */
    return m->ussd_service_op == OP_NOTICE && strcmp(s->name, "scripts") != 0 ? SPEECH_NOTICE
                                                                              : SPEECH_END;
}

void speech_read(const struct speech *s, const struct wire_message *m, struct speech_room *room,
                 struct speech_output *out)
{
    memset(out, 0, sizeof(*out));
    out->text = m->text;
    out->alphabet = alphabet_of(m->data_coding);
    out->kind = s->has_letters ? kind_by_letters(m->service_type) : kind_by_op(s, m);
    if (out->kind == SPEECH_SMS)
        return;
    if (s->has_body) {
        read_body(m, room, out);
        return;
    }
    if (s->is_ascii && out->alphabet == ALPHABET_GSM)
        out->alphabet = ALPHABET_LATIN1;
    read_session(s, m, out);
    if (!out->has_session)
        out->session = 0;
}
