/*
 * The simulated USSD centre, or two of them, and the subscribers of each: delivers at least once,
 * shows what it is sent, and holds the service to its promises (the oracle).
 *
 * A subscriber registers, asks for the status, corrects the name, cancels and registers again,
 * joins a training and leaves it by SMS, reading each screen as a person does: whatever is shown is
 * answered. So every screen tells which steps the service has taken:
 *   - the screen after an answer is the next one, or the same one again: never one further (a step
 *     done twice) and never one that was passed long ago (a step lost);
 *   - a dialogue stays with the menu version that it began with;
 *   - a result comes by itself (network-initiated) only to who has got none for an input, and once;
 *   - a registration number that was shown exists, exactly once, at the end; so does a seat at the
 *     training, until it is given back by SMS;
 *   - so does the last correction, or cancellation, that was shown as done;
 *   - there is no draft and no registration but of who has consented, and sent it, since an officer
 *     has erased the last.
 */
#ifndef WARUNG_SIM_SMSC_H
#define WARUNG_SIM_SMSC_H

#include "gateway/link/transport.h"
#include "tests/sim/network.h"
#include "tests/sim/world.h"

/* What a subscriber of the service may take for granted. */
enum seat_belief {
    SEAT_UNSURE,
    SEAT_NONE,  /* never asked for one, or gave it back and had the answer to that */
    SEAT_TAKEN, /* was shown that it is taken */
};

struct phone;
struct smsc;

struct smsc_counters {
    uint64_t dials, answers, redelivered, refused;
    uint64_t screens, screens_again, busy, texts, silences, waits, pushes;
    uint64_t seats, letters;             /* shown as taken; SMS taken by the service */
    uint64_t corrections, cancellations; /* shown as done */
};

struct smsc *smsc_new(struct world *w, unsigned subscribers);
/* For each of the centres' ports. */
struct network_peer smsc_accept(void *smsc, struct transport *far_end, uint16_t port);
/* No new dials; dialogues under way end by themselves. */
void smsc_close(struct smsc *c);
const struct smsc_counters *smsc_counters(const struct smsc *c);
unsigned smsc_subscribers(const struct smsc *c);
/* One of them, from 0: phone.h says what it knows. */
struct phone *smsc_phone(const struct smsc *c, unsigned i);
/* NULL = it has none with this number. */
struct phone *smsc_find(const struct smsc *c, struct span msisdn);
/* What it told of SMS: reports.h. */
const struct reports *smsc_reports(const struct smsc *c);
void smsc_free(struct smsc *c);

#endif
