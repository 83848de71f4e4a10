/* The keys file: reading it, making it, adding a key. vault.h says what it looks like. */
#ifndef WARUNG_SESSIONS_VAULT_KEYS_H
#define WARUNG_SESSIONS_VAULT_KEYS_H

#include "sessions/vault.h"

struct vault_keys_row {
    uint32_t id;
    char created[11];
    uint8_t octets[32];
};

/* Secret: cleanse it after use. */
struct vault_keys_file {
    uint8_t hash[VAULT_HASH_BYTES];
    bool reads_plain;
    unsigned count; /* at least one; the last is current */
    struct vault_keys_row rows[VAULT_KEYS_MAX];
};

bool vault_keys_read(struct vault_keys_file *file, const char *path, char *error,
                     size_t error_bytes);

#endif
