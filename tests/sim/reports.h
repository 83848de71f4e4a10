/*
 * What the simulated centre says of SMS that it was asked to tell of: each by a receipt, which may
 * come before the response, minutes later, twice, or never.
 */
#ifndef WARUNG_SIM_REPORTS_H
#define WARUNG_SIM_REPORTS_H

#include "tests/sim/connection.h"
#include "tests/sim/smsc.h"

struct reports;

struct reports *reports_new(struct world *w);
void reports_free(struct reports *r);
/* Of an SMS that was taken; the phone outlives it. */
void reports_plan(struct reports *r, const struct phone *phone, const char *message_id);
/* A response: false when it is none to a receipt. */
bool reports_respond(struct reports *r, const struct connection *x, uint32_t sequence_number,
                     uint32_t command_status);
void reports_lose_connection(struct reports *r, const struct connection *x);
/* SMS that were told to be delivered; and those of which the service has taken no receipt. */
uint64_t reports_delivered(const struct reports *r);
uint64_t reports_missing(const struct reports *r);

#endif
