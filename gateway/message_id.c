#include "gateway/message_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "sessions/vault.h"

enum { TIME_DIGITS = 12, PROOF_OCTETS = 6, BODY_DIGITS = TIME_DIGITS + 8, ACCOUNT_BYTES = 64 };

uint64_t message_id_source(struct span source_addr)
{
    return map_hash(source_addr, 0x736f75726365); /* "source": gateways must agree */
}

/* Six octets of the keyed hash behind the time and the number. */
static void add_proof(const struct vault *vault, const struct message_origin *origin,
                      char id[MESSAGE_ID_BYTES])
{
    uint8_t octets[BODY_DIGITS + 8 + ACCOUNT_BYTES], hash[VAULT_HASH_BYTES];
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    writer_bytes(&w, id, BODY_DIGITS);
    writer_u64(&w, origin->source);
    writer_bytes(&w, origin->account, strnlen(origin->account, ACCOUNT_BYTES));
    vault_hash(vault, "message_id", writer_span(&w), hash);
    text_hex(id + BODY_DIGITS, hash, PROOF_OCTETS);
}

void message_id_make(const struct vault *vault, const struct message_origin *origin, int64_t now_ms,
                     uint32_t number, char id[MESSAGE_ID_BYTES])
{
    snprintf(id, MESSAGE_ID_BYTES, "%012" PRIx64 "%08" PRIx32,
             (uint64_t)now_ms & UINT64_C(0xFFFFFFFFFFFF), number);
    add_proof(vault, origin, id);
}

int64_t message_id_read(const struct vault *vault, const struct message_origin *origin,
                        struct span id)
{
    char given[MESSAGE_ID_BYTES], right[MESSAGE_ID_BYTES], when[TIME_DIGITS + 1];

    if (id.size != MESSAGE_ID_BYTES - 1)
        return -1;
    memcpy(given, id.data, id.size);
    given[id.size] = '\0';
    memcpy(right, given, sizeof(right));
    add_proof(vault, origin, right);
    if (strcmp(given, right) != 0 || strspn(given, "0123456789abcdef") != id.size)
        return -1;
    memcpy(when, given, TIME_DIGITS);
    when[TIME_DIGITS] = '\0';
    return (int64_t)strtoull(when, NULL, 16);
}
