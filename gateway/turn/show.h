/*
 * Replies under way: sent, and their outcome awaited. It decides whether the input counts as
 * answered for good (docs/custody.md: proof), whether the screen is tried once more, and whether
 * the dialogue is over at the centre.
 */
#ifndef WARUNG_TURN_SHOW_H
#define WARUNG_TURN_SHOW_H

#include "gateway/turn/engine.h"

/* Shows the screen of the session record just committed, and answers the input with it. */
void show_reply(struct turn *t, const struct step_screen *screen);
/* Shows a text that is in no record and closes the dialogue, the busy screen, and refuses the input
 * with it. Proves nothing. It leaves inside the answer window, or not at all. */
void show_refusal(struct turn *t, const char *text, uint32_t command_status);
/* Likewise the text that asks to wait, beside any answer: t is no longer late when it turns out not
 * to be shown. */
void show_wait(struct turn *t, const char *text, uint64_t leave_by_ms);
/* The turn is over: its outcome does not matter any more. */
void show_forget_wait(struct turn *t);
/* Where the text has not left yet, it will not. */
void show_take_wait_back(struct turn *t);
/* It has left in vain: the SMS that says so goes when the centre has taken it, or not at all. */
void show_apologise(struct turn *t, struct apology *a);
/* Confirms an abort, when t's input is one of a centre's that wants it. */
void show_abort_ack(struct turn *t);

/* For an SMS that answers t's input through the outbox: the argument and callback of outbox_send().
 */
struct shown *show_expect_sms(struct turn *t);
void show_on_left(void *shown, const struct turn_sent *sent);

/* For an SMS that is answered by no other, a copy say: that the answer to it was read, given
 * before, is proof as well. */
void show_nothing(struct turn *t);

/* Is the outcome of a reply to such an input, one of the newest, still awaited? */
bool show_is_under_way(const struct box *box, uint64_t fingerprint);
/* The dialogue of this abort is over: screens of it that have not left are not sent. */
void show_withdraw(struct turn_engine *e, struct box *box, const char *link_name,
                   const struct dialect_session *session);
/* The dialogue of t's input, which its box is at work on, has gone on from what is shown: screens
 * of before that have not left are not sent behind the next. */
void show_supersede(const struct turn *t);
/* Do both name one dialogue? */
bool show_is_same_dialogue(const struct dialect_session *a, const struct dialect_session *b);

#endif
