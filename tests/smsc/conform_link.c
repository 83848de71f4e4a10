/*
 * Cases of the session: frames, keep-alive, what is unknown or broken.
 */
#include "tests/smsc/conform_kit.h"

#include "base/mem.h"

#include <string.h>

enum { SILENCE_MS = 300 };

static bool echoes_sequence(struct kit *k, uint32_t sequence)
{
    uint32_t status;

    kit_send_header(k, WIRE_ENQUIRE_LINK, sequence);
    if (!kit_expect_response(k, WIRE_ENQUIRE_LINK, sequence, &status))
        return false;
    return status == WIRE_OK || kit_fail(k, "expected status 0, got 0x%x", status);
}

static bool enquire_link(struct kit *k)
{
    return echoes_sequence(k, kit_sequence(k));
}

static bool enquire_link_highest(struct kit *k)
{
    return echoes_sequence(k, 0x7FFFFFFF);
}

static bool enquire_link_zero(struct kit *k)
{
    return echoes_sequence(k, 0);
}

static bool enquire_link_high_bit(struct kit *k)
{
    return echoes_sequence(k, 0xFFFFFFFE);
}

static bool two_in_one_write(struct kit *k)
{
    uint32_t first = kit_sequence(k);
    uint32_t second = kit_sequence(k);
    uint8_t octets[2 * WIRE_HEADER_BYTES];
    struct writer w;
    uint32_t status;

    writer_init(&w, octets, sizeof(octets));
    wire_header_encode(&w, WIRE_ENQUIRE_LINK, 0, first);
    wire_header_encode(&w, WIRE_ENQUIRE_LINK, 0, second);
    kit_send(k, writer_span(&w));
    return kit_expect_response(k, WIRE_ENQUIRE_LINK, first, &status) &&
           kit_expect_response(k, WIRE_ENQUIRE_LINK, second, &status);
}

static bool octet_by_octet(struct kit *k)
{
    uint32_t sequence = kit_sequence(k);
    uint8_t octets[WIRE_HEADER_BYTES];
    struct writer w;
    uint32_t status;

    writer_init(&w, octets, sizeof(octets));
    wire_header_encode(&w, WIRE_ENQUIRE_LINK, 0, sequence);
    kit_send_slowly(k, writer_span(&w));
    return kit_expect_response(k, WIRE_ENQUIRE_LINK, sequence, &status);
}

static bool fits_number(const struct kit_pdu *pdu, const void *what)
{
    return pdu->header.sequence_number == *(const uint32_t *)what;
}

static bool unknown_request(struct kit *k)
{
    uint32_t sequence = kit_sequence(k);
    uint32_t status;

    kit_send_header(k, 0x0BAD, sequence);
    if (!kit_expect_response(k, WIRE_RESPONSE, sequence, &status))
        return false;
    if (status != WIRE_RINVCMDID)
        return kit_fail(k, "expected generic_nack with ESME_RINVCMDID, got 0x%x", status);
    return kit_expect_alive(k);
}

static bool is_dropped(struct kit *k, uint32_t command_id)
{
    uint32_t sequence = kit_sequence(k);
    struct kit_pdu *pdu;

    kit_send_header(k, command_id, sequence);
    pdu = kit_take(k, fits_number, &sequence, SILENCE_MS);
    if (pdu != NULL) {
        kit_fail(k, "expected no answer to a response, got command_id 0x%x",
                 pdu->header.command_id);
        mem_free(pdu);
        return false;
    }
    return kit_expect_alive(k);
}

static bool unknown_response(struct kit *k)
{
    return is_dropped(k, WIRE_RESPONSE | 0x0BAD);
}

static bool unmatched_response(struct kit *k)
{
    return is_dropped(k,
                      WIRE_RESPONSE | (k->role == KIT_CENTRE ? WIRE_SUBMIT_SM : WIRE_DELIVER_SM));
}

static bool generic_nack_is_no_request(struct kit *k)
{
    return is_dropped(k, WIRE_RESPONSE);
}

static bool alert_notification(struct kit *k)
{
    uint32_t sequence = kit_sequence(k);
    uint8_t octets[64];
    struct writer w;
    struct kit_pdu *pdu;

    writer_init(&w, octets, sizeof(octets));
    writer_u32(&w, WIRE_HEADER_BYTES + 8);
    writer_u32(&w, WIRE_ALERT_NOTIFICATION);
    writer_u32(&w, 0);
    writer_u32(&w, sequence);
    writer_bytes(&w,
                 "\1\1"
                 "1\0\1\1"
                 "2",
                 8); /* two addresses, each with its NUL */
    kit_send(k, writer_span(&w));
    pdu = kit_take(k, fits_number, &sequence, SILENCE_MS);
    if (pdu != NULL) {
        mem_free(pdu);
        return kit_fail(k, "expected no answer: alert_notification has none");
    }
    return kit_expect_alive(k);
}

/* A length that cannot be: told with ESME_RINVCMDLEN (sequence_number 0) or not at all, then
 * closed. */
static bool is_cut_off(struct kit *k, const char *hex)
{
    static const uint32_t zero = 0;
    struct kit_pdu *pdu;

    kit_send_hex(k, hex);
    if (!kit_expect_closed(k))
        return false;
    pdu = kit_take(k, fits_number, &zero, 0);
    if (pdu != NULL &&
        (pdu->header.command_id != WIRE_RESPONSE || pdu->header.command_status != WIRE_RINVCMDLEN))
        kit_fail(k, "expected generic_nack with ESME_RINVCMDLEN, got 0x%x with status 0x%x",
                 pdu->header.command_id, pdu->header.command_status);
    mem_free(pdu);
    return k->why[0] == '\0';
}

static bool length_15(struct kit *k)
{
    return is_cut_off(k, "0000000f 00000015 00000000 000005");
}

static bool length_0(struct kit *k)
{
    return is_cut_off(k, "00000000 00000015 00000000 00000005");
}

static bool length_2_gib(struct kit *k)
{
    return is_cut_off(k, "80000000 00000015 00000000 00000005");
}

static bool length_all_ones(struct kit *k)
{
    return is_cut_off(k, "ffffffff 00000015 00000000 00000005");
}

static bool http_request(struct kit *k)
{
    kit_send(k, span_of_string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    return kit_expect_closed(k);
}

static bool unbind(struct kit *k)
{
    uint32_t sequence = kit_sequence(k);
    uint32_t status;

    kit_send_header(k, WIRE_UNBIND, sequence);
    return kit_expect_response(k, WIRE_UNBIND, sequence, &status) && kit_expect_closed(k);
}

static bool second_bind(struct kit *k)
{
    uint32_t sequence = kit_sequence(k);
    uint8_t pdu[128];
    struct writer w;
    uint32_t status;

    writer_init(&w, pdu, sizeof(pdu));
    wire_bind_encode(&w, WIRE_BIND_TRANSCEIVER, sequence, k->options->system_id,
                     k->options->password, "");
    kit_send(k, writer_span(&w));
    if (!kit_expect_response(k, WIRE_BIND_TRANSCEIVER, sequence, &status))
        return false;
    if (status != WIRE_RALYBND)
        return kit_fail(k, "expected ESME_RALYBND, got 0x%x", status);
    return kit_expect_alive(k);
}

const struct kit_case kit_link_cases[] = {
    {"link: enquire_link is answered", KIT_BOTH, enquire_link, NULL},
    {"link: sequence_number 0x7fffffff is echoed", KIT_BOTH, enquire_link_highest, NULL},
    {"link: sequence_number 0 is echoed", KIT_BOTH, enquire_link_zero, NULL},
    {"link: sequence_number 0xfffffffe is echoed", KIT_BOTH, enquire_link_high_bit, NULL},
    {"link: two PDUs in one write", KIT_BOTH, two_in_one_write, NULL},
    {"link: a PDU octet by octet", KIT_BOTH, octet_by_octet, NULL},
    {"link: an unknown request gets generic_nack, the link stays", KIT_BOTH, unknown_request, NULL},
    {"link: an unknown response is dropped", KIT_BOTH, unknown_response, NULL},
    {"link: a response to nothing is dropped", KIT_BOTH, unmatched_response, NULL},
    {"link: a generic_nack is not answered", KIT_BOTH, generic_nack_is_no_request, NULL},
    {"link: alert_notification is not answered", KIT_CENTRE, alert_notification, NULL},
    {"link: a second bind is refused with ESME_RALYBND", KIT_PARTNER, second_bind, NULL},
    {"link: command_length 15 ends the link", KIT_BOTH, length_15, NULL},
    {"link: command_length 0 ends the link", KIT_BOTH, length_0, NULL},
    {"link: command_length of 2 GiB ends the link at once", KIT_BOTH, length_2_gib, NULL},
    {"link: command_length 0xffffffff ends the link at once", KIT_BOTH, length_all_ones, NULL},
    {"link: an HTTP request ends the link", KIT_BOTH, http_request, NULL},
    {"link: unbind is answered, the connection closed", KIT_BOTH, unbind, NULL},
    {NULL, 0, NULL, NULL},
};
