/*
 * The pure part of a turn: from one input and the stored records to the one write that takes both
 * into account. No I/O: what the programme needs from outside is named, and the whole step is
 * simply run again once it is there.
 */
#ifndef WARUNG_TURN_STEP_H
#define WARUNG_TURN_STEP_H

#include "gateway/turn/outbox.h"
#include "gateway/turn/push.h"
#include "gateway/turn/turn.h"
#include "menus/state.h"
#include "merchants/programme.h"
#include "sessions/session.h"

/* A push at work. */
enum step_push_job {
    STEP_PUSH_JOB_SHOW,
    STEP_PUSH_JOB_FALL_BACK, /* a late answer that the centre does not show: by SMS */
    STEP_PUSH_JOB_NAME,      /* its dialogue got `name` */
    STEP_PUSH_JOB_CLOSE,     /* given up unseen */
};
struct step_push {
    enum step_push_job job;
    uint64_t fingerprint;           /* of this push */
    const struct push_entry *entry; /* SHOW, FALL_BACK */
    bool may_be_shown;              /* by an earlier try, of which nothing is known */
    bool is_owed;                   /* still, by the store: asked behind STEP_PUSH_UNKNOWN */
    uint64_t ours_until_ms;         /* timers' time: until then no other gateway takes it over */
    struct dialect_session name;
};
/* What is to become of it once the step is committed, or has nothing to commit. */
enum step_push_verdict {
    STEP_PUSH_LATER,   /* it stays owed: a dialogue is running, no link can carry it; or no step */
    STEP_PUSH_UNKNOWN, /* nothing is stored of the number: is it owed still, or erased? */
    STEP_PUSH_SHOW,    /* the session's screen, to be shown */
    STEP_PUSH_OVER,    /* seen or overtaken: to be forgotten */
    STEP_PUSH_SETTLED, /* the commit has forgotten it */
};

/* What an input's record said in an earlier run of its turn: its last dialogue, known by when it
 * was opened (by some gateway's clock: equal or not, no more). */
struct step_seen {
    int64_t opened_ms;
    bool is_any;
    bool is_sure; /* the input's own dialogue, or read behind the input: any other came later */
};

/* What moves a subscriber on: an input from a link, a push, or a timer of the store's. */
struct step_cause {
    const struct dialect_input *input; /* NULL: a timer, or a proof to be stored */
    const char *timer_kind;            /* NULL: a proof */
    const char *link_name;             /* "" for a timer or a push */
    const struct step_push *push;      /* NULL: none */
    bool is_again;                     /* the input was taken in already by this very turn */
    bool is_ours;                      /* an end: the screen of the turn of this mark was refused */
    uint32_t mark;                     /* of the turn: holder of the replies that it takes on */
    bool is_late;       /* the dialogue was told to wait, and ended: the reply is owed by push */
    bool is_told;       /* ... and the centre has taken that text */
    int64_t arrived_ms; /* the input; wall clock */
    struct step_seen seen;
};

/* Answers to needs of the programme, collected over the runs of one step. */
struct step_answers {
    struct programme_numbers numbers;
    bool has_found;
    struct span found;        /* a merchant record, opened; empty = nobody's */
    const char *found_msisdn; /* whose; "" = nobody's */
    bool has_shared;
    uint64_t shared_version;
    struct span shared;
    bool shared_is_ours; /* written for this step, behind reading its records */
};

struct step_records {
    struct span session; /* opened; empty = none */
    struct span merchant;
    const struct session_proof *proofs;
    unsigned proof_count;
};

enum step_kind {
    STEP_COMMIT,     /* write the records, then reply */
    STEP_NEEDS,      /* satisfy step.need, then run again */
    STEP_NOTHING,    /* nothing to write: answer, that is all */
    STEP_NO_MENU,    /* no menu serves this code */
    STEP_MISMATCH,   /* the centre does not echo our unit numbers as it is said to */
    STEP_UNREADABLE, /* the merchant's record: must not be overwritten */
    STEP_ELSEWHERE,  /* a record is of a newer program, or the menu version not here yet: another
                        gateway can go on with it */
};

/* Large (tens of KiB); one per engine, used for one step at a time. Opaque but for its results,
 * which stay valid until the next step_run(). */
struct step {
    enum step_kind kind;
    struct programme_need need;
    /* STEP_COMMIT: the records to write, not yet sealed. merchant is empty when unchanged. */
    struct span session; /* empty: there is none, and is to be none */
    uint32_t session_ttl_s;
    struct span merchant;
    bool merchant_used;
    /* Not empty: this shared record must be written first, and the step then run again with it as
     * answered (it changes nothing more there); by a timer, behind this commit. */
    struct span shared;
    const char *shared_key;
    bool has_joined;     /* it notes what was claimed in the shared record */
    bool is_first;       /* by no input before: the session is none, or a timer's */
    bool is_erased;      /* delete both records instead; by a timer alone, never by an input */
    int64_t owed_cut_ms; /* as the programme's */
    unsigned owed_count; /* of `owed`, and so on */
    unsigned index_count, timer_count, journal_count;
    struct span consent;   /* empty = none */
    const char *subject;   /* of this number, where something goes with it that needs one */
    struct step_seen seen; /* by an input: the record as it is given */
    /* The reply. */
    bool is_exact;   /* the input's debt is never closed */
    int64_t debt_ms; /* at_ms of the input's debt, which the reply may prove */
    bool is_replay;
    bool is_left;           /* ... and the late reply is left to another turn, which may be over */
    bool is_part;           /* of a long SMS that is not complete: kept, nothing else */
    unsigned parts_dropped; /* ... that were given up */
    const struct push_entry *push; /* a late reply, owed with the rest behind `owed`; NULL: none */
    bool settles_push;             /* the commit forgets the push that caused it */
    enum step_push_verdict push_verdict;
    uint32_t command_status;  /* to answer with, once it is written */
    enum session_reply reply; /* the session's screen is to be shown; NONE = nothing is */
    bool reply_is_owed;       /* owed[0] goes to who sent an SMS, in answer to it */
    bool has_moved;           /* a dialogue, on this input */
    struct turn_move move;
    const uint8_t *menu_id; /* of the menu that was stepped; NULL = none was */
    struct step_work *work;
    /* Not cleared for each step: the counts above say what is valid. */
    struct store_index index[STORE_COMMIT_INDEX_MAX];
    struct store_timer timers[STORE_COMMIT_TIMER_MAX];
    struct span journal[STORE_COMMIT_JOURNAL_MAX];
    struct outbox_entry owed[STORE_COMMIT_OWED_MAX];
};

struct step *step_new(void);
void step_free(struct step *step);

/* Never fails for any input or record. A session that cannot be decoded counts as absent (logged):
 * the dialogue begins anew. */
void step_run(struct step *step, const struct turn_env *env, const struct turn_settings *settings,
              const char *msisdn, const struct step_cause *cause,
              const struct step_records *records, const struct step_answers *answers);

/* For so long a centre may bring an input again: debts are kept until then. */
static inline int64_t step_horizon_ms(const struct turn_settings *settings)
{
    return (int64_t)settings->redelivery_horizon_s * 1000;
}

/* Is the input a copy of one that the session record has taken in? */
bool step_knows(struct step *step, const struct turn_env *env, const struct turn_settings *set,
                const struct dialect_input *input, struct span session);

/* The last screen of a session record, to be shown (again). */
struct step_screen {
    enum session_reply reply; /* NONE = there is none, and nothing else is set */
    const char *text;         /* UTF-8 */
    const char *link;
    const char *code;     /* the service's, as it was dialled */
    unsigned unit;        /* dialogue unit number to send with it */
    bool is_pushed;       /* the dialogue is ours */
    uint64_t fingerprint; /* of the input that it answers */
};
/* Valid until the step is run, or another record looked at. */
struct step_screen step_last_screen(struct step *step, struct span session);

/* The text for a step that cannot be done now, or (cause->is_late) whose result will follow: in the
 * subscriber's language when a session is at hand, kind about a draft that is kept. False when no
 * menu serves the code. */
bool step_busy_text(struct step *step, const struct turn_env *env, const struct turn_settings *set,
                    const char *msisdn, const struct step_cause *cause, struct span session,
                    char text[MENU_TEXT_BYTES]);

#endif
