/*
 * The whole programme without a network or a store: a menu, the records of a few subscribers, and a
 * clock that is moved by hand. It does what the gateway does with one input, in memory and at once:
 * for `warungctl menu play` and `menu test`, and for tests.
 */
#ifndef WARUNG_MERCHANTS_REHEARSAL_H
#define WARUNG_MERCHANTS_REHEARSAL_H

#include "merchants/programme.h"

enum { REHEARSAL_PHONES_MAX = 8, REHEARSAL_SMS_MAX = 16, REHEARSAL_IDLE_S = 180 };

struct rehearsal;

/* The menu outlives it; it was loaded with programme_vocabulary (or needs none). `code` is what is
 * dialled, "*384#". The first phone is 6281200000001. Free with rehearsal_free(). */
struct rehearsal *rehearsal_new(const struct menu *menu, const char *code, int64_t now_ms);
void rehearsal_free(struct rehearsal *r);

/* All of it as it is now, to go back to: restore() takes a copy that copy() made of the same one,
 * and frees it; free it otherwise with rehearsal_free(). */
struct rehearsal *rehearsal_copy(const struct rehearsal *r);
void rehearsal_restore(struct rehearsal *r, struct rehearsal *copy);

/* Takes another phone up; false when there are too many. */
bool rehearsal_take_phone(struct rehearsal *r, const char *msisdn);
void rehearsal_set_limits(struct rehearsal *r, struct menu_limits limits);
/* As if the phone's number had chosen it; "" = not chosen yet. */
void rehearsal_set_language(struct rehearsal *r, const char *language);
int64_t rehearsal_now(const struct rehearsal *r);

/* Timers that are due fire before it. Each gives what the menu made of it; valid until the next
 * call. The reply to an SMS is also put among the SMS to the phone; in what is texted "\n" is a
 * line break. */
const struct menu_outcome *rehearsal_dial(struct rehearsal *r, const char *dialled);
const struct menu_outcome *rehearsal_type(struct rehearsal *r, const char *typed);
const struct menu_outcome *rehearsal_sms(struct rehearsal *r, const char *text);
void rehearsal_hang_up(struct rehearsal *r);
/* Moves the clock on; timers that become due on the way fire in their order. */
void rehearsal_wait(struct rehearsal *r, int64_t ms);
/* An officer decides on the phone's newest registration. */
enum programme_verdict rehearsal_decide(struct rehearsal *r, enum merchant_event event,
                                        const char *reason);
/* Puts it on hold, as its owner asks, or releases it. */
enum programme_verdict rehearsal_freeze(struct rehearsal *r, bool is_frozen);

/* Officers plan a training, or call it off; whoever asked to be told, or had a seat, is. */
enum training_verdict rehearsal_plan(struct rehearsal *r, const struct training *plan);
bool rehearsal_call_off(struct rehearsal *r, const char *id);

/* The oldest SMS to this phone that was not taken yet; NULL when there is none. Valid until the
 * next one is taken. */
const char *rehearsal_take_sms(struct rehearsal *r);

/* The last one again. */
const struct menu_outcome *rehearsal_outcome(const struct rehearsal *r);

/* What the store would hold of this phone. */
const struct menu_state *rehearsal_state(const struct rehearsal *r);
struct span rehearsal_record(const struct rehearsal *r);

#endif
