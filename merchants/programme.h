/*
 * The programme at work on one subscriber during one turn: facts for the menu, actions, officers'
 * decisions. Pure: record, answers and time in; record, SMS owed, index changes and journal out.
 *
 * The driver: programme_begin() with the stored record; menu_step() with programme_facts();
 * programme_act() on MENU_ACT, satisfying a need when it names one; then the commit takes
 * programme_record(), the owed texts, index changes, timers and journal entries.
 */
#ifndef WARUNG_MERCHANTS_PROGRAMME_H
#define WARUNG_MERCHANTS_PROGRAMME_H

#include "menus/menu.h"
#include "menus/state.h"
#include "menus/vocabulary.h"
#include "merchants/merchant.h"

enum { PROGRAMME_SMS_MAX = 2, PROGRAMME_CHANGES_MAX = 3, PROGRAMME_TIMERS_MAX = 4 };

/* The rules, actions and facts of the programme. */
extern const struct menu_vocabulary programme_vocabulary;

/* What an action needs from outside before it can go on. */
enum programme_need_kind {
    PROGRAMME_NEEDS_NOTHING,
    PROGRAMME_NEEDS_NUMBER, /* a fresh number of counter `key` of this subscriber's bucket */
    PROGRAMME_NEEDS_RECORD, /* the merchant record of whoever owns registration number `key` */
    PROGRAMME_NEEDS_SHARED, /* the shared record `key` (trainings, ...) */
};
struct programme_need {
    enum programme_need_kind kind;
    char key[MENU_NAME_BYTES];
};

struct programme_change { /* of one registration's status: index and journal */
    char regno[MERCHANT_REGNO_BYTES];
    enum merchant_status from; /* MERCHANT_DRAF = newly made */
    enum merchant_status to;
    const char *actor; /* "merchant", "officer", "timer" */
};

struct programme {
    char msisdn[24];
    int64_t now_ms;
    uint64_t step; /* fingerprint of the input: makes a replayed registration the same one */
    unsigned bucket, buckets;
    struct subscriber subscriber;
    bool record_changed;
    bool record_used; /* facts or actions looked at it: the commit must check its version */
    /* filled on demand by the driver */
    struct programme_need need;
    uint64_t number;         /* NEEDS_NUMBER: the answer; 0 = not yet */
    bool has_found;          /* NEEDS_RECORD: looked up */
    bool found;              /* ... and there is one */
    struct subscriber other; /* ... this */
    /* filled by actions */
    char sms[PROGRAMME_SMS_MAX][MENU_NAME_BYTES]; /* names of texts owed to this subscriber */
    unsigned sms_count;
    struct programme_change changes[PROGRAMME_CHANGES_MAX];
    unsigned change_count;
    struct {
        const char *kind;
        int64_t due_ms; /* 0 = take away */
    } timers[PROGRAMME_TIMERS_MAX];
    unsigned timer_count;
    const struct menu_state *state; /* the dialogue's, for facts that depend on answers */
};

/* `record` may be empty (nobody yet). False when it cannot be decoded. */
bool programme_begin(struct programme *p, const char *msisdn, struct span record, int64_t now_ms,
                     const struct menu_state *state);
/* Facts as they are now; valid as long as p. */
struct menu_facts programme_facts(struct programme *p);

/* Carries out an action of the vocabulary. Returns its result word, or NULL when p->need must be
 * satisfied first: fill in the answer and call again with the same arguments. The state's answers
 * may be changed (a draft that was sent is cleared). */
const char *programme_act(struct programme *p, const char *action, struct menu_state *state);

/* An officer's decision on one registration. */
enum programme_verdict {
    PROGRAMME_DONE,
    PROGRAMME_NO_SUCH_REGISTRATION,
    PROGRAMME_NOT_ALLOWED, /* the status does not allow it */
    PROGRAMME_BAD_REASON,  /* unknown, missing, or not one for this decision */
};
enum programme_verdict programme_decide(struct programme *p, const char *regno,
                                        enum merchant_event event, const char *reason);

/* The record to commit when p->record_changed. */
void programme_encode(const struct programme *p, struct writer *w);

#endif
