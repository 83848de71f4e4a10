/*
 * USSD over SMPP: one table of knobs describes how a centre speaks (dialects.cfg(5)); decoding
 * gives every dialect the same value, encoding writes the centre's own shape.
 *
 * A plain SMS and a delivery receipt are told apart here too: whatever arrives in deliver_sm or
 * data_sm becomes one dialect_input.
 */
#ifndef WARUNG_SMPP_DIALECT_H
#define WARUNG_SMPP_DIALECT_H

#include "gateway/smpp/pdu.h"
#include "gateway/smpp/receipt.h"
#include "gateway/smpp/text.h"

#include <stddef.h>
#include <string.h>

enum {
    DIALECT_MSISDN_BYTES = 24, /* digits and NUL */
    DIALECT_CODE_BYTES = 24,
    DIALECT_TEXT_BYTES = 2048, /* UTF-8 and NUL */
    DIALECT_SESSION_BYTES = 16,
    DIALECT_NAME_BYTES = 24,
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
 * value as it came with the input that it answers; only `unit` may be set anew. Where nothing but
 * the key is left of it, the reply carries that. */
struct dialect_session {
    uint8_t octets[DIALECT_SESSION_BYTES]; /* what stays the same during the dialogue */
    uint8_t size;                          /* 0 = the centre names none, or the msisdn is the key */
    uint8_t token[DIALECT_SESSION_BYTES];  /* the session info as it came, echoed */
    uint8_t token_size;
    /* Number of the dialogue unit (its_session_info bits 7-1), 0 where there is none. In a reply:
     * our own count of it, sent by dialects that number units (dialect_numbers_units()). */
    uint8_t unit;
    bool is_phase_1; /* opened by a PSSD indication: one answer only, whatever it asks */
    char address[DIALECT_CODE_BYTES]; /* destination_addr as it came: the source of a reply */
    /* The subscriber in the form that this centre writes, the destination of a reply; empty: as the
     * msisdn. */
    char subscriber[DIALECT_MSISDN_BYTES];
};

/* One part of a concatenated message; total 0 = whole. Parts with another address, reference, width
 * or total are no parts of the same message. */
struct dialect_part {
    uint16_t reference;
    uint8_t width; /* of the reference: 8 or 16 bits */
    uint8_t total;
    uint8_t number; /* 1 to total */
};

struct dialect_input {
    enum dialect_kind kind;
    /* Digits as the centre sent them, without a leading +; the caller may put another form of the
     * number here when it keeps these in session.subscriber. */
    char msisdn[DIALECT_MSISDN_BYTES];
    /* What was dialled or texted, for the router. USSD begin: the service code of the text
     * ("*384*2#" -> "*384#") when that begins with * or #, else of the destination address ("384");
     * code_from tells otherwise. USSD answer and SMS: the destination address; whoever keeps the
     * session knows the code it began with. */
    char code[DIALECT_CODE_BYTES];
    struct dialect_session session;
    struct dialect_part part;
    /* Addresses, esm_class, data_coding, operation, session info, message reference, SAR fields and
     * text of the PDU; never its sequence_number. Equal for every copy of one input on any gateway.
     */
    uint64_t fingerprint;
    /* The caller's, false at first: an answer that may go on with a dialogue, but not open one. */
    bool is_answer_only;
    /* UTF-8; for BEGIN the whole dialled string; of a part with the spaces at its end */
    char text[DIALECT_TEXT_BYTES];
};

/* Without what stands behind the text's end. */
static inline void dialect_input_copy(struct dialect_input *to, const struct dialect_input *from)
{
    memcpy(to, from, offsetof(struct dialect_input, text) + strlen(from->text) + 1);
}

enum dialect_reply_kind {
    DIALECT_ASK,       /* show, and wait for an answer */
    DIALECT_END,       /* show, and close */
    DIALECT_NOTIFY,    /* network-initiated: show, no answer */
    DIALECT_PUSH,      /* network-initiated: ask */
    DIALECT_RELEASE,   /* close without a text, where the dialect can */
    DIALECT_ABORT_ACK, /* confirm an abort, where the dialect wants it (dialect_acks_abort()) */
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

/* How long a dialogue's steps may take, in seconds. */
struct dialect_timers {
    uint16_t app_reply_s;   /* from an input to our reply */
    uint16_t user_reply_s;  /* from our question to the answer */
    uint16_t session_max_s; /* all of it */
};

/* A preset by name ("spec34", ...); NULL when there is none. */
const struct dialect *dialect_find(const char *name);
const char *dialect_name(const struct dialect *d);

/* A dialect of one's own: a copy of another one, changed knob by knob, then left as it is. The name
 * is copied (and cut). Free it when no link uses it any more. */
struct dialect *dialect_new(const char *name, const struct dialect *base);
void dialect_free(struct dialect *d);
bool dialect_is_equal(const struct dialect *a, const struct dialect *b);
/* Sets a knob from text as conf/dialects.cfg has it. False for an unknown knob or a value that it
 * does not take; error is then a sentence about it, and the dialect is as before. */
bool dialect_set_knob(struct dialect *d, const char *knob, const char *value, char *error,
                      size_t error_bytes);

/* Page limit for texts: septets, or UTF-16 units when ucs2 (0: the dialect has no UCS-2). */
unsigned dialect_limit(const struct dialect *d, bool ucs2);
const struct dialect_timers *dialect_timers(const struct dialect *d);
/* Sends our own unit numbers (session_out = echo+unit): a centre that gives them back with the
 * answer tells a copy from a new input. */
bool dialect_numbers_units(const struct dialect *d);
/* Wants a DIALECT_ABORT_ACK for each abort. */
bool dialect_acks_abort(const struct dialect *d);
/* How the centre writes message ids (receipt_keys()). */
enum receipt_ids dialect_receipt_ids(const struct dialect *d);
/* What the centre means by its statuses; part of the dialect. */
const struct smpp_statuses *dialect_statuses(const struct dialect *d);

/* From a decoded deliver_sm or data_sm. ESME_ROK, or the status to answer with (for instance
 * ESME_RINVPARLEN for a ussd_service_op of length 0). */
enum smpp_status dialect_decode(const struct dialect *d, const struct smpp_pdu *pdu,
                                struct dialect_input *input);

/* Where a network-initiated dialogue gets its name from the response to the push (ni_session_from):
 * fills session->octets and token from a decoded submit_sm_resp or data_sm_resp; else false. */
bool dialect_decode_response(const struct dialect *d, const struct smpp_pdu *pdu,
                             struct dialect_session *session);

/* Writes a whole submit_sm (or data_sm) PDU with this sequence_number. False when the text has a
 * character that the dialect cannot carry, or is too long for it; w is then as before. */
bool dialect_encode(const struct dialect *d, const struct dialect_reply *reply,
                    uint32_t sequence_number, struct writer *w);

/* A text to a phone, in as many parts as it needs. */
struct dialect_sms {
    const char *source; /* a number or a name */
    const char *msisdn;
    const char *text; /* UTF-8 */
    uint8_t registered_delivery;
    uint16_t reference; /* of its parts: another one for the next long text to this msisdn */
    /* So long the centre may try, from now_ms (since 1970); 0 = as long as it likes. Sent in the
     * form that the dialect has for it (`validity`). */
    uint32_t validity_s;
    int64_t now_ms;
};

enum { DIALECT_SMS_PARTS_MAX = 255 };

/* In how many parts a text goes: GSM when it allows, else UCS-2. 0 when it cannot be sent at all (a
 * character that the dialect cannot carry, more than DIALECT_SMS_PARTS_MAX parts). */
unsigned dialect_sms_parts(const struct dialect *d, const char *text);
/* Writes part `index` (from 0) as a whole submit_sm. False when there is no such part, or it does
 * not fit; w is then as before. */
bool dialect_encode_sms_part(const struct dialect *d, const struct dialect_sms *sms, unsigned index,
                             uint32_t sequence_number, struct writer *w);

#endif
