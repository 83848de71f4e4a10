/*
 * Delivery receipts for the short messages of the gateway that ask for one (SMPP 3.4 appendix B,
 * 5.2.17): as text, as TLVs or both, delivered like any input.
 */
#ifndef WARUNG_SMSC_RECEIPTS_H
#define WARUNG_SMSC_RECEIPTS_H

#include "tests/smsc/carrier.h"

enum receipts_form { RECEIPTS_OFF, RECEIPTS_TEXT = 1, RECEIPTS_TLV = 2, RECEIPTS_BOTH = 3 };

struct receipts_settings {
    enum receipts_form form;
    uint64_t delay_ms;
    bool is_decimal;       /* the id in another base than the response's hexadecimal */
    unsigned fail_percent; /* of messages end as UNDELIV */
};

struct receipts {
    struct loop *loop;
    const struct receipts_settings *settings;
    struct carrier *carrier;
    struct random_source random;
    struct list owed; /* in the order of their due times */
    struct timer timer;
    uint64_t sent;
};

void receipts_init(struct receipts *r, struct loop *loop, const struct receipts_settings *settings,
                   struct carrier *carrier, uint64_t seed);
/* What is still owed is forgotten. */
void receipts_fini(struct receipts *r);
/* A message was taken under this number (its message_id is the number in hexadecimal). */
void receipts_add(struct receipts *r, const struct wire_message *m, uint64_t number);
/* How many are still to be sent. */
size_t receipts_owed(const struct receipts *r);

#endif
