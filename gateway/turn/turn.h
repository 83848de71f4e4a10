/*
 * A turn: one input from arrival to settled reply (docs/architecture.md, docs/custody.md).
 *
 * Step, commit, then act: nothing is answered before the new session and all it owes are one
 * durable write. Everything outside is handed in, so that the simulator can hand in its own: clock,
 * timers, randomness, store, links. One live turn a subscriber; further inputs of the same one wait
 * in its mailbox.
 */
#ifndef WARUNG_TURN_TURN_H
#define WARUNG_TURN_TURN_H

#include "base/timer.h"
#include "gateway/smpp/dialect.h"
#include "menus/menu.h"
#include "merchants/periods.h"
#include "sessions/store.h"

struct turn_engine;
struct vault;

/* One request of a peer's waiting for our answer: the owner's own link and ticket, opaque here. */
struct turn_origin {
    void *link;
    const char *link_name; /* smsc or account: the dialogue's centre; outlives the call only */
    uint64_t connection;
    uint32_t sequence_number;
    uint32_t command_id;
    uint64_t source; /* the owner's own */
};

struct turn_screen {
    struct turn_origin origin; /* where the input came from: the reply goes there */
    struct dialect_reply reply;
    /* The input is answered with it, and not by answer(): both leave together, or neither does.
     * With answer_status right before it leaves, or when no peer could show such a text; with a
     * temporary status when it does not leave, so that the peer delivers again. */
    bool answers;
    uint32_t answer_status; /* ESME_ROK; or the input was refused, and this is the text for it */
    /* It does not leave when the input's connection is gone: a text that ends the dialogue, with
     * which another gateway may go on; a screen whose input comes again, and is known for a copy
     * as long as nobody goes on from that. */
    bool is_tied;
    bool is_again; /* it was sent before, and not taken: goes before others; answers nothing */
};

enum turn_sent_kind {
    TURN_SENT_OK,        /* the peer took it */
    TURN_SENT_TEMPORARY, /* throttled or temporary status: may be tried again */
    TURN_SENT_PERMANENT, /* refused: the dialogue or message is over */
    TURN_SENT_UNKNOWN,   /* no response, connection lost after sending */
    TURN_SENT_NOT,       /* never left */
};
struct turn_sent {
    enum turn_sent_kind kind;
    uint32_t command_status;
    bool is_slow_down;   /* TEMPORARY: the peer has said "slower", or that a queue is full */
    uint64_t connection; /* it went over this one */
    /* Not 0: nor has the peer said yet that it has read the answer to the input, which went over
     * another one; has_read() will tell. */
    uint64_t unread_mark;
    const char *link_name;  /* of the link that has answered; NULL = none; valid during the call */
    const char *message_id; /* "" when none; valid during the call */
    /* Of an SMS that was taken: what receipts may call its parts. None: none will come. Valid
     * during the call. */
    const struct store_receipt_key *keys;
    unsigned key_count;
    unsigned parts;
    /* Of a push, where the response names the dialogue that it has opened; NULL; likewise. */
    const struct dialect_session *session;
};
typedef void turn_sent_fn(void *arg, const struct turn_sent *sent);

/* What tells a copy of an input from the same key pressed again (docs/custody.md). */
enum turn_token {
    TURN_TOKEN_NONE, /* nothing: debts, proof, window */
    TURN_TOKEN_ECHO, /* the centre echoes our dialogue unit number with the answer: a ledger */
};
struct turn_traits {
    struct menu_limits limits;
    enum turn_token token;
    /* How long the link's dialogues wait; 0 = not known. */
    unsigned reply_limit_ms; /* from an input to our reply */
    unsigned user_reply_s;   /* from our question to the answer */
    unsigned session_max_s;
    bool acks_abort; /* wants a confirmation for each abort */
};

/* A screen in a dialogue: of which menu version, in which language ("" = not chosen yet). */
struct turn_place {
    uint8_t menu_id[MENU_ID_BYTES];
    char screen[MENU_NAME_BYTES]; /* "" = none */
    char language[MENU_NAME_BYTES];
};

/* How the screen that waited was left. */
enum turn_leave {
    TURN_LEFT_NOT, /* none waited, or it waits on: shown with an error, or another page of it */
    TURN_LEFT_ANSWERED,
    TURN_LEFT_BACK,
    TURN_LEFT_ABANDONED, /* hung up, dialled anew, or ended by us after too many errors */
};

/* What one input did to a dialogue; nothing of what was typed, or by whom. */
struct turn_move {
    struct turn_place from, to;
    int64_t shown_ms, now_ms; /* wall clock: `from` was shown, `to` is */
    enum turn_leave leave;
    bool has_input;   /* something was typed at `from` */
    bool was_invalid; /* ... and refused */
    bool is_entered;  /* `to` is shown anew, not again */
    bool is_end;      /* `to` waits for nothing */
};

struct turn_sms {
    const char *link_name; /* "" = any */
    const char *source;    /* the service code as dialled or texted ("*384#", "384"); the port maps
                              it to the short code that SMS come from */
    const char *msisdn;
    const char *text;
    /* Of its parts, where it has several: the same each time it is sent, by whichever gateway, so
     * that the phone can put parts of two attempts together. */
    uint16_t reference;
    bool is_bulk; /* nobody waits for it: behind all others */
    /* Worth delivering for so long from now_ms (since 1970); 0 = nothing is said about it. */
    uint32_t validity_s;
    int64_t now_ms;
};

/* A delivery receipt, as far as it says something for good. */
struct turn_receipt {
    const char *msisdn; /* the subscriber's; "" = not told */
    enum receipt_state state;
    bool is_final;
    const char *const *keys; /* as turn_sent has them */
    unsigned key_count;
};

/* What is written down about a dialogue or an SMS when it is over (call detail record). */
enum turn_record_kind { TURN_RECORD_DIALOGUE, TURN_RECORD_SMS_IN, TURN_RECORD_SMS_OUT };
enum turn_end {
    TURN_END_SCREEN,   /* our last screen */
    TURN_END_LAST,     /* the phone's last answer, after which nothing is shown */
    TURN_END_ABORT,    /* the centre ended it: hung up, lost, timed out there */
    TURN_END_TIMEOUT,  /* no input for session_idle_s */
    TURN_END_REPLACED, /* the number dialled anew */
    TURN_END_REFUSED,  /* the busy screen: too many, draining, no store */
    TURN_END_FAILED,   /* the centre refused a screen for good */
    TURN_END_LOST,     /* more dialogues than this gateway keeps in mind */
    TURN_END_STOPPED,  /* this gateway stopped */
    TURN_END_TAKEN,    /* SMS of a subscriber */
    TURN_END_SENT,     /* SMS to a subscriber: the centre took it */
    TURN_END_REJECTED, /* ... refused it for good */
    TURN_END_EXPIRED,  /* ... had not taken it when its time ran out */
};
const char *turn_end_name(enum turn_end end); /* "screen", "last-answer", "abort", ... */
struct turn_record {
    enum turn_record_kind kind;
    enum turn_end end;
    int64_t began_ms, ended_ms; /* wall clock; an SMS to a subscriber began when it was owed */
    char msisdn[DIALECT_MSISDN_BYTES];
    char link[32]; /* smsc or account; of an SMS that expired the one it was meant for, "" = any */
    char code[DIALECT_CODE_BYTES];
    uint8_t menu_id[MENU_ID_BYTES];       /* zeros = none */
    uint32_t turns;                       /* inputs taken */
    uint32_t octets_in, octets_out;       /* of texts, in UTF-8 */
    uint32_t begins, answers, asks, ends; /* operations */
    uint32_t pushes;                      /* 1 = we opened it */
};

/* A screen or SMS under way: the port's own, until its callback runs. */
struct turn_sending;

/* What the engine needs of the links. show() goes by the link of the input, or by any of that name
 * where origin.link is NULL; a network-initiated dialogue is opened by DIALECT_PUSH or NOTIFY.
 * show() and send_sms() run their callback exactly once, never from inside the call; NULL = nothing
 * was queued and nothing will be called. */
struct turn_ports {
    void (*answer)(void *ctx, const struct turn_origin *origin, uint32_t command_status);
    /* Does the connection of an input still stand? */
    bool (*is_connected)(void *ctx, const struct turn_origin *origin);
    /* Asks whether the peer has read the answer to an input by now, which was given before. A mark
     * for has_read(); 0 = it cannot be asked. */
    uint64_t (*ask_read)(void *ctx, const struct turn_origin *origin);
    /* Of a mark or an unread_mark: the peer has read the answer by now. */
    bool (*has_read)(void *ctx, const struct turn_origin *origin, uint64_t mark);
    struct turn_sending *(*show)(void *ctx, const struct turn_screen *screen, uint64_t deadline_ms,
                                 turn_sent_fn *fn, void *arg);
    /* What has not left is withdrawn: its callback will not run. False when it has left. */
    bool (*withdraw)(void *ctx, struct turn_sending *sending);
    /* Is there no room for a reply to this input? It is refused then, before anything is stored. */
    bool (*is_full)(void *ctx, const struct turn_origin *origin);
    /* False: no bind can take the reply now (the one that the input came by is being ended, or the
     * transmitter beside it is not bound yet). */
    bool (*has_way_back)(void *ctx, const struct turn_origin *origin);
    struct turn_sending *(*send_sms)(void *ctx, const struct turn_sms *sms, uint64_t deadline_ms,
                                     turn_sent_fn *fn, void *arg);
    /* Is somebody there who can send it? */
    bool (*has_sms_sender)(void *ctx, const struct turn_sms *sms);
    /* The link for a network-initiated dialogue: `preferred` where it can, else any that carries
     * the code and the number; its name into `name`. False when none can carry it now. */
    bool (*find_push_link)(void *ctx, const char *preferred, const char *code, const char *msisdn,
                           char *name, size_t name_bytes);
    /* Which menu serves a code of a link; NULL when none does. `id` all zeros: the version for this
     * subscriber's new dials, else that version (NULL when it is gone). */
    const struct menu *(*find_menu)(void *ctx, const char *link_name, const char *code, bool is_sms,
                                    const uint8_t *id, const char *msisdn);
    /* A menu that has this text, for whoever last used one that has it not; *code is what texts
     * call its service. NULL when none has. Valid until menus change. */
    const struct menu *(*find_text)(void *ctx, const char *text, const char **code);
    /* The longest code with a menu for this link that a dialled string begins with: "*384*9#" of
     * "*384*9*1#"; where `code`, what the dialect says, has no menu, the longest that the link
     * carries. Valid until menus change; NULL = none: the code is what the dialect says. */
    const char *(*service_code)(void *ctx, const char *link_name, const char *dialled,
                                const char *code);
    /* What texts call the service of a code: "*384#" for an SMS to "384". Valid until menus change.
     */
    const char *(*shown_code)(void *ctx, const char *code);
    struct turn_traits (*traits)(void *ctx, const char *link_name);
    /* May a centre go on by `other`, an input's, with a dialogue that began by link_name? By the
     * same link, or by another to the same centre. */
    bool (*is_one_centre)(void *ctx, const char *link_name, const char *other);
    /* How many SMS the links would take now and send before long. While 0, the outbox is left
     * alone: what waits does so in the store. */
    size_t (*sms_room)(void *ctx);
    /* A dialogue has moved, and that is stored. */
    void (*moved)(void *ctx, const struct turn_move *move);
    /* NULL = nobody wants them. *record is valid during the call. */
    void (*record)(void *ctx, const struct turn_record *record);
    void *ctx;
};

struct turn_settings {
    const char *instance;
    struct programme_periods periods;
    unsigned retention_s; /* every record is looked at once in this time of day-time; default 6
                             hours; 0 = never */
    unsigned journal_keep_s, consent_keep_s; /* older entries go; 0 = never */
    unsigned turns_max;            /* live turns; default 20000; more: the busy screen, throttled */
    unsigned mailbox_max;          /* inputs waiting for one subscriber; default 8 */
    unsigned cache_max;            /* local copies of sessions; default 200000 */
    size_t cache_bytes_max;        /* of memory in them; default 40 MiB */
    unsigned answer_window_ms;     /* below the centre's response timer; default 5000 */
    unsigned redelivery_horizon_s; /* longer than the centre's retry schedule; default 600 */
    unsigned session_idle_s;       /* a dialogue untouched for so long is over; default 180 */
    /* From a USSD input to its screen, or less where the link says so; at three quarters of it the
     * subscriber is told to wait, and the result follows. Default 8000. */
    unsigned reply_deadline_ms;
    unsigned draft_ttl_s; /* default 7 days */
    unsigned remember_s;  /* language of a number without a draft or registration; default 7 days */
    unsigned sms_expiry_s;     /* default 3 days */
    unsigned receipt_margin_s; /* a receipt is awaited for so long after that; default 1 day */
    unsigned owed_idle_ms;     /* who has not touched an entry for so long is gone; default 15000 */
    unsigned sweep_ms;         /* each bucket once in this time; default 1000 */
    unsigned settle_ms; /* a proof that no step has taken along is stored after this; default 200 */
    unsigned parts_max; /* parts of one SMS; default 10, at most half of PARTS_MAX */
    unsigned push_expiry_s; /* a push that could not be begun is given up; default 300 */
    unsigned parts_keep_s;  /* an SMS of which parts are missing is kept so long; default 1 day */
};

struct turn_settings turn_settings_default(void);

struct turn_env {
    struct timer_queue *timers;
    int64_t (*wall_ms)(void *ctx);
    uint64_t (*random)(void *ctx);
    void *ctx;
    struct store *store;
    struct vault *vault; /* seals what is stored */
    struct turn_ports ports;
};

struct turn_engine *turn_engine_new(const struct turn_env *env,
                                    const struct turn_settings *settings);
/* One decoded input. It is copied; it is answered once through ports.answer (before this returns
 * when it is refused at once). */
void turn_deliver(struct turn_engine *e, const struct turn_origin *origin,
                  const struct dialect_input *input);
/* A receipt; it is answered once through ports.answer, when its effect is durable. */
void turn_take_receipt(struct turn_engine *e, const struct turn_origin *origin,
                       const struct turn_receipt *receipt);
/* From now on a new dial gets the busy screen; running dialogues go on. */
void turn_drain(struct turn_engine *e);
/* Turns, replies, SMS and receipts under way. */
unsigned turn_live(const struct turn_engine *e);
/* None of these, and nothing known here that is to be stored. */
bool turn_is_drained(const struct turn_engine *e);
/* Messages owed in the store that have not left, whoever owes them, as read in the last half
 * minute; false while that is not known: older than two minutes, or not all read yet. */
bool turn_messages_waiting(const struct turn_engine *e, uint64_t *count);
/* By how much our clock is ahead of the store's, where that is too much: nothing is swept then, and
 * nothing erased. Else 0. */
int64_t turn_clock_ahead_s(const struct turn_engine *e);
/* The store has told, all of it, that ours is not: what is old by it may be removed. */
bool turn_clock_agrees(const struct turn_engine *e);
/* After its store and its links were freed: nothing may call back any more. */
void turn_engine_free(struct turn_engine *e);

struct turn_counters {
    uint64_t inputs, steps, settles, mismatches, replays, conflicts, busy, overdue, sealed,
        throttled, unknown_commits, failed_screens, screens, sms_owed, sms_sent, sms_failed,
        sms_expired, sms_parts, sms_parts_dropped, pushes, push_failures, pushes_expired,
        late_answers;
    uint64_t screens_withdrawn, answers_unread;
    uint64_t sms_delivered, receipts, receipts_early, receipts_claimed, receipts_unmatched,
        receipts_refused;
};
const struct turn_counters *turn_counters(const struct turn_engine *e);

#endif
