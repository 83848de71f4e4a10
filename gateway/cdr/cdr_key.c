#include "gateway/cdr/cdr_key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway/cdr/cdr_file.h"

struct cdr_key {
    EVP_PKEY *pkey;
};

static FILE *create(const char *path, mode_t mode, char *error, size_t error_bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

    if (fd < 0)
        snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static bool close_file(FILE *f, bool is_written, const char *path, char *error, size_t error_bytes)
{
    bool is_good = is_written && fflush(f) == 0 && fsync(fileno(f)) == 0;

    is_good = fclose(f) == 0 && is_good;
    if (!is_good)
        snprintf(error, error_bytes, "%s: cannot be written", path);
    return is_good;
}

static bool write_keys(EVP_PKEY *pkey, const char *path, char *error, size_t error_bytes)
{
    char public_path[CDR_PATH_BYTES];
    FILE *f = create(path, 0600, error, error_bytes);

    if (f == NULL || !close_file(f, PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) == 1,
                                 path, error, error_bytes))
        return false;
    snprintf(public_path, sizeof(public_path), "%s.pub", path);
    f = create(public_path, 0644, error, error_bytes);
    return f != NULL &&
           close_file(f, PEM_write_PUBKEY(f, pkey) == 1, public_path, error, error_bytes);
}

bool cdr_key_create(const char *path, char *error, size_t error_bytes)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    bool is_made;

    if (pkey == NULL) {
        snprintf(error, error_bytes, "no Ed25519 key can be made");
        return false;
    }
    is_made = write_keys(pkey, path, error, error_bytes);
    EVP_PKEY_free(pkey);
    return is_made;
}

static struct cdr_key *take(EVP_PKEY *pkey, const char *path, char *error, size_t error_bytes)
{
    struct cdr_key *key;

    if (pkey == NULL || EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519) {
        snprintf(error, error_bytes, "%s: is no Ed25519 key in PEM", path);
        EVP_PKEY_free(pkey);
        return NULL;
    }
    key = mem_zalloc(sizeof(*key));
    key->pkey = pkey;
    return key;
}

static FILE *open_key(const char *path, bool is_private, char *error, size_t error_bytes)
{
    struct stat st;
    FILE *f = fopen(path, "re");

    if (f == NULL) {
        snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
        return NULL;
    }
    /* A systemd credential shows its access list as group read. */
    if (!is_private || (fstat(fileno(f), &st) == 0 && (st.st_mode & (S_IRWXO | S_IWGRP)) == 0))
        return f;
    snprintf(error, error_bytes, "%s: others may read it: chmod 600", path);
    fclose(f);
    return NULL;
}

struct cdr_key *cdr_key_load_private(const char *path, char *error, size_t error_bytes)
{
    FILE *f = open_key(path, true, error, error_bytes);
    EVP_PKEY *pkey;

    if (f == NULL)
        return NULL;
    pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    return take(pkey, path, error, error_bytes);
}

struct cdr_key *cdr_key_load_public(const char *path, char *error, size_t error_bytes)
{
    FILE *f = open_key(path, false, error, error_bytes);
    EVP_PKEY *pkey;

    if (f == NULL)
        return NULL;
    pkey = PEM_read_PUBKEY(f, NULL, NULL, NULL);
    fclose(f);
    return take(pkey, path, error, error_bytes);
}

void cdr_key_free(struct cdr_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey);
    mem_free(key);
}

bool cdr_key_sign(const struct cdr_key *key, const char *text, char signature[CDR_SIGNATURE_BYTES])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char octets[64];
    size_t size = sizeof(octets);
    bool is_signed =
        ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
        EVP_DigestSign(ctx, octets, &size, (const unsigned char *)text, strlen(text)) == 1;

    EVP_MD_CTX_free(ctx);
    if (is_signed)
        EVP_EncodeBlock((unsigned char *)signature, octets, (int)size);
    return is_signed;
}

bool cdr_key_verify(const struct cdr_key *key, const char *text, const char *signature)
{
    unsigned char octets[CDR_SIGNATURE_BYTES];
    EVP_MD_CTX *ctx;
    bool is_right;

    /* 64 octets are 86 characters and two of padding, which decode to 66. */
    if (strlen(signature) != CDR_SIGNATURE_BYTES - 1 ||
        EVP_DecodeBlock(octets, (const unsigned char *)signature, CDR_SIGNATURE_BYTES - 1) != 66)
        return false;
    ctx = EVP_MD_CTX_new();
    is_right = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
               EVP_DigestVerify(ctx, octets, 64, (const unsigned char *)text, strlen(text)) == 1;
    EVP_MD_CTX_free(ctx);
    return is_right;
}
