#include "tests/smsc/conform_kit.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    MESSAGE_BYTES = WIRE_PDU_BYTES_MAX,
    SEQUENCE_FIRST = 0x40000000,
    REFUSALS_ENOUGH = 10,
    GONE_WAIT_MS = 200
};

bool kit_fail(struct kit *k, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    if (k->why[0] == '\0') /* the first reason is the reason */
        vsnprintf(k->why, sizeof(k->why), format, list);
    va_end(list);
    return false;
}

uint64_t kit_limit_ms(const struct kit *k)
{
    return k->options->reply_timeout_ms;
}

/* ---- sending ---- */

uint32_t kit_sequence(struct kit *k)
{
    if (k->next_sequence < SEQUENCE_FIRST)
        k->next_sequence = SEQUENCE_FIRST; /* far from the session's own numbers */
    return k->next_sequence++;
}

void kit_remember(struct kit *k, bool sent, unsigned peer, struct span pdu)
{
    struct kit_history *h = &k->history[k->history_count++ % KIT_HISTORY];

    h->sent = sent;
    h->peer = peer;
    h->at_us = k->loop->now_us;
    h->size = pdu.size;
    memcpy(h->octets, pdu.data, pdu.size < KIT_HISTORY_BYTES ? pdu.size : KIT_HISTORY_BYTES);
}

void kit_send(struct kit *k, struct span octets)
{
    if (k->peer == NULL)
        return;
    kit_remember(k, true, peer_number(k->peer), octets);
    peer_write_raw(k->peer, octets);
}

void kit_send_header(struct kit *k, uint32_t command_id, uint32_t sequence)
{
    uint8_t pdu[WIRE_HEADER_BYTES];
    struct writer w;

    writer_init(&w, pdu, sizeof(pdu));
    wire_header_encode(&w, command_id, 0, sequence);
    kit_send(k, writer_span(&w));
}

void kit_send_hex(struct kit *k, const char *hex)
{
    uint8_t octets[1024];
    size_t size = 0;
    unsigned value;

    while (size < sizeof(octets)) {
        hex += strspn(hex, " ");
        if (sscanf(hex, "%2x", &value) != 1)
            break;
        octets[size++] = (uint8_t)value;
        hex += 2;
    }
    kit_send(k, span_of(octets, size));
}

void kit_send_slowly(struct kit *k, struct span octets)
{
    if (k->peer == NULL)
        return;
    peer_set_trickle(k->peer, true);
    kit_send(k, octets);
    kit_wait(k, 2 * octets.size);
    if (k->peer != NULL)
        peer_set_trickle(k->peer, false);
}

uint32_t kit_input_command(const struct kit *k)
{
    return k->role == KIT_CENTRE ? WIRE_DELIVER_SM : WIRE_SUBMIT_SM;
}

uint32_t kit_send_message(struct kit *k, uint32_t command_id, const struct wire_message *m)
{
    uint8_t *pdu = mem_alloc(MESSAGE_BYTES);
    uint32_t sequence = kit_sequence(k);
    struct writer w;

    writer_init(&w, pdu, MESSAGE_BYTES);
    wire_message_encode(&w, command_id, sequence, m);
    kit_send(k, writer_span(&w));
    mem_free(pdu);
    return sequence;
}

uint32_t kit_act(struct kit *k, enum speech_act act, const char *text)
{
    uint8_t octets[SPEECH_TEXT_BYTES];
    struct speech_input in = {
        .act = act, .msisdn = k->phone, .code = k->code, .session = k->session, .unit = k->unit};
    struct speech_room room;
    struct wire_message m;
    uint8_t data_coding;
    size_t size = 0;

    alphabet_encode(text, octets, sizeof(octets), &size, &data_coding);
    *(data_coding == 0 ? &in.gsm : &in.ucs2) = span_of(octets, size);
    speech_write(k->speech, &in, &room, &m);
    return kit_send_message(k, k->speech->is_data_sm ? WIRE_DATA_SM : kit_input_command(k), &m);
}

void kit_fill_sms(struct kit *k, struct wire_message *m, struct span text)
{
    wire_message_init(m);
    m->source = (struct wire_address){1, 1, span_of_string(k->phone)};
    m->destination = (struct wire_address){0, 1, span_of_string(k->options->sms)};
    m->text = text;
}

void kit_next_phone(struct kit *k)
{
    snprintf(k->phone, sizeof(k->phone), "%llu", (unsigned long long)k->next_phone++);
    k->session = k->session == UINT8_MAX ? 1 : (uint8_t)(k->session + 1);
    k->unit = 0;
}

/* ---- expecting ---- */

static void on_deadline(struct timer *t, void *arg)
{
    (void)t;
    *(bool *)arg = true;
}

static struct kit_pdu *find(struct kit *k, kit_fits *fits, const void *what)
{
    LIST_FOREACH(node, &k->inbox) {
        struct kit_pdu *pdu = LIST_ITEM(node, struct kit_pdu, node);

        if (!fits(pdu, what))
            continue;
        list_remove(&k->inbox, node);
        return pdu;
    }
    return NULL;
}

struct kit_pdu *kit_take(struct kit *k, kit_fits *fits, const void *what, uint64_t limit_ms)
{
    struct kit_pdu *pdu;
    struct timer deadline;
    bool is_late = false;

    timer_init(&deadline, on_deadline, &is_late);
    timer_start(&k->loop->timers, &deadline, limit_ms);
    while ((pdu = find(k, fits, what)) == NULL && !is_late && !k->loop->stopped)
        loop_turn(k->loop);
    timer_stop(&k->loop->timers, &deadline);
    return pdu;
}

static bool fits_nothing(const struct kit_pdu *pdu, const void *what)
{
    (void)pdu;
    (void)what;
    return false;
}

void kit_wait(struct kit *k, uint64_t ms)
{
    kit_take(k, fits_nothing, NULL, ms);
}

static bool fits_header(const struct kit_pdu *pdu, const void *what)
{
    const struct wire_header *want = what;

    return pdu->header.command_id == want->command_id &&
           pdu->header.sequence_number == want->sequence_number;
}

bool kit_expect_response(struct kit *k, uint32_t command_id, uint32_t sequence, uint32_t *status)
{
    struct wire_header want = {.command_id = command_id | WIRE_RESPONSE,
                               .sequence_number = sequence};
    struct kit_pdu *pdu = kit_take(k, fits_header, &want, kit_limit_ms(k));

    if (pdu == NULL)
        return kit_fail(k, "expected %s with sequence_number %u within %llu ms, nothing came",
                        wire_command_name(command_id | WIRE_RESPONSE), sequence,
                        (unsigned long long)kit_limit_ms(k));
    *status = pdu->header.command_status;
    if (*status != WIRE_OK)
        k->refusals[k->number % KIT_SESSIONS]++;
    mem_free(pdu);
    return true;
}

static bool has_had_enough(const struct kit *k)
{
    return k->is_closed && k->refusals[k->number % KIT_SESSIONS] >= REFUSALS_ENOUGH;
}

bool kit_expect_alive(struct kit *k)
{
    uint32_t sequence = kit_sequence(k);
    uint32_t status;

    if (has_had_enough(k))
        return true;
    if (k->peer == NULL)
        return kit_fail(k, "expected the session to go on, it was closed");
    kit_send_header(k, WIRE_ENQUIRE_LINK, sequence);
    if (kit_expect_response(k, WIRE_ENQUIRE_LINK, sequence, &status) || has_had_enough(k)) {
        k->why[0] = '\0';
        return true;
    }
    return false;
}

bool kit_expect_closed(struct kit *k)
{
    for (uint64_t waited = 0; !k->is_closed && waited < kit_limit_ms(k); waited += 20)
        kit_wait(k, 20);
    return k->is_closed ||
           kit_fail(k, "expected the connection to be closed within %llu ms, it stayed open",
                    (unsigned long long)kit_limit_ms(k));
}

/* ---- screens ---- */

static bool is_message(uint32_t command_id)
{
    return command_id == WIRE_SUBMIT_SM || command_id == WIRE_DELIVER_SM ||
           command_id == WIRE_DATA_SM;
}

static bool decode(const struct kit_pdu *pdu, struct wire_message *m)
{
    return is_message(pdu->header.command_id) &&
           wire_message_decode(
               pdu->header.command_id,
               span_of(pdu->octets + WIRE_HEADER_BYTES, pdu->size - WIRE_HEADER_BYTES),
               m) == WIRE_OK;
}

static bool fits_screen(const struct kit_pdu *pdu, const void *what)
{
    const struct kit *k = what;
    struct wire_message m;
    struct speech_room room;
    struct speech_output out;

    if (!decode(pdu, &m) || !span_is_equal(m.destination.digits, span_of_string(k->phone)))
        return false;
    speech_read(k->speech, &m, &room, &out);
    return out.kind != SPEECH_SMS;
}

static void read_screen(struct kit *k, const struct kit_pdu *pdu, struct kit_screen *screen)
{
    struct wire_message m;
    struct speech_room room;
    struct speech_output out;

    decode(pdu, &m);
    speech_read(k->speech, &m, &room, &out);
    memset(screen, 0, sizeof(*screen));
    screen->kind = out.kind;
    screen->peer = pdu->peer;
    screen->command_id = pdu->header.command_id;
    screen->sequence_number = pdu->header.sequence_number;
    screen->session = out.session;
    screen->has_session = out.has_session;
    screen->septets = out.alphabet == ALPHABET_GSM ? out.text.size : 0;
    alphabet_decode(out.alphabet, out.text, screen->text, sizeof(screen->text));
    k->unit = out.unit;
}

bool kit_expect_screen(struct kit *k, struct kit_screen *screen)
{
    struct kit_pdu *pdu = kit_take(k, fits_screen, k, kit_limit_ms(k));

    if (pdu == NULL)
        return kit_fail(k, "expected a screen for %s within %llu ms, none came", k->phone,
                        (unsigned long long)kit_limit_ms(k));
    read_screen(k, pdu, screen);
    mem_free(pdu);
    return true;
}

bool kit_expect_abort_heard(struct kit *k, uint64_t quiet_ms)
{
    int op = k->speech->abort_heard;
    struct kit_pdu *pdu = kit_take(k, fits_screen, k, op != 0 ? kit_limit_ms(k) : quiet_ms);
    struct kit_screen screen;
    struct wire_message m = {0}; /* decode() leaves it, when it cannot read one */
    bool is_right;

    if (pdu == NULL && op != 0)
        return kit_fail(k,
                        "expected ussd_service_op 0x%02x without a text, which confirms the "
                        "abort, within %llu ms; nothing came",
                        (unsigned)op, (unsigned long long)kit_limit_ms(k));
    if (pdu == NULL)
        return true;
    decode(pdu, &m);
    read_screen(k, pdu, &screen);
    is_right = op != 0 && m.ussd_service_op == op && screen.text[0] == '\0' &&
               (!screen.has_session || screen.session == k->session);
    mem_free(pdu);
    if (op == 0)
        return kit_fail(k, "expected nothing after the abort, got ussd_service_op %d: \"%s\"",
                        m.ussd_service_op, screen.text);
    return is_right ||
           kit_fail(k,
                    "expected ussd_service_op 0x%02x without a text in session %u, got %d: \"%s\"",
                    (unsigned)op, k->session, m.ussd_service_op, screen.text);
}

/* A message without a text shows nothing: a release, or the confirmation that some centres want of
 * an abort. */
static bool fits_text(const struct kit_pdu *pdu, const void *what)
{
    const struct kit *k = what;
    struct wire_message m;
    struct speech_room room;
    struct speech_output out;

    if (!fits_screen(pdu, k) || !decode(pdu, &m))
        return false;
    speech_read(k->speech, &m, &room, &out);
    return out.kind != SPEECH_RELEASE && (out.kind == SPEECH_ASK || out.text.size != 0);
}

bool kit_expect_no_screen(struct kit *k, uint64_t ms)
{
    struct kit_pdu *pdu = kit_take(k, fits_text, k, ms);
    struct kit_screen screen;

    if (pdu == NULL)
        return true;
    read_screen(k, pdu, &screen);
    mem_free(pdu);
    return kit_fail(k, "expected no screen, this came: %s", screen.text);
}

/* One after the other: a peer may end a session that has sent it much rubbish. */
bool kit_take_session(struct kit *k)
{
    uint64_t limit_ms = k->is_gone ? GONE_WAIT_MS : k->options->wait_bind_s * UINT64_C(1000);

    k->is_closed = false;
    for (uint64_t waited = 0; waited < limit_ms && !k->loop->stopped; waited += 20) {
        for (unsigned i = 0; i < k->peers.count; i++) {
            struct peer *p = k->peers.all[k->turn++ % k->peers.count];

            if (!peer_takes_messages(p))
                continue;
            k->peer = p;
            k->number = peer_number(p);
            k->is_gone = false;
            return true;
        }
        kit_wait(k, 20);
    }
    k->is_gone = true;
    return kit_fail(k, "not run: the peer has not bound again within %u s after the cases before",
                    k->options->wait_bind_s);
}
