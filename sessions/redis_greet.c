#include "sessions/redis_greet.h"

#include "base/clock.h"
#include "base/log.h"
#include "sessions/redis_library.h"

#include <assert.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_TIMEOUT_MS = 5000, CLOCK_DIFFERENCE_MS = 10000 };

/* Says the step; false = there is nothing to say, go on. */
typedef bool say_fn(struct redis_greet *g);
/* Judges the answer; *reason lives as long as the reply or the greeting. */
typedef enum redis_greet_result hear_fn(struct redis_greet *g, const redisReply *reply,
                                        const char **reason);

static bool is_error(const redisReply *r)
{
    return r->type == REDIS_REPLY_ERROR;
}

static bool is_text(const redisReply *r, const char *text)
{
    return (r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS) &&
           strcmp(r->str, text) == 0;
}

static enum redis_greet_result hear_ok(struct redis_greet *g, const redisReply *reply,
                                       const char **reason)
{
    (void)g;
    if (!is_error(reply))
        return REDIS_GREET_OK;
    *reason = reply->str;
    return REDIS_GREET_RETRY;
}

bool redis_greet_auth(struct redis_command *command, const char *username, const char *password)
{
    if (password == NULL || password[0] == '\0')
        return false;
    redis_command_start(command, "AUTH");
    if (username != NULL && username[0] != '\0')
        redis_command_add_string(command, username);
    redis_command_add_string(command, password);
    return true;
}

static bool say_auth(struct redis_greet *g)
{
    return redis_greet_auth(&g->command, g->settings->username, g->settings->password);
}

static bool say_name(struct redis_greet *g)
{
    redis_command_start(&g->command, "CLIENT");
    redis_command_add_string(&g->command, "SETNAME");
    redis_command_add_string(&g->command, g->settings->client_name);
    return true;
}

static bool say_role(struct redis_greet *g)
{
    redis_command_start(&g->command, "ROLE");
    return true;
}

static enum redis_greet_result hear_role(struct redis_greet *g, const redisReply *reply,
                                         const char **reason)
{
    enum redis_greet_result result = hear_ok(g, reply, reason);

    if (result != REDIS_GREET_OK)
        return result;
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements != 0 &&
        is_text(reply->element[0], "master"))
        return REDIS_GREET_OK;
    g->is_replica =
        reply->type == REDIS_REPLY_ARRAY && reply->elements >= 3 &&
        is_text(reply->element[0], "slave") && reply->element[1]->type == REDIS_REPLY_STRING &&
        reply->element[2]->type == REDIS_REPLY_INTEGER &&
        redis_address_set(&g->master, reply->element[1]->str, reply->element[2]->integer);
    *reason = "it is not a master";
    return REDIS_GREET_RETRY;
}

static bool say_config(struct redis_greet *g)
{
    if (!g->tells_durability)
        return false;
    redis_command_start(&g->command, "CONFIG");
    redis_command_add_string(&g->command, "GET");
    redis_command_add_string(&g->command, "append*");
    redis_command_add_string(&g->command, "maxmemory*");
    return true;
}

static const char *config_value(const redisReply *reply, const char *key)
{
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2) {
        if (is_text(reply->element[i], key) && reply->element[i + 1]->type == REDIS_REPLY_STRING)
            return reply->element[i + 1]->str;
    }
    return "unknown";
}

/* Measured, not hoped (docs/decisions/0004). */
static const char *crash_loses(const char *appendonly, const char *appendfsync)
{
    if (strcmp(appendonly, "no") == 0)
        return "everything since the last snapshot";
    if (strcmp(appendonly, "yes") != 0)
        return "unknown: CONFIG GET was refused";
    if (strcmp(appendfsync, "always") == 0)
        return "nothing";
    if (strcmp(appendfsync, "everysec") == 0)
        return "up to 2 s of acknowledged steps";
    return "what the kernel had not written, 30 s and more";
}

/* A full server that evicts forgets what was acknowledged, and says nothing: no commit fails. */
static void warn_of_eviction(const char *server, const char *maxmemory, const char *policy)
{
    if (strcmp(policy, "noeviction") != 0 && strcmp(policy, "unknown") != 0 &&
        strcmp(maxmemory, "0") != 0)
        log_warning("store.evicts", LOG_S("server", server), LOG_S("maxmemory", maxmemory),
                    LOG_S("maxmemory_policy", policy));
}

static enum redis_greet_result hear_config(struct redis_greet *g, const redisReply *reply,
                                           const char **reason)
{
    const char *appendonly = config_value(reply, "appendonly");
    const char *appendfsync = config_value(reply, "appendfsync");
    const char *loses = crash_loses(appendonly, appendfsync);
    char server[REDIS_ADDRESS_BYTES];

    (void)reason;
    redis_address_text(redis_conn_address(g->conn), server, sizeof(server));
    if (strcmp(loses, "nothing") == 0)
        log_info("store.durability", LOG_S("server", server), LOG_S("appendonly", appendonly),
                 LOG_S("appendfsync", appendfsync), LOG_S("crash_loses", loses));
    else
        log_warning("store.durability", LOG_S("server", server), LOG_S("appendonly", appendonly),
                    LOG_S("appendfsync", appendfsync), LOG_S("crash_loses", loses));
    warn_of_eviction(server, config_value(reply, "maxmemory"),
                     config_value(reply, "maxmemory-policy"));
    return REDIS_GREET_OK;
}

static bool say_time(struct redis_greet *g)
{
    if (!g->tells_durability)
        return false;
    redis_command_start(&g->command, "TIME");
    return true;
}

/* Debts, dialogues and messages end by the gateways' own clocks, which must agree
 * (docs/custody.md); what all of them can compare theirs with is this one. */
static enum redis_greet_result hear_time(struct redis_greet *g, const redisReply *reply,
                                         const char **reason)
{
    char server[REDIS_ADDRESS_BYTES];

    (void)reason;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING)
        return REDIS_GREET_OK;
    g->ahead_ms = clock_wall_ms() - strtoll(reply->element[0]->str, NULL, 10) * 1000;
    if (llabs(g->ahead_ms) > CLOCK_DIFFERENCE_MS)
        log_warning("store.clock_differs",
                    LOG_S("server",
                          redis_address_text(redis_conn_address(g->conn), server, sizeof(server))),
                    LOG_I("ahead_ms", g->ahead_ms));
    return REDIS_GREET_OK;
}

static bool say_library(struct redis_greet *g)
{
    redis_command_start(&g->command, "FUNCTION");
    redis_command_add_string(&g->command, "LIST");
    redis_command_add_string(&g->command, "LIBRARYNAME");
    redis_command_add_string(&g->command, "warung");
    redis_command_add_string(&g->command, "WITHCODE");
    return true;
}

/* One library as FUNCTION LIST gives it: names and values in turn. */
static struct span library_code(const redisReply *library)
{
    for (size_t i = 0; library->type == REDIS_REPLY_ARRAY && i + 1 < library->elements; i += 2) {
        const redisReply *value = library->element[i + 1];

        if (is_text(library->element[i], "library_code") && value->type == REDIS_REPLY_STRING)
            return span_of(value->str, value->len);
    }
    return span_of(NULL, 0);
}

static enum redis_greet_result hear_library(struct redis_greet *g, const redisReply *reply,
                                            const char **reason)
{
    struct span ours = redis_library_code(), theirs;

    if (is_error(reply) && strstr(reply->str, "unknown command") != NULL) {
        *reason = "Redis 7 or newer is needed: this one has no functions";
        return REDIS_GREET_REFUSED;
    }
    if (reply->type != REDIS_REPLY_ARRAY) {
        *reason = is_error(reply) ? reply->str : "FUNCTION LIST is no list";
        return REDIS_GREET_RETRY;
    }
    g->needs_library = true;
    g->replaces_library = reply->elements != 0;
    if (!g->replaces_library)
        return REDIS_GREET_OK;
    theirs = library_code(reply->element[0]);
    if (redis_library_version(theirs) > redis_library_version(ours)) {
        if (redis_library_serves(theirs, redis_library_version(ours))) {
            g->needs_library = false; /* a newer gateway's, in the middle of an upgrade */
            return REDIS_GREET_OK;
        }
        *reason = "the database holds a function library newer than this program's";
        return REDIS_GREET_REFUSED;
    }
    g->needs_library = !span_is_equal(ours, theirs);
    return REDIS_GREET_OK;
}

static bool say_load(struct redis_greet *g)
{
    if (!g->needs_library)
        return false;
    redis_command_start(&g->command, "FUNCTION");
    redis_command_add_string(&g->command, "LOAD");
    /* Only what we have seen: where there was none, a newer gateway may have brought its own. */
    if (g->replaces_library)
        redis_command_add_string(&g->command, "REPLACE");
    redis_command_add(&g->command, redis_library_code());
    return true;
}

static enum redis_greet_result hear_load(struct redis_greet *g, const redisReply *reply,
                                         const char **reason)
{
    enum redis_greet_result result;

    if (is_error(reply) && strstr(reply->str, "already exists") != NULL) {
        g->step -= 2; /* on_answer() goes on with say_library(): what has somebody else brought? */
        return REDIS_GREET_OK;
    }
    result = hear_ok(g, reply, reason);
    if (result == REDIS_GREET_OK)
        log_info("store.library", LOG_U("version", redis_library_version(redis_library_code())));
    return result;
}

static bool say_rights(struct redis_greet *g)
{
    redis_command_start(&g->command, "FCALL");
    redis_command_add_string(&g->command, "w_rights");
    redis_command_add_string(&g->command, "0");
    return true;
}

/* A right that is missing ends a function in the middle: half of a commit stands, and its record is
 * read back as done. Another release's library does not tell. */
static enum redis_greet_result hear_rights(struct redis_greet *g, const redisReply *reply,
                                           const char **reason)
{
    (void)g;
    if (reply->type != REDIS_REPLY_STRING || reply->len == 0)
        return REDIS_GREET_OK;
    *reason = reply->str;
    return REDIS_GREET_RETRY;
}

static const struct {
    say_fn *say;
    hear_fn *hear;
} steps[] = {
    {say_auth, hear_ok},         {say_name, hear_ok},   {say_role, hear_role},
    {say_library, hear_library}, {say_load, hear_load}, {say_rights, hear_rights},
    {say_config, hear_config}, /* told once */
    {say_time, hear_time},
};

static void go_on(struct redis_greet *g)
{
    while (g->step < sizeof(steps) / sizeof(steps[0])) {
        if (steps[g->step].say(g)) {
            bool is_sent = redis_conn_send(g->conn, &g->call, redis_command_end(&g->command),
                                           STEP_TIMEOUT_MS, true);

            assert(is_sent);
            (void)is_sent;
            return;
        }
        g->step++;
    }
    g->settings->fn(g, REDIS_GREET_OK, NULL);
}

static void on_answer(struct redis_call *call, const struct redisReply *reply)
{
    struct redis_greet *g = LIST_ITEM(call, struct redis_greet, call);
    enum redis_greet_result result;
    const char *reason = NULL;

    /* Broken, or given up in this loop turn: its owner is told by redis_conn. */
    if (reply == NULL || redis_conn_state(g->conn) != REDIS_CONN_GREETING)
        return;
    result = steps[g->step].hear(g, reply, &reason);
    if (result != REDIS_GREET_OK) {
        g->settings->fn(g, result, reason);
        return;
    }
    g->step++;
    go_on(g);
}

void redis_greet_init(struct redis_greet *g, const struct redis_greet_settings *settings,
                      bool tells_durability)
{
    memset(g, 0, sizeof(*g));
    g->settings = settings;
    g->tells_durability = tells_durability;
    g->call.fn = on_answer;
    redis_command_init(&g->command);
}

void redis_greet_fini(struct redis_greet *g)
{
    redis_command_fini(&g->command);
}

void redis_greet_start(struct redis_greet *g, struct redis_conn *conn)
{
    g->conn = conn;
    g->step = 0;
    g->needs_library = g->is_replica = false;
    go_on(g);
}
