/*
 * The centre's book of account: what each subscriber sent, what was answered, what was shown.
 *
 * It proves conservation at the end of a load run. An input (dialling, answer) must have its own
 * screen; a copy of an input may bring the last screen once more and nothing else; a screen that
 * the flow puts later, or that it does not know, means that an input was done twice, or eaten, or
 * changed. Pure bookkeeping: no clock, no connection.
 */
#ifndef WARUNG_SMSC_LEDGER_H
#define WARUNG_SMSC_LEDGER_H

#include "tests/smsc/flow.h"

enum { LEDGER_SAVED_BYTES = 16, LEDGER_SHOWN = 4 };

/* One subscriber. All counters are of his whole life in the run. */
struct ledger_row {
    uint32_t shown[LEDGER_SHOWN]; /* hashes of the dialogue's last screens, newest first */
    uint16_t inputs;              /* sent: dialled, answered, hung up */
    uint16_t accepted;            /* of them answered 0 */
    uint16_t screens;             /* of them got their own screen */
    uint16_t aborts;              /* of them are hang-ups, which get none */
    uint16_t repeats;             /* further copies of them answered 0 */
    uint16_t duplicates;          /* a screen of the last few shown once more */
    uint16_t lost;                /* accepted, and never a screen, without a fault of ours */
    uint16_t explained;           /* no screen, because a fault of ours was in the way */
    uint16_t untaken;             /* never accepted: given up, refused */
    uint16_t
        doubled; /* second effects of one input: screens of a later step, changed or early ones */
    uint16_t wrong;    /* screens that the flow does not know here */
    uint16_t eaten;    /* accepted, but the last screen came again: typed once more */
    uint16_t late;     /* a screen after its input was booked as lost or explained */
    uint16_t finished; /* dialogues that reached the flow's end */
    uint16_t busy;     /* dialogues that the service ended as busy */
    uint16_t sms;      /* messages that the flow wants */
    uint16_t adrift; /* the earliest input of which a copy may be on its way that nobody waits for;
                        0 = none */
    bool was_busy;   /* the last dialogue was ended as busy: a copy of its input may still be on its
                        way */
    uint8_t step;    /* of the flow that the next screen should be */
    bool is_open;    /* in a dialogue */
    bool is_repeated;               /* an input of this dialogue was sent more than once */
    bool is_apart;                  /* screens of it come by a bind that no answer comes by */
    bool is_waiting;                /* an input's screen is still to come */
    bool is_accepted;               /* ... and that input was answered 0 */
    bool is_disturbed;              /* ... and a fault of ours may have eaten its screen */
    char saved[LEDGER_SAVED_BYTES]; /* of the last finished dialogue */
};

enum ledger_verdict {
    LEDGER_STEP,      /* the screen that was due; row->step names the flow's next one */
    LEDGER_END,       /* the flow's last screen */
    LEDGER_BUSY,      /* the service ended the dialogue as busy */
    LEDGER_DUPLICATE, /* a screen again that was shown before */
    LEDGER_LATE,      /* of a dialogue that was given up */
    LEDGER_DOUBLE,    /* one input had two effects, see ledger.c */
    LEDGER_WRONG,     /* the flow knows no such screen here */
};

/* A new dialogue of this subscriber; its first input follows. */
void ledger_on_dialogue(struct ledger_row *r);
void ledger_on_input(struct ledger_row *r);
/* The subscriber hangs up: an input without a screen; the dialogue is over. */
void ledger_on_hang_up(struct ledger_row *r);
/* The subscriber leaves the dialogue as it is; the service keeps it open. */
void ledger_on_walk_off(struct ledger_row *r);
/* `is_current`: it was the input whose screen is awaited. */
void ledger_on_accepted(struct ledger_row *r, bool is_current);
void ledger_on_repeat_accepted(struct ledger_row *r);
/* A copy of an input went without an answer, or with a temporary one; it is sent again. */
void ledger_on_retry(struct ledger_row *r);
/* A copy of this input, counted from 1, may be on its way that nobody waits for. */
void ledger_on_adrift(struct ledger_row *r, uint16_t input);
/* The screen that follows came by another connection than the answers: it may overtake its own. */
void ledger_on_apart(struct ledger_row *r);
/* Refused for good or given up. */
void ledger_on_untaken(struct ledger_row *r, bool is_current);
/* A fault of ours hit a screen for this subscriber, or a connection that may have carried one. */
void ledger_on_disturbed(struct ledger_row *r);
/* The dialogue is over with every verdict but LEDGER_STEP, LEDGER_DUPLICATE and LEDGER_LATE.
 * `step` gets the flow's step that was recognised, with LEDGER_STEP and LEDGER_END. */
enum ledger_verdict ledger_on_screen(struct ledger_row *r, const struct flow *f, struct span gsm,
                                     unsigned *step);
/* True when it is the one that the flow wants. */
bool ledger_on_sms(struct ledger_row *r, const struct flow *f, struct span gsm);
/* The awaited input was accepted, but what came was the last screen again, and nothing else: the
 * subscriber types it once more (ledger_on_input() follows). */
void ledger_on_eaten(struct ledger_row *r);
/* The screen did not come in time: lost, or explained; the dialogue is over. */
void ledger_on_no_screen(struct ledger_row *r);

struct ledger_sum {
    uint64_t subscribers;
    uint64_t inputs;
    uint64_t accepted;
    uint64_t screens;
    uint64_t aborts;
    uint64_t repeats;
    uint64_t duplicates;
    uint64_t lost;
    uint64_t explained;
    uint64_t untaken;
    uint64_t eaten;
    uint64_t doubled;
    uint64_t wrong;
    uint64_t late;
    uint64_t finished;
    uint64_t busy;
    uint64_t sms;
    uint64_t open;        /* inputs whose screen is still to come */
    uint64_t unanswered;  /* inputs that were done (their screen came) but never answered 0 */
    uint64_t sms_missing; /* finished dialogues without the message that the flow wants */
    bool is_balanced; /* inputs = screens + aborts + lost + explained + untaken + eaten + open */
};

struct ledger_sum ledger_add_up(const struct ledger_row *rows, size_t count, const struct flow *f);
/* Nothing lost, doubled, wrong or missing, and the book balances. */
bool ledger_is_clean(const struct ledger_sum *s);

#endif
