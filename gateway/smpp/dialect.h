/*
 * USSD over SMPP: one table of knobs describes how a centre speaks (smpp-ussd.md 2.5); decoding
 * gives every dialect the same value, encoding writes the centre's own shape.
 *
 * A plain SMS and a delivery receipt are told apart here too: whatever arrives in deliver_sm or
 * data_sm becomes one dialect_input.
 */
#ifndef WARUNG_SMPP_DIALECT_H
#define WARUNG_SMPP_DIALECT_H

#include "gateway/smpp/pdu.h"
#include "gateway/smpp/text.h"

enum {
    DIALECT_MSISDN_BYTES = 24, /* digits and NUL */
    DIALECT_CODE_BYTES = 24,
    DIALECT_TEXT_BYTES = 2048, /* UTF-8 and NUL */
    DIALECT_SESSION_BYTES = 16,
};

struct dialect; /* immutable once made; many links share one */

enum dialect_kind {
    DIALECT_BEGIN,       /* a subscriber dialled */
    DIALECT_ANSWER,      /* a subscriber answered */
    DIALECT_ANSWER_LAST, /* answered, and the centre closes: nothing may be sent */
    DIALECT_NOTIFY_ACK,  /* the handset showed a notice */
    DIALECT_ABORT,       /* hung up, released, timed out, failed: the dialogue is over */
    DIALECT_SMS,
    DIALECT_RECEIPT,
};

/* The centre's own name for a dialogue. Key: (centre, msisdn, octets). A reply gives back the whole
 * value as it came with the input that it answers; only `unit` may be set anew. */
struct dialect_session {
    uint8_t octets[DIALECT_SESSION_BYTES]; /* what stays the same during the dialogue */
    uint8_t size;                          /* 0 = the centre names none */
    /* Number of the dialogue unit (its_session_info bits 7-1), 0 where there is none. In a reply:
     * our own count of it, which dialects with session_out = echo+unit send. */
    uint8_t unit;
    uint8_t rest;    /* bits of the session info that are no part of its name, echoed */
    bool is_phase_1; /* opened by a PSSD indication: one answer only, whatever it asks */
    char address[DIALECT_CODE_BYTES]; /* destination_addr as it came: the source of a reply */
};

/* One part of a concatenated message; total 0 or 1 = whole. */
struct dialect_part {
    uint16_t reference;
    uint8_t total;
    uint8_t number;
};

struct dialect_input {
    enum dialect_kind kind;
    char msisdn[DIALECT_MSISDN_BYTES]; /* digits as the centre sent them, without a leading + */
    /* What was dialled or texted, for the router. USSD begin: the service code of the dialled
     * string
     * ("*384*2#" -> "*384#") when the text begins with * or #, else the destination address, cut in
     * the same way ("384"); where the dialect has code_from = begin_text, that alone. USSD answer
     * and SMS: the destination address; whoever keeps the session knows the code it began with. */
    char code[DIALECT_CODE_BYTES];
    char text[DIALECT_TEXT_BYTES]; /* UTF-8; for BEGIN the whole dialled string */
    struct dialect_session session;
    struct dialect_part part;
    /* Addresses, esm_class, data_coding, operation, session info, message reference, SAR fields and
     * text of the PDU; never its sequence_number. Equal for every copy of one input on any gateway.
     */
    uint64_t fingerprint;
};

enum dialect_reply_kind {
    DIALECT_ASK,      /* show, and wait for an answer */
    DIALECT_END,      /* show, and close */
    DIALECT_NOTIFY,   /* network-initiated: show, no answer */
    DIALECT_PUSH,     /* network-initiated: ask */
    DIALECT_RELEASE,  /* close without a text, where the dialect can */
    DIALECT_ASK_LAST, /* ask, and close when the answer is there, where the dialect can */
};

struct dialect_reply {
    enum dialect_reply_kind kind;
    const char *msisdn;
    /* Source of the reply where session.address is empty (network-initiated): an address, or a
     * service code, of which the digits are sent ("*384#" -> "384"). */
    const char *code;
    const char *text; /* UTF-8 */
    struct dialect_session session;
    bool network_initiated; /* the dialogue was opened by us */
};

/* A preset by name ("spec34", ...); NULL when there is none. */
const struct dialect *dialect_find(const char *name);
const char *dialect_name(const struct dialect *d);

/* Page limit for texts: septets, or UTF-16 units when ucs2. */
unsigned dialect_limit(const struct dialect *d, bool ucs2);

/* From a decoded deliver_sm or data_sm. ESME_ROK, or the status to answer with (for instance
 * ESME_RINVPARLEN for a ussd_service_op of length 0). */
enum smpp_status dialect_decode(const struct dialect *d, const struct smpp_pdu *pdu,
                                struct dialect_input *input);

/* Writes a whole submit_sm (or data_sm) PDU with this sequence_number. False when the text has a
 * character that the dialect cannot carry, or is too long for it; w is then as before. */
bool dialect_encode(const struct dialect *d, const struct dialect_reply *reply,
                    uint32_t sequence_number, struct writer *w);

/* A plain SMS of one part: submit_sm from `source` (short code or name) to msisdn; GSM when the
 * text allows, else UCS-2. */
bool dialect_encode_sms(const struct dialect *d, const char *source, const char *msisdn,
                        const char *text, uint8_t registered_delivery, uint32_t sequence_number,
                        struct writer *w);

#endif
