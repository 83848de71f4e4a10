#include "sessions/redis_command.h"

#include "base/mem.h"

#include <string.h>

/* The number of words is known last: it is written right before the first word, into HEAD_BYTES
 * that were left free. (Redis refuses leading zeros.) */
enum { FIRST_CAPACITY = 4096, HEAD_BYTES = 24, LENGTH_BYTES_MAX = 24 };

enum { FUNCTION_WORDS = 3 }; /* FCALL, name, number of keys */

void redis_command_init(struct redis_command *c)
{
    memset(c, 0, sizeof(*c));
}

void redis_command_fini(struct redis_command *c)
{
    mem_free(c->octets);
    redis_command_init(c);
}

static void reserve(struct redis_command *c, size_t size)
{
    size_t capacity = c->capacity != 0 ? c->capacity : FIRST_CAPACITY;

    if (c->capacity - c->size >= size)
        return;
    while (capacity - c->size < size)
        capacity *= 2;
    c->octets = mem_realloc_array(c->octets, capacity, 1);
    c->capacity = capacity;
}

static void append(struct redis_command *c, const void *octets, size_t size)
{
    if (size != 0)
        memcpy(c->octets + c->size, octets, size);
    c->size += size;
}

/* "$<length>\r\n", with room for the word and its end. */
static void begin_word(struct redis_command *c, size_t size)
{
    reserve(c, size + LENGTH_BYTES_MAX + 5);
    c->octets[c->size++] = '$';
    c->size += text_decimal(c->octets + c->size, size);
    append(c, "\r\n", 2);
    c->words++;
}

void redis_command_add_pair(struct redis_command *c, struct span first, struct span second)
{
    begin_word(c, first.size + second.size);
    append(c, first.data, first.size);
    append(c, second.data, second.size);
    append(c, "\r\n", 2);
    if (c->words == FUNCTION_WORDS + c->keys)
        c->args_at = c->size;
}

void redis_command_add(struct redis_command *c, struct span word)
{
    redis_command_add_pair(c, word, span_of(NULL, 0));
}

void redis_command_add_string(struct redis_command *c, const char *word)
{
    redis_command_add(c, span_of_string(word));
}

void redis_command_add_number(struct redis_command *c, int64_t number)
{
    char text[24];
    size_t size = 0;

    if (number < 0)
        text[size++] = '-';
    size += text_decimal(text + size, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
    redis_command_add(c, span_of(text, size));
}

/* Octets [from, to) of another, which are so many words. */
static void add_part(struct redis_command *c, const struct redis_command *other, size_t from,
                     size_t to, unsigned words)
{
    reserve(c, to - from);
    append(c, other->octets + from, to - from);
    c->words += words;
}

void redis_command_add_all(struct redis_command *c, const struct redis_command *words)
{
    add_part(c, words, HEAD_BYTES, words->size, words->words);
}

void redis_command_add_keys(struct redis_command *c, const struct redis_command *call)
{
    add_part(c, call, call->keys_at, call->args_at, call->keys);
}

void redis_command_add_args(struct redis_command *c, const struct redis_command *call)
{
    add_part(c, call, call->args_at, call->size, redis_command_arg_count(call));
}

unsigned redis_command_arg_count(const struct redis_command *call)
{
    return call->words - FUNCTION_WORDS - call->keys;
}

void redis_command_clear(struct redis_command *c)
{
    c->size = 0;
    c->words = c->keys = 0;
    reserve(c, HEAD_BYTES);
    c->size = HEAD_BYTES;
}

void redis_command_start(struct redis_command *c, const char *word)
{
    redis_command_clear(c);
    redis_command_add_string(c, word);
}

void redis_command_start_function(struct redis_command *c, const char *name, unsigned keys)
{
    redis_command_start(c, "FCALL");
    redis_command_add_string(c, name);
    c->keys = keys;
    redis_command_add_number(c, keys);
    c->keys_at = c->size;
}

struct span redis_command_end(struct redis_command *c)
{
    char head[HEAD_BYTES] = "*";
    size_t size = 1 + text_decimal(head + 1, c->words);

    head[size++] = '\r';
    head[size++] = '\n';
    memcpy(c->octets + HEAD_BYTES - size, head, size);
    return span_of(c->octets + HEAD_BYTES - size, c->size - HEAD_BYTES + size);
}
