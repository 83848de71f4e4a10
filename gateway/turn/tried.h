/*
 * Which SMS owed were tried here in vain, lately: a bit each, by their hash. Where two have one,
 * the other counts as tried as well.
 */
#ifndef WARUNG_TURN_TRIED_H
#define WARUNG_TURN_TRIED_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct tried;

/* What is noted is known for period_ms at least, and at most twice as long. Times are monotonic. */
struct tried *tried_new(uint64_t period_ms, uint64_t now_ms);
void tried_note(struct tried *t, struct span key, uint64_t now_ms);
bool tried_has(struct tried *t, struct span key, uint64_t now_ms);
void tried_free(struct tried *t);

#endif
