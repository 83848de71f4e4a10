/*
 * Inputs of one subscriber whose result has not been told yet: what may still come by itself.
 */
#ifndef WARUNG_SIM_DUES_H
#define WARUNG_SIM_DUES_H

#include "tests/sim/flow.h"

enum { DUES_MAX = 64 };

struct dues {
    unsigned count;                 /* the oldest first; the oldest is forgotten when it is full */
    enum flow_step items[DUES_MAX]; /* the screen that the input answers; FLOW_UNKNOWN: a dial */
    bool has_current;               /* the last one is the newest input's */
    bool has_copies;                /* that was delivered more than once */
    bool had_copies;                /* as was the one before, of the same dialogue */
    enum flow_step newest, before;  /* what they answer */
    unsigned waits;                 /* texts that asked to wait, to the newest input */
    unsigned waits_before;          /* to the one before, if it was delivered more than once */
    /* The last texts that came by SMS: that the service is busy, and a result. */
    char apology[1024], told[1024];
};

/* A new input. */
void dues_add(struct dues *d, enum flow_step answered);
/* It answered a dialogue that was over, and is a dial. */
void dues_begin_anew(struct dues *d);
/* It is delivered once more. */
void dues_note_copy(struct dues *d);
/* A screen came in the dialogue, to that answer. False: the result was told before. */
bool dues_tell(struct dues *d, enum flow_step answered, enum flow_step screen);
/* An SMS that answers an input: its result, or that the service is busy. False: nobody waits for
 * it. */
bool dues_take_text(struct dues *d, const char *text);
/* A result came by itself: the oldest input that it may be of is settled. False: nobody waits for
 * it. */
bool dues_settle(struct dues *d, enum flow_step result, enum flow_step *answered);
/* One that late inputs have led elsewhere: the oldest is settled. */
bool dues_settle_any(struct dues *d, enum flow_step *answered);

#endif
