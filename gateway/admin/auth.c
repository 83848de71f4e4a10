#include "gateway/admin/auth.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/span.h"

enum { HASH_OCTETS = 32, HEADER_BYTES_MAX = 512 };

struct user {
    char name[AUTH_NAME_BYTES];
    enum auth_role role;
    unsigned char hash[HASH_OCTETS];
};

struct auth {
    struct user *users;
    size_t count;
};

static const char *const role_names[AUTH_ROLE_COUNT] = {"nobody", "viewer", "officer", "admin"};

const char *auth_role_name(enum auth_role role)
{
    return role_names[role];
}

bool auth_role_parse(const char *word, enum auth_role *role)
{
    for (int i = AUTH_VIEWER; i < AUTH_ROLE_COUNT; i++)
        if (strcmp(word, role_names[i]) == 0) {
            *role = (enum auth_role)i;
            return true;
        }
    return false;
}

static bool hash_token(const char *token, unsigned char hash[HASH_OCTETS])
{
    return EVP_Digest(token, strlen(token), hash, NULL, EVP_sha256(), NULL) == 1;
}

/* NULL, or what is wrong with the line. */
static const char *take_line(struct auth *a, char *line)
{
    static const char blanks[] = " \t\r\n";
    char *rest = NULL, *name = strtok_r(line, blanks, &rest);
    char *role = strtok_r(NULL, blanks, &rest), *hash = strtok_r(NULL, blanks, &rest);
    struct user user = {.role = AUTH_NOBODY};

    if (name == NULL || name[0] == '#')
        return NULL;
    if (role == NULL || hash == NULL || strtok_r(NULL, blanks, &rest) != NULL)
        return "a line is NAME ROLE HASH";
    if (!text_copy(user.name, sizeof(user.name), name))
        return "the name is too long";
    if (!auth_role_parse(role, &user.role))
        return "the role must be viewer, officer or admin";
    if (!text_unhex(hash, user.hash, sizeof(user.hash)))
        return "the hash must be 64 hex digits";
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->users[i].name, user.name) == 0)
            return "this name was there already";
    if (a->count == AUTH_USERS_MAX)
        return "too many users";
    a->users = mem_realloc_array(a->users, a->count + 1, sizeof(*a->users));
    a->users[a->count++] = user;
    return NULL;
}

static bool read_users(struct auth *a, FILE *file, const char *path, char *error,
                       size_t error_bytes)
{
    char line[256];
    unsigned number = 0;

    while (fgets(line, sizeof(line), file) != NULL) {
        const char *wrong;

        number++;
        wrong =
            strchr(line, '\n') == NULL && !feof(file) ? "the line is too long" : take_line(a, line);
        if (wrong != NULL) {
            snprintf(error, error_bytes, "%s:%u: %s", path, number, wrong);
            return false;
        }
    }
    if (ferror(file))
        snprintf(error, error_bytes, "cannot read %s: %s", path, strerror(errno));
    return !ferror(file);
}

struct auth *auth_load(const char *path, char *error, size_t error_bytes)
{
    struct auth *a = mem_zalloc(sizeof(*a));
    FILE *file = path[0] != '\0' ? fopen(path, "re") : NULL;
    struct stat st;
    bool is_good = true;

    if (path[0] == '\0' || (file == NULL && errno == ENOENT))
        return a;
    if (file == NULL || fstat(fileno(file), &st) != 0 || !S_ISREG(st.st_mode)) {
        snprintf(error, error_bytes, "cannot read %s: %s", path,
                 file == NULL ? strerror(errno) : "it is no regular file");
        is_good = false;
    } else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        snprintf(error, error_bytes, "%s: others may write to it (chmod 640)", path);
        is_good = false;
    } else {
        is_good = read_users(a, file, path, error, error_bytes);
    }
    if (file != NULL)
        fclose(file);
    if (is_good)
        return a;
    auth_free(a);
    return NULL;
}

void auth_free(struct auth *a)
{
    if (a == NULL)
        return;
    mem_free(a->users);
    mem_free(a);
}

/* The token of a header; for Basic also the name that it is given for. False when there is none. */
static bool take_token(const char *header, char *token, size_t token_bytes, char *name,
                       size_t name_bytes)
{
    char plain[HEADER_BYTES_MAX], *colon;
    int size;

    name[0] = '\0';
    if (strncasecmp(header, "Bearer ", 7) == 0)
        return text_copy(token, token_bytes, header + 7);
    if (strncasecmp(header, "Basic ", 6) != 0 || strlen(header + 6) % 4 != 0 ||
        strlen(header + 6) / 4 * 3 >= sizeof(plain))
        return false;
    size = EVP_DecodeBlock((unsigned char *)plain, (const unsigned char *)header + 6,
                           (int)strlen(header + 6));
    if (size < 0)
        return false;
    plain[size] = '\0';
    colon = strchr(plain, ':');
    if (colon == NULL)
        return false;
    *colon = '\0';
    return text_copy(name, name_bytes, plain) && text_copy(token, token_bytes, colon + 1);
}

enum auth_role auth_check(const struct auth *a, const char *header, char name[AUTH_NAME_BYTES])
{
    char token[AUTH_TOKEN_BYTES + 8], claimed[AUTH_NAME_BYTES];
    unsigned char hash[HASH_OCTETS];
    const struct user *found = NULL;

    name[0] = '\0';
    if (header == NULL || strlen(header) >= HEADER_BYTES_MAX ||
        !take_token(header, token, sizeof(token), claimed, sizeof(claimed)) ||
        !hash_token(token, hash))
        return AUTH_NOBODY;
    /* All of them, in constant time: how long it takes says nothing about whose token it was. */
    for (size_t i = 0; i < a->count; i++)
        if (CRYPTO_memcmp(a->users[i].hash, hash, sizeof(hash)) == 0)
            found = &a->users[i];
    if (found == NULL || (claimed[0] != '\0' && strcmp(claimed, found->name) != 0))
        return AUTH_NOBODY;
    text_copy(name, AUTH_NAME_BYTES, found->name);
    return found->role;
}

bool auth_make_token(char token[AUTH_TOKEN_BYTES], char hash[AUTH_HASH_BYTES])
{
    unsigned char octets[HASH_OCTETS];

    if (RAND_bytes(octets, sizeof(octets)) != 1)
        return false;
    text_hex(token, octets, sizeof(octets));
    if (!hash_token(token, octets))
        return false;
    text_hex(hash, octets, sizeof(octets));
    return true;
}
