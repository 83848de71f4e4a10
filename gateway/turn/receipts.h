/*
 * Delivery receipts: what they say is stored with the message that they mean, whichever gateway
 * sent it, and only then are they answered. One that is here before its message waits in the store.
 */
#ifndef WARUNG_TURN_RECEIPTS_H
#define WARUNG_TURN_RECEIPTS_H

#include "gateway/turn/engine.h"

/* Ends what a subject of the store's has awaited too long. */
void receipts_lapse(struct turn_engine *e, unsigned bucket, const char *subject);
/* Those under way are forgotten: nothing is called back. */
void receipts_free(struct turn_engine *e);

#endif
