/*
 * query_sm, cancel_sm and replace_sm of partners (SMPP 3.4 4.8 to 4.10): what they submitted was
 * done before it was answered, so it is delivered, and nothing is left to cancel or to replace.
 */
#ifndef WARUNG_GATEWAY_QUERIES_H
#define WARUNG_GATEWAY_QUERIES_H

#include "gateway/link/link.h"

struct vault;

/* True when it was one of the three: it is answered. An id that was never given for this account
 * and source address is ESME_RINVMSGID, one of more than seven days ago ESME_RQUERYFAIL. */
bool queries_answer(const struct vault *vault, const char *account, int64_t now_ms,
                    struct link *link, struct link_ticket ticket, const struct smpp_pdu *pdu);

#endif
