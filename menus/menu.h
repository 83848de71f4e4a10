/*
 * The menu engine: a menu is immutable data loaded from a file, a state is a small value, and
 * menu_step() is a pure function of both and one event. No clock, no I/O, no globals.
 *
 * The driver (gateway/turn, or merchants/rehearsal) loops:
 *
 *     menu_step(menu, &state, &event, &facts, limits, &outcome)
 *     while outcome.kind is MENU_ACT: carry out outcome.action, then step again with
 *         MENU_EVENT_RESULT and its result word
 *     MENU_ASK or MENU_END: commit the state, then show outcome.text
 */
#ifndef WARUNG_MENUS_MENU_H
#define WARUNG_MENUS_MENU_H

#include "base/span.h"
#include "menus/vocabulary.h"

enum {
    MENU_TEXT_BYTES = 1024,      /* one page or SMS, UTF-8 and NUL */
    MENU_NAME_BYTES = 32,        /* names of menus, screens, fields, texts, languages */
    MENU_ID_BYTES = 8,           /* content hash of a menu version */
    MENU_ANSWERS_MAX = 64,       /* answers in a state, and so fields of a menu */
    MENU_ANSWERS_BYTES = 1536,   /* all of them together */
    MENU_BACK_MAX = 16,          /* screens that `0` can return to */
    MENU_STATE_BYTES_MAX = 4288, /* one encoded state, at its very largest */
    MENU_STEP_ACTIONS_MAX = 8,   /* actions in a row before a screen must come */
    MENU_WALK_BYTES = 96,        /* answers behind the code of one dial: "*384*2*1#" */
};

struct menu;
struct menu_state; /* menus/state.h */

/* How much one page may hold. */
struct menu_limits {
    unsigned gsm_septets; /* for instance 182 or 160 */
    unsigned ucs2_units;  /* for instance 80 */
};
enum { MENU_GSM_SEPTETS_MAX = 182 }; /* in the 160 octets of a USSD string (3GPP TS 23.038) */
/* Of a link that carries this many septets: in UCS-2 what the octets of these hold, two a unit. */
struct menu_limits menu_limits_of(unsigned gsm_septets);
/* The lesser of both, where a link carries less than `limits`; gsm_septets 0: as much. */
struct menu_limits menu_limits_within(struct menu_limits limits, unsigned gsm_septets);

enum menu_event_kind {
    MENU_EVENT_DIAL,   /* text: the dialled string with its code, "*384*2#" */
    MENU_EVENT_INPUT,  /* text: what was typed */
    MENU_EVENT_SMS,    /* text: a whole SMS */
    MENU_EVENT_RESULT, /* text: the result word of the action just carried out */
    MENU_EVENT_PUSH,   /* network-initiated; text: name of a screen, or of a text (a notice) */
    MENU_EVENT_ABORT,  /* the dialogue is over without an end screen */
};

struct menu_event {
    enum menu_event_kind kind;
    const char *text;
    const char *code; /* of the service: "*384#"; what {kode} shows */
    int64_t now_ms;   /* wall clock: for drafts' age and date windows */
};

enum menu_outcome_kind {
    MENU_ASK,    /* show text, wait for an input */
    MENU_END,    /* show text, the dialogue is over */
    MENU_ACT,    /* carry out `action`, then MENU_EVENT_RESULT */
    MENU_SILENT, /* nothing to show (abort taken in, SMS that deserves no answer) */
};

struct menu_outcome {
    enum menu_outcome_kind kind;
    char text[MENU_TEXT_BYTES]; /* UTF-8: a page for USSD, an SMS for MENU_EVENT_SMS */
    bool ucs2;                  /* text needs UCS-2 (its language is declared so) */
    const char *action;         /* MENU_ACT: a name of the vocabulary */
    const char *screen;         /* name of the screen shown or acting, for logs and the funnel */
    bool was_invalid;           /* the input was refused: error line shown, or attempts used up */
    bool was_back;              /* it was the key back or main, and led there */
    bool was_paged;             /* it asked for another page of the same screen */
};

/* Steps. The state is changed in place; on MENU_ACT it is the state in mid-step: do not commit it
 * before the following MENU_ASK, MENU_END or MENU_SILENT. */
void menu_step(const struct menu *menu, struct menu_state *state, const struct menu_event *event,
               const struct menu_facts *facts, struct menu_limits limits,
               struct menu_outcome *outcome);

/* Renders a text of the menu that is no screen (an SMS, "ERR_SIBUK") in the state's language.
 * False when there is no text of that name. */
bool menu_text(const struct menu *menu, const struct menu_state *state, const char *name,
               const struct menu_facts *facts, const char *code, char text[MENU_TEXT_BYTES]);

/* Names and their values in the menu's own lists: the label of a code in a table, in the state's
 * language ("1871" of "kab" -> "Bandar Lampung"); NULL when there is none. */
const char *menu_table_label(const struct menu *menu, const char *table, const char *code,
                             const char *language);
/* The other way: the code of the row that a code or a name means ("Metro", "18.72" of "kab" ->
 * "1872"); NULL when none or more than one does, or only by a guess. */
const char *menu_table_code(const struct menu *menu, const char *table, const char *word);
bool menu_has_table(const struct menu *menu, const char *table);
bool menu_has_language(const struct menu *menu, const char *code);
/* The language in which who has chosen `code` ("" = none yet) is shown texts: lives as long as the
 * menu. */
const char *menu_language_shown(const struct menu *menu, const char *code);

/* Does anything in it begin a draft? */
bool menu_begins_drafts(const struct menu *menu);
/* The longest service code that its texts show whole; of a longer one they show a part. */
unsigned menu_code_max(const struct menu *menu);
/* Age at which it forgets them (draft_days). */
int64_t menu_draft_ms(const struct menu *menu);
/* Does it say what answers SMS? Without, nothing does. */
bool menu_says_sms(const struct menu *menu);
/* An answer of `other` that has the name of one which `menu` keeps in a draft: a number's answers
 * are those of all menus. NULL when there is none. */
const char *menu_shared_answer(const struct menu *menu, const struct menu *other);

/* Is there a text of that name for menu_text()? */
bool menu_has_text(const struct menu *menu, const char *name);

/* Is there anything of that name for MENU_EVENT_PUSH that asks or tells before it does anything (or
 * is an entry)? Without, the event is silent. */
bool menu_can_push(const struct menu *menu, const char *name);

const char *menu_name(const struct menu *menu);
const uint8_t *menu_id(const struct menu *menu); /* MENU_ID_BYTES */
bool menu_id_is(const struct menu *menu, const uint8_t id[MENU_ID_BYTES]);
/* The text shown when a turn cannot be done now: by the state's language (may be NULL: the first
 * language) and whether a draft is kept. */
void menu_busy_text(const struct menu *menu, const struct menu_state *state, const char *code,
                    char text[MENU_TEXT_BYTES]);
/* The text shown when a turn takes too long for its dialogue: the result will follow. The busy text
 * where the menu has none. */
void menu_wait_text(const struct menu *menu, const struct menu_state *state, const char *code,
                    char text[MENU_TEXT_BYTES]);
void menu_free(struct menu *menu);

#endif
