/*
 * What conformance cases are written with: send, expect, say what was wrong.
 */
#ifndef WARUNG_SMSC_CONFORM_KIT_H
#define WARUNG_SMSC_CONFORM_KIT_H

#include "tests/smsc/options.h"
#include "tests/smsc/peers.h"
#include "tests/smsc/speech.h"

enum {
    KIT_WHY_BYTES = 512,
    KIT_SESSIONS = 256,
    KIT_HISTORY = 12,
    KIT_HISTORY_BYTES = 512,
    KIT_FAILED_MAX = 128,
    KIT_PHONE_BYTES = 24
};

enum kit_role { KIT_CENTRE = 1, KIT_PARTNER = 2, KIT_BOTH = 3 };

/* A PDU that came and was not looked at yet. */
struct kit_pdu {
    struct list_node node;
    struct peer *peer; /* may be gone: compare only */
    struct wire_header header;
    size_t size;
    uint8_t octets[];
};

/* For the failure's report: the last PDUs of both directions. */
struct kit_history {
    bool sent;
    unsigned peer;
    uint64_t at_us;
    size_t size; /* whole; only the first KIT_HISTORY_BYTES are kept */
    uint8_t octets[KIT_HISTORY_BYTES];
};

struct kit_case;

struct kit {
    const struct kit_case *current;
    struct loop *loop;
    const struct options *options;
    const struct speech *speech;
    enum kit_role role;
    struct peers peers;
    struct list inbox;
    struct kit_history history[KIT_HISTORY];
    unsigned history_count;
    uint64_t began_us;                             /* the case */
    const struct kit_case *failed[KIT_FAILED_MAX]; /* for the report's end */
    unsigned failed_count;
    bool is_gone;      /* the peer did not bind again in time: no case waits so long any more */
    struct peer *peer; /* the case's session; NULL when it is gone */
    unsigned turn;     /* whose turn it is to be that */
    unsigned number;   /* of the case's session */
    unsigned refusals[KIT_SESSIONS]; /* what was refused on each, by number */
    bool is_closed;                  /* the case's session was closed */
    /* How messages of the peer under test are answered. */
    uint32_t answer_status;
    bool answer_never;
    bool answer_by_case;         /* the case itself answers */
    char code[KIT_PHONE_BYTES];  /* "384" */
    char phone[KIT_PHONE_BYTES]; /* the case's subscriber */
    uint64_t next_phone;
    uint8_t session;
    uint8_t unit;
    uint32_t next_sequence;
    char why[KIT_WHY_BYTES];
};

struct kit_case {
    const char *name;
    enum kit_role roles;
    /* True when it passed; else kit_fail() was called. */
    bool (*run)(struct kit *k);
    const void *data; /* for run, as k->current->data; or NULL */
};

/* The tables, each ended by a row without a name. */
extern const struct kit_case kit_link_cases[];
extern const struct kit_case kit_message_cases[];
extern const struct kit_case kit_bad_cases[];
extern const struct kit_case kit_dialogue_cases[];

/* Always false, so that a case may return it. */
bool __attribute__((format(printf, 2, 3))) kit_fail(struct kit *k, const char *format, ...);

/* For the report of a failure. */
void kit_remember(struct kit *k, bool sent, unsigned peer, struct span pdu);

/* ---- sending ---- */

/* A number that no request of ours had before. */
uint32_t kit_sequence(struct kit *k);
void kit_send(struct kit *k, struct span octets);
/* A header-only request. */
void kit_send_header(struct kit *k, uint32_t command_id, uint32_t sequence);
/* "00000010 00000015 ...": spaces are skipped. */
void kit_send_hex(struct kit *k, const char *hex);
/* One octet each loop turn. */
void kit_send_slowly(struct kit *k, struct span octets);
/* deliver_sm as centre, submit_sm as partner. */
uint32_t kit_input_command(const struct kit *k);
/* Sends it with a new number, which is returned. */
uint32_t kit_send_message(struct kit *k, uint32_t command_id, const struct wire_message *m);
/* The same act of the case's subscriber, in the dialect. */
uint32_t kit_act(struct kit *k, enum speech_act act, const char *text);
/* A plain short message from the case's subscriber. */
void kit_fill_sms(struct kit *k, struct wire_message *m, struct span text);
/* Another subscriber, in no dialogue yet. */
void kit_next_phone(struct kit *k);

/* ---- expecting ---- */

/* Turns the loop for so long, or until the inbox has a PDU that fits; takes it out. Free with
 * mem_free(); NULL when none came. */
typedef bool kit_fits(const struct kit_pdu *pdu, const void *what);
struct kit_pdu *kit_take(struct kit *k, kit_fits *fits, const void *what, uint64_t limit_ms);
void kit_wait(struct kit *k, uint64_t ms);
/* The response to a number: its status in *status; false after kit_fail() when none came. */
bool kit_expect_response(struct kit *k, uint32_t command_id, uint32_t sequence, uint32_t *status);
/* The session still answers enquire_link; or it has ended after so many refusals that a peer may
 * have had enough of us. */
bool kit_expect_alive(struct kit *k);
bool kit_expect_closed(struct kit *k);
/* A screen for the case's subscriber: its text; false after kit_fail() when none came. */
struct kit_screen {
    enum speech_kind kind;
    struct peer *peer;
    uint32_t sequence_number;
    uint32_t command_id;
    uint16_t session;
    bool has_session;
    size_t septets; /* 0 when not GSM */
    char text[SPEECH_TEXT_BYTES];
};
bool kit_expect_screen(struct kit *k, struct kit_screen *screen);
/* What the dialect wants after a hang-up: a confirmation without a text, or nothing at all. */
bool kit_expect_abort_heard(struct kit *k, uint64_t quiet_ms);
/* No screen for the case's subscriber in so long. */
bool kit_expect_no_screen(struct kit *k, uint64_t ms);
/* A bound session that takes our messages becomes the case's. */
bool kit_take_session(struct kit *k);

uint64_t kit_limit_ms(const struct kit *k);

#endif
