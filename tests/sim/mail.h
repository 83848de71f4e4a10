/*
 * All SMS that the simulated service has ever owed, and that its store still knows of: what it owes
 * once it owes once, however often its SMS is sent. A fail-over takes with it what the replica
 * lacks.
 */
#ifndef WARUNG_SIM_MAIL_H
#define WARUNG_SIM_MAIL_H

#include "sessions/memory_data.h"
#include "tests/sim/smsc.h"

enum mail_kind {
    MAIL_ONCE,    /* never again with the same text */
    MAIL_NUDGE,   /* once for each draft */
    MAIL_REPLY,   /* to an SMS */
    MAIL_CHANGED, /* the name is */
    MAIL_ERASED,  /* all is; never again with the same ticket */
    MAIL_OTHER,
};

struct mail;

/* Looks at each commit of the data, which outlives it, and tells the centre's subscribers that they
 * are erased. */
struct mail *mail_new(const struct world *w, struct memory_data *data, const struct smsc *smsc);
/* The replica has all of it up to now. */
void mail_copied(struct mail *m);
/* ... and takes the place of the store. */
void mail_failed_over(struct mail *m);
unsigned mail_count(const struct mail *m, const char *msisdn, enum mail_kind kind);
/* The check at the end: whose draft has waited for a day was told so. */
void mail_compare(struct mail *m, const char *msisdn);
void mail_free(struct mail *m);

#endif
