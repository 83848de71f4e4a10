#include "gateway/cdr/cdr_line.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/isotime.h"
#include "base/log.h"
#include "base/span.h"
#include "sessions/vault.h"

static const char *const kind_names[] = {
    [TURN_RECORD_DIALOGUE] = "ussd",
    [TURN_RECORD_SMS_IN] = "sms-in",
    [TURN_RECORD_SMS_OUT] = "sms-out",
};

/* What a peer names, made harmless: printable ASCII without what JSON would escape. */
static const char *plain(const char *text, char out[64])
{
    size_t i = 0;

    for (; i < 63 && text[i] != '\0'; i++) {
        unsigned char c = (unsigned char)text[i];

        out[i] = c < ' ' || c >= 0x7F || c == '"' || c == '\\' ? '_' : (char)c;
    }
    out[i] = '\0';
    return out;
}

static const char *menu_text_of(const uint8_t id[MENU_ID_BYTES], char out[2 * MENU_ID_BYTES + 1])
{
    static const uint8_t none[MENU_ID_BYTES];

    text_hex(out, id, MENU_ID_BYTES);
    return memcmp(id, none, sizeof(none)) != 0 ? out : "";
}

size_t cdr_line_write(const struct turn_record *r, enum cdr_number number,
                      const struct vault *vault, char line[CDR_LINE_BYTES])
{
    char began[ISOTIME_BYTES], ended[ISOTIME_BYTES], menu[2 * MENU_ID_BYTES + 1];
    char link[64], code[64], who[32];
    int size;

    isotime_format(r->began_ms, began);
    isotime_format(r->ended_ms, ended);
    if (number == CDR_NUMBER_HASHED)
        vault_subject(vault, r->msisdn, who);
    else
        log_mask_msisdn(r->msisdn, who, sizeof(who));
    size = snprintf(
        line, CDR_LINE_BYTES,
        "{\"type\":\"%s\",\"began\":\"%s\",\"ended\":\"%s\",\"cause\":\"%s\","
        "\"turns\":%u,\"octets_in\":%u,\"octets_out\":%u,\"begins\":%u,"
        "\"answers\":%u,\"asks\":%u,\"ends\":%u,\"pushes\":%u,\"link\":\"%s\",\"code\":\"%s\","
        "\"menu\":\"%s\",\"number\":\"%s\"}\n",
        kind_names[r->kind], began, ended, turn_end_name(r->end), r->turns, r->octets_in,
        r->octets_out, r->begins, r->answers, r->asks, r->ends, r->pushes, plain(r->link, link),
        plain(r->code, code), menu_text_of(r->menu_id, menu), who);
    assert(size > 0 && size < CDR_LINE_BYTES);
    return (size_t)size;
}
