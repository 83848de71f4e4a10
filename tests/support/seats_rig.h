/*
 * Seats on the rig of turns: a training as officers plan it, what another gateway has of phone 0,
 * and its claim. Version 0 is that of a record that is not there.
 */
#ifndef WARUNG_TESTS_SUPPORT_SEATS_RIG_H
#define WARUNG_TESTS_SUPPORT_SEATS_RIG_H

#include "merchants/training.h"
#include "tests/support/turn_rig.h"

/* The record of all trainings, over that version. */
enum store_result seats_rig_try_write(const struct trainings *t, uint64_t version);
/* ... which it must be. */
void seats_rig_write(const struct trainings *t, uint64_t version);
/* Valid until the next call. */
const struct trainings *seats_rig_read(void);
/* One training of so many seats, four days from TURN_RIG_NOW: L1. */
void seats_rig_plan(uint16_t seats);

/* What another gateway has of phone 0: its records, and that of all trainings. */
struct seats_rig_other {
    uint64_t session_version, trainings_version;
    size_t session_size;
    uint8_t session[STORE_SESSION_BYTES_MAX];
};
struct seats_rig_other seats_rig_read_as_another(void);

/* Joins until the seat is claimed, and the commit that is to note it is under way for so long. */
void seats_rig_claim_slowly_by(const struct dialect_input *input, unsigned ms);
/* ... by key 1, for 200 ms. */
void seats_rig_claim_slowly(void);
/* The claims of phone 0 are to be looked after now. */
void seats_rig_arm_look(void);
/* Writes the session of phone 0, as who notes a seat does. */
enum store_result seats_rig_note_as_another(const struct seats_rig_other *o);
/* Phone 0 has claimed the seat and nobody noted it: it is to be looked after now. */
void seats_rig_leave_a_claim(void);
/* The wall clock is there now, and what is due is done; phone 0 has had no SMS before. */
void seats_rig_wake_at(int64_t wall_ms);

#endif
