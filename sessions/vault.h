/*
 * Personal data at rest: records are sealed with AES-256-GCM before they reach the store, and
 * numbers that must be compared but not read (NIK) become keyed hashes (docs/privacy.md).
 *
 * A sealed record names its key, so that keys can be changed: new records take the current key, old
 * ones are read with theirs. The kind of record and the subscriber's number are bound to it: a
 * record moved to another subscriber does not open. Without a keys file the vault is plain: records
 * are marked as such and stand in the clear. A vault with keys reads those too if its file says
 * "plain", so that keys can be introduced later; else not: whoever can write to the store could put
 * a record of his own there.
 *
 * The keys file (mode 0600, or a systemd credential) is text; the last "seal" line is current:
 *     warung-keys 1
 *     plain
 *     hash HEX32
 *     seal ID YYYY-MM-DD HEX32
 */
#ifndef WARUNG_SESSIONS_VAULT_H
#define WARUNG_SESSIONS_VAULT_H

#include "base/span.h"

enum vault_kind { VAULT_SESSION = 1, VAULT_MERCHANT = 2, VAULT_OWED = 3, VAULT_SHARED = 4 };

enum {
    VAULT_HASH_BYTES = 32,
    VAULT_OVERHEAD_BYTES = 33, /* sealed octets beyond the plain ones, at most */
    VAULT_KEYS_MAX = 64,
    VAULT_SUBJECT_BYTES = 17, /* 16 hexadecimal digits and NUL */
};

struct vault;

/* No keys: marks records as plain. */
struct vault *vault_new_plain(void);
/* NULL, with a text that names file and line, when the file cannot be read, is readable by others,
 * or is no keys file. */
struct vault *vault_open_file(const char *path, char *error, size_t error_bytes);
/* The same for a vault in use: it has the file's keys from now on. On failure it is as before;
 * another hash key is one: journal and consents would lose their people. So is a file without the
 * key that seals new records, or with another one under the number of a key in use. */
bool vault_reload_file(struct vault *v, const char *path, char *error, size_t error_bytes);
void vault_free(struct vault *v);
bool vault_is_plain(const struct vault *v);
/* Records in the clear open: it has no keys, or their file says "plain". */
bool vault_reads_plain(const struct vault *v);

/* Appends the sealed form of `in` to `out`; false when it has no room (it is then `failed`). */
bool vault_seal(struct vault *v, enum vault_kind kind, const char *msisdn, struct span in,
                struct writer *out);
/* Appends what was sealed to `out`. False, and `out` as before, when the record is damaged, was
 * sealed for another subscriber or kind, names a key that is not there, is plain where none is to
 * be, or has no room. */
bool vault_open(struct vault *v, enum vault_kind kind, const char *msisdn, struct span sealed,
                struct writer *out);
/* It is sealed with a key that is not there: another gateway may have it. */
bool vault_lacks_key(const struct vault *v, struct span sealed);
/* HMAC-SHA-256 with a key that does not change; `what` keeps hashes of different things apart: a
 * literal, of a few that a program has. */
void vault_hash(const struct vault *v, const char *what, struct span in,
                uint8_t hash[VAULT_HASH_BYTES]);

/* A person in the journal: the first octets of the keyed hash of the number, in hex. */
void vault_subject(const struct vault *v, const char *msisdn, char text[VAULT_SUBJECT_BYTES]);
/* What tells one file's keys from another's, the same after each rotation; "" without keys. */
void vault_name(const struct vault *v, char text[VAULT_SUBJECT_BYTES]);
/* The highest 64 bits of the keyed hash of a NIK. */
uint64_t vault_hash_nik(const struct vault *v, const char *nik);
/* SHA-256, without a key: of what is public. */
void vault_digest(struct span in, uint8_t hash[VAULT_HASH_BYTES]);

/* For `warungctl keys`. Each returns false with a text for the administrator. */
/* A new file with one key; an existing file is an error. With reads_plain it says "plain". */
bool vault_create_file(const char *path, bool reads_plain, char *error, size_t error_bytes);
/* Adds a key and makes it current. */
bool vault_rotate_file(const char *path, char *error, size_t error_bytes);
/* Takes out what says "plain". */
bool vault_refuse_plain_file(const char *path, char *error, size_t error_bytes);

struct vault_key {
    uint32_t id;
    char created[11]; /* YYYY-MM-DD */
    bool is_current;
};
/* Fills up to VAULT_KEYS_MAX; the count. */
unsigned vault_keys(const struct vault *v, struct vault_key keys[VAULT_KEYS_MAX]);
/* The id of the key that a sealed record names; 0 = a plain record or none of ours. */
uint32_t vault_record_key(struct span sealed);

#endif
