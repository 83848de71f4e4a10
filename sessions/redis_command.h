/* One Redis command in RESP, in a buffer that is used again for the next: no allocation in steady
 * state, and no format string, which hiredis would parse anew for each. */
#ifndef WARUNG_SESSIONS_REDIS_COMMAND_H
#define WARUNG_SESSIONS_REDIS_COMMAND_H

#include "base/span.h"

struct redis_command {
    char *octets;
    size_t size;
    size_t capacity;
    unsigned words;
    unsigned keys;           /* of a function's call */
    size_t keys_at, args_at; /* where its keys and its arguments begin in `octets` */
};

void redis_command_init(struct redis_command *c);
void redis_command_fini(struct redis_command *c);
/* Begins anew without a word: words to add to a command later. */
void redis_command_clear(struct redis_command *c);
/* Begins a new command with its first word. */
void redis_command_start(struct redis_command *c, const char *word);
void redis_command_add(struct redis_command *c, struct span word);
void redis_command_add_string(struct redis_command *c, const char *word);
void redis_command_add_number(struct redis_command *c, int64_t number);
/* A word of two parts: the octets of a version and its record. */
void redis_command_add_pair(struct redis_command *c, struct span first, struct span second);
/* Begins a function's call, to which `keys` keys are added first. */
void redis_command_start_function(struct redis_command *c, const char *name, unsigned keys);
/* Adds the keys of a function's call, or its arguments. */
void redis_command_add_keys(struct redis_command *c, const struct redis_command *call);
void redis_command_add_args(struct redis_command *c, const struct redis_command *call);
unsigned redis_command_arg_count(const struct redis_command *call);
/* All words of another. */
void redis_command_add_all(struct redis_command *c, const struct redis_command *words);
/* Once, after the last word: the number of words is known then. The octets live until the next
 * start. */
struct span redis_command_end(struct redis_command *c);

#endif
