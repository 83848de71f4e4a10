/*
 * One subscriber's records, opened, and what an officer changes in them: loaded, changed by the
 * programme's own functions, committed with everything that goes with it (lists, journal, timers,
 * SMS owed), again when somebody else was faster.
 */
#ifndef WARUNG_CTL_DOSSIER_H
#define WARUNG_CTL_DOSSIER_H

#include "gateway/ctl/command.h"
#include "gateway/ctl/hand.h"
#include "merchants/programme.h"
#include "sessions/session.h"

struct dossier {
    struct setup setup;
    struct hand *hand;
    bool is_bulk; /* what it owes goes to many: behind what somebody waits for */
    char msisdn[STORE_MSISDN_BYTES_MAX + 1];
    bool is_unreadable; /* no key opens the records that were loaded last, or no program of now
                         * reads them: who goes through many leaves this one out */
    struct hand_records records; /* sealed */
    uint64_t trainings_version;
    uint8_t trainings[TRAININGS_BYTES_MAX]; /* the shared record, opened */
    size_t trainings_size;
    struct session session;
    bool is_bare; /* there is a session, and nobody has dialled or texted: a gateway has put it
                   * there for a moment (need.h), of a number that was erased, say */
    struct menu_state state;
    struct programme programme; /* its subscriber is the merchant record */
};

/* Opens configuration and store; the subscriber comes later. NULL and *status after telling why. */
struct dossier *dossier_open(const struct ctl_call *call, enum ctl_status *status);
void dossier_close(struct dossier *d);
/* Opens, lets fn work, closes: its status, or what was told. */
typedef enum ctl_status dossier_work_fn(struct dossier *d, const struct ctl_call *call);
enum ctl_status dossier_with(const struct ctl_call *call, dossier_work_fn *fn);

/* Whether it is a registration number rather than a subscriber's; *regno is "" when not. */
bool dossier_parse_regno(const char *word, char regno[MERCHANT_REGNO_BYTES]);
/* Whether it is one of both by its form, without a look into the store; tells why not. */
bool dossier_is_number(const char *word);
/* Whose a registration number (with or without dashes) is, or that a subscriber's number is one.
 * *regno is "" for a subscriber's number. CTL_DONE or what was told. */
enum ctl_status dossier_identify(struct dossier *d, const char *word,
                                 char regno[MERCHANT_REGNO_BYTES]);
/* Loads the shared record of all trainings; writes it, sealed. CTL_DONE or what was told; writing:
 * *result is STORE_OK, or load again and write once more: somebody was faster (STORE_CONFLICT), or
 * no answer came, and a record that shows the change may lose it yet (STORE_UNKNOWN). */
enum ctl_status dossier_load_trainings(struct dossier *d);
enum ctl_status dossier_write_trainings(struct dossier *d, struct span plain,
                                        enum store_result *result);
/* Loads the records of d->msisdn, and the trainings. CTL_DONE or what was told. */
enum ctl_status dossier_load(struct dossier *d);
/* The menu whose tables name the places and kinds of business of a registration: the first that has
 * districts. NULL: none has. */
const struct menu *dossier_labels(const struct setup *setup);
/* Opens a sealed merchant record. False when it is damaged, or sealed with another key. */
bool dossier_open_subscriber(const struct setup *setup, const char *msisdn, struct span sealed,
                             struct subscriber *subscriber);

/* Changes d->programme; CTL_DONE to have it committed, when there is something to commit. May run
 * again on fresh records. */
typedef enum ctl_status dossier_change_fn(struct dossier *d, void *arg);
/* Loads, changes, commits. */
enum ctl_status dossier_change(struct dossier *d, dossier_change_fn *change, void *arg);

#endif
