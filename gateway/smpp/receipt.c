#include "gateway/smpp/receipt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/smpp/text.h"
#include "gateway/smpp/udh.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    TEXT_OCTETS_MAX = 512, /* of a text in UCS-2; the labels with their values need a third */
};

/* ---- states ---- */

static const struct {
    const char *word; /* as centres write it: cut to seven letters, or whole */
    enum receipt_state state;
} words[] = {
    {"DELIVRD", RECEIPT_DELIVERED},
    {"DELIVERED", RECEIPT_DELIVERED},
    {"UNDELIV", RECEIPT_UNDELIVERABLE},
    {"UNDELIVERABLE", RECEIPT_UNDELIVERABLE},
    {"UNDELIVERED", RECEIPT_UNDELIVERABLE},
    {"FAILED", RECEIPT_UNDELIVERABLE},
    {"EXPIRED", RECEIPT_EXPIRED},
    {"DELETED", RECEIPT_DELETED},
    {"ENROUTE", RECEIPT_ENROUTE},
    {"BUFFRED", RECEIPT_ENROUTE},
    {"BUFFERD", RECEIPT_ENROUTE},
    {"BUFFERED", RECEIPT_ENROUTE},
    {"ACCEPTD", RECEIPT_ACCEPTED},
    {"ACCEPTED", RECEIPT_ACCEPTED},
    {"ACKED", RECEIPT_ACCEPTED},
    {"REJECTD", RECEIPT_REJECTED},
    {"REJECTED", RECEIPT_REJECTED},
    {"SCHEDULED", RECEIPT_SCHEDULED},
    {"SKIPPED", RECEIPT_SKIPPED},
    {"UNKNOWN", RECEIPT_UNKNOWN},
};

const char *receipt_state_name(enum receipt_state state)
{
    static const char *const names[] = {"scheduled", "enroute",       "delivered", "expired",
                                        "deleted",   "undeliverable", "accepted",  "unknown",
                                        "rejected",  "skipped"};

    return (size_t)state < COUNT(names) ? names[state] : "unknown";
}

static bool is_final(enum receipt_state state)
{
    return state != RECEIPT_SCHEDULED && state != RECEIPT_ENROUTE && state != RECEIPT_ACCEPTED &&
           state != RECEIPT_UNKNOWN;
}

/* ---- the text ---- */

enum label {
    LABEL_ID,
    LABEL_SUB,
    LABEL_DLVRD,
    LABEL_SUBMIT,
    LABEL_DONE,
    LABEL_STAT,
    LABEL_ERR,
    LABEL_TEXT,
    LABEL_COUNT
};

#define AS_LABEL(text)                                                                             \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
static const struct {
    const char *text; /* lower case */
    size_t size;
} labels[LABEL_COUNT] = {
    [LABEL_ID] = AS_LABEL("id"),          [LABEL_SUB] = AS_LABEL("sub"),
    [LABEL_DLVRD] = AS_LABEL("dlvrd"),    [LABEL_SUBMIT] = AS_LABEL("submit date"),
    [LABEL_DONE] = AS_LABEL("done date"), [LABEL_STAT] = AS_LABEL("stat"),
    [LABEL_ERR] = AS_LABEL("err"),        [LABEL_TEXT] = AS_LABEL("text"),
};

struct found {
    size_t begin; /* of the label */
    size_t value; /* behind its colon; 0 = the label is not there */
};

/* The octet behind the colon when a label begins at `at`; else 0. A space may stand in front of the
 * colon. */
static size_t match_label(struct span text, size_t at, enum label label)
{
    size_t size = labels[label].size, end = at + size;

    if (text.size - at <= size ||
        strncasecmp((const char *)text.data + at, labels[label].text, size) != 0)
        return 0;
    while (end < text.size && text.data[end] == ' ')
        end++;
    return end < text.size && text.data[end] == ':' ? end + 1 : 0;
}

/* Where each label stands first, at the start or behind a space or so. What follows "text:" is
 * somebody's message: labels in there count only when they stood nowhere before. */
static void find_labels(struct span text, struct found found[LABEL_COUNT])
{
    memset(found, 0, LABEL_COUNT * sizeof(found[0]));
    for (size_t at = 0; at < text.size; at++) {
        int first = tolower(text.data[at]);

        if (at != 0 && isalnum(text.data[at - 1]))
            continue;
        for (size_t i = 0; i < LABEL_COUNT; i++) {
            size_t value = 0;

            if (first == labels[i].text[0] && found[i].value == 0)
                value = match_label(text, at, (enum label)i);
            if (value != 0)
                found[i] = (struct found){at, value};
        }
    }
}

/* From a label's colon to the next label that counts, trimmed. */
static struct span value_of(struct span text, const struct found found[LABEL_COUNT],
                            enum label label)
{
    size_t begin = found[label].value, end = text.size;

    if (begin == 0)
        return span_of(NULL, 0);
    for (size_t i = 0; i < LABEL_COUNT; i++)
        if (found[i].value != 0 && found[i].begin >= begin && found[i].begin < end)
            end = found[i].begin;
    while (begin < end && isspace(text.data[begin]))
        begin++;
    while (end > begin && (isspace(text.data[end - 1]) || text.data[end - 1] == '\0'))
        end--;
    return span_of(text.data + begin, end - begin);
}

/* Of a word; octets above ASCII too: some ids are binary. */
static bool is_word_octet(uint8_t octet)
{
    return octet > ' ' && octet != 0x7F;
}

/* The first word; false when there is none or it is too long. */
static bool copy_word(struct span value, char *word, size_t word_bytes)
{
    size_t size = 0;

    while (size < value.size && is_word_octet(value.data[size]))
        size++;
    if (size == 0 || size >= word_bytes)
        return false;
    memcpy(word, value.data, size);
    word[size] = '\0';
    return true;
}

static bool read_state_word(struct span value, enum receipt_state *state)
{
    char word[16];

    if (!copy_word(value, word, sizeof(word)))
        return false;
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcasecmp(words[i].word, word) == 0) {
            *state = words[i].state;
            return true;
        }
    }
    *state = RECEIPT_UNKNOWN;
    return true;
}

/* Some centres write the whole receipt in UCS-2, since the text behind "text:" is. In GSM
 * no receipt begins with "@". */
static struct span read_ucs2(struct span text, char octets[TEXT_OCTETS_MAX])
{
    if (text.size < 4 || text.data[0] != 0 || text.data[1] == 0 || text.data[2] != 0)
        return text;
    return span_of(octets, text_decode(TEXT_UCS2, text, octets, TEXT_OCTETS_MAX));
}

/* True when the text tells a state. */
static bool read_text(struct span text, struct receipt *r)
{
    struct found found[LABEL_COUNT];
    char octets[TEXT_OCTETS_MAX];

    text = read_ucs2(text, octets);
    find_labels(text, found);
    copy_word(value_of(text, found, LABEL_ID), r->id, sizeof(r->id));
    return read_state_word(value_of(text, found, LABEL_STAT), &r->state);
}

bool receipt_is_text(struct span text)
{
    struct found found[LABEL_COUNT];
    enum receipt_state state;
    char id[RECEIPT_ID_BYTES], octets[TEXT_OCTETS_MAX];

    text = read_ucs2(text, octets);
    find_labels(text, found);
    return copy_word(value_of(text, found, LABEL_ID), id, sizeof(id)) &&
           read_state_word(value_of(text, found, LABEL_STAT), &state);
}

/* ---- the TLVs ---- */

#define PADDING " \r\n"

static bool is_padding(const uint8_t *octets, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (octets[i] == '\0' || strchr(PADDING, octets[i]) == NULL)
            return false;
    return true;
}

/* A C-string of any octets; some send it without its NUL. One of padding alone is none. */
static void read_id(struct span value, char *id)
{
    size_t size = strnlen((const char *)value.data, value.size);

    if (size >= RECEIPT_ID_BYTES || is_padding(value.data, size))
        return;
    memcpy(id, value.data, size);
    id[size] = '\0';
}

/* True when they tell a state. */
static bool read_tlvs(const struct smpp_pdu *pdu, struct receipt *r)
{
    struct span value;
    bool has_state = false;

    if (smpp_tlv_find(pdu->tlvs, SMPP_TAG_RECEIPTED_MESSAGE_ID, &value))
        read_id(value, r->id);
    if (smpp_tlv_find(pdu->tlvs, SMPP_TAG_MESSAGE_STATE, &value) && value.size == 1) {
        r->state =
            value.data[0] <= RECEIPT_SKIPPED ? (enum receipt_state)value.data[0] : RECEIPT_UNKNOWN;
        has_state = true;
    }
    return has_state;
}

bool receipt_read(const struct smpp_pdu *pdu, struct receipt *receipt)
{
    struct span text = smpp_message_text(pdu), header;
    bool by_text, by_tlvs;

    memset(receipt, 0, sizeof(*receipt));
    /* Some centres copy the bit from the message that they report on, without its header. */
    if ((pdu->message.esm_class & SMPP_ESM_UDHI) != 0 && !receipt_is_text(text))
        udh_split(text, &header, &text);
    by_text = read_text(text, receipt);
    by_tlvs = read_tlvs(pdu, receipt);
    receipt->is_final = is_final(receipt->state) &&
                        (pdu->message.esm_class & SMPP_ESM_TYPE_MASK) != SMPP_ESM_INTERMEDIATE;
    return by_text || by_tlvs;
}

/* ---- ids ---- */

/* What is padding about it is none of it, in a response as in a receipt. */
static void trim(const char *id, char trimmed[RECEIPT_ID_BYTES])
{
    size_t size = 0;

    id += strspn(id, PADDING);
    for (size_t i = 0; id[i] != '\0' && i + 1 < RECEIPT_ID_BYTES; i++) {
        trimmed[i] = id[i];
        if (strchr(PADDING, id[i]) == NULL)
            size = i + 1;
    }
    trimmed[size] = '\0';
}

static void normalise(const char *id, char key[RECEIPT_ID_BYTES])
{
    size_t size = 0;

    while (id[0] == '0' && id[1] != '\0')
        id++;
    for (; *id != '\0' && size + 1 < RECEIPT_ID_BYTES; id++)
        key[size++] = (char)tolower((unsigned char)*id);
    key[size] = '\0';
}

/* False when it is no number in that base, or one of more than 64 bits. */
static bool parse(const char *id, int base, uint64_t *number)
{
    const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
    size_t size = strlen(id);

    while (size > 1 && *id == '0') {
        id++;
        size--;
    }
    if (size == 0 || strspn(id, digits) != size || size > (base == 16 ? 16u : 19u))
        return false;
    *number = strtoull(id, NULL, base);
    return true;
}

/* The id, written in `base`, as a decimal key; an id that is no such number stays as it is. */
static void decimal_key(const char *id, int base, char key[RECEIPT_ID_BYTES])
{
    uint64_t number;

    if (parse(id, base, &number))
        text_decimal(key, number);
    else
        normalise(id, key);
}

/* In AUTO a response's id is kept as it is and, read as hex, in decimal; a receipt's is looked up
 * the same way. So 1A2B meets 6699 (hex against decimal) and 6699 meets 1a2b. */
unsigned receipt_keys(enum receipt_ids ids, enum receipt_id_from from, const char *text,
                      char keys[RECEIPT_KEYS_MAX][RECEIPT_ID_BYTES])
{
    char id[RECEIPT_ID_BYTES];
    uint64_t number;

    trim(text, id);
    if (id[0] == '\0')
        return 0;
    switch (ids) {
    case RECEIPT_IDS_RESP_HEX_DLR_DEC:
        decimal_key(id, from == RECEIPT_ID_FROM_RESP ? 16 : 10, keys[0]);
        return 1;
    case RECEIPT_IDS_RESP_DEC_DLR_HEX:
        decimal_key(id, from == RECEIPT_ID_FROM_RESP ? 10 : 16, keys[0]);
        return 1;
    case RECEIPT_IDS_STRING:
        normalise(id, keys[0]);
        return 1;
    case RECEIPT_IDS_AUTO:
        break;
    }
    normalise(id, keys[0]);
    if (!parse(id, 16, &number))
        return 1;
    text_decimal(keys[1], number);
    return strcmp(keys[0], keys[1]) == 0 ? 1 : 2;
}
