/*
 * The simulated USSD centre and its subscribers: delivers at least once, shows what it is sent, and
 * holds the service to its promises (the oracle).
 *
 * A subscriber registers once and asks for the status afterwards, reading each screen as a person
 * does: whatever is shown is answered. So every screen tells which steps the service has taken:
 *   - the screen after an answer is the next one, or the same one again: never one further (a step
 *     done twice) and never one that was passed long ago (a step lost);
 *   - a dialogue stays with the menu version that it began with;
 *   - a result comes by itself (network-initiated) only to who has got none for an input, and once;
 *   - a registration number that was shown exists, exactly once, at the end.
 */
#ifndef WARUNG_SIM_CENTRE_H
#define WARUNG_SIM_CENTRE_H

#include "gateway/link/transport.h"
#include "tests/sim/network.h"
#include "tests/sim/world.h"

struct centre;

struct centre_counters {
    uint64_t dials, answers, delivered, redelivered, refused, given_up;
    uint64_t screens, screens_again, busy, texts, registrations, hang_ups, silences, waits, pushes;
};

struct centre *centre_new(struct world *w, unsigned subscribers);
struct network_peer centre_accept(void *centre, struct transport *far_end);
/* No new dials; dialogues under way end by themselves. */
void centre_close(struct centre *c);
const struct centre_counters *centre_counters(const struct centre *c);
/* Each subscriber's number and the registration number that was shown to it ("" = none yet). */
unsigned centre_subscribers(const struct centre *c);
const char *centre_msisdn(const struct centre *c, unsigned i);
/* It has an acknowledgement of the answer that sends the registration (where steps are numbered).
 */
bool centre_is_sent(const struct centre *c, unsigned i);
/* SMS with a registration number that it has taken for that subscriber. */
unsigned centre_receipts(const struct centre *c, unsigned i);
const char *centre_regno(const struct centre *c, unsigned i);
void centre_free(struct centre *c);

#endif
