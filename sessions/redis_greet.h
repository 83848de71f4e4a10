/*
 * What is said on a fresh connection before it carries calls: who we are, is this a master, what
 * can a crash lose, and is our function library there.
 */
#ifndef WARUNG_SESSIONS_REDIS_GREET_H
#define WARUNG_SESSIONS_REDIS_GREET_H

#include "sessions/redis_command.h"
#include "sessions/redis_conn.h"

enum redis_greet_result {
    REDIS_GREET_OK,
    REDIS_GREET_RETRY,   /* not now: loading, a replica, wrong password */
    REDIS_GREET_REFUSED, /* never: too old a Redis, too new a library */
};

struct redis_greet;
typedef void redis_greet_fn(struct redis_greet *g, enum redis_greet_result result,
                            const char *reason);

struct redis_greet_settings {
    const char *username; /* NULL or "" = the default user */
    const char *password; /* NULL or "" = none */
    const char *client_name;
    redis_greet_fn *fn; /* once a start, unless the connection breaks first */
};

/* Embedded by the owner of the connection. */
struct redis_greet {
    const struct redis_greet_settings *settings;
    struct redis_conn *conn;
    bool tells_durability; /* one connection a server does */
    struct redis_call call;
    unsigned step;
    bool needs_library, replaces_library;
    bool is_replica; /* it says so, and of which master */
    struct redis_address master;
    int64_t ahead_ms; /* our wall clock of the server's, when it was asked last; 0 = it was not */
    struct redis_command command;
};

/* AUTH into the command; false = there is no password to say. */
bool redis_greet_auth(struct redis_command *command, const char *username, const char *password);

void redis_greet_init(struct redis_greet *g, const struct redis_greet_settings *settings,
                      bool tells_durability);
void redis_greet_fini(struct redis_greet *g);
void redis_greet_start(struct redis_greet *g, struct redis_conn *conn);

#endif
