/*
 * `warung-smsc conform`: a conformance report on an SMPP/USSD peer, case by case.
 *
 * As centre the peer under test binds to us; as partner we bind to it. Each case sends something
 * and says what must come back (SMPP 3.4, and the dialect chosen); a failure shows what was
 * expected, what came, and the last PDUs in hex. The report is TAP.
 */
#ifndef WARUNG_SMSC_CONFORM_H
#define WARUNG_SMSC_CONFORM_H

#include "tests/smsc/options.h"

/* The program's exit status: 0 all passed, 1 a case failed or nobody bound, 3 could not listen. */
int conform_run(struct loop *loop, const struct options *options,
                const struct centre_settings *settings, struct faults *faults);

#endif
