/*
 * The insides of the turn engine, shared by its files and by nobody else.
 */
#ifndef WARUNG_TURN_ENGINE_H
#define WARUNG_TURN_ENGINE_H

#include "gateway/turn/backlog.h"
#include "gateway/turn/dialogues.h"
#include "gateway/turn/mailbox.h"
#include "gateway/turn/outbox.h"
#include "gateway/turn/step.h"
#include "gateway/turn/wall.h"
#include "sessions/vault.h"

enum turn_cause {
    TURN_BY_INPUT,  /* of a link, or an abort of our own */
    TURN_BY_TIMER,  /* timer_kind */
    TURN_BY_PROOFS, /* to be stored, nothing else */
    TURN_BY_PUSH,   /* push or after_push (pusher.h) */
};

struct turn {
    struct box *box;
    enum turn_cause cause;
    struct turn_origin origin; /* link NULL: our own, nobody waits for an answer */
    char link_name[32];
    uint64_t arrived_ms;         /* the answer window begins: from now on the centre waits */
    bool is_fresh;               /* the records were read in this turn, and not written since */
    struct push *push;           /* NULL: none, or it is over */
    struct step_push after_push; /* what is left of one */
    bool is_copy;                /* its input is at work, or was stored, and not by this turn */
    bool is_unsure;              /* by a commit of its own, perhaps, of which it has no word */
    bool is_heir;                /* a copy, and its first one's screen was refused for good */
    bool is_again;               /* committed once: what follows is the late reply's commit */
    bool is_late;                /* told to wait */
    bool is_told;                /* ... and the centre has taken that text */
    struct shown *told;          /* its outcome is awaited; NULL: none */
    struct step_seen seen;       /* in the runs before this */
    uint32_t mark;               /* tells its replies in the record from those of other turns */
    uint64_t limit_ms;           /* from arrived_ms to the reply */
    char timer_kind[16];
    unsigned tries;
    struct step_answers answers;
    char number_key[MENU_NAME_BYTES]; /* of which counter one is asked for */
    char found_msisdn[DIALECT_MSISDN_BYTES];
    char shared_key[MENU_NAME_BYTES]; /* of `shared` */
    bool begins_in_drain;             /* refused, unless it is a copy */
    bool lacks_key;   /* a record that it needs is sealed with a key that others may have */
    bool is_watched;  /* a timer looks after what it claims, stored behind reading its records */
    bool has_claimed; /* by writing it; a commit that notes it has not been taken at once */
    bool gives_back;  /* when the commit under way is taken, `sealed` is written */
    /* The commit under way. */
    uint64_t commit_ms; /* it was sent; the store counts what it owes from then at the earliest */
    unsigned proofs_taken; /* of the box's, the oldest ones */
    uint8_t menu_id[MENU_ID_BYTES];
    bool has_joined;
    bool is_exact; /* its debt is never closed: nothing to prove */
    int64_t debt_ms;
    bool is_erased;
    bool is_replay;
    bool is_left; /* to another turn, as the text that asks to wait has to have it */
    bool is_part;
    uint32_t command_status; /* of the answer */
    enum session_reply reply;
    bool reply_is_owed;
    bool has_moved;
    struct turn_move move;
    struct outbox_entry *owed;
    unsigned owed_count;
    struct push_entry *owed_push;     /* NULL: none */
    enum step_push_verdict push_said; /* by the step under way */
    enum step_push_verdict push_verdict;
    /* All above is zero when a turn begins; what follows stays, with its memory. */
    struct list_node node; /* in box->waiting, or in the pool */
    unsigned state;
    struct turn_engine *engine;
    struct timer late;
    struct dialect_input input;
    struct copy found;
    struct copy shared;
    struct copy sealed;  /* it, as it is to be written */
    struct copy session; /* with merchant: what the commit under way writes */
    struct copy merchant;
};

/* A reply that was sent and whose outcome decides whether its input counts as answered for good. */
struct shown {
    struct list_node node;
    struct turn_engine *engine;
    struct box *box;              /* NULL: nobody waits for it, but it is the outbox's still */
    struct shown *next, **link;   /* of its box's: the next one, and what points to this one */
    struct turn_sending *sending; /* NULL: waits to be tried again, or is the outbox's */
    struct turn_origin origin;
    char link_name[32];
    struct dialect_session session;
    uint64_t fingerprint;
    uint32_t mark;       /* of its turn */
    uint64_t arrived_ms; /* its input */
    int64_t debt_ms;
    uint64_t deadline_ms;
    uint32_t answer_status; /* of its input */
    bool proves;            /* the reply is that of the session record */
    bool is_step;           /* its reply, not a text beside it: the step may be at work elsewhere */
    bool is_aside;          /* ends the dialogue beside it: see turn_screen */
    bool is_replay;         /* shown again, to a copy */
    bool is_sms;            /* its input is one: no next one will take the proof along */
    bool is_owed;           /* an SMS that the outbox has, and will tell of */
    struct turn *tells;     /* this turn's subscriber to wait; NULL: none */
    struct apology *apology; /* ... in vain: when the centre has taken it; NULL: none (late.c) */
    bool was_tried_again;
    uint64_t unread_mark; /* it was shown, and its answer is not known to be read; 0: not so */
    unsigned wait_ms;     /* for that, until it is looked after */
    bool lets_pass;       /* an equal input waits for that no longer */
    struct timer again;
};

struct turn_engine {
    struct turn_env env;
    struct turn_settings settings;
    struct turn_counters counters;
    struct mailbox mailbox;
    struct step *step;
    struct outbox *outbox;
    struct list receipts; /* being stored */
    struct list live;     /* of struct turn: queued ones are in their boxes, these are under way */
    struct dialogues *dialogues; /* NULL: nobody wants records */
    struct backlog *backlog;
    struct retention *retention;
    unsigned waiting;
    struct list pool;
    struct map pushes; /* under way */
    struct list shown; /* under way */
    struct list shown_pool;
    struct list apologies; /* under way (late.c) */
    bool is_draining;
    uint64_t unread_told_ms; /* 0 = never */
    struct timer settle;
    struct timer sweep;
    unsigned sweep_bucket;
    unsigned sweeps_under_way;
    struct swept {
        bool is_asked;  /* one at a time */
        unsigned limit; /* of what the bucket's sweep takes over */
        unsigned again; /* how often it was asked again at once */
        bool is_shy;    /* no link here could send some of what was taken over last */
        uint64_t asked_ms;
    } * swept; /* one for each bucket */
    struct wall wall;
};

/* A turn that has no one to answer. Give it to turn_enqueue(). */
struct turn *turn_make_own(struct turn_engine *e, struct box *box, enum turn_cause cause);
/* Runs it when those before it in its box are over. */
void turn_enqueue(struct turn_engine *e, struct box *box, struct turn *t);
/* Frees a turn that is in no list, and whose timer is stopped. */
void turn_free(struct turn *t);
/* One more try has failed: was it the last? */
bool turn_is_tired(struct turn *t);
/* Reads both records, and runs the step with them. */
void turn_load(struct turn *t);
/* Runs the step of a turn with the records and answers that it has, and does what follows. */
void turn_run(struct turn *t);
/* Answers the input, where there is one. */
void turn_answer(struct turn *t, uint32_t command_status);
/* The centre waits no longer for the answer, and may send the input again. */
bool turn_window_is_over(const struct turn *t);
/* The connection that its input came by is there still. */
bool turn_is_connected(const struct turn *t);
/* The turn is over: its box goes on with the next. */
void turn_done(struct turn *t, const char *reason);
/* Nothing was stored: tells the centre (ESME_RX_T_APPN, so that it delivers again) and, kindly, the
 * phone, unless another gateway may have the key that is lacking; the turn is over. */
void turn_refuse(struct turn *t, const char *reason);
/* Counts and tells that no key opens a record; msisdn "" where it is nobody's, or nobody knows. */
void turn_note_sealed(struct turn_engine *e, enum vault_kind kind, const char *msisdn);
/* Opens a sealed record into a copy; false when it cannot be opened, which is noted. */
bool turn_open_record(struct turn *t, enum vault_kind kind, const char *msisdn,
                      const struct store_record *record, struct copy *copy);
/* Something of a subscriber's is due; dropped when an input of that subscriber is at work. */
void turn_deliver_timer(struct turn_engine *e, const struct store_due *due);
/* Starts what waits in a box whose turn is over, or lets the box go. */
void turn_box_next(struct turn_engine *e, struct box *box);
/* The reply to this input was taken in time and in order: it will not come again. Stored with the
 * next commit, or alone before long; at once where no next input is to be expected. */
void turn_note_proof(struct turn_engine *e, struct box *box, const struct session_proof *proof,
                     bool at_once);
/* The box's proofs were to be stored, and are still there. */
void turn_settle_again(struct turn_engine *e, struct box *box);

#endif
