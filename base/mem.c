#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_abort(void *block)
{
    if (block == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return block;
}

void *mem_alloc(size_t bytes)
{
    return or_abort(malloc(bytes != 0 ? bytes : 1));
}

void *mem_zalloc(size_t bytes)
{
    return or_abort(calloc(1, bytes != 0 ? bytes : 1));
}

void *mem_realloc_array(void *block, size_t count, size_t item_bytes)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, item_bytes, &bytes)) {
        fputs("allocation size overflows\n", stderr);
        abort();
    }
    return or_abort(realloc(block, bytes != 0 ? bytes : 1));
}

void *mem_dup(const void *data, size_t bytes)
{
    void *copy = mem_alloc(bytes);

    if (bytes != 0)
        memcpy(copy, data, bytes);
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_dup(text, strlen(text) + 1);
}

void mem_free(void *block)
{
    free(block);
}

void mem_free_secret(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}
