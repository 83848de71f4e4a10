/*
 * The programme at work on one subscriber during one turn: facts for the menu, actions, officers'
 * decisions, timers. Pure: record, answers and time in; record, SMS owed, index changes, timers and
 * journal out.
 *
 * The driver: programme_begin() with the stored record; menu_step() with programme_facts();
 * programme_act() on MENU_ACT, satisfying a need when it names one; then the commit takes the
 * record, the owed texts, index changes, timers and journal entries, all or nothing.
 */
#ifndef WARUNG_MERCHANTS_PROGRAMME_H
#define WARUNG_MERCHANTS_PROGRAMME_H

#include "menus/menu.h"
#include "menus/state.h"
#include "menus/vocabulary.h"
#include "merchants/merchant.h"
#include "merchants/periods.h"

enum {
    PROGRAMME_SMS_MAX = 4, /* of a step; an action owes one at most */
    PROGRAMME_CHANGES_MAX =
        SUBSCRIBER_MERCHANTS_MAX + SUBSCRIBER_TICKETS_MAX + SUBSCRIBER_SEATS_MAX + 1,
    PROGRAMME_TIMERS_MAX = 8,                      /* one of each kind */
    PROGRAMME_NUMBER_BYTES = 24,                   /* a subscriber's number */
    PROGRAMME_MEMBER_BYTES = 36,                   /* "L12/6281200000001" is the longest kind */
    PROGRAMME_NUMBERS_MAX = MENU_STEP_ACTIONS_MAX, /* fresh ones of a step: one an action */
};

/* Store set in which open tickets are listed; registrations are listed by their status word. */
#define PROGRAMME_TICKET_SET "TIKET"
/* Seats at trainings: members are the training's id, "/" and the subscriber's number. */
#define PROGRAMME_TRAINING_SET "LATIH"
/* Who asked to be told of trainings: members are "KABAR/" and the number. */
#define PROGRAMME_NEWS_SET "KABAR"
/* The shared record of all trainings (merchants/training.h), sealed like a subscriber's. */
#define PROGRAMME_TRAININGS_KEY "trainings"

/* What somebody agreed to, in this turn: goes into the consent log, which outlives an erasure. */
struct programme_consent {
    bool is_given;
    bool is_sms;
    char version[MERCHANT_VERSION_BYTES]; /* of the menu whose words were shown */
    char language[8];
};

/* The menu that speaks in this turn, and in which language it does. */
struct programme_voice {
    const uint8_t *menu_id; /* MENU_ID_BYTES */
    const char *language;
};

/* The rules, actions and facts of the programme: merchants/vocabulary.c. */
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

/* Numbers that were got for a step, each with its counter. A shortcut may do in one step what needs
 * several, and a step that is run anew may need one of another counter than before. */
struct programme_numbers {
    unsigned count;
    struct {
        char key[MERCHANT_CODE_BYTES];
        uint64_t value;
    } items[PROGRAMME_NUMBERS_MAX];
};

/* Something of a subscriber's that moves between the store's sets; also one journal entry. */
struct programme_change {
    char member[PROGRAMME_MEMBER_BYTES]; /* registration or ticket number, seat */
    const char *leave_set;               /* NULL = newly made */
    const char *enter_set;               /* NULL = gone */
    const char *event;                   /* "send", "approve", "ticket-call", ... */
    const char *actor;                   /* "merchant", "officer", "timer" */
};

struct programme_timer {
    const char *kind; /* one of the PROGRAMME_TIMER_ words */
    int64_t due_ms;   /* 0 = take it away */
};

/* Kinds of timers, one of each a subscriber; "lapse" is the store's own (STORE_LAPSE_TIMER). */
#define PROGRAMME_TIMER_NUDGE    "nudge"    /* a dropped draft: one SMS */
#define PROGRAMME_TIMER_DRAFT    "draft"    /* the draft is too old */
#define PROGRAMME_TIMER_REMIND   "remind"   /* 3 days before a correction is due */
#define PROGRAMME_TIMER_LAPSE    "deadline" /* a correction was due */
#define PROGRAMME_TIMER_CONSENT  "consent"  /* an SMS registration was not answered with YA */
#define PROGRAMME_TIMER_ERASE    "erase"    /* data must be gone */
#define PROGRAMME_TIMER_TRAINING "training" /* a training is tomorrow, or over */
/* Seats were claimed or given back in the shared record, and perhaps not noted, or what was noted
 * was undone by a write of which nobody had word. Armed by whoever gives a seat back: it is the
 * timer that takes that out of the record; and by whoever writes that record, before, with a digit
 * behind it, another each ten minutes (programme_watch()): whoever looks after one that is due
 * takes that away, and none that was armed meanwhile. */
#define PROGRAMME_TIMER_CLAIMS "claims"
/* No timers of the store's: what a turn leaves to the next, or the retention walk has found
 * (programme_find_expired()). */
#define PROGRAMME_TIMER_MATCH  "match"  /* claims of a commit that never came, just now */
#define PROGRAMME_TIMER_RETAIN "retain" /* something is older than its period */
#define PROGRAMME_TIMER_FORGET "forget" /* nothing worth keeping is left */
/* ... that another number has given the same NIK; behind it stand 8 hexadecimal digits of its hash.
 */
#define PROGRAMME_TIMER_TWIN "twin-"

struct programme {
    /* From the driver. */
    char msisdn[PROGRAMME_NUMBER_BYTES];
    int64_t now_ms;
    int64_t touched_ms; /* wall clock at which the subscriber's last dialogue moved; 0 = unknown */
    unsigned bucket, buckets;
    struct programme_periods periods; /* the defaults after programme_begin() */
    /* The keyed hash of a NIK, its highest 64 bits; NULL = there is none. */
    uint64_t (*hash_nik)(const void *ctx, const char *nik);
    const void *hash_ctx;
    const struct menu_state *state; /* the dialogue's, for facts that depend on answers */
    /* What consents are to; the dialogue's own after programme_begin(), which an SMS has none of.
     */
    struct programme_voice voice;
    /* Answers to needs, filled in by the driver. */
    struct programme_need need;
    struct programme_numbers numbers;          /* NEEDS_NUMBER: the answers so far */
    bool has_found;                            /* NEEDS_RECORD: looked up */
    bool found;                                /* ... and there is one: `other` */
    char other_msisdn[PROGRAMME_NUMBER_BYTES]; /* ... of this number */
    bool has_shared;                           /* NEEDS_SHARED: loaded */
    struct span shared;                        /* ... as it is; empty = there is none */
    bool shared_is_ours; /* ... and was written for this, after `record` was read */
    /* To the commit; with `subscriber`. */
    bool record_changed;
    bool record_used;    /* facts or actions looked at it: the commit must check its version */
    bool is_erased;      /* record and session are to be deleted, drafts and all */
    int64_t owed_cut_ms; /* SMS that were owed until then go unsent; 0 = none do */
    /* The shared record must be written first, or by a timer behind the commit:
     * programme_encode_shared(). Then (or when it has changed meanwhile) the step is run anew with
     * the record as it is now; the second run finds its change there and asks for no other. */
    bool shared_changed;
    bool has_joined;        /* what is claimed there is noted in `subscriber` */
    unsigned numbers_taken; /* a bit for each of `numbers` */
    unsigned sms_count, change_count, timer_count;
    int64_t sms_until_ms; /* what is owed is true until then; 0 = the driver's limit alone */
    struct programme_consent consent;
    /* What this turn is about, for the facts. */
    char focus[MERCHANT_REGNO_BYTES];    /* registration acted upon; empty = by the dialogue */
    const struct programme_field *field; /* changed or asked for: {isi}, {contoh} */
    char ticket[TICKET_BYTES];
    char slot;
    int64_t breach_ms; /* the day on which data leaked; 0 = none did */
    struct seat seat;  /* of the training that texts are about; id empty = by the dialogue */
    struct subscriber subscriber;
    /* Large, and not cleared by programme_begin(): valid only as said, and by the counts. */
    char sms[PROGRAMME_SMS_MAX][MENU_NAME_BYTES]; /* names of texts owed to this subscriber */
    struct programme_change changes[PROGRAMME_CHANGES_MAX];
    struct programme_timer timers[PROGRAMME_TIMERS_MAX];
    struct subscriber other;    /* valid when `found` */
    struct trainings trainings; /* valid when `shared_changed` */
};

/* `record` may be empty (nobody yet); `state` lives as long as p. False when the record cannot be
 * decoded: it must then not be overwritten. */
bool programme_begin(struct programme *p, const char *msisdn, struct span record, int64_t now_ms,
                     const struct menu_state *state);
/* Facts as they are now; valid as long as p. */
struct menu_facts programme_facts(struct programme *p);

/* Carries out an action of the vocabulary. Returns its result word, or NULL when p->need must be
 * satisfied first: fill in the answer and call again with the same arguments. The state's answers
 * may be changed (a draft that was sent is cleared); a shortcut is walked no further than an action
 * that owes an SMS. */
const char *programme_act(struct programme *p, const char *action, struct menu_state *state);

/* Adds the answer to a need for a number of the counter `key`. False: there are too many. */
bool programme_numbers_add(struct programme_numbers *numbers, const char *key, uint64_t value);

/* An officer's decision on one registration. */
enum programme_verdict {
    PROGRAMME_DONE,
    PROGRAMME_NO_SUCH_REGISTRATION,
    PROGRAMME_NOT_ALLOWED, /* the status does not allow it */
    PROGRAMME_BAD_REASON,  /* unknown, missing, or not one for this decision */
    PROGRAMME_FROZEN,      /* on hold, as its owner asked */
};
const char *programme_verdict_name(enum programme_verdict verdict);
/* event is REVIEW, FIX, APPROVE or REJECT; reason a code for FIX and REJECT, else NULL or empty. */
enum programme_verdict programme_decide(struct programme *p, const char *regno,
                                        enum merchant_event event, const char *reason);

/* Puts a registration on hold, or takes it off: until then nobody decides on it, no timer and no
 * retention touches it. Its owner is told by SMS, and may still cancel (which ends it) and have all
 * erased. The days of a correction's deadline stand still. NOT_ALLOWED: it is so already. */
enum programme_verdict programme_freeze(struct programme *p, const char *regno, bool is_frozen);

/* An officer has done what a ticket asks. False when the subscriber has no such ticket. */
bool programme_finish_ticket(struct programme *p, const char *number);

/* The trainings have changed, and this subscriber asked to be told: owes the SMS that lists them,
 * once. False: p->need must be satisfied first. The state's answers may be changed. */
bool programme_announce(struct programme *p, struct menu_state *state);
/* A training that this subscriber has a seat at was called off. False when there is no such seat.
 */
bool programme_training_cancelled(struct programme *p, const char *id);

/* The kind of timer that looks after a claim made now, and how long after it. */
enum { PROGRAMME_WATCH_MS = 10 * 60 * 1000 }; /* longer than any turn that is still under way */
const char *programme_watch(int64_t now_ms);

/* Erases everything of this subscriber: record, drafts, lists, seats; a last SMS tells so. */
void programme_erase(struct programme *p, const char *actor);

/* Whether something of a subscriber's, known since known_ms, is kept longer than it should: the
 * timer kind that takes it away, else NULL. */
const char *programme_find_expired(const struct subscriber *s, int64_t known_ms, int64_t now_ms,
                                   const struct programme_periods *periods);

/* This subscriber's data leaked on a day: owes SMS_BOCOR. `name` is noted in the journal. */
#define PROGRAMME_BREACH_EVENT "breach"
void programme_tell_breach(struct programme *p, const char *name, int64_t day_ms);

/* A timer of this subscriber is due. The condition is looked at again, so that a timer that is
 * late, early or given twice does no harm; it is taken away or put off in the same commit. May
 * change the state (an old draft is dropped). `kind` lives as long as p. p->need.kind may say
 * afterwards that something must be had first: then nothing counts, and it is called again. */
void programme_on_timer(struct programme *p, const char *kind, struct menu_state *state);

/* The shared record to commit first when p->shared_changed; at most TRAININGS_BYTES_MAX octets. */
void programme_encode_shared(const struct programme *p, struct writer *w);
/* The record to commit when p->record_changed. */
void programme_encode(const struct programme *p, struct writer *w);

#endif
