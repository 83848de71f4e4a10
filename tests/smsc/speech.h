/*
 * How a USSD centre speaks: sixteen dialects found in the field, seen from the network's side.
 *
 * A centre puts the subscriber's dialling, answers and hang-ups into messages, and understands what
 * the gateway says. Written from what is known of the centres, not from the gateway's presets.
 */
#ifndef WARUNG_SMSC_SPEECH_H
#define WARUNG_SMSC_SPEECH_H

#include "tests/smsc/alphabet.h"
#include "tests/smsc/wire.h"

enum { SPEECH_TEXT_BYTES = 1024, SPEECH_TLV_BYTES = 64 };

enum speech_act { SPEECH_BEGIN, SPEECH_ANSWER, SPEECH_HANG_UP, SPEECH_NOTIFY_ACK };

enum speech_session {
    SPEECH_SESSION_NONE,      /* the subscriber's number alone */
    SPEECH_SESSION_ITS_UNITS, /* its_session_info: number, number of the unit, end bit */
    SPEECH_SESSION_ITS_15,    /* its_session_info: 15 bits of number, end bit */
    SPEECH_SESSION_ITS_16,    /* its_session_info: 16 bits of number */
    SPEECH_SESSION_UMR,       /* user_message_reference */
    SPEECH_SESSION_TLV,       /* a vendor's TLV 0x1501 of four octets */
    SPEECH_SESSION_BODY,      /* in the text: id 110 */
};

struct speech {
    const char *name;
    const char *service_type;
    enum speech_session session;
    int begin; /* ussd_service_op of each act; WIRE_NONE = no TLV, or no such act */
    int answer;
    int hang_up;     /* WIRE_NONE: by the end bit, where there is one */
    int ask;         /* what the gateway says to ask; everything else ends the dialogue */
    int abort_heard; /* op without a text that confirms a hang-up; 0 = nothing does */
    bool is_data_sm;
    bool has_letters; /* the service_type holds the state, see speech.c */
    bool has_body;    /* the text is type|id:base64|... */
    bool has_wide_op; /* the operation fills two octets */
    bool is_ascii;    /* not GSM 03.38 */
    uint8_t data_coding;
    uint8_t ucs2_coding;
    const char *destination; /* a fixed one; NULL = the code */
};

/* "spec34", ...; NULL when there is none. speech_at() lists them. */
const struct speech *speech_find(const char *name);
const struct speech *speech_at(size_t index);

/* What a subscriber does. */
struct speech_input {
    enum speech_act act;
    const char *msisdn;
    const char *code; /* digits: "384" */
    struct span gsm;  /* the text as unpacked septets; empty for UCS-2 */
    struct span ucs2;
    uint16_t session;
    uint8_t unit; /* as it is on the wire, to be echoed */
    bool by_payload;
};

/* Room for what a message points to. */
struct speech_room {
    uint8_t text[SPEECH_TEXT_BYTES];
    uint8_t tlvs[SPEECH_TLV_BYTES];
};

/* Fills a message; it points into the room and into the input. False when a text cannot be carried.
 */
bool speech_write(const struct speech *s, const struct speech_input *input,
                  struct speech_room *room, struct wire_message *m);

enum speech_kind {
    SPEECH_SMS, /* no USSD at all */
    SPEECH_ASK,
    SPEECH_END,     /* a text, and the dialogue is over */
    SPEECH_NOTICE,  /* pushed: a text that wants an acknowledgement */
    SPEECH_RELEASE, /* no text: it is over */
};

/* What the gateway says. */
struct speech_output {
    enum speech_kind kind;
    bool has_session;
    uint16_t session;
    uint8_t unit;
    enum alphabet alphabet;
    struct span text; /* into the message, or the room */
};

void speech_read(const struct speech *s, const struct wire_message *m, struct speech_room *room,
                 struct speech_output *out);

#endif
