/*
 * A registration (merchant) and everything one subscriber has with the programme.
 *
 * Plain values; personal fields (name, nik, business) are sealed by whoever stores the record.
 */
#ifndef WARUNG_MERCHANTS_MERCHANT_H
#define WARUNG_MERCHANTS_MERCHANT_H

#include "base/span.h"

enum {
    MERCHANT_NAME_BYTES = 61 * 4, /* 60 characters of UTF-8 and NUL */
    MERCHANT_REGNO_BYTES = 12,    /* 11 digits and NUL */
    MERCHANT_NIK_BYTES = 17,
    MERCHANT_CODE_BYTES = 16, /* category, regency, district, sales, smartphone, reason codes */
    SUBSCRIBER_MERCHANTS_MAX = 3,
};

/* The programme's words (program.md 5); DRAF lives in the session, not in a merchant record. */
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
/* The status that follows; false when the programme has no such transition. */
bool merchant_next_status(enum merchant_status status, enum merchant_event event,
                          enum merchant_status *next);
/* Name of the SMS text that goes with the transition ("SMS_DISETUJUI"); NULL = none. */
const char *merchant_event_sms(enum merchant_event event);

struct merchant {
    char regno[MERCHANT_REGNO_BYTES];
    enum merchant_status status;
    char name[MERCHANT_NAME_BYTES];
    char nik[MERCHANT_NIK_BYTES]; /* empty = not given */
    char business[MERCHANT_NAME_BYTES];
    char category[MERCHANT_CODE_BYTES];   /* "WARUNG", ... */
    char regency[MERCHANT_CODE_BYTES];    /* "1871" */
    char district[MERCHANT_CODE_BYTES];   /* "187101" */
    char sales[MERCHANT_CODE_BYTES];      /* "1" .. "6" */
    char smartphone[MERCHANT_CODE_BYTES]; /* "1" .. "3" */
    char reason[MERCHANT_CODE_BYTES];     /* of the last FIX or REJECT; else empty */
    int64_t submitted_ms;                 /* wall clock */
    int64_t changed_ms;                   /* of the last status change */
    int64_t deadline_ms;                  /* PERLU_PERBAIKAN: until when; else 0 */
    uint32_t flags;                       /* soft findings for the officer: MERCHANT_FLAG_* */
    char consent_version[MERCHANT_CODE_BYTES];
    int64_t consent_ms;
    char consent_language[MERCHANT_CODE_BYTES];
};

enum merchant_flag {
    MERCHANT_FLAG_NIK_PROVINCE = 1 << 0,
    MERCHANT_FLAG_NIK_OUTSIDE_LAMPUNG = 1 << 1,
    MERCHANT_FLAG_NIK_REGION = 1 << 2,
    MERCHANT_FLAG_NIK_AGE = 1 << 3,
    MERCHANT_FLAG_NAME_WORDS = 1 << 4,
    MERCHANT_FLAG_SALES_LARGE = 1 << 5,
    MERCHANT_FLAG_DISTRICT_FUZZY = 1 << 6,
    MERCHANT_FLAG_MSISDN_UNKNOWN = 1 << 7, /* no Indonesian mobile number: a roamer */
};

struct subscriber {
    unsigned merchant_count;
    struct merchant merchants[SUBSCRIBER_MERCHANTS_MAX];
    char language[8];
    char link[32]; /* smsc whose subscriber this is: where SMS owed later leave */
    char code[24]; /* the service code this subscriber last dialled or texted */
    bool info_sms_stopped;
    uint64_t last_step; /* fingerprint of the input that made the last registration: idempotence */
};

void subscriber_init(struct subscriber *s);
void subscriber_encode(const struct subscriber *s, struct writer *w);
bool subscriber_decode(struct subscriber *s, struct span record);
/* NULL when the subscriber has no such registration. */
struct merchant *subscriber_find(struct subscriber *s, const char *regno);

#endif
