#include "sessions/vault.h"

#include "base/mem.h"
#include "sessions/vault_keys.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

/* A record: its form, then the octets themselves, or
 * u32 id of the key, 12 octets of nonce, the ciphertext, 16 octets of tag. */
enum {
    FORM_PLAIN = 0,
    FORM_SEALED = 1,
    NONCE_BYTES = 12,
    TAG_BYTES = 16,
    HEAD_BYTES = 1 + 4 + NONCE_BYTES,
    AAD_BYTES_MAX = 64,
    MACS_MAX = 8,
};

/* Contexts stay keyed: a record costs one nonce, not one key schedule. */
struct cipher {
    uint32_t id;
    EVP_CIPHER_CTX *seal;
    EVP_CIPHER_CTX *open;
    uint8_t octets[32]; /* of the key, to tell it from another of the same number */
};

/* Hashes of one kind of thing, keyed: a fresh HMAC costs ten times what it hashes. Made when it is
 * first asked for. */
struct mac {
    const char *what; /* a literal of the caller's */
    EVP_MAC_CTX *ctx;
};

struct macs {
    struct mac items[MACS_MAX];
    unsigned count;
};

struct vault {
    struct cipher ciphers[VAULT_KEYS_MAX];
    struct vault_key keys[VAULT_KEYS_MAX];
    unsigned count;   /* 0 = plain; the last is current */
    bool reads_plain; /* besides what is sealed */
    uint8_t hash_key[VAULT_HASH_BYTES];
    struct macs *macs; /* of hash_key */
    /* Begins at random and grows by one a record: with the chance of two processes' ranges meeting
     * near 2^-20 after 10^5 starts and 10^12 records each, better than a random nonce for each, and
     * without asking for randomness on the hot path. */
    uint8_t nonce[NONCE_BYTES];
};

static EVP_CIPHER_CTX *keyed_context(const uint8_t *key, int is_seal)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int ok =
        ctx != NULL && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, NULL, is_seal) == 1;

    assert(ok); /* only out of memory, or a libcrypto without AES */
    return ctx;
}

static void clear_ciphers(struct vault *v)
{
    for (unsigned i = 0; i < v->count; i++) {
        EVP_CIPHER_CTX_free(v->ciphers[i].seal);
        EVP_CIPHER_CTX_free(v->ciphers[i].open);
        OPENSSL_cleanse(v->ciphers[i].octets, sizeof(v->ciphers[i].octets));
    }
    v->count = 0;
}

static void clear_macs(struct macs *macs)
{
    for (unsigned i = 0; i < macs->count; i++)
        EVP_MAC_CTX_free(macs->items[i].ctx);
    macs->count = 0;
}

static void take_keys(struct vault *v, const struct vault_keys_file *file)
{
    clear_ciphers(v);
    clear_macs(v->macs);
    for (unsigned i = 0; i < file->count; i++) {
        const struct vault_keys_row *row = &file->rows[i];

        v->ciphers[i].id = row->id;
        v->ciphers[i].seal = keyed_context(row->octets, 1);
        v->ciphers[i].open = keyed_context(row->octets, 0);
        memcpy(v->ciphers[i].octets, row->octets, sizeof(row->octets));
        v->keys[i].id = row->id;
        memcpy(v->keys[i].created, row->created, sizeof(row->created));
        v->keys[i].is_current = i + 1 == file->count;
    }
    v->count = file->count;
    v->reads_plain = file->reads_plain;
    memcpy(v->hash_key, file->hash, sizeof(v->hash_key));
}

struct vault *vault_new_plain(void)
{
    struct vault *v = mem_zalloc(sizeof(*v));
    int ok = RAND_bytes(v->nonce, sizeof(v->nonce)) == 1;

    assert(ok);
    v->macs = mem_zalloc(sizeof(*v->macs));
    return v;
}

static const struct vault_keys_row *find_row(const struct vault_keys_file *file, uint32_t id)
{
    for (unsigned i = 0; i < file->count; i++)
        if (file->rows[i].id == id)
            return &file->rows[i];
    return NULL;
}

/* May the file take the place of the keys in use? Records are sealed with the current one just now,
 * and nobody else may have it: an older copy of the file would be the end of them. */
static bool may_follow(const struct vault *v, const struct vault_keys_file *file, const char *path,
                       char *error, size_t error_bytes)
{
    if (v->count != 0 && memcmp(v->hash_key, file->hash, sizeof(file->hash)) != 0) {
        snprintf(error, error_bytes, "%s: its hash key is another than that in use", path);
        return false;
    }
    for (unsigned i = 0; i < v->count; i++) {
        const struct vault_keys_row *row = find_row(file, v->keys[i].id);

        if (row == NULL && v->keys[i].is_current) {
            snprintf(error, error_bytes, "%s: it lacks key %u, which seals new records", path,
                     v->keys[i].id);
            return false;
        }
        if (row != NULL && memcmp(row->octets, v->ciphers[i].octets, sizeof(row->octets)) != 0) {
            snprintf(error, error_bytes, "%s: its key %u is another than that in use", path,
                     row->id);
            return false;
        }
    }
    return true;
}

bool vault_reload_file(struct vault *v, const char *path, char *error, size_t error_bytes)
{
    struct vault_keys_file file;
    bool ok = vault_keys_read(&file, path, error, error_bytes) &&
              may_follow(v, &file, path, error, error_bytes);

    if (ok)
        take_keys(v, &file);
    OPENSSL_cleanse(&file, sizeof(file));
    return ok;
}

struct vault *vault_open_file(const char *path, char *error, size_t error_bytes)
{
    struct vault *v = vault_new_plain();

    if (vault_reload_file(v, path, error, error_bytes))
        return v;
    vault_free(v);
    return NULL;
}

void vault_free(struct vault *v)
{
    if (v == NULL)
        return;
    clear_ciphers(v);
    clear_macs(v->macs);
    mem_free(v->macs);
    OPENSSL_cleanse(v, sizeof(*v));
    mem_free(v);
}

bool vault_reads_plain(const struct vault *v)
{
    return v->count == 0 || v->reads_plain;
}

bool vault_is_plain(const struct vault *v)
{
    return v->count == 0;
}

static void next_nonce(struct vault *v)
{
    for (unsigned i = NONCE_BYTES; i-- > 0;) {
        if (++v->nonce[i] != 0)
            break;
    }
}

/* What a record is bound to: its kind and whose it is. */
static int bind(EVP_CIPHER_CTX *ctx, enum vault_kind kind, const char *msisdn)
{
    uint8_t aad[AAD_BYTES_MAX] = {(uint8_t)kind};
    size_t size = strlen(msisdn);
    int ignored;

    assert(size < sizeof(aad));
    memcpy(aad + 1, msisdn, size);
    return EVP_CipherUpdate(ctx, NULL, &ignored, aad, (int)size + 1);
}

/* Runs the octets through the cipher, to `to`; true when it went well and, opening, the tag is
 * right. */
static bool run(EVP_CIPHER_CTX *ctx, struct span in, uint8_t *to)
{
    uint8_t rest[TAG_BYTES];
    int done = 0, more = 0;

    if (in.size != 0 && EVP_CipherUpdate(ctx, to, &done, in.data, (int)in.size) != 1)
        return false;
    return EVP_CipherFinal_ex(ctx, rest, &more) == 1 && (size_t)done == in.size && more == 0;
}

static size_t room(const struct writer *out)
{
    return out->failed ? 0 : (size_t)(out->end - out->at);
}

static bool seal_plain(struct span in, struct writer *out)
{
    writer_u8(out, FORM_PLAIN);
    writer_bytes(out, in.data, in.size);
    return !out->failed;
}

bool vault_seal(struct vault *v, enum vault_kind kind, const char *msisdn, struct span in,
                struct writer *out)
{
    const struct cipher *c;
    int ok;

    if (v->count == 0)
        return seal_plain(in, out);
    if (room(out) < in.size + VAULT_OVERHEAD_BYTES) {
        out->failed = true;
        return false;
    }
    c = &v->ciphers[v->count - 1];
    next_nonce(v);
    writer_u8(out, FORM_SEALED);
    writer_u32(out, c->id);
    writer_bytes(out, v->nonce, sizeof(v->nonce));
    ok = EVP_CipherInit_ex(c->seal, NULL, NULL, NULL, v->nonce, 1) == 1 &&
         bind(c->seal, kind, msisdn) == 1 && run(c->seal, in, out->at) &&
         EVP_CIPHER_CTX_ctrl(c->seal, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, out->at + in.size) == 1;
    assert(ok); /* sealing cannot fail on its input */
    out->at += in.size + TAG_BYTES;
    return true;
}

static const struct cipher *find_cipher(const struct vault *v, uint32_t id)
{
    for (unsigned i = v->count; i-- > 0;) {
        if (v->ciphers[i].id == id)
            return &v->ciphers[i];
    }
    return NULL;
}

static bool open_sealed(struct vault *v, enum vault_kind kind, const char *msisdn,
                        struct span sealed, struct writer *out)
{
    const struct cipher *c = find_cipher(v, vault_record_key(sealed));
    struct span body;
    uint8_t tag[TAG_BYTES];

    if (c == NULL || sealed.size < VAULT_OVERHEAD_BYTES)
        return false;
    body = span_of(sealed.data + HEAD_BYTES, sealed.size - VAULT_OVERHEAD_BYTES);
    if (room(out) < body.size)
        return false;
    memcpy(tag, body.data + body.size, sizeof(tag));
    if (EVP_CipherInit_ex(c->open, NULL, NULL, NULL, sealed.data + 5, 0) != 1 ||
        EVP_CIPHER_CTX_ctrl(c->open, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) != 1 ||
        bind(c->open, kind, msisdn) != 1 || !run(c->open, body, out->at)) {
        OPENSSL_cleanse(out->at, body.size);
        return false;
    }
    out->at += body.size;
    return true;
}

bool vault_open(struct vault *v, enum vault_kind kind, const char *msisdn, struct span sealed,
                struct writer *out)
{
    if (sealed.size == 0)
        return false;
    if (sealed.data[0] == FORM_SEALED)
        return open_sealed(v, kind, msisdn, sealed, out);
    if (sealed.data[0] != FORM_PLAIN || !vault_reads_plain(v) || room(out) < sealed.size - 1)
        return false;
    writer_bytes(out, sealed.data + 1, sealed.size - 1);
    return true;
}

bool vault_lacks_key(const struct vault *v, struct span sealed)
{
    uint32_t id = vault_record_key(sealed);

    return id != 0 && find_cipher(v, id) == NULL;
}

static void hmac(const uint8_t key[VAULT_HASH_BYTES], struct span in,
                 uint8_t hash[VAULT_HASH_BYTES])
{
    unsigned size = VAULT_HASH_BYTES;
    const uint8_t *ok = HMAC(EVP_sha256(), key, VAULT_HASH_BYTES, in.data, in.size, hash, &size);

    assert(ok != NULL && size == VAULT_HASH_BYTES);
}

static EVP_MAC_CTX *keyed_mac(const uint8_t key[VAULT_HASH_BYTES])
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    int ok = ctx != NULL && EVP_MAC_init(ctx, key, VAULT_HASH_BYTES, params) == 1;

    assert(ok); /* only out of memory, or a libcrypto without HMAC */
    EVP_MAC_free(mac);
    return ctx;
}

static EVP_MAC_CTX *find_mac(const struct vault *v, const char *what)
{
    struct macs *macs = v->macs;
    uint8_t key[VAULT_HASH_BYTES];
    struct mac *m;

    for (unsigned i = 0; i < macs->count; i++)
        if (strcmp(macs->items[i].what, what) == 0)
            return macs->items[i].ctx;
    assert(macs->count < MACS_MAX);
    m = &macs->items[macs->count++];
    hmac(v->hash_key, span_of_string(what), key);
    *m = (struct mac){.what = what, .ctx = keyed_mac(key)};
    OPENSSL_cleanse(key, sizeof(key));
    return m->ctx;
}

void vault_hash(const struct vault *v, const char *what, struct span in,
                uint8_t hash[VAULT_HASH_BYTES])
{
    EVP_MAC_CTX *ctx = find_mac(v, what);
    size_t size = 0;
    int ok = EVP_MAC_init(ctx, NULL, 0, NULL) == 1 && EVP_MAC_update(ctx, in.data, in.size) == 1 &&
             EVP_MAC_final(ctx, hash, &size, VAULT_HASH_BYTES) == 1;

    assert(ok && size == VAULT_HASH_BYTES);
}

void vault_subject(const struct vault *v, const char *msisdn, char text[VAULT_SUBJECT_BYTES])
{
    uint8_t hash[VAULT_HASH_BYTES];

    vault_hash(v, "subject", span_of_string(msisdn), hash);
    text_hex(text, hash, VAULT_SUBJECT_BYTES / 2);
}

void vault_name(const struct vault *v, char text[VAULT_SUBJECT_BYTES])
{
    uint8_t hash[VAULT_HASH_BYTES];

    text[0] = '\0';
    if (vault_is_plain(v))
        return;
    vault_hash(v, "name", span_of_string(""), hash);
    text_hex(text, hash, VAULT_SUBJECT_BYTES / 2);
}

uint64_t vault_hash_nik(const struct vault *v, const char *nik)
{
    uint8_t hash[VAULT_HASH_BYTES];
    struct reader r;

    vault_hash(v, "nik", span_of_string(nik), hash);
    reader_init(&r, span_of(hash, sizeof(hash)));
    return reader_u64(&r);
}

void vault_digest(struct span in, uint8_t hash[VAULT_HASH_BYTES])
{
    unsigned size = VAULT_HASH_BYTES;
    int ok = EVP_Digest(in.data, in.size, hash, &size, EVP_sha256(), NULL);

    assert(ok == 1 && size == VAULT_HASH_BYTES);
    (void)ok;
}

unsigned vault_keys(const struct vault *v, struct vault_key keys[VAULT_KEYS_MAX])
{
    memcpy(keys, v->keys, v->count * sizeof(keys[0]));
    return v->count;
}

uint32_t vault_record_key(struct span sealed)
{
    struct reader r;

    reader_init(&r, sealed);
    if (reader_u8(&r) != FORM_SEALED)
        return 0;
    return reader_u32(&r);
}
