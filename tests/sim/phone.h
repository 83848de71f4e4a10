/*
 * A subscriber of the simulated centre: what it types and sends. What it is shown, and must not be,
 * is smsc.c's.
 */
#ifndef WARUNG_SIM_PHONE_H
#define WARUNG_SIM_PHONE_H

#include "merchants/merchant.h"
#include "tests/sim/deeds.h"
#include "tests/sim/delivery.h"
#include "tests/sim/dues.h"
#include "tests/sim/flow.h"
#include "tests/sim/outcome.h"
#include "tests/sim/smsc.h"
#include "tests/sim/writing.h"

enum {
    SMSC_CONNECTIONS_MAX = 64,
    SMSC_OP_BEGIN = 1,
    SMSC_OP_ASK = 2,
    SMSC_OP_NOTIFY = 3,
    SMSC_OP_END = 17,
    SMSC_OP_ANSWER = 18,
    SMSC_UNITS = 128, /* its_session_info counts them in 7 bits */
};

struct phone {
    struct smsc *smsc;
    char msisdn[16];
    unsigned centre;
    char regno[16]; /* that was shown to it; "" = none yet */
    uint8_t session;
    bool is_open; /* a dialogue, as the centre sees it */
    uint64_t opened_ms;
    uint8_t unit;             /* of the last screen: echoed with the answer */
    enum flow_step at;        /* screen on the phone */
    enum flow_step answered;  /* screen that the outstanding input answers; FLOW_UNKNOWN: a dial */
    enum flow_step farthest;  /* of the draft: steps shown or acknowledged are durable */
    uint64_t begun_ms[2];     /* the draft: at the earliest, and at the latest; 0 = there is none */
    int version;              /* of the menu, in this dialogue; -1 = not seen yet */
    unsigned receipts;        /* SMS with a registration number that it has taken */
    unsigned decisions;       /* that SMS have told it: a bit for each status */
    unsigned pushes;          /* by the officer, and not shown: so many at most */
    uint64_t pushes_until_ms; /* that of them */
    unsigned typed_since_push;
    bool may_be_pushed_late; /* one was owed without an answer, and may come to be after all */
    bool is_pushed;          /* one was shown, and no answer has been taken since */
    struct dues dues;
    struct outcome outcome;
    bool is_shown;        /* what its last input leads to, and its answer is read */
    bool is_overtaken;    /* the dialogue came late: a newer dial may have taken its place */
    bool registers_again; /* it may have begun anew what was rejected */
    bool is_sent; /* an acknowledged answer has sent the registration, where steps have a number */
    enum seat_belief seat;
    unsigned seat_number;   /* of the training; 0 = none was shown as taken */
    unsigned unseated;      /* SMS that told of a seat that is gone, since one was asked for */
    uint64_t asked_news_ms; /* was shown that it will hear of a training, and has not; 0 = not */
    uint64_t wants_news_ms; /* it has asked for that */
    uint64_t told_news_ms;  /* and has heard of one since, for the first time; 0 = not */
    uint64_t reminded_ms;   /* of a correction, for the first time; 0 = never */
    bool is_joining, is_leaving; /* the last that was asked for */
    enum flow_wish wish;         /* of this dialogue */
    struct deeds deeds;
    struct writing writing;
    bool has_consented, has_sent; /* since it was erased: else there is no draft, no registration */
    bool is_forgotten;     /* it is being erased, or was while something of it was under way */
    bool has_come_back;    /* since then */
    uint64_t forgotten_ms; /* 0 = not, as far as is known */
    uint64_t officer_ms;   /* the officer was erasing it */
    /* It has asked to be erased: at the earliest, and, where that was taken and no officer has
     * begun to, at the latest; 0 = not. */
    uint64_t asked_ms, asked_by_ms;
    uint64_t erased_ms;             /* for that */
    uint64_t consented_ms, sent_ms; /* its last registration */
    bool has_begun_since;           /* one after it had asked; that stays */
    char renewed[16];               /* and has sent it; "" = not */
    /* The outstanding input: one at a time, delivered until it is taken. */
    struct delivery delivery;
    char text[64];
    uint8_t op;
    uint8_t answers_unit;
    struct timer think;
    struct timer silence;
};

/* The centre. */
struct smsc {
    struct world *world;
    struct connection *connections[SMSC_CONNECTIONS_MAX];
    struct phone *phones;
    unsigned count;
    bool is_closed;
    struct reports *reports;
    unsigned messages; /* ids given */
    struct smsc_counters counters;
};

/* One of its centre's that takes inputs; NULL = none does. */
struct connection *phone_choose_connection(const struct phone *s);

void phone_init(struct phone *s, struct smsc *c, unsigned number);
void phone_fini(struct phone *s);
/* The dialogue is over, as the centre sees it. */
void phone_go_idle(struct phone *s);
/* It reads what is shown, and will answer that. */
void phone_think(struct phone *s);
/* It is registered, or too old. */
void phone_lose_draft(struct phone *s);
/* All of it is to be erased; and has been. */
void phone_forget(struct phone *s);
void phone_forgotten(struct phone *s);
/* Erased as it has asked, or as the officer does; what came after the question may be left (NULL:
 * nothing is). */
void phone_erased(struct phone *s, const struct subscriber *left);
/* The network ends its dialogue. */
bool phone_is_out_of_time(const struct phone *s);
/* The officer owes it a screen; not known to be so yet. */
void phone_expect_push(struct phone *s, uint64_t until_ms);
/* It is not: nothing was written. */
void phone_forget_push(struct phone *s);
/* He has had no answer. */
void phone_doubt_push(struct phone *s);
/* It has done nothing since, for long. */
bool phone_is_forgotten(const struct phone *s);
/* It is not known what was erased. */
bool phone_is_unsure(const struct phone *s);
/* Since that: it may have sent a registration. */
bool phone_has_sent(const struct phone *s);

#endif
