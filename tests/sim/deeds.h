/*
 * What a subscriber of the simulator does to its registration: corrects the owner's name, and
 * cancels it. The last that was shown as done holds, whatever was not shown comes before or after.
 */
#ifndef WARUNG_SIM_DEEDS_H
#define WARUNG_SIM_DEEDS_H

#include "merchants/merchant.h"
#include "tests/sim/world.h"

struct deeds {
    const struct world *world;
    const char *msisdn;
    unsigned tried;     /* names, of all its registrations: each is another */
    unsigned done;      /* the last that was shown as taken, of the registration it has; 0 = none */
    unsigned written;   /* the last that was taken by SMS, and not refused; likewise */
    uint64_t last_ms;   /* the last deed was sent; 0 = never */
    bool is_cancelling; /* not known whether it is */
    char cancelled[MERCHANT_REGNO_BYTES]; /* the last that was shown as cancelled; "" = none */
};

void deeds_init(struct deeds *d, const struct world *w, const char *msisdn);
/* The name that is typed next. */
const char *deeds_try_name(struct deeds *d, char name[MERCHANT_NAME_BYTES]);
/* The last name is shown as taken. */
void deeds_note_name(struct deeds *d);
void deeds_try_cancel(struct deeds *d);
/* regno is shown as cancelled. */
void deeds_note_cancel(struct deeds *d, const char *regno);
/* A name that was typed is taken by SMS, 0 = or not. */
void deeds_note_written(struct deeds *d, unsigned name);
/* All is erased. */
void deeds_forget(struct deeds *d);
/* It has done nothing for so long that nothing is under way. */
bool deeds_are_over(const struct deeds *d);

/* The check at the end. */
void deeds_compare(const struct deeds *d, const char *regno, struct subscriber *record,
                   bool comes_by_sms);

#endif
