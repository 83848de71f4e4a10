/*
 * `warung-smsc mirror`: stands in for a gateway and plays the screens of a flow.
 *
 * It shows what the generator itself can do and costs, and with --bug it makes the mistakes that
 * the ledger must find. It keeps its dialogues in memory and knows a repeated input by its session
 * and unit number.
 */
#ifndef WARUNG_SMSC_MIRROR_H
#define WARUNG_SMSC_MIRROR_H

#include "tests/smsc/flow.h"
#include "tests/smsc/options.h"

struct mirror;

enum mirror_bug {
    MIRROR_DOUBLE,    /* an input steps twice */
    MIRROR_LOSE,      /* an input is answered 0 and forgotten */
    MIRROR_FORGETFUL, /* a repeated input steps once more */
    MIRROR_REFUSE,    /* an input is answered ESME_RX_T_APPN the first time */
    MIRROR_NO_SMS,    /* a finished dialogue brings no message */
    MIRROR_CHANGE,    /* a replayed screen differs from the first */
    MIRROR_BUG_COUNT
};

/* As a gateway to a centre it connects; as one for partners it listens. The flow and settings must
 * outlive it. NULL with a message on standard error when the address cannot be used. */
struct mirror *mirror_new(struct loop *loop, const struct peers_settings *settings,
                          const struct flow *flow, uint64_t seed);
void mirror_free(struct mirror *m);
/* "double=1,lose=0.5": percent of inputs. False on another word or number. */
bool mirror_set_bugs(struct mirror *m, const char *list);

/* Until a signal comes. */
int mirror_run(struct loop *loop, const struct options *options,
               const struct centre_settings *settings, struct faults *faults);

#endif
