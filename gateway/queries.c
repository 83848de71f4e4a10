#include "gateway/queries.h"

#include <assert.h>

#include "gateway/message_id.h"
#include "gateway/smpp/receipt.h"
#include "gateway/smpp/smpp_time.h"

enum { PDU_BYTES = 128 };

static void answer_delivered(struct link *link, struct link_ticket ticket,
                             const struct smpp_pdu *pdu, int64_t at_ms)
{
    char date[SMPP_TIME_BYTES];
    struct smpp_query response = {.message_id = pdu->query.message_id,
                                  .message_state = RECEIPT_DELIVERED};
    uint8_t octets[PDU_BYTES];
    struct writer w;
    bool fits;

    smpp_time_write_absolute(at_ms, date);
    response.final_date = span_of_string(date);
    writer_init(&w, octets, sizeof(octets));
    fits = smpp_query_resp_encode(&w, ESME_ROK, ticket.sequence_number, &response);
    assert(fits);
    link_answer_pdu(link, ticket, writer_span(&w));
}

/* What is left of a message that is done. */
static enum smpp_status status_of_done(uint32_t command_id)
{
    switch (command_id) {
    case SMPP_CANCEL_SM:
        return ESME_RCANCELFAIL;
    case SMPP_REPLACE_SM:
        return ESME_RREPLACEFAIL;
    default:
        return ESME_RQUERYFAIL;
    }
}

bool queries_answer(const struct vault *vault, const char *account, int64_t now_ms,
                    struct link *link, struct link_ticket ticket, const struct smpp_pdu *pdu)
{
    struct message_origin origin = {.account = account};
    int64_t at_ms;

    if (ticket.command_id != SMPP_QUERY_SM && ticket.command_id != SMPP_CANCEL_SM &&
        ticket.command_id != SMPP_REPLACE_SM)
        return false;
    origin.source = message_id_source(pdu->query.source.digits);
    at_ms = message_id_read(vault, &origin, pdu->query.message_id);
    /* cancel_sm without an id means all of a kind: there are none. */
    if (at_ms < 0 && (ticket.command_id != SMPP_CANCEL_SM || pdu->query.message_id.size != 0))
        link_answer(link, ticket, ESME_RINVMSGID, NULL);
    else if (ticket.command_id != SMPP_QUERY_SM ||
             now_ms - at_ms > (int64_t)MESSAGE_ID_TOLD_S * 1000)
        link_answer(link, ticket, status_of_done(ticket.command_id), NULL);
    else
        answer_delivered(link, ticket, pdu, at_ms);
    return true;
}
