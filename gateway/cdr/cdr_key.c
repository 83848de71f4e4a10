#include "gateway/cdr/cdr_key.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/whole_file.h"
#include "gateway/cdr/cdr_file.h"

struct cdr_key {
    EVP_PKEY *pkey;
};

static bool write_file(BIO *text, const char *path, mode_t mode, char *error, size_t error_bytes)
{
    char *octets;
    long size = BIO_get_mem_data(text, &octets);

    if (whole_file_create(path, span_of(octets, (size_t)size), mode))
        return true;
    snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
    return false;
}

static bool is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* Both or none: half a pair would stand in the way of another try. A public half that is there now
 * is of somebody who has found ours missing. */
static bool write_keys(EVP_PKEY *pkey, const char *path, const char *public_path, char *error,
                       size_t error_bytes)
{
    BIO *private = BIO_new(BIO_s_secmem()), *public = BIO_new(BIO_s_mem());
    bool is_written = false;

    if (private == NULL || public == NULL ||
        PEM_write_bio_PrivateKey(private, pkey, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_PUBKEY(public, pkey) != 1) {
        snprintf(error, error_bytes, "%s: the keys cannot be written down", path);
    } else if (write_file(private, path, 0600, error, error_bytes)) {
        is_written = write_file(public, public_path, 0644, error, error_bytes);
        if (!is_written && !is_there(public_path))
            (void)unlink(path);
    }
    BIO_free(private);
    BIO_free(public);
    return is_written;
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

/* The public half of a pair whose making was cut off between the two. */
static bool complete(const char *path, const char *public_path, char *error, size_t error_bytes)
{
    struct cdr_key *key = cdr_key_load_private(path, error, error_bytes);
    BIO *public = BIO_new(BIO_s_mem());
    bool is_written = false;

    if (key != NULL && (public == NULL || PEM_write_bio_PUBKEY(public, key->pkey) != 1))
        snprintf(error, error_bytes, "%s: the key cannot be written down", public_path);
    else if (key != NULL)
        is_written = write_file(public, public_path, 0644, error, error_bytes);
    BIO_free(public);
    cdr_key_free(key);
    return is_written;
}

bool cdr_key_create(const char *path, char *error, size_t error_bytes)
{
    char public_path[CDR_PATH_BYTES];
    EVP_PKEY *pkey;
    bool is_made;

    if ((size_t)snprintf(public_path, sizeof(public_path), "%s.pub", path) >= sizeof(public_path)) {
        snprintf(error, error_bytes, "%s: %s", path, strerror(ENAMETOOLONG));
        return false;
    }
    if (is_there(path) && !is_there(public_path))
        return complete(path, public_path, error, error_bytes);
    if (is_there(public_path) && !is_there(path)) {
        snprintf(error, error_bytes, "%s: %s", public_path, strerror(EEXIST));
        return false;
    }
    pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (pkey == NULL) {
        snprintf(error, error_bytes, "no Ed25519 key can be made");
        return false;
    }
    is_made = write_keys(pkey, path, public_path, error, error_bytes);
    EVP_PKEY_free(pkey);
    return is_made;
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
