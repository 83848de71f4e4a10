/*
 * Certificates for a test, made when it starts: a private authority, and identities that it signs.
 */
#ifndef WARUNG_TESTS_TLS_FILES_H
#define WARUNG_TESTS_TLS_FILES_H

enum { TLS_PATH_BYTES = 128 };

struct tls_identity {
    char cert[TLS_PATH_BYTES];
    char key[TLS_PATH_BYTES];
};

/* In `folder`, as NAME.pem and NAME.key. An authority signs itself; `issuer` NULL makes one.
 * `san` is OpenSSL's notation ("DNS:localhost,IP:127.0.0.1") or NULL. */
void tls_identity_make(struct tls_identity *identity, const char *folder, const char *name,
                       const char *san, const struct tls_identity *issuer);

#endif
