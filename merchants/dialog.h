/*
 * Golden dialogues: a text that plays a menu on a rehearsal and says what the phone must show.
 *
 *     # a remark
 *     dial *384#             a dial; answers behind the code are walked
 *     answer 1               what is typed; nothing behind it = an empty answer
 *     expect                 the screen, line by line, indented by two blanks
 *       Pilih bahasa / Language:
 *       ...                  (as the last line: whatever follows)
 *     expect end             the same, and the dialogue is over
 *     sms STATUS             an SMS to the service; \n in it is a line break
 *     expect sms             the oldest SMS that came to the phone and was not expected yet
 *     expect nothing         no SMS waits, and the last SMS was not answered
 *     hangup
 *     later 3d 4h 30m 10s    time passes; what is due then happens
 *     phone 6281300000002    another phone is taken up
 *     limit 160              septets of one page from now on
 *     officer fix P01        or review, approve, reject T01: the phone's newest registration
 *     officer freeze         or release
 *     officer review refused the same, and the programme says no
 *     training 5d 09:00 20 1801 Title; Place
 *                            officers plan one, 1801 or - for all regencies
 *     training off 1         ... and call it off
 *
 * Every SMS must be expected before the next thing happens.
 */
#ifndef WARUNG_MERCHANTS_DIALOG_H
#define WARUNG_MERCHANTS_DIALOG_H

#include "merchants/rehearsal.h"

/* One fault, with the line of the text that it belongs to; `what` may have several lines. The
 * string is valid during the call. */
typedef void dialog_fault_fn(void *arg, unsigned line, const char *what);

/* Plays the text from its beginning at now_ms with a fresh rehearsal; stops at the first fault,
 * since what follows would not be what was meant. True when there was none. */
bool dialog_run(const struct menu *menu, const char *code, int64_t now_ms, const char *text,
                dialog_fault_fn *on_fault, void *arg);

/* Carries out one line of those that are not of the phone in hand: phone, officer, training. False
 * after a fault. */
bool dialog_order(struct rehearsal *r, const char *line, dialog_fault_fn *on_fault, void *arg);

#endif
