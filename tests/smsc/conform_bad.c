/*
 * Cases of octets that no peer should send and some do: one row each.
 */
#include "tests/smsc/conform_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STATUSES_MAX = 4,
    OCTETS_MAX = 512,
    WAIT_MS = 20,
    PDU_TIMER_MS = 40000, /* 10 s and 30 s are seen */
};

/* What is sent and, of a message, how it may be answered: the first status is what we expect, the
 * others are seen in the field. Without statuses any answer will do, as long as the link stays. */
struct octets {
    const char *hex; /* (41*255): so many times that octet; of a message without its header */
    uint32_t statuses[STATUSES_MAX];
};

/* ---- octets ---- */

/* Hex, with brackets for repeated octets. */
static size_t read_octets(const char *hex, uint8_t *octets, size_t room)
{
    size_t size = 0;
    unsigned value, count;
    int taken;

    while (*hex != '\0') {
        count = 1;
        if (sscanf(hex, "(%2x*%u)%n", &value, &count, &taken) != 2 &&
            sscanf(hex, "%2x%n", &value, &taken) != 1)
            abort(); /* a row of ours is wrong */
        if (size + count > room)
            abort();
        memset(octets + size, (int)value, count);
        size += count;
        hex += taken;
    }
    return size;
}

/* ---- messages ---- */

static bool is_allowed(const struct octets *bad, uint32_t status)
{
    if (bad->statuses[0] == 0)
        return true;
    for (int i = 0; i < STATUSES_MAX && bad->statuses[i] != 0; i++)
        if (bad->statuses[i] == status)
            return true;
    return false;
}

static bool message_is_answered(struct kit *k)
{
    const struct octets *bad = k->current->data;
    uint8_t pdu[OCTETS_MAX];
    size_t size = WIRE_HEADER_BYTES +
                  read_octets(bad->hex, pdu + WIRE_HEADER_BYTES, sizeof(pdu) - WIRE_HEADER_BYTES);
    uint32_t sequence = kit_sequence(k);
    uint32_t status;
    struct writer w;

    writer_init(&w, pdu, WIRE_HEADER_BYTES);
    wire_header_encode(&w, kit_input_command(k), 0, sequence);
    pdu[2] = (uint8_t)(size >> 8);
    pdu[3] = (uint8_t)size;
    kit_send(k, span_of(pdu, size));
    if (!kit_expect_response(k, kit_input_command(k), sequence, &status))
        return false;
    if (!is_allowed(bad, status))
        return kit_fail(k, "expected %s, got %s (0x%x)", wire_status_name(bad->statuses[0]),
                        wire_status_name(status), status);
    return kit_expect_alive(k);
}

static bool message_goes_the_wrong_way(struct kit *k)
{
    uint32_t command_id = k->role == KIT_CENTRE ? WIRE_SUBMIT_SM : WIRE_DELIVER_SM;
    struct wire_message m;
    uint32_t sequence;
    uint32_t status;

    kit_fill_sms(k, &m, span_of_string("BANTUAN"));
    sequence = kit_send_message(k, command_id, &m);
    if (!kit_expect_response(k, command_id, sequence, &status))
        return false;
    if (status != WIRE_RINVBNDSTS && status != WIRE_RINVCMDID)
        return kit_fail(k, "expected ESME_RINVBNDSTS, got %s (0x%x)", wire_status_name(status),
                        status);
    return kit_expect_alive(k);
}

/* ---- streams ---- */

static void send_octets(struct kit *k)
{
    const struct octets *bad = k->current->data;
    uint8_t octets[OCTETS_MAX];

    kit_send(k, span_of(octets, read_octets(bad->hex, octets, sizeof(octets))));
}

static bool stream_is_ended(struct kit *k)
{
    send_octets(k);
    return kit_expect_closed(k);
}

/* A frame that does not come to its end: only a timer of the peer's can tell. */
static bool frame_is_waited_for(struct kit *k)
{
    send_octets(k);
    for (unsigned waited = 0; !k->is_closed && waited < PDU_TIMER_MS; waited += WAIT_MS)
        kit_wait(k, WAIT_MS);
    return k->is_closed || kit_fail(k, "expected the connection to be closed %u s after half a PDU",
                                    PDU_TIMER_MS / 1000);
}

/* ---- the rows ---- */

#define SENT(...) (&(const struct octets){__VA_ARGS__})
#define SMS       "00050041434d45000101323535373030303030303031000000000000000000"
#define USSD      "55535344000101323535373030303030303031000001313233000000000000000000"
#define DIAL      USSD "00052a31323323"

const struct kit_case kit_bad_cases[] = {
    {"bad: sm_length is one more than the octets left", KIT_BOTH, message_is_answered,
     SENT(SMS "000548656c6c", {WIRE_RINVMSGLEN})},
    {"bad: one octet is left behind the text", KIT_BOTH, message_is_answered,
     SENT(SMS "000448656c6c6f", {WIRE_RINVOPTPARSTREAM, WIRE_RINVMSGLEN})},
    {"bad: sm_length 255, with 255 octets", KIT_BOTH, message_is_answered,
     SENT(SMS "00ff(41*255)", {WIRE_RINVMSGLEN})},
    {"bad: the body ends inside destination_addr", KIT_BOTH, message_is_answered,
     SENT("00050041434d45000101323535373030303030303031", {WIRE_RINVMSGLEN})},
    {"bad: short_message and message_payload", KIT_BOTH, message_is_answered,
     SENT(SMS "00036f6e650424000374776f", {0})},
    {"bad: UCS-2 of five octets", KIT_BOTH, message_is_answered,
     SENT("00050041434d450001013235353730303030303031000000000000000008000"
          "5041f044004",
          {0})},
    {"bad: a user data header is announced, the text is empty", KIT_BOTH, message_is_answered,
     SENT("00050041434d45000101323535373030303030303031004000000000000000"
          "0000",
          {0})},
    {"bad: part 0 of a message", KIT_BOTH, message_is_answered,
     SENT("00050041434d45000101323535373030303030303031004000000000000000"
          "0007050003a7020078",
          {0})},
    {"bad: its_session_info of one octet", KIT_BOTH, message_is_answered,
     SENT(DIAL "0501000101138300010a", {WIRE_RINVPARLEN, WIRE_RINVOPTPARSTREAM})},
    {"bad: its_session_info of eight digits", KIT_BOTH, message_is_answered,
     SENT(DIAL "0501000101138300083132333435363738", {0})},
    {"bad: ussd_service_op of two octets", KIT_BOTH, message_is_answered,
     SENT(DIAL "050100020001138300020a00", {0})},
    {"bad: ussd_service_op twice", KIT_BOTH, message_is_answered,
     SENT(DIAL "05010001010501000112", {0})},
    {"bad: eight TLVs of tag 0", KIT_BOTH, message_is_answered, SENT(DIAL "(00*32)", {0})},
    {"bad: nothing but zeros", KIT_BOTH, message_is_answered,
     SENT("0300000000000000000000000031(00*317)", {WIRE_RINVOPTPARSTREAM, WIRE_RINVMSGLEN})},
    {"bad: a message that goes the other way", KIT_BOTH, message_goes_the_wrong_way, NULL},
    {"bad: command_length 4 ends the link", KIT_BOTH, stream_is_ended, SENT("00000004", {0})},
    {"bad: command_length 0x80000010 ends the link", KIT_BOTH, stream_is_ended,
     SENT("80000010000000150000000000000005", {0})},
    {"bad: a TLS hello ends the link", KIT_BOTH, stream_is_ended,
     SENT("16030100c8010000c40303(00*32)", {0})},
    {"bad: an RDP scanner ends the link", KIT_BOTH, stream_is_ended,
     SENT("0300002f2ae00000000000436f6f6b69653a20", {0})},
    {"bad: an HTTP response ends the link", KIT_BOTH, stream_is_ended,
     SENT("485454502f312e31203430302042616420526571756573740d0a0d0a", {0})},
    {"bad: half a PDU and silence ends the link", KIT_BOTH, frame_is_waited_for,
     SENT("00000011000000150000000000000005", {0})},
    {NULL, 0, NULL, NULL},
};
