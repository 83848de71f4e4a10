#include "tests/smsc/handset.h"

#include "base/mem.h"
#include "tests/smsc/alphabet.h"

#include <string.h>

enum {
    USSD_OCTETS = 182,
    SMS_SEPTETS = 160,
    SMS_PART_SEPTETS = 153,
    SMS_UCS2_OCTETS = 140,
    SMS_UCS2_PART_OCTETS = 134,
    UDH_BYTES = 6,
    GSM_ESCAPE = 0x1B,
};

void handset_init(struct handset *h, struct centre *centre, const char *msisdn,
                  const struct handset_owner *owner, void *ctx)
{
    memset(h, 0, sizeof(*h));
    h->centre = centre;
    h->owner = owner;
    h->ctx = ctx;
    /* Another program's dialogue of the same subscriber shall have had another number. */
    h->session = (uint8_t)(centre_now_us(centre) >> 16);
    h->speech = speech_at(0);
    h->echo_unit = true;
    text_copy(h->msisdn, sizeof(h->msisdn), msisdn);
}

static void free_partial(struct handset_partial *p)
{
    for (int i = 0; i < HANDSET_PARTS_MAX; i++)
        mem_free(p->parts[i]);
    memset(p, 0, sizeof(*p));
}

void handset_fini(struct handset *h)
{
    for (int i = 0; i < HANDSET_PARTIAL_MAX; i++)
        free_partial(&h->partial[i]);
}

bool handset_is_dial(const char *text)
{
    size_t size = strlen(text);

    return size >= 3 && text[0] == '*' && text[size - 1] == '#' &&
           strspn(text, "0123456789*#") == size;
}

static uint32_t key_of(const struct handset *h)
{
    uint32_t key = 0;

    for (const char *p = h->msisdn; *p != '\0'; p++)
        key = key * 10 + (uint32_t)(*p - '0');
    return key;
}

static bool send_ussd(struct handset *h, enum speech_act act, const char *text)
{
    struct speech_input in = {.act = act,
                              .msisdn = h->msisdn,
                              .code = h->code,
                              .session = h->session,
                              .unit = h->echo_unit ? h->unit : 0,
                              .by_payload = h->by_payload};
    struct speech_room room;
    struct wire_message m;
    uint8_t octets[USSD_OCTETS];
    uint8_t data_coding;
    size_t size;

    if (!alphabet_encode(text, octets, sizeof(octets), &size, &data_coding))
        return false;
    *(data_coding == 0 ? &in.gsm : &in.ucs2) = span_of(octets, size);
    if (!speech_write(h->speech, &in, &room, &m))
        return false;
    carrier_add(centre_carrier(h->centre), &m, h->by_data_sm || h->speech->is_data_sm, h,
                ++h->input, key_of(h));
    return true;
}

/* A new number for a dialogue; 0 is kept for "none" (a dialogue that the gateway opens). */
static void next_session(struct handset *h)
{
    if (++h->session == 0)
        h->session = 1;
}

static void begin(struct handset *h, const char *dialled)
{
    size_t size = strspn(dialled + 1, "0123456789");

    if (size >= sizeof(h->code))
        size = sizeof(h->code) - 1;
    memcpy(h->code, dialled + 1, size);
    h->code[size] = '\0';
    next_session(h);
    h->unit = 0;
    h->state = HANDSET_WAITING;
}

bool handset_dial(struct handset *h, const char *text)
{
    if (!handset_is_dial(text))
        return false;
    begin(h, text);
    return send_ussd(h, SPEECH_BEGIN, text);
}

bool handset_answer(struct handset *h, const char *text)
{
    if (h->state != HANDSET_ASKED || !send_ussd(h, SPEECH_ANSWER, text))
        return false;
    h->state = HANDSET_WAITING;
    return true;
}

void handset_hang_up(struct handset *h)
{
    if (h->state == HANDSET_IDLE)
        return;
    h->state = HANDSET_IDLE;
    send_ussd(h, SPEECH_HANG_UP, "");
}

/* ---- short messages out ---- */

/* How many octets of the rest go into one part: never half of an extension or surrogate pair. */
static size_t part_size(struct span rest, size_t limit, bool ucs2)
{
    size_t size = rest.size < limit ? rest.size : limit;

    if (size == rest.size)
        return size;
    if (ucs2)
        return (rest.data[size - 2] & 0xFC) == 0xD8 ? size - 2 : size;
    return rest.data[size - 1] == GSM_ESCAPE ? size - 1 : size;
}

static unsigned count_parts(struct span text, size_t limit, bool ucs2)
{
    unsigned count = 0;

    for (size_t at = 0; at < text.size; count++)
        at += part_size(span_of(text.data + at, text.size - at), limit, ucs2);
    return count;
}

static void send_parts(struct handset *h, struct wire_message *m, struct span text, size_t limit,
                       bool ucs2)
{
    unsigned total = count_parts(text, limit, ucs2);
    uint8_t reference = ++h->next_reference;
    size_t at = 0;

    m->esm_class = WIRE_ESM_UDHI;
    for (unsigned number = 1; number <= total; number++) {
        uint8_t octets[UDH_BYTES + SMS_PART_SEPTETS];
        size_t size = part_size(span_of(text.data + at, text.size - at), limit, ucs2);
        struct writer w;

        writer_init(&w, octets, sizeof(octets));
        writer_bytes(&w, "\x05\x00\x03", 3);
        writer_u8(&w, reference);
        writer_u8(&w, (uint8_t)total);
        writer_u8(&w, (uint8_t)number);
        writer_bytes(&w, text.data + at, size);
        m->text = writer_span(&w);
        carrier_add(centre_carrier(h->centre), m, false, h, ++h->input, key_of(h));
        at += size;
    }
}

bool handset_text(struct handset *h, const char *to, const char *text)
{
    struct wire_message m;
    uint8_t octets[SMS_PART_SEPTETS * HANDSET_PARTS_MAX];
    size_t size;
    bool ucs2;
    size_t limit;

    wire_message_init(&m);
    m.source = (struct wire_address){1, 1, span_of_string(h->msisdn)};
    m.destination = (struct wire_address){0, 1, span_of_string(to)};
    if (!alphabet_encode(text, octets, sizeof(octets), &size, &m.data_coding))
        return false;
    ucs2 = m.data_coding == 8;
    if (size <= (ucs2 ? SMS_UCS2_OCTETS : SMS_SEPTETS)) {
        m.text = span_of(octets, size);
        carrier_add(centre_carrier(h->centre), &m, false, h, ++h->input, key_of(h));
        return true;
    }
    limit = ucs2 ? SMS_UCS2_PART_OCTETS : SMS_PART_SEPTETS;
    if (count_parts(span_of(octets, size), limit, ucs2) > HANDSET_PARTS_MAX)
        return false;
    send_parts(h, &m, span_of(octets, size), limit, ucs2);
    return true;
}

/* ---- what the gateway says ---- */

/* Which part of a long message this is, and its text without header; total 0 when it is whole. */
struct part {
    uint16_t reference;
    uint8_t total;
    uint8_t number;
    struct span text;
};

static void read_udh(struct span udh, struct part *part)
{
    struct reader r;

    reader_init(&r, udh);
    while (reader_left(&r) != 0) {
        uint8_t element = reader_u8(&r);
        struct span value = reader_span8(&r);

        if (element == 0x00 && value.size == 3)
            *part = (struct part){value.data[0], value.data[1], value.data[2], part->text};
        else if (element == 0x08 && value.size == 4)
            *part = (struct part){(uint16_t)(value.data[0] << 8 | value.data[1]), value.data[2],
                                  value.data[3], part->text};
    }
}

static struct part part_of(const struct wire_message *m)
{
    struct part part = {.text = m->text};
    struct reader r;
    struct span udh;

    if (m->sar_msg_ref_num != WIRE_NONE && m->sar_total_segments != WIRE_NONE &&
        m->sar_segment_seqnum != WIRE_NONE) {
        part.reference = (uint16_t)m->sar_msg_ref_num;
        part.total = (uint8_t)m->sar_total_segments;
        part.number = (uint8_t)m->sar_segment_seqnum;
    }
    if (!(m->esm_class & WIRE_ESM_UDHI))
        return part;
    reader_init(&r, m->text);
    udh = reader_span8(&r);
    if (r.failed)
        return part;
    part.text = span_of(r.at, reader_left(&r));
    read_udh(udh, &part);
    return part;
}

static struct handset_partial *find_partial(struct handset *h, const char *from,
                                            const struct part *part)
{
    struct handset_partial *p;

    for (int i = 0; i < HANDSET_PARTIAL_MAX; i++) {
        p = &h->partial[i];
        if (p->total == part->total && p->reference == part->reference &&
            strcmp(p->from, from) == 0)
            return p;
    }
    p = &h->partial[h->next_partial++ % HANDSET_PARTIAL_MAX];
    free_partial(p);
    p->total = part->total;
    p->reference = part->reference;
    text_copy(p->from, sizeof(p->from), from);
    return p;
}

static void add_part(struct handset *h, const char *from, const struct part *part, const char *text)
{
    struct handset_partial *p = find_partial(h, from, part);
    char joined[HANDSET_SMS_BYTES] = "";
    size_t size = 0;

    if (p->parts[part->number - 1] != NULL)
        return; /* the same part again */
    p->parts[part->number - 1] = mem_strdup(text);
    if (++p->have < p->total)
        return;
    for (int i = 0; i < p->total; i++) {
        size_t more = strlen(p->parts[i]);

        if (size + more >= sizeof(joined))
            break;
        memcpy(joined + size, p->parts[i], more + 1);
        size += more;
    }
    free_partial(p);
    h->owner->on_sms(h->ctx, from, joined);
}

static void on_sms(struct handset *h, const struct wire_message *m)
{
    struct part part = part_of(m);
    char text[HANDSET_SMS_BYTES];
    char from[HANDSET_NUMBER_BYTES];
    size_t size = m->source.digits.size;

    if (size >= sizeof(from))
        size = sizeof(from) - 1;
    memcpy(from, m->source.digits.data, size);
    from[size] = '\0';
    alphabet_decode(alphabet_of(m->data_coding), part.text, text, sizeof(text));
    if (part.total > 1 && part.total <= HANDSET_PARTS_MAX && part.number >= 1 &&
        part.number <= part.total)
        add_part(h, from, &part, text);
    else
        h->owner->on_sms(h->ctx, from, text);
}

static bool is_of_dialogue(const struct handset *h, const struct speech_output *out)
{
    return h->state != HANDSET_IDLE && (!out->has_session || out->session == h->session);
}

/* The gateway opens a dialogue (network-initiated): it names no session yet. */
static bool is_push(const struct handset *h, const struct speech_output *out)
{
    return h->state == HANDSET_IDLE && !out->has_session &&
           (out->kind == SPEECH_ASK || out->kind == SPEECH_NOTICE);
}

static void join_pushed(struct handset *h, const struct wire_message *m)
{
    size_t size = m->source.digits.size;

    if (size >= sizeof(h->code))
        size = sizeof(h->code) - 1;
    memcpy(h->code, m->source.digits.data, size);
    h->code[size] = '\0';
    next_session(h);
}

/* What belongs to no dialogue of this phone (an old one's late screen, the copy of an end) is
 * dropped, as a network drops it. */
static void on_ussd(struct handset *h, const struct wire_message *m,
                    const struct speech_output *out)
{
    char text[HANDSET_SCREEN_BYTES];

    if (is_push(h, out))
        join_pushed(h, m);
    else if (!is_of_dialogue(h, out))
        return;
    alphabet_decode(out->alphabet, out->text, text, sizeof(text));
    h->unit = out->unit;
    h->state = out->kind == SPEECH_ASK ? HANDSET_ASKED : HANDSET_IDLE;
    if (out->kind == SPEECH_NOTICE)
        send_ussd(h, SPEECH_NOTIFY_ACK, "");
    if (out->kind != SPEECH_RELEASE)
        h->owner->on_screen(h->ctx, text, out->kind != SPEECH_ASK);
}

bool handset_is_for(const struct handset *h, const struct wire_message *m)
{
    return span_is_equal(m->destination.digits, span_of_string(h->msisdn));
}

void handset_on_message(struct handset *h, const struct wire_message *m)
{
    struct speech_room room;
    struct speech_output out;

    speech_read(h->speech, m, &room, &out);
    if (out.kind == SPEECH_SMS)
        on_sms(h, m);
    else
        on_ussd(h, m, &out);
}
