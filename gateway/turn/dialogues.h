/*
 * The dialogues that this gateway has in hand, for their records (turn.h, struct turn_record): when
 * they began, what went to and fro, how they ended. Kept in memory alone: a dialogue that moves to
 * another gateway leaves a record here (it timed out) and one there, and a crash loses those that
 * are open. Without a port that takes records nothing is kept; d is NULL then, and every call does
 * nothing.
 */
#ifndef WARUNG_TURN_DIALOGUES_H
#define WARUNG_TURN_DIALOGUES_H

#include "gateway/turn/turn.h"

struct dialogues;

/* One input that was taken, and the reply to it ("" = none). */
struct dialogue_step {
    const struct dialect_input *input; /* BEGIN, ANSWER or ANSWER_LAST */
    const char *link_name;
    const uint8_t *menu_id;
    const char *screen;
    bool is_last; /* that screen ends the dialogue */
};

/* A network-initiated screen that leaves. */
struct dialogue_push {
    const char *msisdn;
    const char *link_name;
    const char *code;
    const uint8_t *menu_id;
    const char *screen;
    bool is_ask;
};

struct dialogues *dialogues_new(const struct turn_env *env, const struct turn_settings *settings);
/* Those that are open end as stopped. */
void dialogues_free(struct dialogues *d);
void dialogues_step(struct dialogues *d, const struct dialogue_step *step);
/* The input was answered with the busy screen. */
void dialogues_refuse(struct dialogues *d, const struct dialogue_step *step);
/* From now on its dialogue is open; another one is over. A push that leaves once more goes on with
 * the dialogue that it had. */
void dialogues_push(struct dialogues *d, const struct dialogue_push *push);
/* Of a pushed dialogue alone that nobody has answered yet: it is over, or (forget) it has not begun
 * and will be tried again. */
void dialogues_push_end(struct dialogues *d, const char *msisdn, enum turn_end end);
void dialogues_push_forget(struct dialogues *d, const char *msisdn);
/* Nothing happens when none is open. */
void dialogues_end(struct dialogues *d, const char *msisdn, enum turn_end end);
/* An SMS of a subscriber was taken. */
void dialogues_sms(struct dialogues *d, const struct dialect_input *input, const char *link_name,
                   const uint8_t *menu_id);

/* Of an SMS to a subscriber: by whom it left in truth. Unchanged where nobody has answered. */
void turn_record_name_carrier(struct turn_record *r, const struct turn_sent *sent);

#endif
