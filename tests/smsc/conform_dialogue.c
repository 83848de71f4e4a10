/*
 * Cases of USSD dialogues in the chosen dialect, and of how the peer takes what a centre does to
 * its screens.
 */
#include "tests/smsc/conform_kit.h"

#include "base/mem.h"

#include <string.h>

enum { QUIET_MS = 400, USSD_SEPTETS_MAX = 182 };

static uint32_t act_command(const struct kit *k)
{
    return k->speech->is_data_sm ? WIRE_DATA_SM : kit_input_command(k);
}

/* An act, its response 0, and the screen. */
static bool act_and_see(struct kit *k, enum speech_act act, const char *text,
                        struct kit_screen *screen)
{
    uint32_t sequence = kit_act(k, act, text);
    uint32_t status;

    if (!kit_expect_response(k, act_command(k), sequence, &status))
        return false;
    if (status != WIRE_OK) {
        kit_fail(k, "expected the input to be taken, got %s (0x%x)", wire_status_name(status),
                 status);
        return false;
    }
    return kit_expect_screen(k, screen);
}

static bool dial(struct kit *k, struct kit_screen *screen)
{
    if (!act_and_see(k, SPEECH_BEGIN, k->options->dial, screen))
        return false;
    return screen->kind == SPEECH_ASK ||
           kit_fail(k, "expected a question, got kind %d", (int)screen->kind);
}

static bool begins(struct kit *k)
{
    struct kit_screen screen;

    if (!dial(k, &screen))
        return false;
    if (screen.septets > USSD_SEPTETS_MAX)
        return kit_fail(k, "expected at most 182 septets, got %zu", screen.septets);
    return screen.text[0] != '\0' || kit_fail(k, "expected a text on the screen");
}

static bool session_is_echoed(struct kit *k)
{
    struct kit_screen screen;

    if (!dial(k, &screen))
        return false;
    if (k->speech->session == SPEECH_SESSION_NONE)
        return true;
    if (!screen.has_session || screen.session != k->session)
        return kit_fail(k, "expected session %u back, got %u", k->session, screen.session);
    return true;
}

static bool fits_screen_or_response(const struct kit_pdu *pdu, const void *what)
{
    (void)what;
    return pdu->header.command_id == (WIRE_RESPONSE | WIRE_DELIVER_SM) ||
           pdu->header.command_id == (WIRE_RESPONSE | WIRE_SUBMIT_SM) ||
           pdu->header.command_id == (WIRE_RESPONSE | WIRE_DATA_SM) ||
           pdu->header.command_id == WIRE_SUBMIT_SM || pdu->header.command_id == WIRE_DELIVER_SM ||
           pdu->header.command_id == WIRE_DATA_SM;
}

/* A gateway that shows the screen before its answer loses the proof that the answer was read. */
static bool answer_comes_first(struct kit *k)
{
    struct kit_pdu *pdu;
    bool is_response;

    kit_act(k, SPEECH_BEGIN, k->options->dial);
    pdu = kit_take(k, fits_screen_or_response, NULL, kit_limit_ms(k));
    if (pdu == NULL)
        return kit_fail(k, "expected a response, nothing came");
    is_response = (pdu->header.command_id & WIRE_RESPONSE) != 0;
    mem_free(pdu);
    return is_response || kit_fail(k, "expected the response before the screen");
}

static bool answer_leads_on(struct kit *k)
{
    struct kit_screen first, second;

    return dial(k, &first) && act_and_see(k, SPEECH_ANSWER, k->options->answer, &second);
}

static bool odd_answer(struct kit *k, const char *text)
{
    struct kit_screen screen;

    return dial(k, &screen) && act_and_see(k, SPEECH_ANSWER, text, &screen) && kit_expect_alive(k);
}

static bool empty_answer(struct kit *k)
{
    return odd_answer(k, "");
}

static bool extension_answer(struct kit *k)
{
    return k->speech->is_ascii || odd_answer(k, "{[€]}");
}

static bool ucs2_answer(struct kit *k)
{
    return k->speech->ucs2_coding == 0 || odd_answer(k, "\u0160i\u0107");
}

static bool long_answer(struct kit *k)
{
    char text[USSD_SEPTETS_MAX + 1];

    memset(text, 'A', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    return odd_answer(k, text);
}

static bool hang_up(struct kit *k)
{
    struct kit_screen screen;
    uint32_t sequence;
    uint32_t status;

    if (!dial(k, &screen))
        return false;
    sequence = kit_act(k, SPEECH_HANG_UP, "");
    if (!kit_expect_response(k, act_command(k), sequence, &status))
        return false;
    if (status != WIRE_OK)
        return kit_fail(k, "expected ESME_ROK, got %s (0x%x)", wire_status_name(status), status);
    return kit_expect_abort_heard(k, QUIET_MS) && kit_expect_no_screen(k, QUIET_MS);
}

static bool dial_again(struct kit *k)
{
    struct kit_screen screen;

    if (!dial(k, &screen))
        return false;
    k->session = k->session == UINT8_MAX ? 1 : (uint8_t)(k->session + 1);
    k->unit = 0;
    return dial(k, &screen);
}

/* The same begin once more, with a new sequence_number: taken, and the same screen or none. */
static bool repeated_begin(struct kit *k)
{
    struct kit_screen first, second;
    uint32_t sequence;
    uint32_t status;

    if (!dial(k, &first))
        return false;
    k->unit = 0;
    sequence = kit_act(k, SPEECH_BEGIN, k->options->dial);
    if (!kit_expect_response(k, act_command(k), sequence, &status))
        return false;
    if (status != WIRE_OK)
        return kit_fail(k, "expected a copy to be taken, got 0x%x", status);
    if (!kit_expect_screen(k, &second))
        return true;
    return strcmp(first.text, second.text) == 0 ||
           kit_fail(k, "expected the same screen, got: %s", second.text);
}

static bool answer_to_nothing(struct kit *k)
{
    uint32_t sequence = kit_act(k, SPEECH_ANSWER, "1");
    uint32_t status;

    return kit_expect_response(k, act_command(k), sequence, &status) && kit_expect_alive(k);
}

/* A screen is turned away: the link lives, and after a while others are served. */
static bool screen_is_turned_away(struct kit *k, uint32_t status)
{
    struct kit_screen screen;

    k->answer_status = status;
    kit_act(k, SPEECH_BEGIN, k->options->dial);
    if (!kit_expect_screen(k, &screen))
        return false;
    k->answer_status = WIRE_OK;
    if (!kit_expect_alive(k))
        return false;
    kit_next_phone(k);
    return dial(k, &screen);
}

static bool screen_throttled(struct kit *k)
{
    return screen_is_turned_away(k, WIRE_RTHROTTLED);
}

static bool screen_queue_full(struct kit *k)
{
    return screen_is_turned_away(k, WIRE_RMSGQFUL);
}

static bool screen_system_error(struct kit *k)
{
    return screen_is_turned_away(k, WIRE_RSYSERR);
}

static bool screen_refused(struct kit *k)
{
    struct kit_screen screen;

    k->answer_status = WIRE_RINVDSTADR;
    kit_act(k, SPEECH_BEGIN, k->options->dial);
    if (!kit_expect_screen(k, &screen))
        return false;
    k->answer_status = WIRE_OK;
    kit_next_phone(k);
    return dial(k, &screen);
}

static bool screen_unanswered(struct kit *k)
{
    struct kit_screen screen;

    k->answer_never = true;
    kit_act(k, SPEECH_BEGIN, k->options->dial);
    if (!kit_expect_screen(k, &screen))
        return false;
    k->answer_never = false;
    kit_next_phone(k);
    return dial(k, &screen) && kit_expect_alive(k);
}

/* Two screens, answered in the other order. */
static bool responses_out_of_order(struct kit *k)
{
    struct kit_screen first, second;

    k->answer_by_case = true;
    kit_act(k, SPEECH_BEGIN, k->options->dial);
    if (!kit_expect_screen(k, &first))
        return false;
    kit_next_phone(k);
    kit_act(k, SPEECH_BEGIN, k->options->dial);
    if (!kit_expect_screen(k, &second))
        return false;
    peer_answer(second.peer, second.command_id, second.sequence_number, WIRE_OK, "b");
    peer_answer(first.peer, first.command_id, first.sequence_number, WIRE_OK, "a");
    k->answer_by_case = false;
    return act_and_see(k, SPEECH_ANSWER, k->options->answer, &second);
}

/* The response to a screen, and the same once more: the second answers nothing any more. */
static bool response_twice(struct kit *k)
{
    struct kit_screen screen;

    k->answer_by_case = true;
    kit_act(k, SPEECH_BEGIN, k->options->dial);
    if (!kit_expect_screen(k, &screen))
        return false;
    peer_answer(screen.peer, screen.command_id, screen.sequence_number, WIRE_OK, "a");
    peer_answer(screen.peer, screen.command_id, screen.sequence_number, WIRE_RINVDSTADR, "a");
    k->answer_by_case = false;
    return act_and_see(k, SPEECH_ANSWER, k->options->answer, &screen);
}

/* The subscriber is quicker than the response to the screen. */
static bool response_late(struct kit *k)
{
    struct kit_screen first, second;

    k->answer_by_case = true;
    kit_act(k, SPEECH_BEGIN, k->options->dial);
    if (!kit_expect_screen(k, &first))
        return false;
    kit_act(k, SPEECH_ANSWER, k->options->answer);
    if (!kit_expect_screen(k, &second))
        return false;
    peer_answer(first.peer, first.command_id, first.sequence_number, WIRE_OK, "a");
    peer_answer(second.peer, second.command_id, second.sequence_number, WIRE_OK, "b");
    k->answer_by_case = false;
    return kit_expect_alive(k);
}

/* The connection goes instead of a response: nobody knows whether the screen was taken. */
static bool dropped_instead_of_a_response(struct kit *k)
{
    struct kit_screen screen;

    k->answer_by_case = true;
    kit_act(k, SPEECH_BEGIN, k->options->dial);
    if (!kit_expect_screen(k, &screen))
        return false;
    peer_close(k->peer, "conformance case");
    k->answer_by_case = false;
    kit_next_phone(k);
    return kit_take_session(k) && dial(k, &screen);
}

/* It goes when the input has just been sent: it may have been taken, and is delivered again. */
static bool dropped_after_an_input(struct kit *k)
{
    struct kit_screen screen;

    kit_act(k, SPEECH_BEGIN, k->options->dial);
    peer_close(k->peer, "conformance case");
    if (!kit_take_session(k))
        return false;
    k->unit = 0;
    return dial(k, &screen);
}

static bool operation_of_no_length(struct kit *k)
{
    struct wire_message m;
    uint32_t sequence;
    uint32_t status;

    kit_fill_sms(k, &m, span_of_string(k->options->dial));
    m.service_type = span_of_string("USSD");
    m.extra_tlvs = span_of("\x05\x01\0\0", 4);
    sequence = kit_send_message(k, kit_input_command(k), &m);
    if (!kit_expect_response(k, kit_input_command(k), sequence, &status))
        return false;
    if (status == WIRE_OK)
        return kit_fail(k, "expected ESME_RINVPARLEN for an empty ussd_service_op, got ESME_ROK");
    return kit_expect_alive(k);
}

/* The connection goes in the middle; the next input comes over another one. */
static bool survives_a_lost_connection(struct kit *k)
{
    struct kit_screen screen;

    if (!dial(k, &screen))
        return false;
    peer_close(k->peer, "conformance case");
    if (!kit_expect_closed(k) || !kit_take_session(k))
        return false;
    return act_and_see(k, SPEECH_ANSWER, k->options->answer, &screen);
}

const struct kit_case kit_dialogue_cases[] = {
    {"dialogue: dialling brings a question of at most 182 septets", KIT_BOTH, begins, NULL},
    {"dialogue: the session comes back", KIT_BOTH, session_is_echoed, NULL},
    {"dialogue: the response comes before the screen", KIT_BOTH, answer_comes_first, NULL},
    {"dialogue: an answer leads to a screen", KIT_BOTH, answer_leads_on, NULL},
    {"dialogue: an empty answer", KIT_BOTH, empty_answer, NULL},
    {"dialogue: an answer of extension characters", KIT_BOTH, extension_answer, NULL},
    {"dialogue: an answer in UCS-2", KIT_BOTH, ucs2_answer, NULL},
    {"dialogue: an answer of 182 characters", KIT_BOTH, long_answer, NULL},
    {"dialogue: hanging up is taken, confirmed where that is wanted, and nothing is shown any more",
     KIT_BOTH, hang_up, NULL},
    {"dialogue: dialling again begins anew", KIT_BOTH, dial_again, NULL},
    {"dialogue: a copy of the dialling is taken and changes nothing", KIT_BOTH, repeated_begin,
     NULL},
    {"dialogue: an answer that belongs to no dialogue", KIT_BOTH, answer_to_nothing, NULL},
    {"dialogue: an empty ussd_service_op is refused", KIT_BOTH, operation_of_no_length, NULL},
    {"dialogue: a screen that is refused", KIT_BOTH, screen_refused, NULL},
    {"dialogue: a screen that is not answered holds up nobody else", KIT_BOTH, screen_unanswered,
     NULL},
    {"dialogue: responses in another order", KIT_BOTH, responses_out_of_order, NULL},
    {"dialogue: a response comes twice", KIT_BOTH, response_twice, NULL},
    {"dialogue: the subscriber is quicker than the response", KIT_BOTH, response_late, NULL},
    {"dialogue: a screen that is throttled", KIT_BOTH, screen_throttled, NULL},
    {"dialogue: a screen that meets a full queue", KIT_BOTH, screen_queue_full, NULL},
    {"dialogue: a screen that meets a system error", KIT_BOTH, screen_system_error, NULL},
    {"dialogue: the connection goes instead of a response", KIT_BOTH, dropped_instead_of_a_response,
     NULL},
    {"dialogue: the connection goes after an input", KIT_BOTH, dropped_after_an_input, NULL},
    {"dialogue: goes on over another connection", KIT_BOTH, survives_a_lost_connection, NULL},
    {NULL, 0, NULL, NULL},
};
