/*
 * `warung-smsc phone`: a handset for a person, or for lines from a pipe.
 */
#ifndef WARUNG_SMSC_PHONE_H
#define WARUNG_SMSC_PHONE_H

#include "tests/smsc/options.h"

/* Runs to the end of standard input. The program's exit status: 0 done, 1 the gateway did not bind
 * or the service did not answer, 3 could not listen. */
int phone_run(struct loop *loop, const struct options *options,
              const struct centre_settings *settings, struct faults *faults);

#endif
