/*
 * `warung-smsc load`: a crowd on one flow; throughput, latencies and the ledger.
 *
 * Closed loop: a fixed number of dialogues at once, each answers at once; what is measured is the
 * greatest throughput. Open loop: inputs are due by the clock, whatever the gateway does, and each
 * latency counts from when its input was due (not from when it could be sent), so that a stall
 * cannot hide behind the requests that it held back.
 */
#ifndef WARUNG_SMSC_LOAD_H
#define WARUNG_SMSC_LOAD_H

#include "tests/smsc/control.h"
#include "tests/smsc/crowd.h"
#include "tests/smsc/histogram.h"
#include "tests/smsc/options.h"

enum load_phase {
    LOAD_BINDING, /* waits for the binds */
    LOAD_WARMING, /* runs, not yet measured */
    LOAD_MEASURING,
    LOAD_DRAINING, /* no new dialogues; what runs goes to its end */
    LOAD_DONE,
};

struct load {
    struct loop *loop;
    const struct options *options;
    struct faults *faults;
    struct flow *flow;
    struct centre *centre;
    struct control *control;
    struct centre_owner centre_owner; /* the crowd's callbacks, and on_binds */
    struct crowd *crowd;
    struct crowd_settings crowd_settings;
    enum load_phase phase;
    bool is_open_loop;

    /* microseconds of the loop's clock */
    uint64_t measure_us;  /* from */
    uint64_t measured_us; /* to */
    uint64_t deadline_us; /* of the current phase */
    double next_start_us; /* open loop: when the next dialogue is due */

    /* results of the measured time */
    uint64_t steps;
    uint64_t finished;
    uint64_t not_started; /* open loop, all the time: too many were at once */
    uint64_t cpu_start_us;
    uint64_t cpu_us;
    struct histogram screen; /* input due -> its screen */
    struct histogram answer; /* input due -> deliver_sm_resp */
};

/* The program's exit status: 0 clean, 1 the ledger is violated or no gateway bound, 2 a bad flow,
 * 3 could not listen. */
int load_run(struct loop *loop, const struct options *options,
             const struct centre_settings *settings, struct faults *faults);

#endif
