/*
 * The shipped menu on a real turn engine, the store in memory and links that do as they are told,
 * on a clock of the test's own. One rig a program.
 */
#ifndef WARUNG_TESTS_SUPPORT_TURN_RIG_H
#define WARUNG_TESTS_SUPPORT_TURN_RIG_H

#include "base/random.h"
#include "gateway/turn/turn.h"
#include "sessions/store_memory.h"
#include "sessions/vault.h"

enum {
    TURN_RIG_PHONES = 3,
    TURN_RIG_BUCKETS = 16,
    TURN_RIG_SMS_MAX = 8,
    TURN_RIG_RECORDS_MAX = 16
};

/* Tuesday 24 November 2026, 10:00 in Lampung. */
#define TURN_RIG_NOW INT64_C(1795489200000)

#define TURN_RIG_OTHER_CODE "*555#" /* of another menu, where a test has one */

/* What came to one phone. */
struct turn_rig_phone {
    char msisdn[24];
    char screen[MENU_TEXT_BYTES];
    enum dialect_reply_kind kind; /* of the screen */
    bool is_open;
    bool was_pushed; /* the dialogue is said to be ours */
    struct dialect_session session;
    unsigned screen_count;
    char sms[TURN_RIG_SMS_MAX][MENU_TEXT_BYTES];
    unsigned sms_count;
};

extern struct turn_rig {
    int64_t wall_ms;
    int64_t ahead_ms; /* the engine's clock, of that */
    struct timer_queue timers;
    struct deferred_queue deferred;
    struct memory_data *data;
    struct store *store;
    struct vault *vault;
    struct menu *menu;
    const struct menu *other_menu; /* of TURN_RIG_OTHER_CODE; NULL = there is none */
    bool is_code_gone;             /* no menu serves "*384#" any more, but by its new code */
    struct turn_settings settings; /* of the next engine */
    struct turn_engine *engine;
    struct store *other_store; /* of the other gateway; NULL: there is none */
    struct turn_engine *other_engine;
    struct turn_rig_phone phones[TURN_RIG_PHONES];
    uint32_t sequence;
    uint64_t fingerprint;
    struct random_source random;
    struct turn_traits traits;
    /* How screens and SMS end, from now on; `has_link` false: nothing can be sent. */
    enum turn_sent_kind show_ends, sms_ends;
    bool has_link, has_push_link;
    const char *push_link;        /* of the one centre, by which alone pushes leave; NULL: any */
    bool is_elsewhere;            /* ... of another centre */
    const char *sms_link;         /* the link that an SMS leaves by; NULL = as if not told */
    const char *cut_off;          /* this gateway has room, and nobody who sends an SMS of these */
    const char *ailing;           /* the centre of this gateway can take no SMS just now */
    const char *unreached;        /* nor who sends to this phone */
    size_t sms_room;              /* for so many the links have room, at any time; 1000 at first */
    unsigned sms_validity_s;      /* of the last that was sent */
    unsigned push_commit_lost_ms; /* the next push's commit is done, and not heard of for so long */
    bool names_pushes;            /* responses to pushes give the dialogue the name "ni" */
    unsigned shows;               /* tried */
    uint64_t show_by_ms;          /* the last one may leave so late */
    unsigned shows_again;         /* of them before others */
    const char *receipt_name;     /* what receipts call the next SMS; NULL: none are given */
    unsigned show_ms;             /* from a screen to its outcome, 1 at first */
    unsigned sms_ms;              /* from an SMS to its outcome, 1 at first */
    uint64_t show_connection;     /* it goes over this one, as SMS do; inputs come over 1 */
    bool is_unread;               /* the peer does not say that it has read an answer */
    unsigned reads_asked;         /* it was asked for that beside any screen */
    bool is_pair;               /* nor does the outcome of a screen, which has a bind of its own */
    bool is_queued;             /* screens wait for room until their outcome */
    bool is_disconnected;       /* the inputs' connection is gone */
    bool is_unbinding;          /* ... is being ended, and there is no other */
    unsigned answers, refusals; /* requests answered, and those of them not with ESME_ROK */
    uint32_t refused_with;      /* the last of these */
    struct turn_record records[TURN_RIG_RECORDS_MAX]; /* the newest ones, oldest first */
    unsigned record_count;
    struct turn_move move; /* the last one */
    unsigned moves;        /* since somebody set it to 0 */
} turn_rig;

/* For cmocka_unit_test_setup_teardown(). The teardown waits until the engine has nothing to do. */
int turn_rig_setup(void **state);
int turn_rig_teardown(void **state);
/* kill -9 and a new gateway on the same data: what was not stored is gone. */
void turn_rig_restart(void);
/* From now on the other of two gateways on the same data is meant by store, engine and
 * turn_rig_deliver(); the first call starts it. */
void turn_rig_change_gateway(void);
/* Lets the loop run, in steps of 10 ms. */
void turn_rig_pass(unsigned ms);
/* Long enough for everything but timers of the programme: half a second. */
void turn_rig_settle(void);

/* Takes away the session record of phone `n`, as time does. */
void turn_rig_end_session(unsigned n);
/* Takes away both records of phone `n`, and what is owed to it, as an erasure does. */
void turn_rig_erase_all(unsigned n);
/* Owes phone `n` a push, as warungctl does: an entry that no gateway owns. */
void turn_rig_owe_push(unsigned n, const char *screen, int64_t for_ms);
struct dialect_input turn_rig_input(unsigned phone, enum dialect_kind kind, const char *code,
                                    const char *text);
void turn_rig_deliver(const struct dialect_input *input);
/* Each delivers a new input and settles; the screen that came, or the SMS that came last. */
const char *turn_rig_dial(unsigned phone, const char *dialled);
const char *turn_rig_type(unsigned phone, const char *text);
const char *turn_rig_sms(unsigned phone, const char *text);
/* Phone 0's answer to a push, under the name that the centre gives the dialogue with it. */
const char *turn_rig_answer(const char *name, const char *text);

const struct turn_counters *turn_rig_counters(void);
/* Entries of the outbox. */
size_t turn_rig_owed(void);

void turn_rig_assert_begins(const char *text, const char *begin);

#endif
