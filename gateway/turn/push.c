#include "gateway/turn/push.h"

#include "sessions/store.h"
#include "sessions/vault.h"

#include <string.h>

enum { PUSH_FORMAT = 0x81 }; /* far from those of an SMS */

bool push_encode(const struct push_entry *entry, struct vault *vault, struct writer *w)
{
    uint8_t plain[STORE_OWED_BYTES_MAX - VAULT_OVERHEAD_BYTES];
    struct writer p;

    writer_init(&p, plain, sizeof(plain));
    writer_u8(&p, PUSH_FORMAT);
    writer_string8(&p, entry->msisdn);
    writer_string8(&p, entry->link);
    writer_string8(&p, entry->code);
    writer_string8(&p, entry->screen);
    writer_u64(&p, (uint64_t)entry->expires_ms);
    writer_u64(&p, entry->answers);
    writer_u8(&p, entry->is_ask);
    writer_string16(&p, entry->text);
    return !p.failed && vault_seal(vault, VAULT_OWED, "", writer_span(&p), w);
}

bool push_decode(struct push_entry *entry, struct vault *vault, struct span body)
{
    uint8_t plain[STORE_OWED_BYTES_MAX];
    struct writer p;
    struct reader r;

    memset(entry, 0, sizeof(*entry));
    writer_init(&p, plain, sizeof(plain));
    if (!vault_open(vault, VAULT_OWED, "", body, &p))
        return false;
    reader_init(&r, writer_span(&p));
    if (reader_u8(&r) != PUSH_FORMAT)
        return false;
    reader_string8(&r, entry->msisdn, sizeof(entry->msisdn));
    reader_string8(&r, entry->link, sizeof(entry->link));
    reader_string8(&r, entry->code, sizeof(entry->code));
    reader_string8(&r, entry->screen, sizeof(entry->screen));
    entry->expires_ms = (int64_t)reader_u64(&r);
    entry->answers = reader_u64(&r);
    entry->is_ask = reader_u8(&r) != 0;
    reader_string16(&r, entry->text, sizeof(entry->text));
    return !r.failed && reader_left(&r) == 0 && entry->msisdn[0] != '\0';
}
