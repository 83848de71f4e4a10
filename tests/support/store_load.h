/*
 * Dialogues that step against a store while it is being hurt, and the ledger that says afterwards
 * whether a step that was told done is missing, or one was done twice.
 *
 * Each dialogue counts: its record is the number of its steps. What is unknown is resolved as a
 * gateway must: by reading, never by writing again.
 */
#ifndef WARUNG_TESTS_SUPPORT_STORE_LOAD_H
#define WARUNG_TESTS_SUPPORT_STORE_LOAD_H

#include "tests/support/store_rig.h"

struct store_load_result {
    uint64_t ok, unknown, unavailable, conflicts;
    uint64_t resolved_done, resolved_not; /* the unknown ones, by reading */
    uint64_t lost;                        /* told done, and not there */
    uint64_t doubled;                     /* more writes than steps */
    unsigned longest_gap_ms;              /* between two steps told done, of any dialogue */
};

struct store_load;

/* Begins at once, with numbers that no other series has. owes: every step owes an SMS too, so that
 * it is a full commit. */
struct store_load *store_load_new(struct store_rig *rig, unsigned series, unsigned dialogues,
                                  bool owes);
/* The loop runs for so long. */
void store_load_run(struct store_load *l, unsigned ms);
/* No new steps; waits until every dialogue has its answer, reads every record, and judges. */
void store_load_finish(struct store_load *l, struct store_load_result *result);
void store_load_free(struct store_load *l);

#endif
