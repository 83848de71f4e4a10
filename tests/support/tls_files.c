#include "tests/support/tls_files.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert(extension != NULL);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *read_cert(const char *path)
{
    FILE *file = fopen(path, "r");
    X509 *cert;

    assert(file != NULL);
    cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert(cert != NULL);
    return cert;
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *file = fopen(path, "r");
    EVP_PKEY *key;

    assert(file != NULL);
    key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    assert(key != NULL);
    return key;
}

static void write_files(const struct tls_identity *identity, X509 *cert, EVP_PKEY *key)
{
    FILE *file = fopen(identity->cert, "w");
    int written;

    assert(file != NULL);
    written = PEM_write_X509(file, cert);
    assert(written == 1);
    fclose(file);
    file = fopen(identity->key, "w");
    assert(file != NULL);
    written = PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    assert(written == 1);
    fclose(file);
}

void tls_identity_make(struct tls_identity *identity, const char *folder, const char *name,
                       const char *san, const struct tls_identity *issuer)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509 *ca = issuer != NULL ? read_cert(issuer->cert) : cert;
    EVP_PKEY *ca_key = issuer != NULL ? read_key(issuer->key) : key;
    static long serial;

    snprintf(identity->cert, sizeof(identity->cert), "%s/%s.pem", folder, name);
    snprintf(identity->key, sizeof(identity->key), "%s/%s.key", folder, name);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(ca));
    add_extension(cert, ca, NID_basic_constraints,
                  issuer == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (san != NULL)
        add_extension(cert, ca, NID_subject_alt_name, san);
    X509_sign(cert, ca_key, EVP_sha256());
    write_files(identity, cert, key);
    if (issuer != NULL) {
        X509_free(ca);
        EVP_PKEY_free(ca_key);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
}
