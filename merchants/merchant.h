/*
 * A registration (merchant) and everything one subscriber has with the programme.
 *
 * Plain values; personal fields (name, nik, business) are sealed by whoever stores the record.
 */
#ifndef WARUNG_MERCHANTS_MERCHANT_H
#define WARUNG_MERCHANTS_MERCHANT_H

#include "base/span.h"
#include "merchants/training.h"

enum {
    MERCHANT_NAME_CHARACTERS_MAX = 60,
    MERCHANT_NAME_BYTES = (MERCHANT_NAME_CHARACTERS_MAX + 1) * 4, /* of UTF-8, and NUL */
    MERCHANT_REGNO_BYTES = 12,                                    /* 11 digits and NUL */
    MERCHANT_NIK_BYTES = 17,
    MERCHANT_CODE_BYTES = 16,     /* category, regency, district, sales, smartphone, reason codes */
    MERCHANT_VERSION_BYTES = 17,  /* 16 hexadecimal digits and NUL */
    SUBSCRIBER_LIVE_MAX = 3,      /* registrations that count against the programme's limit */
    SUBSCRIBER_MERCHANTS_MAX = 6, /* kept: the live ones, and the newest that are over */
    SUBSCRIBER_TICKETS_MAX = 5,   /* open ones; at most one of a kind */
    SUBSCRIBER_SEATS_MAX = 4,
    SUBSCRIBER_OFFERED_MAX = 3,
    TICKET_BYTES = 9, /* "T0000042" and NUL */
};

/* The programme's words; DRAF lives in the session, not in a merchant record. */
enum merchant_status {
    MERCHANT_DRAF,
    MERCHANT_TERKIRIM,
    MERCHANT_DIPERIKSA,
    MERCHANT_PERLU_PERBAIKAN,
    MERCHANT_DISETUJUI,
    MERCHANT_DITOLAK,
    MERCHANT_DIBATALKAN,
    MERCHANT_STATUS_COUNT
};
const char *merchant_status_name(enum merchant_status status); /* "TERKIRIM" */
bool merchant_status_parse(const char *word, enum merchant_status *status);
/* Neither rejected nor cancelled: it counts against the limit of a number. */
bool merchant_status_is_live(enum merchant_status status);

enum merchant_event {
    MERCHANT_EVENT_SEND,
    MERCHANT_EVENT_REVIEW,  /* officer opens */
    MERCHANT_EVENT_FIX,     /* officer asks for a correction, reason P01-P06 */
    MERCHANT_EVENT_CORRECT, /* merchant corrected */
    MERCHANT_EVENT_APPROVE,
    MERCHANT_EVENT_REJECT, /* officer, reason T01-T06 */
    MERCHANT_EVENT_LAPSE,  /* correction deadline passed: T05 */
    MERCHANT_EVENT_CANCEL, /* merchant */
    MERCHANT_EVENT_COUNT
};
const char *merchant_event_name(enum merchant_event event); /* "review" */
/* The status that follows; false when the programme has no such transition. */
bool merchant_next_status(enum merchant_status status, enum merchant_event event,
                          enum merchant_status *next);
/* Name of the SMS text that goes with the transition ("SMS_DISETUJUI"). */
const char *merchant_event_sms(enum merchant_event event);

/* Soft findings for the officer: nothing is refused for them. */
enum merchant_flag {
    MERCHANT_FLAG_NIK_PROVINCE = 1 << 0,
    MERCHANT_FLAG_NIK_OUTSIDE_LAMPUNG = 1 << 1,
    MERCHANT_FLAG_NIK_REGION = 1 << 2,
    MERCHANT_FLAG_NIK_AGE = 1 << 3,
    MERCHANT_FLAG_NAME_WORDS = 1 << 4, /* one word, or more than five */
    MERCHANT_FLAG_SALES_LARGE = 1 << 5,
    MERCHANT_FLAG_DISTRICT_FUZZY = 1 << 6,
    MERCHANT_FLAG_MSISDN_UNKNOWN = 1 << 7, /* no Indonesian mobile number: a roamer */
    MERCHANT_FLAG_NIK_USED = 1 << 8,       /* by another number, too */
};
enum { MERCHANT_FLAG_COUNT = 9 };
/* The word of one flag by its bit number, for lists: "nik-province". */
const char *merchant_flag_name(unsigned bit);

struct merchant {
    char regno[MERCHANT_REGNO_BYTES];
    enum merchant_status status;
    char name[MERCHANT_NAME_BYTES];
    char nik[MERCHANT_NIK_BYTES]; /* empty = not given */
    char business[MERCHANT_NAME_BYTES];
    char category[MERCHANT_CODE_BYTES];   /* "WARUNG", ... */
    char regency[MERCHANT_CODE_BYTES];    /* "1871" */
    char district[MERCHANT_CODE_BYTES];   /* "187101" */
    char sales[MERCHANT_CODE_BYTES];      /* "1" .. "6"; empty = not asked (SMS) */
    char smartphone[MERCHANT_CODE_BYTES]; /* "1" .. "3"; empty = not asked */
    char reason[MERCHANT_CODE_BYTES];     /* of the last FIX, REJECT or LAPSE; else empty */
    int64_t submitted_ms;                 /* wall clock */
    int64_t changed_ms;                   /* of the last change: of the status, or by its owner */
    int64_t deadline_ms;                  /* PERLU_PERBAIKAN: until when; else 0 */
    bool reminded;                        /* PERLU_PERBAIKAN: the reminder SMS was sent */
    int64_t frozen_ms; /* on hold since then, as its owner asked (UU 27/2022 Art. 41); 0 = no */
    uint32_t flags;    /* merchant_flag */
    /* Proof of consent (UU 27/2022 Art. 24): when, to which version of the menu, in which language.
     */
    int64_t consent_ms;
    char consent_version[MERCHANT_VERSION_BYTES];
    char consent_language[MERCHANT_CODE_BYTES];
};

/* It has changed, at `now_ms`. Who decides on it says which of its changes he has seen, by the
 * second (`--seen`): each is at least the next second's, whatever the clock says. */
void merchant_note_change(struct merchant *m, int64_t now_ms);
/* The merchant may change the data: TERKIRIM and PERLU_PERBAIKAN, and not on hold. */
bool merchant_is_editable(const struct merchant *m);
/* What an officer should look at, from the data itself. `now_ms` is wall clock. */
uint32_t merchant_find_flags(const struct merchant *m, const char *msisdn, int64_t now_ms);

enum ticket_kind {
    TICKET_CALL,   /* call back, in the slot asked for */
    TICKET_FRAUD,  /* somebody asks for money in the programme's name */
    TICKET_CHANGE, /* wants a change while the data is locked (Art. 30: 3x24 h) */
    TICKET_STUCK,  /* three errors with a draft: needs help */
    TICKET_ERASE,  /* wants all data erased (Art. 43: 3x24 h) */
    TICKET_KIND_COUNT
};
const char *ticket_kind_name(enum ticket_kind kind); /* "call" */

/* Something an officer has to do for a subscriber. */
struct ticket {
    char number[TICKET_BYTES];
    enum ticket_kind kind;
    char slot; /* '1' morning, '2' noon, '3' afternoon; 0 = any time */
    int64_t asked_ms;
    int64_t again_ms; /* asked for again, with the erasure asked for; 0 = not */
};
const char *ticket_slot_name(char slot); /* "morning", "any" for none */

/* A seat that this number has, with what reminders say of it. */
struct seat {
    char id[TRAINING_ID_BYTES];
    int64_t at_ms;
    char title[TRAINING_TITLE_BYTES];
    char place[TRAINING_PLACE_BYTES];
    bool reminded;
    bool is_named; /* the last SMS about a seat was about this one; of the next to come, unset */
    bool is_since; /* confirmed after everything was asked to be erased */
};

/* How often something was tried since a time: for limits an hour or a day. */
struct tries {
    uint8_t count;
    int64_t since_ms;
};

struct subscriber {
    unsigned merchant_count; /* of `merchants` */
    char language[8];
    char link[32]; /* smsc whose subscriber this is: where SMS owed later leave */
    char code[24]; /* the service code this subscriber last dialled or texted */
    bool info_sms_stopped;
    bool training_news;        /* asked to be told of trainings nearby */
    bool is_news_since;        /* ... after everything was asked to be erased */
    int64_t erase_asked_ms;    /* HAPUS came by SMS and waits for HAPUS YA; 0 = no */
    int64_t pending_since_ms;  /* a registration by SMS is being put together; 0 = none */
    struct merchant pending;   /* ... this, with the fields that came so far */
    struct tries status_tries; /* wrong last-4-digits for somebody's number, an hour */
    struct tries help_sms;     /* SMS answered with the help text, a day */
    unsigned ticket_count;
    struct ticket tickets[SUBSCRIBER_TICKETS_MAX];
    unsigned seat_count;
    struct seat seats[SUBSCRIBER_SEATS_MAX]; /* by time */
    /* The trainings that the last SMS listed, so that IKUT 2 means what was read. */
    char offered[SUBSCRIBER_OFFERED_MAX][TRAINING_ID_BYTES];
    /* Oldest first. Not cleared by subscriber_init(): the count says what is valid. */
    struct merchant merchants[SUBSCRIBER_MERCHANTS_MAX];
};

void subscriber_init(struct subscriber *s);
/* A long-lived format: its first octet is a format number, and older ones stay readable. */
void subscriber_encode(const struct subscriber *s, struct writer *w);
/* False when the octets are no record of a known format; then s is as after init. */
bool subscriber_decode(struct subscriber *s, struct span record);
/* Of one that is not decoded: has a newer program written it? */
bool subscriber_is_newer(struct span record);
/* NULL when the subscriber has no such registration. */
struct merchant *subscriber_find(struct subscriber *s, const char *regno);
/* Live ones only. */
unsigned subscriber_count_live(const struct subscriber *s);
/* Room for one more, zeroed, at the end. When all places are taken the oldest that is over is
 * dropped and copied to *dropped (else that has no number). NULL when all are live. */
struct merchant *subscriber_add(struct subscriber *s, struct merchant *dropped);

#endif
