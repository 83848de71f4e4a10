/*
 * What the parts of the programme share while they work on one subscriber: owing an SMS, moving a
 * registration, arming a timer, finding the registration that is meant. For merchants/ only; the
 * driver's side is programme.h.
 */
#ifndef WARUNG_MERCHANTS_WORK_H
#define WARUNG_MERCHANTS_WORK_H

#include "merchants/calendar.h"
#include "merchants/field.h"
#include "merchants/programme.h"

/* The programme's periods. */
#define PROGRAMME_NUDGE_AFTER_MS   (30 * CALENDAR_MINUTE_MS)
#define PROGRAMME_CORRECTION_DAYS  14
#define PROGRAMME_REMIND_BEFORE_MS (3 * CALENDAR_DAY_MS)
#define PROGRAMME_CONSENT_MS       (48 * CALENDAR_HOUR_MS)
#define PROGRAMME_ERASE_CONFIRM_MS (48 * CALENDAR_HOUR_MS)
#define PROGRAMME_ERASE_AFTER_MS   (48 * CALENDAR_HOUR_MS) /* of the 72 hours promised */
#define PROGRAMME_STATUS_TRIES     3
#define PROGRAMME_STATUS_TRIES_MS  CALENDAR_HOUR_MS
#define PROGRAMME_HELP_SMS         3
#define PROGRAMME_HELP_SMS_MS      CALENDAR_DAY_MS
enum { PROGRAMME_SMS_FROM_HOUR = 8, PROGRAMME_SMS_UNTIL_HOUR = 20 };

/* A text owed to the subscriber; the same one twice is owed once. */
void programme_owe(struct programme *p, const char *text);
/* Is the message in the vocabulary, so that the check of a menu asks for it? */
bool programme_owes_message(const char *name);
/* `event` and the set names are literals. */
void programme_note(struct programme *p, const char *member, const char *leave_set,
                    const char *enter_set, const char *event, const char *actor);
/* Takes a registration, or a ticket, off the subscriber, and notes that it left its set. */
void programme_drop_merchant(struct programme *p, unsigned i, const char *event, const char *actor);
void programme_drop_ticket(struct programme *p, unsigned i, const char *event, const char *actor);
/* The last word on a kind holds; due_ms 0 takes the timer away. */
void programme_arm(struct programme *p, const char *kind, int64_t due_ms);
/* Moves a registration; the event must be allowed. Owes the event's SMS, notes the change, sets the
 * timers that follow from the statuses, and makes it this turn's focus. */
void programme_move(struct programme *p, struct merchant *m, enum merchant_event event,
                    const char *actor);
/* The same without the SMS. */
void programme_move_untold(struct programme *p, struct merchant *m, enum merchant_event event,
                           const char *actor);
/* A fresh number of a counter, another one each time, or 0 when the driver has to get one first
 * (p->need says so). */
uint64_t programme_take_number(struct programme *p, const char *counter);

/* The registrations that menus show: live ones by age, then those that are over, newest first; at
 * most SUBSCRIBER_LIVE_MAX. NULL behind the last. */
struct merchant *programme_shown(struct programme *p, unsigned place);
/* The subscriber's own registration that is meant: this turn's, else the one chosen in the dialogue
 * (answer `pilih`: its number, or its place among those shown), else the first shown. NULL when
 * there is none. */
struct merchant *programme_focus(struct programme *p);
/* An answer that is not empty, else NULL. */
const char *programme_answer(const struct programme *p, const char *field);
/* Counts one more try within a period; false when the limit was reached before it. */
bool tries_take(struct tries *t, unsigned limit, int64_t period_ms, int64_t now_ms);
/* Whether the limit is reached. */
bool tries_is_used_up(const struct tries *t, unsigned limit, int64_t period_ms, int64_t now_ms);

/* --- actions, each with the result words of its row in vocabulary.c ------------------------- */

/* What an action gives instead when the dialogue has no room for its answers. No menu has a way for
 * it, so the dialogue ends as busy; the next begins with room. */
#define PROGRAMME_NO_ROOM "no-room"

typedef const char *programme_action_fn(struct programme *p, struct menu_state *state);

/* The function of an action of the vocabulary; an unknown name is a bug. */
programme_action_fn *programme_find_action(const char *name);

/* registration.c */
programme_action_fn registration_consent, registration_send, registration_correct,
    registration_cancel, registration_look_up, registration_copy;
/* Proof of consent: when, to which version of the menu, in which language. */
void registration_note_consent(struct merchant *m, const uint8_t version[MENU_ID_BYTES],
                               const char *language, int64_t at_ms);
/* The same for the consent log, at once. */
void registration_log_consent(struct programme *p, const char *version, const char *language,
                              bool is_sms);
/* Makes a registration of the fields of `draft`, whose consent is filled in. Result words of
 * `daftar`; NULL: p->need. */
const char *registration_make(struct programme *p, const struct merchant *draft);
/* Puts the fields of `fresh` that are not empty over those of m, as a correction by the merchant.
 */
void registration_change(struct programme *p, struct merchant *m, const struct merchant *fresh);
/* `fresh` has the field that the officer asked to be corrected in m. */
bool registration_is_answered(const struct merchant *m, const struct merchant *fresh);

/* retention.c */
/* No registration, nothing asked for that is still to be done, no wish to be told of trainings. */
bool retention_is_idle(const struct subscriber *s);
void retention_retire(struct programme *p);
void retention_forget(struct programme *p);
/* Flags the registrations whose NIK has this hash. */
void retention_flag_twins(struct programme *p, const char *hash);

/* subscription.c */
programme_action_fn subscription_stop, subscription_start, subscription_want_news,
    subscription_set_language, subscription_ask_call, subscription_report_fraud,
    subscription_ask_change, subscription_ask_help, subscription_erase, subscription_ask_erase,
    subscription_confirm_erase, subscription_answer_unknown;

/* Wishes to be told of trainings, or not any more. */
void subscription_set_news(struct programme *p, bool is_wanted, const char *actor);

/* Has everything been asked to be erased, and is that still to come? */
bool subscription_is_to_be_erased(struct subscriber *s);
/* When a registration is sent that is sent now, or a ticket is asked for: behind a request to erase
 * that waits, also where that was taken by a gateway whose clock is ahead. */
int64_t subscription_sent_ms(struct programme *p);
/* Did that request mean what was sent at `sent_ms`? It goes then, and nothing can rely on it. */
bool subscription_is_to_go(struct subscriber *s, int64_t sent_ms);
/* Does what a request to erase meant: all that there was when it was made, the last time. */
void subscription_erase_meant(struct programme *p, struct menu_state *state,
                              const struct ticket *request);

/* joining.c */
programme_action_fn joining_list, joining_list_more, joining_pick, joining_join, joining_inform,
    joining_leave, joining_offer, joining_accept;
enum { JOINING_PAGE = 3 }; /* trainings shown at a time */
/* How many stand in the whole list before the page that the dialogue shows; *count: how many in
 * all, 0 when that is not known. */
unsigned joining_read_page(const struct programme *p, unsigned *count);
/* What stands at a place of the list that the dialogue shows; false when nothing does. */
bool joining_read_slot(const struct programme *p, unsigned place, struct seat *seat,
                       unsigned *seats_left);
void joining_remind(struct programme *p);
/* The shared record is written before the record of the number. Where that commit never came, its
 * claims are made those of the seats that the number has. False: p->need must be satisfied first.
 */
bool joining_match_claims(struct programme *p);
/* The same when a timer for it is due: no write that armed it is under way any more. */
void joining_check(struct programme *p, const char *kind);
/* What is asked to be erased now: each seat that there is. */
void joining_mean_all(struct subscriber *s);
/* Notes that the seats are gone, all or those that were meant; their claims are given back behind
 * it, by their timer. */
void joining_erase(struct programme *p, bool all, const char *actor);

/* texting.c */
/* Drops what waits for a YA, or for the other half of a place. */
void texting_forget(struct programme *p);
/* When that is dropped by itself. */
int64_t texting_due_ms(const struct subscriber *s);
/* What an SMS with a district alone gives it to, with the regency that it is to be one of; NULL
 * when there is none. */
const struct merchant *texting_find_placed(struct programme *p);
programme_action_fn texting_register, texting_give, texting_agree, texting_refuse, texting_status;

/* facts.c */
bool programme_get_fact(struct programme *p, const char *name, char value[MENU_VALUE_BYTES]);
enum { PROGRAMME_FACT_COUNT = 56 };
extern const struct menu_fact programme_fact_table[PROGRAMME_FACT_COUNT];

#endif
