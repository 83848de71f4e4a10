/*
 * The insides of a step, shared by step.c and its parts (step_identity.c, step_move.c,
 * step_part.c, step_programme.c, step_push.c), and by nobody else.
 */
#ifndef WARUNG_TURN_RUN_H
#define WARUNG_TURN_RUN_H

#include "gateway/turn/step.h"
#include "merchants/journal.h"
#include "sessions/vault.h"

enum {
    STEP_UNITS = 128, /* its_session_info counts dialogue units in 7 bits */
};

_Static_assert((int)MENU_STATE_BYTES_MAX <= (int)SESSION_STATE_BYTES, "each state has room");

struct step_work {
    struct session session;
    struct parts parts; /* those of the session, decoded */
    struct menu_state state;
    struct programme programme;
    struct menu_outcome outcome;
    struct dialect_input whole; /* the message of many parts */
    char joined[PARTS_TEXT_BYTES];
    struct push_entry late; /* a reply that is owed by push */
    char link[32];          /* that a push goes by, or what a timer owes */
    char code[24];          /* of the service that a timer speaks for */
    uint8_t session_bytes[STORE_SESSION_BYTES_MAX];
    uint8_t merchant_bytes[STORE_MERCHANT_BYTES_MAX];
    uint8_t shared_bytes[TRAININGS_BYTES_MAX];
    uint8_t journal[STORE_COMMIT_JOURNAL_MAX][JOURNAL_BYTES];
    uint8_t consent[JOURNAL_CONSENT_BYTES];
    char subject[VAULT_SUBJECT_BYTES];
};

/* What one run has at hand; on the stack of step_run(). */
struct run {
    struct step *step;
    struct step_work *work;
    const struct turn_env *env;
    const struct turn_settings *settings;
    const char *msisdn;
    const struct step_cause *cause;
    const struct dialect_input *input; /* NULL: no input is the cause */
    const struct step_answers *answers;
    int64_t now_ms;
    bool is_newer; /* the session is of a newer program, which alone can go on with it */
    bool is_idle;  /* the dialogue was untouched for too long */
    const struct menu *menu;
    const char *code;
    struct turn_traits traits;
    bool has_closed;  /* a debt, by a proof that the record does not hold yet */
    const char *link; /* where SMS owed leave */
};

/*
 * What run->input, which must be there, is to the session as it was loaded. These read alone, and
 * never fail: a record that is not there has no dialogue and no debts.
 */

/* Has it the name of the session's dialogue, which may be over, or another centre's? No name at
 * all is equal to none. */
bool run_is_named_alike(const struct run *run);
/* Does it come within the session's dialogue? An end may, too, which is no step of it. */
bool run_is_same_dialogue(const struct run *run);
/* It comes within it, and is no dial: the dialogue goes on by it. */
bool run_goes_on(const struct run *run);
/* Equal ones are copies for as long as they are remembered, whatever was proved: its debt is never
 * closed. */
bool run_is_exact(const struct run *run);
/* Of a session: nothing has been answered yet in the dialogue that we pushed. */
bool run_is_unanswered_push(const struct session *s);
/* Its number (session.unit, modulo STEP_UNITS) tells whether it answers the screen that is stored:
 * it does when it is the session's. */
bool run_has_unit(const struct run *run);
/* ... where it is not: by up to half of STEP_UNITS ahead of it. */
bool run_is_ahead(const struct run *run);
/* The debt of which it is a copy, in the session; NULL when it is of none. */
const struct session_debt *run_find_debt(const struct run *run);
/* It is a copy though no debt says so any more. */
bool run_is_late_copy(const struct run *run);
/* The subscriber is in a newer dialogue meanwhile, and it must not be stepped. */
bool run_is_overtaken(const struct run *run);
/* What a later run of the same turn is to know of the record as it is now. */
struct step_seen run_look(const struct run *run);

/* The session as it is now becomes the record to be committed. */
void run_encode_session(struct run *run);
/* The menu of a code, of that version where it is kept (id may be NULL), else the current one. */
bool run_find_menu(struct run *run, const char *code, const uint8_t *id);
/* What texts call the service. */
const char *run_shown_code(const struct run *run);
/* The subscriber's name for the store: what is owed under it is forgotten with him. */
const char *run_name_subject(struct run *run);
/* An SMS goes with the commit; until_ms: it may be true for a shorter time, 0 = it is not. */
void run_owe(struct run *run, const char *text, int64_t until_ms);
/* False: the step ends with its kind set. */
bool run_begin_programme(struct run *run, const struct step_records *records);
/* Steps the menu and carries out its actions until there is something to show. False when an
 * action needs something from outside first. */
bool run_menu(struct run *run, struct menu_event event);
/* A consent that was given goes with the commit. */
void run_note_consent(struct run *run, bool was_shown);
/* Is there a menu for each text that the programme owes now? (One that lacks a text is logged.) */
bool run_can_tell(const struct run *run);
/* What the programme has changed goes with the commit. */
void run_finish_programme(struct run *run);
/* The dialogue is over without an end screen; the draft stays. */
void run_close_dialogue(struct run *run);
/* run->input, a new one, steps the menu. */
void run_take_input(struct run *run, const struct step_records *records);

/* For the funnel, before the menu is stepped: the screen that waits. */
void run_note_from(struct run *run);
/* Behind that, once the menu was stepped: where it has led to. is_input: by an answer to it. */
void run_note_move(struct run *run, bool is_input);
/* The menu's screen opens a dialogue. */
void run_note_pushed(struct run *run);

/* A part of a long SMS: kept until the others are there; the last one steps the menu. */
void run_take_part(struct run *run, const struct step_records *records);
/* A network-initiated dialogue, or a late answer. */
void run_take_push(struct run *run, const struct step_records *records);
/* The reply that the session holds, to the input of that fingerprint, comes too late for its
 * dialogue: it is owed by push. */
void run_owe_late(struct run *run, uint64_t answers);
/* Parts waited long enough for the others. */
void run_drop_parts(struct run *run, const struct step_records *records);

#endif
