#include "gateway/link/link_private.h"

#include "base/log.h"

/* Who may send which request over which bind (SMPP 3.4 section 2.3). */
struct message_rule {
    uint32_t command_id;
    uint32_t by_esme; /* FSM_BIT(enum link_bind) */
    uint32_t by_centre;
};

enum {
    ON_TRX_TX = 1 << LINK_TRANSCEIVER | 1 << LINK_TRANSMITTER,
    ON_TRX_RX = 1 << LINK_TRANSCEIVER | 1 << LINK_RECEIVER,
};

static const struct message_rule message_rules[] = {
    {SMPP_DELIVER_SM, 0, ON_TRX_RX},      {SMPP_SUBMIT_SM, ON_TRX_TX, 0},
    {SMPP_DATA_SM, ON_TRX_TX, ON_TRX_RX}, {SMPP_QUERY_SM, ON_TRX_TX, 0},
    {SMPP_SUBMIT_MULTI, ON_TRX_TX, 0},    {SMPP_CANCEL_SM, ON_TRX_TX, 0},
    {SMPP_REPLACE_SM, ON_TRX_TX, 0},
};

static const struct message_rule *find_rule(uint32_t command_id)
{
    for (size_t i = 0; i < sizeof(message_rules) / sizeof(message_rules[0]); i++)
        if (message_rules[i].command_id == command_id)
            return &message_rules[i];
    return NULL;
}

static enum link_event event_of(uint32_t command_id)
{
    switch (command_id) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
        return LINK_EV_BIND;
    case SMPP_BIND_RECEIVER_RESP:
    case SMPP_BIND_TRANSMITTER_RESP:
    case SMPP_BIND_TRANSCEIVER_RESP:
        return LINK_EV_BIND_RESP;
    case SMPP_ENQUIRE_LINK:
        return LINK_EV_ENQUIRE;
    case SMPP_ENQUIRE_LINK_RESP:
        return LINK_EV_ENQUIRE_RESP;
    case SMPP_UNBIND:
        return LINK_EV_UNBIND;
    case SMPP_UNBIND_RESP:
        return LINK_EV_UNBIND_RESP;
    case SMPP_GENERIC_NACK:
        return LINK_EV_NACK;
    case SMPP_OUTBIND:
    case SMPP_ALERT_NOTIFICATION:
        return LINK_EV_NOTICE;
    default:
        return (command_id & SMPP_RESPONSE_BIT) != 0 ? LINK_EV_RESPONSE : LINK_EV_MESSAGE;
    }
}

void link_write_response(struct link *link, uint32_t command_id, uint32_t command_status,
                         uint32_t sequence_number, const char *message_id)
{
    uint32_t response_id = command_id | SMPP_RESPONSE_BIT;
    bool is_message =
        command_id == SMPP_DELIVER_SM || command_id == SMPP_SUBMIT_SM || command_id == SMPP_DATA_SM;
    struct writer w;

    if (!is_message) {
        link_write_header_only(link, response_id, command_status, sequence_number);
        return;
    }
    w = link_write_begin(link, SMPP_HEADER_BYTES + LINK_MESSAGE_ID_BYTES);
    if (!smpp_message_resp_encode(&w, response_id, command_status, sequence_number, message_id)) {
        log_error("link.message_id_too_long", LOG_S("link", link->settings.name));
        link_write_header_only(link, response_id, ESME_RSYSERR, sequence_number);
        return;
    }
    link_write_end(link, &w);
}

/* ---- malformed input ---- */

/* Ten within a minute without a sound message or response between: the peer does not speak our
 * language, and an unbind may cure it. One that goes on before it answers that is cut off. A few
 * bad ones among thousands are some senders', and no reason to end the bind for all the others. */
static void note_malformed(struct link *link, const struct smpp_header *header, const char *what)
{
    uint64_t now = link_now(link);
    uint64_t *oldest = &link->malformed_ms[link->malformed_count % LINK_MALFORMED_MAX];
    bool is_full = link->malformed_count + 1 >= LINK_MALFORMED_MAX;
    uint64_t first;

    link->counters.malformed_in++;
    log_warning("link.malformed", LOG_S("link", link->settings.name), LOG_S("what", what),
                LOG_S("command", smpp_command_name(header->command_id)),
                LOG_U("command_id", header->command_id), LOG_U("octets", header->command_length));
    *oldest = now;
    link->malformed_count++;
    first = link->malformed_ms[link->malformed_count % LINK_MALFORMED_MAX];
    if (!is_full || now - first > LINK_MALFORMED_WINDOW_MS)
        return;
    if (link->state == LINK_BOUND) {
        link->malformed_count = 0; /* as many again, and we wait for its answer no longer */
        link_begin_unbind(link, "malformed", false);
    } else {
        link_doom(link, "malformed");
    }
}

static void on_bad_stream(struct link *link, enum smpp_frame kind, const struct smpp_header *header)
{
    link->counters.malformed_in++;
    if (kind == SMPP_FRAME_NOT_SMPP && link->is_first_read) {
        log_warning("link.not_smpp", LOG_S("link", link->settings.name),
                    LOG_S("looks_like", smpp_stranger_name(header->command_length)));
        link_lose(link, "not_smpp");
        return;
    }
    log_warning("link.bad_length", LOG_S("link", link->settings.name),
                LOG_U("command_length", header->command_length));
    /* Framing is lost: what looks like a sequence_number is not one. */
    link_write_header_only(link, SMPP_GENERIC_NACK, ESME_RINVCMDLEN, 0);
    link_close(link, "bad_length");
}

/* ---- PDUs in a state that does not take them ---- */

/* While we unbind; and of a centre whose messages overtake its own bind_resp. */
static bool may_come_again(const struct link *link, uint32_t command_id)
{
    const struct message_rule *rule = find_rule(command_id);

    return link->state == LINK_UNBINDING ||
           (link->state == LINK_BINDING && !link->role->is_server && rule != NULL &&
            rule->by_centre != 0);
}

/* Not now, but the sender may try again elsewhere or later. */
static enum smpp_status not_now_status(uint32_t command_id)
{
    return command_id == SMPP_DELIVER_SM ? ESME_RX_T_APPN : ESME_RSYSERR;
}

/* Asked why we refuse, somebody should find it; but not what an unbind of ours crosses. */
static void refuse(struct link *link, const struct smpp_header *h, enum smpp_status status)
{
    if (link->state != LINK_UNBINDING)
        log_warning("link.refused", LOG_S("link", link->settings.name),
                    LOG_S("command", smpp_command_name(h->command_id)),
                    LOG_S("state", link_state_name(link_state(link))),
                    LOG_S("command_status", smpp_status_name(status)));
    link_write_response(link, h->command_id, status, h->sequence_number, "");
}

/* A PDU that needs a bind first, or too many of those that need none. */
static void on_not_bound(struct link *link, const struct smpp_header *h)
{
    link->counters.malformed_in++;
    log_warning("link.not_bound", LOG_S("link", link->settings.name),
                LOG_S("command", smpp_command_name(h->command_id)));
    link_close(link, "not_bound");
}

/* A caller has a bind to send, and before it perhaps an enquire_link. */
static bool is_talking_on(const struct link *link)
{
    return link->role->is_server && (link->state == LINK_OPEN || link->state == LINK_BINDING) &&
           link->counters.pdus_in > LINK_UNBOUND_PDUS_MAX;
}

static void on_wrong_state(struct link *link, enum link_event event, const struct smpp_pdu *pdu)
{
    const struct smpp_header *h = &pdu->header;
    enum smpp_status status = ESME_RINVBNDSTS;

    if (event == LINK_EV_BIND_RESP || event == LINK_EV_RESPONSE || event == LINK_EV_UNBIND_RESP ||
        event == LINK_EV_NOTICE) {
        log_debug("link.unexpected", LOG_S("link", link->settings.name),
                  LOG_S("command", smpp_command_name(h->command_id)),
                  LOG_S("state", link_state_name(link_state(link))));
        return;
    }
    if (link->state == LINK_OPEN) {
        on_not_bound(link, h);
        return;
    }
    if (!smpp_command_is_known(h->command_id)) {
        link_write_header_only(link, SMPP_GENERIC_NACK, ESME_RINVCMDID, h->sequence_number);
        return;
    }
    if (event == LINK_EV_BIND && link->role->is_server)
        status = ESME_RALYBND;
    else if (event == LINK_EV_MESSAGE && may_come_again(link, h->command_id))
        status = not_now_status(h->command_id);
    refuse(link, h, status);
}

/* ---- one handler an event ---- */

static bool is_too_fast(struct link *link)
{
    struct link_in_rate *rate = link->in_rate;
    uint64_t second = link_now(link) / 1000;

    if (rate == NULL || rate->limit == 0)
        return false;
    if (rate->second != second)
        rate->taken = 0;
    rate->second = second;
    if (rate->taken >= rate->limit)
        return true;
    rate->taken++;
    return false;
}

static void on_message(struct link *link, const struct smpp_pdu *pdu)
{
    const struct smpp_header *h = &pdu->header;
    const struct message_rule *rule = find_rule(h->command_id);
    uint32_t binds = 0;
    struct link_ticket ticket = {link->connection, h->sequence_number, h->command_id};
    bool is_full;

    if (rule != NULL)
        binds = link->role->is_server ? rule->by_esme : rule->by_centre;
    if ((binds & FSM_BIT(link->bind)) == 0) {
        refuse(link, h, ESME_RINVBNDSTS);
        return;
    }
    link->malformed_count = 0;
    link->silent_count = 0;
    link->counters.messages_in++;
    is_full = link->unanswered >= link->settings.in_flight_max;
    if (is_full || is_too_fast(link)) {
        link->counters.throttled_out++;
        log_info("link.throttling", LOG_S("link", link->settings.name),
                 LOG_S("limit", is_full ? "in_flight_max" : "in_tps"));
        link_write_response(link, h->command_id, ESME_RTHROTTLED, h->sequence_number, "");
        return;
    }
    link->unanswered++;
    link->owner.on_message(link->owner_ctx, link, ticket, pdu);
}

static bool has_message_id(uint32_t command_id)
{
    return command_id == SMPP_SUBMIT_SM_RESP || command_id == SMPP_DELIVER_SM_RESP ||
           command_id == SMPP_DATA_SM_RESP;
}

static void on_response(struct link *link, const struct smpp_pdu *pdu, enum smpp_status status)
{
    const struct smpp_header *h = &pdu->header;
    struct link_request *r = window_find(&link->window, h->sequence_number, h->command_id);
    struct span message_id = span_of(NULL, 0), tlvs = span_of(NULL, 0);

    link->silent_count = 0;
    if (r == NULL) {
        log_info("link.unmatched", LOG_S("link", link->settings.name),
                 LOG_S("command", smpp_command_name(h->command_id)),
                 LOG_U("command_id", h->command_id), LOG_U("sequence_number", h->sequence_number));
        return;
    }
    link->malformed_count = 0;
    /* A body that cannot be read does not undo the answer: the header said it. */
    if (status == ESME_ROK)
        tlvs = pdu->tlvs;
    if (status == ESME_ROK && has_message_id(h->command_id))
        message_id = pdu->message_id;
    link_settle(link, r, h->command_status, message_id, tlvs);
}

/* From who does not know enquire_link; it has been read all the same. */
static bool ends_enquiry(struct link *link, uint32_t sequence_number)
{
    bool is_newest = sequence_number != 0 && sequence_number == link->enquire_sequence;

    if (is_newest)
        link->enquire_sequence = 0; /* a second one answers nothing */
    return read_marks_answer(&link->reads, sequence_number) || is_newest;
}

static void on_nack(struct link *link, const struct smpp_pdu *pdu)
{
    const struct smpp_header *h = &pdu->header;
    struct link_request *r = window_find(&link->window, h->sequence_number, SMPP_GENERIC_NACK);
    uint32_t status = h->command_status != ESME_ROK ? h->command_status : ESME_RUNKNOWNERR;

    link->silent_count = 0;
    log_info("link.nacked", LOG_S("link", link->settings.name),
             LOG_S("command_status", smpp_status_name(h->command_status)),
             LOG_U("sequence_number", h->sequence_number));
    /* 0 is the number of who could not read the length: of the bind, which alone is under way. */
    if (link->state == LINK_BINDING && !link->role->is_server &&
        (h->sequence_number == link->bind_sequence || h->sequence_number == 0))
        link->role->on_bind(link, pdu, (enum smpp_status)status);
    else if (r != NULL)
        link_settle(link, r, status, span_of(NULL, 0), span_of(NULL, 0));
    else if (!ends_enquiry(link, h->sequence_number))
        note_malformed(link, h, "nack");
}

static void on_unbind(struct link *link, const struct smpp_pdu *pdu)
{
    link_write_header_only(link, SMPP_UNBIND_RESP, ESME_ROK, pdu->header.sequence_number);
    if (link->state == LINK_BOUND) {
        link_begin_unbind(link, "peer_unbind", true);
    } else if (link->state == LINK_UNBINDING) {
        link->is_unbind_by_peer = true; /* once more, or ours has crossed it */
        link_check_unbind(link);
    } else {
        link_close(link, "peer_unbind");
    }
}

static void on_unbind_resp(struct link *link)
{
    if (link->is_unbind_sent)
        link_close(link, link->unbind_reason);
}

static void dispatch(struct link *link, enum link_event event, const struct smpp_pdu *pdu,
                     enum smpp_status status)
{
    switch (event) {
    case LINK_EV_BIND:
        if (link->role->is_server)
            link->role->on_bind(link, pdu, status);
        break;
    case LINK_EV_BIND_RESP:
        if (!link->role->is_server)
            link->role->on_bind(link, pdu, status);
        break;
    case LINK_EV_MESSAGE:
        on_message(link, pdu);
        break;
    case LINK_EV_RESPONSE:
        on_response(link, pdu, status);
        break;
    case LINK_EV_ENQUIRE:
        link_write_header_only(link, SMPP_ENQUIRE_LINK_RESP, ESME_ROK, pdu->header.sequence_number);
        break;
    case LINK_EV_UNBIND:
        on_unbind(link, pdu);
        break;
    case LINK_EV_UNBIND_RESP:
        on_unbind_resp(link);
        break;
    case LINK_EV_NACK:
        on_nack(link, pdu);
        break;
    case LINK_EV_ENQUIRE_RESP:
        if (pdu->header.sequence_number == link->enquire_sequence)
            link->enquire_link_ms = (uint32_t)(link_now(link) - link->enquire_sent_ms);
        read_marks_answer(&link->reads, pdu->header.sequence_number);
        break;
    case LINK_EV_NOTICE:
        log_debug("link.notice", LOG_S("link", link->settings.name),
                  LOG_S("command", smpp_command_name(pdu->header.command_id)));
        break;
    }
}

/* A PDU that the decoder refused. Responses are never answered. */
static void on_refused(struct link *link, enum link_event event, const struct smpp_pdu *pdu,
                       enum smpp_status status)
{
    const struct smpp_header *h = &pdu->header;

    if ((h->command_id & SMPP_RESPONSE_BIT) != 0 || event == LINK_EV_NOTICE) {
        dispatch(link, event, pdu, status);
        return;
    }
    if (status == ESME_RINVCMDID)
        link_write_header_only(link, SMPP_GENERIC_NACK, status, h->sequence_number);
    else if (event == LINK_EV_BIND)
        link->role->on_bind(link, pdu, status);
    else
        link_write_response(link, h->command_id, status, h->sequence_number, "");
}

static void on_pdu(struct link *link, struct span frame)
{
    struct smpp_pdu pdu;
    enum smpp_status status = smpp_pdu_decode(frame, &pdu);
    enum link_event event = event_of(pdu.header.command_id);
    uint64_t connection = link->connection;

    link_show(link, LINK_PDU_IN, frame);
    link->counters.pdus_in++;
    link->counters.octets_in += frame.size;
    link->last_pdu_ms = link_now(link);
    link->is_enquiring = false;
    link->enquire_misses = 0;
    if (is_talking_on(link)) {
        on_not_bound(link, &pdu.header);
        return;
    }
    if (!fsm_accepts(&link_fsm, link->state, event)) {
        on_wrong_state(link, event, &pdu);
        return;
    }
    if (status == ESME_ROK) {
        dispatch(link, event, &pdu, status);
        return;
    }
    on_refused(link, event, &pdu, status);
    if (link_is_on(link, connection))
        note_malformed(link, &pdu.header, smpp_status_name(status));
}

static size_t frame_limit(const struct link *link)
{
    bool is_bound = link->state == LINK_BOUND || link->state == LINK_UNBINDING;

    return is_bound ? link->settings.pdu_bytes_max : SMPP_PDU_BYTES_OPEN;
}

/* One timer a link, looked at when it fires: a busy link ends most reads inside a PDU. */
static void note_partial(struct link *link)
{
    if (!framer_is_partial(&link->framer))
        return;
    if (!timer_is_running(&link->frame))
        timer_start(link->env.timers, &link->frame, (uint64_t)link->settings.pdu_timeout_s * 1000);
}

void link_receive(struct link *link, struct span bytes)
{
    uint64_t connection = link->connection;
    bool was_partial = framer_is_partial(&link->framer);
    struct span frame;
    struct smpp_header header;
    enum smpp_frame kind;

    framer_feed(&link->framer, bytes);
    while ((kind = framer_next(&link->framer, frame_limit(link), &frame, &header)) ==
           SMPP_FRAME_WHOLE) {
        link->is_first_read = false;
        was_partial = false;
        on_pdu(link, frame);
        if (!link_is_on(link, connection) || link->doom != NULL)
            return;
    }
    if (kind != SMPP_FRAME_MORE) {
        on_bad_stream(link, kind, &header);
        return;
    }
    if (!was_partial)
        link->frame_begun_ms = link_now(link);
    note_partial(link);
}
