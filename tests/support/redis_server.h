/*
 * A private redis-server for a test: a folder of its own under /tmp, a unix socket, ended by its
 * pid. Failing to start it ends the test program.
 */
#ifndef WARUNG_TESTS_SUPPORT_REDIS_SERVER_H
#define WARUNG_TESTS_SUPPORT_REDIS_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct redisReply;
struct redis_server;

struct redis_server_options {
    const char *appendfsync; /* "always", "everysec", "no"; NULL = no append-only file at all */
    uint16_t port;           /* on 127.0.0.1; 0 = the unix socket alone */
    /* Further arguments, "--name", "value", ... ended by NULL; NULL = none. */
    const char *const *arguments;
    /* A library for LD_PRELOAD; it finds SYNCED_NOTES, a file of the folder, in its environment. */
    const char *preload;
    /* Its files cannot grow beyond; redis_server_set_file_limit() changes it. 0 = no limit. */
    uint64_t file_bytes_max;
    /* A sentinel with this configuration, which it will rewrite; NULL = an ordinary server. */
    const char *sentinel_config;
};

/* Started and answering. NULL options: append-only file, everysec. */
struct redis_server *redis_server_start(const struct redis_server_options *options);
/* Ends it and removes its folder. */
void redis_server_stop(struct redis_server *s);

/* kill -9; the folder stays. */
void redis_server_kill(struct redis_server *s);
/* After a kill: the same again, with what is in its folder; answering when it returns. */
void redis_server_restart(struct redis_server *s);
/* As restart, without waiting for it. */
void redis_server_launch(struct redis_server *s);
/* SIGSTOP and SIGCONT. */
void redis_server_pause(struct redis_server *s);
void redis_server_resume(struct redis_server *s);
/* Of the running server; 0 = no limit. */
void redis_server_set_file_limit(struct redis_server *s, uint64_t bytes);
/* After a kill of a server with synced.so: cuts its append-only files where power might have been
 * lost: anywhere from what fdatasync() has told to their end, by chance (0 .. 1) of the difference.
 */
void redis_server_lose_power(struct redis_server *s, double chance);
/* Removes what it has written (it must be dead): the next start is empty. */
void redis_server_forget(struct redis_server *s);

/* "unix:/path", as the configuration has it. */
const char *redis_server_name(const struct redis_server *s);
/* "127.0.0.1:port"; only with a port. */
const char *redis_server_tcp_name(const struct redis_server *s);
pid_t redis_server_pid(const struct redis_server *s);

/* One command, asked at once; format as hiredis has it. freeReplyObject() the reply; NULL when the
 * server did not answer within a second. */
struct redisReply *redis_server_ask(struct redis_server *s, const char *format, ...);
/* The same; the integer of the answer, or -1. */
long long redis_server_ask_number(struct redis_server *s, const char *format, ...);

/* In a forked child: opens a connection of its own for what it asks. */
void redis_server_forked(struct redis_server *s);

/* A port of 127.0.0.1 that was free a moment ago. */
uint16_t redis_server_free_port(void);

#endif
