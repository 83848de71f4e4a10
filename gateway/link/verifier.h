/*
 * Checks passwords against crypt(3) hashes without holding up the loop: a hash is made to be slow.
 *
 * The work is done by one thread; its answers come back on the loop. A password that was right is
 * remembered (as a keyed digest, in this process only), so that a thousand binds of one account
 * after a network failure cost one hash.
 */
#ifndef WARUNG_LINK_VERIFIER_H
#define WARUNG_LINK_VERIFIER_H

#include "base/span.h"
#include "base/timer.h"

struct event_base;
struct verifier;

/* Runs on the loop, never from inside verifier_check(). */
typedef void verifier_fn(void *ctx, uint64_t id, bool is_right);

/* NULL when the thread cannot be made. */
struct verifier *verifier_new(struct event_base *base, struct timer_queue *timers);
/* Nothing is called back any more; waits for the hash being made (some ten milliseconds). */
void verifier_free(struct verifier *verifier);

/* `id` is the caller's, to know the answer by. False when too many wait already, and the password
 * is not remembered: nothing will be called. password and hash are copied. */
bool verifier_check(struct verifier *verifier, struct span password, const char *hash, uint64_t id,
                    verifier_fn *fn, void *ctx);

/* Nobody waits for that answer any more: when the check has not begun, it is not made, takes
 * nobody's place and calls nothing back. */
void verifier_withdraw(struct verifier *verifier, const void *ctx, uint64_t id);

/* Checks of this ctx call nothing back any more. */
void verifier_forget(struct verifier *verifier, void *ctx);

/* Is it the result of a method of crypt(5) that passwords can be checked with here? */
bool verifier_is_hash(const char *hash);

/* Equal octets, in a time that does not depend on where they differ. */
bool verifier_is_equal(struct span a, struct span b);

#endif
