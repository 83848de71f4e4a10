/*
 * One subscriber's phone: a USSD dialogue and a box of short messages, over a centre.
 *
 * The dialogue is in the centre's dialect (speech.h).
 */
#ifndef WARUNG_SMSC_HANDSET_H
#define WARUNG_SMSC_HANDSET_H

#include "tests/smsc/centre.h"
#include "tests/smsc/speech.h"

enum {
    HANDSET_NUMBER_BYTES = 24,
    HANDSET_SCREEN_BYTES = 1024,
    HANDSET_SMS_BYTES = 4096,
    HANDSET_PARTS_MAX = 10,
    HANDSET_PARTIAL_MAX = 4,
};

enum handset_state {
    HANDSET_IDLE,
    HANDSET_WAITING, /* dialled or answered; the screen is still to come */
    HANDSET_ASKED,   /* a question is on the screen */
};

struct handset_owner {
    /* A screen: `ended` when the dialogue is over with it. */
    void (*on_screen)(void *ctx, const char *text, bool ended);
    /* A whole message, joined from its parts. */
    void (*on_sms)(void *ctx, const char *from, const char *text);
};

/* A long message of which parts are still missing. */
struct handset_partial {
    char from[HANDSET_NUMBER_BYTES];
    uint16_t reference;
    uint8_t total; /* 0 = unused */
    uint8_t have;
    char *parts[HANDSET_PARTS_MAX];
};

struct handset {
    struct centre *centre;
    const struct handset_owner *owner;
    void *ctx;
    char msisdn[HANDSET_NUMBER_BYTES];
    enum handset_state state;
    const struct speech *speech;
    bool echo_unit;  /* answers carry the unit number of the gateway's last message, else 0 */
    bool by_payload; /* USSD text goes in message_payload */
    bool by_data_sm; /* USSD goes as data_sm, whatever the dialect */
    char code[HANDSET_NUMBER_BYTES]; /* of the running dialogue: "384" */
    uint8_t session;
    uint8_t unit;
    uint32_t input; /* counts what was sent */
    uint8_t next_reference;
    struct handset_partial partial[HANDSET_PARTIAL_MAX];
    unsigned next_partial;
};

void handset_init(struct handset *h, struct centre *centre, const char *msisdn,
                  const struct handset_owner *owner, void *ctx);
void handset_fini(struct handset *h);

/* "*384#", "*384*2#": begins a dialogue; one that was open is given up without a word, as when the
 * network lost the abort. False when the text is no dial string. */
bool handset_is_dial(const char *text);
bool handset_dial(struct handset *h, const char *text);
/* Only in HANDSET_ASKED. False when the text is too long for USSD or no UTF-8. */
bool handset_answer(struct handset *h, const char *text);
/* Ends a dialogue that is open; nothing when none is. */
void handset_hang_up(struct handset *h);
/* Sends a short message, in parts when it is long. False when it is too long or no UTF-8. */
bool handset_text(struct handset *h, const char *to, const char *text);

/* A message of the gateway's for this number. */
void handset_on_message(struct handset *h, const struct wire_message *m);
bool handset_is_for(const struct handset *h, const struct wire_message *m);

#endif
