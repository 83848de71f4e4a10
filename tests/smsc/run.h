/*
 * `warung-smsc run`: plays scripts against a gateway and reports in TAP, one test a script.
 */
#ifndef WARUNG_SMSC_RUN_H
#define WARUNG_SMSC_RUN_H

#include "tests/smsc/options.h"

/* The program's exit status: 0 all passed, 1 one failed or no gateway bound, 2 a bad script, 3
 * could not listen. */
int run_run(struct loop *loop, const struct options *options,
            const struct centre_settings *settings, struct faults *faults);

#endif
