#include "gateway/smpp/lib.h"

#include <assert.h>
#include <string.h>

#include "gateway/smpp/check.h"

/* Not self-contained: they need stdint.h first. Their generic macro names stay in this file. */
#include <libsmpp34/smpp34.h>
#include <libsmpp34/smpp34_heap.h>
#include <libsmpp34/smpp34_structs.h>

enum { LIB_PDU_BYTES = 1024 };

/* Unpacking writes the struct of the command_id that it reads, so room for every one. */
union lib_pdu {
    bind_receiver_t bind_receiver;
    bind_transmitter_t bind_transmitter;
    bind_transceiver_t bind;
    outbind_t outbind;
    submit_sm_t submit;
    deliver_sm_t deliver;
    data_sm_t data;
    submit_multi_t submit_multi;
    replace_sm_t replace;
};

/* One struct serves the three binds. */
_Static_assert(sizeof(bind_receiver_t) == sizeof(bind_transceiver_t) &&
                   sizeof(bind_transmitter_t) == sizeof(bind_transceiver_t) &&
                   offsetof(bind_receiver_t, address_range) ==
                       offsetof(bind_transceiver_t, address_range) &&
                   offsetof(bind_transmitter_t, address_range) ==
                       offsetof(bind_transceiver_t, address_range),
               "libsmpp34's bind structs differ");

/* The library allocates for TLVs and address lists only, and never gets one: a call is a bug. */
static void *no_malloc(size_t size)
{
    (void)size;
    assert(!"libsmpp34 allocates");
    return NULL;
}

static void *no_realloc(void *block, size_t size)
{
    (void)block;
    return no_malloc(size);
}

static void no_free(void *block)
{
    assert(block == NULL);
}

static void forbid_allocation(void)
{
    static const struct smpp34_memory_functions functions = {no_malloc, no_realloc, no_free};

    smpp34_set_memory_functions(&functions);
}

bool smpp_lib_covers(uint32_t command_id)
{
    switch (command_id) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
    case SMPP_OUTBIND:
    case SMPP_SUBMIT_SM:
    case SMPP_DELIVER_SM:
    case SMPP_DATA_SM:
        return true;
    default:
        return false;
    }
}

/* ---- reading ---- */

static struct span cut(struct span s, size_t c_string_bytes)
{
    return s.size < c_string_bytes ? s : span_of(s.data, c_string_bytes - 1);
}

static bool has_ton(uint8_t ton)
{
    return ton <= 6;
}

static bool has_npi(uint8_t npi)
{
    return npi <= 18 && ((1u << npi) & (1u << 0 | 1u << 1 | 1u << 3 | 1u << 4 | 1u << 6 | 1u << 8 |
                                        1u << 9 | 1u << 10 | 1u << 14 | 1u << 18)) != 0;
}

static void tame_address(struct smpp_address *a, size_t c_string_bytes)
{
    if (!has_ton(a->ton))
        a->ton = 0;
    if (!has_npi(a->npi))
        a->npi = 0;
    a->digits = cut(a->digits, c_string_bytes);
}

static void tame_bind(struct smpp_bind *b)
{
    bind_transceiver_t *t = NULL;

    b->system_id = cut(b->system_id, sizeof(t->system_id));
    b->password = cut(b->password, sizeof(t->password));
    b->system_type = cut(b->system_type, sizeof(t->system_type));
    b->interface_version = SMPP_INTERFACE_VERSION;
    tame_address(&b->address_range, sizeof(t->address_range));
}

static void tame_message(struct smpp_message *m, uint32_t command_id)
{
    submit_sm_t *s = NULL;
    data_sm_t *d = NULL;

    tame_address(&m->source, sizeof(s->source_addr));
    tame_address(&m->destination, command_id == SMPP_DATA_SM ? sizeof(d->destination_addr)
                                                             : sizeof(s->destination_addr));
    if (command_id == SMPP_DELIVER_SM) { /* the library has no room for these there */
        m->schedule_delivery_time = span_of(NULL, 0);
        m->validity_period = span_of(NULL, 0);
    }
}

static void tame(struct smpp_pdu *pdu)
{
    switch (pdu->header.command_id) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
    case SMPP_OUTBIND:
        tame_bind(&pdu->bind);
        break;
    default:
        tame_message(&pdu->message, pdu->header.command_id);
        break;
    }
}

static bool is_text(struct span s, const uint8_t *c_string)
{
    return span_is_equal(s, span_of_string((const char *)c_string));
}

static bool is_bind(const struct smpp_bind *b, const bind_transceiver_t *t)
{
    return is_text(b->system_id, t->system_id) && is_text(b->password, t->password) &&
           is_text(b->system_type, t->system_type) &&
           b->interface_version == t->interface_version && b->address_range.ton == t->addr_ton &&
           b->address_range.npi == t->addr_npi &&
           is_text(b->address_range.digits, t->address_range);
}

static bool is_outbind(const struct smpp_bind *b, const outbind_t *t)
{
    return is_text(b->system_id, t->system_id) && is_text(b->password, t->password);
}

#define HAS_ADDRESSES(m, t)                                                                        \
    (is_text((m)->service_type, (t)->service_type) && (m)->source.ton == (t)->source_addr_ton &&   \
     (m)->source.npi == (t)->source_addr_npi && is_text((m)->source.digits, (t)->source_addr) &&   \
     (m)->destination.ton == (t)->dest_addr_ton && (m)->destination.npi == (t)->dest_addr_npi &&   \
     is_text((m)->destination.digits, (t)->destination_addr))

#define HAS_REST(m, t)                                                                             \
    ((m)->esm_class == (t)->esm_class && (m)->protocol_id == (t)->protocol_id &&                   \
     (m)->priority_flag == (t)->priority_flag &&                                                   \
     is_text((m)->schedule_delivery_time, (t)->schedule_delivery_time) &&                          \
     is_text((m)->validity_period, (t)->validity_period) &&                                        \
     (m)->registered_delivery == (t)->registered_delivery &&                                       \
     (m)->replace_if_present_flag == (t)->replace_if_present_flag &&                               \
     (m)->data_coding == (t)->data_coding && (m)->sm_default_msg_id == (t)->sm_default_msg_id &&   \
     span_is_equal((m)->short_message, span_of((t)->short_message, (t)->sm_length)))

static bool is_submit(const struct smpp_message *m, const submit_sm_t *t)
{
    return HAS_ADDRESSES(m, t) && HAS_REST(m, t);
}

static bool is_deliver(const struct smpp_message *m, const deliver_sm_t *t)
{
    return HAS_ADDRESSES(m, t) && HAS_REST(m, t);
}

static bool is_data(const struct smpp_message *m, const data_sm_t *t)
{
    return HAS_ADDRESSES(m, t) && m->esm_class == t->esm_class &&
           m->registered_delivery == t->registered_delivery && m->data_coding == t->data_coding;
}

static bool is_same(const struct smpp_pdu *pdu, const union lib_pdu *read)
{
    switch (pdu->header.command_id) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
        return is_bind(&pdu->bind, &read->bind);
    case SMPP_OUTBIND:
        return is_outbind(&pdu->bind, &read->outbind);
    case SMPP_SUBMIT_SM:
        return is_submit(&pdu->message, &read->submit);
    case SMPP_DELIVER_SM:
        return is_deliver(&pdu->message, &read->deliver);
    case SMPP_DATA_SM:
        return is_data(&pdu->message, &read->data);
    default:
        return false;
    }
}

static void patch_length(uint8_t *frame, size_t size)
{
    frame[2] = (uint8_t)(size >> 8);
    frame[3] = (uint8_t)size;
}

/* The mandatory octets as they came; written anew only when a value had to be tamed. */
static bool write_private_copy(struct span frame, const struct smpp_pdu *pdu,
                               const struct smpp_pdu *tamed, struct writer *w)
{
    size_t mandatory = frame.size - pdu->tlvs.size;

    writer_u32(w, 0);
    writer_u32(w, pdu->header.command_id);
    writer_u32(w, ESME_ROK);
    writer_u32(w, 1);
    if (memcmp(&pdu->body, &tamed->body, sizeof(pdu->body)) != 0)
        return smpp_layout_write(smpp_layout_find(pdu->header.command_id), &tamed->body, w);
    writer_bytes(w, frame.data + SMPP_HEADER_BYTES, mandatory - SMPP_HEADER_BYTES);
    return !w->failed;
}

bool smpp_lib_agrees(struct span frame, const struct smpp_pdu *pdu)
{
    uint8_t copy[LIB_PDU_BYTES];
    struct smpp_pdu tamed = *pdu;
    union lib_pdu read;
    struct writer w;

    assert(smpp_lib_covers(pdu->header.command_id));
    tame(&tamed);
    writer_init(&w, copy, sizeof(copy));
    if (!write_private_copy(frame, pdu, &tamed, &w))
        return false;
    patch_length(copy, writer_size(&w));
    forbid_allocation();
    memset(&read, 0, sizeof(read));
    return smpp34_unpack2(&read, copy, (int)writer_size(&w)) == 0 && is_same(&tamed, &read);
}

/* ---- writing ---- */

/* The library reads C-strings to their NUL and cuts long ones without a word: neither can happen
 * to a text that has been copied here. */
static bool set_text(uint8_t *field, size_t field_bytes, struct span s)
{
    if (s.size >= field_bytes || (s.size != 0 && memchr(s.data, 0, s.size) != NULL))
        return false;
    if (s.size != 0)
        memcpy(field, s.data, s.size);
    field[s.size] = '\0';
    return true;
}

#define SET_TEXT(field, s) set_text(field, sizeof(field), s)

static bool fill_bind(bind_transceiver_t *t, const struct smpp_bind *b)
{
    t->interface_version = b->interface_version;
    t->addr_ton = b->address_range.ton;
    t->addr_npi = b->address_range.npi;
    return SET_TEXT(t->system_id, b->system_id) && SET_TEXT(t->password, b->password) &&
           SET_TEXT(t->system_type, b->system_type) &&
           SET_TEXT(t->address_range, b->address_range.digits);
}

static bool fill_outbind(outbind_t *t, const struct smpp_bind *b)
{
    return SET_TEXT(t->system_id, b->system_id) && SET_TEXT(t->password, b->password);
}

#define FILL_ADDRESSES(t, m)                                                                       \
    ((t)->source_addr_ton = (m)->source.ton, (t)->source_addr_npi = (m)->source.npi,               \
     (t)->dest_addr_ton = (m)->destination.ton, (t)->dest_addr_npi = (m)->destination.npi,         \
     (t)->esm_class = (m)->esm_class, (t)->registered_delivery = (m)->registered_delivery,         \
     (t)->data_coding = (m)->data_coding,                                                          \
     SET_TEXT((t)->service_type, (m)->service_type) &&                                             \
         SET_TEXT((t)->source_addr, (m)->source.digits) &&                                         \
         SET_TEXT((t)->destination_addr, (m)->destination.digits))

#define FILL_REST(t, m)                                                                            \
    ((t)->protocol_id = (m)->protocol_id, (t)->priority_flag = (m)->priority_flag,                 \
     (t)->replace_if_present_flag = (m)->replace_if_present_flag,                                  \
     (t)->sm_default_msg_id = (m)->sm_default_msg_id,                                              \
     (t)->sm_length = (uint8_t)(m)->short_message.size,                                            \
     SET_TEXT((t)->schedule_delivery_time, (m)->schedule_delivery_time) &&                         \
         SET_TEXT((t)->validity_period, (m)->validity_period) &&                                   \
         set_octets((t)->short_message, sizeof((t)->short_message), (m)->short_message))

static bool set_octets(uint8_t *field, size_t field_bytes, struct span s)
{
    if (s.size >= field_bytes)
        return false;
    if (s.size != 0)
        memcpy(field, s.data, s.size);
    return true;
}

static bool fill(union lib_pdu *pdu, uint32_t command_id, const void *body)
{
    switch (command_id) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
        return fill_bind(&pdu->bind, body);
    case SMPP_OUTBIND:
        return fill_outbind(&pdu->outbind, body);
    case SMPP_SUBMIT_SM:
        return FILL_ADDRESSES(&pdu->submit, (const struct smpp_message *)body) &&
               FILL_REST(&pdu->submit, (const struct smpp_message *)body);
    case SMPP_DELIVER_SM:
        return FILL_ADDRESSES(&pdu->deliver, (const struct smpp_message *)body) &&
               FILL_REST(&pdu->deliver, (const struct smpp_message *)body);
    case SMPP_DATA_SM:
        return FILL_ADDRESSES(&pdu->data, (const struct smpp_message *)body);
    default:
        return false;
    }
}

bool smpp_lib_write(struct writer *w, uint32_t command_id, uint32_t sequence_number,
                    const void *body)
{
    uint8_t frame[LIB_PDU_BYTES];
    union lib_pdu pdu;
    int size = 0;

    assert(smpp_lib_covers(command_id));
    memset(&pdu, 0, sizeof(pdu));
    pdu.bind.command_id = command_id;
    pdu.bind.sequence_number = sequence_number;
    if (w->failed || !fill(&pdu, command_id, body))
        return false;
    forbid_allocation();
    if (smpp34_pack2(frame, sizeof(frame), &size, &pdu) != 0 || size > w->end - w->at)
        return false;
    writer_bytes(w, frame, (size_t)size);
    return true;
}
