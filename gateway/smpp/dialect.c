#include "gateway/smpp/dialect.h"

#include <string.h>

#include "base/mem.h"
#include "gateway/smpp/dialect_knobs.h"
#include "gateway/smpp/presets.h"

const struct dialect *dialect_find(const char *name)
{
    const struct dialect *d;

    for (size_t i = 0; (d = preset_at(i)) != NULL; i++)
        if (strcmp(d->name, name) == 0)
            return d;
    return NULL;
}

struct dialect *dialect_new(const char *name, const struct dialect *base)
{
    struct dialect *d = mem_dup(base, sizeof(*base));

    text_copy(d->name, sizeof(d->name), name);
    return d;
}

void dialect_free(struct dialect *d)
{
    mem_free(d);
}

/* Structs are copied whole, so their padding compares too; at worst equal ones are told apart. */
bool dialect_is_equal(const struct dialect *a, const struct dialect *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

const char *dialect_name(const struct dialect *d)
{
    return d->name;
}

unsigned dialect_limit(const struct dialect *d, bool ucs2)
{
    if (!ucs2)
        return d->max_gsm;
    return d->dcs_ucs2 != DIALECT_NONE ? d->max_ucs2 : 0;
}

const struct dialect_timers *dialect_timers(const struct dialect *d)
{
    return &d->timers;
}

bool dialect_numbers_units(const struct dialect *d)
{
    return d->session_source == DIALECT_SESSION_ITS && d->session_out == DIALECT_SESSION_ECHO_UNIT;
}

bool dialect_acks_abort(const struct dialect *d)
{
    return d->op_out.abort_ack != DIALECT_NONE;
}

enum receipt_ids dialect_receipt_ids(const struct dialect *d)
{
    return d->receipt_ids;
}

const struct smpp_statuses *dialect_statuses(const struct dialect *d)
{
    return &d->statuses;
}

uint16_t dialect_session_tag(const struct dialect *d)
{
    switch (d->session_source) {
    case DIALECT_SESSION_ITS:
        return SMPP_TAG_ITS_SESSION_INFO;
    case DIALECT_SESSION_UMR:
        return SMPP_TAG_USER_MESSAGE_REFERENCE;
    case DIALECT_SESSION_TLV:
        return d->session_tag;
    case DIALECT_SESSION_BODY:
    case DIALECT_SESSION_NONE:
        break;
    }
    return 0;
}

bool dialect_name_session(const struct dialect *d, struct span info,
                          struct dialect_session *session)
{
    if (info.size > DIALECT_SESSION_BYTES)
        return false;
    if (info.size != 0)
        memcpy(session->token, info.data, info.size);
    session->token_size = (uint8_t)info.size;
    if (d->session_key == DIALECT_KEY_ID_AND_MSISDN) {
        memcpy(session->octets, session->token, info.size);
        session->size = (uint8_t)info.size;
    }
    /* Two octets are the letter's (5.3.2.43); any other number is an opaque name. */
    if (d->session_source != DIALECT_SESSION_ITS || info.size != 2)
        return true;
    session->octets[0] &= (uint8_t)(d->session_mask >> 8);
    session->octets[1] &= (uint8_t)d->session_mask;
    session->unit = session->token[1] >> 1;
    return true;
}

bool dialect_decode_response(const struct dialect *d, const struct smpp_pdu *pdu,
                             struct dialect_session *session)
{
    struct span info;

    switch (d->ni_session_from) {
    case DIALECT_NI_FIRST_IN:
        return false;
    case DIALECT_NI_RESP_MESSAGE_ID:
        info = pdu->message_id;
        break;
    case DIALECT_NI_RESP_TLV:
        if (!smpp_tlv_find(pdu->tlvs, dialect_session_tag(d), &info))
            return false;
        break;
    }
    return info.size != 0 && dialect_name_session(d, info, session);
}
