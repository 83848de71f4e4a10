/*
 * What a subscriber of the simulator sends by SMS: gives a seat back, registers in two steps, gives
 * another name, asks for the status, and that all be erased.
 */
#ifndef WARUNG_SIM_WRITING_H
#define WARUNG_SIM_WRITING_H

#include "merchants/merchant.h"
#include "tests/sim/letter.h"

struct phone;

enum writing_step {
    WRITING_NOTHING,
    WRITING_ASKS, /* DAFTAR is sent: what is kept is to be shown, and asked for */
    WRITING_IS_ASKED,
    WRITING_AGREES,  /* YA is sent: the number is to come */
    WRITING_DOUBTS,  /* HAPUS is sent: whether that is meant is to be asked */
    WRITING_MAY_END, /* it was asked */
    WRITING_ENDS,    /* HAPUS YA is sent */
};

struct writing {
    struct letter letter; /* one at a time, beside the dialogue */
    enum { WRITING_LEAVES, WRITING_REGISTERS, WRITING_NAMES, WRITING_LOOKS, WRITING_ERASES } about;
    enum writing_step step;
    uint64_t step_ms;        /* since then */
    unsigned name;           /* that it gives; 0 = it is refused */
    uint64_t unknown_ms;     /* it has asked for a status that there may be none of; 0 = never */
    uint64_t name_ms;        /* a name may be taken since then; 0 = none is under way */
    unsigned taken, replies; /* SMS that the service has taken, and that it has answered */
};

void writing_init(struct phone *s);
void writing_stop(struct phone *s);
/* Begins something by SMS, perhaps; false = not. Not while a dialogue is open. */
bool writing_send(struct phone *s);
/* Goes on with a registration that is under way, or waits: it does not dial. False: there is none.
 */
bool writing_goes_on(struct phone *s);
/* A name by SMS may be taken yet. */
bool writing_names(const struct phone *s);
/* An SMS of the service that is no result of a dialogue. */
void writing_read(struct phone *s, const char *text);
/* All is erased. */
void writing_forget(struct phone *s);

#endif
