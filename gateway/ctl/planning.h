/*
 * The trainings as officers change them: one shared record, and telling those whom it concerns.
 * Each change may be made once more, by who was cut off: it does only what is not done yet.
 *
 * CTL_DONE, or what was told.
 */
#ifndef WARUNG_CTL_PLANNING_H
#define WARUNG_CTL_PLANNING_H

#include "gateway/ctl/dossier.h"
#include "merchants/training.h"

enum ctl_status planning_load(struct dossier *d, struct trainings *t);
/* Plans one (trainings_add()) and notes who did. */
enum ctl_status planning_add(struct dossier *d, const struct training *plan,
                             char id[TRAINING_ID_BYTES]);
/* Those who asked to hear of trainings get an SMS: *told, even when not all were reached. */
enum ctl_status planning_announce(struct dossier *d, unsigned *told);
/* Calls one off, notes who did, and tells those who have a seat: *told. One that is gone already:
 * !*was_there, and who has not been told is. */
enum ctl_status planning_call_off(struct dossier *d, const char *id, bool *was_there,
                                  unsigned *told);

#endif
