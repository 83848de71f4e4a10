/*
 * Who may use the API over TCP: users with a role and a token.
 *
 * The users file has one line a user, "NAME ROLE HASH": HASH is the SHA-256 of the token in hex. A
 * token is 32 random octets, so that a fast hash is enough and checking one costs the loop nothing.
 * It is sent as "Authorization: Bearer TOKEN", or as the password of Basic with the user's name.
 */
#ifndef WARUNG_ADMIN_AUTH_H
#define WARUNG_ADMIN_AUTH_H

#include <stdbool.h>
#include <stddef.h>

/* Each may what the ones before it may. */
enum auth_role { AUTH_NOBODY, AUTH_VIEWER, AUTH_OFFICER, AUTH_ADMIN, AUTH_ROLE_COUNT };
const char *auth_role_name(enum auth_role role); /* "viewer" */
bool auth_role_parse(const char *word, enum auth_role *role);

enum { AUTH_NAME_BYTES = 32, AUTH_TOKEN_BYTES = 65, AUTH_HASH_BYTES = 65, AUTH_USERS_MAX = 1000 };

struct auth;

/* A file that does not exist holds no users. NULL, with a text that names file and line, when it
 * cannot be read or is no users file, or when others may write to it. */
struct auth *auth_load(const char *path, char *error, size_t error_bytes);
void auth_free(struct auth *a);
/* The role behind an Authorization header (may be NULL) and the user's name ("" = nobody). */
enum auth_role auth_check(const struct auth *a, const char *header, char name[AUTH_NAME_BYTES]);

/* For `warungctl users`: a fresh token and its hash, both hex. */
bool auth_make_token(char token[AUTH_TOKEN_BYTES], char hash[AUTH_HASH_BYTES]);

#endif
